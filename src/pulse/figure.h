/* figure.h: one figure as a page shows it: value, change, trend as a line, and what it means (tables/metrics.def). */
#ifndef PULSE_FIGURE_H
#define PULSE_FIGURE_H
#include "http/web.h"
#include "base/interval.h"
#include "query/metric.h"

/* A count, a share (NaN: not known) or an amount; money only of METRIC_UNIT_MONEY. */
struct measure {
	double number; /* NaN: not known */
	struct decimal amount;
};
struct measure measure_count(int64_t n);
struct measure measure_share(double part, double whole); /* not known when whole is 0 */
struct measure measure_micro(__int128 micro);            /* millionths of the currency's unit */
struct measure measure_micro_mean(__int128 micro, int64_t n);
#define MEASURE_NONE ((struct measure){.number = NAN})

struct figure_of {
	enum metric_key metric;
	str currency;
	struct measure shown, now, before; /* now and before: of the two spans compared */
	bool is_compared, may_be_chance;   /* may_be_chance: the change is within what chance alone does */
	const struct measure *points;      /* a point an interval, oldest first */
	const int64_t *days;               /* their first days (DESC_DATE) */
	size_t n_points;
	const char *n_key;                 /* n_customers … */
	int64_t n;
	struct interval interval;          /* shown unless n is below the metric's minimum */
	bool is_whole;                     /* everything was counted: no interval is meant */
	str customers;
};
void figure_make(struct op *op, const struct figure_of *of, struct figure *out);
/* Puts the same figure of another currency beside it, without what the first says already; room: how many there may be. */
void figure_add_other(struct op *op, const struct figure_of *of, size_t room, struct figure *beside);

/* An amount of one column among others, and the column's name. */
struct figure_amount {
	str label;
	struct money revenue;
};
extern const struct desc FIGURE_AMOUNT_DESC;
struct figure_amount figure_amount_in(struct op *op, __int128 micro, str currency);
/* One amount, or several of different currencies beside each other: £10.50 + ¥1,200. */
struct msg_arg figure_amounts(struct op *op, const char *name, const struct money *v, size_t n);

struct msg_arg figure_arg(const char *name, enum metric_unit unit, struct measure m, str currency);
struct msg figure_interval(enum metric_key metric, struct interval i, int64_t n, str currency);
/* Per cent of a drawing, "0" to "100" with one decimal. */
str figure_width(struct op *op, double share);
#endif
