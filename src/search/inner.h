/* inner.h: what the files of src/search share; nobody else includes it. */
#ifndef SEARCH_INNER_H
#define SEARCH_INNER_H
#include <pthread.h>
#include <sqlite3.h>

#include "search/search.h"

enum search__statement { SEARCH__TEXT, SEARCH__TEXT_ADD, SEARCH__TEXT_DROP, SEARCH__TEXT_ID, SEARCH__TEXT_LAST, SEARCH__LANGUAGE, SEARCH__LANGUAGE_ADD, SEARCH__LANGUAGE_LESS, SEARCH__WORD, SEARCH__WORDS, SEARCH__WORD_TEXTS, SEARCH__WORD_ADD, SEARCH__WORD_LESS, SEARCH__WORD_DROP, SEARCH__POSTS, SEARCH__POST_ADD, SEARCH__POST_DROP, SEARCH__STATEMENTS };
enum { SEARCH__PATH_BYTES = 4096, SEARCH__STATEMENT_BYTES = 400, SEARCH__TOKEN_BYTES = 256 };
struct search {
	pthread_mutex_t lock;
	char path[SEARCH__PATH_BYTES];
	sqlite3 *db;
	int64_t generation;
	sqlite3_stmt *statements[SEARCH__STATEMENTS];
};
struct search__noted {
	int kind;
	id of, stamp;
	str title, text, language; /* language: of ranked kinds */
	bool is_there;
};

bool search__run(sqlite3 *db, const char *sql);
bool search__open(struct search *s); /* under the lock */

/* ---- ranked.c: what ranked texts are found by ---- */
bool search__open_ranked(sqlite3 *db);
bool search__empty_ranked(sqlite3 *db);
/* Takes the texts out and puts those that are there into their languages. */
bool search__write_ranked(struct search *s, const struct search__noted *const *texts, size_t n);
str search__language_key(struct arena *a, str language);
/* A statement that begins anew, with the numbers as its first values; NULL when it cannot be made. */
sqlite3_stmt *search__ask(struct search *s, enum search__statement which, const int64_t *values, size_t n);
bool search__bind_text(sqlite3_stmt *q, int at, str text);
void search__rest_statements(struct search *s); /* those that were left in the middle */
void search__end_statements(struct search *s);

/* ---- grams.c ---- */
/* give(arg, token, n, from, to, is_same_place): as the ranked tables have them. */
typedef int search__gram_fn(void *arg, const char *token, int n, int from, int to, bool is_same_place);
int search__grams(str text, search__gram_fn *give, void *arg);
bool search__is_prefix(str token); /* stands for words that begin so */
#endif
