/* unusual.h: whether a day's figure is unusual against its own past. Pure. Formula, source and measured false alarms: DESIGN.md. */
#ifndef ALERT_UNUSUAL_H
#define ALERT_UNUSUAL_H
#include <stdbool.h>
#include <stddef.h>

enum { UNUSUAL_DAYS = 56, UNUSUAL_LEAST_DAYS = 28, UNUSUAL_LEAST_SAME = 4 };
struct unusual_day {
	double value; /* NaN: nothing is known of that day */
	double se;    /* of value; NaN: none is told */
};
struct unusual {
	bool is_known;           /* enough past */
	double usual, low, high; /* of that weekday; what lies outside is unusual */
	double z;                /* how many spreads from the usual one */
};
/* past[0] is the day before `now`; days that are longer ago than UNUSUAL_DAYS are not looked at. most_z: from there on it is
 * unusual. is_count: a number of things that happen, so that its noise is at least that of independent ones. */
struct unusual unusual_judge(const struct unusual_day *past, size_t n, struct unusual_day now, bool is_count, double most_z);
#endif
