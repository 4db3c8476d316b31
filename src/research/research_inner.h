/* research_inner.h: rows of research, for its own pages. */
#ifndef RESEARCH_RESEARCH_INNER_H
#define RESEARCH_RESEARCH_INNER_H
#include "research/research.h"

enum { RESEARCH_MOST = 5000 };
struct research__wanted {
	str words, topic, persona; /* absent: all */
	int kind, stage;           /* -1: all */
	size_t most;
};
str research__address(struct op *op, id research);
enum err research__all(struct op *op, const struct research__wanted *x, struct research **out, size_t *n) NODISCARD;
enum err research__get(struct op *op, id research, struct research *out) NODISCARD; /* ERR_NOT_FOUND */
/* ---- research_file.c ---- */
enum err research__put_file(struct op *op, id research, str bytes) NODISCARD; /* and lets its words be read */
#endif
