/* Sales are summed per customer over the time asked and as long before it; customers are new when they never bought before. Whoever
 * came back after a longer time is in neither sum, as the definition has it (metrics: net revenue retention is of those who bought
 * in the time before). The interval draws customers (base/interval.h). */
#include "query/earned.h"

#include <math.h>

#include "base/datetime.h"
#include "query/condition.h"
#include "query/inner.h"
#include "query/members.h"
#include "query/read.h"

enum { SPAN_DAYS = 365 };

/* ---- fields ---- */

static struct query_earned *earned(struct query_reader *r)
{
	if (!r->q->earned) r->q->earned = ARENA_NEW(r->arena, struct query_earned);
	return r->q->earned;
}

static const struct query_condition *of_customers(struct query_reader *r, const char *field, const struct json_node *v)
{
	const struct query_condition *c = query__read_condition(r, field, v);
	if (c && !query__is_of_customers(c)) query__bad(r, field, "says something of single events; of customers say what they did: {\"did\":…}");
	return c;
}

static void read_earned(struct query_reader *r, const struct json_node *v)
{
	earned(r)->earned = of_customers(r, "earned", v);
}

static void read_known(struct query_reader *r, const struct json_node *v)
{
	earned(r)->known = of_customers(r, "known", v);
}

static void read_currency(struct query_reader *r, const struct json_node *v)
{
	if (v->type != JSON_STRING || v->text.n != 3) query__bad(r, "currency", "a code of three letters, such as EUR");
	else earned(r)->currency = str_dup(r->arena, v->text);
}

const struct query_field query__earned_fields[QUERY__EARNED_FIELDS] = {{"earned", read_earned}, {"known", read_known}, {"currency", read_currency}};

/* The trait `origin`, or an answer to the question `origin`. */
static const struct query_condition *usual(struct query_reader *r, const char *field, const char *trait, const char *answer)
{
	const struct json_node *node;
	str json = str_fmt(r->arena, "{\"any\":[{\"name\":\"trait:origin\",%s},{\"did\":{\"event\":\"Survey Answered\",\"where\":{\"all\":[{\"name\":\"question_id\",\"is\":\"origin\"}%s]}}}]}", trait, answer);
	if (json_tree(r->arena, json, json.n + 1, &node, NULL) != OK) return NULL;
	return query__read_condition(r, field, node);
}

static str origins(struct arena *a)
{
	static const char *const WORDS[] = {
#define EARNED_ORIGIN(words) words,
#include "earned_origins.def"
#undef EARNED_ORIGIN
	};
	str list = S("");
	for (size_t i = 0; i < COUNT_OF(WORDS); i++) list = str_fmt(a, "%.*s%s\"%s\"", STR_ARG(list), i ? "," : "", WORDS[i]);
	return list;
}

void query__check_earned(struct query_reader *r)
{
	struct query_earned *e = earned(r);
	const struct query *q = r->q;
	if (q->where || q->members || r->compare || q->limit) query__bad(r, "kind", "earned_growth is of all customers: it has no where, compare, members and limit");
	if (r->is_bad) return;
	const char *list = str_c(r->arena, origins(r->arena));
	if (!e->earned) e->earned = usual(r, "earned", str_fmt(r->arena, "\"in\":[%s]", list).p, str_fmt(r->arena, ",{\"any\":[{\"name\":\"choice\",\"in\":[%s]},{\"name\":\"text\",\"in\":[%s]}]}", list, list).p);
	if (!e->known) e->known = usual(r, "known", "\"exists\":true", "");
}

/* ---- sums ---- */

struct spent {
	double before, now;
	bool is_old; /* bought before the time asked */
};

static struct query_range span_of(const struct query *q, const struct query_sales *s)
{
	struct query_range r = q->range;
	for (size_t i = 0; i < s->n && !q->range.has_to; i++)
		if (!r.has_to || s->v[i].time_ms >= r.to_ms) r.has_to = true, r.to_ms = s->v[i].time_ms + 1;
	if (!r.has_from && r.has_to) r.has_from = true, r.from_ms = r.to_ms - SPAN_DAYS * DAY_MS;
	return r;
}

static bool covers(const struct query_sales *s, const struct query_range *before)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].time_ms <= before->from_ms + (before->to_ms - before->from_ms) / 12) return true;
	return false;
}

static void add(struct earned_group *g, double revenue)
{
	g->customers++;
	g->revenue += revenue;
}

static struct spent *sum_up(const struct query_context *ctx, const struct query_sales *s, const struct query_earned_answer *out, struct arena *a)
{
	struct spent *spent = ARENA_ARRAY(a, struct spent, (size_t)ctx->people.n_customers + 1);
	for (size_t i = 0; i < s->n; i++) {
		const struct query_sale *sale = &s->v[i];
		uint32_t customer = sale->subject <= ctx->people.n_subjects ? ctx->people.customer[sale->subject] : 0;
		if (!customer || customer > ctx->people.n_customers || !query__may(ctx, customer) || sale->time_ms >= out->range.to_ms) continue;
		if (sale->time_ms >= out->range.from_ms) spent[customer].now += sale->net;
		else spent[customer].is_old = true;
		if (sale->time_ms < out->range.from_ms && sale->time_ms >= out->before.from_ms) spent[customer].before += sale->net;
	}
	return spent;
}

static void judge(const struct query_context *ctx, const struct spent *spent, const struct query_members *by_word, const struct query_members *known, struct arena *a, struct query_earned_answer *out)
{
	struct ratio_sample *sample = ratio_sample_new(a);
	for (uint32_t c = 1; c <= ctx->people.n_customers; c++) {
		const struct spent *s = &spent[c];
		bool is_earned = by_word->is_member[c], is_new = !s->is_old && s->now > 0;
		if (s->before > 0) add(&out->base, s->before), out->kept.revenue += s->now, out->kept.customers += s->now > 0;
		else if (is_new) add(is_earned ? &out->earned : known->is_member[c] ? &out->bought : &out->unknown, s->now);
		else if (s->now > 0) add(&out->back, s->now);
		if (s->before > 0 || is_new) ratio_sample_add(sample, s->before > 0 || is_earned ? s->now : 0, s->before > 0 ? s->before : 0);
	}
	out->nrr = out->earned_share = out->rate = out->sure.low = out->sure.high = NAN;
	if (!out->base.customers) return;
	out->nrr = out->kept.revenue / out->base.revenue;
	out->earned_share = out->earned.revenue / out->base.revenue;
	out->rate = out->nrr + out->earned_share - 1;
	out->sure = ratio_sample_interval(sample);
	out->sure.low -= 1, out->sure.high -= 1;
}

enum err query_earned(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_earned_answer *out, struct fault *f)
{
	struct query_sales sales;
	struct query_members by_word, known;
	*out = (struct query_earned_answer){.is_partial = events_view_is_partial(ctx->view)};
	if (!ctx->sales) return fault_set(f, ERR_STATE, "kind", "no orders are known");
	TRY(ctx->sales(ctx->arg, a, q->earned->currency, &sales, f));
	out->currency = sales.currency;
	out->other_sales = (size_t)sales.others;
	out->range = span_of(q, &sales);
	out->before = (struct query_range){out->range.has_from, out->range.has_from, 2 * out->range.from_ms - out->range.to_ms, out->range.from_ms};
	out->is_covered = covers(&sales, &out->before);
	TRY(query_members(ctx, q->earned->earned, a, &by_word, f));
	TRY(query_members(ctx, q->earned->known, a, &known, f));
	for (uint32_t c = 1; c <= ctx->people.n_customers; c++) out->left_out.customers += !query__may(ctx, c);
	judge(ctx, sum_up(ctx, &sales, out, a), &by_word, &known, a, out);
	return OK;
}

/* ---- the answer ---- */

static void put_group(struct json_writer *w, const char *key, const struct earned_group *g)
{
	json_key(w, str_of(key));
	json_begin_object(w);
	query__put_int(w, "customers", g->customers);
	query__put_real(w, "revenue", g->revenue);
	json_end_object(w);
}

enum err query__answer_earned(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_earned_answer out;
	TRY(query_earned(ctx, q, a, &out, f));
	uint64_t told = out.earned.customers + out.bought.customers;
	query__put_text(w, "kind", S("earned_growth"));
	query__put_real(w, "rate", out.rate);
	query__put_real(w, "low", out.sure.low);
	query__put_real(w, "high", out.sure.high);
	query__put_real(w, "nrr", out.nrr);
	query__put_real(w, "earned_new", out.earned_share);
	query__put_text(w, "currency", out.currency.n ? out.currency : STR_NONE);
	put_group(w, "before", &out.base);
	put_group(w, "kept", &out.kept);
	put_group(w, "back", &out.back);
	json_key(w, S("new"));
	json_begin_object(w);
	put_group(w, "earned", &out.earned);
	put_group(w, "bought", &out.bought);
	put_group(w, "unknown", &out.unknown);
	query__put_int(w, "n", told);
	query__put_share(w, "earned_share", out.earned.customers, told);
	json_end_object(w);
	query__put_range(w, a, ctx, &out.range);
	query__put_text(w, "before_from", out.before.has_from ? query__day(a, ctx->zone, out.before.from_ms) : STR_NONE);
	json_key(w, S("covered"));
	json_put_bool(w, out.is_covered);
	query__put_int(w, "other_currencies", out.other_sales);
	query__put_int(w, "n", out.base.customers);
	query__put_text(w, "base", S("customers"));
	query__put_tail(w, out.left_out, out.is_partial,
		S("Earned growth rate: net revenue retention (what customers who bought in the time before bought in the time asked, less refunds, ÷ what they bought before) + revenue of new customers who came by recommendation ÷ the same − 1. "
		  "New: never bought before the time asked; earned_share is of those whose origin is known, low and high its Wilson interval. Who bought earlier than the time before is in back and in neither sum. low and high of the rate by bootstrap over customers, at 95%. "
		  "Origin: the trait origin, or the answer to the question origin; what customers say of themselves."));
	return OK;
}
