/* conversation_mention.c: what was said in public, taken into the inbox. Each mention has a contact of its own: an account says nothing of
 * who somebody is, so two posts of one account are not one person's until a person says so of each (src/listen). It is answered where
 * it was said; what was answered there is written down here. The mention's touchpoint stands for its message. */
#include "conversation/conversation.h"

#include <math.h>

#include "audit/audit.h"
#include "base/utf8.h"
#include "consent/consent.h"
#include "conversation/conversation_row.h"
#include "i18n/i18n.h"
#include "search/search.h"

enum { TITLE_BYTES = 90 };
enum column { AT, NETWORK, TITLE, TEXT, AUTHOR, LANGUAGE, SENTIMENT, TOPICS, SIGNALS, SUBJECT, RATING, RATING_MAX };

enum err conversation_mention_address(struct op *op, id mention, str *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_of_mention, DB_ARGS(db_id(mention)), &r));
	*out = r.n ? conversation__address(op, db_rows_id(&r, 0, 0)) : STR_NONE;
	return OK;
}

enum err conversation_mention_joined(struct op *op, id mention, uint32_t subject)
{
	return op_run(op, SQL_conversation_mention_is_of, DB_ARGS(db_id(mention), db_int(subject)), NULL);
}

static str words_of(struct op *op, const struct db_rows *r)
{
	str title = db_rows_text(r, 0, TITLE), text = db_rows_text(r, 0, TEXT);
	if (title.n && text.n) return str_fmt(&op->arena, "%.*s\n%.*s", STR_ARG(title), STR_ARG(text));
	if (title.n || text.n) return title.n ? title : text;
	return str_fmt(&op->arena, "%g / %g", db_rows_real(r, 0, RATING), db_rows_real(r, 0, RATING_MAX)); /* a rating alone */
}

static str title_of(struct op *op, str words)
{
	str rest = words, line = str_cut(&rest, '\n');
	return line.n <= TITLE_BYTES ? line : str_fmt(&op->arena, "%.*s…", STR_ARG(str_trim(utf8_cut(line, TITLE_BYTES))));
}

static struct db_val text_or_null(const struct db_rows *r, size_t column)
{
	str text = db_rows_text(r, 0, column);
	return db_text(text.n ? text : STR_NONE);
}

/* What a sender calls a network may be the name of a channel that is answered here. */
static str channel_of(str network)
{
	return str_eq(network, S("email")) || conversation__is_chat(network) ? S("sent") : network;
}

static enum err take_up(struct op *op, id mention, const struct db_rows *r, id *out)
{
	id contact = id_new(), message = id_new(), conversation = *out = id_new();
	str shown = id_show(&op->arena, S("men"), mention), words = words_of(op, r), author = db_rows_text(r, 0, AUTHOR).n ? db_rows_text(r, 0, AUTHOR) : S("");
	int64_t at = db_rows_int(r, 0, AT);
	const struct db_val network = db_text(channel_of(db_rows_text(r, 0, NETWORK)));
	TRY(op_run(op, SQL_conversation_contact_add, DB_ARGS(db_id(contact), network, db_text(shown), db_text(author), db_int(db_rows_int(r, 0, SUBJECT))), NULL));
	TRY(op_run(op, SQL_conversation_add,
		DB_ARGS(db_id(conversation), network, db_id(contact), db_text(title_of(op, words)), db_text(S("")), db_int(CONVERSATION_OPEN), db_bool(false), db_int(at), db_null()), NULL));
	TRY(op_run(op, SQL_conversation_is_of_mention, DB_ARGS(db_id(conversation), db_id(mention)), NULL));
	TRY(op_run(op, SQL_conversation_message_add,
		DB_ARGS(db_id(message), db_id(conversation), db_int(MESSAGE_IN), db_id(contact), db_id(0), db_text(author), db_int(at), db_int(op->now_ms), db_text(shown), db_null(), db_text(words), db_text(S("")), db_bool(false),
			db_bool(false), db_int(0), text_or_null(r, LANGUAGE), text_or_null(r, SENTIMENT), db_text(db_rows_text(r, 0, TOPICS)), db_text(db_rows_text(r, 0, SIGNALS)), db_null(), db_bool(false)),
		NULL));
	TRY(conversation__settle(op, conversation, message, MESSAGE_IN, at, false));
	TRY(op_run(op, SQL_conversation_feels, DB_ARGS(db_id(conversation), text_or_null(r, SENTIMENT)), NULL));
	TRY(conversation__step(op, conversation, "taken_up", S("")));
	TRY(search_note(op, SEARCH_MESSAGE, message));
	TRY(audit_write(op, "mention_taken_up", "conversation", conversation, STR_NONE, shown));
	conversation__tell(op, conversation);
	return OK;
}

enum err conversation_mention_post(struct op *op, struct web *w, struct answer *a)
{
	struct db_rows of;
	id mention, conversation;
	str address;
	TRY(web_id(op, w, "id", "men", &mention));
	TRY(op_query(op, SQL_mention_told, DB_ARGS(db_int(PURPOSE_ANALYTICS), db_id(mention)), &of));
	if (!of.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such mention");
	TRY(conversation_mention_address(op, mention, &address));
	if (str_given(address)) return answer_redirect(a, address);
	TRY(take_up(op, mention, &of, &conversation));
	a->notice = msg_of("notice_mention_taken_up");
	return answer_redirect(a, conversation__address(op, conversation));
}
