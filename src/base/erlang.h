/* erlang.h: waiting lines of calls that come at random (Poisson) to n alike agents who take exponentially long. Pure.
 * `load` is in erlangs: arrivals in the time that one takes. Times are in the unit of `handle`.
 * Sources: Erlang 1917 (B and C); Palm 1946, Baccelli & Hebuterne 1981, Garnett, Mandelbaum & Reiman 2002 (A). */
#ifndef BASE_ERLANG_H
#define BASE_ERLANG_H
#include <stdbool.h>

enum { ERLANG_MAX_AGENTS = 1000000 };

struct waiting { /* NaN: it has no steady state */
	double wait;      /* share of callers who wait */
	double abandon;   /* share of callers who hang up (C: 0) */
	double mean_wait; /* of all callers, those who hang up too */
	double answered;  /* share of all callers answered within the time asked */
	double occupancy; /* of an agent's time */
	double queue;     /* mean number of callers who wait */
};
/* Share of calls refused where nobody may wait. */
double erlang_b(double load, int agents);
/* Where nobody hangs up. NaN at agents <= load. */
struct waiting erlang_c(double load, int agents, double handle, double within);
/* Where a caller hangs up after an exponential time of mean `patience`. */
struct waiting erlang_a(double load, int agents, double handle, double patience, double within);
/* The fewest agents by whom at least that share is answered within the time; patience 0: by C, else by A. 0: more than ERLANG_MAX_AGENTS. */
int erlang_agents(double load, double handle, double patience, double within, double share);
#endif
