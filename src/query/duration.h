/* duration.h: how long it takes from an event to the next other one, and how often within a target. Definitions: DESIGN.md. */
#ifndef QUERY_DURATION_H
#define QUERY_DURATION_H
#include "query/query.h"

struct query_duration {
	struct query_match start, end;
	bool has_start, has_end;
	int64_t within_ms; /* an end later than this is none; 0 = however late */
	int64_t target_ms; /* 0 = none */
};
struct duration_group {
	struct query_value by;
	bool is_other;                   /* all values past `top` */
	uint64_t starts, n, in_target;   /* n: with an end */
	double mean_ms, p50_ms, p90_ms, p99_ms; /* NaN when n is 0 */
};
struct query_duration_answer {
	struct query_range range;
	size_t n_groups;
	struct duration_group *groups;   /* most first; the others last */
	struct duration_group all;
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_duration(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_duration_answer *out, struct fault *f) NODISCARD;
#endif
