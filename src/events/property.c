/* Properties of events as they are read from bodies: each a list of (row, kind, value). A value keeps the kind that it
 * was sent with. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "events/store.h"
#include "json/reader.h"

enum { BODY_MAX = 64 << 20, DROPPED = 0 };

void properties__init(struct properties *p, struct names *allowed, bool counts_dropped)
{
	*p = (struct properties){.allowed = allowed, .counts_dropped = counts_dropped};
	arena_init(&p->arena);
	map_init(&p->by_name);
}

struct property *property__new(str name)
{
	struct property *p = MEM_NEW(struct property);
	p->name = name;
	map_init(&p->codes);
	return p;
}

void property__free(struct property *p)
{
	mem_free(p->row);
	mem_free(p->kind);
	mem_free(p->exponent);
	mem_free(p->value);
	mem_free(p->texts);
	map_release(&p->codes);
	mem_free(p);
}

void properties__release(struct properties *p)
{
	for (size_t i = 0; i < p->n; i++) property__free(p->all[i]);
	mem_free(p->all);
	map_release(&p->by_name);
	arena_release(&p->arena);
	json_reader_free(p->reader);
	*p = (struct properties){0};
}

const struct property *properties__find(const struct properties *p, str name)
{
	uint64_t *index = map_get(&p->by_name, name);
	return index && *index ? p->all[*index - 1] : NULL;
}

static bool is_allowed(struct properties *p, str name)
{
	uint16_t code;
	if (p->counts_dropped) return names__add(p->allowed, name, &code);
	return names__find(p->allowed, name, &code) || (atomic_load(&p->allowed->count) < p->allowed->cap && names__add(p->allowed, name, &code));
}

static struct property *property_of(struct properties *p, str name)
{
	uint64_t *known = map_get(&p->by_name, name);
	if (known) return *known ? p->all[*known - 1] : NULL;
	str kept = str_dup(&p->arena, name);
	uint64_t *index = map_put(&p->by_name, kept, NULL);
	*index = DROPPED;
	if (!is_allowed(p, name)) return NULL;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 32;
		p->all = mem_realloc(p->all, p->cap * sizeof *p->all);
	}
	struct property *one = p->all[p->n++] = property__new(kept);
	*index = p->n;
	return one;
}

static void grow(struct property *p)
{
	p->cap = p->cap ? p->cap * 2 : 64;
	p->row = mem_realloc(p->row, p->cap * sizeof *p->row);
	p->kind = mem_realloc(p->kind, p->cap * sizeof *p->kind);
	p->exponent = mem_realloc(p->exponent, p->cap * sizeof *p->exponent);
	p->value = mem_realloc(p->value, p->cap * sizeof *p->value);
}

void property__put(struct property *p, uint32_t row, uint8_t kind, int64_t value, int8_t exponent)
{
	bool again = p->n && p->row[p->n - 1] == row; /* a name twice in one object: the last one holds */
	if (!again && p->n == p->cap) grow(p);
	size_t i = again ? p->n - 1 : p->n++;
	p->row[i] = row;
	p->kind[i] = kind;
	p->value[i] = value;
	p->exponent[i] = exponent;
}

uint32_t property__code(struct property *p, struct arena *a, str text)
{
	if (p->last_code < p->n_texts && str_eq(p->texts[p->last_code], text)) return p->last_code; /* rows of a customer are alike */
	uint64_t *known = map_get(&p->codes, text);
	if (known) return p->last_code = (uint32_t)*known;
	str kept = a ? str_dup(a, text) : text;
	if (p->n_texts == p->cap_texts) {
		p->cap_texts = p->cap_texts ? p->cap_texts * 2 : 16;
		p->texts = mem_realloc(p->texts, p->cap_texts * sizeof *p->texts);
	}
	p->texts[p->n_texts] = kept;
	p->text_bytes += kept.n;
	*map_put(&p->codes, kept, NULL) = p->n_texts;
	return p->last_code = (uint32_t)p->n_texts++;
}

static void put_number(struct property *p, uint32_t row, str digits)
{
	struct decimal d;
	double real;
	int64_t bits;
	if (decimal_parse(digits, &d)) {
		property__put(p, row, EVENTS_DECIMAL, d.mantissa, d.exponent);
	} else if (str_f64(digits, &real)) {
		memcpy(&bits, &real, sizeof bits);
		property__put(p, row, EVENTS_DOUBLE, bits, 0);
	}
}

/* ---- reading a body ----------------------------------------------------------------------------------------------------- */
struct path {
	char text[NAME_MAX_BYTES];
	size_t n;
};

static bool path_add(struct path *path, str part)
{
	if (path->n + part.n > sizeof path->text) return false;
	memcpy(path->text + path->n, part.p, part.n);
	path->n += part.n;
	return true;
}

/* Events of a type name the same properties in the same order, so the one that came next the last time is tried before the
 * path is put together and looked up. */
static struct property **place_of_next(struct properties *p)
{
	return p->read ? &p->read->next : &p->first;
}

static bool is_next(const struct property *one, const struct path *path, bool has_dot, str key)
{
	if (!one || one->name.n != path->n + has_dot + key.n) return false;
	return memcmp(one->name.p, path->text, path->n) == 0 && (!has_dot || one->name.p[path->n] == '.') &&
	       memcmp(one->name.p + path->n + has_dot, key.p, key.n) == 0;
}

static void read_value(struct properties *p, uint32_t row, struct property *one, struct arena *scratch)
{
	struct json_reader *r = p->reader;
	switch (reader_token(r)) {
	case JSON_STRING: property__put(one, row, EVENTS_TEXT, property__code(one, &p->arena, json_string(r, scratch)), 0); break;
	case JSON_NUMBER: put_number(one, row, json_number(r)); break;
	case JSON_TRUE: property__put(one, row, EVENTS_TRUE, 0, 0); break;
	case JSON_FALSE: property__put(one, row, EVENTS_FALSE, 0, 0); break;
	default: property__put(one, row, EVENTS_NULL, 0, 0);
	}
}

static void count_refused(struct properties *p)
{
	if (p->counts_dropped) atomic_fetch_add(&p->allowed->refused, 1);
}

static struct property *find_by_path(struct properties *p, const struct path *path)
{
	struct property *one = property_of(p, (str){path->text, path->n});
	if (one) *place_of_next(p) = one;
	else count_refused(p);
	return one;
}

/* Inside an object: visits its members; the depth is the reader's own limit. */
static void read_object(struct properties *p, uint32_t row, struct path *path, size_t prefix, struct arena *scratch)
{
	struct json_reader *r = p->reader;
	const size_t before = path->n;
	const bool has_dot = before != prefix;
	str key;
	bool is_plain;
	for (; reader_member(r, &key, &is_plain); path->n = before) {
		enum json_token token = reader_token(r);
		bool is_container = token == JSON_OBJECT || token == JSON_ARRAY;
		struct property *one = is_container || !is_plain ? NULL : *place_of_next(p);
		if (!is_next(one, path, has_dot, key)) {
			if (!is_plain) key = json_unescape(scratch, key);
			bool fits = (!has_dot || path_add(path, S("."))) && path_add(path, key);
			if (!fits) count_refused(p);
			if (fits && token == JSON_OBJECT) read_object(p, row, path, prefix, scratch);
			else if (is_container) (void)json_skip(r);
			one = fits && !is_container ? find_by_path(p, path) : NULL;
		}
		if (!one) continue;
		read_value(p, row, one, scratch);
		p->read = one;
	}
}

void properties__read(struct properties *p, uint32_t row, str body)
{
	if (!p->reader) p->reader = json_reader_new(BODY_MAX);
	if (json_reader_start(p->reader, body, NULL) != OK || json_next(p->reader) != JSON_OBJECT) return;
	struct arena scratch;
	arena_init(&scratch);
	p->read = NULL;
	str key;
	bool is_plain;
	while (reader_member(p->reader, &key, &is_plain)) {
		enum json_token token = reader_token(p->reader);
		if (token != JSON_OBJECT && token != JSON_ARRAY) continue;
		struct path path = {.n = 0};
		bool is_wanted = token == JSON_OBJECT && str_eq(key, S("properties"));
		if (token == JSON_OBJECT && str_eq(key, S("context"))) is_wanted = path_add(&path, S("context:"));
		if (token == JSON_OBJECT && str_eq(key, S("traits"))) is_wanted = path_add(&path, S("trait:"));
		if (is_wanted) read_object(p, row, &path, path.n, &scratch);
		else (void)json_skip(p->reader);
	}
	arena_release(&scratch);
}

/* ---- for packing, and as plain values -------------------------------------------------------------------------------- */
struct values_in property__in(struct property *p)
{
	return (struct values_in){p->n, p->row, p->kind, p->exponent, p->value, p->texts, p->n_texts, p->text_bytes};
}

void property__plain(const struct property *p, size_t rows, struct value_arrays *own, struct events_values *out)
{
	*own = (struct value_arrays){.kind = mem_zalloc(rows + 1), .exponent = mem_zalloc(rows + 1), .value = mem_zalloc((rows + 1) * sizeof *own->value),
		.text_ends = mem_alloc((p->n_texts + 1) * sizeof *own->text_ends), .texts = mem_alloc(p->text_bytes + 1)};
	for (size_t i = 0; i < p->n; i++) {
		own->kind[p->row[i]] = p->kind[i];
		own->exponent[p->row[i]] = p->exponent[i];
		own->value[p->row[i]] = p->value[i];
	}
	uint32_t end = 0;
	for (size_t i = 0; i < p->n_texts; i++) {
		if (p->texts[i].n) memcpy(own->texts + end, p->texts[i].p, p->texts[i].n);
		own->text_ends[i] = end += (uint32_t)p->texts[i].n;
	}
	*out = (struct events_values){.n = rows, .n_slots = rows, .value = values__raw(own->value, sizeof *own->value, 0), .kinds = own->kind, .exponents = own->exponent,
		.text_ends = own->text_ends, .texts = own->texts, .n_texts = p->n_texts};
}
