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
	FIELD(product_line, revenue, DESC_MONEY),
	FIELD(product_line, returned, DESC_INT, .doc = "units returned"),
	FIELD(product_line, return_rate, DESC_SHARE),
	FIELD(product_line, interval, DESC_MSG),
	FIELD(product_line, rate_width, DESC_STR),
	FIELD(product_line, low_x, DESC_STR),
	FIELD(product_line, high_width, DESC_STR),
	FIELD(product_line, customers, DESC_INT, .doc = "customers who bought it"),
};
const struct desc PRODUCT_LINE_DESC = {"product_row", sizeof(struct product_line), LINE_FIELDS, COUNT_OF(LINE_FIELDS)};

static int64_t whole(__int128 thousandths)
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

struct product_line *product_lines(struct op *op, const struct product_row *rows, size_t n, str currency)
{
	struct product_line *out = ARENA_ARRAY(&op->arena, struct product_line, n + 1);
	double most = scale_of(rows, n);
	for (size_t i = 0; i < n; i++) {
		const struct product_row *r = &rows[i];
		struct product_line *l = &out[i];
		*l = (struct product_line){.code = r->sum.code, .name = shown_name(&r->sum), .address = product_address(op, r->sum.code), .customers = r->customers};
		l->units = whole(r->sum.sold);
		l->returned = whole(r->sum.returned);
		l->revenue = (struct money){measure_micro(r->sum.revenue).amount, currency};
		l->return_rate = rate_of(&r->sum);
		l->interval = figure_interval(METRIC_return_rate, r->return_rate, r->pieces, currency);
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
	LIST_OF(struct option) periods, sorts;
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
	FIELD(products, rows, DESC_LIST, .item = DESC_STRUCT, .of = &PRODUCT_LINE_DESC),
	FIELD(products, next, DESC_STR),
	FIELD(products, previous, DESC_STR),
	FIELD(products, is_empty, DESC_BOOL),
};
const struct desc PRODUCTS_DESC = DESC(products, PRODUCTS_FIELDS);

struct ranked {
	const struct product_sum *sum;
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
	int c = compare_amounts(a->sum->revenue, b->sum->revenue);
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

static struct ranked *rank(struct op *op, const struct product_table *t, str q, const struct sort *sort, size_t *n)
{
	struct ranked *v = ARENA_ARRAY(&op->arena, struct ranked, t->n + 1);
	str folded = q.n ? i18n_fold(&op->arena, str_trim(q)) : STR_NONE;
	*n = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (folded.n && !is_like(&t->v[i], folded)) continue;
		v[*n].sum = &t->v[i];
		if (sort->compare == by_name) v[*n].sort_key = i18n_sort_key(&op->arena, shown_name(&t->v[i]));
		++*n;
	}
	qsort(v, *n, sizeof *v, sort->compare);
	return v;
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

static enum err fill_rows(struct op *op, const struct web *w, const struct period *p, const struct product_table *t, const struct ranked *v, size_t n, struct products *page)
{
	size_t from = 0;
	TRY(read_cursor(op, w, &from));
	if (from > n) from = n;
	size_t shown = n - from < ROWS ? n - from : ROWS;
	struct product_row *rows = ARENA_ARRAY(&op->arena, struct product_row, shown + 1);
	for (size_t i = 0; i < shown; i++) TRY(product_row_fill(op, v[from + i].sum, p, &rows[i]));
	page->rows.v = product_lines(op, rows, shown, t->currency);
	page->rows.n = shown;
	if (from + shown < n) page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%zu", from + shown));
	if (from > 0) page->previous = web_address_with(op, w, "cursor", from > ROWS ? str_fmt(&op->arena, "%zu", from - ROWS) : STR_NONE);
	return OK;
}

enum err product_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct products *page = ARENA_NEW(&op->arena, struct products);
	const struct heard *heard;
	const struct product_table *table;
	const struct sort *sort;
	struct period period;
	size_t n;
	TRY(heard_get(op, &heard));
	TRY(period_read(op, w, heard->first_ms, heard->last_ms, &period));
	TRY(read_sort(op, w, &sort));
	TRY(product_table(op, period.shown, &table));
	page->q = web_query(w, "q");
	struct ranked *ranked = rank(op, table, page->q, sort, &n);
	TRY(fill_rows(op, w, &period, table, ranked, n, page));
	page->total = (int64_t)n;
	page->is_filtered = page->q.n > 0 || period.choice.n > 0;
	page->is_empty = table->n == 0 && !page->is_filtered;
	page->finding = msg_int(page->q.n ? "products_found" : "products_all", "total", page->total);
	if (n == 0) page->finding = msg_of(page->is_empty ? "products_empty" : page->q.n ? "products_none_found" : "products_none_sold");
	page->from = period_first_day(op, period.shown);
	page->to = period_last_day(op, period.shown);
	page->periods.v = period_options(op, &period, &page->periods.n);
	set_sorts(op, sort, page);
	return answer_with(a, &PRODUCTS_DESC, page);
}

/* ---- one product ---- */

struct product_month_line {
	str name;
	int64_t start, units;
	struct money revenue;
	int64_t returned;
};
struct product_buyer_line {
	id id;
	str address, name, identity, identity_kind;
	int kind;
	str country;
	int64_t units;
	struct money revenue;
};
struct product {
	str code, name;
	LIST_OF(str) names;
	struct msg finding;
	int64_t from, to;
	LIST_OF(struct option) periods;
	LIST_OF(struct figure) figures;
	struct msg compared;
	str currency; /* of the amounts */
	LIST_OF(struct product_month_line) months;
	LIST_OF(struct product_buyer_line) customers;
	str customers_all;
};
static const char *const CUSTOMER_KINDS[] = {"anonymous", "known", NULL};
static const struct desc_field MONTH_FIELDS[] = {
	FIELD(product_month_line, name, DESC_STR),
	FIELD(product_month_line, start, DESC_DATE),
	FIELD(product_month_line, units, DESC_INT),
	FIELD(product_month_line, revenue, DESC_MONEY),
	FIELD(product_month_line, returned, DESC_INT),
};
static const struct desc MONTH_DESC = {"product_month", sizeof(struct product_month_line), MONTH_FIELDS, COUNT_OF(MONTH_FIELDS)};
static const struct desc_field BUYER_FIELDS[] = {
	FIELD(product_buyer_line, id, DESC_ID, .prefix = "cus"),
	FIELD(product_buyer_line, address, DESC_STR),
	FIELD(product_buyer_line, name, DESC_STR),
	FIELD(product_buyer_line, identity, DESC_STR),
	FIELD(product_buyer_line, identity_kind, DESC_STR),
	FIELD(product_buyer_line, kind, DESC_ENUM, .names = CUSTOMER_KINDS, .prefix = "customer_kind"),
	FIELD(product_buyer_line, country, DESC_STR),
	FIELD(product_buyer_line, units, DESC_INT, .doc = "units bought in the time shown"),
	FIELD(product_buyer_line, revenue, DESC_MONEY),
};
static const struct desc BUYER_DESC = {"product_buyer", sizeof(struct product_buyer_line), BUYER_FIELDS, COUNT_OF(BUYER_FIELDS)};
static const struct desc_field PRODUCT_FIELDS[] = {
	FIELD(product, code, DESC_STR),
	FIELD(product, name, DESC_STR),
	FIELD(product, names, DESC_LIST, .item = DESC_STR),
	FIELD(product, finding, DESC_MSG),
	FIELD(product, from, DESC_DATE),
	FIELD(product, to, DESC_DATE),
	FIELD(product, periods, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(product, figures, DESC_LIST, .item = DESC_STRUCT, .of = &FIGURE_DESC),
	FIELD(product, compared, DESC_MSG),
	FIELD(product, currency, DESC_STR),
	FIELD(product, months, DESC_LIST, .item = DESC_STRUCT, .of = &MONTH_DESC),
	FIELD(product, customers, DESC_LIST, .item = DESC_STRUCT, .of = &BUYER_DESC),
	FIELD(product, customers_all, DESC_STR),
};
const struct desc PRODUCT_DESC = DESC(product, PRODUCT_FIELDS);

struct showing {
	struct op *op;
	struct period period;
	const struct product_detail *shown, *now, *before;
	str currency;
	struct product *page;
};

static struct measure measured(enum metric_key metric, __int128 sold, __int128 returned, __int128 revenue)
{
	switch (metric) {
	case METRIC_units: return measure_count(whole(sold));
	case METRIC_revenue: return measure_micro(revenue);
	case METRIC_returned: return measure_count(whole(returned));
	case METRIC_return_rate: return measure_share((double)returned, (double)sold);
	case METRIC_price: return sold > 0 ? measure_micro(revenue * ORDER_MILLI / sold) : MEASURE_NONE;
	default: return MEASURE_NONE;
	}
}

static void put_figure(struct showing *s, enum metric_key metric, const char *n_key, int64_t n)
{
	const struct product_detail *d = s->shown;
	struct figure_of of = {.metric = metric, .currency = s->currency, .n_key = n_key, .n = n, .is_compared = s->period.is_compared, .n_points = d->n_months};
	struct measure *points = ARENA_ARRAY(&s->op->arena, struct measure, d->n_months + 1);
	int64_t *days = ARENA_ARRAY(&s->op->arena, int64_t, d->n_months + 1);
	for (size_t i = 0; i < d->n_months; i++) {
		points[i] = measured(metric, d->months[i].sold, d->months[i].returned, d->months[i].revenue);
		days[i] = zone_to_civil(setting_zone(s->op->app), d->months[i].start_ms);
	}
	of.points = points;
	of.days = days;
	of.shown = measured(metric, d->sold, d->returned, d->revenue);
	of.now = s->now ? measured(metric, s->now->sold, s->now->returned, s->now->revenue) : MEASURE_NONE;
	of.before = s->before ? measured(metric, s->before->sold, s->before->returned, s->before->revenue) : MEASURE_NONE;
	of.is_whole = metric != METRIC_return_rate;
	of.interval = d->return_rate;
	of.may_be_chance = metric == METRIC_return_rate;
	figure_make(s->op, &of, &s->page->figures.v[s->page->figures.n++]);
}

static void tell_finding(struct showing *s)
{
	const struct product_detail *d = s->shown;
	struct msg *m = &s->page->finding;
	*m = msg_of("product_silent");
	if (d->sold <= 0 && d->returned <= 0) return;
	bool is_only_returned = d->sold <= 0;
	*m = msg_int(is_only_returned ? "product_only_returned" : d->returned > 0 ? "product_finding" : "product_not_returned", "units", whole(is_only_returned ? d->returned : d->sold));
	msg_add(m, figure_arg("revenue", METRIC_UNIT_MONEY, measure_micro(d->revenue), s->currency));
	if (!is_only_returned && d->returned > 0) msg_add(m, figure_arg("rate", METRIC_UNIT_SHARE, measured(METRIC_return_rate, d->sold, d->returned, 0), s->currency));
}

static void tell_months(struct showing *s)
{
	const struct product_detail *d = s->shown;
	const struct zone *z = setting_zone(s->op->app);
	s->page->months.v = ARENA_ARRAY(&s->op->arena, struct product_month_line, d->n_months + 1);
	s->page->months.n = d->n_months;
	for (size_t i = 0; i < d->n_months; i++) {
		const struct product_month *m = &d->months[i];
		s->page->months.v[i] = (struct product_month_line){.name = period_month_name(s->op, z, m->start_ms), .start = zone_to_civil(z, m->start_ms), .units = whole(m->sold),
			.revenue = {measure_micro(m->revenue).amount, s->currency}, .returned = whole(m->returned)};
	}
}

static enum err tell_buyer(struct showing *s, const struct product_buyer *b)
{
	struct op *op = s->op;
	struct db_rows row, identity;
	id customer = people_id(op->app->people, b->customer);
	TRY(op_query(op, SQL_product_buyer, DB_ARGS(db_id(customer)), &row));
	if (row.n == 0) return OK;
	TRY(op_query(op, SQL_product_buyer_identity, DB_ARGS(db_id(customer)), &identity));
	str shown = id_show(&op->arena, S("cus"), customer);
	struct product_buyer_line *l = &s->page->customers.v[s->page->customers.n++];
	*l = (struct product_buyer_line){.id = customer, .address = str_fmt(&op->arena, "/customers/%.*s", STR_ARG(shown)), .name = db_rows_text(&row, 0, 1), .kind = db_rows_bool(&row, 0, 2),
		.units = whole(b->units), .revenue = {measure_micro(b->revenue).amount, s->currency}};
	str country = db_rows_text(&row, 0, 3);
	if (country.n) l->country = i18n_country_name(&op->arena, &op->locale, country);
	if (!l->name.n) l->name = STR_NONE;
	if (identity.n) {
		l->identity_kind = db_rows_text(&identity, 0, 0);
		l->identity = db_rows_text(&identity, 0, 1);
	}
	return OK;
}

enum err product_number(struct op *op, id product, str metric, double *out)
{
	const struct metric *m = metric_find(metric);
	const struct product_detail *d;
	const struct heard *heard;
	struct period all;
	*out = NAN;
	if (!m) return OK;
	TRY(heard_get(op, &heard));
	TRY(period_all(op, heard->first_ms, heard->last_ms, &all));
	TRY(product_detail(op, product, &all, &d));
	*out = measured((enum metric_key)(m - METRICS), d->sold, d->returned, d->revenue).number;
	return OK;
}

static enum err look(struct op *op, id product, const struct period *p, struct span span, const struct product_detail **out)
{
	struct period only = {.shown = span, .data = p->data};
	*out = NULL;
	return p->is_compared ? product_detail(op, product, &only, out) : OK;
}

enum err product_get(struct op *op, struct web *w, struct answer *a)
{
	struct showing s = {.op = op, .page = ARENA_NEW(&op->arena, struct product)};
	const struct heard *heard;
	struct db_rows row;
	TRY(op_query(op, SQL_product_by_code, DB_ARGS(db_text(web_parameter(w, "code"))), &row));
	if (row.n == 0) return fail(op, ERR_NOT_FOUND, "code", "there is no product of this code");
	id product = db_rows_id(&row, 0, 0);
	TRY(heard_get(op, &heard));
	TRY(period_read(op, w, heard->first_ms, heard->last_ms, &s.period));
	TRY(product_detail(op, product, &s.period, &s.shown));
	TRY(look(op, product, &s.period, s.period.now, &s.now));
	TRY(look(op, product, &s.period, s.period.before, &s.before));
	TRY(tally_currency(op, &op->arena, &s.currency));
	struct product *page = s.page;
	page->code = db_rows_text(&row, 0, 1);
	page->name = db_rows_text(&row, 0, 2).n ? db_rows_text(&row, 0, 2) : page->code;
	page->from = period_first_day(op, s.period.shown);
	page->to = period_last_day(op, s.period.shown);
	page->periods.v = period_options(op, &s.period, &page->periods.n);
	page->compared = period_compared(op, &s.period);
	page->currency = s.currency;
	page->figures.v = ARENA_ARRAY(&op->arena, struct figure, METRIC_COUNT);
	put_figure(&s, METRIC_units, "n_orders", s.shown->orders);
	put_figure(&s, METRIC_revenue, "n_orders", s.shown->orders);
	put_figure(&s, METRIC_returned, "n_units", whole(s.shown->sold));
	put_figure(&s, METRIC_return_rate, "n_orders", s.shown->pieces);
	put_figure(&s, METRIC_price, "n_units", whole(s.shown->sold));
	TRY(target_show(op, str_fmt(&op->arena, "product:%.*s", STR_ARG(page->code)), s.currency, page->figures.v, page->figures.n));
	tell_finding(&s);
	tell_months(&s);
	page->customers.v = ARENA_ARRAY(&op->arena, struct product_buyer_line, PRODUCT_BUYERS);
	for (size_t i = 0; i < s.shown->n_buyers; i++) TRY(tell_buyer(&s, &s.shown->buyers[i]));
	return answer_with(a, &PRODUCT_DESC, page);
}
