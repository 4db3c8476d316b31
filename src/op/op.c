/* op.c: one operation. The transaction is begun when records are first asked for, so that an answer from memory costs
 * no session; it ends in op_end, which is also the one place that logs a failure. */
#include "op/op.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "op/app.h"

const char *const ROLES[] = {"none", "agent", "analyst", "manager", "owner", NULL};
static const char ROLE_LETTERS[] = {0, 'A', 'Y', 'M', 'O'};
static const char *const ACTOR_KINDS[] = {"nobody", "system", "person", "key", "command"};

static const struct {
	const char *name, *roles, *doc;
} PERMISSIONS[PERM_COUNT] = {
#define PERMISSION(name, roles, doc) [PERM_##name] = {#name, roles, doc},
#include "permissions.def"
#undef PERMISSION
};

static const enum log_level LEVELS[ERR_COUNT] = {
#define ERROR(code, status, slug, key, level) [ERR_##code] = LOG_##level,
#include "errors.def"
#undef ERROR
};

_Static_assert(PERM_COUNT <= 64, "a permission is a bit of 64");

uint64_t role_permissions(enum role role)
{
	uint64_t bits = 0;
	for (int p = 0; p < PERM_COUNT; p++)
		if (role != ROLE_NONE && strchr(PERMISSIONS[p].roles, ROLE_LETTERS[role])) bits |= UINT64_C(1) << p;
	return bits;
}

/* What the program itself does, and whoever may run a command on the directory, stands above the roles. */
static uint64_t actor_permissions(struct actor actor)
{
	if (actor.kind == ACTOR_SYSTEM || actor.kind == ACTOR_COMMAND) return role_permissions(ROLE_OWNER);
	return role_permissions(actor.role);
}

/* What this thread logs from now on says for which operation. */
static void enter(const struct op *op)
{
	const struct log_field fields[] = {
		F_INT("op", op->op_id),
		F_STR("actor", str_of(ACTOR_KINDS[op->actor.kind])),
		F_INT("actor_id", op->actor.id),
		F_STR("route", str_of(op->route ? op->route : "")),
	};
	log_context(fields, COUNT_OF(fields));
}

void op_init(struct op *op, struct app *app, struct actor actor, bool is_write)
{
	*op = (struct op){.app = app, .actor = actor, .is_write = is_write, .now_ms = clock_now_ms(), .op_id = id_new()};
	arena_init(&op->arena);
	op->actor.name = str_dup(&op->arena, actor.name);
	op->permissions = actor_permissions(actor);
	enter(op);
}

enum err op_db(struct op *op, struct db **out)
{
	if (!op->db) {
		struct db *db = db_acquire(op->app->records, op->is_write);
		enum err e = db_begin(db, &op->fault);
		if (e != OK) {
			db_give_back(db);
			return e;
		}
		op->db = db;
		enter(op); /* the route is known by now, and the thread may be another */
	}
	*out = op->db;
	return OK;
}

static void log_failure(const struct op *op, enum err e)
{
	char text[FAULT_FIELD + FAULT_TEXT + 4];
	const struct log_field fields[] = {
		F_STR("error", str_of(err_slug(e))),
		F_STR("text", str_of(fault_text(&op->fault, text, sizeof text))),
		F_INT("ms", clock_now_ms() - op->now_ms),
	};
	enter(op);
	log_write(LEVELS[e], "failed", fields, COUNT_OF(fields));
}

enum err op_end(struct op *op, enum err result)
{
	for (size_t i = 0; result == OK && i < op->last.n; i++) result = op->last.v[i].fn(op->last.v[i].arg);
	op->last.n = 0;
	if (op->db) {
		if (result == OK) {
			/* A fault that was met and overcome must not name the failure of the commit. */
			struct fault f = {0};
			result = db_commit(op->db, &f);
			if (result != OK) op->fault = f;
		}
		db_give_back(op->db);
		op->db = NULL;
	}
	for (size_t i = op->deferred.n; i-- > 0;) {
		struct op_deferred d = op->deferred.v[i];
		if (result == OK || !d.only_on_commit) d.fn(d.arg);
	}
	op->deferred.n = 0;
	if (result != OK) log_failure(op, result);
	log_context(NULL, 0);
	return result;
}

void op_release(struct op *op)
{
	assert(!op->db && op->deferred.n == 0); /* op_end first */
	arena_release(&op->arena);
}

void op_defer(struct op *op, op_fn *fn, void *arg)
{
	struct op_deferred *d = VEC_ADD(&op->deferred, &op->arena);
	*d = (struct op_deferred){.fn = fn, .arg = arg};
}

void op_before_commit(struct op *op, enum err (*fn)(void *arg), void *arg)
{
	*VEC_ADD(&op->last, &op->arena) = (struct op_last){fn, arg};
}

void op_after_commit(struct op *op, op_fn *fn, void *arg)
{
	op_defer(op, fn, arg);
	op->deferred.v[op->deferred.n - 1].only_on_commit = true;
}

enum err op_must(struct op *op, enum permission p)
{
	if (op_may(op, p)) return OK;
	enum role least = ROLE_AGENT;
	while (least < ROLE_OWNER && !strchr(PERMISSIONS[p].roles, ROLE_LETTERS[least])) least++;
	return fail(op, ERR_DENIED, "", "the least role that may %s is %s", PERMISSIONS[p].doc, ROLES[least]);
}

enum err op_run(struct op *op, enum sql q, const struct db_val *args, size_t n, int64_t *changed)
{
	struct db *db;
	op->writes++;
	TRY(op_db(op, &db));
	return db_run(db, q, args, n, changed, &op->fault);
}

enum err op_put(struct op *op, enum sql q, const struct db_val *args, size_t n)
{
	struct db *db;
	op->writes++;
	TRY(op_db(op, &db));
	return db_put(db, q, args, n, &op->fault);
}

enum err op_query(struct op *op, enum sql q, const struct db_val *args, size_t n, struct db_rows *out)
{
	struct db *db;
	TRY(op_db(op, &db));
	return db_query(db, &op->arena, q, args, n, out, &op->fault);
}

enum err op_structs(
	struct op *op, enum sql q, const struct db_val *args, size_t n, const struct desc *d, void **out, size_t *out_n)
{
	struct db *db;
	TRY(op_db(op, &db));
	return db_structs(db, &op->arena, q, args, n, d, out, out_n, &op->fault);
}

enum err op_each(struct op *op, enum sql q, const struct db_val *args, size_t n, db_visit *visit, void *arg)
{
	struct db *db;
	TRY(op_db(op, &db));
	return db_each(db, q, args, n, visit, arg, &op->fault);
}

enum err op_apart(struct app *app, const char *route, enum err (*step)(struct op *op, void *arg), void *arg)
{
	struct op op;
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM}, true);
	op.route = route;
	enum err e = op_end(&op, step(&op, arg));
	op_release(&op);
	return e;
}
