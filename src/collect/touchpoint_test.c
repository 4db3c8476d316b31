#include "collect/touchpoint.h"

#include "test.h"

static void every_row_is_found_by_its_own_name(void **state)
{
	(void)state;
	const struct touchpoint_kind *rows;
	size_t n = touchpoint_kinds(&rows);
	assert_true(n > 150);
	for (size_t i = 0; i < n; i++) assert_ptr_equal(touchpoint_kind(rows[i].event), &rows[i]);
}

static void names_are_found_whatever_their_case_and_separators(void **state)
{
	(void)state;
	const struct touchpoint_kind *order = touchpoint_kind(S("Order Completed"));
	assert_non_null(order);
	assert_int_equal(order->order, ORDER_COMPLETED);
	assert_int_equal(order->family, FAMILY_SALES);
	assert_true(order->serves);
	const str spellings[] = {S("order_completed"), S("orderCompleted"), S("ORDER-COMPLETED"), S(" order  completed "), S("Order.Completed")};
	for (size_t i = 0; i < COUNT_OF(spellings); i++) assert_ptr_equal(touchpoint_kind(spellings[i]), order);
	assert_null(touchpoint_kind(S("")));
	assert_null(touchpoint_kind(S("--")));
	assert_null(touchpoint_kind(S("Order Completed Twice")));
	assert_null(touchpoint_kind(S("a name that is so long that no row of the table could ever be meant by it, whatever it says")));
}

static void posthogs_answered_survey_is_not_the_invitation(void **state)
{
	(void)state;
	assert_ptr_not_equal(touchpoint_kind(S("survey sent")), touchpoint_kind(S("Survey Sent")));
	assert_ptr_equal(touchpoint_kind(S("survey_sent")), touchpoint_kind(S("Survey Sent")));
}

static void each_family_and_stage_is_heard_from(void **state)
{
	(void)state;
	const struct touchpoint_kind *rows;
	size_t n = touchpoint_kinds(&rows);
	bool family[FAMILY_COUNT] = {false}, stage[STAGE_COUNT] = {false};
	for (size_t i = 0; i < n; i++) family[rows[i].family] = stage[rows[i].stage] = true;
	for (int i = 0; i < FAMILY_COUNT; i++) assert_true(family[i]);
	for (int i = 0; i < STAGE_COUNT; i++) assert_true(stage[i]);
}

static void browsing_and_marketing_never_go_without_consent(void **state)
{
	(void)state;
	const str not_serving[] = {S("Page Viewed"), S("Product Viewed"), S("Product Added"), S("Email Opened"), S("Ad Clicked"), S("Identified")};
	for (size_t i = 0; i < COUNT_OF(not_serving); i++) assert_false(touchpoint_kind(not_serving[i])->serves);
	const str serving[] = {S("Order Refunded"), S("Delivery Delayed"), S("Ticket Opened"), S("Call Missed"), S("Complaint Made"), S("Note Added"), S("Live Chat Message Received")};
	for (size_t i = 0; i < COUNT_OF(serving); i++) assert_true(touchpoint_kind(serving[i])->serves);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_found_by_its_own_name),
		cmocka_unit_test(names_are_found_whatever_their_case_and_separators),
		cmocka_unit_test(posthogs_answered_survey_is_not_the_invitation),
		cmocka_unit_test(each_family_and_stage_is_heard_from),
		cmocka_unit_test(browsing_and_marketing_never_go_without_consent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
