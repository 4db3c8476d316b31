/* A question is read through one table of fields: its row says which kinds know the field and which function checks
 * it. All faults of a question are collected, so that a form or a program sees them together; nothing is coerced and
 * nothing unknown is passed over, since a misspelt "form" would otherwise answer another question. */
#include <stdarg.h>
#include <stdio.h>

#include "base/datetime.h"
#include "i18n/zone.h"
#include "query/condition.h"
#include "query/inner.h"
#include "query/read.h"

enum { MAX_NAME_BYTES = 200, MAX_DAYS = 36500, MAX_TOP = 10000 };
#define MAX_LIMIT INT64_C(100000000)

void query__bad(struct query_reader *r, const char *field, const char *format, ...)
{
	char text[FAULT_TEXT];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	r->is_bad = true;
	(void)!fault_set(r->fault, ERR_INVALID, field, "%s", text);
}

void query__read_time(struct query_reader *r, const char *field, const struct json_node *v, bool *has, int64_t *ms)
{
	bool has_zone = false;
	*has = v->type != JSON_NULL;
	if (!*has) return;
	if (v->type != JSON_STRING || !datetime_parse(v->text, ms, &has_zone)) {
		query__bad(r, field, "not a date like 2011-01-31 or a time like 2011-01-31T08:26:00Z");
		return;
	}
	if (!has_zone) *ms = zone_to_utc(r->zone, *ms);
	if (*ms < DATETIME_MIN_MS || *ms > DATETIME_MAX_MS) query__bad(r, field, "not between 1900 and 2100");
}

static void read_from(struct query_reader *r, const struct json_node *v)
{
	query__read_time(r, "from", v, &r->q->range.has_from, &r->q->range.from_ms);
}

static void read_to(struct query_reader *r, const struct json_node *v)
{
	query__read_time(r, "to", v, &r->q->range.has_to, &r->q->range.to_ms);
}

void query__read_interval(struct query_reader *r, const struct json_node *v)
{
	static const char *const UNITS[] = {"hour", "day", "week", "month"};
	int64_t days;
	if (v->type == JSON_OBJECT) {
		if (v->n != 1 || !json_get(v, S("days"))) query__bad(r, "interval", "an interval of your own is {\"days\":n}");
		else if (!json_get_i64(v, S("days"), &days) || days < 1 || days > MAX_DAYS) query__bad(r, "interval.days", "not a whole number from 1 to %d", MAX_DAYS);
		else r->q->interval = (struct query_interval){QUERY_DAYS, (int)days};
		return;
	}
	for (size_t i = 0; v->type == JSON_STRING && i < COUNT_OF(UNITS); i++)
		if (str_eq(v->text, str_of(UNITS[i]))) {
			r->q->interval = (struct query_interval){(enum query_unit)i, 0};
			return;
		}
	query__bad(r, "interval", "not hour, day, week, month or {\"days\":n}");
}

bool query__whole(const struct json_node *v, int64_t min, int64_t max, int64_t *out)
{
	return v->type == JSON_NUMBER && str_i64(v->text, out) && *out >= min && *out <= max;
}

static void read_limit(struct query_reader *r, const struct json_node *v)
{
	if (!query__whole(v, 1, MAX_LIMIT, &r->q->limit)) query__bad(r, "limit", "not a whole number from 1 to %lld", (long long)MAX_LIMIT);
}

static void read_cells(struct query_reader *r, const struct json_node *v)
{
	int64_t n;
	if (query__whole(v, 1, QUERY_MAX_CELLS, &n)) r->q->cells = (int)n;
	else query__bad(r, "cells", "not a whole number from 1 to %d", QUERY_MAX_CELLS);
}

void query__read_names(struct query_reader *r, const char *field, const struct json_node *v, struct query_match *out)
{
	const struct json_node *first = v->type == JSON_ARRAY ? v->child : v;
	size_t n = v->type == JSON_ARRAY ? v->n : 1;
	if (n == 0 || n > QUERY_MAX_NAMES) {
		query__bad(r, field, "name one event, or a list of 1 to %d", QUERY_MAX_NAMES);
		return;
	}
	str *names = ARENA_ARRAY(r->arena, str, n);
	size_t i = 0;
	for (const struct json_node *c = first; i < n; c = c->next, i++) {
		if (c->type != JSON_STRING || c->text.n == 0 || c->text.n > MAX_NAME_BYTES) {
			query__bad(r, field, "an event's name is a text of 1 to %d bytes", MAX_NAME_BYTES);
			return;
		}
		names[i] = str_dup(r->arena, c->text);
	}
	*out = (struct query_match){.names = names, .n = n};
}

void query__read_match(struct query_reader *r, const char *field, const struct json_node *v, struct query_match *out)
{
	query__read_match_at(r, field, v, out, 1);
}

static void read_event(struct query_reader *r, const struct json_node *v)
{
	if (v->type != JSON_NULL) query__read_match(r, "event", v, &r->q->events);
}

static void read_start(struct query_reader *r, const struct json_node *v)
{
	r->has_start = true;
	query__read_match(r, "start", v, &r->q->start);
}

static void read_return(struct query_reader *r, const struct json_node *v)
{
	r->has_again = true;
	query__read_match(r, "return", v, &r->q->again);
}

static void read_mode(struct query_reader *r, const struct json_node *v)
{
	int mode = query__read_choice(r, "mode", v, QUERY__RETURNS, QUERY_CHURN + 1);
	if (mode >= 0) r->q->mode = (enum query_return)mode;
}

/* A property of an event, or of its context. */
static bool property_name(struct query_reader *r, const char *field, str name, str *out)
{
	if (str_starts(name, S("trait:"))) query__bad(r, field, "traits belong to customers, not to events, and cannot be asked here");
	else if (str_starts(name, S("event:"))) query__bad(r, field, "an event is chosen with \"event\"; here a property is named");
	else if (name.n == 0 || name.n > MAX_NAME_BYTES || str_eq(name, S("context:"))) query__bad(r, field, "a property's name has 1 to %d bytes", MAX_NAME_BYTES);
	else {
		*out = str_dup(r->arena, name);
		return true;
	}
	return false;
}

/* p90:PROPERTY */
static bool read_percentile(struct query_reader *r, str text)
{
	str rest = text, percent = str_cut(&rest, ':');
	int64_t n;
	if (!str_given(rest) || !str_starts(percent, S("p")) || !str_i64(str_sub(percent, 1, percent.n), &n) || n < 1 || n > 99 || percent.p[1] == '0') return false;
	r->q->measure = QUERY_PERCENTILE;
	r->q->percent = (int)n;
	(void)property_name(r, "measure", rest, &r->q->property);
	return true;
}

static void read_measure(struct query_reader *r, const struct json_node *v)
{
	str text = v->type == JSON_STRING ? v->text : STR_NONE;
	if (str_eq(text, S("events"))) r->q->measure = QUERY_EVENTS;
	else if (str_eq(text, S("customers"))) r->q->measure = QUERY_CUSTOMERS;
	else if (str_starts(text, S("sum:"))) {
		r->q->measure = QUERY_SUM;
		(void)property_name(r, "measure", str_sub(text, 4, text.n), &r->q->property);
	} else if (str_starts(text, S("mean:"))) {
		r->q->measure = QUERY_MEAN;
		(void)property_name(r, "measure", str_sub(text, 5, text.n), &r->q->property);
	} else if (!read_percentile(r, text)) query__bad(r, "measure", "not events, customers, sum:PROPERTY, mean:PROPERTY or a percentile such as p50:PROPERTY, p1 to p99");
}

void query__read_dimension(struct query_reader *r, const char *field, const struct json_node *v, enum query_dimension *dimension, str *property)
{
	static const struct {
		const char *name;
		enum query_dimension dimension;
	} DIMENSIONS[] = {{"type", QUERY_TYPE}, {"event", QUERY_TYPE}, {"channel", QUERY_CHANNEL}, {"source", QUERY_SOURCE}, {"family", QUERY_FAMILY}, {"stage", QUERY_STAGE}};
	if (v->type == JSON_NULL) return;
	if (v->type != JSON_STRING) {
		query__bad(r, field, "not the name of a property, or type, channel, source, family, stage");
		return;
	}
	for (size_t i = 0; i < COUNT_OF(DIMENSIONS); i++)
		if (str_eq(v->text, str_of(DIMENSIONS[i].name))) {
			*dimension = DIMENSIONS[i].dimension;
			return;
		}
	if (property_name(r, field, v->text, property)) *dimension = QUERY_PROPERTY;
}

void query__read_any_dimension(struct query_reader *r, const char *field, const struct json_node *v, enum query_dimension *dimension, str *property)
{
	str name = v->type == JSON_STRING ? v->text : S("");
	if (!str_starts(name, S("trait:"))) query__read_dimension(r, field, v, dimension, property);
	else if (name.n == 6 || name.n > MAX_NAME_BYTES) query__bad(r, field, "a trait's name has 1 to %d bytes", MAX_NAME_BYTES - 6);
	else {
		*dimension = QUERY_TRAIT;
		*property = str_dup(r->arena, str_sub(name, 6, name.n));
	}
}

void query__read_by(struct query_reader *r, const struct json_node *v)
{
	query__read_any_dimension(r, "by", v, &r->q->by, &r->q->by_property);
}

void query__read_top(struct query_reader *r, const struct json_node *v)
{
	int64_t n;
	if (query__whole(v, 1, MAX_TOP, &n)) r->q->top = (size_t)n;
	else query__bad(r, "top", "not a whole number from 1 to %d", MAX_TOP);
}

void query__check_top(struct query_reader *r)
{
	if (r->q->top && r->q->by == QUERY_NONE) query__bad(r, "top", "\"top\" without a \"by\"");
}

static void read_where(struct query_reader *r, const struct json_node *v)
{
	r->q->where = query__read_condition(r, "where", v);
}

void query__read_duration(struct query_reader *r, const char *field, const struct json_node *v, int64_t *ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} UNITS[] = {{"days", 86400000}, {"hours", 3600000}, {"minutes", 60000}, {"seconds", 1000}};
	for (size_t i = 0; v->type == JSON_OBJECT && v->n == 1 && i < COUNT_OF(UNITS); i++) {
		int64_t n;
		if (!str_eq(v->child->key, str_of(UNITS[i].name))) continue;
		if (query__whole(v->child, 1, MAX_DAYS * INT64_C(86400000) / UNITS[i].ms, &n)) *ms = n * UNITS[i].ms;
		else query__bad(r, field, "not a whole number from 1 to %lld", (long long)(MAX_DAYS * INT64_C(86400000) / UNITS[i].ms));
		return;
	}
	query__bad(r, field, "not a length of time like {\"days\":7}, {\"hours\":1}, {\"minutes\":30} or {\"seconds\":1}");
}

bool query__read_flag(struct query_reader *r, const char *field, const struct json_node *v)
{
	if (v->type != JSON_TRUE && v->type != JSON_FALSE && v->type != JSON_NULL) query__bad(r, field, "not true or false");
	return v->type == JSON_TRUE;
}

int query__read_choice(struct query_reader *r, const char *field, const struct json_node *v, const char *const *names, size_t n)
{
	str all = S("");
	for (size_t i = 0; i < n; i++) {
		if (v->type == JSON_STRING && str_eq(v->text, str_of(names[i]))) return (int)i;
		all = str_fmt(r->arena, "%.*s%s%s", STR_ARG(all), i == 0 ? "" : i + 1 < n ? ", " : " or ", names[i]);
	}
	query__bad(r, field, "not %.*s", STR_ARG(all));
	return -1;
}

static void read_compare(struct query_reader *r, const struct json_node *v)
{
	if (v->type == JSON_OBJECT && v->n) r->compare = v;
	else if (v->type != JSON_NULL) query__bad(r, "compare", "another period, {\"from\":…,\"to\":…}, or other customers, {\"where\":…}");
}

/* When all else is read: the same question, with what is compared in place of its own. */
static void make_compared(struct query_reader *r)
{
	struct query *other = ARENA_NEW(r->arena, struct query);
	*other = *r->q;
	other->members = NULL;
	if (json_get(r->compare, S("from")) || json_get(r->compare, S("to"))) other->range = (struct query_range){0};
	for (const struct json_node *v = r->compare->child; v; v = v->next) {
		if (str_eq(v->key, S("from"))) query__read_time(r, "compare.from", v, &other->range.has_from, &other->range.from_ms);
		else if (str_eq(v->key, S("to"))) query__read_time(r, "compare.to", v, &other->range.has_to, &other->range.to_ms);
		else if (str_eq(v->key, S("where"))) other->where = query__read_condition(r, "compare.where", v);
		else query__bad(r, query__plain_path(r, S("compare"), v->key), "a comparison has from, to and where");
	}
	if (other->range.has_from && other->range.has_to && other->range.from_ms >= other->range.to_ms) query__bad(r, "compare.to", "not after \"from\"");
	if (r->q->segment && other->where && !query__is_of_customers(other->where)) query__bad(r, "compare.where", "says something of single events; of customers say what they did: {\"did\":…}");
	r->q->compare = other;
}

static void read_rolling(struct query_reader *r, const struct json_node *v)
{
	r->q->is_rolling = query__read_flag(r, "rolling", v);
}

/* Of retention: customers, or what they are worth. */
static void read_worth(struct query_reader *r, const struct json_node *v)
{
	str text = v->type == JSON_STRING ? v->text : STR_NONE;
	if (str_eq(text, S("customers"))) return;
	r->q->measure = QUERY_SUM;
	if (!str_starts(text, S("sum:"))) query__bad(r, "measure", "not customers or sum:PROPERTY");
	else (void)property_name(r, "measure", str_sub(text, 4, text.n), &r->q->property);
}

/* [[1,3],[4,7]] */
static void read_brackets(struct query_reader *r, const struct json_node *v)
{
	struct query *q = r->q;
	bool is_fine = v->type == JSON_ARRAY && v->n > 0 && v->n <= QUERY_MAX_BRACKETS;
	q->n_brackets = 0;
	for (const struct json_node *c = is_fine ? v->child : NULL; c && is_fine; c = c->next) {
		struct query_bracket *b = &q->brackets[q->n_brackets];
		int64_t least = q->n_brackets ? b[-1].last + 1 : 1;
		is_fine = c->type == JSON_ARRAY && c->n == 2 && query__whole(c->child, least, QUERY_MAX_CELLS, &b->first) && query__whole(c->child->next, b->first, QUERY_MAX_CELLS, &b->last);
		q->n_brackets++;
	}
	if (!is_fine) query__bad(r, "brackets", "1 to %d pairs of intervals in order, such as [[1,3],[4,7]]: from 1 on, each after the one before", QUERY_MAX_BRACKETS);
}

static const struct query_field COMMON[] = {{"kind", NULL}, {"from", read_from}, {"to", read_to}, {"limit", read_limit}, {"where", read_where}, {"compare", read_compare}, {"members", query__read_members}};
static const struct query_field TREND[] = {{"interval", query__read_interval}, {"event", read_event}, {"measure", read_measure}, {"by", query__read_by}, {"top", query__read_top}};
static const struct query_field RETENTION[] = {{"interval", query__read_interval}, {"start", read_start}, {"return", read_return}, {"cells", read_cells}, {"mode", read_mode}, {"brackets", read_brackets},
	{"rolling", read_rolling}, {"measure", read_worth}};

static void check_trend(struct query_reader *r)
{
	query__check_top(r);
	if (r->q->top && query__is_money(r->q) && query__is_by_currency(r->q)) query__bad(r, "top", "the rest would be in several currencies, which are never added");
}

static void check_retention(struct query_reader *r)
{
	if (!r->has_start) query__bad(r, "start", "name the event that a customer begins with");
	if (!r->has_again) query__bad(r, "return", "name the event that counts as coming back");
	if (r->q->n_brackets && r->q->cells) query__bad(r, "cells", "brackets say how many cells there are");
}

/* One row a kind: its fields beside those of all, what is checked when all are read, and the interval when none is asked. */
static const struct kind {
	const char *name;
	const struct query_field *fields;
	size_t n;
	void (*check)(struct query_reader *r); /* or NULL */
	enum query_unit unit;
} KINDS[] = {
	[QUERY_TREND] = {"trend", TREND, COUNT_OF(TREND), check_trend, QUERY_DAY},
	[QUERY_RETENTION] = {"retention", RETENTION, COUNT_OF(RETENTION), check_retention, QUERY_MONTH},
	[QUERY_FUNNEL] = {"funnel", query__funnel_fields, QUERY__FUNNEL_FIELDS, query__check_funnel, QUERY_DAY},
	[QUERY_FLOW] = {"flow", query__flow_fields, QUERY__FLOW_FIELDS, query__check_flow, QUERY_DAY},
	[QUERY_PATHS] = {"paths", query__paths_fields, QUERY__PATHS_FIELDS, query__check_paths, QUERY_DAY},
	[QUERY_DRIVER] = {"driver", query__driver_fields, QUERY__DRIVER_FIELDS, query__check_driver, QUERY_DAY},
	[QUERY_JOURNEY] = {"journey", query__journey_fields, QUERY__JOURNEY_FIELDS, query__check_journey, QUERY_DAY},
	[QUERY_DURATION] = {"duration", query__duration_fields, QUERY__DURATION_FIELDS, query__check_duration, QUERY_DAY},
	[QUERY_SEGMENT] = {"segment", query__segment_fields, QUERY__SEGMENT_FIELDS, query__check_segment, QUERY_MONTH},
	[QUERY_TIMELINE] = {"timeline", query__timeline_fields, QUERY__TIMELINE_FIELDS, query__check_timeline, QUERY_DAY},
	[QUERY_SCORE] = {"score", query__score_fields, QUERY__SCORE_FIELDS, query__check_score, QUERY_MONTH},
	[QUERY_STAFFING] = {"staffing", query__staffing_fields, QUERY__STAFFING_FIELDS, query__check_staffing, QUERY_DAY},
	[QUERY_SERVING] = {"serving", query__serving_fields, QUERY__SERVING_FIELDS, query__check_serving, QUERY_WEEK},
	[QUERY_EARNED] = {"earned_growth", query__earned_fields, QUERY__EARNED_FIELDS, query__check_earned, QUERY_MONTH},
	[QUERY_DRIVERS] = {"drivers", query__drivers_fields, QUERY__DRIVERS_FIELDS, query__check_drivers, QUERY_DAY},
};

str query__kind_name(enum query_kind kind)
{
	return str_of(KINDS[kind].name);
}

static const struct query_field *field_of(const struct query_field *fields, size_t n, str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_of(fields[i].name))) return &fields[i];
	return NULL;
}

const char *query__plain_path(struct query_reader *r, str path, str name)
{
	bool is_plain = name.n > 0 && name.n < FAULT_FIELD;
	for (size_t i = 0; i < name.n; i++) is_plain = is_plain && name.p[i] > ' ' && name.p[i] < 0x7f;
	if (!is_plain) return str_c(r->arena, path.n ? path : S(""));
	return str_c(r->arena, path.n ? str_fmt(r->arena, "%.*s.%.*s", STR_ARG(path), STR_ARG(name)) : name);
}

static void read_unknown(struct query_reader *r, str key)
{
	const struct kind *kind = &KINDS[r->q->kind];
	str known = S("");
	for (size_t i = 0; i < COUNT_OF(COMMON); i++) known = str_fmt(r->arena, "%.*s%s%s", STR_ARG(known), i ? ", " : "", COMMON[i].name);
	for (size_t i = 0; i < kind->n; i++) known = str_fmt(r->arena, "%.*s, %s", STR_ARG(known), kind->fields[i].name);
	query__bad(r, query__plain_path(r, STR_NONE, key), "unknown field; a question of kind %s has: %.*s", kind->name, STR_ARG(known));
}

static enum err read_kind(struct query_reader *r, const struct json_node *question)
{
	const char *names[COUNT_OF(KINDS)];
	for (size_t i = 0; i < COUNT_OF(KINDS); i++) names[i] = KINDS[i].name;
	const struct json_node *v = json_get(question, S("kind")), none = {.type = JSON_NULL};
	int kind = query__read_choice(r, "kind", v ? v : &none, names, COUNT_OF(KINDS));
	if (kind < 0) return ERR_INVALID;
	r->q->kind = (enum query_kind)kind;
	r->q->interval.unit = KINDS[kind].unit;
	return OK;
}

enum err query__read_within(struct arena *a, const struct zone *zone, const struct json_node *question, int within, struct query *out, struct fault *f)
{
	*out = (struct query){0};
	if (!question || question->type != JSON_OBJECT) return fault_set(f, ERR_MALFORMED, "", "a question is one JSON object, such as {\"kind\":\"trend\"}");
	struct query_reader r = {.arena = a, .zone = zone, .q = out, .fault = f, .within = within};
	TRY(read_kind(&r, question));
	const struct kind *kind = &KINDS[out->kind];
	for (const struct json_node *v = question->child; v; v = v->next) {
		const struct query_field *field = field_of(COMMON, COUNT_OF(COMMON), v->key);
		if (!field) field = field_of(kind->fields, kind->n, v->key);
		if (!field) read_unknown(&r, v->key);
		else if (field->read) field->read(&r, v);
	}
	if (kind->check) kind->check(&r);
	query__check_members(&r);
	if (r.compare) make_compared(&r);
	if (!r.is_bad && out->range.has_from && out->range.has_to && out->range.from_ms >= out->range.to_ms) query__bad(&r, "to", "not after \"from\"");
	return r.is_bad ? ERR_INVALID : OK;
}

enum err query_read_node(struct arena *a, const struct zone *zone, const struct json_node *question, struct query *out, struct fault *f)
{
	return query__read_within(a, zone, question, 0, out, f);
}

enum err query_read(struct arena *a, const struct zone *zone, str question, struct query *out, struct fault *f)
{
	const struct json_node *node;
	*out = (struct query){0};
	TRY(json_tree(a, question, QUERY_MAX_BYTES, &node, f));
	return query_read_node(a, zone, node, out, f);
}
