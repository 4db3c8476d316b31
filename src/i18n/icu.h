/* icu.h: ICU's formatters, made when first needed and kept per thread. Shared by the files of this folder only. */
#ifndef I18N_ICU_H
#define I18N_ICU_H
#include <unicode/utypes.h>

#include "i18n/words.h"

struct UFormattedNumber;
enum icu_kind { ICU_NUMBER, ICU_DATE, ICU_TIME, ICU_CLOCK, ICU_MONTH, ICU_RELATIVE, ICU_LIST, ICU_PLURAL, ICU_ORDINAL };

/* A formatter of this thread, or NULL when ICU has none. `detail` tells formatters of one kind apart: a number
 * skeleton for ICU_NUMBER ("currency/GBP"), a calendar for ICU_DATE and ICU_TIME ("persian"). */
void *icu__get(enum icu_kind kind, const struct lang *l, str detail);
/* This thread's room for a formatted number, overwritten by the next; NULL when ICU gives none. */
struct UFormattedNumber *icu__number_result(void);
/* UTF-16 as a str in the arena; n < 0: up to NUL. */
str icu__utf8(struct arena *a, const UChar *wide, int32_t n);
/* UTF-8 as UTF-16 in the arena, ending in NUL. */
UChar *icu__utf16(struct arena *a, str s, int32_t *n);
#endif
