/* What becomes a header is looked at here, once, whoever the sender of the text is: a line break in it is refused, not
 * taken out, so that nobody believes a message went out as it was written. */
#include "mail/mail.h"

#include <stdio.h>

#include "http/asset.h"
#include "base/utf8.h"
#include "jobs/jobs.h"
#include "mail/mail_inner.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/team.h"
#include "template/template.h"

enum { SUBJECT_BYTES = 400, REFERENCES_BYTES = 8000, TEXT_BYTES = 1 << 20, RENDERED_BYTES = 4 << 20 };

const char *const MAIL_KINDS[] = {"test", "page", "password", "invitation", "customer", "alert", "survey", "answer", "acknowledgement", "called", NULL};
const char *const MAIL_STATES[] = {"queued", "sending", "sent", "failed", "bounced", NULL};

bool mail_is_on(const struct app *app)
{
	struct arena a = {0};
	bool is_on = setting_copy(app, SETTING_mail_host, &a).n && setting_copy(app, SETTING_mail_sender, &a).n;
	arena_release(&a);
	return is_on;
}

static enum err check_header(struct op *op, const char *field, str value, size_t most)
{
	if (value.n > most) return fail(op, ERR_INVALID, field, "longer than %zu bytes", most);
	if (!utf8_is_valid(value)) return fail(op, ERR_INVALID, field, "is not UTF-8");
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f)
			return fail(op, ERR_INVALID, field, "has a line break or another control character");
	return OK;
}

static enum err check(struct op *op, const struct mail_message *m)
{
	if (!mail_is_on(op->app)) return fail(op, ERR_STATE, "mail", "is not set up: see the settings");
	if (!email_is_plausible(m->recipient)) return fail(op, ERR_INVALID, "recipient", "is no address of mail");
	TRY(check_header(op, "recipient", m->recipient, PERSON_EMAIL_BYTES));
	TRY(check_header(op, "name", m->name, PERSON_NAME_BYTES));
	TRY(check_header(op, "subject", m->subject, SUBJECT_BYTES));
	TRY(check_header(op, "unsubscribe", m->unsubscribe, SUBJECT_BYTES));
	TRY(check_header(op, "answers", m->answers, SUBJECT_BYTES));
	TRY(check_header(op, "references", m->references, REFERENCES_BYTES));
	if (!m->subject.n) return fail(op, ERR_INVALID, "subject", "is empty");
	if (m->text.n + m->html.n > TEXT_BYTES) return fail(op, ERR_INVALID, "html", "longer than %d bytes", TEXT_BYTES);
	return OK;
}

enum err mail_put(struct op *op, const struct mail_message *m, id *out)
{
	TRY(check(op, m));
	id mail = id_new();
	str name = m->name.n ? m->name : S("");
	str search = i18n_fold(
		&op->arena, str_fmt(&op->arena, "%.*s %.*s %.*s", STR_ARG(m->recipient), STR_ARG(name), STR_ARG(m->subject)));
	TRY(op_run(op, SQL_mail_add,
		DB_ARGS(db_id(mail), db_text(str_of(MAIL_KINDS[m->kind])), db_id(m->person), db_text(m->recipient),
			db_text(name), db_text(search), db_text(m->language), db_text(m->subject), db_text(m->text),
			db_text(m->html), db_text(m->unsubscribe), db_int(op->now_ms), db_int_or_null(m->customer_subject ? m->customer_subject : DESC_NULL_INT),
			db_int(m->not_before_ms > op->now_ms ? m->not_before_ms : op->now_ms), db_text(m->answers), db_text(m->references)),
		NULL));
	if (out) *out = mail;
	return job_add(op, MAIL_JOB, S("{}"), 0, S("schedule"), NULL);
}

str mail_message_id(struct op *op, id mail)
{
	str domain = setting_text(op, SETTING_mail_sender);
	(void)str_cut(&domain, '@');
	return str_fmt(&op->arena, "%.*s@%.*s", STR_ARG(id_show(&op->arena, S("mai"), mail)), STR_ARG(domain));
}

enum err mail_has_bounced(struct op *op, str address, bool *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_mail_bounced, DB_ARGS(db_text(address)), &rows));
	*out = db_rows_int(&rows, 0, 0) > 0;
	return OK;
}

enum err mail_forget_subject(struct op *op, uint32_t subject)
{
	return op_run(op, SQL_mail_remove_subject, DB_ARGS(db_int(subject)), NULL);
}

struct locale mail_locale(struct op *op, const struct person *p)
{
	struct locale l = setting_locale(op);
	const struct lang *lang = p->language.n ? lang_find(p->language) : NULL;
	if (lang) l.lang = lang;
	if (p->calendar.n) l.calendar = p->calendar;
	return l;
}

str mail_link(struct op *op, str path)
{
	str base = setting_text(op, SETTING_public_address);
	return base.n ? str_fmt(&op->arena, "%.*s%.*s", STR_ARG(base), STR_ARG(path)) : STR_NONE;
}

enum err mail__outage(struct op *op, struct mail__outage *out)
{
	struct db_rows rows;
	*out = (struct mail__outage){0};
	TRY(op_query(op, SQL_mail_outage, DB_NO_ARGS, &rows));
	if (!rows.n) return OK;
	*out = (struct mail__outage){
		db_rows_int(&rows, 0, 0), db_rows_int(&rows, 0, 1), db_rows_int(&rows, 0, 2), db_rows_text(&rows, 0, 3)};
	return OK;
}

enum err mail__mailbox(struct op *op, struct mail__mailbox *out)
{
	struct db_rows rows;
	*out = (struct mail__mailbox){.looked_ms = DESC_NULL_INT, .fault_ms = DESC_NULL_INT, .fault = S("")};
	TRY(op_query(op, SQL_mailbox, DB_NO_ARGS, &rows));
	if (!rows.n) return OK;
	*out = (struct mail__mailbox){.uid_validity = db_rows_int(&rows, 0, 0), .uid_next = db_rows_int(&rows, 0, 1), .looked_ms = db_rows_int(&rows, 0, 2),
		.found = db_rows_int(&rows, 0, 3), .fault_ms = db_rows_int(&rows, 0, 4), .fault = db_rows_text(&rows, 0, 5)};
	return OK;
}

/* ---- letters ---- */

struct mail_page {
	str lang, dir, organisation;
	bool is_made_up;
};
struct mail_envelope {
	struct mail_page page;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(mail_page, lang, DESC_STR),
	FIELD(mail_page, dir, DESC_STR),
	FIELD(mail_page, organisation, DESC_STR),
	FIELD(mail_page, is_made_up, DESC_BOOL),
};
static const struct desc PAGE_DESC = DESC(mail_page, PAGE_FIELDS);
static const struct desc_field ENVELOPE_FIELDS[] = {FIELD(mail_envelope, page, DESC_STRUCT, .of = &PAGE_DESC)};
static const struct desc ENVELOPE_DESC = DESC(mail_envelope, ENVELOPE_FIELDS);

static const struct desc_field LETTER_FIELDS[] = {
	FIELD(mail_letter, title, DESC_MSG),
	FIELD(mail_letter, sentences, DESC_LIST, .item = DESC_MSG),
	FIELD(mail_letter, link, DESC_STR),
	FIELD(mail_letter, link_text, DESC_MSG),
};
static const struct desc LETTER_DESC = DESC(mail_letter, LETTER_FIELDS);

static str load_part(void *arg, str name)
{
	char path[200];
	(void)arg;
	int n = snprintf(path, sizeof path, "pages/%.*s.html", STR_ARG(name));
	const struct asset *asset = n > 0 && (size_t)n < sizeof path ? asset_find((str){path, (size_t)n}) : NULL;
	return asset ? asset->bytes : STR_NONE;
}

enum err mail_render(struct op *op, const struct locale *l, const char *template_name, const struct desc *d,
	const void *value, str *html)
{
	struct template_options options = {.type = TEMPLATE_HTML, .loader = load_part, .may_unescape = true};
	struct template *t;
	struct buf out;
	str organisation = setting_text(op, SETTING_organisation);
	struct mail_envelope envelope = {{lang_code(l->lang), lang_is_rtl(l->lang) ? S("rtl") : S("ltr"),
		organisation.n ? organisation : S("Hospes"), setting_bool(op->app, SETTING_company_loaded)}};
	TRY(template_new(str_of(template_name), load_part(NULL, str_of(template_name)), &options, &t, &op->fault));
	struct template_value values[] = {{.desc = &ENVELOPE_DESC, .value = &envelope}, {.desc = d, .value = value}};
	buf_init(&out, RENDERED_BYTES);
	enum err e = template_render(t, l, values, COUNT_OF(values), &out, &op->fault);
	*html = str_dup(&op->arena, buf_str(&out));
	buf_release(&out);
	template_free(t);
	return e;
}

enum err mail_write_letter(
	struct op *op, const struct locale *l, const struct mail_letter *letter, struct mail_message *m)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	m->language = lang_code(l->lang);
	m->subject = i18n_msg(&op->arena, l, &letter->title);
	buf_fmt(&text, "%.*s\n", STR_ARG(m->subject));
	for (size_t i = 0; i < letter->sentences.n; i++)
		buf_fmt(&text, "\n%.*s\n", STR_ARG(i18n_msg(&op->arena, l, &letter->sentences.v[i])));
	if (letter->link.n)
		buf_fmt(&text, "\n%.*s:\n%.*s\n", STR_ARG(i18n_msg(&op->arena, l, &letter->link_text)), STR_ARG(letter->link));
	m->text = str_dup(&op->arena, buf_str(&text));
	buf_release(&text);
	return mail_render(op, l, "mail/letter", &LETTER_DESC, letter, &m->html);
}
