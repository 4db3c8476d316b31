/* Columns of a stretch of rows as bytes, a byte a row: types through a table, channels out of their runs. A stretch is
 * contiguous, so nothing is looked up in it but where its runs begin. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include <string.h>

#include "query/eights.h"

/* ---- types ------------------------------------------------------------------------------------------------------------- */
static void types_plain(const uint8_t *types, const uint8_t of_place[256], size_t n, uint8_t *to)
{
	for (size_t i = 0; i < n; i++) to[i] = of_place[types[i]];
}

#if defined(__x86_64__)
/* Of at most 32 types: a table of two halves. */
__attribute__((target("avx2"))) static void types_few(const uint8_t *types, const uint8_t of_place[256], size_t n, uint8_t *to)
{
	const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)of_place));
	const __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(of_place + 16)));
	size_t i = 0;
	for (; i + 32 <= n; i += 32) {
		__m256i t = _mm256_loadu_si256((const __m256i *)(const void *)(types + i));
		__m256i is_high = _mm256_slli_epi16(t, 3); /* bit 4 of the place on top */
		_mm256_storeu_si256((__m256i *)(void *)(to + i), _mm256_blendv_epi8(_mm256_shuffle_epi8(low, t), _mm256_shuffle_epi8(high, _mm256_and_si256(t, _mm256_set1_epi8(15))), is_high));
	}
	types_plain(types + i, of_place, n - i, to + i);
}
#endif

void query__unpack_types(const struct events_scan *s, const uint8_t of_place[256], const uint8_t *of_code, size_t first, size_t end, uint8_t *to)
{
	if (s->type.width != 1) {
		for (size_t i = first; i < end; i++) to[i - first] = of_code[s->types[events_raw_at(&s->type, i)]];
		return;
	}
#if defined(__x86_64__)
	if (s->n_types <= 32 && __builtin_cpu_supports("avx2")) {
		types_few(s->type.p + first, of_place, end - first, to);
		return;
	}
#endif
	types_plain(s->type.p + first, of_place, end - first, to);
}

/* ---- gaps --------------------------------------------------------------------------------------------------------------- */
static void gaps_plain(const struct events_raw *time_ms, int64_t gap_ms, size_t first, size_t end, uint8_t *to)
{
	for (size_t i = first; i < end; i++) to[i - first] = i && events_raw_at(time_ms, i) - events_raw_at(time_ms, i - 1) > gap_ms ? UINT8_MAX : 0;
}

#if defined(__x86_64__)
static inline __m128i gaps_of_four(const uint32_t *times, __m128i gap)
{
	const __m128i half = _mm_set1_epi32(INT32_MIN); /* comparisons are of signed numbers */
	__m128i took = _mm_sub_epi32(_mm_loadu_si128((const __m128i *)(const void *)times), _mm_loadu_si128((const __m128i *)(const void *)(times - 1)));
	return _mm_cmpgt_epi32(_mm_xor_si128(took, half), gap);
}

/* Times of four bytes, sixteen rows at a time. */
static void gaps_narrow(const struct events_raw *time_ms, uint32_t gap_ms, size_t first, size_t end, uint8_t *to)
{
	const uint32_t *times = (const uint32_t *)(const void *)time_ms->p;
	const __m128i gap = _mm_set1_epi32((int)(gap_ms ^ UINT32_C(0x80000000)));
	size_t i = first;
	if (i == 0 && i < end) *to++ = 0, i++, first++;
	for (; i + 16 <= end; i += 16) {
		const uint32_t *at = times + i;
		__m128i low = _mm_packs_epi32(gaps_of_four(at, gap), gaps_of_four(at + 4, gap)), high = _mm_packs_epi32(gaps_of_four(at + 8, gap), gaps_of_four(at + 12, gap));
		_mm_storeu_si128((__m128i *)(void *)(to + (i - first)), _mm_packs_epi16(low, high));
	}
	gaps_plain(time_ms, gap_ms, i, end, to + (i - first));
}
#endif

void query__unpack_gaps(const struct events_raw *time_ms, int64_t gap_ms, size_t first, size_t end, uint8_t *to)
{
#if defined(__x86_64__)
	if (time_ms->width == 4 && gap_ms >= 0 && gap_ms <= UINT32_MAX) {
		gaps_narrow(time_ms, (uint32_t)gap_ms, first, end, to);
		return;
	}
#endif
	gaps_plain(time_ms, gap_ms, first, end, to);
}

static uint32_t took_of(int64_t ms)
{
	return ms >= 0 && ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void query__unpack_took(const struct events_raw *time_ms, size_t first, size_t end, uint32_t *to)
{
	size_t i = first;
	if (i == 0 && i < end) *to++ = 0, i++, first++;
#if defined(__x86_64__)
	const uint32_t *times = (const uint32_t *)(const void *)time_ms->p;
	for (; time_ms->width == 4 && i + 4 <= end; i += 4) {
		__m128i took = _mm_sub_epi32(_mm_loadu_si128((const __m128i *)(const void *)(times + i)), _mm_loadu_si128((const __m128i *)(const void *)(times + i - 1)));
		_mm_storeu_si128((__m128i *)(void *)(to + (i - first)), took);
	}
#endif
	for (; i < end; i++) to[i - first] = took_of(events_raw_at(time_ms, i) - events_raw_at(time_ms, i - 1));
}

/* ---- channels ---------------------------------------------------------------------------------------------------------- */
static void channels_plain(const struct events_values *v, size_t first, size_t end, uint8_t *to)
{
	struct events_walk walk;
	if (first == end) return;
	events_walk(&walk, v, (uint32_t)first + 1);
	to[0] = (uint8_t)events_raw_at(&v->value, events_value_slot(v, (uint32_t)first));
	for (size_t i = first + 1; i < end; i++) to[i - first] = (uint8_t)events_raw_at(&v->value, events_walk_next(&walk, (uint32_t)i));
}

/* Runs are short, and a run written too far is written over by the next. */
static void channels_of_runs(const struct events_values *v, size_t first, size_t end, uint8_t *to)
{
	const uint64_t *words = v->starts.words;
	uint32_t slot = events_rank(&v->starts, (uint32_t)first + 1);
	for (size_t row = first; row < end;) {
		size_t word = row / 64;
		uint64_t starts = words[word] >> row % 64 >> 1;
		size_t next = starts ? row + 1 + (size_t)__builtin_ctzll(starts) : word * 64 + 64;
		memset(to + (row - first), (int)(v->value.base + v->value.p[slot - 1]), STRIP_SPILL);
		slot += next < end && words[next / 64] >> next % 64 & 1;
		row = next;
	}
}

#if defined(__x86_64__)
/* Whole eights of the bitmap: at most seven rows before the first come along, and are left out by a copy of their own. */
EIGHTS static void channels_by_eights(const struct events_values *v, size_t first, size_t end, uint8_t *to)
{
	const unsigned char *bits = (const unsigned char *)v->starts.words;
	const uint64_t base = (uint64_t)v->value.base * EACH_BYTE; /* no sum passes a byte: codes are fewer than 256 */
	size_t row = first & ~(size_t)7, skip = first - row;
	uint32_t slot = events_rank(&v->starts, (uint32_t)row);
	uint64_t eight = (eight_of_runs(v, bits[row / 8], &slot) + base) >> skip * 8;
	memcpy(to, &eight, sizeof eight);
	to += 8 - skip;
	for (row += 8; row < end; row += 8, to += 8) {
		eight = eight_of_runs(v, bits[row / 8], &slot) + base;
		memcpy(to, &eight, sizeof eight);
	}
}
#endif

void query__unpack_channels(const struct events_values *v, size_t first, size_t end, uint8_t *to)
{
	bool are_runs = v->has_runs && v->starts.words && v->value.width == 1;
	if (v->value.width == 0) {
		memset(to, (int)v->value.base, end - first);
		return;
	}
#if defined(__x86_64__)
	if (are_runs && are_eights_fast()) {
		channels_by_eights(v, first, end, to);
		return;
	}
#endif
	if (are_runs) channels_of_runs(v, first, end, to);
	else channels_plain(v, first, end, to);
}
