/* survey_api.c: all surveys, and how one is begun. */
#include "audit/audit.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "op/app.h"
#include "setting/setting.h"
#include "survey/survey_inner.h"

enum { NAME_CHARACTERS = 100, LANGS = 8 };

static const struct survey_template {
	const char *name;
	bool is_anonymous;
	const char *questions;
} TEMPLATES[] = {
#define SURVEY_TEMPLATE(name, is_anonymous, questions) {#name, is_anonymous, questions},
#define SURVEY_QUESTION(name, type, after)
#include "survey_templates.def"
#undef SURVEY_TEMPLATE
#undef SURVEY_QUESTION
};
static const struct standard_question {
	const char *name, *after;
	int type;
} STANDARD[] = {
#define SURVEY_TEMPLATE(name, is_anonymous, questions)
#define SURVEY_QUESTION(name, type, after) {#name, after, SURVEY_##type},
#include "survey_templates.def"
#undef SURVEY_TEMPLATE
#undef SURVEY_QUESTION
};

str survey__address(struct op *op, id survey)
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
struct survey_file_faults { /* of a file that was brought in */
	LIST_OF(struct form_fault) faults;
};
struct surveys {
	struct msg finding;
	LIST_OF(struct survey_row) rows;
	LIST_OF(struct option) templates;
	struct input name;
	bool may_write;
	LIST_OF(struct form_fault) faults;
	struct survey_file_faults file;
};
static const struct desc_field FILE_FAULTS_FIELDS[] = {FIELD(survey_file_faults, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC)};
static const struct desc FILE_FAULTS_DESC = DESC(survey_file_faults, FILE_FAULTS_FIELDS);
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
	FIELD(surveys, file, DESC_STRUCT, .of = &FILE_FAULTS_DESC, .flags = DESC_PAGE_ONLY),
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
		page->rows.v[page->rows.n++] = (struct survey_row){s->id, s->name, survey__address(op, s->id), s->state, (int64_t)s->definition.questions.n, s->submissions, s->changed_at};
	}
	page->finding = n ? msg_int("surveys_some", "n", open) : msg_of("surveys_none");
	page->templates.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(TEMPLATES));
	for (size_t i = 0; i < COUNT_OF(TEMPLATES); i++)
		page->templates.v[page->templates.n++] = (struct option){str_of(TEMPLATES[i].name), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "survey_template_%s", TEMPLATES[i].name)), i == 0};
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	*out = page;
	return OK;
}

enum err survey__refuse_file(struct op *op, struct answer *a)
{
	struct surveys *page;
	size_t n;
	struct form_fault *faults = web_faults(op, &n);
	for (size_t i = 0; i < n; i++) {
		msg_add(&faults[i].text, (struct msg_arg){.name = "field", .type = MSG_STR, .s = faults[i].field});
		faults[i].text.key = "survey_import_fault";
		faults[i].field = S("file");
	}
	fault_clear(&op->fault);
	TRY(make_list(op, &page));
	page->file.faults.v = faults;
	page->file.faults.n = n;
	return answer_refused(op, a, &SURVEYS_DESC, page);
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
	*q = (struct survey_question){.id = str_of(x->name), .type = x->type, .points = DESC_NULL_INT, .is_required = d->questions.n == 1};
	if (x->after[0]) {
		q->show_if.v = ARENA_ARRAY(&op->arena, struct survey_condition, q->show_if.n = 1);
		q->show_if.v[0] = (struct survey_condition){str_of(x->after), SURVEY_IS, S("true")};
	}
	q->texts.v = ARENA_ARRAY(&op->arena, struct survey_text, LANGS);
	for (size_t i = 0; lang_at(i) && i < LANGS; i++) {
		const struct lang *lang = lang_at(i);
		struct survey_text *t = &q->texts.v[q->texts.n++];
		*t = (struct survey_text){.lang = lang_code(lang), .text = standard_text(op, lang, x->name, ""), .options = STR_NONE};
		if (survey_has_options(x->type)) t->options = standard_text(op, lang, x->name, "_options");
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
	struct survey s = {.name = str_trim(name), .is_anonymous = t->is_anonymous, .definition = {.opens_on = DESC_NULL_INT, .closes_on = DESC_NULL_INT, .most = DESC_NULL_INT}};
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
	return answer_redirect(a, survey__address(op, s.id));
}
