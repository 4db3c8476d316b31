/* The life of an alert, without a clock: flapping is one alert, told once. */
#include "alert/alert_inner.h"
#include "test.h"

static const int64_t HOUR = 3600000, CALM_AFTER = 24 * 3600000;

static void tells_once_however_often_it_comes_back(void **state)
{
	static const enum alert_state AFTER[] = {[ALERT_STEP_RAISE] = ALERT_RAISED, [ALERT_STEP_STILL] = ALERT_RAISED, [ALERT_STEP_EASE] = ALERT_EASING, [ALERT_STEP_AGAIN] = ALERT_RAISED, [ALERT_STEP_CLEAR] = ALERT_CALM};
	enum alert_state now = ALERT_CALM;
	int raised = 0, cleared = 0;
	int64_t since = 0;
	(void)state;
	for (int hour = 0; hour < 24 * 30; hour++) { /* holds for an hour, is quiet for five; from the 21st day on it is quiet */
		enum alert_verdict verdict = hour < 24 * 20 && hour % 6 == 0 ? ALERT_HOLDS : ALERT_QUIET;
		enum alert_step step = alert__step(now, verdict, hour * HOUR - since, CALM_AFTER);
		raised += step == ALERT_STEP_RAISE;
		cleared += step == ALERT_STEP_CLEAR;
		if (step == ALERT_STEP_EASE) since = hour * HOUR;
		if (step != ALERT_STEP_NONE) now = AFTER[step];
	}
	assert_int_equal(raised, 1);
	assert_int_equal(cleared, 1);
	assert_int_equal(now, ALERT_CALM);
}

static void waits_between_the_limit_and_its_margin(void **state)
{
	(void)state;
	assert_int_equal(alert__judge_limit(ALERT_ABOVE, 50, 50.5, ALERT_UNIT_REAL), ALERT_HOLDS);
	assert_int_equal(alert__judge_limit(ALERT_ABOVE, 50, 50, ALERT_UNIT_REAL), ALERT_NEAR);
	assert_int_equal(alert__judge_limit(ALERT_ABOVE, 50, 46, ALERT_UNIT_REAL), ALERT_NEAR);
	assert_int_equal(alert__judge_limit(ALERT_ABOVE, 50, 45, ALERT_UNIT_REAL), ALERT_QUIET);
	assert_int_equal(alert__judge_limit(ALERT_BELOW, -20, -21, ALERT_UNIT_REAL), ALERT_HOLDS);
	assert_int_equal(alert__judge_limit(ALERT_BELOW, -20, -19, ALERT_UNIT_REAL), ALERT_NEAR);
	assert_int_equal(alert__judge_limit(ALERT_BELOW, -20, -18, ALERT_UNIT_REAL), ALERT_QUIET);
	assert_int_equal(alert__judge_limit(ALERT_ABOVE, 0, 0, ALERT_UNIT_COUNT), ALERT_QUIET);
	assert_int_equal(alert__judge_limit(ALERT_ABOVE, 0, -0.5, ALERT_UNIT_REAL), ALERT_NEAR);
	assert_int_equal(alert__judge_limit(ALERT_ABOVE, 50, NAN, ALERT_UNIT_REAL), ALERT_UNKNOWN);
	assert_int_equal(alert__judge_unusual(ALERT_UNUSUAL, 4, -4.1), ALERT_HOLDS);
	assert_int_equal(alert__judge_unusual(ALERT_UNUSUAL_UP, 4, -4.1), ALERT_QUIET);
	assert_int_equal(alert__judge_unusual(ALERT_UNUSUAL_DOWN, 4, -4.1), ALERT_HOLDS);
	assert_int_equal(alert__judge_unusual(ALERT_UNUSUAL, 4, 3), ALERT_NEAR);
	assert_int_equal(alert__judge_unusual(ALERT_UNUSUAL, 4, 1), ALERT_QUIET);
	assert_int_equal(alert__judge_unusual(ALERT_UNUSUAL, 4, NAN), ALERT_UNKNOWN);
}

static void does_nothing_without_a_verdict(void **state)
{
	(void)state;
	for (int s = ALERT_CALM; s <= ALERT_EASING; s++) {
		assert_int_equal(alert__step((enum alert_state)s, ALERT_UNKNOWN, CALM_AFTER, CALM_AFTER), ALERT_STEP_NONE);
		assert_int_equal(alert__step((enum alert_state)s, ALERT_NEAR, CALM_AFTER, CALM_AFTER), ALERT_STEP_NONE);
	}
	assert_int_equal(alert__step(ALERT_EASING, ALERT_QUIET, CALM_AFTER - 1, CALM_AFTER), ALERT_STEP_NONE);
	assert_int_equal(alert__step(ALERT_EASING, ALERT_QUIET, CALM_AFTER, CALM_AFTER), ALERT_STEP_CLEAR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_once_however_often_it_comes_back),
		cmocka_unit_test(waits_between_the_limit_and_its_margin),
		cmocka_unit_test(does_nothing_without_a_verdict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
