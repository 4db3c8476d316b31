/* The sums of all products are one question of the database, which has an index that holds all it needs. Orders that count
 * nowhere (cancelled, refused) are few, so they are summed apart and taken off, instead of asking every line whose it is.
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
#include "pulse/tally.h"
#include "setting/setting.h"

/* ---- the sums of all ---- */

enum { SUMS_PRODUCT, SUMS_KIND, SUMS_SOLD, SUMS_SOLD_REST, SUMS_UNITS, SUMS_UNITS_REST, SUMS_AMOUNT, SUMS_AMOUNT_REST, SUMS_LINES, SUMS_LEFT_OUT };

enum { LEFT_OUT_OF_AMOUNTS, LEFT_OUT, LEFT_OUT_OF_UNITS };

struct summing {
	struct map by_product; /* bytes of the id → index of v */
	struct product_sum *v;
	int sign;
	bool is_apart;
};

static str id_bytes(const id *product)
{
	return (str){(const char *)product, sizeof *product};
}

static __int128 joined(int64_t whole, int64_t rest, int64_t parts)
{
	return (__int128)whole * parts + rest;
}

static bool add_sums(void *arg, const struct db_val *v, size_t columns)
{
	struct summing *s = arg;
	(void)columns;
	id product = v[SUMS_PRODUCT].i;
	uint64_t *at = map_get(&s->by_product, id_bytes(&product));
	if (!at) return true;
	struct product_sum *sum = &s->v[*at];
	__int128 amount = joined(v[SUMS_AMOUNT].i, v[SUMS_AMOUNT_REST].i, ORDER_MICRO);
	bool is_order = v[SUMS_KIND].i == ORDER_KIND_ORDER;
	int64_t left_out = s->is_apart ? v[SUMS_LEFT_OUT].i : LEFT_OUT;
	if (is_order && left_out != LEFT_OUT_OF_UNITS) sum->revenue += s->sign * amount;
	if (left_out == LEFT_OUT_OF_AMOUNTS) return true; /* another currency: its units count */
	if (is_order) sum->sold += s->sign * joined(v[SUMS_SOLD].i, v[SUMS_SOLD_REST].i, ORDER_MILLI);
	else sum->returned -= s->sign * joined(v[SUMS_UNITS].i, v[SUMS_UNITS_REST].i, ORDER_MILLI);
	if (is_order) sum->lines += s->sign * v[SUMS_LINES].i;
	return true;
}

/* Those who refuse are known in memory before the ledger has it; there are few of them. */
static enum err take_off_refused(struct op *op, const struct people_view *people, struct span span, struct db_val main, struct db_val preset, struct summing *s)
{
	for (uint32_t subject = 1; subject <= people->n_subjects; subject++) {
		uint32_t customer = people->customer[subject];
		if (!customer || !(people->denied[customer] & PURPOSE_BIT(PURPOSE_ANALYTICS))) continue;
		TRY(op_each(op, SQL_product_sums_of_subject, DB_ARGS(db_int(subject), db_int(span.from_ms), db_int(span.to_ms), main, preset), add_sums, s));
	}
	return OK;
}

static enum err read_sums(struct op *op, struct span span, str currency, struct summing *s)
{
	str own = setting_locale(op).currency;
	struct db_val main = db_text(currency.n ? currency : S("")), preset = db_text(own.n ? own : S(""));
	struct db_rows apart;
	s->sign = 1;
	TRY(op_each(op, SQL_product_sums, DB_ARGS(db_int(span.from_ms), db_int(span.to_ms)), add_sums, s));
	s->sign = -1;
	s->is_apart = true;
	TRY(op_query(op, SQL_product_has_apart, DB_ARGS(main, preset), &apart));
	if (apart.n) TRY(op_each(op, SQL_product_sums_apart, DB_ARGS(db_int(span.from_ms), db_int(span.to_ms), main, preset), add_sums, s));
	const struct people_view *people = people_view(op->app->people);
	enum err e = take_off_refused(op, people, span, main, preset, s);
	people_view_close(op->app->people, people);
	return e;
}

static enum err find_table(struct op *op, struct arena *a, void *arg, void **out)
{
	struct product_table *t = ARENA_NEW(a, struct product_table);
	struct db_rows rows;
	struct summing s = {0};
	*out = t;
	TRY(tally_currency(op, a, &t->currency));
	TRY(op_query(op, SQL_product_all, DB_NO_ARGS, &rows));
	s.v = ARENA_ARRAY(a, struct product_sum, rows.n + 1);
	map_init(&s.by_product);
	for (size_t i = 0; i < rows.n; i++) {
		str name = db_rows_text(&rows, i, 2);
		s.v[i] = (struct product_sum){.product = db_rows_id(&rows, i, 0), .code = str_dup(a, db_rows_text(&rows, i, 1)), .search = str_dup(a, db_rows_text(&rows, i, 3))};
		if (name.n) s.v[i].name = str_dup(a, name);
		*map_put(&s.by_product, id_bytes(&s.v[i].product), NULL) = i;
	}
	enum err e = read_sums(op, *(const struct span *)arg, t->currency, &s);
	map_release(&s.by_product);
	for (size_t i = 0; i < rows.n; i++)
		if (s.v[i].sold > 0 || s.v[i].returned > 0) s.v[t->n++] = s.v[i];
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

struct bought {
	uint32_t customer;
	__int128 units, revenue;
};
struct looking {
	struct op *op;
	const struct period *period;
	const struct people_view *people;
	struct product_detail *out;
	struct ratio_sample *sample;
	str currency, own_currency;
	struct map buyers;          /* number of the customer → index of bought */
	VEC(struct bought) bought;
	id order;                   /* whose lines are being read, with its units so far */
	int64_t kind;
	__int128 sold, returned;
};

static void end_order(struct looking *l)
{
	if (!l->order) return;
	ratio_sample_add(l->sample, (double)l->returned, (double)l->sold);
	l->out->pieces++;
	if (l->kind == ORDER_KIND_ORDER && l->sold > 0) l->out->orders++;
	if (l->returned > l->out->most_returned) l->out->most_returned = l->returned;
	l->order = 0;
	l->sold = l->returned = 0;
}

static void add_month(struct looking *l, int64_t at, __int128 sold, __int128 returned, __int128 revenue)
{
	size_t low = 0, high = l->out->n_months;
	if (high == 0) return;
	while (low + 1 < high) { /* the last month that has begun */
		size_t middle = (low + high) / 2;
		if (l->out->months[middle].start_ms <= at) low = middle;
		else high = middle;
	}
	struct product_month *m = &l->out->months[low];
	m->sold += sold;
	m->returned += returned;
	m->revenue += revenue;
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
	l->bought.v[*at].revenue += revenue;
}

static bool look_at(void *arg, const struct db_val *v, size_t columns)
{
	struct looking *l = arg;
	(void)columns;
	uint64_t subject = (uint64_t)v[LINE_SUBJECT].i;
	uint32_t customer = subject <= l->people->n_subjects ? l->people->customer[subject] : 0;
	if (!(v[LINE_PURPOSES].i & PURPOSE_BIT(PURPOSE_ANALYTICS))) return true;
	if (customer && l->people->denied[customer] & PURPOSE_BIT(PURPOSE_ANALYTICS)) return true;
	str currency = v[LINE_CURRENCY].type == DB_NULL || !v[LINE_CURRENCY].s.n ? l->own_currency : v[LINE_CURRENCY].s;
	bool is_order = v[LINE_KIND].i == ORDER_KIND_ORDER;
	__int128 quantity = v[LINE_QUANTITY].i, sold = is_order && quantity > 0 ? quantity : 0, returned = is_order ? 0 : -quantity;
	__int128 revenue = is_order && str_eq(currency, l->currency) ? v[LINE_AMOUNT].i : 0;
	if (v[LINE_ORDER].i != l->order) end_order(l);
	l->order = v[LINE_ORDER].i;
	l->kind = v[LINE_KIND].i;
	l->sold += sold;
	l->returned += returned;
	l->out->sold += sold;
	l->out->returned += returned;
	l->out->revenue += revenue;
	add_month(l, v[LINE_AT].i, sold, returned, revenue);
	if (customer && sold > 0) add_buyer(l, customer, sold, revenue);
	return true;
}

static bool is_more(const struct bought *a, const struct product_buyer *b)
{
	return a->units != b->units ? a->units > b->units : a->customer < b->customer;
}

static void choose_buyers(const struct looking *l)
{
	struct product_detail *d = l->out;
	for (size_t i = 0; i < l->bought.n; i++) {
		const struct bought *b = &l->bought.v[i];
		size_t at = d->n_buyers < PRODUCT_BUYERS ? d->n_buyers++ : PRODUCT_BUYERS;
		for (; at > 0 && is_more(b, &d->buyers[at - 1]); at--)
			if (at < PRODUCT_BUYERS) d->buyers[at] = d->buyers[at - 1];
		if (at < PRODUCT_BUYERS) d->buyers[at] = (struct product_buyer){b->customer, b->units, b->revenue};
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
	for (int64_t at = first; at < p->shown.to_ms && d->n_months < most; at = zone_add(z, at, ZONE_MONTH, 1)) d->months[d->n_months++].start_ms = at;
}

static enum err find_detail(struct op *op, struct arena *a, void *arg, void **out)
{
	const struct detail_of *of = arg;
	struct product_detail *d = ARENA_NEW(a, struct product_detail);
	struct looking l = {.op = op, .period = of->period, .out = d, .own_currency = setting_locale(op).currency};
	*out = d;
	TRY(tally_currency(op, &op->arena, &l.currency));
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
