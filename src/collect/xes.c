/* libxml2 pushes what it finds into a queue of events, which is handed out before it gets the next piece of the file; so
 * memory is one piece and one event, however long the log. A queue lives in an arena. An event that goes on in the next
 * piece, and the attributes of its trace, move to the other arena then.
 *
 * What a hostile file may try, and what stops it: entities (a document type ends the reading before any is defined),
 * depth (DEPTH), attributes without end (max_attributes, max_event_bytes, and fewer of a trace, since each of its events repeats them), names and values of any length (libxml2 takes
 * none over 10 MB without XML_PARSE_HUGE, which is not set), other files (a document type again; no network). A tree was
 * not built, and xmlTextReader not taken, because both read a document type before anybody is asked. */
#include "collect/xes.h"

#include <libxml/parser.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "collect/input.h"

enum { PIECE_BYTES = 64 << 10, DEPTH = 32, ATTRIBUTES = 512, EVENT_BYTES = 256 << 10, TRACE_BYTES = 16 << 10, SAID_BYTES = 160 };

/* Attributes of one event or trace, as far as they were read. */
struct bag {
	VEC(struct xes_attribute) list;
	size_t bytes;
	const char *bad;
};
struct queued {
	struct xes_event event;
	const char *bad;
};
enum element { IN_OTHER, IN_LOG, IN_TRACE, IN_EVENT, IN_ATTRIBUTE };

struct xes {
	struct input *in;
	struct xes_options o;
	xmlSAXHandler sax;
	xmlParserCtxtPtr parser;
	char *piece;
	struct arena arenas[2];
	int now; /* which arena */
	VEC(struct queued) queue;
	size_t next;
	struct bag trace, event;
	int64_t event_line;
	str keys[DEPTH]; /* of the attribute at a depth */
	enum element at[DEPTH];
	int depth, skipped; /* skipped: depth of the element whose inside does not count, 0 = none */
	bool is_done;
	char failure[SAID_BYTES];
};

static struct arena *arena(struct xes *x)
{
	return &x->arenas[x->now];
}

/* ---- what libxml2 calls ------------------------------------------------------------------------------------- */

static int64_t line_now(const struct xes *x)
{
	return x->parser && x->parser->input ? x->parser->input->line : 0;
}

static void stop(struct xes *x, const char *why)
{
	if (!x->failure[0]) snprintf(x->failure, sizeof x->failure, "line %lld: %s", (long long)line_now(x), why);
	xmlStopParser(x->parser);
}

static bool is_named(const xmlChar *name, const char *other)
{
	return strcmp((const char *)name, other) == 0;
}

static bool attribute_type(const xmlChar *name, enum xes_type *type)
{
	static const char *const names[XES_TYPE_COUNT] = {"string", "date", "int", "float", "boolean", "id"};
	for (int i = 0; i < XES_TYPE_COUNT; i++)
		if (is_named(name, names[i])) return *type = (enum xes_type)i, true;
	return false;
}

/* libxml2 gives five pointers an XML attribute: name, prefix, address, and where its value begins and ends. */
static str xml_value(int n, const xmlChar **attributes, const char *name)
{
	for (int i = 0; i < n; i++, attributes += 5)
		if (!attributes[1] && is_named(attributes[0], name)) return (str){(const char *)attributes[3], (size_t)(attributes[4] - attributes[3])};
	return STR_NONE;
}

static void put(struct xes *x, struct bag *bag, str key, str value, enum xes_type type)
{
	if (bag->bad) return;
	bag->bytes += key.n + value.n;
	if (bag->list.n == x->o.max_attributes) bag->bad = "too_many_attributes";
	else if (bag->bytes > (bag == &x->trace ? x->o.max_trace_bytes : x->o.max_event_bytes)) bag->bad = "too_large";
	else VEC_PUSH(&bag->list, arena(x), ((struct xes_attribute){.key = key, .value = str_dup(arena(x), value), .type = type}));
}

/* The nearest attribute, event, trace or log around the element at this depth; <values> of a list is none of them. */
static enum element around(const struct xes *x, int depth)
{
	while (depth > 0 && x->at[depth - 1] == IN_OTHER) depth--;
	return depth > 0 ? x->at[depth - 1] : IN_OTHER;
}

static str outer_key(const struct xes *x, int depth)
{
	while (depth > 0 && x->at[depth - 1] == IN_OTHER) depth--;
	return depth > 0 && x->at[depth - 1] == IN_ATTRIBUTE ? x->keys[depth - 1] : STR_NONE;
}

static bool is_inside(const struct xes *x, enum element element)
{
	for (int i = 0; i < x->depth; i++)
		if (x->at[i] == element) return true;
	return false;
}

/* list and container have no value of their own, only what is in them. */
static void open_attribute(struct xes *x, const xmlChar *name, int n, const xmlChar **attributes)
{
	enum xes_type type = XES_STRING;
	bool has_value = attribute_type(name, &type);
	str key = xml_value(n, attributes, "key"), outer = outer_key(x, x->depth), value = xml_value(n, attributes, "value");
	struct bag *bag = is_inside(x, IN_EVENT) ? &x->event : &x->trace;
	key = str_sub(key, 0, x->o.max_event_bytes);
	if (outer.n + key.n > x->o.max_event_bytes) bag->bad = "too_large";
	if (bag->bad) key = outer = S("");
	x->keys[x->depth] = outer.n ? str_fmt(arena(x), "%.*s:%.*s", STR_ARG(outer), STR_ARG(key)) : str_dup(arena(x), key);
	x->at[x->depth] = IN_ATTRIBUTE;
	if (has_value && x->keys[x->depth].n && str_given(value)) put(x, bag, x->keys[x->depth], value, type);
}

static bool is_attribute(const xmlChar *name)
{
	enum xes_type type;
	return attribute_type(name, &type) || is_named(name, "list") || is_named(name, "container");
}

static void open_element(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *address, int n_spaces, const xmlChar **spaces, int n, int n_defaulted,
                         const xmlChar **attributes)
{
	struct xes *x = arg;
	(void)prefix, (void)address, (void)n_spaces, (void)spaces, (void)n_defaulted;
	if (x->depth == DEPTH) {
		stop(x, "elements are nested too deep");
		return;
	}
	enum element outer = around(x, x->depth);
	x->at[x->depth] = IN_OTHER;
	x->keys[x->depth] = STR_NONE;
	if (x->depth == 0 && !is_named(name, "log")) {
		stop(x, "no XES: its root is not <log>");
		return;
	}
	if (x->skipped) {
		/* inside of what does not count */
	} else if (x->depth == 0) {
		x->at[0] = IN_LOG;
	} else if (outer == IN_LOG && is_named(name, "trace")) {
		x->at[x->depth] = IN_TRACE;
		x->trace = (struct bag){0};
	} else if ((outer == IN_LOG || outer == IN_TRACE) && is_named(name, "event")) {
		if (outer == IN_LOG) x->trace = (struct bag){0};
		x->at[x->depth] = IN_EVENT;
		x->event = (struct bag){0};
		x->event_line = line_now(x);
	} else if (outer >= IN_TRACE && is_attribute(name)) {
		open_attribute(x, name, n, attributes);
	} else if (outer != IN_ATTRIBUTE || !is_named(name, "values")) {
		x->skipped = x->depth + 1; /* global, extension, classifier, attributes of the log, what others add */
	}
	x->depth++;
}

static void close_element(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *address)
{
	struct xes *x = arg;
	(void)name, (void)prefix, (void)address;
	if (x->depth == 0) return;
	if (x->skipped == x->depth) x->skipped = 0;
	x->depth--;
	if (x->at[x->depth] != IN_EVENT) return;
	const char *bad = x->event.bad ? x->event.bad : x->trace.bad;
	struct xes_event event = {.trace = x->trace.list.v, .n_trace = x->trace.list.n, .own = x->event.list.v, .n_own = x->event.list.n, .line = x->event_line};
	VEC_PUSH(&x->queue, arena(x), ((struct queued){event, bad}));
	x->event = (struct bag){0};
}

static void on_document_type(void *arg, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
	(void)name, (void)id, (void)system;
	stop(arg, "it carries a document type, which no XES file has");
}

static void on_error(void *arg, xmlErrorPtr error)
{
	struct xes *x = arg;
	if (x->failure[0] || error->level != XML_ERR_FATAL) return;
	str said = str_trim(str_of(error->message));
	snprintf(x->failure, sizeof x->failure, "line %d: %.*s", error->line, (int)utf8_cut(said, 100).n, said.p ? said.p : "");
}

/* ---- piece by piece ----------------------------------------------------------------------------------------- */

struct xes *xes_new(struct input *in, const struct xes_options *o)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct xes *x = MEM_NEW(struct xes);
	pthread_once(&once, xmlInitParser);
	x->in = in;
	if (o) x->o = *o;
	if (!x->o.max_attributes) x->o.max_attributes = ATTRIBUTES;
	if (!x->o.max_event_bytes) x->o.max_event_bytes = EVENT_BYTES;
	if (!x->o.max_trace_bytes) x->o.max_trace_bytes = TRACE_BYTES;
	x->piece = mem_alloc(PIECE_BYTES);
	arena_init(&x->arenas[0]);
	arena_init(&x->arenas[1]);
	x->sax.initialized = XML_SAX2_MAGIC;
	x->sax.startElementNs = open_element;
	x->sax.endElementNs = close_element;
	x->sax.internalSubset = on_document_type;
	x->sax.serror = on_error;
	return x;
}

void xes_free(struct xes *x)
{
	if (!x) return;
	if (x->parser) xmlFreeParserCtxt(x->parser);
	arena_release(&x->arenas[0]);
	arena_release(&x->arenas[1]);
	mem_free(x->piece);
	mem_free(x);
}

/* NOENT: &amp; is read as &, and not kept as &#38; — there are no entities but XML's own five. The input is UTF-8 whatever
 * the file was, where its first bytes said so. */
static bool open_parser(struct xes *x)
{
	x->parser = xmlCreatePushParserCtxt(&x->sax, x, NULL, 0, NULL);
	if (!x->parser) return false;
	int options = XML_PARSE_NOENT | XML_PARSE_NONET | (input_was_wide(x->in) ? XML_PARSE_IGNORE_ENC : 0);
	return xmlCtxtUseOptions(x->parser, options) == 0;
}

static void move_bag(struct arena *to, struct bag *bag)
{
	struct bag moved = {.bytes = bag->bytes, .bad = bag->bad};
	for (size_t i = 0; i < bag->list.n; i++) {
		struct xes_attribute *a = &bag->list.v[i];
		VEC_PUSH(&moved.list, to, ((struct xes_attribute){.key = str_dup(to, a->key), .value = str_dup(to, a->value), .type = a->type}));
	}
	*bag = moved;
}

/* What was handed out goes; what is not whole yet stays. */
static void turn(struct xes *x)
{
	struct arena *to = &x->arenas[!x->now];
	move_bag(to, &x->trace);
	move_bag(to, &x->event);
	for (int i = 0; i < x->depth; i++) x->keys[i] = str_given(x->keys[i]) ? str_dup(to, x->keys[i]) : STR_NONE;
	x->queue.v = NULL;
	x->queue.n = x->queue.cap = x->next = 0;
	arena_reset(arena(x));
	x->now = !x->now;
}

static enum err feed(struct xes *x, struct fault *f)
{
	size_t n;
	turn(x);
	TRY(input_read(x->in, x->piece, PIECE_BYTES, &n, f));
	if (!x->parser && !open_parser(x)) return fault_set(f, ERR_INTERNAL, "", "libxml2 cannot start");
	xmlParseChunk(x->parser, x->piece, (int)n, n == 0); /* its result counts faults of namespaces too, which cost nothing here */
	x->is_done = n == 0;
	if (x->parser->wellFormed && !x->failure[0]) return OK;
	if (!x->failure[0]) snprintf(x->failure, sizeof x->failure, "line %lld: not well formed", (long long)line_now(x));
	x->is_done = true;
	return OK;
}

enum xes_result xes_next(struct xes *x, struct xes_event *out, const char **reason, struct fault *f)
{
	while (x->next == x->queue.n) {
		if (x->is_done && !x->failure[0]) return XES_END;
		if (x->is_done) {
			fault_set(f, ERR_MALFORMED, "", "the event log cannot be read: %s", x->failure);
			return XES_FAILED;
		}
		if (feed(x, f) != OK) return XES_FAILED;
	}
	const struct queued *q = &x->queue.v[x->next++];
	*out = q->event;
	*reason = q->bad;
	return q->bad ? XES_BAD_EVENT : XES_EVENT;
}

str xes_value(const struct xes_attribute *attributes, size_t n, str key)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(attributes[i].key, key)) return attributes[i].value;
	return STR_NONE;
}
