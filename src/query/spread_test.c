/* Exact percentiles against sorting, however the values lie and however little may be collected. */
#include <math.h>
#include <stdlib.h>

#include "query/spread.h"
#include "test.h"

enum { SETS = 5, VALUES = 20000 };
static const double SHARES[] = {0, 0.5, 0.9, 1};
static int64_t values[SETS][VALUES];
static const size_t COUNTS[SETS] = {VALUES, 0, 1, 7, 19999};

static uint64_t state = 7;
static uint64_t next(void)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return state >> 20;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void fill(int shape)
{
	for (int i = 0; i < SETS; i++)
		for (int k = 0; k < VALUES; k++) {
			uint64_t r = next();
			values[i][k] = shape == 0 ? (int64_t)(r % 50) : shape == 1 ? (int64_t)(r % UINT64_C(6311520000000)) : shape == 2 ? 86400000 : (int64_t)(r >> (r % 40));
		}
}

static double wanted(const int64_t *sorted, size_t n, double share)
{
	if (n == 0) return NAN;
	double place = share * (double)(n - 1);
	size_t below = (size_t)place;
	return below + 1 < n ? (double)sorted[below] + (place - (double)below) * (double)(sorted[below + 1] - sorted[below]) : (double)sorted[n - 1];
}

static void check(int shape, size_t raw_max, size_t collect_max)
{
	struct query_context ctx = {.threads = 2};
	struct query_plan plan = {.ctx = &ctx, .memory_max = SIZE_MAX, .data = {.has_to = true, .to_ms = INT64_C(1) << 44}};
	struct arena arena;
	struct spread all, other;
	fill(shape);
	arena_init(&arena);
	spread_init(&all, &plan, &arena, raw_max, SHARES, COUNT_OF(SHARES));
	spread_init(&other, &plan, &arena, raw_max, SHARES, COUNT_OF(SHARES));
	all.collect_max = collect_max;
	assert_true(spread_room(&all, SETS) && spread_room(&other, SETS));
	for (size_t i = 0; i < SETS; i++)
		for (size_t k = 0; k < COUNTS[i]; k++) assert_true(spread_add(k % 3 ? &all : &other, i, values[i][k]));
	for (size_t i = 0; i < SETS; i++) assert_true(spread_merge(&all, i, &other, i));
	int passes = 1;
	for (; spread_aim(&all); passes++)
		for (size_t i = 0; i < SETS; i++)
			for (size_t k = 0; k < COUNTS[i]; k++) spread_seek(&all, i, values[i][k]);
	assert_in_range(passes, 1, 6);
	for (size_t i = 0; i < SETS; i++) {
		qsort(values[i], COUNTS[i], sizeof values[i][0], by_size);
		assert_int_equal(all.sets[i].n, COUNTS[i]);
		double sum = 0;
		for (size_t k = 0; k < COUNTS[i]; k++) sum += (double)values[i][k];
		if (COUNTS[i]) assert_true(fabs(spread_mean(&all, i) - sum / (double)COUNTS[i]) <= 1e-9 * sum);
		for (size_t k = 0; k < COUNT_OF(SHARES); k++) {
			double want = wanted(values[i], COUNTS[i], SHARES[k]), got = spread_at(&all, i, k);
			if (isnan(want)) assert_true(isnan(got));
			else assert_true(fabs(got - want) <= 1e-9 * want);
		}
	}
	spread_release(&all);
	spread_release(&other);
	arena_release(&arena);
}

static void percentiles_are_those_of_sorted_values(void **unused)
{
	(void)unused;
	for (int i = 0; i < 8; i++) {
		int shape = i % 4;
		query__tuning.sureness = i < 4 ? 0 : 0.1; /* so little that windows miss their ranks */
		check(shape, SIZE_MAX, 0);
		check(shape, 16, SIZE_MAX);
		check(shape, 16, 0); /* nothing may be collected: every pass counts in finer stretches */
		check(shape, 1000, 500);
	}
	query__tuning.sureness = 0;
}

static void a_question_without_memory_is_told(void **unused)
{
	(void)unused;
	struct query_plan plan = {.memory_max = 20000};
	struct arena arena;
	struct spread s;
	arena_init(&arena);
	spread_init(&s, &plan, &arena, 64, SHARES, COUNT_OF(SHARES));
	assert_true(spread_room(&s, 8));
	bool is_kept = true;
	for (int i = 0; is_kept && i < 1000; i++)
		for (size_t set = 0; is_kept && set < 8; set++) is_kept = spread_add(&s, set, i);
	assert_false(is_kept);
	assert_true(atomic_load(&plan.is_out_of_memory));
	spread_release(&s);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(percentiles_are_those_of_sorted_values), cmocka_unit_test(a_question_without_memory_is_told)};
	return cmocka_run_group_tests_name("query_spread", tests, NULL, NULL);
}
