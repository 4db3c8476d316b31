#include "template/template.h"

#include <math.h>

#include "base/arena.h"
#include "i18n/zone.h"
#include "json/json.h"
#include "test.h"

static struct arena arena;

enum mood { MOOD_GLAD, MOOD_SAD };
static const char *const MOODS[] = {"glad", "sad", NULL};
struct line {
	str name;
	int64_t units;
};
struct order {
	id id;
	str title, page, secret;
	int64_t at_ms, day_ms, lasts_ms, n, none;
	double share, unknown;
	bool is_paid;
	enum mood mood;
	struct money total;
	struct msg finding;
	struct line first, *last;
	LIST_OF(struct line) lines;
	LIST_OF(str) tags;
};
static const struct desc_field LINE_FIELDS[] = {FIELD(line, name, DESC_STR), FIELD(line, units, DESC_INT)};
static const struct desc LINE_DESC = DESC(line, LINE_FIELDS);
static const struct desc_field ORDER_FIELDS[] = {
	FIELD(order, id, DESC_ID, .prefix = "ord"), FIELD(order, title, DESC_STR), FIELD(order, page, DESC_STR),
	FIELD(order, secret, DESC_STR, .flags = DESC_SECRET),
	FIELD_AS(order, at_ms, "at", DESC_TIME), FIELD_AS(order, day_ms, "day", DESC_DATE), FIELD_AS(order, lasts_ms, "lasts", DESC_DURATION),
	FIELD(order, n, DESC_INT), FIELD(order, none, DESC_INT), FIELD(order, share, DESC_SHARE), FIELD(order, unknown, DESC_REAL),
	FIELD(order, is_paid, DESC_BOOL), FIELD(order, mood, DESC_ENUM, .names = MOODS), FIELD(order, total, DESC_MONEY),
	FIELD(order, finding, DESC_MSG), FIELD(order, first, DESC_STRUCT, .of = &LINE_DESC), FIELD(order, last, DESC_PTR, .of = &LINE_DESC),
	FIELD(order, lines, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC), FIELD(order, tags, DESC_LIST, .item = DESC_STR),
};
static const struct desc ORDER_DESC = DESC(order, ORDER_FIELDS);

static struct order sample(void)
{
	static struct line lines[] = {{S("Mug"), 1200}, {S("<Lamp>"), 2}};
	static str tags[] = {S("a"), S("b")};
	struct order o = {.id = 1, .title = S("Tea & \"more\""), .page = S("javascript:alert(1)"), .secret = S("hidden"), .at_ms = INT64_C(1291191960000),
	                  .day_ms = INT64_C(1291161600000), .lasts_ms = 7500000, .n = 1234567, .none = DESC_NULL_INT, .share = 0.2534,
	                  .unknown = NAN, .is_paid = true, .mood = MOOD_SAD, .total = {{50792508, -1}, S("GBP")}, .first = {S("First"), 1}};
	o.lines.v = lines;
	o.lines.n = 2;
	o.tags.v = tags;
	o.tags.n = 2;
	return o;
}

static str partial_of(void *arg, str name)
{
	(void)arg;
	if (str_eq(name, S("loop"))) return S("{{>loop}}");
	if (str_eq(name, S("twice"))) return S("{{>twice}}{{>twice}}");
	if (str_eq(name, S("layout"))) return S("<{{$title}}none{{/title}}>");
	if (str_eq(name, S("broken"))) return S("\n{{#a}}");
	if (str_eq(name, S("self"))) return S("{{$a}}{{/a}}");
	if (str_eq(name, S("row"))) return S("{{name}}={{units}}\n");
	return STR_NONE;
}

static struct fault fault;

static enum err render_to(str source, enum template_type type, const char *lang, size_t max, str *got)
{
	struct order o = sample();
	struct locale l = {.lang = lang_find(str_of(lang)), .zone = zone_find(S("Europe/Athens")), .calendar = S("gregorian")};
	struct template_options options = {.type = type, .loader = partial_of};
	struct template_value value = {.desc = &ORDER_DESC, .value = &o};
	struct template *t;
	struct buf out;
	fault_clear(&fault);
	buf_init(&out, max);
	enum err e = template_new(S("page"), source, &options, &t, &fault);
	if (e == OK) e = template_render(t, &l, &value, 1, &out, &fault);
	*got = str_dup(&arena, buf_str(&out));
	template_free(t);
	buf_release(&out);
	return e;
}

static str html(str source)
{
	str got;
	assert_ok(render_to(source, TEMPLATE_HTML, "en", 1 << 16, &got));
	return got;
}

static void described_values_are_formatted_by_their_type(void **state)
{
	(void)state;
	assert_str_equal(html(S("{{id}} {{title}}")), S("ord_0000000000001 Tea &amp; &quot;more&quot;"));
	assert_str_equal(html(S("{{at}}|{{at.iso}}|{{at.day}}|{{day}}|{{day.raw}}")), S("Dec 1, 2010, 10:26\u202fAM|2010-12-01T08:26:00.000Z|Dec 1, 2010|Dec 1, 2010|2010-12-01"));
	assert_str_equal(html(S("{{n}} {{n.raw}} {{share}} {{share.raw}} {{lasts.raw}}")), S("1,234,567 1234567 25.3% 0.2534 7500"));
	assert_str_equal(html(S("{{none}}{{unknown}}[{{none.raw}}{{unknown.raw}}{{missing}}]")), S("––[]"));
	assert_str_equal(html(S("{{total}} {{total.raw}} {{total.currency}}")), S("£5,079,250.80 5079250.8 GBP"));
	assert_str_equal(html(S("{{mood}} {{#mood.is_sad}}yes{{/mood.is_sad}}{{#mood.is_glad}}no{{/mood.is_glad}}")), S("sad yes"));
	assert_str_equal(html(S("{{first.name}}{{last.name}}{{^last}}-{{/last}}{{#first}}{{units}}{{/first}}")), S("First-1"));
	assert_str_equal(html(S("[{{secret}}]")), S("[]"));
	str fa;
	assert_ok(render_to(S("{{n}} {{share}}"), TEMPLATE_HTML, "fa", 1000, &fa));
	assert_str_equal(fa, S("۱٬۲۳۴٬۵۶۷ ۲۵٫۳٪"));
}

static void lists_know_their_length_and_places(void **state)
{
	(void)state;
	assert_str_equal(html(S("{{lines.n}}:{{#lines}}{{#@first}}({{/@first}}{{@index}} {{name}} {{units}}{{^@last}}, {{/@last}}{{#@last}}){{/@last}}{{/lines}}")),
	                 S("2:(1 Mug 1,200, 2 &lt;Lamp&gt; 2)"));
	assert_str_equal(html(S("{{#tags}}{{.}}{{/tags}}{{^tags}}none{{/tags}}")), S("ab"));
	assert_str_equal(html(S("  {{#lines}}\n  {{>row}}\n  {{/lines}}\n")), S("  Mug=1,200\n  &lt;Lamp&gt;=2\n"));
}

static void output_is_escaped_for_what_it_stands_in(void **state)
{
	(void)state;
	str got;
	assert_ok(render_to(S("/find?q={{title}}"), TEMPLATE_URL, "en", 1000, &got));
	assert_str_equal(got, S("/find?q=Tea%20%26%20%22more%22"));
	assert_ok(render_to(S("{\"a\":\"{{title}}\"}"), TEMPLATE_JSON, "en", 1000, &got));
	assert_str_equal(got, S("{\"a\":\"Tea \\u0026 \\\"more\\\"\"}"));
	assert_ok(render_to(S("{{title}}"), TEMPLATE_TEXT, "en", 1000, &got));
	assert_str_equal(got, S("Tea & \"more\""));
	assert_str_equal(html(S("{{#page.link}}<a href=\"{{page.link}}\">{{/page.link}}")), S(""));
	assert_ok(render_to(S("{{page}}"), TEMPLATE_URL, "en", 1000, &got));
	assert_str_equal(got, S("javascript%3Aalert%281%29"));
	assert_int_equal(render_to(S("javascript:{{title}}"), TEMPLATE_URL, "en", 1000, &got), ERR_INVALID);
	assert_int_equal(render_to(S("{{{title}}}"), TEMPLATE_HTML, "en", 1000, &got), ERR_INVALID);
	assert_int_equal(render_to(S("{{&title}}"), TEMPLATE_HTML, "en", 1000, &got), ERR_INVALID);
}

static void faults_name_the_line_and_column(void **state)
{
	(void)state;
	str got;
	static const str BROKEN[] = {S("{{"), S("a\n {{#x}}"), S("{{/x}}"), S("{{#a}}{{/b}}"), S("{{}}"), S("{{=a=}}"), S("{{= a =}}"), S("{{{x"), S("{{>broken}}")};
	for (size_t i = 0; i < COUNT_OF(BROKEN); i++) assert_int_equal(render_to(BROKEN[i], TEMPLATE_HTML, "en", 1000, &got), ERR_INVALID);
	assert_int_equal(render_to(S("a\n {{#x}}"), TEMPLATE_HTML, "en", 1000, &got), ERR_INVALID);
	assert_str_equal(str_of(fault.fields[0].text), S("line 2 column 2: opened and never closed"));
	assert_str_equal(str_of(fault.fields[0].name), S("page"));
}

static void hostile_templates_end(void **state)
{
	(void)state;
	str got;
	assert_int_equal(render_to(S("{{>loop}}"), TEMPLATE_HTML, "en", 1000, &got), ERR_TOO_LARGE);
	assert_int_equal(render_to(S("{{>twice}}"), TEMPLATE_HTML, "en", 1000, &got), ERR_TOO_LARGE);
	assert_int_equal(render_to(S("0123456789{{title}}"), TEMPLATE_HTML, "en", 12, &got), ERR_TOO_LARGE);
	assert_str_equal(html(S("{{<self}}{{$a}}x{{$a}}y{{/a}}{{/a}}{{/self}}")), S("xy"));
	struct buf deep;
	buf_init(&deep, 1 << 20);
	for (int i = 0; i < 1000; i++) buf_add(&deep, S("{{#a}}"));
	assert_int_equal(render_to(buf_str(&deep), TEMPLATE_HTML, "en", 1000, &got), ERR_INVALID);
	buf_release(&deep);
}

static void sentences_come_from_the_catalogue(void **state)
{
	(void)state;
	assert_str_equal(html(S("{{t.skip_to_content}}")), i18n_pattern(lang_find(S("en")), S("skip_to_content")));
	assert_str_equal(html(S("{{t.no_such_key_at_all}}")), S("no_such_key_at_all"));
	assert_str_equal(html(S("{{t.@missing}}")), S(""));
	assert_str_equal(html(S("{{<layout}}{{$title}}{{title}}{{/title}}{{/layout}}")), S("<Tea &amp; &quot;more&quot;>"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(described_values_are_formatted_by_their_type),
		cmocka_unit_test(lists_know_their_length_and_places),
		cmocka_unit_test(output_is_escaped_for_what_it_stands_in),
		cmocka_unit_test(faults_name_the_line_and_column),
		cmocka_unit_test(hostile_templates_end),
		cmocka_unit_test(sentences_come_from_the_catalogue),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
