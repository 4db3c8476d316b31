/* Who waits for whom follows from the messages alone. One that comes in order moves it by a step; one that comes late (an old mail
 * imported after its answer) has all of the conversation's messages read again. */
#include "conversation/conversation_inner.h"
#include "conversation/service_level.h"
#include "customer/customer.h"
#include "op/app.h"

struct course {
	int64_t made_at, changed_at, waiting_since, messages;
	bool is_answered;
};

static enum err answer_is(struct op *op, id message, int64_t since, bool is_first)
{
	return op_run(op, SQL_conversation_answer_is, DB_ARGS(db_id(message), db_int_or_null(since), db_bool(is_first)), NULL);
}

static enum err move(struct op *op, struct course *c, id message, enum message_kind kind, int64_t at, bool is_automatic)
{
	if (!c->messages || at < c->made_at) c->made_at = at;
	if (!c->messages || at > c->changed_at) c->changed_at = at;
	c->messages++;
	if (is_automatic) return OK;
	if (kind == MESSAGE_IN) {
		if (c->waiting_since == DESC_NULL_INT) c->waiting_since = at;
		return OK;
	}
	TRY(answer_is(op, message, c->waiting_since, !c->is_answered));
	c->is_answered = true;
	c->waiting_since = DESC_NULL_INT;
	return OK;
}

static enum err read_anew(struct op *op, id conversation, struct course *c)
{
	struct db_rows r;
	*c = (struct course){.waiting_since = DESC_NULL_INT};
	TRY(op_query(op, SQL_conversation_course, DB_ARGS(db_id(conversation)), &r));
	for (size_t i = 0; i < r.n; i++) TRY(move(op, c, db_rows_id(&r, i, 0), (enum message_kind)db_rows_int(&r, i, 1), db_rows_int(&r, i, 2), db_rows_bool(&r, i, 3)));
	return OK;
}

static enum err open_again(struct op *op, id conversation, int64_t state)
{
	int64_t changed;
	TRY(op_run(op, SQL_conversation_is_human, DB_ARGS(db_id(conversation)), &changed));
	if (changed || state == CONVERSATION_OPEN) return OK;
	TRY(op_run(op, SQL_conversation_reopen, DB_ARGS(db_id(conversation)), NULL));
	return conversation__step(op, conversation, state == CONVERSATION_SOLVED ? "reopened" : "woken", S(""));
}

static enum err find_answer(struct op *op, id conversation, id but, bool *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_answered, DB_ARGS(db_id(conversation), db_id(but)), &r));
	*out = r.n > 0;
	return OK;
}

enum err conversation__settle(struct op *op, id conversation, id message, enum message_kind kind, int64_t at_ms, bool is_automatic)
{
	struct db_rows r;
	struct course c;
	TRY(op_query(op, SQL_conversation_standing, DB_ARGS(db_id(conversation)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such conversation");
	int64_t state = db_rows_int(&r, 0, 0), changed_at = db_rows_int(&r, 0, 1), messages = db_rows_int(&r, 0, 4);
	bool is_late = messages && at_ms < changed_at, is_news = kind == MESSAGE_IN && !is_automatic;
	if (is_late || !messages) {
		TRY(read_anew(op, conversation, &c));
	} else {
		c = (struct course){db_rows_int(&r, 0, 3), changed_at, db_rows_int(&r, 0, 2), messages, false};
		if (kind == MESSAGE_OUT) TRY(find_answer(op, conversation, message, &c.is_answered));
		TRY(move(op, &c, message, kind, at_ms, is_automatic));
	}
	TRY(op_run(op, SQL_conversation_stands, DB_ARGS(db_id(conversation), db_int(c.made_at), db_int(c.changed_at), db_int_or_null(c.waiting_since), db_int(c.messages)), NULL));
	/* an old mail is no news where it was answered since */
	if (is_news && (!is_late || c.waiting_since != DESC_NULL_INT)) TRY(open_again(op, conversation, state));
	return service_settle(op, conversation);
}

enum err conversation__settle_anew(struct op *op, id conversation)
{
	struct course c;
	TRY(read_anew(op, conversation, &c));
	TRY(op_run(op, SQL_conversation_stands, DB_ARGS(db_id(conversation), db_int(c.made_at), db_int(c.changed_at), db_int_or_null(c.waiting_since), db_int(c.messages)), NULL));
	return service_settle(op, conversation);
}

enum err conversation__step(struct op *op, id conversation, const char *what, str text)
{
	bool is_person = op->actor.kind == ACTOR_PERSON;
	return op_run(op, SQL_conversation_step_add,
		DB_ARGS(db_id(id_new()), db_id(conversation), db_int(op->now_ms), db_id(is_person ? op->actor.id : 0), db_text(op->actor.name.n ? op->actor.name : S("")), db_text(str_of(what)), db_text(text)), NULL);
}

struct told {
	struct app *app;
	str topic;
	bool is_listed;
};

static void publish(void *arg)
{
	const struct told *t = arg;
	if (!t->app->http) return;
	http_publish(t->app->http, t->topic);
	if (t->is_listed) http_publish(t->app->http, CONVERSATION_TOPIC);
}

static void tell(struct op *op, id conversation, bool is_listed)
{
	if (!op->app->http) return;
	struct told *t = ARENA_NEW(&op->arena, struct told);
	*t = (struct told){op->app, conversation__topic(op, conversation), is_listed};
	op_after_commit(op, publish, t);
}

void conversation__tell(struct op *op, id conversation)
{
	tell(op, conversation, true);
}

void conversation__tell_shown(struct op *op, id conversation)
{
	tell(op, conversation, false);
}

str conversation__typing_topic(struct op *op, id conversation)
{
	return str_fmt(&op->arena, "typing:%.*s", STR_ARG(id_show(&op->arena, S("cnv"), conversation)));
}

str conversation__topic(struct op *op, id conversation)
{
	return str_fmt(&op->arena, "conversation:%.*s", STR_ARG(id_show(&op->arena, S("cnv"), conversation)));
}
