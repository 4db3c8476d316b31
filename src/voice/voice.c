/* The overview: every scored question with its figure, and one of them over time. */
#include "voice/voice.h"

#include <math.h>

#include "base/datetime.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "voice/voice_inner.h"

enum { MOST_QUESTIONS = 40 };

struct voice_question {
	str id, name, survey, survey_name, value;
	struct msg measure, interval;
	int64_t answers;
	double number, low, high;
	str over_time, responses;
	bool is_shown;
	struct msg weighted, other;
	double effective, mean, top2;
};
struct voice_point {
	int64_t day;
	str label, value;
	int64_t answers;
	double number, low, high;
	bool has_value;
};
struct voice {
	struct msg finding;
	LIST_OF(struct voice_line) lines;
	bool is_empty, is_share, has_more, may_read;
	LIST_OF(struct voice_question) questions, staff;
	LIST_OF(struct option) choices;
	str title;
	struct msg measure, definition;
	LIST_OF(struct voice_point) points;
};
static const struct desc_field QUESTION_FIELDS[] = {
	FIELD(voice_question, id, DESC_STR),
	FIELD(voice_question, name, DESC_STR, .doc = "its wording, else its id"),
	FIELD(voice_question, survey, DESC_STR),
	FIELD(voice_question, survey_name, DESC_STR),
	FIELD(voice_question, measure, DESC_MSG),
	FIELD(voice_question, answers, DESC_INT),
	FIELD(voice_question, value, DESC_STR),
	FIELD(voice_question, interval, DESC_MSG),
	FIELD(voice_question, number, DESC_REAL),
	FIELD(voice_question, low, DESC_REAL),
	FIELD(voice_question, high, DESC_REAL),
	FIELD(voice_question, mean, DESC_REAL),
	FIELD(voice_question, top2, DESC_SHARE, .doc = "the share of upper answers"),
	FIELD(voice_question, other, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(voice_question, weighted, DESC_MSG, .doc = "where answers carry weights that differ"),
	FIELD(voice_question, effective, DESC_REAL, .doc = "what stands for n then, in the interval"),
	FIELD(voice_question, over_time, DESC_STR),
	FIELD(voice_question, responses, DESC_STR),
	FIELD(voice_question, is_shown, DESC_BOOL, .doc = "over time, on this page"),
};
static const struct desc QUESTION_DESC = DESC(voice_question, QUESTION_FIELDS);
static const struct desc_field POINT_FIELDS[] = {
	FIELD(voice_point, day, DESC_DATE),
	FIELD(voice_point, label, DESC_STR),
	FIELD(voice_point, value, DESC_STR),
	FIELD(voice_point, answers, DESC_INT),
	FIELD(voice_point, number, DESC_REAL),
	FIELD(voice_point, low, DESC_REAL),
	FIELD(voice_point, high, DESC_REAL),
	FIELD(voice_point, has_value, DESC_BOOL),
};
static const struct desc POINT_DESC = DESC(voice_point, POINT_FIELDS);
static const struct desc_field LINE_FIELDS[] = {
	FIELD(voice_line, text, DESC_MSG),
	FIELD(voice_line, address, DESC_STR, .doc = "where it is seen"),
};
static const struct desc LINE_DESC = DESC(voice_line, LINE_FIELDS);
static const struct desc_field VOICE_FIELDS[] = {
	FIELD(voice, finding, DESC_MSG),
	FIELD(voice, lines, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC, .doc = "what changed, what drives it, what people say, what is being done"),
	FIELD(voice, is_empty, DESC_BOOL),
	FIELD(voice, questions, DESC_LIST, .item = DESC_STRUCT, .of = &QUESTION_DESC),
	FIELD(voice, staff, DESC_LIST, .item = DESC_STRUCT, .of = &QUESTION_DESC, .doc = "what those who serve answered, apart from customers"),
	FIELD(voice, has_more, DESC_BOOL, .doc = "other questions are not shown"),
	FIELD(voice, may_read, DESC_BOOL, .doc = "single answers"),
	FIELD(voice, choices, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice, title, DESC_STR, .doc = "the question that is shown over time"),
	FIELD(voice, measure, DESC_MSG),
	FIELD(voice, definition, DESC_MSG),
	FIELD(voice, is_share, DESC_BOOL),
	FIELD(voice, points, DESC_LIST, .item = DESC_STRUCT, .of = &POINT_DESC),
};
const struct desc VOICE_DESC = DESC(voice, VOICE_FIELDS);

/* CSAT and CES are told both ways, the one beside the other, never mixed. */
static struct msg other_way(struct op *op, struct voice_way way, const struct json_node *total)
{
	bool is_share = way.method == RATING_MEAN;
	struct voice_way shown = {true, RATING_CSAT, is_share ? RATING_TOP2 : RATING_MEAN};
	double value = voice__real(total, is_share ? "top2" : "mean");
	if (way.metric == RATING_NPS || isnan(value)) return (struct msg){0};
	struct msg m = msg_str(is_share ? "voice_other_share" : "voice_other_mean", "value", voice__shown(op, shown, value));
	msg_add(&m, (struct msg_arg){.name = "low", .type = MSG_STR, .s = voice__shown(op, shown, voice__real(total, is_share ? "top2_low" : "mean_low"))});
	msg_add(&m, (struct msg_arg){.name = "high", .type = MSG_STR, .s = voice__shown(op, shown, voice__real(total, is_share ? "top2_high" : "mean_high"))});
	return m;
}

static enum err fill_question(struct op *op, const struct feedback_question *q, struct voice_question *out)
{
	struct voice_way way = voice__way(q);
	const struct json_node *answer;
	TRY(voice__ask(op, voice__score(op, q, way, STR_NONE), &answer));
	const struct json_node *total = json_get(answer, S("total"));
	str address = web_url(op, q->id);
	*out = (struct voice_question){.id = q->id, .name = voice__name(q), .survey = q->survey, .measure = msg_of(voice__measure(way)), .number = voice__real(total, "value"),
		.low = voice__real(total, "low"), .high = voice__real(total, "high")};
	json_get_i64(total, S("n"), &out->answers);
	out->effective = voice__real(total, "effective_n");
	out->weighted = voice__weighted(out->answers, out->effective);
	if (!out->weighted.key) out->effective = NAN;
	out->mean = voice__real(total, "mean");
	out->top2 = voice__real(total, "top2");
	out->other = other_way(op, way, total);
	out->value = voice__shown(op, way, out->number);
	out->interval = voice__interval(op, way, out->low, out->high);
	out->over_time = str_fmt(&op->arena, "/voice?question=%.*s", STR_ARG(address));
	out->responses = str_fmt(&op->arena, "/voice/responses?question=%.*s", STR_ARG(address));
	return OK;
}

static void add_point(struct op *op, struct voice *page, struct voice_way way, const struct json_node *row)
{
	struct voice_point *p = &page->points.v[page->points.n];
	bool has_zone;
	*p = (struct voice_point){.number = voice__real(row, "value"), .low = voice__real(row, "low"), .high = voice__real(row, "high")};
	if (!datetime_parse(json_get_str(row, S("time")), &p->day, &has_zone)) return;
	json_get_i64(row, S("n"), &p->answers);
	p->label = i18n_month(&op->arena, &op->locale, p->day);
	p->value = voice__shown(op, way, p->number);
	p->has_value = !isnan(p->number);
	page->points.n++;
}

static enum err fill_points(struct op *op, const struct feedback_question *q, struct voice *page)
{
	struct voice_way way = voice__way(q);
	const struct json_node *answer;
	page->title = voice__name(q);
	page->measure = msg_of(voice__measure(way));
	page->definition = msg_of(voice__definition(way));
	page->is_share = way.metric != RATING_NPS && way.method == RATING_TOP2;
	TRY(voice__ask(op, voice__score(op, q, way, S("month")), &answer));
	const struct json_node *rows = json_get(answer, S("rows"));
	page->points.v = ARENA_ARRAY(&op->arena, struct voice_point, (rows ? rows->n : 0) + 1);
	for (const struct json_node *row = rows ? rows->child : NULL; row; row = row->next) add_point(op, page, way, row);
	while (page->points.n && page->points.v[page->points.n - 1].answers == 0) page->points.n--;
	while (page->points.n && page->points.v[0].answers == 0) { /* before the first answer there is nothing to tell */
		page->points.v++;
		page->points.n--;
	}
	if (page->points.n < 2) page->points.n = 0;
	return OK;
}

static struct msg finding_of(const struct voice_question *q)
{
	if (isnan(q->number)) return msg_str("voice_finding_few", "question", q->name);
	struct msg m = msg_str("voice_finding", "question", q->name);
	msg_add(&m, (struct msg_arg){.name = "value", .type = MSG_STR, .s = q->value});
	msg_add(&m, (struct msg_arg){.name = "n", .type = MSG_INT, .i = q->answers});
	return m;
}

/* Those of customers, and apart from them those of staff. */
static enum err fill_questions(struct op *op, const struct feedback_question *v, size_t n, const struct feedback_question *chosen, struct voice *page)
{
	struct db_rows names;
	TRY(voice__survey_names(op, &names));
	page->questions.v = ARENA_ARRAY(&op->arena, struct voice_question, n + 1);
	page->staff.v = ARENA_ARRAY(&op->arena, struct voice_question, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct voice_question *q = v[i].is_of_staff ? &page->staff.v[page->staff.n] : &page->questions.v[page->questions.n];
		if (!voice__way(&v[i]).is_scored) continue;
		page->has_more = page->questions.n + page->staff.n == MOST_QUESTIONS;
		if (page->has_more && &v[i] != chosen) continue;
		TRY(fill_question(op, &v[i], q));
		q->survey_name = str_given(q->survey) ? voice__survey_name(op, &names, q->survey) : STR_NONE;
		q->is_shown = &v[i] == chosen;
		if (q->is_shown) page->finding = finding_of(q);
		*(v[i].is_of_staff ? &page->staff.n : &page->questions.n) += 1;
	}
	return OK;
}

enum err voice_get(struct op *op, struct web *w, struct answer *a)
{
	struct voice *page = ARENA_NEW(&op->arena, struct voice);
	struct feedback_question *v;
	struct voice_lines lines = {0};
	const struct feedback_question *chosen = NULL;
	size_t n;
	str asked = web_query(w, "question");
	TRY(feedback_questions(op, &v, &n));
	if (str_given(asked) && asked.n && !((chosen = voice__find(v, n, asked)) && voice__way(chosen).is_scored)) return fail(op, ERR_NOT_FOUND, "question", "nobody has answered a scored question of this id");
	if (!chosen) chosen = voice__overall(v, n);
	page->may_read = op_may(op, PERM_READ_CUSTOMERS);
	page->is_empty = n == 0;
	page->finding = msg_of(n ? "voice_no_scores" : "voice_none");
	TRY(fill_questions(op, v, n, chosen, page));
	TRY(voice__lines(op, v, n, &lines));
	page->lines.v = lines.v;
	page->lines.n = lines.n;
	page->choices.v = voice__options(op, v, n, chosen, &page->choices.n);
	if (chosen) TRY(fill_points(op, chosen, page));
	return answer_with(a, &VOICE_DESC, page);
}
