/* feedback.h: answers to surveys as records: one row an answer, tied to what was asked, to whom, when and where. Derived from
 * touchpoints (Survey Answered), which stay the truth: figures are asked of the events (query kinds score and drivers), rows
 * are for reading, searching and giving out. Invariant: an answer that no purpose allows, or whose customer was erased, has none. */
#ifndef FEEDBACK_FEEDBACK_H
#define FEEDBACK_FEEDBACK_H
#include "events/events.h"
#include "op/op.h"

/* Whether the event is an answer. */
bool feedback_is_answer(str event);
/* Whether an answer of these properties has a row, or may have none elsewhere: it names its question, or is anonymous. What
 * somebody wrote beside a score is in no such row. */
struct json_node;
bool feedback_reads(const struct json_node *properties);
bool feedback_is_of_survey(str event); /* or the end of one */

/* What a batch of records remembers of the questions it has put. */
struct feedback_batch;
struct feedback_batch *feedback_batch_new(struct op *op);
/* A touchpoint that is an answer → its row; the same one again changes nothing. One without a question, or without a value, is passed over. */
enum err feedback_apply(struct op *op, struct feedback_batch *b, const struct events_record *r) NODISCARD;
enum err feedback_forget_import(struct op *op, int64_t import) NODISCARD;
enum err feedback_forget_subject(struct op *op, uint32_t subject) NODISCARD;

/* The questions that were answered, in the order of their first answer. */
struct feedback_question {
	str id, survey, type, wording; /* survey and wording absent unless sent; the wording in the reader's language where the survey has it */
	double scale_min, scale_max;   /* NaN: none was sent */
	bool is_of_staff;              /* those who serve answered it, by the links of their teams */
	int64_t answers;               /* counted to 300; 0 of anonymous surveys when asked for those alone */
};
enum err feedback_questions(struct op *op, struct feedback_question **out, size_t *n) NODISCARD;
/* Those of anonymous surveys alone. */
enum err feedback_anonymous_questions(struct op *op, struct feedback_question **out, size_t *n) NODISCARD;
/* *wording, in which somebody answered, becomes that of the same version in the reader's language when the survey is ours. No version: an
 * anonymous answer keeps none, and has the words of today. known: what was read of surveys before, NULL at first. */
struct feedback_version;
enum err feedback_wording(struct op *op, struct feedback_version **known, str survey, str version, str question, str *wording) NODISCARD;
/* How often each answer in words was given to a question of an anonymous survey, by group; those that may be seen, the most frequent first. */
struct feedback_choice {
	str team, place, staff, text;
	int64_t n;
};
enum err feedback_choices(struct op *op, str question, struct feedback_choice **out, size_t *n) NODISCARD;
#endif
