/* The fields of a score. */
#include "query/inner.h"
#include "query/read.h"
#include "query/score.h"
#include "query/survey.h"

enum { MAX_QUESTION_BYTES = 200 };

static struct query_score *score(struct query_reader *r)
{
	if (!r->q->score) r->q->score = ARENA_NEW(r->arena, struct query_score);
	return r->q->score;
}

static void read_metric(struct query_reader *r, const struct json_node *v)
{
	int metric = query__read_choice(r, "metric", v, RATING_METRICS, RATING_METRIC_COUNT);
	score(r)->has_metric = true;
	if (metric >= 0) score(r)->metric = (enum rating_metric)metric;
}

static void read_question(struct query_reader *r, const struct json_node *v)
{
	if (v->type != JSON_STRING || !v->text.n || v->text.n > MAX_QUESTION_BYTES) query__bad(r, "question", "the question's id: a text of 1 to %d bytes", MAX_QUESTION_BYTES);
	else score(r)->question = str_dup(r->arena, v->text);
}

static void read_weighted(struct query_reader *r, const struct json_node *v)
{
	score(r)->is_weighted = query__read_flag(r, "weighted", v);
}

static void read_method(struct query_reader *r, const struct json_node *v)
{
	static const char *const METHODS[] = {[RATING_TOP2] = "top2", [RATING_MEAN] = "mean"};
	int method = query__read_choice(r, "method", v, METHODS, COUNT_OF(METHODS));
	score(r)->has_method = true;
	if (method >= 0) score(r)->method = (enum rating_method)method;
}

static void read_interval(struct query_reader *r, const struct json_node *v)
{
	if (v->type == JSON_NULL) return;
	score(r)->has_interval = true;
	query__read_interval(r, v);
}

static void read_min_n(struct query_reader *r, const struct json_node *v)
{
	if (!query__whole(v, 0, 1000000, &score(r)->min_n)) query__bad(r, "min_n", "not a whole number from 0 to 1000000");
}

static void read_event(struct query_reader *r, const struct json_node *v)
{
	query__read_names(r, "event", v, &score(r)->answers);
}

static void read_carried(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "carried", v, &score(r)->carried_ms);
}

const struct query_field query__score_fields[QUERY__SCORE_FIELDS] = {
	{"metric", read_metric}, {"question", read_question}, {"weighted", read_weighted}, {"method", read_method}, {"by", query__read_by}, {"top", query__read_top},
	{"interval", read_interval}, {"min_n", read_min_n}, {"event", read_event}, {"carried", read_carried},
};

void query__check_score(struct query_reader *r)
{
	struct query_score *s = score(r);
	if (!s->has_metric) query__bad(r, "metric", "nps, csat or ces");
	else if (s->has_method && s->metric == RATING_NPS) query__bad(r, "method", "belongs to csat and ces: NPS is promoters less detractors");
	if (!s->has_method && s->metric == RATING_CES) s->method = RATING_MEAN;
	if (s->carried_ms && r->q->by != QUERY_PROPERTY) query__bad(r, "carried", "belongs to a property in \"by\"");
	query__check_top(r);
	if (r->is_bad) return;
	str type = str_of(RATING_METRICS[s->metric]);
	struct query_match asked = s->answers;
	s->answers = str_given(s->question) ? query__answers_where(r->arena, S("question_id"), &s->question, 1) : query__answers_where(r->arena, S("type"), &type, 1);
	if (asked.n) s->answers.names = asked.names, s->answers.n = asked.n;
}
