/* alert_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef ALERT_ALERT_INNER_H
#define ALERT_ALERT_INNER_H
#include "alert/alert.h"
#include "alert/unusual.h"

/* ---- figures ---- */
enum alert_subject { ALERT_OF_NONE, ALERT_OF_QUESTION, ALERT_OF_EVENT, ALERT_OF_SEGMENT, ALERT_OF_SEARCH, ALERT_OF_JSON };
enum alert_unit { ALERT_UNIT_COUNT, ALERT_UNIT_SHARE, ALERT_UNIT_REAL };
enum alert_shape { ALERT_SHAPE_WINDOW, ALERT_SHAPE_LEVEL };
struct alert_figure {
	const char *key, *name; /* name: key of its text */
	enum alert_subject subject;
	enum alert_unit unit;
	enum alert_shape shape;
	const char *question, *value, *evidence;
};
enum {
#define ALERT_FIGURE(key, subject, unit, shape, question, value, evidence) ALERT_FIGURE_##key,
#include "alert_figures.def"
#undef ALERT_FIGURE
	ALERT_FIGURE_COUNT
};
extern const struct alert_figure ALERT_FIGURES[];
const struct alert_figure *alert__figure(str key); /* NULL: there is none */

enum alert_condition { ALERT_ABOVE, ALERT_BELOW, ALERT_UNUSUAL, ALERT_UNUSUAL_UP, ALERT_UNUSUAL_DOWN, ALERT_CONDITIONS };
extern const char *const ALERT_CONDITION_NAMES[], *const ALERT_STATE_NAMES[];
static inline bool alert__is_unusual(int condition) { return condition >= ALERT_UNUSUAL; }

struct alert_rule {
	id id;
	str name, sample, figure, subject, question, value;
	int condition;
	double limit;
	int64_t window_days, least_n, calm_hours, changed_at, next_at;
	int state;
	int64_t calm_since;
	id alert;
	int64_t checked_at;
	double now_value;
	int64_t now_n;
	double usual, low, high;
	str problem;
};
enum err alert__rules(struct op *op, struct alert_rule **out, size_t *n) NODISCARD;
enum err alert__rules_due(struct op *op, struct alert_rule **out, size_t *n) NODISCARD;
enum err alert__rule(struct op *op, id rule, struct alert_rule *out) NODISCARD; /* ERR_NOT_FOUND */
/* Its own, else the sample's, else the figure's with its subject. */
str alert__name(struct op *op, const struct locale *l, str name, str sample, str figure, str subject);
str alert__address(struct op *op, const char *prefix, id of);
str alert__evidence(struct op *op, str figure, str subject); /* absent: there is no page */

/* A rule as lists show it. */
struct alert_rule_row {
	id id;
	str name, address, figure;
	int state;
	struct msg condition, now;
	int64_t checked_at;
	str problem;
	bool is_open;
};
extern const struct desc ALERT_RULE_ROW_DESC;
void alert__rule_row(struct op *op, const struct alert_rule *r, struct alert_rule_row *out);

/* The question's text of a figure and its subject. */
str alert__question(struct op *op, const struct alert_figure *f, str subject);
struct alert_reading {
	double value, se; /* NaN: unknown, none */
	int64_t n;        /* DESC_NULL_INT: not told */
};
/* Asked of the time from … to; of a level as it stands now. ERR_INVALID: what is wrong with the question. */
enum err alert__measure(struct op *op, const struct alert_figure *f, str question, str value, int64_t from_ms, int64_t to_ms, struct alert_reading *out) NODISCARD;
/* Of records: what counts what, {"figure":…}. */
struct json_node;
enum err alert__measure_records(struct op *op, const struct json_node *question, int64_t from_ms, int64_t to_ms, struct alert_reading *out) NODISCARD;

/* ---- days ---- */
struct alert_day {
	int64_t day; /* its midnight, UTC ms */
	double value;
	int64_t n;
	double se;
};
enum err alert__days(struct op *op, id rule, int64_t from_ms, struct alert_day **out, size_t *n) NODISCARD; /* newest first */

/* ---- the life of an alert: pure ---- */
enum alert_state { ALERT_CALM, ALERT_RAISED, ALERT_EASING };
enum alert_verdict { ALERT_UNKNOWN, ALERT_HOLDS, ALERT_NEAR /* within the margin: neither raises nor eases */, ALERT_QUIET };
enum alert_step { ALERT_STEP_NONE, ALERT_STEP_RAISE, ALERT_STEP_STILL, ALERT_STEP_EASE, ALERT_STEP_AGAIN, ALERT_STEP_CLEAR };
enum alert_step alert__step(enum alert_state state, enum alert_verdict verdict, int64_t calm_for_ms, int64_t calm_after_ms);
/* NaN has no verdict. */
enum alert_verdict alert__judge_limit(int condition, double limit, double value, enum alert_unit unit);
enum alert_verdict alert__judge_unusual(int condition, double limit, double z);

/* ---- what is told ---- */
struct alert_row {
	id id, rule;
	str address, name, figure, evidence, rule_address;
	struct msg says;
	int64_t raised_at, last_at, cleared_at, times;
	int condition;
	double limit, value;
	int64_t n;
	double usual, low, high;
	int64_t acknowledged_at;
	str acknowledged_by;
	int64_t snoozed_until, noticed_at;
	bool is_open, is_new, is_snoozed, is_acknowledged;
};
extern const struct desc ALERT_ROW_DESC;
/* rule 0: of all. */
enum err alert__rows(struct op *op, id rule, struct alert_row **out, size_t *n) NODISCARD;
enum err alert__row(struct op *op, id alert, struct alert_row *out) NODISCARD; /* ERR_NOT_FOUND */
/* What the figure is, against what: alert_says_above, … */
struct msg alert__says(const struct alert_figure *f, int condition, double limit, double value, double usual, double low, double high);
struct msg_arg alert__number(const char *name, enum alert_unit unit, double value);
/* Mails those who asked for it, one letter each for all that was raised at once. */
enum err alert__mail_raised(struct op *op, const struct alert_row *v, size_t n) NODISCARD;
enum err alert__mail_held(struct op *op, int64_t n) NODISCARD;
void alert__tell_pages(struct op *op);
#endif
