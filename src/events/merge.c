/* Several segments become one: rows are taken in order from all, bodies come with them block by block, and the writer
 * makes columns and dictionaries anew, so that nothing of an erased row is left in any of them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "events/store.h"

struct source {
	struct segment *segment;
	const void *column[COLUMN_COUNT];
	struct subject_key *keys; /* by row */
	struct block_reader bodies;
	size_t row;
	struct log_event now;
};

static void load_row(struct source *s)
{
	if (s->row == s->segment->n) return;
	size_t i = s->row;
	s->now = (struct log_event){.subject = ((const uint32_t *)s->column[COLUMN_SUBJECT])[i], .time_ms = ((const int64_t *)s->column[COLUMN_TIME])[i],
	                            .received_ms = ((const int64_t *)s->column[COLUMN_RECEIVED])[i], .arrival = ((const uint64_t *)s->column[COLUMN_ARRIVAL])[i],
	                            .type = ((const uint16_t *)s->column[COLUMN_TYPE])[i], .channel = ((const uint16_t *)s->column[COLUMN_CHANNEL])[i],
	                            .source = ((const uint16_t *)s->column[COLUMN_SOURCE])[i], .purposes = ((const uint32_t *)s->column[COLUMN_PURPOSES])[i],
	                            .import = ((const uint32_t *)s->column[COLUMN_IMPORT])[i], .flags = ((const uint8_t *)s->column[COLUMN_FLAGS])[i],
	                            .key_a = s->keys[i].a, .key_b = s->keys[i].b};
}

static enum err open_source(struct source *s, struct segment *segment, struct fault *f)
{
	*s = (struct source){.segment = segment};
	for (int c = 0; c < COLUMN_COUNT; c++) TRY(segment__column(segment, (enum column)c, &s->column[c], f));
	TRY(segment__section(segment, SECTION_KEYS, f));
	TRY(segment__section(segment, SECTION_KEY_ROWS, f));
	const struct subject_key *keys = (const struct subject_key *)(const void *)(segment->map.p + segment->by_kind[SECTION_KEYS]->offset);
	const uint32_t *rows = (const uint32_t *)(const void *)(segment->map.p + segment->by_kind[SECTION_KEY_ROWS]->offset);
	s->keys = mem_zalloc(segment->n * sizeof *s->keys);
	for (size_t i = 0; i < segment->n; i++) {
		if (rows[i] >= segment->n) return segment__fail(segment, f, "rows of message keys");
		s->keys[rows[i]] = keys[i];
	}
	load_row(s);
	return OK;
}

static struct source *least(struct source *sources, size_t n)
{
	struct source *first = NULL;
	for (size_t i = 0; i < n; i++) {
		struct source *s = &sources[i];
		if (s->row < s->segment->n && (!first || table__compare(&s->now, &first->now) < 0)) first = s;
	}
	return first;
}

static enum err copy_rows(struct source *sources, size_t n, const struct erased *erased, struct writer *w, struct fault *f)
{
	for (struct source *s; (s = least(sources, n)); s->row++, load_row(s)) {
		if (erased__has(erased, s->now.subject, s->now.import)) continue;
		str body;
		TRY(segment__body(s->segment, &s->bodies, s->row, &body, f));
		writer__add(w, &s->now, body);
	}
	return writer__finish(w, f);
}

void merge__replace(struct events *ev, struct segment **from, size_t n, struct segment *made)
{
	pthread_mutex_lock(&ev->lock);
	struct segments *old = ev->segments;
	struct segment **v = mem_alloc((old->n + 1) * sizeof *v);
	size_t kept = 0;
	for (size_t i = 0; i < old->n; i++) {
		bool is_replaced = false;
		for (size_t k = 0; k < n; k++) is_replaced = is_replaced || from[k] == old->v[i];
		if (!is_replaced) v[kept++] = old->v[i];
		else if (made && old->v[i] == from[0]) v[kept++] = made;
	}
	if (made && n == 0) v[kept++] = made;
	ev->segments = segments__new(v, kept);
	pthread_mutex_unlock(&ev->lock);
	mem_free(v);
	segments__release(old);
	segment__release(made);
}

static enum err make(struct events *ev, struct source *sources, struct segment **from, size_t n, const struct erased *erased, struct segment **made, struct fault *f)
{
	size_t rows = 0;
	for (size_t i = 0; i < n; i++) rows += from[i]->n;
	for (size_t i = 0; i < n; i++) TRY(open_source(&sources[i], from[i], f));
	uint64_t number = manifest__next_segment(ev);
	struct writer *w = writer__new(ev->dir, number, rows, &ev->properties, false);
	enum err e = copy_rows(sources, n, erased, w, f);
	bool is_empty = writer__rows(w) == 0;
	writer__free(w);
	*made = NULL;
	if (e == OK && !is_empty) e = segment__open_made(ev, number, made, f);
	return e;
}

enum err merge__run(struct events *ev, struct segment **from, size_t n, const struct erased *erased, struct fault *f)
{
	struct source *sources = mem_zalloc(n * sizeof *sources);
	struct segment *made = NULL;
	enum err e = make(ev, sources, from, n, erased, &made, f);
	for (size_t i = 0; i < n; i++) {
		mem_free(sources[i].keys);
		mem_free(sources[i].bodies.raw);
		if (sources[i].segment) segment__trim(from[i]);
	}
	mem_free(sources);
	if (e != OK) return e;
	pthread_mutex_lock(&ev->manifest_lock);
	merge__replace(ev, from, n, made);
	e = manifest__commit(ev, f);
	if (e == OK) manifest__remove_leftovers(ev);
	pthread_mutex_unlock(&ev->manifest_lock);
	return e;
}
