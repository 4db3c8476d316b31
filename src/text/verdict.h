/* verdict.h: a reading in the form that records keep: names, a line each where there may be several. */
#ifndef TEXT_VERDICT_H
#define TEXT_VERDICT_H
#include "base/str.h"

struct arena;
struct text_own;
struct text_verdict {
	str language;  /* ISO 639; und when nothing tells */
	str sentiment; /* pos, neg, neu; absent where no model reads the language */
	str topics;    /* names, each with a line's end */
	str signals;   /* kind/name of what is felt, how hard and urgent it is, what is asked for, each with a line's end */
	str why;       /* the words that led there, each with a line's end */
	double score;  /* of the sentiment, -1 to 1; NaN without one */
};
/* own may be NULL. What out holds lives in the arena. */
void text_judge(struct arena *a, str text, const struct text_own *own, struct text_verdict *out);
#endif
