#include "improvement/improvement_inner.h"

#include "i18n/i18n.h"
#include "json/json.h"

const char *const IMPROVEMENT_STATES[] = {"found", "working", "mended", "left", NULL};

static const struct desc_field TEXT_FIELDS[] = {
	FIELD(improvement_text, lang, DESC_STR, .max = 10),
	FIELD(improvement_text, said, DESC_STR, .max = 2000, .doc = "what customers said"),
	FIELD(improvement_text, did, DESC_STR, .max = 2000, .doc = "what we did"),
};
const struct desc IMPROVEMENT_TEXT_DESC = DESC(improvement_text, TEXT_FIELDS);
static const struct desc_field TEXTS_FIELDS[] = {FIELD(improvement_texts, texts, DESC_LIST, .item = DESC_STRUCT, .of = &IMPROVEMENT_TEXT_DESC)};
static const struct desc TEXTS_DESC = DESC(improvement_texts, TEXTS_FIELDS);

static const struct desc_field STORED_FIELDS[] = {
	FIELD(improvement, id, DESC_ID, .prefix = "imv"),
	FIELD(improvement, title, DESC_STR),
	FIELD(improvement, note, DESC_STR),
	FIELD(improvement, state, DESC_ENUM, .names = IMPROVEMENT_STATES),
	FIELD(improvement, owner, DESC_ID, .prefix = "per"),
	FIELD(improvement, owner_name, DESC_STR),
	FIELD(improvement, said_json, DESC_STR),
	FIELD(improvement, is_public, DESC_BOOL),
	FIELD(improvement, made_at, DESC_TIME),
	FIELD(improvement, mended_at, DESC_TIME),
	FIELD(improvement, telling_at, DESC_TIME),
	FIELD(improvement, customers, DESC_INT),
	FIELD(improvement, told, DESC_INT),
	FIELD(improvement, first_at, DESC_TIME),
};
static const struct desc STORED_DESC = {"improvement_stored", sizeof(struct improvement), STORED_FIELDS, COUNT_OF(STORED_FIELDS)};

enum err improvement__read_texts(struct op *op, str json, struct improvement_text **out, size_t *n)
{
	struct improvement_texts texts = {0};
	if (json.n > 2) TRY(json_into(&op->arena, &TEXTS_DESC, json, &texts, &op->fault));
	*out = texts.texts.v;
	*n = texts.texts.n;
	return OK;
}

static enum err read(struct op *op, enum sql q, const struct db_val *args, size_t n_args, struct improvement **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, q, args, n_args, &STORED_DESC, &rows, n));
	*out = rows;
	for (size_t i = 0; i < *n; i++) TRY(improvement__read_texts(op, (*out)[i].said_json, &(*out)[i].texts.v, &(*out)[i].texts.n));
	return OK;
}

enum err improvement_add(struct op *op, const struct improvement_past *p, id *out)
{
	struct improvement_texts texts = {.texts = {ARENA_ARRAY(&op->arena, struct improvement_text, p->n + 1), 0}};
	while (texts.texts.n < p->n) {
		texts.texts.v[texts.texts.n] = p->texts[texts.texts.n];
		texts.texts.n++;
	}
	*out = id_new();
	TRY(op_run(op, SQL_improvement_add, DB_ARGS(db_id(*out), db_text(p->title), db_text(S("")), db_id(0), db_int(p->made_at)), NULL));
	return op_run(op, SQL_improvement_change,
	              DB_ARGS(db_id(*out), db_text(p->title), db_text(S("")), db_int(p->state), db_id(0), db_text(json_of(&op->arena, &TEXTS_DESC, &texts)), db_bool(p->state == IMPROVEMENT_MENDED && p->n), db_int_or_null(p->mended_at)),
	              NULL);
}

enum err improvement__all(struct op *op, struct improvement **out, size_t *n)
{
	return read(op, SQL_improvement_all, DB_NO_ARGS, out, n);
}

enum err improvement__get(struct op *op, id improvement, struct improvement *out)
{
	struct improvement *v;
	size_t n;
	TRY(read(op, SQL_improvement_by_id, DB_ARGS(db_id(improvement)), &v, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such improvement");
	*out = v[0];
	return OK;
}

const struct improvement_text *improvement__text(const struct improvement_text *v, size_t n, str lang)
{
	const struct improvement_text *first = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!v[i].said.n || !v[i].did.n) continue;
		if (str_eq(v[i].lang, lang)) return &v[i];
		if (!first) first = &v[i];
	}
	return first;
}

enum err improvement_options(struct op *op, id chosen, struct option **out, size_t *n)
{
	struct db_rows r;
	struct msg none = msg_of("improvement_none_chosen");
	TRY(op_query(op, SQL_improvement_names, DB_ARGS(db_id(chosen)), &r));
	*out = ARENA_ARRAY(&op->arena, struct option, r.n + 1);
	*n = r.n + 1;
	(*out)[0] = (struct option){S(""), i18n_msg(&op->arena, &op->locale, &none), !chosen};
	for (size_t i = 0; i < r.n; i++) (*out)[i + 1] = (struct option){id_show(&op->arena, S("imv"), db_rows_id(&r, i, 0)), db_rows_text(&r, i, 1), db_rows_id(&r, i, 0) == chosen};
	return OK;
}

bool improvement_is_there(struct op *op, id improvement)
{
	struct improvement x;
	if (improvement__get(op, improvement, &x) == OK) return true;
	fault_clear(&op->fault);
	return false;
}
