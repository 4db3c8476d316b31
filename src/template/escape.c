/* Escaping by what is being written. HTML: the five characters that end a text or an attribute value. URL: a value
 * inside an address is percent-encoded but for the unreserved characters. JSON: the inside of a string, HTML-safe. */
#include "template/inner.h"

#include <string.h>

static void escape_html(struct buf *out, str text)
{
	size_t from = 0;
	for (size_t i = 0; i < text.n; i++) {
		str with;
		switch (text.p[i]) {
		case '&': with = S("&amp;"); break;
		case '<': with = S("&lt;"); break;
		case '>': with = S("&gt;"); break;
		case '"': with = S("&quot;"); break;
		case '\'': with = S("&#39;"); break;
		default: continue;
		}
		buf_add(out, str_sub(text, from, i - from));
		buf_add(out, with);
		from = i + 1;
	}
	buf_add(out, str_sub(text, from, text.n - from));
}

static bool is_unreserved(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void escape_url(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (is_unreserved(c)) buf_byte(out, (char)c);
		else buf_fmt(out, "%%%02X", c);
	}
}

static void escape_json(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c == '"' || c == '\\') buf_byte(out, '\\'), buf_byte(out, (char)c);
		else if (c == '\n') buf_add(out, S("\\n"));
		else if (c < 0x20 || c == '<' || c == '>' || c == '&') buf_fmt(out, "\\u%04x", c);
		else buf_byte(out, (char)c);
	}
}

void template_escape(struct buf *out, enum template_type type, str text)
{
	switch (type) {
	case TEMPLATE_TEXT: buf_add(out, text); break;
	case TEMPLATE_HTML: escape_html(out, text); break;
	case TEMPLATE_URL: escape_url(out, text); break;
	case TEMPLATE_JSON: escape_json(out, text); break;
	}
}

bool template__is_safe_address(str address)
{
	static const str SCHEMES[] = {S("http"), S("https"), S("mailto"), S("tel")};
	size_t i = 0;
	for (size_t k = 0; k < address.n; k++)
		if ((unsigned char)address.p[k] <= 0x20 || address.p[k] == '\\' || address.p[k] == 0x7F) return false;
	while (i < address.n && !strchr(":/?#", address.p[i])) i++;
	if (i == address.n || address.p[i] != ':') return true;
	for (size_t k = 0; k < COUNT_OF(SCHEMES); k++)
		if (str_eq_nocase(str_sub(address, 0, i), SCHEMES[k])) return true;
	return false;
}
