#include "query/metric.h"
#include "query/query_testing.h"

static struct arena arena;

/* ---- questions are checked whole -------------------------------------------------------------------------------------- */
static void refused(str question, const char *field, const char *word)
{
	struct query q;
	struct fault f = {0};
	enum err e = query_read(&arena, zone_utc(), question, &q, &f);
	if (e == OK) fail_msg("taken: %.*s", STR_ARG(question));
	assert_int_equal(e, ERR_INVALID);
	if (strcmp(f.fields[0].name, field) != 0 || !strstr(f.fields[0].text, word)) fail_msg("%.*s → %s: %s", STR_ARG(question), f.fields[0].name, f.fields[0].text);
}

static void questions_at_fault_name_the_field(void **state)
{
	(void)state;
	refused(S("{}"), "kind", "trend");
	refused(S("{\"kind\":\"feeling\"}"), "kind", "retention");
	refused(S("{\"kind\":3}"), "kind", "trend");
	refused(S("{\"kind\":\"trend\",\"form\":\"2011-01-01\"}"), "form", "unknown field");
	refused(S("{\"kind\":\"trend\",\"purpose\":\"marketing\"}"), "purpose", "unknown field");
	refused(S("{\"kind\":\"trend\",\"where\":{}}"), "where", "condition");
	refused(S("{\"kind\":\"trend\",\"cells\":3}"), "cells", "unknown field");
	refused(S("{\"kind\":\"trend\",\"\xc3\xa9\":3}"), "", "unknown field");
	refused(S("{\"kind\":\"trend\",\"from\":\"yesterday\"}"), "from", "2011-01-31");
	refused(S("{\"kind\":\"trend\",\"from\":2011}"), "from", "2011-01-31");
	refused(S("{\"kind\":\"trend\",\"from\":\"1789-07-14\"}"), "from", "1900");
	refused(S("{\"kind\":\"trend\",\"from\":\"2011-04-01\",\"to\":\"2011-04-01\"}"), "to", "from");
	refused(S("{\"kind\":\"trend\",\"interval\":\"year\"}"), "interval", "month");
	refused(S("{\"kind\":\"trend\",\"interval\":{\"days\":0}}"), "interval.days", "1");
	refused(S("{\"kind\":\"trend\",\"interval\":{\"days\":1.5}}"), "interval.days", "1");
	refused(S("{\"kind\":\"trend\",\"interval\":{\"days\":1,\"hours\":2}}"), "interval", "days");
	refused(S("{\"kind\":\"trend\",\"measure\":\"median:revenue\"}"), "measure", "sum:");
	refused(S("{\"kind\":\"trend\",\"measure\":\"sum:\"}"), "measure", "name");
	refused(S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\",\"brackets\":[[1,3],[3,4]]}"), "brackets", "each after the one before");
	refused(S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\",\"brackets\":[[0,3]]}"), "brackets", "from 1 on");
	refused(S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\",\"brackets\":[[1,3]],\"cells\":4}"), "cells", "how many");
	refused(S("{\"kind\":\"trend\",\"by\":\"trait:\"}"), "by", "trait");
	refused(S("{\"kind\":\"trend\",\"by\":[\"a\"]}"), "by", "property");
	refused(S("{\"kind\":\"trend\",\"event\":[]}"), "event", "list");
	refused(S("{\"kind\":\"trend\",\"event\":[\"a\",1]}"), "event", "text");
	refused(S("{\"kind\":\"trend\",\"limit\":-1}"), "limit", "whole");
	refused(S("{\"kind\":\"retention\",\"return\":\"a\"}"), "start", "begins");
	refused(S("{\"kind\":\"retention\",\"start\":\"a\"}"), "return", "back");
	refused(S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\",\"cells\":0}"), "cells", "1 to");
	refused(S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\",\"mode\":\"once\"}"), "mode", "on");
	struct query q;
	struct fault f = {0};
	assert_int_equal(query_read(&arena, zone_utc(), S("{\"kind\":\"trend\",\"interval\":1,\"limit\":\"x\"}"), &q, &f), ERR_INVALID);
	assert_int_equal(f.n_fields, 2);
	assert_int_equal(query_read(&arena, zone_utc(), S("[1]"), &q, &f), ERR_MALFORMED);
	assert_int_equal(query_read(&arena, zone_utc(), S("{\"kind\":"), &q, &f), ERR_MALFORMED);
}

static void dates_are_midnights_of_the_zone(void **state)
{
	(void)state;
	struct query q;
	assert_ok(query_read(&arena, zone_find(S("Asia/Taipei")), S("{\"kind\":\"trend\",\"from\":\"2011-01-01\",\"to\":\"2011-01-02T00:00:00Z\"}"), &q, NULL));
	assert_int_equal(q.range.from_ms, instant(S("2010-12-31T16:00:00Z")));
	assert_int_equal(q.range.to_ms, instant(S("2011-01-02T00:00:00Z")));
}

/* ---- worked by hand --------------------------------------------------------------------------------------------------- */
static struct events *store;
static struct events_view *view;
static const uint32_t CUSTOMERS[] = {0, 1, 2, 2, 3};
static uint32_t denied[4];

static struct query_context context_of(const char *zone, const char *now)
{
	events_view_close(view);
	assert_ok(events_view_open(store, &view, NULL));
	return (struct query_context){.events = store, .view = view, .people = {4, 3, CUSTOMERS, denied}, .zone = zone_find(str_of(zone)), .purpose = ANALYTICS, .now_ms = instant(str_of(now))};
}

static void put(uint32_t subject, const char *iso, const char *type, const char *properties)
{
	static uint64_t message;
	message++;
	str body = str_fmt(&arena, "{\"properties\":%s}", properties);
	assert_int_equal(put_event(store, subject, message, instant(str_of(iso)), str_of(type), body), EVENT_STORED);
}

/* "time=value time/by=value …" */
static str rows_of(const struct json_node *answer)
{
	str out = S("");
	for (const struct json_node *r = json_get(answer, S("rows"))->child; r; r = r->next) {
		const struct json_node *by = json_get(r, S("by"));
		out = str_fmt(&arena, "%.*s%s%.*s%s%.*s=%.*s", STR_ARG(out), out.n ? " " : "", STR_ARG(json_get_str(r, S("time"))), by ? "/" : "",
			STR_ARG(by ? by->raw : STR_NONE), STR_ARG(json_get(r, S("value"))->raw));
	}
	return out;
}

static str member(const struct json_node *answer, const char *key)
{
	const struct json_node *v = json_get(answer, str_of(key));
	return v ? v->raw : STR_NONE;
}

static int open_store(void **state)
{
	for (uint32_t i = 0; i < 4; i++) denied[i] = 0;
	view = NULL;
	if (testing_set_up(state) != 0) return -1;
	store = testing_open(0);
	for (uint64_t s = 1; s <= 4; s++) assert_int_equal(events_subject(store, testing_key(s + 5000), NULL), s);
	return 0;
}

static int close_store(void **state)
{
	events_view_close(view);
	events_close(store);
	return testing_tear_down(state);
}

static void an_empty_store_answers(void **state)
{
	(void)state;
	struct query_context ctx = context_of("UTC", "2024-01-01");
	const struct json_node *a = ask(&arena, &ctx, S("{\"kind\":\"trend\"}"));
	assert_str_equal(rows_of(a), S(""));
	assert_str_equal(member(a, "from"), S("null"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"from\":\"2011-01-30\",\"to\":\"2011-02-02\",\"event\":\"never\"}"));
	assert_str_equal(rows_of(a), S("2011-01-30=0 2011-01-31=0 2011-02-01=0"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"to\":\"2011-02-02\"}"));
	assert_str_equal(rows_of(a), S(""));
	a = ask(&arena, &ctx, S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\"}"));
	assert_str_equal(member(a, "cohorts"), S("[]"));
	a = ask(&arena, &ctx, S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\",\"from\":\"2011-01-30\",\"to\":\"2012-01-01\"}"));
	assert_str_equal(member(a, "cohorts"), S("[]"));
}

/* 2020 has an ISO week 53: Monday 28 December to Sunday 3 January. */
static void weeks_and_months_cross_the_new_year(void **state)
{
	(void)state;
	put(1, "2020-12-31T23:59:59.999Z", "a", "{}");
	put(1, "2021-01-01T00:00:00Z", "a", "{}");
	put(2, "2021-01-03T23:59:59Z", "a", "{}");
	put(2, "2021-01-04T00:00:00Z", "b", "{}");
	put(0, "2021-01-20T00:00:00Z", "a", "{}");
	struct query_context ctx = context_of("UTC", "2024-01-01");
	const struct json_node *a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"week\"}"));
	assert_str_equal(rows_of(a), S("2020-12-28=3 2021-01-04=1 2021-01-11=0 2021-01-18=1"));
	assert_str_equal(member(a, "from"), S("\"2020-12-28\""));
	assert_str_equal(member(a, "to"), S("\"2021-01-25\""));
	assert_str_equal(member(a, "n"), S("5"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"week\",\"measure\":\"customers\"}"));
	assert_str_equal(rows_of(a), S("2020-12-28=2 2021-01-04=1 2021-01-11=0 2021-01-18=0"));
	assert_str_equal(member(json_get(a, S("total")), "value"), S("2"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"month\",\"event\":\"a\",\"by\":\"type\"}"));
	assert_str_equal(rows_of(a), S("2020-12-01/\"a\"=1 2021-01-01/\"a\"=3"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":{\"days\":7},\"from\":\"2020-12-30\",\"to\":\"2021-01-08\"}"));
	assert_str_equal(rows_of(a), S("2020-12-30=4 2021-01-06=0"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"month\",\"from\":\"2021-01-02\",\"to\":\"2021-01-20\"}"));
	assert_str_equal(rows_of(a), S("2021-01-01=2"));
	ctx = context_of("Asia/Tehran", "2024-01-01"); /* 3.5 hours ahead: all of the first three are in January */
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"month\"}"));
	assert_str_equal(rows_of(a), S("2021-01-01=5"));
}

/* Athens: Sunday 31 March 2024 has 23 hours, from 22:00Z to 21:00Z; Sunday 27 October has 25. */
static void days_follow_the_clocks(void **state)
{
	(void)state;
	put(1, "2024-03-30T21:59:59Z", "a", "{}");
	put(1, "2024-03-30T22:00:00Z", "a", "{}");
	put(1, "2024-03-31T20:59:59Z", "a", "{}");
	put(1, "2024-03-31T21:00:00Z", "a", "{}");
	put(1, "2024-10-26T21:00:00Z", "a", "{}");
	put(1, "2024-10-27T21:59:59Z", "a", "{}");
	put(1, "2024-10-27T22:00:00Z", "a", "{}");
	struct query_context ctx = context_of("Europe/Athens", "2025-01-01");
	assert_str_equal(rows_of(ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"day\",\"to\":\"2024-04-02\"}"))), S("2024-03-30=1 2024-03-31=2 2024-04-01=1"));
	assert_str_equal(rows_of(ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"day\",\"from\":\"2024-10-26\"}"))), S("2024-10-26=0 2024-10-27=2 2024-10-28=1"));
	assert_str_equal(rows_of(ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":{\"days\":2},\"from\":\"2024-03-30\",\"to\":\"2024-04-02\"}"))), S("2024-03-30=3 2024-04-01=1"));
	const struct json_node *a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"hour\",\"from\":\"2024-10-27T02:00:00\",\"to\":\"2024-10-27T05:00:00\"}"));
	assert_str_equal(rows_of(a), S("2024-10-27T02:00:00+03:00=0 2024-10-27T03:00:00+03:00=0 2024-10-27T03:00:00+02:00=0 2024-10-27T04:00:00+02:00=0"));
}

static void sums_are_exact_and_say_what_had_no_number(void **state)
{
	(void)state;
	put(1, "2024-01-01", "a", "{\"revenue\":0.1,\"country\":\"Greece\"}");
	put(2, "2024-01-01", "a", "{\"revenue\":0.2,\"country\":\"Greece\"}");
	put(3, "2024-01-01", "a", "{\"revenue\":\"7\",\"country\":null}");
	put(4, "2024-01-02", "a", "{\"revenue\":9007199254740993,\"country\":7}");
	put(0, "2024-01-02", "a", "{\"country\":true}");
	struct query_context ctx = context_of("UTC", "2025-01-01");
	const struct json_node *a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"measure\":\"sum:revenue\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01=0.3 2024-01-02=9007199254740993"));
	assert_str_equal(member(a, "without"), S("2"));
	assert_str_equal(member(json_get(a, S("total")), "value"), S("9007199254740993.3"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"measure\":\"mean:revenue\",\"to\":\"2024-01-04\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01=0.15 2024-01-02=9007199254740992 2024-01-03=null"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"by\":\"country\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01/\"Greece\"=2 2024-01-01/null=1 2024-01-02/7=1 2024-01-02/true=1"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"by\":\"country\",\"measure\":\"customers\",\"limit\":2}"));
	assert_str_equal(rows_of(a), S("2024-01-01/\"Greece\"=2 2024-01-01/null=1"));
	assert_str_equal(member(a, "rows_total"), S("4"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"by\":\"source\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01/\"1\"=3 2024-01-02/\"1\"=2"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"by\":\"family\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01/null=3 2024-01-02/null=2"));
}

static void refused_by(const struct query_context *ctx, str question, const char *field, const char *word)
{
	struct buf b;
	struct fault f = {0};
	buf_init(&b, 1 << 20);
	assert_int_equal(query_ask(ctx, question, &arena, &b, &f), ERR_INVALID);
	buf_release(&b);
	if (strcmp(f.fields[0].name, field) != 0 || !strstr(f.fields[0].text, word)) fail_msg("%.*s → %s: %s", STR_ARG(question), f.fields[0].name, f.fields[0].text);
}

static void currencies_are_never_added(void **state)
{
	(void)state;
	put(1, "2024-01-01", "a", "{\"revenue\":10.5,\"currency\":\"GBP\",\"n\":1,\"country\":\"Greece\"}");
	put(2, "2024-01-01", "a", "{\"revenue\":1200,\"currency\":\"jpy\",\"n\":2,\"country\":\"Greece\"}");
	put(3, "2024-01-02", "a", "{\"revenue\":800,\"currency\":\"JPY\",\"n\":3,\"country\":\"Japan\"}");
	put(3, "2024-01-02", "a", "{\"revenue\":1.125,\"currency\":\" KWD\",\"n\":4}");
	put(4, "2024-01-02", "a", "{\"revenue\":2,\"n\":5}");
	put(4, "2024-01-02", "b", "{\"revenue\":3,\"currency\":\"JPY\"}");
	put(4, "2024-01-03", "b", "{\"currency\":\"EUR\"}");
	struct query_context ctx = context_of("UTC", "2025-01-01");
	ctx.currency = S("GBP");
	const struct json_node *a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"event\":\"a\",\"measure\":\"sum:revenue\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01/\"GBP\"=10.5 2024-01-01/\"JPY\"=1200 2024-01-02/\"GBP\"=2 2024-01-02/\"JPY\"=800 2024-01-02/\"KWD\"=1.125"));
	assert_str_equal(member(a, "total"), S("{\"value\":null,\"n\":5}"));
	assert_null(json_get(a, S("currency")));
	assert_str_equal(json_get_str(json_get(a, S("rows"))->child, S("currency")), S("GBP"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"event\":\"a\",\"measure\":\"mean:revenue\",\"interval\":\"month\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01/\"GBP\"=6.25 2024-01-01/\"JPY\"=1000 2024-01-01/\"KWD\"=1.125"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"measure\":\"sum:revenue\",\"where\":{\"name\":\"currency\",\"is\":\"JPY\"},\"by\":\"country\",\"interval\":\"month\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01/\"Japan\"=800 2024-01-01/null=3"));
	assert_str_equal(json_get_str(a, S("currency")), S("JPY"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"event\":\"b\",\"measure\":\"sum:revenue\"}")); /* one currency: the shape is the usual one */
	assert_str_equal(rows_of(a), S("2024-01-01=0 2024-01-02=3 2024-01-03=0"));
	assert_str_equal(json_get_str(a, S("currency")), S("JPY"));
	assert_str_equal(member(a, "total"), S("{\"value\":3,\"n\":1}"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"event\":\"a\",\"measure\":\"sum:revenue\",\"by\":\"currency\",\"interval\":\"month\"}")); /* as they were sent */
	assert_str_equal(rows_of(a), S("2024-01-01/\"GBP\"=10.5 2024-01-01/null=2 2024-01-01/\"JPY\"=800 2024-01-01/\"jpy\"=1200 2024-01-01/\" KWD\"=1.125"));
	assert_str_equal(member(a, "total"), S("{\"value\":null,\"n\":5}"));
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"event\":\"a\",\"measure\":\"sum:n\"}")); /* no money */
	assert_str_equal(rows_of(a), S("2024-01-01=3 2024-01-02=12 2024-01-03=0"));
	assert_null(json_get(a, S("currency")));
	ctx.currency = STR_NONE;
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"event\":\"a\",\"measure\":\"sum:revenue\",\"interval\":\"month\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01/\"JPY\"=2000 2024-01-01/null=2 2024-01-01/\"GBP\"=10.5 2024-01-01/\"KWD\"=1.125"));
	refused_by(&ctx, S("{\"kind\":\"trend\",\"event\":\"a\",\"measure\":\"sum:revenue\",\"by\":\"country\"}"), "measure", "JPY, no stated currency, GBP, KWD");
	refused_by(&ctx, S("{\"kind\":\"driver\",\"outcome\":{\"event\":\"a\",\"property\":\"revenue\"},\"had\":\"b\"}"), "outcome.property", "cannot be added");
	refused_by(&ctx, S("{\"kind\":\"journey\",\"revenue\":{\"event\":\"a\",\"property\":\"revenue\"}}"), "revenue", "cannot be added");
}

static void who_refuses_is_left_out_and_counted(void **state)
{
	(void)state;
	put(1, "2024-01-01", "a", "{}");
	put(2, "2024-01-01", "a", "{}");
	put(3, "2024-01-01", "a", "{}");
	put(3, "2024-02-01", "a", "{}");
	denied[2] = ANALYTICS;
	struct query_context ctx = context_of("UTC", "2025-01-01");
	const struct json_node *a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"month\"}"));
	assert_str_equal(rows_of(a), S("2024-01-01=1 2024-02-01=0"));
	assert_str_equal(member(a, "left_out_customers"), S("1"));
	assert_str_equal(member(a, "left_out_events"), S("3"));
	a = ask(&arena, &ctx, S("{\"kind\":\"retention\",\"start\":\"a\",\"return\":\"a\"}"));
	assert_str_equal(member(a, "cohorts"), S("[{\"start\":\"2024-01-01\",\"size\":1,\"cells\":[1,0],\"open\":false}]"));
	assert_str_equal(member(a, "left_out_customers"), S("1"));
	ctx.purpose = SERVICE;
	assert_str_equal(rows_of(ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"month\"}"))), S("2024-01-01=3 2024-02-01=1"));
	ctx.purpose = 1 << 7; /* no event allows it */
	a = ask(&arena, &ctx, S("{\"kind\":\"trend\",\"interval\":\"month\"}"));
	assert_str_equal(member(a, "n"), S("0"));
	assert_str_equal(member(a, "left_out_customers"), S("2"));
}

static void cohorts_are_read_off_by_hand(void **state)
{
	(void)state;
	put(1, "2023-11-30", "buy", "{}");
	put(1, "2023-11-30T12:00:00Z", "buy", "{}"); /* in its own month: no return */
	put(1, "2024-01-31T23:59:59Z", "buy", "{}");
	put(2, "2023-12-31", "buy", "{}");           /* subjects 2 and 3 are one customer */
	put(3, "2023-11-01", "buy", "{}");
	put(4, "2023-12-05", "buy", "{}");
	put(4, "2024-01-01", "look", "{}");
	put(0, "2023-11-01", "buy", "{}");
	struct query_context ctx = context_of("UTC", "2025-01-01");
	const struct json_node *a = ask(&arena, &ctx, S("{\"kind\":\"retention\",\"start\":\"buy\",\"return\":\"buy\",\"interval\":\"month\",\"cells\":4}"));
	assert_str_equal(member(a, "cohorts"), S("[{\"start\":\"2023-11-01\",\"size\":2,\"cells\":[2,1,1,null],\"open\":false},{\"start\":\"2023-12-01\",\"size\":1,\"cells\":[1,0,null,null],\"open\":false}]"));
	assert_str_equal(member(a, "all"), S("{\"cells\":[3,1,1,0],\"base\":[3,3,2,0]}"));
	a = ask(&arena, &ctx, S("{\"kind\":\"retention\",\"start\":\"buy\",\"return\":[\"buy\",\"look\"],\"from\":\"2023-12-01\",\"cells\":2}"));
	assert_str_equal(member(a, "cohorts"), S("[{\"start\":\"2023-12-01\",\"size\":1,\"cells\":[1,1],\"open\":false}]"));
	/* In the middle of January its cells are open, and so are they with `to` in it. */
	ctx.now_ms = instant(S("2024-01-31T23:00:00Z"));
	a = ask(&arena, &ctx, S("{\"kind\":\"retention\",\"start\":\"buy\",\"return\":\"buy\"}"));
	assert_str_equal(member(a, "cohorts"), S("[{\"start\":\"2023-11-01\",\"size\":2,\"cells\":[2,1,null],\"open\":false},{\"start\":\"2023-12-01\",\"size\":1,\"cells\":[1,null,null],\"open\":false}]"));
	ctx.now_ms = instant(S("2025-01-01"));
	a = ask(&arena, &ctx, S("{\"kind\":\"retention\",\"start\":\"buy\",\"return\":\"buy\",\"to\":\"2023-12-31\",\"cells\":2}"));
	assert_str_equal(member(a, "cohorts"), S("[{\"start\":\"2023-11-01\",\"size\":2,\"cells\":[2,null],\"open\":false},{\"start\":\"2023-12-01\",\"size\":1,\"cells\":[1,null],\"open\":true}]"));
	/* To the last instant of December, the year's last interval has ended. */
	a = ask(&arena, &ctx, S("{\"kind\":\"retention\",\"start\":\"buy\",\"return\":\"buy\",\"to\":\"2024-01-01\",\"cells\":2}"));
	assert_str_equal(member(a, "all"), S("{\"cells\":[3,1],\"base\":[3,2]}"));
}

static void questions_end_when_cancelled_or_too_large(void **state)
{
	(void)state;
	put(1, "1905-01-01", "a", "{\"n\":1}");
	put(1, "2024-01-01", "a", "{\"n\":2}");
	struct query_context ctx = context_of("UTC", "2025-01-01");
	struct buf out;
	struct fault f = {0};
	buf_init(&out, 1 << 20);
	assert_int_equal(query_ask(&ctx, S("{\"kind\":\"trend\",\"interval\":\"hour\"}"), &arena, &out, &f), ERR_TOO_LARGE);
	assert_string_equal(f.fields[0].name, "interval");
	ctx.memory_max = 1 << 16;
	fault_clear(&f);
	buf_clear(&out);
	assert_int_equal(query_ask(&ctx, S("{\"kind\":\"trend\",\"interval\":\"day\",\"by\":\"n\"}"), &arena, &out, &f), ERR_TOO_LARGE);
	atomic_bool cancelled = true;
	ctx.memory_max = 0;
	ctx.cancelled = &cancelled;
	fault_clear(&f);
	buf_clear(&out);
	assert_int_equal(query_ask(&ctx, S("{\"kind\":\"trend\",\"interval\":\"month\"}"), &arena, &out, &f), ERR_STATE);
	buf_release(&out);
}

static str line_of(const struct query_event *e, size_t n)
{
	str out = S("");
	for (size_t i = 0; i < n; i++) out = str_fmt(&arena, "%.*s%.*s", STR_ARG(out), STR_ARG(e[i].type));
	return out;
}

static void a_time_line_is_merged_and_paged(void **state)
{
	(void)state;
	put(2, "2024-01-03", "d", "{}");
	put(3, "2024-01-03", "e", "{}");
	put(2, "2024-01-01", "a", "{\"x\":1}");
	put(3, "2024-01-02", "b", "{}");
	put(1, "2024-01-02", "X", "{}");
	put(2, "2024-01-02", "c", "{}");
	struct query_context ctx = context_of("UTC", "2025-01-01");
	const uint32_t subjects[] = {2, 3};
	struct query_event *e;
	size_t n;
	bool more;
	struct query_page page = {.oldest_first = true, .limit = 10, .purpose = SERVICE};
	assert_ok(query_timeline(&ctx, subjects, 2, &page, &arena, &e, &n, &more, NULL));
	assert_str_equal(line_of(e, n), S("abcde"));
	assert_false(more);
	assert_str_equal(e[0].body, S("{\"properties\":{\"x\":1}}"));
	assert_str_equal(e[0].channel, S("web"));
	assert_int_equal(e[0].source, 1);
	assert_int_equal(e[0].time_ms, instant(S("2024-01-01")));
	page = (struct query_page){.limit = 2};
	assert_ok(query_timeline(&ctx, subjects, 2, &page, &arena, &e, &n, &more, NULL));
	assert_str_equal(line_of(e, n), S("ed"));
	assert_true(more);
	page = (struct query_page){.limit = 2, .has_cursor = true, .cursor = {e[1].time_ms, e[1].arrival}, .without_body = true};
	assert_ok(query_timeline(&ctx, subjects, 2, &page, &arena, &e, &n, &more, NULL));
	assert_str_equal(line_of(e, n), S("cb"));
	assert_true(more);
	page.cursor = (struct query_cursor){e[0].time_ms, e[0].arrival};
	page.oldest_first = true;
	assert_ok(query_timeline(&ctx, subjects, 2, &page, &arena, &e, &n, &more, NULL));
	assert_str_equal(line_of(e, n), S("de"));
	assert_false(more);
	page = (struct query_page){.limit = 9, .purpose = 1 << 9};
	assert_ok(query_timeline(&ctx, subjects, 2, &page, &arena, &e, &n, &more, NULL));
	assert_int_equal(n, 0);
	struct query_heard *heard;
	uint16_t code;
	assert_ok(query_heard(&ctx, SERVICE, &arena, &heard, &n, NULL));
	assert_true(events_type_code(store, S("c"), &code) && code < n);
	assert_int_equal(heard[code].events, 1);
	assert_int_equal(heard[code].last_ms, instant(S("2024-01-02")));
	assert_ok(query_heard(&ctx, 1 << 9, &arena, &heard, &n, NULL));
	assert_int_equal(heard[code].events, 0);
}

static void every_figure_is_found_by_its_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < METRIC_COUNT; i++) assert_ptr_equal(metric_find(str_of(METRICS[i].key)), &METRICS[i]);
	assert_string_equal(METRICS[METRIC_return_rate].definition, "definition_return_rate");
	assert_int_equal(METRICS[METRIC_return_rate].direction, METRIC_BETTER_DOWN);
	assert_null(metric_find(S("unheard")));
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_at_fault_name_the_field),
		cmocka_unit_test(every_figure_is_found_by_its_key),
		cmocka_unit_test(dates_are_midnights_of_the_zone),
		cmocka_unit_test_setup_teardown(an_empty_store_answers, open_store, close_store),
		cmocka_unit_test_setup_teardown(weeks_and_months_cross_the_new_year, open_store, close_store),
		cmocka_unit_test_setup_teardown(days_follow_the_clocks, open_store, close_store),
		cmocka_unit_test_setup_teardown(sums_are_exact_and_say_what_had_no_number, open_store, close_store),
		cmocka_unit_test_setup_teardown(currencies_are_never_added, open_store, close_store),
		cmocka_unit_test_setup_teardown(who_refuses_is_left_out_and_counted, open_store, close_store),
		cmocka_unit_test_setup_teardown(cohorts_are_read_off_by_hand, open_store, close_store),
		cmocka_unit_test_setup_teardown(questions_end_when_cancelled_or_too_large, open_store, close_store),
		cmocka_unit_test_setup_teardown(a_time_line_is_merged_and_paged, open_store, close_store),
	};
	int failed = cmocka_run_group_tests_name("query", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
