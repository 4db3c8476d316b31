/* interval.h: how sure a share or a mean is: intervals that hold the true value in 95 of 100 cases. Pure.
 * Sources: Wilson 1927; Efron & Tibshirani 1993, chapter 13 (percentile bootstrap). */
#ifndef BASE_INTERVAL_H
#define BASE_INTERVAL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct interval {
	double low, high; /* NaN when there is none */
};

/* Of k successes among n. */
struct interval interval_wilson(int64_t k, int64_t n);
/* Whether two shares differ by more than chance at 5 in 100 (two-sided z test of pooled proportions). */
bool interval_shares_differ(int64_t k1, int64_t n1, int64_t k2, int64_t n2);

/* What a bootstrap drew: its middle 95 of 100, between two draws linearly (type 7). Sorts them. */
struct interval interval_of_draws(double *drawn, size_t n);
/* A good number for every number: chooses the same pieces at every run. */
uint64_t interval_mixed(uint64_t x);

/* A ratio of sums over independent pieces (orders): Σ top ÷ Σ bottom. Its memory is fixed, however many are added. */
struct ratio_sample;
struct ratio_sample *ratio_sample_new(struct arena *a);
void ratio_sample_add(struct ratio_sample *s, double top, double bottom);
int64_t ratio_sample_n(const struct ratio_sample *s);
/* By 1,000 draws with a fixed seed: the same pieces in the same order give the same interval. */
struct interval ratio_sample_interval(const struct ratio_sample *s);
#endif
