/* trigger_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef TRIGGER_TRIGGER_INNER_H
#define TRIGGER_TRIGGER_INNER_H
#include "trigger/trigger.h"

/* Equal steps, counted back from the newest touchpoint, so that none is cut. */
enum { TRIGGER_STEPS = 12, TRIGGER_STEP_DAYS = 28 };
struct trigger_step {
	int64_t from_ms, customers, told; /* known customers heard in it; of them, who told it in it */
};
struct trigger_counts {
	int64_t customers;        /* known, and heard under the purpose */
	int64_t told, given, told_given;
	int64_t first_ms;         /* of the first text that tells it; DESC_NULL_INT */
	struct trigger_step steps[TRIGGER_STEPS]; /* oldest first */
	int64_t texts, pos, neg;  /* that tell it; of those that could be read, how many pleased and displeased */
};
struct trigger_measured {
	const struct trigger_counts *of; /* in the order of the triggers */
	int64_t gestures, gesture_customers; /* one-off, apart */
};
/* Who is behind its shares; told: whether or not it was given; silent: given, and not told. */
enum trigger_who { TRIGGER_TOLD, TRIGGER_GIVEN, TRIGGER_TOLD_GIVEN, TRIGGER_SILENT };
enum err trigger__who(struct op *op, const struct talk_trigger *t, enum trigger_who which, id **out, size_t *n) NODISCARD;
enum err trigger__get(struct op *op, id trigger, struct talk_trigger *out) NODISCARD; /* ERR_NOT_FOUND */
/* One pass over the events for all of them; kept while nothing changed. */
enum err trigger__measure(struct op *op, const struct talk_trigger *v, size_t n, const struct trigger_measured **out) NODISCARD;
#endif
