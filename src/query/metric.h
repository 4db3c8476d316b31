/* metric.h: the customers' figures of tables/metrics.def: what pages need to know of one beside its value. */
#ifndef QUERY_METRIC_H
#define QUERY_METRIC_H
#include "base/str.h"

enum metric_unit { METRIC_UNIT_COUNT, METRIC_UNIT_MONEY, METRIC_UNIT_SHARE, METRIC_UNIT_DAYS };
enum metric_direction { METRIC_BETTER_UP, METRIC_BETTER_DOWN, METRIC_BETTER_NONE };
enum metric_base { METRIC_OF_CUSTOMERS, METRIC_OF_ORDERS, METRIC_OF_UNITS, METRIC_OF_TOUCHPOINTS, METRIC_OF_FOLLOWUPS };
enum metric_key {
#define METRIC(key, unit, direction, base, minimum, formula) METRIC_##key,
#include "metrics.def"
#undef METRIC
	METRIC_COUNT
};
struct metric {
	const char *key, *name, *definition; /* name and definition: keys of texts */
	enum metric_unit unit;
	enum metric_direction direction;
	enum metric_base base;
	int minimum; /* of n, for an interval */
	const char *formula;
};
extern const struct metric METRICS[METRIC_COUNT];

const struct metric *metric_find(str key); /* NULL when unknown */
#endif
