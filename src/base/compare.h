/* compare.h: whether two groups differ, and how surely. Pure. Intervals hold the true value in 95 of 100 cases; tests are
 * two-sided.
 * Sources: Welch 1947; Newcombe 1998, method 10 (difference of shares by their Wilson intervals); Benjamini & Hochberg
 * 1995; the incomplete beta function by its continued fraction (Lentz). */
#ifndef BASE_COMPARE_H
#define BASE_COMPARE_H
#include "base/interval.h"

struct sample {
	int64_t n;
	double mean, variance; /* of the sample: divided by n - 1; NaN with fewer than two */
};
struct comparison {
	double difference; /* of the first to the second; NaN when one of them is empty, like the rest where it cannot be told */
	double low, high, p;
};
struct interval compare_mean(struct sample s);                        /* by Student's t */
struct comparison compare_means(struct sample a, struct sample b);    /* Welch's t */
struct comparison compare_shares(int64_t k1, int64_t n1, int64_t k2, int64_t n2); /* pooled z for p, Newcombe's interval */
double compare_t_p(double t, double freedom);                         /* both tails */
double compare_t_quantile(double freedom);                            /* t that leaves 2.5 in 100 above it */
/* q[i]: the rate of false discoveries among all that are at least as sure as i. NaN stays NaN and does not count. */
void compare_adjust(const double *p, size_t n, double *q);
#endif
