/* retention: who comes back, by cohort, as heat. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"

enum { TINTS = 6, COHORT_LEAST = 30 };

static enum err ask(struct journey_asking *k, struct json_writer *w)
{
	static const char *const INTERVALS[] = {"month", "week", "day", NULL};
	str start = journey_event(k, "start", "journey_start", journey_usual_event(k), true);
	journey_put(w, "start", start);
	journey_put(w, "return", journey_event(k, "return", "journey_return", start, true));
	journey_put(w, "interval", journey_choose(k, "interval", "journey_interval", INTERVALS));
	static const char *const MODES[] = {"on", "on_or_after", "churn", NULL};
	journey_put(w, "mode", journey_choose(k, "mode", "journey_mode", MODES));
	static const char *const CLOCKS[] = {"calendar", "rolling", NULL}, *const WORTHS[] = {"customers", "sum", NULL};
	if (str_eq(journey_choose(k, "clock", "journey_clock", CLOCKS), S("rolling"))) {
		json_key(w, S("rolling"));
		json_put_bool(w, true);
	}
	if (str_eq(journey_choose(k, "worth", "journey_worth", WORTHS), S("sum"))) {
		str of = journey_text(k, "of", "journey_of", S("revenue"), "journey_property_hint");
		journey_put(w, "measure", str_fmt(&k->op->arena, "sum:%.*s", STR_ARG(of)));
	}
	json_key(w, S("cells"));
	json_put_i64(w, journey_number(k, "cells", "journey_cells", 12, 60));
	return OK;
}

static double number(const struct json_node *v)
{
	double d;
	return v && v->type == JSON_NUMBER && str_f64(v->text, &d) ? d : NAN;
}

/* What is shown of a cohort: what its customers are worth, where that is asked, else how many they are. */
static const struct json_node *cells_of(const struct json_node *cohort)
{
	const struct json_node *values = json_get(cohort, S("values"));
	return values ? values : json_get(cohort, S("cells"));
}

static double whole_of(const struct json_node *cohort)
{
	const struct json_node *cells = cells_of(cohort);
	return number(cells ? cells->child : NULL);
}

static double most_of(const struct json_node *cohorts)
{
	double most = 0;
	for (const struct json_node *c = cohorts ? cohorts->child : NULL; c; c = c->next) {
		const struct json_node *cells = cells_of(c);
		double size = whole_of(c);
		for (const struct json_node *v = cells && cells->child ? cells->child->next : NULL; v && size > 0; v = v->next)
			if (v->type == JSON_NUMBER) most = fmax(most, number(v) / size);
	}
	return most;
}

/* Cells of which nothing can be said in any cohort are no columns. */
static size_t cells_known(const struct json_node *cohorts)
{
	size_t known = 1;
	for (const struct json_node *c = cohorts ? cohorts->child : NULL; c; c = c->next) {
		const struct json_node *cells = json_get(c, S("cells"));
		size_t i = 0;
		for (const struct json_node *v = cells ? cells->child : NULL; v; v = v->next, i++)
			if (v->type == JSON_NUMBER && i + 1 > known) known = i + 1;
	}
	return known;
}

static void put_cell(struct journey_asking *k, struct journey_table *t, const struct json_node *v, double size, double most, str behind)
{
	double count = number(v);
	struct journey_cell *c = journey_cell(k, t, isnan(count) ? S("·") : journey_share(k, count, size));
	c->is_open = isnan(count);
	if (c->is_open || !(most > 0) || !(size > 0)) return;
	if (count > 0) c->address = behind;
	int tint = (int)ceil(TINTS * (count / size) / most);
	c->tint = str_fmt(&k->op->arena, "%d", tint > TINTS ? TINTS : tint);
}

static void tell_finding(struct journey_asking *k, const struct json_node *cohorts, str interval, bool is_churn)
{
	const struct json_node *worst = NULL;
	double least = 2;
	for (const struct json_node *c = cohorts ? cohorts->child : NULL; c; c = c->next) {
		const struct json_node *cells = cells_of(c);
		double size = whole_of(c), back = cells && cells->child ? number(cells->child->next) : NAN;
		if (is_churn) back = size - back;
		if (!(journey_real(c, "size") >= COHORT_LEAST) || !(size > 0) || isnan(back) || back / size >= least) continue;
		least = back / size;
		worst = c;
	}
	k->page->finding = msg_of(worst ? "journey_finding_retention" : "journey_finding_few");
	if (!worst) return;
	msg_add(&k->page->finding, (struct msg_arg){.name = "cohort", .type = MSG_STR, .s = journey_day(k, json_get_str(worst, S("start")), interval)});
	msg_add(&k->page->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = least});
	msg_add(&k->page->finding, (struct msg_arg){.name = "size", .type = MSG_INT, .i = (int64_t)journey_real(worst, "size")});
}

static void show(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *cohorts = journey_at(answer, "cohorts");
	str interval = json_get_str(answer, S("interval"));
	double most = most_of(cohorts);
	size_t known = cells_known(cohorts);
	struct journey_table *t = journey_table(k, "retention", cohorts ? cohorts->n : 0);
	t->is_heat = true;
	const struct json_node *question;
	bool is_orders = json_tree(&k->op->arena, k->page->question, k->page->question.n + 1, &question, NULL) == OK && str_eq(json_get_str(question, S("start")), S("Order Completed"));
	journey_head(k, t, is_orders ? "retention_cohort" : "behind_start", false);
	journey_head(k, t, "retention_size", true);
	for (size_t i = 1; i < known; i++) journey_head_text(t, i18n_int(&k->op->arena, &k->op->locale, (int64_t)i));
	for (const struct json_node *c = cohorts ? cohorts->child : NULL; c; c = c->next) {
		const struct json_node *cells = cells_of(c), *v = cells && cells->child ? cells->child->next : NULL;
		journey_row(k, t, journey_day(k, json_get_str(c, S("start")), interval));
		const struct json_node *start = json_get(c, S("start"));
		journey_cell(k, t, journey_count(k, c, "size"))->address = journey_behind(k, {"start", start});
		for (size_t i = 1; v && i < known; v = v->next, i++) put_cell(k, t, v, whole_of(c), most, journey_behind(k, {"start", start}, {"cell", journey_whole(k, (int64_t)i)}));
	}
	tell_finding(k, cohorts, interval, str_eq(json_get_str(answer, S("mode")), S("churn")));
}

const struct journey_kind JOURNEY_RETENTION = {"retention", ask, show, NULL};
