/* survey_check.c: what a survey must be before it is saved, and before anybody is asked. */
#include <string.h>

#include "consent/consent.h"
#include "i18n/i18n.h"
#include "survey/survey_inner.h"

const struct survey_text *survey_text(const struct survey_question *q, str lang)
{
	for (size_t i = 0; i < q->texts.n; i++)
		if (str_eq(q->texts.v[i].lang, lang) && str_given(str_trim(q->texts.v[i].text))) return &q->texts.v[i];
	return NULL;
}

str *survey_lines(struct arena *a, str text, size_t *n)
{
	str *out = ARENA_ARRAY(a, str, SURVEY_OPTIONS + 1);
	*n = 0;
	for (str rest = text; str_given(rest) && rest.n && *n <= SURVEY_OPTIONS;) {
		str line = str_trim(str_cut(&rest, '\n'));
		if (line.n) out[(*n)++] = line;
	}
	return out;
}

static bool has_lines(str text)
{
	return str_given(text) && str_trim(text).n > 0;
}

/* A matrix has options in every language, or in none: then it is rated by points. */
static bool needs_options(const struct survey_question *q)
{
	if (!survey_has_rows(q->type)) return survey_has_options(q->type);
	for (size_t i = 0; i < q->texts.n; i++)
		if (has_lines(q->texts.v[i].options)) return true;
	return false;
}

bool survey__is_whole(const struct survey_question *q, str lang)
{
	const struct survey_text *t = survey_text(q, lang);
	return t && (!needs_options(q) || has_lines(t->options)) && (!survey_has_rows(q->type) || has_lines(t->rows));
}

size_t survey_complete(const struct survey_definition *d, str lang)
{
	size_t n = 0;
	for (size_t i = 0; i < d->questions.n; i++) n += survey__is_whole(&d->questions.v[i], lang);
	return n;
}

static enum err bad(struct op *op, size_t i, const char *field, const char *text)
{
	return fault_set(&op->fault, ERR_INVALID, str_c(&op->arena, str_fmt(&op->arena, "questions[%zu].%s", i, field)), "%s", text);
}

/* It becomes part of message ids. */
static bool is_id(str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", text.p[i])) return false;
	return str_given(text);
}

static enum err check_question(struct op *op, const struct survey_definition *d, size_t i)
{
	const struct survey_question *q = &d->questions.v[i];
	enum err e = OK;
	if (!is_id(q->id) || str_eq(q->id, S("end"))) e = bad(op, i, "id", "is made of letters of the English alphabet, digits, - and _, and is not \"end\"");
	for (size_t k = 0; k < i; k++)
		if (str_eq(q->id, d->questions.v[k].id)) e = bad(op, i, "id", "two questions have this id");
	if (q->show_if.n > SURVEY_CONDITIONS || q->skips.n > SURVEY_CONDITIONS) e = bad(op, i, "show_if", "has more conditions than 5");
	if (q->quotas.n > SURVEY_OPTIONS) e = bad(op, i, "quotas", "has more quotas than 20");
	for (size_t k = 0; k < q->texts.n; k++) {
		size_t options, rows;
		(void)survey_lines(&op->arena, q->texts.v[k].options, &options);
		(void)survey_lines(&op->arena, q->texts.v[k].rows, &rows);
		if (!lang_find(q->texts.v[k].lang)) e = bad(op, i, "texts", "is in a language that is not served");
		if (options > SURVEY_OPTIONS || rows > SURVEY_OPTIONS) e = bad(op, i, "texts", "offers more answers than 20");
	}
	return e;
}

enum err survey_check_draft(struct op *op, const struct survey_definition *d)
{
	enum err e = OK;
	if (!d->questions.n || d->questions.n > SURVEY_QUESTIONS) return fail(op, ERR_INVALID, "questions", "a survey has 1 to %d questions", SURVEY_QUESTIONS);
	for (size_t i = 0; i < d->questions.n; i++) {
		enum err one = check_question(op, d, i);
		e = one == OK ? e : one;
	}
	return e;
}

/* All languages offer the same answers and rows: their number is all that can be compared. */
static enum err check_lines(struct op *op, const struct survey_question *q, size_t i, bool rows)
{
	size_t n = 0, first = 0;
	for (size_t k = 0; (rows ? survey_has_rows(q->type) : needs_options(q)) && k < q->texts.n; k++) {
		if (!survey__is_whole(q, q->texts.v[k].lang)) continue;
		(void)survey_lines(&op->arena, rows ? q->texts.v[k].rows : q->texts.v[k].options, &n);
		if (n < (rows ? 1 : 2)) return bad(op, i, "texts", "offers fewer than two answers");
		if (first && n != first) return bad(op, i, "texts", "offers more answers in one language than in another");
		first = n;
	}
	return OK;
}

/* What can be kept only of somebody, or would tell who answered. */
static enum err check_people(struct op *op, const struct survey *s)
{
	for (size_t i = 0; i < s->definition.questions.n; i++) {
		const struct survey_question *q = &s->definition.questions.v[i];
		if (q->type == SURVEY_CONSENT && purpose_find(collect_purposes(op->app), str_given(q->purpose) ? q->purpose : S("")) < 0) return bad(op, i, "purpose", "is none of the purposes of the settings");
		if (s->is_anonymous && (q->type == SURVEY_CONSENT || q->type == SURVEY_CONTACT)) return bad(op, i, "type", "asks who somebody is, and the survey is anonymous");
	}
	return OK;
}

enum err survey_check_open(struct op *op, const struct survey *s)
{
	const struct survey_definition *d = &s->definition;
	size_t whole = 0;
	TRY(survey_check_draft(op, d));
	for (size_t l = 0; lang_at(l); l++) {
		str lang = lang_code(lang_at(l));
		size_t n = survey_complete(d, lang);
		if (n == d->questions.n) whole++;
		for (size_t i = 0; n && n < d->questions.n && i < d->questions.n; i++)
			if (!survey__is_whole(&d->questions.v[i], lang))
				return fault_set(&op->fault, ERR_INVALID, str_c(&op->arena, str_fmt(&op->arena, "questions[%zu].texts", i)), "question %zu lacks its words in %.*s, which others have", i + 1, STR_ARG(lang_own_name(lang_at(l))));
	}
	if (!whole) return fail(op, ERR_INVALID, "questions", "no language has the words of every question");
	for (size_t i = 0; i < d->questions.n; i++) {
		TRY(check_lines(op, &d->questions.v[i], i, false));
		TRY(check_lines(op, &d->questions.v[i], i, true));
	}
	TRY(check_people(op, s));
	return survey__check_branches(op, d);
}
