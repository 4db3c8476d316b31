#include "reading/verbatim.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "collect/touchpoint.h"
#include "customer/people.h"
#include "feedback/feedback.h"
#include "json/json.h"
#include "op/app.h"
#include "text/shelf.h"
#include "text/verdict.h"

enum { BODY_BYTES = 4 << 20, TEXT_BYTES = 20000 };

/* The first that holds some counts. */
static const str NAMES[] = {{"text", 4}, {"comment", 7}, {"message", 7}, {"review", 6}, {"body", 4}, {"content", 7}, {"subject", 7}};
static const str OURS[] = {
#define SPOKEN_BY_US(event) {event, sizeof event - 1},
#include "spoken_by_us.def"
#undef SPOKEN_BY_US
};

str verbatim_words(const struct json_node *properties)
{
	for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
		const struct json_node *v = json_get(properties, NAMES[i]);
		str text = v && v->type == JSON_STRING ? str_trim(v->text) : STR_NONE;
		if (str_given(text) && text.n) return text;
	}
	return STR_NONE;
}

static bool is_of_customers(str event)
{
	const struct touchpoint_kind *kind = touchpoint_kind(event);
	if (kind && kind->family == FAMILY_MESSAGES) return false;
	for (size_t i = 0; i < COUNT_OF(OURS); i++)
		if (str_eq(kind ? kind->event : event, OURS[i])) return false;
	return true;
}

bool verbatim_is_named(str property)
{
	for (size_t i = 0; i < COUNT_OF(NAMES); i++)
		if (property.n == NAMES[i].n && !memcmp(property.p, NAMES[i].p, property.n)) return true;
	return false;
}

/* A name has no quote inside, so it stands between two that follow each other. */
static bool names_one(str body)
{
	const char *end = body.p + body.n, *next;
	for (const char *p = memchr(body.p, '"', body.n); p; p = next) {
		next = memchr(p + 1, '"', (size_t)(end - p - 1));
		if (next && verbatim_is_named((str){p + 1, (size_t)(next - p - 1)})) return true;
	}
	return false;
}

bool verbatim_may(str event, str body)
{
	return body.n && is_of_customers(event) && names_one(body);
}

static enum err put(struct op *op, str key, const struct event *e, str text, const struct text_verdict *v)
{
	return op_run(op, SQL_verbatim_put,
		DB_ARGS(db_id(id_new()), db_text(key), db_int(e->source), db_int(e->subject), db_int(e->import), db_int(e->time_ms), db_int(e->purposes), db_bool(e->flags & EVENT_BY_HAND), db_text(e->type),
			db_text(e->channel.n ? e->channel : STR_NONE), db_text(text), db_text(v->language), db_text(v->sentiment), db_text(v->topics), db_text(v->signals), isnan(v->score) ? db_null() : db_real(v->score),
			db_text(v->why)),
		NULL);
}

static enum err apply(struct op *op, const struct text_own *own, const struct event *e, int64_t *added)
{
	const struct json_node *root;
	struct text_verdict v;
	struct db_rows known;
	*added = 0;
	if (!verbatim_may(e->type, e->body) || json_tree(&op->arena, e->body, BODY_BYTES, &root, NULL) != OK) return OK;
	const struct json_node *properties = json_get(root, S("properties"));
	str text = verbatim_words(properties);
	if (!str_given(text) || (feedback_is_answer(e->type) && feedback_reads(properties))) return OK;
	str key = touchpoint_key(&op->arena, e->subject, e->time_ms, e->type, e->body);
	TRY(op_query(op, SQL_verbatim_known, DB_ARGS(db_text(key)), &known));
	if (known.n) return OK;
	text = utf8_cut(text, TEXT_BYTES);
	text_judge(&op->arena, text, own, &v);
	*added = 1;
	return put(op, key, e, text, &v);
}

enum err verbatim_apply(struct op *op, const struct text_own *own, const struct event *e)
{
	int64_t added;
	return apply(op, own, e, &added);
}

enum err verbatim_forget_import(struct op *op, int64_t import)
{
	return op_run(op, SQL_verbatim_remove_import, DB_ARGS(db_int(import)), NULL);
}

enum err verbatim_forget_subject(struct op *op, uint32_t subject)
{
	return op_run(op, SQL_verbatim_remove_subject, DB_ARGS(db_int(subject)), NULL);
}

/* ---- those that are there already ---- */

static bool holds_text(const struct events_property *p, size_t row)
{
	return p->kind && p->kind[row] == EVENTS_TEXT && p->dictionary[p->text[row]].n;
}

static enum err put_row(struct op *op, const struct text_own *own, struct events_part *part, const struct events_columns *c, size_t row, int64_t *added)
{
	struct events *events = op->app->events;
	struct event e = {.subject = c->subject[row], .time_ms = c->time_ms[row], .type = events_type_name(events, c->type[row]), .channel = events_channel_name(events, c->channel[row]), .source = c->source[row],
		.purposes = c->purposes[row], .import = c->import[row], .flags = c->flags[row]};
	TRY(events_part_body(part, row, &op->arena, &e.body, &op->fault));
	return apply(op, own, &e, added);
}

static enum err collect_part(struct op *op, struct events_part *part, struct verbatim_walk *walk, size_t most)
{
	struct events_columns c;
	struct events_property p[COUNT_OF(NAMES)];
	const struct text_own *own = text_own_of(op);
	size_t put = 0;
	TRY(events_part_columns(part, EVENTS_TIME | EVENTS_TYPE | EVENTS_CHANNEL | EVENTS_SOURCE | EVENTS_PURPOSES | EVENTS_IMPORT | EVENTS_FLAGS, &c, &op->fault));
	for (size_t i = 0; i < COUNT_OF(NAMES); i++) TRY(events_part_property(part, NAMES[i], &p[i], &op->fault));
	for (; walk->row < c.n && put < most; walk->row++) {
		int64_t added = 0;
		bool any = false;
		for (size_t i = 0; i < COUNT_OF(NAMES) && !any; i++) any = holds_text(&p[i], walk->row);
		if (!any || people_is_suppressed(op->app->people, c.subject[walk->row]) || !is_of_customers(events_type_name(op->app->events, c.type[walk->row]))) continue;
		TRY(put_row(op, own, part, &c, walk->row, &added));
		put += (size_t)added;
	}
	if (walk->row == c.n) walk->part++, walk->row = 0;
	return OK;
}

enum err verbatim_collect(struct op *op, struct verbatim_walk *walk, size_t most)
{
	walk->is_done = walk->part >= events_view_parts(walk->view);
	return walk->is_done ? OK : collect_part(op, events_view_part(walk->view, walk->part), walk, most);
}
