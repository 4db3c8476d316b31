#include "mail/mail.h"
#include "mail/mail_pages.h"

#include "audit/audit.h"
#include "jobs/jobs.h"
#include "mail/mail_inner.h"
#include "mail/server_form.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/team.h"

#define PATH "/settings/mail/bounces"

struct mail_bounces {
	struct msg finding, complaints, fault;
	struct input host, port, user, password, folder, sender;
	LIST_OF(struct option) securities;
	bool has_password, is_on;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field MAIL_BOUNCES_FIELDS[] = {
	FIELD(mail_bounces, finding, DESC_MSG),
	FIELD(mail_bounces, complaints, DESC_MSG, .doc = "how many mails of the last 90 days who got them called unwanted, and of how many"),
	FIELD(mail_bounces, fault, DESC_MSG, .doc = "while it cannot be read: since when, and why"),
	FIELD(mail_bounces, host, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_bounces, port, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_bounces, user, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_bounces, password, DESC_STRUCT, .of = &INPUT_DESC, .doc = "its value is never told"),
	FIELD(mail_bounces, folder, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_bounces, sender, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_bounces, securities, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(mail_bounces, has_password, DESC_BOOL),
	FIELD(mail_bounces, is_on, DESC_BOOL),
	FIELD(mail_bounces, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc MAIL_BOUNCES_DESC = DESC(mail_bounces, MAIL_BOUNCES_FIELDS);

struct mail_bounces_input {
	str host, port, security, user, password, folder, sender;
};
static const struct desc_field MAIL_BOUNCES_INPUT_FIELDS[] = {
	FIELD(mail_bounces_input, host, DESC_STR, .doc = "empty: nobody looks"),
	FIELD(mail_bounces_input, port, DESC_STR),
	FIELD(mail_bounces_input, security, DESC_STR, .doc = "none, starttls or tls"),
	FIELD(mail_bounces_input, user, DESC_STR),
	FIELD(mail_bounces_input, password, DESC_STR, .doc = "empty: the one that is kept"),
	FIELD(mail_bounces_input, folder, DESC_STR),
	FIELD(mail_bounces_input, sender, DESC_STR, .doc = "address that mail comes back to; empty: the sender's"),
};
const struct desc MAIL_BOUNCES_INPUT_DESC = DESC(mail_bounces_input, MAIL_BOUNCES_INPUT_FIELDS);

static struct mail_bounces_input current(struct op *op)
{
	return (struct mail_bounces_input){
		.host = setting_text(op, SETTING_mail_bounce_host),
		.port = setting_text(op, SETTING_mail_bounce_port),
		.security = setting_text(op, SETTING_mail_bounce_security),
		.user = setting_text(op, SETTING_mail_bounce_user),
		.folder = setting_text(op, SETTING_mail_bounce_folder),
		.sender = setting_text(op, SETTING_mail_bounce_sender),
	};
}

static struct msg finding(const struct mail__mailbox *box, bool is_on)
{
	if (!is_on) return msg_of("bounces_off");
	if (box->looked_ms == DESC_NULL_INT) return msg_of("bounces_never");
	struct msg m = msg_int("bounces_on", "n", box->found);
	msg_add(&m, (struct msg_arg){.name = "time", .type = MSG_TIME, .i = box->looked_ms});
	return m;
}

static enum err find_complaints(struct op *op, struct msg *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_mail_complaints, DB_NO_ARGS, &rows));
	int64_t n = db_rows_int(&rows, 0, 0), sent = db_rows_int(&rows, 0, 1);
	*out = msg_int("bounces_complaints", "n", n);
	msg_add(out, (struct msg_arg){.name = "sent", .type = MSG_INT, .i = sent});
	msg_add(out, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = sent ? (double)n / (double)sent : 0});
	return OK;
}

static enum err make_page(struct op *op, const struct mail_bounces_input *in, struct mail_bounces **out)
{
	struct mail_bounces *page = ARENA_NEW(&op->arena, struct mail_bounces);
	struct mail__mailbox box;
	TRY(mail__mailbox(op, &box));
	page->host.value = in->host;
	page->port.value = in->port;
	page->user.value = in->user;
	page->folder.value = in->folder;
	page->sender.value = in->sender;
	page->is_on = setting_text(op, SETTING_mail_bounce_host).n > 0;
	page->has_password = setting_text(op, SETTING_mail_bounce_password).n > 0;
	page->securities.v = server_form_securities(op, in->security, &page->securities.n);
	page->finding = finding(&box, page->is_on);
	if (page->is_on) TRY(find_complaints(op, &page->complaints));
	if (page->is_on && box.fault_ms != DESC_NULL_INT) {
		page->fault = msg_str("bounces_fault", "answer", box.fault);
		msg_add(&page->fault, (struct msg_arg){.name = "since", .type = MSG_TIME, .i = box.fault_ms});
	}
	*out = page;
	return OK;
}

enum err mail_bounces_get(struct op *op, struct web *w, struct answer *a)
{
	struct mail_bounces *page;
	struct mail_bounces_input in = current(op);
	(void)w;
	TRY(make_page(op, &in, &page));
	return answer_with(a, &MAIL_BOUNCES_DESC, page);
}

static struct server_form form_of(struct op *op, const struct mail_bounces_input *in)
{
	return (struct server_form){in->host, in->port, in->security, in->user, in->password, setting_text(op, SETTING_mail_authority)};
}

static void look_through(struct op *op, struct mail_bounces *page, const struct mail_bounces_input *in, struct faults *faults)
{
	struct mail_bounces_input kept = current(op);
	struct server_form now = form_of(op, &kept), typed = form_of(op, in);
	struct server_fields fields = {&page->host, &page->port, &page->user, &page->password, page->has_password};
	server_form_check(&typed, &now, &fields, faults);
	if (!in->user.n) faults_add(faults, "user", &page->user, msg_of("fault_required"));
	if (!server_form_is_folder(in->folder)) faults_add(faults, "folder", &page->folder, msg_of("bounces_fault_folder"));
	if (in->sender.n && !email_is_plausible(in->sender)) faults_add(faults, "sender", &page->sender, msg_of("fault_email"));
}

static str told(struct op *op, const struct mail_bounces_input *in)
{
	if (!in->host.n) return S("–");
	return str_fmt(&op->arena, "%.*s:%.*s %.*s %.*s %.*s <%.*s>", STR_ARG(in->host), STR_ARG(in->port), STR_ARG(in->security), STR_ARG(in->user), STR_ARG(in->folder), STR_ARG(in->sender));
}

static bool is_other_folder(const struct mail_bounces_input *a, const struct mail_bounces_input *b)
{
	return !str_eq(a->host, b->host) || !str_eq(a->user, b->user) || !str_eq(a->folder, b->folder);
}

static enum err save(struct op *op, const struct mail_bounces_input *in)
{
	struct mail_bounces_input before = current(op);
	const struct {
		enum setting setting;
		str value;
	} VALUES[] = {
		{SETTING_mail_bounce_host, in->host},
		{SETTING_mail_bounce_port, in->port},
		{SETTING_mail_bounce_security, in->security},
		{SETTING_mail_bounce_user, in->user},
		{SETTING_mail_bounce_folder, in->folder},
		{SETTING_mail_bounce_sender, in->sender},
	};
	for (size_t i = 0; i < COUNT_OF(VALUES); i++) TRY(setting_put(op, VALUES[i].setting, VALUES[i].value));
	if (in->password.n) TRY(setting_put(op, SETTING_mail_bounce_password, in->password));
	if (is_other_folder(&before, in)) TRY(op_run(op, SQL_mailbox_forget, DB_NO_ARGS, NULL));
	TRY(audit_write(op, "mail_bounces_changed", "mail", 0, told(op, &before), told(op, in)));
	return job_add(op, MAIL_BOUNCE_JOB, S("{}"), 0, S("schedule"), NULL);
}

static enum err turn_off(struct op *op, const struct mail_bounces_input *in, struct mail_bounces *page, struct faults *faults)
{
	struct mail_bounces_input before = current(op);
	if (in->sender.n && !email_is_plausible(in->sender)) {
		faults_add(faults, "sender", &page->sender, msg_of("fault_email"));
		return OK;
	}
	TRY(setting_put(op, SETTING_mail_bounce_host, S("")));
	TRY(setting_put(op, SETTING_mail_bounce_password, S("")));
	TRY(setting_put(op, SETTING_mail_bounce_sender, in->sender));
	TRY(op_run(op, SQL_mailbox_forget, DB_NO_ARGS, NULL));
	return audit_write(op, "mail_bounces_changed", "mail", 0, told(op, &before), told(op, in));
}

enum err mail_bounces_post(struct op *op, struct web *w, struct answer *a)
{
	struct mail_bounces_input in;
	struct mail_bounces *page;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	TRY(web_input(op, w, &MAIL_BOUNCES_INPUT_DESC, &in));
	str *const trimmed[] = {&in.host, &in.port, &in.security, &in.user, &in.folder, &in.sender};
	for (size_t i = 0; i < COUNT_OF(trimmed); i++) *trimmed[i] = trimmed[i]->n ? str_trim(*trimmed[i]) : S("");
	TRY(make_page(op, &in, &page));
	if (in.host.n)
		look_through(op, page, &in, faults);
	else
		TRY(turn_off(op, &in, page, faults));
	if (faults->n) {
		page->faults.v = faults->v;
		page->faults.n = faults->n;
		return answer_refused(op, a, &MAIL_BOUNCES_DESC, page);
	}
	if (in.host.n) TRY(save(op, &in));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S(PATH));
}

enum err mail_bounces_look_post(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	if (!setting_text(op, SETTING_mail_bounce_host).n) return fail(op, ERR_STATE, "host", "is not set: there is no mailbox to read");
	TRY(job_add(op, MAIL_BOUNCE_JOB, S("{}"), 0, S("schedule"), NULL));
	a->notice = msg_of("notice_bounces_look");
	return answer_redirect(a, S(PATH));
}
