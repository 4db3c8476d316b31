#include "search/search.h"
#include "test.h"

static struct arena a;
static struct fault f;
static const char *const FIELDS[] = {"language", "source", NULL};

static str match(const char *text)
{
	struct search_query q;
	f = (struct fault){0};
	if (search_parse(&a, str_of(text), FIELDS, &q, &f) != OK) fail_msg("%s is refused: %s", text, f.fields[0].text);
	return q.match;
}

static void makes_expressions_of_what_is_typed(void **state)
{
	(void)state;
	assert_str_equal(match("late"), S("(\"late\")"));
	assert_str_equal(match("late deliver*"), S("(\"late\" AND \"deliver\" *)"));
	assert_str_equal(match("\"not arrived\" -free"), S("((\"not arrived\") NOT (\"free\"))"));
	assert_str_equal(match("late ~5 parcel"), S("(NEAR(\"late\" \"parcel\", 5))"));
	assert_str_equal(match("a OR (b -c) d"), S("(\"a\") OR (((\"b\") NOT (\"c\")) AND \"d\")"));
	assert_str_equal(match("AND NOT near"), S("(\"AND\" AND \"NOT\" AND \"near\")"));
	assert_str_equal(match("http://x"), S("(\"http://x\")"));
}

static void leaves_fields_to_the_caller(void **state)
{
	struct search_query q;
	(void)state;
	assert_ok(search_parse(&a, S("late language:th -source:\"My feed\""), FIELDS, &q, &f));
	assert_int_equal(q.n_fields, 2);
	assert_str_equal(q.fields[0].value, S("th"));
	assert_true(q.fields[1].is_excluded);
	assert_str_equal(q.fields[1].value, S("My feed"));
	assert_ok(search_parse(&a, S("language:th"), FIELDS, &q, &f));
	assert_int_equal(q.match.n, 0);
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {{"-free", "must not stand"}, {"\"open", "not closed"}, {"(late", "bracket"}, {"late)", "not opened"}, {"late ~x b", "~ takes"}, {"late ~99 b", "~ takes"}, {"~3 b", "between two"}, {"late ~3", "between two"}, {"!!!", "signs"},
		{"late OR", "missing"}, {"OR late", "missing"}, {"", "missing"}, {"()", "missing"}, {"language:", "value"}, {"(language:th)", "outside"}, {"language:th OR b", "outside"}, {"((((((((((a))))))))))", "deep"}, {"late -\"", "not closed"}};
	struct search_query q;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		f = (struct fault){0};
		if (search_parse(&a, str_of(cases[i].text), FIELDS, &q, &f) != ERR_INVALID) fail_msg("%s is taken", cases[i].text);
		if (!str_contains(str_of(f.fields[0].text), str_of(cases[i].reason))) fail_msg("%s: %s", cases[i].text, f.fields[0].text);
	}
}

static int give(void *arg, const char *token, int n, int from, int to)
{
	str *out = arg;
	*out = str_fmt(&a, "%.*s%.*s[%d-%d]", STR_ARG(*out), n, token, from, to);
	return 0;
}

static str tokens(const char *text)
{
	str out = S("");
	search_tokens(str_of(text), give, &out);
	return out;
}

static void cuts_into_tokens(void **state)
{
	(void)state;
	assert_str_equal(tokens("Don't, CAFÉ 12"), S("dont[0-5]cafe[7-12]12[13-15]"));
	assert_str_equal(tokens("客服"), S("客[0-3]服[3-6]"));
	assert_str_equal(tokens("ช้า ok"), S("ช[0-3]้[3-6]า[6-9]ok[10-12]"));
	assert_str_equal(tokens("ΕΞΥΠΗΡΈΤΗΣΗΣ"), tokens("εξυπηρέτησης"));
	assert_str_equal(tokens(" .!"), S(""));
}

static int end(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(makes_expressions_of_what_is_typed), cmocka_unit_test(leaves_fields_to_the_caller), cmocka_unit_test(says_what_is_wrong), cmocka_unit_test(cuts_into_tokens)};
	return cmocka_run_group_tests(tests, NULL, end);
}
