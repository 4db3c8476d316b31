/* invite.c: how a row comes into being: by the appliers, in the transaction of their position, or by hand. */
#include "invite/invite.h"

#include "audit/audit.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "invite/invite_inner.h"
#include "op/app.h"

const char *const INVITE_STATES[] = {"waiting", "sent", "skipped", NULL};

enum contact_channel invite__channel(str name)
{
	return str_eq(name, str_of(CONTACT_CHANNELS[CONTACT_SMS])) ? CONTACT_SMS : CONTACT_EMAIL;
}

bool invite__is_channel(str name)
{
	return str_eq(name, str_of(CONTACT_CHANNELS[CONTACT_EMAIL])) || str_eq(name, str_of(CONTACT_CHANNELS[CONTACT_SMS]));
}

enum contact_hold invite__hold(str name)
{
	for (int i = 1; i < CONTACT_HOLD_COUNT; i++)
		if (str_eq(name, str_of(CONTACT_HOLDS[i]))) return (enum contact_hold)i;
	return CONTACT_NO_HOLD;
}

struct contact_ask invite__ask(const struct invite_plan *p, const struct survey *s, id customer, enum contact_channel channel, int64_t since_ms)
{
	return (struct contact_ask){.customer = customer, .topic = CONTACT_SURVEYS, .channel = channel, .purpose = p ? (int)p->purpose : PURPOSE_SERVICE,
	                            .about = p ? invite__hold(p->about) : CONTACT_NO_HOLD, .what = s->name, .since_ms = since_ms};
}

struct adding {
	id survey, plan;
	uint32_t subject;
	str cause, channel;
	int64_t event_ms, due_ms;
};

static enum err add(struct op *op, const struct adding *x, bool *added)
{
	int64_t changed;
	TRY(op_run(op, SQL_invite_add,
	           DB_ARGS(db_id(id_new()), db_id(x->survey), db_id(x->plan), db_int(x->subject), db_text(x->cause), db_int_or_null(x->event_ms), db_text(x->channel), db_int(x->due_ms), db_int(op->now_ms)), &changed));
	*added = changed > 0;
	return changed ? job_add(op, INVITE_JOB, S("{}"), x->due_ms, S("schedule"), NULL) : OK;
}

/* ---- after a touchpoint ---- */

struct invite_batch {
	struct invite_plan *plans;
	size_t n;
	bool is_read;
};

struct invite_batch *invite_batch_new(struct op *op)
{
	return ARENA_NEW(&op->arena, struct invite_batch);
}

static enum err read_plans(struct op *op, struct invite_batch *b)
{
	void *rows;
	if (b->is_read) return OK;
	TRY(op_structs(op, SQL_invite_plans_listening, DB_NO_ARGS, &INVITE_PLAN_DESC, &rows, &b->n));
	b->plans = rows;
	b->is_read = true;
	return OK;
}

/* What happened before the plan ran, or may not be used for its purpose, asks nobody: a file of last year's orders sends no mail. */
static bool is_of(const struct invite_plan *p, const struct event *e)
{
	return str_eq(p->event, e->type) && e->time_ms >= p->started_at && e->purposes & PURPOSE_BIT(p->purpose);
}

enum err invite_apply(struct op *op, struct invite_batch *b, const struct events_record *r)
{
	const struct event *e = &r->event;
	bool added;
	if (!e->subject) return OK;
	TRY(read_plans(op, b));
	for (size_t i = 0; i < b->n; i++) {
		const struct invite_plan *p = &b->plans[i];
		if (!is_of(p, e)) continue;
		str cause = str_fmt(&op->arena, "%016llx%016llx", (unsigned long long)e->message.a, (unsigned long long)e->message.b);
		TRY(add(op, &(struct adding){p->survey, p->id, e->subject, cause, p->channel, e->time_ms, e->time_ms + p->delay_ms}, &added));
	}
	return OK;
}

/* ---- by hand ---- */

enum err invite_by_hand(struct op *op, const struct survey *s, id customer, enum contact_channel channel)
{
	uint32_t number, *subjects;
	bool added;
	if (s->state != SURVEY_OPEN) return fail(op, ERR_STATE, "", "only an open survey asks");
	if (s->is_anonymous) return fail(op, ERR_STATE, "", "an anonymous survey asks nobody by name");
	if (!people_find(op->app->people, customer, &number) || !people_subjects(op->app->people, number, &op->arena, &subjects)) return fail(op, ERR_INVALID, "customer", "there is no such customer");
	str cause = id_show(&op->arena, S("hand"), id_new());
	TRY(add(op, &(struct adding){s->id, 0, subjects[0], cause, str_of(CONTACT_CHANNELS[channel]), DESC_NULL_INT, op->now_ms}, &added));
	return audit_write(op, "invite_made", "customer", customer, STR_NONE, s->name);
}

/* ---- how far somebody came ---- */

enum err invite_reached(struct op *op, id survey, str submission, enum invite_step step)
{
	static const enum sql STATEMENTS[] = {SQL_invite_opened, SQL_invite_started, SQL_invite_done};
	int64_t changed;
	TRY(op_run(op, STATEMENTS[step], DB_ARGS(db_id(survey), db_text(submission), db_int(op->now_ms)), &changed));
	return changed ? job_add(op, INVITE_JOB, S("{}"), 0, S("schedule"), NULL) : OK;
}

enum err invite_forget_subject(struct op *op, uint32_t subject)
{
	return op_run(op, SQL_invite_remove_subject, DB_ARGS(db_int(subject)), NULL);
}
