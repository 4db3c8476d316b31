/* flow_inner.h: what the files of flows share; nobody else includes it. */
#ifndef QUERY_FLOW_INNER_H
#define QUERY_FLOW_INNER_H
#include "base/vec.h"
#include "query/flow.h"
#include "query/hashed.h"
#include "query/spread.h"
#include "query/swing.h"
#include "query/walk.h"

struct flow_walk { /* the case in hand */
	uint32_t n;
	const int64_t *time_ms;
	const uint16_t *type, *channel;
};
struct flow_asked { /* of members, as codes: NONE what is not asked, UNKNOWN what was never heard */
	uint32_t from, to, start, end, again, repeated;
	uint32_t events[BEHIND_MAX_EVENTS];
};

struct flow_counted { /* how often it came is known by the spread */
	uint64_t cases, last_case;
};
struct flow_ends {
	uint64_t back, back_cases, last_back;
	uint16_t from, to;
};
struct flow_kind {
	uint64_t cases, starts, ends, rework_cases, repeats, repeat_cases, last_repeat;
};
struct flow_captured { /* of a variant that is listed */
	uint64_t key;
	uint32_t n;
	uint16_t *types;
};
struct flow_worker {
	const struct query_walk *walk;   /* its one matcher: of events */
	struct query_judge *judge;
	struct query_plan *plan;
	const struct query *q;
	const struct query_flow *f;
	struct flow_asked asked;
	struct arena arena;
	const uint8_t *is_contact;
	struct line_wants want;
	struct query_line line;
	struct query_strip strip;
	uint16_t *wide;                  /* its types; owned, of cap_wide */
	size_t cap_wide;
	uint32_t **row;                  /* by type before: by type after, 1 + number of the edge */
	VEC(struct flow_counted) edges;
	VEC(struct flow_ends) ends_of;        /* by edge */
	struct spread spread;            /* by edge */
	struct flow_kind *kinds;              /* by type */
	uint64_t *seen, *seen_again;     /* a bit a type: in the case in hand */
	struct hashed variants;          /* first: a customer that took it */
	struct query_groups *case_values;
	struct swings swings;
	uint64_t case_number, cases, customers, events;
	struct query_tally_out left_out;
	/* cases by property: the events of the customer in hand, case after case */
	uint32_t *case_of, *order, *ends; /* all of cap */
	int64_t *case_time;
	uint16_t *case_type, *case_channel;
	size_t cap;
	uint32_t *local;                 /* by value: 1 + number of the case within the customer */
	size_t n_local;
	/* of variants that are listed: by the first worker, customers that took them once more */
	struct flow_captured *captured;
	size_t n_captured;
	/* second pass */
	const struct flow_worker *sum;        /* of all workers: a worker meets other customers the second time, and other pairs */
	struct spread *all;
};

/* Numbers from 1; FLOW_NO_EDGE: out of memory. */
enum { FLOW_NO_EDGE = 0 };
uint32_t flow__new_edge(struct flow_worker *w, uint16_t from, uint16_t to);
static inline uint32_t flow__edge(struct flow_worker *w, uint16_t from, uint16_t to)
{
	const uint32_t *row = w->row[from];
	return row && row[to] != FLOW_NO_EDGE ? row[to] : flow__new_edge(w, from, to);
}
void flow__count_back(struct flow_worker *w, uint32_t edge);
void flow__count_kinds(struct flow_worker *w, size_t word, uint64_t seen, uint64_t again);
void flow__count_repeat(struct flow_worker *w, uint16_t type);
void flow__count_variant(struct flow_worker *w, uint32_t customer, const uint16_t *types, uint32_t n);
/* flow_strip.c: cases that are customers, where rows lie. What their slices bring ready is asked of the plan here, and nothing for
 * other questions; then false of a customer: by line. */
void flow__unpack(struct query_walk *k, const struct query *q);
bool flow__by_strip(struct flow_worker *w, uint32_t customer, const struct query_slice *slices, size_t n);

struct flow_asked flow__asked(struct query_plan *p, const struct query_behind *m);
bool flow__is_asked(const struct flow_asked *x, const struct query *q, const uint8_t *is_contact, const struct flow_walk *c);
#endif
