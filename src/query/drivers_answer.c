/* The answer of drivers as JSON. */
#include <math.h>

#include "query/drivers.h"
#include "query/inner.h"

/* Below so many cases a driver the weights say little (a rule of thumb). */
enum { CASES_A_DRIVER = 10 };

static void put_driver(struct json_writer *w, struct arena *a, const struct drivers_predictor *p, const struct importance *x, const struct drivers_scale *s)
{
	json_begin_object(w);
	bool is_answer = p->kind == DRIVERS_ANSWER, is_order = p->kind == DRIVERS_ORDER;
	query__put_text(w, "question", is_answer ? p->question : STR_NONE);
	if (is_order) query__put_text(w, "order", S("value"));
	if (!is_answer && !is_order) {
		query__put_text(w, "event", query__names(a, &p->events));
		query__put_text(w, "property", p->property);
	}
	if (p->kind == DRIVERS_WAIT) query__put_text(w, "end", query__names(a, &p->ends));
	if (!is_answer) {
		query__put_real(w, "within_s", (double)p->within_ms / 1000);
		query__put_real(w, "target", p->has_target ? p->target : NAN);
		query__put_real(w, "in_target", s->in_target);
	}
	query__put_int(w, "n", s->known);
	query__put_real(w, "weight", x->weight);
	query__put_real(w, "share", x->share);
	query__put_real(w, "low", x->sure.low);
	query__put_real(w, "high", x->sure.high);
	query__put_real(w, "coefficient", x->coefficient);
	query__put_real(w, "coefficient_se", x->error);
	query__put_real(w, "mean", x->mean);
	query__put_real(w, "top2", s->top2);
	json_end_object(w);
}

static str definition(struct arena *a, const struct query_drivers *d, const struct drivers_answer *out)
{
	const char *method = d->method == IMPORTANCE_LMG ? "LMG: the mean gain in R² over all orders of the predictors (Shapley)" : "Johnson's relative weights";
	return str_fmt(a, "%s, of a linear regression of the outcome on all predictors over complete cases: submissions that answer every question. Weights add up to r2, shares to 1; low and high: middle 95%% of %d bootstrap samples of the cases. coefficient: "
		"standardised, its sign says the direction, coefficient_se its standard error. mean and top2: of the predictor in these cases. n: cases that have the outcome and this predictor. alpha: Cronbach's, of the answers as one scale.%s An association, not a cause.", method, out->importance.draws,
		d->is_weighted ? " Each case counts by the weight of its outcome, one without as 1; effective_n, (Σw)² ÷ Σw², stands for n in standard errors." : "");
}

enum err query__answer_drivers(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	static const char *const METHODS[] = {[IMPORTANCE_RELATIVE_WEIGHTS] = "relative_weights", [IMPORTANCE_LMG] = "lmg"};
	struct drivers_answer out;
	const struct query_drivers *d = q->drivers;
	TRY(query_drivers(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("drivers"));
	query__put_int(w, "n", out.cases);
	if (d->is_weighted) query__put_real(w, "effective_n", out.importance.effective);
	query__put_real(w, "r2", out.importance.r2);
	json_key(w, S("drivers"));
	json_begin_array(w);
	for (size_t i = 0; i < d->n; i++) put_driver(w, a, &d->predictors[i], &out.importance.of[i], &out.scales[i + 1]);
	json_end_array(w);
	query__put_text(w, "outcome", d->outcome);
	query__put_text(w, "method", str_of(METHODS[d->method]));
	query__put_real(w, "outcome_mean", out.importance.outcome_mean);
	query__put_real(w, "outcome_top2", out.scales[0].top2);
	query__put_real(w, "alpha", out.importance.alpha);
	query__put_text(w, "currency", out.currency);
	query__put_int(w, "incomplete", out.incomplete);
	if (d->is_weighted) query__put_int(w, "without_weight", out.without_weight);
	json_key(w, S("is_thin"));
	json_put_bool(w, (d->is_weighted ? out.importance.effective : (double)out.cases) < (double)(CASES_A_DRIVER * d->n));
	query__put_range(w, a, ctx, &out.range);
	query__put_text(w, "base", S("submissions"));
	query__put_tail(w, out.left_out, out.is_partial, definition(a, d, &out));
	return OK;
}
