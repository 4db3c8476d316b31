#include "audit/audit.h"
#include "base/datetime.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "mark/mark_pages.h"
#include "op/app.h"
#include "setting/setting.h"

enum { TITLE_CHARACTERS = 100, NOTE_CHARACTERS = 500, EVENT_BYTES = 200, PAGE_MARKS = 1000 };
static const str WHOSE[] = {{"", 0}, {"own", 3}, {"outside", 7}};

static str word(struct op *op, const char *prefix, str name)
{
	return i18n_format(&op->arena, &op->locale, str_fmt(&op->arena, "%s_%.*s", prefix, STR_ARG(name)), NULL, 0);
}

/* ---- the page ---- */

static void make_form(struct op *op, const struct mark_input *in, struct mark_form *form)
{
	form->kinds.v = ARENA_ARRAY(&op->arena, struct option, MARK_KIND_COUNT);
	for (size_t i = 0; i < MARK_KIND_COUNT; i++) {
		str kind = str_of(MARK_KINDS[i]);
		form->kinds.v[form->kinds.n++] = (struct option){kind, word(op, "mark_kind", kind), str_eq(kind, in->kind)};
	}
	form->whose.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(WHOSE));
	for (size_t i = 0; i < COUNT_OF(WHOSE); i++)
		form->whose.v[form->whose.n++] = (struct option){WHOSE[i], word(op, "mark_whose", WHOSE[i].n ? WHOSE[i] : S("as_usual")), str_eq(WHOSE[i], in->whose.n ? in->whose : S(""))};
	form->title.value = in->title;
	form->note.value = in->note;
	form->from.value = in->from;
	form->to.value = in->to;
	if (!str_given(form->action)) form->action = S("/marks");
}

static struct msg tell(const struct marks *page)
{
	int64_t outside = 0;
	for (size_t i = 0; i < page->rows.n; i++) outside += page->rows.v[i].is_outside;
	if (!page->rows.n) return msg_of("marks_none");
	struct msg m = msg_int("marks_some", "n", (int64_t)page->rows.n);
	msg_add(&m, (struct msg_arg){.name = "outside", .type = MSG_INT, .i = outside});
	return m;
}

static enum err make_page(struct op *op, const struct mark_input *in, struct marks **out)
{
	struct marks *page = ARENA_NEW(&op->arena, struct marks);
	struct mark *marks;
	struct db_rows rules;
	size_t n;
	TRY(mark_between(op, DATETIME_MIN_MS, DATETIME_MAX_MS, &marks, &n));
	page->rows.n = n < PAGE_MARKS ? n : PAGE_MARKS;
	page->rows.v = ARENA_ARRAY(&op->arena, struct mark, page->rows.n + 1);
	for (size_t i = 0; i < page->rows.n; i++) page->rows.v[i] = marks[n - 1 - i];
	TRY(op_query(op, SQL_mark_event_all, DB_NO_ARGS, &rules));
	page->events.v = ARENA_ARRAY(&op->arena, struct mark_event_row, rules.n + 1);
	page->events.n = rules.n;
	for (size_t i = 0; i < rules.n; i++)
		page->events.v[i] = (struct mark_event_row){db_rows_text(&rules, i, 0), (int)db_rows_int(&rules, i, 1), db_rows_bool(&rules, i, 2)};
	page->finding = tell(page);
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	make_form(op, in, &page->form);
	*out = page;
	return OK;
}

static str address_of(struct op *op, id mark)
{
	return str_fmt(&op->arena, "/marks/%s", id_show(&op->arena, S("mrk"), mark).p);
}

static enum err find(struct op *op, id mark, struct mark *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_mark_by_id, DB_ARGS(db_id(mark)), &MARK_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such mark");
	*out = *(struct mark *)rows;
	return OK;
}

/* With change=mrk_… the form holds that mark. */
enum err mark_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct mark_input in = {.kind = S("campaign")};
	struct marks *page;
	struct mark m;
	id changed = 0;
	str asked = web_query(w, "change");
	if (asked.n) {
		if (!id_read(S("mrk"), asked, &changed)) return fail(op, ERR_NOT_FOUND, "change", "there is no such mark");
		TRY(find(op, changed, &m));
		in = (struct mark_input){.kind = str_of(MARK_KINDS[m.kind]), .title = m.title, .note = m.note, .from = date_show(&op->arena, m.from), .whose = m.is_outside ? S("outside") : S("own")};
		if (m.to != DESC_NULL_INT) in.to = date_show(&op->arena, m.to);
	}
	TRY(make_page(op, &in, &page));
	if (changed) {
		page->form.action = address_of(op, changed);
		page->form.is_change = true;
	}
	return answer_with(a, &MARKS_DESC, page);
}

/* ---- what is sent ---- */

static bool read_day(str text, int64_t *out)
{
	bool has_zone;
	*out = DESC_NULL_INT;
	return datetime_parse(text, out, &has_zone) && *out >= DATETIME_MIN_MS && *out < DATETIME_MAX_MS && *out % DAY_MS == 0;
}

static bool whose_of(str whose, int kind, bool *is_outside)
{
	*is_outside = str_eq(whose, S("outside")) || (!whose.n && mark_kind_is_outside(kind));
	return !whose.n || str_eq(whose, S("own")) || str_eq(whose, S("outside"));
}

static void check(struct op *op, const struct mark_input *in, struct marks *page, struct faults *f, struct mark *m)
{
	struct mark_form *form = &page->form;
	*m = (struct mark){.origin = MARK_BY_HAND, .source = op->actor.name.n ? op->actor.name : S(""), .to = DESC_NULL_INT};
	if (!mark_kind_find(in->kind, &m->kind)) faults_add(f, "kind", NULL, msg_of("fault_choice"));
	if (!whose_of(in->whose, m->kind, &m->is_outside)) faults_add(f, "whose", NULL, msg_of("fault_choice"));
	faults_text(f, "title", &form->title, true, TITLE_CHARACTERS);
	faults_text(f, "note", &form->note, false, NOTE_CHARACTERS);
	if (!read_day(in->from, &m->from)) faults_add(f, "from", &form->from, msg_of(in->from.n ? "fault_date" : "fault_required"));
	if (in->to.n && !read_day(in->to, &m->to)) faults_add(f, "to", &form->to, msg_of("fault_date"));
	else if (in->to.n && m->to < m->from) faults_add(f, "to", &form->to, msg_of("mark_to_before_from"));
	if (m->to == m->from) m->to = DESC_NULL_INT;
	m->title = form->title.value;
	m->note = form->note.value;
}

static enum err refuse(struct op *op, struct answer *a, struct marks *page, const struct faults *f)
{
	faults_keep(op, f, &page->faults.v, &page->faults.n);
	return answer_refused(op, a, &MARKS_DESC, page);
}

/* mark 0: a new one. */
static enum err save(struct op *op, struct web *w, struct answer *a, id mark)
{
	struct mark_input in;
	struct marks *page;
	struct mark m;
	struct faults faults = {0};
	TRY(web_input(op, w, &MARK_INPUT_DESC, &in));
	TRY(make_page(op, &in, &page));
	if (mark) page->form.action = address_of(op, mark);
	page->form.is_change = mark != 0;
	check(op, &in, page, &faults, &m);
	if (faults.n) return refuse(op, a, page, &faults);
	m.id = mark;
	enum err e = mark ? mark_change(op, &m) : mark_add(op, &m);
	if (e == ERR_CONFLICT && !w->wants_json) {
		faults_add(&faults, "title", &page->form.title, msg_of("mark_is_there"));
		return refuse(op, a, page, &faults);
	}
	TRY(e);
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/marks"));
}

/* ---- what is alike for all that is edited ---- */

static const struct edited EDITED = {"mrk", "/marks", "notice_mark_removed", false, mark_remove, mark_restore, save};

enum err mark_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &EDITED);
}

enum err mark_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err mark_remove_post(struct op *op, struct web *w, struct answer *a)
{
	struct mark m;
	id mark;
	TRY(web_id(op, w, "id", EDITED.prefix, &mark));
	TRY(find(op, mark, &m));
	TRY(edited_remove(op, w, a, &EDITED));
	a->notice = msg_str(EDITED.removed, "title", m.title);
	return OK;
}

enum err mark_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}

/* A browser sends a form with the file, a program may send the file itself. */
enum err mark_file_post(struct op *op, struct web *w, struct answer *a)
{
	const struct http_file *files;
	struct mark_file read;
	struct marks *page;
	struct faults faults = {0};
	size_t n = http_files(w->rq, &files);
	str name = n ? files[0].file_name : S("marks.csv"), bytes = n ? files[0].bytes : web_is_form(w) ? S("") : http_body(w->rq);
	enum err e = bytes.n ? mark_read_file(op, name, bytes, &read) : ERR_INVALID;
	if (e == ERR_INVALID || e == ERR_MALFORMED || e == ERR_TOO_LARGE) {
		TRY(make_page(op, &(struct mark_input){.kind = S("campaign")}, &page));
		faults_add(&faults, "file", NULL, msg_of(bytes.n ? "mark_file_columns" : "fault_required"));
		return refuse(op, a, page, &faults);
	}
	TRY(e);
	struct msg told = msg_int("notice_marks_read", "added", read.added);
	msg_add(&told, (struct msg_arg){.name = "known", .type = MSG_INT, .i = read.known});
	msg_add(&told, (struct msg_arg){.name = "rejected", .type = MSG_INT, .i = read.rejected});
	if (!read.rejected) {
		a->notice = told;
		if (!w->wants_json) return answer_redirect(a, S("/marks"));
	}
	TRY(make_page(op, &(struct mark_input){.kind = S("campaign")}, &page));
	page->finding = told;
	page->rejects.v = read.rejects.v;
	page->rejects.n = read.rejects.n;
	return answer_with(a, &MARKS_DESC, page);
}

/* ---- events that are marks ---- */

enum err mark_event_post(struct op *op, struct web *w, struct answer *a)
{
	struct mark_event_input in;
	struct marks *page;
	struct faults faults = {0};
	int kind = MARK_OTHER;
	bool is_outside;
	TRY(web_input(op, w, &MARK_EVENT_INPUT_DESC, &in));
	TRY(make_page(op, &(struct mark_input){.kind = S("campaign")}, &page));
	page->event.value = in.event;
	if (!mark_kind_find(in.kind, &kind)) faults_add(&faults, "kind", NULL, msg_of("fault_choice"));
	if (!whose_of(in.whose, kind, &is_outside)) faults_add(&faults, "whose", NULL, msg_of("fault_choice"));
	faults_text(&faults, "event", &page->event, true, EVENT_BYTES);
	if (faults.n) return refuse(op, a, page, &faults);
	TRY(op_run(op, SQL_mark_event_put, DB_ARGS(db_text(page->event.value), db_int(kind), db_bool(is_outside)), NULL));
	TRY(audit_write(op, "mark_event_added", "", 0, STR_NONE, page->event.value));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/marks"));
}

enum err mark_event_remove_post(struct op *op, struct web *w, struct answer *a)
{
	struct mark_event_input in;
	int64_t removed;
	TRY(web_input(op, w, &MARK_EVENT_INPUT_DESC, &in));
	TRY(op_run(op, SQL_mark_event_remove, DB_ARGS(db_text(in.event)), &removed));
	if (!removed) return fail(op, ERR_NOT_FOUND, "event", "is not a mark");
	TRY(audit_write(op, "mark_event_removed", "", 0, in.event, STR_NONE));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/marks"));
}

/* ---- near a change ---- */

enum err mark_near_get(struct op *op, struct web *w, struct answer *a)
{
	struct mark_near *near = ARENA_NEW(&op->arena, struct mark_near);
	int64_t from, to;
	if (!read_day(web_query(w, "from"), &from)) return fail(op, ERR_INVALID, "from", "not a day, such as 2011-01-31");
	if (!read_day(web_query(w, "to"), &to)) return fail(op, ERR_INVALID, "to", "not a day, such as 2011-01-31");
	if (to < from) return fail(op, ERR_INVALID, "to", "before \"from\"");
	TRY(mark_near(op, from, to, near));
	return answer_with(a, &MARK_NEAR_DESC, near);
}
