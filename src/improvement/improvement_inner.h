/* improvement_inner.h: what the files of this folder share; nobody else includes it. */
#ifndef IMPROVEMENT_IMPROVEMENT_INNER_H
#define IMPROVEMENT_IMPROVEMENT_INNER_H
#include "improvement/improvement.h"

#define IMPROVEMENT_TOPIC S("followups")

struct improvement_texts {
	LIST_OF(struct improvement_text) texts;
};
struct improvement {
	id id, owner;
	str title, note, owner_name, said_json;
	int state;
	bool is_public;
	int64_t made_at, mended_at, telling_at, customers, told, first_at;
	LIST_OF(struct improvement_text) texts;
};
extern const struct desc IMPROVEMENT_TEXT_DESC;
enum err improvement__get(struct op *op, id improvement, struct improvement *out) NODISCARD; /* ERR_NOT_FOUND */
enum err improvement__all(struct op *op, struct improvement **out, size_t *n) NODISCARD;
enum err improvement__read_texts(struct op *op, str json, struct improvement_text **out, size_t *n) NODISCARD;
/* Of a language, else of the first that has both; NULL when none has. */
const struct improvement_text *improvement__text(const struct improvement_text *v, size_t n, str lang);
#endif
