/* Names are only ever added, and there are few: a fixed table whose slots are published with release order lets every
 * reader look without a lock. */
#include "base/mem.h"
#include "events/store.h"

void names__init(struct names *n, size_t cap)
{
	*n = (struct names){.cap = cap, .n_slots = cap * 4};
	n->name = mem_zalloc(cap * sizeof *n->name);
	n->slots = mem_zalloc(n->n_slots * sizeof *n->slots);
	arena_init(&n->texts);
	pthread_mutex_init(&n->lock, NULL);
}

void names__release(struct names *n)
{
	mem_free(n->name);
	mem_free(n->slots);
	arena_release(&n->texts);
	pthread_mutex_destroy(&n->lock);
}

static bool look(struct names *n, str name, uint16_t *code, size_t *slot)
{
	for (size_t i = str_hash(name) & (n->n_slots - 1);; i = (i + 1) & (n->n_slots - 1)) {
		uint16_t found = atomic_load_explicit(&n->slots[i], memory_order_acquire);
		*slot = i;
		if (!found) return false;
		if (!str_eq(n->name[found - 1], name)) continue;
		*code = (uint16_t)(found - 1);
		return true;
	}
}

bool names__find(struct names *n, str name, uint16_t *code)
{
	size_t slot;
	return look(n, name, code, &slot);
}

bool names__add(struct names *n, str name, uint16_t *code)
{
	size_t slot;
	if (look(n, name, code, &slot)) return true;
	pthread_mutex_lock(&n->lock);
	bool is_there = look(n, name, code, &slot);
	uint32_t count = atomic_load(&n->count);
	if (!is_there && count < n->cap) {
		n->name[count] = str_dup(&n->texts, name);
		*code = (uint16_t)count;
		/* the count first: who finds the slot may rely on it */
		atomic_store_explicit(&n->count, count + 1, memory_order_release);
		atomic_store_explicit(&n->slots[slot], (uint16_t)(count + 1), memory_order_release);
		is_there = true;
	} else if (!is_there) {
		atomic_fetch_add(&n->refused, 1);
	}
	pthread_mutex_unlock(&n->lock);
	return is_there;
}
