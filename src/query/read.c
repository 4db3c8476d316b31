/* A question is read through one table of fields: its row says which kinds know the field and which function checks
 * it. All faults of a question are collected, so that a form or a program sees them together; nothing is coerced and
 * nothing unknown is passed over, since a misspelt "form" would otherwise answer another question. */
#include <stdarg.h>
#include <stdio.h>

#include "base/datetime.h"
#include "i18n/zone.h"
#include "query/inner.h"

enum { MAX_NAME_BYTES = 200, MAX_DAYS = 36500 };
#define MAX_LIMIT INT64_C(100000000)
enum { IN_TREND = 1 << QUERY_TREND, IN_RETENTION = 1 << QUERY_RETENTION, IN_ALL = IN_TREND | IN_RETENTION };

struct reader {
	struct arena *arena;
	const struct zone *zone;
	struct query *q;
	struct fault *fault;
	bool is_bad, has_start, has_again;
};

PRINTF_LIKE(3, 4)
static void bad(struct reader *r, const char *field, const char *format, ...)
{
	char text[FAULT_TEXT];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	r->is_bad = true;
	(void)!fault_set(r->fault, ERR_INVALID, field, "%s", text);
}

static void read_time(struct reader *r, const char *field, const struct json_node *v, bool *has, int64_t *ms)
{
	bool has_zone = false;
	*has = v->type != JSON_NULL;
	if (!*has) return;
	if (v->type != JSON_STRING || !datetime_parse(v->text, ms, &has_zone)) {
		bad(r, field, "not a date like 2011-01-31 or a time like 2011-01-31T08:26:00Z");
		return;
	}
	if (!has_zone) *ms = zone_to_utc(r->zone, *ms);
	if (*ms < DATETIME_MIN_MS || *ms > DATETIME_MAX_MS) bad(r, field, "not between 1900 and 2100");
}

static void read_from(struct reader *r, const struct json_node *v)
{
	read_time(r, "from", v, &r->q->range.has_from, &r->q->range.from_ms);
}

static void read_to(struct reader *r, const struct json_node *v)
{
	read_time(r, "to", v, &r->q->range.has_to, &r->q->range.to_ms);
}

static void read_interval(struct reader *r, const struct json_node *v)
{
	static const char *const UNITS[] = {"hour", "day", "week", "month"};
	int64_t days;
	if (v->type == JSON_OBJECT) {
		if (v->n != 1 || !json_get(v, S("days"))) bad(r, "interval", "an interval of your own is {\"days\":n}");
		else if (!json_get_i64(v, S("days"), &days) || days < 1 || days > MAX_DAYS) bad(r, "interval.days", "not a whole number from 1 to %d", MAX_DAYS);
		else r->q->interval = (struct query_interval){QUERY_DAYS, (int)days};
		return;
	}
	for (size_t i = 0; v->type == JSON_STRING && i < COUNT_OF(UNITS); i++)
		if (str_eq(v->text, str_of(UNITS[i]))) {
			r->q->interval = (struct query_interval){(enum query_unit)i, 0};
			return;
		}
	bad(r, "interval", "not hour, day, week, month or {\"days\":n}");
}

static bool whole(const struct json_node *v, int64_t min, int64_t max, int64_t *out)
{
	return v->type == JSON_NUMBER && str_i64(v->text, out) && *out >= min && *out <= max;
}

static void read_limit(struct reader *r, const struct json_node *v)
{
	if (!whole(v, 1, MAX_LIMIT, &r->q->limit)) bad(r, "limit", "not a whole number from 1 to %lld", (long long)MAX_LIMIT);
}

static void read_cells(struct reader *r, const struct json_node *v)
{
	int64_t n;
	if (whole(v, 1, QUERY_MAX_CELLS, &n)) r->q->cells = (int)n;
	else bad(r, "cells", "not a whole number from 1 to %d", QUERY_MAX_CELLS);
}

static void read_match(struct reader *r, const char *field, const struct json_node *v, struct query_match *out)
{
	const struct json_node *first = v->type == JSON_ARRAY ? v->child : v;
	size_t n = v->type == JSON_ARRAY ? v->n : 1;
	if (n == 0 || n > QUERY_MAX_NAMES) {
		bad(r, field, "name one event, or a list of 1 to %d", QUERY_MAX_NAMES);
		return;
	}
	str *names = ARENA_ARRAY(r->arena, str, n);
	size_t i = 0;
	for (const struct json_node *c = first; i < n; c = c->next, i++) {
		if (c->type != JSON_STRING || c->text.n == 0 || c->text.n > MAX_NAME_BYTES) {
			bad(r, field, "an event's name is a text of 1 to %d bytes", MAX_NAME_BYTES);
			return;
		}
		names[i] = str_dup(r->arena, c->text);
	}
	*out = (struct query_match){names, n};
}

static void read_event(struct reader *r, const struct json_node *v)
{
	if (v->type != JSON_NULL) read_match(r, "event", v, &r->q->events);
}

static void read_start(struct reader *r, const struct json_node *v)
{
	r->has_start = true;
	read_match(r, "start", v, &r->q->start);
}

static void read_return(struct reader *r, const struct json_node *v)
{
	r->has_again = true;
	read_match(r, "return", v, &r->q->again);
}

static void read_mode(struct reader *r, const struct json_node *v)
{
	if (v->type != JSON_STRING || !str_eq(v->text, S("on"))) bad(r, "mode", "only \"on\" is known: those who return in that interval");
}

/* A property of an event, or of its context. */
static bool property_name(struct reader *r, const char *field, str name, str *out)
{
	if (str_starts(name, S("trait:"))) bad(r, field, "traits belong to customers, not to events, and cannot be asked here");
	else if (str_starts(name, S("event:"))) bad(r, field, "an event is chosen with \"event\"; here a property is named");
	else if (name.n == 0 || name.n > MAX_NAME_BYTES || str_eq(name, S("context:"))) bad(r, field, "a property's name has 1 to %d bytes", MAX_NAME_BYTES);
	else {
		*out = str_dup(r->arena, name);
		return true;
	}
	return false;
}

static void read_measure(struct reader *r, const struct json_node *v)
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
	} else bad(r, "measure", "not events, customers, sum:PROPERTY or mean:PROPERTY");
}

static void read_by(struct reader *r, const struct json_node *v)
{
	static const struct {
		const char *name;
		enum query_dimension dimension;
	} DIMENSIONS[] = {{"type", QUERY_TYPE}, {"event", QUERY_TYPE}, {"channel", QUERY_CHANNEL}, {"source", QUERY_SOURCE}, {"family", QUERY_FAMILY}, {"stage", QUERY_STAGE}};
	if (v->type == JSON_NULL) return;
	if (v->type != JSON_STRING) {
		bad(r, "by", "not the name of a property, or type, channel, source, family, stage");
		return;
	}
	for (size_t i = 0; i < COUNT_OF(DIMENSIONS); i++)
		if (str_eq(v->text, str_of(DIMENSIONS[i].name))) {
			r->q->by = DIMENSIONS[i].dimension;
			return;
		}
	if (property_name(r, "by", v->text, &r->q->by_property)) r->q->by = QUERY_PROPERTY;
}

static const struct field {
	const char *name;
	unsigned kinds;
	void (*read)(struct reader *r, const struct json_node *v);
} FIELDS[] = {
	{"kind", IN_ALL, NULL},
	{"from", IN_ALL, read_from},
	{"to", IN_ALL, read_to},
	{"interval", IN_ALL, read_interval},
	{"limit", IN_ALL, read_limit},
	{"event", IN_TREND, read_event},
	{"measure", IN_TREND, read_measure},
	{"by", IN_TREND, read_by},
	{"start", IN_RETENTION, read_start},
	{"return", IN_RETENTION, read_return},
	{"cells", IN_RETENTION, read_cells},
	{"mode", IN_RETENTION, read_mode},
};
static const char *const KINDS[] = {[QUERY_TREND] = "trend", [QUERY_RETENTION] = "retention"};

static void read_unknown(struct reader *r, str key, const char *kind)
{
	char known[FAULT_TEXT] = "";
	for (size_t i = 0, n = 0; i < COUNT_OF(FIELDS); i++)
		if (FIELDS[i].kinds >> r->q->kind & 1) n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", FIELDS[i].name);
	bool is_plain = key.n > 0 && key.n < FAULT_FIELD;
	for (size_t i = 0; i < key.n; i++) is_plain = is_plain && key.p[i] > ' ' && key.p[i] < 0x7f;
	bad(r, is_plain ? str_c(r->arena, key) : "", "unknown field; a question of kind %s has: %s", kind, known);
}

static enum err read_kind(const struct json_node *question, struct query *q, struct fault *f)
{
	str kind = json_get_str(question, S("kind"));
	for (size_t i = 0; i < COUNT_OF(KINDS); i++)
		if (str_eq(kind, str_of(KINDS[i]))) {
			q->kind = (enum query_kind)i;
			return OK;
		}
	return fault_set(f, ERR_INVALID, "kind", "not trend or retention");
}

enum err query_read_node(struct arena *a, const struct zone *zone, const struct json_node *question, struct query *out, struct fault *f)
{
	*out = (struct query){0};
	if (!question || question->type != JSON_OBJECT) return fault_set(f, ERR_MALFORMED, "", "a question is one JSON object, such as {\"kind\":\"trend\"}");
	TRY(read_kind(question, out, f));
	out->interval.unit = out->kind == QUERY_TREND ? QUERY_DAY : QUERY_MONTH;
	struct reader r = {.arena = a, .zone = zone, .q = out, .fault = f};
	for (const struct json_node *v = question->child; v; v = v->next) {
		const struct field *field = NULL;
		for (size_t i = 0; i < COUNT_OF(FIELDS) && !field; i++)
			if (FIELDS[i].kinds >> out->kind & 1 && str_eq(v->key, str_of(FIELDS[i].name))) field = &FIELDS[i];
		if (!field) read_unknown(&r, v->key, KINDS[out->kind]);
		else if (field->read) field->read(&r, v);
	}
	if (out->kind == QUERY_RETENTION && !r.has_start) bad(&r, "start", "name the event that a customer begins with");
	if (out->kind == QUERY_RETENTION && !r.has_again) bad(&r, "return", "name the event that counts as coming back");
	if (!r.is_bad && out->range.has_from && out->range.has_to && out->range.from_ms >= out->range.to_ms) bad(&r, "to", "not after \"from\"");
	return r.is_bad ? ERR_INVALID : OK;
}

enum err query_read(struct arena *a, const struct zone *zone, str question, struct query *out, struct fault *f)
{
	const struct json_node *node;
	*out = (struct query){0};
	TRY(json_tree(a, question, QUERY_MAX_BYTES, &node, f));
	return query_read_node(a, zone, node, out, f);
}
