/* hours.h: the hours in which somebody is there to answer: windows a weekday in civil time of a zone, and days without any.
 * Pure. Where clocks change, a window is as long as it really was: 00:00-24:00 has 23 hours on a day that loses one. */
#ifndef CONVERSATION_HOURS_H
#define CONVERSATION_HOURS_H
#include "base/arena.h"
#include "base/str.h"

struct zone;
enum { HOURS_WINDOWS = 6, HOURS_DAYS = 7, HOURS_NAME_BYTES = 200 };
struct hours_day {
	int n;
	struct {
		int from_min, to_min; /* of the civil day, half-open */
	} v[HOURS_WINDOWS];
};
struct hours_holiday {
	int64_t day; /* since 1970-01-01 */
	str name;
};
struct hours {
	const struct zone *zone;
	struct hours_day days[HOURS_DAYS]; /* from Monday */
	const struct hours_holiday *holidays; /* ascending */
	size_t n_holidays;
};

/* "09:00-12:00, 13:00-17:30" with digits of any script; empty: closed. False: no such times, one that ends before it begins (a night is
 * two days' windows), or windows that overlap. Sorted by their beginning. */
bool hours_read_day(struct arena *a, str text, struct hours_day *out);
str hours_show_day(struct arena *a, const struct hours_day *d);
/* A day a line, with its name: "2026-12-25 Christmas". *line: of the first that cannot be read, from 1. */
bool hours_read_holidays(struct arena *a, str text, const struct hours_holiday **out, size_t *n, int *line);

/* ms of open hours within [from, to); 0 where to is not after from. h NULL: every hour counts. */
int64_t hours_between(const struct hours *h, int64_t from_ms, int64_t to_ms);
/* The first instant at which so many ms of open hours have passed since. DESC_NULL_INT: not within ten years. */
int64_t hours_after(const struct hours *h, int64_t from_ms, int64_t ms);
#endif
