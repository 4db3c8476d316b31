/* arena.h: memory that is given back all at once. One arena per operation; everything a request makes lives
 * in it. Built with HOSPES_ARENA_PLAIN each piece is its own allocation, so that the address sanitizer sees
 * overruns. Not thread safe: one arena belongs to one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stddef.h>

struct arena_chunk;
struct arena {
	struct arena_chunk *chunks;
	size_t used_bytes;   /* handed out since the last reset */
	size_t budget_bytes; /* 0 = none; only arena_try looks at it */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a); /* frees everything; the arena may be used again */
void arena_reset(struct arena *a);   /* as release, but keeps one chunk for reuse */

size_t arena_held(const struct arena *a); /* what it took from the system: room used or not */

/* n zeroed bytes aligned for any type. Never NULL: when memory is out the program ends with a message. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull, malloc));
/* The same, but NULL when the arena's budget would be passed: use it where a user controls the size. */
void *arena_try(struct arena *a, size_t n);
/* Grows the last piece in place where it can, else copies. Added bytes are zeroed. */
void *arena_grow(struct arena *a, void *piece, size_t old_n, size_t new_n) __attribute__((returns_nonnull));

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))
#endif
