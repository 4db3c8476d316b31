#include "query/hashed.h"

#include "base/mem.h"

enum { LEAST = 1024 };

void hashed_init(struct hashed *h, struct query_plan *p)
{
	*h = (struct hashed){.plan = p};
}

void hashed_release(struct hashed *h)
{
	mem_free(h->slots);
	*h = (struct hashed){0};
}

static struct hashed_slot *place(struct hashed_slot *slots, size_t cap, uint64_t key)
{
	size_t i = (size_t)key & (cap - 1);
	while (slots[i].key && slots[i].key != key) i = (i + 1) & (cap - 1);
	return &slots[i];
}

static bool resize(struct hashed *h, size_t cap)
{
	if (!query__charge(h->plan, (cap - h->cap) * sizeof *h->slots)) return false;
	struct hashed_slot *slots = mem_zalloc(cap * sizeof *slots);
	for (size_t i = 0; i < h->cap; i++)
		if (h->slots[i].key) *place(slots, cap, h->slots[i].key) = h->slots[i];
	mem_free(h->slots);
	h->slots = slots;
	h->cap = cap;
	return true;
}

/* At most two thirds are taken. */
bool hashed_room(struct hashed *h, size_t n)
{
	size_t cap = h->cap ? h->cap : LEAST;
	while (n * 3 > cap * 2) cap *= 2;
	return cap == h->cap || resize(h, cap);
}

struct hashed_slot *hashed_at(struct hashed *h, uint64_t key, bool *is_new)
{
	if (key == 0) key = 1;
	if ((h->n + 1) * 3 > h->cap * 2 && !hashed_room(h, h->n + 1)) return NULL;
	struct hashed_slot *s = place(h->slots, h->cap, key);
	*is_new = s->key == 0;
	h->n += *is_new;
	s->key = key;
	return s;
}

const struct hashed_slot *hashed_find(const struct hashed *h, uint64_t key)
{
	if (key == 0) key = 1;
	const struct hashed_slot *s = h->cap ? place(h->slots, h->cap, key) : NULL;
	return s && s->key ? s : NULL;
}

static int by_count(const void *x, const void *y)
{
	const struct hashed_slot *a = x, *b = y;
	if (a->count != b->count) return a->count > b->count ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* Kept in order; the last drops out. */
struct hashed_slot *hashed_top(const struct hashed *h, size_t most, struct arena *a, size_t *n)
{
	struct hashed_slot *top = ARENA_ARRAY(a, struct hashed_slot, most + 1);
	*n = 0;
	for (size_t i = 0; i < h->cap; i++) {
		if (!h->slots[i].key || (*n == most && by_count(&h->slots[i], &top[*n - 1]) >= 0)) continue;
		size_t at = *n < most ? (*n)++ : *n - 1;
		for (; at > 0 && by_count(&h->slots[i], &top[at - 1]) < 0; at--) top[at] = top[at - 1];
		top[at] = h->slots[i];
	}
	return top;
}
