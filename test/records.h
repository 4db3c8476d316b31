/* records.h: databases for tests. A test of records is one function run once a database:
 *
 *   static void closing_ends_it(void **state) { struct records *r = *state; … r->app … }
 *   int main(void) { return records_run(TESTS, COUNT_OF(TESTS)); }   TESTS: {"name", function} rows
 *
 * Each run gets a fresh directory and a fresh database; PostgreSQL comes from HOSPES_TEST_POSTGRES (a URL of a cluster
 * that may be filled with databases) or from test/postgres.sh, and is reported as SKIPPED where neither works. */
#ifndef TEST_RECORDS_H
#define TEST_RECORDS_H
#include "test.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/vec.h"
#include "db/db.h"
#include "op/app.h"
#include "op/op.h"

enum { RECORDS_PATH = 512, RECORDS_SESSIONS = 3, RECORDS_TESTS_MAX = 100 };

struct records {
	struct arena arena;
	struct fault fault;
	struct app app; /* dir, directory_id and records are set */
	char dir[64];
	char url[RECORDS_PATH]; /* "" for SQLite */
	bool is_postgres;
};
struct records_test {
	const char *name;
	void (*run)(void **state);
};

static char records_cluster[RECORDS_PATH]; /* "" when there is none */

static inline void records_command(const char *command, char *line, size_t line_bytes)
{
	line[0] = 0;
	FILE *out = popen(command, "r");
	if (!out) return;
	if (fgets(line, (int)line_bytes, out)) line[strcspn(line, "\n")] = 0;
	pclose(out);
}

static inline void records_find_cluster(void)
{
	const char *given = getenv("HOSPES_TEST_POSTGRES");
	char command[RECORDS_PATH];
	if (given && *given) {
		snprintf(records_cluster, sizeof records_cluster, "%s", given);
		return;
	}
	snprintf(command, sizeof command, "test/postgres.sh start /tmp/hospes-pg-%d %d", (int)getpid(), (int)getpid());
	records_command(command, records_cluster, sizeof records_cluster);
	if (!records_cluster[0]) print_message("SKIPPED: no PostgreSQL 15 to test on\n");
}

/* Runs SQL on the cluster's own database. */
static inline void records_on_cluster(const char *sql)
{
	PGconn *conn = PQconnectdb(records_cluster);
	PGresult *result = PQexec(conn, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK) fail_msg("%s: %s", sql, PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

/* A new, empty database of the cluster; its URL into url. */
static inline void records_new_database(char *url, size_t url_bytes)
{
	static int n;
	char sql[100], name[40];
	snprintf(name, sizeof name, "t%d_%d", (int)getpid(), n++);
	snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE template0", name);
	records_on_cluster(sql);
	/* The cluster's URL with another path: postgresql://user@host/PATH?options */
	const char *path = strchr(strstr(records_cluster, "://") + 3, '/'), *options = path ? strchr(path, '?') : NULL;
	size_t before = path ? (size_t)(path - records_cluster) : strlen(records_cluster);
	snprintf(url, url_bytes, "%.*s/%s%s", (int)before, records_cluster, name, options ? options : "");
}

static inline int records_remove_file(const char *path, const struct stat *s, int type, struct FTW *f)
{
	(void)s, (void)type, (void)f;
	return remove(path);
}

static inline void records_remove_dir(const char *dir)
{
	nftw(dir, records_remove_file, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void records_open(struct records *r)
{
	r->fault = (struct fault){0};
	enum err e = db_pool_open(&r->app.records, r->is_postgres ? str_of(r->url) : STR_NONE, r->app.dir, r->app.directory_id, RECORDS_SESSIONS, &r->fault);
	char room[400];
	if (e != OK) fail_msg("%s", fault_text(&r->fault, room, sizeof room));
}

static inline int records_setup(void **state, bool is_postgres)
{
	struct records *r = test_calloc(1, sizeof *r);
	arena_init(&r->arena);
	log_set_level(LOG_WARN);
	snprintf(r->dir, sizeof r->dir, "/tmp/hospes-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	r->is_postgres = is_postgres;
	if (is_postgres) records_new_database(r->url, sizeof r->url);
	r->app.dir = str_of(r->dir);
	r->app.directory_id = 77;
	records_open(r);
	*state = r;
	return 0;
}

static inline int records_setup_sqlite(void **state) { return records_setup(state, false); }
static inline int records_setup_postgres(void **state) { return records_setup(state, true); }

static inline int records_teardown(void **state)
{
	struct records *r = *state;
	db_pool_close(r->app.records);
	records_remove_dir(r->dir);
	arena_release(&r->arena);
	test_free(r);
	return 0;
}

/* Each test on each database that there is. */
static inline int records_run(const struct records_test *tests, size_t n)
{
	static char names[2 * RECORDS_TESTS_MAX][160];
	static struct CMUnitTest all[2 * RECORDS_TESTS_MAX];
	assert_true(n <= RECORDS_TESTS_MAX);
	records_find_cluster();
	size_t total = 0;
	for (int postgres = 0; postgres <= (records_cluster[0] != 0); postgres++)
		for (size_t i = 0; i < n; i++) {
			snprintf(names[total], sizeof names[total], "%s on %s", tests[i].name, postgres ? "postgres" : "sqlite");
			all[total] = (struct CMUnitTest){.name = names[total], .test_func = tests[i].run, .setup_func = postgres ? records_setup_postgres : records_setup_sqlite, .teardown_func = records_teardown};
			total++;
		}
	return _cmocka_run_group_tests("records", all, total, NULL, NULL);
}
#define RECORDS_TEST(function) {#function, function}

/* An op on the test's app, begun; end it with op_end and op_release. */
static inline void records_op(struct op *op, struct records *r, bool is_write)
{
	op_init(op, &r->app, (struct actor){.kind = ACTOR_SYSTEM}, is_write);
}
#endif
