/* receive.h: Segment's HTTP tracking protocol over HTTP (protocols.md 4.1): POST /v1/{track,identify,…,batch} and their
 * short names, GET /v1/projects/KEY/settings, CORS. Answers on the I/O thread; a batch is answered when it is durable. */
#ifndef COLLECT_RECEIVE_H
#define COLLECT_RECEIVE_H
#include "http/http.h"

struct app;
bool receive_is_ours(str path);
/* The largest body of such a path, before it is parsed. */
size_t receive_max_body(const struct app *app);
void receive(struct app *app, struct http_request *rq);
/* What the server refuses itself, in the words of this protocol. */
void receive_refuse(struct http_request *rq, enum err e, const char *why);
#endif
