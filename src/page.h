/* page.h: an answer as its reader gets it: JSON, a page in their language, a redirect, a problem. */
#ifndef PAGE_H
#define PAGE_H
#include "http/web.h"

struct pages; /* compiled templates; made on first use */
struct pages *pages_new(void);
void pages_free(struct pages *p);

/* Sends the answer of a handler that went well. */
void page_reply(struct pages *p, struct op *op, struct web *w, const struct web_route *route, struct answer *a);
/* Sends an error: problem+json, or the error page; nobody signed in is led to sign in. */
void page_reply_error(struct pages *p, struct op *op, struct web *w, enum err e, enum permission wanted);
#endif
