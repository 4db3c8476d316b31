/* One job for all schedules: it sends what is due, one subscription an op, and comes back when the next is. The page is
 * drawn in an op of its own, as its reader; the mail is put, and the next time written, in one transaction under the
 * condition that nobody did it before. */
#include "base/clock.h"
#include "base/log.h"
#include "http/metrics.h"
#include "i18n/zone.h"
#include "mail/html.h"
#include "mail/mail.h"
#include "mail/mail_inner.h"
#include "mail/reading.h"
#include "mail/subscription.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/team.h"

enum { MAIL_BYTES = 400000, TRIES = 5 };
static const int64_t HOUR_MS = 3600000;

struct due {
	id id, person;
	str page;
	int64_t weekday, hour, due_ms, tries;
};

struct finding {
	str title, link, unsubscribe, html;
};
static const struct desc_field FINDING_FIELDS[] = {
	FIELD(finding, title, DESC_STR),
	FIELD(finding, link, DESC_STR),
	FIELD(finding, unsubscribe, DESC_STR),
	FIELD(finding, html, DESC_STR),
};
static const struct desc FINDING_DESC = DESC(finding, FINDING_FIELDS);

static enum err find_due(struct op *op, struct due *out)
{
	struct db_rows r;
	*out = (struct due){0};
	TRY(op_query(op, SQL_subscription_due, DB_ARGS(db_int(op->now_ms)), &r));
	if (r.n)
		*out = (struct due){db_rows_id(&r, 0, 0), db_rows_id(&r, 0, 1), db_rows_text(&r, 0, 2), db_rows_int(&r, 0, 3),
			db_rows_int(&r, 0, 4), db_rows_int(&r, 0, 5), db_rows_int(&r, 0, 6)};
	return OK;
}

/* ---- the mail ---- */

/* As its reader sees it now. The texts lie in op's arena. */
static enum err draw(struct op *op, const struct due *d, const struct person *p, struct mail_extract *out)
{
	struct op own;
	str html = STR_NONE, base = setting_text(op, SETTING_public_address);
	op_init(&own, op->app, (struct actor){ACTOR_PERSON, p->role, p->id, p->email}, false);
	own.locale = mail_locale(op, p);
	enum err e = op_end(&own, mail_read(&own, d->page, &html));
	if (e == OK)
		e = mail_extract(&op->arena, html, base, MAIL_BYTES, out, &op->fault);
	else
		op->fault = own.fault;
	op_release(&own);
	return e;
}

static enum err write_mail(
	struct op *op, const struct due *d, const struct person *p, const struct mail_extract *x, struct mail_message *m)
{
	struct locale l = mail_locale(op, p);
	str path = subscription_unsubscribe_path(op, d->id);
	struct finding finding = {x->title, mail_link(op, d->page), mail_link(op, path), x->html};
	struct msg subject = msg_str("subscription_subject", "title", x->title);
	*m = (struct mail_message){.kind = MAIL_PAGE, .person = p->id, .recipient = p->email, .name = p->name};
	m->language = lang_code(l.lang);
	m->subject = i18n_msg(&op->arena, &l, &subject);
	m->unsubscribe = finding.unsubscribe;
	m->text = str_fmt(&op->arena, "%.*s\n%.*s\n\n%.*s\n%.*s\n%.*s\n", STR_ARG(x->title), STR_ARG(finding.link),
		STR_ARG(x->text), STR_ARG(i18n_pattern(l.lang, S("unsubscribe"))), STR_ARG(finding.unsubscribe));
	return mail_render(op, &l, "mail/finding", &FINDING_DESC, &finding, &m->html);
}

static enum err done(struct op *op, const struct due *d, const char *outcome, int64_t next_ms, int64_t tries, str title)
{
	bool is_sent = str_given(title);
	int64_t changed;
	TRY(op_run(op, SQL_subscription_done,
		DB_ARGS(db_id(d->id), db_int(d->due_ms), db_int(next_ms), db_int(tries), db_text(str_of(outcome)),
			db_int_or_null(is_sent ? op->now_ms : DESC_NULL_INT), db_text(title)),
		&changed));
	if (!changed) return fail(op, ERR_CONFLICT, "subscription", "was changed meanwhile");
	log_info(
		"page_mailed", F_STR("subscription", id_show(&op->arena, S("sub"), d->id)), F_STR("outcome", str_of(outcome)));
	return OK;
}

/* A page that cannot be drawn is tried again by the hour, then next week. */
static enum err done_without(struct op *op, const struct due *d, enum err e, int64_t next_ms)
{
	if (e == ERR_DENIED) return done(op, d, "denied", next_ms, 0, STR_NONE);
	if (e == ERR_NOT_FOUND || e == ERR_GONE || e == ERR_INVALID) return done(op, d, "gone", next_ms, 0, STR_NONE);
	bool is_last = d->tries + 1 >= TRIES;
	return done(op, d, "failed", is_last ? next_ms : op->now_ms + HOUR_MS, is_last ? 0 : d->tries + 1, STR_NONE);
}

/* What is read before anything is written: a page may take its time, and the writer is not kept waiting for it. */
struct sending {
	struct due due;
	struct person person;
	bool is_there;
	enum err drawn;
	struct mail_extract extract;
};

static enum err read_next(struct op *op, struct sending *s)
{
	TRY(find_due(op, &s->due));
	if (!s->due.id) return OK;
	TRY(person_get(op, s->due.person, &s->person, &s->is_there));
	s->is_there = s->is_there && s->person.email.n;
	if (s->is_there) s->drawn = draw(op, &s->due, &s->person, &s->extract);
	fault_clear(&op->fault);
	return OK;
}

static enum err write_next(struct op *op, const struct sending *s)
{
	struct mail_message m;
	const struct due *d = &s->due;
	int64_t next_ms = subscription_next(setting_zone(op->app), op->now_ms, d->weekday, d->hour);
	if (!s->is_there) return op_run(op, SQL_subscription_remove, DB_ARGS(db_id(d->id), db_int(op->now_ms)), NULL);
	if (s->drawn != OK) return done_without(op, d, s->drawn, next_ms);
	TRY(write_mail(op, d, &s->person, &s->extract, &m));
	TRY(mail_put(op, &m, NULL));
	return done(op, d, "sent", next_ms, 0, s->extract.title);
}

static void begin(struct op *op, struct app *app, bool is_write)
{
	op_init(op, app, (struct actor){.kind = ACTOR_SYSTEM}, is_write);
	op->route = MAIL_PAGE_JOB;
	op->locale = setting_locale(op);
}

static enum err send_next(struct app *app, bool *more)
{
	struct op reading, writing;
	struct sending s = {0};
	begin(&reading, app, false);
	enum err e = op_end(&reading, read_next(&reading, &s));
	*more = e == OK && s.due.id;
	if (*more && s.drawn == ERR_BUSY) e = ERR_BUSY;
	if (*more && e == OK) {
		begin(&writing, app, true);
		e = op_end(&writing, write_next(&writing, &s));
		op_release(&writing);
	}
	op_release(&reading);
	return e;
}

/* ---- the job ---- */

enum err mail_page_job(struct op *op, id job, str payload)
{
	struct db_rows rows;
	bool more = true;
	int64_t done_n = 0;
	(void)payload;
	if (!mail_is_on(op->app)) return OK;
	while (more) {
		if (!job_progress(op, job, done_n++, 0)) return ERR_BUSY;
		enum err e = send_next(op->app, &more);
		if (e != OK) return e == ERR_BUSY ? e : fail(op, e, "subscription", "one could not be sent");
	}
	TRY(op_query(op, SQL_subscription_next_due, DB_NO_ARGS, &rows));
	int64_t due = rows.n ? db_rows_int(&rows, 0, 0) : DESC_NULL_INT;
	return due == DESC_NULL_INT ? OK : job_add(op, MAIL_PAGE_JOB, S("{}"), due, S("schedule"), NULL);
}
