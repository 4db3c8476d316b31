/* A topic rises when its share of all texts of the period is larger than in as long a time before: two shares, pooled z, corrected for
 * the number of topics (Benjamini and Hochberg), at least LEAST texts. */
#include "reading/explore_sums.h"

#include <math.h>
#include <stdlib.h>

#include "base/compare.h"
#include "base/map.h"
#include "customer/people.h"
#include "json/desc.h"
#include "op/app.h"

enum { LEAST = 5, VALUES_MOST = 60, TOPICS_HELD = 600 };
static const double SURE = 0.05;

struct pass {
	struct op *op;
	const struct explore_asked *asked;
	struct explore_sums *sums;
	struct map topics;
};

static void count(struct explore_count *c, const struct text_verdict *v)
{
	c->n++;
	c->pos += str_eq(v->sentiment, S("pos"));
	c->neu += str_eq(v->sentiment, S("neu"));
	c->neg += str_eq(v->sentiment, S("neg"));
}

static void note_value(struct pass *p, void *list, str value)
{
	VEC(struct explore_value) *values = list;
	if (!str_given(value) || !value.n) return;
	for (size_t i = 0; i < values->n; i++)
		if (str_eq(values->v[i].value, value)) {
			values->v[i].n++;
			return;
		}
	if (values->n == VALUES_MOST) return;
	struct explore_value *x = VEC_ADD(values, &p->op->arena);
	*x = (struct explore_value){str_dup(&p->op->arena, value), 1};
}

static bool is_or_any(str wanted, str is)
{
	return !str_given(wanted) || str_eq(wanted, is);
}

static bool is_counted(const struct pass *p, const struct reading_text *t)
{
	const struct explore_asked *x = p->asked;
	if (!is_or_any(x->language, t->verdict.language) || !is_or_any(x->channel, t->channel) || !is_or_any(x->survey, t->survey)) return false;
	if (str_given(x->kind) && !str_starts(reading_text_show(p->op, t), x->kind)) return false;
	return !x->segment || segment_has(x->segment, people_customer(p->op->app->people, t->subject));
}

/* A topic, or one beneath it. */
static bool is_in(str name, str topic)
{
	return str_starts(name, topic) && (name.n == topic.n || name.p[topic.n] == '/');
}

static bool has_topic(str topics, str topic)
{
	if (str_eq(topic, S(EXPLORE_NO_TOPIC))) return !topics.n;
	while (str_given(topics) && topics.n)
		if (is_in(str_cut(&topics, '\n'), topic)) return true;
	return false;
}

static struct explore_topic *topic_of(struct pass *p, str name)
{
	const uint64_t *at = map_get(&p->topics, name);
	if (at) return &p->sums->topics.v[*at];
	struct explore_topic *t = VEC_ADD(&p->sums->topics, &p->op->arena);
	*t = (struct explore_topic){.name = str_dup(&p->op->arena, name), .steps = ARENA_ARRAY(&p->op->arena, struct explore_count, EXPLORE_STEPS), .q = NAN};
	*map_put(&p->topics, t->name, NULL) = p->sums->topics.n - 1;
	return t;
}

static int newest_first(const void *a, const void *b)
{
	const struct reading_text *x = a, *y = b;
	return x->at != y->at ? (x->at < y->at) - (x->at > y->at) : (x->doc < y->doc) - (x->doc > y->doc);
}

static void sort_quotes(struct explore_sums *s, size_t most)
{
	if (s->quotes.n) qsort(s->quotes.v, s->quotes.n, sizeof *s->quotes.v, newest_first);
	if (s->quotes.n > most) s->quotes.n = most;
}

static str kept(struct pass *p, str s)
{
	return str_given(s) ? str_dup(&p->op->arena, s) : STR_NONE;
}

static void keep_quote(struct pass *p, const struct reading_text *t)
{
	struct explore_sums *s = p->sums;
	const struct explore_asked *x = p->asked;
	s->found++;
	if (t->at > x->behind_ms || (t->at == x->behind_ms && t->doc >= x->behind)) return;
	if (s->quotes.n >= 2 * x->quotes) sort_quotes(s, x->quotes);
	struct reading_text *q = VEC_ADD(&s->quotes, &p->op->arena);
	const struct text_verdict *v = &t->verdict;
	*q = *t;
	q->event = kept(p, t->event), q->channel = kept(p, t->channel), q->survey = kept(p, t->survey), q->url = kept(p, t->url), q->text = kept(p, t->text);
	q->verdict = (struct text_verdict){kept(p, v->language), kept(p, v->sentiment), kept(p, v->topics), kept(p, v->signals), kept(p, v->why), v->score};
}

static void count_now(struct pass *p, const struct reading_text *t)
{
	struct explore_sums *s = p->sums;
	const struct explore_asked *x = p->asked;
	size_t step = s->n_steps - 1 - (size_t)((x->to_ms - 1 - t->at) / x->step_ms);
	count(&s->all, &t->verdict);
	if (!t->verdict.topics.n) count(&s->without, &t->verdict);
	for (str rest = t->verdict.topics; str_given(rest) && rest.n;) {
		str name = str_cut(&rest, '\n');
		if (!name.n || p->sums->topics.n >= TOPICS_HELD) continue;
		struct explore_topic *topic = topic_of(p, name);
		count(&topic->now, &t->verdict);
		count(&topic->steps[step], &t->verdict);
	}
	if (str_given(x->topic) && !has_topic(t->verdict.topics, x->topic)) return;
	count(&s->shown, &t->verdict);
	count(&s->steps[step], &t->verdict);
	if (is_or_any(x->feeling, t->verdict.sentiment) && (x->step < 0 || (size_t)x->step == step)) keep_quote(p, t);
}

static bool visit(void *arg, const struct reading_text *t)
{
	struct pass *p = arg;
	if (t->at >= p->asked->from_ms) {
		note_value(p, &p->sums->languages, t->verdict.language);
		note_value(p, &p->sums->channels, t->channel);
		note_value(p, &p->sums->surveys, t->survey);
	}
	if (!is_counted(p, t)) return true;
	if (t->at >= p->asked->from_ms) {
		count_now(p, t);
		return true;
	}
	p->sums->before++;
	for (str rest = t->verdict.topics; str_given(rest) && rest.n;) {
		str name = str_cut(&rest, '\n');
		if (name.n && p->sums->topics.n < TOPICS_HELD) topic_of(p, name)->before++;
	}
	return true;
}

static int most_first(const void *a, const void *b)
{
	const struct explore_topic *x = a, *y = b;
	if (x->is_rising != y->is_rising) return y->is_rising - x->is_rising;
	return x->now.n != y->now.n ? (x->now.n < y->now.n) - (x->now.n > y->now.n) : str_cmp(x->name, y->name);
}

static int most_used(const void *a, const void *b)
{
	const struct explore_value *x = a, *y = b;
	return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : str_cmp(x->value, y->value);
}

static void judge(struct op *op, struct explore_sums *s)
{
	double *p = ARENA_ARRAY(&op->arena, double, s->topics.n + 1), *q = ARENA_ARRAY(&op->arena, double, s->topics.n + 1);
	for (size_t i = 0; i < s->topics.n; i++)
		p[i] = s->topics.v[i].now.n < LEAST || !s->before ? NAN : compare_shares(s->topics.v[i].now.n, s->all.n, s->topics.v[i].before, s->before).p;
	compare_adjust(p, s->topics.n, q);
	for (size_t i = 0; i < s->topics.n; i++) {
		struct explore_topic *t = &s->topics.v[i];
		t->q = q[i];
		t->is_rising = q[i] < SURE && (double)t->now.n * (double)s->before > (double)t->before * (double)s->all.n;
	}
	if (s->topics.n) qsort(s->topics.v, s->topics.n, sizeof *s->topics.v, most_first);
	while (s->topics.n && !s->topics.v[s->topics.n - 1].now.n) s->topics.n--;
}

enum err explore_sum(struct op *op, const struct explore_asked *x, struct explore_sums **out)
{
	struct explore_sums *s = *out = ARENA_NEW(&op->arena, struct explore_sums);
	struct pass p = {.op = op, .asked = x, .sums = s};
	s->n_steps = (size_t)((x->to_ms - x->from_ms) / x->step_ms);
	map_init(&p.topics);
	enum err e = reading_each(op, x->before_ms, x->to_ms, visit, &p);
	map_release(&p.topics);
	TRY(e);
	judge(op, s);
	sort_quotes(s, x->quotes);
	if (s->languages.n) qsort(s->languages.v, s->languages.n, sizeof *s->languages.v, most_used);
	if (s->channels.n) qsort(s->channels.v, s->channels.n, sizeof *s->channels.v, most_used);
	if (s->surveys.n) qsort(s->surveys.v, s->surveys.n, sizeof *s->surveys.v, most_used);
	return OK;
}

enum err explore_newest(struct op *op, int64_t *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_reading_newest_at, DB_ARGS(db_int(op->now_ms)), &r));
	*out = !r.n || db_cell(&r, 0, 0)->type == DB_NULL ? DESC_NULL_INT : db_rows_int(&r, 0, 0);
	return OK;
}
