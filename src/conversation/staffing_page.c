/* staffing_page.c: how many people a weekday needs, hour by hour. What is to come is the mean of the same hour of the same weekday over
 * the last whole weeks; how well that does is told by the last of them, foretold from those before it. Formulas: base/erlang.h. */
#include <math.h>

#include "base/erlang.h"
#include "conversation/conversation.h"
#include "conversation/service.h"
#include "customer/customer.h"
#include "i18n/zone.h"
#include "setting/choices.h"
#include "setting/setting.h"

enum { WEEKS = 8, WEEKS_LEAST = 2, HOURS = 24, WEEKDAYS = 7, WEEK_HOURS = WEEKDAYS * HOURS, HOUR_MS = 3600000, HOUR_S = 3600, MINUTE_S = 60, AGENTS_MOST = 10000, MINUTES_MOST = 600, SECONDS_MOST = 86400 };
static const double PERCENT = 100, MOST_SHARE = 99.9;

struct staffing_hour {
	str label;
	double arrivals, load, level, occupancy, abandon;
	int64_t hour, agents, positions, wait;
	bool is_busy;
};
struct staffing_page {
	struct msg finding, accuracy;
	bool is_empty, has_patience, has_shrinkage;
	struct input handle, patience, level, within, shrinkage;
	LIST_OF(struct option) weekdays;
	LIST_OF(struct option) channels;
	int64_t weeks, arrivals;
	LIST_OF(struct staffing_hour) hours;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field HOUR_FIELDS[] = {
	FIELD(staffing_hour, hour, DESC_INT),
	FIELD(staffing_hour, label, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(staffing_hour, arrivals, DESC_REAL, .doc = "mean of the same hour of the same weekday"),
	FIELD(staffing_hour, load, DESC_REAL, .doc = "erlangs"),
	FIELD(staffing_hour, agents, DESC_INT),
	FIELD(staffing_hour, positions, DESC_INT, .doc = "people to be planned, with absence"),
	FIELD(staffing_hour, level, DESC_SHARE, .doc = "answered in time with so many"),
	FIELD(staffing_hour, wait, DESC_DURATION, .doc = "mean over all"),
	FIELD(staffing_hour, abandon, DESC_SHARE, .doc = "who leave before they are answered; absent without patience"),
	FIELD(staffing_hour, occupancy, DESC_SHARE),
	FIELD(staffing_hour, is_busy, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc HOUR_DESC = DESC(staffing_hour, HOUR_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(staffing_page, finding, DESC_MSG),
	FIELD(staffing_page, accuracy, DESC_MSG),
	FIELD(staffing_page, is_empty, DESC_BOOL),
	FIELD(staffing_page, has_patience, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(staffing_page, has_shrinkage, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(staffing_page, handle, DESC_STRUCT, .of = &INPUT_DESC, .doc = "minutes that one takes"),
	FIELD(staffing_page, patience, DESC_STRUCT, .of = &INPUT_DESC, .doc = "minutes until people leave, on average; empty: nobody does"),
	FIELD(staffing_page, level, DESC_STRUCT, .of = &INPUT_DESC, .doc = "per cent to be answered in time"),
	FIELD(staffing_page, within, DESC_STRUCT, .of = &INPUT_DESC, .doc = "seconds"),
	FIELD(staffing_page, shrinkage, DESC_STRUCT, .of = &INPUT_DESC, .doc = "per cent of paid time in breaks, training, illness"),
	FIELD(staffing_page, weekdays, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(staffing_page, channels, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(staffing_page, weeks, DESC_INT),
	FIELD(staffing_page, arrivals, DESC_INT),
	FIELD(staffing_page, hours, DESC_LIST, .item = DESC_STRUCT, .of = &HOUR_DESC),
	FIELD(staffing_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc STAFFING_DESC = {"staffing", sizeof(struct staffing_page), PAGE_FIELDS, COUNT_OF(PAGE_FIELDS)};

struct asked {
	double handle_min, patience_min, level_pct, within_s, shrinkage_pct;
	int weekday;
	str channel;
};

/* ---- what is asked ---- */

static double number(struct op *op, const struct web *w, struct staffing_page *page, const char *name, struct input *in, double otherwise, double least, double most)
{
	double value = otherwise;
	str given = web_query(w, name), plain = i18n_fold(&op->arena, str_trim(given.p ? given : S("")));
	in->value = given.p ? given : isnan(otherwise) ? S("") : str_fmt(&op->arena, "%g", otherwise);
	if (!plain.n) return given.p ? NAN : otherwise;
	if (str_f64(plain, &value) && value >= least && value <= most) return value;
	struct msg fault = msg_of("fault_from_to");
	msg_add(&fault, (struct msg_arg){.name = "least", .type = MSG_REAL, .d = least});
	msg_add(&fault, (struct msg_arg){.name = "most", .type = MSG_REAL, .d = most});
	in->error = fault;
	page->faults.v[page->faults.n++] = (struct form_fault){str_of(name), fault};
	return otherwise;
}

static void or_preset(struct input *in, struct op *op, double *value, double preset)
{
	if (!isnan(*value)) return;
	*value = preset;
	in->value = str_fmt(&op->arena, "%g", preset);
}

static enum err read_asked(struct op *op, const struct web *w, struct staffing_page *page, struct asked *x)
{
	enum { FAULTS = 5, HANDLE = 6, LEVEL = 80, WITHIN = 60 };
	int64_t weekday = 0;
	str day = web_query(w, "weekday");
	page->faults.v = ARENA_ARRAY(&op->arena, struct form_fault, FAULTS);
	x->handle_min = number(op, w, page, "handle", &page->handle, HANDLE, 0.1, MINUTES_MOST);
	x->patience_min = number(op, w, page, "patience", &page->patience, NAN, 0.1, MINUTES_MOST);
	x->level_pct = number(op, w, page, "level", &page->level, LEVEL, 1, MOST_SHARE);
	x->within_s = number(op, w, page, "within", &page->within, WITHIN, 0, SECONDS_MOST);
	x->shrinkage_pct = number(op, w, page, "shrinkage", &page->shrinkage, NAN, 0, MOST_SHARE);
	or_preset(&page->handle, op, &x->handle_min, HANDLE);
	or_preset(&page->level, op, &x->level_pct, LEVEL);
	or_preset(&page->within, op, &x->within_s, WITHIN);
	if (day.n && (!str_i64(day, &weekday) || weekday < 0 || weekday >= WEEKDAYS)) return fail(op, ERR_INVALID, "weekday", "must be 0 (Monday) to 6");
	x->weekday = (int)weekday;
	x->channel = web_query(w, "channel").n ? web_query(w, "channel") : S("");
	return OK;
}

/* ---- what came ---- */

struct arrivals {
	int64_t all[WEEK_HOURS], last[WEEK_HOURS]; /* of all weeks, of the last one */
	int64_t weeks, n;
};

static enum err count(struct op *op, const struct asked *x, struct arrivals *out)
{
	const struct zone *zone = setting_zone(op->app);
	struct db_rows heard, r;
	*out = (struct arrivals){0};
	TRY(op_query(op, SQL_service_heard, DB_NO_ARGS, &heard));
	if (!heard.n || db_rows_int(&heard, 0, 0) == DESC_NULL_INT) return OK;
	int64_t first = db_rows_int(&heard, 0, 0), last = db_rows_int(&heard, 0, 1) < op->now_ms ? db_rows_int(&heard, 0, 1) : op->now_ms;
	int64_t end = zone_floor(zone, last, ZONE_WEEK), from = end;
	while (out->weeks < WEEKS && zone_add(zone, from, ZONE_WEEK, -1) >= zone_floor(zone, first, ZONE_WEEK)) from = zone_add(zone, from, ZONE_WEEK, -1), out->weeks++;
	if (!out->weeks) return OK;
	int64_t last_week = zone_add(zone, end, ZONE_WEEK, -1);
	TRY(op_query(op, SQL_service_arrivals, DB_ARGS(db_int(from), db_int(end), db_text(x->channel)), &r));
	out->n = (int64_t)r.n;
	for (size_t i = 0; i < r.n; i++) {
		int64_t at = db_rows_int(&r, i, 0), week = zone_floor(zone, at, ZONE_WEEK), hour = (zone_to_civil(zone, at) - zone_to_civil(zone, week)) / HOUR_MS;
		if (hour < 0 || hour >= WEEK_HOURS) continue;
		out->all[hour]++;
		out->last[hour] += at >= last_week;
	}
	return OK;
}

/* Foretold from the weeks before the last: the sum of what each hour was off by, of all that came. */
static struct msg accuracy_of(const struct arrivals *a)
{
	double off = 0;
	int64_t came = 0;
	if (a->weeks < WEEKS_LEAST) return (struct msg){0};
	for (int h = 0; h < WEEK_HOURS; h++) {
		off += fabs((double)(a->all[h] - a->last[h]) / (double)(a->weeks - 1) - (double)a->last[h]);
		came += a->last[h];
	}
	if (!came) return (struct msg){0};
	struct msg m = msg_int("staffing_accuracy", "came", came);
	msg_add(&m, (struct msg_arg){.name = "off", .type = MSG_SHARE, .d = off / (double)came});
	return m;
}

/* ---- what it needs ---- */

static struct staffing_hour hour_of(struct op *op, const struct asked *x, const struct arrivals *a, int hour)
{
	struct staffing_hour h = {.hour = hour, .level = NAN, .occupancy = NAN, .abandon = NAN, .wait = DESC_NULL_INT};
	double handle = x->handle_min * MINUTE_S, patience = isnan(x->patience_min) ? 0 : x->patience_min * MINUTE_S;
	h.label = str_fmt(&op->arena, "%02d:00", hour);
	h.arrivals = (double)a->all[x->weekday * HOURS + hour] / (double)a->weeks;
	h.load = h.arrivals * handle / HOUR_S;
	if (!(h.load > 0)) return h;
	int agents = erlang_agents(h.load, handle, patience, x->within_s, x->level_pct / PERCENT);
	if (agents <= 0 || agents > AGENTS_MOST) return h;
	struct waiting met = patience > 0 ? erlang_a(h.load, agents, handle, patience, x->within_s) : erlang_c(h.load, agents, handle, x->within_s);
	h.agents = agents;
	h.is_busy = true;
	h.level = met.answered;
	h.occupancy = met.occupancy;
	h.wait = (int64_t)(met.mean_wait * 1000 + 0.5);
	if (patience > 0) h.abandon = met.abandon;
	double present = isnan(x->shrinkage_pct) ? 1 : 1 - x->shrinkage_pct / PERCENT;
	h.positions = (int64_t)ceil(agents / present - 1e-9);
	return h;
}

static struct msg finding_of(struct op *op, const struct staffing_page *page, const struct asked *x)
{
	const struct staffing_hour *most = NULL;
	int64_t person_hours = 0;
	for (size_t i = 0; i < page->hours.n; i++) {
		person_hours += page->hours.v[i].positions;
		const struct staffing_hour *h = &page->hours.v[i];
		bool is_more = most && (h->agents != most->agents ? h->agents > most->agents : h->arrivals > most->arrivals);
		if (h->agents && (!most || is_more)) most = h;
	}
	if (!most) return msg_of(page->is_empty ? "staffing_none" : "staffing_quiet");
	struct msg m = msg_int("staffing_finding", "agents", most->agents);
	msg_add(&m, (struct msg_arg){.name = "hour", .type = MSG_STR, .s = most->label});
	msg_add(&m, (struct msg_arg){.name = "day", .type = MSG_KEY, .s = str_fmt(&op->arena, "weekday_%d", x->weekday)});
	msg_add(&m, (struct msg_arg){.name = "hours", .type = MSG_INT, .i = person_hours});
	return m;
}

static enum err fill_choices(struct op *op, const struct asked *x, struct staffing_page *page)
{
	struct db_rows r;
	for (int day = 0; day < WEEKDAYS; day++)
		customer_option(op, &page->weekdays, str_fmt(&op->arena, "%d", day), i18n_format(&op->arena, &op->locale, str_fmt(&op->arena, "weekday_%d", day), NULL, 0), day == x->weekday);
	TRY(op_query(op, SQL_service_channels, DB_NO_ARGS, &r));
	customer_option(op, &page->channels, S(""), i18n_format(&op->arena, &op->locale, S("service_any_channel"), NULL, 0), !x->channel.n);
	for (size_t i = 0; i < r.n; i++) customer_option(op, &page->channels, db_rows_text(&r, i, 0), db_rows_text(&r, i, 0), str_eq(x->channel, db_rows_text(&r, i, 0)));
	return OK;
}

enum err staffing_get(struct op *op, struct web *w, struct answer *a)
{
	struct staffing_page *page = ARENA_NEW(&op->arena, struct staffing_page);
	struct arrivals *came = ARENA_NEW(&op->arena, struct arrivals);
	struct asked x = {0};
	TRY(read_asked(op, w, page, &x));
	TRY(fill_choices(op, &x, page));
	TRY(count(op, &x, came));
	page->is_empty = !came->weeks;
	page->weeks = came->weeks;
	page->arrivals = came->n;
	page->has_patience = !isnan(x.patience_min);
	page->has_shrinkage = !isnan(x.shrinkage_pct);
	page->hours.v = ARENA_ARRAY(&op->arena, struct staffing_hour, HOURS);
	for (int hour = 0; hour < HOURS && came->weeks; hour++) page->hours.v[page->hours.n++] = hour_of(op, &x, came, hour);
	page->accuracy = accuracy_of(came);
	page->finding = finding_of(op, page, &x);
	return page->faults.n ? answer_refused(op, a, &STAFFING_DESC, page) : answer_with(a, &STAFFING_DESC, page);
}
