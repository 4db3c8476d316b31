/* The settings of mail, and the try: a test goes through the outbox like any other mail, so that what is seen is what will
 * happen. */
#include "mail/mail.h"
#include "mail/mail_pages.h"

#include "audit/audit.h"
#include "http/faults.h"
#include "jobs/jobs.h"
#include "mail/mail_inner.h"
#include "mail/server_form.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/team.h"

enum { NAME_CHARACTERS = 80, ADDRESS_CHARACTERS = 200 };

struct mail_settings {
	struct msg finding, outage;
	struct input host, port, user, password, authority, sender, sender_name, address;
	LIST_OF(struct option) securities;
	bool has_password, is_on, may_test;
	struct mail_row *test; /* the last one of who reads this */
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field MAIL_SETTINGS_FIELDS[] = {
	FIELD(mail_settings, finding, DESC_MSG),
	FIELD(mail_settings, outage, DESC_MSG, .doc = "while the server takes nothing: since when, and what it says"),
	FIELD(mail_settings, host, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_settings, port, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_settings, user, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_settings, password, DESC_STRUCT, .of = &INPUT_DESC, .doc = "its value is never told"),
	FIELD(mail_settings, authority, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_settings, sender, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_settings, sender_name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_settings, address, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mail_settings, securities, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(mail_settings, has_password, DESC_BOOL),
	FIELD(mail_settings, is_on, DESC_BOOL),
	FIELD(mail_settings, may_test, DESC_BOOL),
	FIELD(mail_settings, test, DESC_PTR, .of = &MAIL_ROW_DESC),
	FIELD(mail_settings, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc MAIL_SETTINGS_DESC = DESC(mail_settings, MAIL_SETTINGS_FIELDS);

struct mail_settings_input {
	str host, port, security, user, password, authority, sender, sender_name, address;
};
static const struct desc_field MAIL_SETTINGS_INPUT_FIELDS[] = {
	FIELD(mail_settings_input, host, DESC_STR, .doc = "empty: no mail leaves"),
	FIELD(mail_settings_input, port, DESC_STR),
	FIELD(mail_settings_input, security, DESC_STR, .doc = "none, starttls or tls"),
	FIELD(mail_settings_input, user, DESC_STR),
	FIELD(mail_settings_input, password, DESC_STR, .doc = "empty: the one that is kept"),
	FIELD(mail_settings_input, authority, DESC_STR, .doc = "certificates in PEM", .max = 65536),
	FIELD(mail_settings_input, sender, DESC_STR),
	FIELD(mail_settings_input, sender_name, DESC_STR),
	FIELD(mail_settings_input, address, DESC_STR, .doc = "under which people reach the console"),
};
const struct desc MAIL_SETTINGS_INPUT_DESC = DESC(mail_settings_input, MAIL_SETTINGS_INPUT_FIELDS);

str mail_host_of(str address)
{
	str rest = address;
	if (str_starts(rest, S("https://")))
		rest = str_sub(rest, 8, rest.n);
	else if (str_starts(rest, S("http://")))
		rest = str_sub(rest, 7, rest.n);
	else
		return S("");
	str host = str_cut(&rest, '/');
	rest = host;
	host = str_cut(&rest, ':');
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
			return S("");
	}
	return host;
}

/* ---- the page ---- */

static struct mail_settings_input current(struct op *op)
{
	return (struct mail_settings_input){
		.host = setting_text(op, SETTING_mail_host),
		.port = setting_text(op, SETTING_mail_port),
		.security = setting_text(op, SETTING_mail_security),
		.user = setting_text(op, SETTING_mail_user),
		.authority = setting_text(op, SETTING_mail_authority),
		.sender = setting_text(op, SETTING_mail_sender),
		.sender_name = setting_text(op, SETTING_mail_sender_name),
		.address = setting_text(op, SETTING_public_address),
	};
}

static enum err add_state(struct op *op, struct mail_settings *page)
{
	struct mail__outage outage;
	struct db_rows rows;
	page->is_on = mail_is_on(op->app);
	page->finding = page->is_on ? msg_str("mail_on", "host", setting_text(op, SETTING_mail_host)) : msg_of("mail_off");
	TRY(mail__outage(op, &outage));
	if (outage.tries && page->is_on) {
		page->outage = msg_str("mail_outage", "answer", outage.answer);
		msg_add(&page->outage, (struct msg_arg){.name = "since", .type = MSG_TIME, .i = outage.since_ms});
		msg_add(&page->outage, (struct msg_arg){.name = "tries", .type = MSG_INT, .i = outage.tries});
	}
	page->may_test = page->is_on && op->actor.kind == ACTOR_PERSON && op->actor.name.n;
	if (op->actor.kind != ACTOR_PERSON) return OK;
	TRY(op_query(op, SQL_mail_last_test, DB_ARGS(db_id(op->actor.id)), &rows));
	if (rows.n) page->test = mail_rows(op, &rows);
	return OK;
}

static enum err make_page(struct op *op, const struct mail_settings_input *in, struct mail_settings **out)
{
	struct mail_settings *page = ARENA_NEW(&op->arena, struct mail_settings);
	page->host.value = in->host;
	page->port.value = in->port;
	page->user.value = in->user;
	page->authority.value = in->authority;
	page->sender.value = in->sender;
	page->sender_name.value = in->sender_name;
	page->address.value = in->address;
	page->has_password = setting_text(op, SETTING_mail_password).n > 0;
	page->securities.v = server_form_securities(op, in->security, &page->securities.n);
	*out = page;
	return add_state(op, page);
}

static enum err answer_page(struct op *op, const struct mail_settings_input *in, struct answer *a)
{
	struct mail_settings *page;
	TRY(make_page(op, in, &page));
	a->topics[a->n_topics++] = S("mail");
	return answer_with(a, &MAIL_SETTINGS_DESC, page);
}

enum err mail_settings_get(struct op *op, struct web *w, struct answer *a)
{
	struct mail_settings_input in = current(op);
	str host = http_header(w->rq, "Host");
	if (!in.address.n && host.n)
		in.address = str_fmt(&op->arena, "%s://%.*s", http_is_secure(w->rq) ? "https" : "http", STR_ARG(host));
	return answer_page(op, &in, a);
}

/* ---- changing it ---- */

static struct server_form form_of(const struct mail_settings_input *in)
{
	return (struct server_form){in->host, in->port, in->security, in->user, in->password, in->authority};
}

static void look_through(
	struct op *op, struct mail_settings *page, const struct mail_settings_input *in, struct faults *faults)
{
	struct mail_settings_input kept = current(op);
	struct server_form now = form_of(&kept), typed = form_of(in);
	struct server_fields fields = {&page->host, &page->port, &page->user, &page->password, page->has_password};
	server_form_check(&typed, &now, &fields, faults);
	if (in->authority.n && !str_starts(in->authority, S("-----BEGIN CERTIFICATE-----")))
		faults_add(faults, "authority", &page->authority, msg_of("mail_fault_authority"));
	if (!email_is_plausible(in->sender)) faults_add(faults, "sender", &page->sender, msg_of("fault_email"));
	if (faults_text(faults, "sender_name", &page->sender_name, false, NAME_CHARACTERS) && server_form_has_control(in->sender_name))
		faults_add(faults, "sender_name", &page->sender_name, msg_of("fault_invalid"));
	if (in->address.n > ADDRESS_CHARACTERS || !mail_host_of(in->address).n || server_form_has_control(in->address) ||
		str_contains(in->address, S(" ")))
		faults_add(faults, "address", &page->address, msg_of("mail_fault_address"));
}

static str told(struct op *op, const struct mail_settings_input *in)
{
	if (!in->host.n) return S("–");
	return str_fmt(&op->arena, "%.*s:%.*s %.*s %.*s <%.*s>", STR_ARG(in->host), STR_ARG(in->port),
		STR_ARG(in->security), STR_ARG(in->user), STR_ARG(in->sender));
}

static enum err save(struct op *op, const struct mail_settings_input *in)
{
	struct mail_settings_input before = current(op);
	const struct {
		enum setting setting;
		str value;
	} VALUES[] = {
		{SETTING_mail_host, in->host},
		{SETTING_mail_port, in->port},
		{SETTING_mail_security, in->security},
		{SETTING_mail_user, in->user},
		{SETTING_mail_authority, in->authority},
		{SETTING_mail_sender, in->sender},
		{SETTING_mail_sender_name, in->sender_name},
		{SETTING_public_address, in->address},
	};
	for (size_t i = 0; i < COUNT_OF(VALUES); i++)
		TRY(setting_put(op, VALUES[i].setting, VALUES[i].value.n ? VALUES[i].value : S("")));
	if (in->password.n || !in->user.n) TRY(setting_put(op, SETTING_mail_password, in->user.n ? in->password : S("")));
	TRY(op_run(op, SQL_mail_outage_over, DB_NO_ARGS, NULL));
	TRY(audit_write(op, "mail_settings_changed", "mail", 0, told(op, &before), told(op, in)));
	return in->host.n ? job_add(op, MAIL_JOB, S("{}"), 0, S("schedule"), NULL) : OK;
}

/* Emptying the server turns mail off; the rest stays for when it is turned on again. */
static enum err turn_off(struct op *op, struct answer *a)
{
	struct mail_settings_input before = current(op);
	if (before.host.n) {
		TRY(setting_put(op, SETTING_mail_host, S("")));
		TRY(setting_put(op, SETTING_mail_password, S("")));
		TRY(audit_write(op, "mail_settings_changed", "mail", 0, told(op, &before), S("–")));
	}
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/settings/mail"));
}

enum err mail_settings_post(struct op *op, struct web *w, struct answer *a)
{
	struct mail_settings_input in;
	struct mail_settings *page;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	TRY(web_input(op, w, &MAIL_SETTINGS_INPUT_DESC, &in));
	str *const trimmed[] = {
		&in.host, &in.port, &in.security, &in.user, &in.authority, &in.sender, &in.sender_name, &in.address};
	for (size_t i = 0; i < COUNT_OF(trimmed); i++) *trimmed[i] = str_trim(*trimmed[i]);
	while (in.address.n && in.address.p[in.address.n - 1] == '/') in.address.n--;
	if (!in.host.n) return turn_off(op, a);
	TRY(make_page(op, &in, &page));
	look_through(op, page, &in, faults);
	if (faults->n) {
		page->faults.v = faults->v;
		page->faults.n = faults->n;
		return answer_refused(op, a, &MAIL_SETTINGS_DESC, page);
	}
	TRY(save(op, &in));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/settings/mail"));
}

enum err mail_test_post(struct op *op, struct web *w, struct answer *a)
{
	struct person p;
	bool found = false;
	(void)w;
	if (op->actor.kind == ACTOR_PERSON) TRY(person_get(op, op->actor.id, &p, &found));
	if (!found || !p.email.n)
		return fail(op, ERR_STATE, "", "a test goes to whoever is signed in, and a key has no address");
	str organisation = setting_text(op, SETTING_organisation);
	struct msg sentence = msg_str("mail_test_sentence", "host", setting_text(op, SETTING_mail_host));
	struct mail_letter letter = {
		.title = msg_str("mail_test_title", "organisation", organisation.n ? organisation : S("Hospes")),
		.sentences = {&sentence, 1},
		.link = mail_link(op, S("/settings/mail")),
		.link_text = msg_of("mail_test_link"),
	};
	struct mail_message m = {.kind = MAIL_TEST, .person = p.id, .recipient = p.email, .name = p.name};
	struct locale l = mail_locale(op, &p);
	TRY(mail_write_letter(op, &l, &letter, &m));
	TRY(mail_put(op, &m, NULL));
	TRY(audit_write(op, "mail_test_sent", "mail", 0, STR_NONE, STR_NONE));
	a->notice = msg_of("notice_mail_test");
	return answer_redirect(a, S("/settings/mail"));
}
