/* Properties of events as columns. While they are collected a property is a list of (row, kind, value); on the disk the
 * same, packed; for a reader it becomes arrays of all rows. A value keeps the kind that it was sent with. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "events/store.h"
#include "json/json.h"

enum { BODY_MAX = 64 << 20, DROPPED = 0 };

void properties__init(struct properties *p, struct names *allowed, bool counts_dropped)
{
	*p = (struct properties){.allowed = allowed, .counts_dropped = counts_dropped};
	arena_init(&p->arena);
	map_init(&p->by_name);
}

static void release_one(struct property *p)
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
	for (size_t i = 0; i < p->n; i++) release_one(p->all[i]);
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
	struct property *one = MEM_NEW(struct property);
	one->name = kept;
	map_init(&one->codes);
	p->all[p->n++] = one;
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

static void put(struct property *p, uint32_t row, enum events_kind kind, int64_t value, int8_t exponent)
{
	bool again = p->n && p->row[p->n - 1] == row; /* a name twice in one object: the last one holds */
	if (!again && p->n == p->cap) grow(p);
	size_t i = again ? p->n - 1 : p->n++;
	p->row[i] = row;
	p->kind[i] = (uint8_t)kind;
	p->value[i] = value;
	p->exponent[i] = exponent;
}

static int64_t code_of(struct properties *all, struct property *p, str text)
{
	uint64_t *known = map_get(&p->codes, text);
	if (known) return (int64_t)*known;
	str kept = str_dup(&all->arena, text);
	if (p->n_texts == p->cap_texts) {
		p->cap_texts = p->cap_texts ? p->cap_texts * 2 : 16;
		p->texts = mem_realloc(p->texts, p->cap_texts * sizeof *p->texts);
	}
	p->texts[p->n_texts] = kept;
	p->text_bytes += kept.n;
	*map_put(&p->codes, kept, NULL) = p->n_texts;
	return (int64_t)p->n_texts++;
}

static void put_number(struct property *p, uint32_t row, str digits)
{
	struct decimal d;
	double real;
	int64_t bits;
	if (decimal_parse(digits, &d)) {
		put(p, row, EVENTS_DECIMAL, d.mantissa, d.exponent);
	} else if (str_f64(digits, &real)) {
		memcpy(&bits, &real, sizeof bits);
		put(p, row, EVENTS_DOUBLE, bits, 0);
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

static void read_value(struct properties *p, uint32_t row, struct path *path, struct arena *scratch)
{
	struct json_reader *r = p->reader;
	enum json_token token = json_current(r);
	struct property *one = property_of(p, (str){path->text, path->n});
	if (!one && p->counts_dropped) atomic_fetch_add(&p->allowed->refused, 1);
	if (!one) return;
	switch (token) {
	case JSON_STRING: put(one, row, EVENTS_TEXT, code_of(p, one, json_string(r, scratch)), 0); break;
	case JSON_NUMBER: put_number(one, row, json_number(r)); break;
	case JSON_TRUE: put(one, row, EVENTS_TRUE, 0, 0); break;
	case JSON_FALSE: put(one, row, EVENTS_FALSE, 0, 0); break;
	default: put(one, row, EVENTS_NULL, 0, 0);
	}
}

/* At JSON_OBJECT: visits its members; the depth is the reader's own limit. */
static void read_object(struct properties *p, uint32_t row, struct path *path, size_t prefix, struct arena *scratch)
{
	struct json_reader *r = p->reader;
	for (enum json_token token = json_next(r); token == JSON_KEY; token = json_next(r)) {
		size_t before = path->n;
		bool fits = (path->n == prefix || path_add(path, S("."))) && path_add(path, json_string(r, scratch));
		token = json_next(r);
		if (token == JSON_ERROR) return;
		if (token == JSON_ARRAY || !fits) {
			if (!fits && p->counts_dropped) atomic_fetch_add(&p->allowed->refused, 1);
			if (token == JSON_ARRAY || token == JSON_OBJECT) (void)json_skip(r);
		} else if (token == JSON_OBJECT) {
			read_object(p, row, path, prefix, scratch);
		} else {
			read_value(p, row, path, scratch);
		}
		path->n = before;
	}
}

void properties__read(struct properties *p, uint32_t row, str body)
{
	if (!p->reader) p->reader = json_reader_new(BODY_MAX);
	if (json_reader_start(p->reader, body, NULL) != OK || json_next(p->reader) != JSON_OBJECT) return;
	struct arena scratch;
	arena_init(&scratch);
	for (enum json_token token = json_next(p->reader); token == JSON_KEY; token = json_next(p->reader)) {
		bool plain;
		str key = json_raw_string(p->reader, &plain);
		struct path path = {.n = 0};
		bool is_wanted = str_eq(key, S("properties"));
		if (str_eq(key, S("context"))) is_wanted = path_add(&path, S("context:"));
		if (str_eq(key, S("traits"))) is_wanted = path_add(&path, S("trait:"));
		token = json_next(p->reader);
		if (token == JSON_ERROR) break;
		if (token == JSON_OBJECT && is_wanted) read_object(p, row, &path, path.n, &scratch);
		else if (token == JSON_OBJECT || token == JSON_ARRAY) (void)json_skip(p->reader);
	}
	arena_release(&scratch);
}

/* ---- as arrays ------------------------------------------------------------------------------------------------------------ */
static void give_room(struct property_arrays *out, size_t rows, bool has_number, bool has_real, bool has_text)
{
	out->kind = mem_zalloc(rows + 1);
	if (has_number) out->number = mem_zalloc(rows * sizeof *out->number);
	if (has_real) out->real = mem_zalloc(rows * sizeof *out->real);
	if (has_text) out->text = mem_zalloc(rows * sizeof *out->text);
}

static void set_row(struct property_arrays *out, size_t row, enum events_kind kind, int64_t value, int8_t exponent)
{
	out->kind[row] = (uint8_t)kind;
	if (kind == EVENTS_DECIMAL) out->number[row] = (struct decimal){value, exponent};
	if (kind == EVENTS_DOUBLE) memcpy(&out->real[row], &value, sizeof value);
	if (kind == EVENTS_TEXT) out->text[row] = (uint32_t)value;
}

void property__expand(const struct property *p, size_t rows, struct property_arrays *out)
{
	*out = (struct property_arrays){0};
	bool seen[EVENTS_NULL + 1] = {false};
	for (size_t i = 0; i < p->n; i++) seen[p->kind[i]] = true;
	give_room(out, rows, seen[EVENTS_DECIMAL], seen[EVENTS_DOUBLE], seen[EVENTS_TEXT]);
	for (size_t i = 0; i < p->n; i++) set_row(out, p->row[i], p->kind[i], p->value[i], p->exponent[i]);
	out->dictionary = mem_alloc((p->n_texts + 1) * sizeof *out->dictionary);
	if (p->n_texts) memcpy(out->dictionary, p->texts, p->n_texts * sizeof *out->dictionary);
	out->dictionary_n = p->n_texts;
}

void property__gather(const struct property_arrays *from, const uint32_t *rows, size_t n, struct property_arrays *out)
{
	*out = (struct property_arrays){0};
	give_room(out, n, from->number, from->real, from->text);
	columns__gather(out->kind, from->kind, rows, n, 1);
	if (from->number) columns__gather(out->number, from->number, rows, n, sizeof *from->number);
	if (from->real) columns__gather(out->real, from->real, rows, n, sizeof *from->real);
	if (from->text) columns__gather(out->text, from->text, rows, n, sizeof *from->text);
	out->dictionary = mem_alloc((from->dictionary_n + 1) * sizeof *out->dictionary);
	if (from->dictionary_n) memcpy(out->dictionary, from->dictionary, from->dictionary_n * sizeof *out->dictionary);
	out->dictionary_n = from->dictionary_n;
}

void property__release(struct property_arrays *a)
{
	mem_free(a->kind);
	mem_free(a->number);
	mem_free(a->real);
	mem_free(a->text);
	mem_free(a->dictionary);
	*a = (struct property_arrays){0};
}

/* ---- as bytes ---------------------------------------------------------------------------------------------------------------- */
static uint8_t width_of(const struct property *p)
{
	uint8_t width = 1;
	for (size_t i = 0; i < p->n; i++) {
		int64_t v = p->value[i];
		if (v != (int32_t)v) return 8;
		if (v != (int16_t)v) width = 4;
		else if (v != (int8_t)v && width < 2) width = 2;
	}
	return width;
}

static void align(struct buf *out)
{
	while (out->n % 8) buf_byte(out, 0);
}

void property__pack(const struct property *p, size_t rows, struct buf *out)
{
	struct property_header h = {(uint32_t)p->n, (uint32_t)p->n_texts, p->text_bytes, p->n == rows, 0, width_of(p), 0, 0, {0}};
	h.kind = p->n ? p->kind[0] : 0;
	h.exponent = p->n ? p->exponent[0] : 0;
	for (size_t i = 0; i < p->n; i++) {
		if (p->kind[i] != h.kind) h.kind = 0;
		if (p->exponent[i] != h.exponent) h.has_exponents = 1;
	}
	if (h.has_exponents) h.exponent = 0;
	buf_add_bytes(out, &h, sizeof h);
	if (!h.is_dense) buf_add_bytes(out, p->row, p->n * sizeof *p->row);
	align(out);
	if (!h.kind) buf_add_bytes(out, p->kind, p->n);
	align(out);
	for (size_t i = 0; i < p->n; i++) buf_add_bytes(out, &p->value[i], h.width); /* little endian: the low bytes */
	align(out);
	if (h.has_exponents) buf_add_bytes(out, p->exponent, p->n);
	align(out);
	uint32_t end = 0;
	for (size_t i = 0; i < p->n_texts; i++) {
		end += (uint32_t)p->texts[i].n;
		buf_add_bytes(out, &end, sizeof end);
	}
	align(out);
	for (size_t i = 0; i < p->n_texts; i++) buf_add(out, p->texts[i]);
	align(out);
}

struct cursor {
	const unsigned char *p;
	size_t n;
	bool failed;
};

static const void *piece(struct cursor *c, uint64_t bytes)
{
	uint64_t with_padding = (bytes + 7) & ~UINT64_C(7);
	if (c->failed || bytes > c->n || with_padding > c->n) {
		c->failed = true;
		return NULL;
	}
	const void *at = c->p;
	c->p += with_padding;
	c->n -= with_padding;
	return at;
}

static int64_t value_at(const unsigned char *values, uint8_t width, size_t i)
{
	switch (width) {
	case 1: return (int8_t)values[i];
	case 2: return ((const int16_t *)(const void *)values)[i];
	case 4: return ((const int32_t *)(const void *)values)[i];
	default: return ((const int64_t *)(const void *)values)[i];
	}
}

static bool unpack_dictionary(struct cursor *c, const struct property_header *h, struct property_arrays *out)
{
	const uint32_t *ends = piece(c, (uint64_t)h->dictionary * sizeof *ends);
	const char *texts = piece(c, h->dictionary_bytes);
	if (c->failed) return false;
	out->dictionary = mem_alloc(((size_t)h->dictionary + 1) * sizeof *out->dictionary);
	uint32_t start = 0;
	for (uint32_t i = 0; i < h->dictionary; start = ends[i++]) {
		if (ends[i] < start || ends[i] > h->dictionary_bytes) return false;
		out->dictionary[i] = (str){texts + start, ends[i] - start};
	}
	out->dictionary_n = h->dictionary;
	return true;
}

bool property__unpack(str packed, size_t rows, struct property_arrays *out)
{
	*out = (struct property_arrays){0};
	struct cursor c = {(const unsigned char *)packed.p, packed.n, false};
	const struct property_header *h = piece(&c, sizeof *h);
	if (!h || h->values > rows || (h->is_dense && h->values != rows) || h->kind > EVENTS_NULL || (h->width != 1 && h->width != 2 && h->width != 4 && h->width != 8)) return false;
	const uint32_t *row = piece(&c, h->is_dense ? 0 : (uint64_t)h->values * sizeof *row);
	const uint8_t *kind = piece(&c, h->kind ? 0 : h->values);
	const unsigned char *values = piece(&c, (uint64_t)h->values * h->width);
	const int8_t *exponent = piece(&c, h->has_exponents ? h->values : 0);
	if (c.failed || !unpack_dictionary(&c, h, out)) return false;
	bool seen[EVENTS_NULL + 1] = {false};
	seen[h->kind] = true;
	for (size_t i = 0; i < h->values && !h->kind; i++) {
		if (kind[i] == 0 || kind[i] > EVENTS_NULL) return false;
		seen[kind[i]] = true;
	}
	give_room(out, rows, seen[EVENTS_DECIMAL], seen[EVENTS_DOUBLE], seen[EVENTS_TEXT]);
	for (size_t i = 0; i < h->values; i++) {
		size_t at = h->is_dense ? i : row[i];
		enum events_kind k = h->kind ? h->kind : kind[i];
		int64_t value = value_at(values, h->width, i);
		if (at >= rows || (k == EVENTS_TEXT && (uint64_t)value >= h->dictionary)) return false;
		set_row(out, at, k, value, h->has_exponents ? exponent[i] : h->exponent);
	}
	return true;
}
