/* target.h: what a figure is to reach, by when, and who answers for it. Which way is better comes from tables/metrics.def; a figure
 * without a direction has no target. A scope has one target for a figure: setting it anew changes it. */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H
#include "http/web.h"
#include "query/metric.h"

struct target {
	id id;
	str metric;        /* row of metrics.def */
	str scope;         /* "" the whole, "product:CODE", "family:NAME", "segment:ID" */
	double value;      /* a share of 0 to 1 for shares, units of the currency for money */
	str currency;      /* of money: the one that led when it was set; absent: the one that leads */
	int64_t due;       /* DESC_DATE */
	id owner;          /* 0: nobody */
	str owner_name;
};
extern const struct desc TARGETS_DESC, TARGET_INPUT_DESC;

/* Those of a scope; rows owned by op. */
enum err target_of_scope(struct op *op, str scope, struct target **out, size_t *n) NODISCARD;
/* Sets or changes. ERR_INVALID: no such figure, or one without a direction. t->id is that of the row. */
enum err target_put(struct op *op, struct target *t) NODISCARD;
enum err target_remove(struct op *op, id target) NODISCARD;  /* ERR_NOT_FOUND; can be undone */
enum err target_restore(struct op *op, id target) NODISCARD; /* ERR_NOT_FOUND */

bool target_is_met(const struct metric *m, double value, double number);
/* What stands between the number, which is in the target's currency, and the target, in words: target_met, target_away, target_away_points, target_unknown. */
struct msg target_distance(const struct op *op, const struct target *t, double number);
/* Of a figure's number and those of its other currencies: the one that the target is about. NaN: nothing is in its currency. */
double target_number(const struct target *t, const struct figure *f);
/* Gives the figures that have a target in this scope their distance, and all that may have one the address to set it. */
enum err target_show(struct op *op, str scope, struct figure *v, size_t n) NODISCARD;

enum err target_list_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err target_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err target_remove_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err target_restore_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
#endif
