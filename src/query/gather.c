/* Gathering is most of the time of most questions. Eight rows are taken at a time, without branches: which of the eight are
 * wanted is a byte, and pdep and pext move the types and the places of the times of those to the front (the trick is Peter
 * Cordes's). A channel is a value a run: the starts of runs among the eight, added up bytewise, say which of the next eight
 * values each row has. So a row costs one to two nanoseconds whatever part of them is wanted. Where few are, as the scan
 * has marked, the way leads from mark to mark.
 *
 * Eight bytes of each column are read at once, so the last rows of a part go the plain way; so do times that are not of
 * four bytes, types that are not of one, and every row where the processor has no fast pext. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include "query/gather.h"

#include <string.h>

#include "query/eights.h"

/* ---- row by row -------------------------------------------------------------------------------------------------------- */
static bool is_marked(const struct gather *g, uint32_t row)
{
	if (!g->hits) return true;
	size_t bit = row - g->hits_first / 64 * 64;
	return g->hits[bit / 64] >> bit % 64 & 1;
}

static uint32_t gather_plain(const struct line_columns *to, uint32_t n, const struct gather *g, uint32_t row)
{
	const struct events_scan *s = &g->part->s;
	for (; row < g->end; row++) {
		if (!is_marked(g, row)) continue;
		uint16_t code = s->types[events_raw_at(&s->type, row)];
		if (g->codes && !g->codes[code]) continue;
		to->time_ms[n] = events_raw_at(&s->time_ms, row);
		to->type[n] = code;
		to->row[n] = row;
		to->part[n] = g->part_number;
		if (g->channel) to->channel[n] = (uint16_t)events_raw_at(&s->channel.value, events_value_slot(&s->channel, row));
		n++;
	}
	return n;
}

/* ---- from mark to mark: times of four bytes, types of one ------------------------------------------------------------------ */
/* The number of runs that begin up to the row, from that of an earlier row; rows ascend. */
static inline uint32_t runs_to(const struct events_values *v, uint32_t row, uint32_t last, uint32_t slot)
{
	if (row >> 6 != last >> 6) return events_rank(&v->starts, row + 1);
	return slot + (uint32_t)__builtin_popcountll(v->starts.words[row >> 6] >> (last & 63) >> 1 & ((UINT64_C(1) << (row - last)) - 1));
}

static uint32_t gather_marks(const struct line_columns *to, uint32_t n, const struct gather *g)
{
	const struct events_scan *s = &g->part->s;
	const uint32_t *times = (const uint32_t *)(const void *)s->time_ms.p;
	size_t base = g->hits_first / 64 * 64;
	uint32_t last = g->first, slot = g->channel ? events_rank(&s->channel.starts, last + 1) : 0;
	for (uint32_t at = g->first; at < g->end; at += 64 - at % 64) {
		uint64_t word = g->hits[(at - base) / 64] >> at % 64;
		if (g->end - at < 64) word &= (UINT64_C(1) << (g->end - at)) - 1;
		for (; word; word &= word - 1) {
			uint32_t row = at + (uint32_t)__builtin_ctzll(word);
			uint8_t type = s->type.p[row];
			to->time_ms[n] = s->time_ms.base + times[row];
			to->type[n] = s->types[type];
			to->row[n] = row;
			to->part[n] = g->part_number;
			if (g->channel) {
				slot = runs_to(&s->channel, row, last, slot);
				last = row;
				to->channel[n] = (uint16_t)(s->channel.value.base + s->channel.value.p[slot - 1]);
			}
			n += g->wanted[type];
		}
	}
	return n;
}

/* ---- by eights --------------------------------------------------------------------------------------------------------- */
#if defined(__x86_64__)
enum { MARKS = 57 }; /* that one load brings from any bit on */

EIGHTS static inline void put_types(uint16_t *to, uint64_t types, const struct query_part *part)
{
	if (part->types_are_codes) {
		_mm_storeu_si128((__m128i *)(void *)to, _mm_cvtepu8_epi16(_mm_cvtsi64_si128((long long)types)));
		return;
	}
	for (int i = 0; i < 8; i++, types >>= 8) to[i] = part->s.types[types & 255];
}

EIGHTS static inline uint32_t wanted_of(const uint8_t *wanted, uint64_t types)
{
	uint32_t mask = 0;
	for (uint32_t i = 0; i < 8; i++, types >>= 8) mask |= (uint32_t)wanted[types & 255] << i;
	return mask;
}

/* The row of the next mark, and the marks from there on; false: there is none before the end. */
EIGHTS static inline bool next_mark(const struct gather *g, uint32_t *row, uint32_t *mask)
{
	for (size_t base = g->hits_first / 64 * 64; *row < g->end;) {
		size_t bit = *row - base;
		uint64_t ahead = eight_bytes((const unsigned char *)g->hits + bit / 8) >> bit % 8;
		uint32_t skip = ahead ? (uint32_t)__builtin_ctzll(ahead) : MARKS;
		if (skip <= MARKS - 8) {
			*row += skip;
			*mask = (uint32_t)(ahead >> skip) & 255;
			return *row < g->end;
		}
		*row += skip < MARKS ? skip : MARKS;
	}
	return false;
}

/* Takes rows from *row on as long as sixteen are left of the part. */
EIGHTS static uint32_t gather_eights(const struct line_columns *to, uint32_t n, const struct gather *g, uint32_t *from)
{
	const struct events_scan *s = &g->part->s;
	const uint32_t *times = (const uint32_t *)(const void *)s->time_ms.p;
	const __m256i base = _mm256_set1_epi64x(s->time_ms.base), part = _mm256_set1_epi32((int)g->part_number);
	const __m128i channel_base = _mm_set1_epi16((short)s->channel.value.base);
	bool looks = g->codes && !(g->hits && g->are_hits_wanted);
	uint32_t row = *from, known = UINT32_MAX, slot = 0, mask = 255;
	for (; row < g->end; row += 8) {
		if (g->hits && !next_mark(g, &row, &mask)) break;
		if (row + 16 > g->part->n) break;
		uint64_t types = eight_bytes(s->type.p + row);
		uint32_t keep = mask & (g->end - row < 8 ? (1U << (g->end - row)) - 1 : 255);
		if (looks) keep &= wanted_of(g->wanted, types);
		uint64_t bytes = _pdep_u64(keep, EACH_BYTE) * 255;
		__m256i places = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)_pext_u64(UINT64_C(0x0706050403020100), bytes)));
		__m256i time = _mm256_permutevar8x32_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(times + row)), places);
		_mm256_storeu_si256((__m256i *)(void *)(to->time_ms + n), _mm256_add_epi64(_mm256_cvtepu32_epi64(_mm256_castsi256_si128(time)), base));
		_mm256_storeu_si256((__m256i *)(void *)(to->time_ms + n + 4), _mm256_add_epi64(_mm256_cvtepu32_epi64(_mm256_extracti128_si256(time, 1)), base));
		put_types(to->type + n, _pext_u64(types, bytes), g->part);
		if (g->channel) {
			if (known != row) slot = events_rank(&s->channel.starts, row);
			uint64_t channels = _pext_u64(eight_of_runs(&s->channel, eight_bits(s->channel.starts.words, row), &slot), bytes);
			known = row + 8;
			_mm_storeu_si128((__m128i *)(void *)(to->channel + n), _mm_add_epi16(_mm_cvtepu8_epi16(_mm_cvtsi64_si128((long long)channels)), channel_base));
		}
		if (g->rows) {
			_mm256_storeu_si256((__m256i *)(void *)(to->row + n), _mm256_add_epi32(places, _mm256_set1_epi32((int)row)));
			_mm256_storeu_si256((__m256i *)(void *)(to->part + n), part);
		}
		n += (uint32_t)__builtin_popcount(keep);
	}
	*from = row;
	return n;
}
#endif

/* Narrow columns: times of four bytes, types of one, channels that are bitmaps of runs with a byte each. */
static bool is_narrow(const struct gather *g)
{
	const struct events_scan *s = &g->part->s;
	if (s->time_ms.width != 4 || s->type.width != 1) return false;
	return !g->channel || (s->channel.has_runs && s->channel.starts.words && s->channel.value.width == 1);
}

/* By the 64 rows around: under a third, the way from mark to mark is shorter. */
static bool are_marks_few(const struct gather *g)
{
	return g->hits && __builtin_popcountll(g->hits[0]) < 20;
}

uint32_t query__gather(const struct line_columns *to, uint32_t n, const struct gather *g)
{
	uint32_t row = g->first;
	if (is_narrow(g)) {
#if defined(__x86_64__)
		bool by_eights = !are_marks_few(g) && are_eights_fast();
		if (by_eights) n = gather_eights(to, n, g, &row);
		if (by_eights) return gather_plain(to, n, g, row);
#endif
		if (g->hits) return gather_marks(to, n, g);
	}
	return gather_plain(to, n, g, row);
}
