/* Flows of customers without lines. Types and channels are a byte an event, and how long after the one before it each came lies
 * ready; so the pairs are one loop, and what is looked for among neighbours (there and back, another channel, contacts) is found
 * by comparing 64 events with those before them. Contacts are marked in the byte of the type until they are known. */
#include "base/mem.h"
#include "query/bits.h"
#include "query/flow_inner.h"

enum { IS_CONTACT = 128, IS_THERE = 64 /* or `where` does not hold of it */, TYPES_MAX = 64 /* of which were there is a word */, CODE = TYPES_MAX - 1 };

static void keep_where(void *state, uint32_t part, size_t first, size_t end, uint8_t *types)
{
	const struct flow_worker *w = state;
	query__where_keep(w->judge, part, first, end, types);
}

void flow__unpack(struct query_walk *k, const struct query *q)
{
	const struct query_flow *f = q->flow;
	struct query_plan *p = &k->plan;
	if (query__is_given(&f->events) || str_given(f->case_property) || q->members || p->n_types > TYPES_MAX || !query__strips_do(p, !f->without_loops)) return;
	bool is_filtered = k->has_where;
	if (is_filtered && !query__where_is_of_runs(k->rules)) return;
	const uint8_t *is_contact = query__codes(p, &f->contacts);
	uint8_t *bytes = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	for (size_t t = 0; t < p->n_types; t++) bytes[t] = (uint8_t)(t | IS_THERE | (is_contact[t] ? IS_CONTACT : 0));
	p->unpack = (struct query_unpack){.of_type = bytes, .channel = !f->without_loops, .took = true, .filter = is_filtered ? keep_where : NULL, .drops = is_filtered};
}

static inline int64_t took_ms(const struct query_strip *s, uint32_t i)
{
	return s->took[i] < UINT32_MAX ? s->took[i] : query__strip_time(s, i) - query__strip_time(s, i - 1);
}

/* Of the 64 events from `at` on those that there are. */
static inline uint64_t there(const struct query_strip *s, uint32_t at)
{
	return s->n - at < 64 ? (UINT64_C(1) << (s->n - at)) - 1 : UINT64_MAX;
}

/* Types are left as bare codes. */
static void count_repeats(struct flow_worker *w)
{
	struct query_strip *s = &w->strip;
	int64_t last = INT64_MIN;
	for (uint32_t at = 0; at < s->n; at += 64) {
		struct bytes types = load(s->types + at);
		uint64_t contacts = take_highest(&types) & there(s, at);
		keep_bits(s->types + at, CODE);
		for (; contacts && !w->f->without_loops; contacts &= contacts - 1) {
			uint32_t i = at + (uint32_t)__builtin_ctzll(contacts);
			int64_t t = query__strip_time(s, i);
			if (last != INT64_MIN && t - last <= w->f->repeat_ms) flow__count_repeat(w, s->types[i]);
			last = t;
		}
	}
}

/* Pairs of neighbours, and which names were there and came again; false: out of memory. */
static bool count_pairs(struct flow_worker *w)
{
	const struct query_strip *s = &w->strip;
	const uint8_t *type = s->types;
	uint64_t number = w->case_number, seen = UINT64_C(1) << type[0], again = 0;
	for (uint32_t i = 1; i < s->n; i++) {
		uint32_t edge = flow__edge(w, type[i - 1], type[i]);
		if (edge == FLOW_NO_EDGE || !spread_add(&w->spread, edge - 1, took_ms(s, i))) return false;
		struct flow_counted *e = &w->edges.v[edge - 1];
		e->cases += e->last_case != number;
		e->last_case = number;
		uint64_t bit = UINT64_C(1) << type[i];
		again |= seen & bit;
		seen |= bit;
	}
	w->kinds[type[0]].starts++;
	w->kinds[type[s->n - 1]].ends++;
	flow__count_kinds(w, 0, seen, again);
	return true;
}

/* By codes of two bytes, as by line. */
static bool count_variant(struct flow_worker *w, uint32_t customer)
{
	const struct query_strip *s = &w->strip;
	if (s->n > w->cap_wide) {
		if (!query__charge(w->plan, (2 * (size_t)s->n - w->cap_wide) * sizeof *w->wide)) return false;
		w->cap_wide = 2 * (size_t)s->n;
		w->wide = mem_realloc(w->wide, (w->cap_wide + STRIP_SPILL) * sizeof *w->wide);
	}
	for (uint32_t at = 0; at < s->n; at += 64) widen(s->types + at, w->wide + at);
	flow__count_variant(w, customer, w->wide, s->n);
	return true;
}

static void count_returns(struct flow_worker *w)
{
	const struct query_strip *s = &w->strip;
	for (uint32_t at = 2; at < s->n; at += 64) {
		const uint8_t *type = s->types + at;
		for (uint64_t back = same_bytes(type, type - 2) & ~same_bytes(type, type - 1) & there(s, at); back; back &= back - 1) {
			const uint8_t *again = type + __builtin_ctzll(back);
			flow__count_back(w, w->row[again[-2]][again[-1]]);
		}
	}
}

static void look_again(struct flow_worker *w)
{
	const struct query_strip *s = &w->strip;
	for (uint32_t i = 1; i < s->n; i++) spread_seek(w->all, w->sum->row[s->types[i - 1] & CODE][s->types[i] & CODE] - 1, took_ms(s, i));
}

bool flow__by_strip(struct flow_worker *w, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct query_strip *s = &w->strip;
	if (!query__strip(s, w->plan, customer, slices, n, &w->walk->range)) return false;
	if (s->n == 0) return true;
	if (w->all) {
		look_again(w);
		return true;
	}
	w->case_number++;
	count_repeats(w);
	w->customers++;
	w->cases++;
	w->events += s->n;
	if (!count_pairs(w)) return true;
	if (w->f->variants && !count_variant(w, customer)) return true;
	if (w->f->without_loops) return true;
	count_returns(w);
	swings_count_bytes(&w->swings, w->case_number, s->n, s->types, s->channels);
	return true;
}
