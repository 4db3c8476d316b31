/* retention: cohorts by the interval of a customer's first start event ever; cell k counts those who did the return
 * event in the k-th interval after it (mode "on", calendar intervals), of its bracket where brackets are asked for. Cell 0 is the size.
 *
 * A cell is open, and null, when nothing final can be said: its interval ends after the moment of asking or after `to`,
 * or begins after the last event that the store holds (a sample that ended in 2011 says nothing of the months since).
 * Open cells leave the base of the figures over all cohorts.
 *
 * Rolling: a customer's k-th interval begins k lengths of time after their own first start; a cell waits for the last who may
 * have begun in its cohort. Worth: what the returns of a cell add up to, or in churn what those lost had spent in their cell 0.
 *
 * `from` chooses cohorts; events before it are read all the same, since they tell who began earlier. */
#include <string.h>

#include "query/rules.h"

struct worker {
	struct query_plan *plan;
	const struct query_times *times;
	const struct query_matcher *start, *again;
	struct query_judge *judge;
	struct line_wants want;
	struct query_line line;
	struct arena arena;
	size_t n_cells;
	enum query_return mode;
	const struct query_bracket *brackets; /* of cells 1 to n_cells - 1 */
	uint32_t *cell_of;                    /* by age in intervals, up to the last bracket's end; 0: none */
	size_t n_ages;
	int64_t rolling_ms, data_to_ms; /* length of a rolling interval, 0 = by calendar; end of the data */
	struct decimal_sum **values; /* as cells; NULL: not measured */
	struct decimal_sum first_value; /* of the customer in hand, in cell 0 */
	uint64_t **cells;  /* by interval of the cohort; made when it gets its first customer; [0] is the size */
	uint32_t *stamp;   /* by cell: the last customer counted in it */
	struct query_tally_out left_out;
	const struct query *q;
	size_t asked_cohort; /* of members; SIZE_MAX: any */
	int64_t known_until_ms;
};

static struct decimal_sum *new_sums(struct arena *a, size_t n)
{
	struct decimal_sum *sums = ARENA_ARRAY(a, struct decimal_sum, n + 1);
	for (size_t i = 0; i < n; i++) decimal_sum_init(&sums[i]);
	return sums;
}

static uint64_t *cells_of(struct worker *w, size_t interval)
{
	size_t bytes = sizeof **w->cells + (w->values ? sizeof **w->values : 0);
	if (w->cells[interval] || !query__charge(w->plan, w->n_cells * bytes)) return w->cells[interval];
	if (w->values) w->values[interval] = new_sums(&w->arena, w->n_cells);
	return w->cells[interval] = ARENA_ARRAY(&w->arena, uint64_t, w->n_cells);
}

/* How many intervals after the start; 0: in its own, or before it. */
static size_t age_of(const struct worker *w, size_t cohort, int64_t first, int64_t t)
{
	if (w->rolling_ms) return t > first ? (size_t)((t - first) / w->rolling_ms) : 0;
	return t < w->times->start[cohort + 1] ? 0 : query__interval_of(w->times, t) - cohort;
}

/* INT64_MAX when there is none. */
static int64_t first_start(const struct worker *w)
{
	const struct query_line *l = &w->line;
	for (uint32_t i = 0; i < l->n; i++)
		if (query__matches(w->judge, w->start, l->type[i], l->part[i], l->row[i])) return l->time_ms[i];
	return INT64_MAX;
}

/* Up to the interval of the last return every cell has the customer. */
static void count_until_last(const struct worker *w, size_t cohort, int64_t first, uint64_t *cells)
{
	const struct query_line *l = &w->line;
	uint32_t i = l->n;
	while (i > 0 && !query__matches(w->judge, w->again, l->type[i - 1], l->part[i - 1], l->row[i - 1])) i--;
	size_t last = i ? age_of(w, cohort, first, l->time_ms[i - 1]) : 0;
	for (size_t cell = 1; cell < w->n_cells && (size_t)w->brackets[cell].first <= last; cell++) cells[cell]++;
}

static void count_returns(struct worker *w, uint32_t customer, size_t cohort, int64_t first, uint64_t *cells)
{
	const struct query_line *l = &w->line;
	if (w->mode != QUERY_ON) {
		count_until_last(w, cohort, first, cells);
		return;
	}
	for (uint32_t i = 0; i < l->n; i++) {
		size_t age = age_of(w, cohort, first, l->time_ms[i]);
		if (!age || !query__matches(w->judge, w->again, l->type[i], l->part[i], l->row[i])) continue;
		uint32_t cell = age < w->n_ages ? w->cell_of[age] : 0;
		if (!cell || w->stamp[cell] == customer) continue;
		w->stamp[cell] = customer;
		cells[cell]++;
	}
}

/* What the returns from the start on are worth. Of churn: of those lost, what they spent in cell 0. */
static void count_values(struct worker *w, size_t cohort, int64_t first)
{
	const struct query_line *l = &w->line;
	struct decimal_sum *values = w->values[cohort];
	size_t last = 0;
	decimal_sum_init(&w->first_value);
	for (uint32_t i = 0; i < l->n; i++) {
		struct decimal_sum one;
		if (l->time_ms[i] < first || !query__matches(w->judge, w->again, l->type[i], l->part[i], l->row[i])) continue;
		size_t age = last = age_of(w, cohort, first, l->time_ms[i]);
		decimal_sum_init(&one);
		if (!query__sum_number(&w->plan->parts[l->part[i]].property, l->row[i], &one)) continue;
		if (!age) decimal_sum_merge(&w->first_value, &one);
		else if (w->mode == QUERY_ON && age < w->n_ages && w->cell_of[age]) decimal_sum_merge(&values[w->cell_of[age]], &one);
		for (size_t k = 1; w->mode == QUERY_ON_OR_AFTER && k < w->n_cells && (size_t)w->brackets[k].first <= age; k++) decimal_sum_merge(&values[k], &one);
	}
	decimal_sum_merge(&values[0], &w->first_value);
	for (size_t k = 1; w->mode == QUERY_CHURN && k < w->n_cells; k++)
		if ((size_t)w->brackets[k].first > last) decimal_sum_merge(&values[k], &w->first_value);
}

/* Of which nothing can be said yet: it has not ended, or nothing is known of its time. */
static bool is_open(const struct worker *w, size_t cohort, size_t cell)
{
	size_t last = cohort + (size_t)w->brackets[cell].last;
	int64_t begins_ms = w->times->start[cohort + 1] - 1 + w->brackets[cell].last * w->rolling_ms; /* of who began last */
	if (w->rolling_ms) return cell > 0 && (begins_ms + w->rolling_ms > w->known_until_ms || begins_ms >= w->data_to_ms);
	return cell > 0 && (last >= w->times->n || w->times->start[last + 1] > w->known_until_ms);
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	if (query__judge(w->judge, customer, slices, n) == QUERY_NO || !query__line(&w->line, w->plan, customer, slices, n, &w->want)) return;
	int64_t first = first_start(w);
	if (customer == 0 || first == INT64_MAX || first < w->times->from_ms) return;
	size_t cohort = query__interval_of(w->times, first);
	uint64_t *cells = cells_of(w, cohort);
	if (!cells) return; /* out of memory: the scan ends */
	cells[0]++;
	const struct query_behind *m = w->q->members;
	size_t asked = m ? (size_t)m->cell : 0;
	if (asked >= w->n_cells) m = NULL;
	uint64_t before = cells[asked] - (asked == 0);
	count_returns(w, customer, cohort, first, cells);
	if (w->values) count_values(w, cohort, first);
	if (!m || (w->asked_cohort != SIZE_MAX && w->asked_cohort != cohort) || is_open(w, cohort, asked)) return;
	if ((cells[asked] > before) != (asked && w->mode == QUERY_CHURN)) query__behind(w->q, customer);
}

static void put_values(const struct worker *w, size_t interval, struct query_cohort *cohort, struct arena *a, struct query_retention *out)
{
	cohort->values = new_sums(a, w->n_cells);
	for (size_t k = 0; k < w->n_cells; k++) {
		if (is_open(w, interval, k)) continue;
		decimal_sum_merge(&cohort->values[k], &w->values[interval][k]);
		decimal_sum_merge(&out->values[k], &w->values[interval][k]);
		decimal_sum_merge(&out->base_values[k], &w->values[interval][0]);
	}
}

static void put_out(struct worker *w, const struct query *q, struct arena *a, struct query_retention *out)
{
	out->cohorts = ARENA_ARRAY(a, struct query_cohort, out->times.n + 1);
	out->returned = ARENA_ARRAY(a, uint64_t, w->n_cells);
	out->base = ARENA_ARRAY(a, uint64_t, w->n_cells);
	if (w->values) out->values = new_sums(a, w->n_cells), out->base_values = new_sums(a, w->n_cells);
	for (size_t i = 0; i < out->times.n && !(q->limit && out->n_cohorts >= (uint64_t)q->limit); i++) {
		if (!w->cells[i]) continue;
		struct query_cohort *cohort = &out->cohorts[out->n_cohorts++];
		*cohort = (struct query_cohort){.interval = i, .size = w->cells[i][0], .is_open = out->times.start[i + 1] > w->known_until_ms, .cells = ARENA_ARRAY(a, uint64_t, w->n_cells)};
		out->customers += cohort->size;
		for (size_t k = 0; k < w->n_cells; k++) {
			uint64_t n = k && w->mode == QUERY_CHURN ? cohort->size - w->cells[i][k] : w->cells[i][k];
			bool has_no_end = is_open(w, i, k);
			cohort->cells[k] = has_no_end ? QUERY_OPEN : n;
			if (has_no_end) continue;
			out->returned[k] += n;
			out->base[k] += cohort->size;
		}
		if (w->values) put_values(w, i, cohort, a, out);
	}
	out->left_out = query__left_out(w->plan, &w->left_out);
}

/* Without brackets each cell is of one interval. [0] stands for the size. */
static void put_brackets(struct worker *w, const struct query *q, struct arena *a)
{
	struct query_bracket *b = ARENA_ARRAY(a, struct query_bracket, w->n_cells);
	for (size_t k = 1; k < w->n_cells; k++) b[k] = q->n_brackets ? q->brackets[k - 1] : (struct query_bracket){(int64_t)k, (int64_t)k};
	w->brackets = b;
	w->n_ages = (size_t)b[w->n_cells - 1].last + 1;
	w->cell_of = ARENA_ARRAY(a, uint32_t, w->n_ages);
	for (size_t k = 1; k < w->n_cells; k++)
		for (int64_t age = b[k].first; age <= b[k].last; age++) w->cell_of[age] = (uint32_t)k;
}

/* Hours and days of 24 hours, weeks of seven of them, months of thirty: lengths of time, whatever the clocks do. */
static int64_t rolling_ms(struct query_interval i)
{
	static const int64_t HOURS[] = {[QUERY_HOUR] = 1, [QUERY_DAY] = 24, [QUERY_WEEK] = 7 * 24, [QUERY_MONTH] = 30 * 24};
	return (i.unit == QUERY_DAYS ? i.days * INT64_C(24) : HOURS[i.unit]) * 3600000;
}

static enum err run(struct query_plan *p, const struct query *q, struct query_rules *rules, const struct query_matcher *match, struct query_retention *out, struct arena *a, struct fault *f)
{
	size_t n = query__workers(p), asked_cohort = SIZE_MAX;
	if (q->members) TRY(query__behind_interval(p->ctx, q, &out->times, q->members->start, "members.start", &asked_cohort, p->arena, f));
	int64_t known_until_ms = q->range.has_to && q->range.to_ms < p->ctx->now_ms ? q->range.to_ms : p->ctx->now_ms;
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	uint8_t *codes = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1), *scanned = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	for (size_t type = 0; type < UINT16_MAX; type++) scanned[type] = codes[type] = match[0].codes[type] != QUERY_NO || match[1].codes[type] != QUERY_NO;
	query__rules_codes(rules, scanned);
	for (size_t i = 0; i < n; i++) {
		workers[i] = (struct worker){.plan = p, .times = &out->times, .start = &match[0], .again = &match[1], .n_cells = out->n_cells, .mode = q->mode, .q = q, .asked_cohort = asked_cohort, .known_until_ms = known_until_ms,
			.cells = ARENA_ARRAY(p->arena, uint64_t *, out->times.n + 1), .stamp = ARENA_ARRAY(p->arena, uint32_t, out->n_cells)};
		put_brackets(&workers[i], q, p->arena);
		workers[i].rolling_ms = q->is_rolling ? rolling_ms(q->interval) : 0;
		workers[i].data_to_ms = p->data.to_ms;
		if (q->measure == QUERY_SUM) workers[i].values = ARENA_ARRAY(p->arena, struct decimal_sum *, out->times.n + 1);
		arena_init(&workers[i].arena);
		workers[i].judge = query__judge_new(rules, &workers[i].arena);
		workers[i].want = (struct line_wants){.codes = codes, .from_ms = INT64_MIN, .to_ms = out->times.to_ms, .rows = true, .left_out = &workers[i].left_out,
			.has_tally_from = true, .tally_from_ms = out->times.from_ms, .arena = &workers[i].arena};
		states[i] = &workers[i];
	}
	enum err e = query__scan_types(p, scanned, visit, states, n, f);
	struct worker *all = &workers[0];
	for (size_t i = 1; i < n && e == OK; i++) {
		for (size_t c = 0; c < out->times.n; c++) {
			uint64_t *cells = workers[i].cells[c] ? cells_of(all, c) : NULL;
			for (size_t k = 0; cells && k < out->n_cells; k++) {
				cells[k] += workers[i].cells[c][k];
				if (all->values) decimal_sum_merge(&all->values[c][k], &workers[i].values[c][k]);
			}
		}
		query__leave_out_merge(p, &all->left_out, &workers[i].left_out, &all->arena);
	}
	if (e == OK && atomic_load(&p->is_out_of_memory)) e = fault_set(f, ERR_TOO_LARGE, "cells", "more cells than fit into the %zu MB that one question may take", p->memory_max >> 20);
	if (e == OK) put_out(all, q, a, out);
	for (size_t i = 0; i < n; i++) {
		query__judge_free(workers[i].judge);
		query__line_free(&workers[i].line);
		arena_release(&workers[i].arena);
	}
	return e;
}

enum err query_retention(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_retention *out, struct fault *f)
{
	*out = (struct query_retention){0};
	if (q->measure == QUERY_SUM) TRY(query__one_currency(ctx, q, &q->again, q->property, "measure", "ask for one of them with where {\"name\":\"currency\",\"is\":…}", &out->currency, a, f));
	struct arena scratch;
	struct query_plan plan;
	struct query bounded = *q;
	struct query_rules *rules = NULL;
	struct query_matcher match[2] = {{0}};
	arena_init(&scratch);
	enum err e = query__plan(ctx, &scratch, &plan, f);
	/* No interval past the last event: nothing is known of it. */
	if (e == OK && q->range.has_to && plan.data.has_to && plan.data.to_ms < q->range.to_ms) bounded.range.to_ms = plan.data.to_ms;
	if (e == OK) e = query__times(a, ctx->zone, &bounded, plan.data, &out->times, f);
	size_t all = out->times.n < QUERY_MAX_CELLS ? out->times.n : QUERY_MAX_CELLS;
	out->n_cells = q->n_brackets ? q->n_brackets + 1 : q->cells ? (size_t)q->cells : all ? all : 1;
	int64_t from_ms = INT64_MIN, to_ms = out->times.to_ms;
	struct query_wants want = {.lines = true, .property = q->measure == QUERY_SUM ? q->property : STR_NONE};
	if (e == OK) e = query__rules(&plan, q, &rules, f);
	if (e == OK) e = query__matcher(rules, &q->start, &match[0], f);
	if (e == OK) e = query__matcher(rules, &q->again, &match[1], f);
	if (e == OK) query__rules_want(rules, &want, &from_ms, &to_ms);
	if (e == OK) e = query__parts(&plan, from_ms, to_ms, &want, f);
	if (e == OK) e = query__rules_bind(rules, f);
	if (e == OK) e = run(&plan, q, rules, match, out, a, f);
	if (q->range.has_to) out->times.to_ms = q->range.to_ms;
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
