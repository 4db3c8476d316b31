/* Planning: the bounds of the data, the parts and columns that a question has to read, and what it may cost. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include <stdlib.h>

#include "base/vec.h"
#include "query/condition.h"
#include "query/inner.h"

static void find_bounds(struct query_plan *p)
{
	p->data = (struct query_range){.from_ms = INT64_MAX, .to_ms = INT64_MIN};
	for (size_t i = 0; i < events_view_parts(p->ctx->view); i++) {
		struct events_part *part = events_view_part(p->ctx->view, i);
		if (events_part_rows(part) == 0) continue;
		p->data.has_from = p->data.has_to = true;
		if (events_part_min_ms(part) < p->data.from_ms) p->data.from_ms = events_part_min_ms(part);
		if (events_part_max_ms(part) > p->data.to_ms) p->data.to_ms = events_part_max_ms(part);
	}
	if (!p->data.has_from) p->data.from_ms = p->data.to_ms = 0;
	p->data.to_ms++;
}

enum err query__plan(const struct query_context *ctx, struct arena *a, struct query_plan *p, struct fault *f)
{
	*p = (struct query_plan){.ctx = ctx, .arena = a};
	p->memory_max = ctx->memory_max ? ctx->memory_max : QUERY_MEMORY_DEFAULT;
	p->n_types = events_type_count(ctx->events);
	find_bounds(p);
	(void)f;
	return OK;
}

/* Most often purposes are the same in all rows (values of no width, though a slot a row) or in long runs. */
static void find_allowed(struct query_part *part, uint32_t purpose)
{
	size_t allowed = 0, n = part->s.purposes.n_slots;
	if (n && part->s.purposes.value.width == 0) n = 1;
	for (size_t i = 0; i < n && i < 32768; i++) allowed += ((uint32_t)events_raw_at(&part->s.purposes.value, i) & purpose) != 0;
	part->allows = n > 32768 || (allowed && allowed < n) ? ALLOWS_SOME : allowed ? ALLOWS_ALL : ALLOWS_NONE;
}

static bool types_are_codes(const struct events_scan *s)
{
	size_t n = 0;
	while (n < s->n_types && s->types[n] == n) n++;
	return n == s->n_types;
}

static int by_first_time(const void *x, const void *y)
{
	const struct query_part *a = x, *b = y;
	return a->min_ms < b->min_ms ? -1 : a->min_ms > b->min_ms;
}

enum err query__parts(struct query_plan *p, int64_t from_ms, int64_t to_ms, const struct query_wants *want, struct fault *f)
{
	size_t n = events_view_parts(p->ctx->view);
	unsigned columns = EVENTS_TIME | EVENTS_TYPE | EVENTS_PURPOSES | want->columns | (want->lines ? EVENTS_ARRIVAL : 0);
	p->parts = ARENA_ARRAY(p->arena, struct query_part, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct events_part *part = events_view_part(p->ctx->view, i);
		if (events_part_rows(part) == 0 || events_part_max_ms(part) < from_ms || events_part_min_ms(part) >= to_ms) continue;
		struct query_part *out = &p->parts[p->n_parts++];
		TRY(events_part_scan(part, columns, &out->s, f));
		out->min_ms = events_part_min_ms(part);
		out->max_ms = events_part_max_ms(part);
		find_allowed(out, p->ctx->purpose);
		out->types_are_codes = types_are_codes(&out->s);
		if (str_given(want->property)) TRY(events_part_values(part, want->property, &out->property, f));
		if (str_given(want->by)) TRY(events_part_values(part, want->by, &out->by, f));
		out->named = ARENA_ARRAY(p->arena, struct events_values, want->n_names + 1);
		for (size_t k = 0; k < want->n_names; k++) TRY(events_part_values(part, want->names[k], &out->named[k], f));
		out->n = out->s.n;
		p->rows += out->n;
		if (p->ctx->cancelled && atomic_load_explicit(p->ctx->cancelled, memory_order_relaxed)) return fault_set(f, ERR_STATE, "", "the question was cancelled");
	}
	if (p->n_parts > 1) qsort(p->parts, p->n_parts, sizeof *p->parts, by_first_time);
	p->parts_follow = true;
	for (size_t i = 1; i < p->n_parts; i++) p->parts_follow &= p->parts[i - 1].max_ms < p->parts[i].min_ms;
	return OK;
}

struct query_range query__range(const struct query_plan *p, const struct query *q)
{
	struct query_range r = q->range;
	if (!r.has_from) r.has_from = p->data.has_from, r.from_ms = p->data.from_ms;
	if (!r.has_to) r.has_to = p->data.has_to, r.to_ms = p->data.to_ms;
	return r;
}

uint8_t *query__codes(const struct query_plan *p, const struct query_match *m)
{
	uint8_t *codes = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	if (m->n == 0) {
		for (size_t i = 0; i <= UINT16_MAX; i++) codes[i] = 1;
		return codes;
	}
	for (size_t i = 0; i < m->n; i++) {
		uint16_t code;
		if (events_type_code(p->ctx->events, m->names[i], &code)) codes[code] = 1;
	}
	return codes;
}

bool query__number(const struct query_plan *p, uint32_t part, size_t row, bool is_by, double *out)
{
	return query__number_of(is_by ? &p->parts[part].by : &p->parts[part].property, row, out);
}

bool query__number_of(const struct events_values *v, size_t row, double *out)
{
	uint32_t slot = v->n ? events_value_slot(v, (uint32_t)row) : (uint32_t)EVENTS_NO_SLOT;
	uint8_t kind = events_slot_kind(v, slot);
	if (kind == EVENTS_DECIMAL) *out = decimal_to_double(events_slot_scaled(v, slot));
	else if (kind == EVENTS_DOUBLE) *out = events_slot_real(v, slot);
	else return false;
	return true;
}

bool query__sum_number(const struct events_values *v, uint32_t row, struct decimal_sum *sum)
{
	uint32_t slot = v->n ? events_value_slot(v, row) : (uint32_t)EVENTS_NO_SLOT;
	uint8_t kind = events_slot_kind(v, slot);
	if (kind == EVENTS_DECIMAL) decimal_sum_add(sum, events_slot_number(v, slot));
	else if (kind == EVENTS_DOUBLE) decimal_sum_add_double(sum, events_slot_real(v, slot));
	else return false;
	return true;
}

bool query__charge(struct query_plan *p, size_t bytes)
{
	if (atomic_fetch_add(&p->memory, bytes) + bytes <= p->memory_max) return true;
	atomic_store(&p->is_out_of_memory, true);
	return false;
}

/* ---- left out ---------------------------------------------------------------------------------------------------- */
void query__leave_out(struct query_plan *p, struct query_tally_out *t, struct arena *a, uint32_t customer)
{
	t->events++;
	if (customer == 0) return;
	if (!t->customers) {
		size_t words = p->ctx->people.n_customers / 64 + 1;
		(void)query__charge(p, words * sizeof *t->customers); /* past the cap the scan ends by itself */
		t->customers = ARENA_ARRAY(a, uint64_t, words);
	}
	t->customers[customer / 64] |= UINT64_C(1) << customer % 64;
}

void query__leave_out_merge(const struct query_plan *p, struct query_tally_out *into, const struct query_tally_out *from, struct arena *a)
{
	into->events += from->events;
	if (!from->customers) return;
	size_t words = p->ctx->people.n_customers / 64 + 1;
	if (!into->customers) into->customers = ARENA_ARRAY(a, uint64_t, words);
	for (size_t i = 0; i < words; i++) into->customers[i] |= from->customers[i];
}

struct query_left_out query__left_out(const struct query_plan *p, const struct query_tally_out *t)
{
	struct query_left_out out = {.events = t->events};
	if (!t->customers) return out;
	for (size_t i = 0; i < p->ctx->people.n_customers / 64 + 1; i++) out.customers += (uint64_t)__builtin_popcountll(t->customers[i]);
	return out;
}

str query__names(struct arena *a, const struct query_match *m)
{
	str names = m->n ? str_join(a, m->names, m->n, S(" or ")) : S("any event");
	return m->where ? str_fmt(a, "%.*s where %.*s", STR_ARG(names), STR_ARG(query__condition_words(a, m->where))) : names;
}
