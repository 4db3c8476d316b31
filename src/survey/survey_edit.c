/* survey_edit.c: the page of one survey: its words, its order, its links. */
#include "base/datetime.h"
#include "base/utf8.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "op/app.h"
#include "survey/survey_form.h"

static const struct desc_field VERSION_FIELDS[] = {
	FIELD(survey_form_version, number, DESC_INT),
	FIELD(survey_form_version, made_at, DESC_TIME),
	FIELD(survey_form_version, made_by, DESC_STR),
};
static const struct desc VERSION_DESC = DESC(survey_form_version, VERSION_FIELDS);
static const struct desc_field LANGUAGE_FIELDS[] = {
	FIELD(survey_language, code, DESC_STR),
	FIELD(survey_language, own_name, DESC_STR),
	FIELD(survey_language, complete, DESC_INT, .doc = "questions with all their words in it"),
	FIELD(survey_language, questions, DESC_INT),
	FIELD(survey_language, is_whole, DESC_BOOL, .doc = "it can be answered in it"),
	FIELD(survey_language, preview, DESC_STR, .doc = "the survey as those who answer see it"),
	FIELD(survey_language, page, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(survey_language, is_previewed, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc LANGUAGE_DESC = DESC(survey_language, LANGUAGE_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(survey_page, id, DESC_ID, .prefix = "sur"),
	FIELD(survey_page, name, DESC_STR),
	FIELD(survey_page, address, DESC_STR),
	FIELD(survey_page, link, DESC_STR, .doc = "anybody may answer by it"),
	FIELD(survey_page, path, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, qr, DESC_STR),
	FIELD(survey_page, preview, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, export, DESC_STR, .doc = "the survey as a file"),
	FIELD(survey_page, personal, DESC_STR, .flags = DESC_OMIT, .doc = "the link just made for one customer"),
	FIELD(survey_page, state, DESC_ENUM, .names = SURVEY_STATES, .prefix = "survey_state"),
	FIELD(survey_page, is_draft, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, is_open, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, is_closed, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, is_anonymous, DESC_BOOL),
	FIELD(survey_page, may_write, DESC_BOOL),
	FIELD(survey_page, may_invite, DESC_BOOL),
	FIELD(survey_page, may_enter, DESC_BOOL),
	FIELD(survey_page, version, DESC_INT),
	FIELD(survey_page, submissions, DESC_INT),
	FIELD(survey_page, finding, DESC_MSG),
	FIELD(survey_page, languages, DESC_LIST, .item = DESC_STRUCT, .of = &LANGUAGE_DESC),
	FIELD(survey_page, questions, DESC_LIST, .item = DESC_STRUCT, .of = &SURVEY_FORM_QUESTION_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, customer, DESC_STRUCT, .of = &INPUT_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, accesses, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, opens_on, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, closes_on, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, most, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, has_open_link, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, is_shuffled, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, has_rules, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, has_versions, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_page, versions, DESC_LIST, .item = DESC_STRUCT, .of = &VERSION_DESC, .doc = "earlier ones, the newest first"),
	FIELD(survey_page, definition, DESC_STRUCT, .of = &SURVEY_DEFINITION_DESC),
	FIELD(survey_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SURVEY_PAGE_DESC = DESC(survey_page, PAGE_FIELDS);

static void add_languages(struct op *op, const struct web *w, struct survey_page *page, const struct survey *s)
{
	const struct lang *previewed = str_given(web_query(w, "lang")) ? lang_find(web_query(w, "lang")) : NULL;
	if (!previewed) previewed = survey__language(s, op->locale.lang);
	size_t n = s->definition.questions.n, whole = 0;
	page->languages.v = ARENA_ARRAY(&op->arena, struct survey_language, SURVEY_LANGS);
	for (size_t i = 0; lang_at(i) && i < SURVEY_LANGS; i++) {
		str code = lang_code(lang_at(i));
		size_t complete = survey_complete(&s->definition, code);
		struct survey_language *l = &page->languages.v[page->languages.n++];
		*l = (struct survey_language){.code = code, .own_name = lang_own_name(lang_at(i)), .complete = (int64_t)complete, .questions = (int64_t)n, .is_whole = n && complete == n, .is_previewed = lang_at(i) == previewed};
		l->preview = str_fmt(&op->arena, "%.*s/preview?lang=%.*s", STR_ARG(page->address), STR_ARG(code));
		l->page = str_fmt(&op->arena, "%.*s?lang=%.*s#survey-preview", STR_ARG(page->address), STR_ARG(code));
		if (l->is_previewed) page->preview = l->preview;
		whole += n && complete == n;
	}
	page->finding = msg_int(page->is_open ? "survey_is_open" : page->is_closed ? "survey_is_closed" : "survey_is_draft", "n", s->submissions);
	msg_add(&page->finding, (struct msg_arg){.name = "languages", .type = MSG_INT, .i = (int64_t)whole});
}

static enum err add_questions(struct op *op, struct survey_page *page)
{
	size_t n = page->definition.questions.n, rows = n + (page->may_write && n < SURVEY_QUESTIONS);
	page->questions.v = ARENA_ARRAY(&op->arena, struct survey_form_question, n + 1);
	for (size_t i = 0; i < rows; i++) TRY(survey__form_question(op, &page->definition, i, &page->questions.v[page->questions.n++]));
	return OK;
}

static str day_of(struct op *op, int64_t ms)
{
	return ms == DESC_NULL_INT ? S("") : utf8_cut(datetime_show(&op->arena, ms), 10);
}

static void add_rules(struct op *op, struct survey_page *page)
{
	const struct survey_definition *d = &page->definition;
	page->opens_on = day_of(op, d->opens_on);
	page->closes_on = day_of(op, d->closes_on);
	page->most = d->most == DESC_NULL_INT ? S("") : str_fmt(&op->arena, "%lld", (long long)d->most);
	page->is_shuffled = d->is_shuffled;
	page->has_open_link = d->access != SURVEY_BY_OWN_LINKS;
	page->accesses.v = ARENA_ARRAY(&op->arena, struct option, SURVEY_BY_OWN_LINKS + 1);
	for (int i = 0; SURVEY_ACCESS[i]; i++)
		page->accesses.v[page->accesses.n++] = (struct option){str_of(SURVEY_ACCESS[i]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "survey_access_%s", SURVEY_ACCESS[i])), i == d->access};
	page->has_rules = page->opens_on.n + page->closes_on.n + page->most.n > 0 || d->is_shuffled || d->access != SURVEY_BY_ANYBODY;
}

enum err survey__make_page(struct op *op, const struct web *w, const struct survey *s, struct survey_page **out)
{
	struct survey_page *page = *out = ARENA_NEW(&op->arena, struct survey_page);
	void *versions;
	*page = (struct survey_page){.id = s->id, .name = s->name, .address = survey__address(op, s->id), .path = survey_link_make(op, s->id, 0, 0), .personal = STR_NONE, .state = s->state,
	                             .is_draft = s->state == SURVEY_DRAFT, .is_open = s->state == SURVEY_OPEN, .is_closed = s->state == SURVEY_CLOSED, .is_anonymous = s->is_anonymous,
	                             .may_write = op_may(op, PERM_WRITE_FIGURES), .may_invite = op_may(op, PERM_WRITE_CUSTOMERS) && s->state == SURVEY_OPEN && !s->is_anonymous, .version = s->version,
	                             .submissions = s->submissions, .definition = s->definition};
	page->may_enter = op_may(op, PERM_WRITE_CUSTOMERS) && page->is_open;
	page->link = survey_address(op, w, page->path);
	page->qr = str_fmt(&op->arena, "%.*s/qr.svg", STR_ARG(page->address));
	page->export = str_fmt(&op->arena, "%.*s/export", STR_ARG(page->address));
	add_languages(op, w, page, s);
	add_rules(op, page);
	TRY(op_structs(op, SQL_survey_versions, DB_ARGS(db_id(s->id), db_int(s->version)), &VERSION_DESC, &versions, &page->versions.n));
	page->versions.v = versions;
	page->has_versions = page->may_write && page->versions.n;
	return add_questions(op, page);
}

enum err survey_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	struct survey_page *page;
	TRY(survey__named(op, w, &s));
	TRY(survey__make_page(op, w, &s, &page));
	return answer_with(a, &SURVEY_PAGE_DESC, page);
}
