/* list_find.h: which customers a list holds, in which order: filters and words out of the address, one page of ids out of the
 * records. For the files of this folder alone. */
#ifndef CUSTOMER_LIST_FIND_H
#define CUSTOMER_LIST_FIND_H
#include "consent/consent.h"
#include "customer/search.h"
#include "http/web.h"
#include "order/currency.h"
#include "segment/segment.h"

enum list_sort { SORT_SEEN, SORT_FIRST, SORT_ORDERS, SORT_REVENUE, SORT_NAME, SORT_COUNT };
extern const char *const LIST_SORTS[]; /* as the address names them */

/* What the address asks for. */
struct list_wanted {
	str q, kind, country, consent, seen, orders, currency;
	struct order_currencies currencies;
	str lead; /* the currency of amounts that stand first, and by which revenue sorts */
	enum list_sort sort;
	bool is_filtered, is_back, has_cursor;
	int64_t known, seen_from, seen_to, orders_least, orders_most, purpose, granted;
	struct search_words words;
	int64_t key; /* behind which the page begins: a number, or of sort name … */
	str name_key;
	id after;
	id only; /* an anonymous id or an id of ours, found whole */
	str segment;
	const struct segment_members *members; /* NULL: whoever */
};
struct list_found {
	id id;
	int64_t key;
	str name_key;
};
/* ERR_INVALID: names the field of the address. */
enum err list_find_read(struct op *op, const struct web *w, const struct purpose_row *purposes, size_t n, struct list_wanted *x) NODISCARD;
/* At most `limit` of them in the order of the list, and whether others stand behind in the direction read. total: NULL = not counted. */
enum err list_find(struct op *op, const struct list_wanted *x, size_t limit, struct list_found **out, size_t *n, bool *more, int64_t *total) NODISCARD;
/* What comes next begins behind this one. */
void list_find_behind(struct list_wanted *x, const struct list_found *f);
#endif
