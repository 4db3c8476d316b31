/* The file holds a table a kind, whose rowids are the records' ids. It carries the generation that the records name: where
 * the two differ (a restore, a lost or broken file) it is emptied and everything is noted anew. Notes are deleted after the
 * index is committed, each with the stamp that was read, so that a crash repeats work and a change in between is not lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "op/app.h"
#include "search/inner.h"

enum { BATCH = 400, PATH_BYTES = SEARCH__PATH_BYTES, STATEMENT_BYTES = SEARCH__STATEMENT_BYTES, QUOTE_TOKENS = 60, FORMAT = 2 };

static const struct kind {
	const char *name;
	enum sql one, all;
	bool is_ranked; /* in tables of our own (ranked.c) */
} KINDS[SEARCH_KINDS] = {
	[SEARCH_MENTION] = {"mention", SQL_search_mention, SQL_search_all_mention, false},
	[SEARCH_RESEARCH] = {"research", SQL_search_research, SQL_search_all_research, false},
	[SEARCH_MESSAGE] = {"message", SQL_search_message, SQL_search_all_message, false},
	[SEARCH_ARTICLE] = {"article", SQL_search_article, SQL_search_all_article, true},
};

struct search *search_new(str dir)
{
	struct search *s = MEM_NEW(struct search);
	pthread_mutex_init(&s->lock, NULL);
	snprintf(s->path, sizeof s->path, "%.*s/search.db", STR_ARG(dir));
	return s;
}

static void shut(struct search *s)
{
	search__end_statements(s);
	sqlite3_close(s->db);
	s->db = NULL;
	s->generation = 0;
}

void search_free(struct search *s)
{
	if (!s) return;
	shut(s);
	pthread_mutex_destroy(&s->lock);
	mem_free(s);
}

/* ---- the tokenizer ---- */

static int tokenizer_make(void *arg, const char **words, int n, Fts5Tokenizer **out)
{
	(void)arg, (void)words, (void)n;
	*out = (Fts5Tokenizer *)mem_alloc(1);
	return SQLITE_OK;
}

static void tokenizer_free(Fts5Tokenizer *t)
{
	mem_free(t);
}

struct giving {
	void *arg;
	int (*token)(void *arg, int flags, const char *token, int n, int from, int to);
};

static int give(void *arg, const char *token, int n, int from, int to)
{
	struct giving *g = arg;
	return g->token(g->arg, 0, token, n, from, to);
}

static int tokenize(Fts5Tokenizer *t, void *arg, int flags, const char *text, int n, int (*token)(void *, int, const char *, int, int, int))
{
	struct giving g = {arg, token};
	(void)t, (void)flags;
	return search_tokens((str){text, text ? (size_t)n : 0}, give, &g);
}

static bool add_tokenizer(sqlite3 *db)
{
	fts5_api *api = NULL;
	sqlite3_stmt *s = NULL;
	fts5_tokenizer ours = {tokenizer_make, tokenizer_free, tokenize};
	if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &s, NULL) != SQLITE_OK) return false;
	sqlite3_bind_pointer(s, 1, (void *)&api, "fts5_api_ptr", NULL);
	(void)sqlite3_step(s);
	sqlite3_finalize(s);
	return api && api->xCreateTokenizer(api, "hospes", NULL, &ours, NULL) == SQLITE_OK;
}

/* ---- the file ---- */

bool search__run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t out = 0;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) out = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return out;
}

static bool try_open(struct search *s)
{
	char sql[STATEMENT_BYTES];
	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) return false;
	if (!search__run(s->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON; PRAGMA cache_size=-8000") || !add_tokenizer(s->db)) return false;
	if (number(s->db, "PRAGMA user_version") != FORMAT) {
		if (number(s->db, "SELECT count(*) FROM sqlite_schema")) return false; /* of another version of the program */
		snprintf(sql, sizeof sql, "PRAGMA user_version=%d", FORMAT);
		if (!search__run(s->db, sql)) return false;
	}
	if (!search__run(s->db, "CREATE TABLE IF NOT EXISTS state (generation INTEGER NOT NULL)") || !search__open_ranked(s->db)) return false;
	for (size_t i = 0; i < SEARCH_KINDS; i++) {
		if (KINDS[i].is_ranked) continue;
		snprintf(sql, sizeof sql, "CREATE VIRTUAL TABLE IF NOT EXISTS %s USING fts5(title, text, tokenize='hospes')", KINDS[i].name);
		if (!search__run(s->db, sql)) return false;
	}
	s->generation = number(s->db, "SELECT generation FROM state");
	return true;
}

static void remove_files(const struct search *s)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char path[PATH_BYTES + 16];
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		snprintf(path, sizeof path, "%s%s", s->path, ends[i]);
		unlink(path);
	}
}

/* Under the lock, which is why SQLite needs none of its own. A file that cannot be used is made again. */
bool search__open(struct search *s)
{
	if (s->db) return true;
	if (try_open(s)) return true;
	log_warn("search_index_lost", F_STR("reason", str_of(sqlite3_errmsg(s->db))));
	shut(s);
	remove_files(s);
	if (try_open(s)) return true;
	shut(s);
	return false;
}

/* ---- notes ---- */

enum err search_noted(struct op *op)
{
	return job_add(op, SEARCH_JOB, S("{}"), 0, S("schedule"), NULL);
}

enum err search_note(struct op *op, enum search_kind kind, id of)
{
	TRY(op_run(op, SQL_search_note, DB_ARGS(db_int(kind), db_id(of), db_int(id_new())), NULL));
	return search_noted(op);
}

/* ---- bringing it up ---- */

struct batch {
	struct arena *a;
	struct search__noted v[BATCH];
	size_t n;
	int64_t generation;
};

static enum err read_batch(struct op *op, void *arg)
{
	struct batch *b = arg;
	struct db_rows notes, text;
	TRY(op_query(op, SQL_search_noted, DB_ARGS(db_int(BATCH)), &notes));
	b->n = notes.n;
	for (size_t i = 0; i < notes.n; i++) {
		struct search__noted *x = &b->v[i];
		*x = (struct search__noted){.kind = (int)db_rows_int(&notes, i, 0), .of = db_rows_id(&notes, i, 1), .stamp = db_rows_id(&notes, i, 2)};
		if (x->kind < 0 || x->kind >= SEARCH_KINDS) continue;
		TRY(op_query(op, KINDS[x->kind].one, DB_ARGS(db_id(x->of)), &text));
		x->is_there = text.n > 0;
		if (!text.n) continue;
		x->title = str_dup(b->a, db_rows_text(&text, 0, 0));
		x->text = str_dup(b->a, db_rows_text(&text, 0, 1));
		if (KINDS[x->kind].is_ranked) x->language = str_dup(b->a, db_rows_text(&text, 0, 2));
	}
	return OK;
}

static bool write_one(sqlite3 *db, const struct search__noted *x, bool *has_removed)
{
	char sql[STATEMENT_BYTES];
	sqlite3_stmt *s = NULL;
	snprintf(sql, sizeof sql, "DELETE FROM %s WHERE rowid = ?1", KINDS[x->kind].name);
	bool ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_bind_int64(s, 1, x->of) == SQLITE_OK && sqlite3_step(s) == SQLITE_DONE;
	sqlite3_finalize(s);
	if (ok && sqlite3_changes(db)) has_removed[x->kind] = true;
	if (!ok || !x->is_there) return ok;
	snprintf(sql, sizeof sql, "INSERT INTO %s (rowid, title, text) VALUES (?1, ?2, ?3)", KINDS[x->kind].name);
	ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_bind_int64(s, 1, x->of) == SQLITE_OK && sqlite3_bind_text(s, 2, x->title.p, (int)x->title.n, SQLITE_STATIC) == SQLITE_OK &&
	     sqlite3_bind_text(s, 3, x->text.p, (int)x->text.n, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_DONE;
	sqlite3_finalize(s);
	return ok;
}

/* What was taken out leaves its words in older parts of the index until these are merged: erasing must not wait for that. */
static bool write_batch(struct search *s, const struct batch *b)
{
	sqlite3 *db = s->db;
	bool has_removed[SEARCH_KINDS] = {false}, ok = search__run(db, "BEGIN IMMEDIATE");
	char sql[STATEMENT_BYTES];
	const struct search__noted *ranked[BATCH];
	size_t n_ranked = 0;
	for (size_t i = 0; ok && i < b->n; i++) {
		const struct search__noted *x = &b->v[i];
		if (x->kind < 0 || x->kind >= SEARCH_KINDS) continue;
		if (KINDS[x->kind].is_ranked) ranked[n_ranked++] = x;
		else ok = write_one(db, x, has_removed);
	}
	ok = ok && search__write_ranked(s, ranked, n_ranked);
	for (size_t k = 0; ok && k < SEARCH_KINDS; k++) {
		if (!has_removed[k]) continue;
		snprintf(sql, sizeof sql, "INSERT INTO %s (%s) VALUES ('optimize')", KINDS[k].name, KINDS[k].name);
		ok = search__run(db, sql);
	}
	if (ok && search__run(db, "COMMIT")) return true;
	search__run(db, "ROLLBACK");
	return false;
}

static enum err drop_notes(struct op *op, void *arg)
{
	const struct batch *b = arg;
	for (size_t i = 0; i < b->n; i++) TRY(op_run(op, SQL_search_indexed, DB_ARGS(db_int(b->v[i].kind), db_id(b->v[i].of), db_id(b->v[i].stamp)), NULL));
	return OK;
}

/* ---- making it again ---- */

static enum err read_generation(struct op *op, void *arg)
{
	struct db_rows r;
	TRY(op_query(op, SQL_search_generation, DB_NO_ARGS, &r));
	*(int64_t *)arg = r.n ? db_rows_int(&r, 0, 0) : 0;
	return OK;
}

static enum err note_all(struct op *op, void *arg)
{
	TRY(op_run(op, SQL_search_set_generation, DB_ARGS(db_int(*(int64_t *)arg)), NULL));
	for (size_t i = 0; i < SEARCH_KINDS; i++) TRY(op_run(op, KINDS[i].all, DB_ARGS(db_int((int64_t)i), db_int(id_new())), NULL));
	return OK;
}

static bool empty(struct search *s, int64_t generation)
{
	char sql[STATEMENT_BYTES];
	bool ok = search__empty_ranked(s->db);
	for (size_t i = 0; ok && i < SEARCH_KINDS; i++) {
		snprintf(sql, sizeof sql, "DELETE FROM %s", KINDS[i].name);
		ok = KINDS[i].is_ranked || search__run(s->db, sql);
	}
	snprintf(sql, sizeof sql, "DELETE FROM state; INSERT INTO state VALUES (%lld)", (long long)generation);
	if (!ok || !search__run(s->db, sql)) return false;
	s->generation = generation;
	return true;
}

static enum err bring_together(struct app *app, struct search *s)
{
	int64_t generation = 0;
	TRY(op_apart(app, SEARCH_JOB, read_generation, &generation));
	if (generation && generation == s->generation) return OK;
	generation = id_new();
	TRY(op_apart(app, SEARCH_JOB, note_all, &generation));
	pthread_mutex_lock(&s->lock);
	bool ok = empty(s, generation);
	pthread_mutex_unlock(&s->lock);
	return ok ? OK : ERR_IO;
}

/* One batch; *more while there may be others. */
static enum err bring_up(struct app *app, struct search *s, bool *more)
{
	struct arena a = {0};
	struct batch *b = ARENA_NEW(&a, struct batch);
	b->a = &a;
	enum err e = op_apart(app, SEARCH_JOB, read_batch, b);
	if (e == OK && b->n) {
		pthread_mutex_lock(&s->lock);
		e = search__open(s) && write_batch(s, b) ? OK : ERR_IO;
		if (e != OK) shut(s); /* looked at anew the next time */
		pthread_mutex_unlock(&s->lock);
	}
	if (e == OK && b->n) e = op_apart(app, SEARCH_JOB, drop_notes, b);
	*more = e == OK && b->n == BATCH;
	arena_release(&a);
	return e;
}

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static enum err open_and_bring_together(struct app *app)
{
	pthread_mutex_lock(&app->search->lock);
	bool is_open = search__open(app->search);
	pthread_mutex_unlock(&app->search->lock);
	return is_open ? bring_together(app, app->search) : ERR_IO;
}

enum err search_job(struct op *op, id job, str payload)
{
	bool more = true;
	(void)payload;
	if (pthread_mutex_trylock(&one_at_a_time)) return ERR_BUSY;
	enum err e = open_and_bring_together(op->app);
	while (e == OK && more && job_progress(op, job, 0, 0)) e = bring_up(op->app, op->app->search, &more);
	pthread_mutex_unlock(&one_at_a_time);
	return e == OK ? OK : fail(op, e, "search", "the index cannot be written");
}

enum err search_catch_up(struct app *app, struct fault *f)
{
	bool more = true;
	pthread_mutex_lock(&one_at_a_time);
	enum err e = open_and_bring_together(app);
	while (e == OK && more) e = bring_up(app, app->search, &more);
	pthread_mutex_unlock(&one_at_a_time);
	return e == OK ? OK : fault_set(f, e, "search", "the index cannot be written");
}

/* ---- asking ---- */

static enum err collect_ids(struct op *op, struct search *s, enum search_kind kind, str match, struct search_found *out)
{
	char sql[STATEMENT_BYTES];
	sqlite3_stmt *q = NULL;
	VEC(id) ids = {0};
	snprintf(sql, sizeof sql, "SELECT rowid FROM %s WHERE %s MATCH ?1 ORDER BY rowid", KINDS[kind].name, KINDS[kind].name);
	int step = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
	if (step == SQLITE_OK) step = sqlite3_bind_text(q, 1, match.p, (int)match.n, SQLITE_STATIC);
	if (step == SQLITE_OK)
		while ((step = sqlite3_step(q)) == SQLITE_ROW && ids.n < SEARCH_FOUND_MOST) VEC_PUSH(&ids, &op->arena, sqlite3_column_int64(q, 0));
	sqlite3_finalize(q);
	*out = (struct search_found){ids.v, ids.n};
	if (step == SQLITE_DONE || step == SQLITE_ROW) return OK;
	return fail(op, ERR_INTERNAL, "q", "the index does not take the query: %s", sqlite3_errmsg(s->db));
}

enum err search_find(struct op *op, enum search_kind kind, const struct search_query *q, struct search_found *out)
{
	struct search *s = op->app->search;
	pthread_mutex_lock(&s->lock);
	enum err e = search__open(s) ? collect_ids(op, s, kind, q->match, out) : fail(op, ERR_NOT_READY, "q", "the search index is being made: try again in a moment");
	pthread_mutex_unlock(&s->lock);
	return e;
}

static str quote_of(struct op *op, struct search *s, enum search_kind kind, str match, id of)
{
	char sql[STATEMENT_BYTES];
	sqlite3_stmt *found = NULL;
	str out = S("");
	snprintf(sql, sizeof sql, "SELECT snippet(%s, 1, '', '', '…', %d) FROM %s WHERE %s MATCH ?1 AND rowid = ?2", KINDS[kind].name, QUOTE_TOKENS, KINDS[kind].name, KINDS[kind].name);
	if (sqlite3_prepare_v2(s->db, sql, -1, &found, NULL) == SQLITE_OK && sqlite3_bind_text(found, 1, match.p, (int)match.n, SQLITE_STATIC) == SQLITE_OK && sqlite3_bind_int64(found, 2, of) == SQLITE_OK && sqlite3_step(found) == SQLITE_ROW)
		out = str_dup(&op->arena, str_trim((str){(const char *)sqlite3_column_text(found, 0), (size_t)sqlite3_column_bytes(found, 0)}));
	sqlite3_finalize(found);
	return out;
}

enum err search_quote(struct op *op, enum search_kind kind, const struct search_query *q, id of, str *out)
{
	struct search *s = op->app->search;
	pthread_mutex_lock(&s->lock);
	bool is_open = search__open(s);
	*out = is_open ? quote_of(op, s, kind, q->match, of) : S("");
	pthread_mutex_unlock(&s->lock);
	return is_open ? OK : fail(op, ERR_NOT_READY, "q", "the search index is being made: try again in a moment");
}

static int by_id(const void *a, const void *b)
{
	id x = *(const id *)a, y = *(const id *)b;
	return (x > y) - (x < y);
}

bool search_has(const struct search_found *found, id of)
{
	return found->n && bsearch(&of, found->v, found->n, sizeof *found->v, by_id);
}
