/* invite_plan.c: plans as rows, and the questions that find their customers. A condition is judged by the engine that answers every
 * other question, over the touchpoint's own instant, so a plan means what the same condition means anywhere. */
#include "audit/audit.h"
#include "base/datetime.h"
#include "collect/collect.h"
#include "consent/consent.h"
#include "invite/invite_inner.h"
#include "json/json.h"
#include "mail/mail.h"
#include "op/app.h"
#include "pulse/question.h"
#include "segment/segment.h"
#include "setting/setting.h"
#include "sms/sms.h"

enum { QUESTION_BYTES = 70000, ANSWER_BYTES = 16 << 20, MEMBERS = 10000, LOOK_BACK_DAYS = 30, EVENT_BYTES = 200, DELAY_DAYS = 90, SIZE_MOST = 1000000 };

const char *const INVITE_KINDS[] = {"touchpoint", "sample", NULL};
const char *const INVITE_PLAN_STATES[] = {"running", "paused", "stopped", NULL};
static const char *const PURPOSE_NAMES[] = {[PURPOSE_SERVICE] = "service", [PURPOSE_MARKETING] = "marketing"};

static const struct desc_field PLAN_FIELDS[] = {
	FIELD(invite_plan, id, DESC_ID, .prefix = "pla"),
	FIELD(invite_plan, survey, DESC_ID, .prefix = "sur"),
	FIELD(invite_plan, kind, DESC_ENUM, .names = INVITE_KINDS, .prefix = "invite_kind"),
	FIELD(invite_plan, state, DESC_ENUM, .names = INVITE_PLAN_STATES, .prefix = "invite_plan"),
	FIELD(invite_plan, channel, DESC_STR),
	FIELD(invite_plan, purpose, DESC_INT),
	FIELD(invite_plan, about, DESC_STR),
	FIELD(invite_plan, event, DESC_STR),
	FIELD(invite_plan, condition_json, DESC_STR),
	FIELD(invite_plan, delay_ms, DESC_INT),
	FIELD(invite_plan, segment, DESC_ID, .prefix = "seg"),
	FIELD(invite_plan, size, DESC_INT),
	FIELD(invite_plan, percent, DESC_INT),
	FIELD(invite_plan, every_days, DESC_INT),
	FIELD(invite_plan, next_at, DESC_TIME),
	FIELD(invite_plan, started_at, DESC_TIME),
	FIELD(invite_plan, made_by, DESC_STR),
	FIELD(invite_plan, survey_name, DESC_STR),
};
const struct desc INVITE_PLAN_DESC = DESC(invite_plan, PLAN_FIELDS);

enum err invite_plan_all(struct op *op, id survey, struct invite_plan **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, SQL_invite_plans, DB_ARGS(db_id(survey)), &INVITE_PLAN_DESC, &rows, n));
	*out = rows;
	return OK;
}

enum err invite_plan_get(struct op *op, id plan, struct invite_plan *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_invite_plan_by_id, DB_ARGS(db_id(plan)), &INVITE_PLAN_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such plan");
	*out = *(struct invite_plan *)rows;
	return OK;
}

/* ---- questions ---- */

/* *members: the customers behind the number asked for. */
static enum err ask(struct op *op, int purpose, str question, const struct json_node **members)
{
	const struct people_view *people;
	struct query_context ctx;
	struct buf b;
	TRY(question_open(op, (enum purpose)purpose, &ctx, &people));
	buf_init(&b, ANSWER_BYTES);
	enum err e = query_ask(&ctx, question, &op->arena, &b, &op->fault);
	question_close(op, &ctx, people);
	if (e == OK && buf_failed(&b)) e = fail(op, ERR_TOO_LARGE, "", "the answer is too large");
	if (e == OK) e = json_tree(&op->arena, str_dup(&op->arena, buf_str(&b)), ANSWER_BYTES, members, &op->fault);
	if (e == OK) *members = json_get(*members, S("members"));
	buf_release(&b);
	return e;
}

static void put_text(struct json_writer *w, const char *key, str value)
{
	json_key(w, str_of(key));
	json_put_str(w, value);
}

/* The customers of the plan's touchpoints within [from, to), or of its segment. */
static str question_of(struct op *op, const struct invite_plan *p, int64_t from_ms, int64_t to_ms, int64_t limit, str cursor)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, QUESTION_BYTES);
	json_begin_object(&w);
	if (p->kind == INVITE_AFTER) {
		put_text(&w, "kind", S("trend"));
		put_text(&w, "event", p->event);
		put_text(&w, "measure", S("events"));
		put_text(&w, "interval", S("month"));
		put_text(&w, "from", datetime_show(&op->arena, from_ms));
		put_text(&w, "to", datetime_show(&op->arena, to_ms));
		if (p->condition_json.n) {
			json_key(&w, S("where"));
			json_put_raw(&w, p->condition_json);
		}
	} else {
		put_text(&w, "kind", S("segment"));
		json_key(&w, S("where"));
		json_begin_object(&w);
		put_text(&w, "segment", id_show(&op->arena, S("seg"), p->segment));
		json_end_object(&w);
	}
	json_key(&w, S("members"));
	json_begin_object(&w);
	json_key(&w, S("limit"));
	json_put_i64(&w, limit);
	if (str_given(cursor)) put_text(&w, "cursor", cursor);
	json_end_object(&w);
	json_end_object(&w);
	str question = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return question;
}

static size_t read_customers(const struct json_node *members, id *out, size_t room)
{
	const struct json_node *list = json_get(members, S("customers"));
	size_t n = 0;
	for (const struct json_node *c = list ? list->child : NULL; c && n < room; c = c->next)
		if (id_read(S("cus"), c->text, &out[n])) n++;
	return n;
}

enum err invite_candidates(struct op *op, const struct invite_plan *p, size_t limit, id **out, size_t *n, int64_t *total)
{
	const struct json_node *members;
	str cursor = STR_NONE;
	*out = ARENA_ARRAY(&op->arena, id, limit + 1);
	*n = 0;
	*total = 0;
	do {
		size_t room = limit - *n, most = room < MEMBERS ? room : MEMBERS;
		TRY(ask(op, (int)p->purpose, question_of(op, p, op->now_ms - LOOK_BACK_DAYS * DAY_MS, op->now_ms + 1, (int64_t)most, cursor), &members));
		*n += read_customers(members, *out + *n, room);
		(void)json_get_i64(members, S("total"), total);
		cursor = json_get_str(members, S("cursor"));
	} while (str_given(cursor) && *n < limit);
	return OK;
}

enum err invite_matches(struct op *op, const struct invite_plan *p, id customer, int64_t at_ms, bool *out)
{
	const struct json_node *members;
	*out = true;
	if (!p->condition_json.n) return OK;
	id *found = ARENA_ARRAY(&op->arena, id, MEMBERS);
	TRY(ask(op, (int)p->purpose, question_of(op, p, at_ms, at_ms + 1, MEMBERS, STR_NONE), &members));
	size_t n = read_customers(members, found, MEMBERS);
	*out = false;
	for (size_t i = 0; i < n; i++) *out |= found[i] == customer;
	return OK;
}

/* ---- changes ---- */

static enum err check_after(struct op *op, const struct invite_plan *p)
{
	const struct json_node *members;
	if (!p->event.n || p->event.n > EVENT_BYTES) return fail(op, ERR_INVALID, "event", "name the touchpoint, in at most %d bytes", EVENT_BYTES);
	if (p->delay_ms < 0 || p->delay_ms > DELAY_DAYS * DAY_MS) return fail(op, ERR_INVALID, "delay_hours", "is 0 to %d", DELAY_DAYS * 24);
	/* Asked of nothing: that the condition can be asked at all. */
	enum err e = ask(op, (int)p->purpose, question_of(op, p, 0, 1, 1, STR_NONE), &members);
	if (e != ERR_INVALID && e != ERR_MALFORMED) return e;
	str why = op->fault.n_fields ? str_dup(&op->arena, str_of(op->fault.fields[0].text)) : S("it cannot be read");
	fault_clear(&op->fault);
	return fail(op, ERR_INVALID, "condition", "%.*s", STR_ARG(why));
}

static enum err check_sample(struct op *op, const struct invite_plan *p)
{
	struct segment segment;
	if (!p->segment) return fail(op, ERR_INVALID, "segment", "choose the segment");
	TRY(segment_get(op, p->segment, &segment));
	if (p->percent < 0 || p->percent > 100) return fail(op, ERR_INVALID, "percent", "is 0 to 100");
	if (p->size < 0 || p->size > SIZE_MOST) return fail(op, ERR_INVALID, "size", "is 0 to %d", SIZE_MOST);
	if (!p->size && !p->percent) return fail(op, ERR_INVALID, "size", "say how many, or which share of the segment");
	if (p->every_days < 0 || p->every_days > 366) return fail(op, ERR_INVALID, "every_days", "is 0 to 366");
	return OK;
}

enum err invite_plan_check(struct op *op, const struct invite_plan *p)
{
	if (p->purpose != PURPOSE_SERVICE && p->purpose != PURPOSE_MARKETING) return fail(op, ERR_INVALID, "purpose", "is service or marketing");
	if (!invite__is_channel(p->channel)) return fail(op, ERR_INVALID, "channel", "is email or sms");
	if (p->about.n && !invite__hold(p->about)) return fail(op, ERR_INVALID, "about", "is complaint, delivery, hardship or nothing");
	return p->kind == INVITE_AFTER ? check_after(op, p) : check_sample(op, p);
}

enum err invite_plan_add(struct op *op, struct invite_plan *p)
{
	TRY(invite_plan_check(op, p));
	p->id = id_new();
	TRY(op_run(op, SQL_invite_plan_add,
	           DB_ARGS(db_id(p->id), db_id(p->survey), db_int(p->kind), db_text(p->channel), db_int(p->purpose), db_text(p->about), db_text(p->event), db_text(p->condition_json.n ? p->condition_json : STR_NONE),
	                   db_int(p->delay_ms), db_id(p->segment), db_int(p->size), db_int(p->percent), db_int(p->every_days), db_int(op->now_ms), db_text(op->actor.name.n ? op->actor.name : S(""))),
	           NULL));
	return audit_write(op, "invite_plan_added", "survey", p->survey, STR_NONE, str_of(PURPOSE_NAMES[p->purpose]));
}

static enum err check_may_run(struct op *op, const struct invite_plan *p)
{
	struct survey s;
	TRY(survey_get(op, p->survey, &s));
	if (s.state != SURVEY_OPEN) return fail(op, ERR_STATE, "survey", "is not open: open it first");
	if (s.is_anonymous) return fail(op, ERR_STATE, "survey", "is anonymous, so it asks nobody by name");
	bool is_mail = str_eq(p->channel, str_of(CONTACT_CHANNELS[CONTACT_EMAIL]));
	if (!is_mail && !sms_is_on(op->app)) return fail(op, ERR_STATE, "sms", "no gateway is set up: see the settings");
	if (is_mail && (!mail_is_on(op->app) || !setting_text(op, SETTING_public_address).n)) return fail(op, ERR_STATE, "mail", "is not set up: see the settings");
	return OK;
}

enum err invite_plan_set_state(struct op *op, id plan, enum invite_plan_state state)
{
	static const char *const WORDS[] = {"invite_plan_started", "invite_plan_paused", "invite_plan_stopped"};
	struct invite_plan p;
	int64_t changed;
	TRY(invite_plan_get(op, plan, &p));
	if (state == INVITE_RUNNING) TRY(check_may_run(op, &p));
	TRY(op_run(op, SQL_invite_plan_set_state, DB_ARGS(db_id(plan), db_int(state), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_STATE, "state", "is so already, or it was stopped for good");
	if (state == INVITE_STOPPED) TRY(op_run(op, SQL_invite_plan_stop_waiting, DB_ARGS(db_id(plan)), NULL));
	TRY(collect_reload_filing(op));
	TRY(job_add(op, INVITE_JOB, S("{}"), 0, S("schedule"), NULL));
	return audit_write(op, WORDS[state], "survey", p.survey, STR_NONE, STR_NONE);
}
