/* serving.h: how those who serve score their work beside how customers score the same team or place, by week, and whether the one goes with
 * the other some weeks later (base/lag.h). Both sides are scores (score.h); those who serve answer anonymously (anonymous.h). */
#ifndef QUERY_SERVING_H
#define QUERY_SERVING_H
#include "base/lag.h"
#include "query/score.h"

struct query_serving {
	struct query staff, customers; /* of kind score, by week and the group */
	bool has_staff, has_customers;
	int64_t lags;                  /* tried from 0 to so many weeks */
	int64_t least;                 /* a customers' week of fewer answers is none */
};
struct serving_side {
	struct rating_sums all;
	const struct rating_sums *at; /* by week; NULL: none */
};
struct serving_group {
	str by;
	struct serving_side staff, customers;
	struct lag_answer fit;
	double q;                      /* p of its fit, corrected for the number of groups */
};
struct serving_answer {
	struct query_times times;
	size_t n;
	struct serving_group *groups;  /* by name */
	struct lag_answer fit;         /* over all groups, each about its own mean */
	struct query_score_answer staff, customers;
};
enum err query_serving(const struct query_context *ctx, const struct query *q, struct arena *a, struct serving_answer *out, struct fault *f) NODISCARD;
#endif
