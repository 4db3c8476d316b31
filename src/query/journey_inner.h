/* journey_inner.h: what journey.c and friction.c share; nobody else includes it. */
#ifndef QUERY_JOURNEY_INNER_H
#define QUERY_JOURNEY_INNER_H
#include "query/inner.h"
#include "query/journey.h"
#include "query/walk.h"

#define FRICTION_AFTER_MS (90 * INT64_C(86400000))
enum { FRICTION_PIECES = 256, FRICTION_BANDS = 16, NO_STAGE = 0xff };
_Static_assert(JOURNEY_MAX_STAGES <= 32 && JOURNEY_MAX_FRICTIONS <= 64, "a bit each");

struct frictions; /* of a question: rules by type of event */
struct meeting;   /* of a worker */

/* What a customer paid: net, ascending in time. */
struct payment {
	int64_t time_ms;
	double net, before; /* before: the sum of all that came earlier */
};
/* The customer in hand, walked once. */
struct friction_case {
	uint32_t customer;
	const struct query_judge *judge;
	const struct query_line *line;
	const int64_t *stage_first;   /* by stage: INT64_MAX = never in it */
	const int64_t *repeat_ms;     /* times of repeated contacts */
	size_t n_repeats;
	const struct payment *money;
	size_t n_money;
};
/* What a stage, or a rule's beginning or end, is made of: by type, and where that does not decide by a matcher. */
struct journey_matches {
	uint32_t stages[JOURNEY_MAX_STAGES]; /* places among the walk's matchers, plus one; 0: the type alone decides */
	uint32_t begins[JOURNEY_MAX_FRICTIONS], ends[JOURNEY_MAX_FRICTIONS];
	const struct query_matcher *matchers;
};
enum { JOURNEY_LOOK_CLOSER = 0xfe };
struct journey_stages { /* of events */
	const uint8_t *of_type;           /* NO_STAGE, JOURNEY_LOOK_CLOSER, or the stage */
	const uint32_t *may_be_in;        /* by type, a bit a stage */
	struct journey_matches matches;
};
/* What has a condition, in the order of the walk's matchers. */
size_t journey_list_matches(const struct query_journey *j, struct journey_matches *places, const struct query_match **out);
size_t journey_stage_names(const struct query_context *ctx, const struct query_journey *j, str *names);
/* Fills of_type and may_be_in; an event of several stages is of the first. */
void journey_find_stages(const struct query_plan *p, const struct query_journey *j, const str *names, size_t n, struct journey_stages *out);
/* As asked, else "purchase" if anything of it is there, else the last stage that has anything; n: none. */
size_t journey_complete_stage(const struct query_plan *p, const struct query_journey *j, const str *names, size_t n, const uint32_t *may_be_in);

/* may_be_in: by type, a bit a stage. */
struct frictions *frictions_new(struct query_plan *p, const struct query_journey *j, const struct journey_matches *matches, const uint32_t *may_be_in, const str *stages, size_t n_stages, int64_t known_until_ms);
void frictions_mark(const struct frictions *fr, uint8_t *codes); /* the types that any rule may be about */
/* Whether any rule is about the event. */
bool frictions_have(const struct frictions *fr, const struct query_judge *judge, const struct query_line *l, uint32_t i);
struct meeting *meeting_new(const struct frictions *fr, struct query_plan *p, struct arena *a);
uint64_t meeting_add(struct meeting *m, const struct friction_case *c); /* the frictions that the customer met, a bit each in order */
void meeting_merge(struct meeting *into, const struct meeting *from);
void frictions_out(const struct frictions *fr, const struct meeting *all, const struct query_journey *j, bool has_money, struct arena *a, struct query_journey_answer *out);
#endif
