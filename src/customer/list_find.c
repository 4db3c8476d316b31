/* A page is found by key (the sort's value and the id of the row it begins behind), never by counting rows off, so the
 * last page costs what the first does. Each sort is walked in an index; what is searched by words is gathered by them
 * and sorted. The totals count what is asked for; without a filter they come from memory. */
#include "customer/list_find.h"

#include <string.h>

#include "base/datetime.h"
#include "collect/normalise.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "op/app.h"

enum { CHUNK = 500, COUNT_CHUNK = 2000, SORT_KEY_BYTES = 1024 };
const char *const LIST_SORTS[] = {"seen", "first", "orders", "revenue", "name", NULL};

static const enum sql PAGES[SORT_COUNT][2] = {
	[SORT_SEEN] = {SQL_customer_page_seen, SQL_customer_page_seen_back},
	[SORT_FIRST] = {SQL_customer_page_first, SQL_customer_page_first_back},
	[SORT_ORDERS] = {SQL_customer_page_orders, SQL_customer_page_orders_back},
	[SORT_REVENUE] = {SQL_customer_page_revenue, SQL_customer_page_revenue_back},
	[SORT_NAME] = {SQL_customer_page_name, SQL_customer_page_name_back},
};

/* ---- reading the address ---- */

static str query(const struct web *w, const char *name)
{
	str value = web_query(w, name);
	return str_given(value) ? str_trim(value) : S("");
}

static enum err read_seen(struct op *op, struct list_wanted *x)
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
static enum err read_orders(struct op *op, struct list_wanted *x)
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

static enum err read_consent(struct op *op, struct list_wanted *x, const struct purpose_row *purposes, size_t n)
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
static enum err read_cursor(struct op *op, struct list_wanted *x, str cursor)
{
	bool is_name = x->sort == SORT_NAME;
	x->key = INT64_MAX;
	x->after = is_name ? 0 : INT64_MAX;
	x->name_key = S("");
	if (!cursor.n) return OK;
	str rest = cursor, way = str_cut(&rest, '.'), sort = str_cut(&rest, '.'), id_text = str_cut(&rest, '.');
	bool ok = (str_eq(way, S("n")) || str_eq(way, S("p"))) && str_eq(sort, str_of(LIST_SORTS[x->sort])) && id_read(S("cus"), id_text, &x->after) && rest.n;
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

static void read_words(struct op *op, struct list_wanted *x)
{
	if (!x->q.n) return;
	search_read(&op->arena, x->q, &x->words);
	if (id_read(S("cus"), x->q, &x->only)) return;
	id found = 0;
	if (!str_contains(x->q, S(" ")) && customer_by_identity(op, str_fmt(&op->arena, "anonymous_id:%.*s", STR_ARG(x->q)), &found) == OK) x->only = found;
}

static enum err read_currency(struct op *op, struct list_wanted *x)
{
	TRY(order_currencies(op, &op->arena, &x->currencies));
	const struct order_currencies *c = &x->currencies;
	x->lead = c->n ? c->v[0] : c->own;
	if (!x->currency.n) return OK;
	size_t at = order_currency_at(c, x->currency);
	if (at >= c->n) return fail(op, ERR_INVALID, "currency", "nothing was ordered in it: a code such as GBP");
	x->lead = c->v[at];
	return OK;
}

static enum err read_segment(struct op *op, struct list_wanted *x)
{
	struct segment s;
	id segment;
	if (!x->segment.n) return OK;
	if (!id_read(S("seg"), x->segment, &segment)) return fail(op, ERR_INVALID, "segment", "is no segment");
	TRY(segment_get(op, segment, &s));
	return segment_members(op, s.condition, &x->members);
}

enum err list_find_read(struct op *op, const struct web *w, const struct purpose_row *purposes, size_t n, struct list_wanted *x)
{
	*x = (struct list_wanted){.q = query(w, "q"), .kind = query(w, "kind"), .country = query(w, "country"), .consent = query(w, "consent"),
	                     .seen = query(w, "seen"), .orders = query(w, "orders"), .segment = query(w, "segment"), .currency = query(w, "currency"), .known = -1};
	str sort = query(w, "sort");
	for (int i = 0; i < SORT_COUNT; i++)
		if (str_eq(sort, str_of(LIST_SORTS[i]))) x->sort = (enum list_sort)i;
	if (sort.n && !str_eq(sort, str_of(LIST_SORTS[x->sort]))) return fail(op, ERR_INVALID, "sort", "must be one of: seen, first, orders, revenue, name");
	if (x->kind.n && !str_eq(x->kind, S("known")) && !str_eq(x->kind, S("anonymous"))) return fail(op, ERR_INVALID, "kind", "must be one of: known, anonymous");
	if (x->kind.n) x->known = str_eq(x->kind, S("known"));
	TRY(read_seen(op, x));
	TRY(read_orders(op, x));
	TRY(read_consent(op, x, purposes, n));
	TRY(read_currency(op, x));
	TRY(read_segment(op, x));
	TRY(read_cursor(op, x, query(w, "cursor")));
	read_words(op, x);
	x->is_filtered = x->q.n || x->kind.n || x->country.n || x->consent.n || x->seen.n || x->orders.n || x->currency.n || x->segment.n;
	return OK;
}

/* ---- finding ---- */

enum { MOST_ARGS = 23 };
/* The key of customers without an amount in the currency: behind all that have one. */
#define NO_AMOUNT (-INT64_C(9000000000000000000))

static size_t arguments(const struct list_wanted *x, int64_t limit, struct db_val *v)
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
	v[n++] = db_text(x->currency.n ? x->currency : STR_NONE);
	bool has_lead = x->sort == SORT_REVENUE, has_words = x->words.n > 0;
	if (has_lead && !has_words) v[n++] = db_text(x->lead.n ? x->lead : S(""));
	if (!has_words) return n;
	for (size_t i = 0; i < SEARCH_WORDS; i++) {
		v[n++] = db_text(i < x->words.n ? x->words.v[i].from : STR_NONE);
		v[n++] = db_text(i < x->words.n ? x->words.v[i].to : STR_NONE);
	}
	if (is_name) return n;
	v[n++] = db_int((int64_t)x->sort);
	v[n++] = db_text(x->lead.n ? x->lead : S(""));
	v[n++] = db_int(NO_AMOUNT);
	return n;
}

static enum sql statement_of(const struct list_wanted *x)
{
	if (!x->words.n) return PAGES[x->sort][x->is_back];
	if (x->sort == SORT_NAME) return x->is_back ? SQL_customer_hits_name_back : SQL_customer_hits_name;
	return x->is_back ? SQL_customer_hits_back : SQL_customer_hits;
}

static enum err find_by(struct op *op, const struct list_wanted *x, enum sql statement, size_t limit, struct list_found *out, size_t *n)
{
	struct db_val args[MOST_ARGS];
	struct db_rows rows;
	size_t n_args = arguments(x, (int64_t)limit, args);
	TRY(op_query(op, statement, args, n_args, &rows));
	for (size_t i = 0; i < rows.n; i++) {
		struct list_found *f = &out[(*n)++];
		*f = (struct list_found){.id = db_rows_id(&rows, i, 0)};
		if (x->sort == SORT_NAME) f->name_key = db_rows_text(&rows, i, 1);
		else f->key = db_rows_int(&rows, i, 1);
	}
	return OK;
}

/* Those who have an amount in the currency, walked in its index, and those who have none; one after the other, or back. */
static enum err find_by_revenue(struct op *op, const struct list_wanted *x, size_t limit, struct list_found *out, size_t *n)
{
	struct list_wanted y = *x;
	bool is_rest = x->has_cursor && x->key == NO_AMOUNT;
	if (x->is_back) {
		if (is_rest) TRY(find_by(op, &y, SQL_customer_page_rest_back, limit, out, n));
		if (is_rest) y.after = INT64_MAX;
		return *n < limit ? find_by(op, &y, SQL_customer_page_revenue_back, limit - *n, out, n) : OK;
	}
	if (!is_rest) {
		TRY(find_by(op, &y, SQL_customer_page_revenue, limit, out, n));
		y.after = INT64_MAX;
	}
	y.key = NO_AMOUNT;
	return *n < limit && !x->currency.n ? find_by(op, &y, SQL_customer_page_rest, limit - *n, out, n) : OK;
}

/* At most `limit` of them in the order of the list, and whether others stand behind in the direction read. */
static enum err find_any(struct op *op, const struct list_wanted *x, size_t limit, struct list_found **out, size_t *n, bool *more)
{
	struct list_found *v = ARENA_ARRAY(&op->arena, struct list_found, limit + 2);
	*n = 0;
	if (x->sort == SORT_REVENUE && !x->words.n) TRY(find_by_revenue(op, x, limit + 1, v, n));
	else TRY(find_by(op, x, statement_of(x), limit + 1, v, n));
	*more = *n > limit;
	if (*more) *n = limit;
	for (size_t i = 0; x->is_back && i < *n / 2; i++) { /* in the order of the list */
		struct list_found swap = v[i];
		v[i] = v[*n - 1 - i];
		v[*n - 1 - i] = swap;
	}
	*out = v;
	return OK;
}

void list_find_behind(struct list_wanted *x, const struct list_found *f)
{
	x->after = f->id;
	x->key = f->key;
	x->name_key = f->name_key;
	x->has_cursor = true;
}

static bool is_member(struct op *op, const struct list_wanted *x, id customer)
{
	uint32_t number;
	return people_find(op->app->people, customer, &number) && segment_has(x->members, number);
}

/* Those of a segment: the list is read on, some hundreds at a time, until enough of its customers have come. */
static enum err find_page(struct op *op, const struct list_wanted *x, size_t limit, struct list_found **out, size_t *n, bool *more)
{
	if (!x->members) return find_any(op, x, limit, out, n, more);
	struct list_wanted y = *x;
	struct list_found *chunk, *kept = ARENA_ARRAY(&op->arena, struct list_found, limit + 1);
	size_t n_chunk;
	bool reads_on = true;
	*n = 0;
	while (reads_on && *n <= limit) {
		TRY(find_any(op, &y, CHUNK, &chunk, &n_chunk, &reads_on));
		for (size_t i = 0; i < n_chunk && *n <= limit; i++) {
			const struct list_found *f = &chunk[x->is_back ? n_chunk - 1 - i : i];
			if (is_member(op, x, f->id)) kept[(*n)++] = *f;
			list_find_behind(&y, f);
		}
	}
	*more = *n > limit;
	if (*more) *n = limit;
	for (size_t i = 0; x->is_back && i < *n / 2; i++) { /* in the order of the list */
		struct list_found swap = kept[i];
		kept[i] = kept[*n - 1 - i];
		kept[*n - 1 - i] = swap;
	}
	*out = kept;
	return OK;
}

static enum err count_members(struct op *op, const struct list_wanted *x, int64_t *total)
{
	struct list_wanted y = *x;
	struct list_found *chunk;
	size_t n;
	bool more = true;
	bool is_alone = !x->q.n && !x->kind.n && !x->country.n && !x->consent.n && !x->seen.n && !x->orders.n && !x->currency.n;
	*total = is_alone ? x->members->customers : 0;
	if (is_alone) return OK;
	y.is_back = y.has_cursor = false;
	y.key = INT64_MAX;
	y.after = y.sort == SORT_NAME ? 0 : INT64_MAX;
	y.name_key = S("");
	while (more) {
		TRY(find_any(op, &y, COUNT_CHUNK, &chunk, &n, &more));
		for (size_t i = 0; i < n; i++) *total += is_member(op, x, chunk[i].id);
		if (n) list_find_behind(&y, &chunk[n - 1]);
	}
	return OK;
}

static enum err count_all(struct op *op, const struct list_wanted *x, int64_t *total)
{
	struct db_rows rows;
	struct db_val args[MOST_ARGS];
	uint64_t known, anonymous;
	people_counts(op->app->people, &known, &anonymous);
	*total = (int64_t)(known + anonymous);
	if (!x->is_filtered) return OK;
	if (x->members) return count_members(op, x, total);
	struct list_wanted count = *x;
	count.sort = SORT_NAME; /* without the sort's number behind the words */
	size_t n = arguments(&count, 0, args);
	args[9] = args[10] = db_int(0);
	TRY(op_query(op, x->words.n ? SQL_customer_hits_count : SQL_customer_page_count, args, n, &rows));
	*total = db_rows_int(&rows, 0, 0);
	return OK;
}

enum err list_find(struct op *op, const struct list_wanted *x, size_t limit, struct list_found **out, size_t *n, bool *more, int64_t *total)
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
	*out = ARENA_NEW(&op->arena, struct list_found);
	(*out)->id = into ? into : x->only;
	*n = 1;
	if (total) *total = 1;
	return OK;
}
