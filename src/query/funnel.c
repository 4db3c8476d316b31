/* Funnels: the customers are scanned once, and again until every percentile is known; what workers counted is added up. */
#include "query/funnel.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "query/funnel_inner.h"

enum { RAW_MAX = 1 << 12 };
static const double SHARES[] = {0.5, 0.9};

/* ---- adding up --------------------------------------------------------------------------------------------------------- */
static bool add_cells(struct funnel_worker *into, size_t group, const struct funnel_worker *from, size_t from_group)
{
	size_t steps = into->f->n_steps;
	for (size_t k = 0; k < steps; k++) {
		into->cells[group * steps + k].units += from->cells[from_group * steps + k].units;
		into->cells[group * steps + k].customers += from->cells[from_group * steps + k].customers;
		if (!spread_merge(&into->spread, group * steps + k, &from->spread, from_group * steps + k)) return false;
	}
	return true;
}

static bool merge(struct funnel_worker *into, const struct funnel_worker *from)
{
	size_t n = query__groups_count(from->by);
	if (!add_cells(into, 0, from, 0)) return false;
	for (uint32_t g = 0; into->q->by != QUERY_NONE && g < n && g < from->n_groups; g++) {
		uint32_t same = query__group_of(into->by, query__group_value(from->by, g));
		if (same == UINT32_MAX || (same >= into->n_groups && !funnel__room(into, same + 1)) || !add_cells(into, same + 1, from, g + 1)) return false;
	}
	into->voided += from->voided;
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	return true;
}

/* Every group that was counted gets its number here, whoever counted it. */
static bool know_groups(struct funnel_worker *w, const struct funnel_worker *sum)
{
	size_t n = query__groups_count(sum->by);
	for (uint32_t g = 0; g < n; g++)
		if (query__group_of(w->by, query__group_value(sum->by, g)) == UINT32_MAX) return false;
	w->n_global = query__groups_count(w->by);
	w->global = ARENA_ARRAY(&w->arena, uint32_t, w->n_global + 1);
	for (uint32_t g = 0; g < n; g++) w->global[query__group_of(w->by, query__group_value(sum->by, g))] = g;
	return true;
}

static struct funnel_step *steps_out(const struct funnel_worker *w, size_t group, struct arena *a)
{
	size_t n = w->f->n_steps;
	struct funnel_step *steps = ARENA_ARRAY(a, struct funnel_step, n);
	for (size_t k = 0; k < n; k++) {
		const struct funnel_cell *c = &w->cells[group * n + k];
		steps[k] = (struct funnel_step){c->units, c->customers, spread_at(&w->spread, group * n + k, 0), spread_at(&w->spread, group * n + k, 1)};
	}
	return steps;
}

static int by_weight(const void *x, const void *y)
{
	const struct funnel_group *a = x, *b = y;
	if (a->steps[0].units != b->steps[0].units) return a->steps[0].units > b->steps[0].units ? -1 : 1;
	return query__value_cmp(&a->by, &b->by);
}

static struct funnel_step *other_steps_out(const struct funnel_worker *w, struct arena *a)
{
	struct funnel_step *steps = ARENA_ARRAY(a, struct funnel_step, w->f->n_steps);
	for (size_t k = 0; k < w->f->n_steps; k++)
		steps[k] = (struct funnel_step){w->other[k].units, w->other[k].customers, spread_at(&w->other_spread, k, 0), spread_at(&w->other_spread, k, 1)};
	return steps;
}

static void put_out(const struct funnel_worker *w, struct arena *a, struct query_funnel_answer *out)
{
	size_t n = w->q->by == QUERY_NONE ? 0 : query__groups_count(w->by);
	out->all = steps_out(w, 0, a);
	out->groups = ARENA_ARRAY(a, struct funnel_group, n + 2);
	for (uint32_t g = 0; g < n && g < w->n_groups; g++) {
		if (w->cells[(g + 1) * w->f->n_steps].units == 0) continue;
		struct query_value by = query__group_value(w->by, g);
		out->groups[out->n_groups++] = (struct funnel_group){.by = {by.kind, str_dup(a, by.text)}, .steps = steps_out(w, g + 1, a)};
	}
	if (out->n_groups > 1) qsort(out->groups, out->n_groups, sizeof *out->groups, by_weight);
	if (w->is_top) {
		out->n_groups = w->q->top;
		out->groups[out->n_groups++] = (struct funnel_group){.is_other = true, .by = {QUERY_VALUE_TEXT, S("other")}, .steps = other_steps_out(w, a)};
	}
	out->voided = w->voided;
	out->left_out = query__left_out(w->plan, &w->left_out);
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */
static void make_masks(const struct query_walk *k, const struct query_funnel *f, struct funnel_masks *out)
{
	struct arena *a = k->plan.arena;
	*out = (struct funnel_masks){.may = ARENA_ARRAY(a, uint32_t, (size_t)UINT16_MAX + 1)};
	if (k->needs_rows) out->maybe = ARENA_ARRAY(a, uint32_t, (size_t)UINT16_MAX + 1);
	for (size_t i = 0; i < f->n_steps + f->n_exclusions; i++) {
		uint32_t bit = UINT32_C(1) << (i < f->n_steps ? i : FIRST_EXCLUSION + i - f->n_steps);
		for (size_t t = 0; t < k->plan.n_types; t++) {
			if (k->matchers[i].codes[t] != QUERY_NO) out->may[t] |= bit;
			if (k->matchers[i].codes[t] == QUERY_MAYBE) out->maybe[t] |= bit;
		}
	}
}

static void begin(struct funnel_worker *w, struct query_walk *k, const struct query *q, const struct funnel_masks *masks, const uint8_t *codes)
{
	const struct query_funnel *f = q->funnel;
	struct query_plan *p = &k->plan;
	*w = (struct funnel_worker){.walk = k, .plan = p, .q = q, .f = f, .masks = masks};
	arena_init(&w->arena);
	w->judge = query__judge_new(k->rules, &w->arena);
	w->want = (struct line_wants){.codes = codes, .from_ms = k->range.from_ms, .to_ms = k->range.to_ms, .left_out = &w->left_out, .arena = &w->arena,
		.channel = q->by == QUERY_CHANNEL || f->hold == QUERY_CHANNEL, .rows = k->needs_rows || query__dimension_needs_row(q->by) || query__dimension_needs_row(f->hold)};
	w->bits = funnel__bits_new(&w->arena);
	w->by = query__groups_new(p, q, &w->arena);
	w->hold = query__groups_of(p, f->hold, &w->arena);
	w->held_as = ARENA_ARRAY(&w->arena, uint32_t, f->hold == QUERY_CHANNEL ? (size_t)UINT16_MAX + 1 : 1);
	w->groups_by_held = q->by == f->hold && q->by != QUERY_NONE && q->by != QUERY_PROPERTY && q->by != QUERY_TRAIT;
	spread_init(&w->spread, p, &w->arena, RAW_MAX, SHARES, COUNT_OF(SHARES));
	(void)funnel__room(w, 1);
	w->wanted_group = q->members && q->members->has_by ? query__group_of(w->by, q->members->by) : 0;
}

static void end(struct funnel_worker *w)
{
	query__judge_free(w->judge);
	query__groups_free(w->by);
	query__groups_free(w->hold);
	query__line_free(&w->line);
	query__strip_free(&w->strip);
	funnel__bits_free(w->bits);
	spread_release(&w->spread);
	spread_release(&w->other_spread);
	mem_free(w->chains);
	mem_free(w->touched);
	mem_free(w->cells);
	arena_release(&w->arena);
}

struct weighed {
	uint64_t units;
	struct query_value by;
	uint32_t group;
};

static int by_units(const void *x, const void *y)
{
	const struct weighed *a = x, *b = y;
	if (a->units != b->units) return a->units > b->units ? -1 : 1;
	return query__value_cmp(&a->by, &b->by);
}

/* The groups that stand for themselves; NULL: all do. In the order of by_weight. */
static const bool *top_groups(const struct funnel_worker *w)
{
	size_t n = query__groups_count(w->by), kept = 0;
	struct weighed *v = ARENA_ARRAY(w->plan->arena, struct weighed, n + 1);
	bool *is_top = ARENA_ARRAY(w->plan->arena, bool, n + 1);
	for (uint32_t g = 0; g < n && g < w->n_groups; g++) {
		uint64_t units = w->cells[(g + 1) * w->f->n_steps].units;
		if (units) v[kept++] = (struct weighed){units, query__group_value(w->by, g), g};
	}
	if (!w->q->top || kept <= w->q->top) return NULL;
	qsort(v, kept, sizeof *v, by_units);
	for (size_t i = 0; i < w->q->top; i++) is_top[v[i].group] = true;
	return is_top;
}

static enum err scan_others(struct query_plan *p, struct funnel_worker *workers, void **states, size_t n, struct fault *f)
{
	const bool *is_top = workers[0].q->by == QUERY_NONE ? NULL : top_groups(&workers[0]);
	struct funnel_worker *all = &workers[0];
	if (!is_top) return OK;
	for (size_t i = 0; i < n; i++) {
		struct funnel_worker *w = &workers[i];
		w->is_top = is_top;
		w->want.left_out = NULL;
		spread_init(&w->other_spread, p, &w->arena, SIZE_MAX, SHARES, COUNT_OF(SHARES)); /* keeps all: no further pass */
		if (!spread_room(&w->other_spread, w->f->n_steps)) return query__too_large(p, f);
	}
	p->unpack = (struct query_unpack){0};
	TRY(query__scan(p, funnel__visit, states, n, f));
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < all->f->n_steps; k++) {
			all->other[k].units += workers[i].other[k].units;
			all->other[k].customers += workers[i].other[k].customers;
			if (!spread_merge(&all->other_spread, k, &workers[i].other_spread, k)) return query__too_large(p, f);
		}
	(void)spread_aim(&all->other_spread);
	return OK;
}

/* Scans until every percentile is known: most often once. */
static enum err scan(struct query_walk *k, struct funnel_worker *workers, void **states, size_t n, struct fault *f)
{
	TRY(query__walk_scan(k, workers[0].want.codes, funnel__visit, states, n, f));
	for (size_t i = 1; i < n; i++)
		if (!merge(&workers[0], &workers[i])) return query__too_large(&k->plan, f);
	for (size_t i = 0; i < n; i++)
		if (!know_groups(&workers[i], &workers[0])) return query__too_large(&k->plan, f);
	while (spread_aim(&workers[0].spread)) {
		for (size_t i = 0; i < n; i++) workers[i].all = &workers[0].spread, workers[i].want.left_out = NULL;
		TRY(query__walk_scan(k, workers[0].want.codes, funnel__visit, states, n, f));
	}
	return OK;
}

static enum err run(struct query_walk *k, const struct query *q, struct query_funnel_answer *out, struct arena *a, struct fault *f)
{
	struct query_plan *p = &k->plan;
	struct funnel_masks masks;
	size_t n = query__workers(p);
	struct funnel_worker *workers = ARENA_ARRAY(p->arena, struct funnel_worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	bool all = q->funnel->order == FUNNEL_STRICT || q->funnel->count == FUNNEL_SESSIONS;
	const uint8_t *codes = query__walk_codes(k, k->matchers, all ? 0 : q->funnel->n_steps + q->funnel->n_exclusions);
	make_masks(k, q->funnel, &masks);
	funnel__unpack(k, q, &masks);
	for (size_t i = 0; i < n; i++) {
		begin(&workers[i], k, q, &masks, codes);
		states[i] = &workers[i];
	}
	enum err e = scan(k, workers, states, n, f);
	if (e == OK) e = scan_others(p, workers, states, n, f);
	if (e == OK) put_out(&workers[0], a, out);
	for (size_t i = 0; i < n; i++) end(&workers[i]);
	return e;
}

enum err query_funnel(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_funnel_answer *out, struct fault *f)
{
	const struct query_funnel *funnel = q->funnel;
	const struct query_match *matches[FUNNEL_MAX_STEPS + FUNNEL_MAX_EXCLUSIONS];
	size_t n = 0;
	struct arena scratch;
	struct query_walk walk;
	struct query_wants want = {.columns = query__dimension_columns(q->by) | query__dimension_columns(funnel->hold),
		.by = q->by == QUERY_PROPERTY ? q->by_property : STR_NONE, .property = funnel->hold == QUERY_PROPERTY ? funnel->hold_property : STR_NONE};
	*out = (struct query_funnel_answer){0};
	for (size_t i = 0; i < funnel->n_steps; i++) matches[n++] = &funnel->steps[i];
	for (size_t i = 0; i < funnel->n_exclusions; i++) matches[n++] = &funnel->exclusions[i].match;
	arena_init(&scratch);
	enum err e = query__walk_open(&walk, ctx, q, matches, n, &want, &scratch, f);
	if (e == OK) out->range = walk.range;
	if (e == OK) e = run(&walk, q, out, a, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
