/* question.h: a question of the events, with the workspace's people, zone and filing. */
#ifndef PULSE_QUESTION_H
#define PULSE_QUESTION_H
#include "consent/consent.h"
#include "customer/people.h"
#include "http/web.h"
#include "query/query.h"

/* What conditions ask of the records, read as the op. */
struct question_records {
	struct op *op;
	const struct people_view *people;
};
struct query_records question_records(struct question_records *records); /* lives as long as what is given */
/* What a question is asked with; close it on every way out. */
enum err question_open(struct op *op, enum purpose purpose, struct query_context *ctx, const struct people_view **people) NODISCARD;
void question_close(struct op *op, struct query_context *ctx, const struct people_view *people);
/* Asked for analysis; the answer's JSON in the op's arena. */
enum err question_answer(struct op *op, str json, str *answer) NODISCARD;
enum err question_post(struct op *op, struct web *w, struct answer *a) NODISCARD; /* POST /query */
#endif
