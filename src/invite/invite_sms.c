/* invite_sms.c: the short message that asks: who asks, the question, a short link, and how it ends. */
#include "base/datetime.h"
#include "customer/customer.h"
#include "invite/invite_inner.h"
#include "sms/sms.h"

static str text_of(struct op *op, const struct survey *s, const struct lang *lang, str called, str link)
{
	struct locale l = op->locale;
	l.lang = lang;
	struct msg m = msg_str("invite_sms", "name", invite__named(op, lang));
	msg_add(&m, (struct msg_arg){.name = "question", .type = MSG_STR, .s = survey_asked(op, s, &s->definition.questions.v[0], lang, called)});
	msg_add(&m, (struct msg_arg){.name = "link", .type = MSG_STR, .s = link});
	return i18n_msg(&op->arena, &l, &m);
}

enum err invite__put_sms(struct op *op, const struct survey *s, id customer, const struct contact_verdict *to, str *submission, id *sms)
{
	const struct lang *lang = invite__language(op, s, to->language);
	str path = survey_link_make(op, s->id, customer, op->now_ms + INVITE_LINK_DAYS * DAY_MS), rest = path, code = sms_new_code(op), person;
	while (str_contains(rest, S("."))) (void)str_cut(&rest, '.');
	*submission = rest;
	TRY(customer_called(op, customer, &person));
	return sms_put(op, &(struct sms_message){to->subject, to->address, text_of(op, s, lang, person, sms_short_link(op, code)), lang_code(lang), code, path}, sms);
}

enum err invite__sms_texts(struct op *op, const struct survey *s, struct sms_text **out, size_t *n)
{
	enum { LANGS = 16 };
	*out = ARENA_ARRAY(&op->arena, struct sms_text, LANGS);
	for (size_t i = *n = 0; lang_at(i) && *n < LANGS; i++) {
		const struct lang *lang = lang_at(i);
		if (survey_complete(&s->definition, lang_code(lang)) < s->definition.questions.n) continue;
		str text = text_of(op, s, lang, STR_NONE, sms_short_link(op, S("XXXXXXXXXXX")));
		struct sms_size size = sms_size(text);
		struct sms_text *x = &(*out)[(*n)++];
		*x = (struct sms_text){.lang = lang_code(lang), .dir = lang_is_rtl(lang) ? S("rtl") : S("ltr"), .text = text, .encoding = size.is_gsm ? S("GSM-7") : S("UCS-2"), .segments = size.segments, .units = size.units};
		x->size = msg_int("sms_size", "units", size.units);
		msg_add(&x->size, (struct msg_arg){.name = "segments", .type = MSG_INT, .i = size.segments});
	}
	return OK;
}
