#include "test.h"

#include "base/arena.h"
#include "base/datetime.h"
#include "contact/contact.h"
#include "i18n/zone.h"

static int64_t at(const char *text)
{
	int64_t ms;
	bool has_zone;
	assert_true(datetime_parse(str_of(text), &ms, &has_zone));
	return ms;
}

static void assert_when(const struct contact_policy *p, const struct contact_past *past, size_t n, const char *zone, const char *now, const char *then, enum contact_reason why)
{
	enum contact_reason reason;
	int64_t when = contact_when(p, CONTACT_EMAIL, past, n, zone_find(str_of(zone)), at(now), &reason);
	struct arena a = {0};
	assert_string_equal(str_c(&a, datetime_show(&a, when)), str_c(&a, datetime_show(&a, at(then))));
	assert_int_equal(reason, why);
	arena_release(&a);
}

static void quiet_hours_follow_the_customers_clock(void **state)
{
	struct contact_policy p = {.quiet_from_min = 21 * 60, .quiet_to_min = 9 * 60};
	(void)state;
	assert_when(&p, NULL, 0, "Europe/Athens", "2026-01-10T12:00:00Z", "2026-01-10T12:00:00Z", CONTACT_MAY);
	assert_when(&p, NULL, 0, "Europe/Athens", "2026-01-10T19:00:00Z", "2026-01-11T07:00:00Z", CONTACT_quiet); /* 21:00 exactly */
	assert_when(&p, NULL, 0, "Europe/Athens", "2026-01-11T06:59:00Z", "2026-01-11T07:00:00Z", CONTACT_quiet);
	assert_when(&p, NULL, 0, "Europe/Athens", "2026-01-11T07:00:00Z", "2026-01-11T07:00:00Z", CONTACT_MAY);
	assert_when(&p, NULL, 0, "Asia/Bangkok", "2026-01-10T14:30:00Z", "2026-01-11T02:00:00Z", CONTACT_quiet);
	/* The night in which clocks go forward in Athens: nine o'clock comes an hour earlier. */
	assert_when(&p, NULL, 0, "Europe/Athens", "2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z", CONTACT_quiet);
	/* Over the end of the year. */
	assert_when(&p, NULL, 0, "Europe/Athens", "2025-12-31T21:00:00Z", "2026-01-01T07:00:00Z", CONTACT_quiet);
	struct contact_policy noon = {.quiet_from_min = 12 * 60, .quiet_to_min = 14 * 60}, none = {.quiet_from_min = 60, .quiet_to_min = 60};
	assert_when(&noon, NULL, 0, "UTC", "2026-01-10T13:59:59Z", "2026-01-10T14:00:00Z", CONTACT_quiet);
	assert_when(&noon, NULL, 0, "UTC", "2026-01-10T14:00:00Z", "2026-01-10T14:00:00Z", CONTACT_MAY);
	assert_when(&none, NULL, 0, "UTC", "2026-01-10T01:00:00Z", "2026-01-10T01:00:00Z", CONTACT_MAY);
}

static void the_gap_and_the_caps_roll(void **state)
{
	(void)state;
	struct contact_past past[] = {{at("2026-01-01T10:00:00Z"), CONTACT_SMS}, {at("2026-01-05T10:00:00Z"), CONTACT_EMAIL}, {at("2026-01-08T10:00:00Z"), CONTACT_EMAIL}};
	struct contact_policy gap = {.gap_days = 7};
	assert_when(&gap, past, 3, "UTC", "2026-01-10T10:00:00Z", "2026-01-15T10:00:00Z", CONTACT_gap);
	assert_when(&gap, past, 3, "UTC", "2026-01-15T10:00:00Z", "2026-01-15T10:00:00Z", CONTACT_MAY);
	struct contact_cap three = {.most = 3, .days = 30, .channel = S(""), .trait = S(""), .value = S("")}, two = {.most = 2, .days = 10, .channel = S("email"), .trait = S(""), .value = S("")};
	struct contact_policy caps = {.caps = &three, .n_caps = 1}, mails = {.caps = &two, .n_caps = 1};
	assert_when(&caps, past, 3, "UTC", "2026-01-10T10:00:00Z", "2026-01-31T10:00:00Z", CONTACT_cap);
	assert_when(&caps, past, 2, "UTC", "2026-01-10T10:00:00Z", "2026-01-10T10:00:00Z", CONTACT_MAY);
	assert_when(&mails, past, 3, "UTC", "2026-01-10T10:00:00Z", "2026-01-15T10:00:00Z", CONTACT_cap);
	assert_when(&mails, past, 2, "UTC", "2026-01-10T10:00:00Z", "2026-01-10T10:00:00Z", CONTACT_MAY);
}

/* The gap ends at night: the morning is waited for, and the gap is the reason that is told. */
static void rules_are_taken_together(void **state)
{
	(void)state;
	struct contact_past past[] = {{at("2026-01-01T23:00:00Z"), CONTACT_EMAIL}};
	struct contact_policy p = {.quiet_from_min = 22 * 60, .quiet_to_min = 8 * 60, .gap_days = 2};
	assert_when(&p, past, 1, "UTC", "2026-01-02T12:00:00Z", "2026-01-04T08:00:00Z", CONTACT_gap);
}

static void times_of_day_are_read_strictly(void **state)
{
	static const char *const WRONG[] = {"", "24:00", "9", "9:5", "09:60", "-1:00", "9:00:00", "nine"};
	int64_t minutes;
	(void)state;
	assert_true(contact_read_clock(S("21:30"), &minutes) && minutes == 1290);
	assert_true(contact_read_clock(S("9:00"), &minutes) && minutes == 540);
	for (size_t i = 0; i < COUNT_OF(WRONG); i++) assert_false(contact_read_clock(str_of(WRONG[i]), &minutes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_hours_follow_the_customers_clock),
		cmocka_unit_test(the_gap_and_the_caps_roll),
		cmocka_unit_test(rules_are_taken_together),
		cmocka_unit_test(times_of_day_are_read_strictly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
