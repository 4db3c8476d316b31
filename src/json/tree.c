/* Trees on top of the pull reader. Members keep their order and duplicates; looking one up takes the last, as every
 * browser does. No recursion: the parents of a node are at most JSON_DEPTH. */
#include "json/json.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

static enum err fault_at_line(const struct json_reader *r, str text, struct fault *f)
{
	struct fault inner = {0};
	enum err e = json_reader_fault(r, &inner);
	size_t offset = 0, line = 1, column = 1;
	if (e == ERR_TOO_LARGE || sscanf(inner.fields[0].name, "byte %zu", &offset) != 1)
		return fault_set(f, e, "", "%s", inner.fields[0].text);
	for (size_t i = 0; i < offset && i < text.n; i++) {
		if (text.p[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	char where[48];
	snprintf(where, sizeof where, "line %zu column %zu", line, column);
	return fault_set(f, e, where, "%s", inner.fields[0].text);
}

struct builder {
	struct json_node *parents[JSON_DEPTH], *last[JSON_DEPTH]; /* the open containers and their newest child */
	int depth;
	struct json_node *root;
	str key;
};

static struct json_node *add_node(struct builder *b, struct arena *a, enum json_token type)
{
	struct json_node *node = ARENA_NEW(a, struct json_node);
	node->type = type;
	node->key = b->key;
	b->key = STR_NONE;
	if (!b->depth) {
		b->root = node;
		return node;
	}
	struct json_node **last = &b->last[b->depth - 1];
	if (*last)
		(*last)->next = node;
	else
		b->parents[b->depth - 1]->child = node;
	*last = node;
	b->parents[b->depth - 1]->n++;
	return node;
}

static enum json_token build(struct builder *b, struct arena *a, struct json_reader *r)
{
	enum json_token t;
	while ((t = json_next(r)) != JSON_END && t != JSON_ERROR) {
		if (t == JSON_KEY) {
			b->key = json_string(r, a);
			continue;
		}
		if (t == JSON_OBJECT_END || t == JSON_ARRAY_END) {
			struct json_node *closed = b->parents[--b->depth];
			closed->raw.n = (size_t)(json_raw(r).p + 1 - closed->raw.p);
			continue;
		}
		struct json_node *node = add_node(b, a, t);
		node->raw = json_raw(r);
		if (t == JSON_STRING) node->text = json_string(r, a);
		if (t == JSON_NUMBER) node->text = json_number(r);
		if (t == JSON_OBJECT || t == JSON_ARRAY) {
			b->parents[b->depth] = node;
			b->last[b->depth++] = NULL;
		}
	}
	return t;
}

enum err json_tree(struct arena *a, str text, size_t max_bytes, const struct json_node **out, struct fault *f)
{
	*out = NULL;
	if (text.n > max_bytes) return fault_set(f, ERR_TOO_LARGE, "", "the JSON text is longer than %zu bytes", max_bytes);
	char *copy = arena_alloc(a, text.n + JSON_PADDING); /* the nodes point into it */
	if (text.n) memcpy(copy, text.p, text.n);
	struct builder b = {0};
	struct json_reader *r = json_reader_new(max_bytes);
	if (json_reader_start(r, (str){copy, text.n}, NULL) == OK && build(&b, a, r) == JSON_END) *out = b.root;
	enum err e = *out ? OK : fault_at_line(r, text, f);
	json_reader_free(r);
	return e;
}

const struct json_node *json_get(const struct json_node *object, str key)
{
	const struct json_node *found = NULL;
	if (!object || object->type != JSON_OBJECT) return NULL;
	for (const struct json_node *m = object->child; m; m = m->next)
		if (str_eq(m->key, key)) found = m;
	return found;
}

str json_get_str(const struct json_node *object, str key)
{
	const struct json_node *m = json_get(object, key);
	return m && m->type == JSON_STRING ? m->text : STR_NONE;
}

bool json_get_i64(const struct json_node *object, str key, int64_t *out)
{
	const struct json_node *m = json_get(object, key);
	return m && m->type == JSON_NUMBER && str_i64(m->text, out);
}

bool json_is_true(const struct json_node *object, str key)
{
	const struct json_node *m = json_get(object, key);
	return m && m->type == JSON_TRUE;
}
