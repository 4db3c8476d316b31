/* invite.h: who is asked to answer a survey, when and by which channel. A plan finds customers after a touchpoint or in a sample of
 * a segment; each of them is one row, judged by the contact policy when its turn comes and put into the outbox in the transaction that
 * writes the row.
 * Invariants: nobody is asked twice for one cause, whatever crashed; a survey that is closed or anonymous asks nobody; whoever was
 * erased is in no row. */
#ifndef INVITE_INVITE_H
#define INVITE_INVITE_H
#include "contact/contact.h"
#include "events/events.h"
#include "http/web.h"
#include "jobs/jobs.h"
#include "survey/survey.h"

enum invite_kind { INVITE_AFTER, INVITE_SAMPLE };
extern const char *const INVITE_KINDS[]; /* "touchpoint", "sample" */
enum invite_plan_state { INVITE_RUNNING, INVITE_PAUSED, INVITE_STOPPED };
extern const char *const INVITE_PLAN_STATES[];
enum invite_state { INVITE_WAITING, INVITE_SENT, INVITE_SKIPPED };
extern const char *const INVITE_STATES[];
enum invite_step { INVITE_OPENED, INVITE_STARTED, INVITE_DONE };

struct invite_plan {
	id id, survey, segment;
	int kind, state;
	str channel, about, event, condition_json, made_by, survey_name;
	int64_t purpose, delay_ms, size, percent, every_days, next_at, started_at;
};
extern const struct desc INVITE_PLAN_DESC;

/* A plan as people and files write it. */
struct invite_plan_input {
	str kind, channel, purpose, about, event, condition, segment;
	int64_t delay_hours, size, percent, every_days; /* DESC_NULL_INT: 0 */
};
struct invite_plan invite_plan_read(const struct survey *s, const struct invite_plan_input *in);
struct invite_plan_input invite_plan_write(struct op *op, const struct invite_plan *p);

enum err invite_plan_get(struct op *op, id plan, struct invite_plan *out) NODISCARD; /* ERR_NOT_FOUND */
enum err invite_plan_all(struct op *op, id survey, struct invite_plan **out, size_t *n) NODISCARD;
enum err invite_plan_check(struct op *op, const struct invite_plan *p) NODISCARD; /* as invite_plan_add, without adding */
/* It begins paused. ERR_INVALID names what is wrong with it. p->id is set. */
enum err invite_plan_add(struct op *op, struct invite_plan *p) NODISCARD;
/* ERR_STATE: it is stopped for good, or may not run (mail is not set up, the survey is not open). Stopping skips who waits. */
enum err invite_plan_set_state(struct op *op, id plan, enum invite_plan_state state) NODISCARD;
/* The customers that it would find: after a touchpoint those of the last 30 days, `limit` at most; *total of all. */
enum err invite_candidates(struct op *op, const struct invite_plan *p, size_t limit, id **out, size_t *n, int64_t *total) NODISCARD;
/* Whether the touchpoint at that instant is one that the plan is about. */
enum err invite_matches(struct op *op, const struct invite_plan *p, id customer, int64_t at_ms, bool *out) NODISCARD;

/* One customer by hand, at once as far as the policy allows. ERR_STATE: the survey asks nobody by name. */
enum err invite_by_hand(struct op *op, const struct survey *s, id customer, enum contact_channel channel) NODISCARD;

/* ---- the appliers' step ---- */
struct invite_batch;
struct invite_batch *invite_batch_new(struct op *op);
enum err invite_apply(struct op *op, struct invite_batch *b, const struct events_record *r) NODISCARD;

/* Somebody on a page of ours or of another site, for whom the survey's moment has come. customer 0, or a survey that is anonymous: a visitor
 * without a name, who is only counted. Else the contact policy decides, and one row a day says how. percent: the share that is asked.
 * *path: of the link that is shown now; absent: nothing is. */
struct invite_visit {
	id customer;
	int64_t percent, gap_days;
};
enum err invite_on_site(struct op *op, const struct survey *s, const struct invite_visit *v, str *path) NODISCARD;
/* A step of a visitor without a name. */
enum err invite_visitor_reached(struct op *op, id survey, enum invite_step step) NODISCARD;

/* Whoever has the link is so far; anything else than a link of an invite changes nothing. */
enum err invite_reached(struct op *op, id survey, str submission, enum invite_step step) NODISCARD;
enum err invite_forget_subject(struct op *op, uint32_t subject) NODISCARD;

job_fn invite_send_job;

extern const struct desc INVITES_DESC, INVITE_PLAN_INPUT_DESC, INVITE_PLAN_PAGE_DESC, INVITE_ASK_INPUT_DESC, INVITE_LIST_DESC;
web_handler invite_list_get, invite_plan_post, invite_plan_get_page, invite_start_post, invite_pause_post, invite_stop_post, invite_ask_post, invite_customers_get;
web_handler invite_step_post;
#endif
