/* One customer in a funnel. An event is looked up once by its type: a bit a step, and a bit an exclusion. Of every value held constant
 * (one when nothing is) a customer has a chain: for each step the start of the chain that reached it last. In this order
 * the latest start is the best one (whatever can still be reached from an earlier start can be from it), so step k takes
 * the start of step k-1 if the window still holds it: a customer costs two loads and a compare an event, and no list of
 * open chains. Counting attempts keeps the attempt in hand instead. Chains are not cleared but outdated: a unit (customer
 * or session) has a number, and a chain with another one is empty. */
#include <string.h>

#include "base/mem.h"
#include "query/funnel_inner.h"

#define NEVER (INT64_MIN / 4) /* longer ago than any window, and no time less it overflows */

/* ---- counting ---------------------------------------------------------------------------------------------------------- */
bool funnel__room(struct funnel_worker *w, size_t n)
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

void funnel__count(struct funnel_worker *w, size_t group, size_t step, int64_t took_ms)
{
	struct funnel_cell *c = &w->cells[group * w->f->n_steps + step];
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

static void count_other(struct funnel_worker *w, uint32_t by, size_t step, int64_t took_ms)
{
	struct funnel_cell *c = &w->other[step];
	if (by >= w->n_global || w->is_top[w->global[by]] || (c->last_unit == w->unit && w->f->count != FUNNEL_ATTEMPTS)) return;
	c->last_unit = w->unit;
	c->units++;
	c->customers += c->last_customer != w->customer;
	c->last_customer = w->customer;
	if (step) (void)spread_add(&w->other_spread, step, took_ms);
}

/* Whether the unit in hand was counted at the step in the group, and so over all, before. */
static inline bool is_counted(const struct funnel_worker *w, uint32_t by, size_t step)
{
	size_t group = w->q->by == QUERY_NONE ? 0 : (size_t)by + 1;
	return group <= w->n_groups && w->cells[group * w->f->n_steps + step].last_unit == w->unit;
}

/* What is counted has reached the step (0 is the first), which took so long since its first. */
static void reach(struct funnel_worker *w, uint32_t by, size_t step, int64_t took_ms)
{
	if (w->is_top) {
		count_other(w, by, step, took_ms);
		return;
	}
	funnel__count(w, 0, step, took_ms);
	if (w->q->by == QUERY_NONE || by == UINT32_MAX) return;
	if (by >= w->n_groups && !funnel__room(w, by + 1)) return;
	funnel__count(w, by + 1, step, took_ms);
}

static uint32_t value_of(struct query_groups *g, enum query_dimension d, const struct query_line *l, uint32_t i)
{
	if (query__dimension_needs_row(d)) return query__group(g, l->part[i], l->row[i]);
	return query__group_of_event(g, l->type[i], d == QUERY_CHANNEL ? l->channel[i] : 0);
}

static uint32_t by_of(struct funnel_worker *w, uint32_t i)
{
	return w->q->by == QUERY_NONE ? 0 : value_of(w->by, w->q->by, &w->line, i);
}

/* Of a chain's first step: where what is held is also what groups, every one has the same. */
static inline uint32_t by_of_start(struct funnel_worker *w, struct funnel_chain *c, uint32_t i)
{
	if (!w->groups_by_held) return by_of(w, i);
	if (!c->has_own_by) c->own_by = by_of(w, i);
	c->has_own_by = true;
	return c->own_by;
}

/* The chain that the event may go on with; NULL: it has no value to hold, or memory is out. */
static struct funnel_chain *chain_of(struct funnel_worker *w, uint32_t i)
{
	uint32_t value = 0, code = w->f->hold == QUERY_CHANNEL ? w->line.channel[i] : 0;
	if (code && w->held_as[code]) {
		value = w->held_as[code] - 1;
	} else if (w->f->hold != QUERY_NONE) {
		value = value_of(w->hold, w->f->hold, &w->line, i);
		if (value == UINT32_MAX || query__group_value(w->hold, value).kind == QUERY_VALUE_NULL) return NULL;
		w->held_as[code] = code ? value + 1 : 0; /* without one it is that of the type */
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
	struct funnel_chain *c = &w->chains[value];
	if (c->unit == w->unit) return c;
	c->unit = w->unit;
	c->level = 0;
	c->counted = 0;
	for (size_t k = 0; k <= w->f->n_steps; k++) c->start[k] = NEVER;
	if (w->f->count != FUNNEL_SESSIONS) w->touched[w->n_touched++] = value;
	return c;
}

/* The same where the unit has met the value before, as most often. By the channel's code and not by whether it is that of the
 * event before, which nobody can guess. */
static inline struct funnel_chain *chain_after(struct funnel_worker *w, struct funnel_chain *last, uint32_t i)
{
	uint32_t place = w->f->hold == QUERY_CHANNEL ? w->held_as[w->line.channel[i]] : 0;
	struct funnel_chain *c = place && place <= w->n_chains ? &w->chains[place - 1] : w->f->hold == QUERY_NONE ? last : NULL;
	return c && c->unit == w->unit ? c : chain_of(w, i);
}

/* The steps and exclusions that the event is. */
static inline uint32_t mask_of(const struct funnel_worker *w, uint32_t i)
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
static void exclude(const struct funnel_worker *w, struct funnel_chain *c, uint32_t mask)
{
	for (uint32_t bits = mask >> FIRST_EXCLUSION; bits; bits &= bits - 1) {
		const struct funnel_exclusion *x = &w->f->exclusions[__builtin_ctz(bits)];
		bool is_any = w->f->order == FUNNEL_ANY_ORDER;
		for (int k = is_any ? 0 : x->after - 1; k < (is_any ? (int)w->f->n_steps : x->before - 1); k++) c->start[k + 1] = NEVER;
	}
}

static void in_this_order(struct funnel_worker *w, struct funnel_chain *c, uint32_t steps, uint32_t i)
{
	int64_t t = w->line.time_ms[i];
	bool is_strict = w->f->order == FUNNEL_STRICT;
	while (steps) { /* the last step first: an event is one step of a chain */
		int k = 31 - __builtin_clz(steps);
		steps &= ~(UINT32_C(1) << k);
		if (k == 0) {
			c->start[1] = t;
			c->by[0] = by_of_start(w, c, i);
		} else {
			if (c->start[k] == NEVER || t - c->start[k] > w->f->window_ms) continue;
			if (is_strict && c->index[k - 1] + 1 != i) continue;
			c->start[k + 1] = c->start[k];
			c->by[k] = c->by[k - 1];
		}
		c->index[k] = i;
		if (!is_counted(w, c->by[k], (size_t)k)) reach(w, c->by[k], (size_t)k, t - c->start[k + 1]);
	}
}

static void in_any_order(struct funnel_worker *w, struct funnel_chain *c, uint32_t steps, uint32_t i)
{
	int64_t t = w->line.time_ms[i], first = t;
	uint32_t by = by_of(w, i);
	size_t n = 0;
	for (; steps; steps &= steps - 1) {
		int k = __builtin_ctz(steps);
		c->start[k + 1] = t;
		c->by[k] = by;
		c->index[k] = i;
	}
	uint32_t earliest = i;
	for (size_t k = 0; k < w->f->n_steps; k++) {
		if (c->start[k + 1] == NEVER || t - c->start[k + 1] > w->f->window_ms) continue;
		n++;
		if (c->index[k] < earliest) earliest = c->index[k], first = c->start[k + 1], by = c->by[k];
	}
	for (size_t k = 0; k < n; k++)
		if (!is_counted(w, by, k)) reach(w, by, k, t - first);
}

/* Where nothing voids a chain and every chain has one group, step k takes the start of step k-1 without a look at the window,
 * so without a branch: what is over already stays over, and a start that is replaced is older. The window tells what counts,
 * and that is noted without a branch, too: which event reached the step first and how long it took. */
static inline void note_step(struct funnel_chain *c, uint32_t bit, uint32_t i, int64_t t, int64_t window_ms)
{
	int k = __builtin_ctz(bit);
	int64_t start = c->start[k], took = t - start;
	uint32_t now = (took <= window_ms ? bit : 0) & ~c->counted;
	c->start[k + 1] = start;
	c->counted |= now;
	c->index[k] = now ? i : c->index[k];
	c->at[k] = now ? took : c->at[k];
}

static uint32_t group_of_chain(struct funnel_worker *w, struct funnel_chain *c)
{
	uint32_t by = by_of_start(w, c, c->index[__builtin_ctz(c->counted)]);
	return by == UINT32_MAX || (by >= w->n_groups && !funnel__room(w, by + 1)) ? 0 : by + 1;
}

/* Each chain in its group; over all, a step counts for the chain that reached it first. */
static void count_chains(struct funnel_worker *w)
{
	const struct funnel_chain *first[FUNNEL_MAX_STEPS] = {0};
	for (size_t i = 0; i < w->n_touched; i++) {
		struct funnel_chain *c = &w->chains[w->touched[i]];
		if (!c->counted) continue;
		uint32_t group = w->groups_by_held ? group_of_chain(w, c) : 0;
		for (uint32_t bits = c->counted; bits; bits &= bits - 1) {
			size_t k = (size_t)__builtin_ctz(bits);
			if (group) funnel__count(w, group, k, c->at[k]);
			if (!first[k] || c->index[k] < first[k]->index[k]) first[k] = c;
		}
	}
	for (size_t k = 0; k < w->f->n_steps; k++)
		if (first[k]) funnel__count(w, 0, k, first[k]->at[k]);
}

static void follow_plain_chains(struct funnel_worker *w)
{
	const struct query_line *l = &w->line;
	const uint32_t *may = w->masks->may, *held_as = w->f->hold == QUERY_CHANNEL ? w->held_as : NULL;
	int64_t window_ms = w->f->window_ms;
	struct funnel_chain *c = NULL, *chains = w->chains;
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t steps = w->masks->maybe ? mask_of(w, i) : may[l->type[i]], place = held_as ? held_as[l->channel[i]] : 0;
		if (!steps) continue;
		c = place && place <= w->n_chains ? &chains[place - 1] : w->f->hold == QUERY_NONE ? c : NULL;
		if (!c || c->unit != w->unit) {
			c = chain_of(w, i);
			chains = w->chains;
			if (!c) continue;
		}
		int64_t t = l->time_ms[i];
		c->start[0] = t;
		for (; steps & (steps - 1); steps &= ~(UINT32_C(1) << (31 - __builtin_clz(steps)))) note_step(c, UINT32_C(1) << (31 - __builtin_clz(steps)), i, t, window_ms);
		note_step(c, steps, i, t, window_ms); /* an event is most often one step */
	}
	count_chains(w);
}

static bool are_chains_plain(const struct funnel_worker *w)
{
	return w->f->count == FUNNEL_CUSTOMERS && w->f->order == FUNNEL_THIS_ORDER && w->f->n_exclusions == 0 && (w->q->by == QUERY_NONE || w->groups_by_held) && !w->is_top;
}

static void follow_chains(struct funnel_worker *w)
{
	const struct query_line *l = &w->line;
	bool by_session = w->f->count == FUNNEL_SESSIONS;
	struct funnel_chain *c = NULL;
	for (uint32_t i = 0; i < l->n; i++) {
		if (by_session && i && l->time_ms[i] - l->time_ms[i - 1] > w->f->gap_ms) w->unit++;
		uint32_t mask = mask_of(w, i), steps = mask & ((UINT32_C(1) << FIRST_EXCLUSION) - 1);
		if (!mask) continue;
		c = chain_after(w, c, i);
		if (!c) continue;
		if (mask >> FIRST_EXCLUSION) exclude(w, c, mask);
		if (!steps) continue;
		if (w->f->order == FUNNEL_ANY_ORDER) in_any_order(w, c, steps, i);
		else in_this_order(w, c, steps, i);
	}
}

/* ---- attempts ---------------------------------------------------------------------------------------------------------- */
static void end_attempt(struct funnel_worker *w, struct funnel_chain *c)
{
	for (int k = 0; k < c->level; k++) reach(w, c->by[0], (size_t)k, c->at[k] - c->at[0]);
	c->level = 0;
}

static bool is_voided(const struct funnel_worker *w, const struct funnel_chain *c, uint32_t mask)
{
	for (uint32_t bits = mask >> FIRST_EXCLUSION; bits; bits &= bits - 1) {
		const struct funnel_exclusion *x = &w->f->exclusions[__builtin_ctz(bits)];
		if (c->level >= x->after && c->level < x->before) return true;
	}
	return false;
}

/* The step that the event brings the attempt to: one of those not reached yet in any order, else the next one. */
static uint32_t step_of(const struct funnel_worker *w, const struct funnel_chain *c, uint32_t steps)
{
	if (w->f->order == FUNNEL_ANY_ORDER) return steps & ~(c->level ? c->bits : 0);
	return steps & UINT32_C(1) << c->level;
}

static void attempt(struct funnel_worker *w, struct funnel_chain *c, uint32_t mask, uint32_t i)
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

static void follow_attempts(struct funnel_worker *w)
{
	for (uint32_t i = 0; i < w->line.n; i++) {
		uint32_t mask = mask_of(w, i);
		struct funnel_chain *c = mask ? chain_of(w, i) : NULL;
		if (c) attempt(w, c, mask, i);
	}
	for (size_t i = 0; i < w->n_touched; i++) end_attempt(w, &w->chains[w->touched[i]]);
}

/* ---- one customer ------------------------------------------------------------------------------------------------------ */
static void note_member(struct funnel_worker *w)
{
	const struct query_behind *m = w->q->members;
	size_t group = m->has_by ? (size_t)w->wanted_group + 1 : 0, step = (size_t)m->step;
	if (group > w->n_groups) return;
	const struct funnel_cell *cells = w->cells + group * w->f->n_steps;
	bool has_reached = cells[step - 1].last_customer == w->customer;
	if (m->reached == BEHIND_NO ? !has_reached && cells[step - 2].last_customer == w->customer : has_reached) query__behind(w->q, w->customer);
}

void funnel__visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct funnel_worker *w = state;
	if (w->plan->unpack.of_type && customer && funnel__by_bits(w, customer, slices, n)) {
		if (w->q->members && !w->all) note_member(w);
		return;
	}
	if (!query__walk(w->walk, w->judge, &w->line, customer, slices, n, &w->want)) return;
	if (w->q->by == QUERY_TRAIT) query__groups_customer(w->by, customer);
	w->customer = customer;
	w->unit++;
	w->n_touched = 0;
	if (w->f->count == FUNNEL_ATTEMPTS) follow_attempts(w);
	else if (are_chains_plain(w)) follow_plain_chains(w);
	else follow_chains(w);
	if (w->q->members && !w->all && !w->is_top) note_member(w);
}
