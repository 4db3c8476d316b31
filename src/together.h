/* together.h: requests that run together. Messages of chats are many and small, and what each costs is waiting for the disk, twice. So
 * those that come while others are being kept are run by one thread in one operation, with one commit. One that is refused before it
 * wrote anything takes nobody along; where anything else fails nothing of any is kept, and each is run alone. */
#ifndef TOGETHER_H
#define TOGETHER_H
#include "http/web.h"

struct together;
struct pages;
struct together_way {
	struct app *app;
	struct pages *pages;
	enum err (*permit)(struct op *op, const struct web *w, const struct web_route *route);
	void (*alone)(void *server, struct web *w, const struct web_route *route); /* runs one and answers it */
	void *server;
};
enum err together_start(struct together **out, const struct together_way *way, struct fault *f) NODISCARD;
/* Whether requests of the route run so: what they refuse, they refuse before they write. */
bool together_is(const struct web_route *route);
/* Takes the request; it is answered later, by another thread. */
void together_add(struct together *t, const struct web *w, const struct web_route *route);
void together_stop(struct together *t); /* after the last request was answered; NULL: nothing */
#endif
