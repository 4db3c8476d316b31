/* Numbers (findings.h) become sentences here. A sentence is a key and its values, so that a program gets the values and a
 * reader the words of their language. */
#include "pulse/pulse.h"

#include <string.h>

#include "base/datetime.h"
#include "collect/collect.h"
#include "op/app.h"
#include "order/order.h"
#include "pulse/figure.h"
#include "pulse/findings.h"
#include "setting/setting.h"
#include "target/target.h"

enum { TINTS = 6, WHOLE_REFUND_PCT = 50 };

static struct msg_arg arg_share(const char *name, double share)
{
	return (struct msg_arg){.name = name, .type = MSG_SHARE, .d = share};
}

static struct msg_arg arg_int(const char *name, int64_t i)
{
	return (struct msg_arg){.name = name, .type = MSG_INT, .i = i};
}

static struct msg_arg arg_money(const char *name, __int128 micro, str currency)
{
	return (struct msg_arg){.name = name, .type = MSG_MONEY, .money = {measure_micro(micro).amount, currency}};
}

/* ---- what is heard ---- */

static struct pulse_family *hearing(struct op *op, int n, const char *const *names, const char *query)
{
	struct pulse_family *rows = ARENA_ARRAY(&op->arena, struct pulse_family, n);
	for (int i = 0; i < n; i++) {
		rows[i].family = i;
		rows[i].last_heard = DESC_NULL_INT;
		rows[i].connect = str_fmt(&op->arena, "/sources/connect?%s=%s", query, names[i]);
	}
	return rows;
}

static void hear(struct pulse_family *row, const struct heard_event *e)
{
	row->is_heard = true;
	row->volume += e->events;
	if (row->last_heard == DESC_NULL_INT || e->last_ms > row->last_heard) row->last_heard = e->last_ms;
}

static void set_widths(struct op *op, struct pulse_family *rows, int n)
{
	int64_t most = 1;
	for (int i = 0; i < n; i++)
		if (rows[i].volume > most) most = rows[i].volume;
	for (int i = 0; i < n; i++) rows[i].width = figure_width(op, (double)rows[i].volume / (double)most);
}

static struct msg heard_finding(struct op *op, const struct pulse_family *families, bool is_buying)
{
	str names[FAMILY_COUNT];
	size_t n = 0;
	for (int i = 1; i < FAMILY_COUNT; i++)
		if (families[i].is_heard) names[n++] = i18n_pattern(op->locale.lang, str_fmt(&op->arena, "family_%s", FAMILIES[i]));
	if (n == 0) return msg_of("pulse_heard_nothing");
	if (n == FAMILY_COUNT - 1) return msg_of("pulse_heard_all");
	if (is_buying && families[FAMILY_CARE].is_heard) return msg_of("pulse_heard_buying");
	if (n == 1) return msg_str("pulse_heard_only", "families", names[0]);
	struct msg m = msg_int("pulse_heard_some", "heard", (int64_t)n);
	msg_add(&m, arg_int("all", FAMILY_COUNT - 1));
	return m;
}

/* How customers feel is heard in answers, reviews, complaints and praise, and in nothing that they only do. */
static bool tells_feeling(str event)
{
	static const char *const NAMES[] = {"Survey Answered", "Survey Completed", "survey sent", "Review Posted", "Marketplace Review Posted", "Product Reviewed",
		"Complaint Made", "Compliment Made", "Mention Posted"};
	for (size_t i = 0; i < COUNT_OF(NAMES); i++)
		if (str_eq(event, str_of(NAMES[i]))) return true;
	return false;
}

static void tell_heard(struct op *op, const struct heard *h, struct pulse *out)
{
	struct pulse_family *families = hearing(op, FAMILY_COUNT, FAMILIES, "family"), *stages = hearing(op, STAGE_COUNT, STAGES, "stage");
	bool is_buying = true, has_feeling = false;
	for (size_t i = 0; i < h->n; i++) {
		bool has_row;
		struct touchpoint_kind kind = collect_filing(op->app, h->v[i].event, &has_row);
		if (!has_row) continue;
		hear(&families[kind.family], &h->v[i]);
		hear(&stages[kind.stage], &h->v[i]);
		if (kind.family != FAMILY_UNKNOWN && kind.order == ORDER_NONE) is_buying = false;
		if (tells_feeling(h->v[i].event)) has_feeling = true;
	}
	out->heard_finding = heard_finding(op, families, is_buying);
	if (!has_feeling) out->unheard_finding = msg_of("pulse_feelings_unknown");
	out->families.v = families + 1;
	out->families.n = FAMILY_COUNT - 1;
	out->stages.v = stages + 1;
	out->stages.n = STAGE_COUNT - 1;
	set_widths(op, out->families.v, (int)out->families.n);
	set_widths(op, out->stages.v, (int)out->stages.n);
	out->is_empty = h->n == 0;
}

/* ---- figures ---- */

struct drawing {
	struct op *op;
	const struct period *period;
	const struct findings *found;
	int64_t *days;
	struct figure *v;
	size_t n;
};

static struct measure orders_measure(enum metric_key metric, const struct tally *t, size_t currency)
{
	const struct tally_money *m = &t->money[currency];
	switch (metric) {
	case METRIC_orders: return measure_count(t->orders);
	case METRIC_revenue: return measure_micro(m->revenue);
	case METRIC_average_order: return measure_micro_mean(m->revenue, m->orders);
	case METRIC_repeat_rate: return measure_share((double)t->repeaters, (double)t->customers);
	case METRIC_return_rate: return measure_share((double)t->returned, (double)t->sold);
	case METRIC_refunded: return measure_micro(m->refunded);
	default: return MEASURE_NONE;
	}
}

static void put_figure(struct drawing *d, struct figure_of of)
{
	of.is_compared = d->period->is_compared;
	of.days = d->days;
	of.n_points = d->period->n;
	figure_make(d->op, &of, &d->v[d->n++]);
}

static void put_orders_figure(struct drawing *d, struct figure_of of)
{
	const struct tallies *t = &d->found->orders;
	struct measure *points = ARENA_ARRAY(&d->op->arena, struct measure, d->period->n + 1);
	for (size_t i = 0; i < d->period->n; i++) points[i] = orders_measure(of.metric, &t->points[i], 0);
	of.shown = orders_measure(of.metric, &t->shown, 0);
	of.now = orders_measure(of.metric, &t->now, 0);
	of.before = orders_measure(of.metric, &t->before, 0);
	of.points = points;
	put_figure(d, of);
}

/* n and interval of money are of one currency; the first leads, whatever is in it, the others follow where anything is. */
static void put_money(struct drawing *d, struct figure_of of)
{
	const struct tallies *t = &d->found->orders;
	bool is_refunded = of.metric == METRIC_refunded;
	of.n_key = is_refunded ? "n_refunds" : "n_orders";
	for (size_t i = 0; i < t->currencies.n_all; i++) {
		const struct tally_money *m = &t->shown.money[i];
		of.n = is_refunded ? m->refunds : m->orders;
		of.currency = t->currencies.v[i];
		of.interval = t->average_order[i];
		if (i == 0) {
			put_orders_figure(d, of);
			continue;
		}
		if (of.n == 0) continue;
		of.is_compared = d->period->is_compared;
		of.shown = orders_measure(of.metric, &t->shown, i);
		of.now = orders_measure(of.metric, &t->now, i);
		of.before = orders_measure(of.metric, &t->before, i);
		figure_add_other(d->op, &of, t->currencies.n_all, &d->v[d->n - 1]);
	}
}

static void put_customers(struct drawing *d)
{
	const struct findings *f = d->found;
	struct measure *points = ARENA_ARRAY(&d->op->arena, struct measure, d->period->n + 1);
	for (size_t i = 0; i < d->period->n; i++) points[i] = measure_count(f->customer_points[i]);
	struct figure_of of = {.metric = METRIC_customers, .n_key = "n_customers", .n = f->customers, .is_whole = true, .points = points};
	of.shown = measure_count(f->customers);
	of.now = measure_count(f->customers_now);
	of.before = measure_count(f->customers_before);
	of.customers = d->period->is_all ? S("/customers") : STR_NONE;
	put_figure(d, of);
}

static void tell_figures(struct op *op, const struct period *p, const struct findings *f, struct pulse *out)
{
	const struct tally *t = &f->orders.shown;
	struct drawing d = {.op = op, .period = p, .found = f};
	d.v = ARENA_ARRAY(&op->arena, struct figure, METRIC_COUNT);
	d.days = ARENA_ARRAY(&op->arena, int64_t, p->n + 1);
	for (size_t i = 0; i < p->n; i++) d.days[i] = period_first_day(op, (struct span){p->start[i], p->start[i + 1]});
	str ordered = p->is_all ? S("/customers?sort=orders") : STR_NONE, paid = p->is_all ? S("/customers?sort=revenue") : STR_NONE;
	put_customers(&d);
	put_orders_figure(&d, (struct figure_of){.metric = METRIC_orders, .n_key = "n_orders", .n = t->orders, .is_whole = true, .customers = ordered});
	put_money(&d, (struct figure_of){.metric = METRIC_revenue, .is_whole = true, .customers = paid});
	put_money(&d, (struct figure_of){.metric = METRIC_average_order});
	put_orders_figure(&d, (struct figure_of){.metric = METRIC_repeat_rate, .n_key = "n_customers", .n = t->customers, .interval = interval_wilson(t->repeaters, t->customers),
		.may_be_chance = !interval_shares_differ(f->orders.now.repeaters, f->orders.now.customers, f->orders.before.repeaters, f->orders.before.customers),
		.customers = p->is_all ? S("/customers?orders=2-") : STR_NONE});
	put_orders_figure(&d, (struct figure_of){.metric = METRIC_return_rate, .n_key = "n_orders", .n = t->orders, .interval = f->orders.return_rate, .may_be_chance = true});
	if (t->refunds) put_money(&d, (struct figure_of){.metric = METRIC_refunded, .is_whole = true});
	out->figures.v = d.v;
	out->figures.n = d.n;
	out->compared = period_compared(op, p);
}

static void tell_state(struct op *op, const struct findings *f, struct pulse *out)
{
	const struct tallies *o = &f->orders;
	out->state_finding = msg_of("pulse_state_empty");
	if (o->shown.customers) {
		out->state_finding = msg_int("pulse_state", "customers", o->shown.customers);
		msg_add(&out->state_finding, arg_share("repeat", (double)o->shown.repeaters / (double)o->shown.customers));
		msg_add(&out->state_finding, arg_share("returned", measure_share((double)o->shown.returned, (double)o->shown.sold).number));
	}
	size_t n = 0, others = 0;
	struct msg *notes = ARENA_ARRAY(&op->arena, struct msg, 2 + o->currencies.n_all);
	for (size_t i = 0; i < o->currencies.n_all; i++) {
		others += i > 0 && (o->shown.money[i].orders || o->shown.money[i].refunds);
		if (!o->nobody[i].lines) continue;
		notes[n] = msg_int("note_lines_without_customer", "lines", o->nobody[i].lines);
		msg_add(&notes[n++], arg_money("amount", o->nobody[i].amount, o->currencies.v[i]));
	}
	if (others) notes[n++] = msg_str("note_currencies", "currency", o->currencies.v[0].n ? o->currencies.v[0] : S("–"));
	if (f->left_out) notes[n++] = msg_int("note_left_out", "customers", f->left_out);
	out->notes.v = notes;
	out->notes.n = n;
}

/* ---- products and cohorts ---- */

static void tell_returned(struct op *op, const struct findings *f, struct pulse *out)
{
	out->returned.finding = msg_of("returned_none");
	if (f->n_returned == 0) return;
	const struct product_row *first = &f->returned[0];
	bool is_one_refund = first->most_returned * 100 >= first->sum.returned * WHOLE_REFUND_PCT && first->sum.returned > ORDER_MILLI;
	struct msg *m = &out->returned.finding;
	*m = msg_str(is_one_refund ? "returned_finding_once" : "returned_finding", "product", str_given(first->sum.name) ? first->sum.name : first->sum.code);
	msg_add(m, arg_share("rate", measure_share((double)first->sum.returned, (double)first->sum.sold).number));
	msg_add(m, arg_int("units", (int64_t)(first->sum.returned / ORDER_MILLI)));
	msg_add(m, arg_int("sold", (int64_t)(first->sum.sold / ORDER_MILLI)));
	if (is_one_refund) msg_add(m, arg_int("once", (int64_t)(first->most_returned / ORDER_MILLI)));
	out->returned.rows.v = product_lines(op, f->returned, f->n_returned, &f->orders.currencies, 0);
	out->returned.rows.n = f->n_returned;
}

static struct cohort_cell cell_of(struct op *op, const struct cohort_found *c, size_t age, double most)
{
	struct cohort_cell cell = {.share = NAN, .count = DESC_NULL_INT, .step = S("0"), .is_open = c->cells[age] < 0};
	if (cell.is_open) return cell;
	cell.count = c->cells[age];
	cell.share = measure_share((double)cell.count, (double)c->size).number;
	int tint = most > 0 && cell.share > 0 ? (int)ceil(TINTS * cell.share / most) : 0;
	cell.step = str_fmt(&op->arena, "%d", tint > TINTS ? TINTS : tint);
	return cell;
}

static void tell_cohort(struct op *op, const struct retention_found *r, size_t i, double most, struct cohort *out)
{
	const struct zone *z = setting_zone(op->app);
	const struct cohort_found *c = &r->cohorts[i];
	int64_t day = zone_to_civil(z, c->start_ms);
	enum zone_unit unit = r->unit == QUERY_MONTH ? ZONE_MONTH : r->unit == QUERY_WEEK ? ZONE_WEEK : ZONE_DAY;
	str from = date_show(&op->arena, day), to = date_show(&op->arena, zone_to_civil(z, zone_add(z, c->start_ms, unit, 1)));
	*out = (struct cohort){.start = day, .size = c->size, .is_worst = r->finding == RETENTION_WORST && i == r->worst};
	out->name = unit == ZONE_MONTH ? period_month_name(op, z, c->start_ms) : i18n_date(&op->arena, &op->locale, day);
	out->customers = str_fmt(&op->arena, "/customers?first_from=%.*s&first_to=%.*s", STR_ARG(from), STR_ARG(to));
	out->cells.v = ARENA_ARRAY(&op->arena, struct cohort_cell, r->ages + 1);
	out->cells.n = r->ages;
	for (size_t k = 0; k < r->ages; k++) out->cells.v[k] = cell_of(op, c, k, most);
}

static void tell_retention(struct op *op, const struct retention_found *r, struct retention *out)
{
	static const char *const FINDINGS[] = {
		[RETENTION_NONE] = "retention_none", [RETENTION_FEW] = "retention_few", [RETENTION_EVEN] = "retention_even", [RETENTION_WORST] = "retention_worst"};
	double most = 0;
	out->finding = msg_of(FINDINGS[r->finding]);
	out->unit = r->unit == QUERY_MONTH ? 2 : r->unit == QUERY_WEEK ? 1 : 0;
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->ages; k++)
			if (r->cohorts[i].cells[k] > 0) most = fmax(most, (double)r->cohorts[i].cells[k] / (double)r->cohorts[i].size);
	out->heads.v = ARENA_ARRAY(&op->arena, str, r->ages + 1);
	out->heads.n = r->ages;
	for (size_t k = 0; k < r->ages; k++) out->heads.v[k] = i18n_int(&op->arena, &op->locale, (int64_t)k + 1);
	out->rows.v = ARENA_ARRAY(&op->arena, struct cohort, r->n + 1);
	out->rows.n = r->n;
	for (size_t i = 0; i < r->n; i++) tell_cohort(op, r, i, most, &out->rows.v[i]);
	if (r->finding != RETENTION_WORST) return;
	msg_add(&out->finding, (struct msg_arg){.name = "cohort", .type = MSG_STR, .s = out->rows.v[r->worst].name});
	msg_add(&out->finding, arg_share("share", r->share));
	msg_add(&out->finding, arg_share("others", r->others));
	msg_add(&out->finding, arg_int("size", r->size));
	msg_add(&out->finding, (struct msg_arg){.name = "unit", .type = MSG_KEY, .s = r->unit == QUERY_MONTH ? S("unit_month") : r->unit == QUERY_WEEK ? S("unit_week") : S("unit_day")});
}

enum err pulse_make(struct op *op, const struct web *w, struct pulse *out)
{
	const struct heard *heard;
	const struct findings *found;
	struct period period;
	*out = (struct pulse){0};
	TRY(heard_get(op, &heard));
	TRY(period_read(op, w, heard->first_ms, heard->last_ms, &period));
	TRY(findings_get(op, &period, &found));
	tell_heard(op, heard, out);
	out->from = period_first_day(op, period.shown);
	out->to = period_last_day(op, period.shown);
	out->periods.v = period_options(op, &period, &out->periods.n);
	tell_state(op, found, out);
	tell_figures(op, &period, found, out);
	TRY(target_show(op, S(""), out->figures.v, out->figures.n));
	TRY(pulse__trend(op, &period, found, &out->trend));
	tell_returned(op, found, out);
	tell_retention(op, &found->retention, &out->retention);
	return OK;
}
