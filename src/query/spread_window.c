/* The values that may become a percentile. A set keeps all of its values until they are many. Then it is cut to a window a
 * share: of the values that have come, those around the share's rank, as far as chance may still move it. A window that is
 * full is cut narrower in the same way; as the values grow in number, it holds about the root of them. So what is added
 * costs two comparisons, whatever the set, and the percentile is known without a second scan, unless the values that came
 * later were of another kind than those before: the scan brings customers in a mixed order, so they seldom are.
 *
 * A window that does not get narrower (many equal values) counts what it cannot keep. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "query/spread_inner.h"

enum { LEAST = 8, SPILL = 4, WAIT = 32, GROWS = 64 /* a window keeps so many times what a set may */ };
static const double SURENESS = 7; /* standard deviations of a rank */
static const double FIRST_DRIFT = 5, CALMS = 0.8;

/* ---- by stretches: 16 an octave above a base ------------------------------------------------------------------------------- */
enum { OCTAVE_BITS = 4, OCTAVE = 1 << OCTAVE_BITS, STRETCHES = (64 - OCTAVE_BITS) * OCTAVE, FEW = 32 };

static inline size_t stretch_of(uint64_t v)
{
	int shift = v < 2 * OCTAVE ? 0 : 63 - OCTAVE_BITS - __builtin_clzll(v);
	return (size_t)shift * OCTAVE + (size_t)(v >> shift);
}

static uint64_t begin_of(size_t stretch)
{
	size_t shift = stretch < 2 * OCTAVE ? 0 : stretch / OCTAVE - 1;
	return (uint64_t)(stretch - OCTAVE * shift) << shift;
}

static void count_stretches(const int64_t *values, size_t n, int64_t base, uint32_t *counts)
{
	memset(counts, 0, STRETCHES * sizeof *counts);
	for (size_t i = 0; i < n; i++) counts[stretch_of((uint64_t)(values[i] - base))]++;
}

/* Which stretch holds the rank; *rank becomes that within it. */
static size_t stretch_at(const uint32_t *counts, size_t *rank)
{
	size_t i = 0;
	for (; i + 1 < STRETCHES && *rank >= counts[i]; i++) *rank -= counts[i];
	return i;
}

static int64_t select_few(const int64_t *values, size_t n, size_t rank)
{
	int64_t sorted[FEW] = {0};
	for (size_t i = 0; i < n; i++) {
		size_t at = i;
		for (; at > 0 && sorted[at - 1] > values[i]; at--) sorted[at] = sorted[at - 1];
		sorted[at] = values[i];
	}
	return sorted[rank];
}

int64_t spread__select(const int64_t *values, size_t n, int64_t base, size_t rank)
{
	int64_t *own = NULL, found;
	while (n > FEW) {
		uint32_t counts[STRETCHES];
		count_stretches(values, n, base, counts);
		size_t stretch = stretch_at(counts, &rank), kept = 0;
		int64_t *in = mem_alloc(((size_t)counts[stretch] + 1) * sizeof *in);
		for (size_t i = 0; i < n; i++) {
			in[kept] = values[i];
			kept += stretch_of((uint64_t)(values[i] - base)) == stretch;
		}
		mem_free(own);
		values = own = in;
		n = kept;
		base += (int64_t)begin_of(stretch);
		if (begin_of(stretch + 1) - begin_of(stretch) == 1) break; /* all the same */
	}
	found = n > FEW ? values[0] : select_few(values, n, rank);
	mem_free(own);
	return found;
}

int64_t spread__next(const int64_t *values, size_t n, size_t rank, int64_t value)
{
	int64_t next = INT64_MAX;
	size_t until = 0;
	for (size_t i = 0; i < n; i++) {
		until += values[i] <= value;
		next = values[i] > value && values[i] < next ? values[i] : next;
	}
	return until > rank + 1 ? value : next;
}

/* ---- windows --------------------------------------------------------------------------------------------------------------- */
static bool give_room(const struct spread *s, struct spread_window *w, size_t n)
{
	if (n <= w->cap) return true;
	size_t cap = w->cap ? w->cap : LEAST;
	while (cap < n) cap *= 2;
	if (!query__charge(s->plan, (cap - w->cap) * sizeof *w->values)) return false;
	w->values = mem_realloc(w->values, (cap + SPILL) * sizeof *w->values);
	w->cap = (uint32_t)cap;
	return true;
}

static void count_only(struct spread_window *w)
{
	mem_free(w->values);
	w->values = NULL;
	w->cap = 0;
}

/* Nothing is known but how many values the set has. */
static void forget(struct spread_window *w)
{
	count_only(w);
	*w = (struct spread_window){.width = SPREAD_ENDLESS};
}

/* Puts behind each other those of the values from low up to low + width, and in *below how many are less. */
static size_t pick_plain(int64_t *to, const int64_t *values, size_t n, int64_t low, uint64_t width, uint64_t *below)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		int64_t v = values[i];
		*below += v < low;
		to[kept] = v; /* anybody's guess, so no branch */
		kept += (uint64_t)(v - low) < width;
	}
	return kept;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Four at a time; by which of them are wanted, a table says how those come to the front. */
__attribute__((target("avx2,popcnt"))) static size_t pick_fours(int64_t *to, const int64_t *values, size_t n, int64_t low, uint64_t width, uint64_t *below)
{
	static const uint32_t FRONT[16][8] = {{0}, {0, 1}, {2, 3}, {0, 1, 2, 3}, {4, 5}, {0, 1, 4, 5}, {2, 3, 4, 5}, {0, 1, 2, 3, 4, 5}, {6, 7}, {0, 1, 6, 7}, {2, 3, 6, 7}, {0, 1, 2, 3, 6, 7}, {4, 5, 6, 7},
		{0, 1, 4, 5, 6, 7}, {2, 3, 4, 5, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7}};
	const __m256i lows = _mm256_set1_epi64x(low), widths = _mm256_set1_epi64x((int64_t)width), zero = _mm256_setzero_si256();
	size_t kept = 0, i = 0;
	for (; i + 4 <= n; i += 4) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(values + i)), above = _mm256_sub_epi64(v, lows), less = _mm256_cmpgt_epi64(zero, above);
		uint32_t wanted = (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_andnot_si256(less, _mm256_cmpgt_epi64(widths, above))));
		*below += (uint32_t)__builtin_popcount((uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(less)));
		_mm256_storeu_si256((__m256i *)(void *)(to + kept), _mm256_permutevar8x32_epi32(v, _mm256_loadu_si256((const __m256i *)(const void *)FRONT[wanted])));
		kept += (uint32_t)__builtin_popcount(wanted);
	}
	return kept + pick_plain(to + kept, values + i, n - i, low, width, below);
}
#endif

/* `to` may be the values themselves; up to SPILL places behind what is kept are written, too. */
static uint32_t pick(int64_t *to, const int64_t *values, size_t n, int64_t low, uint64_t width, uint64_t *below)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) return (uint32_t)pick_fours(to, values, n, low, width, below);
#endif
	return (uint32_t)pick_plain(to, values, n, low, width, below);
}

/* Keeps of the values those from low up to low + width. */
static void keep(struct spread_window *w, const int64_t *values, size_t n, int64_t low, uint64_t width)
{
	w->low = low;
	w->width = width;
	w->kept = pick(w->values, values, n, low, width, &w->below);
}

/* The values of one customer are not independent, and customers differ, so a rank moves more than chance would move it: how
 * far it moved since the window was cut, in the middle of which it was then, tells how far it may still. */
static double drift_of(const struct spread *s, const struct spread_set *x, size_t share, const struct spread_window *w, size_t n, double chance)
{
	float *known = &s->drift[(size_t)(x - s->sets) * s->n_shares + share];
	double moved = fabs(s->shares[share] * (double)(x->n - 1) - (double)w->below - (double)n / 2) / chance, least = *known * CALMS > 1 ? *known * CALMS : 1;
	*known = (float)(*known <= 0 ? FIRST_DRIFT : moved > least ? moved : least);
	return *known;
}

/* Cuts what is known of a share's surroundings, n values with w->below beneath them, to what its rank may still become.
 * Returns how many ranks these are. */
static double narrow(const struct spread *s, const struct spread_set *x, size_t share, struct spread_window *w, const int64_t *values, size_t n)
{
	double sure = query__tuning.sureness > 0 ? query__tuning.sureness : SURENESS, part = s->shares[share], all = (double)x->n;
	double chance = 1 + sqrt(all * part * (1 - part)), reach = sure * chance * drift_of(s, x, share, w, n, chance);
	double first = floor(part * (all - 1) - reach) - (double)w->below, last = ceil(part * (all - 1) + reach) + 1 - (double)w->below;
	uint32_t counts[STRETCHES];
	uint64_t begin = 0, end = w->width < SPREAD_ENDLESS ? w->width : SPREAD_ENDLESS;
	count_stretches(values, n, w->low, counts);
	if (first > 0 && first < (double)n) begin = begin_of(stretch_at(counts, &(size_t){(size_t)first}));
	if (last >= 0 && last < (double)n) {
		uint64_t behind = begin_of(stretch_at(counts, &(size_t){(size_t)last}) + 1);
		if (behind < end) end = behind;
	}
	keep(w, values, n, w->low + (int64_t)begin, end - begin);
	return last - first + 1;
}

/* Where all that a window can hold is the same, or equal values keep it from getting narrower, they need not be kept. */
static bool settle(const struct spread *s, struct spread_window *w, double ranks)
{
	if (w->width == 1 || (w->cap / GROWS >= s->raw_max && w->kept > w->cap / 4 * 3 && w->kept > 2 * ranks)) {
		count_only(w);
		return true;
	}
	return w->kept <= w->cap / 2 || give_room(s, w, (size_t)w->cap + 1);
}

static uint64_t sum_of(const int64_t *values, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++) sum += (uint64_t)values[i];
	return sum;
}

/* Room for values that wait, of a set that is not whole. */
static bool begin_waiting(const struct spread *s, size_t set)
{
	struct spread_set *x = &s->sets[set];
	if (!query__charge(s->plan, WAIT * sizeof *x->waiting)) return false;
	x->waiting = mem_alloc(WAIT * sizeof *x->waiting);
	s->tails[set] = (struct spread_tail){x->waiting, x->waiting + WAIT};
	return true;
}

static bool split(const struct spread *s, size_t set)
{
	struct spread_set *x = &s->sets[set];
	struct spread_window *whole = &x->first;
	for (size_t k = s->n_shares; k-- > 0;) { /* the first, which has the values, last */
		struct spread_window *w = spread__window(s, x, k);
		if (!give_room(s, w, whole->kept)) return false;
		w->low = 0;
		w->width = SPREAD_ENDLESS;
		double ranks = narrow(s, x, k, w, whole->values, whole->kept);
		if (!settle(s, w, ranks)) return false;
	}
	return begin_waiting(s, set);
}

/* What waited is counted in a window, and kept if it lies there. */
static bool take(const struct spread *s, struct spread_set *x, size_t share, const int64_t *values, size_t n)
{
	struct spread_window *w = spread__window(s, x, share);
	if (spread__has_values(w) && w->kept + n > w->cap && !settle(s, w, narrow(s, x, share, w, w->values, w->kept))) return false;
	if (spread__has_values(w)) {
		if (!give_room(s, w, w->kept + n)) return false;
		w->kept += pick(w->values + w->kept, values, n, w->low, w->width, &w->below);
		return true;
	}
	int64_t within[WAIT + SPILL];
	size_t more = pick(within, values, n, w->low, w->width, &w->below);
	if (w->kept + more >= UINT32_MAX) forget(w);
	else w->kept += (uint32_t)more;
	return true;
}

bool spread__catch_up(const struct spread *s, size_t set)
{
	struct spread_set *x = &s->sets[set];
	if (spread__is_whole(x)) {
		x->first.kept = x->first.cap ? (uint32_t)(s->tails[set].next - x->first.values) : 0;
		x->n = x->first.kept;
		x->sum = 0;
		for (size_t i = 0; i < x->n; i += WAIT) x->sum += sum_of(x->first.values + i, x->n - i < WAIT ? x->n - i : WAIT);
		return true;
	}
	if (!x->waiting) return true;
	size_t n = (size_t)(s->tails[set].next - x->waiting);
	for (size_t k = 0; k < s->n_shares; k++)
		if (!take(s, x, k, x->waiting, n)) return false;
	x->n += n;
	x->sum += sum_of(x->waiting, n);
	s->tails[set].next = x->waiting;
	return true;
}

bool spread__full(const struct spread *s, size_t set)
{
	struct spread_set *x = &s->sets[set];
	struct spread_window *w = &x->first;
	if (!spread__catch_up(s, set)) return false;
	if (!spread__is_whole(x)) return x->waiting || begin_waiting(s, set);
	if (w->kept >= s->raw_max) return split(s, set);
	if (!give_room(s, w, (size_t)w->kept + 1)) return false;
	s->tails[set] = (struct spread_tail){w->values + w->kept, w->values + w->cap};
	return true;
}

/* ---- two of one share ---------------------------------------------------------------------------------------------------- */
/* Both know what lies in their common part, if there is one and both have their values or need not look at them. */
static bool meet(const struct spread *s, struct spread_window *to, const struct spread_window *from)
{
	int64_t low = to->low > from->low ? to->low : from->low;
	uint64_t end_to = (uint64_t)to->low + to->width, end_from = (uint64_t)from->low + from->width, end = end_to < end_from ? end_to : end_from;
	bool has_to = spread__has_values(to), has_from = spread__has_values(from);
	if (end <= (uint64_t)low || (!has_to && (low != to->low || end != end_to)) || (!has_from && (low != from->low || end != end_from))) {
		forget(to);
		return true;
	}
	if (has_to) keep(to, to->values, to->kept, low, end - (uint64_t)low);
	to->below += from->below;
	if (has_to && has_from) {
		if (!give_room(s, to, (size_t)to->kept + from->kept)) return false;
		to->kept += pick(to->values + to->kept, from->values, from->kept, low, to->width, &to->below);
		return true;
	}
	uint64_t count = to->kept;
	count_only(to);
	if (!has_from) count += from->kept;
	for (uint32_t i = 0; has_from && i < from->kept; i++) {
		to->below += from->values[i] < low;
		count += (uint64_t)(from->values[i] - low) < to->width;
	}
	if (count >= UINT32_MAX) forget(to);
	else to->kept = (uint32_t)count;
	return true;
}

static bool add_all(const struct spread *s, size_t set, const int64_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!spread_add(s, set, values[i])) return false;
	return true;
}

static bool copy_window(const struct spread *s, struct spread_window *to, const struct spread_window *from)
{
	*to = (struct spread_window){.low = from->low, .width = from->width, .below = from->below};
	if (from->cap && !give_room(s, to, from->kept + 1)) return false;
	if (from->cap && from->kept) memcpy(to->values, from->values, from->kept * sizeof *to->values);
	to->kept = from->kept;
	return true;
}

bool spread_merge(struct spread *into, size_t set, const struct spread *from, size_t from_set)
{
	struct spread_set *to = &into->sets[set], *x = &from->sets[from_set];
	if (!spread__catch_up(from, from_set) || !spread__catch_up(into, set)) return false;
	if (spread__is_whole(x)) return add_all(into, set, x->first.values, x->first.kept);
	struct spread_window had = to->first;
	bool was_whole = spread__is_whole(to), is_good = true;
	for (size_t k = 0; is_good && k < into->n_shares; k++) {
		struct spread_window *w = spread__window(into, to, k);
		is_good = was_whole ? copy_window(into, w, spread__window(from, x, k)) : meet(into, w, spread__window(from, x, k));
	}
	to->sum = x->sum + (was_whole ? 0 : to->sum);
	to->n = x->n + (was_whole ? 0 : to->n);
	if (was_whole) {
		is_good = is_good && begin_waiting(into, set) && add_all(into, set, had.values, had.kept);
		mem_free(had.values);
	}
	return is_good;
}
