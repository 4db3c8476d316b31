/* journey_inner.h: what journey.c and friction.c share; nobody else includes it. */
#ifndef QUERY_JOURNEY_INNER_H
#define QUERY_JOURNEY_INNER_H
#include "query/inner.h"
#include "query/journey.h"

#define FRICTION_AFTER_MS (90 * INT64_C(86400000))
enum { FRICTION_PIECES = 256, FRICTION_BANDS = 16, NO_STAGE = 0xff };

struct frictions; /* of a question: rules by type of event */
struct meeting;   /* of a worker */

/* What a customer paid: net, ascending in time. */
struct payment {
	int64_t time_ms;
	double net, before; /* before: the sum of all that came earlier */
};
/* The customer in hand, walked once. */
struct friction_case {
	uint32_t customer, n;
	const int64_t *time_ms;
	const uint16_t *type;
	const uint8_t *stage_of;      /* by type */
	const int64_t *stage_first;   /* by stage: INT64_MAX = never in it */
	const int64_t *repeat_ms;     /* times of repeated contacts */
	size_t n_repeats;
	const struct payment *money;
	size_t n_money;
};
struct frictions *frictions_new(struct query_plan *p, const struct query_journey *j, const uint8_t *stage_of, const str *stages, size_t n_stages, int64_t known_until_ms);
void frictions_mark(const struct frictions *fr, uint8_t *codes); /* the types that any rule is about */
struct meeting *meeting_new(const struct frictions *fr, struct query_plan *p, struct arena *a);
uint64_t meeting_add(struct meeting *m, const struct friction_case *c); /* the frictions that the customer met, a bit each in order */
void meeting_merge(struct meeting *into, const struct meeting *from);
void frictions_out(const struct frictions *fr, const struct meeting *all, const struct query_journey *j, bool has_money, struct arena *a, struct query_journey_answer *out);
#endif
