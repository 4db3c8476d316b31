/* webhook_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef WEBHOOK_WEBHOOK_INNER_H
#define WEBHOOK_WEBHOOK_INNER_H
#include "webhook/webhook.h"

enum webhook_state { WEBHOOK_WAITING, WEBHOOK_DELIVERED, WEBHOOK_FAILED };
extern const char *const WEBHOOK_STATE_NAMES[];
struct webhook_type_row {
	const char *name, *key;
};
extern const struct webhook_type_row WEBHOOK_TYPE_ROWS[];
bool webhook__chose(str types, const char *name);

/* How long after the tries so far the next one comes; -1: no more. */
int64_t webhook__pause_ms(int64_t tries);

extern const char WEBHOOK_SEND_JOB[];
/* Lets the job look at once. */
enum err webhook__wake(struct op *op, int64_t at_ms) NODISCARD;
/* One message for one endpoint. */
enum err webhook__put_to(struct op *op, id endpoint, enum webhook_type type, str of, const struct desc *d, const void *data) NODISCARD;
#endif
