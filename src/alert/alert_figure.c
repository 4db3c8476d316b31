/* alert_figure.c: what can be watched, and asking it. A question of the events is the same text that POST /query takes; from and to are
 * put in front of its other fields. */
#include <math.h>

#include "alert/alert_inner.h"
#include "base/datetime.h"
#include "feedback/feedback.h"
#include "json/json.h"
#include "listen/listening.h"
#include "op/app.h"
#include "pulse/question.h"
#include "search/search.h"

enum { ANSWER_BYTES = 64 << 20 };

const struct alert_figure ALERT_FIGURES[] = {
#define ALERT_FIGURE(key, subject, unit, shape, question, value, evidence) {#key, "alert_figure_" #key, ALERT_OF_##subject, ALERT_UNIT_##unit, ALERT_SHAPE_##shape, question, value, evidence},
#include "alert_figures.def"
#undef ALERT_FIGURE
};

const struct alert_figure *alert__figure(str key)
{
	for (size_t i = 0; i < ALERT_FIGURE_COUNT; i++)
		if (str_eq(key, str_of(ALERT_FIGURES[i].key))) return &ALERT_FIGURES[i];
	return NULL;
}

/* The text with `put` where %s stands. */
static str filled(struct arena *a, const char *text, str put)
{
	str rest = str_of(text);
	for (size_t i = 0; i + 1 < rest.n; i++)
		if (rest.p[i] == '%' && rest.p[i + 1] == 's') return str_fmt(a, "%.*s%.*s%.*s", (int)i, rest.p, STR_ARG(put), (int)(rest.n - i - 2), rest.p + i + 2);
	return rest;
}

static str json_text(struct arena *a, str text)
{
	struct buf b;
	buf_init(&b, QUERY_MAX_BYTES);
	struct json_writer w = {.out = &b};
	json_put_str(&w, text);
	str out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

str alert__question(struct op *op, const struct alert_figure *f, str subject)
{
	return filled(&op->arena, f->question, f->subject == ALERT_OF_JSON ? subject : json_text(&op->arena, subject));
}

str alert__evidence(struct op *op, str figure, str subject)
{
	const struct alert_figure *f = alert__figure(figure);
	return f && *f->evidence ? filled(&op->arena, f->evidence, web_url(op, subject)) : STR_NONE;
}

/* ---- the answer ---- */

static const struct json_node *at(const struct json_node *v, str name)
{
	int64_t i;
	if (!v || v->type != JSON_ARRAY) return json_get(v, name);
	if (!str_i64(name, &i) || i < 0) return NULL;
	const struct json_node *c = v->child;
	while (c && i--) c = c->next;
	return c;
}

static double number(const struct json_node *v)
{
	double d;
	return v && v->type == JSON_NUMBER && str_f64(v->text, &d) ? d : NAN;
}

static enum err read_answer(struct op *op, str answer, str value, struct alert_reading *out)
{
	const struct json_node *root, *v, *beside;
	double n;
	TRY(json_tree(&op->arena, answer, ANSWER_BYTES, &root, &op->fault));
	v = beside = root;
	for (str rest = value; str_given(rest) && v;) {
		beside = v;
		v = at(v, str_cut(&rest, '.'));
	}
	if (!v || (v->type != JSON_NUMBER && v->type != JSON_NULL)) return fail(op, ERR_INVALID, "value", "no number stands there in the answer");
	out->value = number(v);
	out->se = number(json_get(beside, S("se")));
	n = number(json_get(beside, S("n")));
	if (isnan(n)) n = number(json_get(root, S("n")));
	out->n = isnan(n) ? DESC_NULL_INT : (int64_t)n;
	return OK;
}

/* A question that says its own time, or is of how things stand, is asked as it is. */
static bool takes_time(const struct json_node *root)
{
	return !json_get(root, S("from")) && !json_get(root, S("to")) && !str_eq(json_get_str(root, S("kind")), S("segment")) && !str_eq(json_get_str(root, S("kind")), S("staffing"));
}

enum err alert__measure(struct op *op, const struct alert_figure *f, str question, str value, int64_t from_ms, int64_t to_ms, struct alert_reading *out)
{
	const struct json_node *root;
	struct arena *a = &op->arena;
	str asked = str_trim(question), answer;
	*out = (struct alert_reading){.value = NAN, .se = NAN, .n = DESC_NULL_INT};
	TRY(json_tree(a, asked, QUERY_MAX_BYTES, &root, &op->fault));
	if (root->type != JSON_OBJECT || !root->n) return fail(op, ERR_INVALID, "question", "no object with fields");
	if (json_get(root, S("figure"))) return alert__measure_records(op, root, from_ms, to_ms, out);
	if (f->shape == ALERT_SHAPE_WINDOW && takes_time(root))
		asked = str_fmt(a, "{\"from\":\"%.*s\",\"to\":\"%.*s\",%.*s", STR_ARG(datetime_show(a, from_ms)), STR_ARG(datetime_show(a, to_ms)), (int)(asked.n - 1), asked.p + 1);
	TRY(question_answer(op, asked, &answer));
	return read_answer(op, answer, value, out);
}

/* ---- records ---- */


static enum err count_followups(struct op *op, size_t column, struct alert_reading *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_alert_followups, DB_ARGS(db_int(op->now_ms)), &r));
	out->value = (double)db_rows_int(&r, 0, column);
	return OK;
}

/* As of its end; in whole days, as its pages count. */
static enum err sum_mentions(struct op *op, str q, int64_t from_ms, int64_t to_ms, struct listening_sums **out)
{
	static const char *const FIELDS[] = {"language", "source", NULL};
	struct listening_asked x = {.days = (to_ms - from_ms + DAY_MS - 1) / DAY_MS, .now_ms = to_ms, .before_at = INT64_MAX};
	if (q.n) {
		TRY(search_parse(&op->arena, q, FIELDS, &x.words.query, &op->fault));
		x.words.is_asked = true;
		if (x.words.query.match.n) TRY(search_find(op, SEARCH_MENTION, &x.words.query, &x.words.found));
	}
	return listening_sum(op, &x, NULL, 0, 0, out);
}

static enum err count_rising(struct op *op, struct alert_reading *out)
{
	struct listening_sums *s;
	struct listening_rise *rises;
	TRY(sum_mentions(op, S(""), op->now_ms - 7 * DAY_MS, op->now_ms, &s));
	size_t n = listening_rises(&op->arena, s, &rises);
	out->value = 0;
	for (size_t i = 0; i < n; i++) out->value += rises[i].is_rising && !rises[i].is_cooling;
	return OK;
}

enum err alert__measure_records(struct op *op, const struct json_node *question, int64_t from_ms, int64_t to_ms, struct alert_reading *out)
{
	struct listening_sums *s;
	str figure = json_get_str(question, S("figure")), q = json_get_str(question, S("q"));
	if (str_eq(figure, S("followups_open"))) return count_followups(op, 0, out);
	if (str_eq(figure, S("followups_late"))) return count_followups(op, 1, out);
	if (str_eq(figure, S("rising"))) return count_rising(op, out);
	bool is_sentiment = str_eq(figure, S("sentiment"));
	if (!is_sentiment && !str_eq(figure, S("mentions"))) return fail(op, ERR_INVALID, "figure", "is none that is counted");
	TRY(sum_mentions(op, q.n ? q : S(""), from_ms, to_ms, &s));
	struct listening_net net = listening_net_of(s->pos, s->neg, s->neu);
	out->n = is_sentiment ? s->pos + s->neg + s->neu : s->n;
	out->value = is_sentiment ? net.value : (double)s->n;
	out->se = is_sentiment ? (net.high - net.low) / (2 * 1.96) : NAN;
	return OK;
}
