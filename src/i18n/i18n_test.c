#include "i18n/i18n.h"

#include <math.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "i18n/direction.h"
#include "i18n/words.h"
#include "i18n/zone.h"
#include "shared.h"

static struct arena arena;

/* Formats work for every language of the table, also one whose texts are not complete yet. */
static struct locale locale_of(str code)
{
	struct locale l = {.zone = zone_utc()};
	for (size_t i = 0; i < words_n_langs; i++)
		if (str_eq(words_langs[i].code, code)) l.lang = &words_langs[i];
	return l;
}

static void languages_are_found_by_what_browsers_send(void **state)
{
	(void)state;
	assert_str_equal(lang_code(lang_find(S("fa-IR"))), S("fa"));
	assert_str_equal(lang_code(lang_find(S("EN_gb"))), S("en"));
	assert_null(lang_find(S("zh-CN")));
	assert_null(lang_find(S("tlh")));
	assert_null(lang_find(S("")));
	assert_str_equal(lang_code(lang_best(S("de;q=0.9, fa;q=0.8, en;q=0.5"))), S("fa"));
	assert_str_equal(lang_code(lang_best(S("fa;q=0, *;q=0.1"))), S("en"));
	assert_str_equal(lang_code(lang_best(S(";;,q=,,"))), S("en"));
	assert_str_equal(lang_code(lang_best(STR_NONE)), S("en"));
	assert_true(lang_is_rtl(lang_find(S("fa"))));
	assert_ptr_equal(lang_at(0), lang_find(S("en")));
}

struct pair {
	const char *name;
	struct i18n_value value;
};
static bool pair_of(void *arg, str name, struct i18n_value *out)
{
	for (const struct pair *p = arg; p->name; p++) {
		if (!str_eq(str_of(p->name), name)) continue;
		*out = p->value;
		return true;
	}
	return false;
}

static str filled(str code, str pattern, double n, str text)
{
	struct locale l = locale_of(code);
	struct pair pairs[] = {{"n", {.text = i18n_real(&arena, &l, n, 2), .is_number = true, .number = n}}, {"who", {.text = text, .raw = text}}, {NULL, {{0}}}};
	return i18n_fill_pattern(&arena, &l, pattern, pair_of, pairs);
}

static void sentences_choose_by_number_and_word(void **state)
{
	(void)state;
	str many = S("{n, plural, =0 {nobody} one {# customer} other {# customers}} of {who}");
	assert_str_equal(filled(S("en"), many, 0, S("ACME")), S("nobody of ACME"));
	assert_str_equal(filled(S("en"), many, 1, S("ACME")), S("1 customer of ACME"));
	assert_str_equal(filled(S("en"), many, 1200, S("ACME")), S("1,200 customers of ACME"));
	assert_str_equal(filled(S("en"), S("{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}"), 22, S("")), S("22nd"));
	assert_str_equal(filled(S("en"), S("{who, select, open {it is open} other {it is not}}"), 0, S("open")), S("it is open"));
	assert_str_equal(filled(S("en"), S("{who, select, open {a} other {{n, plural, one {b} other {c #}}}}!"), 3, S("x")), S("c 3!"));
	assert_str_equal(filled(S("en"), S("it''s {missing} '{who}'"), 0, S("")), S("it's {missing} {who}"));
	assert_str_equal(filled(S("fa"), S("{n, plural, one {# یک} other {# چند}}"), 1.5, S("")), S("۱٫۵ چند"));
	static const str BROKEN[] = {S("{"), S("{n"), S("{n,"), S("{n, plural"), S("{n, plural, one"), S("{n, plural, one {"), S("'{"), S("{n, plural, one {'{}}")};
	for (size_t i = 0; i < COUNT_OF(BROKEN); i++) filled(S("en"), BROKEN[i], 1, S(""));
}

static void pieces_of_the_other_direction_are_kept_together(void **state)
{
	(void)state;
	assert_str_equal(filled(S("fa"), S("سفارش {who}"), 0, S("A-12")), S("سفارش \u2068A-12\u2069"));
	assert_str_equal(filled(S("fa"), S("تلفن {who}"), 0, S("+30 210")), S("تلفن \u2068+30 210\u2069"));
	assert_str_equal(filled(S("fa"), S("سفارش {who}"), 0, S("علی")), S("سفارش علی"));
	assert_str_equal(filled(S("en"), S("from {who}"), 0, S("علی")), S("from \u2068علی\u2069"));
	assert_str_equal(filled(S("en"), S("from {who}"), 0, S("Ann")), S("from Ann"));
}

static void values_are_shown_by_each_language(void **state)
{
	(void)state;
	struct locale en = locale_of(S("en")), fa = locale_of(S("fa")), th = locale_of(S("th")), el = locale_of(S("el"));
	int64_t t = INT64_C(1291191960000); /* 2010-12-01T08:26Z */
	en.zone = zone_find(S("America/New_York"));
	assert_str_equal(i18n_time(&arena, &en, t), S("Dec 1, 2010, 3:26\u202fAM"));
	assert_str_equal(i18n_date(&arena, &th, t), S("1 ธ.ค. 2553"));
	assert_str_equal(i18n_date(&arena, &fa, t), S("۱۰ آذر ۱۳۸۹"));
	fa.calendar = S("gregorian");
	assert_str_equal(i18n_date(&arena, &fa, t), S("۱ دسامبر ۲۰۱۰"));
	assert_str_equal(i18n_date(&arena, &el, t), S("1 Δεκ 2010"));
	assert_str_equal(i18n_day(&arena, &en, INT64_C(1291161600000)), S("Nov 30, 2010"));
	assert_str_equal(i18n_share(&arena, &en, 0.2534), S("25.3%"));
	assert_str_equal(i18n_real(&arena, &en, 1.005, 0), S("1"));
	assert_str_equal(i18n_real(&arena, &en, NAN, 2), S("–"));
	assert_str_equal(i18n_int(&arena, &en, DESC_NULL_INT), S("–"));
	assert_str_equal(i18n_decimal(&arena, &el, (struct decimal){5079250872, -3}), S("5.079.250,872"));
	assert_str_equal(i18n_money(&arena, &en, (struct money){{1234, -2}, S("GBP")}), S("£12.34"));
	assert_str_equal(i18n_money(&arena, &en, (struct money){{1234, -2}, STR_NONE}), S("12.34"));
	assert_str_equal(i18n_money(&arena, &en, (struct money){{1234, -2}, S("points")}), S("12.34 points"));
	assert_str_equal(i18n_duration(&arena, &en, 7500000), S("2 hr, 5 min"));
	assert_str_equal(i18n_duration(&arena, &en, 400), S("0.4 sec"));
	assert_str_equal(i18n_country_name(&arena, &el, S("TW")), S("Ταϊβάν"));
	assert_str_equal(i18n_country_name(&arena, &el, S("United Kingdom")), S("United Kingdom"));
	assert_str_equal(i18n_currency_name(&arena, &en, S("GBP")), S("British Pound"));
	assert_str_equal(i18n_ago(&arena, &en, t - 185000, t), S("3 minutes ago"));
	assert_str_equal(i18n_ago(&arena, &en, t - 10000, t), S("now"));
	assert_str_equal(i18n_ago(&arena, &en, t - DAY_MS, t), S("yesterday"));
	assert_str_equal(i18n_ago(&arena, &en, t - 400 * DAY_MS, t), S("13 months ago"));
}

static void names_stand_in_the_order_of_their_script(void **state)
{
	(void)state;
	enum name_order script = NAME_ORDER_OF_SCRIPT;
	assert_str_equal(i18n_person_name(&arena, script, S("John"), S("Smith")), S("John Smith"));
	assert_str_equal(i18n_person_name(&arena, script, S("小明"), S("王")), S("王小明"));
	assert_str_equal(i18n_person_name(&arena, script, S("민수"), S("김")), S("김민수"));
	assert_str_equal(i18n_person_name(&arena, script, S("はなこ"), S("すずき")), S("すずきはなこ"));
	assert_str_equal(i18n_person_name(&arena, script, S("David"), S("王")), S("王 David"));
	assert_str_equal(i18n_person_name(&arena, script, S("Μαρία"), S("Παππά")), S("Μαρία Παππά"));
	assert_str_equal(i18n_person_name(&arena, script, S("สมชาย"), S("ใจดี")), S("สมชาย ใจดี"));
	assert_str_equal(i18n_person_name(&arena, script, S("مریم"), S("احمدی")), S("مریم احمدی"));
	assert_str_equal(i18n_person_name(&arena, script, S(" Ann "), STR_NONE), S("Ann"));
	assert_str_equal(i18n_person_name(&arena, script, STR_NONE, S("王")), S("王"));
	assert_str_equal(i18n_person_name(&arena, script, STR_NONE, STR_NONE), S(""));
}

static void names_stand_in_the_order_that_people_chose(void **state)
{
	(void)state;
	assert_str_equal(i18n_person_name(&arena, NAME_FAMILY_FIRST, S("Xiaoming"), S("Wang")), S("Wang Xiaoming"));
	assert_str_equal(i18n_person_name(&arena, NAME_FAMILY_FIRST, S("小明"), S("王")), S("王小明"));
	assert_str_equal(i18n_person_name(&arena, NAME_GIVEN_FIRST, S("小明"), S("王")), S("小明 王"));
}

static void months_are_named_with_their_year(void **state)
{
	(void)state;
	struct locale en = locale_of(S("en")), th = locale_of(S("th")), zh = locale_of(S("zh-Hant")), el = locale_of(S("el")), fa = locale_of(S("fa"));
	int64_t december = INT64_C(1291161600000), january = december + 31 * DAY_MS;
	assert_str_equal(i18n_month(&arena, &en, december), S("December 2010"));
	assert_str_equal(i18n_month(&arena, &en, january), S("January 2011"));
	assert_str_equal(i18n_month(&arena, &th, december), S("ธันวาคม 2553"));
	assert_str_equal(i18n_month(&arena, &zh, december), S("2010年12月"));
	assert_str_equal(i18n_month(&arena, &el, december), S("Δεκέμβριος 2010"));
	assert_str_equal(i18n_month(&arena, &fa, december), S("دسامبر ۲۰۱۰"));
	th.calendar = S("gregorian");
	assert_str_equal(i18n_month(&arena, &th, december), S("ธันวาคม 2010"));
	en.calendar = S("persian"); /* the month itself stays Gregorian: it begins on the 10th of Azar */
	assert_str_equal(i18n_month(&arena, &en, december), S("December 2010"));
	assert_str_equal(i18n_month(&arena, &en, DESC_NULL_INT), S("–"));
}

static void different_spellings_fold_to_one(void **state)
{
	(void)state;
	assert_str_equal(i18n_fold(&arena, S("Straße ÉCOLE")), S("strasse ecole"));
	assert_str_equal(i18n_fold(&arena, S("علي كريمي ١٢۳")), i18n_fold(&arena, S("علی کریمی 123")));
	assert_str_equal(i18n_fold(&arena, S("می‌خواهم")), S("میخواهم"));
	assert_str_equal(i18n_fold(&arena, S("Ωμέγας")), S("ωμεγασ"));
	assert_str_equal(i18n_fold(&arena, S("ที่ ๑๒")), S("ที่ 12"));
	assert_str_equal(i18n_fold(&arena, S("が")), S("が"));
	assert_str_equal(i18n_fold(&arena, S("ＡＢＣ")), S("abc"));
	str a = i18n_sort_key(&arena, S("éclair")), b = i18n_sort_key(&arena, S("zoo")), c = i18n_sort_key(&arena, S("apple"));
	assert_true(str_cmp(c, a) < 0 && str_cmp(a, b) < 0);
	assert_int_equal(i18n_sort_key(&arena, S("")).n, 0);
}

/* ---- against the reference answers ---- */

static size_t cells_of(str line, str *cells, size_t max)
{
	size_t n = 0;
	while (str_given(line) && n < max) cells[n++] = str_cut(&line, '\t');
	return n;
}

/* Reads a table, calls check for each line of a language of ours, and counts what differs. */
static void run_table(const char *path, bool check(const str *cells))
{
	str text = shared_read(&arena, path), cells[8];
	if (shared_skipped(text, path)) skip();
	str_cut(&text, '\n');
	size_t n = 0, differ = 0;
	while (text.n) {
		str line = str_cut(&text, '\n');
		if (cells_of(line, cells, 8) < 3) continue;
		n++;
		if (check(cells)) continue;
		differ++;
		print_message("differs: %.*s\n", STR_ARG(line));
	}
	print_message("%s: %zu of %zu\n", path, n - differ, n);
	assert_true(n > 5 && differ == 0);
}

static bool number_agrees(const str *c)
{
	struct locale l = locale_of(c[1]);
	struct decimal d;
	double value;
	if (!l.lang) return true;
	if (!decimal_parse(c[0], &d) || !str_f64(c[0], &value)) return false;
	return str_eq(i18n_real(&arena, &l, value, 3), c[2]) && str_eq(i18n_money(&arena, &l, (struct money){d, S("EUR")}), c[4]) &&
	       str_eq(i18n_money(&arena, &l, (struct money){d, S("USD")}), c[5]) && str_eq(i18n_share(&arena, &l, value), c[3]);
}

static bool date_agrees(const str *c)
{
	struct locale l = locale_of(c[1]);
	int64_t ms;
	bool has_zone;
	if (!l.lang) return true;
	l.calendar = str_eq(c[2], S("gregory")) ? S("gregorian") : c[2];
	return datetime_parse(c[0], &ms, &has_zone) && str_eq(i18n_date(&arena, &l, ms), c[5]);
}

static bool plural_agrees(const str *c)
{
	struct locale l = locale_of(c[1]);
	double n;
	if (!l.lang) return true;
	struct pair pairs[] = {{"n", {.is_number = str_f64(c[0], &n), .number = n}}, {NULL, {{0}}}};
	str got = i18n_fill_pattern(&arena, &l, S("{n, plural, zero {zero} one {one} two {two} few {few} many {many} other {other}}"), pair_of, pairs);
	return str_eq(got, c[2]);
}

static void join_word(void *arg, str folded, size_t from, size_t to)
{
	(void)from, (void)to;
	str *all = arg;
	*all = all->n ? str_fmt(&arena, "%.*s|%.*s", STR_ARG(*all), STR_ARG(folded)) : folded;
}

static bool words_agree(const str *c)
{
	str got = STR_NONE, want = STR_NONE, rest = c[2];
	i18n_words(&arena, c[1], join_word, &got);
	while (str_given(rest)) join_word(&want, i18n_fold(&arena, str_cut(&rest, '|')), 0, 0);
	return str_eq(got, want);
}

static void numbers_agree(void **state)
{
	(void)state;
	run_table("data/oracle-i18n/numbers.tsv", number_agrees);
}

static void dates_agree(void **state)
{
	(void)state;
	run_table("data/oracle-i18n/dates.tsv", date_agrees);
}

static void plurals_agree(void **state)
{
	(void)state;
	run_table("data/oracle-i18n/plurals.tsv", plural_agrees);
}

static void words_of_thai_and_chinese_agree(void **state)
{
	(void)state;
	run_table("data/oracle-i18n/word_segmentation.tsv", words_agree);
}

static void reasons_are_known_by_their_english_words(void **state)
{
	(void)state;
	const struct locale fa = locale_of(S("fa")), th = locale_of(S("th")), en = locale_of(S("en"));
	assert_str_equal(i18n_reason(&arena, &fa, S("must be true or false")), S("باید true یا false باشد"));
	assert_str_equal(i18n_reason(&arena, &th, S("a survey has 1 to 30 questions")), S("แบบสำรวจมีได้ 1 ถึง 30 คำถาม"));
	assert_str_equal(i18n_reason(&arena, &fa, S("a survey has 1 to 30 questions")), S("هر نظرسنجی ۱ تا ۳۰ پرسش دارد"));
	/* A reason within a reason, and what somebody wrote, which stays as it is. */
	assert_str_equal(i18n_reason(&arena, &th, S("question 2: that is not one of the answers (ab (c))")), S("คำถามที่ 2: ไม่ใช่หนึ่งในตัวเลือกคำตอบ (ab (c))"));
	assert_str_equal(i18n_reason(&arena, &en, S("must be given")), S("must be given"));
	assert_str_equal(i18n_reason(&arena, &fa, S("the moon is full")), S("the moon is full"));
	assert_str_equal(i18n_reason(&arena, &fa, S("")), S(""));
	assert_true(i18n_knows_reason(fa.lang, S("must be given")));
	assert_false(i18n_knows_reason(fa.lang, S("must be given up")));
	assert_true(i18n_knows_reason(en.lang, S("the moon is full")));
}

static void a_name_of_the_other_direction_does_not_turn_a_sentence_round(void **state)
{
	(void)state;
	assert_true(direction_is_rtl(S("Harbour Lane را پیشنهاد می‌کنید؟"), true));
	assert_true(direction_is_rtl(S("Harbour رسیدگی به مشکل من را آسان کرد."), false));
	assert_false(direction_is_rtl(S("Does شاه mean king?"), false));
	assert_false(direction_is_rtl(S("How did you come?"), true));
	assert_false(direction_is_rtl(S("12 %"), true));
	assert_false(direction_is_rtl(STR_NONE, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_are_found_by_what_browsers_send),
		cmocka_unit_test(sentences_choose_by_number_and_word),
		cmocka_unit_test(pieces_of_the_other_direction_are_kept_together),
		cmocka_unit_test(a_name_of_the_other_direction_does_not_turn_a_sentence_round),
		cmocka_unit_test(values_are_shown_by_each_language),
		cmocka_unit_test(names_stand_in_the_order_of_their_script),
		cmocka_unit_test(names_stand_in_the_order_that_people_chose),
		cmocka_unit_test(months_are_named_with_their_year),
		cmocka_unit_test(different_spellings_fold_to_one),
		cmocka_unit_test(numbers_agree),
		cmocka_unit_test(dates_agree),
		cmocka_unit_test(plurals_agree),
		cmocka_unit_test(words_of_thai_and_chinese_agree),
		cmocka_unit_test(reasons_are_known_by_their_english_words),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
