#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static void *must(void *p, size_t n)
{
	if (!p) {
		fprintf(stderr, "hospes: out of memory (%zu bytes wanted)\n", n);
		abort();
	}
	return p;
}

void *mem_alloc(size_t n)
{
	return must(malloc(n ? n : 1), n);
}

void *mem_zalloc(size_t n)
{
	return must(calloc(1, n ? n : 1), n);
}

void *mem_realloc(void *p, size_t n)
{
	return must(realloc(p, n ? n : 1), n);
}

void mem_free(void *p)
{
	free(p);
}
