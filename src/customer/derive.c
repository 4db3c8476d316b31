/* Derived rows are recomputed whole from what they derive from, never added to: so a replay, an undone join and an
 * erasure need no arithmetic of their own. */
#include "customer/derive.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "customer/search.h"
#include "json/json.h"
#include "op/app.h"

enum {
	SEARCH_BYTES = 4096,
	TRAIT_BYTES = 65536,
	INDEXED_BYTES = 500, /* of what lists are sorted and filtered by: PostgreSQL indexes at most 2,704 bytes */
};

struct derived {
	str name, given, family, called, email, phone, country, language, identity;
	bool is_known;
	struct buf search;
};

static str trait_text(struct op *op, str json)
{
	const struct json_node *node;
	if (json_tree(&op->arena, json, TRAIT_BYTES, &node, NULL) != OK || node->type != JSON_STRING) return STR_NONE;
	str text = str_trim(node->text);
	return text.n ? text : STR_NONE;
}

/* Segment's reserved traits, in both spellings, and what a person may be called. */
static str *place_of(struct derived *d, str trait)
{
	static const struct {
		const char *trait;
		size_t place;
	} places[] = {
		{"name", offsetof(struct derived, name)},
		{"firstName", offsetof(struct derived, given)},
		{"first_name", offsetof(struct derived, given)},
		{"lastName", offsetof(struct derived, family)},
		{"last_name", offsetof(struct derived, family)},
		{"called", offsetof(struct derived, called)},
		{"preferredName", offsetof(struct derived, called)},
		{"preferred_name", offsetof(struct derived, called)},
		{"nickname", offsetof(struct derived, called)},
		{"email", offsetof(struct derived, email)},
		{"phone", offsetof(struct derived, phone)},
		{"country", offsetof(struct derived, country)},
		{"language", offsetof(struct derived, language)},
		{"locale", offsetof(struct derived, language)},
	};
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (str_eq(trait, str_of(places[i].trait))) return (str *)((char *)d + places[i].place);
	return NULL;
}

/* Names entered by hand win over what was sent. */
static enum err from_names(struct op *op, id customer, struct derived *d)
{
	struct db_rows own;
	TRY(op_query(op, SQL_customer_name_rows, DB_ARGS(db_id(customer)), &own));
	if (own.n == 0) return OK;
	str called = db_rows_text(&own, 0, 0), given = db_rows_text(&own, 0, 1), family = db_rows_text(&own, 0, 2), order = db_rows_text(&own, 0, 3);
	if (str_given(called)) d->called = called;
	if (!str_given(given) && !str_given(family)) return OK;
	d->given = given;
	d->family = family;
	enum name_order own_order = str_eq(order, S("given-first"))    ? NAME_GIVEN_FIRST
	                            : str_eq(order, S("family-first")) ? NAME_FAMILY_FIRST
	                                                               : NAME_ORDER_OF_SCRIPT;
	d->name = i18n_person_name(&op->arena, own_order, given, family);
	return OK;
}

static enum err from_traits(struct op *op, id customer, struct derived *d)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_customer_traits, DB_ARGS(db_id(customer)), &rows));
	for (size_t i = 0; i < rows.n; i++) { /* oldest first: the latest stays */
		str *place = place_of(d, db_rows_text(&rows, i, 0)), text = trait_text(op, db_rows_text(&rows, i, 1));
		if (place && str_given(text)) *place = text;
	}
	if (!str_given(d->name) && (str_given(d->given) || str_given(d->family))) d->name = i18n_person_name(&op->arena, NAME_ORDER_OF_SCRIPT, d->given, d->family);
	return OK;
}

static enum err from_identities(struct op *op, id customer, struct derived *d)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_customer_contact, DB_ARGS(db_id(customer)), &rows));
	for (size_t i = 0; i < rows.n; i++) {
		str kind = db_rows_text(&rows, i, 0), shown = db_rows_text(&rows, i, 1);
		bool is_known = !str_eq(kind, S("anonymous_id"));
		if (!str_given(d->identity) || (is_known && !d->is_known)) d->identity = shown;
		if (is_known) d->is_known = true;
		if (str_eq(kind, S("email")) && !str_given(d->email)) d->email = shown;
		if (str_eq(kind, S("phone")) && !str_given(d->phone)) d->phone = shown;
		if (is_known) identity_words(&op->arena, &d->search, kind, db_rows_text(&rows, i, 2), shown);
	}
	return OK;
}

enum err customer_count_amounts(struct op *op)
{
	TRY(op_run(op, SQL_customer_amount_remove_all, DB_NO_ARGS, NULL));
	return op_run(op, SQL_customer_amount_put_all, DB_NO_ARGS, NULL);
}

/* Statements are asked of so many customers together: their number, with NULL where there are fewer. */
enum { AT_ONCE = 16 };
struct some {
	size_t n;
	const uint32_t *numbers;
	id ids[AT_ONCE];
	struct db_val values[AT_ONCE];
};

static void ask_of(struct op *op, const uint32_t *numbers, size_t n, struct some *out)
{
	out->n = n;
	out->numbers = numbers;
	for (size_t i = 0; i < AT_ONCE; i++) {
		out->ids[i] = i < n ? people_id(op->app->people, numbers[i]) : 0;
		out->values[i] = db_id(out->ids[i]); /* 0 is NULL */
	}
}

static size_t place_among(const struct some *some, id customer)
{
	size_t i = 0;
	while (i + 1 < some->n && some->ids[i] != customer) i++;
	return i;
}

struct figures { /* of orders, as values of the customer's row */
	struct db_val orders, sold, returned, first_at, last_at, first_seen, last_seen;
	str country; /* where the orders went */
};

/* One for each. Amounts are put, the rest is the caller's to put. */
static enum err read_figures(struct op *op, const struct some *some, struct figures *out)
{
	enum { CUSTOMER, ORDERS, SOLD, RETURNED, FIRST, LAST, COUNTRY };
	struct db_rows o;
	for (size_t i = 0; i < some->n; i++) {
		int64_t first, last;
		uint64_t heard;
		people_heard(op->app->people, some->numbers[i], &first, &last, &heard);
		out[i] = (struct figures){.orders = db_int(0), .sold = db_int(0), .returned = db_int(0), .first_at = db_null(), .last_at = db_null(),
		                          .first_seen = db_int_or_null(first), .last_seen = db_int_or_null(last)};
	}
	TRY(op_query(op, SQL_customer_order_figures, some->values, AT_ONCE, &o));
	for (size_t row = 0; row < o.n; row++) {
		struct figures *f = &out[place_among(some, db_rows_id(&o, row, CUSTOMER))];
		f->orders = db_int(db_rows_int(&o, row, ORDERS));
		f->sold = db_int(db_rows_int(&o, row, SOLD));
		f->returned = db_int(db_rows_int(&o, row, RETURNED));
		f->first_at = db_int_or_null(db_rows_int(&o, row, FIRST));
		f->last_at = db_int_or_null(db_rows_int(&o, row, LAST));
		f->country = db_rows_text(&o, row, COUNTRY);
	}
	TRY(op_put(op, SQL_customer_amount_remove, some->values, AT_ONCE));
	return o.n ? op_put(op, SQL_customer_amount_put, some->values, AT_ONCE) : OK; /* most customers have ordered nothing */
}

/* What is said of a person's country counts before where orders went. */
static struct db_val country(const struct figures *f, str said)
{
	return db_text(utf8_cut(str_given(said) ? said : f->country, INDEXED_BYTES));
}

static enum err put(struct op *op, uint32_t number, struct derived *d)
{
	id customer = people_id(op->app->people, number);
	struct some one;
	struct figures f;
	ask_of(op, &number, 1, &one);
	TRY(read_figures(op, &one, &f));
	str shown = str_given(d->name) ? d->name : d->called;
	search_add(&op->arena, &d->search, d->name);
	search_add(&op->arena, &d->search, d->called);
	str search = buf_str(&d->search), key = str_given(shown) ? str_sub(i18n_sort_key(&op->arena, shown), 0, INDEXED_BYTES) : identity_sort_key(&op->arena, d->identity);
	TRY(search_put(op, customer, search));
	return op_put(op, SQL_customer_put_derived,
	              DB_ARGS(db_id(customer), db_bool(d->is_known), db_text(d->name), db_text(d->given), db_text(d->family),
	                      db_text(d->called), db_text(d->email), db_text(d->phone), country(&f, d->country), db_text(d->language),
	                      db_blob(key), db_text(search), f.orders, f.sold, f.returned, f.first_at, f.last_at, f.first_seen, f.last_seen));
}

static enum err refresh_orders(struct op *op, const struct some *some)
{
	enum { CUSTOMER, COUNTRY };
	struct figures figures[AT_ONCE];
	str said[AT_ONCE] = {{0}};
	struct db_rows rows;
	TRY(read_figures(op, some, figures));
	TRY(op_query(op, SQL_customer_country_said, some->values, AT_ONCE, &rows));
	for (size_t i = 0; i < rows.n; i++) { /* oldest first: the latest stays */
		str text = trait_text(op, db_rows_text(&rows, i, COUNTRY));
		if (str_given(text)) said[place_among(some, db_rows_id(&rows, i, CUSTOMER))] = text;
	}
	for (size_t i = 0; i < some->n; i++) {
		const struct figures *f = &figures[i];
		TRY(op_put(op, SQL_customer_put_orders,
		           DB_ARGS(some->values[i], country(f, said[i]), f->orders, f->sold, f->returned, f->first_at, f->last_at, f->first_seen, f->last_seen)));
	}
	return OK;
}

enum err customer_refresh_orders(struct op *op, const uint32_t *customers, size_t n)
{
	for (size_t i = 0; i < n; i += AT_ONCE) {
		struct some some;
		ask_of(op, customers + i, n - i < AT_ONCE ? n - i : AT_ONCE, &some);
		TRY(refresh_orders(op, &some));
	}
	return OK;
}

enum err customer_refresh(struct op *op, uint32_t number)
{
	struct derived d = {0};
	id customer = people_id(op->app->people, number);
	buf_init(&d.search, SEARCH_BYTES);
	enum err e = from_traits(op, customer, &d);
	if (e == OK) e = from_names(op, customer, &d);
	if (e == OK) e = from_identities(op, customer, &d);
	if (e == OK) people_set_known(op->app->people, number, d.is_known);
	if (e == OK) e = put(op, number, &d);
	buf_release(&d.search);
	return e;
}

enum err customer_refresh_consent(struct op *op, uint32_t number)
{
	struct db_rows rows;
	uint32_t granted = 0, denied = 0, refused = 0;
	TRY(op_query(op, SQL_consent_of_customer, DB_ARGS(db_id(people_id(op->app->people, number))), &rows));
	for (size_t i = 0; i < rows.n; i++) {
		uint32_t bit = 1u << (db_rows_int(&rows, i, 0) & 31);
		if (db_rows_bool(&rows, i, 1))
			granted |= bit;
		else
			denied |= bit;
		if (!db_rows_bool(&rows, i, 1) && !str_eq(db_rows_text(&rows, i, 2), S("carried"))) refused |= bit;
	}
	people_set_consent(op->app->people, number, granted & ~denied, denied, refused);
	return OK;
}
