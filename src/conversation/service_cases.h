/* service_cases.h: what service figures are made of: one case a response, or a solving.
 *
 * first_response   from the customer's first message that nobody had answered to the first answer of a person; programs' are left out.
 * next_response    from the oldest unanswered message of the customer to each answer after the first.
 * resolution       from the first message to the last solving, of conversations that are solved.
 * reopened         share of the solved ones that had been opened again.
 * first_contact    of the solved ones: the share that the customer wrote to once ("by replies"); of those whose seven days are over the share
 *                  without another conversation of the same contact within them ("by return"). A third, "asked", is of the survey question
 *                  "resolved", and so of no single conversation.
 * The range is of the answer, or of the solving. Business time is that of the calendar of the service level that fits; without one every
 * hour counts. In time is what was answered by its due time, of all that was answered with one or fell due unanswered within the range. */
#ifndef CONVERSATION_SERVICE_CASES_H
#define CONVERSATION_SERVICE_CASES_H
#include "base/interval.h"
#include "base/map.h"
#include "conversation/service_level.h"

enum service_measure { MEASURE_FIRST, MEASURE_NEXT, MEASURE_RESOLUTION, MEASURES_N };
enum service_by { BY_AGENT, BY_CHANNEL, BY_PRIORITY, BY_TOPIC, BY_LANGUAGE, BYS_N, BY_NOTHING = -1 };
extern const char *const SERVICE_BYS[]; /* "agent", …, NULL */
enum { SERVICE_RETURN_DAYS = 7 };

struct service_case {
	id conversation, person;
	int64_t from, to; /* to: DESC_NULL_INT where nobody answered, though it was due */
	str of[BYS_N];    /* topics: a line each */
	int64_t reopened, in_time /* DESC_NULL_INT: nothing was due */, asked, returned;
	int64_t business_ms;
};
struct service_cases {
	struct service_case *v;
	size_t n;
};
enum err service__cases(struct op *op, enum service_measure m, int64_t from, int64_t to, struct service_cases *out) NODISCARD;

struct service_sum {
	str name;
	bool is_own; /* of whoever asks */
	VEC(double) took, business; /* seconds */
	int64_t n, reopened, once, over, stayed, due, met;
};
struct service_sums {
	struct service_sum all;
	VEC(struct service_sum) groups; /* one's own first, then the largest */
};
/* by: BY_NOTHING: no groups. A conversation of several topics is counted under each. */
void service__sum(struct op *op, const struct service_cases *cases, enum service_by by, struct service_sums *out);
/* Type 7, in seconds; NaN of none. Sorts. */
double service__percentile(double *v, size_t n, double p);
#endif
