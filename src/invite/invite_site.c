/* invite_site.c: asking somebody who is on a page now. A visitor without a name is a number; a customer is a row as any other, decided
 * in the moment of asking, at most once a day: cause and index see to it when two pages ask at once. */
#include <sodium.h>

#include "base/datetime.h"
#include "customer/people.h"
#include "invite/invite_inner.h"
#include "op/app.h"

static bool is_drawn(int64_t percent)
{
	return percent >= 100 || randombytes_uniform(100) < (uint32_t)percent;
}

static enum err count(struct op *op, id survey, enum invite_funnel_step step)
{
	return op_run(op, SQL_invite_visitor_count, DB_ARGS(db_id(survey), db_text(str_of(INVITE_FUNNEL_NAMES[step]))), NULL);
}

enum err invite_visitor_reached(struct op *op, id survey, enum invite_step step)
{
	static const enum invite_funnel_step STEPS[] = {[INVITE_OPENED] = INVITE_STEP_OPENED, [INVITE_STARTED] = INVITE_STEP_STARTED, [INVITE_DONE] = INVITE_STEP_DONE};
	return count(op, survey, STEPS[step]);
}

static enum err was_asked(struct op *op, const struct survey *s, const struct invite_visit *v, bool *out)
{
	struct db_rows last;
	TRY(op_query(op, SQL_invite_last_on_site, DB_ARGS(db_id(v->customer), db_id(s->id)), &last));
	int64_t at = last.n ? db_rows_int(&last, 0, 0) : DESC_NULL_INT;
	*out = at != DESC_NULL_INT && op->now_ms < at + v->gap_days * DAY_MS;
	return OK;
}

static enum err decide(struct op *op, const struct survey *s, const struct contact_ask *ask, const struct contact_verdict *verdict, str *path)
{
	int64_t added;
	bool may = verdict->reason == CONTACT_MAY;
	str link = survey_link_make(op, s->id, ask->customer, op->now_ms + INVITE_LINK_DAYS * DAY_MS), submission = link;
	while (str_contains(submission, S("."))) (void)str_cut(&submission, '.');
	TRY(op_run(op, SQL_invite_decide,
	           DB_ARGS(db_id(id_new()), db_id(s->id), db_int(verdict->subject), db_text(str_fmt(&op->arena, "site %lld", (long long)(op->now_ms / DAY_MS))), db_int(may ? INVITE_SENT : INVITE_SKIPPED),
	                   db_text(str_of(CONTACT_REASONS[verdict->reason])), db_int(op->now_ms), may ? db_text(submission) : db_null(), may ? db_int(op->now_ms) : db_null()),
	           &added));
	if (!added) return OK;
	if (may) *path = link;
	TRY(contact_note(op, ask, verdict->subject, verdict->reason));
	return job_add(op, INVITE_JOB, S("{}"), 0, S("schedule"), NULL);
}

static enum err ask_customer(struct op *op, const struct survey *s, const struct invite_visit *v, str *path)
{
	struct contact_policy policy;
	struct contact_verdict verdict;
	struct contact_ask ask = invite__ask(NULL, s, v->customer, CONTACT_WEB, op->now_ms);
	bool is_asked;
	TRY(was_asked(op, s, v, &is_asked));
	if (is_asked) return OK;
	if (!is_drawn(v->percent)) return count(op, s->id, INVITE_STEP_ELIGIBLE);
	TRY(contact_policy_get(op, &policy));
	TRY(contact_judge(op, &policy, &ask, &verdict));
	return decide(op, s, &ask, &verdict, path);
}

enum err invite_on_site(struct op *op, const struct survey *s, const struct invite_visit *v, str *path)
{
	*path = STR_NONE;
	if (v->customer && !s->is_anonymous) return ask_customer(op, s, v, path);
	if (!is_drawn(v->percent)) return count(op, s->id, INVITE_STEP_ELIGIBLE);
	TRY(count(op, s->id, INVITE_STEP_ELIGIBLE));
	TRY(count(op, s->id, INVITE_STEP_SAMPLED));
	TRY(count(op, s->id, INVITE_STEP_SENT));
	*path = survey_link_make(op, s->id, 0, 0);
	return OK;
}
