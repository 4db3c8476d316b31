/* conversation_chat.c: messages of a live chat are messages as any other, told at once. Cursors are times of keeping: whoever asks again
 * from a little before the last they have, and leaves out what they know, misses nothing that was being committed meanwhile. */
#include "conversation/conversation_chat.h"

#include "base/utf8.h"
#include "collect/collect.h"
#include "conversation/conversation_row.h"
#include "customer/identity.h"
#include "mail/received.h"
#include "op/app.h"

enum { TITLE_BYTES = 100, STAYS_OPEN_MS = 86400000 };
#define CHANNEL S("chat")

/* Named by what was asked before, else by how it begins. */
static str title_of(struct op *op, const struct conversation_chat_letter *l)
{
	str text = l->title.n ? l->title : l->text, line = str_cut(&text, '\n');
	return str_dup(&op->arena, utf8_cut(str_trim(line), TITLE_BYTES));
}

enum err conversation_chat_take(struct op *op, const struct conversation_chat_letter *l, struct conversation_chat_kept *out)
{
	struct conversation_intake *in;
	struct conversation_chat now;
	struct conversation__kept kept;
	struct db_rows known;
	bool is_answer;
	str title = title_of(op, l), key = str_fmt(&op->arena, "chat:%.*s:%.*s", STR_ARG(l->visitor), STR_ARG(l->client));
	struct conversation__letter letter = {.channel = CHANNEL, .address = l->visitor, .user_id = l->user_id, .name = l->name, .title = title, .base = received_base(&op->arena, title, &is_answer), .text = l->text, .folded = S(""),
		.author = l->name.n ? l->name : S(""), .key = key, .files = l->files, .n_files = l->n_files, .at_ms = op->now_ms, .kind = MESSAGE_IN};
	*out = (struct conversation_chat_kept){0};
	TRY(op_query(op, SQL_conversation_message_known, DB_ARGS(db_text(key)), &known));
	TRY(conversation_chat_get(op, l->visitor, &now));
	out->conversation = now.conversation;
	if (known.n) return OK;
	if (now.conversation && (now.state != CONVERSATION_SOLVED || now.solved_at > op->now_ms - STAYS_OPEN_MS)) letter.into = now.conversation;
	TRY(conversation__shared(op, &in));
	TRY(conversation__keep(in, &letter, &kept));
	*out = (struct conversation_chat_kept){kept.conversation, kept.message, 0, kept.taken == TAKEN_ERASED};
	out->subject = events_subject_find(op->app->events, identity_key(op->app, l->user_id.n ? S("user_id") : S("anonymous_id"), l->user_id.n ? l->user_id : l->visitor));
	return OK;
}

enum err conversation_chat_get(struct op *op, str visitor, struct conversation_chat *out)
{
	struct db_rows r;
	*out = (struct conversation_chat){.solved_at = DESC_NULL_INT, .read_at = DESC_NULL_INT, .seen_at = DESC_NULL_INT, .title = S("")};
	TRY(op_query(op, SQL_conversation_chat_last, DB_ARGS(db_text(visitor)), &r));
	if (r.n) *out = (struct conversation_chat){db_rows_id(&r, 0, 0), (int)db_rows_int(&r, 0, 1), db_rows_int(&r, 0, 2), db_rows_int(&r, 0, 3), db_rows_int(&r, 0, 5), db_rows_int(&r, 0, 6), db_rows_text(&r, 0, 7)};
	return OK;
}

/* The part of a message's key that its sender chose. */
static str client_of(str key)
{
	(void)str_cut(&key, ':');
	(void)str_cut(&key, ':');
	return key;
}

static enum err add_files(struct op *op, str visitor, int64_t since, struct conversation_chat_message *v, size_t n)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_chat_files, DB_ARGS(db_text(visitor), db_int(since)), &r));
	for (size_t k = 0; k < n && r.n; k++) {
		v[k].files.v = ARENA_ARRAY(&op->arena, struct conversation_chat_file, r.n);
		for (size_t i = 0; i < r.n; i++)
			if (db_rows_id(&r, i, 1) == v[k].id) v[k].files.v[v[k].files.n++] = (struct conversation_chat_file){db_rows_id(&r, i, 0), db_rows_text(&r, i, 2), db_rows_int(&r, i, 3)};
	}
	return OK;
}

enum err conversation_chat_messages(struct op *op, str visitor, int64_t since, size_t most, struct conversation_chat_message **out, size_t *n)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_chat_messages, DB_ARGS(db_text(visitor), db_int(since), db_int((int64_t)most)), &r));
	struct conversation_chat_message *v = *out = ARENA_ARRAY(&op->arena, struct conversation_chat_message, r.n + 1);
	*n = r.n;
	for (size_t i = 0; i < r.n; i++) {
		bool is_ours = db_rows_int(&r, i, 1) == MESSAGE_OUT;
		v[r.n - 1 - i] = (struct conversation_chat_message){.id = db_rows_id(&r, i, 0), .at = db_rows_int(&r, i, 2), .kept_at = db_rows_int(&r, i, 3), .author = db_rows_text(&r, i, 4), .text = db_rows_text(&r, i, 5),
			.client = is_ours ? STR_NONE : client_of(db_rows_text(&r, i, 6)), .is_ours = is_ours};
	}
	return add_files(op, visitor, since, v, r.n);
}

enum err conversation_chat_file(struct op *op, str visitor, id file, str *bytes, str *name)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_chat_file, DB_ARGS(db_id(file), db_text(visitor)), &r));
	if (!r.n || db_cell(&r, 0, 0)->type == DB_NULL) return fail(op, ERR_NOT_FOUND, "file", "there is no such file in this chat");
	*bytes = db_cell(&r, 0, 0)->s;
	*name = db_rows_text(&r, 0, 1);
	return OK;
}

enum err conversation_chat_read(struct op *op, str visitor, int64_t at)
{
	struct conversation_chat now;
	int64_t changed;
	TRY(op_run(op, SQL_conversation_contact_read, DB_ARGS(db_text(CHANNEL), db_text(visitor), db_int(at)), &changed));
	if (!changed) return OK;
	TRY(conversation_chat_get(op, visitor, &now));
	if (now.conversation) conversation__tell_shown(op, now.conversation);
	return OK;
}

enum err conversation_chat_step(struct op *op, id conversation, const char *what, str text)
{
	conversation__tell(op, conversation);
	return conversation__step(op, conversation, what, text);
}

void conversation_chat_typing(struct op *op, id conversation)
{
	if (op->app->http) http_publish(op->app->http, conversation__typing_topic(op, conversation));
}

/* ---- what an agent does ---- */

struct told {
	struct app *app;
	str topic;
};

static void publish(void *arg)
{
	const struct told *t = arg;
	if (t->app->http) http_publish(t->app->http, t->topic);
}

void conversation__tell_visitor(struct op *op, const struct conversation_row *c)
{
	if (!conversation__is_chat(c->channel)) return;
	struct told *t = ARENA_NEW(&op->arena, struct told);
	*t = (struct told){op->app, str_fmt(&op->arena, "chat:%.*s", STR_ARG(c->contact_address))};
	op_after_commit(op, publish, t);
}

/* The user id of the contact's customer would name the touchpoint better; the visitor's own id leads to the same customer. */
enum err conversation__chat_answered(struct op *op, const struct conversation_row *c, id message, str author, str text)
{
	const struct conversation__letter l = {.channel = CHANNEL, .address = c->contact_address, .author = author, .title = c->title, .text = text, .key = id_show(&op->arena, S("msg"), message), .at_ms = op->now_ms, .kind = MESSAGE_OUT};
	return conversation__note(op, &l, c->id);
}

enum err conversation_seen_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	struct conversation_chat now;
	id conversation;
	int64_t changed;
	TRY(web_id(op, w, "id", "cnv", &conversation));
	TRY(conversation__get(op, conversation, &c));
	a->status = 204;
	if (!conversation__is_chat(c.channel)) return OK;
	TRY(conversation_chat_get(op, c.contact_address, &now));
	if (now.seen_at != DESC_NULL_INT && now.seen_at >= c.changed_at) return OK;
	TRY(op_run(op, SQL_conversation_contact_seen, DB_ARGS(db_id(c.contact), db_int(op->now_ms)), &changed));
	if (changed) conversation__tell_visitor(op, &c);
	return OK;
}

enum err conversation_typing_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	id conversation;
	TRY(web_id(op, w, "id", "cnv", &conversation));
	TRY(conversation__get(op, conversation, &c));
	if (conversation__is_chat(c.channel) && op->app->http) http_publish(op->app->http, str_fmt(&op->arena, "typing:%.*s", STR_ARG(c.contact_address)));
	a->status = 204;
	return OK;
}
