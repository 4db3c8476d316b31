/* sms_api.c: the gateway's settings, and what comes back from it. */
#include <string.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "contact/contact.h"
#include "customer/customer.h"
#include "fetch/fetch.h"
#include "http/faults.h"
#include "setting/setting.h"
#include "sms/sms.h"

enum { WINDOW_S = 300, URL_CHARACTERS = 500, SENDER_CHARACTERS = 20, STATES = 4, PROBLEM_BYTES = 200 };

struct sms_settings {
	struct msg finding;
	bool is_on;
	struct input gateway, sender, address;
	str secret, receipts, replies, problem;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field SETTINGS_FIELDS[] = {
	FIELD(sms_settings, finding, DESC_MSG),
	FIELD(sms_settings, is_on, DESC_BOOL),
	FIELD(sms_settings, gateway, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(sms_settings, sender, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(sms_settings, address, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(sms_settings, secret, DESC_STR, .doc = "with which both sides sign"),
	FIELD(sms_settings, receipts, DESC_STR, .doc = "address to which the gateway sends delivery receipts"),
	FIELD(sms_settings, replies, DESC_STR, .doc = "address to which it sends what customers reply"),
	FIELD(sms_settings, problem, DESC_STR, .doc = "the last one"),
	FIELD(sms_settings, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SMS_SETTINGS_DESC = DESC(sms_settings, SETTINGS_FIELDS);
struct sms_settings_input {
	str gateway, sender, address;
};
static const struct desc_field SETTINGS_INPUT_FIELDS[] = {
	FIELD(sms_settings_input, gateway, DESC_STR, .max = 2000, .doc = "address that takes messages; empty: none are sent"),
	FIELD(sms_settings_input, sender, DESC_STR, .max = 100, .doc = "number or name from which they come"),
	FIELD(sms_settings_input, address, DESC_STR, .max = 1000, .doc = "under which customers reach this server, for the links"),
};
const struct desc SMS_SETTINGS_INPUT_DESC = DESC(sms_settings_input, SETTINGS_INPUT_FIELDS);

static enum err add_counts(struct op *op, struct sms_settings *page)
{
	enum { DAYS = 30 };
	struct db_rows r;
	int64_t counts[STATES] = {0};
	TRY(op_query(op, SQL_sms_counts, DB_ARGS(db_int(op->now_ms - DAYS * DAY_MS)), &r));
	for (size_t i = 0; i < r.n; i++)
		if (db_rows_int(&r, i, 0) < STATES) counts[db_rows_int(&r, i, 0)] = db_rows_int(&r, i, 1);
	page->finding = msg_of("sms_off");
	if (page->is_on) {
		page->finding = msg_int("sms_finding", "sent", counts[1] + counts[2]);
		msg_add(&page->finding, (struct msg_arg){.name = "delivered", .type = MSG_INT, .i = counts[2]});
		msg_add(&page->finding, (struct msg_arg){.name = "waiting", .type = MSG_INT, .i = counts[0]});
		msg_add(&page->finding, (struct msg_arg){.name = "failed", .type = MSG_INT, .i = counts[3]});
	}
	TRY(op_query(op, SQL_sms_last_problem, DB_NO_ARGS, &r));
	page->problem = r.n && counts[0] + counts[3] ? db_rows_text(&r, 0, 0) : STR_NONE;
	return OK;
}

static enum err make_page(struct op *op, const struct web *w, struct sms_settings **out)
{
	struct sms_settings *page = ARENA_NEW(&op->arena, struct sms_settings);
	str base = setting_text(op, SETTING_public_address), secret = setting_text(op, SETTING_sms_secret);
	page->is_on = sms_is_on(op->app);
	page->gateway.value = setting_text(op, SETTING_sms_gateway);
	page->sender.value = setting_text(op, SETTING_sms_sender);
	page->address.value = base.n ? base : web_origin(op, w);
	page->secret = secret.n ? secret : STR_NONE;
	page->receipts = str_fmt(&op->arena, "%.*s/sms/receipts", STR_ARG(page->address.value));
	page->replies = str_fmt(&op->arena, "%.*s/sms/replies", STR_ARG(page->address.value));
	*out = page;
	return add_counts(op, page);
}

enum err sms_settings_get(struct op *op, struct web *w, struct answer *a)
{
	struct sms_settings *page;
	TRY(make_page(op, w, &page));
	a->is_private = true;
	return answer_with(a, &SMS_SETTINGS_DESC, page);
}

static void check(struct op *op, struct sms_settings *page, struct faults *f)
{
	faults_text(f, "gateway", &page->gateway, false, URL_CHARACTERS);
	faults_text(f, "sender", &page->sender, false, SENDER_CHARACTERS);
	faults_text(f, "address", &page->address, page->gateway.value.n > 0, URL_CHARACTERS);
	if (page->gateway.value.n && fetch_check(&op->arena, page->gateway.value, fetch_may_be_inside(), NULL) != FETCH_DONE) faults_add(f, "gateway", &page->gateway, msg_of("fault_sms_gateway"));
	while (str_ends(page->address.value, S("/"))) page->address.value.n--;
	if (page->address.value.n && fetch_check(&op->arena, page->address.value, true, NULL) != FETCH_DONE) faults_add(f, "address", &page->address, msg_of("fault_sms_address"));
}

enum err sms_settings_post(struct op *op, struct web *w, struct answer *a)
{
	struct sms_settings_input in = {S(""), S(""), S("")};
	struct sms_settings *page;
	struct faults f = {0};
	TRY(web_input(op, w, &SMS_SETTINGS_INPUT_DESC, &in));
	TRY(make_page(op, w, &page));
	page->gateway.value = str_given(in.gateway) ? in.gateway : S("");
	page->sender.value = str_given(in.sender) ? in.sender : S("");
	if (str_given(in.address)) page->address.value = in.address;
	check(op, page, &f);
	if (f.n) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &SMS_SETTINGS_DESC, page);
	}
	TRY(setting_put(op, SETTING_sms_gateway, page->gateway.value));
	TRY(setting_put(op, SETTING_sms_sender, page->sender.value));
	if (page->gateway.value.n) TRY(setting_put(op, SETTING_public_address, page->address.value));
	if (!setting_text(op, SETTING_sms_secret).n) TRY(setting_put(op, SETTING_sms_secret, fetch_new_secret(&op->arena)));
	TRY(job_add(op, "sms_send", S("{}"), 0, S("schedule"), NULL));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/settings/sms"));
}

/* ---- what comes back ---- */

/* By the headers of Standard Webhooks, and not older than five minutes, so that nobody can send it again later. */
static enum err check_signature(struct op *op, const struct web *w)
{
	str message = http_header(w->rq, "webhook-id"), timestamp = http_header(w->rq, "webhook-timestamp"), secret = setting_text(op, SETTING_sms_secret);
	int64_t at_s = 0, now_s = op->now_ms / 1000;
	bool is_now = str_i64(timestamp, &at_s) && at_s >= now_s - WINDOW_S && at_s <= now_s + WINDOW_S;
	if (!secret.n || !is_now || !fetch_is_signed(&op->arena, secret, message, timestamp, http_body(w->rq), http_header(w->rq, "webhook-signature")))
		return fail(op, ERR_DENIED, "webhook-signature", "is missing, wrong or older than five minutes: sign \"id.timestamp.body\" with the secret of the settings");
	return OK;
}

static enum err answer_taken(struct answer *a)
{
	a->status = 204;
	a->text = S("");
	a->content_type = S("text/plain; charset=utf-8");
	return OK;
}

struct sms_receipt {
	str id, state, reason;
};
static const struct desc_field RECEIPT_FIELDS[] = {
	FIELD(sms_receipt, id, DESC_STR, .max = 40, .doc = "of the message, as it was sent"),
	FIELD(sms_receipt, state, DESC_STR, .max = 20, .doc = "delivered or failed"),
	FIELD(sms_receipt, reason, DESC_STR, .max = PROBLEM_BYTES),
};
const struct desc SMS_RECEIPT_DESC = DESC(sms_receipt, RECEIPT_FIELDS);

enum err sms_receipt_post(struct op *op, struct web *w, struct answer *a)
{
	enum { DELIVERED = 2, FAILED = 3 };
	struct sms_receipt in = {S(""), S(""), S("")};
	struct db_rows r;
	id sms;
	TRY(check_signature(op, w));
	TRY(web_input(op, w, &SMS_RECEIPT_DESC, &in));
	bool is_delivered = str_eq(in.state, S("delivered"));
	if (!is_delivered && !str_eq(in.state, S("failed"))) return fail(op, ERR_INVALID, "state", "is delivered or failed");
	if (!id_read(S("sms"), in.id, &sms)) return fail(op, ERR_NOT_FOUND, "id", "there is no such message");
	TRY(op_query(op, SQL_sms_exists, DB_ARGS(db_id(sms)), &r));
	if (!db_rows_int(&r, 0, 0)) return fail(op, ERR_NOT_FOUND, "id", "there is no such message");
	TRY(op_run(op, SQL_sms_receipt, DB_ARGS(db_id(sms), db_int(is_delivered ? DELIVERED : FAILED), db_text(is_delivered || !str_given(in.reason) ? S("") : in.reason), db_int(op->now_ms)), NULL));
	TRY(job_add(op, "invite_send", S("{}"), 0, S("schedule"), NULL));
	return answer_taken(a);
}

struct sms_reply {
	str from, text;
};
static const struct desc_field REPLY_FIELDS[] = {
	FIELD(sms_reply, from, DESC_STR, .max = 40, .doc = "the customer's number"),
	FIELD(sms_reply, text, DESC_STR, .max = 2000),
};
const struct desc SMS_REPLY_DESC = DESC(sms_reply, REPLY_FIELDS);

static bool says_stop(struct op *op, str text)
{
	static const char *const WORDS[] = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "στοπ", "ΣΤΟΠ", "Στοπ", "หยุด", "停止", "取消", "退訂", "لغو", "توقف"};
	str said = str_lower_ascii(&op->arena, str_trim(text));
	while (said.n && strchr(".!", said.p[said.n - 1])) said.n--;
	for (size_t i = 0; i < COUNT_OF(WORDS); i++)
		if (str_eq(said, str_of(WORDS[i]))) return true;
	return false;
}

/* Anything else than a stop is no answer to the survey, and is not kept. */
enum err sms_reply_post(struct op *op, struct web *w, struct answer *a)
{
	struct sms_reply in = {S(""), S("")};
	id customer = 0;
	TRY(check_signature(op, w));
	TRY(web_input(op, w, &SMS_REPLY_DESC, &in));
	if (!in.from.n) return fail(op, ERR_INVALID, "from", "is the customer's number");
	if (says_stop(op, in.text)) TRY(customer_by_identity(op, str_fmt(&op->arena, "phone:%.*s", STR_ARG(in.from)), &customer));
	if (customer) TRY(contact_refuse(op, customer, CONTACT_SMS));
	return answer_taken(a);
}

enum err sms_link_get(struct op *op, struct web *w, struct answer *a)
{
	struct db_rows r;
	TRY(op_query(op, SQL_sms_path, DB_ARGS(db_text(web_parameter(w, "code"))), &r));
	if (!r.n) return fail(op, ERR_GONE, "link", "is none of ours, or too old");
	return answer_redirect(a, db_rows_text(&r, 0, 0));
}
