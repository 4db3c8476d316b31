/* What ranked texts are found by. A word gives itself and its first six letters, marked; a run of letters without spaces gives
 * all pairs of neighbours (Chinese, Japanese) or threes (Thai and its like, whose letters say less). */
#include "base/arena.h"
#include "base/utf8.h"
#include "search/inner.h"
#include "text/fold.h"
#include "text/words.h"

enum { PREFIX_LETTERS = 6, MARK = '^' };

struct cut {
	const struct folded *t;
	search__gram_fn *give;
	void *arg;
	char token[SEARCH__TOKEN_BYTES];
};

bool search__is_prefix(str token)
{
	return token.n > 0 && token.p[0] == MARK;
}

static int put(struct cut *c, size_t from, size_t to, size_t most, bool is_prefix)
{
	int n = 0;
	size_t letters = 0;
	if (is_prefix) c->token[n++] = MARK;
	for (size_t i = from; i < to && letters < most && n + 4 < SEARCH__TOKEN_BYTES; i++)
		if (c->t->c[i] != '\'') n += (int)utf8_put(c->t->c[i], c->token + n), letters++;
	return letters ? c->give(c->arg, c->token, n, (int)c->t->at[from], (int)c->t->at[to], is_prefix) : 0;
}

static size_t gram_of(uint32_t letter)
{
	bool is_han_or_kana = letter >= 0x2e80 && letter < 0xac00; /* the other joined scripts lie below */
	return is_han_or_kana || letter >= 0x20000 ? 2 : 3;
}

static int put_run(struct cut *c, size_t from, size_t to)
{
	size_t n = gram_of(c->t->c[from]);
	if (to - from <= n) return put(c, from, to, n, false);
	int stopped = 0;
	for (size_t i = from; i + n <= to && !stopped; i++) stopped = put(c, i, i + n, n, false);
	return stopped;
}

static bool is_word_letter(const struct folded *t, size_t i)
{
	if (t->class[i] == FOLD_LETTER) return !words_are_joined(t->c[i]);
	return t->c[i] == '\'' && i + 1 < t->n && t->class[i + 1] == FOLD_LETTER;
}

int search__grams(str text, search__gram_fn *give, void *arg)
{
	struct arena a = {0};
	struct folded t;
	int stopped = 0;
	fold(&a, text, &t);
	struct cut c = {.t = &t, .give = give, .arg = arg};
	for (size_t i = 0; i < t.n && !stopped;) {
		size_t from = i++;
		if (t.class[from] != FOLD_LETTER) continue;
		if (words_are_joined(t.c[from])) {
			while (i < t.n && t.class[i] == FOLD_LETTER && words_are_joined(t.c[i]) && gram_of(t.c[i]) == gram_of(t.c[from])) i++;
			stopped = put_run(&c, from, i);
			continue;
		}
		while (i < t.n && is_word_letter(&t, i)) i++;
		stopped = put(&c, from, i, SIZE_MAX, false) || put(&c, from, i, PREFIX_LETTERS, true);
	}
	arena_release(&a);
	return stopped;
}
