/* invite_inner.h: what the files of src/invite share. */
#ifndef INVITE_INVITE_INNER_H
#define INVITE_INVITE_INNER_H
#include "invite/invite.h"

#define INVITE_JOB "invite_send"
enum { INVITE_LINK_DAYS = 30 };

struct mail_message;
/* The mail that asks: in the customer's language where the survey is whole in it. *submission: of the link in it. */
enum err invite__write_mail(struct op *op, const struct survey *s, id customer, const struct contact_verdict *to, struct mail_message *m, str *submission) NODISCARD;
/* Draws one sample that is due, if any; *more: another may be. */
enum err invite__draw_sample(struct op *op, bool *more) NODISCARD;
/* Puts steps that are not yet there on the time line; *more: others are left. */
enum err invite__tell(struct op *op, bool *more) NODISCARD;
/* What the policy says of one customer of a plan (NULL: by hand). */
struct contact_ask invite__ask(const struct invite_plan *p, const struct survey *s, id customer, enum contact_channel channel, int64_t since_ms);
enum contact_channel invite__channel(str name);
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
	struct msg finding;
	LIST_OF(struct funnel_step) steps;
	LIST_OF(struct funnel_reason) reasons;
	int64_t waiting;
};
extern const struct desc SURVEY_FUNNEL_DESC;
#endif
