/* effort_rows.h: an effort as pages show it; for the files of this folder alone. */
#ifndef EFFORT_EFFORT_ROWS_H
#define EFFORT_EFFORT_ROWS_H
#include "effort/effort_inner.h"

struct effort_row {
	struct effort x;
	str address, figure_name, sort_key;
	struct msg cost, judgement, time;
	int outcome;
	bool is_settled;
	double before, after, difference, low, high, p;
	int64_t before_n, after_n, days_to_decision, days_to_change; /* DESC_NULL_INT: not known */
};
extern const struct desc EFFORT_ROW_DESC;
void effort__fill(struct op *op, const struct effort *e, const struct effort_judged *j, struct effort_row *row);
/* Writes a new one down, undecided; with its audit row. */
enum err effort__add(struct op *op, const struct effort *e) NODISCARD;
#endif
