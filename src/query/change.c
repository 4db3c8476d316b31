/* What a comparison comes to: of each share that an answer gives, how much it differs from that of what it is compared with, with
 * Newcombe's interval and the pooled z test (base/compare.h). Read off both answers, so that it is of the very numbers that stand
 * there. The two are taken as independent of each other, which the definition says. */
#include "base/compare.h"
#include "query/inner.h"

static int64_t whole(const struct json_node *v)
{
	int64_t n;
	return v && v->type == JSON_NUMBER && str_i64(v->text, &n) ? n : -1;
}

/* k of n here, and there; null where either has no base. */
static void put_share(struct json_writer *w, int64_t k, int64_t n, int64_t other_k, int64_t other_n)
{
	if (k < 0 || other_k < 0 || n <= 0 || other_n <= 0) {
		json_put_null(w);
		return;
	}
	struct comparison d = compare_shares(k, n, other_k, other_n);
	json_begin_object(w);
	query__put_real(w, "difference", d.difference);
	query__put_real(w, "low", d.low);
	query__put_real(w, "high", d.high);
	query__put_real(w, "p", d.p);
	json_end_object(w);
}

static const struct json_node *steps_of(const struct json_node *answer)
{
	const struct json_node *steps = json_get(answer, S("steps")), *groups = json_get(answer, S("groups"));
	return steps ? steps : json_get(groups->child, S("steps"));
}

static int64_t units(const struct json_node *step)
{
	const struct json_node *attempts = json_get(step, S("attempts")), *sessions = json_get(step, S("sessions"));
	return whole(attempts ? attempts : sessions ? sessions : json_get(step, S("customers")));
}

/* Of the first step, like `share`. */
static void put_steps(struct json_writer *w, const struct json_node *answer, const struct json_node *other)
{
	const struct json_node *a = steps_of(answer)->child, *b = steps_of(other)->child;
	int64_t n = units(a), other_n = units(b);
	json_key(w, S("steps"));
	json_begin_array(w);
	for (; a && b; a = a->next, b = b->next) put_share(w, units(a), n, units(b), other_n);
	json_end_array(w);
}

/* Of all cohorts together. */
static void put_cells(struct json_writer *w, const struct json_node *answer, const struct json_node *other)
{
	const struct json_node *all = json_get(answer, S("all")), *there = json_get(other, S("all"));
	const struct json_node *k = json_get(all, S("cells"))->child, *n = json_get(all, S("base"))->child, *other_k = json_get(there, S("cells"))->child, *other_n = json_get(there, S("base"))->child;
	json_key(w, S("cells"));
	json_begin_array(w);
	for (; k && n && other_k && other_n; k = k->next, n = n->next, other_k = other_k->next, other_n = other_n->next) put_share(w, whole(k), whole(n), whole(other_k), whole(other_n));
	json_end_array(w);
}

static void (*const WRITERS[])(struct json_writer *, const struct json_node *, const struct json_node *) = {[QUERY_FUNNEL] = put_steps, [QUERY_RETENTION] = put_cells};

bool query__has_change(const struct query *q)
{
	return q->compare && (size_t)q->kind < COUNT_OF(WRITERS) && WRITERS[q->kind];
}

void query__put_change(struct json_writer *w, const struct query *q, const struct json_node *answer, const struct json_node *other)
{
	json_key(w, S("change"));
	json_begin_object(w);
	WRITERS[q->kind](w, answer, other);
	query__put_text(w, "definition", S("The share less that of what it is compared with; low and high are Newcombe's interval at 95%, p the z test of two shares, which takes the two as independent."));
	json_end_object(w);
}
