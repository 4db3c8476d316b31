/* service_settings.c: calendars and service levels as people set them. One form is open at a time: of a new one, or of what "calendar" or
 * "level" in the address names. */
#include <string.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "conversation/conversation.h"
#include "conversation/service_level.h"
#include "customer/customer.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "setting/choices.h"
#include "setting/setting.h"

enum { NAME_CHARACTERS = 80, DAY_BYTES = 200, HOLIDAYS_BYTES = 20000, HOURS_MOST = 10000, WARN_PRESET = 75, MINUTE_MS = 60000, HOUR_MINUTES = 60 };
static const double HOUR_MS = 3600000;
#define PAGE_ADDRESS "/settings/service"

/* ---- the page ---- */

struct service_day {
	str name, hours, field;
	struct msg error;
};
struct calendar_row {
	id id;
	str name, zone, holidays, address, edit;
	int64_t n_holidays;
	struct msg told;
	LIST_OF(struct service_day) days;
};
struct level_row {
	id id;
	str name, address, edit, channel, calendar_name;
	struct msg what, pauses;
	int64_t first, next, resolution, warn_pct; /* ms of the calendar's hours */
	int priority;
	bool does_pause;
};
struct calendar_form {
	str action;
	bool is_change;
	struct input name, holidays;
	LIST_OF(struct option) zones;
	LIST_OF(struct service_day) days;
};
struct level_form {
	str action;
	bool is_change, does_pause;
	struct input name, first, next, resolution, warn;
	LIST_OF(struct option) priorities, channels, calendars;
};
struct service_settings {
	struct msg finding;
	bool may_write;
	LIST_OF(struct calendar_row) calendars;
	LIST_OF(struct level_row) levels;
	struct calendar_form calendar;
	struct level_form level;
	LIST_OF(struct form_fault) calendar_faults, level_faults;
};
static const struct desc_field DAY_FIELDS[] = {
	FIELD(service_day, name, DESC_STR),
	FIELD(service_day, hours, DESC_STR, .doc = "such as 09:00-12:00, 13:00-17:00; empty: closed"),
	FIELD(service_day, field, DESC_STR, .doc = "mon to sun"),
	FIELD(service_day, error, DESC_MSG),
};
static const struct desc DAY_DESC = DESC(service_day, DAY_FIELDS);
static const struct desc_field CALENDAR_FIELDS[] = {
	FIELD(calendar_row, id, DESC_ID, .prefix = "cal"),
	FIELD(calendar_row, name, DESC_STR),
	FIELD(calendar_row, zone, DESC_STR),
	FIELD(calendar_row, address, DESC_STR),
	FIELD(calendar_row, edit, DESC_STR),
	FIELD(calendar_row, holidays, DESC_STR, .doc = "a day a line, with its name"),
	FIELD(calendar_row, n_holidays, DESC_INT),
	FIELD(calendar_row, told, DESC_MSG),
	FIELD(calendar_row, days, DESC_LIST, .item = DESC_STRUCT, .of = &DAY_DESC, .doc = "from Monday"),
};
static const struct desc CALENDAR_DESC = DESC(calendar_row, CALENDAR_FIELDS);
static const struct desc_field LEVEL_FIELDS[] = {
	FIELD(level_row, id, DESC_ID, .prefix = "lvl"),
	FIELD(level_row, name, DESC_STR),
	FIELD(level_row, address, DESC_STR),
	FIELD(level_row, edit, DESC_STR),
	FIELD(level_row, priority, DESC_ENUM, .names = CONVERSATION_PRIORITIES, .prefix = "priority", .doc = "absent: any"),
	FIELD(level_row, channel, DESC_STR, .doc = "empty: any"),
	FIELD(level_row, calendar_name, DESC_STR, .doc = "empty: every hour counts"),
	FIELD(level_row, what, DESC_MSG, .doc = "which conversations it is of"),
	FIELD(level_row, pauses, DESC_MSG),
	FIELD(level_row, first, DESC_DURATION),
	FIELD(level_row, next, DESC_DURATION),
	FIELD(level_row, resolution, DESC_DURATION),
	FIELD(level_row, warn_pct, DESC_INT),
	FIELD(level_row, does_pause, DESC_BOOL, .doc = "the clock of resolution stands while we wait for the customer"),
};
static const struct desc LEVEL_DESC = DESC(level_row, LEVEL_FIELDS);
static const struct desc_field CALENDAR_FORM_FIELDS[] = {
	FIELD(calendar_form, action, DESC_STR),
	FIELD(calendar_form, is_change, DESC_BOOL),
	FIELD(calendar_form, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(calendar_form, holidays, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(calendar_form, zones, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(calendar_form, days, DESC_LIST, .item = DESC_STRUCT, .of = &DAY_DESC),
};
static const struct desc CALENDAR_FORM_DESC = DESC(calendar_form, CALENDAR_FORM_FIELDS);
static const struct desc_field LEVEL_FORM_FIELDS[] = {
	FIELD(level_form, action, DESC_STR),
	FIELD(level_form, is_change, DESC_BOOL),
	FIELD(level_form, does_pause, DESC_BOOL),
	FIELD(level_form, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(level_form, first, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(level_form, next, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(level_form, resolution, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(level_form, warn, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(level_form, priorities, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(level_form, channels, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(level_form, calendars, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
};
static const struct desc LEVEL_FORM_DESC = DESC(level_form, LEVEL_FORM_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(service_settings, finding, DESC_MSG),
	FIELD(service_settings, may_write, DESC_BOOL),
	FIELD(service_settings, calendars, DESC_LIST, .item = DESC_STRUCT, .of = &CALENDAR_DESC),
	FIELD(service_settings, levels, DESC_LIST, .item = DESC_STRUCT, .of = &LEVEL_DESC, .doc = "the most particular first; the first that fits a conversation holds"),
	FIELD(service_settings, calendar, DESC_STRUCT, .of = &CALENDAR_FORM_DESC),
	FIELD(service_settings, level, DESC_STRUCT, .of = &LEVEL_FORM_DESC),
	FIELD(service_settings, calendar_faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
	FIELD(service_settings, level_faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SERVICE_SETTINGS_DESC = DESC(service_settings, PAGE_FIELDS);

struct calendar_input {
	str name, zone, holidays, days[HOURS_DAYS];
};
static const char *const DAYS[HOURS_DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
static const struct desc_field CALENDAR_INPUT_FIELDS[] = {
	FIELD(calendar_input, name, DESC_STR),
	FIELD(calendar_input, zone, DESC_STR, .doc = "IANA name; empty: the workspace's"),
	FIELD(calendar_input, holidays, DESC_STR, .max = HOLIDAYS_BYTES, .doc = "a day a line, such as 2026-12-25 Christmas"),
	FIELD_AS(calendar_input, days[0], "mon", DESC_STR, .max = DAY_BYTES, .doc = "windows, such as 09:00-12:00, 13:00-17:00; empty: closed"),
	FIELD_AS(calendar_input, days[1], "tue", DESC_STR, .max = DAY_BYTES),
	FIELD_AS(calendar_input, days[2], "wed", DESC_STR, .max = DAY_BYTES),
	FIELD_AS(calendar_input, days[3], "thu", DESC_STR, .max = DAY_BYTES),
	FIELD_AS(calendar_input, days[4], "fri", DESC_STR, .max = DAY_BYTES),
	FIELD_AS(calendar_input, days[5], "sat", DESC_STR, .max = DAY_BYTES),
	FIELD_AS(calendar_input, days[6], "sun", DESC_STR, .max = DAY_BYTES),
};
const struct desc SERVICE_CALENDAR_INPUT_DESC = DESC(calendar_input, CALENDAR_INPUT_FIELDS);
struct level_input {
	str name, priority, channel, calendar, first, next, resolution, warn, pauses;
};
static const struct desc_field LEVEL_INPUT_FIELDS[] = {
	FIELD(level_input, name, DESC_STR),
	FIELD(level_input, priority, DESC_STR, .doc = "low, normal, high, urgent; empty: any"),
	FIELD(level_input, channel, DESC_STR, .max = NAME_CHARACTERS, .doc = "empty: any"),
	FIELD(level_input, calendar, DESC_STR, .doc = "id; empty: every hour counts"),
	FIELD(level_input, first, DESC_STR, .doc = "hours, such as 0.5; empty: no target"),
	FIELD(level_input, next, DESC_STR, .doc = "hours"),
	FIELD(level_input, resolution, DESC_STR, .doc = "hours"),
	FIELD(level_input, warn, DESC_STR, .doc = "warned when so many per cent of the time are used: 1 to 100"),
	FIELD(level_input, pauses, DESC_STR, .doc = "1: the clock of resolution stands while we wait for the customer"),
};
const struct desc SERVICE_LEVEL_INPUT_DESC = DESC(level_input, LEVEL_INPUT_FIELDS);

/* ---- rows ---- */

static str word(struct op *op, const char *key)
{
	return i18n_format(&op->arena, &op->locale, str_of(key), NULL, 0);
}

static str day_name(struct op *op, int day)
{
	return word(op, str_fmt(&op->arena, "weekday_%d", day).p);
}

static str address_of(struct op *op, const char *what, const char *prefix, id of)
{
	return str_fmt(&op->arena, PAGE_ADDRESS "/%s/%s", what, id_show(&op->arena, str_of(prefix), of).p);
}

static struct calendar_row calendar_of(struct op *op, const struct db_rows *r, size_t i)
{
	struct calendar_row c = {.id = db_rows_id(r, i, 0), .name = db_rows_text(r, i, 1), .zone = db_rows_text(r, i, 2), .holidays = db_rows_text(r, i, 4), .days = {ARENA_ARRAY(&op->arena, struct service_day, HOURS_DAYS), HOURS_DAYS}};
	str hours = db_rows_text(r, i, 3);
	if (!c.zone.n) c.zone = zone_name(setting_zone(op->app));
	for (int day = 0; day < HOURS_DAYS; day++) c.days.v[day] = (struct service_day){.name = day_name(op, day), .field = str_of(DAYS[day]), .hours = str_given(hours) ? str_cut(&hours, '\n') : S("")};
	for (str rest = c.holidays; str_given(rest);) c.n_holidays += str_cut(&rest, '\n').n > 0;
	c.told = msg_int("service_holidays_n", "n", c.n_holidays);
	c.address = address_of(op, "calendars", "cal", c.id);
	c.edit = str_fmt(&op->arena, PAGE_ADDRESS "?calendar=%s#calendar", id_show(&op->arena, S("cal"), c.id).p);
	return c;
}

static str calendar_name(const struct service_settings *page, id calendar)
{
	for (size_t i = 0; i < page->calendars.n; i++)
		if (page->calendars.v[i].id == calendar) return page->calendars.v[i].name;
	return S("");
}

static struct msg level_is_of(struct op *op, const struct service_level *l)
{
	bool has_priority = l->priority != DESC_NULL_INT;
	struct msg m = msg_of(has_priority && l->channel.n ? "service_level_of_both" : has_priority ? "service_level_of_priority" : l->channel.n ? "service_level_of_channel" : "service_level_of_all");
	if (has_priority) msg_add(&m, (struct msg_arg){.name = "priority", .type = MSG_STR, .s = word(op, str_fmt(&op->arena, "priority_%s", CONVERSATION_PRIORITIES[l->priority]).p)});
	if (l->channel.n) msg_add(&m, (struct msg_arg){.name = "channel", .type = MSG_STR, .s = l->channel});
	return m;
}

static enum err fill_rows(struct op *op, struct service_settings *page)
{
	struct db_rows r;
	struct service_level *levels;
	TRY(op_query(op, SQL_service_calendars, DB_NO_ARGS, &r));
	page->calendars.v = ARENA_ARRAY(&op->arena, struct calendar_row, r.n + 1);
	page->calendars.n = r.n;
	for (size_t i = 0; i < r.n; i++) page->calendars.v[i] = calendar_of(op, &r, i);
	TRY(service_levels(op, &levels, &page->levels.n));
	page->levels.v = ARENA_ARRAY(&op->arena, struct level_row, page->levels.n + 1);
	for (size_t i = 0; i < page->levels.n; i++) {
		const struct service_level *l = &levels[i];
		page->levels.v[i] = (struct level_row){.id = l->id, .name = l->name, .channel = l->channel, .calendar_name = calendar_name(page, l->calendar), .what = level_is_of(op, l), .first = l->target_ms[TARGET_FIRST],
			.next = l->target_ms[TARGET_NEXT], .resolution = l->target_ms[TARGET_RESOLUTION], .warn_pct = l->warn_pct, .priority = l->priority == DESC_NULL_INT ? -1 : (int)l->priority, .does_pause = l->does_pause,
			.address = address_of(op, "levels", "lvl", l->id), .edit = str_fmt(&op->arena, PAGE_ADDRESS "?level=%s#level", id_show(&op->arena, S("lvl"), l->id).p)};
		if (l->does_pause && l->target_ms[TARGET_RESOLUTION] != DESC_NULL_INT) page->levels.v[i].pauses = msg_of("service_level_pauses");
	}
	page->finding = msg_int(page->levels.n ? "service_settings_finding" : "service_settings_none", "levels", (int64_t)page->levels.n);
	msg_add(&page->finding, (struct msg_arg){.name = "calendars", .type = MSG_INT, .i = (int64_t)page->calendars.n});
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	return OK;
}

/* ---- forms ---- */

static void fill_calendar_form(struct op *op, const struct calendar_input *in, struct calendar_form *f)
{
	struct msg own = msg_str("service_zone_own", "zone", zone_name(setting_zone(op->app)));
	size_t n;
	struct option *zones = choices_zones(op, in->zone, &n);
	f->name.value = in->name;
	f->holidays.value = in->holidays;
	f->zones.v = ARENA_ARRAY(&op->arena, struct option, n + 1);
	f->zones.v[f->zones.n++] = (struct option){S(""), i18n_msg(&op->arena, &op->locale, &own), !in->zone.n};
	for (size_t i = 0; i < n; i++) f->zones.v[f->zones.n++] = zones[i];
	f->days.v = ARENA_ARRAY(&op->arena, struct service_day, HOURS_DAYS);
	f->days.n = HOURS_DAYS;
	for (int day = 0; day < HOURS_DAYS; day++) f->days.v[day] = (struct service_day){.name = day_name(op, day), .field = str_of(DAYS[day]), .hours = in->days[day].p ? in->days[day] : S("")};
	if (!str_given(f->action)) f->action = S(PAGE_ADDRESS "/calendars");
}

static enum err fill_channels(struct op *op, str chosen, struct level_form *f)
{
	static const char *const always[] = {"email", "chat"};
	struct db_rows r;
	TRY(op_query(op, SQL_service_channels, DB_NO_ARGS, &r));
	f->channels.v = ARENA_ARRAY(&op->arena, struct option, r.n + COUNT_OF(always) + 2);
	f->channels.v[f->channels.n++] = (struct option){S(""), word(op, "service_any_channel"), !chosen.n};
	for (size_t i = 0; i < COUNT_OF(always) + r.n + 1; i++) {
		str name = i < COUNT_OF(always) ? str_of(always[i]) : i < COUNT_OF(always) + r.n ? db_rows_text(&r, i - COUNT_OF(always), 0) : chosen;
		if (name.n && !choices_has(f->channels.v, f->channels.n, name)) f->channels.v[f->channels.n++] = (struct option){name, name, str_eq(name, chosen)};
	}
	return OK;
}

static enum err fill_level_form(struct op *op, const struct service_settings *page, const struct level_input *in, struct level_form *f)
{
	f->name.value = in->name;
	f->first.value = in->first;
	f->next.value = in->next;
	f->resolution.value = in->resolution;
	f->warn.value = in->warn;
	f->does_pause = in->pauses.n && !str_eq(in->pauses, S("0"));
	customer_option(op, &f->priorities, S(""), word(op, "service_any_priority"), !in->priority.n);
	for (int i = 0; CONVERSATION_PRIORITIES[i]; i++)
		customer_option(op, &f->priorities, str_of(CONVERSATION_PRIORITIES[i]), word(op, str_fmt(&op->arena, "priority_%s", CONVERSATION_PRIORITIES[i]).p), str_eq(in->priority, str_of(CONVERSATION_PRIORITIES[i])));
	TRY(fill_channels(op, in->channel, f));
	customer_option(op, &f->calendars, S(""), word(op, "service_every_hour"), !in->calendar.n);
	for (size_t i = 0; i < page->calendars.n; i++) {
		str of = id_show(&op->arena, S("cal"), page->calendars.v[i].id);
		customer_option(op, &f->calendars, of, page->calendars.v[i].name, str_eq(of, in->calendar));
	}
	if (!str_given(f->action)) f->action = S(PAGE_ADDRESS "/levels");
	return OK;
}

static const struct calendar_input NEW_CALENDAR = {{"", 0}, {"", 0}, {"", 0}, {{"09:00-17:00", 11}, {"09:00-17:00", 11}, {"09:00-17:00", 11}, {"09:00-17:00", 11}, {"09:00-17:00", 11}, {"", 0}, {"", 0}}};
static const struct level_input NEW_LEVEL = {.warn = {"75", 2}, .pauses = {"1", 1}, .name = {"", 0}, .priority = {"", 0}, .channel = {"", 0}, .calendar = {"", 0}, .first = {"", 0}, .next = {"", 0}, .resolution = {"", 0}};

static enum err make_page(struct op *op, const struct calendar_input *calendar, const struct level_input *level, struct service_settings **out)
{
	struct service_settings *page = *out = ARENA_NEW(&op->arena, struct service_settings);
	TRY(fill_rows(op, page));
	fill_calendar_form(op, calendar, &page->calendar);
	return fill_level_form(op, page, level, &page->level);
}

static str hours_text(struct op *op, int64_t ms)
{
	return ms == DESC_NULL_INT ? S("") : str_fmt(&op->arena, "%.10g", (double)ms / HOUR_MS);
}

static enum err current_calendar(struct op *op, str asked, struct calendar_input *in, id *of)
{
	struct db_rows r;
	if (!asked.n) return OK;
	if (!id_read(S("cal"), asked, of)) return fail(op, ERR_NOT_FOUND, "calendar", "there is no such calendar");
	TRY(op_query(op, SQL_service_calendar_get, DB_ARGS(db_id(*of)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "calendar", "there is no such calendar");
	str hours = db_rows_text(&r, 0, 3);
	*in = (struct calendar_input){.name = db_rows_text(&r, 0, 1), .zone = db_rows_text(&r, 0, 2), .holidays = db_rows_text(&r, 0, 4)};
	for (int day = 0; day < HOURS_DAYS; day++) in->days[day] = str_given(hours) ? str_cut(&hours, '\n') : S("");
	return OK;
}

static enum err current_level(struct op *op, str asked, struct level_input *in, id *of)
{
	struct service_level *levels;
	size_t n, i = 0;
	if (!asked.n) return OK;
	TRY(service_levels(op, &levels, &n));
	while (id_read(S("lvl"), asked, of) && i < n && levels[i].id != *of) i++;
	if (!*of || i == n) return fail(op, ERR_NOT_FOUND, "level", "there is no such service level");
	const struct service_level *l = &levels[i];
	*in = (struct level_input){.name = l->name, .priority = l->priority == DESC_NULL_INT ? S("") : str_of(CONVERSATION_PRIORITIES[l->priority]), .channel = l->channel,
		.calendar = l->calendar ? id_show(&op->arena, S("cal"), l->calendar) : S(""), .first = hours_text(op, l->target_ms[TARGET_FIRST]), .next = hours_text(op, l->target_ms[TARGET_NEXT]),
		.resolution = hours_text(op, l->target_ms[TARGET_RESOLUTION]), .warn = str_fmt(&op->arena, "%d", (int)l->warn_pct), .pauses = l->does_pause ? S("1") : S("")};
	return OK;
}

static void is_change_of(struct op *op, struct service_settings *page, id calendar, id level)
{
	page->calendar.is_change = calendar;
	page->level.is_change = level;
	if (calendar) page->calendar.action = address_of(op, "calendars", "cal", calendar);
	if (level) page->level.action = address_of(op, "levels", "lvl", level);
}

enum err service_settings_get(struct op *op, struct web *w, struct answer *a)
{
	struct calendar_input calendar = NEW_CALENDAR;
	struct level_input level = NEW_LEVEL;
	struct service_settings *page;
	id of_calendar = 0, of_level = 0;
	TRY(current_calendar(op, web_query(w, "calendar"), &calendar, &of_calendar));
	TRY(current_level(op, web_query(w, "level"), &level, &of_level));
	TRY(make_page(op, &calendar, &level, &page));
	is_change_of(op, page, of_calendar, of_level);
	return answer_with(a, &SERVICE_SETTINGS_DESC, page);
}

/* ---- what is sent ---- */

static enum err settle_all(struct op *op)
{
	return job_add(op, SERVICE_SETTLE_JOB, S("{}"), 0, S("all"), NULL);
}

static enum err refuse(struct op *op, struct answer *a, struct service_settings *page, const struct faults *f, bool is_calendar)
{
	if (is_calendar) faults_keep(op, f, &page->calendar_faults.v, &page->calendar_faults.n);
	else faults_keep(op, f, &page->level_faults.v, &page->level_faults.n);
	return answer_refused(op, a, &SERVICE_SETTINGS_DESC, page);
}

static void check_calendar(struct op *op, const struct calendar_input *in, struct service_settings *page, struct faults *f, str *hours)
{
	const struct hours_holiday *holidays;
	size_t n;
	int line, windows = 0;
	*hours = S("");
	faults_text(f, "name", &page->calendar.name, true, NAME_CHARACTERS);
	if (!choices_has(page->calendar.zones.v, page->calendar.zones.n, in->zone.p ? in->zone : S(""))) faults_add(f, "zone", NULL, msg_of("fault_choice"));
	for (int day = 0; day < HOURS_DAYS; day++) {
		struct hours_day read;
		bool is_fine = hours_read_day(&op->arena, in->days[day].p ? in->days[day] : S(""), &read);
		if (!is_fine) faults_add(f, DAYS[day], NULL, page->calendar.days.v[day].error = msg_of("fault_hours"));
		else windows += read.n;
		*hours = str_fmt(&op->arena, "%.*s%s%.*s", STR_ARG(*hours), day ? "\n" : "", STR_ARG(is_fine ? hours_show_day(&op->arena, &read) : S("")));
	}
	if (!windows && !f->n) faults_add(f, "mon", NULL, page->calendar.days.v[0].error = msg_of("fault_never_open"));
	if (!hours_read_holidays(&op->arena, in->holidays.p ? in->holidays : S(""), &holidays, &n, &line)) faults_add(f, "holidays", &page->calendar.holidays, msg_int("fault_holiday", "line", line));
}

static enum err put_calendar(struct op *op, id *calendar, const struct service_settings *page, const struct calendar_input *in, str hours)
{
	int64_t changed = 1;
	bool is_new = !*calendar;
	str zone = in->zone.p ? in->zone : S(""), holidays = in->holidays.p ? str_trim(in->holidays) : S("");
	if (is_new) *calendar = id_new();
	TRY(op_run(op, is_new ? SQL_service_calendar_add : SQL_service_calendar_change, DB_ARGS(db_id(*calendar), db_text(page->calendar.name.value), db_text(zone), db_text(hours), db_text(holidays)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such calendar");
	TRY(audit_write(op, is_new ? "service_calendar_added" : "service_calendar_changed", "calendar", *calendar, STR_NONE, page->calendar.name.value));
	return settle_all(op);
}

static enum err save_calendar(struct op *op, struct web *w, struct answer *a, id calendar)
{
	struct calendar_input in;
	struct level_input level = NEW_LEVEL;
	struct service_settings *page;
	struct faults faults = {0};
	str hours;
	TRY(web_input(op, w, &SERVICE_CALENDAR_INPUT_DESC, &in));
	TRY(make_page(op, &in, &level, &page));
	is_change_of(op, page, calendar, 0);
	check_calendar(op, &in, page, &faults, &hours);
	if (faults.n) return refuse(op, a, page, &faults, true);
	TRY(put_calendar(op, &calendar, page, &in, hours));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S(PAGE_ADDRESS));
}

static bool read_number(struct op *op, str text, double least, double most, double *out)
{
	str plain = i18n_fold(&op->arena, str_trim(text));
	char *comma = memchr(plain.p, ',', plain.n);
	if (comma) *comma = '.';
	return str_f64(plain, out) && *out >= least && *out <= most;
}

static int64_t check_hours(struct op *op, struct faults *f, const char *field, struct input *in)
{
	double hours;
	if (!str_given(in->value) || !str_trim(in->value).n) return DESC_NULL_INT;
	if (read_number(op, in->value, 1.0 / HOUR_MINUTES, HOURS_MOST, &hours)) return (int64_t)(hours * HOUR_MINUTES + 0.5) * MINUTE_MS;
	faults_add(f, field, in, msg_int("fault_target_hours", "most", HOURS_MOST));
	return DESC_NULL_INT;
}

static void check_level(struct op *op, const struct level_input *in, struct service_settings *page, struct faults *f, struct service_level *l)
{
	struct level_form *form = &page->level;
	double warn = WARN_PRESET;
	*l = (struct service_level){.priority = DESC_NULL_INT, .channel = in->channel.p ? in->channel : S(""), .does_pause = form->does_pause};
	faults_text(f, "name", &form->name, true, NAME_CHARACTERS);
	if (!choices_has(form->priorities.v, form->priorities.n, in->priority.p ? in->priority : S(""))) faults_add(f, "priority", NULL, msg_of("fault_choice"));
	for (int i = 0; CONVERSATION_PRIORITIES[i]; i++)
		if (str_eq(in->priority, str_of(CONVERSATION_PRIORITIES[i]))) l->priority = i;
	if (!choices_has(form->calendars.v, form->calendars.n, in->calendar.p ? in->calendar : S(""))) faults_add(f, "calendar", NULL, msg_of("fault_choice"));
	else if (in->calendar.n) (void)id_read(S("cal"), in->calendar, &l->calendar);
	l->target_ms[TARGET_FIRST] = check_hours(op, f, "first", &form->first);
	l->target_ms[TARGET_NEXT] = check_hours(op, f, "next", &form->next);
	l->target_ms[TARGET_RESOLUTION] = check_hours(op, f, "resolution", &form->resolution);
	bool has_target = l->target_ms[TARGET_FIRST] != DESC_NULL_INT || l->target_ms[TARGET_NEXT] != DESC_NULL_INT || l->target_ms[TARGET_RESOLUTION] != DESC_NULL_INT;
	if (!has_target && !f->n) faults_add(f, "first", &form->first, msg_of("fault_no_target"));
	if (in->warn.n && !read_number(op, in->warn, 1, 100, &warn)) faults_add(f, "warn", &form->warn, msg_of("fault_warn_pct"));
	l->warn_pct = (int64_t)warn;
	l->name = form->name.value;
	for (size_t i = 0; i < page->levels.n; i++) {
		const struct level_row *other = &page->levels.v[i];
		bool is_same = (other->priority < 0 ? DESC_NULL_INT : other->priority) == l->priority && str_eq(other->channel, l->channel);
		if (is_same && !str_eq(other->address, form->action)) faults_add(f, "priority", NULL, msg_str("fault_level_twice", "name", other->name));
	}
}

static enum err save_level(struct op *op, struct web *w, struct answer *a, id level)
{
	struct level_input in;
	struct calendar_input calendar = NEW_CALENDAR;
	struct service_settings *page;
	struct service_level l;
	struct faults faults = {0};
	int64_t changed = 1;
	bool is_new = !level;
	TRY(web_input(op, w, &SERVICE_LEVEL_INPUT_DESC, &in));
	TRY(make_page(op, &calendar, &in, &page));
	is_change_of(op, page, 0, level);
	check_level(op, &in, page, &faults, &l);
	if (faults.n) return refuse(op, a, page, &faults, false);
	if (is_new) level = id_new();
	TRY(op_run(op, is_new ? SQL_service_level_add : SQL_service_level_change,
		DB_ARGS(db_id(level), db_text(l.name), db_int_or_null(l.priority), db_text(l.channel), db_int_or_null(l.calendar ? (int64_t)l.calendar : DESC_NULL_INT), db_int_or_null(l.target_ms[TARGET_FIRST]), db_int_or_null(l.target_ms[TARGET_NEXT]),
			db_int_or_null(l.target_ms[TARGET_RESOLUTION]), db_bool(l.does_pause), db_int(l.warn_pct)),
		&changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such service level");
	TRY(audit_write(op, is_new ? "service_level_added" : "service_level_changed", "service_level", level, STR_NONE, l.name));
	TRY(settle_all(op));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S(PAGE_ADDRESS));
}

/* ---- what is alike for all that is edited ---- */

static enum err remove_calendar(struct op *op, id calendar)
{
	struct db_rows r;
	TRY(op_query(op, SQL_service_calendar_use, DB_ARGS(db_id(calendar)), &r));
	if (r.n) return fail(op, ERR_STATE, "id", "is the calendar of a service level: choose another there first");
	return audit_remove(op, SQL_service_calendar_remove, "service_calendar", calendar);
}

static enum err restore_calendar(struct op *op, id calendar)
{
	return audit_restore(op, SQL_service_calendar_restore, "service_calendar", calendar);
}

static enum err remove_level(struct op *op, id level)
{
	TRY(audit_remove(op, SQL_service_level_remove, "service_level", level));
	return settle_all(op);
}

static enum err restore_level(struct op *op, id level)
{
	TRY(audit_restore(op, SQL_service_level_restore, "service_level", level));
	return settle_all(op);
}

static const struct edited CALENDAR = {"cal", PAGE_ADDRESS, "notice_service_calendar_removed", false, remove_calendar, restore_calendar, save_calendar};
static const struct edited LEVEL = {"lvl", PAGE_ADDRESS, "notice_service_level_removed", false, remove_level, restore_level, save_level};

enum err service_calendar_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &CALENDAR);
}

enum err service_calendar_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &CALENDAR);
}

enum err service_calendar_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &CALENDAR);
}

enum err service_calendar_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &CALENDAR);
}

enum err service_level_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &LEVEL);
}

enum err service_level_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &LEVEL);
}

enum err service_level_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &LEVEL);
}

enum err service_level_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &LEVEL);
}
