/* datetime.h: civil time without zones (zones are src/i18n/zone.h), and ISO 8601. Times are UTC ms. */
#ifndef BASE_DATETIME_H
#define BASE_DATETIME_H
#include "base/str.h"

#define DAY_MS INT64_C(86400000)
/* 1900-01-01 and 2100-01-01: the range that Hospes takes at all. */
#define DATETIME_MIN_MS INT64_C(-2208988800000)
#define DATETIME_MAX_MS INT64_C(4102444800000)

struct civil {
	int year, month, day, hour, minute, second, ms; /* month 1..12, day 1..31 */
};

int64_t civil_to_days(int year, int month, int day); /* days since 1970-01-01, proleptic Gregorian */
int64_t civil_to_ms(const struct civil *c);          /* as if UTC */
struct civil civil_of_ms(int64_t ms);
bool civil_is_valid(const struct civil *c);
int weekday_of_days(int64_t days);                   /* 0 = Monday … 6 = Sunday */

/* ISO 8601 date or date and time: "2011-01-31", "2011-01-31T08:26:00.123Z", "2011-01-31 08:26",
 * "…+02:00", "…+0200". *has_zone tells whether an offset stood there (it is then applied to *ms);
 * without one *ms is the civil time as if UTC. Fractions beyond ms are cut. False when malformed. */
bool datetime_parse(str s, int64_t *ms, bool *has_zone);
str datetime_show(struct arena *a, int64_t ms); /* 2011-01-31T08:26:00.000Z */
str date_show(struct arena *a, int64_t ms);     /* 2011-01-31, of the time as if UTC */
#endif
