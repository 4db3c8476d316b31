/* search.h: one index of texts for everything that is searched by words, in a file of the directory's own (DIR/search.db,
 * SQLite's FTS5), whatever database the records lie in. It can be lost: it is made again from the records.
 *
 * Whoever changes a text calls search_note in the transaction of the change; a job brings the index up to it. What is found
 * are ids: rows are read from records, so that what was deleted in between is not shown. */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H
#include "jobs/jobs.h"
#include "op/op.h"

/* A kind of text: SQL_search_<kind> reads one by id (title, text), SQL_search_all_<kind> notes all. */
enum search_kind {
	SEARCH_MENTION,
	SEARCH_RESEARCH,
	SEARCH_ARTICLE, /* ranked: SQL_search_article gives title, text, language */
	SEARCH_MESSAGE, /* of a conversation */
	SEARCH_KINDS
};
enum err search_note(struct op *op, enum search_kind kind, id of) NODISCARD;
/* Where many are noted by a statement of the caller's own: lets the job begin. */
enum err search_noted(struct op *op) NODISCARD;

/* What people type:
 *   late                 the word; in scripts without spaces the letters, wherever they stand
 *   deliver*             words that begin so
 *   "not arrived"        words behind each other
 *   late ~5 parcel       at most 5 words (in scripts without spaces: letters) between them
 *   late OR slow, (a b) OR c
 *   -free, -"no charge"  must not stand in it
 *   language:th, source:mastodon, -language:en    (outside of brackets and OR): left to the caller
 * Words are folded (case, accents, width, letter forms, Traditional and Simplified). */
enum { SEARCH_QUERY_BYTES = 1000, SEARCH_FIELDS = 8, SEARCH_TERMS = 64, SEARCH_NEAR_MOST = 50 };
struct search_field {
	str name, value;
	bool is_excluded;
};
struct search_query {
	str match; /* FTS5's expression; empty: only fields were given */
	struct search_field fields[SEARCH_FIELDS];
	size_t n_fields;
};
/* names: the fields that the caller knows, NULL at the end. ERR_INVALID "q" with the reason and the place. */
enum err search_parse(struct arena *a, str text, const char *const *names, struct search_query *out, struct fault *f) NODISCARD;

/* Ids that fit, ascending, owned by the arena; at most SEARCH_FOUND_MOST. The query must have a match. ERR_NOT_READY while the
 * index is being made. */
enum { SEARCH_FOUND_MOST = 2000000 };
struct search_found {
	id *v;
	size_t n;
};
enum err search_find(struct op *op, enum search_kind kind, const struct search_query *q, struct search_found *out) NODISCARD;
/* The part of a text that holds words of the query, owned by the arena; empty when the index does not know it. Not of ranked kinds. */
enum err search_quote(struct op *op, enum search_kind kind, const struct search_query *q, id of, str *out) NODISCARD;
/* ---- ranking, of kinds that have it ----
 * The best of one language for a question or some words, the best first: BM25 (Robertson & Zaragoza 2009; k1 1.2, b .75) over
 * folded words and their first six letters, which inflected forms share; in scripts without spaces over neighbouring letters.
 * A word that no text has is taken for the ones that it may be a slip of. */
enum { SEARCH_RANKED_MOST = 1000 };
struct search_hit {
	id of;
	double score; /* above 0, comparable within one answer */
};
struct search_hits {
	struct search_hit *v;
	size_t n;
	str *words; /* folded, as they were looked for: what a passage should hold */
	size_t n_words;
};
enum err search_rank(struct op *op, enum search_kind kind, str language, str text, size_t most, struct search_hits *out) NODISCARD;
/* The part of a text, at most so many bytes, that holds the most of the words; of the text's own bytes. */
str search_passage(struct arena *a, str text, const struct search_hits *hits, size_t most);
/* Now, and not by the job: for commands. Waits for a job that is at it. */
struct app;
enum err search_catch_up(struct app *app, struct fault *f) NODISCARD;

bool search_has(const struct search_found *found, id of);

struct search;
struct search *search_new(str dir);
void search_free(struct search *s);
#define SEARCH_JOB "search"
job_fn search_job;
/* Text → tokens as the index has them; give(arg, token, from, to) with bytes of the text; stops when it returns nonzero. */
int search_tokens(str text, int (*give)(void *arg, const char *token, int n, int from, int to), void *arg);
#endif
