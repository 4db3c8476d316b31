/* feature.h: what of a folded text is looked at: sequences of letters and of words, each as a number of 32 bits. */
#ifndef TEXT_FEATURE_H
#define TEXT_FEATURE_H
#include "text/fold.h"

/* Which sequences. Kept in a model's file, so that it reads texts as it was taught. */
struct recipe {
	uint8_t letters_least, letters_most; /* of 0 to 0: none */
	uint8_t words_most;                  /* 1: words, 2: also pairs; 0: none */
};
enum { LETTERS_MOST = 8, WORDS_MOST = 3 };

struct feature {
	uint32_t hash;
	uint32_t from, to; /* the folded code points it covers */
};
/* Every one with its place, equal ones as often as they stand there; owned by the arena. */
struct feature *features_of(struct arena *a, const struct recipe *r, const struct folded *text, size_t *n);
#endif
