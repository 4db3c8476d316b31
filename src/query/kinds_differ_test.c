/* Questions of kind duration, segment and timeline, with random conditions, against a naive evaluator. */
#include "base/interval.h"
#include "query/condition_differ.h"

struct asked {
	struct query q;
	const struct json_node *question, *answer, *where;
};
static size_t line[LINE_EVENTS];

static void ask_it(const struct query_context *ctx, str text, struct asked *k)
{
	struct query_context with = with_records(ctx);
	k->answer = ask_in_hand(&with, text);
	assert_ok(query_read(&arena, ctx->zone, text, &k->q, NULL));
	assert_ok(json_tree(&arena, text, QUERY_MAX_BYTES, &k->question, NULL));
	k->where = json_get(k->question, S("where"));
}

/* ---- duration ---------------------------------------------------------------------------------------------------------- */
struct group {
	str by;
	int64_t starts, in_target;
	size_t n;
	double took[LINE_EVENTS];
};
static struct group groups[64];
static size_t n_groups;

static struct group *group_of(str by)
{
	for (size_t i = 0; i < n_groups; i++)
		if (str_eq(groups[i].by, by)) return &groups[i];
	memset(&groups[n_groups], 0, sizeof *groups);
	groups[n_groups].by = by;
	return &groups[n_groups++];
}

static str by_of(const struct made_event *m, const struct query *q)
{
	if (q->by == QUERY_NONE) return S("");
	if (q->by != QUERY_TRAIT) return shown_value(m, q->by);
	str tier = str_of(tier_of(customer_of_event(m)));
	return str_eq(tier, S("12.50")) ? S("12.5") : tier;
}

static void note(struct group *g, int64_t took_ms, int64_t within_ms, int64_t target_ms)
{
	g->starts++;
	if (took_ms < 0 || (within_ms && took_ms > within_ms)) return;
	g->took[g->n++] = (double)took_ms / 1000;
	g->in_target += took_ms <= target_ms;
}

static void naive_duration_of(const struct asked *k, int64_t within_ms, int64_t target_ms)
{
	const struct json_node *start = json_get(k->question, S("start")), *end = json_get(k->question, S("end"));
	n_groups = 0;
	for (uint32_t c = 1; c <= LINE_CUSTOMERS; c++) {
		size_t n = line_of_customer(c, &k->q.range, NULL, line);
		for (size_t i = 0; i < n; i++) {
			int64_t took_ms = -1;
			if (!naive_holds(start, k->where, &made[line[i]], &k->q.range)) continue;
			for (size_t x = i + 1; x < n && took_ms < 0; x++)
				if (naive_holds(end, k->where, &made[line[x]], &k->q.range)) took_ms = made[line[x]].time_ms - made[line[i]].time_ms;
			note(group_of(by_of(&made[line[i]], &k->q)), took_ms, within_ms, target_ms);
		}
	}
}

static void check_group(const struct json_node *got, struct group *want, bool has_target)
{
	struct interval sure = interval_wilson(want->in_target, want->starts);
	assert_count(got, "n", (int64_t)want->n);
	assert_count(got, "starts", want->starts);
	assert_real(got, "p50_s", percentile_of(want->took, want->n, 0.5));
	assert_real(got, "p90_s", percentile_of(want->took, want->n, 0.9));
	assert_real(got, "p99_s", percentile_of(want->took, want->n, 0.99));
	if (!has_target) return;
	assert_real(got, "in_target", want->starts ? (double)want->in_target / (double)want->starts : NAN);
	assert_real(got, "low", want->starts ? sure.low : NAN);
}

/* Puts into `into` what lies past the first `top` groups by starts, as the answer lists them. */
static void check_groups(const struct asked *k, bool has_target)
{
	static struct group other;
	size_t seen = 0;
	memset(&other, 0, sizeof other);
	int64_t before = INT64_MAX;
	for (const struct json_node *g = json_get(k->answer, S("groups"))->child; g; g = g->next) {
		if (json_is_true(g, S("other"))) continue;
		const struct json_node *by = json_get(g, S("by"));
		size_t had = n_groups;
		struct group *want = group_of(by ? by->raw : S(""));
		if (k->q.by == QUERY_NONE && n_groups > had) assert_int_equal(want->starts, 0);
		else assert_int_equal(n_groups, had);
		assert_true(want->starts <= before);
		before = want->starts;
		check_group(g, want, has_target);
		want->by = STR_NONE; /* seen */
		want->starts = -1;
		seen++;
	}
	if (k->q.by == QUERY_NONE) return;
	for (size_t i = 0; i < n_groups; i++) {
		if (groups[i].starts < 0) continue;
		assert_true(groups[i].starts <= before);
		other.starts += groups[i].starts;
		other.in_target += groups[i].in_target;
		for (size_t x = 0; x < groups[i].n; x++) other.took[other.n++] = groups[i].took[x];
	}
	const struct json_node *last = json_get(k->answer, S("groups"))->child;
	while (last && last->next) last = last->next;
	if (other.starts) {
		assert_int_equal(seen, k->q.top);
		assert_true(json_is_true(last, S("other")));
		check_group(last, &other, has_target);
	}
}

static void ask_duration(const struct query_context *ctx)
{
	static const char *const BYS[] = {"", ",\"by\":\"channel\"", ",\"by\":\"item\"", ",\"by\":\"trait:tier\"", ",\"by\":\"event\""};
	str start = random_match(), end = random_match(), where = random_condition(2, dice(2)), range = random_range(), within = random_duration(), target = random_duration();
	int by = (int)dice(COUNT_OF(BYS));
	str q = str_fmt(&arena, "{\"kind\":\"duration\",\"start\":%.*s,\"end\":%.*s%s%.*s", STR_ARG(start), STR_ARG(end), BYS[by], STR_ARG(range));
	struct asked k;
	bool has_within = dice(3) == 0, has_target = !has_within && dice(2);
	if (by && dice(2)) q = str_fmt(&arena, "%.*s,\"top\":%d", STR_ARG(q), 1 + (int)dice(3));
	if (dice(2)) q = str_fmt(&arena, "%.*s,\"where\":%.*s", STR_ARG(q), STR_ARG(where));
	if (has_within) q = str_fmt(&arena, "%.*s,\"within\":%.*s", STR_ARG(q), STR_ARG(within));
	if (has_target) q = str_fmt(&arena, "%.*s,\"target\":%.*s", STR_ARG(q), STR_ARG(target));
	ask_it(ctx, str_fmt(&arena, "%.*s}", STR_ARG(q)), &k);
	const struct json_node *w = json_get(k.question, S("within")), *t = json_get(k.question, S("target"));
	naive_duration_of(&k, w ? naive_duration(w) : 0, t ? naive_duration(t) : -1);
	check_groups(&k, has_target);
}

/* ---- segment ----------------------------------------------------------------------------------------------------------- */
static bool is_in(const struct json_node *condition, uint32_t customer, const struct query_range *range)
{
	struct naive k = {.range = range, .has_customer = true, .customer = customer};
	return !condition || naive_condition(condition, &k) == NAIVE_YES;
}

static void check_members(const struct asked *k, const bool *has)
{
	const struct json_node *members = json_get(k->answer, S("members")), *asked = json_get(k->question, S("members"));
	if (!members) return;
	int64_t limit = 0, cursor = 0, got;
	assert_true(json_get_i64(asked, S("limit"), &limit) && json_get_i64(asked, S("cursor"), &cursor));
	const struct json_node *v = json_get(members, S("customers"))->child;
	for (uint32_t c = (uint32_t)cursor + 1; c <= LINE_CUSTOMERS && limit > 0; c++) {
		if (!has[c]) continue;
		assert_true(v && str_i64(v->text, &got));
		assert_int_equal(got, c);
		v = v->next;
		limit--;
	}
	assert_true(v == NULL);
}

static void ask_segment(const struct query_context *ctx)
{
	str where = random_condition(2, true), other = random_condition(1, true), range = random_range();
	struct asked k;
	str q = str_fmt(&arena, "{\"kind\":\"segment\",\"where\":%.*s,\"overlap\":[{\"segment\":\"seg_1\"},%.*s]%.*s", STR_ARG(where), STR_ARG(other), STR_ARG(range));
	if (dice(2)) q = str_fmt(&arena, "%.*s,\"members\":{\"limit\":%d,\"cursor\":%d}", STR_ARG(q), 1 + (int)dice(30), (int)dice(10));
	if (dice(3) == 0) q = str_fmt(&arena, "%.*s,\"interval\":\"%s\"", STR_ARG(q), dice(2) ? "week" : "month");
	ask_it(ctx, str_fmt(&arena, "%.*s}", STR_ARG(q)), &k);
	const struct json_node *second = json_get(k.question, S("overlap"))->child->next;
	bool exists[LINE_CUSTOMERS + 1] = {0}, has[LINE_CUSTOMERS + 1] = {0};
	int64_t n = 0, base = 0, left_out = 0, both = 0, others = 0;
	for (uint32_t s = 1; s <= LINE_SUBJECTS; s++) exists[customer_of[s]] = true;
	for (uint32_t c = 1; c <= LINE_CUSTOMERS; c++) {
		bool may = !(denied[c] & ANALYTICS);
		left_out += exists[c] && !may;
		if (!exists[c] || !may) continue;
		base++;
		has[c] = is_in(k.where, c, &k.q.range);
		n += has[c];
		others += is_in(second, c, &k.q.range);
		both += has[c] && is_in(second, c, &k.q.range);
	}
	assert_count(k.answer, "customers", n);
	assert_count(k.answer, "n", base);
	assert_count(k.answer, "left_out_customers", left_out);
	const struct json_node *overlap = json_get(k.answer, S("overlap"))->child->next;
	assert_count(overlap, "customers", others);
	assert_count(overlap, "both", both);
	check_members(&k, has);
	for (const struct json_node *row = json_get(k.answer, S("rows")) ? json_get(k.answer, S("rows"))->child : NULL; row; row = row->next) {
		str label = json_get_str(row, S("time"));
		int64_t start = zone_to_utc(ctx->zone, instant(label)), end = zone_add(ctx->zone, start, k.q.interval.unit == QUERY_WEEK ? ZONE_WEEK : ZONE_MONTH, 1), size = 0;
		if (k.q.range.has_to && k.q.range.to_ms < end) end = k.q.range.to_ms;
		if (!row->next && !k.q.range.has_to) continue; /* until the last event: the size of today */
		struct query_range until = k.q.range;
		until.has_to = true;
		until.to_ms = end;
		for (uint32_t c = 1; c <= LINE_CUSTOMERS; c++) size += exists[c] && !(denied[c] & ANALYTICS) && is_in(k.where, c, &until);
		assert_count(row, "value", size);
	}
}

/* ---- timeline ---------------------------------------------------------------------------------------------------------- */
static void ask_timeline(const struct query_context *ctx)
{
	uint32_t customer = 1 + (uint32_t)dice(LINE_CUSTOMERS);
	str range = random_range(), cursor = STR_NONE;
	bool is_known = false, newest = dice(2);
	struct query_context with = *ctx;
	for (uint32_t s = 1; s <= LINE_SUBJECTS; s++) is_known = is_known || customer_of[s] == customer;
	if (!is_known) return;
	struct query read;
	str head = str_fmt(&arena, "{\"kind\":\"timeline\",\"customer\":\"%u\",\"properties\":[\"item\",\"score\"],\"order\":\"%s\",\"limit\":%d%.*s", customer, newest ? "newest" : "oldest", 1 + (int)dice(40), STR_ARG(range));
	assert_ok(query_read(&arena, ctx->zone, str_fmt(&arena, "%.*s}", STR_ARG(head)), &read, NULL));
	size_t n = line_of_customer(customer, &read.range, NULL, line), at = 0;
	do {
		str cursor_member = str_given(cursor) ? str_fmt(&arena, ",\"cursor\":\"%.*s\"}", STR_ARG(cursor)) : S("}");
		const struct json_node *answer = ask_in_hand(&with, str_fmt(&arena, "%.*s%.*s", STR_ARG(head), STR_ARG(cursor_member)));
		for (const struct json_node *e = json_get(answer, S("events"))->child; e; e = e->next, at++) {
			assert_true(at < n);
			const struct made_event *m = &made[line[newest ? n - 1 - at : at]];
			assert_count(e, "time_ms", m->time_ms);
			assert_str_equal(json_get_str(e, S("event")), str_of(LINE_TYPE[m->type]));
			assert_str_equal(json_get(e, S("channel"))->raw, shown_channel(m));
			assert_str_equal(json_get(e, S("item"))->raw, naive_value(m, S("item")));
			assert_str_equal(json_get(e, S("score"))->raw, naive_value(m, S("score")));
		}
		cursor = json_get_str(answer, S("cursor"));
	} while (str_given(cursor));
	assert_int_equal(at, n);
}

static void durations_are_those_of_the_naive_evaluator(void **state)
{
	(void)state;
	differ(ask_duration);
}

static void segments_are_those_of_the_naive_evaluator(void **state)
{
	(void)state;
	differ(ask_segment);
}

static void time_lines_are_those_of_the_naive_evaluator(void **state)
{
	(void)state;
	differ(ask_timeline);
}

/* ---- by hand ----------------------------------------------------------------------------------------------------------- */
static void durations_are_read_off_by_hand(void **state)
{
	(void)state;
	/* Across new year, and across the night when the clocks of Athens went on: an hour is an hour. */
	by_hand_put(1, "2011-12-31T23:30:00Z", "ask", "{}");
	by_hand_put(1, "2012-01-01T00:30:00Z", "ask", "{}");
	by_hand_put(1, "2012-01-01T01:00:00Z", "reply", "{}");
	by_hand_put(2, "2012-03-25T00:30:00Z", "ask", "{}");
	by_hand_put(3, "2012-03-25T01:30:00Z", "reply", "{}");
	by_hand_put(4, "2012-03-25T00:00:00Z", "reply", "{}");
	by_hand_put(4, "2012-03-25T00:00:00Z", "ask", "{}");
	struct query_context ctx = by_hand_context("Europe/Athens", "2025-01-01");
	const struct json_node *g = json_get(ask(&arena, &ctx, S("{\"kind\":\"duration\",\"start\":\"ask\",\"end\":\"reply\",\"target\":{\"hours\":1}}")), S("groups"))->child;
	assert_count(g, "starts", 4);
	assert_count(g, "n", 3); /* 5400, 1800 and 3600 seconds; who was answered before asking waits still */
	assert_real(g, "p50_s", 3600);
	assert_real(g, "p90_s", 3600 + 0.8 * 1800);
	assert_real(g, "in_target", 0.5);
	g = json_get(ask(&arena, &ctx, S("{\"kind\":\"duration\",\"start\":\"ask\",\"end\":\"ask\"}")), S("groups"))->child;
	assert_count(g, "n", 1);
	assert_real(g, "p99_s", 3600);
	const struct json_node *s = ask(&arena, &ctx, S("{\"kind\":\"segment\",\"where\":{\"all\":[{\"did\":\"ask\",\"at_least\":2},{\"not\":{\"did\":\"reply\",\"from\":\"2012-01-02\"}}]}}"));
	assert_count(s, "customers", 1);
	assert_count(s, "n", 3);
	s = ask(&arena, &ctx, S("{\"kind\":\"segment\",\"where\":{\"did\":\"ask\"},\"from\":\"2012-03-01\",\"compare\":{\"from\":\"2011-12-01\",\"to\":\"2012-03-01\"}}"));
	assert_count(s, "customers", 2);
	assert_count(json_get(s, S("compare")), "customers", 1);
	s = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"event\":\"ask\",\"compare\":{\"where\":{\"did\":\"reply\",\"to\":\"2012-01-02\"}}}"));
	assert_count(json_get(s, S("total")), "value", 4);
	assert_count(json_get(json_get(s, S("compare")), S("total")), "value", 2);
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(durations_are_read_off_by_hand, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test_teardown(durations_are_those_of_the_naive_evaluator, show_in_hand),
		cmocka_unit_test_teardown(segments_are_those_of_the_naive_evaluator, show_in_hand),
		cmocka_unit_test_teardown(time_lines_are_those_of_the_naive_evaluator, show_in_hand),
	};
	int failed = cmocka_run_group_tests_name("query_kinds", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
