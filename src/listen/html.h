/* html.h: a tree of HTML5 by gumbo, within a bound of memory. gumbo frees its trees by recursion and repeats elements that
 * were left open, so that a hostile page of two MB would overrun the stack or the memory: its memory is an arena here, given
 * back at once, and asking for more than the bound ends the parse. */
#ifndef LISTEN_HTML_H
#define LISTEN_HTML_H
#include <gumbo.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct html {
	struct arena arena;
	const GumboNode *root; /* NULL: larger than HTML_BYTES, in need of more than HTML_MEMORY, or more than a thousand elements open at once */
};
enum { HTML_BYTES = 4 << 20, HTML_MEMORY = 256 << 20 };
/* The text must outlive the tree. Give back with html_release, also where it failed. */
bool html_parse(struct html *h, str text);
void html_release(struct html *h);
/* The next node of the tree beneath root in order; behind what is beneath n when `over`. NULL at the end. */
const GumboNode *html_next(const GumboNode *root, const GumboNode *n, bool over);
const char *html_attribute(const GumboNode *n, const char *name); /* NULL when it has none */
#endif
