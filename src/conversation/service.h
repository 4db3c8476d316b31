/* service.h: figures of conversations: how long customers waited for a first and for each next answer, how long until it was solved, how
 * much came back, how often it was in time; as a question's answer and as a page. Definitions: see service_cases.h. */
#ifndef CONVERSATION_SERVICE_H
#define CONVERSATION_SERVICE_H
#include "http/web.h"

struct json_node;
bool service_is_asked(const struct json_node *question);
/* {"kind":"service","measure":…,"by":…,"hours":…,"from":…,"to":…} → JSON. ERR_INVALID with the field. */
enum err service_answer(struct op *op, const struct json_node *question, str *out) NODISCARD;

extern const struct desc SERVICE_DESC, SERVICE_BEHIND_DESC, STAFFING_DESC;
web_handler service_get, service_behind_get, staffing_get;
#endif
