/* survey_check.c: what a survey must be before it is saved, and before anybody is asked. */
#include <string.h>

#include "i18n/i18n.h"
#include "survey/survey.h"

const struct survey_text *survey_text(const struct survey_question *q, str lang)
{
	for (size_t i = 0; i < q->texts.n; i++)
		if (str_eq(q->texts.v[i].lang, lang) && str_given(str_trim(q->texts.v[i].text))) return &q->texts.v[i];
	return NULL;
}

str *survey_options(struct arena *a, const struct survey_text *t, size_t *n)
{
	str *out = ARENA_ARRAY(a, str, SURVEY_OPTIONS + 1);
	*n = 0;
	for (str rest = t->options; str_given(rest) && rest.n && *n <= SURVEY_OPTIONS;) {
		str line = str_trim(str_cut(&rest, '\n'));
		if (line.n) out[(*n)++] = line;
	}
	return out;
}

static bool has_options(int type)
{
	return type == SURVEY_CHOICE || type == SURVEY_CHOICES;
}

static bool is_whole(const struct survey_question *q, str lang)
{
	const struct survey_text *t = survey_text(q, lang);
	return t && (!has_options(q->type) || str_given(str_trim(t->options)));
}

size_t survey_complete(const struct survey_definition *d, str lang)
{
	size_t n = 0;
	for (size_t i = 0; i < d->questions.n; i++) n += is_whole(&d->questions.v[i], lang);
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

enum err survey_check_draft(struct op *op, const struct survey_definition *d)
{
	enum err e = OK;
	if (!d->questions.n || d->questions.n > SURVEY_QUESTIONS) return fail(op, ERR_INVALID, "questions", "a survey has 1 to %d questions", SURVEY_QUESTIONS);
	for (size_t i = 0; i < d->questions.n; i++) {
		const struct survey_question *q = &d->questions.v[i];
		if (!is_id(q->id)) e = bad(op, i, "id", "is made of letters of the English alphabet, digits, - and _");
		for (size_t k = 0; k < i; k++)
			if (str_eq(q->id, d->questions.v[k].id)) e = bad(op, i, "id", "two questions have this id");
		for (size_t k = 0; k < q->texts.n; k++) {
			size_t n;
			(void)survey_options(&op->arena, &q->texts.v[k], &n);
			if (!lang_find(q->texts.v[k].lang)) e = bad(op, i, "texts", "is in a language that is not served");
			if (n > SURVEY_OPTIONS) e = bad(op, i, "texts", "offers more answers than 20");
		}
	}
	return e;
}

/* All languages offer the same answers: their number is all that can be compared. */
static enum err check_options(struct op *op, const struct survey_question *q, size_t i)
{
	size_t n = 0, first = 0;
	for (size_t k = 0; has_options(q->type) && k < q->texts.n; k++) {
		if (!is_whole(q, q->texts.v[k].lang)) continue;
		(void)survey_options(&op->arena, &q->texts.v[k], &n);
		if (n < 2) return bad(op, i, "texts", "offers fewer than two answers");
		if (first && n != first) return bad(op, i, "texts", "offers more answers in one language than in another");
		first = n;
	}
	return OK;
}

enum err survey_check_open(struct op *op, const struct survey_definition *d)
{
	size_t whole = 0;
	TRY(survey_check_draft(op, d));
	for (size_t l = 0; lang_at(l); l++) {
		str lang = lang_code(lang_at(l));
		size_t n = survey_complete(d, lang);
		if (n == d->questions.n) whole++;
		for (size_t i = 0; n && n < d->questions.n && i < d->questions.n; i++)
			if (!is_whole(&d->questions.v[i], lang))
				return fault_set(&op->fault, ERR_INVALID, str_c(&op->arena, str_fmt(&op->arena, "questions[%zu].texts", i)), "question %zu lacks its words in %.*s, which others have", i + 1, STR_ARG(lang_own_name(lang_at(l))));
	}
	if (!whole) return fail(op, ERR_INVALID, "questions", "no language has the words of every question");
	for (size_t i = 0; i < d->questions.n; i++) TRY(check_options(op, &d->questions.v[i], i));
	return OK;
}
