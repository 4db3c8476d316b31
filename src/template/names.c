/* names.c: what a template asks for, so that one written by a user can be refused before it is ever rendered. */
#include "template/inner.h"

static bool is_asked_around(const struct node *nodes, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (nodes[i].kind == NODE_SECTION && nodes[i].end > at && str_eq(nodes[i].text, nodes[at].text)) return true;
	return false;
}

static enum template_use use_of(const struct node *n)
{
	switch (n->kind) {
	case NODE_VARIABLE: return TEMPLATE_SHOWS;
	case NODE_SECTION:
	case NODE_INVERTED: return TEMPLATE_ASKS;
	default: return TEMPLATE_DOES_MORE;
	}
}

size_t template_names(const struct template *t, struct arena *a, struct template_name **out)
{
	const struct body *b = t->bodies.v[0];
	size_t n = 0;
	*out = ARENA_ARRAY(a, struct template_name, b->n + 1);
	for (uint32_t i = 0; i < b->n; i++)
		if (b->nodes[i].kind != NODE_TEXT) (*out)[n++] = (struct template_name){b->nodes[i].text, use_of(&b->nodes[i]), is_asked_around(b->nodes, i)};
	return n;
}
