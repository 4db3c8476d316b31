#include "base/compare.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static const double Z_95 = 1.959963984540054;

/* The continued fraction of the incomplete beta function; it converges fast for x < (a + 1) / (a + b + 2). */
static double fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1);
	d = 1 / (fabs(d) < tiny ? tiny : d);
	double h = d;
	for (int m = 1; m < 1000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		h *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		h *= d * c;
		if (fabs(d * c - 1) < 1e-15) break;
	}
	return h;
}

static double incomplete_beta(double a, double b, double x)
{
	if (x <= 0) return 0;
	if (x >= 1) return 1;
	double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a : 1 - front * fraction(b, a, 1 - x) / b;
}

double compare_t_p(double t, double freedom)
{
	if (isnan(t) || !(freedom > 0)) return NAN;
	return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

/* By halving: p falls as t grows. */
double compare_t_quantile(double freedom)
{
	double low = 0, high = 2;
	if (!(freedom > 0)) return NAN;
	if (freedom > 1e7) return Z_95;
	while (compare_t_p(high, freedom) > 0.05 && high < 1e9) high *= 2;
	for (int i = 0; i < 80; i++) {
		double middle = (low + high) / 2;
		if (compare_t_p(middle, freedom) > 0.05) low = middle;
		else high = middle;
	}
	return (low + high) / 2;
}

struct interval compare_mean(struct sample s)
{
	if (s.n < 2) return (struct interval){NAN, NAN};
	double half = compare_t_quantile((double)(s.n - 1)) * sqrt(s.variance / (double)s.n);
	return (struct interval){s.mean - half, s.mean + half};
}

struct comparison compare_means(struct sample a, struct sample b)
{
	struct comparison c = {NAN, NAN, NAN, NAN};
	if (a.n < 1 || b.n < 1) return c;
	c.difference = a.mean - b.mean;
	if (a.n < 2 || b.n < 2) return c;
	double x = a.variance / (double)a.n, y = b.variance / (double)b.n, error = sqrt(x + y);
	if (!(error > 0)) { /* no spread at all: nothing to test against */
		c.low = c.high = c.difference;
		return c;
	}
	double freedom = (x + y) * (x + y) / (x * x / (double)(a.n - 1) + y * y / (double)(b.n - 1)), half = compare_t_quantile(freedom) * error;
	c.low = c.difference - half;
	c.high = c.difference + half;
	c.p = compare_t_p(c.difference / error, freedom);
	return c;
}

struct comparison compare_shares(int64_t k1, int64_t n1, int64_t k2, int64_t n2)
{
	struct comparison c = {NAN, NAN, NAN, NAN};
	if (n1 < 1 || n2 < 1) return c;
	double a = (double)k1 / (double)n1, b = (double)k2 / (double)n2, pooled = (double)(k1 + k2) / (double)(n1 + n2);
	struct interval x = interval_wilson(k1, n1), y = interval_wilson(k2, n2);
	double error = sqrt(pooled * (1 - pooled) * (1 / (double)n1 + 1 / (double)n2));
	c.difference = a - b;
	c.low = c.difference - sqrt((a - x.low) * (a - x.low) + (y.high - b) * (y.high - b));
	c.high = c.difference + sqrt((x.high - a) * (x.high - a) + (b - y.low) * (b - y.low));
	if (error > 0) c.p = erfc(fabs(c.difference) / error / sqrt(2));
	return c;
}

struct ranked {
	double p;
	size_t place;
};

static int by_p(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	if (a->p != b->p) return a->p < b->p ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

void compare_adjust(const double *p, size_t n, double *q)
{
	struct ranked *order = mem_alloc((n + 1) * sizeof *order);
	size_t m = 0;
	for (size_t i = 0; i < n; i++) {
		q[i] = NAN;
		if (!isnan(p[i])) order[m++] = (struct ranked){p[i], i};
	}
	if (m) qsort(order, m, sizeof *order, by_p);
	double least = 1;
	for (size_t i = m; i-- > 0;) {
		double adjusted = order[i].p * (double)m / (double)(i + 1);
		if (adjusted < least) least = adjusted;
		q[order[i].place] = least;
	}
	mem_free(order);
}
