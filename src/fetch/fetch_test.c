#include <arpa/inet.h>
#include <netinet/in.h>

#include "fetch/fetch.h"
#include "test.h"

static bool is_inside(const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) return fetch_is_inside((const struct sockaddr *)(const void *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return fetch_is_inside((const struct sockaddr *)(const void *)&v6);
}

static void tells_the_inside_from_the_outside(void **state)
{
	static const char *const inside[] = {"127.0.0.1", "127.255.1.2", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "0.0.0.0",
		"224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1", "2002:7f00:1::1",
		"2001:db8::1", "2001::1"};
	static const char *const outside[] = {"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.167.1.1", "193.0.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
		"::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::808:808"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(inside); i++)
		if (!is_inside(inside[i])) fail_msg("%s is inside", inside[i]);
	for (size_t i = 0; i < COUNT_OF(outside); i++)
		if (is_inside(outside[i])) fail_msg("%s is outside", outside[i]);
}

static void refuses_addresses_before_asking(void **state)
{
	static const struct {
		const char *url;
		enum fetch_outcome outcome;
	} cases[] = {{"https://example.com/feed.xml", FETCH_DONE}, {"http://example.com:8080/?a=b", FETCH_DONE}, {"ftp://example.com/", FETCH_ADDRESS}, {"file:///etc/passwd", FETCH_ADDRESS},
		{"example.com/feed", FETCH_ADDRESS}, {"https://user:pw@example.com/", FETCH_ADDRESS}, {"", FETCH_ADDRESS}, {"gopher://127.0.0.1/", FETCH_ADDRESS}, {"http://127.0.0.1/", FETCH_INSIDE},
		{"http://[::1]/", FETCH_INSIDE}, {"http://localhost/", FETCH_INSIDE}, {"http://a.localhost/", FETCH_INSIDE}, {"http://2130706433/", FETCH_INSIDE}, {"http://0x7f.1/", FETCH_INSIDE}, {"http://169.254.169.254/latest", FETCH_INSIDE}};
	struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (fetch_check(&a, str_of(cases[i].url), false, NULL) != cases[i].outcome) fail_msg("%s", cases[i].url);
	assert_int_equal(fetch_check(&a, S("http://127.0.0.1:1/"), true, NULL), FETCH_DONE);
	arena_release(&a);
}

static void resolves_addresses(void **state)
{
	struct arena a = {0};
	(void)state;
	assert_true(str_eq(fetch_resolve(&a, S("https://example.com/a/b"), S("../c?d=e")), S("https://example.com/c?d=e")));
	assert_true(str_eq(fetch_resolve(&a, S("https://example.com/a/b"), S("//other.example/x")), S("https://other.example/x")));
	assert_true(str_eq(fetch_resolve(&a, S(""), S(" https://example.com/ ")), S("https://example.com/")));
	assert_false(str_given(fetch_resolve(&a, S("https://example.com/"), S("javascript:alert(1)"))));
	assert_false(str_given(fetch_resolve(&a, S(""), S("c.html"))));
	arena_release(&a);
}

static void keeps_to_robots(void **state)
{
	str everybody = S("User-agent: *\nDisallow: /private\nAllow: /private/open\n"), ours = S("User-agent: Other\nDisallow: /\n\nUser-agent: Hospes\nUser-agent: Third\nDisallow: /*.pdf$ # no\n\nUser-agent: *\nDisallow: /\n");
	(void)state;
	assert_true(robots_allow(S(""), S("hospes"), S("/a")));
	assert_true(robots_allow(everybody, S("hospes"), S("/reviews")));
	assert_false(robots_allow(everybody, S("hospes"), S("/private/x")));
	assert_true(robots_allow(everybody, S("hospes"), S("/private/open/x")));
	assert_true(robots_allow(ours, S("hospes"), S("/a")));
	assert_false(robots_allow(ours, S("hospes"), S("/a/b.pdf")));
	assert_true(robots_allow(ours, S("hospes"), S("/a/b.pdf?x")));
	assert_false(robots_allow(ours, S("fourth"), S("/a")));
	assert_true(robots_allow(S("User-agent: *\nDisallow:\n"), S("hospes"), S("/a")));
	assert_false(robots_allow(S("User-agent: *\nDisallow: /*a*a*a*a*b\n"), S("hospes"), S("/aaaab")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_inside_from_the_outside),
		cmocka_unit_test(refuses_addresses_before_asking),
		cmocka_unit_test(resolves_addresses),
		cmocka_unit_test(keeps_to_robots),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
