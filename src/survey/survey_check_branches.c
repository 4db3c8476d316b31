/* survey_check_branches.c: may this survey be opened, as far as its order goes? */
#include <string.h>

#include "base/datetime.h"
#include "survey/survey_inner.h"

/* "questions[2].skips" with a reason, once for the form and for programs. */
static enum err bad(struct op *op, size_t i, const char *field, const char *why, str about)
{
	str name = str_fmt(&op->arena, "questions[%zu].%s", i, field);
	return str_given(about) ? fault_set(&op->fault, ERR_INVALID, str_c(&op->arena, name), "question %zu: %s (%.*s)", i + 1, why, STR_ARG(about))
	                        : fault_set(&op->fault, ERR_INVALID, str_c(&op->arena, name), "question %zu: %s", i + 1, why);
}

/* Whether a value is one of the answers to a question. */
static bool is_value(struct op *op, const struct survey_question *q, str value)
{
	int least, most;
	int64_t whole;
	double real;
	size_t n;
	bool has_zone;
	if (survey_scale(q, &least, &most)) return str_i64(value, &whole) && whole >= least && whole <= most;
	switch (q->type) {
	case SURVEY_CHOICE:
	case SURVEY_CHOICES:
	case SURVEY_RANKING:
		if (q->texts.n) (void)survey_lines(&op->arena, q->texts.v[0].options, &n);
		return q->texts.n && str_i64(value, &whole) && whole >= 1 && (size_t)whole <= n;
	case SURVEY_BOOLEAN: return str_eq(value, S("true")) || str_eq(value, S("false"));
	case SURVEY_CONSENT: return str_eq(value, S("true"));
	case SURVEY_NUMBER: return str_f64(value, &real);
	case SURVEY_DATE: return value.n == 10 && datetime_parse(value, &whole, &has_zone);
	default: return false;
	}
}

static bool has_order(const struct survey_question *q)
{
	int least, most;
	return survey_scale(q, &least, &most) || q->type == SURVEY_NUMBER || q->type == SURVEY_DATE;
}

/* before: conditions may ask for questions before that one only. */
static enum err check_condition(struct op *op, const struct survey_definition *d, size_t i, const char *field, const struct survey_condition *c, size_t before)
{
	size_t of = survey__find(d, c->question);
	bool compares = c->test == SURVEY_AT_LEAST || c->test == SURVEY_AT_MOST, any = c->test == SURVEY_HAS_ANSWER || c->test == SURVEY_HAS_NONE;
	if (of == d->questions.n) return bad(op, i, field, "a condition asks for a question that is not there", c->question);
	if (of >= before) return bad(op, i, field, "a condition asks for an answer that is given later", c->question);
	if (any) return OK;
	const struct survey_question *q = &d->questions.v[of];
	if (compares && !has_order(q)) return bad(op, i, field, "answers to that question cannot be compared", c->question);
	if (!str_given(c->value) || !str_trim(c->value).n) return bad(op, i, field, "a condition has no value", c->question);
	if (compares && str_contains(c->value, S(","))) return bad(op, i, field, "it is compared with one value", c->value);
	for (str rest = c->value; str_given(rest) && rest.n;) {
		str value = str_trim(str_cut(&rest, ','));
		if (!is_value(op, q, value)) return bad(op, i, field, "that is not one of the answers", value);
	}
	return OK;
}

static enum err check_conditions(struct op *op, const struct survey_definition *d, size_t i, const char *field, const struct survey_condition *v, size_t n, size_t before)
{
	for (size_t k = 0; k < n; k++) TRY(check_condition(op, d, i, field, &v[k], before));
	return OK;
}

static enum err check_skip(struct op *op, const struct survey_definition *d, size_t i, const struct survey_skip *s)
{
	size_t to = str_eq(s->to, S("end")) ? d->questions.n : survey__find(d, s->to);
	if (to == d->questions.n && !str_eq(s->to, S("end"))) return bad(op, i, "skips", "it skips to a question that is not there", s->to);
	if (to <= i) return bad(op, i, "skips", "it leads back, so the survey would never end", s->to);
	return check_conditions(op, d, i, "skips", s->when.v, s->when.n, i + 1);
}

static enum err check_quota(struct op *op, size_t i, const struct survey_question *q, const struct survey_quota *x)
{
	str value = str_given(x->value) ? x->value : S("");
	if (q->type == SURVEY_NUMBER || q->type == SURVEY_DATE || q->type == SURVEY_RANKING || !is_value(op, q, value)) return bad(op, i, "quotas", "that is not one of the answers", value);
	return x->most == DESC_NULL_INT || x->most < 1 ? bad(op, i, "quotas", "it says how many are taken", value) : OK;
}

static enum err check_words(struct op *op, const struct survey_definition *d, size_t i, str text)
{
	struct survey_pipe pipe;
	for (size_t at = 0; survey__pipe_next(text, &at, &pipe);) {
		size_t of = pipe.is_name ? 0 : survey__find(d, pipe.question);
		if (!pipe.is_name && of >= i) return bad(op, i, "texts", "it repeats an answer that is not given before", pipe.whole);
		if (!str_given(pipe.otherwise)) return bad(op, i, "texts", "it does not say what stands there when there is no answer, after |", pipe.whole);
	}
	return OK;
}

static enum err check_parts(struct op *op, const struct survey_definition *d, size_t i)
{
	const struct survey_question *q = &d->questions.v[i];
	TRY(check_conditions(op, d, i, "show_if", q->show_if.v, q->show_if.n, i));
	for (size_t k = 0; k < q->skips.n; k++) TRY(check_skip(op, d, i, &q->skips.v[k]));
	for (size_t k = 0; k < q->quotas.n; k++) TRY(check_quota(op, i, q, &q->quotas.v[k]));
	for (size_t k = 0; k < q->texts.n; k++) TRY(check_words(op, d, i, q->texts.v[k].text));
	return OK;
}

enum err survey__check_branches(struct op *op, const struct survey_definition *d)
{
	bool *reached = ARENA_ARRAY(&op->arena, bool, d->questions.n + 1);
	for (size_t i = 0; i < d->questions.n; i++) TRY(check_parts(op, d, i));
	survey__reach(&op->arena, d, reached);
	for (size_t i = 0; i < d->questions.n; i++)
		if (!reached[i]) return bad(op, i, "show_if", "no answers lead to it, so it would never be asked", STR_NONE);
	if (d->opens_on != DESC_NULL_INT && d->closes_on != DESC_NULL_INT && d->closes_on < d->opens_on) return fail(op, ERR_INVALID, "closes_on", "it closes before it opens");
	return OK;
}
