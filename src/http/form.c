/* form.c: percent decoding, application/x-www-form-urlencoded and multipart/form-data (RFC 7578), over a body that is
 * in memory whole. The library's own post processor wants its connection and gives pieces; here values and files are
 * slices of the body, and a fuzzer can call it. Decoding follows the WHATWG: a malformed escape stays as it is. */
#include <string.h>

#include "base/utf8.h"
#include "http/internal.h"

static int hex_of(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return -1;
}

str http__percent(struct arena *a, str s, bool plus, bool *sound)
{
	bool plain = !s.n || (!memchr(s.p, '%', s.n) && !(plus && memchr(s.p, '+', s.n)));
	if (plain) {
		*sound = !s.n || !memchr(s.p, 0, s.n);
		return s.p ? s : S("");
	}
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	*sound = true;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '+' && plus) c = ' ';
		else if (c == '%') {
			int high = i + 2 < s.n ? hex_of(s.p[i + 1]) : -1, low = i + 2 < s.n ? hex_of(s.p[i + 2]) : -1;
			if (high < 0 || low < 0) *sound = false;
			else c = (char)(high << 4 | low), i += 2;
		}
		if (!c) *sound = false;
		out[n++] = c;
	}
	return (str){out, n};
}

str http__text(struct arena *a, str s)
{
	if (!s.n) return S("");
	if (!memchr(s.p, 0, s.n) && utf8_is_valid(s)) return s;
	char *out = arena_alloc(a, s.n * 3 + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		uint32_t c = utf8_next(s, &i);
		n += utf8_put(c ? c : 0xfffd, out + n);
	}
	return (str){out, n};
}

bool http__form_urlencoded(struct arena *a, str body, struct http__form *out)
{
	str rest = body.n ? body : STR_NONE;
	while (str_given(rest)) {
		str value = str_cut(&rest, '&');
		if (!value.n) continue;
		if (out->fields.n == HTTP_FORM_FIELDS) return false;
		str name = str_cut(&value, '=');
		bool sound;
		struct form_field *f = VEC_ADD(&out->fields, a);
		f->name = http__text(a, http__percent(a, name, true, &sound));
		f->value = http__text(a, http__percent(a, value, true, &sound));
	}
	return true;
}

/* A parameter of a header value such as `form-data; name="x"; filename="y"`. Absent when not there. */
static str parameter(struct arena *a, str header, str wanted)
{
	size_t i = 0;
	while (i < header.n && header.p[i] != ';') i++;
	while (i < header.n) {
		i++;
		size_t start = i;
		while (i < header.n && header.p[i] != '=' && header.p[i] != ';') i++;
		str name = str_trim(str_sub(header, start, i - start));
		if (i == header.n || header.p[i] == ';') continue;
		i++;
		while (i < header.n && header.p[i] == ' ') i++;
		char *value = arena_alloc(a, header.n - i + 1);
		size_t n = 0;
		if (i < header.n && header.p[i] == '"') {
			for (i++; i < header.n && header.p[i] != '"'; i++) {
				/* curl escapes the quote with a backslash; browsers write %22 and leave backslashes alone */
				if (header.p[i] == '\\' && i + 1 < header.n && (header.p[i + 1] == '"' || header.p[i + 1] == '\\')) i++;
				value[n++] = header.p[i];
			}
			while (i < header.n && header.p[i] != ';') i++;
		} else {
			while (i < header.n && header.p[i] != ';') value[n++] = header.p[i++];
		}
		if (str_eq_nocase(name, wanted)) return str_trim((str){value, n});
	}
	return STR_NONE;
}

/* What browsers escape in names: quote and line ends. */
static str field_name(struct arena *a, str s)
{
	bool sound;
	return http__text(a, str_contains(s, S("%22")) || str_contains(s, S("%0D")) || str_contains(s, S("%0A")) ? http__percent(a, s, false, &sound) : s);
}

static str base_name(str s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/' || s.p[i - 1] == '\\') return str_sub(s, i, s.n - i);
	return s;
}

static bool take_part(struct arena *a, str headers, str bytes, struct http__form *out)
{
	str disposition = STR_NONE, type = STR_NONE, rest = headers;
	while (str_given(rest)) {
		str line = str_trim(str_cut(&rest, '\n')), value = line;
		str name = str_cut(&value, ':');
		if (str_eq_nocase(name, S("Content-Disposition"))) disposition = str_trim(value);
		else if (str_eq_nocase(name, S("Content-Type"))) type = str_trim(value);
	}
	str name = parameter(a, disposition, S("name")), file_name = parameter(a, disposition, S("filename"));
	if (!str_given(name) || out->fields.n + out->files.n == HTTP_FORM_FIELDS) return false;
	if (!str_given(file_name)) {
		VEC_PUSH(&out->fields, a, ((struct form_field){field_name(a, name), http__text(a, bytes)}));
		return true;
	}
	if (!file_name.n && !bytes.n) return true; /* a file input left empty */
	VEC_PUSH(&out->files, a, ((struct http_file){field_name(a, name), base_name(field_name(a, file_name)), http__text(a, type), bytes}));
	return true;
}

static bool find(str s, size_t from, str needle, size_t *at)
{
	if (from > s.n) return false;
	const char *p = memmem(s.p + from, s.n - from, needle.p, needle.n);
	if (p) *at = (size_t)(p - s.p);
	return p;
}

bool http__form_multipart(struct arena *a, str content_type, str body, struct http__form *out)
{
	str boundary = parameter(a, content_type, S("boundary"));
	if (!boundary.n || boundary.n > 70 || !body.n) return false; /* 70: RFC 2046 */
	str delimiter = str_fmt(a, "\r\n--%.*s", STR_ARG(boundary));
	str first = str_sub(delimiter, 2, delimiter.n);
	size_t at;
	if (str_starts(body, first)) at = first.n;
	else if (find(body, 0, delimiter, &at)) at += delimiter.n; /* after a preamble */
	else return false;
	for (;;) {
		if (str_starts(str_sub(body, at, 2), S("--"))) return true;
		while (at < body.n && (body.p[at] == ' ' || body.p[at] == '\t')) at++;
		if (!str_starts(str_sub(body, at, 2), S("\r\n"))) return false;
		size_t head_end, end;
		if (!find(body, at, S("\r\n\r\n"), &head_end) || !find(body, head_end + 2, delimiter, &end)) return false;
		size_t start = head_end + 4;
		if (end < start) end = start - 2; /* an empty part: its blank line opens the delimiter */
		str bytes = end >= start ? str_sub(body, start, end - start) : S("");
		if (!take_part(a, str_sub(body, at, head_end - at), bytes, out)) return false;
		at = end + delimiter.n;
	}
}
