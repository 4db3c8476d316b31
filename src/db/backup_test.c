#include "records.h"

#include "db/driver.h"

/* Jobs, settings and suppressions stand for all tables: numbers, texts, bytes, booleans and NULLs. */
enum { JOBS = 3000 };

static void fill(struct records *r)
{
	static const char *const JOB[] = {
		"id", "kind", "payload", "state", "unique_key", "due_at_ms", "is_stop_asked", "added_at_ms"};
	static const char *const SUPPRESSION[] = {"hash", "erased_at"};
	struct db_val *v = test_calloc(JOBS * COUNT_OF(JOB), sizeof *v);
	for (int i = 0; i < JOBS; i++) {
		const struct db_val row[] = {db_int(i + 1), db_text(S("kind \\ \t سلام")), db_text(i % 7 ? S("{}") : S("")),
			db_int(2), i % 2 ? db_null() : db_text(S("k")), db_int(INT64_MAX - i), db_bool(i % 3 == 0), db_int(-i)};
		memcpy(&v[i * COUNT_OF(JOB)], row, sizeof row);
	}
	struct db *db = db_acquire(r->app.records, true);
	assert_ok(db_bulk_insert(db, "job", JOB, COUNT_OF(JOB), v, JOBS, &r->fault));
	const struct db_val hashes[] = {db_blob(((str){"\0\xff\x80", 3})), db_int(5), db_blob(S("\\x00")), db_int(6)};
	assert_ok(db_bulk_insert(db, "suppression", SUPPRESSION, 2, hashes, 2, &r->fault));
	db_give_back(db);
	test_free(v);
}

static void check_filled(struct records *r, struct db_pool *p)
{
	struct db *db = db_acquire(p, false);
	struct db_rows rows;
	assert_ok(db__query_text(db, &r->arena,
		"SELECT id, kind, payload, unique_key, due_at_ms, is_stop_asked, added_at_ms FROM job ORDER BY id", NULL, 0,
		&rows, &r->fault));
	assert_int_equal(rows.n, JOBS);
	for (size_t i = 0; i < JOBS; i += 997) {
		assert_int_equal(db_rows_int(&rows, i, 0), i + 1);
		assert_str_equal(db_rows_text(&rows, i, 1), S("kind \\ \t سلام"));
		assert_true(str_given(db_rows_text(&rows, i, 2)));
		assert_int_equal(str_given(db_rows_text(&rows, i, 3)), i % 2 == 0);
		assert_true(db_rows_int(&rows, i, 4) == INT64_MAX - (int64_t)i);
		assert_int_equal(db_rows_bool(&rows, i, 5), i % 3 == 0);
	}
	assert_ok(
		db__query_text(db, &r->arena, "SELECT hash FROM suppression ORDER BY erased_at", NULL, 0, &rows, &r->fault));
	assert_str_equal(db_rows_text(&rows, 0, 0), ((str){"\0\xff\x80", 3}));
	assert_str_equal(db_rows_text(&rows, 1, 0), S("\\x00"));
	assert_ok(db__query_text(db, &r->arena, "SELECT id FROM directory", NULL, 0, &rows, &r->fault));
	assert_int_equal(db_rows_id(&rows, 0, 0), 88); /* the target's own */
	assert_ok(db__query_text(db, &r->arena, "SELECT number FROM migration", NULL, 0, &rows, &r->fault));
	assert_int_equal(rows.n, DB__MIGRATIONS_N);
	db_give_back(db);
}

static struct db_pool *new_target(struct records *r, bool is_postgres, char *dir)
{
	char url[RECORDS_PATH] = "";
	struct db_pool *p;
	assert_non_null(mkdtemp(dir));
	if (is_postgres) records_new_database(url, sizeof url);
	assert_ok(db_pool_open(&p, str_of(url), str_of(dir), 88, 1, &r->fault));
	return p;
}

static void a_copy_comes_back_on_either_database(void **state)
{
	struct records *r = *state;
	const char *file = str_fmt(&r->arena, "%s/copy", r->dir).p;
	fill(r);
	assert_ok(db_backup(r->app.records, file, &r->fault));
	for (int to_postgres = 0; to_postgres <= (records_cluster[0] != 0); to_postgres++) {
		char dir[] = "/tmp/hospes-test-XXXXXX";
		struct db_pool *p = new_target(r, to_postgres, dir);
		assert_ok(db_restore(p, file, &r->fault));
		check_filled(r, p);
		assert_int_equal(db_restore(p, file, &r->fault), ERR_CONFLICT); /* no longer empty */
		r->fault = (struct fault){0};
		db_pool_close(p);
		records_remove_dir(dir);
	}
}

static void put_file(const char *name, const char *bytes, size_t n)
{
	FILE *f = fopen(name, "wb");
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static void stays_empty(struct records *r, struct db_pool *p)
{
	struct db *db = db_acquire(p, false);
	struct db_rows rows;
	assert_ok(db__query_text(db, &r->arena,
		"SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM suppression) AS n", NULL, 0, &rows, &r->fault));
	assert_int_equal(db_rows_int(&rows, 0, 0), 0);
	db_give_back(db);
}

static void a_damaged_copy_changes_nothing(void **state)
{
	struct records *r = *state;
	static char bytes[1 << 20];
	const char *file = str_fmt(&r->arena, "%s/copy", r->dir).p, *bad = str_fmt(&r->arena, "%s/bad", r->dir).p;
	fill(r);
	assert_ok(db_backup(r->app.records, file, &r->fault));
	FILE *f = fopen(file, "rb");
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	assert_in_range(n, 1000, sizeof bytes - 1);
	char dir[] = "/tmp/hospes-test-XXXXXX";
	struct db_pool *p = new_target(r, r->is_postgres, dir);
	for (size_t at = 5; at < n; at += n / 6) {
		put_file(bad, bytes, at); /* cut */
		assert_int_not_equal(db_restore(p, bad, &r->fault), OK);
		assert_true(r->fault.err == ERR_MALFORMED || r->fault.err == ERR_CORRUPT);
		r->fault = (struct fault){0};
		bytes[at] ^= 0x10; /* turned */
		put_file(bad, bytes, n);
		bytes[at] ^= 0x10;
		assert_int_not_equal(db_restore(p, bad, &r->fault), OK);
		r->fault = (struct fault){0};
		stays_empty(r, p);
	}
	assert_ok(db_restore(p, file, &r->fault));
	db_pool_close(p);
	records_remove_dir(dir);
}

/* The n-th call of the database fails: each of the first ones, then one in so many, since each table takes the same calls. */
static void a_copy_that_cannot_be_written_leaves_no_file(void **state)
{
	struct records *r = *state;
	assert_int_equal(db_backup(r->app.records, "/nowhere/copy", &r->fault), ERR_IO);
	r->fault = (struct fault){0};
	const char *file = str_fmt(&r->arena, "%s/copy", r->dir).p;
	enum err e = ERR_IO;
	for (int n = 1; e != OK; n += 1 + n / 10) {
		r->fault = (struct fault){0};
		db_fail_nth(n, 1, ERR_IO);
		e = db_backup(r->app.records, file, &r->fault);
		db_fail_nth(0, 0, OK);
		assert_int_equal(access(file, F_OK) == 0, e == OK);
		assert_int_equal(access(str_fmt(&r->arena, "%s.part", file).p, F_OK), -1);
	}
}

/* Rows come back in the order of tables' names, so a child may come before its parent. */
static void foreign_keys_are_checked_after_the_last_row(void **state)
{
	struct records *r = *state;
	struct db *db = db_acquire(r->app.records, true);
	const struct db__driver *driver = db__driver_of(db);
	assert_ok(db__script(db, "CREATE TABLE parent (n INTEGER PRIMARY KEY)", &r->fault));
	assert_ok(db__script(db, "CREATE TABLE child (n INTEGER REFERENCES parent (n))", &r->fault));
	for (int has_parent = 0; has_parent < 2; has_parent++) {
		assert_ok(db_begin(db, &r->fault));
		assert_ok(db__script(db, driver->load[0], &r->fault));
		assert_ok(db__script(db, "INSERT INTO child (n) VALUES (1)", &r->fault));
		if (has_parent) assert_ok(db__script(db, "INSERT INTO parent (n) VALUES (1)", &r->fault));
		enum err e = db__script(db, driver->load[1], &r->fault);
		if (e == OK) e = db_commit(db, &r->fault);
		assert_int_equal(e, has_parent ? OK : ERR_STATE);
		db_rollback(db);
	}
	assert_int_equal(db__script(db, "INSERT INTO child (n) VALUES (2)", &r->fault), ERR_STATE); /* at once, as before */
	db_give_back(db);
}

int main(void)
{
	static const struct records_test TESTS[] = {
		RECORDS_TEST(a_copy_comes_back_on_either_database),
		RECORDS_TEST(a_damaged_copy_changes_nothing),
		RECORDS_TEST(foreign_keys_are_checked_after_the_last_row),
		RECORDS_TEST(a_copy_that_cannot_be_written_leaves_no_file),
	};
	return records_run(TESTS, COUNT_OF(TESTS));
}
