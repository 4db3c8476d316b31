/* contact.h: whether a customer may be contacted now: the one policy of the workspace, whoever asks. Quiet hours by the customer's own
 * clock, a gap and rolling caps, what customers said they do not want, consent to the purpose, and nothing while a complaint, a late
 * delivery or a hardship is open, except what asks about just that. Every decision is a row, so that each skip has its reason.
 * Invariant: what a customer does not want, or did not agree to, is never waited for: it is not sent. */
#ifndef CONTACT_CONTACT_H
#define CONTACT_CONTACT_H
#include "http/web.h"

struct zone;

enum contact_topic { CONTACT_SURVEYS, CONTACT_TOPIC_COUNT };
enum contact_channel { CONTACT_EMAIL, CONTACT_SMS, CONTACT_WEB, CONTACT_CHANNEL_COUNT };
extern const char *const CONTACT_TOPICS[], *const CONTACT_CHANNELS[]; /* "surveys"; "email", "sms", "web"; NULL */
enum contact_reason {
	CONTACT_MAY,
#define CONTACT_REASON(name, doc) CONTACT_##name,
#include "contact_reasons.def"
#undef CONTACT_REASON
	CONTACT_REASON_COUNT
};
extern const char *const CONTACT_REASONS[]; /* [CONTACT_MAY] is "" */
enum contact_hold {
	CONTACT_NO_HOLD,
#define CONTACT_HOLD(name, begins, ends) CONTACT_HOLD_##name,
#include "contact_holds.def"
#undef CONTACT_HOLD
	CONTACT_HOLD_COUNT
};
extern const char *const CONTACT_HOLDS[]; /* [CONTACT_NO_HOLD] is "", NULL at the end */

/* ---- the rules, pure ---- */
struct contact_cap {
	id id;
	int64_t most, days;
	str channel, trait, value;
};
struct contact_policy {
	int64_t quiet_from_min, quiet_to_min; /* of the day by the customer's clock; the same: no quiet hours */
	int64_t gap_days, wait_days;
	struct contact_cap *caps;
	size_t n_caps;
};
struct contact_past {
	int64_t at_ms;
	int channel;
};
/* The first instant from now on that quiet hours, gap and caps allow, and what put it off first; CONTACT_MAY: now. past: oldest first.
 * Caps that are not of this customer were taken out before. */
int64_t contact_when(const struct contact_policy *p, int channel, const struct contact_past *past, size_t n, const struct zone *zone, int64_t now_ms, enum contact_reason *why);
/* "21:30" → 1290; false when it is no time of day. */
bool contact_read_clock(str text, int64_t *minutes);

/* ---- of the workspace ---- */
enum err contact_policy_get(struct op *op, struct contact_policy *out) NODISCARD;

struct contact_ask {
	id customer;
	enum contact_topic topic;
	enum contact_channel channel;
	int purpose;             /* enum purpose: service, or marketing, which has to be agreed to */
	enum contact_hold about; /* what it asks about: that alone does not hold it back */
	str what;                /* as people read it: the survey's name */
	int64_t since_ms;        /* when its turn came first: it waits at most so many days from then */
};
struct contact_verdict {
	enum contact_reason reason; /* CONTACT_MAY: now */
	int64_t wait_until_ms;      /* it may later; 0: never */
	uint32_t subject;           /* whose address it is */
	str address, language, called;
};
/* p: contact_policy_get, once for many. The customer is no merged one. */
enum err contact_judge(struct op *op, const struct contact_policy *p, const struct contact_ask *ask, struct contact_verdict *out) NODISCARD;
/* Writes the decision down: what was sent (CONTACT_MAY), or is not sent at all. */
enum err contact_note(struct op *op, const struct contact_ask *ask, uint32_t subject, enum contact_reason reason) NODISCARD;
/* For what answers something that the customer said, which falls under no gap, cap or hold: the first instant from now on outside the
 * quiet hours of their place. */
enum err contact_awake(struct op *op, id customer, int64_t *at_ms) NODISCARD;
enum err contact_forget_subject(struct op *op, uint32_t subject) NODISCARD;
/* The customer wants no more of it by this channel. */
enum err contact_refuse(struct op *op, id customer, enum contact_channel channel) NODISCARD;
/* What holds the customer back now; CONTACT_NO_HOLD: nothing, or only what is asked about. */
enum err contact_hold_of(struct op *op, id customer, enum contact_hold about, enum contact_hold *out) NODISCARD;

/* Paths of the customer's own page, without sign-in: the address is the proof. */
str contact_preferences_path(struct op *op, id customer);
str contact_unsubscribe_path(struct op *op, id customer, enum contact_channel channel);

extern const struct desc CONTACT_SETTINGS_DESC, CONTACT_SETTINGS_INPUT_DESC, CONTACT_CAP_INPUT_DESC, CONTACT_DECISIONS_DESC, CONTACT_PREFERENCES_DESC, CONTACT_PREFERENCES_INPUT_DESC, CONTACT_UNSUBSCRIBE_DESC;
web_handler contact_settings_get, contact_settings_post, contact_cap_post, contact_cap_remove_post, contact_decisions_get;
web_handler contact_preferences_get, contact_preferences_post, contact_unsubscribe_get, contact_unsubscribe_post;
#endif
