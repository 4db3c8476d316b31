/* volume.h: how much each source sent, counted in one pass over the events and kept until something new comes. */
#ifndef SOURCE_VOLUME_H
#define SOURCE_VOLUME_H
#include "op/op.h"

enum { VOLUME_DAYS = 30 };
struct volume {
	int64_t kept, last_ms;         /* last_ms: DESC_NULL_INT when nothing was heard */
	int64_t days[VOLUME_DAYS];     /* of the last 30 days, oldest first, today last */
};
/* Of all sources, indexed by number up to *n - 1; in the op's arena. */
enum err volume_of_sources(struct op *op, struct volume **out, size_t *n) NODISCARD;
struct volume_event {
	str event;
	int64_t n, last_ms;
};
/* The event names of one source, the most frequent first. */
enum err volume_events(struct op *op, uint16_t source, struct volume_event **out, size_t *n) NODISCARD;
#endif
