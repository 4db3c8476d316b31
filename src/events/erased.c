#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "events/store.h"

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static uint32_t *set_of(const uint32_t *v, size_t *n)
{
	uint32_t *out = mem_alloc((*n + 1) * sizeof *out);
	if (*n) memcpy(out, v, *n * sizeof *out);
	qsort(out, *n, sizeof *out, ascending);
	size_t kept = 0;
	for (size_t i = 0; i < *n; i++)
		if (kept == 0 || out[kept - 1] != out[i]) out[kept++] = out[i];
	*n = kept;
	return out;
}

struct erased *erased__new(const uint32_t *subjects, size_t n_subjects, const uint32_t *imports, size_t n_imports)
{
	struct erased *e = MEM_NEW(struct erased);
	atomic_init(&e->refs, 1);
	e->subjects = set_of(subjects, &n_subjects);
	e->imports = set_of(imports, &n_imports);
	e->n_subjects = n_subjects;
	e->n_imports = n_imports;
	return e;
}

struct erased *erased__retain(struct erased *e)
{
	atomic_fetch_add(&e->refs, 1);
	return e;
}

void erased__release(struct erased *e)
{
	if (!e || atomic_fetch_sub(&e->refs, 1) != 1) return;
	mem_free(e->subjects);
	mem_free(e->imports);
	mem_free(e);
}

bool erased__has(const struct erased *e, uint32_t subject, uint32_t import)
{
	if (e->n_subjects && bsearch(&subject, e->subjects, e->n_subjects, sizeof subject, ascending)) return true;
	return e->n_imports && import && bsearch(&import, e->imports, e->n_imports, sizeof import, ascending);
}
