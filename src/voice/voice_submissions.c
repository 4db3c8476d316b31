/* voice_submissions.c: one survey as a table: a row a response, a column a question. The rows go from the database to a file without a
 * name and from there to whoever asked, so that a large survey takes no more memory than a small one. A response is in it whole when one
 * of its answers is what the filters ask for. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/datetime.h"
#include "base/map.h"
#include "consent/consent.h"
#include "op/app.h"
#include "survey/survey.h"
#include "voice/voice_inner.h"

enum { FLUSH_BYTES = 1 << 20, ROW_BYTES = 16 << 20 };
enum column { ANSWERED, RESPONSE, QUESTION, TYPE, NUMBER, TEXT, LANGUAGE, CHANNEL, LOCATION, WEIGHT, VERSION, SUBMISSION, CUSTOMER };

struct cell {
	str text;
	bool is_number; /* a minus before it is no formula */
};
struct table {
	struct arena arena; /* of the response at hand */
	struct map columns; /* question → its column */
	size_t n_columns;
	struct buf out;
	int fd;
	enum err e;
	str response, head; /* head: all that stands before the answers */
	struct cell *cells;
};

static void flush(struct table *t)
{
	str rest = buf_str(&t->out);
	if (buf_failed(&t->out)) t->e = ERR_TOO_LARGE;
	while (rest.n && t->e == OK) {
		ssize_t n = write(t->fd, rest.p, rest.n);
		if (n >= 0) rest = str_sub(rest, (size_t)n, rest.n);
		else if (errno != EINTR) t->e = errno == ENOSPC ? ERR_FULL : ERR_IO;
	}
	buf_clear(&t->out);
}

static void put_response(struct table *t)
{
	if (!str_given(t->response)) return;
	buf_add(&t->out, t->head);
	for (size_t i = 0; i < t->n_columns; i++) {
		buf_byte(&t->out, ',');
		if (t->cells[i].is_number) buf_add(&t->out, t->cells[i].text);
		else if (str_given(t->cells[i].text)) buf_csv(&t->out, t->cells[i].text);
	}
	buf_add(&t->out, S("\r\n"));
	if (t->out.n >= FLUSH_BYTES) flush(t);
}

static str text_of(const struct db_val *v)
{
	return v->type == DB_NULL ? S("") : v->s;
}

static void begin_response(struct table *t, const struct db_val *row)
{
	struct buf b;
	put_response(t);
	arena_reset(&t->arena);
	t->response = str_dup(&t->arena, row[RESPONSE].s);
	t->cells = ARENA_ARRAY(&t->arena, struct cell, t->n_columns + 1);
	buf_init(&b, ROW_BYTES);
	buf_csv(&b, text_of(&row[SUBMISSION]));
	buf_byte(&b, ',');
	buf_csv(&b, datetime_show(&t->arena, row[ANSWERED].i));
	buf_byte(&b, ',');
	buf_csv(&b, row[CUSTOMER].type == DB_NULL ? S("") : id_show(&t->arena, S("cus"), row[CUSTOMER].i));
	for (size_t c = LANGUAGE; c <= LOCATION; c++) {
		buf_byte(&b, ',');
		buf_csv(&b, text_of(&row[c]));
	}
	buf_byte(&b, ',');
	if (row[WEIGHT].type != DB_NULL) buf_fmt(&b, "%.15g", row[WEIGHT].d);
	buf_byte(&b, ',');
	buf_csv(&b, text_of(&row[VERSION]));
	t->head = str_dup(&t->arena, buf_str(&b));
	buf_release(&b);
}

/* Several of one question, as the options that were chosen, stand together. */
static bool on_answer(void *arg, const struct db_val *row, size_t columns)
{
	struct table *t = arg;
	(void)columns;
	if (!str_eq(row[RESPONSE].s, t->response)) begin_response(t, row);
	const uint64_t *column = map_get(&t->columns, row[QUESTION].s);
	if (column) {
		bool is_number = row[NUMBER].type != DB_NULL;
		struct cell *cell = &t->cells[*column];
		str value = is_number ? str_fmt(&t->arena, "%.15g", row[NUMBER].d) : text_of(&row[TEXT]);
		*cell = str_given(cell->text) ? (struct cell){str_fmt(&t->arena, "%.*s; %.*s", STR_ARG(cell->text), STR_ARG(value)), false} : (struct cell){str_dup(&t->arena, value), is_number};
	}
	return t->e == OK;
}

struct asked {
	str question;
	size_t place, i;
};

static int by_place(const void *x, const void *y)
{
	const struct asked *a = x, *b = y;
	if (a->place != b->place) return a->place < b->place ? -1 : 1;
	return a->i < b->i ? -1 : a->i > b->i;
}

/* In the order of the survey, when it is ours ("areas.2" is of "areas"); what it no longer asks comes last. */
static enum err asked_of(struct op *op, str survey, struct asked **out, size_t *n)
{
	struct db_rows rows;
	struct survey *all;
	size_t surveys;
	const struct survey_definition *d = NULL;
	id ours = 0;
	TRY(op_query(op, SQL_feedback_asked, DB_ARGS(db_text(survey)), &rows));
	TRY(survey_all(op, &all, &surveys));
	for (size_t i = 0; id_read(S("sur"), survey, &ours) && i < surveys; i++)
		if (all[i].id == ours) d = &all[i].definition;
	*out = ARENA_ARRAY(&op->arena, struct asked, rows.n + 1);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++) {
		str name = db_rows_text(&rows, i, 0), rest = name, question = str_cut(&rest, '.');
		size_t place = 0;
		while (d && place < d->questions.n && !str_eq(d->questions.v[place].id, question)) place++;
		(*out)[i] = (struct asked){name, place, i};
	}
	qsort(*out, rows.n, sizeof **out, by_place);
	return OK;
}

static enum err put_head(struct op *op, struct table *t, str survey)
{
	struct asked *asked;
	size_t n;
	TRY(asked_of(op, survey, &asked, &n));
	buf_add(&t->out, S("response,time,customer,language,channel,location,weight,version"));
	for (size_t i = 0; i < n; i++) {
		buf_byte(&t->out, ',');
		buf_csv(&t->out, asked[i].question);
		*map_put(&t->columns, asked[i].question, NULL) = t->n_columns++;
	}
	buf_add(&t->out, S("\r\n"));
	return OK;
}

static enum err put_table(struct op *op, const struct voice_wanted *x, bool has_mark, struct table *t)
{
	if (has_mark) buf_add(&t->out, S("\xEF\xBB\xBF"));
	TRY(put_head(op, t, x->survey));
	TRY(op_each(op, SQL_feedback_responses, voice__wanted_args(op, x, 0), VOICE_WANTED_ARGS, on_answer, t));
	put_response(t);
	flush(t);
	return t->e == OK ? OK : fail(op, t->e, "", "the file cannot be written");
}

enum err voice_submissions_csv(struct op *op, struct web *w, struct answer *a)
{
	struct voice_wanted x;
	struct db_rows names;
	TRY(voice__wanted(op, w, &x));
	if (!str_given(x.survey)) return fail(op, ERR_INVALID, "survey", "say which survey: each has questions of its own");
	TRY(voice__survey_names(op, &names));
	struct table t = {.fd = open(op->app->dir.p, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), .response = STR_NONE};
	if (t.fd < 0) return fail(op, ERR_IO, "", "there is no room for the file");
	arena_init(&t.arena);
	buf_init(&t.out, FLUSH_BYTES + ROW_BYTES);
	enum err e = put_table(op, &x, str_eq(web_query(w, "bom"), S("1")), &t);
	if (e == OK) e = audit_write_read(op, "responses_exported", "", 0, STR_NONE);
	buf_release(&t.out);
	map_release(&t.columns);
	arena_release(&t.arena);
	if (e != OK) {
		close(t.fd);
		return e;
	}
	a->open_file = t.fd;
	a->content_type = S("text/csv; charset=utf-8");
	a->download_name = str_fmt(&op->arena, "%.*s.csv", STR_ARG(voice__survey_name(op, &names, x.survey)));
	return OK;
}
