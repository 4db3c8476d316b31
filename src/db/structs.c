/* structs.c: rows into structs, by the same descriptors that write JSON and pages. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "db/db.h"
#include "json/desc.h"

#define CURRENCY_SUFFIX S("_currency")

struct place {
	const struct desc_field *field;
	bool is_currency;
};

static const struct desc_field *field_named(const struct desc *d, str name)
{
	for (size_t i = 0; i < d->n; i++)
		if (str_eq(str_of(d->fields[i].name), name)) return &d->fields[i];
	return NULL;
}

static struct place place_of(const struct desc *d, const char *column)
{
	str name = str_of(column);
	struct place p = {.field = field_named(d, name)};
	if (!p.field && str_ends(name, CURRENCY_SUFFIX)) {
		p.field = field_named(d, str_sub(name, 0, name.n - CURRENCY_SUFFIX.n));
		p.is_currency = p.field && p.field->type == DESC_MONEY;
		if (!p.is_currency) p.field = NULL;
	}
	if (!p.field) fprintf(stderr, "hospes: a statement's column %s is no field of struct %s\n", column, d->name);
	assert(p.field);
	return p;
}

static void set_absent(const struct desc *d, char *item)
{
	for (size_t i = 0; i < d->n; i++) {
		void *at = item + d->fields[i].offset;
		switch (d->fields[i].type) {
		case DESC_INT:
		case DESC_TIME:
		case DESC_DATE:
		case DESC_DURATION: *(int64_t *)at = DESC_NULL_INT; break;
		case DESC_REAL:
		case DESC_SHARE: *(double *)at = NAN; break;
		case DESC_MONEY: *(struct money *)at = MONEY_ABSENT; break;
		default: break; /* zero is the absent value */
		}
	}
}

static enum err set_decimal(const struct db_val *v, struct decimal *out, const char *column, struct fault *f)
{
	assert(v->type == DB_TEXT || v->type == DB_INT);
	if (v->type == DB_INT) {
		*out = decimal_of_i64(v->i);
		return OK;
	}
	return decimal_parse(v->s, out) ? OK : fault_set(f, ERR_CORRUPT, column, "a stored number cannot be read");
}

static enum err set_value(
	const struct place *p, const struct db_val *v, char *item, const char *column, struct fault *f)
{
	void *at = item + p->field->offset;
	if (p->is_currency) {
		((struct money *)at)->currency = v->s;
		return OK;
	}
	switch (p->field->type) {
	case DESC_BOOL: *(bool *)at = v->i != 0; return OK;
	case DESC_ENUM: *(int *)at = (int)v->i; return OK;
	case DESC_ID:
	case DESC_INT:
	case DESC_TIME:
	case DESC_DATE:
	case DESC_DURATION:
		assert(v->type == DB_INT || v->type == DB_BOOL);
		*(int64_t *)at = v->i;
		return OK;
	case DESC_REAL:
	case DESC_SHARE: *(double *)at = v->type == DB_REAL ? v->d : (double)v->i; return OK;
	case DESC_STR:
	case DESC_RAW:
		assert(v->type == DB_TEXT || v->type == DB_BLOB);
		*(str *)at = v->s;
		return OK;
	case DESC_DECIMAL: return set_decimal(v, at, column, f);
	case DESC_MONEY: return set_decimal(v, &((struct money *)at)->amount, column, f);
	default: assert(!"a column cannot fill a field of this type"); return ERR_INTERNAL;
	}
}

enum err db_structs(struct db *db, struct arena *a, enum sql q, const struct db_val *args, size_t n,
	const struct desc *d, void **out, size_t *out_n, struct fault *f)
{
	struct db_rows rows;
	*out = NULL;
	*out_n = 0;
	TRY(db_query(db, a, q, args, n, &rows, f));
	if (rows.n == 0) return OK;
	struct place *places = ARENA_ARRAY(a, struct place, rows.columns);
	for (size_t c = 0; c < rows.columns; c++) places[c] = place_of(d, rows.names[c]);
	char *items = arena_alloc(a, rows.n * d->size);
	for (size_t r = 0; r < rows.n; r++) {
		char *item = items + r * d->size;
		set_absent(d, item);
		for (size_t c = 0; c < rows.columns; c++) {
			const struct db_val *v = db_cell(&rows, r, c);
			if (v->type != DB_NULL) TRY(set_value(&places[c], v, item, rows.names[c], f));
		}
	}
	*out = items;
	*out_n = rows.n;
	return OK;
}
