#include "base/buf.h"
#include "base/datetime.h"
#include "collect/csv.h"
#include "collect/input.h"
#include "collect/mapping.h"
#include "i18n/zone.h"
#include "test.h"

static struct arena arena;
static struct fault fault;

static struct mapping guess(enum file_kind kind, str text)
{
	enum { ROWS = 20 };
	struct csv_row rows[ROWS], header;
	const char *reason;
	struct csv *c;
	struct mapping m;
	size_t n = 0;
	struct input *in = input_of_text(text);
	fault_clear(&fault);
	assert_ok(csv_open(&c, in, &(struct csv_options){0}, &fault));
	for (struct csv_row row = *csv_header(c);; n++) {
		str *cells = ARENA_ARRAY(&arena, str, row.n + 1);
		for (size_t i = 0; i < row.n; i++) cells[i] = str_dup(&arena, row.cells[i]);
		row.cells = cells;
		if (!n) header = row;
		else rows[n - 1] = row;
		if (n == ROWS || csv_next(c, &row, &reason, &fault) != CSV_ROW) break;
	}
	mapping_guess(&arena, kind, &header, rows, n, &m);
	csv_free(c);
	input_free(in);
	return m;
}

static str fields(const struct mapping *m)
{
	str all = S("");
	for (size_t i = 0; i < m->n; i++) all = str_fmt(&arena, "%.*s%s%s", STR_ARG(all), i ? " " : "", import_field_name(m->columns[i].field));
	return all;
}

static void headers_are_understood_in_many_spellings(void **state)
{
	(void)state;
	struct mapping m = guess(FILE_ORDERS, S("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"));
	assert_str_equal(fields(&m), S("order_id product_id product_name quantity time price user_id country"));
	m = guess(FILE_ORDERS, S("Bestellnummer;Artikelnummer;Menge;St\xC3\xBC" "ckpreis (EUR);Bestelldatum;Kundennummer;E-Mail;Bemerkung\n"));
	assert_str_equal(fields(&m), S("order_id product_id quantity price time user_id email property"));
	m = guess(FILE_ORDERS, S("\xCE\x91\xCF\x81\xCE\xB9\xCE\xB8\xCE\xBC\xCF\x8C\xCF\x82 \xCF\x80\xCE\xB1\xCF\x81\xCE\xB1\xCE\xB3\xCE\xB3\xCE\xB5\xCE\xBB\xCE\xAF\xCE\xB1\xCF\x82,"
		"\xCE\xA0\xCE\x9F\xCE\xA3\xCE\x9F\xCE\xA4\xCE\x97\xCE\xA4\xCE\x91,\xCE\xA4\xCE\xB9\xCE\xBC\xCE\xAE,\xCE\x97\xCE\xBC\xCE\xB5\xCF\x81\xCE\xBF\xCE\xBC\xCE\xB7\xCE\xBD\xCE\xAF\xCE\xB1\n"));
	assert_str_equal(fields(&m), S("order_id quantity price time"));
	m = guess(FILE_ORDERS, S("訂單編號,商品編號,數量,單價,日期,顧客編號\n"));
	assert_str_equal(fields(&m), S("order_id product_id quantity price time user_id"));
	m = guess(FILE_ORDERS, S("หมายเลขคำสั่งซื้อ,จำนวน,ราคา,วันที่,อีเมล\n"));
	assert_str_equal(fields(&m), S("order_id quantity price time email"));
	m = guess(FILE_ORDERS, S("شماره سفارش,تعداد,قيمت,تاریخ,کد مشتری\n")); /* with an Arabic yeh */
	assert_str_equal(fields(&m), S("order_id quantity price time user_id"));
	m = guess(FILE_CUSTOMERS, S("Id,E-mail,marketing_consent,sms opt-in,Notes\n"));
	assert_str_equal(fields(&m), S("user_id email consent consent property"));
	assert_str_equal(m.columns[2].name, S("marketing"));
	assert_str_equal(m.columns[3].name, S("marketing"));
}

static void contents_decide_where_the_header_is_silent(void **state)
{
	(void)state;
	struct mapping m = guess(FILE_ORDERS, S("nr,x,y,betrag,invoice\n5,31/12/2010 10:00,a@b.c,\"1.234,50\",1\n6,13/01/2011,d@e.f,\"2,5\",2\n"));
	assert_str_equal(fields(&m), S("property time email revenue order_id"));
	assert_int_equal(m.time_format, TIME_DMY);
	assert_true(m.is_time_sure);
	assert_int_equal(m.decimal, ',');
	m = guess(FILE_ORDERS, S("order,date,price\n1,12/31/2010 1:05 PM,1\n2,01/02/2011,2\n"));
	assert_int_equal(m.time_format, TIME_MDY);
	m = guess(FILE_ORDERS, S("order,date,price\n1,01/02/2010,1\n2,03/04/2011,2\n"));
	assert_false(m.is_time_sure);
	m = guess(FILE_EVENTS, S("event,time\na,1294531200\n"));
	assert_int_equal(m.time_format, TIME_EPOCH_S);
	m = guess(FILE_EVENTS, S("event,time\na,1294531200000\n"));
	assert_int_equal(m.time_format, TIME_EPOCH_MS);
}

static void times_and_numbers_are_read_as_the_mapping_says(void **state)
{
	(void)state;
	struct mapping m = {.time_format = TIME_DMY, .decimal = ',', .zone = zone_find(S("Europe/Athens"))};
	struct { str text; enum time_format format; const char *want; } times[] = {
		{S("27.03.2011 02:59"), TIME_DMY, "2011-03-27T00:59:00.000Z"}, /* an hour before the clocks go forward */
		{S("27/3/11 4:00"), TIME_DMY, "2011-03-27T01:00:00.000Z"},
		{S("1-Dec-2010"), TIME_MDY, "2010-11-30T22:00:00.000Z"},
		{S("Dec 1, 2010 12:15 AM"), TIME_DMY, "2010-11-30T22:15:00.000Z"},
		{S("2010/12/01 08:26:07.5"), TIME_YMD, "2010-12-01T06:26:07.500Z"},
		{S("2010年12月1日 08:00"), TIME_YMD, "2010-12-01T06:00:00.000Z"},
		{S("2010-12-01T08:00:00Z"), TIME_MDY, "2010-12-01T08:00:00.000Z"},
		{S("0"), TIME_EPOCH_S, "1970-01-01T00:00:00.000Z"},
	};
	int64_t ms;
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		m.time_format = times[i].format;
		assert_true(mapping_time(&m, times[i].text, &ms));
		assert_str_equal(datetime_show(&arena, ms), str_of(times[i].want));
	}
	m.time_format = TIME_DMY;
	const str bad_times[] = {S("31/02/2011"), S("12/31/2010"), S("1/1"), S(""), S("1/1/1899"), S("1/1/2100 03:00"), S("1/1/2011 25:00"), S("1/1/2011 1"), S("yesterday")};
	for (size_t i = 0; i < COUNT_OF(bad_times); i++) assert_false(mapping_time(&m, bad_times[i], &ms));
	struct decimal d;
	struct { char decimal; str text; const char *want; } numbers[] = {{',', S("1.234.567,8"), "1234567.8"}, {',', S("12,5 \xE2\x82\xAC"), "12.5"}, {'.', S("$1,234.50"), "1234.5"},
		{'.', S("(3.20)"), "-3.2"}, {'.', S("GBP 7"), "7"}, {'.', S("5-"), "-5"}, {',', S("1\xC2\xA0" "000"), "1000"}, {'.', S("\xDB\xB1\xDB\xB2\xD9\xAB\xDB\xB5"), "12.5"}, {',', S("-0,5"), "-0.5"}};
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		m.decimal = numbers[i].decimal;
		assert_true(mapping_number(&m, numbers[i].text, &d));
		assert_str_equal(decimal_show(&arena, d), str_of(numbers[i].want));
	}
	m.decimal = '.';
	const str bad_numbers[] = {S(""), S("x"), S("1,5"), S("12,34"), S("1.2.3"), S("--1"), S("5 apples")};
	for (size_t i = 0; i < COUNT_OF(bad_numbers); i++) assert_false(mapping_number(&m, bad_numbers[i], &d));
}

static void a_persons_mapping_replaces_the_guess(void **state)
{
	(void)state;
	struct mapping m = guess(FILE_ORDERS, S("no,sum,when,mood,customer\n"));
	assert_int_equal(mapping_check(&m, &fault), ERR_INVALID);
	assert_int_equal(fault.n_fields, 3);
	fault_clear(&fault);
	assert_ok(mapping_overlay(&arena, S("{\"kind\":\"orders\",\"columns\":{\"no\":\"order_id\",\"sum\":\"revenue\",\"when\":\"time\",\"mood\":\"property:feeling\",\"customer\":\"external:till\"},"
		"\"time_format\":\"%d/%m/%Y\",\"zone\":\"Asia/Bangkok\",\"currency\":\"THB\",\"decimal\":\",\"}"), &m, &fault));
	assert_ok(mapping_check(&m, &fault));
	struct buf out;
	buf_init(&out, 4096);
	mapping_write(&m, &out);
	assert_str_equal(buf_str(&out), S("{\"kind\":\"orders\",\"columns\":{\"no\":\"order_id\",\"sum\":\"revenue\",\"when\":\"time\",\"mood\":\"property:feeling\",\"customer\":\"external:till\"},"
		"\"time_format\":\"dmy\",\"zone\":\"Asia/Bangkok\",\"currency\":\"THB\",\"decimal\":\",\"}"));
	buf_release(&out);
	const str bad[] = {S("[]"), S("{\"colums\":{}}"), S("{\"columns\":{\"nobody\":\"time\"}}"), S("{\"columns\":{\"no\":\"event\"}}"), S("{\"columns\":{\"no\":\"x\"}}"), S("{\"zone\":\"Mars/Olympus\"}"),
		S("{\"time_format\":\"d\"}"), S("{\"kind\":\"events\"}"), S("{\"delimiter\":\"ab\"}"), S("{")};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		fault_clear(&fault);
		assert_int_not_equal(mapping_overlay(&arena, bad[i], &m, &fault), OK);
		assert_int_equal(fault.n_fields, 1);
	}
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
		cmocka_unit_test(headers_are_understood_in_many_spellings),
		cmocka_unit_test(contents_decide_where_the_header_is_silent),
		cmocka_unit_test(times_and_numbers_are_read_as_the_mapping_says),
		cmocka_unit_test(a_persons_mapping_replaces_the_guess),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
