/* driver.h: what a database must be able to do to sit behind db.h. Only src/db includes this (and the table of
 * statements that tools/sql_queries.py makes). */
#ifndef DB_DRIVER_H
#define DB_DRIVER_H
#include "db/db.h"

enum db__kind { DB__SQLITE, DB__POSTGRES };

struct db__statement {
	const char *name;
	const char *text[2]; /* by enum db__kind */
	int parameters;
};
extern const struct db__statement DB__STATEMENTS[]; /* by enum sql */

struct db__migration {
	int number;
	const char *name;
	const char *text[2];
	const char *checksum;
};
extern const struct db__migration DB__MIGRATIONS[]; /* by number */
extern const size_t DB__MIGRATIONS_N;

enum { DB__NO_STATEMENT = -1 };
/* One row; names are the columns'. Both are valid during the call. False stops. */
typedef bool db__row(void *arg, const struct db_val *row, size_t columns, const char *const *names);

/* What is asked of a session: a statement of the table (prepared once per session), or, with DB__NO_STATEMENT, text. */
struct db__call {
	int statement; /* enum sql, or DB__NO_STATEMENT */
	const char *text;
	const struct db_val *args;
	size_t n;
	bool is_stream; /* many rows are expected: do not gather them first */
	bool may_wait;  /* within a transaction: the next call, or its end, may tell its failure instead */
	db__row *row;   /* NULL: rows are passed over */
	void *arg;
	int64_t changed; /* out */
};
struct db__table {
	const char *name;
	const char *const *columns;
	size_t n_columns;
};

struct db__driver {
	enum err (*open)(void **session, const char *where, bool to_write, struct fault *f);
	void (*close)(void *session);
	bool (*is_alive)(void *session); /* false: the connection is lost; close and open again */
	enum err (*script)(void *session, const char *text, struct fault *f); /* statements without parameters or rows */
	enum err (*call)(void *session, struct db__call *call, struct fault *f);
	enum err (*prepare)(void *session, enum sql q, struct fault *f);
	enum err (*bulk)(void *session, const struct db__table *t, const struct db_val *values, size_t rows, struct fault *f);
	enum err (*compact)(void *session, struct fault *f); /* leaves no byte of deleted rows; outside a transaction */
	const char *begin[2]; /* [to_write] */
	const char *tables;   /* lists the tables of this database: name */
	const char *columns;  /* of table $1, in order: name */
	const char *slim;     /* gives memory back, which a flood of writes had filled; or NULL */
	const char *load[2];  /* before and after rows are put in without regard to their order */
};
extern const struct db__driver DB__SQLITE_DRIVER, DB__POSTGRES_DRIVER;

/* A session seen from db.c. */
struct db {
	struct db_pool *pool;
	void *session;
	bool to_write, is_open, is_spoiled, has_savepoint;
	struct db *next_free;
};

const struct db__driver *db__driver_of(const struct db *db);
/* As db_query and db_each with a text instead of a named statement; for migrations and copies. */
enum err db__call_text(struct db *db, const char *text, const struct db_val *args, size_t n, db__row *row, void *arg, struct fault *f) NODISCARD;
enum err db__script(struct db *db, const char *text, struct fault *f) NODISCARD;
enum err db__query_text(struct db *db, struct arena *a, const char *text, const struct db_val *args, size_t n, struct db_rows *out, struct fault *f) NODISCARD;

/* migrate.c: one migration within the open transaction; the table of those that ran; whether one that ran elsewhere
 * (`what`: "database", "backup") is this program's, unchanged. */
enum err db__apply(struct db *db, const struct db__migration *m, struct fault *f) NODISCARD;
enum err db__make_ledger(struct db *db, struct fault *f) NODISCARD;
enum err db__check_known(const char *what, int64_t number, str name, str checksum, struct fault *f) NODISCARD;
/* migrate.c: brings the schema up and ties the database to the directory. */
enum err db__migrate(struct db *db, struct fault *f) NODISCARD;
enum err db__tie(struct db *db, id directory, struct fault *f) NODISCARD;

enum { DB__BUSY_MS = 10000 }; /* how long a lock of another process is waited for: longer than any commit takes */
#endif
