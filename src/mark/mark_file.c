#include "audit/audit.h"
#include "base/datetime.h"
#include "base/utf8.h"
#include "collect/csv.h"
#include "collect/input.h"
#include "mark/mark.h"

enum { ROWS_MOST = 10000, REJECTS_SHOWN = 20, TITLE_BYTES = 400, NOTE_BYTES = 2000 };
enum column { COLUMN_TITLE, COLUMN_KIND, COLUMN_FROM, COLUMN_TO, COLUMN_OUTSIDE, COLUMN_NOTE, COLUMNS };
static const char *const NAMES[COLUMNS][4] = {
	{"title", "name", "mark"}, {"kind", "type"}, {"from", "date", "start", "day"}, {"to", "end", "until"}, {"outside", "is_outside", "whose"}, {"note", "notes", "description", "text"},
};

struct reading {
	struct op *op;
	struct mark_file *out;
	str file_name;
	int at[COLUMNS]; /* of the file; -1 none */
};

static void find_columns(struct reading *r, const struct csv_row *head)
{
	for (int c = 0; c < COLUMNS; c++) {
		r->at[c] = -1;
		for (size_t i = 0; i < head->n; i++)
			for (int k = 0; k < 4 && NAMES[c][k] && r->at[c] < 0; k++)
				if (str_eq_nocase(head->cells[i], str_of(NAMES[c][k]))) r->at[c] = (int)i;
	}
}

static str cell(const struct reading *r, const struct csv_row *row, enum column c)
{
	return r->at[c] >= 0 && (size_t)r->at[c] < row->n ? str_trim(row->cells[r->at[c]]) : S("");
}

static void reject(struct reading *r, int64_t line, const char *key)
{
	if (r->out->rejected++ >= REJECTS_SHOWN) return;
	r->out->rejects.v[r->out->rejects.n++] = msg_int(key, "line", line);
}

static bool read_day(str text, int64_t *out)
{
	bool has_zone;
	*out = DESC_NULL_INT;
	if (!text.n) return true;
	if (!datetime_parse(text, out, &has_zone) || *out < DATETIME_MIN_MS || *out >= DATETIME_MAX_MS) return false;
	*out = *out / DAY_MS * DAY_MS - (*out % DAY_MS < 0 ? DAY_MS : 0);
	return true;
}

static bool says_outside(str text, int kind)
{
	static const char *const YES[] = {"yes", "true", "1", "outside", "y"}, *const NO[] = {"no", "false", "0", "own", "ours", "n"};
	for (size_t i = 0; i < COUNT_OF(YES); i++)
		if (str_eq_nocase(text, str_of(YES[i]))) return true;
	for (size_t i = 0; i < COUNT_OF(NO); i++)
		if (str_eq_nocase(text, str_of(NO[i]))) return false;
	return mark_kind_is_outside(kind);
}

/* The text of the row's fault, or NULL. */
static const char *read_row(const struct reading *r, const struct csv_row *row, struct mark *m)
{
	str kind = cell(r, row, COLUMN_KIND), title = cell(r, row, COLUMN_TITLE), note = cell(r, row, COLUMN_NOTE);
	*m = (struct mark){.kind = MARK_OTHER, .origin = MARK_FROM_FILE, .source = r->file_name};
	if (kind.n && !mark_kind_find(kind, &m->kind)) return "mark_reject_kind";
	if (!title.n || title.n > TITLE_BYTES || note.n > NOTE_BYTES) return "mark_reject_title";
	if (!read_day(cell(r, row, COLUMN_FROM), &m->from) || m->from == DESC_NULL_INT || !read_day(cell(r, row, COLUMN_TO), &m->to)) return "mark_reject_day";
	if (m->to != DESC_NULL_INT && m->to < m->from) return "mark_reject_order";
	if (m->to == m->from) m->to = DESC_NULL_INT;
	m->title = title;
	m->note = note;
	m->is_outside = says_outside(cell(r, row, COLUMN_OUTSIDE), m->kind);
	return NULL;
}

static enum err keep(struct reading *r, struct mark *m)
{
	int64_t added;
	m->id = id_new();
	TRY(op_run(r->op, SQL_mark_add,
	           DB_ARGS(db_id(m->id), db_int(m->kind), db_text(m->title), db_text(m->note), db_int(m->from), m->to == DESC_NULL_INT ? db_null() : db_int(m->to), db_bool(m->is_outside),
	                   db_int(m->origin), db_text(m->source), db_int(r->op->now_ms)),
	           &added));
	if (added) r->out->added++;
	else r->out->known++;
	return OK;
}

static enum err read_rows(struct reading *r, struct csv *csv)
{
	struct csv_row row;
	struct mark m;
	const char *reason;
	for (int64_t n = 0; n < ROWS_MOST; n++) {
		switch (csv_next(csv, &row, &reason, &r->op->fault)) {
		case CSV_END: return OK;
		case CSV_FAILED: return ERR_MALFORMED;
		case CSV_BAD_ROW: reject(r, row.line, "mark_reject_row"); continue;
		case CSV_ROW: break;
		}
		const char *fault = read_row(r, &row, &m);
		if (fault) reject(r, row.line, fault);
		else TRY(keep(r, &m));
	}
	return fail(r->op, ERR_TOO_LARGE, "file", "more than %d rows", ROWS_MOST);
}

enum err mark_read_file(struct op *op, str file_name, str bytes, struct mark_file *out)
{
	struct reading r = {.op = op, .out = out, .file_name = utf8_cut(file_name, TITLE_BYTES)};
	struct csv *csv;
	*out = (struct mark_file){.rejects = {.v = ARENA_ARRAY(&op->arena, struct msg, REJECTS_SHOWN)}};
	struct input *in = input_of_text(bytes);
	enum err e = csv_open(&csv, in, &(struct csv_options){0}, &op->fault);
	if (e == OK) {
		find_columns(&r, csv_header(csv));
		e = r.at[COLUMN_TITLE] < 0 || r.at[COLUMN_FROM] < 0 ? fail(op, ERR_MALFORMED, "file", "needs the columns title and from") : read_rows(&r, csv);
		csv_free(csv);
	}
	input_free(in);
	if (e == OK && out->added) e = audit_write(op, "marks_imported", "", 0, STR_NONE, r.file_name);
	return e;
}
