/* walk.h: what the kinds that walk customers' lines share: a question's conditions compiled, the parts read, and each
 * customer's line with what `where` leaves of it. */
#ifndef QUERY_WALK_H
#define QUERY_WALK_H
#include "query/rules.h"

struct query_walk { /* of a question */
	struct query_plan plan;
	struct query_rules *rules;
	struct query_range range;
	bool has_where, needs_rows; /* rows: to decide any condition */
	struct query_matcher *matchers; /* of the matches given, in their order */
};
/* Compiles `where` and the matches (that of the question is part of each), reads the parts of the range and of what is
 * wanted. One that is not given (no name, no condition) matches every event that `where` leaves. */
enum err query__walk_open(struct query_walk *k, const struct query_context *ctx, const struct query *q, const struct query_match *const *matches, size_t n, struct query_wants *want,
	struct arena *scratch, struct fault *f) NODISCARD;
/* The types that any of the matchers, or for n = 0 `where`, may match: codes for a line; NULL when it is all. */
const uint8_t *query__walk_codes(const struct query_walk *k, const struct query_matcher *matchers, size_t n);
/* query__scan_types for lines of these codes, and of the types that conditions ask of what customers did. */
enum err query__walk_scan(struct query_walk *k, const uint8_t *codes, query_visit *visit, void **states, size_t n_states, struct fault *f) NODISCARD;
/* The line of a customer; false: there is nothing to walk. */
bool query__walk(const struct query_walk *k, struct query_judge *j, struct query_line *l, uint32_t customer, const struct query_slice *slices, size_t n, const struct line_wants *want);
/* The same, of nobody too. */
bool query__walk_anyone(const struct query_walk *k, struct query_judge *j, struct query_line *l, uint32_t customer, const struct query_slice *slices, size_t n, const struct line_wants *want);

static inline bool query__is_given(const struct query_match *m)
{
	return m->n || m->where;
}
static inline bool query__is_at(const struct query_judge *j, const struct query_matcher *m, const struct query_line *l, uint32_t i)
{
	uint8_t c = m->codes[l->type[i]];
	return c == QUERY_MAYBE ? query__matches(j, m, l->type[i], l->part[i], l->row[i]) : c == QUERY_YES;
}
#endif
