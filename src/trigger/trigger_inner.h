/* trigger_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef TRIGGER_TRIGGER_INNER_H
#define TRIGGER_TRIGGER_INNER_H
#include "trigger/trigger.h"

struct trigger_counts {
	int64_t customers;        /* known, and heard under the purpose */
	int64_t told, given, told_given;
	int64_t first_ms;         /* of the first text that tells it; DESC_NULL_INT */
	int64_t texts, pos, neg;  /* that tell it; of those that could be read, how many pleased and displeased */
};
struct trigger_measured {
	const struct trigger_counts *of; /* in the order of the triggers */
	int64_t gestures, gesture_customers; /* one-off, apart */
};
/* One pass over the events for all of them; kept while nothing changed. */
enum err trigger__measure(struct op *op, const struct talk_trigger *v, size_t n, const struct trigger_measured **out) NODISCARD;
#endif
