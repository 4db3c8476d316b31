/* `by` of flow, driver and journey against lists that are walked for each group by itself: which values there are, in which
 * order, and what each group and the rest count. And worked by hand across new year. */
#include "query/driver.h"
#include "query/line_differ.h"

enum { MAX_VALUES = 40, STAGES = 2 };

static struct { /* a value of the dimension, and the customers that have it */
	str shown;
	int64_t customers;
} values[MAX_VALUES];
static size_t n_values;
static struct question {
	struct query q;
	bool moments[LINE_TYPES], had[LINE_TYPES], stages[STAGES][LINE_TYPES], all[LINE_TYPES];
} k;
static bool kept[LINE_EVENTS];
static size_t line[LINE_EVENTS];

static const bool *types_of_values(void)
{
	return k.q.kind == QUERY_DRIVER ? k.moments : k.all;
}

static void find_values(void)
{
	n_values = 0;
	line_kept = NULL;
	for (uint32_t customer = 1; customer <= LINE_CUSTOMERS; customer++) {
		size_t n = line_of_customer(customer, &k.q.range, types_of_values(), line), has_seen[MAX_VALUES] = {0};
		for (size_t i = 0; i < n; i++) {
			str shown = shown_value(&made[line[i]], k.q.by);
			size_t v = 0;
			while (v < n_values && !str_eq(values[v].shown, shown)) v++;
			if (v == n_values) {
				values[n_values].shown = shown;
				values[n_values++].customers = 0;
			}
			values[v].customers += !has_seen[v];
			has_seen[v] = 1;
		}
	}
}

static int64_t customers_with(str shown)
{
	for (size_t v = 0; v < n_values; v++)
		if (str_eq(values[v].shown, shown)) return values[v].customers;
	fail_msg("no customer has %.*s", STR_ARG(shown));
	return 0;
}

static bool is_listed(const struct json_node *groups, str shown)
{
	for (const struct json_node *g = groups->child; g; g = g->next)
		if (!json_get(g, S("other")) && str_eq(json_get(g, S("by"))->raw, shown)) return true;
	return false;
}

/* groups: the rest of these; NULL: of the one value; absent shown: of all. */
static bool is_in_group(const struct made_event *m, const struct json_node *groups, str shown)
{
	str own = shown_value(m, k.q.by);
	if (groups) return !is_listed(groups, own);
	return !str_given(shown) || str_eq(own, shown);
}

/* ---- what a group counts ------------------------------------------------------------------------------------------------ */
static void check_flow(const struct json_node *group)
{
	int64_t customers = 0, events = 0, edges[LINE_TYPES][LINE_TYPES] = {{0}}, steps = 0, listed = 0;
	for (uint32_t customer = 1; customer <= LINE_CUSTOMERS; customer++) {
		size_t n = line_of_customer(customer, &k.q.range, k.all, line);
		customers += n > 0;
		events += (int64_t)n;
		for (size_t i = 1; i < n; i++) edges[made[line[i - 1]].type][made[line[i]].type]++, steps++;
	}
	assert_count(group, "customers", customers);
	assert_count(group, "events", events);
	assert_count(group, "steps", steps);
	for (const struct json_node *e = json_get(group, S("edges"))->child; e; e = e->next) {
		size_t from = 0, to = 0;
		while (!str_eq(json_get_str(e, S("from")), str_of(LINE_TYPE[from]))) from++;
		while (!str_eq(json_get_str(e, S("to")), str_of(LINE_TYPE[to]))) to++;
		assert_count(e, "count", edges[from][to]);
		listed += edges[from][to];
	}
	assert_int_equal(listed, steps);
}

/* Moments of the group; what came before may be of any value. */
static void check_driver(const struct json_node *group)
{
	int64_t n[2] = {0};
	double sum[2] = {0};
	line_kept = NULL;
	for (uint32_t customer = 1; customer <= LINE_CUSTOMERS; customer++) {
		size_t of = line_of_customer(customer, &k.q.range, k.all, line);
		for (size_t i = 0; i < of; i++) {
			const struct made_event *m = &made[line[i]];
			bool had = false;
			if (!k.moments[m->type] || m->score < 0 || !kept[line[i]]) continue;
			for (size_t j = 0; j < i; j++) had |= k.had[made[line[j]].type] && m->time_ms - made[line[j]].time_ms < k.q.driver->within_ms;
			n[had]++;
			sum[had] += m->score;
		}
	}
	const struct json_node *g = json_get(group, S("groups"))->child;
	for (int had = 0; had < 2; had++, g = g->next) {
		assert_true(json_is_true(g, S("had")) == (had == 1));
		assert_count(g, "n", n[had]);
		assert_real(g, "mean", n[had] ? sum[had] / (double)n[had] : NAN);
	}
}

static void check_journey(const struct json_node *group)
{
	int64_t customers = 0, events[STAGES] = {0};
	for (uint32_t customer = 1; customer <= LINE_CUSTOMERS; customer++) {
		size_t n = line_of_customer(customer, &k.q.range, k.all, line);
		bool is_in = false;
		for (size_t i = 0; i < n; i++)
			for (int s = 0; s < STAGES; s++) {
				if (!k.stages[s][made[line[i]].type]) continue;
				events[s]++;
				is_in = true;
				break;
			}
		customers += is_in;
	}
	assert_count(group, "n", customers);
	const struct json_node *s = json_get(group, S("stages"))->child;
	for (int i = 0; i < STAGES; i++, s = s->next) assert_count(s, "events", events[i]);
}

static void check(const struct json_node *group, const struct json_node *rest_of, str shown)
{
	for (size_t i = 0; i < n_made; i++) kept[i] = is_in_group(&made[i], rest_of, shown);
	line_kept = kept;
	if (k.q.kind == QUERY_FLOW) check_flow(group);
	else if (k.q.kind == QUERY_DRIVER) check_driver(group);
	else check_journey(group);
	line_kept = NULL;
}

/* ---- random questions --------------------------------------------------------------------------------------------------- */
static str random_question(void)
{
	static const char *const BYS[] = {"channel", "item", "event", "family"};
	memset(&k, 0, sizeof k);
	memset(k.all, 1, sizeof k.all);
	str q = S("{\"kind\":\"flow\",\"loops\":false,\"variants\":0"), range = random_range(), within = random_duration();
	size_t kind = dice(3);
	if (kind == 1) {
		str moments = random_types(k.moments), had = random_types(k.had);
		q = str_fmt(&arena, "{\"kind\":\"driver\",\"outcome\":{\"event\":%.*s,\"property\":\"score\"},\"had\":%.*s,\"within\":%.*s", STR_ARG(moments), STR_ARG(had), STR_ARG(within));
	} else if (kind == 2) {
		str one = random_types(k.stages[0]), two = random_types(k.stages[1]);
		q = str_fmt(&arena, "{\"kind\":\"journey\",\"stages\":[{\"name\":\"one\",\"events\":%.*s},{\"name\":\"two\",\"events\":%.*s}]", STR_ARG(one), STR_ARG(two));
	}
	q = str_fmt(&arena, "%.*s,\"by\":\"%s\"%.*s", STR_ARG(q), BYS[dice(COUNT_OF(BYS))], STR_ARG(range));
	return dice(4) ? str_fmt(&arena, "%.*s,\"top\":%d}", STR_ARG(q), (int)dice(3) + 1) : str_fmt(&arena, "%.*s}", STR_ARG(q));
}

static void ask_once(const struct query_context *ctx)
{
	if (dice(2)) return; /* each question is several: half as many are enough */
	str question = random_question();
	struct fault f = {0};
	if (query_read(&arena, ctx->zone, question, &k.q, &f) != OK) fail_msg("%.*s: %s %s", STR_ARG(question), f.fields[0].name, f.fields[0].text);
	const struct json_node *answer = ask_in_hand(ctx, question), *groups = json_get(answer, S("groups"));
	find_values();
	int64_t before = INT64_MAX;
	for (const struct json_node *g = groups->child; g; g = g->next) {
		bool is_rest = json_get(g, S("other"));
		str shown = json_get(g, S("by"))->raw;
		assert_true(!is_rest || !g->next);
		check(g, is_rest ? groups : NULL, shown);
		if (is_rest) continue;
		int64_t customers = customers_with(shown);
		assert_true(customers <= before); /* the most first */
		before = customers;
	}
	for (size_t v = 0; v < n_values; v++) assert_true(is_listed(groups, values[v].shown) || values[v].customers <= before);
	size_t own = n_values > k.q.top ? k.q.top : n_values;
	assert_int_equal(groups->n, own + (n_values > own));
	check(json_get(answer, S("all")), NULL, STR_NONE);
	assert_str_equal(json_get(answer, S("n"))->raw, json_get(json_get(answer, S("all")), S("n"))->raw);
}

static void groups_are_those_of_the_naive_evaluator(void **state)
{
	(void)state;
	differ(ask_once);
}

/* ---- worked by hand -------------------------------------------------------------------------------------------------------- */
/* Customer 2 goes from a to b on the web within an hour of new year, and from a to c in the shop; customer 1 from a to b in the shop. */
static void the_ways_of_each_channel(void **state)
{
	(void)state;
	by_hand_put(2, "2020-12-31T23:30:00Z", "a", "{\"shop\":\"north\"}");
	by_hand_put(3, "2020-12-31T23:45:00Z", "a", "{\"shop\":\"south\"}");
	by_hand_put(2, "2021-01-01T00:30:00Z", "b", "{\"shop\":\"north\"}");
	by_hand_put(3, "2021-01-01T00:45:00Z", "c", "{\"shop\":\"south\"}");
	by_hand_put(1, "2021-01-01T00:00:00Z", "a", "{\"shop\":\"south\"}");
	by_hand_put(1, "2021-01-01T00:10:00Z", "b", "{\"shop\":\"south\"}");
	struct query_context ctx = by_hand_context("UTC", "2021-02-01");
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"flow\",\"by\":\"shop\",\"top\":1}")), *south = json_get(answer, S("groups"))->child, *rest = south->next;
	assert_str_equal(json_get(south, S("by"))->raw, S("\"south\""));
	assert_count(south, "customers", 2);
	assert_count(south, "steps", 2);
	assert_true(json_is_true(rest, S("other")));
	assert_count(rest, "customers", 1);
	const struct json_node *edge = json_get(rest, S("edges"))->child;
	assert_str_equal(json_get_str(edge, S("to")), S("b"));
	assert_real(edge, "median_s", 3600);
	assert_count(json_get(answer, S("all")), "steps", 4); /* of customer 2: a a b c */
	const struct json_node *members = json_get(ask(&arena, &ctx, S("{\"kind\":\"flow\",\"by\":\"shop\",\"members\":{\"by\":\"north\",\"from\":\"a\",\"to\":\"b\"}}")), S("members"));
	assert_str_equal(json_get(members, S("customers"))->raw, S("[2]"));
}

static void questions_at_fault_name_the_field(void **state)
{
	(void)state;
	static const char *const ASKED[] = {"{\"kind\":\"flow\",\"top\":3}", "{\"kind\":\"flow\",\"by\":\"shop\",\"top\":21}", "{\"kind\":\"journey\",\"by\":\"shop\",\"top\":21}"};
	struct query q;
	for (size_t i = 0; i < COUNT_OF(ASKED); i++) {
		struct fault f = {0};
		assert_int_equal(query_read(&arena, zone_utc(), str_of(ASKED[i]), &q, &f), ERR_INVALID);
		assert_string_equal(f.fields[0].name, "top");
	}
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(groups_are_those_of_the_naive_evaluator, show_in_hand),
		cmocka_unit_test_setup_teardown(the_ways_of_each_channel, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test(questions_at_fault_name_the_field),
	};
	int failed = cmocka_run_group_tests_name("query_split", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
