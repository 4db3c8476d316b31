/* want.h: what a customer wants, as far as they said or showed it, over the whole relationship: needs (topics of their texts,
 * searches, what they asked for), expectations (promises made to them and kept), intent to buy (what they do now), perceptions
 * (their scores), feelings, and how the impression built up. Each line carries its evidence; nothing is stored.
 * Invariants: texts and searches that touch health, faith, politics or grief (models/sensitive.tsv) lead to no line; of whoever
 * refused analysis or profiling nothing is drawn. */
#ifndef WANT_WANT_H
#define WANT_WANT_H
#include "http/web.h"

struct want_evidence {
	int64_t at;
	str event, quote, url, reading; /* url: where it was posted; reading: how it was read */
};
struct want_line {
	str name, label;
	int64_t n, pos, neg, last_at;
	LIST_OF(struct want_evidence) evidence; /* the latest ones */
};
enum want_keeping { WANT_KEPT, WANT_LATE, WANT_BROKEN, WANT_OPEN, WANT_OVERDUE };
extern const char *const WANT_KEEPINGS[];
struct want_promise {
	str name, label;
	int keeping;
	int64_t made_at, due_at, ended_at;
	str made, ended; /* the touchpoints */
};
struct want_score {
	str question, name, shown, address;
	int64_t at, times;
	double number, scale_max, first;
	struct msg change;
};
struct want_month {
	int64_t month, n;
	str label, shown;
	double mean;
};
enum want_intent { WANT_NONE, WANT_SOME, WANT_LIKELY, WANT_STRONG };
extern const char *const WANT_INTENTS[];
struct want {
	struct msg finding;
	str name, profile;
	bool is_refused, is_empty, is_cut;
	int64_t touchpoints, left_out, as_of;
	struct msg intent_as_of;
	LIST_OF(struct want_line) needs, searches, feelings;
	LIST_OF(struct want_promise) promises;
	int64_t promises_ended, promises_kept;
	int intent;
	double intent_points;
	str intent_shown;
	LIST_OF(struct want_evidence) intent_evidence;
	LIST_OF(struct want_score) scores;
	LIST_OF(struct want_month) months;
};
extern const struct desc WANT_DESC, WANTS_DESC, WANT_PROMISE_DESC, WANT_SCORE_DESC;
/* Promises and scores of a customer, for those who serve them now: nothing of whoever refused analysis or profiling. */
enum err want_at_hand(struct op *op, id customer, uint32_t number, struct want *out) NODISCARD;
web_handler want_get, wants_get; /* of a customer; of a segment or all customers */
#endif
