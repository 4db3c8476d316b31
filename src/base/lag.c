#include "base/lag.h"

#include <math.h>

struct sums { /* about each series' own mean */
	double xx, yy, xy, x_next, y_next; /* next: of values one step apart */
	int64_t pairs, nexts, series;
};

static bool is_pair(const struct lag_series *s, size_t at, int lag)
{
	return at + (size_t)lag < s->n && !isnan(s->lead[at]) && !isnan(s->follow[at + (size_t)lag]);
}

static void add(const struct lag_series *s, int lag, struct sums *out)
{
	double x_mean = 0, y_mean = 0;
	int64_t n = 0;
	for (size_t t = 0; t < s->n; t++) {
		if (!is_pair(s, t, lag)) continue;
		x_mean += s->lead[t];
		y_mean += s->follow[t + (size_t)lag];
		n++;
	}
	if (n < LAG_SERIES_LEAST) return;
	x_mean /= (double)n;
	y_mean /= (double)n;
	for (size_t t = 0; t < s->n; t++) {
		if (!is_pair(s, t, lag)) continue;
		double x = s->lead[t] - x_mean, y = s->follow[t + (size_t)lag] - y_mean;
		out->xx += x * x;
		out->yy += y * y;
		out->xy += x * y;
		if (!is_pair(s, t + 1, lag)) continue;
		out->x_next += x * (s->lead[t + 1] - x_mean);
		out->y_next += y * (s->follow[t + 1 + (size_t)lag] - y_mean);
		out->nexts++;
	}
	out->pairs += n;
	out->series++;
}

static double memory(double next, double all, const struct sums *s)
{
	const double most = 0.95;
	if (!s->nexts) return 0;
	double rho = next / (double)s->nexts / (all / (double)s->pairs);
	rho += (1 + 3 * rho) * (double)s->series / (double)s->pairs;
	return rho < 0 ? 0 : rho > most ? most : rho;
}

/* z that leaves `tail` of the normal distribution above it. By halving. */
static double normal_above(double tail)
{
	double low = 0, high = 40;
	for (int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;
		if (erfc(middle / M_SQRT2) / 2 > tail) low = middle;
		else high = middle;
	}
	return (low + high) / 2;
}

static struct lag_fit fit(const struct lag_series *series, size_t n, int lag)
{
	struct lag_fit out = {0, NAN, NAN, NAN, NAN, NAN};
	struct sums s = {0};
	for (size_t i = 0; i < n; i++) add(&series[i], lag, &s);
	out.pairs = s.pairs;
	if (s.pairs - s.series + 1 < LAG_PAIRS_LEAST || !(s.xx > 0) || !(s.yy > 0)) return out;
	double product = memory(s.x_next, s.xx, &s) * memory(s.y_next, s.yy, &s);
	double effective = (double)s.pairs * (1 - product) / (1 + product), freedom = effective - (double)s.series - 2;
	if (freedom < 1) return out;
	out.effective = effective;
	out.r = fmax(-1, fmin(1, s.xy / sqrt(s.xx * s.yy)));
	out.p = erfc(fabs(atanh(out.r)) * sqrt(freedom) / M_SQRT2);
	out.low = out.high = 1 / sqrt(freedom); /* the error of z, until it is known how many lags were tried */
	return out;
}

void lag_fit(const struct lag_series *series, size_t n, int most, struct lag_answer *out)
{
	*out = (struct lag_answer){.best = -1, .p = NAN};
	for (int lag = 0; lag <= most; lag++) {
		out->at[lag] = fit(series, n, lag);
		if (isnan(out->at[lag].r)) continue;
		out->tried++;
		if (out->best < 0 || out->at[lag].p < out->at[out->best].p) out->best = lag;
	}
	if (out->best < 0) return;
	double sure = normal_above(0.025 / out->tried);
	for (int lag = 0; lag <= most; lag++) {
		struct lag_fit *f = &out->at[lag];
		double half = sure * f->low;
		if (isnan(f->r)) continue;
		f->low = tanh(atanh(f->r) - half);
		f->high = tanh(atanh(f->r) + half);
	}
	out->p = fmin(1, out->at[out->best].p * out->tried);
}
