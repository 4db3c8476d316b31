/* entity.h: what is named in a text by its form: amounts of money and numbers of orders. */
#ifndef TEXT_ENTITY_H
#define TEXT_ENTITY_H
#include "text/fold.h"

enum entity_kind { ENTITY_AMOUNT, ENTITY_NUMBER };
extern const char *const ENTITY_KINDS[]; /* "amount", "order_number", NULL */
enum { ENTITIES_MOST = 8 };
struct entity {
	enum entity_kind kind;
	uint32_t from, to; /* folded code points */
};
/* In order, at most ENTITIES_MOST. An amount is a number beside a currency's sign, code or name; the number of an order is
 * of five digits and more, with letters and dashes within it. */
size_t entities_of(const struct folded *text, struct entity out[ENTITIES_MOST]);
#endif
