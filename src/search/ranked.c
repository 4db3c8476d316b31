/* Ranked texts lie in a table a language, KIND_LANGUAGE, so that a word is rare or common among texts of its own language.
 * FTS5 scores (bm25), and its vocabulary says which words there are. What more than half of the texts have scores nothing in
 * FTS5, so it is not looked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "op/app.h"
#include "search/inner.h"

enum { LANGUAGE_BYTES = 16, TOKENS_MOST = 400, MATCH_BYTES = 256 << 10, SLIP_LETTERS = 4, LONG_LETTERS = 8, SLIPS_MOST = 3, LETTERS_MOST = 40, TABLE_BYTES = 64 };
#define TITLE_WEIGHT "3.0"

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
	snprintf(sql, sizeof sql, "DELETE FROM %s WHERE rowid = %lld", table, (long long)*(const id *)arg);
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
	snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS %s_words; DROP TABLE %s", table, table);
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

bool search__write_ranked(sqlite3 *db, const char *kind, const struct search__noted *x, bool *has_removed)
{
	char table[TABLE_BYTES], sql[SEARCH__STATEMENT_BYTES];
	sqlite3_stmt *s = NULL;
	id of = x->of;
	int before = sqlite3_total_changes(db);
	if (!for_tables(db, kind, take_out, &of)) return false;
	if (sqlite3_total_changes(db) > before) *has_removed = true;
	if (!x->is_there) return true;
	table_of(table, kind, x->language);
	snprintf(sql, sizeof sql, "CREATE VIRTUAL TABLE IF NOT EXISTS %s USING fts5(title, text, tokenize='ranked')", table);
	if (!search__run(db, sql)) return false;
	snprintf(sql, sizeof sql, "CREATE VIRTUAL TABLE IF NOT EXISTS %s_words USING fts5vocab(%s, 'row')", table, table);
	if (!search__run(db, sql)) return false;
	snprintf(sql, sizeof sql, "INSERT INTO %s (rowid, title, text) VALUES (?1, ?2, ?3)", table);
	bool ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_bind_int64(s, 1, x->of) == SQLITE_OK && sqlite3_bind_text(s, 2, x->title.p, (int)x->title.n, SQLITE_STATIC) == SQLITE_OK &&
	          sqlite3_bind_text(s, 3, x->text.p, (int)x->text.n, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_DONE;
	sqlite3_finalize(s);
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
	snprintf(sql, sizeof sql, "SELECT term, doc FROM %s_words WHERE term >= ?1 AND term < ?2", table);
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

/* In how many texts the token stands. */
static int64_t texts_with(sqlite3_stmt *s, str token)
{
	int64_t n = 0;
	sqlite3_reset(s);
	if (sqlite3_bind_text(s, 1, token.p, (int)token.n, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) n = sqlite3_column_int64(s, 0);
	return n;
}

static int64_t count_texts(sqlite3 *db, const char *table)
{
	char sql[SEARCH__STATEMENT_BYTES];
	sqlite3_stmt *s = NULL;
	int64_t n = 0;
	snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* FTS5's expression of what there is of the tokens; absent when there is nothing of them. */
static str expression(sqlite3 *db, const char *table, struct tokens *t, struct search_hits *out)
{
	char sql[SEARCH__STATEMENT_BYTES];
	sqlite3_stmt *s = NULL;
	struct buf match;
	int64_t all = count_texts(db, table);
	snprintf(sql, sizeof sql, "SELECT doc FROM %s_words WHERE term = ?1", table);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) return STR_NONE;
	buf_init(&match, MATCH_BYTES);
	out->words = ARENA_ARRAY(t->a, str, TOKENS_MOST);
	size_t asked = t->n;
	for (size_t i = 0; i < t->n; i++) {
		int64_t texts = texts_with(s, t->v[i]);
		if (!texts && i < asked && !search__is_prefix(t->v[i])) add_slips(db, table, t, t->v[i]);
		if (!texts || (texts * 2 > all && all > 2)) continue;
		if (!search__is_prefix(t->v[i])) out->words[out->n_words++] = t->v[i];
		buf_add(&match, match.n ? S(" OR \"") : S("\""));
		buf_add(&match, t->v[i]);
		buf_byte(&match, '"');
	}
	sqlite3_finalize(s);
	str text = str_dup(t->a, buf_str(&match));
	buf_release(&match);
	return text;
}

static enum err rank(struct op *op, struct search *s, enum search_kind kind, str language, str text, size_t most, struct search_hits *out)
{
	char table[TABLE_BYTES], sql[SEARCH__STATEMENT_BYTES];
	struct tokens *t = ARENA_NEW(&op->arena, struct tokens);
	sqlite3_stmt *q = NULL;
	t->a = &op->arena;
	table_of(table, search__kind_name(kind), language);
	search__grams(text, add, t);
	str match = expression(s->db, table, t, out);
	if (!match.n) return OK;
	snprintf(sql, sizeof sql, "SELECT rowid, -bm25(%s, " TITLE_WEIGHT ", 1.0) AS score FROM %s WHERE %s MATCH ?1 ORDER BY score DESC, rowid LIMIT ?2", table, table, table);
	int step = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
	if (step == SQLITE_OK) step = sqlite3_bind_text(q, 1, match.p, (int)match.n, SQLITE_STATIC);
	if (step == SQLITE_OK) step = sqlite3_bind_int64(q, 2, (int64_t)most);
	if (step == SQLITE_OK)
		while ((step = sqlite3_step(q)) == SQLITE_ROW) out->v[out->n++] = (struct search_hit){sqlite3_column_int64(q, 0), sqlite3_column_double(q, 1)};
	sqlite3_finalize(q);
	return step == SQLITE_DONE ? OK : fail(op, ERR_INTERNAL, "q", "the index does not take the query: %s", sqlite3_errmsg(s->db));
}

enum err search_rank(struct op *op, enum search_kind kind, str language, str text, size_t most, struct search_hits *out)
{
	struct search *s = op->app->search;
	if (most > SEARCH_RANKED_MOST) most = SEARCH_RANKED_MOST;
	*out = (struct search_hits){.v = ARENA_ARRAY(&op->arena, struct search_hit, most + 1)};
	pthread_mutex_lock(&s->lock);
	enum err e = search__open(s) ? rank(op, s, kind, language, text, most, out) : fail(op, ERR_NOT_READY, "q", "the search index is being made: try again in a moment");
	pthread_mutex_unlock(&s->lock);
	return e;
}
