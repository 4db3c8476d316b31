/* html_text.h: what HTML mail says, as lines of text: blocks and breaks are lines, quotations stand behind "> ", addresses of links
 * beside their words. Nothing of the markup is left, so nothing of it can act or be loaded. Pure. */
#ifndef MAIL_HTML_TEXT_H
#define MAIL_HTML_TEXT_H
#include "base/arena.h"
#include "base/str.h"

/* At most max_bytes; empty for what is too large or too deep to be parsed (listen/html.h). */
str html_text(struct arena *a, str html, size_t max_bytes);
#endif
