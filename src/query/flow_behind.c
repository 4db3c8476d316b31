/* Which cases are behind a number of a flow: a step, there and back, a whole way, a border, what comes again. */
#include "query/flow_inner.h"

enum { NONE = UINT16_MAX + 1, UNKNOWN };

static uint32_t asked_code(struct query_plan *p, str name)
{
	uint16_t code;
	if (!str_given(name)) return NONE;
	return events_type_code(p->ctx->events, name, &code) ? code : UNKNOWN;
}

struct flow_asked flow__asked(struct query_plan *p, const struct query_behind *m)
{
	struct flow_asked x = {asked_code(p, m->from), asked_code(p, m->to), asked_code(p, m->start), asked_code(p, m->end), asked_code(p, m->again), asked_code(p, m->repeated), {0}};
	for (size_t i = 0; i < m->n_events; i++) x.events[i] = asked_code(p, m->events[i]);
	return x;
}

/* From one to the other; back: and to the first again. */
static bool has_step(const struct flow_asked *x, const struct flow_walk *c, bool is_back)
{
	uint32_t ends = is_back ? 2 : 1;
	for (uint32_t i = ends; i < c->n; i++)
		if (c->type[i - ends] == x->from && c->type[i - ends + 1] == x->to && c->type[i] == (is_back ? x->from : x->to)) return true;
	return false;
}

static bool is_whole_way(const struct flow_asked *x, const struct query_behind *m, const struct flow_walk *c)
{
	bool is_same = c->n == m->n_events;
	for (uint32_t i = 0; i < c->n && is_same; i++) is_same = c->type[i] == x->events[i];
	return is_same;
}

static bool comes_again(const struct flow_walk *c, uint32_t type)
{
	size_t n = 0;
	for (uint32_t i = 0; i < c->n; i++) n += c->type[i] == type;
	return n > 1;
}

static bool is_repeated(const struct flow_asked *x, const struct query_flow *f, const uint8_t *is_contact, const struct flow_walk *c)
{
	int64_t last = INT64_MIN;
	for (uint32_t i = 0; i < c->n; i++) {
		if (!is_contact[c->type[i]]) continue;
		if (last != INT64_MIN && c->time_ms[i] - last <= f->repeat_ms && c->type[i] == x->repeated) return true;
		last = c->time_ms[i];
	}
	return false;
}

bool flow__is_asked(const struct flow_asked *x, const struct query *q, const uint8_t *is_contact, const struct flow_walk *c)
{
	const struct query_behind *m = q->members;
	return (x->to == NONE || has_step(x, c, m->back == BEHIND_YES)) && (!m->has_events || is_whole_way(x, m, c)) && (x->start == NONE || c->type[0] == x->start) &&
		(x->end == NONE || c->type[c->n - 1] == x->end) && (x->again == NONE || comes_again(c, x->again)) && (x->repeated == NONE || is_repeated(x, q->flow, is_contact, c));
}
