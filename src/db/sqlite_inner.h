/* sqlite_inner.h: what the files of SQLite's driver share. */
#ifndef DB_SQLITE_INNER_H
#define DB_SQLITE_INNER_H
#include <sqlite3.h>

#include "db/driver.h"

enum { SQLITE__COLUMNS_MAX = 200 }; /* of one result or table; the widest has a few dozen */

/* sqlite_rows.c: values that a statement reads as rows of `given_rows`, whose columns are c0, c1, … . */
struct sqlite__rows {
	const struct db_val *values;
	size_t n_columns, n;
};
/* Makes the table known to the session; `rows` is read whenever a statement begins to read it. */
int sqlite__rows_register(sqlite3 *handle, struct sqlite__rows *rows);

/* sqlite_checkpoint.c: folds the log of `handle`, which writes, back into the file, beside it. */
struct sqlite__checkpoint;
struct sqlite__checkpoint *sqlite__checkpoint_start(sqlite3 *handle, const char *where);
void sqlite__checkpoint_end(struct sqlite__checkpoint *c);
/* Nothing is folded back between the two. */
void sqlite__checkpoint_hold(struct sqlite__checkpoint *c);
void sqlite__checkpoint_go_on(struct sqlite__checkpoint *c);
#endif
