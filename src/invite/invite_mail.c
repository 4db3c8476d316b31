/* invite_mail.c: the mail that asks the first question itself. Each answer is a link that opens the survey with that answer chosen;
 * nothing is stored until the customer sends it there, since programs that scan mail follow every link. No picture, no pixel. */
#include "base/datetime.h"
#include "customer/customer.h"
#include "i18n/i18n.h"
#include "invite/invite_inner.h"
#include "mail/mail.h"
#include "op/app.h"
#include "setting/setting.h"

enum { TEXT_BYTES = 64 << 10 };

struct mail_point {
	str value, address;
};
struct mail_survey {
	struct msg title, greeting, sentence;
	str question, low, high, link, unsubscribe, preferences;
	bool is_scale;
	LIST_OF(struct mail_point) points;
};
static const struct desc_field POINT_FIELDS[] = {
	FIELD(mail_point, value, DESC_STR),
	FIELD(mail_point, address, DESC_STR),
};
static const struct desc POINT_DESC = DESC(mail_point, POINT_FIELDS);
static const struct desc_field SURVEY_FIELDS[] = {
	FIELD(mail_survey, title, DESC_MSG),
	FIELD(mail_survey, greeting, DESC_MSG),
	FIELD(mail_survey, sentence, DESC_MSG),
	FIELD(mail_survey, question, DESC_STR),
	FIELD(mail_survey, low, DESC_STR),
	FIELD(mail_survey, high, DESC_STR),
	FIELD(mail_survey, link, DESC_STR),
	FIELD(mail_survey, unsubscribe, DESC_STR),
	FIELD(mail_survey, preferences, DESC_STR),
	FIELD(mail_survey, is_scale, DESC_BOOL),
	FIELD(mail_survey, points, DESC_LIST, .item = DESC_STRUCT, .of = &POINT_DESC),
};
static const struct desc SURVEY_DESC = DESC(mail_survey, SURVEY_FIELDS);

static bool is_whole(const struct survey *s, const struct lang *lang)
{
	return lang && survey_complete(&s->definition, lang_code(lang)) == s->definition.questions.n;
}

/* The customer's, else the workspace's, else the first that the survey is whole in. */
const struct lang *invite__language(struct op *op, const struct survey *s, str wanted)
{
	const struct lang *lang = wanted.n ? lang_find(wanted) : NULL;
	if (is_whole(s, lang)) return lang;
	lang = setting_locale(op).lang;
	for (size_t i = 0; !is_whole(s, lang) && lang_at(i); i++) lang = lang_at(i);
	return lang;
}

static void add_point(struct op *op, struct mail_survey *x, int value, str shown)
{
	x->points.v[x->points.n++] = (struct mail_point){shown, str_fmt(&op->arena, "%.*s?a=%d", STR_ARG(x->link), value)};
}

static void add_points(struct op *op, struct mail_survey *x, const struct locale *l, const struct survey_question *q, const struct survey_text *t)
{
	int least, most, ends = q->type == SURVEY_RATING ? SURVEY_CSAT : q->type; /* a rating has the words of satisfaction */
	size_t n = 0;
	x->points.v = ARENA_ARRAY(&op->arena, struct mail_point, SURVEY_OPTIONS + 2);
	x->is_scale = survey_scale(q, &least, &most);
	if (x->is_scale) {
		x->low = i18n_pattern(l->lang, str_fmt(&op->arena, "survey_low_%s", SURVEY_TYPES[ends]));
		x->high = i18n_pattern(l->lang, str_fmt(&op->arena, "survey_high_%s", SURVEY_TYPES[ends]));
		for (int i = least; i <= most; i++) add_point(op, x, i, i18n_int(&op->arena, l, i));
	} else if (q->type == SURVEY_CHOICE && t) {
		str *options = survey_lines(&op->arena, t->options, &n);
		for (size_t i = 0; i < n; i++) add_point(op, x, (int)i + 1, options[i]);
	} else if (q->type == SURVEY_BOOLEAN) {
		static const char *const WORDS[] = {"true", "false"}, *const KEYS[] = {"survey_yes", "survey_no"};
		for (size_t i = 0; i < COUNT_OF(WORDS); i++)
			x->points.v[x->points.n++] = (struct mail_point){i18n_pattern(l->lang, str_of(KEYS[i])), str_fmt(&op->arena, "%.*s?a=%s", STR_ARG(x->link), WORDS[i])};
	}
}

static str as_text(struct op *op, const struct locale *l, const struct mail_survey *x)
{
	struct buf b;
	buf_init(&b, TEXT_BYTES);
	if (x->greeting.key) buf_fmt(&b, "%.*s\n\n", STR_ARG(i18n_msg(&op->arena, l, &x->greeting)));
	buf_fmt(&b, "%.*s\n\n%.*s\n", STR_ARG(i18n_msg(&op->arena, l, &x->sentence)), STR_ARG(x->question));
	if (x->is_scale) buf_fmt(&b, "(%.*s: %.*s · %.*s: %.*s)\n", STR_ARG(x->points.v[0].value), STR_ARG(x->low), STR_ARG(x->points.v[x->points.n - 1].value), STR_ARG(x->high));
	buf_fmt(&b, "\n");
	for (size_t i = 0; i < x->points.n; i++) buf_fmt(&b, "%.*s: %.*s\n", STR_ARG(x->points.v[i].value), STR_ARG(x->points.v[i].address));
	if (!x->points.n) buf_fmt(&b, "%.*s:\n%.*s\n", STR_ARG(i18n_pattern(l->lang, S("invite_answer"))), STR_ARG(x->link));
	buf_fmt(&b, "\n%.*s\n\n%.*s:\n%.*s\n%.*s:\n%.*s\n", STR_ARG(i18n_pattern(l->lang, S("invite_why"))), STR_ARG(i18n_pattern(l->lang, S("unsubscribe"))), STR_ARG(x->unsubscribe),
	        STR_ARG(i18n_pattern(l->lang, S("contact_all_preferences"))), STR_ARG(x->preferences));
	str text = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return text;
}

str invite__named(struct op *op, const struct lang *lang)
{
	str organisation = setting_text(op, SETTING_organisation);
	return organisation.n ? organisation : i18n_pattern(lang, S("survey_us"));
}

enum err invite__write_mail(struct op *op, const struct survey *s, id customer, const struct contact_verdict *to, struct mail_message *m, str *submission)
{
	struct locale l = setting_locale(op);
	l.lang = invite__language(op, s, to->language);
	const struct survey_question *q = &s->definition.questions.v[0];
	const struct survey_text *t = survey_text(q, lang_code(l.lang));
	str path = survey_link_make(op, s->id, customer, op->now_ms + INVITE_LINK_DAYS * DAY_MS), rest = path, name = invite__named(op, l.lang), person;
	while (str_contains(rest, S("."))) (void)str_cut(&rest, '.');
	*submission = rest;
	TRY(customer_called(op, customer, &person));
	struct mail_survey x = {.title = msg_str("invite_title", "name", name), .sentence = msg_str("invite_sentence", "name", name), .question = survey_asked(op, s, q, l.lang, person), .low = STR_NONE, .high = STR_NONE,
	                        .link = mail_link(op, path), .unsubscribe = mail_link(op, contact_unsubscribe_path(op, customer, CONTACT_EMAIL)), .preferences = mail_link(op, contact_preferences_path(op, customer))};
	if (to->called.n) x.greeting = msg_str("invite_greeting", "name", to->called);
	add_points(op, &x, &l, q, t);
	*m = (struct mail_message){.kind = MAIL_SURVEY, .customer_subject = to->subject, .recipient = to->address, .name = S(""), .language = lang_code(l.lang), .unsubscribe = x.unsubscribe};
	m->subject = i18n_msg(&op->arena, &l, &x.title);
	m->text = as_text(op, &l, &x);
	return mail_render(op, &l, "mail/survey", &SURVEY_DESC, &x, &m->html);
}
