/* Ranked texts lie in a table a language, KIND_LANGUAGE, so that a word is rare or common among texts of its own language.
 * FTS5 keeps where each token stands, which its vocabulary tells; KIND_LANGUAGE_size keeps how long each text is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "op/app.h"
#include "search/inner.h"

enum { LANGUAGE_BYTES = 16, TITLE_TIMES = 3, TOKENS_MOST = 400, SLIP_LETTERS = 4, LONG_LETTERS = 8, SLIPS_MOST = 3, LETTERS_MOST = 40, TABLE_BYTES = 64, COMMON_LEAST = 50, COMMON_SHARE = 5, LIKELIEST_TIMES = 4, LIKELIEST_LEAST = 200 };
#define K1 1.2
#define B 0.75

/* ---- the tokenizer ---- */
struct giving {
	void *arg;
	int (*token)(void *arg, int flags, const char *token, int n, int from, int to);
};

static int tokenizer_make(void *arg, const char **words, int n, Fts5Tokenizer **out)
{
	static char nothing;
	(void)arg, (void)words, (void)n;
	*out = (Fts5Tokenizer *)&nothing;
	return SQLITE_OK;
}

static void tokenizer_free(Fts5Tokenizer *t)
{
	(void)t;
}

static int give(void *arg, const char *token, int n, int from, int to, bool is_same_place)
{
	const struct giving *g = arg;
	return g->token(g->arg, is_same_place ? FTS5_TOKEN_COLOCATED : 0, token, n, from, to);
}

/* A query is cut already, each token by itself between quotes. */
static int tokenize(Fts5Tokenizer *t, void *arg, int flags, const char *text, int n, int (*token)(void *, int, const char *, int, int, int))
{
	struct giving g = {arg, token};
	(void)t;
	if (flags & FTS5_TOKENIZE_QUERY) return token(arg, 0, text, n, 0, n);
	return search__grams((str){text, text ? (size_t)n : 0}, give, &g);
}

bool search__add_ranked_tokenizer(fts5_api *api)
{
	fts5_tokenizer ours = {tokenizer_make, tokenizer_free, tokenize};
	return api->xCreateTokenizer(api, "ranked", NULL, &ours, NULL) == SQLITE_OK;
}

/* ---- tables ---- */
static const char *table_of(char room[TABLE_BYTES], const char *kind, str language)
{
	char name[LANGUAGE_BYTES + 1];
	size_t n = 0;
	for (size_t i = 0; i < language.n && n < LANGUAGE_BYTES; i++) {
		char c = language.p[i];
		if (c >= 'A' && c <= 'Z') c |= 32;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) name[n++] = c;
		else if (c == '-') name[n++] = '_';
	}
	name[n] = 0;
	snprintf(room, TABLE_BYTES, "%s_%s", kind, n ? name : "und");
	return room;
}

static bool for_tables(sqlite3 *db, const char *kind, bool (*act)(sqlite3 *db, const char *table, void *arg), void *arg)
{
	char sql[SEARCH__STATEMENT_BYTES], names[64][TABLE_BYTES];
	size_t n = 0;
	sqlite3_stmt *s = NULL;
	snprintf(sql, sizeof sql, "SELECT name FROM sqlite_schema WHERE name GLOB '%s_*' AND sql LIKE '%%USING fts5(%%'", kind);
	bool ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK;
	while (ok && n < COUNT_OF(names) && sqlite3_step(s) == SQLITE_ROW) snprintf(names[n++], sizeof names[0], "%s", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	for (size_t i = 0; ok && i < n; i++) ok = act(db, names[i], arg);
	return ok;
}

static bool take_out(sqlite3 *db, const char *table, void *arg)
{
	char sql[SEARCH__STATEMENT_BYTES];
	long long of = *(const id *)arg;
	snprintf(sql, sizeof sql, "DELETE FROM %s WHERE rowid = %lld; DELETE FROM %s_size WHERE id = %lld", table, of, table, of);
	return search__run(db, sql);
}

static bool optimize(sqlite3 *db, const char *table, void *arg)
{
	char sql[SEARCH__STATEMENT_BYTES];
	(void)arg;
	snprintf(sql, sizeof sql, "INSERT INTO %s (%s) VALUES ('optimize')", table, table);
	return search__run(db, sql);
}

static bool drop(sqlite3 *db, const char *table, void *arg)
{
	char sql[SEARCH__STATEMENT_BYTES];
	(void)arg;
	snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS %s_words; DROP TABLE IF EXISTS %s_terms; DROP TABLE IF EXISTS %s_size; DROP TABLE %s", table, table, table, table);
	return search__run(db, sql);
}

bool search__optimize_ranked(sqlite3 *db, const char *kind)
{
	return for_tables(db, kind, optimize, NULL);
}

bool search__empty_ranked(sqlite3 *db, const char *kind)
{
	return for_tables(db, kind, drop, NULL);
}

static int count(void *arg, const char *token, int n, int from, int to, bool is_same_place)
{
	(void)token, (void)n, (void)from, (void)to;
	*(int64_t *)arg += !is_same_place;
	return 0;
}

/* A title says more than a text: it stands there several times. */
static str with_title(struct arena *a, const struct search__noted *x)
{
	str text = x->text;
	for (int i = 0; i < TITLE_TIMES && x->title.n; i++) text = str_fmt(a, "%.*s\n%.*s", STR_ARG(x->title), STR_ARG(text));
	return text;
}

bool search__write_ranked(sqlite3 *db, const char *kind, const struct search__noted *x, bool *has_removed)
{
	char table[TABLE_BYTES], sql[SEARCH__STATEMENT_BYTES];
	sqlite3_stmt *s = NULL;
	struct arena a = {0};
	id of = x->of;
	int before = sqlite3_total_changes(db);
	if (!for_tables(db, kind, take_out, &of)) return false;
	if (sqlite3_total_changes(db) > before) *has_removed = true;
	if (!x->is_there) return true;
	table_of(table, kind, x->language);
	snprintf(sql, sizeof sql, "CREATE VIRTUAL TABLE IF NOT EXISTS %s USING fts5(text, tokenize='ranked')", table);
	if (!search__run(db, sql)) return false;
	snprintf(sql, sizeof sql, "CREATE VIRTUAL TABLE IF NOT EXISTS %s_words USING fts5vocab(%s, 'instance'); CREATE VIRTUAL TABLE IF NOT EXISTS %s_terms USING fts5vocab(%s, 'row')", table, table, table, table);
	if (!search__run(db, sql)) return false;
	snprintf(sql, sizeof sql, "CREATE TABLE IF NOT EXISTS %s_size (id INTEGER PRIMARY KEY, tokens INTEGER NOT NULL)", table);
	if (!search__run(db, sql)) return false;
	int64_t tokens = 0;
	str text = with_title(&a, x);
	search__grams(text, count, &tokens);
	snprintf(sql, sizeof sql, "INSERT INTO %s_size VALUES (%lld, %lld)", table, (long long)x->of, (long long)tokens);
	if (!search__run(db, sql)) return false;
	snprintf(sql, sizeof sql, "INSERT INTO %s (rowid, text) VALUES (?1, ?2)", table);
	bool ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_bind_int64(s, 1, x->of) == SQLITE_OK && sqlite3_bind_text(s, 2, text.p, (int)text.n, SQLITE_STATIC) == SQLITE_OK &&
	          sqlite3_step(s) == SQLITE_DONE;
	sqlite3_finalize(s);
	arena_release(&a);
	return ok;
}

/* ---- what is looked for ---- */
struct tokens {
	struct arena *a;
	str v[TOKENS_MOST];
	size_t n;
};

static bool add_token(struct tokens *t, str token)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->v[i], token)) return true;
	if (t->n == TOKENS_MOST) return false;
	t->v[t->n++] = str_dup(t->a, token);
	return true;
}

static int add(void *arg, const char *token, int n, int from, int to, bool is_same_place)
{
	(void)from, (void)to, (void)is_same_place;
	return !add_token(arg, (str){token, (size_t)n});
}

static size_t letters_of(str s, uint32_t out[LETTERS_MOST])
{
	size_t n = 0;
	for (size_t at = 0; at < s.n && n < LETTERS_MOST;) out[n++] = utf8_next(s, &at);
	return n;
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
	int64_t texts;
};

static int by_likeness(const void *x, const void *y)
{
	const struct slip *a = x, *b = y;
	if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
	return (a->texts < b->texts) - (a->texts > b->texts);
}

/* Words of the texts that begin with the same letter and are few slips away: the likeliest. */
static void add_slips(sqlite3 *db, const char *table, struct tokens *t, str word)
{
	uint32_t want[LETTERS_MOST], have[LETTERS_MOST];
	size_t n = letters_of(word, want), most = n >= LONG_LETTERS ? 2 : 1;
	char sql[SEARCH__STATEMENT_BYTES];
	sqlite3_stmt *s = NULL;
	VEC(struct slip) found = {0};
	if (n < SLIP_LETTERS) return;
	snprintf(sql, sizeof sql, "SELECT term, doc FROM %s_terms WHERE term >= ?1 AND term < ?2", table);
	char first[8], after[8];
	int first_n = (int)utf8_put(want[0], first), after_n = (int)utf8_put(want[0] + 1, after);
	bool ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_bind_text(s, 1, first, first_n, SQLITE_STATIC) == SQLITE_OK &&
	          sqlite3_bind_text(s, 2, after, after_n, SQLITE_STATIC) == SQLITE_OK;
	while (ok && sqlite3_step(s) == SQLITE_ROW) {
		str term = {(const char *)sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0)};
		size_t m = letters_of(term, have), d = distance(want, n, have, m, most);
		if (d <= most && found.n < TOKENS_MOST) VEC_PUSH(&found, t->a, ((struct slip){str_dup(t->a, term), d, sqlite3_column_int64(s, 1)}));
	}
	sqlite3_finalize(s);
	if (found.n > 1) qsort(found.v, found.n, sizeof *found.v, by_likeness);
	for (size_t i = 0; i < found.n && i < SLIPS_MOST; i++) (void)add_token(t, found.v[i].word);
}

/* ---- scoring ----
 * A token's instances come text by text. What is found is gathered over all tokens, scored a text at a time as if all texts
 * were of one length, and the likeliest are then scored by their own. FTS5's own bm25() looks at every phrase for every text
 * that has any of them, which took ten times as long. */
struct posting {
	id of;
	uint32_t token;
	uint32_t times;
};
struct scored {
	size_t first, n; /* of its postings */
	struct search_hit hit;
};
struct scoring {
	struct arena *a;
	int64_t n_texts;
	double mean_length, idf[TOKENS_MOST];
	VEC(struct posting) postings;
};

static bool read_sizes(sqlite3 *db, const char *table, struct scoring *x)
{
	char sql[SEARCH__STATEMENT_BYTES];
	sqlite3_stmt *s = NULL;
	snprintf(sql, sizeof sql, "SELECT count(*), avg(tokens) FROM %s_size", table);
	bool ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
	if (ok) x->n_texts = sqlite3_column_int64(s, 0), x->mean_length = sqlite3_column_double(s, 1);
	sqlite3_finalize(s);
	return ok && x->n_texts > 0 && x->mean_length > 0;
}

/* What most texts have says little and costs most: it is left out where there are enough texts to tell. */
static bool says_little(const struct scoring *x, int64_t texts)
{
	return texts > COMMON_LEAST && texts * COMMON_SHARE > x->n_texts;
}

/* In how many texts it stands. */
static int64_t add_postings(sqlite3_stmt *s, struct scoring *x, str token, uint32_t number)
{
	size_t before = x->postings.n;
	int64_t n = 0;
	sqlite3_reset(s);
	if (sqlite3_bind_text(s, 1, token.p, (int)token.n, SQLITE_STATIC) != SQLITE_OK) return 0;
	while (sqlite3_step(s) == SQLITE_ROW) {
		id of = sqlite3_column_int64(s, 0);
		if (n && x->postings.v[x->postings.n - 1].of == of) {
			x->postings.v[x->postings.n - 1].times++;
			continue;
		}
		if (says_little(x, ++n)) break;
		VEC_PUSH(&x->postings, x->a, ((struct posting){of, number, 1}));
	}
	x->idf[number] = log(1 + ((double)(x->n_texts - n) + 0.5) / ((double)n + 0.5));
	if (says_little(x, n)) x->postings.n = before;
	return n;
}

static bool gather(sqlite3 *db, const char *table, struct tokens *t, struct scoring *x, struct search_hits *out)
{
	char sql[SEARCH__STATEMENT_BYTES];
	sqlite3_stmt *s = NULL;
	snprintf(sql, sizeof sql, "SELECT doc FROM %s_words WHERE term = ?1", table);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) return false;
	out->words = ARENA_ARRAY(t->a, str, TOKENS_MOST);
	size_t asked = t->n;
	for (size_t i = 0; i < t->n; i++) {
		int64_t texts = add_postings(s, x, t->v[i], (uint32_t)i);
		bool is_prefix = search__is_prefix(t->v[i]);
		if (!texts && i < asked && !is_prefix) add_slips(db, table, t, t->v[i]);
		if (texts && !says_little(x, texts) && !is_prefix) out->words[out->n_words++] = t->v[i];
	}
	sqlite3_finalize(s);
	return true;
}

static int by_text(const void *x, const void *y)
{
	const struct posting *a = x, *b = y;
	return (a->of > b->of) - (a->of < b->of);
}

static int by_score(const void *x, const void *y)
{
	const struct scored *a = x, *b = y;
	if (a->hit.score != b->hit.score) return a->hit.score > b->hit.score ? -1 : 1;
	return (a->hit.of > b->hit.of) - (a->hit.of < b->hit.of);
}

static double score_of(const struct scoring *x, const struct scored *of, double length)
{
	double score = 0;
	for (size_t i = of->first; i < of->first + of->n; i++) {
		const struct posting *p = &x->postings.v[i];
		score += x->idf[p->token] * (double)p->times * (K1 + 1) / ((double)p->times + K1 * (1 - B + B * length / x->mean_length));
	}
	return score;
}

static size_t score_all(struct scoring *x, struct scored **out)
{
	size_t n = 0;
	if (x->postings.n > 1) qsort(x->postings.v, x->postings.n, sizeof *x->postings.v, by_text);
	struct scored *texts = ARENA_ARRAY(x->a, struct scored, x->postings.n + 1);
	for (size_t i = 0; i < x->postings.n; i++) {
		if (n == 0 || texts[n - 1].hit.of != x->postings.v[i].of) texts[n++] = (struct scored){i, 0, {x->postings.v[i].of, 0}};
		texts[n - 1].n++;
	}
	for (size_t i = 0; i < n; i++) texts[i].hit.score = score_of(x, &texts[i], x->mean_length);
	if (n > 1) qsort(texts, n, sizeof *texts, by_score);
	*out = texts;
	return n;
}

static bool score_by_length(sqlite3 *db, const char *table, const struct scoring *x, struct scored *texts, size_t n)
{
	char sql[SEARCH__STATEMENT_BYTES];
	sqlite3_stmt *s = NULL;
	snprintf(sql, sizeof sql, "SELECT tokens FROM %s_size WHERE id = ?1", table);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) return false;
	for (size_t i = 0; i < n; i++) {
		sqlite3_reset(s);
		if (sqlite3_bind_int64(s, 1, texts[i].hit.of) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) texts[i].hit.score = score_of(x, &texts[i], sqlite3_column_double(s, 0));
	}
	sqlite3_finalize(s);
	if (n > 1) qsort(texts, n, sizeof *texts, by_score);
	return true;
}

static enum err rank(struct op *op, struct search *s, enum search_kind kind, str language, str text, size_t most, struct search_hits *out)
{
	char table[TABLE_BYTES];
	struct tokens *t = ARENA_NEW(&op->arena, struct tokens);
	struct scoring *x = ARENA_NEW(&op->arena, struct scoring);
	struct scored *texts;
	t->a = x->a = &op->arena;
	table_of(table, search__kind_name(kind), language);
	search__grams(text, add, t);
	if (!t->n || !read_sizes(s->db, table, x)) return OK; /* no text of this language */
	if (!gather(s->db, table, t, x, out)) return fail(op, ERR_INTERNAL, "q", "the index cannot be read: %s", sqlite3_errmsg(s->db));
	size_t n = score_all(x, &texts), likeliest = most * LIKELIEST_TIMES + LIKELIEST_LEAST;
	if (likeliest > n) likeliest = n;
	if (!score_by_length(s->db, table, x, texts, likeliest)) return fail(op, ERR_INTERNAL, "q", "the index cannot be read: %s", sqlite3_errmsg(s->db));
	for (size_t i = 0; i < likeliest && out->n < most; i++) out->v[out->n++] = texts[i].hit;
	return OK;
}

enum err search_rank(struct op *op, enum search_kind kind, str language, str text, size_t most, struct search_hits *out)
{
	struct search *s = op->app->search;
	if (most > SEARCH_RANKED_MOST) most = SEARCH_RANKED_MOST;
	*out = (struct search_hits){.v = ARENA_ARRAY(&op->arena, struct search_hit, most + 1)};
	pthread_mutex_lock(&s->lock);
	enum err e = search__open(s) && search__run(s->db, "BEGIN") ? rank(op, s, kind, language, text, most, out) : fail(op, ERR_NOT_READY, "q", "the search index is being made: try again in a moment");
	if (s->db) (void)search__run(s->db, "COMMIT");
	pthread_mutex_unlock(&s->lock);
	return e;
}
