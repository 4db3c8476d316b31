/* explore_sums.h: what the explorer counts, in one pass over the texts as they stand; for the page alone. */
#ifndef READING_EXPLORE_SUMS_H
#define READING_EXPLORE_SUMS_H
#include "base/vec.h"
#include "op/op.h"
#include "reading/reading.h"
#include "segment/segment.h"

enum { EXPLORE_STEPS = 13, EXPLORE_QUOTES = 20 };
#define EXPLORE_NO_TOPIC "-"

/* Fields absent: any. Language to segment choose what is counted; topic what the time line and quotes are of; feeling and step quotes alone. */
struct explore_asked {
	str language, channel, survey, kind, topic, feeling; /* kind: the prefix of its ids; topic: EXPLORE_NO_TOPIC is of none */
	const struct segment_members *segment;
	int64_t from_ms, to_ms, before_ms; /* the period, and the beginning of one as long before it */
	int64_t step_ms;
	int step;           /* -1: all */
	int64_t behind_ms;  /* quotes older than it */
	id behind;          /* and of that time, of smaller ids */
	size_t quotes;      /* at most */
};
struct explore_count {
	int64_t n, pos, neu, neg; /* n: those too that no model reads */
};
struct explore_topic {
	str name;
	struct explore_count now, *steps;
	int64_t before;
	double q;           /* rate of false discoveries; NaN: too few */
	bool is_rising;
};
struct explore_value { /* of a filter */
	str value;
	int64_t n;
};
struct explore_sums {
	struct explore_count all, shown, without; /* shown: of the topic asked for; without: in no topic */
	int64_t before, found;                    /* found: texts that quotes are taken from */
	size_t n_steps;
	struct explore_count steps[EXPLORE_STEPS]; /* oldest first, of the topic asked for */
	VEC(struct explore_topic) topics;          /* most spoken of first */
	VEC(struct explore_value) languages, channels, surveys;
	VEC(struct reading_text) quotes;           /* newest first */
};
enum err explore_sum(struct op *op, const struct explore_asked *x, struct explore_sums **out) NODISCARD;
/* The newest moment that any text is of; DESC_NULL_INT without one. */
enum err explore_newest(struct op *op, int64_t *out) NODISCARD;
#endif
