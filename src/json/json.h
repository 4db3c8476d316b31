/* json.h: reading and writing JSON (RFC 8259).
 * Three ways to read, fastest first: the pull reader (the way of a touchpoint), descriptors into structs (request
 * bodies), and a tree in an arena (conditions, mappings). All refuse invalid UTF-8, duplicate-free is not checked
 * (the last key wins in trees and structs, the reader shows both), nesting is capped at JSON_DEPTH. */
#ifndef JSON_JSON_H
#define JSON_JSON_H
#include "base/buf.h"
#include "base/decimal.h"
#include "base/err.h"
#include "json/desc.h"

enum { JSON_DEPTH = 64, JSON_PADDING = 64 };

/* ---- pull reader -------------------------------------------------------------------------------------------
 * Stage one (finding the structural characters and checking UTF-8) is simdjson's; the walk over them is ours, so
 * that the raw text of any value can be kept as it came. A reader is reused for many documents. */
enum json_token { JSON_END, JSON_OBJECT, JSON_OBJECT_END, JSON_ARRAY, JSON_ARRAY_END, JSON_KEY, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL, JSON_ERROR };
struct json_reader;
struct json_reader *json_reader_new(size_t max_bytes);
void json_reader_free(struct json_reader *r);
/* The text must stay in place while it is read and have JSON_PADDING readable bytes behind it.
 * ERR_MALFORMED (with offset and reason in f), ERR_TOO_LARGE. */
enum err json_reader_start(struct json_reader *r, str text, struct fault *f) NODISCARD;
/* Moves to the next token. JSON_ERROR is sticky; json_reader_fault says where and what. */
enum json_token json_next(struct json_reader *r);
enum json_token json_current(const struct json_reader *r);
/* Of JSON_KEY and JSON_STRING: the bytes between the quotes, still escaped; *plain tells that no escape is in it. */
str json_raw_string(const struct json_reader *r, bool *plain);
/* The text, unescaped; points into the document when plain, else into the arena. Lone surrogates and
 * \u0000, which no database takes, become U+FFFD. */
str json_string(struct json_reader *r, struct arena *a);
str json_number(const struct json_reader *r);    /* the digits as sent, grammar checked */
/* The current token as it stands in the text: a string with its quotes, a bracket alone. */
str json_raw(const struct json_reader *r);
/* At a value's first token (or its JSON_KEY): skips the value whole and returns its raw text, checked to the last
 * byte. The next json_next is what follows it. Absent when the value is broken. */
str json_skip(struct json_reader *r);
enum err json_reader_fault(const struct json_reader *r, struct fault *f); /* OK when there is none; adds "byte N" */
str json_unescape(struct arena *a, str escaped); /* what json_string does, for kept raw texts */

/* ---- tree ---------------------------------------------------------------------------------------------------- */
struct json_node {
	enum json_token type; /* OBJECT, ARRAY, STRING, NUMBER, TRUE, FALSE, NULL */
	str key;              /* when a member of an object */
	str text;             /* STRING: unescaped; NUMBER: digits as sent */
	str raw;              /* the value as it stands in the text */
	struct json_node *child, *next;
	size_t n;             /* children */
};
/* text needs no padding here (it is copied). ERR_MALFORMED, ERR_TOO_LARGE with "line L column C" in f. */
enum err json_tree(struct arena *a, str text, size_t max_bytes, const struct json_node **out, struct fault *f) NODISCARD;
const struct json_node *json_get(const struct json_node *object, str key); /* NULL when absent; NULL object is fine */
str json_get_str(const struct json_node *object, str key);                  /* absent unless a string */
bool json_get_i64(const struct json_node *object, str key, int64_t *out);   /* false unless an integer */
bool json_is_true(const struct json_node *object, str key);

/* ---- writer --------------------------------------------------------------------------------------------------
 * Puts commas and escapes; the caller balances begin and end. HTML-safe: <, >, & and U+2028/9 inside strings are escaped,
 * in raw JSON too (outside strings they cannot stand), so its value is kept but not its every byte. */
struct json_writer {
	struct buf *out;
	bool needs_comma;
};
void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_key(struct json_writer *w, str key);
void json_put_str(struct json_writer *w, str s); /* absent is null */
void json_put_i64(struct json_writer *w, int64_t i);
void json_put_real(struct json_writer *w, double d); /* shortest that reads back; NaN and infinities are null */
void json_put_decimal(struct json_writer *w, struct decimal d);
void json_put_bool(struct json_writer *w, bool b);
void json_put_null(struct json_writer *w);
void json_put_raw(struct json_writer *w, str json);
void json_put_tree(struct json_writer *w, const struct json_node *node);

/* ---- descriptors --------------------------------------------------------------------------------------------- */
void json_put_struct(struct json_writer *w, const struct desc *d, const void *value);
void json_put_field(struct json_writer *w, const struct desc_field *f, const void *owner); /* the value alone */
str json_of(struct arena *a, const struct desc *d, const void *value);
/* Decodes an object into *out (zeroed first; absent members get the "absent" value of their type). Unknown members
 * are refused, naming them. Collects up to FAULT_FIELDS field faults as ERR_INVALID; the whole being no JSON object
 * is ERR_MALFORMED. null is "not given". DESC_DURATION reads seconds; DESC_TIME reads ISO 8601 with a zone, or whole
 * milliseconds; DESC_RAW keeps any value's text. */
enum err json_into(struct arena *a, const struct desc *d, str text, void *out, struct fault *f) NODISCARD;
/* The same for an HTML form: names and values already percent-decoded; dots reach into structs (money.amount),
 * repeated names fill lists, items[0].name reaches into a list of structs, a bool is true for on, true, yes, 1. What is
 * empty is not given. Names that begin with _ are the server's own (_csrf) and passed over. ERR_TOO_LARGE for more than
 * FORM_FIELDS fields. */
enum { FORM_FIELDS = 2000 };
struct form_field {
	str name, value;
};
enum err form_into(struct arena *a, const struct desc *d, const struct form_field *fields, size_t n, void *out, struct fault *f) NODISCARD;
/* JSON Schema (2020-12) of a descriptor, for OpenAPI. */
void json_put_schema(struct json_writer *w, const struct desc *d, bool for_input);
#endif
