/* Times and numbers of files, as people's spreadsheets write them. Nothing is guessed a cell at a time: the mapping says
 * which of day and month stands first and what a comma means, for the whole file. */
#include <string.h>
#include <unicode/uchar.h>

#include "base/datetime.h"
#include "base/utf8.h"
#include "collect/mapping.h"
#include "i18n/zone.h"

enum { VALUE_BYTES = 64 };

/* The text with the digits and separators of every script in ASCII. False when longer than any number or time. */
static bool to_ascii(str text, char out[VALUE_BYTES], size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < text.n;) {
		UChar32 c = (UChar32)utf8_next(text, &i);
		int digit = c < 0x80 ? -1 : u_charDigitValue(c);
		if (*n == VALUE_BYTES - 1) return false;
		if (digit >= 0) out[(*n)++] = (char)('0' + digit);
		else if (c < 0x80) out[(*n)++] = (char)c;
		else if (c == 0x2212) out[(*n)++] = '-';
		else if (c == 0x66b) out[(*n)++] = 'D'; /* Arabic decimal separator */
		else if (c == 0x66c || c == 0x2019) out[(*n)++] = '\'';
		else if (c == 0x5e74 || c == 0x6708) out[(*n)++] = '/'; /* year, month */
		else if (c == 0x65e5 || u_isUWhiteSpace(c)) out[(*n)++] = ' '; /* day */
		else if (u_charType(c) != U_CURRENCY_SYMBOL && u_charType(c) != U_FORMAT_CHAR) return false;
	}
	return true;
}

/* ---- times ------------------------------------------------------------------------------------------------ */

static bool is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static int month_by_name(str name)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	if (name.n < 3) return 0;
	for (int i = 0; i < 12; i++)
		if (str_eq_nocase(str_sub(name, 0, 3), (str){months + (size_t)i * 3, 3})) return i + 1;
	return 0;
}

struct date_part {
	int value, digits;
	bool is_name;
};

/* Three parts of a date; *rest is what follows. */
static bool date_parts(str s, struct date_part parts[3], str *rest)
{
	size_t i = 0;
	for (int k = 0; k < 3; k++) {
		size_t from = i;
		bool name = i < s.n && is_letter(s.p[i]);
		while (i < s.n && (name ? is_letter(s.p[i]) : s.p[i] >= '0' && s.p[i] <= '9')) i++;
		str part = str_sub(s, from, i - from);
		int64_t value;
		if (name) value = month_by_name(part);
		else if (part.n > 4 || !str_i64(part, &value)) return false;
		parts[k] = (struct date_part){(int)value, (int)part.n, name};
		if (k == 2) break;
		from = i;
		while (i < s.n && strchr("/.- ,", s.p[i])) i++;
		if (i == from) return false;
	}
	*rest = str_sub(s, i, s.n);
	return true;
}

static bool civil_date(enum time_format format, const struct date_part p[3], struct civil *c)
{
	int year = format == TIME_YMD || p[0].digits == 4 ? 0 : 2, month = format == TIME_MDY && year ? 0 : 1;
	if (p[0].is_name) month = 0;
	if (p[1].is_name) month = 1;
	if (p[2].is_name || (p[0].is_name && p[1].is_name) || (year == 0 && month == 0)) return false;
	int day = 3 - year - month;
	*c = (struct civil){.year = p[year].value, .month = p[month].value, .day = p[day].value};
	if (p[year].digits == 2) c->year += c->year < 69 ? 2000 : 1900; /* as POSIX reads %y */
	else if (p[year].digits != 4) return false;
	return p[day].digits <= 2 && (p[month].is_name || p[month].digits <= 2);
}

/* H:MM(:SS(.fff))( AM) */
static bool civil_clock(str s, struct civil *c)
{
	s = str_trim(s);
	if (s.n && (s.p[0] == 'T' || s.p[0] == ',')) s = str_trim(str_sub(s, 1, s.n));
	if (!s.n) return true;
	bool pm = s.n > 2 && str_eq_nocase(str_sub(s, s.n - 2, 2), S("pm")), am = s.n > 2 && str_eq_nocase(str_sub(s, s.n - 2, 2), S("am"));
	if (am || pm) s = str_trim(str_sub(s, 0, s.n - 2));
	str rest = s, hour = str_cut(&rest, ':'), minute = str_cut(&rest, ':'), second = rest, fraction;
	int64_t h, m, sec = 0, ms = 0;
	if (hour.n > 2 || minute.n != 2 || !str_i64(hour, &h) || !str_i64(minute, &m) || h < 0 || m < 0) return false;
	if (str_given(second)) {
		fraction = second;
		second = str_cut(&fraction, '.');
		if (second.n != 2 || !str_i64(second, &sec) || sec < 0) return false;
		if (str_given(fraction)) {
			if (!fraction.n || !str_i64(str_sub(fraction, 0, 3), &ms) || ms < 0) return false;
			for (size_t k = fraction.n; k < 3; k++) ms *= 10;
		}
	}
	if ((am || pm) && (h < 1 || h > 12)) return false;
	if (am || pm) h = h % 12 + (pm ? 12 : 0);
	c->hour = (int)h;
	c->minute = (int)m;
	c->second = (int)sec;
	c->ms = (int)ms;
	return true;
}

static bool epoch(str s, int64_t unit_ms, int64_t *ms)
{
	struct decimal d;
	if (!decimal_parse(s, &d)) return false;
	double value = decimal_to_double(d) * (double)unit_ms;
	if (value < -9e15 || value > 9e15) return false;
	*ms = (int64_t)value;
	return true;
}

bool mapping_time(const struct mapping *m, str text, int64_t *ms)
{
	char room[VALUE_BYTES];
	size_t n;
	bool has_zone = false;
	struct date_part parts[3];
	struct civil c;
	str rest;
	text = str_trim(text);
	if (!to_ascii(text, room, &n)) return false;
	str s = {room, n};
	if (m->time_format == TIME_EPOCH_S || m->time_format == TIME_EPOCH_MS) {
		if (!epoch(s, m->time_format == TIME_EPOCH_S ? 1000 : 1, ms)) return false;
		has_zone = true;
	} else if (!datetime_parse(s, ms, &has_zone)) { /* ISO is ISO in every file */
		if (m->time_format == TIME_ISO || !date_parts(s, parts, &rest) || !civil_date(m->time_format, parts, &c) || !civil_clock(rest, &c) ||
		    !civil_is_valid(&c))
			return false;
		*ms = civil_to_ms(&c);
	}
	if (!has_zone && m->zone) *ms = zone_to_utc(m->zone, *ms);
	return *ms >= DATETIME_MIN_MS && *ms < DATETIME_MAX_MS;
}

/* ---- numbers ---------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_code(str s)
{
	return s.n == 3 && is_letter(s.p[0]) && is_letter(s.p[1]) && is_letter(s.p[2]);
}

/* Takes away a currency's sign or code at either end. */
static str without_currency(str s)
{
	s = str_trim(s);
	if (is_code(str_sub(s, 0, 3))) s = str_trim(str_sub(s, 3, s.n));
	else if (s.n > 3 && is_code(str_sub(s, s.n - 3, 3))) s = str_trim(str_sub(s, 0, s.n - 3));
	if (s.n && s.p[0] == '$') s = str_trim(str_sub(s, 1, s.n));
	return s;
}

bool mapping_number(const struct mapping *m, str text, struct decimal *out)
{
	char room[VALUE_BYTES], plain[VALUE_BYTES];
	size_t n, k = 0;
	if (decimal_parse(text, out) && m->decimal != ',') return true;
	if (!to_ascii(text, room, &n)) return false;
	str s = without_currency((str){room, n});
	bool negative = false, point = false;
	if (s.n > 2 && s.p[0] == '(' && s.p[s.n - 1] == ')') {
		negative = true;
		s = without_currency(str_sub(s, 1, s.n - 2));
	} else if (s.n > 1 && (s.p[0] == '-' || s.p[0] == '+' || s.p[s.n - 1] == '-')) {
		negative = s.p[0] != '+';
		s = without_currency(s.p[0] == '-' || s.p[0] == '+' ? str_sub(s, 1, s.n) : str_sub(s, 0, s.n - 1));
	}
	if (negative) plain[k++] = '-';
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];
		if (is_digit(ch)) {
			plain[k++] = ch;
		} else if ((ch == m->decimal || ch == 'D') && !point) {
			point = true;
			plain[k++] = '.';
		} else { /* a thousands separator stands between a digit and groups of three */
			bool group = !point && i && is_digit(s.p[i - 1]) && i + 3 < s.n && is_digit(s.p[i + 1]) && is_digit(s.p[i + 2]) && is_digit(s.p[i + 3]) &&
			             (i + 4 == s.n || !is_digit(s.p[i + 4]));
			if (!group || !strchr(".,' ", ch)) return false;
		}
	}
	return decimal_parse((str){plain, k}, out);
}
