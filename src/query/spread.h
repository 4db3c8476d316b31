/* spread.h: count, sum and exact percentiles of many sets of durations (whole milliseconds, not below 0), in bounded
 * memory; type 7: between two values linearly.
 *
 * One spread a worker is filled while the customers are scanned (spread_add), then all are merged into the first, and
 * spread_aim says whether the customers must be scanned once more, or several times: then every value is given again
 * (spread_seek, by any worker, on the first spread) until spread_aim says no. Most often it says so at once. */
#ifndef QUERY_SPREAD_H
#define QUERY_SPREAD_H
#include "query/inner.h"

enum { SPREAD_SHARES = 4 };

/* Values around a percentile: those from low up to low + width are kept, those below are counted. */
struct spread_window {
	int64_t low;
	uint64_t width;  /* UINT64_MAX: the set is whole, its first window keeps all and the others nothing */
	uint64_t below;
	int64_t *values; /* NULL with cap 0 and a width that is not whole: they are only counted */
	uint32_t kept, cap;
};
/* What is added waits here, so that adding is a store; of a set that is whole it is the first window itself. */
struct spread_tail {
	int64_t *next, *end;
};
struct spread_set {
	unsigned __int128 sum; /* without what waits, as n */
	uint64_t n;
	struct spread_window first;
	int64_t *waiting;
};
struct spread_aim;
struct spread {
	struct query_plan *plan;
	struct arena *arena;
	size_t raw_max;      /* values that a set keeps before it is cut to windows */
	size_t collect_max;  /* values that all stretches together collect in one pass */
	struct spread_tail *tails; /* by set */
	struct spread_set *sets;
	struct spread_window *others; /* by set, those of the shares after the first */
	float *drift;                 /* by set and share: how far the rank has moved, in what chance would do; 0: not known yet */
	size_t n, cap;
	size_t n_shares;
	double shares[SPREAD_SHARES];
	struct spread_rank *ranks; /* 2 a share and set: the values on both sides */
	struct spread_aim **aims;  /* by set: the stretches that are looked through again */
	struct spread_reach {
		int64_t low;
		uint64_t width;
	} *reach;                  /* by set: from the first of its stretches to the last */
};
/* Which shares of every set are wanted (0.5 is the median). Lives until spread_release; arena: the worker's own. */
void spread_init(struct spread *s, struct query_plan *p, struct arena *a, size_t raw_max, const double *shares, size_t n_shares);
void spread_release(struct spread *s);
bool spread_room(struct spread *s, size_t n);                        /* sets 0..n-1 are there; false: out of memory */
void spread_clear(struct spread *s, size_t set);                     /* as if nothing was added; what was merged elsewhere */
bool spread_merge(struct spread *into, size_t set, const struct spread *from, size_t from_set);
bool spread__full(const struct spread *s, size_t set); /* makes room for one more to wait */

/* False: out of memory, and the scan ends by itself. */
static inline bool spread_add(const struct spread *s, size_t set, int64_t v)
{
	struct spread_tail *x = &s->tails[set];
	if (x->next == x->end && !spread__full(s, set)) return false;
	*x->next++ = v;
	return true;
}

/* True: give all values again. */
bool spread_aim(struct spread *s);
void spread__take(struct spread_aim *aim, int64_t v);
static inline void spread_seek(struct spread *s, size_t set, int64_t v)
{
	if ((uint64_t)(v - s->reach[set].low) < s->reach[set].width) spread__take(s->aims[set], v);
}
/* Of share i as given to spread_init; NaN of an empty set. In milliseconds. */
double spread_at(const struct spread *s, size_t set, size_t i);
double spread_mean(const struct spread *s, size_t set);
#endif
