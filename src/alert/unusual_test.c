/* Weeks made up by a fixed generator: how often the rule is wrong where nothing happened, and that it sees what did. The rates
 * stand in DESIGN.md. */
#include "alert/unusual.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "test.h"

enum { RULES = 60, DAYS = 364, WEEK = 7 };
static const double Z = 4;
static const double OF_WEEK[WEEK] = {1.0, 0.9, 0.95, 1.05, 1.3, 0.7, 0.4};

static uint64_t seed;
static double uniform(void)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}
static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}
static double poisson(double mean)
{
	if (mean > 60) return fmax(0, round(mean + sqrt(mean) * normal()));
	double p = exp(-mean), x = uniform(), k = 0;
	for (; k < 1000 && x > p; k++) x -= p, p *= mean / (k + 1);
	return k;
}

struct world {
	const char *name;
	double mean;    /* a day; of a score: answers a day */
	double unsteady; /* standard deviation of the day's own level, as a share */
	bool is_score;
	double growth;  /* a month, as a share */
	double most;    /* false alarms a rule and year that the test allows */
};
static const struct world WORLDS[] = {
	{"few", 3, 0, false, 0, 0.6},      {"some", 30, 0, false, 0, 0.1},         {"many", 2000, 0, false, 0, 0.1},          {"unsteady", 200, 0.25, false, 0, 0.9},
	{"growing", 200, 0.1, false, 0.03, 0.6}, {"score", 100, 0, true, 0, 0.3},
};

static struct unusual_day draw(const struct world *w, int day, double factor)
{
	double mean = w->mean * OF_WEEK[day % WEEK] * pow(1 + w->growth, day / 30.0) * factor;
	if (w->unsteady > 0) mean *= exp(w->unsteady * normal());
	if (!w->is_score) return (struct unusual_day){poisson(mean), NAN};
	double n = fmax(poisson(w->mean), 1), sum = 0, squares = 0; /* an NPS of 30, a day */
	for (int i = 0; i < (int)n; i++) {
		double u = uniform(), x = u < 0.5 * factor ? 100 : u < 0.8 ? 0 : -100;
		sum += x, squares += x * x;
	}
	return (struct unusual_day){sum / n, sqrt(fmax(squares / n - sum / n * (sum / n), 100) / n)};
}

/* Alarms of one rule: `factor` holds from day `changed` on. */
static int alarms(const struct world *w, int from, int to, int changed, double factor)
{
	static struct unusual_day past[DAYS + UNUSUAL_DAYS];
	int found = 0;
	for (int day = 0; day < to; day++) {
		struct unusual_day now = draw(w, day, day >= changed ? factor : 1), before[UNUSUAL_DAYS];
		int n = day < UNUSUAL_DAYS ? day : UNUSUAL_DAYS;
		for (int i = 0; i < n; i++) before[i] = past[day - 1 - i];
		struct unusual u = unusual_judge(before, (size_t)n, now, !w->is_score, Z);
		past[day] = now;
		if (day >= from && u.is_known) found += fabs(u.z) >= Z;
	}
	return found;
}

static void stays_quiet_on_noise(void **state)
{
	(void)state;
	seed = 20111225;
	for (size_t k = 0; k < sizeof WORLDS / sizeof *WORLDS; k++) {
		int false_alarms = 0;
		for (int rule = 0; rule < RULES; rule++) false_alarms += alarms(&WORLDS[k], UNUSUAL_DAYS, UNUSUAL_DAYS + DAYS, INT32_MAX, 1);
		double a_year = (double)false_alarms / RULES;
		printf("    %-9s %.3f false alarms a rule and year\n", WORLDS[k].name, a_year);
		if (a_year > WORLDS[k].most) fail_msg("%s: %.3f false alarms a rule and year", WORLDS[k].name, a_year);
	}
}

static void sees_a_shift_on_its_first_day(void **state)
{
	static const struct {
		size_t world;
		double factor, least; /* least: share of shifts that are seen */
	} SHIFTS[] = {{1, 3, 0.9}, {1, 0.2, 0.9}, {2, 1.2, 0.99}, {3, 5, 0.8}, {5, 0.2, 0.6}};
	(void)state;
	seed = 19700101;
	for (size_t k = 0; k < sizeof SHIFTS / sizeof *SHIFTS; k++) {
		int seen = 0, day = UNUSUAL_DAYS + 4;
		for (int rule = 0; rule < RULES; rule++) seen += alarms(&WORLDS[SHIFTS[k].world], day, day + 1, day, SHIFTS[k].factor);
		double share = (double)seen / RULES;
		printf("    %-9s × %.1f: seen on the first day %.3f\n", WORLDS[SHIFTS[k].world].name, SHIFTS[k].factor, share);
		if (share < SHIFTS[k].least) fail_msg("%s × %g: %.3f", WORLDS[SHIFTS[k].world].name, SHIFTS[k].factor, share);
	}
}

static void gives_the_worked_figures(void **state)
{
	struct unusual_day past[UNUSUAL_DAYS];
	(void)state;
	for (int i = 0; i < UNUSUAL_DAYS; i++) past[i] = (struct unusual_day){i % 2 ? 9 : 11, NAN}; /* each weekday: 9 and 11 by turns, median 10 */
	struct unusual u = unusual_judge(past, UNUSUAL_DAYS, (struct unusual_day){20, NAN}, false, 4);
	double spread = 1.4826 * sqrt(8.0 / 7) * sqrt(1 + 1.5708 / 8);
	assert_true(u.is_known);
	assert_true(fabs(u.usual - 10) < 1e-9);
	assert_true(fabs(u.z - 10 / spread) < 1e-9);
	assert_true(fabs(u.high - 10 - 4 * spread) < 1e-9);
	for (int i = 0; i < UNUSUAL_DAYS; i++) past[i].value = 100;
	u = unusual_judge(past, UNUSUAL_DAYS, (struct unusual_day){100, NAN}, true, 4);
	assert_true(fabs(u.usual - 100) < 1e-9);
	assert_true(fabs(u.z) < 1e-9);
}

static void says_nothing_without_a_past(void **state)
{
	struct unusual_day past[UNUSUAL_DAYS];
	(void)state;
	for (int i = 0; i < UNUSUAL_DAYS; i++) past[i] = (struct unusual_day){5, NAN};
	assert_false(unusual_judge(past, UNUSUAL_LEAST_DAYS - 1, (struct unusual_day){500, NAN}, true, 4).is_known);
	assert_true(unusual_judge(past, UNUSUAL_LEAST_DAYS, (struct unusual_day){500, NAN}, true, 4).is_known);
	for (int i = 6; i < UNUSUAL_DAYS; i += 7) past[i].value = NAN; /* none of this weekday */
	assert_false(unusual_judge(past, UNUSUAL_DAYS, (struct unusual_day){500, NAN}, true, 4).is_known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_quiet_on_noise),
		cmocka_unit_test(sees_a_shift_on_its_first_day),
		cmocka_unit_test(gives_the_worked_figures),
		cmocka_unit_test(says_nothing_without_a_past),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
