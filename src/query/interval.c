/* Intervals are a list of instants made once a question, by calendar in the workspace's zone: a day of 23 or 25 hours,
 * a month across a clock change or a week across new year need no further thought where events are counted. */
#include <string.h>

#include "base/datetime.h"
#include "i18n/zone.h"
#include "query/inner.h"

static enum zone_unit zone_unit_of(enum query_unit u)
{
	switch (u) {
	case QUERY_HOUR: return ZONE_HOUR;
	case QUERY_WEEK: return ZONE_WEEK;
	case QUERY_MONTH: return ZONE_MONTH;
	case QUERY_DAY:
	case QUERY_DAYS: break;
	}
	return ZONE_DAY;
}

/* The start of the interval after the one that starts at `start`. A day that a zone left out altogether (Samoa,
 * 30 December 2011) has no length and is no interval. *days: of QUERY_DAYS, how many days after the first it starts. */
static int64_t next_start(const struct zone *z, struct query_interval interval, int64_t first, int64_t *days, int64_t start)
{
	int64_t next = start;
	for (int n = 1; next <= start; n++) {
		if (interval.unit == QUERY_DAYS) next = zone_to_utc(z, zone_to_civil(z, first) + (*days += interval.days) * DAY_MS);
		else next = zone_add(z, start, zone_unit_of(interval.unit), n);
	}
	return next;
}

static int64_t least_ms(struct query_interval i)
{
	static const int64_t DAYS[] = {[QUERY_DAY] = 1, [QUERY_WEEK] = 7, [QUERY_MONTH] = 28};
	if (i.unit == QUERY_HOUR) return DAY_MS / 24;
	return (i.unit == QUERY_DAYS ? i.days : DAYS[i.unit]) * DAY_MS;
}

/* data: bounds of the data, to_ms past its last event; has_from false when there is none. */
enum err query__times(struct arena *a, const struct zone *z, const struct query *q, struct query_range data, struct query_times *out, struct fault *f)
{
	*out = (struct query_times){.from_ms = q->range.from_ms, .to_ms = q->range.to_ms};
	if (!q->range.has_from) out->from_ms = data.has_from ? zone_floor(z, data.from_ms, zone_unit_of(q->interval.unit)) : q->range.has_to ? out->to_ms : 0;
	if (!q->range.has_to) out->to_ms = data.has_from && data.to_ms > out->from_ms ? data.to_ms : out->from_ms;
	int64_t span = out->to_ms > out->from_ms ? out->to_ms - out->from_ms : 0;
	if (span / least_ms(q->interval) > QUERY_MAX_INTERVALS - 2)
		return fault_set(f, ERR_TOO_LARGE, "interval", "more than %d intervals; ask for longer ones, or set \"from\" and \"to\"", QUERY_MAX_INTERVALS);
	/* Clock changes by half an hour make a short hour more: two a year at most. */
	size_t room = (size_t)(span / least_ms(q->interval) + span / (90 * DAY_MS)) + 3;
	int64_t *start = ARENA_ARRAY(a, int64_t, room);
	int64_t days = 0, first = start[0] = q->interval.unit == QUERY_DAYS ? out->from_ms : zone_floor(z, out->from_ms, zone_unit_of(q->interval.unit));
	while (span && start[out->n] < out->to_ms && out->n + 1 < room) {
		start[out->n + 1] = next_start(z, q->interval, first, &days, start[out->n]);
		out->n++;
	}
	if (!q->range.has_to && out->n) out->to_ms = start[out->n];
	if (out->n) out->per_ms = (double)out->n / (double)(start[out->n] - start[0]);
	out->start = start;
	return OK;
}

static char *put_digits(char *to, int value, int n)
{
	for (int i = n; i-- > 0; value /= 10) to[i] = (char)('0' + value % 10);
	return to + n;
}

/* T08:26:00.500+02:00; time lines have one an event, so it is not formatted. */
static str clock_text(struct civil c, int64_t offset, char room[32])
{
	char *to = room;
	int size = (int)(offset < 0 ? -offset : offset);
	*to++ = 'T';
	to = put_digits(to, c.hour, 2), *to++ = ':';
	to = put_digits(to, c.minute, 2), *to++ = ':';
	to = put_digits(to, c.second, 2);
	if (c.ms) *to++ = '.', to = put_digits(to, c.ms, 3);
	if (offset == 0) {
		*to++ = 'Z';
		return (str){room, (size_t)(to - room)};
	}
	*to++ = offset < 0 ? '-' : '+';
	to = put_digits(to, size / 60, 2), *to++ = ':';
	to = put_digits(to, size % 60, 2);
	return (str){room, (size_t)(to - room)};
}

str query__day(struct arena *a, const struct zone *z, int64_t ms)
{
	int64_t offset = zone_offset_ms(z, ms), civil = ms + offset;
	if (civil % DAY_MS == 0) return date_show(a, civil);
	struct civil c = civil_of_ms(civil);
	char room[32], text[64];
	str clock = clock_text(c, offset / 60000, room);
	if (c.year < 0 || c.year > 9999) return str_fmt(a, "%04d-%02d-%02d%.*s", c.year, c.month, c.day, STR_ARG(clock));
	char *to = put_digits(text, c.year, 4);
	*to++ = '-', to = put_digits(to, c.month, 2);
	*to++ = '-', to = put_digits(to, c.day, 2);
	memcpy(to, clock.p, clock.n);
	return str_dup(a, (str){text, (size_t)(to - text) + clock.n});
}

str query__label(struct arena *a, const struct zone *z, enum query_unit unit, int64_t ms)
{
	int64_t civil = zone_to_civil(z, ms);
	/* A day whose midnight the clocks jumped over begins at one o'clock and is still called by its date. */
	if (unit == QUERY_DAY || unit == QUERY_WEEK || unit == QUERY_MONTH) return date_show(a, civil);
	if (unit == QUERY_DAYS) return query__day(a, z, ms);
	int64_t offset = zone_offset_ms(z, ms) / 60000, size = offset < 0 ? -offset : offset;
	struct civil c = civil_of_ms(civil);
	str text = str_fmt(a, "%04d-%02d-%02dT%02d:%02d:00", c.year, c.month, c.day, c.hour, c.minute);
	if (offset == 0) return str_fmt(a, "%.*sZ", STR_ARG(text));
	return str_fmt(a, "%.*s%c%02d:%02d", STR_ARG(text), offset < 0 ? '-' : '+', (int)(size / 60), (int)(size % 60));
}

str query__interval_name(struct arena *a, struct query_interval i)
{
	static const char *const NAMES[] = {[QUERY_HOUR] = "hour", [QUERY_DAY] = "day", [QUERY_WEEK] = "week", [QUERY_MONTH] = "month"};
	return i.unit == QUERY_DAYS ? str_fmt(a, "%d days", i.days) : str_of(NAMES[i.unit]);
}
