/* spread_inner.h: what spread.c and spread_window.c share. */
#ifndef QUERY_SPREAD_INNER_H
#define QUERY_SPREAD_INNER_H
#include "query/spread.h"

static inline struct spread_window *spread__window(const struct spread *s, struct spread_set *x, size_t share)
{
	return share ? &s->others[(size_t)(x - s->sets) * (s->n_shares - 1) + share - 1] : &x->first;
}
static inline bool spread__is_whole(const struct spread_set *x)
{
	return x->first.width == UINT64_MAX;
}
#define SPREAD_ENDLESS ((uint64_t)INT64_MAX)
/* The window's values are there; else they are only counted. */
static inline bool spread__has_values(const struct spread_window *w)
{
	return w->cap > 0;
}
/* How many values lie in the window. */
static inline uint64_t spread__count(const struct spread_set *x, const struct spread_window *w)
{
	return w->low == 0 && w->width >= SPREAD_ENDLESS ? x->n : w->kept;
}
/* Counts what waits; false: out of memory. */
bool spread__catch_up(const struct spread *s, size_t set);
/* The value of the rank; none is below the base. */
int64_t spread__select(const int64_t *values, size_t n, int64_t base, size_t rank);
/* The value of the rank after that of this value. */
int64_t spread__next(const int64_t *values, size_t n, size_t rank, int64_t value);
#endif
