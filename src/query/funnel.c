/* Funnels. An event is looked up once by its type: a bit a step, and a bit an exclusion. Of every value held constant
 * (one when nothing is) a customer has a chain: for each step the start of the chain that reached it last. In this order
 * the latest start is the best one (whatever can still be reached from an earlier start can be from it), so step k takes
 * the start of step k-1 if the window still holds it: a customer costs two loads and a compare an event, and no list of
 * open chains. Counting attempts keeps the attempt in hand instead. Chains are not cleared but outdated: a unit (customer
 * or session) has a number, and a chain with another one is empty. */
#include "query/funnel.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "query/spread.h"
#include "query/walk.h"

enum { RAW_MAX = 1 << 18, NO_VALUE = 0, FIRST_EXCLUSION = FUNNEL_MAX_STEPS };
#define NEVER (INT64_MIN / 4) /* longer ago than any window, and no time less it overflows */
static const double SHARES[] = {0.5, 0.9};

struct chain {
	uint64_t unit;                     /* whose it is */
	bool has_own_by;                   /* see by_of_start */
	uint32_t own_by;
	uint32_t counted;                  /* see follow_plain_chains: a bit a step that the unit was counted for */
	int64_t start[FUNNEL_MAX_STEPS];   /* this order: of the chain that reached the step; any: when the step was seen last */
	uint32_t by[FUNNEL_MAX_STEPS];     /* the group of that start */
	uint32_t index[FUNNEL_MAX_STEPS];  /* strict: the event that reached it */
	/* the attempt in hand */
	uint32_t bits, next;               /* steps reached; strict: the event it must go on with */
	int level;
	int64_t at[FUNNEL_MAX_STEPS];
};
struct cell { /* of a group and a step */
	uint64_t units, customers, last_unit;
	uint32_t last_customer;
};
struct masks { /* by type: a bit a step, and a bit an exclusion */
	uint32_t *may;   /* match it */
	uint32_t *maybe; /* those of them that have to be looked at closer; NULL: none */
};
struct worker {
	const struct query_walk *walk;
	struct query_judge *judge;
	struct query_plan *plan;
	const struct query *q;
	const struct query_funnel *f;
	struct arena arena;
	const struct masks *masks;
	struct line_wants want;
	struct query_line line;
	struct query_groups *by, *hold;
	bool groups_by_held;               /* `by` is what is held, and events tell it alone */
	struct chain *chains;              /* by value held */
	size_t n_chains;
	uint32_t *touched;                 /* values that the customer in hand has attempts of */
	size_t n_touched;
	struct cell *cells;                /* n_steps over all, then n_steps a group */
	size_t n_groups;                   /* of cells, without that over all */
	struct spread spread;              /* by cell */
	uint64_t unit, voided;
	uint32_t customer, wanted_group;
	uint32_t *members;
	size_t n_members, cap_members;
	struct query_tally_out left_out;
	/* second pass */
	struct spread *all;
	uint32_t *global;                  /* by group: its number over all workers; a worker meets other customers this time */
	size_t n_global;
	/* a pass of its own, for the values past `top`, which share a group */
	const bool *is_top;                /* by group over all workers */
	struct cell other[FUNNEL_MAX_STEPS];
	struct spread other_spread;        /* by step */
};

/* ---- counting ---------------------------------------------------------------------------------------------------------- */
static bool make_groups(struct worker *w, size_t n)
{
	size_t room = w->n_groups ? w->n_groups : 8;
	while (room < n) room *= 2;
	if (!query__charge(w->plan, (room - w->n_groups) * w->f->n_steps * sizeof *w->cells)) return false;
	size_t had = (w->n_groups + 1) * w->f->n_steps, has = (room + 1) * w->f->n_steps;
	if (!w->cells) had = 0;
	w->cells = mem_realloc(w->cells, has * sizeof *w->cells);
	memset(w->cells + had, 0, (has - had) * sizeof *w->cells);
	w->n_groups = room;
	return spread_room(&w->spread, has);
}

static void count_in(struct worker *w, size_t group, size_t step, int64_t took_ms)
{
	struct cell *c = &w->cells[group * w->f->n_steps + step];
	if (c->last_unit == w->unit && w->f->count != FUNNEL_ATTEMPTS) return;
	c->last_unit = w->unit;
	if (w->all) {
		if (group > w->n_global) return;
		if (step) spread_seek(w->all, (group ? w->global[group - 1] + 1 : 0) * w->f->n_steps + step, took_ms);
		return;
	}
	c->units++;
	if (c->last_customer != w->customer) c->customers++;
	c->last_customer = w->customer;
	if (step) (void)spread_add(&w->spread, group * w->f->n_steps + step, took_ms);
}

static void count_other(struct worker *w, uint32_t by, size_t step, int64_t took_ms)
{
	struct cell *c = &w->other[step];
	if (by >= w->n_global || w->is_top[w->global[by]] || (c->last_unit == w->unit && w->f->count != FUNNEL_ATTEMPTS)) return;
	c->last_unit = w->unit;
	c->units++;
	c->customers += c->last_customer != w->customer;
	c->last_customer = w->customer;
	if (step) (void)spread_add(&w->other_spread, step, took_ms);
}

/* Whether the unit in hand was counted at the step in the group, and so over all, before. */
static inline bool is_counted(const struct worker *w, uint32_t by, size_t step)
{
	size_t group = w->q->by == QUERY_NONE ? 0 : (size_t)by + 1;
	return group <= w->n_groups && w->cells[group * w->f->n_steps + step].last_unit == w->unit;
}

/* What is counted has reached the step (0 is the first), which took so long since its first. */
static void reach(struct worker *w, uint32_t by, size_t step, int64_t took_ms)
{
	if (w->is_top) {
		count_other(w, by, step, took_ms);
		return;
	}
	count_in(w, 0, step, took_ms);
	if (w->q->by == QUERY_NONE || by == UINT32_MAX) return;
	if (by >= w->n_groups && !make_groups(w, by + 1)) return;
	count_in(w, by + 1, step, took_ms);
}

static uint32_t value_of(struct query_groups *g, enum query_dimension d, const struct query_line *l, uint32_t i)
{
	if (query__dimension_needs_row(d)) return query__group(g, l->part[i], l->row[i]);
	return query__group_of_event(g, l->type[i], d == QUERY_CHANNEL ? l->channel[i] : 0);
}

static uint32_t by_of(struct worker *w, uint32_t i)
{
	return w->q->by == QUERY_NONE ? 0 : value_of(w->by, w->q->by, &w->line, i);
}

/* Of a chain's first step: where what is held is also what groups, every one has the same. */
static inline uint32_t by_of_start(struct worker *w, struct chain *c, uint32_t i)
{
	if (!w->groups_by_held) return by_of(w, i);
	if (!c->has_own_by) c->own_by = by_of(w, i);
	c->has_own_by = true;
	return c->own_by;
}

/* The chain that the event may go on with; NULL: it has no value to hold, or memory is out. */
static struct chain *chain_of(struct worker *w, uint32_t i)
{
	uint32_t value = 0;
	if (w->f->hold != QUERY_NONE) {
		value = value_of(w->hold, w->f->hold, &w->line, i);
		if (value == UINT32_MAX || query__group_value(w->hold, value).kind == QUERY_VALUE_NULL) return NULL;
	}
	if (value >= w->n_chains) {
		size_t room = w->n_chains ? w->n_chains * 2 : 8;
		while (room <= value) room *= 2;
		if (!query__charge(w->plan, (room - w->n_chains) * (sizeof *w->chains + sizeof *w->touched))) return NULL;
		w->chains = mem_realloc(w->chains, room * sizeof *w->chains);
		w->touched = mem_realloc(w->touched, room * sizeof *w->touched);
		memset(w->chains + w->n_chains, 0, (room - w->n_chains) * sizeof *w->chains);
		w->n_chains = room;
	}
	struct chain *c = &w->chains[value];
	if (c->unit == w->unit) return c;
	c->unit = w->unit;
	c->level = 0;
	c->counted = 0;
	for (size_t k = 0; k < w->f->n_steps; k++) c->start[k] = NEVER;
	if (w->f->count == FUNNEL_ATTEMPTS) w->touched[w->n_touched++] = value;
	return c;
}

/* The same for the next event, which most often has the channel of the one before. */
static inline struct chain *chain_after(struct worker *w, struct chain *last, uint32_t last_i, uint32_t i)
{
	const struct query_line *l = &w->line;
	bool is_same = w->f->hold == QUERY_NONE || (w->f->hold == QUERY_CHANNEL && l->channel[i] == l->channel[last_i] && l->channel[i]);
	return last && is_same && last->unit == w->unit ? last : chain_of(w, i);
}

/* The steps and exclusions that the event is. */
static inline uint32_t mask_of(const struct worker *w, uint32_t i)
{
	const struct query_line *l = &w->line;
	uint32_t mask = w->masks->may[l->type[i]];
	if (!w->masks->maybe) return mask;
	for (uint32_t bits = mask & w->masks->maybe[l->type[i]]; bits; bits &= bits - 1) {
		uint32_t bit = (uint32_t)__builtin_ctz(bits), k = bit < FIRST_EXCLUSION ? bit : (uint32_t)w->f->n_steps + bit - FIRST_EXCLUSION;
		if (!query__is_at(w->judge, &w->walk->matchers[k], l, i)) mask &= ~(UINT32_C(1) << bit);
	}
	return mask;
}

/* ---- customers and sessions: the latest valid start -------------------------------------------------------------------- */
static void exclude(const struct worker *w, struct chain *c, uint32_t mask)
{
	for (uint32_t bits = mask >> FIRST_EXCLUSION; bits; bits &= bits - 1) {
		const struct funnel_exclusion *x = &w->f->exclusions[__builtin_ctz(bits)];
		bool is_any = w->f->order == FUNNEL_ANY_ORDER;
		for (int k = is_any ? 0 : x->after - 1; k < (is_any ? (int)w->f->n_steps : x->before - 1); k++) c->start[k] = NEVER;
	}
}

static void in_this_order(struct worker *w, struct chain *c, uint32_t steps, uint32_t i)
{
	int64_t t = w->line.time_ms[i];
	bool is_strict = w->f->order == FUNNEL_STRICT;
	while (steps) { /* the last step first: an event is one step of a chain */
		int k = 31 - __builtin_clz(steps);
		steps &= ~(UINT32_C(1) << k);
		if (k == 0) {
			c->start[0] = t;
			c->by[0] = by_of_start(w, c, i);
		} else {
			if (c->start[k - 1] == NEVER || t - c->start[k - 1] > w->f->window_ms) continue;
			if (is_strict && c->index[k - 1] + 1 != i) continue;
			c->start[k] = c->start[k - 1];
			c->by[k] = c->by[k - 1];
		}
		c->index[k] = i;
		if (!is_counted(w, c->by[k], (size_t)k)) reach(w, c->by[k], (size_t)k, t - c->start[k]);
	}
}

static void in_any_order(struct worker *w, struct chain *c, uint32_t steps, uint32_t i)
{
	int64_t t = w->line.time_ms[i], first = t;
	uint32_t by = by_of(w, i);
	size_t n = 0;
	for (; steps; steps &= steps - 1) {
		int k = __builtin_ctz(steps);
		c->start[k] = t;
		c->by[k] = by;
		c->index[k] = i;
	}
	uint32_t earliest = i;
	for (size_t k = 0; k < w->f->n_steps; k++) {
		if (c->start[k] == NEVER || t - c->start[k] > w->f->window_ms) continue;
		n++;
		if (c->index[k] < earliest) earliest = c->index[k], first = c->start[k], by = c->by[k];
	}
	for (size_t k = 0; k < n; k++)
		if (!is_counted(w, by, k)) reach(w, by, k, t - first);
}

/* Where nothing voids a chain and every chain has one group, step k takes the start of step k-1 without a look at the window,
 * so without a branch: what is over already stays over, and a start that is replaced is older. The window tells what counts. */
static void follow_plain_chains(struct worker *w)
{
	const struct query_line *l = &w->line;
	struct chain *c = NULL;
	uint32_t last = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t steps = mask_of(w, i);
		int64_t t = l->time_ms[i];
		if (!steps) continue;
		c = chain_after(w, c, last, i);
		last = i;
		if (!c) continue;
		for (; steps; steps &= ~(UINT32_C(1) << (31 - __builtin_clz(steps)))) {
			int k = 31 - __builtin_clz(steps);
			int64_t start = k ? c->start[k - 1] : t;
			c->start[k] = start;
			if (t - start > w->f->window_ms || c->counted >> k & 1) continue;
			c->counted |= UINT32_C(1) << k;
			reach(w, by_of_start(w, c, i), (size_t)k, t - start);
		}
	}
}

static bool are_chains_plain(const struct worker *w)
{
	return w->f->count == FUNNEL_CUSTOMERS && w->f->order == FUNNEL_THIS_ORDER && w->f->n_exclusions == 0 && (w->q->by == QUERY_NONE || w->groups_by_held);
}

static void follow_chains(struct worker *w)
{
	const struct query_line *l = &w->line;
	bool by_session = w->f->count == FUNNEL_SESSIONS;
	struct chain *c = NULL;
	uint32_t last = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		if (by_session && i && l->time_ms[i] - l->time_ms[i - 1] > w->f->gap_ms) w->unit++;
		uint32_t mask = mask_of(w, i), steps = mask & ((UINT32_C(1) << FIRST_EXCLUSION) - 1);
		if (!mask) continue;
		c = chain_after(w, c, last, i);
		last = i;
		if (!c) continue;
		if (mask >> FIRST_EXCLUSION) exclude(w, c, mask);
		if (!steps) continue;
		if (w->f->order == FUNNEL_ANY_ORDER) in_any_order(w, c, steps, i);
		else in_this_order(w, c, steps, i);
	}
}

/* ---- attempts ---------------------------------------------------------------------------------------------------------- */
static void end_attempt(struct worker *w, struct chain *c)
{
	for (int k = 0; k < c->level; k++) reach(w, c->by[0], (size_t)k, c->at[k] - c->at[0]);
	c->level = 0;
}

static bool is_voided(const struct worker *w, const struct chain *c, uint32_t mask)
{
	for (uint32_t bits = mask >> FIRST_EXCLUSION; bits; bits &= bits - 1) {
		const struct funnel_exclusion *x = &w->f->exclusions[__builtin_ctz(bits)];
		if (c->level >= x->after && c->level < x->before) return true;
	}
	return false;
}

/* The step that the event brings the attempt to: one of those not reached yet in any order, else the next one. */
static uint32_t step_of(const struct worker *w, const struct chain *c, uint32_t steps)
{
	if (w->f->order == FUNNEL_ANY_ORDER) return steps & ~(c->level ? c->bits : 0);
	return steps & UINT32_C(1) << c->level;
}

static void attempt(struct worker *w, struct chain *c, uint32_t mask, uint32_t i)
{
	uint32_t steps = mask & ((UINT32_C(1) << FIRST_EXCLUSION) - 1);
	int64_t t = w->line.time_ms[i];
	bool is_strict = w->f->order == FUNNEL_STRICT;
	if (c->level && (t - c->at[0] > w->f->window_ms || (is_strict && c->next != i))) end_attempt(w, c);
	if (c->level && is_voided(w, c, mask)) {
		c->level = 0;
		if (!w->all && !w->is_top) w->voided++;
	}
	uint32_t reached = step_of(w, c, steps);
	if (c->level && !reached && is_strict) {
		end_attempt(w, c);
		reached = step_of(w, c, steps);
	}
	if (!reached) return;
	if (c->level == 0) c->bits = 0, c->by[0] = by_of(w, i);
	c->bits |= reached;
	for (; reached; reached &= reached - 1) c->at[c->level++] = t;
	c->next = i + 1;
	if ((size_t)c->level == w->f->n_steps) end_attempt(w, c);
}

static void follow_attempts(struct worker *w)
{
	w->n_touched = 0;
	for (uint32_t i = 0; i < w->line.n; i++) {
		uint32_t mask = mask_of(w, i);
		struct chain *c = mask ? chain_of(w, i) : NULL;
		if (c) attempt(w, c, mask, i);
	}
	for (size_t i = 0; i < w->n_touched; i++) end_attempt(w, &w->chains[w->touched[i]]);
}

/* ---- one customer ------------------------------------------------------------------------------------------------------ */
static void note_member(struct worker *w)
{
	const struct funnel_members *m = &w->f->members;
	size_t group = m->has_by ? (size_t)w->wanted_group + 1 : 0;
	if (group > w->n_groups) return;
	const struct cell *cells = w->cells + group * w->f->n_steps;
	bool reached = cells[m->step - 1].last_customer == w->customer;
	if (m->has_reached ? !reached : reached || cells[m->step - 2].last_customer != w->customer) return;
	if (w->n_members == w->cap_members) {
		size_t cap = w->cap_members ? w->cap_members * 2 : 256;
		if (!query__charge(w->plan, (cap - w->cap_members) * sizeof *w->members)) return;
		w->members = mem_realloc(w->members, cap * sizeof *w->members);
		w->cap_members = cap;
	}
	w->members[w->n_members++] = w->customer;
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	if (!query__walk(w->walk, w->judge, &w->line, customer, slices, n, &w->want)) return;
	if (w->q->by == QUERY_TRAIT) query__groups_customer(w->by, customer);
	w->customer = customer;
	w->unit++;
	if (w->f->count == FUNNEL_ATTEMPTS) follow_attempts(w);
	else if (are_chains_plain(w)) follow_plain_chains(w);
	else follow_chains(w);
	if (w->f->members.is_wanted && !w->all && !w->is_top) note_member(w);
}

/* ---- adding up --------------------------------------------------------------------------------------------------------- */
static bool add_cells(struct worker *into, size_t group, const struct worker *from, size_t from_group)
{
	size_t steps = into->f->n_steps;
	for (size_t k = 0; k < steps; k++) {
		into->cells[group * steps + k].units += from->cells[from_group * steps + k].units;
		into->cells[group * steps + k].customers += from->cells[from_group * steps + k].customers;
		if (!spread_merge(&into->spread, group * steps + k, &from->spread, from_group * steps + k)) return false;
	}
	return true;
}

static bool merge(struct worker *into, const struct worker *from)
{
	size_t n = query__groups_count(from->by);
	if (!add_cells(into, 0, from, 0)) return false;
	for (uint32_t g = 0; into->q->by != QUERY_NONE && g < n && g < from->n_groups; g++) {
		uint32_t same = query__group_of(into->by, query__group_value(from->by, g));
		if (same == UINT32_MAX || (same >= into->n_groups && !make_groups(into, same + 1)) || !add_cells(into, same + 1, from, g + 1)) return false;
	}
	into->voided += from->voided;
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	return true;
}

/* Every group that was counted gets its number here, whoever counted it. */
static bool know_groups(struct worker *w, const struct worker *sum)
{
	size_t n = query__groups_count(sum->by);
	for (uint32_t g = 0; g < n; g++)
		if (query__group_of(w->by, query__group_value(sum->by, g)) == UINT32_MAX) return false;
	w->n_global = query__groups_count(w->by);
	w->global = ARENA_ARRAY(&w->arena, uint32_t, w->n_global + 1);
	for (uint32_t g = 0; g < n; g++) w->global[query__group_of(w->by, query__group_value(sum->by, g))] = g;
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void put_members(const struct worker *workers, size_t n, struct arena *a, struct query_funnel_answer *out)
{
	const struct funnel_members *m = &workers[0].f->members;
	for (size_t i = 0; i < n; i++) out->members_total += workers[i].n_members;
	uint32_t *all = mem_alloc((out->members_total + 1) * sizeof *all);
	size_t at = 0, from = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < workers[i].n_members; k++) all[at++] = workers[i].members[k];
	qsort(all, at, sizeof *all, by_number);
	while (from < at && all[from] <= m->cursor) from++;
	out->n_members = at - from < m->limit ? at - from : m->limit;
	out->members = ARENA_ARRAY(a, uint32_t, out->n_members + 1);
	memcpy(out->members, all + from, out->n_members * sizeof *all);
	mem_free(all);
}

static struct funnel_step *steps_out(const struct worker *w, size_t group, struct arena *a)
{
	size_t n = w->f->n_steps;
	struct funnel_step *steps = ARENA_ARRAY(a, struct funnel_step, n);
	for (size_t k = 0; k < n; k++) {
		const struct cell *c = &w->cells[group * n + k];
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

static struct funnel_step *other_steps_out(const struct worker *w, struct arena *a)
{
	struct funnel_step *steps = ARENA_ARRAY(a, struct funnel_step, w->f->n_steps);
	for (size_t k = 0; k < w->f->n_steps; k++)
		steps[k] = (struct funnel_step){w->other[k].units, w->other[k].customers, spread_at(&w->other_spread, k, 0), spread_at(&w->other_spread, k, 1)};
	return steps;
}

static void put_out(const struct worker *w, struct arena *a, struct query_funnel_answer *out)
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
static void make_masks(const struct query_walk *k, const struct query_funnel *f, struct masks *out)
{
	struct arena *a = k->plan.arena;
	*out = (struct masks){.may = ARENA_ARRAY(a, uint32_t, (size_t)UINT16_MAX + 1)};
	if (k->needs_rows) out->maybe = ARENA_ARRAY(a, uint32_t, (size_t)UINT16_MAX + 1);
	for (size_t i = 0; i < f->n_steps + f->n_exclusions; i++) {
		uint32_t bit = UINT32_C(1) << (i < f->n_steps ? i : FIRST_EXCLUSION + i - f->n_steps);
		for (size_t t = 0; t < k->plan.n_types; t++) {
			if (k->matchers[i].codes[t] != QUERY_NO) out->may[t] |= bit;
			if (k->matchers[i].codes[t] == QUERY_MAYBE) out->maybe[t] |= bit;
		}
	}
}

static void begin(struct worker *w, struct query_walk *k, const struct query *q, const struct masks *masks, const uint8_t *codes)
{
	const struct query_funnel *f = q->funnel;
	struct query_plan *p = &k->plan;
	*w = (struct worker){.walk = k, .plan = p, .q = q, .f = f, .masks = masks};
	arena_init(&w->arena);
	w->judge = query__judge_new(k->rules, &w->arena);
	w->want = (struct line_wants){.codes = codes, .from_ms = k->range.from_ms, .to_ms = k->range.to_ms, .left_out = &w->left_out, .arena = &w->arena,
		.channel = q->by == QUERY_CHANNEL || f->hold == QUERY_CHANNEL, .rows = k->needs_rows || query__dimension_needs_row(q->by) || query__dimension_needs_row(f->hold)};
	w->by = query__groups_new(p, q, &w->arena);
	w->hold = query__groups_of(p, f->hold, &w->arena);
	w->groups_by_held = q->by == f->hold && q->by != QUERY_NONE && q->by != QUERY_PROPERTY && q->by != QUERY_TRAIT;
	spread_init(&w->spread, p, &w->arena, RAW_MAX);
	(void)make_groups(w, 1);
	w->wanted_group = f->members.has_by ? query__group_of(w->by, f->members.by) : 0;
}

static void end(struct worker *w)
{
	query__judge_free(w->judge);
	query__groups_free(w->by);
	query__groups_free(w->hold);
	query__line_free(&w->line);
	spread_release(&w->spread);
	spread_release(&w->other_spread);
	mem_free(w->chains);
	mem_free(w->touched);
	mem_free(w->cells);
	mem_free(w->members);
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
static const bool *top_groups(const struct worker *w)
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

static enum err scan_others(struct query_plan *p, struct worker *workers, void **states, size_t n, struct fault *f)
{
	const bool *is_top = workers[0].q->by == QUERY_NONE ? NULL : top_groups(&workers[0]);
	struct worker *all = &workers[0];
	if (!is_top) return OK;
	for (size_t i = 0; i < n; i++) {
		struct worker *w = &workers[i];
		w->is_top = is_top;
		w->want.left_out = NULL;
		spread_init(&w->other_spread, p, &w->arena, SIZE_MAX); /* keeps all: no further pass */
		if (!spread_room(&w->other_spread, w->f->n_steps)) return query__too_large(p, f);
	}
	TRY(query__scan(p, visit, states, n, f));
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < all->f->n_steps; k++) {
			all->other[k].units += workers[i].other[k].units;
			all->other[k].customers += workers[i].other[k].customers;
			if (!spread_merge(&all->other_spread, k, &workers[i].other_spread, k)) return query__too_large(p, f);
		}
	(void)spread_aim(&all->other_spread, SHARES, COUNT_OF(SHARES));
	return OK;
}

/* Scans until every percentile is known: most often once. */
static enum err scan(struct query_walk *k, struct worker *workers, void **states, size_t n, struct fault *f)
{
	TRY(query__walk_scan(k, workers[0].want.codes, visit, states, n, f));
	for (size_t i = 1; i < n; i++)
		if (!merge(&workers[0], &workers[i])) return query__too_large(&k->plan, f);
	for (size_t i = 0; i < n; i++)
		if (!know_groups(&workers[i], &workers[0])) return query__too_large(&k->plan, f);
	while (spread_aim(&workers[0].spread, SHARES, COUNT_OF(SHARES))) {
		for (size_t i = 0; i < n; i++) workers[i].all = &workers[0].spread, workers[i].want.left_out = NULL;
		TRY(query__walk_scan(k, workers[0].want.codes, visit, states, n, f));
	}
	return OK;
}

static enum err run(struct query_walk *k, const struct query *q, struct query_funnel_answer *out, struct arena *a, struct fault *f)
{
	struct query_plan *p = &k->plan;
	struct masks masks;
	size_t n = query__workers(p);
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	bool all = q->funnel->order == FUNNEL_STRICT || q->funnel->count == FUNNEL_SESSIONS;
	const uint8_t *codes = query__walk_codes(k, k->matchers, all ? 0 : q->funnel->n_steps + q->funnel->n_exclusions);
	make_masks(k, q->funnel, &masks);
	for (size_t i = 0; i < n; i++) {
		begin(&workers[i], k, q, &masks, codes);
		states[i] = &workers[i];
	}
	enum err e = scan(k, workers, states, n, f);
	if (e == OK) e = scan_others(p, workers, states, n, f);
	if (e == OK) put_out(&workers[0], a, out);
	if (e == OK && q->funnel->members.is_wanted) put_members(workers, n, a, out);
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
