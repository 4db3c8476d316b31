/* The answer of paths as JSON. */
#include "query/inner.h"
#include "query/paths.h"
#include "query/walk.h"

static void put_paths(struct json_writer *w, const struct query_context *ctx, const struct query *q, const struct query_paths_answer *out)
{
	json_key(w, S("paths"));
	json_begin_array(w);
	for (size_t i = 0; i < out->n_paths; i++) {
		const struct path *p = &out->paths[i];
		json_begin_object(w);
		if (q->by != QUERY_NONE) json_key(w, S("by")), query__put_value(w, p->by);
		json_key(w, S("events"));
		json_begin_array(w);
		for (size_t k = 0; k < p->n; k++) json_put_str(w, events_type_name(ctx->events, p->types[k]));
		json_end_array(w);
		query__put_int(w, "count", p->count);
		query__put_real(w, "share", (double)p->count / (double)out->n);
		json_end_object(w);
	}
	json_end_array(w);
	query__put_int(w, "paths_total", out->paths_total);
}

static void put_tree(struct json_writer *w, const struct query_context *ctx, const struct query_paths_answer *out)
{
	json_key(w, S("tree"));
	json_begin_array(w);
	for (size_t i = 0; i < out->n_nodes; i++) {
		const struct path_node *x = &out->nodes[i];
		json_begin_object(w);
		query__put_int(w, "id", i + 1);
		query__put_int(w, "parent", x->parent);
		query__put_int(w, "depth", x->depth);
		query__put_text(w, "event", events_type_name(ctx->events, x->type));
		query__put_int(w, "count", x->count);
		query__put_int(w, "ended", x->ended);
		json_end_object(w);
	}
	json_end_array(w);
	query__put_int(w, "nodes_total", out->nodes_total);
}

static str definition(struct arena *a, const struct query_paths *p)
{
	str start = query__names(a, &p->start), end = query__names(a, &p->end), length = query__duration(a, p->within_ms ? p->within_ms : p->gap_ms);
	str what = query__is_given(&p->start) && query__is_given(&p->end) ? str_fmt(a, "What came between %.*s and the next %.*s", STR_ARG(start), STR_ARG(end))
		: query__is_given(&p->start)                ? str_fmt(a, "The first %zu events after %.*s", p->length, STR_ARG(start))
		: query__is_given(&p->end)                  ? str_fmt(a, "The last %zu events before %.*s", p->length, STR_ARG(end))
		: str_fmt(a, "The first %zu events", p->length);
	str unit = p->within_ms ? str_fmt(a, "within %.*s; a path does not begin within another", STR_ARG(length))
		: str_fmt(a, "in a session (it ends after %.*s without an event), one path a session, from the first time", STR_ARG(length));
	return str_fmt(a, "%.*s, %.*s.%s From counts, to does not.", STR_ARG(what), STR_ARG(unit), p->collapse ? " The same event again and again is one." : "");
}

enum err query__answer_paths(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_paths_answer out;
	TRY(query_paths(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("paths"));
	put_paths(w, ctx, q, &out);
	if (q->paths->nodes) put_tree(w, ctx, &out);
	query__put_int(w, "customers", out.customers);
	if (query__is_given(&q->paths->start) && query__is_given(&q->paths->end)) {
		query__put_int(w, "unfinished", out.unfinished);
		query__put_int(w, "too_long", out.too_long);
	}
	query__put_range(w, a, ctx, &out.range);
	query__put_int(w, "n", out.n);
	query__put_text(w, "base", S("paths"));
	query__put_tail(w, out.left_out, out.is_partial, definition(a, q->paths));
	return OK;
}
