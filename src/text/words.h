/* words.h: the words of a text as people see them: between spaces and signs, in Thai, Chinese and Japanese by ICU's
 * dictionaries. */
#ifndef TEXT_WORDS_H
#define TEXT_WORDS_H
#include "text/fold.h"

struct span {
	uint32_t from, to; /* bytes of the source */
};
/* A letter of a script that is written without spaces. */
bool words_are_joined(uint32_t c);
/* In order, owned by the arena; signs and spaces are left out. */
struct span *words_of(struct arena *a, const struct folded *text, str source, size_t *n);
#endif
