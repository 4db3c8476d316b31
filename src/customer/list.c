/* The list of customers: a row for each that list_find.c finds, as a page and as a file. */
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/datetime.h"
#include "customer/customer.h"
#include "customer/identity.h"
#include "customer/list_find.h"
#include "customer/people.h"
#include "op/app.h"
#include "setting/setting.h"

enum { PAGE = 50, CSV_PAGE = 2000, CSV_BYTES = 512 << 20 };

/* ---- rows ---- */

str customer_country_text(struct op *op, str country)
{
	bool is_code = country.n == 2 && country.p[0] >= 'A' && country.p[0] <= 'Z' && country.p[1] >= 'A' && country.p[1] <= 'Z';
	return is_code ? i18n_country_name(&op->arena, &op->locale, country) : country;
}

struct decimal customer_micro(int64_t micro)
{
	struct decimal d = {micro, 0}; /* decimal_mul brings it to normal form */
	if (!decimal_mul(d, (struct decimal){1, -6}, &d)) d = (struct decimal){0, 0};
	return d;
}

str customer_address(struct op *op, id customer)
{
	str shown = id_show(&op->arena, S("cus"), customer);
	return str_fmt(&op->arena, "/customers/%.*s", STR_ARG(shown));
}

enum err customer_amounts(struct op *op, id customer, str lead, struct customer_amount **out, size_t *n)
{
	struct db_rows r;
	TRY(op_query(op, SQL_customer_amounts, DB_ARGS(db_id(customer)), &r));
	struct customer_amount *v = ARENA_ARRAY(&op->arena, struct customer_amount, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		str code = db_rows_text(&r, i, 0);
		v[i] = (struct customer_amount){code.n ? code : STR_NONE, db_rows_int(&r, i, 1), db_rows_int(&r, i, 2), db_rows_int(&r, i, 3), db_rows_int(&r, i, 4)};
		if (!str_eq(code, lead)) continue;
		struct customer_amount first = v[i];
		memmove(&v[1], &v[0], i * sizeof *v);
		v[0] = first;
	}
	*out = v;
	*n = r.n;
	return OK;
}

static struct money revenue_of(const struct customer_amount *a)
{
	return (struct money){customer_micro(a->revenue_micro), a->currency};
}

static enum err fill_row(struct op *op, const struct db_rows *r, id customer, str lead, struct customer_row *out)
{
	enum { ID, IS_KNOWN, NAME, COUNTRY, ORDERS, LAST_SEEN, KIND, IDENTITY };
	str kind = db_rows_text(r, 0, KIND);
	struct customer_amount *amounts;
	size_t n;
	*out = (struct customer_row){
		.id = customer,
		.address = customer_address(op, customer),
		.kind = db_rows_bool(r, 0, IS_KNOWN) ? CUSTOMER_KIND_KNOWN : CUSTOMER_KIND_ANONYMOUS,
		.name = db_rows_text(r, 0, NAME),
		.country = customer_country_text(op, db_rows_text(r, 0, COUNTRY)),
		.orders = db_rows_int(r, 0, ORDERS),
		.revenue = MONEY_ABSENT,
		.last_seen = db_rows_int(r, 0, LAST_SEEN),
		.identity_kind = str_given(kind) ? customer_identity_kind(kind) : -1,
		.identity = db_rows_text(r, 0, IDENTITY),
	};
	if (!out->orders) return OK;
	TRY(customer_amounts(op, customer, lead, &amounts, &n));
	out->others.v = ARENA_ARRAY(&op->arena, struct money, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (!amounts[i].orders) continue;
		if (desc_is_absent(DESC_MONEY, &out->revenue)) out->revenue = revenue_of(&amounts[i]);
		else out->others.v[out->others.n++] = revenue_of(&amounts[i]);
	}
	return OK;
}

enum err customer_row_get(struct op *op, id customer, str lead, struct customer_row *out)
{
	struct db_rows rows;
	uint32_t number;
	TRY(op_query(op, SQL_customer_list_row, DB_ARGS(db_id(customer)), &rows));
	if (rows.n == 0) return fail(op, ERR_NOT_FOUND, "id", "there is no such customer");
	TRY(fill_row(op, &rows, customer, lead, out));
	if (!people_find(op->app->people, customer, &number)) return OK;
	return customer_timeline_last(op, number, &out->last_event);
}

/* ---- the page ---- */

void customer_option(struct op *op, void *list, str value, str label, bool is_selected)
{
	LIST_OF(struct option) *l = list;
	enum { ROOM = 128 };
	if (!l->v) l->v = ARENA_ARRAY(&op->arena, struct option, ROOM);
	if (l->n < ROOM) l->v[l->n++] = (struct option){value, label, is_selected};
}

static void add_option(struct op *op, void *list, str value, struct msg label, str selected)
{
	customer_option(op, list, value, i18n_msg(&op->arena, &op->locale, &label), str_eq(value, selected));
}

static struct msg purpose_msg(struct op *op, const char *key, const struct purpose_row *p)
{
	if (p->title.n) return msg_str(key, "purpose", p->title);
	str name = str_fmt(&op->arena, "purpose_%.*s", STR_ARG(p->name));
	if (!i18n_has(op->locale.lang, name)) return msg_str(key, "purpose", p->name);
	struct msg m = msg_of(key);
	msg_add(&m, (struct msg_arg){.name = "purpose", .type = MSG_KEY, .s = name});
	return m;
}

static enum err add_options(struct op *op, const struct list_wanted *x, const struct purpose_row *purposes, size_t n, struct customers *page)
{
	struct db_rows countries;
	add_option(op, &page->kinds, S(""), msg_of("filter_kind_all"), x->kind);
	add_option(op, &page->kinds, S("known"), msg_of("filter_kind_known"), x->kind);
	add_option(op, &page->kinds, S("anonymous"), msg_of("filter_kind_anonymous"), x->kind);
	add_option(op, &page->countries, S(""), msg_of("filter_country_all"), x->country);
	TRY(op_query(op, SQL_customer_countries, DB_NO_ARGS, &countries));
	for (size_t i = 0; i < countries.n; i++) {
		str country = db_rows_text(&countries, i, 0);
		add_option(op, &page->countries, country, msg_str("filter_country", "country", customer_country_text(op, country)), x->country);
	}
	add_option(op, &page->consents, S(""), msg_of("filter_consent_all"), x->consent);
	for (size_t i = 0; i < n; i++) {
		if (purposes[i].bit == PURPOSE_SERVICE) continue;
		add_option(op, &page->consents, purposes[i].name, purpose_msg(op, "filter_consent_granted", &purposes[i]), x->consent);
		add_option(op, &page->consents, str_fmt(&op->arena, "no-%.*s", STR_ARG(purposes[i].name)), purpose_msg(op, "filter_consent_denied", &purposes[i]), x->consent);
	}
	static const int64_t days[] = {7, 30, 90};
	add_option(op, &page->seen, S(""), msg_of("filter_seen_all"), x->seen);
	for (size_t i = 0; i < COUNT_OF(days); i++)
		add_option(op, &page->seen, str_fmt(&op->arena, "%d", (int)days[i]), msg_int("filter_seen_within", "days", days[i]), x->seen);
	add_option(op, &page->seen, S("over-90"), msg_int("filter_seen_over", "days", 90), x->seen);
	static const struct {
		const char *value, *key;
	} orders[] = {{"", "filter_orders_all"}, {"0", "filter_orders_none"}, {"1", "filter_orders_one"}, {"2-5", "filter_orders_few"}, {"6-", "filter_orders_many"}};
	for (size_t i = 0; i < COUNT_OF(orders); i++) add_option(op, &page->orders, str_of(orders[i].value), msg_of(orders[i].key), x->orders);
	struct segment *segments;
	size_t n_segments;
	TRY(segment_all(op, &segments, &n_segments));
	if (n_segments) add_option(op, &page->segments, S(""), msg_of("filter_segment_all"), x->segment);
	for (size_t i = 0; i < n_segments; i++)
		add_option(op, &page->segments, id_show(&op->arena, S("seg"), segments[i].id), msg_str("filter_segment", "name", segments[i].name), x->segment);
	static const char *const sort_keys[SORT_COUNT] = {"sort_seen", "sort_first", "sort_orders", "sort_revenue", "sort_name"};
	page->currencies.v = order_currency_options(op, &x->currencies, x->currency, &page->currencies.n);
	if (x->sort == SORT_REVENUE) page->sorted_by = order_currency_note(&x->currencies, x->lead);
	for (int i = 0; i < SORT_COUNT; i++) add_option(op, &page->sorts, str_of(LIST_SORTS[i]), msg_of(sort_keys[i]), str_of(LIST_SORTS[x->sort]));
	return OK;
}

static str cursor_at(struct op *op, const struct list_wanted *x, const struct list_found *f, bool is_back)
{
	str key = x->sort == SORT_NAME ? str_hex(&op->arena, f->name_key.p, f->name_key.n) : str_fmt(&op->arena, "%lld", (long long)f->key);
	str shown = id_show(&op->arena, S("cus"), f->id);
	return str_fmt(&op->arena, "%c.%s.%.*s.%.*s", is_back ? 'p' : 'n', LIST_SORTS[x->sort], STR_ARG(shown), STR_ARG(key));
}

static struct msg finding_of(const struct app *app, const struct customers *page)
{
	uint64_t known, anonymous;
	if (page->is_empty) return msg_of("customers_empty");
	if (page->is_filtered) return page->total ? msg_int("customers_found", "total", page->total) : msg_of("customers_none_found");
	people_counts(app->people, &known, &anonymous);
	struct msg m = msg_int("customers_all", "total", page->total);
	msg_add(&m, (struct msg_arg){.name = "known", .type = MSG_INT, .i = (int64_t)known});
	return m;
}

static enum err fill_page(struct op *op, const struct web *w, const struct list_wanted *x, struct customers *page)
{
	struct list_found *found;
	size_t n;
	bool more;
	TRY(list_find(op, x, PAGE, &found, &n, &more, &page->total));
	page->rows.v = ARENA_ARRAY(&op->arena, struct customer_row, n ? n : 1);
	for (size_t i = 0; i < n; i++) TRY(customer_row_get(op, found[i].id, x->lead, &page->rows.v[page->rows.n++]));
	if (n && (x->is_back || more)) page->next = web_address_with(op, w, "cursor", cursor_at(op, x, &found[n - 1], false));
	if (n && (x->is_back ? more : x->has_cursor)) page->previous = web_address_with(op, w, "cursor", cursor_at(op, x, &found[0], true));
	return OK;
}

/* ?identity= is a question for one: a browser is led there, a program gets the list that holds it alone. */
static enum err answer_identity(struct op *op, struct web *w, struct answer *a, str identity, str lead, struct customers *page)
{
	id found;
	TRY(customer_by_identity(op, identity, &found));
	page->is_filtered = true;
	page->total = found != 0;
	if (found && !w->wants_json) return answer_redirect(a, customer_address(op, found));
	if (found) {
		page->rows.v = ARENA_NEW(&op->arena, struct customer_row);
		page->rows.n = 1;
		TRY(customer_row_get(op, found, lead, page->rows.v));
	}
	page->finding = finding_of(op->app, page);
	return answer_with(a, &CUSTOMERS_DESC, page);
}

enum err customer_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct customers *page = ARENA_NEW(&op->arena, struct customers);
	struct purpose_row *purposes;
	struct list_wanted x;
	uint64_t known, anonymous;
	size_t n;
	TRY(purpose_list(op, &purposes, &n));
	TRY(list_find_read(op, w, purposes, n, &x));
	people_counts(op->app->people, &known, &anonymous);
	page->is_empty = known + anonymous == 0;
	page->q = x.q.n ? x.q : STR_NONE;
	page->is_filtered = x.is_filtered;
	TRY(add_options(op, &x, purposes, n, page));
	str identity = str_trim(web_query(w, "identity"));
	if (identity.n) return answer_identity(op, w, a, identity, x.lead, page);
	TRY(fill_page(op, w, &x, page));
	page->finding = finding_of(op->app, page);
	if (op_may(op, PERM_EXPORT_CUSTOMERS)) {
		str address = web_address_with(op, w, "cursor", STR_NONE);
		str tail = str_sub(address, w->path.n, address.n);
		page->export = str_fmt(&op->arena, "/customers.csv%.*s", STR_ARG(tail));
	}
	return answer_with(a, &CUSTOMERS_DESC, page);
}

/* ---- CSV ---- */

static void put_cell(struct buf *b, str text, char end)
{
	buf_csv(b, text);
	buf_byte(b, end);
}

/* Amounts in one currency each, so that a column can be added up: the one that leads, and a column for each other. */
static void put_csv_amounts(struct op *op, const struct list_wanted *x, const struct customer_amount *v, size_t n, bool is_first, struct buf *b)
{
	for (size_t c = 0; c < x->currencies.n; c++) {
		str code = x->currencies.v[c];
		if (str_eq(code, x->lead) != is_first) continue;
		struct customer_amount found = {.currency = code};
		for (size_t i = 0; i < n; i++)
			if (str_eq(v[i].currency, code)) found = v[i];
		if (!is_first) buf_byte(b, ',');
		if (is_first || found.orders) buf_add(b, decimal_show(&op->arena, customer_micro(found.revenue_micro)));
	}
}

static enum err put_csv_row(struct op *op, const struct list_wanted *x, id customer, struct buf *b)
{
	enum { ID, IS_KNOWN, NAME, COUNTRY, ORDERS, LAST_SEEN, KIND, IDENTITY, EMAIL, PHONE, FIRST_SEEN };
	struct db_rows r;
	struct arena *arena = &op->arena;
	struct customer_amount *amounts;
	size_t n;
	TRY(op_query(op, SQL_customer_list_row, DB_ARGS(db_id(customer)), &r));
	if (r.n == 0) return OK;
	TRY(customer_amounts(op, customer, x->lead, &amounts, &n));
	put_cell(b, id_show(arena, S("cus"), customer), ',');
	put_cell(b, db_rows_bool(&r, 0, IS_KNOWN) ? S("known") : S("anonymous"), ',');
	static const int texts[] = {NAME, KIND, IDENTITY, EMAIL, PHONE, COUNTRY};
	for (size_t i = 0; i < COUNT_OF(texts); i++) put_cell(b, db_rows_text(&r, 0, (size_t)texts[i]), ',');
	buf_i64(b, db_rows_int(&r, 0, ORDERS));
	buf_byte(b, ',');
	put_csv_amounts(op, x, amounts, n, true, b);
	if (!x->currencies.n) buf_byte(b, '0');
	buf_byte(b, ',');
	put_cell(b, n ? x->lead : S(""), ',');
	put_cell(b, datetime_show(arena, db_rows_int(&r, 0, FIRST_SEEN)), ',');
	buf_csv(b, datetime_show(arena, db_rows_int(&r, 0, LAST_SEEN)));
	put_csv_amounts(op, x, amounts, n, false, b);
	buf_byte(b, '\n');
	return OK;
}

static enum err put_csv(struct op *op, struct list_wanted *x, struct buf *b)
{
	bool more = true;
	buf_add(b, S("id,kind,name,identity_kind,identity,email,phone,country,orders,revenue,currency,first_seen,last_seen"));
	for (size_t i = 0; i < x->currencies.n; i++)
		if (!str_eq(x->currencies.v[i], x->lead)) buf_fmt(b, ",revenue_%.*s", STR_ARG(x->currencies.v[i]));
	buf_byte(b, '\n');
	while (more && !buf_failed(b)) {
		struct list_found *found;
		size_t n;
		TRY(list_find(op, x, CSV_PAGE, &found, &n, &more, NULL));
		for (size_t i = 0; i < n; i++) TRY(put_csv_row(op, x, found[i].id, b));
		if (n == 0) break;
		list_find_behind(x, &found[n - 1]);
	}
	return buf_failed(b) ? fail(op, ERR_TOO_LARGE, "", "the file would be larger than %d MB: filter the list", CSV_BYTES >> 20) : OK;
}

enum err customer_list_csv(struct op *op, struct web *w, struct answer *a)
{
	struct purpose_row *purposes;
	struct list_wanted x;
	struct buf b;
	size_t n;
	TRY(purpose_list(op, &purposes, &n));
	TRY(list_find_read(op, w, purposes, n, &x));
	x.is_back = false;
	buf_init(&b, CSV_BYTES);
	enum err e = put_csv(op, &x, &b);
	if (e == OK) e = audit_write_read(op, "customers_exported", "", 0, STR_NONE);
	if (e == OK) {
		a->text = str_dup(&op->arena, buf_str(&b));
		a->content_type = S("text/csv; charset=utf-8");
		a->download_name = S("customers.csv");
	}
	buf_release(&b);
	return e;
}
