#include "test.h"

#include <math.h>

#include "base/arena.h"
#include "json/json.h"

static struct arena arena;

enum mood { MOOD_GOOD, MOOD_BAD };
static const char *const MOODS[] = {"good", "bad", NULL};

struct line {
	str sku;
	int64_t quantity;
	struct money price;
};
static const struct desc_field LINE_FIELDS[] = {FIELD(line, sku, DESC_STR, .max = 10, .flags = DESC_REQUIRED),
	FIELD(line, quantity, DESC_INT, .min = 1, .max = 100), FIELD(line, price, DESC_MONEY)};
static const struct desc LINE = DESC(line, LINE_FIELDS);

struct visit {
	id id;
	bool is_open;
	int64_t count, at_ms, on_ms, lasts_ms;
	double score, share;
	str name, secret, made_by;
	struct decimal weight;
	struct money total;
	enum mood mood;
	struct msg words;
	struct line first;
	struct line *second;
	LIST_OF(struct line) lines;
	LIST_OF(str) tags;
	LIST_OF(int64_t) counts;
	str extra;
};
static const struct desc_field VISIT_FIELDS[] = {
	FIELD(visit, id, DESC_ID, .prefix = "vis"),
	FIELD_AS(visit, is_open, "open", DESC_BOOL, .doc = "whether it goes on"),
	FIELD(visit, count, DESC_INT),
	FIELD_AS(visit, at_ms, "at", DESC_TIME),
	FIELD_AS(visit, on_ms, "on", DESC_DATE),
	FIELD_AS(visit, lasts_ms, "lasts", DESC_DURATION, .min = 1000, .max = 100000),
	FIELD(visit, score, DESC_REAL, .flags = DESC_OMIT),
	FIELD(visit, share, DESC_SHARE),
	FIELD(visit, name, DESC_STR, .max = 20, .flags = DESC_REQUIRED),
	FIELD(visit, secret, DESC_STR, .flags = DESC_SECRET),
	FIELD(visit, made_by, DESC_STR, .flags = DESC_READ_ONLY | DESC_OMIT),
	FIELD(visit, weight, DESC_DECIMAL),
	FIELD(visit, total, DESC_MONEY),
	FIELD(visit, mood, DESC_ENUM, .names = MOODS),
	FIELD(visit, words, DESC_MSG, .flags = DESC_OMIT | DESC_READ_ONLY),
	FIELD(visit, first, DESC_STRUCT, .of = &LINE),
	FIELD(visit, second, DESC_PTR, .of = &LINE),
	FIELD(visit, lines, DESC_LIST, .item = DESC_STRUCT, .of = &LINE),
	FIELD(visit, tags, DESC_LIST, .item = DESC_STR, .max = 5),
	FIELD(visit, counts, DESC_LIST, .item = DESC_INT),
	FIELD(visit, extra, DESC_RAW),
};
static const struct desc VISIT = DESC(visit, VISIT_FIELDS);

static const char FULL[] =
	"{\"id\":\"vis_0000000000016\",\"open\":true,\"count\":-3,\"at\":\"2011-01-31T08:26:00.123Z\",\"on\":\"2011-01-31\",\"lasts\":90.5,"
	"\"score\":2.5,\"share\":0.25,\"name\":\"N\",\"weight\":12.345,\"total\":{\"amount\":12.5,\"currency\":\"GBP\"},\"mood\":\"bad\","
	"\"first\":{\"sku\":\"a\",\"quantity\":1,\"price\":{\"amount\":0,\"currency\":null}},\"second\":{\"sku\":\"b\",\"quantity\":null,\"price\":{\"amount\":-1,\"currency\":null}},"
	"\"lines\":[{\"sku\":\"c\",\"quantity\":2,\"price\":{\"amount\":3,\"currency\":\"EUR\"}}],\"tags\":[\"x\",\"y\"],\"counts\":[1,2,3],\"extra\":{\"k\":[1, null]}}";

static void a_struct_reads_back_as_it_was_written(void **state)
{
	(void)state;
	struct visit v, again;
	struct fault f = {0};
	assert_ok(json_into(&arena, &VISIT, str_of(FULL), &v, &f));
	assert_int_equal(v.lasts_ms, 90500);
	assert_int_equal(v.at_ms, INT64_C(1296462360123));
	assert_int_equal(v.mood, MOOD_BAD);
	assert_int_equal(v.lines.n, 1);
	assert_str_equal(v.lines.v[0].price.currency, S("EUR"));
	assert_str_equal(v.tags.v[1], S("y"));
	assert_int_equal(v.counts.v[2], 3);
	assert_int_equal(v.second->quantity, DESC_NULL_INT);
	v.secret = S("never written");
	str text = json_of(&arena, &VISIT, &v);
	assert_str_equal(text, str_of(FULL));
	assert_ok(json_into(&arena, &VISIT, text, &again, &f));
	assert_str_equal(json_of(&arena, &VISIT, &again), str_of(FULL));
}

static void absent_values_are_null_or_left_out(void **state)
{
	(void)state;
	struct visit v;
	assert_ok(json_into(&arena, &VISIT, S("{\"name\":\"x\",\"count\":null,\"first\":{\"sku\":\"s\"}}"), &v, NULL));
	assert_int_equal(v.count, DESC_NULL_INT);
	assert_int_equal(v.at_ms, DESC_NULL_INT);
	assert_true(isnan(v.score) && isnan(v.share));
	assert_null(v.second);
	assert_false(str_given(v.extra));
	assert_str_equal(json_of(&arena, &VISIT, &v),
		S("{\"id\":null,\"open\":false,\"count\":null,\"at\":null,\"on\":null,\"lasts\":null,\"share\":null,\"name\":\"x\",\"weight\":0,"
		  "\"total\":{\"amount\":0,\"currency\":null},\"mood\":\"good\",\"first\":{\"sku\":\"s\",\"quantity\":null,\"price\":{\"amount\":0,\"currency\":null}},"
		  "\"second\":null,\"lines\":[],\"tags\":[],\"counts\":[],\"extra\":null}"));
	v.mood = (enum mood)-1;
	json_of(&arena, &VISIT, &v);
}

static str english(struct arena *a, const struct msg *m)
{
	return str_fmt(a, "%s!", m->key);
}

static void a_message_carries_key_arguments_and_text(void **state)
{
	(void)state;
	struct visit v = {.words = {.key = "kept", .n = 4, .args = {{.name = "n", .type = MSG_INT, .i = 5}, {.name = "who", .type = MSG_STR, .s = S("A")},
		{.name = "sum", .type = MSG_MONEY, .money = {{125, -1}, S("GBP")}}, {.name = "day", .type = MSG_DATE, .i = 0}}}};
	struct buf b;
	buf_init(&b, 1000);
	struct json_writer w = {.out = &b};
	json_put_field(&w, desc_find(&VISIT, S("words")), &v);
	desc_set_msg_text(english);
	json_put_field(&w, desc_find(&VISIT, S("words")), &v);
	desc_set_msg_text(NULL);
#define ARGS "\"args\":{\"n\":5,\"who\":\"A\",\"sum\":{\"amount\":12.5,\"currency\":\"GBP\"},\"day\":\"1970-01-01\"}"
	assert_str_equal(buf_str(&b), S("{\"key\":\"kept\"," ARGS "},{\"key\":\"kept\"," ARGS ",\"text\":\"kept!\"}"));
	buf_release(&b);
}

static void assert_fault(const char *json, const char *where, const char *what)
{
	struct visit v;
	struct fault f = {0};
	assert_int_equal(json_into(&arena, &VISIT, str_of(json), &v, &f), ERR_INVALID);
	assert_int_equal(f.err, ERR_INVALID);
	for (int i = 0; i < f.n_fields; i++)
		if (!strcmp(f.fields[i].name, where) && strstr(f.fields[i].text, what)) return;
	fail_msg("%s: no fault \"%s\" at %s; first: %s: %s", json, what, where, f.fields[0].name, f.fields[0].text);
}

static void faults_name_the_path_of_the_field(void **state)
{
	(void)state;
	assert_fault("{}", "name", "must be given");
	assert_fault("{\"name\":\"\"}", "name", "must be given");
	assert_fault("{\"name\":null}", "name", "must be given");
	assert_fault("{\"name\":7}", "name", "must be a text");
	assert_fault("{\"name\":\"123456789012345678901\"}", "name", "longer than 20 bytes");
	assert_fault("{\"nmae\":\"x\"}", "nmae", "is not a field of visit");
	assert_fault("{\"made_by\":\"x\"}", "made_by", "cannot be set");
	assert_fault("{\"total\":{\"amount\":\"x\"}}", "total.amount", "must be a number");
	assert_fault("{\"total\":{\"currency\":\"GBP\"}}", "total.amount", "must be given");
	assert_fault("{\"total\":{\"amount\":1,\"currency\":\"gbp\"}}", "total.currency", "ISO 4217");
	assert_fault("{\"total\":12}", "total", "amount and its currency");
	assert_fault("{\"lines\":[{\"sku\":\"a\"},{\"sku\":\"\"}]}", "lines[1].sku", "must be given");
	assert_fault("{\"lines\":[{\"sku\":\"a\",\"quantity\":101}]}", "lines[0].quantity", "from 1 to 100");
	assert_fault("{\"lines\":{}}", "lines", "must be a list");
	assert_fault("{\"lines\":[null]}", "lines[0]", "must be an object");
	assert_fault("{\"tags\":[\"a\",\"toolong\"]}", "tags[1]", "longer than 5");
	assert_fault("{\"second\":[]}", "second", "must be an object");
	assert_fault("{\"count\":1.5}", "count", "whole number");
	assert_fault("{\"count\":\"1\"}", "count", "must be a number");
	assert_fault("{\"count\":9223372036854775808}", "count", "18");
	assert_fault("{\"count\":1e300}", "count", "18");
	assert_fault("{\"share\":1.01}", "share", "from 0 to 1");
	assert_fault("{\"score\":1e999}", "score", "must be a number");
	assert_fault("{\"lasts\":0.5}", "lasts", "from 1 to 100 seconds");
	assert_fault("{\"lasts\":1.2345}", "lasts", "three decimals");
	assert_fault("{\"mood\":\"sad\"}", "mood", "good, bad");
	assert_fault("{\"id\":\"cus_0000000000016\"}", "id", "vis_");
	assert_fault("{\"open\":1}", "open", "true or false");
	assert_fault("{\"at\":\"2011-01-31T08:26:00\"}", "at", "must name its zone");
	assert_fault("{\"at\":\"2011-01-31\"}", "at", "must name its zone");
	assert_fault("{\"at\":\"yesterday\"}", "at", "must be a time");
	assert_fault("{\"at\":1.5}", "at", "must be a time");
	assert_fault("{\"at\":99999999999999}", "at", "1900");
	assert_fault("{\"on\":\"2011-02-30\"}", "on", "must be a date");
	assert_fault("{\"on\":20110131}", "on", "must be a date");
}

static void many_faults_are_collected_and_the_whole_must_be_an_object(void **state)
{
	(void)state;
	struct visit v;
	struct fault f = {0};
	assert_int_equal(json_into(&arena, &VISIT, S("{\"count\":true,\"share\":7,\"first\":{}}"), &v, &f), ERR_INVALID);
	assert_int_equal(f.n_fields, 4);
	f = (struct fault){0};
	assert_int_equal(json_into(&arena, &VISIT, S("[]"), &v, &f), ERR_MALFORMED);
	f = (struct fault){0};
	assert_int_equal(json_into(&arena, &VISIT, S("{\"a\":1"), &v, &f), ERR_MALFORMED);
	assert_string_equal(f.fields[0].name, "line 1 column 7");
	f = (struct fault){0};
	assert_int_equal(json_into(&arena, &VISIT, S("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1}"), &v, &f), ERR_INVALID);
	assert_int_equal(f.n_fields, FAULT_FIELDS);
	assert_int_equal(json_into(&arena, &VISIT, S("{\"a\":1}"), &v, NULL), ERR_INVALID);
}

static void integers_take_every_spelling_of_a_whole_number(void **state)
{
	(void)state;
	struct visit v;
	assert_ok(json_into(&arena, &VISIT, S("{\"name\":\"n\",\"count\":1.2e3,\"at\":0,\"counts\":[5.0,9223372036854775807,-9223372036854775807],\"first\":{\"sku\":\"s\"}}"), &v, NULL));
	assert_int_equal(v.count, 1200);
	assert_int_equal(v.at_ms, 0);
	assert_int_equal(v.counts.v[0], 5);
	assert_int_equal(v.counts.v[1], INT64_MAX);
	assert_int_equal(v.counts.v[2], -INT64_MAX);
}

#define F(n, v) {S(n), S(v)}

static void a_form_fills_the_same_struct(void **state)
{
	(void)state;
	static const struct form_field fields[] = {F("_csrf", "abc"), F("name", "Anna <3"), F("open", "on"), F("count", " 12 "), F("at", "2011-01-31T08:26:00Z"),
		F("on", "2011-01-31"), F("lasts", ""), F("share", "0.5"), F("total.amount", "12.50"), F("total.currency", "GBP"), F("mood", "bad"),
		F("first.sku", "f"), F("second.sku", ""), F("second.price.amount", ""), F("lines[0].sku", "a"), F("lines[1].sku", "b"), F("lines[0].quantity", "7"),
		F("lines[1].price.amount", "3"), F("tags", "x"), F("counts", "1"), F("tags", ""), F("tags", "y"), F("counts", "2"), F("extra", "{\"a\": 1}"), F("id", "vis_0000000000016")};
	struct visit v;
	struct fault f = {0};
	if (form_into(&arena, &VISIT, fields, COUNT_OF(fields), &v, &f) != OK) fail_msg("%s: %s", f.fields[0].name, f.fields[0].text);
	assert_str_equal(v.name, S("Anna <3"));
	assert_true(v.is_open);
	assert_int_equal(v.count, 12);
	assert_int_equal(v.lasts_ms, DESC_NULL_INT);
	assert_int_equal(v.total.amount.mantissa, 125);
	assert_str_equal(v.total.currency, S("GBP"));
	assert_int_equal(v.mood, MOOD_BAD);
	assert_null(v.second);
	assert_int_equal(v.lines.n, 2);
	assert_int_equal(v.lines.v[0].quantity, 7);
	assert_str_equal(v.lines.v[1].sku, S("b"));
	assert_int_equal(v.lines.v[1].price.amount.mantissa, 3);
	assert_int_equal(v.tags.n, 2);
	assert_str_equal(v.tags.v[1], S("y"));
	assert_int_equal(v.counts.v[1], 2);
	assert_str_equal(v.extra, S("{\"a\": 1}"));
	assert_int_equal(v.id, 38);
}

static void a_forms_faults_name_their_fields(void **state)
{
	(void)state;
	static const struct form_field fields[] = {F("name", ""), F("at", "2011-01-31T08:26"), F("total.amount", "zwölf"), F("who", "me"), F("lines[0].quantity", "0"), F("extra", "{")};
	static const char *want[] = {"who", "at", "name", "total.amount", "first.sku", "lines[0].sku", "lines[0].quantity", "extra"};
	struct visit v;
	struct fault f = {0};
	assert_int_equal(form_into(&arena, &VISIT, fields, COUNT_OF(fields), &v, &f), ERR_INVALID);
	for (size_t k = 0; k < COUNT_OF(want); k++) {
		bool found = false;
		for (int i = 0; i < f.n_fields; i++) found |= !strcmp(f.fields[i].name, want[k]);
		if (!found && strcmp(want[k], "first.sku")) fail_msg("no fault at %s", want[k]);
	}
	static struct form_field many[FORM_FIELDS + 1];
	f = (struct fault){0};
	assert_int_equal(form_into(&arena, &VISIT, many, COUNT_OF(many), &v, &f), ERR_TOO_LARGE);
	static char deep[20000];
	memset(deep, '.', sizeof deep);
	struct form_field reach[] = {{{deep, sizeof deep}, S("1")}, F("first.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r", "1"), F("lines[", "1"), F("]", "1"), F("lines[]", "1"), F("", "1")};
	assert_int_equal(form_into(&arena, &VISIT, reach, COUNT_OF(reach), &v, NULL), ERR_INVALID);
}

struct tree {
	str name;
	struct tree *child;
};
static const struct desc TREE;
static const struct desc_field TREE_FIELDS[] = {FIELD(tree, name, DESC_STR, .max = 9, .flags = DESC_REQUIRED), FIELD(tree, child, DESC_PTR, .of = &TREE)};
static const struct desc TREE = DESC(tree, TREE_FIELDS);

static str schema_of(const struct desc *d, bool for_input)
{
	struct buf b;
	buf_init(&b, 100000);
	struct json_writer w = {.out = &b};
	json_put_schema(&w, d, for_input);
	str text = str_dup(&arena, buf_str(&b));
	buf_release(&b);
	return text;
}

static void a_schema_tells_types_limits_and_what_is_required(void **state)
{
	(void)state;
	assert_str_equal(schema_of(&TREE, true),
		S("{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":0,\"maxLength\":9},\"child\":{\"type\":[\"object\",\"null\"],\"title\":\"tree\"}},"
		  "\"required\":[\"name\"],\"additionalProperties\":false}"));
	const struct json_node *in, *out;
	assert_ok(json_tree(&arena, schema_of(&VISIT, true), 100000, &in, NULL));
	assert_ok(json_tree(&arena, schema_of(&VISIT, false), 100000, &out, NULL));
	in = json_get(in, S("properties"));
	out = json_get(out, S("properties"));
	assert_non_null(json_get(in, S("secret")));
	assert_null(json_get(out, S("secret")));
	assert_null(json_get(in, S("made_by")));
	assert_non_null(json_get(out, S("made_by")));
	assert_str_equal(json_get_str(json_get(in, S("open")), S("description")), S("whether it goes on"));
	assert_str_equal(json_get(json_get(in, S("lasts")), S("maximum"))->text, S("100"));
	assert_str_equal(json_get_str(json_get(in, S("id")), S("pattern")), S("^vis_[0-9a-z]{13}$"));
	assert_str_equal(json_get_str(json_get(json_get(in, S("tags")), S("items")), S("type")), S("string"));
}

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_struct_reads_back_as_it_was_written),
		cmocka_unit_test(absent_values_are_null_or_left_out),
		cmocka_unit_test(a_message_carries_key_arguments_and_text),
		cmocka_unit_test(faults_name_the_path_of_the_field),
		cmocka_unit_test(many_faults_are_collected_and_the_whole_must_be_an_object),
		cmocka_unit_test(integers_take_every_spelling_of_a_whole_number),
		cmocka_unit_test(a_form_fills_the_same_struct),
		cmocka_unit_test(a_forms_faults_name_their_fields),
		cmocka_unit_test(a_schema_tells_types_limits_and_what_is_required),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
