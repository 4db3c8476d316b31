/* listen.h: what is said about the organisation where everybody can read it. Sources (feeds, Mastodon, pages with reviews, hooks
 * that other programs send to) stand in records; nothing is asked of the outside before a person adds one, looks at what it
 * gives, and starts it. What is heard becomes a mention: a row with author and words, and a touchpoint that names nobody.
 * Invariant: a mention is one, however often and by how many sources it was heard. */
#ifndef LISTEN_LISTEN_H
#define LISTEN_LISTEN_H
#include "http/web.h"
#include "jobs/jobs.h"

enum listen_kind { LISTEN_FEED, LISTEN_MASTODON, LISTEN_PAGE, LISTEN_HOOK, LISTEN_KINDS_N };
enum listen_state { LISTEN_TRIAL, LISTEN_ON, LISTEN_PAUSED };
extern const char *const LISTEN_KINDS[], *const LISTEN_STATES[];
#define LISTEN_JOB "listen"

struct listen_source {
	id id;
	int kind, state;
	str name, address, tag;
	bool is_named;
	int64_t every_s, tried_at, heard_at, next_at, failures, ratings, heard;
	str etag, modified, since, preview_json, outcome, detail;
	double rating, rating_max;
};
extern const struct desc LISTEN_SOURCE_DESC;

enum err listen_source_find(struct op *op, id source, struct listen_source *out) NODISCARD; /* ERR_NOT_FOUND */

/* A source that is sent to, in use. */
enum err listen_hook_add(struct op *op, str name, id *out) NODISCARD;
/* A new write key for hooks; *text is its only appearance. */
enum err listen_hook_key(struct op *op, str name, str *text) NODISCARD;

/* Handlers. */
web_handler listen_sources_get, listen_source_post, listen_source_get, listen_start_post, listen_pause_post, listen_now_post, listen_remove_post, listen_restore_post, listen_hook_post, listen_secret_post, mention_get, mention_join_post, mention_separate_post, listen_file_post, listening_get, listen_term_post, listen_term_remove_post, listen_term_restore_post;
extern const struct desc MENTIONS_TAKEN_DESC, MENTION_PAGE_DESC, MENTION_JOIN_DESC, LISTEN_SOURCES_DESC, LISTEN_SOURCE_INPUT_DESC, LISTEN_SOURCE_PAGE_DESC, LISTEN_SECRET_DESC, LISTENING_DESC, LISTEN_TERM_INPUT_DESC;
job_fn listen_job;
#endif
