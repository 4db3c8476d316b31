/* Most identities that arrive are new and belong to nobody yet, so their rows are put off and written in bulk; any
 * statement that could meet them is preceded by identity_flush. What is in memory (people) is always complete.
 *
 * Conflicts are found in records, not in memory: joins are rare, and the sources of a user id are needed only then. */
#include "customer/identity.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "customer/derive.h"
#include "customer/people.h"
#include "customer/search.h"
#include "op/app.h"

enum { WORDS_BYTES = 2048, SORT_KEY_BYTES = 100 };

struct new_identity {
	struct identity identity;
	id customer;
	int64_t source, seen_ms;
};
struct new_customer {
	id id;
	uint32_t number;
	int64_t seen_ms;
	bool is_known;
	str search, sort_key;
};
struct new_source {
	uint32_t subject;
	int64_t source;
};
struct pending {
	struct op *op;
	VEC(struct new_identity) identities;
	VEC(struct new_customer) customers;
	VEC(struct new_source) sources;
	const id *born; /* identity_reborn */
	size_t n_born;
};

static void forget_pending(void *arg)
{
	void **slot = arg;
	*slot = NULL;
}

/* Lives as long as the op: the slot is emptied with it. */
static struct pending *pending_of(struct op *op)
{
	void **slot = people__slot(op->app->people);
	struct pending *p = *slot;
	if (!p) {
		p = ARENA_NEW(&op->arena, struct pending);
		p->op = op;
		*slot = p;
		op_defer(op, forget_pending, slot);
	}
	assert(p->op == op); /* one writer at a time: people_lock */
	return p;
}

struct subject_key identity_key(const struct app *app, str kind, str value)
{
	enum { ROOM = 1024 };
	unsigned char text[ROOM];
	struct subject_key key;
	_Static_assert(crypto_shorthash_siphashx24_BYTES == sizeof key, "128 bits");
	assert(kind.n + 1 + value.n <= ROOM);
	memcpy(text, kind.p, kind.n);
	text[kind.n] = 0;
	memcpy(text + kind.n + 1, value.p, value.n);
	crypto_shorthash_siphashx24((unsigned char *)&key, text, kind.n + 1 + value.n, app->secret);
	return key;
}

static bool is_known_kind(str kind)
{
	return !str_eq(kind, S("anonymous_id"));
}

static struct identity copied(struct op *op, const struct identity *i)
{
	return (struct identity){i->subject, str_dup(&op->arena, i->kind), str_dup(&op->arena, i->value), str_dup(&op->arena, i->shown)};
}

static enum err note_source(struct op *op, const struct identity *i, uint16_t source, bool is_new)
{
	if (!str_eq(i->kind, S("user_id"))) return OK;
	struct pending *p = pending_of(op);
	if (is_new) {
		VEC_PUSH(&p->sources, &op->arena, ((struct new_source){i->subject, source}));
		return OK;
	}
	return op_put(op, SQL_identity_source_add, DB_ARGS(db_int(i->subject), db_int(source)));
}

static enum err add_to(struct op *op, const struct identity *i, uint32_t customer, uint16_t source, int64_t seen_ms)
{
	struct people *people = op->app->people;
	struct pending *p = pending_of(op);
	VEC_PUSH(&p->identities, &op->arena, ((struct new_identity){copied(op, i), people_id(people, customer), source, seen_ms}));
	people_put(people, i->subject, customer, is_known_kind(i->kind));
	return note_source(op, i, source, true);
}

void identity_words(struct arena *a, struct buf *words, str kind, str value, str shown)
{
	search_add(a, words, shown);
	if (str_eq(kind, S("phone"))) search_add(a, words, value); /* without the blanks in it */
}

static str words_of(struct op *op, const struct identity *i)
{
	struct buf words;
	buf_init(&words, WORDS_BYTES);
	identity_words(&op->arena, &words, i->kind, i->value, i->shown);
	str text = str_dup(&op->arena, buf_str(&words));
	buf_release(&words);
	return text;
}

str identity_sort_key(struct arena *a, str shown)
{
	return str_fmt(a, "\xFF%.*s", STR_ARG(utf8_cut(shown, SORT_KEY_BYTES)));
}

void identity_reborn(struct op *op, const id *born, size_t n)
{
	struct pending *p = pending_of(op);
	p->born = born;
	p->n_born = n;
}

static bool was_born(struct op *op, uint32_t subject, uint32_t *number)
{
	const struct pending *p = pending_of(op);
	return subject < p->n_born && p->born[subject] && people_find(op->app->people, p->born[subject], number);
}

enum err identity_note(struct op *op, const struct identity *i, uint16_t source, int64_t seen_ms)
{
	struct people *people = op->app->people;
	if (people_is_suppressed(people, i->subject)) return OK;
	if (people_customer(people, i->subject)) return note_source(op, i, source, false);
	uint32_t number;
	if (was_born(op, i->subject, &number)) {
		TRY(op_put(op, SQL_customer_unmerge, DB_ARGS(db_id(people_id(people, number)))));
		return add_to(op, i, number, source, seen_ms);
	}
	id made = id_new();
	number = people_add(people, made);
	struct pending *p = pending_of(op);
	TRY(add_to(op, i, number, source, seen_ms));
	struct new_customer c = {made, number, seen_ms, is_known_kind(i->kind), S(""), identity_sort_key(&op->arena, i->shown)};
	if (c.is_known) c.search = words_of(op, i);
	VEC_PUSH(&p->customers, &op->arena, c);
	return OK;
}

static enum err flush_customers(struct op *op, struct db *db, struct pending *p)
{
	static const char *const columns[] = {"id", "number", "first_seen_at", "last_seen_at", "is_known", "search", "sort_key", "orders",
	                                      "units_sold", "units_returned"};
	enum { N = COUNT_OF(columns) };
	struct db_val *v = ARENA_ARRAY(&op->arena, struct db_val, p->customers.n * N), *to = v;
	for (size_t i = 0; i < p->customers.n; i++) {
		const struct new_customer *c = &p->customers.v[i];
		*to++ = db_id(c->id);
		*to++ = db_int(c->number);
		*to++ = db_int(c->seen_ms);
		*to++ = db_int(c->seen_ms);
		*to++ = db_bool(c->is_known);
		*to++ = db_text(c->search);
		*to++ = db_blob(c->sort_key);
		for (int zero = 0; zero < 3; zero++) *to++ = db_int(0);
	}
	return db_bulk_insert(db, "customer", columns, N, v, p->customers.n, &op->fault);
}

/* The words of new customers: theirs alone, so that no row can meet another. */
static enum err flush_words(struct op *op, struct db *db, struct pending *p)
{
	static const char *const columns[] = {"word", "customer"};
	VEC(struct db_val) v = {0};
	for (size_t i = 0; i < p->customers.n; i++) {
		for (str rest = p->customers.v[i].search; rest.n;) {
			VEC_PUSH(&v, &op->arena, db_text(str_cut(&rest, ' ')));
			VEC_PUSH(&v, &op->arena, db_id(p->customers.v[i].id));
		}
	}
	return v.n ? db_bulk_insert(db, "customer_word", columns, COUNT_OF(columns), v.v, v.n / COUNT_OF(columns), &op->fault) : OK;
}

static enum err flush_identities(struct op *op, struct db *db, struct pending *p)
{
	static const char *const columns[] = {"subject", "kind", "value", "shown", "customer", "born", "source", "seen_at"};
	enum { N = COUNT_OF(columns) };
	struct db_val *v = ARENA_ARRAY(&op->arena, struct db_val, p->identities.n * N), *to = v;
	for (size_t i = 0; i < p->identities.n; i++) {
		const struct new_identity *n = &p->identities.v[i];
		*to++ = db_int(n->identity.subject);
		*to++ = db_text(n->identity.kind);
		*to++ = db_text(n->identity.value);
		*to++ = db_text(n->identity.shown);
		*to++ = db_id(n->customer);
		*to++ = db_id(n->customer);
		*to++ = db_int(n->source);
		*to++ = db_int(n->seen_ms);
	}
	return db_bulk_insert(db, "identity", columns, N, v, p->identities.n, &op->fault);
}

enum err identity_flush(struct op *op)
{
	struct pending *p = *people__slot(op->app->people);
	struct db *db;
	if (!p || p->op != op) return OK;
	TRY(op_db(op, &db));
	if (p->customers.n) TRY(flush_customers(op, db, p));
	if (p->customers.n) TRY(flush_words(op, db, p));
	if (p->identities.n) TRY(flush_identities(op, db, p));
	for (size_t i = 0; i < p->sources.n; i++)
		TRY(op_put(op, SQL_identity_source_add, DB_ARGS(db_int(p->sources.v[i].subject), db_int(p->sources.v[i].source))));
	p->customers.n = p->identities.n = p->sources.n = 0;
	return OK;
}

/* ---- joins ---- */

enum err identity_conflict(struct op *op, id a, id b, struct identity_conflict *out)
{
	struct db_rows rows;
	*out = (struct identity_conflict){.kind = IDENTITY_FREE};
	TRY(op_query(op, SQL_identity_user_conflict, DB_ARGS(db_id(a), db_id(b)), &rows));
	if (rows.n) {
		*out = (struct identity_conflict){IDENTITY_TWO_USERS, db_rows_text(&rows, 0, 0), db_rows_text(&rows, 0, 1), STR_NONE};
		return OK;
	}
	TRY(op_query(op, SQL_identity_kind_past, DB_ARGS(db_id(a), db_id(b), db_int(IDENTITY_MOST)), &rows));
	if (rows.n) *out = (struct identity_conflict){.kind = IDENTITY_TOO_MANY, .of = db_rows_text(&rows, 0, 0)};
	return OK;
}

static enum err suggest(struct op *op, uint32_t a, uint32_t b, const char *rule, str evidence, const char *reason)
{
	return op_put(op, SQL_join_suggestion_add,
	              DB_ARGS(db_id(id_new()), db_int(a), db_int(b), db_text(str_of(rule)), db_text(evidence), db_text(str_of(reason)),
	                      db_int(op->now_ms)));
}

static enum err refuse_value(struct op *op, uint32_t subject)
{
	people_set_illegal(op->app->people, subject);
	return op_put(op, SQL_illegal_identity_of_subject, DB_ARGS(db_int(subject), db_int(op->now_ms)));
}

static enum err move_all(struct op *op, uint32_t from, uint32_t to)
{
	struct people *people = op->app->people;
	uint32_t *subjects;
	size_t n = people_subjects(people, from, &op->arena, &subjects);
	bool known = people_is_known(people, from);
	for (size_t i = 0; i < n; i++) people_put(people, subjects[i], to, known);
	id from_id = people_id(people, from), to_id = people_id(people, to);
	TRY(op_put(op, SQL_identity_move_all, DB_ARGS(db_id(from_id), db_id(to_id))));
	TRY(op_put(op, SQL_customer_word_remove, DB_ARGS(db_id(from_id))));
	return op_put(op, SQL_customer_merge_into, DB_ARGS(db_id(from_id), db_id(to_id)));
}

static enum err add_edge(struct op *op, uint32_t a, uint32_t b, const char *rule, str evidence, str by)
{
	return op_put(op, SQL_edge_add,
	              DB_ARGS(db_id(id_new()), db_int(a), db_int(b), db_text(str_of(rule)), db_text(evidence), db_int(op->now_ms), db_text(by)));
}

/* Joins two customers that differ; the edge between a and b says why. */
static enum err join_customers(struct op *op, uint32_t a, uint32_t b)
{
	struct people *people = op->app->people;
	uint32_t first = people_customer(people, a), second = people_customer(people, b);
	if (first == second) return OK;
	bool first_is_older = people_id(people, first) < people_id(people, second);
	uint32_t stays = first_is_older ? first : second;
	TRY(move_all(op, first_is_older ? second : first, stays));
	TRY(customer_refresh_consent(op, stays));
	return customer_refresh(op, stays);
}

enum err identity_join(struct op *op, uint32_t a, uint32_t b, const char *rule, str evidence, str by)
{
	struct people *people = op->app->people;
	uint32_t first = people_customer(people, a), second = people_customer(people, b);
	struct identity_conflict conflict;
	struct db_rows known;
	if (!first || !second || a == b) return OK;
	TRY(identity_flush(op));
	TRY(op_query(op, SQL_edge_between, DB_ARGS(db_int(a), db_int(b)), &known));
	if (known.n) return OK;
	if (str_eq(str_of(rule), S("first_user"))) people_set_linked(people, a, true);
	if (first == second) return add_edge(op, a, b, rule, evidence, by);
	TRY(identity_conflict(op, people_id(people, first), people_id(people, second), &conflict));
	if (conflict.kind == IDENTITY_TWO_USERS) return suggest(op, a, b, rule, evidence, "user_id_conflict");
	if (conflict.kind == IDENTITY_TOO_MANY) {
		TRY(refuse_value(op, a));
		return suggest(op, a, b, rule, evidence, "too_many");
	}
	TRY(add_edge(op, a, b, rule, evidence, by));
	return join_customers(op, a, b);
}

enum err identity_rejoin(struct op *op, uint32_t a, uint32_t b)
{
	struct people *people = op->app->people;
	struct identity_conflict conflict;
	uint32_t first = people_customer(people, a), second = people_customer(people, b);
	if (!first || !second || first == second) return OK;
	TRY(identity_flush(op));
	TRY(identity_conflict(op, people_id(people, first), people_id(people, second), &conflict));
	return conflict.kind == IDENTITY_FREE ? join_customers(op, a, b) : OK;
}

enum err identity_join_by_hand(struct op *op, uint32_t a, uint32_t b, str by)
{
	struct people *people = op->app->people;
	struct identity_conflict conflict;
	struct db_rows known;
	uint32_t first = people_customer(people, a), second = people_customer(people, b);
	if (!first || !second) return fail(op, ERR_NOT_FOUND, "other", "there is no such customer");
	if (first == second) return fail(op, ERR_STATE, "other", "is this customer already");
	TRY(identity_flush(op));
	TRY(identity_conflict(op, people_id(people, first), people_id(people, second), &conflict));
	if (conflict.kind == IDENTITY_TWO_USERS)
		return fail(op, ERR_STATE, "other", "the profiles hold two different user ids of one source: a profile can hold only one of them");
	if (conflict.kind == IDENTITY_TOO_MANY) return fail(op, ERR_STATE, "other", "one profile holds at most %d identities of a kind", IDENTITY_MOST);
	TRY(op_query(op, SQL_edge_between, DB_ARGS(db_int(a), db_int(b)), &known));
	if (known.n)
		TRY(op_put(op, SQL_edge_renew, DB_ARGS(db_id(db_rows_id(&known, 0, 0)), db_int(op->now_ms), db_text(by))));
	else
		TRY(add_edge(op, a, b, "by_hand", S(""), by));
	return join_customers(op, a, b);
}

/* ---- taking a join back ---- */

struct part {
	uint32_t *subjects;
	size_t n;
};

static size_t find_root(size_t *parent, size_t i)
{
	while (parent[i] != i) i = parent[i] = parent[parent[i]];
	return i;
}

static size_t index_of(const uint32_t *subjects, size_t n, int64_t subject)
{
	for (size_t i = 0; i < n; i++)
		if (subjects[i] == subject) return i;
	return n;
}

/* The connected parts of a customer's subjects under the edges that still hold, the oldest subject's part first. */
static enum err split(struct op *op, uint32_t customer, struct part **parts, size_t *n_parts)
{
	uint32_t *subjects;
	size_t n = people_subjects(op->app->people, customer, &op->arena, &subjects);
	size_t *parent = ARENA_ARRAY(&op->arena, size_t, n);
	struct db_rows edges;
	for (size_t i = 0; i < n; i++) parent[i] = i;
	TRY(op_query(op, SQL_customer_edges, DB_ARGS(db_id(people_id(op->app->people, customer))), &edges));
	for (size_t e = 0; e < edges.n; e++) {
		size_t a = index_of(subjects, n, db_rows_int(&edges, e, 1)), b = index_of(subjects, n, db_rows_int(&edges, e, 2));
		if (a < n && b < n) parent[find_root(parent, a)] = find_root(parent, b);
	}
	*parts = ARENA_ARRAY(&op->arena, struct part, n);
	*n_parts = 0;
	size_t *part_of = ARENA_ARRAY(&op->arena, size_t, n);
	for (size_t i = 0; i < n; i++) part_of[i] = SIZE_MAX;
	for (size_t round = 0; round < n; round++) { /* subjects in order of number: the oldest first */
		size_t least = n;
		for (size_t i = 0; i < n; i++)
			if (subjects[i] && (least == n || subjects[i] < subjects[least])) least = i;
		size_t root = find_root(parent, least);
		if (part_of[root] == SIZE_MAX) {
			part_of[root] = (*n_parts)++;
			(*parts)[part_of[root]].subjects = ARENA_ARRAY(&op->arena, uint32_t, n);
		}
		struct part *part = &(*parts)[part_of[root]];
		part->subjects[part->n++] = subjects[least];
		subjects[least] = 0;
	}
	return OK;
}

/* The customer that a split-off part becomes: the one that its oldest identity began as, when it is free. */
static enum err customer_for(struct op *op, const struct part *part, uint32_t *number)
{
	struct people *people = op->app->people;
	struct db_rows born;
	uint32_t *taken;
	TRY(op_query(op, SQL_identity_born, DB_ARGS(db_int(part->subjects[0])), &born));
	id was = born.n ? db_rows_id(&born, 0, 0) : 0;
	if (was && people_find(people, was, number) && people_subjects(people, *number, &op->arena, &taken) == 0)
		return op_put(op, SQL_customer_unmerge, DB_ARGS(db_id(was)));
	id made = id_new();
	*number = people_add(people, made);
	return op_put(op, SQL_customer_add, DB_ARGS(db_id(made), db_int(*number), db_int(op->now_ms)));
}

static enum err give_part(struct op *op, const struct part *part, uint32_t *number)
{
	struct people *people = op->app->people;
	TRY(customer_for(op, part, number));
	id to = people_id(people, *number);
	for (size_t i = 0; i < part->n; i++) {
		people_put(people, part->subjects[i], *number, false);
		TRY(op_put(op, SQL_identity_move, DB_ARGS(db_int(part->subjects[i]), db_id(to))));
		TRY(op_put(op, SQL_customer_lead_to, DB_ARGS(db_int(part->subjects[i]), db_id(to))));
	}
	TRY(customer_refresh_consent(op, *number));
	return customer_refresh(op, *number);
}

/* The edges that hold a subject to the part of its customer that holds the first one; taken back, the subject leaves with
 * what hangs on it alone. */
static enum err cut(struct op *op, uint32_t customer, uint32_t subject, str by)
{
	uint32_t *subjects;
	struct db_rows edges;
	size_t n = people_subjects(op->app->people, customer, &op->arena, &subjects), least = 0, cuts = 0;
	size_t *parent = ARENA_ARRAY(&op->arena, size_t, n);
	for (size_t i = 0; i < n; i++) {
		parent[i] = i;
		if (subjects[i] < subjects[least]) least = i;
	}
	if (subjects[least] == subject) return fail(op, ERR_STATE, "identity", "the profile began with it: take the others out");
	TRY(op_query(op, SQL_customer_edges, DB_ARGS(db_id(people_id(op->app->people, customer))), &edges));
	for (size_t e = 0; e < edges.n; e++) {
		size_t a = index_of(subjects, n, db_rows_int(&edges, e, 1)), b = index_of(subjects, n, db_rows_int(&edges, e, 2));
		if (a < n && b < n && subjects[a] != subject && subjects[b] != subject) parent[find_root(parent, a)] = find_root(parent, b);
	}
	for (size_t e = 0; e < edges.n; e++) {
		size_t a = index_of(subjects, n, db_rows_int(&edges, e, 1)), b = index_of(subjects, n, db_rows_int(&edges, e, 2));
		if (a >= n || b >= n || (subjects[a] != subject && subjects[b] != subject)) continue;
		if (find_root(parent, subjects[a] == subject ? b : a) != find_root(parent, least)) continue;
		TRY(op_put(op, SQL_edge_undo, DB_ARGS(db_id(db_rows_id(&edges, e, 0)), db_int(op->now_ms), db_text(by))));
		cuts++;
	}
	return cuts ? OK : fail(op, ERR_STATE, "identity", "no join holds it here");
}

enum err identity_separate(struct op *op, uint32_t subject, str by, id *from, id *to)
{
	struct people *people = op->app->people;
	uint32_t customer = people_customer(people, subject), number;
	struct part *parts;
	size_t n;
	if (!customer) return fail(op, ERR_NOT_FOUND, "identity", "there is no such identity");
	TRY(identity_flush(op));
	TRY(cut(op, customer, subject, by));
	TRY(split(op, customer, &parts, &n));
	for (size_t i = 1; i < n; i++) TRY(give_part(op, &parts[i], &number));
	TRY(customer_refresh_consent(op, customer));
	*from = people_id(people, customer);
	*to = people_id(people, people_customer(people, subject));
	return customer_refresh(op, customer);
}
