/* Against values of tables and of worked examples. */
#include "base/compare.h"

#include <math.h>

#include "test.h"

static void near(double got, double want, double off)
{
	if (!(fabs(got - want) <= off)) fail_msg("%.12g, not %.12g", got, want);
}

static void students_t_is_that_of_the_tables(void **state)
{
	(void)state;
	near(compare_t_quantile(1), 12.7062047362, 1e-8);
	near(compare_t_quantile(2), 4.30265272975, 1e-9);
	near(compare_t_quantile(10), 2.22813885196, 1e-9);
	near(compare_t_quantile(30), 2.04227245630, 1e-9);
	near(compare_t_quantile(1e8), 1.95996398454, 1e-9);
	near(compare_t_p(12.7062047362, 1), 0.05, 1e-10);
	near(compare_t_p(0, 5), 1, 1e-12);
	near(compare_t_p(2, 10), 0.0733880347707, 1e-10);
	near(compare_t_p(-2, 10), 0.0733880347707, 1e-10);
	/* one degree of freedom is Cauchy's: 1 - 2 atan(t) / π */
	near(compare_t_p(3, 1), 1 - 2 * atan(3) / M_PI, 1e-12);
}

static void two_means_are_compared_by_welch(void **state)
{
	(void)state;
	/* 3 4 5 6 7 and 1 2 3 4 10: means 5 and 4, variances 2.5 and 12.5; t = 1 / √3, freedom 9 / (0.25/4 + 6.25/4) */
	struct comparison c = compare_means((struct sample){5, 5, 2.5}, (struct sample){5, 4, 12.5});
	double freedom = 9 / 1.625;
	near(c.difference, 1, 1e-12);
	near(c.p, compare_t_p(1 / sqrt(3), freedom), 1e-12);
	near(c.high - c.low, 2 * compare_t_quantile(freedom) * sqrt(3), 1e-9);
	struct interval i = compare_mean((struct sample){11, 10, 11});
	near(i.high, 10 + 2.22813885196, 1e-8);
	assert_true(isnan(compare_means((struct sample){1, 5, NAN}, (struct sample){5, 4, 1}).p));
	assert_true(isnan(compare_means((struct sample){0, NAN, NAN}, (struct sample){5, 4, 1}).difference));
	assert_true(isnan(compare_means((struct sample){3, 5, 0}, (struct sample){5, 4, 0}).p));
	assert_true(isnan(compare_mean((struct sample){1, 5, NAN}).low));
}

static void two_shares_are_compared(void **state)
{
	(void)state;
	/* Newcombe 1998, table II: 56 of 70 and 48 of 80, method 10: 0.0524 to 0.3339; and 9 of 10, 3 of 10: 0.1705 to 0.8090 */
	struct comparison c = compare_shares(56, 70, 48, 80);
	near(c.difference, 0.2, 1e-12);
	near(c.low, 0.0524, 5e-5);
	near(c.high, 0.3339, 5e-5);
	near(c.p, 0.00802, 5e-5);
	c = compare_shares(9, 10, 3, 10);
	near(c.low, 0.1705, 5e-5);
	near(c.high, 0.8090, 5e-5);
	assert_true(isnan(compare_shares(0, 5, 0, 7).p));
	assert_true(isnan(compare_shares(0, 0, 0, 7).difference));
}

static void many_comparisons_are_corrected(void **state)
{
	(void)state;
	const double p[] = {0.01, 0.04, NAN, 0.03, 0.005};
	double q[5];
	compare_adjust(p, 5, q);
	near(q[4], 0.02, 1e-12);
	near(q[0], 0.02, 1e-12);
	near(q[3], 0.04, 1e-12);
	near(q[1], 0.04, 1e-12);
	assert_true(isnan(q[2]));
	compare_adjust(p, 0, q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(students_t_is_that_of_the_tables), cmocka_unit_test(two_means_are_compared_by_welch), cmocka_unit_test(two_shares_are_compared),
		cmocka_unit_test(many_comparisons_are_corrected)};
	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
