/* Making an ICU formatter costs 20 to 500 microseconds and some ten kilobytes; using one, about one microsecond. So
 * each thread keeps those it has used, at most KEPT, and the oldest gives way; an idle server that has shown nothing
 * holds none. A thread's formatters are closed when it ends. Time zones are not the formatters' business: they get
 * civil times (zone.h) and run in GMT, so there is one per language and calendar, not one per zone. */
#include "i18n/icu.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/ulistformatter.h>
#include <unicode/unumberformatter.h>
#include <unicode/upluralrules.h>
#include <unicode/ureldatefmt.h>
#include <unicode/ustring.h>

#include "base/arena.h"
#include "base/mem.h"

enum { KEPT = 48, DETAIL_BYTES = 56 };

struct formatter {
	void *icu;
	const struct lang *lang;
	enum icu_kind kind;
	char detail[DETAIL_BYTES];
	size_t detail_n;
};
struct kept {
	struct formatter all[KEPT];
	size_t n, oldest;
	UFormattedNumber *number;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static _Thread_local struct kept *kept;

static void formatter_close(struct formatter *f)
{
	switch (f->kind) {
	case ICU_NUMBER: unumf_close(f->icu); break;
	case ICU_DATE:
	case ICU_TIME:
	case ICU_CLOCK:
	case ICU_MONTH: udat_close(f->icu); break;
	case ICU_RELATIVE: ureldatefmt_close(f->icu); break;
	case ICU_LIST: ulistfmt_close(f->icu); break;
	case ICU_PLURAL:
	case ICU_ORDINAL: uplrules_close(f->icu); break;
	}
}

static void kept_free(void *arg)
{
	struct kept *k = arg;
	for (size_t i = 0; i < k->n; i++) formatter_close(&k->all[i]);
	if (k->number) unumf_closeResult(k->number);
	mem_free(k);
}

static void make_key(void)
{
	pthread_key_create(&key, kept_free);
}

static void *open_date(const char *locale, str calendar, UDateFormatStyle time, UDateFormatStyle date, UErrorCode *e)
{
	char full[64];
	static const UChar GMT[] = {'G', 'M', 'T', 0};
	snprintf(full, sizeof full, "%s@calendar=%.*s", locale, STR_ARG(calendar));
	return udat_open(time, date, full, GMT, 3, NULL, 0, e);
}

/* "MMMM y" in English, "LLLL y" in Greek, "y年M月" in Chinese: ICU's own pattern of a month and its year. The skeleton
 * asks for y, not G y: the Buddhist year 2553 needs no era beside it. */
static void *open_month(const char *locale, str calendar, UErrorCode *e)
{
	char full[64];
	static const UChar GMT[] = {'G', 'M', 'T', 0}, SKELETON[] = {'y', 'M', 'M', 'M', 'M', 0};
	UChar pattern[64];
	snprintf(full, sizeof full, "%s@calendar=%.*s", locale, STR_ARG(calendar));
	UDateTimePatternGenerator *generator = udatpg_open(full, e);
	int32_t n = udatpg_getBestPattern(generator, SKELETON, 5, pattern, 64, e);
	udatpg_close(generator);
	return U_SUCCESS(*e) ? udat_open(UDAT_PATTERN, UDAT_PATTERN, full, GMT, 3, pattern, n, e) : NULL;
}

static void *open_number(const char *locale, str skeleton, UErrorCode *e)
{
	UChar wide[DETAIL_BYTES];
	for (size_t i = 0; i < skeleton.n; i++) wide[i] = (UChar)(unsigned char)skeleton.p[i];
	return unumf_openForSkeletonAndLocale(wide, (int32_t)skeleton.n, locale, e);
}

static void *formatter_open(enum icu_kind kind, const struct lang *l, str detail)
{
	UErrorCode e = U_ZERO_ERROR;
	void *icu = NULL;
	switch (kind) {
	case ICU_NUMBER: icu = open_number(l->icu, detail, &e); break;
	case ICU_DATE: icu = open_date(l->icu, detail, UDAT_NONE, UDAT_MEDIUM, &e); break;
	case ICU_TIME: icu = open_date(l->icu, detail, UDAT_SHORT, UDAT_MEDIUM, &e); break;
	case ICU_CLOCK: icu = open_date(l->icu, detail, UDAT_SHORT, UDAT_NONE, &e); break;
	case ICU_MONTH: icu = open_month(l->icu, detail, &e); break;
	case ICU_RELATIVE: icu = ureldatefmt_open(l->icu, NULL, UDAT_STYLE_LONG, UDISPCTX_CAPITALIZATION_NONE, &e); break;
	case ICU_LIST: icu = ulistfmt_openForType(l->icu, ULISTFMT_TYPE_UNITS, ULISTFMT_WIDTH_SHORT, &e); break;
	case ICU_PLURAL: icu = uplrules_openForType(l->icu, UPLURAL_TYPE_CARDINAL, &e); break;
	case ICU_ORDINAL: icu = uplrules_openForType(l->icu, UPLURAL_TYPE_ORDINAL, &e); break;
	}
	return U_SUCCESS(e) ? icu : NULL;
}

static struct kept *kept_of_thread(void)
{
	if (kept) return kept;
	pthread_once(&once, make_key);
	kept = MEM_NEW(struct kept);
	pthread_setspecific(key, kept);
	return kept;
}

void *icu__get(enum icu_kind kind, const struct lang *l, str detail)
{
	struct kept *k = kept_of_thread();
	for (size_t i = 0; i < k->n; i++) {
		struct formatter *f = &k->all[i];
		if (f->kind == kind && f->lang == l && f->detail_n == detail.n && memcmp(f->detail, detail.p ? detail.p : "", detail.n) == 0) return f->icu;
	}
	void *icu = detail.n < DETAIL_BYTES ? formatter_open(kind, l, detail) : NULL;
	if (!icu) return NULL;
	struct formatter *f = &k->all[k->n < KEPT ? k->n++ : k->oldest++ % KEPT];
	if (f->icu) formatter_close(f);
	*f = (struct formatter){.icu = icu, .lang = l, .kind = kind, .detail_n = detail.n};
	if (detail.n) memcpy(f->detail, detail.p, detail.n);
	return icu;
}

UFormattedNumber *icu__number_result(void)
{
	struct kept *k = kept_of_thread();
	UErrorCode e = U_ZERO_ERROR;
	if (!k->number) k->number = unumf_openResult(&e);
	return k->number;
}

str icu__utf8(struct arena *a, const UChar *wide, int32_t n)
{
	if (n < 0) n = u_strlen(wide);
	size_t room = (size_t)n * 3 + 1;
	char *p = arena_alloc(a, room);
	int32_t used = 0;
	UErrorCode e = U_ZERO_ERROR;
	u_strToUTF8WithSub(p, (int32_t)room, &used, wide, n, 0xFFFD, NULL, &e);
	return U_SUCCESS(e) ? (str){p, (size_t)used} : S("");
}

UChar *icu__utf16(struct arena *a, str s, int32_t *n)
{
	UChar *wide = arena_alloc(a, (s.n + 1) * sizeof *wide);
	UErrorCode e = U_ZERO_ERROR;
	*n = 0;
	u_strFromUTF8WithSub(wide, (int32_t)s.n + 1, n, s.p ? s.p : "", (int32_t)s.n, 0xFFFD, NULL, &e);
	if (U_FAILURE(e)) *n = 0;
	return wide;
}
