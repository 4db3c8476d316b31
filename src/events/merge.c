/* Several segments become one: rows are taken in order from all, bodies come with them block by block, and the writer
 * makes columns and dictionaries anew, so that nothing of an erased row is left in any of them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "events/store.h"

struct source {
	struct segment *segment;
	struct events_raw time, received, arrival, type;
	const uint16_t *types;
	struct events_values values[COLUMN_FLAGS + 1]; /* from COLUMN_CHANNEL on */
	struct values_walk walks[COLUMN_FLAGS + 1];
	struct subject_key *keys; /* by row */
	struct block_reader bodies;
	uint32_t row, subject; /* subject: its place in the segment's table */
	struct log_event now;
};

static int64_t value_now(struct source *s, enum column c)
{
	return events_raw_at(&s->values[c].value, values__next(&s->walks[c], s->row));
}

static void load_row(struct source *s)
{
	if (s->row == s->segment->n) return;
	uint32_t i = s->row;
	while (s->segment->subject_rows[s->subject + 1] <= i) s->subject++;
	s->now = (struct log_event){.subject = s->segment->subjects[s->subject], .time_ms = events_raw_at(&s->time, i), .received_ms = events_raw_at(&s->received, i),
	                            .arrival = (uint64_t)events_raw_at(&s->arrival, i), .type = s->types[events_raw_at(&s->type, i)],
	                            .channel = (uint16_t)value_now(s, COLUMN_CHANNEL), .source = (uint16_t)value_now(s, COLUMN_SOURCE),
	                            .purposes = (uint32_t)value_now(s, COLUMN_PURPOSES), .import = (uint32_t)value_now(s, COLUMN_IMPORT),
	                            .flags = (uint8_t)value_now(s, COLUMN_FLAGS), .key_a = s->keys[i].a, .key_b = s->keys[i].b};
}

static enum err open_columns(struct source *s, struct fault *f)
{
	TRY(segment__raw(s->segment, SECTION_TIME, &s->time, f));
	TRY(segment__raw(s->segment, SECTION_RECEIVED, &s->received, f));
	TRY(segment__raw(s->segment, SECTION_ARRIVAL, &s->arrival, f));
	TRY(segment__raw(s->segment, SECTION_TYPE, &s->type, f));
	TRY(segment__section(s->segment, SECTION_TYPES, f));
	s->types = (const uint16_t *)(const void *)(s->segment->map.p + s->segment->by_kind[SECTION_TYPES]->offset);
	for (int c = COLUMN_CHANNEL; c <= COLUMN_FLAGS; c++) {
		TRY(segment__values(s->segment, (enum section_kind)c, &s->values[c], f));
		values__walk(&s->walks[c], &s->values[c], 0);
	}
	return OK;
}

static enum err open_source(struct source *s, struct segment *segment, struct fault *f)
{
	*s = (struct source){.segment = segment};
	TRY(open_columns(s, f));
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
