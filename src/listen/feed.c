/* libxml2 builds a tree within its own limits (depth 256, names and texts of 10 MB), without network. Entities: those of HTML
 * are known, as feeds use them undeclared; a document that declares any itself is cut off at the first, before one is
 * expanded. A broken feed is read as far as it goes, as readers of feeds do; what has no item and no root of a feed is none. */
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/uri.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "fetch/fetch.h"
#include "listen/heard.h"

enum { ENTITIES = 512, ENTITY_ROOM = 16, FEED_BYTES = 8 << 20, PART_BYTES = 1 << 20, DEPTH_OF_ITEMS = 4, SAID_BYTES = 160 };

struct entity {
	xmlEntity entity;
	char name[ENTITY_ROOM], text[8];
};
struct reading {
	bool declares;
	struct entity *entities; /* of HTML, as they are met */
	size_t n;
	struct arena *a;
	str broken;
};

/* ---- what libxml2 calls ---- */

static void refuse_entity(void *arg, const xmlChar *name, int type, const xmlChar *public_id, const xmlChar *system_id, xmlChar *content)
{
	xmlParserCtxtPtr parser = arg;
	(void)name, (void)type, (void)public_id, (void)system_id, (void)content;
	((struct reading *)parser->_private)->declares = true;
	xmlStopParser(parser);
}

static xmlEntityPtr find_entity(void *arg, const xmlChar *name)
{
	xmlParserCtxtPtr parser = arg;
	struct reading *r = parser->_private;
	xmlEntityPtr predefined = xmlGetPredefinedEntity(name);
	const htmlEntityDesc *html = predefined ? NULL : htmlEntityLookup(name);
	size_t n = strlen((const char *)name);
	if (!html || n >= ENTITY_ROOM) return predefined;
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->entities[i].name, (const char *)name) == 0) return &r->entities[i].entity;
	if (r->n == ENTITIES) return NULL;
	struct entity *e = &r->entities[r->n++];
	memcpy(e->name, name, n);
	size_t bytes = utf8_put(html->value, e->text);
	e->entity = (xmlEntity){.type = XML_ENTITY_DECL, .name = (xmlChar *)e->name, .orig = (xmlChar *)e->text, .content = (xmlChar *)e->text, .length = (int)bytes, .etype = XML_INTERNAL_PREDEFINED_ENTITY};
	return &e->entity;
}

static void say_nothing(void *arg, const char *message, ...)
{
	(void)arg, (void)message;
}

static xmlDocPtr parse(struct arena *a, struct reading *r, str bytes, const char *url, const char *encoding)
{
	xmlParserCtxtPtr parser = xmlNewParserCtxt();
	*r = (struct reading){.entities = ARENA_ARRAY(a, struct entity, ENTITIES), .a = a};
	parser->_private = r;
	parser->sax->entityDecl = refuse_entity;
	parser->sax->getEntity = find_entity;
	parser->sax->error = parser->sax->warning = say_nothing;
	parser->sax->serror = NULL;
	xmlDocPtr doc = xmlCtxtReadMemory(parser, bytes.p, (int)bytes.n, url, encoding, XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA | XML_PARSE_NOENT);
	if (!parser->wellFormed) r->broken = str_fmt(a, "broken at line %d: %.*s", parser->lastError.line, STR_ARG(str_trim(utf8_cut(str_of(parser->lastError.message ? parser->lastError.message : "it ends too early"), SAID_BYTES))));
	xmlFreeParserCtxt(parser);
	return doc;
}

/* ---- the tree ---- */

static bool is_named(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcasecmp((const char *)n->name, name) == 0;
}

static bool has_prefix(const xmlNode *n, const char *prefix)
{
	return n->ns && n->ns->prefix ? strcmp((const char *)n->ns->prefix, prefix) == 0 : !*prefix;
}

static str attribute(struct arena *a, const xmlNode *n, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(n, (const xmlChar *)name);
	str out = value ? str_dup(a, str_of((const char *)value)) : STR_NONE;
	xmlFree(value);
	return out;
}

/* All text within, in order; elements within stand as spaces where they are no mere emphasis. */
static str content(struct arena *a, xmlNode *n)
{
	xmlChar *text = xmlNodeGetContent(n);
	str out = text ? str_dup(a, utf8_cut(str_of((const char *)text), PART_BYTES)) : STR_NONE;
	xmlFree(text);
	return out;
}

static str markup(struct arena *a, xmlNode *n)
{
	xmlBufferPtr b = xmlBufferCreate();
	for (xmlNode *c = n->children; c && xmlBufferLength(b) < PART_BYTES; c = c->next) xmlNodeDump(b, n->doc, c, 0, 0);
	str out = str_dup(a, str_of((const char *)xmlBufferContent(b)));
	xmlBufferFree(b);
	return out;
}

/* Base64 is written in lines. */
static bool decode(struct arena *a, str text, str *out)
{
	char *joined = arena_alloc(a, text.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] > ' ') joined[n++] = text.p[i];
	return str_from_base64(a, (str){joined, n}, out) && utf8_is_valid(*out);
}

/* A text construct of Atom 0.3 or 1.0, or an RSS element, which is HTML by custom. */
static str text_of(struct arena *a, xmlNode *n)
{
	str mode = attribute(a, n, "mode"), type = attribute(a, n, "type"), text, decoded;
	bool has_markup = false;
	for (const xmlNode *c = n->children; c; c = c->next) has_markup = has_markup || c->type == XML_ELEMENT_NODE;
	text = has_markup ? markup(a, n) : content(a, n);
	if (str_eq(mode, S("base64")) && decode(a, text, &decoded)) return heard_html(a, decoded);
	bool is_plain = !has_markup && (str_eq(type, S("text")) || (str_eq(type, S("text/plain")) && !str_eq(mode, S("escaped"))));
	if (is_plain) return text;
	if (str_given(type) && str_contains(type, S("/")) && !str_starts(type, S("text/")) && !str_contains(type, S("html")) && !str_contains(type, S("xml"))) {
		bool is_text = decode(a, text, &decoded);
		return is_text ? decoded : STR_NONE;
	}
	return heard_html(a, text);
}

/* Of several elements with the same meaning, which one is believed: the later in the table wins. */
enum meaning { NOTHING, TITLE, SUMMARY, CONTENT, LINK, ID, TIME, AUTHOR, RATING, SOURCE };
static const struct element {
	const char *prefix, *name; /* prefix NULL: any or none */
	enum meaning means;
	int rank;
} ELEMENTS[] = {
	{"", "title", TITLE, 2},           {"dc", "title", TITLE, 1},        {"media", "title", TITLE, 0},     {NULL, "encoded", CONTENT, 3},   {"", "content", CONTENT, 2},        {"xhtml", "body", CONTENT, 1},
	{"", "body", CONTENT, 1},          {NULL, "fullitem", CONTENT, 1},   {"", "summary", SUMMARY, 3},      {"", "description", SUMMARY, 2}, {"dc", "description", SUMMARY, 1},  {"", "abstract", SUMMARY, 0},
	{"itunes", "summary", SUMMARY, 0}, {"media", "description", SUMMARY, 0}, {"", "link", LINK, 2},        {"feedburner", "origLink", LINK, 3}, {"", "guid", ID, 2},             {"", "id", ID, 2},
	{"dc", "identifier", ID, 1},       {"", "published", TIME, 5},       {"", "pubDate", TIME, 5},         {"", "issued", TIME, 4},         {"dcterms", "issued", TIME, 4},     {"dc", "date", TIME, 3},
	{"", "created", TIME, 2},          {"dcterms", "created", TIME, 2},  {"", "updated", TIME, 1},         {"", "modified", TIME, 1},       {"dcterms", "modified", TIME, 1},   {"", "author", AUTHOR, 3},
	{"dc", "creator", AUTHOR, 2},      {"dc", "author", AUTHOR, 2},      {"itunes", "author", AUTHOR, 1},  {"media", "credit", AUTHOR, 0},  {"im", "rating", RATING, 2},        {"gd", "rating", RATING, 2},
	{"review", "rating", RATING, 2},   {"media", "starRating", RATING, 1}, {NULL, "rating", RATING, 0},    {"", "source", SOURCE, 1},
};

static const struct element *element_of(const xmlNode *n)
{
	bool is_atom = n->ns && n->ns->href && (strstr((const char *)n->ns->href, "purl.org/atom") || strstr((const char *)n->ns->href, "w3.org/2005/Atom"));
	for (size_t i = 0; i < COUNT_OF(ELEMENTS); i++) {
		const struct element *e = &ELEMENTS[i];
		if (strcasecmp((const char *)n->name, e->name) != 0) continue;
		if (!e->prefix || has_prefix(n, e->prefix) || (!*e->prefix && (is_atom || (n->ns && n->ns->href && strstr((const char *)n->ns->href, "purl.org/rss"))))) return e;
	}
	return NULL;
}

static str base_of(struct arena *a, const xmlNode *n)
{
	xmlChar *base = xmlNodeGetBase(n->doc, n);
	str out = base ? str_dup(a, str_of((const char *)base)) : S("");
	xmlFree(base);
	return out;
}

static str language_of_node(struct arena *a, const xmlNode *n)
{
	xmlChar *lang = xmlNodeGetLang(n);
	str out = lang && *lang ? str_dup(a, str_of((const char *)lang)) : STR_NONE;
	xmlFree(lang);
	return out;
}

struct item {
	struct heard *h;
	int ranks[SOURCE + 1];
	str content, summary, guid;
	bool is_permalink;
	str original_base;
};

static void read_link(struct arena *a, xmlNode *n, struct item *x, int rank)
{
	str href = attribute(a, n, "href"), rel = attribute(a, n, "rel"), target = str_given(href) ? href : content(a, n);
	bool is_other = str_given(rel) && rel.n && !str_eq(rel, S("alternate")) && !str_ends(rel, S("#alternate")) && !str_ends(rel, S("/alternate"));
	str url = is_other ? STR_NONE : fetch_resolve(a, base_of(a, n), target);
	if (!str_given(url) || rank <= x->ranks[LINK]) return;
	x->h->url = url;
	x->ranks[LINK] = rank;
}

/* "name@example.com (The Name)" → The Name. */
static str name_of(struct arena *a, str text)
{
	size_t from, to;
	if (str_find(text, '(', &from) && str_find(text, ')', &to) && to > from + 1 && str_contains(str_sub(text, 0, from), S("@"))) text = str_sub(text, from + 1, to - from - 1);
	return heard_clean(a, text, HEARD_NAME_BYTES);
}

static void read_author(struct arena *a, xmlNode *n, struct item *x)
{
	bool has_parts = false;
	for (xmlNode *c = n->children; c; c = c->next) {
		if (c->type != XML_ELEMENT_NODE) continue;
		has_parts = true;
		if (is_named(c, "name")) x->h->author = heard_clean(a, content(a, c), HEARD_NAME_BYTES);
		if (is_named(c, "uri") || is_named(c, "url") || is_named(c, "homepage")) x->h->author_url = fetch_resolve(a, base_of(a, c), content(a, c));
		if (is_named(c, "email") && !str_given(x->h->author)) x->h->author = STR_NONE; /* nobody's address is kept */
	}
	if (has_parts) return;
	str name = name_of(a, content(a, n));
	x->h->author = str_contains(name, S("@")) && str_contains(name, S(".")) && !str_contains(name, S(" ")) ? STR_NONE : name;
}

static void read_rating(struct arena *a, xmlNode *n, struct heard *h)
{
	static const char *const values[] = {"value", "average"};
	str most = attribute(a, n, "max"), text = content(a, n);
	h->rating = heard_number(text);
	for (size_t i = 0; i < COUNT_OF(values) && isnan(h->rating); i++) h->rating = heard_number(attribute(a, n, values[i]));
	h->rating_max = str_given(most) ? heard_number(most) : 5;
	if (isnan(h->rating_max) || h->rating < 0 || h->rating > h->rating_max) h->rating = h->rating_max = NAN;
}

static void read_part(struct arena *a, xmlNode *n, struct item *x)
{
	const struct element *e = element_of(n);
	struct heard *h = x->h;
	int64_t at;
	if (!e) return;
	if (e->means == LINK) {
		read_link(a, n, x, e->rank + 1);
		return;
	}
	if (e->rank + 1 <= x->ranks[e->means]) return;
	x->ranks[e->means] = e->rank + 1;
	switch (e->means) {
	case TITLE: h->title = heard_clean(a, text_of(a, n), HEARD_NAME_BYTES); break;
	case SUMMARY: x->summary = text_of(a, n); break;
	case CONTENT: x->content = text_of(a, n); break;
	case ID:
		x->guid = heard_clean(a, content(a, n), FETCH_URL_BYTES);
		x->is_permalink = !str_eq(attribute(a, n, "isPermaLink"), S("false"));
		break;
	case TIME:
		at = heard_time(a, content(a, n));
		if (at != DESC_NULL_INT) h->at_ms = at;
		else x->ranks[TIME] = 0;
		break;
	case AUTHOR: read_author(a, n, x); break;
	case RATING: read_rating(a, n, h); break;
	default: break;
	}
}

/* Known again by its id, which is its own only within its feed unless it is an address or a name of the whole world. */
static str key_of(struct arena *a, const struct item *x, str feed)
{
	const struct heard *h = x->h;
	bool is_global = str_contains(x->guid, S(":/")) || str_starts(x->guid, S("urn:")) || str_starts(x->guid, S("tag:"));
	if (x->guid.n) return is_global ? x->guid : str_fmt(a, "%.*s#%.*s", STR_ARG(feed), STR_ARG(x->guid));
	if (h->url.n) return h->url;
	return str_fmt(a, "%.*s#%016llx", STR_ARG(feed), (unsigned long long)(str_hash(h->title) ^ (str_hash(h->text) << 1)));
}

static void read_item(struct arena *a, xmlNode *n, str feed, str language, struct heard_list *out)
{
	struct item x = {.h = heard_add(a, out)};
	if (!x.h) return;
	x.h->language = language_of_node(a, n);
	if (!str_given(x.h->language)) x.h->language = language;
	for (xmlNode *c = n->children; c; c = c->next)
		if (c->type == XML_ELEMENT_NODE) read_part(a, c, &x);
	x.h->network = S("feed");
	str text = heard_clean(a, x.content, HEARD_TEXT_BYTES);
	x.h->text = text.n ? text : heard_clean(a, x.summary, HEARD_TEXT_BYTES);
	if (!x.h->url.n && x.guid.n && x.is_permalink) x.h->url = fetch_resolve(a, S(""), x.guid);
	if (!x.h->title.n && !x.h->text.n && !x.h->url.n) {
		out->items.n--;
		return;
	}
	x.h->key = key_of(a, &x, feed);
}

static bool is_item(const xmlNode *n)
{
	return is_named(n, "item") || is_named(n, "entry");
}

static void read_around(struct arena *a, xmlNode *n, struct heard_list *out, str *language)
{
	const struct element *e = element_of(n);
	if (e && e->means == TITLE && !out->title.n) out->title = heard_clean(a, text_of(a, n), HEARD_NAME_BYTES);
	if (is_named(n, "language") && !language->n) *language = heard_clean(a, content(a, n), 20);
}

static void walk(struct arena *a, xmlNode *n, int depth, str feed, str *language, struct heard_list *out)
{
	for (xmlNode *c = n->children; c; c = c->next) {
		if (c->type != XML_ELEMENT_NODE) continue;
		if (is_item(c)) read_item(a, c, feed, *language, out);
		else if (depth < DEPTH_OF_ITEMS && (is_named(c, "channel") || is_named(c, "feed") || is_named(c, "rss") || is_named(c, "items"))) walk(a, c, depth + 1, feed, language, out);
		else read_around(a, c, out, language);
	}
}

static bool is_feed(const xmlNode *root)
{
	static const char *const names[] = {"rss", "feed", "rdf", "channel", "redirect"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (is_named(root, names[i])) return true;
	return false;
}

static enum err read_doc(struct arena *a, xmlDocPtr doc, str url, struct heard_list *out, struct fault *f)
{
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	str language = S("");
	if (!root) return fault_set(f, ERR_MALFORMED, "feed", "is no XML");
	if (is_named(root, "html")) return fault_set(f, ERR_MALFORMED, "feed", "is a page, not a feed: look on it for the address of its feed");
	if (!is_feed(root)) return fault_set(f, ERR_MALFORMED, "feed", "is XML, but neither RSS nor Atom");
	walk(a, root, 0, url, &language, out);
	return OK;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

enum err heard_feed(struct arena *a, str bytes, str url, str charset, struct heard_list *out, struct fault *f)
{
	const char *const encodings[] = {NULL, charset.n ? str_c(a, charset) : "windows-1252", "windows-1252"};
	struct reading r;
	enum err e = ERR_MALFORMED;
	pthread_once(&once, xmlInitParser);
	*out = (struct heard_list){.rating = NAN, .rating_max = NAN};
	if (bytes.n > FEED_BYTES) return fault_set(f, ERR_TOO_LARGE, "feed", "is larger than %d MB", FEED_BYTES >> 20);
	while (bytes.n && (unsigned char)bytes.p[0] <= ' ' && bytes.p[0]) bytes = str_sub(bytes, 1, bytes.n); /* XML takes no space before its declaration; feeds have it */
	if (!bytes.n) return fault_set(f, ERR_MALFORMED, "feed", "is empty");
	for (size_t i = 0; i < COUNT_OF(encodings) && e != OK; i++) {
		xmlDocPtr doc = parse(a, &r, bytes, str_c(a, url), encodings[i]);
		out->broken = r.broken;
		e = r.declares ? fault_set(f, ERR_MALFORMED, "feed", "declares entities of its own: it was not read further") : read_doc(a, doc, url, out, f);
		xmlFreeDoc(doc);
		if (r.declares) return e;
	}
	if (e == OK && str_given(out->broken) && !out->items.n) return fault_set(f, ERR_MALFORMED, "feed", "%.*s; no item stands before", STR_ARG(out->broken));
	return e;
}
