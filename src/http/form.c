/* form.c: percent decoding, application/x-www-form-urlencoded and the parameters of headers. The library's own post
 * processor wants its connection; this a fuzzer can call. Decoding follows the WHATWG: a malformed escape stays as it is. */
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

str http__parameter(struct arena *a, str header, str wanted)
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
