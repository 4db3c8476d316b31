/* values.h: numbers with how often each came, and exact percentiles of them: type 7, between two values linearly.
 * Memory grows with the numbers that differ, not with those that came. */
#ifndef QUERY_VALUES_H
#define QUERY_VALUES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct query_plan;
struct values_one {
	double value;
	uint64_t n;
};
struct values { /* empty: all zero */
	struct values_one *v;
	size_t n, cap;
	uint64_t total;
};
/* They lie in the arena. False: the question is out of memory; plan NULL: it is not charged to any. */
bool values_add(struct values *s, struct query_plan *p, struct arena *a, double value, uint64_t n);
bool values_merge(struct values *into, struct query_plan *p, struct arena *a, const struct values *from);
/* Ascending, each once: what values_at needs. */
void values_tidy(struct values *s);
double values_at(const struct values *s, double share); /* NaN of none */
#endif
