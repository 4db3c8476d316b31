/* jobs.c: the workers. See DESIGN.md. */
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "jobs/queue.h"
#include "op/app.h"

enum {
	LOOK_MS = 30000,   /* at the latest; for a wall clock that was set, since waiting is by the steady one */
	TROUBLE_MS = 5000, /* after the database failed */
	BUSY_MS = 1000,    /* after ERR_BUSY */
	BACKOFF_MS = 1000, /* doubled per attempt */
	BACKOFF_CAP_MS = 3600000,
};

struct worker {
	struct jobs *jobs;
	pthread_t thread;
	struct jobs__running running;
};

struct jobs {
	struct app *app;
	const struct job_kind *kinds;
	size_t n_kinds;
	struct worker *workers;
	int n_workers;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int64_t next_look_ms; /* by the steady clock */
	bool is_looking, is_stopping;
};

struct task {
	id job;
	const struct job_kind *kind;
	str payload;
	int64_t attempts;
	bool is_recurring;
};

/* ---- what job.c asks ------------------------------------------------------------------------------------------- */

struct jobs__running *jobs__find(struct jobs *j, id job)
{
	struct jobs__running *found = NULL;
	pthread_mutex_lock(&j->lock);
	for (int i = 0; i < j->n_workers; i++)
		if (j->workers[i].running.job == job) found = &j->workers[i].running;
	pthread_mutex_unlock(&j->lock);
	return found;
}

void jobs__ask_stop(struct jobs *j, id job)
{
	pthread_mutex_lock(&j->lock);
	for (int i = 0; i < j->n_workers; i++)
		if (j->workers[i].running.job == job) j->workers[i].running.is_stop_asked = true;
	pthread_mutex_unlock(&j->lock);
}

bool jobs__is_stop_asked(struct jobs *j, const struct jobs__running *r)
{
	pthread_mutex_lock(&j->lock);
	bool is_asked = j->is_stopping || r->is_stop_asked;
	pthread_mutex_unlock(&j->lock);
	return is_asked;
}

static int64_t steady_ms(void)
{
	return clock_mono_us() / 1000;
}

void jobs__wake(struct jobs *j, int64_t due_ms)
{
	int64_t wait = due_ms - clock_now_ms(), at = steady_ms() + (wait > 0 ? wait : 0);
	pthread_mutex_lock(&j->lock);
	if (at < j->next_look_ms) {
		j->next_look_ms = at;
		pthread_cond_signal(&j->changed);
	}
	pthread_mutex_unlock(&j->lock);
}

/* ---- taking a job ---------------------------------------------------------------------------------------------- */

static void system_op(struct op *op, struct jobs *j, const char *route, bool is_write)
{
	op_init(op, j->app, (struct actor){.kind = ACTOR_SYSTEM}, is_write);
	op->route = route;
}

static const struct job_kind *find_kind(const struct jobs *j, str name)
{
	for (size_t i = 0; i < j->n_kinds; i++)
		if (str_eq(str_of(j->kinds[i].kind), name)) return &j->kinds[i];
	return NULL;
}

static enum err give_up(struct op *op, id job, id lease, int64_t attempts, str why)
{
	return op_run(op, SQL_job_end,
		DB_ARGS(db_id(job), db_id(lease), db_int(JOB_FAILED), db_text(why), db_int(attempts), db_int(clock_now_ms())),
		NULL);
}

/* Leases the job that is longest due. One that cannot run is ended here; *taken then stays false, and one looks again. */
static enum err take_due(struct op *op, struct worker *w, struct task *out, bool *taken)
{
	struct jobs *j = w->jobs;
	int64_t now = clock_now_ms();
	struct db_rows rows;
	TRY(op_query(op, SQL_job_due, DB_ARGS(db_int(now)), &rows));
	if (!rows.n) return OK;
	*out = (struct task){
		.job = db_rows_id(&rows, 0, 0),
		.kind = find_kind(j, db_rows_text(&rows, 0, 1)),
		.payload = db_rows_text(&rows, 0, 2),
		.attempts = db_rows_int(&rows, 0, 3),
		.is_recurring = str_eq(db_rows_text(&rows, 0, 4), S("schedule")),
	};
	id lease = id_new();
	int64_t lease_ms = out->kind ? out->kind->lease_s * INT64_C(1000) : 0;
	TRY(op_run(op, SQL_job_take,
		DB_ARGS(db_id(out->job), db_id(lease), db_int(now + lease_ms), db_int(now), db_int(out->attempts)), NULL));
	if (!out->kind) return give_up(op, out->job, lease, out->attempts, S("this program knows no such kind of job"));
	if (out->attempts >= out->kind->attempts)
		return give_up(op, out->job, lease, out->attempts, S("its worker died each time"));
	pthread_mutex_lock(&j->lock);
	w->running = (struct jobs__running){
		.job = out->job, .lease = lease, .lease_s = out->kind->lease_s, .is_stop_asked = db_rows_bool(&rows, 0, 5)};
	pthread_mutex_unlock(&j->lock);
	*taken = true;
	return OK;
}

static void forget(struct worker *w)
{
	pthread_mutex_lock(&w->jobs->lock);
	w->running = (struct jobs__running){0};
	pthread_mutex_unlock(&w->jobs->lock);
}

/* When to look again, by the steady clock; reads only. */
static int64_t next_look(struct jobs *j)
{
	struct op op;
	struct db_rows rows;
	int64_t wait = TROUBLE_MS;
	system_op(&op, j, "jobs", false);
	enum err e = op_query(&op, SQL_job_next_due, DB_NO_ARGS, &rows);
	if (e == OK) {
		int64_t due = db_rows_int(&rows, 0, 0);
		wait = due == DESC_NULL_INT ? LOOK_MS : due - clock_now_ms();
		if (wait > LOOK_MS) wait = LOOK_MS;
		if (wait < 0) wait = 0;
	}
	op_end(&op, e);
	op_release(&op);
	return steady_ms() + wait;
}

/* ---- running it ------------------------------------------------------------------------------------------------ */

static int64_t backoff_ms(int64_t attempts)
{
	int64_t ms = attempts < 12 ? (int64_t)BACKOFF_MS << attempts : BACKOFF_CAP_MS;
	if (ms > BACKOFF_CAP_MS) ms = BACKOFF_CAP_MS;
	return ms / 2 + randombytes_uniform(
						(uint32_t)(ms / 2) + 1); /* spread, so that what failed together does not return together */
}

static enum err add_next(struct op *op, const struct task *t)
{
	if (!t->is_recurring || !t->kind->every_s) return OK;
	int64_t now = clock_now_ms();
	return op_run(op, SQL_job_add_recurring,
		DB_ARGS(db_id(id_new()), db_text(str_of(t->kind->kind)), db_int(now + t->kind->every_s * INT64_C(1000)),
			db_int(now)),
		NULL);
}

static enum err end_as(
	struct op *op, const struct worker *w, const struct task *t, enum job_phase phase, str error, int64_t attempts)
{
	int64_t changed;
	TRY(op_run(op, SQL_job_end,
		DB_ARGS(db_id(t->job), db_id(w->running.lease), db_int(phase), db_text(error), db_int(attempts),
			db_int(clock_now_ms())),
		&changed));
	if (!changed) return fail(op, ERR_CONFLICT, "job", "another worker has taken it: the lease was too short");
	return add_next(op, t);
}

/* After the job's own transaction was rolled back. */
static enum err record_failure(struct op *op, const struct worker *w, const struct task *t, enum err e, str why)
{
	bool counts = e != ERR_BUSY;
	int64_t attempts = t->attempts + counts;
	pthread_mutex_lock(&w->jobs->lock);
	bool is_stop_asked = w->running.is_stop_asked;
	pthread_mutex_unlock(&w->jobs->lock);
	if (!counts && is_stop_asked) return end_as(op, w, t, JOB_CANCELLED, STR_NONE, attempts);
	if (counts && attempts >= t->kind->attempts) return end_as(op, w, t, JOB_FAILED, why, attempts);
	int64_t due = clock_now_ms() + (counts ? backoff_ms(attempts) : BUSY_MS);
	return op_run(op, SQL_job_again,
		DB_ARGS(db_id(t->job), db_id(w->running.lease), db_text(why), db_int(attempts), db_int(due)), NULL);
}

static bool is_stopping(struct jobs *j)
{
	pthread_mutex_lock(&j->lock);
	bool is = j->is_stopping;
	pthread_mutex_unlock(&j->lock);
	return is;
}

/* While the database is away that cannot be recorded: this worker lives, so the job need not wait until its lease runs out. */
static void record_failure_when_possible(struct worker *w, const struct task *t, enum err why, str words)
{
	int64_t lease_ends = steady_ms() + t->kind->lease_s * INT64_C(1000);
	enum err e;
	do {
		struct op op;
		system_op(&op, w->jobs, t->kind->kind, true);
		e = op_end(&op, record_failure(&op, w, t, why, words));
		op_release(&op);
		if (e == ERR_BUSY) nanosleep(&(struct timespec){.tv_sec = BUSY_MS / 1000}, NULL);
	} while (e == ERR_BUSY && !is_stopping(w->jobs) && steady_ms() < lease_ends);
}

static void run(struct worker *w, const struct task *t)
{
	struct op op;
	system_op(&op, w->jobs, t->kind->kind, true);
	enum err e = t->kind->run(&op, t->job, t->payload);
	if (e == OK) e = end_as(&op, w, t, JOB_DONE, STR_NONE, t->attempts);
	e = op_end(&op, e);
	if (e != OK) {
		char room[FAULT_FIELD + FAULT_TEXT + 4];
		str why = str_of(fault_text(&op.fault, room, sizeof room));
		record_failure_when_possible(w, t, e, why);
	}
	op_release(&op);
}

/* Waits until it is time to look, and makes this worker the one that looks. False: the server stops. */
static bool wait_for_turn(struct jobs *j)
{
	pthread_mutex_lock(&j->lock);
	while (!j->is_stopping && (j->is_looking || steady_ms() < j->next_look_ms)) {
		int64_t until = j->next_look_ms;
		struct timespec at = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
		if (j->is_looking)
			pthread_cond_wait(&j->changed, &j->lock);
		else
			pthread_cond_timedwait(&j->changed, &j->lock, &at);
	}
	bool goes_on = !j->is_stopping;
	if (goes_on) {
		j->is_looking = true;
		j->next_look_ms = INT64_MAX; /* a wake-up while we look moves it back */
	}
	pthread_mutex_unlock(&j->lock);
	return goes_on;
}

static void end_turn(struct jobs *j, int64_t look_at)
{
	pthread_mutex_lock(&j->lock);
	j->is_looking = false;
	if (look_at < j->next_look_ms) j->next_look_ms = look_at;
	pthread_cond_signal(&j->changed);
	pthread_mutex_unlock(&j->lock);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	pthread_setname_np(pthread_self(), "job-worker");
	while (wait_for_turn(w->jobs)) {
		struct op op;
		struct task task = {0};
		bool taken = false;
		int64_t look_at = next_look(w->jobs);
		if (look_at > steady_ms()) {
			end_turn(w->jobs, look_at);
			continue;
		}
		system_op(&op, w->jobs, "jobs", true);
		enum err e = op_end(&op, take_due(&op, w, &task, &taken));
		end_turn(w->jobs, e == OK ? steady_ms() : steady_ms() + TROUBLE_MS);
		if (e == OK && taken) {
			run(w, &task);
			jobs__wake(w->jobs, 0); /* it may be due again, or the next of a schedule */
		} else if (e == ERR_BUSY && taken) { /* the commit's answer was lost: it may be leased */
			record_failure_when_possible(w, &task, e, S("the database went away"));
		}
		forget(w);
		op_release(&op); /* holds the payload */
	}
	return NULL;
}

/* ---- start and stop -------------------------------------------------------------------------------------------- */

static enum err add_recurring(struct jobs *j, struct fault *f)
{
	struct op op;
	system_op(&op, j, "jobs", true);
	enum err e = OK;
	int64_t now = clock_now_ms();
	for (size_t i = 0; i < j->n_kinds && e == OK; i++)
		if (j->kinds[i].every_s)
			e = op_run(&op, SQL_job_add_recurring,
				DB_ARGS(db_id(id_new()), db_text(str_of(j->kinds[i].kind)), db_int(now), db_int(now)), NULL);
	e = op_end(&op, e);
	if (e != OK && f) *f = op.fault;
	op_release(&op);
	return e;
}

static enum err start_worker(struct jobs *j, struct worker *w, struct fault *f)
{
	w->jobs = j;
	pthread_mutex_lock(&j->lock); /* the worker's first step waits until it is counted */
	bool is_started = pthread_create(&w->thread, NULL, work, w) == 0;
	j->n_workers += is_started;
	pthread_mutex_unlock(&j->lock);
	return is_started ? OK : fault_set(f, ERR_INTERNAL, "jobs", "cannot start a thread");
}

enum err jobs_start(struct jobs **out, struct app *app, struct db_pool *records, const struct job_kind *kinds, size_t n,
	int workers, struct fault *f)
{
	(void)records; /* app's */
	struct jobs *j = MEM_NEW(struct jobs);
	*j = (struct jobs){.app = app, .kinds = kinds, .n_kinds = n};
	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&j->changed, &attr);
	pthread_condattr_destroy(&attr);
	j->workers = mem_zalloc((size_t)workers * sizeof *j->workers);
	*out = j; /* usually app->jobs: the first job may look there */
	enum err e = add_recurring(j, f);
	for (int i = 0; i < workers && e == OK; i++) e = start_worker(j, &j->workers[i], f);
	if (e != OK) {
		*out = NULL;
		jobs_stop(j);
	}
	return e;
}

void jobs_stop(struct jobs *j)
{
	if (!j) return;
	pthread_mutex_lock(&j->lock);
	j->is_stopping = true;
	pthread_cond_broadcast(&j->changed);
	pthread_mutex_unlock(&j->lock);
	for (int i = 0; i < j->n_workers; i++) pthread_join(j->workers[i].thread, NULL);
	pthread_cond_destroy(&j->changed);
	pthread_mutex_destroy(&j->lock);
	mem_free(j->workers);
	mem_free(j);
}
