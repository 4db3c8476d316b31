/* The first set-up: once, by an owner, usually one whom the start link just made and who has neither name nor e-mail. */
#include "audit/audit.h"
#include "http/faults.h"
#include "op/app.h"
#include "setting/choices.h"
#include "setting/setting.h"
#include "setting/setting_pages.h"
#include "team/password.h"
#include "team/session.h"
#include "team/team.h"

enum { NAME_CHARACTERS = 80 };

struct setup {
	LIST_OF(struct option) languages;
	struct input organisation;
	LIST_OF(struct option) zones, currencies, countries, colours;
	bool is_zone_chosen;
	struct input name, email, password;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field SETUP_FIELDS[] = {
	FIELD(setup, languages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(setup, organisation, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(setup, zones, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(setup, is_zone_chosen, DESC_BOOL),
	FIELD(setup, currencies, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(setup, countries, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(setup, colours, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(setup, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(setup, email, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(setup, password, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(setup, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SETUP_DESC = DESC(setup, SETUP_FIELDS);

struct setup_input {
	str organisation, time_zone, currency, country, colour, name, email, password;
};
static const struct desc_field SETUP_INPUT_FIELDS[] = {
	FIELD(setup_input, organisation, DESC_STR), FIELD(setup_input, time_zone, DESC_STR), FIELD(setup_input, currency, DESC_STR),
	FIELD(setup_input, country, DESC_STR),      FIELD(setup_input, colour, DESC_STR),    FIELD(setup_input, name, DESC_STR),
	FIELD(setup_input, email, DESC_STR),        FIELD(setup_input, password, DESC_STR),
};
const struct desc SETUP_INPUT_DESC = DESC(setup_input, SETUP_INPUT_FIELDS);

static struct setup *make_page(struct op *op, const struct setup_input *in)
{
	struct setup *page = ARENA_NEW(&op->arena, struct setup);
	page->languages.v = choices_languages(op, lang_code(op->locale.lang), &page->languages.n);
	page->zones.v = choices_zones(op, in->time_zone, &page->zones.n);
	page->currencies.v = choices_currencies(op, in->currency, &page->currencies.n);
	page->countries.v = choices_countries(op, in->country, &page->countries.n);
	page->colours.v = choices_colours(op, in->colour, &page->colours.n);
	page->organisation.value = in->organisation;
	page->name.value = in->name;
	page->email.value = in->email;
	return page;
}

/* Reads in an op of its own, so that a password can be hashed before op takes its session. */
static enum err find_owner(struct op *op, struct person *out)
{
	struct op own;
	bool found = false;
	if (op->actor.kind != ACTOR_PERSON) return fail(op, ERR_DENIED, "", "set-up is for the owner, signed in");
	op_init(&own, op->app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	enum err e = op_end(&own, person_get(&own, op->actor.id, out, &found));
	out->email = str_dup(&op->arena, out->email);
	out->name = str_dup(&op->arena, out->name);
	out->password = str_dup(&op->arena, out->password);
	op_release(&own);
	if (e != OK) return fail(op, e, "", "the records cannot be read");
	return found ? OK : fail(op, ERR_NOT_FOUND, "", "there is no such person");
}

enum err setting_setup(struct op *op, struct web *w, struct answer *a)
{
	struct person owner;
	(void)w;
	if (setting_bool(op->app, SETTING_is_set_up)) return answer_redirect(a, S("/settings"));
	TRY(find_owner(op, &owner));
	struct setup_input in = {
		.organisation = setting_text(op, SETTING_organisation),
		.time_zone = lang_zone_hint(op->locale.lang),
		.currency = lang_currency_hint(op->locale.lang),
		.country = setting_text(op, SETTING_country),
		.colour = setting_text(op, SETTING_colour),
		.name = owner.name,
		.email = owner.email,
	};
	return answer_with(a, &SETUP_DESC, make_page(op, &in));
}

static void look_through(struct op *op, struct setup *page, const struct setup_input *in, bool has_password, struct faults *faults)
{
	page->is_zone_chosen = true;
	faults_text(faults, "organisation", &page->organisation, true, NAME_CHARACTERS);
	if (!choices_has(page->zones.v, page->zones.n, in->time_zone)) faults_add(faults, "time_zone", NULL, msg_of("fault_choice"));
	if (!choices_has(page->currencies.v, page->currencies.n, in->currency)) faults_add(faults, "currency", NULL, msg_of("fault_choice"));
	if (!choices_has(page->countries.v, page->countries.n, in->country)) faults_add(faults, "country", NULL, msg_of("fault_choice"));
	if (!choices_has(page->colours.v, page->colours.n, in->colour)) faults_add(faults, "colour", NULL, msg_of("fault_choice"));
	faults_text(faults, "name", &page->name, true, NAME_CHARACTERS);
	if (faults_text(faults, "email", &page->email, true, PERSON_EMAIL_BYTES) && !email_is_plausible(page->email.value))
		faults_add(faults, "email", &page->email, msg_of("fault_email"));
	if (in->password.n || !has_password) password_faults(op, faults, "password", &page->password, in->password, in->email);
}

static enum err refuse(struct op *op, struct answer *a, struct setup *page, struct faults *faults)
{
	page->faults.v = faults->v;
	page->faults.n = faults->n;
	return answer_refused(op, a, &SETUP_DESC, page);
}

static enum err save(struct op *op, const struct setup *page, const struct setup_input *in, const struct person *owner, str hash)
{
	str lang = lang_code(op->locale.lang);
	TRY(setting_change(op, SETTING_organisation, page->organisation.value));
	TRY(setting_change(op, SETTING_time_zone, in->time_zone));
	TRY(setting_change(op, SETTING_currency, in->currency));
	TRY(setting_change(op, SETTING_country, in->country));
	TRY(setting_change(op, SETTING_colour, in->colour));
	TRY(setting_change(op, SETTING_language, lang));
	TRY(op_run(op, SQL_person_set_up,
	           DB_ARGS(db_id(owner->id), db_text(page->name.value), db_text(page->email.value), db_text(str_lower_ascii(&op->arena, page->email.value)), db_text(lang)),
	           NULL));
	if (hash.n) TRY(person_set_password(op, owner->id, hash));
	session_person_changed(op, owner->id);
	TRY(setting_put(op, SETTING_is_set_up, S("1")));
	return audit_write(op, "set_up", "", 0, STR_NONE, STR_NONE);
}

enum err setting_set_up(struct op *op, struct web *w, struct answer *a)
{
	struct setup_input in;
	struct person owner, other;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	bool taken;
	str hash = STR_NONE;
	if (setting_bool(op->app, SETTING_is_set_up)) return answer_redirect(a, S("/settings"));
	TRY(web_input(op, w, &SETUP_INPUT_DESC, &in));
	TRY(find_owner(op, &owner));
	struct setup *page = make_page(op, &in);
	look_through(op, page, &in, owner.password.n > 0, faults);
	if (faults->n) return refuse(op, a, page, faults);
	if (in.password.n) TRY(password_hash(op, in.password, &hash));
	TRY(person_by_email(op, page->email.value, &other, &taken));
	if (taken && other.id != owner.id) {
		faults_add(faults, "email", &page->email, msg_of("fault_taken"));
		return refuse(op, a, page, faults);
	}
	TRY(save(op, page, &in, &owner, hash));
	a->notice = msg_of("notice_set_up");
	return answer_redirect(a, S("/pulse"));
}
