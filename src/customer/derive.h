/* derive.h: the rows of a customer that are derived from its subjects: recomputed by the appliers and by whoever joins,
 * separates or changes consent. Need people_lock and a write op. */
#ifndef CUSTOMER_DERIVE_H
#define CUSTOMER_DERIVE_H
#include "op/op.h"

/* Recomputes name, contact, search words, sort key and order figures from traits, identities and orders. */
enum err customer_refresh(struct op *op, uint32_t customer) NODISCARD;
/* Only what orders change of customers: their figures, and the country where no trait tells it. */
enum err customer_refresh_orders(struct op *op, const uint32_t *customers, size_t n) NODISCARD;
/* Recomputes what all customers ordered by currency: after the workspace's currency changed, which orders that state none are in. */
enum err customer_count_amounts(struct op *op) NODISCARD;
/* Recomputes what the customer allows and refuses from the consent of its subjects: the strictest wins. */
enum err customer_refresh_consent(struct op *op, uint32_t customer) NODISCARD;
#endif
