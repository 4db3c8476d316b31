/* Scores and importance against worked values of their sources, and against reference data where it is there. */
#include "base/rating.h"

#include <math.h>

#include "base/importance.h"
#include "shared.h"
#include "test.h"

static void near(double got, double want, double off)
{
	if (!(fabs(got - want) <= off)) fail_msg("%.12g, not %.12g", got, want);
}

static struct rating_sums answers(enum rating_metric metric, struct rating_scale scale, const int (*of)[2], size_t n)
{
	struct rating_sums s = {0};
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < of[i][1]; k++) rating_add(&s, metric, scale, of[i][0], 1);
	return s;
}

static struct rating_sums nps(int promoters, int passives, int detractors)
{
	const int of[][2] = {{9, promoters}, {7, passives}, {6, detractors}};
	return answers(RATING_NPS, rating_scale_of(RATING_NPS), of, 3);
}

static void nps_has_the_adjusted_wald_interval(void **state)
{
	(void)state;
	struct rating_sums s = nps(36, 45, 19);
	struct rating x = rating_of(&s, RATING_NPS, RATING_TOP2);
	near(x.value.value, 17, 1e-12);
	near((x.value.low + x.value.high) / 2, 16.50, 0.01);
	near(x.value.low, 2.56, 0.01);
	near(x.value.high, 30.45, 0.01);
	assert_int_equal(s.passives, 45);
	struct rating_sums all = nps(10, 0, 0);
	x = rating_of(&all, RATING_NPS, RATING_TOP2);
	near(x.value.low, 47.5, 0.1);
	near(x.value.high, 100, 0);
}

static void two_nps_are_compared_by_z(void **state)
{
	(void)state;
	struct rating_sums a = nps(60, 25, 15), b = nps(45, 30, 25);
	struct comparison c = rating_compare(&a, &b, RATING_NPS, RATING_TOP2);
	near(c.difference, 25, 1e-12);
	near(c.p, 0.0250, 0.0001);
	near((c.low + c.high) / (c.high - c.low), 2.241 / 1.959964, 0.001); /* z to its quantile */
}

static void weights_that_are_equal_change_nothing(void **state)
{
	(void)state;
	struct rating_sums plain = {0}, weighted = {0};
	for (int i = 0; i < 40; i++) {
		rating_add(&plain, RATING_CES, (struct rating_scale){1, 7}, 1 + i % 7, 1);
		rating_add(&weighted, RATING_CES, (struct rating_scale){1, 7}, 1 + i % 7, 2.5);
	}
	for (int method = RATING_TOP2; method <= RATING_MEAN; method++) {
		struct rating a = rating_of(&plain, RATING_CES, method), b = rating_of(&weighted, RATING_CES, method);
		near(b.effective, 40, 1e-9);
		near(a.value.value, b.value.value, 1e-12);
		near(a.value.low, b.value.low, 1e-12);
		near(a.error, b.error, 1e-12);
	}
}

static void a_heavier_answer_counts_for_more_and_makes_less_sure(void **state)
{
	(void)state;
	struct rating_sums s = {0};
	rating_add(&s, RATING_CSAT, (struct rating_scale){1, 5}, 5, 3);
	rating_add(&s, RATING_CSAT, (struct rating_scale){1, 5}, 1, 1);
	struct rating x = rating_of(&s, RATING_CSAT, RATING_TOP2);
	near(x.value.value, 0.75, 1e-12);
	near(x.mean.value, 4, 1e-12);
	near(x.effective, 1.6, 1e-12);
	assert_int_equal(s.top, 1);
}

static void the_upper_answers_are_those_agreed(void **state)
{
	(void)state;
	static const double from[] = {[2] = 2, [3] = 3, [4] = 3, [5] = 4, [6] = 4, [7] = 5, [8] = 6};
	for (int points = 2; points <= 8; points++) near(rating_top_from((struct rating_scale){1, points}), from[points], 0);
	near(rating_top_from((struct rating_scale){0, 10}), 9, 0);
	assert_true(isnan(rating_top_from((struct rating_scale){0, 100})));
	assert_true(isnan(rating_top_from((struct rating_scale){1, 11})));
	assert_false(rating_is_answer(RATING_NPS, (struct rating_scale){0, 10}, 8.5));
	assert_false(rating_is_answer(RATING_NPS, (struct rating_scale){0, 10}, 11));
	assert_false(rating_is_answer(RATING_NPS, (struct rating_scale){1, 5}, 3));
	assert_true(rating_is_answer(RATING_CSAT, (struct rating_scale){1, 5}, 4.5));
}

static void nothing_answered_is_no_score(void **state)
{
	(void)state;
	struct rating_sums none = {0}, some = nps(1, 1, 1);
	assert_true(isnan(rating_of(&none, RATING_NPS, RATING_TOP2).value.value));
	assert_true(isnan(rating_compare(&none, &some, RATING_NPS, RATING_TOP2).p));
}

/* ---- importance ---- */
enum { CASES = 8, PREDICTORS = 4, COLUMNS = PREDICTORS + 1 };

/* Cases whose correlations are exactly these: columns of a Hadamard matrix have none, the triangle of Cholesky gives them. */
static void make_cases(const double (*r)[COLUMNS], double cases[CASES][COLUMNS])
{
	double l[COLUMNS][COLUMNS] = {{0}};
	for (int i = 0; i < COLUMNS; i++)
		for (int k = 0; k <= i; k++) {
			double x = r[i][k];
			for (int m = 0; m < k; m++) x -= l[i][m] * l[k][m];
			l[i][k] = i == k ? sqrt(x) : x / l[k][k];
		}
	for (int c = 0; c < CASES; c++)
		for (int i = 0; i < COLUMNS; i++) {
			cases[c][i] = 3;
			for (int k = 0; k <= i; k++) cases[c][i] += l[i][k] * (__builtin_popcount((unsigned)(c & (k + 1))) % 2 ? -1 : 1);
		}
}

/* The example of iopsych's relWt: the outcome first here. */
static const double EXAMPLE[COLUMNS][COLUMNS] = {
	{1.0, -0.4, 0.1, -0.3, 0.4}, {-0.4, 1.0, 0.2, 0.3, 0.4}, {0.1, 0.2, 1.0, 0.5, 0.1}, {-0.3, 0.3, 0.5, 1.0, 0.2}, {0.4, 0.4, 0.1, 0.2, 1.0}};

static void importance_is_that_of_the_worked_example(void **state)
{
	static const double weights[2][PREDICTORS] = {{0.24066, 0.05493, 0.12143, 0.28158}, {0.23807, 0.05610, 0.11800, 0.28643}};
	(void)state;
	struct arena a = {0};
	double cases[CASES][COLUMNS];
	make_cases(EXAMPLE, cases);
	for (int method = 0; method < 2; method++) {
		struct importance_answer x;
		importance_of(&a, &(struct importance_asked){.method = (enum importance_method)method, .cases = cases[0], .n = CASES, .predictors = PREDICTORS}, &x);
		near(x.r2, 0.69860, 1e-5);
		double sum = 0;
		for (int j = 0; j < PREDICTORS; j++) {
			near(x.of[j].weight, weights[method][j], 1e-5);
			near(x.of[j].mean, 3, 1e-12);
			sum += x.of[j].share;
		}
		near(sum, 1, 1e-12);
		assert_true(x.of[0].coefficient < 0 && x.of[3].coefficient > 0);
	}
	arena_release(&a);
}

/* A case of weight 2 counts as two cases do, one of weight 0 as none; weights that are all alike change nothing. */
static void weights_count_as_repeated_cases_do(void **state)
{
	(void)state;
	struct arena a = {0};
	double weighted[12][4], repeated[20][3], alike[12][4];
	size_t n = 0;
	for (int i = 0; i < 12; i++) {
		double row[3] = {(i * 7) % 11, (i * 5) % 7, (i * i) % 5}, weight = i % 3;
		memcpy(weighted[i], row, sizeof row), memcpy(alike[i], row, sizeof row);
		weighted[i][3] = weight, alike[i][3] = 5;
		for (int k = 0; k < i % 3; k++) memcpy(repeated[n++], row, sizeof row);
	}
	for (int method = 0; method < 2; method++) {
		struct importance_answer x, y;
		importance_of(&a, &(struct importance_asked){.method = (enum importance_method)method, .cases = weighted[0], .n = 12, .predictors = 2, .is_weighted = true, .has_no_intervals = true}, &x);
		importance_of(&a, &(struct importance_asked){.method = (enum importance_method)method, .cases = repeated[0], .n = n, .predictors = 2}, &y);
		near(x.r2, y.r2, 1e-12);
		near(x.alpha, y.alpha, 1e-12);
		near(x.outcome_mean, y.outcome_mean, 1e-12);
		near(x.effective, 12 * 12 / 20.0, 1e-12);
		for (int j = 0; j < 2; j++) near(x.of[j].weight, y.of[j].weight, 1e-12), near(x.of[j].coefficient, y.of[j].coefficient, 1e-12);
		assert_true(x.draws == 0 && isnan(x.of[0].sure.low) && y.draws > 0);
		importance_of(&a, &(struct importance_asked){.method = (enum importance_method)method, .cases = alike[0], .n = 12, .predictors = 2, .is_weighted = true}, &x);
		double plain[12][3];
		for (int i = 0; i < 12; i++) memcpy(plain[i], alike[i], sizeof plain[i]);
		importance_of(&a, &(struct importance_asked){.method = (enum importance_method)method, .cases = plain[0], .n = 12, .predictors = 2}, &y);
		near(x.effective, 12, 1e-12);
		for (int j = 0; j < 2; j++) near(x.of[j].sure.low, y.of[j].sure.low, 1e-9), near(x.of[j].error, y.of[j].error, 1e-9);
	}
	arena_release(&a);
}

static void a_constant_and_a_copy_are_borne(void **state)
{
	(void)state;
	struct arena a = {0};
	double cases[40][4];
	for (int i = 0; i < 40; i++) {
		double x = i % 5;
		cases[i][0] = x + i % 3;
		cases[i][1] = x;
		cases[i][2] = 7;
		cases[i][3] = x;
	}
	for (int method = 0; method < 2; method++) {
		struct importance_answer out;
		importance_of(&a, &(struct importance_asked){.method = (enum importance_method)method, .cases = cases[0], .n = 40, .predictors = 3}, &out);
		near(out.of[1].weight, 0, 1e-12);
		near(out.of[0].weight, out.of[2].weight, 1e-9);
		near(out.of[0].weight + out.of[2].weight, out.r2, 1e-9);
	}
	arena_release(&a);
}

static void too_few_cases_explain_nothing(void **state)
{
	(void)state;
	struct arena a = {0};
	double cases[3][3] = {{1, 2, 3}, {2, 3, 1}, {3, 1, 2}};
	struct importance_answer out;
	importance_of(&a, &(struct importance_asked){.method = IMPORTANCE_LMG, .cases = cases[0], .n = 3, .predictors = 2}, &out);
	assert_true(isnan(out.r2) && isnan(out.of[0].weight));
	arena_release(&a);
}

static void alpha_is_cronbachs(void **state)
{
	(void)state;
	struct arena a = {0};
	/* variances 2.5, 2.5 and of the sum 9.5: 2 (1 - 5 / 9.5) */
	double cases[5][3] = {{1, 1, 1}, {0, 2, 2}, {2, 3, 3}, {1, 4, 5}, {3, 5, 4}};
	struct importance_answer out;
	importance_of(&a, &(struct importance_asked){.method = IMPORTANCE_RELATIVE_WEIGHTS, .cases = cases[0], .n = 5, .predictors = 2}, &out);
	near(out.alpha, 2 * (1 - 5 / 9.5), 1e-12);
	importance_of(&a, &(struct importance_asked){.cases = cases[0], .n = 5, .predictors = 2, .is_item = (const bool[]){true, false}}, &out);
	assert_true(isnan(out.alpha)); /* one item is no scale */
	/* Of one predictor, by hand: Sxy 5, Sxx 10, Syy 5.2, so r² is 25/52 and the error √((1 − r²) ÷ 3). */
	double one[5][2] = {{1, 1}, {0, 2}, {2, 3}, {1, 4}, {3, 5}};
	importance_of(&a, &(struct importance_asked){.method = IMPORTANCE_LMG, .cases = one[0], .n = 5, .predictors = 1}, &out);
	near(out.of[0].coefficient, sqrt(25 / 52.0), 1e-12);
	near(out.of[0].error, sqrt(27 / 52.0 / 3), 1e-12);
	arena_release(&a);
}

/* ---- reference data ---- */
enum { CLASSIC_ROWS = 60, CLASSIC_COLUMNS = 7 };

static size_t read_classic(struct arena *a, str file, size_t first, double cases[CLASSIC_ROWS][CLASSIC_COLUMNS])
{
	size_t n = 0;
	(void)str_cut(&file, '\n');
	while (file.n && n < CLASSIC_ROWS) {
		str line = str_trim(str_cut(&file, '\n'));
		for (size_t i = 0; line.n && i < CLASSIC_COLUMNS; i++) {
			str cell = str_cut(&line, ',');
			if (i >= first) cases[n][i - first] = strtod(str_c(a, cell), NULL);
		}
		n++;
	}
	return n;
}

static void check_classic(struct arena *a, const char *path, size_t first, const double *lmg, const double *relative, double r2)
{
	size_t predictors = CLASSIC_COLUMNS - first - 1;
	double cases[CLASSIC_ROWS][CLASSIC_COLUMNS], packed[CLASSIC_ROWS * CLASSIC_COLUMNS];
	str file = shared_read(a, path);
	if (shared_skipped(file, path)) return;
	size_t n = read_classic(a, file, first, cases);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k <= predictors; k++) packed[i * (predictors + 1) + k] = cases[i][k];
	for (int method = 0; method < 2; method++) {
		struct importance_answer x;
		importance_of(a, &(struct importance_asked){.method = (enum importance_method)method, .cases = packed, .n = n, .predictors = predictors}, &x);
		near(x.r2, r2, 1e-4);
		for (size_t j = 0; j < predictors; j++) {
			near(x.of[j].weight, (method == IMPORTANCE_LMG ? lmg : relative)[j], 1e-6);
			assert_true(x.of[j].sure.low <= x.of[j].weight && x.of[j].weight <= x.of[j].sure.high);
		}
	}
}

static void importance_is_that_of_the_classics(void **state)
{
	static const double attitude[] = {.370816, .050904, .155766, .120345, .006589, .028182}, attitude_relative[] = {.362760, .056002, .163611, .121780, .008255, .020193};
	static const double swiss[] = {.05709122, .17117303, .26013468, .10557015, .11276592}, swiss_relative[] = {.048417, .154708, .271964, .114680, .116966};
	(void)state;
	struct arena a = {0};
	check_classic(&a, "data/keydriver-classics/attitude.csv", 0, attitude, attitude_relative, 0.732602);
	check_classic(&a, "data/keydriver-classics/swiss.csv", 1, swiss, swiss_relative, 0.7067);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nps_has_the_adjusted_wald_interval), cmocka_unit_test(two_nps_are_compared_by_z), cmocka_unit_test(weights_that_are_equal_change_nothing),
		cmocka_unit_test(a_heavier_answer_counts_for_more_and_makes_less_sure), cmocka_unit_test(the_upper_answers_are_those_agreed), cmocka_unit_test(nothing_answered_is_no_score),
		cmocka_unit_test(importance_is_that_of_the_worked_example), cmocka_unit_test(weights_count_as_repeated_cases_do), cmocka_unit_test(a_constant_and_a_copy_are_borne), cmocka_unit_test(too_few_cases_explain_nothing),
		cmocka_unit_test(alpha_is_cronbachs), cmocka_unit_test(importance_is_that_of_the_classics),
	};
	return cmocka_run_group_tests_name("rating", tests, NULL, NULL);
}
