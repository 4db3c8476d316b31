#include "conversation/hours.h"

#include <stdlib.h>

#include "base/datetime.h"
#include "base/vec.h"
#include "i18n/i18n.h"
#include "i18n/zone.h"

enum { HOUR_MIN = 60, DAY_MIN = 1440, MINUTE_MS = 60000, TEN_YEARS = 3660, HOLIDAYS_MOST = 1000, DATE_CHARACTERS = 10 };

/* ---- reading ---- */

/* What people write between two times, as a hyphen: folding leaves the dashes. */
static str with_hyphens(struct arena *a, str text)
{
	str out = str_dup(a, text);
	char *p = (char *)(uintptr_t)out.p;
	size_t n = 0;
	for (size_t i = 0; i < out.n; i++) {
		bool is_dash = i + 2 < out.n && (unsigned char)out.p[i] == 0xe2 && (unsigned char)out.p[i + 1] == 0x80 && (unsigned char)out.p[i + 2] >= 0x90 && (unsigned char)out.p[i + 2] <= 0x95;
		p[n++] = is_dash ? '-' : out.p[i];
		if (is_dash) i += 2;
	}
	return (str){out.p, n};
}

static bool read_time(str text, int *out)
{
	str rest = str_trim(text), hour = str_cut(&rest, ':');
	int64_t h = 0, m = 0;
	if (!hour.n || hour.n > 2 || !str_i64(hour, &h)) return false;
	if (str_given(rest) && rest.n && (rest.n != 2 || !str_i64(rest, &m))) return false;
	if (h < 0 || m < 0 || m >= HOUR_MIN || h * HOUR_MIN + m > DAY_MIN) return false;
	*out = (int)(h * HOUR_MIN + m);
	return true;
}

static bool add_window(struct hours_day *d, int from, int to)
{
	int at = d->n;
	if (from >= to || d->n == HOURS_WINDOWS) return false;
	for (; at > 0 && d->v[at - 1].from_min > from; at--) d->v[at] = d->v[at - 1];
	d->v[at].from_min = from;
	d->v[at].to_min = to;
	d->n++;
	return (at == 0 || d->v[at - 1].to_min <= from) && (at + 1 == d->n || to <= d->v[at + 1].from_min);
}

bool hours_read_day(struct arena *a, str text, struct hours_day *out)
{
	str rest = with_hyphens(a, i18n_fold(a, text));
	*out = (struct hours_day){0};
	if (!str_trim(rest).n) return true;
	while (str_given(rest)) {
		int from, to;
		str times = str_cut(&rest, ','), begin = str_cut(&times, '-');
		if (!str_given(times) || !read_time(begin, &from) || !read_time(times, &to) || !add_window(out, from, to)) return false;
	}
	return true;
}

str hours_show_day(struct arena *a, const struct hours_day *d)
{
	str out = S("");
	for (int i = 0; i < d->n; i++)
		out = str_fmt(a, "%.*s%s%02d:%02d-%02d:%02d", STR_ARG(out), i ? ", " : "", d->v[i].from_min / HOUR_MIN, d->v[i].from_min % HOUR_MIN, d->v[i].to_min / HOUR_MIN, d->v[i].to_min % HOUR_MIN);
	return out;
}

static int by_day(const void *a, const void *b)
{
	const struct hours_holiday *x = a, *y = b;
	return (x->day > y->day) - (x->day < y->day);
}

bool hours_read_holidays(struct arena *a, str text, const struct hours_holiday **out, size_t *n, int *line)
{
	VEC(struct hours_holiday) days = {0};
	*line = 0;
	for (str rest = text; str_given(rest);) {
		str one = str_trim(str_cut(&rest, '\n'));
		int64_t ms;
		bool has_zone;
		++*line;
		if (!one.n) continue;
		str date = one.n > DATE_CHARACTERS ? (str){one.p, DATE_CHARACTERS} : one, name = {one.p + date.n, one.n - date.n};
		bool is_apart = !name.n || name.p[0] == ' ' || name.p[0] == '\t' || name.p[0] == ',';
		if (!is_apart || name.n > HOURS_NAME_BYTES || days.n == HOLIDAYS_MOST || !datetime_parse(date, &ms, &has_zone) || ms % DAY_MS) return false;
		if (name.n && name.p[0] == ',') name.p++, name.n--;
		VEC_PUSH(&days, a, ((struct hours_holiday){ms / DAY_MS, str_trim(name)}));
	}
	if (days.n > 1) qsort(days.v, days.n, sizeof *days.v, by_day);
	*out = days.v;
	*n = days.n;
	return true;
}

/* ---- counting ---- */

static bool is_holiday(const struct hours *h, int64_t day)
{
	size_t low = 0, high = h->n_holidays;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (h->holidays[mid].day < day) low = mid + 1;
		else high = mid;
	}
	return low < h->n_holidays && h->holidays[low].day == day;
}

static int64_t day_of(const struct hours *h, int64_t ms)
{
	int64_t civil = zone_to_civil(h->zone, ms);
	return civil >= 0 ? civil / DAY_MS : -((DAY_MS - 1 - civil) / DAY_MS);
}

static const struct hours_day *windows_of(const struct hours *h, int64_t day)
{
	static const struct hours_day CLOSED = {0};
	return is_holiday(h, day) ? &CLOSED : &h->days[weekday_of_days(day)];
}

static int64_t instant(const struct hours *h, int64_t day, int minute)
{
	return zone_to_utc(h->zone, day * DAY_MS + (int64_t)minute * MINUTE_MS);
}

/* The windows of the days from `from` on, one after another, cut at it. */
struct walk {
	const struct hours *h;
	int64_t from, day, begins, ends;
	int at;
};

static bool next_window(struct walk *w, int64_t last_day)
{
	for (; w->day <= last_day; w->day++, w->at = 0) {
		const struct hours_day *d = windows_of(w->h, w->day);
		while (w->at < d->n) {
			w->begins = instant(w->h, w->day, d->v[w->at].from_min);
			w->ends = instant(w->h, w->day, d->v[w->at].to_min);
			w->at++;
			if (w->begins < w->from) w->begins = w->from;
			if (w->begins < w->ends) return true;
		}
	}
	return false;
}

int64_t hours_between(const struct hours *h, int64_t from_ms, int64_t to_ms)
{
	int64_t sum = 0;
	if (to_ms <= from_ms) return 0;
	if (!h) return to_ms - from_ms;
	struct walk w = {.h = h, .from = from_ms, .day = day_of(h, from_ms)};
	for (int64_t last = day_of(h, to_ms); next_window(&w, last) && w.begins < to_ms;) sum += (w.ends < to_ms ? w.ends : to_ms) - w.begins;
	return sum;
}

int64_t hours_after(const struct hours *h, int64_t from_ms, int64_t ms)
{
	if (!h) return from_ms + ms;
	struct walk w = {.h = h, .from = from_ms, .day = day_of(h, from_ms)};
	for (int64_t last = w.day + TEN_YEARS; next_window(&w, last); ms -= w.ends - w.begins)
		if (w.ends - w.begins >= ms) return w.begins + ms;
	return INT64_MIN;
}
