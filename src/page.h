/* page.h: an answer as its reader gets it: JSON, a page in their language, a redirect, a problem. */
#ifndef PAGE_H
#define PAGE_H
#include "base/buf.h"
#include "http/web.h"

struct pages; /* compiled templates; made on first use */
struct pages *pages_new(str layout); /* the frame of them all: a template, such as "layout" */
void pages_free(struct pages *p);

/* Sends the answer of a handler that went well. */
void page_reply(struct pages *p, struct op *op, struct web *w, const struct web_route *route, struct answer *a);
/* The page that page_reply would send a browser, without sending it. */
enum err page_draw(struct pages *p, struct op *op, struct web *w, const struct web_route *route, const struct answer *a, struct buf *out) NODISCARD;
/* Sends an error: problem+json, or the error page; nobody signed in is led to sign in. */
void page_reply_error(struct pages *p, struct op *op, struct web *w, enum err e, enum permission wanted);
#endif
