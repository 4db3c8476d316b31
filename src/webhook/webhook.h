/* webhook.h: other programs are told what happened, by Standard Webhooks 1.0.0. A message is put in the transaction of what causes
 * it, so that neither is there without the other; a job sends it until the endpoint takes it. See DESIGN.md.
 * Invariant: a message has one id for all its tries, so that an endpoint can tell what it has had. */
#ifndef WEBHOOK_WEBHOOK_H
#define WEBHOOK_WEBHOOK_H
#include "http/web.h"
#include "jobs/jobs.h"

enum webhook_type {
#define WEBHOOK_TYPE(key, name, doc) WEBHOOK_##key,
#include "webhook_types.def"
#undef WEBHOOK_TYPE
	WEBHOOK_TYPES
};
/* For the endpoints that chose the type; without one nothing is written. of: what happened, once for all: the same of a type again
 * changes nothing. d describes data: no personal data of a customer. */
enum err webhook_put(struct op *op, enum webhook_type type, str of, const struct desc *d, const void *data) NODISCARD;

job_fn webhook_send_job, webhook_clean_job;

extern const struct desc WEBHOOKS_DESC, WEBHOOK_PAGE_DESC, WEBHOOK_INPUT_DESC;
web_handler webhook_list_get, webhook_post, webhook_show_get, webhook_change_post, webhook_rotate_post, webhook_test_post, webhook_on_post, webhook_off_post, webhook_resend_post, webhook_remove_post,
	webhook_restore_post;
#endif
