/* A value keeps the type that the log gives it: <int> and <float> become numbers, <boolean> true or false, the rest text.
 * What is declared as one of these and is none stays the text that it is. */
#include "collect/xes_touchpoint.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/datetime.h"
#include "base/decimal.h"
#include "collect/csv.h"
#include "collect/row_id.h"
#include "collect/row_touchpoint.h"
#include "collect/xes.h"
#include "i18n/zone.h"
#include "json/desc.h"
#include "json/json.h"

enum { RAW_BYTES = 4 << 20, EVENT_NAME_BYTES = 200 };

static bool is_taken(str key)
{
	return str_eq(key, S("concept:name")) || str_eq(key, S("time:timestamp"));
}

/* Items of a list share one key: the second is key:2, and so on. */
static str own_key(struct arena *a, const struct xes_attribute *attributes, size_t i)
{
	size_t before = 0;
	for (size_t k = 0; k < i; k++) before += str_eq(attributes[k].key, attributes[i].key);
	return before ? str_fmt(a, "%.*s:%zu", STR_ARG(attributes[i].key), before + 1) : attributes[i].key;
}

static void put_value(struct json_writer *w, const struct xes_attribute *a)
{
	struct decimal d;
	if ((a->type == XES_INT || a->type == XES_FLOAT) && decimal_parse(str_trim(a->value), &d)) json_put_decimal(w, d);
	else if (a->type == XES_BOOLEAN && (str_eq(a->value, S("true")) || str_eq(a->value, S("false")))) json_put_bool(w, str_eq(a->value, S("true")));
	else json_put_str(w, a->value);
}

static void put_properties(struct arena *a, struct json_writer *w, const struct xes_event *event)
{
	for (size_t i = 0; i < event->n_own; i++) {
		if (is_taken(event->own[i].key)) continue;
		json_key(w, own_key(a, event->own, i));
		put_value(w, &event->own[i]);
	}
	for (size_t i = 0; i < event->n_trace; i++) {
		str key = own_key(a, event->trace, i);
		if (str_eq(key, S("concept:name"))) continue;
		json_key(w, str_fmt(a, "case:%.*s", STR_ARG(key)));
		put_value(w, &event->trace[i]);
	}
}

/* The same event of the same trace, whatever file it comes in, and how many like it came before. */
static struct row_id next_id(struct arena *a, struct row_ids *ids, str name, const struct xes_event *event)
{
	str *cells = ARENA_ARRAY(a, str, 2 * event->n_own + 1);
	cells[0] = name;
	for (size_t i = 0; i < event->n_own; i++) {
		cells[2 * i + 1] = event->own[i].key;
		cells[2 * i + 2] = event->own[i].value;
	}
	return row_ids_next(ids, &(struct csv_row){.cells = cells, .n = 2 * event->n_own + 1});
}

static bool instant(const struct zone *zone, str text, int64_t *ms)
{
	bool has_zone;
	if (!datetime_parse(str_trim(text), ms, &has_zone)) return false;
	if (!has_zone && zone) *ms = zone_to_utc(zone, *ms);
	return *ms >= DATETIME_MIN_MS && *ms < DATETIME_MAX_MS;
}

static str cell(struct arena *a, const struct xes_attribute *attributes, size_t n, str key)
{
	str value = str_trim(xes_value(attributes, n, key));
	return value.n ? str_dup(a, value) : STR_NONE;
}

const char *xes_touchpoint(struct arena *a, const struct zone *zone, struct row_ids *ids, const struct xes_event *event, struct touchpoint *out)
{
	struct buf raw;
	struct json_writer w = {.out = &raw};
	str name = cell(a, event->trace, event->n_trace, S("concept:name"));
	struct row_id row_id = next_id(a, ids, name, event);
	*out = (struct touchpoint){.call = CALL_TRACK, .time_ms = DESC_NULL_INT, .user_id = name, .event = cell(a, event->own, event->n_own, S("concept:name"))};
	if (!name.n) return "no_identity";
	if (!out->event.n || out->event.n > EVENT_NAME_BYTES) return "bad_event";
	if (!instant(zone, xes_value(event->own, event->n_own, S("time:timestamp")), &out->time_ms)) return "bad_time";
	out->message_id = row_id_show(a, row_id);
	buf_init(&raw, RAW_BYTES);
	row_touchpoint__begin(&w, out);
	json_key(&w, S("properties"));
	json_begin_object(&w);
	put_properties(a, &w, event);
	json_end_object(&w);
	row_touchpoint__end(&w, out);
	bool failed = buf_failed(&raw);
	if (!failed) out->raw = str_dup(a, buf_str(&raw));
	buf_release(&raw);
	return failed ? "too_large" : NULL;
}

str xes_event_show(struct arena *a, const struct xes_event *event)
{
	struct buf raw;
	struct json_writer w = {.out = &raw};
	buf_init(&raw, RAW_BYTES);
	json_begin_object(&w);
	for (size_t i = 0; i < event->n_trace; i++) {
		json_key(&w, str_fmt(a, "case:%.*s", STR_ARG(event->trace[i].key)));
		json_put_str(&w, event->trace[i].value);
	}
	for (size_t i = 0; i < event->n_own; i++) {
		json_key(&w, event->own[i].key);
		json_put_str(&w, event->own[i].value);
	}
	json_end_object(&w);
	str shown = buf_failed(&raw) ? STR_NONE : str_dup(a, buf_str(&raw));
	buf_release(&raw);
	return shown;
}
