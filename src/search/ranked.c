/* What ranked texts are found by lies in tables of our own: how many texts of a language have a word, and for each word and text how
 * often it stands there and how long the text is, so that one scan of a word's rows scores it. FTS5's vocabulary gave the same a
 * place at a time, through a virtual table. Numbers are small integers of this file; a text keeps its words' numbers, so that taking it
 * out touches its own rows only. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "search/inner.h"

enum { LANGUAGE_BYTES = 16, TITLE_TIMES = 3 };

static const char *const STATEMENTS[SEARCH__STATEMENTS] = {
	[SEARCH__TEXT] = "SELECT number, language, tokens, words FROM ranked_text WHERE kind = ?1 AND id = ?2",
	[SEARCH__TEXT_ADD] = "INSERT INTO ranked_text (number, kind, id, language, tokens, words) VALUES (nullif(?1, 0), ?2, ?3, ?4, ?5, ?6)",
	[SEARCH__TEXT_DROP] = "DELETE FROM ranked_text WHERE number = ?1",
	[SEARCH__TEXT_ID] = "SELECT id FROM ranked_text WHERE number = ?1",
	[SEARCH__TEXT_LAST] = "SELECT ifnull(max(number), 0) FROM ranked_text",
	[SEARCH__LANGUAGE] = "SELECT number, texts, tokens FROM ranked_language WHERE kind = ?1 AND language = ?2",
	[SEARCH__LANGUAGE_ADD] = "INSERT INTO ranked_language (kind, language, texts, tokens) VALUES (?1, ?2, 1, ?3) ON CONFLICT (kind, language) DO UPDATE SET texts = texts + 1, tokens = tokens + excluded.tokens RETURNING number",
	[SEARCH__LANGUAGE_LESS] = "UPDATE ranked_language SET texts = texts - 1, tokens = tokens - ?2 WHERE number = ?1",
	[SEARCH__WORD] = "SELECT number, texts FROM ranked_word WHERE language = ?1 AND word = ?2",
	[SEARCH__WORDS] = "SELECT word, number FROM ranked_word WHERE language = ?1 AND word >= ?2 AND word < ?3",
	[SEARCH__WORD_TEXTS] = "SELECT texts FROM ranked_word WHERE number = ?1",
	[SEARCH__WORD_ADD] = "INSERT INTO ranked_word (language, word, texts) VALUES (?1, ?2, ?3) ON CONFLICT (language, word) DO UPDATE SET texts = texts + excluded.texts RETURNING number",
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
static bool take_out_words(struct search *s, int64_t text, const uint32_t *words, size_t n)
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
	size_t n = (size_t)sqlite3_column_bytes(q, 3) / sizeof(uint32_t);
	uint32_t *words = ARENA_ARRAY(a, uint32_t, n + 1);
	if (n) memcpy(words, sqlite3_column_blob(q, 3), n * sizeof *words);
	*number = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return take_out_words(s, *number, words, n) && ACT(s, SEARCH__TEXT_DROP, *number) && ACT(s, SEARCH__LANGUAGE_LESS, language, tokens);
}

/* ---- putting in ----
 * The texts of a batch together: their words in order, then the rows in theirs, so that neighbours are written one after the other. One text
 * at a time went all over the file, and took three times as long. */
struct putting {
	const struct search__noted *x;
	int64_t number, language, tokens; /* tokens: places; a word's beginning stands at the word's */
	uint32_t *words;
	size_t n_words;
};
struct entry {
	str word;
	struct putting *text;
	int64_t number, times; /* number: the word's */
};
struct entries {
	struct arena *a;
	struct map times; /* of the tokens of one text */
	VEC(struct entry) v;
	int64_t tokens;
};

static int count(void *arg, const char *token, int n, int from, int to, bool is_same_place)
{
	struct entries *e = arg;
	str t = {token, (size_t)n};
	uint64_t *times = map_get(&e->times, t);
	(void)from, (void)to;
	e->tokens += !is_same_place;
	if (!times) times = map_put(&e->times, str_dup(e->a, t), NULL);
	++*times;
	return 0;
}

/* A title says more than a text: it stands there several times. */
static void count_text(struct entries *e, struct putting *p)
{
	str word;
	uint64_t times;
	map_clear(&e->times);
	e->tokens = 0;
	for (int i = 0; i < TITLE_TIMES && p->x->title.n; i++) search__grams(p->x->title, count, e);
	search__grams(p->x->text, count, e);
	p->tokens = e->tokens;
	p->words = ARENA_ARRAY(e->a, uint32_t, e->times.n + 1);
	for (size_t i = 0; map_next(&e->times, &i, &word, &times);) VEC_PUSH(&e->v, e->a, ((struct entry){word, p, 0, (int64_t)times}));
}

static bool add_language(struct search *s, struct arena *a, struct putting *p)
{
	sqlite3_stmt *q = search__ask(s, SEARCH__LANGUAGE_ADD, (const int64_t[]){p->x->kind, 0, p->tokens}, 3);
	p->language = search__bind_text(q, 2, search__language_key(a, p->x->language)) ? returned(q) : -1;
	return p->language > 0;
}

static int by_word(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	if (a->text->language != b->text->language) return a->text->language < b->text->language ? -1 : 1;
	return str_cmp(a->word, b->word);
}

static int by_number(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	if (a->number != b->number) return a->number < b->number ? -1 : 1;
	return (a->text->number > b->text->number) - (a->text->number < b->text->number);
}

static bool add_words(struct search *s, struct entry *v, size_t n)
{
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && by_word(&v[i], &v[k]) == 0;) k++;
		sqlite3_stmt *q = search__ask(s, SEARCH__WORD_ADD, (const int64_t[]){v[i].text->language, 0, (int64_t)(k - i)}, 3);
		int64_t number = search__bind_text(q, 2, v[i].word) ? returned(q) : -1;
		if (number <= 0 || number > UINT32_MAX) return false;
		for (size_t j = i; j < k; j++) {
			v[j].number = number;
			v[j].text->words[v[j].text->n_words++] = (uint32_t)number;
		}
	}
	return true;
}

static bool add_text(struct search *s, struct putting *p)
{
	sqlite3_stmt *q = search__ask(s, SEARCH__TEXT_ADD, (const int64_t[]){p->number, p->x->kind, p->x->of, p->language, p->tokens}, 5);
	bool ok = q && sqlite3_bind_blob64(q, 6, p->words, p->n_words * sizeof *p->words, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE;
	if (q) sqlite3_reset(q);
	p->number = sqlite3_last_insert_rowid(s->db);
	return ok;
}

static bool add_posts(struct search *s, const struct entry *v, size_t n)
{
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) ok = ACT(s, SEARCH__POST_ADD, v[i].number, v[i].text->number, v[i].times, v[i].text->tokens);
	return ok;
}

static bool put_in(struct search *s, struct entries *e, struct putting *texts, size_t n)
{
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		count_text(e, &texts[i]);
		ok = add_language(s, e->a, &texts[i]);
	}
	if (e->v.n > 1) qsort(e->v.v, e->v.n, sizeof *e->v.v, by_word);
	ok = ok && add_words(s, e->v.v, e->v.n);
	for (size_t i = 0; ok && i < n; i++) ok = add_text(s, &texts[i]);
	if (e->v.n > 1) qsort(e->v.v, e->v.n, sizeof *e->v.v, by_number);
	return ok && add_posts(s, e->v.v, e->v.n);
}

bool search__write_ranked(struct search *s, const struct search__noted *const *texts, size_t n)
{
	struct arena a = {0};
	struct entries e = {.a = &a};
	struct putting *puts = ARENA_ARRAY(&a, struct putting, n + 1);
	size_t n_puts = 0;
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		int64_t number;
		ok = take_out(s, &a, texts[i]->kind, texts[i]->of, &number);
		if (texts[i]->is_there) puts[n_puts++] = (struct putting){.x = texts[i], .number = number};
	}
	map_init(&e.times);
	ok = ok && put_in(s, &e, puts, n_puts);
	map_release(&e.times);
	arena_release(&a);
	return ok;
}
