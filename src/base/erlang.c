#include "base/erlang.h"

#include <math.h>

enum { SLICES = 2000 };

/* The stable recursion 1/B(n) = 1 + n / load / B(n - 1), turned over so that nothing overflows. */
double erlang_b(double load, int agents)
{
	double b = 1;
	for (int n = 1; n <= agents; n++) b = load * b / (n + load * b);
	return b;
}

struct waiting erlang_c(double load, int agents, double handle, double within)
{
	if (!(agents > load)) return (struct waiting){NAN, NAN, NAN, NAN, NAN, NAN};
	double b = erlang_b(load, agents), spare = agents - load;
	double wait = agents * b / (agents - load * (1 - b)), mean = wait * handle / spare;
	return (struct waiting){wait, 0, mean, 1 - wait * exp(-spare * within / handle), load / agents, mean * load / handle};
}

/* With p the chance that all agents are busy and nobody waits, the chance that k wait is p × Π load / (agents + i × handle/patience), i = 1…k.
 * Sums are kept relative to their largest term: at an overload a patient queue's chances rise long before they fall. */
struct line {
	double none, some, length; /* of the chance of nobody waiting with all busy: 1; the sum over k >= 1; and that of k × chance */
	double scale;              /* natural logarithm of what all three were divided by */
};

static struct line line_of(double load, int agents, double handle, double patience)
{
	struct line l = {1, 0, 0, 0};
	double term = 1, rate = handle / patience;
	for (double k = 1;; k++) {
		term *= load / (agents + k * rate);
		l.some += term;
		l.length += k * term;
		if (l.length > 1e200) {
			l.none /= 1e200;
			l.some /= 1e200;
			l.length /= 1e200;
			term /= 1e200;
			l.scale += log(1e200);
		}
		if (agents + k * rate > load && k * term <= l.length * 1e-17) break;
		if (l.length == 0) break;
	}
	return l;
}

/* Answered after waiting at most `within`: ∫ of the density of the wait a patient caller would have × the chance of still being there.
 * The density is (chance of all busy, nobody waiting) × agents' work × exp(∫ arrivals × patience left − agents' work). By Simpson, up to
 * where nothing is left of it. */
static double answered_later(double busy, double load, int agents, double handle, double patience, double within)
{
	double sum = 0, arrivals = load / handle, end = fmin(within, 40 * patience);
	if (agents > load) end = fmin(end, 60 * handle / (agents - load));
	double step = end / SLICES;
	for (int i = 0; i <= SLICES; i++) {
		double x = i * step, still = exp(-x / patience);
		double density = busy * agents / handle * exp(arrivals * patience * (1 - still) - agents * x / handle) * still;
		sum += density * (i == 0 || i == SLICES ? 1 : i % 2 ? 4 : 2);
	}
	return sum * step / 3;
}

struct waiting erlang_a(double load, int agents, double handle, double patience, double within)
{
	struct line l = line_of(load, agents, handle, patience);
	/* Of fewer busy: 1/B(n) of the chance of all busy; it is scaled like the rest. */
	double fewer = l.none / erlang_b(load, agents), all = fewer + l.some;
	double busy = l.none / all, wait = busy + l.some / all, queue = l.length / all;
	double abandon = queue * handle / patience / load;
	return (struct waiting){wait, abandon, queue * handle / load, 1 - wait + answered_later(busy, load, agents, handle, patience, within), load * (1 - abandon) / agents, queue};
}

static double share_of(double load, int agents, double handle, double patience, double within)
{
	double share = patience > 0 ? erlang_a(load, agents, handle, patience, within).answered : erlang_c(load, agents, handle, within).answered;
	return share >= 0 ? share : 0; /* no steady state: nobody */
}

int erlang_agents(double load, double handle, double patience, double within, double share)
{
	int low = 0, high = 1; /* low: too few; high: enough */
	while (share_of(load, high, handle, patience, within) < share) {
		if (high >= ERLANG_MAX_AGENTS) return 0;
		low = high;
		high = high * 2 < ERLANG_MAX_AGENTS ? high * 2 : ERLANG_MAX_AGENTS;
	}
	while (high - low > 1) {
		int middle = low + (high - low) / 2;
		if (share_of(load, middle, handle, patience, within) < share) low = middle;
		else high = middle;
	}
	return high;
}
