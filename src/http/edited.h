/* edited.h: what people add, change, remove and bring back again (segments, marks, targets, journeys, people): the handlers that are
 * alike for all. A domain says what is its own in one row, and its handlers are one call each. */
#ifndef HTTP_EDITED_H
#define HTTP_EDITED_H
#include "http/web.h"

struct edited {
	const char *prefix;  /* of its id, ":id" of the routes */
	const char *list;    /* address of all of them */
	const char *removed; /* notice */
	bool has_page;       /* brought back, it is shown; else the list */
	enum err (*remove)(struct op *op, id of);
	enum err (*restore)(struct op *op, id of);
	enum err (*save)(struct op *op, struct web *w, struct answer *a, id of); /* of 0: a new one. NULL: not here */
};
enum err edited_add(struct op *op, struct web *w, struct answer *a, const struct edited *e) NODISCARD;
enum err edited_change(struct op *op, struct web *w, struct answer *a, const struct edited *e) NODISCARD;
/* The notice offers to undo it at the route ".../restore" beside ".../remove". */
enum err edited_remove(struct op *op, struct web *w, struct answer *a, const struct edited *e) NODISCARD;
enum err edited_restore(struct op *op, struct web *w, struct answer *a, const struct edited *e) NODISCARD;
#endif
