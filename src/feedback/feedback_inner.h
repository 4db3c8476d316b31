/* feedback_inner.h: what the files of src/feedback share; nobody else includes it. */
#ifndef FEEDBACK_INNER_H
#define FEEDBACK_INNER_H
#include "feedback/feedback.h"

/* The wordings of questions of our own surveys become those of the reader's language. */
enum err feedback__reword(struct op *op, struct feedback_question *v, size_t n) NODISCARD;
#endif
