/* chat_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef CHAT_CHAT_INNER_H
#define CHAT_CHAT_INNER_H
#include "chat/chat.h"
#include "site/site.h"

struct chat_visitor {
	id id, site;
	str user_id; /* absent: not proven */
	int64_t subject;
	str name, email, language;
	bool is_kept; /* a row: something was written, or a user was proven */
	str shown;    /* "vis_…" */
};
/* The site of the address, which offers a chat, asked for by a page that may. */
enum err chat__open_site(struct op *op, const struct web *w, struct site *site, struct chat_site *s) NODISCARD;
/* Whoever the token names; ERR_DENIED: it is none of this site, or holds no more. */
enum err chat__visitor(struct op *op, id site, str token, struct chat_visitor *out) NODISCARD;
/* The token of whoever comes: with a proven user theirs on every device, else that of the token given, else a new one. */
enum err chat__come(struct op *op, id site, str token, str user, str proof, str language, struct chat_visitor *out) NODISCARD;
str chat__token(struct op *op, const struct chat_visitor *v);
/* The visitor of the query's or the body's token. */
str chat__topic(struct op *op, const struct chat_visitor *v);

/* Answers ERR_RATE where one address asks too often. */
enum err chat__count_flood(struct op *op, const struct web *w) NODISCARD;

/* What a visitor sees of their chat since a time; for a body, or as part of one. */
struct chat_state;
enum err chat__state(struct op *op, const struct chat_site *s, const struct chat_visitor *v, int64_t since, struct chat_state **out) NODISCARD;
/* What was written just now alone: no cursor, since what was before it may not have been seen. */
enum err chat__state_now(struct op *op, const struct chat_site *s, const struct chat_visitor *v, struct chat_state **out) NODISCARD;
struct msg chat__presence_text(const struct chat_site *s, enum chat_presence p);
#endif
