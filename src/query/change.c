/* What a comparison comes to: of each share that an answer gives, how much it differs from that of what it is compared with, with
 * Newcombe's interval and the pooled z test; of a trend, by how much its intervals differ on average, by Welch's test
 * (base/compare.h). Read off both answers, so that it is of the very numbers that stand there. The two are taken as independent of
 * each other, which the definition says. */
#include <math.h>

#include "base/compare.h"
#include "query/inner.h"

static int64_t whole(const struct json_node *v)
{
	int64_t n;
	return v && v->type == JSON_NUMBER && str_i64(v->text, &n) ? n : -1;
}

static void put_comparison(struct json_writer *w, const struct comparison *d, double q)
{
	json_begin_object(w);
	query__put_real(w, "difference", d->difference);
	query__put_real(w, "low", d->low);
	query__put_real(w, "high", d->high);
	query__put_real(w, "p", d->p);
	if (!isnan(q)) query__put_real(w, "q", q);
	json_end_object(w);
}

/* k of n here, and there; null where either has no base. */
static void put_share(struct json_writer *w, int64_t k, int64_t n, int64_t other_k, int64_t other_n)
{
	if (k < 0 || other_k < 0 || n <= 0 || other_n <= 0) {
		json_put_null(w);
		return;
	}
	struct comparison d = compare_shares(k, n, other_k, other_n);
	put_comparison(w, &d, NAN);
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

static int64_t count_of(const struct json_node *group, str key)
{
	return whole(json_get(group, key));
}

/* The share stands there as a number; its count is what makes it. */
static int64_t count_in_target(const struct json_node *group)
{
	const struct json_node *share = json_get(group, S("in_target"));
	double x;
	return share && share->type == JSON_NUMBER && str_f64(share->text, &x) ? llround(x * (double)count_of(group, S("starts"))) : -1;
}

static void put_duration(struct json_writer *w, const struct json_node *answer, const struct json_node *other)
{
	const struct json_node *here = json_get(answer, S("total")), *there = json_get(other, S("total"));
	int64_t n = count_of(here, S("starts")), other_n = count_of(there, S("starts"));
	json_key(w, S("ended"));
	put_share(w, count_of(here, S("n")), n, count_of(there, S("n")), other_n);
	json_key(w, S("in_target"));
	put_share(w, count_in_target(here), n, count_in_target(there), other_n);
}

/* ---- journey: stages and frictions of the same name, all corrected together ---- */

enum { SHARES_MOST = 400 };
struct named_share {
	str list, name;
	const char *what;
	struct comparison d;
	bool is_told;
};

static const struct json_node *named(const struct json_node *list, str name)
{
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next)
		if (str_eq(json_get_str(x, S("name")), name)) return x;
	return NULL;
}

static void add_share(struct named_share *all, size_t *n, const struct named_share *like, int64_t k, int64_t of, int64_t other_k, int64_t other_of)
{
	if (*n == SHARES_MOST) return;
	struct named_share x = *like;
	x.is_told = k >= 0 && other_k >= 0 && of > 0 && other_of > 0;
	x.d = x.is_told ? compare_shares(k, of, other_k, other_of) : (struct comparison){NAN, NAN, NAN, NAN};
	all[(*n)++] = x;
}

static void add_stages(struct named_share *all, size_t *n, const struct json_node *answer, const struct json_node *other)
{
	int64_t of = count_of(answer, S("n")), other_of = count_of(other, S("n"));
	for (const struct json_node *x = json_get(answer, S("stages"))->child; x; x = x->next) {
		str name = json_get_str(x, S("name"));
		const struct json_node *y = named(json_get(other, S("stages")), name);
		if (!y) continue;
		int64_t k = count_of(x, S("customers")), other_k = count_of(y, S("customers"));
		add_share(all, n, &(struct named_share){S("stages"), name, "share", {0}, false}, k, of, other_k, other_of);
		add_share(all, n, &(struct named_share){S("stages"), name, "lost", {0}, false}, count_of(x, S("lost")), k, count_of(y, S("lost")), other_k);
	}
}

static void add_frictions(struct named_share *all, size_t *n, const struct json_node *answer, const struct json_node *other)
{
	const struct json_node *list = json_get(answer, S("frictions"));
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next) {
		str name = json_get_str(x, S("name"));
		const struct json_node *y = named(json_get(other, S("frictions")), name);
		if (y) add_share(all, n, &(struct named_share){S("frictions"), name, "share", {0}, false}, count_of(x, S("customers")), count_of(x, S("exposed")), count_of(y, S("customers")), count_of(y, S("exposed")));
	}
}

static void put_named(struct json_writer *w, const struct named_share *all, const double *q, size_t n, str list)
{
	json_key(w, list);
	json_begin_array(w);
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(all[i].list, list)) continue;
		json_begin_object(w);
		query__put_text(w, "name", all[i].name);
		json_key(w, S("of"));
		json_put_str(w, str_of(all[i].what));
		json_key(w, S("change"));
		if (all[i].is_told)
			put_comparison(w, &all[i].d, q[i]);
		else
			json_put_null(w);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_journey(struct json_writer *w, const struct json_node *answer, const struct json_node *other)
{
	struct named_share all[SHARES_MOST];
	double p[SHARES_MOST], q[SHARES_MOST];
	size_t n = 0;
	add_stages(all, &n, answer, other);
	add_frictions(all, &n, answer, other);
	for (size_t i = 0; i < n; i++) p[i] = all[i].d.p;
	compare_adjust(p, n, q);
	put_named(w, all, q, n, S("stages"));
	put_named(w, all, q, n, S("frictions"));
}

/* ---- trend ---- */

/* False: amounts of several currencies, or not all rows are there. */
static bool sample_of(const struct json_node *answer, struct sample *out)
{
	double n = 0, mean = 0, squares = 0;
	int64_t rows = 0;
	for (const struct json_node *row = json_get(answer, S("rows"))->child; row; row = row->next, rows++) {
		const struct json_node *value = json_get(row, S("value"));
		double x;
		if (json_get(row, S("currency"))) return false;
		if (!value || value->type != JSON_NUMBER || !str_f64(value->text, &x)) continue;
		double gap = x - mean;
		mean += gap / ++n;
		squares += gap * (x - mean);
	}
	*out = (struct sample){(int64_t)n, mean, n > 1 ? squares / (n - 1) : NAN};
	return rows == whole(json_get(answer, S("rows_total")));
}

static void put_trend(struct json_writer *w, const struct json_node *answer, const struct json_node *other)
{
	struct sample a, b;
	json_key(w, S("interval_mean"));
	if (!sample_of(answer, &a) || !sample_of(other, &b) || !a.n || !b.n) {
		json_put_null(w);
		return;
	}
	struct comparison d = compare_means(a, b);
	put_comparison(w, &d, NAN);
}

static void (*const WRITERS[])(struct json_writer *, const struct json_node *, const struct json_node *) = {
	[QUERY_FUNNEL] = put_steps, [QUERY_RETENTION] = put_cells, [QUERY_DURATION] = put_duration, [QUERY_JOURNEY] = put_journey, [QUERY_TREND] = put_trend};

bool query__has_change(const struct query *q)
{
	if (q->kind == QUERY_TREND && q->by != QUERY_NONE) return false;
	return q->compare && (size_t)q->kind < COUNT_OF(WRITERS) && WRITERS[q->kind];
}

void query__put_change(struct json_writer *w, const struct query *q, const struct json_node *answer, const struct json_node *other)
{
	json_key(w, S("change"));
	json_begin_object(w);
	WRITERS[q->kind](w, answer, other);
	query__put_text(w, "definition", q->kind == QUERY_TREND ? S("The mean of the intervals' values less that of what it is compared with; low, high and p by Welch's test, which takes each interval as independent of the one before.")
		: S("The share less that of what it is compared with; low and high are Newcombe's interval at 95%, p the z test of two shares, which takes the two as independent; q, where several stand beside each other, is p after Benjamini and Hochberg."));
	json_end_object(w);
}
