/* webhook.c: messages to other programs; signed by fetch/signed.c. */
#include "webhook/webhook.h"

#include "base/datetime.h"
#include "json/json.h"
#include "webhook/webhook_inner.h"

enum { BODY_BYTES = 64 << 10 };

const char *const WEBHOOK_STATE_NAMES[] = {"waiting", "delivered", "failed", NULL};
const struct webhook_type_row WEBHOOK_TYPE_ROWS[] = {
#define WEBHOOK_TYPE(key, name, doc) {name, #key},
#include "webhook_types.def"
#undef WEBHOOK_TYPE
};

bool webhook__chose(str types, const char *name)
{
	for (str rest = types; str_given(rest);)
		if (str_eq(str_cut(&rest, ' '), str_of(name))) return true;
	return false;
}

/* At once, and nine times more within three days: the schedule that the specification proposes. */
int64_t webhook__pause_ms(int64_t tries)
{
	static const int64_t PAUSES_S[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
	return tries >= 1 && tries <= (int64_t)COUNT_OF(PAUSES_S) ? PAUSES_S[tries - 1] * 1000 : -1;
}

/* ---- messages ---- */

static enum err body_of(struct op *op, enum webhook_type type, const struct desc *d, const void *data, str *out)
{
	struct buf b;
	buf_init(&b, BODY_BYTES);
	struct json_writer w = {.out = &b};
	json_begin_object(&w);
	json_key(&w, S("type"));
	json_put_str(&w, str_of(WEBHOOK_TYPE_ROWS[type].name));
	json_key(&w, S("timestamp"));
	json_put_str(&w, datetime_show(&op->arena, op->now_ms));
	json_key(&w, S("data"));
	json_put_struct(&w, d, data);
	json_end_object(&w);
	bool has_room = !buf_failed(&b);
	if (has_room) *out = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return has_room ? OK : fail(op, ERR_TOO_LARGE, "webhook", "the message is too large");
}

/* *message 0: it was there before. */
static enum err put_message(struct op *op, enum webhook_type type, str of, const struct desc *d, const void *data, id *message)
{
	str body, name = str_of(WEBHOOK_TYPE_ROWS[type].name);
	int64_t added;
	TRY(body_of(op, type, d, data, &body));
	*message = id_new();
	TRY(op_run(op, SQL_webhook_message_add, DB_ARGS(db_id(*message), db_text(str_fmt(&op->arena, "%.*s %.*s", STR_ARG(name), STR_ARG(of))), db_text(name), db_text(body), db_int(op->now_ms)), &added));
	if (!added) *message = 0;
	return OK;
}

enum err webhook__wake(struct op *op, int64_t at_ms)
{
	return job_add(op, WEBHOOK_SEND_JOB, S("{}"), at_ms, S("schedule"), NULL);
}

enum err webhook__put_to(struct op *op, id endpoint, enum webhook_type type, str of, const struct desc *d, const void *data)
{
	id message;
	TRY(put_message(op, type, of, d, data, &message));
	if (!message) return OK;
	TRY(op_run(op, SQL_webhook_delivery_add, DB_ARGS(db_id(message), db_id(endpoint), db_int(op->now_ms)), NULL));
	return webhook__wake(op, op->now_ms);
}

enum err webhook_put(struct op *op, enum webhook_type type, str of, const struct desc *d, const void *data)
{
	struct db_rows r;
	id message = 0;
	TRY(op_query(op, SQL_webhook_types_on, DB_NO_ARGS, &r));
	for (size_t i = 0; i < r.n; i++) {
		if (!webhook__chose(db_rows_text(&r, i, 1), WEBHOOK_TYPE_ROWS[type].name)) continue;
		if (!message) TRY(put_message(op, type, of, d, data, &message));
		if (!message) return OK;
		TRY(op_run(op, SQL_webhook_delivery_add, DB_ARGS(db_id(message), db_id(db_rows_id(&r, i, 0)), db_int(op->now_ms)), NULL));
	}
	return message ? webhook__wake(op, op->now_ms) : OK;
}
