/* condition.h: the closed language of conditions, as data: who and which events a question is about.
 *
 * Conditions of an event (its type, channel, properties, time) choose events; conditions of a customer (trait, consent,
 * segment, what they did and in which order) choose customers. Both may be mixed: an event is then judged with its
 * customer's facts. Read whole before any work; every fault has its path. The language: docs/questions.md. */
#ifndef QUERY_CONDITION_H
#define QUERY_CONDITION_H
#include "query/query.h"

enum { CONDITION_MAX_DEPTH = 8, CONDITION_MAX_NODES = 200, CONDITION_MAX_VALUES = 1000, CONDITION_MAX_STEPS = 10, CONDITION_MAX_TEXT = 1000 };

enum condition_kind {
	CONDITION_ALL, CONDITION_ANY, CONDITION_NOT, /* of parts */
	CONDITION_EVENT,    /* match */
	CONDITION_NAMED,    /* a property or dimension of the event, or a trait, against values */
	CONDITION_TIME,     /* range */
	CONDITION_CONSENT,  /* name is a purpose */
	CONDITION_SEGMENT,  /* name is its id */
	CONDITION_BEHIND,   /* behind: whose number it is */
	CONDITION_DID,      /* steps[0] so many times */
	CONDITION_SEQUENCE, /* steps, one after another */
};
enum condition_test { TEST_IS, TEST_ABOVE, TEST_AT_LEAST, TEST_BELOW, TEST_AT_MOST, TEST_CONTAINS, TEST_EXISTS };

/* A scalar to compare with. A number is a decimal, or where it has too many digits a double. */
struct condition_value {
	enum query_value_kind kind;
	str text;
	bool is_decimal;
	struct decimal number;
	double real;
};
struct query_condition {
	enum condition_kind kind;
	const char *path; /* of its JSON, for faults that only the workspace can tell */
	const struct query_condition *const *parts;
	size_t n_parts;
	struct query_match match;
	enum query_dimension dimension; /* of CONDITION_NAMED */
	str name;
	enum condition_test test;
	const struct condition_value *values; /* TEST_IS: any of them */
	size_t n_values;
	bool is_wanted;                   /* of exists; of consent: granted */
	struct query_range range;         /* of time, did and sequence */
	int64_t within_ms;                /* did: before the end of the range; sequence: of its first step; 0 = not asked */
	int64_t min, max;                 /* did: how often */
	const struct query *behind;
	const struct query_match *steps;
	size_t n_steps;
};

/* Whether it says nothing of single events, so that it chooses customers. */
bool query__is_of_customers(const struct query_condition *c);
/* Whether any part of it does. */
bool query__has_customers(const struct query_condition *c);
/* Passes when the scalar is one of the values, or compares as asked. Absent is NULL. */
bool query__passes(const struct query_condition *c, const struct condition_value *v);
struct condition_value query__number_value(struct decimal d);
struct condition_value query__value_of(struct query_value v);
/* In words, for definitions. */
str query__condition_words(struct arena *a, const struct query_condition *c);
#endif
