/* The values of `by`: each worker gives them numbers in order of appearance. Codes (types, channels, sources, the texts
 * of a part's dictionary) are translated through arrays, so that a row costs one or two loads; numbers are remembered
 * by their last value, since equal ones come together, and looked up by their text otherwise. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "query/inner.h"

#define UNKNOWN UINT32_MAX

/* A channel that an event does not carry is the one its name is filed under: codes of types stand behind those of channels. */
enum { OF_TYPE = UINT16_MAX + 1, CODES = 2 * OF_TYPE };

struct query_groups {
	struct query_plan *plan;
	struct arena *arena;
	enum query_dimension dimension;
	bool is_property; /* values are those of the part's `property`, not `by` */
	struct map by_key; /* one byte of kind, then the text */
	VEC(struct query_value) values;
	uint32_t *of_code;  /* by type, channel or source code, CODES of them; UNKNOWN = not met yet */
	uint32_t **of_text; /* by part, by index of its dictionary */
	uint32_t of_kind[EVENTS_NULL + 1]; /* absent, true, false, null */
	bool has_number;
	struct decimal number;
	uint32_t of_number;
	bool has_last;        /* the row looked up last */
	uint32_t last_part, last_row, last_slot;
	uint32_t of_customer; /* of a trait: the value of the customer in hand */
};

static struct query_groups *groups(struct query_plan *p, enum query_dimension dimension, bool is_property, struct arena *a)
{
	struct query_groups *g = ARENA_NEW(a, struct query_groups);
	*g = (struct query_groups){.plan = p, .arena = a, .dimension = dimension, .is_property = is_property};
	map_init(&g->by_key);
	memset(g->of_kind, 0xff, sizeof g->of_kind);
	if (dimension == QUERY_PROPERTY) g->of_text = ARENA_ARRAY(a, uint32_t *, p->n_parts + 1);
	else if (dimension != QUERY_NONE) {
		size_t n = dimension == QUERY_TRAIT ? p->by_trait.n_values + 1 : CODES;
		g->of_code = ARENA_ARRAY(a, uint32_t, n);
		memset(g->of_code, 0xff, n * sizeof *g->of_code);
	} else (void)query__group_of(g, (struct query_value){0});
	return g;
}

struct query_groups *query__groups_new(struct query_plan *p, const struct query *q, struct arena *a)
{
	return groups(p, q->by, false, a);
}

struct query_groups *query__groups_of(struct query_plan *p, enum query_dimension dimension, struct arena *a)
{
	return groups(p, dimension, true, a);
}

bool query__dimension_needs_row(enum query_dimension d)
{
	return d == QUERY_PROPERTY || d == QUERY_SOURCE;
}

unsigned query__dimension_columns(enum query_dimension d)
{
	return d == QUERY_CHANNEL ? EVENTS_CHANNEL : d == QUERY_SOURCE ? EVENTS_SOURCE : 0;
}

static const struct events_values *property_of(const struct query_groups *g, uint32_t part)
{
	return g->is_property ? &g->plan->parts[part].property : &g->plan->parts[part].by;
}

void query__groups_free(struct query_groups *g)
{
	map_release(&g->by_key);
}

uint32_t query__group_of(struct query_groups *g, struct query_value value)
{
	char room[256];
	char *key = value.text.n + 1 <= sizeof room ? room : mem_alloc(value.text.n + 1);
	key[0] = (char)value.kind;
	if (value.text.n) memcpy(key + 1, value.text.p, value.text.n);
	str whole = {key, value.text.n + 1};
	uint64_t *known = map_get(&g->by_key, whole);
	uint32_t number = known ? (uint32_t)*known : (uint32_t)g->values.n;
	if (!known && query__charge(g->plan, sizeof value + 2 * value.text.n + 64)) {
		str kept = str_dup(g->arena, whole);
		*map_put(&g->by_key, kept, NULL) = number;
		VEC_PUSH(&g->values, g->arena, ((struct query_value){value.kind, str_sub(kept, 1, kept.n)}));
	} else if (!known) number = UNKNOWN;
	if (key != room) mem_free(key);
	return number;
}

static struct query_value text_value(str s)
{
	return s.n ? (struct query_value){QUERY_VALUE_TEXT, s} : (struct query_value){0};
}

static struct query_value value_of_code(struct query_groups *g, uint32_t wide)
{
	const struct query_context *ctx = g->plan->ctx;
	uint16_t code = (uint16_t)wide;
	switch (g->dimension) {
	case QUERY_TYPE: return text_value(events_type_name(ctx->events, code));
	case QUERY_CHANNEL:
		if (wide < OF_TYPE) return text_value(events_channel_name(ctx->events, code));
		return text_value(ctx->channel ? ctx->channel(ctx->arg, events_type_name(ctx->events, code)) : STR_NONE);
	case QUERY_FAMILY: return text_value(ctx->family ? ctx->family(ctx->arg, events_type_name(ctx->events, code)) : STR_NONE);
	case QUERY_STAGE: return text_value(ctx->stage ? ctx->stage(ctx->arg, events_type_name(ctx->events, code)) : STR_NONE);
	case QUERY_SOURCE: return text_value(ctx->source ? ctx->source(ctx->arg, code) : str_fmt(g->arena, "%u", code));
	case QUERY_NONE:
	case QUERY_TRAIT:
	case QUERY_PROPERTY: break;
	}
	return (struct query_value){0};
}

void query__groups_customer(struct query_groups *g, uint32_t customer)
{
	if (g->dimension != QUERY_TRAIT) return;
	const struct query_trait *trait = &g->plan->by_trait;
	uint32_t value = trait->of_customer && customer <= g->plan->ctx->people.n_customers ? trait->of_customer[customer] : 0;
	if (g->of_code[value] == UNKNOWN) g->of_code[value] = query__group_of(g, value ? trait->values[value] : (struct query_value){0});
	g->of_customer = g->of_code[value];
}

static uint32_t group_of_text(struct query_groups *g, uint32_t part, uint32_t index)
{
	const struct events_values *p = property_of(g, part);
	uint32_t *of_text = g->of_text[part];
	if (!of_text) {
		size_t bytes = (p->n_texts + 1) * sizeof *of_text;
		if (!query__charge(g->plan, bytes)) return UNKNOWN;
		of_text = g->of_text[part] = arena_alloc(g->arena, bytes);
		memset(of_text, 0xff, bytes);
	}
	/* A text that is empty was sent so: it is a value, not the want of one. */
	if (of_text[index] == UNKNOWN) of_text[index] = query__group_of(g, (struct query_value){QUERY_VALUE_TEXT, events_text(p, index)});
	return of_text[index];
}

static uint32_t group_of_number(struct query_groups *g, struct decimal d)
{
	if (g->has_number && g->number.mantissa == d.mantissa && g->number.exponent == d.exponent) return g->of_number;
	struct arena scratch;
	arena_init(&scratch);
	g->of_number = query__group_of(g, (struct query_value){QUERY_VALUE_NUMBER, decimal_show(&scratch, d)});
	arena_release(&scratch);
	g->number = d;
	g->has_number = true;
	return g->of_number;
}

static uint32_t group_of_real(struct query_groups *g, double real)
{
	struct decimal d;
	if (decimal_of_double(real, &d)) return group_of_number(g, d);
	char text[40];
	int n = snprintf(text, sizeof text, "%.17g", real);
	return query__group_of(g, (struct query_value){QUERY_VALUE_NUMBER, {text, (size_t)n}});
}

/* Rows come in order, and a customer's often share a run: then it is the last slot, or one a little further. */
static uint32_t slot_of(struct query_groups *g, const struct events_values *v, uint32_t part, uint32_t row)
{
	if (v->is_sparse || !v->has_runs) return events_value_slot(v, row);
	bool is_near = g->has_last && g->last_part == part && row >= g->last_row && row >> 6 == g->last_row >> 6;
	if (!is_near) {
		g->last_slot = events_value_slot(v, row);
	} else if (v->starts.words) {
		uint64_t after = v->starts.words[row >> 6] >> (g->last_row & 63) >> 1; /* starts behind the last row … */
		g->last_slot += (uint32_t)__builtin_popcountll(after & ((UINT64_C(1) << (row - g->last_row)) - 1)); /* … up to this one */
	} else {
		uint32_t end = v->starts.ones[(row >> 8) + 1];
		while (g->last_slot + 1 < end && v->starts.low[g->last_slot + 1] <= (row & 255)) g->last_slot++;
	}
	g->has_last = true;
	g->last_part = part;
	g->last_row = row;
	return g->last_slot;
}

static uint32_t group_of_slot(struct query_groups *g, uint32_t part, uint32_t slot)
{
	static const enum query_value_kind KINDS[] = {[EVENTS_TRUE] = QUERY_VALUE_TRUE, [EVENTS_FALSE] = QUERY_VALUE_FALSE, [EVENTS_NULL] = QUERY_VALUE_NULL};
	const struct events_values *p = property_of(g, part);
	uint8_t kind = events_slot_kind(p, slot);
	if (kind == EVENTS_TEXT) return group_of_text(g, part, (uint32_t)events_raw_at(&p->value, slot));
	if (kind == EVENTS_DECIMAL) return group_of_number(g, events_slot_number(p, slot));
	if (kind == EVENTS_DOUBLE) return group_of_real(g, events_slot_real(p, slot));
	if (g->of_kind[kind] == UNKNOWN) g->of_kind[kind] = query__group_of(g, (struct query_value){KINDS[kind], STR_NONE});
	return g->of_kind[kind];
}

static uint32_t group_of_property(struct query_groups *g, uint32_t part, size_t row)
{
	const struct events_values *p = property_of(g, part);
	return group_of_slot(g, part, p->n ? slot_of(g, p, part, (uint32_t)row) : (uint32_t)EVENTS_NO_SLOT);
}

uint32_t query__group(struct query_groups *g, uint32_t part, size_t row)
{
	const struct query_plan *p = g->plan;
	uint32_t code = 0;
	switch (g->dimension) {
	case QUERY_NONE: return 0;
	case QUERY_TRAIT: return g->of_customer;
	case QUERY_PROPERTY: return group_of_property(g, part, row);
	case QUERY_TYPE:
	case QUERY_FAMILY:
	case QUERY_STAGE: code = query__row_type(p, part, row); break;
	case QUERY_CHANNEL:
		code = query__row_channel(p, part, row);
		if (!code) code = (uint32_t)OF_TYPE + query__row_type(p, part, row);
		break;
	case QUERY_SOURCE: code = query__row_source(p, part, row); break;
	}
	if (g->of_code[code] == UNKNOWN) g->of_code[code] = query__group_of(g, value_of_code(g, code));
	return g->of_code[code];
}

uint32_t query__group_of_event(struct query_groups *g, uint16_t type, uint16_t channel)
{
	if (g->dimension == QUERY_NONE) return 0;
	if (g->dimension == QUERY_TRAIT) return g->of_customer;
	uint32_t code = g->dimension != QUERY_CHANNEL ? type : channel ? channel : (uint32_t)OF_TYPE + type;
	if (g->of_code[code] == UNKNOWN) g->of_code[code] = query__group_of(g, value_of_code(g, code));
	return g->of_code[code];
}

/* What a customer's rows in a part have in common is looked up once: when the first and the last lie in one run. */
bool query__group_of_rows(struct query_groups *g, uint32_t part, size_t first, size_t end, uint32_t *out)
{
	if (g->dimension == QUERY_NONE || g->dimension == QUERY_TRAIT) *out = query__group_of_event(g, 0, 0);
	if (g->dimension != QUERY_PROPERTY) return g->dimension == QUERY_NONE || g->dimension == QUERY_TRAIT;
	const struct events_values *p = property_of(g, part);
	if (first == end || !p->n || p->is_sparse || !p->has_runs) return false;
	uint32_t slot = slot_of(g, p, part, (uint32_t)first);
	if (slot != slot_of(g, p, part, (uint32_t)end - 1)) return false;
	*out = group_of_slot(g, part, slot);
	return true;
}

static void groups_of_rows(struct query_groups *g, uint32_t part, const uint32_t *rows, uint32_t n, uint32_t *out)
{
	uint32_t group;
	bool is_same = query__group_of_rows(g, part, rows[0], (size_t)rows[n - 1] + 1, &group);
	for (uint32_t i = 0; i < n; i++) out[i] = is_same ? group : query__group(g, part, rows[i]);
}

void query__groups_line(struct query_groups *g, const struct query_line *l, bool has_channel, uint32_t *out)
{
	if (!query__dimension_needs_row(g->dimension)) {
		for (uint32_t i = 0; i < l->n; i++) out[i] = query__group_of_event(g, l->type[i], has_channel ? l->channel[i] : 0);
		return;
	}
	for (uint32_t i = 0, end; i < l->n; i = end) {
		for (end = i + 1; end < l->n && l->part[end] == l->part[i];) end++;
		groups_of_rows(g, l->part[i], l->row + i, end - i, out + i);
	}
}

size_t query__groups_count(const struct query_groups *g)
{
	return g->values.n;
}

struct query_value query__group_value(const struct query_groups *g, uint32_t i)
{
	return g->values.v[i];
}

/* Texts before numbers, numbers by size, null last. */
int query__value_cmp(const struct query_value *a, const struct query_value *b)
{
	static const int RANK[] = {[QUERY_VALUE_TEXT] = 0, [QUERY_VALUE_NUMBER] = 1, [QUERY_VALUE_FALSE] = 2, [QUERY_VALUE_TRUE] = 3, [QUERY_VALUE_NULL] = 4};
	if (a->kind != b->kind) return RANK[a->kind] - RANK[b->kind];
	double x, y;
	if (a->kind == QUERY_VALUE_NUMBER && str_f64(a->text, &x) && str_f64(b->text, &y) && x != y) return x < y ? -1 : 1;
	return str_cmp(a->text, b->text);
}
