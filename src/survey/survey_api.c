/* survey_api.c: the pages of those who ask. */
#include <stdlib.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "customer/customer.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "op/app.h"
#include "setting/setting.h"
#include "survey/survey.h"

enum { NAME_CHARACTERS = 100, LANGS = 8, LINK_DAYS = 30, LINK_DAYS_MOST = 365 };

static const struct survey_template {
	const char *name;
	bool is_anonymous;
	const char *questions;
} TEMPLATES[] = {
#define SURVEY_TEMPLATE(name, is_anonymous, questions) {#name, is_anonymous, questions},
#define SURVEY_QUESTION(name, type)
#include "survey_templates.def"
#undef SURVEY_TEMPLATE
#undef SURVEY_QUESTION
};
static const struct standard_question {
	const char *name;
	int type;
} STANDARD[] = {
#define SURVEY_TEMPLATE(name, is_anonymous, questions)
#define SURVEY_QUESTION(name, type) {#name, SURVEY_##type},
#include "survey_templates.def"
#undef SURVEY_TEMPLATE
#undef SURVEY_QUESTION
};

static str address_of(struct op *op, id survey)
{
	return str_fmt(&op->arena, "/surveys/%s", id_show(&op->arena, S("sur"), survey).p);
}

/* ---- the list ---- */

struct survey_row {
	id id;
	str name, address;
	int state;
	int64_t questions, submissions, changed_at;
};
struct survey_new {
	str name, template;
};
struct surveys {
	struct msg finding;
	LIST_OF(struct survey_row) rows;
	LIST_OF(struct option) templates;
	struct input name;
	bool may_write;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(survey_row, id, DESC_ID, .prefix = "sur"),
	FIELD(survey_row, name, DESC_STR),
	FIELD(survey_row, address, DESC_STR),
	FIELD(survey_row, state, DESC_ENUM, .names = SURVEY_STATES, .prefix = "survey_state"),
	FIELD(survey_row, questions, DESC_INT),
	FIELD(survey_row, submissions, DESC_INT),
	FIELD(survey_row, changed_at, DESC_TIME),
};
static const struct desc ROW_DESC = DESC(survey_row, ROW_FIELDS);
static const struct desc_field SURVEYS_FIELDS[] = {
	FIELD(surveys, finding, DESC_MSG),
	FIELD(surveys, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(surveys, templates, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(surveys, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(surveys, may_write, DESC_BOOL),
	FIELD(surveys, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SURVEYS_DESC = DESC(surveys, SURVEYS_FIELDS);
static const struct desc_field NEW_FIELDS[] = {
	FIELD(survey_new, name, DESC_STR, .max = 400, .doc = "as colleagues know it"),
	FIELD(survey_new, template, DESC_STR, .max = 40, .doc = "of tables/survey_templates.def"),
};
const struct desc SURVEY_NEW_DESC = DESC(survey_new, NEW_FIELDS);

static enum err make_list(struct op *op, struct surveys **out)
{
	struct surveys *page = ARENA_NEW(&op->arena, struct surveys);
	struct survey *all;
	size_t n;
	int64_t open = 0;
	TRY(survey_all(op, &all, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct survey_row, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct survey *s = &all[i];
		open += s->state == SURVEY_OPEN;
		page->rows.v[page->rows.n++] = (struct survey_row){s->id, s->name, address_of(op, s->id), s->state, (int64_t)s->definition.questions.n, s->submissions, s->changed_at};
	}
	page->finding = n ? msg_int("surveys_some", "n", open) : msg_of("surveys_none");
	page->templates.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(TEMPLATES));
	for (size_t i = 0; i < COUNT_OF(TEMPLATES); i++)
		page->templates.v[page->templates.n++] = (struct option){str_of(TEMPLATES[i].name), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "survey_template_%s", TEMPLATES[i].name)), i == 0};
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	*out = page;
	return OK;
}

enum err survey_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct surveys *page;
	(void)w;
	TRY(make_list(op, &page));
	return answer_with(a, &SURVEYS_DESC, page);
}

/* ---- what a new one begins with ---- */

static str standard_text(struct op *op, const struct lang *lang, const char *name, const char *part)
{
	str organisation = setting_text(op, SETTING_organisation), key = str_fmt(&op->arena, "survey_ask_%s%s", name, part);
	struct locale l = op->locale;
	l.lang = lang;
	struct msg_arg arg = {.name = "name", .type = MSG_STR, .s = organisation.n ? organisation : i18n_pattern(lang, S("survey_us"))};
	return i18n_format(&op->arena, &l, key, &arg, 1);
}

static void add_standard(struct op *op, const struct standard_question *x, struct survey_definition *d)
{
	struct survey_question *q = &d->questions.v[d->questions.n++];
	*q = (struct survey_question){.id = str_of(x->name), .type = x->type, .is_required = d->questions.n == 1};
	q->texts.v = ARENA_ARRAY(&op->arena, struct survey_text, LANGS);
	for (size_t i = 0; lang_at(i) && i < LANGS; i++) {
		const struct lang *lang = lang_at(i);
		struct survey_text *t = &q->texts.v[q->texts.n++];
		*t = (struct survey_text){.lang = lang_code(lang), .text = standard_text(op, lang, x->name, ""), .options = STR_NONE};
		if (x->type == SURVEY_CHOICE || x->type == SURVEY_CHOICES) t->options = standard_text(op, lang, x->name, "_options");
	}
}

static const struct survey_template *template_of(str name)
{
	for (size_t i = 0; i < COUNT_OF(TEMPLATES); i++)
		if (str_eq(name, str_of(TEMPLATES[i].name))) return &TEMPLATES[i];
	return NULL;
}

static struct survey begin(struct op *op, const struct survey_template *t, str name)
{
	struct survey s = {.name = str_trim(name), .is_anonymous = t->is_anonymous};
	s.definition.questions.v = ARENA_ARRAY(&op->arena, struct survey_question, SURVEY_QUESTIONS);
	for (str rest = str_of(t->questions); rest.n;) {
		str one = str_cut(&rest, ' ');
		for (size_t i = 0; i < COUNT_OF(STANDARD); i++)
			if (str_eq(one, str_of(STANDARD[i].name))) add_standard(op, &STANDARD[i], &s.definition);
	}
	return s;
}

static enum err refuse_new(struct op *op, struct answer *a, const struct survey_new *in, struct faults *f)
{
	struct surveys *page;
	struct input said = {.value = in->name};
	TRY(make_list(op, &page));
	(void)faults_text(f, "name", &said, true, NAME_CHARACTERS);
	page->name = said;
	for (size_t i = 0; i < page->templates.n; i++) page->templates.v[i].is_selected = str_eq(page->templates.v[i].value, in->template);
	faults_keep(op, f, &page->faults.v, &page->faults.n);
	return answer_refused(op, a, &SURVEYS_DESC, page);
}

enum err survey_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey_new in = {0};
	struct faults f = {0};
	TRY(web_input(op, w, &SURVEY_NEW_DESC, &in));
	const struct survey_template *t = template_of(in.template);
	if (!t) faults_add(&f, "template", NULL, msg_of("fault_required"));
	bool is_fine = t && str_given(str_trim(in.name)) && str_trim(in.name).n <= 400;
	if (!is_fine) return w->wants_json ? fail(op, ERR_INVALID, t ? "name" : "template", t ? "a survey has a name" : "there is no such template") : refuse_new(op, a, &in, &f);
	struct survey s = begin(op, t, in.name);
	TRY(survey_add(op, &s));
	a->notice = msg_of("notice_survey_begun");
	return answer_redirect(a, address_of(op, s.id));
}

/* ---- one of them ---- */

struct survey_form_text {
	str lang, own_name, text, options, dir;
	str field; /* what its inputs' names begin with */
};
struct survey_form_question {
	int64_t at, place;
	str id, type, type_name, title;
	bool is_required, has_options, is_new, is_whole;
	LIST_OF(struct option) types;
	LIST_OF(struct survey_form_text) texts;
};
struct survey_language {
	str code, own_name;
	int64_t complete, questions;
	bool is_whole;
};
struct survey_page {
	id id;
	str name, address, link, path, qr, personal;
	int state;
	bool is_draft, is_open, is_closed, is_anonymous, may_write, may_invite;
	int64_t version, submissions;
	struct msg finding;
	LIST_OF(struct survey_language) languages;
	LIST_OF(struct survey_form_question) questions;
	struct input customer;
	struct survey_definition definition;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field FORM_TEXT_FIELDS[] = {
	FIELD(survey_form_text, field, DESC_STR),
	FIELD(survey_form_text, lang, DESC_STR),
	FIELD(survey_form_text, own_name, DESC_STR),
	FIELD(survey_form_text, dir, DESC_STR),
	FIELD(survey_form_text, text, DESC_STR),
	FIELD(survey_form_text, options, DESC_STR),
};
static const struct desc FORM_TEXT_DESC = DESC(survey_form_text, FORM_TEXT_FIELDS);
static const struct desc_field FORM_QUESTION_FIELDS[] = {
	FIELD(survey_form_question, at, DESC_INT),
	FIELD(survey_form_question, place, DESC_INT),
	FIELD(survey_form_question, id, DESC_STR),
	FIELD(survey_form_question, type, DESC_STR),
	FIELD(survey_form_question, type_name, DESC_STR),
	FIELD(survey_form_question, title, DESC_STR),
	FIELD(survey_form_question, is_whole, DESC_BOOL),
	FIELD(survey_form_question, is_required, DESC_BOOL),
	FIELD(survey_form_question, has_options, DESC_BOOL),
	FIELD(survey_form_question, is_new, DESC_BOOL),
	FIELD(survey_form_question, types, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(survey_form_question, texts, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_TEXT_DESC),
};
static const struct desc FORM_QUESTION_DESC = DESC(survey_form_question, FORM_QUESTION_FIELDS);
static const struct desc_field LANGUAGE_FIELDS[] = {
	FIELD(survey_language, code, DESC_STR),
	FIELD(survey_language, own_name, DESC_STR),
	FIELD(survey_language, complete, DESC_INT, .doc = "questions with all their words in it"),
	FIELD(survey_language, questions, DESC_INT),
	FIELD(survey_language, is_whole, DESC_BOOL, .doc = "it can be answered in it"),
};
static const struct desc LANGUAGE_DESC = DESC(survey_language, LANGUAGE_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(survey_page, id, DESC_ID, .prefix = "sur"),
	FIELD(survey_page, name, DESC_STR),
	FIELD(survey_page, address, DESC_STR),
	FIELD(survey_page, link, DESC_STR, .doc = "anybody may answer by it"),
	FIELD(survey_page, path, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, qr, DESC_STR),
	FIELD(survey_page, personal, DESC_STR, .flags = DESC_OMIT, .doc = "the link just made for one customer"),
	FIELD(survey_page, state, DESC_ENUM, .names = SURVEY_STATES, .prefix = "survey_state"),
	FIELD(survey_page, is_draft, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, is_open, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, is_closed, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, is_anonymous, DESC_BOOL),
	FIELD(survey_page, may_write, DESC_BOOL),
	FIELD(survey_page, may_invite, DESC_BOOL),
	FIELD(survey_page, version, DESC_INT),
	FIELD(survey_page, submissions, DESC_INT),
	FIELD(survey_page, finding, DESC_MSG),
	FIELD(survey_page, languages, DESC_LIST, .item = DESC_STRUCT, .of = &LANGUAGE_DESC),
	FIELD(survey_page, questions, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_QUESTION_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, customer, DESC_STRUCT, .of = &INPUT_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, definition, DESC_STRUCT, .of = &SURVEY_DEFINITION_DESC),
	FIELD(survey_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SURVEY_PAGE_DESC = DESC(survey_page, PAGE_FIELDS);

struct survey_input {
	str name;
	bool is_anonymous;
	struct survey_definition definition;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(survey_input, name, DESC_STR, .max = 400),
	FIELD(survey_input, is_anonymous, DESC_BOOL, .doc = "answers are tied to nobody, and it has no links for single customers"),
	FIELD(survey_input, definition, DESC_STRUCT, .of = &SURVEY_DEFINITION_DESC),
};
const struct desc SURVEY_INPUT_DESC = DESC(survey_input, INPUT_FIELDS);

static str type_name(struct op *op, int type)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "survey_type_%s", SURVEY_TYPES[type]));
}

/* With q NULL an empty row, to add one by. */
static void add_form_question(struct op *op, struct survey_page *page, const struct survey_question *q)
{
	struct survey_form_question *x = &page->questions.v[page->questions.n];
	int type = q ? q->type : SURVEY_TEXT;
	*x = (struct survey_form_question){.at = (int64_t)page->questions.n, .place = (int64_t)page->questions.n + 1, .id = q ? q->id : S(""), .type = str_of(SURVEY_TYPES[type]), .type_name = type_name(op, type),
	                                   .is_required = q && q->is_required, .has_options = !q || type == SURVEY_CHOICE || type == SURVEY_CHOICES, .is_new = !q};
	page->questions.n++;
	const struct survey_text *title = q ? survey_text(q, lang_code(op->locale.lang)) : NULL;
	if (!title && q && q->texts.n) title = &q->texts.v[0];
	x->title = title ? title->text : S("");
	x->is_whole = q && survey_text(q, lang_code(op->locale.lang));
	x->types.v = ARENA_ARRAY(&op->arena, struct option, SURVEY_TYPE_COUNT);
	for (int i = 0; i < SURVEY_TYPE_COUNT; i++) x->types.v[x->types.n++] = (struct option){str_of(SURVEY_TYPES[i]), type_name(op, i), i == type};
	x->texts.v = ARENA_ARRAY(&op->arena, struct survey_form_text, LANGS);
	for (size_t i = 0; lang_at(i) && i < LANGS; i++) {
		const struct lang *lang = lang_at(i);
		const struct survey_text *t = NULL;
		for (size_t k = 0; q && k < q->texts.n; k++)
			if (str_eq(q->texts.v[k].lang, lang_code(lang))) t = &q->texts.v[k];
		x->texts.v[x->texts.n++] = (struct survey_form_text){lang_code(lang), lang_own_name(lang), t ? t->text : S(""), t && str_given(t->options) ? t->options : S(""), lang_is_rtl(lang) ? S("rtl") : S("ltr"),
		                                                           str_fmt(&op->arena, "definition.questions[%lld].texts[%zu]", (long long)x->at, i)};
	}
}

static struct survey_page *make_page(struct op *op, const struct web *w, const struct survey *s)
{
	struct survey_page *page = ARENA_NEW(&op->arena, struct survey_page);
	size_t n = s->definition.questions.n, whole = 0;
	*page = (struct survey_page){.id = s->id, .name = s->name, .address = address_of(op, s->id), .path = survey_link_make(op, s->id, 0, 0), .personal = STR_NONE, .state = s->state,
	                             .is_draft = s->state == SURVEY_DRAFT, .is_open = s->state == SURVEY_OPEN, .is_closed = s->state == SURVEY_CLOSED, .is_anonymous = s->is_anonymous,
	                             .may_write = op_may(op, PERM_WRITE_FIGURES), .may_invite = op_may(op, PERM_WRITE_CUSTOMERS) && s->state == SURVEY_OPEN && !s->is_anonymous, .version = s->version,
	                             .submissions = s->submissions, .definition = s->definition};
	page->link = survey_address(op, w, page->path);
	page->qr = str_fmt(&op->arena, "%.*s/qr.svg", STR_ARG(page->address));
	page->languages.v = ARENA_ARRAY(&op->arena, struct survey_language, LANGS);
	for (size_t i = 0; lang_at(i) && i < LANGS; i++) {
		size_t complete = survey_complete(&s->definition, lang_code(lang_at(i)));
		page->languages.v[page->languages.n++] = (struct survey_language){lang_code(lang_at(i)), lang_own_name(lang_at(i)), (int64_t)complete, (int64_t)n, n && complete == n};
		whole += n && complete == n;
	}
	page->finding = msg_int(page->is_open ? "survey_is_open" : page->is_closed ? "survey_is_closed" : "survey_is_draft", "n", s->submissions);
	msg_add(&page->finding, (struct msg_arg){.name = "languages", .type = MSG_INT, .i = (int64_t)whole});
	page->questions.v = ARENA_ARRAY(&op->arena, struct survey_form_question, n + 1);
	for (size_t i = 0; i < n; i++) add_form_question(op, page, &s->definition.questions.v[i]);
	if (page->may_write && n < SURVEY_QUESTIONS) add_form_question(op, page, NULL);
	return page;
}

static enum err open_named(struct op *op, const struct web *w, struct survey *out)
{
	id survey;
	TRY(web_id(op, w, "id", "sur", &survey));
	return survey_get(op, survey, out);
}

enum err survey_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	TRY(open_named(op, w, &s));
	return answer_with(a, &SURVEY_PAGE_DESC, make_page(op, w, &s));
}

static int by_place(const void *x, const void *y)
{
	const struct survey_question *const *a = x, *const *b = y;
	double p = 1e9, q = 1e9;
	(void)str_f64((*a)->place, &p);
	(void)str_f64((*b)->place, &q);
	return p != q ? (p > q) - (p < q) : (*a > *b) - (*a < *b);
}

static bool is_empty(const struct survey_question *q)
{
	for (size_t i = 0; i < q->texts.n; i++)
		if (str_given(str_trim(q->texts.v[i].text))) return false;
	return true;
}

/* In the order of their places; a row of a form without any words is a question taken off, or none. */
static void arrange(struct op *op, struct survey_definition *d)
{
	struct survey_question **sorted = ARENA_ARRAY(&op->arena, struct survey_question *, d->questions.n + 1), *out = ARENA_ARRAY(&op->arena, struct survey_question, d->questions.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < d->questions.n; i++)
		if (!is_empty(&d->questions.v[i])) sorted[n++] = &d->questions.v[i];
	qsort(sorted, n, sizeof *sorted, by_place);
	for (size_t i = 0; i < n; i++) {
		out[i] = *sorted[i];
		out[i].place = STR_NONE;
		if (!str_given(out[i].id)) out[i].id = str_fmt(&op->arena, "q%s", id_show(&op->arena, S("x"), id_new()).p + 2);
	}
	d->questions.v = out;
	d->questions.n = n;
}

static enum err refuse(struct op *op, const struct web *w, struct answer *a, const struct survey *s)
{
	struct survey_page *page = make_page(op, w, s);
	page->faults.v = web_faults(op, &page->faults.n);
	return answer_refused(op, a, &SURVEY_PAGE_DESC, page);
}

enum err survey_change_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	TRY(open_named(op, w, &s));
	struct survey_input in = {.name = s.name};
	enum err e = web_input(op, w, &SURVEY_INPUT_DESC, &in);
	if (e == OK) {
		arrange(op, &in.definition);
		s.name = str_trim(in.name);
		s.is_anonymous = in.is_anonymous;
		s.definition = in.definition;
		e = str_given(s.name) ? survey_change(op, &s) : fail(op, ERR_INVALID, "name", "a survey has a name");
	}
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, w, a, &s);
	TRY(e);
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, address_of(op, s.id));
}

static enum err set_state(struct op *op, struct web *w, struct answer *a, enum survey_state state, const char *notice)
{
	struct survey s;
	TRY(open_named(op, w, &s));
	enum err e = survey_set_state(op, s.id, state);
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, w, a, &s);
	TRY(e);
	a->notice = msg_of(notice);
	return answer_redirect(a, address_of(op, s.id));
}

enum err survey_open_post(struct op *op, struct web *w, struct answer *a)
{
	return set_state(op, w, a, SURVEY_OPEN, "notice_survey_opened");
}

enum err survey_close_post(struct op *op, struct web *w, struct answer *a)
{
	return set_state(op, w, a, SURVEY_CLOSED, "notice_survey_closed");
}

static enum err remove_one(struct op *op, id survey)
{
	return audit_remove(op, SQL_survey_remove, "survey", survey);
}

static enum err restore_one(struct op *op, id survey)
{
	return audit_restore(op, SQL_survey_restore, "survey", survey);
}

static const struct edited EDITED = {.prefix = "sur", .list = "/surveys", .removed = "notice_survey_removed", .has_page = true, .remove = remove_one, .restore = restore_one};

enum err survey_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err survey_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}

/* ---- a link for one customer ---- */

struct survey_link_input {
	str customer;
	int64_t days;
};
struct survey_link_made {
	str link;
	int64_t expires_at;
};
static const struct desc_field LINK_INPUT_FIELDS[] = {
	FIELD(survey_link_input, customer, DESC_STR, .max = 600, .doc = "id or identity (kind:value)"),
	FIELD(survey_link_input, days, DESC_INT, .min = 1, .max = LINK_DAYS_MOST, .doc = "it works so long; 30 when not given"),
};
const struct desc SURVEY_LINK_INPUT_DESC = DESC(survey_link_input, LINK_INPUT_FIELDS);
static const struct desc_field LINK_FIELDS[] = {
	FIELD(survey_link_made, link, DESC_STR),
	FIELD(survey_link_made, expires_at, DESC_TIME),
};
const struct desc SURVEY_LINK_DESC = DESC(survey_link_made, LINK_FIELDS);

static enum err make_link(struct op *op, const struct web *w, const struct survey *s, const struct survey_link_input *in, struct survey_link_made *out)
{
	id customer;
	if (s->state != SURVEY_OPEN) return fail(op, ERR_STATE, "", "only an open survey has links");
	if (s->is_anonymous) return fail(op, ERR_STATE, "", "an anonymous survey has no links for single customers");
	TRY(customer_by_identity(op, in->customer, &customer));
	if (!customer) return fail(op, ERR_INVALID, "customer", "there is no such customer");
	int64_t days = in->days == DESC_NULL_INT || !in->days ? LINK_DAYS : in->days;
	*out = (struct survey_link_made){.expires_at = (op->now_ms / 1000) * 1000 + days * DAY_MS};
	out->link = survey_address(op, w, survey_link_make(op, s->id, customer, out->expires_at));
	return audit_write(op, "survey_link_made", "customer", customer, STR_NONE, s->name);
}

enum err survey_link_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey_link_input in = {.days = DESC_NULL_INT};
	struct survey_link_made *made = ARENA_NEW(&op->arena, struct survey_link_made);
	struct survey s;
	TRY(open_named(op, w, &s));
	TRY(web_input(op, w, &SURVEY_LINK_INPUT_DESC, &in));
	enum err e = make_link(op, w, &s, &in, made);
	if (w->wants_json) return e == OK ? answer_with(a, &SURVEY_LINK_DESC, made) : e;
	if (e != OK && e != ERR_INVALID) return e;
	struct survey_page *page = make_page(op, w, &s);
	page->customer.value = in.customer;
	if (e == OK) {
		page->personal = made->link;
		return answer_with(a, &SURVEY_PAGE_DESC, page);
	}
	page->customer.error = msg_of("survey_no_customer");
	return answer_refused(op, a, &SURVEY_PAGE_DESC, page);
}
