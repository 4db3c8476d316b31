/* The memory table: pointers to the log entries where they lie in the chunks that were written to the log, so an event
 * is copied once on its way. Slices of it are sorted and made columns when somebody looks; a full slice then keeps its
 * image, the last one gets a new image when it has grown. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "events/store.h"

struct table *table__new(struct pool *pool, struct names *properties, uint64_t start, size_t expected_keys)
{
	struct table *t = MEM_NEW(struct table);
	atomic_init(&t->refs, 1);
	t->pool = pool;
	t->property_names = properties;
	t->start = start;
	t->end = UINT64_MAX;
	keyset__init(&t->keys, pool, expected_keys);
	pthread_mutex_init(&t->image_lock, NULL);
	return t;
}

struct table *table__retain(struct table *t)
{
	atomic_fetch_add(&t->refs, 1);
	return t;
}

void table__release(struct table *t)
{
	if (!t || atomic_fetch_sub(&t->refs, 1) != 1) return;
	for (size_t i = 0; i < t->n_slices; i++) {
		image__release(t->slices[i]->image);
		pool__give(t->pool, t->slices[i], sizeof *t->slices[i]);
	}
	mem_free(t->slices);
	for (struct chunk *c = t->chunks, *next; c; c = next) {
		next = c->next;
		pool__give(t->pool, c->data, c->cap + READ_SLACK);
		mem_free(c);
	}
	keyset__release(&t->keys);
	pthread_mutex_destroy(&t->image_lock);
	mem_free(t);
}

char *table__room(struct table *t, size_t bytes)
{
	struct chunk *c = t->chunks;
	if (!c || c->cap - c->used < bytes) {
		c = MEM_NEW(struct chunk);
		size_t whole = t->chunks ? CHUNK_BYTES : CHUNK_BYTES / 16;
		c->cap = (bytes + READ_SLACK > whole ? bytes + READ_SLACK : whole) - READ_SLACK;
		c->data = pool__take(t->pool, c->cap + READ_SLACK);
		memset(c->data + c->cap, 0, READ_SLACK);
		c->next = t->chunks;
		t->chunks = c;
	}
	return c->data + c->used;
}

void table__add(struct table *t, const struct log_event *e)
{
	size_t slice = t->appended / SLICE_ROWS;
	if (slice == t->n_slices) {
		if (t->n_slices == t->cap_slices) {
			t->cap_slices = t->cap_slices ? t->cap_slices * 2 : 32;
			t->slices = mem_realloc(t->slices, t->cap_slices * sizeof *t->slices);
		}
		struct slice *s = pool__take(t->pool, sizeof *s);
		s->image = NULL;
		t->slices[t->n_slices++] = s;
	}
	t->slices[slice]->rows[t->appended++ % SLICE_ROWS] = e;
	t->next_arrival = e->arrival + 1;
}

const struct log_event *table__row(const struct table *t, size_t i)
{
	return t->slices[i / SLICE_ROWS]->rows[i % SLICE_ROWS];
}

int table__compare(const struct log_event *a, const struct log_event *b)
{
	if (a->subject != b->subject) return a->subject < b->subject ? -1 : 1;
	if (a->time_ms != b->time_ms) return a->time_ms < b->time_ms ? -1 : 1;
	return a->arrival < b->arrival ? -1 : a->arrival > b->arrival;
}

struct sort_item { /* the pointers' targets would miss the cache at each comparison */
	uint32_t subject, index;
	int64_t time_ms;
};

static int by_order(const void *a, const void *b)
{
	const struct sort_item *x = a, *y = b;
	if (x->subject != y->subject) return x->subject < y->subject ? -1 : 1;
	if (x->time_ms != y->time_ms) return x->time_ms < y->time_ms ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* By subject alone, eleven bits at a time from the lowest; equal ones stay as they come. Returns where they are then. */
static struct sort_item *by_subject(struct sort_item *items, struct sort_item *spare, size_t n)
{
	enum { BITS = 11, SLOTS = 1 << BITS };
	uint32_t most = 0;
	for (size_t i = 0; i < n; i++) most |= items[i].subject;
	for (unsigned shift = 0; shift < 32 && most >> shift; shift += BITS) {
		size_t from[SLOTS] = {0}, sum = 0;
		for (size_t i = 0; i < n; i++) from[items[i].subject >> shift & (SLOTS - 1)]++;
		for (size_t slot = 0; slot < SLOTS; slot++) {
			size_t count = from[slot];
			from[slot] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++) spare[from[items[i].subject >> shift & (SLOTS - 1)]++] = items[i];
		struct sort_item *sorted = spare;
		spare = items;
		items = sorted;
	}
	return items;
}

/* rows come in order of arrival, so the index stands for it; a subject's events mostly arrive in the order of their times,
 * so that little is left to sort once they stand together. */
void table__sort(const struct log_event **rows, size_t n)
{
	struct sort_item *memory = mem_alloc((2 * n + 1) * sizeof *memory);
	const struct log_event **sorted = mem_alloc((n + 1) * sizeof *sorted);
	for (size_t i = 0; i < n; i++) memory[i] = (struct sort_item){rows[i]->subject, (uint32_t)i, rows[i]->time_ms};
	struct sort_item *items = by_subject(memory, memory + n, n);
	for (size_t first = 0, end; first < n; first = end) {
		bool in_order = true;
		for (end = first + 1; end < n && items[end].subject == items[first].subject; end++) in_order = in_order && items[end - 1].time_ms <= items[end].time_ms;
		if (!in_order) qsort(items + first, end - first, sizeof *items, by_order);
	}
	for (size_t i = 0; i < n; i++) sorted[i] = rows[items[i].index];
	memcpy(rows, sorted, n * sizeof *rows);
	mem_free(sorted);
	mem_free(memory);
}

static void find_subjects(struct image *image)
{
	const uint32_t *subject = image->columns.column[COLUMN_SUBJECT];
	image->n_subjects = columns__subjects(subject, image->n, &image->subjects, &image->first);
}

static struct image *make_image(const struct slice *slice, size_t n)
{
	struct image *image = MEM_NEW(struct image);
	atomic_init(&image->refs, 1);
	pthread_mutex_init(&image->lock, NULL);
	image->n = n;
	image->rows = mem_alloc((n + 1) * sizeof *image->rows);
	memcpy(image->rows, slice->rows, n * sizeof *image->rows);
	table__sort(image->rows, n);
	columns__init(&image->columns, n);
	image->min_ms = INT64_MAX;
	image->max_ms = INT64_MIN;
	for (size_t i = 0; i < n; i++) {
		const struct log_event *e = image->rows[i];
		columns__put(&image->columns, i, e);
		if (e->time_ms < image->min_ms) image->min_ms = e->time_ms;
		if (e->time_ms > image->max_ms) image->max_ms = e->time_ms;
	}
	find_subjects(image);
	return image;
}

struct image *table__image(struct table *t, struct slice *slice, size_t n)
{
	pthread_mutex_lock(&t->image_lock);
	struct image *image = slice->image;
	if (!image || image->n != n) {
		image = make_image(slice, n);
		if (!slice->image || slice->image->n < n) {
			image__release(slice->image);
			slice->image = image;
			atomic_fetch_add(&image->refs, 1);
		}
	} else {
		atomic_fetch_add(&image->refs, 1);
	}
	pthread_mutex_unlock(&t->image_lock);
	return image;
}

void image__release(struct image *image)
{
	if (!image || atomic_fetch_sub(&image->refs, 1) != 1) return;
	if (image->properties) {
		for (size_t i = 0; i < image->properties->n; i++) values__release(&image->arrays[i]);
		mem_free(image->arrays);
		mem_free(image->values);
		properties__release(image->properties);
		mem_free(image->properties);
	}
	columns__release(&image->columns);
	mem_free(image->rows);
	mem_free(image->subjects);
	mem_free(image->first);
	pthread_mutex_destroy(&image->lock);
	mem_free(image);
}
