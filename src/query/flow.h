/* flow.h: the directly-follows graph: what comes after what in a case (all of a customer, or what has one value of a
 * property), how often and how long after; the ways whole cases take; and what goes round in circles. Definitions: DESIGN.md. */
#ifndef QUERY_FLOW_H
#define QUERY_FLOW_H
#include "query/query.h"

enum { FLOW_MAX_VARIANTS = 1000 };
struct query_flow {
	struct query_match events;  /* none named: all */
	struct query_match contacts; /* none named: those of QUERY_CONTACTS */
	str case_property;          /* absent: a case is a customer */
	uint64_t min_count;         /* edges below it are not listed */
	double min_share;           /* of all edges */
	size_t variants;            /* listed at most */
	int64_t repeat_ms;          /* a contact so soon after another is a repeat */
	bool without_loops;
};

struct flow_edge {
	uint16_t from, to;
	uint64_t count, cases;
	uint64_t back, back_cases; /* from → to → from */
	double mean_ms, median_ms;
};
struct flow_event {
	uint16_t type;
	uint64_t count, cases, starts, ends;
	uint64_t again, rework_cases; /* in a case that had it before; cases with any of these */
	uint64_t repeats, repeat_cases; /* of contacts: so soon after another contact */
};
struct flow_variant {
	uint64_t count;
	size_t n;
	const uint16_t *types;
};
struct flow_swing { /* from channel a to b and back to a */
	struct query_value a, b;
	uint64_t count, cases;
};
struct query_flow_answer {
	struct query_range range;
	uint64_t customers, cases, events, edges_count;
	size_t n_edges, n_events, n_variants, n_swings;
	struct flow_edge *edges;       /* most first, then by name */
	struct flow_event *by_event;   /* most first, then by name */
	struct flow_variant *variants; /* most first; equal ones in an order that stays the same */
	struct flow_swing *swings;     /* most first */
	uint64_t variants_total;
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_flow(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_flow_answer *out, struct fault *f) NODISCARD;
#endif
