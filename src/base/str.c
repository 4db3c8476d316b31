#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"

str str_of(const char *c_string)
{
	return c_string ? (str){c_string, strlen(c_string)} : STR_NONE;
}

bool str_eq(str a, str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool str_eq_nocase(str a, str b)
{
	if (a.n != b.n) return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower((unsigned char)a.p[i]) != lower((unsigned char)b.p[i])) return false;
	return true;
}

int str_cmp(str a, str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	if (order) return order;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool str_starts(str s, str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(str s, str suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

bool str_contains(str s, str needle)
{
	return needle.n == 0 || (s.n && memmem(s.p, s.n, needle.p, needle.n) != NULL);
}

str str_sub(str s, size_t from, size_t n)
{
	if (from > s.n) from = s.n;
	if (n > s.n - from) n = s.n - from;
	return (str){s.p ? s.p + from : NULL, n};
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
	while (s.n && is_space(s.p[0])) s = str_sub(s, 1, s.n);
	while (s.n && is_space(s.p[s.n - 1])) s.n--;
	return s;
}

bool str_find(str s, char c, size_t *at)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;
	if (hit) *at = (size_t)(hit - s.p);
	return hit != NULL;
}

str str_cut(str *rest, char sep)
{
	str all = *rest;
	size_t at;
	if (!str_find(all, sep, &at)) {
		*rest = STR_NONE;
		return all;
	}
	*rest = (str){all.p + at + 1, all.n - at - 1};
	return (str){all.p, at};
}

str str_dup(struct arena *a, str s)
{
	char *copy = arena_alloc(a, s.n + 1);
	if (s.n) memcpy(copy, s.p, s.n);
	return (str){copy, s.n};
}

const char *str_c(struct arena *a, str s)
{
	return str_dup(a, s).p;
}

str str_fmt(struct arena *a, const char *format, ...)
{
	va_list args;
	assert(format); /* said to the compiler too: the sanitizers make it look at the case */
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = arena_alloc(a, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return (str){text, (size_t)n};
}

str str_join(struct arena *a, const str *parts, size_t n, str sep)
{
	size_t total = 0;
	for (size_t i = 0; i < n; i++) total += parts[i].n + (i ? sep.n : 0);
	char *text = arena_alloc(a, total + 1), *to = text;
	for (size_t i = 0; i < n; i++) {
		if (i && sep.n) to = mempcpy(to, sep.p, sep.n);
		if (parts[i].n) to = mempcpy(to, parts[i].p, parts[i].n);
	}
	return (str){text, total};
}

str str_lower_ascii(struct arena *a, str s)
{
	char *text = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++) text[i] = (char)lower((unsigned char)s.p[i]);
	return (str){text, s.n};
}

str str_hex(struct arena *a, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = bytes;
	char *text = arena_alloc(a, 2 * n + 1);
	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[b[i] >> 4];
		text[2 * i + 1] = digits[b[i] & 15];
	}
	return (str){text, 2 * n};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return -1;
}

bool str_from_hex(str hex, void *out, size_t out_bytes)
{
	unsigned char *b = out;
	if (hex.n != 2 * out_bytes) return false;
	for (size_t i = 0; i < out_bytes; i++) {
		int high = hex_digit(hex.p[2 * i]), low = hex_digit(hex.p[2 * i + 1]);
		if (high < 0 || low < 0) return false;
		b[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static str base64(struct arena *a, const unsigned char *b, size_t n, const char *alphabet, bool pad)
{
	char *text = arena_alloc(a, (n + 2) / 3 * 4 + 1), *to = text;
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		unsigned v = (unsigned)b[i] << 16 | (left > 1 ? (unsigned)b[i + 1] << 8 : 0) | (left > 2 ? b[i + 2] : 0u);
		*to++ = alphabet[v >> 18];
		*to++ = alphabet[v >> 12 & 63];
		if (left > 1 || pad) *to++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
		if (left > 2 || pad) *to++ = left > 2 ? alphabet[v & 63] : '=';
	}
	return (str){text, (size_t)(to - text)};
}

str str_base64(struct arena *a, const void *bytes, size_t n)
{
	return base64(a, bytes, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

str str_base64url(struct arena *a, const void *bytes, size_t n)
{
	return base64(a, bytes, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z') return c - 'A';
	if (c >= 'a' && c <= 'z') return c - 'a' + 26;
	if (c >= '0' && c <= '9') return c - '0' + 52;
	if (c == '+' || c == '-') return 62;
	if (c == '/' || c == '_') return 63;
	return -1;
}

bool str_from_base64(struct arena *a, str text, str *out)
{
	while (text.n && text.p[text.n - 1] == '=') text.n--;
	if (text.n % 4 == 1) return false;
	char *bytes = arena_alloc(a, text.n / 4 * 3 + 3);
	size_t n = 0;
	unsigned bits = 0;
	for (size_t i = 0; i < text.n; i++) {
		int digit = base64_digit(text.p[i]);
		if (digit < 0) return false;
		bits = (bits << 6 | (unsigned)digit) & 0xffffff;
		if (i % 4 == 1) bytes[n++] = (char)(bits >> 4);
		if (i % 4 == 2) bytes[n++] = (char)(bits >> 2);
		if (i % 4 == 3) bytes[n++] = (char)bits;
	}
	*out = (str){bytes, n};
	return true;
}

bool str_u64(str s, uint64_t *out)
{
	uint64_t value = 0;
	if (s.n == 0 || s.n > 20) return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)((unsigned char)s.p[i] - '0');
		if (digit > 9) return false;
		if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, digit, &value)) return false;
	}
	*out = value;
	return true;
}

bool str_i64(str s, int64_t *out)
{
	bool negative = s.n && s.p[0] == '-';
	uint64_t value;
	if (!str_u64(negative ? str_sub(s, 1, s.n) : s, &value)) return false;
	if (value > (uint64_t)INT64_MAX + (negative ? 1 : 0)) return false;
	*out = negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

bool str_f64(str s, double *out)
{
	char text[64], *end;
	if (s.n == 0 || s.n >= sizeof text || is_space(s.p[0])) return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	errno = 0;
	*out = strtod(text, &end);
	return end == text + s.n && errno == 0;
}

uint64_t str_hash(str s)
{
	return XXH3_64bits(s.p ? s.p : "", s.n);
}
