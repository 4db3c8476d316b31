/* One product: its figures, months and customers over the time shown. */
#include "product/product.h"

#include "base/datetime.h"
#include "customer/people.h"
#include "i18n/i18n.h"
#include "op/app.h"
#include "order/order.h"
#include "pulse/figure.h"
#include "pulse/findings.h"
#include "setting/setting.h"
#include "target/target.h"

struct product_month_line {
	str name;
	int64_t start, units;
	struct money revenue;
	LIST_OF(struct figure_amount) others; /* of the product's other currencies */
	int64_t returned;
};
struct product_buyer_line {
	id id;
	str address, name, identity, identity_kind;
	int kind;
	str country;
	int64_t units;
	struct money revenue;
	LIST_OF(struct money) others;
};
struct product {
	str code, name;
	LIST_OF(str) names;
	struct msg finding;
	int64_t from, to;
	LIST_OF(struct option) periods;
	LIST_OF(struct figure) figures;
	struct msg compared;
	str currency; /* of the amounts that stand first */
	LIST_OF(struct figure_amount) others; /* in other currencies, over the time shown */
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
	FIELD(product_month_line, others, DESC_LIST, .item = DESC_STRUCT, .of = &FIGURE_AMOUNT_DESC, .doc = "in other currencies, in the order of the product's"),
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
	FIELD(product_buyer_line, others, DESC_LIST, .item = DESC_MONEY, .doc = "in other currencies"),
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
	FIELD(product, currency, DESC_STR, .doc = "of the amounts that stand first"),
	FIELD(product, others, DESC_LIST, .item = DESC_STRUCT, .of = &FIGURE_AMOUNT_DESC, .doc = "in other currencies, over the time shown"),
	FIELD(product, months, DESC_LIST, .item = DESC_STRUCT, .of = &MONTH_DESC),
	FIELD(product, customers, DESC_LIST, .item = DESC_STRUCT, .of = &BUYER_DESC),
	FIELD(product, customers_all, DESC_STR),
};
const struct desc PRODUCT_DESC = DESC(product, PRODUCT_FIELDS);

struct showing {
	struct op *op;
	struct period period;
	const struct product_detail *shown, *now, *before;
	const struct order_currencies *currencies;
	struct product *page;
};

static struct measure units_measured(enum metric_key metric, __int128 sold, __int128 returned)
{
	switch (metric) {
	case METRIC_units: return measure_count(product__whole(sold));
	case METRIC_returned: return measure_count(product__whole(returned));
	case METRIC_return_rate: return measure_share((double)returned, (double)sold);
	default: return MEASURE_NONE;
	}
}

static struct measure money_measured(enum metric_key metric, const struct product_money *m)
{
	if (metric == METRIC_revenue) return measure_micro(m->revenue);
	return m->sold > 0 ? measure_micro(m->revenue * ORDER_MILLI / m->sold) : MEASURE_NONE;
}

static bool is_money(enum metric_key metric)
{
	return METRICS[metric].unit == METRIC_UNIT_MONEY;
}

static struct measure measured(enum metric_key metric, const struct product_detail *d, size_t currency)
{
	if (!d) return MEASURE_NONE;
	return is_money(metric) ? money_measured(metric, &d->money[currency]) : units_measured(metric, d->sold, d->returned);
}

static struct figure_of figure_in(const struct showing *s, enum metric_key metric, const char *n_key, int64_t n, size_t currency)
{
	struct figure_of of = {.metric = metric, .n_key = n_key, .n = n, .is_compared = s->period.is_compared, .interval = s->shown->return_rate};
	if (is_money(metric)) of.currency = s->currencies->n_all ? s->currencies->v[currency] : s->currencies->own;
	of.shown = measured(metric, s->shown, currency);
	of.now = measured(metric, s->now, currency);
	of.before = measured(metric, s->before, currency);
	of.is_whole = metric != METRIC_return_rate;
	of.may_be_chance = metric == METRIC_return_rate;
	return of;
}

static struct figure *put_figure_in(struct showing *s, enum metric_key metric, const char *n_key, int64_t n, size_t currency)
{
	const struct product_detail *d = s->shown;
	struct figure_of of = figure_in(s, metric, n_key, n, currency);
	struct measure *points = ARENA_ARRAY(&s->op->arena, struct measure, d->n_months + 1);
	int64_t *days = ARENA_ARRAY(&s->op->arena, int64_t, d->n_months + 1);
	for (size_t i = 0; i < d->n_months; i++) {
		const struct product_month *m = &d->months[i];
		points[i] = is_money(metric) ? money_measured(metric, &m->money[currency]) : units_measured(metric, m->sold, m->returned);
		days[i] = zone_to_civil(setting_zone(s->op->app), m->start_ms);
	}
	of.points = points;
	of.days = days;
	of.n_points = d->n_months;
	struct figure *f = &s->page->figures.v[s->page->figures.n++];
	figure_make(s->op, &of, f);
	return f;
}

static void put_figure(struct showing *s, enum metric_key metric, const char *n_key, int64_t n)
{
	(void)put_figure_in(s, metric, n_key, n, 0);
}

/* The currency that leads where the product was sold in it, else the first that it was. */
static size_t leading(const struct showing *s)
{
	for (size_t i = 0; i < s->currencies->n_all; i++)
		if (s->shown->money[i].lines) return i;
	return 0;
}

static int64_t money_n(enum metric_key metric, const struct product_money *m)
{
	return metric == METRIC_price ? product__whole(m->sold) : m->orders;
}

static void put_money(struct showing *s, enum metric_key metric, const char *n_key)
{
	size_t first = leading(s);
	const struct product_money *money = s->shown->money;
	struct figure *f = put_figure_in(s, metric, n_key, money_n(metric, &money[first]), first);
	for (size_t i = first + 1; i < s->currencies->n_all; i++) {
		if (!money[i].lines) continue;
		struct figure_of of = figure_in(s, metric, n_key, money_n(metric, &money[i]), i);
		figure_add_other(s->op, &of, s->currencies->n_all, f);
	}
}

static void tell_finding(struct showing *s)
{
	const struct product_detail *d = s->shown;
	struct msg *m = &s->page->finding;
	*m = msg_of("product_silent");
	if (d->sold <= 0 && d->returned <= 0) return;
	bool is_only_returned = d->sold <= 0;
	*m = msg_int(is_only_returned ? "product_only_returned" : d->returned > 0 ? "product_finding" : "product_not_returned", "units", product__whole(is_only_returned ? d->returned : d->sold));
	size_t n = 0;
	struct money *amounts = ARENA_ARRAY(&s->op->arena, struct money, s->currencies->n_all + 1);
	if (s->currencies->n_all == 0) amounts[n++] = (struct money){{0, 0}, s->currencies->own};
	for (size_t i = leading(s); i < s->currencies->n_all; i++)
		if (n == 0 || d->money[i].lines) amounts[n++] = (struct money){measure_micro(d->money[i].revenue).amount, s->currencies->v[i]};
	msg_add(m, figure_amounts(s->op, "revenue", amounts, n));
	if (!is_only_returned && d->returned > 0) msg_add(m, figure_arg("rate", METRIC_UNIT_SHARE, measured(METRIC_return_rate, d, 0), STR_NONE));
}

static str currency_at(const struct showing *s, size_t i)
{
	return s->currencies->n_all ? s->currencies->v[i] : s->currencies->own;
}

/* In the product's other currencies. */
static void tell_others(const struct showing *s, const struct product_money *money, void *list)
{
	LIST_OF(struct figure_amount) *out = list;
	out->v = ARENA_ARRAY(&s->op->arena, struct figure_amount, s->currencies->n_all + 1);
	for (size_t i = leading(s) + 1; i < s->currencies->n_all; i++)
		if (s->shown->money[i].lines) out->v[out->n++] = figure_amount_in(s->op, money[i].revenue, currency_at(s, i));
}

static void tell_months(struct showing *s)
{
	const struct product_detail *d = s->shown;
	const struct zone *z = setting_zone(s->op->app);
	size_t first = leading(s);
	s->page->currency = currency_at(s, first);
	tell_others(s, d->money, &s->page->others);
	s->page->months.v = ARENA_ARRAY(&s->op->arena, struct product_month_line, d->n_months + 1);
	s->page->months.n = d->n_months;
	for (size_t i = 0; i < d->n_months; i++) {
		const struct product_month *m = &d->months[i];
		s->page->months.v[i] = (struct product_month_line){.name = period_month_name(s->op, z, m->start_ms), .start = zone_to_civil(z, m->start_ms), .units = product__whole(m->sold),
			.revenue = {measure_micro(m->money[first].revenue).amount, s->page->currency}, .returned = product__whole(m->returned)};
		tell_others(s, m->money, &s->page->months.v[i].others);
	}
}

/* The first of them leads. */
static void tell_spent(const struct showing *s, const struct product_spent *spent, struct product_buyer_line *l)
{
	l->others.v = ARENA_ARRAY(&s->op->arena, struct money, s->currencies->n_all + 1);
	for (const struct product_spent *x = spent; x; x = x->next) {
		struct money amount = {measure_micro(x->revenue).amount, x->currency < s->currencies->n_all ? s->currencies->v[x->currency] : STR_NONE};
		if (x == spent) l->revenue = amount;
		else l->others.v[l->others.n++] = amount;
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
		.units = product__whole(b->units)};
	tell_spent(s, b->spent, l);
	str country = db_rows_text(&row, 0, 3);
	if (country.n) l->country = i18n_country_name(&op->arena, &op->locale, country);
	if (!l->name.n) l->name = STR_NONE;
	if (identity.n) {
		l->identity_kind = db_rows_text(&identity, 0, 0);
		l->identity = db_rows_text(&identity, 0, 1);
	}
	return OK;
}

enum err product_number(struct op *op, id product, str metric, str currency, double *out)
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
	size_t at = str_given(currency) ? order_currency_at(&d->currencies, currency) : 0;
	*out = measured((enum metric_key)(m - METRICS), d, at).number;
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
	s.currencies = &s.shown->currencies;
	struct product *page = s.page;
	page->code = db_rows_text(&row, 0, 1);
	page->name = db_rows_text(&row, 0, 2).n ? db_rows_text(&row, 0, 2) : page->code;
	page->from = period_first_day(op, s.period.shown);
	page->to = period_last_day(op, s.period.shown);
	page->periods.v = period_options(op, &s.period, &page->periods.n);
	page->compared = period_compared(op, &s.period);
	page->figures.v = ARENA_ARRAY(&op->arena, struct figure, METRIC_COUNT);
	put_figure(&s, METRIC_units, "n_orders", s.shown->orders);
	put_money(&s, METRIC_revenue, "n_orders");
	put_figure(&s, METRIC_returned, "n_units", product__whole(s.shown->sold));
	put_figure(&s, METRIC_return_rate, "n_orders", s.shown->pieces);
	put_money(&s, METRIC_price, "n_units");
	TRY(target_show(op, str_fmt(&op->arena, "product:%.*s", STR_ARG(page->code)), page->figures.v, page->figures.n));
	tell_finding(&s);
	tell_months(&s);
	page->customers.v = ARENA_ARRAY(&op->arena, struct product_buyer_line, PRODUCT_BUYERS);
	for (size_t i = 0; i < s.shown->n_buyers; i++) TRY(tell_buyer(&s, &s.shown->buyers[i]));
	return answer_with(a, &PRODUCT_DESC, page);
}
