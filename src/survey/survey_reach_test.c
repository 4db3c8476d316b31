/* survey_reach_test.c: questions never reached, against trying all answers of small surveys made by chance. */
#include "base/arena.h"
#include "survey/survey_inner.h"
#include "test.h"

enum { ROUNDS = 400, QUESTIONS = 4, ANSWERS = 4 };
static uint64_t chance = 88172645463325252U;

static unsigned draw(unsigned n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned)(chance % n);
}

static str ID[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
static str OPTION[] = {{"1", 1}, {"2", 1}, {"3", 1}};

static struct survey_condition condition(struct arena *a, size_t most)
{
	struct survey_condition c = {.question = ID[draw((unsigned)most)], .test = (int)draw(2) ? SURVEY_IS : SURVEY_IS_NOT, .value = OPTION[draw(3)]};
	if (draw(4) == 0) c.test = draw(2) ? SURVEY_HAS_ANSWER : SURVEY_HAS_NONE;
	if (draw(4) == 0) c.value = str_fmt(a, "%u,%u", 1 + draw(3), 1 + draw(3));
	return c;
}

static struct survey_definition made(struct arena *a)
{
	static struct survey_text text = {.lang = {"en", 2}, .text = {"?", 1}, .options = {"x\ny\nz", 5}};
	static const int types[] = {SURVEY_CHOICE, SURVEY_CHOICES, SURVEY_RATING};
	struct survey_definition d = {.opens_on = DESC_NULL_INT, .closes_on = DESC_NULL_INT, .most = DESC_NULL_INT};
	d.questions.v = ARENA_ARRAY(a, struct survey_question, QUESTIONS);
	for (size_t i = 0; i < QUESTIONS; i++) {
		struct survey_question *q = &d.questions.v[d.questions.n++];
		*q = (struct survey_question){.id = ID[i], .type = types[draw(3)], .points = 3, .is_required = draw(2)};
		q->texts.v = &text;
		q->texts.n = 1;
		q->show_if.v = ARENA_ARRAY(a, struct survey_condition, 2);
		for (unsigned k = draw(3); i && k; k--) q->show_if.v[q->show_if.n++] = condition(a, i);
		if (i + 2 > QUESTIONS || draw(2)) continue;
		q->skips.v = ARENA_ARRAY(a, struct survey_skip, 1);
		q->skips.n = 1;
		q->skips.v[0].to = i + 2 < QUESTIONS ? ID[i + 2] : S("end");
		q->skips.v[0].when.v = ARENA_ARRAY(a, struct survey_condition, 1);
		if (draw(3)) q->skips.v[0].when.v[q->skips.v[0].when.n++] = condition(a, i + 1);
	}
	return d;
}

/* The answer with a number: of one option none or one, of several any set. */
static bool answer(struct arena *a, const struct survey_question *q, size_t number, struct survey_given *out)
{
	*out = (struct survey_given){.question = q->id, .value = STR_NONE};
	out->options.v = ARENA_ARRAY(a, str, 3);
	if (q->type == SURVEY_CHOICES)
		for (size_t k = 0; k < 3; k++)
			if (number >> k & 1) out->options.v[out->options.n++] = OPTION[k];
	if (q->type != SURVEY_CHOICES && number) out->value = OPTION[number - 1];
	return !(q->is_required && !number);
}

static void try_all(struct arena *a, const struct survey_definition *d, bool *reached)
{
	size_t n[QUESTIONS], all = 1;
	for (size_t i = 0; i < QUESTIONS; i++) all *= n[i] = d->questions.v[i].type == SURVEY_CHOICES ? 8 : ANSWERS;
	for (size_t x = 0; x < all; x++) {
		struct survey_given given[QUESTIONS];
		const struct survey_given *pointers[QUESTIONS];
		bool asked[QUESTIONS], fits[QUESTIONS], is_fine = true;
		size_t rest = x;
		for (size_t i = 0; i < QUESTIONS; rest /= n[i], i++) {
			fits[i] = answer(a, &d->questions.v[i], rest % n[i], &given[i]);
			pointers[i] = &given[i];
		}
		survey__walk(d, pointers, asked);
		for (size_t i = 0; i < QUESTIONS; i++) {
			if (asked[i] && is_fine) reached[i] = true;
			if (asked[i] && !fits[i]) is_fine = false;
		}
	}
}

static void a_question_is_reached_when_some_answers_lead_to_it(void **state)
{
	size_t unreached = 0;
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct arena a;
		arena_init(&a);
		bool found[QUESTIONS] = {false}, truth[QUESTIONS] = {false};
		struct survey_definition d = made(&a);
		survey__reach(&a, &d, found);
		try_all(&a, &d, truth);
		for (size_t i = 0; i < QUESTIONS; i++) {
			assert_int_equal(found[i], truth[i]);
			unreached += !truth[i];
		}
		arena_release(&a);
	}
	assert_true(unreached > ROUNDS / 20); /* else nothing was tried */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_question_is_reached_when_some_answers_lead_to_it)};
	return cmocka_run_group_tests_name("survey_reach", tests, NULL, NULL);
}
