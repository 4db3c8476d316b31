/* drivers.h: how much each question, and each thing that happened before, explains of an outcome that is asked: relative
 * weights or LMG over complete cases. An association, no cause. Definitions: DESIGN.md; the mathematics: base/importance.h. */
#ifndef QUERY_DRIVERS_H
#define QUERY_DRIVERS_H
#include "base/importance.h"
#include "base/rating.h"
#include "query/query.h"

struct drivers_predictor {
	str question;              /* or */
	bool is_event;             /* what the customer had in the time before the outcome was answered: */
	struct query_match events;
	str property;              /* the number of the last of them; absent: how many */
	int64_t within_ms;
};
struct query_drivers {
	str outcome;
	enum importance_method method;
	size_t n;
	struct drivers_predictor predictors[IMPORTANCE_MAX];
};
struct drivers_answer {
	uint64_t cases;            /* complete */
	uint64_t incomplete;       /* that have the outcome, and lack a predictor */
	struct importance_answer importance;
	struct drivers_scale {     /* of the outcome, then of the predictors */
		struct rating_scale scale;
		bool has_scale;
		double top2;           /* share of the upper answers in the cases; NaN without an agreed scale */
	} scales[IMPORTANCE_MAX + 1];
	struct query_range range;
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_drivers(const struct query_context *ctx, const struct query *q, struct arena *a, struct drivers_answer *out, struct fault *f) NODISCARD;
#endif
