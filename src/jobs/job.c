/* job.c: one job: adding, cancelling, its progress and state. */
#include "base/clock.h"
#include "jobs/queue.h"
#include "json/desc.h"
#include "op/app.h"

enum { PROGRESS_MS = 500 }; /* a page that polls sees it move; a job that reports each row pays nothing */

static const struct desc_field JOB_STATE_FIELDS[] = {
	FIELD(job_state, id, DESC_ID, .prefix = "job"),
	FIELD(job_state, kind, DESC_STR),
	FIELD(job_state, state, DESC_STR, .doc = "waiting, running, done, failed or cancelled"),
	FIELD(job_state, error, DESC_STR, .flags = DESC_OMIT, .doc = "why it last failed"),
	FIELD(job_state, done, DESC_INT),
	FIELD(job_state, total, DESC_INT),
	FIELD_AS(job_state, at_ms, "at", DESC_TIME, .doc = "not to run before"),
	FIELD_AS(job_state, started_ms, "started", DESC_TIME),
	FIELD_AS(job_state, ended_ms, "ended", DESC_TIME),
	FIELD(job_state, attempts, DESC_INT, .doc = "that failed"),
};
const struct desc JOB_STATE_DESC = DESC(job_state, JOB_STATE_FIELDS);

struct waking {
	struct jobs *jobs;
	int64_t due_ms;
};

static void wake(void *arg)
{
	struct waking *w = arg;
	jobs__wake(w->jobs, w->due_ms);
}

enum err job_add(struct op *op, const char *kind, str payload, int64_t at_ms, str unique_key, id *out)
{
	int64_t now = clock_now_ms(), due = at_ms ? at_ms : now;
	struct db_rows rows;
	TRY(op_query(op, SQL_job_add,
		DB_ARGS(
			db_id(id_new()), db_text(str_of(kind)), db_text(payload), db_text(unique_key), db_int(due), db_int(now)),
		&rows));
	if (out) *out = db_rows_id(&rows, 0, 0);
	if (op->app->jobs) {
		struct waking *w = ARENA_NEW(&op->arena, struct waking);
		*w = (struct waking){op->app->jobs, due};
		op_after_commit(op, wake, w);
	}
	return OK;
}

/* Why a job could not be changed from a state that it was not in. */
static enum err wrong_state(struct op *op, id job)
{
	struct job_state state;
	TRY(job_get(op, job, &state));
	return fail(op, ERR_STATE, "job", "it is %.*s", STR_ARG(state.state));
}

enum err job_cancel(struct op *op, id job)
{
	int64_t changed;
	TRY(op_run(op, SQL_job_cancel, DB_ARGS(db_id(job), db_int(clock_now_ms())), &changed));
	return changed ? OK : wrong_state(op, job);
}

struct asking {
	struct jobs *jobs;
	id job;
};

static void ask(void *arg)
{
	struct asking *a = arg;
	jobs__ask_stop(a->jobs, a->job);
}

enum err job_ask_stop(struct op *op, id job)
{
	int64_t changed;
	TRY(op_run(op, SQL_job_cancel, DB_ARGS(db_id(job), db_int(clock_now_ms())), &changed));
	if (changed) return OK;
	TRY(op_run(op, SQL_job_ask_stop, DB_ARGS(db_id(job)), &changed));
	if (!changed) return wrong_state(op, job);
	if (op->app->jobs) {
		struct asking *a = ARENA_NEW(&op->arena, struct asking);
		*a = (struct asking){op->app->jobs, job};
		op_after_commit(op, ask, a);
	}
	return OK;
}

enum err job_get(struct op *op, id job, struct job_state *out)
{
	void *found;
	size_t n;
	TRY(op_structs(op, SQL_job_get, DB_ARGS(db_id(job)), &JOB_STATE_DESC, &found, &n));
	if (n == 0) return fail(op, ERR_NOT_FOUND, "job", "there is no such job");
	*out = *(struct job_state *)found;
	return OK;
}

enum err job_newest(struct op *op, const char *kind, id *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_job_newest, DB_ARGS(db_text(str_of(kind))), &r));
	*out = r.n ? db_rows_id(&r, 0, 0) : 0;
	return *out ? OK : fail(op, ERR_NOT_FOUND, "job", "there is none of this kind");
}

/* In the job's own transaction when it holds the write session (nobody else can take the job then), else in one of its
 * own, so that it is seen at once. */
static enum err write_progress(struct op *op, const struct jobs__running *r, int64_t done, int64_t total, bool *go_on)
{
	const struct db_val args[] = {db_id(r->job), db_id(r->lease), db_int(done), db_int(total),
		db_int(clock_now_ms() + r->lease_s * INT64_C(1000))};
	struct db_rows rows;
	if (op->db && op->is_write) {
		TRY(op_query(op, SQL_job_progress, args, COUNT_OF(args), &rows));
		*go_on = rows.n && !db_rows_bool(&rows, 0, 0);
		return OK;
	}
	struct op own;
	op_init(&own, op->app, op->actor, true);
	own.route = op->route;
	enum err e = op_query(&own, SQL_job_progress, args, COUNT_OF(args), &rows);
	if (e == OK) *go_on = rows.n && !db_rows_bool(&rows, 0, 0);
	e = op_end(&own, e);
	op_release(&own);
	return e;
}

bool job_progress(struct op *op, id job, int64_t done, int64_t total)
{
	struct jobs *jobs = op->app->jobs;
	struct jobs__running *r = jobs ? jobs__find(jobs, job) : NULL;
	if (!r) return true; /* a command runs it without a queue */
	if (jobs__is_stop_asked(jobs, r)) return false;
	int64_t now = clock_mono_us() / 1000;
	if (r->wrote_ms && now - r->wrote_ms < PROGRESS_MS) return true;
	bool go_on = true;
	/* A heartbeat that could not be written is no reason to stop: the lease decides. */
	if (write_progress(op, r, done, total, &go_on) == OK) r->wrote_ms = now;
	if (!go_on) jobs__ask_stop(jobs, job);
	return go_on;
}

enum err jobs_clean(struct op *op, id job, str payload)
{
	(void)job;
	(void)payload;
	enum { KEPT_DAYS = 30 };
	return op_run(op, SQL_jobs_clean, DB_ARGS(db_int(clock_now_ms() - KEPT_DAYS * INT64_C(86400000))), NULL);
}
