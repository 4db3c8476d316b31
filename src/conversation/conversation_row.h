/* conversation_row.h: a conversation as lists and its page show it. */
#ifndef CONVERSATION_CONVERSATION_ROW_H
#define CONVERSATION_CONVERSATION_ROW_H
#include "conversation/conversation_inner.h"

struct conversation_row {
	id id;
	str address, title, channel, person, contact_address, customer_address, assignee_name, last_text;
	id customer, assignee, contact, mention; /* mention: what was said in public that it began with */
	str mention_address, mention_url;
	int state, priority;
	int due_what; /* enum service_target */
	bool is_automatic, is_waiting, is_urgent, is_overdue, is_due_soon;
	int64_t made_at, changed_at, waiting_since, snoozed_until, solved_at, messages, revision, reopened, due_at;
	struct msg feels;
};
extern const struct desc CONVERSATION_ROW_DESC;
void conversation__fill(struct op *op, const struct db_rows *r, size_t i, struct conversation_row *out);
/* ERR_NOT_FOUND. */
enum err conversation__get(struct op *op, id conversation, struct conversation_row *out) NODISCARD;
enum err conversation__people(struct op *op, id chosen, struct option **out, size_t *n) NODISCARD;
str conversation__address(struct op *op, id conversation);

/* Both by mail, of one customer. */
bool conversation__may_merge(const struct conversation_row *c, const struct conversation_row *into);

/* Of a chat, after the commit; of another channel nothing. */
void conversation__tell_visitor(struct op *op, const struct conversation_row *c);
enum err conversation__chat_answered(struct op *op, const struct conversation_row *c, id message, str author, str text) NODISCARD;
#endif
