/* The scan brings every customer to a visitor once, with all of their rows, and needs neither a hash table nor a sort
 * of events: rows lie by subject in every part, so walking all parts side by side meets a subject's rows together.
 * Customers of several subjects are put aside on the way (16 to 24 bytes a subject and part), grouped by counting at the
 * end, and visited then; so their cost is in proportion and nobody is looked up.
 *
 * Workers take ranges of subjects from one counter; the ranges are cut by rows of the largest part. Then, once all are
 * through, ranges of the customers that were put aside. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "query/inner.h"

enum {
	MANY_ROWS = 262144,       /* under this, starting a thread costs more than it brings */
	MAX_WORKERS = 16,
	MAX_CHUNKS = 4096,
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
	size_t *at;          /* a cursor a part */
	uint32_t *next;      /* the subject at each cursor; UINT32_MAX past the end */
	struct query_slice *slices; /* of the subject in hand, at most one a part */
	pthread_t thread;
};
struct scan {
	struct query_plan *plan;
	query_visit *visit;
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

static size_t lower(const uint32_t *subjects, size_t n, uint32_t subject)
{
	size_t low = 0;
	while (low < n) {
		size_t middle = (low + n) / 2;
		if (subjects[middle] < subject) low = middle + 1;
		else n = middle;
	}
	return low;
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
	for (size_t i = 0; i < n; i++) w->aside[w->n++] = (struct aside){customer, slices[i]};
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

static void scan_subjects(struct worker *w, uint32_t from, uint64_t to)
{
	const struct query_plan *p = w->scan->plan;
	struct query_slice *slices = w->slices;
	for (size_t i = 0; i < p->n_parts; i++) {
		w->at[i] = lower(p->parts[i].c.subject, p->parts[i].n, from);
		w->next[i] = w->at[i] < p->parts[i].n ? p->parts[i].c.subject[w->at[i]] : UINT32_MAX;
	}
	for (;;) {
		uint32_t subject = UINT32_MAX;
		for (size_t i = 0; i < p->n_parts; i++)
			if (w->next[i] < subject) subject = w->next[i];
		if (subject == UINT32_MAX || subject >= to) return;
		size_t n = 0;
		for (size_t i = 0; i < p->n_parts; i++) {
			if (w->next[i] != subject) continue;
			const uint32_t *subjects = p->parts[i].c.subject;
			size_t first = w->at[i], end = first + 1, rows = p->parts[i].n;
			while (end < rows && subjects[end] == subject) end++;
			slices[n++] = (struct query_slice){(uint32_t)i, (uint32_t)(end - first), first};
			w->at[i] = end;
			w->next[i] = end < rows ? subjects[end] : UINT32_MAX;
		}
		visit_subject(w, subject, slices, n);
	}
}

static void *scan_part_of_subjects(void *arg)
{
	struct worker *w = arg;
	struct scan *s = w->scan;
	for (size_t i; !must_stop(s) && (i = atomic_fetch_add(&s->chunk, 1)) < s->n_chunks;) scan_subjects(w, s->bounds[i], s->bounds[i + 1]);
	return NULL;
}

static void *scan_part_of_joined(void *arg)
{
	struct worker *w = arg;
	struct scan *s = w->scan;
	size_t end = (size_t)s->plan->ctx->people.n_customers + 1;
	for (size_t from; !must_stop(s) && (from = atomic_fetch_add(&s->chunk, query__tuning.chunk_customers)) < end;)
		for (size_t c = from; c < from + query__tuning.chunk_customers && c < end; c++)
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
		uint32_t subject = largest->c.subject[largest->n * i / want];
		if (subject > s->bounds[s->n_chunks]) s->bounds[++s->n_chunks] = subject;
	}
	s->bounds[++s->n_chunks] = UINT32_MAX;
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

enum err query__scan(struct query_plan *p, query_visit *visit, void **states, size_t n_states, struct fault *f)
{
	struct scan s = {.plan = p, .visit = visit};
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n_states);
	find_joined(&s);
	cut_subjects(&s);
	for (size_t i = 0; i < n_states; i++)
		workers[i] = (struct worker){.scan = &s, .state = states[i], .at = ARENA_ARRAY(p->arena, size_t, p->n_parts + 1),
			.next = ARENA_ARRAY(p->arena, uint32_t, p->n_parts + 1), .slices = ARENA_ARRAY(p->arena, struct query_slice, p->n_parts + 1)};
	work(&s, workers, n_states, scan_part_of_subjects);
	if (!must_stop(&s) && group_aside(&s, workers, n_states)) work(&s, workers, n_states, scan_part_of_joined);
	bool is_stopped = must_stop(&s);
	for (size_t i = 0; i < n_states; i++) mem_free(workers[i].aside);
	mem_free(s.is_joined);
	mem_free(s.offsets);
	mem_free(s.grouped);
	if (!is_stopped) return OK;
	if (atomic_load(&p->is_out_of_memory))
		return query__too_large(p, f);
	return fault_set(f, ERR_STATE, "", "the question was cancelled");
}
