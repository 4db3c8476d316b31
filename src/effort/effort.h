/* effort.h: what the organisation does, or could do, for its customers: what each effort costs, who owns it, what was decided (start,
 * stop, continue) when and why, and whether the figure it should move has moved since. People decide; nothing is decided here.
 * Invariant: every decision stays in the history; the effort holds the last one. */
#ifndef EFFORT_EFFORT_H
#define EFFORT_EFFORT_H
#include "http/web.h"

/* An effort as it is brought in with its decision; texts as the interface names them, empty ones for what is not known. Days are
 * DESC_DATE, DESC_NULL_INT: none. ERR_INVALID names the field. */
struct effort_known {
	str name, kind, per, stage, figure, expected, decision, why;
	struct money cost;
	int64_t watch_days, signal_day, decided_day, effect_day;
};
enum err effort_put(struct op *op, const struct effort_known *known) NODISCARD;

extern const struct desc EFFORTS_DESC, EFFORT_PAGE_DESC, EFFORT_NEW_DESC, EFFORT_INPUT_DESC, EFFORT_DECIDE_DESC, EFFORT_EVIDENCE_DESC, EFFORT_TAKE_DESC, EFFORT_ASIDE_DESC, EFFORT_QUOTES_DESC;
web_handler effort_list_get, effort_list_csv, effort_post, effort_show_get, effort_change_post, effort_decide_post, effort_remove_post, effort_restore_post;
web_handler effort_evidence_get, effort_take_post, effort_aside_post, effort_aside_undo_post, effort_quotes_get;
#endif
