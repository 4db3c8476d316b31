/* order.h: orders, refunds and adjustments, derived from touchpoints.
 *
 * Order revenue = Σ quantity × price over its lines (metrics.md); an event without lines gives its `revenue`, else `total`.
 * Order Completed and Order Updated both state the whole order (the later one holds), except that an Order Updated with
 * "added": true only adds lines. An Order Updated with "adjustment": true is no order: stock written off or found. Order
 * Refunded is a row of its own with revenue ≤ 0 and returned units ≥ 0. Amounts are millionths, quantities thousandths. */
#ifndef ORDER_ORDER_H
#define ORDER_ORDER_H
#include "collect/touchpoint.h"
#include "events/events.h"
#include "op/op.h"

enum order_kind { ORDER_KIND_ORDER, ORDER_KIND_REFUND, ORDER_KIND_ADJUSTMENT };
enum { ORDER_MICRO = 1000000, ORDER_MILLI = 1000 };

/* What one applier transaction puts off, to write in bulk. Lives in the op's arena. */
struct order_batch;
struct order_batch *order_batch_new(struct op *op);
/* Takes one event in. *touched gets the subject whose figures changed, 0 when none did. A malformed order changes nothing. */
enum err order_apply(struct op *op, struct order_batch *b, const struct events_record *r, enum order_effect effect, uint32_t *touched) NODISCARD;
/* Writes what was put off. Call before reading orders and before the commit. */
enum err order_flush(struct op *op, struct order_batch *b) NODISCARD;
/* Forgets all that derives from an import, or from a subject; *touched subjects are to be refreshed. */
enum err order_forget_import(struct op *op, int64_t import) NODISCARD;
enum err order_forget_subject(struct op *op, uint32_t subject) NODISCARD;
#endif
