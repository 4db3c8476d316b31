/* router.h: which route an address belongs to, from a table of {method, pattern, route}. It knows nothing of what the
 * routes do. Patterns: "/customers/:id/joins/:join/undo"; ":x" takes one segment, "*x" at the end takes one or more
 * (joined with "/"). A literal beats a parameter, a parameter beats the rest. Segments are split first and decoded then,
 * so %2F is part of a value. */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H
#include "base/str.h"

enum { ROUTER_PARAMETERS = 6, ROUTER_SEGMENTS = 16, ROUTER_METHODS = 7 };

struct router_row {
	const char *method;  /* GET (also answers HEAD), POST, PUT, PATCH, DELETE */
	const char *pattern; /* outlives the router */
	int route;           /* the caller's number, 0 or more */
};

enum router_outcome {
	ROUTER_FOUND,
	ROUTER_NOT_FOUND, /* 404; also for an empty segment, such as a slash at the end */
	ROUTER_METHOD,    /* 405 with Allow: match.allow */
	ROUTER_OPTIONS,   /* 204 with Allow: match.allow */
	ROUTER_MALFORMED, /* 400: "." and "..", bad escapes, NUL, invalid UTF-8 */
};
struct router_match {
	enum router_outcome outcome;
	int route;
	bool is_json; /* ".json" stood at the end and was taken off */
	size_t n;
	struct {
		str name, value; /* value: decoded; in the arena or in the path given */
	} parameters[ROUTER_PARAMETERS];
	str allow; /* "GET, HEAD, OPTIONS, POST" */
};

struct router;
/* Rows are read once. Two rows of one method and pattern, or a malformed pattern, are programmer errors (assert). */
struct router *router_new(const struct router_row *rows, size_t n);
void router_free(struct router *r);
/* raw_path: as sent, without the query (http_raw_path). Thread safe. */
struct router_match router_find(const struct router *r, struct arena *a, str method, str raw_path);
str router_parameter(const struct router_match *m, const char *name); /* absent when the pattern has none of that name */
#endif
