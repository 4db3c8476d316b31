/* followup_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef FOLLOWUP_FOLLOWUP_INNER_H
#define FOLLOWUP_FOLLOWUP_INNER_H
#include "followup/followup.h"
#include "query/body.h"
#include "webhook/webhook.h"

enum followup_state { FOLLOWUP_OPEN, FOLLOWUP_WORKING, FOLLOWUP_CLOSED };
enum followup_outcome { FOLLOWUP_SOLVED, FOLLOWUP_EXPLAINED, FOLLOWUP_NOT_REACHED, FOLLOWUP_NOTHING, FOLLOWUP_OUTCOMES };
enum followup_kind { FOLLOWUP_OF_TOUCHPOINT, FOLLOWUP_OF_SILENCE };
extern const char *const FOLLOWUP_STATE_NAMES[], *const FOLLOWUP_OUTCOME_NAMES[], *const FOLLOWUP_KIND_NAMES[];
#define FOLLOWUP_TOPIC S("followups")

struct followup_rule {
	id id;
	str name, sample; /* name as shown: its own, else the sample's */
	int kind;
	str events, condition;
	double silence_factor;
	id owner;
	str owner_role;
	int64_t turn, due_hours, most_a_day, held_back, changed_at, open_n, n;
	bool is_on;
};
enum err followup__rules(struct op *op, struct followup_rule **out, size_t *n) NODISCARD;
enum err followup__rule(struct op *op, id rule, struct followup_rule *out) NODISCARD; /* ERR_NOT_FOUND */
str followup__rule_name(struct op *op, str name, str sample); /* of neither: made by hand, of a mention */
/* The rules in memory follow once the op is committed. */
void followup__reload_after(struct op *op);
void followup__tell_pages(struct op *op);

/* What a rule says of one touchpoint; the condition as read for it. Of its text counts how that stands (src/reading). */
enum err followup__holds(struct op *op, struct arena *a, const struct query_condition *c, const struct event *e, bool *out) NODISCARD;
/* Mentions that were heard are nobody's until a person says whose they are. */
bool followup__is_of_mention(str event);
id followup__mention_of(struct arena *a, const struct event *e); /* as src/listen wrote it; 0: none */
bool followup__names(str events, str event);
/* Makes it, adds to the open one, or holds it back. touchpoint NULL: a silence since at_ms. *made: a new one. */
enum err followup__act(struct op *op, const struct followup_rule *r, const struct event *touchpoint, uint32_t subject, int64_t at_ms, bool *made) NODISCARD;

struct followup_row {
	id id, rule, customer, owner, improvement, mention; /* mention: what it is of; its customer is whoever that is joined to */
	str address, customer_address, mention_address, mention_url, event, channel, channel_name, quote, person, owner_name, cause, improvement_title;
	struct msg score, again; /* again: more than one touchpoint came */
	double number, most;
	int64_t touched_at, touchpoints, made_at, due_at, closed_at, closings, told_at;
	int state, outcome;
	bool is_late, is_selected;
};
extern const struct desc FOLLOWUP_ROW_DESC;
void followup__fill(struct op *op, const struct db_rows *r, size_t i, struct followup_row *out);
enum err followup__get(struct op *op, id followup, struct followup_row *out) NODISCARD; /* ERR_NOT_FOUND */

/* One act on one follow-up, with its step; action: id_new() once for all that are acted on together. */
struct followup_act {
	id action;
	const char *what; /* as followup_step.what */
	str text;
	int state, outcome;
	id owner;
	int64_t closed_at;
};
struct followup_act followup__as_it_is(const struct followup_row *f, const char *what); /* changes nothing */
enum err followup__do(struct op *op, const struct followup_row *f, const struct followup_act *act) NODISCARD;
/* Tells endpoints how it stands. once: the act, so that it is told once. */
enum err followup__publish(struct op *op, id followup, enum webhook_type type, id once) NODISCARD;
/* The people a follow-up may belong to, "" first. */
enum err followup__owners(struct op *op, id chosen, struct option **out, size_t *n) NODISCARD;
#endif
