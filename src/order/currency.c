#include "order/currency.h"

#include "setting/setting.h"

static str kept(struct arena *a, str code)
{
	return code.n ? str_dup(a, code) : STR_NONE;
}

size_t order_currency_at(const struct order_currencies *c, str stated)
{
	size_t at = 0;
	str code = order_currency_of(stated, c->own);
	while (at < c->n_all && !str_eq(c->v[at], code)) at++;
	return at;
}

static enum err most_used(struct op *op, str own, str *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_order_currency_counts, DB_ARGS(db_text(own.n ? own : S(""))), &rows));
	*out = rows.n ? db_rows_text(&rows, 0, 0) : own;
	return OK;
}

static void lead(struct order_currencies *c, str code)
{
	size_t at = order_currency_at(c, code);
	if (at >= c->n) return;
	str first = c->v[at];
	for (; at > 0; at--) c->v[at] = c->v[at - 1];
	c->v[0] = first;
}

enum err order_currencies(struct op *op, struct arena *a, struct order_currencies *out)
{
	enum { CODE, IS_SOLD };
	struct db_rows rows;
	*out = (struct order_currencies){.own = kept(a, setting_locale(op).currency)};
	TRY(op_query(op, SQL_order_currencies, DB_ARGS(db_int(ORDER_CURRENCIES_MOST)), &rows));
	out->v = ARENA_ARRAY(a, str, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) { /* those that are sold in come first */
		str code = order_currency_of(db_rows_text(&rows, i, CODE), out->own);
		if (order_currency_at(out, code) < out->n_all) continue;
		out->v[out->n_all++] = kept(a, code);
		if (db_rows_int(&rows, i, IS_SOLD)) out->n = out->n_all;
	}
	if (out->n < 2) return OK;
	str first = out->own;
	if (!first.n || order_currency_at(out, first) >= out->n) TRY(most_used(op, out->own, &first));
	lead(out, first);
	return OK;
}

enum err order_currency(struct op *op, struct arena *a, str *out)
{
	struct order_currencies c;
	TRY(order_currencies(op, a, &c));
	*out = c.n ? c.v[0] : c.own;
	return OK;
}

struct option *order_currency_options(struct op *op, const struct order_currencies *c, str chosen, size_t *n)
{
	struct arena *a = &op->arena;
	struct option *v = ARENA_ARRAY(a, struct option, c->n + 2);
	*n = 0;
	if (c->n < 2) return NULL;
	v[(*n)++] = (struct option){S(""), i18n_pattern(op->locale.lang, S("filter_currency_all")), !chosen.n};
	for (size_t i = 0; i < c->n; i++) {
		if (!c->v[i].n) continue;
		struct msg label = msg_str("filter_currency", "currency", i18n_currency_name(a, &op->locale, c->v[i]));
		v[(*n)++] = (struct option){c->v[i], i18n_msg(a, &op->locale, &label), str_eq(chosen, c->v[i])};
	}
	return v;
}

struct msg order_currency_note(const struct order_currencies *c, str lead)
{
	return c->n > 1 ? msg_str("sorted_by_currency", "currency", lead.n ? lead : S("–")) : (struct msg){0};
}
