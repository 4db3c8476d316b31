/* The scan brings every customer to a visitor once, with all of their rows, and needs neither a hash table nor a sort
 * of events: every part has a table of its subjects with their first rows, in order. A worker takes a stretch of subject
 * numbers and counts their slices in all parts into place, so that a slice costs a few instructions however many parts
 * there are.
 *
 * Customers of several subjects are put aside on the way (40 bytes a subject and part), grouped by counting at the end,
 * and visited then; so their cost is in proportion and nobody is looked up.
 *
 * Workers take ranges of subjects from one counter; the ranges are cut by rows of the largest part. Then, once all are
 * through, ranges of the customers that were put aside. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it counting marks is a call */
#endif
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "query/inner.h"

enum {
	MANY_ROWS = 262144,       /* under this, starting a thread costs more than it brings */
	MAX_WORKERS = 16,
	MAX_CHUNKS = 4096,
	STRETCH = 512,            /* subject numbers at once: their slices stay in the nearest cache */
	FETCH_MOST = 65536,       /* rows of a part in a stretch: more would not stay in the cache until they are read */
	GUESS = 16,               /* how far a subject's place is looked for at first */
	FIRST_PART = 64,          /* of a chunk, taken before the rest of any */
	FEW_MARKS = 8,            /* under one row in so many the columns are not fetched as a whole */
	FEW_UNPACKED = 4,         /* … and under one in so many they are not unpacked */
};
struct query_tuning query__tuning = {.chunk_rows = 65536, .chunk_customers = 8192};

struct aside { /* a slice of a customer of several subjects */
	uint32_t customer;
	struct query_slice slice;
};
struct worker {
	struct scan *scan;
	void *state;
	struct aside *aside; /* owned */
	size_t n, cap;
	size_t *at, *end;    /* by part: a cursor in its table of subjects, and the end of the stretch in hand */
	uint32_t *found, *n_found; /* part after part: the places of subjects with slices; how many of each */
	uint64_t **hits;     /* by part: of the rows of the stretch in hand */
	size_t *cap_hits;
	struct query_unpacked *unpacked; /* by part: the same */
	bool is_unpacked;
	struct query_slice *slices; /* of the stretch in hand, by subject */
	size_t cap_slices;
	pthread_t thread;
};
struct scan {
	struct query_plan *plan;
	query_visit *visit;
	struct query_type_set *wanted; /* by part: of places in its table of types; NULL: all types */
	const uint8_t *codes; /* the same by code */
	uint8_t *of_place;    /* 256 a part: what a type is unpacked as; NULL: nothing is */
	uint64_t *is_joined;  /* a bit a customer: of several subjects */
	uint32_t *bounds;     /* of subjects, n_chunks + 1 */
	size_t n_chunks;
	size_t *offsets;      /* in grouped, by customer */
	struct query_slice *grouped;
	atomic_size_t chunk;
	atomic_bool is_stopped;
};

static bool must_stop(struct scan *s)
{
	const atomic_bool *cancelled = s->plan->ctx->cancelled;
	if ((cancelled && atomic_load_explicit(cancelled, memory_order_relaxed)) || atomic_load_explicit(&s->plan->is_out_of_memory, memory_order_relaxed))
		atomic_store_explicit(&s->is_stopped, true, memory_order_relaxed);
	return atomic_load_explicit(&s->is_stopped, memory_order_relaxed);
}

/* The place of the first subject that is not below. Numbers are nearly dense, so a guess by proportion is not far off: from
 * there in steps that double, and by halves between the last two. */
static size_t lower(const uint32_t *subjects, size_t n, uint32_t subject)
{
	if (n == 0 || subjects[0] >= subject) return 0;
	if (subjects[n - 1] < subject) return n;
	size_t low = (size_t)((uint64_t)(subject - subjects[0]) * (n - 1) / (subjects[n - 1] - subjects[0])), high = low, step = GUESS;
	for (; subjects[low] >= subject; step *= 2) low = low > step ? low - step : 0;
	for (step = GUESS; subjects[high] < subject; step *= 2) high = high + step < n ? high + step : n - 1;
	while (low + 1 < high) {
		size_t middle = (low + high) / 2;
		if (subjects[middle] < subject) low = middle;
		else high = middle;
	}
	return high;
}

static void put_aside(struct worker *w, uint32_t customer, const struct query_slice *slices, size_t n)
{
	if (w->n + n > w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 1024;
		while (cap < w->n + n) cap *= 2;
		/* Kept here and once more when grouped. */
		if (!query__charge(w->scan->plan, (cap - w->cap) * (sizeof *w->aside + sizeof *slices))) return;
		w->aside = mem_realloc(w->aside, cap * sizeof *w->aside);
		w->cap = cap;
	}
	for (size_t i = 0; i < n; i++) w->aside[w->n++] = (struct aside){customer, {.part = slices[i].part, .n = slices[i].n, .first = slices[i].first}};
}

/* Nobody's rows may be most of the data: they are brought in pieces, so that cancelling works within them. */
static void visit_nobody(struct worker *w, struct query_slice slice)
{
	while (slice.n && !must_stop(w->scan)) {
		struct query_slice piece = slice;
		if (piece.n > query__tuning.chunk_rows) piece.n = (uint32_t)query__tuning.chunk_rows;
		w->scan->visit(w->state, 0, &piece, 1);
		slice.first += piece.n;
		slice.n -= piece.n;
		if (slice.hits) slice.hits += slice.first / 64 - (slice.first - piece.n) / 64;
	}
}

static void visit_subject(struct worker *w, uint32_t subject, const struct query_slice *slices, size_t n)
{
	const struct query_people *people = &w->scan->plan->ctx->people;
	uint32_t customer = subject && subject <= people->n_subjects ? people->customer[subject] : 0;
	if (customer > people->n_customers) customer = 0;
	if (customer == 0)
		for (size_t i = 0; i < n; i++) visit_nobody(w, slices[i]);
	else if (w->scan->is_joined[customer / 64] >> customer % 64 & 1) put_aside(w, customer, slices, n);
	else w->scan->visit(w->state, customer, slices, n);
}

/* ---- a stretch of subjects ------------------------------------------------------------------------------------------ */
static bool mark(struct worker *w, size_t part, size_t first, size_t end)
{
	const struct query_part *p = &w->scan->plan->parts[part];
	size_t base = first / 64 * 64, words = (end - base + 63) / 64 + 1; /* a word behind: query__gather reads ahead */
	if (words > w->cap_hits[part]) {
		if (!query__charge(w->scan->plan, (words - w->cap_hits[part]) * sizeof(uint64_t))) return false;
		w->hits[part] = mem_realloc(w->hits[part], words * sizeof(uint64_t));
		w->cap_hits[part] = words;
	}
	uint64_t *hits = w->hits[part];
	if (p->s.type.width == 1) {
		query__mark_types(p->s.type.p + base, end - base, &w->scan->wanted[part], hits);
		return true;
	}
	memset(hits, 0, words * sizeof *hits);
	for (size_t i = base; i < end; i++)
		if (w->scan->codes[p->s.types[events_raw_at(&p->s.type, i)]]) hits[(i - base) / 64] |= UINT64_C(1) << i % 64;
	return true;
}

/* The subjects from place `at` up to `end` that have a marked row, from mark to mark. */
static size_t find_marked(const struct events_scan *s, const uint64_t *hits, size_t at, size_t end, uint32_t *found)
{
	size_t base = s->first[at] / 64 * 64, last = s->first[end], n = 0;
	for (size_t row = s->first[at]; row < last; row = s->first[at]) {
		size_t word = (row - base) / 64;
		uint64_t marks = hits[word] >> row % 64 << row % 64;
		while (!marks && base + ++word * 64 < last) marks = hits[word];
		if (!marks) break;
		row = base + word * 64 + (size_t)__builtin_ctzll(marks);
		while (s->first[at + 1] <= row) at++;
		found[n++] = (uint32_t)at++;
	}
	return n;
}

static void fetch_bytes(const unsigned char *p, size_t bytes)
{
	for (size_t at = 0; at < bytes + 63; at += 64) __builtin_prefetch(p + at);
}

/* The times of marked rows, a line of the cache each. */
static void fetch_marked(const struct events_scan *s, const uint64_t *hits, size_t first, size_t end)
{
	for (size_t base = first / 64 * 64; base < end; base += 64)
		for (uint64_t word = *hits++; word; word &= word - 1) __builtin_prefetch(s->time_ms.p + (base + (size_t)__builtin_ctzll(word)) * s->time_ms.width);
}

static bool are_marks_few(const uint64_t *hits, size_t n)
{
	size_t marks = 0;
	for (size_t i = 0; i < n / 64; i++) marks += (size_t)__builtin_popcountll(hits[i]);
	return marks < n / FEW_MARKS;
}

/* The rows of a stretch lie together in every part, but there are more parts and columns than the processor follows by itself:
 * so what will be read is asked for at once, as a whole or, where few rows are marked, those. */
static void fetch_columns(const struct worker *w, size_t part, size_t first, size_t end)
{
	const struct events_scan *s = &w->scan->plan->parts[part].s;
	const uint64_t *hits = w->scan->wanted ? w->hits[part] : NULL;
	if (end - first > FETCH_MOST) return;
	if (hits && are_marks_few(hits, end - first)) {
		fetch_marked(s, hits, first, end);
		return;
	}
	fetch_bytes(s->time_ms.p + first * s->time_ms.width, (end - first) * s->time_ms.width);
	if (!hits) fetch_bytes(s->type.p + first * s->type.width, (end - first) * s->type.width);
	if (!s->channel.n || !s->channel.has_runs || !s->channel.starts.words) return;
	uint32_t slot = events_rank(&s->channel.starts, (uint32_t)first), last = events_rank(&s->channel.starts, (uint32_t)end);
	fetch_bytes((const unsigned char *)(s->channel.starts.words + first / 64), (end - first) / 8);
	fetch_bytes(s->channel.value.p + slot * s->channel.value.width, (size_t)(last - slot) * s->channel.value.width);
}

static bool unpack(struct worker *w, size_t part, size_t first, size_t end)
{
	const struct query_plan *p = w->scan->plan;
	const struct query_part *from = &p->parts[part];
	struct query_unpacked *u = &w->unpacked[part];
	if (end - first > u->cap) {
		if (!query__charge(w->scan->plan, (end - first - u->cap) * (3 + sizeof *u->took))) return false;
		u->cap = end - first;
		u->types = mem_realloc(u->types, u->cap + STRIP_SPILL);
		u->channels = mem_realloc(u->channels, u->cap + STRIP_SPILL);
		u->gaps = mem_realloc(u->gaps, u->cap + STRIP_SPILL);
		u->took = mem_realloc(u->took, (u->cap + STRIP_SPILL) * sizeof *u->took);
	}
	u->first = first;
	query__unpack_types(&from->s, w->scan->of_place + part * 256, p->unpack.of_type, first, end, u->types);
	if (p->unpack.filter) p->unpack.filter(w->state, (uint32_t)part, first, end, u->types);
	if (p->unpack.took) query__unpack_took(&from->s.time_ms, first, end, u->took);
	if (p->unpack.gaps) query__unpack_gaps(&from->s.time_ms, p->unpack.gap_ms, first, end, u->gaps);
	if (p->unpack.channel) query__unpack_channels(&from->s.channel, first, end, u->channels);
	return true;
}

/* Where most rows are to be looked at. */
static bool unpack_stretch(struct worker *w)
{
	const struct query_plan *p = w->scan->plan;
	size_t rows = 0, marks = 0;
	for (size_t i = 0; i < p->n_parts; i++) {
		const struct events_scan *s = &p->parts[i].s;
		size_t first = s->first[w->at[i]], n = s->first[w->end[i]] - first;
		rows += n;
		for (size_t k = 0; w->scan->wanted && n && k <= (first % 64 + n - 1) / 64; k++) marks += (size_t)__builtin_popcountll(w->hits[i][k]);
	}
	w->is_unpacked = !w->scan->wanted || marks * FEW_UNPACKED >= rows;
	for (size_t i = 0; i < p->n_parts && w->is_unpacked; i++) {
		const struct events_scan *s = &p->parts[i].s;
		if (w->at[i] < w->end[i] && !unpack(w, i, s->first[w->at[i]], s->first[w->end[i]])) return false;
	}
	return true;
}

/* The place of the first subject from `to` on; a stretch has no more subjects than numbers. */
static size_t end_of_stretch(const struct events_scan *s, size_t at, uint64_t to)
{
	size_t end = at + STRETCH < s->n_subjects ? at + STRETCH : s->n_subjects;
	while (at < end) {
		size_t middle = (at + end) / 2;
		if (s->subjects[middle] < to) at = middle + 1;
		else end = middle;
	}
	return at;
}

/* Finds the slices of a stretch, part after part, and marks rows; counts[k + 1] is the number of those of subject from + k.
 * False: out of memory. */
static bool find_slices(struct worker *w, uint32_t from, uint64_t to, uint32_t *counts, size_t *all)
{
	const struct query_plan *p = w->scan->plan;
	size_t n = 0;
	for (size_t i = 0; i < p->n_parts; i++) {
		const struct events_scan *s = &p->parts[i].s;
		size_t at = w->at[i], end = w->end[i] = end_of_stretch(s, at, to), begin = n;
		if (at < end) {
			if (w->scan->wanted && !mark(w, i, s->first[at], s->first[end])) return false;
			fetch_columns(w, i, s->first[at], s->first[end]);
			if (w->scan->wanted) n += find_marked(s, w->hits[i], at, end, w->found + n);
			else
				while (at < end) w->found[n++] = (uint32_t)at++;
		}
		w->n_found[i] = (uint32_t)(n - begin);
		for (size_t k = begin; k < n; k++) counts[s->subjects[w->found[k]] - from + 1]++;
	}
	*all = n;
	return true;
}

/* Puts the slices in their places and moves the cursors on; counts become ends. */
static void place_slices(struct worker *w, uint32_t from, uint32_t *counts)
{
	const struct query_plan *p = w->scan->plan;
	const uint32_t *found = w->found;
	for (size_t i = 0; i < p->n_parts; i++) {
		const struct events_scan *s = &p->parts[i].s;
		size_t base = s->first[w->at[i]] / 64;
		for (const uint32_t *end = found + w->n_found[i]; found < end; found++) {
			size_t first = s->first[*found];
			w->slices[counts[s->subjects[*found] - from]++] = (struct query_slice){(uint32_t)i, (uint32_t)(s->first[*found + 1] - first), first, w->scan->wanted ? w->hits[i] + (first / 64 - base) : NULL,
				w->is_unpacked ? &w->unpacked[i] : NULL};
		}
		w->at[i] = w->end[i];
	}
}

static void scan_stretch(struct worker *w, uint32_t from, uint64_t to)
{
	uint32_t counts[STRETCH + 1] = {0}, starts[STRETCH];
	size_t all, n = to - from;
	if (!find_slices(w, from, to, counts, &all) || (w->scan->of_place && !unpack_stretch(w))) return;
	if (all > w->cap_slices) {
		if (!query__charge(w->scan->plan, (all - w->cap_slices) * sizeof *w->slices)) return;
		w->slices = mem_realloc(w->slices, all * sizeof *w->slices);
		w->cap_slices = all;
	}
	for (size_t i = 0; i < n; i++) {
		counts[i + 1] += counts[i];
		starts[i] = counts[i];
	}
	place_slices(w, from, counts);
	for (size_t i = 0; i < n; i++) {
		if (counts[i] > starts[i]) visit_subject(w, from + (uint32_t)i, w->slices + starts[i], counts[i] - starts[i]);
	}
}

static void scan_subjects(struct worker *w, uint32_t from, uint64_t to)
{
	const struct query_plan *p = w->scan->plan;
	for (size_t i = 0; i < p->n_parts; i++) w->at[i] = lower(p->parts[i].s.subjects, p->parts[i].s.n_subjects, from);
	while (!must_stop(w->scan)) {
		uint32_t next = UINT32_MAX; /* numbers without rows are not walked through */
		for (size_t i = 0; i < p->n_parts; i++)
			if (w->at[i] < p->parts[i].s.n_subjects && p->parts[i].s.subjects[w->at[i]] < next) next = p->parts[i].s.subjects[w->at[i]];
		if (next == UINT32_MAX || next >= to) return;
		uint64_t end = (uint64_t)next + STRETCH;
		scan_stretch(w, next, end < to ? end : to);
	}
}

static size_t chunks_of_joined(const struct scan *s)
{
	return s->plan->ctx->people.n_customers / query__tuning.chunk_customers + 1;
}

static size_t divisor(size_t a, size_t b)
{
	return b ? divisor(b, a % b) : a;
}

/* What is learned from the first customers shall hold of all (spread_window.c), but those who came early are not like those
 * who came late. So a small part of every chunk is taken first, then the rest of each; and chunks by steps of the golden
 * section, which cover all of them evenly from the start. */
static size_t step_through(size_t n)
{
	size_t step = (size_t)(0.6180339887 * (double)n) + 1;
	while (divisor(n, step) != 1) step++;
	return step;
}

struct stretch {
	uint64_t from, to;
};
/* The next one of n chunks, which begin at their bounds or all have `each`; false: all were taken. */
static bool take_stretch(struct scan *s, size_t n, const uint32_t *bounds, size_t each, struct stretch *out)
{
	size_t i = atomic_fetch_add(&s->chunk, 1), chunk = s->plan->learns ? i % n * step_through(n) % n : i;
	if (must_stop(s) || i >= (s->plan->learns ? 2 * n : n)) return false;
	uint64_t from = bounds ? bounds[chunk] : chunk * each, to = bounds ? bounds[chunk + 1] : from + each, middle = from + (to - from) / FIRST_PART;
	if (!s->plan->learns) middle = from;
	*out = s->plan->learns && i < n ? (struct stretch){from, middle} : (struct stretch){middle, to};
	return true;
}

static void *scan_part_of_subjects(void *arg)
{
	struct worker *w = arg;
	struct scan *s = w->scan;
	for (struct stretch of; take_stretch(s, s->n_chunks, s->bounds, 0, &of);)
		if (of.from < of.to) scan_subjects(w, (uint32_t)of.from, of.to);
	return NULL;
}

static void *scan_part_of_joined(void *arg)
{
	struct worker *w = arg;
	struct scan *s = w->scan;
	size_t end = (size_t)s->plan->ctx->people.n_customers + 1, n = chunks_of_joined(s);
	for (struct stretch of; take_stretch(s, n, NULL, query__tuning.chunk_customers, &of);)
		for (size_t c = of.from; c < of.to && c < end; c++)
			if (s->offsets[c + 1] > s->offsets[c]) s->visit(w->state, (uint32_t)c, s->grouped + s->offsets[c], s->offsets[c + 1] - s->offsets[c]);
	return NULL;
}

/* Worker 0 is this thread; where a thread cannot be had, the others do its share. */
static void work(struct scan *s, struct worker *workers, size_t n, void *(*fn)(void *))
{
	bool *is_started = ARENA_ARRAY(s->plan->arena, bool, n);
	atomic_store(&s->chunk, 0);
	for (size_t i = 1; i < n; i++) is_started[i] = pthread_create(&workers[i].thread, NULL, fn, &workers[i]) == 0;
	fn(&workers[0]);
	for (size_t i = 1; i < n; i++)
		if (is_started[i]) pthread_join(workers[i].thread, NULL);
}

struct share {
	atomic_size_t next;
	size_t n;
	void (*fn)(void *arg, size_t i);
	void *arg;
};
static void *take_share(void *arg)
{
	struct share *s = arg;
	for (size_t i; (i = atomic_fetch_add(&s->next, 1)) < s->n;) s->fn(s->arg, i);
	return NULL;
}

void query__share(struct query_plan *p, size_t n, void (*fn)(void *arg, size_t i), void *arg)
{
	struct share s = {.n = n, .fn = fn, .arg = arg};
	pthread_t threads[MAX_WORKERS];
	size_t want = query__workers(p), n_threads = 0;
	while (n_threads + 1 < want && n_threads + 1 < n && pthread_create(&threads[n_threads], NULL, take_share, &s) == 0) n_threads++;
	(void)take_share(&s);
	while (n_threads) pthread_join(threads[--n_threads], NULL);
}

/* ---- preparing ----------------------------------------------------------------------------------------------------- */
static void find_joined(struct scan *s)
{
	const struct query_people *people = &s->plan->ctx->people;
	size_t words = people->n_customers / 64 + 1;
	uint64_t *is_seen = mem_zalloc(words * sizeof *is_seen);
	s->is_joined = mem_zalloc(words * sizeof *s->is_joined);
	for (uint32_t subject = 1; subject <= people->n_subjects; subject++) {
		uint32_t customer = people->customer[subject];
		if (customer > people->n_customers) continue;
		uint64_t bit = UINT64_C(1) << customer % 64;
		s->is_joined[customer / 64] |= is_seen[customer / 64] & bit;
		is_seen[customer / 64] |= bit;
	}
	mem_free(is_seen);
}

/* The place of the subject that has the row. */
static size_t subject_at(const struct events_scan *s, size_t row)
{
	size_t low = 0, high = s->n_subjects;
	while (low + 1 < high) {
		size_t middle = (low + high) / 2;
		if (s->first[middle] <= row) low = middle;
		else high = middle;
	}
	return low;
}

static void cut_subjects(struct scan *s)
{
	const struct query_plan *p = s->plan;
	const struct query_part *largest = NULL;
	for (size_t i = 0; i < p->n_parts; i++)
		if (!largest || p->parts[i].n > largest->n) largest = &p->parts[i];
	size_t want = (size_t)(p->rows / query__tuning.chunk_rows) + 1;
	if (want > MAX_CHUNKS) want = MAX_CHUNKS;
	s->bounds = ARENA_ARRAY(p->arena, uint32_t, want + 1);
	for (size_t i = 1; largest && i < want; i++) {
		uint32_t subject = largest->s.subjects[subject_at(&largest->s, largest->n * i / want)] + 1; /* behind it: who has that row has many */
		if (subject > s->bounds[s->n_chunks]) s->bounds[++s->n_chunks] = subject;
	}
	uint32_t end = s->bounds[s->n_chunks] + 1;
	for (size_t i = 0; i < p->n_parts; i++) {
		const struct events_scan *part = &p->parts[i].s;
		if (part->n_subjects && part->subjects[part->n_subjects - 1] >= end) end = part->subjects[part->n_subjects - 1] + 1;
	}
	s->bounds[++s->n_chunks] = end;
}

/* Counting sort of what was put aside, by customer. */
static size_t group_aside(struct scan *s, const struct worker *workers, size_t n_workers)
{
	size_t total = 0, customers = (size_t)s->plan->ctx->people.n_customers + 1;
	for (size_t i = 0; i < n_workers; i++) total += workers[i].n;
	if (total == 0 || !query__charge(s->plan, (customers + 2) * sizeof *s->offsets)) return 0;
	s->offsets = mem_zalloc((customers + 2) * sizeof *s->offsets);
	s->grouped = mem_alloc(total * sizeof *s->grouped);
	for (size_t i = 0; i < n_workers; i++)
		for (size_t k = 0; k < workers[i].n; k++) s->offsets[workers[i].aside[k].customer + 2]++;
	for (size_t c = 2; c < customers + 2; c++) s->offsets[c] += s->offsets[c - 1];
	for (size_t i = 0; i < n_workers; i++)
		for (size_t k = 0; k < workers[i].n; k++) s->grouped[s->offsets[workers[i].aside[k].customer + 1]++] = workers[i].aside[k].slice;
	return total;
}

size_t query__workers(const struct query_plan *p)
{
	if (p->ctx->threads > 0) return p->ctx->threads < MAX_WORKERS ? (size_t)p->ctx->threads : MAX_WORKERS;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t pays = (size_t)(p->rows / MANY_ROWS) + 1;
	if (cores < 1) cores = 1;
	if (cores > MAX_WORKERS) cores = MAX_WORKERS;
	return pays < (size_t)cores ? pays : (size_t)cores;
}

enum err query__too_large(const struct query_plan *p, struct fault *f)
{
	return fault_set(f, ERR_TOO_LARGE, "", "takes more than the %zu MB that one question may; ask for fewer values of \"by\", longer intervals or a shorter range", p->memory_max >> 20);
}

/* By place in each part's table of types. */
static void find_wanted(struct scan *s)
{
	const struct query_plan *p = s->plan;
	s->wanted = ARENA_ARRAY(p->arena, struct query_type_set, p->n_parts + 1);
	for (size_t i = 0; i < p->n_parts; i++) {
		for (size_t k = 0; k < p->parts[i].s.n_types && k < 256; k++) s->wanted[i].is_wanted[k] = s->codes[p->parts[i].s.types[k]] != 0;
		query__type_set(&s->wanted[i]);
	}
}

static void find_of_place(struct scan *s)
{
	const struct query_plan *p = s->plan;
	s->of_place = ARENA_ARRAY(p->arena, uint8_t, p->n_parts * 256 + 1);
	for (size_t i = 0; i < p->n_parts; i++)
		for (size_t k = 0; k < p->parts[i].s.n_types && k < 256; k++) s->of_place[i * 256 + k] = p->unpack.of_type[p->parts[i].s.types[k]];
}

static void release(struct scan *s, struct worker *workers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mem_free(workers[i].aside);
		mem_free(workers[i].slices);
		for (size_t k = 0; k < s->plan->n_parts; k++) {
			mem_free(workers[i].hits[k]);
			mem_free(workers[i].unpacked[k].types);
			mem_free(workers[i].unpacked[k].channels);
			mem_free(workers[i].unpacked[k].gaps);
			mem_free(workers[i].unpacked[k].took);
		}
	}
	mem_free(s->is_joined);
	mem_free(s->offsets);
	mem_free(s->grouped);
}

enum err query__scan_types(struct query_plan *p, const uint8_t *codes, query_visit *visit, void **states, size_t n_states, struct fault *f)
{
	struct scan s = {.plan = p, .visit = visit, .codes = codes};
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n_states);
	find_joined(&s);
	cut_subjects(&s);
	if (codes) find_wanted(&s);
	if (p->unpack.of_type) find_of_place(&s);
	p->scanned = codes;
	for (size_t i = 0; i < n_states; i++)
		workers[i] = (struct worker){.scan = &s, .state = states[i], .at = ARENA_ARRAY(p->arena, size_t, p->n_parts + 1),
			.end = ARENA_ARRAY(p->arena, size_t, p->n_parts + 1), .n_found = ARENA_ARRAY(p->arena, uint32_t, p->n_parts + 1),
			.found = ARENA_ARRAY(p->arena, uint32_t, p->n_parts * STRETCH + 1), .hits = ARENA_ARRAY(p->arena, uint64_t *, p->n_parts + 1), .cap_hits = ARENA_ARRAY(p->arena, size_t, p->n_parts + 1),
			.unpacked = ARENA_ARRAY(p->arena, struct query_unpacked, p->n_parts + 1)};
	work(&s, workers, n_states, scan_part_of_subjects);
	if (!must_stop(&s) && group_aside(&s, workers, n_states)) work(&s, workers, n_states, scan_part_of_joined);
	bool is_stopped = must_stop(&s);
	release(&s, workers, n_states);
	if (!is_stopped) return OK;
	if (atomic_load(&p->is_out_of_memory)) return query__too_large(p, f);
	return fault_set(f, ERR_STATE, "", "the question was cancelled");
}

enum err query__scan(struct query_plan *p, query_visit *visit, void **states, size_t n_states, struct fault *f)
{
	return query__scan_types(p, NULL, visit, states, n_states, f);
}
