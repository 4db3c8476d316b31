/* dkim_settings.c: keys are made first and published by whoever keeps the domain's DNS; only then they sign, and the ones before them
 * sign until then. */
#include "audit/audit.h"
#include "base/datetime.h"
#include "jobs/jobs.h"
#include "mail/dkim.h"
#include "mail/mail.h"
#include "mail/mail_pages.h"
#include "op/app.h"
#include "setting/setting.h"

#define PATH "/settings/mail/signature"
enum { SELECTOR_BYTES = 14 /* of the time: to the second */, STRING_BYTES = 255 /* of a TXT record */, ZONE_BYTES = 4096 };

struct dkim_row {
	str name, value, zone, code;
};
struct mail_signature {
	struct msg finding;
	str domain;
	bool is_on, has_next;
	LIST_OF(struct dkim_row) records, next;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(dkim_row, name, DESC_STR, .doc = "of the TXT record"),
	FIELD(dkim_row, value, DESC_STR),
	FIELD(dkim_row, zone, DESC_STR, .doc = "the same as a line of a zone file, in strings of 255 bytes at most"),
	FIELD(dkim_row, code, DESC_STR, .flags = DESC_PAGE_ONLY),
};
static const struct desc ROW_DESC = DESC(dkim_row, ROW_FIELDS);
static const struct desc_field SIGNATURE_FIELDS[] = {
	FIELD(mail_signature, finding, DESC_MSG),
	FIELD(mail_signature, domain, DESC_STR, .doc = "for which mails are signed: the sender's"),
	FIELD(mail_signature, is_on, DESC_BOOL),
	FIELD(mail_signature, has_next, DESC_BOOL, .doc = "new keys were made that do not sign yet"),
	FIELD(mail_signature, records, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC, .doc = "of the keys that sign"),
	FIELD(mail_signature, next, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC, .doc = "of the new ones"),
};
const struct desc MAIL_SIGNATURE_DESC = DESC(mail_signature, SIGNATURE_FIELDS);

static str domain_of(struct op *op)
{
	str domain = setting_text(op, SETTING_mail_sender);
	(void)str_cut(&domain, '@');
	return str_given(domain) ? domain : S("");
}

static str zone_line(struct op *op, str name, str value)
{
	struct buf b;
	buf_init(&b, ZONE_BYTES);
	buf_fmt(&b, "%.*s. IN TXT (", STR_ARG(name));
	for (size_t i = 0; i < value.n; i += STRING_BYTES) buf_fmt(&b, " \"%.*s\"", STR_ARG(str_sub(value, i, STRING_BYTES)));
	buf_add(&b, S(" )"));
	str line = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return line;
}

static void add_rows(struct op *op, str keys, str domain, struct dkim_row **v, size_t *n)
{
	struct dkim_record made[DKIM_KINDS];
	*v = ARENA_ARRAY(&op->arena, struct dkim_row, DKIM_KINDS);
	if (!keys.n || !dkim_records(&op->arena, keys, made)) return;
	for (*n = 0; *n < DKIM_KINDS; (*n)++) {
		str name = str_fmt(&op->arena, "%.*s.%.*s", STR_ARG(made[*n].name), STR_ARG(domain));
		(*v)[*n] = (struct dkim_row){name, made[*n].value, zone_line(op, name, made[*n].value), str_fmt(&op->arena, "code-%.*s", STR_ARG(made[*n].name))};
	}
}

enum err mail_signature_get(struct op *op, struct web *w, struct answer *a)
{
	struct mail_signature *page = ARENA_NEW(&op->arena, struct mail_signature);
	(void)w;
	page->domain = domain_of(op);
	add_rows(op, setting_text(op, SETTING_mail_dkim_keys), page->domain, &page->records.v, &page->records.n);
	add_rows(op, setting_text(op, SETTING_mail_dkim_next_keys), page->domain, &page->next.v, &page->next.n);
	page->is_on = page->records.n > 0;
	page->has_next = page->next.n > 0;
	page->finding = !page->domain.n ? msg_of("signature_no_sender") : page->is_on ? msg_str("signature_on", "domain", page->domain) : msg_of("signature_off");
	a->is_private = true;
	return answer_with(a, &MAIL_SIGNATURE_DESC, page);
}

static enum err done(struct op *op, struct answer *a, const char *what)
{
	TRY(audit_write(op, what, "mail", 0, STR_NONE, domain_of(op)));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S(PATH));
}

enum err mail_signature_keys_post(struct op *op, struct web *w, struct answer *a)
{
	str selector = S("hospes"), time = datetime_show(&op->arena, op->now_ms);
	size_t n = 0;
	(void)w;
	if (!domain_of(op).n) return fail(op, ERR_STATE, "sender", "is not set: mails are signed for the sender's domain");
	for (size_t i = 0; i < time.n && n < SELECTOR_BYTES; i++)
		if (time.p[i] >= '0' && time.p[i] <= '9') selector = str_fmt(&op->arena, "%.*s%c", STR_ARG(selector), time.p[i]), n++;
	str keys = dkim_new_keys(&op->arena, selector);
	if (!str_given(keys)) return fail(op, ERR_INTERNAL, "keys", "could not be made");
	TRY(setting_put(op, SETTING_mail_dkim_next_keys, keys));
	return done(op, a, "mail_signature_keys");
}

enum err mail_signature_start_post(struct op *op, struct web *w, struct answer *a)
{
	str keys = setting_text(op, SETTING_mail_dkim_next_keys);
	(void)w;
	if (!keys.n) return fail(op, ERR_STATE, "keys", "there are no new ones: make them first");
	TRY(setting_put(op, SETTING_mail_dkim_keys, keys));
	TRY(setting_put(op, SETTING_mail_dkim_next_keys, S("")));
	return done(op, a, "mail_signature_started");
}

enum err mail_signature_stop_post(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	TRY(setting_put(op, SETTING_mail_dkim_keys, S("")));
	TRY(setting_put(op, SETTING_mail_dkim_next_keys, S("")));
	return done(op, a, "mail_signature_stopped");
}
