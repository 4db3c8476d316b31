/* chat_settings.c: how a site offers a chat, and a page of ours on which it is tried before any site includes the script. */
#include "audit/audit.h"
#include "chat/chat_inner.h"
#include "collect/normalise.h"
#include "contact/contact.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "setting/setting.h"

enum { EVERY_DAY = 127, WORKDAYS = 31, SIX_DAYS = 63, EMAIL_CHARACTERS = 254 };

static const struct desc_field SITE_FIELDS[] = {
	FIELD(chat_site, site, DESC_ID, .prefix = "sit"),
	FIELD(chat_site, is_on, DESC_BOOL),
	FIELD(chat_site, ask_name, DESC_ENUM, .names = CHAT_ASKS),
	FIELD(chat_site, ask_email, DESC_ENUM, .names = CHAT_ASKS),
	FIELD(chat_site, ask_subject, DESC_ENUM, .names = CHAT_ASKS),
	FIELD(chat_site, opens_at, DESC_STR),
	FIELD(chat_site, closes_at, DESC_STR),
	FIELD(chat_site, days, DESC_INT),
	FIELD(chat_site, email, DESC_STR),
};
static const struct desc SITE_DESC = DESC(chat_site, SITE_FIELDS);

enum err chat_site_get(struct op *op, id site, struct chat_site *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_chat_site_get, DB_ARGS(db_id(site)), &SITE_DESC, &rows, &n));
	*out = n ? *(struct chat_site *)rows : (struct chat_site){.site = site, .ask_name = CHAT_ASK_MAY, .opens_at = S("00:00"), .closes_at = S("00:00"), .days = EVERY_DAY, .email = S("")};
	return OK;
}

static enum err put(struct op *op, const struct chat_site *s)
{
	return op_run(op, SQL_chat_site_put,
		DB_ARGS(db_id(s->site), db_bool(s->is_on), db_int(s->ask_name), db_int(s->ask_email), db_int(s->ask_subject), db_text(s->opens_at), db_text(s->closes_at), db_int(s->days), db_text(s->email)), NULL);
}

/* ---- the page ---- */

struct asked {
	str name, label;
	LIST_OF(struct option) choices;
};
struct chat_settings {
	str site, name, action, address;
	bool is_on, may_write;
	struct msg finding;
	LIST_OF(struct asked) asked;
	LIST_OF(struct option) days;
	struct input opens_at, closes_at, email;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field ASKED_FIELDS[] = {
	FIELD(asked, name, DESC_STR),
	FIELD(asked, label, DESC_STR),
	FIELD(asked, choices, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
};
static const struct desc ASKED_DESC = DESC(asked, ASKED_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(chat_settings, site, DESC_STR),
	FIELD(chat_settings, name, DESC_STR),
	FIELD(chat_settings, action, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(chat_settings, finding, DESC_MSG),
	FIELD(chat_settings, is_on, DESC_BOOL),
	FIELD(chat_settings, may_write, DESC_BOOL),
	FIELD(chat_settings, asked, DESC_LIST, .item = DESC_STRUCT, .of = &ASKED_DESC),
	FIELD(chat_settings, days, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(chat_settings, opens_at, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(chat_settings, closes_at, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(chat_settings, email, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(chat_settings, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc CHAT_SETTINGS_DESC = DESC(chat_settings, PAGE_FIELDS);
struct settings_input {
	bool is_on;
	str ask_name, ask_email, ask_subject, days, opens_at, closes_at, email;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(settings_input, is_on, DESC_BOOL),
	FIELD(settings_input, ask_name, DESC_STR, .max = 10, .doc = "not, may or must"),
	FIELD(settings_input, ask_email, DESC_STR, .max = 10, .doc = "not, may or must"),
	FIELD(settings_input, ask_subject, DESC_STR, .max = 10, .doc = "not, may or must"),
	FIELD(settings_input, days, DESC_STR, .max = 10, .doc = "every, workdays, six, not_friday or sunday_thursday"),
	FIELD(settings_input, opens_at, DESC_STR, .max = 5, .doc = "such as 09:00, by the workspace's clock"),
	FIELD(settings_input, closes_at, DESC_STR, .max = 5, .doc = "the same as the beginning: all day"),
	FIELD(settings_input, email, DESC_STR, .max = EMAIL_CHARACTERS, .doc = "shown as another way to reach a person"),
};
const struct desc CHAT_SETTINGS_INPUT_DESC = {"chat_settings_input", sizeof(struct settings_input), INPUT_FIELDS, COUNT_OF(INPUT_FIELDS)};

struct days {
	const char *name;
	int64_t bits;
};
static const struct days DAYS[] = {{"every", EVERY_DAY}, {"workdays", WORKDAYS}, {"six", SIX_DAYS}, {"not_friday", EVERY_DAY & ~(1 << 4)}, {"sunday_thursday", 0x4f}, {NULL, 0}};

static struct asked asked_of(struct op *op, const char *name, int chosen)
{
	struct asked out = {.name = str_of(name), .label = i18n_pattern(op->locale.lang, str_fmt(&op->arena, "chat_asked_%s", name + sizeof "ask_" - 1))};
	for (int i = 0; CHAT_ASKS[i]; i++) {
		if (!out.choices.v) out.choices.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(DAYS));
		out.choices.v[out.choices.n++] = (struct option){str_of(CHAT_ASKS[i]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "chat_ask_%s", CHAT_ASKS[i])), i == chosen};
	}
	return out;
}

static struct chat_settings *make_page(struct op *op, const struct site *site, const struct chat_site *s)
{
	enum { ASKED = 3 };
	struct chat_settings *page = ARENA_NEW(&op->arena, struct chat_settings);
	page->site = id_show(&op->arena, S("sit"), site->id);
	page->name = site->name;
	page->action = str_fmt(&op->arena, "/settings/sites/%.*s/chat", STR_ARG(page->site));
	page->is_on = s->is_on;
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	page->finding = msg_of(s->is_on ? "chat_is_on" : "chat_is_off");
	page->asked.v = ARENA_ARRAY(&op->arena, struct asked, ASKED);
	page->asked.v[page->asked.n++] = asked_of(op, "ask_name", s->ask_name);
	page->asked.v[page->asked.n++] = asked_of(op, "ask_email", s->ask_email);
	page->asked.v[page->asked.n++] = asked_of(op, "ask_subject", s->ask_subject);
	page->days.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(DAYS));
	for (int i = 0; DAYS[i].name; i++)
		page->days.v[page->days.n++] = (struct option){str_of(DAYS[i].name), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "chat_days_%s", DAYS[i].name)), DAYS[i].bits == s->days};
	page->opens_at.value = s->opens_at;
	page->closes_at.value = s->closes_at;
	page->email.value = s->email;
	return page;
}

static enum err open_one(struct op *op, const struct web *w, struct site *site, struct chat_site *s)
{
	id of;
	TRY(web_id(op, w, "id", "sit", &of));
	TRY(site_get(op, of, site));
	return chat_site_get(op, of, s);
}

enum err chat_settings_get(struct op *op, struct web *w, struct answer *a)
{
	struct chat_site s;
	struct site site;
	TRY(open_one(op, w, &site, &s));
	return answer_with(a, &CHAT_SETTINGS_DESC, make_page(op, &site, &s));
}

static int read_ask(struct faults *f, const char *field, str given, int preset)
{
	if (!given.n) return preset;
	for (int i = 0; CHAT_ASKS[i]; i++)
		if (str_eq(given, str_of(CHAT_ASKS[i]))) return i;
	faults_add(f, field, NULL, msg_of("fault_choice"));
	return preset;
}

static void read_days(struct faults *f, str given, int64_t *days)
{
	int i = 0;
	if (!given.n) return;
	while (DAYS[i].name && !str_eq(given, str_of(DAYS[i].name))) i++;
	if (DAYS[i].name) *days = DAYS[i].bits;
	else faults_add(f, "days", NULL, msg_of("fault_choice"));
}

static void read_clock(struct faults *f, const char *field, str given, str *out, struct input *in)
{
	int64_t minutes;
	if (!given.n) return;
	in->value = given;
	if (contact_read_clock(given, &minutes)) *out = given;
	else faults_add(f, field, in, msg_of("fault_invalid"));
}

static void read_email(struct op *op, struct faults *f, str given, str *out, struct input *in)
{
	const struct normalise_rules rules = {0};
	str trimmed = str_trim(given), value;
	in->value = trimmed.n ? trimmed : S("");
	*out = in->value;
	if (trimmed.n && normalise_identity(&op->arena, IDENTITY_EMAIL, trimmed, &rules, &value) != NORMALISED) faults_add(f, "email", in, msg_of("fault_invalid"));
}

enum err chat_settings_post(struct op *op, struct web *w, struct answer *a)
{
	struct settings_input in = {0};
	struct faults f = {0};
	struct chat_site s;
	struct site site;
	TRY(open_one(op, w, &site, &s));
	TRY(web_input(op, w, &CHAT_SETTINGS_INPUT_DESC, &in));
	s.is_on = in.is_on;
	s.ask_name = read_ask(&f, "ask_name", in.ask_name, s.ask_name);
	s.ask_email = read_ask(&f, "ask_email", in.ask_email, s.ask_email);
	s.ask_subject = read_ask(&f, "ask_subject", in.ask_subject, s.ask_subject);
	read_days(&f, in.days, &s.days);
	struct chat_settings *page = make_page(op, &site, &s);
	read_clock(&f, "opens_at", in.opens_at, &s.opens_at, &page->opens_at);
	read_clock(&f, "closes_at", in.closes_at, &s.closes_at, &page->closes_at);
	read_email(op, &f, in.email, &s.email, &page->email);
	if (f.n) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &CHAT_SETTINGS_DESC, page);
	}
	TRY(put(op, &s));
	TRY(audit_write(op, s.is_on ? "chat_offered" : "chat_not_offered", "site", site.id, STR_NONE, site.name));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, page->action);
}

/* ---- writing to oneself ---- */

struct chat_try {
	str key, script;
};
static const struct desc_field TRY_FIELDS[] = {
	FIELD(chat_try, key, DESC_STR),
	FIELD(chat_try, script, DESC_STR),
};
const struct desc CHAT_TRY_DESC = DESC(chat_try, TRY_FIELDS);

/* A site that offers a chat, else a new one of our own address: whoever tries it asks for no settings first. */
enum err chat_try_post(struct op *op, struct web *w, struct answer *a)
{
	struct chat_site s;
	struct db_rows r;
	TRY(op_query(op, SQL_chat_site_first_on, DB_NO_ARGS, &r));
	id site = r.n ? db_rows_id(&r, 0, 0) : 0;
	if (!site) {
		str name = i18n_pattern(op->locale.lang, S("chat_try_site"));
		TRY(site_add(op, name, web_origin(op, w), &site));
		TRY(chat_site_get(op, site, &s));
		s.is_on = true;
		TRY(put(op, &s));
		TRY(audit_write(op, "chat_offered", "site", site, STR_NONE, name));
	}
	return answer_redirect(a, str_fmt(&op->arena, "/inbox/try/%.*s", STR_ARG(id_show(&op->arena, S("sit"), site))));
}

enum err chat_try_get(struct op *op, struct web *w, struct answer *a)
{
	struct chat_try *page = ARENA_NEW(&op->arena, struct chat_try);
	struct site site;
	id of;
	TRY(web_id(op, w, "id", "sit", &of));
	TRY(site_get(op, of, &site));
	*page = (struct chat_try){id_show(&op->arena, S("sit"), of), S(SITE_SCRIPT)};
	return answer_with(a, &CHAT_TRY_DESC, page);
}
