/* rules_inner.h: what rules.c and judge.c share. */
#ifndef QUERY_RULES_INNER_H
#define QUERY_RULES_INNER_H
#include "base/vec.h"
#include "query/rules.h"

enum rule_kind { RULE_ALL, RULE_ANY, RULE_NOT, RULE_YES, RULE_TYPE, RULE_CHANNEL, RULE_SOURCE, RULE_PROPERTY, RULE_TIME, RULE_FACT };
struct rule {
	enum rule_kind kind;
	uint32_t first, n;                /* parts, in rules.parts */
	const struct query_condition *c;
	uint8_t *types;                   /* RULE_TYPE: by type, whether it holds */
	atomic_uchar *codes;              /* RULE_CHANNEL, RULE_SOURCE: by code, what is known of it: 0 nothing, 1 no, 2 yes */
	atomic_uchar **texts;             /* RULE_PROPERTY: by part, by code of its dictionary, the same */
	uint32_t name;                    /* RULE_PROPERTY: of rules.names */
	uint32_t fact;                    /* RULE_FACT */
};
struct fact { /* of customers */
	const struct query_condition *c;
	struct query_trait trait;
	uint8_t *passes;                  /* by the trait's value */
	uint32_t purpose;                 /* a bit */
	const struct query_behind *behind;
	uint32_t deed;
};
struct deed { /* something done, perhaps in order */
	const struct query_condition *c;
	uint32_t fact;
	struct query_range range;
	struct query_matcher steps[CONDITION_MAX_STEPS];
};
struct named_trait {
	str name;
	struct query_trait trait;
};
struct query_rules {
	struct query_plan *plan;
	const struct query *q;
	struct query_range range;         /* of the question */
	VEC(struct rule) rules;
	VEC(uint32_t) parts;
	VEC(struct fact) facts;
	VEC(struct deed) deeds;
	VEC(str) names;
	VEC(uint32_t) roots;              /* by matcher: a rule */
	VEC(const uint8_t *) codes;       /* by matcher */
	VEC(struct named_trait) traits;
	bool has_where;
	struct query_matcher where;
	uint32_t where_rule;
	int in_segments;                  /* how deep */
	unsigned columns;
	uint64_t *deed_types;             /* by type: a bit for each deed that it may be of */
	uint8_t *deed_codes;              /* by type: whether any */
};

/* What can be said of the rule when only the type of the event is known (-1: not even that), and the customer's facts
 * (NULL: not even those). */
enum query_verdict query__truth(const struct query_rules *r, uint32_t rule, int type, const uint8_t *facts);
#endif
