/* survey.c: definitions as rows: the JSON that they are given out as, a row a version. */
#include "survey/survey.h"

#include "audit/audit.h"
#include "i18n/i18n.h"
#include "json/json.h"

const char *const SURVEY_TYPES[] = {"nps", "csat", "ces", "choice", "choices", "boolean", "number", "date", "text", NULL};
const char *const SURVEY_STATES[] = {"draft", "open", "closed", NULL};

static const struct desc_field TEXT_FIELDS[] = {
	FIELD(survey_text, lang, DESC_STR, .max = 20),
	FIELD(survey_text, text, DESC_STR, .max = 1000),
	FIELD(survey_text, options, DESC_STR, .max = 4000, .flags = DESC_OMIT, .doc = "of choices: a line each, in the same order in every language"),
};
const struct desc SURVEY_TEXT_DESC = DESC(survey_text, TEXT_FIELDS);
static const struct desc_field QUESTION_FIELDS[] = {
	FIELD(survey_question, id, DESC_STR, .max = 40, .doc = "stays when the question is moved or reworded; made when it is not sent"),
	FIELD(survey_question, place, DESC_STR, .max = 20, .flags = DESC_OMIT, .doc = "only sent: where it shall stand"),
	FIELD(survey_question, type, DESC_ENUM, .names = SURVEY_TYPES),
	FIELD(survey_question, is_required, DESC_BOOL),
	FIELD(survey_question, texts, DESC_LIST, .item = DESC_STRUCT, .of = &SURVEY_TEXT_DESC),
};
const struct desc SURVEY_QUESTION_DESC = DESC(survey_question, QUESTION_FIELDS);
static const struct desc_field DEFINITION_FIELDS[] = {
	FIELD(survey_definition, questions, DESC_LIST, .item = DESC_STRUCT, .of = &SURVEY_QUESTION_DESC),
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

bool survey_scale(int type, int *least, int *most)
{
	*least = type == SURVEY_NPS ? 0 : 1;
	*most = type == SURVEY_NPS ? 10 : type == SURVEY_CSAT ? 5 : 7;
	return type == SURVEY_NPS || type == SURVEY_CSAT || type == SURVEY_CES;
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

static enum err add_version(struct op *op, const struct survey *s)
{
	str json = json_of(&op->arena, &SURVEY_DEFINITION_DESC, &s->definition);
	return op_run(op, SQL_survey_version_add, DB_ARGS(db_id(s->id), db_text(json), db_text(op->actor.name.n ? op->actor.name : S("")), db_int(op->now_ms)), NULL);
}

enum err survey_add(struct op *op, struct survey *s)
{
	TRY(survey_check_draft(op, &s->definition));
	s->id = id_new();
	TRY(op_run(op, SQL_survey_add, DB_ARGS(db_id(s->id), db_text(s->name), db_blob(i18n_sort_key(&op->arena, s->name)), db_bool(s->is_anonymous), db_int(op->now_ms)), NULL));
	TRY(add_version(op, s));
	return audit_write(op, "survey_added", "survey", s->id, STR_NONE, s->name);
}

enum err survey_change(struct op *op, const struct survey *s)
{
	struct survey now;
	int64_t changed;
	TRY(survey_get(op, s->id, &now));
	TRY(now.state == SURVEY_OPEN ? survey_check_open(op, &s->definition) : survey_check_draft(op, &s->definition));
	if (now.is_anonymous && !s->is_anonymous && now.submissions) return fail(op, ERR_INVALID, "is_anonymous", "those who answered were promised that nobody can tell who they are");
	TRY(op_run(op, SQL_survey_change, DB_ARGS(db_id(s->id), db_text(s->name), db_blob(i18n_sort_key(&op->arena, s->name)), db_bool(s->is_anonymous), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such survey");
	TRY(add_version(op, s));
	return audit_write(op, "survey_changed", "survey", s->id, STR_NONE, s->name);
}

enum err survey_set_state(struct op *op, id survey, enum survey_state state)
{
	struct survey s;
	TRY(survey_get(op, survey, &s));
	if (state == SURVEY_OPEN) TRY(survey_check_open(op, &s.definition));
	TRY(op_run(op, SQL_survey_set_state, DB_ARGS(db_id(survey), db_int(state), db_int(op->now_ms)), NULL));
	return audit_write(op, state == SURVEY_OPEN ? "survey_opened" : "survey_closed", "survey", survey, STR_NONE, s.name);
}
