/* followup_show.c: one follow-up with what is known of its customer, and what is done about it. */
#include "audit/audit.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "followup/followup_inner.h"
#include "i18n/i18n.h"
#include "improvement/improvement.h"
#include "mail/mail.h"
#include "op/app.h"
#include "order/currency.h"

enum { TOUCHPOINTS = 8, NOTE_BYTES = 8000, SUBJECT_BYTES = 400 };

struct followup_step {
	int64_t at;
	str who, text;
	struct msg what;
};
static const struct desc_field STEP_FIELDS[] = {
	FIELD(followup_step, at, DESC_TIME),
	FIELD(followup_step, who, DESC_STR),
	FIELD(followup_step, what, DESC_MSG),
	FIELD(followup_step, text, DESC_STR),
};
static const struct desc STEP_DESC = DESC(followup_step, STEP_FIELDS);

struct followup_moment {
	int64_t time;
	struct msg title;
	str text, channel;
};
static const struct desc_field MOMENT_FIELDS[] = {
	FIELD(followup_moment, time, DESC_TIME),
	FIELD(followup_moment, title, DESC_MSG),
	FIELD(followup_moment, text, DESC_STR),
	FIELD(followup_moment, channel, DESC_STR),
};
static const struct desc MOMENT_DESC = DESC(followup_moment, MOMENT_FIELDS);

struct followup_page {
	struct msg finding;
	struct followup_row followup;
	bool is_closed, may_write, may_mail, is_nobody;
	struct msg no_mail;         /* why nothing can be sent */
	struct customer_row customer;
	LIST_OF(struct followup_moment) moments;
	LIST_OF(struct followup_step) steps;
	LIST_OF(struct option) owners, outcomes, improvements;
	str recipient, language;
	int64_t sends_at;
	struct input subject, text, note;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(followup_page, finding, DESC_MSG),
	FIELD(followup_page, followup, DESC_STRUCT, .of = &FOLLOWUP_ROW_DESC),
	FIELD(followup_page, is_closed, DESC_BOOL),
	FIELD(followup_page, may_write, DESC_BOOL),
	FIELD(followup_page, may_mail, DESC_BOOL, .doc = "a letter can be sent to the customer"),
	FIELD(followup_page, is_nobody, DESC_BOOL, .doc = "the customer is known no more"),
	FIELD(followup_page, no_mail, DESC_MSG),
	FIELD(followup_page, customer, DESC_STRUCT, .of = &CUSTOMER_ROW_DESC),
	FIELD(followup_page, moments, DESC_LIST, .item = DESC_STRUCT, .of = &MOMENT_DESC),
	FIELD(followup_page, steps, DESC_LIST, .item = DESC_STRUCT, .of = &STEP_DESC),
	FIELD(followup_page, owners, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(followup_page, outcomes, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(followup_page, improvements, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(followup_page, recipient, DESC_STR),
	FIELD(followup_page, sends_at, DESC_TIME, .flags = DESC_OMIT, .doc = "a letter told now waits until then: it is night where they are"),
	FIELD(followup_page, language, DESC_STR, .doc = "the customer's, in which the letter is written"),
	FIELD(followup_page, subject, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(followup_page, text, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(followup_page, note, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(followup_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc FOLLOWUP_PAGE_DESC = DESC(followup_page, PAGE_FIELDS);

struct note_input {
	str text;
};
static const struct desc_field NOTE_FIELDS[] = {FIELD(note_input, text, DESC_STR, .max = NOTE_BYTES, .flags = DESC_REQUIRED)};
const struct desc FOLLOWUP_NOTE_DESC = {"followup_note", sizeof(struct note_input), NOTE_FIELDS, COUNT_OF(NOTE_FIELDS)};
struct close_input {
	str outcome, text;
};
static const struct desc_field CLOSE_FIELDS[] = {
	FIELD(close_input, outcome, DESC_STR, .flags = DESC_REQUIRED, .doc = "solved, explained, not_reached or nothing"),
	FIELD(close_input, text, DESC_STR, .max = NOTE_BYTES),
};
const struct desc FOLLOWUP_CLOSE_DESC = {"followup_close", sizeof(struct close_input), CLOSE_FIELDS, COUNT_OF(CLOSE_FIELDS)};
struct tell_input {
	str subject, text;
};
static const struct desc_field TELL_FIELDS[] = {
	FIELD(tell_input, subject, DESC_STR, .max = SUBJECT_BYTES, .flags = DESC_REQUIRED),
	FIELD(tell_input, text, DESC_STR, .max = NOTE_BYTES, .flags = DESC_REQUIRED),
};
const struct desc FOLLOWUP_TELL_DESC = {"followup_tell", sizeof(struct tell_input), TELL_FIELDS, COUNT_OF(TELL_FIELDS)};
struct cause_input {
	str improvement;
};
static const struct desc_field CAUSE_FIELDS[] = {FIELD(cause_input, improvement, DESC_STR, .doc = "id of an improvement; empty: none")};
const struct desc FOLLOWUP_CAUSE_DESC = {"followup_cause", sizeof(struct cause_input), CAUSE_FIELDS, COUNT_OF(CAUSE_FIELDS)};

/* ---- the page ---- */

static enum err fill_customer(struct op *op, struct followup_page *page)
{
	struct customer_timeline line;
	uint32_t number;
	str lead;
	if (!page->followup.customer || !people_find(op->app->people, page->followup.customer, &number)) {
		page->is_nobody = true;
		return OK;
	}
	TRY(order_currency(op, &op->arena, &lead));
	TRY(customer_row_get(op, page->followup.customer, lead, &page->customer));
	TRY(customer_timeline_get(op, number, S(""), TOUCHPOINTS, &line));
	page->moments.v = ARENA_ARRAY(&op->arena, struct followup_moment, line.touchpoints.n + 1);
	page->moments.n = line.touchpoints.n;
	for (size_t i = 0; i < line.touchpoints.n; i++) {
		const struct customer_touchpoint *t = &line.touchpoints.v[i];
		page->moments.v[i] = (struct followup_moment){t->time, t->title, t->text, t->channel};
	}
	return OK;
}

static enum err fill_letter(struct op *op, struct followup_page *page)
{
	struct customer_letter letter;
	str greeting;
	page->sends_at = DESC_NULL_INT;
	if (page->is_nobody) return OK;
	TRY(followup_letter_of(op, page->followup.customer, &letter, &greeting));
	page->recipient = letter.email;
	page->language = letter.language;
	page->sends_at = letter.not_before_ms > op->now_ms ? letter.not_before_ms : DESC_NULL_INT;
	page->subject.value = letter.subject;
	page->text.value = str_fmt(&op->arena, "%.*s\n\n%.*s", STR_ARG(greeting), STR_ARG(letter.text));
	page->no_mail = !letter.email.n ? msg_of("followup_no_address") : letter.is_refused ? msg_of("followup_mail_refused") : !mail_is_on(op->app) ? msg_of("followup_mail_off") : (struct msg){0};
	page->may_mail = !page->no_mail.key;
	return OK;
}

static enum err fill_steps(struct op *op, struct followup_page *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_followup_steps, DB_ARGS(db_id(page->followup.id)), &r));
	page->steps.v = ARENA_ARRAY(&op->arena, struct followup_step, r.n + 1);
	page->steps.n = r.n;
	for (size_t i = 0; i < r.n; i++)
		page->steps.v[i] = (struct followup_step){db_rows_int(&r, i, 0), db_rows_text(&r, i, 1), db_rows_text(&r, i, 3), msg_of(str_fmt(&op->arena, "followup_step_%.*s", STR_ARG(db_rows_text(&r, i, 2))).p)};
	return OK;
}

static struct msg finding_of(const struct op *op, const struct followup_row *f)
{
	struct msg m = msg_str(f->state == FOLLOWUP_CLOSED ? "followup_is_closed" : op->now_ms > f->due_at ? "followup_is_late" : "followup_is_due", "cause", f->cause);
	msg_add(&m, (struct msg_arg){.name = "due", .type = MSG_TIME, .i = f->state == FOLLOWUP_CLOSED ? f->closed_at : f->due_at});
	return m;
}

static enum err make_page(struct op *op, id followup, struct followup_page **out)
{
	struct followup_page *page = *out = ARENA_NEW(&op->arena, struct followup_page);
	TRY(followup__get(op, followup, &page->followup));
	TRY(fill_customer(op, page));
	TRY(fill_letter(op, page));
	TRY(fill_steps(op, page));
	TRY(followup__owners(op, page->followup.owner, &page->owners.v, &page->owners.n));
	for (int i = 0; i < FOLLOWUP_OUTCOMES; i++) {
		struct msg name = msg_of(str_fmt(&op->arena, "followup_outcome_%s", FOLLOWUP_OUTCOME_NAMES[i]).p);
		customer_option(op, &page->outcomes, str_of(FOLLOWUP_OUTCOME_NAMES[i]), i18n_msg(&op->arena, &op->locale, &name), i == 0);
	}
	TRY(improvement_options(op, page->followup.improvement, &page->improvements.v, &page->improvements.n));
	page->is_closed = page->followup.state == FOLLOWUP_CLOSED;
	page->may_write = op_may(op, PERM_WRITE_CUSTOMERS);
	page->finding = finding_of(op, &page->followup);
	return OK;
}

enum err followup_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct followup_page *page;
	id followup;
	TRY(web_id(op, w, "id", "fup", &followup));
	TRY(make_page(op, followup, &page));
	a->topics[a->n_topics++] = FOLLOWUP_TOPIC;
	return answer_with(a, &FOLLOWUP_PAGE_DESC, page);
}

/* ---- acts ---- */

static enum err open_one(struct op *op, const struct web *w, struct followup_row *f)
{
	id followup;
	TRY(web_id(op, w, "id", "fup", &followup));
	return followup__get(op, followup, f);
}

static enum err done(struct op *op, struct answer *a, const struct followup_row *f, const struct followup_act *act, const char *notice)
{
	TRY(followup__do(op, f, act));
	a->notice = msg_of(notice);
	a->undo = str_fmt(&op->arena, "/follow-ups/acts/%.*s/undo", STR_ARG(id_show(&op->arena, S("fua"), act->action)));
	return answer_redirect(a, f->address);
}

static enum err refuse(struct op *op, struct answer *a, id followup, str note)
{
	struct followup_page *page;
	struct form_fault *faults;
	size_t n;
	faults = web_faults(op, &n);
	TRY(make_page(op, followup, &page));
	page->faults.v = faults;
	page->faults.n = n;
	page->note.value = note;
	return answer_refused(op, a, &FOLLOWUP_PAGE_DESC, page);
}

enum err followup_note_post(struct op *op, struct web *w, struct answer *a)
{
	struct followup_row f;
	struct note_input in = {STR_NONE};
	TRY(open_one(op, w, &f));
	enum err e = web_input(op, w, &FOLLOWUP_NOTE_DESC, &in);
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, a, f.id, in.text);
	TRY(e);
	struct followup_act act = followup__as_it_is(&f, "note");
	act.text = in.text;
	TRY(followup__do(op, &f, &act));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, f.address);
}

enum err followup_begin_post(struct op *op, struct web *w, struct answer *a)
{
	struct followup_row f;
	TRY(open_one(op, w, &f));
	if (f.state == FOLLOWUP_CLOSED) return fail(op, ERR_STATE, "id", "is closed: reopen it first");
	struct followup_act act = followup__as_it_is(&f, "begun");
	act.state = FOLLOWUP_WORKING;
	if (op->actor.kind == ACTOR_PERSON) act.owner = op->actor.id;
	return done(op, a, &f, &act, "notice_followup_begun");
}

enum err followup_close_post(struct op *op, struct web *w, struct answer *a)
{
	struct followup_row f;
	struct close_input in = {STR_NONE, STR_NONE};
	TRY(open_one(op, w, &f));
	enum err e = web_input(op, w, &FOLLOWUP_CLOSE_DESC, &in);
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, a, f.id, in.text);
	TRY(e);
	if (f.state == FOLLOWUP_CLOSED) return fail(op, ERR_STATE, "id", "is closed already");
	struct followup_act act = followup__as_it_is(&f, "closed");
	act.state = FOLLOWUP_CLOSED;
	act.text = in.text;
	act.closed_at = op->now_ms;
	act.outcome = -1;
	for (int i = 0; i < FOLLOWUP_OUTCOMES; i++)
		if (str_eq(in.outcome, str_of(FOLLOWUP_OUTCOME_NAMES[i]))) act.outcome = i;
	if (act.outcome < 0) return fail(op, ERR_INVALID, "outcome", "must be solved, explained, not_reached or nothing");
	if (f.customer) {
		str shown = id_show(&op->arena, S("fup"), f.id);
		const struct customer_pair pairs[] = {{"follow_up", shown}, {"result", in.outcome}, {"cause", f.cause}, {"person", op->actor.name}};
		TRY(customer_keep(op, f.customer, S("Follow-up Closed"), STR_NONE, str_fmt(&op->arena, "%.*s-closed-%lld", STR_ARG(shown), (long long)f.closings), pairs, COUNT_OF(pairs)));
	}
	return done(op, a, &f, &act, "notice_followup_closed");
}

enum err followup_reopen_post(struct op *op, struct web *w, struct answer *a)
{
	struct followup_row f;
	TRY(open_one(op, w, &f));
	if (f.state != FOLLOWUP_CLOSED) return fail(op, ERR_STATE, "id", "is not closed");
	struct followup_act act = followup__as_it_is(&f, "reopened");
	act.state = FOLLOWUP_WORKING;
	act.outcome = -1;
	act.closed_at = DESC_NULL_INT;
	return done(op, a, &f, &act, "notice_followup_reopened");
}

enum err followup_tell_post(struct op *op, struct web *w, struct answer *a)
{
	struct followup_row f;
	struct tell_input in = {STR_NONE, STR_NONE};
	struct customer_letter letter;
	str greeting;
	TRY(open_one(op, w, &f));
	enum err e = web_input(op, w, &FOLLOWUP_TELL_DESC, &in);
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, a, f.id, STR_NONE);
	TRY(e);
	if (!f.customer) return fail(op, ERR_STATE, "id", "its customer is known no more");
	TRY(followup_letter_of(op, f.customer, &letter, &greeting));
	letter.subject = in.subject;
	letter.text = in.text;
	TRY(followup_letter_send(op, &letter, NULL));
	TRY(op_run(op, SQL_followup_set_told, DB_ARGS(db_id(f.id), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "followup_told", "followup", f.id, STR_NONE, STR_NONE));
	id action = id_new();
	const struct customer_pair pairs[] = {{"subject", in.subject}, {"text", in.text}, {"person", op->actor.name}};
	TRY(customer_keep(op, f.customer, S("Follow-up Letter Sent"), S("email"), id_show(&op->arena, S("fua"), action), pairs, COUNT_OF(pairs)));
	struct followup_act act = followup__as_it_is(&f, "told");
	act.action = action;
	act.text = in.subject;
	TRY(followup__do(op, &f, &act));
	a->notice = msg_of(letter.not_before_ms > op->now_ms ? "notice_followup_told_later" : "notice_followup_told");
	return answer_redirect(a, f.address);
}

enum err followup_cause_post(struct op *op, struct web *w, struct answer *a)
{
	struct followup_row f;
	struct cause_input in;
	id improvement = 0;
	TRY(open_one(op, w, &f));
	TRY(web_input(op, w, &FOLLOWUP_CAUSE_DESC, &in));
	if (in.improvement.n && (!id_read(S("imv"), in.improvement, &improvement) || !improvement_is_there(op, improvement))) return fail(op, ERR_INVALID, "improvement", "there is no such improvement");
	TRY(op_run(op, SQL_followup_set_improvement, DB_ARGS(db_id(f.id), db_id(improvement)), NULL));
	struct followup_act act = followup__as_it_is(&f, "cause");
	TRY(followup__do(op, &f, &act));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, f.address);
}
