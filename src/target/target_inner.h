/* target_inner.h: rows of targets, for the files of this domain alone. */
#ifndef TARGET_TARGET_INNER_H
#define TARGET_TARGET_INNER_H
#include "target/target.h"

enum err target__all(struct op *op, struct target **out, size_t *n) NODISCARD;
#endif
