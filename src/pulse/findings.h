/* findings.h: everything that Pulse, the report and the terminal say, as numbers: found once, kept while it stays right.
 * Shown in a reader's language by pulse.h. */
#ifndef PULSE_FINDINGS_H
#define PULSE_FINDINGS_H
#include "collect/touchpoint.h"
#include "product/product.h"
#include "pulse/period.h"
#include "pulse/tally.h"
#include "query/query.h"

/* What came in, by event name, whether or not anyone may look at whose it was. */
struct heard_event {
	str event;
	int64_t events, last_ms;
};
struct heard {
	struct heard_event *v;
	size_t n;
	int64_t first_ms, last_ms; /* DESC_NULL_INT when nothing was ever heard */
};
enum err heard_get(struct op *op, const struct heard **out) NODISCARD;

struct cohort_found {
	int64_t start_ms;
	int64_t size;
	int64_t *cells;            /* of ages 1.. ; -1 where the interval has not ended */
};
enum retention_finding { RETENTION_NONE, RETENTION_FEW, RETENTION_EVEN, RETENTION_WORST };
struct retention_found {
	enum retention_finding finding;
	enum query_unit unit;
	struct cohort_found *cohorts;
	size_t n, ages;
	size_t worst;              /* of RETENTION_WORST: index … */
	double share, others;      /* … its share at age 1, and that of the others it is compared with */
	int64_t size;
};
struct findings {
	struct tallies orders;
	int64_t customers, customers_now, customers_before; /* heard */
	int64_t *customer_points;
	int64_t left_out;          /* customers heard in the time shown who refused analytics */
	struct retention_found retention;
	const struct product_row *returned; /* most units returned first, at most FINDINGS_RETURNED */
	size_t n_returned;
};
enum { FINDINGS_RETURNED = 8 };
enum err findings_get(struct op *op, const struct period *p, const struct findings **out) NODISCARD;
#endif
