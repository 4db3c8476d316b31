/* Drivers. Each moment of the outcome is one observation. Of every candidate a customer has the time of its last event;
 * those that the customer has are listed, so a moment costs as many steps as there are candidates of the customer, not of
 * all. The group without is what is left of all moments, so it is never walked. Sums of squares are of 64 bits' mantissa:
 * taking one from another loses nothing that shows. */
#include "query/driver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "query/walk.h"

struct sums {
	int64_t n;
	long double sum, squares;
};
struct seen {
	int64_t time_ms;
	uint32_t customer;
};
struct worker {
	const struct query_walk *walk;   /* its matchers: moments, did, candidates */
	struct query_judge *judge;
	struct query_plan *plan;
	const struct query_driver *d;
	struct arena arena;
	const struct query_matcher *moment, *did, *candidates; /* did NULL: a number is the outcome */
	const uint32_t *const *of_type;  /* by type: the candidates that it is one of, 0 ends; numbers from 1 */
	struct line_wants want;
	struct query_line line;
	struct seen *seen;               /* by candidate */
	uint32_t *listed;                /* candidates of the customer in hand */
	size_t n_listed;
	struct sums all, *with;          /* by candidate */
	int64_t known_until_ms, without_number, open;
	int64_t *next;                   /* by event of the line: when the outcome comes next; INT64_MAX never */
	size_t cap;
	struct query_tally_out left_out;
	const struct query *q;
	uint32_t customer;               /* in hand */
	size_t asked;                    /* of members: a candidate; n of them: none is asked for */
	size_t n_candidates;
};

/* ---- one customer ------------------------------------------------------------------------------------------------------ */
static void add(struct sums *s, double x)
{
	s->n++;
	s->sum += x;
	s->squares += (long double)x * x;
}

static bool look_ahead(struct worker *w)
{
	const struct query_line *l = &w->line;
	if (l->n > w->cap) {
		if (!query__charge(w->plan, (l->n * 2 - w->cap) * sizeof *w->next)) return false;
		w->cap = l->n * 2;
		w->next = mem_realloc(w->next, w->cap * sizeof *w->next);
	}
	int64_t next = INT64_MAX;
	for (uint32_t i = l->n; i-- > 0;) {
		w->next[i] = next;
		if (query__is_at(w->judge, w->did, l, i)) next = l->time_ms[i];
	}
	return true;
}

/* False: the moment has no outcome. */
static bool outcome(struct worker *w, uint32_t i, double *x)
{
	const struct query_line *l = &w->line;
	if (!w->did) {
		bool has = query__number(w->plan, l->part[i], l->row[i], false, x);
		w->without_number += !has;
		return has;
	}
	if (l->time_ms[i] + w->d->did_within_ms > w->known_until_ms) {
		w->open++;
		return false;
	}
	bool did = w->next[i] != INT64_MAX && w->next[i] - l->time_ms[i] <= w->d->did_within_ms;
	*x = did != w->d->is_not;
	return true;
}

static bool has_had(const struct worker *w, uint32_t i, size_t candidate)
{
	const struct seen *s = &w->seen[candidate];
	return s->customer == w->customer && w->line.time_ms[i] - s->time_ms < w->d->within_ms;
}

static void observe(struct worker *w, uint32_t i)
{
	double x;
	if (!outcome(w, i, &x)) return;
	add(&w->all, x);
	if (w->q->members && (w->asked == w->n_candidates || has_had(w, i, w->asked) == (w->q->members->had != BEHIND_NO))) query__behind(w->q, w->customer);
	for (size_t k = 0; k < w->n_listed; k++)
		if (w->line.time_ms[i] - w->seen[w->listed[k]].time_ms < w->d->within_ms) add(&w->with[w->listed[k]], x);
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	const struct query_line *l = &w->line;
	if (!query__walk(w->walk, w->judge, &w->line, customer, slices, n, &w->want)) return;
	if (w->did && !look_ahead(w)) return;
	w->n_listed = 0;
	w->customer = customer;
	for (uint32_t i = 0; i < l->n; i++) {
		if (query__is_at(w->judge, w->moment, l, i)) observe(w, i);
		for (const uint32_t *c = w->of_type[l->type[i]]; c && *c; c++) {
			if (w->candidates && !query__is_at(w->judge, &w->candidates[*c - 1], l, i)) continue;
			struct seen *s = &w->seen[*c - 1];
			if (s->customer != customer) w->listed[w->n_listed++] = *c - 1;
			*s = (struct seen){l->time_ms[i], customer};
		}
	}
}

/* ---- comparing --------------------------------------------------------------------------------------------------------- */
static struct sums less(struct sums all, struct sums part)
{
	return (struct sums){all.n - part.n, all.sum - part.sum, all.squares - part.squares};
}

static struct sample sample_of(struct sums s)
{
	struct sample out = {s.n, NAN, NAN};
	if (s.n) out.mean = (double)(s.sum / s.n);
	long double spread = s.n > 1 ? (s.squares - s.sum * s.sum / s.n) / (s.n - 1) : NAN;
	/* What rounding leaves of no spread is none. */
	if (spread < 1e-15L * (s.squares / (s.n ? s.n : 1))) spread = 0;
	out.variance = (double)spread;
	return out;
}

static struct driver_group group_of(const struct query_driver *d, struct sums s)
{
	struct sample x = sample_of(s);
	struct interval sure = str_given(d->property) ? compare_mean(x) : interval_wilson((int64_t)s.sum, s.n);
	return (struct driver_group){s.n, x.mean, sure.low, sure.high};
}

static struct comparison compare(const struct query_driver *d, struct sums with, struct sums without)
{
	if (str_given(d->property)) return compare_means(sample_of(with), sample_of(without));
	return compare_shares((int64_t)with.sum, with.n, (int64_t)without.sum, without.n);
}

static int by_sureness(const void *x, const void *y)
{
	const struct driver_candidate *a = x, *b = y;
	if (isnan(a->differs.p) != isnan(b->differs.p)) return isnan(a->differs.p) ? 1 : -1;
	if (!isnan(a->differs.p) && a->differs.p != b->differs.p) return a->differs.p < b->differs.p ? -1 : 1;
	double d = fabs(b->differs.difference) - fabs(a->differs.difference);
	if (d != 0 && !isnan(d)) return d < 0 ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

static void put_out(const struct worker *w, size_t n, struct arena *a, struct query_driver_answer *out)
{
	double *p = ARENA_ARRAY(a, double, n + 1), *q = ARENA_ARRAY(a, double, n + 1);
	out->all = group_of(w->d, w->all);
	out->candidates = ARENA_ARRAY(a, struct driver_candidate, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct sums with = w->with[i], without = less(w->all, with);
		if (!w->d->n_candidates && with.n == 0) continue; /* of all events, those that never came before */
		p[out->n_candidates] = compare(w->d, with, without).p;
		out->candidates[out->n_candidates++] = (struct driver_candidate){i, group_of(w->d, without), group_of(w->d, with), compare(w->d, with, without), NAN};
	}
	compare_adjust(p, out->n_candidates, q);
	for (size_t i = 0; i < out->n_candidates; i++) out->candidates[i].q = q[i];
	if (out->n_candidates > 1) qsort(out->candidates, out->n_candidates, sizeof *out->candidates, by_sureness);
	out->without_number = w->without_number;
	out->open = w->open;
	out->left_out = query__left_out(w->plan, &w->left_out);
}

static void merge(struct worker *into, const struct worker *from, size_t n)
{
	for (size_t i = 0; i <= n; i++) {
		struct sums *sum = i < n ? &into->with[i] : &into->all;
		const struct sums *s = i < n ? &from->with[i] : &from->all;
		sum->n += s->n;
		sum->sum += s->sum;
		sum->squares += s->squares;
	}
	into->without_number += from->without_number;
	into->open += from->open;
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */
/* Of each type the candidates that it belongs to: by counting, in one array. */
static const uint32_t *const *lists(const struct query_walk *k, const struct query_driver *d, size_t n)
{
	const struct query_plan *p = &k->plan;
	const uint32_t **of_type = ARENA_ARRAY(p->arena, const uint32_t *, (size_t)UINT16_MAX + 1);
	uint32_t(*room)[2] = d->n_candidates ? NULL : arena_alloc(p->arena, (n + 1) * sizeof *room);
	for (size_t t = 0; t < p->n_types; t++) {
		uint32_t of[DRIVER_MAX_CANDIDATES + 1] = {0};
		size_t m = 0;
		for (size_t c = 0; c < d->n_candidates; c++)
			if (k->matchers[2 + c].codes[t] != QUERY_NO) of[m++] = (uint32_t)c + 1;
		if (!d->n_candidates) {
			room[t][0] = (uint32_t)t + 1;
			of_type[t] = room[t];
		} else if (m) {
			uint32_t *list = ARENA_ARRAY(p->arena, uint32_t, m + 1);
			memcpy(list, of, (m + 1) * sizeof *list);
			of_type[t] = list;
		}
	}
	return of_type;
}

/* The candidate by the name that the answer gives it. ERR_INVALID when there is none. */
static enum err find_asked(struct query_plan *p, const struct query *q, size_t n, size_t *out, struct fault *f)
{
	const struct query_driver *d = q->driver;
	*out = n;
	if (!q->members || (!str_given(q->members->candidate) && !d->is_one)) return OK;
	for (size_t i = 0; i < n; i++) {
		str name = d->n_candidates ? query__names(p->arena, &d->candidates[i]) : events_type_name(p->ctx->events, (uint16_t)i);
		if (d->is_one || str_eq(name, q->members->candidate)) {
			*out = i;
			return OK;
		}
	}
	return fault_set(f, ERR_INVALID, "members.candidate", "no candidate of the question is named so");
}

static void begin(struct worker *w, struct query_walk *k, const struct query *q, const uint32_t *const *of_type, const uint8_t *codes, size_t n)
{
	const struct query_driver *d = q->driver;
	struct query_plan *p = &k->plan;
	const struct query_range range = k->range;
	*w = (struct worker){.walk = k, .plan = p, .q = q, .n_candidates = n, .d = d, .of_type = of_type, .moment = &k->matchers[0], .did = query__is_given(&d->did) ? &k->matchers[1] : NULL,
		.candidates = d->n_candidates ? &k->matchers[2] : NULL};
	arena_init(&w->arena);
	w->judge = query__judge_new(k->rules, &w->arena);
	w->want = (struct line_wants){.codes = codes, .from_ms = range.from_ms, .to_ms = range.to_ms, .left_out = &w->left_out, .arena = &w->arena, .rows = k->needs_rows || str_given(d->property)};
	w->seen = ARENA_ARRAY(&w->arena, struct seen, n + 1);
	w->listed = ARENA_ARRAY(&w->arena, uint32_t, n + 1);
	w->with = ARENA_ARRAY(&w->arena, struct sums, n + 1);
	w->known_until_ms = range.to_ms < p->ctx->now_ms ? range.to_ms : p->ctx->now_ms;
	if (p->data.has_to && p->data.to_ms < w->known_until_ms) w->known_until_ms = p->data.to_ms;
}

/* What the lines hold: of all events as candidates, all; where no `did` is asked, its matcher stands for nothing. */
static const uint8_t *codes_of(const struct query_walk *k, const struct query_driver *d)
{
	if (!d->n_candidates) return query__walk_codes(k, NULL, 0);
	struct query_matcher *wanted = ARENA_ARRAY(k->plan.arena, struct query_matcher, d->n_candidates + 2);
	size_t n = 0;
	for (size_t i = 0; i < d->n_candidates + 2; i++)
		if (i != 1 || query__is_given(&d->did)) wanted[n++] = k->matchers[i];
	return query__walk_codes(k, wanted, n);
}

static enum err run(struct query_walk *k, const struct query *q, struct query_driver_answer *out, struct arena *a, struct fault *f)
{
	struct query_plan *p = &k->plan;
	size_t n = query__workers(p), n_candidates = q->driver->n_candidates ? q->driver->n_candidates : p->n_types;
	size_t asked;
	TRY(find_asked(p, q, n_candidates, &asked, f));
	const uint32_t *const *of_type = lists(k, q->driver, n_candidates);
	const uint8_t *codes = codes_of(k, q->driver);
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	for (size_t i = 0; i < n; i++) {
		begin(&workers[i], k, q, of_type, codes, n_candidates);
		workers[i].asked = asked;
		states[i] = &workers[i];
	}
	enum err e = query__walk_scan(k, codes, visit, states, n, f);
	for (size_t i = 1; i < n && e == OK; i++) merge(&workers[0], &workers[i], n_candidates);
	if (e == OK) put_out(&workers[0], n_candidates, a, out);
	for (size_t i = 0; i < n; i++) {
		query__judge_free(workers[i].judge);
		query__line_free(&workers[i].line);
		mem_free(workers[i].next);
		arena_release(&workers[i].arena);
	}
	return e;
}

enum err query_driver(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_driver_answer *out, struct fault *f)
{
	const struct query_driver *d = q->driver;
	const struct query_match *matches[DRIVER_MAX_CANDIDATES + 2] = {&d->moments, &d->did};
	*out = (struct query_driver_answer){0};
	if (str_given(d->property)) TRY(query__one_currency(ctx, q, &d->moments, d->property, "outcome.property", "give its event a condition, {\"event\":…,\"where\":{\"name\":\"currency\",\"is\":…}}", &out->currency, a, f));
	struct arena scratch;
	struct query_walk walk;
	struct query_wants want = {.property = q->driver->property};
	arena_init(&scratch);
	for (size_t i = 0; i < d->n_candidates; i++) matches[i + 2] = &d->candidates[i];
	enum err e = query__walk_open(&walk, ctx, q, matches, d->n_candidates + 2, &want, &scratch, f);
	if (e == OK) out->range = walk.range;
	if (e == OK) e = run(&walk, q, out, a, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
