/* score.h: how well a classifier judges labelled texts. */
#ifndef TEXT_SCORE_H
#define TEXT_SCORE_H
#include "json/json.h"

/* Labels are numbered as the classifier's; what it has never met comes behind them. */
struct score {
	size_t n_labels, n_met; /* of n_labels, how many the classifier knows */
	const str *labels;
	uint32_t *confusion; /* truth × judged */
	size_t n, right;
};
void score_init(struct score *s, struct arena *a, const str *labels, size_t n_labels, size_t n_met);
void score_add(struct score *s, size_t truth, size_t judged);
double score_accuracy(const struct score *s); /* NaN without texts */
/* Mean over the labels that stand in the truth or were judged (as scikit-learn has it). */
double score_macro_f1(const struct score *s);
/* The members of an open object: n, accuracy with its interval (Wilson), macro_f1, labels (n, precision, recall, f1) and
 * confusion (rows are the truth). */
void score_write(const struct score *s, struct json_writer *w);
#endif
