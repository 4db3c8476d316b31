/* frictions.h: what hurts on the journey as touchpoints are filed (query/DESIGN.md): whom, how many, and the money at stake. */
#ifndef JOURNEY_FRICTIONS_H
#define JOURNEY_FRICTIONS_H
#include "op/op.h"

struct json_node;
struct friction_found {
	str key, kind, stage, event, end, currency;
	double within_s, share, money, low, high; /* NaN: not told */
	int64_t customers, exposed;
};
/* Those that anybody met, the most money first; valid until op ends. */
enum err journey_frictions(struct op *op, const struct friction_found **out, size_t *n) NODISCARD;
/* One of an answer's list. */
struct friction_found journey_friction_read(const struct json_node *f);
/* In the reader's language: "Waits over 5 days from Order Shipped to Order Delivered". */
str journey_friction_name(struct op *op, const struct friction_found *f);
#endif
