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
/* Parts of it, for a replay of what people are: identities, joins and traits; consent. */
enum err derive_consent(struct derive *d, const struct events_record *r) NODISCARD;
enum err derive_person(struct derive *d, const struct events_record *r) NODISCARD;
/* The subjects that a record names, each of which it could join to the others; at most max. 0 when it cannot be read. */
enum { DERIVE_MENTIONS = 64 };
void derive_end_reading(struct derive *d); /* after derive_begin for reading alone */
size_t derive_mentions(struct derive *d, const struct events_record *r, uint32_t out[DERIVE_MENTIONS]);
/* Writes what was put off and refreshes the customers touched. */
enum err derive_end(struct derive *d) NODISCARD;
#endif
