/* period.h: which time a page shows, and which two spans its changes compare. Half-open, in the workspace's zone. */
#ifndef PULSE_PERIOD_H
#define PULSE_PERIOD_H
#include "http/web.h"
#include "i18n/zone.h"

struct span {
	int64_t from_ms, to_ms; /* half-open; empty when equal */
};
struct period {
	str choice;             /* of the query: "", "30", "90", "month", "last_month", "year", "custom" */
	bool is_all, is_past;   /* is_past: the data ended before this month, and periods are counted back from its last day */
	struct span data;       /* whole days that anything was heard on; empty when nothing was */
	struct span shown;
	bool is_compared;
	struct span now, before;
	enum zone_unit unit;    /* of the points of a trend */
	const int64_t *start;   /* n + 1 instants; intervals that have not ended are left out, but for the only one */
	size_t n;
};
/* choice, from and to as in the address ("from" and "to" are dates; one alone is open on the other side). first_ms, last_ms: when
 * anything was heard, DESC_NULL_INT when never. ERR_INVALID names the field. */
enum err period_read(struct op *op, const struct web *w, int64_t first_ms, int64_t last_ms, struct period *out) NODISCARD;
/* Of all data, without an address. */
enum err period_all(struct op *op, int64_t first_ms, int64_t last_ms, struct period *out) NODISCARD;
/* What the page's select offers, in the reader's language. */
struct option *period_options(struct op *op, const struct period *p, size_t *n);

int64_t period_first_day(const struct op *op, struct span s); /* DESC_DATE; DESC_NULL_INT of an empty span */
int64_t period_last_day(const struct op *op, struct span s);
str period_month_name(struct op *op, const struct zone *z, int64_t ms); /* "December 2010", in the reader's language and calendar */
struct msg period_compared(const struct op *op, const struct period *p);
static inline bool span_has(struct span s, int64_t ms) { return ms >= s.from_ms && ms < s.to_ms; }
#endif
