/* inner.h: what the files of src/template share: a compiled template, and the values that names find. */
#ifndef TEMPLATE_INNER_H
#define TEMPLATE_INNER_H
#include "base/arena.h"
#include "base/vec.h"
#include "json/json.h"
#include "template/template.h"

enum {
	TEMPLATE_NESTING = 48,   /* sections, parents and blocks open at one place of a source */
	TEMPLATE_DEPTH = 32,     /* partials and parents within each other while rendering */
	TEMPLATE_FRAMES = 96,    /* contexts on the stack */
	TEMPLATE_STEPS = 4000000, /* nodes visited in one rendering: what a partial that includes itself twice may cost */
	TEMPLATE_PARTS = 12,     /* of a dotted name */
};

enum node_kind { NODE_TEXT, NODE_VARIABLE, NODE_UNESCAPED, NODE_SECTION, NODE_INVERTED, NODE_PARTIAL, NODE_PARENT, NODE_BLOCK };

/* Nodes lie flat, a parent before its children; .end is the index after the last of them. */
struct node {
	enum node_kind kind;
	bool starts_line;   /* text, block content: its first character stands at the start of a line */
	bool is_standalone; /* alone on its line: .indent is the white space before it */
	bool is_dynamic;    /* {{>*name}} */
	uint32_t end;
	uint32_t dedent;    /* blocks: the white space before their content's first line, in bytes */
	str text;           /* the text, or the name as written */
	const str *path;
	uint32_t n_parts;   /* 0: the name is "." */
	str indent;
	str site_indent;    /* blocks: what an override's lines get */
	const struct body *body; /* partials and parents named at compile time; NULL: none */
};
struct body {
	str name;
	const struct node *nodes;
	uint32_t n;
	bool is_found;
};
struct template {
	struct arena arena;
	struct template_options options;
	VEC(struct body *) bodies; /* [0] is the template itself */
	size_t read_bytes;
};

/* Parses source into b->nodes; partials it names are added to t->bodies, not yet parsed. */
enum err template__parse(struct template *t, struct body *b, str source, struct fault *f);
struct body *template__body(struct template *t, str name, bool *added);

/* ---- values ---- */
enum value_kind { VALUE_NONE, VALUE_FIELD, VALUE_TREE, VALUE_TEXT, VALUE_BOOL, VALUE_COUNT };
struct value {
	enum value_kind kind;
	enum desc_type type;           /* VALUE_FIELD */
	const struct desc_field *field; /* may be NULL: a struct given from outside */
	const struct desc *of;
	const void *at;
	const struct json_node *tree;
	str text;
	bool is_true;
	int64_t count;
};
struct frame {
	struct value value;
	size_t index, n; /* within a list; n = 0: not a list's item */
};
struct stack {
	const struct locale *locale;
	struct frame frames[TEMPLATE_FRAMES];
	size_t n;
};
struct value template__find(struct arena *a, const struct stack *s, const str *parts, size_t n);
bool template__is_true(const struct value *v);
/* Lists: how many items (false: not a list), and one of them. */
bool template__list(const struct value *v, size_t *n);
struct value template__item(const struct value *v, size_t i, const struct json_node **walk);
str template__text(struct arena *a, const struct locale *l, const struct value *v); /* for people */
str template__raw(struct arena *a, const struct value *v);                          /* for programs */
bool template__number(const struct value *v, double *out);
bool template__is_safe_address(str address);
#endif
