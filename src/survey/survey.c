/* survey.c: definitions as rows: the JSON that they are given out as, a row a version. */
#include "survey/survey.h"

#include "audit/audit.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "survey/survey_inner.h"

const char *const SURVEY_TYPES[] = {
#define SURVEY_TYPE(NAME, name, least, most, parts, seconds) #name,
#include "survey_types.def"
#undef SURVEY_TYPE
	NULL};
const char *const SURVEY_STATES[] = {"draft", "open", "closed", NULL};
const char *const SURVEY_ACCESS[] = {"anybody", "once", "links", NULL};
const char *const SURVEY_LOOKS[] = {"numbers", "stars", "faces", NULL};
const char *const SURVEY_TESTS[] = {"is", "is_not", "at_least", "at_most", "answered", "unanswered", NULL};

static const struct desc_field TEXT_FIELDS[] = {
	FIELD(survey_text, lang, DESC_STR, .max = 20),
	FIELD(survey_text, text, DESC_STR, .max = 1000),
	FIELD(survey_text, options, DESC_STR, .max = 4000, .flags = DESC_OMIT, .doc = "of choices, rankings and matrices: a line each, in the same order in every language"),
	FIELD(survey_text, rows, DESC_STR, .max = 4000, .flags = DESC_OMIT, .doc = "of a matrix: what is judged, a line each"),
};
const struct desc SURVEY_TEXT_DESC = DESC(survey_text, TEXT_FIELDS);
static const struct desc_field CONDITION_FIELDS[] = {
	FIELD(survey_condition, question, DESC_STR, .max = 40, .doc = "the id of an earlier one"),
	FIELD(survey_condition, test, DESC_ENUM, .names = SURVEY_TESTS),
	FIELD(survey_condition, value, DESC_STR, .max = 200, .flags = DESC_OMIT, .doc = "a number, a date, true or false, the number of an option (of a ranking: which stands first); several with commas: any of them"),
};
static const struct desc CONDITION_DESC = DESC(survey_condition, CONDITION_FIELDS);
static const struct desc_field SKIP_FIELDS[] = {
	FIELD(survey_skip, when, DESC_LIST, .item = DESC_STRUCT, .of = &CONDITION_DESC, .doc = "all of them; none: always"),
	FIELD(survey_skip, to, DESC_STR, .max = 40, .doc = "the id of a later question, or end"),
};
static const struct desc SKIP_DESC = DESC(survey_skip, SKIP_FIELDS);
static const struct desc_field QUOTA_FIELDS[] = {
	FIELD(survey_quota, value, DESC_STR, .max = 40, .doc = "the number of an option, a point, true or false"),
	FIELD(survey_quota, most, DESC_INT, .min = 1, .max = 1000000000),
};
static const struct desc QUOTA_DESC = DESC(survey_quota, QUOTA_FIELDS);
static const struct desc_field QUESTION_FIELDS[] = {
	FIELD(survey_question, id, DESC_STR, .max = 40, .doc = "stays when the question is moved or reworded; made when it is not sent"),
	FIELD(survey_question, place, DESC_STR, .max = 20, .flags = DESC_OMIT, .doc = "only sent: where it shall stand"),
	FIELD(survey_question, type, DESC_ENUM, .names = SURVEY_TYPES),
	FIELD(survey_question, look, DESC_ENUM, .names = SURVEY_LOOKS, .doc = "how a scale of five is drawn"),
	FIELD(survey_question, points, DESC_INT, .min = 3, .max = SURVEY_POINTS, .flags = DESC_OMIT, .doc = "of a rating, or of a matrix without options; 5 when not given"),
	FIELD(survey_question, is_required, DESC_BOOL),
	FIELD(survey_question, begins_page, DESC_BOOL),
	FIELD(survey_question, is_shuffled, DESC_BOOL, .doc = "its options and rows come in an order of chance, the same throughout a submission"),
	FIELD(survey_question, purpose, DESC_STR, .max = 100, .flags = DESC_OMIT, .doc = "of a consent: the purpose that is agreed to"),
	FIELD(survey_question, show_if, DESC_LIST, .item = DESC_STRUCT, .of = &CONDITION_DESC, .doc = "it is asked when all hold"),
	FIELD(survey_question, skips, DESC_LIST, .item = DESC_STRUCT, .of = &SKIP_DESC, .doc = "after it: the first that holds"),
	FIELD(survey_question, quotas, DESC_LIST, .item = DESC_STRUCT, .of = &QUOTA_DESC, .doc = "so many of an answer are taken"),
	FIELD(survey_question, texts, DESC_LIST, .item = DESC_STRUCT, .of = &SURVEY_TEXT_DESC),
};
const struct desc SURVEY_QUESTION_DESC = DESC(survey_question, QUESTION_FIELDS);
static const struct desc_field DEFINITION_FIELDS[] = {
	FIELD(survey_definition, questions, DESC_LIST, .item = DESC_STRUCT, .of = &SURVEY_QUESTION_DESC),
	FIELD(survey_definition, access, DESC_ENUM, .names = SURVEY_ACCESS, .doc = "who answers by the open link: anybody; once a browser; nobody, but by links of their own"),
	FIELD(survey_definition, is_shuffled, DESC_BOOL, .doc = "questions of a page that may be left out come in an order of chance"),
	FIELD(survey_definition, opens_on, DESC_DATE, .flags = DESC_OMIT, .doc = "the first day on which it is answered"),
	FIELD(survey_definition, closes_on, DESC_DATE, .flags = DESC_OMIT, .doc = "the last one"),
	FIELD(survey_definition, most, DESC_INT, .min = 1, .max = 1000000000, .flags = DESC_OMIT, .doc = "answered so often, it takes no more"),
};
const struct desc SURVEY_DEFINITION_DESC = DESC(survey_definition, DEFINITION_FIELDS);

static const struct desc_field STORED_FIELDS[] = {
	FIELD(survey, id, DESC_ID, .prefix = "sur"),
	FIELD(survey, name, DESC_STR),
	FIELD(survey, state, DESC_ENUM, .names = SURVEY_STATES),
	FIELD(survey, is_anonymous, DESC_BOOL),
	FIELD(survey, version, DESC_INT),
	FIELD(survey, changed_at, DESC_TIME),
	FIELD(survey, submissions, DESC_INT),
	FIELD_AS(survey, json, "definition_json", DESC_STR),
};
static const struct desc STORED_DESC = DESC(survey, STORED_FIELDS);

enum { NONE, OPTIONS, ROWS };
static const struct {
	int least, most, parts;
} KINDS[] = {
#define SURVEY_TYPE(NAME, name, least, most, parts, seconds) {least, most, parts},
#include "survey_types.def"
#undef SURVEY_TYPE
};

int survey_points(const struct survey_question *q)
{
	enum { USUAL = 5 };
	return q->points == DESC_NULL_INT ? USUAL : (int)q->points;
}

bool survey_scale(const struct survey_question *q, int *least, int *most)
{
	bool is_rating = q->type == SURVEY_RATING;
	*least = is_rating ? 1 : KINDS[q->type].least;
	*most = is_rating ? survey_points(q) : KINDS[q->type].most;
	return *most > 0;
}

bool survey_has_options(int type)
{
	return KINDS[type].parts != NONE;
}

bool survey_has_rows(int type)
{
	return KINDS[type].parts == ROWS;
}

static enum err read_all(struct op *op, void *rows, size_t n, struct survey **out)
{
	*out = rows;
	for (size_t i = 0; i < n; i++) TRY(json_into(&op->arena, &SURVEY_DEFINITION_DESC, (*out)[i].json, &(*out)[i].definition, &op->fault));
	return OK;
}

enum err survey_all(struct op *op, struct survey **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, SQL_survey_all, DB_NO_ARGS, &STORED_DESC, &rows, n));
	return read_all(op, rows, *n, out);
}

enum err survey_get(struct op *op, id survey, struct survey *out)
{
	void *rows;
	struct survey *found;
	size_t n;
	TRY(op_structs(op, SQL_survey_by_id, DB_ARGS(db_id(survey)), &STORED_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such survey");
	TRY(read_all(op, rows, n, &found));
	*out = *found;
	return OK;
}

enum err survey_version(struct op *op, id survey, int64_t number, struct survey_definition *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_survey_version_get, DB_ARGS(db_id(survey), db_int(number)), &rows));
	if (!rows.n) return fail(op, ERR_NOT_FOUND, "number", "there is no such version");
	return json_into(&op->arena, &SURVEY_DEFINITION_DESC, db_rows_text(&rows, 0, 0), out, &op->fault);
}

static enum err add_version(struct op *op, const struct survey *s)
{
	str json = json_of(&op->arena, &SURVEY_DEFINITION_DESC, &s->definition);
	return op_run(op, SQL_survey_version_add, DB_ARGS(db_id(s->id), db_text(json), db_text(op->actor.name.n ? op->actor.name : S("")), db_int(op->now_ms)), NULL);
}

enum err survey_add(struct op *op, struct survey *s)
{
	TRY(survey_check_draft(op, &s->definition));
	if (!s->id) s->id = id_new();
	TRY(op_run(op, SQL_survey_add, DB_ARGS(db_id(s->id), db_text(s->name), db_blob(i18n_sort_key(&op->arena, s->name)), db_bool(s->is_anonymous), db_int(op->now_ms)), NULL));
	TRY(add_version(op, s));
	return audit_write(op, "survey_added", "survey", s->id, STR_NONE, s->name);
}

static enum err is_answered(struct op *op, id survey, str question, bool *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_survey_question_answered, DB_ARGS(db_text(id_show(&op->arena, S("sur"), survey)), db_text(question), db_text(str_fmt(&op->arena, "%.*s.1", STR_ARG(question)))), &rows));
	*out = rows.n > 0;
	return OK;
}

/* Answers of two scales under one question would be one figure of neither. */
static enum err check_scales(struct op *op, const struct survey *now, const struct survey *s)
{
	for (size_t i = 0; i < s->definition.questions.n; i++) {
		const struct survey_question *q = &s->definition.questions.v[i];
		size_t at = survey__find(&now->definition, q->id);
		if (at == now->definition.questions.n) continue;
		const struct survey_question *was = &now->definition.questions.v[at];
		bool answered = false;
		if (was->type != q->type || survey_points(was) != survey_points(q)) TRY(is_answered(op, s->id, q->id, &answered));
		if (answered) return fail(op, ERR_INVALID, str_fmt(&op->arena, "questions[%zu].type", i).p, "people have answered it on another scale: add a question in its place, and take this one off");
	}
	return OK;
}

enum err survey_change(struct op *op, const struct survey *s)
{
	struct survey now;
	int64_t changed;
	TRY(survey_get(op, s->id, &now));
	TRY(now.state == SURVEY_OPEN ? survey_check_open(op, s) : survey_check_draft(op, &s->definition));
	TRY(check_scales(op, &now, s));
	if (now.is_anonymous && !s->is_anonymous && now.submissions) return fail(op, ERR_INVALID, "is_anonymous", "those who answered were promised that nobody can tell who they are");
	TRY(op_run(op, SQL_survey_change, DB_ARGS(db_id(s->id), db_text(s->name), db_blob(i18n_sort_key(&op->arena, s->name)), db_bool(s->is_anonymous), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such survey");
	TRY(add_version(op, s));
	return audit_write(op, "survey_changed", "survey", s->id, STR_NONE, s->name);
}

enum err survey_count_answers(struct op *op, id survey)
{
	return op_run(op, SQL_survey_submissions_of_answers, DB_ARGS(db_id(survey), db_text(id_show(&op->arena, S("sur"), survey))), NULL);
}

enum err survey_set_state(struct op *op, id survey, enum survey_state state)
{
	struct survey s;
	TRY(survey_get(op, survey, &s));
	if (state == SURVEY_OPEN) TRY(survey_check_open(op, &s));
	TRY(op_run(op, SQL_survey_set_state, DB_ARGS(db_id(survey), db_int(state), db_int(op->now_ms)), NULL));
	return audit_write(op, state == SURVEY_OPEN ? "survey_opened" : "survey_closed", "survey", survey, STR_NONE, s.name);
}
