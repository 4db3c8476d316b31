/* Customers heard and retention are questions of the events, sums come from the records of orders, products from their
 * lines. Each is asked once a state of the data (kept.h).
 *
 * The cohort that keeps worst is told at age 1, the one age that the most cohorts have reached, against the others of the
 * same age taken together, and only when chance would hardly do it (95 in 100). The first cohort is left out of that: it
 * also holds everybody who had ordered before the data begins. */
#include "pulse/findings.h"

#include <string.h>

#include "base/datetime.h"
#include "collect/collect.h"
#include "events/events.h"
#include "op/app.h"
#include "pulse/kept.h"
#include "pulse/question.h"
#include "setting/setting.h"

enum { COHORT_LEAST = 30, MONTHS_FROM_DAYS = 60, WEEKS_FROM_DAYS = 14 };

/* ---- what is heard ---- */

static enum err find_heard(struct op *op, struct arena *a, void *arg, void **out)
{
	struct query_context ctx;
	const struct people_view *people;
	struct query_heard *rows;
	size_t n;
	struct heard *h = ARENA_NEW(a, struct heard);
	(void)arg;
	h->first_ms = h->last_ms = DESC_NULL_INT;
	TRY(question_open(op, PURPOSE_SERVICE, &ctx, &people));
	enum err e = query_heard(&ctx, 0, &op->arena, &rows, &n, &op->fault);
	if (e == OK) h->v = ARENA_ARRAY(a, struct heard_event, n + 1);
	for (size_t i = 0; e == OK && i < n; i++) {
		if (!rows[i].events) continue;
		h->v[h->n++] = (struct heard_event){events_type_name(op->app->events, (uint16_t)i), (int64_t)rows[i].events, rows[i].last_ms};
		if (h->first_ms == DESC_NULL_INT || rows[i].first_ms < h->first_ms) h->first_ms = rows[i].first_ms;
		if (h->last_ms == DESC_NULL_INT || rows[i].last_ms > h->last_ms) h->last_ms = rows[i].last_ms;
	}
	question_close(op, &ctx, people);
	*out = h;
	return e;
}

enum err heard_get(struct op *op, const struct heard **out)
{
	str state;
	void *found;
	TRY(kept_state(op, &state));
	TRY(kept_get(op, str_fmt(&op->arena, "heard %.*s", STR_ARG(state)), find_heard, NULL, &found));
	*out = found;
	return OK;
}

/* ---- customers heard ---- */

static enum err customers_in(struct op *op, const struct query_context *ctx, struct span s, enum query_unit unit, struct query_trend *out)
{
	struct query q = {.kind = QUERY_TREND, .measure = QUERY_CUSTOMERS, .interval = {.unit = unit}, .range = {true, true, s.from_ms, s.to_ms}};
	return query_trend(ctx, &q, &op->arena, out, &op->fault);
}

static enum query_unit query_unit_of(enum zone_unit u)
{
	return u == ZONE_DAY ? QUERY_DAY : u == ZONE_WEEK ? QUERY_WEEK : QUERY_MONTH;
}

static enum err find_customers(struct op *op, struct arena *a, const struct query_context *ctx, const struct period *p, struct findings *f)
{
	struct query_trend trend;
	f->customer_points = ARENA_ARRAY(a, int64_t, p->n + 1);
	if (p->shown.to_ms <= p->shown.from_ms) return OK;
	TRY(customers_in(op, ctx, p->shown, query_unit_of(p->unit), &trend));
	f->customers = (int64_t)trend.total.customers;
	f->left_out = (int64_t)trend.left_out.customers;
	bool is_yearly = p->unit == ZONE_YEAR;
	for (size_t i = 0; i < p->n && i < trend.times.n && !is_yearly && trend.n_groups; i++) f->customer_points[i] = (int64_t)trend.groups[0].customers[i];
	for (size_t i = 0; i < p->n && is_yearly; i++) {
		TRY(customers_in(op, ctx, (struct span){p->start[i], p->start[i + 1]}, QUERY_MONTH, &trend));
		f->customer_points[i] = (int64_t)trend.total.customers;
	}
	if (!p->is_compared) return OK;
	TRY(customers_in(op, ctx, p->now, QUERY_MONTH, &trend));
	f->customers_now = (int64_t)trend.total.customers;
	TRY(customers_in(op, ctx, p->before, QUERY_MONTH, &trend));
	f->customers_before = (int64_t)trend.total.customers;
	return OK;
}

/* ---- retention ---- */

/* The names that state an order here, of those ever heard. */
static struct query_match order_names(struct op *op, const struct heard *h)
{
	str *names = ARENA_ARRAY(&op->arena, str, h->n + 1);
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++) {
		bool has_row;
		if (collect_filing(op->app, h->v[i].event, &has_row).order == ORDER_COMPLETED && has_row) names[n++] = h->v[i].event;
	}
	return (struct query_match){names, n};
}

static void find_worst(struct retention_found *r)
{
	int64_t returned = 0, size = 0;
	size_t able = 0, worst = SIZE_MAX;
	for (size_t i = 1; i < r->n; i++) { /* the first also holds who ordered before the data begins */
		const struct cohort_found *c = &r->cohorts[i];
		if (r->ages == 0 || c->cells[0] < 0 || c->size < COHORT_LEAST) continue;
		able++;
		returned += c->cells[0];
		size += c->size;
		if (worst == SIZE_MAX || (double)c->cells[0] / (double)c->size < (double)r->cohorts[worst].cells[0] / (double)r->cohorts[worst].size) worst = i;
	}
	bool has_any = false;
	for (size_t i = 0; i < r->n && r->ages; i++) has_any |= r->cohorts[i].cells[0] >= 0;
	r->finding = !has_any ? RETENTION_NONE : able < 2 ? RETENTION_FEW : RETENTION_EVEN;
	if (r->finding != RETENTION_EVEN) return;
	const struct cohort_found *w = &r->cohorts[worst];
	r->worst = worst;
	r->size = w->size;
	r->share = (double)w->cells[0] / (double)w->size;
	r->others = (double)(returned - w->cells[0]) / (double)(size - w->size);
	if (interval_shares_differ(w->cells[0], w->size, returned - w->cells[0], size - w->size)) r->finding = RETENTION_WORST;
}

static enum err find_retention(struct op *op, struct arena *a, const struct query_context *ctx, const struct heard *h, const struct period *p, struct retention_found *r)
{
	int64_t days = (p->data.to_ms - p->data.from_ms) / DAY_MS;
	struct query q = {.kind = QUERY_RETENTION, .start = order_names(op, h)};
	struct query_retention found;
	q.again = q.start;
	r->unit = q.interval.unit = days >= MONTHS_FROM_DAYS ? QUERY_MONTH : days >= WEEKS_FROM_DAYS ? QUERY_WEEK : QUERY_DAY;
	if (q.start.n == 0) return OK;
	TRY(query_retention(ctx, &q, &op->arena, &found, &op->fault));
	r->n = found.n_cohorts;
	r->ages = found.n_cells ? found.n_cells - 1 : 0;
	r->cohorts = ARENA_ARRAY(a, struct cohort_found, r->n + 1);
	for (size_t i = 0; i < r->n; i++) {
		const struct query_cohort *c = &found.cohorts[i];
		r->cohorts[i] = (struct cohort_found){found.times.start[c->interval], (int64_t)c->size, ARENA_ARRAY(a, int64_t, r->ages + 1)};
		for (size_t k = 0; k < r->ages; k++) r->cohorts[i].cells[k] = c->cells[k + 1] == QUERY_OPEN ? -1 : (int64_t)c->cells[k + 1];
	}
	find_worst(r);
	return OK;
}

/* ---- products ---- */

static enum err find_returned(struct op *op, struct arena *a, const struct period *p, struct findings *f)
{
	const struct product_table *table;
	size_t best[FINDINGS_RETURNED], n = 0;
	TRY(product_table(op, p->shown, &table));
	for (size_t i = 0; i < table->n; i++) {
		if (table->v[i].returned <= 0) continue;
		size_t at = n < FINDINGS_RETURNED ? n++ : FINDINGS_RETURNED;
		for (; at > 0 && table->v[best[at - 1]].returned < table->v[i].returned; at--)
			if (at < FINDINGS_RETURNED) best[at] = best[at - 1];
		if (at < FINDINGS_RETURNED) best[at] = i;
	}
	struct product_row *rows = ARENA_ARRAY(a, struct product_row, n + 1);
	for (size_t i = 0; i < n; i++) {
		TRY(product_row_fill(op, &table->v[best[i]], p, &rows[i]));
		rows[i].sum.code = str_dup(a, rows[i].sum.code);
		rows[i].sum.name = str_given(rows[i].sum.name) ? str_dup(a, rows[i].sum.name) : STR_NONE;
		rows[i].sum.search = STR_NONE;
		struct product_money *money = ARENA_ARRAY(a, struct product_money, rows[i].sum.n_money + 1);
		memcpy(money, rows[i].sum.money, rows[i].sum.n_money * sizeof *money);
		rows[i].sum.money = money;
	}
	f->returned = rows;
	f->n_returned = n;
	return OK;
}

static enum err find_all(struct op *op, struct arena *a, void *arg, void **out)
{
	const struct period *p = arg;
	struct findings *f = ARENA_NEW(a, struct findings);
	struct query_context ctx;
	const struct people_view *people;
	const struct heard *h;
	*out = f;
	TRY(heard_get(op, &h));
	TRY(question_open(op, PURPOSE_ANALYTICS, &ctx, &people));
	enum err e = tally_orders(op, a, p, people, &f->orders);
	if (e == OK) e = find_customers(op, a, &ctx, p, f);
	if (e == OK) e = find_retention(op, a, &ctx, h, p, &f->retention);
	question_close(op, &ctx, people);
	return e == OK ? find_returned(op, a, p, f) : e;
}

enum err findings_get(struct op *op, const struct period *p, const struct findings **out)
{
	str state;
	void *found;
	TRY(kept_state(op, &state));
	str key = str_fmt(&op->arena, "findings %.*s %lld %lld %lld %lld %zu %d", STR_ARG(state), (long long)p->shown.from_ms, (long long)p->shown.to_ms,
	                  (long long)p->now.from_ms, (long long)p->now.to_ms, p->n, p->is_compared);
	struct period copy = *p;
	TRY(kept_get(op, key, find_all, &copy, &found));
	*out = found;
	return OK;
}
