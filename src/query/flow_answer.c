/* The answer of a flow as JSON. */
#include <stdlib.h>

#include "query/flow.h"
#include "query/inner.h"

struct writing {
	struct json_writer *w;
	const struct query_context *ctx;
	const struct query *q;
	const struct query_flow_answer *out;
};

static void put_type(const struct writing *x, const char *key, uint16_t type)
{
	query__put_text(x->w, key, events_type_name(x->ctx->events, type));
}

static void put_edges(const struct writing *x)
{
	const struct query_flow *f = x->q->flow;
	double all = (double)x->out->edges_count;
	uint64_t listed = 0;
	json_key(x->w, S("edges"));
	json_begin_array(x->w);
	for (size_t i = 0; i < x->out->n_edges; i++) {
		const struct flow_edge *e = &x->out->edges[i];
		if (e->count < f->min_count || (double)e->count < f->min_share * all || (x->q->limit && listed >= (uint64_t)x->q->limit)) break; /* the most frequent ones come first */
		listed++;
		json_begin_object(x->w);
		put_type(x, "from", e->from);
		put_type(x, "to", e->to);
		query__put_int(x->w, "count", e->count);
		query__put_real(x->w, "share", (double)e->count / all);
		query__put_int(x->w, "cases", e->cases);
		query__put_real(x->w, "mean_s", e->mean_ms / 1000);
		query__put_real(x->w, "median_s", e->median_ms / 1000);
		json_end_object(x->w);
	}
	json_end_array(x->w);
	query__put_int(x->w, "edges_total", x->out->n_edges);
	query__put_int(x->w, "steps", x->out->edges_count);
}

static int by_count(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y; /* count, place */
	if (a[0] != b[0]) return a[0] > b[0] ? -1 : 1;
	return a[1] < b[1] ? -1 : 1;
}

/* Starts or ends: most first. */
static void put_borders(const struct writing *x, struct arena *a, const char *key, bool is_start)
{
	uint64_t(*order)[2] = arena_alloc(a, (x->out->n_events + 1) * sizeof *order);
	size_t n = 0;
	for (size_t i = 0; i < x->out->n_events; i++) {
		uint64_t count = is_start ? x->out->by_event[i].starts : x->out->by_event[i].ends;
		if (count) order[n][0] = count, order[n++][1] = i;
	}
	if (n) qsort(order, n, sizeof *order, by_count);
	json_key(x->w, str_of(key));
	json_begin_array(x->w);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(x->w);
		put_type(x, "event", x->out->by_event[order[i][1]].type);
		query__put_int(x->w, "count", order[i][0]);
		json_end_object(x->w);
	}
	json_end_array(x->w);
}

static void put_variants(const struct writing *x)
{
	json_key(x->w, S("variants"));
	json_begin_object(x->w);
	if (x->q->flow->variants) query__put_int(x->w, "total", x->out->variants_total);
	json_key(x->w, S("top"));
	json_begin_array(x->w);
	for (size_t i = 0; i < x->out->n_variants; i++) {
		const struct flow_variant *v = &x->out->variants[i];
		json_begin_object(x->w);
		json_key(x->w, S("events"));
		json_begin_array(x->w);
		for (size_t k = 0; k < v->n; k++) json_put_str(x->w, events_type_name(x->ctx->events, v->types[k]));
		json_end_array(x->w);
		query__put_int(x->w, "count", v->count);
		query__put_real(x->w, "share", (double)v->count / (double)x->out->cases);
		json_end_object(x->w);
	}
	json_end_array(x->w);
	json_end_object(x->w);
}

static void put_events(const struct writing *x)
{
	json_key(x->w, S("by_event"));
	json_begin_array(x->w);
	for (size_t i = 0; i < x->out->n_events; i++) {
		const struct flow_event *e = &x->out->by_event[i];
		json_begin_object(x->w);
		put_type(x, "event", e->type);
		query__put_int(x->w, "count", e->count);
		query__put_int(x->w, "cases", e->cases);
		json_end_object(x->w);
	}
	json_end_array(x->w);
	json_key(x->w, S("rework"));
	json_begin_array(x->w);
	for (size_t i = 0; i < x->out->n_events; i++) {
		const struct flow_event *e = &x->out->by_event[i];
		if (!e->again) continue;
		json_begin_object(x->w);
		put_type(x, "event", e->type);
		query__put_int(x->w, "count", e->again);
		query__put_int(x->w, "cases", e->rework_cases);
		json_end_object(x->w);
	}
	json_end_array(x->w);
}

/* What goes round: an event directly again, there and back, between channels, and contacts soon after another. */
static void put_loops(const struct writing *x)
{
	json_key(x->w, S("loops"));
	json_begin_array(x->w);
	for (size_t i = 0; i < x->out->n_edges; i++) {
		const struct flow_edge *e = &x->out->edges[i];
		bool is_self = e->from == e->to;
		if (!is_self && !e->back) continue;
		json_begin_object(x->w);
		json_key(x->w, S("events"));
		json_begin_array(x->w);
		json_put_str(x->w, events_type_name(x->ctx->events, e->from));
		json_put_str(x->w, events_type_name(x->ctx->events, e->to));
		if (!is_self) json_put_str(x->w, events_type_name(x->ctx->events, e->from));
		json_end_array(x->w);
		query__put_int(x->w, "count", is_self ? e->count : e->back);
		query__put_int(x->w, "cases", is_self ? e->cases : e->back_cases);
		json_end_object(x->w);
	}
	json_end_array(x->w);
	json_key(x->w, S("ping_pong"));
	json_begin_array(x->w);
	for (size_t i = 0; i < x->out->n_swings; i++) {
		const struct flow_swing *s = &x->out->swings[i];
		json_begin_object(x->w);
		json_key(x->w, S("channels"));
		json_begin_array(x->w);
		query__put_value(x->w, s->a);
		query__put_value(x->w, s->b);
		query__put_value(x->w, s->a);
		json_end_array(x->w);
		query__put_int(x->w, "count", s->count);
		query__put_int(x->w, "cases", s->cases);
		json_end_object(x->w);
	}
	json_end_array(x->w);
	json_key(x->w, S("repeated_contacts"));
	json_begin_array(x->w);
	for (size_t i = 0; i < x->out->n_events; i++) {
		const struct flow_event *e = &x->out->by_event[i];
		if (!e->repeats) continue;
		json_begin_object(x->w);
		put_type(x, "event", e->type);
		query__put_int(x->w, "count", e->repeats);
		query__put_int(x->w, "cases", e->repeat_cases);
		json_end_object(x->w);
	}
	json_end_array(x->w);
}

static str definition(struct arena *a, const struct query_flow *f)
{
	str of = str_given(f->case_property) ? str_fmt(a, "a case (a customer's events with one value of %.*s)", STR_ARG(f->case_property)) : S("a customer");
	str repeat = query__duration(a, f->repeat_ms);
	return str_fmt(a, "An edge joins two consecutive events of %.*s; share is of all of them, the gap's mean and exact median in seconds. A variant is the whole sequence. Rework: the same event again in one case. "
		"Loops: an event directly again, or one other and back. Ping-pong: to another channel and back. Repeated contacts: within %.*s of another contact. Events: %.*s.", STR_ARG(of), STR_ARG(repeat),
		STR_ARG(query__names(a, &f->events)));
}

enum err query__answer_flow(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_flow_answer out;
	struct writing x = {w, ctx, q, &out};
	TRY(query_flow(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("flow"));
	query__put_int(w, "customers", out.customers);
	query__put_int(w, "cases", out.cases);
	query__put_int(w, "events", out.events);
	put_edges(&x);
	put_borders(&x, a, "starts", true);
	put_borders(&x, a, "ends", false);
	put_variants(&x);
	put_events(&x);
	if (!q->flow->without_loops) put_loops(&x);
	query__put_range(w, a, ctx, &out.range);
	query__put_int(w, "n", out.cases);
	query__put_text(w, "base", str_given(q->flow->case_property) ? S("cases") : S("customers"));
	query__put_tail(w, out.left_out, out.is_partial, definition(a, q->flow));
	return OK;
}
