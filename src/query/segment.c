/* Every customer is judged once. Those with events that a condition asks for are brought by the scan; all others exist
 * too, and are judged without events afterwards. Where no condition asks for events nothing is scanned. How the size
 * changed is the same question asked for the end of each interval. */
#include "query/segment.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "query/rules.h"

enum { SETS = 1 << (SEGMENT_MAX_OTHERS + 1) };

struct worker {
	struct query_plan *plan;
	const struct query_matcher *match;
	size_t n_match;
	struct query_judge *judge;
	struct arena arena;
	_Atomic uint64_t *seen;  /* a bit a customer, shared: each is brought once, but words have many */
	uint64_t sizes[SETS];
	const struct query *marks; /* NULL: its members are not asked for */
};

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	if (customer == 0) return;
	atomic_fetch_or_explicit(&w->seen[customer / 64], UINT64_C(1) << customer % 64, memory_order_relaxed);
	if (!query__may(w->plan->ctx, customer)) return;
	unsigned set = 0;
	(void)query__judge(w->judge, customer, slices, n);
	for (size_t i = 0; i < w->n_match; i++) set |= (unsigned)(w->judge->verdicts[w->match[i].number] == QUERY_YES) << i;
	w->sizes[set]++;
	if (w->marks && set & 1) query__behind(w->marks, customer);
}

/* Those that the scan did not bring. */
static void visit_others(struct worker *w, struct query_segment_answer *out)
{
	const struct query_people *people = &w->plan->ctx->people;
	uint64_t *exists = mem_zalloc((people->n_customers / 64 + 1) * sizeof *exists);
	for (uint32_t s = 1; s <= people->n_subjects; s++)
		if (people->customer[s] && people->customer[s] <= people->n_customers) exists[people->customer[s] / 64] |= UINT64_C(1) << people->customer[s] % 64;
	for (uint32_t c = 1; c <= people->n_customers; c++) {
		if (!(exists[c / 64] >> c % 64 & 1)) continue;
		if (query__may(w->plan->ctx, c)) out->base++;
		else out->left_out++;
		if (!(w->seen[c / 64] >> c % 64 & 1)) visit(w, c, NULL, 0);
	}
	mem_free(exists);
}

static enum err run(struct query_plan *p, const struct query *q, struct query_rules *rules, const struct query_matcher *match, bool whole, struct arena *a, struct query_segment_answer *out, struct fault *f)
{
	size_t n = query__workers(p), words = p->ctx->people.n_customers / 64 + 1;
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	if (!query__charge(p, 2 * words * sizeof(uint64_t))) return query__too_large(p, f);
	_Atomic uint64_t *seen = ARENA_ARRAY(p->arena, _Atomic uint64_t, words);
	for (size_t i = 0; i < n; i++) {
		workers[i] = (struct worker){.plan = p, .match = match, .n_match = whole ? q->segment->n_others + 1 : 1, .seen = seen, .marks = whole && q->members ? q : NULL};
		arena_init(&workers[i].arena);
		workers[i].judge = query__judge_new(rules, &workers[i].arena);
		states[i] = &workers[i];
	}
	out->base = out->left_out = out->customers = 0;
	uint8_t *codes = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	query__rules_codes(rules, codes);
	enum err e = query__rules_need_events(rules) ? query__scan_types(p, codes, visit, states, n, f) : OK;
	if (e == OK) visit_others(&workers[0], out);
	if (e == OK && atomic_load(&p->is_out_of_memory)) e = query__too_large(p, f);
	uint64_t *sizes = whole ? out->sizes = ARENA_ARRAY(a, uint64_t, SETS) : NULL;
	for (size_t i = 0; i < n && e == OK; i++)
		for (size_t s = 0; s < SETS; s++) {
			if (sizes) sizes[s] += workers[i].sizes[s];
			if (s & 1) out->customers += workers[i].sizes[s];
		}
	for (size_t i = 0; i < n; i++) {
		query__judge_free(workers[i].judge);
		arena_release(&workers[i].arena);
	}
	return e;
}

/* whole: with its members and overlaps; else its size alone. */
static enum err ask(const struct query_context *ctx, const struct query *q, bool whole, struct arena *a, struct query_segment_answer *out, struct fault *f)
{
	struct arena scratch;
	struct query_plan plan;
	struct query_rules *rules = NULL;
	struct query_matcher match[SEGMENT_MAX_OTHERS + 1] = {{0}};
	struct query_wants want = {0};
	struct query bare = *q;
	bare.where = NULL; /* a matcher like the others, so that they may be looked at apart */
	arena_init(&scratch);
	enum err e = query__plan(ctx, &scratch, &plan, f);
	if (e == OK) out->range = query__range(&plan, q);
	int64_t from_ms = INT64_MAX, to_ms = INT64_MIN;
	if (e == OK) e = query__rules(&plan, &bare, &rules, f);
	if (e == OK) e = query__matcher(rules, &(struct query_match){.where = q->where}, &match[0], f);
	for (size_t i = 0; i < q->segment->n_others && whole && e == OK; i++) e = query__matcher(rules, &(struct query_match){.where = q->segment->others[i]}, &match[i + 1], f);
	if (e == OK) query__rules_want(rules, &want, &from_ms, &to_ms);
	if (e == OK && query__rules_need_events(rules)) e = query__parts(&plan, from_ms, to_ms, &want, f);
	if (e == OK) e = query__rules_bind(rules, f);
	if (e == OK) e = run(&plan, q, rules, match, whole, a, out, f);
	arena_release(&scratch);
	return e;
}

static enum err moments(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_segment_answer *out, struct fault *f)
{
	TRY(query__times(a, ctx->zone, q, out->range, &out->times, f));
	if (out->times.n > SEGMENT_MAX_MOMENTS) return fault_set(f, ERR_TOO_LARGE, "interval", "the size is looked at for at most %d intervals; ask for longer ones or a shorter range", SEGMENT_MAX_MOMENTS);
	out->moments = ARENA_ARRAY(a, uint64_t, out->times.n + 1);
	for (size_t i = 0; i < out->times.n; i++) {
		struct query until = *q;
		struct query_segment_answer at = {0};
		int64_t end = out->times.start[i + 1] < out->times.to_ms ? out->times.start[i + 1] : out->times.to_ms;
		until.range.has_to = true;
		until.range.to_ms = end;
		TRY(ask(ctx, &until, false, a, &at, f));
		out->moments[i] = at.customers;
	}
	return OK;
}

enum err query_segment(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_segment_answer *out, struct fault *f)
{
	*out = (struct query_segment_answer){.is_partial = events_view_is_partial(ctx->view)};
	TRY(ask(ctx, q, true, a, out, f));
	return q->segment->has_interval ? moments(ctx, q, a, out, f) : OK;
}
