/* app.h: one open workspace: the directory and what runs on it. Made once at start; fields never change after. */
#ifndef OP_APP_H
#define OP_APP_H
#include "base/id.h"
#include "base/str.h"

struct db_pool;
struct events;
struct jobs;
struct http_server;
struct people;   /* customer/people.h: subjects → customers, in memory */
struct collect;  /* collect/collect.h: sources, keys and the pipeline, in memory */
struct settings; /* setting/setting.h: the workspace's settings, in memory */
struct appliers; /* collect/appliers.h: what follows the log */
struct text_shelf; /* text/shelf.h: what texts are read with */
struct search;   /* search/search.h: the index of texts */
struct followups; /* followup/followup.h: the rules that watch touchpoints, in memory */
struct sessions; /* team/session.h: signed-in browsers in use, in memory */

struct app {
	str dir;             /* absolute */
	int lock_fd;
	id directory_id;
	unsigned char secret[32]; /* DIR/secret: keys the hashes of identities */
	struct db_pool *records;
	struct events *events;
	struct settings *settings;
	struct sessions *sessions;
	struct text_shelf *texts;
	struct search *search;
	struct people *people;
	struct collect *collect;
	struct followups *followups;
	struct appliers *appliers;
	struct jobs *jobs;         /* NULL in one-off commands */
	struct http_server *http;  /* NULL in one-off commands */
	int64_t started_ms;
	_Atomic int ready_pct;     /* 0..99 while starting, 100 when ready */
};
#endif
