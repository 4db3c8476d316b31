/* tree.h: the workspace's own topics and rules as one document, changed step by step. A topic's name is its path ("delivery/late"): to
 * move it is to rename it, and what stands beneath it goes along. Old names are remembered with what became of them, so what people
 * said of texts by an old name holds. Pure, but for loading and keeping. */
#ifndef READING_TREE_H
#define READING_TREE_H
#include "base/vec.h"
#include "op/op.h"

struct tree_line {
	str name, query;
};
struct tree {
	id version;   /* 0: the product's own, nothing was changed yet */
	bool has_before;
	int64_t at;
	str person;
	VEC(struct tree_line) topics, rules;
	str moved;
};
/* Of the newest version; without one the product's topics and no rule. */
enum err tree_load(struct op *op, struct tree *out) NODISCARD;
/* As the next version, what texts are read with from the commit on, and past texts queued to be read anew. ERR_INVALID. */
enum err tree_keep(struct op *op, const struct tree *t) NODISCARD;
/* The version before becomes the next one. ERR_STATE unless `version` is the newest. */
enum err tree_undo(struct op *op, id version) NODISCARD;
/* The documents of the newest version, absent without one: for the shelf. */
enum err tree_texts(struct op *op, str *topics, str *rules, str *moved) NODISCARD;

bool tree_has(const struct tree *t, str topic);
/* Puts these queries (a line each) in place of a topic's, or adds it behind all. */
void tree_put(struct tree *t, struct arena *a, str topic, str queries);
str tree_queries(const struct tree *t, struct arena *a, str topic);
/* A topic and all beneath it, to another name (moved; into one that is there: merged) or to none (removed). */
void tree_move(struct tree *t, struct arena *a, str topic, str to);

/* Names a line each, after all that became of them since. */
str tree_follow(struct arena *a, str moved, str names);
#endif
