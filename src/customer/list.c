/* The list of customers: filters and words out of the address, one page of ids out of the records, and a row for each.
 *
 * A page is found by key (the sort's value and the id of the row it begins behind), never by counting rows off, so the
 * last page costs what the first does. Each sort is walked in an index; what is searched by words is gathered by them
 * and sorted. The totals count what is asked for; without a filter they come from memory. */
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/datetime.h"
#include "collect/normalise.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "customer/search.h"
#include "json/json.h"
#include "op/app.h"
#include "order/order.h"
#include "segment/segment.h"
#include "setting/setting.h"

enum { PAGE = 50, CHUNK = 500, CSV_PAGE = 2000, CSV_BYTES = 512 << 20, SORT_KEY_BYTES = 1024 };
enum list_sort { SORT_SEEN, SORT_FIRST, SORT_ORDERS, SORT_REVENUE, SORT_NAME, SORT_COUNT };
static const char *const SORTS[] = {"seen", "first", "orders", "revenue", "name", NULL};

static const enum sql PAGES[SORT_COUNT][2] = {
	[SORT_SEEN] = {SQL_customer_page_seen, SQL_customer_page_seen_back},
	[SORT_FIRST] = {SQL_customer_page_first, SQL_customer_page_first_back},
	[SORT_ORDERS] = {SQL_customer_page_orders, SQL_customer_page_orders_back},
	[SORT_REVENUE] = {SQL_customer_page_revenue, SQL_customer_page_revenue_back},
	[SORT_NAME] = {SQL_customer_page_name, SQL_customer_page_name_back},
};

/* What the address asks for. */
struct wanted {
	str q, kind, country, consent, seen, orders;
	enum list_sort sort;
	bool is_filtered, is_back, has_cursor;
	int64_t known, seen_from, seen_to, orders_least, orders_most, purpose, granted;
	struct search_words words;
	int64_t key; /* behind which the page begins: a number, or of sort name … */
	str name_key;
	id after;
	id only; /* an anonymous id or an id of ours, found whole */
	str segment;
	const struct segment_members *members; /* NULL: whoever */
};

/* ---- reading the address ---- */

static str query(const struct web *w, const char *name)
{
	str value = web_query(w, name);
	return str_given(value) ? str_trim(value) : S("");
}

static enum err read_seen(struct op *op, struct wanted *x)
{
	str days = x->seen;
	int64_t n;
	x->seen_from = INT64_MIN;
	x->seen_to = INT64_MAX;
	if (!x->seen.n) return OK;
	bool is_over = str_starts(days, S("over-"));
	if (is_over) days = str_sub(days, 5, days.n);
	if (!str_i64(days, &n) || n < 1 || n > 36500) return fail(op, ERR_INVALID, "seen", "must be a number of days, such as 30 or over-90");
	if (is_over)
		x->seen_to = op->now_ms - n * DAY_MS;
	else
		x->seen_from = op->now_ms - n * DAY_MS;
	return OK;
}

/* "3", "2-5" or "6-". */
static enum err read_orders(struct op *op, struct wanted *x)
{
	x->orders_least = 0;
	x->orders_most = INT64_MAX;
	if (!x->orders.n) return OK;
	str most = x->orders, least = str_cut(&most, '-');
	bool ok = str_i64(least, &x->orders_least) && x->orders_least >= 0;
	if (ok && !str_given(most)) x->orders_most = x->orders_least;
	if (ok && most.n) ok = str_i64(most, &x->orders_most) && x->orders_most >= x->orders_least;
	return ok ? OK : fail(op, ERR_INVALID, "orders", "must be a number or a range of numbers, such as 2-5 or 6-");
}

static enum err read_consent(struct op *op, struct wanted *x, const struct purpose_row *purposes, size_t n)
{
	str name = x->consent;
	x->purpose = -1;
	x->granted = 1;
	if (!name.n) return OK;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < n; i++)
			if (str_eq(purposes[i].name, name)) x->purpose = purposes[i].bit;
		if (x->purpose >= 0) return OK;
		if (!str_starts(name, S("no-"))) break;
		name = str_sub(name, 3, name.n);
		x->granted = 0;
	}
	return fail(op, ERR_INVALID, "consent", "names no purpose: write it as in the settings, with no- before it for those who refused");
}

/* n (next) or p (previous), the sort's letter, the id, the key. */
static enum err read_cursor(struct op *op, struct wanted *x, str cursor)
{
	bool is_name = x->sort == SORT_NAME;
	x->key = INT64_MAX;
	x->after = is_name ? 0 : INT64_MAX;
	x->name_key = S("");
	if (!cursor.n) return OK;
	str rest = cursor, way = str_cut(&rest, '.'), sort = str_cut(&rest, '.'), id_text = str_cut(&rest, '.');
	bool ok = (str_eq(way, S("n")) || str_eq(way, S("p"))) && str_eq(sort, str_of(SORTS[x->sort])) && id_read(S("cus"), id_text, &x->after) && rest.n;
	if (ok && is_name) {
		size_t bytes = rest.n / 2;
		char *key = bytes <= SORT_KEY_BYTES ? arena_alloc(&op->arena, bytes + 1) : NULL;
		ok = key && str_from_hex(rest, key, bytes);
		x->name_key = (str){key, bytes};
	} else if (ok) {
		ok = str_i64(rest, &x->key);
	}
	x->has_cursor = ok;
	x->is_back = str_eq(way, S("p"));
	return ok ? OK : fail(op, ERR_INVALID, "cursor", "is none of this list: begin at its first page");
}

static void read_words(struct op *op, struct wanted *x)
{
	if (!x->q.n) return;
	search_read(&op->arena, x->q, &x->words);
	if (id_read(S("cus"), x->q, &x->only)) return;
	id found = 0;
	if (!str_contains(x->q, S(" ")) && customer_by_identity(op, str_fmt(&op->arena, "anonymous_id:%.*s", STR_ARG(x->q)), &found) == OK) x->only = found;
}

static enum err read_segment(struct op *op, struct wanted *x)
{
	struct segment s;
	id segment;
	if (!x->segment.n) return OK;
	if (!id_read(S("seg"), x->segment, &segment)) return fail(op, ERR_INVALID, "segment", "is no segment");
	TRY(segment_get(op, segment, &s));
	return segment_members(op, s.condition, &x->members);
}

static enum err read_wanted(struct op *op, const struct web *w, const struct purpose_row *purposes, size_t n, struct wanted *x)
{
	*x = (struct wanted){.q = query(w, "q"), .kind = query(w, "kind"), .country = query(w, "country"), .consent = query(w, "consent"),
	                     .seen = query(w, "seen"), .orders = query(w, "orders"), .segment = query(w, "segment"), .known = -1};
	str sort = query(w, "sort");
	for (int i = 0; i < SORT_COUNT; i++)
		if (str_eq(sort, str_of(SORTS[i]))) x->sort = (enum list_sort)i;
	if (sort.n && !str_eq(sort, str_of(SORTS[x->sort]))) return fail(op, ERR_INVALID, "sort", "must be seen, first, orders, revenue or name");
	if (x->kind.n && !str_eq(x->kind, S("known")) && !str_eq(x->kind, S("anonymous"))) return fail(op, ERR_INVALID, "kind", "must be known or anonymous");
	if (x->kind.n) x->known = str_eq(x->kind, S("known"));
	TRY(read_seen(op, x));
	TRY(read_orders(op, x));
	TRY(read_consent(op, x, purposes, n));
	TRY(read_segment(op, x));
	TRY(read_cursor(op, x, query(w, "cursor")));
	read_words(op, x);
	x->is_filtered = x->q.n || x->kind.n || x->country.n || x->consent.n || x->seen.n || x->orders.n || x->segment.n;
	return OK;
}

/* ---- finding ---- */

enum { MOST_ARGS = 20 };

static size_t arguments(const struct wanted *x, int64_t limit, struct db_val *v)
{
	bool is_name = x->sort == SORT_NAME;
	size_t n = 0;
	v[n++] = db_int(limit);
	v[n++] = db_int(x->known);
	v[n++] = db_text(x->country.n ? x->country : STR_NONE);
	v[n++] = db_int(x->seen_from);
	v[n++] = db_int(x->seen_to);
	v[n++] = db_int(x->orders_least);
	v[n++] = db_int(x->orders_most);
	v[n++] = db_int(x->purpose);
	v[n++] = db_int(x->granted);
	v[n++] = is_name ? db_blob(x->name_key) : db_int(x->key);
	v[n++] = db_int(x->after);
	if (!x->words.n) return n;
	for (size_t i = 0; i < SEARCH_WORDS; i++) {
		v[n++] = db_text(i < x->words.n ? x->words.v[i].from : STR_NONE);
		v[n++] = db_text(i < x->words.n ? x->words.v[i].to : STR_NONE);
	}
	if (!is_name) v[n++] = db_int((int64_t)x->sort);
	return n;
}

static enum sql statement_of(const struct wanted *x)
{
	if (!x->words.n) return PAGES[x->sort][x->is_back];
	if (x->sort == SORT_NAME) return x->is_back ? SQL_customer_hits_name_back : SQL_customer_hits_name;
	return x->is_back ? SQL_customer_hits_back : SQL_customer_hits;
}

struct found {
	id id;
	int64_t key;
	str name_key;
};

/* At most `limit` of them in the order of the list, and whether others stand behind in the direction read. */
static enum err find_any(struct op *op, const struct wanted *x, size_t limit, struct found **out, size_t *n, bool *more)
{
	struct db_val args[MOST_ARGS];
	struct db_rows rows;
	size_t n_args = arguments(x, (int64_t)limit + 1, args);
	TRY(op_query(op, statement_of(x), args, n_args, &rows));
	*more = rows.n > limit;
	*n = *more ? limit : rows.n;
	*out = ARENA_ARRAY(&op->arena, struct found, *n ? *n : 1);
	for (size_t i = 0; i < *n; i++) {
		size_t to = x->is_back ? *n - 1 - i : i;
		(*out)[to].id = db_rows_id(&rows, i, 0);
		if (x->sort == SORT_NAME)
			(*out)[to].name_key = db_rows_text(&rows, i, 1);
		else
			(*out)[to].key = db_rows_int(&rows, i, 1);
	}
	return OK;
}

static void go_behind(struct wanted *x, const struct found *f)
{
	x->after = f->id;
	x->key = f->key;
	x->name_key = f->name_key;
	x->has_cursor = true;
}

static bool is_member(struct op *op, const struct wanted *x, id customer)
{
	uint32_t number;
	return people_find(op->app->people, customer, &number) && segment_has(x->members, number);
}

/* Those of a segment: the list is read on, some hundreds at a time, until enough of its customers have come. */
static enum err find_page(struct op *op, const struct wanted *x, size_t limit, struct found **out, size_t *n, bool *more)
{
	if (!x->members) return find_any(op, x, limit, out, n, more);
	struct wanted y = *x;
	struct found *chunk, *kept = ARENA_ARRAY(&op->arena, struct found, limit + 1);
	size_t n_chunk;
	bool reads_on = true;
	*n = 0;
	while (reads_on && *n <= limit) {
		TRY(find_any(op, &y, CHUNK, &chunk, &n_chunk, &reads_on));
		for (size_t i = 0; i < n_chunk && *n <= limit; i++) {
			const struct found *f = &chunk[x->is_back ? n_chunk - 1 - i : i];
			if (is_member(op, x, f->id)) kept[(*n)++] = *f;
			go_behind(&y, f);
		}
	}
	*more = *n > limit;
	if (*more) *n = limit;
	for (size_t i = 0; x->is_back && i < *n / 2; i++) { /* in the order of the list */
		struct found swap = kept[i];
		kept[i] = kept[*n - 1 - i];
		kept[*n - 1 - i] = swap;
	}
	*out = kept;
	return OK;
}

static enum err count_members(struct op *op, const struct wanted *x, int64_t *total)
{
	struct wanted y = *x;
	struct found *chunk;
	size_t n;
	bool more = true;
	bool is_alone = !x->q.n && !x->kind.n && !x->country.n && !x->consent.n && !x->seen.n && !x->orders.n;
	*total = is_alone ? x->members->customers : 0;
	if (is_alone) return OK;
	y.is_back = y.has_cursor = false;
	y.key = INT64_MAX;
	y.after = y.sort == SORT_NAME ? 0 : INT64_MAX;
	y.name_key = S("");
	while (more) {
		TRY(find_any(op, &y, CSV_PAGE, &chunk, &n, &more));
		for (size_t i = 0; i < n; i++) *total += is_member(op, x, chunk[i].id);
		if (n) go_behind(&y, &chunk[n - 1]);
	}
	return OK;
}

static enum err count_all(struct op *op, const struct wanted *x, int64_t *total)
{
	struct db_rows rows;
	struct db_val args[MOST_ARGS];
	uint64_t known, anonymous;
	people_counts(op->app->people, &known, &anonymous);
	*total = (int64_t)(known + anonymous);
	if (!x->is_filtered) return OK;
	if (x->members) return count_members(op, x, total);
	struct wanted count = *x;
	count.sort = SORT_NAME; /* without the sort's number behind the words */
	size_t n = arguments(&count, 0, args);
	args[9] = args[10] = db_int(0);
	if (!x->words.n) n = 9;
	TRY(op_query(op, x->words.n ? SQL_customer_hits_count : SQL_customer_page_count, args, n, &rows));
	*total = db_rows_int(&rows, 0, 0);
	return OK;
}

static enum err find(struct op *op, const struct wanted *x, size_t limit, struct found **out, size_t *n, bool *more, int64_t *total)
{
	*more = false;
	*n = 0;
	if (x->q.n && !x->words.n && !x->only) { /* nothing but signs */
		*total = 0;
		return OK;
	}
	if (!x->only) {
		TRY(find_page(op, x, limit, out, n, more));
		return total ? count_all(op, x, total) : OK;
	}
	uint32_t number;
	id into;
	enum err e = customer_open(op, x->only, &number, &into);
	if (e == ERR_NOT_FOUND || e == ERR_GONE) {
		fault_clear(&op->fault);
		if (total) *total = 0;
		return OK;
	}
	TRY(e);
	*out = ARENA_NEW(&op->arena, struct found);
	(*out)->id = into ? into : x->only;
	*n = 1;
	if (total) *total = 1;
	return OK;
}

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

static void fill_row(struct op *op, const struct db_rows *r, id customer, struct customer_row *out)
{
	str kind = db_rows_text(r, 0, 7);
	*out = (struct customer_row){
		.id = customer,
		.address = customer_address(op, customer),
		.kind = db_rows_bool(r, 0, 1) ? CUSTOMER_KIND_KNOWN : CUSTOMER_KIND_ANONYMOUS,
		.name = db_rows_text(r, 0, 2),
		.country = customer_country_text(op, db_rows_text(r, 0, 3)),
		.orders = db_rows_int(r, 0, 4),
		.revenue = MONEY_ABSENT,
		.last_seen = db_rows_int(r, 0, 6),
		.identity_kind = str_given(kind) ? customer_identity_kind(kind) : -1,
		.identity = db_rows_text(r, 0, 8),
	};
	if (out->orders) out->revenue = (struct money){customer_micro(db_rows_int(r, 0, 5)), db_rows_text(r, 0, 9)};
}

enum err customer_row_get(struct op *op, id customer, struct customer_row *out)
{
	struct db_rows rows;
	uint32_t number;
	TRY(op_query(op, SQL_customer_list_row, DB_ARGS(db_id(customer)), &rows));
	if (rows.n == 0) return fail(op, ERR_NOT_FOUND, "id", "there is no such customer");
	fill_row(op, &rows, customer, out);
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

static enum err add_options(struct op *op, const struct wanted *x, const struct purpose_row *purposes, size_t n, struct customers *page)
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
	for (int i = 0; i < SORT_COUNT; i++) add_option(op, &page->sorts, str_of(SORTS[i]), msg_of(sort_keys[i]), str_of(SORTS[x->sort]));
	return OK;
}

static str cursor_at(struct op *op, const struct wanted *x, const struct found *f, bool is_back)
{
	str key = x->sort == SORT_NAME ? str_hex(&op->arena, f->name_key.p, f->name_key.n) : str_fmt(&op->arena, "%lld", (long long)f->key);
	str shown = id_show(&op->arena, S("cus"), f->id);
	return str_fmt(&op->arena, "%c.%s.%.*s.%.*s", is_back ? 'p' : 'n', SORTS[x->sort], STR_ARG(shown), STR_ARG(key));
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

static enum err fill_page(struct op *op, const struct web *w, const struct wanted *x, struct customers *page)
{
	struct found *found;
	size_t n;
	bool more;
	TRY(find(op, x, PAGE, &found, &n, &more, &page->total));
	page->rows.v = ARENA_ARRAY(&op->arena, struct customer_row, n ? n : 1);
	for (size_t i = 0; i < n; i++) TRY(customer_row_get(op, found[i].id, &page->rows.v[page->rows.n++]));
	if (n && (x->is_back || more)) page->next = web_address_with(op, w, "cursor", cursor_at(op, x, &found[n - 1], false));
	if (n && (x->is_back ? more : x->has_cursor)) page->previous = web_address_with(op, w, "cursor", cursor_at(op, x, &found[0], true));
	return OK;
}

/* ?identity= is a question for one: a browser is led there, a program gets the list that holds it alone. */
static enum err answer_identity(struct op *op, struct web *w, struct answer *a, str identity, struct customers *page)
{
	id found;
	TRY(customer_by_identity(op, identity, &found));
	page->is_filtered = true;
	page->total = found != 0;
	if (found && !w->wants_json) return answer_redirect(a, customer_address(op, found));
	if (found) {
		page->rows.v = ARENA_NEW(&op->arena, struct customer_row);
		page->rows.n = 1;
		TRY(customer_row_get(op, found, page->rows.v));
	}
	page->finding = finding_of(op->app, page);
	return answer_with(a, &CUSTOMERS_DESC, page);
}

enum err customer_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct customers *page = ARENA_NEW(&op->arena, struct customers);
	struct purpose_row *purposes;
	struct wanted x;
	uint64_t known, anonymous;
	size_t n;
	TRY(purpose_list(op, &purposes, &n));
	TRY(read_wanted(op, w, purposes, n, &x));
	people_counts(op->app->people, &known, &anonymous);
	page->is_empty = known + anonymous == 0;
	page->q = x.q.n ? x.q : STR_NONE;
	page->is_filtered = x.is_filtered;
	TRY(add_options(op, &x, purposes, n, page));
	str identity = query(w, "identity");
	if (identity.n) return answer_identity(op, w, a, identity, page);
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

static enum err put_csv_row(struct op *op, id customer, struct buf *b)
{
	struct db_rows r;
	struct arena *arena = &op->arena;
	TRY(op_query(op, SQL_customer_list_row, DB_ARGS(db_id(customer)), &r));
	if (r.n == 0) return OK;
	put_cell(b, id_show(arena, S("cus"), customer), ',');
	put_cell(b, db_rows_bool(&r, 0, 1) ? S("known") : S("anonymous"), ',');
	put_cell(b, db_rows_text(&r, 0, 2), ',');
	put_cell(b, db_rows_text(&r, 0, 7), ',');
	put_cell(b, db_rows_text(&r, 0, 8), ',');
	put_cell(b, db_rows_text(&r, 0, 10), ',');
	put_cell(b, db_rows_text(&r, 0, 11), ',');
	put_cell(b, db_rows_text(&r, 0, 3), ',');
	buf_i64(b, db_rows_int(&r, 0, 4));
	buf_byte(b, ',');
	buf_add(b, decimal_show(arena, customer_micro(db_rows_int(&r, 0, 5))));
	buf_byte(b, ',');
	put_cell(b, db_rows_text(&r, 0, 9), ',');
	put_cell(b, datetime_show(arena, db_rows_int(&r, 0, 12)), ',');
	put_cell(b, datetime_show(arena, db_rows_int(&r, 0, 6)), '\n');
	return OK;
}

static enum err put_csv(struct op *op, struct wanted *x, struct buf *b)
{
	bool more = true;
	buf_add(b, S("id,kind,name,identity_kind,identity,email,phone,country,orders,revenue,currency,first_seen,last_seen\n"));
	while (more && !buf_failed(b)) {
		struct found *found;
		size_t n;
		TRY(find(op, x, CSV_PAGE, &found, &n, &more, NULL));
		for (size_t i = 0; i < n; i++) TRY(put_csv_row(op, found[i].id, b));
		if (n == 0) break;
		x->key = found[n - 1].key;
		x->name_key = found[n - 1].name_key;
		x->after = found[n - 1].id;
	}
	return buf_failed(b) ? fail(op, ERR_TOO_LARGE, "", "the file would be larger than %d MB: filter the list", CSV_BYTES >> 20) : OK;
}

enum err customer_list_csv(struct op *op, struct web *w, struct answer *a)
{
	struct purpose_row *purposes;
	struct wanted x;
	struct buf b;
	size_t n;
	TRY(purpose_list(op, &purposes, &n));
	TRY(read_wanted(op, w, purposes, n, &x));
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
