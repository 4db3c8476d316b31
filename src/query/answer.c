/* The answers as JSON. What other programs rely on comes first in its object; the rest stands beside it and explains the
 * figure: range and zone used, n, who was left out, whether a damaged segment is missing, the definition, the time taken. */
#include <math.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/interval.h"
#include "i18n/zone.h"
#include "query/inner.h"

enum { FIND_BYTES = 1 << 20 };

void query__put_text(struct json_writer *w, const char *key, str text)
{
	json_key(w, str_of(key));
	json_put_str(w, text);
}

void query__put_int(struct json_writer *w, const char *key, uint64_t n)
{
	json_key(w, str_of(key));
	json_put_i64(w, (int64_t)n);
}

void query__put_real(struct json_writer *w, const char *key, double d)
{
	json_key(w, str_of(key));
	json_put_real(w, d);
}

void query__put_range(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query_range *range)
{
	query__put_text(w, "from", range->has_from ? query__day(a, ctx->zone, range->from_ms) : STR_NONE);
	query__put_text(w, "to", range->has_to ? query__day(a, ctx->zone, range->to_ms) : STR_NONE);
	query__put_text(w, "zone", zone_name(ctx->zone));
}

str query__duration(struct arena *a, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} UNITS[] = {{86400000, "day"}, {3600000, "hour"}, {60000, "minute"}, {1000, "second"}};
	for (size_t i = 0; i < COUNT_OF(UNITS); i++)
		if (ms % UNITS[i].ms == 0) return str_fmt(a, "%lld %s%s", (long long)(ms / UNITS[i].ms), UNITS[i].name, ms == UNITS[i].ms ? "" : "s");
	return str_fmt(a, "%lld milliseconds", (long long)ms);
}

str query__dimension_name(enum query_dimension d, str property)
{
	static const char *const NAMES[] = {[QUERY_NONE] = "", [QUERY_TYPE] = "event", [QUERY_CHANNEL] = "channel", [QUERY_SOURCE] = "source", [QUERY_FAMILY] = "family", [QUERY_STAGE] = "stage"};
	return d == QUERY_PROPERTY ? property : str_of(NAMES[d]);
}

void query__put_value(struct json_writer *w, struct query_value v)
{
	switch (v.kind) {
	case QUERY_VALUE_NULL: json_put_null(w); break;
	case QUERY_VALUE_TEXT: json_put_str(w, v.text); break;
	case QUERY_VALUE_NUMBER: json_put_raw(w, v.text); break;
	case QUERY_VALUE_TRUE: json_put_bool(w, true); break;
	case QUERY_VALUE_FALSE: json_put_bool(w, false); break;
	}
}

void query__put_by(struct json_writer *w, struct query_value by, bool is_other)
{
	json_key(w, S("by"));
	if (!is_other) query__put_value(w, by);
	else {
		json_put_str(w, S("other"));
		json_key(w, S("other"));
		json_put_bool(w, true);
	}
}

void query__put_share(struct json_writer *w, const char *key, uint64_t k, uint64_t n)
{
	struct interval sure = n ? interval_wilson((int64_t)k, (int64_t)n) : (struct interval){NAN, NAN};
	query__put_real(w, key, n ? (double)k / (double)n : NAN);
	query__put_real(w, "low", sure.low);
	query__put_real(w, "high", sure.high);
}

static void put_head(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_times *times)
{
	if (q->interval.unit == QUERY_DAYS) {
		json_key(w, S("interval"));
		json_begin_object(w);
		query__put_int(w, "days", (uint64_t)q->interval.days);
		json_end_object(w);
	} else query__put_text(w, "interval", query__interval_name(a, q->interval));
	query__put_text(w, "from", times->n ? query__day(a, ctx->zone, times->from_ms) : STR_NONE);
	query__put_text(w, "to", times->n ? query__day(a, ctx->zone, times->to_ms) : STR_NONE);
	query__put_text(w, "zone", zone_name(ctx->zone));
}

void query__put_tail(struct json_writer *w, struct query_left_out left_out, bool is_partial, str definition)
{
	query__put_int(w, "left_out_customers", left_out.customers);
	query__put_int(w, "left_out_events", left_out.events);
	json_key(w, S("partial"));
	json_put_bool(w, is_partial);
	query__put_text(w, "definition", definition);
}

/* ---- trend --------------------------------------------------------------------------------------------------------- */
static const char *const MEASURES[] = {[QUERY_EVENTS] = "events", [QUERY_CUSTOMERS] = "customers", [QUERY_SUM] = "sum", [QUERY_MEAN] = "mean"};

static str measure_name(struct arena *a, const struct query *q)
{
	return q->measure == QUERY_PERCENTILE ? str_fmt(a, "p%d", q->percent) : str_of(MEASURES[q->measure]);
}

/* is_none: amounts of several currencies, which have none. */
static void put_measured(struct json_writer *w, struct arena *a, const struct query *q, const struct query_count *c, bool is_none)
{
	json_key(w, S("value"));
	if (query__is_of_numbers(q) && is_none) json_put_null(w);
	else if (q->measure == QUERY_EVENTS) json_put_i64(w, (int64_t)c->events);
	else if (q->measure == QUERY_CUSTOMERS) json_put_i64(w, (int64_t)c->customers);
	else if (q->measure == QUERY_PERCENTILE) json_put_real(w, values_at(c->values, q->percent / 100.0));
	else if (q->measure == QUERY_MEAN && c->numbers) json_put_real(w, decimal_sum_double(&c->sum) / (double)c->numbers);
	else if (q->measure == QUERY_MEAN) json_put_null(w);
	else if (c->sum.is_exact) json_put_raw(w, decimal_sum_show(a, &c->sum));
	else json_put_real(w, decimal_sum_double(&c->sum));
	if (query__is_of_numbers(q)) query__put_int(w, "n", c->numbers);
}

static struct query_count count_at(const struct query_group *g, size_t i)
{
	struct query_count c = {.events = g->events[i]};
	if (g->customers) c.customers = g->customers[i];
	if (g->numbers) c.numbers = g->numbers[i];
	if (g->sums) c.sum = g->sums[i];
	if (g->values) c.values = &g->values[i];
	return c;
}

static void put_by(struct json_writer *w, const struct query_trend *t, const struct query_group *g)
{
	if (t->by == QUERY_NONE) return;
	query__put_by(w, g->by, g->is_other);
	if (g->currency.n) query__put_text(w, "currency", g->currency);
}

static void put_rows(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_trend *t)
{
	uint64_t rows = 0;
	json_key(w, S("rows"));
	json_begin_array(w);
	for (size_t i = 0; i < t->times.n; i++) {
		str time = STR_NONE;
		for (size_t g = 0; g < t->n_groups; g++) {
			const struct query_group *group = &t->groups[g];
			if (t->by != QUERY_NONE && group->events[i] == 0) continue;
			if (rows++ >= (uint64_t)q->limit && q->limit) continue;
			if (!str_given(time)) time = query__label(a, ctx->zone, q->interval.unit, t->times.start[i]);
			json_begin_object(w);
			query__put_text(w, "time", time);
			put_by(w, t, group);
			struct query_count c = count_at(group, i);
			put_measured(w, a, q, &c, false);
			json_end_object(w);
		}
	}
	json_end_array(w);
	query__put_int(w, "rows_total", rows);
}

static str measured(struct arena *a, const struct query *q)
{
	if (q->measure == QUERY_PERCENTILE) return str_fmt(a, "Percentile %d (exact, linear between two values)", q->percent);
	return q->measure == QUERY_SUM ? S("Sum") : S("Mean");
}

static str trend_definition(struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_trend *t)
{
	str names = query__names(a, &q->events), zone = zone_name(ctx->zone), every = query__interval_name(a, q->interval);
	str what = q->measure == QUERY_CUSTOMERS ? str_fmt(a, "Distinct customers with %.*s", STR_ARG(names))
		: q->measure == QUERY_EVENTS         ? str_fmt(a, "Events: %.*s", STR_ARG(names))
		: str_fmt(a, "%.*s of %.*s over %.*s; events without a number are not counted in it", STR_ARG(measured(a, q)), STR_ARG(q->property), STR_ARG(names));
	return str_fmt(a, "%.*s, by %.*s in %.*s. From counts, to does not. %s %s%s", STR_ARG(what), STR_ARG(every), STR_ARG(zone),
		t->by == QUERY_NONE ? "An interval without events has a row." : "An interval and value without events has no row.",
		q->measure == QUERY_CUSTOMERS ? "Events of nobody count for no customer." : "Events of nobody count too.",
		t->is_mixed ? " Amounts of different currencies are never added: each currency has rows of its own, and there is no total." : "");
}

void query__put_trend(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_trend *t)
{
	query__put_text(w, "kind", S("trend"));
	put_rows(w, a, ctx, q, t);
	query__put_text(w, "measure", q->property.n ? str_fmt(a, "%.*s:%.*s", STR_ARG(measure_name(a, q)), STR_ARG(q->property)) : measure_name(a, q));
	if (t->currency.n) query__put_text(w, "currency", t->currency);
	put_head(w, a, ctx, q, &t->times);
	json_key(w, S("total"));
	json_begin_object(w);
	put_measured(w, a, q, &t->total, t->is_mixed);
	json_end_object(w);
	if (t->by != QUERY_NONE) {
		json_key(w, S("groups"));
		json_begin_array(w);
		for (size_t g = 0; g < t->n_groups; g++) {
			json_begin_object(w);
			put_by(w, t, &t->groups[g]);
			put_measured(w, a, q, &t->groups[g].total, false);
			json_end_object(w);
		}
		json_end_array(w);
	}
	query__put_text(w, "base", S("events"));
	query__put_int(w, "n", t->total.events);
	if (query__is_of_numbers(q)) query__put_int(w, "without", t->total.events - t->total.numbers);
	query__put_tail(w, t->left_out, t->is_partial, trend_definition(a, ctx, q, t));
}

/* ---- retention ------------------------------------------------------------------------------------------------------- */
static void put_cells(struct json_writer *w, const char *key, const uint64_t *cells, size_t n)
{
	json_key(w, str_of(key));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++) {
		if (cells[i] == QUERY_OPEN) json_put_null(w);
		else json_put_i64(w, (int64_t)cells[i]);
	}
	json_end_array(w);
}

/* null where nothing can be said yet. */
static void put_values(struct json_writer *w, struct arena *a, const char *key, const struct decimal_sum *values, const uint64_t *cells, size_t n)
{
	json_key(w, str_of(key));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++) {
		if (cells[i] == QUERY_OPEN) json_put_null(w);
		else if (values[i].is_exact) json_put_raw(w, decimal_sum_show(a, &values[i]));
		else json_put_real(w, decimal_sum_double(&values[i]));
	}
	json_end_array(w);
}

const char *const QUERY__RETURNS[] = {"on", "on_or_after", "churn"};

static str retention_definition(struct arena *a, const struct query_context *ctx, const struct query *q)
{
	str start = query__names(a, &q->start), again = query__names(a, &q->again), every = query__interval_name(a, q->interval), zone = zone_name(ctx->zone);
	str worth = !str_given(q->property) ? S("") : str_fmt(a, " values: the sum of %.*s %s, values[0] that of cell 0 from the start on.", STR_ARG(q->property),
		q->mode == QUERY_CHURN ? "that those lost had in cell 0" : q->mode == QUERY_ON ? "over the returns of the cell" : "over the returns of the cell and of all later ones");
	str rolling = q->is_rolling ? S(" Intervals are lengths of time from each customer's own first start (a day is 24 hours, a month 30 days); a cell waits for the last of its cohort.") : S("");
	return str_fmt(a,
		"Customers by their first %.*s ever, by %.*s in %.*s. Cell 0 is their number; cell k counts those %s %.*s in the %s after%s. "
		"Cells are null where the interval has not ended or begins after the last event known, and leave the base.%.*s%.*s",
		STR_ARG(start), STR_ARG(every), STR_ARG(zone), q->mode == QUERY_CHURN ? "without" : "with", STR_ARG(again), q->n_brackets ? "intervals of the k-th bracket" : "k-th interval",
		q->mode == QUERY_ON ? "" : " or in any later one that is known", STR_ARG(rolling), STR_ARG(worth));
}

static void put_brackets(struct json_writer *w, const struct query *q)
{
	json_key(w, S("brackets"));
	json_begin_array(w);
	for (size_t i = 0; i < q->n_brackets; i++) {
		json_begin_array(w);
		json_put_i64(w, q->brackets[i].first);
		json_put_i64(w, q->brackets[i].last);
		json_end_array(w);
	}
	json_end_array(w);
}

/* Of all cohorts together, with their Wilson intervals. */
static void put_shares(struct json_writer *w, const struct query_retention *r)
{
	static const char *const KEYS[] = {"share", "low", "high"};
	json_key(w, S("shares"));
	json_begin_object(w);
	for (size_t which = 0; which < COUNT_OF(KEYS); which++) {
		json_key(w, str_of(KEYS[which]));
		json_begin_array(w);
		for (size_t k = 0; k < r->n_cells; k++) {
			struct interval sure = interval_wilson((int64_t)r->returned[k], (int64_t)r->base[k]);
			json_put_real(w, which == 1 ? sure.low : which == 2 ? sure.high : (double)r->returned[k] / (double)r->base[k]);
		}
		json_end_array(w);
	}
	json_end_object(w);
}

void query__put_retention(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_retention *r)
{
	query__put_text(w, "kind", S("retention"));
	json_key(w, S("cohorts"));
	json_begin_array(w);
	for (size_t i = 0; i < r->n_cohorts; i++) {
		json_begin_object(w);
		query__put_text(w, "start", query__label(a, ctx->zone, q->interval.unit, r->times.start[r->cohorts[i].interval]));
		query__put_int(w, "size", r->cohorts[i].size);
		put_cells(w, "cells", r->cohorts[i].cells, r->n_cells);
		if (r->values) put_values(w, a, "values", r->cohorts[i].values, r->cohorts[i].cells, r->n_cells);
		json_key(w, S("open"));
		json_put_bool(w, r->cohorts[i].is_open);
		json_end_object(w);
	}
	json_end_array(w);
	query__put_text(w, "mode", str_of(QUERY__RETURNS[q->mode]));
	json_key(w, S("rolling"));
	json_put_bool(w, q->is_rolling);
	query__put_text(w, "measure", r->values ? str_fmt(a, "sum:%.*s", STR_ARG(q->property)) : S("customers"));
	if (r->currency.n) query__put_text(w, "currency", r->currency);
	if (q->n_brackets) put_brackets(w, q);
	put_head(w, a, ctx, q, &r->times);
	json_key(w, S("all"));
	json_begin_object(w);
	put_cells(w, "cells", r->returned, r->n_cells);
	put_cells(w, "base", r->base, r->n_cells);
	if (r->values) {
		put_values(w, a, "values", r->values, r->returned, r->n_cells);
		put_values(w, a, "base_values", r->base_values, r->returned, r->n_cells);
	}
	json_end_object(w);
	put_shares(w, r);
	query__put_text(w, "base", S("customers"));
	query__put_int(w, "n", r->customers);
	query__put_tail(w, r->left_out, r->is_partial, retention_definition(a, ctx, q));
}

/* ---- all kinds ------------------------------------------------------------------------------------------------------- */
static enum err answer_trend(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_trend t;
	TRY(query_trend(ctx, q, a, &t, f));
	query__put_trend(w, a, ctx, q, &t);
	return OK;
}

static enum err answer_retention(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_retention r;
	TRY(query_retention(ctx, q, a, &r, f));
	query__put_retention(w, a, ctx, q, &r);
	return OK;
}

/* One row a kind: an analysis is a file with its rules, a writer here, and its fields in read.c. */
static query__answer_fn *const ANSWERS[] = {
	[QUERY_TREND] = answer_trend,
	[QUERY_RETENTION] = answer_retention,
	[QUERY_FUNNEL] = query__answer_funnel,
	[QUERY_FLOW] = query__answer_flow,
	[QUERY_PATHS] = query__answer_paths,
	[QUERY_DRIVER] = query__answer_driver,
	[QUERY_JOURNEY] = query__answer_journey,
	[QUERY_DURATION] = query__answer_duration,
	[QUERY_SEGMENT] = query__answer_segment,
	[QUERY_TIMELINE] = query__answer_timeline,
	[QUERY_SCORE] = query__answer_score,
	[QUERY_DRIVERS] = query__answer_drivers,
	[QUERY_STAFFING] = query__answer_staffing,
	[QUERY_EARNED] = query__answer_earned,
	[QUERY_SERVING] = query__answer_serving,
};

static enum err answer_kind(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	return query__is_split(q) ? query__answer_split(ctx, q, ANSWERS[q->kind], a, w, f) : ANSWERS[q->kind](ctx, q, a, w, f);
}

enum err query__find_behind(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_behind *out, struct fault *f)
{
	struct query_context within = *ctx;
	struct query asked = *q;
	struct buf answer;
	struct json_writer w = {.out = &answer};
	*out = *q->members;
	within.within++;
	asked.members = out;
	buf_init(&answer, FIND_BYTES);
	query__behind_begin(&within, &asked, a);
	json_begin_object(&w);
	enum err e = answer_kind(&within, &asked, a, &w, f); /* what it writes is not looked at, however much */
	buf_release(&answer);
	return e;
}

/* What was written from the place on, as a tree. */
static enum err read_again(struct arena *a, const struct buf *out, size_t from, const char *end, const struct json_node **tree, struct fault *f)
{
	str written = buf_str(out);
	return json_tree(a, str_fmt(a, "%.*s%s", STR_ARG(str_sub(written, from, written.n)), end), written.n + 2, tree, f);
}

/* The same question of the other period or customers, and how much its shares differ. */
static enum err put_compared(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	const struct json_node *answer = NULL, *other = NULL;
	if (query__has_change(q) && !buf_failed(w->out)) TRY(read_again(a, w->out, 0, "}", &answer, f));
	json_key(w, S("compare"));
	size_t from = buf_str(w->out).n;
	json_begin_object(w);
	TRY(answer_kind(ctx, q->compare, a, w, f));
	json_end_object(w);
	if (!answer || buf_failed(w->out)) return OK;
	TRY(read_again(a, w->out, from, "", &other, f));
	query__put_change(w, q, answer, other);
	return OK;
}

enum err query_answer(const struct query_context *ctx, const struct query *q, struct arena *a, struct buf *out, struct fault *f)
{
	int64_t start_us = clock_mono_us();
	struct json_writer w = {.out = out};
	json_begin_object(&w);
	query__behind_begin(ctx, q, a);
	TRY(answer_kind(ctx, q, a, &w, f));
	if (q->members) query__put_members(&w, a, ctx, q->members);
	if (q->compare) TRY(put_compared(ctx, q, a, &w, f));
	json_key(&w, S("took_ms"));
	json_put_real(&w, (double)((clock_mono_us() - start_us) / 10) / 100);
	json_end_object(&w);
	return buf_failed(out) ? fault_set(f, ERR_TOO_LARGE, "limit", "the answer is too large; set a limit, fewer values of \"by\" or longer intervals") : OK;
}

enum err query_ask(const struct query_context *ctx, str question, struct arena *a, struct buf *out, struct fault *f)
{
	struct query q;
	TRY(query_read(a, ctx->zone, question, &q, f));
	return query_answer(ctx, &q, a, out, f);
}
