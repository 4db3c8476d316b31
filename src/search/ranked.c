/* What ranked texts are found by lies in tables of our own: how many texts of a language have a word, and for each word and text how
 * often it stands there and how long the text is, so that one scan of a word's rows scores it. FTS5's vocabulary gave the same a
 * place at a time, through a virtual table. Numbers are small integers of this file; a text keeps its words' numbers, so that taking it
 * out touches its own rows only. */
#include <string.h>

#include "base/map.h"
#include "search/inner.h"

enum { LANGUAGE_BYTES = 16, TITLE_TIMES = 3 };

static const char *const STATEMENTS[SEARCH__STATEMENTS] = {
	[SEARCH__TEXT] = "SELECT number, language, tokens, words FROM ranked_text WHERE kind = ?1 AND id = ?2",
	[SEARCH__TEXT_ADD] = "INSERT INTO ranked_text (number, kind, id, language, tokens, words) VALUES (nullif(?1, 0), ?2, ?3, ?4, ?5, ?6)",
	[SEARCH__TEXT_DROP] = "DELETE FROM ranked_text WHERE number = ?1",
	[SEARCH__TEXT_ID] = "SELECT id FROM ranked_text WHERE number = ?1",
	[SEARCH__TEXT_LAST] = "SELECT ifnull(max(number), 0) FROM ranked_text",
	[SEARCH__LANGUAGE] = "SELECT number, texts, tokens FROM ranked_language WHERE kind = ?1 AND language = ?2",
	[SEARCH__LANGUAGE_ADD] = "INSERT INTO ranked_language (kind, language, texts, tokens) VALUES (?1, ?2, 1, ?3) "
							 "ON CONFLICT (kind, language) DO UPDATE SET texts = texts + 1, tokens = tokens + excluded.tokens RETURNING number",
	[SEARCH__LANGUAGE_LESS] = "UPDATE ranked_language SET texts = texts - 1, tokens = tokens - ?2 WHERE number = ?1",
	[SEARCH__WORD] = "SELECT number, texts FROM ranked_word WHERE language = ?1 AND word = ?2",
	[SEARCH__WORDS] = "SELECT word, number FROM ranked_word WHERE language = ?1 AND word >= ?2 AND word < ?3",
	[SEARCH__WORD_TEXTS] = "SELECT texts FROM ranked_word WHERE number = ?1",
	[SEARCH__WORD_ADD] = "INSERT INTO ranked_word (language, word, texts) VALUES (?1, ?2, 1) ON CONFLICT (language, word) DO UPDATE SET texts = texts + 1 RETURNING number",
	[SEARCH__WORD_LESS] = "UPDATE ranked_word SET texts = texts - 1 WHERE number = ?1",
	[SEARCH__WORD_DROP] = "DELETE FROM ranked_word WHERE number = ?1 AND texts <= 0",
	[SEARCH__POSTS] = "SELECT text, times, tokens FROM ranked_post WHERE word = ?1",
	[SEARCH__POST_ADD] = "INSERT INTO ranked_post (word, text, times, tokens) VALUES (?1, ?2, ?3, ?4)",
	[SEARCH__POST_DROP] = "DELETE FROM ranked_post WHERE word = ?1 AND text = ?2",
};

bool search__open_ranked(sqlite3 *db)
{
	return search__run(db, "CREATE TABLE IF NOT EXISTS ranked_language (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, language TEXT NOT NULL, texts INTEGER NOT NULL, tokens INTEGER NOT NULL, UNIQUE (kind, language));"
						   "CREATE TABLE IF NOT EXISTS ranked_text (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id INTEGER NOT NULL, language INTEGER NOT NULL, tokens INTEGER NOT NULL, words BLOB NOT NULL, UNIQUE (kind, id));"
						   "CREATE TABLE IF NOT EXISTS ranked_word (number INTEGER PRIMARY KEY, language INTEGER NOT NULL, word TEXT NOT NULL, texts INTEGER NOT NULL, UNIQUE (language, word));"
						   "CREATE TABLE IF NOT EXISTS ranked_post (word INTEGER NOT NULL, text INTEGER NOT NULL, times INTEGER NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (word, text)) WITHOUT ROWID");
}

bool search__empty_ranked(sqlite3 *db)
{
	return search__run(db, "DELETE FROM ranked_post; DELETE FROM ranked_word; DELETE FROM ranked_text; DELETE FROM ranked_language");
}

/* ---- statements: prepared once an open file ---- */
static sqlite3_stmt *statement(struct search *s, enum search__statement which)
{
	sqlite3_stmt **at = &s->statements[which];
	if (*at) sqlite3_reset(*at);
	else if (sqlite3_prepare_v3(s->db, STATEMENTS[which], -1, SQLITE_PREPARE_PERSISTENT, at, NULL) != SQLITE_OK) *at = NULL;
	return *at;
}

void search__rest_statements(struct search *s)
{
	for (size_t i = 0; i < SEARCH__STATEMENTS; i++) sqlite3_reset(s->statements[i]);
}

void search__end_statements(struct search *s)
{
	for (size_t i = 0; i < SEARCH__STATEMENTS; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
}

sqlite3_stmt *search__ask(struct search *s, enum search__statement which, const int64_t *values, size_t n)
{
	sqlite3_stmt *q = statement(s, which);
	for (size_t i = 0; q && i < n; i++)
		if (sqlite3_bind_int64(q, (int)i + 1, values[i]) != SQLITE_OK) return NULL;
	return q;
}

bool search__bind_text(sqlite3_stmt *q, int at, str text)
{
	return q && sqlite3_bind_text(q, at, text.p ? text.p : "", (int)text.n, SQLITE_STATIC) == SQLITE_OK;
}

/* Its single number; -1 when it cannot be asked. */
static int64_t returned(sqlite3_stmt *q)
{
	int64_t out = q && sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : -1;
	if (q) sqlite3_reset(q);
	return out;
}

static bool act(struct search *s, enum search__statement which, const int64_t *values, size_t n)
{
	sqlite3_stmt *q = search__ask(s, which, values, n);
	bool ok = q && sqlite3_step(q) == SQLITE_DONE;
	if (q) sqlite3_reset(q);
	return ok;
}
#define ACT(s, which, ...) act((s), (which), (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

str search__language_key(struct arena *a, str language)
{
	return language.n ? str_sub(str_lower_ascii(a, language), 0, LANGUAGE_BYTES) : S("und");
}

/* ---- taking out ---- */
static bool take_out_words(struct search *s, int64_t text, const int64_t *words, size_t n)
{
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) ok = ACT(s, SEARCH__POST_DROP, words[i], text) && ACT(s, SEARCH__WORD_LESS, words[i]) && ACT(s, SEARCH__WORD_DROP, words[i]);
	return ok;
}

/* *number: what the text was here, 0 when it was not. */
static bool take_out(struct search *s, struct arena *a, int64_t kind, id of, int64_t *number)
{
	sqlite3_stmt *q = search__ask(s, SEARCH__TEXT, (const int64_t[]){kind, of}, 2);
	int step = q ? sqlite3_step(q) : SQLITE_ERROR;
	*number = 0;
	if (step != SQLITE_ROW) return step == SQLITE_DONE;
	int64_t language = sqlite3_column_int64(q, 1), tokens = sqlite3_column_int64(q, 2);
	size_t n = (size_t)sqlite3_column_bytes(q, 3) / sizeof(int64_t);
	int64_t *words = ARENA_ARRAY(a, int64_t, n + 1);
	if (n) memcpy(words, sqlite3_column_blob(q, 3), n * sizeof *words);
	*number = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return take_out_words(s, *number, words, n) && ACT(s, SEARCH__TEXT_DROP, *number) && ACT(s, SEARCH__LANGUAGE_LESS, language, tokens);
}

/* ---- putting in ---- */
struct counting {
	struct arena *a;
	struct map times; /* of each token */
	int64_t tokens;   /* places: a word's beginning stands at the word's */
};

static int count(void *arg, const char *token, int n, int from, int to, bool is_same_place)
{
	struct counting *c = arg;
	str t = {token, (size_t)n};
	uint64_t *times = map_get(&c->times, t);
	(void)from, (void)to;
	c->tokens += !is_same_place;
	if (!times) times = map_put(&c->times, str_dup(c->a, t), NULL);
	++*times;
	return 0;
}

/* A title says more than a text: it stands there several times. */
static void count_all(struct counting *c, const struct search__noted *x)
{
	for (int i = 0; i < TITLE_TIMES && x->title.n; i++) search__grams(x->title, count, c);
	search__grams(x->text, count, c);
}

static int64_t add_word(struct search *s, int64_t language, str word)
{
	sqlite3_stmt *q = search__ask(s, SEARCH__WORD_ADD, &language, 1);
	return search__bind_text(q, 2, word) ? returned(q) : -1;
}

static int64_t add_language(struct search *s, int64_t kind, str language, int64_t tokens)
{
	sqlite3_stmt *q = search__ask(s, SEARCH__LANGUAGE_ADD, (const int64_t[]){kind, 0, tokens}, 3);
	return search__bind_text(q, 2, language) ? returned(q) : -1;
}

static bool add_text(struct search *s, const int64_t values[5], const int64_t *words, size_t n, int64_t *number)
{
	sqlite3_stmt *q = search__ask(s, SEARCH__TEXT_ADD, values, 5);
	bool ok = q && sqlite3_bind_blob64(q, 6, words, n * sizeof *words, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE;
	if (q) sqlite3_reset(q);
	*number = sqlite3_last_insert_rowid(s->db);
	return ok;
}

static bool put_in(struct search *s, struct counting *c, const struct search__noted *x, int64_t number)
{
	int64_t language = add_language(s, x->kind, search__language_key(c->a, x->language), c->tokens), *words = ARENA_ARRAY(c->a, int64_t, c->times.n + 1), *times = ARENA_ARRAY(c->a, int64_t, c->times.n + 1);
	size_t n = 0;
	str word;
	uint64_t often;
	bool ok = language > 0;
	for (size_t i = 0; ok && map_next(&c->times, &i, &word, &often); n++) {
		words[n] = add_word(s, language, word);
		times[n] = (int64_t)often;
		ok = words[n] > 0;
	}
	ok = ok && add_text(s, (const int64_t[]){number, x->kind, x->of, language, c->tokens}, words, n, &number);
	for (size_t i = 0; ok && i < n; i++) ok = ACT(s, SEARCH__POST_ADD, words[i], number, times[i], c->tokens);
	return ok;
}

bool search__write_ranked(struct search *s, const struct search__noted *x)
{
	struct arena a = {0};
	struct counting c = {.a = &a};
	int64_t number;
	bool ok = take_out(s, &a, x->kind, x->of, &number);
	if (ok && x->is_there) {
		map_init(&c.times);
		count_all(&c, x);
		ok = put_in(s, &c, x, number);
		map_release(&c.times);
	}
	arena_release(&a);
	return ok;
}
