/* Values as a reader expects them: ICU's number, date and relative time formats behind i18n.h. Where ICU has no
 * formatter (data missing, a currency that is no code), the plain form is shown: never nothing, never a failure. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unicode/ucurr.h>
#include <unicode/udat.h>
#include <unicode/ulistformatter.h>
#include <unicode/uloc.h>
#include <unicode/unumberformatter.h>
#include <unicode/ureldatefmt.h>

#include "base/arena.h"
#include "base/datetime.h"
#include "i18n/i18n.h"
#include "i18n/icu.h"
#include "i18n/zone.h"

enum { WIDE = 160, MINUTE_MS = 60000, HOUR_MS = 3600000 };
#define ABSENT S("–")
/* ICU rounds halves to even by itself; people's prices and shares round half up. */
#define HALF_UP "rounding-mode-half-up"

static str result_text(struct arena *a, const UFormattedNumber *r, str plain)
{
	UChar wide[WIDE];
	UErrorCode e = U_ZERO_ERROR;
	int32_t n = unumf_resultToString(r, wide, WIDE, &e);
	return U_SUCCESS(e) ? icu__utf8(a, wide, n) : plain;
}

static str number_int(struct arena *a, const struct locale *l, str skeleton, int64_t value)
{
	str plain = STR_NONE;
	UErrorCode e = U_ZERO_ERROR;
	UNumberFormatter *f = icu__get(ICU_NUMBER, l->lang, skeleton);
	UFormattedNumber *r = icu__number_result();
	if (f && r) unumf_formatInt(f, value, r, &e);
	if (f && r && U_SUCCESS(e)) plain = result_text(a, r, STR_NONE);
	return str_given(plain) ? plain : str_fmt(a, "%lld", (long long)value);
}

static str number_real(struct arena *a, const struct locale *l, str skeleton, double value)
{
	UErrorCode e = U_ZERO_ERROR;
	UNumberFormatter *f = icu__get(ICU_NUMBER, l->lang, skeleton);
	UFormattedNumber *r = icu__number_result();
	str plain = str_fmt(a, "%g", value);
	if (!f || !r) return plain;
	unumf_formatDouble(f, value, r, &e);
	return U_SUCCESS(e) ? result_text(a, r, plain) : plain;
}

static str number_decimal(struct arena *a, const struct locale *l, str skeleton, struct decimal d)
{
	UErrorCode e = U_ZERO_ERROR;
	UNumberFormatter *f = icu__get(ICU_NUMBER, l->lang, skeleton);
	UFormattedNumber *r = icu__number_result();
	str plain = decimal_show(a, d);
	if (!f || !r) return plain;
	unumf_formatDecimal(f, plain.p, (int32_t)plain.n, r, &e);
	return U_SUCCESS(e) ? result_text(a, r, plain) : plain;
}

str i18n_int(struct arena *a, const struct locale *l, int64_t value)
{
	return value == DESC_NULL_INT ? ABSENT : number_int(a, l, S(""), value);
}

str i18n_real(struct arena *a, const struct locale *l, double value, int max_decimals)
{
	if (isnan(value)) return ABSENT;
	int n = max_decimals < 0 ? 0 : max_decimals > 12 ? 12 : max_decimals;
	char skeleton[48];
	int used = snprintf(skeleton, sizeof skeleton, "%.*s " HALF_UP, n ? n + 1 : 17, n ? ".############" : "precision-integer");
	return number_real(a, l, (str){skeleton, (size_t)used}, value);
}

str i18n_decimal(struct arena *a, const struct locale *l, struct decimal d)
{
	return number_decimal(a, l, S("precision-unlimited"), d);
}

str i18n_share(struct arena *a, const struct locale *l, double share)
{
	return isnan(share) ? ABSENT : number_real(a, l, S("percent scale/100 .# " HALF_UP), share);
}

static bool is_currency(str code)
{
	if (code.n != 3) return false;
	for (size_t i = 0; i < 3; i++)
		if (code.p[i] < 'A' || code.p[i] > 'Z') return false;
	return true;
}

str i18n_money(struct arena *a, const struct locale *l, struct money m)
{
	if (desc_is_absent(DESC_MONEY, &m)) return ABSENT;
	str code = m.currency.n ? m.currency : l->currency;
	char skeleton[48];
	if (is_currency(code)) {
		int n = snprintf(skeleton, sizeof skeleton, "currency/%.*s " HALF_UP, STR_ARG(code));
		return number_decimal(a, l, (str){skeleton, (size_t)n}, m.amount);
	}
	str amount = number_decimal(a, l, S(".00 " HALF_UP), m.amount);
	return code.n ? str_fmt(a, "%.*s %.*s", STR_ARG(amount), STR_ARG(code)) : amount;
}

static str calendar_of(const struct locale *l)
{
	return l->calendar.n ? l->calendar : l->lang->calendar;
}

static str civil_in(struct arena *a, const struct locale *l, str calendar, int64_t civil_ms, enum icu_kind kind)
{
	UChar wide[WIDE];
	UErrorCode e = U_ZERO_ERROR;
	UDateFormat *f = icu__get(kind, l->lang, calendar);
	if (!f) return kind == ICU_DATE || kind == ICU_MONTH ? date_show(a, civil_ms) : datetime_show(a, civil_ms);
	int32_t n = udat_format(f, (UDate)civil_ms, wide, WIDE, NULL, &e);
	return U_SUCCESS(e) ? icu__utf8(a, wide, n) : date_show(a, civil_ms);
}

static str civil_text(struct arena *a, const struct locale *l, int64_t civil_ms, enum icu_kind kind)
{
	return civil_in(a, l, calendar_of(l), civil_ms, kind);
}

str i18n_time(struct arena *a, const struct locale *l, int64_t ms)
{
	return ms == DESC_NULL_INT ? ABSENT : civil_text(a, l, zone_to_civil(l->zone, ms), ICU_TIME);
}

str i18n_clock(struct arena *a, const struct locale *l, int64_t ms)
{
	return ms == DESC_NULL_INT ? ABSENT : civil_text(a, l, zone_to_civil(l->zone, ms), ICU_CLOCK);
}

str i18n_date(struct arena *a, const struct locale *l, int64_t ms)
{
	return ms == DESC_NULL_INT ? ABSENT : civil_text(a, l, ms, ICU_DATE);
}

str i18n_month(struct arena *a, const struct locale *l, int64_t ms)
{
	if (ms == DESC_NULL_INT) return ABSENT;
	str calendar = calendar_of(l);
	return civil_in(a, l, str_eq(calendar, S("persian")) ? S("gregorian") : calendar, ms, ICU_MONTH);
}

str i18n_day(struct arena *a, const struct locale *l, int64_t ms)
{
	return ms == DESC_NULL_INT ? ABSENT : civil_text(a, l, zone_to_civil(l->zone, ms), ICU_DATE);
}

/* Days and more are counted on the reader's calendar, so that "yesterday" is yesterday. */
static void ago_unit(const struct locale *l, int64_t ms, int64_t now_ms, double *value, URelativeDateTimeUnit *unit)
{
	int64_t past = now_ms - ms, size = past < 0 ? -past : past;
	int64_t days = zone_floor(l->zone, now_ms, ZONE_DAY) / HOUR_MS - zone_floor(l->zone, ms, ZONE_DAY) / HOUR_MS;
	days = (days + (days < 0 ? -12 : 12)) / 24; /* a day of a clock change has 23 or 25 hours */
	int64_t n_days = days < 0 ? -days : days;
	if (size < MINUTE_MS) *unit = UDAT_REL_UNIT_SECOND, *value = 0;
	else if (size < HOUR_MS) *unit = UDAT_REL_UNIT_MINUTE, *value = (double)(-past / MINUTE_MS);
	else if (size < DAY_MS || n_days == 0) *unit = UDAT_REL_UNIT_HOUR, *value = (double)(-past / HOUR_MS);
	else if (n_days < 14) *unit = UDAT_REL_UNIT_DAY, *value = (double)-days;
	else if (n_days < 60) *unit = UDAT_REL_UNIT_WEEK, *value = (double)(-days / 7);
	else if (n_days < 730) *unit = UDAT_REL_UNIT_MONTH, *value = (double)(-days * 100 / 3044);
	else *unit = UDAT_REL_UNIT_YEAR, *value = (double)(-days * 100 / 36524);
}

str i18n_ago(struct arena *a, const struct locale *l, int64_t ms, int64_t now_ms)
{
	if (ms == DESC_NULL_INT) return ABSENT;
	UChar wide[WIDE];
	UErrorCode e = U_ZERO_ERROR;
	double value;
	URelativeDateTimeUnit unit;
	ago_unit(l, ms, now_ms, &value, &unit);
	URelativeDateTimeFormatter *f = icu__get(ICU_RELATIVE, l->lang, STR_NONE);
	if (!f) return i18n_time(a, l, ms);
	/* Only seconds and days have words of their own worth using: "now", "yesterday". */
	bool in_words = unit == UDAT_REL_UNIT_SECOND || unit == UDAT_REL_UNIT_DAY;
	int32_t n = in_words ? ureldatefmt_format(f, value, unit, wide, WIDE, &e) : ureldatefmt_formatNumeric(f, value, unit, wide, WIDE, &e);
	return U_SUCCESS(e) ? icu__utf8(a, wide, n) : i18n_time(a, l, ms);
}

str i18n_duration(struct arena *a, const struct locale *l, int64_t ms)
{
	static const struct {
		int64_t ms;
		str skeleton;
	} UNITS[] = {{DAY_MS, S("unit/day unit-width-short")}, {HOUR_MS, S("unit/hour unit-width-short")},
	             {MINUTE_MS, S("unit/minute unit-width-short")}, {1000, S("unit/second unit-width-short")}};
	if (ms == DESC_NULL_INT) return ABSENT;
	int64_t size = ms < 0 ? -ms : ms;
	if (size < 10000) return number_real(a, l, S("unit/second unit-width-short .#"), (double)ms / 1000);
	size_t first = 0;
	while (first < 3 && size < UNITS[first].ms) first++;
	int64_t big = size / UNITS[first].ms;
	str head = number_int(a, l, UNITS[first].skeleton, ms < 0 ? -big : big);
	int64_t small = first == 3 ? 0 : size % UNITS[first].ms / UNITS[first + 1].ms;
	if (small == 0) return head;
	str tail = number_int(a, l, UNITS[first + 1].skeleton, small);
	int32_t lengths[2];
	const UChar *parts[2] = {icu__utf16(a, head, &lengths[0]), icu__utf16(a, tail, &lengths[1])};
	UChar wide[WIDE];
	UErrorCode e = U_ZERO_ERROR;
	UListFormatter *f = icu__get(ICU_LIST, l->lang, STR_NONE);
	int32_t n = f ? ulistfmt_format(f, parts, lengths, 2, wide, WIDE, &e) : 0;
	return f && U_SUCCESS(e) ? icu__utf8(a, wide, n) : str_fmt(a, "%.*s %.*s", STR_ARG(head), STR_ARG(tail));
}

str i18n_currency_name(struct arena *a, const struct locale *l, str code)
{
	if (!is_currency(code)) return code;
	UChar wide[4] = {(UChar)code.p[0], (UChar)code.p[1], (UChar)code.p[2], 0};
	UErrorCode e = U_ZERO_ERROR;
	int32_t n = 0;
	const UChar *name = ucurr_getName(wide, l->lang->icu, UCURR_LONG_NAME, NULL, &n, &e);
	return U_SUCCESS(e) && n > 0 ? icu__utf8(a, name, n) : code;
}

str i18n_country_name(struct arena *a, const struct locale *l, str code)
{
	if (code.n != 2) return code; /* a name already, as files have it */
	char region[16];
	UChar wide[WIDE];
	UErrorCode e = U_ZERO_ERROR;
	snprintf(region, sizeof region, "und_%.2s", code.p);
	int32_t n = uloc_getDisplayCountry(region, l->lang->icu, wide, WIDE, &e);
	return U_SUCCESS(e) && n > 0 ? icu__utf8(a, wide, n) : code;
}

str i18n_language_name(struct arena *a, const struct locale *l, str language, str script)
{
	char tag[32];
	UChar wide[WIDE];
	UErrorCode e = U_ZERO_ERROR;
	char usual[32];
	snprintf(tag, sizeof tag, "%.*s_%.*s", STR_ARG(language), STR_ARG(script));
	uloc_minimizeSubtags(tag, usual, sizeof usual, &e);
	/* the script of most languages goes without saying; Chinese has two */
	if (U_FAILURE(e) || (!str_contains(str_of(usual), S("_")) && !str_eq(language, S("zh")))) snprintf(tag, sizeof tag, "%.*s", STR_ARG(language));
	e = U_ZERO_ERROR;
	int32_t n = uloc_getDisplayName(tag, l->lang->icu, wide, WIDE, &e);
	return U_SUCCESS(e) && n > 0 ? icu__utf8(a, wide, n) : language;
}

str i18n_country_at(size_t i)
{
	const char *const *codes = uloc_getISOCountries();
	while (i && *codes) {
		codes++;
		i--;
	}
	return str_of(*codes);
}

enum { CURRENCIES_MOST = 400 };
static char currencies[CURRENCIES_MOST][4];
static size_t n_currencies;

static void read_currencies(void)
{
	UErrorCode e = U_ZERO_ERROR;
	UEnumeration *all = ucurr_openISOCurrencies(UCURR_COMMON | UCURR_NON_DEPRECATED, &e);
	const char *code;
	int32_t n;
	while (U_SUCCESS(e) && n_currencies < CURRENCIES_MOST && (code = uenum_next(all, &n, &e)) != NULL)
		if (n == 3) memcpy(currencies[n_currencies++], code, 3);
	uenum_close(all);
}

str i18n_currency_at(size_t i)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, read_currencies);
	return i < n_currencies ? str_of(currencies[i]) : STR_NONE;
}
