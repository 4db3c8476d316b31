/* Compiling and rendering.
 *
 * A template and all partials that it names are parsed once, each into one flat array; a partial is a reference, so
 * templates may include themselves. Indentation of standalone partials and blocks is applied while texts are written
 * (a partial is not rewritten per place), which the specification's tests hold to the letter. Overrides of parents
 * form a chain, the most derived first; what an override holds is rendered with the chain that its own template had,
 * so a block inside an override of the same name ends.
 *
 * What a hostile template can cost is bounded four ways: nesting in the source, partials within partials, nodes
 * visited, and the output's maximum. */
#include "template/template.h"

#include <string.h>

#include "base/mem.h"
#include "template/inner.h"

struct override {
	const struct node *parent; /* its children are the blocks */
	const struct body *body;
};
struct render {
	const struct template *t;
	struct buf *out;
	struct fault *f;
	struct arena arena;   /* for the whole rendering: dynamic names, section values */
	struct arena scratch; /* for one value */
	struct stack stack;
	struct override overrides[TEMPLATE_DEPTH];
	int n_overrides, depth, steps;
	bool is_fresh;        /* the output stands at the start of a line of template text */
	struct template *dynamic[TEMPLATE_DEPTH]; /* partials of dynamic names, compiled for this rendering */
	int n_dynamic;
};
/* Where lines begin: how much of a text's own white space goes, and what comes instead. */
struct margin {
	uint32_t dedent;
	str indent;
};

static enum err render_nodes(struct render *r, const struct body *b, uint32_t from, uint32_t to, struct margin m);

/* ---- compiling ---- */

struct body *template__body(struct template *t, str name, bool *added)
{
	for (size_t i = 0; i < t->bodies.n; i++)
		if (str_eq(t->bodies.v[i]->name, name) && i > 0) return t->bodies.v[i];
	struct body *b = ARENA_NEW(&t->arena, struct body);
	b->name = str_dup(&t->arena, name);
	VEC_PUSH(&t->bodies, &t->arena, b);
	if (added) *added = true;
	return b;
}

static enum err parse_capped(struct template *t, struct body *b, str source, struct fault *f)
{
	size_t max = t->options.max_bytes ? t->options.max_bytes : 1 << 20;
	t->read_bytes += source.n;
	if (t->read_bytes > max) return fault_set(f, ERR_TOO_LARGE, "template", "longer than %zu bytes with its partials", max);
	return template__parse(t, b, source, f);
}

enum err template_new(str name, str source, const struct template_options *o, struct template **out, struct fault *f)
{
	struct template *t = MEM_NEW(struct template);
	arena_init(&t->arena);
	t->options = *o;
	enum err e = parse_capped(t, template__body(t, name, NULL), source, f);
	for (size_t i = 1; e == OK && i < t->bodies.n && o->loader; i++) { /* grows as partials name partials */
		str partial = o->loader(o->loader_arg, t->bodies.v[i]->name);
		if (str_given(partial)) e = parse_capped(t, t->bodies.v[i], partial, f);
	}
	*out = t;
	if (e == OK) return OK;
	template_free(t);
	*out = NULL;
	return e;
}

void template_free(struct template *t)
{
	if (!t) return;
	arena_release(&t->arena);
	mem_free(t);
}

/* ---- writing ---- */

static void begin_line(struct render *r, struct margin m)
{
	if (r->is_fresh) buf_add(r->out, m.indent);
	r->is_fresh = false;
}

static void write_text(struct render *r, const struct node *node, struct margin m)
{
	str text = node->text;
	bool starts_line = node->starts_line;
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) + 1 : text.n, skip = 0;
		while (starts_line && skip < m.dedent && skip < n && (text.p[skip] == ' ' || text.p[skip] == '\t')) skip++;
		begin_line(r, m);
		buf_add(r->out, str_sub(text, skip, n - skip));
		text = str_sub(text, n, text.n - n);
		r->is_fresh = starts_line = end != NULL;
	}
}

/* ---- sentences ---- */

struct filling {
	struct render *r;
	bool escape_values; /* the sentence itself is written unescaped */
};

static bool value_of(void *arg, str name, struct i18n_value *out)
{
	const struct filling *fill = arg;
	struct render *r = fill->r;
	struct value v = template__find(&r->scratch, &r->stack, &name, 1);
	if (v.kind == VALUE_NONE) return false;
	out->is_number = template__number(&v, &out->number);
	out->text = template__text(&r->scratch, r->stack.locale, &v);
	if (v.kind == VALUE_TREE && out->is_number) out->text = i18n_real(&r->scratch, r->stack.locale, out->number, 6);
	out->raw = template__raw(&r->scratch, &v);
	if (!fill->escape_values) return true;
	struct buf escaped;
	buf_init(&escaped, r->out->max);
	template_escape(&escaped, r->t->options.type, out->text);
	out->text = str_dup(&r->scratch, buf_str(&escaped));
	buf_release(&escaped);
	return true;
}

static bool is_sentence(const struct node *node)
{
	return node->n_parts == 2 && str_eq(node->path[0], S("t"));
}

static str sentence(struct render *r, const struct node *node)
{
	str key = node->path[1];
	if (key.n && key.p[0] == '@') {
		str name = str_sub(key, 1, key.n - 1);
		struct value v = template__find(&r->scratch, &r->stack, &name, 1);
		key = template__raw(&r->scratch, &v);
		if (key.n == 0) return STR_NONE;
	}
	struct filling fill = {r, node->kind == NODE_UNESCAPED};
	return i18n_fill(&r->scratch, r->stack.locale, key, value_of, &fill);
}

static void write_value(struct render *r, const struct node *node, struct margin m)
{
	str text;
	if (is_sentence(node)) text = sentence(r, node);
	else {
		struct value v = template__find(&r->scratch, &r->stack, node->path, node->n_parts);
		text = template__text(&r->scratch, r->stack.locale, &v);
	}
	begin_line(r, m);
	if (node->kind == NODE_UNESCAPED) buf_add(r->out, text);
	else template_escape(r->out, r->t->options.type, text);
	arena_reset(&r->scratch);
}

/* ---- sections ---- */

static enum err with_frame(struct render *r, const struct body *b, const struct node *node, struct frame frame, struct margin m)
{
	if (r->stack.n == TEMPLATE_FRAMES) return fault_set(r->f, ERR_TOO_LARGE, "template", "sections nest deeper than %d", TEMPLATE_FRAMES);
	r->stack.frames[r->stack.n++] = frame;
	uint32_t at = (uint32_t)(node - b->nodes);
	enum err e = render_nodes(r, b, at + 1, node->end, m);
	r->stack.n--;
	return e;
}

static enum err render_section(struct render *r, const struct body *b, const struct node *node, struct margin m)
{
	struct value v = is_sentence(node) ? (struct value){.kind = VALUE_TEXT, .text = str_dup(&r->arena, sentence(r, node))}
	                                   : template__find(&r->arena, &r->stack, node->path, node->n_parts);
	size_t n;
	if (node->kind == NODE_INVERTED) {
		if (template__is_true(&v)) return OK;
		return render_nodes(r, b, (uint32_t)(node - b->nodes) + 1, node->end, m);
	}
	if (!template__is_true(&v)) return OK;
	if (!template__list(&v, &n)) return with_frame(r, b, node, (struct frame){.value = v}, m);
	const struct json_node *walk = NULL;
	for (size_t i = 0; i < n; i++) TRY(with_frame(r, b, node, (struct frame){.value = template__item(&v, i, &walk), .index = i, .n = n}, m));
	return OK;
}

/* ---- partials, parents, blocks ---- */

/* A partial named by a value: one that the template names too, or one from the loader, compiled for this rendering. */
static enum err dynamic_body(struct render *r, const struct node *node, const struct body **out)
{
	*out = NULL;
	struct value v = template__find(&r->scratch, &r->stack, node->path, node->n_parts);
	str name = str_dup(&r->arena, template__raw(&r->scratch, &v));
	if (name.n == 0) return OK;
	for (size_t i = 1; i < r->t->bodies.n; i++)
		if (str_eq(r->t->bodies.v[i]->name, name)) *out = r->t->bodies.v[i];
	for (int i = 0; i < r->n_dynamic; i++)
		if (str_eq(r->dynamic[i]->bodies.v[0]->name, name)) *out = r->dynamic[i]->bodies.v[0];
	if (*out || !r->t->options.loader) return OK;
	str source = r->t->options.loader(r->t->options.loader_arg, name);
	if (!str_given(source)) return OK;
	if (r->n_dynamic == TEMPLATE_DEPTH) return fault_set(r->f, ERR_TOO_LARGE, "template", "more than %d partials by dynamic names", TEMPLATE_DEPTH);
	TRY(template_new(name, source, &r->t->options, &r->dynamic[r->n_dynamic], r->f));
	*out = r->dynamic[r->n_dynamic++]->bodies.v[0];
	return OK;
}

static str joined(struct render *r, str a, str b)
{
	if (a.n == 0 || b.n == 0) return a.n ? a : b;
	return str_fmt(&r->arena, "%.*s%.*s", STR_ARG(a), STR_ARG(b));
}

static enum err render_body(struct render *r, const struct body *b, struct margin m)
{
	if (r->depth == TEMPLATE_DEPTH) return fault_set(r->f, ERR_TOO_LARGE, "template", "partials nest deeper than %d", TEMPLATE_DEPTH);
	r->depth++;
	enum err e = render_nodes(r, b, 0, b->n, m);
	r->depth--;
	return e;
}

static enum err render_partial(struct render *r, const struct body *b, const struct node *node, struct margin m)
{
	const struct body *partial = node->body;
	if (node->is_dynamic) TRY(dynamic_body(r, node, &partial));
	if (!partial || !partial->is_found) return OK;
	struct margin inside = {0};
	if (node->is_standalone) inside.indent = joined(r, m.indent, str_sub(node->indent, m.dedent, node->indent.n));
	if (node->kind == NODE_PARTIAL) return render_body(r, partial, inside);
	if (r->n_overrides == TEMPLATE_DEPTH) return fault_set(r->f, ERR_TOO_LARGE, "template", "parents nest deeper than %d", TEMPLATE_DEPTH);
	r->overrides[r->n_overrides++] = (struct override){node, b};
	enum err e = render_body(r, partial, inside);
	r->n_overrides--;
	return e;
}

static const struct node *find_override(const struct render *r, str name, int *level)
{
	for (int i = 0; i < r->n_overrides; i++) {
		const struct override *o = &r->overrides[i];
		for (uint32_t k = (uint32_t)(o->parent - o->body->nodes) + 1; k < o->parent->end; k = o->body->nodes[k].end) {
			const struct node *block = &o->body->nodes[k];
			if (block->kind != NODE_BLOCK || !str_eq(block->text, name)) continue;
			*level = i;
			return block;
		}
	}
	return NULL;
}

static enum err render_block(struct render *r, const struct body *b, const struct node *node, struct margin m)
{
	int level, all = r->n_overrides;
	const struct node *with = find_override(r, node->text, &level);
	if (!with) return render_nodes(r, b, (uint32_t)(node - b->nodes) + 1, node->end, m);
	if (r->depth == TEMPLATE_DEPTH) return fault_set(r->f, ERR_TOO_LARGE, "template", "blocks nest deeper than %d", TEMPLATE_DEPTH);
	const struct body *from = r->overrides[level].body;
	struct margin inside = {with->dedent, joined(r, m.indent, str_sub(node->site_indent, m.dedent, node->site_indent.n))};
	struct override kept[TEMPLATE_DEPTH];
	memcpy(kept, r->overrides, sizeof kept);
	r->n_overrides = level;
	r->depth++;
	enum err e = render_nodes(r, from, (uint32_t)(with - from->nodes) + 1, with->end, inside);
	r->depth--;
	memcpy(r->overrides, kept, sizeof kept);
	r->n_overrides = all;
	return e;
}

/* ---- the walk ---- */

static enum err render_node(struct render *r, const struct body *b, const struct node *node, struct margin m)
{
	switch (node->kind) {
	case NODE_TEXT: write_text(r, node, m); return OK;
	case NODE_VARIABLE:
	case NODE_UNESCAPED: write_value(r, node, m); return OK;
	case NODE_SECTION:
	case NODE_INVERTED: return render_section(r, b, node, m);
	case NODE_PARTIAL:
	case NODE_PARENT: return render_partial(r, b, node, m);
	case NODE_BLOCK: return render_block(r, b, node, m);
	}
	return OK;
}

static enum err render_nodes(struct render *r, const struct body *b, uint32_t from, uint32_t to, struct margin m)
{
	for (uint32_t i = from; i < to; i = b->nodes[i].end) {
		if (++r->steps > TEMPLATE_STEPS) return fault_set(r->f, ERR_TOO_LARGE, "template", "more than %d steps to render", TEMPLATE_STEPS);
		TRY(render_node(r, b, &b->nodes[i], m));
		if (buf_failed(r->out)) return fault_set(r->f, ERR_TOO_LARGE, "template", "the output is longer than %zu bytes", r->out->max);
	}
	return OK;
}

enum err template_render(const struct template *t, const struct locale *l, const struct template_value *values, size_t n, struct buf *out, struct fault *f)
{
	struct render *r = MEM_NEW(struct render); /* some 12 KB: too much for the stack of a small thread */
	*r = (struct render){.t = t, .out = out, .f = f, .is_fresh = true, .stack = {.locale = l}};
	arena_init(&r->arena);
	arena_init(&r->scratch);
	for (size_t i = 0; i < n && i < TEMPLATE_FRAMES / 2; i++) {
		struct value v = {.kind = VALUE_FIELD, .type = DESC_STRUCT, .of = values[i].desc, .at = values[i].value};
		if (!values[i].desc) v = (struct value){.kind = values[i].tree ? VALUE_TREE : VALUE_NONE, .tree = values[i].tree};
		r->stack.frames[r->stack.n++].value = v;
	}
	enum err e = render_body(r, t->bodies.v[0], (struct margin){0});
	if (e == OK && t->options.type == TEMPLATE_URL && !template__is_safe_address(str_trim(buf_str(out))))
		e = fault_set(f, ERR_INVALID, "template", "is no web, mail or telephone address");
	for (int i = 0; i < r->n_dynamic; i++) template_free(r->dynamic[i]);
	arena_release(&r->arena);
	arena_release(&r->scratch);
	mem_free(r);
	return e;
}
