/* invite_inner.h: what the files of src/invite share. */
#ifndef INVITE_INVITE_INNER_H
#define INVITE_INVITE_INNER_H
#include "invite/invite.h"

#define INVITE_JOB "invite_send"
enum { INVITE_LINK_DAYS = 30 };

struct mail_message;
/* The mail that asks: in the customer's language where the survey is whole in it. *submission: of the link in it. */
enum err invite__write_mail(struct op *op, const struct survey *s, id customer, const struct contact_verdict *to, struct mail_message *m, str *submission) NODISCARD;
/* The language in which a customer who wants this one is asked, and as whom the organisation asks there. */
const struct lang *invite__language(struct op *op, const struct survey *s, str wanted);
str invite__named(struct op *op, const struct lang *lang);
/* The short message that asks, put into its outbox. */
enum err invite__put_sms(struct op *op, const struct survey *s, id customer, const struct contact_verdict *to, str *submission, id *sms) NODISCARD;
/* As it reads in each language that the survey is whole in, and how long that is over the air. */
struct sms_text {
	str lang, dir, text, encoding;
	int64_t units, segments;
	struct msg size;
};
enum err invite__sms_texts(struct op *op, const struct survey *s, struct sms_text **out, size_t *n) NODISCARD;
/* Draws one sample that is due, if any; *more: another may be. */
enum err invite__draw_sample(struct op *op, bool *more) NODISCARD;
/* Puts steps that are not yet there on the time line; *more: others are left. */
enum err invite__tell(struct op *op, bool *more) NODISCARD;
/* What the policy says of one customer of a plan (NULL: by hand). */
struct contact_ask invite__ask(const struct invite_plan *p, const struct survey *s, id customer, enum contact_channel channel, int64_t since_ms);
enum contact_channel invite__channel(str name);
bool invite__is_channel(str name); /* by which somebody is asked who is not there */
enum contact_hold invite__hold(str name);
struct survey_funnel;
enum err invite__funnel(struct op *op, id survey, struct survey_funnel *out) NODISCARD;

enum invite_funnel_step { INVITE_STEP_ELIGIBLE, INVITE_STEP_SAMPLED, INVITE_STEP_SENT, INVITE_STEP_DELIVERED, INVITE_STEP_OPENED, INVITE_STEP_STARTED, INVITE_STEP_DONE, INVITE_FUNNEL_STEPS };
extern const char *const INVITE_FUNNEL_NAMES[];
struct funnel_step {
	str step;
	struct msg name, definition, rate;
	int64_t customers, visitors; /* visitors: of these, whose name nobody knows */
	struct msg of_these;
	double share; /* of the step before */
	str width, address;
};
struct funnel_reason {
	str reason;
	struct msg name;
	int64_t customers;
	str address;
};
struct survey_funnel {
	struct msg finding, response, completion;
	LIST_OF(struct funnel_step) steps;
	LIST_OF(struct funnel_reason) reasons;
	int64_t waiting;
	double response_rate, response_low, response_high, completion_rate, completion_low, completion_high; /* NaN: of nobody */
};
extern const struct desc SURVEY_FUNNEL_DESC;
#endif
