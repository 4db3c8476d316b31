/* serve.h: the running server of one workspace: HTTP, pages, the way of touchpoints, jobs. */
#ifndef SERVE_H
#define SERVE_H
#include "base/err.h"
#include "base/str.h"

struct app;
struct server;
struct serve_options {
	str listen, tls_cert, tls_key;
};
/* Listens and answers at once (503 with progress until app->ready_pct is 100). */
enum err serve_start(struct server **out, struct app *app, const struct serve_options *o, struct fault *f) NODISCARD;
int serve_port(const struct server *s);
void serve_stop(struct server *s);
#endif
