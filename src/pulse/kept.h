/* kept.h: what was found is kept in memory for as long as it stays right, so that a page opened again costs nothing.
 * A key names everything that the finding depends on; kept_state gives the part that all findings share. Thread safe. */
#ifndef PULSE_KEPT_H
#define PULSE_KEPT_H
#include "op/op.h"

/* Fills *out, in `a`, which lives as long as the finding is kept. */
typedef enum err kept_find(struct op *op, struct arena *a, void *arg, void **out);
/* The finding of that key, made now when it is not kept; *out is valid until op ends. An error keeps nothing. */
enum err kept_get(struct op *op, str key, kept_find *find, void *arg, void **out) NODISCARD;
/* Where records, events and people stand, in the snapshot that op reads. */
enum err kept_state(struct op *op, str *out) NODISCARD;
#endif
