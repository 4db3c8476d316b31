/* mail_pages.h: handlers and jobs of src/mail, and what they take and answer. */
#ifndef MAIL_MAIL_PAGES_H
#define MAIL_MAIL_PAGES_H
#include "http/web.h"
#include "jobs/jobs.h"

/* mail_settings.c */
web_handler mail_settings_get, mail_settings_post, mail_test_post;
extern const struct desc MAIL_SETTINGS_DESC, MAIL_SETTINGS_INPUT_DESC;
/* The host of an address such as https://cx.example.com:8443; "" when it is none. */
str mail_host_of(str address);

/* mail_list.c */
web_handler mail_list_get, mail_again_post;
extern const struct desc MAILS_DESC, MAIL_ROW_DESC;
struct mail_row {
	id id;
	int kind, state;
	str recipient, name, subject;
	int64_t attempts;
	bool is_repeated;
	int64_t made_ms, ended_ms, due_ms, code, complained_ms;
	str answer;
	str again; /* address that sends it again; absent: it cannot be */
};
/* The rows of a question of the outbox, in the op's arena. */
struct db_rows;
struct mail_row *mail_rows(struct op *op, const struct db_rows *rows);

/* mail_jobs.c */
job_fn mail_send_job, mail_clean_job;

/* dkim_settings.c */
web_handler mail_signature_get, mail_signature_keys_post, mail_signature_start_post, mail_signature_stop_post;
extern const struct desc MAIL_SIGNATURE_DESC;

/* bounce_settings.c, bounce_jobs.c */
web_handler mail_bounces_get, mail_bounces_post, mail_bounces_look_post;
extern const struct desc MAIL_BOUNCES_DESC, MAIL_BOUNCES_INPUT_DESC;
job_fn mail_bounces_job;
#endif
