#include "events/events_testing.h"

static uint32_t subject(struct events *ev, uint64_t n)
{
	return events_subject(ev, testing_key(n + 1000000), NULL);
}

static void what_is_appended_is_read_and_survives_a_restart(void **state)
{
	(void)state;
	struct events *ev = testing_open(0);
	bool is_new;
	assert_int_equal(events_subject(ev, testing_key(1000007), &is_new), 1);
	assert_true(is_new);
	for (uint64_t n = 1; n <= 500; n++) assert_int_equal(testing_append(ev, subject(ev, n % 20), n, (int64_t)(1000000 - n % 50 * 1000), OK), EVENT_STORED);
	assert_int_equal(testing_check(ev, NULL, 0), 500);
	struct events_stats stats;
	events_stats(ev, &stats);
	assert_int_equal(stats.stored, 500);
	assert_int_equal(stats.subjects, 20);
	uint64_t durable = events_durable(ev);
	events_close(ev);
	ev = testing_open(0);
	uint8_t seen[501] = {0};
	assert_int_equal(testing_check(ev, seen, 501), 500);
	assert_int_equal(events_durable(ev), durable);
	assert_int_equal(events_subject_find(ev, testing_key(1000007)), 1);
	assert_int_equal(events_subject_count(ev), 20);
	assert_int_equal(testing_append(ev, 1, 77, 5, OK), EVENT_DUPLICATE);
	assert_int_equal(testing_append(ev, 1, 501, 5, OK), EVENT_STORED);
	events_close(ev);
	ev = testing_open(0);
	assert_int_equal(testing_check(ev, NULL, 0), 501);
	events_close(ev);
	assert_ok(events_verify(testing_dir, NULL, NULL, NULL));
}

static void sealing_and_merging_change_nothing_that_is_read(void **state)
{
	(void)state;
	struct events *ev = testing_open(50);
	for (uint64_t n = 1; n <= 1000; n++) testing_append(ev, subject(ev, n * 7 % 31), n, (int64_t)(n * 37 % 1000), OK);
	uint8_t seen[1001] = {0};
	assert_int_equal(testing_check(ev, seen, 1001), 1000);
	struct fault f = {0};
	assert_ok(events_compact_now(ev, &f));
	struct events_stats stats;
	events_stats(ev, &stats);
	assert_int_equal(stats.in_memory, 0);
	assert_int_equal(stats.stored, 1000);
	assert_true(stats.segments >= 1 && stats.segments < 20);
	memset(seen, 0, sizeof seen);
	assert_int_equal(testing_check(ev, seen, 1001), 1000);
	for (uint64_t n = 1; n <= 1000; n++) assert_int_equal(testing_append(ev, subject(ev, n * 7 % 31), n, 3, OK), EVENT_DUPLICATE);
	events_close(ev);
	assert_ok(events_verify(testing_dir, NULL, NULL, NULL));
	ev = testing_open(50);
	memset(seen, 0, sizeof seen);
	assert_int_equal(testing_check(ev, seen, 1001), 1000);
	for (uint64_t n = 1; n <= 1000; n++) assert_int_equal(testing_append(ev, subject(ev, n * 7 % 31), n, 3, OK), EVENT_DUPLICATE);
	events_close(ev);
}

static void equal_times_keep_the_order_of_arrival(void **state)
{
	(void)state;
	struct events *ev = testing_open(0);
	uint32_t s = subject(ev, 1);
	for (uint64_t n = 1; n <= 40; n++) testing_append(ev, s, 41 - n, 1000, OK);
	for (int round = 0; round < 2; round++) {
		struct events_view *v;
		struct events_property p;
		struct events_columns c;
		assert_ok(events_view_open(ev, &v, NULL));
		assert_int_equal(events_view_parts(v), 1);
		assert_ok(events_part_columns(events_view_part(v, 0), EVENTS_ARRIVAL, &c, NULL));
		assert_ok(events_part_property(events_view_part(v, 0), S("n"), &p, NULL));
		for (size_t row = 0; row < 40; row++) assert_true(p.kind[row] == EVENTS_DECIMAL && decimal_to_double(p.number[row]) == (double)(40 - row));
		events_view_close(v);
		assert_ok(events_compact_now(ev, NULL));
	}
	events_close(ev);
}

static void a_view_stays_as_it_was(void **state)
{
	(void)state;
	struct events *ev = testing_open(10);
	uint32_t s = subject(ev, 1);
	for (uint64_t n = 1; n <= 25; n++) testing_append(ev, s, n, (int64_t)n, OK);
	struct events_view *v;
	assert_ok(events_view_open(ev, &v, NULL));
	uint64_t position = events_view_position(v);
	for (uint64_t n = 26; n <= 90; n++) testing_append(ev, s, n, (int64_t)n, OK);
	assert_ok(events_erase_subjects(ev, &s, 1, NULL));
	assert_ok(events_compact_now(ev, NULL));
	size_t rows = 0;
	for (size_t i = 0; i < events_view_parts(v); i++) {
		struct events_columns c;
		assert_ok(events_part_columns(events_view_part(v, i), EVENTS_TIME, &c, NULL));
		for (size_t row = 0; row < c.n; row++) assert_true(c.time_ms[row] <= 25);
		rows += c.n;
	}
	assert_int_equal(rows, 25);
	assert_int_equal(events_view_position(v), position);
	events_view_close(v);
	assert_int_equal(testing_check(ev, NULL, 0), 0);
	events_close(ev);
}

/* ---- properties ------------------------------------------------------------------------------------------------------- */
static void append_body(struct events *ev, uint64_t n, const char *body)
{
	struct event e = {.subject = 0, .time_ms = (int64_t)n, .message = testing_key(n), .type = S("T"), .body = str_of(body)};
	char room[1024] = {0};
	snprintf(room, sizeof room, "%s", body);
	e.body = (str){room, strlen(body)};
	uint8_t verdict;
	assert_ok(testing_append_patiently(ev, &e, &verdict));
	assert_int_equal(verdict, EVENT_STORED);
}

static void check_changing_property(struct events *ev)
{
	struct events_view *v;
	struct events_property p;
	struct arena a;
	arena_init(&a);
	assert_ok(events_view_open(ev, &v, NULL));
	struct events_part *part = events_view_part(v, 0);
	assert_ok(events_part_property(part, S("x"), &p, NULL));
	static const uint8_t kinds[] = {EVENTS_DECIMAL, EVENTS_TEXT, EVENTS_TRUE, EVENTS_FALSE, EVENTS_NULL, EVENTS_DOUBLE, EVENTS_ABSENT, EVENTS_TEXT, EVENTS_DECIMAL, EVENTS_ABSENT};
	assert_memory_equal(p.kind, kinds, sizeof kinds);
	assert_str_equal(decimal_show(&a, p.number[0]), S("-12.5"));
	assert_str_equal(p.dictionary[p.text[1]], S("12.5"));
	assert_true(p.real[5] == 1e300);
	assert_str_equal(p.dictionary[p.text[7]], S("\xc3\xa9 \" x"));
	assert_str_equal(decimal_show(&a, p.number[8]), S("7"));
	assert_ok(events_part_property(part, S("shipping.city"), &p, NULL));
	assert_int_equal(p.kind[6], EVENTS_TEXT);
	assert_str_equal(p.dictionary[p.text[6]], S("Athens"));
	assert_ok(events_part_property(part, S("context:page.path"), &p, NULL));
	assert_str_equal(p.dictionary[p.text[6]], S("/a"));
	assert_ok(events_part_property(part, S("trait:plan"), &p, NULL));
	assert_int_equal(p.kind[6], EVENTS_TRUE);
	assert_ok(events_part_property(part, S("nothing"), &p, NULL));
	assert_null(p.kind);
	events_view_close(v);
	arena_release(&a);
}

static void a_property_may_change_its_kind(void **state)
{
	(void)state;
	struct events *ev = testing_open(0);
	static const char *const bodies[] = {"{\"properties\":{\"x\":-12.50}}", "{\"properties\":{\"x\":\"12.5\"}}", "{\"properties\":{\"x\":true}}", "{\"properties\":{\"x\":false}}",
		"{\"properties\":{\"x\":null}}", "{\"properties\":{\"x\":1e300}}",
		"{\"properties\":{\"x\":[1,{\"y\":2}],\"shipping\":{\"city\":\"Athens\"}},\"context\":{\"page\":{\"path\":\"/a\"}},\"traits\":{\"plan\":true},\"other\":[{}]}",
		"{\"properties\":{\"x\":\"\\u00e9 \\\" x\"}}", "{\"properties\":{\"x\":1,\"x\":7}}", "{}"};
	for (size_t i = 0; i < COUNT_OF(bodies); i++) append_body(ev, i + 1, bodies[i]);
	check_changing_property(ev);
	assert_ok(events_compact_now(ev, NULL));
	check_changing_property(ev);
	events_close(ev);
	assert_ok(events_verify(testing_dir, NULL, NULL, NULL));
}

static void names_past_the_caps_are_counted(void **state)
{
	(void)state;
	struct events *ev = testing_open(0);
	static char names[4100][16];
	static struct event e[4100];
	static uint8_t verdicts[4100];
	for (size_t i = 0; i < 4100; i++) {
		snprintf(names[i], sizeof names[i], "t%zu", i);
		e[i] = (struct event){.time_ms = 1, .message = testing_key(i), .type = str_of(names[i]), .body = S("{}")};
	}
	assert_ok(events_append_wait(ev, e, 4100, verdicts));
	for (size_t i = 0; i < 4100; i++) assert_int_equal(verdicts[i], i < 4096 ? EVENT_STORED : EVENT_REFUSED);
	static char body[20000];
	size_t n = (size_t)snprintf(body, sizeof body, "{\"properties\":{\"p\":1");
	for (int i = 0; i < 1030; i++) n += (size_t)snprintf(body + n, sizeof body - n, ",\"p%d\":%d", i, i);
	snprintf(body + n, sizeof body - n, "}}");
	struct event wide = {.time_ms = 2, .message = testing_key(9999), .type = S("t0"), .body = {body, n + 2}};
	assert_ok(events_append_wait(ev, &wide, 1, verdicts));
	assert_ok(events_compact_now(ev, NULL));
	struct events_stats stats;
	events_stats(ev, &stats);
	assert_int_equal(stats.stored, 4097);
	assert_int_equal(stats.types_dropped, 4);
	assert_true(stats.properties_dropped >= 7);
	events_close(ev);
}

/* ---- the log -------------------------------------------------------------------------------------------------------------- */
static void appliers_read_from_where_they_were(void **state)
{
	(void)state;
	struct events *ev = testing_open(8);
	uint32_t s = subject(ev, 1);
	struct events_log *l;
	assert_ok(events_log_open(ev, 0, &l, NULL));
	uint64_t position, after_ten = 0;
	struct events_record r;
	assert_false(events_log_next(l, false, &r, &position));
	assert_int_equal(position, 0);
	for (uint64_t n = 1; n <= 30; n++) {
		struct testing_event t;
		uint8_t verdict;
		testing_event(&t, s, n, (int64_t)n)->flags = n % 3 == 0 ? EVENT_DERIVES : 0;
		assert_ok(events_append_wait(ev, &t.e, 1, &verdict));
		if (n == 15) assert_ok(events_append_note(ev, S("{\"note\":1}"), NULL, NULL));
	}
	int count = 0, notes = 0;
	while (events_log_next(l, false, &r, &position)) {
		assert_int_equal(r.next > r.position, 1);
		notes += r.is_note;
		if (++count == 10) after_ten = r.next;
		if (!r.is_note) assert_int_equal(r.event.subject, s);
	}
	assert_int_equal(count, 31);
	assert_int_equal(notes, 1);
	assert_int_equal(position, events_durable(ev));
	events_log_close(l);
	assert_ok(events_log_open(ev, after_ten, &l, NULL));
	assert_true(events_log_next(l, true, &r, &position));
	assert_int_equal(r.event.time_ms, 12);
	assert_str_equal(r.event.type, S("Type 2"));
	count = 1;
	while (events_log_next(l, true, &r, &position)) count++;
	assert_int_equal(count, 8);
	events_log_close(l);
	events_close(ev);
	ev = testing_open(8);
	assert_ok(events_log_open(ev, after_ten, &l, NULL));
	assert_true(events_log_next(l, false, &r, &position));
	assert_int_equal(r.event.time_ms, 11);
	events_log_close(l);
	events_confirm(ev, events_durable(ev));
	assert_ok(events_compact_now(ev, NULL));
	struct events_stats stats;
	events_stats(ev, &stats);
	assert_int_equal(stats.log_bytes, 0);
	assert_int_equal(events_log_open(ev, after_ten, &l, NULL), ERR_GONE);
	assert_true(events_wait_past(ev, 5, 10));
	assert_false(events_wait_past(ev, events_durable(ev), 10));
	uint64_t durable = events_durable(ev);
	events_close(ev);
	ev = testing_open(8);
	assert_int_equal(events_durable(ev), durable);
	assert_int_equal(testing_check(ev, NULL, 0), 30);
	events_close(ev);
}

/* ---- erasing ---------------------------------------------------------------------------------------------------------------- */
struct search {
	const char *text;
	int hits;
};

static void search_file(void *arg, const char *name)
{
	struct search *s = arg;
	char path[400];
	snprintf(path, sizeof path, "%s/%s", testing_dir, name);
	struct os_map m;
	assert_ok(os_map(path, &m));
	if (m.n && memmem(m.p, m.n, s->text, strlen(s->text))) s->hits++;
	os_unmap(&m);
}

static int files_with(const char *text)
{
	struct search s = {text, 0};
	assert_ok(os_list(testing_dir, search_file, &s));
	return s.hits;
}

static void append_secret(struct events *ev, uint32_t s, uint32_t import, uint64_t n, const char *secret)
{
	char body[200];
	snprintf(body, sizeof body, "{\"properties\":{\"n\":%llu,\"word\":\"%s%llu\"}}", (unsigned long long)n, secret, (unsigned long long)n);
	struct event e = {.subject = s, .import = import, .time_ms = (int64_t)n, .message = testing_key(n), .type = S("Type"), .body = str_of(body)};
	uint8_t verdict;
	assert_ok(testing_append_patiently(ev, &e, &verdict));
	assert_int_equal(verdict, EVENT_STORED);
}

static void what_is_erased_is_hidden_and_then_gone(void **state)
{
	(void)state;
	struct events *ev = testing_open(40);
	uint32_t keep = subject(ev, 1), gone = subject(ev, 2);
	for (uint64_t n = 1; n <= 100; n++) append_secret(ev, n % 2 ? keep : gone, 0, n, n % 2 ? "harmless" : "sunflower");
	for (uint64_t n = 101; n <= 130; n++) append_secret(ev, keep, 9, n, "marigold");
	assert_true(files_with("sunflower") > 0);
	assert_ok(events_erase_subjects(ev, &gone, 1, NULL));
	assert_ok(events_erase_import(ev, 9, NULL));
	struct events_stats stats;
	events_stats(ev, &stats);
	assert_int_equal(stats.stored, 50);
	assert_int_equal(events_subject_find(ev, testing_key(1000002)), 0);
	struct testing_event t;
	uint8_t verdict;
	assert_ok(events_append_wait(ev, testing_event(&t, gone, 500, 1), 1, &verdict));
	assert_int_equal(verdict, EVENT_REFUSED);
	/* the same file under another number, at once: its keys are free again */
	append_secret(ev, keep, 10, 101, "violet");
	assert_int_equal(testing_append(ev, keep, 101, 1, OK), EVENT_DUPLICATE);
	assert_int_equal(testing_append(ev, keep, 1, 1, OK), EVENT_DUPLICATE);
	events_close(ev);
	ev = testing_open(40);
	events_stats(ev, &stats);
	assert_int_equal(stats.stored, 51);
	append_secret(ev, keep, 10, 102, "violet");
	assert_ok(events_compact_now(ev, NULL));
	assert_int_equal(files_with("sunflower"), 0);
	assert_int_equal(files_with("marigold"), 0);
	struct subject_key key = testing_key(1000002), message = testing_key(2);
	char bytes[9] = {0};
	memcpy(bytes, &key.b, 8);
	assert_int_equal(files_with(bytes), 0);
	memcpy(bytes, &message.b, 8);
	assert_int_equal(files_with(bytes), 0);
	for (uint64_t n = 103; n <= 105; n++) append_secret(ev, keep, 10, n, "violet");
	assert_int_equal(testing_append(ev, keep, 102, 1, OK), EVENT_DUPLICATE);
	events_stats(ev, &stats);
	assert_int_equal(stats.stored, 55);
	bool is_new;
	assert_true(events_subject(ev, testing_key(1000002), &is_new) != gone && is_new);
	events_close(ev);
	assert_ok(events_verify(testing_dir, NULL, NULL, NULL));
	ev = testing_open(40);
	events_stats(ev, &stats);
	assert_int_equal(stats.stored, 55);
	assert_int_equal(testing_append(ev, keep, 102, 1, OK), EVENT_DUPLICATE);
	events_close(ev);
}

static void a_copy_is_a_store(void **state)
{
	(void)state;
	struct events *ev = testing_open(30);
	for (uint64_t n = 1; n <= 100; n++) testing_append(ev, subject(ev, n % 9), n, (int64_t)n, OK);
	char to[160], from[160];
	snprintf(to, sizeof to, "%.100s.copy", testing_dir);
	snprintf(from, sizeof from, "%s", testing_dir);
	assert_ok(events_copy(ev, to, NULL));
	for (uint64_t n = 101; n <= 200; n++) testing_append(ev, subject(ev, n % 9), n, (int64_t)n, OK);
	events_close(ev);
	assert_ok(events_verify(to, NULL, NULL, NULL));
	snprintf(testing_dir, sizeof testing_dir, "%s", to);
	ev = testing_open(30);
	assert_int_equal(testing_check(ev, NULL, 0), 100);
	for (uint64_t n = 301; n <= 400; n++) testing_append(ev, subject(ev, n % 9), n, (int64_t)n, OK);
	assert_ok(events_compact_now(ev, NULL));
	events_close(ev);
	testing_remove(to);
	snprintf(testing_dir, sizeof testing_dir, "%s", from);
	assert_ok(events_verify(from, NULL, NULL, NULL));
	ev = testing_open(30);
	assert_int_equal(testing_check(ev, NULL, 0), 200);
	events_close(ev);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, testing_set_up, testing_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_appended_is_read_and_survives_a_restart),
		TEST(sealing_and_merging_change_nothing_that_is_read),
		TEST(equal_times_keep_the_order_of_arrival),
		TEST(a_view_stays_as_it_was),
		TEST(a_property_may_change_its_kind),
		TEST(names_past_the_caps_are_counted),
		TEST(appliers_read_from_where_they_were),
		TEST(what_is_erased_is_hidden_and_then_gone),
		TEST(a_copy_is_a_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
