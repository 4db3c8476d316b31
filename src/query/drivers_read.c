/* The fields of drivers. */
#include "query/drivers.h"
#include "query/inner.h"
#include "query/read.h"

enum { MAX_QUESTION_BYTES = 200 };
#define WITHIN_DEFAULT_MS (90 * INT64_C(86400000))

static struct query_drivers *drivers(struct query_reader *r)
{
	if (!r->q->drivers) r->q->drivers = ARENA_NEW(r->arena, struct query_drivers);
	return r->q->drivers;
}

static bool read_id(struct query_reader *r, const char *field, const struct json_node *v, str *out)
{
	bool is_id = v->type == JSON_STRING && v->text.n && v->text.n <= MAX_QUESTION_BYTES;
	if (is_id) *out = str_dup(r->arena, v->text);
	else query__bad(r, field, "a question's id: a text of 1 to %d bytes", MAX_QUESTION_BYTES);
	return is_id;
}

static void read_outcome(struct query_reader *r, const struct json_node *v)
{
	(void)read_id(r, "outcome", v, &drivers(r)->outcome);
}

static void read_target(struct query_reader *r, const struct json_node *v, struct drivers_predictor *p)
{
	int64_t ms = 0;
	p->has_target = true;
	if (p->kind == DRIVERS_WAIT) query__read_duration(r, "predictors.target", v, &ms), p->target = (double)ms / 1000;
	else if (v->type != JSON_NUMBER || !str_f64(v->text, &p->target)) query__bad(r, "predictors.target", "not a number");
}

/* What happened before: of events, or the last order. */
static void read_happened(struct query_reader *r, const struct json_node *v, struct drivers_predictor *p)
{
	const struct json_node *event = json_get(v, S("event")), *end = json_get(v, S("end")), *property = json_get(v, S("property")), *order = json_get(v, S("order")), *target = json_get(v, S("target"));
	const struct json_node *within = json_get(v, S("within"));
	size_t known = (event != NULL) + (end != NULL) + (property != NULL) + (order != NULL) + (target != NULL) + (within != NULL);
	bool is_order = order && order->type == JSON_STRING && str_eq(order->text, S("value"));
	p->within_ms = WITHIN_DEFAULT_MS;
	p->kind = is_order ? DRIVERS_ORDER : end ? DRIVERS_WAIT : property ? DRIVERS_PROPERTY : DRIVERS_COUNT;
	if (known != v->n || (order != NULL) == (event != NULL) || (order && !is_order) || (end && property) || (order && (end || property))) {
		query__bad(r, "predictors", "what happened before is {\"event\":…} with \"property\" or \"end\" or neither, or {\"order\":\"value\"}; either with \"within\" and \"target\"");
		return;
	}
	if (event) query__read_match(r, "predictors.event", event, &p->events);
	if (end) query__read_match(r, "predictors.end", end, &p->ends);
	if (property) (void)read_id(r, "predictors.property", property, &p->property);
	if (within) query__read_duration(r, "predictors.within", within, &p->within_ms);
	if (target) read_target(r, target, p);
}

static void read_predictors(struct query_reader *r, const struct json_node *v)
{
	struct query_drivers *d = drivers(r);
	if (v->type != JSON_ARRAY || v->n == 0 || v->n > IMPORTANCE_MAX) {
		query__bad(r, "predictors", "a list of 1 to %d questions", IMPORTANCE_MAX);
		return;
	}
	d->n = 0;
	for (const struct json_node *c = v->child; c; c = c->next) {
		struct drivers_predictor *p = &d->predictors[d->n++];
		*p = (struct drivers_predictor){0};
		if (c->type == JSON_OBJECT) read_happened(r, c, p);
		else if (read_id(r, "predictors", c, &p->question))
			for (size_t i = 0; i + 1 < d->n; i++)
				if (d->predictors[i].kind == DRIVERS_ANSWER && str_eq(d->predictors[i].question, p->question)) query__bad(r, "predictors", "a question stands there twice");
	}
}

static void read_method(struct query_reader *r, const struct json_node *v)
{
	static const char *const METHODS[] = {[IMPORTANCE_RELATIVE_WEIGHTS] = "relative_weights", [IMPORTANCE_LMG] = "lmg"};
	int method = query__read_choice(r, "method", v, METHODS, COUNT_OF(METHODS));
	if (method >= 0) drivers(r)->method = (enum importance_method)method;
}

static void read_weighted(struct query_reader *r, const struct json_node *v)
{
	drivers(r)->is_weighted = query__read_flag(r, "weighted", v);
}

static void read_intervals(struct query_reader *r, const struct json_node *v)
{
	drivers(r)->has_no_intervals = !query__read_flag(r, "intervals", v);
}

const struct query_field query__drivers_fields[QUERY__DRIVERS_FIELDS] = {{"outcome", read_outcome}, {"predictors", read_predictors}, {"method", read_method}, {"weighted", read_weighted}, {"intervals", read_intervals}};

void query__check_drivers(struct query_reader *r)
{
	struct query_drivers *d = drivers(r);
	if (r->is_bad) return;
	if (!str_given(d->outcome)) query__bad(r, "outcome", "the id of the question that is to be explained");
	if (d->n == 0) query__bad(r, "predictors", "the ids of the questions that may explain it");
	for (size_t i = 0; i < d->n; i++)
		if (d->predictors[i].kind == DRIVERS_ANSWER && str_eq(d->predictors[i].question, d->outcome)) query__bad(r, "predictors", "the outcome cannot explain itself");
	if (d->method == IMPORTANCE_LMG && d->n > IMPORTANCE_MAX_LMG) query__bad(r, "method", "lmg takes at most %d predictors; ask for relative_weights", IMPORTANCE_MAX_LMG);
}
