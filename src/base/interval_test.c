#include "test.h"

#include <math.h>

#include "base/arena.h"
#include "base/interval.h"

static bool near(double a, double b, double by)
{
	return fabs(a - b) < by;
}

/* Worked by hand: 10 of 20 → 0.2993 to 0.7007; 1796 of 3148 → 0.5532 to 0.5877. */
static void wilson_follows_its_formula(void **state)
{
	(void)state;
	struct interval half = interval_wilson(10, 20), none = interval_wilson(0, 30), sample = interval_wilson(1796, 3148);
	assert_true(near(half.low, 0.2993, 0.0001) && near(half.high, 0.7007, 0.0001));
	assert_true(none.low == 0 && near(none.high, 0.1135, 0.0001));
	assert_true(near(sample.low, 0.5532, 0.0002) && near(sample.high, 0.5877, 0.0002));
	assert_true(isnan(interval_wilson(0, 0).low));
}

static void shares_differ_only_beyond_chance(void **state)
{
	(void)state;
	assert_true(interval_shares_differ(68, 452, 323, 1623));
	assert_false(interval_shares_differ(10, 100, 12, 100));
	assert_false(interval_shares_differ(0, 0, 12, 100));
	assert_false(interval_shares_differ(0, 50, 0, 100));
}

/* The ratio of means of n equal pieces has no spread; of k ones among n it has the binomial's. */
static void ratios_spread_as_theory_says(void **state)
{
	(void)state;
	struct arena a = {0};
	struct ratio_sample *same = ratio_sample_new(&a), *coin = ratio_sample_new(&a), *many = ratio_sample_new(&a), *empty = ratio_sample_new(&a);
	for (int i = 0; i < 400; i++) ratio_sample_add(same, 1, 4);
	for (int i = 0; i < 400; i++) ratio_sample_add(coin, i % 4 == 0, 1);
	for (int i = 0; i < 40000; i++) ratio_sample_add(many, i % 4 == 0, 1);
	struct interval s = ratio_sample_interval(same), c = ratio_sample_interval(coin), m = ratio_sample_interval(many);
	assert_true(s.low == 0.25 && s.high == 0.25);
	assert_true(near(c.low, 0.25 - 1.96 * sqrt(0.25 * 0.75 / 400), 0.006) && near(c.high, 0.25 + 1.96 * sqrt(0.25 * 0.75 / 400), 0.006));
	/* Past 4,096 pieces they are drawn in groups: as wide as drawing each. */
	assert_true(near(m.low, 0.25 - 1.96 * sqrt(0.25 * 0.75 / 40000), 0.0012) && near(m.high, 0.25 + 1.96 * sqrt(0.25 * 0.75 / 40000), 0.0012));
	assert_int_equal(ratio_sample_n(many), 40000);
	assert_true(isnan(ratio_sample_interval(empty).low));
	struct interval again = ratio_sample_interval(coin);
	assert_true(again.low == c.low && again.high == c.high);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wilson_follows_its_formula),
		cmocka_unit_test(shares_differ_only_beyond_chance),
		cmocka_unit_test(ratios_spread_as_theory_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
