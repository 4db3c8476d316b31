/* Customers that somebody else chose (a segment, whoever is behind a number), as rows of a page and as a file. */
#include "customer/customer.h"
#include "op/app.h"
#include "order/currency.h"

enum { CSV_BYTES = 256 << 20 };

/* False: erased since they were chosen. */
static enum err get_row(struct op *op, id customer, str lead, struct customer_row *out, bool *is_there)
{
	enum err e = customer_row_get(op, customer, lead, out);
	*is_there = e == OK;
	if (e != ERR_NOT_FOUND) return e;
	fault_clear(&op->fault);
	return OK;
}

enum err customer_rows_get(struct op *op, const id *v, size_t n, struct customer_row **out, size_t *n_out)
{
	str lead;
	bool is_there;
	TRY(order_currency(op, &op->arena, &lead));
	*out = ARENA_ARRAY(&op->arena, struct customer_row, n + 1);
	*n_out = 0;
	for (size_t i = 0; i < n; i++) {
		TRY(get_row(op, v[i], lead, &(*out)[*n_out], &is_there));
		*n_out += is_there;
	}
	return OK;
}

static void put_row(struct op *op, const struct customer_row *row, struct buf *b)
{
	str cells[] = {id_show(&op->arena, S("cus"), row->id), row->name, row->identity, row->country};
	for (size_t c = 0; c < COUNT_OF(cells); c++) {
		buf_csv(b, str_given(cells[c]) ? cells[c] : S(""));
		buf_add(b, S(","));
	}
	buf_fmt(b, "%lld\r\n", (long long)row->orders);
}

enum err customer_rows_csv(struct op *op, const id *v, size_t n, str name, struct answer *a)
{
	struct buf b;
	enum err e = OK;
	buf_init(&b, CSV_BYTES);
	buf_add(&b, S("\xEF\xBB\xBF" "customer,name,identity,country,orders\r\n"));
	for (size_t i = 0; i < n && e == OK; i++) {
		struct customer_row row;
		bool is_there;
		e = get_row(op, v[i], STR_NONE, &row, &is_there);
		if (e == OK && is_there) put_row(op, &row, &b);
	}
	if (e == OK && buf_failed(&b)) e = fail(op, ERR_TOO_LARGE, "", "more customers than a file may hold");
	if (e == OK) {
		a->text = str_dup(&op->arena, buf_str(&b));
		a->content_type = S("text/csv; charset=utf-8");
		a->download_name = str_fmt(&op->arena, "%.*s.csv", STR_ARG(name));
	}
	buf_release(&b);
	return e;
}
