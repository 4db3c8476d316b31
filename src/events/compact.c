/* Erasing. First the manifest names what is erased, and from then on no view shows it. Compacting then makes it gone:
 * memory is sealed without it, segments that hold it are written anew, its records in the log become empty records of
 * the same length (positions must stay), its keys leave the file of subjects, and last the manifest forgets it. A crash
 * anywhere between leaves it hidden and the work to be done again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "events/store.h"

/* ---- hiding -------------------------------------------------------------------------------------------------------------- */
static struct erased *joined(const struct erased *now, const uint32_t *subjects, size_t n_subjects, const uint32_t *imports, size_t n_imports)
{
	uint32_t *s = mem_alloc((now->n_subjects + n_subjects + 1) * sizeof *s), *i = mem_alloc((now->n_imports + n_imports + 1) * sizeof *i);
	if (now->n_subjects) memcpy(s, now->subjects, now->n_subjects * sizeof *s);
	if (n_subjects) memcpy(s + now->n_subjects, subjects, n_subjects * sizeof *s);
	if (now->n_imports) memcpy(i, now->imports, now->n_imports * sizeof *i);
	if (n_imports) memcpy(i + now->n_imports, imports, n_imports * sizeof *i);
	struct erased *e = erased__new(s, now->n_subjects + n_subjects, i, now->n_imports + n_imports);
	mem_free(s);
	mem_free(i);
	return e;
}

/* Erased rows give their message keys free: the same file may come again. Under lock. */
static void forget_keys(struct events *ev)
{
	for (size_t t = 0; t < ev->n_tables; t++)
		for (size_t i = 0; i < ev->tables[t]->appended; i++) {
			const struct log_event *e = table__row(ev->tables[t], i);
			if (erased__has(ev->erased, e->subject, e->import)) keyset__remove(&ev->tables[t]->keys, (struct subject_key){e->key_a, e->key_b});
		}
}

static struct erased *set_erased(struct events *ev, struct erased *erased)
{
	pthread_mutex_lock(&ev->lock);
	struct erased *before = ev->erased;
	ev->erased = erased;
	atomic_fetch_add(&ev->erased_version, 1);
	pthread_mutex_unlock(&ev->lock);
	return before;
}

/* The disk may show the failed manifest (only the last sync of its directory failed): put back what is in force. */
static void put_back(struct events *ev)
{
	if (manifest__commit(ev, NULL) == OK) return;
	pthread_mutex_lock(&ev->lock);
	ev->wants_work = true; /* it is tried again, and once more at the end */
	pthread_cond_broadcast(&ev->background_wakes);
	pthread_mutex_unlock(&ev->lock);
}

/* Nobody may see what is erased before the manifest that says so is durable: a seal or merge that left it out would
 * lose it for good if the manifest then failed. */
static enum err erase(struct events *ev, const uint32_t *subjects, size_t n_subjects, const uint32_t *imports, size_t n_imports, struct fault *f)
{
	pthread_mutex_lock(&ev->manifest_lock);
	struct erased *after = joined(ev->erased, subjects, n_subjects, imports, n_imports);
	int64_t since = ev->erased_since_ms;
	if (!since) ev->erased_since_ms = clock_now_ms();
	ev->erasing = after;
	enum err e = manifest__commit(ev, f);
	ev->erasing = NULL;
	if (e != OK) {
		erased__release(after);
		ev->erased_since_ms = since;
		put_back(ev);
	} else {
		erased__release(set_erased(ev, after));
		for (size_t i = 0; i < n_subjects; i++) subjects__forget(&ev->subjects, subjects[i]);
		pthread_mutex_lock(&ev->lock);
		forget_keys(ev);
		pthread_mutex_unlock(&ev->lock);
	}
	pthread_mutex_unlock(&ev->manifest_lock);
	return e;
}

enum err events_erase_subjects(struct events *ev, const uint32_t *subjects, size_t n, struct fault *f)
{
	for (size_t i = 0; i < n; i++)
		if (subjects[i] == 0) return fault_set(f, ERR_INVALID, "subject", "subject 0 is nobody, and cannot be erased");
	return n ? erase(ev, subjects, n, NULL, 0, f) : OK;
}

enum err events_erase_import(struct events *ev, uint32_t import, struct fault *f)
{
	if (import == 0) return fault_set(f, ERR_INVALID, "import", "import 0 is what came live, and cannot be undone");
	return erase(ev, NULL, 0, &import, 1, f);
}

/* ---- making it gone --------------------------------------------------------------------------------------------------------- */
static enum err seal_all(struct events *ev, struct fault *f)
{
	pthread_mutex_lock(&ev->lock);
	uint64_t target = ev->position;
	if (ev->tables[ev->n_tables - 1]->start < target) append__new_table(ev);
	while (ev->durable < target && ev->position >= target) pthread_cond_wait(&ev->is_durable, &ev->lock);
	bool due = background__seal_due(ev) && ev->tables[0]->start < target;
	pthread_mutex_unlock(&ev->lock);
	while (due) {
		TRY(background__seal(ev, f));
		pthread_mutex_lock(&ev->lock);
		due = background__seal_due(ev) && ev->tables[0]->start < target;
		pthread_mutex_unlock(&ev->lock);
	}
	return OK;
}

static enum err holds(struct segment *s, const struct erased *erased, bool *out, struct fault *f)
{
	*out = false;
	if (s->is_damaged) return fault_set(f, ERR_CORRUPT, "", "%s is damaged, and what is erased cannot be taken out of it", s->path);
	size_t first, count;
	for (size_t i = 0; i < erased->n_subjects && !*out; i++) *out = segment__find(s, erased->subjects[i], &first, &count);
	if (*out || !erased->n_imports) return OK;
	struct events_values imports;
	TRY(segment__values(s, SECTION_IMPORT, &imports, f));
	for (size_t i = 0; i < imports.n_slots && !*out; i++) *out = erased__has(erased, 0, (uint32_t)events_raw_at(&imports.value, i));
	return OK;
}

static enum err rewrite_segments(struct events *ev, const struct erased *erased, struct fault *f)
{
	pthread_mutex_lock(&ev->lock);
	struct segments *segments = segments__retain(ev->segments);
	pthread_mutex_unlock(&ev->lock);
	enum err e = OK, damage = OK;
	for (size_t i = 0; i < segments->n && e == OK; i++) {
		bool is_hit = false;
		e = holds(segments->v[i], erased, &is_hit, f);
		if (e == OK && is_hit) e = merge__run(ev, &segments->v[i], 1, erased, f);
		if (e == ERR_CORRUPT) { /* the others can still be cleaned */
			damage = e;
			e = OK;
		}
	}
	segments__release(segments);
	return e == OK ? damage : e;
}

/* ---- the log ------------------------------------------------------------------------------------------------------------------ */
static bool is_erased(const struct log_entry *entry, const struct erased *erased)
{
	if (entry->kind == ENTRY_SUBJECT) return erased__has(erased, ((const struct log_subject *)(const void *)entry)->number, 0);
	if (entry->kind != ENTRY_EVENT) return false;
	const struct log_event *e = (const struct log_event *)(const void *)entry;
	return erased__has(erased, e->subject, e->import);
}

static bool blank_frame(struct log_frame *frame, const struct erased *erased)
{
	bool is_changed = false;
	for (size_t at = sizeof *frame; at < frame->bytes;) {
		struct log_entry *entry = (struct log_entry *)(void *)((char *)frame + at);
		at += entry->bytes;
		if (!is_erased(entry, erased)) continue;
		is_changed = true;
		if (entry->kind == ENTRY_SUBJECT) {
			((struct log_subject *)(void *)entry)->a = ((struct log_subject *)(void *)entry)->b = 0;
		} else {
			*entry = (struct log_entry){entry->bytes, ENTRY_GONE, 0, 0};
			memset(entry + 1, 0, entry->bytes - sizeof *entry);
		}
	}
	if (is_changed) frame->hash = log__frame_hash(frame);
	return is_changed;
}

static enum err blank_file(struct events *ev, const struct log_file *file, const struct erased *erased, struct fault *f)
{
	char path[4096], name[64];
	log__path(path, sizeof path, ev->dir, file->base);
	snprintf(name, sizeof name, "%016llx.log", (unsigned long long)file->base);
	struct os_map map;
	enum err e = os_map(path, &map);
	if (e != OK) return os_fail(f, "read", path, errno);
	char *copy = mem_alloc(map.n + 8);
	memcpy(copy, map.p, map.n);
	bool is_changed = false;
	uint64_t position = file->base;
	for (size_t at = sizeof(struct log_header); at < map.n && e == OK;) {
		struct log_frame *frame = (struct log_frame *)(void *)(copy + at);
		if (!log__frame_is_valid(frame, map.n - at, position)) {
			e = fault_set(f, ERR_CORRUPT, "", "%s is damaged at byte %zu", path, at);
			break;
		}
		at += frame->bytes;
		position += frame->bytes;
		is_changed = blank_frame(frame, erased) || is_changed;
	}
	if (e == OK && is_changed) {
		e = os_replace(ev->dir, name, (str){copy, map.n});
		if (e != OK) fault_set(f, e, "", "cannot rewrite %s", path);
	}
	mem_free(copy);
	os_unmap(&map);
	return e;
}

static enum err blank_log(struct events *ev, const struct erased *erased, struct fault *f)
{
	enum err e = log__end_file(ev);
	if (e == OK) e = log__drop_spares(ev);
	if (e != OK) return fault_set(f, e, "", "cannot end the file of the log that is being written");
	pthread_mutex_lock(&ev->log_lock);
	size_t n = ev->n_files;
	struct log_file *files = mem_alloc((n + 1) * sizeof *files);
	if (n) memcpy(files, ev->files, n * sizeof *files);
	pthread_mutex_unlock(&ev->log_lock);
	for (size_t i = 0; i < n && e == OK; i++)
		if (files[i].end != UINT64_MAX) e = blank_file(ev, &files[i], erased, f);
	mem_free(files);
	return e;
}

/* ---- the last step: keys of subjects, and the manifest -------------------------------------------------------------------------- */
static enum err forget(struct events *ev, const struct erased *done, struct fault *f)
{
	pthread_mutex_lock(&ev->manifest_lock);
	uint32_t generation = ev->subjects_generation, written = ev->subjects_written;
	uint64_t bytes = ev->subjects_bytes;
	if (done->n_subjects) {
		ev->subjects_generation++;
		ev->subjects_bytes = 0;
		ev->subjects_written = 0;
	}
	enum err e = manifest__write_subjects(ev, f);
	if (e != OK) {
		ev->subjects_generation = generation;
		ev->subjects_bytes = bytes;
		ev->subjects_written = written;
		pthread_mutex_unlock(&ev->manifest_lock);
		return e;
	}
	pthread_mutex_lock(&ev->lock);
	struct erased *before = ev->erased, *gone_before = ev->gone;
	uint32_t *subjects = mem_alloc((before->n_subjects + 1) * sizeof *subjects), *imports = mem_alloc((before->n_imports + 1) * sizeof *imports);
	size_t n_subjects = 0, n_imports = 0;
	for (size_t i = 0; i < before->n_subjects; i++)
		if (!erased__has(done, before->subjects[i], 0)) subjects[n_subjects++] = before->subjects[i];
	for (size_t i = 0; i < before->n_imports; i++)
		if (!erased__has(done, 0, before->imports[i])) imports[n_imports++] = before->imports[i];
	ev->erased = erased__new(subjects, n_subjects, imports, n_imports);
	ev->gone = joined(gone_before, NULL, 0, done->imports, done->n_imports);
	atomic_fetch_add(&ev->erased_version, 1);
	pthread_mutex_unlock(&ev->lock);
	ev->erased_since_ms = n_subjects + n_imports ? clock_now_ms() : 0;
	mem_free(subjects);
	mem_free(imports);
	erased__release(before);
	erased__release(gone_before);
	e = manifest__commit(ev, f);
	if (e == OK) manifest__remove_leftovers(ev);
	pthread_mutex_unlock(&ev->manifest_lock);
	return e;
}

enum err compact__run(struct events *ev, struct fault *f)
{
	pthread_mutex_lock(&ev->work);
	pthread_mutex_lock(&ev->lock);
	struct erased *erased = erased__retain(ev->erased);
	pthread_mutex_unlock(&ev->lock);
	enum err e = seal_all(ev, f);
	if (e == OK && !erased__is_empty(erased)) {
		e = rewrite_segments(ev, erased, f);
		if (e == OK) e = blank_log(ev, erased, f);
		if (e == OK) e = forget(ev, erased, f);
	}
	if (e == OK) e = background__merge_due(ev, f);
	background__trim(ev);
	pthread_mutex_unlock(&ev->work);
	erased__release(erased);
	return e;
}

enum err events_compact_now(struct events *ev, struct fault *f)
{
	return compact__run(ev, f);
}
