#include "test.h"

#include <math.h>

#include "base/arena.h"
#include "json/json.h"

static struct arena arena;
static struct json_reader *reader;

/* The text with padding behind it, as the reader wants it. */
static str padded(str s)
{
	char *copy = arena_alloc(&arena, s.n + JSON_PADDING);
	memcpy(copy, s.p, s.n);
	memset(copy + s.n, '7', JSON_PADDING); /* whatever lies behind must not count */
	return (str){copy, s.n};
}

/* Reads a text to its end: JSON_END or JSON_ERROR. */
static enum json_token read_all(str s)
{
	enum json_token t;
	if (json_reader_start(reader, padded(s), NULL) != OK) return JSON_ERROR;
	while ((t = json_next(reader)) != JSON_END && t != JSON_ERROR) {
	}
	return t;
}

static void a_reader_walks_a_document_token_by_token(void **state)
{
	(void)state;
	struct fault f = {0};
	assert_ok(json_reader_start(reader, padded(S(" {\"type\" : \"track\", \"n\":-1.5e3 ,\"a\":[true,false,null,{}],\"e\":\"x\\ny\"}\n")), &f));
	assert_int_equal(json_next(reader), JSON_OBJECT);
	assert_int_equal(json_next(reader), JSON_KEY);
	bool plain;
	assert_str_equal(json_raw_string(reader, &plain), S("type"));
	assert_true(plain);
	assert_int_equal(json_next(reader), JSON_STRING);
	assert_str_equal(json_string(reader, &arena), S("track"));
	assert_str_equal(json_raw(reader), S("\"track\""));
	assert_int_equal(json_next(reader), JSON_KEY);
	assert_int_equal(json_next(reader), JSON_NUMBER);
	assert_str_equal(json_number(reader), S("-1.5e3"));
	assert_int_equal(json_next(reader), JSON_KEY);
	assert_int_equal(json_next(reader), JSON_ARRAY);
	assert_str_equal(json_skip(reader), S("[true,false,null,{}]"));
	assert_int_equal(json_next(reader), JSON_KEY);
	assert_int_equal(json_next(reader), JSON_STRING);
	assert_str_equal(json_raw_string(reader, &plain), S("x\\ny"));
	assert_false(plain);
	assert_str_equal(json_string(reader, &arena), S("x\ny"));
	assert_int_equal(json_next(reader), JSON_OBJECT_END);
	assert_int_equal(json_next(reader), JSON_END);
	assert_int_equal(json_next(reader), JSON_END);
	assert_ok(json_reader_fault(reader, &f));
}

static void a_value_can_be_skipped_from_its_key_and_kept_raw(void **state)
{
	(void)state;
	assert_ok(json_reader_start(reader, padded(S("{\"a\":\"x\",\"b\":{\"c\":[1, 2]} ,\"d\":12 }")), NULL));
	static const char *want[] = {"\"x\"", "{\"c\":[1, 2]}", "12"};
	json_next(reader);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(json_next(reader), JSON_KEY);
		assert_str_equal(json_skip(reader), str_of(want[i]));
	}
	assert_int_equal(json_next(reader), JSON_OBJECT_END);
	assert_ok(json_reader_start(reader, padded(S("[{\"c\":[1, 02]}]")), NULL));
	json_next(reader);
	json_next(reader);
	assert_false(str_given(json_skip(reader)));
	assert_int_equal(json_current(reader), JSON_ERROR);
	struct fault f = {0};
	assert_int_equal(json_reader_fault(reader, &f), ERR_MALFORMED);
	assert_string_equal(f.fields[0].name, "byte 10");
	assert_ok(json_reader_start(reader, padded(S("[{\"c\":[\"\\n\",{}]},\"\\t\"]")), NULL));
	json_next(reader);
	json_next(reader);
	assert_str_equal(json_skip(reader), S("{\"c\":[\"\\n\",{}]}"));
	assert_int_equal(json_next(reader), JSON_STRING);
	assert_str_equal(json_string(reader, &arena), S("\t"));
	assert_int_equal(json_next(reader), JSON_ARRAY_END);
}

static void what_is_not_json_is_refused(void **state)
{
	(void)state;
	static const char *bad[] = {"", " ", "{", "[", "]", "}", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
		"{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "[1 2]", "1 2", "{}{}", "[]]", "\"abc", "\"a\nb\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u123\"",
		"\"\\", "\"\\u", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "1a", "1\"a\"", "1 \"a\"", "\"a\"1", "\"a\"\"b\"", "tru", "truex", "true\"", "nul", "nulll", "True",
		"NaN", "Infinity", "-Infinity", "'a'", "[1]/", "/*c*/1", "\xef\xbb\xbf{}", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "[\f1]", "[1\f]",
		"[1\x1a" "2]", "{\"a\"\x1a" "1}", "\\\"a\"", "1\\", "[1]\\", "{\"a\":1:2}", "[1:2]", "[}", "{]", "[1}", "{\"a\":1]", "1-", "--1", "1.2.3", "1e5e5", "-a"};
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (read_all(str_of(bad[i])) != JSON_ERROR) fail_msg("accepted: %s", bad[i]);
	assert_int_equal(read_all((str){"[1,\0]", 5}), JSON_ERROR);
	assert_int_equal(read_all((str){"[\"\0\"]", 5}), JSON_ERROR);
	assert_int_equal(read_all((str){"1\0", 2}), JSON_ERROR);
	static const char *good[] = {"1", " 1 ", "-0", "0.5", "1e5", "1E-5", "\"\"", "[]", "{}", "[ ]", "{ }", "true", " null ", "[[],{}]",
		"{\"\":0}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\ud800\"", "\"\x7f\"", "1e999999", "123456789012345678901234567890", "{\"a\":1,\"a\":2}"};
	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (read_all(str_of(good[i])) != JSON_END) fail_msg("refused: %s", good[i]);
}

static void a_document_cut_anywhere_is_refused(void **state)
{
	(void)state;
	str s = S("{\"type\":\"track\",\"properties\":{\"n\":[1,-2.5e3,true,null,\"\\u00e9\\\\\"]},\"t\":\"\xc3\xa9\"}");
	assert_int_equal(read_all(s), JSON_END);
	for (size_t n = 0; n < s.n; n++) assert_int_equal(read_all(str_sub(s, 0, n)), JSON_ERROR);
}

static void nesting_is_capped(void **state)
{
	(void)state;
	char text[2 * JSON_DEPTH + 2];
	memset(text, '[', JSON_DEPTH);
	memset(text + JSON_DEPTH, ']', JSON_DEPTH);
	assert_int_equal(read_all((str){text, 2 * JSON_DEPTH}), JSON_END);
	memset(text, '[', JSON_DEPTH + 1);
	memset(text + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
	assert_int_equal(read_all((str){text, 2 * JSON_DEPTH + 2}), JSON_ERROR);
	struct fault f = {0};
	assert_int_equal(json_reader_fault(reader, &f), ERR_MALFORMED);
	assert_string_equal(f.fields[0].name, "byte 64");
	assert_non_null(strstr(f.fields[0].text, "nested too deeply"));
}

static void faults_say_where_and_what(void **state)
{
	(void)state;
	static const struct {
		const char *text, *where, *what;
	} cases[] = {{"[1,x]", "byte 3", "expected a value"}, {"{\"a\":\"b\nc\"}", "byte 7", "control character"}, {"[\"a", "byte 1", "not closed"},
		{"[\"a\xff\"]", "byte 3", "UTF-8"}, {"\xef\xbb\xbf[]", "byte 0", "byte order mark"}, {"", "byte 0", "no JSON"}, {"[1", "byte 2", "ends"}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fault f = {0};
		assert_int_equal(read_all(str_of(cases[i].text)), JSON_ERROR);
		assert_int_equal(json_reader_fault(reader, &f), ERR_MALFORMED);
		assert_string_equal(f.fields[0].name, cases[i].where);
		assert_non_null(strstr(f.fields[0].text, cases[i].what));
	}
	struct fault f = {0};
	const struct json_node *node;
	assert_int_equal(json_tree(&arena, S("{\n \"\xc3\xa9\": x}"), 100, &node, &f), ERR_MALFORMED);
	assert_string_equal(f.fields[0].name, "line 2 column 7");
	assert_null(node);
	f = (struct fault){0};
	assert_int_equal(json_tree(&arena, S("[1,2,3]"), 3, &node, &f), ERR_TOO_LARGE);
	struct json_reader *small = json_reader_new(3);
	f = (struct fault){0};
	assert_int_equal(json_reader_start(small, padded(S("[1,2]")), &f), ERR_TOO_LARGE);
	assert_int_equal(json_next(small), JSON_ERROR);
	json_reader_free(small);
}

static void escapes_become_text(void **state)
{
	(void)state;
	assert_str_equal(json_unescape(&arena, S("\\u00e9\\ud83d\\ude00\\/\\b")), S("\xc3\xa9\xf0\x9f\x98\x80/\b"));
	assert_str_equal(json_unescape(&arena, S("a\\ud800b")), S("a\xef\xbf\xbd" "b"));
	assert_str_equal(json_unescape(&arena, S("\\ud800\\ud800\\udc00")), S("\xef\xbf\xbd\xf0\x90\x80\x80"));
	assert_str_equal(json_unescape(&arena, S("\\udc00")), S("\xef\xbf\xbd"));
	assert_str_equal(json_unescape(&arena, S("\\u0000")), S("\xef\xbf\xbd"));
	assert_str_equal(json_unescape(&arena, S("\\u12")), S("\xef\xbf\xbd" "12"));
	assert_str_equal(json_unescape(&arena, S("a\\")), S("a\\"));
}

static void trees_hold_members_in_order_and_find_the_last(void **state)
{
	(void)state;
	const struct json_node *node;
	assert_ok(json_tree(&arena, S("{\"a\":1,\"b\":[true,{\"c\":\"\\u0041\"}],\"a\":2.5,\"i\":-7,\"t\":true}"), 1000, &node, NULL));
	assert_int_equal(node->n, 5);
	assert_str_equal(json_get(node, S("a"))->text, S("2.5"));
	const struct json_node *b = json_get(node, S("b"));
	assert_int_equal(b->n, 2);
	assert_str_equal(b->raw, S("[true,{\"c\":\"\\u0041\"}]"));
	assert_str_equal(json_get_str(b->child->next, S("c")), S("A"));
	int64_t i;
	assert_true(json_get_i64(node, S("i"), &i));
	assert_int_equal(i, -7);
	assert_false(json_get_i64(node, S("a"), &i));
	assert_false(json_get_i64(node, S("b"), &i));
	assert_true(json_is_true(node, S("t")));
	assert_false(json_is_true(NULL, S("t")));
	assert_null(json_get(node, S("z")));
}

static void the_writer_puts_commas_and_is_safe_in_html(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 10000);
	struct json_writer w = {.out = &b};
	json_begin_object(&w);
	json_key(&w, S("</script>"));
	json_put_str(&w, S("a\"\\\n\x01&\xe2\x80\xa8\xe2\x80\xa9\xe2\x82\xac\xe2"));
	json_key(&w, S("n"));
	json_begin_array(&w);
	json_put_i64(&w, INT64_MIN);
	json_put_real(&w, 0.1);
	json_put_real(&w, 1e300);
	json_put_real(&w, 5e-324);
	json_put_real(&w, 3);
	json_put_real(&w, NAN);
	json_put_real(&w, INFINITY);
	json_put_real(&w, -0.0);
	json_put_decimal(&w, (struct decimal){-1205, -2});
	json_put_bool(&w, true);
	json_put_str(&w, STR_NONE);
	json_put_raw(&w, S("{\"x\":\"<b>\\n\"}"));
	json_begin_object(&w);
	json_end_object(&w);
	json_end_array(&w);
	json_end_object(&w);
	assert_str_equal(buf_str(&b), S("{\"\\u003c/script\\u003e\":\"a\\\"\\\\\\n\\u0001\\u0026\\u2028\\u2029\xe2\x82\xac\xe2\","
		"\"n\":[-9223372036854775808,0.1,1e+300,4.94065645841247e-324,3,null,null,-0,-12.05,true,null,{\"x\":\"\\u003cb\\u003e\\n\"},{}]}"));
	buf_release(&b);
}

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	reader = json_reader_new(1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_reader_free(reader);
	arena_release(&arena);
	return 0;
}

static const char *escape_of(unsigned c, char room[8])
{
	static const char *const SHORT[256] = {['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
	if (SHORT[c]) return SHORT[c];
	bool is_coded = c < 0x20 || c == '<' || c == '>' || c == '&';
	snprintf(room, 8, is_coded ? "\\u%04x" : "%c", c);
	return room;
}

/* Long texts are looked through many bytes at a time: every byte has to be seen wherever it stands. */
static void the_writer_escapes_every_byte_wherever_it_stands(void **state)
{
	(void)state;
	char text[40], room[8];
	struct buf b;
	buf_init(&b, 1000);
	for (unsigned c = 1; c < 256; c++)
		for (size_t at = 0; at < sizeof text; at++) {
			struct json_writer w = {.out = &b};
			const char *escape = escape_of(c, room);
			size_t n = strlen(escape);
			memset(text, 'a', sizeof text);
			text[at] = (char)c;
			buf_clear(&b);
			json_put_str(&w, (str){text, sizeof text});
			assert_int_equal(b.n, sizeof text + 1 + n);
			assert_memory_equal(b.p + 1 + at, escape, n);
			assert_true(b.p[0] == '"' && b.p[b.n - 1] == '"');
			for (size_t i = 1; i + 1 < b.n; i++)
				if (i < 1 + at || i >= 1 + at + n) assert_true(b.p[i] == 'a');
		}
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_walks_a_document_token_by_token),
		cmocka_unit_test(a_value_can_be_skipped_from_its_key_and_kept_raw),
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(a_document_cut_anywhere_is_refused),
		cmocka_unit_test(nesting_is_capped),
		cmocka_unit_test(faults_say_where_and_what),
		cmocka_unit_test(escapes_become_text),
		cmocka_unit_test(trees_hold_members_in_order_and_find_the_last),
		cmocka_unit_test(the_writer_puts_commas_and_is_safe_in_html),
		cmocka_unit_test(the_writer_escapes_every_byte_wherever_it_stands),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
