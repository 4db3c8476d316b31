/* The test files of the published Mustache specification (lambdas apart), rendered from JSON trees. */
#include "i18n/i18n.h"
#include "i18n/zone.h"
#include "json/json.h"
#include "shared.h"
#include "template/template.h"

static struct arena arena;

static str partial_of(void *arg, str name)
{
	return json_get_str(arg, name);
}

static bool case_passes(const struct json_node *test)
{
	struct locale locale = {.lang = lang_at(0), .zone = zone_utc()};
	struct template_options o = {.type = TEMPLATE_HTML, .may_unescape = true, .loader = partial_of, .loader_arg = (void *)(uintptr_t)json_get(test, S("partials"))};
	struct template *t;
	struct fault f = {0};
	struct buf out;
	buf_init(&out, 1 << 20);
	enum err e = template_new(S("test"), json_get_str(test, S("template")), &o, &t, &f);
	struct template_value data = {.tree = json_get(test, S("data"))};
	if (e == OK) e = template_render(t, &locale, &data, 1, &out, &f);
	str got = str_dup(&arena, buf_str(&out)), want = json_get_str(test, S("expected"));
	buf_release(&out);
	template_free(t);
	if (e == OK && str_eq(got, want)) return true;
	str name = json_get_str(test, S("name"));
	char room[300];
	print_error("%.*s: %s\ngot  \"%.*s\"\nwant \"%.*s\"\n", STR_ARG(name), e ? fault_text(&f, room, sizeof room) : "", STR_ARG(got), STR_ARG(want));
	return false;
}

static void run_file(const char *path, size_t least)
{
	str text = shared_read(&arena, path);
	if (shared_skipped(text, path)) skip();
	const struct json_node *root;
	assert_ok(json_tree(&arena, text, 1 << 20, &root, NULL));
	size_t n = 0, failed = 0;
	for (const struct json_node *test = json_get(root, S("tests"))->child; test; test = test->next, n++) failed += !case_passes(test);
	print_message("%s: %zu of %zu\n", path, n - failed, n);
	assert_int_equal(failed, 0);
	assert_true(n >= least);
}

#define SPEC_FILE(name, file, least)                            \
	static void name(void **state)                              \
	{                                                           \
		(void)state;                                            \
		run_file("data/mustache-spec/" file ".json", (least)); \
	}
SPEC_FILE(comments, "comments", 12)
SPEC_FILE(delimiters, "delimiters", 14)
SPEC_FILE(interpolation, "interpolation", 42)
SPEC_FILE(inverted, "inverted", 22)
SPEC_FILE(partials, "partials", 12)
SPEC_FILE(sections, "sections", 34)
SPEC_FILE(dynamic_names, "~dynamic-names", 21)
SPEC_FILE(inheritance, "~inheritance", 27)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments), cmocka_unit_test(delimiters), cmocka_unit_test(interpolation), cmocka_unit_test(inverted),
		cmocka_unit_test(partials), cmocka_unit_test(sections), cmocka_unit_test(dynamic_names), cmocka_unit_test(inheritance),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
