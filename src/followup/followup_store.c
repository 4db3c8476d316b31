/* followup_store.c: rows, and what is done with them. Every act is a step that keeps how the follow-up stood before, so that an act
 * on fifty is undone as one; a follow-up that was changed since stays as it is. */
#include <math.h>

#include "audit/audit.h"
#include "customer/customer.h"
#include "followup/followup_inner.h"
#include "i18n/i18n.h"

static const struct desc_field RULE_STORED_FIELDS[] = {
	FIELD(followup_rule, id, DESC_ID, .prefix = "fur"),
	FIELD(followup_rule, name, DESC_STR),
	FIELD(followup_rule, sample, DESC_STR),
	FIELD(followup_rule, kind, DESC_ENUM, .names = FOLLOWUP_KIND_NAMES),
	FIELD(followup_rule, events, DESC_STR),
	FIELD_AS(followup_rule, condition, "condition_json", DESC_STR),
	FIELD(followup_rule, silence_factor, DESC_REAL),
	FIELD(followup_rule, owner, DESC_ID, .prefix = "per"),
	FIELD(followup_rule, owner_role, DESC_STR),
	FIELD(followup_rule, turn, DESC_INT),
	FIELD(followup_rule, due_hours, DESC_INT),
	FIELD(followup_rule, most_a_day, DESC_INT),
	FIELD(followup_rule, is_on, DESC_BOOL),
	FIELD(followup_rule, held_back, DESC_INT),
	FIELD(followup_rule, changed_at, DESC_TIME),
	FIELD(followup_rule, open_n, DESC_INT),
	FIELD(followup_rule, n, DESC_INT),
};
static const struct desc RULE_STORED_DESC = {"followup_rule_stored", sizeof(struct followup_rule), RULE_STORED_FIELDS, COUNT_OF(RULE_STORED_FIELDS)};

static const struct desc_field ROW_FIELDS[] = {
	FIELD(followup_row, id, DESC_ID, .prefix = "fup"),
	FIELD(followup_row, rule, DESC_ID, .prefix = "fur"),
	FIELD(followup_row, cause, DESC_STR, .doc = "the rule's name"),
	FIELD(followup_row, customer, DESC_ID, .prefix = "cus"),
	FIELD(followup_row, person, DESC_STR),
	FIELD(followup_row, address, DESC_STR),
	FIELD(followup_row, customer_address, DESC_STR),
	FIELD(followup_row, mention, DESC_ID, .prefix = "men", .doc = "that it is of"),
	FIELD(followup_row, mention_address, DESC_STR),
	FIELD(followup_row, mention_url, DESC_STR, .doc = "where it was said"),
	FIELD(followup_row, event, DESC_STR, .doc = "the touchpoint; empty of a silence"),
	FIELD(followup_row, channel, DESC_STR),
	FIELD(followup_row, channel_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(followup_row, quote, DESC_STR),
	FIELD(followup_row, number, DESC_REAL),
	FIELD(followup_row, most, DESC_REAL),
	FIELD(followup_row, score, DESC_MSG),
	FIELD(followup_row, again, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(followup_row, touched_at, DESC_TIME),
	FIELD(followup_row, touchpoints, DESC_INT, .doc = "how many came while it was open"),
	FIELD(followup_row, state, DESC_ENUM, .names = FOLLOWUP_STATE_NAMES, .prefix = "followup_state"),
	FIELD(followup_row, outcome, DESC_ENUM, .names = FOLLOWUP_OUTCOME_NAMES, .prefix = "followup_outcome"),
	FIELD(followup_row, owner, DESC_ID, .prefix = "per"),
	FIELD(followup_row, owner_name, DESC_STR),
	FIELD(followup_row, improvement, DESC_ID, .prefix = "imv"),
	FIELD(followup_row, improvement_title, DESC_STR),
	FIELD(followup_row, made_at, DESC_TIME),
	FIELD(followup_row, due_at, DESC_TIME),
	FIELD(followup_row, closed_at, DESC_TIME),
	FIELD(followup_row, told_at, DESC_TIME),
	FIELD(followup_row, is_late, DESC_BOOL),
	FIELD(followup_row, is_selected, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
const struct desc FOLLOWUP_ROW_DESC = DESC(followup_row, ROW_FIELDS);

/* ---- rules ---- */

str followup__rule_name(struct op *op, str name, str sample)
{
	if (name.n) return name;
	return i18n_pattern(op->locale.lang, !sample.n ? S("followup_by_hand") : str_fmt(&op->arena, "followup_sample_%.*s", STR_ARG(sample)));
}

static enum err read_rules(struct op *op, enum sql q, const struct db_val *args, size_t n_args, struct followup_rule **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, q, args, n_args, &RULE_STORED_DESC, &rows, n));
	*out = rows;
	for (size_t i = 0; i < *n; i++) (*out)[i].name = followup__rule_name(op, (*out)[i].name, (*out)[i].sample);
	return OK;
}

enum err followup__rules(struct op *op, struct followup_rule **out, size_t *n)
{
	return read_rules(op, SQL_followup_rule_all, DB_NO_ARGS, out, n);
}

enum err followup__rule(struct op *op, id rule, struct followup_rule *out)
{
	struct followup_rule *v;
	size_t n;
	TRY(read_rules(op, SQL_followup_rule_by_id, DB_ARGS(db_id(rule)), &v, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such rule");
	*out = v[0];
	return OK;
}

enum err followup__owners(struct op *op, id chosen, struct option **out, size_t *n)
{
	struct db_rows people;
	struct msg nobody = msg_of("followup_nobody");
	TRY(op_query(op, SQL_followup_people, DB_NO_ARGS, &people));
	*out = ARENA_ARRAY(&op->arena, struct option, people.n + 1);
	*n = people.n + 1;
	(*out)[0] = (struct option){S(""), i18n_msg(&op->arena, &op->locale, &nobody), !chosen};
	for (size_t i = 0; i < people.n; i++) {
		id person = db_rows_id(&people, i, 0);
		(*out)[i + 1] = (struct option){id_show(&op->arena, S("per"), person), db_rows_text(&people, i, 1), person == chosen};
	}
	return OK;
}

/* ---- follow-ups ---- */

enum column { ID, RULE, EVENT, CHANNEL, QUOTE, SCORE, SCORE_MOST, TOUCHED_AT, TOUCHPOINTS, STATE, OUTCOME, OWNER, IMPROVEMENT, MADE_AT, DUE_AT, CLOSED_AT, CLOSINGS, TOLD_AT, RULE_NAME, SAMPLE, CUSTOMER, PERSON, OWNER_NAME, IMPROVEMENT_TITLE, MENTION, MENTION_URL };

static struct msg score_of(struct op *op, double score, double most)
{
	struct msg m = {0};
	if (isnan(score)) return m;
	str shown = i18n_real(&op->arena, &op->locale, score, 2);
	m = msg_str(isnan(most) ? "followup_score" : "voice_of_scale", "value", shown);
	if (!isnan(most)) msg_add(&m, (struct msg_arg){.name = "most", .type = MSG_STR, .s = i18n_real(&op->arena, &op->locale, most, 2)});
	return m;
}

void followup__fill(struct op *op, const struct db_rows *r, size_t i, struct followup_row *out)
{
	int64_t outcome = db_rows_int(r, i, OUTCOME);
	*out = (struct followup_row){.id = db_rows_id(r, i, ID), .rule = db_rows_id(r, i, RULE), .customer = db_rows_id(r, i, CUSTOMER), .owner = db_rows_id(r, i, OWNER),
		.improvement = db_rows_id(r, i, IMPROVEMENT), .event = db_rows_text(r, i, EVENT), .channel = db_rows_text(r, i, CHANNEL), .quote = db_rows_text(r, i, QUOTE), .person = db_rows_text(r, i, PERSON),
		.owner_name = db_rows_text(r, i, OWNER_NAME), .improvement_title = db_rows_text(r, i, IMPROVEMENT_TITLE), .number = db_rows_real(r, i, SCORE), .most = db_rows_real(r, i, SCORE_MOST),
		.touched_at = db_rows_int(r, i, TOUCHED_AT), .touchpoints = db_rows_int(r, i, TOUCHPOINTS), .made_at = db_rows_int(r, i, MADE_AT), .due_at = db_rows_int(r, i, DUE_AT),
		.closed_at = db_rows_int(r, i, CLOSED_AT), .closings = db_rows_int(r, i, CLOSINGS), .told_at = db_rows_int(r, i, TOLD_AT), .state = (int)db_rows_int(r, i, STATE),
		.outcome = outcome == DESC_NULL_INT ? -1 : (int)outcome, .customer_address = STR_NONE, .mention = db_rows_id(r, i, MENTION), .mention_address = STR_NONE, .mention_url = db_rows_text(r, i, MENTION_URL)};
	out->channel_name = customer_channel_text(op, out->channel);
	out->cause = followup__rule_name(op, db_rows_text(r, i, RULE_NAME), db_rows_text(r, i, SAMPLE));
	if (out->mention) out->mention_address = str_fmt(&op->arena, "/listening/mentions/%.*s", STR_ARG(id_show(&op->arena, S("men"), out->mention)));
	out->address = str_fmt(&op->arena, "/follow-ups/%.*s", STR_ARG(id_show(&op->arena, S("fup"), out->id)));
	if (out->customer) out->customer_address = customer_address(op, out->customer);
	if (out->touchpoints > 1) out->again = msg_int("followup_touchpoints", "n", out->touchpoints);
	out->score = score_of(op, out->number, out->most);
	out->is_late = out->state == FOLLOWUP_CLOSED ? out->closed_at > out->due_at : op->now_ms > out->due_at;
}

enum err followup__get(struct op *op, id followup, struct followup_row *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_followup_by_id, DB_ARGS(db_id(followup)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such follow-up");
	followup__fill(op, &r, 0, out);
	return OK;
}

/* ---- acts ---- */

struct followup_act followup__as_it_is(const struct followup_row *f, const char *what)
{
	return (struct followup_act){id_new(), what, STR_NONE, f->state, f->outcome, f->owner, f->closed_at};
}

static struct db_val outcome_or_null(int outcome)
{
	return outcome < 0 ? db_null() : db_int(outcome);
}

static enum err set(struct op *op, id followup, int state, id owner, int outcome, int64_t closed_at, bool is_closing)
{
	followup__tell_pages(op);
	return op_run(op, SQL_followup_set, DB_ARGS(db_id(followup), db_int(state), db_id(owner), outcome_or_null(outcome), db_int_or_null(closed_at), db_int(is_closing)), NULL);
}

/* What other programs are told: no word of the customer and nothing that they said. */
struct published {
	id id, rule;
	str cause, address, event;
	int state, outcome;
	int64_t made_at, due_at, closed_at;
};
static const struct desc_field PUBLISHED_FIELDS[] = {
	FIELD(published, id, DESC_ID, .prefix = "fup"),
	FIELD(published, rule, DESC_ID, .prefix = "fur"),
	FIELD(published, cause, DESC_STR),
	FIELD(published, address, DESC_STR),
	FIELD(published, event, DESC_STR),
	FIELD(published, state, DESC_ENUM, .names = FOLLOWUP_STATE_NAMES),
	FIELD(published, outcome, DESC_ENUM, .names = FOLLOWUP_OUTCOME_NAMES),
	FIELD(published, made_at, DESC_TIME),
	FIELD(published, due_at, DESC_TIME),
	FIELD(published, closed_at, DESC_TIME),
};
static const struct desc PUBLISHED_DESC = {"followup_published", sizeof(struct published), PUBLISHED_FIELDS, COUNT_OF(PUBLISHED_FIELDS)};

enum err followup__publish(struct op *op, id followup, enum webhook_type type, id once)
{
	struct followup_row f;
	TRY(followup__get(op, followup, &f));
	struct published out = {f.id, f.rule, f.cause, f.address, f.event, f.state, f.outcome, f.made_at, f.due_at, f.closed_at};
	str of = str_fmt(&op->arena, "%.*s %lld", STR_ARG(id_show(&op->arena, S("fup"), followup)), (long long)once);
	return webhook_put(op, type, of, &PUBLISHED_DESC, &out);
}

enum err followup__do(struct op *op, const struct followup_row *f, const struct followup_act *act)
{
	str who = op->actor.name.n ? op->actor.name : S("Hospes");
	TRY(op_run(op, SQL_followup_step_add,
	           DB_ARGS(db_id(id_new()), db_id(act->action), db_id(f->id), db_int(op->now_ms), db_text(who), db_text(str_of(act->what)), db_text(act->text), db_int(f->state), db_id(f->owner),
	                   outcome_or_null(f->outcome), db_int_or_null(f->closed_at)),
	           NULL));
	bool is_closing = act->state == FOLLOWUP_CLOSED && f->state != FOLLOWUP_CLOSED;
	TRY(set(op, f->id, act->state, act->owner, act->outcome, act->closed_at, is_closing));
	return is_closing ? followup__publish(op, f->id, WEBHOOK_followup_closed, act->action) : OK;
}

enum err followup_undo_post(struct op *op, struct web *w, struct answer *a)
{
	struct db_rows steps;
	struct followup_row f;
	int64_t undone = 0;
	id action;
	TRY(web_id(op, w, "id", "fua", &action));
	TRY(op_query(op, SQL_followup_steps_of_action, DB_ARGS(db_id(action)), &steps));
	if (!steps.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such act");
	struct followup_act back = {.action = id_new(), .what = "undone", .text = STR_NONE};
	for (size_t i = 0; i < steps.n; i++) {
		int64_t outcome = db_rows_int(&steps, i, 3);
		if (!db_rows_bool(&steps, i, 5)) continue; /* somebody did something since */
		TRY(followup__get(op, db_rows_id(&steps, i, 0), &f));
		back.state = (int)db_rows_int(&steps, i, 1);
		back.owner = db_rows_id(&steps, i, 2);
		back.outcome = outcome == DESC_NULL_INT ? -1 : (int)outcome;
		back.closed_at = db_rows_int(&steps, i, 4);
		TRY(followup__do(op, &f, &back));
		undone++;
	}
	if (!undone) return fail(op, ERR_STATE, "id", "it was changed since");
	a->notice = msg_of("notice_undone");
	return answer_redirect(a, undone == 1 ? f.address : S("/follow-ups"));
}
