/* paths_inner.h: what paths.c and paths_strip.c share; nobody else includes it. */
#ifndef QUERY_PATHS_INNER_H
#define QUERY_PATHS_INNER_H
#include "query/hashed.h"
#include "query/paths.h"
#include "query/walk.h"

struct paths_entry {
	uint32_t group, n;
	const uint16_t *types;
};
struct paths_worker {
	const struct query_walk *walk;
	struct query_judge *judge;
	struct query_plan *plan;
	const struct query *q;
	const struct query_paths *p;
	struct arena arena;
	const struct query_matcher *start, *end; /* NULL: not asked */
	struct line_wants want;
	struct query_line line;
	struct query_strip strip;
	struct paths_bits *cut;  /* owned by paths_strip.c */
	struct query_groups *by;
	struct hashed seen;      /* first: place in entries */
	uint32_t bits;           /* of a code in a path's key; 0: paths do not fit, so keys are hashes */
	uint64_t ahead[HASHED_AHEAD]; /* the last paths, as 1 + what they pack to; 0: none */
	size_t n_ahead;
	struct paths_entry *entries;
	size_t n_entries, cap_entries;
	uint64_t n, customers, unfinished, too_long;
	struct query_tally_out left_out;
	uint32_t customer;       /* in hand */
	uint32_t asked_group, asked_from, asked_to, asked[BEHIND_MAX_EVENTS]; /* of members, as codes */
};

/* Counts a path by its key (see pack). */
bool paths__count_soon(struct paths_worker *w, uint64_t packed);
/* paths_strip.c: sessions from their first start, where rows lie. What their slices bring ready is asked of the plan here, and
 * nothing for other questions; then false of a customer: by line. */
void paths__unpack(struct query_walk *k, const struct query *q, uint32_t bits_of_code);
bool paths__by_strip(struct paths_worker *w, uint32_t customer, const struct query_slice *slices, size_t n);
struct paths_bits *paths__bits_new(struct arena *a);
void paths__bits_free(struct paths_bits *b);
#endif
