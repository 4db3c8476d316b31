#include "records.h"

static int ran;

static void note(void *arg)
{
	ran = ran * 10 + *(int *)arg;
}

static int64_t jobs_stored(struct records *r)
{
	struct op op;
	struct db_rows rows;
	records_op(&op, r, false);
	assert_ok(op_query(&op, SQL_job_next_due, DB_NO_ARGS, &rows));
	int64_t due = db_rows_int(&rows, 0, 0);
	assert_ok(op_end(&op, OK));
	op_release(&op);
	return due;
}

static enum err add(struct op *op)
{
	struct db_rows rows;
	return op_query(op, SQL_job_add,
		DB_ARGS(db_int(1), db_text(S("k")), db_text(S("{}")), db_null(), db_int(42), db_int(1)), &rows);
}

static void success_commits_and_failure_rolls_back(void **state)
{
	struct records *r = *state;
	static int one = 1, two = 2, three = 3;
	for (int succeeds = 0; succeeds < 2; succeeds++) {
		struct op op;
		ran = 0;
		records_op(&op, r, true);
		op_defer(&op, note, &one);
		op_after_commit(&op, note, &two);
		op_defer(&op, note, &three);
		assert_ok(add(&op));
		assert_int_equal(op_end(&op, succeeds ? OK : ERR_STATE), succeeds ? OK : ERR_STATE);
		op_release(&op);
		assert_int_equal(ran, succeeds ? 321 : 31); /* last first */
		assert_true((jobs_stored(r) == 42) == succeeds);
	}
}

static void a_failed_commit_is_the_result(void **state)
{
	struct records *r = *state;
	struct op op;
	static int one = 1;
	ran = 0;
	records_op(&op, r, true);
	assert_ok(add(&op));
	op_after_commit(&op, note, &one);
	db_fail_nth(1, 1, ERR_FULL);
	assert_int_equal(op_end(&op, OK), ERR_FULL);
	op_release(&op);
	assert_int_equal(ran, 0);
	assert_true(jobs_stored(r) != 42);
}

static void roles_may_what_their_table_says(void **state)
{
	struct records *r = *state;
	struct op op;
	assert_true(role_permissions(ROLE_NONE) == 0);
	assert_true(role_permissions(ROLE_OWNER) == (UINT64_C(1) << PERM_COUNT) - 1);
	op_init(&op, &r->app, (struct actor){.kind = ACTOR_PERSON, .role = ROLE_ANALYST, .id = 5}, false);
	assert_ok(op_must(&op, PERM_QUERY));
	assert_int_equal(op_must(&op, PERM_MANAGE_PEOPLE), ERR_DENIED);
	assert_str_equal(str_of(op.fault.fields[0].text),
		S("the least role that may add people, change their role, end their sessions is owner"));
	assert_int_equal(op_end(&op, ERR_DENIED), ERR_DENIED);
	op_release(&op);
	op_init(&op, &r->app, (struct actor){.kind = ACTOR_NOBODY, .role = ROLE_NONE}, false);
	assert_int_equal(op_must(&op, PERM_READ_FIGURES), ERR_DENIED);
	assert_int_equal(op_end(&op, ERR_DENIED), ERR_DENIED);
	op_release(&op);
}

int main(void)
{
	static const struct records_test TESTS[] = {
		RECORDS_TEST(success_commits_and_failure_rolls_back),
		RECORDS_TEST(a_failed_commit_is_the_result),
		RECORDS_TEST(roles_may_what_their_table_says),
	};
	return records_run(TESTS, COUNT_OF(TESTS));
}
