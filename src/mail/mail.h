/* mail.h: mail that the workspace sends. A message is put into the outbox in the transaction of what causes it, so that
 * neither is there without the other, and sent by the job mail_send over SMTP, one recipient a transfer. See DESIGN.md.
 * Invariants: what the server's recorded answer says was taken is never sent again; what was not is never lost; while no
 * server is set nothing leaves and nothing is put. */
#ifndef MAIL_MAIL_H
#define MAIL_MAIL_H
#include "op/op.h"

struct person;

enum mail_kind { MAIL_TEST, MAIL_PAGE, MAIL_PASSWORD, MAIL_INVITATION, MAIL_CUSTOMER /* a letter to a customer */, MAIL_ALERT, MAIL_SURVEY, MAIL_ANSWER /* of a person, in a conversation */, MAIL_ACKNOWLEDGEMENT /* of a program, to what somebody wrote */, MAIL_CALLED /* a colleague calls on somebody */ };
extern const char *const MAIL_KINDS[];
enum mail_state { MAIL_QUEUED, MAIL_SENDING, MAIL_SENT, MAIL_FAILED /* refused, or given up */, MAIL_BOUNCED /* there is no such recipient */ };
extern const char *const MAIL_STATES[];

struct mail_message {
	enum mail_kind kind;
	id person;           /* of the workspace; 0: nobody of it */
	uint32_t customer_subject; /* of a customer's address: the mail is erased with it; 0: no customer's */
	str recipient, name; /* address; how it is addressed, may be empty */
	str language;
	str subject, text, html;
	int64_t not_before_ms; /* 0: at once */
	str answers, references; /* of an answer: Message-ID of what it answers, and those before it with spaces, without brackets; may be absent */
	str unsubscribe;     /* whole address that ends it without sign-in (RFC 8058); absent: it is asked for, or personal */
};

/* A server and a sender are set. */
bool mail_is_on(const struct app *app);
/* Puts it into the outbox. ERR_STATE: mail is not set up. ERR_INVALID: an address that is none, a line break or another
 * control character in what becomes a header, texts that are too long. */
enum err mail_put(struct op *op, const struct mail_message *m, id *out) NODISCARD;
/* Message-ID of one that was put, without its brackets. */
str mail_message_id(struct op *op, id mail);
/* What a server reported of a mail is written down, and whatever it belonged to ends or goes on; *changed: mails that are known to have failed
 * only now. A report of no mail of ours, or one that was heard before, changes nothing. */
struct bounce;
enum err mail_came_back(struct op *op, const struct bounce *b, int64_t *changed) NODISCARD;
/* No such recipient was the server's answer within the last 90 days. */
enum err mail_has_bounced(struct op *op, str address, bool *out) NODISCARD;
enum err mail_forget_subject(struct op *op, uint32_t subject) NODISCARD;
/* How a person of the workspace reads: their language and calendar, else the workspace's. */
struct locale mail_locale(struct op *op, const struct person *p);
/* The whole address of a path of the console, for a link: of the setting public_address, else absent. */
str mail_link(struct op *op, str path);

/* A template of pages/ with its own values and those of a mail's frame (page), in the language of l. */
enum err mail_render(struct op *op, const struct locale *l, const char *template_name, const struct desc *d, const void *value, str *html) NODISCARD;

/* A short letter, for who asked for it: a heading, sentences, one link. */
struct mail_letter {
	struct msg title;
	LIST_OF(struct msg) sentences;
	str link;
	struct msg link_text;
};
/* Fills text and html of m in the reader's language, and the subject by the title. */
enum err mail_write_letter(struct op *op, const struct locale *l, const struct mail_letter *letter, struct mail_message *m) NODISCARD;
#endif
