/* The fields of a question of kind segment, and its answer as JSON. */
#include "base/arena.h"
#include "query/condition.h"
#include "query/inner.h"
#include "query/read.h"
#include "query/segment.h"

static struct query_segment *segment(struct query_reader *r)
{
	if (!r->q->segment) r->q->segment = ARENA_NEW(r->arena, struct query_segment);
	return r->q->segment;
}

static void read_interval(struct query_reader *r, const struct json_node *v)
{
	segment(r)->has_interval = v->type != JSON_NULL;
	if (segment(r)->has_interval) query__read_interval(r, v);
}

static void check_customers(struct query_reader *r, const char *field, const struct query_condition *c)
{
	if (c && !query__is_of_customers(c)) query__bad(r, field, "says something of single events; of customers say what they did: {\"did\":…}");
}

static void read_overlap(struct query_reader *r, const struct json_node *v)
{
	struct query_segment *s = segment(r);
	if (v->type != JSON_ARRAY || v->n == 0 || v->n > SEGMENT_MAX_OTHERS) {
		query__bad(r, "overlap", "a list of 1 to %d conditions of customers", SEGMENT_MAX_OTHERS);
		return;
	}
	for (const struct json_node *c = v->child; c; c = c->next) {
		const char *field = str_c(r->arena, str_fmt(r->arena, "overlap.%zu", s->n_others + 1));
		const struct query_condition *other = query__read_condition(r, field, c);
		if (!other) {
			if (c->type == JSON_NULL) query__bad(r, field, "a condition of customers");
			continue;
		}
		check_customers(r, field, other);
		s->others[s->n_others++] = other;
	}
}

const struct query_field query__segment_fields[QUERY__SEGMENT_FIELDS] = {{"overlap", read_overlap}, {"interval", read_interval}};

void query__check_segment(struct query_reader *r)
{
	(void)segment(r);
	check_customers(r, "where", r->q->where);
}

/* Customers of whom all conditions of the set hold, whatever else does. */
static uint64_t of_all(const struct query_segment_answer *out, unsigned set)
{
	uint64_t n = 0;
	for (unsigned s = 0; s < 1u << (SEGMENT_MAX_OTHERS + 1); s++)
		if ((s & set) == set) n += out->sizes[s];
	return n;
}

static void put_overlap(struct json_writer *w, struct arena *a, const struct query_segment *s, const struct query_segment_answer *out)
{
	json_key(w, S("overlap"));
	json_begin_array(w);
	for (size_t i = 0; i < s->n_others; i++) {
		uint64_t both = of_all(out, 1u | 2u << i);
		json_begin_object(w);
		query__put_text(w, "what", query__condition_words(a, s->others[i]));
		query__put_int(w, "customers", of_all(out, 2u << i));
		query__put_share(w, "share", both, out->customers);
		query__put_int(w, "both", both);
		json_end_object(w);
	}
	json_end_array(w);
	query__put_int(w, "all_of_them", of_all(out, (2u << s->n_others) - 1));
}

static void put_moments(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_segment_answer *out)
{
	json_key(w, S("rows"));
	json_begin_array(w);
	for (size_t i = 0; i < out->times.n; i++) {
		json_begin_object(w);
		query__put_text(w, "time", query__label(a, ctx->zone, q->interval.unit, out->times.start[i]));
		query__put_int(w, "value", out->moments[i]);
		json_end_object(w);
	}
	json_end_array(w);
}

enum err query__answer_segment(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_segment_answer out;
	TRY(query_segment(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("segment"));
	query__put_int(w, "customers", out.customers);
	query__put_share(w, "share", out.customers, out.base);
	if (q->segment->n_others) put_overlap(w, a, q->segment, &out);
	if (q->segment->has_interval) put_moments(w, a, ctx, q, &out);
	query__put_range(w, a, ctx, &out.range);
	query__put_int(w, "n", out.base);
	query__put_text(w, "base", S("customers"));
	str what = q->where ? query__condition_words(a, q->where) : S("any");
	query__put_tail(w, (struct query_left_out){.customers = out.left_out}, out.is_partial,
		str_fmt(a, "Customers of whom this holds: %.*s. What they did counts within the range unless it says otherwise; share is of all customers who may be asked about, low and high its Wilson interval at 95%%.%s",
			STR_ARG(what), q->segment->has_interval ? " value is the size at the end of each interval, with today's traits and consent." : ""));
	return OK;
}
