/* Markdown by cmark-gfm, which leaves raw HTML and dangerous addresses out (CMARK_OPT_UNSAFE is not set). */
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <pthread.h>
#include <stdlib.h>

#include "knowledge/knowledge.h"

static const char *const EXTENSIONS[] = {"table", "strikethrough", "autolink"};
enum { OPTIONS = CMARK_OPT_VALIDATE_UTF8 };

static str parse(struct arena *a, str markdown, char *(*render)(cmark_node *root, cmark_llist *extensions))
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, cmark_gfm_core_extensions_ensure_registered);
	cmark_parser *p = cmark_parser_new(OPTIONS);
	for (size_t i = 0; i < COUNT_OF(EXTENSIONS); i++) {
		cmark_syntax_extension *x = cmark_find_syntax_extension(EXTENSIONS[i]);
		if (x) cmark_parser_attach_syntax_extension(p, x);
	}
	cmark_parser_feed(p, markdown.p, markdown.n);
	cmark_node *root = cmark_parser_finish(p);
	char *text = render(root, cmark_parser_get_syntax_extensions(p));
	str out = str_dup(a, str_of(text));
	free(text); /* cmark's allocator is the C library's */
	cmark_node_free(root);
	cmark_parser_free(p);
	return out;
}

static char *as_html(cmark_node *root, cmark_llist *extensions)
{
	return cmark_render_html(root, OPTIONS, extensions);
}

static char *as_plain(cmark_node *root, cmark_llist *extensions)
{
	(void)extensions;
	return cmark_render_plaintext(root, OPTIONS, 0);
}

str article_html(struct arena *a, str markdown)
{
	return parse(a, markdown, as_html);
}

str article_plain(struct arena *a, str markdown)
{
	return parse(a, markdown, as_plain);
}
