#include <string.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "base/utf8.h"
#include "collect/touchpoint.h"
#include "customer/customer.h"
#include "fetch/fetch.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "os/os.h"
#include "research/research_inner.h"
#include "search/search.h"
#include "text/text_pages.h"

enum { TITLE_CHARACTERS = 150, NAME_CHARACTERS = 100, TEXT_CHARACTERS = 50000, LINK_CHARACTERS = 2000, PAGE_ROWS = 200, FILE_NAME_BYTES = 200, FILE_TEXT_SHOWN_BYTES = 20000 };

/* ---- the form ---- */

struct research_input {
	str kind, title, text, link, source, day, stage, topic, persona;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(research_input, kind, DESC_STR, .doc = "interview, observation, visit, market, competitor or other"),
	FIELD(research_input, title, DESC_STR),
	FIELD(research_input, text, DESC_STR, .max = TEXT_CHARACTERS * 4, .doc = "what was said or seen; found by words and quoted"),
	FIELD(research_input, link, DESC_STR),
	FIELD(research_input, source, DESC_STR, .doc = "who says it"),
	FIELD(research_input, day, DESC_STR, .doc = "such as 2011-12-25"),
	FIELD(research_input, stage, DESC_STR, .doc = "of the journey; empty: of none"),
	FIELD(research_input, topic, DESC_STR),
	FIELD(research_input, persona, DESC_STR),
};
const struct desc RESEARCH_INPUT_DESC = DESC(research_input, INPUT_FIELDS);

struct research_form {
	str action;
	bool is_change;
	LIST_OF(struct option) kinds, stages;
	struct input title, text, link, source, day, topic, persona;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field FORM_PARTS[] = {
	FIELD(research_form, action, DESC_STR),
	FIELD(research_form, is_change, DESC_BOOL),
	FIELD(research_form, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(research_form, stages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(research_form, title, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(research_form, text, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(research_form, link, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(research_form, source, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(research_form, day, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(research_form, topic, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(research_form, persona, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(research_form, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
static const struct desc FORM_DESC = DESC(research_form, FORM_PARTS);

static int place_of(const char *const *names, str name)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(name, str_of(names[i]))) return i;
	return -1;
}

static str word(struct op *op, const char *prefix, const char *name)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%s", prefix, name));
}

static void make_form(struct op *op, const struct research_input *in, str action, struct research_form *form)
{
	form->action = action;
	for (int i = 0; RESEARCH_KINDS[i]; i++) customer_option(op, &form->kinds, str_of(RESEARCH_KINDS[i]), word(op, "research_kind", RESEARCH_KINDS[i]), in->kind.n ? str_eq(in->kind, str_of(RESEARCH_KINDS[i])) : i == 0);
	for (int i = 0; STAGES[i]; i++) customer_option(op, &form->stages, i ? str_of(STAGES[i]) : S(""), word(op, "stage", STAGES[i]), in->stage.n ? str_eq(in->stage, str_of(STAGES[i])) : i == 0);
	form->title.value = in->title;
	form->text.value = in->text;
	form->link.value = in->link;
	form->source.value = in->source;
	form->day.value = in->day;
	form->topic.value = in->topic;
	form->persona.value = in->persona;
}

/* ---- the list ---- */

struct research_list {
	struct msg finding;
	bool is_filtered, may_write;
	struct input q;
	LIST_OF(struct option) kinds, stages, topics, personas;
	LIST_OF(struct research) rows;
	struct research_form form;
};
static const struct desc_field LIST_FIELDS[] = {
	FIELD(research_list, finding, DESC_MSG),
	FIELD(research_list, is_filtered, DESC_BOOL),
	FIELD(research_list, may_write, DESC_BOOL),
	FIELD(research_list, q, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(research_list, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(research_list, stages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(research_list, topics, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(research_list, personas, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(research_list, rows, DESC_LIST, .item = DESC_STRUCT, .of = &RESEARCH_DESC, .doc = "latest first"),
	FIELD(research_list, form, DESC_STRUCT, .of = &FORM_DESC),
};
const struct desc RESEARCH_LIST_DESC = DESC(research_list, LIST_FIELDS);

static str given(const struct web *w, const char *name)
{
	str s = web_query(w, name);
	return str_given(s) && s.n ? s : STR_NONE;
}

static enum err read_wanted(struct op *op, const struct web *w, struct research__wanted *x)
{
	str kind = given(w, "kind"), stage = given(w, "stage");
	*x = (struct research__wanted){.words = given(w, "q"), .topic = given(w, "topic"), .persona = given(w, "persona"), .kind = -1, .stage = -1, .most = PAGE_ROWS};
	if (str_given(kind) && (x->kind = place_of(RESEARCH_KINDS, kind)) < 0) return fail(op, ERR_INVALID, "kind", "is no kind of research");
	if (str_given(stage) && (x->stage = place_of(STAGES, stage)) < 0) return fail(op, ERR_INVALID, "stage", "is no stage");
	return OK;
}

static enum err add_values(struct op *op, void *list, enum sql q, const char *all, str selected)
{
	struct db_rows r;
	bool is_topic = q == SQL_research_topics;
	TRY(op_query(op, q, DB_NO_ARGS, &r));
	customer_option(op, list, S(""), word(op, "research_all", all), !str_given(selected));
	for (size_t i = 0; i < r.n; i++) customer_option(op, list, db_rows_text(&r, i, 0), is_topic ? text_topic_label(op, db_rows_text(&r, i, 0)) : db_rows_text(&r, i, 0), str_eq(db_rows_text(&r, i, 0), selected));
	return OK;
}

static enum err make_list(struct op *op, const struct web *w, const struct research_input *in, struct research_list **out)
{
	struct research_list *page = *out = ARENA_NEW(&op->arena, struct research_list);
	struct research__wanted x;
	TRY(read_wanted(op, w, &x));
	page->q.value = str_given(x.words) ? x.words : S("");
	page->is_filtered = str_given(x.words) || str_given(x.topic) || str_given(x.persona) || x.kind >= 0 || x.stage >= 0;
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	customer_option(op, &page->kinds, S(""), word(op, "research_all", "kinds"), x.kind < 0);
	for (int i = 0; RESEARCH_KINDS[i]; i++) customer_option(op, &page->kinds, str_of(RESEARCH_KINDS[i]), word(op, "research_kind", RESEARCH_KINDS[i]), i == x.kind);
	customer_option(op, &page->stages, S(""), word(op, "research_all", "stages"), x.stage < 0);
	for (int i = 1; STAGES[i]; i++) customer_option(op, &page->stages, str_of(STAGES[i]), word(op, "stage", STAGES[i]), i == x.stage);
	TRY(add_values(op, &page->topics, SQL_research_topics, "topics", x.topic));
	TRY(add_values(op, &page->personas, SQL_research_personas, "personas", x.persona));
	make_form(op, in, S("/research"), &page->form);
	TRY(research__all(op, &x, &page->rows.v, &page->rows.n));
	page->finding = page->rows.n || page->is_filtered ? msg_int("research_some", "n", (int64_t)page->rows.n) : msg_of("research_none");
	return OK;
}

enum err research_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct research_list *page;
	struct research_input in = {.day = date_show(&op->arena, op->now_ms)};
	enum err e = make_list(op, w, &in, &page);
	bool is_of_q = e == ERR_INVALID && page->q.value.n && op->fault.n_fields && str_eq(str_of(op->fault.fields[0].name), S("q"));
	if (!is_of_q || w->wants_json) return e == OK ? answer_with(a, &RESEARCH_LIST_DESC, page) : e;
	page->q.error = msg_reason(op, "listen_fault_query", "reason", op->fault.fields[0].text);
	page->finding = page->q.error;
	return answer_refused(op, a, &RESEARCH_LIST_DESC, page);
}

/* ---- one of them ---- */

struct research_page {
	struct research it;
	str file, file_text;
	bool has_text, may_write;
	struct research_form form;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(research_page, it, DESC_STRUCT, .of = &RESEARCH_DESC),
	FIELD(research_page, file, DESC_STR, .doc = "where the file is to be had"),
	FIELD(research_page, file_text, DESC_STR, .doc = "the beginning of its words"),
	FIELD(research_page, has_text, DESC_BOOL, .doc = "there is a file_text"),
	FIELD(research_page, may_write, DESC_BOOL),
	FIELD(research_page, form, DESC_STRUCT, .of = &FORM_DESC),
};
const struct desc RESEARCH_PAGE_DESC = DESC(research_page, PAGE_FIELDS);

static enum err show_file(struct op *op, struct research_page *page)
{
	struct db_rows row;
	page->file = str_fmt(&op->arena, "%.*s/file", STR_ARG(page->it.address));
	TRY(op_query(op, SQL_research_words_get, DB_ARGS(db_id(page->it.id)), &row));
	if (row.n) page->file_text = utf8_cut(db_rows_text(&row, 0, 0), FILE_TEXT_SHOWN_BYTES);
	page->has_text = row.n && page->file_text.n;
	return OK;
}

static enum err make_page(struct op *op, id research, const struct research_input *in, struct research_page **out)
{
	struct research_page *page = *out = ARENA_NEW(&op->arena, struct research_page);
	struct research *r = &page->it;
	TRY(research__get(op, research, r));
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	if (r->file_name.n) TRY(show_file(op, page));
	struct research_input kept = {str_of(RESEARCH_KINDS[r->kind]), r->title, r->text, r->link, r->source, date_show(&op->arena, r->day), r->stage ? str_of(STAGES[r->stage]) : S(""), r->topic, r->persona};
	make_form(op, in ? in : &kept, r->address, &page->form);
	page->form.is_change = true;
	return OK;
}

enum err research_get(struct op *op, struct web *w, struct answer *a)
{
	struct research_page *page;
	id research;
	TRY(web_id(op, w, "id", "res", &research));
	TRY(make_page(op, research, NULL, &page));
	return answer_with(a, &RESEARCH_PAGE_DESC, page);
}

enum err research_file_get(struct op *op, struct web *w, struct answer *a)
{
	struct research r;
	struct db_rows row;
	id research;
	TRY(web_id(op, w, "id", "res", &research));
	TRY(research__get(op, research, &r));
	TRY(op_query(op, SQL_research_file_get, DB_ARGS(db_id(research)), &row));
	if (!row.n) return fail(op, ERR_NOT_FOUND, "id", "no file was filed with it");
	a->text = db_cell(&row, 0, 0)->s;
	a->content_type = S("application/octet-stream"); /* never shown in the console's own name */
	a->download_name = r.file_name;
	return OK;
}

/* ---- saving ---- */

static void check(const struct research_input *in, struct research_form *form, struct faults *f, struct research *r)
{
	bool has_zone;
	struct arena a = {0};
	*r = (struct research){.kind = place_of(RESEARCH_KINDS, in->kind), .stage = in->stage.n ? place_of(STAGES, in->stage) : 0};
	if (r->kind < 0) faults_add(f, "kind", NULL, msg_of("fault_choice"));
	if (r->stage < 0) faults_add(f, "stage", NULL, msg_of("fault_choice"));
	faults_text(f, "title", &form->title, true, TITLE_CHARACTERS);
	faults_text(f, "text", &form->text, false, TEXT_CHARACTERS);
	faults_text(f, "source", &form->source, true, NAME_CHARACTERS);
	faults_text(f, "topic", &form->topic, false, NAME_CHARACTERS);
	faults_text(f, "persona", &form->persona, false, NAME_CHARACTERS);
	if (faults_text(f, "link", &form->link, false, LINK_CHARACTERS) && form->link.value.n && fetch_check(&a, form->link.value, true, NULL) != FETCH_DONE) faults_add(f, "link", &form->link, msg_of("listen_fault_address"));
	if (!datetime_parse(in->day, &r->day, &has_zone) || r->day % DAY_MS || r->day < DATETIME_MIN_MS || r->day >= DATETIME_MAX_MS) faults_add(f, "day", &form->day, msg_of(in->day.n ? "fault_date" : "fault_required"));
	arena_release(&a);
}

static str text_or_none(str s)
{
	return str_given(s) ? s : S("");
}

/* The file of the form; bytes absent: none was sent. */
static enum err sent_file(struct op *op, const struct web *w, struct faults *f, str *name, str *type, str *bytes)
{
	const struct http_file *files;
	size_t n = http_files(w->rq, &files);
	*bytes = STR_NONE;
	if (!n || !files[0].n) return OK;
	if (files[0].n > RESEARCH_FILE_BYTES) {
		faults_add(f, "file", NULL, msg_int("research_file_large", "mb", RESEARCH_FILE_BYTES >> 20));
		return OK;
	}
	*name = files[0].file_name.n ? str_sub(files[0].file_name, 0, FILE_NAME_BYTES) : S("file");
	*type = text_or_none(files[0].content_type);
	*bytes = files[0].bytes;
	if (!files[0].path) return OK;
	struct os_map map;
	enum err e = os_map(files[0].path, &map);
	if (e != OK) return fail(op, e, "file", "cannot be read");
	*bytes = str_dup(&op->arena, (str){(const char *)map.p, map.n});
	os_unmap(&map);
	return OK;
}

static enum err put(struct op *op, const struct research_form *form, struct research *r, id research)
{
	struct db_val common[] = {db_int(r->kind), db_text(form->title.value), db_text(text_or_none(form->text.value)), db_text(text_or_none(form->link.value)), db_text(form->source.value), db_int(r->day), db_int(r->stage),
		db_text(text_or_none(form->topic.value)), db_text(text_or_none(form->persona.value))};
	struct db_val args[15] = {db_id(research)};
	memcpy(args + 1, common, sizeof common);
	if (r->id) return op_run(op, SQL_research_change, args, 1 + COUNT_OF(common), NULL);
	args[10] = args[11] = db_null();
	args[12] = db_null();
	args[13] = db_text(op->actor.name.n ? op->actor.name : S("Hospes"));
	args[14] = db_int(op->now_ms);
	return op_run(op, SQL_research_add, args, COUNT_OF(args), NULL);
}

static enum err save(struct op *op, struct web *w, struct answer *a, id research)
{
	struct research_input in;
	struct research_list *list = NULL;
	struct research_page *page = NULL;
	struct research r;
	struct faults faults = {0};
	str name = STR_NONE, type = STR_NONE, bytes;
	TRY(web_input(op, w, &RESEARCH_INPUT_DESC, &in));
	if (research) TRY(make_page(op, research, &in, &page));
	else TRY(make_list(op, w, &in, &list));
	struct research_form *form = research ? &page->form : &list->form;
	check(&in, form, &faults, &r);
	TRY(sent_file(op, w, &faults, &name, &type, &bytes));
	if (faults.n) {
		faults_keep(op, &faults, &form->faults.v, &form->faults.n);
		return research ? answer_refused(op, a, &RESEARCH_PAGE_DESC, page) : answer_refused(op, a, &RESEARCH_LIST_DESC, list);
	}
	r.id = research;
	id saved = research ? research : id_new();
	TRY(put(op, form, &r, saved));
	if (str_given(bytes)) {
		TRY(op_run(op, SQL_research_set_file, DB_ARGS(db_id(saved), db_text(name), db_text(type), db_int((int64_t)bytes.n)), NULL));
		TRY(research__put_file(op, saved, bytes));
	}
	TRY(search_note(op, SEARCH_RESEARCH, saved));
	TRY(audit_write(op, research ? "research_changed" : "research_added", "research", saved, STR_NONE, form->title.value));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, research__address(op, saved));
}

static enum err remove_one(struct op *op, id research)
{
	TRY(audit_remove(op, SQL_research_remove, "research", research));
	return search_note(op, SEARCH_RESEARCH, research);
}

static enum err restore_one(struct op *op, id research)
{
	TRY(audit_restore(op, SQL_research_restore, "research", research));
	return search_note(op, SEARCH_RESEARCH, research);
}

static const struct edited EDITED = {"res", "/research", "notice_research_removed", true, remove_one, restore_one, save};

enum err research_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &EDITED);
}

enum err research_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err research_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err research_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
