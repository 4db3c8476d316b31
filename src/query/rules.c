/* Compiling: a condition becomes a tree of rules. What a type of event decides (its name, family, stage) becomes a table
 * by type; channels, sources and the texts of a part's dictionary are compared once each and remembered (workers share
 * what they find; two that find it at once find the same); what a customer decides becomes a fact. A matcher's codes are
 * the tree's truth where only the type is known. */
#include "query/rules_inner.h"

#include <string.h>

enum { TYPES = UINT16_MAX + 1, CODES = 2 * TYPES, MAX_SEGMENTS_DEEP = 8 };

static enum err compile(struct query_rules *r, const struct query_condition *c, uint32_t *out, struct fault *f);

static uint32_t add(struct query_rules *r, enum rule_kind kind, const struct query_condition *c)
{
	*VEC_ADD(&r->rules, r->plan->arena) = (struct rule){.kind = kind, .c = c};
	return (uint32_t)r->rules.n - 1;
}

static void join(struct query_rules *r, uint32_t rule, const uint32_t *parts, size_t n)
{
	r->rules.v[rule].first = (uint32_t)r->parts.n;
	r->rules.v[rule].n = (uint32_t)n;
	for (size_t i = 0; i < n; i++) VEC_PUSH(&r->parts, r->plan->arena, parts[i]);
}

enum query_verdict query__truth(const struct query_rules *r, uint32_t number, int type, const uint8_t *facts)
{
	const struct rule *rule = &r->rules.v[number];
	bool is_all = rule->kind == RULE_ALL, is_maybe = false;
	enum query_verdict part;
	switch (rule->kind) {
	case RULE_YES: return QUERY_YES;
	case RULE_TYPE: return type < 0 ? QUERY_MAYBE : rule->types[type] ? QUERY_YES : QUERY_NO;
	case RULE_FACT: return facts ? (enum query_verdict)facts[rule->fact] : QUERY_MAYBE;
	case RULE_NOT:
		part = query__truth(r, r->parts.v[rule->first], type, facts);
		return part == QUERY_MAYBE ? QUERY_MAYBE : part == QUERY_NO ? QUERY_YES : QUERY_NO;
	case RULE_ALL:
	case RULE_ANY: break;
	case RULE_CHANNEL:
	case RULE_SOURCE:
	case RULE_PROPERTY:
	case RULE_TIME: return QUERY_MAYBE;
	}
	for (uint32_t i = 0; i < rule->n; i++) {
		part = query__truth(r, r->parts.v[rule->first + i], type, facts);
		if (part == (is_all ? QUERY_NO : QUERY_YES)) return part;
		is_maybe = is_maybe || part == QUERY_MAYBE;
	}
	return is_maybe ? QUERY_MAYBE : is_all ? QUERY_YES : QUERY_NO;
}

/* ---- of events ----------------------------------------------------------------------------------------------------------- */
static struct condition_value text_or_none(str text)
{
	return text.n ? (struct condition_value){.kind = QUERY_VALUE_TEXT, .text = text} : (struct condition_value){0};
}

static uint32_t compile_types(struct query_rules *r, const struct query_condition *c)
{
	const struct query_context *ctx = r->plan->ctx;
	uint32_t rule = add(r, RULE_TYPE, c);
	uint8_t *types = ARENA_ARRAY(r->plan->arena, uint8_t, TYPES);
	for (size_t code = 0; code < r->plan->n_types; code++) {
		str event = events_type_name(ctx->events, (uint16_t)code), is = event;
		if (c->dimension == QUERY_FAMILY) is = ctx->family ? ctx->family(ctx->arg, event) : STR_NONE;
		if (c->dimension == QUERY_STAGE) is = ctx->stage ? ctx->stage(ctx->arg, event) : STR_NONE;
		struct condition_value v = text_or_none(is);
		types[code] = query__passes(c, &v);
	}
	r->rules.v[rule].types = types;
	return rule;
}

static uint32_t compile_names(struct query_rules *r, const struct query_match *m)
{
	uint32_t rule = add(r, RULE_TYPE, NULL);
	uint8_t *types = ARENA_ARRAY(r->plan->arena, uint8_t, TYPES);
	uint16_t code;
	for (size_t i = 0; i < m->n; i++)
		if (events_type_code(r->plan->ctx->events, m->names[i], &code)) types[code] = 1;
	r->rules.v[rule].types = types;
	return rule;
}

static uint32_t name_of(struct query_rules *r, str name)
{
	for (size_t i = 0; i < r->names.n; i++)
		if (str_eq(r->names.v[i], name)) return (uint32_t)i;
	VEC_PUSH(&r->names, r->plan->arena, name);
	return (uint32_t)r->names.n - 1;
}

static uint32_t compile_codes(struct query_rules *r, const struct query_condition *c)
{
	bool is_channel = c->dimension == QUERY_CHANNEL;
	uint32_t rule = add(r, is_channel ? RULE_CHANNEL : RULE_SOURCE, c);
	r->rules.v[rule].codes = ARENA_ARRAY(r->plan->arena, atomic_uchar, is_channel ? CODES : TYPES);
	r->columns |= is_channel ? EVENTS_CHANNEL : EVENTS_SOURCE;
	return rule;
}

/* ---- of customers -------------------------------------------------------------------------------------------------------- */
static uint32_t add_fact(struct query_rules *r, const struct query_condition *c, struct fact fact)
{
	uint32_t rule = add(r, RULE_FACT, c);
	fact.c = c;
	r->rules.v[rule].fact = (uint32_t)r->facts.n;
	VEC_PUSH(&r->facts, r->plan->arena, fact);
	return rule;
}

static enum err trait_of(struct query_rules *r, str name, const char *path, struct query_trait *out, struct fault *f)
{
	const struct query_records *records = &r->plan->ctx->records;
	for (size_t i = 0; i < r->traits.n; i++)
		if (str_eq(r->traits.v[i].name, name)) {
			*out = r->traits.v[i].trait;
			return OK;
		}
	if (!records->trait) return fault_set(f, ERR_INVALID, path, "traits cannot be asked here");
	TRY(records->trait(records->arg, r->plan->arena, name, out, f));
	VEC_PUSH(&r->traits, r->plan->arena, ((struct named_trait){name, *out}));
	return query__charge(r->plan, ((size_t)r->plan->ctx->people.n_customers + 1) * sizeof *out->of_customer + out->n_values * sizeof *out->values) ? OK : query__too_large(r->plan, f);
}

static enum err compile_trait(struct query_rules *r, const struct query_condition *c, uint32_t *out, struct fault *f)
{
	struct fact fact = {0};
	TRY(trait_of(r, c->name, c->path, &fact.trait, f));
	fact.passes = ARENA_ARRAY(r->plan->arena, uint8_t, fact.trait.n_values + 1);
	for (size_t i = 0; i < fact.trait.n_values; i++) {
		struct condition_value value = i ? query__value_of(fact.trait.values[i]) : (struct condition_value){0};
		fact.passes[i] = query__passes(c, &value);
	}
	*out = add_fact(r, c, fact);
	return OK;
}

static enum err compile_consent(struct query_rules *r, const struct query_condition *c, uint32_t *out, struct fault *f)
{
	const struct query_records *records = &r->plan->ctx->records;
	int bit = records->purpose ? records->purpose(records->arg, c->name) : -1;
	if (bit < 0 || bit > 31 || (c->is_wanted && !records->granted)) return fault_set(f, ERR_INVALID, c->path, "there is no purpose of this name");
	*out = add_fact(r, c, (struct fact){.purpose = UINT32_C(1) << bit});
	return OK;
}

/* A segment's deeds are those of all time before the question's end, unless it says otherwise itself. */
static enum err compile_segment(struct query_rules *r, const struct query_condition *c, uint32_t *out, struct fault *f)
{
	const struct query_records *records = &r->plan->ctx->records;
	const struct query_condition *stored;
	struct fault inner = {0};
	char room[FAULT_TEXT];
	str json = STR_NONE;
	if (r->in_segments == MAX_SEGMENTS_DEEP) return fault_set(f, ERR_INVALID, c->path, "segments name each other too deeply, or in a circle");
	if (records->segment) TRY(records->segment(records->arg, r->plan->arena, c->name, &json, f));
	if (!str_given(json)) return fault_set(f, ERR_INVALID, c->path, "there is no segment of this id");
	if (query_read_condition(r->plan->arena, r->plan->ctx->zone, json, true, &stored, &inner) != OK || !stored)
		return fault_set(f, ERR_INVALID, c->path, "the segment's condition cannot be used: %.150s", fault_text(&inner, room, sizeof room));
	r->in_segments++;
	enum err e = compile(r, stored, out, f);
	r->in_segments--;
	return e;
}

/* Asked once, before the question that it is a condition of. */
static enum err compile_behind(struct query_rules *r, const struct query_condition *c, uint32_t *out, struct fault *f)
{
	struct fault inner = {0};
	char room[FAULT_TEXT];
	struct query_behind *found = ARENA_NEW(r->plan->arena, struct query_behind);
	if (r->plan->ctx->within == MAX_SEGMENTS_DEEP) return fault_set(f, ERR_INVALID, c->path, "questions and segments name each other too deeply, or in a circle");
	enum err e = query__find_behind(r->plan->ctx, c->behind, r->plan->arena, found, &inner);
	if (e != OK) return fault_set(f, e, c->path, "%.150s", fault_text(&inner, room, sizeof room));
	*out = add_fact(r, c, (struct fact){.behind = found});
	return OK;
}

static struct query_range range_of(const struct query_rules *r, const struct query_condition *c)
{
	struct query_range range = r->range;
	if (r->in_segments) range.has_from = false, range.from_ms = INT64_MIN;
	if (c->within_ms && c->kind == CONDITION_DID) return (struct query_range){true, true, r->range.to_ms - c->within_ms, r->range.to_ms};
	if (c->range.has_from || c->range.has_to) range = (struct query_range){true, true, INT64_MIN, INT64_MAX};
	if (c->range.has_from) range.from_ms = c->range.from_ms;
	if (c->range.has_to) range.to_ms = c->range.to_ms;
	return range;
}

static enum err add_matcher(struct query_rules *r, uint32_t rule, struct query_matcher *out)
{
	uint8_t *codes = ARENA_ARRAY(r->plan->arena, uint8_t, TYPES);
	for (size_t type = 0; type < r->plan->n_types; type++) codes[type] = (uint8_t)query__truth(r, rule, (int)type, NULL);
	*out = (struct query_matcher){codes, (uint32_t)r->roots.n};
	VEC_PUSH(&r->roots, r->plan->arena, rule);
	VEC_PUSH(&r->codes, r->plan->arena, codes);
	return OK;
}

static enum err compile_match(struct query_rules *r, const struct query_match *m, bool with_where, uint32_t *out, struct fault *f)
{
	uint32_t parts[3];
	size_t n = 0;
	if (m->n) parts[n++] = compile_names(r, m);
	if (m->where) TRY(compile(r, m->where, &parts[n++], f));
	if (with_where && r->has_where) parts[n++] = r->where_rule;
	*out = n == 1 ? parts[0] : add(r, n ? RULE_ALL : RULE_YES, NULL);
	if (n > 1) join(r, *out, parts, n);
	return OK;
}

static enum err compile_deed(struct query_rules *r, const struct query_condition *c, uint32_t *out, struct fault *f)
{
	struct deed deed = {.c = c, .range = range_of(r, c)};
	uint32_t rule;
	if (r->deeds.n == RULES_MAX_DEEDS) return fault_set(f, ERR_INVALID, c->path, "more than %d of did and sequence in one question", RULES_MAX_DEEDS);
	for (size_t i = 0; i < c->n_steps; i++) {
		TRY(compile_match(r, &c->steps[i], false, &rule, f));
		TRY(add_matcher(r, rule, &deed.steps[i]));
	}
	*out = add_fact(r, c, (struct fact){.deed = (uint32_t)r->deeds.n});
	deed.fact = r->rules.v[*out].fact;
	VEC_PUSH(&r->deeds, r->plan->arena, deed);
	return OK;
}

/* ---- all ------------------------------------------------------------------------------------------------------------------ */
static enum err compile_named(struct query_rules *r, const struct query_condition *c, uint32_t *out, struct fault *f)
{
	switch (c->dimension) {
	case QUERY_TRAIT: return compile_trait(r, c, out, f);
	case QUERY_CHANNEL:
	case QUERY_SOURCE: *out = compile_codes(r, c); break;
	case QUERY_TYPE:
	case QUERY_FAMILY:
	case QUERY_STAGE: *out = compile_types(r, c); break;
	case QUERY_NONE:
	case QUERY_PROPERTY:
		*out = add(r, RULE_PROPERTY, c);
		r->rules.v[*out].name = name_of(r, c->name);
	}
	return OK;
}

static enum err compile_joined(struct query_rules *r, const struct query_condition *c, uint32_t *out, struct fault *f)
{
	uint32_t *parts = ARENA_ARRAY(r->plan->arena, uint32_t, c->n_parts);
	for (size_t i = 0; i < c->n_parts; i++) TRY(compile(r, c->parts[i], &parts[i], f));
	*out = add(r, c->kind == CONDITION_ALL ? RULE_ALL : c->kind == CONDITION_ANY ? RULE_ANY : RULE_NOT, c);
	join(r, *out, parts, c->n_parts);
	return OK;
}

static enum err compile(struct query_rules *r, const struct query_condition *c, uint32_t *out, struct fault *f)
{
	switch (c->kind) {
	case CONDITION_ALL:
	case CONDITION_ANY:
	case CONDITION_NOT: return compile_joined(r, c, out, f);
	case CONDITION_EVENT: *out = compile_names(r, &c->match); return OK;
	case CONDITION_NAMED: return compile_named(r, c, out, f);
	case CONDITION_TIME: *out = add(r, RULE_TIME, c); return OK;
	case CONDITION_CONSENT: return compile_consent(r, c, out, f);
	case CONDITION_SEGMENT: return compile_segment(r, c, out, f);
	case CONDITION_BEHIND: return compile_behind(r, c, out, f);
	case CONDITION_DID:
	case CONDITION_SEQUENCE: break;
	}
	return compile_deed(r, c, out, f);
}

enum err query__rules(struct query_plan *p, const struct query *q, struct query_rules **out, struct fault *f)
{
	struct query_rules *r = *out = ARENA_NEW(p->arena, struct query_rules);
	r->plan = p;
	r->q = q;
	r->range = query__range(p, q);
	if (q->by == QUERY_TRAIT) TRY(trait_of(r, q->by_property, "by", &p->by_trait, f));
	if (q->where) TRY(compile(r, q->where, &r->where_rule, f));
	else r->where_rule = add(r, RULE_YES, NULL);
	r->has_where = q->where != NULL;
	return add_matcher(r, r->where_rule, &r->where);
}

enum err query__matcher(struct query_rules *r, const struct query_match *m, struct query_matcher *out, struct fault *f)
{
	uint32_t rule;
	TRY(compile_match(r, m, true, &rule, f));
	return add_matcher(r, rule, out);
}

const struct query_matcher *query__where(const struct query_rules *r)
{
	return &r->where;
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------- */
void query__rules_want(struct query_rules *r, struct query_wants *want, int64_t *from_ms, int64_t *to_ms)
{
	str *names = ARENA_ARRAY(r->plan->arena, str, r->names.n + want->n_own + 1);
	for (size_t i = 0; i < r->names.n + want->n_own; i++) names[i] = i < r->names.n ? r->names.v[i] : want->own[i - r->names.n];
	want->names = names;
	want->n_names = r->names.n + want->n_own;
	r->plan->first_own = r->names.n;
	want->columns |= r->columns;
	want->lines = want->lines || r->deeds.n;
	for (size_t i = 0; i < r->deeds.n; i++) {
		if (r->deeds.v[i].range.from_ms < *from_ms) *from_ms = r->deeds.v[i].range.from_ms;
		if (r->deeds.v[i].range.to_ms > *to_ms) *to_ms = r->deeds.v[i].range.to_ms;
	}
}

bool query__rules_need_events(const struct query_rules *r)
{
	return r->deeds.n > 0;
}

static enum err bind_texts(struct query_rules *r, struct rule *rule, struct fault *f)
{
	struct query_plan *p = r->plan;
	rule->texts = ARENA_ARRAY(p->arena, atomic_uchar *, p->n_parts + 1);
	for (size_t i = 0; i < p->n_parts; i++) {
		const struct events_values *property = &p->parts[i].named[rule->name];
		if (!property->n) continue;
		if (!query__charge(p, property->n_texts)) return query__too_large(p, f);
		rule->texts[i] = ARENA_ARRAY(p->arena, atomic_uchar, property->n_texts + 1);
	}
	return OK;
}

void query__rules_codes(const struct query_rules *r, uint8_t *codes)
{
	for (size_t type = 0; type < TYPES && r->deeds.n; type++) codes[type] |= r->deed_codes[type];
}

enum err query__rules_bind(struct query_rules *r, struct fault *f)
{
	for (size_t i = 0; i < r->rules.n; i++)
		if (r->rules.v[i].kind == RULE_PROPERTY) TRY(bind_texts(r, &r->rules.v[i], f));
	if (r->deeds.n == 0) return OK;
	r->deed_types = ARENA_ARRAY(r->plan->arena, uint64_t, TYPES);
	r->deed_codes = ARENA_ARRAY(r->plan->arena, uint8_t, TYPES);
	for (size_t d = 0; d < r->deeds.n; d++)
		for (size_t s = 0; s < r->deeds.v[d].c->n_steps; s++)
			for (size_t type = 0; type < TYPES; type++)
				if (r->deeds.v[d].steps[s].codes[type] != QUERY_NO) r->deed_types[type] |= UINT64_C(1) << d, r->deed_codes[type] = 1;
	return OK;
}
