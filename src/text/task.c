#include "text/task.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "os/os.h"
#include "text/classifier.h"

enum { PATH_BYTES = 4096 };

enum err task_check_name(str task, struct fault *f)
{
	bool ok = task.n > 0 && task.n <= TASK_NAME_BYTES;
	for (size_t i = 0; i < task.n; i++) ok &= (task.p[i] >= 'a' && task.p[i] <= 'z') || (task.p[i] >= '0' && task.p[i] <= '9') || ((task.p[i] == '-' || task.p[i] == '_') && i);
	return ok ? OK : fault_set(f, ERR_INVALID, "--task", "must be a name of small letters, digits, - and _ (at most %d)", TASK_NAME_BYTES);
}

static enum err path_of(char out[PATH_BYTES], str dir, const char *name, str task, const char *ending, struct fault *f)
{
	int n = snprintf(out, PATH_BYTES, "%.*s/models%s%.*s%s", STR_ARG(dir), name, STR_ARG(task), ending);
	return n > 0 && n < PATH_BYTES && dir.n ? OK : fault_set(f, ERR_INVALID, "--data", "names no directory");
}

static enum err load(const char *path, const char *field, str name, struct classifier **out, struct fault *f)
{
	struct os_map map;
	*out = NULL;
	errno = 0;
	enum err e = os_map(path, &map);
	if (e != OK) return errno == ENOENT || errno == ENOTDIR ? fault_set(f, ERR_NOT_FOUND, field, "%.*s was never trained here: hospes train", STR_ARG(name)) : os_fail(f, "read", path, errno);
	e = classifier_decode((str){(const char *)map.p, map.n}, out, f);
	os_unmap(&map);
	return e;
}

enum err task_load(str dir, str task, struct classifier **out, struct fault *f)
{
	char path[PATH_BYTES];
	TRY(task_check_name(task, f));
	TRY(path_of(path, dir, "/", task, ".model", f));
	return load(path, "--task", task, out, f);
}

enum err task_load_file(str file, struct classifier **out, struct fault *f)
{
	char path[PATH_BYTES];
	if (file.n >= sizeof path) return fault_set(f, ERR_INVALID, "--model", "a path of at most %zu bytes", sizeof path - 1);
	snprintf(path, sizeof path, "%.*s", STR_ARG(file));
	return load(path, "--model", file, out, f);
}

static enum err make_folder(str dir, char folder[PATH_BYTES], struct fault *f)
{
	char parent[PATH_BYTES];
	TRY(path_of(folder, dir, "", STR_NONE, "", f));
	snprintf(parent, sizeof parent, "%.*s", STR_ARG(dir));
	if (os_mkdir(parent) != OK) return os_fail(f, "make", parent, errno);
	return os_mkdir(folder) == OK ? OK : os_fail(f, "make", folder, errno);
}

static enum err keep_old(const char *path, struct fault *f)
{
	char old[PATH_BYTES + 8];
	snprintf(old, sizeof old, "%s.old", path);
	if (os_unlink(old) != OK || os_link(path, old) != OK) return os_fail(f, "keep", old, errno);
	return OK;
}

static enum err replace(const char *folder, str dir, str task, struct classifier *c, struct fault *f)
{
	char path[PATH_BYTES], name[TASK_NAME_BYTES + 8];
	struct classifier *before;
	struct fault ignored = {0};
	TRY(path_of(path, dir, "/", task, ".model", f));
	c->version = 1;
	enum err e = task_load(dir, task, &before, &ignored);
	if (e == OK) {
		c->version = before->version + 1;
		classifier_free(before);
		TRY(keep_old(path, f));
	}
	struct buf bytes;
	buf_init(&bytes, CLASSIFIER_BYTES);
	classifier_encode(c, &bytes);
	snprintf(name, sizeof name, "%.*s.model", STR_ARG(task));
	e = buf_failed(&bytes) ? fault_set(f, ERR_TOO_LARGE, "--task", "became larger than %d bytes", CLASSIFIER_BYTES) : os_replace(folder, name, buf_str(&bytes));
	if (e != OK && !buf_failed(&bytes)) e = os_fail(f, "write", path, errno);
	buf_release(&bytes);
	return e;
}

enum err task_store(str dir, str task, struct classifier *c, struct fault *f)
{
	char folder[PATH_BYTES], lock[PATH_BYTES];
	TRY(task_check_name(task, f));
	TRY(make_folder(dir, folder, f));
	TRY(path_of(lock, dir, "/", S("lock"), "", f));
	int fd = os_open(lock, O_RDWR | O_CREAT, 0600);
	if (fd < 0) return os_fail(f, "open", lock, errno);
	enum err e = flock(fd, LOCK_EX) ? os_fail(f, "lock", lock, errno) : replace(folder, dir, task, c, f);
	os_close(fd);
	return e;
}

/* ---- listing ---- */

struct listing {
	struct arena *arena;
	str folder;
	VEC(struct task) tasks;
};

static void list_one(void *arg, const char *name)
{
	struct listing *l = arg;
	struct classifier c;
	struct os_map map;
	str file = str_of(name), ending = S(".model");
	if (!str_ends(file, ending) || os_map(str_fmt(l->arena, "%.*s/%s", STR_ARG(l->folder), name).p, &map) != OK) return;
	if (classifier_peek((str){(const char *)map.p, map.n}, &c)) {
		struct task task = {.name = str_dup(l->arena, str_sub(file, 0, file.n - ending.n)), .version = c.version, .labels = (int64_t)c.n_labels, .taught_by = c.texts,
		                    .held_back = c.held_out, .accuracy = c.held_out ? (double)c.held_out_right / c.held_out : NAN, .trained_ms = c.trained_ms};
		VEC_PUSH(&l->tasks, l->arena, task);
	}
	os_unmap(&map);
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct task *)a)->name, ((const struct task *)b)->name);
}

enum err task_list(struct arena *a, str dir, struct task **out, size_t *n, struct fault *f)
{
	char folder[PATH_BYTES];
	TRY(path_of(folder, dir, "", STR_NONE, "", f));
	struct listing l = {.arena = a, .folder = str_of(folder)};
	errno = 0;
	if (os_list(folder, list_one, &l) != OK && errno != ENOENT) return os_fail(f, "list", folder, errno);
	if (l.tasks.n) qsort(l.tasks.v, l.tasks.n, sizeof *l.tasks.v, by_name);
	*out = l.tasks.v;
	*n = l.tasks.n;
	return OK;
}
