#include "http/router.h"
#include "test.h"

#include "base/arena.h"

enum { HOME, LIST, ADD, SHOW, EDIT, NEW, UNDO, ASSET, OPENAPI };
static const struct router_row ROWS[] = {
        {"GET", "/", HOME},
        {"GET", "/customers", LIST},
        {"POST", "/customers", ADD},
        {"GET", "/customers/new", NEW},
        {"GET", "/customers/:id", SHOW},
        {"POST", "/customers/:id", EDIT},
        {"POST", "/customers/:id/joins/:join/undo", UNDO},
        {"GET", "/assets/*path", ASSET},
        {"GET", "/openapi.json", OPENAPI},
};
static struct router *router;
static struct arena arena;

static int start(void **state)
{
	(void)state;
	router = router_new(ROWS, COUNT_OF(ROWS));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	router_free(router);
	arena_release(&arena);
	return 0;
}

static struct router_match find(const char *method, const char *path)
{
	return router_find(router, &arena, str_of(method), str_of(path));
}

static void literals_beat_parameters(void **state)
{
	(void)state;
	assert_int_equal(find("GET", "/").route, HOME);
	assert_int_equal(find("GET", "/customers").route, LIST);
	assert_int_equal(find("GET", "/customers/new").route, NEW);
	struct router_match m = find("GET", "/customers/cus_1");
	assert_int_equal(m.route, SHOW);
	assert_str_equal(router_parameter(&m, "id"), S("cus_1"));
	assert_false(str_given(router_parameter(&m, "join")));
	m = find("POST", "/customers/new/joins/7/undo"); /* steps back from the literal */
	assert_int_equal(m.route, UNDO);
	assert_str_equal(router_parameter(&m, "id"), S("new"));
	assert_str_equal(router_parameter(&m, "join"), S("7"));
}

static void segments_are_decoded_after_the_split(void **state)
{
	(void)state;
	struct router_match m = find("GET", "/customers/a%2Fb%20c");
	assert_int_equal(m.route, SHOW);
	assert_str_equal(router_parameter(&m, "id"), S("a/b c"));
	assert_int_equal(find("GET", "/%63ustomers").route, LIST);
}

static void json_is_a_suffix(void **state)
{
	(void)state;
	struct router_match m = find("GET", "/customers.json");
	assert_int_equal(m.route, LIST);
	assert_true(m.is_json);
	m = find("GET", "/customers/cus_1.json");
	assert_int_equal(m.route, SHOW);
	assert_true(m.is_json);
	assert_str_equal(router_parameter(&m, "id"), S("cus_1"));
	m = find("GET", "/openapi.json");
	assert_int_equal(m.route, OPENAPI);
	assert_false(m.is_json);
	m = find("GET", "/customers/new.json");
	assert_int_equal(m.route, NEW);
}

static void the_rest_is_taken_whole(void **state)
{
	(void)state;
	struct router_match m = find("GET", "/assets/fonts/a.json");
	assert_int_equal(m.route, ASSET);
	assert_false(m.is_json);
	assert_str_equal(router_parameter(&m, "path"), S("fonts/a.json"));
	assert_int_equal(find("GET", "/assets").outcome, ROUTER_NOT_FOUND);
}

static void methods_are_told(void **state)
{
	(void)state;
	struct router_match m = find("DELETE", "/customers");
	assert_int_equal(m.outcome, ROUTER_METHOD);
	assert_str_equal(m.allow, S("GET, HEAD, OPTIONS, POST"));
	m = find("OPTIONS", "/customers/new");
	assert_int_equal(m.outcome, ROUTER_OPTIONS);
	assert_str_equal(m.allow, S("GET, HEAD, OPTIONS"));
	assert_int_equal(find("HEAD", "/customers").route, LIST);
}

static void hostile_paths_are_refused(void **state)
{
	(void)state;
	static const char *const malformed[] = {"/customers/..", "/customers/%2e%2e", "/customers/.", "/customers/a%00b", "/customers/%f", "/customers/%ff", "customers", ""};
	static const char *const missing[] = {"/customers/", "//customers", "/nothing", "/customers/1/joins/2", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r"};
	for (size_t i = 0; i < COUNT_OF(malformed); i++) assert_int_equal(find("GET", malformed[i]).outcome, ROUTER_MALFORMED);
	for (size_t i = 0; i < COUNT_OF(missing); i++) assert_int_equal(find("GET", missing[i]).outcome, ROUTER_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(literals_beat_parameters, start, stop),
	        cmocka_unit_test_setup_teardown(segments_are_decoded_after_the_split, start, stop),
	        cmocka_unit_test_setup_teardown(json_is_a_suffix, start, stop),
	        cmocka_unit_test_setup_teardown(the_rest_is_taken_whole, start, stop),
	        cmocka_unit_test_setup_teardown(methods_are_told, start, stop),
	        cmocka_unit_test_setup_teardown(hostile_paths_are_refused, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
