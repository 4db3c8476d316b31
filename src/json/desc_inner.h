/* desc_inner.h: what the files of src/json share about descriptors; nobody else includes it. */
#ifndef JSON_DESC_INNER_H
#define JSON_DESC_INNER_H
#include "json/json.h"

struct __attribute__((may_alias)) desc__list { /* what every LIST_OF looks like */
	void *v;
	size_t n;
};

size_t desc__size(enum desc_type type, const struct desc *of); /* of the member in its struct */
bool desc__is_absent(enum desc_type type, const void *value);
/* Fills *out from an object. from_form: leaves are texts, empty ones are absent, and repeated members make a list. */
enum err desc__decode(struct arena *a, const struct desc *d, const struct json_node *object, bool from_form, void *out, struct fault *f);
#endif
