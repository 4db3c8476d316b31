/* Everything follows from the weighted covariances of the cases: a draw of the bootstrap adds up those of the pieces drawn. A piece is
 * a case while they are few; past PIECES, cases are put into pieces at random (by a hash of their place), since the variance of
 * a sum of independent cases is that of its pieces (as in interval.c).
 *
 * LMG needs R² of every subset of the predictors. They are met in a depth-first walk in which each step sweeps one predictor
 * into the matrix, so a subset costs p² and not a fit of its own. R² of the subset S∪{j} less that of S is weighted by
 * |S|! (p-1-|S|)! ÷ p!. Relative weights need the eigenvectors of the correlations: LAPACK's dsyev. */
#include "base/importance.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"

enum { PIECES = 2048, MOST = IMPORTANCE_MAX + 1, LEAST_DRAWS = 200 };
/* Steps of a whole bootstrap: a second or two. */
static const double WORK = 4e9;
static const double TINY = 1e-10; /* below it a predictor is a mixture of those before */

void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work, const int *lwork, int *info);

struct moments { /* of the outcome and the predictors: 1 + p columns */
	size_t columns;
	double n, *sum, *cross; /* cross: columns × columns, upper half */
};
struct room {
	size_t p;
	double *correlation;      /* columns × columns, whole */
	double *spread;           /* standard deviations; 0: a constant */
	double *weight, *subsets; /* results: by predictor; R² by subset */
	double *depth;            /* a matrix for each depth of the walk */
	double *vectors, *values, *work;
};

static void moments_new(struct arena *a, size_t columns, struct moments *out)
{
	*out = (struct moments){.columns = columns, .sum = ARENA_ARRAY(a, double, columns), .cross = ARENA_ARRAY(a, double, columns * columns)};
}

static void moments_clear(struct moments *m)
{
	m->n = 0;
	memset(m->sum, 0, m->columns * sizeof *m->sum);
	memset(m->cross, 0, m->columns * m->columns * sizeof *m->cross);
}

static void add_case(struct moments *m, const double *row, double weight, const double *centre)
{
	m->n += weight;
	for (size_t i = 0; i < m->columns; i++) {
		double x = weight * (row[i] - centre[i]);
		m->sum[i] += x;
		for (size_t k = i; k < m->columns; k++) m->cross[i * m->columns + k] += x * (row[k] - centre[k]);
	}
}

static void add_piece(struct moments *into, const struct moments *piece)
{
	size_t columns = into->columns;
	into->n += piece->n;
	for (size_t i = 0; i < columns; i++) {
		into->sum[i] += piece->sum[i];
		for (size_t k = i; k < columns; k++) into->cross[i * columns + k] += piece->cross[i * columns + k];
	}
}

/* A constant column correlates with nothing. */
static void correlate(const struct moments *m, struct room *r)
{
	size_t c = m->columns;
	for (size_t i = 0; i < c; i++) {
		double variance = m->cross[i * c + i] - m->sum[i] * m->sum[i] / m->n;
		r->spread[i] = variance > TINY * (m->cross[i * c + i] + TINY) ? sqrt(variance) : 0;
	}
	for (size_t i = 0; i < c; i++) {
		r->correlation[i * c + i] = 1;
		for (size_t k = i + 1; k < c; k++) {
			double scale = r->spread[i] * r->spread[k];
			double x = scale > 0 ? (m->cross[i * c + k] - m->sum[i] * m->sum[k] / m->n) / scale : 0;
			r->correlation[i * c + k] = r->correlation[k * c + i] = x;
		}
	}
}

/* ---- sweeping -------------------------------------------------------------------------------------------------------------- */
/* Takes out of all that is left what column j explains; [0][0] is then the unexplained share of the outcome. */
static void take_out(const double *from, double *to, size_t columns, size_t j)
{
	double pivot = from[j * columns + j];
	if (pivot < TINY) {
		if (to != from) memcpy(to, from, columns * columns * sizeof *to);
		return;
	}
	double column[MOST];
	for (size_t i = 0; i < columns; i++) column[i] = from[i * columns + j];
	for (size_t i = 0; i < columns; i++) {
		double factor = column[i] / pivot;
		for (size_t k = 0; k < columns; k++) to[i * columns + k] = from[i * columns + k] - factor * column[k];
	}
}

static void walk_subsets(struct room *r, const double *matrix, size_t depth, size_t from, size_t subset)
{
	size_t columns = r->p + 1;
	r->subsets[subset] = 1 - matrix[0];
	for (size_t j = from; j < r->p; j++) {
		double *next = r->depth + depth * columns * columns;
		take_out(matrix, next, columns, j + 1);
		walk_subsets(r, next, depth + 1, j + 1, subset | (size_t)1 << j);
	}
}

static double lmg(struct room *r)
{
	size_t p = r->p, all = (size_t)1 << p;
	double of_size[IMPORTANCE_MAX_LMG + 1];
	of_size[0] = 1 / (double)p; /* |S|! (p-1-|S|)! ÷ p! */
	for (size_t s = 1; s < p; s++) of_size[s] = of_size[s - 1] * (double)s / (double)(p - s);
	walk_subsets(r, r->correlation, 0, 0, 0);
	memset(r->weight, 0, p * sizeof *r->weight);
	for (size_t subset = 0; subset < all; subset++)
		for (size_t j = 0; j < p; j++)
			if (!(subset >> j & 1)) r->weight[j] += of_size[__builtin_popcountll(subset)] * (r->subsets[subset | (size_t)1 << j] - r->subsets[subset]);
	return r->subsets[all - 1];
}

/* ---- relative weights ------------------------------------------------------------------------------------------------------ */
/* R = V D V'; Λ = V D^½ V'; β = Λ⁻¹ r; the weight of j is Σ_k Λ²_jk β²_k. Directions without spread are left out of Λ⁻¹. */
static double relative_weights(struct room *r)
{
	size_t p = r->p, columns = p + 1;
	int n = (int)p, lwork = 3 * MOST, info = 0;
	double beta[MOST] = {0}, along[MOST] = {0}, r2 = 0;
	for (size_t i = 0; i < p; i++)
		for (size_t k = 0; k < p; k++) r->vectors[i * p + k] = r->correlation[(i + 1) * columns + k + 1];
	dsyev_("V", "U", &n, r->vectors, &n, r->values, r->work, &lwork, &info);
	if (info) return NAN;
	const double *v = r->vectors; /* eigenvector e is v[e * p] … */
	for (size_t e = 0; e < p; e++)
		for (size_t i = 0; i < p; i++) along[e] += v[e * p + i] * r->correlation[i + 1];
	for (size_t k = 0; k < p; k++)
		for (size_t e = 0; e < p; e++)
			if (r->values[e] > TINY) beta[k] += v[e * p + k] * along[e] / sqrt(r->values[e]);
	for (size_t j = 0; j < p; j++) {
		r->weight[j] = 0;
		for (size_t k = 0; k < p; k++) {
			double loading = 0;
			for (size_t e = 0; e < p; e++)
				if (r->values[e] > TINY) loading += v[e * p + j] * sqrt(r->values[e]) * v[e * p + k];
			r->weight[j] += loading * loading * beta[k] * beta[k];
		}
		r2 += r->weight[j];
	}
	return r2;
}

static double weigh(enum importance_method method, const struct moments *m, struct room *r)
{
	if (m->n <= 0) return NAN;
	correlate(m, r);
	if (r->spread[0] == 0) return NAN;
	return method == IMPORTANCE_LMG ? lmg(r) : relative_weights(r);
}

/* ---- the regression on all, and alpha ---------------------------------------------------------------------------------------- */
/* Gauss and Jordan on the correlations, which become the identity and the identity their inverse; a predictor that is a mixture of
 * those before has no coefficient of its own. The variance of one: (1 − R²) · inverse_jj ÷ (n − p − 1). */
static void coefficients(struct arena *a, const struct room *r, double n, double r2, struct importance *of)
{
	size_t p = r->p, columns = p + 1, width = 2 * p + 1;
	double *m = ARENA_ARRAY(a, double, p * width); /* predictors, the outcome, the identity */
	bool *is_taken = ARENA_ARRAY(a, bool, p);
	for (size_t i = 0; i < p; i++) {
		for (size_t k = 0; k < p; k++) m[i * width + k] = r->correlation[(i + 1) * columns + k + 1];
		m[i * width + p] = r->correlation[i + 1];
		m[i * width + columns + i] = 1;
	}
	for (size_t j = 0; j < p; j++) {
		double pivot = m[j * width + j];
		if (pivot < TINY) continue;
		is_taken[j] = true;
		for (size_t k = 0; k < width; k++) m[j * width + k] /= pivot;
		for (size_t i = 0; i < p; i++) {
			double factor = m[i * width + j];
			for (size_t k = 0; k < width && i != j; k++) m[i * width + k] -= factor * m[j * width + k];
		}
	}
	for (size_t j = 0; j < p; j++) {
		double left = n - (double)columns, unexplained = r2 < 1 ? 1 - r2 : 0;
		of[j].coefficient = is_taken[j] ? m[j * width + p] : 0;
		of[j].error = is_taken[j] && left > 0 ? sqrt(unexplained * m[j * width + columns + j] / left) : NAN;
	}
}

static double alpha_of(const struct moments *m, const bool *is_item)
{
	size_t c = m->columns, p = 0;
	double own = 0, whole = 0;
	for (size_t i = 1; i < c; i++) {
		p += !is_item || is_item[i - 1];
		for (size_t k = i; k < c; k++) {
			if (is_item && (!is_item[i - 1] || !is_item[k - 1])) continue;
			double x = m->cross[i * c + k] - m->sum[i] * m->sum[k] / m->n;
			own += i == k ? x : 0;
			whole += i == k ? x : 2 * x;
		}
	}
	return p > 1 && whole > 0 ? (double)p / (double)(p - 1) * (1 - own / whole) : NAN;
}

/* ---- the bootstrap ------------------------------------------------------------------------------------------------------------ */
static int draws_of(enum importance_method method, size_t pieces, size_t p)
{
	double c = (double)(p + 1), one = (double)pieces * c * c / 2;
	one += method == IMPORTANCE_LMG ? ldexp(c * c, (int)p) : 10 * c * c * c;
	double draws = WORK / one;
	return draws > IMPORTANCE_DRAWS ? IMPORTANCE_DRAWS : draws < LEAST_DRAWS ? LEAST_DRAWS : (int)draws;
}

static void bootstrap(struct arena *a, enum importance_method method, const struct moments *piece, size_t pieces, struct room *r, struct importance_answer *out)
{
	size_t p = r->p, kept = 0;
	int draws = draws_of(method, pieces, p);
	double *drawn = ARENA_ARRAY(a, double, p * (size_t)draws);
	struct moments sum;
	uint64_t state = 0;
	moments_new(a, p + 1, &sum);
	for (int d = 0; d < draws; d++) {
		moments_clear(&sum);
		for (size_t i = 0; i < pieces; i++) add_piece(&sum, &piece[(interval_mixed(state++) >> 32) * pieces >> 32]);
		if (isnan(weigh(method, &sum, r))) continue;
		for (size_t j = 0; j < p; j++) drawn[j * (size_t)draws + kept] = r->weight[j];
		kept++;
	}
	out->draws = (int)kept;
	for (size_t j = 0; j < p; j++) out->of[j].sure = interval_of_draws(drawn + j * (size_t)draws, kept);
}

static void room_new(struct arena *a, enum importance_method method, size_t p, struct room *r)
{
	size_t columns = p + 1, depth = method == IMPORTANCE_LMG ? p : 0;
	*r = (struct room){.p = p, .correlation = ARENA_ARRAY(a, double, columns * columns), .spread = ARENA_ARRAY(a, double, columns), .weight = ARENA_ARRAY(a, double, p)};
	r->subsets = ARENA_ARRAY(a, double, depth ? (size_t)1 << p : 1);
	r->depth = ARENA_ARRAY(a, double, depth * columns * columns + 1);
	r->vectors = ARENA_ARRAY(a, double, p * p);
	r->values = ARENA_ARRAY(a, double, p);
	r->work = ARENA_ARRAY(a, double, 3 * MOST);
}

static double weight_of(const struct importance_asked *x, const double *row)
{
	return x->is_weighted ? row[x->predictors + 1] : 1;
}

/* → Kish's n. */
static double means(const struct importance_asked *x, double *out)
{
	size_t columns = x->predictors + 1, stride = columns + x->is_weighted;
	double sum = 0, squares = 0;
	for (size_t i = 0; i < x->n; i++) {
		const double *row = x->cases + i * stride;
		double weight = weight_of(x, row);
		sum += weight;
		squares += weight * weight;
		for (size_t k = 0; k < columns; k++) out[k] += weight * row[k];
	}
	for (size_t k = 0; k < columns && sum > 0; k++) out[k] /= sum;
	return sum > 0 ? sum * sum / squares : 0;
}

void importance_of(struct arena *a, const struct importance_asked *x, struct importance_answer *out)
{
	size_t predictors = x->predictors, columns = predictors + 1, stride = columns + x->is_weighted, pieces = x->n < PIECES ? x->n : PIECES;
	double *centre = ARENA_ARRAY(a, double, columns);
	struct moments all, *piece = ARENA_ARRAY(a, struct moments, pieces + 1);
	struct room r;
	*out = (struct importance_answer){.r2 = NAN, .alpha = NAN, .outcome_mean = NAN, .of = ARENA_ARRAY(a, struct importance, predictors)};
	for (size_t j = 0; j < predictors; j++) out->of[j] = (struct importance){NAN, NAN, {NAN, NAN}, NAN, NAN};
	out->effective = means(x, centre);
	if (out->effective == 0) return;
	out->outcome_mean = centre[0];
	for (size_t j = 0; j < predictors; j++) out->of[j].mean = centre[j + 1];
	if (x->n < predictors + 2) return;
	moments_new(a, columns, &all);
	for (size_t i = 0; i < pieces; i++) moments_new(a, columns, &piece[i]);
	for (size_t i = 0; i < x->n; i++) {
		const double *row = x->cases + i * stride;
		add_case(&all, row, weight_of(x, row), centre);
		add_case(&piece[x->n <= PIECES ? i : interval_mixed(i) % PIECES], row, weight_of(x, row), centre);
	}
	room_new(a, x->method, predictors, &r);
	out->alpha = alpha_of(&all, x->is_item);
	out->r2 = weigh(x->method, &all, &r);
	if (isnan(out->r2)) return;
	for (size_t j = 0; j < predictors; j++) {
		out->of[j].weight = r.weight[j];
		out->of[j].share = out->r2 > 0 ? r.weight[j] / out->r2 : NAN;
	}
	coefficients(a, &r, out->effective, out->r2, out->of);
	if (!x->has_no_intervals) bootstrap(a, x->method, piece, pieces, &r, out);
}
