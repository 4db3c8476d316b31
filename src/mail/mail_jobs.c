/* The sender. Each message is taken (state "sending", committed), given to the server, and its answer written down
 * (committed): between the answer and that commit lies the one moment in which a crash makes a message go out twice, and
 * it goes under the same Message-ID. Only one sender runs at a time in the process that holds the directory, so what it
 * finds in state "sending" when it begins was left by a stop. */
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/http.h"
#include "http/metrics.h"
#include "jobs/jobs.h"
#include "mail/dkim.h"
#include "mail/mail_inner.h"
#include "mail/mail_pages.h"
#include "mail/mime.h"
#include "mail/smtp.h"
#include "op/app.h"
#include "setting/setting.h"

enum {
	WRITE_TRIES = 120, /* of an answer that cannot be written down: a second each */
	KEPT_DAYS = 90,
	GIVE_UP_DAYS = 5, /* RFC 5321 4.5.4.1 */
};
static const int64_t DAY_MS = 86400000, MINUTE_MS = 60000, OUTAGE_MOST_MS = 15 * 60000, LATER_MOST_MS = 4 * 3600000;

struct sender {
	struct op *op; /* of the job; used for progress and at the end only */
	id job;
	struct smtp *smtp;
	str from, from_name;
	str back;      /* where it comes back to */
	str dkim_keys; /* empty: mails are not signed */
	int64_t done;
};

struct taken {
	id mail;
	str recipient, name, language, subject, text, html, unsubscribe, answers, references, kind;
	int64_t made_ms, attempts;
};

static bool goes_on(void *arg)
{
	struct sender *s = arg;
	return job_progress(s->op, s->job, s->done, 0);
}

static enum err take_back(struct op *op, void *arg)
{
	(void)arg;
	return op_run(op, SQL_mail_take_back, DB_NO_ARGS, NULL);
}

/* ---- one message ---- */

struct taking {
	struct arena *a;
	struct taken *taken;
};

static enum err take(struct op *op, void *arg)
{
	struct taking *t = arg;
	struct db_rows r;
	t->taken->mail = 0;
	TRY(op_query(op, SQL_mail_take, DB_ARGS(db_int(clock_now_ms())), &r));
	if (!r.n) return OK;
	str *const texts[] = {&t->taken->recipient, &t->taken->name, &t->taken->language, &t->taken->subject,
		&t->taken->text, &t->taken->html, &t->taken->unsubscribe};
	for (size_t i = 0; i < COUNT_OF(texts); i++) *texts[i] = str_dup(t->a, db_rows_text(&r, 0, i + 1));
	t->taken->mail = db_rows_id(&r, 0, 0);
	t->taken->made_ms = db_rows_int(&r, 0, 8);
	t->taken->attempts = db_rows_int(&r, 0, 9);
	t->taken->answers = str_dup(t->a, db_rows_text(&r, 0, 10));
	t->taken->references = str_dup(t->a, db_rows_text(&r, 0, 11));
	t->taken->kind = str_dup(t->a, db_rows_text(&r, 0, 12));
	return OK;
}

static str domain_of(const struct sender *s)
{
	str domain = s->from;
	(void)str_cut(&domain, '@');
	return domain;
}

/* The same for each attempt, so that a second copy is seen to be one. */
static str message_id(struct arena *a, const struct sender *s, id mail)
{
	return str_fmt(a, "%.*s@%.*s", STR_ARG(id_show(a, S("mai"), mail)), STR_ARG(domain_of(s)));
}

/* One that cannot be signed goes all the same: the server may sign it. */
static str signed_message(const struct sender *s, struct arena *a, id mail, str message)
{
	if (!s->dkim_keys.n) return message;
	str fields = dkim_sign(a, s->dkim_keys, domain_of(s), clock_now_ms(), message);
	if (!str_given(fields)) log_warn("mail_unsigned", F_STR("mail", id_show(a, S("mai"), mail)));
	return str_given(fields) ? str_fmt(a, "%.*s%.*s", STR_ARG(fields), STR_ARG(message)) : message;
}

static void give(struct sender *s, struct arena *a, const struct taken *t, struct smtp_result *r)
{
	struct mime_message m = {
		.from_name = s->from_name,
		.from = s->from,
		.to_name = t->name,
		.to = t->recipient,
		.message_id = message_id(a, s, t->mail),
		.subject = t->subject,
		.text = t->text,
		.html = t->html,
		.language = t->language,
		.date_ms = t->made_ms,
		.unsubscribe = t->unsubscribe,
		.answers = t->answers,
		.references = t->references,
		.is_personal = str_eq(t->kind, str_of(MAIL_KINDS[MAIL_ANSWER])),
		.is_reply = str_eq(t->kind, str_of(MAIL_KINDS[MAIL_ACKNOWLEDGEMENT])),
	};
	smtp_send(s->smtp, a, s->back, t->recipient, signed_message(s, a, t->mail, mime_write(a, &m)), goes_on, s, r);
}

static int64_t doubled(int64_t first, int64_t times, int64_t most)
{
	int64_t ms = times < 16 ? first << times : most;
	return ms < most ? ms : most;
}

struct ending {
	const struct taken *taken;
	const struct smtp_result *result;
	int64_t outage_tries;
};

static enum err put_off(struct op *op, const struct ending *e, int64_t due_ms, int64_t attempts)
{
	return op_run(op, SQL_mail_put_off,
		DB_ARGS(db_id(e->taken->mail), db_int(due_ms), db_int(attempts), db_int(e->result->code),
			db_text(e->result->answer), db_bool(e->result->is_uncertain)),
		NULL);
}

static enum err end_with(struct op *op, const struct ending *e, enum mail_state state)
{
	TRY(op_run(op, SQL_mail_outage_over, DB_NO_ARGS, NULL));
	if (state == MAIL_SENT) TRY(op_run(op, SQL_mail_drop_texts, DB_ARGS(db_id(e->taken->mail)), NULL));
	return op_run(op, SQL_mail_end,
		DB_ARGS(db_id(e->taken->mail), db_int(state), db_int(clock_now_ms()), db_int(e->result->code),
			db_text(e->result->answer)),
		NULL);
}

static enum err note_outage(struct op *op, struct ending *e)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_mail_outage_note,
		DB_ARGS(db_int(clock_now_ms()), db_int(e->result->code), db_text(e->result->answer)), &rows));
	e->outage_tries = db_rows_int(&rows, 0, 0);
	return put_off(op, e, e->taken->made_ms, e->taken->attempts - 1);
}

static enum err write_down(struct op *op, void *arg)
{
	struct ending *e = arg;
	int64_t now = clock_now_ms();
	switch (e->result->outcome) {
	case SMTP_TAKEN: return end_with(op, e, MAIL_SENT);
	case SMTP_REFUSED: return end_with(op, e, MAIL_FAILED);
	case SMTP_NO_RECIPIENT: return end_with(op, e, MAIL_BOUNCED);
	case SMTP_LATER:
		if (now - e->taken->made_ms > GIVE_UP_DAYS * DAY_MS) return end_with(op, e, MAIL_FAILED);
		return put_off(op, e, now + doubled(MINUTE_MS, e->taken->attempts - 1, LATER_MOST_MS), e->taken->attempts);
	case SMTP_OUTAGE: return note_outage(op, e);
	case SMTP_STOPPED: break;
	}
	return put_off(op, e, e->taken->made_ms, e->taken->attempts - 1);
}

/* An answer is worth waiting for: as long as it is not written down the message would go out again. */
static enum err write_down_surely(struct sender *s, struct ending *e)
{
	enum err result = OK;
	for (int i = 0; i < WRITE_TRIES; i++) {
		result = op_apart(s->op->app, MAIL_JOB, write_down, e);
		if (result == OK || !goes_on(s)) break;
		nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	}
	return result;
}

static void count(const struct taken *t, const struct smtp_result *r)
{
	static const char *const NAMES[] = {[SMTP_TAKEN] = "taken",
		[SMTP_LATER] = "later",
		[SMTP_REFUSED] = "refused",
		[SMTP_NO_RECIPIENT] = "no_recipient",
		[SMTP_OUTAGE] = "outage",
		[SMTP_STOPPED] = "stopped"};
	struct arena a = {0};
	if (r->outcome == SMTP_TAKEN) metrics_add(COUNTER_MAILS_SENT, 1);
	if (r->outcome == SMTP_REFUSED || r->outcome == SMTP_NO_RECIPIENT) metrics_add(COUNTER_MAILS_REFUSED, 1);
	log_info("mail", F_STR("mail", id_show(&a, S("mai"), t->mail)), F_STR("outcome", str_of(NAMES[r->outcome])),
		F_INT("code", r->code));
	arena_release(&a);
}

/* *more false: nothing is due, or nothing is taken. *wait_ms: not before so long, when the server is the trouble. */
static enum err send_next(struct sender *s, bool *more, int64_t *wait_ms)
{
	struct arena a = {0};
	struct taken taken = {0};
	struct taking taking = {&a, &taken};
	struct smtp_result result;
	enum err e = op_apart(s->op->app, MAIL_JOB, take, &taking);
	*more = e == OK && taken.mail;
	if (*more) {
		struct ending ending = {&taken, &result, 0};
		give(s, &a, &taken, &result);
		count(&taken, &result);
		e = write_down_surely(s, &ending);
		*more = result.outcome != SMTP_OUTAGE && result.outcome != SMTP_STOPPED;
		if (result.outcome == SMTP_OUTAGE) *wait_ms = doubled(2000, ending.outage_tries - 1, OUTAGE_MOST_MS);
		s->done++;
		if (s->op->app->http) http_publish(s->op->app->http, S("mail"));
	}
	arena_release(&a);
	return e;
}

/* ---- the job ---- */

static struct smtp *connect_as_set(struct op *op)
{
	struct mail_server server = {
		.host = setting_text(op, SETTING_mail_host),
		.port = (int)setting_int(op->app, SETTING_mail_port),
		.security = mail_security_of(setting_text(op, SETTING_mail_security)),
		.user = setting_text(op, SETTING_mail_user),
		.password = setting_text(op, SETTING_mail_password),
		.authority = setting_text(op, SETTING_mail_authority),
	};
	return smtp_new(&server, mail_host_of(setting_text(op, SETTING_public_address)));
}

static enum err add_next(struct op *op, int64_t wait_ms)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_mail_next_due, DB_NO_ARGS, &rows));
	int64_t due = rows.n ? db_rows_int(&rows, 0, 0) : DESC_NULL_INT, now = clock_now_ms();
	if (due == DESC_NULL_INT) return OK;
	if (due < now + wait_ms) due = now + wait_ms;
	return job_add(op, MAIL_JOB, S("{}"), due, S("schedule"), NULL);
}

static enum err send_all(struct op *op, id job)
{
	str name = setting_text(op, SETTING_mail_sender_name);
	struct sender s = {.op = op, .job = job, .from = setting_text(op, SETTING_mail_sender)};
	bool more = true;
	int64_t wait_ms = 0;
	str back = setting_text(op, SETTING_mail_bounce_sender);
	s.back = back.n ? back : s.from;
	s.dkim_keys = setting_text(op, SETTING_mail_dkim_keys);
	s.from_name = name.n ? name : setting_text(op, SETTING_organisation);
	enum err e = op_apart(op->app, MAIL_JOB, take_back, NULL);
	if (e != OK) return fail(op, e, "mail", "the outbox cannot be read");
	s.smtp = connect_as_set(op);
	if (!s.smtp) return fail(op, ERR_INTERNAL, "mail", "libcurl does not start");
	while (more && e == OK && goes_on(&s)) e = send_next(&s, &more, &wait_ms);
	smtp_free(s.smtp);
	if (e != OK) return fail(op, e, "mail", "the outbox cannot be written");
	if (s.done) TRY(job_add(op, MAIL_FOLLOWER_JOB, S("{}"), 0, S("schedule"), NULL));
	return goes_on(&s) ? add_next(op, wait_ms) : ERR_BUSY;
}

enum err mail_send_job(struct op *op, id job, str payload)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	(void)payload;
	if (!mail_is_on(op->app)) return OK;
	if (pthread_mutex_trylock(&one)) return ERR_BUSY;
	enum err e = send_all(op, job);
	pthread_mutex_unlock(&one);
	return e;
}

enum err mail_clean_job(struct op *op, id job, str payload)
{
	(void)job;
	(void)payload;
	return op_run(op, SQL_mail_forget, DB_ARGS(db_int(clock_now_ms() - KEPT_DAYS * DAY_MS)), NULL);
}
