#include "query/survey.h"

#include "query/condition.h"

const str QUERY__ANSWER_NAMES[SENT_COUNT] = {{"number", 6}, {"value", 5}, {"scale_min", 9}, {"scale_max", 9}, {"weight", 6}};

bool query__answer(const struct query_plan *p, uint32_t part, uint32_t row, struct answer *out)
{
	*out = (struct answer){.weight = 1};
	if (!query__number_of(query__own(p, part, SENT_NUMBER), row, &out->number) && !query__number_of(query__own(p, part, SENT_VALUE), row, &out->number)) return false;
	out->has_scale = query__number_of(query__own(p, part, SENT_SCALE_MIN), row, &out->scale.low) && query__number_of(query__own(p, part, SENT_SCALE_MAX), row, &out->scale.high);
	out->has_weight = query__number_of(query__own(p, part, SENT_WEIGHT), row, &out->weight) && out->weight >= 0;
	if (!out->has_weight) out->weight = 1;
	return true;
}

struct query_match query__answers_where(struct arena *a, str property, const str *texts, size_t n)
{
	struct query_condition *c = ARENA_NEW(a, struct query_condition);
	struct condition_value *values = ARENA_ARRAY(a, struct condition_value, n);
	str *name = ARENA_NEW(a, str);
	*name = S(SURVEY_ANSWERED);
	for (size_t i = 0; i < n; i++) values[i] = (struct condition_value){.kind = QUERY_VALUE_TEXT, .text = texts[i]};
	*c = (struct query_condition){.kind = CONDITION_NAMED, .path = "question", .dimension = QUERY_PROPERTY, .name = property, .test = TEST_IS, .values = values, .n_values = n};
	return (struct query_match){.names = name, .n = 1, .where = c};
}
