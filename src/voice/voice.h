/* voice.h: what customers say in scores and words: figures of the questions that were answered, the answers themselves, and
 * what drives a score. Figures are asked of the events (query kinds score and drivers), rows of src/feedback; all for the purpose
 * of analysis, so whoever refused it is in none. */
#ifndef VOICE_VOICE_H
#define VOICE_VOICE_H
#include "http/web.h"

extern const struct desc VOICE_DESC, VOICE_RESPONSES_DESC, VOICE_DRIVERS_DESC, VOICE_SERVING_DESC;
/* The scored questions that were answered, each with the question (POST /query) of its figure. */
struct voice_figure {
	str id, name, question; /* name: its wording, else its id */
};
enum err voice_figures(struct op *op, struct voice_figure **out, size_t *n) NODISCARD;
/* Of the overall score: what is more important than most and answered worse than most. */
struct voice_priority {
	str id, name, outcome;
	double share, top2; /* of what is explained; of upper answers in the cases */
	int64_t cases, first_ms; /* first_ms: of its first answer */
};
enum err voice_priorities(struct op *op, struct voice_priority **out, size_t *n) NODISCARD;
web_handler voice_get, voice_responses_get, voice_responses_csv, voice_submissions_csv, voice_drivers_get, voice_serving_get;
#endif
