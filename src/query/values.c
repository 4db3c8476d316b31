/* Numbers are appended as they come; when the room is used up they are sorted and equal ones put together, and the room is
 * doubled only when that frees less than half of it. Prices, scores and durations repeat, so a cell of a trend keeps a few
 * hundred pairs of a million numbers. Rejected: the windows of spread.c, which are of whole milliseconds above 0. */
#include "query/values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/inner.h"

enum { FIRST = 8 };

static int by_value(const void *a, const void *b)
{
	double x = ((const struct values_one *)a)->value, y = ((const struct values_one *)b)->value;
	return (x > y) - (x < y);
}

void values_tidy(struct values *s)
{
	size_t n = 0;
	if (s->n > 1) qsort(s->v, s->n, sizeof *s->v, by_value);
	for (size_t i = 0; i < s->n; i++) {
		if (n && s->v[n - 1].value == s->v[i].value) s->v[n - 1].n += s->v[i].n;
		else s->v[n++] = s->v[i];
	}
	s->n = n;
}

static bool give_room(struct values *s, struct query_plan *p, struct arena *a)
{
	values_tidy(s);
	if (s->cap && s->n <= s->cap / 2) return true;
	size_t cap = s->cap ? s->cap * 2 : FIRST;
	if (p && !query__charge(p, cap * sizeof *s->v)) return false;
	struct values_one *v = ARENA_ARRAY(a, struct values_one, cap);
	if (s->n) memcpy(v, s->v, s->n * sizeof *v);
	s->v = v;
	s->cap = cap;
	return true;
}

bool values_add(struct values *s, struct query_plan *p, struct arena *a, double value, uint64_t n)
{
	if (s->n && s->v[s->n - 1].value == value) s->v[s->n - 1].n += n;
	else if (s->n == s->cap && !give_room(s, p, a)) return false;
	else s->v[s->n++] = (struct values_one){value, n};
	s->total += n;
	return true;
}

bool values_merge(struct values *into, struct query_plan *p, struct arena *a, const struct values *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (!values_add(into, p, a, from->v[i].value, from->v[i].n)) return false;
	return true;
}

static double value_of_rank(const struct values *s, uint64_t rank)
{
	size_t i = 0;
	for (; i + 1 < s->n && rank >= s->v[i].n; i++) rank -= s->v[i].n;
	return s->v[i].value;
}

double values_at(const struct values *s, double share)
{
	if (!s->total) return NAN;
	double place = share * (double)(s->total - 1), part = place - floor(place);
	uint64_t rank = (uint64_t)place;
	double low = value_of_rank(s, rank);
	return part > 0 ? low + part * (value_of_rank(s, rank + 1) - low) : low;
}
