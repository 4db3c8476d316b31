#include "query/body.h"

#include "json/json.h"
#include "query/inner.h"

enum { VALUE_PATH_PARTS = 8 };

enum err query_body_condition(struct arena *a, const struct zone *zone, str json, const struct query_condition **out, struct fault *f)
{
	*out = NULL;
	if (!json.n) return OK;
	TRY(query_read_condition(a, zone, json, false, out, f));
	if (*out && query__has_customers(*out)) return fault_set(f, ERR_INVALID, "condition", "may say something of the touchpoint alone, nothing of its customer");
	return OK;
}

const struct json_node *query_body_property(const struct json_node *root, str name)
{
	str rest = name, first = str_cut(&rest, ':');
	const struct json_node *at;
	if (str_given(rest) && str_eq(first, S("context"))) at = json_get(root, S("context"));
	else at = json_get(root, S("properties")), rest = name;
	for (int i = 0; at && str_given(rest) && i < VALUE_PATH_PARTS; i++) at = json_get(at, str_cut(&rest, '.'));
	return str_given(rest) ? NULL : at;
}

static bool value_of(const struct json_node *n, struct condition_value *out)
{
	struct query_value v = {.text = n ? n->text : STR_NONE};
	if (!n) return false;
	switch (n->type) {
	case JSON_STRING: v.kind = QUERY_VALUE_TEXT; break;
	case JSON_NUMBER: v.kind = QUERY_VALUE_NUMBER; break;
	case JSON_TRUE: v.kind = QUERY_VALUE_TRUE; break;
	case JSON_FALSE: v.kind = QUERY_VALUE_FALSE; break;
	default: return false;
	}
	*out = query__value_of(v);
	return true;
}

static bool named(const struct query_condition *c, const struct query_body *b)
{
	struct condition_value v = {.kind = QUERY_VALUE_TEXT};
	switch (c->dimension) {
	case QUERY_TYPE: v.text = b->event; break;
	case QUERY_CHANNEL: v.text = b->channel; break;
	case QUERY_SOURCE: v.text = b->source; break;
	case QUERY_FAMILY: v.text = b->family; break;
	case QUERY_STAGE: v.text = b->stage; break;
	default:
		if (value_of(query_body_property(b->root, c->name), &v) || (b->told && b->told(b->arg, c->name, &v))) return query__passes(c, &v);
		return query__passes(c, NULL);
	}
	return query__passes(c, v.text.n ? &v : NULL);
}

static bool is_named(const struct query_match *m, str event)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->names[i], event)) return true;
	return m->n == 0;
}

bool query_body_holds(const struct query_condition *c, const struct query_body *b)
{
	if (!c) return true;
	bool is_any = c->kind == CONDITION_ANY;
	switch (c->kind) {
	case CONDITION_ALL:
	case CONDITION_ANY:
		for (size_t i = 0; i < c->n_parts; i++)
			if (query_body_holds(c->parts[i], b) == is_any) return is_any;
		return !is_any;
	case CONDITION_NOT: return !query_body_holds(c->parts[0], b);
	case CONDITION_EVENT: return is_named(&c->match, b->event) && query_body_holds(c->match.where, b);
	case CONDITION_NAMED: return named(c, b);
	case CONDITION_TIME: return (!c->range.has_from || b->time_ms >= c->range.from_ms) && (!c->range.has_to || b->time_ms < c->range.to_ms);
	default: return false; /* of customers: refused when it was read */
	}
}
