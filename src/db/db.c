/* db.c: sessions, transactions and rows, the same on both databases. See DESIGN.md. */
#include "db/db.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/driver.h"
#include "json/desc.h"

enum { WHERE_BYTES = 4096 };

struct db_pool {
	const struct db__driver *driver;
	char where[WHERE_BYTES];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct db writer, *readers;
	int n_readers;
	struct db *free_readers;
	uint64_t next_ticket, serving; /* writers are served in the order they came */
	bool is_writing;
	pthread_t writing_thread;
};

/* ---- torture --------------------------------------------------------------------------------------------------- */

static _Atomic int64_t fail_at, fail_times, calls_seen;
static _Atomic int fail_with;

void db_fail_nth(int64_t n, int64_t times, enum err e)
{
	atomic_store(&fail_at, 0);
	atomic_store(&calls_seen, 0);
	atomic_store(&fail_times, times);
	atomic_store(&fail_with, (int)e);
	atomic_store(&fail_at, n);
}

int64_t db_fault_calls(void)
{
	return atomic_load(&calls_seen);
}

static enum err torture(struct fault *f)
{
	int64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);
	if (at <= 0) return OK;
	int64_t seen = atomic_fetch_add(&calls_seen, 1) + 1, times = atomic_load(&fail_times);
	if (seen < at || (times >= 0 && seen >= at + times)) return OK;
	return fault_set(f, (enum err)atomic_load(&fail_with), "database", "made to fail by a test");
}

/* ---- pool ------------------------------------------------------------------------------------------------------ */

const struct db__driver *db__driver_of(const struct db *db)
{
	return db->pool->driver;
}

bool db_pool_is_postgres(const struct db_pool *p)
{
	return p->driver == &DB__POSTGRES_DRIVER;
}

static enum err set_where(struct db_pool *p, str url, str dir, struct fault *f)
{
	int n;
	if (str_starts(url, S("postgres://")) || str_starts(url, S("postgresql://"))) {
		p->driver = &DB__POSTGRES_DRIVER;
		n = snprintf(p->where, sizeof p->where, "%.*s", STR_ARG(url));
	} else if (url.n == 0 || str_starts(url, S("sqlite:"))) {
		p->driver = &DB__SQLITE_DRIVER;
		str path = url.n ? str_sub(url, 7, url.n) : STR_NONE;
		n = path.n ? snprintf(p->where, sizeof p->where, "%.*s", STR_ARG(path))
		           : snprintf(p->where, sizeof p->where, "%.*s/records.db", STR_ARG(dir));
	} else {
		return fault_set(f, ERR_INVALID, "database", "write sqlite:PATH or postgres://USER@HOST/NAME");
	}
	return n < WHERE_BYTES ? OK : fault_set(f, ERR_INVALID, "database", "longer than %d bytes", WHERE_BYTES - 1);
}

static enum err open_session(struct db_pool *p, struct db *db, bool to_write, struct fault *f)
{
	*db = (struct db){.pool = p, .to_write = to_write};
	return p->driver->open(&db->session, p->where, to_write, f);
}

enum err db_pool_open(struct db_pool **out, str url, str dir, id directory_id, int sessions, struct fault *f)
{
	struct db_pool *p = MEM_NEW(struct db_pool);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	enum err e = set_where(p, url, dir, f);
	if (e == OK) e = open_session(p, &p->writer, true, f);
	if (e == OK) e = db__migrate(&p->writer, f);
	if (e == OK && directory_id) e = db__tie(&p->writer, directory_id, f);
	p->readers = mem_zalloc((size_t)sessions * sizeof *p->readers);
	while (e == OK && p->n_readers < sessions) {
		struct db *db = &p->readers[p->n_readers];
		e = open_session(p, db, false, f);
		if (e != OK) break;
		p->n_readers++;
		db->next_free = p->free_readers;
		p->free_readers = db;
	}
	if (e != OK) {
		db_pool_close(p);
		return e;
	}
	*out = p;
	return OK;
}

void db_pool_close(struct db_pool *p)
{
	if (!p) return;
	for (int i = 0; i < p->n_readers; i++)
		if (p->readers[i].session) p->driver->close(p->readers[i].session);
	/* The writer last: SQLite folds the log back into the file when its last session closes. */
	if (p->writer.session) p->driver->close(p->writer.session);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	mem_free(p->readers);
	mem_free(p);
}

struct db *db_acquire(struct db_pool *p, bool to_write)
{
	struct db *db;
	pthread_mutex_lock(&p->lock);
	if (to_write) {
		/* A thread that waits for itself would wait for ever. */
		assert(!(p->is_writing && pthread_equal(p->writing_thread, pthread_self())));
		uint64_t ticket = p->next_ticket++;
		while (p->is_writing || p->serving != ticket) pthread_cond_wait(&p->changed, &p->lock);
		p->is_writing = true;
		p->writing_thread = pthread_self();
		db = &p->writer;
	} else {
		while (!p->free_readers) pthread_cond_wait(&p->changed, &p->lock);
		db = p->free_readers;
		p->free_readers = db->next_free;
	}
	pthread_mutex_unlock(&p->lock);
	return db;
}

void db_give_back(struct db *db)
{
	if (!db) return;
	struct db_pool *p = db->pool;
	db_rollback(db);
	pthread_mutex_lock(&p->lock);
	if (db->to_write) {
		p->is_writing = false;
		p->serving++;
	} else {
		db->next_free = p->free_readers;
		p->free_readers = db;
	}
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

/* ---- transactions ---------------------------------------------------------------------------------------------- */

/* After a failed statement the transaction can only be undone, as PostgreSQL has it; so that what works on one
 * database works on the other. */
static enum err spoil(struct db *db, enum err e)
{
	if (e != OK && db->is_open) db->is_spoiled = true;
	return e;
}

static enum err may_go_on(struct db *db, struct fault *f)
{
	TRY(torture(f));
	if (db->is_spoiled) return fault_set(f, ERR_DATABASE, "transaction", "an earlier statement of it failed");
	return OK;
}

static enum err revive(struct db *db, struct fault *f)
{
	if (db->session && db->pool->driver->is_alive(db->session)) return OK;
	if (db->session) db->pool->driver->close(db->session);
	db->session = NULL;
	struct fault why = {0};
	char room[FAULT_FIELD + FAULT_TEXT + 4];
	if (db->pool->driver->open(&db->session, db->pool->where, db->to_write, &why) == OK) return OK;
	log_error("database_not_reached", F_STR("text", str_of(fault_text(&why, room, sizeof room))));
	return fault_set(f, ERR_BUSY, "database", "is not reached just now");
}

enum err db_begin(struct db *db, struct fault *f)
{
	assert(!db->is_open);
	TRY(torture(f));
	TRY(revive(db, f));
	const struct db__driver *driver = db->pool->driver;
	struct fault first = {0};
	enum err e = driver->script(db->session, driver->begin[db->to_write], &first);
	if (e != OK && !driver->is_alive(db->session)) { /* lost while it lay idle: once more on a new connection */
		TRY(revive(db, f));
		e = driver->script(db->session, driver->begin[db->to_write], f);
	} else if (e != OK && f && f->err == OK) {
		*f = first;
	}
	db->is_open = e == OK;
	db->is_spoiled = db->has_savepoint = false;
	return e;
}

enum err db_commit(struct db *db, struct fault *f)
{
	assert(db->is_open);
	enum err e = may_go_on(db, f);
	if (e == OK) e = db->pool->driver->script(db->session, "COMMIT", f);
	if (e != OK) {
		db_rollback(db);
		return e;
	}
	db->is_open = false;
	return torture(f); /* as when the connection is lost with the answer on its way: committed, and nobody knows */
}

void db_rollback(struct db *db)
{
	if (!db->is_open) return;
	db->is_open = db->is_spoiled = db->has_savepoint = false;
	/* It fails only when the transaction is gone already: SQLite ends it itself on a full disk, PostgreSQL with a
	 * lost connection. */
	struct fault ignored = {0};
	enum err e = db->pool->driver->script(db->session, "ROLLBACK", &ignored);
	(void)e;
}

enum err db_savepoint(struct db *db, struct fault *f)
{
	assert(db->is_open && !db->has_savepoint);
	TRY(may_go_on(db, f));
	TRY(spoil(db, db->pool->driver->script(db->session, "SAVEPOINT hospes", f)));
	db->has_savepoint = true;
	return OK;
}

enum err db_savepoint_keep(struct db *db, struct fault *f)
{
	assert(db->has_savepoint);
	TRY(may_go_on(db, f));
	TRY(spoil(db, db->pool->driver->script(db->session, "RELEASE SAVEPOINT hospes", f)));
	db->has_savepoint = false;
	return OK;
}

enum err db_savepoint_undo(struct db *db, struct fault *f)
{
	assert(db->has_savepoint);
	db->has_savepoint = false;
	enum err e = torture(f);
	if (e == OK) e = db->pool->driver->script(db->session, "ROLLBACK TO SAVEPOINT hospes", f);
	if (e == OK) e = db->pool->driver->script(db->session, "RELEASE SAVEPOINT hospes", f);
	db->is_spoiled = e != OK;
	return e;
}

/* ---- statements ------------------------------------------------------------------------------------------------ */

static enum err check_values(const struct db_val *values, size_t n, const char *what, struct fault *f)
{
	for (size_t i = 0; i < n; i++)
		if (values[i].type == DB_TEXT && values[i].s.n && memchr(values[i].s.p, 0, values[i].s.n))
			return fault_set(f, ERR_INVALID, what, "a text holds a NUL character, which no database keeps");
	return OK;
}

static enum err perform(struct db *db, struct db__call *call, struct fault *f)
{
	TRY(may_go_on(db, f));
	if (!db->is_open) TRY(revive(db, f));
	enum err e = OK;
	if (call->statement != DB__NO_STATEMENT) {
		assert((int)call->n == DB__STATEMENTS[call->statement].parameters);
		e = check_values(call->args, call->n, DB__STATEMENTS[call->statement].name, f);
	}
	if (e == OK) e = db->pool->driver->call(db->session, call, f);
	return spoil(db, e);
}

enum err db_run(struct db *db, enum sql q, const struct db_val *args, size_t n, int64_t *changed, struct fault *f)
{
	struct db__call call = {.statement = (int)q, .args = args, .n = n};
	enum err e = perform(db, &call, f);
	if (changed) *changed = e == OK ? call.changed : 0;
	return e;
}

enum err db_put(struct db *db, enum sql q, const struct db_val *args, size_t n, struct fault *f)
{
	struct db__call call = {.statement = (int)q, .args = args, .n = n, .may_wait = db->is_open};
	return perform(db, &call, f);
}

struct gathering {
	struct arena *arena;
	struct db_rows *rows;
	struct db_val *v;
	size_t cap;
};

static bool gather(void *arg, const struct db_val *row, size_t columns, const char *const *names)
{
	struct gathering *g = arg;
	struct db_rows *rows = g->rows;
	if (!rows->names) {
		const char **copy = ARENA_ARRAY(g->arena, const char *, columns);
		for (size_t i = 0; i < columns; i++) copy[i] = str_c(g->arena, str_of(names[i]));
		rows->names = copy;
		rows->columns = columns;
	}
	if (rows->n == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 4;
		g->v = arena_grow(g->arena, g->v, g->cap * columns * sizeof *g->v, cap * columns * sizeof *g->v);
		g->cap = cap;
	}
	for (size_t i = 0; i < columns; i++) {
		struct db_val *v = &g->v[rows->n * columns + i];
		*v = row[i];
		if (v->type == DB_TEXT || v->type == DB_BLOB) v->s = str_dup(g->arena, v->s);
	}
	rows->n++;
	return true;
}

static enum err gather_call(struct db *db, struct arena *a, struct db__call *call, struct db_rows *out, struct fault *f)
{
	*out = (struct db_rows){0};
	struct gathering g = {.arena = a, .rows = out};
	call->row = gather;
	call->arg = &g;
	enum err e = perform(db, call, f);
	out->v = g.v;
	if (e != OK) *out = (struct db_rows){0};
	return e;
}

enum err db_query(struct db *db, struct arena *a, enum sql q, const struct db_val *args, size_t n, struct db_rows *out,
	struct fault *f)
{
	struct db__call call = {.statement = (int)q, .args = args, .n = n};
	return gather_call(db, a, &call, out, f);
}

enum err db__query_text(struct db *db, struct arena *a, const char *text, const struct db_val *args, size_t n,
	struct db_rows *out, struct fault *f)
{
	struct db__call call = {.statement = DB__NO_STATEMENT, .text = text, .args = args, .n = n};
	return gather_call(db, a, &call, out, f);
}

enum err db__call_text(
	struct db *db, const char *text, const struct db_val *args, size_t n, db__row *row, void *arg, struct fault *f)
{
	struct db__call call = {
		.statement = DB__NO_STATEMENT, .text = text, .args = args, .n = n, .is_stream = true, .row = row, .arg = arg};
	return perform(db, &call, f);
}

enum err db__script(struct db *db, const char *text, struct fault *f)
{
	TRY(may_go_on(db, f));
	return spoil(db, db->pool->driver->script(db->session, text, f));
}

struct visiting {
	db_visit *visit;
	void *arg;
};

static bool visit_row(void *arg, const struct db_val *row, size_t columns, const char *const *names)
{
	(void)names;
	struct visiting *v = arg;
	return v->visit(v->arg, row, columns);
}

enum err db_each(
	struct db *db, enum sql q, const struct db_val *args, size_t n, db_visit *visit, void *arg, struct fault *f)
{
	struct visiting v = {visit, arg};
	struct db__call call = {.statement = (int)q, .args = args, .n = n, .is_stream = true, .row = visit_row, .arg = &v};
	return perform(db, &call, f);
}

enum err db_bulk_insert(struct db *db, const char *table, const char *const *columns, size_t n_columns,
	const struct db_val *values, size_t rows, struct fault *f)
{
	TRY(may_go_on(db, f));
	if (rows == 0) return OK;
	struct db__table t = {table, columns, n_columns};
	enum err e = check_values(values, rows * n_columns, table, f);
	if (e == OK) e = db->pool->driver->bulk(db->session, &t, values, rows, f);
	return spoil(db, e);
}

enum err db_prepare_all(struct db *db, struct fault *f)
{
	for (int q = 0; q < SQL_COUNT; q++) TRY(db->pool->driver->prepare(db->session, (enum sql)q, f));
	return OK;
}

/* ---- cells ----------------------------------------------------------------------------------------------------- */

int64_t db_rows_int(const struct db_rows *r, size_t row, size_t column)
{
	const struct db_val *v = db_cell(r, row, column);
	if (v->type == DB_NULL) return DESC_NULL_INT;
	assert(v->type == DB_INT || v->type == DB_BOOL);
	return v->i;
}

id db_rows_id(const struct db_rows *r, size_t row, size_t column)
{
	return db_cell(r, row, column)->type == DB_NULL ? 0 : db_rows_int(r, row, column);
}

double db_rows_real(const struct db_rows *r, size_t row, size_t column)
{
	const struct db_val *v = db_cell(r, row, column);
	if (v->type == DB_NULL) return NAN;
	assert(v->type == DB_REAL || v->type == DB_INT);
	return v->type == DB_REAL ? v->d : (double)v->i;
}

str db_rows_text(const struct db_rows *r, size_t row, size_t column)
{
	const struct db_val *v = db_cell(r, row, column);
	if (v->type == DB_NULL) return STR_NONE;
	assert(v->type == DB_TEXT || v->type == DB_BLOB);
	return v->s;
}

bool db_rows_bool(const struct db_rows *r, size_t row, size_t column)
{
	const struct db_val *v = db_cell(r, row, column);
	if (v->type == DB_NULL) return false;
	assert(v->type == DB_INT || v->type == DB_BOOL);
	return v->i != 0;
}

enum err db_compact(struct db_pool *p, struct fault *f)
{
	struct db *db = db_acquire(p, true);
	enum err e = p->driver->compact(db->session, f);
	db_give_back(db);
	return e;
}

void db_slim(struct db_pool *p)
{
	struct fault ignored = {0};
	if (!p->driver->slim) return;
	struct db *db = db_acquire(p, true);
	enum err e = p->driver->script(db->session, p->driver->slim, &ignored);
	(void)e;
	db_give_back(db);
}
