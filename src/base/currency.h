/* currency.h: what may be added to what. An amount's currency is the code that stands beside it; amounts of two codes are
 * never added. */
#ifndef BASE_CURRENCY_H
#define BASE_CURRENCY_H
#include "base/arena.h"
#include "base/str.h"

/* Three letters, in capitals; absent when nothing is stated: such amounts are in the workspace's currency. False when what is
 * stated is no code of ISO 4217. In `a`. */
bool currency_read(struct arena *a, str stated, str *code);
/* Whether a number of this name is money, by the words of the name (tables/money_words.def): revenue, unitPrice, order_total. */
bool currency_is_money(str name);
#endif
