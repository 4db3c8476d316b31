/* xes_touchpoint.h: an event of an XES log → a touchpoint in Segment's form. The trace is the customer, concept:name of the
 * event its name, time:timestamp the instant; all else becomes a property under its key, of the trace as "case:KEY", which
 * is how event logs in CSV name such columns too. */
#ifndef COLLECT_XES_TOUCHPOINT_H
#define COLLECT_XES_TOUCHPOINT_H
#include "collect/touchpoint.h"

struct arena;
struct row_ids;
struct xes_event;
struct zone;

/* zone: of times that carry no offset. NULL, or why the event is rejected: no_identity (no trace, or one without a name),
 * bad_event, bad_time, too_large. Counts the event in ids either way. Everything in *out lives in a. */
const char *xes_touchpoint(struct arena *a, const struct zone *zone, struct row_ids *ids, const struct xes_event *event, struct touchpoint *out) NODISCARD;
/* What a rejected event held, as a JSON object of its keys and values. */
str xes_event_show(struct arena *a, const struct xes_event *event);
#endif
