/* xes.h: event logs in XES (IEEE 1849): <log> of <trace> of <event>, each with attributes of a type and a key. Read as a
 * stream, so that a log may be larger than memory. What `global` declares are defaults for readers, no events.
 *
 * Invariant: one bad event costs only itself. A document that is not well formed, or that carries a document type (the
 * only place where XML can define entities), ends the reading where it stands. */
#ifndef COLLECT_XES_H
#define COLLECT_XES_H
#include "base/err.h"
#include "base/str.h"

struct input;
struct xes;

enum xes_type { XES_STRING, XES_DATE, XES_INT, XES_FLOAT, XES_BOOLEAN, XES_ID, XES_TYPE_COUNT };
struct xes_attribute {
	str key;   /* "org:resource"; of an attribute inside another "outer:inner" */
	str value; /* as it stands in the file */
	enum xes_type type;
};
struct xes_event {
	const struct xes_attribute *trace, *own;
	size_t n_trace, n_own;
	int64_t line; /* where its tag ends, counted from 1 */
};

struct xes_options {
	size_t max_attributes;  /* of an event, and of a trace; 0: 512 */
	size_t max_event_bytes; /* keys and values together; 0: 256 KiB */
	size_t max_trace_bytes; /* the same of a trace; 0: 16 KiB */
};
enum xes_result {
	XES_EVENT,
	XES_BAD_EVENT, /* reason: too_many_attributes, too_large; *out holds what was read before */
	XES_END,
	XES_FAILED,    /* f: ERR_MALFORMED with the line, ERR_IO, ERR_TOO_LARGE */
};
/* Borrows in. */
struct xes *xes_new(struct input *in, const struct xes_options *o);
void xes_free(struct xes *x);
/* Everything in *out is valid until the next call. */
enum xes_result xes_next(struct xes *x, struct xes_event *out, const char **reason, struct fault *f);

/* The value of a key; absent when there is none. */
str xes_value(const struct xes_attribute *attributes, size_t n, str key);
#endif
