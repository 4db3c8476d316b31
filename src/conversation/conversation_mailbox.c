#include "conversation/conversation_mailbox.h"

#include "audit/audit.h"
#include "base/clock.h"
#include "base/datetime.h"
#include "conversation/conversation.h"
#include "http/faults.h"
#include "jobs/jobs.h"
#include "mail/mail.h"
#include "mail/server_form.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/team.h"

enum { ADDRESSES_BYTES = 2000, VERIFIER_BYTES = 255, NUMBER_BYTES = 5 };
#define PATH "/settings/mail/inbox"

struct mailbox_count {
	str outcome;
	struct msg label;
	int64_t n, last_at;
};
static const struct desc_field COUNT_FIELDS[] = {
	FIELD(mailbox_count, outcome, DESC_STR, .doc = "begun, added, known, bounce, or why it became no message: erased, no_customer, forged, empty, too_large, too_deep, no_sender, unfetched, failed"),
	FIELD(mailbox_count, label, DESC_MSG),
	FIELD(mailbox_count, n, DESC_INT),
	FIELD(mailbox_count, last_at, DESC_TIME),
};
static const struct desc COUNT_DESC = DESC(mailbox_count, COUNT_FIELDS);
struct mailbox_refused {
	int64_t at;
	str address, title, reason;
	struct msg why;
};
static const struct desc_field REFUSED_FIELDS[] = {
	FIELD(mailbox_refused, at, DESC_TIME),
	FIELD(mailbox_refused, address, DESC_STR),
	FIELD(mailbox_refused, title, DESC_STR),
	FIELD(mailbox_refused, reason, DESC_STR),
	FIELD(mailbox_refused, why, DESC_MSG),
};
static const struct desc REFUSED_DESC = DESC(mailbox_refused, REFUSED_FIELDS);

struct conversation_mailbox {
	struct msg finding, fault, claimed, test;
	struct input addresses, host, port, user, password, folder, minutes, back_days, verifier;
	LIST_OF(struct option) securities;
	bool has_password, is_on, is_paused, is_tested, acknowledges, may_mail;
	LIST_OF(struct mailbox_count) counts;
	LIST_OF(struct mailbox_refused) refused;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(conversation_mailbox, finding, DESC_MSG),
	FIELD(conversation_mailbox, fault, DESC_MSG, .doc = "while it cannot be read: since when, and why"),
	FIELD(conversation_mailbox, claimed, DESC_MSG, .doc = "while another server reads it"),
	FIELD(conversation_mailbox, test, DESC_MSG, .doc = "how the last test went"),
	FIELD(conversation_mailbox, addresses, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_mailbox, host, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_mailbox, port, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_mailbox, user, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_mailbox, password, DESC_STRUCT, .of = &INPUT_DESC, .doc = "its value is never told"),
	FIELD(conversation_mailbox, folder, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_mailbox, minutes, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_mailbox, back_days, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_mailbox, verifier, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(conversation_mailbox, securities, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(conversation_mailbox, has_password, DESC_BOOL),
	FIELD(conversation_mailbox, is_on, DESC_BOOL),
	FIELD(conversation_mailbox, is_paused, DESC_BOOL),
	FIELD(conversation_mailbox, is_tested, DESC_BOOL, .doc = "the last test went well"),
	FIELD(conversation_mailbox, acknowledges, DESC_BOOL),
	FIELD(conversation_mailbox, may_mail, DESC_BOOL, .doc = "mail can be sent at all"),
	FIELD(conversation_mailbox, counts, DESC_LIST, .item = DESC_STRUCT, .of = &COUNT_DESC),
	FIELD(conversation_mailbox, refused, DESC_LIST, .item = DESC_STRUCT, .of = &REFUSED_DESC),
	FIELD(conversation_mailbox, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc CONVERSATION_MAILBOX_DESC = DESC(conversation_mailbox, PAGE_FIELDS);

struct conversation_mailbox_input {
	str addresses, host, port, security, user, password, folder, minutes, back_days, verifier;
	bool is_paused, acknowledges;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(conversation_mailbox_input, addresses, DESC_STR, .doc = "addresses that customers write to besides the sender's, with commas"),
	FIELD(conversation_mailbox_input, host, DESC_STR, .doc = "empty: none is read"),
	FIELD(conversation_mailbox_input, port, DESC_STR),
	FIELD(conversation_mailbox_input, security, DESC_STR, .doc = "none, starttls or tls"),
	FIELD(conversation_mailbox_input, user, DESC_STR),
	FIELD(conversation_mailbox_input, password, DESC_STR, .doc = "empty: the one that is kept"),
	FIELD(conversation_mailbox_input, folder, DESC_STR, .doc = "empty: INBOX"),
	FIELD(conversation_mailbox_input, minutes, DESC_STR, .doc = "from one look to the next, 1 to 1440; empty: as it is"),
	FIELD(conversation_mailbox_input, back_days, DESC_STR, .doc = "how far back is read what lies there already, 0 to 3650 days; empty: as it is"),
	FIELD(conversation_mailbox_input, verifier, DESC_STR, .doc = "whose word in Authentication-Results is taken"),
	FIELD(conversation_mailbox_input, is_paused, DESC_BOOL),
	FIELD(conversation_mailbox_input, acknowledges, DESC_BOOL, .doc = "customers are told that their mail arrived"),
};
const struct desc CONVERSATION_MAILBOX_INPUT_DESC = DESC(conversation_mailbox_input, INPUT_FIELDS);

/* ---- its row ---- */

enum err conversation__mailbox(struct op *op, struct conversation__mailbox *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_mailbox, DB_NO_ARGS, &r));
	*out = (struct conversation__mailbox){.looked_ms = DESC_NULL_INT, .fault_ms = DESC_NULL_INT, .tested_ms = DESC_NULL_INT, .fault = S(""), .claimed_by = S(""), .test_fault = S("")};
	if (!r.n) return OK;
	*out = (struct conversation__mailbox){.is_there = true, .uid_validity = db_rows_int(&r, 0, 0), .uid_next = db_rows_int(&r, 0, 1), .known_next = db_rows_int(&r, 0, 2), .since_ms = db_rows_int(&r, 0, 3), .due_ms = db_rows_int(&r, 0, 4),
		.looked_ms = db_rows_int(&r, 0, 5), .came = db_rows_int(&r, 0, 6), .fault_ms = db_rows_int(&r, 0, 7), .fault = db_rows_text(&r, 0, 8), .claimed_by = db_rows_text(&r, 0, 9), .is_taken_over = db_rows_bool(&r, 0, 10),
		.tries = db_rows_int(&r, 0, 11), .is_test_asked = db_rows_bool(&r, 0, 12), .tested_ms = db_rows_int(&r, 0, 13), .tested_n = db_rows_int(&r, 0, 14), .test_fault = db_rows_text(&r, 0, 15)};
	return OK;
}

enum err conversation__mailbox_begin(struct op *op)
{
	return op_run(op, SQL_conversation_mailbox_begin, DB_ARGS(db_int(clock_now_ms() - setting_int(op->app, SETTING_inbox_back_days) * DAY_MS)), NULL);
}

/* ---- the page ---- */

static struct conversation_mailbox_input current(struct op *op)
{
	return (struct conversation_mailbox_input){
		.addresses = setting_text(op, SETTING_inbox_addresses),
		.host = setting_text(op, SETTING_inbox_host),
		.port = setting_text(op, SETTING_inbox_port),
		.security = setting_text(op, SETTING_inbox_security),
		.user = setting_text(op, SETTING_inbox_user),
		.folder = setting_text(op, SETTING_inbox_folder),
		.minutes = setting_text(op, SETTING_inbox_minutes),
		.back_days = setting_text(op, SETTING_inbox_back_days),
		.verifier = setting_text(op, SETTING_inbox_verifier),
		.is_paused = setting_bool(op->app, SETTING_inbox_is_paused),
		.acknowledges = setting_bool(op->app, SETTING_inbox_acknowledges),
	};
}

static void tell_state(struct conversation_mailbox *page, const struct conversation__mailbox *box)
{
	page->finding = msg_of(!page->is_on ? "mailbox_off" : page->is_paused ? "mailbox_paused" : box->looked_ms == DESC_NULL_INT ? "mailbox_never" : "mailbox_on");
	msg_add(&page->finding, (struct msg_arg){.name = "n", .type = MSG_INT, .i = box->came});
	if (box->looked_ms != DESC_NULL_INT) msg_add(&page->finding, (struct msg_arg){.name = "time", .type = MSG_TIME, .i = box->looked_ms});
	if (!page->is_on) return;
	if (box->claimed_by.n) {
		page->claimed = msg_str("mailbox_claimed", "mark", box->claimed_by);
	} else if (box->fault_ms != DESC_NULL_INT) {
		page->fault = msg_str("bounces_fault", "answer", box->fault);
		msg_add(&page->fault, (struct msg_arg){.name = "since", .type = MSG_TIME, .i = box->fault_ms});
	}
	if (box->is_test_asked) page->test = msg_of("mailbox_testing");
	if (box->tested_ms == DESC_NULL_INT) return;
	page->is_tested = !box->test_fault.n;
	page->test = page->is_tested ? msg_int("mailbox_test_well", "n", box->tested_n) : msg_str("mailbox_test_fault", "answer", box->test_fault);
	msg_add(&page->test, (struct msg_arg){.name = "time", .type = MSG_TIME, .i = box->tested_ms});
}

static enum err fill_counts(struct op *op, struct conversation_mailbox *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_mailbox_counts, DB_NO_ARGS, &r));
	page->counts.n = r.n;
	page->counts.v = ARENA_ARRAY(&op->arena, struct mailbox_count, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		str outcome = db_rows_text(&r, i, 0);
		page->counts.v[i] = (struct mailbox_count){outcome, msg_of(str_fmt(&op->arena, "mailbox_outcome_%.*s", STR_ARG(outcome)).p), db_rows_int(&r, i, 1), db_rows_int(&r, i, 2)};
	}
	TRY(op_query(op, SQL_conversation_refused, DB_NO_ARGS, &r));
	page->refused.n = r.n;
	page->refused.v = ARENA_ARRAY(&op->arena, struct mailbox_refused, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		str reason = db_rows_text(&r, i, 3);
		page->refused.v[i] = (struct mailbox_refused){db_rows_int(&r, i, 0), db_rows_text(&r, i, 1), db_rows_text(&r, i, 2), reason, msg_of(str_fmt(&op->arena, "mailbox_outcome_%.*s", STR_ARG(reason)).p)};
	}
	return OK;
}

static enum err make_page(struct op *op, const struct conversation_mailbox_input *in, struct conversation_mailbox **out)
{
	struct conversation_mailbox *page = *out = ARENA_NEW(&op->arena, struct conversation_mailbox);
	struct conversation__mailbox box;
	TRY(conversation__mailbox(op, &box));
	page->addresses.value = in->addresses;
	page->host.value = in->host;
	page->port.value = in->port;
	page->user.value = in->user;
	page->folder.value = in->folder;
	page->minutes.value = in->minutes;
	page->back_days.value = in->back_days;
	page->verifier.value = in->verifier;
	page->is_paused = in->is_paused;
	page->acknowledges = in->acknowledges;
	page->may_mail = mail_is_on(op->app);
	page->is_on = setting_text(op, SETTING_inbox_host).n > 0;
	page->has_password = setting_text(op, SETTING_inbox_password).n > 0;
	page->securities.v = server_form_securities(op, in->security, &page->securities.n);
	tell_state(page, &box);
	return fill_counts(op, page);
}

enum err conversation_mailbox_get(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_mailbox *page;
	struct conversation_mailbox_input in = current(op);
	(void)w;
	TRY(make_page(op, &in, &page));
	a->topics[a->n_topics++] = S("mail");
	return answer_with(a, &CONVERSATION_MAILBOX_DESC, page);
}

/* ---- changing it ---- */

static struct server_form form_of(struct op *op, const struct conversation_mailbox_input *in)
{
	return (struct server_form){in->host, in->port, in->security, in->user, in->password, setting_text(op, SETTING_mail_authority)};
}

static void check_number(struct faults *faults, const char *field, struct input *in, enum setting setting)
{
	int64_t n, preset, least, most;
	setting_bounds(setting, &preset, &least, &most);
	if (str_i64(in->value, &n) && n >= least && n <= most) return;
	struct msg m = msg_int("fault_between", "least", least);
	msg_add(&m, (struct msg_arg){.name = "most", .type = MSG_INT, .i = most});
	faults_add(faults, field, in, m);
}

static void check_addresses(struct faults *faults, struct input *in)
{
	bool is_fine = in->value.n <= ADDRESSES_BYTES;
	for (str rest = in->value; is_fine && str_given(rest);) {
		str one = str_trim(str_cut(&rest, ','));
		is_fine = !one.n || email_is_plausible(one);
	}
	if (!is_fine) faults_add(faults, "addresses", in, msg_of("fault_email"));
}

static void look_through(struct op *op, struct conversation_mailbox *page, const struct conversation_mailbox_input *in, struct faults *faults)
{
	struct conversation_mailbox_input kept = current(op);
	struct server_form now = form_of(op, &kept), typed = form_of(op, in);
	struct server_fields fields = {&page->host, &page->port, &page->user, &page->password, page->has_password};
	check_addresses(faults, &page->addresses);
	if (!in->host.n) return;
	server_form_check(&typed, &now, &fields, faults);
	if (!in->user.n) faults_add(faults, "user", &page->user, msg_of("fault_required"));
	if (!server_form_is_folder(in->folder)) faults_add(faults, "folder", &page->folder, msg_of("bounces_fault_folder"));
	if (in->verifier.n > VERIFIER_BYTES || server_form_has_control(in->verifier) || str_contains(in->verifier, S(" "))) faults_add(faults, "verifier", &page->verifier, msg_of("fault_invalid"));
	check_number(faults, "minutes", &page->minutes, SETTING_inbox_minutes);
	check_number(faults, "back_days", &page->back_days, SETTING_inbox_back_days);
}

static str told(struct op *op, const struct conversation_mailbox_input *in)
{
	if (!in->host.n) return S("–");
	return str_fmt(&op->arena, "%.*s:%.*s %.*s %.*s %.*s%s", STR_ARG(in->host), STR_ARG(in->port), STR_ARG(in->security), STR_ARG(in->user), STR_ARG(in->folder), in->is_paused ? " ·" : "");
}

static bool is_other_folder(const struct conversation_mailbox_input *a, const struct conversation_mailbox_input *b)
{
	return !str_eq(a->host, b->host) || !str_eq(a->port, b->port) || !str_eq(a->user, b->user) || !str_eq(a->folder, b->folder);
}

static enum err save(struct op *op, const struct conversation_mailbox_input *in)
{
	struct conversation_mailbox_input before = current(op);
	const struct {
		enum setting setting;
		str value;
	} VALUES[] = {
		{SETTING_inbox_addresses, in->addresses}, {SETTING_inbox_host, in->host},       {SETTING_inbox_port, in->port},           {SETTING_inbox_security, in->security}, {SETTING_inbox_user, in->user},
		{SETTING_inbox_folder, in->folder},       {SETTING_inbox_minutes, in->minutes}, {SETTING_inbox_back_days, in->back_days}, {SETTING_inbox_verifier, in->verifier}, {SETTING_inbox_is_paused, in->is_paused ? S("1") : S("0")},
		{SETTING_inbox_acknowledges, in->acknowledges ? S("1") : S("0")},
	};
	for (size_t i = 0; i < COUNT_OF(VALUES); i++) TRY(setting_put(op, VALUES[i].setting, VALUES[i].value));
	if (in->password.n) TRY(setting_put(op, SETTING_inbox_password, in->password));
	TRY(audit_write(op, "mailbox_changed", "mail", 0, told(op, &before), told(op, in)));
	struct conversation__mailbox box;
	TRY(conversation__mailbox(op, &box));
	if (!box.is_there || is_other_folder(&before, in)) {
		int64_t days = 0;
		(void)str_i64(in->back_days, &days);
		TRY(op_run(op, SQL_conversation_mailbox_begin, DB_ARGS(db_int(clock_now_ms() - days * DAY_MS)), NULL));
	} else {
		TRY(op_run(op, SQL_conversation_mailbox_due, DB_NO_ARGS, NULL));
	}
	return job_add(op, CONVERSATION_MAILBOX_JOB, S("{}"), 0, S("schedule"), NULL);
}

/* Of a mailbox that is read no more its password goes, and how far it was read. */
static enum err turn_off(struct op *op, const struct conversation_mailbox_input *in)
{
	struct conversation_mailbox_input before = current(op);
	TRY(setting_put(op, SETTING_inbox_addresses, in->addresses));
	if (!before.host.n) return OK;
	TRY(setting_put(op, SETTING_inbox_host, S("")));
	TRY(setting_put(op, SETTING_inbox_password, S("")));
	TRY(conversation__mailbox_begin(op));
	return audit_write(op, "mailbox_changed", "mail", 0, told(op, &before), told(op, in));
}

enum err conversation_mailbox_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_mailbox_input in;
	struct conversation_mailbox *page;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	TRY(web_input(op, w, &CONVERSATION_MAILBOX_INPUT_DESC, &in));
	str *const trimmed[] = {&in.addresses, &in.host, &in.port, &in.security, &in.user, &in.folder, &in.minutes, &in.back_days, &in.verifier};
	for (size_t i = 0; i < COUNT_OF(trimmed); i++) *trimmed[i] = trimmed[i]->n ? str_trim(*trimmed[i]) : S("");
	if (!in.folder.n) in.folder = S("INBOX");
	if (!in.minutes.n) in.minutes = setting_text(op, SETTING_inbox_minutes);
	if (!in.back_days.n) in.back_days = setting_text(op, SETTING_inbox_back_days);
	TRY(make_page(op, &in, &page));
	look_through(op, page, &in, faults);
	if (faults->n) {
		faults_keep(op, faults, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &CONVERSATION_MAILBOX_DESC, page);
	}
	TRY(in.host.n ? save(op, &in) : turn_off(op, &in));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S(PATH));
}

static enum err run_job(struct op *op, struct answer *a, enum sql what, const char *notice)
{
	if (!setting_text(op, SETTING_inbox_host).n) return fail(op, ERR_STATE, "host", "is not set: there is no mailbox to read");
	TRY(op_run(op, what, DB_NO_ARGS, NULL));
	TRY(job_add(op, CONVERSATION_MAILBOX_JOB, S("{}"), 0, S("schedule"), NULL));
	a->notice = msg_of(notice);
	return answer_redirect(a, S(PATH));
}

enum err conversation_mailbox_test_post(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	return run_job(op, a, SQL_conversation_mailbox_ask_test, "mailbox_testing");
}

enum err conversation_mailbox_look_post(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	return run_job(op, a, SQL_conversation_mailbox_due, "notice_bounces_look");
}

enum err conversation_mailbox_take_over_post(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	TRY(audit_write(op, "mailbox_taken_over", "mail", 0, STR_NONE, setting_text(op, SETTING_inbox_host)));
	return run_job(op, a, SQL_conversation_mailbox_take_over, "notice_bounces_look");
}
