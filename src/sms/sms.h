/* sms.h: short messages, handed to the gateway that the workspace names: a signed POST for each (Standard Webhooks), tried again while
 * the gateway does not take it; its receipts and customers' replies come back signed by the same secret.
 * Invariant: a message keeps its id for all its tries, so that a gateway can tell what it has had. */
#ifndef SMS_SMS_H
#define SMS_SMS_H
#include "http/web.h"
#include "jobs/jobs.h"

/* How a text goes over the air: GSM 7 bit when all of its letters are of that alphabet, else UCS-2. */
struct sms_size {
	bool is_gsm;
	int64_t units, segments;
};
struct sms_size sms_size(str text);

struct sms_message {
	uint32_t customer_subject;
	str recipient, text, language;
	str code, path; /* of the short link in the text */
};
bool sms_is_on(const struct app *app);
str sms_new_code(struct op *op);
str sms_short_link(struct op *op, str code);
/* Into the outbox, in the transaction of what causes it. */
enum err sms_put(struct op *op, const struct sms_message *m, id *out) NODISCARD;
enum err sms_forget_subject(struct op *op, uint32_t subject) NODISCARD;

job_fn sms_send_job;
extern const struct desc SMS_SETTINGS_DESC, SMS_SETTINGS_INPUT_DESC, SMS_RECEIPT_DESC, SMS_REPLY_DESC;
web_handler sms_settings_get, sms_settings_post, sms_receipt_post, sms_reply_post, sms_link_get;
#endif
