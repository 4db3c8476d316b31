/* alert_rule_row.c: what a rule watches for, and how its figure stood when it was looked at last. */
#include <math.h>

#include "alert/alert_inner.h"

static const struct desc_field ROW_FIELDS[] = {
	FIELD(alert_rule_row, id, DESC_ID, .prefix = "alr"),
	FIELD(alert_rule_row, name, DESC_STR),
	FIELD(alert_rule_row, address, DESC_STR),
	FIELD(alert_rule_row, figure, DESC_STR),
	FIELD(alert_rule_row, state, DESC_ENUM, .names = ALERT_STATE_NAMES, .prefix = "alert_state"),
	FIELD(alert_rule_row, condition, DESC_MSG),
	FIELD(alert_rule_row, now, DESC_MSG, .doc = "how it stood when it was looked at last"),
	FIELD(alert_rule_row, checked_at, DESC_TIME),
	FIELD(alert_rule_row, problem, DESC_STR, .doc = "why it cannot be asked"),
	FIELD(alert_rule_row, is_open, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
const struct desc ALERT_RULE_ROW_DESC = {"alert_rule", sizeof(struct alert_rule_row), ROW_FIELDS, COUNT_OF(ROW_FIELDS)};

static struct msg condition_of(const struct alert_figure *f, const struct alert_rule *r)
{
	struct msg m = msg_of(r->condition == ALERT_ABOVE ? "alert_when_above" : r->condition == ALERT_BELOW ? "alert_when_below" : r->condition == ALERT_UNUSUAL ? "alert_when_unusual" : r->condition == ALERT_UNUSUAL_UP ? "alert_when_up" : "alert_when_down");
	msg_add(&m, alert__number("limit", alert__is_unusual(r->condition) ? ALERT_UNIT_REAL : f->unit, r->limit));
	if (!alert__is_unusual(r->condition)) msg_add(&m, (struct msg_arg){.name = "days", .type = MSG_INT, .i = f->shape == ALERT_SHAPE_LEVEL ? 0 : r->window_days});
	return m;
}

static struct msg now_of(const struct alert_figure *f, const struct alert_rule *r)
{
	bool is_unusual = alert__is_unusual(r->condition);
	if (r->checked_at == DESC_NULL_INT) return msg_of("alert_now_not_yet");
	if (isnan(r->now_value)) return msg_of("alert_now_nothing");
	if (is_unusual && isnan(r->usual)) return msg_of("alert_now_short");
	struct msg m = msg_of(is_unusual ? "alert_now_usual" : "alert_now_value");
	msg_add(&m, alert__number("value", f->unit, r->now_value));
	if (is_unusual) msg_add(&m, alert__number("low", f->unit, r->low)), msg_add(&m, alert__number("high", f->unit, r->high));
	return m;
}

void alert__rule_row(struct op *op, const struct alert_rule *r, struct alert_rule_row *out)
{
	const struct alert_figure *f = alert__figure(r->figure);
	if (!f) f = &ALERT_FIGURES[ALERT_FIGURE_own];
	*out = (struct alert_rule_row){.id = r->id, .address = alert__address(op, "alr", r->id), .figure = r->figure, .state = r->state, .checked_at = r->checked_at, .problem = r->problem, .is_open = r->state != ALERT_CALM};
	out->name = alert__name(op, &op->locale, r->name, r->sample, r->figure, r->subject);
	out->condition = condition_of(f, r);
	if (!r->problem.n) out->now = now_of(f, r);
}
