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
	double *cases;                 /* width each; NaN: not answered */
	size_t cap;
	struct drivers_scale scales[IMPORTANCE_MAX + 1];
	struct query_tally_out left_out;
	const size_t *place_of_property; /* by predictor: among the plan's own names */
};

static str key_text(const struct key *k)
{
	return (str){(const char *)k, sizeof *k};
}

/* NULL: out of memory, and the scan ends. */
static double *case_of(struct worker *w, struct key key)
{
	uint64_t *known = map_get(&w->by_key, key_text(&key));
	if (known) return w->cases + *known * w->width;
	if (!query__charge(w->plan, 96)) return NULL;
	size_t n = w->keys.n;
	if (n == w->cap) {
		size_t cap = n ? n * 2 : 256;
		if (!query__charge(w->plan, (cap - w->cap) * w->width * sizeof *w->cases)) return NULL;
		w->cases = mem_realloc(w->cases, cap * w->width * sizeof *w->cases);
		w->cap = cap;
	}
	struct key *kept = ARENA_NEW(&w->arena, struct key);
	*kept = key;
	*map_put(&w->by_key, key_text(kept), NULL) = n;
	VEC_PUSH(&w->keys, &w->arena, key);
	for (size_t i = 0; i < w->width; i++) w->cases[n * w->width + i] = NAN;
	return w->cases + n * w->width;
}

/* ---- one customer ------------------------------------------------------------------------------------------------------ */
static uint32_t column_of_text(const struct query_drivers *d, str question)
{
	if (str_eq(question, d->outcome)) return 0;
	for (size_t i = 0; i < d->n; i++)
		if (!d->predictors[i].is_event && str_eq(d->predictors[i].question, question)) return (uint32_t)i + 1;
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

/* What happened before the outcome was answered, at event `at` of the line. */
static double happened(const struct worker *w, const struct drivers_predictor *p, size_t predictor, uint32_t at)
{
	const struct query_matcher *m = &w->walk->matchers[1 + predictor];
	double value = str_given(p->property) ? NAN : 0;
	for (uint32_t i = at; i-- > 0 && w->line.time_ms[at] - w->line.time_ms[i] <= p->within_ms;) {
		double x;
		if (!query__is_at(w->judge, m, &w->line, i)) continue;
		if (!str_given(p->property)) value++;
		else if (query__number_of(query__own(w->plan, w->line.part[i], w->place_of_property[predictor]), w->line.row[i], &x)) return x;
	}
	return value;
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
	if (x.has_scale) w->scales[column] = (struct drivers_scale){x.scale, true, NAN};
	for (size_t p = 0; column == 0 && customer && p < w->d->n; p++)
		if (w->d->predictors[p].is_event) row[p + 1] = happened(w, &w->d->predictors[p], p, i);
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
		for (size_t c = 0; c < into->width; c++)
			if (!isnan(from->cases[i * from->width + c])) row[c] = from->cases[i * from->width + c];
	}
	for (size_t c = 0; c < into->width; c++)
		if (!into->scales[c].has_scale) into->scales[c] = from->scales[c];
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	return true;
}

static int by_numbers(const void *x, const void *y, void *width)
{
	const double *a = x, *b = y;
	for (size_t i = 0; i < *(const size_t *)width; i++)
		if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
	return 0;
}

static double top_share(const double *cases, size_t n, size_t width, size_t column, const struct drivers_scale *s)
{
	double from = s->has_scale ? rating_top_from(s->scale) : NAN;
	size_t top = 0;
	for (size_t i = 0; i < n; i++) top += cases[i * width + column] >= from;
	return n && !isnan(from) ? (double)top / (double)n : NAN;
}

static void put_out(struct worker *w, const struct query *q, struct arena *a, struct drivers_answer *out)
{
	size_t width = w->width, n = 0;
	for (size_t i = 0; i < w->keys.n; i++) {
		const double *row = w->cases + i * width;
		bool is_complete = true;
		for (size_t c = 0; c < width; c++) is_complete &= !isnan(row[c]);
		out->incomplete += !is_complete && !isnan(row[0]);
		if (is_complete && q->members) query__behind(q, w->keys.v[i].customer);
		if (is_complete) memmove(w->cases + n++ * width, row, width * sizeof *row);
	}
	if (n) qsort_r(w->cases, n, width * sizeof *w->cases, by_numbers, &width);
	out->cases = n;
	importance_of(a, w->d->method, w->cases, n, w->d->n, &out->importance);
	memcpy(out->scales, w->scales, sizeof out->scales);
	for (size_t c = 0; c < width; c++) out->scales[c].top2 = top_share(w->cases, n, width, c, &w->scales[c]);
	out->left_out = query__left_out(w->plan, &w->left_out);
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */
static void begin(struct worker *w, struct query_walk *k, const struct query *q, const uint8_t *codes, const size_t *places)
{
	const struct query by_submission = {.by = QUERY_PROPERTY};
	*w = (struct worker){.walk = k, .plan = &k->plan, .d = q->drivers, .width = q->drivers->n + 1, .place_of_property = places};
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

static enum err run(struct query_walk *k, const struct query *q, const size_t *places, struct drivers_answer *out, struct arena *a, struct fault *f)
{
	struct query_plan *p = &k->plan;
	size_t n = query__workers(p), wanted = 0;
	struct query_matcher *matchers = ARENA_ARRAY(p->arena, struct query_matcher, q->drivers->n + 1);
	for (size_t i = 0; i <= q->drivers->n; i++)
		if (i == 0 || q->drivers->predictors[i - 1].is_event) matchers[wanted++] = k->matchers[i];
	const uint8_t *codes = query__walk_codes(k, matchers, wanted);
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	for (size_t i = 0; i < n; i++) {
		begin(&workers[i], k, q, codes, places);
		states[i] = &workers[i];
	}
	enum err e = query__walk_scan(k, codes, visit, states, n, f);
	for (size_t i = 1; i < n && e == OK; i++)
		if (!merge(&workers[0], &workers[i])) e = query__too_large(p, f);
	if (e == OK) put_out(&workers[0], q, a, out);
	for (size_t i = 0; i < n; i++) end(&workers[i]);
	return e;
}

enum err query_drivers(const struct query_context *ctx, const struct query *q, struct arena *a, struct drivers_answer *out, struct fault *f)
{
	const struct query_drivers *d = q->drivers;
	str questions[IMPORTANCE_MAX + 1], own[OWN_MAX];
	size_t n_questions = 0, n_own = SENT_COUNT, places[IMPORTANCE_MAX] = {0};
	const struct query_match *matches[IMPORTANCE_MAX + 1];
	*out = (struct drivers_answer){0};
	memcpy(own, QUERY__ANSWER_NAMES, sizeof QUERY__ANSWER_NAMES);
	questions[n_questions++] = d->outcome;
	for (size_t i = 0; i < d->n; i++) {
		matches[i + 1] = &d->predictors[i].events;
		if (!d->predictors[i].is_event) questions[n_questions++] = d->predictors[i].question;
		else if (str_given(d->predictors[i].property)) own[places[i] = n_own++] = d->predictors[i].property;
	}
	struct arena scratch;
	struct query_walk walk;
	struct query_wants want = {.property = S("question_id"), .by = S("submission_id"), .own = own, .n_own = n_own};
	arena_init(&scratch);
	struct query_match answers = query__answers_where(&scratch, S("question_id"), questions, n_questions);
	matches[0] = &answers;
	enum err e = query__walk_open(&walk, ctx, q, matches, d->n + 1, &want, &scratch, f);
	if (e == OK) out->range = walk.range;
	if (e == OK) e = run(&walk, q, places, out, a, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
