/* trend: how often, how many, how much, over time. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"

enum { ROWS_SHOWN = 400 };

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

static double most_of(const struct json_node *rows)
{
	double most = 0;
	for (const struct json_node *r = rows ? rows->child : NULL; r; r = r->next) most = fmax(most, journey_real(r, "value"));
	return most;
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

static void show(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *rows = journey_at(answer, "rows");
	str interval = json_get_str(answer, S("interval"));
	bool has_by = rows && rows->child && json_get(rows->child, S("by"));
	double most = most_of(rows);
	size_t n = rows ? rows->n : 0;
	struct journey_table *t = journey_table(k, "trend", n < ROWS_SHOWN ? n : ROWS_SHOWN);
	t->chart = S("line");
	journey_head(k, t, "journey_time", false);
	if (has_by) journey_head(k, t, "journey_group", false);
	journey_head(k, t, "journey_number", true);
	for (const struct json_node *r = rows ? rows->child : NULL; r && t->rows.n < ROWS_SHOWN; r = r->next) {
		journey_row(k, t, journey_day(k, json_get_str(r, S("time")), interval));
		if (has_by) journey_cell(k, t, journey_value(k, json_get(r, S("by"))));
		journey_bar(k, journey_cell(k, t, journey_count(k, r, "value")), most > 0 ? journey_real(r, "value") / most : NAN);
	}
	t->left = (int64_t)(n - t->rows.n);
	tell_finding(k, rows, interval);
}

const struct journey_kind JOURNEY_TREND = {"trend", ask, show};
