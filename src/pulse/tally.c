/* Orders are read once, in order of (kind, time), and added to every span that they lie in. That is exact (128 bits),
 * needs no database's idea of a sum, and knows who is who by the same arrays as the questions of events do. Its time grows
 * with the orders read: about a microsecond each.
 *
 * Customers with two orders or more are counted as they appear: a byte a customer and span, and for the points of a trend
 * one array that remembers in which interval a customer was last seen. */
#include "pulse/tally.h"

#include <string.h>

#include "consent/consent.h"
#include "op/app.h"
#include "order/order.h"

enum { SPANS = 3 };
enum { COLUMN_KIND, COLUMN_AT, COLUMN_SUBJECT, COLUMN_CURRENCY, COLUMN_PURPOSES, COLUMN_REVENUE, COLUMN_UNITS, COLUMN_LINES };

struct counting {
	struct arena *a;
	const struct period *period;
	const struct people_view *people;
	struct tallies *out;
	struct span span[SPANS];
	struct tally *sum[SPANS];
	uint8_t *seen[SPANS];       /* by customer: 0, 1, or 2 for two or more orders */
	uint32_t *point_of;         /* by customer: the interval of the last order, from 1 */
	uint8_t *point_seen;
	size_t point;               /* of the order before */
	int64_t kind;
	struct ratio_sample *returns, **values; /* values: by currency */
};
struct order_row {
	int64_t kind, at, revenue, units, lines;
	uint32_t customer;
	size_t currency;            /* its place among those of the tallies */
};

static void add_order(struct tally *t, const struct order_row *o)
{
	struct tally_money *m = &t->money[o->currency];
	if (o->kind == ORDER_KIND_ORDER) {
		t->orders++;
		t->sold += o->units;
		m->orders++;
		m->revenue += o->revenue;
	} else if (o->kind == ORDER_KIND_REFUND) {
		t->refunds++;
		t->returned += o->units;
		m->refunds++;
		m->refunded -= o->revenue;
	}
}

static void count_customer(struct tally *t, uint8_t *seen)
{
	if (*seen == 0) t->customers++;
	if (*seen == 1) t->repeaters++;
	if (*seen < 2) ++*seen;
}

static void add_point(struct counting *c, const struct order_row *o)
{
	const struct period *p = c->period;
	if (p->n == 0 || o->at < p->start[0] || o->at >= p->start[p->n]) return;
	if (o->kind != c->kind) c->point = 0; /* times begin anew with each kind */
	c->kind = o->kind;
	while (o->at >= p->start[c->point + 1]) c->point++;
	struct tally *t = &c->out->points[c->point];
	add_order(t, o);
	if (o->kind != ORDER_KIND_ORDER || !o->customer) return;
	if (c->point_of[o->customer] != c->point + 1) c->point_seen[o->customer] = 0;
	c->point_of[o->customer] = (uint32_t)c->point + 1;
	count_customer(t, &c->point_seen[o->customer]);
}

static void add_shown(struct counting *c, const struct order_row *o)
{
	if (!o->customer) {
		c->out->nobody[o->currency].lines += o->lines;
		c->out->nobody[o->currency].amount += o->revenue;
	}
	if (o->kind == ORDER_KIND_ADJUSTMENT) return;
	bool is_order = o->kind == ORDER_KIND_ORDER;
	ratio_sample_add(c->returns, is_order ? 0 : (double)o->units, is_order ? (double)o->units : 0);
	if (is_order) ratio_sample_add(c->values[o->currency], (double)o->revenue, 1);
}

static bool visit(void *arg, const struct db_val *v, size_t columns)
{
	struct counting *c = arg;
	(void)columns;
	uint64_t subject = (uint64_t)v[COLUMN_SUBJECT].i;
	struct order_row o = {.kind = v[COLUMN_KIND].i, .at = v[COLUMN_AT].i, .revenue = v[COLUMN_REVENUE].i, .units = v[COLUMN_UNITS].i, .lines = v[COLUMN_LINES].i};
	o.customer = subject <= c->people->n_subjects ? c->people->customer[subject] : 0;
	if (!(v[COLUMN_PURPOSES].i & PURPOSE_BIT(PURPOSE_ANALYTICS))) return true;
	if (o.customer && c->people->denied[o.customer] & PURPOSE_BIT(PURPOSE_ANALYTICS)) return true;
	o.currency = order_currency_at(&c->out->currencies, v[COLUMN_CURRENCY].type == DB_NULL ? STR_NONE : v[COLUMN_CURRENCY].s);
	for (int i = 0; i < SPANS; i++) {
		if (!span_has(c->span[i], o.at)) continue;
		add_order(c->sum[i], &o);
		if (o.kind == ORDER_KIND_ORDER && o.customer) count_customer(c->sum[i], &c->seen[i][o.customer]);
		if (i == 0) add_shown(c, &o);
	}
	add_point(c, &o);
	return true;
}

static struct span around(const struct period *p)
{
	struct span s = p->shown;
	if (!p->is_compared) return s;
	if (p->before.from_ms < s.from_ms) s.from_ms = p->before.from_ms;
	if (p->now.from_ms < s.from_ms) s.from_ms = p->now.from_ms;
	if (p->now.to_ms > s.to_ms) s.to_ms = p->now.to_ms;
	return s;
}

enum err tally_orders(struct op *op, struct arena *a, const struct period *p, const struct people_view *people, struct tallies *out)
{
	size_t n = (size_t)people->n_customers + 1;
	struct span all = around(p), none = {0};
	struct counting c = {.a = a, .period = p, .people = people, .out = out, .kind = -1};
	*out = (struct tallies){0};
	TRY(order_currencies(op, a, &out->currencies));
	if (out->currencies.n_all == 0) { /* nothing was ordered: noughts in the workspace's */
		out->currencies.v[0] = out->currencies.own;
		out->currencies.n = out->currencies.n_all = 1;
	}
	size_t n_money = out->currencies.n_all + 1; /* the last: those past the most, which nobody is shown */
	out->nobody = ARENA_ARRAY(a, struct tally_nobody, n_money);
	out->average_order = ARENA_ARRAY(a, struct interval, n_money);
	out->points = ARENA_ARRAY(a, struct tally, p->n + 1);
	for (size_t i = 0; i < p->n; i++) out->points[i].money = ARENA_ARRAY(a, struct tally_money, n_money);
	c.sum[0] = &out->shown, c.sum[1] = &out->now, c.sum[2] = &out->before;
	c.span[0] = p->shown, c.span[1] = p->is_compared ? p->now : none, c.span[2] = p->is_compared ? p->before : none;
	for (int i = 0; i < SPANS; i++) {
		c.sum[i]->money = ARENA_ARRAY(a, struct tally_money, n_money);
		c.seen[i] = ARENA_ARRAY(&op->arena, uint8_t, n);
	}
	c.point_of = ARENA_ARRAY(&op->arena, uint32_t, n);
	c.point_seen = ARENA_ARRAY(&op->arena, uint8_t, n);
	c.returns = ratio_sample_new(&op->arena);
	c.values = ARENA_ARRAY(&op->arena, struct ratio_sample *, n_money);
	for (size_t i = 0; i < n_money; i++) c.values[i] = ratio_sample_new(&op->arena);
	TRY(op_each(op, SQL_tally_orders, DB_ARGS(db_int(all.from_ms), db_int(all.to_ms)), visit, &c));
	out->return_rate = ratio_sample_interval(c.returns);
	for (size_t i = 0; i < n_money; i++) out->average_order[i] = ratio_sample_interval(c.values[i]);
	return OK;
}
