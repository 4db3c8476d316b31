/* alert_store.c: rows of rules, alerts and days, and how each is said. */
#include <math.h>

#include "alert/alert_inner.h"
#include "feedback/feedback.h"
#include "i18n/i18n.h"
#include "segment/segment.h"

const char *const ALERT_CONDITION_NAMES[] = {"above", "below", "unusual", "unusual_up", "unusual_down", NULL};
const char *const ALERT_STATE_NAMES[] = {"calm", "raised", "easing", NULL};
static const char *const SAYS[] = {"alert_says_above", "alert_says_below", "alert_says_unusual", "alert_says_unusual", "alert_says_unusual"};

static const struct desc_field RULE_FIELDS[] = {
	FIELD(alert_rule, id, DESC_ID, .prefix = "alr"),
	FIELD(alert_rule, name, DESC_STR),
	FIELD(alert_rule, sample, DESC_STR),
	FIELD(alert_rule, figure, DESC_STR),
	FIELD(alert_rule, subject, DESC_STR),
	FIELD(alert_rule, question, DESC_STR),
	FIELD(alert_rule, value, DESC_STR),
	FIELD(alert_rule, condition, DESC_ENUM, .names = ALERT_CONDITION_NAMES),
	FIELD_AS(alert_rule, limit, "limit_value", DESC_REAL),
	FIELD(alert_rule, window_days, DESC_INT),
	FIELD(alert_rule, least_n, DESC_INT),
	FIELD(alert_rule, calm_hours, DESC_INT),
	FIELD(alert_rule, changed_at, DESC_TIME),
	FIELD(alert_rule, next_at, DESC_TIME),
	FIELD(alert_rule, state, DESC_ENUM, .names = ALERT_STATE_NAMES),
	FIELD(alert_rule, calm_since, DESC_TIME),
	FIELD(alert_rule, alert, DESC_ID, .prefix = "alt"),
	FIELD(alert_rule, checked_at, DESC_TIME),
	FIELD(alert_rule, now_value, DESC_REAL),
	FIELD(alert_rule, now_n, DESC_INT),
	FIELD(alert_rule, usual, DESC_REAL),
	FIELD(alert_rule, low, DESC_REAL),
	FIELD(alert_rule, high, DESC_REAL),
	FIELD(alert_rule, problem, DESC_STR),
};
static const struct desc RULE_DESC = {"alert_rule_stored", sizeof(struct alert_rule), RULE_FIELDS, COUNT_OF(RULE_FIELDS)};

static const struct desc_field DAY_FIELDS[] = {
	FIELD(alert_day, day, DESC_TIME),
	FIELD(alert_day, value, DESC_REAL),
	FIELD(alert_day, n, DESC_INT),
	FIELD(alert_day, se, DESC_REAL),
};
static const struct desc DAY_DESC = {"alert_day_stored", sizeof(struct alert_day), DAY_FIELDS, COUNT_OF(DAY_FIELDS)};

static const struct desc_field ROW_FIELDS[] = {
	FIELD(alert_row, id, DESC_ID, .prefix = "alt"),
	FIELD(alert_row, rule, DESC_ID, .prefix = "alr"),
	FIELD(alert_row, name, DESC_STR),
	FIELD(alert_row, figure, DESC_STR),
	FIELD(alert_row, address, DESC_STR),
	FIELD(alert_row, rule_address, DESC_STR, .doc = "null when the rule was removed"),
	FIELD(alert_row, evidence, DESC_STR, .doc = "where the figure is looked at"),
	FIELD(alert_row, says, DESC_MSG),
	FIELD(alert_row, raised_at, DESC_TIME),
	FIELD(alert_row, last_at, DESC_TIME, .doc = "when the condition held last"),
	FIELD(alert_row, cleared_at, DESC_TIME),
	FIELD(alert_row, times, DESC_INT, .doc = "how often it came back before it was over"),
	FIELD(alert_row, condition, DESC_ENUM, .names = ALERT_CONDITION_NAMES, .prefix = "alert_condition"),
	FIELD(alert_row, limit, DESC_REAL, .doc = "of unusual ones: so many spreads"),
	FIELD(alert_row, value, DESC_REAL),
	FIELD(alert_row, n, DESC_INT),
	FIELD(alert_row, usual, DESC_REAL),
	FIELD(alert_row, low, DESC_REAL),
	FIELD(alert_row, high, DESC_REAL),
	FIELD(alert_row, noticed_at, DESC_TIME, .doc = "null: held back, past the most of a day"),
	FIELD(alert_row, acknowledged_at, DESC_TIME),
	FIELD(alert_row, acknowledged_by, DESC_STR),
	FIELD(alert_row, snoozed_until, DESC_TIME),
	FIELD(alert_row, is_open, DESC_BOOL),
	FIELD(alert_row, is_new, DESC_BOOL, .doc = "it counts at the bell of whoever asks"),
	FIELD(alert_row, is_snoozed, DESC_BOOL),
	FIELD(alert_row, is_acknowledged, DESC_BOOL),
};
const struct desc ALERT_ROW_DESC = DESC(alert_row, ROW_FIELDS);

/* ---- rules ---- */

static enum err read_rules(struct op *op, enum sql q, const struct db_val *args, size_t n_args, struct alert_rule **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, q, args, n_args, &RULE_DESC, &rows, n));
	*out = rows;
	return OK;
}

enum err alert__rules(struct op *op, struct alert_rule **out, size_t *n)
{
	return read_rules(op, SQL_alert_rule_all, DB_NO_ARGS, out, n);
}

enum err alert__rules_due(struct op *op, struct alert_rule **out, size_t *n)
{
	return read_rules(op, SQL_alert_rule_due, DB_ARGS(db_int(op->now_ms)), out, n);
}

enum err alert__rule(struct op *op, id rule, struct alert_rule *out)
{
	struct alert_rule *v;
	size_t n;
	TRY(read_rules(op, SQL_alert_rule_by_id, DB_ARGS(db_id(rule)), &v, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such rule");
	*out = v[0];
	return OK;
}

str alert__address(struct op *op, const char *prefix, id of)
{
	bool is_rule = str_eq(str_of(prefix), S("alr"));
	return str_fmt(&op->arena, is_rule ? "/alerts/rules/%.*s" : "/alerts/%.*s", STR_ARG(id_show(&op->arena, str_of(prefix), of)));
}

/* ---- names ---- */

static str question_name(struct op *op, str subject)
{
	struct feedback_question *v;
	size_t n;
	if (feedback_questions(op, &v, &n) != OK) return subject;
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].id, subject) && v[i].wording.n) return v[i].wording;
	return subject;
}

static str segment_name(struct op *op, str subject)
{
	struct segment *v;
	size_t n;
	id segment;
	if (!id_read(S("seg"), subject, &segment) || segment_all(op, &v, &n) != OK) return subject;
	for (size_t i = 0; i < n; i++)
		if (v[i].id == segment) return v[i].name;
	return subject;
}

str alert__name(struct op *op, const struct locale *l, str name, str sample, str figure, str subject)
{
	const struct alert_figure *f = alert__figure(figure);
	if (name.n) return name;
	str base = i18n_pattern(l->lang, sample.n ? str_fmt(&op->arena, "alert_sample_%.*s", STR_ARG(sample)) : str_of(f ? f->name : "alert_figure_own"));
	if (!f || !subject.n || f->subject == ALERT_OF_JSON) return base;
	str of = f->subject == ALERT_OF_QUESTION ? question_name(op, subject) : f->subject == ALERT_OF_SEGMENT ? segment_name(op, subject) : subject;
	bool is_rtl = lang_is_rtl(l->lang);
	return str_fmt(&op->arena, "%.*s · %s%.*s%s", STR_ARG(base), is_rtl ? "\u2068" : "", STR_ARG(of), is_rtl ? "\u2069" : "");
}

/* ---- days ---- */

enum err alert__days(struct op *op, id rule, int64_t from_ms, struct alert_day **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, SQL_alert_day_all, DB_ARGS(db_id(rule), db_int(from_ms)), &DAY_DESC, &rows, n));
	*out = rows;
	return OK;
}

/* ---- alerts ---- */

struct msg_arg alert__number(const char *name, enum alert_unit unit, double value)
{
	if (unit == ALERT_UNIT_SHARE) return (struct msg_arg){.name = name, .type = MSG_SHARE, .d = value};
	return (struct msg_arg){.name = name, .type = MSG_REAL, .d = unit == ALERT_UNIT_COUNT ? round(value) : round(value * 100) / 100};
}

struct msg alert__says(const struct alert_figure *f, int condition, double limit, double value, double usual, double low, double high)
{
	enum alert_unit unit = f ? f->unit : ALERT_UNIT_REAL;
	struct msg m = msg_of(SAYS[condition]);
	msg_add(&m, alert__number("value", unit, value));
	if (!alert__is_unusual(condition)) {
		msg_add(&m, alert__number("limit", unit, limit));
		return m;
	}
	msg_add(&m, alert__number("usual", unit, usual));
	msg_add(&m, alert__number("low", unit, low));
	msg_add(&m, alert__number("high", unit, high));
	return m;
}

enum column { ID, RULE, NAME, SAMPLE, FIGURE, SUBJECT, RAISED, LAST, CLEARED, TIMES, CONDITION, LIMIT, VALUE, N, USUAL, LOW, HIGH, ACKNOWLEDGED, ACKNOWLEDGED_BY, SNOOZED, NOTICED, IS_RULE_REMOVED, IS_SEEN };

static void fill(struct op *op, const struct db_rows *r, size_t i, struct alert_row *out)
{
	str figure = db_rows_text(r, i, FIGURE), subject = db_rows_text(r, i, SUBJECT);
	*out = (struct alert_row){.id = db_rows_id(r, i, ID), .rule = db_rows_id(r, i, RULE), .figure = figure, .raised_at = db_rows_int(r, i, RAISED), .last_at = db_rows_int(r, i, LAST),
		.cleared_at = db_rows_int(r, i, CLEARED), .times = db_rows_int(r, i, TIMES), .condition = (int)db_rows_int(r, i, CONDITION), .limit = db_rows_real(r, i, LIMIT), .value = db_rows_real(r, i, VALUE),
		.n = db_rows_int(r, i, N), .usual = db_rows_real(r, i, USUAL), .low = db_rows_real(r, i, LOW), .high = db_rows_real(r, i, HIGH), .acknowledged_at = db_rows_int(r, i, ACKNOWLEDGED),
		.acknowledged_by = db_rows_text(r, i, ACKNOWLEDGED_BY), .snoozed_until = db_rows_int(r, i, SNOOZED), .noticed_at = db_rows_int(r, i, NOTICED)};
	out->name = alert__name(op, &op->locale, db_rows_text(r, i, NAME), db_rows_text(r, i, SAMPLE), figure, subject);
	out->address = alert__address(op, "alt", out->id);
	out->rule_address = db_rows_bool(r, i, IS_RULE_REMOVED) ? STR_NONE : alert__address(op, "alr", out->rule);
	out->evidence = alert__evidence(op, figure, subject);
	out->says = alert__says(alert__figure(figure), out->condition, out->limit, out->value, out->usual, out->low, out->high);
	out->is_open = out->cleared_at == DESC_NULL_INT;
	out->is_snoozed = out->is_open && out->snoozed_until != DESC_NULL_INT && out->snoozed_until > op->now_ms;
	out->is_acknowledged = out->acknowledged_at != DESC_NULL_INT;
	out->is_new = out->is_open && !out->is_snoozed && !out->is_acknowledged && str_given(out->rule_address) && !db_rows_bool(r, i, IS_SEEN);
}

static struct db_val who(const struct op *op)
{
	return db_int(op->actor.kind == ACTOR_PERSON ? op->actor.id : 0);
}

enum err alert__rows(struct op *op, id rule, struct alert_row **out, size_t *n)
{
	struct db_rows r;
	TRY(op_query(op, SQL_alert_page, DB_ARGS(who(op), db_int(rule)), &r));
	*out = ARENA_ARRAY(&op->arena, struct alert_row, r.n + 1);
	*n = r.n;
	for (size_t i = 0; i < r.n; i++) fill(op, &r, i, &(*out)[i]);
	return OK;
}

enum err alert__row(struct op *op, id alert, struct alert_row *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_alert_by_id, DB_ARGS(who(op), db_id(alert)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such alert");
	fill(op, &r, 0, out);
	return OK;
}

enum err alert_unseen(struct op *op, id person, int64_t *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_alert_unseen, DB_ARGS(db_id(person), db_int(op->now_ms)), &r));
	*out = db_rows_int(&r, 0, 0);
	return OK;
}
