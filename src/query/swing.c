#include "query/swing.h"

#include <stdlib.h>
#include <xxhash.h>

#include "query/bits.h"

#define NO_SWING UINT32_MAX /* an event of the channel changes nothing */

void swings_init(struct swings *s, struct query_plan *p, struct arena *a)
{
	*s = (struct swings){.plan = p, .arena = a, .as = ARENA_ARRAY(a, uint32_t, (size_t)UINT16_MAX + 1)};
	s->channels = query__groups_new(p, &(struct query){.by = QUERY_CHANNEL}, a);
	hashed_init(&s->of, p);
}

void swings_release(struct swings *s)
{
	query__groups_free(s->channels);
	hashed_release(&s->of);
}

/* NULL: out of memory. */
static struct swing *swing_of(struct swings *s, uint32_t a, uint32_t b)
{
	bool is_new, is_near = a < SWINGS_NEAR && b < SWINGS_NEAR;
	uint64_t key = (uint64_t)a << 32 | b;
	if (is_near && s->near[a][b]) return &s->list.v[s->near[a][b] - 1];
	struct hashed_slot *slot = hashed_at(&s->of, XXH3_64bits(&key, sizeof key), &is_new);
	if (!slot || (is_new && !query__charge(s->plan, 2 * sizeof(struct swing)))) return NULL;
	if (is_new) {
		slot->first = (uint32_t)s->list.n;
		VEC_PUSH(&s->list, s->arena, ((struct swing){.key = key}));
	}
	if (is_near) s->near[a][b] = slot->first + 1;
	return &s->list.v[slot->first];
}

static uint32_t find_channel(struct swings *s, uint16_t type, uint16_t code)
{
	uint32_t channel = query__group_of_event(s->channels, type, code);
	uint32_t as = channel == UINT32_MAX || query__group_value(s->channels, channel).kind == QUERY_VALUE_NULL ? NO_SWING : channel + 1;
	if (code) s->as[code] = as; /* without one it is that of the type */
	return as;
}

/* Which of at most 64 events are of another channel than the event before, or of none of their own. */
static uint64_t changes(const uint16_t *channel, bool is_first, size_t n)
{
	static const uint16_t NONE[64] = {0};
	uint64_t all = n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX, none = query__mark_same(channel, NONE, n);
	return ((is_first ? ~(query__mark_same(channel + 1, channel, n - 1) << 1) : ~query__mark_same(channel, channel - 1, n)) & all) | none;
}

/* Channels one after the other, equal ones as one: a, b and a again. An event without a channel changes nothing. */
struct course { /* of a case */
	uint32_t before, now;
};
/* False: out of memory. */
static inline bool go_on(struct swings *s, struct course *c, uint64_t case_number, uint16_t type, uint16_t channel)
{
	uint32_t as = s->as[channel] ? s->as[channel] : find_channel(s, type, channel);
	if (as == c->now || as == NO_SWING) return true;
	if (as == c->before) {
		struct swing *x = swing_of(s, c->before - 1, c->now - 1);
		if (!x) return false;
		x->count++;
		x->cases += x->last_case != case_number;
		x->last_case = case_number;
	}
	*c = (struct course){c->now, as};
	return true;
}

void swings_count(struct swings *s, uint64_t case_number, uint32_t n, const uint16_t *type, const uint16_t *channel)
{
	struct course c = {0};
	for (uint32_t at = 0; at < n; at += 64)
		for (uint64_t changed = changes(channel + at, at == 0, n - at < 64 ? n - at : 64); changed; changed &= changed - 1) {
			uint32_t i = at + (uint32_t)__builtin_ctzll(changed);
			if (!go_on(s, &c, case_number, type[i], channel[i])) return;
		}
}

void swings_count_bytes(struct swings *s, uint64_t case_number, uint32_t n, const uint8_t *type, const uint8_t *channel)
{
	struct course c = {0};
	(void)(n && go_on(s, &c, case_number, type[0], channel[0]));
	for (uint32_t at = 1; at < n; at += 64) {
		uint64_t all = n - at < 64 ? (UINT64_C(1) << (n - at)) - 1 : UINT64_MAX;
		for (uint64_t changed = (~same_bytes(channel + at, channel + at - 1) | same_as(channel + at, 0)) & all; changed; changed &= changed - 1) {
			uint32_t i = at + (uint32_t)__builtin_ctzll(changed);
			if (!go_on(s, &c, case_number, type[i], channel[i])) return;
		}
	}
}

bool swings_merge(struct swings *into, const struct swings *from)
{
	for (size_t i = 0; i < from->list.n; i++) {
		const struct swing *x = &from->list.v[i];
		uint32_t a = query__group_of(into->channels, query__group_value(from->channels, (uint32_t)(x->key >> 32)));
		uint32_t b = query__group_of(into->channels, query__group_value(from->channels, (uint32_t)x->key));
		struct swing *sum = a == UINT32_MAX || b == UINT32_MAX ? NULL : swing_of(into, a, b);
		if (!sum) return false;
		sum->count += x->count;
		sum->cases += x->cases;
	}
	return true;
}

static int by_count(const void *x, const void *y)
{
	const struct flow_swing *a = x, *b = y;
	if (a->count != b->count) return a->count > b->count ? -1 : 1;
	int order = query__value_cmp(&a->a, &b->a);
	return order ? order : query__value_cmp(&a->b, &b->b);
}

void swings_put(const struct swings *s, struct arena *a, struct query_flow_answer *out)
{
	out->swings = ARENA_ARRAY(a, struct flow_swing, s->list.n + 1);
	for (size_t i = 0; i < s->list.n; i++) {
		const struct swing *x = &s->list.v[i];
		struct query_value from = query__group_value(s->channels, (uint32_t)(x->key >> 32)), to = query__group_value(s->channels, (uint32_t)x->key);
		out->swings[out->n_swings++] = (struct flow_swing){{from.kind, str_dup(a, from.text)}, {to.kind, str_dup(a, to.text)}, x->count, x->cases};
	}
	if (out->n_swings > 1) qsort(out->swings, out->n_swings, sizeof *out->swings, by_count);
}
