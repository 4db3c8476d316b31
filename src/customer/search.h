/* search.h: the words by which customers are found: made from names and identities, matched by their beginnings.
 * Folded (case, accents, digits and the letters that keyboards write differently are one), so both databases match alike. */
#ifndef CUSTOMER_SEARCH_H
#define CUSTOMER_SEARCH_H
#include "op/op.h"

enum { SEARCH_WORDS = 4, SEARCH_WORD_BYTES = 128 };

/* The first SEARCH_WORDS words of a question, each as the range from ≤ word < to of what begins with it. */
struct search_words {
	struct {
		str from, to;
	} v[SEARCH_WORDS];
	size_t n;
};
void search_read(struct arena *a, str question, struct search_words *out);

/* Adds the words of a text, separated by blanks, to `words` (each once): what blanks separate, and the words that a
 * dictionary finds within (王小明 is found by 小明). */
struct buf;
void search_add(struct arena *a, struct buf *words, str text);
/* Makes `words` those of the customer, unless they are already. */
enum err search_put(struct op *op, id customer, str words) NODISCARD;
#endif
