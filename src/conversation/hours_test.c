#include "base/datetime.h"
#include "conversation/hours.h"
#include "i18n/zone.h"
#include "test.h"

static struct arena arena;
#define HOUR INT64_C(3600000)

static int64_t at(const char *iso)
{
	int64_t ms = 0;
	bool has_zone;
	assert_true(datetime_parse(str_of(iso), &ms, &has_zone) && has_zone);
	return ms;
}

static struct hours office(const char *zone, const char *weekday, const char *weekend)
{
	struct hours h = {.zone = zone_find(str_of(zone))};
	assert_non_null(h.zone);
	for (int i = 0; i < HOURS_DAYS; i++) assert_true(hours_read_day(&arena, str_of(i < 5 ? weekday : weekend), &h.days[i]));
	return h;
}

static void closed_on(struct hours *h, const char *holidays)
{
	int line;
	assert_true(hours_read_holidays(&arena, str_of(holidays), &h->holidays, &h->n_holidays, &line));
}

#define assert_reads(text, want)                                        \
	do {                                                                \
		struct hours_day d_;                                            \
		assert_true(hours_read_day(&arena, S(text), &d_));              \
		assert_str_equal(hours_show_day(&arena, &d_), S(want));         \
	} while (0)

static void a_day_is_read_as_people_write_it(void **state)
{
	(void)state;
	assert_reads("09:00-12:00, 13:00-17:30", "09:00-12:00, 13:00-17:30");
	assert_reads("13-17,9-12", "09:00-12:00, 13:00-17:00");
	assert_reads(" 9:00 – 17:00 ", "09:00-17:00");
	assert_reads("۹:۰۰-۱۷:۳۰", "09:00-17:30");
	assert_reads("0:00-24:00", "00:00-24:00");
	assert_reads("", "");
}

static void what_is_no_window_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"9", "9-", "-17", "17-9", "9-9", "9-25", "9:60-10", "9-12,11-13", "9-12;13-17", "nine-five", "9-12,", "1-2,3-4,5-6,7-8,9-10,11-12,13-14", "24:00-24:30"};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct hours_day d;
		if (hours_read_day(&arena, str_of(bad[i]), &d)) fail_msg("%s was read", bad[i]);
	}
}

static void holidays_stand_a_line_each(void **state)
{
	(void)state;
	const struct hours_holiday *days;
	size_t n;
	int line;
	assert_true(hours_read_holidays(&arena, S("2026-12-25 Christmas\n\n2026-01-01\r\n"), &days, &n, &line));
	assert_int_equal(n, 2);
	assert_int_equal(days[0].day, civil_to_days(2026, 1, 1));
	assert_str_equal(days[1].name, S("Christmas"));
	assert_false(hours_read_holidays(&arena, S("2026-01-01\n25.12.2026"), &days, &n, &line));
	assert_int_equal(line, 2);
	assert_false(hours_read_holidays(&arena, S("2026-02-30"), &days, &n, &line));
	assert_false(hours_read_holidays(&arena, S("2026-01-01T10:00"), &days, &n, &line));
}

/* London, Monday to Friday 9 to 12 and 13 to 17: seven hours a day. Friday 2026-12-18 16:00 to Monday 10:00 is one hour and one. */
static void hours_count_over_noon_night_and_weekend(void **state)
{
	(void)state;
	struct hours h = office("Europe/London", "9-12,13-17", "");
	assert_int_equal(hours_between(&h, at("2026-12-18T16:00Z"), at("2026-12-21T10:00Z")), 2 * HOUR);
	assert_int_equal(hours_between(&h, at("2026-12-14T00:00Z"), at("2026-12-21T00:00Z")), 35 * HOUR);
	assert_int_equal(hours_between(&h, at("2026-12-14T11:30Z"), at("2026-12-14T13:30Z")), HOUR);
	assert_int_equal(hours_between(&h, at("2026-12-14T12:10Z"), at("2026-12-14T12:50Z")), 0);
	assert_int_equal(hours_between(&h, at("2026-12-14T12:00Z"), at("2026-12-14T12:00Z")), 0);
	assert_int_equal(hours_between(&h, at("2026-12-15T12:00Z"), at("2026-12-14T12:00Z")), 0);
	assert_int_equal(hours_after(&h, at("2026-12-18T16:00Z"), 2 * HOUR), at("2026-12-21T10:00Z"));
	assert_int_equal(hours_after(&h, at("2026-12-19T03:00Z"), HOUR / 2), at("2026-12-21T09:30Z"));
	assert_int_equal(hours_after(&h, at("2026-12-14T11:00Z"), HOUR), at("2026-12-14T12:00Z"));
	assert_int_equal(hours_after(&h, at("2026-12-14T11:00Z"), HOUR + 1), at("2026-12-14T13:00:00.001Z"));
}

/* Thursday 2026-12-24 15:00 + 8 h: two on Thursday; Friday 25 and Monday 28 are holidays, Saturday and Sunday closed; six on Tuesday
 * 29: 9 to 12 and 13 to 16. Over new year: Thursday 31 16:00 + 2 h is Monday 4, for Friday 1 is a holiday. */
static void holidays_have_no_hours_over_the_turn_of_the_year(void **state)
{
	(void)state;
	struct hours h = office("Europe/London", "9-12,13-17", "");
	closed_on(&h, "2026-12-25 Christmas\n2026-12-28 Boxing Day\n2027-01-01 New Year");
	assert_int_equal(hours_after(&h, at("2026-12-24T15:00Z"), 8 * HOUR), at("2026-12-29T16:00Z"));
	assert_int_equal(hours_between(&h, at("2026-12-24T15:00Z"), at("2026-12-29T16:00Z")), 8 * HOUR);
	assert_int_equal(hours_after(&h, at("2026-12-31T16:00Z"), 2 * HOUR), at("2027-01-04T10:00Z"));
	assert_int_equal(hours_between(&h, at("2026-12-25T00:00Z"), at("2026-12-26T00:00Z")), 0);
}

/* Athens goes from UTC+2 to +3 on Sunday 2026-03-29 at 03:00, back on Sunday 2026-10-25 at 04:00. */
static void a_day_of_changing_clocks_is_as_long_as_it_was(void **state)
{
	(void)state;
	struct hours day = office("Europe/Athens", "0-24", "0-24"), night = office("Europe/Athens", "2-5", "2-5"), office_hours = office("Europe/Athens", "9-17", "");
	assert_int_equal(hours_between(&day, at("2026-03-28T22:00Z"), at("2026-03-29T21:00Z")), 23 * HOUR);
	assert_int_equal(hours_between(&day, at("2026-10-24T21:00Z"), at("2026-10-25T22:00Z")), 25 * HOUR);
	/* 02:00 to 05:00 is two hours in spring, four in autumn */
	assert_int_equal(hours_between(&night, at("2026-03-28T22:00Z"), at("2026-03-29T21:00Z")), 2 * HOUR);
	assert_int_equal(hours_between(&night, at("2026-10-24T21:00Z"), at("2026-10-25T22:00Z")), 4 * HOUR);
	/* Friday 16:00 (UTC+2) + 2 h is Monday 10:00, which is UTC+3; and in autumn the other way about */
	assert_int_equal(hours_after(&office_hours, at("2026-03-27T14:00Z"), 2 * HOUR), at("2026-03-30T07:00Z"));
	assert_int_equal(hours_after(&office_hours, at("2026-10-23T13:00Z"), 2 * HOUR), at("2026-10-26T08:00Z"));
}

/* The same instants lie on other days elsewhere: Taipei (UTC+8) opens on Monday when it is still Sunday in London. */
static void a_calendar_is_of_its_own_zone(void **state)
{
	(void)state;
	struct hours taipei = office("Asia/Taipei", "9-18", ""), tehran = office("Asia/Tehran", "8-16", "");
	assert_int_equal(hours_between(&taipei, at("2026-12-20T00:00Z"), at("2026-12-21T02:00Z")), HOUR);
	/* Tehran's week is Saturday to Wednesday */
	tehran.days[5] = tehran.days[6] = tehran.days[0];
	tehran.days[3] = tehran.days[4] = (struct hours_day){0};
	assert_int_equal(hours_after(&tehran, at("2026-12-16T11:30Z"), 2 * HOUR), at("2026-12-19T05:30Z"));
}

static void without_a_calendar_every_hour_counts_and_without_hours_none(void **state)
{
	(void)state;
	struct hours never = office("UTC", "", "");
	assert_int_equal(hours_between(NULL, 1000, 5000), 4000);
	assert_int_equal(hours_after(NULL, 1000, 4000), 5000);
	assert_int_equal(hours_between(&never, at("2026-01-01T00:00Z"), at("2026-12-31T00:00Z")), 0);
	assert_int_equal(hours_after(&never, at("2026-01-01T00:00Z"), 1), INT64_MIN);
}

static void after_and_between_agree(void **state)
{
	(void)state;
	struct hours h = office("America/New_York", "8:15-11:45,12:30-16:10", "10-11");
	int64_t from = at("2026-10-28T00:00Z");
	closed_on(&h, "2026-11-11 Veterans Day");
	for (int64_t i = 0; i < 400; i++) {
		int64_t begin = from + i * 4567891, ms = 1 + (i * 7919 % 400) * 123457, due = hours_after(&h, begin, ms);
		assert_int_equal(hours_between(&h, begin, due), ms);
		assert_int_equal(hours_between(&h, begin, due - 1), ms - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_is_read_as_people_write_it),
		cmocka_unit_test(what_is_no_window_is_refused),
		cmocka_unit_test(holidays_stand_a_line_each),
		cmocka_unit_test(hours_count_over_noon_night_and_weekend),
		cmocka_unit_test(holidays_have_no_hours_over_the_turn_of_the_year),
		cmocka_unit_test(a_day_of_changing_clocks_is_as_long_as_it_was),
		cmocka_unit_test(a_calendar_is_of_its_own_zone),
		cmocka_unit_test(without_a_calendar_every_hour_counts_and_without_hours_none),
		cmocka_unit_test(after_and_between_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
