/* The walk over simdjson's structural index. Each token is one or two entries of the index, so the text between them
 * is touched only where the grammar needs it: numbers and literals whole, strings not at all unless they hold a
 * backslash. Where the next backslash lies is remembered, so that a text without any is searched once.
 *
 * What stage one leaves to the walk: it lists any byte that begins a token, right or wrong; a quote that follows a
 * number or word without a gap is not listed (1"a"), hence every scalar is checked up to its end; form feed and 0x1a
 * are listed as if they were operators, hence each entry's byte is looked at.
 *
 * Chains of comparisons, likeliest first, instead of switches: an indirect jump a token costs more than the rest. */
#include "json/reader.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "json/index.h"

#define COLD __attribute__((noinline, cold)) /* keeps what is rare out of the way of every token */

static_assert(JSON_DEPTH <= 64, "objects has one bit a level");

struct json_reader *json_reader_new(size_t max_bytes)
{
	struct json_reader *r = MEM_NEW(struct json_reader);
	r->max_bytes = max_bytes < UINT32_MAX / 4 ? max_bytes : UINT32_MAX / 4; /* entries are 32 bits wide */
	r->token = JSON_END;
	r->index = json_index_new();
	return r;
}

void json_reader_free(struct json_reader *r)
{
	if (!r) return;
	json_index_free(r->index);
	mem_free(r);
}

COLD static enum json_token wrong(struct json_reader *r, size_t at, const char *reason)
{
	if (r->token != JSON_ERROR) {
		r->reason = reason;
		r->error_at = at;
	}
	return r->token = JSON_ERROR;
}

/* Stage one tells that something is wrong with a string, not where. */
static void locate_string_error(struct json_reader *r)
{
	bool inside = false;
	size_t opened = 0;
	for (size_t i = 0; i < r->n; i++) {
		unsigned char c = (unsigned char)r->p[i];
		if (c == '"') {
			inside = !inside;
			opened = i;
		} else if (c == '\\') {
			i++;
		} else if (inside && c < 0x20) {
			wrong(r, i, "a control character in a string must be escaped");
			return;
		}
	}
	wrong(r, opened, "the string that begins here is not closed");
}

static void locate_utf8_error(struct json_reader *r)
{
	str text = {r->p, r->n};
	for (size_t i = 0; i < r->n;) {
		size_t start = i;
		if (utf8_next(text, &i) == 0xfffd && i == start + 1) {
			wrong(r, start, "the text is not valid UTF-8");
			return;
		}
	}
	wrong(r, 0, "the text is not valid UTF-8");
}

enum err json_reader_start(struct json_reader *r, str text, struct fault *f)
{
	struct json_reader fresh = {.p = text.p, .n = text.n, 
		.expect = EXPECT_VALUE, .after = EXPECT_NOTHING, .token = JSON_NULL, .max_bytes = r->max_bytes, .index = r->index};
	size_t n = 0;
	*r = fresh;
	if (text.n > r->max_bytes) {
		wrong(r, r->max_bytes, "the text is too long");
		return fault_set(f, ERR_TOO_LARGE, "", "the JSON text is longer than %zu bytes", r->max_bytes);
	}
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		wrong(r, 0, "a byte order mark stands before the JSON text: send it without one");
		return json_reader_fault(r, f);
	}
	enum json_index_result result = text.n ? json_index_find(r->index, text.p, text.n, &r->at, &n) : JSON_INDEX_EMPTY;
	r->end = n ? r->at + n : r->at; /* no index, no arithmetic on it */
	const char *backslash = text.n ? memchr(text.p, '\\', text.n) : NULL;
	r->backslash = backslash ? (size_t)(backslash - text.p) : text.n;
	switch (result) {
	case JSON_INDEX_OK: return OK;
	case JSON_INDEX_EMPTY: wrong(r, 0, "the text holds no JSON value"); break;
	case JSON_INDEX_UTF8: locate_utf8_error(r); break;
	case JSON_INDEX_STRING: locate_string_error(r); break;
	case JSON_INDEX_MEMORY: wrong(r, 0, "no memory for the index"); break;
	}
	return json_reader_fault(r, f);
}

static inline bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static bool is_hex(char c)
{
	return is_digit(c) || (unsigned char)((c | 32) - 'a') < 6;
}

/* Checks the escapes of a string that holds at least one. */
static bool escapes_are_right(struct json_reader *r)
{
	size_t i = r->backslash;
	while (i < r->to) {
		if (r->p[i] != '\\') {
			i++;
			continue;
		}
		char c = r->p[i + 1];
		size_t left = r->to - i;
		if (c == 'u') {
			if (left < 6 || !is_hex(r->p[i + 2]) || !is_hex(r->p[i + 3]) || !is_hex(r->p[i + 4]) || !is_hex(r->p[i + 5]))
				return wrong(r, i, "\\u must be followed by four hexadecimal digits"), false;
			i += 6;
		} else {
			if (left < 2 || !c || !strchr("\"\\/bfnrt", c)) return wrong(r, i, "no such escape in JSON"), false;
			i += 2;
		}
	}
	return true;
}

COLD static bool string_with_backslash(struct json_reader *r)
{
	if (r->backslash < r->from) {
		const char *next = memchr(r->p + r->from, '\\', r->n - r->from);
		r->backslash = next ? (size_t)(next - r->p) : r->n;
	}
	return r->backslash >= r->to || escapes_are_right(r);
}

/* The string whose opening quote is the entry before r->at; it ends at the last quote before the next entry. */
static inline bool read_string(struct json_reader *r)
{
	uint32_t to = *r->at - 1;
	while (r->p[to] != '"') to--;
	r->from = r->at[-1] + 1;
	r->to = to;
	return r->backslash >= to || string_with_backslash(r);
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? ; the limit is the next entry, so a digit never lies behind it. */
static const char *number_end(const char *p, const char *limit)
{
	if (*p == '-') p++;
	if (p == limit || !is_digit(*p)) return NULL;
	if (*p++ != '0')
		while (p < limit && is_digit(*p)) p++;
	if (p < limit && *p == '.') {
		const char *start = ++p;
		while (p < limit && is_digit(*p)) p++;
		if (p == start) return NULL;
	}
	if (p < limit && (*p | 32) == 'e') {
		p++;
		if (p < limit && (*p == '+' || *p == '-')) p++;
		const char *start = p;
		while (p < limit && is_digit(*p)) p++;
		if (p == start) return NULL;
	}
	return p;
}

static inline enum json_token scalar_read(struct json_reader *r, enum json_token token)
{
	r->expect = r->after;
	return r->token = token;
}

static __attribute__((noinline)) enum json_token read_number(struct json_reader *r)
{
	const char *limit = r->p + *r->at, *from = r->p + r->at[-1], *end = number_end(from, limit);
	if (!end || (end != limit && !is_space(*end))) return wrong(r, r->at[-1], "not a number of JSON");
	r->from = r->at[-1];
	r->to = (uint32_t)(end - r->p);
	return scalar_read(r, JSON_NUMBER);
}

static __attribute__((noinline)) enum json_token read_word(struct json_reader *r, const char *word, uint32_t n, enum json_token token)
{
	r->from = r->at[-1];
	r->to = r->from + n;
	if (*r->at < r->to || memcmp(r->p + r->from, word, n) != 0 || (*r->at > r->to && !is_space(r->p[r->to])))
		return wrong(r, r->from, "expected a value; words are true, false and null");
	return scalar_read(r, token);
}

static enum json_token open_container(struct json_reader *r, bool is_object)
{
	r->from = r->at[-1];
	r->to = r->from + 1;
	if (r->depth == JSON_DEPTH) return wrong(r, r->from, "nested too deeply (more than 64 levels)");
	r->depth++;
	r->objects = r->objects << 1 | is_object;
	r->expect = is_object ? EXPECT_FIRST_KEY : EXPECT_FIRST_ITEM;
	r->after = is_object ? EXPECT_MEMBER : EXPECT_ITEM;
	return r->token = is_object ? JSON_OBJECT : JSON_ARRAY;
}

static inline enum json_token close_container(struct json_reader *r, enum json_token token)
{
	r->from = r->at[-1];
	r->to = r->from + 1;
	r->objects >>= 1;
	r->expect = r->after = --r->depth == 0 ? EXPECT_NOTHING : r->objects & 1 ? EXPECT_MEMBER : EXPECT_ITEM;
	return r->token = token;
}

static enum json_token read_value(struct json_reader *r)
{
	if (r->at == r->end) return wrong(r, r->n, "the text ends where a value is expected");
	char c = r->p[*r->at++];
	if (c == '"') return read_string(r) ? scalar_read(r, JSON_STRING) : JSON_ERROR;
	if (c == '-' || is_digit(c)) return read_number(r);
	if (c == '{' || c == '[') return open_container(r, c == '{');
	if (c == 't') return read_word(r, "true", 4, JSON_TRUE);
	if (c == 'f') return read_word(r, "false", 5, JSON_FALSE);
	if (c == 'n') return read_word(r, "null", 4, JSON_NULL);
	return wrong(r, r->at[-1], "expected a value");
}

static inline enum json_token read_key(struct json_reader *r)
{
	if (r->at == r->end || r->p[*r->at] != '"') return wrong(r, *r->at, "expected a key in double quotes");
	r->at++;
	if (!read_string(r)) return JSON_ERROR;
	if (r->at == r->end || r->p[*r->at] != ':') return wrong(r, *r->at, "expected a colon after the key");
	r->at++;
	r->expect = EXPECT_VALUE;
	return r->token = JSON_KEY;
}

static inline enum json_token read_member(struct json_reader *r)
{
	if (r->at == r->end) return wrong(r, r->n, "the text ends inside an object");
	char c = r->p[*r->at++];
	if (c == ',') return read_key(r);
	if (c == '}') return close_container(r, JSON_OBJECT_END);
	return wrong(r, r->at[-1], "expected a comma or the end of the object");
}

static inline enum json_token read_item(struct json_reader *r)
{
	if (r->at == r->end) return wrong(r, r->n, "the text ends inside an array");
	char c = r->p[*r->at++];
	if (c == ',') return read_value(r);
	if (c == ']') return close_container(r, JSON_ARRAY_END);
	return wrong(r, r->at[-1], "expected a comma or the end of the array");
}

/* Just after an opening bracket: is it closed at once? */
static inline bool closes(struct json_reader *r, char bracket)
{
	if (r->at == r->end || r->p[*r->at] != bracket) return false;
	r->at++;
	return true;
}

static inline enum json_token step(struct json_reader *r)
{
	if (r->token == JSON_ERROR) return JSON_ERROR;
	enum json__expect e = r->expect;
	if (e == EXPECT_MEMBER) return read_member(r);
	if (e == EXPECT_VALUE) return read_value(r);
	if (e == EXPECT_ITEM) return read_item(r);
	if (e == EXPECT_FIRST_KEY) return closes(r, '}') ? close_container(r, JSON_OBJECT_END) : read_key(r);
	if (e == EXPECT_FIRST_ITEM) return closes(r, ']') ? close_container(r, JSON_ARRAY_END) : read_value(r);
	if (r->at < r->end) return wrong(r, *r->at, "more text after the end of the JSON value");
	r->from = r->to = (uint32_t)r->n;
	return r->token = JSON_END;
}

enum json_token json__value(struct json_reader *r)
{
	return read_value(r);
}

COLD bool json__member_slowly(struct json_reader *r, str *key, bool *is_plain)
{
	if (step(r) != JSON_KEY) return false;
	*key = json_raw_string(r, is_plain);
	return step(r) != JSON_ERROR;
}

enum json_token json_next(struct json_reader *r)
{
	return step(r);
}

enum json_token json_current(const struct json_reader *r)
{
	return r->token;
}

str json_raw_string(const struct json_reader *r, bool *plain)
{
	if (r->token != JSON_KEY && r->token != JSON_STRING) {
		if (plain) *plain = true;
		return STR_NONE;
	}
	if (plain) *plain = r->backslash >= r->to;
	return (str){r->p + r->from, r->to - r->from};
}

str json_string(struct json_reader *r, struct arena *a)
{
	bool plain;
	str raw = json_raw_string(r, &plain);
	return plain ? raw : json_unescape(a, raw);
}

str json_number(const struct json_reader *r)
{
	if (r->token != JSON_NUMBER) return STR_NONE;
	return (str){r->p + r->from, r->to - r->from};
}

str json_raw(const struct json_reader *r)
{
	if (r->token == JSON_ERROR) return STR_NONE;
	uint32_t quote = r->token == JSON_STRING || r->token == JSON_KEY;
	return (str){r->p + r->from - quote, r->to - r->from + 2 * quote};
}

/* Is the scalar at entry `at` right? Nothing of it is kept. */
static bool scalar_is_right(struct json_reader *r, const uint32_t *at)
{
	char c = r->p[*at];
	r->at = at + 1;
	if (c == '-' || is_digit(c)) return read_number(r) != JSON_ERROR;
	r->expect = EXPECT_VALUE;
	r->at = at;
	return c != '{' && c != '[' && read_value(r) != JSON_ERROR;
}

/* A key and its colon: the entry of its value, or NULL. */
static inline const uint32_t *skip_key(struct json_reader *r, const uint32_t *at)
{
	if (r->end - at < 3 || r->p[at[0]] != '"' || r->p[at[1]] != ':') return NULL;
	if (r->backslash < at[1] && !scalar_is_right(r, at)) return NULL;
	return at + 2;
}

/* The rest of an open container without a call a token; leaves r->at at its closing bracket. False when something is
 * wrong there: the way of json_next then says what. */
static bool skip_container(struct json_reader *r)
{
	const char *p = r->p;
	const uint32_t *at = r->at, *end = r->end;
	uint64_t objects = r->objects;
	int depth = r->depth, outside = depth - 1;
	bool opened = true; /* a container has just been opened */
	while (at < end) {
		char c = p[*at];
		if (c == (objects & 1 ? '}' : ']')) {
			if (--depth == outside) {
				r->at = at;
				return true;
			}
			objects >>= 1;
			opened = false;
			at++;
			continue;
		}
		if (!opened && (c != ',' || ++at == end)) return false;
		if (objects & 1 && !(at = skip_key(r, at))) return false;
		c = p[*at];
		opened = c == '{' || c == '[';
		if (opened) {
			if (++depth > JSON_DEPTH) return false;
			objects = objects << 1 | (c == '{');
		} else if ((c != '"' || r->backslash < at[1]) && !scalar_is_right(r, at)) {
			return false;
		}
		at++;
	}
	return false;
}

str json_skip(struct json_reader *r)
{
	if (r->token == JSON_KEY) step(r);
	const char *from = json_raw(r).p;
	enum json_token opened = r->token;
	if (opened == JSON_OBJECT || opened == JSON_ARRAY) {
		const uint32_t *at = r->at;
		size_t backslash = r->backslash;
		int depth = r->depth;
		if (skip_container(r)) {
			r->at++;
			close_container(r, opened == JSON_OBJECT ? JSON_OBJECT_END : JSON_ARRAY_END);
		} else {
			r->at = at;
			r->backslash = backslash;
			r->token = opened;
			r->expect = opened == JSON_OBJECT ? EXPECT_FIRST_KEY : EXPECT_FIRST_ITEM;
			while (r->depth >= depth && step(r) != JSON_ERROR) {
			}
		}
	}
	str last = json_raw(r);
	return r->token == JSON_ERROR ? STR_NONE : (str){from, (size_t)(last.p + last.n - from)};
}

enum err json_reader_fault(const struct json_reader *r, struct fault *f)
{
	char where[32];
	if (r->token != JSON_ERROR) return OK;
	snprintf(where, sizeof where, "byte %zu", r->error_at);
	return fault_set(f, r->n > r->max_bytes ? ERR_TOO_LARGE : ERR_MALFORMED, where, "%s", r->reason);
}

static bool hex4(str s, size_t i, uint32_t *out)
{
	unsigned char bytes[2];
	if (i + 4 > s.n || !str_from_hex(str_sub(s, i, 4), bytes, sizeof bytes)) return false;
	*out = (uint32_t)bytes[0] << 8 | bytes[1];
	return true;
}

/* The character of the \u at i; moves past it, and past the second half of a pair. */
static uint32_t unescape_u(str s, size_t *i)
{
	uint32_t c, low;
	if (!hex4(s, *i + 2, &c)) {
		*i += 2;
		return 0xfffd;
	}
	*i += 6;
	if (c >= 0xd800 && c < 0xdc00 && *i + 1 < s.n && s.p[*i] == '\\' && s.p[*i + 1] == 'u' && hex4(s, *i + 2, &low) &&
	    low >= 0xdc00 && low < 0xe000) {
		*i += 6;
		return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	return c == 0 || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c;
}

str json_unescape(struct arena *a, str s)
{
	char *text = arena_alloc(a, s.n + 4); /* never longer than its escaped form; a cut \u may need three bytes */
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		if (s.p[i] != '\\' || i + 1 == s.n) {
			text[n++] = s.p[i++];
			continue;
		}
		char c = s.p[i + 1];
		if (c == 'u') {
			n += utf8_put(unescape_u(s, &i), text + n);
			continue;
		}
		text[n++] = c == 'b' ? '\b' : c == 'f' ? '\f' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
		i += 2;
	}
	return (str){text, n};
}
