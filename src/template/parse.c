/* Source → flat nodes, in three passes: tokens (texts cut at line ends), matching of openings and closings, and the
 * rules for tags that stand alone on their line. A line stands alone when it holds white space and one tag that prints
 * nothing itself; with parents and blocks several may share a line, as in the specification's tests, except that a
 * block opened and closed on one line is a place within the line. */
#include <string.h>

#include "template/inner.h"

struct token {
	char sigil; /* 0 text; 'v' variable, '&' unescaped, '!' comment or delimiters; else as written: # ^ / > < $ */
	bool ends_line, is_dropped, is_standalone, starts_line, is_dynamic;
	uint32_t other; /* the closing of an opening, the opening of a closing */
	str text;
	str indent;
	const char *at;
};
struct parser {
	struct template *t;
	struct body *body;
	str source;
	str open, close;
	VEC(struct token) tokens;
	VEC(struct node) nodes;
	struct fault *f;
};

static enum err fail_at(struct parser *p, const char *at, const char *what)
{
	int line = 1, column = 1;
	for (const char *c = p->source.p; c < at; c++) {
		if (*c == '\n') line++, column = 1;
		else if (((unsigned char)*c & 0xC0) != 0x80) column++;
	}
	return fault_set(p->f, ERR_INVALID, p->body->name.n < FAULT_FIELD ? str_c(&p->t->arena, p->body->name) : "template", "line %d column %d: %s", line, column, what);
}

static bool find(str s, size_t from, str needle, size_t *at)
{
	const char *found = from <= s.n ? memmem(s.p + from, s.n - from, needle.p, needle.n) : NULL;
	if (found) *at = (size_t)(found - s.p);
	return found != NULL;
}

/* ---- tokens ---- */

static void add_texts(struct parser *p, size_t from, size_t to)
{
	while (from < to) {
		const char *end = memchr(p->source.p + from, '\n', to - from);
		size_t n = end ? (size_t)(end - p->source.p) + 1 - from : to - from;
		VEC_PUSH(&p->tokens, &p->t->arena, ((struct token){.ends_line = end != NULL, .text = {p->source.p + from, n}, .at = p->source.p + from}));
		from += n;
	}
}

static enum err set_delimiters(struct parser *p, str inside, const char *at)
{
	inside = str_trim(inside);
	size_t i = 0;
	while (i < inside.n && !strchr(" \t\r\n", inside.p[i])) i++;
	str open = str_sub(inside, 0, i), close = str_trim(str_sub(inside, i, inside.n));
	bool bad = open.n == 0 || close.n == 0 || str_contains(open, S("=")) || str_contains(close, S("="));
	for (size_t k = 0; k < close.n; k++) bad |= strchr(" \t\r\n", close.p[k]) != NULL;
	if (bad) return fail_at(p, at, "delimiters are two words without =, as in {{=<% %>=}}");
	p->open = open;
	p->close = close;
	return OK;
}

/* The tag whose inside begins at *i (after the opening delimiter); moves *i past it. */
static enum err read_tag(struct parser *p, size_t *i, const char *at)
{
	str s = p->source;
	while (*i < s.n && strchr(" \t", s.p[*i])) ++*i;
	char sigil = *i < s.n ? s.p[*i] : 0;
	bool has_sigil = sigil && strchr("#^/><$&!{=", sigil);
	size_t from = *i + (has_sigil ? 1 : 0), end;
	str close = p->close;
	if (sigil == '{') close = str_fmt(&p->t->arena, "}%.*s", STR_ARG(p->close));
	if (sigil == '=') close = str_fmt(&p->t->arena, "=%.*s", STR_ARG(p->close));
	if (!find(s, from, close, &end)) return fail_at(p, at, "a tag without its end");
	str name = str_trim(str_sub(s, from, end - from));
	*i = end + close.n;
	if (sigil == '=') TRY(set_delimiters(p, name, at));
	struct token token = {.text = name, .at = at, .sigil = has_sigil ? sigil : 'v'};
	if (sigil == '{') token.sigil = '&';
	if (sigil == '=') token.sigil = '!';
	if (token.sigil != '!' && name.n == 0) return fail_at(p, at, "a tag without a name");
	if (token.sigil == '&' && !p->t->options.may_unescape) return fail_at(p, at, "unescaped output is not allowed here");
	if (name.p[0] == '*' && (sigil == '>' || sigil == '<')) {
		token.is_dynamic = true;
		token.text = str_trim(str_sub(name, 1, name.n));
	}
	VEC_PUSH(&p->tokens, &p->t->arena, token);
	return OK;
}

static enum err read_tokens(struct parser *p)
{
	size_t i = 0, at;
	while (find(p->source, i, p->open, &at)) {
		add_texts(p, i, at);
		i = at + p->open.n;
		TRY(read_tag(p, &i, p->source.p + at));
	}
	add_texts(p, i, p->source.n);
	return OK;
}

/* ---- matching ---- */

static bool is_opening(char sigil)
{
	return sigil && strchr("#^<$", sigil);
}

static enum err match(struct parser *p)
{
	uint32_t open[TEMPLATE_NESTING];
	int n = 0;
	for (uint32_t i = 0; i < p->tokens.n; i++) {
		struct token *token = &p->tokens.v[i];
		if (is_opening(token->sigil)) {
			if (n == TEMPLATE_NESTING) return fail_at(p, token->at, "sections nest too deep");
			open[n++] = i;
		} else if (token->sigil == '/') {
			if (n == 0) return fail_at(p, token->at, "closes what was not opened");
			struct token *opening = &p->tokens.v[open[--n]];
			str name = token->text;
			if (opening->is_dynamic && name.p[0] == '*') name = str_trim(str_sub(name, 1, name.n));
			if (!str_eq(opening->text, name)) return fail_at(p, token->at, "closes another section than the last one opened");
			opening->other = i;
			token->other = open[n];
		}
	}
	return n ? fail_at(p, p->tokens.v[open[n - 1]].at, "opened and never closed") : OK;
}

/* ---- lines ---- */

static bool is_blank(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr(" \t\r\n", s.p[i])) return false;
	return true;
}

static str leading_white(str s)
{
	size_t i = 0;
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t')) i++;
	return str_sub(s, 0, i);
}

/* Whether tokens from..to-1, one line, stand alone. */
static bool stands_alone(const struct parser *p, uint32_t from, uint32_t to)
{
	int tags = 0;
	bool all_of_inheritance = true;
	for (uint32_t i = from; i < to; i++) {
		const struct token *token = &p->tokens.v[i];
		char of = token->sigil == '/' ? p->tokens.v[token->other].sigil : token->sigil;
		if (!token->sigil) {
			if (!is_blank(token->text)) return false;
			continue;
		}
		if (token->sigil == 'v' || token->sigil == '&') return false;
		tags++;
		if (of != '<' && of != '$') all_of_inheritance = false;
		bool is_pair = token->sigil == '$' && token->other < to;
		if (is_pair && !(i > from && p->tokens.v[i - 1].sigil == '<')) return false;
	}
	return tags == 1 || (tags > 1 && all_of_inheritance);
}

static void end_line(struct parser *p, uint32_t from, uint32_t to)
{
	if (from == to) return;
	struct token *first = &p->tokens.v[from];
	str white = first->sigil || !is_blank(first->text) ? S("") : leading_white(first->text);
	bool alone = stands_alone(p, from, to), is_before = true;
	first->starts_line = true;
	for (uint32_t i = from; i < to; i++) {
		struct token *token = &p->tokens.v[i];
		if (!token->sigil && !is_blank(token->text)) is_before = false;
		if (token->sigil && is_before) token->indent = white;
		if (alone && token->sigil) token->is_standalone = true;
		if (alone && !token->sigil) token->is_dropped = true;
		if (token->sigil && strchr("v&>", token->sigil)) is_before = false;
	}
}

static void find_lines(struct parser *p)
{
	uint32_t from = 0;
	for (uint32_t i = 0; i < p->tokens.n; i++) {
		if (!p->tokens.v[i].ends_line) continue;
		end_line(p, from, i + 1);
		from = i + 1;
	}
	end_line(p, from, (uint32_t)p->tokens.n);
}

/* The white space before the first line that a standalone block holds; false when it holds none. */
static bool content_indent(const struct parser *p, uint32_t opening, str *out)
{
	for (uint32_t i = opening + 1; i < p->tokens.v[opening].other; i++) {
		const struct token *token = &p->tokens.v[i];
		if (!token->starts_line || (token->is_dropped && i + 1 == p->tokens.v[opening].other)) continue;
		if (token->is_dropped) { /* a standalone tag's line: its tag knows the indent */
			*out = leading_white(token->text);
			return true;
		}
		if (!token->sigil && is_blank(token->text) && token->ends_line) continue;
		*out = token->sigil ? S("") : leading_white(token->text);
		return true;
	}
	return false;
}

/* ---- nodes ---- */

static enum err set_path(struct parser *p, struct node *node, const char *at)
{
	if (str_eq(node->text, S("."))) return OK;
	str *parts = ARENA_ARRAY(&p->t->arena, str, TEMPLATE_PARTS), rest = node->text;
	while (str_given(rest)) {
		if (node->n_parts == TEMPLATE_PARTS) return fail_at(p, at, "a name of too many parts");
		parts[node->n_parts++] = str_cut(&rest, '.');
	}
	node->path = parts;
	return OK;
}

static enum node_kind kind_of(char sigil)
{
	switch (sigil) {
	case 'v': return NODE_VARIABLE;
	case '&': return NODE_UNESCAPED;
	case '#': return NODE_SECTION;
	case '^': return NODE_INVERTED;
	case '>': return NODE_PARTIAL;
	case '<': return NODE_PARENT;
	case '$': return NODE_BLOCK;
	default: return NODE_TEXT;
	}
}

static enum err add_node(struct parser *p, uint32_t i)
{
	const struct token *token = &p->tokens.v[i];
	struct node node = {.kind = kind_of(token->sigil), .text = token->text, .indent = token->indent, .is_standalone = token->is_standalone,
	                    .starts_line = token->starts_line, .is_dynamic = token->is_dynamic};
	if (node.kind == NODE_BLOCK) {
		str inner;
		bool has_content = token->is_standalone && content_indent(p, i, &inner);
		node.site_indent = has_content ? inner : token->indent;
		node.dedent = has_content ? (uint32_t)inner.n : 0;
		node.starts_line = token->is_standalone;
	} else if ((node.kind == NODE_PARTIAL || node.kind == NODE_PARENT) && !token->is_dynamic) {
		node.body = template__body(p->t, token->text, NULL);
	} else if (node.kind != NODE_TEXT) TRY(set_path(p, &node, token->at));
	VEC_PUSH(&p->nodes, &p->t->arena, node);
	return OK;
}

static enum err make_nodes(struct parser *p)
{
	uint32_t open[TEMPLATE_NESTING];
	int n = 0;
	bool may_join = false;
	for (uint32_t i = 0; i < p->tokens.n; i++) {
		const struct token *token = &p->tokens.v[i];
		struct node *last = p->nodes.n ? &p->nodes.v[p->nodes.n - 1] : NULL;
		if (token->is_dropped || token->sigil == '!') may_join = false;
		else if (token->sigil == '/') p->nodes.v[open[--n]].end = (uint32_t)p->nodes.n, may_join = false;
		else if (!token->sigil && may_join && last->text.p + last->text.n == token->text.p) last->text.n += token->text.n;
		else {
			if (is_opening(token->sigil)) open[n++] = (uint32_t)p->nodes.n;
			TRY(add_node(p, i));
			p->nodes.v[p->nodes.n - 1].end = (uint32_t)p->nodes.n;
			may_join = !token->sigil;
		}
	}
	return OK;
}

enum err template__parse(struct template *t, struct body *b, str source, struct fault *f)
{
	struct parser p = {.t = t, .body = b, .source = str_dup(&t->arena, source), .open = S("{{"), .close = S("}}"), .f = f};
	TRY(read_tokens(&p));
	TRY(match(&p));
	find_lines(&p);
	TRY(make_nodes(&p));
	b->nodes = p.nodes.v;
	b->n = (uint32_t)p.nodes.n;
	b->is_found = true;
	return OK;
}
