/* Lags against worked values, a lag that is planted, and series that have nothing to do with each other. */
#include "base/lag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { WEEKS = 60, SERIES = 5 };

static void near(double got, double want, double off)
{
	if (!(fabs(got - want) <= off)) fail_msg("%.12g, not %.12g", got, want);
}

/* Anscombe 1973, the first of four: r = 0.81642, by Fisher's z 0.424 to 0.951 with 11 pairs. */
static const double X[] = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5}, Y[] = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};

static void a_correlation_has_fishers_interval(void **state)
{
	(void)state;
	struct lag_answer a;
	lag_fit(&(struct lag_series){X, Y, 11}, 1, 0, &a);
	assert_int_equal(a.at[0].pairs, 11);
	near(a.at[0].r, 0.81642, 1e-5);
	near(a.at[0].effective, 11, 1e-9);
	near(a.at[0].low, 0.4244, 5e-4);
	near(a.at[0].high, 0.9507, 5e-4);
	near(a.p, erfc(atanh(0.8164205) * sqrt(8) / M_SQRT2), 1e-5);
}

static void the_lag_is_found_and_paid_for(void **state)
{
	(void)state;
	double lead[15], follow[15];
	struct lag_answer a;
	for (int i = 0; i < 15; i++) lead[i] = follow[i] = NAN;
	memcpy(lead, X, sizeof X);
	memcpy(follow + 3, Y, sizeof Y);
	follow[0] = 5, follow[1] = 9, follow[2] = 7, lead[11] = 8, lead[12] = 12, lead[13] = 6;
	lag_fit(&(struct lag_series){lead, follow, 15}, 1, 4, &a);
	assert_int_equal(a.best, 3);
	assert_int_equal(a.tried, 5);
	near(a.at[3].r, 0.81642, 1e-5);
	near(a.p, 5 * a.at[3].p, 1e-12);
	assert_true(a.at[3].low < 0.4244 && a.at[3].high > 0.9507);
}

static void too_little_is_no_figure(void **state)
{
	(void)state;
	const double same[] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3};
	struct lag_answer a;
	lag_fit(&(struct lag_series){X, Y, 7}, 1, 4, &a);
	assert_int_equal(a.best, -1);
	assert_int_equal(a.at[0].pairs, 7);
	assert_true(isnan(a.at[0].r) && isnan(a.p));
	lag_fit(&(struct lag_series){X, same, 11}, 1, 0, &a);
	assert_int_equal(a.best, -1);
	lag_fit(NULL, 0, 8, &a);
	assert_int_equal(a.best, -1);
}

/* Two teams, one always happier and better served: that alone is no association. */
static void teams_are_taken_about_their_own_means(void **state)
{
	(void)state;
	const double flat[] = {1, 2, 1, 2, 1, 2, 1, 2}, other[] = {1, 1, 2, 2, 1, 1, 2, 2}, high[] = {101, 102, 101, 102, 101, 102, 101, 102}, far[] = {101, 101, 102, 102, 101, 101, 102, 102};
	const struct lag_series two[] = {{flat, other, 8}, {high, far, 8}};
	struct lag_answer a;
	lag_fit(two, 2, 0, &a);
	assert_int_equal(a.at[0].pairs, 16);
	near(a.at[0].r, 0, 1e-12);
}

/* ---- by chance ---- */

static uint64_t seed;

static double uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static double normal(void)
{
	double sum = -6;
	for (int i = 0; i < 12; i++) sum += uniform();
	return sum;
}

static void remembering(double *out, double memory)
{
	double v = normal() / sqrt(1 - memory * memory);
	for (size_t t = 0; t < WEEKS; t++) out[t] = v = memory * v + normal();
}

static double share_of_alarms(double memory, size_t n_series, size_t weeks)
{
	enum { ROUNDS = 2000 };
	int alarms = 0;
	for (int round = 0; round < ROUNDS; round++) {
		double lead[SERIES][WEEKS], follow[SERIES][WEEKS];
		struct lag_series s[SERIES];
		struct lag_answer a;
		for (size_t i = 0; i < n_series; i++) {
			remembering(lead[i], memory);
			remembering(follow[i], memory);
			s[i] = (struct lag_series){lead[i], follow[i], weeks};
		}
		lag_fit(s, n_series, 8, &a);
		alarms += a.p < 0.05;
	}
	return (double)alarms / ROUNDS;
}

static void chance_is_called_an_association_in_one_of_twenty_at_most(void **state)
{
	(void)state;
	const struct {
		double memory;
		size_t series, weeks;
	} cases[] = {{0, 1, 30}, {0, 5, 52}, {0.5, 1, 52}, {0.5, 5, 52}, {0.8, 1, 52}, {0.8, 5, 52}};
	seed = 20250101;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double share = share_of_alarms(cases[i].memory, cases[i].series, cases[i].weeks);
		if (getenv("LAG_SHOW")) print_message("memory %.1f, %zu series of %zu: %.4f\n", cases[i].memory, cases[i].series, cases[i].weeks, share);
		if (share > 0.06) fail_msg("memory %.1f, %zu series of %zu weeks: %.4f", cases[i].memory, cases[i].series, cases[i].weeks, share);
	}
}

static void a_planted_lag_is_found(void **state)
{
	(void)state;
	enum { ROUNDS = 200, LAG = 3 };
	int found = 0;
	seed = 7;
	for (int round = 0; round < ROUNDS; round++) {
		double lead[SERIES][WEEKS], follow[SERIES][WEEKS];
		struct lag_series s[SERIES];
		struct lag_answer a;
		for (size_t i = 0; i < SERIES; i++) {
			remembering(lead[i], 0.4);
			for (size_t t = 0; t < WEEKS; t++) follow[i][t] = t < LAG ? NAN : 0.5 * lead[i][t - LAG] + normal();
			s[i] = (struct lag_series){lead[i], follow[i], 52};
		}
		lag_fit(s, SERIES, 8, &a);
		found += a.best == LAG && a.p < 0.05 && a.at[LAG].low > 0;
	}
	if (found < ROUNDS * 98 / 100) fail_msg("%d of %d", found, ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_correlation_has_fishers_interval), cmocka_unit_test(the_lag_is_found_and_paid_for), cmocka_unit_test(too_little_is_no_figure),
		cmocka_unit_test(teams_are_taken_about_their_own_means), cmocka_unit_test(chance_is_called_an_association_in_one_of_twenty_at_most), cmocka_unit_test(a_planted_lag_is_found)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
