#include "test.h"

#include <string.h>

#include "base/datetime.h"
#include "i18n/zone.h"
#include "mail/dkim.h"
#include "mail/html.h"
#include "mail/mime.h"
#include "mail/subscription.h"

static struct arena arena;

static int64_t at(const char *text)
{
	int64_t ms;
	bool has_zone;
	assert_true(datetime_parse(str_of(text), &ms, &has_zone));
	return ms;
}

static void the_next_time_is_by_the_clock_on_the_wall(void **state)
{
	static const struct {
		const char *zone, *now, *next;
		int64_t weekday, hour;
	} CASES[] = {
		{"UTC", "2026-01-01T08:00Z", "2026-01-05T07:00Z", 0, 7}, /* a Thursday; over a week's end */
		{"UTC", "2026-01-05T06:59Z", "2026-01-05T07:00Z", 0, 7},
		{"UTC", "2026-01-05T07:00Z", "2026-01-12T07:00Z", 0, 7},           /* never now */
		{"UTC", "2025-12-31T12:00Z", "2026-01-01T09:00Z", 3, 9},           /* over a year's end */
		{"Europe/Athens", "2026-03-27T12:00Z", "2026-03-30T04:00Z", 0, 7}, /* the clocks went forward on Sunday */
		{"Europe/Athens", "2026-10-23T12:00Z", "2026-10-26T05:00Z", 0, 7}, /* and back */
		{"Asia/Tehran", "2026-01-04T21:00Z", "2026-01-05T03:30Z", 0, 7},   /* there it is Monday already */
		{"Pacific/Auckland", "2026-06-07T20:00Z", "2026-06-14T19:00Z", 0, 7},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++)
		assert_int_equal(
			subscription_next(zone_find(str_of(CASES[i].zone)), at(CASES[i].now), CASES[i].weekday, CASES[i].hour),
			at(CASES[i].next));
}

static struct mail_extract extract(const char *main, const char *base)
{
	struct mail_extract out;
	str page = str_fmt(&arena,
		"<!doctype html><html><head><title>Pulse &amp; "
	    "more</title></head><body><nav>menu</nav><main>%s</main></body></html>",
		main);
	assert_int_equal(mail_extract(&arena, page, str_of(base), 1 << 20, &out, NULL), OK);
	return out;
}

static void a_page_keeps_what_it_says_and_nothing_that_acts(void **state)
{
	(void)state;
	struct mail_extract x =
		extract("<h1>Areas</h1><form action=/x><input name=q>go</form><p class='fine number' onclick='x()'>Care "
				"<a href='/care?a=1&amp;b=2'>is  worst</a></p><svg><text>no</text></svg><script>no()</script><p "
	            "class=unseen>no</p>"
				"<section data-in-console><p>Ada</p></section>",
			"https://cx.example.com");
	assert_true(str_eq(x.title, S("Pulse & more")));
	assert_true(str_eq(x.text, S("Areas\nCare is worst\n")));
	assert_true(str_contains(x.html, S("<a href=\"https://cx.example.com/care?a=1&amp;b=2\">is worst</a>")));
	assert_true(str_contains(x.html, S("font-size:14px")) && str_contains(x.html, S("text-align:end")));
	static const char *const NOT[] = {"form", "input", "onclick", "svg", "script", "class", "Ada", "menu", ">no<"};
	for (size_t i = 0; i < COUNT_OF(NOT); i++) assert_false(str_contains(x.html, str_of(NOT[i])));
}

static void a_table_is_rows_of_text_and_is_cut(void **state)
{
	struct buf rows;
	(void)state;
	struct mail_extract x = extract("<table><thead><tr><th>Family<th class=number>n</tr></thead><tbody><tr><th "
	                                "scope=row dir=rtl>\xd9\x86\xd8\xa8\xd8\xb6<td>1 &lt; 2</tr></tbody></table>",
		"");
	assert_true(str_eq(x.text, S("Family · n\n\xd9\x86\xd8\xa8\xd8\xb6 · 1 < 2\n\n")) ||
				str_eq(x.text, S("Family · n\n\xd9\x86\xd8\xa8\xd8\xb6 · 1 < 2\n")));
	assert_true(str_contains(x.html, S("dir=\"rtl\"")) && str_contains(x.html, S("1 &lt; 2")));
	buf_init(&rows, 1 << 16);
	buf_add(&rows, S("<table><tbody>"));
	for (int i = 0; i < 100; i++) buf_fmt(&rows, "<tr><td>row%d</td></tr>", i);
	buf_add(&rows, S("</tbody></table>"));
	x = extract(buf_c(&rows), "");
	buf_release(&rows);
	assert_true(str_contains(x.text, S("row59\n…")) && !str_contains(x.html, S("row60")));
}

static void what_has_no_words_is_left_out(void **state)
{
	(void)state;
	struct mail_extract x = extract("<section><h2>New mark</h2><form>x</form></section><p> "
	                                "</p><ul><li></li></ul><section><h2>Said</h2><p>yes</p></section>",
		"");
	assert_true(str_eq(x.text, S("Said\nyes\n")));
	assert_false(
		str_contains(x.html, S("New mark")) || str_contains(x.html, S("<ul")) || str_contains(x.html, S("<li")));
}

static void a_link_is_whole_or_none(void **state)
{
	(void)state;
	assert_false(str_contains(extract("<p><a href='/x'>a</a></p>", "").html, S("<a")));
	assert_false(str_contains(
		extract("<p><a href='javascript:x'>a</a><a href='//evil.example'>b</a></p>", "https://cx.example.com").html,
		S("<a")));
}

static void a_page_without_a_main_part_or_too_large_is_refused(void **state)
{
	struct mail_extract out;
	(void)state;
	assert_int_equal(mail_extract(&arena, S("<p>x</p>"), S(""), 1000, &out, NULL), ERR_MALFORMED);
	assert_int_equal(mail_extract(&arena, S(""), S(""), 1000, &out, NULL), ERR_MALFORMED);
	assert_int_equal(
		mail_extract(&arena, S("<main><p>too many words</p></main>"), S(""), 10, &out, NULL), ERR_TOO_LARGE);
}

static void headers_stand_whole_and_nothing_comes_in_by_them(void **state)
{
	(void)state;
	str address = S("https://cx.example.com/mails/unsubscribe/"
	                "sub_0sc8wnvtpd5px.0123456789012345678901234567890123456789012345678901234567890123456789");
	struct mime_message m = {.from_name = S("Λιμάνι, \"x\"\r\nBcc: eve@example.com"),
		.from = S("cx@example.com"),
		.to = S("ada@example.com"),
		.message_id = S("mai_1@example.com"),
		.subject = S("one\r\nBcc: eve@example.com"),
		.text = S("text\n"),
		.html = S("<p>html</p>\n"),
		.language = S("el"),
		.date_ms = 0,
		.unsubscribe = address};
	str bytes = mime_write(&arena, &m), head = str_sub(bytes, 0, (size_t)(strstr(bytes.p, "\r\n\r\n") - bytes.p));
	assert_true(str_contains(
		head, str_fmt(&arena, "\r\nList-Unsubscribe: <%.*s>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
				  STR_ARG(address))));
	assert_true(str_contains(head, S("Date: Thu, 01 Jan 1970 00:00:00 +0000")));
	assert_false(str_contains(head, S("\nBcc:")));
	for (size_t i = 0; i < bytes.n; i++) assert_true(bytes.p[i] != '\n' || (i && bytes.p[i - 1] == '\r'));
}

/* The body of RFC 8463 A.3, and what canonical bodies have alike. */
static void a_body_is_hashed_in_its_canonical_form(void **state)
{
	(void)state;
	str hash = S("2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
	assert_true(str_eq(dkim_body_hash(&arena, S("Hi.\r\n\r\n" "We lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n")), hash));
	assert_true(str_eq(dkim_body_hash(&arena, S("Hi.\r\n\r\n" "We lost the game. \t Are you hungry yet? \r\n\t\r\nJoe.\r\n \r\n\r\n")), hash));
	assert_true(str_eq(dkim_body_hash(&arena, S("Hi.\n\n" "We lost the game. Are you hungry yet?\n\nJoe.")), hash));
	assert_true(str_eq(dkim_body_hash(&arena, S("")), S("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")));
	assert_true(str_eq(dkim_body_hash(&arena, S("\r\n \r\n")), dkim_body_hash(&arena, S(""))));
}

static void keys_that_are_none_sign_nothing(void **state)
{
	(void)state;
	struct dkim_record records[DKIM_KINDS];
	static const char *const NONE[] = {"", "a", "a b c", "a  ", "a AAAA nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", "a AAAA AAAA"};
	str message = S("From: a@example.com\r\n\r\ntext\r\n"), keys = dkim_new_keys(&arena, S("s"));
	for (size_t i = 0; i < COUNT_OF(NONE); i++) {
		assert_false(dkim_records(&arena, str_of(NONE[i]), records));
		assert_false(str_given(dkim_sign(&arena, str_of(NONE[i]), S("example.com"), 0, message)));
	}
	assert_true(dkim_records(&arena, keys, records));
	assert_true(str_given(dkim_sign(&arena, keys, S("example.com"), 0, message)));
	assert_false(str_given(dkim_sign(&arena, keys, S("example.com"), 0, S("no head"))));
}

static int begin(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_time_is_by_the_clock_on_the_wall),
		cmocka_unit_test(a_page_keeps_what_it_says_and_nothing_that_acts),
		cmocka_unit_test(a_table_is_rows_of_text_and_is_cut),
		cmocka_unit_test(what_has_no_words_is_left_out),
		cmocka_unit_test(a_link_is_whole_or_none),
		cmocka_unit_test(a_page_without_a_main_part_or_too_large_is_refused),
		cmocka_unit_test(headers_stand_whole_and_nothing_comes_in_by_them),
		cmocka_unit_test(a_body_is_hashed_in_its_canonical_form),
		cmocka_unit_test(keys_that_are_none_sign_nothing),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
