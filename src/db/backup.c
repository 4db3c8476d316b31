/* backup.c: writes every row of every table of one snapshot; see backup.h for the form. Tables are found in the
 * database's own list, so a new one needs nothing here. Rejected: SQLite's backup API and pg_dump, whose files the other
 * database cannot read. The file gets its name only when all of it is on the disk. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "db/driver.h"

#include "db/backup.h"

enum { PIECE_BYTES = 1 << 17, PIECE_MAX_BYTES = BACKUP_VALUE_MAX, LEVEL = 3 };

struct writer {
	FILE *file;
	ZSTD_CCtx *zstd;
	XXH3_state_t *sum;
	struct buf piece; /* not yet compressed */
	char out[PIECE_BYTES];
	enum err e;
	struct fault *f;
};

static void trouble(struct writer *w)
{
	if (w->e == OK)
		w->e = fault_set(w->f, errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO, "backup", "cannot write: %s",
			strerror(errno));
}

static void compress_piece(struct writer *w, ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = {w->piece.p, w->piece.n, 0};
	size_t left;
	if (w->e == OK && buf_failed(&w->piece))
		w->e = fault_set(w->f, ERR_TOO_LARGE, "backup", "a row is larger than a backup can hold");
	do {
		ZSTD_outBuffer out = {w->out, sizeof w->out, 0};
		left = ZSTD_compressStream2(w->zstd, &out, &in, how);
		if (w->e == OK && ZSTD_isError(left))
			w->e = fault_set(w->f, ERR_INTERNAL, "backup", "%s", ZSTD_getErrorName(left));
		if (w->e == OK && fwrite(w->out, 1, out.pos, w->file) != out.pos) trouble(w);
	} while (w->e == OK && (how == ZSTD_e_end ? left > 0 : in.pos < in.size));
	buf_clear(&w->piece);
}

static void flush_piece(struct writer *w)
{
	if (w->piece.n) XXH3_64bits_update(w->sum, w->piece.p, w->piece.n);
	compress_piece(w, ZSTD_e_continue);
}

static void put_number(struct writer *w, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++) buf_byte(&w->piece, (char)(value >> 8 * i & 0xff));
}

static void put_bytes(struct writer *w, str s)
{
	put_number(w, s.n, 4);
	buf_add(&w->piece, s);
}

static void put_value(struct writer *w, const struct db_val *v)
{
	uint64_t bits;
	put_number(w, v->type, 1);
	switch (v->type) {
	case DB_NULL: break;
	case DB_INT:
	case DB_BOOL: put_number(w, (uint64_t)v->i, 8); break;
	case DB_REAL:
		memcpy(&bits, &v->d, sizeof bits);
		put_number(w, bits, 8);
		break;
	case DB_TEXT:
	case DB_BLOB: put_bytes(w, v->s); break;
	}
}

static bool put_row(void *arg, const struct db_val *row, size_t columns, const char *const *names)
{
	(void)names;
	struct writer *w = arg;
	put_number(w, BACKUP_ROW, 1);
	for (size_t i = 0; i < columns; i++) put_value(w, &row[i]);
	if (w->piece.n >= PIECE_BYTES) flush_piece(w);
	return w->e == OK;
}

static enum err put_table(struct db *db, struct writer *w, struct arena *a, str name)
{
	struct db_rows columns;
	TRY(db__query_text(db, a, db__driver_of(db)->columns, DB_ARGS(db_text(name)), &columns, w->f));
	put_number(w, BACKUP_TABLE, 1);
	put_bytes(w, name);
	put_number(w, columns.n, 4);
	struct buf text;
	buf_init(&text, 64 * 1024);
	buf_add(&text, S("SELECT "));
	for (size_t i = 0; i < columns.n; i++) {
		put_bytes(w, db_rows_text(&columns, i, 0));
		buf_fmt(&text, "%s\"%.*s\"", i ? ", " : "", STR_ARG(db_rows_text(&columns, i, 0)));
	}
	buf_fmt(&text, " FROM \"%.*s\"", STR_ARG(name));
	enum err e = db__call_text(db, buf_c(&text), NULL, 0, put_row, w, w->f);
	buf_release(&text);
	return e != OK ? e : w->e;
}

static enum err put_all(struct db *db, struct writer *w, struct arena *a)
{
	struct db_rows ran, tables;
	TRY(db_begin(db, w->f));
	TRY(db__query_text(db, a, "SELECT number, name, checksum FROM migration ORDER BY number", NULL, 0, &ran, w->f));
	put_number(w, ran.n, 4);
	for (size_t i = 0; i < ran.n; i++) {
		put_number(w, (uint64_t)db_rows_int(&ran, i, 0), 4);
		put_bytes(w, db_rows_text(&ran, i, 1));
		put_bytes(w, db_rows_text(&ran, i, 2));
	}
	TRY(db__query_text(db, a, db__driver_of(db)->tables, NULL, 0, &tables, w->f));
	for (size_t i = 0; i < tables.n; i++)
		if (!backup_leaves_out(db_rows_text(&tables, i, 0))) TRY(put_table(db, w, a, db_rows_text(&tables, i, 0)));
	put_number(w, BACKUP_END, 1);
	flush_piece(w);
	put_number(w, XXH3_64bits_digest(w->sum), 8);
	compress_piece(w, ZSTD_e_end);
	return w->e;
}

static enum err write_file(struct db *db, struct writer *w, const char *part, const char *file)
{
	w->file = fopen(part, "wbe");
	if (!w->file) {
		trouble(w);
		return w->e;
	}
	fputs(BACKUP_MAGIC, w->file);
	struct arena arena;
	arena_init(&arena);
	enum err e = put_all(db, w, &arena);
	arena_release(&arena);
	if (e == OK && (fflush(w->file) || ferror(w->file) || fsync(fileno(w->file)))) trouble(w);
	if (fclose(w->file)) trouble(w);
	if (e == OK && w->e == OK && rename(part, file)) trouble(w);
	if (e == OK) e = w->e;
	if (e != OK) unlink(part);
	return e;
}

enum err db_backup(struct db_pool *p, const char *file, struct fault *f)
{
	struct writer *w = MEM_NEW(struct writer);
	struct arena arena;
	arena_init(&arena);
	w->f = f;
	w->zstd = ZSTD_createCCtx();
	w->sum = XXH3_createState();
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
	XXH3_64bits_reset(w->sum);
	buf_init(&w->piece, PIECE_MAX_BYTES);
	struct db *db = db_acquire(p, false);
	enum err e = write_file(db, w, str_fmt(&arena, "%s.part", file).p, file);
	db_give_back(db);
	buf_release(&w->piece);
	XXH3_freeState(w->sum);
	ZSTD_freeCCtx(w->zstd);
	mem_free(w);
	arena_release(&arena);
	return e;
}
