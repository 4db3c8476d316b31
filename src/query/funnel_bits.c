/* The plainest funnels, by bits. Which rows are which step is a bitmap a step, eight steps side by side in a byte a row, and
 * which have the value of a chain is one more. The event that reaches step k took over the start of the last event of step
 * k - 1 before it, and so on to the first: so nothing is done for an event but its bits, and only those that may reach a
 * step for the first time are followed back to where their chain began. Steps are reached in their order, and what came
 * before the event that reached a step need not be asked again.
 *
 * It is exact where nothing voids a chain and a customer counts once (follow_plain_chains, which does the same event by event). */
#include <string.h>

#include "base/mem.h"
#include "query/bits.h"
#include "query/funnel_inner.h"

enum { NONE = UINT32_MAX, HIGHEST = 7 /* the bit of the first step in a byte */ };
struct funnel_bits {
	uint64_t *words;   /* owned: the steps, then the rows that are any and have no chain yet, then those of the chain in hand */
	size_t cap;        /* words of each */
};

/* The first bit of both from i on; NONE: there is none. */
static inline uint32_t next_of(const uint64_t *a, const uint64_t *b, uint32_t i, uint32_t words)
{
	uint32_t w = i / 64;
	if (w >= words) return NONE;
	for (uint64_t both = a[w] & b[w] & UINT64_MAX << i % 64;; both = a[w] & b[w]) {
		if (both) return w * 64 + (uint32_t)__builtin_ctzll(both);
		if (++w == words) return NONE;
	}
}

/* The last bit of both before i; there is one. */
static inline uint32_t last_of(const uint64_t *a, const uint64_t *b, uint32_t i)
{
	uint32_t w = i / 64;
	uint64_t both = a[w] & b[w] & ((UINT64_C(1) << i % 64) - 1);
	while (!both) w--, both = a[w] & b[w];
	return w * 64 + 63 - (uint32_t)__builtin_clzll(both);
}

/* ---- chains ------------------------------------------------------------------------------------------------------------ */
struct reached { /* by step: the event that reached it first, and how long that took */
	size_t n;
	uint32_t index[FUNNEL_MAX_STEPS];
	int64_t took_ms[FUNNEL_MAX_STEPS];
};

/* The first event of step k behind `after` whose chain began not longer ago than the window; NONE: there is none. */
static uint32_t reach(const struct funnel_worker *w, const uint64_t *steps, const uint64_t *own, uint32_t words, size_t k, uint32_t after, int64_t *took_ms)
{
	const uint64_t *here = steps + k * words, *before = here - words;
	for (uint32_t i = next_of(here, own, after + 1, words); i != NONE;) {
		uint32_t last = last_of(before, own, i), start = last;
		for (size_t s = k - 1; s-- > 0;) start = last_of(steps + s * words, own, start);
		*took_ms = query__strip_time(&w->strip, i) - query__strip_time(&w->strip, start);
		if (*took_ms <= w->f->window_ms) return i;
		uint32_t next = next_of(before, own, last + 1, words); /* until then all have the same start */
		i = next == NONE ? NONE : next_of(here, own, next + 1, words);
	}
	return NONE;
}

static void follow(const struct funnel_worker *w, const uint64_t *steps, const uint64_t *own, uint32_t words, struct reached *out)
{
	out->n = 0;
	for (size_t k = 0; k < w->f->n_steps; k++) {
		int64_t took_ms = 0;
		uint32_t i = k ? reach(w, steps, own, words, k, out->index[k - 1], &took_ms) : next_of(steps, own, 0, words);
		if (i == NONE) return;
		out->index[k] = i;
		out->took_ms[k] = took_ms;
		out->n = k + 1;
	}
}

static bool give_room(struct funnel_worker *w, size_t words)
{
	struct funnel_bits *b = w->bits;
	size_t rows = w->f->n_steps + 2, cap = b->cap ? b->cap : 16;
	if (b->words && words <= b->cap) return true;
	while (cap < words) cap *= 2;
	if (!query__charge(w->plan, (cap - b->cap) * rows * sizeof *b->words)) return false;
	b->words = mem_realloc(b->words, cap * rows * sizeof *b->words);
	b->cap = cap;
	return true;
}

/* By step; and the rows that are any. */
static void mark_steps(const struct query_strip *s, size_t n_steps, uint32_t words, uint64_t *steps, uint64_t *left)
{
	memset(left, 0, words * sizeof *left);
	for (uint32_t i = 0; i < words; i++) {
		uint64_t there = s->n - i * 64 < 64 ? (UINT64_C(1) << (s->n - i * 64)) - 1 : UINT64_MAX;
		struct bytes bytes = load(s->types + (size_t)i * 64);
		for (size_t k = 0; k < n_steps; k++) {
			uint64_t word = take_highest(&bytes) & there;
			steps[k * words + i] = word;
			left[i] |= word;
		}
	}
}

/* Each chain in its group; over all, a step counts for the chain that reached it first. */
static void count_chain(struct funnel_worker *w, const struct reached *r, size_t group, struct reached *first)
{
	for (size_t k = 0; k < r->n; k++) {
		if (group) funnel__count(w, group, k, r->took_ms[k]);
		if (k < first->n && first->index[k] <= r->index[k]) continue;
		first->index[k] = r->index[k];
		first->took_ms[k] = r->took_ms[k];
		first->n = first->n > k + 1 ? first->n : k + 1;
	}
}

static size_t group_of_channel(struct funnel_worker *w, uint8_t channel)
{
	if (!w->groups_by_held) return 0;
	uint32_t by = query__group_of_event(w->by, 0, channel);
	return by == UINT32_MAX || (by >= w->n_groups && !funnel__room(w, by + 1)) ? 0 : by + 1;
}

/* False: some row has no channel of its own, or memory is out. */
static bool follow_channels(struct funnel_worker *w, const uint64_t *steps, uint64_t *left, uint64_t *own, uint32_t words, struct reached *first)
{
	const uint8_t *channels = w->strip.channels;
	for (uint32_t i = 0; i < words; i++)
		if (same_as(channels + (size_t)i * 64, 0) & left[i]) return false;
	for (uint32_t from = 0; from < words;) {
		if (!left[from]) {
			from++;
			continue;
		}
		struct reached r;
		uint8_t channel = channels[from * 64 + (uint32_t)__builtin_ctzll(left[from])];
		memset(own, 0, from * sizeof *own);
		for (uint32_t i = from; i < words; i++) {
			own[i] = same_as(channels + (size_t)i * 64, channel);
			left[i] &= ~own[i];
		}
		follow(w, steps, own, words, &r);
		if (r.n) count_chain(w, &r, group_of_channel(w, channel), first);
	}
	return true;
}

static bool have_steps_conditions(const struct query_funnel *f)
{
	for (size_t k = 0; k < f->n_steps; k++)
		if (f->steps[k].where) return true;
	return false;
}

/* Takes from the rows the steps that they may be by their types, but are not. `where` is asked once for all steps, so that a run
 * of rows that share a value is one answer. */
static void look_closer(const struct funnel_worker *w)
{
	const struct query_strip *s = &w->strip;
	const struct query_matcher *where = w->walk->has_where && !w->plan->unpack.filter ? query__where(w->walk->rules) : NULL;
	bool looks_at_steps = have_steps_conditions(w->f);
	if (!where && !looks_at_steps) return;
	for (uint32_t k = 0; k < s->n_pieces; k++) {
		const struct strip_piece *p = &s->pieces[k];
		size_t end = k + 1 < s->n_pieces ? s->pieces[k + 1].start : s->n;
		for (size_t i = p->start; i < end; i++) {
			if (!s->types[i]) continue;
			size_t row = p->first + i - p->start;
			uint16_t type = query__row_type(w->plan, p->part, row);
			if (where && !query__matches(w->judge, where, type, p->part, row)) s->types[i] = 0;
			for (uint32_t bits = looks_at_steps ? s->types[i] : 0; bits; bits &= bits - 1) {
				size_t step = HIGHEST - (size_t)__builtin_ctz(bits);
				if (!query__matches(w->judge, &w->walk->matchers[step], type, p->part, row)) s->types[i] &= (uint8_t) ~(1U << (HIGHEST - step));
			}
		}
	}
}

bool funnel__by_bits(struct funnel_worker *w, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct query_strip *s = &w->strip;
	struct reached first = {0};
	if (!query__strip(s, w->plan, customer, slices, n, &w->walk->range)) return false;
	if (w->walk->needs_rows) {
		bool may = query__judge(w->judge, customer, slices, n) != QUERY_NO;
		if (w->walk->has_where && !may) return true;
		look_closer(w);
	}
	uint32_t words = (s->n + 63) / 64;
	if (!give_room(w, words)) return true;
	uint64_t *steps = w->bits->words, *left = steps + w->f->n_steps * words, *own = left + words;
	mark_steps(s, w->f->n_steps, words, steps, left);
	w->customer = customer;
	w->unit++;
	if (w->f->hold == QUERY_CHANNEL) {
		if (!follow_channels(w, steps, left, own, words, &first)) return false;
	} else {
		memset(own, 0xff, words * sizeof *own);
		follow(w, steps, own, words, &first);
	}
	for (size_t k = 0; k < first.n; k++) funnel__count(w, 0, k, first.took_ms[k]);
	return true;
}

static void keep_where(void *state, uint32_t part, size_t first, size_t end, uint8_t *types)
{
	const struct funnel_worker *w = state;
	query__where_keep(w->judge, part, first, end, types);
}

void funnel__unpack(struct query_walk *k, const struct query *q, const struct funnel_masks *masks)
{
	const struct query_funnel *f = q->funnel;
	struct query_plan *p = &k->plan;
	bool is_held = f->hold == QUERY_CHANNEL, has_own_groups = q->by != QUERY_NONE && (q->by != f->hold || !is_held);
	if (f->count != FUNNEL_CUSTOMERS || f->order != FUNNEL_THIS_ORDER || f->n_exclusions || f->n_steps > HIGHEST + 1 || has_own_groups) return;
	if ((!is_held && f->hold != QUERY_NONE) || !query__strips_do(p, is_held)) return;
	uint8_t *steps = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	for (size_t t = 0; t < p->n_types; t++)
		for (size_t i = 0; i < f->n_steps; i++) steps[t] |= (uint8_t)((masks->may[t] >> i & 1) << (HIGHEST - i));
	p->unpack = (struct query_unpack){.of_type = steps, .channel = is_held, .filter = query__where_is_of_runs(k->rules) ? keep_where : NULL};
}

struct funnel_bits *funnel__bits_new(struct arena *a)
{
	return ARENA_NEW(a, struct funnel_bits);
}

void funnel__bits_free(struct funnel_bits *b)
{
	mem_free(b->words);
}
