/* pulse.h: the first page: what is heard and what is not, and the state of the experience. The same answer is the page, its
 * JSON, `hospes report` and what `hospes demo` prints. */
#ifndef PULSE_PULSE_H
#define PULSE_PULSE_H
#include "http/socket.h"
#include "http/web.h"
#include "mark/mark.h"
#include "product/product.h"
#include "pulse/figure.h"
#include "pulse/period.h"

struct app;

struct pulse_family { /* and pulse_stage, which differs in the name of its first field alone */
	int family;
	bool is_heard;
	int64_t volume, last_heard;
	str width, connect;
};
struct cohort_cell {
	double share;
	int64_t count;
	str step;
	bool is_open;
};
struct cohort {
	int64_t start;
	str name;
	int64_t size;
	str customers;
	bool is_worst;
	LIST_OF(struct cohort_cell) cells;
};
struct retention {
	struct msg finding;
	int unit;
	LIST_OF(str) heads;
	LIST_OF(struct cohort) rows;
};
struct pulse_returned {
	struct msg finding;
	LIST_OF(struct product_line) rows;
};
/* One interval of the time shown. */
struct pulse_point {
	int64_t start;
	str name;
	int64_t customers, orders;
	struct money revenue;
	LIST_OF(struct figure_amount) others; /* of the currencies of the trend, in their order */
	double return_rate;
};
struct pulse_trend {
	struct msg finding, near; /* the largest step from one interval to the next, and which marks lie near it, or that none does */
	str currency;
	LIST_OF(struct figure_amount) others; /* other currencies with their sums over the time shown */
	LIST_OF(struct pulse_point) rows;
	LIST_OF(struct mark) marks;
};
struct pulse {
	struct msg heard_finding, unheard_finding;
	LIST_OF(struct pulse_family) families, stages;
	struct msg state_finding;
	int64_t from, to;
	LIST_OF(struct option) periods;
	LIST_OF(struct figure) figures;
	struct msg compared;
	LIST_OF(struct msg) notes;
	struct pulse_trend trend;
	struct pulse_returned returned;
	struct retention retention;
	bool is_empty;
};
extern const struct desc PULSE_DESC, TERMS_DESC;

/* Fills the answer in op's language, for op's reader. w: whose address names the period; NULL: all data. */
enum err pulse_make(struct op *op, const struct web *w, struct pulse *out) NODISCARD;
struct findings;
enum err pulse__trend(struct op *op, const struct period *p, const struct findings *f, struct pulse_trend *out) NODISCARD;
/* The main findings as plain text, aligned, in op's language. */
enum err pulse_print(struct op *op, int fd) NODISCARD;

enum err pulse_home(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err pulse_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err pulse_terms(struct op *op, struct web *w, struct answer *a) NODISCARD;
int command_report(struct app *app, int argc, const str *argv, const struct command_io *io);
#endif
