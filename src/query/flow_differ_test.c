/* Directly-follows graphs against an evaluator that goes through every case by itself, and worked by hand. */
#include "query/flow.h"
#include "query/condition_differ.h"

enum { MAX_VARIANTS = 3000 };

struct question {
	struct query q;
	const struct query_flow *f;
	bool types[LINE_TYPES], contacts[LINE_TYPES];
	bool has_case;
};
struct counted {
	int64_t count, cases, starts, ends, again, rework, repeats, repeat_cases;
};
static struct counted kinds[LINE_TYPES];
static struct {
	int64_t count, cases, back, back_cases;
	double gaps[LINE_EVENTS];
} edges[LINE_TYPES][LINE_TYPES];
static struct {
	str text;
	int64_t count;
} variants[MAX_VARIANTS], swings[100];
static size_t n_variants, n_swings;
static int64_t n_cases, n_customers, n_steps, n_events, swing_cases[100];

static void naive_swings(const size_t *line, size_t n)
{
	str channels[LINE_EVENTS];
	bool seen[100] = {0};
	size_t m = 0;
	for (size_t i = 0; i < n; i++) {
		str c = shown_channel(&made[line[i]]);
		if (!str_eq(c, S("null")) && (m == 0 || !str_eq(c, channels[m - 1]))) channels[m++] = c;
	}
	for (size_t i = 2; i < m; i++) {
		if (!str_eq(channels[i], channels[i - 2])) continue;
		str text = str_fmt(&arena, "[%.*s,%.*s,%.*s]", STR_ARG(channels[i]), STR_ARG(channels[i - 1]), STR_ARG(channels[i]));
		size_t at = 0;
		while (at < n_swings && !str_eq(swings[at].text, text)) at++;
		if (at == n_swings) swings[n_swings].text = text, swings[n_swings].count = 0, swing_cases[n_swings++] = 0;
		swings[at].count++;
		swing_cases[at] += !seen[at];
		seen[at] = true;
	}
}

static void naive_case(const struct question *k, const size_t *line, size_t n)
{
	str text = S("[");
	bool seen[LINE_TYPES] = {0}, again[LINE_TYPES] = {0}, repeated[LINE_TYPES] = {0}, edge_seen[LINE_TYPES][LINE_TYPES] = {0}, back_seen[LINE_TYPES][LINE_TYPES] = {0};
	n_cases++;
	n_events += (int64_t)n;
	for (size_t i = 0; i < n; i++) {
		int t = made[line[i]].type;
		struct counted *c = &kinds[t];
		text = str_fmt(&arena, "%.*s%s\"%s\"", STR_ARG(text), i ? "," : "", LINE_TYPE[t]);
		c->count++;
		c->cases += !seen[t];
		c->again += seen[t];
		c->rework += seen[t] && !again[t];
		again[t] |= seen[t];
		seen[t] = true;
		c->starts += i == 0;
		c->ends += i + 1 == n;
		int64_t last = INT64_MIN;
		for (size_t j = 0; j < i; j++)
			if (k->contacts[made[line[j]].type]) last = made[line[j]].time_ms;
		if (k->contacts[t] && last != INT64_MIN && made[line[i]].time_ms - last <= k->f->repeat_ms) {
			c->repeats++;
			c->repeat_cases += !repeated[t];
			repeated[t] = true;
		}
		if (i == 0) continue;
		int before = made[line[i - 1]].type;
		edges[before][t].gaps[edges[before][t].count++] = (double)(made[line[i]].time_ms - made[line[i - 1]].time_ms);
		edges[before][t].cases += !edge_seen[before][t];
		edge_seen[before][t] = true;
		n_steps++;
		if (i == 1 || made[line[i - 2]].type != t || before == t) continue;
		edges[t][before].back++;
		edges[t][before].back_cases += !back_seen[t][before];
		back_seen[t][before] = true;
	}
	text = str_fmt(&arena, "%.*s]", STR_ARG(text));
	size_t at = 0;
	while (at < n_variants && !str_eq(variants[at].text, text)) at++;
	if (at == n_variants) variants[n_variants].text = text, variants[n_variants++].count = 0;
	variants[at].count++;
	naive_swings(line, n);
}

static void naive(const struct question *k)
{
	size_t line[LINE_EVENTS], part[LINE_EVENTS];
	memset(kinds, 0, sizeof kinds);
	memset(edges, 0, sizeof edges);
	n_variants = n_swings = 0;
	n_cases = n_customers = n_steps = n_events = 0;
	for (uint32_t customer = 1; customer <= LINE_CUSTOMERS; customer++) {
		size_t n = line_of_customer(customer, &k->q.range, k->types, line);
		bool has_any = false;
		for (int item = -1; item < LINE_ITEMS; item++) {
			size_t m = 0;
			if (k->has_case ? item < 0 || str_eq(str_of(LINE_ITEM_SHOWN[item]), S("null")) : item >= 0) continue;
			for (size_t i = 0; i < n; i++)
				if (item < 0 || made[line[i]].item == item) part[m++] = line[i];
			if (m) naive_case(k, part, m);
			has_any |= m > 0;
		}
		n_customers += has_any;
	}
}

static int type_of(str name)
{
	for (int t = 0; t < LINE_TYPES; t++)
		if (str_eq(name, str_of(LINE_TYPE[t]))) return t;
	fail_msg("unknown event %.*s", STR_ARG(name));
	return 0;
}

static void check_edges(const struct question *k, const struct json_node *answer)
{
	int64_t before = INT64_MAX, want = 0, got = 0, count;
	for (const struct json_node *v = json_get(answer, S("edges"))->child; v; v = v->next, got++) {
		int a = type_of(json_get_str(v, S("from"))), b = type_of(json_get_str(v, S("to")));
		assert_true(json_get_i64(v, S("count"), &count) && count <= before);
		before = count;
		assert_int_equal(count, edges[a][b].count);
		assert_count(v, "cases", edges[a][b].cases);
		double sum = 0;
		for (int64_t i = 0; i < count; i++) sum += edges[a][b].gaps[i];
		assert_real(v, "mean_s", sum / (double)count / 1000);
		assert_real(v, "median_s", percentile_of(edges[a][b].gaps, (size_t)count, 0.5) / 1000);
		assert_real(v, "share", (double)count / (double)n_steps);
	}
	for (int a = 0; a < LINE_TYPES; a++)
		for (int b = 0; b < LINE_TYPES; b++) want += edges[a][b].count && edges[a][b].count >= (int64_t)k->f->min_count && (double)edges[a][b].count >= k->f->min_share * (double)n_steps;
	assert_int_equal(got, want);
}

static int by_count(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x > y ? -1 : x < y;
}

static void check_variants(const struct question *k, const struct json_node *answer)
{
	int64_t counts[MAX_VARIANTS];
	size_t listed = 0;
	const struct json_node *v = json_get(answer, S("variants"));
	for (size_t i = 0; i < n_variants; i++) counts[i] = variants[i].count;
	if (n_variants) qsort(counts, n_variants, sizeof *counts, by_count);
	if (k->f->variants) assert_count(v, "total", (int64_t)n_variants);
	for (const struct json_node *t = json_get(v, S("top"))->child; t; t = t->next, listed++) {
		size_t at = 0;
		while (at < n_variants && !str_eq(variants[at].text, json_get(t, S("events"))->raw)) at++;
		assert_true(at < n_variants);
		assert_count(t, "count", variants[at].count);
		assert_int_equal(variants[at].count, counts[listed]);
		variants[at].text = S("listed"); /* none twice */
	}
	assert_int_equal(listed, n_variants < k->f->variants ? n_variants : k->f->variants);
}

/* A list of {"event","count","cases"}: all of them, and nothing else. */
static void check_list(const struct json_node *list, size_t count_at, size_t cases_at)
{
	int64_t got = 0, want = 0;
	for (const struct json_node *v = list->child; v; v = v->next) {
		const char *c = (const char *)&kinds[type_of(json_get_str(v, S("event")))];
		assert_count(v, "count", *(const int64_t *)(const void *)(c + count_at));
		if (cases_at != SIZE_MAX) assert_count(v, "cases", *(const int64_t *)(const void *)(c + cases_at));
		got++;
	}
	for (int t = 0; t < LINE_TYPES; t++) want += *(const int64_t *)(const void *)((const char *)&kinds[t] + count_at) > 0;
	assert_int_equal(got, want);
}

static void check_loops(const struct json_node *answer)
{
	int64_t got = 0, want = 0;
	for (const struct json_node *v = json_get(answer, S("loops"))->child; v; v = v->next, got++) {
		const struct json_node *events = json_get(v, S("events"));
		int a = type_of(events->child->text), b = type_of(events->child->next->text);
		assert_int_equal(events->n, a == b ? 2 : 3);
		assert_count(v, "count", a == b ? edges[a][b].count : edges[a][b].back);
		assert_count(v, "cases", a == b ? edges[a][b].cases : edges[a][b].back_cases);
	}
	for (int a = 0; a < LINE_TYPES; a++)
		for (int b = 0; b < LINE_TYPES; b++) want += a == b ? edges[a][b].count > 0 : edges[a][b].back > 0;
	assert_int_equal(got, want);
	got = 0;
	for (const struct json_node *v = json_get(answer, S("ping_pong"))->child; v; v = v->next, got++) {
		size_t at = 0;
		while (at < n_swings && !str_eq(swings[at].text, json_get(v, S("channels"))->raw)) at++;
		assert_true(at < n_swings);
		assert_count(v, "count", swings[at].count);
		assert_count(v, "cases", swing_cases[at]);
	}
	assert_int_equal(got, n_swings);
}

static void ask_once(const struct query_context *plain)
{
	struct query_context with = with_records(plain), *ctx = &with;
	struct question k = {.has_case = dice(3) == 0};
	str range = random_range(), types = random_types(k.types), contacts = random_types(k.contacts), repeat = random_duration();
	str question = str_fmt(&arena, "{\"kind\":\"flow\",\"contacts\":%.*s,\"repeat\":%.*s,\"variants\":%d%.*s", STR_ARG(contacts), STR_ARG(repeat), (int)dice(30), STR_ARG(range));
	if (dice(3) == 0) question = str_fmt(&arena, "%.*s,\"event\":%.*s", STR_ARG(question), STR_ARG(types));
	else memset(k.types, 1, sizeof k.types);
	str where = dice(2) ? random_plain_condition() : S("");
	if (where.n) question = str_fmt(&arena, "%.*s,\"where\":%.*s", STR_ARG(question), STR_ARG(where));
	if (k.has_case) question = str_fmt(&arena, "%.*s,\"case\":\"item\"", STR_ARG(question));
	if (dice(3) == 0) question = str_fmt(&arena, "%.*s,\"min_count\":%d", STR_ARG(question), (int)dice(20));
	if (dice(3) == 0) question = str_fmt(&arena, "%.*s,\"min_share\":0.0%d", STR_ARG(question), (int)dice(9));
	bool without_loops = dice(5) == 0;
	question = str_fmt(&arena, "%.*s%s}", STR_ARG(question), without_loops ? ",\"loops\":false" : "");
	assert_ok(query_read(&arena, ctx->zone, question, &k.q, NULL));
	k.f = k.q.flow;
	judge_where(where, &k.q.range);
	const struct json_node *answer = ask_in_hand(ctx, question);
	naive(&k);
	assert_count(answer, "cases", n_cases);
	assert_count(answer, "customers", n_customers);
	assert_count(answer, "events", n_events);
	check_edges(&k, answer);
	check_variants(&k, answer);
	check_list(json_get(answer, S("starts")), offsetof(struct counted, starts), SIZE_MAX);
	check_list(json_get(answer, S("ends")), offsetof(struct counted, ends), SIZE_MAX);
	check_list(json_get(answer, S("by_event")), offsetof(struct counted, count), offsetof(struct counted, cases));
	check_list(json_get(answer, S("rework")), offsetof(struct counted, again), offsetof(struct counted, rework));
	if (!without_loops) {
		check_list(json_get(answer, S("repeated_contacts")), offsetof(struct counted, repeats), offsetof(struct counted, repeat_cases));
		check_loops(answer);
	}
	if (!where.n) assert_left_out(answer, &k.q.range, k.types);
}

static void every_flow_is_that_of_the_naive_evaluator(void **state)
{
	(void)state;
	differ(ask_once);
}

/* ---- by hand ----------------------------------------------------------------------------------------------------------- */
static str raw(const struct json_node *answer, const char *key)
{
	return json_get(answer, str_of(key))->raw;
}

static void flows_are_read_off_by_hand(void **state)
{
	(void)state;
	by_hand_put(1, "2011-12-31T23:59:00Z", "Call Started", "{\"case\":1}");
	by_hand_put(1, "2012-01-01T00:01:00Z", "Agent Replied", "{\"case\":1}"); /* at one instant: in order of arrival */
	by_hand_put(1, "2012-01-01T00:01:00Z", "Ticket Closed", "{\"case\":2}");
	by_hand_put(1, "2012-01-08T00:01:00Z", "Call Started", "{\"case\":1}");
	by_hand_put(2, "2012-03-25T00:30:00Z", "Call Started", "{}"); /* Athens: the clocks go on at 01:00Z, an hour stays an hour */
	by_hand_put(3, "2012-03-25T01:30:00Z", "Agent Replied", "{}");
	by_hand_put(3, "2012-03-25T01:30:01Z", "Call Started", "{}");
	struct query_context ctx = by_hand_context("Europe/Athens", "2025-01-01");
	const struct json_node *a = ask(&arena, &ctx, S("{\"kind\":\"flow\"}"));
	assert_str_equal(raw(a, "customers"), S("2"));
	assert_str_equal(raw(a, "edges"), S("[{\"from\":\"Call Started\",\"to\":\"Agent Replied\",\"count\":2,\"share\":0.4,\"cases\":2,\"mean_s\":1860,\"median_s\":1860},"
		"{\"from\":\"Agent Replied\",\"to\":\"Call Started\",\"count\":1,\"share\":0.2,\"cases\":1,\"mean_s\":1,\"median_s\":1},"
		"{\"from\":\"Agent Replied\",\"to\":\"Ticket Closed\",\"count\":1,\"share\":0.2,\"cases\":1,\"mean_s\":0,\"median_s\":0},"
		"{\"from\":\"Ticket Closed\",\"to\":\"Call Started\",\"count\":1,\"share\":0.2,\"cases\":1,\"mean_s\":604800,\"median_s\":604800}]"));
	assert_str_equal(raw(a, "starts"), S("[{\"event\":\"Call Started\",\"count\":2}]"));
	assert_str_equal(raw(a, "ends"), S("[{\"event\":\"Call Started\",\"count\":2}]"));
	assert_str_equal(raw(a, "rework"), S("[{\"event\":\"Call Started\",\"count\":2,\"cases\":2}]"));
	assert_str_equal(raw(a, "loops"), S("[{\"events\":[\"Call Started\",\"Agent Replied\",\"Call Started\"],\"count\":1,\"cases\":1}]"));
	/* The second call of the first customer came seven days and two minutes after the first: too late. */
	assert_str_equal(raw(a, "repeated_contacts"), S("[{\"event\":\"Call Started\",\"count\":1,\"cases\":1}]"));
	a = ask(&arena, &ctx, S("{\"kind\":\"flow\",\"repeat\":{\"seconds\":604920}}"));
	assert_str_equal(raw(a, "repeated_contacts"), S("[{\"event\":\"Call Started\",\"count\":2,\"cases\":2}]"));
	a = ask(&arena, &ctx, S("{\"kind\":\"flow\",\"case\":\"case\"}"));
	assert_str_equal(raw(a, "cases"), S("2"));
	assert_str_equal(json_get(json_get(a, S("variants")), S("total"))->raw, S("2"));
	struct query q;
	struct fault f = {0};
	assert_int_equal(query_read(&arena, zone_utc(), S("{\"kind\":\"flow\",\"case\":\"channel\",\"variants\":-1,\"min_share\":2,\"min_count\":\"x\",\"steps\":1}"), &q, &f), ERR_INVALID);
	assert_int_equal(f.n_fields, 5);
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(flows_are_read_off_by_hand, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test_teardown(every_flow_is_that_of_the_naive_evaluator, show_in_hand),
	};
	int failed = cmocka_run_group_tests_name("query_flow", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
