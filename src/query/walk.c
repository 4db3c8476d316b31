#include "query/walk.h"

#include <string.h>

enum err query__walk_open(struct query_walk *k, const struct query_context *ctx, const struct query *q, const struct query_match *const *matches, size_t n, struct query_wants *want,
	struct arena *scratch, struct fault *f)
{
	TRY(query__plan(ctx, scratch, &k->plan, f));
	k->range = query__range(&k->plan, q);
	k->has_where = k->needs_rows = q->where != NULL;
	k->matchers = ARENA_ARRAY(scratch, struct query_matcher, n + 1);
	TRY(query__rules(&k->plan, q, &k->rules, f));
	for (size_t i = 0; i < n; i++) {
		TRY(query__matcher(k->rules, matches[i], &k->matchers[i], f));
		k->needs_rows |= matches[i]->where != NULL;
	}
	int64_t from_ms = k->range.from_ms, to_ms = k->range.to_ms;
	want->lines = true;
	query__rules_want(k->rules, want, &from_ms, &to_ms);
	TRY(query__parts(&k->plan, from_ms, to_ms, want, f));
	return query__rules_bind(k->rules, f);
}

const uint8_t *query__walk_codes(const struct query_walk *k, const struct query_matcher *matchers, size_t n)
{
	if (n == 0) return k->has_where ? query__where(k->rules)->codes : NULL;
	uint8_t *codes = ARENA_ARRAY(k->plan.arena, uint8_t, (size_t)UINT16_MAX + 1);
	for (size_t i = 0; i < n; i++)
		for (size_t t = 0; t < k->plan.n_types; t++) codes[t] |= matchers[i].codes[t] != QUERY_NO;
	return codes;
}

enum err query__walk_scan(struct query_walk *k, const uint8_t *codes, query_visit *visit, void **states, size_t n_states, struct fault *f)
{
	if (!codes) return query__scan(&k->plan, visit, states, n_states, f);
	uint8_t *scanned = ARENA_ARRAY(k->plan.arena, uint8_t, (size_t)UINT16_MAX + 1);
	memcpy(scanned, codes, (size_t)UINT16_MAX + 1);
	query__rules_codes(k->rules, scanned);
	return query__scan_types(&k->plan, scanned, visit, states, n_states, f);
}

bool query__walk_anyone(const struct query_walk *k, struct query_judge *j, struct query_line *l, uint32_t customer, const struct query_slice *slices, size_t n, const struct line_wants *want)
{
	if (k->has_where && query__judge(j, customer, slices, n) == QUERY_NO) return false;
	if (!k->has_where && k->needs_rows) (void)query__judge(j, customer, slices, n);
	struct query_plan *p = (struct query_plan *)(uintptr_t)&k->plan; /* what is charged to it is atomic */
	if (!query__line(l, p, customer, slices, n, want)) return false;
	if (k->has_where) query__line_keep(l, j, query__where(k->rules));
	return l->n > 0;
}

bool query__walk(const struct query_walk *k, struct query_judge *j, struct query_line *l, uint32_t customer, const struct query_slice *slices, size_t n, const struct line_wants *want)
{
	return query__walk_anyone(k, j, l, customer, slices, n, want) && customer;
}
