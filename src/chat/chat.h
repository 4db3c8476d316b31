/* chat.h: live chat on sites of the organisation: a page of ours in a frame (/hospes.js), through which a visitor writes and is answered.
 * What is written are conversations (conversation/conversation_chat.h); here is who a visitor is, whether somebody is there, and how much
 * is taken. See DESIGN.md.
 * Invariants: whoever holds a visitor's token reads that visitor's messages and no others; a user id is a visitor's only where the site's
 * secret proved it; a message is answered for only when it is durable, and kept once however often it is sent. */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H
#include "http/web.h"

enum chat_ask { CHAT_ASK_NOT, CHAT_ASK_MAY, CHAT_ASK_MUST };
extern const char *const CHAT_ASKS[];
struct chat_site {
	id site;
	bool is_on;
	int ask_name, ask_email, ask_subject;
	str opens_at, closes_at;
	int64_t days; /* a bit a day, Monday first */
	str email;
};
/* As it is set; of a site of which nothing was: off. */
enum err chat_site_get(struct op *op, id site, struct chat_site *out) NODISCARD;

enum chat_presence { CHAT_HERE, CHAT_NOBODY, CHAT_CLOSED };
extern const char *const CHAT_PRESENCES[];
/* Somebody who may answer has the inbox open and is not away; or nobody, or it is out of the site's hours. */
enum err chat_presence_get(struct op *op, const struct chat_site *s, enum chat_presence *out) NODISCARD;
enum err chat_is_away(struct op *op, id person, bool *out) NODISCARD;
/* What whoever has the inbox open listens to: their stream is how they are known to be there. */
str chat_agent_topic(struct op *op, id person);

/* What a visitor's stream listens to: GET /site/:site/chat/live?token=… ERR_NOT_FOUND, ERR_DENIED. */
enum { CHAT_TOPICS = 2 };
bool chat_is_stream(str path);
enum err chat_stream_topics(struct op *op, struct http_request *rq, str topics[CHAT_TOPICS]) NODISCARD;

/* The address of mail that a visitor said, proven by nobody; "" : none. */
enum err chat_said_email(struct op *op, str visitor, str *out) NODISCARD;
enum err chat_forget_subject(struct op *op, uint32_t subject) NODISCARD;

extern const struct desc CHAT_FRAME_DESC, CHAT_OPEN_DESC, CHAT_STATE_DESC, CHAT_WRITE_DESC, CHAT_TOKEN_DESC, CHAT_RATE_DESC, CHAT_SETTINGS_DESC, CHAT_SETTINGS_INPUT_DESC, CHAT_TRY_DESC, CHAT_PRESENCE_INPUT_DESC;
web_handler chat_frame_get, chat_open_post, chat_state_get, chat_message_post, chat_typing_post, chat_read_post, chat_upload_post, chat_file_get, chat_rating_post;
web_handler chat_settings_get, chat_settings_post, chat_try_post, chat_try_get, chat_presence_post;
#endif
