#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { DIGITS = 18, EXPONENT_MAX = 18 };

static const int64_t POW10[19] = {1,
	10,
	100,
	1000,
	10000,
	100000,
	1000000,
	10000000,
	100000000,
	1000000000,
	10000000000,
	100000000000,
	1000000000000,
	10000000000000,
	100000000000000,
	1000000000000000,
	10000000000000000,
	100000000000000000,
	1000000000000000000};

static bool normal(int64_t mantissa, int exponent, struct decimal *out)
{
	if (mantissa == 0) exponent = 0;
	while (mantissa && mantissa % 10 == 0 && exponent < EXPONENT_MAX) {
		mantissa /= 10;
		exponent++;
	}
	while (exponent > EXPONENT_MAX && mantissa < POW10[DIGITS] / 10 && mantissa > -POW10[DIGITS] / 10) {
		mantissa *= 10;
		exponent--;
	}
	if (exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX) return false;
	*out = (struct decimal){mantissa, (int8_t)exponent};
	return true;
}

/* Digits and point; returns how many bytes were read, counts digits before trailing zeros are dropped. */
static size_t read_digits(str t, size_t i, int64_t *mantissa, int *exponent, bool *fits)
{
	size_t digits = 0, start = i;
	bool point = false;
	for (; i < t.n; i++) {
		if (t.p[i] == '.' && !point) {
			point = true;
			continue;
		}
		unsigned d = (unsigned)((unsigned char)t.p[i] - '0');
		if (d > 9) break;
		digits++;
		if (*mantissa >= POW10[DIGITS] / 10) {
			if (d != 0) *fits = false;
			if (!point) ++*exponent;
		} else {
			*mantissa = *mantissa * 10 + (int64_t)d;
			if (point) --*exponent;
		}
	}
	return digits ? i : start;
}

bool decimal_parse(str t, struct decimal *out)
{
	size_t i = 0;
	bool negative = false, fits = true;
	if (t.n && (t.p[0] == '-' || t.p[0] == '+')) negative = t.p[i++] == '-';
	int64_t mantissa = 0;
	int exponent = 0;
	size_t end = read_digits(t, i, &mantissa, &exponent, &fits);
	if (end == i) return false;
	i = end;
	if (i < t.n && (t.p[i] == 'e' || t.p[i] == 'E')) {
		int64_t e;
		str rest = str_sub(t, i + 1, t.n);
		if (rest.n > 1 && rest.p[0] == '+') rest = str_sub(rest, 1, rest.n);
		if (!str_i64(rest, &e) || e < -400 || e > 400) return false;
		exponent += (int)e;
		i = t.n;
	}
	if (i != t.n || !fits) return false;
	return normal(negative ? -mantissa : mantissa, exponent, out);
}

struct decimal decimal_of_i64(int64_t value)
{
	struct decimal d = {value, 0};
	normal(value, 0, &d);
	return d;
}

bool decimal_of_double(double value, struct decimal *out)
{
	char text[40];
	if (!isfinite(value)) return false;
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value) break;
	}
	return decimal_parse(str_of(text), out);
}

/* A mantissa of 53 bits and a power of ten up to the 22nd are exact as doubles, so one operation rounds once, as strtod would (Clinger). */
double decimal_to_double(struct decimal d)
{
	static const double TENS[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	enum { MOST = sizeof TENS / sizeof *TENS - 1 };
	char text[40];
	if (d.exponent == 0) return (double)d.mantissa;
	if (d.mantissa <= INT64_C(1) << 53 && d.mantissa >= -(INT64_C(1) << 53) && d.exponent >= -MOST && d.exponent <= MOST)
		return d.exponent > 0 ? (double)d.mantissa * TENS[d.exponent] : (double)d.mantissa / TENS[-d.exponent];
	snprintf(text, sizeof text, "%llde%d", (long long)d.mantissa, d.exponent);
	return strtod(text, NULL);
}

int decimal_cmp(struct decimal a, struct decimal b)
{
	long double x = (long double)a.mantissa, y = (long double)b.mantissa;
	int shift = a.exponent - b.exponent;
	if (shift >= -DIGITS && shift <= DIGITS) {
		__int128 l = a.mantissa, r = b.mantissa;
		if (shift > 0) l *= POW10[shift];
		if (shift < 0) r *= POW10[-shift];
		return l < r ? -1 : l > r;
	}
	x *= powl(10, a.exponent);
	y *= powl(10, b.exponent);
	return x < y ? -1 : x > y;
}

static bool narrow(__int128 wide, int exponent, struct decimal *out)
{
	while ((wide > INT64_MAX / 4 || wide < -(INT64_MAX / 4)) && wide % 10 == 0) {
		wide /= 10;
		exponent++;
	}
	if (wide > POW10[DIGITS] || wide < -POW10[DIGITS]) return false;
	return normal((int64_t)wide, exponent, out);
}

bool decimal_mul(struct decimal a, struct decimal b, struct decimal *out)
{
	return narrow((__int128)a.mantissa * b.mantissa, a.exponent + b.exponent, out);
}

bool decimal_add(struct decimal a, struct decimal b, struct decimal *out)
{
	int shift = a.exponent - b.exponent;
	if (shift > DIGITS || shift < -DIGITS) return false;
	__int128 l = a.mantissa, r = b.mantissa;
	if (shift > 0) l *= POW10[shift];
	if (shift < 0) r *= POW10[-shift];
	return narrow(l + r, a.exponent < b.exponent ? a.exponent : b.exponent, out);
}

/* Written from the end of the room; 64 bits are divided as such, since 128 are slow. */
static str scaled_text(__int128 value, int scale, char room[DECIMAL_ROOM])
{
	char *end = room + DECIMAL_ROOM, *at = end;
	bool negative = value < 0;
	unsigned __int128 wide = negative ? -(unsigned __int128)value : (unsigned __int128)value;
	int i = 0;
	for (; wide > UINT64_MAX; wide /= 10) {
		if (i == scale && scale) *--at = '.';
		*--at = (char)('0' + (int)(wide % 10));
		i++;
	}
	for (uint64_t left = (uint64_t)wide; left || i <= scale; i++, left /= 10) {
		if (i == scale && scale) *--at = '.';
		*--at = (char)('0' + (int)(left % 10));
	}
	if (negative) *--at = '-';
	if (scale) {
		while (end > at && end[-1] == '0') end--;
		if (end > at && end[-1] == '.') end--;
	}
	return (str){at, (size_t)(end - at)};
}

static str show_scaled(struct arena *a, __int128 value, int scale)
{
	char room[DECIMAL_ROOM];
	return str_dup(a, scaled_text(value, scale, room));
}

str decimal_text(struct decimal d, char room[DECIMAL_ROOM])
{
	if (d.exponent <= 0) return scaled_text(d.mantissa, -d.exponent, room);
	return scaled_text((__int128)d.mantissa * POW10[d.exponent], 0, room);
}

str decimal_show(struct arena *a, struct decimal d)
{
	char room[DECIMAL_ROOM];
	return str_dup(a, decimal_text(d, room));
}

void decimal_sum_init(struct decimal_sum *s)
{
	*s = (struct decimal_sum){.is_exact = true};
}

static bool rescale(struct decimal_sum *s, int scale)
{
	__int128 wide;
	if (scale <= s->scale) return true;
	if (__builtin_mul_overflow(s->total, (__int128)POW10[scale - s->scale], &wide)) return false;
	s->total = wide;
	s->scale = scale;
	return true;
}

static void add_scaled(struct decimal_sum *s, __int128 value, int scale, double fallback)
{
	__int128 wide, total;
	if (rescale(s, scale) && !__builtin_mul_overflow(value, (__int128)POW10[s->scale - scale], &wide) &&
	    !__builtin_add_overflow(s->total, wide, &total)) {
		s->total = total;
		return;
	}
	s->is_exact = false;
	s->inexact += fallback;
}

void decimal_sum_add(struct decimal_sum *s, struct decimal d)
{
	if (d.exponent <= 0)
		add_scaled(s, d.mantissa, -d.exponent, decimal_to_double(d));
	else
		add_scaled(s, (__int128)d.mantissa * POW10[d.exponent], 0, decimal_to_double(d));
}

void decimal_sum_add_double(struct decimal_sum *s, double d)
{
	s->is_exact = false;
	s->inexact += d;
}

void decimal_sum_merge(struct decimal_sum *s, const struct decimal_sum *other)
{
	add_scaled(s, other->total, other->scale, (double)other->total / (double)POW10[other->scale]);
	s->inexact += other->inexact;
	s->is_exact = s->is_exact && other->is_exact;
}

double decimal_sum_double(const struct decimal_sum *s)
{
	return (double)((long double)s->total / (long double)POW10[s->scale]) + s->inexact;
}

str decimal_sum_show(struct arena *a, const struct decimal_sum *s)
{
	if (s->is_exact) return show_scaled(a, s->total, s->scale);
	for (int digits = 15;; digits++) {
		str text = str_fmt(a, "%.*g", digits, decimal_sum_double(s));
		if (digits == 17 || strtod(text.p, NULL) == decimal_sum_double(s)) return text;
	}
}
