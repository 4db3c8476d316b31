/* driver.h: how an outcome differs with what happened in the time before: a score, a repeat order, leaving. An association,
 * tested and corrected for many comparisons; no cause. Definitions: DESIGN.md. */
#ifndef QUERY_DRIVER_H
#define QUERY_DRIVER_H
#include "base/compare.h"
#include "query/query.h"

enum { DRIVER_MAX_CANDIDATES = 200 };
struct query_driver {
	struct query_match moments;   /* the events whose outcome it is */
	str property;                 /* a number of theirs; absent: the outcome is whether */
	struct query_match did;       /* … these happened */
	int64_t did_within_ms;        /* … so soon after */
	bool is_not;                  /* or did not */
	int64_t within_ms;            /* how far back a candidate counts */
	bool is_one;                  /* `had` was asked: one candidate */
	size_t n_candidates;          /* 0 = every event that there is */
	struct query_match candidates[DRIVER_MAX_CANDIDATES];
};

struct driver_group {
	int64_t n;
	double mean, low, high; /* of a share: Wilson's interval */
};
struct driver_candidate {
	size_t number;                   /* of candidates as asked, or a type's code */
	struct driver_group without, with;
	struct comparison differs;       /* with - without */
	double q;                        /* p corrected for the number of candidates */
};
struct query_driver_answer {
	struct query_range range;
	str currency;                    /* of an outcome that is money; else absent */
	struct driver_group all;
	int64_t without_number, open;    /* moments left out: no number; the time after them is not over */
	size_t n_candidates;
	struct driver_candidate *candidates; /* the surest first */
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_driver(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_driver_answer *out, struct fault *f) NODISCARD;
#endif
