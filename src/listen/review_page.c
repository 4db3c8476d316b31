/* Reviews in schema.org's words. JSON-LD: every object whose @type is a Review, wherever it hangs (review, @graph, lists).
 * Microdata: every itemscope of that type, with the itemprops beneath it that are not of another item's. */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "fetch/fetch.h"
#include "json/json.h"
#include "listen/heard.h"
#include "listen/html.h"

enum { SCRIPT_BYTES = 2 << 20, NODES = 200000, PARTS = 4000, DEFAULT_MOST = 5 };

struct page {
	struct arena *a;
	str url;
	struct heard_list *out;
	int nodes;
};

/* ---- what both have ---- */

static void finish(struct page *p, struct heard *h, str name)
{
	str where = h->url.n ? h->url : p->url;
	h->network = S("review");
	if (!isnan(h->rating) && isnan(h->rating_max)) h->rating_max = DEFAULT_MOST;
	if (h->rating < 0 || h->rating > h->rating_max) h->rating = h->rating_max = NAN;
	if (!h->text.n && isnan(h->rating)) {
		p->out->items.n--;
		return;
	}
	uint64_t content = str_hash(h->text) ^ str_hash(h->author) * 31;
	h->key = name.n ? name : str_fmt(p->a, "%.*s#%016llx", STR_ARG(p->url), (unsigned long long)content);
	h->url = where;
}

/* ---- JSON-LD ---- */

static bool is_type(const struct json_node *n, str type)
{
	const struct json_node *t = json_get(n, S("@type"));
	if (!t) return false;
	for (const struct json_node *one = t->type == JSON_ARRAY ? t->child : t; one; one = t->type == JSON_ARRAY ? one->next : NULL)
		if (one->type == JSON_STRING && (str_eq(one->text, type) || (str_ends(one->text, type) && str_contains(one->text, S("schema.org/"))))) return true;
	return false;
}

static double number_in(const struct json_node *n, str key)
{
	const struct json_node *v = json_get(n, key);
	return v && (v->type == JSON_STRING || v->type == JSON_NUMBER) ? heard_number(v->text) : NAN;
}

static str text_in(const struct json_node *n, str key)
{
	const struct json_node *v = json_get(n, key);
	if (v && v->type == JSON_ARRAY) v = v->child;
	if (v && v->type == JSON_OBJECT) v = json_get(v, S("name")) ? json_get(v, S("name")) : json_get(v, S("@value"));
	return v && v->type == JSON_STRING ? v->text : STR_NONE;
}

static str first_of(const struct json_node *n, const char *const *keys)
{
	for (; *keys; keys++) {
		str s = text_in(n, str_of(*keys));
		if (s.n) return s;
	}
	return STR_NONE;
}

static void read_ld_review(struct page *p, const struct json_node *n)
{
	static const char *const bodies[] = {"reviewBody", "description", "text", NULL}, *const titles[] = {"name", "headline", NULL}, *const times[] = {"datePublished", "dateCreated", "dateModified", NULL};
	struct heard *h = heard_add(p->a, p->out);
	const struct json_node *rating = json_get(n, S("reviewRating")), *author = json_get(n, S("author"));
	if (!h) return;
	if (rating && rating->type == JSON_ARRAY) rating = rating->child;
	if (author && author->type == JSON_ARRAY) author = author->child;
	h->text = heard_clean(p->a, heard_html(p->a, first_of(n, bodies)), HEARD_TEXT_BYTES);
	h->title = heard_clean(p->a, heard_html(p->a, first_of(n, titles)), HEARD_NAME_BYTES);
	h->author = heard_clean(p->a, text_in(n, S("author")), HEARD_NAME_BYTES);
	h->author_url = fetch_resolve(p->a, p->url, json_get_str(author, S("url")));
	h->language = text_in(n, S("inLanguage"));
	h->at_ms = heard_time(p->a, first_of(n, times));
	h->url = fetch_resolve(p->a, p->url, json_get_str(n, S("url")));
	h->rating = number_in(rating, S("ratingValue"));
	h->rating_max = number_in(rating, S("bestRating"));
	finish(p, h, fetch_resolve(p->a, p->url, json_get_str(n, S("@id"))));
}

static void read_ld_total(struct page *p, const struct json_node *n)
{
	if (!isnan(p->out->rating)) return;
	p->out->rating = number_in(n, S("ratingValue"));
	p->out->rating_max = number_in(n, S("bestRating"));
	if (isnan(p->out->rating_max)) p->out->rating_max = DEFAULT_MOST;
	double times = number_in(n, S("reviewCount"));
	if (isnan(times)) times = number_in(n, S("ratingCount"));
	p->out->ratings = isnan(times) || times < 0 || times > 1e12 ? 0 : (int64_t)times;
}

/* JSON nests at most JSON_DEPTH. */
static void walk_ld(struct page *p, const struct json_node *n)
{
	if (++p->nodes > NODES) return;
	if (is_type(n, S("Review")) || is_type(n, S("UserReview")) || is_type(n, S("CriticReview"))) {
		read_ld_review(p, n);
		return;
	}
	if (is_type(n, S("AggregateRating"))) read_ld_total(p, n);
	for (const struct json_node *c = n->child; c; c = c->next)
		if (c->type == JSON_OBJECT || c->type == JSON_ARRAY) walk_ld(p, c);
}

/* ---- microdata ---- */

static str text_beneath(struct page *p, const GumboNode *root)
{
	struct buf b;
	int steps = 0;
	buf_init(&b, SCRIPT_BYTES);
	for (const GumboNode *n = root; n && steps++ < PARTS; n = html_next(root, n, false)) {
		bool is_text = n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE || n->type == GUMBO_NODE_CDATA;
		if (is_text) buf_add(&b, str_of(n->v.text.text));
		else buf_byte(&b, ' ');
	}
	str out = str_dup(p->a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* A property's value, by HTML's rules of microdata. */
static str value_of(struct page *p, const GumboNode *n)
{
	static const char *const places[] = {"content", "datetime", "href", "src", "value"};
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		const char *v = html_attribute(n, places[i]);
		if (v) return str_dup(p->a, str_of(v));
	}
	return text_beneath(p, n);
}

static bool is_typed(const GumboNode *n, const char *type)
{
	const char *t = html_attribute(n, "itemtype");
	str s = str_of(t);
	return t && html_attribute(n, "itemscope") && str_contains(s, S("schema.org/")) && str_ends(str_trim(s), str_of(type));
}

static void take_property(struct page *p, struct heard *h, const GumboNode *n, const char *name, bool in_author, bool in_rating)
{
	if (in_author) {
		if (!strcmp(name, "name")) h->author = heard_clean(p->a, value_of(p, n), HEARD_NAME_BYTES);
		if (!strcmp(name, "url")) h->author_url = fetch_resolve(p->a, p->url, value_of(p, n));
		return;
	}
	if (in_rating) {
		if (!strcmp(name, "ratingValue")) h->rating = heard_number(value_of(p, n));
		if (!strcmp(name, "bestRating")) h->rating_max = heard_number(value_of(p, n));
		return;
	}
	if (!strcmp(name, "reviewBody") || (!strcmp(name, "description") && !h->text.n)) h->text = heard_clean(p->a, value_of(p, n), HEARD_TEXT_BYTES);
	if (!strcmp(name, "name") || !strcmp(name, "headline")) h->title = heard_clean(p->a, value_of(p, n), HEARD_NAME_BYTES);
	if (!strcmp(name, "author") && !html_attribute(n, "itemscope")) h->author = heard_clean(p->a, value_of(p, n), HEARD_NAME_BYTES);
	if (!strcmp(name, "datePublished")) h->at_ms = heard_time(p->a, value_of(p, n));
	if (!strcmp(name, "inLanguage")) h->language = heard_clean(p->a, value_of(p, n), 20);
	if (!strcmp(name, "url")) h->url = fetch_resolve(p->a, p->url, value_of(p, n));
}

static bool is_within(const GumboNode *n, const GumboNode *outer, const GumboNode *root)
{
	for (; outer && n && n != root; n = n->parent)
		if (n == outer) return true;
	return false;
}

static void read_microdata(struct page *p, const GumboNode *root)
{
	struct heard *h = heard_add(p->a, p->out);
	const GumboNode *author = NULL, *rating = NULL;
	const char *name = html_attribute(root, "itemid");
	int steps = 0;
	if (!h) return;
	for (const GumboNode *n = html_next(root, root, false), *next; n && steps++ < PARTS; n = next) {
		const char *properties = html_attribute(n, "itemprop"), *rest = properties;
		bool is_scope = html_attribute(n, "itemscope") != NULL, is_author = properties && !strcmp(properties, "author"), is_rating = properties && !strcmp(properties, "reviewRating");
		next = html_next(root, n, is_scope && !is_author && !is_rating);
		if (is_scope && is_author) author = n;
		if (is_scope && is_rating) rating = n;
		if (rest && !(is_scope && (is_author || is_rating))) take_property(p, h, n, properties, is_within(n, author, root), is_within(n, rating, root));
	}
	finish(p, h, fetch_resolve(p->a, p->url, str_of(name)));
}

/* ---- the page ---- */

static void read_script(struct page *p, const GumboNode *n)
{
	const struct json_node *root;
	const char *type = html_attribute(n, "type");
	if (!type || !str_starts(str_of(type), S("application/ld+json"))) return;
	if (json_tree(p->a, text_beneath(p, n), SCRIPT_BYTES, &root, NULL) == OK) walk_ld(p, root);
}

enum err heard_page(struct arena *a, str html, str url, struct heard_list *out, struct fault *f)
{
	struct page p = {.a = a, .url = url, .out = out};
	struct html tree;
	int steps = 0;
	*out = (struct heard_list){.rating = NAN, .rating_max = NAN};
	if (!html_parse(&tree, html)) {
		html_release(&tree);
		return fault_set(f, ERR_TOO_LARGE, "page", "is too large to be read");
	}
	for (const GumboNode *n = tree.root, *next; n && steps++ < NODES; n = next) {
		bool is_review = is_typed(n, "/Review");
		next = html_next(tree.root, n, is_review);
		if (n->type == GUMBO_NODE_ELEMENT && n->v.element.tag == GUMBO_TAG_SCRIPT) read_script(&p, n);
		if (n->type == GUMBO_NODE_ELEMENT && n->v.element.tag == GUMBO_TAG_TITLE && !out->title.n) out->title = heard_clean(a, text_beneath(&p, n), HEARD_NAME_BYTES);
		if (is_review) read_microdata(&p, n);
	}
	html_release(&tree);
	if (!out->items.n && isnan(out->rating)) return fault_set(f, ERR_MALFORMED, "page", "holds no review in schema.org's words (JSON-LD or microdata)");
	return OK;
}
