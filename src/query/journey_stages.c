/* The stages of a journey: which types of events are of them, and which need a closer look. */
#include <string.h>

#include "query/journey_inner.h"

static uint32_t list_match(const struct query_match *m, const struct query_match **out, size_t *n)
{
	if (!m->where) return 0;
	out[*n] = m;
	return (uint32_t)++*n;
}

size_t journey_list_matches(const struct query_journey *j, struct journey_matches *places, const struct query_match **out)
{
	size_t n = 0;
	for (size_t s = 0; s < j->n_stages; s++) places->stages[s] = list_match(&j->stages[s].events, out, &n);
	for (size_t r = 0; r < j->n_frictions; r++) {
		places->begins[r] = list_match(&j->frictions[r].events, out, &n);
		places->ends[r] = list_match(&j->frictions[r].ends, out, &n);
	}
	return n;
}

size_t journey_stage_names(const struct query_context *ctx, const struct query_journey *j, str *names)
{
	size_t n = 0;
	if (j->n_stages)
		for (; n < j->n_stages; n++) names[n] = j->stages[n].name;
	else
		for (; ctx->stages && ctx->stages[n] && n < JOURNEY_MAX_STAGES; n++) names[n] = str_of(ctx->stages[n]);
	return n;
}

/* By type: QUERY_NO, QUERY_YES, QUERY_MAYBE. */
static enum query_verdict stage_verdict(const struct query_plan *p, const struct query_journey *j, const struct journey_matches *m, const uint8_t *codes, str name, size_t s, size_t type)
{
	const struct query_context *ctx = p->ctx;
	if (!j->n_stages) return ctx->stage && str_eq(ctx->stage(ctx->arg, events_type_name(ctx->events, (uint16_t)type)), name) ? QUERY_YES : QUERY_NO;
	if (m->stages[s]) return m->matchers[m->stages[s] - 1].codes[type];
	return codes[type] ? QUERY_YES : QUERY_NO;
}

/* An event of several stages is of the first. */
void journey_find_stages(const struct query_plan *p, const struct query_journey *j, const str *names, size_t n, struct journey_stages *out)
{
	uint8_t *of_type = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	uint32_t *may_be_in = ARENA_ARRAY(p->arena, uint32_t, p->n_types + 1);
	memset(of_type, NO_STAGE, (size_t)UINT16_MAX + 1);
	for (size_t s = n; s-- > 0;) {
		if (j->n_stages && !query__is_given(&j->stages[s].events)) continue;
		const uint8_t *codes = j->n_stages && !out->matches.stages[s] ? query__codes(p, &j->stages[s].events) : NULL;
		for (size_t t = 0; t < p->n_types; t++) {
			enum query_verdict v = stage_verdict(p, j, &out->matches, codes, names[s], s, t);
			if (v == QUERY_NO) continue;
			may_be_in[t] |= UINT32_C(1) << s;
			of_type[t] = v == QUERY_YES ? (uint8_t)s : JOURNEY_LOOK_CLOSER;
		}
	}
	out->of_type = of_type;
	out->may_be_in = may_be_in;
}

/* As asked, else "purchase" if anything of it is there, else the last stage that has anything. */
size_t journey_complete_stage(const struct query_plan *p, const struct query_journey *j, const str *names, size_t n, const uint32_t *may_be_in)
{
	size_t last = n;
	for (size_t s = 0; s < n; s++) {
		bool is_there = false;
		for (size_t t = 0; t < p->n_types && !is_there; t++) is_there = may_be_in[t] >> s & 1;
		if (str_given(j->complete) ? str_eq(names[s], j->complete) : is_there && str_eq(names[s], S("purchase"))) return s;
		if (is_there) last = s;
	}
	return str_given(j->complete) ? n : last;
}
