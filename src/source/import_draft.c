/* A draft is looked at anew each time: its file is opened with what was chosen so far, and its first rows are shown as they
 * will look. What becomes of all others import_check.c finds out. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/currency.h"
#include "base/vec.h"
#include "collect/answer_mapping.h"
#include "collect/row_touchpoint.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "setting/setting.h"
#include "source/import_pages.h"

enum { SAMPLE_ROWS = 10, EXAMPLES = 3, EXAMPLE_BYTES = 40, ZONES = 700 };

/* ---- words ---- */

static str word(struct op *op, const char *prefix, str name)
{
	return i18n_format(&op->arena, &op->locale, str_fmt(&op->arena, "%s_%.*s", prefix, STR_ARG(name)), NULL, 0);
}

/* ---- fields ---- */

static const struct {
	const char *name, *kinds, *type;
} FIELDS[IMPORT_FIELD_COUNT] = {
#define IMPORT_FIELD(code, name, kinds, type, spellings) [IMPORT_##code] = {name, #kinds, #type},
#include "import_fields.def"
#undef IMPORT_FIELD
};

static str field_words(struct op *op, enum import_field field)
{
	static const struct {
		enum import_field field;
		const char *word;
	} others[] = {{IMPORT_USER_ID, "customer"}, {IMPORT_PRODUCT_NAME, "product"}, {IMPORT_FIRST_NAME, "given"}, {IMPORT_LAST_NAME, "family"}};
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (others[i].field == field) return word(op, "field", str_of(others[i].word));
	return word(op, "field", str_of(import_field_name(field)));
}

static str named_words(struct op *op, const struct mapping_column *c, enum file_kind kind)
{
	if (c->field == IMPORT_ANSWER) return word(op, "field_answer", c->name);
	const char *key = c->field == IMPORT_CONSENT ? "field_consent" : kind == FILE_CUSTOMERS ? "field_trait" : "field_property";
	struct msg_arg arg = {.name = c->field == IMPORT_CONSENT ? "purpose" : "name", .type = MSG_STR, .s = c->name};
	return i18n_format(&op->arena, &op->locale, str_of(key), &arg, 1);
}

static bool fits_kind(enum import_field field, enum file_kind kind)
{
	return FIELDS[field].kinds && strchr(FIELDS[field].kinds, "OECR"[kind]);
}

static str value_of(struct op *op, const struct mapping_column *c)
{
	switch (c->field) {
	case IMPORT_SKIP: return S("");
	case IMPORT_PROPERTY: return str_fmt(&op->arena, "property:%.*s", STR_ARG(c->name));
	case IMPORT_EXTERNAL: return str_fmt(&op->arena, "external:%.*s", STR_ARG(c->name));
	case IMPORT_ANSWER: return str_fmt(&op->arena, "answer:%.*s", STR_ARG(c->name));
	case IMPORT_CONSENT: return str_fmt(&op->arena, "consent:%.*s", STR_ARG(c->name));
	default: return str_of(import_field_name(c->field));
	}
}

static void fill_options(struct op *op, const struct mapping *m, const struct mapping_column *c, struct map_column *out)
{
	struct mapping_column own = {.header = c->header, .name = c->field == IMPORT_PROPERTY ? c->name : c->header, .field = IMPORT_PROPERTY};
	str chosen = value_of(op, c);
	struct option *v = ARENA_ARRAY(&op->arena, struct option, IMPORT_FIELD_COUNT + ANSWER_TYPE_COUNT + 3);
	size_t n = 0;
	v[n++] = (struct option){S(""), word(op, "field", S("none")), c->field == IMPORT_SKIP};
	for (int field = IMPORT_CONSENT + 1; field < IMPORT_FIELD_COUNT; field++)
		if (fits_kind((enum import_field)field, m->kind)) v[n++] = (struct option){str_of(import_field_name((enum import_field)field)), field_words(op, (enum import_field)field), (int)c->field == field};
	if (own.name.n) v[n++] = (struct option){value_of(op, &own), named_words(op, &own, m->kind), c->field == IMPORT_PROPERTY};
	for (int type = 0; m->kind == FILE_RESPONSES && type < ANSWER_TYPE_COUNT; type++) {
		struct mapping_column answer = {.name = str_of(ANSWER_TYPES[type]), .field = IMPORT_ANSWER};
		v[n++] = (struct option){value_of(op, &answer), named_words(op, &answer, m->kind), c->field == IMPORT_ANSWER && str_eq(c->name, answer.name)};
	}
	if (c->field == IMPORT_CONSENT || c->field == IMPORT_EXTERNAL) v[n++] = (struct option){chosen, named_words(op, c, m->kind), true};
	out->fields.v = v;
	out->fields.n = n;
}

static str examples(struct op *op, const struct csv_row *rows, size_t n, size_t column)
{
	str found[EXAMPLES];
	size_t k = 0;
	for (size_t i = 0; i < n && k < EXAMPLES; i++) {
		str cell = column < rows[i].n ? str_trim(rows[i].cells[column]) : STR_NONE;
		bool is_new = cell.n > 0;
		for (size_t e = 0; e < k; e++) is_new = is_new && !str_eq(found[e], cell);
		if (is_new) found[k++] = str_sub(cell, 0, EXAMPLE_BYTES);
	}
	return str_join(&op->arena, found, k, S(", "));
}

static void fill_columns(struct op *op, const struct import_file *file, bool is_guessed, struct import_map *page)
{
	const struct mapping *m = import_file_mapping(file);
	size_t n;
	const struct csv_row *rows = import_file_first(file, &n);
	if (!m) return;
	page->columns.v = ARENA_ARRAY(&op->arena, struct map_column, m->n);
	page->columns.n = m->n;
	for (size_t i = 0; i < m->n; i++) {
		struct map_column *c = &page->columns.v[i];
		*c = (struct map_column){.index = (int64_t)i, .name = m->columns[i].header, .examples = examples(op, rows, n, i)};
		c->is_guessed = is_guessed && m->columns[i].field > IMPORT_CONSENT;
		fill_options(op, m, &m->columns[i], c);
	}
}

/* ---- rows as they will look ---- */

static str shown_cell(struct op *op, const struct mapping *m, const struct mapping_column *c, str cell, struct msg *reason)
{
	int64_t ms;
	struct decimal d;
	str code;
	const char *type = c->field < IMPORT_FIELD_COUNT ? FIELDS[c->field].type : NULL;
	cell = str_trim(cell);
	if (c->field == IMPORT_CURRENCY && m->kind == FILE_ORDERS && !currency_read(&op->arena, cell, &code) && !reason->key) *reason = msg_of("drop_bad_currency");
	if (!cell.n || !type) return str_dup(&op->arena, cell);
	if (strcmp(type, "TIME") == 0) {
		if (mapping_time(m, cell, &ms)) return i18n_time(&op->arena, &op->locale, ms);
		if (!reason->key) *reason = msg_str("reject_time", "column", c->header);
	} else if (strcmp(type, "NUMBER") == 0) {
		if (mapping_number(m, cell, &d)) return i18n_decimal(&op->arena, &op->locale, d);
		if (!reason->key) *reason = msg_str("reject_number", "column", c->header);
	}
	return str_dup(&op->arena, cell);
}

static void fill_sample(struct op *op, const struct import_file *file, struct import_map *page)
{
	const struct mapping *m = import_file_mapping(file);
	size_t n;
	const struct csv_row *rows = import_file_first(file, &n);
	if (!m) return;
	page->heads.v = ARENA_ARRAY(&op->arena, str, m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct mapping_column *c = &m->columns[i];
		if (c->field == IMPORT_SKIP) continue;
		page->heads.v[page->heads.n++] = c->field <= IMPORT_CONSENT ? named_words(op, c, m->kind) : field_words(op, c->field);
	}
	if (n > SAMPLE_ROWS) n = SAMPLE_ROWS;
	page->sample.v = ARENA_ARRAY(&op->arena, struct map_row, n);
	page->sample.n = n;
	for (size_t i = 0; i < n; i++) {
		struct map_row *row = &page->sample.v[i];
		*row = (struct map_row){.line = rows[i].line};
		row->cells.v = ARENA_ARRAY(&op->arena, str, m->n);
		for (size_t k = 0; k < m->n; k++)
			if (m->columns[k].field != IMPORT_SKIP) row->cells.v[row->cells.n++] = shown_cell(op, m, &m->columns[k], k < rows[i].n ? rows[i].cells[k] : STR_NONE, &row->reason);
		if (rows[i].n != m->n && !row->reason.key) row->reason = msg_int("reject_columns", "n", (int64_t)rows[i].n);
	}
}

/* ---- the whole ---- */

static void fill_missing(struct op *op, const struct import_file *file, struct import_map *page)
{
	const struct mapping *m = import_file_mapping(file);
	struct fault missing = {0};
	if (!m || mapping_check(m, &missing) == OK) return;
	page->missing.v = ARENA_ARRAY(&op->arena, struct msg, (size_t)missing.n_fields);
	for (int i = 0; i < missing.n_fields; i++) {
		str field = str_of(missing.fields[i].name);
		str key = str_fmt(&op->arena, "field_%.*s", STR_ARG(field));
		if (i18n_has(op->locale.lang, key)) field = word(op, "field", field);
		page->missing.v[page->missing.n++] = msg_str("map_missing", "field", str_dup(&op->arena, field));
	}
	page->finding = page->missing.n ? page->missing.v[0] : msg_int("map_none", "rejected", 0);
}

static void fill_choices(struct op *op, const struct import_choices *choices, enum import_as as, const struct mapping *m, struct import_map *page)
{
	static const str consents[] = {{"assured", 7}, {"carried", 7}};
	page->kinds.v = ARENA_ARRAY(&op->arena, struct option, IMPORT_AS_GUESS);
	for (int i = IMPORT_AS_GUESS - 1; i >= 0; i--)
		page->kinds.v[page->kinds.n++] = (struct option){str_of(IMPORT_AS[i]), word(op, "import_as", str_of(IMPORT_AS[i])), i == (int)as};
	page->consents.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(consents));
	for (size_t i = 0; i < COUNT_OF(consents); i++) {
		bool is_chosen = choices->consent.n ? str_eq(choices->consent, consents[i]) : i == 0;
		page->consents.v[page->consents.n++] = (struct option){consents[i], word(op, "source_consent", consents[i]), is_chosen};
	}
	str zone = zone_name(m && m->zone ? m->zone : setting_zone(op->app)), name;
	page->zones.v = ARENA_ARRAY(&op->arena, struct option, ZONES);
	for (size_t i = 0; page->zones.n < ZONES && str_given(name = zone_name_at(i)); i++) page->zones.v[page->zones.n++] = (struct option){name, name, str_eq(name, zone)};
	page->source.value = choices->source.n ? choices->source : str_of(IMPORT_AS[as]);
}

enum err import_choices_of(struct op *op, const struct import_stored *s, struct import_choices *out)
{
	*out = (struct import_choices){0};
	return str_given(s->choices) && str_starts(s->choices, S("{")) ? json_into(&op->arena, &IMPORT_CHOICES_DESC, s->choices, out, &op->fault) : OK;
}

struct import_wish import_wish_of(struct app *app, const struct import_choices *choices)
{
	struct import_wish wish = {.as = IMPORT_AS_GUESS, .map = choices->map, .zone = setting_zone(app), .unpacked_bytes = (size_t)setting_int(app, SETTING_unpacked_max_bytes)};
	import_as_find(choices->as, &wish.as);
	return wish;
}

enum err import_draft_fill(struct op *op, const struct import_stored *s, const struct import_choices *choices, struct import_map *page)
{
	struct import_file *file;
	struct import_wish wish = import_wish_of(op->app, choices);
	*page = (struct import_map){.id = s->id, .file = s->file_name};
	int fd = open(import_upload_path(op, s->id).p, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return fail(op, ERR_GONE, "", "the file is no longer here: upload it again");
	enum err e = import_open(&file, &op->arena, fd, &wish, &op->fault);
	if (e == OK) {
		fill_choices(op, choices, import_file_as(file), import_file_mapping(file), page);
		fill_columns(op, file, !str_given(choices->map), page);
		fill_sample(op, file, page);
		fill_missing(op, file, page);
		page->may_start = !page->finding.key;
		import_close(file);
	}
	close(fd);
	return e;
}
