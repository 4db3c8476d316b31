/* zone.h: time zones (ICU's tz database), made fast: the transitions of a zone are read once into a table. */
#ifndef I18N_ZONE_H
#define I18N_ZONE_H
#include "base/str.h"

struct zone;
enum zone_unit { ZONE_HOUR, ZONE_DAY, ZONE_WEEK /* ISO: Monday */, ZONE_MONTH, ZONE_QUARTER, ZONE_YEAR };

const struct zone *zone_find(str iana_name); /* cached for good; NULL when unknown */
const struct zone *zone_utc(void);
str zone_name(const struct zone *z);
str zone_name_at(size_t i);            /* for menus: UTC, then every place of the tz database; absent past the end */
int64_t zone_offset_ms(const struct zone *z, int64_t utc_ms);
int64_t zone_to_civil(const struct zone *z, int64_t utc_ms);  /* civil time as if UTC */
/* A civil time that does not exist (clocks go forward) is read with the offset before; one that exists twice is the first. */
int64_t zone_to_utc(const struct zone *z, int64_t civil_ms);
int64_t zone_floor(const struct zone *z, int64_t utc_ms, enum zone_unit unit); /* start of the unit it lies in, UTC ms */
int64_t zone_add(const struct zone *z, int64_t unit_start_utc_ms, enum zone_unit unit, int n); /* n units later */
#endif
