/* The pages of imports: the list, a draft, a running or ended one. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/utf8.h"
#include "consent/consent.h"
#include "i18n/zone.h"
#include "jobs/jobs.h"
#include "op/app.h"
#include "os/os.h"
#include "setting/setting.h"
#include "source/import_pages.h"

enum { CHOICES_BYTES = 256 << 10, MB = 1 << 20 };

static str address_of(struct op *op, id import)
{
	return str_fmt(&op->arena, "/imports/%s", id_show(&op->arena, S("imp"), import).p);
}

static str topic_of(struct op *op, id import)
{
	return str_fmt(&op->arena, "import:%s", id_show(&op->arena, S("imp"), import).p);
}

static int state_of(str name)
{
	for (int i = 0; IMPORT_STATES[i]; i++)
		if (str_eq(name, str_of(IMPORT_STATES[i]))) return i;
	return IMPORT_FAILED;
}

static int as_of(str name)
{
	enum import_as as;
	return import_as_find(name, &as) ? (int)as : -1;
}

enum err import_load(struct op *op, id import, struct import_stored *s)
{
	struct db_rows r;
	TRY(op_query(op, SQL_import_get, DB_ARGS(db_id(import)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such import");
	*s = (struct import_stored){.number = db_rows_int(&r, 0, 0), .id = db_rows_id(&r, 0, 1), .source = db_rows_int(&r, 0, 2), .as = db_rows_text(&r, 0, 3)};
	s->state = (enum import_state)state_of(db_rows_text(&r, 0, 4));
	s->file_name = db_rows_text(&r, 0, 5);
	s->file_path = db_rows_text(&r, 0, 6);
	s->choices = db_rows_text(&r, 0, 7);
	s->bytes = db_rows_int(&r, 0, 8);
	s->bytes_done = db_rows_int(&r, 0, 9);
	s->rows = db_rows_int(&r, 0, 10);
	s->kept = db_rows_int(&r, 0, 11);
	s->known = db_rows_int(&r, 0, 12);
	s->rejected = db_rows_int(&r, 0, 13);
	s->error = db_rows_text(&r, 0, 15);
	s->job = db_rows_id(&r, 0, 16);
	s->made_ms = db_rows_int(&r, 0, 17);
	s->made_by = db_rows_text(&r, 0, 18);
	s->started_ms = db_rows_int(&r, 0, 19);
	s->ended_ms = db_rows_int(&r, 0, 20);
	s->undone_ms = db_rows_int(&r, 0, 21);
	s->source_id = db_rows_id(&r, 0, 22);
	s->source_name = db_rows_text(&r, 0, 23);
	return OK;
}

static enum err load_of_address(struct op *op, const struct web *w, struct import_stored *s)
{
	id import;
	TRY(web_id(op, w, "id", "imp", &import));
	return import_load(op, import, s);
}

/* ---- the list, and a new one ---- */

/* Who began it, in the reader's words where that was no person. */
static str made_by(const struct op *op, str stored)
{
	return str_eq(stored, S("command line")) ? i18n_pattern(op->locale.lang, S("via_command")) : stored;
}

enum err import_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct imports *page = ARENA_NEW(&op->arena, struct imports);
	struct db_rows r;
	int64_t kept = 0;
	(void)w;
	TRY(op_query(op, SQL_import_list, DB_NO_ARGS, &r));
	page->rows.v = ARENA_ARRAY(&op->arena, struct import_list_row, r.n);
	page->rows.n = r.n;
	for (size_t i = 0; i < r.n; i++) {
		struct import_list_row *row = &page->rows.v[i];
		*row = (struct import_list_row){.id = db_rows_id(&r, i, 0), .file = db_rows_text(&r, i, 1), .person = made_by(op, db_rows_text(&r, i, 4)), .kept = db_rows_int(&r, i, 6), .rejected = db_rows_int(&r, i, 7)};
		row->address = address_of(op, row->id);
		row->as = as_of(db_rows_text(&r, i, 2));
		row->state = state_of(db_rows_text(&r, i, 3));
		row->started = db_rows_int(&r, i, 5);
		if (row->started == DESC_NULL_INT) row->started = db_rows_int(&r, i, 8);
		if (row->state != IMPORT_UNDONE) kept += row->kept;
	}
	page->may_import = op_may(op, PERM_IMPORT);
	page->finding = r.n ? msg_int("imports_some", "imports", (int64_t)r.n) : msg_of("imports_none");
	if (r.n) msg_add(&page->finding, (struct msg_arg){.name = "rows", .type = MSG_INT, .i = kept});
	return answer_with(a, &IMPORTS_DESC, page);
}

static void fill_new(struct op *op, str chosen, struct import_new *page)
{
	static const enum import_as order[] = {IMPORT_AS_ORDERS, IMPORT_AS_CUSTOMERS, IMPORT_AS_RESPONSES, IMPORT_AS_EVENTS, IMPORT_AS_XES, IMPORT_AS_SEGMENT};
	page->max_bytes = setting_int(op->app, SETTING_upload_max_bytes);
	page->max_text = str_fmt(&op->arena, "%.*s MB", STR_ARG(i18n_int(&op->arena, &op->locale, page->max_bytes / MB)));
	page->kinds.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(order) + 1);
	page->kinds.v[page->kinds.n++] = (struct option){S(""), i18n_format(&op->arena, &op->locale, S("import_as_guess"), NULL, 0), !chosen.n};
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		str name = str_of(IMPORT_AS[order[i]]);
		page->kinds.v[page->kinds.n++] = (struct option){name, i18n_format(&op->arena, &op->locale, str_fmt(&op->arena, "import_as_%.*s", STR_ARG(name)), NULL, 0), str_eq(chosen, name)};
	}
}

enum err import_new_get(struct op *op, struct web *w, struct answer *a)
{
	struct import_new *page = ARENA_NEW(&op->arena, struct import_new);
	(void)w;
	fill_new(op, S(""), page);
	return answer_with(a, &IMPORT_NEW_DESC, page);
}

static str field_of(struct web *w, const char *name)
{
	const struct form_field *fields;
	size_t n;
	if (!http_form(w->rq, &fields, &n)) return STR_NONE;
	for (size_t i = 0; i < n; i++)
		if (str_eq(fields[i].name, str_of(name))) return fields[i].value;
	return STR_NONE;
}

static str put_choices(struct op *op, const struct import_choices *c)
{
	return json_of(&op->arena, &IMPORT_CHOICES_DESC, c);
}

static enum err refuse_upload(struct op *op, struct answer *a, str as, struct msg why)
{
	struct import_new *page = ARENA_NEW(&op->arena, struct import_new);
	fill_new(op, as, page);
	page->faults.v = ARENA_ARRAY(&op->arena, struct form_fault, 1);
	page->faults.v[page->faults.n++] = (struct form_fault){.field = S("file"), .text = why};
	return answer_refused(op, a, &IMPORT_NEW_DESC, page);
}

/* What cannot be read at all never becomes a draft. */
static enum err look_at(struct op *op, const struct http_file *file, const struct import_choices *choices)
{
	struct import_file *opened;
	struct import_wish wish = import_wish_of(op->app, choices);
	int fd = os_open(file->path, O_RDONLY, 0);
	if (fd < 0) return fail(op, ERR_IO, "", "the upload cannot be read");
	enum err e = import_open(&opened, &op->arena, fd, &wish, &op->fault);
	if (e == OK) import_close(opened);
	os_close(fd);
	return e;
}

static enum err add_draft(struct op *op, const struct http_file *file, const struct import_choices *choices, id import)
{
	struct import_stored s;
	struct import_map *page = ARENA_NEW(&op->arena, struct import_map);
	struct db_rows row;
	TRY(import_upload_keep(op, import, file->path));
	TRY(op_query(op, SQL_import_next_number, DB_NO_ARGS, &row));
	TRY(op_run(op, SQL_import_add,
	           DB_ARGS(db_int(db_rows_int(&row, 0, 0)), db_id(import), db_null(), db_text(choices->as), db_text(S("draft")), db_text(utf8_cut(file->file_name, 200)), db_text(S("file")),
	                   db_text(put_choices(op, choices)), db_int((int64_t)file->n), db_int(op->now_ms), db_text(op->actor.name.n ? op->actor.name : S("")), db_null()),
	           NULL));
	TRY(import_load(op, import, &s));
	TRY(import_draft_fill(op, &s, choices, page));
	return page->may_start ? import_check_begin(op, &s) : OK;
}

enum err import_post(struct op *op, struct web *w, struct answer *a)
{
	const struct http_file *files;
	size_t n = http_files(w->rq, &files);
	str as = field_of(w, "as");
	enum import_as known;
	if (!n || !files[0].file_name.n || !files[0].path) return refuse_upload(op, a, as, msg_of("fault_required"));
	if (as.n && !import_as_find(as, &known)) return refuse_upload(op, a, S(""), msg_of("fault_choice"));
	id import = id_new();
	struct import_choices choices = {.as = as.n ? as : STR_NONE};
	enum err e = look_at(op, &files[0], &choices);
	if (e == ERR_MALFORMED || e == ERR_INVALID || e == ERR_TOO_LARGE) return refuse_upload(op, a, as, msg_str("import_unreadable", "reason", web_fault_words(op, &op->fault)));
	TRY(e);
	TRY(add_draft(op, &files[0], &choices, import));
	a->status = 303;
	return answer_redirect(a, address_of(op, import));
}

/* ---- a draft ---- */

/* The check of what lacks a column would say no more than that. */
static enum err fill_check(struct op *op, const struct import_stored *s, struct import_map *page)
{
	TRY(import_check_fill(op, s, &page->check));
	if (!page->finding.key) page->finding = page->check.finding;
	bool has_failed = str_eq(page->check.state, S("failed")), is_done = str_eq(page->check.state, S("done"));
	if (has_failed || (is_done && !page->check.kept)) page->may_start = false;
	return OK;
}

static enum err answer_draft(struct op *op, struct answer *a, const struct import_stored *s, const struct import_choices *choices)
{
	struct import_map *page = ARENA_NEW(&op->arena, struct import_map);
	TRY(import_draft_fill(op, s, choices, page));
	TRY(fill_check(op, s, page));
	a->page = "import/map";
	a->topics[a->n_topics++] = topic_of(op, s->id);
	return answer_with(a, &IMPORT_MAP_DESC, page);
}

/* What was chosen for the columns, by header, as a mapping's JSON. The page was drawn from the file, so its columns are read
 * from there. */
static void read_map(struct op *op, struct web *w, const struct import_map *page, struct import_choices *c)
{
	struct buf b;
	struct json_writer j = {.out = &b};
	buf_init(&b, CHOICES_BYTES);
	json_begin_object(&j);
	json_key(&j, S("columns"));
	json_begin_object(&j);
	for (size_t i = 0; i < page->columns.n; i++) {
		str value = field_of(w, str_fmt(&op->arena, "column_%zu", i).p);
		if (!str_given(value)) continue;
		json_key(&j, page->columns.v[i].name);
		json_put_str(&j, value.n ? value : S("-"));
	}
	json_end_object(&j);
	str zone = field_of(w, "time_zone");
	if (zone.n && zone_find(zone)) {
		json_key(&j, S("zone"));
		json_put_str(&j, zone);
	}
	json_end_object(&j);
	c->map = buf_failed(&b) ? STR_NONE : str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
}

static enum err read_choices(struct op *op, struct web *w, const struct import_stored *s, struct import_choices *c)
{
	enum import_as known;
	str as = field_of(w, "as"), consent = field_of(w, "consent"), source = str_trim(field_of(w, "source"));
	if (consent.n && !str_eq(consent, S("assured")) && !str_eq(consent, S("carried"))) return fail(op, ERR_INVALID, "consent", "must be one of: assured, carried");
	if (consent.n) c->consent = consent;
	if (source.n) c->source = source;
	if (w->wants_json && !web_is_form(w)) return json_into(&op->arena, &IMPORT_CHOICES_DESC, http_body(w->rq), c, &op->fault);
	struct import_map *page = ARENA_NEW(&op->arena, struct import_map);
	TRY(import_draft_fill(op, s, c, page));
	bool is_other_kind = as.n > 0 && import_as_find(as, &known);
	for (size_t i = 0; i < page->kinds.n; i++)
		if (page->kinds.v[i].is_selected && str_eq(page->kinds.v[i].value, as)) is_other_kind = false;
	if (import_as_find(as, &known)) c->as = as;
	if (is_other_kind) c->map = STR_NONE; /* columns mean other things in another kind of file: guessed anew */
	else read_map(op, w, page, c);
	return OK;
}

enum err import_mapping_post(struct op *op, struct web *w, struct answer *a)
{
	struct import_stored s;
	struct import_choices choices;
	TRY(load_of_address(op, w, &s));
	if (s.state != IMPORT_DRAFT) return fail(op, ERR_STATE, "", "this import was started already");
	TRY(import_choices_of(op, &s, &choices));
	TRY(read_choices(op, w, &s, &choices));
	struct import_map *page = ARENA_NEW(&op->arena, struct import_map);
	TRY(import_draft_fill(op, &s, &choices, page));
	TRY(op_run(op, SQL_import_put_draft, DB_ARGS(db_int(s.number), db_text(choices.as), db_text(put_choices(op, &choices))), NULL));
	TRY(page->may_start ? import_check_begin(op, &s) : import_check_forget(op, &s));
	return answer_draft(op, a, &s, &choices);
}

static str job_payload(struct op *op, id import)
{
	return str_fmt(&op->arena, "{\"import\":\"%s\"}", id_show(&op->arena, S("imp"), import).p);
}

enum err import_start_post(struct op *op, struct web *w, struct answer *a)
{
	struct import_stored s;
	struct import_choices choices;
	struct source source;
	id job;
	struct import_map *page = ARENA_NEW(&op->arena, struct import_map);
	TRY(load_of_address(op, w, &s));
	if (s.state != IMPORT_DRAFT) return fail(op, ERR_STATE, "", "this import was started already");
	TRY(import_choices_of(op, &s, &choices));
	TRY(import_draft_fill(op, &s, &choices, page));
	TRY(fill_check(op, &s, page));
	if (!page->may_start) return answer_refused(op, a, &IMPORT_MAP_DESC, page);
	for (size_t i = 0; i < page->kinds.n; i++)
		if (page->kinds.v[i].is_selected) choices.as = page->kinds.v[i].value;
	if (!choices.source.n) choices.source = choices.as;
	if (!choices.consent.n) choices.consent = S("assured");
	bool is_assured = str_eq(choices.consent, S("assured"));
	TRY(source_ensure(op, choices.source, SOURCE_FILE, is_assured, is_assured ? PURPOSES_ASSURED_DEFAULT : 0, &source));
	TRY(job_add(op, "import", job_payload(op, s.id), 0, STR_NONE, &job));
	TRY(op_run(op, SQL_import_start,
	           DB_ARGS(db_int(s.number), db_text(choices.as), db_text(put_choices(op, &choices)), db_int(source.number), db_id(job), db_int(op->now_ms)), NULL));
	TRY(import_check_forget(op, &s));
	TRY(audit_write(op, "import_started", "import", s.id, STR_NONE, s.file_name));
	return answer_redirect(a, address_of(op, s.id));
}

/* ---- a running or ended one ---- */

static struct msg finding(struct op *op, const struct import_stored *s)
{
	struct msg m;
	int64_t spent = op->now_ms - s->started_ms, rate = spent > 0 ? s->rows * 1000 / spent : 0;
	switch (s->state) {
	case IMPORT_RUNNING:
		m = msg_int("import_running", "rows", s->rows);
		msg_add(&m, (struct msg_arg){.name = "rate", .type = MSG_INT, .i = rate});
		int64_t left = s->bytes_done > 0 && s->bytes > s->bytes_done ? spent * (s->bytes - s->bytes_done) / s->bytes_done : 0;
		msg_add(&m, (struct msg_arg){.name = "left", .type = MSG_STR, .s = i18n_duration(&op->arena, &op->locale, left / 1000 * 1000)});
		return m;
	case IMPORT_DONE:
		if (!s->kept && s->known) return msg_int("import_nothing_new", "duplicates", s->known);
		m = msg_int("import_done", "kept", s->kept);
		msg_add(&m, (struct msg_arg){.name = "rejected", .type = MSG_INT, .i = s->rejected});
		return m;
	case IMPORT_UNDONE:
		m = (struct msg){.key = "import_undone"};
		msg_add(&m, (struct msg_arg){.name = "time", .type = MSG_TIME, .i = s->undone_ms});
		return m;
	case IMPORT_FAILED: return msg_str("import_failed", "reason", s->error.n ? s->error : S(""));
	default: return msg_of("import_waiting");
	}
}

static enum err fill_reasons(struct op *op, const struct import_stored *s, struct import_page *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_import_reasons, DB_ARGS(db_int(s->number)), &r));
	page->rejects.v = import_reasons_shown(op, r.n ? db_rows_text(&r, 0, 0) : STR_NONE, &page->rejects.n);
	return OK;
}

static str rejects_path(struct op *op, const struct import_stored *s, bool is_ndjson)
{
	return str_fmt(&op->arena, "%.*s/file.rejected.%s", STR_ARG(import_folder(op, s->id)), is_ndjson ? "ndjson" : "csv");
}

static enum err answer_import(struct op *op, struct answer *a, const struct import_stored *s)
{
	struct import_page *page = ARENA_NEW(&op->arena, struct import_page);
	str id_text = id_show(&op->arena, S("imp"), s->id);
	*page = (struct import_page){.id = s->id, .file = s->file_name, .as = as_of(s->as), .state = (int)s->state, .finding = finding(op, s), .kept = s->kept, .duplicates = s->known, .rejected = s->rejected};
	page->share = s->state == IMPORT_DONE || s->state == IMPORT_UNDONE ? 1 : s->bytes > 0 ? (double)s->bytes_done / (double)s->bytes : 0;
	if (page->share > 1) page->share = 1;
	page->width = str_fmt(&op->arena, "%.1f", page->share * 100);
	page->is_going = s->state == IMPORT_WAITING || s->state == IMPORT_RUNNING;
	page->person = made_by(op, s->made_by);
	page->started = s->started_ms;
	page->ended = s->ended_ms;
	page->source = s->source_name;
	if (s->source_id) page->source_address = str_fmt(&op->arena, "/sources/%s", id_show(&op->arena, S("src"), s->source_id).p);
	TRY(fill_reasons(op, s, page));
	bool is_ndjson = import_as_is_free((enum import_as)page->as);
	if (s->rejected && access(rejects_path(op, s, is_ndjson).p, R_OK) == 0) page->rejects_file = str_fmt(&op->arena, "/imports/%s/rejects", id_text.p);
	bool has_ended = s->state == IMPORT_DONE || s->state == IMPORT_FAILED;
	if (has_ended && op_may(op, PERM_IMPORT)) page->undo = str_fmt(&op->arena, "/imports/%s/undo", id_text.p);
	a->page = "import/show";
	a->topics[a->n_topics++] = topic_of(op, s->id);
	return answer_with(a, &IMPORT_DESC, page);
}

enum err import_get(struct op *op, struct web *w, struct answer *a)
{
	struct import_stored s;
	struct import_choices choices;
	TRY(load_of_address(op, w, &s));
	if (s.state != IMPORT_DRAFT) return answer_import(op, a, &s);
	TRY(op_must(op, PERM_IMPORT));
	TRY(import_choices_of(op, &s, &choices));
	return answer_draft(op, a, &s, &choices);
}

enum err import_discard_post(struct op *op, struct web *w, struct answer *a)
{
	struct import_stored s;
	TRY(load_of_address(op, w, &s));
	if (s.state != IMPORT_DRAFT) return fail(op, ERR_STATE, "", "this import was started already: it can be undone");
	TRY(import_check_forget(op, &s));
	TRY(op_run(op, SQL_import_forget_draft, DB_ARGS(db_int(s.number)), NULL));
	import_folder_drop(op, s.id);
	a->notice = msg_str("notice_import_discarded", "file", s.file_name);
	return answer_redirect(a, S("/imports"));
}

enum err import_rejects_get(struct op *op, struct web *w, struct answer *a)
{
	struct import_stored s;
	TRY(load_of_address(op, w, &s));
	bool is_ndjson = import_as_is_free(as_of(s.as));
	str path = rejects_path(op, &s, is_ndjson);
	if (access(path.p, R_OK)) return fail(op, ERR_NOT_FOUND, "", "no rows were rejected");
	a->file = path.p;
	a->content_type = is_ndjson ? S("application/x-ndjson") : S("text/csv; charset=utf-8");
	a->download_name = str_fmt(&op->arena, "%.*s.rejected.%s", STR_ARG(s.file_name), is_ndjson ? "ndjson" : "csv");
	return OK;
}

enum err import_undo_post(struct op *op, struct web *w, struct answer *a)
{
	struct import_stored s;
	id job;
	TRY(load_of_address(op, w, &s));
	if (s.state != IMPORT_DONE && s.state != IMPORT_FAILED) return fail(op, ERR_STATE, "", "only an import that has ended can be undone, once");
	TRY(job_add(op, "import_undo", job_payload(op, s.id), 0, STR_NONE, &job));
	TRY(op_run(op, SQL_import_put_state, DB_ARGS(db_int(s.number), db_text(S("undone")), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "import_undone", "import", s.id, s.file_name, STR_NONE));
	a->notice = msg_of("notice_import_undone");
	return answer_redirect(a, address_of(op, s.id));
}
