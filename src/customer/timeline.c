/* A customer's time line: the events of all its subjects, as the store keeps them, told as a person reads them. What an
 * event means comes from its filing; what it says (number, units, total, a page's name) from its body. Events that
 * purpose service does not allow are left out, as everywhere on a profile. */
#include <stdio.h>
#include <string.h>

#include "base/currency.h"
#include "base/datetime.h"
#include "base/utf8.h"
#include "collect/collect.h"
#include "collect/touchpoint.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "events/events.h"
#include "i18n/zone.h"
#include "json/json.h"
#include "op/app.h"
#include "query/query.h"

enum { BODY_BYTES = 4 << 20, DETAILS = 12, VALUE_BYTES = 300, LINES = 1000, EVENT_BYTES = 200 };

/* ---- one event ---- */

static str detail_text(struct op *op, const struct json_node *n)
{
	switch (n->type) {
	case JSON_STRING:
	case JSON_NUMBER: return utf8_cut(n->text, VALUE_BYTES);
	case JSON_TRUE: return S("true");
	case JSON_FALSE: return S("false");
	case JSON_NULL: return STR_NONE;
	default: return utf8_cut(str_dup(&op->arena, n->raw), VALUE_BYTES);
	}
}

static void add_detail(struct op *op, struct customer_touchpoint *t, str name, str value)
{
	if (t->details.n == DETAILS || !value.n) return;
	if (!t->details.v) t->details.v = ARENA_ARRAY(&op->arena, struct customer_detail, DETAILS);
	t->details.v[t->details.n++] = (struct customer_detail){name, value};
}

/* A line of an order as one reads it: "12 × GLASS JAR". */
static str line_text(struct op *op, const struct json_node *line)
{
	const struct json_node *quantity = json_get(line, S("quantity"));
	str name = json_get_str(line, S("name"));
	if (!name.n) name = json_get_str(line, S("sku"));
	if (!name.n) name = json_get_str(line, S("product_id"));
	if (!name.n) return detail_text(op, line);
	str text = quantity && quantity->type == JSON_NUMBER ? str_fmt(&op->arena, "%.*s × %.*s", STR_ARG(quantity->text), STR_ARG(name)) : name;
	return utf8_cut(text, VALUE_BYTES);
}

static void add_details(struct op *op, struct customer_touchpoint *t, const struct json_node *properties)
{
	static const char *const own[] = {"text", "family", "outcome", "mood", "person"}; /* shown on their own */
	for (const struct json_node *p = properties ? properties->child : NULL; p && t->details.n < DETAILS; p = p->next) {
		bool is_own = false;
		for (size_t i = 0; str_given(t->person) && i < COUNT_OF(own); i++) is_own = is_own || str_eq(p->key, str_of(own[i]));
		if (is_own) continue;
		if (p->type == JSON_OBJECT) {
			for (const struct json_node *m = p->child; m; m = m->next)
				add_detail(op, t, str_fmt(&op->arena, "%.*s.%.*s", STR_ARG(p->key), STR_ARG(m->key)), detail_text(op, m));
		} else if (p->type == JSON_ARRAY) {
			int i = 0;
			for (const struct json_node *m = p->child; m && i < DETAILS; m = m->next, i++)
				add_detail(op, t, str_fmt(&op->arena, "%.*s[%d]", STR_ARG(p->key), i), m->type == JSON_OBJECT ? line_text(op, m) : detail_text(op, m));
		} else {
			add_detail(op, t, p->key, detail_text(op, p));
		}
	}
}

static bool decimal_of(const struct json_node *n, struct decimal *out)
{
	return n && (n->type == JSON_NUMBER || n->type == JSON_STRING) && decimal_parse(n->text, out);
}

/* Units and total of an order's event: over its lines, else as it says itself. */
static void order_sums(const struct json_node *properties, double *units, struct money *total)
{
	const struct json_node *lines = json_get(properties, S("products"));
	struct decimal sum = {0}, d;
	int n = 0;
	*units = 0;
	for (const struct json_node *line = lines && lines->type == JSON_ARRAY ? lines->child : NULL; line && n < LINES; line = line->next, n++) {
		struct decimal quantity = decimal_of_i64(1), price = {0}, amount;
		(void)decimal_of(json_get(line, S("quantity")), &quantity);
		*units += decimal_to_double(quantity);
		if (decimal_of(json_get(line, S("price")), &price) && decimal_mul(quantity, price, &amount)) (void)decimal_add(sum, amount, &sum);
	}
	if (n == 0 && !decimal_of(json_get(properties, S("revenue")), &sum) && decimal_of(json_get(properties, S("total")), &d)) sum = d;
	*total = (struct money){sum, json_get_str(properties, S("currency"))};
}

static str text_of(const struct json_node *object, str key)
{
	const struct json_node *n = json_get(object, key);
	return n && (n->type == JSON_STRING || n->type == JSON_NUMBER) ? n->text : STR_NONE;
}

/* As the order's record has it: a refund that states none is in that of its order. */
static str currency_of(struct op *op, const struct query_event *e, str stated, str number)
{
	struct db_rows known;
	str code;
	if (currency_read(&op->arena, stated, &code) && code.n) return code;
	if (!number.n) return STR_NONE;
	if (op_query(op, SQL_order_currency_stated, DB_ARGS(db_int(e->source), db_text(number)), &known) == OK) return known.n ? db_rows_text(&known, 0, 0) : STR_NONE;
	fault_clear(&op->fault);
	return STR_NONE;
}

static struct msg order_title(struct op *op, const struct query_event *e, const char *key, const struct json_node *properties)
{
	double units;
	struct money total;
	order_sums(properties, &units, &total);
	str number = text_of(properties, S("order_id"));
	total.currency = currency_of(op, e, total.currency, number);
	struct msg m = msg_str(key, "number", number.n ? number : S("–"));
	int64_t count = (int64_t)(units < 0 ? -units : units);
	if (total.amount.mantissa < 0 && units < 0) total.amount.mantissa = -total.amount.mantissa;
	msg_add(&m, (struct msg_arg){.name = "units", .type = MSG_INT, .i = count});
	msg_add(&m, (struct msg_arg){.name = "total", .type = MSG_MONEY, .money = total});
	return m;
}

/* touchpoints.def says phone and store, as the protocols do; people see what a person would choose. */
static const char *channel_key(struct op *op, str channel)
{
	str name = str_eq(channel, S("phone")) ? S("telephone") : str_eq(channel, S("store")) ? S("shop") : channel;
	const char *key = str_c(&op->arena, str_fmt(&op->arena, "channel_%.*s", STR_ARG(name)));
	return i18n_has(op->locale.lang, str_of(key)) ? key : NULL;
}

str customer_channel_text(struct op *op, str channel)
{
	if (!str_given(channel) || !channel.n) return STR_NONE;
	const char *key = channel_key(op, channel);
	return key ? i18n_pattern(op->locale.lang, str_of(key)) : channel;
}

static struct msg note_title(struct op *op, str channel)
{
	const char *key = channel_key(op, channel);
	if (!key) return msg_str("touchpoint_note", "channel", channel.n ? channel : S("–"));
	struct msg m = msg_of("touchpoint_note");
	msg_add(&m, (struct msg_arg){.name = "channel", .type = MSG_KEY, .s = str_of(key)});
	return m;
}

static struct msg page_title(const struct query_event *e, const char *key, const struct json_node *root, const struct json_node *properties)
{
	const str names[] = {text_of(root, S("name")), text_of(properties, S("name")), text_of(properties, S("title")), text_of(properties, S("path"))};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (names[i].n) return msg_str(key, "name", utf8_cut(names[i], VALUE_BYTES));
	return msg_str("touchpoint_other", "event", e->type);
}

/* What Hospes itself keeps has words of its own; what others send is called as they call it. */
static struct msg other_title(struct op *op, str event)
{
	char name[EVENT_BYTES];
	size_t n = 0;
	for (; n < event.n && n < EVENT_BYTES; n++) name[n] = event.p[n] == ' ' || event.p[n] == '-' ? '_' : event.p[n] >= 'A' && event.p[n] <= 'Z' ? (char)(event.p[n] + 'a' - 'A') : event.p[n];
	const char *key = str_fmt(&op->arena, "touchpoint_own_%.*s", (int)n, name).p;
	return i18n_has(op->locale.lang, str_of(key)) ? msg_of(key) : msg_str("touchpoint_other", "event", event);
}

static bool is_written_down(str event)
{
	for (size_t i = 0; CUSTOMER_NOTED[i]; i++)
		if (str_eq(event, str_of(CUSTOMER_NOTED[i]))) return true;
	return false;
}

static struct msg title_of(struct op *op, const struct query_event *e, const struct json_node *root)
{
	const struct json_node *properties = json_get(root, S("properties"));
	const struct touchpoint_kind *kind = touchpoint_kind(e->type);
	if (e->flags & EVENT_BY_HAND && is_written_down(e->type)) return note_title(op, e->channel);
	switch (kind ? kind->order : ORDER_NONE) {
	case ORDER_COMPLETED: return order_title(op, e, "touchpoint_order_completed", properties);
	case ORDER_REFUNDED: return order_title(op, e, "touchpoint_order_refunded", properties);
	case ORDER_UPDATED: return order_title(op, e, "touchpoint_order_updated", properties);
	case ORDER_CANCELLED: return order_title(op, e, "touchpoint_order_cancelled", properties);
	case ORDER_NONE: break;
	}
	if (str_eq(e->type, S("Page Viewed"))) return page_title(e, "touchpoint_page", root, properties);
	if (str_eq(e->type, S("Screen Viewed"))) return page_title(e, "touchpoint_screen", root, properties);
	if (str_eq(e->type, S("Identified"))) return msg_of("touchpoint_identified");
	return other_title(op, e->type);
}

static int index_in(const char *const *names, str name)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(name, str_of(names[i]))) return i;
	return -1;
}

static void tell(struct op *op, const struct query_event *e, struct customer_touchpoint *t)
{
	const struct json_node *root = NULL;
	struct source source;
	bool has_row;
	if (json_tree(&op->arena, e->body, BODY_BYTES, &root, NULL) != OK) root = NULL;
	const struct json_node *properties = json_get(root, S("properties"));
	struct touchpoint_kind filed = collect_filing(op->app, e->type, &has_row);
	*t = (struct customer_touchpoint){
		.id = str_fmt(&op->arena, "%llu", (unsigned long long)e->arrival),
		.time = e->time_ms,
		.event = e->type,
		.title = title_of(op, e, root),
		.family = (int)filed.family,
		.stage = (int)filed.stage,
		.by = (int)filed.by,
		.channel = customer_channel_text(op, e->channel.n ? e->channel : filed.channel),
		.source = source_get(op->app, e->source, &source) ? str_dup(&op->arena, str_of(source.name)) : STR_NONE,
		.is_clamped = e->flags & EVENT_CLAMPED,
	};
	int by = index_in(DELIVERED_BY, json_get_str(properties, S("delivered_by")));
	if (by >= 0) t->by = by;
	int mood = index_in(CUSTOMER_MOODS, json_get_str(properties, S("mood")));
	if (mood > 0) t->mood = mood;
	if (e->flags & EVENT_BY_HAND) {
		int family = index_in(FAMILIES, json_get_str(properties, S("family"))), outcome = index_in(CUSTOMER_OUTCOMES, json_get_str(properties, S("outcome")));
		if (family > 0) t->family = family;
		if (outcome > 0) t->outcome = outcome;
		t->text = json_get_str(properties, S("text"));
		t->person = json_get_str(properties, S("person"));
	}
	add_details(op, t, properties);
}

/* ---- reading them ---- */

static enum err read_events(struct op *op, uint32_t customer, const struct query_page *page, struct query_event **out, size_t *n, bool *more)
{
	struct query_context ctx = {.events = op->app->events, .zone = op->locale.zone, .now_ms = op->now_ms};
	uint32_t *subjects;
	size_t n_subjects = people_subjects(op->app->people, customer, &op->arena, &subjects);
	TRY(events_view_open(op->app->events, &ctx.view, &op->fault));
	enum err e = query_timeline(&ctx, subjects, n_subjects, page, &op->arena, out, n, more, &op->fault);
	events_view_close(ctx.view);
	return e;
}

static bool read_cursor(str cursor, struct query_cursor *out)
{
	str rest = cursor, time = str_cut(&rest, '.');
	return str_i64(time, &out->time_ms) && str_given(rest) && str_u64(rest, &out->arrival);
}

static int64_t day_of(const struct op *op, int64_t ms)
{
	int64_t civil = zone_to_civil(op->locale.zone, ms), day = civil / DAY_MS;
	return (civil % DAY_MS < 0 ? day - 1 : day) * DAY_MS;
}

static void group_by_day(struct op *op, const struct query_event *events, size_t n, struct customer_timeline *out)
{
	out->days.v = ARENA_ARRAY(&op->arena, struct customer_day, n ? n : 1);
	struct customer_touchpoint *all = ARENA_ARRAY(&op->arena, struct customer_touchpoint, n ? n : 1);
	out->touchpoints.v = all;
	for (size_t i = 0; i < n; i++) {
		tell(op, &events[i], &all[i]);
		out->touchpoints.n = i + 1;
		int64_t day = day_of(op, events[i].time_ms);
		if (out->days.n == 0 || out->days.v[out->days.n - 1].day != day) {
			out->days.v[out->days.n].day = day;
			out->days.v[out->days.n].touchpoints.v = &all[i];
			out->days.n++;
		}
		out->days.v[out->days.n - 1].touchpoints.n++;
	}
}

enum err customer_timeline_get(struct op *op, uint32_t customer, str cursor, size_t limit, struct customer_timeline *out)
{
	struct query_page page = {.limit = limit, .purpose = PURPOSE_BIT(PURPOSE_SERVICE)};
	struct query_event *events;
	size_t n;
	bool more;
	*out = (struct customer_timeline){0};
	if (cursor.n) {
		if (!read_cursor(cursor, &page.cursor)) return fail(op, ERR_INVALID, "before", "is no place in a time line");
		page.has_cursor = true;
	}
	TRY(read_events(op, customer, &page, &events, &n, &more));
	group_by_day(op, events, n, out);
	if (more && n) out->cursor = str_fmt(&op->arena, "%lld.%llu", (long long)events[n - 1].time_ms, (unsigned long long)events[n - 1].arrival);
	return OK;
}

enum err customer_timeline_last(struct op *op, uint32_t customer, struct msg *out)
{
	struct query_page page = {.limit = 1, .purpose = PURPOSE_BIT(PURPOSE_SERVICE)};
	struct query_event *events;
	const struct json_node *root = NULL;
	size_t n;
	bool more;
	*out = (struct msg){0};
	TRY(read_events(op, customer, &page, &events, &n, &more));
	if (n == 0) return OK;
	if (json_tree(&op->arena, events[0].body, BODY_BYTES, &root, NULL) != OK) root = NULL;
	*out = title_of(op, &events[0], root);
	return OK;
}

enum err customer_timeline_count(struct op *op, uint32_t customer, int64_t *out)
{
	struct events_view *view;
	uint32_t *subjects;
	size_t n = people_subjects(op->app->people, customer, &op->arena, &subjects);
	*out = 0;
	TRY(events_view_open(op->app->events, &view, &op->fault));
	enum err e = OK;
	for (size_t p = 0; e == OK && p < events_view_parts(view); p++) {
		struct events_part *part = events_view_part(view, p);
		struct events_columns c = {0};
		for (size_t s = 0; e == OK && s < n; s++) {
			size_t count, first = events_part_find(part, subjects[s], &count);
			if (count && !c.purposes) e = events_part_columns(part, EVENTS_PURPOSES, &c, &op->fault);
			for (size_t i = first; e == OK && i < first + count; i++) *out += c.purposes[i] & PURPOSE_BIT(PURPOSE_SERVICE) ? 1 : 0;
		}
	}
	events_view_close(view);
	return e;
}
