/* drivers.h: how much each question, and each thing that happened before, explains of an outcome that is asked: relative
 * weights or LMG over complete cases. An association, no cause. Definitions: DESIGN.md; the mathematics: base/importance.h. */
#ifndef QUERY_DRIVERS_H
#define QUERY_DRIVERS_H
#include "base/importance.h"
#include "base/rating.h"
#include "query/query.h"

/* An answer, or what the customer had in the time before the outcome was answered: how many of the events; the number that the
 * last of them has as a property; the seconds from the last of them to the first of `ends` after it (until the answer, when none
 * came yet); the value of the last order. */
enum drivers_kind { DRIVERS_ANSWER, DRIVERS_COUNT, DRIVERS_PROPERTY, DRIVERS_WAIT, DRIVERS_ORDER };
struct drivers_predictor {
	enum drivers_kind kind;
	str question, property;
	struct query_match events, ends;
	int64_t within_ms;
	bool has_target;
	double target;             /* up to which it is as it should be */
};
struct query_drivers {
	str outcome;
	enum importance_method method;
	bool is_weighted, has_no_intervals;
	size_t n;
	struct drivers_predictor predictors[IMPORTANCE_MAX];
};
struct drivers_answer {
	uint64_t cases;            /* complete */
	uint64_t incomplete;       /* that have the outcome, and lack a predictor */
	uint64_t without_weight;   /* whose outcome came without one; they count as 1 */
	struct importance_answer importance;
	struct drivers_scale {     /* of the outcome, then of the predictors */
		struct rating_scale scale;
		bool has_scale;
		double top2;           /* share of the upper answers in the cases; NaN without an agreed scale */
		double in_target;      /* share within the target; NaN without one */
		uint64_t known;        /* cases with the outcome that have it */
	} scales[IMPORTANCE_MAX + 1];
	str currency;              /* of orders; absent: of no stated one, or none was asked */
	struct query_range range;
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_drivers(const struct query_context *ctx, const struct query *q, struct arena *a, struct drivers_answer *out, struct fault *f) NODISCARD;
#endif
