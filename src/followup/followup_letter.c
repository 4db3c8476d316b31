/* followup_letter.c: what a customer is told: in their language, greeted as they asked to be, through the outbox. The words are those
 * of i18n until somebody changes them. */
#include "audit/audit.h"
#include "consent/consent.h"
#include "contact/contact.h"
#include "customer/people.h"
#include "followup/followup_inner.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "mail/mail.h"
#include "op/app.h"
#include "setting/setting.h"

enum { SUBJECT_CHARACTERS = 150, TEXT_BYTES = 8000, MOST_LINES = 200 };

struct letter_input {
	str language, subject, text;
};
static const struct desc_field LETTER_FIELDS[] = {
	FIELD(letter_input, language, DESC_STR, .max = 10, .flags = DESC_REQUIRED),
	FIELD(letter_input, subject, DESC_STR, .max = 4 * SUBJECT_CHARACTERS, .flags = DESC_REQUIRED),
	FIELD(letter_input, text, DESC_STR, .max = TEXT_BYTES, .flags = DESC_REQUIRED),
};
const struct desc FOLLOWUP_LETTER_INPUT_DESC = {"followup_letter_input", sizeof(struct letter_input), LETTER_FIELDS, COUNT_OF(LETTER_FIELDS)};

static struct locale locale_of(struct op *op, str language)
{
	struct locale l = setting_locale(op);
	const struct lang *lang = language.n ? lang_find(language) : NULL;
	if (lang) l.lang = lang;
	return l;
}

enum err followup_letter_of(struct op *op, id customer, struct customer_letter *out, str *greeting)
{
	struct db_rows k, letter;
	uint32_t *subjects;
	str organisation = setting_text(op, SETTING_organisation);
	*out = (struct customer_letter){.email = STR_NONE};
	TRY(op_query(op, SQL_followup_contact, DB_ARGS(db_id(customer)), &k));
	if (!k.n) return fail(op, ERR_NOT_FOUND, "customer", "there is no such customer");
	struct locale l = locale_of(op, db_rows_text(&k, 0, 2));
	out->email = db_rows_text(&k, 0, 0);
	out->language = lang_code(l.lang);
	out->is_refused = people_denied(op->app->people, (uint32_t)db_rows_int(&k, 0, 3)) & PURPOSE_BIT(PURPOSE_SERVICE);
	if (people_subjects(op->app->people, (uint32_t)db_rows_int(&k, 0, 3), &op->arena, &subjects)) out->of_subject = subjects[0];
	TRY(contact_awake(op, customer, &out->not_before_ms));
	str called = db_rows_text(&k, 0, 1);
	struct msg hello = called.n ? msg_str("letter_greeting_named", "name", called) : msg_of("letter_greeting");
	*greeting = i18n_msg(&op->arena, &l, &hello);
	TRY(op_query(op, SQL_followup_letter, DB_ARGS(db_text(out->language)), &letter));
	struct msg subject = msg_str("followup_letter_subject", "organisation", organisation), text = msg_str("followup_letter_text", "organisation", organisation.n ? organisation : S("Hospes"));
	out->subject = letter.n ? db_rows_text(&letter, 0, 0) : i18n_msg(&op->arena, &l, &subject);
	out->text = letter.n ? db_rows_text(&letter, 0, 1) : i18n_msg(&op->arena, &l, &text);
	return OK;
}

enum err followup_letter_send(struct op *op, const struct customer_letter *x, id *mail)
{
	struct locale l = locale_of(op, x->language);
	struct mail_message m = {.kind = MAIL_CUSTOMER, .recipient = x->email, .customer_subject = x->of_subject, .not_before_ms = x->not_before_ms};
	struct msg *lines = ARENA_ARRAY(&op->arena, struct msg, MOST_LINES);
	struct mail_letter letter = {.title = msg_str("as_written", "text", x->subject), .sentences = {lines, 0}};
	if (!x->email.n) return fail(op, ERR_STATE, "customer", "has no address");
	if (x->is_refused) return fail(op, ERR_STATE, "customer", "does not want to be written to");
	for (str rest = x->text; str_given(rest) && letter.sentences.n < MOST_LINES;) {
		str line = str_trim(str_cut(&rest, '\n'));
		if (line.n) lines[letter.sentences.n++] = msg_str("as_written", "text", line);
	}
	TRY(mail_write_letter(op, &l, &letter, &m));
	return mail_put(op, &m, mail);
}

enum err followup_letter_post(struct op *op, struct web *w, struct answer *a)
{
	struct letter_input in;
	TRY(web_input(op, w, &FOLLOWUP_LETTER_INPUT_DESC, &in));
	if (!lang_find(in.language)) return fail(op, ERR_INVALID, "language", "is none of the console's languages");
	TRY(op_run(op, SQL_followup_letter_put, DB_ARGS(db_text(lang_code(lang_find(in.language))), db_text(in.subject), db_text(in.text)), NULL));
	TRY(audit_write(op, "followup_letter_changed", "followup_rule", 0, STR_NONE, in.language));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/follow-ups/rules#letters"));
}
