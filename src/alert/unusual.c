/* The usual one is the median of the same weekday. The spread is the median absolute deviation of all days from the usual one of
 * their own weekday, so that eight weeks give 56 deviations and not eight; it is never less than the figure's own noise. Counts
 * are judged on two scales, and the milder judgement holds: on Anscombe's, where what happens independently spreads alike on busy
 * and on quiet weekdays, and on the logarithmic one, where what moves the whole day does. */
#include "alert/unusual.h"

#include <math.h>
#include <stdlib.h>

enum { WEEK = 7, SAME_MOST = UNUSUAL_DAYS / WEEK };
static const double MAD_TO_SD = 1.4826;       /* of a normal distribution */
static const double MEDIAN_VARIANCE = 1.5708; /* π ÷ 2: of a median, in variances of a mean */
static const double LEAST_SPREAD = 0.005;     /* of the usual one, where no noise of its own is known */

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

enum scale { AS_IT_IS, ANSCOMBE, LOGARITHM };

static double to_scale(double x, enum scale scale)
{
	switch (scale) {
	case ANSCOMBE: return 2 * sqrt(fmax(x, 0) + 0.375);
	case LOGARITHM: return log(fmax(x, 0) + 1);
	default: return x;
	}
}

static double from_scale(double x, enum scale scale)
{
	switch (scale) {
	case ANSCOMBE: return fmax(x * fmax(x, 0) / 4 - 0.375, 0);
	case LOGARITHM: return fmax(exp(x) - 1, 0);
	default: return x;
	}
}

struct same { /* days of one weekday */
	double v[SAME_MOST];
	size_t n;
	double usual;
};

static size_t sort_days(const struct unusual_day *past, size_t n, enum scale scale, struct same days[WEEK])
{
	size_t known = 0;
	for (size_t i = 0; i < n; i++) {
		struct same *d = &days[(i + 1) % WEEK];
		if (!isnan(past[i].value)) d->v[d->n++] = to_scale(past[i].value, scale), known++;
	}
	for (size_t i = 0; i < WEEK; i++)
		if (days[i].n) days[i].usual = median(days[i].v, days[i].n);
	return known;
}

/* A median of few takes in part of what its own days deviate: n ÷ (n − 1). */
static double spread_of(const struct same days[WEEK])
{
	double off[UNUSUAL_DAYS] = {0};
	size_t n = 0;
	for (size_t i = 0; i < WEEK; i++)
		for (size_t k = 0; k < days[i].n && days[i].n > 1; k++)
			off[n++] = fabs(days[i].v[k] - days[i].usual) * sqrt((double)days[i].n / (double)(days[i].n - 1));
	return n ? MAD_TO_SD * median(off, n) : 0;
}

/* Of a Poisson number on its scale; the logarithmic one is there for what is more than that, and has none. */
static double noise_of(struct unusual_day now, double usual, enum scale scale)
{
	if (scale == ANSCOMBE) return 1;
	if (scale == LOGARITHM) return 0;
	return isnan(now.se) ? LEAST_SPREAD * fabs(usual) : now.se;
}

static struct unusual judge(const struct unusual_day *past, size_t n, struct unusual_day now, enum scale scale, double most_z)
{
	struct same days[WEEK] = {0};
	struct unusual out = {.usual = NAN, .low = NAN, .high = NAN, .z = NAN};
	size_t known = sort_days(past, n, scale, days);
	const struct same *same = &days[0];
	if (known < UNUSUAL_LEAST_DAYS || same->n < UNUSUAL_LEAST_SAME) return out;
	double spread = fmax(spread_of(days), noise_of(now, same->usual, scale)) * sqrt(1 + MEDIAN_VARIANCE / (double)same->n);
	out.is_known = spread > 0 || scale == LOGARITHM;
	out.usual = from_scale(same->usual, scale);
	out.low = from_scale(same->usual - most_z * spread, scale);
	out.high = from_scale(same->usual + most_z * spread, scale);
	if (out.is_known && !isnan(now.value)) out.z = (to_scale(now.value, scale) - same->usual) / spread;
	return out;
}

struct unusual unusual_judge(const struct unusual_day *past, size_t n, struct unusual_day now, bool is_count, double most_z)
{
	if (n > UNUSUAL_DAYS) n = UNUSUAL_DAYS;
	if (!is_count) return judge(past, n, now, AS_IT_IS, most_z);
	struct unusual one = judge(past, n, now, ANSCOMBE, most_z), other = judge(past, n, now, LOGARITHM, most_z);
	one.low = fmin(one.low, other.low);
	one.high = fmax(one.high, other.high);
	if (fabs(other.z) < fabs(one.z)) one.z = other.z;
	return one;
}
