/* The mailbox that mail and complaints come back to. What is written down is the outcome of mails of ours (by Message-ID, which nobody knows
 * who never got the mail) and how far the folder was read, in one transaction: a crash reads a stretch again, and nothing
 * becomes of a report that was heard before. */
#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "contact/contact.h"
#include "customer/people.h"
#include "http/metrics.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "mail/bounce.h"
#include "mail/imap.h"
#include "mail/mail_inner.h"
#include "mail/mail_pages.h"
#include "mail/subscription.h"
#include "op/app.h"
#include "setting/setting.h"

enum {
	REPORT_BYTES = 256 << 10, /* of a message; what it returns whole comes last */
	BACK_MOST = 5000,         /* messages looked at when a folder is read for the first time */
};
#define REPORTS "HEADER CONTENT-TYPE \"multipart/report\""

struct look {
	struct op *op;
	id job;
	struct imap *imap;
	struct imap_folder folder;
	int64_t next; /* UID */
	struct mail__mailbox box;
};

struct heard {
	LIST_OF(struct bounce) bounces;
	const struct look *look;
	int64_t changed;
};

static str outcome_words(struct arena *a, const struct bounce *b)
{
	return str_fmt(a, "%.*s%s%.*s", STR_ARG(b->status), b->status.n && b->words.n ? " " : "", STR_ARG(b->words));
}

/* What the mail belonged to ends: surveys by mail for a customer, the weekly page for one of the workspace's people. */
static enum err end_what_is_unwanted(struct op *op, int64_t subject, str unsubscribe)
{
	uint32_t number = subject == DESC_NULL_INT ? 0 : people_customer(op->app->people, (uint32_t)subject);
	id customer = number ? people_id(op->app->people, number) : 0;
	if (customer) return contact_refuse(op, customer, CONTACT_EMAIL);
	return subscription_end_by(op, unsubscribe);
}

static enum err write_complaint(struct op *op, const struct bounce *b, id mail)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_mail_complained, DB_ARGS(db_id(mail), db_int(clock_now_ms())), &rows));
	if (!rows.n) return OK;
	metrics_add(COUNTER_MAILS_COMPLAINED, 1);
	log_info("mail_complaint", F_STR("mail", id_show(&op->arena, S("mai"), mail)), F_STR("type", b->status));
	return end_what_is_unwanted(op, db_rows_int(&rows, 0, 0), db_rows_text(&rows, 0, 1));
}

enum err mail_came_back(struct op *op, const struct bounce *b, int64_t *changed)
{
	str rest = b->message_id;
	id mail;
	*changed = 0;
	if (!id_read(S("mai"), str_cut(&rest, '@'), &mail)) return OK;
	if (b->verdict == BOUNCE_COMPLAINT) return write_complaint(op, b, mail);
	TRY(op_run(op, SQL_mail_came_back, DB_ARGS(db_id(mail), db_int(b->verdict == BOUNCE_NO_RECIPIENT ? MAIL_BOUNCED : MAIL_FAILED), db_int(clock_now_ms()), db_text(outcome_words(&op->arena, b))), changed));
	if (!*changed) return OK;
	metrics_add(COUNTER_MAILS_CAME_BACK, 1);
	log_info("mail_came_back", F_STR("mail", id_show(&op->arena, S("mai"), mail)), F_STR("status", b->status));
	return job_add(op, MAIL_FOLLOWER_JOB, S("{}"), 0, S("schedule"), NULL);
}

static enum err write_down(struct op *op, void *arg)
{
	struct heard *h = arg;
	const struct mail__mailbox *box = &h->look->box;
	h->changed = 0;
	for (size_t i = 0; i < h->bounces.n; i++) {
		int64_t changed;
		TRY(mail_came_back(op, &h->bounces.v[i], &changed));
		h->changed += changed;
	}
	return op_run(op, SQL_mailbox_read, DB_ARGS(db_int(h->look->folder.uid_validity), db_int(h->look->next), db_int(clock_now_ms()), db_int(box->found + h->changed)), NULL);
}

static enum err write_fault(struct op *op, void *arg)
{
	const struct look *l = arg;
	return op_run(op, SQL_mailbox_fault, DB_ARGS(db_int(clock_now_ms()), db_text(imap_fault(l->imap, &op->arena))), NULL);
}

/* False: the server did not answer as it should. */
static bool read_reports(struct look *l, struct arena *a, int64_t last, struct heard *h)
{
	struct imap_uids uids;
	if (!imap_search(l->imap, a, l->next, last, REPORTS, &uids)) return false;
	h->bounces.v = ARENA_ARRAY(a, struct bounce, uids.n + 1);
	for (size_t i = 0; i < uids.n && job_progress(l->op, l->job, uids.v[i], l->folder.uid_next); i++) {
		str message;
		struct bounce b;
		if (!imap_fetch(l->imap, a, &l->folder, uids.v[i], REPORT_BYTES, &message)) return false;
		bounce_read(a, message, &b);
		if (b.verdict != BOUNCE_NONE) h->bounces.v[h->bounces.n++] = b;
	}
	return true;
}

static enum err read_stretch(struct look *l, bool *more)
{
	struct arena a = {0};
	struct heard h = {.look = l};
	int64_t last = l->next + IMAP_SEARCH_MOST - 1;
	if (last >= l->folder.uid_next) last = l->folder.uid_next - 1;
	bool is_read = read_reports(l, &a, last, &h);
	*more = is_read && job_progress(l->op, l->job, last, l->folder.uid_next);
	if (*more) l->next = last + 1;
	enum err e = *more ? op_apart(l->op->app, MAIL_BOUNCE_JOB, write_down, &h) : is_read ? ERR_BUSY : op_apart(l->op->app, MAIL_BOUNCE_JOB, write_fault, l);
	l->box.found += h.changed;
	*more = *more && e == OK && l->next < l->folder.uid_next;
	arena_release(&a);
	return e;
}

static int64_t first_of(const struct look *l)
{
	if (l->box.uid_validity == l->folder.uid_validity) return l->box.uid_next;
	return l->folder.uid_next > BACK_MOST ? l->folder.uid_next - BACK_MOST : 1;
}

static enum err read_folder(struct look *l)
{
	bool more = true;
	struct arena a = {0};
	bool is_there = imap_status(l->imap, &a, &l->folder);
	arena_release(&a);
	if (!is_there) return op_apart(l->op->app, MAIL_BOUNCE_JOB, write_fault, l);
	l->next = first_of(l);
	if (l->next >= l->folder.uid_next) {
		struct heard nothing = {.look = l};
		return op_apart(l->op->app, MAIL_BOUNCE_JOB, write_down, &nothing);
	}
	while (more) TRY(read_stretch(l, &more));
	return OK;
}

/* What takes long must not hold the records: the job's own op writes nothing. */
static enum err read_box(struct op *op, void *arg)
{
	struct look *l = arg;
	TRY(mail__mailbox(op, &l->box));
	l->box.fault = S("");
	return OK;
}

static enum err look(struct op *op, id job)
{
	struct look l = {.op = op, .job = job};
	struct mail_server server = {
		.host = setting_text(op, SETTING_mail_bounce_host),
		.port = (int)setting_int(op->app, SETTING_mail_bounce_port),
		.security = mail_security_of(setting_text(op, SETTING_mail_bounce_security)),
		.user = setting_text(op, SETTING_mail_bounce_user),
		.password = setting_text(op, SETTING_mail_bounce_password),
		.authority = setting_text(op, SETTING_mail_authority),
	};
	TRY(op_apart(op->app, MAIL_BOUNCE_JOB, read_box, &l));
	l.imap = imap_new(&server, setting_text(op, SETTING_mail_bounce_folder));
	if (!l.imap) return fail(op, ERR_INTERNAL, "mail", "libcurl does not start");
	enum err e = read_folder(&l);
	imap_free(l.imap);
	return e;
}

enum err mail_bounces_job(struct op *op, id job, str payload)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	(void)payload;
	if (!setting_text(op, SETTING_mail_bounce_host).n) return OK;
	if (pthread_mutex_trylock(&one)) return ERR_BUSY;
	enum err e = look(op, job);
	pthread_mutex_unlock(&one);
	return e;
}
