#include "base/arena.h"
#include "base/datetime.h"
#include "i18n/zone.h"
#include "test.h"

static struct arena arena;

static int64_t at(str iso)
{
	int64_t ms = 0;
	bool has_zone;
	assert_true(datetime_parse(iso, &ms, &has_zone));
	return ms;
}

#define assert_time(got, want) assert_str_equal(datetime_show(&arena, (got)), S(want))

static const struct zone *zone(str name)
{
	const struct zone *z = zone_find(name);
	assert_non_null(z);
	assert_ptr_equal(z, zone_find(name));
	return z;
}

static void only_names_of_the_tz_database_are_zones(void **state)
{
	(void)state;
	assert_null(zone_find(S("Europe/Atlantis")));
	assert_null(zone_find(S("GMT+03:17")));
	assert_null(zone_find(S("")));
	assert_null(zone_find(S("Ευρώπη/Αθήνα")));
	assert_null(zone_find(S("A/very/long/name/that/no/zone/has/and/that/would/not/fit/into/the/table")));
	assert_ptr_equal(zone(S("UTC")), zone_utc());
	assert_str_equal(zone_name(zone(S("Asia/Tehran"))), S("Asia/Tehran"));
	size_t n = 0, taipei = 0;
	for (; str_given(zone_name_at(n)); n++) taipei += str_eq(zone_name_at(n), S("Asia/Taipei"));
	assert_true(n > 300);
	assert_int_equal(taipei, 1);
}

static void offsets_change_at_the_instant_the_clocks_do(void **state)
{
	(void)state;
	const struct zone *athens = zone(S("Europe/Athens")), *york = zone(S("America/New_York"));
	assert_int_equal(zone_offset_ms(athens, at(S("2024-03-31T00:59:59.999Z"))), 2 * 3600000);
	assert_int_equal(zone_offset_ms(athens, at(S("2024-03-31T01:00:00Z"))), 3 * 3600000);
	assert_int_equal(zone_offset_ms(athens, at(S("2024-10-27T00:59:59.999Z"))), 3 * 3600000);
	assert_int_equal(zone_offset_ms(athens, at(S("2024-10-27T01:00:00Z"))), 2 * 3600000);
	assert_int_equal(zone_offset_ms(york, at(S("2024-03-10T06:59:59Z"))), -5 * 3600000);
	assert_int_equal(zone_offset_ms(york, at(S("2024-03-10T07:00:00Z"))), -4 * 3600000);
	assert_int_equal(zone_offset_ms(york, at(S("2024-11-03T06:00:00Z"))), -5 * 3600000);
	assert_int_equal(zone_offset_ms(zone(S("Asia/Taipei")), at(S("2011-07-01"))), 8 * 3600000);
	assert_int_equal(zone_offset_ms(zone(S("Asia/Taipei")), at(S("1975-07-01"))), 9 * 3600000);
}

static void iran_has_summer_time_until_2022_and_none_after(void **state)
{
	(void)state;
	const struct zone *tehran = zone(S("Asia/Tehran"));
	assert_int_equal(zone_offset_ms(tehran, at(S("2021-07-01"))), 4 * 3600000 + 1800000);
	assert_int_equal(zone_offset_ms(tehran, at(S("2022-07-01"))), 4 * 3600000 + 1800000);
	assert_int_equal(zone_offset_ms(tehran, at(S("2023-07-01"))), 3 * 3600000 + 1800000);
	/* Clocks went from 24:00 of 21 March 2022 to 01:00: that day has no midnight and begins at the change. */
	int64_t start = zone_floor(tehran, at(S("2022-03-22T10:00:00Z")), ZONE_DAY);
	assert_time(start, "2022-03-21T20:30:00.000Z");
	assert_time(zone_add(tehran, start, ZONE_DAY, 1), "2022-03-22T19:30:00.000Z");
	assert_time(zone_add(tehran, start, ZONE_DAY, -1), "2022-03-20T20:30:00.000Z");
	/* And from 24:00 of 21 September back to 23:00: that day has 25 hours. */
	start = zone_floor(tehran, at(S("2022-09-21T20:00:00Z")), ZONE_DAY);
	assert_time(start, "2022-09-20T19:30:00.000Z");
	assert_time(zone_add(tehran, start, ZONE_DAY, 1), "2022-09-21T20:30:00.000Z");
}

static void civil_times_missing_or_double_have_one_reading(void **state)
{
	(void)state;
	const struct zone *athens = zone(S("Europe/Athens")), *york = zone(S("America/New_York"));
	assert_time(zone_to_utc(athens, at(S("2024-03-31 02:59:59"))), "2024-03-31T00:59:59.000Z");
	assert_time(zone_to_utc(athens, at(S("2024-03-31 03:30"))), "2024-03-31T01:30:00.000Z"); /* missing: offset before */
	assert_time(zone_to_utc(athens, at(S("2024-03-31 04:00"))), "2024-03-31T01:00:00.000Z");
	assert_time(zone_to_utc(athens, at(S("2024-10-27 03:30"))), "2024-10-27T00:30:00.000Z"); /* double: the first */
	assert_time(zone_to_utc(athens, at(S("2024-10-27 04:00"))), "2024-10-27T02:00:00.000Z");
	assert_time(zone_to_utc(york, at(S("2024-03-10 02:30"))), "2024-03-10T07:30:00.000Z");
	assert_time(zone_to_utc(york, at(S("2024-11-03 01:30"))), "2024-11-03T05:30:00.000Z");
	for (int64_t t = at(S("2024-01-01")); t < at(S("2025-01-01")); t += 1800000) {
		int64_t back = zone_to_utc(york, zone_to_civil(york, t));
		assert_true(back == t || back == t - 3600000);
	}
}

static void units_start_and_step_by_the_civil_calendar(void **state)
{
	(void)state;
	const struct zone *athens = zone(S("Europe/Athens")), *york = zone(S("America/New_York"));
	int64_t t = at(S("2024-03-31T12:34:56Z"));
	assert_time(zone_floor(athens, t, ZONE_HOUR), "2024-03-31T12:00:00.000Z");
	assert_time(zone_floor(athens, t, ZONE_DAY), "2024-03-30T22:00:00.000Z");
	assert_time(zone_floor(athens, t, ZONE_WEEK), "2024-03-24T22:00:00.000Z");
	assert_time(zone_floor(athens, t, ZONE_MONTH), "2024-02-29T22:00:00.000Z");
	assert_time(zone_floor(athens, t, ZONE_QUARTER), "2023-12-31T22:00:00.000Z");
	assert_time(zone_floor(athens, t, ZONE_YEAR), "2023-12-31T22:00:00.000Z");
	assert_time(zone_add(athens, at(S("2024-03-30T22:00:00Z")), ZONE_DAY, 1), "2024-03-31T21:00:00.000Z");
	assert_time(zone_add(athens, at(S("2024-03-24T22:00:00Z")), ZONE_WEEK, 1), "2024-03-31T21:00:00.000Z");
	assert_time(zone_add(athens, at(S("2024-02-29T22:00:00Z")), ZONE_MONTH, 1), "2024-03-31T21:00:00.000Z");
	assert_time(zone_add(athens, at(S("2024-02-29T22:00:00Z")), ZONE_MONTH, -3), "2023-11-30T22:00:00.000Z");
	assert_time(zone_add(york, at(S("2024-01-01T05:00:00Z")), ZONE_QUARTER, 1), "2024-04-01T04:00:00.000Z");
	assert_time(zone_add(york, at(S("2024-01-01T05:00:00Z")), ZONE_YEAR, -25), "1999-01-01T05:00:00.000Z");
	/* The two hours called one o'clock are two hours. */
	int64_t one = zone_floor(york, at(S("2024-11-03T05:10:00Z")), ZONE_HOUR);
	assert_time(one, "2024-11-03T05:00:00.000Z");
	assert_time(zone_add(york, one, ZONE_HOUR, 1), "2024-11-03T06:00:00.000Z");
	assert_time(zone_floor(york, at(S("2024-11-03T06:10:00Z")), ZONE_HOUR), "2024-11-03T06:00:00.000Z");
	/* Before 1970, and at the turn of a year. */
	assert_time(zone_floor(zone_utc(), at(S("1969-12-31T23:59:59Z")), ZONE_WEEK), "1969-12-29T00:00:00.000Z");
	assert_time(zone_floor(zone_utc(), at(S("2011-01-02T00:00:00Z")), ZONE_WEEK), "2010-12-27T00:00:00.000Z");
	assert_time(zone_floor(zone(S("Asia/Tehran")), at(S("2024-01-01T00:10:00Z")), ZONE_HOUR), "2023-12-31T23:30:00.000Z");
}

static void hours_tile_time_even_where_clocks_move_by_half_an_hour(void **state)
{
	(void)state;
	const struct zone *z = zone(S("Australia/Lord_Howe"));
	for (int64_t start = zone_floor(z, at(S("2024-04-05")), ZONE_HOUR); start < at(S("2024-04-08"));) {
		int64_t next = zone_add(z, start, ZONE_HOUR, 1);
		assert_true(next > start && next - start <= 3600000);
		for (int64_t t = start; t < next; t += 600000) assert_int_equal(zone_floor(z, t, ZONE_HOUR), start);
		start = next;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_names_of_the_tz_database_are_zones),
		cmocka_unit_test(offsets_change_at_the_instant_the_clocks_do),
		cmocka_unit_test(iran_has_summer_time_until_2022_and_none_after),
		cmocka_unit_test(civil_times_missing_or_double_have_one_reading),
		cmocka_unit_test(units_start_and_step_by_the_civil_calendar),
		cmocka_unit_test(hours_tile_time_even_where_clocks_move_by_half_an_hour),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
