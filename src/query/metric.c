#include "query/metric.h"

const struct metric METRICS[METRIC_COUNT] = {
#define METRIC(key, unit, direction, base, minimum, formula) {#key, "figure_" #key, "definition_" #key, METRIC_UNIT_##unit, METRIC_BETTER_##direction, METRIC_OF_##base, minimum, formula},
#include "metrics.def"
#undef METRIC
};

const struct metric *metric_find(str key)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		if (str_eq(key, str_of(METRICS[i].key))) return &METRICS[i];
	return NULL;
}
