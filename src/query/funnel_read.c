/* The fields of a funnel, and the checks over all of them. */
#include "query/funnel.h"
#include "query/inner.h"
#include "query/read.h"

#define WINDOW_DEFAULT_MS (7 * INT64_C(86400000))
#define WINDOW_MAX_MS (366 * INT64_C(86400000))
#define GAP_DEFAULT_MS (30 * INT64_C(60000))

static struct query_funnel *funnel(struct query_reader *r)
{
	if (!r->q->funnel) {
		r->q->funnel = ARENA_NEW(r->arena, struct query_funnel);
		r->q->funnel->window_ms = WINDOW_DEFAULT_MS;
		r->q->funnel->gap_ms = GAP_DEFAULT_MS;
	}
	return r->q->funnel;
}

static void read_steps(struct query_reader *r, const struct json_node *v)
{
	struct query_funnel *f = funnel(r);
	f->n_steps = 0;
	if (v->type != JSON_ARRAY || v->n < 2 || v->n > FUNNEL_MAX_STEPS) {
		query__bad(r, "steps", "a list of 2 to %d steps: the name of an event or a list of names each", FUNNEL_MAX_STEPS);
		return;
	}
	for (const struct json_node *c = v->child; c; c = c->next) {
		struct query_match *step = &f->steps[f->n_steps++];
		query__read_match(r, str_c(r->arena, str_fmt(r->arena, "steps.%zu", f->n_steps)), c, step);
	}
}

static void read_window(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "window", v, &funnel(r)->window_ms);
	if (funnel(r)->window_ms > WINDOW_MAX_MS) query__bad(r, "window", "longer than 366 days");
}

static void read_gap(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "gap", v, &funnel(r)->gap_ms);
}

static void read_order(struct query_reader *r, const struct json_node *v)
{
	static const char *const ORDERS[] = {[FUNNEL_THIS_ORDER] = "this", [FUNNEL_STRICT] = "strict", [FUNNEL_ANY_ORDER] = "any"};
	int order = query__read_choice(r, "order", v, ORDERS, COUNT_OF(ORDERS));
	if (order >= 0) funnel(r)->order = (enum funnel_order)order;
}

static void read_count(struct query_reader *r, const struct json_node *v)
{
	static const char *const COUNTS[] = {[FUNNEL_CUSTOMERS] = "customers", [FUNNEL_ATTEMPTS] = "attempts", [FUNNEL_SESSIONS] = "sessions"};
	int count = query__read_choice(r, "count", v, COUNTS, COUNT_OF(COUNTS));
	if (count >= 0) funnel(r)->count = (enum funnel_count)count;
}

static void read_hold(struct query_reader *r, const struct json_node *v)
{
	query__read_dimension(r, "hold", v, &funnel(r)->hold, &funnel(r)->hold_property);
}

static void read_by(struct query_reader *r, const struct json_node *v)
{
	(void)funnel(r);
	query__read_by(r, v);
}

/* "Name", a list of names, or {"event":…,"after":step,"before":step}. */
static void read_exclusion(struct query_reader *r, const struct json_node *v, struct funnel_exclusion *out)
{
	int64_t step;
	*out = (struct funnel_exclusion){0};
	if (v->type != JSON_OBJECT) {
		query__read_match(r, "exclude", v, &out->match);
		return;
	}
	const struct json_node *event = NULL;
	for (const struct json_node *c = v->child; c; c = c->next) {
		if (str_eq(c->key, S("event"))) event = c;
		else if (str_eq(c->key, S("where"))) out->match.where = query__read_condition(r, "exclude.where", c);
		else if (str_eq(c->key, S("after")) && query__whole(c, 1, FUNNEL_MAX_STEPS, &step)) out->after = (int)step;
		else if (str_eq(c->key, S("before")) && query__whole(c, 1, FUNNEL_MAX_STEPS, &step)) out->before = (int)step;
		else query__bad(r, "exclude", "an exclusion has event, where, and after and before: numbers of steps");
	}
	const struct query_condition *where = out->match.where;
	if (event) query__read_names(r, "exclude", event, &out->match);
	out->match.where = where;
	if (!event && !where) query__bad(r, "exclude", "name the event that voids");
}

static void read_exclude(struct query_reader *r, const struct json_node *v)
{
	struct query_funnel *f = funnel(r);
	f->n_exclusions = 0;
	if (v->type != JSON_ARRAY) {
		read_exclusion(r, v, &f->exclusions[f->n_exclusions++]);
		return;
	}
	if (v->n > FUNNEL_MAX_EXCLUSIONS) {
		query__bad(r, "exclude", "at most %d", FUNNEL_MAX_EXCLUSIONS);
		return;
	}
	for (const struct json_node *c = v->child; c; c = c->next) read_exclusion(r, c, &f->exclusions[f->n_exclusions++]);
}

const struct query_field query__funnel_fields[QUERY__FUNNEL_FIELDS] = {
	{"steps", read_steps}, {"window", read_window}, {"within", read_window}, {"order", read_order}, {"count", read_count},
	{"gap", read_gap}, {"exclude", read_exclude}, {"hold", read_hold}, {"by", read_by}, {"top", query__read_top},
};

void query__check_funnel(struct query_reader *r)
{
	struct query_funnel *f = funnel(r);
	if (f->n_steps == 0 && !r->is_bad) query__bad(r, "steps", "name the steps: a list of 2 to %d events", FUNNEL_MAX_STEPS);
	int n = (int)f->n_steps;
	query__check_top(r);
	for (size_t i = 0; i < f->n_exclusions; i++) {
		struct funnel_exclusion *x = &f->exclusions[i];
		if (f->order == FUNNEL_ANY_ORDER && (x->after || x->before)) query__bad(r, "exclude", "in any order there is no step after which or before which");
		if (!x->after) x->after = 1;
		if (!x->before) x->before = n;
		if (n && (x->after >= x->before || x->before > n)) query__bad(r, "exclude", "\"after\" and \"before\" are two steps of the funnel, in order");
	}
}
