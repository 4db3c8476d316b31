/* The directly-follows graph. A pair of events is found by two loads (a row a type that goes before, a number in it), its
 * gap goes into the pair's histogram. What happens once a case is told by the number of the case that did it last, and for
 * types by bits; how often a type came is what its pairs and its starts add up to. The
 * variant of a case is a hash of its codes; which codes, customers who took it tell once
 * more, and only of the variants that are listed. With 64 bits two variants of five million are taken for one with
 * a chance of less than one in a million. */
#include "query/flow_inner.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"

enum { RAW_MAX = 1024, VARIANTS_LIKELY = 1 << 16 };
static const double HALF[] = {0.5};

/* ---- one case ---------------------------------------------------------------------------------------------------------- */
uint32_t flow__new_edge(struct flow_worker *w, uint16_t from, uint16_t to)
{
	uint32_t *row = w->row[from];
	if (!row) {
		if (!query__charge(w->plan, w->plan->n_types * sizeof *row)) return FLOW_NO_EDGE;
		row = w->row[from] = ARENA_ARRAY(&w->arena, uint32_t, w->plan->n_types);
	}
	if (!query__charge(w->plan, 2 * (sizeof(struct flow_counted) + sizeof(struct flow_ends))) || !spread_room(&w->spread, w->edges.n + 1)) return FLOW_NO_EDGE;
	VEC_PUSH(&w->edges, &w->arena, ((struct flow_counted){0}));
	VEC_PUSH(&w->ends_of, &w->arena, ((struct flow_ends){.from = from, .to = to}));
	return row[to] = (uint32_t)w->edges.n;
}

void flow__count_back(struct flow_worker *w, uint32_t edge)
{
	struct flow_ends *e = &w->ends_of.v[edge - 1];
	e->back++;
	e->back_cases += e->last_back != w->case_number;
	e->last_back = w->case_number;
}

/* Every pair of neighbours. */
static bool count_pairs(struct flow_worker *w, const struct flow_walk *c)
{
	uint64_t number = w->case_number;
	const uint16_t *type = c->type;
	for (uint32_t i = 1; i < c->n; i++) {
		uint32_t edge = flow__edge(w, type[i - 1], type[i]);
		if (edge == FLOW_NO_EDGE || !spread_add(&w->spread, edge - 1, c->time_ms[i] - c->time_ms[i - 1])) return false;
		struct flow_counted *e = &w->edges.v[edge - 1];
		e->cases += e->last_case != number;
		e->last_case = number;
	}
	return true;
}

/* Of a, b and a again the pair of a and b once more. */
static void count_returns(struct flow_worker *w, const struct flow_walk *c)
{
	for (uint32_t at = 2; at < c->n; at += 64) {
		const uint16_t *type = c->type + at;
		size_t n = c->n - at < 64 ? c->n - at : 64;
		for (uint64_t back = query__mark_same(type, type - 2, n) & ~query__mark_same(type, type - 1, n); back; back &= back - 1) {
			const uint16_t *again = type + __builtin_ctzll(back);
			flow__count_back(w, w->row[again[-2]][again[-1]]);
		}
	}
}

void flow__count_kinds(struct flow_worker *w, size_t word, uint64_t seen, uint64_t again)
{
	for (; seen; seen &= seen - 1) w->kinds[word * 64 + (size_t)__builtin_ctzll(seen)].cases++;
	for (; again; again &= again - 1) w->kinds[word * 64 + (size_t)__builtin_ctzll(again)].rework_cases++;
}

/* The names of the case are bits: those that were there, and those that came again. */
static void count_events(struct flow_worker *w, const struct flow_walk *c)
{
	size_t words = w->plan->n_types / 64 + 1;
	uint64_t seen = 0, again = 0;
	w->kinds[c->type[0]].starts++;
	w->kinds[c->type[c->n - 1]].ends++;
	for (uint32_t i = 0; words == 1 && i < c->n; i++) {
		uint64_t bit = UINT64_C(1) << c->type[i];
		again |= seen & bit;
		seen |= bit;
	}
	flow__count_kinds(w, 0, seen, again);
	for (uint32_t i = 0; words > 1 && i < c->n; i++) {
		uint64_t bit = UINT64_C(1) << c->type[i] % 64;
		w->seen_again[c->type[i] / 64] |= w->seen[c->type[i] / 64] & bit;
		w->seen[c->type[i] / 64] |= bit;
	}
	for (size_t word = 0; words > 1 && word < words; word++) {
		flow__count_kinds(w, word, w->seen[word], w->seen_again[word]);
		w->seen[word] = w->seen_again[word] = 0;
	}
}

void flow__count_repeat(struct flow_worker *w, uint16_t type)
{
	struct flow_kind *k = &w->kinds[type];
	k->repeats++;
	k->repeat_cases += k->last_repeat != w->case_number;
	k->last_repeat = w->case_number;
}

static uint64_t contacts_among(const struct flow_worker *w, const uint16_t *type, uint32_t n)
{
	uint64_t contacts = 0;
	for (uint32_t i = 0; i < n; i++) contacts |= (uint64_t)w->is_contact[type[i]] << i;
	return contacts;
}

static void count_repeats(struct flow_worker *w, const struct flow_walk *c)
{
	int64_t last = INT64_MIN;
	for (uint32_t at = 0; at < c->n; at += 64)
		for (uint64_t contacts = contacts_among(w, c->type + at, c->n - at < 64 ? c->n - at : 64); contacts; contacts &= contacts - 1) {
			uint32_t i = at + (uint32_t)__builtin_ctzll(contacts);
			if (last != INT64_MIN && c->time_ms[i] - last <= w->f->repeat_ms) flow__count_repeat(w, c->type[i]);
			last = c->time_ms[i];
		}
}

void flow__count_variant(struct flow_worker *w, uint32_t customer, const uint16_t *types, uint32_t n)
{
	bool is_new;
	struct hashed_slot *s = hashed_at(&w->variants, XXH3_64bits(types, n * sizeof *types), &is_new);
	if (!s) return;
	if (is_new) s->first = customer;
	s->count++;
}

static void count_case(struct flow_worker *w, uint32_t customer, const struct flow_walk *c)
{
	w->case_number++;
	w->cases++;
	w->events += c->n;
	if (w->q->members && flow__is_asked(&w->asked, w->q, w->is_contact, c)) query__behind(w->q, customer);
	if (!count_pairs(w, c)) return;
	count_events(w, c);
	if (w->f->variants) flow__count_variant(w, customer, c->type, c->n);
	if (w->f->without_loops) return;
	count_returns(w, c);
	count_repeats(w, c);
	swings_count(&w->swings, w->case_number, c->n, c->type, c->channel);
}

static void capture(struct flow_worker *w, const struct flow_walk *c)
{
	uint64_t key = XXH3_64bits(c->type, c->n * sizeof *c->type);
	if (key == 0) key = 1;
	for (size_t i = 0; i < w->n_captured; i++) {
		struct flow_captured *v = &w->captured[i];
		if (v->key != key || v->types) continue;
		v->n = c->n;
		v->types = ARENA_ARRAY(&w->arena, uint16_t, c->n);
		memcpy(v->types, c->type, c->n * sizeof *c->type);
	}
}

static void look_again(struct flow_worker *w, const struct flow_walk *c)
{
	for (uint32_t i = 1; i < c->n; i++) {
		spread_seek(w->all, w->sum->row[c->type[i - 1]][c->type[i]] - 1, c->time_ms[i] - c->time_ms[i - 1]);
	}
}

static bool is_counting(const struct flow_worker *w)
{
	return !w->all && !w->captured;
}

static void walk(struct flow_worker *w, uint32_t customer, const struct flow_walk *c)
{
	if (w->captured) capture(w, c);
	else if (w->all) look_again(w, c);
	else count_case(w, customer, c);
}

/* ---- cases of a property ----------------------------------------------------------------------------------------------- */
static bool give_room(struct flow_worker *w, size_t n)
{
	if (n <= w->cap) return true;
	size_t cap = w->cap ? w->cap : 256;
	while (cap < n) cap *= 2;
	if (!query__charge(w->plan, (cap - w->cap) * (3 * sizeof(uint32_t) + sizeof(int64_t) + 2 * sizeof(uint16_t)))) return false;
	w->case_of = mem_realloc(w->case_of, cap * sizeof *w->case_of);
	w->order = mem_realloc(w->order, cap * sizeof *w->order);
	w->ends = mem_realloc(w->ends, (cap + 1) * sizeof *w->ends);
	w->case_time = mem_realloc(w->case_time, cap * sizeof *w->case_time);
	w->case_type = mem_realloc(w->case_type, cap * sizeof *w->case_type);
	w->case_channel = mem_realloc(w->case_channel, cap * sizeof *w->case_channel);
	w->cap = cap;
	return true;
}

/* Numbers the customer's cases in order of appearance: case_of is by event, UINT32_MAX without one. */
static size_t number_cases(struct flow_worker *w)
{
	size_t n = 0;
	for (uint32_t i = 0; i < w->line.n; i++) {
		uint32_t value = query__group(w->case_values, w->line.part[i], w->line.row[i]);
		w->case_of[i] = UINT32_MAX;
		if (value == UINT32_MAX || query__group_value(w->case_values, value).kind == QUERY_VALUE_NULL) continue;
		if (value >= w->n_local) {
			size_t room = w->n_local ? w->n_local * 2 : 256;
			while (room <= value) room *= 2;
			if (!query__charge(w->plan, (room - w->n_local) * sizeof *w->local)) return 0;
			w->local = mem_realloc(w->local, room * sizeof *w->local);
			memset(w->local + w->n_local, 0, (room - w->n_local) * sizeof *w->local);
			w->n_local = room;
		}
		if (!w->local[value]) {
			w->order[n++] = value;
			w->local[value] = (uint32_t)n;
		}
		w->case_of[i] = w->local[value] - 1;
	}
	for (size_t k = 0; k < n; k++) w->local[w->order[k]] = 0;
	return n;
}

/* Counting sort by case, so that each lies together and in order. */
static void walk_cases(struct flow_worker *w, uint32_t customer)
{
	if (!give_room(w, w->line.n)) return;
	size_t n = number_cases(w);
	memset(w->ends, 0, (n + 1) * sizeof *w->ends);
	for (uint32_t i = 0; i < w->line.n; i++)
		if (w->case_of[i] != UINT32_MAX) w->ends[w->case_of[i] + 1]++;
	for (size_t k = 0; k < n; k++) w->ends[k + 1] += w->ends[k];
	for (uint32_t i = 0; i < w->line.n; i++) {
		if (w->case_of[i] == UINT32_MAX) continue;
		uint32_t at = w->ends[w->case_of[i]]++;
		w->case_time[at] = w->line.time_ms[i];
		w->case_type[at] = w->line.type[i];
		if (w->want.channel) w->case_channel[at] = w->line.channel[i];
	}
	for (size_t k = 0, from = 0; k < n; from = w->ends[k++])
		walk(w, customer, &(struct flow_walk){w->ends[k] - (uint32_t)from, w->case_time + from, w->case_type + from, w->case_channel + from});
	if (n && is_counting(w)) w->customers++;
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct flow_worker *w = state;
	if (w->plan->unpack.of_type && customer && flow__by_strip(w, customer, slices, n)) return;
	if (!query__walk(w->walk, w->judge, &w->line, customer, slices, n, &w->want)) return;
	if (w->f->events.where) query__line_keep(&w->line, w->judge, &w->walk->matchers[0]);
	if (w->line.n == 0) return;
	if (w->case_values) {
		walk_cases(w, customer);
		return;
	}
	if (is_counting(w)) w->customers++;
	walk(w, customer, &(struct flow_walk){w->line.n, w->line.time_ms, w->line.type, w->line.channel});
}

/* ---- adding up --------------------------------------------------------------------------------------------------------- */
static bool merge_edges(struct flow_worker *into, const struct flow_worker *from)
{
	for (size_t i = 0; i < from->edges.n; i++) {
		const struct flow_ends *e = &from->ends_of.v[i];
		uint32_t same = flow__edge(into, e->from, e->to);
		if (same == FLOW_NO_EDGE) return false;
		into->edges.v[same - 1].cases += from->edges.v[i].cases;
		into->ends_of.v[same - 1].back += e->back;
		into->ends_of.v[same - 1].back_cases += e->back_cases;
		if (!spread_merge(&into->spread, same - 1, &from->spread, i)) return false;
	}
	return true;
}

static void merge_kinds(struct flow_worker *into, const struct flow_worker *from)
{
	for (size_t t = 0; t < into->plan->n_types; t++) {
		struct flow_kind *sum = &into->kinds[t];
		const struct flow_kind *k = &from->kinds[t];
		sum->cases += k->cases;
		sum->starts += k->starts;
		sum->ends += k->ends;
		sum->rework_cases += k->rework_cases;
		sum->repeats += k->repeats;
		sum->repeat_cases += k->repeat_cases;
	}
}

static bool merge_variants(struct flow_worker *into, const struct flow_worker *from)
{
	bool is_new;
	if (!hashed_room(&into->variants, into->variants.n + from->variants.n)) return false;
	for (size_t i = 0; i < from->variants.cap; i++) {
		const struct hashed_slot *s = &from->variants.slots[i];
		hashed_fetch(&into->variants, from->variants.slots[(i + 2 * HASHED_AHEAD) & (from->variants.cap - 1)].key);
		if (!s->key) continue;
		struct hashed_slot *sum = hashed_at(&into->variants, s->key, &is_new);
		if (!sum) return false;
		if (is_new) sum->first = s->first;
		sum->count += s->count;
	}
	return true;
}

static bool merge(struct flow_worker *into, const struct flow_worker *from)
{
	merge_kinds(into, from);
	into->cases += from->cases;
	into->customers += from->customers;
	into->events += from->events;
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	return merge_edges(into, from) && swings_merge(&into->swings, &from->swings);
}

struct merging {
	struct flow_worker *workers;
	size_t n;
	bool is_good[2];
};
/* Variants are most of it, and share nothing with the rest. */
static void merge_half(void *arg, size_t half)
{
	struct merging *m = arg;
	bool is_good = true;
	for (size_t i = 1; i < m->n && is_good; i++) is_good = half ? merge(&m->workers[0], &m->workers[i]) : merge_variants(&m->workers[0], &m->workers[i]);
	m->is_good[half] = is_good;
}

/* ---- which variants are listed ----------------------------------------------------------------------------------------- */
static enum err put_variants(struct query_plan *p, struct flow_worker *w, struct arena *a, struct query_flow_answer *out, struct fault *f)
{
	size_t n;
	struct hashed_slot *top = hashed_top(&w->variants, w->f->variants, p->arena, &n);
	uint64_t *is_example = ARENA_ARRAY(p->arena, uint64_t, p->ctx->people.n_customers / 64 + 1);
	out->variants = ARENA_ARRAY(a, struct flow_variant, n + 1);
	out->variants_total = w->variants.n;
	if (n == 0) return OK;
	w->captured = ARENA_ARRAY(p->arena, struct flow_captured, n);
	w->n_captured = n;
	w->want.left_out = NULL;
	for (size_t i = 0; i < n; i++) {
		is_example[top[i].first / 64] |= UINT64_C(1) << top[i].first % 64;
		w->captured[i].key = top[i].key;
	}
	TRY(query__scan_some(p, is_example, visit, w, f));
	for (size_t i = 0; i < n; i++) {
		const struct flow_captured *v = &w->captured[i];
		uint16_t *types = ARENA_ARRAY(a, uint16_t, v->n + 1);
		if (v->n) memcpy(types, v->types, v->n * sizeof *types);
		out->variants[out->n_variants++] = (struct flow_variant){top[i].count, v->n, types};
	}
	return OK;
}

/* ---- the answer -------------------------------------------------------------------------------------------------------- */
struct named {
	str from, to;
	size_t place;
	uint64_t count;
};

static int by_count_and_name(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	if (a->count != b->count) return a->count > b->count ? -1 : 1;
	int order = str_cmp(a->from, b->from);
	return order ? order : str_cmp(a->to, b->to);
}

static void put_edges(const struct flow_worker *w, struct arena *a, struct query_flow_answer *out)
{
	struct events *ev = w->plan->ctx->events;
	size_t n = w->edges.n;
	struct named *order = ARENA_ARRAY(w->plan->arena, struct named, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct flow_ends *e = &w->ends_of.v[i];
		order[i] = (struct named){events_type_name(ev, e->from), events_type_name(ev, e->to), i, w->spread.sets[i].n};
		out->edges_count += order[i].count;
	}
	if (n) qsort(order, n, sizeof *order, by_count_and_name);
	out->edges = ARENA_ARRAY(a, struct flow_edge, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct flow_ends *e = &w->ends_of.v[order[i].place];
		out->edges[i] = (struct flow_edge){e->from, e->to, order[i].count, w->edges.v[order[i].place].cases, e->back, e->back_cases,
			spread_mean(&w->spread, order[i].place), spread_at(&w->spread, order[i].place, 0)};
	}
	out->n_edges = n;
}

/* By type: those that cases begin with, and those that follow another. */
static uint64_t *count_by_type(const struct flow_worker *w)
{
	uint64_t *count = ARENA_ARRAY(w->plan->arena, uint64_t, w->plan->n_types + 1);
	for (size_t t = 0; t < w->plan->n_types; t++) count[t] = w->kinds[t].starts;
	for (size_t i = 0; i < w->edges.n; i++) count[w->ends_of.v[i].to] += w->spread.sets[i].n;
	return count;
}

static void put_events(const struct flow_worker *w, struct arena *a, struct query_flow_answer *out)
{
	size_t n = 0;
	uint64_t *count = count_by_type(w);
	struct named *order = ARENA_ARRAY(w->plan->arena, struct named, w->plan->n_types + 1);
	for (size_t t = 0; t < w->plan->n_types; t++)
		if (count[t]) order[n++] = (struct named){events_type_name(w->plan->ctx->events, (uint16_t)t), STR_NONE, t, count[t]};
	if (n) qsort(order, n, sizeof *order, by_count_and_name);
	out->by_event = ARENA_ARRAY(a, struct flow_event, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct flow_kind *k = &w->kinds[order[i].place];
		uint64_t again = order[i].count - k->cases;
		out->by_event[i] = (struct flow_event){(uint16_t)order[i].place, order[i].count, k->cases, k->starts, k->ends, again, k->rework_cases, k->repeats, k->repeat_cases};
	}
	out->n_events = n;
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */
static void begin(struct flow_worker *w, struct query_walk *k, const struct query *q, const uint8_t *codes)
{
	struct query_plan *p = &k->plan;
	const struct query_flow *f = q->flow;
	*w = (struct flow_worker){.walk = k, .plan = p, .q = q, .f = f};
	if (q->members) w->asked = flow__asked(p, q->members);
	arena_init(&w->arena);
	w->judge = query__judge_new(k->rules, &w->arena);
	w->want = (struct line_wants){.codes = codes, .from_ms = k->range.from_ms, .to_ms = k->range.to_ms, .left_out = &w->left_out, .arena = &w->arena,
		.channel = !f->without_loops, .rows = k->needs_rows || str_given(f->case_property)};
	w->is_contact = query__codes(p, &f->contacts);
	w->row = ARENA_ARRAY(&w->arena, uint32_t *, p->n_types + 1);
	w->kinds = ARENA_ARRAY(&w->arena, struct flow_kind, p->n_types + 1);
	w->seen = ARENA_ARRAY(&w->arena, uint64_t, p->n_types / 64 + 1);
	w->seen_again = ARENA_ARRAY(&w->arena, uint64_t, p->n_types / 64 + 1);
	swings_init(&w->swings, p, &w->arena);
	if (str_given(f->case_property)) w->case_values = query__groups_of(p, QUERY_PROPERTY, &w->arena);
	spread_init(&w->spread, p, &w->arena, RAW_MAX, HALF, COUNT_OF(HALF));
	hashed_init(&w->variants, p);
	size_t cases = p->ctx->people.n_customers / query__workers(p); /* most go a way of their own */
	if (f->variants) (void)hashed_room(&w->variants, cases < VARIANTS_LIKELY ? cases : VARIANTS_LIKELY);
}

static void end(struct flow_worker *w)
{
	query__judge_free(w->judge);
	swings_release(&w->swings);
	if (w->case_values) query__groups_free(w->case_values);
	query__line_free(&w->line);
	query__strip_free(&w->strip);
	mem_free(w->wide);
	spread_release(&w->spread);
	hashed_release(&w->variants);
	mem_free(w->case_of);
	mem_free(w->order);
	mem_free(w->ends);
	mem_free(w->case_time);
	mem_free(w->case_type);
	mem_free(w->case_channel);
	mem_free(w->local);
	arena_release(&w->arena);
}

static enum err scan(struct query_plan *p, struct flow_worker *workers, void **states, size_t n, struct fault *f)
{
	TRY(query__scan(p, visit, states, n, f));
	struct merging merging = {workers, n, {false, false}};
	query__share(p, 2, merge_half, &merging);
	if (!merging.is_good[0] || !merging.is_good[1]) return query__too_large(p, f);
	while (spread_aim(&workers[0].spread)) {
		for (size_t i = 0; i < n; i++) workers[i].sum = &workers[0], workers[i].all = &workers[0].spread, workers[i].want.left_out = NULL, workers[i].want.channel = false;
		TRY(query__scan(p, visit, states, n, f));
	}
	return OK;
}

static enum err run(struct query_walk *k, const struct query *q, struct query_flow_answer *out, struct arena *a, struct fault *fault)
{
	struct query_plan *p = &k->plan;
	const uint8_t *codes = query__walk_codes(k, k->matchers, query__is_given(&q->flow->events) ? 1 : 0);
	size_t n = query__workers(p);
	struct flow_worker *workers = ARENA_ARRAY(p->arena, struct flow_worker, n), *all = &workers[0];
	void **states = ARENA_ARRAY(p->arena, void *, n);
	for (size_t i = 0; i < n; i++) {
		begin(&workers[i], k, q, codes);
		states[i] = &workers[i];
	}
	flow__unpack(k, q);
	enum err e = scan(p, workers, states, n, fault);
	if (e == OK) e = put_variants(p, all, a, out, fault);
	if (e == OK) {
		put_edges(all, a, out);
		put_events(all, a, out);
		swings_put(&all->swings, a, out);
		out->customers = all->customers;
		out->cases = all->cases;
		out->events = all->events;
		out->left_out = query__left_out(p, &all->left_out);
	}
	for (size_t i = 0; i < n; i++) end(&workers[i]);
	return e;
}

enum err query_flow(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_flow_answer *out, struct fault *f)
{
	*out = (struct query_flow_answer){0};
	const struct query_match *const matches[] = {&q->flow->events};
	struct arena scratch;
	struct query_walk walk;
	struct query_wants want = {.columns = q->flow->without_loops ? 0 : EVENTS_CHANNEL, .property = q->flow->case_property};
	arena_init(&scratch);
	enum err e = query__walk_open(&walk, ctx, q, matches, COUNT_OF(matches), &want, &scratch, f);
	if (e == OK) out->range = walk.range;
	if (e == OK) e = run(&walk, q, out, a, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
