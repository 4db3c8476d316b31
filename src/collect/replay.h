/* replay.h: what people are, derived again as if an import had never been: identities and their joins, traits, consent, names
 * in lists. Orders are left to whoever knows their source. */
#ifndef COLLECT_REPLAY_H
#define COLLECT_REPLAY_H
#include "events/events.h"
#include "op/op.h"

struct replay {
	uint32_t *subjects; /* whose records were derived again, or went */
	size_t n;
	struct people *heard; /* the memory in which it was done; release with replay_release */
};
/* In a write op, under people_lock, with everything applied. The events of the import are passed over, whether the view
 * still shows them or not; when it does not, only what they left in no other hands is missed. Memory that others read is not
 * touched: after the commit it has to be read again, and people_take_heard be called. */
enum err replay_without(struct op *op, struct events_view *view, uint32_t import, struct replay *out) NODISCARD;
void replay_release(struct replay *r);
#endif
