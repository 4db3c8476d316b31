/* service.h: figures of conversations: how long customers waited for a first and for each next answer, how long until it was solved, how
 * much came back. Times are by the calendar. Definitions: see service.c. */
#ifndef CONVERSATION_SERVICE_H
#define CONVERSATION_SERVICE_H
#include "op/op.h"

struct json_node;
bool service_is_asked(const struct json_node *question);
/* {"kind":"service","measure":…,"by":…,"from":…,"to":…} → JSON. ERR_INVALID with the field. */
enum err service_answer(struct op *op, const struct json_node *question, str *out) NODISCARD;
#endif
