/* The fields of a journey, and the default frictions. */
#include "base/currency.h"
#include "query/contact.h"
#include "query/inner.h"
#include "query/journey.h"
#include "query/read.h"
#include "query/walk.h"

#define SILENT_DEFAULT_MS (30 * INT64_C(86400000))
#define REPEAT_DEFAULT_MS (7 * INT64_C(86400000))
enum { MAX_NAME_BYTES = 200, MAX_TIMES = 1000 };

static const char *const KINDS[] = {[FRICTION_WAIT] = "wait", [FRICTION_LOOP] = "loop", [FRICTION_REPEAT] = "repeat", [FRICTION_ERROR] = "error", [FRICTION_DROP] = "drop"};

static struct query_journey *journey(struct query_reader *r)
{
	if (!r->q->journey) {
		r->q->journey = ARENA_NEW(r->arena, struct query_journey);
		*r->q->journey = (struct query_journey){.silent_ms = SILENT_DEFAULT_MS, .repeat_ms = REPEAT_DEFAULT_MS, .score_property = S("score"), .contacts = QUERY_CONTACTS};
	}
	return r->q->journey;
}

static str read_name(struct query_reader *r, const char *field, const struct json_node *v)
{
	if (v->type == JSON_STRING && v->text.n && v->text.n <= MAX_NAME_BYTES) return str_dup(r->arena, v->text);
	query__bad(r, field, "a name has 1 to %d bytes", MAX_NAME_BYTES);
	return STR_NONE;
}

static void read_stage(struct query_reader *r, const struct json_node *v, struct journey_stage *out)
{
	bool has_events = false;
	*out = (struct journey_stage){0};
	if (v->type != JSON_OBJECT) query__bad(r, "stages", "a stage is like {\"name\":\"delivery\",\"events\":[\"Order Shipped\"]}");
	for (const struct json_node *c = v->type == JSON_OBJECT ? v->child : NULL; c; c = c->next) {
		if (str_eq(c->key, S("name"))) out->name = read_name(r, "stages", c);
		else if (str_eq(c->key, S("events"))) {
			has_events = true;
			if (c->type != JSON_ARRAY || c->n) query__read_match(r, "stages", c, &out->events);
		} else query__bad(r, "stages", "a stage has name and events");
	}
	if (!str_given(out->name) || !has_events) query__bad(r, "stages", "each stage has a name, and events (none: a stage from which nothing is heard yet)");
}

static void read_stages(struct query_reader *r, const struct json_node *v)
{
	struct query_journey *j = journey(r);
	if (v->type != JSON_ARRAY || v->n == 0 || v->n > JOURNEY_MAX_STAGES) {
		query__bad(r, "stages", "a list of 1 to %d stages", JOURNEY_MAX_STAGES);
		return;
	}
	j->n_stages = 0;
	for (const struct json_node *c = v->child; c; c = c->next) {
		struct journey_stage *s = &j->stages[j->n_stages++];
		read_stage(r, c, s);
		for (struct journey_stage *before = j->stages; before < s; before++)
			if (str_given(s->name) && str_eq(before->name, s->name)) query__bad(r, "stages", "two stages are called %.*s", STR_ARG(s->name));
	}
}

static void read_friction(struct query_reader *r, const struct json_node *v, struct journey_friction *out, size_t number)
{
	int64_t times;
	*out = (struct journey_friction){.times = 3};
	if (v->type != JSON_OBJECT) query__bad(r, "frictions", "a friction is like {\"kind\":\"wait\",\"event\":…,\"end\":…,\"within\":{\"days\":5}}");
	bool has_kind = false;
	for (const struct json_node *c = v->type == JSON_OBJECT ? v->child : NULL; c; c = c->next) {
		if (str_eq(c->key, S("kind"))) {
			int kind = query__read_choice(r, "frictions", c, KINDS, COUNT_OF(KINDS));
			if (kind >= 0) out->kind = (enum friction_kind)kind, has_kind = true;
		} else if (str_eq(c->key, S("name"))) out->key = read_name(r, "frictions", c);
		else if (str_eq(c->key, S("stage"))) out->stage = read_name(r, "frictions", c);
		else if (str_eq(c->key, S("event"))) query__read_match(r, "frictions", c, &out->events);
		else if (str_eq(c->key, S("end"))) query__read_match(r, "frictions", c, &out->ends);
		else if (str_eq(c->key, S("within"))) query__read_duration(r, "frictions", c, &out->within_ms);
		else if (str_eq(c->key, S("times")) && query__whole(c, 2, MAX_TIMES, &times)) out->times = (int)times;
		else query__bad(r, "frictions", "has kind, event, end, within, times (2 to %d), name and stage", MAX_TIMES);
	}
	if (!has_kind || !query__is_given(&out->events)) query__bad(r, "frictions", "each has a kind and an event");
	bool needs_end = out->kind == FRICTION_WAIT || out->kind == FRICTION_DROP;
	if (needs_end != query__is_given(&out->ends)) query__bad(r, "frictions", "wait and drop have an \"end\", the others none");
	if ((out->kind != FRICTION_ERROR) != (out->within_ms > 0)) query__bad(r, "frictions", "all but errors have \"within\"");
	if (!str_given(out->key)) out->key = str_fmt(r->arena, "%s %zu", KINDS[out->kind], number);
}

static void read_frictions(struct query_reader *r, const struct json_node *v)
{
	struct query_journey *j = journey(r);
	if (v->type != JSON_ARRAY || v->n == 0 || v->n > JOURNEY_MAX_FRICTIONS) {
		query__bad(r, "frictions", "a list of 1 to %d", JOURNEY_MAX_FRICTIONS);
		return;
	}
	j->n_frictions = 0;
	for (const struct json_node *c = v->child; c; c = c->next) {
		struct journey_friction *x = &j->frictions[j->n_frictions++];
		read_friction(r, c, x, j->n_frictions);
	}
}

static void read_complete(struct query_reader *r, const struct json_node *v)
{
	journey(r)->complete = read_name(r, "complete", v);
}

/* {"event":…,"property":…} */
static void read_property(struct query_reader *r, const char *field, const struct json_node *v, struct query_match *events, str *property)
{
	enum query_dimension d = QUERY_NONE;
	if (v->type != JSON_OBJECT) query__bad(r, field, "like {\"event\":…,\"property\":…}");
	for (const struct json_node *c = v->type == JSON_OBJECT ? v->child : NULL; c; c = c->next) {
		if (str_eq(c->key, S("event"))) query__read_names(r, field, c, events);
		else if (str_eq(c->key, S("property"))) query__read_dimension(r, field, c, &d, property);
		else query__bad(r, field, "has event and property");
	}
	if (!events->n || d != QUERY_PROPERTY) query__bad(r, field, "name its event, and the property that holds the number");
}

static void read_score(struct query_reader *r, const struct json_node *v)
{
	read_property(r, "score", v, &journey(r)->scores, &journey(r)->score_property);
}

static void read_revenue(struct query_reader *r, const struct json_node *v)
{
	read_property(r, "revenue", v, &journey(r)->revenue.events, &journey(r)->revenue.property);
}

static void read_refund(struct query_reader *r, const struct json_node *v)
{
	read_property(r, "refund", v, &journey(r)->refund.events, &journey(r)->refund.property);
}

static void read_currency(struct query_reader *r, const struct json_node *v)
{
	str code = STR_NONE;
	if (v->type != JSON_STRING || !currency_read(r->arena, v->text, &code) || !code.n) query__bad(r, "currency", "a code of ISO 4217, such as GBP");
	journey(r)->currency = code;
}

static void read_contacts(struct query_reader *r, const struct json_node *v)
{
	query__read_names(r, "contacts", v, &journey(r)->contacts);
}

static void read_silent(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "silent", v, &journey(r)->silent_ms);
}

static void read_repeat(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "repeat", v, &journey(r)->repeat_ms);
}

static void read_cost(struct query_reader *r, const struct json_node *v)
{
	struct query_journey *j = journey(r);
	j->has_contact_cost = v->type == JSON_NUMBER && str_f64(v->text, &j->contact_cost) && j->contact_cost >= 0;
	if (!j->has_contact_cost) query__bad(r, "contact_cost", "not a sum of money from 0");
}

const struct query_field query__journey_fields[QUERY__JOURNEY_FIELDS] = {
	{"stages", read_stages}, {"frictions", read_frictions}, {"complete", read_complete}, {"score", read_score}, {"revenue", read_revenue}, {"refund", read_refund}, {"currency", read_currency},
	{"contacts", read_contacts}, {"silent", read_silent}, {"repeat", read_repeat}, {"contact_cost", read_cost}, {"by", query__read_by}, {"top", query__read_top},
};

/* "A|B" */
static struct query_match names_of(struct arena *a, const char *text)
{
	str *names = ARENA_ARRAY(a, str, QUERY_MAX_NAMES), rest = text[0] ? str_of(text) : STR_NONE;
	size_t n = 0;
	while (n < QUERY_MAX_NAMES && str_given(rest)) names[n++] = str_cut(&rest, '|');
	return (struct query_match){names, n};
}

static void put_defaults(struct query_reader *r)
{
#define FRICTION_DAYS(n) ((n)*INT64_C(86400000))
#define FRICTION_MINUTES(n) ((n)*INT64_C(60000))
#define FRICTION(key, kind, stage, events, ends, times, within) {#key, FRICTION_##kind, stage, events, ends, times, within},
	static const struct {
		const char *key;
		enum friction_kind kind;
		const char *stage, *events, *ends;
		int times;
		int64_t within_ms;
	} ROWS[] = {
#include "frictions.def"
	};
#undef FRICTION
	struct query_journey *j = journey(r);
	_Static_assert(COUNT_OF(ROWS) <= JOURNEY_MAX_FRICTIONS, "every row has its place");
	for (size_t i = 0; i < COUNT_OF(ROWS); i++)
		j->frictions[j->n_frictions++] = (struct journey_friction){str_of(ROWS[i].key), ROWS[i].kind, str_of(ROWS[i].stage), names_of(r->arena, ROWS[i].events),
			names_of(r->arena, ROWS[i].ends), true, ROWS[i].times, ROWS[i].within_ms};
}

void query__check_journey(struct query_reader *r)
{
	struct query_journey *j = journey(r);
	query__check_split(r);
	if (!j->n_frictions) put_defaults(r);
	bool is_stage = !str_given(j->complete) || !j->n_stages;
	for (size_t i = 0; i < j->n_stages; i++) is_stage |= str_eq(j->stages[i].name, j->complete);
	if (!is_stage) query__bad(r, "complete", "not the name of one of the stages");
	if (str_given(j->currency) && j->revenue.events.n) query__bad(r, "currency", "chooses among the workspace's orders; with \"revenue\" the events themselves are chosen");
	if (j->refund.events.n && !j->revenue.events.n) query__bad(r, "refund", "without \"revenue\"");
	if (j->refund.events.n && !str_eq(j->refund.property, j->revenue.property)) query__bad(r, "refund", "its property is that of \"revenue\"");
}
