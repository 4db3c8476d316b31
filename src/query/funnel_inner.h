/* funnel_inner.h: what the two files of funnels share: funnel_chains.c walks one customer, funnel.c all of them. */
#ifndef QUERY_FUNNEL_INNER_H
#define QUERY_FUNNEL_INNER_H
#include "query/funnel.h"
#include "query/spread.h"
#include "query/walk.h"

enum { FIRST_EXCLUSION = FUNNEL_MAX_STEPS };
struct funnel_chain {
	uint64_t unit;                     /* whose it is */
	bool has_own_by;                   /* see by_of_start */
	uint32_t own_by;
	uint32_t counted;                  /* see note_steps: a bit a step that counts; index: the event that reached it first, at: how long that took */
	/* By step, from 1 on; this order: of the chain that reached the step; any: when the step was seen last. 0: the event in hand. */
	int64_t start[FUNNEL_MAX_STEPS + 1];
	uint32_t by[FUNNEL_MAX_STEPS];     /* the group of that start */
	uint32_t index[FUNNEL_MAX_STEPS];  /* strict: the event that reached it */
	/* the attempt in hand */
	uint32_t bits, next;               /* steps reached; strict: the event it must go on with */
	int level;
	int64_t at[FUNNEL_MAX_STEPS];
};
struct funnel_cell { /* of a group and a step */
	uint64_t units, customers, last_unit;
	uint32_t last_customer;
};
struct funnel_masks { /* by type: a bit a step, and a bit an exclusion */
	uint32_t *may;   /* match it */
	uint32_t *maybe; /* those of them that have to be looked at closer; NULL: none */
};
struct funnel_worker {
	const struct query_walk *walk;
	struct query_judge *judge;
	struct query_plan *plan;
	const struct query *q;
	const struct query_funnel *f;
	struct arena arena;
	const struct funnel_masks *masks;
	struct line_wants want;
	struct query_line line;
	struct query_strip strip;
	struct funnel_bits *bits;
	struct query_groups *by, *hold;
	uint32_t *held_as;                 /* by code of a channel: 1 + its value held; 0: not known yet, or none */
	bool groups_by_held;               /* `by` is what is held, and events tell it alone */
	struct funnel_chain *chains;              /* by value held */
	size_t n_chains;
	uint32_t *touched;                 /* values that the customer in hand has chains of; not of sessions */
	size_t n_touched;
	struct funnel_cell *cells;                /* n_steps over all, then n_steps a group */
	size_t n_groups;                   /* of cells, without that over all */
	struct spread spread;              /* by cell */
	uint64_t unit, voided;
	uint32_t customer, wanted_group;
	struct query_tally_out left_out;
	/* second pass */
	struct spread *all;
	uint32_t *global;                  /* by group: its number over all workers; a worker meets other customers this time */
	size_t n_global;
	/* a pass of its own, for the values past `top`, which share a group */
	const bool *is_top;                /* by group over all workers */
	struct funnel_cell other[FUNNEL_MAX_STEPS];
	struct spread other_spread;        /* by step */
};

/* Cells for n groups; false: out of memory. */
bool funnel__room(struct funnel_worker *w, size_t n);
/* The unit in hand has reached the step; group 0 is over all. */
void funnel__count(struct funnel_worker *w, size_t group, size_t step, int64_t took_ms);
/* funnel_bits.c: the plainest funnels. What their slices bring ready is asked of the plan here, and nothing for others; then
 * false of a customer: by line. */
void funnel__unpack(struct query_walk *k, const struct query *q, const struct funnel_masks *masks);
bool funnel__by_bits(struct funnel_worker *w, uint32_t customer, const struct query_slice *slices, size_t n);
struct funnel_bits *funnel__bits_new(struct arena *a);
void funnel__bits_free(struct funnel_bits *b);
/* A query_visit. */
void funnel__visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n);
#endif
