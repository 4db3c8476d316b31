/* A token is a folded word (text/fold.h, which asks ICU); in scripts without spaces (Thai, Chinese, Japanese) it is one
 * letter, and a word is a phrase of them: what is looked for is found wherever it stands, however a dictionary would have cut
 * the text around it. */
#include "base/arena.h"
#include "base/utf8.h"
#include "search/search.h"
#include "text/fold.h"
#include "text/words.h"

enum { TOKEN_BYTES = 256 };

struct cutting {
	const struct folded *t;
	char token[TOKEN_BYTES];
};

static int give_run(struct cutting *c, size_t from, size_t to, int (*give)(void *arg, const char *token, int n, int from, int to), void *arg)
{
	int n = 0;
	for (size_t i = from; i < to && n + 4 < TOKEN_BYTES; i++)
		if (c->t->c[i] != '\'') n += (int)utf8_put(c->t->c[i], c->token + n);
	return n ? give(arg, c->token, n, (int)c->t->at[from], (int)c->t->at[to]) : 0;
}

int search_tokens(str text, int (*give)(void *arg, const char *token, int n, int from, int to), void *arg)
{
	struct arena a = {0};
	struct folded t;
	struct cutting c = {.t = &t};
	int stopped = 0;
	fold(&a, text, &t);
	for (size_t i = 0; i < t.n && !stopped;) {
		size_t from = i++;
		if (t.class[from] != FOLD_LETTER) continue;
		bool is_joined = words_are_joined(t.c[from]);
		while (!is_joined && i < t.n && !words_are_joined(t.c[i]) && (t.class[i] == FOLD_LETTER || (t.c[i] == '\'' && i + 1 < t.n && t.class[i + 1] == FOLD_LETTER))) i++;
		stopped = give_run(&c, from, i, give, arg);
	}
	arena_release(&a);
	return stopped;
}
