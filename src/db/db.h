/* db.h: records, on SQLite or PostgreSQL; nothing above knows which.
 *
 * SQL lies in sql/queries/<domain>.sql as named blocks:
 *     -- name: customer_get            (both databases)
 *     -- name: customer_get :postgres  (where they must differ)
 *     SELECT id, name FROM customer WHERE id = $1;
 * and becomes enum sql { SQL_customer_get, … } (generated header "sql_queries.h"). Parameters are $1, $2, …, bound by
 * position; both databases get the same values. Times are INT64 ms, ids INT64, booleans BOOL. A cast writes the types
 * of migrations: CAST(sum(x) AS INT64), also where PostgreSQL cannot tell a parameter's type: CAST($1 AS TEXT).
 * Migrations: sql/migrations/NNNN_name.sql with the types ID, INT64, REAL, TEXT, BLOB, BOOL; forward only, one
 * transaction each, checksummed (a changed one that already ran is refused). CREATE TABLE … WITHOUT ROWID is fine.
 *
 * A `struct db` is one session, used by one thread at a time. There is one write session, on both databases, given out in
 * the order asked: a write transaction sees no other. Readers have a snapshot each. A commit is durable.
 * A statement that fails inside a transaction spoils it: every later call fails, and only db_rollback (or, inside a
 * savepoint, db_savepoint_undo) helps. Use ON CONFLICT or a savepoint where a failure is expected. */
#ifndef DB_DB_H
#define DB_DB_H
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "sql_queries.h"

struct arena;
struct db;
struct db_pool;

/* url: absent or "sqlite:PATH" (default DIR/records.db), or "postgres://…" / "postgresql://…" (libpq's form).
 * Opens, migrates, and ties the database to directory_id (an id kept in DIR/directory-id): another directory's is refused
 * (ERR_CONFLICT, naming the first). sessions = how many readers (SQLite) or connections. */
enum err db_pool_open(struct db_pool **out, str url, str dir, id directory_id, int sessions, struct fault *f) NODISCARD;
void db_pool_close(struct db_pool *p);
bool db_pool_is_postgres(const struct db_pool *p);

/* Waits for a session. The write session is exclusive: a thread that has it and asks again is stopped (assert). */
struct db *db_acquire(struct db_pool *p, bool to_write);
void db_give_back(struct db *db); /* rolls back what is open */
enum err db_begin(struct db *db, struct fault *f) NODISCARD; /* connects again where the connection is lost */
enum err db_commit(struct db *db, struct fault *f) NODISCARD;
void db_rollback(struct db *db);
enum err db_savepoint(struct db *db, struct fault *f) NODISCARD; /* one level; then db_keep or db_undo */
enum err db_savepoint_keep(struct db *db, struct fault *f) NODISCARD;
enum err db_savepoint_undo(struct db *db, struct fault *f) NODISCARD;

enum db_type { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB, DB_BOOL };
struct db_val {
	enum db_type type;
	int64_t i; /* INT, BOOL */
	double d;
	str s; /* TEXT, BLOB */
};
static inline struct db_val db_int(int64_t i) { return (struct db_val){.type = DB_INT, .i = i}; }
static inline struct db_val db_int_or_null(int64_t i) { return (struct db_val){.type = i == INT64_MIN ? DB_NULL : DB_INT, .i = i}; }
static inline struct db_val db_id(id i) { return (struct db_val){.type = i ? DB_INT : DB_NULL, .i = i}; } /* 0 is NULL */
static inline struct db_val db_real(double d) { return (struct db_val){.type = DB_REAL, .d = d}; }
static inline struct db_val db_text(str s) { return (struct db_val){.type = s.p ? DB_TEXT : DB_NULL, .s = s}; } /* absent is NULL */
static inline struct db_val db_blob(str s) { return (struct db_val){.type = s.p ? DB_BLOB : DB_NULL, .s = s}; }
static inline struct db_val db_bool(bool b) { return (struct db_val){.type = DB_BOOL, .i = b}; }
static inline struct db_val db_null(void) { return (struct db_val){.type = DB_NULL}; }

/* Runs a statement. *changed (may be NULL) gets the rows changed. ERR_CONFLICT for a broken UNIQUE, ERR_STATE for a
 * broken foreign key or check, ERR_FULL, ERR_IO, ERR_BUSY (serialisation failure, lock time-out, not reached: retry the whole op), ERR_REFUSED (what this
 * statement is given makes it fail, and always will), ERR_DATABASE (the database is not as it should be). */
enum err db_run(struct db *db, enum sql q, const struct db_val *args, size_t n, int64_t *changed, struct fault *f) NODISCARD;
/* As db_run, where nobody has to know just now: within a transaction the next other call, or the commit, may be the one that
 * fails. PostgreSQL is sent many without waiting for its answers. */
enum err db_put(struct db *db, enum sql q, const struct db_val *args, size_t n, struct fault *f) NODISCARD;

/* Rows, copied into the arena. NULL integers read as DESC_NULL_INT through db_rows_int, 0 through db_rows_id. */
struct db_rows {
	size_t n, columns;
	const struct db_val *v; /* n × columns */
	const char *const *names;
};
enum err db_query(struct db *db, struct arena *a, enum sql q, const struct db_val *args, size_t n, struct db_rows *out, struct fault *f) NODISCARD;
static inline const struct db_val *db_cell(const struct db_rows *r, size_t row, size_t column) { return &r->v[row * r->columns + column]; }
int64_t db_rows_int(const struct db_rows *r, size_t row, size_t column);
id db_rows_id(const struct db_rows *r, size_t row, size_t column);
double db_rows_real(const struct db_rows *r, size_t row, size_t column); /* NULL: NaN */
str db_rows_text(const struct db_rows *r, size_t row, size_t column);
bool db_rows_bool(const struct db_rows *r, size_t row, size_t column);

/* The same row by row, for many rows: visit returns false to stop. The values are valid during the call. */
typedef bool db_visit(void *arg, const struct db_val *row, size_t columns);
enum err db_each(struct db *db, enum sql q, const struct db_val *args, size_t n, db_visit *visit, void *arg, struct fault *f) NODISCARD;

/* Rows into structs by column name = descriptor field name (times, ids, enums as INT64, decimals and money as TEXT in a
 * column of the field's name, money's currency in <name>_currency). Unknown columns are a programmer's error (assert). */
struct desc;
enum err db_structs(struct db *db, struct arena *a, enum sql q, const struct db_val *args, size_t n, const struct desc *d, void **out, size_t *out_n, struct fault *f) NODISCARD;

/* Many rows at once: prepared loop (SQLite), COPY or multi-row (PostgreSQL). values: rows × columns. No conflict handling. */
enum err db_bulk_insert(struct db *db, const char *table, const char *const *columns, size_t n_columns, const struct db_val *values, size_t rows, struct fault *f) NODISCARD;

/* Prepares every statement (tests). */
enum err db_prepare_all(struct db *db, struct fault *f) NODISCARD;
/* Tests: the n-th call to this layer from now, by any thread, fails with e, and so do the `times - 1` calls after it (times < 0:
 * all); 0 ends it. Begin and savepoints count as calls; a commit as two: one fails before it, one after it was done. */
void db_fail_nth(int64_t n, int64_t times, enum err e);
int64_t db_fault_calls(void); /* calls seen since db_fail_nth */

#define DB_ARGS(...) (const struct db_val[]){__VA_ARGS__}, sizeof((const struct db_val[]){__VA_ARGS__}) / sizeof(struct db_val)
#define DB_NO_ARGS NULL, 0

/* A copy of all records in one snapshot, while others write; the same form on both databases, so that it may come back
 * on the other. Backup: ERR_FULL, ERR_IO; the file appears whole or not at all. Restore needs a database as new as
 * db_pool_open makes it (ERR_CONFLICT), changes nothing when it fails: ERR_MALFORMED (no such file form), ERR_CORRUPT,
 * ERR_STATE (a newer program's). The directory's id stays the target's. */
enum err db_backup(struct db_pool *p, const char *file, struct fault *f) NODISCARD;
enum err db_restore(struct db_pool *p, const char *file, struct fault *f) NODISCARD;
/* Leaves no byte of deleted rows in the files (SQLite: rewrites the file and empties its log; PostgreSQL: VACUUM FULL).
 * Takes the writer for as long as it lasts. */
enum err db_compact(struct db_pool *p, struct fault *f) NODISCARD;
/* Gives back the memory that a flood of writes had filled; for when nothing more is to be written soon. */
void db_slim(struct db_pool *p);
#endif
