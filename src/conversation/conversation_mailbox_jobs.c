/* conversation_mailbox_jobs.c: reads the mailbox that customers write to. Fetched and read outside of transactions; what becomes of some mails and how far
 * the folder was read is written in one. A crash before it reads them again; a crash after their touchpoints and before the
 * commit too, and the touchpoints are known by their message ids.
 *
 * One server a mailbox: each gives what it reads a keyword of its own (IMAP's, which stays there), and one that finds another's among the
 * newest messages reads nothing and says so. Who began at the same moment is settled by the keywords' order. A claim ends by
 * itself where a thousand messages came without it.
 *
 * A mail that cannot be fetched, or ends the program, must not stop all those behind it: looks that broke off are counted, then mails are
 * taken one at a time, and the one that is first each time is passed over and told. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "base/log.h"
#include "base/utf8.h"
#include "conversation/conversation_inner.h"
#include "conversation/conversation_mailbox.h"
#include "http/http.h"
#include "http/metrics.h"
#include "mail/bounce.h"
#include "mail/imap.h"
#include "mail/mail.h"
#include "mail/received.h"
#include "op/app.h"
#include "setting/setting.h"

enum {
	AT_ONCE = 50,
	BYTES_AT_ONCE = 16 << 20,
	BOUNCE_BYTES = 256 << 10,
	TRIES_TOGETHER = 2, /* then one at a time */
	TRIES_MOST = 8,     /* then the first is passed over */
	OTHERS_MOST = 20,
	CRITERIA_BYTES = 40,
	MINUTE_MS = 60000,
	REFUSED_DAYS = 90,
	OUTCOMES_MOST = 32,
};
#define MARK "hospes-"

struct look {
	struct op *op; /* of the job; used for progress and at the end only */
	id job;
	struct imap *imap;
	struct imap_folder folder;
	struct conversation__mailbox box;
	str mark;      /* ours */
	int64_t next;  /* UID */
	int64_t came, minutes;
	size_t at_once;
	str other;     /* mark of another server */
	str fault;     /* absent: the connection's own */
};
struct letter {
	struct received read;
	struct bounce bounce;
	enum received_refusal refusal;
	enum conversation_taken taken;
	int64_t uid;
	bool is_unfetched;
};
struct batch {
	struct look *look;
	struct arena arena;
	VEC(struct letter) letters;
	size_t bytes;
	int64_t first, last; /* UIDs read */
	bool is_passed_over; /* what is in it is told, not kept */
};

static const char *outcome_of(const struct batch *b, const struct letter *m)
{
	static const char *const TAKEN[] = {"begun", "added", "known", "erased", "no_customer", "forged"};
	if (m->is_unfetched) return "unfetched";
	if (b->is_passed_over) return "failed";
	return m->refusal == RECEIVED_FINE ? TAKEN[m->taken] : RECEIVED_REFUSALS[m->refusal];
}

static bool is_kept(const struct batch *b, const struct letter *m)
{
	return !m->is_unfetched && !b->is_passed_over && (m->refusal == RECEIVED_BOUNCE || (m->refusal == RECEIVED_FINE && m->taken <= TAKEN_KNOWN));
}

/* ---- writing down ---- */

static enum err add_refused(struct op *op, const struct batch *b, const struct letter *m)
{
	bool is_erased = m->refusal == RECEIVED_FINE && m->taken == TAKEN_ERASED;
	str from = m->read.from.n && !is_erased ? m->read.from : S(""), title = m->read.subject.n ? m->read.subject : str_fmt(&op->arena, "UID %" PRId64, m->uid);
	return op_run(op, SQL_conversation_refused_add, DB_ARGS(db_id(id_new()), db_int(clock_now_ms()), db_text(from), db_text(is_erased ? S("") : title), db_text(str_of(outcome_of(b, m)))), NULL);
}

struct outcome_count {
	const char *name;
	int64_t n;
};

static enum err count_outcomes(struct op *op, const struct batch *b)
{
	struct outcome_count v[OUTCOMES_MOST] = {{NULL, 0}};
	for (size_t i = 0; i < b->letters.n; i++) {
		const char *name = outcome_of(b, &b->letters.v[i]);
		size_t at = 0;
		while (v[at].name && !str_eq(str_of(v[at].name), str_of(name))) at++;
		v[at].name = name;
		v[at].n++;
		if (!is_kept(b, &b->letters.v[i])) TRY(add_refused(op, b, &b->letters.v[i]));
	}
	for (size_t i = 0; v[i].name; i++) TRY(op_run(op, SQL_conversation_mailbox_counted, DB_ARGS(db_text(str_of(v[i].name)), db_int(v[i].n), db_int(clock_now_ms())), NULL));
	return OK;
}

static enum err take_letters(struct op *op, struct conversation_intake *in, struct batch *b)
{
	int64_t changed;
	for (size_t i = 0; i < b->letters.n; i++) {
		struct letter *m = &b->letters.v[i];
		if (m->is_unfetched || b->is_passed_over) continue;
		if (m->refusal == RECEIVED_FINE) TRY(conversation_take(in, &m->read, &m->taken));
		if (m->bounce.verdict != BOUNCE_NONE) TRY(mail_came_back(op, &m->bounce, &changed));
	}
	return OK;
}

/* ERR_BUSY: another mailbox was set meanwhile. */
static enum err put_place(struct op *op, const struct look *l, int64_t next)
{
	int64_t changed;
	TRY(op_run(op, SQL_conversation_mailbox_read,
		DB_ARGS(db_int(l->folder.uid_validity), db_int(next), db_int(l->box.known_next), db_int(clock_now_ms() + l->minutes * MINUTE_MS), db_int(clock_now_ms()), db_int(l->came), db_int(l->box.since_ms)), &changed));
	return changed ? OK : ERR_BUSY;
}

static void tell(void *arg)
{
	struct app *app = arg;
	if (app->http) http_publish(app->http, S("mail"));
}

static enum err write_batch(struct op *op, void *arg)
{
	struct batch *b = arg;
	struct conversation_intake *in;
	op_after_commit(op, tell, op->app);
	TRY(conversation_intake_new(op, b->first < b->look->box.known_next ? INTAKE_BACKLOG : INTAKE_FRESH, &in));
	TRY(take_letters(op, in, b));
	TRY(count_outcomes(op, b));
	TRY(put_place(op, b->look, b->last + 1));
	return conversation_intake_end(in); /* their touchpoints are durable before their rows */
}

static enum err write_place(struct op *op, void *arg)
{
	const struct look *l = arg;
	op_after_commit(op, tell, op->app);
	TRY(op_run(op, SQL_conversation_refused_clean, DB_ARGS(db_int(clock_now_ms() - REFUSED_DAYS * DAY_MS)), NULL));
	return put_place(op, l, l->next);
}

static enum err write_fault(struct op *op, void *arg)
{
	const struct look *l = arg;
	str fault = l->fault.p ? l->fault : imap_fault(l->imap, &op->arena);
	op_after_commit(op, tell, op->app);
	return op_run(op, SQL_conversation_mailbox_fault, DB_ARGS(db_int(clock_now_ms() + l->minutes * MINUTE_MS), db_int(clock_now_ms()), db_text(fault), db_text(l->other.n ? l->other : S("")), db_int(l->box.since_ms)), NULL);
}

/* ---- some mails ---- */

/* False: the server did not give it. */
static bool fetch(struct look *l, struct batch *b, int64_t uid)
{
	str bytes;
	bool is_passed_over = l->box.tries > TRIES_MOST, is_there = imap_fetch(l->imap, &b->arena, &l->folder, uid, RECEIVED_BYTES + 1, &bytes);
	if (!is_there && !is_passed_over) return false;
	if (is_there && !bytes.p) return true; /* gone meanwhile */
	struct letter *m = VEC_ADD(&b->letters, &b->arena);
	m->uid = uid;
	m->is_unfetched = !is_there;
	b->is_passed_over = is_passed_over;
	if (is_passed_over) return true;
	b->bytes += bytes.n;
	m->refusal = received_read(&b->arena, bytes, &m->read);
	if (m->refusal == RECEIVED_BOUNCE) bounce_read(&b->arena, str_sub(bytes, 0, BOUNCE_BYTES), &m->bounce);
	return true;
}

static bool is_for_now(enum err e)
{
	return e == ERR_BUSY || e == ERR_FULL || e == ERR_IO || e == ERR_DATABASE || e == ERR_NOT_READY;
}

/* A mail that the records refuse, whatever else is tried, is told and passed over. */
static enum err keep(struct look *l, struct batch *b)
{
	l->came += (int64_t)b->letters.n;
	enum err e = op_apart(l->op->app, CONVERSATION_MAILBOX_JOB, write_batch, b);
	if (e != OK && !is_for_now(e) && b->letters.n == 1 && !b->is_passed_over) {
		b->is_passed_over = true;
		e = op_apart(l->op->app, CONVERSATION_MAILBOX_JOB, write_batch, b);
	}
	if (e != OK) {
		l->came -= (int64_t)b->letters.n;
		return e;
	}
	metrics_add(COUNTER_INBOX_MAILS, (int64_t)b->letters.n);
	for (size_t i = 0; i < b->letters.n; i++) metrics_add(COUNTER_INBOX_MAILS_REFUSED, !is_kept(b, &b->letters.v[i]));
	l->next = b->last + 1;
	l->box.tries = 0;
	(void)imap_keyword(l->imap, &b->arena, b->first, b->last, l->mark, true); /* a server without keywords is read all the same */
	return OK;
}

/* From v on, as many as are kept at once; *done: how many. *is_well: the server gave them. */
static enum err take_some(struct look *l, const struct imap_uids *uids, size_t from, size_t *done, bool *is_well)
{
	struct batch b = {.look = l, .first = uids->v[from]};
	size_t n = 0;
	*done = 0;
	*is_well = true;
	while (from + n < uids->n && n < l->at_once && b.bytes < BYTES_AT_ONCE && *is_well) {
		if (!job_progress(l->op, l->job, uids->v[from + n], l->folder.uid_next)) {
			arena_release(&b.arena);
			return ERR_BUSY;
		}
		*is_well = fetch(l, &b, uids->v[from + n]);
		if (*is_well) b.last = uids->v[from + n++];
	}
	enum err e = n ? keep(l, &b) : OK;
	if (e == OK) *done = n;
	arena_release(&b.arena);
	if (e == OK || is_for_now(e) || l->at_once == 1) return e;
	l->at_once = 1; /* one of them is to blame: which? */
	return OK;
}

/* ---- a stretch of the folder ---- */

static void write_criteria(const struct look *l, int64_t first, char *out, size_t room)
{
	static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct civil day = civil_of_ms(l->box.since_ms);
	if (first < l->box.known_next) snprintf(out, room, "SINCE %d-%s-%d", day.day, MONTHS[day.month - 1], day.year);
	else snprintf(out, room, "ALL");
}

static enum err read_stretch(struct look *l, bool *is_well)
{
	struct arena a = {0};
	struct imap_uids uids;
	char criteria[CRITERIA_BYTES];
	int64_t first = l->next, last = first + IMAP_SEARCH_MOST - 1;
	if (first < l->box.known_next && last >= l->box.known_next) last = l->box.known_next - 1;
	if (last >= l->folder.uid_next) last = l->folder.uid_next - 1;
	write_criteria(l, first, criteria, sizeof criteria);
	*is_well = imap_search(l->imap, &a, first, last, criteria, &uids);
	enum err e = OK;
	for (size_t i = 0, done; e == OK && *is_well && i < uids.n; i += done) e = take_some(l, &uids, i, &done, is_well);
	if (e == OK && *is_well) l->next = last + 1;
	arena_release(&a);
	return e;
}

/* ---- whose it is ---- */

static bool marked(struct look *l, struct arena *a, str mark, bool *is_there)
{
	char criteria[CRITERIA_BYTES];
	struct imap_uids uids;
	int64_t last = l->folder.uid_next - 1, first = last >= IMAP_SEARCH_MOST ? last - IMAP_SEARCH_MOST + 1 : 1;
	snprintf(criteria, sizeof criteria, "KEYWORD %.*s", STR_ARG(mark));
	if (!imap_search(l->imap, a, first, last, criteria, &uids)) return false;
	*is_there = uids.n > 0;
	if (!*is_there || !l->box.is_taken_over || str_eq(mark, l->mark)) return true;
	*is_there = false;
	return imap_keyword(l->imap, a, uids.v[0], uids.v[uids.n - 1], mark, false);
}

/* Looks for others' marks; l->other is the first that holds. A keyword is an atom (RFC 3501): nothing of it can act. */
static bool find_others(struct look *l, struct arena *a, bool *is_ours)
{
	str keywords;
	*is_ours = false;
	l->other = S("");
	if (!imap_open(l->imap, a, &l->folder, &keywords)) return false;
	if (l->folder.uid_next <= 1) return true;
	keywords = str_lower_ascii(a, keywords); /* some servers keep their case, some do not */
	for (int n = 0; str_given(keywords) && n < OTHERS_MOST;) {
		str one = str_cut(&keywords, ' ');
		bool is_there;
		if (!str_starts(one, S(MARK)) || one.n != l->mark.n) continue;
		n++;
		if (!marked(l, a, one, &is_there)) return false;
		if (!is_there) continue;
		if (str_eq(one, l->mark)) *is_ours = true;
		else l->other = one;
	}
	return true;
}

/* False: it cannot be read; l->other.n: it is another's. */
static bool claim(struct look *l, struct arena *a)
{
	bool is_ours;
	if (!find_others(l, a, &is_ours)) return false;
	if (l->other.n || is_ours || l->folder.uid_next <= 1) return true;
	(void)imap_keyword(l->imap, a, l->folder.uid_next - 1, l->folder.uid_next - 1, l->mark, true);
	if (!find_others(l, a, &is_ours)) return false;
	if (l->other.n && str_cmp(l->mark, l->other) < 0) l->other = S("");
	if (l->other.n) (void)imap_keyword(l->imap, a, 1, l->folder.uid_next - 1, l->mark, false);
	return true;
}

/* ---- a look ---- */

static enum err note_try(struct op *op, void *arg)
{
	(void)arg;
	return op_run(op, SQL_conversation_mailbox_trying, DB_NO_ARGS, NULL);
}

static enum err read_all(struct look *l)
{
	bool is_well = true;
	if (l->box.uid_validity != l->folder.uid_validity) {
		l->next = 1;
		l->box.known_next = l->folder.uid_next;
	} else {
		l->next = l->box.uid_next;
	}
	if (l->next < l->folder.uid_next) TRY(op_apart(l->op->app, CONVERSATION_MAILBOX_JOB, note_try, l));
	while (is_well && l->next < l->folder.uid_next) TRY(read_stretch(l, &is_well));
	return op_apart(l->op->app, CONVERSATION_MAILBOX_JOB, is_well ? write_place : write_fault, l);
}

static enum err read_mailbox(struct look *l)
{
	struct arena a = {0};
	bool is_read = claim(l, &a);
	l->other = str_dup(&l->op->arena, l->other);
	arena_release(&a);
	if (is_read && l->other.n) l->fault = S("claimed");
	return is_read && !l->other.n ? read_all(l) : op_apart(l->op->app, CONVERSATION_MAILBOX_JOB, write_fault, l);
}

struct test {
	struct look *look;
	int64_t n;
	str fault;
};

static enum err write_test(struct op *op, void *arg)
{
	const struct test *t = arg;
	op_after_commit(op, tell, op->app);
	return op_run(op, SQL_conversation_mailbox_tested, DB_ARGS(db_int(clock_now_ms()), db_int(t->n), db_text(t->fault)), NULL);
}

static enum err test_mailbox(struct look *l)
{
	struct arena a = {0};
	str keywords;
	struct test t = {l, 0, S("")};
	if (imap_open(l->imap, &a, &l->folder, &keywords)) t.n = l->folder.uid_next - 1;
	else t.fault = imap_fault(l->imap, &a);
	enum err e = op_apart(l->op->app, CONVERSATION_MAILBOX_JOB, write_test, &t);
	arena_release(&a);
	return e;
}

/* What takes long must not hold the records: the job's own op writes nothing. */
static enum err read_state(struct op *op, void *arg)
{
	struct look *l = arg;
	TRY(conversation__mailbox(op, &l->box));
	if (!l->box.is_there) {
		TRY(conversation__mailbox_begin(op));
		TRY(conversation__mailbox(op, &l->box));
	}
	l->box.fault = l->box.claimed_by = l->box.test_fault = S(""); /* of this op's arena */
	return OK;
}

static enum err look(struct op *op, id job)
{
	struct look l = {.op = op, .job = job, .minutes = setting_int(op->app, SETTING_inbox_minutes)};
	struct mail_server server = {
		.host = setting_text(op, SETTING_inbox_host),
		.port = (int)setting_int(op->app, SETTING_inbox_port),
		.security = mail_security_of(setting_text(op, SETTING_inbox_security)),
		.user = setting_text(op, SETTING_inbox_user),
		.password = setting_text(op, SETTING_inbox_password),
		.authority = setting_text(op, SETTING_mail_authority),
	};
	TRY(op_apart(op->app, CONVERSATION_MAILBOX_JOB, read_state, &l));
	bool is_due = l.box.due_ms <= clock_now_ms() && !setting_bool(op->app, SETTING_inbox_is_paused);
	if (!is_due && !l.box.is_test_asked) return OK;
	l.mark = str_fmt(&op->arena, MARK "%.*s", STR_ARG(id_show(&op->arena, S(""), op->app->directory_id)));
	l.at_once = l.box.tries > TRIES_TOGETHER ? 1 : AT_ONCE;
	l.imap = imap_new(&server, setting_text(op, SETTING_inbox_folder));
	if (!l.imap) return fail(op, ERR_INTERNAL, "mail", "libcurl does not start");
	enum err e = l.box.is_test_asked ? test_mailbox(&l) : OK;
	if (e == OK && is_due) e = read_mailbox(&l);
	imap_free(l.imap);
	return e;
}

enum err conversation_mailbox_job(struct op *op, id job, str payload)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	(void)payload;
	if (!setting_text(op, SETTING_inbox_host).n) return OK;
	if (pthread_mutex_trylock(&one)) return ERR_BUSY;
	enum err e = look(op, job);
	pthread_mutex_unlock(&one);
	return e;
}
