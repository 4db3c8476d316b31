/* Staffing: how many agents for a load of calls, and what callers meet. Of no touchpoints: the formulas are base/erlang.h's,
 * the figures are the question's own. */
#include <math.h>

#include "base/erlang.h"
#include "query/inner.h"
#include "query/read.h"

enum { WITHIN_DEFAULT_S = 20, MAX_LOAD = 200000, AROUND = 3 };
#define MAX_NUMBER 1e9

struct query_staffing {
	double calls_per_hour, handle_s, patience_s, within_s, target, shrinkage; /* 0: not asked */
	int64_t agents;
};

static struct query_staffing *staffing(struct query_reader *r)
{
	if (!r->q->staffing) {
		r->q->staffing = ARENA_NEW(r->arena, struct query_staffing);
		r->q->staffing->within_s = WITHIN_DEFAULT_S;
	}
	return r->q->staffing;
}

static void read_positive(struct query_reader *r, const char *field, const struct json_node *v, double *out)
{
	if (v->type != JSON_NUMBER || !str_f64(v->text, out) || !(*out > 0 && *out <= MAX_NUMBER)) query__bad(r, field, "not a number above 0");
}

static void read_calls(struct query_reader *r, const struct json_node *v)
{
	read_positive(r, "calls_per_hour", v, &staffing(r)->calls_per_hour);
}

static void read_handle(struct query_reader *r, const struct json_node *v)
{
	read_positive(r, "handle_s", v, &staffing(r)->handle_s);
}

static void read_patience(struct query_reader *r, const struct json_node *v)
{
	if (v->type != JSON_NULL) read_positive(r, "patience_s", v, &staffing(r)->patience_s);
}

static void read_within(struct query_reader *r, const struct json_node *v)
{
	double *within = &staffing(r)->within_s;
	if (v->type != JSON_NUMBER || !str_f64(v->text, within) || !(*within >= 0 && *within <= MAX_NUMBER)) query__bad(r, "within_s", "not a number of seconds from 0");
}

static void read_agents(struct query_reader *r, const struct json_node *v)
{
	if (!query__whole(v, 1, ERLANG_MAX_AGENTS, &staffing(r)->agents)) query__bad(r, "agents", "not a whole number from 1 to %d", ERLANG_MAX_AGENTS);
}

static void read_share(struct query_reader *r, const char *field, const struct json_node *v, double *out)
{
	if (v->type != JSON_NUMBER || !str_f64(v->text, out) || !(*out > 0 && *out < 1)) query__bad(r, field, "not a share between 0 and 1, such as 0.8");
}

static void read_target(struct query_reader *r, const struct json_node *v)
{
	if (v->type != JSON_OBJECT) {
		read_share(r, "target", v, &staffing(r)->target);
		return;
	}
	for (const struct json_node *c = v->child; c; c = c->next) {
		if (str_eq(c->key, S("service_level"))) read_share(r, "target.service_level", c, &staffing(r)->target);
		else if (str_eq(c->key, S("within_s"))) read_within(r, c);
		else query__bad(r, query__plain_path(r, S("target"), c->key), "a target has service_level and within_s");
	}
	if (!staffing(r)->target && !r->is_bad) query__bad(r, "target.service_level", "the share of callers to be answered within within_s, such as 0.8");
}

static void read_shrinkage(struct query_reader *r, const struct json_node *v)
{
	read_share(r, "shrinkage", v, &staffing(r)->shrinkage);
}

const struct query_field query__staffing_fields[QUERY__STAFFING_FIELDS] = {
	{"calls_per_hour", read_calls}, {"handle_s", read_handle}, {"patience_s", read_patience}, {"agents", read_agents}, {"target", read_target}, {"within_s", read_within}, {"shrinkage", read_shrinkage},
};

void query__check_staffing(struct query_reader *r)
{
	const struct query_staffing *s = staffing(r);
	const struct query *q = r->q;
	if (q->range.has_from || q->range.has_to || q->where || q->members || r->compare || q->limit) query__bad(r, "kind", "staffing is of no touchpoints: it has no from, to, where, compare, members and limit");
	if (r->is_bad) return;
	if (!s->calls_per_hour) query__bad(r, "calls_per_hour", "how many callers come in an hour");
	if (!s->handle_s) query__bad(r, "handle_s", "how many seconds one takes, with what is done afterwards");
	if (!s->agents == !s->target) query__bad(r, "agents", "either how many there are, or \"target\": the share of callers to be answered in time");
	if (s->calls_per_hour * s->handle_s / 3600 > MAX_LOAD) query__bad(r, "calls_per_hour", "more than %d agents would talk at a time", MAX_LOAD);
}

static void put_waiting(struct json_writer *w, struct waiting x, bool hang_up)
{
	query__put_real(w, "wait_probability", x.wait);
	query__put_real(w, "service_level", x.answered);
	query__put_real(w, hang_up ? "wait_s" : "asa_s", x.mean_wait);
	if (hang_up) query__put_real(w, "abandon", x.abandon);
	query__put_real(w, "occupancy", x.occupancy);
	query__put_real(w, "queue", x.queue);
}

static struct waiting waiting(const struct query_staffing *s, double load, int agents, bool hang_up)
{
	return hang_up ? erlang_a(load, agents, s->handle_s, s->patience_s, s->within_s) : erlang_c(load, agents, s->handle_s, s->within_s);
}

/* One formula's figures; with a target, by the agents that it asks for. */
static int put_model(struct json_writer *w, const struct query_staffing *s, double load, bool hang_up)
{
	int agents = s->agents ? (int)s->agents : erlang_agents(load, s->handle_s, hang_up ? s->patience_s : 0, s->within_s, s->target);
	json_key(w, hang_up ? S("erlang_a") : S("erlang_c"));
	json_begin_object(w);
	query__put_int(w, "agents", (uint64_t)agents);
	json_key(w, S("is_stable"));
	json_put_bool(w, hang_up || agents > load);
	put_waiting(w, waiting(s, load, agents, hang_up), hang_up);
	json_end_object(w);
	return agents;
}

/* What a few agents more or fewer would mean. */
static void put_around(struct json_writer *w, const struct query_staffing *s, double load, int agents)
{
	json_key(w, S("rows"));
	json_begin_array(w);
	for (int n = agents > AROUND ? agents - AROUND : 1; n <= agents + AROUND; n++) {
		json_begin_object(w);
		query__put_int(w, "agents", (uint64_t)n);
		put_waiting(w, waiting(s, load, n, s->patience_s > 0), s->patience_s > 0);
		json_end_object(w);
	}
	json_end_array(w);
}

enum err query__answer_staffing(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	(void)ctx, (void)f;
	const struct query_staffing *s = q->staffing;
	double load = s->calls_per_hour * s->handle_s / 3600;
	query__put_text(w, "kind", S("staffing"));
	query__put_real(w, "load_erlang", load);
	query__put_real(w, "within_s", s->within_s);
	int agents = put_model(w, s, load, false);
	if (s->patience_s > 0) agents = put_model(w, s, load, true);
	query__put_int(w, "agents", (uint64_t)agents);
	if (s->shrinkage) query__put_int(w, "positions", (uint64_t)ceil(agents / (1 - s->shrinkage) - 1e-9));
	put_around(w, s, load, agents);
	query__put_text(w, "definition", str_fmt(a,
		"Callers come at random, at one rate, and all agents answer all of them in the order they came. service_level is the share of all callers answered within %g s. erlang_c: nobody hangs up, so it asks "
		"for more agents than are needed; it has no figures where the agents are not more than the load. erlang_a%s",
		s->within_s,
		s->patience_s > 0 ? str_c(a, str_fmt(a, ": callers hang up after %g s on average; wait_s is the mean over all, those who hang up too.", s->patience_s)) : ", in which callers hang up, needs patience_s."));
	return OK;
}
