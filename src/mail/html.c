/* A walk over the page's tree (libxml2): one table says what becomes of each element; what stands in none is passed
 * through. Style stands on each element, since many mail programs drop sheets. An element without words is left out, and a
 * section of nothing but its heading too: its form or chart stayed behind. */
#include "mail/html.h"

#include <libxml/HTMLparser.h>
#include <string.h>

#include "base/buf.h"

enum { MOST_DEPTH = 200, MOST_ROWS = 60 };

enum fate {
	PASS,  /* its content alone */
	DROP,  /* nothing of it */
	BLOCK, /* a paragraph of its own */
	INLINE,
	HEADING,
	SECTION,
	TABLE,
	ROW,
	CELL,
	ITEM,
	BREAK,
	LINK,
};

static const struct element {
	const char *name;
	enum fate fate;
	const char *style;
} ELEMENTS[] = {
	{"h1", HEADING, "margin:0 0 12px;font-size:24px;line-height:1.3"},
	{"h2", HEADING, "margin:28px 0 8px;font-size:19px;line-height:1.3"},
	{"h3", HEADING, "margin:20px 0 4px;font-size:16px;line-height:1.3"},
	{"p", BLOCK, "margin:0 0 8px"},
	{"ul", BLOCK, "margin:0 0 12px;padding-inline-start:20px"},
	{"ol", BLOCK, "margin:0 0 12px;padding-inline-start:20px"},
	{"dl", BLOCK, "margin:0 0 12px"},
	{"li", ITEM, "margin:0 0 6px"},
	{"dt", BLOCK, "font-weight:600"},
	{"dd", BLOCK, "margin:0 0 6px"},
	{"blockquote", BLOCK, "margin:0 0 12px"},
	{"section", SECTION, NULL},
	{"article", SECTION, NULL},
	{"table", TABLE, "border-collapse:collapse;width:100%;margin:0 0 16px"},
	{"thead", PASS, NULL},
	{"tbody", PASS, NULL},
	{"caption", DROP, NULL},
	{"tr", ROW, NULL},
	{"th", CELL,
		"padding:6px 8px;border-bottom:1px solid "
        "#d1d5db;text-align:start;vertical-align:top;font-size:15px;font-weight:600"},
	{"td", CELL, "padding:6px 8px;border-bottom:1px solid #d1d5db;text-align:start;vertical-align:top;font-size:15px"},
	{"a", LINK, NULL},
	{"br", BREAK, NULL},
	{"strong", INLINE, NULL},
	{"em", INLINE, NULL},
	{"b", INLINE, NULL},
	{"bdi", INLINE, NULL},
	{"code", INLINE, NULL},
	{"ins", INLINE, NULL},
	{"del", INLINE, NULL},
	{"form", DROP, NULL},
	{"input", DROP, NULL},
	{"button", DROP, NULL},
	{"select", DROP, NULL},
	{"textarea", DROP, NULL},
	{"label", DROP, NULL},
	{"fieldset", DROP, NULL},
	{"svg", DROP, NULL},
	{"script", DROP, NULL},
	{"style", DROP, NULL},
	{"template", DROP, NULL},
	{"dialog", DROP, NULL},
	{"nav", DROP, NULL},
	{"details", DROP, NULL},
	{"img", DROP, NULL},
	{"pre", DROP, NULL},
};

/* What a class adds to the style. */
static const struct {
	const char *name, *style;
} CLASSES[] = {
	{"number", ";text-align:end"},
	{"value", ";font-size:24px;line-height:1.2"},
	{"fine", ";font-size:14px"},
	{"lead", ";font-size:18px"},
};

struct walk {
	struct arena *a;
	str base;
	size_t max_bytes;
};

/* What is made of a node. */
struct made {
	struct buf html, text;
	bool has_words, has_body; /* body: words that stand in no heading */
};

static void made_init(const struct walk *w, struct made *m)
{
	*m = (struct made){0};
	buf_init(&m->html, w->max_bytes);
	buf_init(&m->text, w->max_bytes);
}

static void made_release(struct made *m)
{
	buf_release(&m->html);
	buf_release(&m->text);
}

static const struct element *element_of(const xmlNode *node)
{
	static const struct element other = {"", PASS, NULL};
	for (size_t i = 0; i < COUNT_OF(ELEMENTS); i++)
		if (strcmp(ELEMENTS[i].name, (const char *)node->name) == 0) return &ELEMENTS[i];
	return &other;
}

static str attribute(const struct walk *w, xmlNode *node, const char *name)
{
	xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
	if (!value) return STR_NONE;
	str copy = str_dup(w->a, str_of((const char *)value));
	xmlFree(value);
	return copy;
}

static bool has_class(str classes, const char *name)
{
	while (str_given(classes))
		if (str_eq(str_trim(str_cut(&classes, ' ')), str_of(name))) return true;
	return false;
}

static bool stays_behind(const struct walk *w, xmlNode *node)
{
	static const char *const CLASS_NAMES[] = {
		"unseen", "actions", "trail", "chart-tools", "chart-legend", "skip", "without-script", "with-script"};
	str classes = attribute(w, node, "class");
	for (size_t i = 0; i < COUNT_OF(CLASS_NAMES); i++)
		if (has_class(classes, CLASS_NAMES[i])) return true;
	return str_eq(attribute(w, node, "aria-hidden"), S("true")) || str_given(attribute(w, node, "hidden")) ||
	       str_given(attribute(w, node, "data-in-console"));
}

static void escape(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++) switch (text.p[i]) {
		case '<': buf_add(out, S("&lt;")); break;
		case '>': buf_add(out, S("&gt;")); break;
		case '&': buf_add(out, S("&amp;")); break;
		case '"': buf_add(out, S("&quot;")); break;
		default: buf_byte(out, text.p[i]);
		}
}

static bool ends_in(const struct buf *b, char c)
{
	return b->n && b->p[b->n - 1] == c;
}

/* Runs of white space are one blank, and none at the beginning of a line. */
static void add_words(struct made *m, str text)
{
	for (size_t i = 0; i < text.n;) {
		bool is_space = strchr(" \t\r\n", text.p[i]) && text.p[i];
		size_t from = i;
		while (i < text.n && is_space == (strchr(" \t\r\n", text.p[i]) != NULL)) i++;
		if (is_space) {
			if (m->html.n && !ends_in(&m->html, ' ')) buf_byte(&m->html, ' ');
			if (m->text.n && !ends_in(&m->text, ' ') && !ends_in(&m->text, '\n')) buf_byte(&m->text, ' ');
			continue;
		}
		escape(&m->html, str_sub(text, from, i - from));
		buf_add(&m->text, str_sub(text, from, i - from));
		m->has_words = m->has_body = true;
	}
}

static void end_line(struct buf *text, int lines)
{
	while (text->n && text->p[text->n - 1] == ' ') text->n--;
	if (!text->n) return;
	int have = 0;
	while (have < lines && (size_t)have < text->n && text->p[text->n - 1 - (size_t)have] == '\n') have++;
	for (; have < lines; have++) buf_byte(text, '\n');
}

static void open_tag(const struct walk *w, xmlNode *node, const struct element *e, struct buf *out)
{
	static const char *const KEPT[] = {"dir", "lang", "colspan", "rowspan", "scope"};
	str classes = attribute(w, node, "class");
	bool has_style = e->style != NULL;
	for (size_t i = 0; i < COUNT_OF(CLASSES); i++) has_style = has_style || has_class(classes, CLASSES[i].name);
	buf_fmt(out, "<%s", e->name);
	for (size_t i = 0; i < COUNT_OF(KEPT); i++) {
		str value = attribute(w, node, KEPT[i]);
		if (!str_given(value)) continue;
		buf_fmt(out, " %s=\"", KEPT[i]);
		escape(out, value);
		buf_byte(out, '"');
	}
	if (has_style) {
		buf_fmt(out, " style=\"%s", e->style ? e->style : "");
		for (size_t i = 0; i < COUNT_OF(CLASSES); i++)
			if (has_class(classes, CLASSES[i].name)) buf_add(out, str_of(CLASSES[i].style));
		buf_byte(out, '"');
	}
	buf_byte(out, '>');
}

/* ---- each fate ---- */

static void walk_children(const struct walk *w, xmlNode *node, int depth, struct made *out);

static void append(struct made *out, const struct made *m)
{
	buf_add(&out->html, buf_str(&m->html));
	buf_add(&out->text, buf_str(&m->text));
	out->has_words = out->has_words || m->has_words;
	out->has_body = out->has_body || m->has_body;
}

static void put_block(
	const struct walk *w, xmlNode *node, const struct element *e, const struct made *m, struct made *out)
{
	bool is_heading = e->fate == HEADING;
	end_line(&out->text, is_heading || e->fate == TABLE ? 2 : 1);
	if (e->fate == ITEM) buf_add(&out->text, S("- "));
	if (e->fate == TABLE) buf_add(&out->html, S("<div style=\"overflow-x:auto\">"));
	open_tag(w, node, e, &out->html);
	append(out, &(struct made){.html = m->html, .text = m->text, .has_words = true, .has_body = !is_heading});
	buf_fmt(&out->html, e->fate == TABLE ? "</%s></div>\n" : "</%s>\n", e->name);
	end_line(&out->text, e->fate == TABLE ? 2 : 1);
}

static void put_cell(
	const struct walk *w, xmlNode *node, const struct element *e, const struct made *m, struct made *out)
{
	if (out->has_body && m->has_words) buf_add(&out->text, S(" · "));
	open_tag(w, node, e, &out->html);
	buf_add(&out->html, buf_str(&m->html));
	buf_fmt(&out->html, "</%s>", e->name);
	for (size_t i = 0; i < m->text.n; i++) buf_byte(&out->text, m->text.p[i] == '\n' ? ' ' : m->text.p[i]);
	out->has_words = out->has_words || m->has_words;
	out->has_body = out->has_body || m->has_words;
}

static void put_link(const struct walk *w, xmlNode *node, const struct made *m, struct made *out)
{
	str href = attribute(w, node, "href");
	bool is_path = href.n && href.p[0] == '/' && !(href.n > 1 && href.p[1] == '/');
	if (w->base.n && is_path) {
		buf_add(&out->html, S("<a href=\""));
		escape(&out->html, w->base);
		escape(&out->html, href);
		buf_add(&out->html, S("\">"));
		append(out, m);
		buf_add(&out->html, S("</a>"));
	} else {
		append(out, m);
	}
}

static void put(const struct walk *w, xmlNode *node, const struct element *e, const struct made *m, struct made *out)
{
	switch (e->fate) {
	case DROP:
	case BREAK: break;
	case PASS: append(out, m); break;
	case SECTION:
		if (m->has_body) {
			end_line(&out->text, 2);
			append(out, m);
		}
		break;
	case INLINE:
		open_tag(w, node, e, &out->html);
		append(out, m);
		buf_fmt(&out->html, "</%s>", e->name);
		break;
	case LINK: put_link(w, node, m, out); break;
	case CELL: put_cell(w, node, e, m, out); break;
	case BLOCK:
	case HEADING:
	case TABLE:
	case ROW:
	case ITEM:
		if (m->has_words) put_block(w, node, e, m, out);
		break;
	}
}

static bool is_named(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static void walk_node(const struct walk *w, xmlNode *node, int depth, struct made *out)
{
	if (node->type == XML_TEXT_NODE) {
		add_words(out, str_of((const char *)node->content));
		return;
	}
	if (node->type != XML_ELEMENT_NODE || depth > MOST_DEPTH) return;
	const struct element *e = element_of(node);
	if (e->fate == BREAK) {
		buf_add(&out->html, S("<br>"));
		end_line(&out->text, 1);
		return;
	}
	if (e->fate == DROP || (e->fate != CELL && stays_behind(w, node))) return;
	struct made m;
	made_init(w, &m);
	walk_children(w, node, depth + 1, &m);
	put(w, node, e, &m, out);
	if (e->fate == PASS && (is_named(node, "div") || is_named(node, "figure"))) end_line(&out->text, 1);
	made_release(&m);
}

static void walk_children(const struct walk *w, xmlNode *node, int depth, struct made *out)
{
	size_t rows = 0;
	for (xmlNode *child = node->children; child; child = child->next) {
		rows += is_named(child, "tr");
		if (rows > MOST_ROWS && is_named(child, "tr")) continue;
		walk_node(w, child, depth, out);
	}
	if (rows <= MOST_ROWS) return;
	buf_add(&out->html, S("<tr><td>…</td></tr>\n"));
	buf_add(&out->text, S("…\n"));
}

static xmlNode *find(xmlNode *node, const char *name)
{
	for (; node; node = node->next) {
		if (is_named(node, name)) return node;
		xmlNode *inside = find(node->children, name);
		if (inside) return inside;
	}
	return NULL;
}

/* ---- a document ---- */

static enum err take(const struct walk *w, xmlNode *title, xmlNode *main, struct mail_extract *out, struct fault *f)
{
	struct made head, body;
	made_init(w, &head);
	made_init(w, &body);
	if (title) walk_children(w, title, 0, &head);
	walk_children(w, main, 0, &body);
	end_line(&body.text, 1);
	out->title = str_dup(w->a, str_trim(buf_str(&head.text)));
	out->html = str_dup(w->a, buf_str(&body.html));
	out->text = str_dup(w->a, buf_str(&body.text));
	bool is_failed = buf_failed(&head.text) || buf_failed(&body.html) || buf_failed(&body.text);
	made_release(&head);
	made_release(&body);
	return is_failed ? fault_set(f, ERR_TOO_LARGE, "page", "says more than a mail may hold") : OK;
}

enum err mail_extract(struct arena *a, str page, str base, size_t max_bytes, struct mail_extract *out, struct fault *f)
{
	struct walk w = {.a = a, .base = base, .max_bytes = max_bytes};
	if (page.n > INT32_MAX) return fault_set(f, ERR_TOO_LARGE, "page", "says more than a mail may hold");
	htmlDocPtr doc = htmlReadMemory(page.p, (int)page.n, NULL, "UTF-8",
		HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET | HTML_PARSE_RECOVER);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL, *main = root ? find(root, "main") : NULL;
	enum err e =
		main ? take(&w, find(root, "title"), main, out, f) : fault_set(f, ERR_MALFORMED, "page", "has no main part");
	if (doc) xmlFreeDoc(doc);
	return e;
}
