/* product.h: what was bought and what came back. Derived from the lines of orders and refunds (src/order): sold units are
 * the quantities of an order's lines above 0, returned units those of refunds; adjustments are neither. Revenue is the sum
 * over all lines of orders. Codes are shown as they were sent, the odd ones too (POST, M, D). */
#ifndef PRODUCT_PRODUCT_H
#define PRODUCT_PRODUCT_H
#include "op/op.h"
#include "base/interval.h"
#include "order/currency.h"
#include "pulse/period.h"

/* What was sold in one currency. */
struct product_money {
	size_t currency;           /* its place among the currencies */
	int64_t lines, orders;     /* orders: of a detail alone */
	__int128 sold, revenue;    /* thousandths; micro */
};
/* Sums of one product over a span of time, under analytics. */
struct product_sum {
	id product;
	str code, name, search;    /* name absent: never told; search: folded */
	__int128 sold, returned;   /* thousandths */
	int64_t lines;             /* of orders */
	struct product_money *money; /* of those currencies that anything was sold in, in the order of the table's */
	size_t n_money;
};
struct product_table {
	struct product_sum *v;     /* those sold or returned, by code */
	size_t n;
	struct order_currencies currencies;
};
/* Noughts when nothing was sold in it. */
struct product_money product_money_in(const struct product_sum *sum, size_t currency);
enum err product_table(struct op *op, struct span span, const struct product_table **out) NODISCARD;

/* More of one product, by a look at its orders. */
struct product_month {
	int64_t start_ms;
	__int128 sold, returned;
	struct product_money *money; /* by currency */
};
struct product_spent {
	size_t currency;
	__int128 revenue;
	struct product_spent *next;
};
struct product_buyer {
	uint32_t customer;         /* number */
	__int128 units;
	struct product_spent *spent;
};
enum { PRODUCT_BUYERS = 10 };
struct product_detail {
	__int128 sold, returned;
	struct order_currencies currencies;
	struct product_money *money; /* by currency */
	int64_t orders, customers; /* that bought it */
	int64_t pieces;            /* orders and refunds that hold it: what the interval rests on */
	struct interval return_rate;
	__int128 most_returned;    /* units of the largest single refund */
	struct product_month *months; /* of the points of the period */
	size_t n_months;
	struct product_buyer buyers[PRODUCT_BUYERS];
	size_t n_buyers;
};
enum err product_detail(struct op *op, id product, const struct period *p, const struct product_detail **out) NODISCARD;

/* A row as lists show it: the sums, with what the detail adds. */
struct product_row {
	struct product_sum sum;
	int64_t customers, pieces;
	struct interval return_rate;
	__int128 most_returned;
};
/* The same in the form of pages. */
struct product_line {
	str code, name, address;
	int64_t units;
	struct money revenue;      /* in the currency that leads where it was sold in it */
	LIST_OF(struct money) others; /* in other currencies */
	int64_t returned;
	double return_rate;
	struct msg interval;
	str rate_width, low_x, high_width;
	int64_t customers;
};
extern const struct desc PRODUCT_LINE_DESC, PRODUCTS_DESC, PRODUCT_DESC;
/* Draws n rows on one scale: the highest rate or bound among them. first: the place of the currency that leads. */
struct product_line *product_lines(struct op *op, const struct product_row *rows, size_t n, const struct order_currencies *currencies, size_t first);
str product_address(struct op *op, str code);
int64_t product__whole(__int128 thousandths); /* rounded to whole units */

enum err product_list_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err product_get(struct op *op, struct web *w, struct answer *a) NODISCARD;

/* A figure of one product over all data; NaN when it has none of that name. */
/* currency: of a figure that is money; absent: the one that leads. */
enum err product_number(struct op *op, id product, str metric, str currency, double *out) NODISCARD;
enum err product_row_fill(struct op *op, const struct product_sum *sum, const struct period *p, struct product_row *out) NODISCARD;
#endif
