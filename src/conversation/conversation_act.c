/* conversation_act.c: what people do with a conversation. An answer is a message at once, goes into the outbox when it can be taken back
 * no more, and is refused where something was written in between that its writer has not seen. */
#include "audit/audit.h"
#include "chat/chat.h"
#include "conversation/conversation_page.h"
#include "conversation/service_level.h"
#include "customer/customer.h"
#include "mail/mail.h"
#include "search/search.h"
#include "setting/setting.h"

enum { ANSWER_BYTES = 60000, TAG_BYTES = 160, HOUR_MS = 3600000, SECOND_MS = 1000 };

const struct conversation_snooze CONVERSATION_SNOOZES[] = {{"hours", 4}, {"day", 24}, {"days", 72}, {"week", 168}, {NULL, 0}};

struct answer_input {
	str text, seen, then, macro;
};
static const struct desc_field ANSWER_FIELDS[] = {
	FIELD(answer_input, text, DESC_STR, .max = ANSWER_BYTES, .flags = DESC_REQUIRED),
	FIELD(answer_input, seen, DESC_STR, .max = 20, .doc = "the conversation's revision that its writer saw; empty: whatever it is"),
	FIELD(answer_input, then, DESC_STR, .max = 10, .doc = "solve: the conversation is solved with it"),
	FIELD(answer_input, macro, DESC_STR, .doc = "the form's search for saved answers: not read"),
};
const struct desc CONVERSATION_ANSWER_DESC = {"conversation_answer", sizeof(struct answer_input), ANSWER_FIELDS, COUNT_OF(ANSWER_FIELDS)};
struct text_input {
	str text, seen, macro;
};
static const struct desc_field TEXT_FIELDS[] = {
	FIELD(text_input, text, DESC_STR, .max = ANSWER_BYTES),
	FIELD(text_input, seen, DESC_STR, .doc = "of the form of an answer: not read"),
	FIELD(text_input, macro, DESC_STR, .doc = "of the form of an answer: not read"),
};
const struct desc CONVERSATION_TEXT_DESC = {"conversation_text", sizeof(struct text_input), TEXT_FIELDS, COUNT_OF(TEXT_FIELDS)};
struct choice_input {
	str value;
};
static const struct desc_field CHOICE_FIELDS[] = {FIELD(choice_input, value, DESC_STR, .max = TAG_BYTES, .doc = "a person's id (empty: nobody), a priority, a tag, another conversation, or how long: hours, day, days, week")};
const struct desc CONVERSATION_CHOICE_DESC = {"conversation_choice", sizeof(struct choice_input), CHOICE_FIELDS, COUNT_OF(CHOICE_FIELDS)};

enum err conversation__open(struct op *op, const struct web *w, struct conversation_row *c)
{
	id conversation;
	TRY(web_id(op, w, "id", "cnv", &conversation));
	TRY(conversation__get(op, conversation, c));
	return c->state == CONVERSATION_MERGED ? fail(op, ERR_STATE, "id", "was merged into another conversation") : OK;
}

static enum err done(struct op *op, struct answer *a, const struct conversation_row *c, const char *notice)
{
	conversation__tell(op, c->id);
	conversation__tell_visitor(op, c);
	if (notice) a->notice = msg_of(notice);
	return answer_redirect(a, c->address);
}

enum err conversation__choose(struct op *op, struct web *w, struct conversation_row *c, str *value)
{
	struct choice_input in;
	TRY(conversation__open(op, w, c));
	TRY(web_input(op, w, &CONVERSATION_CHOICE_DESC, &in));
	*value = str_trim(in.value);
	return OK;
}

str conversation__undo(struct op *op, id conversation, id message)
{
	return str_fmt(&op->arena, "%.*s/messages/%.*s/undo", STR_ARG(conversation__address(op, conversation)), STR_ARG(id_show(&op->arena, S("msg"), message)));
}

/* ---- messages ---- */

str conversation__doer(const struct op *op, const struct web *w)
{
	if (w->person_name.n) return w->person_name;
	return op->actor.name.n ? op->actor.name : S("Hospes");
}

/* Of a chat: where the customer left an address, they get by mail what they have not read by then. */
static enum err when_to_mail(struct op *op, const struct conversation_row *c, enum message_kind kind, int64_t *at)
{
	str email = S("");
	if (kind != MESSAGE_OUT) return OK;
	bool is_chat = conversation__is_chat(c->channel);
	if (is_chat) TRY(chat_said_email(op, c->contact_address, &email));
	if (is_chat && (!email.n || !mail_is_on(op->app))) return OK;
	*at = op->now_ms + SECOND_MS * setting_int(op->app, is_chat ? SETTING_chat_unread_s : SETTING_inbox_undo_s);
	return OK;
}

static enum err add_message(struct op *op, const struct web *w, const struct conversation_row *c, enum message_kind kind, str text, id *message)
{
	int64_t send_at = DESC_NULL_INT;
	TRY(when_to_mail(op, c, kind, &send_at));
	bool is_person = op->actor.kind == ACTOR_PERSON;
	*message = id_new();
	TRY(op_run(op, SQL_conversation_message_add,
		DB_ARGS(db_id(*message), db_id(c->id), db_int(kind), db_id(kind == MESSAGE_OUT ? c->contact : 0), db_id(is_person ? op->actor.id : 0), db_text(conversation__doer(op, w)), db_int(op->now_ms), db_int(op->now_ms),
			db_text(id_show(&op->arena, S("msg"), *message)), db_null(), db_text(text), db_text(S("")), db_bool(false), db_bool(false), db_int(0), db_null(), db_null(), db_text(S("")), db_text(S("")), db_int_or_null(send_at), db_bool(false)),
		NULL));
	TRY(search_note(op, SEARCH_MESSAGE, *message));
	TRY(conversation__calls_seen(op, c->id));
	if (kind == MESSAGE_NOTE) TRY(conversation__call_on(op, c, *message, text, conversation__doer(op, w)));
	if (kind == MESSAGE_NOTE) return op_run(op, SQL_conversation_touch, DB_ARGS(db_id(c->id)), NULL);
	TRY(conversation__settle(op, c->id, *message, kind, op->now_ms, false));
	if (conversation__is_chat(c->channel)) TRY(conversation__chat_answered(op, c, *message, conversation__doer(op, w), text));
	return send_at == DESC_NULL_INT ? OK : job_add(op, "conversation_send", S("{}"), send_at, S("schedule"), NULL);
}

static enum err refuse(struct op *op, const struct web *w, struct answer *a, id conversation, str text, struct msg collision)
{
	struct conversation_page *page;
	size_t n;
	struct form_fault *faults = web_faults(op, &n);
	TRY(conversation__page(op, w, conversation, &page));
	page->text.value = text.p ? text : S("");
	page->faults.v = faults;
	page->faults.n = collision.key ? 0 : n;
	if (collision.key) page->collision = collision;
	return answer_refused(op, a, &CONVERSATION_PAGE_DESC, page);
}

static enum err set_state(struct op *op, const struct conversation_row *c, enum conversation_state state, int64_t until, const char *what)
{
	bool is_reopened = c->state == CONVERSATION_SOLVED && state == CONVERSATION_OPEN;
	TRY(op_run(op, SQL_conversation_set_state, DB_ARGS(db_id(c->id), db_int(state), db_int_or_null(until), db_int_or_null(state == CONVERSATION_SOLVED ? op->now_ms : DESC_NULL_INT), db_int(is_reopened)), NULL));
	TRY(service_settle(op, c->id));
	return conversation__step(op, c->id, what, S(""));
}

static enum err solve(struct op *op, const struct conversation_row *c)
{
	str ended = conversation__is_chat(c->channel) ? S("Live Chat Conversation Ended") : S("Conversation Ended");
	if (c->customer && !c->is_automatic) {
		str shown = id_show(&op->arena, S("cnv"), c->id);
		const struct customer_pair pairs[] = {{"conversation", shown}, {"subject", c->title}};
		TRY(customer_keep(op, c->customer, ended, c->channel, str_fmt(&op->arena, "%.*s-ended-%lld", STR_ARG(shown), (long long)c->reopened), pairs, COUNT_OF(pairs)));
	}
	return set_state(op, c, CONVERSATION_SOLVED, DESC_NULL_INT, "solved");
}

enum err conversation_answer_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	struct answer_input in = {STR_NONE};
	int64_t seen;
	id message;
	TRY(conversation__open(op, w, &c));
	bool is_chat = conversation__is_chat(c.channel);
	enum err e = web_input(op, w, &CONVERSATION_ANSWER_DESC, &in);
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, w, a, c.id, in.text, (struct msg){0});
	TRY(e);
	if (in.then.n && !str_eq(in.then, S("solve"))) return fail(op, ERR_INVALID, "then", "must be solve, or left out");
	if (!is_chat && in.seen.n && (!str_i64(in.seen, &seen) || seen != c.revision)) {
		if (!w->wants_json) return refuse(op, w, a, c.id, in.text, msg_of("conversation_moved_on"));
		return fail(op, ERR_CONFLICT, "seen", "something was written in between: read it before answering");
	}
	if (!is_chat && !c.mention && !mail_is_on(op->app)) return fail(op, ERR_STATE, "mail", "is not set up: see the settings");
	TRY(add_message(op, w, &c, MESSAGE_OUT, str_trim(in.text), &message));
	TRY(op_run(op, SQL_conversation_draft_remove, DB_ARGS(db_id(c.id), db_int(op->actor.id)), NULL));
	if (str_eq(in.then, S("solve"))) TRY(solve(op, &c));
	TRY(audit_write(op, "conversation_answered", "conversation", c.id, STR_NONE, STR_NONE));
	if (!is_chat) a->undo = conversation__undo(op, c.id, message);
	return done(op, a, &c, is_chat ? NULL : c.mention ? "notice_conversation_written" : "notice_conversation_answered");
}

enum err conversation_note_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	struct text_input in;
	id message;
	TRY(conversation__open(op, w, &c));
	TRY(web_input(op, w, &CONVERSATION_TEXT_DESC, &in));
	if (!str_trim(in.text).n) return fail(op, ERR_INVALID, "text", "is empty");
	TRY(add_message(op, w, &c, MESSAGE_NOTE, str_trim(in.text), &message));
	return done(op, a, &c, "notice_saved");
}

enum err conversation_draft_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	struct text_input in;
	TRY(conversation__open(op, w, &c));
	TRY(web_input(op, w, &CONVERSATION_TEXT_DESC, &in));
	if (str_trim(in.text).n) TRY(op_run(op, SQL_conversation_draft_put, DB_ARGS(db_id(c.id), db_int(op->actor.id), db_text(in.text), db_int(op->now_ms)), NULL));
	else TRY(op_run(op, SQL_conversation_draft_remove, DB_ARGS(db_id(c.id), db_int(op->actor.id)), NULL));
	a->notice = msg_of("notice_conversation_draft");
	return answer_redirect(a, c.address);
}

/* What was written stands as the draft again. */
enum err conversation_undo_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	struct db_rows r;
	id message;
	TRY(conversation__open(op, w, &c));
	TRY(web_id(op, w, "message", "msg", &message));
	if (conversation__is_chat(c.channel)) return fail(op, ERR_STATE, "message", "was read or may have been: what is said in a chat is said");
	TRY(op_query(op, SQL_conversation_take_back, DB_ARGS(db_id(message), db_id(c.id)), &r));
	if (!r.n) return fail(op, ERR_STATE, "message", "has been sent, or is no answer that was written here");
	id person = db_rows_id(&r, 0, 1);
	TRY(op_run(op, SQL_conversation_draft_put, DB_ARGS(db_id(c.id), db_int(person ? person : op->actor.id), db_text(db_rows_text(&r, 0, 0)), db_int(op->now_ms)), NULL));
	TRY(search_note(op, SEARCH_MESSAGE, message));
	TRY(conversation__settle_anew(op, c.id));
	if (c.state == CONVERSATION_SOLVED) TRY(set_state(op, &c, CONVERSATION_OPEN, DESC_NULL_INT, "reopened"));
	return done(op, a, &c, "notice_conversation_taken_back");
}

/* ---- choices ---- */

enum err conversation_assign_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	struct option *people;
	size_t n, at = 0;
	str value;
	id person = 0;
	TRY(conversation__choose(op, w, &c, &value));
	TRY(conversation__people(op, 0, &people, &n));
	while (at < n && !str_eq(people[at].value, value)) at++;
	if (at == n || (value.n && !id_read(S("per"), value, &person))) return fail(op, ERR_INVALID, "value", "is nobody of this workspace");
	TRY(op_run(op, SQL_conversation_assign, DB_ARGS(db_id(c.id), db_id(person)), NULL));
	TRY(conversation__step(op, c.id, "assigned", person ? people[at].label : S("")));
	return done(op, a, &c, "notice_saved");
}

enum err conversation_priority_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	str value;
	int priority = 0;
	TRY(conversation__choose(op, w, &c, &value));
	while (CONVERSATION_PRIORITIES[priority] && !str_eq(value, str_of(CONVERSATION_PRIORITIES[priority]))) priority++;
	if (!CONVERSATION_PRIORITIES[priority]) return fail(op, ERR_INVALID, "value", "must be one of: low, normal, high, urgent");
	TRY(op_run(op, SQL_conversation_prioritise, DB_ARGS(db_id(c.id), db_int(priority)), NULL));
	TRY(service_settle(op, c.id));
	TRY(conversation__step(op, c.id, "priority", value));
	return done(op, a, &c, "notice_saved");
}

enum err conversation_tag_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	str value;
	TRY(conversation__choose(op, w, &c, &value));
	if (!value.n) return fail(op, ERR_INVALID, "value", "is empty");
	TRY(op_run(op, SQL_conversation_tag_add, DB_ARGS(db_id(c.id), db_text(value)), NULL));
	TRY(conversation__step(op, c.id, "tagged", value));
	return done(op, a, &c, NULL);
}

enum err conversation_untag_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	str value;
	TRY(conversation__choose(op, w, &c, &value));
	TRY(op_run(op, SQL_conversation_tag_remove, DB_ARGS(db_id(c.id), db_text(value)), NULL));
	TRY(conversation__step(op, c.id, "untagged", value));
	return done(op, a, &c, NULL);
}

enum err conversation_snooze_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	str value;
	int i = 0;
	TRY(conversation__choose(op, w, &c, &value));
	while (CONVERSATION_SNOOZES[i].name && !str_eq(value, str_of(CONVERSATION_SNOOZES[i].name))) i++;
	if (!CONVERSATION_SNOOZES[i].name) return fail(op, ERR_INVALID, "value", "must be one of: hours, day, days, week");
	if (c.state == CONVERSATION_SOLVED) return fail(op, ERR_STATE, "id", "is solved: reopen it first");
	TRY(set_state(op, &c, CONVERSATION_SNOOZED, op->now_ms + CONVERSATION_SNOOZES[i].hours * HOUR_MS, "snoozed"));
	a->undo = str_fmt(&op->arena, "%.*s/reopen", STR_ARG(c.address));
	return done(op, a, &c, "notice_conversation_snoozed");
}

enum err conversation_solve_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	TRY(conversation__open(op, w, &c));
	if (c.state == CONVERSATION_SOLVED) return fail(op, ERR_STATE, "id", "is solved already");
	TRY(solve(op, &c));
	a->undo = str_fmt(&op->arena, "%.*s/reopen", STR_ARG(c.address));
	return done(op, a, &c, "notice_conversation_solved");
}

enum err conversation_reopen_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	TRY(conversation__open(op, w, &c));
	if (c.state == CONVERSATION_OPEN) return fail(op, ERR_STATE, "id", "is open");
	TRY(set_state(op, &c, CONVERSATION_OPEN, DESC_NULL_INT, c.state == CONVERSATION_SOLVED ? "reopened" : "woken"));
	return done(op, a, &c, "notice_saved");
}
