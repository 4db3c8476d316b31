/* Drivers: what each submission answered becomes a case, and complete cases go to base/importance.c. A submission is the
 * answers of one submission_id; where none was sent, those of one customer at one instant. Nobody's answers come in slices in
 * no order, so cases are looked up by their key until the scan is over. Cases are sorted before they are weighed: then the
 * bootstrap draws the same ones whichever worker met them. */
#include "query/drivers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "query/behind.h"
#include "query/survey.h"
#include "query/walk.h"

enum { OWN_MAX = SENT_COUNT + IMPORTANCE_MAX };
#define NO_COLUMN UINT32_MAX

struct key {
	uint32_t customer, submission; /* submission: number of its text among the worker's; NO_COLUMN: none was sent, */
	int64_t time_ms;               /* … and this tells */
};
struct worker {
	const struct query_walk *walk; /* its matchers: answers, then the events of predictors */
	struct query_plan *plan;
	const struct query_drivers *d;
	struct query_judge *judge;
	struct line_wants want;
	struct query_line line;
	struct arena arena;
	struct query_groups *submissions, *questions;
	uint32_t *columns;             /* by number of a question's text, plus 1; 0: not looked up yet */
	size_t n_columns;
	size_t width;                  /* columns of a case: the outcome, then the predictors */
	struct map by_key;
	VEC(struct key) keys;
	size_t stride;                 /* numbers of a case: its weight stands behind the columns */
	double *cases;                 /* NaN: not answered */
	size_t cap;
	struct drivers_scale scales[IMPORTANCE_MAX + 1];
	struct query_tally_out left_out;
	uint64_t without_weight;
	const size_t *place_of_property; /* by predictor: among the plan's own names */
	const struct orders *orders;
};
/* What customers paid, by customer and time. */
struct order {
	uint32_t customer;
	int64_t time_ms;
	double value;
};
struct orders {
	struct order *v;
	size_t n;
};

static str key_text(const struct key *k)
{
	return (str){(const char *)k, sizeof *k};
}

/* NULL: out of memory, and the scan ends. */
static double *case_of(struct worker *w, struct key key)
{
	uint64_t *known = map_get(&w->by_key, key_text(&key));
	if (known) return w->cases + *known * w->stride;
	if (!query__charge(w->plan, 96)) return NULL;
	size_t n = w->keys.n;
	if (n == w->cap) {
		size_t cap = n ? n * 2 : 256;
		if (!query__charge(w->plan, (cap - w->cap) * w->stride * sizeof *w->cases)) return NULL;
		w->cases = mem_realloc(w->cases, cap * w->stride * sizeof *w->cases);
		w->cap = cap;
	}
	struct key *kept = ARENA_NEW(&w->arena, struct key);
	*kept = key;
	*map_put(&w->by_key, key_text(kept), NULL) = n;
	VEC_PUSH(&w->keys, &w->arena, key);
	for (size_t i = 0; i < w->stride; i++) w->cases[n * w->stride + i] = NAN;
	return w->cases + n * w->stride;
}

/* ---- one customer ------------------------------------------------------------------------------------------------------ */
static uint32_t column_of_text(const struct query_drivers *d, str question)
{
	if (str_eq(question, d->outcome)) return 0;
	for (size_t i = 0; i < d->n; i++)
		if (d->predictors[i].kind == DRIVERS_ANSWER && str_eq(d->predictors[i].question, question)) return (uint32_t)i + 1;
	return NO_COLUMN;
}

static uint32_t column_of(struct worker *w, uint32_t number)
{
	if (number == UINT32_MAX) return NO_COLUMN;
	if (number >= w->n_columns) {
		size_t n = number * 2 + 16;
		w->columns = mem_realloc(w->columns, n * sizeof *w->columns);
		memset(w->columns + w->n_columns, 0, (n - w->n_columns) * sizeof *w->columns);
		w->n_columns = n;
	}
	if (!w->columns[number]) {
		struct query_value v = query__group_value(w->questions, number);
		w->columns[number] = (v.kind == QUERY_VALUE_TEXT ? column_of_text(w->d, v.text) : NO_COLUMN - 1) + 1;
	}
	return w->columns[number] - 1;
}

static uint32_t submission_of(struct worker *w, uint32_t i)
{
	uint32_t number = query__group(w->submissions, w->line.part[i], w->line.row[i]);
	if (number == UINT32_MAX || query__group_value(w->submissions, number).kind == QUERY_VALUE_NULL) return NO_COLUMN;
	return number;
}

static double waited(const struct worker *w, const struct query_matcher *ends, uint32_t from, uint32_t at)
{
	uint32_t k = from + 1;
	while (k < at && !query__is_at(w->judge, ends, &w->line, k)) k++;
	return (double)(w->line.time_ms[k] - w->line.time_ms[from]) / 1000;
}

/* The last order before a time, not older than `within`. */
static double paid(const struct orders *o, uint32_t customer, int64_t time_ms, int64_t within_ms)
{
	size_t low = 0, high = o->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct order *x = &o->v[middle];
		if (x->customer < customer || (x->customer == customer && x->time_ms < time_ms)) low = middle + 1;
		else high = middle;
	}
	const struct order *x = low ? &o->v[low - 1] : NULL;
	return x && x->customer == customer && time_ms - x->time_ms <= within_ms ? x->value : NAN;
}

/* What happened before the outcome was answered, at event `at` of the line. */
static double happened(const struct worker *w, size_t predictor, uint32_t customer, uint32_t at)
{
	const struct drivers_predictor *p = &w->d->predictors[predictor];
	const struct query_matcher *m = &w->walk->matchers[1 + predictor];
	double count = 0, x;
	if (p->kind == DRIVERS_ORDER) return paid(w->orders, customer, w->line.time_ms[at], p->within_ms);
	for (uint32_t i = at; i-- > 0 && w->line.time_ms[at] - w->line.time_ms[i] <= p->within_ms;) {
		if (!query__is_at(w->judge, m, &w->line, i)) continue;
		if (p->kind == DRIVERS_WAIT) return waited(w, m + w->d->n, i, at);
		if (p->kind == DRIVERS_PROPERTY && query__number_of(query__own(w->plan, w->line.part[i], w->place_of_property[predictor]), w->line.row[i], &x)) return x;
		count++;
	}
	return p->kind == DRIVERS_COUNT ? count : NAN;
}

static void take(struct worker *w, uint32_t customer, uint32_t i)
{
	struct answer x;
	uint32_t column = column_of(w, query__group(w->questions, w->line.part[i], w->line.row[i]));
	if (column >= w->width || !query__answer(w->plan, w->line.part[i], w->line.row[i], &x)) return;
	if (x.has_scale && (x.number < x.scale.low || x.number > x.scale.high)) return;
	struct key key = {customer, submission_of(w, i), 0};
	if (key.submission == NO_COLUMN) {
		if (!customer) return;
		key.time_ms = w->line.time_ms[i];
	}
	double *row = case_of(w, key);
	if (!row) return;
	row[column] = x.number;
	if (column == 0) row[w->width] = w->d->is_weighted ? x.weight : 1;
	w->without_weight += column == 0 && !x.has_weight;
	if (x.has_scale) w->scales[column] = (struct drivers_scale){.scale = x.scale, .has_scale = true};
	for (size_t p = 0; column == 0 && customer && p < w->d->n; p++)
		if (w->d->predictors[p].kind != DRIVERS_ANSWER) row[p + 1] = happened(w, p, customer, i);
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	if (!query__walk_anyone(w->walk, w->judge, &w->line, customer, slices, n, &w->want)) return;
	for (uint32_t i = 0; i < w->line.n; i++)
		if (query__is_at(w->judge, &w->walk->matchers[0], &w->line, i)) take(w, customer, i);
}

/* ---- adding up --------------------------------------------------------------------------------------------------------- */
static bool merge(struct worker *into, const struct worker *from)
{
	for (size_t i = 0; i < from->keys.n; i++) {
		struct key key = from->keys.v[i];
		if (key.submission != NO_COLUMN) key.submission = query__group_of(into->submissions, query__group_value(from->submissions, key.submission));
		double *row = case_of(into, key);
		if (!row) return false;
		for (size_t c = 0; c < into->stride; c++)
			if (!isnan(from->cases[i * from->stride + c])) row[c] = from->cases[i * from->stride + c];
	}
	for (size_t c = 0; c < into->width; c++)
		if (!into->scales[c].has_scale) into->scales[c] = from->scales[c];
	into->without_weight += from->without_weight;
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	return true;
}

static int by_numbers(const void *x, const void *y, void *stride)
{
	const double *a = x, *b = y;
	for (size_t i = 0; i < *(const size_t *)stride; i++)
		if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
	return 0;
}

/* The share of the cases, by weight, whose column is at least `from` and at most `to`. */
static double share_within(const struct worker *w, size_t n, size_t column, double from, double to)
{
	double within = 0, all = 0;
	for (size_t i = 0; i < n; i++) {
		const double *row = w->cases + i * w->stride;
		all += row[w->width];
		if (row[column] >= from && row[column] <= to) within += row[w->width];
	}
	return all > 0 && !isnan(from) ? within / all : NAN;
}

static double top_from(const struct drivers_scale *s)
{
	return s->has_scale ? rating_top_from(s->scale) : NAN;
}

static void put_out(struct worker *w, const struct query *q, struct arena *a, struct drivers_answer *out)
{
	size_t width = w->width, stride = w->stride, n = 0;
	for (size_t i = 0; i < w->keys.n; i++) {
		const double *row = w->cases + i * stride;
		bool is_complete = true;
		for (size_t c = 0; c < width; c++) {
			is_complete &= !isnan(row[c]);
			w->scales[c].known += !isnan(row[0]) && !isnan(row[c]);
		}
		out->incomplete += !is_complete && !isnan(row[0]);
		if (is_complete && q->members) query__behind(q, w->keys.v[i].customer);
		if (is_complete) memmove(w->cases + n++ * stride, row, stride * sizeof *row);
	}
	if (n) qsort_r(w->cases, n, stride * sizeof *w->cases, by_numbers, &stride);
	out->cases = n;
	bool is_answer[IMPORTANCE_MAX];
	for (size_t i = 0; i < w->d->n; i++) is_answer[i] = w->d->predictors[i].kind == DRIVERS_ANSWER;
	const struct importance_asked asked = {.method = w->d->method, .cases = w->cases, .n = n, .predictors = w->d->n, .is_item = is_answer, .is_weighted = true, .has_no_intervals = w->d->has_no_intervals};
	importance_of(a, &asked, &out->importance);
	out->without_weight = w->without_weight;
	memcpy(out->scales, w->scales, sizeof out->scales);
	for (size_t c = 0; c < width; c++) {
		const struct drivers_predictor *p = c ? &w->d->predictors[c - 1] : NULL;
		out->scales[c].top2 = share_within(w, n, c, top_from(&w->scales[c]), INFINITY);
		out->scales[c].in_target = p && p->has_target ? share_within(w, n, c, -INFINITY, p->target) : NAN;
	}
	out->left_out = query__left_out(w->plan, &w->left_out);
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */
static void begin(struct worker *w, struct query_walk *k, const struct query *q, const uint8_t *codes, const size_t *places, const struct orders *orders)
{
	const struct query by_submission = {.by = QUERY_PROPERTY};
	*w = (struct worker){.walk = k, .plan = &k->plan, .d = q->drivers, .width = q->drivers->n + 1, .stride = q->drivers->n + 2, .place_of_property = places, .orders = orders};
	arena_init(&w->arena);
	map_init(&w->by_key);
	w->judge = query__judge_new(k->rules, &w->arena);
	w->submissions = query__groups_new(&k->plan, &by_submission, &w->arena);
	w->questions = query__groups_of(&k->plan, QUERY_PROPERTY, &w->arena);
	w->want = (struct line_wants){.codes = codes, .from_ms = k->range.from_ms, .to_ms = k->range.to_ms, .left_out = &w->left_out, .arena = &w->arena, .rows = true};
}

static void end(struct worker *w)
{
	query__groups_free(w->submissions);
	query__groups_free(w->questions);
	query__judge_free(w->judge);
	query__line_free(&w->line);
	map_release(&w->by_key);
	mem_free(w->cases);
	mem_free(w->columns);
	arena_release(&w->arena);
}

static enum err run(struct query_walk *k, const struct query *q, const size_t *places, const struct orders *orders, struct drivers_answer *out, struct arena *a, struct fault *f)
{
	struct query_plan *p = &k->plan;
	size_t n = query__workers(p), wanted = 0, predictors = q->drivers->n;
	struct query_matcher *matchers = ARENA_ARRAY(p->arena, struct query_matcher, 2 * predictors + 1);
	for (size_t i = 0; i <= predictors; i++) {
		enum drivers_kind kind = i ? q->drivers->predictors[i - 1].kind : DRIVERS_COUNT;
		if (kind == DRIVERS_COUNT || kind == DRIVERS_PROPERTY || kind == DRIVERS_WAIT) matchers[wanted++] = k->matchers[i];
		if (kind == DRIVERS_WAIT) matchers[wanted++] = k->matchers[i + predictors];
	}
	const uint8_t *codes = query__walk_codes(k, matchers, wanted);
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	for (size_t i = 0; i < n; i++) {
		begin(&workers[i], k, q, codes, places, orders);
		states[i] = &workers[i];
	}
	enum err e = query__walk_scan(k, codes, visit, states, n, f);
	for (size_t i = 1; i < n && e == OK; i++)
		if (!merge(&workers[0], &workers[i])) e = query__too_large(p, f);
	if (e == OK) put_out(&workers[0], q, a, out);
	for (size_t i = 0; i < n; i++) end(&workers[i]);
	return e;
}

static int by_customer_and_time(const void *x, const void *y)
{
	const struct order *a = x, *b = y;
	if (a->customer != b->customer) return a->customer < b->customer ? -1 : 1;
	return a->time_ms < b->time_ms ? -1 : a->time_ms > b->time_ms;
}

/* Refunds are no orders. */
static enum err find_orders(struct query_plan *p, const struct query_drivers *d, struct arena *a, struct orders *out, str *currency, struct fault *f)
{
	const struct query_people *people = &p->ctx->people;
	struct query_sales sales;
	bool is_asked = false;
	*out = (struct orders){0};
	for (size_t i = 0; i < d->n; i++) is_asked |= d->predictors[i].kind == DRIVERS_ORDER;
	if (!is_asked || !p->ctx->sales) return OK;
	TRY(p->ctx->sales(p->ctx->arg, p->arena, STR_NONE, &sales, f));
	*currency = sales.currency.n ? str_dup(a, sales.currency) : STR_NONE;
	if (!query__charge(p, sales.n * (sizeof *sales.v + sizeof *out->v))) return query__too_large(p, f);
	out->v = ARENA_ARRAY(p->arena, struct order, sales.n + 1);
	for (size_t i = 0; i < sales.n; i++) {
		uint32_t customer = sales.v[i].subject <= people->n_subjects ? people->customer[sales.v[i].subject] : 0;
		if (customer && sales.v[i].net > 0) out->v[out->n++] = (struct order){customer, sales.v[i].time_ms, sales.v[i].net};
	}
	qsort(out->v, out->n, sizeof *out->v, by_customer_and_time);
	return OK;
}

enum err query_drivers(const struct query_context *ctx, const struct query *q, struct arena *a, struct drivers_answer *out, struct fault *f)
{
	const struct query_drivers *d = q->drivers;
	str questions[IMPORTANCE_MAX + 1], own[OWN_MAX];
	size_t n_questions = 0, n_own = SENT_COUNT, places[IMPORTANCE_MAX] = {0};
	const struct query_match *matches[2 * IMPORTANCE_MAX + 1];
	struct orders orders;
	*out = (struct drivers_answer){0};
	memcpy(own, QUERY__ANSWER_NAMES, sizeof QUERY__ANSWER_NAMES);
	questions[n_questions++] = d->outcome;
	for (size_t i = 0; i < d->n; i++) {
		matches[i + 1] = &d->predictors[i].events;
		matches[i + 1 + d->n] = &d->predictors[i].ends;
		if (d->predictors[i].kind == DRIVERS_ANSWER) questions[n_questions++] = d->predictors[i].question;
		if (d->predictors[i].kind == DRIVERS_PROPERTY) own[places[i] = n_own++] = d->predictors[i].property;
	}
	struct arena scratch;
	struct query_walk walk;
	struct query_wants want = {.property = S("question_id"), .by = S("submission_id"), .own = own, .n_own = n_own};
	arena_init(&scratch);
	struct query_match answers = query__answers_where(&scratch, S("question_id"), questions, n_questions);
	matches[0] = &answers;
	enum err e = query__walk_open(&walk, ctx, q, matches, 2 * d->n + 1, &want, &scratch, f);
	if (e == OK) out->range = walk.range;
	if (e == OK) e = find_orders(&walk.plan, d, a, &orders, &out->currency, f);
	if (e == OK) e = run(&walk, q, places, &orders, out, a, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
