#include "records.h"

#include <math.h>
#include <pthread.h>
#include <sys/stat.h>

#include "db/driver.h"
#include "json/desc.h"

static enum err text_run(
	struct records *r, struct db *db, const char *sqlite, const char *postgres, const struct db_val *args, size_t n)
{
	return db__call_text(db, r->is_postgres ? postgres : sqlite, args, n, NULL, NULL, &r->fault);
}

static void make_tables(struct records *r)
{
	struct db *db = db_acquire(r->app.records, true);
	assert_ok(db__script(db,
		r->is_postgres ? "CREATE TABLE t (id BIGINT PRIMARY KEY, i BIGINT, d DOUBLE PRECISION, s TEXT COLLATE \"C\", b "
	                     "BYTEA, o BOOLEAN)"
					   : "CREATE TABLE t (id INTEGER PRIMARY KEY, i INTEGER, d REAL, s TEXT, b BLOB, o INTEGER) STRICT",
		&r->fault));
	assert_ok(db__script(db,
		r->is_postgres ? "CREATE TABLE child (t BIGINT REFERENCES t (id), n BIGINT CHECK (n > 0))"
					   : "CREATE TABLE child (t INTEGER REFERENCES t (id), n INTEGER CHECK (n > 0)) STRICT",
		&r->fault));
	db_give_back(db);
}

static enum err add(struct records *r, struct db *db, int64_t key)
{
	return text_run(r, db, "INSERT INTO t (id) VALUES (?1)", "INSERT INTO t (id) VALUES ($1)", DB_ARGS(db_int(key)));
}

static int64_t count(struct records *r, struct db *db)
{
	struct db_rows rows;
	assert_ok(db__query_text(db, &r->arena, "SELECT count(*) FROM t", DB_NO_ARGS, &rows, &r->fault));
	return db_rows_int(&rows, 0, 0);
}

static int64_t stored(struct records *r)
{
	struct db *db = db_acquire(r->app.records, false);
	int64_t n = count(r, db);
	db_give_back(db);
	return n;
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static enum err reopen(struct records *r, id directory)
{
	struct db_pool *p;
	r->fault = (struct fault){0};
	enum err e = db_pool_open(&p, str_of(r->url), r->app.dir, directory, 1, &r->fault);
	if (e == OK) db_pool_close(p);
	return e;
}

static void a_database_belongs_to_one_directory(void **state)
{
	struct records *r = *state;
	assert_ok(reopen(r, 77));
	assert_int_equal(reopen(r, 78), ERR_CONFLICT);
	assert_true(str_contains(str_of(r->fault.fields[0].text), id_show(&r->arena, S("dir"), 77)));
}

static void every_statement_can_be_prepared(void **state)
{
	struct records *r = *state;
	for (int to_write = 0; to_write < 2; to_write++) {
		struct db *db = db_acquire(r->app.records, to_write);
		char room[400];
		if (db_prepare_all(db, &r->fault) != OK) fail_msg("%s", fault_text(&r->fault, room, sizeof room));
		db_give_back(db);
	}
}

static void a_changed_or_unknown_migration_is_refused(void **state)
{
	struct records *r = *state;
	struct db *db = db_acquire(r->app.records, true);
	assert_ok(db__script(db, "INSERT INTO migration VALUES (9999, 'later', 'x', 0)", &r->fault));
	db_give_back(db);
	assert_int_equal(reopen(r, 77), ERR_STATE);
	assert_true(str_contains(str_of(r->fault.fields[0].text), S("newer")));
	db = db_acquire(r->app.records, true);
	assert_ok(db__script(db, "DELETE FROM migration WHERE number = 9999", &r->fault));
	assert_ok(db__script(db, "UPDATE migration SET checksum = 'other' WHERE number = 1", &r->fault));
	db_give_back(db);
	assert_int_equal(reopen(r, 77), ERR_STATE);
	assert_true(str_contains(str_of(r->fault.fields[0].text), S("changed")));
}

static void a_bad_address_is_refused_in_words(void **state)
{
	struct records *r = *state;
	struct db_pool *p;
	assert_int_equal(db_pool_open(&p, S("mysql://x"), r->app.dir, 1, 1, &r->fault), ERR_INVALID);
	r->fault = (struct fault){0};
	assert_int_equal(db_pool_open(&p, S("sqlite:/nowhere/at/all.db"), r->app.dir, 1, 1, &r->fault), ERR_IO);
	r->fault = (struct fault){0};
	assert_int_equal(
		db_pool_open(&p, S("postgres://u:secret@/x?host=/nowhere"), r->app.dir, 1, 1, &r->fault), ERR_DATABASE);
	assert_false(str_contains(str_of(r->fault.fields[0].text), S("secret")));
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static const struct db_val VALUES[][6] = {
	{{DB_INT, .i = 1}, {DB_INT, .i = INT64_MAX}, {DB_REAL, .d = 0.1},
		{DB_TEXT, .s = {"tab\t nl\n \\N \\ \r '\" سلام", 27}}, {DB_BLOB, .s = {"\0\1\xff\\x", 5}}, {DB_BOOL, .i = 1}},
	{{DB_INT, .i = 2}, {DB_INT, .i = INT64_MIN}, {DB_REAL, .d = -1.7976931348623157e308}, {DB_TEXT, .s = {"", 0}},
		{DB_BLOB, .s = {"", 0}}, {DB_BOOL, .i = 0}},
	{{DB_INT, .i = 3}, {DB_NULL}, {DB_REAL, .d = NAN}, {DB_NULL}, {DB_NULL}, {DB_NULL}},
};

static void check_values(struct records *r, struct db *db)
{
	struct db_rows rows;
	assert_ok(
		db__query_text(db, &r->arena, "SELECT id, i, d, s, b, o FROM t ORDER BY id", DB_NO_ARGS, &rows, &r->fault));
	assert_int_equal(rows.n, 3);
	for (size_t i = 0; i < 2; i++) {
		assert_true(db_rows_int(&rows, i, 1) == VALUES[i][1].i);
		assert_true(db_rows_real(&rows, i, 2) == VALUES[i][2].d);
		assert_str_equal(db_rows_text(&rows, i, 3), VALUES[i][3].s);
		assert_true(str_given(db_rows_text(&rows, i, 3)));
		assert_str_equal(db_rows_text(&rows, i, 4), VALUES[i][4].s);
		assert_int_equal(db_rows_bool(&rows, i, 5), VALUES[i][5].i);
	}
	assert_true(db_rows_int(&rows, 2, 1) == DESC_NULL_INT);
	assert_true(isnan(db_rows_real(&rows, 2, 2)));
	assert_false(str_given(db_rows_text(&rows, 2, 3)));
	assert_int_equal(db_rows_id(&rows, 2, 1), 0);
}

static void values_come_back_as_they_went(void **state)
{
	struct records *r = *state;
	make_tables(r);
	struct db *db = db_acquire(r->app.records, true);
	for (size_t i = 0; i < 3; i++)
		assert_ok(text_run(r, db, "INSERT INTO t (id, i, d, s, b, o) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
			"INSERT INTO t (id, i, d, s, b, o) VALUES ($1, $2, $3, $4, $5, $6)", VALUES[i], 6));
	check_values(r, db);
	assert_ok(db__script(db, "DELETE FROM t", &r->fault));
	static const char *const COLUMNS[] = {"id", "i", "d", "s", "b", "o"};
	assert_ok(db_bulk_insert(db, "t", COLUMNS, 6, VALUES[0], 3, &r->fault));
	check_values(r, db);
	const struct db_val nine = db_int(9), nul = db_text((str){"a\0b", 3});
	assert_ok(db_bulk_insert(db, "t", COLUMNS, 1, &nine, 1, &r->fault));
	assert_int_equal(db_bulk_insert(db, "t", COLUMNS, 1, &nine, 1, &r->fault), ERR_CONFLICT);
	assert_int_equal(db_bulk_insert(db, "t", COLUMNS + 3, 1, &nul, 1, &r->fault), ERR_INVALID);
	assert_int_equal(count(r, db), 4);
	db_give_back(db);
}

static bool until_seven(void *arg, const struct db_val *row, size_t columns)
{
	assert_int_equal(columns, 1);
	*(int64_t *)arg += row[0].i;
	return row[0].i < 7;
}

static bool each_row(void *arg, const struct db_val *row, size_t columns, const char *const *names)
{
	assert_string_equal(names[0], "id");
	return until_seven(arg, row, columns);
}

static void a_visit_can_stop_early(void **state)
{
	struct records *r = *state;
	make_tables(r);
	struct db *db = db_acquire(r->app.records, true);
	for (int i = 1; i <= 100; i++) assert_ok(add(r, db, i));
	int64_t sum = 0;
	assert_ok(db__call_text(db, "SELECT id FROM t ORDER BY id", NULL, 0, each_row, &sum, &r->fault));
	assert_int_equal(sum, 28);
	assert_int_equal(count(r, db), 100); /* the session goes on */
	db_give_back(db);
}

struct thing {
	id id;
	double d;
};

static void rows_become_structs(void **state)
{
	struct records *r = *state;
	struct op op;
	records_op(&op, r, true);
	static const struct desc_field FIELDS[] = {FIELD(thing, id, DESC_ID), FIELD(thing, d, DESC_REAL)};
	static const struct desc THING = DESC(thing, FIELDS);
	void *out;
	size_t n;
	assert_ok(op_structs(&op, SQL_directory_get, DB_NO_ARGS, &THING, &out, &n));
	assert_int_equal(n, 1);
	assert_int_equal(((struct thing *)out)->id, 77);
	assert_true(isnan(((struct thing *)out)->d)); /* not among the columns: absent */
	assert_ok(op_end(&op, OK));
	op_release(&op);
}

/* ---- transactions ---------------------------------------------------------------------------------------------- */

static void failures_have_one_meaning(void **state)
{
	struct records *r = *state;
	make_tables(r);
	struct db *db = db_acquire(r->app.records, true);
	assert_ok(add(r, db, 1));
	assert_int_equal(add(r, db, 1), ERR_CONFLICT);
	assert_int_equal(
		text_run(r, db, "INSERT INTO child (t) VALUES (?1)", "INSERT INTO child (t) VALUES ($1)", DB_ARGS(db_int(99))),
		ERR_STATE);
	assert_int_equal(
		text_run(r, db, "INSERT INTO child (n) VALUES (?1)", "INSERT INTO child (n) VALUES ($1)", DB_ARGS(db_int(0))),
		ERR_STATE);
	assert_int_equal(text_run(r, db, "INSERT INTO t (id, i) VALUES (7, ?1)", "INSERT INTO t (id, i) VALUES (7, $1)", DB_ARGS(db_text(S("seven")))), ERR_REFUSED);
	assert_int_equal(text_run(r, db, "SELECT abs(?1)", "SELECT abs(CAST($1 AS BIGINT))", DB_ARGS(db_int(INT64_MIN))), ERR_REFUSED);
	assert_int_equal(text_run(r, db, "SELECT nothing FROM t", "SELECT nothing FROM t", NULL, 0), ERR_DATABASE);
	assert_int_equal(db__script(db, "SELEC", &r->fault), ERR_DATABASE);
	db_give_back(db);
	db = db_acquire(r->app.records, false);
	assert_ok(db_begin(db, &r->fault));
	assert_int_equal(add(r, db, 5), ERR_DATABASE); /* a session for reading */
	db_give_back(db);
	assert_int_equal(stored(r), 1);
}

static void after_a_failure_a_transaction_can_only_be_undone(void **state)
{
	struct records *r = *state;
	make_tables(r);
	struct db *db = db_acquire(r->app.records, true);
	assert_ok(db_begin(db, &r->fault));
	assert_ok(add(r, db, 1));
	assert_int_equal(add(r, db, 1), ERR_CONFLICT);
	assert_int_equal(add(r, db, 2), ERR_DATABASE);
	assert_int_equal(db_commit(db, &r->fault), ERR_DATABASE);
	assert_int_equal(count(r, db), 0);
	assert_ok(db_begin(db, &r->fault));
	assert_ok(add(r, db, 1));
	assert_ok(db_savepoint(db, &r->fault));
	assert_int_equal(add(r, db, 1), ERR_CONFLICT);
	assert_ok(db_savepoint_undo(db, &r->fault));
	assert_ok(add(r, db, 2));
	assert_ok(db_savepoint(db, &r->fault));
	assert_ok(add(r, db, 3));
	assert_ok(db_savepoint_keep(db, &r->fault));
	assert_ok(db_commit(db, &r->fault));
	assert_int_equal(count(r, db), 3);
	assert_ok(db_begin(db, &r->fault));
	assert_ok(add(r, db, 4));
	db_give_back(db); /* rolls back */
	assert_int_equal(stored(r), 3);
}

static void a_reader_sees_one_instant(void **state)
{
	struct records *r = *state;
	make_tables(r);
	struct db *reader = db_acquire(r->app.records, false);
	assert_ok(db_begin(reader, &r->fault));
	assert_int_equal(count(r, reader), 0);
	struct db *writer = db_acquire(r->app.records, true);
	assert_ok(add(r, writer, 1));
	db_give_back(writer);
	assert_int_equal(count(r, reader), 0);
	db_rollback(reader);
	assert_int_equal(count(r, reader), 1);
	db_give_back(reader);
}

static void *write_in_turn(void *arg)
{
	struct records *r = arg;
	for (int i = 0; i < 25; i++) {
		struct fault f = {0};
		struct arena arena;
		struct db_rows rows;
		arena_init(&arena);
		struct db *db = db_acquire(r->app.records, true);
		/* Reads, then writes what follows from it: lost updates would leave fewer rows. */
		enum err e = db_begin(db, &f);
		if (e == OK) e = db__query_text(db, &arena, "SELECT coalesce(max(id), 0) AS n FROM t", DB_NO_ARGS, &rows, &f);
		if (e == OK)
			e = db__call_text(db, r->is_postgres ? "INSERT INTO t (id) VALUES ($1)" : "INSERT INTO t (id) VALUES (?1)",
				DB_ARGS(db_int(db_rows_int(&rows, 0, 0) + 1)), NULL, NULL, &f);
		if (e == OK) e = db_commit(db, &f);
		db_give_back(db);
		arena_release(&arena);
		if (e != OK) return arg;
	}
	return NULL;
}

static void writers_take_turns(void **state)
{
	struct records *r = *state;
	make_tables(r);
	pthread_t threads[4];
	for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, write_in_turn, r);
	for (int i = 0; i < 4; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(stored(r), 100);
}

static void a_bulk_that_fails_leaves_nothing_of_its_transaction(void **state)
{
	struct records *r = *state;
	make_tables(r);
	static const char *const COLUMNS[] = {"id"};
	const struct db_val twice[] = {db_int(1), db_int(2), db_int(1)};
	struct db *db = db_acquire(r->app.records, true);
	assert_ok(db_begin(db, &r->fault));
	assert_int_equal(db_bulk_insert(db, "t", COLUMNS, 1, twice, 3, &r->fault), ERR_CONFLICT);
	assert_int_equal(db_commit(db, &r->fault), ERR_DATABASE);
	assert_int_equal(count(r, db), 0);
	assert_int_equal(db_bulk_insert(db, "t", COLUMNS, 1, twice, 3, &r->fault), ERR_CONFLICT); /* a transaction of its own */
	assert_int_equal(count(r, db), 0);
	db_give_back(db);
}

/* The log is folded back beside the writer: what was committed stands in the file soon, without another commit. */
/* On PostgreSQL the failure of a put is told later; on either, nothing of the transaction is kept, and the session goes on. */
static void what_is_put_without_waiting_is_there_or_fails_its_transaction(void **state)
{
	enum { MANY = 1500 };
	struct records *r = *state;
	struct db *db = db_acquire(r->app.records, true);
	struct db_rows rows;
	assert_ok(db_begin(db, &r->fault));
	for (int64_t i = 0; i < MANY; i++) assert_ok(db_put(db, SQL_suppression_add, DB_ARGS(db_blob((str){(const char *)&i, sizeof i}), db_int(i)), &r->fault));
	assert_ok(db__query_text(db, &r->arena, "SELECT count(*) FROM suppression", DB_NO_ARGS, &rows, &r->fault));
	assert_int_equal(db_rows_int(&rows, 0, 0), MANY);
	assert_ok(db_commit(db, &r->fault));
	for (int told = 0; told < 2; told++) { /* by the next statement, or by the commit */
		int64_t new = MANY + 1;
		assert_ok(db_begin(db, &r->fault));
		assert_ok(db_put(db, SQL_suppression_add, DB_ARGS(db_blob((str){(const char *)&new, sizeof new}), db_int(new)), &r->fault));
		enum err e = db_put(db, SQL_suppression_add, DB_ARGS(db_null(), db_int(0)), &r->fault); /* NOT NULL */
		if (e == OK && told) e = db__query_text(db, &r->arena, "SELECT 1", DB_NO_ARGS, &rows, &r->fault);
		if (e == OK) e = db_commit(db, &r->fault);
		assert_int_equal(e, ERR_STATE);
		db_rollback(db);
		r->fault = (struct fault){0};
		assert_ok(db__query_text(db, &r->arena, "SELECT count(*) FROM suppression", DB_NO_ARGS, &rows, &r->fault));
		assert_int_equal(db_rows_int(&rows, 0, 0), MANY);
	}
	db_give_back(db);
}

static void a_long_log_is_folded_back(void **state)
{
	struct records *r = *state;
	enum { BYTES = 8 << 20, TRIES = 1000 };
	if (r->is_postgres) return;
	make_tables(r);
	char *big = test_calloc(1, BYTES);
	char file[sizeof r->dir + 20];
	snprintf(file, sizeof file, "%s/records.db", r->dir);
	struct db *db = db_acquire(r->app.records, true);
	assert_ok(text_run(r, db, "INSERT INTO t (b) VALUES (?1)", "", DB_ARGS(db_blob(((str){big, BYTES})))));
	db_give_back(db);
	struct stat found = {0};
	for (int i = 0; i < TRIES && found.st_size < BYTES; i++) {
		usleep(10000);
		assert_int_equal(stat(file, &found), 0);
	}
	assert_true(found.st_size >= BYTES);
	test_free(big);
	assert_ok(db_compact(r->app.records, &r->fault));
}

static void a_full_disk_is_told_and_recovered_from(void **state)
{
	struct records *r = *state;
	if (r->is_postgres) return; /* SQLSTATE 53100 cannot be brought about without a file system of its own */
	make_tables(r);
	static char big[200000];
	struct db *db = db_acquire(r->app.records, true);
	assert_ok(db__script(db, "PRAGMA max_page_count = 1", &r->fault)); /* the present size */
	assert_int_equal(
		text_run(r, db, "INSERT INTO t (b) VALUES (?1)", "", DB_ARGS(db_blob(((str){big, sizeof big})))), ERR_FULL);
	assert_ok(db_begin(db, &r->fault));
	assert_int_equal(
		text_run(r, db, "INSERT INTO t (b) VALUES (?1)", "", DB_ARGS(db_blob(((str){big, sizeof big})))), ERR_FULL);
	db_rollback(db);
	assert_ok(db__script(db, "PRAGMA max_page_count = 100000", &r->fault));
	assert_ok(text_run(r, db, "INSERT INTO t (b) VALUES (?1)", "", DB_ARGS(db_blob(((str){big, sizeof big})))));
	db_give_back(db);
	assert_int_equal(stored(r), 1);
}

static void a_lost_connection_is_made_again(void **state)
{
	struct records *r = *state;
	if (!r->is_postgres) return;
	make_tables(r);
	struct op op;
	records_op(&op, r, true);
	struct db_rows rows;
	assert_ok(op_query(&op, SQL_directory_get, DB_NO_ARGS, &rows));
	PGconn *other = PQconnectdb(r->url);
	PQclear(PQexec(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
	                      "AND pid <> pg_backend_pid()"));
	PQfinish(other);
	assert_int_equal(
		op_end(&op, op_query(&op, SQL_directory_get, DB_NO_ARGS, &rows)), ERR_BUSY); /* in the middle: told */
	op_release(&op);
	for (int to_write = 0; to_write < 2; to_write++) { /* at the start: made again */
		records_op(&op, r, to_write);
		assert_ok(op_query(&op, SQL_directory_get, DB_NO_ARGS, &rows));
		assert_ok(op_end(&op, OK));
		op_release(&op);
	}
}

static enum err add_three(struct records *r, struct db *db)
{
	TRY(db_begin(db, &r->fault));
	TRY(add(r, db, 1));
	TRY(db_savepoint(db, &r->fault));
	TRY(add(r, db, 2));
	TRY(db_savepoint_keep(db, &r->fault));
	TRY(add(r, db, 3));
	return db_commit(db, &r->fault);
}

static void whichever_call_fails_all_or_nothing_is_stored(void **state)
{
	enum { CALLS = 8 }; /* begin, three statements, two for the savepoint, two for the commit */
	struct records *r = *state;
	make_tables(r);
	enum err e = ERR_IO;
	int n = 0;
	while (e != OK) {
		struct db *db = db_acquire(r->app.records, true);
		r->fault = (struct fault){0};
		db_fail_nth(++n, 1, ERR_IO);
		e = add_three(r, db);
		db_fail_nth(0, 0, OK);
		db_give_back(db);
		assert_true(e == OK || e == ERR_IO);
		assert_int_equal(stored(r), n < CALLS ? 0 : 3);
		if (n == CALLS) { /* the answer to the commit alone was lost */
			struct db *again = db_acquire(r->app.records, true);
			assert_ok(db__script(again, "DELETE FROM t", &r->fault));
			db_give_back(again);
		}
	}
	assert_int_equal(n, CALLS + 1);
}

int main(void)
{
	static const struct records_test TESTS[] = {
		RECORDS_TEST(a_database_belongs_to_one_directory),
		RECORDS_TEST(every_statement_can_be_prepared),
		RECORDS_TEST(a_changed_or_unknown_migration_is_refused),
		RECORDS_TEST(a_bad_address_is_refused_in_words),
		RECORDS_TEST(values_come_back_as_they_went),
		RECORDS_TEST(a_visit_can_stop_early),
		RECORDS_TEST(rows_become_structs),
		RECORDS_TEST(failures_have_one_meaning),
		RECORDS_TEST(after_a_failure_a_transaction_can_only_be_undone),
		RECORDS_TEST(a_reader_sees_one_instant),
		RECORDS_TEST(writers_take_turns),
		RECORDS_TEST(a_bulk_that_fails_leaves_nothing_of_its_transaction),
		RECORDS_TEST(what_is_put_without_waiting_is_there_or_fails_its_transaction),
		RECORDS_TEST(a_long_log_is_folded_back),
		RECORDS_TEST(a_full_disk_is_told_and_recovered_from),
		RECORDS_TEST(a_lost_connection_is_made_again),
		RECORDS_TEST(whichever_call_fails_all_or_nothing_is_stored),
	};
	return records_run(TESTS, COUNT_OF(TESTS));
}
