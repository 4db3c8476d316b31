/* BM25 over the tables of ranked.c. Words are looked up first: what most texts have is left out before anything of it is read. */
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "op/app.h"
#include "search/inner.h"

enum { TOKENS_MOST = 400, SLIP_LETTERS = 4, LONG_LETTERS = 8, SLIPS_MOST = 3, LETTERS_MOST = 40, COMMON_LEAST = 50, COMMON_SHARE = 5 };
#define K1 1.2
#define B 0.75

/* ---- what is looked for ---- */
struct wanted {
	str word;
	int64_t number, texts; /* texts: 0 when none has it */
};
struct ranking {
	struct arena *a;
	struct search *s;
	int64_t language, n_texts;
	double mean_length;
	struct wanted v[TOKENS_MOST];
	size_t n;
	double *scores; /* by a text's number */
	VEC(uint32_t) found;
};

static bool add_token(struct ranking *r, str token)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->v[i].word, token)) return true;
	if (r->n == TOKENS_MOST) return false;
	r->v[r->n++].word = str_dup(r->a, token);
	return true;
}

static int add(void *arg, const char *token, int n, int from, int to, bool is_same_place)
{
	(void)from, (void)to, (void)is_same_place;
	return !add_token(arg, (str){token, (size_t)n});
}

static bool look_up(struct ranking *r, struct wanted *w)
{
	sqlite3_stmt *q = search__ask(r->s, SEARCH__WORD, &r->language, 1);
	if (!search__bind_text(q, 2, w->word)) return false;
	int step = sqlite3_step(q);
	if (step == SQLITE_ROW) w->number = sqlite3_column_int64(q, 0), w->texts = sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return step == SQLITE_ROW || step == SQLITE_DONE;
}

/* ---- slips of the keys ---- */
struct letters {
	uint32_t v[LETTERS_MOST];
	size_t n;
	uint64_t set; /* of letters, by their last six bits */
};

static struct letters letters_of(str s)
{
	struct letters out = {.n = 0};
	for (size_t at = 0; at < s.n && out.n < LETTERS_MOST; out.n++) {
		out.v[out.n] = utf8_next(s, &at);
		out.set |= UINT64_C(1) << (out.v[out.n] & 63);
	}
	return out;
}

/* A change takes at most one letter out of the set and puts at most one into it. */
static bool may_be_near(const struct letters *a, const struct letters *b, size_t most)
{
	return (size_t)__builtin_popcountll(a->set & ~b->set) <= most && (size_t)__builtin_popcountll(b->set & ~a->set) <= most;
}

/* Damerau's distance (letters missing, added, changed, or two changed about), most + 1 when it is more than most. */
static size_t distance(const uint32_t *a, size_t n, const uint32_t *b, size_t m, size_t most)
{
	size_t rows[3][LETTERS_MOST + 1];
	if ((n > m ? n - m : m - n) > most) return most + 1;
	for (size_t k = 0; k <= m; k++) rows[0][k] = k;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3], least = now[0] = i;
		for (size_t k = 1; k <= m; k++) {
			size_t d = last[k - 1] + (a[i - 1] != b[k - 1]);
			if (last[k] + 1 < d) d = last[k] + 1;
			if (now[k - 1] + 1 < d) d = now[k - 1] + 1;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] && before[k - 2] + 1 < d) d = before[k - 2] + 1;
			now[k] = d;
			if (d < least) least = d;
		}
		if (least > most) return most + 1;
	}
	return rows[n % 3][m];
}

struct slip {
	str word;
	size_t distance;
	int64_t number, texts;
};

static int by_likeness(const void *x, const void *y)
{
	const struct slip *a = x, *b = y;
	if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
	return (a->texts < b->texts) - (a->texts > b->texts);
}

static bool count_texts(struct ranking *r, struct slip *slips, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sqlite3_stmt *q = search__ask(r->s, SEARCH__WORD_TEXTS, &slips[i].number, 1);
		if (!q || sqlite3_step(q) != SQLITE_ROW) return false;
		slips[i].texts = sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
	}
	return true;
}

/* Words of the texts that begin with the same letter and are few slips away: the likeliest. */
static bool add_slips(struct ranking *r, str word)
{
	struct letters want = letters_of(word);
	size_t most = want.n >= LONG_LETTERS ? 2 : 1;
	char first[4], after[4];
	VEC(struct slip) slips = {0};
	if (want.n < SLIP_LETTERS) return true;
	sqlite3_stmt *q = search__ask(r->s, SEARCH__WORDS, &r->language, 1);
	if (!search__bind_text(q, 2, (str){first, utf8_put(want.v[0], first)}) || !search__bind_text(q, 3, (str){after, utf8_put(want.v[0] + 1, after)})) return false;
	while (slips.n < TOKENS_MOST && sqlite3_step(q) == SQLITE_ROW) {
		str term = {(const char *)sqlite3_column_text(q, 0), (size_t)sqlite3_column_bytes(q, 0)};
		struct letters have = letters_of(term);
		if (!may_be_near(&want, &have, most)) continue;
		size_t d = distance(want.v, want.n, have.v, have.n, most);
		if (d <= most) VEC_PUSH(&slips, r->a, ((struct slip){str_dup(r->a, term), d, sqlite3_column_int64(q, 1), 0}));
	}
	sqlite3_reset(q);
	if (!count_texts(r, slips.v, slips.n)) return false;
	if (slips.n > 1) qsort(slips.v, slips.n, sizeof *slips.v, by_likeness);
	for (size_t i = 0; i < slips.n && i < SLIPS_MOST; i++) (void)add_token(r, slips.v[i].word);
	return true;
}

/* ---- scoring ---- */

/* What most texts have says little and costs most: it is left out where there are enough texts to tell. */
static bool says_little(const struct ranking *r, int64_t texts)
{
	return texts > COMMON_LEAST && texts * COMMON_SHARE > r->n_texts;
}

static bool gather(struct ranking *r, struct search_hits *out)
{
	size_t asked = r->n;
	out->words = ARENA_ARRAY(r->a, str, TOKENS_MOST);
	for (size_t i = 0; i < r->n; i++) {
		struct wanted *w = &r->v[i];
		bool is_prefix = search__is_prefix(w->word);
		if (!look_up(r, w)) return false;
		if (!w->texts && i < asked && !is_prefix && !add_slips(r, w->word)) return false;
		if (w->texts && !says_little(r, w->texts) && !is_prefix) out->words[out->n_words++] = w->word;
	}
	return true;
}

static bool score_word(struct ranking *r, const struct wanted *w, size_t n_scores)
{
	sqlite3_stmt *q = search__ask(r->s, SEARCH__POSTS, &w->number, 1);
	double idf = log(1 + ((double)(r->n_texts - w->texts) + 0.5) / ((double)w->texts + 0.5)) * (K1 + 1), by_length = K1 * B / r->mean_length;
	int step = SQLITE_ERROR;
	while (q && (step = sqlite3_step(q)) == SQLITE_ROW) {
		size_t text = (size_t)sqlite3_column_int64(q, 0);
		double times = sqlite3_column_int(q, 1), length = sqlite3_column_int(q, 2);
		if (text >= n_scores) continue;
		if (r->scores[text] == 0) VEC_PUSH(&r->found, r->a, (uint32_t)text);
		r->scores[text] += idf * times / (times + K1 * (1 - B) + by_length * length);
	}
	if (q) sqlite3_reset(q);
	return step == SQLITE_DONE;
}

static bool score_all(struct ranking *r)
{
	sqlite3_stmt *q = search__ask(r->s, SEARCH__TEXT_LAST, NULL, 0);
	if (!q || sqlite3_step(q) != SQLITE_ROW) return false;
	size_t n = (size_t)sqlite3_column_int64(q, 0) + 1;
	sqlite3_reset(q);
	r->scores = ARENA_ARRAY(r->a, double, n);
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].texts && !says_little(r, r->v[i].texts) && !score_word(r, &r->v[i], n)) return false;
	return true;
}

static bool is_better(struct search_hit a, struct search_hit b)
{
	return a.score != b.score ? a.score > b.score : a.of < b.of;
}

/* Few are wanted of many: each takes its place among the best so far. */
static size_t pick_best(const struct ranking *r, size_t most, struct search_hit *best)
{
	size_t n = 0;
	for (size_t i = 0; i < r->found.n; i++) {
		struct search_hit hit = {r->found.v[i], r->scores[r->found.v[i]]};
		if (n == most && (n == 0 || !is_better(hit, best[n - 1]))) continue;
		size_t at = n < most ? n++ : n - 1;
		for (; at > 0 && is_better(hit, best[at - 1]); at--) best[at] = best[at - 1];
		best[at] = hit;
	}
	return n;
}

static bool give_best(struct ranking *r, size_t most, struct search_hits *out)
{
	out->n = pick_best(r, most, out->v);
	for (size_t i = 0; i < out->n; i++) {
		sqlite3_stmt *q = search__ask(r->s, SEARCH__TEXT_ID, &out->v[i].of, 1);
		if (!q || sqlite3_step(q) != SQLITE_ROW) return false;
		out->v[i].of = sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
	}
	return true;
}

static bool read_language(struct ranking *r, int64_t kind, str language)
{
	sqlite3_stmt *q = search__ask(r->s, SEARCH__LANGUAGE, &kind, 1);
	if (!search__bind_text(q, 2, language)) return false;
	int step = sqlite3_step(q);
	if (step == SQLITE_ROW) {
		r->language = sqlite3_column_int64(q, 0);
		r->n_texts = sqlite3_column_int64(q, 1);
		r->mean_length = r->n_texts > 0 ? sqlite3_column_double(q, 2) / (double)r->n_texts : 0;
	}
	sqlite3_reset(q);
	return step == SQLITE_ROW || step == SQLITE_DONE;
}

static bool rank(struct op *op, struct search *s, enum search_kind kind, str language, str text, size_t most, struct search_hits *out)
{
	struct ranking *r = ARENA_NEW(&op->arena, struct ranking);
	r->a = &op->arena;
	r->s = s;
	search__grams(text, add, r);
	if (!r->n) return true;
	if (!read_language(r, kind, search__language_key(r->a, language))) return false;
	if (r->mean_length <= 0) return true; /* no text of this language */
	return gather(r, out) && score_all(r) && give_best(r, most, out);
}

enum err search_rank(struct op *op, enum search_kind kind, str language, str text, size_t most, struct search_hits *out)
{
	struct search *s = op->app->search;
	enum err e = OK;
	if (most > SEARCH_RANKED_MOST) most = SEARCH_RANKED_MOST;
	*out = (struct search_hits){.v = ARENA_ARRAY(&op->arena, struct search_hit, most + 1)};
	pthread_mutex_lock(&s->lock);
	if (!search__open(s) || !search__run(s->db, "BEGIN")) e = fail(op, ERR_NOT_READY, "q", "the search index is being made: try again in a moment");
	else if (!rank(op, s, kind, language, text, most, out)) e = fail(op, ERR_INTERNAL, "q", "the index cannot be read: %s", sqlite3_errmsg(s->db));
	search__rest_statements(s);
	if (s->db) (void)search__run(s->db, "COMMIT");
	pthread_mutex_unlock(&s->lock);
	return e;
}
