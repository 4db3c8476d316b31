/* map.h: str → 64-bit value (or pointer). Open addressing; keys are not copied and must outlive the map.
 * Lives outside arenas so that it can be long-lived. Not thread safe. */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "base/str.h"

struct map_slot;
struct map {
	struct map_slot *slots;
	size_t n, cap;
};

void map_init(struct map *m);
void map_release(struct map *m);
void map_clear(struct map *m);
/* The value's place, or NULL. Valid until the next map_put. */
uint64_t *map_get(const struct map *m, str key);
/* Finds or adds (value 0, *added true). `added` may be NULL. */
uint64_t *map_put(struct map *m, str key, bool *added);
bool map_remove(struct map *m, str key);
/* Visits every pair: start with *i = 0. */
bool map_next(const struct map *m, size_t *i, str *key, uint64_t *value);
#endif
