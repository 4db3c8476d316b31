/* survey.h: answers to surveys among the events, for the kinds score and drivers. An answer is an event Survey Answered with
 * the properties of QUERY__ANSWER_NAMES; its number is `number`, else `value`. */
#ifndef QUERY_SURVEY_H
#define QUERY_SURVEY_H
#include "base/rating.h"
#include "query/inner.h"
#include "query/survey_event.h"

enum answer_sent { SENT_NUMBER, SENT_VALUE, SENT_SCALE_MIN, SENT_SCALE_MAX, SENT_WEIGHT, SENT_COUNT };
extern const str QUERY__ANSWER_NAMES[SENT_COUNT]; /* what a plan's wants have as `own`, first */

struct answer {
	double number, weight; /* 1 where none was sent */
	bool has_scale, has_weight;
	struct rating_scale scale;
};
/* Of the row; false when it has no number. */
bool query__answer(const struct query_plan *p, uint32_t part, uint32_t row, struct answer *out);
/* Survey Answered whose property is one of the texts. */
struct query_match query__answers_where(struct arena *a, str property, const str *texts, size_t n);
#endif
