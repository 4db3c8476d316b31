/* migrate.c: forward only, one transaction each, or one for all where none has run, in order of number. Numbers may have gaps, and a lower one that is
 * new still runs (several people add migrations before a release). What already ran must not have changed, and a
 * database that knows a number this program does not is a newer program's: refused. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/driver.h"

static const char *const LEDGER[] = {
	[DB__SQLITE] = "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum "
                   "TEXT NOT NULL, applied_at_ms INTEGER NOT NULL) STRICT",
	[DB__POSTGRES] = "CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY, name TEXT COLLATE \"C\" NOT "
                     "NULL, checksum TEXT COLLATE \"C\" NOT NULL, applied_at_ms BIGINT NOT NULL)",
};
static const char *const RECORD[] = {
	[DB__SQLITE] = "INSERT INTO migration (number, name, checksum, applied_at_ms) VALUES (?1, ?2, ?3, ?4)",
	[DB__POSTGRES] = "INSERT INTO migration (number, name, checksum, applied_at_ms) VALUES ($1, $2, $3, $4)",
};

static enum db__kind kind_of(struct db *db)
{
	return db_pool_is_postgres(db->pool) ? DB__POSTGRES : DB__SQLITE;
}

enum err db__apply(struct db *db, const struct db__migration *m, struct fault *f)
{
	enum db__kind kind = kind_of(db);
	TRY(db__script(db, m->text[kind], f));
	return db__call_text(db, RECORD[kind],
		DB_ARGS(db_int(m->number), db_text(str_of(m->name)), db_text(str_of(m->checksum)), db_int(clock_now_ms())),
		NULL, NULL, f);
}

/* These, or none of them. */
static enum err apply(struct db *db, const struct db__migration *m, size_t n, struct fault *f)
{
	TRY(db_begin(db, f));
	enum err e = OK;
	for (size_t i = 0; i < n && e == OK; i++) e = db__apply(db, &m[i], f);
	if (e == OK) e = db_commit(db, f);
	if (e != OK) {
		db_rollback(db);
		return e;
	}
	for (size_t i = 0; i < n; i++) log_info("migrated", F_INT("number", m[i].number), F_STR("name", str_of(m[i].name)));
	return OK;
}

static enum err apply_missing(struct db *db, const struct db_rows *ran, struct fault *f)
{
	if (!ran->n) return apply(db, DB__MIGRATIONS, DB__MIGRATIONS_N, f);
	for (size_t i = 0, r = 0; i < DB__MIGRATIONS_N; i++) {
		while (r < ran->n && db_rows_int(ran, r, 0) < DB__MIGRATIONS[i].number) r++;
		if (r < ran->n && db_rows_int(ran, r, 0) == DB__MIGRATIONS[i].number) continue;
		TRY(apply(db, &DB__MIGRATIONS[i], 1, f));
	}
	return OK;
}

enum err db__check_known(const char *what, int64_t number, str name, str checksum, struct fault *f)
{
	const struct db__migration *known = NULL;
	for (size_t i = 0; i < DB__MIGRATIONS_N; i++)
		if (DB__MIGRATIONS[i].number == number) known = &DB__MIGRATIONS[i];
	if (!known)
		return fault_set(f, ERR_STATE, what,
			"its migration %04" PRId64 "_%.*s is not known here: a newer hospes made it; use that version", number,
			STR_ARG(name));
	if (!str_eq(checksum, str_of(known->checksum)))
		return fault_set(
			f, ERR_STATE, what, "migration %04d_%s has changed since it ran there", known->number, known->name);
	return OK;
}

enum err db__make_ledger(struct db *db, struct fault *f)
{
	return db__script(db, LEDGER[kind_of(db)], f);
}

enum err db__migrate(struct db *db, struct fault *f)
{
	struct arena arena;
	arena_init(&arena);
	struct db_rows ran = {0};
	enum err e = db__make_ledger(db, f);
	if (e == OK)
		e = db__query_text(
			db, &arena, "SELECT number, name, checksum FROM migration ORDER BY number", NULL, 0, &ran, f);
	for (size_t r = 0; r < ran.n && e == OK; r++)
		e = db__check_known("database", db_rows_int(&ran, r, 0), db_rows_text(&ran, r, 1), db_rows_text(&ran, r, 2), f);
	if (e == OK) e = apply_missing(db, &ran, f);
	arena_release(&arena);
	return e;
}

enum err db__tie(struct db *db, id directory, struct fault *f)
{
	struct arena arena;
	arena_init(&arena);
	struct db_rows rows;
	enum err e = db_query(db, &arena, SQL_directory_get, DB_NO_ARGS, &rows, f);
	if (e == OK && rows.n == 0)
		e = db_run(db, SQL_directory_set, DB_ARGS(db_id(directory)), NULL, f);
	else if (e == OK && db_rows_id(&rows, 0, 0) != directory)
		e = fault_set(f, ERR_CONFLICT, "database", "it belongs to another data directory, %.*s",
			STR_ARG(id_show(&arena, S("dir"), db_rows_id(&rows, 0, 0))));
	arena_release(&arena);
	return e;
}
