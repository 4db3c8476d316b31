/* The memory that one table gives back is what the next one needs: chunks, slices and slots of key sets go around. A page
 * that a process touches for the first time costs more than all that is done with an event in it, above all in a
 * virtual machine. Nothing is kept for long while no events come: the background thread then lets go of it. */
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "events/store.h"

enum { HUGE_PAGE = 2 << 20, POOL_BYTES_MAX = 256 << 20 };

struct pooled {
	struct pooled *next;
	size_t bytes;
};

void pool__init(struct pool *p)
{
	*p = (struct pool){.free = NULL};
	pthread_mutex_init(&p->lock, NULL);
}

static void free_all(struct pooled *piece)
{
	for (struct pooled *next; piece; piece = next) {
		next = piece->next;
		free(piece);
	}
}

void pool__release(struct pool *p)
{
	free_all(p->free);
	pthread_mutex_destroy(&p->lock);
}

/* Aligned for the hash and for vectors, large pieces for huge pages; aligned_alloc wants a multiple of that. */
static void *make(size_t bytes)
{
	size_t align = bytes >= HUGE_PAGE ? HUGE_PAGE : 64;
	void *piece = aligned_alloc(align, (bytes + align - 1) / align * align);
	if (!piece) abort();
	if (align == HUGE_PAGE) (void)madvise(piece, (bytes + align - 1) / align * align, MADV_HUGEPAGE);
	return piece;
}

void *pool__take(struct pool *p, size_t bytes)
{
	pthread_mutex_lock(&p->lock);
	struct pooled **at = &p->free;
	while (*at && (*at)->bytes != bytes) at = &(*at)->next;
	struct pooled *piece = *at;
	if (piece) {
		*at = piece->next;
		p->bytes -= bytes;
	}
	pthread_mutex_unlock(&p->lock);
	return piece ? piece : make(bytes);
}

void pool__give(struct pool *p, void *memory, size_t bytes)
{
	struct pooled *piece = memory;
	pthread_mutex_lock(&p->lock);
	bool is_kept = bytes >= sizeof *piece && p->bytes + bytes <= POOL_BYTES_MAX;
	if (is_kept) {
		*piece = (struct pooled){p->free, bytes};
		p->free = piece;
		p->bytes += bytes;
	}
	pthread_mutex_unlock(&p->lock);
	if (!is_kept) free(memory);
}

void pool__trim(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	struct pooled *gone = p->free;
	p->free = NULL;
	p->bytes = 0;
	pthread_mutex_unlock(&p->lock);
	if (!gone) return;
	free_all(gone);
	malloc_trim(0); /* what lies between pieces that are still in use goes back to the system, too */
}
