/* A customer's page, put together from its rows. Reads only; each part is a function of its own, in the order of the page. */
#include <math.h>
#include <stdlib.h>

#include "base/datetime.h"
#include "base/utf8.h"
#include "collect/collect.h"
#include "collect/touchpoint.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "i18n/zone.h"
#include "json/json.h"
#include "op/app.h"
#include "order/currency.h"
#include "order/order.h"
#include "pulse/figure.h"
#include "setting/setting.h"

enum { TOUCHPOINTS_AT_ONCE = 1000, TOUCHPOINTS_MOST = 10000, ORDERS = 10, VALUE_BYTES = 1000, TRAIT_BYTES = 65536 };

struct profile {
	struct op *op;
	id id;
	uint32_t number;
	struct db_rows row, identities;
	struct customer_amount *amounts; /* one at least: the first leads */
	size_t n_amounts;
	struct customer *page;
};
/* Columns of customer_get. */
enum { ROW_NUMBER, ROW_MERGED, ROW_ERASED, ROW_IS_KNOWN, ROW_NAME, ROW_GIVEN, ROW_FAMILY, ROW_CALLED, ROW_COUNTRY, ROW_LANGUAGE, ROW_ORDERS, ROW_FIRST_ORDER, ROW_LAST_ORDER };

static str source_name(struct op *op, int64_t number)
{
	struct source source;
	if (number <= 0 || number > UINT16_MAX || !source_get(op->app, (uint16_t)number, &source)) return STR_NONE;
	return str_dup(&op->arena, str_of(source.name));
}

static int64_t date_of(const struct op *op, int64_t ms)
{
	int64_t civil = zone_to_civil(op->locale.zone, ms), day = civil / DAY_MS;
	return (civil % DAY_MS < 0 ? day - 1 : day) * DAY_MS;
}

/* ---- head ---- */

static str best_identity(const struct profile *p)
{
	static const int rank[] = {[CUSTOMER_USER_ID] = 0, [CUSTOMER_EMAIL] = 1, [CUSTOMER_PHONE] = 2, [CUSTOMER_EXTERNAL] = 3, [CUSTOMER_ANONYMOUS_ID] = 4};
	str best = STR_NONE;
	int best_rank = 5;
	for (size_t i = 0; i < p->identities.n; i++) {
		int r = rank[customer_identity_kind(db_rows_text(&p->identities, i, 1))];
		if (r >= best_rank) continue;
		best_rank = r;
		best = db_rows_text(&p->identities, i, 3);
	}
	return best;
}

/* Of each currency that anything was ordered, or refunded, in. */
static struct msg_arg amounts_arg(const struct profile *p, const char *name, bool is_refunded, size_t *n)
{
	struct money *v = ARENA_ARRAY(&p->op->arena, struct money, p->n_amounts);
	*n = 0;
	for (size_t i = 0; i < p->n_amounts; i++) {
		const struct customer_amount *a = &p->amounts[i];
		if (is_refunded ? a->refund_micro != 0 : a->orders > 0) v[(*n)++] = (struct money){customer_micro(is_refunded ? -a->refund_micro : a->revenue_micro), a->currency};
	}
	return figure_amounts(p->op, name, v, *n);
}

static struct msg finding_of(const struct profile *p)
{
	const struct db_rows *r = &p->row;
	int64_t orders = db_rows_int(r, 0, ROW_ORDERS);
	size_t n, n_refunded;
	if (orders == 0) {
		if (p->page->timeline_total == 0) return msg_of("customer_silent");
		struct msg m = msg_int("customer_no_orders", "touchpoints", p->page->timeline_total);
		msg_add(&m, (struct msg_arg){.name = "first", .type = MSG_DATE, .i = date_of(p->op, p->page->first_seen)});
		return m;
	}
	struct msg_arg refunded = amounts_arg(p, "refunded", true, &n_refunded);
	struct msg m = msg_int(n_refunded ? "customer_ordered_returned" : "customer_ordered", "orders", orders);
	msg_add(&m, (struct msg_arg){.name = "first", .type = MSG_DATE, .i = date_of(p->op, db_rows_int(r, 0, ROW_FIRST_ORDER))});
	msg_add(&m, (struct msg_arg){.name = "last", .type = MSG_DATE, .i = date_of(p->op, db_rows_int(r, 0, ROW_LAST_ORDER))});
	msg_add(&m, amounts_arg(p, "total", false, &n));
	if (n_refunded) msg_add(&m, refunded);
	return m;
}

static void fill_head(struct profile *p)
{
	struct customer *page = p->page;
	const struct db_rows *r = &p->row;
	uint64_t heard;
	page->id = p->id;
	page->name = str_given(db_rows_text(r, 0, 7)) ? db_rows_text(r, 0, 7) : db_rows_text(r, 0, 4);
	page->identity = best_identity(p);
	page->kind = db_rows_bool(r, 0, 3) ? CUSTOMER_KIND_KNOWN : CUSTOMER_KIND_ANONYMOUS;
	people_heard(p->op->app->people, p->number, &page->first_seen, &page->last_seen, &heard);
	if (!heard) page->first_seen = page->last_seen = DESC_NULL_INT;
	page->country = customer_country_text(p->op, db_rows_text(r, 0, 8));
	page->finding = finding_of(p);
	page->may_write = op_may(p->op, PERM_WRITE_CUSTOMERS);
	page->may_join = op_may(p->op, PERM_JOIN_CUSTOMERS);
	page->may_export = op_may(p->op, PERM_EXPORT_CUSTOMERS);
	page->may_erase = op_may(p->op, PERM_ERASE_CUSTOMERS);
}

static str word(struct op *op, const char *key)
{
	return i18n_pattern(op->locale.lang, str_of(key));
}

static enum err fill_names(struct profile *p)
{
	static const char *const orders[] = {"auto", "given-first", "family-first"}, *const labels[] = {"names_order_auto", "names_order_given_first", "names_order_family_first"};
	struct customer_names *names = &p->page->names;
	struct db_rows own;
	TRY(op_query(p->op, SQL_customer_name_rows, DB_ARGS(db_id(p->id)), &own));
	names->wanted.value = db_rows_text(&p->row, 0, 7);
	names->given.value = db_rows_text(&p->row, 0, 5);
	names->family.value = db_rows_text(&p->row, 0, 6);
	str chosen = own.n && str_given(db_rows_text(&own, 0, 3)) ? db_rows_text(&own, 0, 3) : S("auto");
	for (size_t i = 0; i < COUNT_OF(orders); i++)
		customer_option(p->op, &names->orders, str_of(orders[i]), word(p->op, labels[i]), str_eq(chosen, str_of(orders[i])));
	return OK;
}

/* ---- figures ---- */

static struct figure *add_figure(struct profile *p, const char *key, const char *name, const char *definition)
{
	if (!p->page->figures.v) p->page->figures.v = ARENA_ARRAY(&p->op->arena, struct figure, 8);
	struct figure *f = &p->page->figures.v[p->page->figures.n++];
	*f = (struct figure){.key = str_of(key), .name = msg_of(name), .definition = msg_of(definition), .number = NAN, .direction = FIGURE_UNKNOWN};
	f->value = msg_of("value_none");
	return f;
}

/* In each currency apart; those of orders and refunds name how many of them. */
static void add_money_figure(struct profile *p, const char *key, const char *name, const char *definition, bool is_refunded)
{
	struct figure *f = add_figure(p, key, name, definition);
	f->others.v = ARENA_ARRAY(&p->op->arena, struct figure_other, p->n_amounts);
	for (size_t i = 0; i < p->n_amounts; i++) {
		const struct customer_amount *a = &p->amounts[i];
		struct money money = {customer_micro(is_refunded ? -a->refund_micro : a->revenue_micro), a->currency};
		struct figure_other x = {.currency = a->currency, .value = msg_of("value_money"), .number = decimal_to_double(money.amount)};
		msg_add(&x.value, (struct msg_arg){.name = "value", .type = MSG_MONEY, .money = money});
		x.n = msg_int(is_refunded ? "n_refunds" : "n_orders", "n", is_refunded ? a->refunds : a->orders);
		if (i == 0) f->value = x.value, f->number = x.number, f->n = x.n, f->currency = x.currency;
		else if (is_refunded ? a->refunds : a->orders) f->others.v[f->others.n++] = x, f->has_others = true;
	}
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

/* The median of whole days between one order and the next. */
static bool median_gap(struct profile *p, const struct db_rows *times, double *out)
{
	if (times->n < 2) return false;
	size_t n = times->n - 1;
	int64_t *gaps = ARENA_ARRAY(&p->op->arena, int64_t, n);
	for (size_t i = 0; i < n; i++) gaps[i] = (date_of(p->op, db_rows_int(times, i + 1, 0)) - date_of(p->op, db_rows_int(times, i, 0))) / DAY_MS;
	qsort(gaps, n, sizeof *gaps, by_size);
	*out = n % 2 ? (double)gaps[n / 2] : (double)(gaps[n / 2 - 1] + gaps[n / 2]) / 2;
	return true;
}

static enum err fill_figures(struct profile *p)
{
	struct db_rows counts, times;
	const struct db_rows *r = &p->row;
	double days;
	int64_t orders = db_rows_int(r, 0, ROW_ORDERS);
	TRY(op_query(p->op, SQL_customer_order_count, DB_ARGS(db_id(p->id)), &counts));
	TRY(op_query(p->op, SQL_customer_order_times, DB_ARGS(db_id(p->id)), &times));
	p->page->orders_total = db_rows_int(&counts, 0, 0);
	struct figure *f = add_figure(p, "orders", "figure_orders", "definition_orders");
	f->value = msg_int("value_int", "value", orders);
	f->number = (double)orders;
	f->n = msg_int("n_orders", "n", orders);
	add_money_figure(p, "revenue", "figure_revenue", "definition_revenue", false);
	add_money_figure(p, "refunded", "figure_refunded", "definition_refunded", true);
	f = add_figure(p, "days_between_orders", "figure_days_between_orders", "definition_days_between_orders");
	if (median_gap(p, &times, &days)) {
		f->value = msg_int("value_days", "value", (int64_t)(days + 0.5));
		f->number = days;
	}
	f->n = msg_int("n_orders", "n", orders);
	f = add_figure(p, "touchpoints", "figure_touchpoints", "definition_touchpoints");
	f->value = msg_int("value_int", "value", p->page->timeline_total);
	f->number = (double)p->page->timeline_total;
	f->n = msg_int("n_touchpoints", "n", p->page->timeline_total);
	return OK;
}

/* ---- identities: each but the first with the edge that leads from it to the first ---- */

static size_t row_of_subject(const struct profile *p, int64_t subject)
{
	for (size_t i = 0; i < p->identities.n; i++)
		if (db_rows_int(&p->identities, i, 0) == subject) return i;
	return p->identities.n;
}

static void lead_to_first(const struct profile *p, const struct db_rows *edges, int64_t *edge_of)
{
	size_t n = p->identities.n;
	for (size_t i = 0; i < n; i++) edge_of[i] = -1;
	bool *reached = ARENA_ARRAY(&p->op->arena, bool, n ? n : 1);
	if (n) reached[0] = true;
	for (bool any = true; any;) {
		any = false;
		for (size_t e = 0; e < edges->n; e++) {
			size_t a = row_of_subject(p, db_rows_int(edges, e, 1)), b = row_of_subject(p, db_rows_int(edges, e, 2));
			if (a >= n || b >= n || reached[a] == reached[b]) continue;
			size_t to = reached[a] ? b : a;
			reached[to] = true;
			edge_of[to] = (int64_t)e;
			any = true;
		}
	}
}

static struct msg reason_of(const struct profile *p, const struct db_rows *edges, size_t e, int64_t subject)
{
	str rule = db_rows_text(edges, e, 3), by = db_rows_text(edges, e, 6);
	bool is_evidence = db_rows_int(edges, e, 1) == subject; /* the e-mail itself, not who shares it */
	size_t a = row_of_subject(p, db_rows_int(edges, e, 1));
	str source = a < p->identities.n ? source_name(p->op, db_rows_int(&p->identities, a, 4)) : STR_NONE;
	if (!str_given(source)) source = S("–");
	if (str_eq(rule, S("by_hand"))) return msg_str("join_by_hand", "person", by);
	if (str_eq(rule, S("alias"))) return msg_str("join_alias", "source", source);
	if (str_eq(rule, S("email")) && !is_evidence) return msg_of("join_same_email");
	if (str_eq(rule, S("phone")) && !is_evidence) return msg_of("join_same_phone");
	struct msg m = msg_str("join_seen_together", "source", source);
	msg_add(&m, (struct msg_arg){.name = "time", .type = MSG_TIME, .i = db_rows_int(edges, e, 5)});
	return m;
}

static enum err fill_identities(struct profile *p)
{
	struct db_rows edges;
	const struct db_rows *r = &p->identities;
	TRY(op_query(p->op, SQL_customer_edges, DB_ARGS(db_id(p->id)), &edges));
	int64_t *edge_of = ARENA_ARRAY(&p->op->arena, int64_t, r->n ? r->n : 1);
	lead_to_first(p, &edges, edge_of);
	p->page->identities.v = ARENA_ARRAY(&p->op->arena, struct customer_identity, r->n ? r->n : 1);
	for (size_t i = 0; i < r->n; i++) {
		int64_t subject = db_rows_int(r, i, 0);
		str kind = db_rows_text(r, i, 1);
		struct customer_identity *out = &p->page->identities.v[p->page->identities.n++];
		*out = (struct customer_identity){.id = subject, .kind = customer_identity_kind(kind), .value = db_rows_text(r, i, 3), .source = source_name(p->op, db_rows_int(r, i, 4)),
		                                  .first_seen = db_rows_int(r, i, 5), .reason = msg_of("join_first"), .joined_at = DESC_NULL_INT};
		if (out->kind == CUSTOMER_EXTERNAL) out->label = kind;
		if (edge_of[i] < 0) continue;
		str shown = id_show(&p->op->arena, S("idn"), subject);
		out->reason = reason_of(p, &edges, (size_t)edge_of[i], subject);
		out->joined_at = db_rows_int(&edges, (size_t)edge_of[i], 5);
		out->undo = str_fmt(&p->op->arena, "/identities/%.*s/undo", STR_ARG(shown));
	}
	return OK;
}

/* ---- suggestions ---- */

static struct msg suggestion_reason(const struct profile *p, const struct db_rows *r, size_t i, const struct identity_conflict *conflict)
{
	str rule = db_rows_text(r, i, 3);
	const char *kind = str_eq(rule, S("email")) ? "identity_kind_email" : str_eq(rule, S("phone")) ? "identity_kind_phone" : str_eq(rule, S("first_user")) ? "identity_kind_anonymous_id" : str_eq(rule, S("external_id")) ? "identity_kind_external" : "identity_kind_user_id";
	bool is_full = str_eq(db_rows_text(r, i, 5), S("too_many"));
	struct msg m = msg_of(is_full ? "suggestion_too_many" : "suggestion_user_ids");
	msg_add(&m, (struct msg_arg){.name = "kind", .type = MSG_KEY, .s = str_of(kind)});
	if (is_full) return m;
	msg_add(&m, (struct msg_arg){.name = "value", .type = MSG_STR, .s = db_rows_text(r, i, 4)});
	msg_add(&m, (struct msg_arg){.name = "first", .type = MSG_STR, .s = conflict->first.n ? conflict->first : p->page->identity});
	msg_add(&m, (struct msg_arg){.name = "second", .type = MSG_STR, .s = conflict->second.n ? conflict->second : S("–")});
	return m;
}

static enum err fill_suggestions(struct profile *p)
{
	struct db_rows r;
	struct people *people = p->op->app->people;
	TRY(op_query(p->op, SQL_customer_suggestions, DB_ARGS(db_id(p->id)), &r));
	p->page->suggestions.v = ARENA_ARRAY(&p->op->arena, struct customer_suggestion, r.n ? r.n : 1);
	for (size_t i = 0; i < r.n; i++) {
		uint32_t a = people_customer(people, (uint32_t)db_rows_int(&r, i, 1)), b = people_customer(people, (uint32_t)db_rows_int(&r, i, 2));
		uint32_t other = a == p->number ? b : a;
		if (!a || !b || a == b) continue; /* became one by another way */
		struct identity_conflict conflict;
		struct customer_row row;
		id other_id = people_id(people, other);
		TRY(identity_conflict(p->op, p->id, other_id, &conflict));
		TRY(customer_row_get(p->op, other_id, STR_NONE, &row));
		str shown = id_show(&p->op->arena, S("sug"), db_rows_id(&r, i, 0));
		p->page->suggestions.v[p->page->suggestions.n++] = (struct customer_suggestion){
			.id = db_rows_id(&r, i, 0),
			.other = other_id,
			.other_name = str_given(row.name) ? row.name : row.identity,
			.other_address = row.address,
			.reason = suggestion_reason(p, &r, i, &conflict),
			.join = conflict.kind == IDENTITY_FREE ? str_fmt(&p->op->arena, "/suggestions/%.*s/join", STR_ARG(shown)) : STR_NONE,
			.dismiss = str_fmt(&p->op->arena, "/suggestions/%.*s/dismiss", STR_ARG(shown)),
		};
	}
	return OK;
}

/* ---- traits ---- */

static str trait_text(struct op *op, str json)
{
	const struct json_node *node;
	if (json_tree(&op->arena, json, TRAIT_BYTES, &node, NULL) != OK) return json;
	return node->type == JSON_STRING ? node->text : json;
}

static enum err fill_traits(struct profile *p)
{
	struct db_rows r;
	TRY(op_query(p->op, SQL_customer_trait_rows, DB_ARGS(db_id(p->id)), &r));
	p->page->traits.v = ARENA_ARRAY(&p->op->arena, struct customer_trait, r.n ? r.n : 1);
	for (size_t i = 0; i < r.n; i++) {
		str name = db_rows_text(&r, i, 0);
		if (i && str_eq(name, db_rows_text(&r, i - 1, 0))) continue; /* the latest of its subjects is first */
		p->page->traits.v[p->page->traits.n++] = (struct customer_trait){name, utf8_cut(trait_text(p->op, db_rows_text(&r, i, 1)), VALUE_BYTES),
		                                                                 source_name(p->op, db_rows_int(&r, i, 2)), db_rows_int(&r, i, 3)};
	}
	return OK;
}

/* ---- consent ---- */

static str purpose_name(struct op *op, const struct purpose_row *row)
{
	if (row->title.n) return row->title;
	str key = str_fmt(&op->arena, "purpose_%.*s", STR_ARG(row->name));
	return i18n_has(op->locale.lang, key) ? i18n_pattern(op->locale.lang, key) : row->name;
}

/* A source of one of the identities that vouches for the purpose. */
static bool is_vouched(const struct profile *p, int64_t bit, str *source_out, int64_t *since)
{
	for (size_t i = 0; i < p->identities.n; i++) {
		struct source source;
		int64_t number = db_rows_int(&p->identities, i, 4);
		if (number <= 0 || number > UINT16_MAX || !source_get(p->op->app, (uint16_t)number, &source)) continue;
		if (!source.is_assured || !(source.purposes & PURPOSE_BIT(bit))) continue;
		*source_out = str_dup(&p->op->arena, str_of(source.name));
		*since = db_rows_int(&p->identities, i, 5);
		return true;
	}
	return false;
}

static struct customer_consent consent_of(const struct profile *p, const struct purpose_row *purpose, const struct db_rows *ledger)
{
	struct op *op = p->op;
	uint32_t bit = PURPOSE_BIT(purpose->bit);
	str address = customer_address(op, p->id);
	struct customer_consent c = {.purpose = purpose->name, .name = purpose_name(op, purpose), .state = CONSENT_UNKNOWN, .time = DESC_NULL_INT};
	c.change = str_fmt(&op->arena, "%.*s/consents/%.*s", STR_ARG(address), STR_ARG(purpose->name));
	c.may_change = purpose->bit != PURPOSE_SERVICE && op_may(op, PERM_WRITE_CUSTOMERS);
	c.history.v = ARENA_ARRAY(&op->arena, struct customer_consent_change, ledger->n ? ledger->n : 1);
	for (size_t i = 0; i < ledger->n; i++) {
		if (db_rows_int(ledger, i, 0) != purpose->bit) continue;
		struct customer_consent_change *h = &c.history.v[c.history.n++];
		*h = (struct customer_consent_change){db_rows_bool(ledger, i, 1) ? CONSENT_GRANTED : CONSENT_DENIED, db_rows_int(ledger, i, 2), source_name(op, db_rows_int(ledger, i, 4)),
		                                      db_rows_text(ledger, i, 5), db_rows_text(ledger, i, 6)};
		if (!str_given(h->source)) h->source = S("Hospes");
	}
	if (people_denied(op->app->people, p->number) & bit) c.state = CONSENT_DENIED;
	else if (people_granted(op->app->people, p->number) & bit) c.state = CONSENT_GRANTED;
	else if (purpose->bit == PURPOSE_SERVICE) c.state = CONSENT_NOT_NEEDED;
	else if (is_vouched(p, purpose->bit, &c.source, &c.time)) c.state = CONSENT_ASSURED;
	for (size_t i = 0; i < c.history.n && !str_given(c.source); i++) {
		if (c.history.v[i].state != c.state) continue;
		c.time = c.history.v[i].time;
		c.source = c.history.v[i].source;
		c.wording = c.history.v[i].wording;
	}
	return c;
}

static enum err fill_consents(struct profile *p)
{
	struct purpose_row *purposes;
	struct db_rows ledger;
	size_t n;
	TRY(purpose_list(p->op, &purposes, &n));
	TRY(op_query(p->op, SQL_customer_consent_rows, DB_ARGS(db_id(p->id)), &ledger));
	p->page->consents.v = ARENA_ARRAY(&p->op->arena, struct customer_consent, n ? n : 1);
	for (size_t i = 0; i < n; i++) p->page->consents.v[p->page->consents.n++] = consent_of(p, &purposes[i], &ledger);
	return OK;
}

/* ---- orders ---- */

enum err customer_orders_get(struct op *op, id customer, size_t limit, struct customer_order **out, size_t *n)
{
	struct db_rows r;
	str own = setting_locale(op).currency;
	TRY(op_query(op, SQL_customer_order_rows, DB_ARGS(db_id(customer), db_int((int64_t)limit), db_text(own.n ? own : S(""))), &r));
	*out = ARENA_ARRAY(&op->arena, struct customer_order, r.n ? r.n : 1);
	*n = r.n;
	for (size_t i = 0; i < r.n; i++) {
		int64_t total = db_rows_int(&r, i, 3), refunded = db_rows_int(&r, i, 6);
		str currency = order_currency_of(db_rows_text(&r, i, 4), own);
		struct customer_order *o = &(*out)[i];
		*o = (struct customer_order){db_rows_text(&r, i, 0), db_rows_int(&r, i, 1), db_rows_int(&r, i, 2) / ORDER_MILLI, {customer_micro(total), currency}, MONEY_ABSENT, ORDER_STATE_COMPLETED};
		if (refunded != DESC_NULL_INT && refunded) {
			o->refunded = (struct money){customer_micro(-refunded), currency};
			o->state = -refunded >= total ? ORDER_STATE_REFUNDED : ORDER_STATE_PARTLY_REFUNDED;
		}
		if (db_rows_int(&r, i, 5) != DESC_NULL_INT) o->state = ORDER_STATE_CANCELLED;
	}
	return OK;
}

static enum err fill_orders(struct profile *p)
{
	return customer_orders_get(p->op, p->id, ORDERS, &p->page->orders.v, &p->page->orders.n);
}

/* ---- writing by hand ---- */

static void fill_entry(struct profile *p)
{
	static const char *const channels[] = {"telephone", "shop", "letter", "email", "visit"};
	struct op *op = p->op;
	struct customer_entry *e = &p->page->entry;
	str address = customer_address(op, p->id);
	e->action = str_fmt(&op->arena, "%.*s/touchpoints", STR_ARG(address));
	for (size_t i = 0; i < COUNT_OF(channels); i++)
		customer_option(op, &e->channels, str_of(channels[i]), word(op, str_c(&op->arena, str_fmt(&op->arena, "channel_%s", channels[i]))), i == 0);
	for (int i = FAMILY_MESSAGES; i < FAMILY_COUNT; i++)
		customer_option(op, &e->families, str_of(FAMILIES[i]), word(op, str_c(&op->arena, str_fmt(&op->arena, "family_%s", FAMILIES[i]))), i == FAMILY_CARE);
	for (int i = OUTCOME_DONE; i < OUTCOME_COUNT; i++)
		customer_option(op, &e->outcomes, str_of(CUSTOMER_OUTCOMES[i]), word(op, str_c(&op->arena, str_fmt(&op->arena, "outcome_%s", CUSTOMER_OUTCOMES[i]))), i == OUTCOME_DONE);
	static const int moods[] = {MOOD_HAPPY, MOOD_NEUTRAL, MOOD_UNHAPPY, MOOD_UNKNOWN};
	for (size_t i = 0; i < COUNT_OF(moods); i++)
		customer_option(op, &e->moods, str_of(CUSTOMER_MOODS[moods[i]]), word(op, str_c(&op->arena, str_fmt(&op->arena, "mood_%s", CUSTOMER_MOODS[moods[i]]))), moods[i] == MOOD_UNKNOWN);
	p->page->join.action = str_fmt(&op->arena, "%.*s/join", STR_ARG(address));
}

static enum err fill_timeline(struct profile *p, str before, size_t limit)
{
	struct customer_timeline line;
	TRY(customer_timeline_get(p->op, p->number, before, limit, &line));
	p->page->timeline.v = line.touchpoints.v;
	p->page->timeline.n = line.touchpoints.n;
	p->page->days.v = line.days.v;
	p->page->days.n = line.days.n;
	if (str_given(line.cursor)) {
		str address = customer_address(p->op, p->id);
		p->page->earlier = str_fmt(&p->op->arena, "%.*s?before=%.*s", STR_ARG(address), STR_ARG(line.cursor));
	}
	return OK;
}

/* One who ordered nothing has nothing, in the currency that leads. */
static enum err read_amounts(struct profile *p)
{
	str lead;
	TRY(order_currency(p->op, &p->op->arena, &lead));
	TRY(customer_amounts(p->op, p->id, lead, &p->amounts, &p->n_amounts));
	if (p->n_amounts) return OK;
	p->n_amounts = 1;
	p->amounts[0].currency = lead;
	return OK;
}

enum err customer_show(struct op *op, id customer, str before, size_t limit, struct customer *out)
{
	struct profile p = {.op = op, .id = customer, .page = out};
	*out = (struct customer){0};
	if (!people_find(op->app->people, customer, &p.number)) return fail(op, ERR_NOT_FOUND, "id", "there is no such customer");
	TRY(op_query(op, SQL_customer_get, DB_ARGS(db_id(customer)), &p.row));
	if (p.row.n == 0) return fail(op, ERR_NOT_FOUND, "id", "there is no such customer");
	TRY(op_query(op, SQL_identity_of_customer, DB_ARGS(db_id(customer)), &p.identities));
	TRY(read_amounts(&p));
	TRY(customer_timeline_count(op, p.number, &out->timeline_total));
	fill_head(&p);
	TRY(fill_names(&p));
	TRY(fill_figures(&p));
	TRY(fill_identities(&p));
	TRY(fill_suggestions(&p));
	TRY(fill_traits(&p));
	TRY(fill_consents(&p));
	TRY(fill_orders(&p));
	fill_entry(&p);
	return fill_timeline(&p, before, limit);
}

/* ---- the handler ---- */

static enum err touchpoints_wanted(struct op *op, const struct web *w, size_t *out)
{
	str given = web_query(w, "limit");
	int64_t limit = TOUCHPOINTS_AT_ONCE;
	if (str_given(given) && (!str_i64(given, &limit) || limit < 1 || limit > TOUCHPOINTS_MOST)) return fail(op, ERR_INVALID, "limit", "must be 1 to %d", TOUCHPOINTS_MOST);
	*out = (size_t)limit;
	return OK;
}

enum err customer_get(struct op *op, struct web *w, struct answer *a)
{
	id customer, into;
	uint32_t number;
	TRY(web_id(op, w, "id", "cus", &customer));
	TRY(customer_open(op, customer, &number, &into));
	if (into) {
		a->status = 308;
		return answer_redirect(a, customer_address(op, into));
	}
	struct customer *page = ARENA_NEW(&op->arena, struct customer);
	str before = web_query(w, "before");
	size_t limit = CUSTOMER_TOUCHPOINTS;
	if (w->wants_json) TRY(touchpoints_wanted(op, w, &limit));
	TRY(customer_show(op, customer, str_given(before) ? before : S(""), limit, page));
	str shown = id_show(&op->arena, S("cus"), customer);
	a->topics[a->n_topics++] = str_fmt(&op->arena, "customer:%.*s", STR_ARG(shown));
	return answer_with(a, &CUSTOMER_DESC, page);
}
