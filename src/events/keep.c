/* Checking a directory that nobody has open, and copying one that is. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "events/store.h"

struct checks {
	events_report *report;
	void *arg;
	enum err err;
};

static void tell(struct checks *c, enum err e, const struct fault *f)
{
	char room[FAULT_TEXT + FAULT_FIELD];
	if (e == OK) return;
	c->err = e;
	if (c->report) c->report(c->arg, str_of(fault_text(f, room, sizeof room)));
}

/* A store that is only read: nothing is replayed, cut or removed. */
static void check_store(struct events *ev, struct checks *c)
{
	struct fault f = {0};
	enum err e = manifest__read(ev, &f);
	if (e == ERR_NOT_FOUND) fault_set(&f, ERR_CORRUPT, "", "%s/MANIFEST is missing", ev->dir);
	tell(c, e == ERR_NOT_FOUND ? ERR_CORRUPT : e, &f);
	if (e != OK) return;
	fault_clear(&f);
	tell(c, manifest__read_subjects(ev, &f), &f);
	for (size_t i = 0; i < ev->segments->n; i++)
		if (segment__check(ev->segments->v[i], c->report, c->arg) != OK) c->err = ERR_CORRUPT;
	fault_clear(&f);
	uint64_t end = ev->sealed;
	e = log__list(ev->dir, &ev->files, &ev->n_files, &f);
	if (e == OK && ev->n_files && ev->files[0].base > ev->sealed) e = fault_set(&f, ERR_CORRUPT, "", "the beginning of the log in %s is missing", ev->dir);
	if (e == OK) e = log__scan(ev->dir, ev->files, ev->n_files, NULL, NULL, &end, &f);
	if (e == OK && end < ev->sealed) e = fault_set(&f, ERR_CORRUPT, "", "the log in %s ends before what is in segments", ev->dir);
	tell(c, e, &f);
}

enum err events_verify(const char *dir, events_report *report, void *arg, struct fault *f)
{
	struct checks c = {report, arg, OK};
	struct events *ev = events__new(&(struct events_options){.dir = str_of(dir)});
	check_store(ev, &c);
	events__free(ev);
	return c.err == OK ? OK : fault_set(f, c.err, "", "%s is damaged", dir);
}

/* ---- copying -------------------------------------------------------------------------------------------------------------- */
static enum err copy_segments(struct events *ev, const char *to, struct fault *f)
{
	char from_path[4096], to_path[4096];
	pthread_mutex_lock(&ev->lock);
	struct segments *segments = segments__retain(ev->segments);
	pthread_mutex_unlock(&ev->lock);
	enum err e = OK;
	for (size_t i = 0; i < segments->n && e == OK; i++) {
		segment__path(from_path, sizeof from_path, ev->dir, segments->v[i]->number);
		segment__path(to_path, sizeof to_path, to, segments->v[i]->number);
		e = os_link(from_path, to_path);
		if (e == ERR_NOT_FOUND && segments->v[i]->is_damaged) e = OK; /* missing already, and known */
		if (e != OK) os_fail(f, "copy", to_path, errno);
	}
	segments__release(segments);
	if (e != OK || !ev->subjects_bytes) return e;
	manifest__subjects_path(from_path, sizeof from_path, ev->dir, ev->subjects_generation);
	manifest__subjects_path(to_path, sizeof to_path, to, ev->subjects_generation);
	e = os_copy(from_path, to_path, (off_t)ev->subjects_bytes); /* never a link: it grows */
	return e == OK ? OK : os_fail(f, "copy", to_path, errno);
}

static enum err copy_log(struct events *ev, const char *to, struct fault *f)
{
	char from_path[4096], to_path[4096];
	uint64_t durable = events_durable(ev);
	pthread_mutex_lock(&ev->log_lock);
	size_t n = ev->n_files;
	struct log_file *files = mem_alloc((n + 1) * sizeof *files);
	if (n) memcpy(files, ev->files, n * sizeof *files);
	pthread_mutex_unlock(&ev->log_lock);
	enum err e = OK;
	for (size_t i = 0; i < n && e == OK && files[i].base < durable; i++) {
		uint64_t end = files[i].end < durable ? files[i].end : durable;
		log__path(from_path, sizeof from_path, ev->dir, files[i].base);
		log__path(to_path, sizeof to_path, to, files[i].base);
		e = os_copy(from_path, to_path, (off_t)(sizeof(struct log_header) + end - files[i].base));
		if (e != OK) os_fail(f, "copy", to_path, errno);
	}
	mem_free(files);
	return e;
}

enum err events_copy(struct events *ev, const char *to, struct fault *f)
{
	if (os_mkdir(to) != OK) return os_fail(f, "make", to, errno);
	pthread_mutex_lock(&ev->work); /* no file comes, goes or is rewritten meanwhile; appends go on */
	pthread_mutex_lock(&ev->manifest_lock);
	enum err e = copy_segments(ev, to, f);
	if (e == OK) e = copy_log(ev, to, f);
	if (e == OK) {
		e = manifest__write(ev, to);
		if (e != OK) fault_set(f, e, "", "cannot write %s/MANIFEST", to);
	}
	pthread_mutex_unlock(&ev->manifest_lock);
	pthread_mutex_unlock(&ev->work);
	return e;
}

void events_hold_log(struct events *ev, bool hold)
{
	pthread_mutex_lock(&ev->lock);
	ev->log_holds += hold ? 1 : -1;
	pthread_mutex_unlock(&ev->lock);
}
