/* conversation_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef CONVERSATION_CONVERSATION_INNER_H
#define CONVERSATION_CONVERSATION_INNER_H
#include "conversation/conversation.h"

struct received_file;
/* A message as every channel gives it. */
struct conversation__letter {
	str channel, address, name; /* of the customer, also where it goes to them */
	str title, base, text, folded, author, key, message_id;
	const str *references; /* the nearest last */
	size_t n_references;
	const struct received_file *files;
	size_t n_files, files_left;
	int64_t at_ms;
	id person;
	enum message_kind kind;
	bool is_answer, is_automatic, is_cut;
	bool is_to_us;    /* it names an address of ours as who it is for */
	bool is_unproven; /* who says they wrote it may not have: nothing is concluded from it */
	str user_id; /* of a chat: the site's server vouches for it */
	id into;     /* the conversation it belongs to, where the channel knows; 0: it is found */
};
struct conversation__kept {
	enum conversation_taken taken;
	id conversation, message;
};
enum err conversation__keep(struct conversation_intake *in, struct conversation__letter *l, struct conversation__kept *out) NODISCARD;
/* Of whatever is said in this operation, be it of many chats: durable before its commit. */
enum err conversation__shared(struct op *op, struct conversation_intake **out) NODISCARD;
/* The touchpoint of a message that is a row already. */
enum err conversation__note(struct op *op, const struct conversation__letter *l, id conversation) NODISCARD;
bool conversation__is_chat(str channel);

/* The conversation that one was merged into, or itself; 0: it is there no more. */
enum err conversation__stands_in(struct op *op, id *conversation) NODISCARD;
/* Tells who wrote that it arrived, where the settings say so; nothing where a program may be at the other end (RFC 3834), and once a
 * conversation and day. language: of what they wrote, as far as it is known. */
enum err conversation__acknowledge(struct op *op, const struct conversation__letter *l, id conversation, id contact, uint32_t subject, str language) NODISCARD;
/* After a message was added: who waits for whom, which answer was the first, and that a customer's message opens what was solved. */
enum err conversation__settle(struct op *op, id conversation, id message, enum message_kind kind, int64_t at_ms, bool is_automatic) NODISCARD;
/* The same of all of its messages, after one was taken away. */
enum err conversation__settle_anew(struct op *op, id conversation) NODISCARD;
enum err conversation__step(struct op *op, id conversation, const char *what, str text) NODISCARD;
/* Pages that show it, or lists, ask again once this is committed. */
void conversation__tell(struct op *op, id conversation);
/* The page of the conversation alone: its lists show nothing else than before. */
void conversation__tell_shown(struct op *op, id conversation);
str conversation__topic(struct op *op, id conversation);
str conversation__typing_topic(struct op *op, id conversation);
#define CONVERSATION_TOPIC S("conversations")
#endif
