/* A customer's events in order. The rows of each slice that are wanted are gathered into the worker's buffers one slice
 * after another; as long as each slice begins after the one before has ended (the usual case: parts cover stretches of
 * time), that is the line. Otherwise neighbouring runs are merged until one is left.
 *
 * Gathering is most of the time of most questions, so it has a loop for the common shape of columns (times of four bytes,
 * types of one) without branches: every row is written, and the place moves on if it was wanted. Where the scan has
 * marked the rows, only those are looked at. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include <string.h>

#include "base/mem.h"
#include "query/inner.h"

static void *widen(void *p, size_t cap, size_t each)
{
	return mem_realloc(p, cap * each);
}

static bool give_room(struct query_line *l, struct query_plan *p, size_t n)
{
	if (n + 1 <= l->cap) return true; /* one more: the place after the last row is written, too */
	size_t cap = l->cap ? l->cap : 1024, each = sizeof(int64_t) + 2 * sizeof(uint16_t) + 2 * sizeof(uint32_t);
	while (cap < n + 1) cap *= 2;
	if (!query__charge(p, 2 * each * (cap - l->cap))) return false;
	for (int i = 0; i < 2; i++) {
		struct line_columns *c = &l->own[i];
		c->time_ms = widen(c->time_ms, cap, sizeof *c->time_ms);
		c->type = widen(c->type, cap, sizeof *c->type);
		c->channel = widen(c->channel, cap, sizeof *c->channel);
		c->part = widen(c->part, cap, sizeof *c->part);
		c->row = widen(c->row, cap, sizeof *c->row);
	}
	l->cap = cap;
	return true;
}

static bool give_room_for_ends(struct query_line *l, struct query_plan *p, size_t n)
{
	if (n <= l->cap_ends) return true;
	size_t cap = l->cap_ends ? l->cap_ends : 16;
	while (cap < n) cap *= 2;
	if (!query__charge(p, (cap - l->cap_ends) * sizeof *l->ends)) return false;
	l->ends = widen(l->ends, cap, sizeof *l->ends);
	l->cap_ends = cap;
	return true;
}

/* ---- which types are wanted, by place in each part's table --------------------------------------------------------------- */
static void find_wanted(struct query_line *l, const struct query_plan *p, const uint8_t *codes)
{
	if (l->wanted && l->codes == codes) return;
	if (!l->wanted) l->wanted = mem_alloc(p->n_parts * 256 + 1);
	l->codes = codes;
	for (size_t i = 0; i < p->n_parts; i++)
		for (size_t k = 0; k < 256; k++) l->wanted[i * 256 + k] = k < p->parts[i].s.n_types && (!codes || codes[p->parts[i].s.types[k]]);
}

/* ---- gathering ----------------------------------------------------------------------------------------------------------- */
struct rows { /* of a part, first up to end: in range, to be looked at */
	const struct query_part *part;
	const uint8_t *wanted, *codes;
	uint32_t part_number, first, end;
	const uint64_t *hits; /* from bit hits_first % 64 on */
	size_t hits_first;
	bool channel, rows, all;
};

/* Rows of a slice are in order of time. */
static uint32_t first_from(const struct events_scan *s, uint32_t first, uint32_t end, int64_t ms)
{
	while (first < end) {
		uint32_t middle = first + (end - first) / 2;
		if (events_raw_at(&s->time_ms, middle) < ms) first = middle + 1;
		else end = middle;
	}
	return first;
}

static bool is_wanted(const struct rows *r, uint32_t row, uint16_t *code)
{
	*code = r->part->s.types[events_raw_at(&r->part->s.type, row)];
	return !r->codes || r->codes[*code];
}

/* Puts the row behind the others if its type is wanted. */
static inline uint32_t put(const struct line_columns *to, uint32_t n, const struct rows *r, bool is_narrow, uint32_t row)
{
	uint16_t code;
	if (is_narrow) {
		uint8_t t = r->part->s.type.p[row];
		to->time_ms[n] = r->part->s.time_ms.base + ((const uint32_t *)(const void *)r->part->s.time_ms.p)[row];
		to->type[n] = r->part->s.types[t];
		to->row[n] = row;
		return n + r->wanted[t];
	}
	if (!is_wanted(r, row, &code)) return n;
	to->time_ms[n] = events_raw_at(&r->part->s.time_ms, row);
	to->type[n] = code;
	to->row[n] = row;
	return n + 1;
}

static uint32_t gather_any(const struct line_columns *to, uint32_t n, const struct rows *r)
{
	for (uint32_t row = r->first; row < r->end; row++) n = put(to, n, r, false, row);
	return n;
}

static inline uint32_t gather_marked(const struct line_columns *to, uint32_t n, const struct rows *r, bool is_narrow)
{
	size_t base = r->hits_first / 64 * 64;
	for (uint32_t at = r->first; at < r->end;) {
		uint64_t word = r->hits[(at - base) / 64] >> at % 64;
		uint32_t left = r->end - at, span = 64 - at % 64;
		if (left < 64) word &= (UINT64_C(1) << left) - 1;
		for (; word; word &= word - 1) n = put(to, n, r, is_narrow, at + (uint32_t)__builtin_ctzll(word));
		at += span;
	}
	return n;
}

/* Times of four bytes, types of one. */
static uint32_t gather_narrow(const struct line_columns *to, uint32_t n, const struct rows *r)
{
	const uint32_t *time = (const uint32_t *)(const void *)r->part->s.time_ms.p;
	const uint8_t *type = r->part->s.type.p, *wanted = r->wanted;
	const uint16_t *codes = r->part->s.types;
	int64_t base = r->part->s.time_ms.base, *to_time = to->time_ms;
	uint16_t *to_type = to->type;
	uint32_t *to_row = to->row;
	if (r->all && !r->rows) { /* a copy, which the compiler makes wide */
		uint32_t count = r->end - r->first;
		time += r->first;
		type += r->first;
		for (uint32_t i = 0; i < count; i++) to_time[n + i] = base + time[i];
		for (uint32_t i = 0; i < count; i++) to_type[n + i] = codes[type[i]];
		return n + count;
	}
	for (uint32_t row = r->first; row < r->end; row++) {
		uint8_t t = type[row];
		to_time[n] = base + time[row];
		to_type[n] = codes[t];
		to_row[n] = row;
		n += wanted[t];
	}
	return n;
}

/* Rows that follow each other: runs are counted along a word of the bitmap. */
static void fill_from_runs(uint16_t *to, uint32_t n, const struct events_values *v, uint32_t row)
{
	const uint64_t *words = v->starts.words;
	const unsigned char *value = v->value.p;
	uint32_t slot = events_rank(&v->starts, row); /* one past the slot of the row before */
	uint16_t base = (uint16_t)v->value.base;
	for (uint32_t i = 0; i < n;) {
		uint64_t bits = words[row >> 6] >> (row & 63);
		uint32_t stop = i + 64 - (row & 63) < n ? i + 64 - (row & 63) : n;
		row += stop - i;
		for (; i < stop; i++, bits >>= 1) {
			slot += bits & 1;
			to[i] = (uint16_t)(base + value[slot - 1]);
		}
	}
}

/* Some rows, ascending. */
static void pick_from_runs(uint16_t *to, const uint32_t *rows, uint32_t n, const struct events_values *v)
{
	const uint64_t *words = v->starts.words;
	uint32_t last = rows[0], slot = events_rank(&v->starts, last + 1); /* one past the slot of the last row */
	for (uint32_t i = 0; i < n; i++) {
		uint32_t row = rows[i];
		if (row >> 6 == last >> 6) slot += (uint32_t)__builtin_popcountll(words[row >> 6] >> (last & 63) >> 1 & ((UINT64_C(1) << (row - last)) - 1));
		else slot = events_rank(&v->starts, row + 1);
		last = row;
		to[i] = (uint16_t)(v->value.base + v->value.p[slot - 1]);
	}
}

static void fill_channels(const struct line_columns *to, uint32_t from, uint32_t n, const struct rows *r, bool has_rows)
{
	const struct events_values *v = &r->part->s.channel;
	if (n == from) return;
	if (v->has_runs && v->starts.words && v->value.width == 1) {
		if (has_rows) pick_from_runs(to->channel + from, to->row + from, n - from, v);
		else fill_from_runs(to->channel + from, n - from, v, r->first);
		return;
	}
	for (uint32_t i = from; i < n; i++) to->channel[i] = (uint16_t)events_raw_at(&v->value, events_value_slot(v, has_rows ? to->row[i] : r->first + i - from));
}

static uint32_t gather(const struct line_columns *to, uint32_t n, const struct rows *r)
{
	uint32_t from = n;
	bool is_narrow = r->part->s.time_ms.width == 4 && r->part->s.type.width == 1, has_rows = true;
	if (r->hits) n = is_narrow ? gather_marked(to, n, r, true) : gather_marked(to, n, r, false);
	else if (is_narrow) n = gather_narrow(to, n, r), has_rows = !(r->all && !r->rows);
	else n = gather_any(to, n, r);
	if (r->channel) fill_channels(to, from, n, r, has_rows);
	if (r->rows)
		for (uint32_t i = from; i < n; i++) to->part[i] = r->part_number;
	return n;
}

/* Takes out the rows from `from` on that do not allow the purpose. */
static uint32_t keep_allowed(const struct line_columns *to, uint32_t from, uint32_t n, struct query_plan *p, uint32_t customer, const struct rows *r, const struct line_wants *want)
{
	const struct events_values *v = &r->part->s.purposes;
	bool may = query__may(p->ctx, customer);
	uint32_t kept = from;
	for (uint32_t i = from; i < n; i++) {
		if (!may || !((uint32_t)events_raw_at(&v->value, events_value_slot(v, to->row[i])) & p->ctx->purpose)) {
			if (want->left_out && (!want->has_tally_from || to->time_ms[i] >= want->tally_from_ms)) query__leave_out(p, want->left_out, want->arena, customer);
			continue;
		}
		to->time_ms[kept] = to->time_ms[i];
		to->type[kept] = to->type[i];
		to->channel[kept] = to->channel[i];
		to->part[kept] = to->part[i];
		to->row[kept++] = to->row[i];
	}
	return kept;
}

/* ---- merging ----------------------------------------------------------------------------------------------------------- */
static bool is_before(const struct query_plan *p, const struct line_columns *c, uint32_t i, uint32_t j)
{
	if (c->time_ms[i] != c->time_ms[j]) return c->time_ms[i] < c->time_ms[j];
	const struct events_raw *a = &p->parts[c->part[i]].s.arrival, *b = &p->parts[c->part[j]].s.arrival;
	return (uint64_t)events_raw_at(a, c->row[i]) < (uint64_t)events_raw_at(b, c->row[j]);
}

static void copy(const struct line_columns *to, uint32_t at, const struct line_columns *from, uint32_t i)
{
	to->time_ms[at] = from->time_ms[i];
	to->type[at] = from->type[i];
	to->channel[at] = from->channel[i];
	to->part[at] = from->part[i];
	to->row[at] = from->row[i];
}

static void merge_two(const struct query_plan *p, const struct line_columns *from, const struct line_columns *to, uint32_t start, uint32_t middle, uint32_t end)
{
	uint32_t i = start, j = middle;
	for (uint32_t at = start; at < end; at++) {
		bool is_first = j == end || (i < middle && is_before(p, from, i, j));
		copy(to, at, from, is_first ? i++ : j++);
	}
}

/* Neighbours are merged from one set of buffers into the other. Returns the set that holds the line. */
static int merge_runs(struct query_line *l, const struct query_plan *p, size_t runs)
{
	int set = 0;
	for (; runs > 1; set = !set) {
		size_t left = 0;
		uint32_t start = 0;
		for (size_t r = 0; r < runs; r += 2) {
			uint32_t middle = l->ends[r], end = r + 1 < runs ? l->ends[r + 1] : middle;
			merge_two(p, &l->own[set], &l->own[!set], start, middle, end);
			l->ends[left++] = start = end;
		}
		runs = left;
	}
	return set;
}

/* Whether each slice begins after the one before has ended: then rows need not be known to put them in order. */
static bool follow_each_other(const struct query_plan *p, const struct query_slice *slices, size_t n)
{
	for (size_t s = 1; s < n; s++) {
		const struct query_slice *a = &slices[s - 1], *b = &slices[s];
		const struct query_part *before = &p->parts[a->part], *after = &p->parts[b->part];
		if (before->max_ms < after->min_ms) continue;
		if (events_raw_at(&before->s.time_ms, a->first + a->n - 1) >= events_raw_at(&after->s.time_ms, b->first)) return false;
	}
	return true;
}

bool query__line(struct query_line *l, struct query_plan *p, uint32_t customer, const struct query_slice *slices, size_t n, const struct line_wants *want)
{
	size_t rows = 0, runs = 0;
	l->n = 0;
	for (size_t s = 0; s < n; s++) rows += slices[s].n;
	if (rows >= UINT32_MAX || !give_room(l, p, rows)) return false;
	bool follows = follow_each_other(p, slices, n), may = query__may(p->ctx, customer);
	if (!follows && !give_room_for_ends(l, p, n)) return false;
	find_wanted(l, p, want->codes);
	for (size_t s = 0; s < n; s++) {
		const struct query_part *part = &p->parts[slices[s].part];
		bool is_filtered = !may || part->allows != ALLOWS_ALL;
		struct rows r = {.part = part, .wanted = l->wanted + (size_t)slices[s].part * 256, .codes = want->codes, .part_number = slices[s].part, .first = (uint32_t)slices[s].first,
			.end = (uint32_t)(slices[s].first + slices[s].n), .hits = slices[s].hits, .hits_first = slices[s].first, .channel = want->channel,
			.rows = want->rows || !follows || is_filtered, .all = !want->codes};
		if (part->min_ms < want->from_ms) r.first = first_from(&part->s, r.first, r.end, want->from_ms);
		if (part->max_ms >= want->to_ms) r.end = first_from(&part->s, r.first, r.end, want->to_ms);
		uint32_t end = gather(&l->own[0], l->n, &r);
		if (is_filtered) end = keep_allowed(&l->own[0], l->n, end, p, customer, &r, want);
		if (end == l->n) continue;
		bool goes_on = follows || (runs && is_before(p, &l->own[0], l->n - 1, l->n));
		if (!follows) l->ends[goes_on ? runs - 1 : runs++] = end;
		l->n = end;
	}
	const struct line_columns *c = &l->own[follows ? 0 : merge_runs(l, p, runs)];
	l->time_ms = c->time_ms;
	l->type = c->type;
	l->channel = c->channel;
	l->part = c->part;
	l->row = c->row;
	return true;
}

void query__line_free(struct query_line *l)
{
	for (int i = 0; i < 2; i++) {
		mem_free(l->own[i].time_ms);
		mem_free(l->own[i].type);
		mem_free(l->own[i].channel);
		mem_free(l->own[i].part);
		mem_free(l->own[i].row);
	}
	mem_free(l->ends);
	mem_free(l->wanted);
	*l = (struct query_line){0};
}
