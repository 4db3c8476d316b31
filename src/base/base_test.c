#include "base/arena.h"
#include "base/buf.h"
#include "base/currency.h"
#include "base/datetime.h"
#include "base/decimal.h"
#include "base/id.h"
#include "base/map.h"
#include "base/utf8.h"
#include "test.h"

static struct arena arena;

static void strings_are_cut_and_compared_by_length(void **state)
{
	(void)state;
	str rest = S("a,b,,c");
	assert_str_equal(str_cut(&rest, ','), S("a"));
	assert_str_equal(str_cut(&rest, ','), S("b"));
	assert_str_equal(str_cut(&rest, ','), S(""));
	assert_str_equal(str_cut(&rest, ','), S("c"));
	assert_false(str_given(rest));
	int64_t i;
	assert_true(str_i64(S("-9223372036854775808"), &i));
	assert_int_equal(i, INT64_MIN);
	assert_false(str_i64(S("9223372036854775808"), &i));
	assert_false(str_i64(S("1 "), &i));
	str decoded;
	assert_true(str_from_base64(&arena, S("a2V5Og=="), &decoded));
	assert_str_equal(decoded, S("key:"));
	assert_true(str_from_base64(&arena, S("a2V5Og"), &decoded));
	assert_str_equal(decoded, S("key:"));
	assert_false(str_from_base64(&arena, S("a"), &decoded));
	assert_str_equal(str_base64(&arena, "key:", 4), S("a2V5Og=="));
}

static void decimals_become_the_doubles_that_strtod_reads(void **state)
{
	(void)state;
	uint64_t seed = 3;
	for (int i = 0; i < 200000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		struct decimal d = {(int64_t)(seed >> 4) >> (seed % 60), (int8_t)((int)(seed >> 32) % 26 * ((seed >> 40) % 2 ? 1 : -1))};
		if (seed >> 50 & 1) d.mantissa = -d.mantissa;
		char text[40];
		snprintf(text, sizeof text, "%llde%d", (long long)d.mantissa, d.exponent);
		double want = strtod(text, NULL), got = decimal_to_double(d);
		if (got != want) fail_msg("%s: %.17g, not %.17g", text, got, want);
	}
}

static void decimals_keep_what_was_sent(void **state)
{
	(void)state;
	struct decimal d, e;
	assert_true(decimal_parse(S("5079250.872"), &d));
	assert_str_equal(decimal_show(&arena, d), S("5079250.872"));
	assert_true(decimal_parse(S("-0.050"), &d));
	assert_str_equal(decimal_show(&arena, d), S("-0.05"));
	assert_true(decimal_parse(S("1e3"), &d));
	assert_str_equal(decimal_show(&arena, d), S("1000"));
	assert_false(decimal_parse(S("1e"), &d));
	assert_false(decimal_parse(S("."), &d));
	assert_false(decimal_parse(S("12345678901234567890123"), &d));
	assert_true(decimal_parse(S("2.55"), &d) && decimal_parse(S("-6"), &e) && decimal_mul(d, e, &d));
	assert_str_equal(decimal_show(&arena, d), S("-15.3"));
	assert_true(decimal_parse(S("0.1"), &d) && decimal_parse(S("0.20"), &e));
	assert_int_equal(decimal_cmp(d, e), -1);
	struct decimal_sum sum;
	decimal_sum_init(&sum);
	for (int i = 0; i < 1000; i++) decimal_sum_add(&sum, d);
	assert_str_equal(decimal_sum_show(&arena, &sum), S("100"));
	assert_true(decimal_of_double(0.1, &d));
	assert_str_equal(decimal_show(&arena, d), S("0.1"));
}

static void times_read_and_show(void **state)
{
	(void)state;
	int64_t ms;
	bool zone;
	assert_true(datetime_parse(S("2010-12-01 08:26:00"), &ms, &zone));
	assert_false(zone);
	assert_str_equal(datetime_show(&arena, ms), S("2010-12-01T08:26:00.000Z"));
	assert_true(datetime_parse(S("2012-02-29T23:59:59.1239+02:00"), &ms, &zone));
	assert_true(zone);
	assert_str_equal(datetime_show(&arena, ms), S("2012-02-29T21:59:59.123Z"));
	assert_false(datetime_parse(S("2011-02-29"), &ms, &zone));
	assert_false(datetime_parse(S("2011-02-2"), &ms, &zone));
	assert_true(datetime_parse(S("1900-01-01"), &ms, &zone));
	assert_int_equal(ms, DATETIME_MIN_MS);
	assert_str_equal(date_show(&arena, -1), S("1969-12-31"));
	assert_int_equal(weekday_of_days(civil_to_days(2026, 11, 22)), 6);
}

static void ids_read_back_and_are_unique(void **state)
{
	(void)state;
	id last = 0;
	for (int i = 0; i < 10000; i++) {
		id made = id_new(), read;
		assert_true(made > last);
		last = made;
		assert_true(id_read(S("cus"), id_show(&arena, S("cus"), made), &read));
		assert_int_equal(made, read);
	}
	assert_false(id_read(S("cus"), S("cus_zzzzzzzzzzzzz"), &last));
	assert_false(id_read(S("cus"), S("ord_0000000000001"), &last));
}

static void maps_find_what_was_put_and_lose_what_was_removed(void **state)
{
	(void)state;
	struct map m;
	map_init(&m);
	for (int i = 0; i < 1000; i++) *map_put(&m, str_fmt(&arena, "key %d", i), NULL) = (uint64_t)i;
	for (int i = 0; i < 1000; i += 2) assert_true(map_remove(&m, str_fmt(&arena, "key %d", i)));
	for (int i = 0; i < 1000; i++) {
		uint64_t *value = map_get(&m, str_fmt(&arena, "key %d", i));
		assert_true((value != NULL) == (i % 2 == 1));
		if (value) assert_int_equal(*value, i);
	}
	map_release(&m);
}

static void cells_of_csv_never_run(void **state)
{
	static const char *const CELLS[][2] = {{"a \"b\"", "\"a \"\"b\"\"\""}, {"=1+1", "\"'=1+1\""}, {"+1+1|cmd", "\"'+1+1|cmd\""}, {"-2+3", "\"'-2+3\""}, {"@x", "\"'@x\""},
		{"+30 210-1234567", "\"+30 210-1234567\""}, {"-5.2", "\"-5.2\""}, {"", "\"\""}, {"-", "\"'-\""}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CELLS); i++) {
		struct buf b;
		buf_init(&b, 100);
		buf_csv(&b, str_of(CELLS[i][0]));
		assert_string_equal(buf_c(&b), CELLS[i][1]);
		buf_release(&b);
	}
}

static void currencies_are_codes_and_money_is_known_by_name(void **state)
{
	static const char *const STATED[][2] = {{"GBP", "GBP"}, {" jpy ", "JPY"}, {"Kwd", "KWD"}, {"", ""}, {"  ", ""}, {"$", NULL}, {"US$", NULL}, {"EURO", NULL}, {"@AB", NULL}, {"\xe2\x82\xac", NULL}};
	static const char *const MONEY[] = {"revenue", "unitPrice", "order_total", "Order Total", "amount_paid", "VALUE", "shipping.cost", "lifetimeValue", "totalRevenueNet"};
	static const char *const NONE[] = {"quantity", "n", "", "score", "total_items", "totalItems", "value_stream", "valued", "prices", "context:page.path", "discount_rate", "7"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(STATED); i++) {
		str code;
		assert_int_equal(currency_read(&arena, str_of(STATED[i][0]), &code), STATED[i][1] != NULL);
		assert_str_equal(code, str_of(STATED[i][1]));
	}
	for (size_t i = 0; i < COUNT_OF(MONEY); i++)
		if (!currency_is_money(str_of(MONEY[i]))) fail_msg("%s is money", MONEY[i]);
	for (size_t i = 0; i < COUNT_OF(NONE); i++)
		if (currency_is_money(str_of(NONE[i]))) fail_msg("%s is no money", NONE[i]);
}

static void buffers_stop_at_their_maximum(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 10);
	buf_add(&b, S("0123456789"));
	assert_false(buf_failed(&b));
	buf_byte(&b, 'x');
	assert_true(buf_failed(&b));
	assert_int_equal(b.n, 10);
	buf_release(&b);
}

static void arenas_grow_and_keep_what_was_written(void **state)
{
	(void)state;
	int *numbers = arena_alloc(&arena, sizeof *numbers);
	for (int i = 0; i < 5000; i++) {
		numbers = arena_grow(&arena, numbers, (size_t)i * sizeof *numbers, (size_t)(i + 1) * sizeof *numbers);
		numbers[i] = i;
	}
	for (int i = 0; i < 5000; i++) assert_int_equal(numbers[i], i);
	arena.budget_bytes = arena.used_bytes + 100;
	assert_null(arena_try(&arena, 101));
	assert_non_null(arena_try(&arena, 10));
	arena.budget_bytes = 0;
}

static void malformed_utf8_is_found(void **state)
{
	(void)state;
	assert_true(utf8_is_valid(S("สวัสดี 你好 γεια سلام 🙂")));
	assert_false(utf8_is_valid(S("\xc0\x80")));
	assert_false(utf8_is_valid(S("\xed\xa0\x80")));
	assert_false(utf8_is_valid(S("\xf4\x90\x80\x80")));
	assert_false(utf8_is_valid(S("\xe4\xbd")));
	assert_str_equal(utf8_cut(S("a你"), 3), S("a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_cut_and_compared_by_length),
		cmocka_unit_test(decimals_keep_what_was_sent), cmocka_unit_test(decimals_become_the_doubles_that_strtod_reads),
		cmocka_unit_test(times_read_and_show),
		cmocka_unit_test(ids_read_back_and_are_unique),
		cmocka_unit_test(maps_find_what_was_put_and_lose_what_was_removed),
		cmocka_unit_test(cells_of_csv_never_run),
		cmocka_unit_test(currencies_are_codes_and_money_is_known_by_name),
		cmocka_unit_test(buffers_stop_at_their_maximum),
		cmocka_unit_test(arenas_grow_and_keep_what_was_written),
		cmocka_unit_test(malformed_utf8_is_found),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
