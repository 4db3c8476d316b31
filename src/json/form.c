/* A form's flat names become the tree that a JSON body would be, with texts as its leaves; desc_read.c does the rest.
 * Looking names up is linear, so the number of fields is capped, and so is how deep a name may reach. */
#include <string.h>

#include "base/arena.h"
#include "json/desc_inner.h"

enum { NAME_PARTS = 16 };

/* The last child of that kind with that key (array items are known by their index, kept in text), made when missing. */
static struct json_node *child_of(struct arena *a, struct json_node *parent, enum json_token type, str key, str index)
{
	struct json_node **end = &parent->child;
	for (; *end; end = &(*end)->next)
		if (type != JSON_STRING && (*end)->type == type && str_eq((*end)->key, key) && str_eq((*end)->text, index)) return *end;
	*end = ARENA_NEW(a, struct json_node);
	**end = (struct json_node){.type = type, .key = key, .text = index};
	parent->n++;
	return *end;
}

/* Cuts "[12]" off the end of a part. */
static str cut_index(str *part)
{
	size_t open;
	if (!str_ends(*part, S("]")) || !str_find(*part, '[', &open)) return STR_NONE;
	str index = str_sub(*part, open + 1, part->n - open - 2);
	*part = str_sub(*part, 0, open);
	return index;
}

static void add_field(struct arena *a, struct json_node *root, const struct form_field *field)
{
	struct json_node *at = root;
	str rest = field->name;
	for (int parts = 0; str_given(rest); parts++) {
		str whole = rest, part = str_cut(&rest, '.');
		if (parts == NAME_PARTS) { /* no descriptor reaches this deep: refused as an unknown field */
			part = whole;
			rest = STR_NONE;
		}
		bool is_leaf = !str_given(rest);
		str index = cut_index(&part);
		if (str_given(index)) {
			at = child_of(a, at, JSON_ARRAY, part, STR_NONE);
			part = STR_NONE;
		}
		at = child_of(a, at, is_leaf ? JSON_STRING : JSON_OBJECT, part, is_leaf ? STR_NONE : index);
	}
	if (at->type == JSON_STRING) at->text = field->value;
}

enum err form_into(struct arena *a, const struct desc *d, const struct form_field *fields, size_t n, void *out, struct fault *f)
{
	struct json_node root = {.type = JSON_OBJECT};
	memset(out, 0, d->size);
	if (n > FORM_FIELDS) return fault_set(f, ERR_TOO_LARGE, "", "the form has more than %d fields", FORM_FIELDS);
	for (size_t i = 0; i < n; i++)
		if (!str_starts(fields[i].name, S("_"))) add_field(a, &root, &fields[i]);
	return desc__decode(a, d, &root, true, out, f);
}
