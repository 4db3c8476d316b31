/* anonymous.h: what may be seen of answers to anonymous surveys: batches of at least eight. Within a group (one team, place and kind of
 * staff) answers are taken in the order in which they came; eight submissions make a batch, and those after the last whole one wait.
 * Invariant: a batch never changes once it is whole, and every figure is of whole batches, so the difference of any two figures,
 * of now and later too, is of at least eight. Why so: DESIGN.md. */
#ifndef QUERY_ANONYMOUS_H
#define QUERY_ANONYMOUS_H
#include "base/rating.h"
#include "query/query.h"

enum { QUERY_ANONYMOUS_LEAST = 8, QUERY_ANONYMOUS_GROUP_COUNT = 3 };
extern const char *const QUERY_ANONYMOUS_GROUPS[QUERY_ANONYMOUS_GROUP_COUNT]; /* properties: team, place, staff */

struct anonymous_answer {
	str group[QUERY_ANONYMOUS_GROUP_COUNT]; /* "" where none was said */
	str submission;   /* absent: one of its own */
	uint64_t arrival;
	int64_t time_ms;  /* of one that is seen: that of the middle of its batch */
	uint64_t batch;   /* within its group, from 0 */
	double number, weight;
	struct rating_scale scale;
	bool has_scale;
};
/* Puts those that may be seen to the front and says how many they are. Pure. */
size_t query__anonymous_batches(struct arena *a, struct anonymous_answer *v, size_t n);

struct anonymous_answers {
	struct anonymous_answer *v; /* that may be seen */
	size_t n, held_back;
};
/* Numbers that were answered to a question. */
enum err query__anonymous(const struct query_context *ctx, str question, struct arena *a, struct anonymous_answers *out, struct fault *f) NODISCARD;
/* Whether a question of the answers may be put to those of anonymous surveys: by nothing, or by one of the groups, and without conditions.
 * *group: which; -1: none. */
bool query__anonymous_may(const struct query *q, int *group);
#endif
