#include "listen/html.h"

#include <setjmp.h>

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

bool html_parse(struct html *h, str text)
{
	struct parse *p = MEM_NEW(struct parse);
	*h = (struct html){0};
	p->html = h;
	if (text.n <= HTML_BYTES && !setjmp(p->too_much)) {
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
