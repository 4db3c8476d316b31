/* Whoever subtracts one figure of anonymous answers from another must be left with none, or with at least eight. */
#include "query/anonymous.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "test.h"

enum { ANSWERS = 240, TEAMS = 3, PLACES = 2 };

static struct arena arena;

static struct anonymous_answer answer(const char *team, const char *submission, uint64_t arrival, int64_t time_ms)
{
	return (struct anonymous_answer){.group = {str_of(team), S(""), S("employee")}, .submission = submission ? str_of(submission) : STR_NONE, .arrival = arrival, .time_ms = time_ms, .number = (double)arrival};
}

static void eight_are_seen_and_seven_are_not(void **state)
{
	struct anonymous_answer v[19];
	(void)state;
	for (uint64_t i = 0; i < 7; i++) v[i] = answer("north", NULL, i, 100 + (int64_t)i);
	assert_int_equal(query__anonymous_batches(&arena, v, 7), 0);
	for (uint64_t i = 0; i < 19; i++) v[i] = answer("north", NULL, 18 - i, 100 + (int64_t)(18 - i));
	assert_int_equal(query__anonymous_batches(&arena, v, 19), 16);
	for (int i = 0; i < 16; i++) {
		assert_true(v[i].arrival < 16);
		assert_int_equal(v[i].time_ms, i < 8 ? 104 : 112);
	}
}

static void several_answers_of_one_submission_are_one(void **state)
{
	struct anonymous_answer v[24];
	(void)state;
	const char *const who[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	for (uint64_t i = 0; i < 21; i++) v[i] = answer("north", who[i / 3], i, (int64_t)i);
	assert_int_equal(query__anonymous_batches(&arena, v, 21), 0);
	for (uint64_t i = 0; i < 24; i++) v[i] = answer("north", who[i / 3], i, (int64_t)i);
	assert_int_equal(query__anonymous_batches(&arena, v, 24), 24);
}

static void groups_do_not_help_each_other(void **state)
{
	struct anonymous_answer v[15];
	(void)state;
	for (uint64_t i = 0; i < 15; i++) v[i] = answer(i < 8 ? "north" : "south", NULL, i, (int64_t)i);
	assert_int_equal(query__anonymous_batches(&arena, v, 15), 8);
	for (int i = 0; i < 8; i++) assert_str_equal(v[i].group[0], S("north"));
}

/* ---- attacks ---- */

struct seen {
	bool is[ANSWERS];
	int64_t time_ms[ANSWERS];
	char team[ANSWERS];
};

static struct seen look(const struct anonymous_answer *all, size_t n)
{
	struct seen s = {0};
	struct anonymous_answer v[ANSWERS];
	memcpy(v, all, n * sizeof *v);
	size_t kept = query__anonymous_batches(&arena, v, n);
	for (size_t i = 0; i < kept; i++) {
		size_t who = (size_t)v[i].number;
		s.is[who] = true;
		s.time_ms[who] = v[i].time_ms;
		s.team[who] = v[i].group[0].p[0];
	}
	return s;
}

static void tells_on_nobody(size_t difference)
{
	if (difference && difference < QUERY_ANONYMOUS_LEAST) fail_msg("a difference of %zu", difference);
}

/* What a range and a team leave, less what a shorter range and the team leave. */
static void subtract_ranges(const struct seen *s, char team)
{
	for (int64_t to = 0; to <= 52; to++)
		for (int64_t from = 0; from < to; from++) {
			size_t whole = 0, shorter = 0;
			for (size_t i = 0; i < ANSWERS; i++) {
				bool is_asked = s->is[i] && (!team || s->team[i] == team);
				whole += is_asked && s->time_ms[i] >= from && s->time_ms[i] < to;
				shorter += is_asked && s->time_ms[i] >= from && s->time_ms[i] < to - 1;
			}
			tells_on_nobody(whole - shorter);
		}
}

static void subtract_before_from_after(const struct seen *before, const struct seen *after)
{
	size_t difference = 0;
	for (size_t i = 0; i < ANSWERS; i++) {
		assert_true(!before->is[i] || (after->is[i] && before->time_ms[i] == after->time_ms[i]));
		difference += after->is[i] != before->is[i];
	}
	tells_on_nobody(difference);
}

static void no_subtraction_leaves_fewer_than_eight(void **state)
{
	(void)state;
	const char *const teams[TEAMS] = {"a", "b", "c"}, *const places[PLACES] = {"x", "y"};
	uint64_t seed = 12345;
	for (int round = 0; round < 20; round++) {
		struct anonymous_answer all[ANSWERS];
		struct seen before = {0};
		for (size_t i = 0; i < ANSWERS; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			uint32_t dice = (uint32_t)(seed >> 33);
			all[i] = answer(teams[dice % 100 < 60 ? 0 : dice % 100 < 90 ? 1 : 2], NULL, i, (int64_t)(dice / 100 % 52)); /* entered late as often as not */
			all[i].group[1] = str_of(places[dice / 5200 % PLACES]);
			all[i].number = (double)i;
			struct seen after = look(all, i + 1);
			subtract_before_from_after(&before, &after);
			before = after;
		}
		subtract_ranges(&before, 0);
		for (int t = 0; t < TEAMS; t++) subtract_ranges(&before, teams[t][0]);
	}
}

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(eight_are_seen_and_seven_are_not), cmocka_unit_test(several_answers_of_one_submission_are_one), cmocka_unit_test(groups_do_not_help_each_other),
		cmocka_unit_test(no_subtraction_leaves_fewer_than_eight)};
	return cmocka_run_group_tests(tests, NULL, forget);
}
