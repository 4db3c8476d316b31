#include "mail/html_text.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "listen/html.h"

enum { NODES = 200000, LINES_BETWEEN = 2, QUOTES_MOST = 20, LINK_BYTES = 500 };

struct writer {
	struct buf b;
	int quotes;      /* quotations open */
	int breaks;      /* line ends since the last word */
	bool has_space;  /* owed before the next word */
	bool has_prefix; /* of this line */
	int kept;        /* <pre> open */
};

static bool is_silent(GumboTag tag)
{
	static const GumboTag tags[] = {GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_HEAD, GUMBO_TAG_TEMPLATE, GUMBO_TAG_NOSCRIPT, GUMBO_TAG_IFRAME, GUMBO_TAG_OBJECT, GUMBO_TAG_SVG};
	for (size_t i = 0; i < COUNT_OF(tags); i++)
		if (tags[i] == tag) return true;
	return false;
}

/* Lines that a block stands apart by; 0: it is none. */
static int lines_of(GumboTag tag)
{
	switch (tag) {
	case GUMBO_TAG_P: case GUMBO_TAG_UL: case GUMBO_TAG_OL: case GUMBO_TAG_TABLE: case GUMBO_TAG_BLOCKQUOTE: case GUMBO_TAG_PRE: case GUMBO_TAG_H1: case GUMBO_TAG_H2: case GUMBO_TAG_H3:
	case GUMBO_TAG_H4: case GUMBO_TAG_H5: case GUMBO_TAG_H6: case GUMBO_TAG_HR: return LINES_BETWEEN;
	case GUMBO_TAG_DIV: case GUMBO_TAG_TR: case GUMBO_TAG_LI: case GUMBO_TAG_DT: case GUMBO_TAG_DD: case GUMBO_TAG_SECTION: case GUMBO_TAG_ARTICLE: case GUMBO_TAG_HEADER: case GUMBO_TAG_FOOTER:
	case GUMBO_TAG_CENTER: case GUMBO_TAG_ADDRESS: case GUMBO_TAG_FORM: return 1;
	default: return 0;
	}
}

static void end_line(struct writer *w, int lines)
{
	while (w->b.n && w->breaks < lines) {
		if (!w->has_prefix && w->quotes)
			for (int i = 0; i < w->quotes; i++) buf_byte(&w->b, '>');
		buf_byte(&w->b, '\n');
		w->breaks++;
		w->has_prefix = false;
	}
	w->has_space = false;
}

static void put_bytes(struct writer *w, const char *p, size_t n)
{
	if (!w->has_prefix && w->quotes) {
		for (int i = 0; i < w->quotes; i++) buf_byte(&w->b, '>');
		buf_byte(&w->b, ' ');
	}
	w->has_prefix = true;
	if (w->has_space && !w->breaks && w->b.n) buf_byte(&w->b, ' ');
	w->has_space = false;
	w->breaks = 0;
	buf_add_bytes(&w->b, p, n);
}

static void put_text(struct writer *w, str text)
{
	for (size_t i = 0; i < text.n;) {
		size_t from = i;
		uint32_t c = utf8_next(text, &i);
		if (w->kept && c == '\n') {
			w->breaks = 0;
			end_line(w, 1);
		} else if (c <= ' ' || c == 0xa0 || c == 0x7f || (c >= 0x80 && c < 0xa0)) {
			w->has_space = true;
		} else {
			put_bytes(w, text.p + from, i - from);
		}
	}
}

static void put_link(struct writer *w, const GumboNode *n)
{
	const char *href = html_attribute(n, "href");
	str address = str_trim(str_of(href));
	if (!str_starts(address, S("https://")) && !str_starts(address, S("http://"))) return;
	if (address.n > LINK_BYTES || (w->b.n >= address.n && str_ends(buf_str(&w->b), address))) return;
	w->has_space = true;
	put_bytes(w, "<", 1);
	put_text(w, address);
	put_bytes(w, ">", 1);
}

/* Gmail and Apple mark what is quoted by a class or a type. */
static bool is_quotation(const GumboNode *n)
{
	return n->v.element.tag == GUMBO_TAG_BLOCKQUOTE;
}

static void enter(struct writer *w, const GumboNode *n)
{
	GumboTag tag = n->v.element.tag;
	if (tag == GUMBO_TAG_BR) {
		int had = w->breaks;
		end_line(w, had < LINES_BETWEEN ? had + 1 : had);
	}
	if (lines_of(tag)) end_line(w, lines_of(tag));
	if (is_quotation(n) && w->quotes < QUOTES_MOST) w->quotes++;
	if (tag == GUMBO_TAG_PRE) w->kept++;
	if (tag == GUMBO_TAG_LI) put_bytes(w, "- ", 2);
	if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) w->has_space = true;
}

static void leave(struct writer *w, const GumboNode *n)
{
	GumboTag tag = n->v.element.tag;
	if (tag == GUMBO_TAG_A) put_link(w, n);
	if (is_quotation(n)) end_line(w, 1);
	if (is_quotation(n) && w->quotes) w->quotes--;
	if (lines_of(tag)) end_line(w, lines_of(tag));
	if (tag == GUMBO_TAG_PRE && w->kept) w->kept--;
}

static bool is_element(const GumboNode *n)
{
	return n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE;
}

static void walk(struct writer *w, const GumboNode *root)
{
	int visited = 0;
	for (const GumboNode *n = root, *next; n && visited++ < NODES && !buf_failed(&w->b); n = next) {
		bool over = is_element(n) && is_silent(n->v.element.tag);
		next = html_next(root, n, over);
		if (n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE || n->type == GUMBO_NODE_CDATA) put_text(w, str_of(n->v.text.text));
		if (is_element(n) && !over) enter(w, n);
		if (next && next->parent == n) continue;
		for (const GumboNode *up = n; up && up != (next ? next->parent : NULL); up = up->parent)
			if (is_element(up) && !(up == n && over)) leave(w, up);
	}
}

str html_text(struct arena *a, str html, size_t max_bytes)
{
	struct html tree;
	struct writer w = {.has_prefix = false};
	buf_init(&w.b, max_bytes + html.n);
	if (html_parse(&tree, html)) walk(&w, tree.root);
	str out = str_dup(a, str_trim(utf8_cut(buf_str(&w.b), max_bytes)));
	html_release(&tree);
	buf_release(&w.b);
	return out;
}
