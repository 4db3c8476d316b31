/* The lock is an flock on DIR/lock, which the kernel drops with the process, so a stale file never blocks; its content,
 * the process id, is only for the words of a refusal. The secret keys the hashes of identities, messages, keys and
 * tokens: a backup carries it, and without it nothing can be found again. */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "collect/appliers.h"
#include "collect/collect.h"
#include "customer/change.h"
#include "customer/people.h"
#include "db/db.h"
#include "events/events.h"
#include "followup/followup.h"
#include "os/os.h"
#include "reading/reading.h"
#include "search/search.h"
#include "setting/setting.h"
#include "team/session.h"
#include "text/shelf.h"

enum { PATH_BYTES = 4096, SESSIONS = 6 };

static _Thread_local char path_room[PATH_BYTES];

static const char *path_in(const struct app *app, const char *name)
{
	snprintf(path_room, sizeof path_room, "%.*s/%s", STR_ARG(app->dir), name);
	return path_room;
}

static enum err make_dir(struct app *app, str dir, struct fault *f)
{
	char given[PATH_BYTES], *resolved;
	if (dir.n == 0 || dir.n >= sizeof given) return fault_set(f, ERR_INVALID, "--data", "names no directory");
	memcpy(given, dir.p, dir.n);
	given[dir.n] = 0;
	if (os_mkdir(given) != OK) return fault_set(f, ERR_IO, "--data", "cannot make %s: %s", given, strerror(errno));
	resolved = realpath(given, NULL);
	if (!resolved) return fault_set(f, ERR_IO, "--data", "cannot open %s: %s", given, strerror(errno));
	app->dir = str_of(resolved); /* freed by app_close */
	return OK;
}

static enum err lock_dir(struct app *app, struct fault *f)
{
	char pid[32] = "";
	int fd = open(path_in(app, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) return fault_set(f, ERR_IO, "--data", "cannot open %s: %s", path_room, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		ssize_t n = read(fd, pid, sizeof pid - 1);
		close(fd);
		return fault_set(f, ERR_BUSY, "--data", "the directory %.*s is in use by process %.*s", STR_ARG(app->dir), n > 0 ? (int)n : 1, n > 0 ? pid : "?");
	}
	int n = snprintf(pid, sizeof pid, "%ld", (long)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, pid, (size_t)n, 0) != n) log_warn("lock_not_written", F_INT("errno", errno));
	app->lock_fd = fd;
	return OK;
}

/* Reads a small file that is made once with `fresh` bytes; durable before it is used. */
static enum err keep_file(const struct app *app, const char *name, void *bytes, size_t n, struct fault *f)
{
	const char *path = path_in(app, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t got = read(fd, bytes, n);
		close(fd);
		return got == (ssize_t)n ? OK : fault_set(f, ERR_CORRUPT, name, "%s is cut short: restore it from a backup", path);
	}
	char part[PATH_BYTES + 8];
	snprintf(part, sizeof part, "%s.part", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, bytes, n) == (ssize_t)n && fsync(fd) == 0;
	if (fd >= 0) close(fd);
	ok = ok && rename(part, path) == 0;
	int dir = open(app->dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = ok && dir >= 0 && fsync(dir) == 0;
	if (dir >= 0) close(dir);
	return ok ? OK : fault_set(f, errno == ENOSPC ? ERR_FULL : ERR_IO, name, "cannot write %s: %s", path, strerror(errno));
}

static enum err open_stores(struct app *app, const struct app_options *o, struct fault *f)
{
	TRY(db_pool_open(&app->records, o->database, app->dir, app->directory_id, SESSIONS, f));
	char events_dir[PATH_BYTES];
	snprintf(events_dir, sizeof events_dir, "%.*s/events", STR_ARG(app->dir));
	struct events_options options = {.dir = str_of(events_dir)};
	TRY(events_open(&app->events, &options, f));
	app->search = search_new(app->dir);
	app->texts = text_shelf_new();
	return OK;
}

static enum err load_memory(struct app *app, struct fault *f)
{
	struct op op;
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM}, true);
	enum err e = settings_load(&op, &app->settings);
	if (e == OK) e = collect_load(&op, &app->collect);
	if (e == OK) e = erasure_resume(&op);
	if (e == OK) e = people_load(&op, &app->people);
	if (e == OK) e = followups_load(&op, &app->followups);
	if (e == OK) e = reading_fill_shelf(&op);
	if (e == OK) e = appliers_start(&op, &app->appliers);
	e = op_end(&op, e);
	if (e != OK) *f = op.fault;
	op_release(&op);
	return e;
}

enum err app_open(struct app *app, const struct app_options *o, struct fault *f)
{
	*app = (struct app){.lock_fd = -1, .started_ms = clock_now_ms(), .sessions = sessions_new()};
	if (sodium_init() < 0) return fault_set(f, ERR_INTERNAL, "", "libsodium does not start");
	enum err e = make_dir(app, o->dir, f);
	if (e == OK && access(path_in(app, "restoring"), F_OK) == 0)
		e = fault_set(f, ERR_STATE, "--data", "a restore into this directory was broken off: remove it and restore again");
	if (e == OK) e = lock_dir(app, f);
	if (e == OK) {
		randombytes_buf(app->secret, sizeof app->secret);
		e = keep_file(app, "secret", app->secret, sizeof app->secret, f);
	}
	if (e == OK) {
		app->directory_id = id_new();
		e = keep_file(app, "directory-id", &app->directory_id, sizeof app->directory_id, f);
	}
	if (e == OK) e = open_stores(app, o, f);
	if (e == OK) e = load_memory(app, f);
	if (e != OK) app_close(app);
	return e;
}

void app_close(struct app *app)
{
	appliers_stop(app->appliers);
	if (app->events) events_close(app->events);
	collect_free(app->collect);
	followups_free(app->followups);
	people_free(app->people);
	settings_free(app->settings);
	sessions_free(app->sessions);
	search_free(app->search);
	text_shelf_free(app->texts);
	if (app->records) db_pool_close(app->records);
	if (app->lock_fd >= 0) close(app->lock_fd);
	union {
		const char *shown;
		char *own;
	} dir = {app->dir.p};
	mem_free(dir.own);
	sodium_memzero(app->secret, sizeof app->secret);
	*app = (struct app){.lock_fd = -1};
}
