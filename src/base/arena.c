/* Chunks double from 8 KiB to 1 MiB, so a small request touches one and a large report a few dozen. A piece
 * larger than the next chunk gets a chunk of its own behind the current one, whose room stays usable. */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_BYTES = 8 << 10, LARGEST_BYTES = 1 << 20, ALIGN = alignof(max_align_t) };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena){0};
}

static void free_from(struct arena_chunk *c)
{
	while (c) {
		struct arena_chunk *next = c->next;
		mem_free(c);
		c = next;
	}
}

void arena_release(struct arena *a)
{
	free_from(a->chunks);
	a->chunks = NULL;
	a->used_bytes = 0;
}

void arena_reset(struct arena *a)
{
#ifdef HOSPES_ARENA_PLAIN
	arena_release(a);
#else
	struct arena_chunk *keep = a->chunks;
	if (keep && keep->size > LARGEST_BYTES) {
		arena_release(a);
		return;
	}
	if (keep) {
		free_from(keep->next);
		keep->next = NULL;
		keep->used = 0;
	}
	a->used_bytes = 0;
#endif
}

size_t arena_held(const struct arena *a)
{
	size_t bytes = 0;
	for (const struct arena_chunk *c = a->chunks; c; c = c->next) bytes += c->size;
	return bytes;
}

static struct arena_chunk *chunk_new(size_t size)
{
	struct arena_chunk *c = mem_alloc(sizeof *c + size);
	*c = (struct arena_chunk){.size = size};
	return c;
}

#ifndef HOSPES_ARENA_PLAIN
static size_t next_size(const struct arena *a)
{
	if (!a->chunks) return FIRST_BYTES;
	size_t twice = a->chunks->size * 2;
	return twice > LARGEST_BYTES ? LARGEST_BYTES : twice;
}
#endif

static void *take(struct arena_chunk *c, size_t n)
{
	void *piece = c->bytes + c->used;
	c->used += n;
	return memset(piece, 0, n);
}

void *arena_alloc(struct arena *a, size_t n)
{
	assert(n < PTRDIFF_MAX / 2);
	a->used_bytes += n;
#ifdef HOSPES_ARENA_PLAIN
	struct arena_chunk *own = chunk_new(n);
	own->next = a->chunks;
	a->chunks = own;
	return take(own, n);
#else
	n = n ? (n + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
	struct arena_chunk *c = a->chunks;
	if (c && c->size - c->used >= n) return take(c, n);
	size_t size = next_size(a);
	if (n > size && c) { /* a piece of its own, behind the current chunk */
		struct arena_chunk *own = chunk_new(n);
		own->next = c->next;
		c->next = own;
		return take(own, n);
	}
	c = chunk_new(n > size ? n : size);
	c->next = a->chunks;
	a->chunks = c;
	return take(c, n);
#endif
}

void *arena_try(struct arena *a, size_t n)
{
	if (a->budget_bytes && (n > a->budget_bytes || a->used_bytes > a->budget_bytes - n)) return NULL;
	return arena_alloc(a, n);
}

void *arena_grow(struct arena *a, void *piece, size_t old_n, size_t new_n)
{
#ifndef HOSPES_ARENA_PLAIN
	struct arena_chunk *c = a->chunks;
	size_t old = old_n ? (old_n + ALIGN - 1) / ALIGN * ALIGN : ALIGN, new = (new_n + ALIGN - 1) / ALIGN * ALIGN;
	if (piece && c && new >= old && (char *)piece + old == c->bytes + c->used && c->size - c->used >= new - old) {
		memset(c->bytes + c->used, 0, new - old);
		c->used += new - old;
		a->used_bytes += new - old;
		return piece;
	}
#endif
	void *bigger = arena_alloc(a, new_n);
	if (piece) memcpy(bigger, piece, old_n < new_n ? old_n : new_n);
	return bigger;
}
