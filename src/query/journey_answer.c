/* The answer of a journey as JSON, with what was assumed. */
#include <math.h>

#include "query/inner.h"
#include "query/journey.h"

static void put_times(struct json_writer *w, double median_ms, double p90_ms)
{
	query__put_real(w, "median_s", median_ms / 1000);
	query__put_real(w, "p90_s", p90_ms / 1000);
}

static void put_stage(struct json_writer *w, const struct query_context *ctx, const struct journey_stage_answer *s, uint64_t customers)
{
	struct interval sure = compare_mean(s->score);
	json_begin_object(w);
	query__put_text(w, "name", s->name);
	json_key(w, S("heard"));
	json_put_bool(w, s->events > 0);
	query__put_int(w, "events", s->events);
	query__put_int(w, "customers", s->customers);
	query__put_real(w, "share", (double)s->customers / (double)customers);
	query__put_int(w, "entered", s->entered);
	query__put_int(w, "left", s->left);
	query__put_int(w, "lost", s->lost);
	put_times(w, s->within_median_ms, s->within_p90_ms);
	json_key(w, S("score"));
	json_begin_object(w);
	query__put_int(w, "n", (uint64_t)s->score.n);
	query__put_real(w, "mean", s->score.mean);
	query__put_real(w, "low", sure.low);
	query__put_real(w, "high", sure.high);
	json_end_object(w);
	query__put_int(w, "contacts", s->contacts);
	query__put_int(w, "repeats", s->repeats);
	json_key(w, S("touchpoints"));
	json_begin_array(w);
	for (size_t i = 0; i < s->n_touchpoints; i++) {
		json_begin_object(w);
		query__put_text(w, "event", events_type_name(ctx->events, s->touchpoints[i].type));
		query__put_int(w, "events", s->touchpoints[i].events);
		query__put_int(w, "customers", s->touchpoints[i].customers);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
}

static void put_stages(struct json_writer *w, const struct query_context *ctx, const struct query_journey_answer *out)
{
	json_key(w, S("stages"));
	json_begin_array(w);
	for (size_t s = 0; s < out->n_stages; s++) put_stage(w, ctx, &out->stages[s], out->customers);
	json_end_array(w);
	json_key(w, S("gaps"));
	json_begin_array(w);
	for (size_t s = 0; s < out->n_stages; s++)
		if (out->stages[s].events == 0) json_put_str(w, out->stages[s].name);
	json_end_array(w);
	json_key(w, S("steps"));
	json_begin_array(w);
	for (size_t i = 0; i < out->n_steps; i++) {
		const struct journey_step *x = &out->steps[i];
		json_begin_object(w);
		query__put_text(w, "from", out->stages[x->from].name);
		query__put_text(w, "to", out->stages[x->to].name);
		query__put_int(w, "count", x->count);
		query__put_int(w, "customers", x->customers);
		put_times(w, x->median_ms, x->p90_ms);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_effort(struct json_writer *w, const struct query_journey_answer *out)
{
	json_key(w, S("effort"));
	json_begin_object(w);
	query__put_text(w, "complete", out->complete < out->n_stages ? out->stages[out->complete].name : STR_NONE);
	query__put_int(w, "completed", out->completed);
	query__put_real(w, "contacts", out->contacts);
	query__put_real(w, "repeats", out->repeats);
	query__put_real(w, "channel_changes", out->channel_changes);
	json_end_object(w);
}

static void put_friction(struct json_writer *w, const struct journey_friction_answer *x)
{
	static const char *const KINDS[] = {[FRICTION_WAIT] = "wait", [FRICTION_LOOP] = "loop", [FRICTION_REPEAT] = "repeat", [FRICTION_ERROR] = "error", [FRICTION_DROP] = "drop"};
	json_begin_object(w);
	query__put_text(w, "name", x->rule->key);
	query__put_text(w, "kind", str_of(KINDS[x->rule->kind]));
	query__put_text(w, "stage", x->stage);
	query__put_text(w, "event", x->events);
	query__put_text(w, "end", x->ends.n ? x->ends : STR_NONE);
	query__put_real(w, "within_s", x->rule->within_ms ? (double)x->rule->within_ms / 1000 : NAN);
	query__put_int(w, "customers", x->customers);
	query__put_int(w, "exposed", x->exposed);
	query__put_real(w, "share", (double)x->customers / (double)x->exposed);
	query__put_int(w, "count", x->count);
	query__put_int(w, "repeat_contacts", x->repeats);
	query__put_real(w, "money", x->money);
	query__put_real(w, "low", x->low);
	query__put_real(w, "high", x->high);
	json_key(w, S("compared"));
	json_begin_object(w);
	query__put_int(w, "with", x->with);
	query__put_int(w, "without", x->without);
	query__put_real(w, "with_mean", x->with_mean);
	query__put_real(w, "without_mean", x->without_mean);
	json_end_object(w);
	json_end_object(w);
}

static void put_assumptions(struct json_writer *w, const struct query_journey *j, const struct query_journey_answer *out)
{
	json_key(w, S("assumptions"));
	json_begin_object(w);
	query__put_int(w, "days_after", 90);
	query__put_int(w, "least_affected", JOURNEY_LEAST_AFFECTED);
	query__put_real(w, "contact_cost", j->has_contact_cost ? j->contact_cost : NAN);
	query__put_text(w, "revenue", !out->has_money ? S("none is known: money at stake cannot be told") : j->revenue.events.n ? S("the property asked for") : S("orders less refunds"));
	if (out->other_sales) query__put_int(w, "other_currencies", out->other_sales);
	query__put_text(w, "alike", S("customers who did what the friction begins with (of an error: who were in its stage) and did not meet it, in the same half decade of what they had spent before; "
		"bands with fewer than 5 on either side are left out; whoever is asked about with \"where\" is compared among themselves"));
	query__put_text(w, "contacts", j->has_contact_cost ? S("repeated contacts in the 90 days after, at contact_cost each, taken to be in the currency of the answer") : S("no cost of a contact was given: repeated contacts count nothing"));
	query__put_text(w, "caution", S("An association, not a cause: what differs between the two groups in other ways is in it as well."));
	json_end_object(w);
}

static str definition(struct arena *a, const struct query_journey *j)
{
	str silent = query__duration(a, j->silent_ms), repeat = query__duration(a, j->repeat_ms);
	return str_fmt(a, "Stages as %s. A visit is a run of touchpoints in one stage: its times run from its first to its last, those of steps from the last before to the first after. entered and left: the first and last stage of a customer; "
		"lost: left, silent for %.*s and not completed. Effort: of customers who completed, on the average. Repeats: contacts within %.*s of another. Money at stake: customers affected × (mean net revenue in the next 90 days of "
		"those alike who did not meet it − of those who did, not below 0) + repeated contacts × cost of a contact; low and high by bootstrap over customers; not shown under %d affected.",
		j->n_stages ? "asked" : "the touchpoints are filed", STR_ARG(silent), STR_ARG(repeat), JOURNEY_LEAST_AFFECTED);
}

enum err query__answer_journey(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_journey_answer out;
	TRY(query_journey(ctx, q, a, &out, f));
	query__put_text(w, "kind", S("journey"));
	query__put_int(w, "customers", out.customers);
	query__put_int(w, "events", out.events);
	put_stages(w, ctx, &out);
	put_effort(w, &out);
	json_key(w, S("frictions"));
	json_begin_array(w);
	for (size_t i = 0; i < out.n_frictions && !(q->limit && i >= (uint64_t)q->limit); i++) put_friction(w, &out.frictions[i]);
	json_end_array(w);
	if (out.has_money && out.currency.n) query__put_text(w, "currency", out.currency);
	put_assumptions(w, q->journey, &out);
	query__put_range(w, a, ctx, &out.range);
	query__put_int(w, "n", out.customers);
	query__put_text(w, "base", S("customers"));
	query__put_tail(w, out.left_out, out.is_partial, definition(a, q->journey));
	return OK;
}
