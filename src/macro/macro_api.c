/* macro_api.c: the page where saved answers are written. */
#include "audit/audit.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "macro/macro.h"

enum { LANGUAGES_MOST = 8 };

struct macro_row {
	id id;
	str name, passage, language, dir, languages;
};
struct macro_form_text {
	str language, own_name, dir, field;
	struct input text;
};
struct macro_form {
	str action;
	bool is_change;
	struct input name;
	LIST_OF(struct macro_form_text) texts;
};
struct macros {
	struct msg finding;
	str q, fields, example;
	bool may_write, is_filtered;
	LIST_OF(struct macro_row) rows;
	struct macro_form form;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(macro_row, id, DESC_ID, .prefix = "mac"),
	FIELD(macro_row, name, DESC_STR),
	FIELD(macro_row, passage, DESC_STR, .doc = "its text in the reader's language, else in another, as it was written"),
	FIELD(macro_row, language, DESC_STR, .doc = "of the passage"),
	FIELD(macro_row, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(macro_row, languages, DESC_STR, .doc = "in which there is a text, by their own names"),
};
static const struct desc ROW_DESC = DESC(macro_row, ROW_FIELDS);
static const struct desc_field FORM_TEXT_FIELDS[] = {
	FIELD(macro_form_text, language, DESC_STR),
	FIELD(macro_form_text, own_name, DESC_STR),
	FIELD(macro_form_text, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(macro_form_text, field, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(macro_form_text, text, DESC_STRUCT, .of = &INPUT_DESC),
};
static const struct desc FORM_TEXT_DESC = DESC(macro_form_text, FORM_TEXT_FIELDS);
static const struct desc_field MACRO_FORM_FIELDS[] = {
	FIELD(macro_form, action, DESC_STR),
	FIELD(macro_form, is_change, DESC_BOOL),
	FIELD(macro_form, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(macro_form, texts, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_TEXT_DESC),
};
static const struct desc FORM_DESC = DESC(macro_form, MACRO_FORM_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(macros, finding, DESC_MSG),
	FIELD(macros, q, DESC_STR),
	FIELD(macros, fields, DESC_STR, .doc = "that a text may name"),
	FIELD(macros, example, DESC_STR, .doc = "how a field that may be empty is written"),
	FIELD(macros, may_write, DESC_BOOL),
	FIELD(macros, is_filtered, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(macros, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC, .doc = "by name"),
	FIELD(macros, form, DESC_STRUCT, .of = &FORM_DESC),
	FIELD(macros, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc MACROS_DESC = DESC(macros, PAGE_FIELDS);

struct macro_input {
	str name;
	LIST_OF(struct macro_text) texts;
};
static const struct desc_field TEXT_FIELDS[] = {
	FIELD(macro_text, language, DESC_STR, .max = 10),
	FIELD(macro_text, text, DESC_STR, .max = 4 * MACRO_TEXT_CHARACTERS, .doc = "with fields such as {{agent.name}}; empty: none in this language"),
};
static const struct desc TEXT_DESC = DESC(macro_text, TEXT_FIELDS);
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(macro_input, name, DESC_STR),
	FIELD(macro_input, texts, DESC_LIST, .item = DESC_STRUCT, .of = &TEXT_DESC, .max = LANGUAGES_MOST),
};
const struct desc MACRO_INPUT_DESC = DESC(macro_input, INPUT_FIELDS);

/* ---- the page ---- */

static str direction(const struct lang *l)
{
	return lang_is_rtl(l) ? S("rtl") : S("ltr");
}

static str text_of(const struct macro *m, str language)
{
	for (size_t i = 0; i < m->texts.n; i++)
		if (str_eq(m->texts.v[i].language, language)) return m->texts.v[i].text;
	return S("");
}

static struct macro_row row_of(struct op *op, const struct macro *m)
{
	struct macro_row row = {.id = m->id, .name = m->name, .languages = S("")};
	str readers = lang_code(op->locale.lang);
	row.language = text_of(m, readers).n ? readers : m->texts.v[0].language;
	row.passage = text_of(m, row.language);
	row.dir = direction(lang_find(row.language));
	for (size_t i = 0; i < m->texts.n; i++) row.languages = str_fmt(&op->arena, "%.*s%s%.*s", STR_ARG(row.languages), i ? " · " : "", STR_ARG(lang_own_name(lang_find(m->texts.v[i].language))));
	return row;
}

static void make_form(struct op *op, const struct macro *m, struct macro_form *form)
{
	form->name.value = m->name;
	form->is_change = m->id != 0;
	form->action = m->id ? str_fmt(&op->arena, "/macros/%s", id_show(&op->arena, S("mac"), m->id).p) : S("/macros");
	form->texts.v = ARENA_ARRAY(&op->arena, struct macro_form_text, LANGUAGES_MOST);
	for (size_t i = 0; lang_at(i) && i < LANGUAGES_MOST; i++) {
		str code = lang_code(lang_at(i));
		form->texts.v[form->texts.n++] = (struct macro_form_text){code, lang_own_name(lang_at(i)), direction(lang_at(i)), str_fmt(&op->arena, "texts[%zu]", i), {.value = text_of(m, code)}};
	}
}

static enum err make_page(struct op *op, str q, const struct macro *changed, struct macros **out)
{
	struct macros *page = *out = ARENA_NEW(&op->arena, struct macros);
	struct macro *v;
	size_t n;
	page->q = str_given(q) ? str_trim(q) : S("");
	page->is_filtered = page->q.n > 0;
	TRY(macro_find(op, page->q, &v, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct macro_row, n + 1);
	for (size_t i = 0; i < n; i++) page->rows.v[page->rows.n++] = row_of(op, &v[i]);
	page->finding = n ? msg_int("macros_some", "n", (int64_t)n) : msg_of(page->is_filtered ? "macros_not_found" : "macros_none");
	page->may_write = op_may(op, PERM_WRITE_CUSTOMERS);
	page->fields = macro_fields(op);
	page->example = macro_example(op, S("customer.name"));
	make_form(op, changed, &page->form);
	return OK;
}

/* With change=mac_… the form holds that one. */
enum err macro_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct macros *page;
	struct macro m = {.name = S("")};
	id changed;
	str asked = web_query(w, "change");
	if (asked.n) {
		if (!id_read(S("mac"), asked, &changed)) return fail(op, ERR_NOT_FOUND, "change", "there is no such saved answer");
		TRY(macro_get(op, changed, &m));
	}
	TRY(make_page(op, web_query(w, "q"), &m, &page));
	return answer_with(a, &MACROS_DESC, page);
}

/* ---- what is sent ---- */

static void check_texts(struct op *op, struct macros *page, struct macro *m, struct faults *f)
{
	m->texts.n = 0;
	m->texts.v = ARENA_ARRAY(&op->arena, struct macro_text, LANGUAGES_MOST);
	for (size_t i = 0; i < page->form.texts.n; i++) {
		struct macro_form_text *t = &page->form.texts.v[i];
		const char *field = str_fmt(&op->arena, "%.*s.text", STR_ARG(t->field)).p;
		if (!faults_text(f, field, &t->text, false, MACRO_TEXT_CHARACTERS) || !t->text.value.n) continue;
		struct msg wrong = macro_wrong(op, t->text.value);
		if (wrong.key) faults_add(f, field, &t->text, wrong);
		m->texts.v[m->texts.n++] = (struct macro_text){t->language, t->text.value};
	}
	if (!m->texts.n && !f->n) faults_add(f, "texts[0].text", &page->form.texts.v[0].text, msg_of("fault_required"));
}

static bool read_texts(struct macro_input *in)
{
	for (size_t i = 0; i < in->texts.n; i++) {
		struct macro_text *t = &in->texts.v[i];
		const struct lang *lang = str_given(t->language) ? lang_find(t->language) : NULL;
		if (!lang) return false;
		t->language = lang_code(lang);
		if (!str_given(t->text)) t->text = S("");
	}
	return true;
}

static enum err refuse(struct op *op, struct answer *a, struct macros *page, const struct faults *f)
{
	faults_keep(op, f, &page->faults.v, &page->faults.n);
	return answer_refused(op, a, &MACROS_DESC, page);
}

static enum err save(struct op *op, struct web *w, struct answer *a, id macro)
{
	struct macro_input in;
	struct macros *page;
	struct faults faults = {0};
	TRY(web_input(op, w, &MACRO_INPUT_DESC, &in));
	if (!read_texts(&in)) return fail(op, ERR_INVALID, "texts", "must be in one of: en, th, zh-Hant, el, fa");
	struct macro m = {.id = macro, .name = str_given(in.name) ? in.name : S(""), .texts = {in.texts.v, in.texts.n}};
	TRY(make_page(op, S(""), &m, &page));
	faults_text(&faults, "name", &page->form.name, true, MACRO_NAME_CHARACTERS);
	check_texts(op, page, &m, &faults);
	if (faults.n) return refuse(op, a, page, &faults);
	m.name = page->form.name.value;
	enum err e = macro_save(op, &m);
	if (e == ERR_CONFLICT && !w->wants_json) {
		faults_add(&faults, "name", &page->form.name, msg_of("macro_is_there"));
		return refuse(op, a, page, &faults);
	}
	TRY(e);
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/macros"));
}

static const struct edited EDITED = {"mac", "/macros", "notice_macro_removed", false, macro_remove, macro_restore, save};

enum err macro_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &EDITED);
}

enum err macro_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err macro_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err macro_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
