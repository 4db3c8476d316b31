/* invite_tell.c: each step of an invite is a touchpoint of its customer. They are appended before the commit that says they are
 * told, under message ids of their own: where that commit fails they come again, and the store knows them. */
#include "collect/intake.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "invite/invite_inner.h"
#include "json/json.h"
#include "op/app.h"

enum { BODY_BYTES = 8192, BATCH = 200 };

struct told {
	struct op *op;
	struct intake *intake;
	id invite, survey;
	str name, channel, reason;
	uint32_t n;
};

static void put(struct json_writer *w, const char *key, str value)
{
	if (!value.n) return;
	json_key(w, str_of(key));
	json_put_str(w, value);
}

static enum err add(struct told *t, const struct touchpoint *who, const char *event, int64_t at_ms)
{
	struct op *op = t->op;
	struct touchpoint x = *who;
	struct buf b;
	struct json_writer w = {.out = &b};
	if (at_ms == DESC_NULL_INT) return OK;
	str shown = id_show(&op->arena, S("ask"), t->invite);
	x.call = CALL_TRACK;
	x.event = str_of(event);
	x.time_ms = at_ms;
	x.channel = t->channel;
	x.message_id = str_fmt(&op->arena, "%.*s-%.*s", STR_ARG(shown), STR_ARG(str_sub(x.event, 7, x.event.n - 7)));
	buf_init(&b, BODY_BYTES);
	json_begin_object(&w);
	put(&w, "type", S("track"));
	put(&w, "event", x.event);
	put(&w, "userId", x.user_id);
	put(&w, "anonymousId", x.anonymous_id);
	put(&w, "messageId", x.message_id);
	json_key(&w, S("properties"));
	json_begin_object(&w);
	put(&w, "survey_id", id_show(&op->arena, S("sur"), t->survey));
	put(&w, "survey_name", t->name);
	put(&w, "channel", t->channel);
	put(&w, "reason", t->reason);
	json_end_object(&w);
	json_end_object(&w);
	x.raw = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	(void)intake_add(t->intake, &x, t->n++); /* dropped when the customer refused what it would be kept for, or was erased */
	return OK;
}

static enum err tell_one(struct told *t, const struct db_rows *r, size_t i)
{
	enum { ID, SURVEY, CHANNEL, STATE, REASON, SENT, DELIVERED, OPENED, STARTED, CUSTOMER, NAME, MADE };
	struct touchpoint who = {0};
	t->invite = db_rows_id(r, i, ID);
	t->survey = db_rows_id(r, i, SURVEY);
	t->channel = db_rows_text(r, i, CHANNEL);
	t->name = db_rows_text(r, i, NAME);
	t->reason = S("");
	TRY(customer_name_touchpoint(t->op, db_rows_id(r, i, CUSTOMER), &who));
	TRY(add(t, &who, "Survey Sent", db_rows_int(r, i, SENT)));
	TRY(add(t, &who, "Survey Delivered", db_rows_int(r, i, DELIVERED)));
	TRY(add(t, &who, "Survey Opened", db_rows_int(r, i, OPENED)));
	TRY(add(t, &who, "Survey Started", db_rows_int(r, i, STARTED)));
	if (db_rows_int(r, i, STATE) == INVITE_SKIPPED) {
		t->reason = db_rows_text(r, i, REASON);
		TRY(add(t, &who, "Survey Skipped", t->op->now_ms));
	}
	return op_run(t->op, SQL_invite_told, DB_ARGS(db_id(t->invite)), NULL);
}

enum err invite__tell(struct op *op, bool *more)
{
	struct source source;
	struct db_rows rows;
	struct told t = {.op = op};
	TRY(op_query(op, SQL_invite_untold, DB_NO_ARGS, &rows));
	*more = rows.n == BATCH;
	if (!rows.n) return op_run(op, SQL_invite_told_nobody, DB_NO_ARGS, NULL);
	TRY(source_ensure(op, S("surveys"), SOURCE_HAND, true, PURPOSES_ASSURED_DEFAULT, &source));
	t.intake = intake_new(op->app, &op->arena, &source, op->now_ms);
	for (size_t i = 0; i < rows.n; i++) TRY(tell_one(&t, &rows, i));
	return intake_commit_wait(t.intake);
}
