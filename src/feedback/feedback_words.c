/* feedback_words.c: what was asked, as the reader of a figure reads it: in their language when the survey is ours and has it, else in the
 * survey's first. What an answer was asked in stays with the answer; questions of other senders keep the words they came with. */
#include "feedback/feedback_inner.h"
#include "survey/survey.h"

static const struct survey *survey_of(const struct survey *all, size_t n, str id_text)
{
	id survey;
	if (!str_given(id_text) || !id_read(S("sur"), id_text, &survey)) return NULL;
	for (size_t i = 0; i < n; i++)
		if (all[i].id == survey) return &all[i];
	return NULL;
}

enum err feedback__reword(struct op *op, struct feedback_question *v, size_t n)
{
	struct survey *all;
	size_t surveys;
	TRY(survey_all(op, &all, &surveys));
	for (size_t i = 0; i < n; i++) {
		const struct survey *s = survey_of(all, surveys, v[i].survey);
		str words = s ? survey_words(op, s, v[i].id) : STR_NONE;
		if (str_given(words)) v[i].wording = words;
	}
	return OK;
}

struct feedback_version {
	str survey, number;
	struct survey s; /* id 0: none of ours, or it has no such version */
	struct feedback_version *next;
};

static enum err read_version(struct op *op, struct feedback_version *v)
{
	struct survey s = {0};
	int64_t number;
	id survey;
	if (!str_given(v->survey) || !id_read(S("sur"), v->survey, &survey)) return OK;
	bool is_numbered = str_given(v->number) && str_i64(v->number, &number);
	enum err e = is_numbered ? survey_version(op, survey, number, &s.definition) : survey_get(op, survey, &s);
	s.id = survey;
	if (e == OK) v->s = s;
	if (e != ERR_NOT_FOUND) return e;
	fault_clear(&op->fault);
	return OK;
}

enum err feedback_wording(struct op *op, struct feedback_version **known, str survey, str version, str question, str *wording)
{
	struct feedback_version *v = *known;
	while (v && !(str_eq(v->survey, survey) && str_eq(v->number, version))) v = v->next;
	if (!v) {
		v = ARENA_NEW(&op->arena, struct feedback_version);
		*v = (struct feedback_version){.survey = survey, .number = version, .next = *known};
		TRY(read_version(op, v));
		*known = v;
	}
	str words = v->s.id ? survey_words(op, &v->s, question) : STR_NONE;
	if (str_given(words)) *wording = words;
	return OK;
}
