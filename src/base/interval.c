/* The bootstrap over orders draws as many orders as there are, 1,000 times. Past PIECES orders that would cost time without
 * telling more, so orders are put into PIECES groups at random (by a hash of their place, so the same each time) and the
 * groups are drawn instead: the variance of a sum of independent pieces is that of its groups. 1,000 × 4,096 draws take
 * about 10 ms, for ten thousand orders as for ten million. */
#include "base/interval.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"

enum { PIECES = 4096, DRAWS = 1000 };
static const double Z_95 = 1.959963984540054;
static const uint64_t SEED = UINT64_C(0x9E3779B97F4A7C15);

struct pair {
	double top, bottom;
};
struct ratio_sample {
	int64_t n;
	struct pair piece[PIECES];  /* each for itself while they fit */
	struct pair group[PIECES];
};

struct interval interval_wilson(int64_t k, int64_t n)
{
	if (n <= 0) return (struct interval){NAN, NAN};
	double size = (double)n, p = (double)k / size, z2 = Z_95 * Z_95;
	double middle = (p + z2 / (2 * size)) / (1 + z2 / size);
	double half = Z_95 * sqrt(p * (1 - p) / size + z2 / (4 * size * size)) / (1 + z2 / size);
	return (struct interval){fmax(0, middle - half), fmin(1, middle + half)};
}

bool interval_shares_differ(int64_t k1, int64_t n1, int64_t k2, int64_t n2)
{
	if (n1 <= 0 || n2 <= 0) return false;
	double pooled = (double)(k1 + k2) / (double)(n1 + n2);
	double error = sqrt(pooled * (1 - pooled) * (1 / (double)n1 + 1 / (double)n2));
	return error > 0 && fabs((double)k1 / (double)n1 - (double)k2 / (double)n2) > Z_95 * error;
}

/* splitmix64 (Steele, Lea, Flood 2014): every state gives a good number, so it serves as hash and as generator. */
uint64_t interval_mixed(uint64_t x)
{
	x += SEED;
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

struct ratio_sample *ratio_sample_new(struct arena *a)
{
	return ARENA_NEW(a, struct ratio_sample);
}

void ratio_sample_add(struct ratio_sample *s, double top, double bottom)
{
	struct pair *group = &s->group[interval_mixed((uint64_t)s->n) % PIECES];
	if (s->n < PIECES) s->piece[s->n] = (struct pair){top, bottom};
	group->top += top;
	group->bottom += bottom;
	s->n++;
}

int64_t ratio_sample_n(const struct ratio_sample *s)
{
	return s->n;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t n, double share)
{
	double place = share * (double)(n - 1);
	size_t below = (size_t)place;
	if (below + 1 >= n) return sorted[n - 1];
	return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

struct interval interval_of_draws(double *drawn, size_t n)
{
	if (n == 0) return (struct interval){NAN, NAN};
	qsort(drawn, n, sizeof drawn[0], by_size);
	return (struct interval){percentile(drawn, n, 0.025), percentile(drawn, n, 0.975)};
}

struct interval ratio_sample_interval(const struct ratio_sample *s)
{
	double drawn[DRAWS];
	size_t n = s->n < PIECES ? (size_t)s->n : PIECES, kept = 0;
	const struct pair *from = s->n <= PIECES ? s->piece : s->group;
	uint64_t state = SEED;
	if (n == 0) return (struct interval){NAN, NAN};
	for (int d = 0; d < DRAWS; d++) {
		double top = 0, bottom = 0;
		for (size_t i = 0; i < n; i += 2) { /* 64 random bits choose two pieces */
			uint64_t bits = interval_mixed(state++);
			const struct pair *one = &from[(uint32_t)bits * (uint64_t)n >> 32], *two = &from[(bits >> 32) * n >> 32];
			top += one->top;
			bottom += one->bottom;
			if (i + 1 == n) break;
			top += two->top;
			bottom += two->bottom;
		}
		if (bottom > 0) drawn[kept++] = top / bottom;
	}
	return interval_of_draws(drawn, kept);
}
