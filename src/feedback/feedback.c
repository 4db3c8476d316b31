/* What is read of a touchpoint: properties under the names that files and senders use (docs/sending.md). */
#include "feedback/feedback_inner.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#include "base/datetime.h"
#include "base/map.h"
#include "base/utf8.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "json/json.h"
#include "query/anonymous.h"
#include "query/survey_event.h"
#include "text/shelf.h"
#include "text/verdict.h"
#include "webhook/webhook.h"

enum { BODY_BYTES = 4 << 20, ID_BYTES = 200, WORDS_BYTES = 1000, TEXT_BYTES = 20000 };

struct feedback_batch {
	struct map questions; /* put already in this batch, as they stand */
	const struct text_own *own;
};

bool feedback_is_of_survey(str event)
{
	return feedback_is_answer(event) || str_eq(event, S("Survey Completed"));
}

bool feedback_is_answer(str event)
{
	return str_eq(event, S(SURVEY_ANSWERED));
}

static void release(void *arg)
{
	map_release(&((struct feedback_batch *)arg)->questions);
}

struct feedback_batch *feedback_batch_new(struct op *op)
{
	struct feedback_batch *b = ARENA_NEW(&op->arena, struct feedback_batch);
	map_init(&b->questions);
	b->own = text_own_of(op);
	op_defer(op, release, b);
	return b;
}

/* ---- reading ---- */

static str text_of(struct arena *a, const struct json_node *p, const char *name, size_t most)
{
	const struct json_node *v = json_get(p, str_of(name));
	bool is_text = v && (v->type == JSON_STRING || v->type == JSON_NUMBER);
	return is_text && v->text.n ? str_dup(a, utf8_cut(v->text, most)) : STR_NONE;
}

static double number_of(const struct json_node *p, const char *name)
{
	const struct json_node *v = json_get(p, str_of(name));
	double d;
	return v && v->type == JSON_NUMBER && str_f64(v->text, &d) && isfinite(d) ? d : NAN;
}

static bool is_score(const struct json_node *properties)
{
	static const char *const scores[] = {"nps", "csat", "ces", "rating", "number"};
	const struct json_node *type = json_get(properties, S("type"));
	for (size_t i = 0; type && i < COUNT_OF(scores); i++)
		if (str_eq(type->text, str_of(scores[i]))) return true;
	return false;
}

bool feedback_reads(const struct json_node *properties)
{
	const struct json_node *question = json_get(properties, S("question_id")), *anonymous = json_get(properties, S("is_anonymous"));
	if (anonymous && anonymous->type == JSON_TRUE) return true;
	return question && question->text.n && !is_score(properties);
}

struct row {
	str question, submission, survey, version, wording, type, text, language, location;
	str group[QUERY_ANONYMOUS_GROUP_COUNT]; /* of an anonymous answer */
	double number, scale_min, scale_max, weight;
	bool is_anonymous;
};

static bool read_row(struct arena *a, str body, struct row *x)
{
	static const char *const texts[] = {"text", "choice", "date"};
	const struct json_node *root, *boolean;
	if (json_tree(a, body, BODY_BYTES, &root, NULL) != OK) return false;
	const struct json_node *p = json_get(root, S("properties"));
	*x = (struct row){.question = text_of(a, p, "question_id", ID_BYTES), .submission = text_of(a, p, "submission_id", ID_BYTES), .survey = text_of(a, p, "survey_id", ID_BYTES),
		.version = text_of(a, p, "question_version", ID_BYTES), .wording = text_of(a, p, "question", WORDS_BYTES), .type = text_of(a, p, "type", ID_BYTES), .text = STR_NONE,
		.language = text_of(a, p, "language", ID_BYTES), .location = text_of(a, p, "location", ID_BYTES), .number = number_of(p, "number"), .scale_min = number_of(p, "scale_min"),
		.scale_max = number_of(p, "scale_max"), .weight = number_of(p, "weight")};
	if (isnan(x->number)) x->number = number_of(p, "value");
	for (size_t i = 0; i < COUNT_OF(texts) && !str_given(x->text); i++) x->text = text_of(a, p, texts[i], TEXT_BYTES);
	const struct json_node *anonymous = json_get(p, S("is_anonymous"));
	x->is_anonymous = anonymous && anonymous->type == JSON_TRUE;
	for (size_t i = 0; x->is_anonymous && i < QUERY_ANONYMOUS_GROUP_COUNT; i++) x->group[i] = text_of(a, p, QUERY_ANONYMOUS_GROUPS[i], ID_BYTES);
	if (x->is_anonymous) x->language = x->location = x->version = STR_NONE; /* by these somebody could be told from the others */
	boolean = json_get(p, S("boolean"));
	if (boolean && (boolean->type == JSON_TRUE || boolean->type == JSON_FALSE)) x->text = boolean->type == JSON_TRUE ? S("true") : S("false");
	if (!str_given(x->type)) x->type = isnan(x->number) ? S("text") : S("number");
	return str_given(x->question) && (str_given(x->text) || !isnan(x->number));
}

/* ---- writing ---- */

static struct db_val real(double d)
{
	return isnan(d) ? db_null() : db_real(d);
}

/* No order of ids tells in which order answers came. */
static id any_id(void)
{
	return (id)(((uint64_t)randombytes_random() << 32 | randombytes_random()) >> 1);
}

static struct db_val group(const struct row *x, size_t i)
{
	return x->is_anonymous ? db_text(str_given(x->group[i]) ? x->group[i] : S("")) : db_null();
}

/* Once the batch that the answer belongs to is whole, it may be seen (query/anonymous.h counts the same way). */
static enum err release_batch(struct op *op, const struct row *x)
{
	struct db_rows rows;
	const struct db_val question = db_text(x->question), team = group(x, 0), place = group(x, 1), staff = group(x, 2);
	TRY(op_query(op, SQL_feedback_released_with, DB_ARGS(question, team, place, staff, db_text(x->submission)), &rows));
	if (rows.n) return op_put(op, SQL_feedback_release_with, DB_ARGS(question, team, place, staff, db_text(x->submission), db_int(db_rows_int(&rows, 0, 0))));
	TRY(op_query(op, SQL_feedback_waiting, DB_ARGS(question, team, place, staff), &rows));
	if (db_rows_int(&rows, 0, 0) < QUERY_ANONYMOUS_LEAST) return OK;
	return op_put(op, SQL_feedback_release, DB_ARGS(question, team, place, staff, db_int(db_rows_int(&rows, 0, 1))));
}

static enum err put_question(struct op *op, struct feedback_batch *b, const struct row *x, int64_t at_ms)
{
	bool added;
	str as_it_stands = str_fmt(&op->arena, "%.*s\n%.*s\n%.*s\n%.*s\n%g\n%g", STR_ARG(x->question), STR_ARG(x->survey), STR_ARG(x->type), STR_ARG(x->wording), x->scale_min, x->scale_max);
	map_put(&b->questions, as_it_stands, &added);
	if (!added) return OK;
	if (x->is_anonymous) TRY(op_put(op, SQL_feedback_anonymous_put, DB_ARGS(db_text(x->question))));
	return op_put(op, SQL_feedback_question_put,
	              DB_ARGS(db_text(x->question), db_text(x->survey), db_text(x->type), db_text(x->wording), real(x->scale_min), real(x->scale_max), db_int(at_ms)));
}

/* Endpoints are told that something came in, not what: who may read answers fetches it. Of anonymous surveys not even that, since
 * the moment would say whose it is. */
struct answered {
	str survey, question, type;
	int64_t at;
};
static const struct desc_field ANSWERED_FIELDS[] = {
	FIELD(answered, survey, DESC_STR),
	FIELD(answered, question, DESC_STR),
	FIELD(answered, type, DESC_STR),
	FIELD(answered, at, DESC_TIME),
};
static const struct desc ANSWERED_DESC = {"survey_answered", sizeof(struct answered), ANSWERED_FIELDS, COUNT_OF(ANSWERED_FIELDS)};

static enum err publish(struct op *op, const struct row *x, str message, int64_t at_ms)
{
	struct answered out = {x->survey, x->question, x->type, at_ms};
	return webhook_put(op, WEBHOOK_survey_answered, message, &ANSWERED_DESC, &out);
}

enum err feedback_apply(struct op *op, struct feedback_batch *b, const struct events_record *r)
{
	struct row x;
	int64_t added;
	const struct event *e = &r->event;
	if (!read_row(&op->arena, e->body, &x)) return OK;
	str message = str_fmt(&op->arena, "%016llx%016llx", (unsigned long long)e->message.a, (unsigned long long)e->message.b);
	str search = str_given(x.text) ? i18n_fold(&op->arena, x.text) : STR_NONE;
	struct text_verdict read = {.topics = STR_NONE, .score = NAN};
	if (str_eq(x.type, S("text"))) text_judge(&op->arena, x.text, b->own, &read);
	TRY(put_question(op, b, &x, e->time_ms));
	TRY(op_run(op, SQL_feedback_put,
	           DB_ARGS(db_id(x.is_anonymous ? any_id() : id_new()), db_text(message), db_int(e->source), db_int(e->subject), db_int(e->import), db_int(e->time_ms), db_int(e->purposes),
	                   db_text(x.submission), db_text(x.survey), db_text(x.question), db_text(x.version), db_text(x.wording), db_text(x.type), real(x.scale_min), real(x.scale_max), real(x.number),
	                   db_text(x.text), db_text(x.language), db_text(e->channel.n && !x.is_anonymous ? e->channel : STR_NONE), db_text(x.location), real(x.weight), db_text(search),
	                   x.is_anonymous ? db_int(1) : db_null(), db_text(read.language), db_text(read.sentiment), db_text(read.topics), db_text(read.signals), group(&x, 0), group(&x, 1), group(&x, 2), real(read.score), db_text(read.why)),
	           &added));
	if (x.is_anonymous) return release_batch(op, &x);
	return added && !e->import && e->time_ms > op->now_ms - DAY_MS ? publish(op, &x, message, e->time_ms) : OK;
}

enum err feedback_forget_import(struct op *op, int64_t import)
{
	TRY(op_run(op, SQL_feedback_remove_import, DB_ARGS(db_int(import)), NULL));
	return op_run(op, SQL_feedback_question_tidy, DB_NO_ARGS, NULL);
}

enum err feedback_forget_subject(struct op *op, uint32_t subject)
{
	return op_run(op, SQL_feedback_remove_subject, DB_ARGS(db_int(subject)), NULL);
}

/* ---- questions ---- */

static enum err read_questions(struct op *op, enum sql statement, struct feedback_question **out, size_t *n)
{
	struct db_rows rows;
	TRY(op_query(op, statement, DB_NO_ARGS, &rows));
	*out = ARENA_ARRAY(&op->arena, struct feedback_question, rows.n + 1);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++) {
		const struct db_val *low = db_cell(&rows, i, 4), *high = db_cell(&rows, i, 5);
		(*out)[i] = (struct feedback_question){db_rows_text(&rows, i, 0), db_rows_text(&rows, i, 1), db_rows_text(&rows, i, 2), db_rows_text(&rows, i, 3),
			low->type == DB_NULL ? NAN : low->d, high->type == DB_NULL ? NAN : high->d, db_rows_int(&rows, i, 6) != 0, db_rows_int(&rows, i, 7)};
	}
	return feedback__reword(op, *out, *n);
}

enum err feedback_questions(struct op *op, struct feedback_question **out, size_t *n)
{
	return read_questions(op, SQL_feedback_questions, out, n);
}

enum err feedback_anonymous_questions(struct op *op, struct feedback_question **out, size_t *n)
{
	return read_questions(op, SQL_feedback_anonymous_questions, out, n);
}

enum err feedback_choices(struct op *op, str question, struct feedback_choice **out, size_t *n)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_feedback_choices, DB_ARGS(db_text(question)), &rows));
	*out = ARENA_ARRAY(&op->arena, struct feedback_choice, rows.n + 1);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++)
		(*out)[i] = (struct feedback_choice){db_rows_text(&rows, i, 0), db_rows_text(&rows, i, 1), db_rows_text(&rows, i, 2), db_rows_text(&rows, i, 3), db_rows_int(&rows, i, 4)};
	return OK;
}
