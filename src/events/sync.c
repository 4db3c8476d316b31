/* The sync thread: takes all that queued while the last sync ran, writes it, syncs once, publishes, and answers.
 *
 * When more comes in than sealing gets done, full tables pile up, and in the end appends would be refused. Before that
 * the answers come later: clients that wait for them send less, and sealing gets the processor. The more tables wait,
 * the nearer the pace of what is taken comes to that of sealing. */
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "events/store.h"

struct group {
	struct pending *pieces;
	size_t n, cap, bytes;
	struct waiters waiters;
	uint64_t from, to, arrivals; /* arrivals: what had come when it was taken */
};

enum { PAUSE_MOST_US = 200000 };
/* By full tables: of the time that sealing takes for an event, so many hundredths must pass for each that is taken. */
static const uint8_t PACE_PCT[] = {0, 0, 50, 85, 100, 115, 140, 160};

static void take(struct events *ev, struct group *g)
{
	struct pending *pieces = g->pieces;
	size_t cap = g->cap;
	struct waiters waiters = g->waiters;
	*g = (struct group){ev->pending, ev->n_pending, ev->cap_pending, ev->pending_bytes, ev->waiting, ev->durable, ev->position, ev->next_arrival};
	ev->pending = pieces;
	ev->cap_pending = cap;
	ev->n_pending = 0;
	waiters.n = 0;
	ev->waiting = waiters;
	for (size_t i = 0; i < ev->n_tables; i++) ev->tables[i]->taken = ev->tables[i]->appended;
	ev->subjects_taken = ev->subjects_logged;
	ev->types_taken = ev->types_logged;
	ev->channels_taken = ev->channels_logged;
}

static void publish(struct events *ev, const struct group *g)
{
	ev->durable = g->to;
	ev->pending_bytes -= g->bytes;
	ev->syncs += g->n > 0;
	for (size_t i = 0; i < ev->n_tables; i++) { /* a table that is being sealed is read without the lock, and must not be touched */
		struct table *t = ev->tables[i];
		if (t->published != t->taken) t->published = t->taken;
	}
	ev->subjects_durable = ev->subjects_taken;
	ev->types_durable = ev->types_taken;
	ev->channels_durable = ev->channels_taken;
}

/* Nothing that is not durable has happened: what came in while the write failed stands behind it, and fails too. */
static void take_back(struct events *ev, struct group *g)
{
	for (size_t i = 0; i < ev->n_tables; i++) {
		struct table *t = ev->tables[i];
		while (t->appended > t->published) {
			const struct log_event *e = table__row(t, --t->appended);
			keyset__remove(&t->keys, (struct subject_key){e->key_a, e->key_b});
		}
		if (t->start > ev->durable) t->start = ev->durable;
		if (t->end != UINT64_MAX && t->end > ev->durable) t->end = ev->durable;
	}
	ev->position = ev->durable;
	ev->n_pending = 0;
	ev->pending_bytes = 0;
	ev->subjects_logged = ev->subjects_durable;
	ev->types_logged = ev->types_durable;
	ev->channels_logged = ev->channels_durable;
	ev->appends_failed++;
	struct waiters *all = &g->waiters;
	while (all->cap < all->n + ev->waiting.n) {
		all->cap = all->cap ? all->cap * 2 : 64;
		all->v = mem_realloc(all->v, all->cap * sizeof *all->v);
	}
	for (size_t i = 0; i < ev->waiting.n; i++) all->v[all->n++] = ev->waiting.v[i];
	ev->waiting.n = 0;
}

/* How long the next group has to wait after this one, of n events, was taken. */
static int64_t pause_us(const struct events *ev, uint64_t n)
{
	size_t full = ev->n_tables - 1;
	int64_t us = (int64_t)n * ev->seal_ns / 1000 * PACE_PCT[full < COUNT_OF(PACE_PCT) ? full : COUNT_OF(PACE_PCT) - 1] / 100;
	return us < PAUSE_MOST_US ? us : PAUSE_MOST_US;
}

/* Sleeps without the lock. */
static void sleep_until(struct events *ev, int64_t until_us)
{
	int64_t us = until_us - clock_mono_us();
	if (us <= 0 || ev->is_closing) return;
	pthread_mutex_unlock(&ev->lock);
	usleep((useconds_t)us);
	pthread_mutex_lock(&ev->lock);
}

void *sync__run(void *arg)
{
	struct events *ev = arg;
	pthread_setname_np(pthread_self(), "log-sync"); /* for top and profilers */
	struct group g = {0};
	int64_t not_before_us = 0;
	pthread_mutex_lock(&ev->lock);
	g.arrivals = ev->next_arrival;
	for (;;) {
		while (!ev->waiting.n && !ev->is_closing) pthread_cond_wait(&ev->has_work, &ev->lock);
		if (!ev->waiting.n) break;
		if (ev->sync_interval_us > 0 && ev->n_pending) sleep_until(ev, clock_mono_us() + ev->sync_interval_us);
		sleep_until(ev, not_before_us);
		uint64_t arrivals = g.arrivals;
		take(ev, &g);
		int64_t pause = pause_us(ev, g.arrivals - arrivals);
		if (pause) not_before_us = clock_mono_us() + pause;
		pthread_mutex_unlock(&ev->lock);
		enum err e = g.n ? log__write(ev, g.pieces, g.n, g.from, g.from) : OK;
		pthread_mutex_lock(&ev->lock);
		if (e == OK) publish(ev, &g);
		else take_back(ev, &g);
		pthread_cond_broadcast(&ev->is_durable);
		if (background__seal_due(ev)) pthread_cond_broadcast(&ev->background_wakes);
		pthread_mutex_unlock(&ev->lock);
		for (size_t i = 0; i < g.waiters.n; i++)
			if (g.waiters.v[i].done) g.waiters.v[i].done(g.waiters.v[i].arg, e);
		pthread_mutex_lock(&ev->lock);
	}
	pthread_mutex_unlock(&ev->lock);
	mem_free(g.pieces);
	mem_free(g.waiters.v);
	return NULL;
}
