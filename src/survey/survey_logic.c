/* survey_logic.c: which questions are asked, on which pages, by what was answered before. */
#include <string.h>

#include "survey/survey_inner.h"

size_t survey__find(const struct survey_definition *d, str question)
{
	size_t i = 0;
	while (i < d->questions.n && !str_eq(d->questions.v[i].id, question)) i++;
	return i;
}

static bool is_any(const struct survey_question *q, const struct survey_given *g, str values)
{
	for (str rest = values; str_given(rest) && rest.n;)
		if (survey__is(q, g, str_trim(str_cut(&rest, ',')))) return true;
	return false;
}

/* Days as text stand in the order of time. */
static int compare(const struct survey_question *q, const struct survey_given *g, str value, bool *comparable)
{
	double x, y;
	*comparable = true;
	if (q->type == SURVEY_DATE) return memcmp(g->value.p, value.p, g->value.n < value.n ? g->value.n : value.n);
	*comparable = str_f64(str_trim(g->value), &x) && str_f64(str_trim(value), &y);
	return *comparable ? (x > y) - (x < y) : 0;
}

static bool holds(const struct survey_condition *c, const struct survey_question *q, const struct survey_given *g)
{
	bool comparable;
	if (!g || !survey__is_answered(q, g)) return c->test == SURVEY_HAS_NONE;
	switch (c->test) {
	case SURVEY_IS: return is_any(q, g, c->value);
	case SURVEY_IS_NOT: return !is_any(q, g, c->value);
	case SURVEY_AT_LEAST: return compare(q, g, c->value, &comparable) >= 0 && comparable;
	case SURVEY_AT_MOST: return compare(q, g, c->value, &comparable) <= 0 && comparable;
	default: return c->test == SURVEY_HAS_ANSWER;
	}
}

/* An answer to a question that is no longer asked (somebody went back) is none. */
static bool all_hold(const struct survey_definition *d, const struct survey_condition *v, size_t n, size_t before, const struct survey_given *const *given, const bool *asked)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = survey__find(d, v[i].question);
		if (at >= before || !holds(&v[i], &d->questions.v[at], asked[at] ? given[at] : NULL)) return false;
	}
	return true;
}

static size_t place_of(const struct survey_definition *d, str to, size_t from)
{
	size_t at = str_eq(to, S("end")) ? d->questions.n : survey__find(d, to);
	return at > from ? at : from + 1;
}

void survey__walk(const struct survey_definition *d, const struct survey_given *const *given, bool *asked)
{
	size_t next = 0;
	for (size_t i = 0; i < d->questions.n; i++) {
		const struct survey_question *q = &d->questions.v[i];
		asked[i] = i >= next && all_hold(d, q->show_if.v, q->show_if.n, i, given, asked);
		for (size_t k = 0; asked[i] && k < q->skips.n; k++) {
			if (!all_hold(d, q->skips.v[k].when.v, q->skips.v[k].when.n, i + 1, given, asked)) continue;
			next = place_of(d, q->skips.v[k].to, i);
			break;
		}
	}
}

/* ---- pages ---- */

static bool is_within(const struct survey_definition *d, str question, size_t start, size_t end)
{
	size_t at = survey__find(d, question);
	return at >= start && at < end;
}

static bool hangs_on_words(const struct survey_definition *d, const struct survey_question *q, size_t start, size_t i)
{
	struct survey_pipe pipe;
	for (size_t k = 0; k < q->texts.n; k++)
		for (size_t at = 0; survey__pipe_next(q->texts.v[k].text, &at, &pipe);)
			if (!pipe.is_name && is_within(d, pipe.question, start, i)) return true;
	return false;
}

static bool hangs_on(const struct survey_definition *d, size_t start, size_t i)
{
	const struct survey_question *q = &d->questions.v[i];
	for (size_t k = start; k < i; k++)
		if (d->questions.v[k].skips.n) return true;
	for (size_t k = 0; k < q->show_if.n; k++)
		if (is_within(d, q->show_if.v[k].question, start, i)) return true;
	return hangs_on_words(d, q, start, i);
}

size_t survey__pages(const struct survey_definition *d, size_t *starts)
{
	size_t n = 0;
	for (size_t i = 0; i < d->questions.n; i++)
		if (!n || d->questions.v[i].begins_page || hangs_on(d, starts[n - 1], i)) starts[n++] = i;
	return n;
}

/* ---- piping ---- */

bool survey__pipe_next(str text, size_t *at, struct survey_pipe *out)
{
	for (size_t i = *at; str_given(text) && i < text.n; i++) {
		size_t end;
		if (text.p[i] != '{' || !str_find(str_sub(text, i, text.n), '}', &end)) continue;
		str inside = str_sub(text, i + 1, end - 1), name = str_cut(&inside, '|');
		*out = (struct survey_pipe){.is_name = str_eq(name, S("name")), .otherwise = str_given(inside) ? str_trim(inside) : STR_NONE, .whole = str_sub(text, i, end + 1)};
		if (str_starts(name, S("answer:"))) out->question = str_trim(str_sub(name, 7, name.n));
		else if (!out->is_name) continue;
		*at = i + end + 1;
		return true;
	}
	return false;
}
