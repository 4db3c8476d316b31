/* invite_sample.c: a sample is drawn without looking at who may be asked: everybody of the segment has the same chance, and who is
 * skipped afterwards is counted with its reason, so that the share of answers says something of the segment. */
#include <sodium.h>

#include "base/datetime.h"
#include "customer/people.h"
#include "invite/invite_inner.h"
#include "op/app.h"

enum { SEGMENT_MOST = 2000000 };

/* Fisher and Yates: the first n of v are the sample. */
static void shuffle(id *v, size_t all, size_t n)
{
	for (size_t i = 0; i < n && i + 1 < all; i++) {
		size_t other = i + randombytes_uniform((uint32_t)(all - i));
		id held = v[i];
		v[i] = v[other];
		v[other] = held;
	}
}

static size_t size_of(const struct invite_plan *p, size_t all)
{
	size_t n = p->percent ? (all * (size_t)p->percent + 50) / 100 : all;
	if (p->size && n > (size_t)p->size) n = (size_t)p->size;
	return n;
}

static enum err add_each(struct op *op, const struct invite_plan *p, const id *customers, size_t n, id run)
{
	str cause = id_show(&op->arena, S("run"), run);
	for (size_t i = 0; i < n; i++) {
		uint32_t number, *subjects;
		if (!people_find(op->app->people, customers[i], &number) || !people_subjects(op->app->people, number, &op->arena, &subjects)) continue;
		TRY(op_run(op, SQL_invite_add,
		           DB_ARGS(db_id(id_new()), db_id(p->survey), db_id(p->id), db_int(subjects[0]), db_text(cause), db_null(), db_text(p->channel), db_int(op->now_ms), db_int(op->now_ms)), NULL));
	}
	return OK;
}

enum err invite__draw_sample(struct op *op, bool *more)
{
	void *rows;
	size_t n;
	id *customers, run = id_new();
	int64_t total, moved;
	TRY(op_structs(op, SQL_invite_plans_due, DB_ARGS(db_int(op->now_ms)), &INVITE_PLAN_DESC, &rows, &n));
	*more = n > 0;
	if (!n) return OK;
	const struct invite_plan *p = rows;
	TRY(invite_candidates(op, p, SEGMENT_MOST, &customers, &n, &total));
	size_t sampled = size_of(p, n);
	shuffle(customers, n, sampled);
	TRY(add_each(op, p, customers, sampled, run));
	TRY(op_run(op, SQL_invite_run_add, DB_ARGS(db_id(run), db_id(p->id), db_id(p->survey), db_int(op->now_ms), db_int((int64_t)n), db_int((int64_t)sampled)), NULL));
	/* Missed while nothing ran: once, and then by the same step from now. */
	int64_t next = p->every_days ? op->now_ms + p->every_days * DAY_MS : DESC_NULL_INT;
	TRY(op_run(op, SQL_invite_plan_next, DB_ARGS(db_id(p->id), db_int(p->next_at), db_int_or_null(next)), &moved));
	return moved ? OK : fail(op, ERR_CONFLICT, "plan", "was changed meanwhile");
}
