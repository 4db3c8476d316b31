/* Lines of an order are chained by number, newest first, and turned round when they are handed out. Texts are interned:
 * a shop has few products and countries, however many lines. What belongs to the order rather than to a line (customer,
 * country, own columns) is kept from its first line; an identity or a currency that is missing there is taken from a later one. */
#include "collect/orders_file.h"

#include <string.h>

#include "base/buf.h"
#include "base/currency.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/arena.h"
#include "collect/csv.h"
#include "collect/mapping.h"
#include "collect/row_touchpoint.h"
#include "json/desc.h"
#include "json/json.h"

enum { RAW_BYTES = 64 << 20, NONE = 0 };

struct line {
	uint32_t previous;      /* line + 1 of the same order */
	uint32_t product, name; /* text number, NONE when absent */
	struct decimal quantity, price;
	uint64_t row_id;
	int64_t number;         /* where it stands in its file */
};

struct order {
	uint32_t number, last_line, lines, head; /* head: where its cells begin in heads */
	uint32_t file;                           /* of its first line */
	int64_t time_ms;
	bool has_positive, has_negative, has_total;
	struct decimal total;
};

struct orders_file {
	const struct mapping *m;
	str source;
	struct row_ids *ids;
	uint32_t file;
	struct arena texts_arena;
	struct map texts, numbers; /* text → its number; order number → order + 1 */
	str *text;
	struct line *line;
	struct order *order;
	uint32_t *heads;
	size_t texts_n, texts_cap, lines_n, lines_cap, orders_n, orders_cap, heads_n, heads_cap;
};

struct orders_file *orders_file_new(const struct mapping *m, str source)
{
	struct orders_file *o = MEM_NEW(struct orders_file);
	o->m = m;
	o->source = source;
	o->ids = row_ids_new(source, S("orders"));
	map_init(&o->texts);
	map_init(&o->numbers);
	arena_init(&o->texts_arena);
	o->texts_n = 1; /* 0 is NONE */
	return o;
}

void orders_file_free(struct orders_file *o)
{
	if (!o) return;
	row_ids_free(o->ids);
	map_release(&o->texts);
	map_release(&o->numbers);
	arena_release(&o->texts_arena);
	mem_free(o->text);
	mem_free(o->line);
	mem_free(o->order);
	mem_free(o->heads);
	mem_free(o);
}

void orders_file_next_file(struct orders_file *o)
{
	row_ids_free(o->ids);
	o->ids = row_ids_new(o->source, S("orders"));
	o->file++;
}

static void *room(void *p, size_t n, size_t *cap, size_t item_bytes)
{
	if (n <= *cap) return p;
	while (*cap < n) *cap = *cap ? *cap * 2 : 1024;
	return mem_realloc(p, *cap * item_bytes);
}

static uint32_t intern(struct orders_file *o, str s)
{
	if (!s.n) return NONE;
	uint64_t *known = map_get(&o->texts, s);
	if (known) return (uint32_t)*known;
	s = str_dup(&o->texts_arena, s);
	o->text = room(o->text, o->texts_n + 1, &o->texts_cap, sizeof *o->text);
	o->text[o->texts_n] = s;
	*map_put(&o->texts, s, NULL) = o->texts_n;
	return (uint32_t)o->texts_n++;
}

static str text_of(const struct orders_file *o, uint32_t number)
{
	return number ? o->text[number] : STR_NONE;
}

static bool is_of_line(enum import_field field)
{
	return field == IMPORT_PRODUCT_ID || field == IMPORT_PRODUCT_NAME || field == IMPORT_QUANTITY || field == IMPORT_PRICE || field == IMPORT_LINE_TOTAL ||
	       field == IMPORT_REVENUE || field == IMPORT_TIME || field == IMPORT_ORDER_ID || field == IMPORT_SKIP;
}

static bool is_of_customer(enum import_field field)
{
	return field == IMPORT_USER_ID || field == IMPORT_ANONYMOUS_ID || field == IMPORT_EMAIL || field == IMPORT_PHONE || field == IMPORT_EXTERNAL;
}

/* An order is in one currency: that of its first line which states one. NULL, or why this line is none of it. */
static const char *check_currency(const struct orders_file *o, const struct csv_row *row)
{
	int column = o->m->at[IMPORT_CURRENCY];
	str cell = column < 0 ? STR_NONE : str_trim(row->cells[column]), number = mapping_cell(o->m, row, IMPORT_ORDER_ID), own, first;
	if (!cell.n) return NULL;
	uint64_t *known = map_get(&o->numbers, number);
	str head = known ? text_of(o, o->heads[o->order[*known - 1].head + (size_t)column]) : STR_NONE;
	if (head.n && str_eq(cell, head)) return NULL;
	struct arena scratch;
	arena_init(&scratch);
	bool is_code = currency_read(&scratch, cell, &own), is_same = !head.n || (currency_read(&scratch, head, &first) && str_eq(own, first));
	arena_release(&scratch);
	return !is_code ? "bad_currency" : is_same ? NULL : "two_currencies";
}

static void keep_head(struct orders_file *o, struct order *order, const struct csv_row *row, bool is_first)
{
	uint32_t *head = o->heads + order->head;
	for (size_t i = 0; i < o->m->n; i++) {
		enum import_field field = o->m->columns[i].field;
		if (is_of_line(field) || head[i] || !(is_first || is_of_customer(field) || field == IMPORT_CURRENCY)) continue;
		head[i] = intern(o, str_trim(row->cells[i]));
	}
}

static struct order *find_order(struct orders_file *o, str number, bool *is_new)
{
	uint64_t *known = map_get(&o->numbers, number);
	*is_new = !known;
	if (known) return &o->order[*known - 1];
	uint32_t text = intern(o, number);
	o->order = room(o->order, o->orders_n + 1, &o->orders_cap, sizeof *o->order);
	o->heads = room(o->heads, o->heads_n + o->m->n, &o->heads_cap, sizeof *o->heads);
	memset(o->heads + o->heads_n, 0, o->m->n * sizeof *o->heads);
	o->order[o->orders_n] = (struct order){.number = text, .head = (uint32_t)o->heads_n, .file = o->file};
	o->heads_n += o->m->n;
	*map_put(&o->numbers, o->text[text], NULL) = ++o->orders_n;
	return &o->order[o->orders_n - 1];
}

/* Only an order that began in an earlier file can hold the row already. */
static bool has_row(const struct orders_file *o, const struct order *order, uint64_t row_id)
{
	if (order->file == o->file) return false;
	for (uint32_t at = order->last_line; at; at = o->line[at - 1].previous)
		if (o->line[at - 1].row_id == row_id) return true;
	return false;
}

/* Quantity 1 where no column tells; a line's total is divided into no price but kept as one unit's. */
static const char *read_amounts(const struct mapping *m, const struct csv_row *row, struct line *line, bool *is_priced)
{
	str quantity = mapping_cell(m, row, IMPORT_QUANTITY), price = mapping_cell(m, row, IMPORT_PRICE), total = mapping_cell(m, row, IMPORT_LINE_TOTAL);
	line->quantity = decimal_of_i64(1);
	*is_priced = true;
	if (m->at[IMPORT_QUANTITY] >= 0 && !mapping_number(m, quantity, &line->quantity)) return "bad_quantity";
	if (m->at[IMPORT_PRICE] >= 0) return mapping_number(m, price, &line->price) ? NULL : "bad_price";
	*is_priced = false;
	if (m->at[IMPORT_LINE_TOTAL] < 0) return NULL;
	*is_priced = true;
	if (!mapping_number(m, total, &line->price)) return "bad_price";
	line->quantity = decimal_of_i64(line->price.mantissa < 0 ? -1 : 1);
	if (line->price.mantissa < 0) line->price.mantissa = -line->price.mantissa;
	return NULL;
}

struct row {
	str order;
	struct line line;
	struct decimal total; /* of the order, unless is_priced */
	int64_t time_ms;
	bool is_priced;
};

static const char *read_row(const struct mapping *m, const struct csv_row *row, struct row *out)
{
	*out = (struct row){.order = mapping_cell(m, row, IMPORT_ORDER_ID), .line.number = row->line};
	if (!out->order.n) return "no_order_id";
	if (!mapping_time(m, mapping_cell(m, row, IMPORT_TIME), &out->time_ms)) return "bad_time";
	const char *reason = read_amounts(m, row, &out->line, &out->is_priced);
	if (reason) return reason;
	return out->is_priced || mapping_number(m, mapping_cell(m, row, IMPORT_REVENUE), &out->total) ? NULL : "bad_price";
}

const char *orders_file_look(struct arena *a, const struct mapping *m, const struct csv_row *row, struct touchpoint *out)
{
	struct row r;
	str currency;
	const char *reason = read_row(m, row, &r);
	if (!reason && !currency_read(a, mapping_cell(m, row, IMPORT_CURRENCY), &currency)) reason = "bad_currency";
	*out = (struct touchpoint){.call = CALL_TRACK, .event = S("Order Completed"), .time_ms = r.time_ms};
	row_touchpoint__who(a, m, row, out);
	return reason;
}

const char *orders_file_add(struct orders_file *o, const struct csv_row *row)
{
	const struct mapping *m = o->m;
	struct row_id row_id = row_ids_next(o->ids, row);
	struct row r;
	bool is_new;
	const char *reason = read_row(m, row, &r);
	if (reason) return reason;
	reason = check_currency(o, row);
	if (reason) return reason;
	struct line line = r.line;
	line.row_id = row_id.low;
	struct order *order = find_order(o, r.order, &is_new);
	if (has_row(o, order, line.row_id)) return NULL;
	if (is_new) order->time_ms = r.time_ms;
	if (is_new && !r.is_priced) {
		order->has_total = true;
		order->total = r.total;
	}
	keep_head(o, order, row, is_new);
	line.product = intern(o, mapping_cell(m, row, IMPORT_PRODUCT_ID));
	line.name = intern(o, mapping_cell(m, row, IMPORT_PRODUCT_NAME));
	line.previous = order->last_line;
	bool negative = line.quantity.mantissa < 0 || (order->has_total && order->total.mantissa < 0);
	order->has_negative = order->has_negative || negative;
	order->has_positive = order->has_positive || (!negative && line.quantity.mantissa > 0);
	o->line = room(o->line, o->lines_n + 1, &o->lines_cap, sizeof *o->line);
	o->line[o->lines_n++] = line;
	order->last_line = (uint32_t)o->lines_n;
	order->lines++;
	return NULL;
}

size_t orders_file_count(const struct orders_file *o)
{
	return o->orders_n;
}

/* ---- handing out ------------------------------------------------------------------------------------------ */

static bool is_refund(const struct orders_file *o, const struct order *order)
{
	str number = text_of(o, order->number);
	bool marked = number.n > 1 && (number.p[0] | 32) == 'c' && number.p[1] >= '0' && number.p[1] <= '9';
	return order->has_negative && (marked || order->has_total);
}

static bool is_adjustment(const struct orders_file *o, const struct order *order)
{
	return order->has_negative && !order->has_positive && !is_refund(o, order);
}

static void put_line(struct json_writer *w, const struct orders_file *o, const struct line *line, bool refund)
{
	char hex[16];
	struct decimal quantity = line->quantity;
	if (refund) quantity.mantissa = -quantity.mantissa;
	for (int i = 0; i < 16; i++) hex[i] = "0123456789abcdef"[line->row_id >> (60 - 4 * i) & 15];
	json_begin_object(w);
	if (line->product) {
		json_key(w, S("product_id"));
		json_put_str(w, text_of(o, line->product));
	}
	if (line->name) {
		json_key(w, S("name"));
		json_put_str(w, text_of(o, line->name));
	}
	json_key(w, S("quantity"));
	json_put_decimal(w, quantity);
	json_key(w, S("price"));
	json_put_decimal(w, line->price);
	if (!refund && quantity.mantissa < 0) {
		json_key(w, S("adjustment"));
		json_put_bool(w, true);
	}
	json_key(w, S("row_id"));
	json_put_str(w, (str){hex, sizeof hex});
	json_end_object(w);
}

static void put_properties(struct json_writer *w, struct arena *a, const struct orders_file *o, const struct order *order, const struct csv_row *head,
                           const struct line *const *lines, bool adds, const struct file_order *out)
{
	bool refund = is_refund(o, order);
	json_key(w, S("properties"));
	json_begin_object(w);
	json_key(w, S("order_id"));
	json_put_str(w, out->number);
	json_key(w, S("revenue"));
	json_put_raw(w, decimal_sum_show(a, &out->revenue));
	if (is_adjustment(o, order)) {
		json_key(w, S("adjustment"));
		json_put_bool(w, true);
	}
	if (adds) {
		json_key(w, S("added"));
		json_put_bool(w, true);
	}
	row_touchpoint__place(w, o->m, head, &out->touchpoint);
	row_touchpoint__properties(w, o->m, head);
	if (out->has_products) {
		json_key(w, S("products"));
		json_begin_array(w);
		for (size_t i = 0; i < out->lines; i++) put_line(w, o, lines[i], refund);
		json_end_array(w);
	}
	json_end_object(w);
}

/* Of an update without prices nothing is added: the total was the order's. */
static void sum_lines(const struct order *order, const struct line *const *lines, size_t n, struct decimal_sum *sum)
{
	decimal_sum_init(sum);
	if (order->has_total && n == order->lines) decimal_sum_add(sum, order->total);
	for (size_t i = 0; i < n && !order->has_total; i++) {
		struct decimal amount;
		if (decimal_mul(lines[i]->quantity, lines[i]->price, &amount)) decimal_sum_add(sum, amount);
		else decimal_sum_add_double(sum, decimal_to_double(lines[i]->quantity) * decimal_to_double(lines[i]->price));
	}
}

static void make(struct orders_file *o, const struct order *order, const struct line *const *lines, size_t n, bool adds, str message_id, struct arena *a,
                 struct file_order *out)
{
	struct buf raw;
	struct json_writer w = {.out = &raw};
	str *cells = ARENA_ARRAY(a, str, o->m->n + 1);
	uint64_t *row_ids = ARENA_ARRAY(a, uint64_t, n + 1);
	int64_t *numbers = ARENA_ARRAY(a, int64_t, n + 1);
	str event = is_refund(o, order) ? S("Order Refunded") : adds || is_adjustment(o, order) ? S("Order Updated") : S("Order Completed");
	for (size_t i = 0; i < o->m->n; i++) cells[i] = text_of(o, o->heads[order->head + i]);
	for (size_t i = 0; i < n; i++) {
		row_ids[i] = lines[i]->row_id;
		numbers[i] = lines[i]->number;
	}
	struct csv_row head = {.cells = cells, .n = o->m->n};
	*out = (struct file_order){.number = text_of(o, order->number), .row_ids = row_ids, .line_numbers = numbers, .lines = n};
	out->has_products = !order->has_total || o->m->at[IMPORT_PRODUCT_ID] >= 0;
	struct touchpoint *t = &out->touchpoint;
	*t = (struct touchpoint){.call = CALL_TRACK, .event = event, .message_id = message_id, .time_ms = order->time_ms};
	row_touchpoint__who(a, o->m, &head, t);
	sum_lines(order, lines, n, &out->revenue);
	buf_init(&raw, RAW_BYTES);
	row_touchpoint__begin(&w, t);
	put_properties(&w, a, o, order, &head, lines, adds, out);
	row_touchpoint__end(&w, t);
	t->raw = str_dup(a, buf_str(&raw));
	buf_release(&raw);
}

/* The order's lines as they stood in the file. */
static const struct line **lines_of(struct orders_file *o, const struct order *order, struct arena *a)
{
	const struct line **lines = ARENA_ARRAY(a, const struct line *, order->lines + 1);
	uint32_t at = order->last_line;
	for (uint32_t i = order->lines; i--; at = o->line[at - 1].previous) lines[i] = &o->line[at - 1];
	return lines;
}

void orders_file_get(struct orders_file *o, size_t i, struct arena *a, struct file_order *out)
{
	const struct order *order = &o->order[i];
	str message_id = row_id_show(a, row_id_named(o->source, S("orders"), text_of(o, order->number)));
	make(o, order, lines_of(o, order, a), order->lines, false, message_id, a, out);
}

bool orders_file_get_update(struct orders_file *o, size_t i, const bool *is_known, struct arena *a, struct file_order *out)
{
	const struct order *order = &o->order[i];
	const struct line **all = lines_of(o, order, a), **lines = ARENA_ARRAY(a, const struct line *, order->lines + 1);
	size_t n = 0;
	str name = text_of(o, order->number);
	for (size_t k = 0; k < order->lines; k++) {
		if (is_known[k]) continue;
		lines[n++] = all[k];
		name = str_fmt(a, "%.*s %016llx", STR_ARG(row_id_show(a, row_id_named(o->source, S("orders"), name))), (unsigned long long)all[k]->row_id);
	}
	if (!n) return false;
	make(o, order, lines, n, true, row_id_show(a, row_id_named(o->source, S("orders"), name)), a, out);
	return true;
}
