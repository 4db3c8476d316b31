/* A zone is one table of (instant, offset from then on) for 1900 to 2100, read from ICU when the zone is first asked
 * for and kept for good: a few hundred rows of 16 bytes. ICU's own calendar objects cost about a microsecond a
 * question and are not thread safe; a binary search costs a few nanoseconds and is. Only names of the tz database are
 * taken (never "GMT+03:17"), so that the cache cannot be grown from outside. After 2100 the last offset holds. */
#include "i18n/zone.h"

#include <pthread.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/uenum.h>
#include <unicode/ustring.h>

#include "base/datetime.h"
#include "base/map.h"
#include "base/mem.h"

enum { NAME_MAX_BYTES = 64 };
#define HOUR_MS INT64_C(3600000)

struct span {
	int64_t from_ms, offset_ms;
};
struct zone {
	char name[NAME_MAX_BYTES];
	size_t n; /* at least 1; the first reaches back for ever */
	struct span *spans;
};

static struct span utc_span = {INT64_MIN, 0};
static const struct zone UTC = {"UTC", 1, &utc_span};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map zones;
static str *names;
static size_t n_names;

const struct zone *zone_utc(void)
{
	return &UTC;
}

str zone_name(const struct zone *z)
{
	return str_of(z->name);
}

static int64_t icu_offset(UCalendar *c, int64_t at_ms, UErrorCode *e)
{
	ucal_setMillis(c, (UDate)at_ms, e);
	int32_t offset = ucal_get(c, UCAL_ZONE_OFFSET, e), dst = ucal_get(c, UCAL_DST_OFFSET, e);
	return offset + dst;
}

static void span_add(struct zone *z, size_t *cap, int64_t from_ms, int64_t offset_ms)
{
	if (z->n && z->spans[z->n - 1].offset_ms == offset_ms) return;
	if (z->n == *cap) z->spans = mem_realloc(z->spans, (*cap = *cap ? *cap * 2 : 64) * sizeof *z->spans);
	z->spans[z->n++] = (struct span){from_ms, offset_ms};
}

static bool read_spans(struct zone *z, const UChar *name)
{
	UErrorCode e = U_ZERO_ERROR;
	UCalendar *c = ucal_open(name, -1, "en", UCAL_GREGORIAN, &e);
	if (U_FAILURE(e)) return false;
	size_t cap = 0;
	span_add(z, &cap, INT64_MIN, icu_offset(c, DATETIME_MIN_MS, &e));
	ucal_setMillis(c, (UDate)DATETIME_MIN_MS, &e);
	UDate next;
	while (U_SUCCESS(e) && ucal_getTimeZoneTransitionDate(c, UCAL_TZ_TRANSITION_NEXT, &next, &e)) {
		if (next >= (UDate)DATETIME_MAX_MS) break;
		span_add(z, &cap, (int64_t)next, icu_offset(c, (int64_t)next, &e));
	}
	ucal_close(c);
	z->spans = mem_realloc(z->spans, z->n * sizeof *z->spans);
	return U_SUCCESS(e);
}

static struct zone *zone_new(str name)
{
	UChar wide[NAME_MAX_BYTES], canonical[NAME_MAX_BYTES];
	UErrorCode e = U_ZERO_ERROR;
	UBool is_system = 0;
	for (size_t i = 0; i < name.n; i++) {
		if ((unsigned char)name.p[i] >= 0x80) return NULL;
		wide[i] = (UChar)name.p[i];
	}
	wide[name.n] = 0;
	ucal_getCanonicalTimeZoneID(wide, -1, canonical, NAME_MAX_BYTES, &is_system, &e);
	if (U_FAILURE(e) || !is_system || str_eq(name, S("Etc/Unknown"))) return NULL;
	struct zone *z = MEM_NEW(struct zone);
	memcpy(z->name, name.p, name.n);
	if (read_spans(z, wide)) return z;
	mem_free(z->spans);
	mem_free(z);
	return NULL;
}

const struct zone *zone_find(str iana_name)
{
	if (str_eq(iana_name, S("UTC"))) return &UTC;
	if (iana_name.n == 0 || iana_name.n >= NAME_MAX_BYTES) return NULL;
	pthread_mutex_lock(&lock);
	if (!zones.slots) map_init(&zones);
	uint64_t *known = map_get(&zones, iana_name);
	struct zone *z = known ? (struct zone *)(uintptr_t)*known : zone_new(iana_name);
	if (z && !known) *map_put(&zones, zone_name(z), NULL) = (uint64_t)(uintptr_t)z;
	pthread_mutex_unlock(&lock);
	return z;
}

static void read_names(void)
{
	UErrorCode e = U_ZERO_ERROR;
	UEnumeration *ids = ucal_openTimeZoneIDEnumeration(UCAL_ZONE_TYPE_CANONICAL_LOCATION, NULL, NULL, &e);
	if (U_FAILURE(e)) return;
	int32_t count = uenum_count(ids, &e);
	names = mem_zalloc(((size_t)(count > 0 ? count : 0) + 1) * sizeof *names);
	names[n_names++] = S("UTC");
	int32_t n = 0;
	for (const char *id; n_names <= (size_t)count && (id = uenum_next(ids, &n, &e)) != NULL;) {
		char *copy = mem_alloc((size_t)n + 1);
		memcpy(copy, id, (size_t)n + 1);
		names[n_names++] = (str){copy, (size_t)n};
	}
	uenum_close(ids);
}

str zone_name_at(size_t i)
{
	pthread_mutex_lock(&lock);
	if (!names) read_names();
	str name = i < n_names ? names[i] : STR_NONE;
	pthread_mutex_unlock(&lock);
	return name;
}

static const struct span *span_of(const struct zone *z, int64_t utc_ms)
{
	size_t low = 0, high = z->n; /* spans[low].from_ms ≤ utc_ms < spans[high].from_ms */
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (z->spans[middle].from_ms <= utc_ms) low = middle;
		else high = middle;
	}
	return &z->spans[low];
}

int64_t zone_offset_ms(const struct zone *z, int64_t utc_ms)
{
	return span_of(z, utc_ms)->offset_ms;
}

int64_t zone_to_civil(const struct zone *z, int64_t utc_ms)
{
	return utc_ms + zone_offset_ms(z, utc_ms);
}

int64_t zone_to_utc(const struct zone *z, int64_t civil_ms)
{
	size_t low = 0, high = z->n - 1; /* the first span whose own clock has not yet passed civil_ms when it ends */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (civil_ms < z->spans[middle + 1].from_ms + z->spans[middle].offset_ms) high = middle;
		else low = middle + 1;
	}
	const struct span *s = &z->spans[low];
	bool in_gap = low > 0 && civil_ms < s->from_ms + s->offset_ms;
	return civil_ms - (in_gap ? s[-1].offset_ms : s->offset_ms);
}

static int64_t floor_to(int64_t value, int64_t step)
{
	int64_t rest = value % step;
	return value - (rest < 0 ? rest + step : rest);
}

static int64_t months_to_civil(int64_t months) /* since year 0 */
{
	int64_t year = floor_to(months, 12) / 12;
	return civil_to_days((int)year, (int)(months - year * 12) + 1, 1) * DAY_MS;
}

static int months_of(enum zone_unit unit)
{
	return unit == ZONE_MONTH ? 1 : unit == ZONE_QUARTER ? 3 : 12;
}

/* The civil start of the unit that lies n units after the one of civil_ms. */
static int64_t civil_step(int64_t civil_ms, enum zone_unit unit, int n)
{
	int64_t day = floor_to(civil_ms, DAY_MS);
	if (unit == ZONE_DAY) return day + n * DAY_MS;
	if (unit == ZONE_WEEK) return day + (n * 7 - weekday_of_days(day / DAY_MS)) * DAY_MS;
	struct civil c = civil_of_ms(civil_ms);
	int64_t length = months_of(unit);
	return months_to_civil(floor_to((int64_t)c.year * 12 + c.month - 1, length) + n * length);
}

int64_t zone_floor(const struct zone *z, int64_t utc_ms, enum zone_unit unit)
{
	const struct span *s = span_of(z, utc_ms);
	if (unit != ZONE_HOUR) return zone_to_utc(z, civil_step(utc_ms + s->offset_ms, unit, 0));
	/* Hours run within one offset; where clocks move by half an hour, the piece after the change is its own. */
	int64_t start = floor_to(utc_ms + s->offset_ms, HOUR_MS) - s->offset_ms;
	return start < s->from_ms ? s->from_ms : start;
}

int64_t zone_add(const struct zone *z, int64_t unit_start_utc_ms, enum zone_unit unit, int n)
{
	if (unit == ZONE_HOUR) return zone_floor(z, unit_start_utc_ms + n * HOUR_MS, unit);
	return zone_to_utc(z, civil_step(zone_to_civil(z, unit_start_utc_ms), unit, n));
}
