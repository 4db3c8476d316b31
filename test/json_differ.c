/* Compares our three ways of reading with each other and with Jansson. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "json/reader.h"
#include "json_oracle.h"

static int by_key(const void *a, const void *b)
{
	return str_cmp((*(const struct json_node *const *)a)->key, (*(const struct json_node *const *)b)->key);
}

static void put_string(FILE *out, str s)
{
	fputc('"', out);
	for (size_t i = 0; i < s.n; i++) fprintf(out, "%02x", (unsigned char)s.p[i]);
}

static void put(FILE *out, const struct json_node *node);

static void put_object(FILE *out, const struct json_node *object)
{
	size_t n = 0;
	const struct json_node **members = mem_zalloc((object->n + 1) * sizeof *members);
	for (const struct json_node *m = object->child; m; m = m->next) members[n++] = m;
	qsort(members, n, sizeof *members, by_key);
	fputc('{', out);
	for (size_t i = 0; i < n; i++) {
		if (i && str_eq(members[i]->key, members[i - 1]->key)) continue;
		put_string(out, members[i]->key);
		fputc(':', out);
		put(out, json_get(object, members[i]->key));
	}
	fputc('}', out);
	mem_free(members);
}

static void put(FILE *out, const struct json_node *node)
{
	switch (node->type) {
	case JSON_OBJECT: put_object(out, node); break;
	case JSON_ARRAY:
		fputc('[', out);
		for (const struct json_node *m = node->child; m; m = m->next) put(out, m);
		fputc(']', out);
		break;
	case JSON_STRING: put_string(out, node->text); break;
	case JSON_NUMBER: fprintf(out, "#%.17g", strtod(node->text.p, NULL) + 0.0); break; /* ends before a byte of the text or the padding */
	case JSON_TRUE: fputc('t', out); break;
	case JSON_FALSE: fputc('f', out); break;
	default: fputc('n', out); break;
	}
}

static char *canonical_of(const struct json_node *root)
{
	char *text;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	put(out, root);
	fclose(out);
	return text;
}

/* The same by walking and by skipping; for an object or array the raw text is the trimmed document. */
static const char *pull_differs(struct arena *a, str text, bool accepted)
{
	char *copy = arena_alloc(a, text.n + JSON_PADDING);
	if (text.n) memcpy(copy, text.p, text.n);
	memset(copy + text.n, '"', JSON_PADDING);
	struct json_reader *r = json_reader_new(1 << 26);
	const char *wrong = NULL;
	str raw = STR_NONE;
	bool skipped = false;
	if (json_reader_start(r, (str){copy, text.n}, NULL) == OK) {
		json_next(r);
		raw = json_skip(r);
		skipped = str_given(raw) && json_next(r) == JSON_END;
	}
	if (skipped != accepted)
		wrong = "skipping and the tree do not agree";
	else if (accepted && !str_eq(raw, str_trim(text)))
		wrong = "a skipped value is not the document";
	json_reader_free(r);
	return wrong;
}

/* Objects by the member, as the way of a touchpoint reads them; all else by the token. False when the two do not agree. */
static bool members_agree(struct json_reader *r, struct arena *a, const struct json_node *node)
{
	if (reader_token(r) != node->type) return false;
	if (node->type == JSON_STRING) return str_eq(reader_is_plain(r) ? reader_text(r) : json_unescape(a, reader_text(r)), node->text);
	if (node->type == JSON_NUMBER) return str_eq(reader_text(r), node->text);
	const struct json_node *m = node->child;
	if (node->type == JSON_OBJECT) {
		str key;
		bool is_plain;
		for (; reader_member(r, &key, &is_plain); m = m->next)
			if (!m || !str_eq(is_plain ? key : json_unescape(a, key), m->key) || !members_agree(r, a, m)) return false;
		return !m && reader_token(r) == JSON_OBJECT_END;
	}
	if (node->type == JSON_ARRAY) {
		for (; m; m = m->next)
			if (json_next(r) == JSON_ERROR || !members_agree(r, a, m)) return false;
		return json_next(r) == JSON_ARRAY_END;
	}
	return true;
}

/* What is refused must be refused here too: everything is passed, member by member. */
static bool members_pass(struct json_reader *r)
{
	str key;
	bool is_plain;
	if (reader_token(r) == JSON_OBJECT) {
		while (reader_member(r, &key, &is_plain))
			if (!members_pass(r)) return false;
		return reader_token(r) == JSON_OBJECT_END;
	}
	if (reader_token(r) == JSON_ARRAY) {
		for (json_next(r); reader_token(r) != JSON_ARRAY_END; json_next(r))
			if (reader_token(r) == JSON_ERROR || !members_pass(r)) return false;
	}
	return reader_token(r) != JSON_ERROR;
}

static const char *members_differ(struct arena *a, str text, const struct json_node *root)
{
	char *copy = arena_alloc(a, text.n + JSON_PADDING);
	if (text.n) memcpy(copy, text.p, text.n);
	memset(copy + text.n, '"', JSON_PADDING);
	struct json_reader *r = json_reader_new(1 << 26);
	bool passes = json_reader_start(r, (str){copy, text.n}, NULL) == OK;
	if (passes) json_next(r);
	passes = passes && (root ? members_agree(r, a, root) : members_pass(r)) && json_next(r) == JSON_END;
	json_reader_free(r);
	return passes == (root != NULL) ? NULL : "reading by the member and the tree do not agree";
}

static const char *written_differs(struct arena *a, const struct json_node *root, const char *canonical)
{
	struct buf b;
	buf_init(&b, 1 << 28);
	struct json_writer w = {.out = &b}, raw = {.out = &b};
	const struct json_node *again;
	const char *wrong = NULL;
	for (int i = 0; i < 2 && !wrong; i++) {
		buf_clear(&b);
		if (i == 0) json_put_tree(&w, root);
		if (i == 1) json_put_raw(&raw, root->raw);
		if (json_tree(a, buf_str(&b), b.n, &again, NULL) != OK) {
			wrong = "what was written is refused";
			break;
		}
		char *other = canonical_of(again);
		if (strcmp(other, canonical) != 0) wrong = "what was written reads differently";
		if (memchr(b.p, '<', b.n) || memchr(b.p, '&', b.n)) wrong = "what was written is not safe in HTML";
		free(other);
	}
	buf_release(&b);
	return wrong;
}

static const char *compare(struct arena *a, str text)
{
	const struct json_node *root;
	struct fault f = {0};
	bool accepted = json_tree(a, text, text.n, &root, &f) == OK;
	const char *wrong = pull_differs(a, text, accepted);
	if (!wrong) wrong = members_differ(a, text, accepted ? root : NULL);
	if (wrong) return wrong;
	if (!accepted && f.err == ERR_MALFORMED && strstr(f.fields[0].text, "nested too deeply")) return NULL;
	char *theirs = NULL, *ours = accepted ? canonical_of(root) : NULL;
	enum json_oracle oracle = json_oracle_read(text.p, text.n, &theirs);
	if (accepted) wrong = written_differs(a, root, ours);
	if (oracle != ORACLE_CANNOT_TELL && accepted != (oracle == ORACLE_ACCEPTS)) wrong = accepted ? "only we accept it" : "only Jansson accepts it";
	if (!wrong && accepted && oracle == ORACLE_ACCEPTS && strcmp(ours, theirs) != 0) wrong = "the values differ";
	free(ours);
	free(theirs);
	return wrong;
}

const char *json_differ(str text)
{
	struct arena a;
	arena_init(&a);
	const char *wrong = compare(&a, text);
	arena_release(&a);
	return wrong;
}
