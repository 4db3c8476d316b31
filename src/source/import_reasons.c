/* Why rows were rejected: as JSON in records, and as pages show it. */
#include <string.h>

#include "base/buf.h"
#include "json/json.h"
#include "source/import_pages.h"

enum { REASONS_BYTES = 64 << 10 };

str import_reasons_json(struct arena *a, const struct import_counts *c)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, REASONS_BYTES);
	json_begin_array(&w);
	for (size_t i = 0; i < c->n_reasons; i++) {
		json_begin_object(&w);
		json_key(&w, S("reason"));
		json_put_str(&w, str_of(c->reasons[i].reason));
		json_key(&w, S("n"));
		json_put_i64(&w, c->reasons[i].n);
		json_key(&w, S("lines"));
		json_begin_array(&w);
		for (int64_t k = 0; k < IMPORT_REASON_LINES && k < c->reasons[i].n; k++) json_put_i64(&w, c->reasons[i].lines[k]);
		json_end_array(&w);
		json_end_object(&w);
	}
	json_end_array(&w);
	str json = str_dup(a, buf_str(&b));
	buf_release(&b);
	return json;
}

static void read_reasons(const struct json_node *root, struct import_counts *c)
{
	for (const struct json_node *node = root->child; node && c->n_reasons < IMPORT_REASONS; node = node->next) {
		struct import_reason *reason = &c->reasons[c->n_reasons++];
		str name = json_get_str(node, S("reason"));
		memcpy(reason->reason, name.p ? name.p : "", name.n < sizeof reason->reason ? name.n : 0);
		json_get_i64(node, S("n"), &reason->n);
		const struct json_node *lines = json_get(node, S("lines"));
		size_t k = 0;
		for (const struct json_node *line = lines ? lines->child : NULL; line && k < IMPORT_REASON_LINES; line = line->next) str_i64(line->text, &reason->lines[k++]);
	}
}

static struct msg reason_words(struct op *op, const char *reason)
{
	str key = str_fmt(&op->arena, "drop_%s", reason);
	if (!i18n_has(op->locale.lang, key)) key = str_fmt(&op->arena, "reject_%s", reason);
	return (struct msg){.key = key.p};
}

struct map_reject *import_reasons_shown(struct op *op, str json, size_t *n)
{
	const struct json_node *root;
	struct import_counts *c = ARENA_NEW(&op->arena, struct import_counts);
	if (json.n && json_tree(&op->arena, json, json.n + 1, &root, NULL) == OK) read_reasons(root, c);
	struct map_reject *out = ARENA_ARRAY(&op->arena, struct map_reject, c->n_reasons);
	for (size_t i = 0; i < c->n_reasons; i++) {
		const struct import_reason *r = &c->reasons[i];
		str lines[IMPORT_REASON_LINES];
		size_t shown = 0;
		for (; shown < IMPORT_REASON_LINES && (int64_t)shown < r->n; shown++) lines[shown] = i18n_int(&op->arena, &op->locale, r->lines[shown]);
		out[i] = (struct map_reject){.reason = reason_words(op, r->reason), .n = r->n, .lines = str_join(&op->arena, lines, shown, S(", "))};
		if (r->n > (int64_t)shown) out[i].lines = str_fmt(&op->arena, "%.*s …", STR_ARG(out[i].lines));
	}
	*n = c->n_reasons;
	return out;
}
