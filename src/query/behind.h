/* behind.h: the customers behind a number of an answer. `members` of a question says which number; whoever counts for it is
 * marked on the way, by whichever worker meets them, and the answer lists them. One mechanism for every kind: a kind has rows
 * in FIELDS (behind.c) that tell its numbers apart, and marks. The fields: docs/questions.md. */
#ifndef QUERY_BEHIND_H
#define QUERY_BEHIND_H
#include "query/query.h"

enum { BEHIND_MAX_EVENTS = 100, BEHIND_MAX_MEMBERS = 10000, BEHIND_MAX_DEEP = 2 };
enum behind_flag { BEHIND_ANY, BEHIND_NO, BEHIND_YES };
enum behind_way { BEHIND_IN, BEHIND_ENTERED, BEHIND_LEFT, BEHIND_LOST, BEHIND_CONTACTS, BEHIND_SCORES, BEHIND_WAYS };
struct query_behind {
	/* which number; what is not asked is any */
	bool has_by;
	struct query_value by;
	str time, start, end, from, to, again, repeated, candidate, stage, friction; /* absent = not asked */
	str *events;
	size_t n_events;
	bool has_events, has_cell, has_longer;
	int64_t cell, step;                        /* step 0: not asked */
	double longer_s;
	enum behind_flag reached, back, ended, had;
	enum behind_way way;
	/* which of its customers */
	uint32_t cursor;                           /* behind this one */
	size_t limit;
	/* who: a bit a customer, shared by all workers */
	_Atomic uint64_t *marks;
	uint32_t n_customers;
};

struct query_times;
/* Room for the marks of this view's customers; of a question without members nothing happens. */
void query__behind_begin(const struct query_context *ctx, const struct query *q, struct arena *a);
static inline void query__behind(const struct query *q, uint32_t customer)
{
	struct query_behind *b = q->members;
	if (customer && customer <= b->n_customers) atomic_fetch_or_explicit(&b->marks[customer / 64], UINT64_C(1) << customer % 64, memory_order_relaxed);
}
static inline bool query__is_behind(const struct query_behind *b, uint32_t customer)
{
	return customer && customer <= b->n_customers && b->marks[customer / 64] >> customer % 64 & 1;
}
/* Asks the question for its marks alone, which live in the arena. */
enum err query__find_behind(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_behind *out, struct fault *f) NODISCARD;
/* The interval of that name; ERR_INVALID names the field. *out SIZE_MAX when none is asked. */
enum err query__behind_interval(const struct query_context *ctx, const struct query *q, const struct query_times *times, str asked, const char *field, size_t *out, struct arena *a,
	struct fault *f) NODISCARD;
#endif
