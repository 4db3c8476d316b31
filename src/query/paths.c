/* Paths. A customer's line is cut into sessions, or into stretches of a time, and each gives one path: a short row of
 * codes that is looked up by its hash and compared, so that nothing is made of a path that was met before. Where names are
 * few and paths short, the codes themselves are the key, and nothing needs to be compared. Ranking and tree are made once,
 * of the paths that differ. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "query/paths_inner.h"

enum { UNKNOWN = UINT16_MAX + 1 /* an event that was never heard */ };

/* ---- counting ---------------------------------------------------------------------------------------------------------- */
static bool is_same(const struct paths_entry *e, uint32_t group, const uint16_t *types, size_t n)
{
	return e->group == group && e->n == n && memcmp(e->types, types, n * sizeof *types) == 0;
}

static bool keep(struct paths_worker *w, uint32_t group, const uint16_t *types, size_t n)
{
	if (w->n_entries == w->cap_entries) {
		size_t cap = w->cap_entries ? w->cap_entries * 2 : 256;
		if (!query__charge(w->plan, (cap - w->cap_entries) * (sizeof *w->entries + w->p->length * sizeof *types))) return false;
		w->entries = mem_realloc(w->entries, cap * sizeof *w->entries);
		w->cap_entries = cap;
	}
	uint16_t *kept = ARENA_ARRAY(&w->arena, uint16_t, n + 1);
	if (n) memcpy(kept, types, n * sizeof *types);
	w->entries[w->n_entries++] = (struct paths_entry){group, (uint32_t)n, kept};
	return true;
}

/* How many bits a code (1 + type, as 0 ends the path) takes where all of a path and its group fit into 63, so that 1 may be added; else 0. */
static uint32_t bits_of_code(const struct paths_worker *w)
{
	uint32_t bits = 64 - (uint32_t)__builtin_clzll(w->plan->n_types + 1), group = w->q->by == QUERY_NONE ? 0 : 32;
	return bits * w->p->length + group <= 63 ? bits : 0;
}

static uint64_t pack(const struct paths_worker *w, uint32_t group, const uint16_t *types, size_t n)
{
	uint64_t packed = group;
	for (size_t i = w->p->length; i-- > 0;) packed = packed << w->bits | (i < n ? (uint64_t)types[i] + 1 : 0);
	return packed;
}

/* Different for different paths, and never 0. */
static uint64_t key_of(uint64_t packed)
{
	uint64_t mixed = (packed + 1) * UINT64_C(0x9E3779B97F4A7C15);
	return mixed ^ mixed >> 32;
}

static bool count_packed(struct paths_worker *w, uint64_t packed, uint32_t times)
{
	bool is_new;
	struct hashed_slot *s = hashed_at(&w->seen, key_of(packed), &is_new);
	if (!s) return false;
	s->count += times;
	if (!is_new) return true;
	uint16_t types[PATHS_MAX_LENGTH];
	uint64_t mask = (UINT64_C(1) << w->bits) - 1, rest = packed;
	size_t n = 0;
	for (size_t i = 0; i < w->p->length; i++, rest >>= w->bits)
		if (rest & mask) types[n++] = (uint16_t)((rest & mask) - 1);
	s->first = (uint32_t)w->n_entries;
	return keep(w, (uint32_t)rest, types, n);
}

static bool count_ahead(struct paths_worker *w)
{
	bool is_good = true;
	for (size_t i = 0; is_good && i < HASHED_AHEAD; i++) {
		if (w->ahead[i]) is_good = count_packed(w, w->ahead[i] - 1, 1);
		w->ahead[i] = 0;
	}
	return is_good;
}

bool paths__count_soon(struct paths_worker *w, uint64_t packed)
{
	uint64_t *place = &w->ahead[w->n_ahead++ % HASHED_AHEAD], before = *place;
	*place = packed + 1;
	hashed_fetch(&w->seen, key_of(packed));
	return !before || count_packed(w, before - 1, 1);
}

static bool count(struct paths_worker *w, uint32_t group, const uint16_t *types, size_t n, uint32_t times)
{
	if (w->bits) return count_packed(w, pack(w, group, types, n), times);
	for (uint64_t seed = group;; seed += UINT64_C(1) << 32) {
		bool is_new;
		struct hashed_slot *s = hashed_at(&w->seen, XXH3_64bits_withSeed(types, n * sizeof *types, seed), &is_new);
		if (!s) return false;
		if (is_new) {
			s->first = (uint32_t)w->n_entries;
			if (!keep(w, group, types, n)) return false;
		} else if (!is_same(&w->entries[s->first], group, types, n)) continue; /* another path of the same hash: the next seed */
		s->count += times;
		return true;
	}
}

static uint32_t by_of(struct paths_worker *w, uint32_t i)
{
	if (w->q->by == QUERY_NONE) return 0;
	if (query__dimension_needs_row(w->q->by)) return query__group(w->by, w->line.part[i], w->line.row[i]);
	return query__group_of_event(w->by, w->line.type[i], w->q->by == QUERY_CHANNEL ? w->line.channel[i] : 0);
}

/* Whether it is the path that members are asked of: all of it, or its step from one event to another, counted from where paths begin
 * (to an event: from where they end). */
static bool is_asked(const struct paths_worker *w, uint32_t group, const uint16_t *types, size_t n)
{
	const struct query_behind *m = w->q->members;
	bool is_backward = w->end && !w->start, is_same = !m->has_by || group == w->asked_group;
	if (m->has_events) is_same = is_same && n == m->n_events;
	for (size_t i = 0; i < m->n_events && is_same; i++) is_same = types[i] == w->asked[i];
	if (!str_given(m->to) || !is_same) return is_same;
	for (size_t step = 1; step <= n; step++) {
		uint16_t to = types[is_backward ? n - step : step - 1], from = step > 1 ? types[is_backward ? n - step + 1 : step - 2] : 0;
		if ((m->step == 0 || m->step == (int64_t)step) && to == w->asked_to && (!str_given(m->from) || (step > 1 && from == w->asked_from))) return true;
	}
	return false;
}

/* One path of the customer in hand. */
static void take(struct paths_worker *w, uint32_t group, const uint16_t *types, size_t n)
{
	w->n++;
	(void)(w->bits ? paths__count_soon(w, pack(w, group, types, n)) : count(w, group, types, n, 1));
	if (w->q->members && is_asked(w, group, types, n)) query__behind(w->q, w->customer);
}

/* The path of the events from to to (not in it), after `first` or, as it has none before it, UINT32_MAX. */
static void count_forward(struct paths_worker *w, uint32_t first, uint32_t from, uint32_t to, bool must_be_whole)
{
	uint16_t types[PATHS_MAX_LENGTH];
	size_t n = 0;
	const uint16_t *type = w->line.type;
	uint32_t last = first == UINT32_MAX ? UINT32_MAX : type[first];
	for (uint32_t i = from; i < to; i++) {
		if (w->p->collapse && type[i] == last) continue;
		if (n == w->p->length) {
			if (must_be_whole) w->too_long++;
			if (must_be_whole) return;
			break;
		}
		last = types[n++] = type[i];
	}
	take(w, by_of(w, first == UINT32_MAX ? from : first), types, n);
}

/* What came before `end`, not before `from`. */
static void count_backward(struct paths_worker *w, uint32_t from, uint32_t end)
{
	uint16_t types[PATHS_MAX_LENGTH];
	size_t n = 0;
	const uint16_t *type = w->line.type;
	uint16_t last = type[end];
	for (uint32_t i = end; i-- > from && n < w->p->length;) {
		if (w->p->collapse && type[i] == last) continue;
		last = types[PATHS_MAX_LENGTH - ++n] = type[i];
	}
	take(w, by_of(w, end), types + PATHS_MAX_LENGTH - n, n);
}

/* The path between `start` and the next end before `to`. Where the next one may begin. */
static uint32_t count_between(struct paths_worker *w, uint32_t start, uint32_t to)
{
	for (uint32_t i = start + 1; i < to; i++) {
		if (!query__is_at(w->judge, w->end, &w->line, i)) continue;
		count_forward(w, start, start + 1, i, true);
		return i;
	}
	w->unfinished++;
	return to;
}

/* ---- sessions: the first path of each ---------------------------------------------------------------------------------- */
static void path_of_session(struct paths_worker *w, uint32_t from, uint32_t to)
{
	const struct query_matcher *wanted = w->start ? w->start : w->end;
	uint32_t i = from;
	while (wanted && i < to && !query__is_at(w->judge, wanted, &w->line, i)) i++;
	if (i == to) return;
	if (!wanted) count_forward(w, UINT32_MAX, from, to, false);
	else if (!w->start) count_backward(w, from, i);
	else if (w->end) (void)count_between(w, i, to);
	else count_forward(w, i, i + 1, to, false);
}

static void follow_sessions(struct paths_worker *w)
{
	const int64_t *t = w->line.time_ms;
	for (uint32_t from = 0, to; from < w->line.n; from = to) {
		for (to = from + 1; to < w->line.n && t[to] - t[to - 1] <= w->p->gap_ms;) to++;
		path_of_session(w, from, to);
	}
}

/* ---- by time: path after path, none into another ----------------------------------------------------------------------- */
static void follow_to_ends(struct paths_worker *w)
{
	const int64_t *t = w->line.time_ms;
	uint32_t from = 0;
	for (uint32_t i = 0; i < w->line.n; i++) {
		if (!query__is_at(w->judge, w->end, &w->line, i)) continue;
		while (t[i] - t[from] > w->p->within_ms) from++;
		count_backward(w, from, i);
		int64_t until = t[i] + w->p->within_ms;
		from = i + 1;
		for (uint32_t k = i + 1; k < w->line.n && t[k] <= until; k++)
			if (query__is_at(w->judge, w->end, &w->line, k)) i = k;
	}
}

static void follow_from_starts(struct paths_worker *w)
{
	const int64_t *t = w->line.time_ms;
	for (uint32_t i = 0; i < w->line.n;) {
		if (w->start && !query__is_at(w->judge, w->start, &w->line, i)) {
			i++;
			continue;
		}
		uint32_t to = i + 1;
		while (to < w->line.n && t[to] - t[i] <= w->p->within_ms) to++;
		if (w->start && w->end) i = count_between(w, i, to);
		else {
			count_forward(w, w->start ? i : UINT32_MAX, w->start ? i + 1 : i, to, false);
			i = to;
		}
	}
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct paths_worker *w = state;
	uint64_t before = w->n;
	if (w->plan->unpack.of_type && customer && paths__by_strip(w, customer, slices, n)) {
		w->customers += w->n > before;
		return;
	}
	if (!query__walk(w->walk, w->judge, &w->line, customer, slices, n, &w->want)) return;
	if (w->p->events.where) query__line_keep(&w->line, w->judge, &w->walk->matchers[0]);
	if (w->q->by == QUERY_TRAIT) query__groups_customer(w->by, customer);
	w->customer = customer;
	if (!w->p->within_ms) follow_sessions(w);
	else if (w->end && !w->start) follow_to_ends(w);
	else follow_from_starts(w);
	w->customers += w->n > before;
}

/* ---- ranking ----------------------------------------------------------------------------------------------------------- */
struct ranking {
	const struct paths_worker *w;
	const uint32_t *rank; /* of names, by type */
};
struct ranked {
	uint64_t count;
	const struct paths_entry *e;
};

static int path_cmp(const struct ranking *r, const struct ranked *a, const struct ranked *b)
{
	if (a->count != b->count) return a->count > b->count ? -1 : 1;
	for (uint32_t i = 0; i < a->e->n && i < b->e->n; i++)
		if (a->e->types[i] != b->e->types[i]) return r->rank[a->e->types[i]] < r->rank[b->e->types[i]] ? -1 : 1;
	if (a->e->n != b->e->n) return a->e->n < b->e->n ? -1 : 1;
	if (a->e->group == b->e->group) return 0;
	struct query_value x = query__group_value(r->w->by, a->e->group), y = query__group_value(r->w->by, b->e->group);
	return query__value_cmp(&x, &y);
}

static int ranked_cmp(const void *a, const void *b, void *ranking)
{
	return path_cmp(ranking, a, b);
}

static int name_cmp(const void *a, const void *b, void *ev)
{
	return str_cmp(events_type_name(ev, *(const uint16_t *)a), events_type_name(ev, *(const uint16_t *)b));
}

static const uint32_t *rank_names(const struct query_plan *p)
{
	uint16_t *order = ARENA_ARRAY(p->arena, uint16_t, p->n_types + 1);
	uint32_t *rank = ARENA_ARRAY(p->arena, uint32_t, p->n_types + 1);
	for (size_t i = 0; i < p->n_types; i++) order[i] = (uint16_t)i;
	if (p->n_types) qsort_r(order, p->n_types, sizeof *order, name_cmp, p->ctx->events);
	for (size_t i = 0; i < p->n_types; i++) rank[order[i]] = (uint32_t)i;
	return rank;
}

/* All of them in order, or the first `most`: most paths are passed over by one comparison with the last of these. */
static struct ranked *rank_paths(struct ranking *r, size_t most, size_t *n)
{
	const struct hashed *h = &r->w->seen;
	size_t room = most && most < h->n ? most : h->n;
	struct ranked *top = mem_alloc((room + 1) * sizeof *top);
	*n = 0;
	for (size_t i = 0; i < h->cap; i++) {
		if (!h->slots[i].key) continue;
		struct ranked x = {h->slots[i].count, &r->w->entries[h->slots[i].first]};
		if (room == h->n) {
			top[(*n)++] = x;
			continue;
		}
		if (*n == room && path_cmp(r, &x, &top[*n - 1]) >= 0) continue;
		size_t at = *n < room ? (*n)++ : *n - 1;
		for (; at > 0 && path_cmp(r, &x, &top[at - 1]) < 0; at--) top[at] = top[at - 1];
		top[at] = x;
	}
	if (*n && room == h->n) qsort_r(top, *n, sizeof *top, ranked_cmp, r);
	return top;
}

static void put_paths(const struct paths_worker *w, size_t limit, struct arena *a, struct query_paths_answer *out)
{
	struct ranking r = {w, rank_names(w->plan)};
	size_t n;
	struct ranked *top = rank_paths(&r, limit, &n);
	out->paths_total = w->seen.n;
	out->paths = ARENA_ARRAY(a, struct path, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct paths_entry *e = top[i].e;
		uint16_t *types = ARENA_ARRAY(a, uint16_t, e->n + 1);
		if (e->n) memcpy(types, e->types, e->n * sizeof *types);
		struct query_value by = {0};
		if (w->q->by != QUERY_NONE) by = query__group_value(w->by, e->group);
		out->paths[out->n_paths++] = (struct path){{by.kind, str_dup(a, by.text)}, top[i].count, e->n, types};
	}
	mem_free(top);
}

/* ---- the tree ---------------------------------------------------------------------------------------------------------- */
struct node {
	uint32_t parent, depth; /* parent: place + 1 */
	uint16_t type;
	uint64_t count, ended;
};

/* The child of a node by type: two numbers make the key, so nothing needs to be compared. */
static uint32_t child_of(struct query_plan *p, struct hashed *places, struct node **nodes, size_t *cap, uint32_t parent, uint32_t depth, uint16_t type)
{
	bool is_new;
	uint64_t key = ((uint64_t)parent << 16 | type) + 1, mixed = key * UINT64_C(0x9E3779B97F4A7C15);
	struct hashed_slot *s = hashed_at(places, mixed, &is_new);
	if (!s) return 0;
	if (!is_new) return s->first;
	if (places->n > *cap) {
		size_t more = *cap ? *cap * 2 : 1024;
		if (!query__charge(p, (more - *cap) * sizeof **nodes)) return 0;
		*nodes = mem_realloc(*nodes, more * sizeof **nodes);
		*cap = more;
	}
	(*nodes)[places->n - 1] = (struct node){.parent = parent, .depth = depth, .type = type};
	return s->first = (uint32_t)places->n;
}

struct placed {
	const struct node *node;
	uint32_t place;
};

static int node_cmp(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;
	if (a->node->count != b->node->count) return a->node->count > b->node->count ? -1 : 1;
	if (a->node->depth != b->node->depth) return a->node->depth < b->node->depth ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

static void cut_tree(const struct node *nodes, size_t n, size_t most, struct query_plan *p, struct arena *a, struct query_paths_answer *out)
{
	struct placed *order = mem_alloc((n + 1) * sizeof *order);
	uint32_t *shown = mem_zalloc((n + 1) * sizeof *shown);
	(void)query__charge(p, n * (sizeof *order + sizeof *shown));
	for (size_t i = 0; i < n; i++) order[i] = (struct placed){&nodes[i], (uint32_t)i};
	if (n) qsort(order, n, sizeof *order, node_cmp);
	out->nodes_total = n;
	out->n_nodes = n < most ? n : most;
	out->nodes = ARENA_ARRAY(a, struct path_node, out->n_nodes + 1);
	for (size_t i = 0; i < out->n_nodes; i++) {
		const struct node *x = order[i].node;
		shown[order[i].place + 1] = (uint32_t)i + 1;
		out->nodes[i] = (struct path_node){x->parent ? shown[x->parent] : 0, x->depth, x->type, x->count, x->ended};
	}
	mem_free(order);
	mem_free(shown);
}

/* A parent is never less frequent than its child and comes before it, so the most frequent nodes are a tree. */
static bool put_tree(struct paths_worker *w, struct arena *a, struct query_paths_answer *out)
{
	struct hashed places;
	struct node *nodes = NULL;
	size_t cap = 0;
	bool is_whole = true, backward = w->end && !w->start;
	hashed_init(&places, w->plan);
	for (size_t i = 0; is_whole && i < w->seen.cap; i++) {
		if (!w->seen.slots[i].key) continue;
		const struct paths_entry *e = &w->entries[w->seen.slots[i].first];
		uint32_t place = 0;
		for (uint32_t d = 0; is_whole && d < e->n; d++) {
			place = child_of(w->plan, &places, &nodes, &cap, place, d + 1, e->types[backward ? e->n - 1 - d : d]);
			is_whole = place != 0;
			if (!place) break;
			nodes[place - 1].count += w->seen.slots[i].count;
			if (d + 1 == e->n) nodes[place - 1].ended += w->seen.slots[i].count;
		}
	}
	if (is_whole) cut_tree(nodes, places.n, w->p->nodes, w->plan, a, out);
	hashed_release(&places);
	mem_free(nodes);
	return is_whole;
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */
static bool merge(struct paths_worker *into, const struct paths_worker *from)
{
	for (size_t i = 0; i < from->seen.cap; i++) {
		if (!from->seen.slots[i].key) continue;
		const struct paths_entry *e = &from->entries[from->seen.slots[i].first];
		uint32_t group = into->q->by == QUERY_NONE ? 0 : query__group_of(into->by, query__group_value(from->by, e->group));
		if (group == UINT32_MAX || !count(into, group, e->types, e->n, from->seen.slots[i].count)) return false;
	}
	into->n += from->n;
	into->customers += from->customers;
	into->unfinished += from->unfinished;
	into->too_long += from->too_long;
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	return true;
}

static uint32_t asked_code(const struct query_plan *p, str name)
{
	uint16_t code;
	return str_given(name) && events_type_code(p->ctx->events, name, &code) ? code : UNKNOWN;
}

static void ask_members(struct paths_worker *w, const struct query_behind *m)
{
	w->asked_group = m->has_by ? query__group_of(w->by, m->by) : 0;
	w->asked_from = asked_code(w->plan, m->from);
	w->asked_to = asked_code(w->plan, m->to);
	for (size_t i = 0; i < m->n_events; i++) w->asked[i] = asked_code(w->plan, m->events[i]);
}

static void begin(struct paths_worker *w, struct query_walk *k, const struct query *q, const uint8_t *codes)
{
	struct query_plan *p = &k->plan;
	*w = (struct paths_worker){.walk = k, .plan = p, .q = q, .p = q->paths};
	arena_init(&w->arena);
	w->judge = query__judge_new(k->rules, &w->arena);
	if (query__is_given(&w->p->start)) w->start = &k->matchers[1];
	if (query__is_given(&w->p->end)) w->end = &k->matchers[2];
	w->want = (struct line_wants){.codes = codes, .from_ms = k->range.from_ms, .to_ms = k->range.to_ms, .left_out = &w->left_out,
		.arena = &w->arena, .channel = q->by == QUERY_CHANNEL, .rows = k->needs_rows || query__dimension_needs_row(q->by)};
	w->by = query__groups_new(p, q, &w->arena);
	if (q->members) ask_members(w, q->members);
	hashed_init(&w->seen, p);
	w->cut = paths__bits_new(&w->arena);
	w->bits = bits_of_code(w);
}

static void end(struct paths_worker *w)
{
	query__judge_free(w->judge);
	query__groups_free(w->by);
	query__line_free(&w->line);
	query__strip_free(&w->strip);
	paths__bits_free(w->cut);
	hashed_release(&w->seen);
	mem_free(w->entries);
	arena_release(&w->arena);
}

static enum err run(struct query_walk *k, const struct query *q, struct query_paths_answer *out, struct arena *a, struct fault *f)
{
	struct query_plan *p = &k->plan;
	const uint8_t *codes = query__walk_codes(k, k->matchers, query__is_given(&q->paths->events) ? 1 : 0);
	size_t n = query__workers(p);
	struct paths_worker *workers = ARENA_ARRAY(p->arena, struct paths_worker, n), *all = &workers[0];
	void **states = ARENA_ARRAY(p->arena, void *, n);
	for (size_t i = 0; i < n; i++) {
		begin(&workers[i], k, q, codes);
		states[i] = &workers[i];
	}
	paths__unpack(k, q, all->bits);
	enum err e = query__scan(p, visit, states, n, f);
	for (size_t i = 0; i < n && e == OK; i++)
		if (!count_ahead(&workers[i])) e = query__too_large(p, f);
	for (size_t i = 1; i < n && e == OK; i++)
		if (!merge(all, &workers[i])) e = query__too_large(p, f);
	if (e == OK && q->paths->nodes && !put_tree(all, a, out)) e = query__too_large(p, f);
	if (e == OK) {
		put_paths(all, (size_t)q->limit, a, out);
		out->n = all->n;
		out->customers = all->customers;
		out->unfinished = all->unfinished;
		out->too_long = all->too_long;
		out->left_out = query__left_out(p, &all->left_out);
	}
	for (size_t i = 0; i < n; i++) end(&workers[i]);
	return e;
}

enum err query_paths(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_paths_answer *out, struct fault *f)
{
	*out = (struct query_paths_answer){0};
	const struct query_match *const matches[] = {&q->paths->events, &q->paths->start, &q->paths->end};
	struct arena scratch;
	struct query_walk walk;
	struct query_wants want = {.columns = query__dimension_columns(q->by), .by = q->by == QUERY_PROPERTY ? q->by_property : STR_NONE};
	arena_init(&scratch);
	enum err e = query__walk_open(&walk, ctx, q, matches, COUNT_OF(matches), &want, &scratch, f);
	if (e == OK) out->range = walk.range;
	if (e == OK) e = run(&walk, q, out, a, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
