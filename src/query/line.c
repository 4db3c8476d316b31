/* A customer's events in order. The rows of each slice that are wanted are gathered into the worker's buffers one slice
 * after another; as long as each slice begins after the one before has ended (the usual case: parts cover stretches of
 * time), that is the line. Otherwise neighbouring runs are merged until one is left. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include <string.h>

#include "base/mem.h"
#include "query/gather.h"

#define ANONYMOUS (UINT32_C(1) << QUERY_PURPOSE_ANONYMOUS)

static void *widen(void *p, size_t cap, size_t each)
{
	return mem_realloc(p, cap * each);
}

static bool give_room(struct query_line *l, struct query_plan *p, size_t n)
{
	n += GATHER_SPILL;
	if (n <= l->cap) return true;
	size_t cap = l->cap ? l->cap : 1024, each = sizeof(int64_t) + 2 * sizeof(uint16_t) + 2 * sizeof(uint32_t);
	while (cap < n) cap *= 2;
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
	if (l->wanted && l->codes == codes && l->scanned == p->scanned) return;
	if (!l->wanted) l->wanted = mem_alloc(p->n_parts * 256 + 1);
	l->codes = codes;
	l->scanned = p->scanned;
	l->are_hits_wanted = true;
	for (size_t t = 0; t < p->n_types && codes && p->scanned; t++) l->are_hits_wanted &= codes[t] || !p->scanned[t];
	for (size_t i = 0; i < p->n_parts; i++)
		for (size_t k = 0; k < 256; k++) l->wanted[i * 256 + k] = k < p->parts[i].s.n_types && (!codes || codes[p->parts[i].s.types[k]]);
}

/* ---- gathering ----------------------------------------------------------------------------------------------------------- */
uint32_t query__first_from(const struct events_scan *s, uint32_t first, uint32_t end, int64_t ms)
{
	while (first < end) {
		uint32_t middle = first + (end - first) / 2;
		if (events_raw_at(&s->time_ms, middle) < ms) first = middle + 1;
		else end = middle;
	}
	return first;
}

/* Takes out the rows from `from` on that do not allow the purpose. */
static uint32_t keep_allowed(const struct line_columns *to, uint32_t from, uint32_t n, struct query_plan *p, uint32_t customer, const struct gather *g, const struct line_wants *want)
{
	const struct events_values *v = &g->part->s.purposes;
	bool may = query__may(p->ctx, customer);
	uint32_t kept = from;
	for (uint32_t i = from; i < n; i++) {
		uint32_t purposes = (uint32_t)events_raw_at(&v->value, events_value_slot(v, to->row[i]));
		if (!may || !(purposes & p->ctx->purpose)) {
			if (purposes == ANONYMOUS) continue; /* nobody's consent is wanting */
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

bool query__follow_each_other(const struct query_plan *p, const struct query_slice *slices, size_t n)
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
	bool follows = query__follow_each_other(p, slices, n), may = query__may(p->ctx, customer);
	if (!follows && !give_room_for_ends(l, p, n)) return false;
	find_wanted(l, p, want->codes);
	for (size_t s = 0; s < n; s++) {
		const struct query_part *part = &p->parts[slices[s].part];
		bool is_filtered = !may || part->allows != ALLOWS_ALL;
		struct gather g = {.part = part, .wanted = l->wanted + (size_t)slices[s].part * 256, .codes = want->codes, .part_number = slices[s].part, .first = (uint32_t)slices[s].first,
			.end = (uint32_t)(slices[s].first + slices[s].n), .hits = slices[s].hits, .hits_first = slices[s].first, .are_hits_wanted = l->are_hits_wanted, .channel = want->channel,
			.rows = want->rows || !follows || is_filtered};
		if (part->min_ms < want->from_ms) g.first = query__first_from(&part->s, g.first, g.end, want->from_ms);
		if (part->max_ms >= want->to_ms) g.end = query__first_from(&part->s, g.first, g.end, want->to_ms);
		uint32_t end = query__gather(&l->own[0], l->n, &g);
		if (is_filtered) end = keep_allowed(&l->own[0], l->n, end, p, customer, &g, want);
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
