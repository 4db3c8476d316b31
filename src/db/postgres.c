/* postgres.c: the driver for PostgreSQL. Parameters go without a type, so that the server infers it from the statement
 * as SQLite does from the column: numbers and texts as text, bytes in binary. Statements are prepared once per session. */
#include <libpq-fe.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "db/driver.h"

enum {
	COLUMNS_MAX = 200,
	COPY_CHUNK_BYTES = 1 << 20,
	COPY_ROW_BYTES = 1 << 30, /* what PostgreSQL itself allows a field */
	/* pg_type.dat; libpq's headers do not carry them */
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_NUMERIC = 1700,
};

struct filled { /* a table that rows were put into in bulk */
	char name[64]; /* "": none yet */
	size_t rows, looked_at; /* as many when it was analysed last */
};
enum { FILLED_MAX = 16, ANALYSE_ROWS = 500, WAITING_MAX = 512 };
struct session {
	PGconn *conn;
	enum sql waiting[WAITING_MAX]; /* sent without waiting for their answers */
	size_t n_waiting;
	struct arena arena; /* of one call */
	bool is_prepared[SQL_COUNT];
	struct filled filled[FILLED_MAX];
};

/* By SQLSTATE: https://www.postgresql.org/docs/15/errcodes-appendix.html */
static enum err code_of(const char *state)
{
	static const struct {
		const char *prefix;
		enum err e;
	} CODES[] = {
		{"23505", ERR_CONFLICT},
		{"23", ERR_STATE},
		{"21", ERR_REFUSED}, /* a row that would be changed twice */
		{"22", ERR_REFUSED}, /* a value out of range or of no sense */
		{"44", ERR_REFUSED},
		{"54", ERR_REFUSED}, /* too large, as a value for an index */
		{"P0", ERR_REFUSED}, /* raised by a function or trigger of the database */
		{"XX000", ERR_REFUSED}, /* the server itself fails over this statement */
		{"53100", ERR_FULL},
		{"53", ERR_BUSY}, /* no memory, no connection left */
		{"58", ERR_IO},
		{"40001", ERR_BUSY},
		{"40P01", ERR_BUSY},
		{"55P03", ERR_BUSY},
		{"57", ERR_BUSY},
		{"08", ERR_BUSY},
		{"XX00", ERR_CORRUPT},
	};
	for (size_t i = 0; state && i < COUNT_OF(CODES); i++)
		if (!strncmp(state, CODES[i].prefix, strlen(CODES[i].prefix))) return CODES[i].e;
	return ERR_DATABASE;
}

static enum err failed(struct session *s, const PGresult *r, const char *what, struct fault *f)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	/* The primary message alone: the detail quotes values, which may be personal. */
	const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	if (!state && PQstatus(s->conn) == CONNECTION_BAD)
		return fault_set(f, ERR_BUSY, what, "the connection to the database is lost");
	return fault_set(f, code_of(state), what, "%s", text ? text : "the database did not answer");
}

static void session_close(void *session)
{
	struct session *s = session;
	PQfinish(s->conn);
	arena_release(&s->arena);
	mem_free(s);
}

/* Takes the answers of what was sent without waiting: the first failure is told, those behind it were not tried. */
static enum err settle(struct session *s, struct fault *f)
{
	enum err e = OK;
	if (!s->n_waiting) return OK;
	PQpipelineSync(s->conn);
	for (size_t i = 0; i < s->n_waiting && PQstatus(s->conn) == CONNECTION_OK; i++) {
		PGresult *r;
		while ((r = PQgetResult(s->conn))) {
			ExecStatusType status = PQresultStatus(r);
			if (e == OK && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) e = failed(s, r, DB__STATEMENTS[s->waiting[i]].name, f);
			PQclear(r);
		}
	}
	s->n_waiting = 0;
	PQclear(PQgetResult(s->conn)); /* of the synchronisation */
	if (!PQexitPipelineMode(s->conn) && e == OK) e = failed(s, NULL, "statement", f);
	return e;
}

static enum err script(void *session, const char *text, struct fault *f)
{
	struct session *s = session;
	struct fault undone = {0};
	bool undoes = !strncmp(text, "ROLLBACK", 8);
	enum err waited = settle(s, undoes ? &undone : f);
	if (waited != OK && !undoes) return waited;
	PGresult *r = PQexec(s->conn, text);
	ExecStatusType status = PQresultStatus(r);
	/* COMMIT of a spoiled transaction is answered with ROLLBACK. */
	enum err e = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? OK : failed(s, r, "statement", f);
	if (e == OK && !strcmp(text, "COMMIT") && strcmp(PQcmdStatus(r), "COMMIT") != 0)
		e = fault_set(f, ERR_DATABASE, "transaction", "it was rolled back");
	PQclear(r);
	return e;
}

static void ignore_notice(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

static enum err session_open(void **out, const char *where, bool to_write, struct fault *f)
{
	struct session *s = MEM_NEW(struct session);
	arena_init(&s->arena);
	const char *names[] = {"dbname", "fallback_application_name", "connect_timeout", "client_encoding", NULL};
	const char *values[] = {where, "hospes", "10", "UTF8", NULL};
	s->conn = PQconnectdbParams(names, values, 1);
	enum err e = OK;
	if (PQstatus(s->conn) != CONNECTION_OK) {
		/* libpq's message names host, port, user and reason, never the password. */
		str text = str_trim(str_of(PQerrorMessage(s->conn)));
		e = fault_set(f, ERR_DATABASE, "database", "cannot connect: %.*s", STR_ARG(text));
	} else if (PQserverVersion(s->conn) < 150000) {
		e = fault_set(f, ERR_DATABASE, "database", "PostgreSQL 15 or later is needed");
	} else {
		PQsetNoticeReceiver(s->conn, ignore_notice, NULL);
		e = script(s,
			"SET client_min_messages = warning; SET lock_timeout = '10s'; SET timezone = 'UTC'; SET synchronous_commit "
		    "= on; "
			"SET standard_conforming_strings = on; SET bytea_output = 'hex'; SET extra_float_digits = 1; "
			"SET jit = off", /* compiling takes longer than any statement of ours */
			f);
		/* The writer's statements touch few rows and keep the plan they are given while the tables are still empty, where
		 * reading all of one looks cheap. */
		if (e == OK && to_write) e = script(s, "SET enable_seqscan = off", f);
	}
	if (e != OK) {
		session_close(s);
		return e;
	}
	*out = s;
	return OK;
}

static bool is_alive(void *session)
{
	struct session *s = session;
	return PQstatus(s->conn) == CONNECTION_OK;
}

static enum err prepare(void *session, enum sql q, struct fault *f)
{
	struct session *s = session;
	const struct db__statement *statement = &DB__STATEMENTS[q];
	if (s->is_prepared[q]) return OK;
	TRY(settle(s, f));
	PGresult *r = PQprepare(s->conn, statement->name, statement->text[DB__POSTGRES], statement->parameters, NULL);
	enum err e = PQresultStatus(r) == PGRES_COMMAND_OK ? OK : failed(s, r, statement->name, f);
	PQclear(r);
	s->is_prepared[q] = e == OK;
	return e;
}

/* ---- values out ------------------------------------------------------------------------------------------------ */

struct parameters {
	const char **values;
	int *lengths, *formats;
};

static void set_parameter(struct arena *a, struct parameters *p, size_t i, const struct db_val *v)
{
	switch (v->type) {
	case DB_NULL: break;                                  /* a NULL pointer */
	case DB_BOOL: p->values[i] = v->i ? "1" : "0"; break; /* both a boolean and a number */
	case DB_INT: p->values[i] = str_fmt(a, "%lld", (long long)v->i).p; break;
	case DB_REAL: p->values[i] = isnan(v->d) ? NULL : str_fmt(a, "%.17g", v->d).p; break; /* SQLite keeps NaN as NULL */
	case DB_TEXT: p->values[i] = str_c(a, v->s); break;
	case DB_BLOB:
		p->values[i] = v->s.p;
		p->lengths[i] = (int)v->s.n;
		p->formats[i] = 1;
		break;
	}
}

static struct parameters make_parameters(struct arena *a, const struct db_val *args, size_t n)
{
	struct parameters p = {ARENA_ARRAY(a, const char *, n + 1), ARENA_ARRAY(a, int, n + 1), ARENA_ARRAY(a, int, n + 1)};
	for (size_t i = 0; i < n; i++) set_parameter(a, &p, i, &args[i]);
	return p;
}

/* ---- values in ------------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static str read_hex(struct arena *a, str text)
{
	size_t n = text.n >= 2 ? (text.n - 2) / 2 : 0; /* \x0011 */
	char *out = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++) out[i] = (char)(hex_digit(text.p[2 + 2 * i]) << 4 | hex_digit(text.p[3 + 2 * i]));
	return (str){out, n};
}

static struct db_val read_value(struct arena *a, const PGresult *r, int row, int i)
{
	if (PQgetisnull(r, row, i)) return db_null();
	str text = {PQgetvalue(r, row, i), (size_t)PQgetlength(r, row, i)};
	struct db_val v = db_null();
	switch (PQftype(r, i)) {
	case OID_BOOL: return db_bool(text.p[0] == 't');
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
		v.type = DB_INT;
		str_i64(text, &v.i);
		return v;
	case OID_FLOAT4:
	case OID_FLOAT8:
	case OID_NUMERIC:
		v.type = DB_REAL;
		str_f64(text, &v.d);
		return v;
	case OID_BYTEA: return db_blob(read_hex(a, text));
	default: return db_text(text);
	}
}

/* False: the visitor wants no more. */
static bool visit_rows(struct session *s, const PGresult *r, struct db__call *call)
{
	int columns = PQnfields(r);
	const char *names[COLUMNS_MAX];
	struct db_val row[COLUMNS_MAX];
	for (int i = 0; i < columns; i++) names[i] = PQfname(r, i);
	for (int n = 0; call->row && n < PQntuples(r); n++) {
		for (int i = 0; i < columns; i++) row[i] = read_value(&s->arena, r, n, i);
		if (!call->row(call->arg, row, (size_t)columns, names)) return false;
		arena_reset(&s->arena); /* the bytes of this row */
	}
	return true;
}

/* ---- calls ----------------------------------------------------------------------------------------------------- */

static enum err take_result(
	struct session *s, PGresult *r, struct db__call *call, bool *wants_more, const char *what, struct fault *f)
{
	switch (PQresultStatus(r)) {
	case PGRES_SINGLE_TUPLE:
	case PGRES_TUPLES_OK:
		if (PQnfields(r) > COLUMNS_MAX) return fault_set(f, ERR_DATABASE, what, "more than %d columns", COLUMNS_MAX);
		if (*wants_more) *wants_more = visit_rows(s, r, call);
		__attribute__((fallthrough));
	case PGRES_COMMAND_OK: {
		int64_t changed;
		bool is_select = !strncmp(PQcmdStatus(r), "SELECT", 6);
		if (!is_select && str_i64(str_of(PQcmdTuples(r)), &changed)) call->changed = changed;
		return OK;
	}
	default: return failed(s, r, what, f);
	}
}

/* Reads all results, also after the visitor stopped: the connection is free for the next call only then. What
 * is left of a stopped stream is read and dropped: cancelling would spoil the transaction. */
static enum err take_results(struct session *s, struct db__call *call, const char *what, struct fault *f)
{
	enum err e = OK;
	bool wants_more = true;
	PGresult *r;
	while ((r = PQgetResult(s->conn))) {
		if (e == OK && wants_more) e = take_result(s, r, call, &wants_more, what, f);
		PQclear(r);
	}
	return e;
}

static enum err call_later(struct session *s, const struct db__call *call, const struct parameters *p, struct fault *f)
{
	const char *what = DB__STATEMENTS[call->statement].name;
	if (!s->n_waiting && !PQenterPipelineMode(s->conn)) return failed(s, NULL, what, f);
	if (!PQsendQueryPrepared(s->conn, what, (int)call->n, p->values, p->lengths, p->formats, 0)) return failed(s, NULL, what, f);
	s->waiting[s->n_waiting++] = (enum sql)call->statement;
	return OK;
}

static enum err call_once(void *session, struct db__call *call, struct fault *f)
{
	struct session *s = session;
	bool is_named = call->statement != DB__NO_STATEMENT;
	const char *what = is_named ? DB__STATEMENTS[call->statement].name : "statement";
	if (is_named) TRY(prepare(s, (enum sql)call->statement, f));
	if (!call->may_wait || s->n_waiting == WAITING_MAX) TRY(settle(s, f));
	arena_reset(&s->arena);
	struct parameters p = make_parameters(&s->arena, call->args, call->n);
	if (call->may_wait) return call_later(s, call, &p, f);
	int sent = is_named ? PQsendQueryPrepared(s->conn, what, (int)call->n, p.values, p.lengths, p.formats, 0)
	                    : PQsendQueryParams(s->conn, call->text, (int)call->n, NULL, p.values, p.lengths, p.formats, 0);
	if (!sent) return failed(s, NULL, what, f);
	if (call->is_stream) PQsetSingleRowMode(s->conn);
	enum err e = take_results(s, call, what, f);
	arena_reset(&s->arena);
	return e;
}

/* ---- COPY ------------------------------------------------------------------------------------------------------ */

static void add_escaped(struct buf *b, str s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], letter = c == '\\' ? '\\' : c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : 0;
		if (!letter) continue;
		buf_add_bytes(b, s.p + from, i - from);
		buf_byte(b, '\\');
		buf_byte(b, letter);
		from = i + 1;
	}
	buf_add_bytes(b, s.p + from, s.n - from);
}

static void add_hex(struct buf *b, str s)
{
	buf_add(b, S("\\\\x"));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		buf_byte(b, "0123456789abcdef"[c >> 4]);
		buf_byte(b, "0123456789abcdef"[c & 15]);
	}
}

static void add_copy_value(struct buf *b, const struct db_val *v)
{
	switch (v->type) {
	case DB_NULL: buf_add(b, S("\\N")); break;
	case DB_BOOL: buf_byte(b, v->i ? '1' : '0'); break;
	case DB_INT: buf_i64(b, v->i); break;
	case DB_REAL:
		if (isnan(v->d))
			buf_add(b, S("\\N"));
		else
			buf_fmt(b, "%.17g", v->d);
		break;
	case DB_TEXT: add_escaped(b, v->s); break;
	case DB_BLOB: add_hex(b, v->s); break;
	}
}

static enum err copy_begin(struct session *s, const struct db__table *t, struct fault *f)
{
	struct buf text;
	buf_init(&text, 64 * 1024);
	buf_fmt(&text, "COPY \"%s\" (", t->name);
	for (size_t i = 0; i < t->n_columns; i++) buf_fmt(&text, "%s\"%s\"", i ? ", " : "", t->columns[i]);
	buf_fmt(&text, ") FROM STDIN");
	PGresult *r = PQexec(s->conn, buf_c(&text));
	buf_release(&text);
	enum err e = PQresultStatus(r) == PGRES_COPY_IN ? OK : failed(s, r, t->name, f);
	PQclear(r);
	return e;
}

static enum err copy_end(struct session *s, const char *trouble, const char *table, struct fault *f)
{
	if (PQputCopyEnd(s->conn, trouble) != 1) return failed(s, NULL, table, f);
	struct db__call call = {0};
	return take_results(s, &call, table, f);
}

/* Statements keep the plan that they were given while the table was empty, where any index looks as good as the right one.
 * A table that has doubled is analysed, and they are planned anew. */
static enum err note_filled(struct session *s, const char *name, size_t rows, struct fault *f)
{
	size_t i = 0;
	while (i < FILLED_MAX && s->filled[i].name[0] && strcmp(s->filled[i].name, name) != 0) i++;
	if (i == FILLED_MAX || strlen(name) >= sizeof s->filled[i].name) return OK;
	struct filled *t = &s->filled[i];
	memcpy(t->name, name, strlen(name) + 1);
	t->rows += rows;
	if (t->rows < ANALYSE_ROWS || t->rows < t->looked_at * 2) return OK;
	t->looked_at = t->rows;
	struct buf text;
	buf_init(&text, 1024);
	buf_fmt(&text, "ANALYZE \"%s\"", name);
	enum err e = script(s, buf_c(&text), f);
	buf_release(&text);
	return e;
}

static enum err bulk(
	void *session, const struct db__table *t, const struct db_val *values, size_t rows, struct fault *f)
{
	struct session *s = session;
	TRY(settle(s, f));
	TRY(copy_begin(s, t, f));
	struct buf lines;
	buf_init(&lines, COPY_ROW_BYTES);
	const char *trouble = NULL;
	for (size_t r = 0; r < rows && !trouble; r++) {
		for (size_t i = 0; i < t->n_columns; i++) {
			if (i) buf_byte(&lines, '\t');
			add_copy_value(&lines, &values[r * t->n_columns + i]);
		}
		buf_byte(&lines, '\n');
		if (buf_failed(&lines)) trouble = "a row is too large";
		if (!trouble && (lines.n >= COPY_CHUNK_BYTES || r + 1 == rows)) {
			if (PQputCopyData(s->conn, lines.p, (int)lines.n) != 1) trouble = "sending failed";
			buf_clear(&lines);
		}
	}
	buf_release(&lines);
	TRY(copy_end(s, trouble, t->name, f));
	return note_filled(s, t->name, rows, f);
}

/* Foreign keys are looked at once, after the last row. Only those that were not deferrable are put back. */
#define CONSTRAINTS(of, change)                                                                                        \
	"DO $$ DECLARE c record; BEGIN FOR c IN " of " LOOP EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I " change    \
	"', c.of_table, c.name); END LOOP; END $$"
static const char LOAD_BEFORE[] =
	"CREATE TEMPORARY TABLE loading ON COMMIT DROP AS SELECT conrelid::regclass::text AS of_table, conname AS name "
    "FROM pg_constraint "
	"WHERE contype = 'f' AND NOT condeferrable AND connamespace = current_schema()::regnamespace;" CONSTRAINTS(
		"SELECT * FROM loading", "DEFERRABLE INITIALLY DEFERRED");
static const char LOAD_AFTER[] =
	"SET CONSTRAINTS ALL IMMEDIATE;" CONSTRAINTS("SELECT * FROM loading", "NOT DEFERRABLE") "; DROP TABLE loading";

static enum err compact(void *session, struct fault *f)
{
	TRY(script(session, "VACUUM FULL", f));
	return script(session, "CHECKPOINT", f);
}

const struct db__driver DB__POSTGRES_DRIVER = {
	.open = session_open,
	.close = session_close,
	.is_alive = is_alive,
	.script = script,
	.call = call_once,
	.prepare = prepare,
	.bulk = bulk,
	.begin = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN ISOLATION LEVEL READ COMMITTED"},
	.tables = "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema() "
              "AND table_type = 'BASE TABLE' ORDER BY table_name COLLATE \"C\"",
	.columns = "SELECT column_name::text AS name FROM information_schema.columns WHERE table_schema = current_schema() "
               "AND table_name = $1 ORDER BY ordinal_position",
	.compact = compact,
	.load = {LOAD_BEFORE, LOAD_AFTER},
};
