/* trigger.h: talk triggers: what is done so that customers talk of it, the four tests it has to pass, and what the touchpoints say:
 * who got it, who tells it, with what feeling. Measured over all that may be looked at for analysis; nothing of it is stored. */
#ifndef TRIGGER_TRIGGER_H
#define TRIGGER_TRIGGER_H
#include "http/web.h"

/* How many of the known customers tell each, and since when. */
struct trigger_story {
	id id;
	str promise;
	int64_t customers, told, first_ms; /* first_ms: of the first telling; DESC_NULL_INT */
};
enum err trigger_stories(struct op *op, struct trigger_story **out, size_t *n) NODISCARD;
struct talk_trigger {
	id id;
	str promise, kind, cost, given_by, words, remarkable, repeatable, reasonable, relevant;
};
enum err trigger_add(struct op *op, struct talk_trigger *t) NODISCARD; /* t->id is set */

extern const struct desc TRIGGERS_DESC, TRIGGER_CUSTOMERS_DESC, TRIGGER_INPUT_DESC;
web_handler trigger_list_get, trigger_customers_get, trigger_post, trigger_change_post, trigger_remove_post, trigger_restore_post;
#endif
