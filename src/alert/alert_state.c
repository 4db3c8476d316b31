/* alert_state.c: what follows from a judgement. An alert ends only when its figure has been calm for the rule's hours without a break,
 * so one that comes and goes is one alert, told once. */
#include <math.h>

#include "alert/alert_inner.h"

static const double MARGIN = 0.1; /* of the limit: so far back it has to be before it counts as calm */

enum alert_step alert__step(enum alert_state state, enum alert_verdict verdict, int64_t calm_for_ms, int64_t calm_after_ms)
{
	switch (state) {
	case ALERT_CALM: return verdict == ALERT_HOLDS ? ALERT_STEP_RAISE : ALERT_STEP_NONE;
	case ALERT_RAISED: return verdict == ALERT_HOLDS ? ALERT_STEP_STILL : verdict == ALERT_QUIET ? ALERT_STEP_EASE : ALERT_STEP_NONE;
	case ALERT_EASING: break;
	}
	if (verdict == ALERT_HOLDS) return ALERT_STEP_AGAIN;
	return verdict == ALERT_QUIET && calm_for_ms >= calm_after_ms ? ALERT_STEP_CLEAR : ALERT_STEP_NONE;
}

enum alert_verdict alert__judge_limit(int condition, double limit, double value, enum alert_unit unit)
{
	if (isnan(value)) return ALERT_UNKNOWN;
	double over = condition == ALERT_ABOVE ? value - limit : limit - value;
	if (over > 0) return ALERT_HOLDS;
	double least = unit == ALERT_UNIT_REAL ? 1 : 0; /* of a limit of nought: a point of a score */
	return over <= -fmax(MARGIN * fabs(limit), least) ? ALERT_QUIET : ALERT_NEAR;
}

enum alert_verdict alert__judge_unusual(int condition, double limit, double z)
{
	if (isnan(z)) return ALERT_UNKNOWN;
	double far = condition == ALERT_UNUSUAL_UP ? z : condition == ALERT_UNUSUAL_DOWN ? -z : fabs(z);
	return far >= limit ? ALERT_HOLDS : far < limit / 2 ? ALERT_QUIET : ALERT_NEAR;
}
