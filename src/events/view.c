/* A view holds what the store was at one instant: the segments, and how far each slice of the memory tables had been
 * filled. Opening it counts references and copies pointers; sorting, decoding and filtering wait until asked for. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "events/store.h"

struct kept_property {
	struct kept_property *next;
	str name; /* owned */
	struct property_arrays arrays;
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
	for (int c = 0; c < COLUMN_COUNT; c++) mem_free(p->column[c]);
	for (struct kept_property *k = p->properties, *next; k; k = next) {
		next = k->next;
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
	const void *subjects, *imports;
	TRY(all_of(p, COLUMN_SUBJECT, &subjects, f));
	TRY(all_of(p, COLUMN_IMPORT, &imports, f));
	uint32_t *kept = mem_alloc((p->n + 1) * sizeof *kept);
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		if (!erased__has(p->view->erased, ((const uint32_t *)subjects)[i], ((const uint32_t *)imports)[i])) kept[n++] = (uint32_t)i;
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
	p->column[c] = mem_alloc((p->n + 1) * COLUMN_WIDTH[c]);
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

static int64_t bound(const struct events_part *part, bool is_max)
{
	if (part->segment) return is_max ? part->segment->footer.max_ms : part->segment->footer.min_ms;
	(void)events_part_rows(part);
	return is_max ? part->image->max_ms : part->image->min_ms;
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
static void image_property(struct image *image, struct names *allowed, str name, struct property_arrays *out, bool *found)
{
	pthread_mutex_lock(&image->lock);
	if (!image->properties) {
		image->properties = MEM_NEW(struct properties);
		properties__init(image->properties, allowed, false);
		for (size_t i = 0; i < image->n; i++) properties__read(image->properties, (uint32_t)i, log_event_body(image->rows[i]));
		image->expanded = mem_zalloc((image->properties->n + 1) * sizeof *image->expanded);
	}
	uint64_t *index = map_get(&image->properties->by_name, name);
	*found = index && *index && image->properties->all[*index - 1]->n > 0;
	if (*found) {
		struct property_arrays *arrays = &image->expanded[*index - 1];
		if (!arrays->kind) property__expand(image->properties->all[*index - 1], image->n, arrays);
		*out = *arrays;
	}
	pthread_mutex_unlock(&image->lock);
}

static void keep_property(struct events_part *p, str name, struct property_arrays *arrays)
{
	struct kept_property *k = MEM_NEW(struct kept_property);
	char *text = mem_alloc(name.n + 1);
	memcpy(text, name.p, name.n);
	k->name = (str){text, name.n};
	property__gather(arrays, p->kept, p->n, &k->arrays);
	k->next = p->properties;
	p->properties = k;
	*arrays = k->arrays;
}

static enum err property_of(struct events_part *p, str name, struct property_arrays *out, struct fault *f)
{
	bool found = false;
	TRY(ready(p, f));
	for (struct kept_property *k = p->properties; k; k = k->next) {
		if (!str_eq(k->name, name)) continue;
		*out = k->arrays;
		return OK;
	}
	if (p->segment) TRY(segment__property(p->segment, name, out, &found, f));
	else image_property(p->image, &p->view->ev->properties, name, out, &found);
	if (found && p->kept) keep_property(p, name, out);
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
