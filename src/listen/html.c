#include "listen/html.h"

#include <setjmp.h>
#include <string.h>

#include "base/mem.h"

struct parse {
	struct html *html;
	jmp_buf too_much;
};

static void *give(void *arg, size_t n)
{
	struct parse *p = arg;
	if (p->html->arena.used_bytes + n > HTML_MEMORY) longjmp(p->too_much, 1);
	return arena_alloc(&p->html->arena, n ? n : 1);
}

static void keep(void *arg, void *piece)
{
	(void)arg, (void)piece;
}

/* ---- nesting: for each tag gumbo may walk over all that are open, so a page of unclosed ones takes time by its square ---- */

enum { DEEPEST = 1000, BUCKETS = 1024, NAME_BYTES = 32 };

struct nesting {
	uint32_t open[BUCKETS]; /* by name */
	size_t all;
};

static bool is_among(str name, const char *const *names)
{
	for (; *names; names++)
		if (str_eq_nocase(name, str_of(*names))) return true;
	return false;
}

static uint32_t *bucket(struct nesting *n, str name)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < name.n; i++) hash = (hash ^ ((uint32_t)(unsigned char)name.p[i] | 0x20)) * 16777619u;
	return &n->open[hash % BUCKETS];
}

static str name_at(str text, size_t at)
{
	size_t end = at;
	while (end < text.n && end - at < NAME_BYTES && !strchr(" \t\n\f\r/>", text.p[end])) end++;
	return str_sub(text, at, end - at);
}

/* Behind the tag's end; quotes count where a value begins. */
static size_t behind_tag(str text, size_t at, bool *closes_itself)
{
	bool is_value = false;
	for (; at < text.n && text.p[at] != '>'; at++) {
		char c = text.p[at];
		if (is_value && (c == '"' || c == '\'')) {
			const char *end = memchr(text.p + at + 1, c, text.n - at - 1);
			if (!end) return text.n;
			at = (size_t)(end - text.p);
		}
		is_value = c == '=' || (is_value && (c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'));
	}
	*closes_itself = at && at < text.n && text.p[at - 1] == '/';
	return at < text.n ? at + 1 : at;
}

static size_t find_nocase(str text, size_t at, str what)
{
	for (; at + what.n <= text.n; at++)
		if (str_eq_nocase(str_sub(text, at, what.n), what)) return at;
	return text.n;
}

static bool is_foreign(struct nesting *n)
{
	return *bucket(n, S("svg")) || *bucket(n, S("math"));
}

static size_t take_tag(struct nesting *n, str text, size_t at)
{
	/* they have no content, or end where the next one begins */
	static const char *const NEST_NOT[] = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
		"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "option", "optgroup", "rp", "rt", NULL};
	static const char *const RAW[] = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", NULL};
	bool ends = text.p[at + 1] == '/', closes_itself = false;
	str name = name_at(text, at + (ends ? 2 : 1));
	size_t behind = behind_tag(text, at + (ends ? 2 : 1) + name.n, &closes_itself);
	uint32_t *open = bucket(n, name);
	if (is_among(name, NEST_NOT)) return behind;
	if (ends) {
		if (*open) --*open, n->all--;
		return behind;
	}
	if (closes_itself && gumbo_tagn_enum(name.p, (unsigned)name.n) == GUMBO_TAG_UNKNOWN) return behind;
	if (is_among(name, RAW) && !is_foreign(n)) {
		char end[NAME_BYTES + 2] = "</";
		memcpy(end + 2, name.p, name.n);
		return find_nocase(text, behind, (str){end, name.n + 2});
	}
	++*open, n->all++;
	return behind;
}

static bool is_deep(str text)
{
	struct nesting *n = MEM_NEW(struct nesting);
	size_t at = 0;
	while (at + 2 < text.n && n->all <= DEEPEST) {
		const char *next = memchr(text.p + at, '<', text.n - at - 2);
		if (!next) break;
		at = (size_t)(next - text.p);
		char c = text.p[at + 1] == '/' ? text.p[at + 2] : text.p[at + 1];
		if (str_starts(str_sub(text, at, 4), S("<!--")))
			at = find_nocase(text, at + 4, S("-->"));
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			at = take_tag(n, text, at);
		else
			at++;
	}
	bool is_too_deep = n->all > DEEPEST;
	mem_free(n);
	return is_too_deep;
}

bool html_parse(struct html *h, str text)
{
	struct parse *p = MEM_NEW(struct parse);
	*h = (struct html){0};
	p->html = h;
	if (text.n <= HTML_BYTES && !is_deep(text) && !setjmp(p->too_much)) {
		GumboOptions options = kGumboDefaultOptions;
		options.allocator = give;
		options.deallocator = keep;
		options.userdata = p;
		options.max_errors = 0;
		h->root = gumbo_parse_with_options(&options, text.p ? text.p : "", text.n)->root;
	}
	mem_free(p);
	return h->root != NULL;
}

void html_release(struct html *h)
{
	arena_release(&h->arena);
	h->root = NULL;
}

const GumboNode *html_next(const GumboNode *root, const GumboNode *n, bool over)
{
	bool is_element = n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE;
	if (!over && is_element && n->v.element.children.length) return n->v.element.children.data[0];
	for (; n != root; n = n->parent) {
		const GumboVector *among = n->parent->type == GUMBO_NODE_DOCUMENT ? &n->parent->v.document.children : &n->parent->v.element.children;
		if (n->index_within_parent + 1 < among->length) return among->data[n->index_within_parent + 1];
	}
	return NULL;
}

const char *html_attribute(const GumboNode *n, const char *name)
{
	bool is_element = n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE;
	const GumboAttribute *x = is_element ? gumbo_get_attribute(&n->v.element.attributes, name) : NULL;
	return x ? x->value : NULL;
}
