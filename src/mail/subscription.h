/* subscription.h: a page of the console that somebody gets by mail each week, on a day and at an hour of the workspace's
 * time zone, in their language. Invariants: their rights of the moment decide, not those of when it was asked for; nobody
 * who was removed gets anything; a week that was missed while nothing ran is sent once. */
#ifndef MAIL_SUBSCRIPTION_H
#define MAIL_SUBSCRIPTION_H
#include "http/web.h"
#include "jobs/jobs.h"

struct subscription {
	id id, person, made_by;
	str page, title;
	int64_t weekday, hour, next_ms, sent_ms;
	str outcome, name, email;
};
/* The next time after `now` that it is this weekday (0 = Monday) and hour in the zone. */
struct zone;
int64_t subscription_next(const struct zone *zone, int64_t now_ms, int64_t weekday, int64_t hour);

/* Path of the page that ends it without sign-in; the link itself proves the right. */
str subscription_unsubscribe_path(struct op *op, id subscription);

/* Ends what the address of such a page belongs to; any other address is nothing's, and that is no failure. */
enum err subscription_end_by(struct op *op, str address) NODISCARD;

/* subscription_jobs.c */
job_fn mail_page_job;

/* subscription_api.c */
web_handler subscription_list_get, subscription_new_get, subscription_post, subscription_send_post, subscription_remove_post, subscription_restore_post;
web_handler subscription_unsubscribe_get, subscription_unsubscribe_post;
extern const struct desc SUBSCRIPTIONS_DESC, SUBSCRIPTION_NEW_DESC, SUBSCRIPTION_INPUT_DESC, UNSUBSCRIBE_DESC;
#endif
