/* Conditions of every form, in every kind of question that counts events: against the naive evaluator. */
#include "query/condition_differ.h"

struct counted {
	str by;
	int64_t events, customers;
	double sum;
	bool seen[LINE_CUSTOMERS + 1];
};
static struct counted groups[64];
static size_t n_groups;

static struct counted *group_of(str by)
{
	for (size_t i = 0; i < n_groups; i++)
		if (str_eq(groups[i].by, by)) return &groups[i];
	groups[n_groups] = (struct counted){.by = by};
	return &groups[n_groups++];
}

static void count_in(struct counted *g, const struct made_event *m)
{
	uint32_t c = customer_of_event(m);
	g->events++;
	g->customers += c && !g->seen[c];
	g->seen[c] = true;
	if (m->score >= 0) g->sum += m->score;
}

static str by_of(const struct made_event *m, const struct query *q)
{
	if (q->by != QUERY_TRAIT) return shown_value(m, q->by);
	str tier = customer_of_event(m) ? str_of(tier_of(customer_of_event(m))) : S("null");
	return str_eq(tier, S("12.50")) ? S("12.5") : tier;
}

static void check_value(const struct json_node *row, const struct query *q, const struct counted *want)
{
	if (q->measure == QUERY_SUM) assert_real(row, "value", want->sum);
	else assert_count(row, "value", q->measure == QUERY_CUSTOMERS ? want->customers : want->events);
}

static void ask_once(const struct query_context *ctx)
{
	static const char *const BYS[] = {"", "", ",\"by\":\"trait:tier\"", ",\"by\":\"channel\"", ",\"by\":\"item\""};
	static const char *const MEASURES[] = {"events", "customers", "sum:score"};
	struct query_context with = with_records(ctx);
	str where = is_calm && dice(2) ? random_plain_condition() : random_condition(2, dice(3) == 0), match = random_match(), range = random_range();
	str q = str_fmt(&arena, "{\"kind\":\"trend\",\"interval\":\"month\",\"measure\":\"%s\"%s", MEASURES[dice(3)], BYS[dice(COUNT_OF(BYS))]);
	if (dice(3)) q = str_fmt(&arena, "%.*s,\"where\":%.*s", STR_ARG(q), STR_ARG(where));
	if (dice(2)) q = str_fmt(&arena, "%.*s,\"event\":%.*s", STR_ARG(q), STR_ARG(match));
	q = str_fmt(&arena, "%.*s%.*s}", STR_ARG(q), STR_ARG(range));
	const struct json_node *question, *answer = ask_in_hand(&with, q);
	struct query read;
	assert_ok(query_read(&arena, ctx->zone, q, &read, NULL));
	assert_ok(json_tree(&arena, q, QUERY_MAX_BYTES, &question, NULL));
	const struct json_node *w = json_get(question, S("where")), *e = json_get(question, S("event"));
	struct counted all = {0};
	int64_t left_out = 0;
	n_groups = 0;
	bool is_out[LINE_CUSTOMERS + 1];
	for (uint32_t c = 0; c <= LINE_CUSTOMERS; c++) is_out[c] = naive_is_out(w, c, &read.range);
	for (size_t i = 0; i < n_made; i++) {
		const struct made_event *m = &made[i];
		if ((read.range.has_from && m->time_ms < read.range.from_ms) || (read.range.has_to && m->time_ms >= read.range.to_ms)) continue;
		if (!is_allowed(m)) left_out += !is_out[customer_of_event(m)] && naive_may_be(e, w, m, &read.range);
		else if (naive_holds(e, w, m, &read.range)) {
			count_in(&all, m);
			count_in(group_of(by_of(m, &read)), m);
		}
	}
	check_value(json_get(answer, S("total")), &read, &all);
	assert_count(answer, "left_out_events", left_out);
	if (read.by == QUERY_NONE) return;
	size_t n = 0;
	for (const struct json_node *g = json_get(answer, S("groups"))->child; g; g = g->next, n++) check_value(g, &read, group_of(json_get(g, S("by"))->raw));
	assert_int_equal(n, n_groups);
}

static void conditions_hold_as_the_naive_evaluator_says(void **state)
{
	(void)state;
	differ(ask_once);
}

static void conditions_at_fault_name_their_path(void **state)
{
	(void)state;
	static const struct {
		const char *where, *field;
	} FAULTS[] = {
		{"7", "where"}, {"{}", "where"}, {"{\"all\":[]}", "where.all"}, {"{\"all\":[{\"event\":\"a\"},{\"size\":1}]}", "where.all.2"}, {"{\"not\":[1]}", "where.not"},
		{"{\"event\":\"a\",\"is\":1}", "where.is"}, {"{\"event\":[]}", "where.event"}, {"{\"name\":\"a\"}", "where"}, {"{\"name\":\"a\",\"is\":[1]}", "where.is"}, {"{\"name\":\"a\",\"in\":1}", "where.in"},
		{"{\"name\":\"a\",\"in\":[1,{}]}", "where.in"}, {"{\"name\":7,\"is\":1}", "where.name"}, {"{\"name\":\"trait:\",\"is\":1}", "where.name"}, {"{\"name\":\"a\",\"above\":true}", "where.above"},
		{"{\"name\":\"a\",\"contains\":\"\"}", "where.contains"}, {"{\"name\":\"a\",\"exists\":1}", "where.exists"}, {"{\"name\":\"a\",\"above\":5,\"below\":5}", "where"}, {"{\"name\":\"a\",\"at_least\":6,\"at_most\":5}", "where"},
		{"{\"consent\":\"marketing\"}", "where.is"}, {"{\"consent\":1,\"is\":\"granted\"}", "where.consent"}, {"{\"segment\":1}", "where.segment"}, {"{\"time\":{}}", "where.time"},
		{"{\"time\":{\"from\":\"2012-01-02\",\"to\":\"2012-01-01\"}}", "where.time.to"}, {"{\"did\":\"a\",\"at_least\":3,\"at_most\":2}", "where.at_most"}, {"{\"did\":\"a\",\"exactly\":1,\"at_most\":2}", "where.exactly"},
		{"{\"did\":\"a\",\"at_least\":-1}", "where.at_least"}, {"{\"did\":\"a\",\"within\":{\"days\":1},\"to\":\"2012-01-01\"}", "where.within"}, {"{\"did\":{\"event\":\"a\",\"where\":{\"did\":\"b\"}}}", "where.did"},
		{"{\"sequence\":[\"a\"]}", "where.sequence"}, {"{\"sequence\":[\"a\",\"b\"],\"within\":7}", "where.within"}, {"{\"sequence\":[\"a\",{\"event\":\"b\",\"when\":1}]}", "where.sequence.2.when"},
		{"{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"event\":\"a\"}}}}}}}}}", "where.not.not.not.not.not.not.not.not"},
	};
	for (size_t i = 0; i < COUNT_OF(FAULTS); i++) {
		struct query q;
		struct fault f = {0};
		str question = str_fmt(&arena, "{\"kind\":\"trend\",\"where\":%s}", FAULTS[i].where);
		if (query_read(&arena, zone_utc(), question, &q, &f) != ERR_INVALID || strcmp(f.fields[0].name, FAULTS[i].field) != 0)
			fail_msg("%.*s → %s: %s", STR_ARG(question), f.fields[0].name, f.fields[0].text);
	}
}

static void what_only_the_workspace_knows_is_refused_with_its_path(void **state)
{
	(void)state;
	struct query_context ctx = by_hand_context("UTC", "2025-01-01");
	static const char *const WHERES[] = {"{\"all\":[{\"consent\":\"no such\",\"is\":\"granted\"}]}", "{\"all\":[{\"segment\":\"seg_9\"}]}", "{\"all\":[{\"name\":\"trait:x\",\"is\":1}]}"};
	for (size_t i = 0; i < COUNT_OF(WHERES); i++) {
		struct buf out;
		struct fault f = {0};
		buf_init(&out, 4096);
		assert_int_equal(query_ask(&ctx, str_fmt(&arena, "{\"kind\":\"trend\",\"where\":%s}", WHERES[i]), &arena, &out, &f), ERR_INVALID);
		assert_string_equal(f.fields[0].name, "where.all.1");
		buf_release(&out);
	}
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_at_fault_name_their_path),
		cmocka_unit_test_setup_teardown(what_only_the_workspace_knows_is_refused_with_its_path, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test_teardown(conditions_hold_as_the_naive_evaluator_says, show_in_hand),
	};
	int failed = cmocka_run_group_tests_name("query_condition", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
