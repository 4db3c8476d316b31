/* trend: events, customers, sum, mean or a percentile by interval, and by one dimension.
 *
 * Distinct customers are exact without a set of them: the scan brings a customer's rows together, so a cell remembers
 * only the last customer that it counted. A group's cells are made when its first event appears. Workers count apart
 * and are added up: customers never meet two workers.
 *
 * Counting needs no order: where no row has to be looked at closer or left out for want of consent, a customer's rows are
 * counted where they lie, slice after slice, without a line.
 *
 * With `top` the values past it are counted once more as one group, in a scan of their own: a customer of two of them is one. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "query/rules.h"

struct cells { /* of one group; one an interval */
	uint64_t *events, *customers, *numbers;
	uint32_t *last;
	struct decimal_sum *sums;
	struct values *values;
	uint64_t all_customers;
	uint32_t last_of_all;
};
struct worker {
	struct query_plan *plan;
	const struct query *q;
	const struct query_times *times;
	const struct query_matcher *match;
	struct query_judge *judge;
	struct line_wants want;
	struct query_line line;
	struct arena arena;
	struct query_groups *groups;
	uint32_t *group_at;  /* by event of the line; owned, of cap */
	size_t cap;
	bool looks;          /* the match has to look at rows */
	const uint8_t *codes; /* of types that match; NULL: all do */
	bool is_in_place;    /* rows may be counted where they lie … */
	bool looks_at_type;  /* … those of the types that match: of all that are marked */
	struct cells **cells; /* by group number; owned */
	size_t n_cells;
	struct cells **of_type; /* of a dimension that types tell: by type; NULL: not met yet */
	uint64_t all_customers;
	uint32_t last_of_all;
	struct query_tally_out left_out;
	size_t asked_interval; /* of members; SIZE_MAX: any */
	uint32_t top;          /* groups from this number on are one, of this number; UINT32_MAX: each is its own */
};

static struct cells *cells_of(struct worker *w, uint32_t group)
{
	if (group < w->n_cells && w->cells[group]) return w->cells[group];
	if (group >= w->n_cells) {
		size_t n = w->n_cells ? w->n_cells * 2 : 16;
		while (n <= group) n *= 2;
		w->cells = mem_realloc(w->cells, n * sizeof *w->cells);
		memset(w->cells + w->n_cells, 0, (n - w->n_cells) * sizeof *w->cells);
		w->n_cells = n;
	}
	bool is_customers = w->q->measure == QUERY_CUSTOMERS, is_percentile = w->q->measure == QUERY_PERCENTILE, is_sum = query__is_of_numbers(w->q) && !is_percentile;
	size_t n = w->times->n, each = sizeof(uint64_t) + (is_customers ? 12 : 0) + (is_sum ? sizeof(uint64_t) + sizeof(struct decimal_sum) : 0) + (is_percentile ? sizeof(uint64_t) + sizeof(struct values) : 0);
	if (!query__charge(w->plan, n * each + sizeof(struct cells) + 2 * sizeof(struct cells *))) return NULL;
	struct cells *c = w->cells[group] = ARENA_NEW(&w->arena, struct cells);
	c->events = ARENA_ARRAY(&w->arena, uint64_t, n);
	if (is_customers) c->customers = ARENA_ARRAY(&w->arena, uint64_t, n), c->last = ARENA_ARRAY(&w->arena, uint32_t, n);
	if (is_percentile) c->values = ARENA_ARRAY(&w->arena, struct values, n);
	if (is_sum || is_percentile) c->numbers = ARENA_ARRAY(&w->arena, uint64_t, n);
	if (is_sum) {
		c->sums = ARENA_ARRAY(&w->arena, struct decimal_sum, n);
		for (size_t i = 0; i < n; i++) decimal_sum_init(&c->sums[i]);
	}
	return c;
}

static void count_customer(struct worker *w, struct cells *c, size_t interval, uint32_t customer)
{
	if (c->last[interval] != customer) {
		c->last[interval] = customer;
		c->customers[interval]++;
	}
	if (c->last_of_all != customer) {
		c->last_of_all = customer;
		c->all_customers++;
	}
	if (w->last_of_all != customer) {
		w->last_of_all = customer;
		w->all_customers++;
	}
}

static void count_number(struct worker *w, struct cells *c, size_t interval, uint32_t i)
{
	const struct events_values *p = &w->plan->parts[w->line.part[i]].property;
	uint32_t row = w->line.row[i];
	double number;
	if (c->values) {
		if (query__number(w->plan, w->line.part[i], row, false, &number)) c->numbers[interval] += values_add(&c->values[interval], w->plan, &w->arena, number, 1);
		return;
	}
	c->numbers[interval] += query__sum_number(p, row, &c->sums[interval]);
}

static const uint32_t *groups_of_line(struct worker *w)
{
	if (w->line.n > w->cap) {
		size_t cap = w->cap ? w->cap : 1024;
		while (cap < w->line.n) cap *= 2;
		if (!query__charge(w->plan, (cap - w->cap) * sizeof *w->group_at)) return NULL;
		w->group_at = mem_realloc(w->group_at, cap * sizeof *w->group_at);
		w->cap = cap;
	}
	query__groups_line(w->groups, &w->line, w->want.channel, w->group_at);
	for (uint32_t i = 0; w->top < UINT32_MAX && i < w->line.n; i++)
		if (w->group_at[i] > w->top && w->group_at[i] < UINT32_MAX) w->group_at[i] = w->top;
	return w->group_at;
}

static void count(struct worker *w, uint32_t customer)
{
	const uint32_t *groups = groups_of_line(w);
	const int64_t *start = w->times->start;
	struct cells *c = NULL;
	size_t interval = 0;
	for (uint32_t i = 0; i < w->line.n && groups; i++) {
		if (!c || groups[i] != groups[i - 1]) c = groups[i] == UINT32_MAX ? NULL : cells_of(w, groups[i]);
		if (!c) return; /* out of memory: the scan ends */
		int64_t t = w->line.time_ms[i];
		if (t < start[interval] || t >= start[interval + 1]) interval = query__interval_of(w->times, t);
		c->events[interval]++;
		if (c->customers && customer) count_customer(w, c, interval, customer);
		if (c->numbers) count_number(w, c, interval, i);
	}
}

/* ---- rows where they lie ----------------------------------------------------------------------------------------------- */
enum { SEARCHED = 64 /* of so many rows the range's are looked for */ };
struct rows { /* of a slice */
	const struct query_part *part;
	uint32_t number, customer;
	size_t first, end;
	const uint64_t *hits; /* NULL, or from bit first % 64 on */
	const uint8_t *kept;  /* NULL, or by row from `first_kept` on: 0 where a condition leaves it out */
	size_t first_kept;
	struct cells *cells;  /* of all of them; NULL: each has its own */
	bool by_type;         /* its type tells which */
};

/* NULL: out of memory. */
static struct cells *cells_from(struct worker *w, uint32_t group)
{
	if (group == UINT32_MAX) return NULL;
	return cells_of(w, group > w->top ? w->top : group);
}

static struct cells *cells_of_row(struct worker *w, const struct rows *r, size_t row, uint16_t type)
{
	if (!r->by_type) return cells_from(w, query__group(w->groups, r->number, row));
	if (!w->of_type[type]) w->of_type[type] = cells_from(w, query__group_of_event(w->groups, type, 0));
	return w->of_type[type];
}

/* Of the 64 rows from `at` on those that are marked, or all, within the slice. */
static inline uint64_t marks_of(const struct rows *r, size_t at)
{
	uint64_t marks = r->hits ? r->hits[at / 64 - r->first / 64] : UINT64_MAX;
	if (at < r->first) marks = marks >> r->first % 64 << r->first % 64;
	return r->end - at < 64 ? marks & ((UINT64_C(1) << (r->end - at)) - 1) : marks;
}

/* False: out of memory. */
static inline __attribute__((always_inline)) bool count_rows(struct worker *w, const struct rows *r, bool have_same_cells)
{
	const struct query_times *times = w->times;
	const struct events_raw time_ms = r->part->s.time_ms, type_at = r->part->s.type;
	const uint16_t *types = r->part->s.types;
	const uint8_t *codes = !r->hits || w->looks_at_type ? w->codes : NULL;
	uint64_t length = (uint64_t)(times->to_ms - times->from_ms);
	int64_t from_ms = times->from_ms, begin = INT64_MAX, end = INT64_MIN;
	size_t interval = 0;
	struct cells *c = r->cells;
	for (size_t at = r->first / 64 * 64; at < r->end; at += 64) {
		for (uint64_t marks = marks_of(r, at); marks; marks &= marks - 1) {
			size_t row = at + (size_t)__builtin_ctzll(marks);
			int64_t t = events_raw_at(&time_ms, row);
			if ((uint64_t)(t - from_ms) >= length || (r->kept && !r->kept[row - r->first_kept])) continue;
			if (!have_same_cells || codes) {
				uint16_t type = types[events_raw_at(&type_at, row)];
				if (codes && codes[type] == QUERY_NO) continue;
				if (!have_same_cells && !(c = r->by_type && w->of_type[type] ? w->of_type[type] : cells_of_row(w, r, row, type))) return false;
			}
			if (t < begin || t >= end) {
				interval = query__interval_of(times, t);
				begin = times->start[interval];
				end = times->start[interval + 1];
			}
			c->events[interval]++;
			if (c->customers && r->customer) count_customer(w, c, interval, r->customer);
		}
	}
	return true;
}

static bool count_slice(struct worker *w, uint32_t customer, const struct query_slice *slice)
{
	const struct query_part *part = &w->plan->parts[slice->part];
	enum query_dimension by = w->q->by;
	struct rows r = {.part = part, .number = slice->part, .customer = customer, .first = slice->first, .end = slice->first + slice->n, .hits = slice->hits,
		.by_type = by == QUERY_TYPE || by == QUERY_FAMILY || by == QUERY_STAGE};
	if (slice->n > SEARCHED && part->min_ms < w->times->from_ms) r.first = query__first_from(&part->s, (uint32_t)r.first, (uint32_t)r.end, w->times->from_ms);
	if (slice->n > SEARCHED && part->max_ms >= w->times->to_ms) r.end = query__first_from(&part->s, (uint32_t)r.first, (uint32_t)r.end, w->times->to_ms);
	if (r.hits) r.hits += r.first / 64 - slice->first / 64;
	if (w->looks) r.kept = slice->unpacked->types, r.first_kept = slice->unpacked->first;
	uint32_t group;
	if (!query__group_of_rows(w->groups, slice->part, r.first, r.end, &group)) return count_rows(w, &r, false);
	r.cells = cells_from(w, group);
	return r.cells && count_rows(w, &r, true);
}

static void keep_where(void *state, uint32_t part, size_t first, size_t end, uint8_t *types)
{
	const struct worker *w = state;
	query__where_keep(w->judge, part, first, end, types);
}

/* A filter by what rows next to each other share is judged by their runs, so that rows can be counted in place all the same. */
static void unpack(struct query_plan *p, const struct query *q, const struct query_rules *rules)
{
	if (!q->where || q->events.where || q->members || query__is_of_numbers(q) || !query__where_is_of_runs(rules)) return;
	uint8_t *all = arena_alloc(p->arena, (size_t)UINT16_MAX + 1);
	memset(all, 1, (size_t)UINT16_MAX + 1);
	p->unpack = (struct query_unpack){.of_type = all, .filter = keep_where};
}

static bool is_counted_in_place(const struct worker *w)
{
	bool is_counting = w->q->measure == QUERY_EVENTS || w->q->measure == QUERY_CUSTOMERS;
	for (size_t i = 0; i < w->plan->n_parts; i++) is_counting &= w->plan->parts[i].allows == ALLOWS_ALL;
	return is_counting && (!w->looks || w->plan->unpack.filter) && !w->q->members;
}

/* ---- whom a number is made of ------------------------------------------------------------------------------------------ */
/* By currency the code is asked for, which may have been sent in other letters, or not at all. */
static bool is_asked_group(struct worker *w, uint32_t group)
{
	const struct query_behind *m = w->q->members;
	struct query_value v = query__group_value(w->groups, group);
	if (!m->has_by || query__value_cmp(&v, &m->by) == 0) return true;
	return m->by.kind == QUERY_VALUE_TEXT && query__is_money(w->q) && query__is_by_currency(w->q) && str_eq(query__currency_code(w->plan->ctx, &w->arena, &v), m->by.text);
}

static bool has_number(const struct worker *w, uint32_t i)
{
	double number;
	return !query__is_of_numbers(w->q) || query__number(w->plan, w->line.part[i], w->line.row[i], false, &number);
}

static void note_member(struct worker *w, uint32_t customer)
{
	bool is_asked = false;
	for (uint32_t i = 0; i < w->line.n && w->group_at; i++) {
		uint32_t group = w->group_at[i];
		if (group == UINT32_MAX) return;
		if (i == 0 || group != w->group_at[i - 1]) is_asked = is_asked_group(w, group);
		if (!is_asked || (w->asked_interval != SIZE_MAX && query__interval_of(w->times, w->line.time_ms[i]) != w->asked_interval) || !has_number(w, i)) continue;
		query__behind(w->q, customer);
		return;
	}
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	if (query__judge(w->judge, customer, slices, n) == QUERY_NO) return;
	query__groups_customer(w->groups, customer);
	if (w->is_in_place && (!w->looks || slices[0].unpacked) && query__may(w->plan->ctx, customer)) {
		for (size_t i = 0; i < n; i++)
			if (!count_slice(w, customer, &slices[i])) return;
		return;
	}
	if (!query__line(&w->line, w->plan, customer, slices, n, &w->want)) return;
	if (w->looks) query__line_keep(&w->line, w->judge, w->match);
	count(w, customer);
	if (w->q->members && w->top == UINT32_MAX) note_member(w, customer);
}

/* ---- adding up ------------------------------------------------------------------------------------------------------- */
static bool merge(struct worker *into, const struct worker *from)
{
	for (uint32_t g = 0; g <= from->top && g < query__groups_count(from->groups) && g < from->n_cells; g++) {
		const struct cells *c = from->cells[g];
		if (!c) continue;
		uint32_t same = into->top < UINT32_MAX ? g : query__group_of(into->groups, query__group_value(from->groups, g));
		struct cells *sum = same == UINT32_MAX ? NULL : cells_of(into, same);
		if (!sum) return false;
		for (size_t i = 0; i < into->times->n; i++) {
			sum->events[i] += c->events[i];
			if (c->customers) sum->customers[i] += c->customers[i];
			if (c->numbers) sum->numbers[i] += c->numbers[i];
			if (c->sums && c->numbers[i]) decimal_sum_merge(&sum->sums[i], &c->sums[i]);
			if (c->values && !values_merge(&sum->values[i], into->plan, &into->arena, &c->values[i])) return false;
		}
		sum->all_customers += c->all_customers;
	}
	into->all_customers += from->all_customers;
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	return true;
}

static void *keep(struct arena *a, const void *p, size_t bytes)
{
	if (!p) return NULL;
	void *copy = arena_alloc(a, bytes ? bytes : 1);
	memcpy(copy, p, bytes);
	return copy;
}

/* Each interval's, and of all of them. */
static void put_values(struct query_group *g, const struct values *values, size_t n, struct arena *a)
{
	g->values = ARENA_ARRAY(a, struct values, n + 1);
	g->total.values = ARENA_NEW(a, struct values);
	for (size_t i = 0; i < n; i++) {
		(void)values_merge(&g->values[i], NULL, a, &values[i]);
		(void)values_merge(g->total.values, NULL, a, &values[i]);
		values_tidy(&g->values[i]);
	}
	values_tidy(g->total.values);
}

static struct query_group group_out(const struct worker *w, uint32_t g, struct arena *a)
{
	const struct cells *c = w->cells[g];
	size_t n = w->times->n;
	struct query_value by = g < w->top ? query__group_value(w->groups, g) : (struct query_value){0};
	struct query_group out = {.by = {by.kind, str_dup(a, by.text)}, .is_other = g == w->top, .events = keep(a, c->events, n * sizeof *c->events),
		.customers = keep(a, c->customers, n * sizeof *c->customers), .numbers = keep(a, c->numbers, n * sizeof *c->numbers),
		.sums = keep(a, c->sums, n * sizeof *c->sums)};
	decimal_sum_init(&out.total.sum);
	for (size_t i = 0; i < n; i++) {
		out.total.events += c->events[i];
		if (c->numbers) out.total.numbers += c->numbers[i];
		if (c->sums && c->numbers[i]) decimal_sum_merge(&out.total.sum, &c->sums[i]);
	}
	out.total.customers = c->all_customers;
	if (c->values) put_values(&out, c->values, n, a);
	return out;
}

static double weight(const struct query_group *g)
{
	if (g->customers) return (double)g->total.customers;
	if (g->values) return (double)g->total.numbers;
	return g->sums ? decimal_sum_double(&g->total.sum) : (double)g->total.events;
}

static int by_weight(const void *x, const void *y)
{
	const struct query_group *a = x, *b = y;
	double d = weight(b) - weight(a);
	if (a->is_other != b->is_other) return a->is_other - b->is_other;
	return d < 0 ? -1 : d > 0 ? 1 : query__value_cmp(&a->by, &b->by);
}

static void put_out(struct worker *w, struct arena *a, struct query_trend *out)
{
	size_t n = w->top < UINT32_MAX ? (size_t)w->top + 1 : query__groups_count(w->groups);
	if (w->q->by == QUERY_NONE) (void)cells_of(w, 0); /* a range without events has rows of 0 */
	out->groups = ARENA_ARRAY(a, struct query_group, n + 1);
	out->n_groups = 0;
	out->total = (struct query_count){.values = w->q->measure == QUERY_PERCENTILE ? ARENA_NEW(a, struct values) : NULL};
	decimal_sum_init(&out->total.sum);
	for (uint32_t g = 0; g < n && g < w->n_cells; g++) {
		if (!w->cells[g]) continue;
		struct query_group *group = &out->groups[out->n_groups++];
		*group = group_out(w, g, a);
		out->total.events += group->total.events;
		out->total.numbers += group->total.numbers;
		if (group->total.numbers) decimal_sum_merge(&out->total.sum, &group->total.sum);
		if (out->total.values) (void)values_merge(out->total.values, NULL, a, group->total.values);
	}
	if (out->total.values) values_tidy(out->total.values);
	out->total.customers = w->all_customers;
	if (out->n_groups > 1) qsort(out->groups, out->n_groups, sizeof *out->groups, by_weight);
	out->left_out = query__left_out(w->plan, &w->left_out);
}

static bool looks(const struct query_matcher *match)
{
	return memchr(match->codes, QUERY_MAYBE, UINT16_MAX);
}

static bool needs_rows(const struct query *q, const struct query_matcher *match)
{
	return query__dimension_needs_row(q->by) || query__is_of_numbers(q) || looks(match);
}

/* kept: the groups that stand for themselves, n_kept of them; 0: all do. Their values are the first of every worker's, so numbers tell them from the rest. */
static enum err run(struct query_plan *p, const struct query *q, struct query_rules *rules, const struct query_matcher *match, const struct query_times *times, const struct query_group *kept, size_t n_kept,
	struct query_trend *out, struct arena *a, struct fault *f)
{
	size_t n = query__workers(p), asked_interval = SIZE_MAX;
	if (q->members) TRY(query__behind_interval(p->ctx, q, times, q->members->time, "members.time", &asked_interval, p->arena, f));
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	for (size_t i = 0; i < n; i++) {
		struct worker *w = &workers[i];
		*w = (struct worker){.plan = p, .q = q, .times = times, .match = match, .looks = looks(match), .asked_interval = asked_interval, .top = n_kept ? (uint32_t)n_kept : UINT32_MAX};
		arena_init(&w->arena);
		w->groups = query__groups_new(p, q, &w->arena);
		for (size_t g = 0; g < n_kept; g++) (void)query__group_of(w->groups, kept[g].by);
		w->want = (struct line_wants){.codes = match->codes, .from_ms = times->from_ms, .to_ms = times->to_ms, .channel = q->by == QUERY_CHANNEL, .rows = needs_rows(q, match),
			.left_out = &w->left_out, .arena = &w->arena};
		w->judge = query__judge_new(rules, &w->arena);
		w->of_type = ARENA_ARRAY(&w->arena, struct cells *, p->n_types + 1);
		states[i] = w;
	}
	unpack(p, q, rules);
	uint8_t *codes = arena_alloc(p->arena, UINT16_MAX + 1);
	memcpy(codes, match->codes, UINT16_MAX + 1);
	query__rules_codes(rules, codes);
	for (size_t i = 0; i < n; i++) {
		workers[i].codes = memchr(match->codes, QUERY_NO, p->n_types) ? match->codes : NULL;
		workers[i].is_in_place = is_counted_in_place(&workers[i]);
		workers[i].looks_at_type = memcmp(codes, match->codes, p->n_types) != 0;
	}
	enum err e = query__scan_types(p, memchr(codes, QUERY_NO, p->n_types) ? codes : NULL, visit, states, n, f);
	for (size_t i = 1; i < n && e == OK; i++)
		if (!merge(&workers[0], &workers[i])) e = fault_set(f, ERR_TOO_LARGE, "by", "more values than fit into the %zu MB that one question may take", p->memory_max >> 20);
	if (e == OK) put_out(&workers[0], a, out);
	for (size_t i = 0; i < n; i++) {
		query__groups_free(workers[i].groups);
		query__judge_free(workers[i].judge);
		query__line_free(&workers[i].line);
		mem_free(workers[i].cells);
		mem_free(workers[i].group_at);
		arena_release(&workers[i].arena);
	}
	return e;
}

static enum err count_all(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_trend *out, struct fault *f)
{
	*out = (struct query_trend){.by = q->by};
	struct arena scratch;
	struct query_plan plan;
	struct query_rules *rules = NULL;
	struct query_matcher match = {0};
	struct query_wants want = {.lines = true, .property = q->property, .by = q->by == QUERY_PROPERTY ? q->by_property : STR_NONE};
	if (q->by == QUERY_CHANNEL) want.columns |= EVENTS_CHANNEL;
	if (q->by == QUERY_SOURCE) want.columns |= EVENTS_SOURCE;
	arena_init(&scratch);
	enum err e = query__plan(ctx, &scratch, &plan, f);
	if (e == OK) e = query__times(a, ctx->zone, q, plan.data, &out->times, f);
	int64_t from_ms = out->times.from_ms, to_ms = out->times.to_ms;
	if (e == OK) e = query__rules(&plan, q, &rules, f);
	if (e == OK) e = query__matcher(rules, &q->events, &match, f);
	if (e == OK) query__rules_want(rules, &want, &from_ms, &to_ms);
	if (e == OK) e = query__parts(&plan, from_ms, to_ms, &want, f);
	if (e == OK) e = query__rules_bind(rules, f);
	if (e == OK) e = run(&plan, q, rules, &match, &out->times, NULL, 0, out, a, f);
	if (e == OK && q->top && out->n_groups > q->top) e = run(&plan, q, rules, &match, &out->times, out->groups, q->top, out, a, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}

enum err query_trend(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_trend *out, struct fault *f)
{
	str currency = STR_NONE;
	if (!query__is_money(q)) return count_all(ctx, q, a, out, f);
	if (q->by == QUERY_NONE) {
		struct query apart = query__apart(q);
		TRY(count_all(ctx, &apart, a, out, f));
		query__gather_currencies(ctx, a, out);
		return OK;
	}
	if (!query__is_by_currency(q)) TRY(query__one_currency(ctx, q, &q->events, q->property, "measure", "ask by currency, or for one of them with where {\"name\":\"currency\",\"is\":…}", &currency, a, f));
	TRY(count_all(ctx, q, a, out, f));
	if (query__is_by_currency(q)) query__name_currencies(ctx, a, out);
	else out->currency = currency;
	return OK;
}
