/* tally.h: what orders add up to, over several spans of time in one pass over the records.
 *
 * Definitions: tables/metrics.def. Orders of customers who refused analytics, and orders that were not allowed for it, are
 * left out; cancelled orders too. Orders of nobody count in sums and in no customer figure. Amounts are of one currency
 * (the one that most orders have); those of others are added up apart. */
#ifndef PULSE_TALLY_H
#define PULSE_TALLY_H
#include "customer/people.h"
#include "op/op.h"
#include "base/interval.h"
#include "pulse/period.h"

struct tally {
	int64_t orders, refunds;
	int64_t priced;              /* orders in the currency of `revenue` */
	int64_t customers, repeaters; /* with one order or more; with two or more */
	__int128 revenue, refunded;  /* micro; both ≥ 0 as a rule */
	__int128 sold, returned;     /* thousandths of units */
};
struct tally_other {
	str currency;
	int64_t orders;
	__int128 revenue;
};
struct tallies {
	str currency;                /* of the amounts; absent: of no stated currency */
	struct tally shown, now, before;
	struct tally *points;        /* period.n of them */
	int64_t nobody_lines;        /* lines of orders, refunds and adjustments shown that name no customer … */
	__int128 nobody_amount;      /* … and their sum */
	struct tally_other *others;
	size_t n_others;
	struct interval return_rate, average_order; /* of the shown span; average_order in micro */
};
/* out and what it points to live in `a`. */
enum err tally_orders(struct op *op, struct arena *a, const struct period *p, const struct people_view *people, struct tallies *out) NODISCARD;
/* The currency that most orders have; the workspace's own where they carry none. In `a`. */
enum err tally_currency(struct op *op, struct arena *a, str *out) NODISCARD;
#endif
