/* restore.c: reads a backup into an empty database of either kind, in one transaction: whatever is wrong with the file,
 * the database stays as it was. The schema is made anew as it was when the copy was taken, filled, and then brought up
 * by the migrations that came since; so an old copy goes through the same steps as an old database. */
#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "db/driver.h"

#include "db/backup.h"

enum {
	PIECE_BYTES = 1 << 17,
	BATCH_VALUES = 20000, /* put in at once; about a megabyte */
	BATCH_BYTES = 8 << 20,
	COLUMNS_MAX = 200,
	MIGRATIONS_MAX = 10000,
	STEP_BYTES = 1 << 20, /* so much of a long value is waited for at a time: a false length allocates no more */
};

struct reader {
	FILE *file;
	ZSTD_DCtx *zstd;
	XXH3_state_t *sum;
	char in[PIECE_BYTES], out[PIECE_BYTES];
	ZSTD_inBuffer from;
	size_t at, have; /* of out */
	uint64_t passed; /* bytes read, for the message */
	bool is_damaged;
	struct fault *f;
};

static enum err damaged(struct reader *r)
{
	r->is_damaged = true;
	return fault_set(
		r->f, ERR_CORRUPT, "backup", "damaged or cut at byte %llu of its contents", (unsigned long long)r->passed);
}

static bool refill(struct reader *r)
{
	r->at = r->have = 0;
	while (r->have == 0) {
		if (r->from.pos == r->from.size) {
			r->from = (ZSTD_inBuffer){r->in, fread(r->in, 1, sizeof r->in, r->file), 0};
			if (r->from.size == 0) return false;
		}
		ZSTD_outBuffer out = {r->out, sizeof r->out, 0};
		if (ZSTD_isError(ZSTD_decompressStream(r->zstd, &out, &r->from))) return false;
		r->have = out.pos;
	}
	return true;
}

static void take(struct reader *r, void *to, size_t n)
{
	char *p = to;
	while (n && !r->is_damaged) {
		if (r->at == r->have && !refill(r)) {
			r->is_damaged = true;
			break;
		}
		size_t some = n < r->have - r->at ? n : r->have - r->at;
		memcpy(p, r->out + r->at, some);
		XXH3_64bits_update(r->sum, p, some);
		r->at += some;
		r->passed += some;
		p += some;
		n -= some;
	}
	if (r->is_damaged) memset(p, 0, n);
}

static uint64_t take_number(struct reader *r, int bytes)
{
	unsigned char raw[8];
	uint64_t value = 0;
	take(r, raw, (size_t)bytes);
	for (int i = bytes; i-- > 0;) value = value << 8 | raw[i];
	return value;
}

static str take_bytes(struct reader *r, struct arena *a)
{
	size_t n = take_number(r, 4), got = 0;
	if (n > BACKUP_VALUE_MAX) r->is_damaged = true;
	if (r->is_damaged) return S("");
	char *p = NULL;
	do {
		size_t step = n - got < STEP_BYTES ? n - got : STEP_BYTES;
		p = arena_grow(a, p, got, got + step + 1);
		take(r, p + got, step);
		got += step;
	} while (got < n && !r->is_damaged);
	return (str){p, got};
}

static struct db_val take_value(struct reader *r, struct arena *a)
{
	struct db_val v = {.type = (enum db_type)take_number(r, 1)};
	uint64_t bits;
	switch (v.type) {
	case DB_NULL: break;
	case DB_INT:
	case DB_BOOL: v.i = (int64_t)take_number(r, 8); break;
	case DB_REAL:
		bits = take_number(r, 8);
		memcpy(&v.d, &bits, sizeof v.d);
		break;
	case DB_TEXT:
	case DB_BLOB: v.s = take_bytes(r, a); break;
	default: r->is_damaged = true; v.type = DB_NULL;
	}
	return v;
}

/* ---- the schema ------------------------------------------------------------------------------------------------ */

static enum err count_rows(struct db *db, struct arena *a, str table, int64_t *out, struct fault *f)
{
	struct db_rows rows;
	TRY(db__query_text(db, a, str_fmt(a, "SELECT count(*) AS n FROM \"%.*s\"", STR_ARG(table)).p, NULL, 0, &rows, f));
	*out = db_rows_int(&rows, 0, 0);
	return OK;
}

/* Empty is what a new database is: some migrations put rows in. Waiting jobs are nobody's data. */
static enum err check_empty(struct db *db, struct arena *a, struct fault *f)
{
	struct db_pool *fresh;
	struct db_rows tables;
	int64_t have, born;
	TRY(db__query_text(db, a, db__driver_of(db)->tables, NULL, 0, &tables, f));
	TRY(db_pool_open(&fresh, S("sqlite::memory:"), STR_NONE, 0, 0, f));
	struct db *born_db = db_acquire(fresh, true);
	enum err e = OK;
	for (size_t i = 0; i < tables.n && e == OK; i++) {
		str name = db_rows_text(&tables, i, 0);
		if (backup_leaves_out(name) || str_eq(name, S("job"))) continue;
		e = count_rows(db, a, name, &have, f);
		if (e == OK) e = count_rows(born_db, a, name, &born, f);
		if (e == OK && have != born)
			e = fault_set(f, ERR_CONFLICT, "restore",
				"the database is not empty (%.*s has rows): restore into a new one", STR_ARG(name));
	}
	db_give_back(born_db);
	db_pool_close(fresh);
	return e;
}

static enum err drop_tables(struct db *db, struct arena *a, struct fault *f)
{
	struct db_rows tables;
	TRY(db__query_text(db, a, db__driver_of(db)->tables, NULL, 0, &tables, f));
	for (size_t i = 0; i < tables.n; i++)
		TRY(db__script(db,
			str_fmt(a, "DROP TABLE \"%.*s\"%s", STR_ARG(db_rows_text(&tables, i, 0)),
				db_pool_is_postgres(db->pool) ? " CASCADE" : "")
				.p,
			f));
	return OK;
}

static enum err empty_tables(struct db *db, struct arena *a, struct fault *f)
{
	struct db_rows tables;
	TRY(db__query_text(db, a, db__driver_of(db)->tables, NULL, 0, &tables, f));
	for (size_t i = 0; i < tables.n; i++)
		if (!backup_leaves_out(db_rows_text(&tables, i, 0)))
			TRY(db__script(db, str_fmt(a, "DELETE FROM \"%.*s\"", STR_ARG(db_rows_text(&tables, i, 0))).p, f));
	return OK;
}

static enum err make_schema(struct db *db, struct reader *r, struct arena *a, bool *ran)
{
	uint64_t n = take_number(r, 4);
	if (r->is_damaged || n > MIGRATIONS_MAX) return damaged(r);
	for (uint64_t i = 0; i < n; i++) {
		int64_t number = (int64_t)take_number(r, 4);
		str name = take_bytes(r, a), checksum = take_bytes(r, a);
		if (r->is_damaged) return damaged(r);
		TRY(db__check_known("backup", number, name, checksum, r->f));
		for (size_t m = 0; m < DB__MIGRATIONS_N; m++)
			if (DB__MIGRATIONS[m].number == number) ran[m] = true;
	}
	TRY(drop_tables(db, a, r->f));
	TRY(db__make_ledger(db, r->f));
	for (size_t m = 0; m < DB__MIGRATIONS_N; m++)
		if (ran[m]) TRY(db__apply(db, &DB__MIGRATIONS[m], r->f));
	return OK;
}

/* ---- the rows -------------------------------------------------------------------------------------------------- */

static enum err load_rows(
	struct db *db, struct reader *r, const char *table, const char **columns, size_t n_columns, char *next)
{
	struct arena rows;
	arena_init(&rows);
	enum err e = OK;
	while (e == OK && *next == BACKUP_ROW) {
		VEC(struct db_val) values = {0};
		while (*next == BACKUP_ROW && values.n < BATCH_VALUES && rows.used_bytes < BATCH_BYTES && !r->is_damaged) {
			for (size_t i = 0; i < n_columns; i++) VEC_PUSH(&values, &rows, take_value(r, &rows));
			*next = (char)take_number(r, 1);
		}
		e = r->is_damaged ? damaged(r)
		                  : db_bulk_insert(db, table, columns, n_columns, values.v, values.n / n_columns, r->f);
		arena_reset(&rows);
	}
	arena_release(&rows);
	return e;
}

/* Names come from a file: only such as the schema has are put into a statement. */
static enum err check_table(struct db *db, struct reader *r, struct arena *a, str table, const char **columns, size_t n)
{
	struct db_rows known;
	TRY(db__query_text(db, a, db__driver_of(db)->columns, DB_ARGS(db_text(table)), &known, r->f));
	for (size_t i = 0; i < n; i++) {
		bool is_known = false;
		for (size_t k = 0; k < known.n; k++)
			is_known = is_known || str_eq(db_rows_text(&known, k, 0), str_of(columns[i]));
		if (!is_known)
			return fault_set(
				r->f, ERR_CORRUPT, "backup", "its table %.*s is not as its migrations make it", STR_ARG(table));
	}
	return OK;
}

static enum err load_table(struct db *db, struct reader *r, struct arena *a, char *next)
{
	str table = take_bytes(r, a);
	size_t n = take_number(r, 4);
	if (r->is_damaged || n == 0 || n > COLUMNS_MAX || memchr(table.p, 0, table.n)) return damaged(r);
	const char *columns[COLUMNS_MAX];
	for (size_t i = 0; i < n; i++) columns[i] = str_c(a, take_bytes(r, a));
	*next = (char)take_number(r, 1);
	if (r->is_damaged) return damaged(r);
	TRY(check_table(db, r, a, table, columns, n));
	return load_rows(db, r, str_c(a, table), columns, n, next);
}

static enum err load_all(struct db *db, struct reader *r, struct arena *a)
{
	const struct db__driver *driver = db__driver_of(db);
	TRY(empty_tables(db, a, r->f));
	char next = (char)take_number(r, 1);
	while (next == BACKUP_TABLE && !r->is_damaged) TRY(load_table(db, r, a, &next));
	uint64_t sum = XXH3_64bits_digest(r->sum);
	if (next != BACKUP_END || take_number(r, 8) != sum || r->is_damaged) return damaged(r);
	return db__script(db, driver->load[1], r->f);
}

static enum err restore(struct db *db, struct reader *r, struct arena *a)
{
	struct db_rows directory;
	TRY(check_empty(db, a, r->f));
	TRY(db_begin(db, r->f));
	TRY(db_query(db, a, SQL_directory_get, DB_NO_ARGS, &directory, r->f));
	bool *ran = ARENA_ARRAY(a, bool, DB__MIGRATIONS_N);
	if (!db_pool_is_postgres(db->pool)) TRY(db__script(db, db__driver_of(db)->load[0], r->f));
	TRY(make_schema(db, r, a, ran));
	if (db_pool_is_postgres(db->pool)) TRY(db__script(db, db__driver_of(db)->load[0], r->f));
	TRY(load_all(db, r, a));
	for (size_t m = 0; m < DB__MIGRATIONS_N; m++)
		if (!ran[m]) TRY(db__apply(db, &DB__MIGRATIONS[m], r->f));
	if (directory.n) TRY(db__tie(db, db_rows_id(&directory, 0, 0), r->f));
	return db_commit(db, r->f);
}

enum err db_restore(struct db_pool *p, const char *file, struct fault *f)
{
	char magic[sizeof BACKUP_MAGIC - 1] = {0};
	FILE *in = fopen(file, "rbe");
	if (!in) return fault_set(f, ERR_IO, "backup", "cannot be opened");
	if (fread(magic, 1, sizeof magic, in) != sizeof magic || memcmp(magic, BACKUP_MAGIC, sizeof magic) != 0) {
		fclose(in);
		return fault_set(f, ERR_MALFORMED, "backup", "not a copy of records made by hospes");
	}
	struct reader *r = MEM_NEW(struct reader);
	struct arena arena;
	arena_init(&arena);
	r->file = in;
	r->f = f;
	r->zstd = ZSTD_createDCtx();
	r->sum = XXH3_createState();
	XXH3_64bits_reset(r->sum);
	struct db *db = db_acquire(p, true);
	enum err e = restore(db, r, &arena);
	db_give_back(db);
	XXH3_freeState(r->sum);
	ZSTD_freeDCtx(r->zstd);
	arena_release(&arena);
	mem_free(r);
	fclose(in);
	return e;
}
