/* The sums of all products are one question of the database, which has an index that holds all it needs. Orders that count
 * nowhere (cancelled, refused), and those in other currencies than the one that leads, are few as a rule, so they are summed
 * apart and taken off, instead of asking every line whose it is and what it is in.
 * A product's detail reads its own lines, some hundreds, and knows customers by the arrays in memory. Both are kept while
 * they stay right (pulse/kept.h). */
#include "product/product.h"

#include <string.h>

#include "base/datetime.h"
#include "base/map.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "i18n/i18n.h"
#include "op/app.h"
#include "order/order.h"
#include "pulse/kept.h"
#include "setting/setting.h"

/* ---- the sums of all ---- */

enum { SUMS_PRODUCT, SUMS_KIND, SUMS_SOLD, SUMS_SOLD_REST, SUMS_UNITS, SUMS_UNITS_REST, SUMS_AMOUNT, SUMS_AMOUNT_REST, SUMS_LINES, SUMS_CURRENCY, SUMS_LEFT_OUT };

struct summing {
	struct arena *a;
	struct map by_product; /* bytes of the id → index of v */
	struct product_sum *v;
	const struct order_currencies *currencies;
};
/* One product's sums of one kind as the database has them. */
struct sums {
	struct product_sum *of;
	bool is_order;
	__int128 sold, units, amount;
	int64_t lines;
};

static str id_bytes(const id *product)
{
	return (str){(const char *)product, sizeof *product};
}

static __int128 joined(int64_t whole, int64_t rest, int64_t parts)
{
	return (__int128)whole * parts + rest;
}

static struct product_money *money_of(struct summing *s, struct product_sum *sum, size_t currency)
{
	size_t at = 0;
	while (at < sum->n_money && sum->money[at].currency < currency) at++;
	if (at < sum->n_money && sum->money[at].currency == currency) return &sum->money[at];
	sum->money = arena_grow(s->a, sum->money, sum->n_money * sizeof *sum->money, (sum->n_money + 1) * sizeof *sum->money);
	memmove(&sum->money[at + 1], &sum->money[at], (sum->n_money - at) * sizeof *sum->money);
	sum->n_money++;
	sum->money[at] = (struct product_money){.currency = currency};
	return &sum->money[at];
}

struct product_money product_money_in(const struct product_sum *sum, size_t currency)
{
	for (size_t i = 0; i < sum->n_money; i++)
		if (sum->money[i].currency == currency) return sum->money[i];
	return (struct product_money){.currency = currency};
}

static bool read_row(const struct summing *s, const struct db_val *v, struct sums *out)
{
	id product = v[SUMS_PRODUCT].i;
	uint64_t *at = map_get(&s->by_product, id_bytes(&product));
	if (!at) return false;
	*out = (struct sums){.of = &s->v[*at], .is_order = v[SUMS_KIND].i == ORDER_KIND_ORDER, .sold = joined(v[SUMS_SOLD].i, v[SUMS_SOLD_REST].i, ORDER_MILLI),
		.units = joined(v[SUMS_UNITS].i, v[SUMS_UNITS_REST].i, ORDER_MILLI), .amount = joined(v[SUMS_AMOUNT].i, v[SUMS_AMOUNT_REST].i, ORDER_MICRO), .lines = v[SUMS_LINES].i};
	return true;
}

static void add_units(const struct sums *x, int sign)
{
	if (!x->is_order) {
		x->of->returned -= sign * x->units;
		return;
	}
	x->of->sold += sign * x->sold;
	x->of->lines += sign * x->lines;
}

static void add_money(struct summing *s, const struct sums *x, size_t currency, int sign)
{
	if (!x->is_order) return;
	struct product_money *m = money_of(s, x->of, currency);
	m->sold += sign * x->sold;
	m->revenue += sign * x->amount;
	m->lines += sign * x->lines;
}

/* As if all were in the currency that leads. */
static bool add_all(void *arg, const struct db_val *v, size_t columns)
{
	struct sums x;
	(void)columns;
	if (!read_row(arg, v, &x)) return true;
	add_units(&x, 1);
	add_money(arg, &x, 0, 1);
	return true;
}

/* What is not, or counts nowhere. */
static bool put_apart(void *arg, const struct db_val *v, size_t columns)
{
	struct summing *s = arg;
	struct sums x;
	(void)columns;
	if (!read_row(s, v, &x)) return true;
	add_money(s, &x, 0, -1);
	if (v[SUMS_LEFT_OUT].i) add_units(&x, -1);
	else add_money(s, &x, order_currency_at(s->currencies, v[SUMS_CURRENCY].s), 1);
	return true;
}

static bool take_off(void *arg, const struct db_val *v, size_t columns)
{
	struct summing *s = arg;
	struct sums x;
	(void)columns;
	if (!read_row(s, v, &x)) return true;
	add_units(&x, -1);
	add_money(s, &x, order_currency_at(s->currencies, v[SUMS_CURRENCY].s), -1);
	return true;
}

/* Those who refuse are known in memory before the ledger has it; there are few of them. */
static enum err take_off_refused(struct op *op, const struct people_view *people, struct span span, struct db_val preset, struct summing *s)
{
	for (uint32_t subject = 1; subject <= people->n_subjects; subject++) {
		uint32_t customer = people->customer[subject];
		if (!customer || !(people->denied[customer] & PURPOSE_BIT(PURPOSE_ANALYTICS))) continue;
		TRY(op_each(op, SQL_product_sums_of_subject, DB_ARGS(db_int(subject), db_int(span.from_ms), db_int(span.to_ms), preset), take_off, s));
	}
	return OK;
}

static enum err read_sums(struct op *op, struct span span, struct summing *s)
{
	const struct order_currencies *c = s->currencies;
	struct db_val main = db_text(c->n && c->v[0].n ? c->v[0] : S("")), preset = db_text(c->own.n ? c->own : S(""));
	struct db_rows apart;
	TRY(op_each(op, SQL_product_sums, DB_ARGS(db_int(span.from_ms), db_int(span.to_ms)), add_all, s));
	TRY(op_query(op, SQL_product_has_apart, DB_ARGS(main, preset), &apart));
	if (apart.n) TRY(op_each(op, SQL_product_sums_apart, DB_ARGS(db_int(span.from_ms), db_int(span.to_ms), main, preset), put_apart, s));
	const struct people_view *people = people_view(op->app->people);
	enum err e = take_off_refused(op, people, span, preset, s);
	people_view_close(op->app->people, people);
	return e;
}

/* Currencies in which nothing is left are none of the product's. */
static void drop_empty(struct product_sum *sum)
{
	size_t n = 0;
	for (size_t i = 0; i < sum->n_money; i++)
		if (sum->money[i].lines) sum->money[n++] = sum->money[i];
	sum->n_money = n;
}

static enum err find_table(struct op *op, struct arena *a, void *arg, void **out)
{
	struct product_table *t = ARENA_NEW(a, struct product_table);
	struct db_rows rows;
	struct summing s = {.a = a, .currencies = &t->currencies};
	*out = t;
	TRY(order_currencies(op, a, &t->currencies));
	TRY(op_query(op, SQL_product_all, DB_NO_ARGS, &rows));
	s.v = ARENA_ARRAY(a, struct product_sum, rows.n + 1);
	map_init(&s.by_product);
	for (size_t i = 0; i < rows.n; i++) {
		str name = db_rows_text(&rows, i, 2);
		s.v[i] = (struct product_sum){.product = db_rows_id(&rows, i, 0), .code = str_dup(a, db_rows_text(&rows, i, 1)), .search = str_dup(a, db_rows_text(&rows, i, 3))};
		if (name.n) s.v[i].name = str_dup(a, name);
		*map_put(&s.by_product, id_bytes(&s.v[i].product), NULL) = i;
	}
	enum err e = read_sums(op, *(const struct span *)arg, &s);
	map_release(&s.by_product);
	for (size_t i = 0; i < rows.n; i++) {
		drop_empty(&s.v[i]);
		if (s.v[i].sold > 0 || s.v[i].returned > 0) s.v[t->n++] = s.v[i];
	}
	t->v = s.v;
	return e;
}

enum err product_table(struct op *op, struct span span, const struct product_table **out)
{
	str state;
	void *found;
	TRY(kept_state(op, &state));
	str key = str_fmt(&op->arena, "products %.*s %lld %lld", STR_ARG(state), (long long)span.from_ms, (long long)span.to_ms);
	TRY(kept_get(op, key, find_table, &span, &found));
	*out = found;
	return OK;
}

/* ---- one product ---- */

enum { LINE_ORDER, LINE_KIND, LINE_AT, LINE_QUANTITY, LINE_AMOUNT, LINE_SUBJECT, LINE_PURPOSES, LINE_CURRENCY };

struct looking {
	struct op *op;
	struct arena *a;            /* of what is found */
	const struct period *period;
	const struct people_view *people;
	struct product_detail *out;
	struct ratio_sample *sample;
	struct map buyers;          /* number of the customer → index of bought */
	VEC(struct product_buyer) bought;
	id order;                   /* whose lines are being read, with its units so far */
	int64_t kind;
	size_t currency;
	__int128 sold, returned;
};

static void end_order(struct looking *l)
{
	if (!l->order) return;
	ratio_sample_add(l->sample, (double)l->returned, (double)l->sold);
	l->out->pieces++;
	if (l->kind == ORDER_KIND_ORDER && l->sold > 0) {
		l->out->orders++;
		l->out->money[l->currency].orders++;
	}
	if (l->returned > l->out->most_returned) l->out->most_returned = l->returned;
	l->order = 0;
	l->sold = l->returned = 0;
}

static void add_sold(struct product_money *m, __int128 sold, __int128 revenue)
{
	m->lines++;
	m->sold += sold;
	m->revenue += revenue;
}

static struct product_month *month_of(struct looking *l, int64_t at)
{
	size_t low = 0, high = l->out->n_months;
	if (high == 0) return NULL;
	while (low + 1 < high) { /* the last month that has begun */
		size_t middle = (low + high) / 2;
		if (l->out->months[middle].start_ms <= at) low = middle;
		else high = middle;
	}
	return &l->out->months[low];
}

static void spend(struct looking *l, struct product_buyer *b, __int128 revenue)
{
	struct product_spent **at = &b->spent;
	while (*at && (*at)->currency < l->currency) at = &(*at)->next;
	if (!*at || (*at)->currency != l->currency) {
		struct product_spent *added = ARENA_NEW(l->a, struct product_spent);
		*added = (struct product_spent){.currency = l->currency, .next = *at};
		*at = added;
	}
	(*at)->revenue += revenue;
}

static void add_buyer(struct looking *l, uint32_t customer, __int128 units, __int128 revenue)
{
	bool added;
	uint32_t *key = ARENA_NEW(&l->op->arena, uint32_t);
	*key = customer;
	uint64_t *at = map_put(&l->buyers, (str){(const char *)key, sizeof *key}, &added);
	if (added) {
		*at = l->bought.n;
		VEC_ADD(&l->bought, &l->op->arena)->customer = customer;
	}
	l->bought.v[*at].units += units;
	spend(l, &l->bought.v[*at], revenue);
}

static bool look_at(void *arg, const struct db_val *v, size_t columns)
{
	struct looking *l = arg;
	(void)columns;
	uint64_t subject = (uint64_t)v[LINE_SUBJECT].i;
	uint32_t customer = subject <= l->people->n_subjects ? l->people->customer[subject] : 0;
	if (!(v[LINE_PURPOSES].i & PURPOSE_BIT(PURPOSE_ANALYTICS))) return true;
	if (customer && l->people->denied[customer] & PURPOSE_BIT(PURPOSE_ANALYTICS)) return true;
	bool is_order = v[LINE_KIND].i == ORDER_KIND_ORDER;
	__int128 quantity = v[LINE_QUANTITY].i, sold = is_order && quantity > 0 ? quantity : 0, returned = is_order ? 0 : -quantity, revenue = v[LINE_AMOUNT].i;
	if (v[LINE_ORDER].i != l->order) end_order(l);
	l->order = v[LINE_ORDER].i;
	l->kind = v[LINE_KIND].i;
	l->currency = order_currency_at(&l->out->currencies, v[LINE_CURRENCY].type == DB_NULL ? STR_NONE : v[LINE_CURRENCY].s);
	l->sold += sold;
	l->returned += returned;
	l->out->sold += sold;
	l->out->returned += returned;
	struct product_month *m = month_of(l, v[LINE_AT].i);
	if (m) m->sold += sold, m->returned += returned;
	if (!is_order) return true;
	add_sold(&l->out->money[l->currency], sold, revenue);
	if (m) add_sold(&m->money[l->currency], sold, revenue);
	if (customer && sold > 0) add_buyer(l, customer, sold, revenue);
	return true;
}

static bool is_more(const struct product_buyer *a, const struct product_buyer *b)
{
	return a->units != b->units ? a->units > b->units : a->customer < b->customer;
}

static void choose_buyers(const struct looking *l)
{
	struct product_detail *d = l->out;
	for (size_t i = 0; i < l->bought.n; i++) {
		const struct product_buyer *b = &l->bought.v[i];
		size_t at = d->n_buyers < PRODUCT_BUYERS ? d->n_buyers++ : PRODUCT_BUYERS;
		for (; at > 0 && is_more(b, &d->buyers[at - 1]); at--)
			if (at < PRODUCT_BUYERS) d->buyers[at] = d->buyers[at - 1];
		if (at < PRODUCT_BUYERS) d->buyers[at] = *b;
	}
	d->customers = (int64_t)l->bought.n;
}

struct detail_of {
	id product;
	const struct period *period;
};

static void make_months(struct op *op, struct arena *a, const struct period *p, struct product_detail *d)
{
	const struct zone *z = setting_zone(op->app);
	if (p->shown.to_ms <= p->shown.from_ms) return;
	int64_t first = zone_floor(z, p->shown.from_ms, ZONE_MONTH);
	size_t most = (size_t)((p->shown.to_ms - first) / (28 * DAY_MS)) + 2;
	d->months = ARENA_ARRAY(a, struct product_month, most);
	for (int64_t at = first; at < p->shown.to_ms && d->n_months < most; at = zone_add(z, at, ZONE_MONTH, 1)) d->months[d->n_months++] = (struct product_month){.start_ms = at, .money = ARENA_ARRAY(a, struct product_money, d->currencies.n_all + 1)};
}

static enum err find_detail(struct op *op, struct arena *a, void *arg, void **out)
{
	const struct detail_of *of = arg;
	struct product_detail *d = ARENA_NEW(a, struct product_detail);
	struct looking l = {.op = op, .period = of->period, .out = d, .a = a};
	*out = d;
	TRY(order_currencies(op, a, &d->currencies));
	d->money = ARENA_ARRAY(a, struct product_money, d->currencies.n_all + 1);
	make_months(op, a, of->period, d);
	l.sample = ratio_sample_new(&op->arena);
	l.people = people_view(op->app->people);
	map_init(&l.buyers);
	enum err e = op_each(op, SQL_product_lines, DB_ARGS(db_id(of->product), db_int(of->period->shown.from_ms), db_int(of->period->shown.to_ms)), look_at, &l);
	end_order(&l);
	map_release(&l.buyers);
	people_view_close(op->app->people, l.people);
	choose_buyers(&l);
	d->return_rate = ratio_sample_interval(l.sample);
	return e;
}

enum err product_detail(struct op *op, id product, const struct period *p, const struct product_detail **out)
{
	str state;
	void *found;
	struct detail_of of = {product, p};
	TRY(kept_state(op, &state));
	str key = str_fmt(&op->arena, "product %lld %.*s %lld %lld", (long long)product, STR_ARG(state), (long long)p->shown.from_ms, (long long)p->shown.to_ms);
	TRY(kept_get(op, key, find_detail, &of, &found));
	*out = found;
	return OK;
}

enum err product_row_fill(struct op *op, const struct product_sum *sum, const struct period *p, struct product_row *out)
{
	const struct product_detail *d;
	TRY(product_detail(op, sum->product, p, &d));
	*out = (struct product_row){.sum = *sum, .customers = d->customers, .pieces = d->pieces, .return_rate = d->return_rate, .most_returned = d->most_returned};
	return OK;
}
