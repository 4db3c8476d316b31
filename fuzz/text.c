/* Any bytes as a text, as queries of topics and as labelled examples: a text is always read, its reasons stand in it and its
 * answer is JSON; the others are read or refused. */
#include "text/text.h"

#include "base/arena.h"
#include "fuzz.h"
#include "json/json.h"
#include "text/lines.h"

static void read_text(struct arena *a, str text)
{
	struct text_reading r;
	struct buf out;
	const struct json_node *tree;
	buf_init(&out, 1 << 20);
	text_read(a, text, NULL, &r);
	for (size_t i = 0; i < r.n_reasons; i++)
		if (r.reasons[i].word.p < text.p || r.reasons[i].word.p + r.reasons[i].word.n > text.p + text.n) __builtin_trap();
	text_write(&r, text, &out);
	if (json_tree(a, str_trim(buf_str(&out)), 1 << 20, &tree, NULL) != OK) __builtin_trap();
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = {0};
	struct topics *topics;
	struct examples examples;
	struct fault f = {0};
	str all = str_dup(&a, (str){(const char *)data, n > 4096 ? 4096 : n}), queries = str_sub(all, 0, all.n / 2);
	read_text(&a, all);
	if (topics_new(queries, &topics, &f) == OK) {
		struct folded text;
		size_t found;
		fold(&a, str_sub(all, all.n / 2, all.n), &text);
		topics_of(topics, &a, &text, &found);
		if (found > topics_count(topics)) __builtin_trap();
		topics_free(topics);
	}
	if (examples_read(&a, all, NULL, 0, &examples, &f) == OK)
		for (size_t i = 0; i < examples.n; i++)
			if (examples.v[i].label >= examples.n_labels) __builtin_trap();
	arena_release(&a);
	return 0;
}
