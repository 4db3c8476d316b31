#include "audit/audit.h"
#include "http/faults.h"
#include "op/app.h"
#include "setting/choices.h"
#include "setting/setting.h"
#include "setting/setting_pages.h"

enum { NAME_CHARACTERS = 80 };

struct settings_page {
	struct input organisation;
	LIST_OF(struct option) zones, currencies, languages, countries, colours;
	struct msg example;
	LIST_OF(struct form_fault) faults;
	bool may_write;
};
static const struct desc_field SETTINGS_FIELDS[] = {
	FIELD(settings_page, organisation, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(settings_page, zones, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(settings_page, currencies, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(settings_page, languages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(settings_page, countries, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(settings_page, colours, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(settings_page, example, DESC_MSG, .doc = "how a time and an amount look"),
	FIELD(settings_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
	FIELD(settings_page, may_write, DESC_BOOL),
};
const struct desc SETTINGS_DESC = {"settings", sizeof(struct settings_page), SETTINGS_FIELDS, COUNT_OF(SETTINGS_FIELDS)};

struct settings_input {
	str organisation, time_zone, currency, country, colour, language;
};
static const struct desc_field SETTINGS_INPUT_FIELDS[] = {
	FIELD(settings_input, organisation, DESC_STR),
	FIELD(settings_input, time_zone, DESC_STR, .doc = "IANA name, such as Europe/Athens"),
	FIELD(settings_input, currency, DESC_STR, .doc = "ISO 4217; empty for none"),
	FIELD(settings_input, country, DESC_STR, .doc = "ISO 3166; empty for none"),
	FIELD(settings_input, colour, DESC_STR),
	FIELD(settings_input, language, DESC_STR),
};
const struct desc SETTINGS_INPUT_DESC = DESC(settings_input, SETTINGS_INPUT_FIELDS);

enum err setting_change(struct op *op, int setting, str value)
{
	str before = setting_text(op, (enum setting)setting);
	value = value.n ? value : S("");
	if (str_eq(before, value)) return OK;
	TRY(setting_put(op, (enum setting)setting, value));
	if (setting_is_secret((enum setting)setting)) before = value = STR_NONE;
	return audit_write(op, str_fmt(&op->arena, "%s_changed", setting_name((enum setting)setting)).p, "setting", 0, before, value);
}

static struct settings_page *make_page(struct op *op, const struct settings_input *in)
{
	struct settings_page *page = ARENA_NEW(&op->arena, struct settings_page);
	str currency = setting_text(op, SETTING_currency);
	page->organisation.value = in->organisation;
	page->zones.v = choices_zones(op, in->time_zone, &page->zones.n);
	page->currencies.v = choices_currencies(op, in->currency, &page->currencies.n);
	page->countries.v = choices_countries(op, in->country, &page->countries.n);
	page->colours.v = choices_colours(op, in->colour, &page->colours.n);
	page->languages.v = choices_languages(op, in->language, &page->languages.n);
	page->example = msg_of("settings_example");
	msg_add(&page->example, (struct msg_arg){.name = "time", .type = MSG_TIME, .i = op->now_ms});
	msg_add(&page->example, (struct msg_arg){.name = "amount", .type = MSG_MONEY, .money = {{123450, -2}, currency.n ? currency : STR_NONE}});
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	return page;
}

static struct settings_input current(struct op *op)
{
	return (struct settings_input){
		setting_text(op, SETTING_organisation), setting_text(op, SETTING_time_zone), setting_text(op, SETTING_currency),
		setting_text(op, SETTING_country),      setting_text(op, SETTING_colour),    setting_text(op, SETTING_language),
	};
}

enum err setting_show(struct op *op, struct web *w, struct answer *a)
{
	struct settings_input in = current(op);
	(void)w;
	return answer_with(a, &SETTINGS_DESC, make_page(op, &in));
}

static void look_through(struct settings_page *page, const struct settings_input *in, struct faults *faults)
{
	faults_text(faults, "organisation", &page->organisation, true, NAME_CHARACTERS);
	if (!choices_has(page->zones.v, page->zones.n, in->time_zone)) faults_add(faults, "time_zone", NULL, msg_of("fault_choice"));
	if (!choices_has(page->currencies.v, page->currencies.n, in->currency)) faults_add(faults, "currency", NULL, msg_of("fault_choice"));
	if (!choices_has(page->countries.v, page->countries.n, in->country)) faults_add(faults, "country", NULL, msg_of("fault_choice"));
	if (!choices_has(page->colours.v, page->colours.n, in->colour)) faults_add(faults, "colour", NULL, msg_of("fault_choice"));
	if (!choices_has(page->languages.v, page->languages.n, in->language)) faults_add(faults, "language", NULL, msg_of("fault_choice"));
}

enum err setting_save(struct op *op, struct web *w, struct answer *a)
{
	struct settings_input in;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	TRY(web_input(op, w, &SETTINGS_INPUT_DESC, &in));
	struct settings_page *page = make_page(op, &in);
	look_through(page, &in, faults);
	if (faults->n) {
		page->faults.v = faults->v;
		page->faults.n = faults->n;
		return answer_refused(op, a, &SETTINGS_DESC, page);
	}
	TRY(setting_change(op, SETTING_organisation, page->organisation.value));
	TRY(setting_change(op, SETTING_time_zone, in.time_zone));
	TRY(setting_change(op, SETTING_currency, in.currency));
	TRY(setting_change(op, SETTING_country, in.country));
	TRY(setting_change(op, SETTING_colour, in.colour));
	TRY(setting_change(op, SETTING_language, in.language));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/settings"));
}
