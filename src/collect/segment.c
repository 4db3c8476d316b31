/* One walk over the pull reader's tokens fills one struct touchpoint an event; texts stay where they are in the body, and
 * the stored form is the event's own bytes. Two things need other bytes: a writeKey inside an event is cut out (it would
 * leave with every export), and a batch with a context or integrations of its own has them merged into each event, which
 * is then read again from the merged text: hardly any client sends that, so the plain way stays plain.
 *
 * Rejected: handing each event over while walking. sentAt and writeKey mostly follow the events, and a body that turns out
 * broken at its end must not have been half taken. */
#include "collect/segment.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/currency.h"
#include "base/datetime.h"
#include "base/utf8.h"
#include "json/reader.h"
#include "reading/verbatim.h"

const struct segment_options SEGMENT_OPTIONS = {.event_bytes = 32 << 10, .body_bytes = 500 << 10, .body_events = 2500, .is_live = true};

static const struct {
	str word, letter, event;
} CALLS[] = {
	[CALL_TRACK] = {{"track", 5}, {"t", 1}, {NULL, 0}},
	[CALL_IDENTIFY] = {{"identify", 8}, {"i", 1}, {"Identified", 10}},
	[CALL_PAGE] = {{"page", 4}, {"p", 1}, {"Page Viewed", 11}},
	[CALL_SCREEN] = {{"screen", 6}, {"s", 1}, {"Screen Viewed", 13}},
	[CALL_GROUP] = {{"group", 5}, {"g", 1}, {"Grouped", 7}},
	[CALL_ALIAS] = {{"alias", 5}, {"a", 1}, {"Aliased", 7}},
};
/* What a batch's own context may add to all its events together: 16 times a whole body. */
enum { MERGED_BYTES = 8 << 20 };
enum { BEGINNING = 64 }; /* where most clients put "batch" */

static const enum call ENDPOINT_CALLS[] = {CALL_TRACK, CALL_IDENTIFY, CALL_PAGE, CALL_SCREEN, CALL_GROUP, CALL_ALIAS};

/* What one event's walk keeps beside the touchpoint: which of several places a value came from is decided at its end. */
struct walk {
	struct json_reader *r;
	struct arena *a;
	struct touchpoint *t;
	str type, timestamp, original_timestamp, sent_at;
	str write_key, cut; /* the key and the bytes of its member */
	str trait_email, trait_phone, context_email, context_phone, property_email;
	str context_channel, property_channel, property_location, property_store, city;
	str currency, line_currency; /* codes; of the lines: the first one's */
	bool has_page, has_app, has_words, is_broken;
};

struct batch {
	struct json_reader *r;
	struct arena *a;
	const struct segment_options *o;
	struct segment_body *out;
	struct segment_item *last;
	str sent_at, context, integrations; /* of the batch itself */
	bool has_batch;
	bool is_single, names_batch; /* read as one event; and it has a member "batch", so that it is none */
};

static inline bool is(str key, const char *name, size_t n)
{
	return key.n == n && memcmp(key.p, name, n) == 0;
}
#define IS(key, literal) is((key), "" literal, sizeof(literal) - 1)

/* The string at which the reader stands. */
static inline str string_value(struct walk *w)
{
	str s = reader_text(w->r);
	return reader_is_plain(w->r) ? s : json_unescape(w->a, s);
}

/* The value at the current token as a text: strings, and numbers as their digits. Anything else, and "", is absent. */
static inline str text_value(struct walk *w)
{
	enum json_token token = reader_token(w->r);
	if (token == JSON_STRING || token == JSON_NUMBER) {
		str s = token == JSON_STRING ? string_value(w) : reader_text(w->r);
		return s.n ? s : STR_NONE;
	}
	if (token == JSON_OBJECT || token == JSON_ARRAY) (void)json_skip(w->r);
	return STR_NONE;
}

/* Passes over the value at which the reader stands. */
static inline void skip_value(struct json_reader *r)
{
	if (reader_token(r) == JSON_OBJECT || reader_token(r) == JSON_ARRAY) (void)json_skip(r);
}

/* Moves to the next member of the object that is open: *key is its name and the reader stands at its value. */
static inline bool next_member(struct walk *w, str *key)
{
	bool is_plain;
	if (!reader_member(w->r, key, &is_plain)) return false;
	if (!is_plain) *key = json_unescape(w->a, *key);
	return true;
}

/* True at the beginning of an object; skips any other value. */
static inline bool enters_object(struct walk *w)
{
	if (reader_token(w->r) == JSON_OBJECT) return true;
	skip_value(w->r);
	return false;
}

static void walk_traits(struct walk *w, str *email, str *phone)
{
	str key;
	if (!enters_object(w)) return;
	while (next_member(w, &key)) {
		w->t->has_traits = true;
		if (IS(key, "email")) *email = text_value(w);
		else if (IS(key, "phone")) *phone = text_value(w);
		else skip_value(w->r);
	}
}

static str read_currency(struct walk *w)
{
	str code;
	if (!currency_read(w->a, text_value(w), &code)) w->t->has_bad_currency = true;
	return code;
}

static void walk_line(struct walk *w)
{
	str key;
	if (!enters_object(w)) return;
	while (next_member(w, &key)) {
		if (!IS(key, "currency")) {
			skip_value(w->r);
			continue;
		}
		str code = read_currency(w);
		if (code.n && w->line_currency.n && !str_eq(code, w->line_currency)) w->t->has_two_currencies = true;
		if (!w->line_currency.n) w->line_currency = code;
	}
}

static void walk_products(struct walk *w)
{
	if (reader_token(w->r) != JSON_ARRAY) {
		skip_value(w->r);
		return;
	}
	for (enum json_token token = json_next(w->r); token != JSON_ARRAY_END && token != JSON_ERROR; token = json_next(w->r)) walk_line(w);
}

static void walk_properties(struct walk *w)
{
	str key;
	if (!enters_object(w)) return;
	while (next_member(w, &key)) {
		if (IS(key, "email")) w->property_email = text_value(w);
		else if (IS(key, "channel")) w->property_channel = text_value(w);
		else if (IS(key, "location")) w->property_location = text_value(w);
		else if (IS(key, "store")) w->property_store = text_value(w);
		else if (IS(key, "currency")) w->currency = read_currency(w);
		else if (IS(key, "products")) walk_products(w);
		else if (IS(key, "is_anonymous")) w->t->is_anonymous = reader_token(w->r) == JSON_TRUE;
		else if (IS(key, "delivered_by")) w->t->delivered_by = text_value(w);
		else if (IS(key, "carrier") && reader_token(w->r) == JSON_TRUE && !w->t->delivered_by.n) w->t->delivered_by = S("carrier");
		else if (reader_token(w->r) == JSON_STRING) w->has_words = w->has_words || verbatim_is_named(key);
		else skip_value(w->r);
	}
}

static void walk_consent(struct walk *w)
{
	str key;
	struct touchpoint *t = w->t;
	if (!enters_object(w)) return;
	while (next_member(w, &key)) {
		if (IS(key, "wording")) {
			t->consent_wording = text_value(w);
		} else if (IS(key, "categoryPreferences") && reader_token(w->r) == JSON_OBJECT) {
			t->has_consent = true;
			while (next_member(w, &key)) {
				bool granted = reader_token(w->r) == JSON_TRUE;
				skip_value(w->r);
				if (key.n) touchpoint_add_consent(t, w->a, key, granted);
			}
		} else {
			skip_value(w->r);
		}
	}
}

static void walk_external_ids(struct walk *w)
{
	struct touchpoint *t = w->t;
	if (reader_token(w->r) != JSON_ARRAY) {
		skip_value(w->r);
		return;
	}
	for (enum json_token token = json_next(w->r); token != JSON_ARRAY_END && token != JSON_ERROR; token = json_next(w->r)) {
		str key, kind = STR_NONE, value = STR_NONE;
		if (!enters_object(w)) continue;
		while (next_member(w, &key)) {
			if (IS(key, "type")) kind = text_value(w);
			else if (IS(key, "id")) value = text_value(w);
			else skip_value(w->r);
		}
		if (kind.n && value.n) touchpoint_add_external_id(t, w->a, kind, value);
	}
}

static void walk_location(struct walk *w)
{
	str key;
	if (!enters_object(w)) return;
	while (next_member(w, &key)) {
		if (IS(key, "city")) w->city = text_value(w);
		else skip_value(w->r);
	}
}

static void walk_context(struct walk *w)
{
	str key;
	if (!enters_object(w)) return;
	while (next_member(w, &key)) {
		if (IS(key, "traits")) walk_traits(w, &w->context_email, &w->context_phone);
		else if (IS(key, "consent")) walk_consent(w);
		else if (IS(key, "externalIds")) walk_external_ids(w);
		else if (IS(key, "channel")) w->context_channel = text_value(w);
		else if (IS(key, "location")) walk_location(w);
		else {
			if (IS(key, "page")) w->has_page = reader_token(w->r) == JSON_OBJECT;
			else if (IS(key, "app")) w->has_app = reader_token(w->r) == JSON_OBJECT;
			skip_value(w->r);
		}
	}
}

/* The write key, and where its member stands with one comma; key is the name as it stands there. */
static void walk_write_key(struct walk *w, str key)
{
	const char *member = key.p - 1;
	if (w->cut.p) w->is_broken = true; /* two keys in one event: one of them would be stored */
	w->write_key = text_value(w);
	if (reader_token(w->r) == JSON_ERROR) return;
	const char *end = json_raw(w->r).p + json_raw(w->r).n;
	const char *next = end;
	while (*next == ' ' || *next == '\n' || *next == '\r' || *next == '\t') next++;
	if (*next == ',') {
		end = next + 1;
	} else { /* the last member: the comma before it goes, where there is one */
		const char *before = member - 1;
		while (*before == ' ' || *before == '\n' || *before == '\r' || *before == '\t') before--;
		if (*before == ',') member = before;
	}
	w->cut = (str){member, (size_t)(end - member)};
}

/* One member of an event; the reader stands at its value. */
static void walk_member(struct walk *w, str key, bool is_plain)
{
	struct touchpoint *t = w->t;
	if (IS(key, "type")) w->type = text_value(w);
	else if (IS(key, "event")) t->event = reader_token(w->r) == JSON_STRING ? string_value(w) : text_value(w);
	else if (IS(key, "properties")) walk_properties(w);
	else if (IS(key, "context")) walk_context(w);
	else if (IS(key, "userId")) t->user_id = text_value(w);
	else if (IS(key, "messageId")) t->message_id = text_value(w);
	else if (IS(key, "anonymousId")) t->anonymous_id = text_value(w);
	else if (IS(key, "timestamp")) w->timestamp = text_value(w);
	else if (IS(key, "originalTimestamp")) w->original_timestamp = text_value(w);
	else if (IS(key, "sentAt")) w->sent_at = text_value(w);
	else if (IS(key, "traits")) walk_traits(w, &w->trait_email, &w->trait_phone);
	else if (IS(key, "name")) t->name = text_value(w);
	else if (IS(key, "groupId")) t->group_id = text_value(w);
	else if (IS(key, "previousId")) t->previous_id = text_value(w);
	else if (IS(key, "writeKey") && is_plain) walk_write_key(w, key);
	else {
		if (IS(key, "writeKey")) w->is_broken = true; /* its name is spelled in escapes: it would be kept */
		skip_value(w->r);
	}
}

/* NULL, or why the event is rejected. */
static const char *settle_time(struct touchpoint *t, str text, str sent_text, const struct segment_options *o)
{
	int64_t sent;
	t->time_ms = DESC_NULL_INT;
	if (!text.n || o->is_stored) return NULL;
	if (!segment_time(text, &t->time_ms)) return "bad_time";
	if (o->is_live && sent_text.n && segment_time(sent_text, &sent) && sent >= DATETIME_MIN_MS && sent < DATETIME_MAX_MS)
		t->time_ms = o->received_ms - (sent - t->time_ms);
	if (t->time_ms < DATETIME_MIN_MS) return "bad_time";
	if (!o->is_live) return t->time_ms < DATETIME_MAX_MS ? NULL : "bad_time";
	if (t->time_ms > o->received_ms + DAY_MS) {
		t->time_ms = o->received_ms;
		t->is_clamped = true;
	}
	return NULL;
}

static bool read_call(str type, enum call *out)
{
	if (IS(type, "track")) return *out = CALL_TRACK, true;
	for (size_t i = 0; i < COUNT_OF(CALLS); i++)
		if (str_eq_nocase(type, CALLS[i].word)) return *out = (enum call)i, true;
	return false;
}

/* context.channel of Segment's own libraries names the kind of client. */
static str settle_channel(const struct walk *w)
{
	str c = w->context_channel;
	if (IS(c, "browser")) return S("web");
	if (IS(c, "mobile")) return S("app");
	if (c.n && !IS(c, "server") && !IS(c, "client") && !IS(c, "http")) return c;
	if (w->property_channel.n) return w->property_channel;
	if (w->t->call == CALL_PAGE || w->has_page) return S("web");
	if (w->t->call == CALL_SCREEN || w->has_app) return S("app");
	return STR_NONE;
}

static str one_of(str value, const char *const *names)
{
	for (; *names; names++)
		if (str_eq_nocase(value, str_of(*names))) return str_of(*names);
	return STR_NONE;
}

static size_t characters(str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* After the walk: which value counts, and whether the event can be taken. NULL, or why it is rejected. */
static const char *settle(struct walk *w, const struct segment_options *o)
{
	struct touchpoint *t = w->t;
	if (w->is_broken) return "malformed";
	if (t->raw.n > o->event_bytes) return "too_large";
	if (t->message_id.n > SEGMENT_MESSAGE_ID_CHARACTERS && characters(t->message_id) > SEGMENT_MESSAGE_ID_CHARACTERS) return "bad_message_id";
	if (t->call != CALL_TRACK) t->event = CALLS[t->call].event;
	else if (t->event.n > SEGMENT_EVENT_NAME_BYTES || !str_trim(t->event).n) return "bad_event";
	if (t->call == CALL_GROUP && !t->group_id.n) return "malformed";
	if (t->call == CALL_ALIAS && (!t->previous_id.n || !(t->user_id.n || t->anonymous_id.n))) return "malformed";
	bool own = t->call != CALL_GROUP; /* a group's traits describe the group */
	t->email = own && w->trait_email.n ? w->trait_email : w->context_email;
	t->phone = own && w->trait_phone.n ? w->trait_phone : w->context_phone;
	if (!t->email.n && t->call == CALL_TRACK) t->email = w->property_email;
	t->channel = settle_channel(w);
	t->location = w->property_location.n ? w->property_location : w->property_store.n ? w->property_store : w->city;
	if (w->currency.n && w->line_currency.n && !str_eq(w->currency, w->line_currency)) t->has_two_currencies = true;
	if (t->delivered_by.n) t->delivered_by = one_of(t->delivered_by, DELIVERED_BY);
	return NULL;
}

/* The event without its write key. */
static str cut_out(struct arena *a, str raw, str cut)
{
	size_t head = (size_t)(cut.p - raw.p), tail = raw.n - head - cut.n;
	char *text = arena_alloc(a, raw.n - cut.n + JSON_PADDING);
	memcpy(text, raw.p, head);
	memcpy(text + head, cut.p + cut.n, tail);
	return (str){text, head + tail};
}

/* An item whose time waits for the batch's sentAt. */
struct pending {
	struct segment_item item; /* first: the list's items are these */
	str time, sent_at;
};

static struct pending *pending_add(struct batch *b)
{
	struct pending *p = ARENA_NEW(b->a, struct pending);
	p->item.index = b->out->n++;
	if (b->last) b->last->next = &p->item;
	else b->out->first = &p->item;
	b->last = &p->item;
	return p;
}

/* Reads the event at which the reader stands into p. type: of the endpoint; absent: the event names its own. */
static void read_event(struct batch *b, struct pending *p, str type)
{
	struct touchpoint *t = &p->item.touchpoint;
	struct walk w = {.r = b->r, .a = b->a, .t = t};
	str key;
	if (reader_token(b->r) != JSON_OBJECT) {
		skip_value(b->r);
		p->item.reason = "malformed";
		return;
	}
	const char *from = json_raw(b->r).p;
	bool is_plain;
	while (reader_member(b->r, &key, &is_plain)) {
		b->names_batch = b->is_single && is_plain && IS(key, "batch");
		if (b->names_batch) return;
		walk_member(&w, is_plain ? key : json_unescape(b->a, key), is_plain);
	}
	if (reader_token(b->r) == JSON_ERROR) return;
	t->raw = (str){from, (size_t)(json_raw(b->r).p + 1 - from)};
	t->has_no_words = !w.has_words;
	p->item.message_id = t->message_id;
	p->time = w.timestamp.n ? w.timestamp : w.original_timestamp;
	p->sent_at = w.sent_at;
	p->item.reason = read_call(str_given(type) ? type : w.type, &t->call) ? settle(&w, b->o) : "bad_type";
	if (w.cut.p && !p->item.reason) t->raw = cut_out(b->a, t->raw, w.cut);
	if (w.write_key.n && !b->out->write_key.n) b->out->write_key = w.write_key;
}

static void settle_times(struct batch *b)
{
	for (struct segment_item *item = b->out->first; item; item = item->next) {
		struct pending *p = (struct pending *)item;
		if (!item->reason) item->reason = settle_time(&item->touchpoint, p->time, p->sent_at.n ? p->sent_at : b->sent_at, b->o);
	}
}

static enum err read_items(struct batch *b, struct fault *f)
{
	if (reader_token(b->r) != JSON_ARRAY) return fault_set(f, ERR_MALFORMED, "batch", "is not an array");
	if (b->has_batch) return fault_set(f, ERR_MALFORMED, "batch", "stands there twice");
	b->has_batch = true;
	for (enum json_token token = json_next(b->r); token != JSON_ARRAY_END && token != JSON_ERROR; token = json_next(b->r)) {
		if (b->out->n == b->o->body_events)
			return fault_set(f, ERR_TOO_LARGE, "batch", "holds more than %zu events", b->o->body_events);
		read_event(b, pending_add(b), STR_NONE);
	}
	return OK;
}

/* An object with members, as text; absent for anything else. */
static str object_text(struct walk *w)
{
	if (reader_token(w->r) != JSON_OBJECT) {
		skip_value(w->r);
		return STR_NONE;
	}
	str raw = json_skip(w->r), inside = str_trim(str_sub(raw, 1, raw.n > 2 ? raw.n - 2 : 0));
	return inside.n ? raw : STR_NONE;
}

static enum err read_batch(struct batch *b, struct fault *f)
{
	struct walk w = {.r = b->r, .a = b->a};
	str key;
	while (next_member(&w, &key)) {
		if (IS(key, "batch")) TRY(read_items(b, f));
		else if (IS(key, "sentAt")) b->sent_at = text_value(&w);
		else if (IS(key, "writeKey")) w.write_key = text_value(&w);
		else if (IS(key, "context")) b->context = object_text(&w);
		else if (IS(key, "integrations")) b->integrations = object_text(&w);
		else skip_value(b->r);
	}
	if (w.write_key.n) b->out->write_key = w.write_key;
	return OK;
}

/* The members of `base` that `over` does not name, then those of `over`. */
static void put_merged(struct json_writer *w, str name, const struct json_node *base, const struct json_node *over)
{
	if (!base && !over) return;
	json_key(w, name);
	json_begin_object(w);
	for (const struct json_node *m = base ? base->child : NULL; m; m = m->next) {
		if (json_get(over, m->key)) continue;
		json_key(w, m->key);
		json_put_raw(w, m->raw);
	}
	for (const struct json_node *m = over && over->type == JSON_OBJECT ? over->child : NULL; m; m = m->next) {
		json_key(w, m->key);
		json_put_raw(w, m->raw);
	}
	json_end_object(w);
}

static enum err merged_text(struct arena *a, str raw, const struct json_node *context, const struct json_node *integrations, str *out, struct fault *f)
{
	const struct json_node *event;
	struct buf buf;
	struct json_writer w = {.out = &buf};
	TRY(json_tree(a, raw, raw.n, &event, f));
	buf_init(&buf, MERGED_BYTES);
	json_begin_object(&w);
	for (const struct json_node *m = event->child; m; m = m->next) {
		if (str_eq(m->key, S("context")) || str_eq(m->key, S("integrations"))) continue;
		json_key(&w, m->key);
		json_put_raw(&w, m->raw);
	}
	put_merged(&w, S("context"), context, json_get(event, S("context")));
	put_merged(&w, S("integrations"), integrations, json_get(event, S("integrations")));
	json_end_object(&w);
	bool failed = buf_failed(&buf);
	if (!failed) {
		char *padded = arena_alloc(a, buf.n + JSON_PADDING);
		memcpy(padded, buf.p, buf.n);
		*out = (str){padded, buf.n};
	}
	buf_release(&buf);
	return failed ? fault_set(f, ERR_TOO_LARGE, "context", "is too large to be merged into the events") : OK;
}

/* Reads each event again from its merged text. The reader is free by now: the body was read to its end. */
static enum err merge_items(struct batch *b, struct fault *f)
{
	const struct json_node *context = NULL, *integrations = NULL;
	size_t added = b->context.n + b->integrations.n;
	if (added * b->out->n > MERGED_BYTES) return fault_set(f, ERR_TOO_LARGE, "context", "is too large to be merged into %zu events", b->out->n);
	if (b->context.n) TRY(json_tree(b->a, b->context, b->context.n, &context, f));
	if (b->integrations.n) TRY(json_tree(b->a, b->integrations, b->integrations.n, &integrations, f));
	for (struct segment_item *item = b->out->first; item; item = item->next) {
		struct pending *p = (struct pending *)item;
		struct segment_item before = *item;
		str text;
		if (before.reason) continue;
		if (before.touchpoint.raw.n + added > b->o->event_bytes) {
			item->reason = "too_large";
			continue;
		}
		TRY(merged_text(b->a, before.touchpoint.raw, context, integrations, &text, f));
		*p = (struct pending){.item = {.next = before.next, .index = before.index}};
		TRY(json_reader_start(b->r, text, f));
		json_next(b->r);
		read_event(b, p, STR_NONE);
	}
	return OK;
}

bool segment_endpoint(str word, enum segment_endpoint *out)
{
	for (size_t i = 0; i < COUNT_OF(ENDPOINT_CALLS); i++)
		if (str_eq(word, CALLS[ENDPOINT_CALLS[i]].word) || str_eq(word, CALLS[ENDPOINT_CALLS[i]].letter)) return *out = (enum segment_endpoint)i, true;
	*out = SEGMENT_BATCH;
	return str_eq(word, S("batch")) || str_eq(word, S("b")) || str_eq(word, S("import"));
}

static enum err start(struct json_reader *r, str body, struct fault *f)
{
	TRY(json_reader_start(r, body, f));
	if (json_next(r) == JSON_OBJECT) return OK;
	TRY(json_reader_fault(r, f));
	return fault_set(f, ERR_MALFORMED, "", "the body is no JSON object");
}

static enum err read_as_batch(struct batch *b, struct json_reader *r, struct arena *a, str body, const struct segment_options *o, struct segment_body *out, struct fault *f)
{
	*b = (struct batch){.r = r, .a = a, .o = o, .out = out};
	*out = (struct segment_body){0};
	TRY(start(r, body, f));
	return read_batch(b, f);
}

static enum err read_as_event(struct batch *b, struct json_reader *r, struct arena *a, str body, enum segment_endpoint endpoint, const struct segment_options *o,
                              struct segment_body *out, struct fault *f)
{
	*b = (struct batch){.r = r, .a = a, .o = o, .out = out, .is_single = true};
	*out = (struct segment_body){0};
	TRY(start(r, body, f));
	read_event(b, pending_add(b), endpoint == SEGMENT_BATCH ? STR_NONE : CALLS[ENDPOINT_CALLS[endpoint]].word);
	return OK;
}

enum err segment_read(struct json_reader *r, struct arena *a, str body, enum segment_endpoint endpoint, const struct segment_options *o,
                      struct segment_body *out, struct fault *f)
{
	if (body.n > o->body_bytes) {
		*out = (struct segment_body){0};
		return fault_set(f, ERR_TOO_LARGE, "", "the body is longer than %zu bytes", o->body_bytes);
	}
	/* Guessed by the beginning; a guess that its members prove wrong is corrected, so what it says decides. */
	struct batch b;
	bool is_batch = endpoint == SEGMENT_BATCH && str_contains(str_sub(body, 0, BEGINNING), S("\"batch\""));
	TRY(is_batch ? read_as_batch(&b, r, a, body, o, out, f) : read_as_event(&b, r, a, body, endpoint, o, out, f));
	if (is_batch && !b.has_batch && reader_token(r) != JSON_ERROR) TRY(read_as_event(&b, r, a, body, endpoint, o, out, f));
	else if (b.names_batch) TRY(read_as_batch(&b, r, a, body, o, out, f));
	while (reader_token(r) != JSON_ERROR && json_next(r) != JSON_END) { /* what follows the object is an error: find it */
	}
	TRY(json_reader_fault(r, f));
	if (b.context.n || b.integrations.n) TRY(merge_items(&b, f));
	settle_times(&b);
	return OK;
}
