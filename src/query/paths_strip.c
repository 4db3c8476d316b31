/* The commonest paths without a line: of each session the events after its first start. Types lie as a byte a row, 1 + code and
 * whether the type is a start; gaps too. So where sessions begin and where starts are is a bitmap each, a path goes from a
 * bit of one to the next bit of the other, and its codes are one load of eight bytes, packed. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt")
#endif
#include "base/mem.h"
#include "query/bits.h"
#include "query/eights.h"
#include "query/paths_inner.h"

enum { IS_START = 128, LONGEST = 8 };
struct paths_bits {
	uint64_t *starts, *gaps; /* owned; of cap words, and the word behind the last of a customer is all ones */
	size_t cap;
};

static void keep_where(void *state, uint32_t part, size_t first, size_t end, uint8_t *types)
{
	const struct paths_worker *w = state;
	query__where_keep(w->judge, part, first, end, types);
}

void paths__unpack(struct query_walk *k, const struct query *q, uint32_t bits_of_code)
{
	const struct query_paths *f = q->paths;
	struct query_plan *p = &k->plan;
	bool is_plain = query__is_given(&f->start) && !query__is_given(&f->end) && !query__is_given(&f->events) && !f->within_ms && !f->collapse && q->by == QUERY_NONE && !q->members;
	bool is_filtered = k->has_where;
	if (f->start.where || (is_filtered && (!query__where_is_of_runs(k->rules) || f->gap_ms >= UINT32_MAX))) return;
	if (!is_plain || bits_of_code == 0 || f->length > LONGEST || p->n_types >= IS_START - 1 || !query__strips_do(p, false)) return;
	uint8_t *bytes = ARENA_ARRAY(p->arena, uint8_t, (size_t)UINT16_MAX + 1);
	for (size_t t = 0; t < p->n_types; t++) bytes[t] = (uint8_t)((t + 1) | (k->matchers[1].codes[t] == QUERY_NO ? 0 : IS_START));
	p->unpack = (struct query_unpack){.of_type = bytes, .gaps = !is_filtered, .gap_ms = f->gap_ms, .took = is_filtered, .filter = is_filtered ? keep_where : NULL, .drops = is_filtered};
}

static bool give_room(struct paths_worker *w, size_t words)
{
	struct paths_bits *b = w->cut;
	size_t cap = b->cap ? b->cap : 64;
	if (words <= b->cap) return true;
	while (cap < words) cap *= 2;
	if (!query__charge(w->plan, 2 * (cap - b->cap) * sizeof *b->starts)) return false;
	b->starts = mem_realloc(b->starts, cap * sizeof *b->starts);
	b->gaps = mem_realloc(b->gaps, cap * sizeof *b->gaps);
	b->cap = cap;
	return true;
}

static void mark(const struct query_strip *s, uint32_t words, struct paths_bits *b)
{
	for (uint32_t i = 0; i < words; i++) {
		struct bytes types = load(s->types + (size_t)i * 64), gaps = load(s->gaps + (size_t)i * 64);
		uint64_t behind = s->n - i * 64 < 64 ? UINT64_MAX << (s->n - i * 64) : 0;
		b->starts[i] = take_highest(&types) & ~behind;
		b->gaps[i] = take_highest(&gaps) | behind;
	}
	b->starts[words] = b->gaps[words] = UINT64_MAX;
}

/* The first bit from i on; there is one. */
static inline uint32_t next_of(const uint64_t *words, uint32_t i)
{
	uint32_t w = i / 64;
	uint64_t word = words[w] & UINT64_MAX << i % 64;
	while (!word) word = words[++w];
	return w * 64 + (uint32_t)__builtin_ctzll(word);
}

/* n types, packed as by pack: the first in the lowest bits. */
static inline uint64_t pack_plain(uint64_t types, uint32_t n, uint32_t bits)
{
	uint64_t packed = 0;
	for (uint32_t i = n; i-- > 0;) packed = packed << bits | (types >> i * 8 & (IS_START - 1));
	return packed;
}

static inline __attribute__((always_inline)) void cut(struct paths_worker *w, uint64_t (*pack)(uint64_t, uint32_t, uint32_t))
{
	const struct query_strip *s = &w->strip;
	uint32_t length = (uint32_t)w->p->length;
	for (uint32_t at = next_of(w->cut->starts, 0), end; at < s->n; at = next_of(w->cut->starts, end)) {
		uint64_t types;
		end = next_of(w->cut->gaps, at + 1);
		uint32_t n = end - at - 1 < length ? end - at - 1 : length;
		memcpy(&types, s->types + at + 1, sizeof types);
		w->n++;
		if (!paths__count_soon(w, pack(types, n, w->bits))) return;
	}
}

#if defined(__x86_64__)
EIGHTS static inline uint64_t pack_eight(uint64_t types, uint32_t n, uint32_t bits)
{
	uint64_t there = n == 8 ? UINT64_MAX : (UINT64_C(1) << n * 8) - 1;
	return _pext_u64(types & there, ((UINT64_C(1) << bits) - 1) * EACH_BYTE);
}

EIGHTS static void cut_eights(struct paths_worker *w)
{
	cut(w, pack_eight);
}
#endif

bool paths__by_strip(struct paths_worker *w, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct query_strip *s = &w->strip;
	if (!query__strip(s, w->plan, customer, slices, n, &w->walk->range)) return false;
	uint32_t words = (s->n + 63) / 64;
	if (s->n == 0 || !give_room(w, words + 1)) return true;
	mark(s, words, w->cut);
#if defined(__x86_64__)
	if (are_eights_fast()) {
		cut_eights(w);
		return true;
	}
#endif
	cut(w, pack_plain);
	return true;
}

struct paths_bits *paths__bits_new(struct arena *a)
{
	return ARENA_NEW(a, struct paths_bits);
}

void paths__bits_free(struct paths_bits *b)
{
	mem_free(b->starts);
	mem_free(b->gaps);
}
