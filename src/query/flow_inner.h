/* flow_inner.h: what flow.c and flow_behind.c share; nobody else includes it. */
#ifndef QUERY_FLOW_INNER_H
#define QUERY_FLOW_INNER_H
#include "query/flow.h"
#include "query/inner.h"

struct flow_walk { /* the case in hand */
	uint32_t n;
	const int64_t *time_ms;
	const uint16_t *type, *channel;
};
struct flow_asked { /* of members, as codes: NONE what is not asked, UNKNOWN what was never heard */
	uint32_t from, to, start, end, again, repeated;
	uint32_t events[BEHIND_MAX_EVENTS];
};

struct flow_asked flow__asked(struct query_plan *p, const struct query_behind *m);
bool flow__is_asked(const struct flow_asked *x, const struct query *q, const uint8_t *is_contact, const struct flow_walk *c);
#endif
