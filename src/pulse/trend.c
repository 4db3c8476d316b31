/* The figures of Pulse, interval by interval, with the marks on the same time. The largest step of revenue from one interval to
 * the next is told, and which marks lie near it; the step is chosen by its size in money, so that a small shop's first week
 * does not count as its greatest change. */
#include <string.h>

#include "base/datetime.h"
#include "pulse/figure.h"
#include "pulse/pulse.h"
#include "pulse/findings.h"
#include "setting/setting.h"

static str interval_name(struct op *op, const struct period *p, size_t i)
{
	const struct zone *z = setting_zone(op->app);
	if (p->unit == ZONE_MONTH) return period_month_name(op, z, p->start[i]);
	return i18n_date(&op->arena, &op->locale, period_first_day(op, (struct span){p->start[i], p->start[i + 1]}));
}

/* Those of a tally in the currencies that are ordered in within the time shown. */
static void fill_others(struct op *op, const struct findings *f, const struct tally *t, void *list)
{
	LIST_OF(struct figure_amount) *out = list;
	const struct order_currencies *c = &f->orders.currencies;
	out->v = ARENA_ARRAY(&op->arena, struct figure_amount, c->n_all);
	for (size_t i = 1; i < c->n_all; i++) {
		if (!f->orders.shown.money[i].orders) continue;
		out->v[out->n++] = figure_amount_in(op, t->money[i].revenue, c->v[i]);
	}
}

static void fill_rows(struct op *op, const struct period *p, const struct findings *f, struct pulse_trend *out)
{
	out->rows.v = ARENA_ARRAY(&op->arena, struct pulse_point, p->n + 1);
	out->rows.n = p->n;
	for (size_t i = 0; i < p->n; i++) {
		const struct tally *t = &f->orders.points[i];
		out->rows.v[i] = (struct pulse_point){.start = period_first_day(op, (struct span){p->start[i], p->start[i + 1]}), .name = interval_name(op, p, i),
			.customers = f->customer_points[i], .orders = t->orders, .revenue = {measure_micro(t->money[0].revenue).amount, out->currency},
			.return_rate = measure_share((double)t->returned, (double)t->sold).number};
		fill_others(op, f, t, &out->rows.v[i].others);
	}
}

/* The interval that differs most from the one before; 0 when none can be compared. */
static size_t largest_step(const struct period *p, const struct findings *f)
{
	size_t largest = 0;
	__int128 most = 0;
	for (size_t i = 1; i < p->n; i++) {
		__int128 before = f->orders.points[i - 1].money[0].revenue, step = f->orders.points[i].money[0].revenue - before;
		if (step < 0) step = -step;
		if (before <= 0 || step <= most) continue;
		most = step;
		largest = i;
	}
	return largest;
}

static enum err tell_step(struct op *op, const struct period *p, const struct findings *f, size_t i, struct pulse_trend *out)
{
	struct mark_near near;
	double before = (double)f->orders.points[i - 1].money[0].revenue, now = (double)f->orders.points[i].money[0].revenue;
	struct span span = {p->start[i], p->start[i + 1]};
	out->finding = msg_str(now > before ? "trend_rose" : "trend_fell", "when", out->rows.v[i].name);
	msg_add(&out->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = fabs(now / before - 1)});
	TRY(mark_near(op, period_first_day(op, span), period_last_day(op, span), &near));
	out->near = near.finding;
	return OK;
}

enum err pulse__trend(struct op *op, const struct period *p, const struct findings *f, struct pulse_trend *out)
{
	out->currency = f->orders.currencies.v[0];
	if (p->n < 2) return OK;
	fill_others(op, f, &f->orders.shown, &out->others);
	fill_rows(op, p, f, out);
	TRY(mark_between(op, period_first_day(op, p->shown), period_last_day(op, p->shown), &out->marks.v, &out->marks.n));
	size_t step = largest_step(p, f);
	return step ? tell_step(op, p, f, step, out) : OK;
}
