/* customer_store.h: the rows of a customer that are derived from its subjects. For src/customer only, and the
 * appliers, which call the refreshes for customers whose orders or consent changed. */
#ifndef CUSTOMER_CUSTOMER_STORE_H
#define CUSTOMER_CUSTOMER_STORE_H
#include "op/op.h"

/* Recomputes name, contact, search words, sort key and order figures from traits, identities and orders. */
enum err customer_refresh(struct op *op, uint32_t customer) NODISCARD;
/* Recomputes what the customer allows and refuses from the consent of its subjects: the strictest wins. */
enum err customer_refresh_consent(struct op *op, uint32_t customer) NODISCARD;
#endif
