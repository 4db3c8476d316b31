/* survey_reach.c: is there a question that no answers lead to? Every question's answers are cut into the few sets that conditions tell
 * apart, a bit each; a state is what may still be the answer to each question. States move forward only, as skips do, so one pass over
 * the questions meets them all. A question is left out of a state once nothing after asks for it, which keeps states few; where they are
 * many all the same, one that allows everything stands for them: then a question may pass for reached, never the other way round. */
#include <string.h>

#include "survey/survey_inner.h"

#define BLANK (UINT64_C(1) << 63)
#define GIVEN (UINT64_C(1) << 62)   /* of several options: any is chosen */
#define LEFT UINT64_C(0x5555555555) /* of each: it may be left, */
#define CHOSEN (LEFT << 1)          /* it may be chosen */
enum { STATES_MOST = 2000, CUTS_MOST = 30, ALTERNATIVES = 24 };

struct domain {
	bool is_several;
	uint64_t all;
	str cuts[CUTS_MOST]; /* of numbers and dates: what they are compared with, in order */
	size_t n_cuts;
	size_t last_use; /* index of the last question that asks for it */
};
struct state {
	uint64_t may[SURVEY_QUESTIONS];
};
struct states {
	struct state *v;
	size_t n, cap;
};
struct walk {
	struct arena *arena;
	const struct survey_definition *d;
	struct domain *domains;
	struct states *at; /* by question, and the end */
	bool *reached;
};

/* ---- what conditions tell apart ---- */

static bool is_order(int type)
{
	return type == SURVEY_NUMBER || type == SURVEY_DATE;
}

static int compare(int type, str a, str b)
{
	double x = 0, y = 0;
	if (type == SURVEY_DATE) return memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
	(void)str_f64(a, &x);
	(void)str_f64(b, &y);
	return (x > y) - (x < y);
}

static void add_cut(struct domain *m, int type, str value)
{
	size_t i = 0;
	while (i < m->n_cuts && compare(type, m->cuts[i], value) < 0) i++;
	if ((i < m->n_cuts && compare(type, m->cuts[i], value) == 0) || m->n_cuts == CUTS_MOST) return;
	memmove(&m->cuts[i + 1], &m->cuts[i], (m->n_cuts - i) * sizeof m->cuts[0]);
	m->cuts[i] = value;
	m->n_cuts++;
}

static void note_use(struct walk *w, const struct survey_condition *c, size_t at)
{
	size_t of = survey__find(w->d, c->question);
	if (of > at) return;
	struct domain *m = &w->domains[of];
	if (m->last_use < at) m->last_use = at;
	for (str rest = c->value; is_order(w->d->questions.v[of].type) && str_given(rest) && rest.n;) add_cut(m, w->d->questions.v[of].type, str_trim(str_cut(&rest, ',')));
}

static uint64_t low_bits(size_t n)
{
	return n >= 62 ? GIVEN - 1 : (UINT64_C(1) << n) - 1;
}

static uint64_t all_of(struct arena *a, const struct survey_question *q, const struct domain *m)
{
	int least, most;
	size_t n = 0;
	if (q->texts.n && survey_has_options(q->type)) (void)survey_lines(a, q->texts.v[0].options, &n);
	if (survey_scale(q, &least, &most)) return low_bits((size_t)most - (size_t)least + 1) | BLANK;
	if (q->type == SURVEY_CHOICES) return low_bits(2 * n) | GIVEN | BLANK;
	if (q->type == SURVEY_CHOICE || q->type == SURVEY_RANKING) return low_bits(n) | BLANK;
	if (q->type == SURVEY_BOOLEAN || q->type == SURVEY_CONSENT) return low_bits(2) | BLANK;
	return low_bits(is_order(q->type) ? 2 * m->n_cuts + 1 : 1) | BLANK;
}

/* The bit of a value; of numbers and dates those below, at and above each cut have one. */
static uint64_t bit_of(const struct survey_question *q, const struct domain *m, str value)
{
	int least, most;
	int64_t whole;
	if (is_order(q->type)) {
		for (size_t i = 0; i < m->n_cuts; i++)
			if (compare(q->type, m->cuts[i], value) == 0) return UINT64_C(1) << (2 * i + 1);
		return 0;
	}
	if (str_eq(value, S("true"))) return 1;
	if (str_eq(value, S("false"))) return 2;
	if (!str_i64(value, &whole)) return 0;
	if (!survey_scale(q, &least, &most)) least = 1;
	return whole < least || whole - least > 40 ? 0 : UINT64_C(1) << (whole - least);
}

static uint64_t bits_of(const struct survey_question *q, const struct domain *m, str values)
{
	uint64_t bits = 0;
	for (str rest = values; str_given(rest) && rest.n;) bits |= bit_of(q, m, str_trim(str_cut(&rest, ',')));
	return bits & m->all;
}

static uint64_t holds_for(const struct survey_question *q, const struct domain *m, const struct survey_condition *c)
{
	uint64_t bit = bit_of(q, m, str_given(c->value) ? str_trim(c->value) : S(""));
	switch (c->test) {
	case SURVEY_IS: return bits_of(q, m, c->value);
	case SURVEY_IS_NOT: return m->all & ~bits_of(q, m, c->value) & ~BLANK;
	case SURVEY_AT_LEAST: return bit ? m->all & ~(bit - 1) & ~BLANK : 0;
	case SURVEY_AT_MOST: return bit ? m->all & (bit | (bit - 1)) : 0;
	case SURVEY_HAS_ANSWER: return m->all & ~BLANK;
	default: return BLANK;
	}
}

/* Two bits an option: it may be left, it may be chosen. Either alternative, of what makes a condition hold (or fail). */
static size_t several(const struct domain *m, const struct survey_condition *c, bool holding, uint64_t *out)
{
	uint64_t none = m->all;
	size_t n = 0;
	int64_t option;
	bool is_is = c->test == SURVEY_IS;
	if (c->test == SURVEY_HAS_ANSWER || c->test == SURVEY_HAS_NONE) {
		bool answered = (c->test == SURVEY_HAS_ANSWER) == holding;
		out[n++] = answered ? m->all & ~BLANK : m->all & ~GIVEN & ~CHOSEN;
		return n;
	}
	for (str rest = c->value; str_given(rest) && rest.n;) {
		if (!str_i64(str_trim(str_cut(&rest, ',')), &option) || option < 1 || option > SURVEY_OPTIONS) continue;
		if (is_is == holding && n + 1 < ALTERNATIVES) out[n++] = m->all & ~BLANK & ~(UINT64_C(1) << (2 * (option - 1)));
		none &= ~(UINT64_C(1) << (2 * (option - 1) + 1));
	}
	if (is_is && !holding) out[n++] = none;
	if (!is_is && holding) out[n++] = none & ~BLANK;
	if (!is_is && !holding) out[n++] = m->all & ~GIVEN & ~CHOSEN;
	return n;
}

static size_t alternatives(const struct walk *w, size_t of, const struct survey_condition *c, bool holding, uint64_t *out)
{
	const struct domain *m = &w->domains[of];
	if (m->is_several) return several(m, c, holding, out);
	uint64_t bits = holds_for(&w->d->questions.v[of], m, c);
	out[0] = holding ? bits : m->all & ~bits;
	return 1;
}

static bool is_possible(const struct domain *m, uint64_t may)
{
	if (!m->is_several) return may != 0;
	uint64_t decided = (may | may >> 1) & LEFT;
	bool is_blank = (may & BLANK) && (may & LEFT) == (m->all & LEFT), is_given = (may & GIVEN) && (may & CHOSEN & m->all);
	return decided == (m->all & LEFT) && (is_blank || is_given);
}

/* ---- states ---- */

static void add(struct walk *w, struct states *into, const struct state *s)
{
	enum { FIRST = 8 };
	size_t more = into->cap ? into->cap * 2 : FIRST;
	if (into->n == into->cap) {
		into->v = arena_grow(w->arena, into->v, into->cap * sizeof *s, more * sizeof *s);
		into->cap = more;
	}
	into->v[into->n++] = *s;
}

static uint64_t blank_of(const struct domain *m)
{
	return m->is_several ? m->all & ~GIVEN & ~CHOSEN : BLANK;
}

/* from: the questions before `to` from there on are not asked. */
static void push(struct walk *w, size_t from, size_t to, const struct state *s)
{
	struct states *into = &w->at[to];
	struct state x = *s;
	for (size_t i = from; i < to; i++) x.may[i] = blank_of(&w->domains[i]);
	for (size_t i = 0; i < w->d->questions.n; i++)
		if (w->domains[i].last_use < to || into->n >= STATES_MOST) x.may[i] = w->domains[i].all;
	for (size_t i = 0; i < into->n; i++)
		if (memcmp(&into->v[i], &x, sizeof x) == 0) return;
	if (into->n <= STATES_MOST) add(w, into, &x);
}

/* The states in which all conditions hold, and those in which one does not. */
static void split(struct walk *w, const struct state *s, const struct survey_condition *v, size_t n, size_t before, struct states *yes, struct states *no)
{
	uint64_t either[ALTERNATIVES];
	if (!n) {
		add(w, yes, s);
		return;
	}
	size_t of = survey__find(w->d, v->question);
	if (of >= before) { /* nothing that was asked: it never holds */
		add(w, no, s);
		return;
	}
	for (int holding = 1; holding >= 0; holding--)
		for (size_t k = 0, m = alternatives(w, of, v, holding, either); k < m; k++) {
			struct state x = *s;
			x.may[of] &= either[k];
			if (!is_possible(&w->domains[of], x.may[of])) continue;
			if (holding) split(w, &x, v + 1, n - 1, before, yes, no);
			else add(w, no, &x);
		}
}

static void ask(struct walk *w, size_t i, struct states from)
{
	const struct survey_question *q = &w->d->questions.v[i];
	for (size_t k = 0; q->is_required && k < from.n; k++) from.v[k].may[i] &= ~BLANK;
	for (size_t r = 0; r < q->skips.n; r++) {
		struct states gone = {0}, left = {0};
		size_t to = str_eq(q->skips.v[r].to, S("end")) ? w->d->questions.n : survey__find(w->d, q->skips.v[r].to);
		for (size_t k = 0; k < from.n; k++) split(w, &from.v[k], q->skips.v[r].when.v, q->skips.v[r].when.n, i + 1, &gone, &left);
		for (size_t k = 0; k < gone.n; k++) push(w, i + 1, to > i ? to : i + 1, &gone.v[k]);
		from = left;
	}
	for (size_t k = 0; k < from.n; k++) push(w, i + 1, i + 1, &from.v[k]);
}

static void prepare(struct walk *w)
{
	const struct survey_definition *d = w->d;
	struct state first;
	memset(&first, 0, sizeof first);
	for (size_t i = 0; i < d->questions.n; i++) {
		const struct survey_question *q = &d->questions.v[i];
		for (size_t k = 0; k < q->show_if.n; k++) note_use(w, &q->show_if.v[k], i);
		for (size_t r = 0; r < q->skips.n; r++)
			for (size_t k = 0; k < q->skips.v[r].when.n; k++) note_use(w, &q->skips.v[r].when.v[k], i);
	}
	for (size_t i = 0; i < d->questions.n; i++) {
		w->domains[i].is_several = d->questions.v[i].type == SURVEY_CHOICES;
		first.may[i] = w->domains[i].all = all_of(w->arena, &d->questions.v[i], &w->domains[i]);
	}
	push(w, 0, 0, &first);
}

void survey__reach(struct arena *a, const struct survey_definition *d, bool *reached)
{
	struct walk w = {.arena = a, .d = d, .reached = reached};
	w.domains = ARENA_ARRAY(a, struct domain, d->questions.n + 1);
	w.at = ARENA_ARRAY(a, struct states, d->questions.n + 1);
	prepare(&w);
	for (size_t i = 0; i < d->questions.n; i++) {
		const struct survey_question *q = &d->questions.v[i];
		struct states yes = {0}, no = {0};
		for (size_t k = 0; k < w.at[i].n; k++) split(&w, &w.at[i].v[k], q->show_if.v, q->show_if.n, i, &yes, &no);
		reached[i] = yes.n > 0;
		for (size_t k = 0; k < no.n; k++) push(&w, i, i + 1, &no.v[k]);
		ask(&w, i, yes);
	}
}
