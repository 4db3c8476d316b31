/* The background thread seals full tables first (they hold memory and slow down look-ups), then merges, then drops what
 * was erased long enough ago. What fails is tried again a second later: nothing is lost by waiting, and appends are
 * told to come back when too many tables wait. */
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "events/store.h"

enum { TRY_AGAIN_MS = 1000, LOOK_MS = 60000, AHEAD = 4, TIMED_EVENTS = 10000 };

bool background__seal_due(struct events *ev)
{
	if (ev->n_tables == 0) return false;
	const struct table *t = ev->tables[0];
	return t->end != UINT64_MAX && ev->durable >= t->end;
}

/* ---- sealing -------------------------------------------------------------------------------------------------------------- */
/* Sorted rows lie anywhere in the chunks: a row of common size is fetched some rows before it is needed. */
static void prefetch_row(const struct log_event *e)
{
	for (int line = 0; line < 6; line++) __builtin_prefetch((const char *)e + line * 64);
}

static enum err write_table(struct events *ev, struct table *t, const struct erased *erased, struct segment **made, struct fault *f)
{
	const struct log_event **rows = mem_alloc((t->published + 1) * sizeof *rows);
	size_t n = 0;
	for (size_t i = 0; i < t->published; i++) {
		const struct log_event *e = table__row(t, i);
		if (!erased__has(erased, e->subject, e->import)) rows[n++] = e;
	}
	table__sort(rows, n);
	enum err e = OK;
	*made = NULL;
	if (n) {
		uint64_t number = manifest__next_segment(ev);
		struct writer *w = writer__new(ev->dir, number, n, &ev->properties, true);
		for (size_t i = 0; i < n; i++) {
			if (i + AHEAD < n) prefetch_row(rows[i + AHEAD]);
			writer__add(w, rows[i], log_event_body(rows[i]));
		}
		writer__end_rows(w);
		e = writer__finish(w, f);
		writer__free(w);
		if (e == OK) e = segment__open_made(ev, number, made, f);
	}
	mem_free(rows);
	return e;
}

enum err background__seal(struct events *ev, struct fault *f)
{
	pthread_mutex_lock(&ev->lock);
	struct table *t = background__seal_due(ev) ? ev->tables[0] : NULL;
	struct erased *erased = erased__retain(ev->erased);
	pthread_mutex_unlock(&ev->lock);
	struct segment *made = NULL;
	int64_t from_us = clock_mono_us();
	enum err e = t ? write_table(ev, t, erased, &made, f) : OK;
	erased__release(erased);
	if (!t || e != OK) return e;
	int64_t took_ns = t->published >= TIMED_EVENTS ? (clock_mono_us() - from_us) * 1000 / (int64_t)t->published : 0;
	pthread_mutex_lock(&ev->manifest_lock);
	e = manifest__write_subjects(ev, f);
	if (e == OK) {
		pthread_mutex_lock(&ev->lock);
		if (took_ns) ev->seal_ns = ev->seal_ns ? (ev->seal_ns + took_ns) / 2 : took_ns;
		struct segments *old = ev->segments;
		struct segment **v = mem_alloc((old->n + 1) * sizeof *v);
		for (size_t i = 0; i < old->n; i++) v[i] = old->v[i];
		if (made) v[old->n] = made;
		ev->segments = segments__new(v, old->n + (made != NULL));
		ev->n_tables--;
		for (size_t i = 0; i < ev->n_tables; i++) ev->tables[i] = ev->tables[i + 1];
		pthread_mutex_unlock(&ev->lock);
		mem_free(v);
		segments__release(old);
		ev->sealed = t->end;
		if (t->next_arrival > ev->sealed_arrival) ev->sealed_arrival = t->next_arrival;
		table__release(t);
		e = manifest__commit(ev, f);
	}
	pthread_mutex_unlock(&ev->manifest_lock);
	segment__release(made);
	return e;
}

/* ---- merging --------------------------------------------------------------------------------------------------------------- */
enum err background__merge_due(struct events *ev, struct fault *f)
{
	for (;;) {
		struct segment *from[MERGE_FAN];
		pthread_mutex_lock(&ev->lock);
		struct segments *segments = segments__retain(ev->segments);
		struct erased *erased = erased__retain(ev->erased);
		bool must_seal = background__seal_due(ev) || ev->background_stops;
		pthread_mutex_unlock(&ev->lock);
		size_t n = must_seal ? 0 : merge__choose(segments, from);
		enum err e = n ? merge__run(ev, from, n, erased, f) : OK;
		erased__release(erased);
		segments__release(segments);
		if (e != OK || n == 0) return e;
	}
}

void background__trim(struct events *ev)
{
	pthread_mutex_lock(&ev->manifest_lock);
	uint64_t sealed = ev->sealed_for_good;
	pthread_mutex_unlock(&ev->manifest_lock);
	pthread_mutex_lock(&ev->lock);
	uint64_t before = ev->confirmed < sealed ? ev->confirmed : sealed;
	if (ev->log_holds) before = 0;
	pthread_mutex_unlock(&ev->lock);
	if (log__trim(ev, before) != OK) log_warn("log_not_trimmed", F_INT("before", before));
}

/* What a flood needed and nothing has needed for a minute. */
static void let_go(struct events *ev)
{
	pthread_mutex_lock(&ev->lock);
	bool is_idle = ev->position == ev->position_looked_at;
	ev->position_looked_at = ev->position;
	pthread_mutex_unlock(&ev->lock);
	if (!is_idle) return;
	pool__trim(&ev->pool);
	if (log__drop_spares(ev) != OK) log_warn("spares_not_removed", F_STR("dir", str_of(ev->dir)));
}

/* ---- the thread -------------------------------------------------------------------------------------------------------------- */
static enum err work(struct events *ev)
{
	struct fault f = {0};
	pthread_mutex_lock(&ev->work);
	enum err e = OK;
	for (bool due = true; due && e == OK;) {
		e = background__seal(ev, &f);
		background__trim(ev); /* in a flood the files come back as spares */
		pthread_mutex_lock(&ev->lock);
		due = background__seal_due(ev) && !ev->background_stops;
		pthread_mutex_unlock(&ev->lock);
	}
	if (e == OK) e = background__merge_due(ev, &f);
	pthread_mutex_lock(&ev->manifest_lock);
	if (e == OK && ev->is_manifest_old) e = manifest__commit(ev, &f);
	pthread_mutex_unlock(&ev->manifest_lock);
	background__trim(ev);
	pthread_mutex_unlock(&ev->work);
	char room[FAULT_TEXT + FAULT_FIELD];
	if (e != OK) log_error("background_failed", F_STR("reason", str_of(fault_text(&f, room, sizeof room))));
	return e;
}

static bool erasing_is_due(struct events *ev)
{
	pthread_mutex_lock(&ev->manifest_lock);
	bool is_due = ev->erased_since_ms && clock_now_ms() - ev->erased_since_ms > ev->erase_within_ms;
	pthread_mutex_unlock(&ev->manifest_lock);
	return is_due;
}

static void sleep_on(struct events *ev, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&ev->background_wakes, &ev->lock, &until);
}

void *background__run(void *arg)
{
	struct events *ev = arg;
	pthread_setname_np(pthread_self(), "store-work"); /* for top and profilers */
	pthread_mutex_lock(&ev->lock);
	enum err e = OK;
	int64_t looked_us = clock_mono_us();
	while (!ev->background_stops) {
		if (e != OK) sleep_on(ev, TRY_AGAIN_MS);
		else if (!background__seal_due(ev) && !ev->wants_work) sleep_on(ev, LOOK_MS);
		if (ev->background_stops) break;
		ev->wants_work = false;
		pthread_mutex_unlock(&ev->lock);
		e = work(ev);
		if (e == OK && erasing_is_due(ev)) e = compact__run(ev, NULL);
		if (clock_mono_us() - looked_us > LOOK_MS * INT64_C(500)) {
			let_go(ev);
			looked_us = clock_mono_us();
		}
		pthread_mutex_lock(&ev->lock);
	}
	pthread_mutex_unlock(&ev->lock);
	return NULL;
}
