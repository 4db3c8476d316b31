/* Who forgot their password asks here and gets a link by mail. The answer is the same whether there is such a person or
 * not, and so is its work: the link is made by a job, which for nobody does nothing. Tries count as those of signing in. */
#include "audit/audit.h"
#include "http/faults.h"
#include "jobs/jobs.h"
#include "json/json.h"
#include "mail/mail.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/team.h"
#include "team/team_pages.h"
#include "team/tries.h"

static const int64_t LINK_MS = 3600000;

struct forgot {
	struct input email;
	bool is_sent, is_on;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field FORGOT_FIELDS[] = {
	FIELD(forgot, email, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(forgot, is_sent, DESC_BOOL, .doc = "a link is on its way, if somebody has this address"),
	FIELD(forgot, is_on, DESC_BOOL, .doc = "mail is set up"),
	FIELD(forgot, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc FORGOT_DESC = DESC(forgot, FORGOT_FIELDS);

struct forgot_input {
	str email;
};
static const struct desc_field FORGOT_INPUT_FIELDS[] = {FIELD(forgot_input, email, DESC_STR)};
const struct desc FORGOT_INPUT_DESC = DESC(forgot_input, FORGOT_INPUT_FIELDS);

struct wanted {
	id person;
};
static const struct desc_field WANTED_FIELDS[] = {FIELD(wanted, person, DESC_ID, .prefix = "per")};
static const struct desc WANTED_DESC = DESC(wanted, WANTED_FIELDS);

/* ---- the letters ---- */

enum err team_mail_link(struct op *op, const struct invitation *i, str path, const struct person *known)
{
	str organisation = setting_text(op, SETTING_organisation);
	bool is_known = i->person != 0;
	struct person nobody = {0};
	struct msg sentences[] = {
		msg_of(is_known ? "mail_password_sentence" : "mail_invitation_sentence"),
		msg_of(is_known ? "mail_password_unasked" : "mail_invitation_unasked"),
	};
	struct mail_letter letter = {
		.title = msg_str(is_known ? "mail_password_title" : "mail_invitation_title", "organisation",
			organisation.n ? organisation : S("Hospes")),
		.sentences = {sentences, COUNT_OF(sentences)},
		.link = mail_link(op, path),
		.link_text = msg_of(is_known ? "mail_password_link" : "mail_invitation_link"),
	};
	struct mail_message m = {.kind = is_known ? MAIL_PASSWORD : MAIL_INVITATION,
		.person = i->person,
		.recipient = i->email,
		.name = i->name};
	struct locale l = mail_locale(op, known ? known : &nobody);
	TRY(mail_write_letter(op, &l, &letter, &m));
	return mail_put(op, &m, NULL);
}

enum err password_link_job(struct op *op, id job, str payload)
{
	struct wanted wanted;
	struct person p;
	struct invitation made;
	bool found = false;
	str path;
	(void)job;
	TRY(json_into(&op->arena, &WANTED_DESC, payload, &wanted, &op->fault));
	if (wanted.person) TRY(person_get(op, wanted.person, &p, &found));
	if (!found || !mail_is_on(op->app)) return OK;
	TRY(invitation_make(op, p.email, p.name, p.role, LINK_MS, &made, &path));
	return team_mail_link(op, &made, path, &p);
}

/* ---- the page ---- */

enum err team_forgot_get(struct op *op, struct web *w, struct answer *a)
{
	struct forgot *page = ARENA_NEW(&op->arena, struct forgot);
	(void)w;
	page->is_on = mail_is_on(op->app);
	return answer_with(a, &FORGOT_DESC, page);
}

enum err team_forgot_post(struct op *op, struct web *w, struct answer *a)
{
	struct forgot_input in;
	struct person p = {0};
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	struct forgot *page = ARENA_NEW(&op->arena, struct forgot);
	int64_t wait_ms = 0;
	TRY(web_input(op, w, &FORGOT_INPUT_DESC, &in));
	page->is_on = mail_is_on(op->app);
	page->email.value = in.email;
	bool is_fine = faults_text(faults, "email", &page->email, true, PERSON_EMAIL_BYTES);
	if (is_fine && !email_is_plausible(page->email.value))
		faults_add(faults, "email", &page->email, msg_of("fault_email"));
	if (!page->is_on) faults_add(faults, "", NULL, msg_of("mail_off"));
	if (!faults->n) TRY(tries_begin(op, w, page->email.value, &wait_ms, &p));
	if (wait_ms > 0) faults_add(faults, "", NULL, tries_wait(op, w, wait_ms));
	if (faults->n) {
		page->faults.v = faults->v;
		page->faults.n = faults->n;
		enum err e = answer_refused(op, a, &FORGOT_DESC, page);
		if (wait_ms > 0) a->status = 429;
		return e;
	}
	struct wanted wanted = {p.id};
	TRY(job_add(op, "password_link", json_of(&op->arena, &WANTED_DESC, &wanted), 0, STR_NONE, NULL));
	page->is_sent = true;
	return answer_with(a, &FORGOT_DESC, page);
}
