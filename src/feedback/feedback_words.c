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
