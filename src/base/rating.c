/* Weights enter by their effective number, (Σw)² ÷ Σw², in the place of n: with all weights equal that is n itself. */
#include "base/rating.h"

#include <math.h>

static const double Z_95 = 1.959963984540054;
const char *const RATING_METRICS[] = {"nps", "csat", "ces", NULL};

struct rating_scale rating_scale_of(enum rating_metric metric)
{
	static const struct rating_scale SCALES[] = {[RATING_NPS] = {0, 10}, [RATING_CSAT] = {1, 5}, [RATING_CES] = {1, 7}};
	return SCALES[metric];
}

bool rating_is_answer(enum rating_metric metric, struct rating_scale scale, double answer)
{
	if (metric == RATING_NPS && (scale.low != 0 || scale.high != 10 || answer != floor(answer))) return false;
	return answer >= scale.low && answer <= scale.high;
}

double rating_top_from(struct rating_scale scale)
{
	/* by number of points: 2→{2}, 3→{3}, 4→{3,4}, 5→{4,5}, 6→{4–6}, 7→{5–7}, 8→{6–8}; NPS's own on 0 to 10 */
	static const double from_end[] = {[2] = 0, [3] = 0, [4] = 1, [5] = 1, [6] = 2, [7] = 2, [8] = 2, [11] = 1};
	double points = scale.high - scale.low + 1;
	if (points == 11 ? scale.low != 0 : !(points >= 2 && points <= 8 && points == floor(points))) return NAN;
	return scale.high - from_end[(int)points];
}

void rating_add(struct rating_sums *s, enum rating_metric metric, struct rating_scale scale, double answer, double weight)
{
	double top_from = rating_top_from(scale);
	s->n++;
	s->weight += weight;
	s->weight_squares += (long double)weight * weight;
	s->sum += (long double)weight * answer;
	s->squares += (long double)weight * answer * answer;
	if (!isnan(top_from)) {
		s->rated++;
		s->rated_weight += weight;
		s->rated_squares += (long double)weight * weight;
		s->top += answer >= top_from;
		s->top_weight += answer >= top_from ? weight : 0;
	}
	if (metric != RATING_NPS) return;
	s->promoters += answer >= 9;
	s->passives += answer >= 7 && answer < 9;
	s->detractors += answer < 7;
	s->promoters_weight += answer >= 9 ? weight : 0;
	s->detractors_weight += answer < 7 ? weight : 0;
}

static void combine(struct rating_sums *into, const struct rating_sums *x, int sign)
{
	into->n += sign * x->n;
	into->promoters += sign * x->promoters;
	into->passives += sign * x->passives;
	into->detractors += sign * x->detractors;
	into->top += sign * x->top;
	into->rated += sign * x->rated;
	into->weight += sign * x->weight;
	into->weight_squares += sign * x->weight_squares;
	into->promoters_weight += sign * x->promoters_weight;
	into->detractors_weight += sign * x->detractors_weight;
	into->rated_weight += sign * x->rated_weight;
	into->rated_squares += sign * x->rated_squares;
	into->top_weight += sign * x->top_weight;
	into->sum += sign * x->sum;
	into->squares += sign * x->squares;
}

void rating_merge(struct rating_sums *into, const struct rating_sums *from)
{
	combine(into, from, 1);
}

struct rating_sums rating_less(const struct rating_sums *all, const struct rating_sums *part)
{
	struct rating_sums out = *all;
	combine(&out, part, -1);
	return out;
}

static double effective(long double weight, long double squares)
{
	return squares > 0 ? (double)(weight * weight / squares) : 0;
}

/* ---- NPS ---- */
struct nps {
	double value, n;                  /* n effective */
	double adjusted, variance, added; /* with ¾ of an answer added to each end and 1½ in the middle */
	double plain_variance;
};

static struct nps nps_of(const struct rating_sums *s)
{
	struct nps x = {.n = effective(s->weight, s->weight_squares)};
	double promoters = (double)(s->promoters_weight / s->weight), detractors = (double)(s->detractors_weight / s->weight);
	x.value = promoters - detractors;
	x.plain_variance = promoters + detractors - x.value * x.value;
	x.added = x.n + 3;
	promoters = (promoters * x.n + 0.75) / x.added;
	detractors = (detractors * x.n + 0.75) / x.added;
	x.adjusted = promoters - detractors;
	x.variance = promoters + detractors - x.adjusted * x.adjusted;
	return x;
}

static void put_nps(struct rating *out, const struct rating_sums *s)
{
	struct nps x = nps_of(s);
	double half = Z_95 * sqrt(x.variance / x.added);
	out->value = (struct rating_share){(double)(100 * (s->promoters_weight - s->detractors_weight) / s->weight), fmax(-100, 100 * (x.adjusted - half)), fmin(100, 100 * (x.adjusted + half))};
	out->error = 100 * sqrt(x.plain_variance / x.n);
}

/* ---- shares and means ---- */
static struct rating_share share_of(double p, double n)
{
	double z2 = Z_95 * Z_95, middle = (p + z2 / (2 * n)) / (1 + z2 / n), half = Z_95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
	return (struct rating_share){p, fmax(0, middle - half), fmin(1, middle + half)};
}

static struct rating_share top_of(const struct rating_sums *s, double *n)
{
	*n = effective(s->rated_weight, s->rated_squares);
	return s->rated > 0 && s->rated_weight > 0 ? share_of((double)(s->top_weight / s->rated_weight), *n) : (struct rating_share){NAN, NAN, NAN};
}

/* Of a sample with divisor n - 1. */
static double variance_of(const struct rating_sums *s, double n)
{
	long double mean = s->sum / s->weight, spread = s->squares / s->weight - mean * mean;
	if (spread < 1e-15L * (s->squares / s->weight)) spread = 0; /* what rounding leaves of no spread */
	return n > 1 ? (double)spread * n / (n - 1) : NAN;
}

static struct rating_share mean_of(const struct rating_sums *s, double n, double *error)
{
	double mean = (double)(s->sum / s->weight);
	*error = sqrt(variance_of(s, n) / n);
	double half = s->n > 1 ? compare_t_quantile(n - 1) * *error : NAN;
	return (struct rating_share){mean, mean - half, mean + half};
}

struct rating rating_of(const struct rating_sums *s, enum rating_metric metric, enum rating_method method)
{
	struct rating out = {.n = s->n, .value = {NAN, NAN, NAN}, .error = NAN, .mean = {NAN, NAN, NAN}, .top2 = {NAN, NAN, NAN}};
	double mean_error, rated;
	if (s->n == 0 || !(s->weight > 0)) return out;
	out.effective = effective(s->weight, s->weight_squares);
	out.mean = mean_of(s, out.effective, &mean_error);
	out.top2 = top_of(s, &rated);
	out.value = method == RATING_MEAN ? out.mean : out.top2;
	out.error = method == RATING_MEAN ? mean_error : sqrt(out.top2.value * (1 - out.top2.value) / rated);
	if (metric == RATING_NPS) put_nps(&out, s);
	return out;
}

/* ---- two of them ---- */
static struct comparison by_z(double difference, double shown, double error)
{
	struct comparison c = {shown, NAN, NAN, NAN};
	if (!(error > 0)) return c;
	c.low = difference - Z_95 * error;
	c.high = difference + Z_95 * error;
	c.p = erfc(fabs(difference) / error / sqrt(2));
	return c;
}

static struct comparison compare_nps(const struct rating_sums *a, const struct rating_sums *b)
{
	struct nps x = nps_of(a), y = nps_of(b);
	struct comparison c = by_z(x.adjusted - y.adjusted, x.value - y.value, sqrt(x.variance / x.added + y.variance / y.added));
	return (struct comparison){100 * c.difference, 100 * c.low, 100 * c.high, c.p};
}

/* Pooled z for p, Newcombe's interval. */
static struct comparison compare_tops(const struct rating_sums *a, const struct rating_sums *b)
{
	double n, m;
	struct rating_share x = top_of(a, &n), y = top_of(b, &m);
	double pooled = (x.value * n + y.value * m) / (n + m);
	struct comparison c = by_z(x.value - y.value, x.value - y.value, sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)));
	c.low = c.difference - sqrt((x.value - x.low) * (x.value - x.low) + (y.high - y.value) * (y.high - y.value));
	c.high = c.difference + sqrt((x.high - x.value) * (x.high - x.value) + (y.value - y.low) * (y.value - y.low));
	return c;
}

static struct comparison compare_weighted_means(const struct rating_sums *a, const struct rating_sums *b)
{
	double n = effective(a->weight, a->weight_squares), m = effective(b->weight, b->weight_squares);
	double x = variance_of(a, n) / n, y = variance_of(b, m) / m, error = sqrt(x + y), difference = (double)(a->sum / a->weight - b->sum / b->weight);
	struct comparison c = {difference, NAN, NAN, NAN};
	if (!(error > 0)) return c;
	double freedom = (x + y) * (x + y) / (x * x / (n - 1) + y * y / (m - 1)), half = compare_t_quantile(freedom) * error;
	c.low = difference - half;
	c.high = difference + half;
	c.p = compare_t_p(difference / error, freedom);
	return c;
}

struct comparison rating_compare(const struct rating_sums *a, const struct rating_sums *b, enum rating_metric metric, enum rating_method method)
{
	if (!(a->weight > 0 && b->weight > 0)) return (struct comparison){NAN, NAN, NAN, NAN};
	if (metric == RATING_NPS) return compare_nps(a, b);
	return method == RATING_MEAN ? compare_weighted_means(a, b) : compare_tops(a, b);
}
