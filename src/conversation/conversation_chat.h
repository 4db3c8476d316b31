/* conversation_chat.h: a live chat as the conversations see it. The contact's address is the visitor's id, "vis_…"; its customer is
 * whoever the site's server vouches for, else the visitor without a name. Who may ask is src/chat's affair. */
#ifndef CONVERSATION_CONVERSATION_CHAT_H
#define CONVERSATION_CONVERSATION_CHAT_H
#include "conversation/conversation.h"

struct received_file;
struct conversation_chat_letter {
	str visitor, user_id; /* the latter absent unless proven */
	str name, title, text;
	str client;           /* under which its sender keeps it: sent twice, it is kept once */
	const struct received_file *files;
	size_t n_files;
};
struct conversation_chat_kept {
	id conversation, message;
	uint32_t subject;
	bool is_erased; /* its customer was: not kept */
};
/* Durable with the commit. Joins the visitor's conversation unless that was solved a day ago or longer. */
enum err conversation_chat_take(struct op *op, const struct conversation_chat_letter *l, struct conversation_chat_kept *out) NODISCARD;

struct conversation_chat_file {
	id id;
	str name;
	int64_t size;
};
struct conversation_chat_message {
	id id;
	int64_t at, kept_at;
	str author, text, client; /* client: of those of the visitor */
	bool is_ours;
	LIST_OF(struct conversation_chat_file) files;
};
struct conversation_chat {
	id conversation; /* the newest; 0: nothing was written */
	int state;       /* enum conversation_state */
	int64_t resolution, solved_at, read_at, seen_at;
	str title;
};
enum err conversation_chat_get(struct op *op, str visitor, struct conversation_chat *out) NODISCARD;
/* The newest `most` of those that were kept at `since` or later, in the order of time. */
enum err conversation_chat_messages(struct op *op, str visitor, int64_t since, size_t most, struct conversation_chat_message **out, size_t *n) NODISCARD;
/* ERR_NOT_FOUND unless it is of this visitor. */
enum err conversation_chat_file(struct op *op, str visitor, id file, str *bytes, str *name) NODISCARD;
/* The customer has read up to there. */
enum err conversation_chat_read(struct op *op, str visitor, int64_t at) NODISCARD;
/* A step in the history, such as "rated". */
enum err conversation_chat_step(struct op *op, id conversation, const char *what, str text) NODISCARD;
/* Pages of ours that show the conversation show who writes for some seconds. */
void conversation_chat_typing(struct op *op, id conversation);
#endif
