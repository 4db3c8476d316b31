/* From an event to the next other one. A customer's line holds the starts and ends alone and is read from its end: the end
 * seen last is the next one of every start before it. */
#include "query/duration.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "query/rules.h"
#include "query/spread.h"

enum { RAW_MAX = 1 << 12 };
#define NO_END INT64_MIN
static const double SHARES[] = {0.5, 0.9, 0.99};

struct cell {
	uint64_t starts, in_target;
};
struct worker {
	struct query_plan *plan;
	const struct query *q;
	const struct query_duration *d;
	const struct query_matcher *start, *end;
	struct query_judge *judge;
	struct arena arena;
	struct line_wants want;
	struct query_line line;
	struct query_groups *groups;
	struct cell *cells;      /* over all, then by group */
	size_t n_cells;
	struct spread spread;    /* the same */
	struct query_tally_out left_out;
	uint32_t customer, asked_group; /* in hand; of members */
	/* second pass */
	struct spread *all;
	size_t *set;             /* of all, by number of the group */
};

static bool room(struct worker *w, size_t n)
{
	if (n <= w->n_cells) return true;
	size_t has = w->n_cells ? w->n_cells * 2 : 16;
	while (has < n) has *= 2;
	if (!query__charge(w->plan, (has - w->n_cells) * sizeof *w->cells)) return false;
	w->cells = mem_realloc(w->cells, has * sizeof *w->cells);
	memset(w->cells + w->n_cells, 0, (has - w->n_cells) * sizeof *w->cells);
	w->n_cells = has;
	return spread_room(&w->spread, has);
}

static uint32_t group_at(struct worker *w, uint32_t i)
{
	const struct query_line *l = &w->line;
	if (query__dimension_needs_row(w->q->by)) return query__group(w->groups, l->part[i], l->row[i]);
	return query__group_of_event(w->groups, l->type[i], w->q->by == QUERY_CHANNEL ? l->channel[i] : 0);
}

static void count(struct worker *w, size_t set, int64_t took_ms)
{
	struct cell *c = &w->cells[set];
	c->starts++;
	if (took_ms == NO_END) return;
	c->in_target += w->d->target_ms && took_ms <= w->d->target_ms;
	(void)spread_add(&w->spread, set, took_ms);
}

static bool is_asked(const struct worker *w, uint32_t group, int64_t took_ms)
{
	const struct query_behind *m = w->q->members;
	if (m->has_by && group != w->asked_group) return false;
	if (m->ended != BEHIND_ANY && (m->ended == BEHIND_YES) != (took_ms != NO_END)) return false;
	return !m->has_longer || (took_ms != NO_END && (double)took_ms / 1000 > m->longer_s);
}

static void begin_at(struct worker *w, uint32_t i, int64_t end_ms)
{
	int64_t took_ms = end_ms == NO_END ? NO_END : end_ms - w->line.time_ms[i];
	if (took_ms != NO_END && w->d->within_ms && took_ms > w->d->within_ms) took_ms = NO_END;
	if (w->all && took_ms == NO_END) return;
	uint32_t group = w->q->by == QUERY_NONE ? 0 : group_at(w, i);
	if (group == UINT32_MAX) return;
	if (w->all) {
		spread_seek(w->all, 0, took_ms);
		if (w->q->by != QUERY_NONE) spread_seek(w->all, w->set[group], took_ms);
	} else if (room(w, (size_t)group + 2)) {
		count(w, 0, took_ms);
		if (w->q->by != QUERY_NONE) count(w, (size_t)group + 1, took_ms);
		if (w->q->members && is_asked(w, group, took_ms)) query__behind(w->q, w->customer);
	}
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	if (query__judge(w->judge, customer, slices, n) == QUERY_NO) return;
	if (!query__line(&w->line, w->plan, customer, slices, n, &w->want) || customer == 0) return;
	query__groups_customer(w->groups, customer);
	w->customer = customer;
	const struct query_line *l = &w->line;
	int64_t end_ms = NO_END;
	for (uint32_t i = l->n; i-- > 0;) {
		if (query__matches(w->judge, w->start, l->type[i], l->part[i], l->row[i])) begin_at(w, i, end_ms);
		if (query__matches(w->judge, w->end, l->type[i], l->part[i], l->row[i])) end_ms = l->time_ms[i];
	}
}

/* ---- adding up --------------------------------------------------------------------------------------------------------- */
static bool add(struct worker *into, size_t set, const struct worker *from, size_t from_set)
{
	into->cells[set].starts += from->cells[from_set].starts;
	into->cells[set].in_target += from->cells[from_set].in_target;
	return spread_merge(&into->spread, set, &from->spread, from_set);
}

static bool merge(struct worker *into, const struct worker *from)
{
	size_t n = query__groups_count(from->groups);
	if (!add(into, 0, from, 0)) return false;
	for (uint32_t g = 0; into->q->by != QUERY_NONE && g < n && (size_t)g + 1 < from->n_cells; g++) {
		uint32_t same = query__group_of(into->groups, query__group_value(from->groups, g));
		if (same == UINT32_MAX || !room(into, (size_t)same + 2) || !add(into, (size_t)same + 1, from, (size_t)g + 1)) return false;
	}
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	return true;
}

struct rank {
	size_t set;
	uint64_t starts;
	struct query_value by;
};

static int by_weight(const void *x, const void *y)
{
	const struct rank *a = x, *b = y;
	if (a->starts != b->starts) return a->starts > b->starts ? -1 : 1;
	return query__value_cmp(&a->by, &b->by);
}

/* The groups with a start, most first; what lies past `top` is added to a set of its own. */
static bool rank_groups(struct worker *w, struct rank **ranks, size_t *n, size_t *other)
{
	size_t groups = w->q->by == QUERY_NONE ? 0 : query__groups_count(w->groups);
	*ranks = ARENA_ARRAY(&w->arena, struct rank, groups + 1);
	*n = *other = 0;
	for (uint32_t g = 0; g < groups && (size_t)g + 1 < w->n_cells; g++)
		if (w->cells[g + 1].starts) (*ranks)[(*n)++] = (struct rank){(size_t)g + 1, w->cells[g + 1].starts, query__group_value(w->groups, g)};
	if (*n > 1) qsort(*ranks, *n, sizeof **ranks, by_weight);
	if (!w->q->top || *n <= w->q->top) return true;
	*other = groups + 1;
	if (!room(w, *other + 1)) return false;
	for (size_t i = w->q->top; i < *n; i++) {
		if (!add(w, *other, w, (*ranks)[i].set)) return false;
		spread_clear(&w->spread, (*ranks)[i].set);
	}
	return true;
}

/* Where the values of each group go in the further passes: those past `top` to the set of the others. */
static bool aim_groups(struct worker *workers, size_t n_workers, const struct rank *ranks, size_t n, size_t other)
{
	size_t groups = query__groups_count(workers[0].groups);
	size_t *set = ARENA_ARRAY(&workers[0].arena, size_t, groups + 2);
	for (size_t g = 0; g < groups; g++) set[g] = g + 1;
	for (size_t i = workers[0].q->top; other && i < n; i++) set[ranks[i].set - 1] = other;
	workers[0].set = set;
	/* Another time a worker meets other customers, and values that it did not meet before. */
	for (size_t i = 1; i < n_workers; i++) {
		struct worker *w = &workers[i];
		w->set = ARENA_ARRAY(&w->arena, size_t, query__groups_count(w->groups) + groups + 1);
		for (uint32_t g = 0; g < groups; g++) {
			uint32_t own = query__group_of(w->groups, query__group_value(workers[0].groups, g));
			if (own == UINT32_MAX) return false;
			w->set[own] = set[g];
		}
	}
	return true;
}

static struct duration_group group_out(const struct worker *w, size_t set)
{
	const struct spread *s = &w->spread;
	return (struct duration_group){.starts = w->cells[set].starts, .n = s->sets[set].n, .in_target = w->cells[set].in_target, .mean_ms = spread_mean(s, set),
		.p50_ms = spread_at(s, set, 0), .p90_ms = spread_at(s, set, 1), .p99_ms = spread_at(s, set, 2)};
}

static void put_out(const struct worker *w, const struct rank *ranks, size_t n, size_t other, struct arena *a, struct query_duration_answer *out)
{
	out->all = group_out(w, 0);
	out->groups = ARENA_ARRAY(a, struct duration_group, n + 2);
	for (size_t i = 0; i < (other ? w->q->top : n); i++) {
		struct duration_group *g = &out->groups[out->n_groups++];
		*g = group_out(w, ranks[i].set);
		g->by = (struct query_value){ranks[i].by.kind, str_dup(a, ranks[i].by.text)};
	}
	if (other) {
		out->groups[out->n_groups] = group_out(w, other);
		out->groups[out->n_groups++].is_other = true;
	}
	if (w->q->by == QUERY_NONE) out->groups[out->n_groups++] = out->all;
	out->left_out = query__left_out(w->plan, &w->left_out);
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */
static enum err scan(struct query_plan *p, const uint8_t *codes, struct worker *workers, void **states, size_t n, struct arena *a, struct query_duration_answer *out, struct fault *f)
{
	struct rank *ranks;
	size_t n_ranks, other;
	TRY(query__scan_types(p, codes, visit, states, n, f));
	for (size_t i = 1; i < n; i++)
		if (!merge(&workers[0], &workers[i])) return query__too_large(p, f);
	if (!rank_groups(&workers[0], &ranks, &n_ranks, &other)) return query__too_large(p, f);
	if (!aim_groups(workers, n, ranks, n_ranks, other)) return query__too_large(p, f);
	while (spread_aim(&workers[0].spread)) {
		for (size_t i = 0; i < n; i++) workers[i].all = &workers[0].spread, workers[i].want.left_out = NULL;
		TRY(query__scan_types(p, codes, visit, states, n, f));
	}
	if (atomic_load(&p->is_out_of_memory)) return query__too_large(p, f);
	put_out(&workers[0], ranks, n_ranks, other, a, out);
	return OK;
}

static enum err run(struct query_plan *p, const struct query *q, struct query_rules *rules, const struct query_matcher *match, struct arena *a, struct query_duration_answer *out, struct fault *f)
{
	size_t n = query__workers(p);
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	uint8_t *codes = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	uint8_t *scanned = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	for (size_t c = 0; c <= UINT16_MAX; c++) scanned[c] = codes[c] = match[0].codes[c] != QUERY_NO || match[1].codes[c] != QUERY_NO;
	query__rules_codes(rules, scanned);
	for (size_t i = 0; i < n; i++) {
		struct worker *w = &workers[i];
		*w = (struct worker){.plan = p, .q = q, .d = q->duration, .start = &match[0], .end = &match[1]};
		arena_init(&w->arena);
		w->want = (struct line_wants){.codes = codes, .from_ms = out->range.from_ms, .to_ms = out->range.to_ms, .left_out = &w->left_out, .arena = &w->arena, .channel = q->by == QUERY_CHANNEL, .rows = true};
		w->judge = query__judge_new(rules, &w->arena);
		w->groups = query__groups_new(p, q, &w->arena);
		w->asked_group = q->members && q->members->has_by ? query__group_of(w->groups, q->members->by) : 0;
		spread_init(&w->spread, p, &w->arena, RAW_MAX, SHARES, COUNT_OF(SHARES));
		(void)room(w, 2);
		states[i] = w;
	}
	enum err e = scan(p, scanned, workers, states, n, a, out, f);
	for (size_t i = 0; i < n; i++) {
		query__judge_free(workers[i].judge);
		query__groups_free(workers[i].groups);
		query__line_free(&workers[i].line);
		spread_release(&workers[i].spread);
		mem_free(workers[i].cells);
		arena_release(&workers[i].arena);
	}
	return e;
}

enum err query_duration(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_duration_answer *out, struct fault *f)
{
	*out = (struct query_duration_answer){0};
	struct arena scratch;
	struct query_plan plan;
	struct query_rules *rules = NULL;
	struct query_matcher match[2] = {{0}};
	struct query_wants want = {.lines = true, .columns = query__dimension_columns(q->by), .by = q->by == QUERY_PROPERTY ? q->by_property : STR_NONE};
	arena_init(&scratch);
	enum err e = query__plan(ctx, &scratch, &plan, f);
	if (e == OK) out->range = query__range(&plan, q);
	int64_t from_ms = out->range.from_ms, to_ms = out->range.to_ms;
	if (e == OK) e = query__rules(&plan, q, &rules, f);
	if (e == OK) e = query__matcher(rules, &q->duration->start, &match[0], f);
	if (e == OK) e = query__matcher(rules, &q->duration->end, &match[1], f);
	if (e == OK) query__rules_want(rules, &want, &from_ms, &to_ms);
	if (e == OK) e = query__parts(&plan, from_ms, to_ms, &want, f);
	if (e == OK) e = query__rules_bind(rules, f);
	if (e == OK) e = run(&plan, q, rules, match, a, out, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
