/* Reading a segment. The file is mapped; columns that lie in full width are read in place, the others are decoded once
 * and kept. A section's hash is checked when it is first used; what decides about truth at append (subjects, filter) is
 * checked when the file is opened. Nothing is believed about sizes that the footer's hash does not vouch for, and even
 * so every offset is checked against the file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/log.h"
#include "base/mem.h"
#include "events/store.h"

enum { BLOCK_RAW_MAX = 1 << 30 };

void segment__path(char *path, size_t room, const char *dir, uint64_t number)
{
	snprintf(path, room, "%s/%016llx.seg", dir, (unsigned long long)number);
}

enum err segment__fail(struct segment *s, struct fault *f, const char *what)
{
	if (!atomic_exchange(&s->has_failed, true)) log_error("segment_damaged", F_INT("segment", s->number), F_STR("part", str_of(what)));
	return fault_set(f, ERR_CORRUPT, "", "%s is damaged: %s", s->path, what);
}

/* ---- opening ---------------------------------------------------------------------------------------------------------- */
static bool read_footer(struct segment *s)
{
	const struct segment_header *h = (const struct segment_header *)(const void *)s->map.p;
	if (s->map.n < sizeof *h + sizeof(struct segment_footer) + sizeof(struct segment_trailer)) return false;
	if (memcmp(h->magic, SEGMENT_MAGIC, sizeof h->magic) != 0 || h->version != SEGMENT_VERSION || h->hash != XXH3_64bits(h, offsetof(struct segment_header, hash))) return false;
	struct segment_trailer t;
	size_t end = s->map.n - sizeof t;
	memcpy(&t, s->map.p + end, sizeof t);
	if (memcmp(t.magic, SEGMENT_MAGIC, sizeof t.magic) != 0 || t.footer_at % SEGMENT_ALIGN || t.footer_at < sizeof *h || t.footer_at > end || t.footer_bytes != end - t.footer_at) return false;
	const unsigned char *footer = s->map.p + t.footer_at;
	if (t.footer_bytes < sizeof s->footer || XXH3_64bits(footer, t.footer_bytes) != t.footer_hash) return false;
	memcpy(&s->footer, footer, sizeof s->footer);
	uint64_t need = sizeof s->footer + (uint64_t)s->footer.n_sections * sizeof(struct section) + s->footer.names_bytes;
	if (s->footer.version != SEGMENT_VERSION || need > t.footer_bytes || s->footer.rows == 0 || s->footer.rows > UINT32_MAX) return false;
	s->sections = (const struct section *)(const void *)(footer + sizeof s->footer);
	s->names = (const char *)(s->sections + s->footer.n_sections);
	s->n = s->footer.rows;
	for (uint32_t i = 0; i < s->footer.n_sections; i++) {
		const struct section *one = &s->sections[i];
		if (one->kind >= SECTION_KINDS || one->offset > t.footer_at || one->bytes > t.footer_at - one->offset || one->offset % 8) return false;
		if ((uint64_t)one->name_at + one->name_bytes > s->footer.names_bytes) return false;
		if (one->kind != SECTION_PROPERTY) s->by_kind[one->kind] = one;
	}
	return true;
}

static bool sizes_are_right(const struct segment *s)
{
	for (int kind = 0; kind < SECTION_PROPERTY; kind++)
		if (!s->by_kind[kind]) return false;
	for (int c = 0; c < COLUMN_COUNT; c++) {
		uint32_t width = s->by_kind[c]->width;
		if ((width & (width - 1)) || width > COLUMN_WIDTH[c] || s->by_kind[c]->bytes != s->n * width) return false;
	}
	return s->by_kind[SECTION_SUBJECT]->width == 4 && s->by_kind[SECTION_SUBJECTS]->bytes == ((uint64_t)s->footer.n_subjects * 2 + 1) * sizeof(uint32_t) &&
	       s->by_kind[SECTION_KEYS]->bytes == s->n * sizeof(struct subject_key) && s->by_kind[SECTION_KEY_ROWS]->bytes == s->n * sizeof(uint32_t) &&
	       s->by_kind[SECTION_FILTER]->bytes % FILTER_BLOCK == 0 && s->by_kind[SECTION_FILTER]->bytes > 0 && s->by_kind[SECTION_BLOCKS]->bytes % sizeof(struct segment_block) == 0;
}

static bool subjects_ascend(const struct segment *s)
{
	uint32_t n = s->footer.n_subjects;
	for (uint32_t i = 0; i < n; i++) {
		if (i && s->subjects[i] <= s->subjects[i - 1]) return false;
		if (s->subject_rows[i] >= s->subject_rows[i + 1] || s->subject_rows[i + 1] > s->n) return false;
	}
	return n > 0 && s->subject_rows[0] == 0 && s->subject_rows[n] == s->n;
}

static const void *at_section(const struct segment *s, enum section_kind kind)
{
	return s->map.p + s->by_kind[kind]->offset;
}

static enum err examine(struct segment *s, struct fault *f)
{
	if (!read_footer(s)) return segment__fail(s, f, "header or footer");
	if (!sizes_are_right(s)) return segment__fail(s, f, "table of sections");
	TRY(segment__section(s, SECTION_SUBJECTS, f));
	TRY(segment__section(s, SECTION_FILTER, f));
	s->subjects = at_section(s, SECTION_SUBJECTS);
	s->subject_rows = s->subjects + s->footer.n_subjects;
	if (!subjects_ascend(s)) return segment__fail(s, f, "table of subjects");
	s->filter = at_section(s, SECTION_FILTER);
	s->filter_bytes = s->by_kind[SECTION_FILTER]->bytes;
	s->properties = mem_zalloc((s->footer.n_sections + 1) * sizeof *s->properties);
	return OK;
}

enum err segment__open(const char *dir, uint64_t number, struct segment **out, struct fault *f)
{
	char path[4096];
	segment__path(path, sizeof path, dir, number);
	struct segment *s = MEM_NEW(struct segment);
	atomic_init(&s->refs, 1);
	s->number = number;
	s->path = mem_alloc(strlen(path) + 1);
	memcpy(s->path, path, strlen(path) + 1);
	pthread_mutex_init(&s->lock, NULL);
	enum err e = os_map(path, &s->map);
	if (e == ERR_NOT_FOUND) e = segment__fail(s, f, "the file is missing");
	else if (e == OK) e = examine(s, f);
	else {
		os_fail(f, "map", path, errno);
		segment__release(s);
		return e;
	}
	s->is_damaged = e != OK;
	*out = s;
	return OK;
}

enum err segment__open_made(struct events *ev, uint64_t number, struct segment **out, struct fault *f)
{
	*out = NULL;
	TRY(segment__open(ev->dir, number, out, f));
	(*out)->decoded_total = &ev->decoded_bytes;
	if (!(*out)->is_damaged) return OK;
	segment__release(*out);
	*out = NULL;
	return ERR_IO; /* not ERR_CORRUPT: what it was made of is still there, and it will be made again */
}

struct segment *segment__retain(struct segment *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

static void drop_decoded(struct segment *s)
{
	for (int c = 0; c < COLUMN_COUNT; c++) {
		if (s->owned[c]) s->column[c] = NULL;
		mem_free(s->owned[c]);
		s->owned[c] = NULL;
	}
	for (uint32_t i = 0; s->properties && i < s->footer.n_sections; i++) property__release(&s->properties[i]);
	if (s->decoded_total) atomic_fetch_sub(s->decoded_total, s->decoded_bytes);
	s->decoded_bytes = 0;
}

void segment__trim(struct segment *s)
{
	pthread_mutex_lock(&s->lock);
	if (s->viewers == 0) drop_decoded(s);
	pthread_mutex_unlock(&s->lock);
}

void segment__release(struct segment *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1) return;
	drop_decoded(s);
	mem_free(s->properties);
	os_unmap(&s->map);
	pthread_mutex_destroy(&s->lock);
	mem_free(s->path);
	mem_free(s);
}

/* ---- columns ------------------------------------------------------------------------------------------------------------ */
enum err segment__section(struct segment *s, enum section_kind kind, struct fault *f)
{
	static const char *const words[SECTION_PROPERTY] = {"subjects of rows", "times", "times of arrival", "order of arrival", "types", "channels", "sources", "purposes", "imports", "flags",
	                                                    "table of subjects", "message keys", "rows of message keys", "filter", "bodies", "table of blocks"};
	pthread_mutex_lock(&s->lock);
	if (!s->checked[kind]) s->checked[kind] = kind == SECTION_BODIES || XXH3_64bits(at_section(s, kind), s->by_kind[kind]->bytes) == s->by_kind[kind]->hash ? 1 : 2;
	bool is_right = s->checked[kind] == 1;
	pthread_mutex_unlock(&s->lock);
	return is_right ? OK : segment__fail(s, f, words[kind]);
}

#define DECODE(to_type, from_type)                                                                                          \
	for (size_t i = 0; i < n; i++) ((to_type *)to)[i] = (to_type)((uint64_t)base + (from_type)((const from_type *)from)[i])
#define DECODE_TO(to_type)                                          \
	switch (width) {                                                \
	case 0:                                                         \
		for (size_t i = 0; i < n; i++) ((to_type *)to)[i] = (to_type)base; \
		break;                                                      \
	case 1: DECODE(to_type, uint8_t); break;                        \
	case 2: DECODE(to_type, uint16_t); break;                       \
	case 4: DECODE(to_type, uint32_t); break;                       \
	default: break;                                                 \
	}

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): one case an encoding, flat */
static void decode(void *to, unsigned native, const void *from, unsigned width, int64_t base, size_t n)
{
	switch (native) {
	case 1: DECODE_TO(uint8_t) break;
	case 2: DECODE_TO(uint16_t) break;
	case 4: DECODE_TO(uint32_t) break;
	default: DECODE_TO(uint64_t) break;
	}
}

static void count_decoded(struct segment *s, size_t bytes)
{
	s->decoded_bytes += bytes;
	if (s->decoded_total) atomic_fetch_add(s->decoded_total, bytes);
}

enum err segment__column(struct segment *s, enum column c, const void **out, struct fault *f)
{
	TRY(segment__section(s, (enum section_kind)c, f));
	const struct section *section = s->by_kind[c];
	pthread_mutex_lock(&s->lock);
	if (!s->column[c]) {
		if (section->width == COLUMN_WIDTH[c]) {
			s->column[c] = at_section(s, (enum section_kind)c);
		} else {
			s->owned[c] = mem_alloc(s->n * COLUMN_WIDTH[c]);
			decode(s->owned[c], COLUMN_WIDTH[c], at_section(s, (enum section_kind)c), section->width, section->base, s->n);
			s->column[c] = s->owned[c];
			count_decoded(s, s->n * COLUMN_WIDTH[c]);
		}
	}
	*out = s->column[c];
	pthread_mutex_unlock(&s->lock);
	return OK;
}

bool segment__find(const struct segment *s, uint32_t subject, size_t *first, size_t *count)
{
	size_t low = 0, high = s->footer.n_subjects;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (s->subjects[middle] < subject) low = middle + 1;
		else high = middle;
	}
	if (low == s->footer.n_subjects || s->subjects[low] != subject) return false;
	*first = s->subject_rows[low];
	*count = s->subject_rows[low + 1] - s->subject_rows[low];
	return true;
}

/* The key's section of a damaged segment cannot say no for certain: then the event is taken as new, since storing one
 * twice is better than losing one. */
bool segment__has_key(struct segment *s, uint32_t subject, struct subject_key key, const struct erased *erased)
{
	size_t low, count;
	if (!segment__find(s, subject, &low, &count) || segment__section(s, SECTION_KEYS, NULL) != OK || segment__section(s, SECTION_KEY_ROWS, NULL) != OK) return false;
	const struct subject_key *keys = at_section(s, SECTION_KEYS);
	const uint32_t *rows = at_section(s, SECTION_KEY_ROWS);
	size_t end = low + count, high = end;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (keys[middle].a < key.a || (keys[middle].a == key.a && keys[middle].b < key.b)) low = middle + 1;
		else high = middle;
	}
	for (; low < end && keys[low].a == key.a && keys[low].b == key.b; low++) {
		const void *imports;
		if (!erased->n_imports) return true;
		if (rows[low] >= s->n || segment__column(s, COLUMN_IMPORT, &imports, NULL) != OK) return true;
		if (!erased__has(erased, subject, ((const uint32_t *)imports)[rows[low]])) return true;
	}
	return false;
}

/* ---- properties and bodies ------------------------------------------------------------------------------------------------- */
enum err segment__property(struct segment *s, str name, struct property_arrays *out, bool *found, struct fault *f)
{
	*found = false;
	enum err e = OK;
	for (uint32_t i = 0; i < s->footer.n_sections && e == OK && !*found; i++) {
		const struct section *one = &s->sections[i];
		if (one->kind != SECTION_PROPERTY || !str_eq((str){s->names + one->name_at, one->name_bytes}, name)) continue;
		str packed = {(const char *)s->map.p + one->offset, one->bytes};
		pthread_mutex_lock(&s->lock);
		if (!s->properties[i].kind) {
			if (XXH3_64bits(packed.p, packed.n) != one->hash || !property__unpack(packed, s->n, &s->properties[i])) {
				property__release(&s->properties[i]);
				e = ERR_CORRUPT;
			} else {
				count_decoded(s, s->n * (1 + (s->properties[i].number ? sizeof(struct decimal) : 0) + (s->properties[i].real ? 8 : 0) + (s->properties[i].text ? 4 : 0)));
			}
		}
		*out = s->properties[i];
		*found = e == OK;
		pthread_mutex_unlock(&s->lock);
	}
	return e == OK ? OK : segment__fail(s, f, "a property");
}

static enum err read_block(struct segment *s, struct block_reader *r, size_t block, struct fault *f)
{
	const struct segment_block *b = (const struct segment_block *)at_section(s, SECTION_BLOCKS) + block;
	const struct section *bodies = s->by_kind[SECTION_BODIES];
	r->block = 0;
	if (b->offset < bodies->offset || b->offset - bodies->offset > bodies->bytes || b->bytes > bodies->bytes - (b->offset - bodies->offset) || b->raw_bytes > BLOCK_RAW_MAX ||
	    (uint64_t)b->rows * sizeof(uint32_t) > b->raw_bytes || XXH3_64bits(s->map.p + b->offset, b->bytes) != b->hash)
		return segment__fail(s, f, "a block of bodies");
	if (r->cap < b->raw_bytes + (size_t)READ_SLACK) {
		r->cap = b->raw_bytes + (size_t)READ_SLACK;
		r->raw = mem_realloc(r->raw, r->cap);
	}
	if (ZSTD_decompress(r->raw, b->raw_bytes, s->map.p + b->offset, b->bytes) != b->raw_bytes) return segment__fail(s, f, "a block of bodies");
	memset(r->raw + b->raw_bytes, 0, READ_SLACK);
	r->block = block + 1;
	return OK;
}

enum err segment__body(struct segment *s, struct block_reader *r, size_t row, str *out, struct fault *f)
{
	TRY(segment__section(s, SECTION_BLOCKS, f));
	const struct segment_block *blocks = at_section(s, SECTION_BLOCKS);
	size_t n = s->by_kind[SECTION_BLOCKS]->bytes / sizeof *blocks, low = 0, high = n;
	while (low < high) { /* the first block that begins behind the row */
		size_t middle = (low + high) / 2;
		if (blocks[middle].first_row <= row) low = middle + 1;
		else high = middle;
	}
	if (low == 0 || row - blocks[low - 1].first_row >= blocks[low - 1].rows) return segment__fail(s, f, "table of blocks");
	const struct segment_block *b = &blocks[low - 1];
	if (r->block != low) TRY(read_block(s, r, low - 1, f));
	const uint32_t *ends = (const uint32_t *)(const void *)r->raw;
	size_t i = row - b->first_row, texts = b->rows * sizeof *ends, start = i ? ends[i - 1] : 0;
	if (ends[i] < start || ends[i] > b->raw_bytes - texts) return segment__fail(s, f, "a block of bodies");
	*out = (str){r->raw + texts + start, ends[i] - start};
	return OK;
}

/* ---- sets of segments --------------------------------------------------------------------------------------------------------- */
struct segments *segments__new(struct segment **v, size_t n)
{
	struct segments *s = mem_alloc(sizeof *s + n * sizeof *s->v);
	atomic_init(&s->refs, 1);
	s->n = n;
	for (size_t i = 0; i < n; i++) s->v[i] = segment__retain(v[i]);
	return s;
}

struct segments *segments__retain(struct segments *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void segments__release(struct segments *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1) return;
	for (size_t i = 0; i < s->n; i++) segment__release(s->v[i]);
	mem_free(s);
}
