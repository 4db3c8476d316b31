/* reading_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef READING_READING_INNER_H
#define READING_READING_INNER_H
#include "reading/reading.h"

int reading__kinds(void);
enum err reading__count(struct op *op, int64_t *total) NODISCARD; /* texts of all kinds */
/* The next texts of a kind by id, without their verdict but its language; kept in the arena. */
enum err reading__behind(struct op *op, struct arena *a, int kind, id behind, struct reading *out, size_t most, size_t *n) NODISCARD;
/* r->verdict is fresh: what people said is laid over it, and the row written. */
enum err reading__settle_anew(struct op *op, struct reading *r) NODISCARD;
/* The newest n texts of all kinds that may be seen, newest first; verdict.topics filled. */
enum err reading__newest(struct op *op, size_t n, struct reading **out, size_t *n_out) NODISCARD;
#endif
