/* derive.h: one log record → records. Used by the appliers' thread alone, under people_lock, in a write op. */
#ifndef COLLECT_DERIVE_H
#define COLLECT_DERIVE_H
#include "events/events.h"
#include "op/op.h"

struct derive;
struct derive *derive_new(struct app *app);
void derive_free(struct derive *d);
struct locale derive_locale(struct op *op);
void derive_begin(struct derive *d, struct op *op);
enum err derive_record(struct derive *d, const struct events_record *r) NODISCARD;
/* Writes what was put off and refreshes the customers touched. */
enum err derive_end(struct derive *d) NODISCARD;
#endif
