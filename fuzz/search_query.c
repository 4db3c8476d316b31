/* What people type into a search: an expression that FTS5 takes, or a reason. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "search/search.h"

static sqlite3 *db;

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const char *const fields[] = {"language", "source", NULL};
	struct arena a = {0};
	struct search_query q;
	struct fault f = {0};
	sqlite3_stmt *s = NULL;
	if (!db) {
		if (sqlite3_open(":memory:", &db) || sqlite3_exec(db, "CREATE VIRTUAL TABLE t USING fts5(title, text)", NULL, NULL, NULL) || sqlite3_prepare_v2(db, "SELECT rowid FROM t WHERE t MATCH ?1", -1, &s, NULL)) abort();
		sqlite3_finalize(s);
	}
	enum err e = search_parse(&a, (str){(const char *)d, n}, fields, &q, &f);
	if (e != OK && !f.n_fields) abort(); /* no reason */
	if (e == OK && !q.match.n && !q.n_fields) abort();
	if (e == OK && q.match.n) {
		if (sqlite3_prepare_v2(db, "SELECT rowid FROM t WHERE t MATCH ?1", -1, &s, NULL)) abort();
		sqlite3_bind_text(s, 1, q.match.p, (int)q.match.n, SQLITE_STATIC);
		if (sqlite3_step(s) != SQLITE_DONE) abort(); /* FTS5 refuses it */
		sqlite3_finalize(s);
	}
	arena_release(&a);
	return 0;
}
