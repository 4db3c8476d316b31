#include <unistd.h>

#include "base/arena.h"
#include "db/db.h"
#include "test.h"

static struct arena arena;

static void a_pool_opens_and_is_tied_to_its_directory(void **state)
{
	(void)state;
	char dir[] = "/tmp/hospes-db-XXXXXX";
	assert_non_null(mkdtemp(dir));
	struct db_pool *p;
	struct fault f = {0};
	assert_ok(db_pool_open(&p, STR_NONE, str_of(dir), 77, 2, &f));
	struct db *db = db_acquire(p, true);
	assert_ok(db_prepare_all(db, &f));
	db_give_back(db);
	struct db_rows rows;
	db = db_acquire(p, false);
	assert_ok(db_begin(db, &f));
	assert_ok(db_query(db, &arena, SQL_directory_get, DB_NO_ARGS, &rows, &f));
	assert_int_equal(db_rows_id(&rows, 0, 0), 77);
	db_give_back(db);
	db_pool_close(p);
	assert_int_equal(db_pool_open(&p, STR_NONE, str_of(dir), 78, 2, &f), ERR_CONFLICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_pool_opens_and_is_tied_to_its_directory)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
