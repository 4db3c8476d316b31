/* Making a segment: bodies go to the file as their blocks fill, everything else is kept in arrays and written behind
 * them at the end. The file counts only once a manifest lists it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "events/store.h"

enum { BLOCK_RAW_BYTES = 64 << 10, BLOCK_ROWS_MAX = 4096, ZSTD_LEVEL = 1 };

struct writer {
	char path[4096];
	int fd;
	enum err err;
	int error;
	uint64_t at;
	size_t n, rows_max;
	struct columns columns;
	struct subject_key *keys;
	struct properties properties;
	ZSTD_CCtx *zstd;
	struct segment_block *blocks;
	size_t n_blocks, cap_blocks;
	uint32_t block_lengths[BLOCK_ROWS_MAX];
	uint32_t block_rows;
	char *texts;
	size_t n_texts, cap_texts;
	struct section *sections;
	size_t n_sections, cap_sections;
	struct buf names;
	struct segment_footer footer;
};

static void put_at(struct writer *w, const void *p, size_t n)
{
	if (w->err != OK || n == 0) return;
	w->err = os_write_at(w->fd, p, n, (off_t)w->at);
	w->error = errno;
	w->at += n;
}

static void align(struct writer *w)
{
	static const char zeros[SEGMENT_ALIGN];
	if (w->at % SEGMENT_ALIGN) put_at(w, zeros, SEGMENT_ALIGN - w->at % SEGMENT_ALIGN);
}

struct writer *writer__new(const char *dir, uint64_t number, size_t rows_max, struct names *properties, bool counts_dropped)
{
	struct writer *w = MEM_NEW(struct writer);
	segment__path(w->path, sizeof w->path, dir, number);
	w->rows_max = rows_max;
	columns__init(&w->columns, rows_max);
	w->keys = mem_alloc((rows_max + 1) * sizeof *w->keys);
	properties__init(&w->properties, properties, counts_dropped);
	buf_init(&w->names, SIZE_MAX / 2);
	w->zstd = ZSTD_createCCtx();
	w->fd = os_open(w->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (w->fd < 0) w->err = errno == ENOSPC ? ERR_FULL : ERR_IO;
	w->error = errno;
	struct segment_header header = {.magic = SEGMENT_MAGIC, .version = SEGMENT_VERSION, .number = number};
	header.hash = XXH3_64bits(&header, offsetof(struct segment_header, hash));
	put_at(w, &header, sizeof header);
	return w;
}

/* ---- bodies ------------------------------------------------------------------------------------------------------------- */
static void end_block(struct writer *w)
{
	if (!w->block_rows) return;
	size_t lengths = w->block_rows * sizeof *w->block_lengths, raw_n = lengths + w->n_texts, cap = ZSTD_compressBound(raw_n);
	char *raw = mem_alloc(raw_n), *packed = mem_alloc(cap);
	memcpy(raw, w->block_lengths, lengths);
	memcpy(raw + lengths, w->texts, w->n_texts);
	size_t n = ZSTD_compressCCtx(w->zstd, packed, cap, raw, raw_n, ZSTD_LEVEL);
	if (ZSTD_isError(n)) abort(); /* the room is enough by its own bound */
	if (n >= raw_n) {
		memcpy(packed, raw, raw_n);
		n = raw_n;
	}
	if (w->n_blocks == w->cap_blocks) {
		w->cap_blocks = w->cap_blocks ? w->cap_blocks * 2 : 256;
		w->blocks = mem_realloc(w->blocks, w->cap_blocks * sizeof *w->blocks);
	}
	w->blocks[w->n_blocks++] = (struct segment_block){w->at, (uint32_t)n, (uint32_t)raw_n, (uint32_t)(w->n - w->block_rows), w->block_rows, XXH3_64bits(packed, n)};
	put_at(w, packed, n);
	mem_free(raw);
	mem_free(packed);
	w->block_rows = 0;
	w->n_texts = 0;
}

static void add_body(struct writer *w, str body)
{
	if (w->n_texts + body.n > w->cap_texts) {
		w->cap_texts = (w->n_texts + body.n) * 2 + BLOCK_RAW_BYTES;
		w->texts = mem_realloc(w->texts, w->cap_texts);
	}
	if (body.n) memcpy(w->texts + w->n_texts, body.p, body.n);
	w->n_texts += body.n;
	w->block_lengths[w->block_rows++] = (uint32_t)body.n;
}

void writer__copy(struct writer *w, const struct log_event *e, str body)
{
	if (w->err != OK || w->n == w->rows_max) return;
	struct segment_footer *f = &w->footer;
	if (w->n == 0) *f = (struct segment_footer){.min_ms = e->time_ms, .max_ms = e->time_ms, .min_arrival = e->arrival, .max_arrival = e->arrival};
	if (e->time_ms < f->min_ms) f->min_ms = e->time_ms;
	if (e->time_ms > f->max_ms) f->max_ms = e->time_ms;
	if (e->arrival < f->min_arrival) f->min_arrival = e->arrival;
	if (e->arrival > f->max_arrival) f->max_arrival = e->arrival;
	columns__put(&w->columns, w->n, e);
	w->keys[w->n] = (struct subject_key){e->key_a, e->key_b};
	add_body(w, body);
	w->n++;
	if (w->n_texts >= BLOCK_RAW_BYTES || w->block_rows == BLOCK_ROWS_MAX) end_block(w);
}

void writer__add(struct writer *w, const struct log_event *e, str body)
{
	properties__read(&w->properties, (uint32_t)w->n, body);
	writer__copy(w, e, body);
}

size_t writer__rows(const struct writer *w)
{
	return w->n;
}

/* ---- sections ------------------------------------------------------------------------------------------------------------ */
static struct section *add_section(struct writer *w, enum section_kind kind, const void *p, size_t n)
{
	if (w->n_sections == w->cap_sections) {
		w->cap_sections = w->cap_sections ? w->cap_sections * 2 : 32;
		w->sections = mem_realloc(w->sections, w->cap_sections * sizeof *w->sections);
	}
	align(w);
	struct section *s = &w->sections[w->n_sections++];
	*s = (struct section){.kind = (uint32_t)kind, .offset = w->at, .bytes = n, .hash = XXH3_64bits(p, n)};
	put_at(w, p, n);
	return s;
}

static int64_t number_at(const void *column, unsigned width, size_t i)
{
	switch (width) {
	case 1: return ((const uint8_t *)column)[i];
	case 2: return ((const uint16_t *)column)[i];
	case 4: return ((const uint32_t *)column)[i];
	default: return ((const int64_t *)column)[i];
	}
}

/* Frame of reference: value = base + unsigned number of the least width that holds the range. */
static void add_raw(struct writer *w, enum column c)
{
	const void *column = w->columns.column[c];
	unsigned native = COLUMN_WIDTH[c];
	int64_t least = number_at(column, native, 0), most = least;
	for (size_t i = 1; i < w->n; i++) {
		int64_t v = number_at(column, native, i);
		if (v < least) least = v;
		if (v > most) most = v;
	}
	unsigned width = values__width(least, most);
	char *packed = mem_alloc(w->n * width + 8);
	for (size_t i = 0; i < w->n; i++) {
		uint64_t v = (uint64_t)number_at(column, native, i) - (uint64_t)least;
		memcpy(packed + i * width, &v, sizeof v);
	}
	struct section *s = add_section(w, (enum section_kind)c, packed, w->n * width);
	s->width = width;
	s->base = least;
	mem_free(packed);
}

/* A type is its place among those that occur, so that a byte is enough for 256 of them whatever their codes. */
static void add_types(struct writer *w)
{
	const uint16_t *type = w->columns.column[COLUMN_TYPE];
	uint16_t *place = mem_zalloc((UINT16_MAX + 1) * sizeof *place), *table = mem_alloc((UINT16_MAX + 1) * sizeof *table);
	size_t types = 0;
	for (size_t i = 0; i < w->n; i++) place[type[i]] = 1;
	for (size_t code = 0; code <= UINT16_MAX; code++) {
		if (!place[code]) continue;
		place[code] = (uint16_t)types;
		table[types++] = (uint16_t)code;
	}
	unsigned width = types == 1 ? 0 : types <= 256 ? 1 : 2;
	unsigned char *packed = mem_alloc(w->n * width + 2);
	for (size_t i = 0; i < w->n && width; i++) memcpy(packed + i * width, &place[type[i]], width);
	add_section(w, SECTION_TYPE, packed, w->n * width)->width = width;
	add_section(w, SECTION_TYPES, table, types * sizeof *table);
	mem_free(packed);
	mem_free(table);
	mem_free(place);
}

static void add_values(struct writer *w, enum column c)
{
	int64_t *value = mem_alloc((w->n + 1) * sizeof *value);
	for (size_t i = 0; i < w->n; i++) value[i] = number_at(w->columns.column[c], COLUMN_WIDTH[c], i);
	struct values_in in = {.n = w->n, .value = value};
	struct buf packed;
	buf_init(&packed, SIZE_MAX / 2);
	values__pack(&in, w->n, &packed);
	add_section(w, (enum section_kind)c, packed.p, packed.n);
	buf_release(&packed);
	mem_free(value);
}

static void add_columns(struct writer *w)
{
	add_raw(w, COLUMN_TIME);
	add_raw(w, COLUMN_RECEIVED);
	add_raw(w, COLUMN_ARRIVAL);
	add_types(w);
	for (int c = COLUMN_CHANNEL; c <= COLUMN_FLAGS; c++) add_values(w, (enum column)c);
}

static void add_subjects(struct writer *w)
{
	uint32_t *subjects, *first;
	size_t n = columns__subjects(w->columns.column[COLUMN_SUBJECT], w->n, &subjects, &first);
	uint32_t *table = mem_alloc((n * 2 + 1) * sizeof *table);
	memcpy(table, subjects, n * sizeof *table);
	memcpy(table + n, first, (n + 1) * sizeof *table);
	add_section(w, SECTION_SUBJECTS, table, (n * 2 + 1) * sizeof *table);
	w->footer.n_subjects = (uint32_t)n;
	mem_free(subjects);
	mem_free(first);
	mem_free(table);
}

struct keyed_row {
	struct subject_key key;
	uint32_t subject, row;
};

static int by_subject_and_key(const void *a, const void *b)
{
	const struct keyed_row *x = a, *y = b;
	if (x->subject != y->subject) return x->subject < y->subject ? -1 : 1;
	if (x->key.a != y->key.a) return x->key.a < y->key.a ? -1 : 1;
	if (x->key.b != y->key.b) return x->key.b < y->key.b ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static void add_keys(struct writer *w)
{
	struct keyed_row *order = mem_alloc((w->n + 1) * sizeof *order);
	uint32_t *rows = mem_alloc((w->n + 1) * sizeof *rows);
	size_t filter_bytes = filter__bytes(w->n);
	uint32_t *filter = mem_zalloc(filter_bytes);
	const uint32_t *subject = w->columns.column[COLUMN_SUBJECT];
	for (size_t i = 0; i < w->n; i++) {
		order[i] = (struct keyed_row){w->keys[i], subject[i], (uint32_t)i};
		filter__add(filter, filter_bytes, w->keys[i]);
	}
	for (size_t from = 0, to; from < w->n; from = to) { /* rows lie by subject already */
		for (to = from + 1; to < w->n && subject[to] == subject[from];) to++;
		if (to - from > 1) qsort(order + from, to - from, sizeof *order, by_subject_and_key);
	}
	for (size_t i = 0; i < w->n; i++) {
		w->keys[i] = order[i].key;
		rows[i] = order[i].row;
	}
	add_section(w, SECTION_KEYS, w->keys, w->n * sizeof *w->keys);
	add_section(w, SECTION_KEY_ROWS, rows, w->n * sizeof *rows);
	add_section(w, SECTION_FILTER, filter, filter_bytes);
	mem_free(filter);
	mem_free(rows);
	mem_free(order);
}

void writer__put_property(struct writer *w, struct property *p)
{
	if (!p->n || w->err != OK) return;
	struct buf packed;
	buf_init(&packed, SIZE_MAX / 2);
	struct values_in in = property__in(p);
	values__pack(&in, w->n, &packed);
	struct section *s = add_section(w, SECTION_PROPERTY, packed.p, packed.n);
	s->name_at = (uint32_t)w->names.n;
	s->name_bytes = (uint32_t)p->name.n;
	buf_add(&w->names, p->name);
	buf_release(&packed);
}

static void add_footer(struct writer *w)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	w->footer.version = SEGMENT_VERSION;
	w->footer.n_sections = (uint32_t)w->n_sections;
	w->footer.rows = w->n;
	w->footer.names_bytes = (uint32_t)w->names.n;
	buf_add_bytes(&out, &w->footer, sizeof w->footer);
	buf_add_bytes(&out, w->sections, w->n_sections * sizeof *w->sections);
	buf_add(&out, buf_str(&w->names));
	while (out.n % 8) buf_byte(&out, 0);
	align(w);
	struct segment_trailer trailer = {w->at, out.n, XXH3_64bits(out.p, out.n), SEGMENT_MAGIC};
	put_at(w, out.p, out.n);
	put_at(w, &trailer, sizeof trailer);
	buf_release(&out);
}

void writer__end_rows(struct writer *w)
{
	end_block(w);
	if (w->err != OK || !w->n) return;
	uint64_t bodies_end = w->at;
	add_columns(w);
	add_subjects(w);
	add_keys(w);
	struct section *bodies = add_section(w, SECTION_BODIES, "", 0);
	bodies->offset = sizeof(struct segment_header);
	bodies->bytes = bodies_end - bodies->offset;
	bodies->hash = 0;
	add_section(w, SECTION_BLOCKS, w->blocks, w->n_blocks * sizeof *w->blocks);
	for (size_t i = 0; i < w->properties.n; i++) writer__put_property(w, w->properties.all[i]);
}

enum err writer__finish(struct writer *w, struct fault *f)
{
	if (w->err == OK && w->n) add_footer(w);
	if (w->err == OK && w->n) {
		w->err = os_sync(w->fd);
		w->error = errno;
	}
	if (w->err == OK) return OK;
	(void)os_fail(f, "write", w->path, w->error);
	return w->err;
}

void writer__free(struct writer *w)
{
	if (!w) return;
	if (w->err != OK || w->n == 0) unlink(w->path);
	os_close(w->fd);
	columns__release(&w->columns);
	properties__release(&w->properties);
	ZSTD_freeCCtx(w->zstd);
	buf_release(&w->names);
	mem_free(w->keys);
	mem_free(w->blocks);
	mem_free(w->texts);
	mem_free(w->sections);
	mem_free(w);
}
