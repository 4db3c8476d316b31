/* trend: how often, how many, how much, over time. */
#include <math.h>

#include "base/currency.h"
#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"
#include "setting/setting.h"

enum { ROWS_SHOWN = 400, GROUPS_SHOWN = 6 };

/* Of one currency, as a condition of the events. Of the workspace's are events that state none, too. */
static void put_event(struct journey_asking *k, struct json_writer *w, str event, str currency)
{
	bool is_own = str_eq(currency, setting_locale(k->op).currency);
	str small = str_lower_ascii(&k->op->arena, currency);
	str one = str_fmt(&k->op->arena, "{\"name\":\"currency\",\"in\":[\"%.*s\",\"%.*s\"]}", STR_ARG(currency), STR_ARG(small));
	if (!currency.n) {
		if (event.n) journey_put(w, "event", event);
		return;
	}
	json_key(w, S("event"));
	json_begin_object(w);
	if (event.n) journey_put(w, "event", event);
	json_key(w, S("where"));
	json_put_raw(w, is_own ? str_fmt(&k->op->arena, "{\"any\":[%.*s,{\"name\":\"currency\",\"exists\":false}]}", STR_ARG(one)) : one);
	json_end_object(w);
}

static enum err ask(struct journey_asking *k, struct json_writer *w)
{
	static const char *const MEASURES[] = {"events", "customers", "sum", "mean", "p50", "p90", "p99", NULL}, *const INTERVALS[] = {"month", "week", "day", NULL};
	str event = journey_event(k, "event", "journey_event", journey_usual_event(k), false), currency = S("");
	str measure = journey_choose(k, "measure", "journey_measure", MEASURES);
	if (!str_eq(measure, S("events")) && !str_eq(measure, S("customers"))) {
		str of = journey_text(k, "of", "journey_of", S("revenue"), "journey_property_hint");
		measure = str_fmt(&k->op->arena, "%.*s:%.*s", STR_ARG(measure), STR_ARG(of));
		if (currency_is_money(of)) TRY(journey_currency(k, "currency_each", &currency));
	}
	journey_put(w, "measure", measure);
	journey_put(w, "interval", journey_choose(k, "interval", "journey_interval", INTERVALS));
	put_event(k, w, event, currency);
	journey_put_by(k, w, GROUPS_SHOWN);
	return OK;
}

static str currency_of(const struct json_node *answer, const struct json_node *row)
{
	str own = json_get_str(row, S("currency"));
	return own.n ? own : json_get_str(answer, S("currency"));
}

/* Of several currencies: the peak of the first of them. */
static void tell_finding(struct journey_asking *k, const struct json_node *answer, str interval)
{
	const struct json_node *best = NULL, *rows = journey_at(answer, "rows"), *groups = journey_at(answer, "groups");
	double most = 0;
	struct money money = {.currency = currency_of(answer, groups ? groups->child : NULL)};
	for (const struct json_node *r = rows ? rows->child : NULL; r; r = r->next) {
		double v = journey_real(r, "value");
		if (isnan(v) || v <= most || !str_eq(currency_of(answer, r), money.currency)) continue;
		most = v;
		best = r;
	}
	k->page->finding = msg_of("journey_finding_none");
	if (!best) return;
	k->page->finding = msg_str("journey_finding_trend", "time", journey_day(k, json_get_str(best, S("time")), interval));
	bool is_money = money.currency.n && decimal_parse(json_get(best, S("value"))->text, &money.amount);
	msg_add(&k->page->finding, is_money ? (struct msg_arg){.name = "value", .type = MSG_MONEY, .money = money} : (struct msg_arg){.name = "value", .type = MSG_REAL, .d = most});
}

static void mark_series(struct journey_head *h, str currency)
{
	h->is_series = true;
	if (currency.n) h->unit = S("money"), h->currency = currency;
}

/* Values by group beside each other: a column a group, a row an interval. */
static void put_columns(struct journey_asking *k, struct journey_table *t, const struct json_node *answer, const struct json_node *groups, str interval)
{
	str at = STR_NONE;
	size_t n = 0;
	const struct json_node *rows = journey_at(answer, "rows");
	for (const struct json_node *g = groups->child; g && n <= GROUPS_SHOWN; g = g->next, n++) mark_series(journey_head_text(t, journey_group(k, g)), currency_of(answer, g));
	struct journey_cell **cells = ARENA_ARRAY(&k->op->arena, struct journey_cell *, n + 1);
	for (const struct json_node *r = rows->child; r; r = r->next) {
		str time = json_get_str(r, S("time")), by = journey_group(k, r);
		if (!str_eq(time, at) && t->rows.n == ROWS_SHOWN) return;
		if (!str_eq(time, at)) {
			journey_row(k, t, journey_day(k, time, interval))->time = time;
			for (size_t i = 0; i < n; i++) cells[i] = journey_cell(k, t, S("–"));
		}
		at = time;
		for (size_t i = 0; i < n; i++) {
			if (!str_eq(t->heads.v[i + 1].text, by)) continue;
			cells[i]->text = journey_money(k, r, "value", currency_of(answer, r));
			if (!json_get(r, S("other"))) cells[i]->address = journey_behind(k, {"time", json_get(r, S("time"))}, {"by", json_get(r, S("by"))});
			journey_draw(k, cells[i], journey_real(r, "value"));
		}
	}
}

static void put_column(struct journey_asking *k, struct journey_table *t, const struct json_node *answer, str interval)
{
	const struct json_node *rows = journey_at(answer, "rows");
	str currency = currency_of(answer, NULL);
	journey_series(k, t, "journey_number");
	mark_series(&t->heads.v[t->heads.n - 1], currency);
	for (const struct json_node *r = rows->child; r && t->rows.n < ROWS_SHOWN; r = r->next) {
		str time = json_get_str(r, S("time"));
		journey_row(k, t, journey_day(k, time, interval))->time = time;
		struct journey_cell *c = journey_cell(k, t, journey_money(k, r, "value", currency));
		journey_draw(k, c, journey_real(r, "value"));
		if (journey_real(r, "value") != 0) c->address = journey_behind(k, {"time", json_get(r, S("time"))});
	}
	t->left = (int64_t)(rows->n - t->rows.n);
}

static void show(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *rows = journey_at(answer, "rows"), *groups = journey_at(answer, "groups");
	str interval = json_get_str(answer, S("interval"));
	if (!rows) return;
	struct journey_table *t = journey_table(k, "trend", rows->n < ROWS_SHOWN ? rows->n : ROWS_SHOWN);
	t->chart = S("line");
	journey_head(k, t, "journey_time", false);
	if (groups) put_columns(k, t, answer, groups, interval);
	else put_column(k, t, answer, interval);
	tell_finding(k, answer, interval);
}

const struct journey_kind JOURNEY_TREND = {"trend", ask, show, NULL};
