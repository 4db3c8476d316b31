#include "records.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "jobs/jobs.h"

static _Atomic int runs, stops;
static _Atomic int64_t last_job, first_run_ms, last_run_ms;

static void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static bool wait_for(_Atomic int *what, int at_least)
{
	for (int i = 0; i < 2000 && *what < at_least; i++) sleep_ms(10);
	return *what >= at_least;
}

/* Times of runs tell what a look at the job's state may come too late for. */
static int note_run(void)
{
	last_run_ms = clock_now_ms();
	if (!runs) first_run_ms = last_run_ms;
	return ++runs;
}

static enum err count(struct op *op, id job, str payload)
{
	(void)op;
	assert_str_equal(payload, S("{\"a\":1}"));
	last_job = job;
	note_run();
	return OK;
}

static enum err fail_once(struct op *op, id job, str payload)
{
	(void)job, (void)payload;
	if (note_run() <= 1) return fail(op, ERR_IO, "", "the far side is away");
	return OK;
}

static enum err fail_always(struct op *op, id job, str payload)
{
	(void)job, (void)payload;
	runs++;
	return fail(op, ERR_IO, "mail", "refused");
}

static enum err run_until_stopped(struct op *op, id job, str payload)
{
	(void)payload;
	runs++;
	for (int64_t i = 0; job_progress(op, job, i, 1000); i++) sleep_ms(5);
	stops++;
	return ERR_BUSY;
}

static enum err tick(struct op *op, id job, str payload)
{
	(void)op, (void)job, (void)payload;
	runs++;
	return OK;
}

/* Adds another job in its own transaction, then fails: nothing of it may stay. */
static enum err add_and_fail(struct op *op, id job, str payload)
{
	(void)job, (void)payload;
	runs++;
	TRY(job_add(op, "count", S("{}"), 0, STR_NONE, NULL));
	return fail(op, ERR_IO, "", "after all");
}

static const struct job_kind KINDS[] = {
	{"count", count, 3, 60, 0},
	{"fail_once", fail_once, 5, 60, 0},
	{"fail_always", fail_always, 1, 60, 0},
	{"until_stopped", run_until_stopped, 3, 60, 0},
	{"add_and_fail", add_and_fail, 1, 60, 0},
};

static void start(struct records *r, const struct job_kind *kinds, size_t n)
{
	runs = stops = 0;
	assert_ok(jobs_start(&r->app.jobs, &r->app, r->app.records, kinds, n, 2, &r->fault));
}

static void stop(struct records *r)
{
	jobs_stop(r->app.jobs);
	r->app.jobs = NULL;
}

static id add(struct records *r, const char *kind, int64_t at_ms, str key)
{
	struct op op;
	id job = 0;
	records_op(&op, r, true);
	assert_ok(op_end(&op, job_add(&op, kind, S("{\"a\":1}"), at_ms, key, &job)));
	op_release(&op);
	return job;
}

static str state_of(struct records *r, id job)
{
	struct op op;
	struct job_state s = {0};
	records_op(&op, r, false);
	assert_ok(op_end(&op, job_get(&op, job, &s)));
	str state = str_dup(&r->arena, s.state);
	op_release(&op);
	return state;
}

static void reaches(struct records *r, id job, str want)
{
	for (int i = 0; i < 2000 && !str_eq(state_of(r, job), want); i++) sleep_ms(10);
	assert_str_equal(state_of(r, job), want);
}

static void a_job_runs_once_after_its_commit(void **state)
{
	struct records *r = *state;
	start(r, KINDS, COUNT_OF(KINDS));
	struct op op;
	records_op(&op, r, true);
	assert_ok(job_add(&op, "count", S("{\"a\":1}"), 0, STR_NONE, NULL));
	assert_int_equal(op_end(&op, ERR_STATE), ERR_STATE);
	op_release(&op);
	id job = add(r, "count", 0, STR_NONE);
	reaches(r, job, S("done"));
	sleep_ms(50);
	assert_int_equal(runs, 1);
	assert_int_equal(last_job, job);
	stop(r);
}

static void a_failed_job_runs_again_with_backoff(void **state)
{
	struct records *r = *state;
	start(r, KINDS, COUNT_OF(KINDS));
	id job = add(r, "fail_once", 0, STR_NONE);
	reaches(r, job, S("done"));
	assert_int_equal(runs, 2);
	assert_true(last_run_ms - first_run_ms >= 950); /* the first wait is one to two seconds */
	stop(r);
}

static void the_last_attempt_leaves_it_failed_with_its_reason(void **state)
{
	struct records *r = *state;
	start(r, KINDS, COUNT_OF(KINDS));
	id job = add(r, "fail_always", 0, STR_NONE);
	reaches(r, job, S("failed"));
	struct op op;
	struct job_state s;
	records_op(&op, r, false);
	assert_ok(job_get(&op, job, &s));
	assert_str_equal(s.error, S("mail: refused"));
	assert_int_equal(s.attempts, 1);
	assert_ok(op_end(&op, OK));
	op_release(&op);
	id unknown = add(r, "no_such_kind", 0, STR_NONE);
	reaches(r, unknown, S("failed"));
	stop(r);
}

static void what_a_failed_job_wrote_is_undone(void **state)
{
	struct records *r = *state;
	start(r, KINDS, COUNT_OF(KINDS));
	id job = add(r, "add_and_fail", 0, STR_NONE);
	reaches(r, job, S("failed"));
	sleep_ms(50);
	assert_int_equal(runs, 1); /* "count" was not added */
	stop(r);
}

static void a_unique_key_waits_once(void **state)
{
	struct records *r = *state;
	int64_t later = clock_now_ms() + 3600000;
	id one = add(r, "count", later, S("k")), two = add(r, "count", later + 5, S("k"));
	assert_true(one == two);
	assert_true(add(r, "count", later, S("other")) != one);
	start(r, KINDS, COUNT_OF(KINDS));
	sleep_ms(50);
	assert_int_equal(runs, 0);
	assert_true(add(r, "count", 0, S("k")) == one); /* the earlier time holds */
	reaches(r, one, S("done"));
	assert_true(add(r, "count", later, S("k")) != one);
	stop(r);
}

static void a_waiting_job_can_be_cancelled_and_a_running_one_asked_to_stop(void **state)
{
	struct records *r = *state;
	struct op op;
	id waiting = add(r, "count", clock_now_ms() + 3600000, STR_NONE);
	start(r, KINDS, COUNT_OF(KINDS));
	records_op(&op, r, true);
	assert_ok(op_end(&op, job_cancel(&op, waiting)));
	op_release(&op);
	assert_str_equal(state_of(r, waiting), S("cancelled"));
	id running = add(r, "until_stopped", 0, STR_NONE);
	reaches(r, running, S("running"));
	records_op(&op, r, true);
	assert_int_equal(op_end(&op, job_cancel(&op, running)), ERR_STATE);
	op_release(&op);
	records_op(&op, r, true);
	assert_ok(op_end(&op, job_ask_stop(&op, running)));
	op_release(&op);
	reaches(r, running, S("cancelled"));
	assert_int_equal(stops, 1);
	records_op(&op, r, true);
	assert_int_equal(op_end(&op, job_cancel(&op, 12345)), ERR_NOT_FOUND);
	op_release(&op);
	stop(r);
}

static void a_stopping_server_leaves_a_long_job_waiting(void **state)
{
	struct records *r = *state;
	start(r, KINDS, COUNT_OF(KINDS));
	id job = add(r, "until_stopped", 0, STR_NONE);
	assert_true(wait_for(&runs, 1));
	stop(r);
	assert_int_equal(stops, 1);
	assert_str_equal(state_of(r, job), S("waiting"));
}

static void take_as_if_by_a_dead_process(struct records *r, id job, int64_t lease_until_ms, int64_t attempts)
{
	struct op op;
	records_op(&op, r, true);
	assert_ok(op_end(&op,
		op_run(&op, SQL_job_take,
			DB_ARGS(db_id(job), db_id(999), db_int(lease_until_ms), db_int(clock_now_ms()), db_int(attempts)), NULL)));
	op_release(&op);
}

static void a_job_whose_worker_died_runs_again_after_its_lease(void **state)
{
	struct records *r = *state;
	id job = add(r, "count", 0, STR_NONE), hopeless = add(r, "count", 0, STR_NONE);
	int64_t lease_until_ms = clock_now_ms() + 1000;
	take_as_if_by_a_dead_process(r, job, lease_until_ms, 0);
	take_as_if_by_a_dead_process(r, hopeless, clock_now_ms() - 1, 2);
	start(r, KINDS, COUNT_OF(KINDS));
	reaches(r, hopeless, S("failed"));
	reaches(r, job, S("done"));
	assert_int_equal(runs, 1);
	assert_true(first_run_ms >= lease_until_ms);
	stop(r);
}

static void a_recurring_job_is_scheduled_once_and_again_after_each_end(void **state)
{
	struct records *r = *state;
	static const struct job_kind EVERY[] = {{"tick", tick, 3, 60, 1}, {"daily", tick, 3, 60, 86400}};
	start(r, EVERY, COUNT_OF(EVERY));
	assert_true(wait_for(&runs, 4)); /* daily once, tick at 0, 1 and 2 seconds */
	stop(r);
	start(r, EVERY, COUNT_OF(EVERY));
	int64_t started_ms = clock_now_ms();
	sleep_ms(100);
	stop(r);
	assert_true(runs <= 1 + (clock_now_ms() - started_ms) / 1000);
}

static void an_idle_queue_uses_no_cpu(void **state)
{
	struct records *r = *state;
	start(r, KINDS, COUNT_OF(KINDS));
	sleep_ms(100);
	/* On a busy machine its start may still be under way in the first stretch; polling would show in every one. */
	int64_t us = INT64_MAX;
	for (int i = 0; i < 4 && us >= 3000; i++) {
		struct timespec before, after;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
		sleep_ms(1500);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
		us = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
	}
	assert_true(us < 3000);
	stop(r);
}

int main(void)
{
	static const struct records_test TESTS[] = {
		RECORDS_TEST(a_job_runs_once_after_its_commit),
		RECORDS_TEST(a_failed_job_runs_again_with_backoff),
		RECORDS_TEST(the_last_attempt_leaves_it_failed_with_its_reason),
		RECORDS_TEST(what_a_failed_job_wrote_is_undone),
		RECORDS_TEST(a_unique_key_waits_once),
		RECORDS_TEST(a_waiting_job_can_be_cancelled_and_a_running_one_asked_to_stop),
		RECORDS_TEST(a_stopping_server_leaves_a_long_job_waiting),
		RECORDS_TEST(a_job_whose_worker_died_runs_again_after_its_lease),
		RECORDS_TEST(a_recurring_job_is_scheduled_once_and_again_after_each_end),
		RECORDS_TEST(an_idle_queue_uses_no_cpu),
	};
	return records_run(TESTS, COUNT_OF(TESTS));
}
