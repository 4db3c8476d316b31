/* mail_inner.h: what the files of src/mail share. */
#ifndef MAIL_MAIL_INNER_H
#define MAIL_MAIL_INNER_H
#include "mail/mail.h"

#define MAIL_JOB "mail_send"
#define MAIL_BOUNCE_JOB "mail_bounces"
#define MAIL_PAGE_JOB "mail_page"
#define MAIL_FOLLOWER_JOB "invite_send" /* which looks how mails ended */
/* The server does not take mail since then; tries 0: it does. */
struct mail__outage {
	int64_t since_ms, tries, code;
	str answer;
};
enum err mail__outage(struct op *op, struct mail__outage *out) NODISCARD;

/* How far the mailbox was read that mail comes back to. */
struct mail__mailbox {
	int64_t uid_validity, uid_next; /* 0: it was never read */
	int64_t looked_ms, fault_ms;    /* DESC_NULL_INT: never; it can be read */
	int64_t found;
	str fault;
};
enum err mail__mailbox(struct op *op, struct mail__mailbox *out) NODISCARD;
#endif
