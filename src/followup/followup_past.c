/* followup_past.c: follow-ups of touchpoints that are long over, and how they went: for workspaces that begin with a history. */
#include "followup/followup_inner.h"
#include "followup/followup_jobs.h"

enum { DAYS = 36500 };

enum err followup_rule_begin(struct op *op, str sample)
{
	struct followup_rule *rules;
	size_t n, i = 0;
	TRY(followup__rules(op, &rules, &n));
	while (i < n && !str_eq(rules[i].sample, sample)) i++;
	if (i == n) return fail(op, ERR_NOT_FOUND, "sample", "there is no such rule");
	TRY(op_run(op, SQL_followup_rule_turn_on, DB_ARGS(db_id(rules[i].id), db_bool(true), db_int(op->now_ms)), NULL));
	followup__reload_after(op);
	return followup_back_job(op, 0, str_fmt(&op->arena, "{\"rule\":\"%s\",\"days\":%d}", id_show(&op->arena, S("fur"), rules[i].id).p, DAYS));
}

enum err followup_all(struct op *op, struct followup_made **out, size_t *n)
{
	struct db_rows r;
	TRY(op_query(op, SQL_followup_all, DB_NO_ARGS, &r));
	*out = ARENA_ARRAY(&op->arena, struct followup_made, r.n + 1);
	*n = r.n;
	for (size_t i = 0; i < r.n; i++) (*out)[i] = (struct followup_made){db_rows_id(&r, i, 0), db_rows_text(&r, i, 1)};
	return OK;
}

/* One step, at its own time. */
static enum err step(struct op *op, id followup, const char *what, int state, int outcome, int64_t at_ms)
{
	struct followup_row f;
	int64_t now_ms = op->now_ms;
	TRY(followup__get(op, followup, &f));
	struct followup_act act = followup__as_it_is(&f, what);
	act.state = state;
	act.outcome = outcome;
	if (state == FOLLOWUP_CLOSED) act.closed_at = at_ms;
	op->now_ms = at_ms;
	enum err e = followup__do(op, &f, &act);
	op->now_ms = now_ms;
	return e;
}

enum err followup_went(struct op *op, id followup, const struct followup_course *c)
{
	int outcome = -1;
	for (int i = 0; i < FOLLOWUP_OUTCOMES; i++)
		if (str_eq(str_of(c->outcome), str_of(FOLLOWUP_OUTCOME_NAMES[i]))) outcome = i;
	TRY(op_run(op, SQL_followup_set_times, DB_ARGS(db_id(followup), db_int(c->made_ms), db_int(c->due_ms), c->told_ms ? db_int(c->told_ms) : db_null()), NULL));
	if (c->improvement) TRY(op_run(op, SQL_followup_set_improvement, DB_ARGS(db_id(followup), db_id(c->improvement)), NULL));
	if (c->is_begun) TRY(step(op, followup, "begun", FOLLOWUP_WORKING, -1, (c->closed_ms ? c->closed_ms + c->made_ms : op->now_ms + c->made_ms) / 2));
	return c->closed_ms ? step(op, followup, "closed", FOLLOWUP_CLOSED, outcome, c->closed_ms) : OK;
}

enum err followup_stand(struct op *op, struct followup_standing *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_followup_views, DB_ARGS(db_id(0), db_int(op->now_ms)), &r));
	*out = (struct followup_standing){.open = db_rows_int(&r, 0, 1), .late = db_rows_int(&r, 0, 2), .closed = db_rows_int(&r, 0, 3)};
	return OK;
}
