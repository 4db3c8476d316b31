/* orders_file.h: rows of an orders file → one touchpoint an order. The lines of an order need not stand together, so the
 * whole file is gathered first, in compact rows (about 64 bytes a line and each distinct text once), and then handed out in
 * the order in which orders first appeared.
 *
 * An order's number that begins with C and a digit and has negative lines is a refund (Order Refunded, revenue negative,
 * returned units positive); one of negative lines alone is an adjustment (Order Updated, "adjustment": true), never an
 * order; the rest are Order Completed. Revenue is the exact sum of quantity × price over the lines. The first line's time
 * holds. Lines without a customer make a touchpoint without identity. */
#ifndef COLLECT_ORDERS_FILE_H
#define COLLECT_ORDERS_FILE_H
#include "base/decimal.h"
#include "collect/row_id.h"
#include "collect/touchpoint.h"

struct arena;
struct csv_row;
struct mapping;
struct orders_file;

struct orders_file *orders_file_new(const struct mapping *m, str source); /* borrows both */
void orders_file_free(struct orders_file *o);
/* The rows that follow come from another file of the same columns: equal rows are counted anew, and a row that an earlier
 * file held already is no second line. */
void orders_file_next_file(struct orders_file *o);
/* NULL, or why the row is rejected: no_order_id, bad_time, bad_quantity, bad_price, bad_currency, two_currencies (an order is in one). */
const char *orders_file_add(struct orders_file *o, const struct csv_row *row) NODISCARD;

/* The same of a row alone, and of whom its order would be, with nothing kept: for a check of a file of any size. */
const char *orders_file_look(struct arena *a, const struct mapping *m, const struct csv_row *row, struct touchpoint *out) NODISCARD;

size_t orders_file_count(const struct orders_file *o);  /* invoices, of every kind */
struct file_order {
	struct touchpoint touchpoint; /* message_id: hash(source, kind, number); texts live in the arena of the call */
	str number;
	struct decimal_sum revenue;
	const uint64_t *row_ids;      /* one a line, as in products[].row_id (16 hexadecimal digits there) */
	const int64_t *line_numbers;  /* where it stands in its file */
	size_t lines;
	bool has_products;            /* the touchpoint names its lines, so that they are known again */
};
void orders_file_get(struct orders_file *o, size_t i, struct arena *a, struct file_order *out);
/* When the order is stored already: the lines of which is_known is false alone, with "added": true, as an Order Updated or,
 * of a refund, another Order Refunded. False when all are known. */
bool orders_file_get_update(struct orders_file *o, size_t i, const bool *is_known, struct arena *a, struct file_order *out);
#endif
