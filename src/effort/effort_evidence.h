/* effort_evidence.h: a signal as pages show it; for the files of this folder alone. */
#ifndef EFFORT_EFFORT_EVIDENCE_H
#define EFFORT_EFFORT_EVIDENCE_H
#include "effort/effort_signal.h"

struct signal_row {
	struct effort_signal signal;
	str title;
	struct msg numbers, more, leaning;
	bool is_back;
};
extern const struct desc SIGNAL_ROW_DESC;
enum err effort__signal_fill(struct op *op, const struct effort_signal *s, struct signal_row *row) NODISCARD;
/* As it was kept with an effort; *out NULL when there is none. */
enum err effort__evidence_read(struct op *op, str json, struct signal_row **out) NODISCARD;
#endif
