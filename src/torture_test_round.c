/* torture_test_round.c: see torture_test.h. */
#include "torture_test.h"

#include "base/buf.h"
#include "collect/appliers.h"
#include "collect/intake.h"
#include "collect/segment.h"
#include "consent/consent.h"
#include "db/driver.h"
#include "json/json.h"

enum { DUMP_BYTES = 1 << 20, PARAMETERS = 3 };

static struct op *begin(struct torture *t, bool is_write)
{
	struct op *op = ARENA_NEW(&t->records->arena, struct op);
	op_init(op, &t->app, (struct actor){.kind = ACTOR_COMMAND, .name = S("torture")}, is_write);
	return op;
}

static void end(struct op *op, enum err e)
{
	char room[400];
	if (op_end(op, e) != OK) fail_msg("%s", fault_text(&op->fault, room, sizeof room));
	op_release(op);
}

static void make_sources(struct torture *t)
{
	struct op *op = begin(t, true);
	enum err e = source_ensure(op, S("Shop"), SOURCE_SERVER, true, PURPOSES_ASSURED_DEFAULT, &t->shop);
	if (e == OK) e = source_ensure(op, S("Site"), SOURCE_WEBSITE, false, 0, &t->site);
	end(op, e);
}

static int set_up(void **state, bool is_postgres)
{
	struct torture *t = test_calloc(1, sizeof *t);
	void *records;
	records_setup(&records, is_postgres);
	t->records = records;
	/* Its own pool would stand beside the workspace's, and the database is tied to another directory. */
	db_pool_close(t->records->app.records);
	t->records->app.records = NULL;
	if (is_postgres) records_new_database(t->records->url, sizeof t->records->url);
	/* In memory: hundreds of workspaces' worth of syncs say nothing here. */
	snprintf(t->dir, sizeof t->dir, "%s/hospes-test-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(t->dir));
	struct app_options o = {.dir = str_of(t->dir), .database = is_postgres ? str_of(t->records->url) : STR_NONE};
	assert_ok(app_open(&t->app, &o, NULL));
	t->reader = json_reader_new(1 << 20);
	log_set_level(LOG_ERROR + 1);
	make_sources(t);
	*state = t;
	return 0;
}

static int set_up_sqlite(void **state) { return set_up(state, false); }
static int set_up_postgres(void **state) { return set_up(state, true); }

static int tear_down(void **state)
{
	struct torture *t = *state;
	void *records = t->records;
	db_fail_nth(0, 0, OK);
	app_close(&t->app);
	json_reader_free(t->reader);
	records_remove_dir(t->dir);
	test_free(t);
	return records_teardown(&records);
}

int torture_run(const struct records_test *tests, size_t n)
{
	static char names[2 * RECORDS_TESTS_MAX][160];
	static struct CMUnitTest all[2 * RECORDS_TESTS_MAX];
	size_t total = 0;
	records_find_cluster();
	for (int postgres = 0; postgres <= (records_cluster[0] != 0); postgres++)
		for (size_t i = 0; i < n; i++) {
			snprintf(names[total], sizeof names[total], "%s on %s", tests[i].name, postgres ? "postgres" : "sqlite");
			all[total] = (struct CMUnitTest){.name = names[total], .test_func = tests[i].run, .setup_func = postgres ? set_up_postgres : set_up_sqlite, .teardown_func = tear_down};
			total++;
		}
	return _cmocka_run_group_tests("torture", all, total, NULL, NULL);
}

void torture_next_round(struct torture *t)
{
	static int round;
	str tag = str_fmt(&t->records->arena, "7%06d", ++round);
	memcpy(t->tag, tag.p, sizeof t->tag);
	t->subjects = events_subject_count(t->app.events);
	t->customers = people_customers(t->app.people);
}

str torture_text(struct torture *t, const char *text)
{
	struct buf b;
	buf_init(&b, DUMP_BYTES);
	for (; *text; text++)
		if (*text == '%') buf_add(&b, str_of(t->tag));
		else buf_byte(&b, *text);
	for (int i = 0; i < JSON_PADDING; i++) buf_byte(&b, ' ');
	str whole = str_dup(&t->records->arena, buf_str(&b));
	buf_release(&b);
	return str_sub(whole, 0, whole.n - JSON_PADDING);
}

void torture_send(struct torture *t, const struct source *source, const char *events)
{
	struct arena a = {0};
	struct segment_options options = SEGMENT_OPTIONS;
	struct segment_body body;
	options.received_ms = INT64_C(1717200000000);
	assert_ok(segment_read(t->reader, &a, torture_text(t, events), SEGMENT_BATCH, &options, &body, NULL));
	struct intake *in = intake_new(&t->app, &a, source, options.received_ms);
	for (const struct segment_item *item = body.first; item; item = item->next) {
		assert_null(item->reason);
		(void)intake_add(in, &item->touchpoint, 0);
	}
	assert_ok(intake_commit_wait(in));
	arena_release(&a);
}

void torture_catch_up(struct torture *t)
{
	assert_true(appliers_catch_up(&t->app, TORTURE_PATIENCE_MS));
	assert_int_equal(appliers_unapplied(&t->app), 0);
}

/* ---- records as text ---- */

/* ?1: subjects before the round, ?2: customers before it, ?3: its tag. They end each row, so that all are used in each. */
#define CUSTOMER(id) "(SELECT number - ?2 FROM customer WHERE id = " id ")"
static const char *const TABLES[] = {
	"SELECT 'identity', subject - ?1, " CUSTOMER("identity.customer") ", " CUSTOMER("identity.born") ", kind, value, shown, source, seen_at, ?1, ?2, ?3 FROM identity WHERE subject > ?1 ORDER BY subject",
	"SELECT 'customer', number - ?2, (SELECT number - ?2 FROM customer m WHERE m.id = customer.merged_into), erased_at IS NULL, first_seen_at, is_known, name, given_name, "
	"family_name, called, email, phone, country, language, sort_key, search, orders, units_sold, units_returned, first_order_at, last_order_at, ?1, ?2, ?3 FROM "
	"customer WHERE number > ?2 ORDER BY number",
	"SELECT 'amount', " CUSTOMER("customer_amount.customer") ", currency, orders, refunds, revenue_micro, refund_micro, ?1, ?2, ?3 FROM customer_amount WHERE customer IN (SELECT id FROM "
	"customer WHERE number > ?2) ORDER BY 2, currency",
	"SELECT 'word', " CUSTOMER("customer_word.customer") ", word, ?1, ?2, ?3 FROM customer_word WHERE customer IN (SELECT id FROM customer WHERE number > ?2) ORDER BY 2, word",
	"SELECT 'source', subject - ?1, source, ?1, ?2, ?3 FROM identity_source WHERE subject > ?1 ORDER BY subject, source",
	"SELECT 'edge', a - ?1, b - ?1, rule, evidence, made_by, undone_at IS NULL, undone_by, ?1, ?2, ?3 FROM edge WHERE a > ?1 ORDER BY a, b",
	"SELECT 'suggestion', a - ?1, b - ?1, rule, evidence, reason, decision, ?1, ?2, ?3 FROM join_suggestion WHERE a > ?1 ORDER BY a, b",
	"SELECT 'trait', subject - ?1, name, value, at, source, ?1, ?2, ?3 FROM trait WHERE subject > ?1 ORDER BY subject, name",
	"SELECT 'consent', subject - ?1, purpose, is_granted, CASE WHEN how = 'hand' THEN 0 ELSE at END, how, source, wording, actor, ?1, ?2, ?3 FROM consent WHERE subject > ?1 ORDER BY "
	"subject, purpose, how, at, is_granted",
	"SELECT 'state', subject - ?1, purpose, is_granted, CASE WHEN how = 'hand' THEN 0 ELSE at END, how, ?1, ?2, ?3 FROM consent_state WHERE subject > ?1 ORDER BY subject, purpose",
	"SELECT 'name', subject - ?1, called, given_name, family_name, name_order, ?1, ?2, ?3 FROM customer_name WHERE subject > ?1 ORDER BY subject",
	"SELECT 'order', subject - ?1, kind, CASE WHEN kind = 0 THEN number END, of_number, at, cancelled_at, currency, country, channel, purposes, revenue_micro, units, lines, ?1, ?2, ?3 "
	"FROM orders WHERE subject > ?1 ORDER BY subject, kind, at, revenue_micro",
	"SELECT 'line', o.subject - ?1, l.kind, l.line, l.at, p.sku, p.name, p.category, l.quantity, l.price_micro, l.amount_micro, ?1, ?2, ?3 FROM orders o JOIN order_line l ON l.order_id "
	"= o.id JOIN product p ON p.id = l.product WHERE o.subject > ?1 ORDER BY o.subject, l.kind, l.at, l.line, l.amount_micro",
	"SELECT 'feedback', subject - ?1, question, type, number, text, at, submission, weight, ?1, ?2, ?3 FROM feedback WHERE subject > ?1 ORDER BY subject, question, at",
	"SELECT 'audit', c.number - ?2, a.what, ?1, ?2, ?3 FROM audit a JOIN customer c ON c.id = a.subject WHERE c.number > ?2 ORDER BY 2, a.what",
	"SELECT 'key', ended_at IS NULL, ?1, ?2, ?3 FROM api_key WHERE name = ?3",
	"SELECT 'import', state, rows_kept, ?1, ?2, ?3 FROM import WHERE file_name LIKE '%' || ?3 || '%'",
};

struct dump {
	struct buf out;
	str tag;
};

static void put_text(struct dump *d, str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (str_starts(str_sub(s, i, s.n), d->tag)) i += d->tag.n - 1;
		else buf_byte(&d->out, s.p[i]);
}

static bool put_row(void *arg, const struct db_val *row, size_t columns, const char *const *names)
{
	(void)names;
	struct dump *d = arg;
	for (size_t i = 0; i + PARAMETERS < columns; i++) {
		switch (row[i].type) {
		case DB_NULL: buf_add(&d->out, S("-")); break;
		case DB_TEXT:
		case DB_BLOB: put_text(d, row[i].s); break;
		case DB_REAL: buf_fmt(&d->out, "%.17g", row[i].d); break;
		default: buf_i64(&d->out, row[i].i);
		}
		buf_byte(&d->out, '|');
	}
	buf_byte(&d->out, '\n');
	return true;
}

/* PostgreSQL's spelling. */
static const char *spelled(const struct torture *t, const char *sql)
{
	char *text = arena_alloc(&t->records->arena, strlen(sql) + 1);
	for (size_t i = 0; sql[i]; i++) text[i] = sql[i] == '?' && t->records->is_postgres ? '$' : sql[i];
	return text;
}

str torture_records(struct torture *t)
{
	struct dump d = {.tag = str_of(t->tag)};
	buf_init(&d.out, DUMP_BYTES);
	struct db *db = db_acquire(t->app.records, false);
	for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
		struct fault f = {0};
		enum err e = db__call_text(db, spelled(t, TABLES[i]), DB_ARGS(db_int(t->subjects), db_int(t->customers), db_text(d.tag)), put_row, &d, &f);
		if (e != OK) fail_msg("%s: %s", TABLES[i], f.fields[0].text);
	}
	db_give_back(db);
	str text = str_dup(&t->records->arena, buf_str(&d.out));
	buf_release(&d.out);
	return text;
}

void torture_same(str want, str got, const char *when)
{
	if (str_eq(want, got)) return;
	str a = want, b = got;
	while (a.n || b.n) {
		str x = str_cut(&a, '\n'), y = str_cut(&b, '\n');
		if (str_eq(x, y)) continue;
		print_error("%s:\nwant %.*s\ngot  %.*s\n", when, STR_ARG(x), STR_ARG(y));
		break;
	}
	_fail(__FILE__, __LINE__);
}

int64_t torture_count(struct torture *t, const char *sql)
{
	struct db_rows rows;
	struct fault f = {0};
	struct db *db = db_acquire(t->app.records, false);
	if (db__query_text(db, &t->records->arena, sql, DB_NO_ARGS, &rows, &f) != OK) fail_msg("%s: %s", sql, f.fields[0].text);
	db_give_back(db);
	return db_rows_int(&rows, 0, 0);
}

/* ---- memory ---- */

static void check_customer(const struct people *p, const struct people *fresh, uint32_t c, const char *when)
{
	if (people_id(p, c) == people_id(fresh, c) && people_is_known(p, c) == people_is_known(fresh, c) && people_granted(p, c) == people_granted(fresh, c) &&
	    people_denied(p, c) == people_denied(fresh, c) && people_refused(p, c) == people_refused(fresh, c))
		return;
	fail_msg("%s: a customer is in memory known %d granted %x denied %x refused %x, in records %d %x %x %x", when, people_is_known(p, c), people_granted(p, c), people_denied(p, c),
	         people_refused(p, c), people_is_known(fresh, c), people_granted(fresh, c), people_denied(fresh, c), people_refused(fresh, c));
}

void torture_check_memory(struct torture *t, const char *when)
{
	struct people *fresh, *p = t->app.people;
	uint64_t known[2], anonymous[2];
	struct op *op = begin(t, false);
	people_lock(p);
	end(op, people_copy(op, &fresh));
	for (uint32_t s = t->subjects; s <= events_subject_count(t->app.events); s++)
		if (people_customer(p, s) != people_customer(fresh, s) || people_is_linked(p, s) != people_is_linked(fresh, s) || people_is_illegal(p, s) != people_is_illegal(fresh, s) ||
		    people_is_suppressed(p, s) < people_is_suppressed(fresh, s)) /* the number that an erased one had before is nobody's */
			fail_msg("%s: subject %u is another in memory", when, s - t->subjects);
	assert_int_equal(people_customers(p), people_customers(fresh));
	for (uint32_t s = t->subjects + 1; s <= events_subject_count(t->app.events); s++) check_customer(p, fresh, people_customer(fresh, s), when);
	people_counts(p, &known[0], &anonymous[0]);
	people_counts(fresh, &known[1], &anonymous[1]);
	people_unlock(p);
	people_free(fresh);
	assert_int_equal(known[0], known[1]);
	assert_int_equal(anonymous[0], anonymous[1]);
}
