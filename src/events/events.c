/* Opening, closing and counting. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "events/store.h"

enum { SEAL_EVENTS = 256 << 10, SEAL_BYTES = 128 << 20 };
#define ERASE_WITHIN_MS INT64_C(86400000)

struct events *events__new(const struct events_options *o)
{
	struct events *ev = MEM_NEW(struct events);
	ev->dir = mem_alloc(o->dir.n + 1);
	memcpy(ev->dir, o->dir.p, o->dir.n);
	ev->dir[o->dir.n] = 0;
	ev->seal_events = o->seal_events ? o->seal_events : SEAL_EVENTS;
	ev->seal_bytes = o->seal_bytes ? o->seal_bytes : SEAL_BYTES;
	ev->sync_interval_us = o->sync_interval_us;
	ev->erase_within_ms = o->erase_within_ms ? o->erase_within_ms : ERASE_WITHIN_MS;
	ev->log_fd = -1;
	ev->next_segment = 1;
	pthread_mutex_init(&ev->work, NULL);
	pthread_mutex_init(&ev->manifest_lock, NULL);
	pthread_mutex_init(&ev->log_lock, NULL);
	pthread_mutexattr_t spins; /* it is held for microseconds, so that sleeping costs more than waiting */
	pthread_mutexattr_init(&spins);
	pthread_mutexattr_settype(&spins, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&ev->lock, &spins);
	pthread_mutexattr_destroy(&spins);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&ev->has_work, NULL);
	pthread_cond_init(&ev->is_durable, &monotonic);
	pthread_cond_init(&ev->background_wakes, &monotonic);
	pthread_condattr_destroy(&monotonic);
	names__init(&ev->types, TYPES_MAX);
	names__init(&ev->channels, CHANNELS_MAX);
	names__init(&ev->properties, PROPERTIES_MAX);
	subjects__init(&ev->subjects);
	pool__init(&ev->pool);
	ev->segments = segments__new(NULL, 0);
	ev->erased = erased__new(NULL, 0, NULL, 0);
	ev->gone = erased__new(NULL, 0, NULL, 0);
	atomic_store(&ev->erased_version, 1);
	return ev;
}

void events__free(struct events *ev)
{
	os_close(ev->log_fd);
	for (size_t i = 0; i < ev->n_tables; i++) table__release(ev->tables[i]);
	mem_free(ev->tables);
	segments__release(ev->segments);
	erased__release(ev->erased);
	erased__release(ev->gone);
	names__release(&ev->types);
	names__release(&ev->channels);
	names__release(&ev->properties);
	subjects__release(&ev->subjects);
	pool__release(&ev->pool);
	mem_free(ev->waiting.v);
	mem_free(ev->pending);
	mem_free(ev->files);
	pthread_mutex_destroy(&ev->work);
	pthread_mutex_destroy(&ev->manifest_lock);
	pthread_mutex_destroy(&ev->log_lock);
	pthread_mutex_destroy(&ev->lock);
	pthread_cond_destroy(&ev->has_work);
	pthread_cond_destroy(&ev->is_durable);
	pthread_cond_destroy(&ev->background_wakes);
	mem_free(ev->dir);
	mem_free(ev);
}

static void count_file(void *arg, const char *name)
{
	str s = str_of(name);
	if (str_ends(s, S(".seg")) || str_ends(s, S(".log")) || str_ends(s, S(".subjects"))) ++*(size_t *)arg;
}

static enum err open_files(struct events *ev, struct fault *f)
{
	uint16_t code;
	size_t files = 0;
	if (os_mkdir(ev->dir) != OK) return os_fail(f, "make", ev->dir, errno);
	enum err e = manifest__read(ev, f);
	if (e == ERR_NOT_FOUND) {
		if (os_list(ev->dir, count_file, &files) != OK) return os_fail(f, "list", ev->dir, errno);
		if (files) return fault_set(f, ERR_CORRUPT, "", "%s/MANIFEST is missing, but there are files of a store", ev->dir);
		(void)names__add(&ev->channels, S(""), &code); /* code 0 is "unknown" */
		e = manifest__commit(ev, f);
	}
	TRY(e);
	TRY(manifest__read_subjects(ev, f));
	/* What a killed process renamed must be durable before anything is removed because of it. */
	if (os_sync_dir(ev->dir) != OK) return os_fail(f, "sync", ev->dir, errno);
	manifest__remove_leftovers(ev);
	ev->position = ev->sealed;
	append__new_table(ev);
	TRY(log__recover(ev, f));
	for (size_t i = 0; i < ev->erased->n_subjects; i++) subjects__forget(&ev->subjects, ev->erased->subjects[i]);
	ev->subjects_logged = ev->subjects_durable = ev->subjects.count;
	ev->types_logged = ev->types_durable = atomic_load(&ev->types.count);
	ev->channels_logged = ev->channels_durable = atomic_load(&ev->channels.count);
	for (size_t i = 0; i < ev->n_tables; i++) ev->tables[i]->published = ev->tables[i]->taken = ev->tables[i]->appended;
	return OK;
}

enum err events_open(struct events **out, const struct events_options *o, struct fault *f)
{
	struct events *ev = events__new(o);
	enum err e = open_files(ev, f);
	if (e == OK) {
		log_info("events_open", F_INT("segments", ev->segments->n), F_INT("damaged", atomic_load(&ev->damaged)), F_INT("position", ev->durable), F_INT("sealed", ev->sealed));
		ev->has_sync = pthread_create(&ev->sync_thread, NULL, sync__run, ev) == 0;
		ev->has_background = pthread_create(&ev->background_thread, NULL, background__run, ev) == 0;
		if (!ev->has_sync || !ev->has_background) e = fault_set(f, ERR_INTERNAL, "", "cannot start a thread");
	}
	if (e != OK) {
		events_close(ev);
		return e;
	}
	*out = ev;
	return OK;
}

void events_close(struct events *ev)
{
	if (!ev) return;
	pthread_mutex_lock(&ev->lock);
	ev->is_closing = true;
	pthread_cond_broadcast(&ev->has_work);
	pthread_mutex_unlock(&ev->lock);
	if (ev->has_sync) pthread_join(ev->sync_thread, NULL);
	pthread_mutex_lock(&ev->lock);
	ev->background_stops = true;
	pthread_cond_broadcast(&ev->background_wakes);
	pthread_mutex_unlock(&ev->lock);
	if (ev->has_background) pthread_join(ev->background_thread, NULL);
	pthread_mutex_lock(&ev->manifest_lock);
	if (ev->is_manifest_old && ev->has_sync && manifest__commit(ev, NULL) != OK) log_warn("manifest_not_written", F_INT("sealed", ev->sealed));
	pthread_mutex_unlock(&ev->manifest_lock);
	if (ev->has_sync && log__end_file(ev) != OK) log_warn("log_not_ended", F_INT("position", ev->durable)); /* recovery ends it */
	events__free(ev);
}

/* ---- subjects, names ------------------------------------------------------------------------------------------------------- */
uint32_t events_subject_find(struct events *ev, struct subject_key key)
{
	return subjects__find(&ev->subjects, key);
}

uint32_t events_subject(struct events *ev, struct subject_key key, bool *is_new)
{
	return subjects__make(&ev->subjects, key, is_new);
}

void events_subjects_fetch(struct events *ev, const struct subject_key *keys, size_t n, uint32_t *likely)
{
	subjects__fetch(&ev->subjects, keys, n, likely);
}

uint32_t events_subject_count(struct events *ev)
{
	pthread_mutex_lock(&ev->subjects.lock);
	uint32_t n = ev->subjects.count;
	pthread_mutex_unlock(&ev->subjects.lock);
	return n;
}

static str name_of(struct names *n, uint16_t code)
{
	return code < atomic_load_explicit(&n->count, memory_order_acquire) ? n->name[code] : STR_NONE;
}

str events_type_name(struct events *ev, uint16_t code)
{
	return name_of(&ev->types, code);
}

bool events_type_code(struct events *ev, str name, uint16_t *out)
{
	return names__find(&ev->types, name, out);
}

size_t events_type_count(struct events *ev)
{
	return atomic_load_explicit(&ev->types.count, memory_order_acquire);
}

str events_channel_name(struct events *ev, uint16_t code)
{
	return name_of(&ev->channels, code);
}

size_t events_channel_count(struct events *ev)
{
	return atomic_load_explicit(&ev->channels.count, memory_order_acquire);
}

bool events_channel_code(struct events *ev, str name, uint16_t *out)
{
	return names__find(&ev->channels, name, out);
}

/* ---- positions ---------------------------------------------------------------------------------------------------------------- */
uint64_t events_durable(struct events *ev)
{
	pthread_mutex_lock(&ev->lock);
	uint64_t durable = ev->durable;
	pthread_mutex_unlock(&ev->lock);
	return durable;
}

bool events_wait_past(struct events *ev, uint64_t position, int timeout_ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t ns = until.tv_nsec + (int64_t)timeout_ms * 1000000;
	until.tv_sec += ns / 1000000000;
	until.tv_nsec = ns % 1000000000;
	pthread_mutex_lock(&ev->lock);
	while (ev->durable <= position && !ev->is_closing && !ev->is_woken && pthread_cond_timedwait(&ev->is_durable, &ev->lock, &until) == 0)
		continue;
	ev->is_woken = false;
	bool is_past = ev->durable > position;
	pthread_mutex_unlock(&ev->lock);
	return is_past;
}

void events_wake(struct events *ev)
{
	pthread_mutex_lock(&ev->lock);
	ev->is_woken = true;
	pthread_cond_broadcast(&ev->is_durable);
	pthread_mutex_unlock(&ev->lock);
}

void events_confirm(struct events *ev, uint64_t position)
{
	pthread_mutex_lock(&ev->lock);
	if (position > ev->confirmed) {
		ev->confirmed = position;
		ev->wants_work = true;
		pthread_cond_broadcast(&ev->background_wakes);
	}
	pthread_mutex_unlock(&ev->lock);
}

/* ---- counts ------------------------------------------------------------------------------------------------------------------- */
/* While something is erased but not yet gone, the rows have to be looked at. */
static uint64_t count_shown(struct events *ev)
{
	struct events_view *v;
	uint64_t n = 0;
	if (events_view_open(ev, &v, NULL) != OK) return 0;
	for (size_t i = 0; i < events_view_parts(v); i++) n += events_part_rows(events_view_part(v, i));
	events_view_close(v);
	return n;
}

void events_stats(struct events *ev, struct events_stats *out)
{
	*out = (struct events_stats){.subjects = events_subject_count(ev) - atomic_load(&ev->subjects.n_dead)};
	pthread_mutex_lock(&ev->lock);
	bool has_erased = !erased__is_empty(ev->erased);
	for (size_t i = 0; i < ev->n_tables; i++) out->in_memory += ev->tables[i]->published;
	out->stored = out->in_memory;
	out->segments = ev->segments->n;
	for (size_t i = 0; i < ev->segments->n; i++) {
		const struct segment *s = ev->segments->v[i];
		out->stored += s->n;
		out->segment_bytes += s->map.n;
		out->damaged += s->is_damaged || atomic_load(&s->has_failed);
	}
	out->syncs = ev->syncs;
	uint64_t durable = ev->durable;
	pthread_mutex_unlock(&ev->lock);
	pthread_mutex_lock(&ev->log_lock);
	for (size_t i = 0; i < ev->n_files; i++) out->log_bytes += (ev->files[i].end == UINT64_MAX ? durable : ev->files[i].end) - ev->files[i].base;
	pthread_mutex_unlock(&ev->log_lock);
	out->types_dropped = atomic_load(&ev->types.refused);
	out->properties_dropped = atomic_load(&ev->properties.refused);
	if (has_erased) out->stored = count_shown(ev);
}
