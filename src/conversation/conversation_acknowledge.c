/* conversation_acknowledge.c: "we have your message", by a program. What programs answer can go round for ever, so it is not sent to
 * what a program wrote or may have (RFC 3834), nor where the sender is doubted (it would go to somebody who never wrote), nor where our
 * address is not among those it was for; once a conversation and day, and a few times an address and day, whatever they do. */
#include "base/datetime.h"
#include "base/utf8.h"
#include "conversation/conversation_inner.h"
#include "mail/mail.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/team.h"

enum { ADDRESS_MOST_A_DAY = 5, SUBJECT_BYTES = 390, TITLE_CHARACTERS_BYTES = 200 };

/* RFC 3834 2: names that nobody reads, or that lists have. */
static bool is_nobodys(str address)
{
	static const char *const begins[] = {"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster", "bounce", "owner-", NULL};
	str rest = address, local = str_cut(&rest, '@');
	for (size_t i = 0; begins[i]; i++)
		if (str_starts(local, str_of(begins[i]))) return true;
	return str_ends(local, S("-request")) || str_ends(local, S("-bounces"));
}

static bool may_be_told(struct op *op, const struct conversation__letter *l)
{
	if (!setting_bool(op->app, SETTING_inbox_acknowledges) || !mail_is_on(op->app)) return false;
	if (l->kind != MESSAGE_IN || l->is_automatic || l->is_unproven || !l->is_to_us) return false;
	return l->at_ms > op->now_ms - DAY_MS && !is_nobodys(l->address) && email_is_plausible(l->address);
}

static struct locale locale_for(struct op *op, str customers, str written)
{
	struct locale l = setting_locale(op);
	const struct lang *lang = customers.n ? lang_find(customers) : NULL;
	if (!lang && written.n) lang = lang_find(written);
	if (lang) l.lang = lang;
	return l;
}

static enum err write(struct op *op, const struct conversation__letter *l, const struct locale *locale, struct mail_message *m)
{
	str title = l->title.n ? utf8_cut(l->title, TITLE_CHARACTERS_BYTES) : S("");
	struct msg lines[] = {msg_of("acknowledge_have"), msg_of("acknowledge_answer"), msg_of("acknowledge_more")};
	struct mail_letter letter = {.title = msg_of("acknowledge_title"), .sentences = {lines, COUNT_OF(lines)}};
	TRY(mail_write_letter(op, locale, &letter, m));
	if (!title.n) return OK;
	m->subject = utf8_cut(str_fmt(&op->arena, "%.*s: %.*s", STR_ARG(m->subject), STR_ARG(title)), SUBJECT_BYTES);
	return OK;
}

enum err conversation__acknowledge(struct op *op, const struct conversation__letter *l, id conversation, id contact, uint32_t subject, str language)
{
	struct db_rows r;
	bool has_bounced;
	id mail;
	if (!may_be_told(op, l)) return OK;
	TRY(op_query(op, SQL_conversation_acknowledges, DB_ARGS(db_id(conversation), db_id(contact), db_int(op->now_ms - DAY_MS), db_int(subject)), &r));
	if (db_rows_int(&r, 0, 0) || db_rows_int(&r, 0, 1) >= ADDRESS_MOST_A_DAY) return OK;
	TRY(mail_has_bounced(op, l->address, &has_bounced));
	if (has_bounced) return OK;
	struct locale locale = locale_for(op, db_rows_text(&r, 0, 2), language);
	struct mail_message m = {.kind = MAIL_ACKNOWLEDGEMENT, .recipient = l->address, .name = l->name.n ? utf8_cut(l->name, PERSON_NAME_BYTES) : S(""), .customer_subject = subject, .answers = l->message_id, .references = l->message_id};
	TRY(write(op, l, &locale, &m));
	TRY(mail_put(op, &m, &mail));
	TRY(op_run(op, SQL_conversation_acknowledged, DB_ARGS(db_id(conversation), db_int(op->now_ms)), NULL));
	TRY(op_run(op, SQL_conversation_reference_add, DB_ARGS(db_text(mail_message_id(op, mail)), db_id(conversation)), NULL));
	return conversation__step(op, conversation, "acknowledged", S(""));
}
