/* All are read and searched here: they are few, and what is read is what the page shows. */
#include "macro/macro.h"

#include "audit/audit.h"
#include "i18n/i18n.h"

enum column { ID, NAME, FOLDED, LANGUAGE, TEXT };

static enum err read_all(struct op *op, struct macro **out, size_t *n)
{
	struct db_rows r;
	TRY(op_query(op, SQL_macro_all, DB_NO_ARGS, &r));
	struct macro *v = *out = ARENA_ARRAY(&op->arena, struct macro, r.n + 1);
	struct macro_text *texts = ARENA_ARRAY(&op->arena, struct macro_text, r.n + 1);
	*n = 0;
	for (size_t i = 0; i < r.n; i++) {
		id macro = db_rows_id(&r, i, ID);
		if (!*n || v[*n - 1].id != macro) {
			v[*n] = (struct macro){.id = macro, .name = db_rows_text(&r, i, NAME), .folded = db_rows_text(&r, i, FOLDED)};
			v[(*n)++].texts.v = texts + i;
		}
		texts[i] = (struct macro_text){db_rows_text(&r, i, LANGUAGE), db_rows_text(&r, i, TEXT)};
		v[*n - 1].texts.n++;
	}
	return OK;
}

static bool holds(struct op *op, const struct macro *m, str folded_words)
{
	str all = m->folded, rest = folded_words;
	for (size_t i = 0; i < m->texts.n; i++) all = str_fmt(&op->arena, "%.*s\n%.*s", STR_ARG(all), STR_ARG(i18n_fold(&op->arena, m->texts.v[i].text)));
	while (rest.n)
		if (!str_contains(all, str_cut(&rest, ' '))) return false;
	return true;
}

enum err macro_find(struct op *op, str q, struct macro **out, size_t *n)
{
	struct macro *v;
	size_t all;
	TRY(read_all(op, &v, &all));
	str words = i18n_fold(&op->arena, str_trim(q));
	*n = 0;
	for (size_t i = 0; i < all; i++)
		if (holds(op, &v[i], words)) v[(*n)++] = v[i];
	*out = v;
	return OK;
}

enum err macro_get(struct op *op, id macro, struct macro *out)
{
	struct macro *v;
	size_t n;
	TRY(read_all(op, &v, &n));
	for (size_t i = 0; i < n; i++)
		if (v[i].id == macro) {
			*out = v[i];
			return OK;
		}
	return fail(op, ERR_NOT_FOUND, "id", "there is no such saved answer");
}

static enum err put(struct op *op, struct macro *m)
{
	int64_t changed;
	struct db_rows r;
	str key = i18n_sort_key(&op->arena, m->name);
	if (m->id) {
		TRY(op_run(op, SQL_macro_change, DB_ARGS(db_id(m->id), db_text(m->name), db_text(m->folded), db_blob(key)), &changed));
		return changed ? OK : fail(op, ERR_NOT_FOUND, "id", "there is no such saved answer");
	}
	TRY(op_query(op, SQL_macro_count, DB_NO_ARGS, &r));
	if (db_rows_int(&r, 0, 0) >= MACROS_MOST) return fail(op, ERR_TOO_LARGE, "name", "there are %d saved answers: remove one first", MACROS_MOST);
	m->id = id_new();
	return op_run(op, SQL_macro_add, DB_ARGS(db_id(m->id), db_text(m->name), db_text(m->folded), db_blob(key)), NULL);
}

enum err macro_save(struct op *op, struct macro *m)
{
	struct db_rows same;
	bool is_new = !m->id;
	m->folded = i18n_fold(&op->arena, m->name);
	TRY(op_query(op, SQL_macro_same, DB_ARGS(db_text(m->folded)), &same));
	if (same.n && db_rows_id(&same, 0, 0) != m->id) return fail(op, ERR_CONFLICT, "name", "is there already");
	TRY(put(op, m));
	TRY(op_run(op, SQL_macro_texts_remove, DB_ARGS(db_id(m->id)), NULL));
	for (size_t i = 0; i < m->texts.n; i++) TRY(op_run(op, SQL_macro_text_add, DB_ARGS(db_id(m->id), db_text(m->texts.v[i].language), db_text(m->texts.v[i].text)), NULL));
	return audit_write(op, is_new ? "macro_added" : "macro_changed", "macro", m->id, STR_NONE, m->name);
}

enum err macro_remove(struct op *op, id macro)
{
	return audit_remove(op, SQL_macro_remove, "macro", macro);
}

enum err macro_restore(struct op *op, id macro)
{
	return audit_restore(op, SQL_macro_restore, "macro", macro);
}
