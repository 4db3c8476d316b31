/* The fields of a question of kind duration, and its answer as JSON. */
#include "query/duration.h"
#include "query/inner.h"
#include "query/read.h"

static struct query_duration *duration(struct query_reader *r)
{
	if (!r->q->duration) r->q->duration = ARENA_NEW(r->arena, struct query_duration);
	return r->q->duration;
}

static void read_start(struct query_reader *r, const struct json_node *v)
{
	duration(r)->has_start = true;
	query__read_match(r, "start", v, &duration(r)->start);
}

static void read_end(struct query_reader *r, const struct json_node *v)
{
	duration(r)->has_end = true;
	query__read_match(r, "end", v, &duration(r)->end);
}

static void read_within(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "within", v, &duration(r)->within_ms);
}

static void read_target(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "target", v, &duration(r)->target_ms);
}

const struct query_field query__duration_fields[QUERY__DURATION_FIELDS] = {
	{"start", read_start}, {"end", read_end}, {"within", read_within}, {"target", read_target}, {"by", query__read_by}, {"top", query__read_top},
};

void query__check_duration(struct query_reader *r)
{
	struct query_duration *d = duration(r);
	if (!d->has_start) query__bad(r, "start", "name the event that the time is taken from");
	if (!d->has_end) query__bad(r, "end", "name the event that the time is taken to");
	if (d->within_ms && d->target_ms > d->within_ms) query__bad(r, "target", "later than \"within\": every end that counts would be in time");
	query__check_top(r);
}

static void put_group(struct json_writer *w, const struct query *q, const struct duration_group *g)
{
	json_begin_object(w);
	if (q->by != QUERY_NONE) query__put_by(w, g->by, g->is_other);
	query__put_int(w, "n", g->n);
	query__put_real(w, "p50_s", g->p50_ms / 1000);
	query__put_real(w, "p90_s", g->p90_ms / 1000);
	query__put_real(w, "p99_s", g->p99_ms / 1000);
	query__put_real(w, "mean_s", g->mean_ms / 1000);
	query__put_int(w, "starts", g->starts);
	query__put_int(w, "without_end", g->starts - g->n);
	if (q->duration->target_ms) query__put_share(w, "in_target", g->in_target, g->starts);
	json_end_object(w);
}

static str definition(struct arena *a, const struct query *q)
{
	const struct query_duration *d = q->duration;
	str text = str_fmt(a, "From each %.*s to the same customer's next %.*s, in seconds", STR_ARG(query__names(a, &d->start)), STR_ARG(query__names(a, &d->end)));
	if (d->within_ms) text = str_fmt(a, "%.*s; one later than %.*s is none", STR_ARG(text), STR_ARG(query__duration(a, d->within_ms)));
	if (d->target_ms) text = str_fmt(a, "%.*s; in_target is the share of all starts that ended within %.*s, low and high its Wilson interval at 95%%", STR_ARG(text), STR_ARG(query__duration(a, d->target_ms)));
	return str_fmt(a, "%.*s. Several starts may have the same end; events of one instant keep the order of arrival. Percentiles are linear between two values; starts without an end are in none. From counts, to does not.", STR_ARG(text));
}

enum err query__answer_duration(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_duration_answer out;
	TRY(query_duration(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("duration"));
	json_key(w, S("groups"));
	json_begin_array(w);
	for (size_t i = 0; i < out.n_groups && !(q->limit && i >= (uint64_t)q->limit); i++) put_group(w, q, &out.groups[i]);
	json_end_array(w);
	query__put_int(w, "groups_total", out.n_groups);
	json_key(w, S("total"));
	struct query whole = *q;
	whole.by = QUERY_NONE;
	put_group(w, &whole, &out.all);
	query__put_range(w, a, ctx, &out.range);
	query__put_int(w, "n", out.all.n);
	query__put_text(w, "base", S("starts"));
	query__put_tail(w, out.left_out, out.is_partial, definition(a, q));
	return OK;
}
