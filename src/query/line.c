/* A customer's events in order. Slices are filtered into the worker's buffers one after another; as long as each begins
 * where the one before ended (the usual case: parts cover stretches of time), that is the line. Otherwise neighbouring
 * runs are merged until one is left. */
#include "base/mem.h"
#include "query/inner.h"

static void *widen(void *p, size_t cap, size_t each)
{
	return mem_realloc(p, cap * each);
}

static bool give_room(struct query_line *l, struct query_plan *p, size_t n)
{
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

/* ---- gathering -------------------------------------------------------------------------------------------------------- */
static uint32_t gather(const struct line_columns *to, uint32_t n, struct query_plan *p, uint32_t customer, struct query_slice slice, const struct line_wants *want)
{
	const struct events_columns *c = &p->parts[slice.part].c;
	const uint32_t purpose = query__may(p->ctx, customer) ? p->ctx->purpose : 0;
	for (size_t i = slice.first, end = i + slice.n; i < end; i++) {
		int64_t t = c->time_ms[i];
		uint16_t type = c->type[i];
		if (t < want->from_ms || t >= want->to_ms || (want->codes && !want->codes[type])) continue;
		if (!(c->purposes[i] & purpose)) {
			if (want->left_out) query__leave_out(p, want->left_out, want->arena, customer);
			continue;
		}
		to->time_ms[n] = t;
		to->type[n] = type;
		if (want->channel) to->channel[n] = c->channel[i];
		to->part[n] = slice.part;
		to->row[n] = (uint32_t)i;
		n++;
	}
	return n;
}

/* ---- merging ----------------------------------------------------------------------------------------------------------- */
static bool is_before(const struct query_plan *p, const struct line_columns *c, uint32_t i, uint32_t j)
{
	if (c->time_ms[i] != c->time_ms[j]) return c->time_ms[i] < c->time_ms[j];
	return p->parts[c->part[i]].c.arrival[c->row[i]] < p->parts[c->part[j]].c.arrival[c->row[j]];
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

bool query__line(struct query_line *l, struct query_plan *p, uint32_t customer, const struct query_slice *slices, size_t n, const struct line_wants *want)
{
	size_t rows = 0, runs = 0;
	l->n = 0;
	for (size_t s = 0; s < n; s++) rows += slices[s].n;
	if (rows > UINT32_MAX || !give_room(l, p, rows) || !give_room_for_ends(l, p, n)) return false;
	for (size_t s = 0; s < n; s++) {
		uint32_t end = gather(&l->own[0], l->n, p, customer, slices[s], want);
		if (end == l->n) continue;
		bool follows = runs && is_before(p, &l->own[0], l->n - 1, l->n);
		l->ends[follows ? runs - 1 : runs++] = end;
		l->n = end;
	}
	const struct line_columns *c = &l->own[merge_runs(l, p, runs)];
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
	*l = (struct query_line){0};
}
