#include "test.h"
#include "fetch/fetch.h"
#include "webhook/webhook_inner.h"

/* The worked example of the specification's libraries (standard-webhooks, "sign"). */
static void signs_as_the_specification_does(void **state)
{
	struct arena a = {0};
	(void)state;
	str secret = S("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), body = S("{\"test\": 2432232314}");
	assert_true(str_eq(fetch_sign(&a, secret, S("msg_p5jXN8AQM9LWM0D4loKWxJek"), S("1614265330"), body), S("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
	assert_false(str_given(fetch_sign(&a, S("whsec_"), S("m"), S("1"), body)));
	assert_false(str_given(fetch_sign(&a, S("secret"), S("m"), S("1"), body)));
	str one = fetch_new_secret(&a), other = fetch_new_secret(&a);
	assert_false(str_eq(one, other));
	assert_true(str_given(fetch_sign(&a, one, S("m"), S("1"), body)));
	arena_release(&a);
}

static void tries_ten_times_within_days(void **state)
{
	int64_t all = 0, n = 1;
	(void)state;
	for (; webhook__pause_ms(n) >= 0; n++) {
		assert_true(n == 1 || webhook__pause_ms(n) > webhook__pause_ms(n - 1));
		all += webhook__pause_ms(n);
	}
	assert_int_equal(n, 10);
	assert_true(all > INT64_C(3) * 86400000 && all < INT64_C(4) * 86400000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(signs_as_the_specification_does), cmocka_unit_test(tries_ten_times_within_days)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
