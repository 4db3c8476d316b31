/* An uploaded file is written under DIR/imports/incoming as it arrives. Its draft's row and its place, DIR/imports/<id>/file,
 * come together: it is linked there before the commit, and taken away when that fails. What a server that died between the
 * two left goes at the next start, since no row names it. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "op/app.h"
#include "os/os.h"
#include "source/import_pages.h"

str import_folder(struct op *op, id import)
{
	return str_fmt(&op->arena, "%.*s/imports/%s", STR_ARG(op->app->dir), id_show(&op->arena, S("imp"), import).p);
}

str import_upload_path(struct op *op, id import)
{
	return str_fmt(&op->arena, "%.*s/file", STR_ARG(import_folder(op, import)));
}

/* ---- keeping ---- */

struct keeping {
	struct app *app;
	str folder;
	bool is_committed;
};

static void committed(void *arg)
{
	((struct keeping *)arg)->is_committed = true;
}

struct removing {
	struct arena *arena;
	const char *folder;
};

static void remove_file(void *arg, const char *name)
{
	struct removing *r = arg;
	(void)unlink(str_fmt(r->arena, "%s/%s", r->folder, name).p);
}

static void remove_folder(const char *folder)
{
	struct arena arena;
	arena_init(&arena);
	struct removing r = {&arena, folder};
	if (os_list(folder, remove_file, &r) != OK || rmdir(folder) != 0) log_warn("import_left_behind", F_INT("errno", errno));
	arena_release(&arena);
}

static void remove_unless_committed(void *arg)
{
	struct keeping *k = arg;
	if (!k->is_committed) remove_folder(k->folder.p);
}

static enum err sync_file(const char *path)
{
	int fd = os_open(path, O_RDONLY, 0);
	if (fd < 0) return ERR_IO;
	enum err e = os_sync(fd);
	os_close(fd);
	return e;
}

enum err import_upload_keep(struct op *op, id import, const char *path)
{
	struct keeping *k = ARENA_NEW(&op->arena, struct keeping);
	k->folder = import_folder(op, import);
	enum err e = sync_file(path);
	if (e == OK) e = os_mkdir(k->folder.p);
	if (e != OK) return fail(op, e, "", "the upload cannot be kept");
	op_defer(op, remove_unless_committed, k);
	op_after_commit(op, committed, k);
	e = os_link(path, import_upload_path(op, import).p);
	if (e == OK) e = os_sync_dir(k->folder.p);
	return e == OK ? OK : fail(op, e, "", "the upload cannot be kept");
}

static void remove_import(void *arg)
{
	remove_folder(((struct keeping *)arg)->folder.p);
}

void import_folder_drop(struct op *op, id import)
{
	struct keeping *k = ARENA_NEW(&op->arena, struct keeping);
	k->folder = import_folder(op, import);
	op_after_commit(op, remove_import, k);
}

/* ---- at the start ---- */

struct tidying {
	struct op *op;
	str dir;
};

static void tidy(void *arg, const char *name)
{
	struct tidying *t = arg;
	struct db_rows r;
	id import;
	if (!id_read(S("imp"), str_of(name), &import)) return;
	if (op_query(t->op, SQL_import_get, DB_ARGS(db_id(import)), &r) == OK && !r.n) remove_folder(str_fmt(&t->op->arena, "%.*s/%s", STR_ARG(t->dir), name).p);
}

void imports_tidy(struct app *app)
{
	struct op op;
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	struct tidying t = {&op, str_fmt(&op.arena, "%.*s/imports", STR_ARG(app->dir))};
	str incoming = str_fmt(&op.arena, "%.*s/%s", STR_ARG(app->dir), IMPORTS_INCOMING);
	struct removing r = {&op.arena, incoming.p};
	enum err e = os_mkdir(t.dir.p);
	if (e == OK) e = os_mkdir(incoming.p);
	if (e == OK) e = os_list(incoming.p, remove_file, &r);
	if (e == OK) e = os_list(t.dir.p, tidy, &t);
	if (e != OK) log_warn("imports_not_tidied", F_INT("err", e));
	op_end(&op, e);
	op_release(&op);
}
