/* change.h: changing who is who and what is known of a customer, by hand or for good. */
#ifndef CUSTOMER_CHANGE_H
#define CUSTOMER_CHANGE_H
#include "http/web.h"

/* Takes people_lock until the op has ended, after what was acknowledged was applied; call it before the op's first use of
 * records. Set is_dirty before memory is changed: if the op then fails, memory is read again from records. */
struct customer_hold {
	bool is_dirty;
	struct op *op;
	bool is_committed;
};
struct customer_hold *customer_hold(struct op *op);
/* Open pages of this customer are told after the commit. */
void customer_tell(struct op *op, id customer);

/* A word on a purpose for every subject of the customer; how: consent.h. Needs customer_hold. */
enum err customer_say_consent(struct op *op, uint32_t customer, int purpose, bool is_granted, const char *how, str wording, str who) NODISCARD;

/* Erases all that is kept of a customer: records in this op, events after its commit (or by
 * erasure_job or at the next start, when that fails or the program dies in between). Needs customer_hold. ERR_GONE when it was erased before. */
enum err customer_erase(struct op *op, struct customer_hold *hold, id customer) NODISCARD;
/* Finishes erasures that a crash left half done. Once, at start, after the events are open. */
enum err erasure_resume(struct op *op) NODISCARD;
/* The same while the server runs, of what a full disk or a lost connection left. A row of jobs.def. */
enum err erasure_job(struct op *op, id job, str payload) NODISCARD;

/* Everything kept of a customer as one JSON object. */
struct buf;
enum err customer_export(struct op *op, id customer, struct buf *out) NODISCARD;

struct app;
struct command_io;
int command_export(struct app *app, int argc, const str *argv, const struct command_io *io);
int command_erase(struct app *app, int argc, const str *argv, const struct command_io *io);

struct names_input {
	str wanted, given, family, order;
};
struct consent_input {
	str state, wording;
};
struct touchpoint_input {
	str channel, family, outcome, mood, text;
};
struct join_input {
	str other;
};
extern const struct desc NAMES_INPUT_DESC, CONSENT_INPUT_DESC, TOUCHPOINT_INPUT_DESC, JOIN_INPUT_BY_HAND_DESC;

/* Handlers. */
enum err customer_put_names(struct op *op, struct web *w, struct answer *a);
enum err customer_put_consent(struct op *op, struct web *w, struct answer *a);
enum err customer_add_touchpoint(struct op *op, struct web *w, struct answer *a);
enum err customer_join(struct op *op, struct web *w, struct answer *a);
enum err customer_separate(struct op *op, struct web *w, struct answer *a);
enum err customer_join_suggested(struct op *op, struct web *w, struct answer *a);
enum err customer_dismiss_suggestion(struct op *op, struct web *w, struct answer *a);
enum err customer_get_export(struct op *op, struct web *w, struct answer *a);
enum err customer_post_erase(struct op *op, struct web *w, struct answer *a);
#endif
