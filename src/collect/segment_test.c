#include "base/arena.h"
#include "base/clock.h"
#include "base/datetime.h"
#include "collect/segment.h"
#include "json/json.h"
#include "test.h"

static struct arena arena;
static struct json_reader *reader;
static struct segment_options options;
static struct fault fault;

static const int64_t NOW_MS = INT64_C(1294531200000); /* 2011-01-09T00:00:00Z */

static enum err read_as(enum segment_endpoint endpoint, str text, struct segment_body *out)
{
	char *padded = arena_alloc(&arena, text.n + JSON_PADDING);
	memcpy(padded, text.p, text.n);
	fault_clear(&fault);
	return segment_read(reader, &arena, (str){padded, text.n}, endpoint, &options, out, &fault);
}

static const struct touchpoint *one(enum segment_endpoint endpoint, str text)
{
	struct segment_body body;
	assert_ok(read_as(endpoint, text, &body));
	assert_int_equal(body.n, 1);
	if (body.first->reason) print_error("rejected: %s\n", body.first->reason);
	assert_null(body.first->reason);
	return &body.first->touchpoint;
}

static const char *reason(enum segment_endpoint endpoint, str text)
{
	struct segment_body body;
	assert_ok(read_as(endpoint, text, &body));
	assert_int_equal(body.n, 1);
	return body.first->reason ? body.first->reason : "";
}

static void a_track_call_gives_what_it_carries(void **state)
{
	(void)state;
	str text = S("{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":97980,\"anonymousId\":null,\"messageId\":\"m-1\","
		"\"timestamp\":\"2011-01-08T12:00:00.250Z\",\"properties\":{\"revenue\":19.95,\"email\":\"A@b.c\",\"location\":\"Leeds\",\"delivered_by\":\"Carrier\",\"products\":[{\"email\":\"no\"}]},"
		"\"context\":{\"page\":{\"url\":\"u\"},\"traits\":{},\"externalIds\":[{\"type\":\"pos\",\"id\":7,\"collection\":\"users\"},{\"type\":\"x\"}],"
		"\"consent\":{\"categoryPreferences\":{\"analytics\":true,\"marketing\":false},\"wording\":\"v3\"}}}");
	const struct touchpoint *t = one(SEGMENT_TRACK, text);
	assert_int_equal(t->call, CALL_TRACK);
	assert_str_equal(t->event, S("Order Completed"));
	assert_str_equal(t->user_id, S("97980"));
	assert_false(str_given(t->anonymous_id));
	assert_str_equal(t->message_id, S("m-1"));
	assert_int_equal(t->time_ms, NOW_MS - DAY_MS / 2 + 250);
	assert_str_equal(t->email, S("A@b.c"));
	assert_str_equal(t->location, S("Leeds"));
	assert_str_equal(t->delivered_by, S("carrier"));
	assert_str_equal(t->channel, S("web"));
	assert_int_equal(t->n_external_ids, 1);
	assert_str_equal(t->external_ids[0].kind, S("pos"));
	assert_str_equal(t->external_ids[0].value, S("7"));
	assert_true(t->has_consent);
	assert_int_equal(t->n_consents, 2);
	assert_str_equal(t->consents[0].category, S("analytics"));
	assert_true(t->consents[0].is_granted);
	assert_false(t->consents[1].is_granted);
	assert_str_equal(t->consent_wording, S("v3"));
	assert_false(t->has_traits);
	assert_str_equal(t->raw, text);
}

static void the_other_calls_have_event_names_of_their_own(void **state)
{
	(void)state;
	const struct touchpoint *t = one(SEGMENT_IDENTIFY, S("{\"userId\":\"u\",\"traits\":{\"email\":\"a@b.c\",\"phone\":301,\"name\":\"\\u0391\"}}"));
	assert_str_equal(t->event, S("Identified"));
	assert_str_equal(t->email, S("a@b.c"));
	assert_str_equal(t->phone, S("301"));
	assert_true(t->has_traits);
	assert_int_equal(t->time_ms, DESC_NULL_INT);
	t = one(SEGMENT_PAGE, S("{\"anonymousId\":\"a\",\"name\":\"Home\"}"));
	assert_str_equal(t->event, S("Page Viewed"));
	assert_str_equal(t->name, S("Home"));
	assert_str_equal(t->channel, S("web"));
	assert_str_equal(one(SEGMENT_SCREEN, S("{\"anonymousId\":\"a\"}"))->channel, S("app"));
	t = one(SEGMENT_GROUP, S("{\"userId\":\"u\",\"groupId\":\"g\",\"traits\":{\"email\":\"office@firm\"}}"));
	assert_str_equal(t->group_id, S("g"));
	assert_false(str_given(t->email));
	t = one(SEGMENT_ALIAS, S("{\"userId\":\"u\",\"previousId\":\"p\"}"));
	assert_str_equal(t->event, S("Aliased"));
	assert_str_equal(t->previous_id, S("p"));
	assert_string_equal(reason(SEGMENT_GROUP, S("{\"userId\":\"u\"}")), "malformed");
	assert_string_equal(reason(SEGMENT_ALIAS, S("{\"userId\":\"u\"}")), "malformed");
}

static void times_are_corrected_by_when_they_were_sent(void **state)
{
	(void)state;
	/* The client's clock is an hour ahead: sent "01:00" and received at 00:00; what happened "00:59" happened at 23:59. */
	const struct touchpoint *t = one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"2011-01-09T00:59:00Z\",\"sentAt\":\"2011-01-09T01:00:00.000Z\"}"));
	assert_int_equal(t->time_ms, NOW_MS - 60000);
	assert_int_equal(one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":0}"))->time_ms, 0);
	assert_int_equal(one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":1294531200000}"))->time_ms, NOW_MS);
	assert_int_equal(one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"2011-01-09T02:00:00+02:00\"}"))->time_ms, NOW_MS);
	assert_int_equal(one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"1900-01-01\"}"))->time_ms, DATETIME_MIN_MS);
	assert_int_equal(one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":null}"))->time_ms, DESC_NULL_INT);
	assert_int_equal(one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"\"}"))->time_ms, DESC_NULL_INT);
	assert_string_equal(reason(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"1899-12-31T23:59:59.999Z\"}")), "bad_time");
	assert_string_equal(reason(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"2011-02-30T00:00:00Z\"}")), "bad_time");
	assert_string_equal(reason(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"soon\"}")), "bad_time");
	assert_string_equal(reason(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"2011\"}")), "bad_time");
	assert_false(one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"2011-01-10T00:00:00Z\"}"))->is_clamped);
	t = one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"2011-01-10T00:00:00.001Z\"}"));
	assert_true(t->is_clamped);
	assert_int_equal(t->time_ms, NOW_MS);
	options.is_live = false;
	assert_false(one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"2099-12-31T23:59:59Z\"}"))->is_clamped);
	assert_string_equal(reason(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"2100-01-01T00:00:00Z\"}")), "bad_time");
	t = one(SEGMENT_TRACK, S("{\"event\":\"e\",\"timestamp\":\"2011-01-09T00:59:00Z\",\"sentAt\":\"2011-01-09T01:00:00.000Z\"}"));
	assert_int_equal(t->time_ms, NOW_MS + 59 * 60000);
	options.is_live = true;
}

static void one_bad_event_rejects_only_itself(void **state)
{
	(void)state;
	struct segment_body body;
	char long_name[300];
	memset(long_name, 'x', sizeof long_name);
	str text = str_fmt(&arena, "{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"messageId\":\"1\"},{\"type\":\"track\",\"event\":\"\",\"messageId\":\"2\"},7,null,"
		"{\"type\":\"rack\"},{\"event\":\"a\"},{\"type\":\"track\",\"event\":\"%.201s\"},{\"type\":\"track\",\"event\":\"a\",\"messageId\":\"%.101s\"},"
		"{\"type\":\"page\",\"writeKey\":\"inner\"}],\"sentAt\":\"2011-01-09T00:00:01Z\",\"writeKey\":\"outer\"}", long_name, long_name);
	assert_ok(read_as(SEGMENT_BATCH, text, &body));
	const char *const want[] = {NULL, "bad_event", "malformed", "malformed", "bad_type", "bad_type", "bad_event", "bad_message_id", NULL};
	assert_int_equal(body.n, COUNT_OF(want));
	struct segment_item *item = body.first;
	for (size_t i = 0; i < COUNT_OF(want); i++, item = item->next) {
		assert_int_equal(item->index, i);
		if (want[i]) assert_string_equal(item->reason, want[i]);
		else assert_null(item->reason);
		if (i == 1) assert_str_equal(item->message_id, S("2"));
		if (i == 8) assert_str_equal(item->touchpoint.raw, S("{\"type\":\"page\"}"));
	}
	assert_null(item);
	assert_str_equal(body.write_key, S("outer"));
}

static void a_broken_body_is_refused_whole(void **state)
{
	(void)state;
	struct segment_body body;
	assert_int_equal(read_as(SEGMENT_BATCH, S("{\"batch\":[{\"type\":\"track\",\"event\":\"a\"},{]}"), &body), ERR_MALFORMED);
	assert_true(str_starts(str_of(fault.fields[0].name), S("byte ")));
	assert_int_equal(read_as(SEGMENT_BATCH, S("{\"batch\":[{\"type\":\"track\",\"event\":\"a\"}]} x"), &body), ERR_MALFORMED);
	assert_int_equal(read_as(SEGMENT_BATCH, S("{\"batch\":{}}"), &body), ERR_MALFORMED);
	assert_int_equal(read_as(SEGMENT_BATCH, S("[]"), &body), ERR_MALFORMED);
	assert_int_equal(read_as(SEGMENT_BATCH, S(""), &body), ERR_MALFORMED);
	assert_int_equal(read_as(SEGMENT_TRACK, S("{\"event\":\"\xff\"}"), &body), ERR_MALFORMED);
	assert_int_equal(read_as(SEGMENT_TRACK, S("{\"event\":\"a\""), &body), ERR_MALFORMED);
	options.body_events = 2;
	assert_int_equal(read_as(SEGMENT_BATCH, S("{\"batch\":[1,2,3]}"), &body), ERR_TOO_LARGE);
	assert_ok(read_as(SEGMENT_BATCH, S("{\"batch\":[1,2]}"), &body));
	options.body_bytes = 10;
	assert_int_equal(read_as(SEGMENT_BATCH, S("{\"batch\":[1,2]}"), &body), ERR_TOO_LARGE);
	options = SEGMENT_OPTIONS;
	options.received_ms = NOW_MS;
	options.event_bytes = 30;
	assert_string_equal(reason(SEGMENT_TRACK, S("{\"event\":\"a\",\"userId\":\"0123456789\"}")), "too_large");
	options.event_bytes = SEGMENT_OPTIONS.event_bytes;
}

static void the_write_key_is_read_and_never_kept(void **state)
{
	(void)state;
	struct segment_body body;
	const str texts[] = {S("{\"writeKey\":\"k\",\"event\":\"a\"}"), S("{\"event\":\"a\" , \"writeKey\" : \"k\" }"), S("{\"event\":\"a\",\"writeKey\":\"k\",\"userId\":\"u\"}")};
	const str raws[] = {S("{\"event\":\"a\"}"), S("{\"event\":\"a\"  }"), S("{\"event\":\"a\",\"userId\":\"u\"}")};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_ok(read_as(SEGMENT_TRACK, texts[i], &body));
		assert_str_equal(body.write_key, S("k"));
		assert_null(body.first->reason);
		assert_str_equal(body.first->touchpoint.raw, raws[i]);
	}
	assert_string_equal(reason(SEGMENT_TRACK, S("{\"writeKey\":\"k\",\"event\":\"a\",\"writeKey\":\"k\"}")), "malformed");
	assert_string_equal(reason(SEGMENT_TRACK, S("{\"event\":\"a\",\"write\\u004bey\":\"k\"}")), "malformed");
	assert_int_equal(read_as(SEGMENT_TRACK, S("{\"event\":\"a\",\"writeKey\":[}"), &body), ERR_MALFORMED);
	assert_ok(read_as(SEGMENT_PAGE, S("{\"writeKey\":\"k\"}"), &body));
	assert_str_equal(body.first->touchpoint.raw, S("{}"));
}

static void the_context_of_a_batch_goes_into_each_event(void **state)
{
	(void)state;
	struct segment_body body;
	str text = S("{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"context\":{\"ip\":\"1\",\"app\":{\"name\":\"x\"}}},{\"type\":\"track\",\"event\":\"b\",\"timestamp\":\"2011-01-09T00:00:00Z\"}],"
		"\"context\":{\"ip\":\"2\",\"consent\":{\"categoryPreferences\":{\"analytics\":true}}},\"integrations\":{\"All\":false},\"sentAt\":\"2011-01-09T00:00:10Z\"}");
	assert_ok(read_as(SEGMENT_BATCH, text, &body));
	const struct touchpoint *first = &body.first->touchpoint, *second = &body.first->next->touchpoint;
	assert_str_equal(first->raw, S("{\"type\":\"track\",\"event\":\"a\",\"context\":{\"consent\":{\"categoryPreferences\":{\"analytics\":true}},\"ip\":\"1\",\"app\":{\"name\":\"x\"}},\"integrations\":{\"All\":false}}"));
	assert_true(first->has_consent && second->has_consent);
	assert_str_equal(first->channel, S("app"));
	assert_int_equal(second->time_ms, NOW_MS - 10000);
	assert_str_equal(second->raw, S("{\"type\":\"track\",\"event\":\"b\",\"timestamp\":\"2011-01-09T00:00:00Z\",\"context\":{\"ip\":\"2\",\"consent\":{\"categoryPreferences\":{\"analytics\":true}}},\"integrations\":{\"All\":false}}"));
	assert_ok(read_as(SEGMENT_BATCH, S("{\"batch\":[{\"type\":\"page\"}],\"context\":{}}"), &body));
	assert_str_equal(body.first->touchpoint.raw, S("{\"type\":\"page\"}"));
}

static void a_line_of_a_file_is_an_event_or_a_batch(void **state)
{
	(void)state;
	assert_str_equal(one(SEGMENT_BATCH, S("{\"type\":\"track\",\"event\":\"batch\",\"properties\":{\"batch\":[1]}}"))->event, S("batch"));
	assert_str_equal(one(SEGMENT_BATCH, S("{\"type\":\"TRACK\",\"event\":\"\\u0e2a\\u0e31\\u0e48\\u0e07\"}"))->event, S("\xE0\xB8\xAA\xE0\xB8\xB1\xE0\xB9\x88\xE0\xB8\x87"));
	assert_string_equal(reason(SEGMENT_BATCH, S("{\"event\":\"a\"}")), "bad_type");
	assert_str_equal(one(SEGMENT_TRACK, S("{\"batch\":[{\"type\":\"page\"}]}"))->event, S("Page Viewed"));
	/* the list behind more than the beginning at which the reading is guessed */
	static const char far[] = "{\"type\":\"track\",\"event\":\"not this one\",\"writeKey\":\"a key of more than fifty characters, as no client has one\",\"batch\":[{\"type\":\"page\"}]}";
	assert_str_equal(one(SEGMENT_BATCH, str_of(far))->event, S("Page Viewed"));
	assert_str_equal(one(SEGMENT_TRACK, str_of(far))->event, S("Page Viewed"));
	enum segment_endpoint e;
	assert_true(segment_endpoint(S("t"), &e) && e == SEGMENT_TRACK && segment_endpoint(S("alias"), &e) && e == SEGMENT_ALIAS);
	assert_true(segment_endpoint(S("b"), &e) && e == SEGMENT_BATCH);
	assert_false(segment_endpoint(S("x"), &e));
}

static int set_up(void **state)
{
	(void)state;
	reader = json_reader_new(1 << 20);
	options = SEGMENT_OPTIONS;
	options.received_ms = NOW_MS;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_reader_free(reader);
	arena_release(&arena);
	return 0;
}

static void an_order_is_in_one_currency(void **state)
{
	static const struct {
		const char *properties;
		bool has_two, has_bad;
	} CASES[] = {
		{"{\"currency\":\"GBP\",\"products\":[{\"price\":1},{\"price\":2,\"currency\":\"gbp\"}]}", false, false},
		{"{\"products\":[{\"currency\":\"GBP\"},{\"currency\":\"JPY\"}],\"currency\":\"GBP\"}", true, false},
		{"{\"products\":[{\"currency\":\"JPY\"}],\"currency\":\"GBP\"}", true, false},
		{"{\"products\":[{\"currency\":\"KWD\",\"size\":{\"currency\":\"GBP\"}},7,null,{\"currency\":null}]}", false, false},
		{"{\"currency\":\"\u20ac\"}", false, true},
		{"{\"currency\":{\"code\":\"GBP\"},\"products\":\"GBP\"}", false, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		str text = str_fmt(&arena, "{\"userId\":\"u\",\"event\":\"Order Completed\",\"properties\":%s}", CASES[i].properties);
		const struct touchpoint *t = one(SEGMENT_TRACK, text);
		if (t->has_two_currencies != CASES[i].has_two || t->has_bad_currency != CASES[i].has_bad) fail_msg("%s", CASES[i].properties);
	}
}

static void an_event_without_words_is_told_by_its_properties(void **state)
{
	static const struct {
		const char *members;
		bool has_words;
	} CASES[] = {
		{"\"properties\":{\"price\":1,\"title\":\"A text\"}", false},
		{"\"context\":{\"page\":{\"text\":\"no\"}}", false},
		{"\"properties\":{\"text\":7,\"comment\":null,\"body\":{\"text\":\"deeper\"}}", false},
		{"\"properties\":{\"price\":1,\"comment\":\"Late\"}", true},
		{"\"properties\":{\"t\\u0065xt\":\"Late\"}", true},
		{"\"properties\":{\"subject\":\"Late\"},\"properties\":{}", true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		str text = str_fmt(&arena, "{\"userId\":\"u\",\"event\":\"Called\",%s}", CASES[i].members);
		if (one(SEGMENT_TRACK, text)->has_no_words == CASES[i].has_words) fail_msg("%s", CASES[i].members);
	}
	struct segment_body body;
	assert_ok(read_as(SEGMENT_BATCH, S("{\"context\":{\"library\":1},\"batch\":[{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Called\",\"properties\":{\"text\":\"Late\"}}]}"), &body));
	assert_false(body.first->touchpoint.has_no_words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_is_in_one_currency),
		cmocka_unit_test(an_event_without_words_is_told_by_its_properties),
		cmocka_unit_test(a_track_call_gives_what_it_carries),
		cmocka_unit_test(the_other_calls_have_event_names_of_their_own),
		cmocka_unit_test(times_are_corrected_by_when_they_were_sent),
		cmocka_unit_test(one_bad_event_rejects_only_itself),
		cmocka_unit_test(a_broken_body_is_refused_whole),
		cmocka_unit_test(the_write_key_is_read_and_never_kept),
		cmocka_unit_test(the_context_of_a_batch_goes_into_each_event),
		cmocka_unit_test(a_line_of_a_file_is_an_event_or_a_batch),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
