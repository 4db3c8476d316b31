#include "query/serving.h"

#include <math.h>
#include <stdlib.h>

#include "query/anonymous.h"
#include "query/inner.h"
#include "query/read.h"

enum { LAGS_DEFAULT = 8, LEAST_DEFAULT = 5, LEAST_MOST = 1000 };

/* ---- reading ------------------------------------------------------------------------------------------------------------- */
static struct query_serving *serving(struct query_reader *r)
{
	if (!r->q->serving) {
		r->q->serving = ARENA_NEW(r->arena, struct query_serving);
		r->q->serving->lags = LAGS_DEFAULT;
		r->q->serving->least = LEAST_DEFAULT;
	}
	return r->q->serving;
}

static const struct query_field *score_field(str name)
{
	static const char *const TAKEN[] = {"metric", "question", "method", "carried", "event"};
	for (size_t t = 0; t < COUNT_OF(TAKEN); t++)
		for (size_t i = 0; i < QUERY__SCORE_FIELDS && str_eq(name, str_of(TAKEN[t])); i++)
			if (str_eq(name, str_of(query__score_fields[i].name))) return &query__score_fields[i];
	return NULL;
}

static void read_side(struct query_reader *r, const char *field, const struct json_node *v, struct query *out, bool *has)
{
	struct query_reader side = *r;
	*has = v->type == JSON_OBJECT;
	if (!*has) {
		query__bad(r, field, "a score, such as {\"metric\":\"csat\",\"question\":…}");
		return;
	}
	*out = (struct query){.kind = QUERY_SCORE, .interval = {.unit = QUERY_WEEK}};
	side.q = out;
	for (const struct json_node *c = v->child; c; c = c->next) {
		const struct query_field *known = score_field(c->key);
		if (known) known->read(&side, c);
		else query__bad(&side, query__plain_path(&side, str_of(field), c->key), "a score within serving has metric, question, method, carried and event");
	}
	r->is_bad = side.is_bad;
}

static void read_staff(struct query_reader *r, const struct json_node *v)
{
	read_side(r, "staff", v, &serving(r)->staff, &serving(r)->has_staff);
}

static void read_customers(struct query_reader *r, const struct json_node *v)
{
	read_side(r, "customers", v, &serving(r)->customers, &serving(r)->has_customers);
}

static void read_lags(struct query_reader *r, const struct json_node *v)
{
	if (!query__whole(v, 0, LAG_MOST, &serving(r)->lags)) query__bad(r, "lags", "not a whole number of weeks from 0 to %d", LAG_MOST);
}

static void read_least(struct query_reader *r, const struct json_node *v)
{
	if (!query__whole(v, 1, LEAST_MOST, &serving(r)->least)) query__bad(r, "min_n", "not a whole number from 1 to %d", LEAST_MOST);
}

const struct query_field query__serving_fields[QUERY__SERVING_FIELDS] = {{"staff", read_staff}, {"customers", read_customers}, {"by", query__read_by}, {"lags", read_lags}, {"min_n", read_least}};

/* Both sides are asked by the same groups and weeks. */
static void settle(struct query_reader *r, struct query *side)
{
	struct query_reader of = *r;
	of.q = side;
	side->by = r->q->by;
	side->by_property = r->q->by_property;
	side->range = r->q->range;
	query__check_score(&of);
	if (side->score) side->score->has_interval = true;
	r->is_bad = of.is_bad;
}

void query__check_serving(struct query_reader *r)
{
	struct query_serving *s = serving(r);
	int group;
	if (!query__anonymous_may(r->q, &group) || group < 0) query__bad(r, r->q->where ? "where" : "by", r->q->where ? "serving has none: answers to an anonymous survey are seen by team, place or staff alone" : "team, place or staff");
	if (r->q->members || r->compare) query__bad(r, r->q->members ? "members" : "compare", "nobody is known behind these figures, and two of them cannot be compared");
	if (!s->has_staff) query__bad(r, "staff", "the score that those who serve give, such as {\"metric\":\"nps\",\"question\":\"enps\"}");
	else settle(r, &s->staff);
	if (s->has_staff && s->staff.score && !str_given(s->staff.score->question)) query__bad(r, "staff.question", "the id of the question that those who serve answered");
	if (!s->has_customers) query__bad(r, "customers", "the score that customers give, such as {\"metric\":\"csat\"}");
	else settle(r, &s->customers);
}

/* ---- running ------------------------------------------------------------------------------------------------------------- */
static int by_name(const void *x, const void *y)
{
	return str_cmp(((const struct serving_group *)x)->by, ((const struct serving_group *)y)->by);
}

static struct serving_group *group_of(struct serving_answer *out, str by)
{
	size_t i = 0;
	while (i < out->n && !str_eq(out->groups[i].by, by)) i++;
	if (i == out->n) out->groups[out->n++] = (struct serving_group){.by = by};
	return &out->groups[i];
}

static void put_side(struct serving_answer *out, const struct query_score_answer *side, bool is_staff)
{
	for (size_t i = 0; i < side->n_groups; i++) {
		const struct score_group *g = &side->groups[i];
		if (g->by.kind != QUERY_VALUE_TEXT) continue;
		struct serving_group *into = group_of(out, g->by.text);
		*(is_staff ? &into->staff : &into->customers) = (struct serving_side){g->sums, g->at};
	}
}

/* By week; NaN where too few answered. */
static double *values(struct arena *a, const struct serving_side *side, size_t weeks, int64_t least, const struct query_score *s)
{
	double *out = ARENA_ARRAY(a, double, weeks + 1);
	for (size_t t = 0; t < weeks; t++) out[t] = side->at && side->at[t].n >= least ? rating_of(&side->at[t], s->metric, s->method).value.value : NAN;
	return out;
}

static void fit(struct arena *a, const struct query_serving *s, struct serving_answer *out)
{
	struct lag_series *series = ARENA_ARRAY(a, struct lag_series, out->n + 1);
	double *p = ARENA_ARRAY(a, double, out->n + 1), *q = ARENA_ARRAY(a, double, out->n + 1);
	for (size_t i = 0; i < out->n; i++) {
		struct serving_group *g = &out->groups[i];
		series[i] = (struct lag_series){values(a, &g->staff, out->times.n, QUERY_ANONYMOUS_LEAST, s->staff.score), values(a, &g->customers, out->times.n, s->least, s->customers.score), out->times.n};
		lag_fit(&series[i], 1, (int)s->lags, &g->fit);
		p[i] = g->fit.p;
	}
	lag_fit(series, out->n, (int)s->lags, &out->fit);
	compare_adjust(p, out->n, q);
	for (size_t i = 0; i < out->n; i++) out->groups[i].q = q[i];
}

enum err query_serving(const struct query_context *ctx, const struct query *q, struct arena *a, struct serving_answer *out, struct fault *f)
{
	const struct query_serving *s = q->serving;
	*out = (struct serving_answer){0};
	TRY(query_score(ctx, &s->staff, a, &out->staff, f));
	TRY(query_score(ctx, &s->customers, a, &out->customers, f));
	out->times = out->staff.times;
	out->groups = ARENA_ARRAY(a, struct serving_group, out->staff.n_groups + out->customers.n_groups + 1);
	put_side(out, &out->staff, true);
	put_side(out, &out->customers, false);
	if (out->n > 1) qsort(out->groups, out->n, sizeof *out->groups, by_name);
	fit(a, s, out);
	return OK;
}

/* ---- the answer as JSON ---------------------------------------------------------------------------------------------------- */
static void put_lag(struct json_writer *w, const struct lag_answer *x, int lag)
{
	const struct lag_fit none = {0, NAN, NAN, NAN, NAN, NAN}, *f = lag < 0 ? &none : &x->at[lag];
	json_key(w, S("lag"));
	if (lag < 0) json_put_null(w);
	else json_put_i64(w, lag);
	query__put_int(w, "n", (uint64_t)f->pairs);
	query__put_real(w, "effective_n", f->effective);
	query__put_real(w, "r", f->r);
	query__put_real(w, "low", f->low);
	query__put_real(w, "high", f->high);
}

static void put_fit(struct json_writer *w, const struct lag_answer *x, double q)
{
	json_key(w, S("fit"));
	json_begin_object(w);
	put_lag(w, x, x->best);
	query__put_int(w, "tried", (uint64_t)x->tried);
	query__put_real(w, "p", x->p);
	if (!isnan(q)) query__put_real(w, "q", q);
	json_end_object(w);
}

static void put_figures(struct json_writer *w, const struct rating_sums *sums, int64_t least, const struct query_score *s)
{
	struct rating_sums none = {0};
	struct rating x = rating_of(sums && sums->n >= least ? sums : &none, s->metric, s->method);
	query__put_int(w, "n", sums ? (uint64_t)sums->n : 0);
	query__put_real(w, "value", x.value.value);
	query__put_real(w, "low", x.value.low);
	query__put_real(w, "high", x.value.high);
}

static void put_both(struct json_writer *w, const struct query_serving *s, const struct rating_sums *staff, const struct rating_sums *customers)
{
	json_key(w, S("staff"));
	json_begin_object(w);
	put_figures(w, staff, QUERY_ANONYMOUS_LEAST, s->staff.score);
	json_end_object(w);
	json_key(w, S("customers"));
	json_begin_object(w);
	put_figures(w, customers, s->least, s->customers.score);
	json_end_object(w);
}

static void put_group(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query_serving *s, const struct serving_answer *out, const struct serving_group *g)
{
	json_begin_object(w);
	query__put_text(w, "by", g->by);
	put_both(w, s, &g->staff.all, &g->customers.all);
	put_fit(w, &g->fit, g->q);
	json_key(w, S("rows"));
	json_begin_array(w);
	for (size_t t = 0; t < out->times.n; t++) {
		const struct rating_sums *staff = g->staff.at ? &g->staff.at[t] : NULL, *customers = g->customers.at ? &g->customers.at[t] : NULL;
		if (!(staff && staff->n) && !(customers && customers->n)) continue;
		json_begin_object(w);
		query__put_text(w, "time", query__label(a, ctx->zone, QUERY_WEEK, out->times.start[t]));
		put_both(w, s, staff, customers);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
}

enum err query__answer_serving(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	const struct query_serving *s = q->serving;
	struct serving_answer out;
	TRY(query_serving(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("serving"));
	query__put_text(w, "by", q->by_property);
	json_key(w, S("groups"));
	json_begin_array(w);
	for (size_t i = 0; i < out.n && !(q->limit && i >= (uint64_t)q->limit); i++) put_group(w, a, ctx, s, &out, &out.groups[i]);
	json_end_array(w);
	query__put_int(w, "groups_total", out.n);
	put_fit(w, &out.fit, NAN);
	json_key(w, S("lags"));
	json_begin_array(w);
	for (int lag = 0; lag <= s->lags; lag++) {
		json_begin_object(w);
		put_lag(w, &out.fit, lag);
		query__put_real(w, "p", out.fit.at[lag].p);
		json_end_object(w);
	}
	json_end_array(w);
	query__put_int(w, "held_back", out.staff.held_back);
	struct query_range range = {out.times.n > 0, out.times.n > 0, out.times.from_ms, out.times.to_ms};
	query__put_range(w, a, ctx, &range);
	query__put_tail(w, out.customers.left_out, out.customers.is_partial,
		str_fmt(a, "Scores of those who serve and of customers of the same %.*s, by week. fit: the lag in weeks, from 0 to %lld, at which the correlation of a week's score of those who serve with the customers' "
			"score so many weeks later is least like chance; over all groups each is taken about its own mean. n: pairs of weeks; effective_n: as many that know nothing of each other, by the autocorrelation of both. The interval "
			"(Fisher's z) holds in 95 of 100 cases over all lags tried; p is corrected for their number (Bonferroni), q for the number of groups (Benjamini-Hochberg). An association, not a cause. Those who serve "
			"answer anonymously and are seen in batches of %d or more, each at the time of its middle; a customers' week of fewer than %lld answers is none.",
			STR_ARG(q->by_property), (long long)s->lags, QUERY_ANONYMOUS_LEAST, (long long)s->least));
	return OK;
}
