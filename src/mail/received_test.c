#include "test.h"

#include <string.h>

#include "base/buf.h"
#include "mail/authres.h"
#include "mail/html_text.h"
#include "mail/picture.h"
#include "mail/quoted.h"
#include "mail/received.h"

static struct arena arena;

static struct received read_fine(const char *text)
{
	struct received m;
	assert_int_equal(received_read(&arena, str_of(text), &m), RECEIVED_FINE);
	return m;
}

static void assert_str(str got, const char *expected)
{
	assert_string_equal(str_c(&arena, got), expected);
}

static void a_mail_says_who_when_what_and_what_it_answers(void **state)
{
	(void)state;
	struct received m = read_fine("From: =?utf-8?q?Zo=C3=AB?= <Zoe@Example.COM>\r\nTo: Shop <help@shop.example>, b@shop.example\r\nCc: c@shop.example\r\nSubject: =?utf-8?b?UmU6IM6gzrHPgc6xzrPOs861zrvOr86x?=\r\n"
		"Date: Thu, 31 Dec 2025 23:30:00 -0100\r\nMessage-ID: <3@example.com>\r\nReferences: <1@example.com>\r\n <2@example.com>\r\nIn-Reply-To: <2@example.com>\r\n\r\nWhere is it?\r\n\r\nOn Tue, Shop wrote:\r\n> On its way.\r\n");
	assert_str(m.from, "zoe@example.com");
	assert_str(m.from_name, "Zoë");
	assert_int_equal(m.to.n, 3);
	assert_str(m.subject, "Re: Παραγγελία");
	assert_str(m.base, "παραγγελια");
	assert_true(m.is_answer);
	assert_int_equal(m.at_ms, INT64_C(1767227400000));
	assert_str(m.message_id, "3@example.com");
	assert_int_equal(m.references.n, 2);
	assert_str(m.references.v[1], "2@example.com");
	assert_str(m.text, "Where is it?");
	assert_str(m.folded, "On Tue, Shop wrote:\n> On its way.");
	assert_false(m.is_automatic);
}

static void who_stands_behind_an_address_is_read_from_the_server_that_took_the_mail(void **state)
{
	static const struct {
		const char *field, *server, *from;
		enum authres expected;
	} CASES[] = {
		{"mx.us; dmarc=pass (p=none) header.from=shop.example", "mx.us", "a@shop.example", AUTHRES_PASSED},
		{"MX.us 1; dkim=pass header.d=shop.example; spf=fail smtp.mailfrom=a@else.example", "mx.us", "a@shop.example", AUTHRES_PASSED},
		{"mx.us; dkim=pass header.d=example.org; spf=pass smtp.mailfrom=b@mail.example.org", "mx.us", "a@shop.example", AUTHRES_UNKNOWN},
		{"mx.us; dkim=pass header.d=example.org; dmarc=fail header.from=shop.example", "mx.us", "a@shop.example", AUTHRES_FAILED},
		{"mx.us; dmarc=fail; dkim=pass header.d=shop.example", "mx.us", "a@shop.example", AUTHRES_FAILED},
		{"mx.us; spf=fail reason=\"dkim=pass; dmarc=pass header.from=shop.example\"", "mx.us", "a@shop.example", AUTHRES_FAILED},
		{"mx.us; spf=softfail smtp.mailfrom=shop.example (dmarc=fail (nested))", "mx.us", "a@shop.example", AUTHRES_UNKNOWN},
		{"mx.us; dkim/1=pass header.i=@example", "mx.us", "a@shop.example", AUTHRES_UNKNOWN},
		{"mx.us; dkim=pass header.d=evil.shop.example", "mx.us", "a@shop.example", AUTHRES_UNKNOWN},
		{"mx.us; dkim=pass header.d=shop.example", "mx.us", "a@mail.shop.example", AUTHRES_PASSED},
		{"forged.example; dmarc=pass header.from=shop.example", "mx.us", "a@shop.example", AUTHRES_UNKNOWN},
		{"anybody; dmarc=pass header.from=shop.example", "", "a@shop.example", AUTHRES_UNKNOWN},
		{"anybody; dmarc=fail", "", "a@shop.example", AUTHRES_FAILED},
		{"mx.us; none", "mx.us", "a@shop.example", AUTHRES_UNKNOWN},
		{"", "mx.us", "a@shop.example", AUTHRES_UNKNOWN},
		{"mx.us; ((((\\", "mx.us", "a@shop.example", AUTHRES_UNKNOWN},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		str field = str_of(CASES[i].field);
		assert_int_equal(authres_read(&arena, &field, 1, str_of(CASES[i].server), str_of(CASES[i].from)), CASES[i].expected);
	}
	const str both[] = {S("mx.us; spf=fail"), S("mx.us; dkim=pass header.d=shop.example")}, below[] = {S("mx.us; none"), S("mx.us; dmarc=fail")};
	assert_int_equal(authres_read(&arena, both, 2, S("mx.us"), S("a@shop.example")), AUTHRES_PASSED);
	assert_int_equal(authres_read(&arena, below, 2, S(""), S("a@shop.example")), AUTHRES_UNKNOWN);
}

static void subjects_are_compared_without_the_marks_of_programs(void **state)
{
	static const struct {
		const char *subject, *base;
		bool is_answer;
	} CASES[] = {
		{"Re: AW: Order 5", "order 5", true}, {"RE[2]: Order 5", "order 5", true}, {"Regarding: order", "regarding: order", false}, {"Fwd:Order", "order", true},
		{"回覆：訂單", "訂單", true}, {"پاسخ: سفارش", "سفارش", true}, {"ตอบกลับ: คำสั่งซื้อ", "คำสั่งซื้อ", true}, {"", "", false}, {"Re:", "", true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		bool is_answer;
		str base = received_base(&arena, str_of(CASES[i].subject), &is_answer), same = received_base(&arena, str_of(CASES[i].base), &(bool){false});
		assert_str(base, str_c(&arena, same));
		assert_int_equal(is_answer, CASES[i].is_answer);
	}
}

static void what_programs_wrote_is_told(void **state)
{
	static const char *const AUTOMATIC[] = {"Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <x.example>", "X-Autoreply: yes", "Return-Path: <>"};
	static const char *const HUMAN[] = {"Auto-Submitted: no", "Precedence: first-class", "X-Mailer: Robot"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(AUTOMATIC); i++) assert_true(read_fine(str_c(&arena, str_fmt(&arena, "%s\nFrom: a@example.com\n\nx\n", AUTOMATIC[i]))).is_automatic);
	for (size_t i = 0; i < COUNT_OF(HUMAN); i++) assert_false(read_fine(str_c(&arena, str_fmt(&arena, "%s\nFrom: a@example.com\n\nx\n", HUMAN[i]))).is_automatic);
}

static void what_is_hostile_is_refused_or_harmless(void **state)
{
	struct received m;
	(void)state;
	assert_int_equal(received_read(&arena, S(""), &m), RECEIVED_EMPTY);
	assert_int_equal(received_read(&arena, S("no header at all"), &m), RECEIVED_EMPTY);
	assert_int_equal(received_read(&arena, S("From: nobody\nSubject: x\n\nx"), &m), RECEIVED_NO_SENDER);
	assert_int_equal(received_read(&arena, S("From: MAILER-DAEMON@x.example\nSubject: x\n\nx"), &m), RECEIVED_BOUNCE);
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_add(&b, S("From: a@example.com\n"));
	for (int i = 0; i < 5000; i++) buf_fmt(&b, "Content-Type: multipart/mixed; boundary=\"b%d\"\n\n--b%d\n", i, i);
	assert_int_equal(received_read(&arena, buf_str(&b), &m), RECEIVED_TOO_DEEP);
	buf_release(&b);
	m = read_fine("From: a@example.com\nSubject: =?utf-8?q?Hi=0D=0ABcc:_victim=40example.com?=\nMessage-ID: <a\nb@c>\n\n\x01\x02ok\x7f\n");
	assert_str(m.subject, "Hi Bcc: victim@example.com");
	assert_str(m.text, "ok");
	m = read_fine("From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; name=\"../../etc/passwd\"\nContent-Disposition: attachment; filename=\"..\\\\..\\\\.bashrc\"\n\nroot\n--b\nContent-Type: text/html\n\n<p>Hello<script>alert(1)</script> <a href=\"javascript:x()\">here</a> <img src=x onerror=y></p>\n--b--\n");
	assert_int_equal(m.files.n, 1);
	assert_str(m.files.v[0].name, "bashrc");
	assert_str(m.text, "Hello here");
	m = read_fine("From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee [cid:a@b] and [cid: no]\n--b\nContent-Type: image/png\nContent-Disposition: attachment; filename*=utf-8''%E2%80%AEgpj.exe\n\nx\n--b--\n");
	assert_str(m.files.v[0].name, "gpj.exe");
	assert_str(m.text, "See  and [cid: no]");
	m = read_fine("From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nFrom: x@y.example\nSubject: =?utf-8?q?=2E=2E/=E2=80=AEgpj?=\n\nx\n--b\nContent-Type: message/rfc822\n\nFrom: x@y.example\nSubject: ..\n\nx\n--b--\n");
	assert_str(m.files.v[0].name, "_gpj.eml");
	assert_str(m.files.v[1].name, "message.eml");
}

static void a_picture_is_one_by_its_bytes(void **state)
{
	static const struct {
		str bytes;
		const char *type;
		int64_t width, height;
	} CASES[] = {
		{S("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08"), "image/png", 640, 480},
		{S("GIF89a\x40\x01\xf0\0"), "image/gif", 320, 240},
		{S("\xff\xd8\xff\xe0\0\x04\0\0\xff\xff\xc0\0\x11\x08\0\xf0\x01\x40\x03\x01"), "image/jpeg", 320, 240},
		{S("RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x3f\x01\0\xef\0\0\0"), "image/webp", 320, 240},
		{S("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x3f\xc1\x3b\0\0\0\0\0\0"), "image/webp", 320, 240},
		{S("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08"), NULL, 0, 0},
		{S("\x89PNG\r\n\x1a\n"), NULL, 0, 0},
		{S("GIF89a\0\0\0\0"), NULL, 0, 0},
		{S("\xff\xd8\xff\xe0\0\0\0\0\0\0\0\0\0\0"), NULL, 0, 0},
		{S("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), NULL, 0, 0},
		{S("<html><img></html>"), NULL, 0, 0},
		{S(""), NULL, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct picture p;
		assert_int_equal(picture_of(CASES[i].bytes, &p), CASES[i].type != NULL);
		if (!CASES[i].type) continue;
		assert_string_equal(p.type, CASES[i].type);
		assert_int_equal(p.width, CASES[i].width);
		assert_int_equal(p.height, CASES[i].height);
	}
}

static void texts_keep_their_characters_in_whatever_charset(void **state)
{
	(void)state;
	assert_str(read_fine("From: a@example.com\nContent-Type: text/plain; charset=iso-8859-7\n\n\xc1\xeb\xef\n").text, "Αλο");
	assert_str(read_fine("From: a@example.com\nContent-Type: text/plain; charset=windows-874\nContent-Transfer-Encoding: base64\n\n4b65\n").text, "แพน");
	assert_str(read_fine("From: a@example.com\nContent-Type: text/plain; charset=nonsense\n\nplain\n").text, "plain");
	assert_str(read_fine("From: a@example.com\n\ncaf\xe9\n").text, "café");
}

static void html_becomes_lines_and_quotations_stay_marked(void **state)
{
	(void)state;
	assert_str(html_text(&arena, S("<p>One  two</p><p>Three<br>four</p><ul><li>a<li>b</ul><blockquote>old<br>words</blockquote>"), 1000), "One two\n\nThree\nfour\n\n- a\n- b\n\n> old\n> words");
	assert_str(html_text(&arena, S("<a href=\"https://x.example/a\">there</a> <a href='https://y.example'>https://y.example</a>"), 1000), "there <https://x.example/a> https://y.example");
	assert_str(html_text(&arena, S("<style>p{}</style><div>a</div><div>b</div>"), 1000), "a\nb");
}

static void quotations_and_signatures_are_folded_and_answers_between_stay(void **state)
{
	static const struct {
		const char *text, *said;
	} CASES[] = {
		{"Hello\n\n-- \nAnn", "Hello"},
		{"this is -- no signature", "this is -- no signature"},
		{"Yes.\n\n" "Am Montag schrieb Ann <a@example.com>:\n> Kommt es?\n", "Yes."},
		{"Ναι.\n\nΣτις 3/2/2026, ο Νίκος έγραψε:\n> Ήρθε;\n", "Ναι."},
		{"ได้ครับ\n\nเมื่อ 3 ก.พ. 2569 สมชาย เขียนว่า:\n> มาหรือยัง\n", "ได้ครับ"},
		{"好的\n\n於 2026年2月3日 王 寫道：\n> 到了嗎\n", "好的"},
		{"بله\n\nدر ۳ فوریه علی نوشت:\n> رسید؟\n", "بله"},
		{"> When?\nTomorrow.\n> Where?\nHere.", "> When?\nTomorrow.\n> Where?\nHere."},
		{"Thanks\n\nFrom: Shop\nSent: Monday\nTo: Ann\nSubject: x\n\nDear Ann", "Thanks"},
		{"Thanks\n-----Original Message-----\nFrom: x\nold", "Thanks"},
		{"Fine\n\nSent from my phone", "Fine"},
		{"On Monday I wrote:\nnothing", "On Monday I wrote:\nnothing"},
		{"> only a quotation", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) assert_str(quoted_fold(&arena, str_of(CASES[i].text)).said, CASES[i].said);
}

static void an_mbox_is_cut_where_its_messages_begin(void **state)
{
	(void)state;
	str rest = S("From a@b Mon\nFrom: a@example.com\n\nDear\n>From here\n>>From there\nFrom in the middle\n\nFrom a@b Tue\r\nFrom: b@example.com\r\n\r\nHi\r\n"), one;
	assert_true(received_cut(&arena, &rest, &one));
	assert_str(one, "From: a@example.com\n\nDear\nFrom here\n>From there\nFrom in the middle\n\n");
	assert_true(received_cut(&arena, &rest, &one));
	assert_str(one, "From: b@example.com\r\n\r\nHi\r\n");
	assert_false(received_cut(&arena, &rest, &one));
}

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_says_who_when_what_and_what_it_answers),
		cmocka_unit_test(who_stands_behind_an_address_is_read_from_the_server_that_took_the_mail),
		cmocka_unit_test(subjects_are_compared_without_the_marks_of_programs),
		cmocka_unit_test(what_programs_wrote_is_told),
		cmocka_unit_test(what_is_hostile_is_refused_or_harmless),
		cmocka_unit_test(a_picture_is_one_by_its_bytes),
		cmocka_unit_test(texts_keep_their_characters_in_whatever_charset),
		cmocka_unit_test(html_becomes_lines_and_quotations_stay_marked),
		cmocka_unit_test(quotations_and_signatures_are_folded_and_answers_between_stay),
		cmocka_unit_test(an_mbox_is_cut_where_its_messages_begin),
	};
	return cmocka_run_group_tests(tests, NULL, forget);
}
