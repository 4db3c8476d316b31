#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "base/erlang.h"
#include "shared.h"

static void near(double a, double b, double by)
{
	if (!(fabs(a - b) <= by)) fail_msg("%.15g, not %.15g", a, b);
}

/* 100 calls in half an hour of 180 s each: published with 14 agents (pyworkforce, the R package ErlangC). */
static void erlang_c_gives_published_figures(void **state)
{
	(void)state;
	struct waiting w = erlang_c(10, 14, 180, 20);
	near(w.wait, .1741319335950498, 1e-12);
	near(w.answered, .8883500191794669, 1e-12);
	near(w.occupancy, .7142857142857143, 1e-12);
	near(w.mean_wait, 7.83593701177724, 1e-10);
	near(erlang_c(48, 55, 240, 20).mean_wait, 8.184, 5e-4);
	assert_true(isnan(erlang_c(10, 10, 180, 20).wait));
}

/* Against sums over the states of the birth-death process, one by one. */
static void erlang_a_is_its_birth_and_death(void **state)
{
	(void)state;
	static const struct {
		double load;
		int agents;
		double patience, wait, abandon, mean;
	} ROWS[] = {
		{10, 12, 120, 0.27980701864544416, 0.0615973770036804, 7.391685240441648},
		{10, 10, 120, 0.49685274763014176, 0.1374638262764497, 16.495659153173964},
		{300, 250, 60, 0.9548599992717659, 0.16743573407421986, 10.046144044453191},
	};
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct waiting w = erlang_a(ROWS[i].load, ROWS[i].agents, 180, ROWS[i].patience, 20);
		near(w.wait, ROWS[i].wait, 1e-11);
		near(w.abandon, ROWS[i].abandon, 1e-11);
		near(w.mean_wait, ROWS[i].mean, 1e-8);
		near(erlang_a(ROWS[i].load, ROWS[i].agents, 180, ROWS[i].patience, 1e4).answered, 1 - w.abandon, 1e-6); /* in the end, who has not hung up */
	}
}

static void endless_patience_is_erlang_c(void **state)
{
	(void)state;
	for (int agents = 11; agents < 20; agents++) {
		struct waiting a = erlang_a(10, agents, 180, 1e9, 20), c = erlang_c(10, agents, 180, 20);
		near(a.wait, c.wait, 1e-5);
		near(a.answered, c.answered, 1e-5);
		near(a.mean_wait, c.mean_wait, 1e-2);
	}
}

static void even_a_great_overload_has_finite_figures(void **state)
{
	(void)state;
	struct waiting w = erlang_a(5000, 1, 300, 3600, 20);
	near(w.abandon, 1 - 1 / 5000., 1e-6);
	near(w.occupancy, 1, 1e-6);
	assert_true(w.answered >= 0 && w.answered < 1e-3);
}

static void the_fewest_agents_that_do(void **state)
{
	(void)state;
	assert_int_equal(erlang_agents(10, 180, 0, 20, 0.8), 14);
	int a = erlang_agents(10, 180, 120, 20, 0.8);
	assert_true(erlang_a(10, a, 180, 120, 20).answered >= 0.8 && erlang_a(10, a - 1, 180, 120, 20).answered < 0.8 && a < 14);
	assert_int_equal(erlang_agents(2000000, 180, 0, 20, 0.8), 0);
}

/* 144 rows of B and C, computed elsewhere. */
static void every_row_of_the_table(void **state)
{
	(void)state;
	struct arena a = {0};
	str file = shared_read(&a, "data/oracle-erlang/erlang_c_table.tsv");
	if (shared_skipped(file, "data/oracle-erlang")) skip();
	int n = 0;
	(void)str_cut(&file, '\n');
	for (double load, b, c, occupancy, asa, level; file.n; n++) {
		int agents;
		str row = str_cut(&file, '\n');
		assert_int_equal(sscanf(str_c(&a, row), "%lf %d %lf %lf %lf %lf %lf", &load, &agents, &b, &c, &occupancy, &asa, &level), 7);
		struct waiting w = erlang_c(load, agents, 180, 20);
		near(erlang_b(load, agents) / b, 1, 1e-9);
		near(w.wait / c, 1, 1e-9);
		near(w.occupancy / occupancy, 1, 1e-9);
		near(w.mean_wait / 180 / asa, 1, 1e-9);
		near(w.answered / level, 1, 1e-9);
	}
	arena_release(&a);
	assert_int_equal(n, 144);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(erlang_c_gives_published_figures), cmocka_unit_test(erlang_a_is_its_birth_and_death), cmocka_unit_test(endless_patience_is_erlang_c),
		cmocka_unit_test(even_a_great_overload_has_finite_figures), cmocka_unit_test(the_fewest_agents_that_do), cmocka_unit_test(every_row_of_the_table),
	};
	return cmocka_run_group_tests_name("erlang", tests, NULL, NULL);
}
