#include "base/arena.h"
#include "collect/input.h"
#include "collect/row_id.h"
#include "collect/xes.h"
#include "collect/xes_touchpoint.h"
#include "i18n/zone.h"
#include "json/desc.h"
#include "test.h"

static struct arena arena;
static struct fault fault;

#define LOG(inside) S("<?xml version='1.0' encoding='UTF-8'?>\n<log xmlns='http://www.xes-standard.org/'>\n" inside "</log>")
#define NAME(name) "<string key='concept:name' value='" name "'/>"
#define AT(time) "<date key='time:timestamp' value='" time "'/>"

static void show(str *all, const struct xes_attribute *attributes, size_t n)
{
	for (size_t i = 0; i < n; i++) *all = str_fmt(&arena, "%.*s%s%.*s=%.*s", STR_ARG(*all), i ? "|" : "", STR_ARG(attributes[i].key), STR_ARG(attributes[i].value));
}

/* Every event as "line[trace](own)", bad ones with "!reason", and how it ended when it failed. */
static str all_events(str text, struct xes_options o)
{
	struct input *in = input_of_text(text);
	struct xes *x = xes_new(in, &o);
	struct xes_event event;
	const char *reason;
	enum xes_result result;
	str all = S("");
	fault_clear(&fault);
	while ((result = xes_next(x, &event, &reason, &fault)) == XES_EVENT || result == XES_BAD_EVENT) {
		all = str_fmt(&arena, "%.*s%s%d[", STR_ARG(all), all.n ? " " : "", (int)event.line);
		show(&all, event.trace, event.n_trace);
		all = str_fmt(&arena, "%.*s](", STR_ARG(all));
		show(&all, event.own, event.n_own);
		all = str_fmt(&arena, "%.*s)%s%s", STR_ARG(all), reason ? "!" : "", reason ? reason : "");
	}
	if (result == XES_FAILED) all = str_fmt(&arena, "%.*s failed", STR_ARG(all));
	xes_free(x);
	input_free(in);
	return all;
}

static void traces_hold_events_and_globals_are_none(void **state)
{
	(void)state;
	struct xes_options plain = {0};
	assert_str_equal(all_events(LOG("<global scope='event'>" NAME("default") "<event>" NAME("no") "</event></global><string key='source' value='CPN'/>\n"
	                                "<trace>" NAME("7") "<event>" NAME("A") "</event>\n<event>" NAME("B") "</event></trace>\n<trace>" NAME("8") "<event/></trace>\n<event>" NAME("alone") "</event>\n"),
	                            plain),
	                 S("4[concept:name=7](concept:name=A) 5[concept:name=7](concept:name=B) 6[concept:name=8]() 7[](concept:name=alone)"));
	assert_str_equal(all_events(LOG(""), plain), S(""));
	assert_str_equal(all_events(LOG("<trace><event><string key='a' value='&lt;&amp;&#233;&gt;'/></event></trace>"), plain), S("3[](a=<&é>)"));
}

static void attributes_inside_attributes_keep_their_way(void **state)
{
	(void)state;
	struct xes_options plain = {0};
	assert_str_equal(all_events(LOG("<trace><event><string key='a' value='1'><int key='b' value='2'><float key='c' value='3'/></int></string>"
	                                "<list key='l'><values><string key='i' value='x'/><string key='i' value='y'/></values></list><container key='k'><id key='d' value='z'/></container>"
	                                "<unknown><string key='no' value='no'/></unknown></event></trace>"),
	                            plain),
	                 S("3[](a=1|a:b=2|a:b:c=3|l:i=x|l:i=y|k:d=z)"));
}

static void what_means_harm_ends_the_reading_or_costs_its_event(void **state)
{
	(void)state;
	struct xes_options plain = {0}, small = {.max_attributes = 2, .max_event_bytes = 20, .max_trace_bytes = 20};
	assert_str_equal(all_events(S("<?xml version='1.0'?><!DOCTYPE log [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><log><trace><event><string key='x' value='&b;'/></event></trace></log>"), plain), S(" failed"));
	assert_true(str_contains(str_of(fault.fields[0].text), S("document type")));
	assert_str_equal(all_events(S("<!DOCTYPE log SYSTEM 'file:///etc/passwd'><log/>"), plain), S(" failed"));
	assert_str_equal(all_events(LOG("<trace><event><string key='x' value='&nobody;'/></event></trace>"), plain), S(" failed"));
	assert_str_equal(all_events(S("<html><body/></html>"), plain), S(" failed"));
	assert_str_equal(all_events(S(""), plain), S(" failed"));
	assert_str_equal(all_events(S("<log><trace><event>" NAME("A") "</event><event>"), plain), S("1[](concept:name=A) failed"));
	assert_true(str_contains(str_of(fault.fields[0].text), S("line 1")));
	assert_str_equal(all_events(LOG("<trace><event><int key='a' value='1'/><int key='b' value='1'/><int key='c' value='1'/></event><event><int key='a' value='1234567890123456789012345'/></event><event><int key='a' value='1'/></event></trace>"), small),
	                 S("3[](a=1|b=1)!too_many_attributes 3[]()!too_large 3[](a=1)"));
	str deep = S("<log><trace><event>");
	for (int i = 0; i < 40; i++) deep = str_fmt(&arena, "%.*s<container key='c'>", STR_ARG(deep));
	assert_str_equal(all_events(deep, plain), S(" failed"));
	assert_true(str_contains(str_of(fault.fields[0].text), S("too deep")));
}

static void a_long_log_is_read_piece_by_piece(void **state)
{
	(void)state;
	enum { EVENTS = 20000 };
	str one = S("<event><string key='concept:name' value='step'/><string key='org:resource' value='Ellen &amp; Pete'/></event>\n"), head = S("<log><trace>" NAME("the one")), tail = S("</trace></log>");
	char *text = arena_alloc(&arena, head.n + one.n * EVENTS + tail.n), *at = text;
	memcpy(at, head.p, head.n), at += head.n;
	for (int i = 0; i < EVENTS; i++) memcpy(at, one.p, one.n), at += one.n;
	memcpy(at, tail.p, tail.n), at += tail.n;
	struct input *in = input_of_text((str){text, (size_t)(at - text)});
	struct xes *x = xes_new(in, NULL);
	struct xes_event event;
	const char *reason;
	int n = 0;
	while (xes_next(x, &event, &reason, &fault) == XES_EVENT) {
		assert_int_equal(event.line, ++n);
		assert_str_equal(xes_value(event.trace, event.n_trace, S("concept:name")), S("the one"));
		assert_str_equal(xes_value(event.own, event.n_own, S("concept:name")), S("step"));
		assert_str_equal(xes_value(event.own, event.n_own, S("org:resource")), S("Ellen & Pete"));
	}
	assert_int_equal(n, EVENTS);
	xes_free(x);
	input_free(in);
}

static void utf16_is_read_whatever_it_says_of_itself(void **state)
{
	(void)state;
	str text = S("<?xml version='1.0' encoding='UTF-16'?><log><trace><event><string key='a' value='x'/></event></trace></log>");
	char wide[300] = {(char)0xff, (char)0xfe};
	for (size_t i = 0; i < text.n; i++) wide[2 + 2 * i] = text.p[i];
	assert_str_equal(all_events((str){wide, 2 + 2 * text.n}, (struct xes_options){0}), S("1[](a=x)"));
	assert_str_equal(all_events(S("<?xml version='1.0' encoding='ISO-8859-1'?><log><trace><event><string key='a' value='\xe9'/></event></trace></log>"), (struct xes_options){0}), S("1[](a=é)"));
}

/* What becomes of the first event: its reason, or "customer event time raw". */
static str touchpoint_of(str text, struct row_ids *ids, const struct zone *zone)
{
	struct input *in = input_of_text(text);
	struct xes *x = xes_new(in, NULL);
	struct xes_event event;
	struct touchpoint t;
	const char *reason;
	assert_int_equal(xes_next(x, &event, &reason, &fault), XES_EVENT);
	reason = xes_touchpoint(&arena, zone, ids, &event, &t);
	str said = reason ? str_of(reason) : str_fmt(&arena, "%.*s %.*s %lld %.*s", STR_ARG(t.user_id), STR_ARG(t.event), (long long)t.time_ms, STR_ARG(t.raw));
	xes_free(x);
	input_free(in);
	return said;
}

static void an_event_becomes_a_touchpoint(void **state)
{
	(void)state;
	struct row_ids *ids = row_ids_new(S("log"), S("xes"));
	str one = LOG("<trace>" NAME("42") "<string key='creator' value='Nitro'/><event>" NAME("register") AT("2010-12-30T14:32:00.000+01:00")
	              "<string key='org:resource' value='Pete'/><string key='Costs' value='50'/><int key='n' value='7'/><float key='f' value='1.50'/><boolean key='b' value='true'/><int key='odd' value='seven'/></event></trace>");
	str first = touchpoint_of(one, ids, zone_utc());
	assert_true(str_starts(first, S("42 register 1293715920000 {\"type\":\"track\",\"event\":\"register\",\"userId\":\"42\",\"messageId\":\"")));
	assert_true(str_ends(first, S("\"timestamp\":\"2010-12-30T13:32:00.000Z\",\"properties\":{\"org:resource\":\"Pete\",\"Costs\":\"50\",\"n\":7,\"f\":1.5,\"b\":true,\"odd\":\"seven\",\"case:creator\":\"Nitro\"}}")) ||
	            str_ends(first, S("\"timestamp\":\"2010-12-30T13:32:00.000Z\",\"properties\":{\"org:resource\":\"Pete\",\"Costs\":\"50\",\"n\":7,\"f\":1.50,\"b\":true,\"odd\":\"seven\",\"case:creator\":\"Nitro\"}}")));
	assert_false(str_eq(first, touchpoint_of(one, ids, zone_utc()))); /* the second equal one is another */
	row_ids_free(ids);
	ids = row_ids_new(S("log"), S("xes"));
	assert_str_equal(touchpoint_of(one, ids, zone_utc()), first); /* the same file again is the same */
	assert_str_equal(touchpoint_of(LOG("<trace><event>" NAME("x") AT("2010-01-01T00:00:00Z") "</event></trace>"), ids, NULL), S("no_identity"));
	assert_str_equal(touchpoint_of(LOG("<trace>" NAME("1") "<event>" AT("2010-01-01T00:00:00Z") "</event></trace>"), ids, NULL), S("bad_event"));
	assert_str_equal(touchpoint_of(LOG("<trace>" NAME("1") "<event>" NAME("x") "</event></trace>"), ids, NULL), S("bad_time"));
	assert_str_equal(touchpoint_of(LOG("<trace>" NAME("1") "<event>" NAME("x") AT("2010-13-01T00:00:00Z") "</event></trace>"), ids, NULL), S("bad_time"));
	assert_true(str_starts(touchpoint_of(LOG("<trace>" NAME("1") "<event>" NAME("x") AT("2010-07-01T03:00:00") "</event></trace>"), ids, zone_find(S("Europe/Athens"))), S("1 x 1277942400000 ")));
	row_ids_free(ids);
}

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traces_hold_events_and_globals_are_none),
		cmocka_unit_test(attributes_inside_attributes_keep_their_way),
		cmocka_unit_test(what_means_harm_ends_the_reading_or_costs_its_event),
		cmocka_unit_test(a_long_log_is_read_piece_by_piece),
		cmocka_unit_test(utf16_is_read_whatever_it_says_of_itself),
		cmocka_unit_test(an_event_becomes_a_touchpoint),
	};
	return cmocka_run_group_tests(tests, NULL, forget);
}
