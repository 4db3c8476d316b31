#include "source/known_rows.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "collect/appliers.h"
#include "op/app.h"

enum { CATCH_UP_MS = 600000, ROW_ID_BYTES = 8 };

/* Rows stand in an open table of their ids, 0 being free (an id of 0 is held apart). */
struct known_rows {
	struct arena arena; /* of the numbers */
	struct map numbers;
	uint64_t *rows;
	size_t n, cap;
	bool has_zero;
};

static void put_row(struct known_rows *k, uint64_t row)
{
	if (!row) {
		k->has_zero = true;
		return;
	}
	if (2 * (k->n + 1) > k->cap) {
		struct known_rows old = *k;
		k->cap = old.cap ? 2 * old.cap : 1024;
		k->rows = mem_zalloc(k->cap * sizeof *k->rows);
		k->n = 0;
		for (size_t i = 0; i < old.cap; i++)
			if (old.rows[i]) put_row(k, old.rows[i]);
		mem_free(old.rows);
	}
	size_t at = row & (k->cap - 1);
	while (k->rows[at] && k->rows[at] != row) at = (at + 1) & (k->cap - 1);
	if (k->rows[at] == row) return;
	k->rows[at] = row;
	k->n++;
}

static bool take(void *arg, const struct db_val *row, size_t columns)
{
	struct known_rows *k = arg;
	(void)columns;
	if (!map_get(&k->numbers, row[0].s)) map_put(&k->numbers, str_dup(&k->arena, row[0].s), NULL);
	if (row[1].type == DB_NULL || row[1].s.n != ROW_ID_BYTES) return true;
	uint64_t row_id = 0;
	for (int i = 0; i < ROW_ID_BYTES; i++) row_id = row_id << 8 | (unsigned char)row[1].s.p[i];
	put_row(k, row_id);
	return true;
}

enum err known_rows_read(struct app *app, uint16_t source, struct known_rows **out, struct fault *f)
{
	if (!appliers_catch_up(app, CATCH_UP_MS)) return fault_set(f, ERR_BUSY, "", "what came before is still being taken in");
	struct known_rows *k = MEM_NEW(struct known_rows);
	struct op op;
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	enum err e = op_end(&op, op_each(&op, SQL_order_rows_of_source, DB_ARGS(db_int(source)), take, k));
	if (e != OK && f) *f = op.fault;
	op_release(&op);
	if (e != OK) {
		known_rows_free(k);
		return e;
	}
	*out = k;
	return OK;
}

void known_rows_free(struct known_rows *k)
{
	if (!k) return;
	map_release(&k->numbers);
	arena_release(&k->arena);
	mem_free(k->rows);
	mem_free(k);
}

bool known_rows_has_order(const struct known_rows *k, str number)
{
	return map_get(&k->numbers, number) != NULL;
}

bool known_rows_has_row(const struct known_rows *k, uint64_t row_id)
{
	if (!row_id) return k->has_zero;
	if (!k->cap) return false;
	size_t at = row_id & (k->cap - 1);
	while (k->rows[at] && k->rows[at] != row_id) at = (at + 1) & (k->cap - 1);
	return k->rows[at] == row_id;
}
