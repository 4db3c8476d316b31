/* importance.h: how much each predictor explains of an outcome that several explain together. Pure.
 * Sources: Johnson 2000 (relative weights); Lindeman, Merenda, Gold 1980 and Grömping 2006 (LMG, the Shapley values of R²);
 * Efron & Tibshirani 1993 (percentile bootstrap over cases); Cronbach 1951 (alpha). */
#ifndef BASE_IMPORTANCE_H
#define BASE_IMPORTANCE_H
#include "base/interval.h"

enum importance_method { IMPORTANCE_RELATIVE_WEIGHTS, IMPORTANCE_LMG };
/* LMG fits 2^n models a draw. */
enum { IMPORTANCE_MAX = 50, IMPORTANCE_MAX_LMG = 14, IMPORTANCE_DRAWS = 1000 };

struct importance {
	double weight, share;  /* of the variance of the outcome; of what is explained */
	struct interval sure;  /* of the weight */
	double coefficient;    /* standardised, of the regression on all */
	double error;          /* its standard error; NaN without one */
	double mean;
};
struct importance_answer {
	double r2;             /* NaN with too few cases, or an outcome without spread, like the weights then */
	double alpha;          /* of the items as one scale; NaN with fewer than two */
	double outcome_mean;
	double effective;      /* Kish's (Σw)² ÷ Σw²: as sure as that many equal cases */
	int draws;             /* 0: no intervals were asked for */
	struct importance *of; /* by predictor */
};
/* cases: n rows of the outcome and the predictors after it, complete; with is_weighted, what the row weighs stands behind these (not below 0).
 * is_item, by predictor: those that alpha is of (NULL: all). A draw takes cases with equal chance, each with its weight. The same cases in the
 * same order give the same intervals. */
struct importance_asked {
	enum importance_method method;
	const double *cases;
	size_t n, predictors;
	const bool *is_item;
	bool is_weighted;
	bool has_no_intervals; /* the bootstrap is most of the work */
};
void importance_of(struct arena *a, const struct importance_asked *asked, struct importance_answer *out);
#endif
