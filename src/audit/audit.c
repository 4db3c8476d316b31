#include "audit/audit.h"

#include "base/utf8.h"

enum { SHOWN_BYTES = 2000 }; /* enough to see what was changed; the rest is in the record itself */

static const char *via(enum actor_kind kind)
{
	switch (kind) {
	case ACTOR_PERSON:
	case ACTOR_NOBODY: return "page"; /* somebody who is about to become a person: an invitation, the first link */
	case ACTOR_KEY: return "key";
	case ACTOR_COMMAND: return "command";
	case ACTOR_SYSTEM: break;
	}
	return "system";
}

enum err audit_write(struct op *op, const char *what, const char *subject_type, id subject, str before, str after)
{
	return op_run(op, SQL_audit_add,
	              DB_ARGS(db_id(id_new()), db_int(op->now_ms), db_text(str_of(via(op->actor.kind))), db_id(op->actor.id), db_text(str_of(what)),
	                      db_text(str_of(subject_type)), db_id(subject), db_text(utf8_cut(before, SHOWN_BYTES)),
	                      db_text(utf8_cut(after, SHOWN_BYTES))),
	              NULL);
}

enum err audit_write_read(struct op *op, const char *what, const char *subject_type, id subject, str after)
{
	struct op own;
	op_init(&own, op->app, op->actor, true);
	own.route = op->route;
	enum err e = op_end(&own, audit_write(&own, what, subject_type, subject, STR_NONE, after));
	if (e != OK) op->fault = own.fault;
	op_release(&own);
	return e;
}

static enum err write_verb(struct op *op, const char *name, const char *verb, id subject)
{
	return audit_write(op, str_c(&op->arena, str_fmt(&op->arena, "%s_%s", name, verb)), name, subject, STR_NONE, STR_NONE);
}

enum err audit_remove(struct op *op, enum sql statement, const char *name, id subject)
{
	int64_t removed;
	TRY(op_run(op, statement, DB_ARGS(db_id(subject), db_int(op->now_ms)), &removed));
	if (!removed) return fail(op, ERR_NOT_FOUND, "id", "there is no such %s", name);
	return write_verb(op, name, "removed", subject);
}

enum err audit_restore(struct op *op, enum sql statement, const char *name, id subject)
{
	int64_t restored;
	TRY(op_run(op, statement, DB_ARGS(db_id(subject)), &restored));
	if (!restored) return fail(op, ERR_NOT_FOUND, "id", "no such %s was removed", name);
	return write_verb(op, name, "restored", subject);
}
