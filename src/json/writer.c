/* Everything that is written is safe inside an HTML page's <script type="application/json"> as it stands. */
#include "json/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static void comma(struct json_writer *w)
{
	if (w->needs_comma) buf_byte(w->out, ',');
	w->needs_comma = true;
}

static void begin(struct json_writer *w, char c)
{
	comma(w);
	buf_byte(w->out, c);
	w->needs_comma = false;
}

static void end(struct json_writer *w, char c)
{
	buf_byte(w->out, c);
	w->needs_comma = true;
}

void json_begin_object(struct json_writer *w)
{
	begin(w, '{');
}

void json_end_object(struct json_writer *w)
{
	end(w, '}');
}

void json_begin_array(struct json_writer *w)
{
	begin(w, '[');
}

void json_end_array(struct json_writer *w)
{
	end(w, ']');
}

/* 'u': as \u00xx; 2: U+2028 or U+2029 when two more bytes say so; other letters: that short escape. */
static const char ESCAPES[256] = {
	'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
	'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
	['"'] = '"', ['\\'] = '\\', ['<'] = 'u', ['>'] = 'u', ['&'] = 'u', [0xe2] = 2};

static bool is_line_separator(str s, size_t i)
{
	return i + 2 < s.n && s.p[i + 1] == '\x80' && ((unsigned char)s.p[i + 2] & 0xfe) == 0xa8;
}

/* Copies s, escaping what ESCAPES names; `raw` text is JSON already, so only the bytes that HTML minds are touched. */
static void add_escaped(struct buf *out, str s, bool raw)
{
	size_t copied = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char escape = ESCAPES[c];
		if (!escape || (escape == 2 && !is_line_separator(s, i))) continue;
		if (raw && (c < 0x20 || c == '"' || c == '\\')) continue;
		buf_add_bytes(out, s.p + copied, i - copied);
		if (escape == 'u') {
			const char digits[6] = {'\\', 'u', '0', '0', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
			buf_add_bytes(out, digits, sizeof digits);
		} else if (escape == 2) {
			buf_fmt(out, "\\u202%c", s.p[i + 2] == '\xa8' ? '8' : '9');
			i += 2;
		} else {
			buf_byte(out, '\\');
			buf_byte(out, escape);
		}
		copied = i + 1;
	}
	if (s.n > copied) buf_add_bytes(out, s.p + copied, s.n - copied);
}

/* Copies s; false: some of it is to be escaped, or the last letter of a separator of lines may be. */
static bool copy_plain(char *to, str s)
{
	char escapes = 0;
	size_t i = 0;
#if defined(__SSE2__)
	for (; i + 16 <= s.n; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		__m128i is_control = _mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8(31)), _mm_set1_epi8(31));
		__m128i is_mark = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
		__m128i is_tag = _mm_or_si128(_mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8('<' ^ '>')), _mm_set1_epi8('>')), _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
		__m128i is_long = _mm_cmpeq_epi8(v, _mm_set1_epi8((char)0xe2));
		if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(is_control, is_mark), _mm_or_si128(is_tag, is_long)))) return false;
		_mm_storeu_si128((__m128i *)(void *)(to + i), v);
	}
#endif
	for (; i < s.n; i++) {
		escapes |= ESCAPES[(unsigned char)s.p[i]];
		to[i] = s.p[i];
	}
	return escapes == 0;
}

/* Most texts have nothing to escape. */
static void quoted(struct json_writer *w, str s)
{
	char *to = s.n < SIZE_MAX - 2 ? buf_room(w->out, s.n + 2) : NULL;
	if (to && copy_plain(to + 1, s)) {
		to[0] = to[s.n + 1] = '"';
		buf_wrote(w->out, s.n + 2);
		return;
	}
	buf_byte(w->out, '"');
	add_escaped(w->out, s, false);
	buf_byte(w->out, '"');
}

void json_key(struct json_writer *w, str key)
{
	comma(w);
	quoted(w, key);
	buf_byte(w->out, ':');
	w->needs_comma = false;
}

void json_put_str(struct json_writer *w, str s)
{
	if (!str_given(s)) {
		json_put_null(w);
		return;
	}
	comma(w);
	quoted(w, s);
}

void json_put_i64(struct json_writer *w, int64_t i)
{
	comma(w);
	buf_i64(w->out, i);
}

void json_put_real(struct json_writer *w, double d)
{
	char text[40];
	if (!isfinite(d)) {
		json_put_null(w);
		return;
	}
	comma(w);
	if (fabs(d) < 1e15 && d == (double)(int64_t)d && !(d == 0 && signbit(d))) {
		buf_i64(w->out, (int64_t)d);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, d);
		if (strtod(text, NULL) == d) break;
	}
	buf_add(w->out, str_of(text));
}

void json_put_decimal(struct json_writer *w, struct decimal d)
{
	char room[DECIMAL_ROOM];
	comma(w);
	buf_add(w->out, decimal_text(d, room));
}

void json_put_bool(struct json_writer *w, bool b)
{
	comma(w);
	buf_add(w->out, b ? S("true") : S("false"));
}

void json_put_null(struct json_writer *w)
{
	comma(w);
	buf_add(w->out, S("null"));
}

void json_put_raw(struct json_writer *w, str json)
{
	if (!str_given(json)) {
		json_put_null(w);
		return;
	}
	comma(w);
	add_escaped(w->out, json, true);
}

void json_put_tree(struct json_writer *w, const struct json_node *node)
{
	if (!node) {
		json_put_null(w);
		return;
	}
	switch (node->type) {
	case JSON_OBJECT:
		json_begin_object(w);
		for (const struct json_node *m = node->child; m; m = m->next) {
			json_key(w, m->key);
			json_put_tree(w, m);
		}
		json_end_object(w);
		break;
	case JSON_ARRAY:
		json_begin_array(w);
		for (const struct json_node *m = node->child; m; m = m->next) json_put_tree(w, m);
		json_end_array(w);
		break;
	case JSON_STRING: json_put_str(w, node->text); break;
	case JSON_NUMBER: json_put_raw(w, node->text); break;
	case JSON_TRUE: json_put_bool(w, true); break;
	case JSON_FALSE: json_put_bool(w, false); break;
	default: json_put_null(w); break;
	}
}
