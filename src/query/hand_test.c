/* Fixtures worked by hand, across new year and a change of the clocks. */
#include <math.h>

#include "base/compare.h"
#include "query/query_testing.h"

static struct arena arena;

/* "time=value time/by=value …" */
static str rows_of(const struct json_node *answer)
{
	str out = S("");
	for (const struct json_node *r = json_get(answer, S("rows"))->child; r; r = r->next) {
		const struct json_node *by = json_get(r, S("by"));
		out = str_fmt(&arena, "%.*s%s%.*s%s%.*s=%.*s", STR_ARG(out), out.n ? " " : "", STR_ARG(json_get_str(r, S("time"))), by ? "/" : "", STR_ARG(by ? by->text : STR_NONE),
			STR_ARG(json_get(r, S("value"))->raw));
	}
	return out;
}

static void refused(str question, const char *field, const char *word)
{
	struct query q;
	struct fault f = {0};
	if (query_read(&arena, zone_utc(), question, &q, &f) != ERR_INVALID) fail_msg("taken: %.*s", STR_ARG(question));
	if (strcmp(f.fields[0].name, field) != 0 || !strstr(f.fields[0].text, word)) fail_msg("%.*s → %s: %s", STR_ARG(question), f.fields[0].name, f.fields[0].text);
}

/* ---- percentiles ------------------------------------------------------------------------------------------------------ */
/* ISO week 53 of 2020 is 28 December to 3 January: 1, 2, 4 (and a text) lie in it; week 1 of 2021 has -10 and 0.5. */
static void percentiles_by_week_across_new_year(void **state)
{
	(void)state;
	by_hand_put(1, "2020-12-28T00:00:00Z", "paid", "{\"n\":4}");
	by_hand_put(2, "2020-12-31T23:59:59Z", "paid", "{\"n\":1}");
	by_hand_put(3, "2021-01-01T00:00:00Z", "paid", "{\"n\":2}");
	by_hand_put(3, "2021-01-03T23:59:59Z", "paid", "{\"n\":\"9\"}");
	by_hand_put(4, "2021-01-04T00:00:00Z", "paid", "{\"n\":-10}");
	by_hand_put(0, "2021-01-05T00:00:00Z", "paid", "{\"n\":0.5}");
	struct query_context ctx = by_hand_context("UTC", "2021-02-01");
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"week\",\"measure\":\"p50:n\"}"));
	assert_str_equal(rows_of(answer), S("2020-12-28=2 2021-01-04=-4.75"));
	assert_str_equal(json_get(json_get(answer, S("total")), S("value"))->raw, S("1")); /* of -10, 0.5, 1, 2, 4 */
	assert_str_equal(json_get(answer, S("without"))->raw, S("1"));
	assert_str_equal(json_get(answer, S("measure"))->text, S("p50:n"));
	/* 0.75 × 2 = 1.5: between 2 and 4; 0.75 × 1: between -10 and 0.5 */
	assert_str_equal(rows_of(ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"week\",\"measure\":\"p75:n\"}"))), S("2020-12-28=3 2021-01-04=-2.125"));
}

/* In Athens 25 March 2012 has no three o'clock: 02:30 and 04:30 by the clock are an hour apart. */
static void percentiles_by_hour_across_a_clock_change(void **state)
{
	(void)state;
	by_hand_put(1, "2012-03-25T00:30:00Z", "paid", "{\"n\":1}");
	by_hand_put(1, "2012-03-25T00:45:00Z", "paid", "{\"n\":2}");
	by_hand_put(1, "2012-03-25T01:30:00Z", "paid", "{\"n\":8}");
	struct query_context ctx = by_hand_context("Europe/Athens", "2013-01-01");
	assert_str_equal(rows_of(ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"hour\",\"measure\":\"p50:n\"}"))), S("2012-03-25T02:00:00+02:00=1.5 2012-03-25T04:00:00+03:00=8"));
}

/* Customer 2 (subjects 2 and 3) buys in b and c, which are past the first value: one of the rest. */
static void the_rest_counts_a_customer_once(void **state)
{
	(void)state;
	by_hand_put(1, "2020-12-31T23:00:00Z", "paid", "{\"shop\":\"a\"}");
	by_hand_put(4, "2020-12-31T23:00:00Z", "paid", "{\"shop\":\"a\"}");
	by_hand_put(2, "2020-12-31T23:30:00Z", "paid", "{\"shop\":\"b\"}");
	by_hand_put(3, "2021-01-01T00:30:00Z", "paid", "{\"shop\":\"c\"}");
	by_hand_put(3, "2021-01-01T00:40:00Z", "paid", "{}");
	struct query_context ctx = by_hand_context("UTC", "2021-02-01");
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"month\",\"measure\":\"customers\",\"by\":\"shop\",\"top\":1}"));
	assert_str_equal(rows_of(answer), S("2020-12-01/a=2 2020-12-01/other=1 2021-01-01/other=1"));
	const struct json_node *rest = json_get(answer, S("groups"))->child->next;
	assert_str_equal(json_get(rest, S("value"))->raw, S("1"));
	assert_non_null(json_get(rest, S("other")));
	assert_null(rest->next);
}

/* ---- retention ---------------------------------------------------------------------------------------------------------- */
static void cohort_is(const struct query_context *ctx, const char *more, const char *cells, const char *values)
{
	str question = str_fmt(&arena, "{\"kind\":\"retention\",\"start\":\"begun\",\"return\":[\"begun\",\"paid\"],\"measure\":\"sum:n\",\"cells\":3%s}", more);
	const struct json_node *cohort = json_get(ask(&arena, ctx, question), S("cohorts"))->child;
	assert_str_equal(json_get(cohort, S("cells"))->raw, str_of(cells));
	assert_str_equal(json_get(cohort, S("values"))->raw, str_of(values));
}

/* Begun at half past midnight of the day on which Athens has 23 hours, and back at one o'clock of the next: a day later by
 * the calendar, 23 and a half hours by the clock. */
static void retention_by_calendar_and_rolling_across_a_clock_change(void **state)
{
	(void)state;
	by_hand_put(1, "2012-03-24T22:30:00Z", "begun", "{\"n\":10}");
	by_hand_put(1, "2012-03-25T22:00:00Z", "paid", "{\"n\":5.50}");
	by_hand_put(4, "2012-04-10T00:00:00Z", "other", "{}");
	struct query_context ctx = by_hand_context("Europe/Athens", "2013-06-01");
	cohort_is(&ctx, ",\"interval\":\"day\"", "[1,1,0]", "[10,5.5,0]");
	cohort_is(&ctx, ",\"interval\":\"day\",\"rolling\":true", "[1,0,0]", "[15.5,0,0]");
	cohort_is(&ctx, ",\"interval\":\"day\",\"mode\":\"on_or_after\"", "[1,1,0]", "[10,5.5,0]");
	cohort_is(&ctx, ",\"interval\":\"day\",\"mode\":\"churn\"", "[1,0,1]", "[10,0,10]");
	cohort_is(&ctx, ",\"interval\":\"day\",\"mode\":\"churn\",\"rolling\":true", "[1,1,1]", "[15.5,15.5,15.5]");
}

/* From the last hour of a year to the first of the next: the next month by the calendar, not thirty days. And thirty days
 * later to the second it is. Of the third interval nothing is known: whoever began on 31 January could still come. */
static void retention_by_month_across_new_year(void **state)
{
	(void)state;
	by_hand_put(4, "2020-12-31T23:00:00Z", "begun", "{}");
	by_hand_put(4, "2021-01-01T00:30:00Z", "paid", "{\"n\":1}");
	by_hand_put(4, "2021-01-30T22:59:59Z", "paid", "{\"n\":2}");
	by_hand_put(4, "2021-01-30T23:00:00Z", "paid", "{\"n\":4}");
	by_hand_put(1, "2021-02-28T23:00:00Z", "other", "{}");
	struct query_context ctx = by_hand_context("UTC", "2021-03-02");
	cohort_is(&ctx, ",\"interval\":\"month\"", "[1,1,0]", "[0,7,0]");
	cohort_is(&ctx, ",\"interval\":\"month\",\"rolling\":true", "[1,1,null]", "[3,4,null]");
}

/* ---- comparing ----------------------------------------------------------------------------------------------------------- */
/* Before new year one of two goes on to pay, after it two of two: the difference is that of the shares 2/2 and 1/2. */
static void a_comparison_says_how_much_differs(void **state)
{
	(void)state;
	by_hand_put(1, "2020-12-31T22:00:00Z", "begun", "{}");
	by_hand_put(1, "2020-12-31T23:00:00Z", "paid", "{}");
	by_hand_put(4, "2020-12-31T23:59:59Z", "begun", "{}");
	by_hand_put(2, "2021-01-01T00:00:00Z", "begun", "{}");
	by_hand_put(3, "2021-01-01T01:00:00Z", "paid", "{}");
	by_hand_put(4, "2021-01-02T00:00:00Z", "begun", "{}");
	by_hand_put(4, "2021-01-02T01:00:00Z", "paid", "{}");
	struct query_context ctx = by_hand_context("UTC", "2021-02-01");
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"funnel\",\"steps\":[\"begun\",\"paid\"],\"window\":{\"days\":1},\"from\":\"2021-01-01\",\"compare\":{\"from\":\"2020-12-01\",\"to\":\"2021-01-01\"}}"));
	const struct json_node *steps = json_get(json_get(answer, S("change")), S("steps"))->child, *paid = steps->next;
	struct comparison want = compare_shares(2, 2, 1, 2);
	double got;
	assert_str_equal(json_get(steps, S("difference"))->raw, S("0"));
	assert_str_equal(json_get(paid, S("difference"))->raw, S("0.5"));
	assert_true(str_f64(json_get(paid, S("low"))->text, &got) && fabs(got - want.low) < 1e-9);
	assert_true(str_f64(json_get(paid, S("high"))->text, &got) && fabs(got - want.high) < 1e-9);
	assert_true(str_f64(json_get(paid, S("p"))->text, &got) && fabs(got - want.p) < 1e-9);
	answer = ask(&arena, &ctx, S("{\"kind\":\"retention\",\"start\":\"begun\",\"return\":\"paid\",\"interval\":\"day\",\"cells\":2,\"compare\":{\"from\":\"2021-01-01\"}}"));
	assert_non_null(json_get(json_get(answer, S("change")), S("cells")));
	assert_null(json_get(ask(&arena, &ctx, S("{\"kind\":\"trend\",\"by\":\"event\",\"compare\":{\"from\":\"2021-01-01\"}}")), S("change")));
}

static void differs_as(const struct json_node *change, struct comparison want)
{
	const double wanted[] = {want.difference, want.low, want.high, want.p};
	static const char *const names[] = {"difference", "low", "high", "p"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		double got;
		assert_true(str_f64(json_get(change, str_of(names[i]))->text, &got) && fabs(got - wanted[i]) < 1e-9);
	}
}

/* Three days of 1, 2 and 3 events before two of 4 and 6. */
static void a_compared_trend_tells_of_its_days(void **state)
{
	static const int counts[] = {1, 2, 3, 4, 6};
	(void)state;
	for (int day = 0; day < 5; day++)
		for (int i = 0; i < counts[day]; i++) by_hand_put(1, str_c(&arena, str_fmt(&arena, "2021-01-0%dT0%d:00:00Z", day + 1, i)), "paid", "{}");
	struct query_context ctx = by_hand_context("UTC", "2021-02-01");
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"day\",\"from\":\"2021-01-04\",\"to\":\"2021-01-06\",\"compare\":{\"from\":\"2021-01-01\",\"to\":\"2021-01-04\"}}"));
	differs_as(json_get(json_get(answer, S("change")), S("interval_mean")), compare_means((struct sample){2, 5, 2}, (struct sample){3, 2, 1}));
}

/* In January one of three starts ends within the hour and another later, in February three of four and none. */
static void a_compared_duration_tells_what_ended_and_in_time(void **state)
{
	static const struct {
		uint32_t subject;
		const char *begun, *ended;
	} LINES[] = {{1, "2021-01-01T00:00:00Z", "2021-01-01T00:30:00Z"}, {2, "2021-01-01T00:00:00Z", "2021-01-01T05:00:00Z"}, {4, "2021-01-02T00:00:00Z", NULL}, {1, "2021-02-01T00:00:00Z", "2021-02-01T00:10:00Z"},
		{1, "2021-02-03T00:00:00Z", "2021-02-03T00:20:00Z"}, {2, "2021-02-02T00:00:00Z", "2021-02-02T01:00:00Z"}, {4, "2021-02-02T00:00:00Z", NULL}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(LINES); i++) {
		by_hand_put(LINES[i].subject, LINES[i].begun, "begun", "{}");
		if (LINES[i].ended) by_hand_put(LINES[i].subject, LINES[i].ended, "paid", "{}");
	}
	struct query_context ctx = by_hand_context("UTC", "2021-03-01");
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"duration\",\"start\":\"begun\",\"end\":\"paid\",\"target\":{\"hours\":1},\"from\":\"2021-02-01\",\"to\":\"2021-03-01\",\"compare\":{\"from\":\"2021-01-01\",\"to\":\"2021-02-01\"}}"));
	differs_as(json_get(json_get(answer, S("change")), S("ended")), compare_shares(3, 4, 2, 3));
	differs_as(json_get(json_get(answer, S("change")), S("in_target")), compare_shares(3, 4, 1, 3));
}

/* Of two customers in January both come to the second stage, of three in February one; both tests are corrected together with those of what was lost. */
static void a_compared_journey_tells_of_its_stages(void **state)
{
	static const char *const BEGUN[] = {"2021-01-01T00:00:00Z", "2021-01-02T00:00:00Z", "2021-02-01T00:00:00Z", "2021-02-02T00:00:00Z", "2021-02-03T00:00:00Z"};
	static const char *const PAID[] = {"2021-01-05T00:00:00Z", "2021-01-05T00:00:00Z", "2021-02-05T00:00:00Z", NULL, NULL};
	static const uint32_t WHO[] = {1, 2, 1, 2, 4};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(BEGUN); i++) {
		by_hand_put(WHO[i], BEGUN[i], "begun", "{}");
		if (PAID[i]) by_hand_put(WHO[i], PAID[i], "paid", "{}");
	}
	struct query_context ctx = by_hand_context("UTC", "2021-03-01");
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"journey\",\"stages\":[{\"name\":\"look\",\"events\":[\"begun\"]},{\"name\":\"buy\",\"events\":[\"paid\"]}],\"from\":\"2021-02-01\",\"to\":\"2021-03-01\",\"compare\":{\"from\":\"2021-01-01\",\"to\":\"2021-02-01\"}}"));
	const struct json_node *x = json_get(json_get(answer, S("change")), S("stages"))->child;
	assert_true(str_eq(json_get_str(x->next->next, S("name")), S("buy")) && str_eq(json_get_str(x->next->next, S("of")), S("share")));
	differs_as(json_get(x->next->next, S("change")), compare_shares(1, 3, 2, 2));
	assert_non_null(json_get(json_get(x->next->next, S("change")), S("q")));
}

/* Of no touchpoints: 100 calls in half an hour of 180 s each need 14 agents for 80 % within 20 s, and 12 where callers hang up after 2 minutes. */
static void staffing_is_of_the_numbers_asked(void **state)
{
	(void)state;
	struct query_context ctx = by_hand_context("UTC", "2021-02-01");
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"staffing\",\"calls_per_hour\":200,\"handle_s\":180,\"patience_s\":120,\"target\":0.8,\"shrinkage\":0.3}"));
	assert_str_equal(json_get(json_get(answer, S("erlang_c")), S("agents"))->raw, S("14"));
	assert_str_equal(json_get(answer, S("agents"))->raw, S("12"));
	assert_str_equal(json_get(answer, S("positions"))->raw, S("18"));
	answer = ask(&arena, &ctx, S("{\"kind\":\"staffing\",\"calls_per_hour\":200,\"handle_s\":180,\"agents\":10}"));
	assert_int_equal(json_get(json_get(answer, S("erlang_c")), S("asa_s"))->type, JSON_NULL);
	refused(S("{\"kind\":\"staffing\",\"calls_per_hour\":200,\"handle_s\":180}"), "agents", "target");
	refused(S("{\"kind\":\"staffing\",\"calls_per_hour\":200,\"handle_s\":180,\"agents\":1,\"target\":0.8}"), "agents", "either");
	refused(S("{\"kind\":\"staffing\",\"calls_per_hour\":200,\"handle_s\":180,\"target\":80}"), "target", "share");
	refused(S("{\"kind\":\"staffing\",\"calls_per_hour\":1e9,\"handle_s\":180,\"target\":0.8}"), "calls_per_hour", "at a time");
	refused(S("{\"kind\":\"staffing\",\"calls_per_hour\":200,\"handle_s\":180,\"agents\":1,\"where\":{\"event\":\"x\"}}"), "kind", "no touchpoints");
}

static void questions_at_fault_name_the_field(void **state)
{
	(void)state;
	refused(S("{\"kind\":\"trend\",\"measure\":\"p100:n\"}"), "measure", "p1 to p99");
	refused(S("{\"kind\":\"trend\",\"measure\":\"p0:n\"}"), "measure", "p1 to p99");
	refused(S("{\"kind\":\"trend\",\"measure\":\"p05:n\"}"), "measure", "p1 to p99");
	refused(S("{\"kind\":\"trend\",\"measure\":\"p50:\"}"), "measure", "1 to");
	refused(S("{\"kind\":\"trend\",\"measure\":\"p50\"}"), "measure", "p1 to p99");
	refused(S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\",\"rolling\":1}"), "rolling", "true");
	refused(S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\",\"measure\":\"mean:n\"}"), "measure", "sum:");
	refused(S("{\"kind\":\"trend\",\"top\":3}"), "top", "by");
	refused(S("{\"kind\":\"trend\",\"by\":\"shop\",\"top\":0}"), "top", "1 to");
	refused(S("{\"kind\":\"trend\",\"measure\":\"sum:revenue\",\"by\":\"currency\",\"top\":2}"), "top", "currencies");
}

#define BY_HAND(test) cmocka_unit_test_setup_teardown(test, by_hand_set_up, by_hand_tear_down)

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		BY_HAND(percentiles_by_week_across_new_year),
		BY_HAND(percentiles_by_hour_across_a_clock_change),
		BY_HAND(the_rest_counts_a_customer_once),
		BY_HAND(retention_by_calendar_and_rolling_across_a_clock_change),
		BY_HAND(retention_by_month_across_new_year),
		BY_HAND(a_comparison_says_how_much_differs),
		BY_HAND(a_compared_trend_tells_of_its_days),
		BY_HAND(a_compared_duration_tells_what_ended_and_in_time),
		BY_HAND(a_compared_journey_tells_of_its_stages),
		BY_HAND(staffing_is_of_the_numbers_asked),
		cmocka_unit_test(questions_at_fault_name_the_field),
	};
	int failed = cmocka_run_group_tests_name("query_hand", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
