/* funnel.h: how many customers, attempts or sessions get through a row of steps within a window, and how long it takes.
 * Definitions: DESIGN.md. */
#ifndef QUERY_FUNNEL_H
#define QUERY_FUNNEL_H
#include "query/query.h"

enum { FUNNEL_MAX_STEPS = 20, FUNNEL_MAX_EXCLUSIONS = 10 };
enum funnel_order { FUNNEL_THIS_ORDER, FUNNEL_STRICT, FUNNEL_ANY_ORDER };
enum funnel_count { FUNNEL_CUSTOMERS, FUNNEL_ATTEMPTS, FUNNEL_SESSIONS };
struct funnel_exclusion {
	struct query_match match;
	int after, before; /* steps: it voids what has reached `after` and not yet `before` */
};
struct query_funnel {
	size_t n_steps, n_exclusions;
	struct query_match steps[FUNNEL_MAX_STEPS];
	struct funnel_exclusion exclusions[FUNNEL_MAX_EXCLUSIONS];
	int64_t window_ms, gap_ms; /* gap: of sessions */
	enum funnel_order order;
	enum funnel_count count;
	enum query_dimension hold;
	str hold_property;
};

struct funnel_step {
	uint64_t units, customers; /* units: what is counted */
	double median_ms, p90_ms;  /* from the first step; NaN of the first and where nobody arrived */
};
struct funnel_group {
	struct query_value by;
	bool is_other; /* all values past `top`, together */
	struct funnel_step *steps;
};
struct query_funnel_answer {
	struct query_range range;
	struct funnel_step *all; /* over all groups: a customer counts once */
	size_t n_groups;         /* 0 without `by` */
	struct funnel_group *groups; /* most at the first step first */
	uint64_t voided;         /* attempts */
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_funnel(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_funnel_answer *out, struct fault *f) NODISCARD;
#endif
