/* currency.h: which currencies the workspace's orders and refunds are in. Amounts of different currencies are never added and
 * no rate of exchange is known: one currency leads, the others stand beside it as sums of their own. The workspace's currency
 * leads when any order or refund is in it, else the one that most orders are in. Orders without a currency are in the
 * workspace's; while it has none they are of no stated currency: an absent code. */
#ifndef ORDER_CURRENCY_H
#define ORDER_CURRENCY_H
#include "http/web.h"
#include "op/op.h"

/* ISO 4217 has fewer than 180: what is past this many was made up, and is in no amount. */
enum { ORDER_CURRENCIES_MOST = 200 };
struct order_currencies {
	str *v;       /* the one that leads first, the rest by code; then those of adjustments alone */
	size_t n;     /* of orders and refunds; 0: there are none */
	size_t n_all;
	str own;      /* what orders without a currency are in */
};
/* Its place among all; n_all when it is none of them. stated: as a row has it. */
size_t order_currency_at(const struct order_currencies *c, str stated);
/* In `a`. A few steps in an index, however many orders there are (counting them only while the workspace has no currency, or one
 * that nothing is in). */
enum err order_currencies(struct op *op, struct arena *a, struct order_currencies *out) NODISCARD;
/* The one that leads; the workspace's own when nothing was ordered. In `a`. */
enum err order_currency(struct op *op, struct arena *a, str *out) NODISCARD;
/* For lists of a workspace with several: a choice of all or of one, and by which the rows are sorted. Absent where there is one. */
struct option *order_currency_options(struct op *op, const struct order_currencies *c, str chosen, size_t *n);
struct msg order_currency_note(const struct order_currencies *c, str lead);
/* The code that a row's currency column stands for. */
static inline str order_currency_of(str stated, str own)
{
	return stated.n ? stated : own;
}
#endif
