/* trend: how often, how many, how much, over time. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"

enum { ROWS_SHOWN = 400, GROUPS_SHOWN = 6 };

static enum err ask(struct journey_asking *k, struct json_writer *w)
{
	static const char *const MEASURES[] = {"events", "customers", "sum", "mean", NULL}, *const INTERVALS[] = {"month", "week", "day", NULL};
	str event = journey_event(k, "event", "journey_event", journey_usual_event(k), false);
	str measure = journey_choose(k, "measure", "journey_measure", MEASURES);
	if (event.n) journey_put(w, "event", event);
	if (str_eq(measure, S("sum")) || str_eq(measure, S("mean"))) {
		str of = journey_text(k, "of", "journey_of", S("revenue"), "journey_property_hint");
		measure = str_fmt(&k->op->arena, "%.*s:%.*s", STR_ARG(measure), STR_ARG(of));
	}
	journey_put(w, "measure", measure);
	journey_put(w, "interval", journey_choose(k, "interval", "journey_interval", INTERVALS));
	journey_put_by(k, w);
	return OK;
}

static void tell_finding(struct journey_asking *k, const struct json_node *rows, str interval)
{
	const struct json_node *best = NULL;
	double most = 0;
	for (const struct json_node *r = rows ? rows->child : NULL; r; r = r->next) {
		double v = journey_real(r, "value");
		if (isnan(v) || v <= most) continue;
		most = v;
		best = r;
	}
	k->page->finding = msg_of("journey_finding_none");
	if (!best) return;
	k->page->finding = msg_str("journey_finding_trend", "time", journey_day(k, json_get_str(best, S("time")), interval));
	msg_add(&k->page->finding, (struct msg_arg){.name = "value", .type = MSG_REAL, .d = most});
}

/* Values by group beside each other: a column a group, a row an interval. */
static void put_columns(struct journey_asking *k, struct journey_table *t, const struct json_node *rows, const struct json_node *groups, str interval)
{
	str at = STR_NONE;
	size_t n = 0;
	for (const struct json_node *g = groups->child; g && n < GROUPS_SHOWN; g = g->next, n++) journey_head_text(t, journey_value(k, json_get(g, S("by"))))->is_series = true;
	struct journey_cell **cells = ARENA_ARRAY(&k->op->arena, struct journey_cell *, n + 1);
	for (const struct json_node *r = rows->child; r; r = r->next) {
		str time = json_get_str(r, S("time")), by = journey_value(k, json_get(r, S("by")));
		if (!str_eq(time, at) && t->rows.n == ROWS_SHOWN) return;
		if (!str_eq(time, at)) {
			journey_row(k, t, journey_day(k, time, interval))->time = time;
			for (size_t i = 0; i < n; i++) cells[i] = journey_cell(k, t, S("–"));
		}
		at = time;
		for (size_t i = 0; i < n; i++) {
			if (!str_eq(t->heads.v[i + 1].text, by)) continue;
			cells[i]->text = journey_count(k, r, "value");
			journey_draw(k, cells[i], journey_real(r, "value"));
		}
	}
}

static void put_column(struct journey_asking *k, struct journey_table *t, const struct json_node *rows, str interval)
{
	journey_series(k, t, "journey_number");
	for (const struct json_node *r = rows->child; r && t->rows.n < ROWS_SHOWN; r = r->next) {
		str time = json_get_str(r, S("time"));
		journey_row(k, t, journey_day(k, time, interval))->time = time;
		journey_draw(k, journey_cell(k, t, journey_count(k, r, "value")), journey_real(r, "value"));
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
	if (groups) put_columns(k, t, rows, groups, interval);
	else put_column(k, t, rows, interval);
	tell_finding(k, rows, interval);
}

const struct journey_kind JOURNEY_TREND = {"trend", ask, show, NULL};
