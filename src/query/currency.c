/* Amounts of different currencies are never added. A sum, mean or percentile of money without a `by` is therefore counted by the events'
 * own property `currency` and put together again where that makes one currency: the usual workspace sees no difference.
 * Where it makes several, each is a group. With another `by` there would be two dimensions, and the question is refused with
 * what to ask instead. What carries no currency is in the workspace's. Rejected: refusing always (a second question for what
 * can be answered) and a currency of the question's own choosing (others would be left out unsaid). */
#include "base/currency.h"

#include <stdlib.h>
#include <string.h>

#include "query/inner.h"

#define PROPERTY S("currency")

bool query__is_money(const struct query *q)
{
	return query__is_of_numbers(q) && currency_is_money(q->property);
}

bool query__is_by_currency(const struct query *q)
{
	return q->by == QUERY_PROPERTY && str_eq(q->by_property, PROPERTY);
}

struct query query__apart(const struct query *q)
{
	struct query apart = *q;
	apart.by = QUERY_PROPERTY;
	apart.by_property = PROPERTY;
	return apart;
}

/* What is no code is told apart by what was sent. */
str query__currency_code(const struct query_context *ctx, struct arena *a, const struct query_value *v)
{
	str code, own = ctx->currency.n ? ctx->currency : S("");
	if (v->kind == QUERY_VALUE_NULL) return own;
	if (v->kind != QUERY_VALUE_TEXT || !currency_read(a, v->text, &code)) return str_fmt(a, "%.*s", STR_ARG(v->text.n ? v->text : S("?")));
	return code.n ? code : own;
}

/* What is summed and what is ranked: a trend has one of them. */
static void add_numbers(struct arena *a, struct decimal_sum *sum, const struct decimal_sum *from, struct values *values, const struct values *from_values)
{
	if (from) decimal_sum_merge(sum, from);
	if (!from_values) return;
	(void)values_merge(values, NULL, a, from_values);
	values_tidy(values);
}

static void add_count(struct arena *a, struct query_count *to, const struct query_count *from)
{
	to->events += from->events;
	to->numbers += from->numbers;
	if (from->numbers) add_numbers(a, &to->sum, &from->sum, to->values, from->values);
}

/* An empty group with room of its own. */
static void begin_group(struct arena *a, struct query_group *g, size_t n)
{
	*g = (struct query_group){.events = ARENA_ARRAY(a, uint64_t, n + 1), .numbers = ARENA_ARRAY(a, uint64_t, n + 1), .sums = ARENA_ARRAY(a, struct decimal_sum, n + 1),
		.values = ARENA_ARRAY(a, struct values, n + 1), .total.values = ARENA_NEW(a, struct values)};
	for (size_t i = 0; i < n; i++) decimal_sum_init(&g->sums[i]);
	decimal_sum_init(&g->total.sum);
}

static void add_group(struct arena *a, struct query_group *to, const struct query_group *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		to->events[i] += from->events[i];
		to->numbers[i] += from->numbers[i];
		if (from->numbers[i]) add_numbers(a, &to->sums[i], from->sums ? &from->sums[i] : NULL, &to->values[i], from->values ? &from->values[i] : NULL);
	}
	add_count(a, &to->total, &from->total);
}

static size_t distinct(const struct query_trend *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_groups; i++) {
		bool is_new = t->groups[i].total.numbers > 0;
		for (size_t k = 0; k < i && is_new; k++) is_new = !t->groups[k].total.numbers || !str_eq(t->groups[k].currency, t->groups[i].currency);
		n += is_new;
	}
	return n;
}

static int by_amounts(const void *x, const void *y)
{
	const struct query_group *a = x, *b = y;
	if (a->is_own != b->is_own) return b->is_own - a->is_own;
	if (a->total.numbers != b->total.numbers) return a->total.numbers < b->total.numbers ? 1 : -1;
	int c = str_cmp(a->currency, b->currency);
	return c ? c : query__value_cmp(&a->by, &b->by);
}

void query__name_currencies(const struct query_context *ctx, struct arena *a, struct query_trend *t)
{
	for (size_t i = 0; i < t->n_groups; i++) {
		struct query_group *g = &t->groups[i];
		g->currency = query__currency_code(ctx, a, &g->by);
		g->is_own = ctx->currency.n && str_eq(g->currency, ctx->currency);
		if (g->total.numbers) t->currency = g->currency;
	}
	t->is_mixed = distinct(t) > 1;
	if (t->is_mixed) t->currency = STR_NONE;
	if (t->n_groups > 1) qsort(t->groups, t->n_groups, sizeof *t->groups, by_amounts);
}

void query__gather_currencies(const struct query_context *ctx, struct arena *a, struct query_trend *t)
{
	query__name_currencies(ctx, a, t);
	const struct query_group *stated = t->groups;
	size_t n_stated = t->n_groups;
	t->groups = ARENA_ARRAY(a, struct query_group, n_stated + 1);
	t->n_groups = 0;
	for (size_t i = 0; i < n_stated; i++) {
		size_t at = 0;
		if (t->is_mixed && !stated[i].total.numbers) continue;
		while (at < t->n_groups && t->is_mixed && !str_eq(t->groups[at].currency, stated[i].currency)) at++;
		struct query_group *to = &t->groups[at];
		if (at == t->n_groups) {
			begin_group(a, &t->groups[t->n_groups++], t->times.n);
			to->currency = stated[i].currency;
			to->is_own = stated[i].is_own;
			if (t->is_mixed && to->currency.n) to->by = (struct query_value){QUERY_VALUE_TEXT, to->currency};
		}
		add_group(a, to, &stated[i], t->times.n);
	}
	if (t->n_groups == 0) begin_group(a, &t->groups[t->n_groups++], t->times.n);
	if (t->n_groups > 1) qsort(t->groups, t->n_groups, sizeof *t->groups, by_amounts);
	t->by = t->is_mixed ? QUERY_PROPERTY : QUERY_NONE;
}

enum err query__one_currency(const struct query_context *ctx, const struct query *q, const struct query_match *events, str property, const char *field, const char *instead,
	str *out, struct arena *a, struct fault *f)
{
	struct query asked = {.kind = QUERY_TREND, .range = q->range, .interval = {.unit = QUERY_MONTH}, .where = q->where, .events = *events, .measure = QUERY_SUM, .property = property};
	struct query_trend t;
	str names = S("");
	*out = STR_NONE;
	if (!query__is_money(&asked)) return OK;
	TRY(query_trend(ctx, &asked, a, &t, f));
	*out = t.currency;
	if (!t.is_mixed) return OK;
	for (size_t i = 0; i < t.n_groups; i++) {
		str code = t.groups[i].currency.n ? t.groups[i].currency : S("no stated currency");
		names = str_fmt(a, "%.*s%s%.*s", STR_ARG(names), i ? ", " : "", STR_ARG(code));
	}
	return fault_set(f, ERR_INVALID, field, "%.*s is money in %.*s, which cannot be added: %s", STR_ARG(property), STR_ARG(names), instead);
}
