/* Reading a segment. The file is mapped and scanned as it lies; who wants plain arrays has columns decoded once and
 * kept. A section's hash is checked when it is first used; what decides about truth at append (subjects, filter) is
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
	for (int kind = SECTION_TIME; kind <= SECTION_TYPE; kind++)
		if (s->by_kind[kind]->width > COLUMN_WIDTH[kind] || s->by_kind[kind]->bytes != s->n * s->by_kind[kind]->width) return false;
	for (int kind = SECTION_CHANNEL; kind <= SECTION_FLAGS; kind++)
		if (s->by_kind[kind]->bytes < sizeof(struct values_header)) return false;
	uint64_t types = s->by_kind[SECTION_TYPES]->bytes / sizeof(uint16_t);
	return types > 0 && types <= UINT16_MAX && s->by_kind[SECTION_TYPES]->bytes % sizeof(uint16_t) == 0 &&
	       s->by_kind[SECTION_SUBJECTS]->bytes == ((uint64_t)s->footer.n_subjects * 2 + 1) * sizeof(uint32_t) &&
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
	s->values = mem_zalloc((s->footer.n_sections + 1) * sizeof *s->values);
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
	mem_free(s->values);
	os_unmap(&s->map);
	pthread_mutex_destroy(&s->lock);
	mem_free(s->path);
	mem_free(s);
}

/* ---- columns ------------------------------------------------------------------------------------------------------------ */
/* What a hash cannot promise: that the places of types lie within their table. Under the lock. */
static bool types_are_right(const struct segment *s)
{
	const struct section *column = s->by_kind[SECTION_TYPE], *table = s->by_kind[SECTION_TYPES];
	uint64_t n = table->bytes / sizeof(uint16_t), most = 0;
	const unsigned char *p = at_section(s, SECTION_TYPE);
	for (size_t i = 0; column->width == 1 && i < s->n; i++) most = p[i] > most ? p[i] : most;
	for (size_t i = 0; column->width == 2 && i < s->n; i++) most = ((const uint16_t *)(const void *)p)[i] > most ? ((const uint16_t *)(const void *)p)[i] : most;
	return column->base == 0 && most < n;
}

enum err segment__section(struct segment *s, enum section_kind kind, struct fault *f)
{
	static const char *const words[SECTION_PROPERTY] = {"times", "times of arrival", "order of arrival", "types", "channels", "sources", "purposes", "imports", "flags",
	                                                    "table of types", "table of subjects", "message keys", "rows of message keys", "filter", "bodies", "table of blocks"};
	pthread_mutex_lock(&s->lock);
	if (!s->checked[kind]) {
		bool is_right = kind == SECTION_BODIES || XXH3_64bits(at_section(s, kind), s->by_kind[kind]->bytes) == s->by_kind[kind]->hash;
		if (is_right && kind == SECTION_TYPE) is_right = types_are_right(s);
		s->checked[kind] = is_right ? 1 : 2;
	}
	bool is_right = s->checked[kind] == 1;
	pthread_mutex_unlock(&s->lock);
	return is_right ? OK : segment__fail(s, f, words[kind]);
}

enum err segment__raw(struct segment *s, enum section_kind kind, struct events_raw *out, struct fault *f)
{
	TRY(segment__section(s, kind, f));
	*out = values__raw(at_section(s, kind), s->by_kind[kind]->width, s->by_kind[kind]->base);
	return OK;
}

/* Opened once; s->values holds them. Under the lock. */
static bool open_values(struct segment *s, size_t i)
{
	if (s->values[i].n) return true;
	const struct section *one = &s->sections[i];
	str packed = {(const char *)s->map.p + one->offset, one->bytes};
	struct events_values v;
	if (XXH3_64bits(packed.p, packed.n) != one->hash || !values__open(packed, s->n, &v)) return false;
	s->values[i] = v;
	return true;
}

enum err segment__values(struct segment *s, enum section_kind kind, struct events_values *out, struct fault *f)
{
	size_t i = (size_t)(s->by_kind[kind] - s->sections);
	pthread_mutex_lock(&s->lock);
	bool is_right = open_values(s, i) && !s->values[i].is_sparse && s->values[i].kind == EVENTS_DECIMAL;
	if (is_right) *out = s->values[i];
	pthread_mutex_unlock(&s->lock);
	return is_right ? OK : segment__fail(s, f, "a column");
}

static void count_decoded(struct segment *s, size_t bytes)
{
	s->decoded_bytes += bytes;
	if (s->decoded_total) atomic_fetch_add(s->decoded_total, bytes);
}

static void put_native(void *to, unsigned width, size_t i, uint64_t v)
{
	switch (width) {
	case 1: ((uint8_t *)to)[i] = (uint8_t)v; break;
	case 2: ((uint16_t *)to)[i] = (uint16_t)v; break;
	case 4: ((uint32_t *)to)[i] = (uint32_t)v; break;
	default: ((uint64_t *)to)[i] = v;
	}
}

static void decode_subjects(const struct segment *s, uint32_t *to)
{
	for (uint32_t k = 0; k < s->footer.n_subjects; k++)
		for (uint32_t i = s->subject_rows[k]; i < s->subject_rows[k + 1]; i++) to[i] = s->subjects[k];
}

static void decode_values(const struct events_values *v, void *to, unsigned width)
{
	struct events_walk w;
	events_walk(&w, v, 0);
	for (size_t i = 0; i < v->n; i++) put_native(to, width, i, (uint64_t)events_raw_at(&v->value, events_walk_next(&w, (uint32_t)i)));
}

static enum err decode(struct segment *s, enum column c, void *to, struct fault *f)
{
	struct events_values v;
	struct events_raw raw;
	if (c == COLUMN_SUBJECT) {
		decode_subjects(s, to);
	} else if (c >= COLUMN_CHANNEL) {
		TRY(segment__values(s, (enum section_kind)c, &v, f));
		decode_values(&v, to, COLUMN_WIDTH[c]);
	} else {
		TRY(segment__raw(s, (enum section_kind)c, &raw, f));
		if (c == COLUMN_TYPE) TRY(segment__section(s, SECTION_TYPES, f));
		const uint16_t *types = at_section(s, SECTION_TYPES);
		for (size_t i = 0; i < s->n; i++) {
			uint64_t value = (uint64_t)events_raw_at(&raw, i);
			put_native(to, COLUMN_WIDTH[c], i, c == COLUMN_TYPE ? types[value] : value);
		}
	}
	return OK;
}

enum err segment__column(struct segment *s, enum column c, const void **out, struct fault *f)
{
	pthread_mutex_lock(&s->lock);
	*out = s->column[c];
	pthread_mutex_unlock(&s->lock);
	if (*out) return OK;
	void *decoded = mem_alloc(s->n * COLUMN_WIDTH[c] + 8);
	enum err e = decode(s, c, decoded, f);
	pthread_mutex_lock(&s->lock);
	if (e == OK && !s->column[c]) { /* two may have decoded it at the same time */
		s->column[c] = s->owned[c] = decoded;
		count_decoded(s, s->n * COLUMN_WIDTH[c]);
		decoded = NULL;
	}
	*out = s->column[c];
	pthread_mutex_unlock(&s->lock);
	mem_free(decoded);
	return e;
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
		struct events_values imports;
		if (!erased->n_imports) return true;
		if (rows[low] >= s->n || segment__values(s, SECTION_IMPORT, &imports, NULL) != OK) return true;
		if (!erased__has(erased, subject, (uint32_t)events_raw_at(&imports.value, events_value_slot(&imports, rows[low])))) return true;
	}
	return false;
}

/* ---- properties and bodies ------------------------------------------------------------------------------------------------- */
static bool find_property(const struct segment *s, str name, size_t *out)
{
	for (uint32_t i = 0; i < s->footer.n_sections; i++) {
		const struct section *one = &s->sections[i];
		*out = i;
		if (one->kind == SECTION_PROPERTY && str_eq((str){s->names + one->name_at, one->name_bytes}, name)) return true;
	}
	return false;
}

bool segment__has_property(const struct segment *s, str name)
{
	size_t i;
	return find_property(s, name, &i);
}

enum err segment__property(struct segment *s, str name, struct events_values *out, bool *found, struct fault *f)
{
	size_t i;
	*found = find_property(s, name, &i);
	if (!*found) return OK;
	pthread_mutex_lock(&s->lock);
	bool is_right = open_values(s, i);
	if (is_right) *out = s->values[i];
	pthread_mutex_unlock(&s->lock);
	return is_right ? OK : segment__fail(s, f, "a property");
}

enum err segment__property_arrays(struct segment *s, str name, struct property_arrays *out, bool *found, struct fault *f)
{
	struct events_values v;
	size_t i;
	TRY(segment__property(s, name, &v, found, f));
	if (!*found || !find_property(s, name, &i)) return OK;
	pthread_mutex_lock(&s->lock);
	if (!s->properties[i].kind) {
		values__expand(&v, &s->properties[i]);
		count_decoded(s, s->n * (1 + (s->properties[i].number ? sizeof(struct decimal) : 0) + (s->properties[i].real ? 8 : 0) + (s->properties[i].text ? 4 : 0)));
	}
	*out = s->properties[i];
	pthread_mutex_unlock(&s->lock);
	return OK;
}

static bool unpack_block(struct segment *s, const struct segment_block *b, char *to)
{
	if (b->bytes == b->raw_bytes) {
		memcpy(to, s->map.p + b->offset, b->raw_bytes);
		return true;
	}
	return ZSTD_decompress(to, b->raw_bytes, s->map.p + b->offset, b->bytes) == b->raw_bytes;
}

/* Lengths become ends, in place. */
static bool sum_lengths(uint32_t *ends, const struct segment_block *b)
{
	uint64_t end = 0, texts = b->raw_bytes - b->rows * sizeof *ends;
	for (uint32_t i = 0; i < b->rows; i++) {
		end += ends[i];
		if (end > texts) return false;
		ends[i] = (uint32_t)end;
	}
	return true;
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
	if (!unpack_block(s, b, r->raw)) return segment__fail(s, f, "a block of bodies");
	memset(r->raw + b->raw_bytes, 0, READ_SLACK);
	if (!sum_lengths((uint32_t *)(void *)r->raw, b)) return segment__fail(s, f, "a block of bodies");
	r->block = block + 1;
	r->first_row = b->first_row;
	r->rows = b->rows;
	return OK;
}

static enum err find_block(struct segment *s, size_t row, size_t *out, struct fault *f)
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
	*out = low - 1;
	return OK;
}

enum err segment__body(struct segment *s, struct block_reader *r, size_t row, str *out, struct fault *f)
{
	if (!r->block || row < r->first_row || row - r->first_row >= r->rows) {
		size_t block = 0;
		TRY(find_block(s, row, &block, f));
		TRY(read_block(s, r, block, f));
	}
	const uint32_t *ends = (const uint32_t *)(const void *)r->raw;
	size_t i = row - r->first_row, start = i ? ends[i - 1] : 0;
	*out = (str){r->raw + r->rows * sizeof *ends + start, ends[i] - start};
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
