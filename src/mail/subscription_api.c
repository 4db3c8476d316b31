/* Everybody keeps their own list and what they asked for others; managers see all. A page is drawn once as whoever will get
 * it before it is subscribed to, so that nobody waits a week to learn that it is not for them. */
#include "audit/audit.h"
#include "http/faults.h"
#include "i18n/zone.h"
#include "jobs/jobs.h"
#include "mail/html.h"
#include "mail/mail.h"
#include "mail/mail_inner.h"
#include "mail/reading.h"
#include "mail/subscription.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/team.h"

enum { PAGE_BYTES = 2000, EXTRACT_BYTES = 4 << 20, WEEK_DAYS = 7, DAY_HOURS = 24, HOUR_AS_USUAL = 7 };
static const char *const OUTCOMES[] = {"sent", "denied", "gone", "failed", NULL};

struct row {
	id id;
	str title, address, recipient;
	struct msg when;
	int64_t next_ms, sent_ms;
	int outcome; /* -1: none yet */
	bool is_yours;
	str change, send, remove;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(row, id, DESC_ID, .prefix = "sub"),
	FIELD(row, title, DESC_STR),
	FIELD(row, address, DESC_STR),
	FIELD(row, recipient, DESC_STR),
	FIELD(row, when, DESC_MSG),
	FIELD_AS(row, next_ms, "next", DESC_TIME),
	FIELD_AS(row, sent_ms, "sent", DESC_TIME),
	FIELD(row, outcome, DESC_ENUM, .names = OUTCOMES, .prefix = "subscription_outcome", .doc = "of the last time"),
	FIELD(row, is_yours, DESC_BOOL),
	FIELD(row, change, DESC_STR),
	FIELD(row, send, DESC_STR),
	FIELD(row, remove, DESC_STR),
};
static const struct desc ROW_DESC = {"subscription", sizeof(struct row), ROW_FIELDS, COUNT_OF(ROW_FIELDS)};

struct subscriptions {
	struct msg finding;
	LIST_OF(struct row) rows;
	bool is_on;
};
static const struct desc_field SUBSCRIPTIONS_FIELDS[] = {
	FIELD(subscriptions, finding, DESC_MSG),
	FIELD(subscriptions, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(subscriptions, is_on, DESC_BOOL, .doc = "mail is set up"),
};
const struct desc SUBSCRIPTIONS_DESC = DESC(subscriptions, SUBSCRIPTIONS_FIELDS);

struct subscription_new {
	str address, title;
	LIST_OF(struct option) people, weekdays, hours;
	str zone;
	bool is_on;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field NEW_FIELDS[] = {
	FIELD(subscription_new, address, DESC_STR),
	FIELD(subscription_new, title, DESC_STR),
	FIELD(subscription_new, people, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(subscription_new, weekdays, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(subscription_new, hours, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(subscription_new, zone, DESC_STR),
	FIELD(subscription_new, is_on, DESC_BOOL),
	FIELD(subscription_new, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SUBSCRIPTION_NEW_DESC = DESC(subscription_new, NEW_FIELDS);

struct subscription_input {
	str page, person, weekday, hour;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(subscription_input, page, DESC_STR, .doc = "path and query of a page of figures"),
	FIELD(subscription_input, person, DESC_STR, .doc = "who gets it; managers and owners may name a colleague"),
	FIELD(subscription_input, weekday, DESC_STR, .doc = "0 Monday to 6 Sunday"),
	FIELD(subscription_input, hour, DESC_STR, .doc = "0 to 23, in the workspace's time zone"),
};
const struct desc SUBSCRIPTION_INPUT_DESC = DESC(subscription_input, INPUT_FIELDS);

/* ---- the list ---- */

static bool is_manager(const struct op *op)
{
	return op_may(op, PERM_WRITE_SETTINGS);
}

static struct subscription subscription_of(const struct db_rows *r, size_t i)
{
	return (struct subscription){
		.id = db_rows_id(r, i, 0),
		.person = db_rows_id(r, i, 1),
		.made_by = db_rows_id(r, i, 2),
		.page = db_rows_text(r, i, 3),
		.title = db_rows_text(r, i, 4),
		.weekday = db_rows_int(r, i, 5),
		.hour = db_rows_int(r, i, 6),
		.next_ms = db_rows_int(r, i, 7),
		.sent_ms = db_rows_int(r, i, 8),
		.outcome = db_rows_text(r, i, 9),
		.name = db_rows_text(r, i, 10),
		.email = db_rows_text(r, i, 11),
	};
}

static str weekday_word(struct op *op, int64_t weekday)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "weekday_%lld", (long long)weekday));
}

static str hour_word(struct op *op, int64_t hour)
{
	struct locale utc = op->locale;
	utc.zone = zone_utc();
	return i18n_clock(&op->arena, &utc, hour * 3600000);
}

static struct row make_row(struct op *op, const struct subscription *s)
{
	str base = str_fmt(&op->arena, "/subscriptions/%.*s", STR_ARG(id_show(&op->arena, S("sub"), s->id)));
	struct row row = {
		.id = s->id,
		.title = s->title,
		.address = s->page,
		.recipient = s->name.n ? s->name : s->email,
		.when = msg_str("subscription_when", "day", weekday_word(op, s->weekday)),
		.next_ms = s->next_ms,
		.sent_ms = s->sent_ms,
		.outcome = -1,
		.is_yours = op->actor.kind == ACTOR_PERSON && s->person == op->actor.id,
		.change = str_fmt(&op->arena, "/subscriptions/new?page=%.*s", STR_ARG(web_url(op, s->page))),
		.send = str_fmt(&op->arena, "%.*s/send", STR_ARG(base)),
		.remove = str_fmt(&op->arena, "%.*s/remove", STR_ARG(base)),
	};
	msg_add(&row.when, (struct msg_arg){.name = "hour", .type = MSG_STR, .s = hour_word(op, s->hour)});
	for (int i = 0; OUTCOMES[i]; i++)
		if (str_eq(s->outcome, str_of(OUTCOMES[i]))) row.outcome = i;
	return row;
}

enum err subscription_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct db_rows rows;
	struct subscriptions *page = ARENA_NEW(&op->arena, struct subscriptions);
	(void)w;
	TRY(op_query(op, SQL_subscription_of, DB_ARGS(db_int(is_manager(op) ? 0 : op->actor.id)), &rows));
	page->rows.v = ARENA_ARRAY(&op->arena, struct row, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		struct subscription s = subscription_of(&rows, i);
		page->rows.v[page->rows.n++] = make_row(op, &s);
	}
	page->is_on = mail_is_on(op->app);
	page->finding =
		page->rows.n ? msg_int("subscriptions_some", "n", (int64_t)page->rows.n) : msg_of("subscriptions_none");
	a->topics[a->n_topics++] = S("mail");
	return answer_with(a, &SUBSCRIPTIONS_DESC, page);
}

/* ---- asking for one ---- */

/* Whether this person would get it, and its title as they read it. In an op of its own, before op takes the writer. */
static enum err look_at_page(struct op *op, const struct person *p, str address, str *title)
{
	struct op own;
	struct mail_extract extract = {0};
	str html = STR_NONE;
	op_init(&own, op->app, (struct actor){ACTOR_PERSON, p->role, p->id, p->email}, false);
	own.locale = mail_locale(op, p);
	enum err e = op_end(&own, mail_read(&own, address, &html));
	if (e == OK) e = mail_extract(&op->arena, html, S(""), EXTRACT_BYTES, &extract, &own.fault);
	if (e != OK) op->fault = own.fault;
	*title = extract.title;
	op_release(&own);
	return e;
}

static enum err add_people(struct op *op, id chosen, struct subscription_new *page)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_person_all, DB_ARGS(db_int(op->now_ms)), &rows));
	page->people.v = ARENA_ARRAY(&op->arena, struct option, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		id person = db_rows_id(&rows, i, 0);
		str name = db_rows_text(&rows, i, 1), email = db_rows_text(&rows, i, 2);
		bool is_you = op->actor.kind == ACTOR_PERSON && person == op->actor.id;
		if (!email.n || (!is_you && !is_manager(op))) continue;
		page->people.v[page->people.n++] =
			(struct option){id_show(&op->arena, S("per"), person), name.n ? name : email, person == chosen};
	}
	return OK;
}

static void add_times(struct op *op, int64_t weekday, int64_t hour, struct subscription_new *page)
{
	page->weekdays.v = ARENA_ARRAY(&op->arena, struct option, WEEK_DAYS);
	for (int64_t d = 0; d < WEEK_DAYS; d++)
		page->weekdays.v[page->weekdays.n++] =
			(struct option){str_fmt(&op->arena, "%d", (int)d), weekday_word(op, d), d == weekday};
	page->hours.v = ARENA_ARRAY(&op->arena, struct option, DAY_HOURS);
	for (int64_t h = 0; h < DAY_HOURS; h++)
		page->hours.v[page->hours.n++] =
			(struct option){str_fmt(&op->arena, "%d", (int)h), hour_word(op, h), h == hour};
	page->zone = zone_name(setting_zone(op->app));
}

static enum err make_page(
	struct op *op, str address, str title, id person, int64_t weekday, int64_t hour, struct subscription_new **out)
{
	struct subscription_new *page = ARENA_NEW(&op->arena, struct subscription_new);
	page->address = address;
	page->title = title;
	page->is_on = mail_is_on(op->app);
	add_times(op, weekday, hour, page);
	*out = page;
	return add_people(op, person, page);
}

static enum err read_person(struct op *op, id person, struct person *out, bool *found)
{
	struct op own;
	op_init(&own, op->app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	enum err e = op_end(&own, person_get(&own, person, out, found));
	str *const texts[] = {&out->email, &out->name, &out->language, &out->calendar};
	for (size_t i = 0; e == OK && i < COUNT_OF(texts); i++) *texts[i] = str_dup(&op->arena, *texts[i]);
	op_release(&own);
	return e == OK ? OK : fail(op, e, "person", "the records cannot be read");
}

static bool is_path(str address)
{
	if (!address.n || address.n > PAGE_BYTES || address.p[0] != '/' || str_starts(address, S("//"))) return false;
	for (size_t i = 0; i < address.n; i++)
		if ((unsigned char)address.p[i] <= ' ' || (unsigned char)address.p[i] >= 0x7f) return false;
	return true;
}

enum err subscription_new_get(struct op *op, struct web *w, struct answer *a)
{
	struct subscription_new *page;
	struct person p;
	bool found = false;
	str address = web_query(w, "page"), title = STR_NONE;
	if (!is_path(address)) return fail(op, ERR_INVALID, "page", "must be the path of a page, with its query");
	if (op->actor.kind == ACTOR_PERSON) TRY(read_person(op, op->actor.id, &p, &found));
	if (found) TRY(look_at_page(op, &p, address, &title));
	TRY(make_page(op, address, title, op->actor.id, 0, HOUR_AS_USUAL, &page));
	return answer_with(a, &SUBSCRIPTION_NEW_DESC, page);
}

static enum err put(struct op *op, const struct person *p, const struct subscription_input *in, str title,
	int64_t weekday, int64_t hour)
{
	struct db_rows rows;
	int64_t next_ms = subscription_next(setting_zone(op->app), op->now_ms, weekday, hour);
	id by = op->actor.kind == ACTOR_PERSON ? op->actor.id : 0;
	TRY(op_query(op, SQL_subscription_put,
		DB_ARGS(db_id(id_new()), db_id(p->id), db_int(by), db_text(in->page), db_text(title), db_int(weekday),
			db_int(hour), db_int(next_ms), db_int(op->now_ms)),
		&rows));
	TRY(job_add(op, MAIL_PAGE_JOB, S("{}"), next_ms, S("schedule"), NULL));
	return audit_write(op, "subscription_made", "person", p->id, STR_NONE, title);
}

static enum err refuse(struct op *op, struct answer *a, struct subscription_new *page, struct faults *faults)
{
	page->faults.v = faults->v;
	page->faults.n = faults->n;
	return answer_refused(op, a, &SUBSCRIPTION_NEW_DESC, page);
}

/* Who it is for: oneself, or for managers any colleague. */
static enum err find_recipient(
	struct op *op, const struct subscription_input *in, struct faults *faults, struct person *p)
{
	bool found = false;
	id person = op->actor.kind == ACTOR_PERSON ? op->actor.id : 0;
	bool is_id = !in->person.n || id_read(S("per"), in->person, &person);
	if (is_id && person) TRY(read_person(op, person, p, &found));
	bool is_allowed = is_manager(op) || (op->actor.kind == ACTOR_PERSON && person == op->actor.id);
	if (!is_id || !found || !is_allowed || !p->email.n) faults_add(faults, "person", NULL, msg_of("fault_choice"));
	return OK;
}

enum err subscription_post(struct op *op, struct web *w, struct answer *a)
{
	struct subscription_input in;
	struct subscription_new *page;
	struct person p = {0};
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	int64_t weekday = -1, hour = -1;
	str title = STR_NONE;
	TRY(web_input(op, w, &SUBSCRIPTION_INPUT_DESC, &in));
	if (!is_path(in.page)) return fail(op, ERR_INVALID, "page", "must be the path of a page, with its query");
	TRY(find_recipient(op, &in, faults, &p));
	if (!str_i64(in.weekday, &weekday) || weekday < 0 || weekday >= WEEK_DAYS)
		faults_add(faults, "weekday", NULL, msg_of("fault_choice"));
	if (!str_i64(in.hour, &hour) || hour < 0 || hour >= DAY_HOURS)
		faults_add(faults, "hour", NULL, msg_of("fault_choice"));
	if (!mail_is_on(op->app)) faults_add(faults, "", NULL, msg_of("mail_off"));
	if (!faults->n) {
		enum err e = look_at_page(op, &p, in.page, &title);
		if (e == ERR_DENIED)
			faults_add(faults, "person", NULL, msg_of("subscription_fault_denied"));
		else
			TRY(e);
		if (e == ERR_DENIED) fault_clear(&op->fault);
	}
	if (faults->n) {
		TRY(make_page(op, in.page, title, p.id, weekday, hour, &page));
		return refuse(op, a, page, faults);
	}
	TRY(put(op, &p, &in, title, weekday, hour));
	a->notice = msg_of("notice_subscribed");
	return answer_redirect(a, S("/subscriptions"));
}

/* ---- one of them ---- */

/* ERR_NOT_FOUND also for somebody else's, but to managers. */
static enum err find_own(struct op *op, const struct web *w, struct subscription *out)
{
	struct db_rows rows;
	id subscription;
	TRY(web_id(op, w, "id", "sub", &subscription));
	TRY(op_query(op, SQL_subscription_get, DB_ARGS(db_id(subscription)), &rows));
	if (rows.n) *out = subscription_of(&rows, 0);
	bool is_own =
		rows.n && op->actor.kind == ACTOR_PERSON && (out->person == op->actor.id || out->made_by == op->actor.id);
	if (!rows.n || (!is_own && !is_manager(op))) return fail(op, ERR_NOT_FOUND, "id", "there is no such subscription");
	return OK;
}

enum err subscription_send_post(struct op *op, struct web *w, struct answer *a)
{
	struct subscription s;
	TRY(find_own(op, w, &s));
	if (!mail_is_on(op->app)) return fail(op, ERR_STATE, "mail", "is not set up: see the settings");
	TRY(op_run(op, SQL_subscription_now, DB_ARGS(db_id(s.id), db_int(op->now_ms)), NULL));
	TRY(job_add(op, MAIL_PAGE_JOB, S("{}"), 0, S("schedule"), NULL));
	a->notice = msg_of("notice_subscription_sent");
	return answer_redirect(a, S("/subscriptions"));
}

enum err subscription_remove_post(struct op *op, struct web *w, struct answer *a)
{
	struct subscription s;
	TRY(find_own(op, w, &s));
	TRY(audit_remove(op, SQL_subscription_remove, "subscription", s.id));
	a->notice = msg_str("notice_subscription_removed", "title", s.title);
	a->undo = str_fmt(&op->arena, "/subscriptions/%.*s/restore", STR_ARG(id_show(&op->arena, S("sub"), s.id)));
	return answer_redirect(a, S("/subscriptions"));
}

enum err subscription_restore_post(struct op *op, struct web *w, struct answer *a)
{
	struct subscription s;
	id subscription;
	TRY(web_id(op, w, "id", "sub", &subscription));
	TRY(audit_restore(op, SQL_subscription_restore, "subscription", subscription));
	TRY(find_own(op, w, &s)); /* else nothing was restored: the op rolls back */
	a->notice = msg_of("notice_undone");
	return answer_redirect(a, S("/subscriptions"));
}

/* ---- without sign-in ---- */

struct unsubscribe {
	str title;
	bool is_done;
};
static const struct desc_field UNSUBSCRIBE_FIELDS[] = {
	FIELD(unsubscribe, title, DESC_STR),
	FIELD(unsubscribe, is_done, DESC_BOOL),
};
const struct desc UNSUBSCRIBE_DESC = DESC(unsubscribe, UNSUBSCRIBE_FIELDS);

/* s->id 0: it ended before. ERR_GONE: the link is none of ours. */
static enum err read_token(struct op *op, str token, struct subscription *s)
{
	struct db_rows rows;
	id subscription;
	str rest = token, shown = str_cut(&rest, '.');
	*s = (struct subscription){0};
	if (!id_read(S("sub"), shown, &subscription)) return fail(op, ERR_GONE, "link", "is none of ours");
	str path = subscription_unsubscribe_path(op, subscription);
	if (!str_ends(path, str_fmt(&op->arena, "/%.*s", STR_ARG(token))))
		return fail(op, ERR_GONE, "link", "is none of ours");
	TRY(op_query(op, SQL_subscription_get, DB_ARGS(db_id(subscription)), &rows));
	if (rows.n) *s = subscription_of(&rows, 0);
	return OK;
}

static enum err end_one(struct op *op, const struct subscription *s)
{
	if (!s->id) return OK;
	TRY(op_run(op, SQL_subscription_remove, DB_ARGS(db_id(s->id), db_int(op->now_ms)), NULL));
	return audit_write(op, "unsubscribed", "person", s->person, STR_NONE, s->title);
}

enum err subscription_end_by(struct op *op, str address)
{
	struct subscription s;
	str token = address;
	while (str_contains(token, S("/"))) (void)str_cut(&token, '/');
	enum err e = read_token(op, token, &s);
	if (e == ERR_GONE) {
		fault_clear(&op->fault);
		return OK;
	}
	return e == OK ? end_one(op, &s) : e;
}

enum err subscription_unsubscribe_get(struct op *op, struct web *w, struct answer *a)
{
	struct subscription s;
	struct unsubscribe *page = ARENA_NEW(&op->arena, struct unsubscribe);
	TRY(read_token(op, web_parameter(w, "token"), &s));
	*page = (struct unsubscribe){s.title, s.id == 0};
	return answer_with(a, &UNSUBSCRIBE_DESC, page);
}

/* RFC 8058: no sign-in, no cookie, no redirect. */
enum err subscription_unsubscribe_post(struct op *op, struct web *w, struct answer *a)
{
	struct subscription s;
	struct unsubscribe *page = ARENA_NEW(&op->arena, struct unsubscribe);
	TRY(read_token(op, web_parameter(w, "token"), &s));
	TRY(end_one(op, &s));
	*page = (struct unsubscribe){s.title, true};
	return answer_with(a, &UNSUBSCRIBE_DESC, page);
}
