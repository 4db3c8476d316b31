/* rating.h: what a set of answers on a scale says: NPS, CSAT and CES, weighted or not, how sure it is, and whether two sets
 * differ. Pure. Intervals hold the true value in 95 of 100 cases; tests are two-sided.
 * Sources: Reichheld 2003 (NPS); adjusted Wald for NPS, Rocks 2016, and the z test of two (MeasuringU); Wilson 1927; Welch 1947;
 * effective size of a weighted sample, Kish 1965. */
#ifndef BASE_RATING_H
#define BASE_RATING_H
#include "base/compare.h"

enum rating_metric { RATING_NPS, RATING_CSAT, RATING_CES, RATING_METRIC_COUNT };
extern const char *const RATING_METRICS[]; /* "nps", "csat", "ces", NULL */
/* What the value of CSAT and CES is: the share of the upper answers, or the mean. */
enum rating_method { RATING_TOP2, RATING_MEAN };
struct rating_scale {
	double low, high;
};
struct rating_scale rating_scale_of(enum rating_metric metric); /* where the question states none */
/* An answer is on the scale; of NPS it is a whole number. */
bool rating_is_answer(enum rating_metric metric, struct rating_scale scale, double answer);
/* The lowest answer that counts as positive: 4 of 5, 5 of 7, 9 of 0 to 10. NaN: the scale has no such agreement. */
double rating_top_from(struct rating_scale scale);

/* Sums of answers; all zero at first. */
struct rating_sums {
	int64_t n, promoters, passives, detractors, top; /* answers, whatever their weight */
	int64_t rated;      /* on a scale whose upper answers are agreed */
	long double weight, weight_squares, promoters_weight, detractors_weight, rated_weight, rated_squares, top_weight, sum, squares;
};
void rating_add(struct rating_sums *s, enum rating_metric metric, struct rating_scale scale, double answer, double weight);
void rating_merge(struct rating_sums *into, const struct rating_sums *from);
struct rating_sums rating_less(const struct rating_sums *all, const struct rating_sums *part);

struct rating_share {
	double value, low, high;
};
struct rating {
	int64_t n;
	double effective;  /* answers that an unweighted sample would need to be as sure */
	struct rating_share value;
	double error;      /* standard error of the value */
	struct rating_share mean, top2; /* top2 a share of 0 to 1; NaN where no answer has an agreed scale */
};
struct rating rating_of(const struct rating_sums *s, enum rating_metric metric, enum rating_method method);
struct comparison rating_compare(const struct rating_sums *a, const struct rating_sums *b, enum rating_metric metric, enum rating_method method);
#endif
