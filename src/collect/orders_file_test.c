#include <fcntl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/datetime.h"
#include "collect/csv.h"
#include "collect/input.h"
#include "collect/mapping.h"
#include "collect/orders_file.h"
#include "collect/row_touchpoint.h"
#include "json/desc.h"
#include "test.h"

static struct arena arena;
static struct fault fault;
static struct mapping mapping;

static const char *add_all(struct orders_file *o, struct csv *c)
{
	struct csv_row row;
	const char *reason = NULL, *last = NULL;
	enum csv_result result;
	while ((result = csv_next(c, &row, &reason, &fault)) != CSV_END) {
		assert_int_not_equal(result, CSV_FAILED);
		if (result == CSV_ROW) reason = orders_file_add(o, &row);
		if (reason) last = reason;
	}
	return last;
}

static struct orders_file *orders_of(str text, const char **last_reason)
{
	struct input *in = input_of_text(text);
	struct csv *c;
	assert_ok(csv_open(&c, in, &(struct csv_options){0}, &fault));
	struct csv_row header = *csv_header(c);
	str *cells = ARENA_ARRAY(&arena, str, header.n);
	for (size_t i = 0; i < header.n; i++) cells[i] = str_dup(&arena, header.cells[i]);
	header.cells = cells;
	mapping_guess(&arena, FILE_ORDERS, &header, NULL, 0, &mapping);
	assert_ok(mapping_check(&mapping, &fault));
	struct orders_file *o = orders_file_new(&mapping, S("orders"));
	*last_reason = add_all(o, c);
	csv_free(c);
	input_free(in);
	return o;
}

static void lines_of_an_invoice_become_one_touchpoint(void **state)
{
	(void)state;
	const char *reason;
	struct file_order order;
	struct orders_file *o = orders_of(S("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,Note\n"
		"1,A,Cup,2,2010-12-31 23:59:00,0.1,,United Kingdom,gift\n"
		"C2,A,Cup,-3,2011-01-01 10:00:00,1.255,17,Greece,\n"
		"1,B,Saucer,1,2011-01-01 00:00:00,0.2,42,United Kingdom,late\n"
		"3,A,Cup,-5,2011-01-02 10:00:00,0,,United Kingdom,\n"
		"4,A,Cup,x,2011-01-02 10:00:00,0,,United Kingdom,\n"), &reason);
	assert_string_equal(reason, "bad_quantity");
	assert_int_equal(orders_file_count(o), 3);
	orders_file_get(o, 0, &arena, &order);
	assert_str_equal(order.touchpoint.event, S("Order Completed"));
	assert_str_equal(order.touchpoint.user_id, S("42"));
	assert_str_equal(decimal_sum_show(&arena, &order.revenue), S("0.4"));
	assert_str_equal(datetime_show(&arena, order.touchpoint.time_ms), S("2010-12-31T23:59:00.000Z"));
	str want = str_fmt(&arena, "{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"42\",\"messageId\":\"%.*s\",\"timestamp\":\"2010-12-31T23:59:00.000Z\","
		"\"properties\":{\"order_id\":\"1\",\"revenue\":0.4,\"country\":\"United Kingdom\",\"Note\":\"gift\",\"products\":["
		"{\"product_id\":\"A\",\"name\":\"Cup\",\"quantity\":2,\"price\":0.1,\"row_id\":\"%016llx\"},{\"product_id\":\"B\",\"name\":\"Saucer\",\"quantity\":1,\"price\":0.2,\"row_id\":\"%016llx\"}]}}",
		STR_ARG(order.touchpoint.message_id), (unsigned long long)order.row_ids[0], (unsigned long long)order.row_ids[1]);
	assert_str_equal(order.touchpoint.raw, want);
	orders_file_get(o, 1, &arena, &order);
	assert_str_equal(order.touchpoint.event, S("Order Refunded"));
	assert_str_equal(decimal_sum_show(&arena, &order.revenue), S("-3.765"));
	assert_true(str_contains(order.touchpoint.raw, S("\"quantity\":3,\"price\":1.255")));
	orders_file_get(o, 2, &arena, &order);
	assert_str_equal(order.touchpoint.event, S("Order Updated"));
	assert_false(str_given(order.touchpoint.user_id));
	assert_true(str_contains(order.touchpoint.raw, S("\"adjustment\":true,")));
	orders_file_free(o);
}

static void a_longer_version_adds_only_its_new_lines(void **state)
{
	(void)state;
	const char *reason;
	struct file_order before, after, update;
	str head = S("order_id,sku,quantity,price,time,user_id\n"), lines = S("7,A,1,2,2011-01-01,u\n7,A,1,2,2011-01-01,u\n");
	struct orders_file *o = orders_of(str_fmt(&arena, "%.*s%.*s", STR_ARG(head), STR_ARG(lines)), &reason);
	orders_file_get(o, 0, &arena, &before);
	orders_file_free(o);
	assert_int_not_equal(before.row_ids[0], before.row_ids[1]);
	o = orders_of(str_fmt(&arena, "%.*s%.*s8,A,1,2,2011-01-01,u\n7,A,1,2,2011-01-01,u\n", STR_ARG(head), STR_ARG(lines)), &reason);
	orders_file_get(o, 0, &arena, &after);
	assert_str_equal(after.touchpoint.message_id, before.touchpoint.message_id);
	assert_int_equal(after.lines, 3);
	bool known[3] = {false};
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 2; k++) known[i] = known[i] || after.row_ids[i] == before.row_ids[k];
	assert_true(known[0] && known[1] && !known[2]);
	assert_true(orders_file_get_update(o, 0, known, &arena, &update));
	assert_str_equal(update.touchpoint.event, S("Order Updated"));
	assert_int_equal(update.lines, 1);
	assert_str_equal(decimal_sum_show(&arena, &update.revenue), S("2"));
	assert_false(str_eq(update.touchpoint.message_id, after.touchpoint.message_id));
	known[2] = true;
	assert_false(orders_file_get_update(o, 0, known, &arena, &update));
	orders_file_free(o);
}

static void an_order_may_be_one_row_with_a_total(void **state)
{
	(void)state;
	const char *reason;
	struct file_order order;
	struct orders_file *o = orders_of(S("Order ID;Order Date;Total;Email\n1;2011-01-01;1200,50;a@b.c\n2;2011-01-02;-3;a@b.c\n"), &reason);
	assert_string_equal(reason, "bad_price"); /* a decimal comma, unless the mapping says so */
	mapping.decimal = ',';
	orders_file_free(o);
	o = orders_of(S("Order ID;Order Date;Total;Email\n1;2011-01-01;1200.50;a@b.c\n2;2011-01-02;-3;a@b.c\n"), &reason);
	orders_file_get(o, 0, &arena, &order);
	assert_true(str_contains(order.touchpoint.raw, S("\"revenue\":1200.5}")));
	assert_str_equal(order.touchpoint.email, S("a@b.c"));
	orders_file_get(o, 1, &arena, &order);
	assert_str_equal(order.touchpoint.event, S("Order Refunded"));
	orders_file_free(o);
}

static void an_order_is_in_one_currency(void **state)
{
	(void)state;
	const char *reason;
	struct file_order order;
	struct orders_file *o = orders_of(S("order_id,time,product,quantity,price,currency\n1,2011-01-01,a,1,5,\n1,2011-01-01,b,2,7,kwd\n1,2011-01-01,c,1,9,KWD\n1,2011-01-01,d,1,9,GBP\n"), &reason);
	assert_string_equal(reason, "two_currencies");
	orders_file_get(o, 0, &arena, &order);
	assert_int_equal(order.lines, 3);
	assert_true(str_contains(order.touchpoint.raw, S("\"currency\":\"kwd\"")));
	orders_file_free(o);
	o = orders_of(S("order_id,time,product,quantity,price,currency\n1,2011-01-01,a,1,5,pounds\n"), &reason);
	assert_string_equal(reason, "bad_currency");
	assert_int_equal(orders_file_count(o), 0);
	orders_file_free(o);
}

/* The shipped sample against figures computed elsewhere. */
static void the_sample_gives_its_known_figures(void **state)
{
	(void)state;
	static const char *const files[] = {"sample/online-retail-1.csv.gz", "sample/online-retail-2.csv.gz"};
	enum { ROWS = 200 };
	struct orders_file *o = NULL;
	size_t rows = 0, anonymous = 0;
	int64_t began_us = clock_mono_us();
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		int fd = open(files[i], O_RDONLY);
		if (fd < 0) skip();
		struct input *in = input_of_fd(fd);
		struct csv *c;
		struct csv_row row;
		const char *reason;
		enum csv_result result;
		assert_ok(csv_open(&c, in, &(struct csv_options){0}, &fault));
		if (!o) {
			struct csv_row header = *csv_header(c);
			str *cells = ARENA_ARRAY(&arena, str, header.n);
			for (size_t k = 0; k < header.n; k++) cells[k] = str_dup(&arena, header.cells[k]);
			header.cells = cells;
			assert_int_equal(mapping_guess_kind(&header), FILE_ORDERS);
			mapping_guess(&arena, FILE_ORDERS, &header, NULL, 0, &mapping);
			assert_ok(mapping_check(&mapping, &fault));
			o = orders_file_new(&mapping, S("orders"));
		}
		while ((result = csv_next(c, &row, &reason, &fault)) == CSV_ROW) {
			rows++;
			anonymous += !mapping_cell(&mapping, &row, IMPORT_USER_ID).n;
			assert_null(orders_file_add(o, &row));
		}
		assert_int_equal(result, CSV_END);
		csv_free(c);
		input_free(in);
		close(fd);
	}
	int64_t gathered_us = clock_mono_us();
	size_t refunds = 0, adjustments = 0, completed = 0;
	struct decimal_sum all, known;
	decimal_sum_init(&all);
	decimal_sum_init(&known);
	struct arena scratch = {0};
	for (size_t i = 0; i < orders_file_count(o); i++) {
		struct file_order order;
		arena_reset(&scratch);
		orders_file_get(o, i, &scratch, &order);
		refunds += str_eq(order.touchpoint.event, S("Order Refunded"));
		adjustments += str_eq(order.touchpoint.event, S("Order Updated"));
		completed += str_eq(order.touchpoint.event, S("Order Completed"));
		decimal_sum_merge(&all, &order.revenue);
		if (order.touchpoint.user_id.n) decimal_sum_merge(&known, &order.revenue);
	}
	print_message("gathered in %lld ms, handed out in %lld ms\n", (long long)(gathered_us - began_us) / 1000, (long long)(clock_mono_us() - gathered_us) / 1000);
	assert_int_equal(rows, 285421);
	assert_int_equal(anonymous, 81030);
	assert_int_equal(orders_file_count(o), 14722);
	assert_int_equal(refunds, 2276);
	assert_int_equal(adjustments, 875);
	assert_int_equal(completed, 11571);
	assert_str_equal(decimal_sum_show(&arena, &all), S("5079250.872"));
	assert_str_equal(decimal_sum_show(&arena, &known), S("4302739.732"));
	arena_release(&scratch);
	orders_file_free(o);
}

static const char *row_as(enum file_kind kind, str text, struct touchpoint *t)
{
	struct input *in = input_of_text(text);
	struct csv *c;
	struct csv_row row;
	const char *reason = NULL;
	assert_ok(csv_open(&c, in, &(struct csv_options){0}, &fault));
	mapping_guess(&arena, kind, csv_header(c), NULL, 0, &mapping);
	struct row_ids *ids = row_ids_new(S("s"), str_of(FILE_KINDS[kind]));
	assert_int_equal(csv_next(c, &row, &reason, &fault), CSV_ROW);
	reason = row_touchpoint(&arena, &mapping, ids, &row, t);
	row_ids_free(ids);
	csv_free(c);
	input_free(in);
	return reason;
}

static void rows_of_events_and_customers_become_calls(void **state)
{
	(void)state;
	struct touchpoint t;
	assert_null(row_as(FILE_EVENTS, S("event,timestamp,user_id,score,zip\nStore Visited,2011-01-01T00:00:00Z,u1,9.5,007\n"), &t));
	assert_str_equal(t.event, S("Store Visited"));
	assert_int_equal(t.call, CALL_TRACK);
	assert_true(str_ends(t.raw, S("\"timestamp\":\"2011-01-01T00:00:00.000Z\",\"properties\":{\"score\":9.5,\"zip\":\"007\"}}")));
	assert_string_equal(row_as(FILE_EVENTS, S("event,timestamp,user_id\n,2011-01-01,u\n"), &t), "bad_event");
	assert_string_equal(row_as(FILE_EVENTS, S("event,timestamp,user_id\na,1899-01-01,u\n"), &t), "bad_time");
	assert_null(row_as(FILE_CUSTOMERS, S("id,Email Address,First Name,consent:analytics,Email Consent,external:pos,plan\n7,A@b.c,\xCE\x86\xCE\xBD\xCE\xBD\xCE\xB1,yes,no,p-1,gold\n"), &t));
	assert_int_equal(t.call, CALL_IDENTIFY);
	assert_int_equal(t.time_ms, DESC_NULL_INT);
	assert_int_equal(t.n_consents, 2);
	assert_true(t.consents[0].is_granted && !t.consents[1].is_granted);
	assert_str_equal(t.external_ids[0].kind, S("pos"));
	assert_true(str_contains(t.raw, S("\"traits\":{\"firstName\":\"\xCE\x86\xCE\xBD\xCE\xBD\xCE\xB1\",\"email\":\"A@b.c\",\"plan\":\"gold\"},\"context\":{\"externalIds\":[{\"type\":\"pos\",\"id\":\"p-1\"}],"
		"\"consent\":{\"categoryPreferences\":{\"analytics\":true,\"marketing\":false}}}}")));
	assert_string_equal(row_as(FILE_CUSTOMERS, S("id,email\n,\"\"\n"), &t), "no_identity");
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
		cmocka_unit_test(an_order_is_in_one_currency),
		cmocka_unit_test(lines_of_an_invoice_become_one_touchpoint),
		cmocka_unit_test(a_longer_version_adds_only_its_new_lines),
		cmocka_unit_test(an_order_may_be_one_row_with_a_total),
		cmocka_unit_test(the_sample_gives_its_known_figures),
		cmocka_unit_test(rows_of_events_and_customers_become_calls),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
