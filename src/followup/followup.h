/* followup.h: closing the loop with a customer: rules turn a touchpoint (an unhappy answer, a complaint, an angry text) or a silence
 * into a follow-up with an owner and a due time; people work on it, tell the customer and close it with an outcome. See DESIGN.md.
 * Invariants: a touchpoint makes a rule act once; a customer has one open follow-up a rule. */
#ifndef FOLLOWUP_FOLLOWUP_H
#define FOLLOWUP_FOLLOWUP_H
#include "events/events.h"
#include "http/web.h"

/* ---- what follows the log ---- */
struct followups; /* the rules that are on, in memory: app->followups */
enum err followups_load(struct op *op, struct followups **out) NODISCARD;
void followups_free(struct followups *f);
/* Whether a rule that is on names the event, so that an applier has to read it. Any thread. */
bool followup_watches(const struct app *app, str event);
/* A touchpoint that is not older than two weeks → the follow-ups of the rules that hold of it. The same one again changes nothing. */
enum err followup_apply(struct op *op, const struct events_record *r) NODISCARD;
enum err followup_forget_subject(struct op *op, uint32_t subject) NODISCARD;
enum err followup_forget_import(struct op *op, int64_t import) NODISCARD;

struct followup_standing {
	int64_t open, late, closed;
};
enum err followup_stand(struct op *op, struct followup_standing *out) NODISCARD;

/* ---- a history ---- */
/* Switches a sample rule on and lets it look back over all that there is. */
enum err followup_rule_begin(struct op *op, str sample) NODISCARD;
struct followup_made {
	id id;
	str quote;
};
enum err followup_all(struct op *op, struct followup_made **out, size_t *n) NODISCARD; /* in the order of their touchpoints */
struct followup_course { /* 0: not */
	int64_t made_ms, due_ms, closed_ms, told_ms;
	const char *outcome; /* of one that is closed */
	id improvement;
	bool is_begun;
};
enum err followup_went(struct op *op, id followup, const struct followup_course *c) NODISCARD;

/* A letter to a customer: greeting and text in their language, as lines. Put into the outbox for the purpose of service. */
struct customer_letter {
	str email, language, subject, text;
	uint32_t of_subject; /* whose address it is: the letter is erased with them */
	int64_t not_before_ms; /* it is night where they are until then */
	bool is_refused; /* they refused to be served by mail, or no mail leaves */
};
/* Their address, language and greeting; email absent when there is none. */
enum err followup_letter_of(struct op *op, id customer, struct customer_letter *out, str *greeting) NODISCARD;
enum err followup_letter_send(struct op *op, const struct customer_letter *l, id *mail) NODISCARD;

/* Handlers. */
extern const struct desc FOLLOWUPS_DESC, FOLLOWUP_PAGE_DESC, FOLLOWUP_RULES_DESC, FOLLOWUP_ASSIGN_DESC, FOLLOWUP_NOTE_DESC, FOLLOWUP_CLOSE_DESC, FOLLOWUP_TELL_DESC, FOLLOWUP_CAUSE_DESC,
	FOLLOWUP_RULE_INPUT_DESC, FOLLOWUP_BACK_DESC, FOLLOWUP_LETTER_INPUT_DESC, FOLLOWUP_FIGURES_DESC, FOLLOWUP_MENTION_DESC, FOLLOWUP_MENTION_INPUT_DESC;
web_handler followup_list_get, followup_assign_post, followup_show_get, followup_note_post, followup_begin_post, followup_close_post, followup_reopen_post, followup_tell_post, followup_cause_post,
	followup_undo_post, followup_rules_get, followup_rule_post, followup_rule_change_post, followup_rule_on_post, followup_rule_off_post, followup_rule_back_post, followup_rule_remove_post,
	followup_rule_restore_post, followup_letter_post, followup_figures_get, followup_mention_get, followup_mention_post;
#endif
