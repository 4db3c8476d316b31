/* A batch is one transaction: many events, so that a flood costs few syncs. When a batch fails it is tried again from its
 * start; after some tries one event at a time, and an event that fails alone for a reason of its own is passed over and
 * logged by position: it stays in the event store, only what it would have derived is missing. */
#include "collect/appliers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "collect/derive.h"
#include "collect/intake.h"
#include "collect/segment.h"
#include "customer/derive.h"
#include "customer/people.h"
#include "http/http.h"
#include "json/json.h"
#include "op/app.h"
#include "order/order.h"

enum {
	BATCH_EVENTS = 4000,
	BATCH_US = 400000,        /* a reader who waits for its own event waits at most about this long */
	TRIES_TOGETHER = 3,
	TRIES_ALONE = 3,
	IDLE_WAIT_MS = 2000,      /* also how often last-seen times and counts are written */
	STALE_AT_ONCE = 20000,
	RETRY_PAUSE_US = 200000
};

struct appliers {
	struct app *app;
	pthread_t thread;
	struct derive *derive;
	_Atomic bool stopping;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	uint64_t position;  /* guarded by lock */
	int64_t flushed_us;
	int failures;
};

static void advance(struct appliers *a, uint64_t position)
{
	events_confirm(a->app->events, position);
	pthread_mutex_lock(&a->lock);
	a->position = position;
	pthread_cond_broadcast(&a->moved);
	pthread_mutex_unlock(&a->lock);
}

static enum err apply_some(struct appliers *a, struct op *op, size_t most, uint64_t *position, size_t *applied)
{
	struct events_log *log;
	struct events_record record;
	int64_t started = clock_mono_us();
	TRY(events_log_open(a->app->events, *position, &log, &op->fault));
	enum err e = OK;
	derive_begin(a->derive, op);
	for (*applied = 0; e == OK && *applied < most && clock_mono_us() - started < BATCH_US; ++*applied) {
		if (!events_log_next(log, true, &record, position)) break;
		e = derive_record(a->derive, &record);
		*position = record.next;
	}
	events_log_close(log);
	if (e == OK) e = derive_end(a->derive);
	if (e == OK) e = op_run(op, SQL_applier_put, DB_ARGS(db_text(S("derive")), db_int((int64_t)*position)), NULL);
	return e;
}

static enum err run_batch(struct appliers *a, size_t most, uint64_t *position, size_t *applied)
{
	struct op op;
	struct people *people = a->app->people;
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, true);
	op.route = "appliers";
	op.locale = derive_locale(&op);
	people_lock(people);
	enum err e = op_end(&op, apply_some(a, &op, most, position, applied));
	op_release(&op);
	if (e != OK) {
		struct op again;
		op_init(&again, a->app, (struct actor){.kind = ACTOR_SYSTEM}, false);
		enum err reload = people_reload(&again, people);
		op_end(&again, reload);
		op_release(&again);
	}
	people_unlock(people);
	return e;
}

static bool is_own_fault(enum err e)
{
	return e != ERR_BUSY && e != ERR_FULL && e != ERR_IO && e != ERR_DATABASE;
}

static void skip_one(struct appliers *a, uint64_t from)
{
	struct events_log *log;
	struct events_record record;
	uint64_t position = from;
	struct fault f = {0};
	if (events_log_open(a->app->events, from, &log, &f) != OK) return;
	if (events_log_next(log, true, &record, &position)) {
		log_error("event_not_applied", F_INT("position", record.position));
		advance(a, record.next);
	}
	events_log_close(log);
}

static void apply_available(struct appliers *a)
{
	for (;;) {
		uint64_t from = a->position, position = from;
		size_t applied = 0, most = a->failures < TRIES_TOGETHER ? BATCH_EVENTS : 1;
		enum err e = run_batch(a, most, &position, &applied);
		if (e == OK) {
			a->failures = 0;
			advance(a, position);
			if (applied && a->app->http) http_publish(a->app->http, S("all"), S("changed"), S("all"));
			if (applied < most && position >= events_durable(a->app->events)) return;
			continue;
		}
		a->failures++;
		if (a->failures >= TRIES_TOGETHER + TRIES_ALONE && is_own_fault(e)) {
			skip_one(a, from);
			a->failures = 0;
			continue;
		}
		if (atomic_load(&a->stopping)) return;
		struct timespec pause = {0, RETRY_PAUSE_US * 1000L};
		nanosleep(&pause, NULL);
	}
}

static enum err write_stale(struct op *op)
{
	struct people *people = op->app->people;
	uint32_t *stale = ARENA_ARRAY(&op->arena, uint32_t, STALE_AT_ONCE);
	size_t n = people_take_stale(people, stale, STALE_AT_ONCE);
	for (size_t i = 0; i < n; i++) {
		int64_t first, last;
		uint64_t heard;
		people_heard(people, stale[i], &first, &last, &heard);
		if (heard) TRY(op_run(op, SQL_customer_put_last_seen, DB_ARGS(db_id(people_id(people, stale[i])), db_int(last)), NULL));
	}
	return collect_flush_counts(op);
}

static void flush_idle(struct appliers *a, bool now)
{
	if (!now && clock_mono_us() - a->flushed_us < IDLE_WAIT_MS * 1000) return;
	a->flushed_us = clock_mono_us();
	if (!collect_has_counts(a->app) && !people_has_stale(a->app->people)) return;
	struct op op;
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, true);
	enum err e = op_end(&op, write_stale(&op));
	if (e != OK) log_warn("counts_not_written", F_STR("error", str_of(err_slug(e))));
	op_release(&op);
}

static void *run(void *arg)
{
	struct appliers *a = arg;
	pthread_setname_np(pthread_self(), "appliers");
	while (!atomic_load(&a->stopping)) {
		if (events_durable(a->app->events) > a->position) apply_available(a);
		flush_idle(a, false);
		bool waits = collect_has_counts(a->app) || people_has_stale(a->app->people);
		events_wait_past(a->app->events, a->position, waits ? IDLE_WAIT_MS : 60 * 1000);
	}
	apply_available(a);
	flush_idle(a, true);
	return NULL;
}

enum err appliers_start(struct op *op, struct appliers **out)
{
	struct db_rows row;
	TRY(op_query(op, SQL_applier_position, DB_ARGS(db_text(S("derive"))), &row));
	struct appliers *a = MEM_NEW(struct appliers);
	a->app = op->app;
	a->position = row.n ? (uint64_t)db_rows_int(&row, 0, 0) : 0;
	a->derive = derive_new(op->app);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->moved, NULL);
	*out = a;
	if (pthread_create(&a->thread, NULL, run, a)) {
		derive_free(a->derive);
		mem_free(a);
		return fail(op, ERR_INTERNAL, "", "cannot start a thread");
	}
	return OK;
}

void appliers_stop(struct appliers *a)
{
	if (!a) return;
	atomic_store(&a->stopping, true);
	events_wake(a->app->events);
	pthread_join(a->thread, NULL);
	derive_free(a->derive);
	mem_free(a);
}

bool appliers_catch_up(struct app *app, int timeout_ms)
{
	struct appliers *a = app->appliers;
	uint64_t wanted = events_durable(app->events);
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&a->lock);
	bool in_time = true;
	while (a->position < wanted && in_time) in_time = pthread_cond_timedwait(&a->moved, &a->lock, &until) == 0;
	bool reached = a->position >= wanted;
	pthread_mutex_unlock(&a->lock);
	return reached;
}

uint64_t appliers_behind(const struct app *app)
{
	struct appliers *a = app->appliers;
	pthread_mutex_lock(&a->lock);
	uint64_t position = a->position, durable = events_durable(app->events);
	pthread_mutex_unlock(&a->lock);
	return durable > position ? durable - position : 0;
}
