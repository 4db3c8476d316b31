/* response_row.h: a row of a file of responses → a touchpoint for each answer (Survey Answered), and one for the submission
 * (Survey Completed), all under one submission id. A cell that is no answer is rejected alone. */
#ifndef COLLECT_RESPONSE_ROW_H
#define COLLECT_RESPONSE_ROW_H
#include "collect/touchpoint.h"

struct arena;
struct csv_row;
struct mapping;
struct row_ids;

struct response_row {
	struct touchpoint *touchpoints; /* the submission last */
	size_t n;
	struct response_reject {
		const char *reason;
		str column;
	} *rejects;
	size_t n_rejects;
};
/* NULL, or why the whole row is rejected: bad_time, bad_weight, too_large. Everything in *out lives in a. ids NULL: only a look,
 * without ids and the stored form. */
const char *response_row(struct arena *a, const struct mapping *m, struct row_ids *ids, const struct csv_row *row, struct response_row *out) NODISCARD;
#endif
