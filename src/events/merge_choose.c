/* Which segments become one. What is written again and again costs, and so does each segment that a question must look
 * into; times should stay apart, so that a question with a range reads little.
 *
 * - Small ones: eight of a size class (a factor of eight), whatever their times.
 * - Of the window of time (2^32 ms, 49 days) that is newest: likewise, since more is to come.
 * - Of an older window: neighbours in time, when none of them is more than half of what is written.
 * - Those that span more than a window (a file that came in any order): eight that overlap at least twice; merging cuts
 *   them by window. */
#include <stdlib.h>

#include "base/mem.h"
#include "events/store.h"

enum { SMALL_ROWS = 65536 };

struct candidate {
	struct segment *segment;
	int64_t window;
	bool is_wide;
	int class;
};

static int size_class(size_t rows)
{
	int class = 0;
	for (; rows >= MERGE_FAN; rows /= MERGE_FAN) class++;
	return class;
}

static int by_time(const void *x, const void *y)
{
	const struct segment *a = ((const struct candidate *)x)->segment, *b = ((const struct candidate *)y)->segment;
	if (a->footer.min_ms != b->footer.min_ms) return a->footer.min_ms < b->footer.min_ms ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static size_t list(const struct segments *segments, struct candidate *out)
{
	size_t n = 0;
	for (size_t i = 0; i < segments->n; i++) {
		struct segment *s = segments->v[i];
		if (s->is_damaged || atomic_load(&s->has_failed)) continue;
		int64_t low = s->footer.min_ms >> 32, high = s->footer.max_ms >> 32;
		out[n++] = (struct candidate){s, (int64_t)(((__int128)s->footer.min_ms + s->footer.max_ms) / 2 >> 32), high - low > 1, size_class(s->n)};
	}
	return n;
}

struct chosen {
	struct segment **out;
	size_t n, rows, largest;
};

static bool take(struct chosen *c, struct segment *s)
{
	if (c->n == MERGE_FAN || c->rows + s->n > SEGMENT_ROWS_MAX) return false;
	c->out[c->n++] = s;
	c->rows += s->n;
	if (s->n > c->largest) c->largest = s->n;
	return true;
}

/* Eight of a class: the small ones of all times, or those of a window. */
static size_t of_a_class(const struct candidate *all, size_t n, bool is_small, int64_t window, struct segment **out)
{
	for (int class = 0; class < 12; class++) {
		struct chosen c = {.out = out};
		for (size_t i = 0; i < n; i++) {
			if (all[i].class != class || (all[i].segment->n < SMALL_ROWS) != is_small) continue;
			if (is_small || (!all[i].is_wide && all[i].window == window)) (void)take(&c, all[i].segment);
		}
		if (c.n == MERGE_FAN) return c.n;
	}
	return 0;
}

static size_t of_an_old_window(const struct candidate *all, size_t n, int64_t newest, struct segment **out)
{
	for (size_t from = 0; from < n; from++) {
		struct chosen c = {.out = out};
		if (all[from].is_wide || all[from].window >= newest || all[from].segment->n < SMALL_ROWS) continue;
		for (size_t i = from; i < n; i++) {
			if (all[i].is_wide || all[i].window != all[from].window || all[i].segment->n < SMALL_ROWS) continue;
			if (!take(&c, all[i].segment)) break;
		}
		if (c.n > 1 && c.largest * 2 <= c.rows) return c.n;
	}
	return 0;
}

static size_t of_wide(const struct candidate *all, size_t n, struct segment **out)
{
	for (size_t from = 0; from < n; from++) {
		struct chosen c = {.out = out};
		double low = 0, high = 0, spans = 0;
		for (size_t i = from; i < n; i++) {
			const struct segment_footer *f = &all[i].segment->footer;
			if (!all[i].is_wide || all[i].segment->n < SMALL_ROWS || !take(&c, all[i].segment)) continue;
			if (c.n == 1) low = (double)f->min_ms, high = (double)f->max_ms;
			if ((double)f->max_ms > high) high = (double)f->max_ms;
			spans += (double)f->max_ms - (double)f->min_ms;
		}
		if (c.n == MERGE_FAN && (high - low) * 2 <= spans) return c.n;
	}
	return 0;
}

size_t merge__choose(const struct segments *segments, struct segment **out)
{
	struct candidate *all = mem_alloc((segments->n + 1) * sizeof *all);
	size_t n = list(segments, all);
	int64_t newest = INT64_MIN;
	for (size_t i = 0; i < n; i++)
		if (all[i].segment->footer.max_ms >> 32 > newest) newest = all[i].segment->footer.max_ms >> 32;
	size_t found = of_a_class(all, n, true, 0, out);
	if (!found) found = of_a_class(all, n, false, newest, out);
	qsort(all, n, sizeof *all, by_time);
	if (!found) found = of_an_old_window(all, n, newest, out);
	if (!found) found = of_wide(all, n, out);
	mem_free(all);
	return found;
}
