/* score.h: what a set of answers on a scale says: NPS, CSAT and CES, weighted or not, how sure it is, and whether two sets
 * differ. Pure. Intervals hold the true value in 95 of 100 cases; tests are two-sided.
 * Sources: Reichheld 2003 (NPS); adjusted Wald for NPS, Rocks 2016, and the z test of two (MeasuringU); Wilson 1927; Welch 1947;
 * effective size of a weighted sample, Kish 1965. */
#ifndef BASE_SCORE_H
#define BASE_SCORE_H
#include "base/compare.h"

enum score_metric { SCORE_NPS, SCORE_CSAT, SCORE_CES, SCORE_METRIC_COUNT };
extern const char *const SCORE_METRICS[]; /* "nps", "csat", "ces", NULL */
/* What the value of CSAT and CES is: the share of the upper answers, or the mean. */
enum score_method { SCORE_TOP2, SCORE_MEAN };
struct score_scale {
	double low, high;
};
struct score_scale score_scale_of(enum score_metric metric); /* where the question states none */
/* An answer is on the scale; of NPS it is a whole number. */
bool score_is_answer(enum score_metric metric, struct score_scale scale, double answer);
/* The lowest answer that counts as positive: 4 of 5, 5 of 7, 9 of 0 to 10. NaN: the scale has no such agreement. */
double score_top_from(struct score_scale scale);

/* Sums of answers; all zero at first. */
struct score_sums {
	int64_t n, promoters, passives, detractors, top; /* answers, whatever their weight */
	int64_t rated;      /* on a scale whose upper answers are agreed */
	long double weight, weight_squares, promoters_weight, detractors_weight, rated_weight, rated_squares, top_weight, sum, squares;
};
void score_add(struct score_sums *s, enum score_metric metric, struct score_scale scale, double answer, double weight);
void score_merge(struct score_sums *into, const struct score_sums *from);
struct score_sums score_less(const struct score_sums *all, const struct score_sums *part);

struct score_share {
	double value, low, high;
};
struct score {
	int64_t n;
	double effective;  /* answers that an unweighted sample would need to be as sure */
	struct score_share value;
	double error;      /* standard error of the value */
	struct score_share mean, top2; /* top2 a share of 0 to 1; NaN where no answer has an agreed scale */
};
struct score score_of(const struct score_sums *s, enum score_metric metric, enum score_method method);
struct comparison score_compare(const struct score_sums *a, const struct score_sums *b, enum score_metric metric, enum score_method method);
#endif
