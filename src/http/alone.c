/* alone.c: a GET that nobody sent, so that a page can be drawn for somebody who is not there: same handlers, same answers. */
#include "base/mem.h"
#include "base/utf8.h"
#include "http/internal.h"

struct alone {
	struct http_request rq;
	struct http_connection from;
	struct http_server server;
};

struct http_request *http_alone_new(str address)
{
	struct alone *made = MEM_NEW(struct alone);
	struct http_request *rq = &made->rq;
	bool sound;
	arena_init(&rq->arena);
	rq->server = &made->server;
	rq->from = &made->from;
	str rest = str_dup(&rq->arena, address);
	rq->method = S("GET");
	rq->raw_path = str_cut(&rest, '?');
	rq->query_string = rest;
	rq->path = http__percent(&rq->arena, rq->raw_path, false, &sound);
	rq->file = -1;
	if (!sound || !utf8_is_valid(rq->path)) rq->raw_path = rq->path = S("");
	return rq;
}

void http_alone_free(struct http_request *rq)
{
	if (!rq) return;
	arena_release(&rq->arena);
	mem_free(rq);
}
