/* Conditions are read by one table of their forms: the member that names the form decides what else may stand beside it.
 * A path is carried along, so that a fault deep inside says where: where.all.2.name. */
#include "base/vec.h"
#include "query/condition.h"
#include "query/inner.h"
#include "query/read.h"

static const struct query_condition *read_condition(struct query_reader *r, str path, const struct json_node *v, int depth);

static str under(struct query_reader *r, str path, const char *name)
{
	return str_fmt(r->arena, "%.*s.%s", STR_ARG(path), name);
}

static const char *field(struct query_reader *r, str path)
{
	return str_c(r->arena, path);
}

static struct query_condition *condition(struct query_reader *r, enum condition_kind kind, str path)
{
	struct query_condition *c = ARENA_NEW(r->arena, struct query_condition);
	c->kind = kind;
	c->path = field(r, path);
	if (++r->n_conditions == CONDITION_MAX_NODES + 1) query__bad(r, c->path, "the question has more than %d conditions", CONDITION_MAX_NODES);
	return c;
}

static const struct query_condition *join(struct query_reader *r, enum condition_kind kind, str path, const struct query_condition *const *parts, size_t n)
{
	if (kind == CONDITION_ALL && n == 1) return parts[0];
	struct query_condition *c = condition(r, kind, path);
	c->parts = parts;
	c->n_parts = n;
	return c;
}

/* Members beside those that the form has are faults. */
static void only(struct query_reader *r, str path, const struct json_node *v, const char *const *names, size_t n)
{
	for (const struct json_node *m = v->child; m; m = m->next) {
		bool is_known = false;
		str all = S("");
		for (size_t i = 0; i < n; i++) {
			is_known = is_known || str_eq(m->key, str_of(names[i]));
			all = str_fmt(r->arena, "%.*s%s%s", STR_ARG(all), i ? ", " : "", names[i]);
		}
		if (!is_known) query__bad(r, query__plain_path(r, path, m->key), "does not stand here; this condition has: %.*s", STR_ARG(all));
	}
}

/* ---- all, any, not ---------------------------------------------------------------------------------------------------- */
static const struct query_condition *read_parts(struct query_reader *r, str path, const struct json_node *v, enum condition_kind kind, int depth)
{
	if (v->type != JSON_ARRAY || v->n == 0) {
		query__bad(r, field(r, path), "a list of one condition or more");
		return NULL;
	}
	const struct query_condition **parts = ARENA_ARRAY(r->arena, const struct query_condition *, v->n);
	size_t n = 0, i = 0;
	for (const struct json_node *c = v->child; c && r->n_conditions <= CONDITION_MAX_NODES; c = c->next) {
		parts[n] = read_condition(r, str_fmt(r->arena, "%.*s.%zu", STR_ARG(path), ++i), c, depth + 1);
		n += parts[n] != NULL;
	}
	return n ? join(r, kind, path, parts, n) : NULL;
}

static const struct query_condition *read_all(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	only(r, path, v, (const char *const[]){"all"}, 1);
	return read_parts(r, under(r, path, "all"), json_get(v, S("all")), CONDITION_ALL, depth);
}

static const struct query_condition *read_any(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	only(r, path, v, (const char *const[]){"any"}, 1);
	return read_parts(r, under(r, path, "any"), json_get(v, S("any")), CONDITION_ANY, depth);
}

static const struct query_condition *negate(struct query_reader *r, str path, const struct query_condition *part)
{
	const struct query_condition **parts = ARENA_ARRAY(r->arena, const struct query_condition *, 1);
	parts[0] = part;
	return part ? join(r, CONDITION_NOT, path, parts, 1) : NULL;
}

static const struct query_condition *read_not(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	only(r, path, v, (const char *const[]){"not"}, 1);
	path = under(r, path, "not");
	return negate(r, path, read_condition(r, path, json_get(v, S("not")), depth + 1));
}

/* ---- of an event ------------------------------------------------------------------------------------------------------- */
static const struct query_condition *read_event(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	(void)depth;
	only(r, path, v, (const char *const[]){"event"}, 1);
	struct query_condition *c = condition(r, CONDITION_EVENT, path);
	query__read_names(r, field(r, under(r, path, "event")), json_get(v, S("event")), &c->match);
	return c;
}

static void read_range(struct query_reader *r, str path, const struct json_node *v, struct query_range *out)
{
	const struct json_node *from = json_get(v, S("from")), *to = json_get(v, S("to"));
	if (from) query__read_time(r, field(r, under(r, path, "from")), from, &out->has_from, &out->from_ms);
	if (to) query__read_time(r, field(r, under(r, path, "to")), to, &out->has_to, &out->to_ms);
	if (out->has_from && out->has_to && out->from_ms >= out->to_ms) query__bad(r, field(r, under(r, path, "to")), "not after \"from\"");
}

static const struct query_condition *read_time_of(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	(void)depth;
	only(r, path, v, (const char *const[]){"time"}, 1);
	struct query_condition *c = condition(r, CONDITION_TIME, path);
	const struct json_node *time = json_get(v, S("time"));
	path = under(r, path, "time");
	if (time->type == JSON_OBJECT && time->n) {
		only(r, path, time, (const char *const[]){"from", "to"}, 2);
		read_range(r, path, time, &c->range);
	} else query__bad(r, field(r, path), "has from, to or both");
	return c;
}

struct condition_value query__number_value(struct decimal d)
{
	return (struct condition_value){.kind = QUERY_VALUE_NUMBER, .is_decimal = true, .number = d, .real = decimal_to_double(d)};
}

static bool read_value(struct query_reader *r, str path, const struct json_node *v, struct condition_value *out)
{
	static const enum query_value_kind KINDS[] = {[JSON_STRING] = QUERY_VALUE_TEXT, [JSON_NUMBER] = QUERY_VALUE_NUMBER, [JSON_TRUE] = QUERY_VALUE_TRUE, [JSON_FALSE] = QUERY_VALUE_FALSE, [JSON_NULL] = QUERY_VALUE_NULL};
	if (v->type == JSON_OBJECT || v->type == JSON_ARRAY) query__bad(r, field(r, path), "one text, number, true, false or null");
	else if (v->type == JSON_STRING && v->text.n > CONDITION_MAX_TEXT) query__bad(r, field(r, path), "longer than %d bytes", CONDITION_MAX_TEXT);
	else {
		*out = (struct condition_value){.kind = KINDS[v->type]};
		if (v->type == JSON_STRING || v->type == JSON_NUMBER) out->text = str_dup(r->arena, v->text);
		if (v->type == JSON_NUMBER) {
			out->is_decimal = decimal_parse(v->text, &out->number);
			if (out->is_decimal) out->real = decimal_to_double(out->number);
			else if (!str_f64(v->text, &out->real)) query__bad(r, field(r, path), "no number that can be kept");
		}
		return true;
	}
	return false;
}

static void read_values(struct query_reader *r, str path, const struct json_node *v, struct query_condition *c)
{
	bool is_list = str_ends(path, S(".in"));
	if (is_list && (v->type != JSON_ARRAY || v->n == 0 || v->n > CONDITION_MAX_VALUES)) {
		query__bad(r, field(r, path), "a list of 1 to %d values", CONDITION_MAX_VALUES);
		return;
	}
	struct condition_value *values = ARENA_ARRAY(r->arena, struct condition_value, is_list ? v->n : 1);
	for (const struct json_node *m = is_list ? v->child : v; m; m = is_list ? m->next : NULL) c->n_values += read_value(r, path, m, &values[c->n_values]);
	c->values = values;
	bool compares = c->test != TEST_IS && c->test != TEST_CONTAINS;
	if (c->n_values && compares && values[0].kind != QUERY_VALUE_NUMBER && values[0].kind != QUERY_VALUE_TEXT) query__bad(r, field(r, path), "a number or a text");
	if (c->n_values && c->test == TEST_CONTAINS && (values[0].kind != QUERY_VALUE_TEXT || values[0].text.n == 0)) query__bad(r, field(r, path), "a text of one byte or more");
}

static const struct {
	const char *name;
	enum condition_test test;
	bool is_negated;
} TESTS[] = {{"is", TEST_IS, false}, {"is_not", TEST_IS, true}, {"in", TEST_IS, false}, {"above", TEST_ABOVE, false}, {"at_least", TEST_AT_LEAST, false}, {"below", TEST_BELOW, false}, {"at_most", TEST_AT_MOST, false}, {"contains", TEST_CONTAINS, false}, {"exists", TEST_EXISTS, false}};

/* What is above 20 and below 10 would be nothing, for ever: nobody means that. */
static void check_bounds(struct query_reader *r, str path, const struct query_condition *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			const struct query_condition *low = parts[i], *high = parts[k];
			if (low->kind != CONDITION_NAMED || high->kind != CONDITION_NAMED || (low->test != TEST_ABOVE && low->test != TEST_AT_LEAST) || (high->test != TEST_BELOW && high->test != TEST_AT_MOST) || !low->n_values || !high->n_values) continue;
			bool is_closed = low->test == TEST_AT_LEAST && high->test == TEST_AT_MOST;
			struct query_condition at_most = {.test = is_closed ? TEST_AT_MOST : TEST_BELOW, .values = high->values, .n_values = 1};
			if (!query__passes(&at_most, &low->values[0])) query__bad(r, field(r, path), "contradicts itself: nothing lies between these bounds");
		}
}

static const struct query_condition *read_named(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	(void)depth;
	const char *names[COUNT_OF(TESTS) + 1] = {"name"};
	const struct query_condition **parts = ARENA_ARRAY(r->arena, const struct query_condition *, COUNT_OF(TESTS));
	enum query_dimension dimension = QUERY_NONE;
	str name = STR_NONE;
	size_t n = 0;
	for (size_t i = 0; i < COUNT_OF(TESTS); i++) names[i + 1] = TESTS[i].name;
	only(r, path, v, names, COUNT_OF(names));
	query__read_any_dimension(r, field(r, under(r, path, "name")), json_get(v, S("name")), &dimension, &name);
	for (size_t i = 0; i < COUNT_OF(TESTS); i++) {
		const struct json_node *m = json_get(v, str_of(TESTS[i].name));
		str at = under(r, path, TESTS[i].name);
		if (!m) continue;
		struct query_condition *c = condition(r, CONDITION_NAMED, path);
		c->dimension = dimension;
		c->name = name;
		c->test = TESTS[i].test;
		if (c->test == TEST_EXISTS) {
			c->is_wanted = m->type == JSON_TRUE;
			if (m->type != JSON_TRUE && m->type != JSON_FALSE) query__bad(r, field(r, at), "not true or false");
		} else read_values(r, at, m, c);
		parts[n++] = TESTS[i].is_negated ? negate(r, at, c) : c;
	}
	if (n == 0) query__bad(r, field(r, path), "compare with one of is, is_not, in, above, at_least, below, at_most, contains, exists");
	check_bounds(r, path, parts, n);
	return n ? join(r, CONDITION_ALL, path, parts, n) : NULL;
}

/* ---- of a customer ----------------------------------------------------------------------------------------------------- */
static const struct query_condition *read_consent(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	static const char *const STATES[] = {"refused", "granted"};
	(void)depth;
	const struct json_node *name = json_get(v, S("consent")), *is = json_get(v, S("is"));
	only(r, path, v, (const char *const[]){"consent", "is"}, 2);
	struct query_condition *c = condition(r, CONDITION_CONSENT, path);
	if (name->type == JSON_STRING && name->text.n && name->text.n <= CONDITION_MAX_TEXT) c->name = str_dup(r->arena, name->text);
	else query__bad(r, field(r, under(r, path, "consent")), "the name of a purpose");
	if (is) c->is_wanted = query__read_choice(r, field(r, under(r, path, "is")), is, STATES, COUNT_OF(STATES)) == 1;
	else query__bad(r, field(r, under(r, path, "is")), "granted or refused");
	return c;
}

static const struct query_condition *read_segment(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	(void)depth;
	const struct json_node *name = json_get(v, S("segment"));
	only(r, path, v, (const char *const[]){"segment"}, 1);
	struct query_condition *c = condition(r, CONDITION_SEGMENT, path);
	if (name->type == JSON_STRING && name->text.n && name->text.n <= CONDITION_MAX_TEXT) c->name = str_dup(r->arena, name->text);
	else query__bad(r, field(r, under(r, path, "segment")), "the id of a segment");
	return c;
}

/* A question with members, as it would be asked alone; what is wrong with it is told of the condition. */
static const struct query_condition *read_behind(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	struct fault inner = {0};
	char room[FAULT_TEXT];
	(void)depth;
	only(r, path, v, (const char *const[]){"behind"}, 1);
	struct query_condition *c = condition(r, CONDITION_BEHIND, path);
	struct query *q = ARENA_NEW(r->arena, struct query);
	const char *at = field(r, under(r, path, "behind"));
	c->behind = q;
	if (r->within == BEHIND_MAX_DEEP) query__bad(r, at, "questions lie deeper than %d within each other", BEHIND_MAX_DEEP);
	else if (query__read_within(r->arena, r->zone, json_get(v, S("behind")), r->within + 1, q, &inner) != OK) query__bad(r, at, "%.150s", fault_text(&inner, room, sizeof room));
	else if (!q->members || q->compare) query__bad(r, at, "a question with \"members\", which say whose number is meant, and without \"compare\"");
	return c;
}

/* An event that a customer did: what is said of it is of the event alone. */
static void read_deed(struct query_reader *r, str path, const struct json_node *v, struct query_match *out, int depth)
{
	query__read_match_at(r, field(r, path), v, out, depth + 1);
	if (out->where && query__has_customers(out->where)) query__bad(r, field(r, path), "says something of the customer; say it beside the condition, under all or any");
}

static const struct query_match *read_steps(struct query_reader *r, str path, const struct json_node *v, size_t *n, int depth)
{
	const struct json_node *first = v->type == JSON_ARRAY ? v->child : v;
	struct query_match *steps = ARENA_ARRAY(r->arena, struct query_match, CONDITION_MAX_STEPS);
	for (const struct json_node *m = first; m && *n < CONDITION_MAX_STEPS; m = m->next)
		read_deed(r, str_fmt(r->arena, "%.*s.%zu", STR_ARG(path), *n + 1), m, &steps[*n], depth), (*n)++;
	return steps;
}

static void read_count(struct query_reader *r, str path, const struct json_node *v, struct query_condition *c)
{
	enum { MOST = 1000000 };
	const struct json_node *least = json_get(v, S("at_least")), *most = json_get(v, S("at_most")), *exact = json_get(v, S("exactly"));
	c->min = least || most || exact ? 0 : 1;
	c->max = INT64_MAX;
	if (least && !query__whole(least, 0, MOST, &c->min)) query__bad(r, field(r, under(r, path, "at_least")), "not a whole number from 0 to %d", MOST);
	if (most && !query__whole(most, 0, MOST, &c->max)) query__bad(r, field(r, under(r, path, "at_most")), "not a whole number from 0 to %d", MOST);
	if (exact && (least || most)) query__bad(r, field(r, under(r, path, "exactly")), "stands alone, without at_least and at_most");
	else if (exact && !query__whole(exact, 0, MOST, &c->min)) query__bad(r, field(r, under(r, path, "exactly")), "not a whole number from 0 to %d", MOST);
	else if (exact) c->max = c->min;
	if (c->min > c->max) query__bad(r, field(r, under(r, path, "at_most")), "contradicts \"at_least\"");
}

static const struct query_condition *read_did(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	static const char *const NAMES[] = {"did", "at_least", "at_most", "exactly", "from", "to", "within"};
	only(r, path, v, NAMES, COUNT_OF(NAMES));
	struct query_condition *c = condition(r, CONDITION_DID, path);
	struct query_match *match = ARENA_NEW(r->arena, struct query_match);
	read_deed(r, under(r, path, "did"), json_get(v, S("did")), match, depth);
	c->steps = match;
	c->n_steps = 1;
	read_count(r, path, v, c);
	read_range(r, path, v, &c->range);
	const struct json_node *within = json_get(v, S("within"));
	if (within) query__read_duration(r, field(r, under(r, path, "within")), within, &c->within_ms);
	if (within && (c->range.has_from || c->range.has_to)) query__bad(r, field(r, under(r, path, "within")), "stands alone, without from and to");
	return c;
}

static const struct query_condition *read_sequence(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	static const char *const NAMES[] = {"sequence", "within", "from", "to"};
	only(r, path, v, NAMES, COUNT_OF(NAMES));
	struct query_condition *c = condition(r, CONDITION_SEQUENCE, path);
	const struct json_node *steps = json_get(v, S("sequence")), *within = json_get(v, S("within"));
	if (steps->type == JSON_ARRAY && steps->n >= 2 && steps->n <= CONDITION_MAX_STEPS) c->steps = read_steps(r, under(r, path, "sequence"), steps, &c->n_steps, depth);
	else query__bad(r, field(r, under(r, path, "sequence")), "a list of 2 to %d events, in order", CONDITION_MAX_STEPS);
	read_range(r, path, v, &c->range);
	if (within) query__read_duration(r, field(r, under(r, path, "within")), within, &c->within_ms);
	return c;
}

/* ---- any --------------------------------------------------------------------------------------------------------------- */
static const struct {
	const char *name;
	const struct query_condition *(*read)(struct query_reader *r, str path, const struct json_node *v, int depth);
} FORMS[] = {{"all", read_all}, {"any", read_any}, {"not", read_not}, {"name", read_named}, {"event", read_event}, {"time", read_time_of}, {"consent", read_consent}, {"segment", read_segment}, {"behind", read_behind}, {"did", read_did}, {"sequence", read_sequence}};

static const struct query_condition *read_condition(struct query_reader *r, str path, const struct json_node *v, int depth)
{
	if (depth > CONDITION_MAX_DEPTH) {
		query__bad(r, field(r, path), "conditions lie deeper than %d within each other", CONDITION_MAX_DEPTH);
		return NULL;
	}
	for (size_t i = 0; v->type == JSON_OBJECT && i < COUNT_OF(FORMS); i++)
		if (json_get(v, str_of(FORMS[i].name))) return FORMS[i].read(r, path, v, depth);
	query__bad(r, field(r, path), "a condition is an object with all, any, not, event, name, time, consent, segment, behind, did or sequence");
	return NULL;
}

const struct query_condition *query__read_condition(struct query_reader *r, const char *path, const struct json_node *v)
{
	return v->type == JSON_NULL ? NULL : read_condition(r, str_of(path), v, 1);
}

/* {"event":…,"where":…}: both, or one of them. */
void query__read_match_at(struct query_reader *r, const char *path, const struct json_node *v, struct query_match *out, int depth)
{
	if (v->type != JSON_OBJECT) {
		query__read_names(r, path, v, out);
		return;
	}
	const struct json_node *event = json_get(v, S("event")), *where = json_get(v, S("where"));
	only(r, str_of(path), v, (const char *const[]){"event", "where"}, 2);
	if (event && event->type == JSON_NULL) event = NULL;
	if (where && where->type == JSON_NULL) where = NULL;
	if (!event && !where) query__bad(r, path, "an event's name, a list of names, or {\"event\":…,\"where\":…}");
	if (event) query__read_names(r, field(r, under(r, str_of(path), "event")), event, out);
	if (where) out->where = read_condition(r, under(r, str_of(path), "where"), where, depth);
}

enum err query_read_condition(struct arena *a, const struct zone *zone, str json, bool of_customers, const struct query_condition **out, struct fault *f)
{
	const struct json_node *node;
	struct query unused = {0};
	struct query_reader r = {.arena = a, .zone = zone, .q = &unused, .fault = f};
	*out = NULL;
	TRY(json_tree(a, json, QUERY_MAX_BYTES, &node, f));
	*out = read_condition(&r, S("where"), node, 1);
	if (*out && of_customers && !query__is_of_customers(*out)) query__bad(&r, "where", "says something of single events; of customers say what they did: {\"did\":…}");
	return r.is_bad ? ERR_INVALID : OK;
}
