/* condition_differ.h: random conditions over the events of line_differ.h, and a naive evaluator of them that reads the
 * condition's JSON again for every event. It can be told less than all (only the type of an event, or nothing of its
 * customer), since who is left out is told by what may be looked at. */
#ifndef QUERY_CONDITION_DIFFER_H
#define QUERY_CONDITION_DIFFER_H
#include "query/line_differ.h"

enum naive_truth { NAIVE_NO, NAIVE_YES, NAIVE_MAYBE };
struct naive { /* what is known */
	const struct query_range *range; /* of the question, as asked */
	bool has_customer, in_segment;
	uint32_t customer;
	const struct made_event *event;
	bool only_type; /* of the event */
};
static const char *const NAIVE_TIERS[] = {"null", "\"gold\"", "\"\"", "7", "true", "12.50"};
static const char *const NAIVE_SEGMENT = "{\"any\":[{\"did\":\"order\",\"at_least\":2},{\"name\":\"trait:tier\",\"is\":7}]}";

static inline const char *tier_of(uint32_t customer)
{
	return NAIVE_TIERS[customer * 7 % 6];
}

/* ---- what the workspace knows ---- */
static inline enum err naive_trait(void *arg, struct arena *a, str name, struct query_trait *out, struct fault *f)
{
	static const struct query_value VALUES[] = {{QUERY_VALUE_NULL, {NULL, 0}}, {QUERY_VALUE_TEXT, {"gold", 4}}, {QUERY_VALUE_TEXT, {"", 0}}, {QUERY_VALUE_NUMBER, {"7", 1}}, {QUERY_VALUE_TRUE, {NULL, 0}}, {QUERY_VALUE_NUMBER, {"12.5", 4}}};
	(void)arg, (void)f;
	uint32_t *of_customer = ARENA_ARRAY(a, uint32_t, LINE_CUSTOMERS + 1);
	for (uint32_t c = 1; c <= LINE_CUSTOMERS && str_eq(name, S("tier")); c++) of_customer[c] = c * 7 % 6;
	*out = (struct query_trait){of_customer, VALUES, COUNT_OF(VALUES)};
	return OK;
}

static inline int naive_purpose(void *arg, str name)
{
	(void)arg;
	return str_eq(name, S("marketing")) ? 2 : -1;
}

static inline uint32_t naive_granted(void *arg, uint32_t customer)
{
	(void)arg;
	return customer % 3 == 0 ? 4 : 0;
}

static inline enum err naive_segment(void *arg, struct arena *a, str segment, str *condition, struct fault *f)
{
	(void)arg, (void)a, (void)f;
	*condition = str_eq(segment, S("seg_1")) ? str_of(NAIVE_SEGMENT) : STR_NONE;
	return OK;
}

static inline struct query_context with_records(const struct query_context *ctx)
{
	struct query_context out = *ctx;
	out.records = (struct query_records){.trait = naive_trait, .purpose = naive_purpose, .granted = naive_granted, .segment = naive_segment};
	return out;
}

/* ---- comparing: values as their JSON ---- */
static inline bool naive_passes(const struct json_node *c, str value)
{
	bool is_text = value.n && value.p[0] == '"', is_null = str_eq(value, S("null"));
	bool is_number = value.n && value.p[0] >= '0' && value.p[0] <= '9';
	double number = 0;
	if (is_number) assert_true(str_f64(value, &number));
	for (const struct json_node *t = c->child; t; t = t->next) {
		const struct json_node *list = str_eq(t->key, S("in")) ? t->child : t;
		bool is_any = false;
		if (str_eq(t->key, S("name"))) continue;
		if (str_eq(t->key, S("exists"))) {
			if ((t->type == JSON_TRUE) == is_null) return false;
			continue;
		}
		for (const struct json_node *v = list; v; v = list == t ? NULL : v->next) {
			double want = 0;
			bool both_numbers = v->type == JSON_NUMBER && is_number, both_texts = v->type == JSON_STRING && is_text;
			if (v->type == JSON_NUMBER) assert_true(str_f64(v->text, &want));
			int order = both_numbers ? (number > want) - (number < want) : both_texts ? str_cmp(str_sub(value, 1, value.n - 2), v->text) : 0;
			bool is_same = both_numbers || both_texts ? order == 0 : v->type != JSON_NUMBER && v->type != JSON_STRING && str_eq(v->raw, value);
			if (str_eq(t->key, S("is")) || str_eq(t->key, S("in"))) is_any = is_any || is_same;
			else if (str_eq(t->key, S("is_not"))) is_any = !is_same;
			else if (str_eq(t->key, S("contains"))) is_any = both_texts && str_contains(str_sub(value, 1, value.n - 2), v->text);
			else if (!both_numbers && !both_texts) is_any = false;
			else is_any = str_eq(t->key, S("above")) ? order > 0 : str_eq(t->key, S("at_least")) ? order >= 0 : str_eq(t->key, S("below")) ? order < 0 : order <= 0;
		}
		if (!is_any) return false;
	}
	return true;
}

static inline str naive_value(const struct made_event *m, str name)
{
	if (str_eq(name, S("item"))) return str_of(LINE_ITEM_SHOWN[m->item]);
	if (str_eq(name, S("score"))) return m->score < 0 ? S("null") : str_fmt(&arena, "%d", m->score);
	return shown_value(m, str_eq(name, S("channel")) ? QUERY_CHANNEL : str_eq(name, S("family")) ? QUERY_FAMILY : QUERY_TYPE);
}

static inline bool naive_names(const struct json_node *v, const struct made_event *m)
{
	for (const struct json_node *c = v->type == JSON_ARRAY ? v->child : v; c; c = v->type == JSON_ARRAY ? c->next : NULL)
		if (str_eq(c->text, str_of(LINE_TYPE[m->type]))) return true;
	return false;
}

static inline enum naive_truth naive_condition(const struct json_node *c, const struct naive *k);

/* "Name", a list, or {"event":…,"where":…} */
static inline enum naive_truth naive_match(const struct json_node *match, const struct naive *k)
{
	const struct json_node *names = match && match->type == JSON_OBJECT ? json_get(match, S("event")) : match, *where = match && match->type == JSON_OBJECT ? json_get(match, S("where")) : NULL;
	if (names && !k->event) return NAIVE_MAYBE;
	if (names && !naive_names(names, k->event)) return NAIVE_NO;
	return where ? naive_condition(where, k) : NAIVE_YES;
}

/* ---- what a customer did ---- */
static inline int64_t naive_duration(const struct json_node *v)
{
	int64_t n = 0;
	assert_true(str_i64(v->child->text, &n));
	return n * (str_eq(v->child->key, S("days")) ? DAY_MS : str_eq(v->child->key, S("hours")) ? 3600000 : str_eq(v->child->key, S("minutes")) ? 60000 : 1000);
}

static inline struct query_range naive_range(const struct json_node *c, const struct naive *k)
{
	struct query_range r = *k->range;
	const struct json_node *from = json_get(c, S("from")), *to = json_get(c, S("to")), *within = json_get(c, S("within"));
	if (k->in_segment) r.has_from = false;
	if (from || to) r = (struct query_range){.has_from = from, .has_to = to};
	if (from) r.from_ms = instant(from->text);
	if (to) r.to_ms = instant(to->text);
	if (within && json_get(c, S("did"))) {
		int64_t last = INT64_MIN;
		for (size_t i = 0; i < n_made; i++)
			if (made[i].time_ms > last) last = made[i].time_ms;
		r = (struct query_range){true, true, 0, k->range->has_to ? k->range->to_ms : last + 1};
		r.from_ms = r.to_ms - naive_duration(within);
	}
	return r;
}

static inline bool naive_did(const struct json_node *c, const struct naive *k)
{
	static size_t line[LINE_EVENTS];
	struct query_range r = naive_range(c, k);
	size_t n = k->customer ? line_of_customer(k->customer, &r, NULL, line) : 0;
	const struct json_node *sequence = json_get(c, S("sequence"));
	struct naive at = {.range = k->range};
	int64_t count = 0, min = 1, max = INT64_MAX, exactly;
	for (size_t i = 0; i < n && !sequence; i++) {
		at.event = &made[line[i]];
		count += naive_match(json_get(c, S("did")), &at) == NAIVE_YES;
	}
	for (size_t i = 0; i < n && sequence; i++) { /* from every start, the soonest next step */
		const struct json_node *step = sequence->child;
		int64_t within = json_get(c, S("within")) ? naive_duration(json_get(c, S("within"))) : INT64_MAX;
		for (size_t x = i; x < n && step; x++) {
			at.event = &made[line[x]];
			bool is = naive_match(step, &at) == NAIVE_YES && made[line[x]].time_ms - made[line[i]].time_ms <= within;
			if (!is && x == i) break;
			if (is) step = step->next;
		}
		if (!step) return true;
	}
	if (sequence) return false;
	if (json_get(c, S("at_most"))) min = 0;
	(void)json_get_i64(c, S("at_least"), &min);
	(void)json_get_i64(c, S("at_most"), &max);
	if (json_get_i64(c, S("exactly"), &exactly)) min = max = exactly;
	return count >= min && count <= max;
}

static inline enum naive_truth naive_customer(const struct json_node *c, const struct naive *k)
{
	const struct json_node *name = json_get(c, S("name")), *consent = json_get(c, S("consent"));
	if (json_get(c, S("segment"))) {
		const struct json_node *stored;
		struct naive inside = *k;
		inside.in_segment = true;
		assert_ok(json_tree(&arena, str_of(NAIVE_SEGMENT), 4096, &stored, NULL));
		return naive_condition(stored, &inside);
	}
	if (!k->has_customer) return NAIVE_MAYBE;
	if (name) return naive_passes(c, k->customer ? str_of(tier_of(k->customer)) : S("null")) ? NAIVE_YES : NAIVE_NO;
	if (!consent) return naive_did(c, k) ? NAIVE_YES : NAIVE_NO;
	bool is_refused = k->customer && denied[k->customer] & 4;
	if (str_eq(json_get_str(c, S("is")), S("refused"))) return is_refused ? NAIVE_YES : NAIVE_NO;
	return k->customer && !is_refused && naive_granted(NULL, k->customer) & 4 ? NAIVE_YES : NAIVE_NO;
}

static inline enum naive_truth naive_condition(const struct json_node *c, const struct naive *k)
{
	const struct json_node *all = json_get(c, S("all")), *any = json_get(c, S("any")), *not = json_get(c, S("not")), *time = json_get(c, S("time"));
	str name = json_get_str(c, S("name"));
	if (not) {
		enum naive_truth part = naive_condition(not, k);
		return part == NAIVE_MAYBE ? part : part == NAIVE_YES ? NAIVE_NO : NAIVE_YES;
	}
	if (all || any) {
		bool is_maybe = false;
		for (const struct json_node *p = (all ? all : any)->child; p; p = p->next) {
			enum naive_truth part = naive_condition(p, k);
			if (part == (all ? NAIVE_NO : NAIVE_YES)) return part;
			is_maybe = is_maybe || part == NAIVE_MAYBE;
		}
		return is_maybe ? NAIVE_MAYBE : all ? NAIVE_YES : NAIVE_NO;
	}
	if (json_get(c, S("consent")) || json_get(c, S("segment")) || json_get(c, S("did")) || json_get(c, S("sequence")) || str_eq(name, S("trait:tier"))) return naive_customer(c, k);
	bool is_of_type = json_get(c, S("event")) || str_eq(name, S("family")) || str_eq(name, S("event"));
	if (!k->event || (k->only_type && !is_of_type)) return NAIVE_MAYBE;
	if (json_get(c, S("event"))) return naive_names(json_get(c, S("event")), k->event) ? NAIVE_YES : NAIVE_NO;
	if (!time) return naive_passes(c, naive_value(k->event, name)) ? NAIVE_YES : NAIVE_NO;
	bool is_late = !json_get(time, S("from")) || k->event->time_ms >= instant(json_get_str(time, S("from")));
	return is_late && (!json_get(time, S("to")) || k->event->time_ms < instant(json_get_str(time, S("to")))) ? NAIVE_YES : NAIVE_NO;
}

/* Whether the event is meant, by a match and `where` (NULL: none). */
static inline bool naive_holds(const struct json_node *match, const struct json_node *where, const struct made_event *m, const struct query_range *range)
{
	struct naive k = {.range = range, .has_customer = true, .customer = customer_of_event(m), .event = m};
	return naive_match(match, &k) == NAIVE_YES && (!where || naive_condition(where, &k) == NAIVE_YES);
}

/* No event of the customer can be meant, whatever it is. */
static inline bool naive_is_out(const struct json_node *where, uint32_t customer, const struct query_range *range)
{
	struct naive k = {.range = range, .has_customer = true, .customer = customer};
	return where && naive_condition(where, &k) == NAIVE_NO;
}

/* Whether, going by its type alone, the event may be meant: of what may not be looked at no more is looked at. */
static inline bool naive_may_be(const struct json_node *match, const struct json_node *where, const struct made_event *m, const struct query_range *range)
{
	struct naive k = {.range = range, .event = m, .only_type = true};
	return naive_match(match, &k) != NAIVE_NO && (!where || naive_condition(where, &k) != NAIVE_NO);
}

/* ---- random ones ---- */
static inline str random_condition(int depth, bool of_customers);

static inline str random_leaf(bool of_customers)
{
	static const char *const EVENTS[] = {
		"{\"name\":\"item\",\"is\":\"x\"}", "{\"name\":\"item\",\"is\":7.5}", "{\"name\":\"item\",\"is\":null}", "{\"name\":\"item\",\"is_not\":\"x\"}", "{\"name\":\"item\",\"in\":[\"\",true,7]}",
		"{\"name\":\"item\",\"exists\":true}", "{\"name\":\"item\",\"exists\":false}", "{\"name\":\"item\",\"contains\":\"x\"}", "{\"name\":\"item\",\"at_least\":\"a\"}", "{\"name\":\"score\",\"above\":4}",
		"{\"name\":\"score\",\"at_least\":3,\"below\":8}", "{\"name\":\"score\",\"at_most\":9.0}", "{\"name\":\"channel\",\"is\":\"phone\"}", "{\"name\":\"channel\",\"is_not\":\"web\"}", "{\"name\":\"channel\",\"exists\":false}",
		"{\"name\":\"family\",\"is\":\"sales\"}", "{\"name\":\"event\",\"contains\":\"r\"}", "{\"event\":\"visit\"}", "{\"event\":[\"order\",\"call\",\"never heard\"]}", "{\"time\":{\"from\":\"2012-01-01T01:00:00Z\"}}",
		"{\"time\":{\"from\":\"2011-12-31T00:00:00Z\",\"to\":\"2012-03-25T03:00:00Z\"}}",
	};
	static const char *const CUSTOMERS[] = {
		"{\"name\":\"trait:tier\",\"is\":\"gold\"}", "{\"name\":\"trait:tier\",\"above\":7}", "{\"name\":\"trait:tier\",\"exists\":false}", "{\"name\":\"trait:tier\",\"in\":[true,7,\"\"]}",
		"{\"consent\":\"marketing\",\"is\":\"granted\"}", "{\"consent\":\"marketing\",\"is\":\"refused\"}", "{\"segment\":\"seg_1\"}", "{\"not\":{\"segment\":\"seg_1\"}}",
	};
	static const char *const COUNTS[] = {"", ",\"at_least\":3", ",\"at_most\":2", ",\"exactly\":0", ",\"at_least\":1,\"at_most\":4"};
	static const char *const TIMES[] = {"", "", ",\"from\":\"2011-12-31T00:00:00Z\"", ",\"to\":\"2012-03-25T03:00:00Z\"", ",\"within\":{\"days\":20}"};
	bool types[LINE_TYPES];
	if (!of_customers && dice(2)) return str_of(EVENTS[dice(COUNT_OF(EVENTS))]);
	if (dice(2)) return str_of(CUSTOMERS[dice(COUNT_OF(CUSTOMERS))]);
	str first = random_types(types), second = random_types(types);
	if (dice(2)) first = str_fmt(&arena, "{\"event\":%.*s,\"where\":%s}", STR_ARG(first), EVENTS[dice(COUNT_OF(EVENTS))]);
	if (dice(3)) return str_fmt(&arena, "{\"did\":%.*s%s%s}", STR_ARG(first), COUNTS[dice(COUNT_OF(COUNTS))], TIMES[dice(COUNT_OF(TIMES))]);
	return str_fmt(&arena, "{\"sequence\":[%.*s,%.*s%s]%s%s}", STR_ARG(first), STR_ARG(second), dice(3) ? "" : ",\"call\"", TIMES[dice(4)], dice(2) ? ",\"within\":{\"hours\":3}" : "");
}

static inline str random_condition(int depth, bool of_customers)
{
	uint64_t form = depth > 0 ? dice(6) : 5;
	if (form > 3) return random_leaf(of_customers);
	str first = random_condition(depth - 1, of_customers);
	if (form == 0) return str_fmt(&arena, "{\"not\":%.*s}", STR_ARG(first));
	str second = random_condition(depth - 1, of_customers);
	return str_fmt(&arena, "{\"%s\":[%.*s,%.*s]}", form == 1 ? "any" : "all", STR_ARG(first), STR_ARG(second));
}

/* What is judged by an event and its customer's traits and consent alone, so that tests can afford to ask it of every event. */
static inline str random_plain_condition(void)
{
	static const char *const OF_RUNS[] = {"{\"name\":\"item\",\"is\":\"x\"}", "{\"name\":\"item\",\"is_not\":7.5}", "{\"not\":{\"name\":\"item\",\"in\":[\"\",true,7]}}",
		"{\"any\":[{\"name\":\"item\",\"is\":null},{\"name\":\"item\",\"is\":\"x\"}]}", "{\"all\":[{\"name\":\"item\",\"exists\":true},{\"name\":\"score\",\"exists\":false}]}"};
	if (is_calm && dice(2)) return str_of(OF_RUNS[dice(COUNT_OF(OF_RUNS))]);
	for (;;) {
		str c = random_condition(1, false);
		if (!str_contains(c, S("did")) && !str_contains(c, S("sequence")) && !str_contains(c, S("segment"))) return c;
	}
}

/* A matcher and which of the events made it means. */
struct asked_match {
	str json;
	bool has_where;
	bool is[LINE_EVENTS];
};
static bool asked_kept[LINE_EVENTS];

static inline void random_asked(struct asked_match *m, bool with_where)
{
	bool types[LINE_TYPES];
	str names = random_types(types);
	m->json = names;
	m->has_where = with_where && dice(2);
	if (!m->has_where) return;
	str where = random_plain_condition();
	m->json = dice(4) ? str_fmt(&arena, "{\"event\":%.*s,\"where\":%.*s}", STR_ARG(names), STR_ARG(where)) : str_fmt(&arena, "{\"where\":%.*s}", STR_ARG(where));
}

static inline void judge_asked(struct asked_match *m, const struct query_range *range)
{
	const struct json_node *node;
	assert_ok(json_tree(&arena, m->json, 100000, &node, NULL));
	for (size_t i = 0; i < n_made; i++) m->is[i] = naive_holds(node, NULL, &made[i], range);
}

/* `where` of the question, or "": what it leaves is what lines hold from now on. */
static inline void judge_where(str where, const struct query_range *range)
{
	const struct json_node *node;
	line_kept = NULL;
	if (!where.n) return;
	assert_ok(json_tree(&arena, where, 100000, &node, NULL));
	for (size_t i = 0; i < n_made; i++) {
		struct naive k = {.range = range, .has_customer = true, .customer = customer_of_event(&made[i]), .event = &made[i]};
		asked_kept[i] = naive_condition(node, &k) == NAIVE_YES;
	}
	line_kept = asked_kept;
}

/* An event's matcher, now and then with a condition. */
static inline str random_match(void)
{
	bool types[LINE_TYPES];
	str names = random_types(types);
	if (dice(2)) return names;
	str where = random_condition(1, false);
	return dice(4) ? str_fmt(&arena, "{\"event\":%.*s,\"where\":%.*s}", STR_ARG(names), STR_ARG(where)) : str_fmt(&arena, "{\"where\":%.*s}", STR_ARG(where));
}
#endif
