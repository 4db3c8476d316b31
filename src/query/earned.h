/* earned.h: earned growth: what customers of the time before spend again, and what new customers spend who came because somebody
 * told them. Definition: DESIGN.md. */
#ifndef QUERY_EARNED_H
#define QUERY_EARNED_H
#include "base/interval.h"
#include "query/query.h"

struct query_earned {
	str currency;                         /* absent: the one that leads */
	const struct query_condition *earned, *known; /* of customers: came by recommendation; their origin is known */
};
struct earned_group {
	uint64_t customers;
	double revenue;
};
struct query_earned_answer {
	struct query_range range, before; /* before: as long, directly before */
	str currency;
	size_t other_sales;
	struct earned_group base, kept;   /* who bought before; what they bought since */
	struct earned_group earned, bought, unknown; /* new since: by origin */
	struct earned_group back;         /* who had bought, but not in the time before: in neither */
	double nrr, earned_share, rate;   /* NaN: nothing was bought before */
	struct interval sure;             /* of the rate */
	bool is_covered;                  /* orders are known of the time before, but for its first twelfth at most */
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_earned(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_earned_answer *out, struct fault *f) NODISCARD;
#endif
