/* spread.h: count, sum and exact percentiles of many sets of durations (whole milliseconds, not below 0), in bounded
 * memory; type 7: between two values linearly.
 *
 * One spread a worker is filled while the customers are scanned (spread_add), then all are merged into the first, and
 * spread_aim says whether the customers must be scanned once more, or several times: then every value is given again
 * (spread_seek, by any worker, on the first spread) until spread_aim says no. */
#ifndef QUERY_SPREAD_H
#define QUERY_SPREAD_H
#include "query/inner.h"

/* 16 buckets an octave: a directly-follows graph of hundreds of pairs counts into as many histograms at once, and with 32 they
 * no longer fit the second level of the cache; with 8 a fifth of all values has to be looked at again. */
enum { SPREAD_OCTAVE_BITS = 4, SPREAD_OCTAVE = 1 << SPREAD_OCTAVE_BITS, SPREAD_BUCKETS = (45 - SPREAD_OCTAVE_BITS) * SPREAD_OCTAVE /* up to 2^44 ms */, SPREAD_SHARES = 4 };

struct spread_set {
	uint64_t n;
	__int128 sum;
	int64_t *raw;        /* as long as there are few */
	uint32_t cap;
	uint32_t *histogram; /* then this */
};
struct spread_aim;
struct spread {
	struct query_plan *plan;
	struct arena *arena;
	size_t raw_max;      /* values that a set keeps before it becomes a histogram */
	size_t collect_max;  /* values that all stretches together collect in one pass */
	struct spread_set *sets;
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
/* Lives until spread_release; arena: the worker's own. */
void spread_init(struct spread *s, struct query_plan *p, struct arena *a, size_t raw_max);
void spread_release(struct spread *s);
bool spread_room(struct spread *s, size_t n);                        /* sets 0..n-1 are there; false: out of memory */
bool spread_grow(struct spread *s, struct spread_set *set);          /* before a value is kept in a set that is full */
void spread_clear(struct spread *s, size_t set);                     /* as if nothing was added; what was merged elsewhere */
bool spread_merge(struct spread *into, size_t set, const struct spread *from, size_t from_set);

static inline size_t spread_bucket(uint64_t v)
{
	int shift = v < 2 * SPREAD_OCTAVE ? 0 : 63 - SPREAD_OCTAVE_BITS - __builtin_clzll(v);
	size_t i = (size_t)shift * SPREAD_OCTAVE + (size_t)(v >> shift);
	return i < SPREAD_BUCKETS ? i : SPREAD_BUCKETS - 1;
}

/* False: out of memory, and the scan ends by itself. */
static inline bool spread_add(struct spread *s, size_t set, int64_t v)
{
	struct spread_set *x = &s->sets[set];
	if (!x->histogram && x->n >= x->cap && !spread_grow(s, x)) return false;
	if (x->histogram) x->histogram[spread_bucket((uint64_t)v)]++;
	else x->raw[x->n] = v;
	x->n++;
	x->sum += v;
	return true;
}

/* Which shares of every set are wanted (0.5 is the median). True: give all values again. */
bool spread_aim(struct spread *s, const double *shares, size_t n_shares);
void spread__take(struct spread_aim *aim, int64_t v);
static inline void spread_seek(struct spread *s, size_t set, int64_t v)
{
	if ((uint64_t)(v - s->reach[set].low) < s->reach[set].width) spread__take(s->aims[set], v);
}
/* Of share i as given to spread_aim; NaN of an empty set. In milliseconds. */
double spread_at(const struct spread *s, size_t set, size_t i);
double spread_mean(const struct spread *s, size_t set);
#endif
