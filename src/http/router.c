/* router.c: the table as a tree of segments. A node's children are few, so they are a plain list; a look-up tries the
 * literal, then the parameter, then the rest, and steps back where a branch ends without a route. */
#include "http/router.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "http/internal.h"

struct endpoint {
	struct endpoint *next;
	const struct router_row *row;
};

struct node {
	struct node *next;    /* sibling */
	struct node *literal; /* first child of each sort */
	struct node *parameter, *rest;
	str text;     /* of a literal */
	bool is_rest;
	struct endpoint *endpoints; /* in order of method */
};

struct router {
	struct arena arena;
	struct node root;
};

struct path {
	str segments[ROUTER_SEGMENTS];
	size_t n;
};

static struct node *child(struct router *r, struct node *parent, str segment)
{
	struct node **at = segment.p[0] == ':' ? &parent->parameter : segment.p[0] == '*' ? &parent->rest : &parent->literal;
	if (at != &parent->literal) {
		if (!*at) *at = ARENA_NEW(&r->arena, struct node);
		(*at)->is_rest = at == &parent->rest;
		return *at;
	}
	while (*at && !str_eq((*at)->text, segment)) at = &(*at)->next;
	if (!*at) {
		*at = ARENA_NEW(&r->arena, struct node);
		(*at)->text = segment;
	}
	return *at;
}

static void add_endpoint(struct router *r, struct node *node, const struct router_row *row)
{
	struct endpoint **at = &node->endpoints;
	while (*at && strcmp((*at)->row->method, row->method) < 0) at = &(*at)->next;
	assert(!*at || strcmp((*at)->row->method, row->method) != 0);
	struct endpoint *e = ARENA_NEW(&r->arena, struct endpoint);
	*e = (struct endpoint){*at, row};
	*at = e;
}

struct router *router_new(const struct router_row *rows, size_t n)
{
	struct arena a;
	arena_init(&a);
	struct router *r = ARENA_NEW(&a, struct router);
	r->arena = a;
	struct router_row *copies = arena_alloc(&r->arena, n * sizeof *rows);
	memcpy(copies, rows, n * sizeof *rows);
	for (size_t i = 0; i < n; i++) {
		struct node *node = &r->root;
		str rest = str_of(copies[i].pattern);
		assert(rest.n && rest.p[0] == '/');
		rest = rest.n > 1 ? str_sub(rest, 1, rest.n) : STR_NONE;
		while (str_given(rest)) {
			str segment = str_cut(&rest, '/');
			assert(segment.n && (segment.p[0] != '*' || !str_given(rest)));
			node = child(r, node, segment);
		}
		add_endpoint(r, node, &copies[i]);
	}
	return r;
}

void router_free(struct router *r)
{
	if (!r) return;
	struct arena a = r->arena; /* the router lies in its own arena */
	arena_release(&a);
}

/* The deepest match of segments[i…], or NULL. Depth is at most ROUTER_SEGMENTS. */
static const struct node *walk(const struct node *node, const struct path *p, size_t i)
{
	if (i == p->n) return node->endpoints ? node : NULL;
	const struct node *found = NULL;
	for (const struct node *c = node->literal; c && !found; c = c->next)
		if (str_eq(c->text, p->segments[i])) found = walk(c, p, i + 1);
	if (!found && node->parameter) found = walk(node->parameter, p, i + 1);
	return found ? found : node->rest;
}

static enum router_outcome split(struct arena *a, str raw, struct path *out)
{
	if (!raw.n || raw.p[0] != '/') return ROUTER_MALFORMED;
	enum router_outcome outcome = ROUTER_FOUND;
	str rest = raw.n > 1 ? str_sub(raw, 1, raw.n) : STR_NONE;
	while (str_given(rest)) {
		bool sound;
		str segment = http__percent(a, str_cut(&rest, '/'), false, &sound);
		if (!sound || str_eq(segment, S(".")) || str_eq(segment, S("..")) || !utf8_is_valid(segment)) return ROUTER_MALFORMED;
		if (!segment.n || out->n == ROUTER_SEGMENTS) outcome = ROUTER_NOT_FOUND;
		else out->segments[out->n++] = segment;
	}
	return outcome;
}

static void fill_parameters(struct arena *a, const struct router_row *row, const struct path *p, struct router_match *m)
{
	str rest = str_of(row->pattern + 1);
	for (size_t i = 0; str_given(rest) && i < p->n; i++) {
		str segment = str_cut(&rest, '/');
		if (segment.p[0] != ':' && segment.p[0] != '*') continue;
		assert(m->n < ROUTER_PARAMETERS);
		m->parameters[m->n].name = str_sub(segment, 1, segment.n);
		m->parameters[m->n++].value = segment.p[0] == ':' ? p->segments[i] : str_join(a, p->segments + i, p->n - i, S("/"));
	}
}

static bool has(const struct node *node, const char *method)
{
	for (const struct endpoint *e = node->endpoints; e; e = e->next)
		if (strcmp(e->row->method, method) == 0) return true;
	return false;
}

static str allowed(struct arena *a, const struct node *node)
{
	static const char *const METHODS[ROUTER_METHODS] = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};
	str names[ROUTER_METHODS];
	size_t n = 0;
	for (size_t i = 0; i < COUNT_OF(METHODS); i++) {
		bool is_ours = strcmp(METHODS[i], "OPTIONS") == 0 || has(node, strcmp(METHODS[i], "HEAD") == 0 ? "GET" : METHODS[i]);
		if (is_ours) names[n++] = str_of(METHODS[i]);
	}
	return str_join(a, names, n, S(", "));
}

struct router_match router_find(const struct router *r, struct arena *a, str method, str raw_path)
{
	struct path p = {.n = 0};
	struct router_match m = {.outcome = split(a, raw_path, &p), .route = -1};
	if (m.outcome != ROUTER_FOUND) return m;
	const struct node *node = walk(&r->root, &p, 0);
	str *last = p.n ? &p.segments[p.n - 1] : NULL;
	bool has_suffix = last && last->n > 5 && str_ends(*last, S(".json"));
	bool is_whole = last && node && (node->is_rest || str_eq(node->text, *last)); /* "/openapi.json" may be a route itself */
	if (has_suffix && !is_whole) {
		str whole = *last;
		last->n -= 5;
		const struct node *bare = walk(&r->root, &p, 0);
		if (bare) node = bare;
		else *last = whole;
		m.is_json = bare;
	}
	m.outcome = node ? ROUTER_METHOD : ROUTER_NOT_FOUND;
	if (!node) return m;
	if (str_eq(method, S("HEAD"))) method = S("GET");
	for (const struct endpoint *e = node->endpoints; e; e = e->next) {
		if (!str_eq(method, str_of(e->row->method))) continue;
		m.outcome = ROUTER_FOUND;
		m.route = e->row->route;
		fill_parameters(a, e->row, &p, &m);
		return m;
	}
	m.allow = allowed(a, node);
	if (str_eq(method, S("OPTIONS"))) m.outcome = ROUTER_OPTIONS;
	return m;
}

str router_parameter(const struct router_match *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->parameters[i].name, str_of(name))) return m->parameters[i].value;
	return STR_NONE;
}
