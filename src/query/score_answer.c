/* The answer of a score as JSON. */
#include <math.h>

#include "query/inner.h"
#include "query/score.h"
#include "query/survey.h"

static const double SURE = 0.05;

static void put_count(struct json_writer *w, const char *key, bool is_told, int64_t n)
{
	json_key(w, str_of(key));
	if (is_told) json_put_i64(w, n);
	else json_put_null(w);
}

static void put_figures(struct json_writer *w, const struct query_score *s, const struct rating_sums *sums)
{
	bool is_hidden = sums->n < s->min_n, is_nps = s->metric == RATING_NPS;
	struct rating_sums none = {0};
	struct rating x = rating_of(is_hidden ? &none : sums, s->metric, s->method);
	query__put_int(w, "n", (uint64_t)sums->n);
	query__put_real(w, "value", x.value.value);
	query__put_real(w, "low", x.value.low);
	query__put_real(w, "high", x.value.high);
	query__put_real(w, "se", x.error);
	put_count(w, "promoters", is_nps && !is_hidden, sums->promoters);
	put_count(w, "passives", is_nps && !is_hidden, sums->passives);
	put_count(w, "detractors", is_nps && !is_hidden, sums->detractors);
	query__put_real(w, "mean", x.mean.value);
	query__put_real(w, "mean_low", x.mean.low);
	query__put_real(w, "mean_high", x.mean.high);
	query__put_real(w, "top2", x.top2.value);
	query__put_real(w, "top2_low", x.top2.low);
	query__put_real(w, "top2_high", x.top2.high);
	if (s->is_weighted) query__put_real(w, "effective_n", is_hidden ? NAN : x.effective);
	if (is_hidden) {
		json_key(w, S("hidden"));
		json_put_bool(w, true);
	}
}

static void put_difference(struct json_writer *w, const struct comparison *c)
{
	query__put_real(w, "difference", c->difference);
	query__put_real(w, "difference_low", c->low);
	query__put_real(w, "difference_high", c->high);
	query__put_real(w, "p", c->p);
}

static void put_groups(struct json_writer *w, const struct query *q, const struct query_score_answer *out)
{
	json_key(w, S("groups"));
	json_begin_array(w);
	for (size_t i = 0; i < out->n_groups && !(q->limit && i >= (uint64_t)q->limit); i++) {
		const struct score_group *g = &out->groups[i];
		json_begin_object(w);
		query__put_by(w, g->by, g->is_other);
		put_figures(w, q->score, &g->sums);
		if (out->n_groups > 1) {
			json_key(w, S("others"));
			json_begin_object(w);
			put_difference(w, &g->differs);
			query__put_real(w, "q", g->q);
			json_key(w, S("differs"));
			json_put_bool(w, g->q < SURE);
			json_end_object(w);
		}
		json_end_object(w);
	}
	json_end_array(w);
	query__put_int(w, "groups_total", out->n_groups);
}

/* An interval without answers has a row without `by`, and none with it. */
static void put_rows(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_score_answer *out)
{
	json_key(w, S("rows"));
	json_begin_array(w);
	for (size_t t = 0; t < out->times.n; t++)
		for (size_t i = 0; i < out->n_groups; i++) {
			const struct score_group *g = &out->groups[i];
			if (q->by != QUERY_NONE && g->at[t].n == 0) continue;
			json_begin_object(w);
			query__put_text(w, "time", query__label(a, ctx->zone, q->interval.unit, out->times.start[t]));
			query__put_by(w, g->by, g->is_other);
			put_figures(w, q->score, &g->at[t]);
			json_end_object(w);
		}
	json_end_array(w);
	query__put_text(w, "interval", query__interval_name(a, q->interval));
}

static str definition(struct arena *a, const struct query_score *s)
{
	static const char *const VALUES[] = {
		[RATING_NPS] = "Net promoter score: 100 × (promoters, 9 and 10, − detractors, 0 to 6) ÷ n; passives, 7 and 8, count in n. Interval: adjusted Wald at 95%, kept within −100 and 100",
		[RATING_CSAT] = "Customer satisfaction", [RATING_CES] = "Customer effort, higher is easier"};
	const char *method = s->metric == RATING_NPS ? "" : s->method == RATING_MEAN ? ": the mean of the answers, with Student's interval at 95%" : ": the share of the upper answers (of 2 points {2}, 3 {3}, 4 {3,4}, 5 {4,5}, 6 {4–6}, 7 {5–7}, 8 {6–8}), with Wilson's interval at 95%";
	const char *test = s->metric == RATING_NPS ? "the z test of two adjusted scores" : s->method == RATING_MEAN ? "Welch's t test" : "the z test of two shares";
	return str_fmt(a, "%s%s. top2 is that share, mean the mean, se the standard error of the value. Blank answers are not counted; each answer counts for itself, of nobody too.%s Groups are compared with all the others together by %s; q corrects p for "
		"the number of groups (Benjamini-Hochberg).", VALUES[s->metric], method,
		s->is_weighted ? " Each counts by its weight, one without as 1; promoters, passives, detractors and n are answers; effective_n, (Σw)² ÷ Σw², stands for n in intervals and tests." : "", test);
}

/* The other period or customers, and whether they differ. */
static enum err put_compared(const struct query_context *ctx, const struct query *q, const struct query_score_answer *out, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_score_answer other;
	const struct query_score *s = q->score;
	TRY(query_score(ctx, q->compare, a, &other, f));
	struct comparison c = {NAN, NAN, NAN, NAN};
	if (out->all.n >= s->min_n && other.all.n >= s->min_n) c = rating_compare(&out->all, &other.all, s->metric, s->method);
	json_key(w, S("to_compare"));
	json_begin_object(w);
	put_difference(w, &c);
	json_key(w, S("differs"));
	json_put_bool(w, c.p < SURE);
	json_end_object(w);
	return OK;
}

enum err query__answer_score(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	static const char *const METHODS[] = {[RATING_TOP2] = "top2", [RATING_MEAN] = "mean"};
	struct query_score_answer out;
	const struct query_score *s = q->score;
	TRY(query_score(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("score"));
	query__put_text(w, "metric", str_of(RATING_METRICS[s->metric]));
	query__put_text(w, "method", s->metric == RATING_NPS ? S("nps") : str_of(METHODS[s->method]));
	query__put_text(w, "question", s->question);
	put_groups(w, q, &out);
	if (s->has_interval) put_rows(w, a, ctx, q, &out);
	json_key(w, S("total"));
	json_begin_object(w);
	put_figures(w, s, &out.all);
	json_end_object(w);
	if (q->compare) TRY(put_compared(ctx, q, &out, a, w, f));
	struct query_range range = {out.times.n > 0, out.times.n > 0, out.times.from_ms, out.times.to_ms};
	query__put_range(w, a, ctx, &range);
	query__put_int(w, "off_scale", (uint64_t)out.off_scale);
	query__put_int(w, "without", (uint64_t)out.without_number);
	if (s->is_weighted) query__put_int(w, "without_weight", (uint64_t)out.without_weight);
	if (out.has_anonymous) {
		json_key(w, S("anonymous"));
		json_begin_object(w);
		json_key(w, S("is_left_out"));
		json_put_bool(w, out.are_anonymous_out);
		if (!out.are_anonymous_out) {
			query__put_int(w, "counted", out.anonymous);
			query__put_int(w, "held_back", out.held_back);
		}
		json_end_object(w);
	}
	query__put_int(w, "n", (uint64_t)out.all.n);
	query__put_text(w, "base", S("answers"));
	query__put_tail(w, out.left_out, out.is_partial, definition(a, s));
	return OK;
}
