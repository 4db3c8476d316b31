/* product.h: what was bought and what came back. Derived from the lines of orders and refunds (src/order): sold units are
 * the quantities of an order's lines above 0, returned units those of refunds; adjustments are neither. Revenue is the sum
 * over all lines of orders. Codes are shown as they were sent, the odd ones too (POST, M, D). */
#ifndef PRODUCT_PRODUCT_H
#define PRODUCT_PRODUCT_H
#include "op/op.h"
#include "base/interval.h"
#include "pulse/period.h"

/* Sums of one product over a span of time, under analytics. */
struct product_sum {
	id product;
	str code, name, search;    /* name absent: never told; search: folded */
	__int128 sold, returned;   /* thousandths */
	__int128 revenue;          /* micro, of orders in the currency most orders have */
	int64_t lines;             /* of orders */
};
struct product_table {
	struct product_sum *v;     /* those sold or returned, by code */
	size_t n;
	str currency;
};
enum err product_table(struct op *op, struct span span, const struct product_table **out) NODISCARD;

/* More of one product, by a look at its orders. */
struct product_month {
	int64_t start_ms;
	__int128 sold, returned, revenue;
};
struct product_buyer {
	uint32_t customer;         /* number */
	__int128 units, revenue;
};
enum { PRODUCT_BUYERS = 10 };
struct product_detail {
	__int128 sold, returned, revenue;
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
	struct money revenue;
	int64_t returned;
	double return_rate;
	struct msg interval;
	str rate_width, low_x, high_width;
	int64_t customers;
};
extern const struct desc PRODUCT_LINE_DESC, PRODUCTS_DESC, PRODUCT_DESC;
/* Draws n rows on one scale: the highest rate or bound among them. */
struct product_line *product_lines(struct op *op, const struct product_row *rows, size_t n, str currency);
str product_address(struct op *op, str code);

enum err product_list_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err product_get(struct op *op, struct web *w, struct answer *a) NODISCARD;

/* A figure of one product over all data; NaN when it has none of that name. */
enum err product_number(struct op *op, id product, str metric, double *out) NODISCARD;
enum err product_row_fill(struct op *op, const struct product_sum *sum, const struct period *p, struct product_row *out) NODISCARD;
#endif
