/* smtp.h: one message to one recipient over SMTP (RFC 5321, by libcurl), so that the answer is of that recipient. */
#ifndef MAIL_SMTP_H
#define MAIL_SMTP_H
#include "base/arena.h"
#include "base/err.h"
#include "mail/server.h"

enum smtp_outcome {
	SMTP_TAKEN,
	SMTP_LATER,        /* this message may be taken later: 4xx */
	SMTP_REFUSED,      /* this message never: 5xx */
	SMTP_NO_RECIPIENT, /* 5xx to the recipient */
	SMTP_OUTAGE,       /* nothing is taken: not reached, no TLS, sign-in or sender refused */
	SMTP_STOPPED,      /* go_on said so, before the message was whole: it was not taken */
};
struct smtp_result {
	enum smtp_outcome outcome;
	int code;           /* the server's last reply; 0: none */
	str answer;         /* its words, or what kept us from getting any; one line */
	bool is_uncertain;  /* the message was given whole and no answer came: it may have been taken */
};

struct smtp; /* keeps the connection between transfers; of one thread */
/* greets_as: host name in EHLO; empty: the machine's. NULL: no memory. */
struct smtp *smtp_new(const struct mail_server *server, str greets_as);
void smtp_free(struct smtp *s);
/* sender and recipient: addresses alone. go_on is asked about once a second and may be NULL. answer lies in the arena. */
void smtp_send(struct smtp *s, struct arena *a, str sender, str recipient, str message, bool (*go_on)(void *arg), void *arg, struct smtp_result *out);
#endif
