/* An erasure in three steps, of which each may be the last before a crash:
 *   1. one transaction of records: keyed hashes go to the suppression list, every row of the customer goes, and the
 *      subjects are written down as still to be erased from the events;
 *   2. the event store hides them (durable when it returns);
 *   3. the note of step 1 goes.
 * What a crash leaves of 2 and 3 is done at the next start, what a full disk or a lost connection leaves of them by a job;
 * repeating them does no harm. The bytes go from the event
 * store's files in the background, from the database by its own means, from both at once by `hospes compact --now`. */
#include "base/buf.h"
#include "base/log.h"
#include "base/vec.h"
#include "customer/change.h"
#include "customer/customer.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "audit/audit.h"
#include "chat/chat.h"
#include "contact/contact.h"
#include "conversation/conversation.h"
#include "events/events.h"
#include "feedback/feedback.h"
#include "followup/followup.h"
#include "http/options.h"
#include "listen/mention.h"
#include "reading/reading.h"
#include "invite/invite.h"
#include "mail/mail.h"
#include "reading/verbatim.h"
#include "sms/sms.h"
#include "op/app.h"
#include "order/order.h"
#include "source/import.h"

enum { LIST_BYTES = 1 << 20, NEEDLE_LEAST = 4 };

/* ---- the events ---- */

static enum err erase_events(struct app *app, str list, struct fault *f)
{
	struct arena arena;
	VEC(uint32_t) subjects = {0};
	arena_init(&arena);
	for (str rest = list; str_given(rest);) {
		int64_t subject;
		if (str_i64(str_cut(&rest, ','), &subject) && subject > 0) VEC_PUSH(&subjects, &arena, (uint32_t)subject);
	}
	enum err e = subjects.n ? events_erase_subjects(app->events, subjects.v, subjects.n, f) : OK;
	arena_release(&arena);
	return e;
}

struct pending_erasure {
	struct app *app;
	id customer;
	str subjects;
	struct subject_key *keys;
	size_t n;
};

/* The store forgets an erased subject's number with the rest; whoever is sent again gets a new one, and that is suppressed
 * too. One that somebody was given in between is erased as well. */
static enum err suppress_again(struct pending_erasure *p, struct fault *f)
{
	for (size_t i = 0; i < p->n;) {
		bool is_new;
		uint32_t subject = events_subject(p->app->events, p->keys[i], &is_new);
		people_suppress(p->app->people, subject);
		if (is_new) i++;
		else TRY(events_erase_subjects(p->app->events, &subject, 1, f));
	}
	return OK;
}

static void finish(void *arg)
{
	struct pending_erasure *p = arg;
	struct op op;
	op_init(&op, p->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("erasure")}, true);
	enum err e = erase_events(p->app, p->subjects, &op.fault);
	if (e == OK) e = suppress_again(p, &op.fault);
	if (e == OK) e = op_run(&op, SQL_erasure_done, DB_ARGS(db_id(p->customer)), NULL);
	(void)op_end(&op, e); /* logged there; done again by the job */
	op_release(&op);
}

enum err erasure_resume(struct op *op)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_erasure_all, DB_NO_ARGS, &rows));
	for (size_t i = 0; i < rows.n; i++) {
		TRY(erase_events(op->app, db_rows_text(&rows, i, 1), &op->fault));
		TRY(op_run(op, SQL_erasure_done, DB_ARGS(db_id(db_rows_id(&rows, i, 0))), NULL));
		log_info("erasure_resumed", F_INT("customer", db_rows_id(&rows, i, 0)));
	}
	return OK;
}

/* Memory learns from the list of suppressed hashes which numbers they have now. */
static enum err resume_held(struct app *app)
{
	struct op op, again;
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("erasure")}, true);
	enum err e = op_end(&op, erasure_resume(&op));
	op_release(&op);
	op_init(&again, app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("erasure")}, false);
	enum err read = op_end(&again, people_reload(&again, app->people));
	op_release(&again);
	return e == OK ? read : e;
}

static enum err is_any_pending(struct app *app, bool *is_any)
{
	struct op op;
	struct db_rows rows = {0};
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("erasure")}, false);
	enum err e = op_end(&op, op_query(&op, SQL_erasure_all, DB_NO_ARGS, &rows));
	*is_any = rows.n > 0;
	op_release(&op);
	return e;
}

enum err erasure_job(struct op *op, id job, str payload)
{
	struct app *app = op->app;
	bool is_any;
	(void)job, (void)payload;
	TRY(is_any_pending(app, &is_any));
	if (!is_any) return OK;
	people_lock(app->people); /* an erasure that runs just now finishes its own */
	enum err e = resume_held(app);
	people_unlock(app->people);
	return e;
}

/* ---- the records ---- */

static enum err erase_subject(struct op *op, const struct db_rows *identities, size_t i, struct subject_key key)
{
	static const enum sql rows[] = {SQL_unapplied_forget, SQL_trait_remove_subject, SQL_consent_remove_subject, SQL_consent_state_remove_subject, SQL_edge_remove_subject,
	                                SQL_suggestion_remove_subject, SQL_identity_source_remove_subject, SQL_customer_name_remove_subject, SQL_identity_remove_subject};
	/* follow-ups before the mentions that some are of */
	static enum err (*const forgets[])(struct op *op, uint32_t subject) = {order_forget_subject, feedback_forget_subject, verbatim_forget_subject, followup_forget_subject, mention_forget_subject, contact_forget_subject,
	                                                                        invite_forget_subject, mail_forget_subject, sms_forget_subject, chat_forget_subject, conversation_forget_subject};
	uint32_t subject = (uint32_t)db_rows_int(identities, i, 0);
	str kind = db_rows_text(identities, i, 1), value = db_rows_text(identities, i, 2);
	TRY(op_run(op, SQL_suppression_add, DB_ARGS(db_blob((str){(const char *)&key, sizeof key}), db_int(op->now_ms)), NULL));
	for (size_t f = 0; f < COUNT_OF(forgets); f++) TRY(forgets[f](op, subject));
	TRY(reading_tidy(op));
	if (str_eq(kind, S("email")) || str_eq(kind, S("phone"))) TRY(conversation_forget_address(op, kind, value, subject));
	if (str_eq(kind, S("email"))) TRY(op_run(op, SQL_mail_forget_recipient, DB_ARGS(db_text(value), db_text(db_rows_text(identities, i, 3))), NULL));
	for (size_t r = 0; r < COUNT_OF(rows); r++) TRY(op_run(op, rows[r], DB_ARGS(db_int(subject)), NULL));
	TRY(op_run(op, SQL_suggestion_remove_evidence, DB_ARGS(db_text(db_rows_text(identities, i, 3))), NULL));
	return op_run(op, SQL_illegal_identity_remove, DB_ARGS(db_text(kind), db_text(value)), NULL);
}

static bool names(str text, const struct db_rows *identities)
{
	for (size_t i = 0; i < identities->n; i++)
		for (size_t column = 2; column <= 3; column++) {
			str needle = db_rows_text(identities, i, column);
			if (needle.n >= NEEDLE_LEAST && str_contains(text, needle)) return true;
		}
	return false;
}

/* Jobs that carry an identity are forgotten; one that runs just now loses its text. */
static enum err erase_jobs(struct op *op, const struct db_rows *identities)
{
	struct db_rows jobs;
	TRY(op_query(op, SQL_job_each_payload, DB_NO_ARGS, &jobs));
	for (size_t i = 0; i < jobs.n; i++) {
		if (!names(db_rows_text(&jobs, i, 1), identities)) continue;
		TRY(op_run(op, SQL_job_blank, DB_ARGS(db_id(db_rows_id(&jobs, i, 0))), NULL));
		TRY(op_run(op, SQL_job_forget, DB_ARGS(db_id(db_rows_id(&jobs, i, 0))), NULL));
	}
	return OK;
}

static enum err erase_rejects(struct op *op, const struct db_rows *identities)
{
	str *values = ARENA_ARRAY(&op->arena, str, identities->n * 2 + 1);
	size_t n = 0;
	for (size_t i = 0; i < identities->n; i++)
		for (size_t column = 2; column <= 3; column++) {
			str value = db_rows_text(identities, i, column);
			if (value.n >= NEEDLE_LEAST) values[n++] = value;
		}
	enum err e = imports_forget_values(op->app, values, n);
	return e == OK ? OK : fail(op, e, "", "the files of rejected rows could not be cleaned");
}

static str subject_list(struct op *op, const struct db_rows *identities)
{
	struct buf b;
	buf_init(&b, LIST_BYTES);
	for (size_t i = 0; i < identities->n; i++) {
		if (i) buf_byte(&b, ',');
		buf_i64(&b, db_rows_int(identities, i, 0));
	}
	str list = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return list;
}

enum err customer_erase(struct op *op, struct customer_hold *hold, id customer)
{
	struct db_rows identities;
	TRY(op_query(op, SQL_identity_of_customer, DB_ARGS(db_id(customer)), &identities));
	str list = subject_list(op, &identities);
	hold->is_dirty = true;
	TRY(op_run(op, SQL_erasure_add, DB_ARGS(db_id(customer), db_text(list), db_int(op->now_ms)), NULL));
	TRY(erase_jobs(op, &identities));
	TRY(erase_rejects(op, &identities));
	struct subject_key *keys = ARENA_ARRAY(&op->arena, struct subject_key, identities.n + 1);
	for (size_t i = 0; i < identities.n; i++) {
		keys[i] = identity_key(op->app, db_rows_text(&identities, i, 1), db_rows_text(&identities, i, 2));
		TRY(erase_subject(op, &identities, i, keys[i]));
		people_suppress(op->app->people, (uint32_t)db_rows_int(&identities, i, 0));
	}
	TRY(op_run(op, SQL_customer_word_remove, DB_ARGS(db_id(customer)), NULL));
	TRY(op_run(op, SQL_customer_amount_erase, DB_ARGS(db_id(customer)), NULL));
	TRY(op_run(op, SQL_customer_erase_row, DB_ARGS(db_id(customer), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "customer_erased", "customer", customer, STR_NONE, STR_NONE));
	struct pending_erasure *p = ARENA_NEW(&op->arena, struct pending_erasure);
	*p = (struct pending_erasure){op->app, customer, list, keys, identities.n};
	op_after_commit(op, finish, p);
	customer_tell(op, customer);
	return OK;
}

/* ---- the handler and the command ---- */

enum err customer_post_erase(struct op *op, struct web *w, struct answer *a)
{
	struct customer_hold *hold = customer_hold(op);
	id customer, into;
	uint32_t number;
	TRY(web_id(op, w, "id", "cus", &customer));
	TRY(customer_open(op, customer, &number, &into));
	TRY(customer_erase(op, hold, into ? into : customer));
	a->notice = msg_of("notice_erased");
	return answer_redirect(a, S("/customers"));
}

static enum err erase_identity(struct op *op, str identity)
{
	struct customer_hold *hold = customer_hold(op);
	id customer;
	TRY(customer_by_identity(op, identity, &customer));
	if (!customer) return fail(op, ERR_NOT_FOUND, "identity", "nobody is known by it");
	return customer_erase(op, hold, customer);
}

int command_erase(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	enum { MOST = 8 };
	str rest[MOST];
	int n, code = 0;
	struct op op;
	if (argc > MOST || !options_read(io, argc, argv, NULL, 0, rest, &n) || n != 1) {
		command_print(io->err, "usage: hospes erase --data DIR IDENTITY (such as email:name@example.com)\n");
		return 2;
	}
	op_init(&op, app, (struct actor){.kind = ACTOR_COMMAND, .name = S("command line")}, true);
	if (op_end(&op, erase_identity(&op, rest[0])) == OK)
		command_print(io->out, "erased\n");
	else
		code = command_fault(io, &op.fault);
	op_release(&op);
	return code;
}
