/* An order that is new is put off and written in bulk with its lines (an import of a file brings tens of thousands);
 * one that is known is replaced by its later statement. Replays are harmless: an event that states the same order at the
 * same time writes the same rows. */
#include "order/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/currency.h"
#include "base/map.h"
#include "base/utf8.h"
#include "customer/people.h"
#include "json/json.h"
#include "op/app.h"

enum {
	BODY_BYTES = 4 << 20,
	MOST_LINES = 20000,
	LINES_AT_ONCE = 1024, /* put into records */
	KEY_BYTES = 500, /* of the number of an order or product: PostgreSQL indexes at most 2,704 bytes */
};

struct line {
	str sku, name, category, row;
	int64_t quantity, price_micro, amount_micro;
};
struct stated { /* an order as one event states it */
	str number, of_number, currency, country;
	bool is_adjustment, adds_lines;
	int64_t revenue_micro, units;
	struct line *lines;
	size_t n_lines;
};
struct put_off {
	id order;
	int64_t kind, at_ms, first_line;
	bool is_known; /* its row stands already: only lines are written */
	struct stated *stated;
	struct event event; /* numbers only */
};
struct order_batch {
	struct map products;  /* sku → product id */
	struct map numbers;   /* "source/kind/number" of orders put off → index */
	VEC(struct put_off) orders;
};

static void release_batch(void *arg)
{
	struct order_batch *b = arg;
	map_release(&b->products);
	map_release(&b->numbers);
}

struct order_batch *order_batch_new(struct op *op)
{
	struct order_batch *b = ARENA_NEW(&op->arena, struct order_batch);
	map_init(&b->products);
	map_init(&b->numbers);
	op_defer(op, release_batch, b);
	return b;
}

/* ---- reading what an event states ---- */

static str text_of(struct arena *a, const struct json_node *node)
{
	if (!node) return STR_NONE;
	if (node->type != JSON_STRING && node->type != JSON_NUMBER) return STR_NONE;
	str text = str_trim(node->text);
	return text.n ? str_dup(a, text) : STR_NONE;
}

static str first_text(struct arena *a, const struct json_node *object, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		str text = text_of(a, json_get(object, str_of(names[i])));
		if (str_given(text)) return text;
	}
	return STR_NONE;
}

/* A number (or digits in quotes) times 10^places, rounded half away from zero; false when it is none or too large. */
static bool scaled(const struct json_node *node, int places, int64_t *out)
{
	struct decimal d;
	if (!node || (node->type != JSON_NUMBER && node->type != JSON_STRING) || !decimal_parse(str_trim(node->text), &d)) return false;
	__int128 value = d.mantissa;
	int shift = d.exponent + places;
	for (; shift > 0 && value < INT64_MAX && value > INT64_MIN; shift--) value *= 10;
	bool up = false;
	for (; shift < 0; shift++) {
		int digit = (int)(value % 10);
		up = digit >= 5 || digit <= -5;
		value /= 10;
	}
	if (up) value += d.mantissa < 0 ? -1 : 1;
	if (value > INT64_MAX / 4 || value < INT64_MIN / 4) return false;
	*out = (int64_t)value;
	return true;
}

static int64_t within(__int128 value)
{
	return (int64_t)(value > INT64_MAX / 4 ? INT64_MAX / 4 : value < INT64_MIN / 4 ? INT64_MIN / 4 : value);
}

static int64_t times(int64_t quantity_milli, int64_t price_micro)
{
	__int128 product = (__int128)quantity_milli * price_micro;
	return within((product + (product < 0 ? -ORDER_MILLI / 2 : ORDER_MILLI / 2)) / ORDER_MILLI);
}

/* A longer one is known by its beginning and a hash of it all. */
static str as_key(struct arena *a, str text)
{
	if (text.n <= KEY_BYTES) return text;
	str begin = utf8_cut(text, KEY_BYTES);
	return str_fmt(a, "%.*s…%016llx", STR_ARG(begin), (unsigned long long)str_hash(text));
}

/* 16 hexadecimal digits, as collect/orders_file.h writes them, kept as their 8 bytes. */
static str row_hash(struct arena *a, str hex)
{
	enum { BYTES = 8 };
	char *bytes = arena_alloc(a, BYTES);
	return hex.n == 2 * BYTES && str_from_hex(hex, bytes, BYTES) ? (str){bytes, BYTES} : STR_NONE;
}

/* What a line states of its currency is its order's: false when that is another, or no code. */
static bool take_currency(struct arena *a, const struct json_node *product, str *currency)
{
	str own;
	if (!currency_read(a, text_of(a, json_get(product, S("currency"))), &own)) return false;
	if (!own.n) return true;
	if (!currency->n) *currency = own;
	return str_eq(*currency, own);
}

static bool read_line(struct arena *a, const struct json_node *product, struct line *out)
{
	static const char *const sku[] = {"product_id", "sku", "productId", "id"}, *const name[] = {"name", "title"}, *const category[] = {"category"},
	                         *const row[] = {"row_id"};
	if (product->type != JSON_OBJECT) return false;
	*out = (struct line){.quantity = ORDER_MILLI};
	out->sku = first_text(a, product, sku, COUNT_OF(sku));
	out->name = first_text(a, product, name, COUNT_OF(name));
	out->category = first_text(a, product, category, COUNT_OF(category));
	out->row = row_hash(a, first_text(a, product, row, COUNT_OF(row)));
	if (!str_given(out->sku)) out->sku = out->name;
	out->sku = as_key(a, out->sku);
	scaled(json_get(product, S("quantity")), 3, &out->quantity);
	scaled(json_get(product, S("price")), 6, &out->price_micro);
	out->amount_micro = times(out->quantity, out->price_micro);
	return str_given(out->sku);
}

/* False when its lines are in different currencies. */
static bool read_lines(struct arena *a, const struct json_node *products, struct stated *s)
{
	if (!products || products->type != JSON_ARRAY || products->n > MOST_LINES) return true;
	s->lines = ARENA_ARRAY(a, struct line, products->n);
	for (const struct json_node *p = products->child; p; p = p->next) {
		if (!read_line(a, p, &s->lines[s->n_lines])) continue;
		if (!take_currency(a, p, &s->currency)) return false;
		s->n_lines++;
	}
	for (size_t i = 0; i < s->n_lines; i++) {
		s->revenue_micro = within((__int128)s->revenue_micro + s->lines[i].amount_micro);
		if (s->lines[i].quantity > 0) s->units = within((__int128)s->units + s->lines[i].quantity);
	}
	return true;
}

static bool read_stated(struct arena *a, str body, struct stated *s)
{
	static const char *const number[] = {"order_id", "orderId", "order_number", "id"}, *const of[] = {"refund_of", "original_order_id"},
	                         *const currency[] = {"currency"}, *const country[] = {"country"};
	const struct json_node *root;
	*s = (struct stated){0};
	if (json_tree(a, body, BODY_BYTES, &root, NULL) != OK) return false;
	const struct json_node *p = json_get(root, S("properties"));
	s->number = as_key(a, first_text(a, p, number, COUNT_OF(number)));
	if (!str_given(s->number)) return false;
	s->of_number = as_key(a, first_text(a, p, of, COUNT_OF(of)));
	if (!currency_read(a, first_text(a, p, currency, COUNT_OF(currency)), &s->currency)) return false;
	s->country = first_text(a, p, country, COUNT_OF(country));
	s->is_adjustment = json_is_true(p, S("adjustment"));
	s->adds_lines = json_is_true(p, S("added"));
	if (!read_lines(a, json_get(p, S("products")), s)) return false;
	if (s->n_lines == 0 && !scaled(json_get(p, S("revenue")), 6, &s->revenue_micro)) scaled(json_get(p, S("total")), 6, &s->revenue_micro);
	return true;
}

/* Refunds are sent with either sign: kept as revenue ≤ 0 and units ≥ 0. */
static void as_refund(struct arena *a, const struct events_record *r, struct stated *s)
{
	s->units = 0;
	s->revenue_micro = s->revenue_micro > 0 ? -s->revenue_micro : s->revenue_micro;
	for (size_t i = 0; i < s->n_lines; i++) {
		struct line *l = &s->lines[i];
		if (l->quantity > 0) {
			l->quantity = -l->quantity;
			l->amount_micro = -l->amount_micro;
		}
		s->units = within((__int128)s->units - l->quantity);
	}
	if (r->event.import == 0) { /* live refunds name the order refunded, and there may be several of one */
		if (!str_given(s->of_number)) s->of_number = s->number;
		s->number = str_fmt(a, "%.*s/%016llx", STR_ARG(s->number), (unsigned long long)r->event.message.a);
	}
}

/* ---- writing ---- */

static enum err product_id(struct op *op, struct order_batch *b, const struct line *l, int64_t at_ms, id *out)
{
	bool added;
	uint64_t *known = map_put(&b->products, l->sku, &added);
	if (!added) {
		*out = (id)*known;
		return OK;
	}
	struct db_rows row;
	TRY(op_query(op, SQL_product_known, DB_ARGS(db_text(l->sku), db_bool(str_given(l->name)), db_bool(str_given(l->category))), &row));
	if (!row.n) {
		str search = i18n_fold(&op->arena, str_fmt(&op->arena, "%.*s %.*s", STR_ARG(l->sku), STR_ARG(l->name)));
		TRY(op_query(op, SQL_product_put,
		             DB_ARGS(db_id(id_new()), db_text(l->sku), db_text(l->name), db_text(l->category), db_text(search), db_int(at_ms)), &row));
	}
	*out = db_rows_id(&row, 0, 0);
	*map_get(&b->products, l->sku) = (uint64_t)*out;
	return OK;
}

static enum err put_orders(struct op *op, struct db *db, struct order_batch *b)
{
	static const char *const columns[] = {"id", "kind", "source", "number", "of_number", "subject", "import", "at", "currency",
	                                      "country", "channel", "purposes", "revenue_micro", "units", "lines"};
	enum { N = COUNT_OF(columns) };
	struct db_val *v = ARENA_ARRAY(&op->arena, struct db_val, b->orders.n * N), *to = v;
	size_t rows = 0;
	for (size_t i = 0; i < b->orders.n; i++) {
		const struct put_off *o = &b->orders.v[i];
		if (o->is_known) continue;
		const struct event *e = &o->event;
		rows++;
		*to++ = db_id(o->order);
		*to++ = db_int(o->kind);
		*to++ = db_int(e->source);
		*to++ = db_text(o->stated->number);
		*to++ = db_text(o->stated->of_number);
		*to++ = db_int(e->subject);
		*to++ = db_int(e->import);
		*to++ = db_int(o->at_ms);
		*to++ = db_text(o->stated->currency);
		*to++ = db_text(o->stated->country);
		*to++ = db_text(e->channel.n ? e->channel : STR_NONE);
		*to++ = db_int(e->purposes);
		*to++ = db_int(o->stated->revenue_micro);
		*to++ = db_int(o->stated->units);
		*to++ = db_int((int64_t)o->stated->n_lines);
	}
	return rows ? db_bulk_insert(db, "orders", columns, N, v, rows, &op->fault) : OK;
}

/* Some lines at a time, so that their values stay in the cache. */
static enum err put_lines(struct op *op, struct db *db, struct order_batch *b)
{
	static const char *const columns[] = {"order_id", "line", "kind", "at", "product", "quantity", "price_micro", "amount_micro", "row_hash"};
	enum { N = COUNT_OF(columns) };
	struct db_val *v = ARENA_ARRAY(&op->arena, struct db_val, LINES_AT_ONCE * N), *to = v;
	for (size_t i = 0; i < b->orders.n; i++) {
		const struct put_off *o = &b->orders.v[i];
		for (size_t k = 0; k < o->stated->n_lines; k++) {
			const struct line *l = &o->stated->lines[k];
			id product;
			TRY(product_id(op, b, l, o->at_ms, &product));
			*to++ = db_id(o->order);
			*to++ = db_int(o->first_line + (int64_t)k);
			*to++ = db_int(o->kind);
			*to++ = db_int(o->at_ms);
			*to++ = db_id(product);
			*to++ = db_int(l->quantity);
			*to++ = db_int(l->price_micro);
			*to++ = db_int(l->amount_micro);
			*to++ = db_blob(l->row);
			if (to < v + LINES_AT_ONCE * N) continue;
			TRY(db_bulk_insert(db, "order_line", columns, N, v, LINES_AT_ONCE, &op->fault));
			to = v;
		}
	}
	return db_bulk_insert(db, "order_line", columns, N, v, (size_t)(to - v) / N, &op->fault);
}

static int by_id(const void *a, const void *b)
{
	const struct put_off *x = a, *y = b;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Rows in the order of their keys are appended to the tables instead of put in between. */
enum err order_flush(struct op *op, struct order_batch *b)
{
	struct db *db;
	if (b->orders.n == 0) return OK;
	qsort(b->orders.v, b->orders.n, sizeof *b->orders.v, by_id);
	TRY(op_db(op, &db));
	TRY(put_orders(op, db, b));
	TRY(put_lines(op, db, b));
	b->orders.n = 0;
	map_clear(&b->numbers);
	return OK;
}

static struct put_off *put_off(struct op *op, struct order_batch *b, id order, enum order_kind kind, int64_t at_ms, struct stated *s,
                               const struct events_record *r)
{
	struct put_off *o = VEC_ADD(&b->orders, &op->arena);
	*o = (struct put_off){.order = order, .kind = kind, .at_ms = at_ms, .stated = s, .event = r->event};
	o->event.channel = str_dup(&op->arena, r->event.channel);
	o->event.body = o->event.type = STR_NONE;
	return o;
}

/* A later statement takes the place of the lines and sums; one that adds only adds. */
static enum err restate(struct op *op, struct order_batch *b, const struct db_rows *known, struct stated *s, const struct events_record *r,
                        enum order_effect effect)
{
	id order = db_rows_id(known, 0, 0);
	int64_t at = db_rows_int(known, 0, 1), lines = db_rows_int(known, 0, 2);
	str currency = db_rows_text(known, 0, 4);
	if (s->adds_lines && s->currency.n && currency.n && !str_eq(s->currency, currency)) return OK;
	if (s->adds_lines) {
		struct put_off *added = put_off(op, b, order, (enum order_kind)db_rows_int(known, 0, 3), at, s, r);
		added->is_known = true;
		added->first_line = lines;
		return op_put(op, SQL_order_add_lines,
		              DB_ARGS(db_id(order), db_int(s->revenue_micro), db_int(s->units), db_int((int64_t)s->n_lines)));
	}
	int64_t completed = effect == ORDER_COMPLETED ? r->event.time_ms : at;
	if (r->event.time_ms < at && effect != ORDER_COMPLETED) return OK;
	if (s->n_lines) {
		TRY(op_put(op, SQL_order_line_remove, DB_ARGS(db_id(order))));
		put_off(op, b, order, (enum order_kind)db_rows_int(known, 0, 3), completed, s, r)->is_known = true;
	}
	return op_put(op, SQL_order_restate,
	              DB_ARGS(db_id(order), db_int(completed), db_int(s->revenue_micro), db_int(s->units), db_int((int64_t)s->n_lines),
	                      db_text(s->currency), db_text(s->country)));
}

static str key_of(struct op *op, const struct events_record *r, enum order_kind kind, str number)
{
	return str_fmt(&op->arena, "%u/%d/%.*s", r->event.source, (int)kind, STR_ARG(number));
}

/* A refund that states no currency is in that of the order refunded, where it is known. */
static enum err take_currency_of_order(struct op *op, struct order_batch *b, const struct events_record *r, struct stated *s)
{
	struct db_rows known;
	if (!str_given(s->of_number)) return OK;
	if (map_get(&b->numbers, key_of(op, r, ORDER_KIND_ORDER, s->of_number))) TRY(order_flush(op, b));
	TRY(op_query(op, SQL_order_find, DB_ARGS(db_int(r->event.source), db_int(ORDER_KIND_ORDER), db_text(s->of_number)), &known));
	if (known.n && db_rows_text(&known, 0, 4).n) s->currency = db_rows_text(&known, 0, 4);
	return OK;
}

static enum err take(struct op *op, struct order_batch *b, const struct events_record *r, enum order_effect effect, struct stated *s,
                     enum order_kind kind)
{
	bool added;
	str key = key_of(op, r, kind, s->number);
	map_put(&b->numbers, key, &added);
	if (!added) { /* the same order twice in one batch: the second meets the first's rows */
		TRY(order_flush(op, b));
		map_put(&b->numbers, key, &added);
	}
	struct db_rows known;
	TRY(op_query(op, SQL_order_find, DB_ARGS(db_int(r->event.source), db_int(kind), db_text(s->number)), &known));
	if (known.n == 0) {
		if (kind == ORDER_KIND_REFUND && !s->currency.n) TRY(take_currency_of_order(op, b, r, s));
		map_put(&b->numbers, key, &added);
		put_off(op, b, id_new(), kind, r->event.time_ms, s, r);
		return OK;
	}
	if (kind == ORDER_KIND_REFUND && !s->adds_lines) return OK; /* a replay */
	return restate(op, b, &known, s, r, effect);
}

enum err order_apply(struct op *op, struct order_batch *b, const struct events_record *r, enum order_effect effect, uint32_t *touched)
{
	struct stated *s = ARENA_NEW(&op->arena, struct stated);
	*touched = 0;
	if (!read_stated(&op->arena, r->event.body, s)) return OK;
	*touched = r->event.subject;
	switch (effect) {
	case ORDER_REFUNDED:
		as_refund(&op->arena, r, s);
		return take(op, b, r, effect, s, ORDER_KIND_REFUND);
	case ORDER_CANCELLED:
		TRY(order_flush(op, b));
		return op_put(op, SQL_order_cancel, DB_ARGS(db_int(r->event.source), db_text(s->number), db_int(r->event.time_ms)));
	case ORDER_COMPLETED:
	case ORDER_UPDATED: return take(op, b, r, effect, s, s->is_adjustment ? ORDER_KIND_ADJUSTMENT : ORDER_KIND_ORDER);
	case ORDER_NONE: break;
	}
	*touched = 0;
	return OK;
}

enum err order_forget_import(struct op *op, int64_t import)
{
	TRY(op_run(op, SQL_order_line_remove_import, DB_ARGS(db_int(import)), NULL));
	return op_run(op, SQL_order_remove_import, DB_ARGS(db_int(import)), NULL);
}

enum err order_forget_subject(struct op *op, uint32_t subject)
{
	TRY(op_run(op, SQL_order_line_remove_subject, DB_ARGS(db_int(subject)), NULL));
	return op_run(op, SQL_order_remove_subject, DB_ARGS(db_int(subject)), NULL);
}
