#include "base/arena.h"
#include "collect/normalise.h"
#include "test.h"

static struct arena arena;
static const struct normalise_rules LIVE = {.is_live = true}, FROM_FILE = {.is_live = false};

static str good_by(enum identity_kind kind, str raw, struct normalise_rules rules)
{
	str out = STR_NONE;
	assert_int_equal(normalise_identity(&arena, kind, raw, &rules, &out), NORMALISED);
	return out;
}

static enum normalised verdict(enum identity_kind kind, str raw)
{
	str out;
	return normalise_identity(&arena, kind, raw, &LIVE, &out);
}

static void emails_are_compared_in_lower_case(void **state)
{
	(void)state;
	assert_str_equal(good_by(IDENTITY_EMAIL, S("  Anna.Maria@Example.COM\n"), LIVE), S("anna.maria@example.com"));
	assert_str_equal(good_by(IDENTITY_EMAIL, S("\xCE\xB1@\xCE\xB5\xCE\xBB.gr"), LIVE), S("\xCE\xB1@\xCE\xB5\xCE\xBB.gr"));
	assert_str_equal(good_by(IDENTITY_EMAIL, S("a+b@c.d"), LIVE), S("a+b@c.d"));
	const str bad[] = {S("anna"), S("anna@"), S("@example.com"), S("an na@example.com"), S("a@b@c"), S("<a@b.c>"), S("a\xC2\xA0@b.c"), S("a@b.c\xff")};
	for (size_t i = 0; i < COUNT_OF(bad); i++) assert_int_equal(verdict(IDENTITY_EMAIL, bad[i]), NORMALISED_MALFORMED);
	assert_int_equal(verdict(IDENTITY_EMAIL, S("  ")), NORMALISED_EMPTY);
}

static void phones_become_e164_where_the_country_is_known(void **state)
{
	(void)state;
	struct normalise_rules uk = {.is_live = true, .country = S("gb")}, gr = {.is_live = true, .country = S("GR")}, hu = {.country = S("HU")};
	assert_str_equal(good_by(IDENTITY_PHONE, S("+44 (20) 7946-0018"), LIVE), S("+442079460018"));
	assert_str_equal(good_by(IDENTITY_PHONE, S("0044 20 7946 0018"), LIVE), S("+442079460018"));
	assert_str_equal(good_by(IDENTITY_PHONE, S("tel:+442079460018"), LIVE), S("+442079460018"));
	assert_str_equal(good_by(IDENTITY_PHONE, S("020 7946 0018"), uk), S("+442079460018"));
	assert_str_equal(good_by(IDENTITY_PHONE, S("210 123 4567"), gr), S("+302101234567"));
	assert_str_equal(good_by(IDENTITY_PHONE, S("06 1 234 5678"), hu), S("+3612345678"));
	assert_str_equal(good_by(IDENTITY_PHONE, S("020 7946 0018"), LIVE), S("02079460018"));
	assert_str_equal(good_by(IDENTITY_PHONE, S("\xDB\xB0\xDB\xB9\xDB\xB1\xDB\xB2\xDB\xB3\xDB\xB4\xDB\xB5\xDB\xB6"), LIVE), S("09123456"));
	assert_int_equal(verdict(IDENTITY_PHONE, S("call me")), NORMALISED_MALFORMED);
	assert_int_equal(verdict(IDENTITY_PHONE, S("12")), NORMALISED_MALFORMED);
	assert_int_equal(verdict(IDENTITY_PHONE, S("12345678901234567890")), NORMALISED_MALFORMED);
	assert_int_equal(verdict(IDENTITY_PHONE, S("(000) 000-0000")), NORMALISED_ILLEGAL);
}

static void ids_are_trimmed_and_composed(void **state)
{
	(void)state;
	assert_str_equal(good_by(IDENTITY_USER_ID, S(" u-1\t"), LIVE), S("u-1"));
	assert_str_equal(good_by(IDENTITY_USER_ID, S("Jose\xCC\x81"), LIVE), S("Jos\xC3\xA9"));
	assert_str_equal(good_by(IDENTITY_USER_ID, S("\xE3\x80\x80\xE9\xA1\xA7\xE5\xAE\xA2\xC2\xA0"), LIVE), S("\xE9\xA1\xA7\xE5\xAE\xA2"));
	assert_str_equal(good_by(IDENTITY_USER_ID, S("CamelCase"), LIVE), S("CamelCase"));
	assert_int_equal(verdict(IDENTITY_USER_ID, S("\xC2\xA0 ")), NORMALISED_EMPTY);
	assert_int_equal(verdict(IDENTITY_USER_ID, S("a\xff")), NORMALISED_MALFORMED);
	char long_id[IDENTITY_MAX_BYTES + 1];
	memset(long_id, 'x', sizeof long_id);
	assert_int_equal(verdict(IDENTITY_USER_ID, (str){long_id, sizeof long_id}), NORMALISED_TOO_LONG);
	assert_int_equal(verdict(IDENTITY_USER_ID, (str){long_id, sizeof long_id - 1}), NORMALISED);
}

static void what_broken_clients_send_is_no_identity(void **state)
{
	(void)state;
	const str illegal[] = {S("0"), S("000"), S("00000000-0000-0000-0000-000000000000"), S("{00000000-0000-0000-0000-000000000000}"), S("[object Object]"), S("[OBJECT OBJECT]"),
		S("anonymous"), S("Anonymous"), S("guest"), S("GUEST"), S("null"), S("NULL"), S("undefined"), S("true"), S("True"), S("false"), S("NaN"), S("nan"), S("None"),
		S("email"), S("id"), S("ID"), S("user"), S("system"), S("backend"), S("distinct_id"), S("distinctId"), S("not_authenticated"), S("\"null\""), S("'undefined'"), S("\"\"")};
	for (size_t i = 0; i < COUNT_OF(illegal); i++) {
		assert_int_equal(verdict(IDENTITY_USER_ID, illegal[i]), NORMALISED_ILLEGAL);
		assert_int_equal(verdict(IDENTITY_ANONYMOUS_ID, illegal[i]), NORMALISED_ILLEGAL);
		assert_true(normalise_is_illegal(illegal[i]));
	}
	const str legal[] = {S("1"), S("-1"), S("00000000-0000-0000-0000-000000000001"), S("guest-17"), S("users"), S("0x1"), S("anonymous.badger")};
	for (size_t i = 0; i < COUNT_OF(legal); i++) assert_int_equal(verdict(IDENTITY_USER_ID, legal[i]), NORMALISED);
	assert_str_equal(good_by(IDENTITY_USER_ID, S("0"), FROM_FILE), S("0"));
	assert_str_equal(good_by(IDENTITY_EXTERNAL, S("guest"), FROM_FILE), S("guest"));
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
		cmocka_unit_test(emails_are_compared_in_lower_case),
		cmocka_unit_test(phones_become_e164_where_the_country_is_known),
		cmocka_unit_test(ids_are_trimmed_and_composed),
		cmocka_unit_test(what_broken_clients_send_is_no_identity),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
