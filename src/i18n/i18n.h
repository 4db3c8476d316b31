/* i18n.h: words and formats of the languages. Catalogues (i18n/<lang>.json, ICU MessageFormat texts) are embedded
 * at build. Everything here is ICU behind our own names; formatters are cached per thread. */
#ifndef I18N_I18N_H
#define I18N_I18N_H
#include "base/err.h"
#include "json/desc.h"

struct zone;
struct lang; /* one of the embedded catalogues; static */

/* How a reader wants things shown. Cheap to copy. */
struct locale {
	const struct lang *lang;
	const struct zone *zone; /* never NULL */
	str calendar;            /* "gregorian", "buddhist", "persian"; absent = the language's custom */
	str currency;            /* of amounts that carry none */
};

/* Once at start: gives src/json the English texts of messages. */
void i18n_init(void);

const struct lang *lang_find(str code);     /* "en", "zh-Hant", also "zh-TW", "fa-IR"; NULL when not served */
const struct lang *lang_at(size_t i);       /* 0.. in menu order, NULL past the end */
const struct lang *lang_best(str accept_language_header); /* never NULL: en at last */
str lang_code(const struct lang *l);
str lang_own_name(const struct lang *l);    /* ελληνικά */
bool lang_is_rtl(const struct lang *l);
str lang_calendar(const struct lang *l);    /* its custom: "persian" for fa */
str lang_zone_hint(const struct lang *l);   /* what set-up proposes: "Asia/Tehran" */
str lang_currency_hint(const struct lang *l);

/* A text's pattern, or the key itself when missing (a build check keeps that from happening). */
str i18n_pattern(const struct lang *l, str key);
bool i18n_has(const struct lang *l, str key);
/* Fills a pattern; unknown placeholders stay visible as {name}. */
str i18n_format(struct arena *a, const struct locale *l, str key, const struct msg_arg *args, int n);
str i18n_msg(struct arena *a, const struct locale *l, const struct msg *m);
/* The words of a fault, which are English, in the reader's language; as they are when no text reason_… says them. */
str i18n_reason(struct arena *a, const struct locale *l, str english);
bool i18n_knows_reason(const struct lang *l, str english);
/* The same with values asked for by name: what stands in the text, what select compares, what plurals count. */
struct i18n_value {
	str text, raw;
	bool is_number;
	double number;
};
typedef bool i18n_value_of(void *arg, str name, struct i18n_value *out); /* false: no such name */
str i18n_fill(struct arena *a, const struct locale *l, str key, i18n_value_of *value_of, void *arg);
str i18n_fill_pattern(struct arena *a, const struct locale *l, str pattern, i18n_value_of *value_of, void *arg);

/* Absent values (json/desc.h) are shown as "–" by all of these. */
str i18n_int(struct arena *a, const struct locale *l, int64_t value);
str i18n_real(struct arena *a, const struct locale *l, double value, int max_decimals);
str i18n_decimal(struct arena *a, const struct locale *l, struct decimal d);
str i18n_share(struct arena *a, const struct locale *l, double share);   /* 0.2534 → 25.3 % */
str i18n_money(struct arena *a, const struct locale *l, struct money m);
str i18n_time(struct arena *a, const struct locale *l, int64_t ms);      /* date and time, medium, in l->zone */
str i18n_clock(struct arena *a, const struct locale *l, int64_t ms);     /* hour and minute, in l->zone */
str i18n_date(struct arena *a, const struct locale *l, int64_t ms);      /* of DESC_DATE: no zone applied */
/* Month and year of a Gregorian month that starts at ms (no zone applied): "December 2010", "ธันวาคม 2553". Readers of
 * the Persian calendar, whose months begin on other days, get the Gregorian names in their language: "دسامبر ۲۰۱۰". */
str i18n_month(struct arena *a, const struct locale *l, int64_t ms);
str i18n_day(struct arena *a, const struct locale *l, int64_t ms);       /* the day of an instant, in l->zone */
str i18n_ago(struct arena *a, const struct locale *l, int64_t ms, int64_t now_ms); /* "3 minutes ago" */
str i18n_duration(struct arena *a, const struct locale *l, int64_t ms);
/* A person's whole name. In the order that the person chose; else as the script of the name has it: Chinese, Japanese
 * and Korean names family first and unspaced (王小明), all others given first (John Smith), whoever reads it. */
enum name_order { NAME_ORDER_OF_SCRIPT, NAME_GIVEN_FIRST, NAME_FAMILY_FIRST };
str i18n_person_name(struct arena *a, enum name_order order, str given, str family);
str i18n_currency_name(struct arena *a, const struct locale *l, str code);
str i18n_country_name(struct arena *a, const struct locale *l, str code);
/* Of an ISO 639 language, with its ISO 15924 script where it has several; the code when ICU has no name. */
str i18n_language_name(struct arena *a, const struct locale *l, str language, str script);
/* For menus: codes of ISO 3166 and of the currencies in use of ISO 4217; absent past the end. */
str i18n_country_at(size_t i);
str i18n_currency_at(size_t i);

/* Sorting and matching of people's texts, the same on every database. */
str i18n_sort_key(struct arena *a, str text);  /* ICU root collation; bytes that compare with memcmp */
str i18n_fold(struct arena *a, str text);      /* NFKC case fold, accents off, ی/ي ک/ك and digits made one */
/* Words of a text for search (ICU segmentation with dictionaries), folded. */
typedef void i18n_word(void *arg, str folded, size_t from, size_t to);
void i18n_words(struct arena *a, str text, i18n_word *visit, void *arg);
#endif
