/* Day numbers after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
#include "base/datetime.h"

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t civil_to_days(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = floor_div(y, 400), of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t civil_to_ms(const struct civil *c)
{
	return civil_to_days(c->year, c->month, c->day) * DAY_MS +
	       (((int64_t)c->hour * 60 + c->minute) * 60 + c->second) * 1000 + c->ms;
}

struct civil civil_of_ms(int64_t ms)
{
	int64_t days = floor_div(ms, DAY_MS), rest = ms - days * DAY_MS;
	int64_t z = days + 719468, era = floor_div(z, 146097), of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
	struct civil c = {.day = (int)(of_year - (153 * m + 2) / 5 + 1), .month = (int)(m < 10 ? m + 3 : m - 9)};
	c.year = (int)(y + era * 400 + (c.month <= 2));
	c.hour = (int)(rest / 3600000);
	c.minute = (int)(rest / 60000 % 60);
	c.second = (int)(rest / 1000 % 60);
	c.ms = (int)(rest % 1000);
	return c;
}

bool civil_is_valid(const struct civil *c)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (c->month < 1 || c->month > 12 || c->day < 1 || c->year < 0 || c->year > 9999) return false;
	bool leap = c->year % 4 == 0 && (c->year % 100 != 0 || c->year % 400 == 0);
	if (c->day > days[c->month - 1] + (c->month == 2 && leap)) return false;
	return c->hour >= 0 && c->hour < 24 && c->minute >= 0 && c->minute < 60 && c->second >= 0 && c->second <= 60;
}

int weekday_of_days(int64_t days)
{
	int64_t w = (days + 3) % 7; /* 1970-01-01 was a Thursday */
	return (int)(w < 0 ? w + 7 : w);
}

static bool digits(str s, size_t *i, int n, int *out)
{
	int value = 0;
	for (int k = 0; k < n; k++, ++*i) {
		if (*i >= s.n || s.p[*i] < '0' || s.p[*i] > '9') return false;
		value = value * 10 + (s.p[*i] - '0');
	}
	*out = value;
	return true;
}

static bool take(str s, size_t *i, char c)
{
	if (*i >= s.n || s.p[*i] != c) return false;
	++*i;
	return true;
}

static bool read_offset(str s, size_t *i, int64_t *offset_ms, bool *has_zone)
{
	*offset_ms = 0;
	*has_zone = *i < s.n;
	if (!*has_zone || take(s, i, 'Z') || take(s, i, 'z')) return true;
	int sign = take(s, i, '+') ? 1 : take(s, i, '-') ? -1 : 0, hours, minutes = 0;
	if (!sign || !digits(s, i, 2, &hours)) return false;
	take(s, i, ':');
	if (*i < s.n && !digits(s, i, 2, &minutes)) return false;
	if (hours > 18 || minutes > 59) return false;
	*offset_ms = sign * (hours * 60 + minutes) * INT64_C(60000);
	return true;
}

static bool read_time(str s, size_t *i, struct civil *c)
{
	if (!digits(s, i, 2, &c->hour) || !take(s, i, ':') || !digits(s, i, 2, &c->minute)) return false;
	if (!take(s, i, ':')) return true;
	if (!digits(s, i, 2, &c->second)) return false;
	if (take(s, i, '.') || take(s, i, ',')) {
		int scale = 100, one;
		size_t start = *i;
		while (*i < s.n && s.p[*i] >= '0' && s.p[*i] <= '9') {
			digits(s, i, 1, &one);
			c->ms += one * scale;
			scale /= 10;
		}
		if (*i == start) return false;
	}
	return true;
}

bool datetime_parse(str s, int64_t *ms, bool *has_zone)
{
	struct civil c = {0};
	size_t i = 0;
	int64_t offset = 0;
	*has_zone = false;
	if (!digits(s, &i, 4, &c.year) || !take(s, &i, '-') || !digits(s, &i, 2, &c.month) || !take(s, &i, '-') ||
	    !digits(s, &i, 2, &c.day))
		return false;
	if (i < s.n) {
		if (!take(s, &i, 'T') && !take(s, &i, 't') && !take(s, &i, ' ')) return false;
		if (!read_time(s, &i, &c)) return false;
		if (i < s.n && s.p[i] == ' ') i++;
		if (!read_offset(s, &i, &offset, has_zone)) return false;
	}
	if (i != s.n || !civil_is_valid(&c)) return false;
	*ms = civil_to_ms(&c) - offset;
	return true;
}

str datetime_show(struct arena *a, int64_t ms)
{
	struct civil c = civil_of_ms(ms);
	return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day, c.hour, c.minute, c.second, c.ms);
}

str date_show(struct arena *a, int64_t ms)
{
	struct civil c = civil_of_ms(ms);
	return str_fmt(a, "%04d-%02d-%02d", c.year, c.month, c.day);
}
