/* words.h: the table that tools/words.py makes from i18n/: the languages and their texts. All languages share one
 * sorted list of keys, so a text is found once and picked by its number. */
#ifndef I18N_WORDS_H
#define I18N_WORDS_H
#include "base/str.h"

struct lang {
	str code, own_name, calendar, zone, currency;
	const char *icu; /* "zh_Hant" */
	bool is_rtl;
	bool is_on;       /* its texts are complete; otherwise texts are the English ones and lang_find does not know it */
	const str *texts; /* words_n of them */
};
extern const size_t words_n, words_n_langs;
extern const str words_keys[];
extern const struct lang words_langs[]; /* [0] is en */
#endif
