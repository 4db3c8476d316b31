#include "base/map.h"

#include <string.h>

#include "base/mem.h"

struct map_slot {
	uint64_t hash, value;
	str key;
	bool taken;
};

void map_init(struct map *m)
{
	*m = (struct map){0};
}

void map_release(struct map *m)
{
	mem_free(m->slots);
	*m = (struct map){0};
}

void map_clear(struct map *m)
{
	if (m->slots) memset(m->slots, 0, m->cap * sizeof *m->slots);
	m->n = 0;
}

static struct map_slot *probe(const struct map *m, str key, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);
	while (m->slots[i].taken && !(m->slots[i].hash == hash && str_eq(m->slots[i].key, key))) i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

uint64_t *map_get(const struct map *m, str key)
{
	if (!m->n) return NULL;
	struct map_slot *slot = probe(m, key, str_hash(key));
	return slot->taken ? &slot->value : NULL;
}

static void grow(struct map *m)
{
	struct map old = *m;
	m->cap = old.cap ? old.cap * 2 : 16;
	m->slots = mem_zalloc(m->cap * sizeof *m->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].taken) *probe(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
	mem_free(old.slots);
}

uint64_t *map_put(struct map *m, str key, bool *added)
{
	if (m->n * 4 >= m->cap * 3) grow(m);
	uint64_t hash = str_hash(key);
	struct map_slot *slot = probe(m, key, hash);
	if (added) *added = !slot->taken;
	if (!slot->taken) {
		*slot = (struct map_slot){.hash = hash, .key = key, .taken = true};
		m->n++;
	}
	return &slot->value;
}

bool map_remove(struct map *m, str key)
{
	if (!m->n) return false;
	struct map_slot *slot = probe(m, key, str_hash(key));
	if (!slot->taken) return false;
	size_t hole = (size_t)(slot - m->slots), i = hole;
	for (;;) { /* close the gap, so that later keys of the run stay reachable */
		i = (i + 1) & (m->cap - 1);
		if (!m->slots[i].taken) break;
		size_t home = m->slots[i].hash & (m->cap - 1);
		if (((i - home) & (m->cap - 1)) >= ((i - hole) & (m->cap - 1))) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole] = (struct map_slot){0};
	m->n--;
	return true;
}

bool map_next(const struct map *m, size_t *i, str *key, uint64_t *value)
{
	while (*i < m->cap) {
		const struct map_slot *slot = &m->slots[(*i)++];
		if (!slot->taken) continue;
		*key = slot->key;
		*value = slot->value;
		return true;
	}
	return false;
}
