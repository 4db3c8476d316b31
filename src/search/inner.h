/* inner.h: what the files of src/search share; nobody else includes it. */
#ifndef SEARCH_INNER_H
#define SEARCH_INNER_H
#include <pthread.h>
#include <sqlite3.h>

#include "search/search.h"

enum { SEARCH__PATH_BYTES = 4096, SEARCH__STATEMENT_BYTES = 400, SEARCH__TOKEN_BYTES = 256 };
struct search {
	pthread_mutex_t lock;
	char path[SEARCH__PATH_BYTES];
	sqlite3 *db;
	int64_t generation;
};
struct search__noted {
	int kind;
	id of, stamp;
	str title, text, language; /* language: of ranked kinds */
	bool is_there;
};

bool search__run(sqlite3 *db, const char *sql);
bool search__open(struct search *s); /* under the lock */
const char *search__kind_name(enum search_kind kind);

/* ---- ranked.c: a table a language ---- */
bool search__add_ranked_tokenizer(fts5_api *api);
/* Takes the text out of its kind's tables and, if it is there, puts it into that of its language. */
bool search__write_ranked(sqlite3 *db, const char *kind, const struct search__noted *x, bool *has_removed);
bool search__optimize_ranked(sqlite3 *db, const char *kind);
bool search__empty_ranked(sqlite3 *db, const char *kind);

/* ---- grams.c ---- */
/* give(arg, token, n, from, to, is_same_place): as the ranked tables have them. */
typedef int search__gram_fn(void *arg, const char *token, int n, int from, int to, bool is_same_place);
int search__grams(str text, search__gram_fn *give, void *arg);
bool search__is_prefix(str token); /* stands for words that begin so */
#endif
