/* journey.h: a journey as it is drawn (stages, each a set of touchpoints) against what happens: volume, ways in and out,
 * times, scores, effort, and where it hurts. Definitions: DESIGN.md. */
#ifndef QUERY_JOURNEY_H
#define QUERY_JOURNEY_H
#include "base/compare.h"
#include "query/query.h"

enum { JOURNEY_MAX_STAGES = 20, JOURNEY_MAX_FRICTIONS = 60, JOURNEY_LEAST_AFFECTED = 100 };
struct journey_stage {
	str name;
	struct query_match events; /* not given: nothing is heard of it yet; of the default journey: what is filed under the name */
};
enum friction_kind { FRICTION_WAIT, FRICTION_LOOP, FRICTION_REPEAT, FRICTION_ERROR, FRICTION_DROP };
struct journey_friction {
	str key;                   /* of the default table; else "wait 1" and so on */
	enum friction_kind kind;
	str stage;                 /* absent: that of its events */
	struct query_match events, ends;
	bool is_folded;            /* names of the table: case and separators do not matter */
	int times;
	int64_t within_ms;
};
struct journey_value { /* money from a property; none named: from the workspace's orders */
	struct query_match events;
	str property;
};
struct query_journey {
	size_t n_stages, n_frictions;
	struct journey_stage stages[JOURNEY_MAX_STAGES]; /* none: the default */
	struct journey_friction frictions[JOURNEY_MAX_FRICTIONS];
	str complete;              /* the stage that completes the journey; absent: "purchase", else the last one that is heard */
	str score_property;        /* "score" */
	struct query_match scores; /* none named: every event that has one */
	struct query_match contacts;
	struct journey_value revenue, refund;
	str currency;              /* of the orders whose money is counted; absent: the one that leads */
	int64_t silent_ms;         /* after which who left is lost */
	int64_t repeat_ms;         /* a contact so soon after another is a repeat */
	bool has_contact_cost;
	double contact_cost;
};

struct journey_touchpoint {
	uint16_t type;
	uint64_t events, customers;
};
struct journey_stage_answer {
	str name;
	uint64_t events, customers, entered, left, lost; /* entered, left: the journey's first, last stage; lost: left, silent, not completed */
	double within_median_ms, within_p90_ms;          /* of a visit: from its first touchpoint to its last; NaN without one */
	struct sample score;
	uint64_t contacts, repeats;
	size_t n_touchpoints;
	struct journey_touchpoint *touchpoints;          /* most first */
};
struct journey_step { /* from one stage to another */
	size_t from, to;
	uint64_t count, customers;
	double median_ms, p90_ms;
};
struct journey_friction_answer {
	const struct journey_friction *rule;
	str stage, events, ends;
	uint64_t exposed, customers, count, repeats; /* could have met it; did; how often; repeated contacts of theirs in the time after */
	uint64_t with, without;                      /* compared: customers whose time after is known, in groups that have both */
	double with_mean, without_mean;              /* net revenue in the time after, like with like */
	double money, low, high;                     /* NaN: not shown */
};
struct query_journey_answer {
	struct query_range range;
	uint64_t customers, events, completed;
	double contacts, repeats, channel_changes;   /* means of the completed journeys; NaN without one */
	size_t n_stages, n_steps, n_frictions, complete;
	struct journey_stage_answer *stages;
	struct journey_step *steps;
	struct journey_friction_answer *frictions;   /* the most money first, then the most customers */
	bool has_money;                              /* any revenue is known */
	str currency;                                /* of the money; absent: of no stated one */
	uint64_t other_sales;                        /* orders and refunds in other currencies, which it leaves out */
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_journey(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_journey_answer *out, struct fault *f) NODISCARD;
#endif
