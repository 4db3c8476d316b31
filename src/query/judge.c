/* Judging: first what the records say of the customer, then, where that leaves anything open, what they did: one line of
 * their events of the types that any deed asks for, each looked up by its type. What they may not be looked at for is not
 * in the line, so they did not do it. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include <stdio.h>
#include <string.h>

#include "query/rules_inner.h"

enum { NO_CHANNEL = UINT16_MAX + 1 /* codes of types stand behind those of channels */ };
enum { NOT_KNOWN, KNOWN_NO, KNOWN_YES };
struct query_seen { /* rows of a part that share a value, and whether it passes; first: the run begins there or before */
	uint32_t part;
	size_t first, until;
	bool passes;
};
#define NEVER INT64_MIN

struct query_judge *query__judge_new(struct query_rules *r, struct arena *a)
{
	struct query_judge *j = ARENA_NEW(a, struct query_judge);
	j->rules = r;
	j->verdicts = ARENA_ARRAY(a, uint8_t, r->roots.n + 1);
	j->facts = ARENA_ARRAY(a, uint8_t, r->facts.n + 1);
	j->counts = ARENA_ARRAY(a, uint32_t, r->deeds.n + 1);
	j->seen = ARENA_ARRAY(a, struct query_seen, r->rules.n + 1);
	j->starts = ARENA_ARRAY(a, int64_t, (r->deeds.n + 1) * CONDITION_MAX_STEPS);
	for (size_t m = 0; m < r->roots.n; m++) j->verdicts[m] = (uint8_t)query__truth(r, r->roots.v[m], -1, j->facts);
	return j;
}

void query__judge_free(struct query_judge *j)
{
	if (j) query__line_free(&j->line);
}

/* ---- one event ------------------------------------------------------------------------------------------------------------- */
static struct condition_value value_at(const struct events_values *p, uint32_t slot)
{
	static const enum query_value_kind KINDS[] = {[EVENTS_TEXT] = QUERY_VALUE_TEXT, [EVENTS_DECIMAL] = QUERY_VALUE_NUMBER, [EVENTS_DOUBLE] = QUERY_VALUE_NUMBER, [EVENTS_TRUE] = QUERY_VALUE_TRUE, [EVENTS_FALSE] = QUERY_VALUE_FALSE, [EVENTS_NULL] = QUERY_VALUE_NULL};
	uint8_t kind = events_slot_kind(p, slot);
	if (kind == EVENTS_DECIMAL) return query__number_value(events_slot_number(p, slot));
	struct condition_value v = {.kind = KINDS[kind]};
	if (kind == EVENTS_DOUBLE) v.real = events_slot_real(p, slot);
	return v;
}

static bool passes_text(const struct rule *rule, uint32_t part, const struct events_values *p, uint32_t slot)
{
	uint32_t code = (uint32_t)events_raw_at(&p->value, slot);
	atomic_uchar *known = &rule->texts[part][code];
	unsigned char is = atomic_load_explicit(known, memory_order_relaxed);
	if (is == NOT_KNOWN) {
		struct condition_value v = {.kind = QUERY_VALUE_TEXT, .text = events_text(p, code)};
		is = query__passes(rule->c, &v) ? KNOWN_YES : KNOWN_NO;
		atomic_store_explicit(known, is, memory_order_relaxed);
	}
	return is == KNOWN_YES;
}

/* Up to where the rows after it certainly share the value of the row, which has the slot. */
static size_t run_until(const struct events_values *p, size_t row, uint32_t slot)
{
	if (p->n == 0) return SIZE_MAX;
	if (p->is_sparse || !p->has_runs) return row + 1;
	if (p->starts.words) {
		uint64_t after = p->starts.words[row / 64] >> row % 64 >> 1;
		return after ? row + 1 + (size_t)__builtin_ctzll(after) : row / 64 * 64 + 64;
	}
	return slot + 1 < p->starts.ones[row / 256 + 1] ? row / 256 * 256 + p->starts.low[slot + 1] : row / 256 * 256 + 256;
}

/* A customer's rows come in order and often share a run, so most are answered by the one before. */
static bool passes_property(const struct query_judge *j, const struct rule *rule, uint32_t part, size_t row)
{
	struct query_seen *seen = &j->seen[rule - j->rules->rules.v];
	if (part == seen->part && row >= seen->first && row < seen->until) return seen->passes;
	const struct events_values *p = &j->rules->plan->parts[part].named[rule->name];
	uint32_t slot = p->n ? events_value_slot(p, (uint32_t)row) : (uint32_t)EVENTS_NO_SLOT;
	*seen = (struct query_seen){.part = part, .first = row, .until = run_until(p, row, slot)};
	if (events_slot_kind(p, slot) == EVENTS_TEXT) return seen->passes = passes_text(rule, part, p, slot);
	struct condition_value v = value_at(p, slot);
	return seen->passes = query__passes(rule->c, &v);
}

/* What a channel's or a source's code stands for; a channel that an event does not carry is the one its name is filed under. */
static str code_text(const struct query_rules *r, bool is_channel, uint32_t code, char *room, size_t room_bytes)
{
	const struct query_context *ctx = r->plan->ctx;
	if (is_channel && code < NO_CHANNEL) return events_channel_name(ctx->events, (uint16_t)code);
	if (is_channel) return ctx->channel ? ctx->channel(ctx->arg, events_type_name(ctx->events, (uint16_t)code)) : STR_NONE;
	if (ctx->source) return ctx->source(ctx->arg, (uint16_t)code);
	return (str){room, (size_t)snprintf(room, room_bytes, "%u", code)};
}

static bool passes_code(const struct query_rules *r, const struct rule *rule, uint32_t part, size_t row)
{
	bool is_channel = rule->kind == RULE_CHANNEL;
	uint32_t code = is_channel ? query__row_channel(r->plan, part, row) : query__row_source(r->plan, part, row);
	if (is_channel && !code) code = (uint32_t)NO_CHANNEL + query__row_type(r->plan, part, row);
	unsigned char is = atomic_load_explicit(&rule->codes[code], memory_order_relaxed);
	if (is == NOT_KNOWN) {
		char room[16];
		str text = code_text(r, is_channel, code, room, sizeof room);
		struct condition_value v = {.kind = text.n ? QUERY_VALUE_TEXT : QUERY_VALUE_NULL, .text = text};
		is = query__passes(rule->c, &v) ? KNOWN_YES : KNOWN_NO;
		atomic_store_explicit(&rule->codes[code], is, memory_order_relaxed);
	}
	return is == KNOWN_YES;
}

static bool in_range(const struct query_range *range, int64_t t)
{
	return (!range->has_from || t >= range->from_ms) && (!range->has_to || t < range->to_ms);
}

static bool holds(const struct query_judge *j, uint32_t number, uint32_t part, size_t row)
{
	const struct query_rules *r = j->rules;
	const struct rule *rule = &r->rules.v[number];
	bool is_all = rule->kind == RULE_ALL;
	switch (rule->kind) {
	case RULE_YES: return true;
	case RULE_TYPE: return rule->types[query__row_type(r->plan, part, row)];
	case RULE_FACT: return j->facts[rule->fact] == QUERY_YES;
	case RULE_CHANNEL:
	case RULE_SOURCE: return passes_code(r, rule, part, row);
	case RULE_PROPERTY: return passes_property(j, rule, part, row);
	case RULE_TIME: return in_range(&rule->c->range, query__row_time(r->plan, part, row));
	case RULE_NOT: return !holds(j, r->parts.v[rule->first], part, row);
	case RULE_ALL:
	case RULE_ANY: break;
	}
	for (uint32_t i = 0; i < rule->n; i++)
		if (holds(j, r->parts.v[rule->first + i], part, row) != is_all) return !is_all;
	return is_all;
}

bool query__holds(const struct query_judge *j, uint32_t matcher, uint32_t part, size_t row)
{
	return holds(j, j->rules->roots.v[matcher], part, row);
}

/* ---- rows that lie together --------------------------------------------------------------------------------------------------- */
/* Of most rows: those of open tables have none. */
static bool has_runs(const struct query_rules *r, uint32_t name)
{
	uint64_t alone = 0;
	for (size_t i = 0; i < r->plan->n_parts; i++) {
		const struct events_values *v = &r->plan->parts[i].named[name];
		if (v->n && (v->is_sparse || !v->has_runs)) alone += v->n;
	}
	return alone * 2 <= r->plan->rows;
}

static bool is_of_runs(const struct query_rules *r, uint32_t number)
{
	const struct rule *rule = &r->rules.v[number];
	if (rule->kind == RULE_YES) return true;
	if (rule->kind == RULE_NOT) return is_of_runs(r, r->parts.v[rule->first]);
	if (rule->kind == RULE_PROPERTY) return has_runs(r, rule->name);
	for (uint32_t i = 0; i < rule->n; i++)
		if (!is_of_runs(r, r->parts.v[rule->first + i])) return false;
	return rule->kind == RULE_ALL || rule->kind == RULE_ANY;
}

bool query__where_is_of_runs(const struct query_rules *r)
{
	return r->has_where && is_of_runs(r, r->where_rule);
}

/* *until: not past the row from which on it may be otherwise. */
static bool holds_until(const struct query_judge *j, uint32_t number, uint32_t part, size_t row, size_t *until)
{
	const struct query_rules *r = j->rules;
	const struct rule *rule = &r->rules.v[number];
	bool is_all = rule->kind == RULE_ALL;
	if (rule->kind == RULE_YES) return true;
	if (rule->kind == RULE_NOT) return !holds_until(j, r->parts.v[rule->first], part, row, until);
	if (rule->kind == RULE_PROPERTY) {
		bool passes = passes_property(j, rule, part, row);
		if (j->seen[number].until < *until) *until = j->seen[number].until;
		return passes;
	}
	for (uint32_t i = 0; i < rule->n; i++)
		if (holds_until(j, r->parts.v[rule->first + i], part, row, until) != is_all) return !is_all;
	return is_all;
}

void query__where_keep(const struct query_judge *j, uint32_t part, size_t first, size_t end, uint8_t *bytes)
{
	for (size_t row = first, until; row < end; row = until) {
		until = end;
		if (!holds_until(j, j->rules->where_rule, part, row, &until)) memset(bytes + (row - first), 0, until - row);
	}
}

/* ---- one customer ------------------------------------------------------------------------------------------------------------ */
static bool is_so(const struct query_rules *r, const struct fact *fact, uint32_t customer)
{
	const struct query_context *ctx = r->plan->ctx;
	bool is_known = customer && customer <= ctx->people.n_customers;
	if (fact->passes) return fact->passes[is_known && fact->trait.of_customer ? fact->trait.of_customer[customer] : 0];
	if (!is_known) return false;
	if (fact->behind) return query__is_behind(fact->behind, customer);
	uint32_t denied = ctx->people.denied ? ctx->people.denied[customer] : 0;
	if (!fact->c->is_wanted) return denied & fact->purpose;
	return !(denied & fact->purpose) && ctx->records.granted(ctx->records.arg, customer) & fact->purpose;
}

/* Step k takes over the latest start of step k - 1 that the time allowed still holds: what can be reached from an earlier
 * start can be reached from it. */
static void follow(struct query_judge *j, const struct deed *deed, uint32_t number, uint32_t i)
{
	const struct query_line *l = &j->line;
	int64_t *start = j->starts + (size_t)number * CONDITION_MAX_STEPS, t = l->time_ms[i];
	for (size_t k = deed->c->n_steps; k-- > 0;) { /* the last step first: an event is one step of a chain */
		if (k && (start[k - 1] == NEVER || (deed->c->within_ms && t - start[k - 1] > deed->c->within_ms))) continue;
		if (!query__matches(j, &deed->steps[k], l->type[i], l->part[i], l->row[i])) continue;
		start[k] = k ? start[k - 1] : t;
		if (k + 1 == deed->c->n_steps) j->counts[number]++;
	}
}

static void look_at_deeds(struct query_judge *j, uint32_t customer, const struct query_slice *slices, size_t n)
{
	const struct query_rules *r = j->rules;
	struct line_wants want = {.codes = r->deed_codes, .from_ms = INT64_MIN, .to_ms = INT64_MAX, .rows = true};
	memset(j->counts, 0, r->deeds.n * sizeof *j->counts);
	for (size_t i = 0; i < r->deeds.n * CONDITION_MAX_STEPS; i++) j->starts[i] = NEVER;
	if (customer == 0 || !query__line(&j->line, r->plan, customer, slices, n, &want)) j->line.n = 0;
	for (uint32_t i = 0; i < j->line.n; i++) {
		for (uint64_t bits = r->deed_types[j->line.type[i]]; bits; bits &= bits - 1) {
			uint32_t d = (uint32_t)__builtin_ctzll(bits);
			const struct deed *deed = &r->deeds.v[d];
			if (j->line.time_ms[i] < deed->range.from_ms || j->line.time_ms[i] >= deed->range.to_ms) continue;
			if (deed->c->kind == CONDITION_SEQUENCE) follow(j, deed, d, i);
			else j->counts[d] += query__matches(j, &deed->steps[0], j->line.type[i], j->line.part[i], j->line.row[i]);
		}
	}
	for (size_t d = 0; d < r->deeds.n; d++) {
		const struct query_condition *c = r->deeds.v[d].c;
		bool is = c->kind == CONDITION_SEQUENCE ? j->counts[d] > 0 : j->counts[d] >= c->min && j->counts[d] <= c->max;
		j->facts[r->deeds.v[d].fact] = is ? QUERY_YES : QUERY_NO;
	}
}

enum query_verdict query__judge(struct query_judge *j, uint32_t customer, const struct query_slice *slices, size_t n)
{
	const struct query_rules *r = j->rules;
	if (r->facts.n == 0) return (enum query_verdict)j->verdicts[r->where.number];
	for (size_t i = 0; i < r->facts.n; i++) {
		const struct fact *fact = &r->facts.v[i];
		bool is_deed = fact->c->kind == CONDITION_DID || fact->c->kind == CONDITION_SEQUENCE;
		j->facts[i] = is_deed ? QUERY_MAYBE : is_so(r, fact, customer) ? QUERY_YES : QUERY_NO;
	}
	if (r->deeds.n && query__truth(r, r->where_rule, -1, j->facts) != QUERY_NO) look_at_deeds(j, customer, slices, n);
	for (size_t m = 0; m < r->roots.n; m++) j->verdicts[m] = (uint8_t)query__truth(r, r->roots.v[m], -1, j->facts);
	return (enum query_verdict)j->verdicts[r->where.number];
}

void query__line_keep(struct query_line *l, const struct query_judge *j, const struct query_matcher *m)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		if (!query__matches(j, m, l->type[i], l->part[i], l->row[i])) continue;
		l->time_ms[n] = l->time_ms[i];
		l->type[n] = l->type[i];
		l->channel[n] = l->channel[i];
		l->part[n] = l->part[i];
		l->row[n] = l->row[i];
		n++;
	}
	l->n = n;
}
