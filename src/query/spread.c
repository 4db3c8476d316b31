/* What windows kept tells most percentiles (spread_window.c). Where a rank lies outside, or among values that were only
 * counted, the stretch that holds it is looked through in the next pass: its values are collected when they are few
 * enough, else counted in 1,024 finer stretches. A stretch one millisecond wide needs no pass. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "query/spread_inner.h"

enum { FINER = 1024, FINER_BITS = 10, COLLECT_MAX = 4 << 20 };

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
	atomic_uint *finer;     /* FINER of them */
	int shift;              /* each 1 << shift wide */
	atomic_size_t n;
};

void spread_init(struct spread *s, struct query_plan *p, struct arena *a, size_t raw_max, const double *shares, size_t n_shares)
{
	*s = (struct spread){.plan = p, .arena = a, .raw_max = query__tuning.raw_max && raw_max < SIZE_MAX ? query__tuning.raw_max : raw_max, .collect_max = COLLECT_MAX};
	p->learns = true;
	s->n_shares = n_shares < SPREAD_SHARES ? n_shares : SPREAD_SHARES;
	memcpy(s->shares, shares, s->n_shares * sizeof *shares);
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

void spread_clear(struct spread *s, size_t set)
{
	for (size_t k = 0; k < s->n_shares; k++) {
		struct spread_window *w = spread__window(s, &s->sets[set], k);
		mem_free(w->values);
		*w = (struct spread_window){0};
	}
	mem_free(s->sets[set].waiting);
	s->sets[set] = (struct spread_set){.first.width = UINT64_MAX};
	s->tails[set] = (struct spread_tail){0};
}

void spread_release(struct spread *s)
{
	release_aims(s);
	for (size_t i = 0; i < s->n; i++) spread_clear(s, i);
	mem_free(s->tails);
	mem_free(s->sets);
	mem_free(s->others);
	mem_free(s->drift);
	mem_free(s->ranks);
	mem_free(s->reach);
	*s = (struct spread){0};
}

bool spread_room(struct spread *s, size_t n)
{
	size_t others = s->n_shares - 1;
	if (n <= s->n) return true;
	if (n > s->cap) {
		size_t cap = s->cap ? s->cap : 64;
		while (cap < n) cap *= 2;
		if (!query__charge(s->plan, (cap - s->cap) * (sizeof *s->tails + sizeof *s->sets + others * sizeof *s->others + s->n_shares * sizeof *s->drift))) return false;
		s->tails = mem_realloc(s->tails, cap * sizeof *s->tails);
		s->sets = mem_realloc(s->sets, cap * sizeof *s->sets);
		s->others = mem_realloc(s->others, (cap * others + 1) * sizeof *s->others);
		s->drift = mem_realloc(s->drift, cap * s->n_shares * sizeof *s->drift);
		s->cap = cap;
	}
	memset(s->others + s->n * others, 0, (n - s->n) * others * sizeof *s->others);
	memset(s->drift + s->n * s->n_shares, 0, (n - s->n) * s->n_shares * sizeof *s->drift);
	for (; s->n < n; s->n++) {
		s->tails[s->n] = (struct spread_tail){0};
		s->sets[s->n] = (struct spread_set){.first.width = UINT64_MAX};
	}
	return true;
}

/* ---- aims -------------------------------------------------------------------------------------------------------------- */
static struct spread_aim *aim_at(struct spread *s, struct spread_aim **first, int64_t low, uint64_t width, uint64_t count, size_t *collect)
{
	for (struct spread_aim *aim = *first; aim; aim = aim->next)
		if (aim->low == low && aim->width == width) return aim;
	int bits = width > 1 ? 64 - __builtin_clzll(width - 1) : 0;
	struct spread_aim *aim = MEM_NEW(struct spread_aim);
	*aim = (struct spread_aim){.next = *first, .low = low, .width = width, .count = count, .shift = bits > FINER_BITS ? bits - FINER_BITS : 0};
	/* Out of memory: the next scan ends at once, and nothing is asked of what it did not collect. */
	(void)query__charge(s->plan, sizeof *aim + (count <= *collect ? count * sizeof *aim->values : FINER * sizeof *aim->finer));
	if (count <= *collect) {
		*collect -= count;
		aim->values = mem_alloc(count * sizeof *aim->values);
	} else aim->finer = mem_zalloc(FINER * sizeof *aim->finer);
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

/* What the last pass told of a rank; a narrower aim is made where that was not all. */
static void narrow(struct spread *s, struct spread_rank *rank, struct spread_aim **next, size_t *collect)
{
	struct spread_aim *aim = rank->aim;
	if (aim->values) {
		rank->value = spread__select(aim->values, aim->count, aim->low, rank->rank);
		rank->is_known = true;
		return;
	}
	size_t at = 0;
	uint64_t n = atomic_load_explicit(&aim->finer[0], memory_order_relaxed);
	for (; at + 1 < FINER && rank->rank >= n; n = atomic_load_explicit(&aim->finer[++at], memory_order_relaxed)) rank->rank -= n;
	rank->value = aim->low + (int64_t)((uint64_t)at << aim->shift);
	rank->is_known = aim->shift == 0;
	if (!rank->is_known) rank->aim = aim_at(s, next, rank->value, UINT64_C(1) << aim->shift, n, collect);
}

/* One past the longest time that there can be between two events. */
static int64_t longest(const struct spread *s)
{
	const struct query_range *data = &s->plan->data;
	return data->has_to ? data->to_ms - data->from_ms + 1 : INT64_MAX;
}

/* Of a share: below, among or above what the window holds. What is not among values that are kept is left to `begin_rank`. */
static void look_up(struct spread *s, size_t set, size_t share)
{
	struct spread_set *x = &s->sets[set];
	const struct spread_window *w = spread__is_whole(x) ? &x->first : spread__window(s, x, share);
	struct spread_rank *rank = &s->ranks[(set * s->n_shares + share) * 2];
	uint64_t place = (uint64_t)(s->shares[share] * (double)(x->n - 1)), last = x->n - 1;
	rank[0].rank = place < last ? place : last;
	rank[1].rank = place + 1 < last ? place + 1 : last;
	for (int i = 0; i < 2; i++) {
		if (!spread__has_values(w) || rank[i].rank < w->below || rank[i].rank >= w->below + w->kept) continue;
		rank[i].rank -= w->below;
		rank[i].is_known = true;
		if (i && rank[0].is_known && rank[1].rank == rank[0].rank) rank[1].value = rank[0].value;
		else if (i && rank[0].is_known) rank[1].value = spread__next(w->values, w->kept, rank[0].rank, rank[0].value);
		else rank[i].value = spread__select(w->values, w->kept, w->low, rank[i].rank);
	}
}

static void begin_rank(struct spread *s, size_t set, const struct spread_window *w, struct spread_rank *rank, size_t *collect)
{
	const struct spread_set *x = &s->sets[set];
	uint64_t count = spread__count(x, w), end = (uint64_t)w->low + w->width;
	if (rank->rank < w->below) {
		rank->aim = aim_at(s, &s->aims[set], 0, (uint64_t)w->low, w->below, collect);
	} else if (rank->rank < w->below + count) {
		rank->rank -= w->below;
		rank->is_known = w->width == 1;
		if (rank->is_known) rank->value = w->low;
		else rank->aim = aim_at(s, &s->aims[set], w->low, w->width < (uint64_t)longest(s) ? w->width : (uint64_t)longest(s), count, collect);
	} else {
		rank->rank -= w->below + count;
		rank->aim = aim_at(s, &s->aims[set], (int64_t)end, (uint64_t)longest(s) - end, x->n - w->below - count, collect);
	}
}

enum { SETS_AT_ONCE = 16 };
struct looking {
	struct spread *s;
	atomic_bool is_out_of_memory;
};
static void look_up_some(void *arg, size_t i)
{
	struct looking *l = arg;
	struct spread *s = l->s;
	for (size_t set = i * SETS_AT_ONCE; set < s->n && set < (i + 1) * SETS_AT_ONCE; set++) {
		if (!spread__catch_up(s, set)) atomic_store(&l->is_out_of_memory, true);
		for (size_t k = 0; s->sets[set].n && k < s->n_shares; k++) look_up(s, set, k);
	}
}

static bool begin(struct spread *s)
{
	size_t n = s->n_shares, collect = s->collect_max;
	bool again = false;
	if (!query__charge(s->plan, s->n * (2 * n * sizeof *s->ranks + sizeof *s->aims + sizeof *s->reach))) return false;
	s->ranks = mem_zalloc((s->n + 1) * 2 * n * sizeof *s->ranks);
	s->aims = mem_zalloc((s->n + 1) * sizeof *s->aims);
	s->reach = mem_zalloc((s->n + 1) * sizeof *s->reach);
	struct looking looking = {.s = s};
	query__share(s->plan, (s->n + SETS_AT_ONCE - 1) / SETS_AT_ONCE, look_up_some, &looking);
	if (atomic_load(&looking.is_out_of_memory)) return false;
	for (size_t i = 0; i < s->n; i++) {
		struct spread_set *x = &s->sets[i];
		for (size_t k = 0; x->n && k < 2 * n; k++) {
			struct spread_rank *rank = &s->ranks[i * 2 * n + k];
			if (!rank->is_known) begin_rank(s, i, spread__is_whole(x) ? &x->first : spread__window(s, x, k / 2), rank, &collect);
		}
		again |= s->aims[i] != NULL;
	}
	find_reach(s);
	return again;
}

bool spread_aim(struct spread *s)
{
	size_t collect = s->collect_max;
	bool again = false;
	if (!s->ranks) return begin(s);
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
