/* conversation_jobs.c: answers go out when they can be taken back no more, what was snoozed wakes. An answer and its mail are tied in one
 * transaction, so that a crash sends it neither twice nor not at all; from there on the outbox answers for it. */
#include "base/clock.h"
#include "base/utf8.h"
#include "chat/chat.h"
#include "conversation/conversation_row.h"
#include "customer/customer.h"
#include "i18n/i18n.h"
#include "mail/mail.h"
#include "mail/received.h"
#include "op/app.h"
#include "setting/setting.h"

enum { LINES_MOST = 2000, SUBJECT_BYTES = 390, REFERENCE_BYTES = 7000, WOKEN_AT_ONCE = 100, NOT_SENT = -1 };

struct answer_mail {
	str title;
	LIST_OF(str) sentences;
};
static const struct desc_field MAIL_FIELDS[] = {
	FIELD(answer_mail, title, DESC_STR),
	FIELD(answer_mail, sentences, DESC_LIST, .item = DESC_STR),
};
static const struct desc MAIL_DESC = DESC(answer_mail, MAIL_FIELDS);

struct unsent {
	id message, conversation;
	str text, title;
};

static str references_of(struct op *op, const struct db_rows *ids)
{
	str all = S("");
	for (size_t i = 0; i < ids->n; i++) {
		str more = str_fmt(&op->arena, "%.*s%s%.*s", STR_ARG(db_rows_text(ids, i, 0)), all.n ? " " : "", STR_ARG(all));
		if (more.n > REFERENCE_BYTES) break;
		all = more;
	}
	return all;
}

static enum err write_mail(struct op *op, const struct unsent *u, struct mail_message *m)
{
	struct locale l = setting_locale(op);
	struct answer_mail page = {.title = m->subject, .sentences = {ARENA_ARRAY(&op->arena, str, LINES_MOST), 0}};
	for (str rest = u->text; str_given(rest) && page.sentences.n < LINES_MOST;) {
		str line = str_trim(str_cut(&rest, '\n'));
		if (line.n) page.sentences.v[page.sentences.n++] = line;
	}
	m->language = lang_code(l.lang);
	m->text = str_fmt(&op->arena, "%.*s\n", STR_ARG(u->text));
	return mail_render(op, &l, "mail/answer", &MAIL_DESC, &page, &m->html);
}

static enum err keep_touchpoint(struct op *op, const struct unsent *u, const struct conversation_row *c)
{
	conversation__tell(op, c->id);
	if (!c->customer) return OK;
	const struct customer_pair pairs[] = {{"conversation", id_show(&op->arena, S("cnv"), c->id)}, {"subject", c->title}, {"text", u->text}};
	return customer_keep(op, c->customer, S("Message Sent"), c->channel, id_show(&op->arena, S("msg"), u->message), pairs, COUNT_OF(pairs));
}

static enum err note_sent(struct op *op, const struct unsent *u, const struct conversation_row *c, id mail)
{
	str message_id = mail_message_id(op, mail);
	TRY(op_run(op, SQL_conversation_sent, DB_ARGS(db_id(u->message), db_id(mail), db_text(message_id)), NULL));
	TRY(op_run(op, SQL_conversation_reference_add, DB_ARGS(db_text(message_id), db_id(u->conversation)), NULL));
	return keep_touchpoint(op, u, c);
}

static enum err note_not_sent(struct op *op, const struct unsent *u)
{
	return op_run(op, SQL_conversation_sent, DB_ARGS(db_id(u->message), db_int(NOT_SENT), db_null()), NULL);
}

/* ---- chats: what was not read, in one mail ---- */

static enum err gather(struct op *op, struct unsent *u, struct db_rows *unread)
{
	TRY(op_query(op, SQL_conversation_chat_unsent, DB_ARGS(db_id(u->conversation)), unread));
	u->text = S("");
	for (size_t i = 0; i < unread->n; i++) u->text = str_fmt(&op->arena, "%.*s%s%.*s", STR_ARG(u->text), i ? "\n\n" : "", STR_ARG(db_rows_text(unread, i, 1)));
	return OK;
}

static enum err send_chat(struct op *op, const struct conversation_row *c, struct unsent *u)
{
	struct db_rows unread;
	id mail = NOT_SENT;
	str email;
	TRY(op_run(op, SQL_conversation_chat_was_read, DB_ARGS(db_id(u->conversation), db_int(NOT_SENT)), NULL));
	TRY(gather(op, u, &unread));
	TRY(chat_said_email(op, c->contact_address, &email));
	if (!unread.n) return OK;
	struct mail_message m = {.kind = MAIL_ANSWER, .recipient = email, .name = c->person, .subject = utf8_cut(c->title, SUBJECT_BYTES)};
	TRY(write_mail(op, u, &m));
	enum err e = email.n ? mail_put(op, &m, &mail) : OK;
	if (e == ERR_INVALID) op->fault = (struct fault){0};
	else TRY(e);
	str message_id = mail > 0 ? mail_message_id(op, mail) : STR_NONE;
	for (size_t i = 0; i < unread.n; i++) TRY(op_run(op, SQL_conversation_sent, DB_ARGS(db_id(db_rows_id(&unread, i, 0)), db_int(mail), db_text(message_id)), NULL));
	if (mail > 0) TRY(op_run(op, SQL_conversation_reference_add, DB_ARGS(db_text(message_id), db_id(c->id)), NULL));
	conversation__tell(op, c->id);
	return OK;
}

static enum err send_letter(struct op *op, const struct unsent *u, const struct conversation_row *c)
{
	struct db_rows to, ids;
	bool is_answer;
	id mail;
	TRY(op_query(op, SQL_conversation_last_in, DB_ARGS(db_id(u->conversation)), &to));
	TRY(op_query(op, SQL_conversation_ids, DB_ARGS(db_id(u->conversation)), &ids));
	if (!to.n) return note_not_sent(op, u);
	(void)received_base(&op->arena, u->title, &is_answer);
	struct mail_message m = {.kind = MAIL_ANSWER, .recipient = db_rows_text(&to, 0, 2), .name = db_rows_text(&to, 0, 3), .customer_subject = (uint32_t)db_rows_int(&to, 0, 4), .answers = db_rows_text(&to, 0, 0)};
	m.subject = utf8_cut(is_answer ? u->title : str_fmt(&op->arena, "Re: %.*s", STR_ARG(u->title)), SUBJECT_BYTES);
	m.references = references_of(op, &ids);
	TRY(write_mail(op, u, &m));
	enum err e = mail_put(op, &m, &mail);
	if (e == ERR_INVALID) {
		op->fault = (struct fault){0};
		return note_not_sent(op, u);
	}
	TRY(e);
	return note_sent(op, u, c, mail);
}

static enum err send_one(struct op *op, struct unsent *u)
{
	struct conversation_row c;
	TRY(conversation__get(op, u->conversation, &c));
	if (!c.mention) return conversation__is_chat(c.channel) ? send_chat(op, &c, u) : send_letter(op, u, &c);
	TRY(note_not_sent(op, u)); /* what was answered elsewhere is a touchpoint once it stands */
	return keep_touchpoint(op, u, &c);
}

struct sending {
	int64_t next_at;
	bool is_one;
};

static enum err send_next(struct op *op, void *arg)
{
	struct sending *s = arg;
	struct db_rows r;
	*s = (struct sending){.next_at = DESC_NULL_INT};
	const struct db_val is_on = db_int(mail_is_on(op->app)); /* what is a mail waits for it, as its page says */
	TRY(op_query(op, SQL_conversation_unsent, DB_ARGS(db_int(clock_now_ms()), is_on), &r));
	if (r.n) {
		s->is_one = true;
		struct unsent u = {db_rows_id(&r, 0, 0), db_rows_id(&r, 0, 1), db_rows_text(&r, 0, 2), db_rows_text(&r, 0, 3)};
		return send_one(op, &u);
	}
	TRY(op_query(op, SQL_conversation_next_send, DB_ARGS(is_on), &r));
	s->next_at = db_rows_int(&r, 0, 0);
	return OK;
}

enum err conversation_send_job(struct op *op, id job, str payload)
{
	struct sending s = {.is_one = true};
	(void)payload;
	for (int64_t n = 0; s.is_one && job_progress(op, job, n, 0); n++) TRY(op_apart(op->app, "conversation_send", send_next, &s));
	return s.next_at == DESC_NULL_INT ? OK : job_add(op, "conversation_send", S("{}"), s.next_at, S("schedule"), NULL);
}

static enum err wake(struct op *op, void *arg)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_asleep, DB_ARGS(db_int(op->now_ms)), &r));
	for (size_t i = 0; i < r.n; i++) {
		id conversation = db_rows_id(&r, i, 0);
		TRY(op_run(op, SQL_conversation_set_state, DB_ARGS(db_id(conversation), db_int(CONVERSATION_OPEN), db_null(), db_null(), db_int(0)), NULL));
		TRY(conversation__step(op, conversation, "woken", S("")));
		conversation__tell(op, conversation);
	}
	*(bool *)arg = r.n == WOKEN_AT_ONCE;
	return OK;
}

enum err conversation_wake_job(struct op *op, id job, str payload)
{
	bool more = true;
	(void)payload;
	while (more && job_progress(op, job, 0, 0)) TRY(op_apart(op->app, "conversation_wake", wake, &more));
	return OK;
}
