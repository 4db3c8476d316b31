/* rules.h: the conditions of one question, compiled against its plan, and judged for one customer after another.
 *
 *	query__rules(&plan, q, &rules, f)            compiles `where`; traits, purposes and segments are looked up here
 *	query__matcher(rules, &q->start, &start, f)  a matcher; `where` of the question is part of it
 *	query__rules_want(rules, &want, &from, &to)  what the plan has to read for them, too; then query__parts
 *	query__rules_bind(rules)                     after query__parts
 *	query__judge_new(rules, &w->arena)           one a worker
 *	query__judge(j, customer, slices, n)         for each customer: NO = no event of theirs can match
 *	query__matches(j, &start, type, part, row)   an event of that customer
 *
 * A type of event that decides alone costs one look-up; customers' conditions are decided once a customer. */
#ifndef QUERY_RULES_H
#define QUERY_RULES_H
#include "query/condition.h"
#include "query/inner.h"

enum query_verdict { QUERY_NO, QUERY_YES, QUERY_MAYBE };
enum { RULES_MAX_DEEDS = 64 }; /* did and sequence in one question */

struct query_rules;
struct query_matcher {
	const uint8_t *codes; /* by type: QUERY_NO; QUERY_YES; QUERY_MAYBE: look closer. As codes of a line it lets pass what may match */
	uint32_t number;
};
/* ERR_INVALID names the condition that the workspace cannot decide: no such purpose, segment, … */
enum err query__rules(struct query_plan *p, const struct query *q, struct query_rules **out, struct fault *f) NODISCARD;
enum err query__matcher(struct query_rules *r, const struct query_match *m, struct query_matcher *out, struct fault *f) NODISCARD;
/* Of `where` alone. */
const struct query_matcher *query__where(const struct query_rules *r);
void query__rules_want(struct query_rules *r, struct query_wants *want, int64_t *from_ms, int64_t *to_ms);
/* Whether any condition asks what a customer did. */
bool query__rules_need_events(const struct query_rules *r);
enum err query__rules_bind(struct query_rules *r, struct fault *f) NODISCARD;

struct query_seen;
struct query_judge {
	struct query_rules *rules;
	uint8_t *verdicts; /* by matcher: of the customer in hand, whatever the event */
	uint8_t *facts;    /* by fact: of the customer in hand */
	uint32_t *counts;  /* by deed */
	int64_t *starts;   /* by deed, CONDITION_MAX_STEPS each: the latest start that reached the step */
	struct query_seen *seen; /* by rule: the rows looked at last */
	struct query_line line;
};
struct query_judge *query__judge_new(struct query_rules *r, struct arena *a);
void query__judge_free(struct query_judge *j);
enum query_verdict query__judge(struct query_judge *j, uint32_t customer, const struct query_slice *slices, size_t n);

bool query__holds(const struct query_judge *j, uint32_t matcher, uint32_t part, size_t row);
/* The event is the row, and of that type. */
static inline bool query__matches(const struct query_judge *j, const struct query_matcher *m, uint16_t type, uint32_t part, size_t row)
{
	uint8_t c = m->codes[type];
	if (c == QUERY_MAYBE) c = j->verdicts[m->number] == QUERY_MAYBE ? (uint8_t)query__holds(j, m->number, part, row) : j->verdicts[m->number];
	return c == QUERY_YES;
}
/* Whether `where` asks properties alone that rows next to each other share, so that it is judged by their runs: query__where_keep
 * makes 0 of the bytes of rows, from first up to end, that it does not hold of. */
bool query__where_is_of_runs(const struct query_rules *r);
void query__where_keep(const struct query_judge *j, uint32_t part, size_t first, size_t end, uint8_t *bytes);
/* Adds the types that the conditions ask customers' deeds of: what query__scan_types must not leave out. */
void query__rules_codes(const struct query_rules *r, uint8_t *codes);
/* Drops from the line what does not match. The line was filled with rows. */
void query__line_keep(struct query_line *l, const struct query_judge *j, const struct query_matcher *m);
#endif
