#include "product/product.h"

#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "customer/people.h"
#include "i18n/i18n.h"
#include "op/app.h"
#include "order/order.h"
#include "pulse/figure.h"
#include "pulse/findings.h"
#include "setting/setting.h"
#include "target/target.h"

enum { ROWS = 25, SURE_LINES = 30, CURSOR_MOST = 100000000 };

static const struct desc_field LINE_FIELDS[] = {
	FIELD(product_line, code, DESC_STR),
	FIELD(product_line, name, DESC_STR),
	FIELD(product_line, address, DESC_STR),
	FIELD(product_line, units, DESC_INT, .doc = "units sold"),
	FIELD(product_line, revenue, DESC_MONEY, .doc = "in the currency that leads, when it was sold in it"),
	FIELD(product_line, others, DESC_LIST, .item = DESC_MONEY, .doc = "in other currencies"),
	FIELD(product_line, returned, DESC_INT, .doc = "units returned"),
	FIELD(product_line, return_rate, DESC_SHARE),
	FIELD(product_line, interval, DESC_MSG),
	FIELD(product_line, rate_width, DESC_STR),
	FIELD(product_line, low_x, DESC_STR),
	FIELD(product_line, high_width, DESC_STR),
	FIELD(product_line, customers, DESC_INT, .doc = "customers who bought it"),
};
const struct desc PRODUCT_LINE_DESC = {"product_row", sizeof(struct product_line), LINE_FIELDS, COUNT_OF(LINE_FIELDS)};

int64_t product__whole(__int128 thousandths)
{
	return (int64_t)((thousandths + (thousandths < 0 ? -ORDER_MILLI / 2 : ORDER_MILLI / 2)) / ORDER_MILLI);
}

static str shown_name(const struct product_sum *s)
{
	return str_given(s->name) ? s->name : s->code;
}

static double rate_of(const struct product_sum *s)
{
	return measure_share((double)s->returned, (double)s->sold).number;
}

str product_address(struct op *op, str code)
{
	return str_fmt(&op->arena, "/products/%.*s", STR_ARG(web_url(op, code)));
}

/* The scale of a list's bars: a rate above 100 % (returned more than sold: bought before) fills the bar. */
static double scale_of(const struct product_row *rows, size_t n)
{
	double most = 0;
	for (size_t i = 0; i < n; i++) {
		double rate = rate_of(&rows[i].sum);
		bool is_sure = rows[i].pieces >= METRICS[METRIC_return_rate].minimum && !isnan(rows[i].return_rate.high);
		if (rate > most) most = rate;
		if (is_sure && rows[i].return_rate.high > most) most = rows[i].return_rate.high;
	}
	return most > 1 ? 1 : most;
}

/* An amount in each currency that there is one in, the first before the rest. */
static void put_amounts(struct op *op, const struct product_sum *sum, const struct order_currencies *c, size_t first, struct product_line *l)
{
	bool has_first = sum->n_money == 0 || product_money_in(sum, first).lines > 0;
	l->others.v = ARENA_ARRAY(&op->arena, struct money, sum->n_money + 1);
	if (has_first) l->revenue = (struct money){measure_micro(product_money_in(sum, first).revenue).amount, c->n_all ? c->v[first] : c->own};
	for (size_t i = 0; i < sum->n_money; i++) {
		const struct product_money *m = &sum->money[i];
		if (m->currency == first || m->currency >= c->n_all) continue;
		struct money amount = {measure_micro(m->revenue).amount, c->v[m->currency]};
		if (has_first) l->others.v[l->others.n++] = amount;
		else l->revenue = amount, has_first = true;
	}
}

struct product_line *product_lines(struct op *op, const struct product_row *rows, size_t n, const struct order_currencies *currencies, size_t first)
{
	struct product_line *out = ARENA_ARRAY(&op->arena, struct product_line, n + 1);
	double most = scale_of(rows, n);
	for (size_t i = 0; i < n; i++) {
		const struct product_row *r = &rows[i];
		struct product_line *l = &out[i];
		*l = (struct product_line){.code = r->sum.code, .name = shown_name(&r->sum), .address = product_address(op, r->sum.code), .customers = r->customers};
		l->units = product__whole(r->sum.sold);
		l->returned = product__whole(r->sum.returned);
		put_amounts(op, &r->sum, currencies, first, l);
		l->return_rate = rate_of(&r->sum);
		l->interval = figure_interval(METRIC_return_rate, r->return_rate, r->pieces, STR_NONE);
		l->rate_width = figure_width(op, most > 0 ? l->return_rate / most : 0);
		bool is_sure = l->interval.n == 2 && most > 0;
		l->low_x = figure_width(op, is_sure ? r->return_rate.low / most : 0);
		l->high_width = figure_width(op, is_sure ? (fmin(r->return_rate.high, most) - fmin(r->return_rate.low, most)) / most : 0);
	}
	return out;
}

/* ---- the list ---- */

struct products {
	struct msg finding;
	int64_t total;
	str q;
	bool is_filtered;
	int64_t from, to;
	LIST_OF(struct option) periods, sorts, currencies; /* currencies: none where there is one */
	str currency;
	struct msg sorted_by;
	LIST_OF(struct product_line) rows;
	str next, previous;
	bool is_empty;
};
static const struct desc_field PRODUCTS_FIELDS[] = {
	FIELD(products, finding, DESC_MSG),
	FIELD(products, total, DESC_INT),
	FIELD(products, q, DESC_STR),
	FIELD(products, is_filtered, DESC_BOOL),
	FIELD(products, from, DESC_DATE),
	FIELD(products, to, DESC_DATE),
	FIELD(products, periods, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(products, sorts, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(products, currencies, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .doc = "to choose among; none where there is one"),
	FIELD(products, currency, DESC_STR, .doc = "that leads, and sorts by revenue"),
	FIELD(products, sorted_by, DESC_MSG),
	FIELD(products, rows, DESC_LIST, .item = DESC_STRUCT, .of = &PRODUCT_LINE_DESC),
	FIELD(products, next, DESC_STR),
	FIELD(products, previous, DESC_STR),
	FIELD(products, is_empty, DESC_BOOL),
};
const struct desc PRODUCTS_DESC = DESC(products, PRODUCTS_FIELDS);

struct ranked {
	const struct product_sum *sum;
	struct product_money money; /* in the currency that leads */
	str sort_key; /* of sort by name alone */
};

static int compare_amounts(__int128 a, __int128 b)
{
	return (a < b) - (a > b);
}

static int by_code(const struct ranked *a, const struct ranked *b)
{
	return str_cmp(a->sum->code, b->sum->code);
}

static int by_revenue(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	bool has_a = a->money.lines > 0, has_b = b->money.lines > 0; /* what was not sold in it comes last */
	if (has_a != has_b) return has_b - has_a;
	int c = compare_amounts(a->money.revenue, b->money.revenue);
	return c ? c : by_code(a, b);
}

static int by_units(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	int c = compare_amounts(a->sum->sold, b->sum->sold);
	return c ? c : by_code(a, b);
}

static int by_returned(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	int c = compare_amounts(a->sum->returned, b->sum->returned);
	return c ? c : by_code(a, b);
}

/* A rate of a few sales says little: those come after all that were sold often enough. */
static int by_rate(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	int sure_a = a->sum->lines >= SURE_LINES && a->sum->sold > 0, sure_b = b->sum->lines >= SURE_LINES && b->sum->sold > 0;
	if (sure_a != sure_b) return sure_b - sure_a;
	double rate_a = a->sum->sold > 0 ? rate_of(a->sum) : -1, rate_b = b->sum->sold > 0 ? rate_of(b->sum) : -1;
	int c = (rate_a < rate_b) - (rate_a > rate_b);
	return c ? c : by_code(a, b);
}

static int by_name(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	int c = str_cmp(a->sort_key, b->sort_key);
	return c ? c : by_code(a, b);
}

struct sort {
	const char *value, *label;
	int (*compare)(const void *, const void *);
};
static const struct sort SORTS[] = {
	{"revenue", "sort_revenue", by_revenue}, {"units", "sort_units", by_units}, {"returned", "sort_returned", by_returned},
	{"return_rate", "sort_return_rate", by_rate}, {"name", "sort_name", by_name},
};

static enum err read_sort(struct op *op, const struct web *w, const struct sort **out)
{
	str asked = web_query(w, "sort");
	*out = &SORTS[0];
	if (!asked.n) return OK;
	for (size_t i = 0; i < COUNT_OF(SORTS); i++) {
		*out = &SORTS[i];
		if (str_eq(asked, str_of(SORTS[i].value))) return OK;
	}
	return fail(op, ERR_INVALID, "sort", "not one of revenue, units, returned, return_rate, name");
}

/* Every word must stand in the product's code or name, whatever its case, accents or digits. */
static bool is_like(const struct product_sum *s, str folded)
{
	for (str rest = folded; str_given(rest);) {
		str word = str_cut(&rest, ' ');
		if (word.n && !str_contains(s->search, word)) return false;
	}
	return true;
}

struct choice { /* which products, and in which order */
	str q;
	const struct sort *sort;
	size_t currency; /* its place */
	bool is_chosen;  /* only what was sold in it */
};

static struct ranked *rank(struct op *op, const struct product_table *t, const struct choice *x, size_t *n)
{
	struct ranked *v = ARENA_ARRAY(&op->arena, struct ranked, t->n + 1);
	str folded = x->q.n ? i18n_fold(&op->arena, str_trim(x->q)) : STR_NONE;
	*n = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (folded.n && !is_like(&t->v[i], folded)) continue;
		v[*n] = (struct ranked){.sum = &t->v[i], .money = product_money_in(&t->v[i], x->currency)};
		if (x->is_chosen && !v[*n].money.lines) continue;
		if (x->sort->compare == by_name) v[*n].sort_key = i18n_sort_key(&op->arena, shown_name(&t->v[i]));
		++*n;
	}
	qsort(v, *n, sizeof *v, x->sort->compare);
	return v;
}

static enum err read_currency(struct op *op, const struct web *w, const struct order_currencies *c, struct choice *x)
{
	str asked = web_query(w, "currency");
	if (!asked.n) return OK;
	x->is_chosen = true;
	x->currency = order_currency_at(c, asked);
	return x->currency < c->n ? OK : fail(op, ERR_INVALID, "currency", "nothing was ordered in it: a code such as GBP");
}

static void set_sorts(struct op *op, const struct sort *chosen, struct products *page)
{
	page->sorts.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(SORTS));
	page->sorts.n = COUNT_OF(SORTS);
	for (size_t i = 0; i < COUNT_OF(SORTS); i++)
		page->sorts.v[i] = (struct option){str_of(SORTS[i].value), i18n_format(&op->arena, &op->locale, str_of(SORTS[i].label), NULL, 0), &SORTS[i] == chosen};
}

static enum err read_cursor(struct op *op, const struct web *w, size_t *from)
{
	str text = web_query(w, "cursor");
	int64_t n = 0;
	if (text.n && (!str_i64(text, &n) || n < 0 || n > CURSOR_MOST)) return fail(op, ERR_INVALID, "cursor", "not a place in this list");
	*from = (size_t)n;
	return OK;
}

static enum err fill_rows(struct op *op, const struct web *w, const struct period *p, const struct product_table *t, const struct ranked *v, size_t n, size_t currency, struct products *page)
{
	size_t from = 0;
	TRY(read_cursor(op, w, &from));
	if (from > n) from = n;
	size_t shown = n - from < ROWS ? n - from : ROWS;
	struct product_row *rows = ARENA_ARRAY(&op->arena, struct product_row, shown + 1);
	for (size_t i = 0; i < shown; i++) TRY(product_row_fill(op, v[from + i].sum, p, &rows[i]));
	page->rows.v = product_lines(op, rows, shown, &t->currencies, currency);
	page->rows.n = shown;
	if (from + shown < n) page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%zu", from + shown));
	if (from > 0) page->previous = web_address_with(op, w, "cursor", from > ROWS ? str_fmt(&op->arena, "%zu", from - ROWS) : STR_NONE);
	return OK;
}

static void tell_currency(struct op *op, const struct product_table *t, const struct choice *x, struct products *page)
{
	const struct order_currencies *c = &t->currencies;
	page->currency = c->n ? c->v[x->currency] : c->own;
	page->currencies.v = order_currency_options(op, c, x->is_chosen ? page->currency : S(""), &page->currencies.n);
	if (x->sort->compare == by_revenue) page->sorted_by = order_currency_note(c, page->currency);
}

enum err product_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct products *page = ARENA_NEW(&op->arena, struct products);
	const struct heard *heard;
	const struct product_table *table;
	struct choice x = {0};
	struct period period;
	size_t n;
	TRY(heard_get(op, &heard));
	TRY(period_read(op, w, heard->first_ms, heard->last_ms, &period));
	TRY(read_sort(op, w, &x.sort));
	TRY(product_table(op, period.shown, &table));
	TRY(read_currency(op, w, &table->currencies, &x));
	page->q = x.q = web_query(w, "q");
	struct ranked *ranked = rank(op, table, &x, &n);
	TRY(fill_rows(op, w, &period, table, ranked, n, x.currency, page));
	tell_currency(op, table, &x, page);
	page->total = (int64_t)n;
	page->is_filtered = page->q.n > 0 || period.choice.n > 0 || x.is_chosen;
	page->is_empty = table->n == 0 && !page->is_filtered;
	page->finding = msg_int(page->q.n ? "products_found" : "products_all", "total", page->total);
	if (n == 0) page->finding = msg_of(page->is_empty ? "products_empty" : page->q.n ? "products_none_found" : "products_none_sold");
	page->from = period_first_day(op, period.shown);
	page->to = period_last_day(op, period.shown);
	page->periods.v = period_options(op, &period, &page->periods.n);
	set_sorts(op, x.sort, page);
	return answer_with(a, &PRODUCTS_DESC, page);
}
