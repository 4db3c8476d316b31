/* conversation_show.c: one conversation with what is known of its customer beside it. */
#include "conversation/conversation_page.h"

#include "chat/chat.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "i18n/i18n.h"
#include "mail/mail.h"
#include "op/app.h"
#include "order/currency.h"
#include "setting/setting.h"

enum { MERGED_STATUS = 303, MESSAGES = 100, MOMENTS = 8 };

static const struct desc_field FILE_FIELDS[] = {
	FIELD(conversation_file, name, DESC_STR),
	FIELD(conversation_file, address, DESC_STR),
	FIELD(conversation_file, size, DESC_STR),
	FIELD(conversation_file, is_kept, DESC_BOOL),
	FIELD(conversation_file, picture, DESC_STR, .doc = "address that shows it; absent: it is no picture"),
	FIELD(conversation_file, width, DESC_INT),
	FIELD(conversation_file, height, DESC_INT),
};
static const struct desc FILE_DESC = DESC(conversation_file, FILE_FIELDS);
static const struct desc_field MESSAGE_FIELDS[] = {
	FIELD(conversation_message, id, DESC_ID, .prefix = "msg"),
	FIELD(conversation_message, kind, DESC_ENUM, .names = MESSAGE_KINDS, .prefix = "message_kind"),
	FIELD(conversation_message, at, DESC_TIME),
	FIELD(conversation_message, author, DESC_STR),
	FIELD(conversation_message, text, DESC_STR),
	FIELD(conversation_message, folded, DESC_STR, .doc = "quotation and signature below the text"),
	FIELD(conversation_message, is_ours, DESC_BOOL),
	FIELD(conversation_message, is_note, DESC_BOOL),
	FIELD(conversation_message, is_automatic, DESC_BOOL),
	FIELD(conversation_message, is_cut, DESC_BOOL),
	FIELD(conversation_message, is_unproven, DESC_BOOL, .doc = "the server that took it says that the sender is not who they say"),
	FIELD(conversation_message, sending, DESC_MSG),
	FIELD(conversation_message, split, DESC_STR, .doc = "a POST there makes another conversation of it and those behind it"),
	FIELD(conversation_message, undo, DESC_STR),
	FIELD(conversation_message, files, DESC_LIST, .item = DESC_STRUCT, .of = &FILE_DESC),
};
static const struct desc MESSAGE_DESC = DESC(conversation_message, MESSAGE_FIELDS);
static const struct desc_field STEP_FIELDS[] = {
	FIELD(conversation_step, at, DESC_TIME),
	FIELD(conversation_step, who, DESC_STR),
	FIELD(conversation_step, text, DESC_STR),
	FIELD(conversation_step, what, DESC_MSG),
};
static const struct desc STEP_DESC = DESC(conversation_step, STEP_FIELDS);
static const struct desc_field MOMENT_FIELDS[] = {
	FIELD(conversation_moment, time, DESC_TIME),
	FIELD(conversation_moment, title, DESC_MSG),
	FIELD(conversation_moment, channel, DESC_STR),
};
static const struct desc MOMENT_DESC = DESC(conversation_moment, MOMENT_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(conversation_page, finding, DESC_MSG),
	FIELD(conversation_page, conversation, DESC_STRUCT, .of = &CONVERSATION_ROW_DESC),
	FIELD(conversation_page, is_solved, DESC_BOOL),
	FIELD(conversation_page, may_write, DESC_BOOL),
	FIELD(conversation_page, may_mail, DESC_BOOL, .doc = "an answer can be sent"),
	FIELD(conversation_page, is_elsewhere, DESC_BOOL, .doc = "it is answered where it was said; what was answered there is written down"),
	FIELD(conversation_page, is_nobody, DESC_BOOL, .doc = "the customer is known no more, or not yet"),
	FIELD(conversation_page, is_chat, DESC_BOOL, .doc = "the customer may be there now"),
	FIELD(conversation_page, typing, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(conversation_page, live, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(conversation_page, no_mail, DESC_MSG),
	FIELD(conversation_page, said, DESC_MSG, .doc = "of a chat: an address of mail that the customer gave and nobody has proven"),
	FIELD(conversation_page, call, DESC_MSG, .doc = "a colleague calls on whoever looks"),
	FIELD(conversation_page, collision, DESC_MSG, .doc = "who else is writing an answer, or what came in between"),
	FIELD(conversation_page, earlier, DESC_STR),
	FIELD(conversation_page, messages, DESC_LIST, .item = DESC_STRUCT, .of = &MESSAGE_DESC),
	FIELD(conversation_page, tags, DESC_LIST, .item = DESC_STR),
	FIELD(conversation_page, steps, DESC_LIST, .item = DESC_STRUCT, .of = &STEP_DESC),
	FIELD(conversation_page, customer, DESC_STRUCT, .of = &CUSTOMER_ROW_DESC),
	FIELD(conversation_page, moments, DESC_LIST, .item = DESC_STRUCT, .of = &MOMENT_DESC),
	FIELD(conversation_page, others, DESC_LIST, .item = DESC_STRUCT, .of = &CONVERSATION_ROW_DESC),
	FIELD(conversation_page, promises, DESC_LIST, .item = DESC_STRUCT, .of = &WANT_PROMISE_DESC, .doc = "made to the customer, open or overdue"),
	FIELD(conversation_page, scores, DESC_LIST, .item = DESC_STRUCT, .of = &WANT_SCORE_DESC),
	FIELD(conversation_page, orders, DESC_LIST, .item = DESC_STRUCT, .of = &CUSTOMER_ORDER_DESC, .doc = "the latest three"),
	FIELD(conversation_page, macros, DESC_LIST, .item = DESC_STRUCT, .of = &MACRO_FILLED_DESC, .doc = "saved answers, filled for this customer"),
	FIELD(conversation_page, macro, DESC_STRUCT, .of = &INPUT_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(conversation_page, is_macro_asked, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(conversation_page, suggestions, DESC_LIST, .item = DESC_STRUCT, .of = &CONVERSATION_SUGGESTION_DESC, .doc = "public articles that may answer the customer's latest message"),
	FIELD(conversation_page, people, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(conversation_page, priorities, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(conversation_page, snoozes, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(conversation_page, merges, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .doc = "conversations that it can be merged into"),
	FIELD(conversation_page, text, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_page, note, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_page, tag, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc CONVERSATION_PAGE_DESC = DESC(conversation_page, PAGE_FIELDS);

/* ---- messages ---- */

enum column { ID, KIND, AT, AUTHOR, TEXT, FOLDED, IS_AUTOMATIC, IS_CUT, FILES_LEFT, SENTIMENT, SEND_AT, MAIL, MAIL_STATE, ANSWER, ADDRESS, IS_UNPROVEN };

static struct msg sending_of(struct op *op, const struct conversation_page *page, const struct db_rows *r, size_t i)
{
	bool is_read = page->read_at != DESC_NULL_INT && page->read_at >= db_rows_int(r, i, AT), is_mailed = db_rows_id(r, i, MAIL) > 0;
	if (page->is_chat && db_rows_int(r, i, KIND) == MESSAGE_OUT && (is_read || !is_mailed)) return msg_of(is_read ? "conversation_read" : "conversation_delivered");
	if (page->is_elsewhere || db_rows_int(r, i, SEND_AT) == DESC_NULL_INT) return (struct msg){0};
	int64_t state = db_rows_int(r, i, MAIL_STATE);
	if (!db_rows_id(r, i, MAIL)) return msg_of("conversation_sends_soon");
	if (state == DESC_NULL_INT || state < 0 || state > MAIL_BOUNCED) return (struct msg){0};
	return msg_of(str_fmt(&op->arena, "conversation_mail_%s", MAIL_STATES[state]).p);
}

static struct conversation_message message_of(struct op *op, const struct conversation_page *page, const struct db_rows *r, size_t i)
{
	struct conversation_message m = {.id = db_rows_id(r, i, ID), .kind = (int)db_rows_int(r, i, KIND), .at = db_rows_int(r, i, AT), .author = db_rows_text(r, i, AUTHOR), .text = db_rows_text(r, i, TEXT),
		.folded = db_rows_text(r, i, FOLDED), .is_automatic = db_rows_bool(r, i, IS_AUTOMATIC), .is_cut = db_rows_bool(r, i, IS_CUT), .sending = sending_of(op, page, r, i), .is_unproven = db_rows_bool(r, i, IS_UNPROVEN)};
	m.is_ours = m.kind == MESSAGE_OUT;
	m.is_note = m.kind == MESSAGE_NOTE;
	if (!page->is_chat && db_rows_int(r, i, SEND_AT) != DESC_NULL_INT && !db_rows_id(r, i, MAIL)) m.undo = conversation__undo(op, page->conversation.id, m.id);
	return m;
}

static str size_of(struct op *op, int64_t bytes)
{
	enum { KB = 1024 };
	struct msg m = bytes < KB * KB ? msg_int("conversation_kb", "n", (bytes + KB - 1) / KB) : msg_int("conversation_mb", "n", (bytes + KB * KB / 2) / (KB * KB));
	return i18n_msg(&op->arena, &op->locale, &m);
}

static struct conversation_file file_of(struct op *op, const struct conversation_page *page, const struct db_rows *r, size_t i)
{
	str at = page->conversation.address, shown = id_show(&op->arena, S("fil"), db_rows_id(r, i, 0));
	struct conversation_file f = {.name = db_rows_text(r, i, 2), .size = size_of(op, db_rows_int(r, i, 3)), .is_kept = db_rows_bool(r, i, 4), .width = db_rows_int(r, i, 6), .height = db_rows_int(r, i, 7)};
	f.address = str_fmt(&op->arena, "%.*s/files/%.*s", STR_ARG(at), STR_ARG(shown));
	if (db_rows_text(r, i, 5).n) f.picture = str_fmt(&op->arena, "%.*s/pictures/%.*s", STR_ARG(at), STR_ARG(shown));
	return f;
}

static enum err fill_files(struct op *op, struct conversation_page *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_files, DB_ARGS(db_id(page->conversation.id)), &r));
	for (size_t k = 0; k < page->messages.n; k++) {
		struct conversation_message *m = &page->messages.v[k];
		size_t n = 0;
		for (size_t i = 0; i < r.n; i++) m->files.n += db_rows_id(&r, i, 1) == m->id;
		m->files.v = ARENA_ARRAY(&op->arena, struct conversation_file, m->files.n + 1);
		for (size_t i = 0; i < r.n; i++)
			if (db_rows_id(&r, i, 1) == m->id) m->files.v[n++] = file_of(op, page, &r, i);
	}
	return OK;
}

static enum err fill_messages(struct op *op, const struct web *w, struct conversation_page *page)
{
	struct db_rows r;
	int64_t before = INT64_MAX;
	str given = w ? web_query(w, "before") : STR_NONE;
	if (given.n && !str_i64(given, &before)) return fail(op, ERR_INVALID, "before", "is no time of this conversation");
	TRY(op_query(op, SQL_conversation_messages, DB_ARGS(db_id(page->conversation.id), db_int(before), db_int(MESSAGES + 1)), &r));
	size_t n = r.n > MESSAGES ? MESSAGES : r.n;
	page->messages.v = ARENA_ARRAY(&op->arena, struct conversation_message, n + 1);
	page->messages.n = n;
	for (size_t i = 0; i < n; i++) page->messages.v[n - 1 - i] = message_of(op, page, &r, i);
	if (r.n > MESSAGES) page->earlier = str_fmt(&op->arena, "%.*s?before=%lld", STR_ARG(page->conversation.address), (long long)db_rows_int(&r, n - 1, AT));
	return fill_files(op, page);
}

/* ---- beside it ---- */

static enum err fill_customer(struct op *op, struct conversation_page *page)
{
	struct customer_timeline line;
	struct db_rows r;
	uint32_t number = 0;
	str lead;
	page->is_nobody = !page->conversation.customer || !people_find(op->app->people, page->conversation.customer, &number);
	TRY(conversation__beside(op, page->is_nobody ? 0 : number, page));
	if (page->is_nobody) return OK;
	TRY(order_currency(op, &op->arena, &lead));
	TRY(customer_row_get(op, page->conversation.customer, lead, &page->customer));
	TRY(customer_timeline_get(op, number, S(""), MOMENTS, &line));
	page->moments.n = line.touchpoints.n;
	page->moments.v = ARENA_ARRAY(&op->arena, struct conversation_moment, line.touchpoints.n + 1);
	for (size_t i = 0; i < line.touchpoints.n; i++) page->moments.v[i] = (struct conversation_moment){line.touchpoints.v[i].time, line.touchpoints.v[i].title, line.touchpoints.v[i].channel};
	TRY(op_query(op, SQL_conversation_others, DB_ARGS(db_id(page->conversation.customer), db_id(page->conversation.id)), &r));
	page->others.n = r.n;
	page->others.v = ARENA_ARRAY(&op->arena, struct conversation_row, r.n + 1);
	for (size_t i = 0; i < r.n; i++) conversation__fill(op, &r, i, &page->others.v[i]);
	return OK;
}

static enum err fill_history(struct op *op, struct conversation_page *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_steps, DB_ARGS(db_id(page->conversation.id)), &r));
	page->steps.n = r.n;
	page->steps.v = ARENA_ARRAY(&op->arena, struct conversation_step, r.n + 1);
	for (size_t i = 0; i < r.n; i++)
		page->steps.v[i] = (struct conversation_step){db_rows_int(&r, i, 0), db_rows_text(&r, i, 1), db_rows_text(&r, i, 3), msg_of(str_fmt(&op->arena, "conversation_step_%.*s", STR_ARG(db_rows_text(&r, i, 2))).p)};
	TRY(op_query(op, SQL_conversation_tags, DB_ARGS(db_id(page->conversation.id)), &r));
	page->tags.n = r.n;
	page->tags.v = ARENA_ARRAY(&op->arena, str, r.n + 1);
	for (size_t i = 0; i < r.n; i++) page->tags.v[i] = db_rows_text(&r, i, 0);
	return OK;
}

/* One's own draft, and who else has begun one in the last quarter of an hour. */
static enum err fill_drafts(struct op *op, struct conversation_page *page)
{
	enum { WRITING_MS = 15 * 60000 };
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_drafts, DB_ARGS(db_id(page->conversation.id)), &r));
	page->text.value = S("");
	for (size_t i = 0; i < r.n; i++) {
		if (db_rows_id(&r, i, 0) == op->actor.id) page->text.value = db_rows_text(&r, i, 1);
		else if (!page->collision.key && db_rows_int(&r, i, 2) > op->now_ms - WRITING_MS) page->collision = msg_str("conversation_is_written", "name", db_rows_text(&r, i, 3));
	}
	return OK;
}

static enum err fill_choices(struct op *op, struct conversation_page *page)
{
	TRY(conversation__people(op, page->conversation.assignee, &page->people.v, &page->people.n));
	for (int i = 0; CONVERSATION_PRIORITIES[i]; i++) {
		struct msg name = msg_of(str_fmt(&op->arena, "priority_%s", CONVERSATION_PRIORITIES[i]).p);
		customer_option(op, &page->priorities, str_of(CONVERSATION_PRIORITIES[i]), i18n_msg(&op->arena, &op->locale, &name), i == page->conversation.priority);
	}
	for (int i = 0; CONVERSATION_SNOOZES[i].name; i++) {
		struct msg name = msg_of(str_fmt(&op->arena, "snooze_%s", CONVERSATION_SNOOZES[i].name).p);
		customer_option(op, &page->snoozes, str_of(CONVERSATION_SNOOZES[i].name), i18n_msg(&op->arena, &op->locale, &name), i == 1);
	}
	return OK;
}

static enum err fill_call(struct op *op, struct conversation_page *page)
{
	struct db_rows r;
	if (op->actor.kind != ACTOR_PERSON) return OK;
	TRY(op_query(op, SQL_conversation_calls, DB_ARGS(db_id(page->conversation.id), db_id(op->actor.id)), &r));
	if (r.n) page->call = msg_str("conversation_call", "name", db_rows_text(&r, 0, 0));
	return OK;
}

static void fill_moves(struct op *op, struct conversation_page *page)
{
	struct msg untitled = msg_of("inbox_untitled");
	for (size_t i = 0; i < page->others.n; i++) {
		const struct conversation_row *o = &page->others.v[i];
		if (conversation__may_merge(&page->conversation, o)) customer_option(op, &page->merges, id_show(&op->arena, S("cnv"), o->id), o->title.n ? o->title : i18n_msg(&op->arena, &op->locale, &untitled), false);
	}
	for (size_t i = 1; i < page->messages.n && !page->is_chat; i++) {
		struct conversation_message *m = &page->messages.v[i];
		if (!m->is_note) m->split = str_fmt(&op->arena, "%.*s/messages/%.*s/split", STR_ARG(page->conversation.address), STR_ARG(id_show(&op->arena, S("msg"), m->id)));
	}
}

static struct msg finding_of(const struct conversation_row *c)
{
	struct msg m = msg_of(c->state == CONVERSATION_SOLVED ? "conversation_is_solved" : c->state == CONVERSATION_SNOOZED ? "conversation_is_snoozed" : c->is_waiting ? "conversation_waits" : "conversation_is_answered");
	int64_t at = c->state == CONVERSATION_SOLVED ? c->solved_at : c->state == CONVERSATION_SNOOZED ? c->snoozed_until : c->is_waiting ? c->waiting_since : c->changed_at;
	msg_add(&m, (struct msg_arg){.name = "at", .type = MSG_TIME, .i = at});
	return m;
}

static enum err fill_chat(struct op *op, struct conversation_page *page)
{
	str email;
	page->typing = conversation__typing_topic(op, page->conversation.id);
	TRY(chat_said_email(op, page->conversation.contact_address, &email));
	if (email.n) page->said = msg_str(mail_is_on(op->app) ? "conversation_said_mailed" : "conversation_said", "email", email);
	return OK;
}

enum err conversation__page(struct op *op, const struct web *w, id conversation, struct conversation_page **out)
{
	struct conversation_page *page = *out = ARENA_NEW(&op->arena, struct conversation_page);
	struct db_rows marks;
	TRY(conversation__get(op, conversation, &page->conversation));
	page->is_elsewhere = page->conversation.mention;
	TRY(op_query(op, SQL_conversation_contact_marks, DB_ARGS(db_id(page->conversation.contact)), &marks));
	page->is_chat = conversation__is_chat(page->conversation.channel);
	page->read_at = marks.n ? db_rows_int(&marks, 0, 0) : DESC_NULL_INT;
	TRY(fill_messages(op, w, page));
	TRY(fill_customer(op, page));
	TRY(fill_history(op, page));
	TRY(fill_drafts(op, page));
	TRY(fill_call(op, page));
	TRY(fill_choices(op, page));
	page->is_solved = page->conversation.state == CONVERSATION_SOLVED;
	page->may_write = op_may(op, PERM_WRITE_CUSTOMERS);
	page->live = conversation__topic(op, page->conversation.id);
	page->may_mail = page->may_write && !page->is_elsewhere && (page->is_chat || mail_is_on(op->app));
	if (page->is_chat) TRY(fill_chat(op, page));
	else if (!page->is_elsewhere && !mail_is_on(op->app)) page->no_mail = msg_of("conversation_no_mail");
	if (page->may_mail || (page->may_write && page->is_elsewhere)) TRY(conversation__macros(op, w, page));
	page->finding = finding_of(&page->conversation);
	return OK;
}

enum err conversation_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_page *page;
	id conversation;
	TRY(web_id(op, w, "id", "cnv", &conversation));
	id stands_in = conversation;
	TRY(conversation__stands_in(op, &stands_in));
	if (stands_in && stands_in != conversation) {
		a->status = MERGED_STATUS;
		return answer_redirect(a, conversation__address(op, stands_in));
	}
	TRY(conversation__page(op, w, conversation, &page));
	if (page->may_write) fill_moves(op, page);
	a->topics[a->n_topics++] = conversation__topic(op, conversation);
	if (page->is_chat) a->topics[a->n_topics++] = page->typing;
	if (page->may_write && op->actor.kind == ACTOR_PERSON) a->topics[a->n_topics++] = chat_agent_topic(op, op->actor.id);
	return answer_with(a, &CONVERSATION_PAGE_DESC, page);
}

static enum err get_file(struct op *op, const struct web *w, struct db_rows *r)
{
	id conversation, file;
	TRY(web_id(op, w, "id", "cnv", &conversation));
	TRY(web_id(op, w, "file", "fil", &file));
	TRY(op_query(op, SQL_conversation_file_get, DB_ARGS(db_id(file), db_id(conversation)), r));
	if (!r->n || db_cell(r, 0, 0)->type == DB_NULL) return fail(op, ERR_NOT_FOUND, "file", "there is no such file, or it was too large to be kept");
	return OK;
}

enum err conversation_file_get(struct op *op, struct web *w, struct answer *a)
{
	struct db_rows r;
	TRY(get_file(op, w, &r));
	a->text = db_cell(&r, 0, 0)->s;
	a->content_type = S("application/octet-stream"); /* never shown in the console's own name, whatever its sender calls it */
	a->download_name = db_rows_text(&r, 0, 1);
	a->is_private = true;
	return OK;
}

enum err conversation_picture_get(struct op *op, struct web *w, struct answer *a)
{
	struct db_rows r;
	TRY(get_file(op, w, &r));
	a->content_type = db_rows_text(&r, 0, 2);
	if (!a->content_type.n) return fail(op, ERR_NOT_FOUND, "file", "is no picture that is shown");
	a->text = db_cell(&r, 0, 0)->s;
	a->is_private = true;
	return OK;
}
