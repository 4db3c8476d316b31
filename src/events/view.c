/* A view holds what the store was at one instant: the segments, and how far each slice of the memory tables had been
 * filled. Opening it counts references and copies pointers; sorting, decoding and filtering wait until asked for. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "events/store.h"

struct kept_property { /* of a part of which something is erased, or arrays of one in memory */
	struct kept_property *next;
	str name; /* owned */
	bool is_none;
	struct value_arrays own;
	struct events_values values;
	struct property_arrays arrays; /* when somebody asked for them */
};
struct events_part {
	struct events_view *view;
	struct segment *segment; /* or a slice of a table */
	struct table *table;
	struct slice *slice;
	size_t slice_rows;
	pthread_mutex_t lock; /* for all that follows */
	bool is_ready;
	enum err err;
	struct image *image;
	size_t n;
	uint32_t *kept;       /* rows that are not erased; NULL: all */
	void *column[COLUMN_COUNT]; /* of the kept rows */
	uint32_t *subjects, *first; /* of the kept rows */
	size_t n_subjects;
	int64_t min_ms, max_ms;     /* of the kept rows, once known */
	struct kept_property *properties;
	struct block_reader bodies;
};
struct events_view {
	struct events *ev;
	struct segments *segments;
	struct table **tables;
	size_t n_tables;
	struct erased *erased;
	uint64_t position;
	bool is_partial;
	size_t n;
	struct events_part *parts;
};

static void add_part(struct events_view *v, struct events_part part)
{
	struct events_part *p = &v->parts[v->n++];
	*p = part;
	p->view = v;
	p->min_ms = INT64_MAX;
	p->max_ms = INT64_MIN;
	pthread_mutex_init(&p->lock, NULL);
}

enum err events_view_open(struct events *ev, struct events_view **out, struct fault *f)
{
	(void)f;
	struct events_view *v = MEM_NEW(struct events_view);
	v->ev = ev;
	pthread_mutex_lock(&ev->lock);
	v->segments = segments__retain(ev->segments);
	v->erased = erased__retain(ev->erased);
	v->position = ev->durable;
	v->tables = mem_alloc((ev->n_tables + 1) * sizeof *v->tables);
	size_t parts = v->segments->n;
	for (size_t i = 0; i < ev->n_tables; i++) {
		struct table *t = ev->tables[i];
		if (!t->published) continue;
		v->tables[v->n_tables++] = table__retain(t);
		parts += (t->published + SLICE_ROWS - 1) / SLICE_ROWS;
	}
	v->parts = mem_alloc((parts + 1) * sizeof *v->parts);
	for (size_t i = 0; i < v->segments->n; i++) {
		struct segment *s = v->segments->v[i];
		if (s->is_damaged || atomic_load(&s->has_failed)) v->is_partial = true;
		if (!s->is_damaged) add_part(v, (struct events_part){.segment = s});
	}
	for (size_t i = 0; i < v->n_tables; i++) {
		struct table *t = v->tables[i];
		for (size_t from = 0; from < t->published; from += SLICE_ROWS) {
			size_t rows = t->published - from < SLICE_ROWS ? t->published - from : SLICE_ROWS;
			add_part(v, (struct events_part){.table = t, .slice = t->slices[from / SLICE_ROWS], .slice_rows = rows});
		}
	}
	pthread_mutex_unlock(&ev->lock);
	for (size_t i = 0; i < v->segments->n; i++) {
		pthread_mutex_lock(&v->segments->v[i]->lock);
		v->segments->v[i]->viewers++;
		pthread_mutex_unlock(&v->segments->v[i]->lock);
	}
	*out = v;
	return OK;
}

static void release_part(struct events_part *p)
{
	image__release(p->image);
	mem_free(p->kept);
	mem_free(p->subjects);
	mem_free(p->first);
	for (int c = 0; c < COLUMN_COUNT; c++) mem_free(p->column[c]);
	for (struct kept_property *k = p->properties, *next; k; k = next) {
		next = k->next;
		values__release(&k->own);
		property__release(&k->arrays);
		mem_free((void *)(uintptr_t)k->name.p);
		mem_free(k);
	}
	mem_free(p->bodies.raw);
	pthread_mutex_destroy(&p->lock);
}

void events_view_close(struct events_view *v)
{
	if (!v) return;
	for (size_t i = 0; i < v->n; i++) release_part(&v->parts[i]);
	bool is_much = atomic_load(&v->ev->decoded_bytes) > DECODED_BYTES_MAX;
	for (size_t i = 0; i < v->segments->n; i++) {
		pthread_mutex_lock(&v->segments->v[i]->lock);
		v->segments->v[i]->viewers--;
		pthread_mutex_unlock(&v->segments->v[i]->lock);
		if (is_much) segment__trim(v->segments->v[i]);
	}
	for (size_t i = 0; i < v->n_tables; i++) table__release(v->tables[i]);
	segments__release(v->segments);
	erased__release(v->erased);
	mem_free(v->tables);
	mem_free(v->parts);
	mem_free(v);
}

uint64_t events_view_position(const struct events_view *v)
{
	return v->position;
}

bool events_view_is_partial(const struct events_view *v)
{
	return v->is_partial;
}

size_t events_view_parts(const struct events_view *v)
{
	return v->n;
}

struct events_part *events_view_part(struct events_view *v, size_t i)
{
	return &v->parts[i];
}

/* ---- what of a part is left when the erased is taken out; under the part's lock ------------------------------------------ */
static enum err all_of(struct events_part *p, enum column c, const void **out, struct fault *f)
{
	if (p->segment) return segment__column(p->segment, c, out, f);
	*out = p->image->columns.column[c];
	return OK;
}

static bool may_hold_erased(const struct events_part *p)
{
	const struct erased *erased = p->view->erased;
	if (erased__is_empty(erased)) return false;
	if (!p->segment || erased->n_imports) return true;
	size_t first, count;
	for (size_t i = 0; i < erased->n_subjects; i++)
		if (segment__find(p->segment, erased->subjects[i], &first, &count)) return true;
	return false;
}

static enum err leave_out(struct events_part *p, struct fault *f)
{
	const void *subjects, *imports = NULL;
	const struct erased *erased = p->view->erased;
	TRY(all_of(p, COLUMN_SUBJECT, &subjects, f));
	if (erased->n_imports) TRY(all_of(p, COLUMN_IMPORT, &imports, f));
	uint32_t *kept = mem_alloc((p->n + 1) * sizeof *kept);
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		if (!erased__has(erased, ((const uint32_t *)subjects)[i], imports ? ((const uint32_t *)imports)[i] : 0)) kept[n++] = (uint32_t)i;
	if (n == p->n) {
		mem_free(kept);
		return OK;
	}
	p->kept = kept;
	p->n = n;
	return OK;
}

static enum err ready(struct events_part *p, struct fault *f)
{
	if (p->is_ready && p->err == OK) return OK;
	if (p->segment) p->n = p->segment->n;
	else if (!p->image) p->image = table__image(p->table, p->slice, p->slice_rows);
	if (p->image) p->n = p->image->n;
	p->err = may_hold_erased(p) ? leave_out(p, f) : OK;
	p->is_ready = true;
	if (p->err != OK) p->n = 0;
	return p->err;
}

static enum err column(struct events_part *p, enum column c, const void **out, struct fault *f)
{
	if (p->column[c]) {
		*out = p->column[c];
		return OK;
	}
	TRY(all_of(p, c, out, f));
	if (!p->kept) return OK;
	p->column[c] = mem_alloc(p->n * COLUMN_WIDTH[c] + 8);
	columns__gather(p->column[c], *out, p->kept, p->n, COLUMN_WIDTH[c]);
	*out = p->column[c];
	return OK;
}

size_t events_part_rows(const struct events_part *part)
{
	struct events_part *p = (struct events_part *)(uintptr_t)part; /* what is decoded is no part of what it is */
	pthread_mutex_lock(&p->lock);
	(void)ready(p, NULL);
	size_t n = p->n;
	pthread_mutex_unlock(&p->lock);
	return n;
}

/* Of the rows that are kept; those of the segment when they cannot be read. Under the lock. */
static void find_kept_bounds(struct events_part *p)
{
	const void *times;
	p->min_ms = p->segment ? p->segment->footer.min_ms : p->image->min_ms;
	p->max_ms = p->segment ? p->segment->footer.max_ms : p->image->max_ms;
	if (p->n == 0 || column(p, COLUMN_TIME, &times, NULL) != OK) return;
	const int64_t *t = times;
	p->min_ms = p->max_ms = t[0];
	for (size_t i = 1; i < p->n; i++) {
		if (t[i] < p->min_ms) p->min_ms = t[i];
		if (t[i] > p->max_ms) p->max_ms = t[i];
	}
}

static int64_t bound(const struct events_part *part, bool is_max)
{
	struct events_part *p = (struct events_part *)(uintptr_t)part;
	(void)events_part_rows(part);
	if (!p->kept && p->segment) return is_max ? p->segment->footer.max_ms : p->segment->footer.min_ms;
	if (!p->kept) return is_max ? p->image->max_ms : p->image->min_ms;
	pthread_mutex_lock(&p->lock);
	if (p->min_ms > p->max_ms) find_kept_bounds(p);
	pthread_mutex_unlock(&p->lock);
	return is_max ? p->max_ms : p->min_ms;
}

int64_t events_part_min_ms(const struct events_part *p)
{
	return bound(p, false);
}

int64_t events_part_max_ms(const struct events_part *p)
{
	return bound(p, true);
}

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): one step a column, flat */
static enum err columns_of(struct events_part *p, unsigned want, struct events_columns *out, struct fault *f)
{
	const void *v;
	TRY(ready(p, f));
	*out = (struct events_columns){.n = p->n};
	TRY(column(p, COLUMN_SUBJECT, &v, f));
	out->subject = v;
#define WANT(bit, name, which)                  \
	if (want & (bit)) {                         \
		TRY(column(p, which, &v, f));           \
		out->name = v;                          \
	}
	WANT(EVENTS_TIME, time_ms, COLUMN_TIME)
	WANT(EVENTS_ARRIVAL, arrival, COLUMN_ARRIVAL)
	WANT(EVENTS_TYPE, type, COLUMN_TYPE)
	WANT(EVENTS_CHANNEL, channel, COLUMN_CHANNEL)
	WANT(EVENTS_SOURCE, source, COLUMN_SOURCE)
	WANT(EVENTS_PURPOSES, purposes, COLUMN_PURPOSES)
	WANT(EVENTS_IMPORT, import, COLUMN_IMPORT)
	WANT(EVENTS_FLAGS, flags, COLUMN_FLAGS)
#undef WANT
	return OK;
}

enum err events_part_columns(struct events_part *p, unsigned want, struct events_columns *out, struct fault *f)
{
	pthread_mutex_lock(&p->lock);
	enum err e = columns_of(p, want, out, f);
	pthread_mutex_unlock(&p->lock);
	return e;
}

/* ---- as they lie --------------------------------------------------------------------------------------------------------- */
static uint16_t every_code[TYPES_MAX];
static pthread_once_t every_code_once = PTHREAD_ONCE_INIT;

static void list_every_code(void)
{
	for (size_t i = 0; i < TYPES_MAX; i++) every_code[i] = (uint16_t)i;
}

static const struct {
	unsigned want;
	enum column column;
	size_t raw_at, values_at; /* one of them */
} SCANNED[] = {
	{EVENTS_TIME, COLUMN_TIME, offsetof(struct events_scan, time_ms), 0},
	{EVENTS_ARRIVAL, COLUMN_ARRIVAL, offsetof(struct events_scan, arrival), 0},
	{EVENTS_TYPE, COLUMN_TYPE, offsetof(struct events_scan, type), 0},
	{EVENTS_CHANNEL, COLUMN_CHANNEL, 0, offsetof(struct events_scan, channel)},
	{EVENTS_SOURCE, COLUMN_SOURCE, 0, offsetof(struct events_scan, source)},
	{EVENTS_PURPOSES, COLUMN_PURPOSES, 0, offsetof(struct events_scan, purposes)},
	{EVENTS_IMPORT, COLUMN_IMPORT, 0, offsetof(struct events_scan, import)},
	{EVENTS_FLAGS, COLUMN_FLAGS, 0, offsetof(struct events_scan, flags)},
};

/* A whole segment. */
static enum err scan_segment(struct segment *s, unsigned want, struct events_scan *out, struct fault *f)
{
	out->subjects = s->subjects;
	out->first = s->subject_rows;
	out->n_subjects = s->footer.n_subjects;
	for (size_t i = 0; i < COUNT_OF(SCANNED); i++) {
		if (!(want & SCANNED[i].want)) continue;
		char *at = (char *)out;
		if (SCANNED[i].values_at) TRY(segment__values(s, (enum section_kind)SCANNED[i].column, (struct events_values *)(void *)(at + SCANNED[i].values_at), f));
		else TRY(segment__raw(s, (enum section_kind)SCANNED[i].column, (struct events_raw *)(void *)(at + SCANNED[i].raw_at), f));
	}
	if (!(want & EVENTS_TYPE)) return OK;
	TRY(segment__section(s, SECTION_TYPES, f));
	out->types = (const uint16_t *)(const void *)(s->map.p + s->by_kind[SECTION_TYPES]->offset);
	out->n_types = s->by_kind[SECTION_TYPES]->bytes / sizeof *out->types;
	return OK;
}

/* What lies in plain arrays: a slice of the memory table, or the rows that are kept of a part. */
static enum err scan_arrays(struct events_part *p, unsigned want, struct events_scan *out, struct fault *f)
{
	const void *column_at;
	if (p->kept && !p->subjects) {
		TRY(column(p, COLUMN_SUBJECT, &column_at, f));
		p->n_subjects = columns__subjects(column_at, p->n, &p->subjects, &p->first);
	}
	out->subjects = p->kept ? p->subjects : p->image->subjects;
	out->first = p->kept ? p->first : p->image->first;
	out->n_subjects = p->kept ? p->n_subjects : p->image->n_subjects;
	for (size_t i = 0; i < COUNT_OF(SCANNED); i++) {
		if (!(want & SCANNED[i].want)) continue;
		unsigned width = COLUMN_WIDTH[SCANNED[i].column];
		char *at = (char *)out;
		TRY(column(p, SCANNED[i].column, &column_at, f));
		if (SCANNED[i].values_at) *(struct events_values *)(void *)(at + SCANNED[i].values_at) = values__plain(column_at, width, p->n);
		else *(struct events_raw *)(void *)(at + SCANNED[i].raw_at) = values__raw(column_at, width, 0);
	}
	pthread_once(&every_code_once, list_every_code);
	out->types = every_code;
	out->n_types = TYPES_MAX;
	return OK;
}

enum err events_part_scan(struct events_part *p, unsigned want, struct events_scan *out, struct fault *f)
{
	pthread_mutex_lock(&p->lock);
	enum err e = ready(p, f);
	*out = (struct events_scan){.n = p->n};
	if (e == OK) e = p->segment && !p->kept ? scan_segment(p->segment, want, out, f) : scan_arrays(p, want, out, f);
	pthread_mutex_unlock(&p->lock);
	return e;
}

static size_t lower(const uint32_t *subjects, size_t n, uint64_t subject)
{
	size_t low = 0;
	while (low < n) {
		size_t middle = (low + n) / 2;
		if (subjects[middle] < subject) low = middle + 1;
		else n = middle;
	}
	return low;
}

size_t events_part_find(struct events_part *p, uint32_t subject, size_t *count)
{
	size_t first = 0;
	*count = 0;
	if (p->segment && !segment__find(p->segment, subject, &first, count)) return 0;
	pthread_mutex_lock(&p->lock);
	const void *subjects;
	bool is_whole = ready(p, NULL) == OK && p->segment && !p->kept;
	if (!is_whole) *count = 0;
	if (!is_whole && p->err == OK && column(p, COLUMN_SUBJECT, &subjects, NULL) == OK) {
		first = lower(subjects, p->n, subject);
		*count = lower(subjects, p->n, (uint64_t)subject + 1) - first;
	}
	pthread_mutex_unlock(&p->lock);
	return first;
}

/* ---- properties ------------------------------------------------------------------------------------------------------------- */
static bool image_property(struct image *image, struct names *allowed, str name, struct events_values *out)
{
	pthread_mutex_lock(&image->lock);
	if (!image->properties) {
		image->properties = MEM_NEW(struct properties);
		properties__init(image->properties, allowed, false);
		for (size_t i = 0; i < image->n; i++) properties__read(image->properties, (uint32_t)i, log_event_body(image->rows[i]));
		image->arrays = mem_zalloc((image->properties->n + 1) * sizeof *image->arrays);
		image->values = mem_zalloc((image->properties->n + 1) * sizeof *image->values);
	}
	uint64_t *index = map_get(&image->properties->by_name, name);
	bool found = index && *index && image->properties->all[*index - 1]->n > 0;
	if (found) {
		size_t i = *index - 1;
		if (!image->values[i].n) property__plain(image->properties->all[i], image->n, &image->arrays[i], &image->values[i]);
		*out = image->values[i];
	}
	pthread_mutex_unlock(&image->lock);
	return found;
}

static enum err whole_property(struct events_part *p, str name, struct events_values *out, bool *found, struct fault *f)
{
	if (p->segment) return segment__property(p->segment, name, out, found, f);
	*found = image_property(p->image, &p->view->ev->properties, name, out);
	return OK;
}

/* The property of a part that is not a whole segment, kept with the part. */
static enum err kept_property(struct events_part *p, str name, struct kept_property **out, struct fault *f)
{
	for (*out = p->properties; *out; *out = (*out)->next)
		if (str_eq((*out)->name, name)) return OK;
	struct events_values v;
	bool found = false;
	TRY(whole_property(p, name, &v, &found, f));
	struct kept_property *k = MEM_NEW(struct kept_property);
	char *text = mem_alloc(name.n + 1);
	memcpy(text, name.p, name.n);
	k->name = (str){text, name.n};
	k->is_none = !found;
	if (found && p->kept) values__gather(&v, p->kept, p->n, &k->own, &k->values);
	else if (found) k->values = v;
	k->next = p->properties;
	p->properties = *out = k;
	return OK;
}

static enum err values_of(struct events_part *p, str name, struct events_values *out, struct fault *f)
{
	struct kept_property *k;
	bool found;
	*out = (struct events_values){0};
	TRY(ready(p, f));
	if (!p->kept) return whole_property(p, name, out, &found, f);
	TRY(kept_property(p, name, &k, f));
	if (!k->is_none) *out = k->values;
	return OK;
}

enum err events_part_values(struct events_part *p, str name, struct events_values *out, struct fault *f)
{
	pthread_mutex_lock(&p->lock);
	enum err e = values_of(p, name, out, f);
	pthread_mutex_unlock(&p->lock);
	return e;
}

static enum err property_of(struct events_part *p, str name, struct property_arrays *out, struct fault *f)
{
	struct kept_property *k;
	bool found;
	TRY(ready(p, f));
	if (p->segment && !p->kept) return segment__property_arrays(p->segment, name, out, &found, f);
	TRY(kept_property(p, name, &k, f));
	if (k->is_none) return OK;
	if (!k->arrays.kind) values__expand(&k->values, &k->arrays);
	*out = k->arrays;
	return OK;
}

enum err events_part_property(struct events_part *p, str name, struct events_property *out, struct fault *f)
{
	struct property_arrays arrays = {0};
	pthread_mutex_lock(&p->lock);
	enum err e = property_of(p, name, &arrays, f);
	pthread_mutex_unlock(&p->lock);
	*out = (struct events_property){arrays.kind, arrays.number, arrays.real, arrays.text, arrays.dictionary, arrays.dictionary_n};
	return e;
}

enum err events_part_body(struct events_part *p, size_t row, struct arena *a, str *out, struct fault *f)
{
	pthread_mutex_lock(&p->lock);
	enum err e = ready(p, f);
	if (e == OK && row >= p->n) e = fault_set(f, ERR_NOT_FOUND, "row", "the part has %zu rows", p->n);
	if (e == OK && p->kept) row = p->kept[row];
	if (e == OK && p->segment) e = segment__body(p->segment, &p->bodies, row, out, f);
	else if (e == OK) *out = log_event_body(p->image->rows[row]);
	if (e == OK) *out = str_dup(a, *out);
	pthread_mutex_unlock(&p->lock);
	return e;
}
