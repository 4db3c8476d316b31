/* Conditions are compared and put in words here; they are read in condition_read.c and compiled in rules.c. */
#include "query/condition.h"

#include <string.h>

#include "query/inner.h"

bool query__is_of_customers(const struct query_condition *c)
{
	switch (c->kind) {
	case CONDITION_ALL:
	case CONDITION_ANY:
	case CONDITION_NOT: break;
	case CONDITION_EVENT:
	case CONDITION_TIME: return false;
	case CONDITION_NAMED: return c->dimension == QUERY_TRAIT;
	case CONDITION_CONSENT:
	case CONDITION_SEGMENT:
	case CONDITION_BEHIND:
	case CONDITION_DID:
	case CONDITION_SEQUENCE: return true;
	}
	for (size_t i = 0; i < c->n_parts; i++)
		if (!query__is_of_customers(c->parts[i])) return false;
	return true;
}

bool query__has_customers(const struct query_condition *c)
{
	if (c->kind != CONDITION_ALL && c->kind != CONDITION_ANY && c->kind != CONDITION_NOT) return query__is_of_customers(c);
	for (size_t i = 0; i < c->n_parts; i++)
		if (query__has_customers(c->parts[i])) return true;
	return false;
}

/* ---- comparing --------------------------------------------------------------------------------------------------------- */
/* Below 0, 0, above 0; both are numbers or both texts. */
static int compare(const struct condition_value *a, const struct condition_value *b)
{
	if (a->kind == QUERY_VALUE_TEXT) return str_cmp(a->text, b->text);
	if (a->is_decimal && b->is_decimal) return decimal_cmp(a->number, b->number);
	return (a->real > b->real) - (a->real < b->real);
}

static bool is_one_of(const struct query_condition *c, const struct condition_value *v)
{
	for (size_t i = 0; i < c->n_values; i++) {
		const struct condition_value *want = &c->values[i];
		if (want->kind != v->kind) continue;
		if ((v->kind != QUERY_VALUE_TEXT && v->kind != QUERY_VALUE_NUMBER) || compare(v, want) == 0) return true;
	}
	return false;
}

struct condition_value query__value_of(struct query_value v)
{
	struct condition_value out = {.kind = v.kind, .text = v.text};
	if (v.kind != QUERY_VALUE_NUMBER) return out;
	out.is_decimal = decimal_parse(v.text, &out.number);
	if (out.is_decimal) out.real = decimal_to_double(out.number);
	else (void)str_f64(v.text, &out.real);
	return out;
}

bool query__passes(const struct query_condition *c, const struct condition_value *v)
{
	static const struct condition_value NONE;
	if (!v) v = &NONE;
	if (c->test == TEST_EXISTS) return (v->kind != QUERY_VALUE_NULL) == c->is_wanted;
	if (c->test == TEST_IS) return is_one_of(c, v);
	if (c->n_values == 0 || v->kind != c->values[0].kind) return false;
	if (c->test == TEST_CONTAINS) return str_contains(v->text, c->values[0].text);
	int order = compare(v, &c->values[0]);
	switch (c->test) {
	case TEST_ABOVE: return order > 0;
	case TEST_AT_LEAST: return order >= 0;
	case TEST_BELOW: return order < 0;
	case TEST_AT_MOST: return order <= 0;
	case TEST_IS:
	case TEST_CONTAINS:
	case TEST_EXISTS: break;
	}
	return false;
}

/* ---- in words ------------------------------------------------------------------------------------------------------------ */
static str value_words(struct arena *a, const struct condition_value *v)
{
	switch (v->kind) {
	case QUERY_VALUE_TEXT: return str_fmt(a, "\"%.*s\"", STR_ARG(v->text));
	case QUERY_VALUE_NUMBER: return v->text;
	case QUERY_VALUE_TRUE: return S("true");
	case QUERY_VALUE_FALSE: return S("false");
	case QUERY_VALUE_NULL: break;
	}
	return S("nothing");
}

static str named_words(struct arena *a, const struct query_condition *c)
{
	static const char *const TESTS[] = {[TEST_IS] = "is", [TEST_ABOVE] = "is above", [TEST_AT_LEAST] = "is at least", [TEST_BELOW] = "is below", [TEST_AT_MOST] = "is at most", [TEST_CONTAINS] = "contains", [TEST_EXISTS] = "is there"};
	str name = c->dimension == QUERY_TRAIT ? str_fmt(a, "trait %.*s", STR_ARG(c->name)) : query__dimension_name(c->dimension, c->name);
	if (c->test == TEST_EXISTS) return str_fmt(a, "%.*s is %s", STR_ARG(name), c->is_wanted ? "there" : "not there");
	str values = S("");
	for (size_t i = 0; i < c->n_values && i < 5; i++) values = str_fmt(a, "%.*s%s%.*s", STR_ARG(values), i ? " or " : "", STR_ARG(value_words(a, &c->values[i])));
	if (c->n_values > 5) values = str_fmt(a, "%.*s or %zu others", STR_ARG(values), c->n_values - 5);
	return str_fmt(a, "%.*s %s %.*s", STR_ARG(name), TESTS[c->test], STR_ARG(values));
}

static str steps_words(struct arena *a, const struct query_condition *c)
{
	str out = S("");
	for (size_t i = 0; i < c->n_steps; i++) out = str_fmt(a, "%.*s%s%.*s", STR_ARG(out), i ? " then " : "", STR_ARG(query__names(a, &c->steps[i])));
	return out;
}

static str did_words(struct arena *a, const struct query_condition *c)
{
	str what = steps_words(a, c), when = c->within_ms ? str_fmt(a, " within %.*s", STR_ARG(query__duration(a, c->within_ms))) : c->range.has_from || c->range.has_to ? S(" in a time of its own") : S("");
	if (c->kind == CONDITION_SEQUENCE) return str_fmt(a, "did %.*s%.*s", STR_ARG(what), STR_ARG(when));
	if (c->max == 0) return str_fmt(a, "did no %.*s%.*s", STR_ARG(what), STR_ARG(when));
	str often = c->min == c->max ? str_fmt(a, "exactly %lld", (long long)c->min) : c->max == INT64_MAX ? str_fmt(a, "at least %lld", (long long)c->min) : c->min == 0 ? str_fmt(a, "at most %lld", (long long)c->max) : str_fmt(a, "%lld to %lld", (long long)c->min, (long long)c->max);
	return str_fmt(a, "did %.*s %.*s times%.*s", STR_ARG(what), STR_ARG(often), STR_ARG(when));
}

static str joined_words(struct arena *a, const struct query_condition *c)
{
	str out = S("");
	for (size_t i = 0; i < c->n_parts; i++) {
		const struct query_condition *part = c->parts[i];
		str words = query__condition_words(a, part);
		if (part->kind == CONDITION_ALL || part->kind == CONDITION_ANY) words = str_fmt(a, "(%.*s)", STR_ARG(words));
		out = str_fmt(a, "%.*s%s%.*s", STR_ARG(out), i ? c->kind == CONDITION_ALL ? " and " : " or " : "", STR_ARG(words));
	}
	return c->kind == CONDITION_NOT ? str_fmt(a, "not %.*s", STR_ARG(out)) : out;
}

str query__condition_words(struct arena *a, const struct query_condition *c)
{
	switch (c->kind) {
	case CONDITION_ALL:
	case CONDITION_ANY:
	case CONDITION_NOT: return joined_words(a, c);
	case CONDITION_EVENT: return str_fmt(a, "the event is %.*s", STR_ARG(query__names(a, &c->match)));
	case CONDITION_NAMED: return named_words(a, c);
	case CONDITION_TIME: return S("its time is in a range of its own");
	case CONDITION_CONSENT: return str_fmt(a, "%.*s was %s", STR_ARG(c->name), c->is_wanted ? "granted" : "refused");
	case CONDITION_SEGMENT: return str_fmt(a, "in segment %.*s", STR_ARG(c->name));
	case CONDITION_BEHIND: return str_fmt(a, "behind a number of a question of kind %.*s", STR_ARG(query__kind_name(c->behind->kind)));
	case CONDITION_DID:
	case CONDITION_SEQUENCE: break;
	}
	return did_words(a, c);
}
