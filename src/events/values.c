/* Values of rows as they lie on the disk and are scanned: a set of the rows that have one (left out when all do), one
 * value for neighbours that are equal (where that is smaller), of the least width that holds their range. A customer's
 * rows lie together, so what stays the same along a customer (country, device, session) nearly vanishes.
 *
 * Sets are counted in blocks of 256 rows, so that a row's rank costs a few instructions wherever it lies; a set with few
 * members is a byte each instead of a bit a row. */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "events/store.h"

enum { SET_BLOCK = 256, WORDS_A_BLOCK = SET_BLOCK / 64 };

static size_t blocks_of(size_t n)
{
	return (n + SET_BLOCK - 1) / SET_BLOCK;
}

static void align(struct buf *out)
{
	while (out->n % 8) buf_byte(out, 0);
}

/* ---- packing ------------------------------------------------------------------------------------------------------------ */
static enum set_form form_of(size_t members, size_t n)
{
	return members == n ? SET_NONE : members < n / 8 ? SET_LOW_BYTES : SET_BITS;
}

/* members: ascending, below n */
static void put_set(struct buf *out, const uint32_t *members, size_t m, size_t n)
{
	enum set_form form = form_of(m, n);
	if (form == SET_NONE) return;
	size_t blocks = blocks_of(n);
	uint32_t *ones = mem_zalloc((blocks + 1) * sizeof *ones);
	for (size_t i = 0; i < m; i++) ones[members[i] / SET_BLOCK + 1]++;
	for (size_t b = 0; b < blocks; b++) ones[b + 1] += ones[b];
	buf_add_bytes(out, ones, (blocks + 1) * sizeof *ones);
	align(out);
	mem_free(ones);
	if (form == SET_LOW_BYTES) {
		for (size_t i = 0; i < m; i++) buf_byte(out, (char)(members[i] % SET_BLOCK));
	} else {
		uint64_t *words = mem_zalloc(blocks * WORDS_A_BLOCK * sizeof *words);
		for (size_t i = 0; i < m; i++) words[members[i] / 64] |= UINT64_C(1) << members[i] % 64;
		buf_add_bytes(out, words, blocks * WORDS_A_BLOCK * sizeof *words);
		mem_free(words);
	}
	align(out);
}

static size_t set_bytes(size_t members, size_t n)
{
	enum set_form form = form_of(members, n);
	if (form == SET_NONE) return 0;
	return (blocks_of(n) + 1) * sizeof(uint32_t) + (form == SET_LOW_BYTES ? members : n / 8);
}

unsigned values__width(int64_t least, int64_t most)
{
	uint64_t range = (uint64_t)most - (uint64_t)least;
	return range ? (71 - (unsigned)__builtin_clzll(range)) / 8 : 0;
}

/* Decimals of one exponent need no exponents: those of a column most often fit the finest one. */
static bool one_exponent(struct values_in *v)
{
	static const int64_t POWERS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	int least = INT8_MAX, most = INT8_MIN;
	for (size_t i = 0; i < v->n; i++) {
		if (v->kind[i] != EVENTS_DECIMAL || !v->value[i]) continue;
		int exponent = v->exponent[i]; /* NOLINT(bugprone-signed-char-misuse): a small number, no character */
		if (exponent < least) least = exponent;
		if (exponent > most) most = exponent;
	}
	if (most < least) least = most = 0;
	if (most - least >= (int)COUNT_OF(POWERS)) return false;
	for (size_t i = 0; i < v->n; i++) {
		int64_t scaled;
		if (v->kind[i] == EVENTS_DECIMAL && v->value[i] && __builtin_mul_overflow(v->value[i], POWERS[v->exponent[i] - least], &scaled)) return false;
	}
	for (size_t i = 0; i < v->n; i++) {
		if (v->kind[i] != EVENTS_DECIMAL) continue;
		if (v->value[i]) v->value[i] *= POWERS[v->exponent[i] - least];
		v->exponent[i] = (int8_t)least;
	}
	return true;
}

/* Keeps the first of neighbours that are equal; their places go to starts. */
static size_t fold_runs(struct values_in *v, uint32_t *starts)
{
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++) {
		if (n && v->value[i] == v->value[n - 1] && (!v->kind || v->kind[i] == v->kind[n - 1]) && (!v->exponent || v->exponent[i] == v->exponent[n - 1])) continue;
		v->value[n] = v->value[i];
		if (v->kind) v->kind[n] = v->kind[i];
		if (v->exponent) v->exponent[n] = v->exponent[i];
		starts[n++] = (uint32_t)i;
	}
	return n;
}

static size_t count_runs(const struct values_in *v)
{
	size_t n = v->n > 0;
	for (size_t i = 1; i < v->n; i++)
		n += v->value[i] != v->value[i - 1] || (v->kind && v->kind[i] != v->kind[i - 1]) || (v->exponent && v->exponent[i] != v->exponent[i - 1]);
	return n;
}

static unsigned width_of(const struct values_in *v, int64_t *base)
{
	int64_t least = v->n ? v->value[0] : 0, most = least;
	for (size_t i = 1; i < v->n; i++) {
		if (v->value[i] < least) least = v->value[i];
		if (v->value[i] > most) most = v->value[i];
	}
	*base = least;
	return values__width(least, most);
}

static void put_values(struct buf *out, const struct values_in *v, const struct values_header *h)
{
	char *at = buf_room(out, v->n * h->width + 8);
	if (!at) return;
	for (size_t i = 0; i < v->n; i++) {
		uint64_t d = (uint64_t)v->value[i] - (uint64_t)h->base;
		memcpy(at + i * h->width, &d, sizeof d);
	}
	buf_wrote(out, v->n * h->width);
	align(out);
	if (!h->kind) buf_add_bytes(out, v->kind, v->n);
	align(out);
	if (h->has_exponents) buf_add_bytes(out, v->exponent, v->n);
	align(out);
}

static void put_dictionary(struct buf *out, const str *texts, size_t n)
{
	uint32_t end = 0;
	for (size_t i = 0; i < n; i++) {
		end += (uint32_t)texts[i].n;
		buf_add_bytes(out, &end, sizeof end);
	}
	align(out);
	for (size_t i = 0; i < n; i++) buf_add(out, texts[i]);
	align(out);
}

static void find_kinds(struct values_in *v, struct values_header *h)
{
	h->has_exponents = !one_exponent(v);
	h->kind = v->n ? v->kind[0] : (uint8_t)EVENTS_NULL;
	for (size_t i = 0; i < v->n; i++) {
		if (v->kind[i] != h->kind) h->kind = 0;
		if (v->kind[i] != EVENTS_DECIMAL) v->exponent[i] = 0; /* so that equal values are equal */
		else if (!h->has_exponents) h->exponent = v->exponent[i];
	}
}

static void put_starts(struct buf *out, struct values_in *v, struct values_header *h, size_t runs)
{
	uint32_t *starts = mem_alloc((runs + 1) * sizeof *starts);
	size_t all = v->n;
	v->n = fold_runs(v, starts);
	h->stored = (uint32_t)v->n;
	h->starts_form = (uint8_t)form_of(v->n, all);
	put_set(out, starts, v->n, all);
	mem_free(starts);
}

void values__pack(struct values_in *v, size_t rows, struct buf *out)
{
	struct values_header h = {.present = (uint32_t)v->n, .stored = (uint32_t)v->n, .texts = (uint32_t)v->n_texts, .text_bytes = (uint32_t)v->text_bytes, .kind = EVENTS_DECIMAL};
	if (v->kind) find_kinds(v, &h);
	h.width = (uint8_t)width_of(v, &h.base);
	size_t at = out->n, runs = count_runs(v), each = (size_t)h.width + (h.kind == 0) + h.has_exponents;
	buf_add_bytes(out, &h, sizeof h);
	if (v->n < rows) {
		h.present_form = (uint8_t)form_of(v->n, rows);
		put_set(out, v->row, v->n, rows);
	}
	if (runs * each + set_bytes(runs, v->n) < v->n * each) put_starts(out, v, &h, runs);
	put_values(out, v, &h);
	put_dictionary(out, v->texts, v->n_texts);
	if (!buf_failed(out)) memcpy(out->p + at, &h, sizeof h);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */
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

static bool low_bytes_are_right(const struct events_set *s, size_t blocks, size_t n)
{
	for (size_t b = 0; b < blocks; b++) {
		uint32_t end = s->ones[b + 1];
		for (uint32_t i = s->ones[b] + 1; i < end; i++)
			if (s->low[i] <= s->low[i - 1]) return false;
		if (end > s->ones[b] && b * SET_BLOCK + s->low[end - 1] >= n) return false;
	}
	return true;
}

static bool bits_are_right(const struct events_set *s, size_t blocks, size_t n)
{
	for (size_t b = 0; b < blocks; b++) {
		uint32_t ones = s->ones[b];
		for (size_t w = b * WORDS_A_BLOCK; w < (b + 1) * WORDS_A_BLOCK; w++) ones += (uint32_t)__builtin_popcountll(s->words[w]);
		if (ones != s->ones[b + 1]) return false;
	}
	for (size_t i = n; i < blocks * SET_BLOCK; i++)
		if (s->words[i / 64] >> i % 64 & 1) return false;
	return true;
}

static bool take_set(struct cursor *c, uint8_t form, size_t members, size_t n, struct events_set *out)
{
	if (form == SET_NONE) return members == n;
	if (form > SET_LOW_BYTES) return false;
	size_t blocks = blocks_of(n);
	out->ones = piece(c, (blocks + 1) * sizeof *out->ones);
	const void *data = piece(c, form == SET_BITS ? blocks * (SET_BLOCK / 8) : members);
	if (c->failed || out->ones[0] != 0 || out->ones[blocks] != members) return false;
	for (size_t b = 0; b < blocks; b++)
		if (out->ones[b + 1] < out->ones[b] || out->ones[b + 1] - out->ones[b] > SET_BLOCK) return false;
	if (form == SET_BITS) out->words = data;
	else out->low = data;
	return form == SET_BITS ? bits_are_right(out, blocks, n) : low_bytes_are_right(out, blocks, n);
}

static bool kinds_are_right(const struct events_values *v, size_t n)
{
	for (size_t i = 0; v->kinds && i < n; i++)
		if (v->kinds[i] == EVENTS_ABSENT || v->kinds[i] > EVENTS_NULL) return false;
	bool has_texts = !v->kinds && v->kind == EVENTS_TEXT;
	for (size_t i = 0; i < n && (has_texts || v->kinds); i++)
		if (events_slot_kind(v, (uint32_t)i) == EVENTS_TEXT && (uint64_t)events_raw_at(&v->value, i) >= v->n_texts) return false;
	return true;
}

bool values__open(str packed, size_t rows, struct events_values *out)
{
	*out = (struct events_values){.n = rows};
	struct cursor c = {(const unsigned char *)packed.p, packed.n, false};
	const struct values_header *h = piece(&c, sizeof *h);
	if (!h || h->present > rows || h->stored > h->present || h->kind > EVENTS_NULL || h->width > 8 || (h->present && !h->stored)) return false;
	out->is_sparse = h->present_form != SET_NONE;
	out->has_runs = h->starts_form != SET_NONE;
	if (!take_set(&c, h->present_form, h->present, rows, &out->present) || !take_set(&c, h->starts_form, h->stored, h->present, &out->starts)) return false;
	if (out->has_runs && !events_set_has(&out->starts, 0)) return false;
	const unsigned char *values = piece(&c, (uint64_t)h->stored * h->width);
	out->value = values__raw(values ? values : (const unsigned char *)h, h->width, h->base);
	out->n_slots = h->stored;
	out->kind = h->kind;
	out->exponent = h->exponent;
	out->kinds = piece(&c, h->kind ? 0 : h->stored);
	if (h->kind) out->kinds = NULL;
	out->exponents = piece(&c, h->has_exponents ? h->stored : 0);
	if (!h->has_exponents) out->exponents = NULL;
	out->text_ends = piece(&c, (uint64_t)h->texts * sizeof *out->text_ends);
	out->texts = piece(&c, h->text_bytes);
	out->n_texts = h->texts;
	if (c.failed) return false;
	for (uint32_t i = 0; i < h->texts; i++)
		if (out->text_ends[i] < (i ? out->text_ends[i - 1] : 0) || out->text_ends[i] > h->text_bytes) return false;
	return kinds_are_right(out, h->stored);
}

struct events_raw values__raw(const void *p, unsigned width, int64_t base)
{
	return (struct events_raw){p, width, width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1, base};
}

struct events_values values__plain(const void *p, unsigned width, size_t rows)
{
	return (struct events_values){.n = rows, .n_slots = rows, .value = values__raw(p, width, 0), .kind = EVENTS_DECIMAL};
}

/* ---- as arrays of all rows ------------------------------------------------------------------------------------------------ */
void values__expand(const struct events_values *v, struct property_arrays *out)
{
	bool seen[EVENTS_NULL + 1] = {false};
	struct events_walk w;
	*out = (struct property_arrays){.kind = mem_zalloc(v->n + 1)};
	events_walk(&w, v, 0);
	for (size_t i = 0; i < v->n; i++) {
		uint32_t slot = events_walk_next(&w, (uint32_t)i);
		seen[out->kind[i] = events_slot_kind(v, slot)] = true;
	}
	if (seen[EVENTS_DECIMAL]) out->number = mem_zalloc(v->n * sizeof *out->number);
	if (seen[EVENTS_DOUBLE]) out->real = mem_zalloc(v->n * sizeof *out->real);
	if (seen[EVENTS_TEXT]) out->text = mem_zalloc(v->n * sizeof *out->text);
	events_walk(&w, v, 0);
	for (size_t i = 0; i < v->n; i++) {
		uint32_t slot = events_walk_next(&w, (uint32_t)i);
		if (out->kind[i] == EVENTS_DECIMAL) out->number[i] = events_slot_number(v, slot);
		if (out->kind[i] == EVENTS_DOUBLE) out->real[i] = events_slot_real(v, slot);
		if (out->kind[i] == EVENTS_TEXT) out->text[i] = (uint32_t)events_raw_at(&v->value, slot);
	}
	out->dictionary = mem_alloc((v->n_texts + 1) * sizeof *out->dictionary);
	for (uint32_t i = 0; i < v->n_texts; i++) out->dictionary[i] = events_text(v, i);
	out->dictionary_n = v->n_texts;
}

/* The values of some rows, as plain ones: nothing left out, EVENTS_ABSENT where there is none. */
void values__gather(const struct events_values *v, const uint32_t *rows, size_t n, struct value_arrays *own, struct events_values *out)
{
	*own = (struct value_arrays){.kind = mem_zalloc(n + 1), .exponent = mem_zalloc(n + 1), .value = mem_zalloc((n + 1) * sizeof *own->value)};
	for (size_t i = 0; i < n; i++) {
		uint32_t slot = events_value_slot(v, rows ? rows[i] : (uint32_t)i);
		own->kind[i] = events_slot_kind(v, slot);
		if (own->kind[i] == EVENTS_ABSENT) continue;
		own->value[i] = events_raw_at(&v->value, slot);
		own->exponent[i] = v->exponents ? v->exponents[slot] : v->exponent;
	}
	*out = (struct events_values){.n = n, .n_slots = n, .value = values__raw(own->value, sizeof *own->value, 0), .kinds = own->kind, .exponents = own->exponent,
		.text_ends = v->text_ends, .texts = v->texts, .n_texts = v->n_texts};
}

void values__release(struct value_arrays *a)
{
	mem_free(a->kind);
	mem_free(a->exponent);
	mem_free(a->value);
	mem_free(a->text_ends);
	mem_free(a->texts);
	*a = (struct value_arrays){0};
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
