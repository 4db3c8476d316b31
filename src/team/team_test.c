#include "test.h"

#include "base/arena.h"
#include "team/device.h"
#include "team/team.h"

static void addresses_are_told_from_other_text(void **state)
{
	(void)state;
	static const char *const good[] = {"a@b", "name@example.com", "müller@bücher.example", "first.last+tag@sub.example.org"};
	static const char *const bad[] = {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@.c", "a@c.", "<a@b>", "a@b,c@d", "a@b\n"};
	for (size_t i = 0; i < COUNT_OF(good); i++) assert_true(email_is_plausible(str_of(good[i])));
	for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(email_is_plausible(str_of(bad[i])));
}

static void roles_are_found_by_name_and_none_is_no_role(void **state)
{
	enum role role = ROLE_NONE;
	(void)state;
	assert_true(role_find(S("owner"), &role));
	assert_int_equal(role, ROLE_OWNER);
	assert_false(role_find(S("none"), &role));
	assert_false(role_find(S(""), &role));
	assert_false(role_find(S("Owner"), &role));
}

static void browsers_are_named_as_people_know_them(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a);
	assert_str_equal(device_name(&a, S("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")), S("Firefox, Linux"));
	assert_str_equal(device_name(&a, S("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0")), S("Edge, Windows"));
	assert_str_equal(device_name(&a, S("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1")), S("Safari, iPhone"));
	assert_str_equal(device_name(&a, S("curl/7.88.1")), S("curl/7.88.1"));
	assert_str_equal(device_name(&a, STR_NONE), S("–"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_told_from_other_text),
		cmocka_unit_test(roles_are_found_by_name_and_none_is_no_role),
		cmocka_unit_test(browsers_are_named_as_people_know_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
