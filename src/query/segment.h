/* segment.h: the customers of whom a condition holds: how many, who, how they overlap with others, and how their number
 * changed. Definitions: DESIGN.md. */
#ifndef QUERY_SEGMENT_H
#define QUERY_SEGMENT_H
#include "query/query.h"

enum { SEGMENT_MAX_OTHERS = 6, SEGMENT_MAX_MOMENTS = 60 };
struct query_segment {
	size_t n_others;
	const struct query_condition *others[SEGMENT_MAX_OTHERS];
	bool has_interval;
};
struct query_segment_answer {
	struct query_range range;
	uint64_t base;        /* customers that may be asked about */
	uint64_t left_out;    /* customers that may not */
	uint64_t customers;
	uint64_t *sizes;      /* by set of bits: 1 is `where`, 2 the first of the others, …: customers of whom exactly these hold */
	struct query_times times; /* of has_interval */
	uint64_t *moments;    /* the size at the end of each */
	bool is_partial;
};
enum err query_segment(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_segment_answer *out, struct fault *f) NODISCARD;
#endif
