/* want_inner.h: the parts of a customer's wants, each from the same touchpoints, oldest first. */
#ifndef WANT_WANT_INNER_H
#define WANT_WANT_INNER_H
#include "customer/customer.h"
#include "want/want.h"

enum { WANT_EVIDENCE = 5, WANT_LINES = 12, WANT_QUOTE_BYTES = 300 };
struct want__past {
	const struct customer_touchpoint **v;
	size_t n;
};
str want__detail(const struct customer_touchpoint *t, const char *name); /* absent when it has none */
enum err want__texts(struct op *op, id customer, const struct want__past *past, struct want *out) NODISCARD; /* needs, searches, feelings, months */
void want__promises(struct op *op, const struct want__past *past, struct want *out);
void want__intent(struct op *op, const struct want__past *past, struct want *out);
/* When *now* is: of the newest touchpoint of all where none is newer, so that a past that was brought in can be read as it was. */
enum err want__as_of(struct op *op, int64_t *ms) NODISCARD;
struct msg want__said_as_of(struct op *op, int64_t ms); /* empty when it is about now */
/* All of it, of a customer who refused nothing; page->as_of is set. */
enum err want__fill(struct op *op, id customer, uint32_t number, struct want *page) NODISCARD;
bool want__is_sensitive(struct arena *a, str text);
#endif
