/* A few customers, each looked up: of a question that wants some of them once more. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "query/inner.h"

struct owned {
	uint32_t customer, subject;
};

static int by_customer(const void *x, const void *y)
{
	const struct owned *a = x, *b = y;
	if (a->customer != b->customer) return a->customer < b->customer ? -1 : 1;
	return a->subject < b->subject ? -1 : a->subject > b->subject;
}

static bool find(const struct query_plan *p, uint32_t part, uint32_t subject, struct query_slice *out)
{
	const struct events_scan *s = &p->parts[part].s;
	size_t low = 0, high = s->n_subjects;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (s->subjects[middle] < subject) low = middle + 1;
		else high = middle;
	}
	if (low == s->n_subjects || s->subjects[low] != subject) return false;
	*out = (struct query_slice){.part = part, .n = s->first[low + 1] - s->first[low], .first = s->first[low]};
	return true;
}

/* The subjects of the customers, by customer. */
static struct owned *find_owned(const struct query_plan *p, const uint64_t *is_wanted, size_t *n)
{
	const struct query_people *people = &p->ctx->people;
	VEC(struct owned) owned = {0};
	for (uint32_t subject = 1; subject <= people->n_subjects; subject++) {
		uint32_t customer = people->customer[subject];
		if (customer && customer <= people->n_customers && is_wanted[customer / 64] >> customer % 64 & 1) VEC_PUSH(&owned, p->arena, ((struct owned){customer, subject}));
	}
	*n = owned.n;
	if (owned.n) qsort(owned.v, owned.n, sizeof *owned.v, by_customer);
	return owned.v;
}

enum err query__scan_some(struct query_plan *p, const uint64_t *is_wanted, query_visit *visit, void *state, struct fault *f)
{
	VEC(struct query_slice) slices = {0};
	size_t n;
	struct owned *owned = find_owned(p, is_wanted, &n);
	p->scanned = NULL;
	for (size_t i = 0; i < n; i++) {
		struct query_slice slice;
		for (uint32_t part = 0; part < p->n_parts; part++)
			if (find(p, part, owned[i].subject, &slice)) VEC_PUSH(&slices, p->arena, slice);
		if (i + 1 < n && owned[i + 1].customer == owned[i].customer) continue;
		if (slices.n) visit(state, owned[i].customer, slices.v, slices.n);
		slices.n = 0;
	}
	return atomic_load(&p->is_out_of_memory) ? query__too_large(p, f) : OK;
}
