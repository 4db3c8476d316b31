#include "query/anonymous.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/vec.h"
#include "query/survey.h"
#include "query/walk.h"

const char *const QUERY_ANONYMOUS_GROUPS[] = {"team", "place", "staff"};
enum { SENT_GROUPS = SENT_COUNT, SENT_SUBMISSION = SENT_GROUPS + QUERY_ANONYMOUS_GROUP_COUNT, SENT_ALL };

/* ---- batches ----------------------------------------------------------------------------------------------------------- */
static int by_group(const struct anonymous_answer *a, const struct anonymous_answer *b)
{
	int d = 0;
	for (size_t i = 0; i < QUERY_ANONYMOUS_GROUP_COUNT && !d; i++) d = str_cmp(a->group[i], b->group[i]);
	return d;
}

static int by_arrival(const void *x, const void *y)
{
	const struct anonymous_answer *a = x, *b = y;
	int d = by_group(a, b);
	return d ? d : a->arrival < b->arrival ? -1 : a->arrival > b->arrival;
}

static int by_batch(const void *x, const void *y)
{
	const struct anonymous_answer *a = x, *b = y;
	int d = by_group(a, b);
	if (!d && a->batch != b->batch) d = a->batch < b->batch ? -1 : 1;
	return d ? d : a->time_ms < b->time_ms ? -1 : a->time_ms > b->time_ms;
}

/* Gives each of a group its batch; → how many submissions there are. */
static uint64_t number(struct arena *a, struct anonymous_answer *v, size_t n)
{
	struct map ranks;
	uint64_t submissions = 0;
	map_init(&ranks);
	for (size_t i = 0; i < n; i++) {
		bool added = true;
		uint64_t *rank = str_given(v[i].submission) ? map_put(&ranks, str_dup(a, v[i].submission), &added) : NULL;
		if (rank && added) *rank = submissions;
		v[i].batch = (rank ? *rank : submissions) / QUERY_ANONYMOUS_LEAST;
		submissions += added;
	}
	map_release(&ranks);
	return submissions;
}

size_t query__anonymous_batches(struct arena *a, struct anonymous_answer *v, size_t n)
{
	size_t kept = 0;
	if (n) qsort(v, n, sizeof *v, by_arrival);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && by_group(&v[i], &v[end]) == 0;) end++;
		uint64_t whole = number(a, v + i, end - i) / QUERY_ANONYMOUS_LEAST;
		for (size_t k = i; k < end; k++)
			if (v[k].batch < whole) v[kept++] = v[k];
	}
	if (kept) qsort(v, kept, sizeof *v, by_batch);
	for (size_t i = 0, end; i < kept; i = end) {
		for (end = i + 1; end < kept && by_group(&v[i], &v[end]) == 0 && v[i].batch == v[end].batch;) end++;
		int64_t middle_ms = v[i + (end - i) / 2].time_ms;
		for (size_t k = i; k < end; k++) v[k].time_ms = middle_ms;
	}
	return kept;
}

/* ---- gathering ---------------------------------------------------------------------------------------------------------- */
struct gathering {
	struct query_walk *walk;
	struct query_judge *judge;
	struct query_line line;
	struct line_wants want;
	struct arena *arena;
	VEC(struct anonymous_answer) answers;
};

static str text_of(const struct query_plan *p, uint32_t part, uint32_t row, size_t name)
{
	const struct events_values *v = query__own(p, part, name);
	uint32_t slot = v->n ? events_value_slot(v, row) : (uint32_t)EVENTS_NO_SLOT;
	return events_slot_kind(v, slot) == EVENTS_TEXT ? events_text(v, (uint32_t)events_raw_at(&v->value, slot)) : S("");
}

static void take(struct gathering *g, uint32_t part, uint32_t row)
{
	const struct query_plan *p = &g->walk->plan;
	struct answer x;
	if (!query__answer(p, part, row, &x) || !query__charge(&g->walk->plan, 2 * sizeof(struct anonymous_answer))) return;
	str submission = text_of(p, part, row, SENT_SUBMISSION);
	struct anonymous_answer *out = VEC_ADD(&g->answers, g->arena);
	*out = (struct anonymous_answer){.arrival = (uint64_t)events_raw_at(&p->parts[part].s.arrival, row), .time_ms = query__row_time(p, part, row), .number = x.number, .weight = x.weight,
		.scale = x.scale, .has_scale = x.has_scale, .submission = submission.n ? str_dup(g->arena, submission) : STR_NONE};
	for (size_t i = 0; i < QUERY_ANONYMOUS_GROUP_COUNT; i++) out->group[i] = str_dup(g->arena, text_of(p, part, row, SENT_GROUPS + i));
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct gathering *g = state;
	if (!query__walk_anyone(g->walk, g->judge, &g->line, customer, slices, n, &g->want)) return;
	for (uint32_t i = 0; i < g->line.n; i++)
		if (query__is_at(g->judge, &g->walk->matchers[0], &g->line, i)) take(g, g->line.part[i], g->line.row[i]);
}

enum err query__anonymous(const struct query_context *ctx, str question, struct arena *a, struct anonymous_answers *out, struct fault *f)
{
	struct query_context sealed = *ctx;
	const struct query everything = {.kind = QUERY_SCORE};
	struct arena scratch;
	struct query_walk walk;
	str own[SENT_ALL];
	*out = (struct anonymous_answers){0};
	sealed.purpose = UINT32_C(1) << QUERY_PURPOSE_ANONYMOUS;
	for (size_t i = 0; i < SENT_COUNT; i++) own[i] = QUERY__ANSWER_NAMES[i];
	for (size_t i = 0; i < QUERY_ANONYMOUS_GROUP_COUNT; i++) own[SENT_GROUPS + i] = str_of(QUERY_ANONYMOUS_GROUPS[i]);
	own[SENT_SUBMISSION] = S("submission_id");
	struct query_wants want = {.own = own, .n_own = SENT_ALL};
	arena_init(&scratch);
	struct query_match answers = query__answers_where(&scratch, S("question_id"), &question, 1);
	const struct query_match *matches[] = {&answers};
	enum err e = query__walk_open(&walk, &sealed, &everything, matches, COUNT_OF(matches), &want, &scratch, f);
	if (e == OK) {
		struct gathering g = {.walk = &walk, .judge = query__judge_new(walk.rules, &scratch), .arena = a};
		const uint8_t *codes = query__walk_codes(&walk, walk.matchers, 1);
		g.want = (struct line_wants){.codes = codes, .from_ms = walk.range.from_ms, .to_ms = walk.range.to_ms, .arena = &scratch, .rows = true};
		void *state = &g;
		e = query__walk_scan(&walk, codes, visit, &state, 1, f);
		size_t n = g.answers.n;
		if (e == OK) *out = (struct anonymous_answers){g.answers.v, query__anonymous_batches(a, g.answers.v, n), 0};
		out->held_back = n - out->n;
		query__judge_free(g.judge);
		query__line_free(&g.line);
	}
	arena_release(&scratch);
	return e;
}

bool query__anonymous_may(const struct query *q, int *group)
{
	*group = -1;
	if (q->where) return false;
	if (q->by == QUERY_NONE) return true;
	for (int i = 0; i < QUERY_ANONYMOUS_GROUP_COUNT && q->by == QUERY_PROPERTY; i++)
		if (str_eq(q->by_property, str_of(QUERY_ANONYMOUS_GROUPS[i]))) *group = i;
	return *group >= 0;
}
