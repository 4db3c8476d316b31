/* What other pages ask of the scored questions. */
#include "voice/voice_inner.h"

enum err voice_figures(struct op *op, struct voice_figure **out, size_t *n)
{
	struct feedback_question *v;
	size_t n_all;
	TRY(feedback_questions(op, &v, &n_all));
	*out = ARENA_ARRAY(&op->arena, struct voice_figure, n_all + 1);
	*n = 0;
	for (size_t i = 0; i < n_all; i++) {
		struct voice_way way = voice__way(&v[i]);
		if (way.is_scored) (*out)[(*n)++] = (struct voice_figure){v[i].id, voice__name(&v[i]), voice__score(op, &v[i], way, STR_NONE)};
	}
	return OK;
}
