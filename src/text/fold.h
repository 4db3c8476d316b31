/* fold.h: a text as the models see it: one spelling for what readers take as the same. Width, case, accents, final sigma,
 * Arabic and Persian letters and digits, Traditional and Simplified characters become one; invisible characters go; white
 * space becomes one space, and stands at both ends; stretched letters are cut to two, a Thai laugh of fives to three.
 * Any bytes may come in: a malformed one counts as a symbol. Thread safe. */
#ifndef TEXT_FOLD_H
#define TEXT_FOLD_H
#include "base/str.h"

enum script { SCRIPT_COMMON, SCRIPT_LATIN, SCRIPT_THAI, SCRIPT_GREEK, SCRIPT_ARABIC, SCRIPT_HAN, SCRIPT_KANA, SCRIPT_HANGUL, SCRIPT_CYRILLIC, SCRIPT_OTHER, SCRIPTS };
enum fold_class { FOLD_SYMBOL, FOLD_SPACE, FOLD_LETTER };

struct folded {
	uint32_t *c;  /* code points */
	uint32_t *at; /* where in the text each comes from, in bytes; at[n] is the text's length */
	unsigned char *class; /* enum fold_class */
	size_t n;
	uint32_t scripts[SCRIPTS];        /* letters of each, before folding */
	uint32_t simplified, traditional; /* Han characters that stand in only one of the two */
	uint32_t bopomofo;
	uint32_t first_other;             /* a letter of SCRIPT_OTHER, 0 without one */
};

/* out's arrays live in the arena. */
void fold(struct arena *a, str text, struct folded *out);
#endif
