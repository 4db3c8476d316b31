/* hashed.h: counts under 64-bit keys that are hashes already: open addressing, 16 bytes a key. One a worker. */
#ifndef QUERY_HASHED_H
#define QUERY_HASHED_H
#include "query/inner.h"

struct hashed_slot {
	uint64_t key; /* 0 = empty */
	uint32_t count, first; /* first: what the caller noted when the key was new */
};
struct hashed {
	struct query_plan *plan;
	struct hashed_slot *slots;
	size_t n, cap;
};
void hashed_init(struct hashed *h, struct query_plan *p);
void hashed_release(struct hashed *h);
/* Room for n keys, where so many are likely: growing looks for each of them anew. */
bool hashed_room(struct hashed *h, size_t n);
/* Finds or makes (count 0, *is_new). NULL: out of memory. A pointer is valid until the next call. */
struct hashed_slot *hashed_at(struct hashed *h, uint64_t key, bool *is_new);
/* A key that will be asked for soon: keys lie anywhere, so callers ask HASHED_AHEAD of them ahead. */
enum { HASHED_AHEAD = 8 };
static inline void hashed_fetch(const struct hashed *h, uint64_t key)
{
	if (h->cap) __builtin_prefetch(&h->slots[key & (h->cap - 1)], 1);
}
const struct hashed_slot *hashed_find(const struct hashed *h, uint64_t key); /* NULL when absent */
/* Copies of the `most` slots of the highest counts, those of equal counts by key; *n of them. */
struct hashed_slot *hashed_top(const struct hashed *h, size_t most, struct arena *a, size_t *n);
#endif
