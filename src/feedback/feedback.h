/* feedback.h: answers to surveys as records: one row an answer, tied to what was asked, to whom, when and where. Derived from
 * touchpoints (Survey Answered), which stay the truth: figures are asked of the events (query kinds score and drivers), rows
 * are for reading, searching and giving out. Invariant: an answer that no purpose allows, or whose customer was erased, has none. */
#ifndef FEEDBACK_FEEDBACK_H
#define FEEDBACK_FEEDBACK_H
#include "events/events.h"
#include "op/op.h"

/* Whether the event is an answer. */
bool feedback_is_answer(str event);

/* What a batch of records remembers of the questions it has put. */
struct feedback_batch;
struct feedback_batch *feedback_batch_new(struct op *op);
/* A touchpoint that is an answer → its row; the same one again changes nothing. One without a question, or without a value, is passed over. */
enum err feedback_apply(struct op *op, struct feedback_batch *b, const struct events_record *r) NODISCARD;
enum err feedback_forget_import(struct op *op, int64_t import) NODISCARD;
enum err feedback_forget_subject(struct op *op, uint32_t subject) NODISCARD;

/* Answers to an anonymous survey are shown where so many stand together; of other questions (absent: of any) *least is 0. */
enum { FEEDBACK_GROUP_LEAST = 8 };
enum err feedback_least(struct op *op, str question, int64_t *least) NODISCARD;

/* The questions that were answered, in the order of their first answer. */
struct feedback_question {
	str id, survey, type, wording; /* survey and wording absent unless sent */
	double scale_min, scale_max;   /* NaN: none was sent */
};
enum err feedback_questions(struct op *op, struct feedback_question **out, size_t *n) NODISCARD;
#endif
