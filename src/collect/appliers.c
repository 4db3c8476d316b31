/* A batch is one transaction: many events, so that a flood costs few syncs. Most events derive nothing; the log is passed
 * over to the next one that does without a transaction, and how far that went is stored now and then: replaying it is
 * cheap.
 *
 * When a batch fails because of the database (away, busy, full, broken), it is tried again from its start for as long as that
 * lasts; /health says why. When it fails because of what it holds, half of it is tried, until one event is found that fails
 * alone: that one is kept aside, whole, in the table unapplied: named in the log, counted at /health, and tried again at each
 * start and each hour. */
#include "collect/appliers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
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
	TRIES_ALONE = 2,
	IDLE_WAIT_MS = 2000,      /* also how often last-seen times and counts are written … */
	FLUSH_SHARE = 20,         /* … unless that takes more than a twentieth of the time: a flood hears everybody */
	STALE_AT_ONCE = 20000,
	STORE_BYTES = 32 << 20,   /* passed over since the position was stored: it is stored again */
	LINGER_MS = 500,          /* the log stays open so long: opening it walks over all frames of a file */
	BREATH_MS = 100,          /* under a stream of events a batch gathers so long, unless somebody waits for it: a transaction of one new customer writes as many pages as one of fifty */
	RETRY_PAUSE_MS = 2,       /* doubled with each failure … */
	RETRY_PAUSE_MOST_MS = 1000,
	RETRY_ASIDE_S = 3600
};

struct appliers {
	struct app *app;
	pthread_t thread;
	struct derive *derive;
	_Atomic bool stopping;
	pthread_mutex_t lock;
	pthread_cond_t moved, hurry;
	uint64_t position;  /* guarded by lock */
	int awaited;        /* how many wait for it; guarded by lock */
	uint64_t stored;    /* the position in records */
	struct events_log *log;   /* while there is something to read; stands at log_position */
	uint64_t log_position;
	int64_t flushed_us, flush_took_us;
	size_t most;        /* of the next batch: halved when one failed for what it holds */
	int failures, failures_alone;
	_Atomic int trouble;        /* enum err: what the database answered last */
	_Atomic uint64_t unapplied; /* kept aside */
	int64_t retried_us;
};

static void advance(struct appliers *a, uint64_t position)
{
	pthread_mutex_lock(&a->lock);
	a->position = position;
	pthread_cond_broadcast(&a->moved);
	pthread_mutex_unlock(&a->lock);
}

static void close_log(struct appliers *a)
{
	events_log_close(a->log);
	a->log = NULL;
}

static enum err open_log(struct appliers *a, uint64_t position, struct fault *f)
{
	if (a->log && a->log_position == position) return OK;
	close_log(a);
	TRY(events_log_open(a->app->events, position, &a->log, f));
	a->log_position = position;
	return OK;
}

/* Moves to the next record that derives something. */
static bool next_record(struct appliers *a, struct events_record *record)
{
	return events_log_next(a->log, true, record, &a->log_position);
}

static enum err store_position(struct op *op, uint64_t position)
{
	return op_run(op, SQL_applier_put, DB_ARGS(db_text(S("derive")), db_int((int64_t)position)), NULL);
}

/* Applies `record`, which has been read, and those that follow; when the first of them fails, `record` is still that one. */
static enum err apply_some(struct appliers *a, struct op *op, struct events_record *record, size_t most, uint64_t *position, size_t *applied)
{
	int64_t started = clock_mono_us();
	enum err e = OK;
	derive_begin(a->derive, op);
	for (bool has_record = true; has_record;) {
		e = derive_record(a->derive, record);
		++*applied;
		*position = a->log_position = record->next;
		bool is_enough = e != OK || *applied == most || clock_mono_us() - started >= BATCH_US;
		has_record = !is_enough && next_record(a, record);
	}
	if (e == OK) *position = a->log_position;
	if (e == OK) e = derive_end(a->derive);
	return e == OK ? store_position(op, *position) : e;
}

static enum err read_position(struct op *op, uint64_t *position)
{
	struct db_rows row;
	TRY(op_query(op, SQL_applier_position, DB_ARGS(db_text(S("derive"))), &row));
	*position = row.n ? (uint64_t)db_rows_int(&row, 0, 0) : 0;
	return OK;
}

/* Memory and the position as records have them. */
static enum err read_again(struct appliers *a, uint64_t *position)
{
	struct op op;
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, false);
	enum err e = people_reload(&op, a->app->people); /* when it fails, the next writer does */
	if (e == OK) e = read_position(&op, position);
	e = op_end(&op, e);
	op_release(&op);
	return e;
}

/* A batch that failed may be there all the same: the connection was lost with the answer to its commit. Then the position in
 * records is past it. */
static enum err run_batch(struct appliers *a, struct events_record *record, size_t most, uint64_t *position, size_t *applied)
{
	struct op op;
	struct people *people = a->app->people;
	uint64_t stored = 0;
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, true);
	op.route = "appliers";
	op.locale = derive_locale(&op);
	people_lock(people);
	enum err e = people_is_torn(people) ? read_again(a, &stored) : OK;
	if (e == OK && stored <= a->position) e = apply_some(a, &op, record, most, position, applied);
	e = op_end(&op, e);
	op_release(&op);
	if (e != OK) close_log(a);
	if (e != OK && read_again(a, &stored) == OK && stored > a->position) e = OK;
	people_unlock(people);
	if (stored > a->position) *position = stored;
	return e;
}

/* Else the database's: it would fail whatever is written. */
static bool is_own_fault(enum err e)
{
	return e != ERR_BUSY && e != ERR_FULL && e != ERR_IO && e != ERR_DATABASE;
}

/* What was passed over, or could not be applied, counts as applied: it is stored before the log may lose it. */
static void store_passed(struct appliers *a)
{
	struct op op;
	if (a->position == a->stored) return;
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, true);
	enum err e = op_end(&op, store_position(&op, a->position));
	op_release(&op);
	if (e != OK) return;
	a->stored = a->position;
	events_confirm(a->app->events, a->stored);
}

/* The failed batch closed the log, and with it the texts of the record. */
static bool reread(struct appliers *a, struct events_record *record)
{
	struct fault f = {0};
	return open_log(a, record->position, &f) == OK && next_record(a, record);
}

/* With the position behind it in one transaction: an event is applied, or it is here. */
static enum err keep_aside(struct op *op, const struct events_record *r, enum err why)
{
	const struct event *e = &r->event;
	TRY(op_run(op, SQL_unapplied_add,
	           DB_ARGS(db_int((int64_t)r->position), db_bool(r->is_note), db_int(e->subject), db_int(e->import), db_int(e->source), db_int(e->purposes), db_int(e->time_ms), db_int(e->received_ms),
	                   db_text(e->type.n ? e->type : S("")), db_text(e->channel.n ? e->channel : S("")), db_text(e->body.n ? e->body : S("")), db_text(str_of(err_slug(why))), db_int(op->now_ms)),
	           NULL));
	return store_position(op, r->next);
}

static bool pass_over(struct appliers *a, const struct events_record *r, enum err why)
{
	struct op op;
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, true);
	enum err e = op_end(&op, keep_aside(&op, r, why));
	op_release(&op);
	if (e != OK) return false;
	log_error("event_not_applied", F_INT("position", r->position), F_STR("error", str_of(err_slug(why))));
	atomic_fetch_add(&a->unapplied, 1);
	a->stored = r->next;
	advance(a, r->next);
	events_confirm(a->app->events, r->next);
	return true;
}

static enum err derive_aside(struct appliers *a, struct op *op, const struct db_rows *rows, size_t i)
{
	struct events_record r = {.position = (uint64_t)db_rows_int(rows, i, 0), .is_note = db_rows_bool(rows, i, 1)};
	r.event = (struct event){.subject = (uint32_t)db_rows_int(rows, i, 2), .import = (uint32_t)db_rows_int(rows, i, 3), .source = (uint16_t)db_rows_int(rows, i, 4), .purposes = (uint32_t)db_rows_int(rows, i, 5),
	                         .time_ms = db_rows_int(rows, i, 6), .received_ms = db_rows_int(rows, i, 7), .type = db_rows_text(rows, i, 8), .channel = db_rows_text(rows, i, 9), .body = db_rows_text(rows, i, 10)};
	derive_begin(a->derive, op);
	TRY(derive_record(a->derive, &r));
	TRY(derive_end(a->derive));
	return op_run(op, SQL_unapplied_done, DB_ARGS(db_int((int64_t)r.position)), NULL);
}

static void try_aside(struct appliers *a, const struct db_rows *rows, size_t i)
{
	struct op op;
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, true);
	op.locale = derive_locale(&op);
	people_lock(a->app->people);
	uint64_t ignored;
	enum err e = people_is_torn(a->app->people) ? read_again(a, &ignored) : OK;
	e = op_end(&op, e == OK ? derive_aside(a, &op, rows, i) : e);
	if (e != OK) (void)read_again(a, &ignored);
	people_unlock(a->app->people);
	op_release(&op);
	if (e == OK) log_info("event_applied_late", F_INT("position", db_rows_int(rows, i, 0)));
}

/* Some of what was kept aside, each in a transaction of its own. False: there is no more. */
static bool try_some_aside(struct appliers *a, int64_t *position)
{
	struct op op;
	struct db_rows rows = {0};
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, false);
	enum err e = op_end(&op, op_query(&op, SQL_unapplied_after, DB_ARGS(db_int(*position)), &rows));
	for (size_t i = 0; e == OK && i < rows.n && !atomic_load(&a->stopping); i++) {
		try_aside(a, &rows, i);
		*position = db_rows_int(&rows, i, 0);
	}
	op_release(&op);
	return e == OK && rows.n && !atomic_load(&a->stopping);
}

static void count_aside(struct appliers *a)
{
	struct op op;
	struct db_rows left;
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, false);
	if (op_end(&op, op_query(&op, SQL_unapplied_count, DB_NO_ARGS, &left)) == OK) atomic_store(&a->unapplied, (uint64_t)db_rows_int(&left, 0, 0));
	op_release(&op);
}

static void retry_aside(struct appliers *a)
{
	int64_t position = -1;
	if (!atomic_load(&a->unapplied) || (a->retried_us && clock_mono_us() - a->retried_us < RETRY_ASIDE_S * 1000000LL)) return;
	a->retried_us = clock_mono_us();
	while (try_some_aside(a, &position)) {}
	count_aside(a);
}

static void note_trouble(struct appliers *a, enum err e)
{
	atomic_store(&a->trouble, (int)(is_own_fault(e) ? OK : e));
}

static void went_well(struct appliers *a)
{
	a->failures = a->failures_alone = 0;
	a->most = a->most < BATCH_EVENTS / 2 ? a->most * 2 : BATCH_EVENTS;
	note_trouble(a, OK);
}

static void pause_after_failure(struct appliers *a)
{
	int64_t ms = RETRY_PAUSE_MOST_MS;
	if (a->failures < 9 && RETRY_PAUSE_MS << a->failures < ms) ms = RETRY_PAUSE_MS << a->failures;
	a->failures++;
	struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};
	if (!atomic_load(&a->stopping)) nanosleep(&pause, NULL);
}

/* `tried` of its records were read before it failed, the first of them `record`. */
static void after_failure(struct appliers *a, struct events_record *record, size_t tried, enum err e)
{
	if (!is_own_fault(e) || !tried) {
		note_trouble(a, e);
		pause_after_failure(a);
	} else if (tried > 1) {
		a->most = tried / 2;
	} else if (++a->failures_alone >= TRIES_ALONE && reread(a, record) && pass_over(a, record, e)) {
		went_well(a);
	} else {
		pause_after_failure(a);
	}
}

static void apply_from(struct appliers *a, struct events_record *record)
{
	uint64_t position = record->position;
	size_t applied = 0;
	enum err e = run_batch(a, record, a->most, &position, &applied);
	if (e != OK) {
		after_failure(a, record, applied, e);
		return;
	}
	went_well(a);
	a->stored = position;
	events_confirm(a->app->events, position);
	advance(a, position);
	if (a->app->http) http_publish(a->app->http, S("touchpoints"));
}

/* Until all that is durable is applied; when stopping, until something fails. */
static void apply_available(struct appliers *a)
{
	struct events_record record;
	struct fault f = {0};
	while (events_durable(a->app->events) > a->position) {
		if (atomic_load(&a->stopping) && (a->failures || a->failures_alone)) break;
		enum err e = open_log(a, a->position, &f);
		if (e != OK) {
			if (!a->failures) log_error("log_not_read", F_INT("position", a->position)); /* once, not for each try */
			note_trouble(a, is_own_fault(e) ? ERR_IO : e);
			pause_after_failure(a);
			break;
		}
		if (next_record(a, &record)) {
			apply_from(a, &record);
			continue;
		}
		if (a->log_position == a->position) break;
		advance(a, a->log_position);
		if (a->position - a->stored > STORE_BYTES) store_passed(a);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static enum err write_stale(struct op *op, uint32_t *stale, size_t n)
{
	struct people *people = op->app->people;
	qsort(stale, n, sizeof *stale, by_number); /* neighbours lie on one page of the table */
	for (size_t i = 0; i < n; i++) {
		int64_t first, last;
		uint64_t heard;
		people_heard(people, stale[i], &first, &last, &heard);
		if (heard) TRY(op_run(op, SQL_customer_put_seen, DB_ARGS(db_id(people_id(people, stale[i])), db_int(first), db_int(last)), NULL));
	}
	return collect_flush_counts(op);
}

static void flush_idle(struct appliers *a, bool now)
{
	int64_t pause = IDLE_WAIT_MS * 1000;
	if (a->flush_took_us * FLUSH_SHARE > pause) pause = a->flush_took_us * FLUSH_SHARE;
	if (!now && clock_mono_us() - a->flushed_us < pause) return;
	a->flushed_us = clock_mono_us();
	if (!collect_has_counts(a->app) && !people_has_stale(a->app->people)) return;
	struct op op;
	op_init(&op, a->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("appliers")}, true);
	uint32_t *stale = ARENA_ARRAY(&op.arena, uint32_t, STALE_AT_ONCE);
	size_t n = people_take_stale(a->app->people, stale, STALE_AT_ONCE);
	enum err e = op_end(&op, write_stale(&op, stale, n));
	if (e != OK) people_give_back_stale(a->app->people, stale, n);
	note_trouble(a, e);
	op_release(&op);
	a->flush_took_us = clock_mono_us() - a->flushed_us;
}

static struct timespec from_now(int ms)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

static void breathe(struct appliers *a)
{
	struct timespec until = from_now(BREATH_MS);
	pthread_mutex_lock(&a->lock);
	while (!a->awaited && !atomic_load(&a->stopping) && pthread_cond_timedwait(&a->hurry, &a->lock, &until) == 0) {}
	pthread_mutex_unlock(&a->lock);
}

static void *run(void *arg)
{
	struct appliers *a = arg;
	pthread_setname_np(pthread_self(), "appliers");
	while (!atomic_load(&a->stopping)) {
		retry_aside(a);
		apply_available(a);
		flush_idle(a, false);
		breathe(a);
		if (events_durable(a->app->events) > a->position) continue;
		if (a->log) { /* it keeps a file of the log mapped: not for ever */
			if (!events_wait_past(a->app->events, a->position, LINGER_MS)) close_log(a);
			continue;
		}
		bool waits = collect_has_counts(a->app) || people_has_stale(a->app->people);
		if (!waits) db_slim(a->app->records);
		events_wait_past(a->app->events, a->position, waits ? IDLE_WAIT_MS : 60 * 1000);
	}
	apply_available(a);
	store_passed(a);
	close_log(a);
	flush_idle(a, true);
	return NULL;
}

enum err appliers_start(struct op *op, struct appliers **out)
{
	uint64_t position;
	struct db_rows aside;
	TRY(read_position(op, &position));
	TRY(op_query(op, SQL_unapplied_count, DB_NO_ARGS, &aside));
	struct appliers *a = MEM_NEW(struct appliers);
	atomic_store(&a->unapplied, (uint64_t)db_rows_int(&aside, 0, 0));
	a->app = op->app;
	a->position = a->stored = position;
	a->most = BATCH_EVENTS;
	a->derive = derive_new(op->app);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->moved, NULL);
	pthread_cond_init(&a->hurry, NULL);
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
	pthread_mutex_lock(&a->lock);
	atomic_store(&a->stopping, true);
	pthread_cond_signal(&a->hurry);
	pthread_mutex_unlock(&a->lock);
	events_wake(a->app->events);
	pthread_join(a->thread, NULL);
	derive_free(a->derive);
	mem_free(a);
}

bool appliers_catch_up(struct app *app, int timeout_ms)
{
	struct appliers *a = app->appliers;
	uint64_t wanted = events_durable(app->events);
	struct timespec until = from_now(timeout_ms);
	pthread_mutex_lock(&a->lock);
	bool in_time = true;
	a->awaited++;
	pthread_cond_signal(&a->hurry);
	while (a->position < wanted && in_time) in_time = pthread_cond_timedwait(&a->moved, &a->lock, &until) == 0;
	bool reached = a->position >= wanted;
	a->awaited--;
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

uint64_t appliers_unapplied(const struct app *app)
{
	return atomic_load(&app->appliers->unapplied);
}

enum err appliers_trouble(const struct app *app)
{
	return (enum err)atomic_load(&app->appliers->trouble);
}
