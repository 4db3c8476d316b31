/* The times of Segment's clients: nearly all in one form, read here without the general way. */
#include "collect/segment.h"

#include "base/datetime.h"
#include "base/decimal.h"

static inline bool digits_at(const char *p, int n, int *out)
{
	int value = 0;
	for (int i = 0; i < n; i++) {
		unsigned digit = (unsigned)((unsigned char)p[i] - '0');
		if (digit > 9) return false;
		value = value * 10 + (int)digit;
	}
	*out = value;
	return true;
}

/* YYYY-MM-DDTHH:MM:SS(.mmm)Z, which is what nearly every client sends. */
static bool usual_time(str s, int64_t *ms)
{
	struct civil c = {0};
	const char *p = s.p;
	if ((s.n != 20 && s.n != 24) || p[s.n - 1] != 'Z' || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':') return false;
	if (!digits_at(p, 4, &c.year) || !digits_at(p + 5, 2, &c.month) || !digits_at(p + 8, 2, &c.day) || !digits_at(p + 11, 2, &c.hour) ||
	    !digits_at(p + 14, 2, &c.minute) || !digits_at(p + 17, 2, &c.second))
		return false;
	if (s.n == 24 && (p[19] != '.' || !digits_at(p + 20, 3, &c.ms))) return false;
	/* Days are looked up: the events of a batch are mostly of one. */
	static _Thread_local struct civil day;
	static _Thread_local int64_t day_ms;
	if (day.day != c.day || day.month != c.month || day.year != c.year) {
		if (!civil_is_valid(&(struct civil){.year = c.year, .month = c.month, .day = c.day})) return false;
		day = (struct civil){.year = c.year, .month = c.month, .day = c.day};
		day_ms = civil_to_ms(&day);
	}
	if (c.hour > 23 || c.minute > 59 || c.second > 60) return false;
	*ms = day_ms + ((int64_t)c.hour * 3600 + c.minute * 60 + c.second) * 1000 + c.ms;
	return true;
}

bool segment_time(str s, int64_t *ms)
{
	enum { LEAST_TEXT_DIGITS = 5 }; /* a bare "2011" is a year that lost its month, yet 0 is a time */
	bool has_zone;
	struct decimal d;
	if (usual_time(s, ms)) return true;
	s = str_trim(s);
	if (datetime_parse(s, ms, &has_zone)) return true;
	if (!decimal_parse(s, &d) || (s.n < LEAST_TEXT_DIGITS && d.mantissa != 0)) return false;
	double value = decimal_to_double(d);
	if (value < -9e15 || value > 9e15) return false;
	*ms = (int64_t)value;
	return true;
}
