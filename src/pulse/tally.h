/* tally.h: what orders add up to, over several spans of time in one pass over the records.
 *
 * Definitions: tables/metrics.def. Orders of customers who refused analytics, and orders that were not allowed for it, are
 * left out; cancelled orders too. Orders of nobody count in sums and in no customer figure. Amounts are added up by currency
 * (order/currency.h), the one that leads first. */
#ifndef PULSE_TALLY_H
#define PULSE_TALLY_H
#include "customer/people.h"
#include "op/op.h"
#include "base/interval.h"
#include "order/currency.h"
#include "pulse/period.h"

struct tally_money { /* of one currency */
	int64_t orders, refunds;
	__int128 revenue, refunded;  /* micro; both ≥ 0 as a rule */
};
struct tally {
	int64_t orders, refunds;
	int64_t customers, repeaters; /* with one order or more; with two or more */
	__int128 sold, returned;     /* thousandths of units */
	struct tally_money *money;   /* by currency of the tallies */
};
struct tally_nobody { /* lines of orders, refunds and adjustments that name no customer, and their sum */
	int64_t lines;
	__int128 amount;
};
struct tallies {
	struct order_currencies currencies; /* all of them; at least one */
	struct tally shown, now, before;
	struct tally *points;            /* period.n of them */
	struct tally_nobody *nobody;     /* of the shown span, by currency */
	struct interval return_rate;     /* of the shown span */
	struct interval *average_order;  /* the same by currency, in micro */
};
/* out and what it points to live in `a`. */
enum err tally_orders(struct op *op, struct arena *a, const struct period *p, const struct people_view *people, struct tallies *out) NODISCARD;
#endif
