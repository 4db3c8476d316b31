/* Folding, features, words, learning and the files of models, without data from outside. */
#include "base/arena.h"
#include "base/mem.h"
#include "test.h"
#include "text/classifier.h"
#include "text/learn.h"
#include "text/score.h"
#include "text/words.h"
#include "base/utf8.h"

static struct arena arena;

static str folded(const char *text)
{
	struct folded f;
	fold(&arena, str_of(text), &f);
	char *out = arena_alloc(&arena, 4 * f.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < f.n; i++) n += utf8_put(f.c[i], out + n);
	return str_trim((str){out, n});
}

static void what_readers_take_as_the_same_is_folded_to_one(void **state)
{
	static const struct {
		const char *text, *folded;
	} CASES[] = {
		{"Ｈｅｌｌｏ　ＷＯＲＬＤ", "hello world"}, {"Καλός ΚΑΛΟΣ καλοσ", "καλοσ καλοσ καλοσ"}, {"كتاب يك ٣۳", "کتاب یک 33"}, {"خيــــلي", "خیلی"},
		{"sooooo goooood", "soo good"}, {"55555 1000", "555 1000"}, {"มากกกกก", "มากก"}, {"เเพง", "แพง"}, {"這個讚", "这个赞"}, {"café naïve", "cafe naive"},
		{"می‌شود", "میشود"}, {"👍🏽", "👍"}, {"a\t\r\n  b", "a b"}, {"ﬁne", "fine"}, {"", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) assert_str_equal(folded(CASES[i].text), str_of(CASES[i].folded));
}

static void scripts_and_their_forms_are_counted(void **state)
{
	struct folded f;
	(void)state;
	fold(&arena, S("ดี good 好 讓 让 καλό خوب"), &f);
	assert_int_equal(f.scripts[SCRIPT_LATIN], 4);
	assert_int_equal(f.scripts[SCRIPT_THAI], 2);
	assert_int_equal(f.scripts[SCRIPT_HAN], 3);
	assert_int_equal(f.scripts[SCRIPT_GREEK], 4);
	assert_int_equal(f.scripts[SCRIPT_ARABIC], 3);
	assert_int_equal(f.traditional, 1);
	assert_int_equal(f.simplified, 1);
}

static void words_are_cut_as_readers_do(void **state)
{
	static const char *const TEXT = "It's ร้านนี้บริการดีมาก 服務很好, ok!";
	static const char *const WORDS[] = {"It's", "ร้าน", "นี้", "บริการ", "ดี", "มาก", "服務", "很好", "ok"};
	struct folded f;
	size_t n;
	(void)state;
	fold(&arena, str_of(TEXT), &f);
	const struct span *words = words_of(&arena, &f, str_of(TEXT), &n);
	assert_int_equal(n, COUNT_OF(WORDS));
	for (size_t i = 0; i < n; i++) assert_str_equal(str_sub(str_of(TEXT), words[i].from, words[i].to - words[i].from), str_of(WORDS[i]));
}

static void any_bytes_are_folded(void **state)
{
	struct folded f;
	(void)state;
	fold(&arena, (str){"\xff\x00 ok \xe0\xb8", 8}, &f);
	assert_true(f.n > 4);
	for (size_t i = 0; i < f.n; i++) assert_true(f.at[i] <= f.at[i + 1] && f.at[i + 1] <= 8);
}

/* ---- learning ---- */

static const char *const PRAISE[] = {"good service", "very good food", "a good hotel", "friendly staff", "staff very friendly", "quick and friendly"};
static const char *const BLAME[] = {"bad service", "very bad food", "a bad hotel", "rude staff", "staff very rude", "slow and rude"};
static const str LABELS[] = {{"praise", 6}, {"blame", 5}, {"question", 8}};

static struct classifier *taught(size_t n_labels)
{
	struct example examples[18];
	struct classifier *c;
	struct fault f = {0};
	size_t n = 0;
	for (size_t i = 0; i < COUNT_OF(PRAISE); i++) {
		examples[n++] = (struct example){str_of(PRAISE[i]), 0, 1};
		examples[n++] = (struct example){str_of(BLAME[i]), 1, 1};
		if (n_labels == 3) examples[n++] = (struct example){str_fmt(&arena, "where is the shop %zu ?", i), 2, 1};
	}
	struct lesson l = {.examples = examples, .n = n, .labels = LABELS, .n_labels = n_labels};
	assert_ok(learn(&l, &c, &f));
	return c;
}

static size_t judged(const struct classifier *c, str text, double *shares)
{
	struct folded f;
	fold(&arena, text, &f);
	return classifier_judge(c, &arena, &f, shares, NULL);
}

static void it_learns_two_labels_and_three(void **state)
{
	(void)state;
	for (size_t n = 2; n <= 3; n++) {
		double shares[3], sum = 0;
		struct classifier *c = taught(n);
		assert_int_equal(judged(c, S("good and friendly"), shares), 0);
		assert_int_equal(judged(c, S("BAD and rude"), shares), 1);
		for (size_t i = 0; i < n; i++) sum += shares[i];
		assert_true(sum > 0.999 && sum < 1.001 && shares[1] > shares[0]);
		if (n == 3) assert_int_equal(judged(c, S("where is it?"), shares), 2);
		judged(c, STR_NONE, shares);
		classifier_free(c);
	}
}

static void its_reasons_are_words_of_the_text(void **state)
{
	struct classifier *c = taught(2);
	struct reason reasons[2];
	struct folded f;
	str text = S("The hotel was good, but the staff was RUDE");
	(void)state;
	fold(&arena, text, &f);
	assert_true(classifier_reasons(c, &arena, &f, text, 1, reasons, 2) > 0);
	assert_str_equal(reasons[0].word, S("RUDE"));
	assert_true(classifier_reasons(c, &arena, &f, text, 0, reasons, 2) > 0);
	assert_str_equal(reasons[0].word, S("good"));
	classifier_free(c);
}

static void what_cannot_be_learnt_is_refused(void **state)
{
	struct example one[] = {{S("a"), 0, 1}, {S("b"), 0, 1}};
	struct lesson l = {.examples = one, .n = 2, .labels = LABELS, .n_labels = 1};
	struct classifier *c;
	struct fault f = {0};
	(void)state;
	assert_int_equal(learn(&l, &c, &f), ERR_INVALID);
	assert_null(c);
	assert_string_equal(f.fields[0].text, "holds one label only: at least two are needed");
}

/* ---- files ---- */

static void a_model_comes_back_from_its_file_as_it_was(void **state)
{
	struct buf b;
	struct fault f = {0};
	(void)state;
	for (size_t n = 2; n <= 3; n++) {
		struct classifier *c = taught(n), *back;
		double was[3], is[3];
		c->version = 7;
		buf_init(&b, 1 << 20);
		classifier_encode(c, &b);
		assert_ok(classifier_decode(buf_str(&b), &back, &f));
		assert_int_equal(back->version, 7);
		assert_int_equal(judged(c, S("a good question"), was), judged(back, S("a good question"), is));
		assert_memory_equal(was, is, n * sizeof *was);
		assert_str_equal(back->labels[n - 1], LABELS[n - 1]);
		classifier_free(c);
		classifier_free(back);
		buf_release(&b);
	}
}

static void a_damaged_model_is_refused_wherever_it_is_damaged(void **state)
{
	struct classifier *c = taught(3), *back;
	struct buf b;
	struct fault f;
	(void)state;
	buf_init(&b, 1 << 20);
	classifier_encode(c, &b);
	for (size_t n = 0; n < b.n; n += 7) assert_int_not_equal(classifier_decode((str){b.p, n}, &back, &f), OK);
	for (size_t at = 0; at < b.n; at += 3) {
		if (at >= 12 && at < 16) continue; /* unused */
		b.p[at] ^= 0x20;
		assert_int_not_equal(classifier_decode(buf_str(&b), &back, &f), OK);
		assert_null(back);
		b.p[at] ^= 0x20;
	}
	classifier_free(c);
	buf_release(&b);
}

/* ---- measures: by hand ---- */

static void a_score_is_as_worked_by_hand(void **state)
{
	struct score s;
	(void)state;
	score_init(&s, &arena, LABELS, 3, 2);
	for (int i = 0; i < 6; i++) score_add(&s, 0, 0);
	for (int i = 0; i < 2; i++) score_add(&s, 0, 1);
	for (int i = 0; i < 3; i++) score_add(&s, 1, 1);
	score_add(&s, 1, 0);
	/* praise: P 6/7 R 6/8 F 12/15; blame: P 3/5 R 3/4 F 6/9 */
	assert_float_equal(score_accuracy(&s), 9.0 / 12, 1e-12);
	assert_float_equal(score_macro_f1(&s), (12.0 / 15 + 6.0 / 9) / 2, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_readers_take_as_the_same_is_folded_to_one),
		cmocka_unit_test(scripts_and_their_forms_are_counted),
		cmocka_unit_test(words_are_cut_as_readers_do),
		cmocka_unit_test(any_bytes_are_folded),
		cmocka_unit_test(it_learns_two_labels_and_three),
		cmocka_unit_test(its_reasons_are_words_of_the_text),
		cmocka_unit_test(what_cannot_be_learnt_is_refused),
		cmocka_unit_test(a_model_comes_back_from_its_file_as_it_was),
		cmocka_unit_test(a_damaged_model_is_refused_wherever_it_is_damaged),
		cmocka_unit_test(a_score_is_as_worked_by_hand),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
