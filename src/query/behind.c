/* The fields of `members`, and the list of who is behind a number. */
#include "query/behind.h"

#include <stddef.h>

#include "query/funnel.h"
#include "query/inner.h"
#include "query/read.h"

enum { MEMBERS_DEFAULT = 100, MAX_TEXT = 200 };

static const char *const WAYS[] = {[BEHIND_IN] = "in", [BEHIND_ENTERED] = "entered", [BEHIND_LEFT] = "left", [BEHIND_LOST] = "lost", [BEHIND_CONTACTS] = "contacts", [BEHIND_SCORES] = "scores"};

/* One row a field: the kinds that have it, and what it is. */
#define OF(kind) (1U << QUERY_##kind)
static const struct {
	const char *name;
	unsigned kinds;
	enum { BY, TEXT, EVENTS, CELL, STEP, FLAG, LONGER, WAY } type;
	size_t at; /* of TEXT and FLAG */
} FIELDS[] = {
	{"by", OF(TREND) | OF(FUNNEL) | OF(PATHS) | OF(DURATION) | OF(SCORE) | OF(FLOW) | OF(DRIVER) | OF(JOURNEY), BY, 0},
	{"time", OF(TREND), TEXT, offsetof(struct query_behind, time)},
	{"start", OF(RETENTION) | OF(FLOW), TEXT, offsetof(struct query_behind, start)},
	{"end", OF(FLOW), TEXT, offsetof(struct query_behind, end)},
	{"cell", OF(RETENTION), CELL, 0},
	{"step", OF(FUNNEL) | OF(PATHS), STEP, 0},
	{"reached", OF(FUNNEL), FLAG, offsetof(struct query_behind, reached)},
	{"from", OF(FLOW) | OF(PATHS) | OF(JOURNEY), TEXT, offsetof(struct query_behind, from)},
	{"to", OF(FLOW) | OF(PATHS) | OF(JOURNEY), TEXT, offsetof(struct query_behind, to)},
	{"back", OF(FLOW), FLAG, offsetof(struct query_behind, back)},
	{"again", OF(FLOW), TEXT, offsetof(struct query_behind, again)},
	{"repeated", OF(FLOW), TEXT, offsetof(struct query_behind, repeated)},
	{"events", OF(FLOW) | OF(PATHS), EVENTS, 0},
	{"ended", OF(DURATION), FLAG, offsetof(struct query_behind, ended)},
	{"longer_s", OF(DURATION), LONGER, 0},
	{"candidate", OF(DRIVER), TEXT, offsetof(struct query_behind, candidate)},
	{"had", OF(DRIVER), FLAG, offsetof(struct query_behind, had)},
	{"stage", OF(JOURNEY), TEXT, offsetof(struct query_behind, stage)},
	{"way", OF(JOURNEY), WAY, 0},
	{"friction", OF(JOURNEY), TEXT, offsetof(struct query_behind, friction)},
};
#undef OF

/* ---- reading ------------------------------------------------------------------------------------------------------------- */
static void read_by(struct query_reader *r, const char *field, const struct json_node *v, struct query_behind *b)
{
	static const enum query_value_kind KINDS[] = {[JSON_STRING] = QUERY_VALUE_TEXT, [JSON_NUMBER] = QUERY_VALUE_NUMBER, [JSON_TRUE] = QUERY_VALUE_TRUE, [JSON_FALSE] = QUERY_VALUE_FALSE, [JSON_NULL] = QUERY_VALUE_NULL};
	struct decimal d;
	if (v->type == JSON_OBJECT || v->type == JSON_ARRAY) {
		query__bad(r, field, "one value");
		return;
	}
	b->has_by = true;
	b->by = (struct query_value){KINDS[v->type], str_dup(r->arena, v->text)};
	if (v->type == JSON_NUMBER && decimal_parse(v->text, &d)) b->by.text = decimal_show(r->arena, d);
	if (v->type != JSON_NUMBER && v->type != JSON_STRING) b->by.text = STR_NONE;
}

static bool is_name(const struct json_node *v)
{
	return v->type == JSON_STRING && v->text.n && v->text.n <= MAX_TEXT;
}

static void read_events(struct query_reader *r, const char *field, const struct json_node *v, struct query_behind *b)
{
	bool is_fine = v->type == JSON_ARRAY && v->n <= BEHIND_MAX_EVENTS;
	b->has_events = true;
	b->events = ARENA_ARRAY(r->arena, str, BEHIND_MAX_EVENTS);
	for (const struct json_node *c = is_fine ? v->child : NULL; c; c = c->next) {
		is_fine = is_fine && is_name(c);
		b->events[b->n_events++] = str_dup(r->arena, c->text);
	}
	if (!is_fine) query__bad(r, field, "a list of at most %d events in order", BEHIND_MAX_EVENTS);
}

static void read_field(struct query_reader *r, size_t row, const struct json_node *v, struct query_behind *b)
{
	const char *field = str_c(r->arena, str_fmt(r->arena, "members.%s", FIELDS[row].name));
	char *at = (char *)b + FIELDS[row].at;
	switch (FIELDS[row].type) {
	case BY: read_by(r, field, v, b); break;
	case TEXT:
		if (is_name(v)) *(str *)(void *)at = str_dup(r->arena, v->text);
		else query__bad(r, field, "a text of 1 to %d bytes", MAX_TEXT);
		break;
	case EVENTS: read_events(r, field, v, b); break;
	case CELL:
		b->has_cell = query__whole(v, 0, QUERY_MAX_CELLS, &b->cell);
		if (!b->has_cell) query__bad(r, field, "not a whole number from 0 to %d", QUERY_MAX_CELLS);
		break;
	case STEP:
		if (!query__whole(v, 1, FUNNEL_MAX_STEPS, &b->step)) query__bad(r, field, "not a whole number from 1 to %d", FUNNEL_MAX_STEPS);
		break;
	case FLAG: *(enum behind_flag *)(void *)at = query__read_flag(r, field, v) ? BEHIND_YES : BEHIND_NO; break;
	case LONGER:
		b->has_longer = v->type == JSON_NUMBER && str_f64(v->text, &b->longer_s) && b->longer_s >= 0;
		if (!b->has_longer) query__bad(r, field, "not a number of seconds from 0");
		break;
	case WAY: {
		int way = query__read_choice(r, field, v, WAYS, BEHIND_WAYS);
		if (way >= 0) b->way = (enum behind_way)way;
	}
	}
}

static void read_member(struct query_reader *r, const struct json_node *v, struct query_behind *b)
{
	int64_t n;
	str known = S("");
	if (str_eq(v->key, S("limit"))) {
		if (query__whole(v, 1, BEHIND_MAX_MEMBERS, &n)) b->limit = (size_t)n;
		else query__bad(r, "members.limit", "not a whole number from 1 to %d", BEHIND_MAX_MEMBERS);
		return;
	}
	if (str_eq(v->key, S("cursor"))) {
		if (query__whole(v, 0, UINT32_MAX, &n)) b->cursor = (uint32_t)n;
		else query__bad(r, "members.cursor", "not a cursor that an answer gave");
		return;
	}
	for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
		if (!(FIELDS[i].kinds >> r->q->kind & 1)) continue;
		if (str_eq(v->key, str_of(FIELDS[i].name))) {
			read_field(r, i, v, b);
			return;
		}
		known = str_fmt(r->arena, "%.*s%s, ", STR_ARG(known), FIELDS[i].name);
	}
	query__bad(r, query__plain_path(r, S("members"), v->key), "unknown; the members of this kind have: %.*slimit, cursor", STR_ARG(known));
}

void query__read_members(struct query_reader *r, const struct json_node *v)
{
	if (v->type == JSON_NULL || v->type == JSON_FALSE) return;
	if (r->q->kind == QUERY_TIMELINE || (v->type != JSON_TRUE && v->type != JSON_OBJECT)) {
		query__bad(r, "members", r->q->kind == QUERY_TIMELINE ? "a time line is of one customer" : "true, or which number is meant, like {\"limit\":100}");
		return;
	}
	struct query_behind *b = r->q->members = ARENA_NEW(r->arena, struct query_behind);
	b->limit = MEMBERS_DEFAULT;
	for (const struct json_node *c = v->type == JSON_OBJECT ? v->child : NULL; c; c = c->next) read_member(r, c, b);
}

static void check_funnel(struct query_reader *r, const struct query_behind *b)
{
	if (b->step < 1 || b->step > (int64_t)r->q->funnel->n_steps) query__bad(r, "members.step", "is one of the funnel's steps");
	else if (b->step == 1 && b->reached == BEHIND_NO) query__bad(r, "members.reached", "who did not reach the first step is not in the funnel");
}

void query__check_members(struct query_reader *r)
{
	const struct query_behind *b = r->q->members;
	if (!b) return;
	bool is_money = r->q->kind == QUERY_TREND && query__is_money(r->q); /* told apart by currency unasked */
	if (b->has_by && r->q->by == QUERY_NONE && !is_money) query__bad(r, "members.by", "\"by\" without a \"by\" of the question");
	if (r->q->kind == QUERY_FUNNEL) check_funnel(r, b);
	if (str_given(b->from) && !str_given(b->to)) query__bad(r, "members.to", "what \"from\" leads to");
	if (str_given(b->to) && !str_given(b->from) && r->q->kind == QUERY_FLOW) query__bad(r, "members.from", "what leads to \"to\"");
	if (b->step && r->q->kind == QUERY_PATHS && !str_given(b->to)) query__bad(r, "members.to", "the event at that step");
	if (b->way != BEHIND_IN && !str_given(b->stage)) query__bad(r, "members.stage", "the stage that \"way\" is about");
}

/* ---- marking ------------------------------------------------------------------------------------------------------------- */
void query__behind_begin(const struct query_context *ctx, const struct query *q, struct arena *a)
{
	if (!q->members) return;
	q->members->n_customers = ctx->people.n_customers;
	q->members->marks = ARENA_ARRAY(a, _Atomic uint64_t, (size_t)ctx->people.n_customers / 64 + 1);
}

enum err query__behind_interval(const struct query_context *ctx, const struct query *q, const struct query_times *times, str asked, const char *field, size_t *out, struct arena *a,
	struct fault *f)
{
	*out = SIZE_MAX;
	if (!str_given(asked)) return OK;
	for (size_t i = 0; i < times->n; i++)
		if (str_eq(query__label(a, ctx->zone, q->interval.unit, times->start[i]), asked)) {
			*out = i;
			return OK;
		}
	return fault_set(f, ERR_INVALID, field, "no interval of the question is named so; name it as the answer does");
}

/* ---- the list ------------------------------------------------------------------------------------------------------------ */
void query__put_members(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query_behind *b)
{
	uint64_t total = 0;
	size_t listed = 0;
	uint32_t last = 0;
	json_key(w, S("members"));
	json_begin_object(w);
	json_key(w, S("customers"));
	json_begin_array(w);
	for (size_t word = 0; word <= b->n_customers / 64; word++) {
		uint64_t bits = b->marks[word];
		total += (uint64_t)__builtin_popcountll(bits);
		for (; bits && listed < b->limit; bits &= bits - 1) {
			uint32_t customer = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(bits));
			if (customer <= b->cursor) continue;
			if (ctx->customer) json_put_str(w, ctx->customer(ctx->arg, a, customer));
			else json_put_i64(w, customer);
			last = customer;
			listed++;
		}
	}
	json_end_array(w);
	query__put_int(w, "total", total);
	json_key(w, S("cursor"));
	if (listed == b->limit) json_put_i64(w, last);
	else json_put_null(w);
	json_end_object(w);
}
