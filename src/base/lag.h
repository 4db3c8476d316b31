/* lag.h: whether one series of regular values goes with another so many steps later, and at which lag best. Pure. Several pairs of series
 * (teams) are taken together, each about its own mean, so that differences between them make no association. It is an association, no cause.
 * Sources: Fisher 1921 (z of r); Bartlett 1935, Quenouille 1947 (how many pairs of series that remember count as independent);
 * Marriott & Pope 1954 (the bias of a short series' autocorrelation); Bonferroni for the lags that were tried. */
#ifndef BASE_LAG_H
#define BASE_LAG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAG_MOST = 26, LAG_PAIRS_LEAST = 8, LAG_SERIES_LEAST = 4 };
struct lag_series { /* n values each, a step apart; NaN: not known */
	const double *lead, *follow;
	size_t n;
};
struct lag_fit {
	int64_t pairs;     /* both known, of series that have at least LAG_SERIES_LEAST */
	double effective;  /* as many independent pairs; NaN, like all below, where too few are known or one of the two never changes */
	double r, low, high; /* the interval holds in 95 of 100 cases over all lags tried */
	double p;          /* of this lag alone, two-sided */
};
struct lag_answer {
	struct lag_fit at[LAG_MOST + 1]; /* by lag, 0 to most */
	int tried;         /* lags with enough pairs */
	int best;          /* the one of the smallest p; -1: none could be tried */
	double p;          /* of the best, corrected for the number tried */
};
void lag_fit(const struct lag_series *series, size_t n, int most, struct lag_answer *out);
#endif
