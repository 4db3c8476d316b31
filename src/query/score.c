/* Scores: sums of each group and interval, one scan. Nobody's answers count too: a score is of answers. */
#include "query/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "query/anonymous.h"
#include "query/behind.h"
#include "query/survey.h"
#include "query/walk.h"

struct cells { /* of one group */
	struct rating_sums *at;
};
struct worker {
	const struct query_walk *walk;
	struct query_plan *plan;
	const struct query *q;
	const struct query_times *times;
	struct query_judge *judge;
	struct line_wants want;
	struct query_line line;
	struct arena arena;
	struct query_groups *groups;
	uint32_t *group_at; /* by event of the line */
	size_t cap;
	struct cells *cells; /* by group number */
	size_t n_cells;
	int64_t off_scale, without_number, without_weight;
	struct query_tally_out left_out;
};

static struct rating_sums *cells_of(struct worker *w, uint32_t group)
{
	if (group >= w->n_cells) {
		size_t n = w->n_cells ? w->n_cells * 2 : 16;
		while (n <= group) n *= 2;
		w->cells = mem_realloc(w->cells, n * sizeof *w->cells);
		memset(w->cells + w->n_cells, 0, (n - w->n_cells) * sizeof *w->cells);
		w->n_cells = n;
	}
	struct cells *c = &w->cells[group];
	if (c->at) return c->at;
	if (!query__charge(w->plan, w->times->n * sizeof *c->at + 2 * sizeof *c)) return NULL;
	return c->at = ARENA_ARRAY(&w->arena, struct rating_sums, w->times->n);
}

static bool group_line(struct worker *w)
{
	if (w->line.n > w->cap) {
		size_t cap = w->line.n * 2;
		if (!query__charge(w->plan, (cap - w->cap) * sizeof *w->group_at)) return false;
		w->group_at = mem_realloc(w->group_at, cap * sizeof *w->group_at);
		w->cap = cap;
	}
	query__groups_line(w->groups, &w->line, w->want.channel, w->group_at);
	return true;
}

static bool has_value(const struct worker *w, uint32_t i)
{
	return w->group_at[i] != UINT32_MAX && query__group_value(w->groups, w->group_at[i]).kind != QUERY_VALUE_NULL;
}

/* From the latest of the customer's touchpoints before that says it. */
static void carry(struct worker *w, uint32_t i)
{
	for (uint32_t k = i; k-- > 0 && w->line.time_ms[i] - w->line.time_ms[k] <= w->q->score->carried_ms;)
		if (has_value(w, k)) {
			w->group_at[i] = w->group_at[k];
			return;
		}
}

static bool is_asked(const struct worker *w, uint32_t group)
{
	const struct query_behind *m = w->q->members;
	struct query_value v = query__group_value(w->groups, group);
	return m && (!m->has_by || query__value_cmp(&v, &m->by) == 0);
}

static void count(struct worker *w, uint32_t customer, uint32_t i)
{
	const struct query_score *s = w->q->score;
	struct answer x;
	if (!query__answer(w->plan, w->line.part[i], w->line.row[i], &x)) {
		w->without_number++;
		return;
	}
	if (!x.has_scale) x.scale = rating_scale_of(s->metric);
	if (!rating_is_answer(s->metric, x.scale, x.number)) {
		w->off_scale++;
		return;
	}
	w->without_weight += !x.has_weight;
	struct rating_sums *at = w->group_at[i] == UINT32_MAX ? NULL : cells_of(w, w->group_at[i]);
	if (at && is_asked(w, w->group_at[i])) query__behind(w->q, customer);
	if (at) rating_add(&at[query__interval_of(w->times, w->line.time_ms[i])], s->metric, x.scale, x.number, s->is_weighted ? x.weight : 1);
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	query__groups_customer(w->groups, customer);
	if (!query__walk_anyone(w->walk, w->judge, &w->line, customer, slices, n, &w->want) || !group_line(w)) return;
	for (uint32_t i = 0; i < w->line.n; i++)
		if (query__is_at(w->judge, &w->walk->matchers[0], &w->line, i)) {
			if (customer && w->q->score->carried_ms && !has_value(w, i)) carry(w, i);
			count(w, customer, i);
		}
}

/* ---- adding up --------------------------------------------------------------------------------------------------------- */
static bool merge(struct worker *into, const struct worker *from)
{
	for (uint32_t g = 0; g < query__groups_count(from->groups) && g < from->n_cells; g++) {
		if (!from->cells[g].at) continue;
		uint32_t same = query__group_of(into->groups, query__group_value(from->groups, g));
		struct rating_sums *sum = same == UINT32_MAX ? NULL : cells_of(into, same);
		if (!sum) return false;
		for (size_t i = 0; i < into->times->n; i++) rating_merge(&sum[i], &from->cells[g].at[i]);
	}
	into->off_scale += from->off_scale;
	into->without_number += from->without_number;
	into->without_weight += from->without_weight;
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	return true;
}

static int by_answers(const void *x, const void *y)
{
	const struct score_group *a = x, *b = y;
	if (a->sums.n != b->sums.n) return a->sums.n > b->sums.n ? -1 : 1;
	return query__value_cmp(&a->by, &b->by);
}

static void gather_groups(struct worker *w, struct arena *a, struct query_score_answer *out)
{
	size_t n = query__groups_count(w->groups);
	out->groups = ARENA_ARRAY(a, struct score_group, n + 1);
	out->all_at = ARENA_ARRAY(a, struct rating_sums, out->times.n + 1);
	if (w->q->by == QUERY_NONE) (void)cells_of(w, 0); /* no answer is a group of none */
	for (uint32_t g = 0; g < n && g < w->n_cells; g++) {
		if (!w->cells[g].at) continue;
		struct query_value by = query__group_value(w->groups, g);
		struct score_group *group = &out->groups[out->n_groups++];
		*group = (struct score_group){.by = {by.kind, str_dup(a, by.text)}, .at = ARENA_ARRAY(a, struct rating_sums, out->times.n + 1)};
		for (size_t i = 0; i < out->times.n; i++) {
			group->at[i] = w->cells[g].at[i];
			rating_merge(&group->sums, &group->at[i]);
			rating_merge(&out->all_at[i], &group->at[i]);
		}
		rating_merge(&out->all, &group->sums);
	}
	if (out->n_groups > 1) qsort(out->groups, out->n_groups, sizeof *out->groups, by_answers);
}

/* All values past `top` are one group. */
static void fold(struct query_score_answer *out, size_t top)
{
	if (!top || out->n_groups <= top) return;
	struct score_group *other = &out->groups[top];
	for (size_t g = top + 1; g < out->n_groups; g++) {
		rating_merge(&other->sums, &out->groups[g].sums);
		for (size_t i = 0; i < out->times.n; i++) rating_merge(&other->at[i], &out->groups[g].at[i]);
	}
	other->is_other = true;
	out->n_groups = top + 1;
}

static void compare(const struct query_score *s, struct arena *a, struct query_score_answer *out)
{
	double *p = ARENA_ARRAY(a, double, out->n_groups + 1), *q = ARENA_ARRAY(a, double, out->n_groups + 1);
	for (size_t g = 0; g < out->n_groups; g++) {
		struct rating_sums others = rating_less(&out->all, &out->groups[g].sums);
		struct comparison none = {NAN, NAN, NAN, NAN};
		bool is_told = out->n_groups > 1 && others.n && out->groups[g].sums.n >= s->min_n;
		out->groups[g].differs = is_told ? rating_compare(&out->groups[g].sums, &others, s->metric, s->method) : none;
		p[g] = out->groups[g].differs.p;
	}
	compare_adjust(p, out->n_groups, q);
	for (size_t g = 0; g < out->n_groups; g++) out->groups[g].q = q[g];
}

/* Answers to an anonymous survey are added as whole batches, under their question alone. */
static enum err add_anonymous(struct worker *w, struct query_score_answer *out, struct arena *a, struct fault *f)
{
	const struct query_score *s = w->q->score;
	struct anonymous_answers given;
	int group;
	if (!str_given(s->question)) return OK;
	TRY(query__anonymous(w->plan->ctx, s->question, a, &given, f));
	out->has_anonymous = given.n || given.held_back;
	out->are_anonymous_out = out->has_anonymous && !query__anonymous_may(w->q, &group);
	if (out->are_anonymous_out) return OK;
	out->held_back = given.held_back;
	for (size_t i = 0; i < given.n; i++) {
		const struct anonymous_answer *x = &given.v[i];
		struct rating_scale scale = x->has_scale ? x->scale : rating_scale_of(s->metric);
		if (x->time_ms < w->times->from_ms || x->time_ms >= w->times->to_ms || !rating_is_answer(s->metric, scale, x->number)) continue;
		struct query_value by = {0};
		if (group >= 0 && x->group[group].n) by = (struct query_value){QUERY_VALUE_TEXT, x->group[group]};
		uint32_t at = query__group_of(w->groups, by);
		struct rating_sums *sums = at == UINT32_MAX ? NULL : cells_of(w, at);
		if (!sums) return query__too_large(w->plan, f);
		rating_add(&sums[query__interval_of(w->times, x->time_ms)], s->metric, scale, x->number, s->is_weighted ? x->weight : 1);
		out->anonymous++;
	}
	return OK;
}

static void put_out(struct worker *w, struct arena *a, struct query_score_answer *out)
{
	gather_groups(w, a, out);
	fold(out, w->q->top);
	compare(w->q->score, a, out);
	out->off_scale = w->off_scale;
	out->without_number = w->without_number;
	out->without_weight = w->without_weight;
	out->left_out = query__left_out(w->plan, &w->left_out);
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */
static void begin(struct worker *w, struct query_walk *k, const struct query *q, const struct query_times *times, const uint8_t *codes)
{
	*w = (struct worker){.walk = k, .plan = &k->plan, .q = q, .times = times};
	arena_init(&w->arena);
	w->judge = query__judge_new(k->rules, &w->arena);
	w->groups = query__groups_new(&k->plan, q, &w->arena);
	w->want = (struct line_wants){.codes = codes, .from_ms = times->from_ms, .to_ms = times->to_ms, .left_out = &w->left_out, .arena = &w->arena, .rows = true, .channel = q->by == QUERY_CHANNEL};
}

static enum err run(struct query_walk *k, const struct query *q, struct query_score_answer *out, struct arena *a, struct fault *f)
{
	struct query_plan *p = &k->plan;
	size_t n = query__workers(p);
	const uint8_t *codes = q->score->carried_ms ? NULL : query__walk_codes(k, k->matchers, 1);
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	for (size_t i = 0; i < n; i++) {
		begin(&workers[i], k, q, &out->times, codes);
		states[i] = &workers[i];
	}
	enum err e = out->times.n ? query__walk_scan(k, codes, visit, states, n, f) : OK;
	for (size_t i = 1; i < n && e == OK; i++)
		if (!merge(&workers[0], &workers[i])) e = query__too_large(p, f);
	if (e == OK && out->times.n) e = add_anonymous(&workers[0], out, a, f);
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

/* One interval: the whole range. */
static void whole_range(struct arena *a, struct query_range range, struct query_times *out)
{
	int64_t *start = ARENA_ARRAY(a, int64_t, 2);
	start[0] = range.from_ms;
	start[1] = range.to_ms;
	*out = (struct query_times){.from_ms = range.from_ms, .to_ms = range.to_ms, .n = range.has_from && range.to_ms > range.from_ms, .start = start};
}

enum err query_score(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_score_answer *out, struct fault *f)
{
	const struct query_match *matches[] = {&q->score->answers};
	*out = (struct query_score_answer){0};
	struct arena scratch;
	struct query_walk walk;
	struct query_wants want = {.columns = query__dimension_columns(q->by), .by = q->by == QUERY_PROPERTY ? q->by_property : STR_NONE, .own = QUERY__ANSWER_NAMES, .n_own = SENT_COUNT};
	arena_init(&scratch);
	enum err e = query__walk_open(&walk, ctx, q, matches, COUNT_OF(matches), &want, &scratch, f);
	if (e == OK && q->score->has_interval) e = query__times(a, ctx->zone, q, walk.plan.data, &out->times, f);
	else if (e == OK) whole_range(a, walk.range, &out->times);
	if (e == OK) e = run(&walk, q, out, a, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
