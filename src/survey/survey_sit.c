/* survey_sit.c: one submission on its way through the pages: what is asked of it, in which words. */
#include "base/buf.h"
#include "i18n/i18n.h"
#include "survey/survey_inner.h"

const struct lang *survey__language(const struct survey *s, const struct lang *wanted)
{
	const struct survey_definition *d = &s->definition;
	if (survey_complete(d, lang_code(wanted)) == d->questions.n) return wanted;
	for (size_t i = 0; lang_at(i); i++)
		if (survey_complete(d, lang_code(lang_at(i))) == d->questions.n) return lang_at(i);
	return wanted;
}

const struct survey_text *survey__first(const struct survey *s, const struct survey_question *q)
{
	static const struct survey_text nothing = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};
	for (size_t i = 0; lang_at(i); i++) {
		str lang = lang_code(lang_at(i));
		if (survey_complete(&s->definition, lang) == s->definition.questions.n) return survey_text(q, lang);
	}
	return q->texts.n ? &q->texts.v[0] : &nothing;
}

const struct survey_text *survey__shown(const struct sitting *x, const struct survey_question *q)
{
	const struct survey_text *t = survey_text(q, lang_code(x->lang));
	return t ? t : survey__first(x->s, q);
}

/* By a link for anybody nobody is known whose consent it could be: it is not asked. */
static void leave_out_consents(struct sitting *x)
{
	for (size_t i = 0; x->mode != SURVEY_AS_PREVIEW && !x->customer && i < x->s->definition.questions.n; i++)
		if (x->s->definition.questions.v[i].type == SURVEY_CONSENT) x->asked[i] = false;
}

void survey__sit(struct sitting *x)
{
	const struct survey_definition *d = &x->s->definition;
	struct arena *a = &x->op->arena;
	if (!x->given) x->given = ARENA_ARRAY(a, const struct survey_given *, d->questions.n + 1);
	x->asked = ARENA_ARRAY(a, bool, d->questions.n + 1);
	x->starts = ARENA_ARRAY(a, size_t, d->questions.n + 1);
	x->n_pages = survey__pages(d, x->starts);
	survey__walk(d, x->given, x->asked);
	leave_out_consents(x);
}

size_t survey__page_end(const struct sitting *x, size_t page)
{
	return page + 1 < x->n_pages ? x->starts[page + 1] : x->s->definition.questions.n;
}

bool survey__page_is_asked(const struct sitting *x, size_t page)
{
	for (size_t i = x->starts[page]; i < survey__page_end(x, page); i++)
		if (x->asked[i]) return true;
	return false;
}

static str piped(const struct sitting *x, const struct survey_pipe *pipe)
{
	const struct survey_definition *d = &x->s->definition;
	str said = pipe->is_name ? x->name : STR_NONE;
	size_t of = pipe->is_name ? d->questions.n : survey__find(d, pipe->question);
	if (of < d->questions.n && x->asked[of]) said = survey__said(x->op, &d->questions.v[of], survey__shown(x, &d->questions.v[of]), x->given[of]);
	return str_given(said) && said.n ? said : str_given(pipe->otherwise) ? pipe->otherwise : S("…");
}

str survey__text(const struct sitting *x, str text)
{
	enum { MOST = 16384 };
	struct survey_pipe pipe;
	struct buf b;
	size_t from = 0;
	buf_init(&b, MOST);
	for (size_t at = 0; survey__pipe_next(text, &at, &pipe); from = at) {
		buf_add(&b, str_sub(text, from, at - pipe.whole.n - from));
		buf_add(&b, piped(x, &pipe));
	}
	buf_add(&b, str_sub(text, from, text.n - from));
	str out = buf_failed(&b) ? text : str_dup(&x->op->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

str survey_asked(struct op *op, const struct survey *s, const struct survey_question *q, const struct lang *lang, str called)
{
	struct sitting x = {.op = op, .s = s, .lang = lang, .mode = SURVEY_BY_LINK, .name = called};
	survey__sit(&x);
	return survey__text(&x, survey__shown(&x, q)->text);
}

/* The line that a part is: a row, or an option of a ranking; absent when it is none. */
static str part_of(struct op *op, const struct survey_text *t, const struct survey_question *q, str suffix)
{
	size_t n;
	int64_t part;
	str *lines = survey_lines(&op->arena, survey_has_rows(q->type) ? t->rows : t->options, &n);
	return str_i64(suffix, &part) && part >= 1 && (size_t)part <= n ? lines[part - 1] : STR_NONE;
}

str survey_words(struct op *op, const struct survey *s, str question)
{
	const struct survey_definition *d = &s->definition;
	const struct sitting x = {.op = op, .s = s, .lang = survey__language(s, op->locale.lang), .mode = SURVEY_AS_PREVIEW, .name = STR_NONE};
	str suffix = question, of = str_cut(&suffix, '.');
	size_t at = survey__find(d, of);
	if (at == d->questions.n) return STR_NONE;
	const struct survey_question *q = &d->questions.v[at];
	str words = survey_asked(op, s, q, x.lang, STR_NONE), part = str_given(suffix) ? part_of(op, survey__shown(&x, q), q, suffix) : STR_NONE;
	return str_given(part) ? str_fmt(&op->arena, "%.*s – %.*s", STR_ARG(words), STR_ARG(part)) : words;
}
