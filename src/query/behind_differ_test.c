/* Whoever is behind a number is asked for, and is as many as the number says; numbers of events have at most as many. The numbers
 * themselves are held against naive evaluators by the tests of their kinds. What a condition says of those behind a number, a
 * segment of it holds, and nobody else. */
#include "query/condition_differ.h"

static struct query_context with;
static str base; /* the question without its last brace */

static int64_t total_of(str cell)
{
	str q = str_fmt(&arena, "%.*s,\"members\":{%.*s}}", STR_ARG(base), STR_ARG(cell));
	const struct json_node *members = json_get(ask_in_hand(&with, q), S("members"));
	int64_t total = -1;
	assert_true(json_get_i64(members, S("total"), &total));
	if (dice(8)) return total;
	str segment = str_fmt(&arena, "{\"kind\":\"segment\",\"where\":{\"behind\":%.*s},\"members\":{\"limit\":10000}}", STR_ARG(q));
	const struct json_node *found = json_get(ask_in_hand(&with, segment), S("members"));
	assert_count(found, "total", total);
	assert_true(str_eq(json_get(found, S("customers"))->raw, json_get(members, S("customers"))->raw));
	return total;
}

static int64_t whole(const struct json_node *v)
{
	int64_t n = -1;
	assert_true(v && str_i64(v->text, &n));
	return n;
}

static const struct json_node *ask_base(const char *format, ...)
{
	char text[1000];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	str condition = random_condition(1, true), range = random_range();
	str where = dice(3) ? S("") : str_fmt(&arena, ",\"where\":%.*s", STR_ARG(condition));
	base = str_fmt(&arena, "{%s%.*s%.*s", text, STR_ARG(where), STR_ARG(range));
	return ask_in_hand(&with, str_fmt(&arena, "%.*s}", STR_ARG(base)));
}

static const char *any_type(void)
{
	return LINE_TYPE[dice(LINE_TYPES)];
}

static const char *any_by(void)
{
	static const char *const BYS[] = {"channel", "item", "event", "family", "trait:tier"};
	return BYS[dice(COUNT_OF(BYS))];
}

static str raw_of(const struct json_node *object, const char *key)
{
	const struct json_node *v = json_get(object, str_of(key));
	return v->type == JSON_STRING ? str_fmt(&arena, "\"%.*s\"", STR_ARG(v->text)) : v->raw;
}

static void ask_trend(void)
{
	bool has_by = dice(2);
	str by = has_by ? str_fmt(&arena, ",\"by\":\"%s\"", any_by()) : S("");
	const struct json_node *answer = ask_base("\"kind\":\"trend\",\"measure\":\"customers\",\"interval\":\"%s\",\"event\":[\"%s\",\"%s\"]%.*s", dice(2) ? "day" : "month", any_type(), any_type(), STR_ARG(by));
	for (const struct json_node *r = json_get(answer, S("rows"))->child; r; r = r->next) {
		if (dice(4)) continue;
		str cell = str_fmt(&arena, "\"time\":%.*s", STR_ARG(raw_of(r, "time")));
		if (has_by) cell = str_fmt(&arena, "%.*s,\"by\":%.*s", STR_ARG(cell), STR_ARG(raw_of(r, "by")));
		assert_int_equal(total_of(cell), whole(json_get(r, S("value"))));
	}
	assert_int_equal(total_of(S("")), whole(json_get(json_get(answer, S("total")), S("value"))));
}

static void ask_retention(void)
{
	static const char *const MODES[] = {"on", "on_or_after", "churn"};
	const struct json_node *answer = ask_base("\"kind\":\"retention\",\"start\":\"%s\",\"return\":\"%s\",\"interval\":\"%s\",\"mode\":\"%s\",\"cells\":6", any_type(), any_type(), dice(2) ? "day" : "week", MODES[dice(3)]);
	for (const struct json_node *c = json_get(answer, S("cohorts"))->child; c; c = c->next) {
		int k = 0;
		for (const struct json_node *v = json_get(c, S("cells"))->child; v; v = v->next, k++)
			if (v->type == JSON_NUMBER && dice(2)) assert_int_equal(total_of(str_fmt(&arena, "\"start\":%.*s,\"cell\":%d", STR_ARG(raw_of(c, "start")), k)), whole(v));
	}
	int k = 0;
	for (const struct json_node *v = json_get(json_get(answer, S("all")), S("cells"))->child; v; v = v->next, k++) assert_int_equal(total_of(str_fmt(&arena, "\"cell\":%d", k)), whole(v));
}

static void check_list(const struct json_node *list, const char *count, bool is_of_events)
{
	for (const struct json_node *e = list->child; e; e = e->next) {
		if (dice(3)) continue;
		const struct json_node *events = json_get(e, S("events"));
		str cell = S("");
		if (is_of_events && events->n == 3) cell = str_fmt(&arena, "\"from\":\"%.*s\",\"to\":\"%.*s\",\"back\":true", STR_ARG(events->child->text), STR_ARG(events->child->next->text));
		else if (is_of_events) cell = str_fmt(&arena, "\"from\":\"%.*s\",\"to\":\"%.*s\"", STR_ARG(events->child->text), STR_ARG(events->child->next->text));
		else cell = str_fmt(&arena, "\"from\":%.*s,\"to\":%.*s", STR_ARG(raw_of(e, "from")), STR_ARG(raw_of(e, "to")));
		assert_int_equal(total_of(cell), whole(json_get(e, str_of(count))));
	}
}

static void check_named(const struct json_node *list, const char *field, const char *count)
{
	for (const struct json_node *e = list->child; e; e = e->next)
		assert_int_equal(total_of(str_fmt(&arena, "\"%s\":%.*s", field, STR_ARG(raw_of(e, "event")))), whole(json_get(e, str_of(count))));
}

static void ask_flow(void)
{
	const struct json_node *answer = ask_base("\"kind\":\"flow\",\"variants\":10,\"contacts\":[\"call\",\"%s\"],\"repeat\":{\"hours\":3}", any_type());
	check_list(json_get(answer, S("edges")), "cases", false);
	check_list(json_get(answer, S("loops")), "cases", true);
	check_named(json_get(answer, S("rework")), "again", "cases");
	check_named(json_get(answer, S("repeated_contacts")), "repeated", "cases");
	check_named(json_get(answer, S("starts")), "start", "count");
	check_named(json_get(answer, S("ends")), "end", "count");
	for (const struct json_node *v = json_get(json_get(answer, S("variants")), S("top"))->child; v; v = v->next)
		if (json_get(v, S("events"))->n <= 100) assert_int_equal(total_of(str_fmt(&arena, "\"events\":%.*s", STR_ARG(json_get(v, S("events"))->raw))), whole(json_get(v, S("count"))));
}

/* A customer may take a path more than once. */
static void at_most(int64_t total, const struct json_node *count)
{
	assert_true(total > 0 && total <= whole(count));
}

static void ask_paths(void)
{
	static const char *const BORDERS[] = {"\"start\":\"view\"", "\"end\":\"order\"", "\"start\":\"view\",\"end\":\"order\""};
	const struct json_node *answer = ask_base("\"kind\":\"paths\",%s,\"length\":3,\"tree\":8,%s", BORDERS[dice(3)], dice(2) ? "\"gap\":{\"days\":1}" : "\"within\":{\"days\":2}");
	int64_t customers = whole(json_get(answer, S("customers")));
	for (const struct json_node *p = json_get(answer, S("paths"))->child; p; p = p->next)
		if (dice(4) == 0) at_most(total_of(str_fmt(&arena, "\"events\":%.*s", STR_ARG(json_get(p, S("events"))->raw))), json_get(p, S("count")));
	for (const struct json_node *t = json_get(answer, S("tree"))->child; t; t = t->next)
		if (whole(json_get(t, S("depth"))) == 1) at_most(total_of(str_fmt(&arena, "\"step\":1,\"to\":%.*s", STR_ARG(raw_of(t, "event")))), json_get(t, S("count")));
	assert_int_equal(total_of(S("")), customers);
}

static void ask_duration(void)
{
	bool has_by = dice(2);
	str by = has_by ? str_fmt(&arena, ",\"by\":\"%s\"", any_by()) : S("");
	const struct json_node *answer = ask_base("\"kind\":\"duration\",\"start\":\"%s\",\"end\":\"%s\"%.*s", any_type(), any_type(), STR_ARG(by));
	for (const struct json_node *g = json_get(answer, S("groups"))->child; g; g = g->next) {
		str cell = has_by ? str_fmt(&arena, "\"by\":%.*s,", STR_ARG(raw_of(g, "by"))) : S("");
		int64_t n = whole(json_get(g, S("n"))), starts = whole(json_get(g, S("starts"))), ended = total_of(str_fmt(&arena, "%.*s\"ended\":true", STR_ARG(cell))), open = total_of(str_fmt(&arena, "%.*s\"ended\":false", STR_ARG(cell)));
		assert_true(ended <= n && (n == 0) == (ended == 0) && open <= starts - n && (starts == n) == (open == 0));
		if (n) assert_true(total_of(str_fmt(&arena, "%.*s\"longer_s\":%.*s", STR_ARG(cell), STR_ARG(json_get(g, S("p50_s"))->raw))) <= n / 2);
	}
}

static void ask_driver(void)
{
	const struct json_node *answer = ask_base("\"kind\":\"driver\",\"outcome\":{\"event\":\"%s\",\"did\":\"%s\",\"within\":{\"days\":2}},\"within\":{\"days\":3},\"candidates\":%s", any_type(), any_type(),
		dice(2) ? "true" : "[\"call\",[\"view\",\"cart\"]]");
	for (const struct json_node *c = json_get(answer, S("candidates"))->child; c; c = c->next)
		for (const struct json_node *g = json_get(c, S("groups"))->child; g; g = g->next) {
			int64_t total = total_of(str_fmt(&arena, "\"candidate\":%.*s,\"had\":%s", STR_ARG(raw_of(c, "event")), json_is_true(g, S("had")) ? "true" : "false")), n = whole(json_get(g, S("n")));
			assert_true(total <= n && (n == 0) == (total == 0));
		}
}

static void ask_journey(void)
{
	static const char *const WAYS[] = {"entered", "left", "lost"};
	const struct json_node *answer = ask_base("\"kind\":\"journey\",\"stages\":[{\"name\":\"look\",\"events\":[\"visit\",\"view\"]},{\"name\":\"buy\",\"events\":[\"cart\",\"order\"]},{\"name\":\"help\",\"events\":\"call\"}],\"silent\":{\"days\":2}");
	for (const struct json_node *s = json_get(answer, S("stages"))->child; s; s = s->next) {
		str stage = raw_of(s, "name");
		assert_int_equal(total_of(str_fmt(&arena, "\"stage\":%.*s", STR_ARG(stage))), whole(json_get(s, S("customers"))));
		for (size_t i = 0; i < COUNT_OF(WAYS); i++) assert_int_equal(total_of(str_fmt(&arena, "\"stage\":%.*s,\"way\":\"%s\"", STR_ARG(stage), WAYS[i])), whole(json_get(s, str_of(WAYS[i]))));
		int64_t contacts = total_of(str_fmt(&arena, "\"stage\":%.*s,\"way\":\"contacts\"", STR_ARG(stage)));
		assert_true(contacts <= whole(json_get(s, S("contacts"))) && (contacts == 0) == (whole(json_get(s, S("contacts"))) == 0));
	}
	for (const struct json_node *s = json_get(answer, S("steps"))->child; s; s = s->next)
		assert_int_equal(total_of(str_fmt(&arena, "\"from\":%.*s,\"to\":%.*s", STR_ARG(raw_of(s, "from")), STR_ARG(raw_of(s, "to")))), whole(json_get(s, S("customers"))));
	for (const struct json_node *f = json_get(answer, S("frictions"))->child; f; f = f->next)
		assert_int_equal(total_of(str_fmt(&arena, "\"friction\":%.*s", STR_ARG(raw_of(f, "name")))), whole(json_get(f, S("customers"))));
	assert_int_equal(total_of(S("")), whole(json_get(answer, S("customers"))));
}

/* One kind of a question, and not each time: every number costs a question more. */
static void ask_one(const struct query_context *ctx)
{
	static void (*const KINDS[])(void) = {ask_trend, ask_retention, ask_flow, ask_paths, ask_duration, ask_driver, ask_journey};
	with = with_records(ctx);
	if (dice(5) == 0) KINDS[dice(COUNT_OF(KINDS))]();
}

static void as_many_are_behind_a_number_as_it_says(void **state)
{
	(void)state;
	differ(ask_one);
}

static void members_at_fault_name_the_field(void **state)
{
	static const struct {
		const char *question, *field;
	} CASES[] = {
		{"{\"kind\":\"trend\",\"members\":{\"step\":1}}", "members.step"},
		{"{\"kind\":\"trend\",\"members\":{\"by\":\"x\"}}", "members.by"},
		{"{\"kind\":\"trend\",\"members\":{\"time\":\"no day\"}}", "members.time"},
		{"{\"kind\":\"trend\",\"members\":7}", "members"},
		{"{\"kind\":\"timeline\",\"customer\":\"1\",\"members\":true}", "members"},
		{"{\"kind\":\"flow\",\"members\":{\"from\":\"a\"}}", "members.to"},
		{"{\"kind\":\"flow\",\"members\":{\"events\":[7]}}", "members.events"},
		{"{\"kind\":\"journey\",\"stages\":[{\"name\":\"a\",\"events\":\"ask\"}],\"members\":{\"stage\":\"b\"}}", "members.stage"},
		{"{\"kind\":\"journey\",\"stages\":[{\"name\":\"a\",\"events\":\"ask\"}],\"members\":{\"friction\":\"b\"}}", "members.friction"},
		{"{\"kind\":\"journey\",\"members\":{\"way\":\"left\"}}", "members.stage"},
		{"{\"kind\":\"driver\",\"outcome\":{\"event\":\"ask\",\"did\":\"ask\",\"within\":{\"days\":1}},\"candidates\":[\"ask\"],\"members\":{\"candidate\":\"b\"}}", "members.candidate"},
		{"{\"kind\":\"segment\",\"where\":{\"behind\":{\"kind\":\"trend\"}}}", "where.behind"},
		{"{\"kind\":\"segment\",\"where\":{\"behind\":{\"kind\":\"trend\",\"form\":1}}}", "where.behind"},
		{"{\"kind\":\"segment\",\"where\":{\"behind\":{\"kind\":\"trend\",\"members\":{\"time\":\"no day\"}}}}", "where"},
	};
	(void)state;
	by_hand_put(1, "2012-01-01T00:00:00Z", "ask", "{}");
	struct query_context ctx = by_hand_context("UTC", "2025-01-01");
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct fault f = {0};
		struct buf out;
		buf_init(&out, 1 << 20);
		assert_int_equal(query_ask(&ctx, str_of(CASES[i].question), &arena, &out, &f), ERR_INVALID);
		assert_string_equal(f.fields[0].name, CASES[i].field);
		buf_release(&out);
	}
	str deep = S("{\"kind\":\"trend\",\"members\":true}");
	for (int i = 0; i < 3; i++) deep = str_fmt(&arena, "{\"kind\":\"trend\",\"members\":true,\"where\":{\"behind\":%.*s}}", STR_ARG(deep));
	struct query q;
	struct fault f = {0};
	assert_int_equal(query_read(&arena, ctx.zone, deep, &q, &f), ERR_INVALID);
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(members_at_fault_name_the_field, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test_teardown(as_many_are_behind_a_number_as_it_says, show_in_hand),
	};
	int failed = cmocka_run_group_tests_name("query_behind", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
