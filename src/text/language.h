/* language.h: in which language and script a text is written. */
#ifndef TEXT_LANGUAGE_H
#define TEXT_LANGUAGE_H
#include "text/fold.h"

enum { LANGUAGE_BYTES = 12 };
struct language {
	char code[LANGUAGE_BYTES]; /* BCP 47 without script: en, th, zh, el, fa, de, …; und when nothing tells */
	char script[5];            /* ISO 15924: Latn, Thai, Hans, Hant, Grek, Arab, Jpan, Kore, …; Zyyy without letters */
};
/* source is the text that was folded. Greek and Persian in Latin letters are told (el and fa with Latn). */
void language_of(str source, const struct folded *text, struct language *out);
/* Reads the words that tell them apart (models/words/latin.tsv); called once, before threads. */
void language_init(str words);
#endif
