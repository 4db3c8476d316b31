/* Several segments become one, or one for each stretch of time. Rows are taken in order from all; columns and bodies are
 * copied, and of the dictionaries only texts that a copied row uses, so that nothing of an erased row is left in any of
 * them. Nothing is parsed again.
 *
 * Cutting by time: a question with a range should read only its months, and times take four bytes in a segment that
 * spans less than 2^32 ms (49 days). So what many rows are of is cut at multiples of that; few rows stay together. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "events/store.h"

enum { PIECE_ROWS_MIN = 65536, PIECES_MAX = 256, NOWHERE = UINT16_MAX };
/* While events come, merging works for a while and rests three times as long. */
enum { WORK_ROWS = 512, WORK_US = 2000, WORKED_MOST_US = 20000, REST_SHARE = 3 };

struct source {
	struct segment *segment;
	struct events_raw time, received, arrival, type;
	const uint16_t *types;
	struct events_values values[COLUMN_FLAGS + 1]; /* from COLUMN_CHANNEL on */
	struct events_walk walks[COLUMN_FLAGS + 1];
	struct subject_key *keys; /* by row */
	struct block_reader bodies;
	uint32_t row, subject; /* subject: its place in the segment's table */
	struct log_event now;
	struct events_walk property; /* of the property in hand */
	bool has_property;
	uint32_t **codes;            /* by piece: of the property in hand, the new code + 1 of each text */
};

static int64_t value_now(struct source *s, enum column c)
{
	return events_raw_at(&s->values[c].value, events_walk_next(&s->walks[c], s->row));
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
		events_walk(&s->walks[c], &s->values[c], 0);
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

/* ---- where to cut ---------------------------------------------------------------------------------------------------- */
struct piece {
	int64_t until_ms; /* rows before it that no earlier piece takes */
	size_t rows;
	uint64_t number;
	struct writer *writer;
	struct property *property; /* in hand */
	struct segment *made;
};
struct merge {
	struct events *ev;
	struct source *sources;
	size_t n_sources;
	const struct erased *erased;
	struct piece pieces[PIECES_MAX];
	size_t n_pieces;
	struct chunk_of { /* rows that follow each other in a source and in what is made */
		uint32_t n;
		uint16_t source, piece; /* piece NOWHERE: erased */
	} *chunks;
	size_t n_chunks, cap_chunks;
	size_t worked; /* rows */
	int64_t began_us;
	uint64_t position; /* of the log, when it was looked at last */
};

/* A merge of millions of rows takes seconds of a processor, and whoever sends single events waits for it. Once a full table
 * waits, sealing waits for the merge: then it goes on as fast as it can. */
static void breathe(struct merge *m, size_t rows)
{
	struct events *ev = m->ev;
	m->worked += rows;
	if (m->worked < WORK_ROWS) return;
	m->worked = 0;
	int64_t worked_us = clock_mono_us() - m->began_us;
	if (worked_us < WORK_US) return;
	pthread_mutex_lock(&ev->lock);
	bool rests = ev->position != m->position && ev->n_tables == 1 && !ev->background_stops;
	m->position = ev->position;
	pthread_mutex_unlock(&ev->lock);
	if (rests) usleep((useconds_t)((worked_us < WORKED_MOST_US ? worked_us : WORKED_MOST_US) * REST_SHARE));
	m->began_us = clock_mono_us();
}

static int64_t window_of(int64_t ms)
{
	return ms >> 32;
}

/* Rows by window, from the first to the last. */
static uint64_t *count_windows(const struct source *sources, size_t n, int64_t first, size_t windows)
{
	uint64_t *rows = mem_zalloc((windows + 1) * sizeof *rows);
	for (size_t s = 0; s < n; s++)
		for (size_t i = 0; i < sources[s].segment->n; i++) rows[window_of(events_raw_at(&sources[s].time, i)) - first]++;
	return rows;
}

/* A window of many rows is a piece; neighbours of few are one together. */
static void cut(struct merge *m)
{
	int64_t low = INT64_MAX, high = INT64_MIN;
	size_t rows = 0;
	for (size_t i = 0; i < m->n_sources; i++) {
		const struct segment_footer *f = &m->sources[i].segment->footer;
		low = f->min_ms < low ? f->min_ms : low;
		high = f->max_ms > high ? f->max_ms : high;
		rows += f->rows;
	}
	m->n_pieces = 1;
	m->pieces[0] = (struct piece){.until_ms = INT64_MAX, .rows = rows};
	int64_t first = window_of(low);
	if (rows < PIECE_ROWS_MIN || window_of(high) - first >= 1 << 20) return;
	size_t windows = (size_t)(window_of(high) - first) + 1, n = 0, in_piece = 0;
	uint64_t *by_window = count_windows(m->sources, m->n_sources, first, windows);
	for (size_t w = 0; w < windows; w++) {
		bool is_end = in_piece && (in_piece >= PIECE_ROWS_MIN || by_window[w] >= PIECE_ROWS_MIN);
		if (is_end && n + 1 < PIECES_MAX) {
			m->pieces[n++] = (struct piece){.until_ms = (first + (int64_t)w) * (INT64_C(1) << 32), .rows = in_piece};
			in_piece = 0;
		}
		in_piece += by_window[w];
	}
	m->pieces[n++] = (struct piece){.until_ms = INT64_MAX, .rows = in_piece};
	m->n_pieces = n;
	mem_free(by_window);
}

static uint16_t piece_of(const struct merge *m, int64_t ms)
{
	uint16_t i = 0;
	while (ms >= m->pieces[i].until_ms && (size_t)i + 1 < m->n_pieces) i++;
	return i;
}

/* ---- rows ------------------------------------------------------------------------------------------------------------ */
static struct source *least(const struct merge *m, const struct source *but)
{
	struct source *first = NULL;
	for (size_t i = 0; i < m->n_sources; i++) {
		struct source *s = &m->sources[i];
		if (s != but && s->row < s->segment->n && (!first || table__compare(&s->now, &first->now) < 0)) first = s;
	}
	return first;
}

static void note_row(struct merge *m, uint16_t source, uint16_t piece)
{
	struct chunk_of *last = m->n_chunks ? &m->chunks[m->n_chunks - 1] : NULL;
	if (last && last->source == source && last->piece == piece) {
		last->n++;
		return;
	}
	if (m->n_chunks == m->cap_chunks) {
		m->cap_chunks = m->cap_chunks ? m->cap_chunks * 2 : 4096;
		m->chunks = mem_realloc(m->chunks, m->cap_chunks * sizeof *m->chunks);
	}
	m->chunks[m->n_chunks++] = (struct chunk_of){1, source, piece};
}

static enum err copy_row(struct merge *m, struct source *s, struct fault *f)
{
	uint16_t piece = NOWHERE;
	if (!erased__has(m->erased, s->now.subject, s->now.import)) {
		str body;
		piece = piece_of(m, s->now.time_ms);
		TRY(segment__body(s->segment, &s->bodies, s->row, &body, f));
		writer__copy(m->pieces[piece].writer, &s->now, body);
	}
	note_row(m, (uint16_t)(s - m->sources), piece);
	breathe(m, 1);
	s->row++;
	load_row(s);
	return OK;
}

/* The source with the least row is followed until another one has a lesser: most often a customer's rows of a time. */
static enum err copy_rows(struct merge *m, struct fault *f)
{
	for (struct source *s; (s = least(m, NULL));) {
		const struct source *next = least(m, s);
		do TRY(copy_row(m, s, f));
		while (s->row < s->segment->n && (!next || table__compare(&s->now, &next->now) < 0));
	}
	return OK;
}

/* ---- properties ------------------------------------------------------------------------------------------------------ */
static void put_value(struct merge *m, struct source *s, uint16_t piece, uint32_t row, uint32_t slot)
{
	const struct events_values *v = s->property.v;
	uint8_t kind = events_slot_kind(v, slot);
	int64_t value = events_raw_at(&v->value, slot);
	struct property *p = m->pieces[piece].property;
	if (kind == EVENTS_TEXT) {
		uint32_t *code = &s->codes[piece][value];
		if (!*code) *code = property__code(p, NULL, events_text(v, (uint32_t)value)) + 1;
		value = *code - 1;
	}
	property__put(p, row, kind, value, v->exponents ? v->exponents[slot] : v->exponent);
}

static enum err open_property(struct merge *m, str name, struct events_values *values, struct fault *f)
{
	for (size_t i = 0; i < m->n_sources; i++) {
		struct source *s = &m->sources[i];
		TRY(segment__property(s->segment, name, &values[i], &s->has_property, f));
		s->row = 0;
		if (!s->has_property) continue;
		events_walk(&s->property, &values[i], 0);
		s->codes = mem_alloc(m->n_pieces * sizeof *s->codes);
		for (size_t k = 0; k < m->n_pieces; k++) s->codes[k] = mem_zalloc((values[i].n_texts + 1) * sizeof **s->codes);
	}
	for (size_t k = 0; k < m->n_pieces; k++) m->pieces[k].property = property__new(name);
	return OK;
}

static void close_property(struct merge *m)
{
	for (size_t i = 0; i < m->n_sources; i++) {
		struct source *s = &m->sources[i];
		for (size_t k = 0; s->codes && k < m->n_pieces; k++) mem_free(s->codes[k]);
		mem_free(s->codes);
		s->codes = NULL;
	}
	for (size_t k = 0; k < m->n_pieces; k++) {
		if (m->pieces[k].property) property__free(m->pieces[k].property);
		m->pieces[k].property = NULL;
	}
}

static void copy_property(struct merge *m)
{
	uint32_t rows[PIECES_MAX] = {0};
	for (size_t c = 0; c < m->n_chunks; c++) {
		const struct chunk_of *chunk = &m->chunks[c];
		struct source *s = &m->sources[chunk->source];
		for (uint32_t i = 0; i < chunk->n && s->has_property; i++) {
			uint32_t slot = events_walk_next(&s->property, s->row + i);
			if (slot != EVENTS_NO_SLOT && chunk->piece != NOWHERE) put_value(m, s, chunk->piece, rows[chunk->piece] + i, slot);
		}
		s->row += chunk->n;
		breathe(m, chunk->n);
		if (chunk->piece != NOWHERE) rows[chunk->piece] += chunk->n;
	}
	for (size_t k = 0; k < m->n_pieces; k++) writer__put_property(m->pieces[k].writer, m->pieces[k].property);
}

static bool is_first_with(const struct merge *m, size_t source, str name)
{
	for (size_t i = 0; i < source; i++)
		if (segment__has_property(m->sources[i].segment, name)) return false;
	return true;
}

static enum err copy_properties(struct merge *m, struct fault *f)
{
	struct events_values *values = mem_zalloc(m->n_sources * sizeof *values);
	enum err e = OK;
	for (size_t i = 0; i < m->n_sources && e == OK; i++) {
		const struct segment *s = m->sources[i].segment;
		for (uint32_t k = 0; k < s->footer.n_sections && e == OK; k++) {
			str name = {s->names + s->sections[k].name_at, s->sections[k].name_bytes};
			if (s->sections[k].kind != SECTION_PROPERTY || !is_first_with(m, i, name)) continue;
			e = open_property(m, name, values, f);
			if (e == OK) copy_property(m);
			close_property(m);
		}
	}
	mem_free(values);
	return e;
}

/* ---- the whole --------------------------------------------------------------------------------------------------------- */
/* Puts what was made in the place of the n segments of `from`. */
static void replace(struct events *ev, struct segment **from, size_t n, struct segment **made, size_t n_made)
{
	pthread_mutex_lock(&ev->lock);
	struct segments *old = ev->segments;
	struct segment **v = mem_alloc((old->n + n_made + 1) * sizeof *v);
	size_t kept = 0;
	for (size_t i = 0; i < old->n; i++) {
		bool is_replaced = false;
		for (size_t k = 0; k < n; k++) is_replaced = is_replaced || from[k] == old->v[i];
		if (!is_replaced) v[kept++] = old->v[i];
		for (size_t k = 0; k < n_made && old->v[i] == from[0]; k++) v[kept++] = made[k];
	}
	ev->segments = segments__new(v, kept);
	pthread_mutex_unlock(&ev->lock);
	mem_free(v);
	segments__release(old);
	for (size_t k = 0; k < n_made; k++) segment__release(made[k]);
}

static enum err make(struct merge *m, struct segment **from, struct fault *f)
{
	for (size_t i = 0; i < m->n_sources; i++) TRY(open_source(&m->sources[i], from[i], f));
	cut(m);
	for (size_t k = 0; k < m->n_pieces; k++) {
		m->pieces[k].number = manifest__next_segment(m->ev);
		m->pieces[k].writer = writer__new(m->ev->dir, m->pieces[k].number, m->pieces[k].rows, &m->ev->properties, false);
	}
	TRY(copy_rows(m, f));
	for (size_t k = 0; k < m->n_pieces; k++) writer__end_rows(m->pieces[k].writer);
	TRY(copy_properties(m, f));
	for (size_t k = 0; k < m->n_pieces; k++) TRY(writer__finish(m->pieces[k].writer, f));
	return OK;
}

static enum err open_made(struct merge *m, struct segment **made, size_t *n, struct fault *f)
{
	for (size_t k = 0; k < m->n_pieces; k++) {
		bool is_empty = writer__rows(m->pieces[k].writer) == 0;
		writer__free(m->pieces[k].writer);
		m->pieces[k].writer = NULL;
		if (is_empty) continue;
		TRY(segment__open_made(m->ev, m->pieces[k].number, &made[*n], f));
		++*n;
	}
	return OK;
}

static void release(struct merge *m)
{
	for (size_t i = 0; i < m->n_sources; i++) {
		mem_free(m->sources[i].keys);
		mem_free(m->sources[i].bodies.raw);
		if (m->sources[i].segment) segment__trim(m->sources[i].segment);
	}
	for (size_t k = 0; k < m->n_pieces; k++) writer__free(m->pieces[k].writer);
	mem_free(m->sources);
	mem_free(m->chunks);
	mem_free(m);
}

enum err merge__run(struct events *ev, struct segment **from, size_t n, const struct erased *erased, struct fault *f)
{
	struct merge *m = MEM_NEW(struct merge);
	struct segment *made[PIECES_MAX];
	size_t n_made = 0;
	*m = (struct merge){.ev = ev, .sources = mem_zalloc(n * sizeof(struct source)), .n_sources = n, .erased = erased, .began_us = clock_mono_us()};
	enum err e = make(m, from, f);
	if (e == OK) e = open_made(m, made, &n_made, f);
	release(m);
	if (e != OK) {
		for (size_t i = 0; i < n_made; i++) segment__release(made[i]);
		return e; /* the files are left-overs: not listed, and removed with the next change */
	}
	pthread_mutex_lock(&ev->manifest_lock);
	replace(ev, from, n, made, n_made);
	e = manifest__commit(ev, f);
	if (e == OK) manifest__remove_leftovers(ev);
	pthread_mutex_unlock(&ev->manifest_lock);
	return e;
}
