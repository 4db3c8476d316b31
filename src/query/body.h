/* body.h: a condition judged by one event alone, as it lies in its body: for those that follow the log (follow-ups, alerts) and
 * have no view to ask. What it says of events is what a question says; of customers it must say nothing. */
#ifndef QUERY_BODY_H
#define QUERY_BODY_H
#include "query/condition.h"

struct json_node;
struct query_body {
	str event, channel, source, family, stage; /* "" = none */
	int64_t time_ms;
	const struct json_node *root;
	/* A property that the body does not hold but that can be told of it (text:sentiment); false: there is none. May be NULL. */
	bool (*told)(void *arg, str name, struct condition_value *out);
	void *arg;
};
/* ERR_INVALID: a condition that says something of customers. Absent json: always true, *out is NULL. */
enum err query_body_condition(struct arena *a, const struct zone *zone, str json, const struct query_condition **out, struct fault *f) NODISCARD;
bool query_body_holds(const struct query_condition *c, const struct query_body *b);
/* A property of the body, nested with dots; NULL when it has none. */
const struct json_node *query_body_property(const struct json_node *root, str name);
#endif
