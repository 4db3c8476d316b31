/* The answer of a driver as JSON. */
#include "query/driver.h"
#include "query/inner.h"

static const double SURE = 0.05;

static void put_group(struct json_writer *w, const char *key, bool had, const struct driver_group *g)
{
	json_begin_object(w);
	json_key(w, str_of(key));
	json_put_bool(w, had);
	query__put_int(w, "n", (uint64_t)g->n);
	query__put_real(w, "mean", g->mean);
	query__put_real(w, "low", g->low);
	query__put_real(w, "high", g->high);
	json_end_object(w);
}

static void put_comparison(struct json_writer *w, const struct driver_candidate *c)
{
	json_key(w, S("groups"));
	json_begin_array(w);
	put_group(w, "had", false, &c->without);
	put_group(w, "had", true, &c->with);
	json_end_array(w);
	query__put_real(w, "difference", c->differs.difference);
	query__put_real(w, "difference_low", c->differs.low);
	query__put_real(w, "difference_high", c->differs.high);
	query__put_real(w, "p", c->differs.p);
}

static void put_candidates(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_driver_answer *out)
{
	const struct query_driver *d = q->driver;
	json_key(w, S("candidates"));
	json_begin_array(w);
	for (size_t i = 0; i < out->n_candidates && !(q->limit && i >= (uint64_t)q->limit); i++) {
		const struct driver_candidate *c = &out->candidates[i];
		json_begin_object(w);
		query__put_text(w, "event", d->n_candidates ? query__names(a, &d->candidates[c->number]) : events_type_name(ctx->events, (uint16_t)c->number));
		put_comparison(w, c);
		query__put_real(w, "q", c->q);
		json_key(w, S("differs"));
		json_put_bool(w, c->q < SURE);
		json_end_object(w);
	}
	json_end_array(w);
	query__put_int(w, "candidates_total", out->n_candidates);
}

static str definition(struct arena *a, const struct query_driver *d)
{
	str within = query__duration(a, d->within_ms), moments = query__names(a, &d->moments), did = query__names(a, &d->did), after = query__duration(a, d->did_within_ms);
	str what = str_given(d->property) ? str_fmt(a, "The mean of %.*s over %.*s", STR_ARG(d->property), STR_ARG(moments))
		: str_fmt(a, "The share of %.*s that %.*s %s within %.*s", STR_ARG(moments), STR_ARG(did), d->is_not ? "did not follow" : "followed", STR_ARG(after));
	return str_fmt(a, "%.*s, where the customer had the event in less than %.*s before, and where not; with intervals at 95%%, and %s. q corrects p for the number of candidates (Benjamini-Hochberg). "
		"An association, not a cause; each moment counts for itself.", STR_ARG(what), STR_ARG(within), str_given(d->property) ? "Welch's t test" : "the z test of two shares");
}

enum err query__answer_driver(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_driver_answer out;
	TRY(query_driver(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("driver"));
	if (out.currency.n) query__put_text(w, "currency", out.currency);
	if (q->driver->is_one) put_comparison(w, &out.candidates[0]);
	else put_candidates(w, a, ctx, q, &out);
	query__put_real(w, "mean", out.all.mean);
	query__put_real(w, "low", out.all.low);
	query__put_real(w, "high", out.all.high);
	if (str_given(q->driver->property)) query__put_int(w, "without", (uint64_t)out.without_number);
	else query__put_int(w, "open", (uint64_t)out.open);
	query__put_range(w, a, ctx, &out.range);
	query__put_int(w, "n", (uint64_t)out.all.n);
	query__put_text(w, "base", S("events"));
	query__put_tail(w, out.left_out, out.is_partial, definition(a, q->driver));
	return OK;
}
