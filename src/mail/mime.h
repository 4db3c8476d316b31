/* mime.h: a message as bytes (RFC 5322, MIME, by GMime): text and HTML as alternatives, UTF-8, lines ending in CRLF. */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H
#include "base/arena.h"
#include "base/err.h"

struct mime_message {
	str from_name, from, to_name, to;
	str message_id;  /* without its angle brackets */
	str subject, text, html, language;
	int64_t date_ms; /* UTC */
	str answers, references; /* Message-IDs, with spaces, without brackets; absent: it answers none */
	bool is_personal;        /* a person wrote it: no Auto-Submitted */
	bool is_reply;           /* a program answers: auto-replied (RFC 3834) */
	str unsubscribe; /* https: address that a POST unsubscribes at (RFC 8058); absent: none */
};
/* The bytes lie in the arena. The same message gives the same bytes but for the border between its parts. */
str mime_write(struct arena *a, const struct mime_message *m);
/* GMime has to be begun once, before anything of it is used. */
void mime_start(void);
#endif
