/* effort_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef EFFORT_EFFORT_INNER_H
#define EFFORT_EFFORT_INNER_H
#include "base/compare.h"
#include "effort/effort.h"
#include "json/json.h"

#define EFFORT_TOPIC S("efforts")
enum { EFFORTS_MOST = 500, EFFORT_NAME_CHARACTERS = 150, EFFORT_WATCH_DAYS = 90, EFFORT_WATCH_LEAST = 14, EFFORT_WATCH_MOST = 730 };

enum effort_kind { EFFORT_STANDING, EFFORT_GESTURE };
enum effort_per { EFFORT_ONCE, EFFORT_A_MONTH, EFFORT_A_YEAR, EFFORT_EACH };
enum effort_expected { EFFORT_RISES, EFFORT_FALLS };
enum effort_decision { EFFORT_UNDECIDED, EFFORT_START, EFFORT_STOP, EFFORT_CONTINUE, EFFORT_DECISIONS };
/* none: no figure or date of effect; waiting: the change is ahead; too_early: too little since; no_base: too little before; moved: as
 * expected and more than chance explains; unmoved: chance may explain it; worse: it went the other way. */
enum effort_outcome { EFFORT_NONE, EFFORT_WAITING, EFFORT_TOO_EARLY, EFFORT_NO_BASE, EFFORT_MOVED, EFFORT_UNMOVED, EFFORT_WORSE };
extern const char *const EFFORT_KINDS[], *const EFFORT_PERS[], *const EFFORT_EXPECTED[], *const EFFORT_DECISION_NAMES[], *const EFFORT_OUTCOMES[];

struct effort {
	id id, owner, improvement;
	str name, description, owner_name, event, figure, signal, evidence, improvement_title;
	int kind, per, stage, expected, decision;
	struct money cost;
	int64_t watch_days, decided_day, effect_day, signal_day, made_at;
};
extern const struct desc EFFORT_DESC;
enum err effort__all(struct op *op, struct effort **out, size_t *n) NODISCARD;
enum err effort__get(struct op *op, id effort, struct effort *out) NODISCARD; /* ERR_NOT_FOUND */
str effort__address(struct op *op, id effort);
int64_t effort__today(const struct op *op); /* DESC_DATE, in the workspace's zone */
bool effort__read_day(str text, int64_t *out); /* 2011-01-31 */
int effort__choice(str text, const char *const *names, int otherwise); /* -1: none of them */
/* The names in the reader's language, by prefix_name. */
void effort__options(struct op *op, void *list, const char *const *names, const char *prefix, int chosen);
enum err effort__owners(struct op *op, id chosen, void *list) NODISCARD;
bool effort__owner(struct op *op, str text, id *out);
void effort__changed(struct op *op);

/* ---- effort_figure.c: a stored question, and the one number of its answer that is meant ---- */
enum effort_unit { UNIT_NUMBER, UNIT_SHARE, UNIT_MEAN, UNIT_A_DAY };
struct effort_point {
	enum effort_unit unit;
	double value, low, high;
	int64_t n, k;          /* k of n, of shares that are compared by counts */
	struct sample sample;  /* of days */
};
struct effort_figure {
	const struct json_node *question;
	const struct figure_kind *kind;
};
/* ERR_INVALID "figure" with the reason: no question, one that is at fault, or of a kind without a number that is followed. */
enum err effort__figure_read(struct op *op, str json, struct effort_figure *out) NODISCARD;
str effort__figure_name(struct op *op, const struct effort_figure *f);
const char *effort__figure_n_key(const struct effort_figure *f); /* n_answers … */
int64_t effort__figure_least(const struct effort_figure *f);
/* From a day until before another; before_from and before_to DESC_NULL_INT: nothing to compare with. */
struct effort_asked {
	int64_t from, to, before_from, before_to;
};
struct effort_compared {
	struct effort_point after, before;
	struct comparison difference; /* after less before */
};
enum err effort__figure_ask(struct op *op, const struct effort_figure *f, struct effort_asked asked, struct effort_compared *out) NODISCARD;
str effort__shown(struct op *op, enum effort_unit unit, double value);
str effort__shown_difference(struct op *op, enum effort_unit unit, double value);
/* What may be chosen: {question, name}, the chosen one selected. */
enum err effort__figure_options(struct op *op, str chosen, void *list) NODISCARD;

/* ---- effort_judge.c: whether the figure moved ---- */
struct effort_judged {
	enum effort_outcome outcome;
	bool is_settled;            /* as long after as before: nothing is added any more */
	struct effort_asked asked;  /* the days compared */
	struct effort_compared compared;
};
/* Pure: what the comparison comes to. */
enum effort_outcome effort__outcome(const struct effort_compared *c, int64_t least, enum effort_expected expected);
/* Of all of them, in their order; kept while nothing changed. */
enum err effort__judge(struct op *op, const struct effort *v, size_t n, const struct effort_judged **out) NODISCARD;
struct msg effort__judgement(struct op *op, const struct effort *e, const struct effort_judged *j);
/* The last whole day that anything was heard of, and not today; DESC_NULL_INT: nothing was. */
enum err effort__last_day(struct op *op, int64_t *out) NODISCARD;
#endif
