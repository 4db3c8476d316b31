/* survey_preview.c: a survey as those who answer will see it, whatever its state, in the language chosen. It is the same sitting as by a
 * link, and ends in the same thanks; nothing of it is kept or counted. */
#include "i18n/i18n.h"
#include "survey/survey_inner.h"

static enum err open_preview(struct op *op, const struct web *w, struct survey *s, struct sitting *x)
{
	str asked = web_query(w, "lang");
	const struct lang *lang = str_given(asked) ? lang_find(asked) : op->locale.lang;
	if (!lang) return fail(op, ERR_INVALID, "lang", "is no language that is served");
	TRY(survey__named(op, w, s));
	op->locale.lang = lang;
	*x = (struct sitting){.op = op, .s = s, .lang = lang, .mode = SURVEY_AS_PREVIEW, .name = STR_NONE, .submission = survey__new_submission(op)};
	http_set_header(w->rq, "Content-Security-Policy", S(HTTP_POLICY_FRAMED));
	return OK;
}

static str action_of(const struct sitting *x, const struct web *w)
{
	return str_fmt(&x->op->arena, "%.*s?lang=%.*s", STR_ARG(w->path), STR_ARG(lang_code(x->lang)));
}

enum err survey_preview_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey *s = ARENA_NEW(&op->arena, struct survey);
	struct sitting x;
	TRY(open_preview(op, w, s, &x));
	survey__sit(&x);
	return answer_with(a, &SURVEY_ANSWER_DESC, survey__draw(&x, 0, action_of(&x, w)));
}

enum err survey_preview_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey *s = ARENA_NEW(&op->arena, struct survey);
	struct survey_sent in = {.submission = STR_NONE};
	struct sitting x;
	TRY(web_input(op, w, &SURVEY_SENT_DESC, &in));
	TRY(open_preview(op, w, s, &x));
	if (survey__is_submission(in.submission)) x.submission = in.submission;
	survey__take(&x, &in);
	struct survey_answer *page = survey__go(&x, &in, action_of(&x, w));
	if (!page) page = survey__said_instead(op, "thanks");
	page->is_preview = true;
	page->action = action_of(&x, w);
	return page->faults.n ? answer_refused(op, a, &SURVEY_ANSWER_DESC, page) : answer_with(a, &SURVEY_ANSWER_DESC, page);
}
