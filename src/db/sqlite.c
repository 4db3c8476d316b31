/* sqlite.c: the driver for SQLite. WAL, so that readers never wait for the writer; synchronous FULL, so that a commit
 * is on the disk when it returns. Statements are prepared once per session and kept. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "db/sqlite_inner.h"

struct session {
	sqlite3 *handle;
	sqlite3_stmt *prepared[SQL_COUNT];
	struct sqlite__checkpoint *checkpoint; /* the writer's */
	struct sqlite__rows given;             /* what is being put in bulk */
};

static enum err code_of(int extended)
{
	static const struct {
		int code;
		enum err e;
	} CODES[] = { /* an extended one stands before its group */
		{SQLITE_CONSTRAINT_UNIQUE, ERR_CONFLICT},
		{SQLITE_CONSTRAINT_PRIMARYKEY, ERR_CONFLICT},
		{SQLITE_CONSTRAINT_ROWID, ERR_CONFLICT},
		{SQLITE_CONSTRAINT_DATATYPE, ERR_REFUSED},
		{SQLITE_CONSTRAINT, ERR_STATE},
		{SQLITE_MISMATCH, ERR_REFUSED},
		{SQLITE_TOOBIG, ERR_REFUSED},
		{SQLITE_RANGE, ERR_REFUSED},
		{SQLITE_FULL, ERR_FULL},
		{SQLITE_IOERR, ERR_IO},
		{SQLITE_CANTOPEN, ERR_IO},
		{SQLITE_BUSY, ERR_BUSY},
		{SQLITE_LOCKED, ERR_BUSY},
		{SQLITE_CORRUPT, ERR_CORRUPT},
		{SQLITE_NOTADB, ERR_CORRUPT},
	};
	for (size_t i = 0; i < COUNT_OF(CODES); i++)
		if (extended == CODES[i].code || (extended & 0xff) == CODES[i].code) return CODES[i].e;
	return ERR_DATABASE;
}

/* A constraint's message names table and column only; no message of SQLite's quotes a value. */
static enum err failed(struct session *s, const char *what, struct fault *f)
{
	return fault_set(f, code_of(sqlite3_extended_errcode(s->handle)), what, "%s", sqlite3_errmsg(s->handle));
}

/* A statement that was sound when it was compiled: the general code means that a value overflowed or had no sense. */
static enum err failed_running(struct session *s, const char *what, struct fault *f)
{
	if (sqlite3_extended_errcode(s->handle) != SQLITE_ERROR) return failed(s, what, f);
	return fault_set(f, ERR_REFUSED, what, "%s", sqlite3_errmsg(s->handle));
}

static void session_close(void *session)
{
	struct session *s = session;
	for (int i = 0; i < SQL_COUNT; i++) sqlite3_finalize(s->prepared[i]);
	sqlite__checkpoint_end(s->checkpoint);
	sqlite3_close(s->handle);
	mem_free(s);
}

static enum err script(void *session, const char *text, struct fault *f)
{
	struct session *s = session;
	return sqlite3_exec(s->handle, text, NULL, NULL, NULL) == SQLITE_OK ? OK : failed(s, "statement", f);
}

static enum err session_open(void **out, const char *where, bool to_write, struct fault *f)
{
	struct session *s = MEM_NEW(struct session);
	int rc = sqlite3_open_v2(where, &s->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	enum err e = OK;
	if (rc != SQLITE_OK) {
		e = fault_set(f, code_of(rc), "database", "cannot open %s: %s", where,
			s->handle ? sqlite3_errmsg(s->handle) : sqlite3_errstr(rc));
	} else {
		sqlite3_extended_result_codes(s->handle, 1);
		sqlite3_busy_timeout(s->handle, DB__BUSY_MS);
		/* Readers' page cache is small: a page that was read once stays in the system's cache. The writer's holds the
		 * pages that a large import changes between two commits. */
		e = script(s,
			to_write ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA "
		               "cache_size=-32000; PRAGMA journal_size_limit=67108864"
					 : "PRAGMA foreign_keys=ON; PRAGMA cache_size=-2000; PRAGMA query_only=ON",
			f);
	}
	if (e == OK && sqlite__rows_register(s->handle, &s->given) != SQLITE_OK) e = failed(s, "database", f);
	if (e != OK) {
		session_close(s);
		return e;
	}
	if (to_write) s->checkpoint = sqlite__checkpoint_start(s->handle, where);
	*out = s;
	return OK;
}

static bool is_alive(void *session)
{
	(void)session;
	return true;
}

static enum err compile(
	struct session *s, const char *text, unsigned flags, sqlite3_stmt **out, const char *what, struct fault *f)
{
	return sqlite3_prepare_v3(s->handle, text, -1, flags, out, NULL) == SQLITE_OK ? OK : failed(s, what, f);
}

static enum err prepare(void *session, enum sql q, struct fault *f)
{
	struct session *s = session;
	const struct db__statement *statement = &DB__STATEMENTS[q];
	if (s->prepared[q]) return OK;
	return compile(s, statement->text[DB__SQLITE], SQLITE_PREPARE_PERSISTENT, &s->prepared[q], statement->name, f);
}

static void bind(sqlite3_stmt *stmt, int i, const struct db_val *v)
{
	switch (v->type) {
	case DB_NULL: sqlite3_bind_null(stmt, i); break;
	case DB_BOOL: sqlite3_bind_int64(stmt, i, v->i != 0); break;
	case DB_INT: sqlite3_bind_int64(stmt, i, v->i); break;
	case DB_REAL: sqlite3_bind_double(stmt, i, v->d); break; /* NaN becomes NULL */
	case DB_TEXT: sqlite3_bind_text64(stmt, i, v->s.p, v->s.n, SQLITE_STATIC, SQLITE_UTF8); break;
	case DB_BLOB: sqlite3_bind_blob64(stmt, i, v->s.p, v->s.n, SQLITE_STATIC); break;
	}
}

static struct db_val column(sqlite3_stmt *stmt, int i)
{
	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_INTEGER: return db_int(sqlite3_column_int64(stmt, i));
	case SQLITE_FLOAT: return db_real(sqlite3_column_double(stmt, i));
	case SQLITE_TEXT: {
		const char *p = (const char *)sqlite3_column_text(stmt, i);
		return db_text((str){p ? p : "", (size_t)sqlite3_column_bytes(stmt, i)});
	}
	case SQLITE_BLOB: {
		const char *p = sqlite3_column_blob(stmt, i);
		return db_blob((str){p ? p : "", (size_t)sqlite3_column_bytes(stmt, i)});
	}
	default: return db_null();
	}
}

static enum err step_all(
	struct session *s, sqlite3_stmt *stmt, struct db__call *call, const char *what, struct fault *f)
{
	const char *names[SQLITE__COLUMNS_MAX];
	struct db_val row[SQLITE__COLUMNS_MAX];
	int rc, columns = 0;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (!call->row) continue;
		if (columns == 0) { /* not before the first step: it compiles anew when the schema has changed */
			columns = sqlite3_column_count(stmt);
			if (columns > SQLITE__COLUMNS_MAX) return fault_set(f, ERR_DATABASE, what, "more than %d columns", SQLITE__COLUMNS_MAX);
			for (int i = 0; i < columns; i++) names[i] = sqlite3_column_name(stmt, i);
		}
		for (int i = 0; i < columns; i++) row[i] = column(stmt, i);
		if (!call->row(call->arg, row, (size_t)columns, names)) return OK;
	}
	if (rc != SQLITE_DONE) return failed_running(s, what, f);
	call->changed = sqlite3_stmt_readonly(stmt) ? 0 : sqlite3_changes64(s->handle);
	return OK;
}

static enum err call_once(void *session, struct db__call *call, struct fault *f)
{
	struct session *s = session;
	bool is_named = call->statement != DB__NO_STATEMENT;
	const char *what = is_named ? DB__STATEMENTS[call->statement].name : "statement";
	sqlite3_stmt *stmt;
	if (is_named) {
		TRY(prepare(s, (enum sql)call->statement, f));
		stmt = s->prepared[call->statement];
	} else {
		TRY(compile(s, call->text, 0, &stmt, what, f));
	}
	for (size_t i = 0; i < call->n; i++) bind(stmt, (int)i + 1, &call->args[i]);
	enum err e = step_all(s, stmt, call, what, f);
	if (is_named) {
		sqlite3_reset(stmt);
		sqlite3_clear_bindings(stmt); /* the bytes belong to the caller */
	} else {
		sqlite3_finalize(stmt);
	}
	return e;
}

/* Within a transaction a failure spoils it whole, so SQLite need not keep every page as it was before the statement. */
static enum err bulk(
	void *session, const struct db__table *t, const struct db_val *values, size_t rows, struct fault *f)
{
	struct session *s = session;
	struct buf text;
	buf_init(&text, 64 * 1024);
	buf_fmt(&text, "INSERT %sINTO \"%s\" (", sqlite3_get_autocommit(s->handle) ? "" : "OR FAIL ", t->name);
	for (size_t i = 0; i < t->n_columns; i++) buf_fmt(&text, "%s\"%s\"", i ? ", " : "", t->columns[i]);
	buf_fmt(&text, ") SELECT ");
	for (size_t i = 0; i < t->n_columns; i++) buf_fmt(&text, "%sc%zu", i ? ", " : "", i);
	buf_fmt(&text, " FROM given_rows");
	s->given = (struct sqlite__rows){values, t->n_columns, rows};
	sqlite3_stmt *stmt = NULL;
	enum err e = compile(s, buf_c(&text), 0, &stmt, t->name, f);
	buf_release(&text);
	if (e == OK && sqlite3_step(stmt) != SQLITE_DONE) e = failed_running(s, t->name, f);
	sqlite3_finalize(stmt);
	s->given = (struct sqlite__rows){0};
	return e;
}

static enum err compact(void *session, struct fault *f)
{
	struct session *s = session;
	sqlite__checkpoint_hold(s->checkpoint);
	enum err e = script(s, "VACUUM", f);
	if (e == OK) e = script(s, "PRAGMA wal_checkpoint(TRUNCATE)", f);
	sqlite__checkpoint_go_on(s->checkpoint);
	return e;
}

const struct db__driver DB__SQLITE_DRIVER = {
	.open = session_open,
	.close = session_close,
	.is_alive = is_alive,
	.script = script,
	.call = call_once,
	.prepare = prepare,
	.bulk = bulk,
	.begin = {"BEGIN", "BEGIN IMMEDIATE"},
	.tables =
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
	.columns = "SELECT name FROM pragma_table_info(?1) ORDER BY cid",
	.compact = compact,
	.slim = "PRAGMA shrink_memory",
	.load = {"PRAGMA defer_foreign_keys = ON", "SELECT 1"}, /* checked at commit */
};
