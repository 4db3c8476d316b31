/* funnel: how many reach each step, where they are lost, how long it takes. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/journey.h"
#include "json/json.h"

enum { STEPS_MOST = 20, STEPS_FREE = 2, GROUPS_SHOWN = 6 };

static size_t steps_asked(struct journey_asking *k, str *out)
{
	const struct form_field *fields;
	size_t n = 0, all = http_query_fields(k->w->rq, &fields);
	for (size_t i = 0; i < all && n < STEPS_MOST; i++)
		if (str_eq(fields[i].name, S("step")) && str_trim(fields[i].value).n) out[n++] = fields[i].value;
	return n;
}

static enum err ask(struct journey_asking *k, struct json_writer *w)
{
	static const char *const ORDERS[] = {"this", "strict", "any", NULL}, *const COUNTS[] = {"customers", "attempts", "sessions", NULL};
	str steps[STEPS_MOST];
	size_t n = steps_asked(k, steps);
	if (n == 0) n = journey_usual_way(k, steps, 5);
	json_key(w, S("steps"));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++) json_put_str(w, steps[i]);
	json_end_array(w);
	for (size_t i = 0; i < n + STEPS_FREE && i < STEPS_MOST; i++) {
		struct msg label = msg_int(i < n ? "journey_step" : "journey_step_more", "n", (int64_t)i + 1);
		journey_put_events(k, journey_choice(k, "step", i18n_msg(&k->op->arena, &k->op->locale, &label)), i < n ? steps[i] : S(""), "journey_no_step");
	}
	journey_put_time(w, "window", "days", journey_number(k, "days", "journey_window", 30, 3650));
	journey_put(w, "order", journey_choose(k, "order", "journey_order", ORDERS));
	journey_put(w, "count", journey_choose(k, "count", "journey_count", COUNTS));
	journey_put_by(k, w, GROUPS_SHOWN - 1);
	return OK;
}

static void put_step(struct journey_asking *k, struct journey_table *t, const struct json_node *step, double first, double before, str name, const struct json_node *by)
{
	double n = journey_real(step, "customers");
	int64_t at = 0;
	(void)json_get_i64(step, S("step"), &at);
	journey_row(k, t, name);
	struct journey_cell *reached = journey_cell(k, t, journey_count(k, step, "customers"));
	journey_bar(k, reached, first > 0 ? n / first : NAN);
	reached->address = journey_behind(k, {"step", journey_whole(k, at)}, {"by", by});
	journey_cell(k, t, journey_share(k, n, first));
	struct journey_cell *lost = journey_cell(k, t, isnan(before) ? S("–") : journey_share(k, before - n, before));
	if (before > n) lost->address = journey_behind(k, {"step", journey_whole(k, at)}, {"reached", journey_flag(false)}, {"by", by});
	journey_cell(k, t, journey_seconds(k, step, "median_s"));
}

static str step_name(const struct json_node *question, const struct json_node *step)
{
	const struct json_node *steps = json_get(question, S("steps")), *s = steps ? steps->child : NULL;
	int64_t at = 0;
	(void)json_get_i64(step, S("step"), &at);
	for (int64_t i = 1; s && i < at; i++) s = s->next;
	return s && s->type == JSON_STRING ? s->text : s ? s->raw : S("");
}

static void tell_finding(struct journey_asking *k, const struct json_node *question, const struct json_node *steps)
{
	double first = steps && steps->child ? journey_real(steps->child, "customers") : 0, before = NAN, worst = -1, last = 0;
	const struct json_node *worst_at = NULL, *previous = NULL, *worst_from = NULL;
	for (const struct json_node *s = steps ? steps->child : NULL; s; previous = s, s = s->next) {
		last = journey_real(s, "customers");
		if (before > 0 && (before - last) / before > worst) {
			worst = (before - last) / before;
			worst_at = s;
			worst_from = previous;
		}
		before = last;
	}
	k->page->finding = msg_of(first > 0 && worst_at ? "journey_finding_funnel" : "journey_finding_none");
	if (!(first > 0) || !worst_at) return;
	struct msg *m = &k->page->finding;
	msg_add(m, (struct msg_arg){.name = "first", .type = MSG_INT, .i = (int64_t)first});
	msg_add(m, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = last / first});
	msg_add(m, (struct msg_arg){.name = "from", .type = MSG_STR, .s = step_name(question, worst_from)});
	msg_add(m, (struct msg_arg){.name = "to", .type = MSG_STR, .s = step_name(question, worst_at)});
	msg_add(m, (struct msg_arg){.name = "lost", .type = MSG_SHARE, .d = worst});
}

static void show_group(struct journey_asking *k, const struct json_node *question, const struct json_node *group)
{
	const struct json_node *steps = journey_at(group, "steps"), *by = json_get(group, S("by"));
	struct journey_table *t = journey_table(k, "funnel", steps ? steps->n : 0);
	double first = steps && steps->child ? journey_real(steps->child, "customers") : 0, before = NAN;
	bool has_by = json_get(question, S("by")) && !json_is_true(group, S("other"));
	if (by && by->type != JSON_NULL) t->title = journey_group(k, group);
	journey_head(k, t, "journey_step_head", false);
	journey_head(k, t, "journey_reached", true);
	journey_head(k, t, "journey_of_first", true);
	journey_head(k, t, "journey_lost", true);
	journey_head(k, t, "journey_median", true);
	for (const struct json_node *s = steps ? steps->child : NULL; s; s = s->next) {
		put_step(k, t, s, first, before, step_name(question, s), has_by ? by : NULL);
		before = journey_real(s, "customers");
	}
}

static void show(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *question, *groups = journey_at(answer, "groups");
	if (json_tree(&k->op->arena, k->page->question, k->page->question.n + 1, &question, NULL) != OK) return;
	size_t shown = 0;
	for (const struct json_node *g = groups ? groups->child : NULL; g && shown < GROUPS_SHOWN; g = g->next, shown++) show_group(k, question, g);
	tell_finding(k, question, groups && groups->child ? journey_at(groups->child, "steps") : NULL);
}

const struct journey_kind JOURNEY_FUNNEL = {"funnel", ask, show, NULL};
