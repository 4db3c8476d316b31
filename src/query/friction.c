/* Frictions: what hurts, whom, and what goes with it in money. Each rule knows by type of event where it begins and ends,
 * so an event costs two loads; the state of all rules is a customer's and small.
 *
 * Money compares like with like: customers who met it with customers who could have (they did what the rule begins with,
 * or for an error were in the stage) and did not, in bands of what they had spent before, half a decade each. Sums are kept
 * by 256 pieces that customers fall into by a hash of their number; the bootstrap draws pieces, 400 times with one seed,
 * since the variance of a sum of independent customers is that of its pieces. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/journey_inner.h"

enum { DRAWS = 400, LEAST_ALIKE = 5 };
#define NEVER INT64_MIN

struct rule {
	const struct journey_friction *f;
	uint8_t stage;
};
struct frictions {
	size_t n, n_stages;
	struct rule rules[JOURNEY_MAX_FRICTIONS];
	uint64_t *begins, *ends; /* by type, a bit a rule: may be */
	uint64_t asks_begin, asks_end; /* rules with a condition of their own */
	const struct journey_matches *matches;
	size_t n_types;
	int64_t known_until_ms;
	const str *stages;
};
struct sums { /* of a piece */
	double n, net;
};
struct tally {
	uint64_t exposed, customers, count, repeats;
	struct sums *with[FRICTION_BANDS], *without[FRICTION_BANDS]; /* FRICTION_PIECES each; made when first needed */
};
struct state { /* of the customer in hand */
	int64_t exposed, met, open, last;
	uint64_t count;
	size_t seen;
	int64_t *ring; /* of a loop: its last times */
};
struct meeting {
	const struct frictions *fr;
	struct query_plan *plan;
	struct arena *arena;
	struct tally tally[JOURNEY_MAX_FRICTIONS];
	struct state state[JOURNEY_MAX_FRICTIONS];
};

/* ---- rules by type ----------------------------------------------------------------------------------------------------- */
bool query_is_same_name(str a, str b)
{
	size_t i = 0, k = 0;
	for (;;) {
		while (i < a.n && (a.p[i] == ' ' || a.p[i] == '_' || a.p[i] == '-')) i++;
		while (k < b.n && (b.p[k] == ' ' || b.p[k] == '_' || b.p[k] == '-')) k++;
		if (i == a.n || k == b.n) return i == a.n && k == b.n;
		char x = a.p[i++], y = b.p[k++];
		if ((x >= 'A' && x <= 'Z' ? x | 32 : x) != (y >= 'A' && y <= 'Z' ? y | 32 : y)) return false;
	}
}

static bool is_one_of(const struct query_match *m, str name, bool is_folded)
{
	for (size_t i = 0; i < m->n; i++)
		if (is_folded ? query_is_same_name(m->names[i], name) : str_eq(m->names[i], name)) return true;
	return false;
}

/* By type: whether an event of it may be one of these. */
static bool may_be(const struct journey_matches *matches, uint32_t place, const struct journey_friction *f, const struct query_match *m, uint16_t type, str name)
{
	return place ? matches->matchers[place - 1].codes[type] != QUERY_NO : is_one_of(m, name, f->is_folded);
}

struct frictions *frictions_new(struct query_plan *p, const struct query_journey *j, const struct journey_matches *matches, const uint32_t *may_be_in, const str *stages, size_t n_stages,
	int64_t known_until_ms)
{
	struct frictions *fr = ARENA_NEW(p->arena, struct frictions);
	*fr = (struct frictions){.n = j->n_frictions, .n_stages = n_stages, .n_types = p->n_types, .known_until_ms = known_until_ms, .stages = stages, .matches = matches};
	fr->begins = ARENA_ARRAY(p->arena, uint64_t, p->n_types + 1);
	fr->ends = ARENA_ARRAY(p->arena, uint64_t, p->n_types + 1);
	for (size_t i = 0; i < fr->n; i++) {
		const struct journey_friction *f = &j->frictions[i];
		fr->rules[i] = (struct rule){f, NO_STAGE};
		fr->asks_begin |= (uint64_t)(matches->begins[i] > 0) << i;
		fr->asks_end |= (uint64_t)(matches->ends[i] > 0) << i;
		uint32_t stages_of_type = 0;
		for (size_t t = 0; t < p->n_types; t++) {
			str name = events_type_name(p->ctx->events, (uint16_t)t);
			if (may_be(matches, matches->begins[i], f, &f->events, (uint16_t)t, name)) {
				fr->begins[t] |= UINT64_C(1) << i;
				stages_of_type |= may_be_in[t];
			}
			if (may_be(matches, matches->ends[i], f, &f->ends, (uint16_t)t, name)) fr->ends[t] |= UINT64_C(1) << i;
		}
		if (stages_of_type) fr->rules[i].stage = (uint8_t)__builtin_ctz(stages_of_type);
		for (size_t s = 0; s < n_stages; s++)
			if (str_given(f->stage) && str_eq(f->stage, stages[s])) fr->rules[i].stage = (uint8_t)s;
	}
	return fr;
}

void frictions_mark(const struct frictions *fr, uint8_t *codes)
{
	for (size_t t = 0; t < fr->n_types; t++)
		if (fr->begins[t] || fr->ends[t]) codes[t] = 1;
}

struct meeting *meeting_new(const struct frictions *fr, struct query_plan *p, struct arena *a)
{
	struct meeting *m = ARENA_NEW(a, struct meeting);
	*m = (struct meeting){.fr = fr, .plan = p, .arena = a};
	for (size_t i = 0; i < fr->n; i++)
		if (fr->rules[i].f->kind == FRICTION_LOOP) m->state[i].ring = ARENA_ARRAY(a, int64_t, fr->rules[i].f->times);
	return m;
}

/* ---- one customer ------------------------------------------------------------------------------------------------------ */
static void meet(struct state *s, int64_t at_ms)
{
	if (s->met == NEVER) s->met = at_ms;
	s->count++;
}

/* The wait or drop in hand, if it has lasted too long by then. */
static void look_at_open(const struct journey_friction *f, struct state *s, int64_t now_ms)
{
	if (s->open != NEVER && now_ms - s->open > f->within_ms) {
		meet(s, s->open);
		s->open = NEVER;
	}
}

static void begin(const struct journey_friction *f, struct state *s, int64_t t)
{
	if (s->exposed == NEVER) s->exposed = t;
	switch (f->kind) {
	case FRICTION_WAIT:
		if (s->open == NEVER) s->open = t;
		break;
	case FRICTION_DROP:
		look_at_open(f, s, t);
		s->open = t;
		break;
	case FRICTION_ERROR: meet(s, t); break;
	case FRICTION_REPEAT:
		if (s->last != NEVER && t - s->last <= f->within_ms) meet(s, s->last);
		s->last = t;
		break;
	case FRICTION_LOOP: {
		size_t times = (size_t)f->times;
		s->ring[s->seen++ % times] = t;
		int64_t first = s->ring[s->seen % times];
		if (s->seen < times || t - first > f->within_ms) break;
		meet(s, first);
		s->seen = 0;
		break;
	}
	}
}

/* Of the rules that the type may be of, those that the event is of. */
static uint64_t only_matched(const struct query_judge *judge, const struct query_line *l, const struct query_matcher *matchers, const uint32_t *place, uint64_t may, uint64_t asks, uint32_t i)
{
	for (uint64_t open = may & asks; open; open &= open - 1) {
		int r = __builtin_ctzll(open);
		if (!query__is_at(judge, &matchers[place[r] - 1], l, i)) may &= ~(UINT64_C(1) << r);
	}
	return may;
}

static uint64_t begun(const struct frictions *fr, const struct query_judge *judge, const struct query_line *l, uint32_t i)
{
	return only_matched(judge, l, fr->matches->matchers, fr->matches->begins, fr->begins[l->type[i]], fr->asks_begin, i);
}

static uint64_t ended(const struct frictions *fr, const struct query_judge *judge, const struct query_line *l, uint32_t i)
{
	return only_matched(judge, l, fr->matches->matchers, fr->matches->ends, fr->ends[l->type[i]], fr->asks_end, i);
}

bool frictions_have(const struct frictions *fr, const struct query_judge *judge, const struct query_line *l, uint32_t i)
{
	return begun(fr, judge, l, i) || ended(fr, judge, l, i);
}

static void walk(struct meeting *m, const struct friction_case *c)
{
	const struct frictions *fr = m->fr;
	const struct query_line *l = c->line;
	for (uint32_t i = 0; i < l->n; i++) {
		uint64_t ends = ended(fr, c->judge, l, i), begins = begun(fr, c->judge, l, i);
		for (; ends; ends &= ends - 1) {
			int r = __builtin_ctzll(ends);
			look_at_open(fr->rules[r].f, &m->state[r], l->time_ms[i]);
			m->state[r].open = NEVER;
		}
		for (; begins; begins &= begins - 1) {
			int r = __builtin_ctzll(begins);
			begin(fr->rules[r].f, &m->state[r], l->time_ms[i]);
		}
	}
	for (size_t r = 0; r < fr->n; r++) look_at_open(fr->rules[r].f, &m->state[r], fr->known_until_ms);
}

/* The sum of what was paid before then, or at it as well. */
static double paid(const struct friction_case *c, int64_t until_ms, bool and_then)
{
	size_t low = 0, high = c->n_money;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (c->money[middle].time_ms < until_ms || (and_then && c->money[middle].time_ms == until_ms)) low = middle + 1;
		else high = middle;
	}
	return low ? c->money[low - 1].before + c->money[low - 1].net : 0;
}

/* Half a decade each; the first holds those who had not spent anything. */
static size_t band_of(double spent)
{
	if (!(spent > 0)) return 0;
	double band = floor(log10(spent) * 2) + 2;
	return band < 1 ? 1 : band >= FRICTION_BANDS ? FRICTION_BANDS - 1 : (size_t)band;
}

static uint64_t mixed(uint64_t x)
{
	x += UINT64_C(0x9E3779B97F4A7C15);
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

/* begin_ms: of what was or was not met, and what was spent before it makes alike. */
static void compare(struct meeting *m, struct tally *t, const struct friction_case *c, const struct journey_friction *f, int64_t begin_ms, bool has_met)
{
	int64_t at_ms = f->kind == FRICTION_WAIT || f->kind == FRICTION_DROP ? begin_ms + f->within_ms : begin_ms;
	if (at_ms + FRICTION_AFTER_MS > m->fr->known_until_ms) return;
	size_t band = band_of(paid(c, begin_ms, false));
	struct sums **pieces = has_met ? &t->with[band] : &t->without[band];
	if (!*pieces) {
		if (!query__charge(m->plan, FRICTION_PIECES * sizeof **pieces)) return;
		*pieces = ARENA_ARRAY(m->arena, struct sums, FRICTION_PIECES);
	}
	struct sums *s = &(*pieces)[mixed(c->customer) % FRICTION_PIECES];
	s->n++;
	s->net += paid(c, at_ms + FRICTION_AFTER_MS, true) - paid(c, at_ms, true);
}

uint64_t meeting_add(struct meeting *m, const struct friction_case *c)
{
	const struct frictions *fr = m->fr;
	uint64_t met = 0;
	for (size_t r = 0; r < fr->n; r++) m->state[r] = (struct state){NEVER, NEVER, NEVER, NEVER, 0, 0, m->state[r].ring};
	walk(m, c);
	for (size_t r = 0; r < fr->n; r++) {
		struct state *s = &m->state[r];
		struct tally *t = &m->tally[r];
		uint8_t stage = fr->rules[r].stage;
		if (fr->rules[r].f->kind == FRICTION_ERROR && stage != NO_STAGE && c->stage_first[stage] != INT64_MAX && (s->exposed == NEVER || c->stage_first[stage] < s->exposed))
			s->exposed = c->stage_first[stage];
		if (s->exposed == NEVER) continue;
		bool has_met = s->met != NEVER;
		t->exposed++;
		met |= (uint64_t)has_met << r;
		t->customers += has_met;
		t->count += s->count;
		for (size_t i = 0; has_met && i < c->n_repeats; i++) t->repeats += c->repeat_ms[i] > s->met && c->repeat_ms[i] - s->met <= FRICTION_AFTER_MS;
		compare(m, t, c, fr->rules[r].f, has_met ? s->met : s->exposed, has_met);
	}
	return met;
}

static void merge_pieces(struct meeting *into, struct sums **to, const struct sums *from)
{
	if (!from) return;
	if (!*to) *to = ARENA_ARRAY(into->arena, struct sums, FRICTION_PIECES);
	for (size_t i = 0; i < FRICTION_PIECES; i++) {
		(*to)[i].n += from[i].n;
		(*to)[i].net += from[i].net;
	}
}

void meeting_merge(struct meeting *into, const struct meeting *from)
{
	for (size_t r = 0; r < into->fr->n; r++) {
		struct tally *sum = &into->tally[r];
		const struct tally *t = &from->tally[r];
		sum->exposed += t->exposed;
		sum->customers += t->customers;
		sum->count += t->count;
		sum->repeats += t->repeats;
		for (size_t b = 0; b < FRICTION_BANDS; b++) {
			merge_pieces(into, &sum->with[b], t->with[b]);
			merge_pieces(into, &sum->without[b], t->without[b]);
		}
	}
}

/* ---- money ------------------------------------------------------------------------------------------------------------- */
static struct sums total(const struct sums *pieces, const double *weight)
{
	struct sums s = {0, 0};
	for (size_t i = 0; pieces && i < FRICTION_PIECES; i++) {
		double w = weight ? weight[i] : 1;
		s.n += w * pieces[i].n;
		s.net += w * pieces[i].net;
	}
	return s;
}

/* A bit for each band in which both groups have enough. */
static unsigned bands_of(const struct tally *t)
{
	unsigned bands = 0;
	for (size_t k = 0; k < FRICTION_BANDS; k++)
		if (total(t->with[k], NULL).n >= LEAST_ALIKE && total(t->without[k], NULL).n >= LEAST_ALIKE) bands |= 1U << k;
	return bands;
}

/* Over these bands, weighted by those who met it. False when there is nobody to compare. */
static bool means(const struct tally *t, unsigned bands, const double *weight, double *with, double *without, double *n_with, double *n_without)
{
	double n = 0, m = 0, a = 0, b = 0;
	for (size_t k = 0; k < FRICTION_BANDS; k++) {
		if (!(bands >> k & 1)) continue;
		struct sums x = total(t->with[k], weight), y = total(t->without[k], weight);
		if (!(x.n > 0) || !(y.n > 0)) continue;
		n += x.n;
		m += y.n;
		a += x.net;
		b += y.net / y.n * x.n;
	}
	if (!(n > 0)) return false;
	*with = a / n;
	*without = b / n;
	*n_with = n;
	*n_without = m;
	return true;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t n, double share)
{
	double place = share * (double)(n - 1);
	size_t below = (size_t)place;
	return below + 1 < n ? sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]) : sorted[n - 1];
}

static double money_of(const struct query_journey *j, const struct tally *t, double with, double without)
{
	double contacts = j->has_contact_cost ? (double)t->repeats * j->contact_cost : 0;
	return (double)t->customers * fmax(0, without - with) + contacts;
}

static void put_money(const struct query_journey *j, const struct tally *t, struct journey_friction_answer *out)
{
	double drawn[DRAWS], with, without, n, m;
	size_t kept = 0;
	uint64_t state = 1;
	unsigned bands = bands_of(t);
	if (t->customers < JOURNEY_LEAST_AFFECTED || !means(t, bands, NULL, &out->with_mean, &out->without_mean, &n, &m)) return;
	out->with = (uint64_t)n;
	out->without = (uint64_t)m;
	out->money = money_of(j, t, out->with_mean, out->without_mean);
	for (int d = 0; d < DRAWS; d++) {
		double weight[FRICTION_PIECES] = {0};
		for (size_t i = 0; i < FRICTION_PIECES; i++) weight[mixed(state++) % FRICTION_PIECES]++;
		if (means(t, bands, weight, &with, &without, &n, &m)) drawn[kept++] = money_of(j, t, with, without);
	}
	if (!kept) return;
	qsort(drawn, kept, sizeof *drawn, by_size);
	out->low = percentile(drawn, kept, 0.025);
	out->high = percentile(drawn, kept, 0.975);
}

/* ---- the answer -------------------------------------------------------------------------------------------------------- */
/* The names that were heard, of those that the rule has. */
static str heard(const struct frictions *fr, const struct meeting *all, size_t r, bool is_end, struct arena *a)
{
	str out = S("");
	const uint64_t *of = is_end ? fr->ends : fr->begins;
	for (size_t t = 0; t < fr->n_types; t++) {
		if (!(of[t] >> r & 1)) continue;
		str name = events_type_name(all->plan->ctx->events, (uint16_t)t);
		out = str_fmt(a, "%.*s%s%.*s", STR_ARG(out), out.n ? " / " : "", STR_ARG(name));
	}
	return out;
}

static int by_money(const void *x, const void *y)
{
	const struct journey_friction_answer *a = x, *b = y;
	double m = isnan(a->money) ? -1 : a->money, n = isnan(b->money) ? -1 : b->money;
	if (m != n) return m > n ? -1 : 1;
	if (a->customers != b->customers) return a->customers > b->customers ? -1 : 1;
	return str_cmp(a->rule->key, b->rule->key);
}

void frictions_out(const struct frictions *fr, const struct meeting *all, const struct query_journey *j, bool has_money, struct arena *a, struct query_journey_answer *out)
{
	out->frictions = ARENA_ARRAY(a, struct journey_friction_answer, fr->n + 1);
	for (size_t r = 0; r < fr->n; r++) {
		const struct tally *t = &all->tally[r];
		if (t->customers == 0) continue;
		struct journey_friction_answer *x = &out->frictions[out->n_frictions++];
		*x = (struct journey_friction_answer){.rule = fr->rules[r].f, .exposed = t->exposed, .customers = t->customers, .count = t->count, .repeats = t->repeats,
			.with_mean = NAN, .without_mean = NAN, .money = NAN, .low = NAN, .high = NAN, .events = heard(fr, all, r, false, a), .ends = heard(fr, all, r, true, a),
			.stage = fr->rules[r].stage == NO_STAGE ? STR_NONE : fr->stages[fr->rules[r].stage]};
		if (has_money) put_money(j, t, x);
	}
	if (out->n_frictions > 1) qsort(out->frictions, out->n_frictions, sizeof *out->frictions, by_money);
}
