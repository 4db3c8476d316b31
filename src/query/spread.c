/* A set keeps its values until they are many, then only how many lie in each of 656 stretches, 16 an octave. The
 * stretch that holds the wanted rank is looked through in the next pass: its values are collected when they are few
 * enough, else counted in 1,024 finer stretches. A stretch one millisecond wide needs no pass. So a percentile of any
 * number of values costs a second pass and a few per cent of them in memory, and never more than five passes. */
#include "query/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FINER = 1024, COLLECT_MAX = 4 << 20 };

struct spread_rank {
	uint64_t rank; /* within the stretch that it is known to lie in */
	struct spread_aim *aim;
	int64_t value;
	bool is_known;
};
struct spread_aim {
	struct spread_aim *next; /* of the set */
	int64_t low;
	uint64_t width, count;
	int64_t *values;        /* count of them, or */
	atomic_uint *finer;     /* FINER + 1 of them */
	int shift;              /* each 1 << shift wide */
	atomic_size_t n;
};

void spread_init(struct spread *s, struct query_plan *p, struct arena *a, size_t raw_max)
{
	*s = (struct spread){.plan = p, .arena = a, .raw_max = query__tuning.raw_max && raw_max < SIZE_MAX ? query__tuning.raw_max : raw_max, .collect_max = COLLECT_MAX};
}

static void release_aims(struct spread *s)
{
	for (size_t i = 0; s->aims && i < s->n; i++)
		for (struct spread_aim *aim = s->aims[i], *next; aim; aim = next) {
			next = aim->next;
			mem_free(aim->values);
			mem_free(aim->finer);
			mem_free(aim);
		}
	mem_free(s->aims);
	s->aims = NULL;
}

static void find_reach(struct spread *s)
{
	for (size_t i = 0; i < s->n; i++) {
		int64_t low = INT64_MAX, last = 0;
		for (const struct spread_aim *aim = s->aims[i]; aim; aim = aim->next) {
			if (aim->low < low) low = aim->low;
			if (aim->low + (int64_t)(aim->width - 1) > last) last = aim->low + (int64_t)(aim->width - 1);
		}
		s->reach[i] = s->aims[i] ? (struct spread_reach){low, (uint64_t)(last - low) + 1} : (struct spread_reach){0};
	}
}

void spread_release(struct spread *s)
{
	release_aims(s);
	for (size_t i = 0; i < s->n; i++) {
		mem_free(s->sets[i].raw);
		mem_free(s->sets[i].histogram);
	}
	mem_free(s->sets);
	mem_free(s->ranks);
	mem_free(s->reach);
	*s = (struct spread){0};
}

bool spread_room(struct spread *s, size_t n)
{
	if (n <= s->n) return true;
	if (n > s->cap) {
		size_t cap = s->cap ? s->cap : 64;
		while (cap < n) cap *= 2;
		if (!query__charge(s->plan, (cap - s->cap) * sizeof *s->sets)) return false;
		s->sets = mem_realloc(s->sets, cap * sizeof *s->sets);
		s->cap = cap;
	}
	memset(s->sets + s->n, 0, (n - s->n) * sizeof *s->sets);
	s->n = n;
	return true;
}

static bool to_histogram(struct spread *s, struct spread_set *x)
{
	if (!query__charge(s->plan, SPREAD_BUCKETS * sizeof *x->histogram)) return false;
	x->histogram = mem_zalloc(SPREAD_BUCKETS * sizeof *x->histogram);
	for (uint64_t i = 0; i < x->n; i++) x->histogram[spread_bucket((uint64_t)x->raw[i])]++;
	mem_free(x->raw);
	x->raw = NULL;
	return true;
}

bool spread_grow(struct spread *s, struct spread_set *x)
{
	if (x->n >= s->raw_max) return to_histogram(s, x);
	uint32_t cap = x->cap ? x->cap * 2 : 8;
	if (!query__charge(s->plan, (cap - x->cap) * sizeof *x->raw)) return false;
	x->raw = mem_realloc(x->raw, cap * sizeof *x->raw);
	x->cap = cap;
	return true;
}

void spread_clear(struct spread *s, size_t set)
{
	mem_free(s->sets[set].raw);
	mem_free(s->sets[set].histogram);
	s->sets[set] = (struct spread_set){0};
}

bool spread_merge(struct spread *into, size_t set, const struct spread *from, size_t from_set)
{
	const struct spread_set *x = &from->sets[from_set];
	if (x->histogram && !into->sets[set].histogram && !to_histogram(into, &into->sets[set])) return false;
	struct spread_set *sum = &into->sets[set];
	if (!x->histogram) {
		for (uint64_t i = 0; i < x->n; i++)
			if (!spread_add(into, set, x->raw[i])) return false;
		return true;
	}
	for (size_t i = 0; i < SPREAD_BUCKETS; i++) sum->histogram[i] += x->histogram[i];
	sum->n += x->n;
	sum->sum += x->sum;
	return true;
}

/* ---- ranks ------------------------------------------------------------------------------------------------------------- */
static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void bounds_of(size_t bucket, int64_t *low, int *shift)
{
	*shift = bucket < 2 * SPREAD_OCTAVE ? 0 : (int)(bucket / SPREAD_OCTAVE) - 1;
	*low = (int64_t)((uint64_t)(bucket - SPREAD_OCTAVE * (size_t)*shift) << *shift);
}

/* The stretch that holds the rank; *rank becomes the rank within it. */
static size_t stretch_of(const uint32_t *counts, size_t n, uint64_t *rank)
{
	size_t i = 0;
	for (; i + 1 < n && *rank >= counts[i]; i++) *rank -= counts[i];
	return i;
}

/* Of values that are all here: by the same histogram, so that only the stretches of the wanted ranks are sorted. */
static void know_raw(const struct spread_set *x, struct spread_rank *ranks, size_t n_ranks)
{
	uint32_t counts[SPREAD_BUCKETS] = {0};
	for (uint64_t i = 0; i < x->n; i++) counts[spread_bucket((uint64_t)x->raw[i])]++;
	int64_t *found = NULL;
	size_t sorted = SPREAD_BUCKETS;
	for (size_t k = 0; k < n_ranks; k++) {
		size_t bucket = stretch_of(counts, SPREAD_BUCKETS, &ranks[k].rank), n = 0;
		ranks[k].is_known = true;
		if (bucket < 2 * SPREAD_OCTAVE) {
			ranks[k].value = (int64_t)bucket;
			continue;
		}
		if (bucket != sorted) {
			found = mem_realloc(found, counts[bucket] * sizeof *found);
			for (uint64_t i = 0; i < x->n; i++)
				if (spread_bucket((uint64_t)x->raw[i]) == bucket) found[n++] = x->raw[i];
			qsort(found, n, sizeof *found, by_size);
			sorted = bucket;
		}
		ranks[k].value = found[ranks[k].rank];
	}
	mem_free(found);
}

/* ---- aims -------------------------------------------------------------------------------------------------------------- */
static struct spread_aim *aim_at(struct spread *s, struct spread_aim **first, int64_t low, int shift, uint64_t count, size_t *collect)
{
	for (struct spread_aim *aim = *first; aim; aim = aim->next)
		if (aim->low == low) return aim;
	struct spread_aim *aim = MEM_NEW(struct spread_aim);
	*aim = (struct spread_aim){.next = *first, .low = low, .width = UINT64_C(1) << shift, .count = count, .shift = shift > 10 ? shift - 10 : 0};
	/* Out of memory: the next scan ends at once, and nothing is asked of what it did not collect. */
	(void)query__charge(s->plan, sizeof *aim + (count <= *collect ? count * sizeof *aim->values : (FINER + 1) * sizeof *aim->finer));
	if (count <= *collect) {
		*collect -= count;
		aim->values = mem_alloc(count * sizeof *aim->values);
	} else aim->finer = mem_zalloc((FINER + 1) * sizeof *aim->finer);
	*first = aim;
	return aim;
}

void spread__take(struct spread_aim *aim, int64_t v)
{
	for (; aim; aim = aim->next) {
		uint64_t at = (uint64_t)(v - aim->low);
		if (at >= aim->width) continue;
		if (aim->finer) atomic_fetch_add_explicit(&aim->finer[at >> aim->shift], 1, memory_order_relaxed);
		else aim->values[atomic_fetch_add_explicit(&aim->n, 1, memory_order_relaxed)] = v;
	}
}

/* Of the values that were collected: they are counted in finer stretches, and only the wanted one is sorted. */
static int64_t value_at(const struct spread_aim *aim, uint64_t rank)
{
	uint32_t counts[FINER] = {0};
	for (uint64_t i = 0; i < aim->count; i++) counts[(uint64_t)(aim->values[i] - aim->low) >> aim->shift]++;
	size_t at = stretch_of(counts, FINER, &rank), n = 0;
	int64_t low = aim->low + (int64_t)((uint64_t)at << aim->shift);
	if (aim->shift == 0) return low;
	int64_t *found = mem_alloc((counts[at] + 1) * sizeof *found);
	for (uint64_t i = 0; i < aim->count; i++)
		if ((uint64_t)(aim->values[i] - aim->low) >> aim->shift == at) found[n++] = aim->values[i];
	qsort(found, n, sizeof *found, by_size);
	int64_t value = found[rank];
	mem_free(found);
	return value;
}

/* What the last pass told of a rank; a narrower aim is made where that was not all. */
static void narrow(struct spread *s, struct spread_rank *rank, struct spread_aim **next, size_t *collect)
{
	struct spread_aim *aim = rank->aim;
	if (aim->values) {
		rank->value = value_at(aim, rank->rank);
		rank->is_known = true;
		return;
	}
	uint32_t counts[FINER];
	for (size_t i = 0; i < FINER; i++) counts[i] = atomic_load_explicit(&aim->finer[i], memory_order_relaxed);
	size_t at = stretch_of(counts, FINER, &rank->rank);
	rank->value = aim->low + (int64_t)((uint64_t)at << aim->shift);
	rank->is_known = aim->shift == 0;
	if (!rank->is_known) rank->aim = aim_at(s, next, rank->value, aim->shift, counts[at], collect);
}

static void begin_ranks(struct spread *s, size_t set, struct spread_rank *ranks, size_t *collect)
{
	const struct spread_set *x = &s->sets[set];
	for (size_t k = 0; k < 2 * s->n_shares; k++) {
		double place = s->shares[k / 2] * (double)(x->n - 1);
		uint64_t rank = (uint64_t)place + k % 2;
		ranks[k] = (struct spread_rank){.rank = rank < x->n ? rank : x->n - 1};
	}
	if (!x->histogram) {
		know_raw(x, ranks, 2 * s->n_shares);
		return;
	}
	for (size_t k = 0; k < 2 * s->n_shares; k++) {
		int shift;
		size_t bucket = stretch_of(x->histogram, SPREAD_BUCKETS, &ranks[k].rank);
		bounds_of(bucket, &ranks[k].value, &shift);
		ranks[k].is_known = shift == 0;
		if (shift) ranks[k].aim = aim_at(s, &s->aims[set], ranks[k].value, shift, x->histogram[bucket], collect);
	}
}

static bool begin(struct spread *s, const double *shares, size_t n_shares)
{
	size_t n = n_shares < SPREAD_SHARES ? n_shares : SPREAD_SHARES, collect = s->collect_max;
	bool again = false;
	memcpy(s->shares, shares, n * sizeof *shares);
	s->n_shares = n;
	if (!query__charge(s->plan, s->n * (2 * n * sizeof *s->ranks + sizeof *s->aims + sizeof *s->reach))) return false;
	s->ranks = mem_zalloc((s->n + 1) * 2 * n * sizeof *s->ranks);
	s->aims = mem_zalloc((s->n + 1) * sizeof *s->aims);
	s->reach = mem_zalloc((s->n + 1) * sizeof *s->reach);
	for (size_t i = 0; i < s->n; i++) {
		if (s->sets[i].n) begin_ranks(s, i, s->ranks + i * 2 * n, &collect);
		again |= s->aims[i] != NULL;
	}
	find_reach(s);
	return again;
}

bool spread_aim(struct spread *s, const double *shares, size_t n_shares)
{
	size_t collect = s->collect_max;
	bool again = false;
	if (!s->ranks) return begin(s, shares, n_shares);
	struct spread_aim **next = mem_zalloc((s->n + 1) * sizeof(struct spread_aim *));
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; s->aims[i] && k < 2 * s->n_shares; k++)
			if (!s->ranks[i * 2 * s->n_shares + k].is_known) narrow(s, &s->ranks[i * 2 * s->n_shares + k], &next[i], &collect);
		again |= next[i] != NULL;
	}
	release_aims(s);
	s->aims = next;
	find_reach(s);
	return again;
}

double spread_at(const struct spread *s, size_t set, size_t i)
{
	uint64_t n = set < s->n ? s->sets[set].n : 0;
	if (n == 0 || !s->ranks) return NAN;
	const struct spread_rank *rank = &s->ranks[(set * s->n_shares + i) * 2];
	double place = s->shares[i] * (double)(n - 1), part = place - floor(place);
	return (double)rank[0].value + part * (double)(rank[1].value - rank[0].value);
}

double spread_mean(const struct spread *s, size_t set)
{
	return set < s->n && s->sets[set].n ? (double)s->sets[set].sum / (double)s->sets[set].n : NAN;
}
