/* A journey: one pass over each customer's line. The stage of an event is one load by its type, unless a stage has a
 * condition that it may meet; a run of events in one stage is a visit of it. Times go into spreads (visits by stage, steps by pair of stages), so their medians are exact. */
#include "query/journey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "query/journey_inner.h"
#include "query/spread.h"
#include "query/walk.h"

enum { RAW_MAX = 1 << 14 };
static const double SHARES[] = {0.5, 0.9};

struct stage_count {
	uint64_t events, customers, entered, left, lost, contacts, repeats;
	int64_t n_scores;
	long double score_sum, score_squares;
};
struct effort {
	uint64_t contacts, repeats, channel_changes;
};
struct asked { /* of members: places; n of the stages, of the frictions: not asked */
	size_t stage, from, to, friction;
};
struct worker {
	const struct query_walk *walk;    /* its matchers: of what has conditions */
	struct query_judge *judge;
	struct query_plan *plan;
	const struct query *q;
	const struct query_journey *j;
	struct asked asked;
	struct arena arena;
	size_t n_stages;
	size_t complete;                  /* n_stages: none */
	const struct journey_stages *stages_of;
	const uint8_t *is_contact, *is_score, *is_revenue, *is_refund; /* by type; the last two NULL: from the sales */
	const struct payment *sales;        /* by customer, or NULL */
	const uint32_t *sales_from;       /* customer's: sales_from[c] to sales_from[c + 1] */
	int64_t known_until_ms;
	struct line_wants want;
	struct query_line line;
	struct query_groups *channels;
	uint8_t *stage;                   /* of each event of the line */
	struct stage_count stages[JOURNEY_MAX_STAGES];
	uint64_t step_customers[JOURNEY_MAX_STAGES][JOURNEY_MAX_STAGES];
	struct journey_touchpoint *touchpoints; /* by stage and type: `touchpoint` */
	uint32_t *touched_by;             /* the same: the customer last counted */
	struct spread spread;             /* visits by stage, then steps by pair */
	const struct frictions *frictions;
	const uint8_t *is_sure;           /* by type: what it is about whatever stages and rules say */
	struct meeting *meeting;
	uint64_t customers, events, completed;
	struct effort effort;
	struct query_tally_out left_out;
	int64_t *repeat_ms;               /* of the customer in hand; n_line of them */
	size_t n_repeats;
	struct payment *money;
	size_t cap;
	bool has_money;
	struct spread *all;               /* second pass */
};

/* ---- one customer ------------------------------------------------------------------------------------------------------ */
static bool give_room(struct worker *w, size_t n)
{
	if (n <= w->cap) return true;
	size_t cap = w->cap ? w->cap : 256;
	while (cap < n) cap *= 2;
	if (!query__charge(w->plan, (cap - w->cap) * (sizeof *w->repeat_ms + sizeof *w->money + sizeof *w->stage))) return false;
	w->repeat_ms = mem_realloc(w->repeat_ms, cap * sizeof *w->repeat_ms);
	w->money = mem_realloc(w->money, cap * sizeof *w->money);
	w->stage = mem_realloc(w->stage, cap * sizeof *w->stage);
	w->cap = cap;
	return true;
}

static void add_time(struct worker *w, size_t set, int64_t ms)
{
	if (w->all) spread_seek(w->all, set, ms);
	else (void)spread_add(&w->spread, set, ms);
}

struct seen { /* of the customer in hand */
	uint8_t first, last;              /* stages; NO_STAGE: in none */
	int64_t last_ms;
	int64_t stage_first[JOURNEY_MAX_STAGES];
	bool steps[JOURNEY_MAX_STAGES][JOURNEY_MAX_STAGES];
};

/* The first stage that the event is of. */
static uint8_t look_closer(const struct worker *w, uint32_t i)
{
	const struct journey_matches *m = &w->stages_of->matches;
	for (uint32_t may = w->stages_of->may_be_in[w->line.type[i]]; may; may &= may - 1) {
		int s = __builtin_ctz(may);
		if (!m->stages[s] || query__is_at(w->judge, &m->matchers[m->stages[s] - 1], &w->line, i)) return (uint8_t)s;
	}
	return NO_STAGE;
}

static void find_stages(struct worker *w)
{
	for (uint32_t i = 0; i < w->line.n; i++) {
		uint8_t s = w->stages_of->of_type[w->line.type[i]];
		w->stage[i] = s == JOURNEY_LOOK_CLOSER ? look_closer(w, i) : s;
	}
}

/* Visits and the steps between them. */
static void walk_stages(struct worker *w, struct seen *seen)
{
	const struct query_line *l = &w->line;
	int64_t began = 0;
	*seen = (struct seen){.first = NO_STAGE, .last = NO_STAGE};
	for (size_t s = 0; s < w->n_stages; s++) seen->stage_first[s] = INT64_MAX;
	for (uint32_t i = 0; i < l->n; i++) {
		uint8_t s = w->stage[i];
		if (s == NO_STAGE) continue;
		if (s != seen->last) {
			if (seen->last == NO_STAGE) seen->first = s;
			else {
				add_time(w, seen->last, seen->last_ms - began);
				add_time(w, w->n_stages + seen->last * w->n_stages + s, l->time_ms[i] - seen->last_ms);
				seen->steps[seen->last][s] = true;
			}
			began = l->time_ms[i];
		}
		if (seen->stage_first[s] == INT64_MAX) seen->stage_first[s] = l->time_ms[i];
		seen->last = s;
		seen->last_ms = l->time_ms[i];
	}
	if (seen->last != NO_STAGE) add_time(w, seen->last, seen->last_ms - began);
}

static void count_score(struct worker *w, struct stage_count *s, uint32_t i)
{
	double score;
	if (!w->is_score[w->line.type[i]] || !query__number(w->plan, w->line.part[i], w->line.row[i], false, &score)) return;
	s->n_scores++;
	s->score_sum += score;
	s->score_squares += (long double)score * score;
}

static size_t touchpoint(const struct worker *w, size_t stage, size_t type)
{
	return stage * w->plan->n_types + type;
}

static void count_touchpoint(struct worker *w, uint32_t customer, size_t place)
{
	w->touchpoints[place].events++;
	w->touchpoints[place].customers += w->touched_by[place] != customer;
	w->touched_by[place] = customer;
}

/* Whether the journey is about the event: of some types a condition says. */
static bool is_of_it(const struct worker *w, uint32_t i)
{
	return w->stage[i] != NO_STAGE || w->is_sure[w->line.type[i]] || frictions_have(w->frictions, w->judge, &w->line, i);
}

static struct effort count_events(struct worker *w, uint32_t customer)
{
	const struct query_line *l = &w->line;
	struct effort e = {0};
	struct stage_count none = {0};
	int64_t last_contact = INT64_MIN;
	uint32_t channel = UINT32_MAX;
	w->n_repeats = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		uint8_t at = w->stage[i];
		struct stage_count *s = at == NO_STAGE ? &none : &w->stages[at];
		s->events++;
		if (at != NO_STAGE) count_score(w, s, i), count_touchpoint(w, customer, touchpoint(w, at, l->type[i]));
		if (!is_of_it(w, i)) continue;
		uint32_t c = query__group_of_event(w->channels, l->type[i], l->channel[i]);
		if (c != UINT32_MAX && c != channel && query__group_value(w->channels, c).kind != QUERY_VALUE_NULL) {
			e.channel_changes += channel != UINT32_MAX;
			channel = c;
		}
		if (!w->is_contact[l->type[i]]) continue;
		bool is_repeat = last_contact != INT64_MIN && l->time_ms[i] - last_contact <= w->j->repeat_ms;
		if (is_repeat) w->repeat_ms[w->n_repeats++] = l->time_ms[i];
		e.contacts++;
		e.repeats += is_repeat;
		s->contacts++;
		s->repeats += is_repeat;
		last_contact = l->time_ms[i];
	}
	return e;
}

static size_t find_money(struct worker *w, uint32_t customer, const struct payment **out)
{
	if (!w->is_revenue) {
		*out = w->sales ? w->sales + w->sales_from[customer] : NULL;
		return w->sales ? w->sales_from[customer + 1] - w->sales_from[customer] : 0;
	}
	double sum = 0, net;
	size_t n = 0;
	for (uint32_t i = 0; i < w->line.n; i++) {
		bool is_refund = w->is_refund && w->is_refund[w->line.type[i]];
		if ((!is_refund && !w->is_revenue[w->line.type[i]]) || !query__number(w->plan, w->line.part[i], w->line.row[i], true, &net)) continue;
		if (is_refund) net = -fabs(net);
		w->money[n++] = (struct payment){w->line.time_ms[i], net, sum};
		sum += net;
	}
	*out = w->money;
	return n;
}

static void count_ways(struct worker *w, const struct seen *seen)
{
	bool is_complete = w->complete < w->n_stages && seen->stage_first[w->complete] != INT64_MAX;
	for (size_t s = 0; s < w->n_stages; s++) {
		w->stages[s].customers += seen->stage_first[s] != INT64_MAX;
		for (size_t t = 0; t < w->n_stages; t++) w->step_customers[s][t] += seen->steps[s][t];
	}
	w->stages[seen->first].entered++;
	w->stages[seen->last].left++;
	w->stages[seen->last].lost += !is_complete && seen->last_ms + w->j->silent_ms <= w->known_until_ms;
	w->completed += is_complete;
}

/* Contacts and scores of a stage: whether counting the customer has added to them. */
static bool is_on_way(const struct worker *w, const struct seen *seen, const struct stage_count *before)
{
	size_t s = w->asked.stage;
	bool is_complete = w->complete < w->n_stages && seen->stage_first[w->complete] != INT64_MAX;
	if (s == w->n_stages) return true;
	switch (w->q->members->way) {
	case BEHIND_ENTERED: return seen->first == s;
	case BEHIND_LEFT: return seen->last == s;
	case BEHIND_LOST: return seen->last == s && !is_complete && seen->last_ms + w->j->silent_ms <= w->known_until_ms;
	case BEHIND_CONTACTS: return w->stages[s].contacts > before->contacts;
	case BEHIND_SCORES: return w->stages[s].n_scores > before->n_scores;
	case BEHIND_IN:
	case BEHIND_WAYS: break;
	}
	return seen->stage_first[s] != INT64_MAX;
}

static void note_member(struct worker *w, uint32_t customer, const struct seen *seen, const struct stage_count *before, uint64_t met)
{
	const struct asked *x = &w->asked;
	bool has_met = x->friction == w->j->n_frictions || met >> x->friction & 1;
	bool has_stepped = x->to == w->n_stages || (x->from == w->n_stages ? seen->stage_first[x->to] != INT64_MAX : seen->steps[x->from][x->to]);
	bool is_nowhere = x->friction == w->j->n_frictions && seen->last == NO_STAGE; /* in no stage: only what hurts tells of them */
	if (has_met && has_stepped && !is_nowhere && is_on_way(w, seen, before)) query__behind(w->q, customer);
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct worker *w = state;
	struct seen seen;
	if (!query__walk(w->walk, w->judge, &w->line, customer, slices, n, &w->want) || !give_room(w, w->line.n)) return;
	find_stages(w);
	walk_stages(w, &seen);
	if (w->all) return;
	struct stage_count before = w->asked.stage < w->n_stages ? w->stages[w->asked.stage] : (struct stage_count){0};
	struct effort e = count_events(w, customer);
	if (seen.last != NO_STAGE) {
		w->customers++;
		count_ways(w, &seen);
		if (w->complete < w->n_stages && seen.stage_first[w->complete] != INT64_MAX) {
			w->effort.contacts += e.contacts;
			w->effort.repeats += e.repeats;
			w->effort.channel_changes += e.channel_changes;
		}
	}
	struct friction_case c = {customer, w->judge, &w->line, seen.stage_first, w->repeat_ms, w->n_repeats, NULL, 0};
	c.n_money = find_money(w, customer, &c.money);
	w->has_money |= c.n_money > 0;
	uint64_t met = meeting_add(w->meeting, &c);
	if (w->q->members) note_member(w, customer, &seen, &before, met);
}

/* ---- adding up --------------------------------------------------------------------------------------------------------- */
static bool merge(struct worker *into, const struct worker *from)
{
	for (size_t s = 0; s < into->n_stages; s++) {
		struct stage_count *sum = &into->stages[s];
		const struct stage_count *x = &from->stages[s];
		sum->events += x->events;
		sum->customers += x->customers;
		sum->entered += x->entered;
		sum->left += x->left;
		sum->lost += x->lost;
		sum->contacts += x->contacts;
		sum->repeats += x->repeats;
		sum->n_scores += x->n_scores;
		sum->score_sum += x->score_sum;
		sum->score_squares += x->score_squares;
		for (size_t t = 0; t < into->n_stages; t++) into->step_customers[s][t] += from->step_customers[s][t];
	}
	for (size_t t = 0; t < into->n_stages * into->plan->n_types; t++) {
		into->touchpoints[t].events += from->touchpoints[t].events;
		into->touchpoints[t].customers += from->touchpoints[t].customers;
	}
	into->customers += from->customers;
	into->completed += from->completed;
	into->effort.contacts += from->effort.contacts;
	into->effort.repeats += from->effort.repeats;
	into->effort.channel_changes += from->effort.channel_changes;
	into->has_money |= from->has_money;
	meeting_merge(into->meeting, from->meeting);
	query__leave_out_merge(into->plan, &into->left_out, &from->left_out, &into->arena);
	for (size_t i = 0; i < into->n_stages * (into->n_stages + 1); i++)
		if (!spread_merge(&into->spread, i, &from->spread, i)) return false;
	return true;
}

static struct sample score_of(const struct stage_count *s)
{
	struct sample out = {s->n_scores, NAN, NAN};
	if (s->n_scores) out.mean = (double)(s->score_sum / s->n_scores);
	if (s->n_scores > 1) out.variance = fmax(0, (double)((s->score_squares - s->score_sum * s->score_sum / s->n_scores) / (s->n_scores - 1)));
	return out;
}

static int by_events(const void *x, const void *y)
{
	const struct journey_touchpoint *a = x, *b = y;
	if (a->events != b->events) return a->events > b->events ? -1 : 1;
	return a->type < b->type ? -1 : 1;
}

static void put_stage(const struct worker *w, size_t s, str name, struct arena *a, struct journey_stage_answer *out)
{
	const struct stage_count *x = &w->stages[s];
	*out = (struct journey_stage_answer){name, x->events, x->customers, x->entered, x->left, x->lost, spread_at(&w->spread, s, 0), spread_at(&w->spread, s, 1), score_of(x), x->contacts, x->repeats, 0, NULL};
	out->touchpoints = ARENA_ARRAY(a, struct journey_touchpoint, w->plan->n_types + 1);
	for (size_t t = 0; t < w->plan->n_types; t++) {
		const struct journey_touchpoint *here = &w->touchpoints[touchpoint(w, s, t)];
		if (here->events) out->touchpoints[out->n_touchpoints++] = (struct journey_touchpoint){(uint16_t)t, here->events, here->customers};
	}
	if (out->n_touchpoints > 1) qsort(out->touchpoints, out->n_touchpoints, sizeof *out->touchpoints, by_events);
}

static int by_count(const void *x, const void *y)
{
	const struct journey_step *a = x, *b = y;
	if (a->count != b->count) return a->count > b->count ? -1 : 1;
	return a->from != b->from ? (a->from < b->from ? -1 : 1) : a->to < b->to ? -1 : 1;
}

static void put_out(const struct worker *w, const str *names, const struct frictions *fr, struct arena *a, struct query_journey_answer *out)
{
	size_t n = w->n_stages;
	double completed = w->completed ? (double)w->completed : NAN;
	out->stages = ARENA_ARRAY(a, struct journey_stage_answer, n + 1);
	out->steps = ARENA_ARRAY(a, struct journey_step, n * n + 1);
	for (size_t s = 0; s < n; s++) {
		put_stage(w, s, str_dup(a, names[s]), a, &out->stages[s]);
		out->events += w->stages[s].events;
		for (size_t t = 0; t < n; t++) {
			size_t set = n + s * n + t;
			if (w->spread.sets[set].n) out->steps[out->n_steps++] = (struct journey_step){s, t, w->spread.sets[set].n, w->step_customers[s][t], spread_at(&w->spread, set, 0), spread_at(&w->spread, set, 1)};
		}
	}
	if (out->n_steps > 1) qsort(out->steps, out->n_steps, sizeof *out->steps, by_count);
	out->n_stages = n;
	out->complete = w->complete;
	out->customers = w->customers;
	out->completed = w->completed;
	out->contacts = (double)w->effort.contacts / completed;
	out->repeats = (double)w->effort.repeats / completed;
	out->channel_changes = (double)w->effort.channel_changes / completed;
	out->has_money = w->has_money;
	frictions_out(fr, w->meeting, w->j, w->has_money, a, out);
	out->left_out = query__left_out(w->plan, &w->left_out);
}

/* ---- money from the workspace's orders --------------------------------------------------------------------------------- */
static int by_time(const void *x, const void *y)
{
	const struct payment *a = x, *b = y;
	return (a->time_ms > b->time_ms) - (a->time_ms < b->time_ms);
}

static enum err group_sales(struct query_plan *p, const struct query_range *range, const struct query_sales *of, const struct payment **sales, const uint32_t **sales_from, struct fault *f)
{
	const struct query_people *people = &p->ctx->people;
	const struct query_sale *v = of->v;
	size_t n = of->n, kept = 0;
	if (!query__charge(p, n * (sizeof **sales + sizeof *v) + (people->n_customers + 2) * sizeof **sales_from)) return query__too_large(p, f);
	uint32_t *from = ARENA_ARRAY(p->arena, uint32_t, (size_t)people->n_customers + 3);
	struct payment *out = ARENA_ARRAY(p->arena, struct payment, n + 1);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			uint32_t c = v[i].subject <= people->n_subjects ? people->customer[v[i].subject] : 0;
			if (c == 0 || c > people->n_customers || v[i].time_ms < range->from_ms || v[i].time_ms >= range->to_ms) continue;
			if (pass == 0) from[c + 2]++;
			else out[from[c + 1]++] = (struct payment){v[i].time_ms, v[i].net, 0};
			kept += pass;
		}
		for (size_t c = 1; pass == 0 && c < (size_t)people->n_customers + 3; c++) from[c] += from[c - 1];
	}
	for (uint32_t c = 1; kept && c <= people->n_customers; c++) {
		struct payment *mine = out + from[c];
		size_t m = from[c + 1] - from[c];
		double sum = 0;
		if (m > 1) qsort(mine, m, sizeof *mine, by_time);
		for (size_t i = 0; i < m; i++) {
			mine[i].before = sum;
			sum += mine[i].net;
		}
	}
	*sales = out;
	*sales_from = from;
	return OK;
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */
struct setting {
	str names[JOURNEY_MAX_STAGES];
	size_t n, complete;
	struct journey_stages stages;
	const uint8_t *is_contact, *is_score, *is_revenue, *is_refund;
	const struct payment *sales;
	const uint32_t *sales_from;
	uint8_t *codes, *is_sure;
	int64_t known_until_ms;
	struct frictions *frictions;
	struct asked asked;
};

static enum err find_sales(struct query_plan *p, const struct query_journey *j, struct arena *a, struct query_journey_answer *out, struct setting *x, struct fault *f)
{
	struct query_sales sales;
	if (!p->ctx->sales) return OK;
	TRY(p->ctx->sales(p->ctx->arg, p->arena, j->currency, &sales, f));
	out->currency = sales.currency.n ? str_dup(a, sales.currency) : STR_NONE;
	out->other_sales = sales.others;
	return group_sales(p, &out->range, &sales, &x->sales, &x->sales_from, f);
}

static enum err find_stage(const struct setting *x, str name, const char *field, size_t *out, struct fault *f)
{
	*out = x->n;
	for (size_t i = 0; i < x->n && str_given(name); i++)
		if (str_eq(x->names[i], name)) *out = i;
	return *out == x->n && str_given(name) ? fault_set(f, ERR_INVALID, field, "the journey has no stage of this name") : OK;
}

static enum err find_asked(const struct query *q, struct setting *x, struct fault *f)
{
	const struct query_behind none = {0}, *m = q->members ? q->members : &none;
	const struct query_journey *j = q->journey;
	TRY(find_stage(x, m->stage, "members.stage", &x->asked.stage, f));
	TRY(find_stage(x, m->from, "members.from", &x->asked.from, f));
	TRY(find_stage(x, m->to, "members.to", &x->asked.to, f));
	x->asked.friction = j->n_frictions;
	for (size_t i = 0; i < j->n_frictions && str_given(m->friction); i++)
		if (str_eq(j->frictions[i].key, m->friction)) x->asked.friction = i;
	return x->asked.friction == j->n_frictions && str_given(m->friction) ? fault_set(f, ERR_INVALID, "members.friction", "no friction of the question is named so") : OK;
}

static enum err prepare(struct query_plan *p, const struct query *q, const struct journey_matches *matches, struct arena *a, struct query_journey_answer *out, struct setting *x,
	struct fault *f)
{
	const struct query_journey *j = q->journey;
	const struct query_range *range = &out->range;
	*x = (struct setting){.stages.matches = *matches};
	x->n = journey_stage_names(p->ctx, j, x->names);
	TRY(find_asked(q, x, f));
	journey_find_stages(p, j, x->names, x->n, &x->stages);
	x->complete = journey_complete_stage(p, j, x->names, x->n, x->stages.may_be_in);
	x->is_contact = query__codes(p, &j->contacts);
	x->is_score = query__codes(p, &j->scores);
	if (j->revenue.events.n) x->is_revenue = query__codes(p, &j->revenue.events);
	else TRY(find_sales(p, j, a, out, x, f));
	if (j->refund.events.n) x->is_refund = query__codes(p, &j->refund.events);
	x->known_until_ms = range->to_ms < p->ctx->now_ms ? range->to_ms : p->ctx->now_ms;
	if (p->data.has_to && p->data.to_ms < x->known_until_ms) x->known_until_ms = p->data.to_ms;
	x->frictions = frictions_new(p, j, &x->stages.matches, x->stages.may_be_in, x->names, x->n, x->known_until_ms);
	x->codes = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	x->is_sure = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	frictions_mark(x->frictions, x->codes);
	for (size_t t = 0; t <= UINT16_MAX; t++) {
		x->is_sure[t] = x->is_contact[t] || (x->is_revenue && x->is_revenue[t]) || (x->is_refund && x->is_refund[t]);
		x->codes[t] |= x->stages.of_type[t] != NO_STAGE || x->is_sure[t];
	}
	return OK;
}

static void begin(struct worker *w, struct query_walk *k, const struct query *q, const struct setting *x)
{
	const struct query_journey *j = q->journey;
	struct query_plan *p = &k->plan;
	const struct query_range *range = &k->range;
	*w = (struct worker){.walk = k, .plan = p, .q = q, .j = j, .asked = x->asked, .n_stages = x->n, .complete = x->complete, .stages_of = &x->stages, .is_contact = x->is_contact, .is_score = x->is_score,
		.is_revenue = x->is_revenue, .is_refund = x->is_refund, .frictions = x->frictions, .is_sure = x->is_sure, .sales = x->sales, .sales_from = x->sales_from, .known_until_ms = x->known_until_ms};
	arena_init(&w->arena);
	w->judge = query__judge_new(k->rules, &w->arena);
	w->want = (struct line_wants){.codes = x->codes, .from_ms = range->from_ms, .to_ms = range->to_ms, .left_out = &w->left_out, .arena = &w->arena, .channel = true, .rows = true};
	w->channels = query__groups_new(p, &(struct query){.by = QUERY_CHANNEL}, &w->arena);
	w->touchpoints = ARENA_ARRAY(&w->arena, struct journey_touchpoint, x->n * p->n_types + 1);
	w->touched_by = ARENA_ARRAY(&w->arena, uint32_t, x->n * p->n_types + 1);
	w->meeting = meeting_new(x->frictions, p, &w->arena);
	spread_init(&w->spread, p, &w->arena, RAW_MAX, SHARES, COUNT_OF(SHARES));
	(void)spread_room(&w->spread, x->n * (x->n + 1));
}

static enum err scan(struct query_plan *p, struct worker *workers, void **states, size_t n, struct fault *f)
{
	TRY(query__scan(p, visit, states, n, f));
	for (size_t i = 1; i < n; i++)
		if (!merge(&workers[0], &workers[i])) return query__too_large(p, f);
	while (spread_aim(&workers[0].spread)) {
		for (size_t i = 0; i < n; i++) workers[i].all = &workers[0].spread, workers[i].want.left_out = NULL;
		TRY(query__scan(p, visit, states, n, f));
	}
	return OK;
}

static enum err run(struct query_walk *k, const struct query *q, const struct journey_matches *matches, struct query_journey_answer *out, struct arena *a, struct fault *f)
{
	struct query_plan *p = &k->plan;
	struct setting x;
	size_t n = query__workers(p);
	struct worker *workers = ARENA_ARRAY(p->arena, struct worker, n);
	void **states = ARENA_ARRAY(p->arena, void *, n);
	TRY(prepare(p, q, matches, a, out, &x, f));
	if (!query__charge(p, n * x.n * p->n_types * (sizeof(struct journey_touchpoint) + sizeof(uint32_t)))) return query__too_large(p, f);
	for (size_t i = 0; i < n; i++) {
		begin(&workers[i], k, q, &x);
		states[i] = &workers[i];
	}
	enum err e = scan(p, workers, states, n, f);
	if (e == OK) put_out(&workers[0], x.names, x.frictions, a, out);
	for (size_t i = 0; i < n; i++) {
		query__judge_free(workers[i].judge);
		query__groups_free(workers[i].channels);
		query__line_free(&workers[i].line);
		spread_release(&workers[i].spread);
		mem_free(workers[i].repeat_ms);
		mem_free(workers[i].money);
		mem_free(workers[i].stage);
		arena_release(&workers[i].arena);
	}
	return e;
}

/* Of money from a property. */
static enum err one_currency(const struct query_context *ctx, const struct query *q, struct query_journey_answer *out, struct arena *a, struct fault *f)
{
	const struct query_match *revenue = &q->journey->revenue.events, *refund = &q->journey->refund.events;
	str *names = ARENA_ARRAY(a, str, revenue->n + refund->n + 1);
	if (!revenue->n) return OK;
	for (size_t i = 0; i < revenue->n + refund->n; i++) names[i] = i < revenue->n ? revenue->names[i] : refund->names[i - revenue->n];
	struct query_match both = {.names = names, .n = revenue->n + refund->n};
	return query__one_currency(ctx, q, &both, q->journey->revenue.property, "revenue", "leave it out and the workspace's orders are counted, of one \"currency\"", &out->currency, a, f);
}

enum err query_journey(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_journey_answer *out, struct fault *f)
{
	*out = (struct query_journey_answer){0};
	TRY(one_currency(ctx, q, out, a, f));
	struct arena scratch;
	struct query_walk walk;
	struct journey_matches matches = {0};
	const struct query_match *asked[JOURNEY_MAX_STAGES + 2 * JOURNEY_MAX_FRICTIONS];
	size_t n_asked = journey_list_matches(q->journey, &matches, asked);
	struct query_wants want = {.columns = EVENTS_CHANNEL, .property = q->journey->score_property, .by = q->journey->revenue.property};
	arena_init(&scratch);
	enum err e = query__walk_open(&walk, ctx, q, asked, n_asked, &want, &scratch, f);
	if (e == OK) out->range = walk.range;
	if (e == OK) matches.matchers = walk.matchers;
	if (e == OK) e = run(&walk, q, &matches, out, a, f);
	out->is_partial = events_view_is_partial(ctx->view);
	arena_release(&scratch);
	return e;
}
