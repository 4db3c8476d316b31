#include "sms/sms.h"

#include "test.h"

static void check(str text, bool is_gsm, int64_t units, int64_t segments)
{
	struct sms_size size = sms_size(text);
	assert_int_equal(size.is_gsm, is_gsm);
	assert_int_equal(size.units, units);
	assert_int_equal(size.segments, segments);
}

static void a_text_is_measured_as_it_goes_over_the_air(void **state)
{
	(void)state;
	char many[322];
	for (size_t i = 0; i < sizeof many; i++) many[i] = 'a';
	check(S(""), true, 0, 1);
	check((str){many, 160}, true, 160, 1);
	check((str){many, 161}, true, 161, 2);
	check((str){many, 306}, true, 306, 2);
	check((str){many, 307}, true, 307, 3);
	check(S("price: 5 €, [really] {é}"), true, 29, 1); /* each of € [ ] { } takes two */
	check(S("ΦΓΛΩΠΨΣΘΞΔ"), true, 10, 1);
	check(S("Καλημέρα"), false, 8, 1);
	check(S("สวัสดี"), false, 6, 1);
	check(S("😀"), false, 2, 1);
	check(S("很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很"), false, 70, 1);
	check(S("很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很很"), false, 71, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_text_is_measured_as_it_goes_over_the_air)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
