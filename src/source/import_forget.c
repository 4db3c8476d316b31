/* What an erased person left in the files of rejected rows under DIR/imports goes too: the file is written anew without the
 * rows that name them. A row is a record of the file (a quoted cell may hold line ends), taken out whole. Beside an input
 * file, where the command line leaves its rejected rows, nothing is touched: that place is its owner's. */
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "op/app.h"
#include "os/os.h"
#include "source/import.h"

enum { FILE_BYTES = 1 << 30 };

struct forgetting {
	struct arena arena;
	str dir;
	const str *values;
	size_t n;
	enum err err;
};

/* The length of the record at the start of s: to the end of the line that is outside of quotes. */
static size_t record_length(str s)
{
	bool quoted = false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"') quoted = !quoted;
		if (s.p[i] == '\n' && !quoted) return i + 1;
	}
	return s.n;
}

static bool names_one(const struct forgetting *f, str record)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_contains(record, f->values[i])) return true;
	return false;
}

static void clean_file(struct forgetting *f, const char *folder, const char *name)
{
	struct os_map m;
	struct buf kept;
	bool any = false;
	const char *path = str_fmt(&f->arena, "%s/%s", folder, name).p;
	enum err e = os_map(path, &m);
	if (e != OK) {
		f->err = e;
		return;
	}
	buf_init(&kept, FILE_BYTES);
	for (str rest = {(const char *)m.p, m.n}; rest.n;) {
		str record = str_sub(rest, 0, record_length(rest));
		if (names_one(f, record)) any = true;
		else buf_add(&kept, record);
		rest = str_sub(rest, record.n, rest.n);
	}
	os_unmap(&m);
	if (any) e = buf_failed(&kept) ? os_unlink(path) : os_replace(folder, name, buf_str(&kept));
	if (e != OK) f->err = e;
	buf_release(&kept);
}

struct folder {
	struct forgetting *f;
	const char *path;
};

static void visit_file(void *arg, const char *name)
{
	struct folder *folder = arg;
	if (str_contains(str_of(name), S(".rejected."))) clean_file(folder->f, folder->path, name);
}

static void visit_folder(void *arg, const char *name)
{
	struct forgetting *f = arg;
	struct folder folder = {f, str_fmt(&f->arena, "%.*s/%s", STR_ARG(f->dir), name).p};
	if (name[0] == '.') return;
	enum err e = os_list(folder.path, visit_file, &folder);
	if (e != OK) f->err = e;
}

enum err imports_forget_values(const struct app *app, const str *values, size_t n)
{
	struct forgetting f = {.values = values, .n = n};
	arena_init(&f.arena);
	f.dir = str_fmt(&f.arena, "%.*s/imports", STR_ARG(app->dir));
	bool any = n && access(f.dir.p, F_OK) == 0; /* no file was ever uploaded */
	enum err e = any ? os_list(f.dir.p, visit_folder, &f) : OK;
	arena_release(&f.arena);
	return e == OK ? f.err : e;
}
