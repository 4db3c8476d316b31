/* invite_jobs.c: whose turn it is. What takes long (the condition, the time line) is read in an op of its own; mail and row are then
 * written in one transaction, under the condition that the row still waits. So a crash at any moment asks nobody twice and forgets
 * nobody. One sender runs in the process that holds the directory, so two invites of one customer see each other. */
#include <pthread.h>

#include "base/log.h"
#include "http/http.h"
#include "invite/invite_inner.h"
#include "mail/mail.h"
#include "op/app.h"
#include "setting/setting.h"
#include "sms/sms.h"

static const int64_t BACK_MS = 7 * 86400000LL; /* a mail that ended longer ago was looked at */

struct turn {
	id invite, survey, plan, customer;
	uint32_t subject;
	int64_t event_ms, since_ms;
	str waited; /* why it was put off before */
	enum contact_channel channel;
	struct invite_plan p;
	struct survey s;
	bool is_match, has_survey;
	struct contact_verdict verdict;
};

static void begin(struct op *op, struct app *app, bool is_write)
{
	op_init(op, app, (struct actor){.kind = ACTOR_SYSTEM}, is_write);
	op->route = INVITE_JOB;
	op->locale = setting_locale(op);
}

/* Who is asked by mail waits while none is sent; short messages likewise. */
static bool is_mailed(struct op *op)
{
	return mail_is_on(op->app) && setting_text(op, SETTING_public_address).n;
}

/* ---- reading ---- */

static enum err take(struct op *op, struct turn *t)
{
	enum { ID, SURVEY, PLAN, SUBJECT, EVENT, CHANNEL, SINCE, REASON, CUSTOMER };
	struct db_rows r;
	*t = (struct turn){0};
	TRY(op_query(op, SQL_invite_take, DB_ARGS(db_int(op->now_ms), db_bool(is_mailed(op)), db_bool(sms_is_on(op->app))), &r));
	if (!r.n) return OK;
	*t = (struct turn){.invite = db_rows_id(&r, 0, ID), .survey = db_rows_id(&r, 0, SURVEY), .plan = db_rows_id(&r, 0, PLAN), .customer = db_rows_id(&r, 0, CUSTOMER),
	                   .subject = (uint32_t)db_rows_int(&r, 0, SUBJECT), .event_ms = db_rows_int(&r, 0, EVENT), .since_ms = db_rows_int(&r, 0, SINCE), .waited = db_rows_text(&r, 0, REASON),
	                   .channel = invite__channel(db_rows_text(&r, 0, CHANNEL)), .is_match = true};
	return OK;
}

static enum err find_survey(struct op *op, struct turn *t)
{
	enum err e = survey_get(op, t->survey, &t->s);
	t->has_survey = e == OK && t->s.state == SURVEY_OPEN && !t->s.is_anonymous;
	if (e != ERR_NOT_FOUND) return e;
	fault_clear(&op->fault);
	return OK;
}

static const struct invite_plan *plan_of(const struct turn *t)
{
	return t->plan ? &t->p : NULL;
}

static enum err look(struct op *op, const struct contact_policy *policy, struct turn *t)
{
	if (!t->customer) return OK;
	if (t->plan) TRY(invite_plan_get(op, t->plan, &t->p));
	TRY(find_survey(op, t));
	if (t->plan && t->p.kind == INVITE_AFTER && !t->waited.n) TRY(invite_matches(op, &t->p, t->customer, t->event_ms, &t->is_match));
	struct contact_ask ask = invite__ask(plan_of(t), &t->s, t->customer, t->channel, t->since_ms);
	return t->has_survey && t->is_match ? contact_judge(op, policy, &ask, &t->verdict) : OK;
}

static enum err read_turn(struct op *op, struct turn *t)
{
	struct contact_policy policy;
	TRY(contact_policy_get(op, &policy));
	TRY(take(op, t));
	return t->invite ? look(op, &policy, t) : OK;
}

/* ---- writing ---- */

static enum err skip(struct op *op, const struct turn *t, enum contact_reason reason)
{
	struct contact_ask ask = invite__ask(plan_of(t), &t->s, t->customer, t->channel, t->since_ms);
	TRY(op_run(op, SQL_invite_skipped, DB_ARGS(db_id(t->invite), db_text(str_of(CONTACT_REASONS[reason]))), NULL));
	return t->has_survey ? contact_note(op, &ask, t->subject, reason) : OK;
}

static enum err send(struct op *op, const struct turn *t)
{
	struct mail_message m;
	struct contact_ask ask = invite__ask(plan_of(t), &t->s, t->customer, t->channel, t->since_ms);
	str submission;
	id mail = 0, sms = 0;
	int64_t changed;
	if (t->channel == CONTACT_SMS) {
		TRY(invite__put_sms(op, &t->s, t->customer, &t->verdict, &submission, &sms));
	} else {
		TRY(invite__write_mail(op, &t->s, t->customer, &t->verdict, &m, &submission));
		TRY(mail_put(op, &m, &mail));
	}
	TRY(op_run(op, SQL_invite_sent, DB_ARGS(db_id(t->invite), db_id(mail), db_text(submission), db_int(op->now_ms), db_id(sms)), &changed));
	if (!changed) return fail(op, ERR_CONFLICT, "invite", "was changed meanwhile");
	log_info("invite_sent", F_STR("invite", id_show(&op->arena, S("ask"), t->invite)));
	return contact_note(op, &ask, t->subject, CONTACT_MAY);
}

static enum err write_turn(struct op *op, const struct turn *t)
{
	if (!t->customer || !t->is_match) return op_run(op, SQL_invite_drop, DB_ARGS(db_id(t->invite)), NULL);
	if (!t->has_survey) return skip(op, t, CONTACT_closed);
	if (t->verdict.reason == CONTACT_MAY) return send(op, t);
	if (!t->verdict.wait_until_ms) return skip(op, t, t->verdict.reason);
	return op_run(op, SQL_invite_put_off, DB_ARGS(db_id(t->invite), db_int(t->verdict.wait_until_ms), db_text(str_of(CONTACT_REASONS[t->verdict.reason]))), NULL);
}

static enum err one_turn(struct app *app, bool *more)
{
	struct op reading, writing;
	struct turn t;
	begin(&reading, app, false);
	enum err e = op_end(&reading, read_turn(&reading, &t));
	*more = e == OK && t.invite;
	if (*more) {
		begin(&writing, app, true);
		e = op_end(&writing, write_turn(&writing, &t));
		op_release(&writing);
	}
	op_release(&reading);
	return e;
}

/* ---- the job ---- */

static enum err step(struct app *app, enum err (*run)(struct op *op, bool *more), bool *more)
{
	struct op op;
	begin(&op, app, true);
	enum err e = op_end(&op, run(&op, more));
	op_release(&op);
	return e;
}

static enum err follow_mails(struct op *op, bool *more)
{
	int64_t delivered;
	*more = false;
	TRY(op_run(op, SQL_invite_delivered, DB_NO_ARGS, &delivered));
	TRY(op_run(op, SQL_invite_undelivered, DB_ARGS(db_int(op->now_ms - BACK_MS)), NULL));
	TRY(op_run(op, SQL_invite_sms_delivered, DB_NO_ARGS, NULL));
	TRY(op_run(op, SQL_invite_sms_undelivered, DB_NO_ARGS, NULL));
	return op_run(op, SQL_invite_redelivered, DB_NO_ARGS, NULL);
}

static enum err every(struct op *op, id job, enum err (*run)(struct op *op, bool *more))
{
	bool more = true;
	for (int64_t n = 0; more; n++) {
		if (!job_progress(op, job, n, 0)) return ERR_BUSY;
		TRY(step(op->app, run, &more));
	}
	return OK;
}

static enum err add_next(struct op *op)
{
	for (int i = 0; i < 2; i++) {
		struct db_rows rows;
		if (i) TRY(op_query(op, SQL_invite_next_sample, DB_NO_ARGS, &rows));
		else TRY(op_query(op, SQL_invite_next_due, DB_ARGS(db_bool(is_mailed(op)), db_bool(sms_is_on(op->app))), &rows));
		int64_t due = rows.n ? db_rows_int(&rows, 0, 0) : DESC_NULL_INT;
		if (due != DESC_NULL_INT) TRY(job_add(op, INVITE_JOB, S("{}"), due, S("schedule"), NULL));
	}
	return OK;
}

static enum err run_all(struct op *op, id job)
{
	bool more = true;
	if (is_mailed(op) || sms_is_on(op->app)) {
		TRY(every(op, job, invite__draw_sample));
		for (int64_t n = 0; more; n++) {
			if (!job_progress(op, job, n, 0)) return ERR_BUSY;
			TRY(one_turn(op->app, &more));
		}
	}
	TRY(every(op, job, follow_mails));
	TRY(every(op, job, invite__tell));
	if (op->app->http) http_publish(op->app->http, S("invites"));
	return add_next(op);
}

enum err invite_send_job(struct op *op, id job, str payload)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	(void)payload;
	if (pthread_mutex_trylock(&one)) return ERR_BUSY;
	enum err e = run_all(op, job);
	pthread_mutex_unlock(&one);
	return e == OK || e == ERR_BUSY ? e : fail(op, e, "invite", "one could not be handled");
}
