/* The answer of a funnel as JSON: the counts, and beside them how sure the shares are, what was lost and how long it took. */
#include "base/interval.h"
#include "query/funnel.h"
#include "query/inner.h"

static void put_step(struct json_writer *w, struct arena *a, const struct query_funnel *f, const struct funnel_step *steps, size_t k)
{
	const struct funnel_step *s = &steps[k];
	uint64_t before = k ? steps[k - 1].units : s->units;
	struct interval sure = interval_wilson((int64_t)s->units, (int64_t)steps[0].units);
	json_begin_object(w);
	query__put_int(w, "step", k + 1);
	query__put_text(w, "event", query__names(a, &f->steps[k]));
	query__put_int(w, "customers", s->customers);
	if (f->count == FUNNEL_ATTEMPTS) query__put_int(w, "attempts", s->units);
	if (f->count == FUNNEL_SESSIONS) query__put_int(w, "sessions", s->units);
	query__put_real(w, "share", (double)s->units / (double)steps[0].units);
	query__put_real(w, "low", sure.low);
	query__put_real(w, "high", sure.high);
	query__put_real(w, "share_of_previous", (double)s->units / (double)before);
	query__put_int(w, "dropped", before - s->units);
	query__put_real(w, "median_s", s->median_ms / 1000);
	query__put_real(w, "p90_s", s->p90_ms / 1000);
	json_end_object(w);
}

static void put_steps(struct json_writer *w, struct arena *a, const struct query_funnel *f, const struct funnel_step *steps)
{
	json_key(w, S("steps"));
	json_begin_array(w);
	for (size_t k = 0; k < f->n_steps; k++) put_step(w, a, f, steps, k);
	json_end_array(w);
}

static void put_groups(struct json_writer *w, struct arena *a, const struct query *q, const struct query_funnel_answer *out)
{
	const struct funnel_group all = {.steps = out->all};
	const struct funnel_group *groups = q->by == QUERY_NONE ? &all : out->groups;
	size_t n = q->by == QUERY_NONE ? 1 : out->n_groups;
	json_key(w, S("groups"));
	json_begin_array(w);
	for (size_t g = 0; g < n && !(q->limit && g >= (uint64_t)q->limit); g++) {
		json_begin_object(w);
		query__put_by(w, groups[g].by, groups[g].is_other);
		put_steps(w, a, q->funnel, groups[g].steps);
		json_end_object(w);
	}
	json_end_array(w);
	query__put_int(w, "groups_total", n);
}

static str counted(struct arena *a, const struct query_funnel *f)
{
	static const char *const ORDERS[] = {[FUNNEL_THIS_ORDER] = "in this order", [FUNNEL_STRICT] = "in this order with nothing between", [FUNNEL_ANY_ORDER] = "in any order"};
	str window = query__duration(a, f->window_ms);
	switch (f->count) {
	case FUNNEL_CUSTOMERS: return str_fmt(a, "Customers, once each, who did the steps %s within %.*s of their own first step; the latest start that still holds counts", ORDERS[f->order], STR_ARG(window));
	case FUNNEL_ATTEMPTS: return str_fmt(a, "Attempts: each begins with the first step and takes the steps %s within %.*s; the first step again does not begin it anew", ORDERS[f->order], STR_ARG(window));
	case FUNNEL_SESSIONS: break;
	}
	return str_fmt(a, "Sessions in which the steps were done %s within %.*s of the first; a session ends after %.*s without an event", ORDERS[f->order], STR_ARG(window), STR_ARG(query__duration(a, f->gap_ms)));
}

static str definition(struct arena *a, const struct query *q)
{
	const struct query_funnel *f = q->funnel;
	str text = counted(a, f);
	if (f->hold != QUERY_NONE) text = str_fmt(a, "%.*s; all steps have the same %.*s", STR_ARG(text), STR_ARG(query__dimension_name(f->hold, f->hold_property)));
	if (f->n_exclusions) text = str_fmt(a, "%.*s; an excluded event in between voids it", STR_ARG(text));
	return str_fmt(a, "%.*s. share is of the first step, low and high its Wilson interval at 95%%; median and 90th percentile are seconds from the first step. From counts, to does not.", STR_ARG(text));
}

enum err query__answer_funnel(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_funnel_answer out;
	TRY(query_funnel(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("funnel"));
	put_groups(w, a, q, &out);
	if (q->by != QUERY_NONE) put_steps(w, a, q->funnel, out.all);
	if (q->funnel->count == FUNNEL_ATTEMPTS) query__put_int(w, "voided", out.voided);
	query__put_real(w, "window_s", (double)q->funnel->window_ms / 1000);
	query__put_range(w, a, ctx, &out.range);
	query__put_int(w, "n", out.all[0].units);
	static const char *const BASES[] = {[FUNNEL_CUSTOMERS] = "customers", [FUNNEL_ATTEMPTS] = "attempts", [FUNNEL_SESSIONS] = "sessions"};
	query__put_text(w, "base", str_of(BASES[q->funnel->count]));
	query__put_tail(w, out.left_out, out.is_partial, definition(a, q));
	return OK;
}
