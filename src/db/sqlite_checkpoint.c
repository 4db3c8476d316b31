/* SQLite's own way is that the commit which finds a long log folds it back into the file, two syncs and every changed page
 * once more, before it returns: whoever waits for the next transaction waits for that. Here a thread with a session of its
 * own does it beside the writer. It never waits for readers or the writer (PASSIVE): what it could not fold back it does
 * at the next commit. Where commits come faster than it is done, the log grows, and past a length the commit waits. */
#include <pthread.h>

#include "base/mem.h"
#include "db/sqlite_inner.h"

enum {
	PAGES = 1000,       /* of the log before it is folded back: SQLite's default */
	PAGES_MOST = 16384, /* … before the writer waits: as long as the log's file may stay (journal_size_limit) */
};

struct sqlite__checkpoint {
	sqlite3 *handle;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock, folding;
	pthread_cond_t changed;
	bool is_due, is_ending; /* guarded by lock */
};

static void fold(struct sqlite__checkpoint *c)
{
	pthread_mutex_lock(&c->folding);
	sqlite3_wal_checkpoint_v2(c->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	pthread_mutex_unlock(&c->folding);
}

static void *run(void *arg)
{
	struct sqlite__checkpoint *c = arg;
	pthread_setname_np(pthread_self(), "checkpoint");
	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->is_due && !c->is_ending) pthread_cond_wait(&c->changed, &c->lock);
		if (c->is_ending) break;
		c->is_due = false;
		pthread_mutex_unlock(&c->lock);
		fold(c);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* After each commit of the writer. What fails here is tried again by the next: the commit itself is durable. */
static int committed(void *arg, sqlite3 *writer, const char *database, int pages)
{
	struct sqlite__checkpoint *c = arg;
	(void)writer, (void)database;
	if (pages < PAGES) return SQLITE_OK;
	if (pages >= PAGES_MOST) {
		fold(c);
		return SQLITE_OK;
	}
	pthread_mutex_lock(&c->lock);
	c->is_due = true;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return SQLITE_OK;
}

struct sqlite__checkpoint *sqlite__checkpoint_start(sqlite3 *writer, const char *where)
{
	struct sqlite__checkpoint *c = MEM_NEW(struct sqlite__checkpoint);
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutexattr_t again; /* whoever holds it may commit a long log itself */
	pthread_mutexattr_init(&again);
	pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&c->folding, &again);
	pthread_mutexattr_destroy(&again);
	pthread_cond_init(&c->changed, NULL);
	int rc = sqlite3_open_v2(where, &c->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK) rc = sqlite3_exec(c->handle, "PRAGMA synchronous=FULL; PRAGMA cache_size=-100", NULL, NULL, NULL);
	c->has_thread = rc == SQLITE_OK && pthread_create(&c->thread, NULL, run, c) == 0;
	if (!c->has_thread) { /* then commits do it, as they would have */
		sqlite__checkpoint_end(c);
		return NULL;
	}
	sqlite3_wal_hook(writer, committed, c);
	return c;
}

void sqlite__checkpoint_end(struct sqlite__checkpoint *c)
{
	if (!c) return;
	if (c->has_thread) {
		pthread_mutex_lock(&c->lock);
		c->is_ending = true;
		pthread_cond_signal(&c->changed);
		pthread_mutex_unlock(&c->lock);
		pthread_join(c->thread, NULL);
	}
	sqlite3_close(c->handle);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->folding);
	pthread_mutex_destroy(&c->lock);
	mem_free(c);
}

void sqlite__checkpoint_hold(struct sqlite__checkpoint *c)
{
	if (c) pthread_mutex_lock(&c->folding);
}

void sqlite__checkpoint_go_on(struct sqlite__checkpoint *c)
{
	if (c) pthread_mutex_unlock(&c->folding);
}
