/* One statement for all rows: begun, stepped, and ended once. A statement a row opens its cursors and ends itself for each,
 * which is half of what putting a row into a tree at its end costs. */
#include "base/buf.h"
#include "base/mem.h"
#include "db/sqlite_inner.h"

struct table {
	sqlite3_vtab base;
	const struct sqlite__rows *rows;
};
struct cursor {
	sqlite3_vtab_cursor base;
	const struct sqlite__rows *rows;
	size_t at;
};

static int connect(sqlite3 *handle, void *rows, int argc, const char *const *argv, sqlite3_vtab **out, char **error)
{
	(void)argc, (void)argv, (void)error;
	struct buf text;
	buf_init(&text, 64 * 1024);
	buf_fmt(&text, "CREATE TABLE given_rows (c0");
	for (int i = 1; i < SQLITE__COLUMNS_MAX; i++) buf_fmt(&text, ", c%d", i);
	buf_byte(&text, ')');
	int rc = sqlite3_declare_vtab(handle, buf_c(&text));
	buf_release(&text);
	if (rc != SQLITE_OK) return rc;
	struct table *t = MEM_NEW(struct table);
	t->rows = rows;
	*out = &t->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table)
{
	mem_free(table);
	return SQLITE_OK;
}

static int plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
	info->estimatedRows = (sqlite3_int64)((struct table *)table)->rows->n;
	info->estimatedCost = (double)info->estimatedRows;
	return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
	struct cursor *c = MEM_NEW(struct cursor);
	c->rows = ((struct table *)table)->rows;
	*out = &c->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
	mem_free(cursor);
	return SQLITE_OK;
}

static int first(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc, sqlite3_value **argv)
{
	(void)number, (void)text, (void)argc, (void)argv;
	((struct cursor *)cursor)->at = 0;
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *cursor)
{
	((struct cursor *)cursor)->at++;
	return SQLITE_OK;
}

static int is_past_end(sqlite3_vtab_cursor *cursor)
{
	const struct cursor *c = (const struct cursor *)cursor;
	return c->at >= c->rows->n;
}

/* The values outlive the statement. */
static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *out, int i)
{
	const struct cursor *c = (const struct cursor *)cursor;
	if ((size_t)i >= c->rows->n_columns) return SQLITE_OK; /* NULL */
	const struct db_val *v = &c->rows->values[c->at * c->rows->n_columns + (size_t)i];
	switch (v->type) {
	case DB_NULL: break;
	case DB_BOOL: sqlite3_result_int(out, v->i != 0); break;
	case DB_INT: sqlite3_result_int64(out, v->i); break;
	case DB_REAL: sqlite3_result_double(out, v->d); break; /* NaN becomes NULL */
	case DB_TEXT: sqlite3_result_text64(out, v->s.p, v->s.n, SQLITE_STATIC, SQLITE_UTF8); break;
	case DB_BLOB: sqlite3_result_blob64(out, v->s.p, v->s.n, SQLITE_STATIC); break;
	}
	return SQLITE_OK;
}

static int row_number(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)((const struct cursor *)cursor)->at;
	return SQLITE_OK;
}

int sqlite__rows_register(sqlite3 *handle, struct sqlite__rows *rows)
{
	static const sqlite3_module module = {
		.xConnect = connect,
		.xDisconnect = disconnect,
		.xBestIndex = plan,
		.xOpen = open_cursor,
		.xClose = close_cursor,
		.xFilter = first,
		.xNext = next,
		.xEof = is_past_end,
		.xColumn = column,
		.xRowid = row_number,
	};
	return sqlite3_create_module(handle, "given_rows", &module, rows);
}
