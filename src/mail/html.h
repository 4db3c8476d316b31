/* html.h: what a page says, as a mail may hold it: headings, sentences, lists and tables, style on the elements, links whole;
 * nothing that acts or is loaded, no lists of people. And the same as plain text. Pure. */
#ifndef MAIL_HTML_H
#define MAIL_HTML_H
#include "base/arena.h"
#include "base/err.h"

struct mail_extract {
	str title, html, text; /* in the arena; html without a frame */
};
/* page: a whole document of ours. base: address of the console, without a slash at its end; empty: links become text.
 * ERR_MALFORMED: it has no <main>. ERR_TOO_LARGE: more than max_bytes of html or text. */
enum err mail_extract(struct arena *a, str page, str base, size_t max_bytes, struct mail_extract *out, struct fault *f) NODISCARD;
#endif
