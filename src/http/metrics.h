/* metrics.h: what the program counts about itself, for GET /metrics (Prometheus text format 0.0.4). Counting is one
 * relaxed atomic addition, from any thread. One set a process. */
#ifndef HTTP_METRICS_H
#define HTTP_METRICS_H
#include "base/buf.h"

enum counter {
#define COUNTER(name, prometheus_name, help) COUNTER_##name,
#include "counters.def"
#undef COUNTER
	COUNTERS
};

void metrics_add(enum counter c, uint64_t n);
uint64_t metrics_counter(enum counter c);
/* reason: the row of drop_reasons.def, counted from 1 (so 0 is free to mean "not dropped"). */
void metrics_dropped(int reason, uint64_t n);
uint64_t metrics_drops(int reason);

/* Names of the routes, by number, for the label `route` of hospes_request_seconds; called once before serving. The
 * texts must live for good. */
void metrics_routes(const char *const *names, size_t n);
/* One request of this route (a number outside the table counts as "other"), answered with `status` after `us`. */
void metrics_request(int route, int status, int64_t us);

/* A value read when somebody asks: `write` is called with the buffer and puts its samples with metrics_sample. */
typedef void metrics_gauge(void *arg, struct buf *out);
/* At most 64 of them (assert). name and help must live for good. type: "gauge" or "counter". */
void metrics_register(const char *name, const char *type, const char *help, metrics_gauge *write, void *arg);
/* One line; label_name NULL for none. */
void metrics_sample(struct buf *out, const char *name, const char *label_name, str label, double value);

void metrics_write(struct buf *out);
void metrics_reset(void); /* tests, and the end of a server: forgets values, routes and gauges */
#endif
