#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include <string.h>

#include "base/mem.h"
#include "query/eights.h"

bool query__strips_do(const struct query_plan *p, bool channel)
{
	bool is = !channel || events_channel_count(p->ctx->events) <= 256;
	for (size_t i = 0; i < p->n_parts; i++) is &= p->parts[i].allows == ALLOWS_ALL;
	return is;
}

static bool give_room(struct query_strip *s, struct query_plan *p, size_t rows, size_t pieces)
{
	if (rows > s->cap) {
		size_t cap = s->cap ? s->cap : 1024;
		while (cap < rows) cap *= 2;
		if (!query__charge(p, (cap - s->cap) * (3 + sizeof *s->took + sizeof *s->places))) return false;
		s->types = mem_realloc(s->types, cap + STRIP_SPILL);
		s->channels = mem_realloc(s->channels, cap + STRIP_SPILL);
		s->gaps = mem_realloc(s->gaps, cap + STRIP_SPILL);
		s->took = mem_realloc(s->took, (cap + STRIP_SPILL) * sizeof *s->took);
		s->places = mem_realloc(s->places, (cap + STRIP_SPILL) * sizeof *s->places);
		s->cap = cap;
	}
	if (pieces > s->cap_pieces) {
		size_t cap = s->cap_pieces ? s->cap_pieces : 16;
		while (cap < pieces) cap *= 2;
		if (!query__charge(p, (cap - s->cap_pieces) * (sizeof *s->pieces + sizeof *s->starts))) return false;
		s->pieces = mem_realloc(s->pieces, cap * sizeof *s->pieces);
		s->starts = mem_realloc(s->starts, cap * sizeof *s->starts);
		s->cap_pieces = cap;
	}
	return true;
}

static bool are_unpacked(const struct query_slice *slices, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!slices[i].unpacked) return false;
	return true;
}

/* By whole steps, so a little more than n is written. */
static inline void put(void *to, const void *from, size_t n)
{
	memcpy(to, from, 32);
	for (size_t i = 32; i < n; i += 32) memcpy((char *)to + i, (const char *)from + i, 32);
}

/* Rows of a part behind what is there; last_ms: of the event before them. */
static inline void put_piece(struct query_strip *s, const struct query_plan *p, uint32_t number, const struct query_unpacked *u, uint32_t first, uint32_t end, int64_t last_ms)
{
	const struct query_unpack *wanted = &p->unpack;
	const struct events_raw *times = &p->parts[number].s.time_ms;
	size_t at = first - u->first, n = end - first;
	s->starts[s->n_pieces] = (int32_t)s->n;
	s->pieces[s->n_pieces++] = (struct strip_piece){*times, first, s->n, number};
	put(s->types + s->n, u->types + at, n);
	if (wanted->channel) put(s->channels + s->n, u->channels + at, n);
	if (wanted->gaps) put(s->gaps + s->n, u->gaps + at, n);
	if (wanted->took) put(s->took + s->n, u->took + at, n * sizeof *s->took);
	if (wanted->gaps || wanted->took) {
		int64_t took_ms = last_ms == INT64_MIN ? INT64_MAX : events_raw_at(times, first) - last_ms;
		if (wanted->gaps) s->gaps[s->n] = took_ms > wanted->gap_ms ? UINT8_MAX : 0;
		if (wanted->took) s->took[s->n] = took_ms < UINT32_MAX ? (uint32_t)took_ms : UINT32_MAX;
	}
	s->n += (uint32_t)n;
}

/* Rows whose type was made 0 leave; what is left comes as long after the one before it as all between took together. */
static void drop(struct query_strip *s, const struct query_unpack *wanted)
{
	uint32_t n = 0;
	uint64_t took = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		took = s->took[i] == UINT32_MAX || took >= UINT32_MAX ? UINT32_MAX : took + s->took[i];
		s->types[n] = s->types[i];
		s->channels[n] = s->channels[i];
		s->gaps[n] = n == 0 || (int64_t)took > wanted->gap_ms ? UINT8_MAX : 0;
		s->took[n] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
		s->places[n] = i;
		bool is_kept = s->types[i] != 0;
		took = is_kept ? 0 : took;
		n += is_kept;
	}
	s->n = n;
	s->has_places = true;
}

bool query__strip(struct query_strip *s, struct query_plan *p, uint32_t customer, const struct query_slice *slices, size_t n, const struct query_range *range)
{
	size_t rows = 0;
	int64_t last_ms = INT64_MIN;
	for (size_t i = 0; i < n; i++) rows += slices[i].n;
	if (!are_unpacked(slices, n) || !query__may(p->ctx, customer) || (!p->parts_follow && !query__follow_each_other(p, slices, n)) || rows >= INT32_MAX || !give_room(s, p, rows, n + 4)) return false;
	s->n = s->n_pieces = 0;
	s->has_places = false;
	for (size_t i = 0; i < n; i++) {
		const struct query_part *part = &p->parts[slices[i].part];
		uint32_t first = (uint32_t)slices[i].first, end = first + slices[i].n;
		if (part->min_ms < range->from_ms) first = query__first_from(&part->s, first, end, range->from_ms);
		if (part->max_ms >= range->to_ms) end = query__first_from(&part->s, first, end, range->to_ms);
		if (first == end) continue;
		put_piece(s, p, slices[i].part, slices[i].unpacked, first, end, last_ms);
		if (p->unpack.gaps || p->unpack.took) last_ms = events_raw_at(&part->s.time_ms, end - 1);
	}
	for (size_t i = s->n_pieces; i < ((size_t)s->n_pieces + 3) / 4 * 4; i++) s->starts[i] = INT32_MAX;
	if (p->unpack.drops) drop(s, &p->unpack);
	return true;
}

/* How many pieces begin at the place or before it: they are few, and a search would be guessing. */
static inline uint32_t pieces_until(const struct query_strip *s, uint32_t place)
{
	uint32_t n = 0;
#if defined(__x86_64__)
	__m128i sum = _mm_setzero_si128(), at = _mm_set1_epi32((int)place);
	for (uint32_t i = 0; i < s->n_pieces; i += 4) sum = _mm_add_epi32(sum, _mm_cmpgt_epi32(_mm_loadu_si128((const __m128i *)(const void *)(s->starts + i)), at));
	sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
	sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
	n = (s->n_pieces + 3) / 4 * 4 + (uint32_t)_mm_cvtsi128_si32(sum);
#else
	for (uint32_t i = 0; i < s->n_pieces; i++) n += (uint32_t)s->starts[i] <= place;
#endif
	return n;
}

int64_t query__strip_time(const struct query_strip *s, uint32_t place)
{
	if (s->has_places) place = s->places[place];
	const struct strip_piece *p = &s->pieces[pieces_until(s, place) - 1];
	return events_raw_at(&p->time_ms, p->first + place - p->start);
}

void query__strip_free(struct query_strip *s)
{
	mem_free(s->types);
	mem_free(s->channels);
	mem_free(s->gaps);
	mem_free(s->took);
	mem_free(s->places);
	mem_free(s->pieces);
	mem_free(s->starts);
	*s = (struct query_strip){0};
}
