/* research_file.c: the words of files. A PDF is read by poppler's pdftotext, confined (os/child.h), since what strangers made may
 * be made to break its reader; a text is taken as it is; of anything else only title and notes are found. Files are read by a job,
 * outside of a transaction, each once: what cannot be read is said on its page and not tried again until another file comes.
 *
 * Rejected: poppler as a library (its faults would be the server's). */
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/utf8.h"
#include "op/app.h"
#include "os/child.h"
#include "research/research_inner.h"
#include "search/search.h"

enum { WORDS_BYTES = 1 << 20, READ_S = 30, MAGIC_WITHIN = 1024 };
static const size_t READ_MEMORY_BYTES = (size_t)768 << 20;
static const char *const READ_PDF[] = {"/usr/bin/pdftotext", "-q", "-enc", "UTF-8", "-nopgbrk", "-", "-", NULL};

enum err research__put_file(struct op *op, id research, str bytes)
{
	TRY(op_run(op, SQL_research_file_put, DB_ARGS(db_id(research), db_blob(bytes), db_int(id_new())), NULL));
	TRY(op_run(op, SQL_research_words_forget, DB_ARGS(db_id(research)), NULL));
	return job_add(op, RESEARCH_READ_JOB, S("{}"), 0, S("schedule"), NULL);
}

struct reading_of {
	struct arena *a;
	id research;
	int64_t stamp;
	str bytes, text;
	enum research_file_state state;
	bool is_none;
};

static enum err next_file(struct op *op, void *arg)
{
	struct reading_of *r = arg;
	struct db_rows row;
	TRY(op_query(op, SQL_research_file_unread, DB_ARGS(db_int(r->research)), &row));
	r->is_none = row.n == 0;
	if (r->is_none) return OK;
	r->research = db_rows_id(&row, 0, 0);
	r->bytes = str_dup(r->a, db_cell(&row, 0, 1)->s);
	r->stamp = db_rows_int(&row, 0, 2);
	return OK;
}

/* Valid UTF-8 without control characters, in at most so many bytes. */
static str clean(struct arena *a, str text, bool *is_cut)
{
	str cut = utf8_cut(text, WORDS_BYTES);
	char *p = arena_alloc(a, cut.n + 1);
	size_t n = 0;
	*is_cut |= cut.n < text.n;
	for (size_t i = 0; i < cut.n;) {
		size_t from = i;
		uint32_t c = utf8_next(cut, &i);
		bool is_control = (c < ' ' && c != '\n' && c != '\t') || c == 0x7F;
		if (is_control) p[n++] = ' ';
		else memcpy(p + n, cut.p + from, i - from), n += i - from;
	}
	return str_trim((str){p, n});
}

static bool is_pdf(str bytes)
{
	return str_contains(str_sub(bytes, 0, bytes.n < MAGIC_WITHIN ? bytes.n : MAGIC_WITHIN), S("%PDF-"));
}

static enum err read_pdf(struct reading_of *r, struct fault *f)
{
	const struct child_limits limits = {READ_S, READ_MEMORY_BYTES, WORDS_BYTES};
	struct child_result read;
	TRY(child_run(r->a, READ_PDF, r->bytes, &limits, &read, f));
	bool is_cut = read.is_cut;
	str printed = read.out;
	while (printed.n && !utf8_is_valid(printed) && read.out.n - printed.n < 4) printed.n--; /* a character that the limit cut in two */
	r->text = utf8_is_valid(printed) ? clean(r->a, printed, &is_cut) : S("");
	if (read.is_out_of_time) r->state = RESEARCH_FILE_SLOW;
	else if (read.exit_code && !is_cut) r->state = RESEARCH_FILE_DAMAGED;
	else if (!r->text.n) r->state = RESEARCH_FILE_WORDLESS;
	else r->state = is_cut ? RESEARCH_FILE_CUT : RESEARCH_FILE_READ;
	return OK;
}

static enum err read_words(struct reading_of *r, struct fault *f)
{
	bool is_cut = false;
	r->text = S("");
	r->state = RESEARCH_FILE_OTHER;
	if (is_pdf(r->bytes)) return read_pdf(r, f);
	if (!utf8_is_valid(r->bytes) || memchr(r->bytes.p, 0, r->bytes.n)) return OK;
	r->text = clean(r->a, r->bytes, &is_cut);
	r->state = is_cut ? RESEARCH_FILE_CUT : RESEARCH_FILE_READ;
	return OK;
}

static enum err keep_words(struct op *op, void *arg)
{
	const struct reading_of *r = arg;
	TRY(op_run(op, SQL_research_words_put, DB_ARGS(db_id(r->research), db_int(r->stamp), db_int(r->state), db_text(r->text)), NULL));
	return search_note(op, SEARCH_RESEARCH, r->research);
}

enum err research_read_job(struct op *op, id job, str payload)
{
	struct arena a = {0};
	struct reading_of r = {.a = &a};
	enum err e = OK;
	int64_t done = 0;
	(void)payload;
	while (e == OK) {
		arena_reset(&a);
		e = job_progress(op, job, done++, 0) ? op_apart(op->app, RESEARCH_READ_JOB, next_file, &r) : ERR_BUSY;
		if (e != OK || r.is_none) break;
		e = read_words(&r, &op->fault);
		if (e == OK) e = op_apart(op->app, RESEARCH_READ_JOB, keep_words, &r);
	}
	arena_release(&a);
	if (e != ERR_NOT_FOUND) return e;
	/* Read tomorrow, or when the next file comes. */
	log_warn("research_unread", F_STR("reason", str_of(op->fault.fields[0].text)));
	return OK;
}
