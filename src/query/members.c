/* A byte a customer, not a bit: customers next to each other are looked at by different workers. */
#include "query/members.h"

#include "query/rules.h"

struct worker {
	struct query_plan *plan;
	struct query_judge *judge;
	struct line_wants want;
	struct query_line line;
	struct query_members *out;
	uint64_t customers;
	struct arena arena;
};

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	if (!customer || customer > w->out->n_customers || !query__may(w->plan->ctx, customer)) return;
	if (query__judge(w->judge, customer, slices, n) == QUERY_NO) return;
	if (!query__line(&w->line, w->plan, customer, slices, n, &w->want) || !w->line.n) return; /* never heard under the purpose */
	w->out->is_member[customer] = 1;
	w->customers++;
}

static enum err run(struct query_plan *p, struct query_rules *rules, struct query_members *out, struct fault *f)
{
	size_t n = query__workers(p);
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	for (size_t i = 0; i < n; i++) {
		workers[i] = (struct worker){.plan = p, .out = out, .want = {.from_ms = INT64_MIN, .to_ms = INT64_MAX}};
		arena_init(&workers[i].arena);
		workers[i].want.arena = &workers[i].arena;
		workers[i].judge = query__judge_new(rules, &workers[i].arena);
		states[i] = &workers[i];
	}
	enum err e = query__scan(p, visit, states, n, f);
	for (size_t i = 0; i < n; i++) {
		out->customers += workers[i].customers;
		query__judge_free(workers[i].judge);
		query__line_free(&workers[i].line);
		arena_release(&workers[i].arena);
	}
	return e;
}

enum err query_members(const struct query_context *ctx, const struct query_condition *where, struct arena *a, struct query_members *out, struct fault *f)
{
	struct arena scratch;
	struct query_plan plan;
	struct query_rules *rules = NULL;
	struct query q = {.kind = QUERY_TREND, .where = where};
	struct query_wants want = {.lines = true};
	int64_t from_ms = INT64_MIN, to_ms = INT64_MAX;
	*out = (struct query_members){.n_customers = ctx->people.n_customers, .is_member = arena_alloc(a, (size_t)ctx->people.n_customers + 1)};
	arena_init(&scratch);
	enum err e = query__plan(ctx, &scratch, &plan, f);
	if (e == OK) e = query__rules(&plan, &q, &rules, f);
	if (e == OK) query__rules_want(rules, &want, &from_ms, &to_ms);
	if (e == OK) e = query__parts(&plan, from_ms, to_ms, &want, f);
	if (e == OK) e = query__rules_bind(rules, f);
	if (e == OK) e = run(&plan, rules, out, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
