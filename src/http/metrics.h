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
enum drop_reason {
#define DROP_REASON(name, doc) DROP_##name,
#include "drop_reasons.def"
#undef DROP_REASON
	DROP_REASONS
};

void metrics_add(enum counter c, uint64_t n);
uint64_t metrics_counter(enum counter c);
void metrics_dropped(enum drop_reason reason, uint64_t n);
uint64_t metrics_drops(enum drop_reason reason);
const char *drop_reason_label(enum drop_reason reason); /* "no_identity" */
const char *drop_reason_doc(enum drop_reason reason);

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
