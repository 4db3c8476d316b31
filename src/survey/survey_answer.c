/* survey_answer.c: the page of those who are asked. It works without JavaScript; a submission bears an id from the moment that the page is
 * drawn, so that sending it again changes nothing. */
#include <sodium.h>
#include <string.h>

#include "base/datetime.h"
#include "base/utf8.h"
#include "collect/intake.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "op/app.h"
#include "query/survey_event.h"
#include "setting/setting.h"
#include "survey/survey.h"

#define SURVEY_SOURCE "surveys"
enum { SUBMISSION_BYTES = 15, SUBMISSION_LEAST = 16, SUBMISSION_MOST = 40, TEXT_CHARACTERS = 5000, BODY_BYTES = 65536, SECONDS_SCALE = 5, SECONDS_TEXT = 30 };

struct answer_point {
	str value, name;
	str kind, field; /* of its input: radio or checkbox, and its name */
	bool is_selected;
};
struct answer_question {
	int64_t at;
	str id, type, text, dir, lang, value, low, high;
	bool is_required, is_first_optional, is_scale, is_choice, is_choices, is_boolean, is_number, is_date, is_text;
	LIST_OF(struct answer_point) points;
	struct msg fault;
};
struct survey_answer {
	str state; /* "open", or why nothing is asked: "thanks", "answered", "expired", "closed", "unknown" */
	bool is_open, is_thanks, is_answered, is_expired, is_closed, is_unknown, is_anonymous;
	str action, submission;
	int64_t n_optional, seconds;
	struct msg optional; /* how many may be left out, and how long they take */
	LIST_OF(struct answer_question) questions;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field POINT_FIELDS[] = {
	FIELD(answer_point, value, DESC_STR),
	FIELD(answer_point, name, DESC_STR),
	FIELD(answer_point, kind, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(answer_point, field, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(answer_point, is_selected, DESC_BOOL),
};
static const struct desc POINT_DESC = DESC(answer_point, POINT_FIELDS);
static const struct desc_field QUESTION_FIELDS[] = {
	FIELD(answer_question, at, DESC_INT),
	FIELD(answer_question, id, DESC_STR),
	FIELD(answer_question, type, DESC_STR),
	FIELD(answer_question, text, DESC_STR),
	FIELD(answer_question, lang, DESC_STR),
	FIELD(answer_question, dir, DESC_STR),
	FIELD(answer_question, value, DESC_STR),
	FIELD(answer_question, low, DESC_STR),
	FIELD(answer_question, high, DESC_STR),
	FIELD(answer_question, is_required, DESC_BOOL),
	FIELD(answer_question, is_first_optional, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(answer_question, is_scale, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(answer_question, is_choice, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(answer_question, is_choices, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(answer_question, is_boolean, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(answer_question, is_number, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(answer_question, is_date, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(answer_question, is_text, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(answer_question, points, DESC_LIST, .item = DESC_STRUCT, .of = &POINT_DESC),
	FIELD(answer_question, fault, DESC_MSG, .flags = DESC_OMIT),
};
static const struct desc QUESTION_DESC = DESC(answer_question, QUESTION_FIELDS);
static const struct desc_field ANSWER_FIELDS[] = {
	FIELD(survey_answer, state, DESC_STR, .doc = "open, thanks, answered, expired, closed, unknown"),
	FIELD(survey_answer, is_open, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, is_thanks, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, is_answered, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, is_expired, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, is_closed, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, is_unknown, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, is_anonymous, DESC_BOOL),
	FIELD(survey_answer, action, DESC_STR),
	FIELD(survey_answer, submission, DESC_STR, .doc = "sent back with the answers"),
	FIELD(survey_answer, n_optional, DESC_INT, .doc = "questions that may be left out"),
	FIELD(survey_answer, optional, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(survey_answer, seconds, DESC_INT, .doc = "which these take, about"),
	FIELD(survey_answer, questions, DESC_LIST, .item = DESC_STRUCT, .of = &QUESTION_DESC),
	FIELD(survey_answer, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SURVEY_ANSWER_DESC = DESC(survey_answer, ANSWER_FIELDS);

struct answer_given {
	str question, value;
	LIST_OF(str) options;
};
struct survey_answer_input {
	str submission;
	LIST_OF(struct answer_given) answers;
};
static const struct desc_field GIVEN_FIELDS[] = {
	FIELD(answer_given, question, DESC_STR, .max = 40),
	FIELD(answer_given, value, DESC_STR, .max = 4 * TEXT_CHARACTERS, .doc = "a number, true or false, a date, the number of an option from 1, or a text"),
	FIELD(answer_given, options, DESC_LIST, .item = DESC_STR, .max = 20, .doc = "the numbers of those chosen"),
};
static const struct desc GIVEN_DESC = DESC(answer_given, GIVEN_FIELDS);
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(survey_answer_input, submission, DESC_STR, .max = SUBMISSION_MOST),
	FIELD(survey_answer_input, answers, DESC_LIST, .item = DESC_STRUCT, .of = &GIVEN_DESC),
};
const struct desc SURVEY_ANSWER_INPUT_DESC = DESC(survey_answer_input, INPUT_FIELDS);

/* ---- what is asked ---- */

/* The reader's language where the survey is whole in it, else the first that is. */
static const struct lang *language_of(const struct op *op, const struct survey *s)
{
	const struct survey_definition *d = &s->definition;
	if (survey_complete(d, lang_code(op->locale.lang)) == d->questions.n) return op->locale.lang;
	for (size_t i = 0; lang_at(i); i++)
		if (survey_complete(d, lang_code(lang_at(i))) == d->questions.n) return lang_at(i);
	return op->locale.lang;
}

static str word(struct op *op, const char *kind, const char *name)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "survey_%s_%s", kind, name));
}

static void add_points(struct op *op, struct answer_question *x, int type, const struct survey_text *t)
{
	int least, most;
	size_t n = 0;
	str *options = survey_options(&op->arena, t, &n);
	x->points.v = ARENA_ARRAY(&op->arena, struct answer_point, SURVEY_OPTIONS + 2);
	if (survey_scale(type, &least, &most)) {
		for (int i = least; i <= most; i++) x->points.v[x->points.n++] = (struct answer_point){.value = str_fmt(&op->arena, "%d", i), .name = i18n_int(&op->arena, &op->locale, i)};
		x->low = word(op, "low", SURVEY_TYPES[type]);
		x->high = word(op, "high", SURVEY_TYPES[type]);
	} else if (type == SURVEY_BOOLEAN) {
		x->points.v[x->points.n++] = (struct answer_point){.value = S("true"), .name = i18n_pattern(op->locale.lang, S("survey_yes"))};
		x->points.v[x->points.n++] = (struct answer_point){.value = S("false"), .name = i18n_pattern(op->locale.lang, S("survey_no"))};
	} else if (type == SURVEY_CHOICE || type == SURVEY_CHOICES) {
		for (size_t i = 0; i < n; i++) x->points.v[x->points.n++] = (struct answer_point){.value = str_fmt(&op->arena, "%zu", i + 1), .name = options[i]};
	}
	for (size_t i = 0; i < x->points.n; i++) {
		x->points.v[i].kind = type == SURVEY_CHOICES ? S("checkbox") : S("radio");
		x->points.v[i].field = str_fmt(&op->arena, type == SURVEY_CHOICES ? "answers[%lld].options[]" : "answers[%lld].value", (long long)x->at);
	}
}

static void add_question(struct op *op, struct survey_answer *page, const struct survey_question *q, const struct lang *lang)
{
	struct answer_question *x = &page->questions.v[page->questions.n];
	const struct survey_text *t = survey_text(q, lang_code(lang));
	static const struct survey_text nothing = {{"", 0}, {"", 0}, {"", 0}};
	if (!t) t = &nothing;
	*x = (struct answer_question){.at = (int64_t)page->questions.n, .id = q->id, .type = str_of(SURVEY_TYPES[q->type]), .text = t->text, .lang = lang_code(lang), .dir = lang_is_rtl(lang) ? S("rtl") : S("ltr"),
	                              .value = S(""), .low = STR_NONE, .high = STR_NONE, .is_required = q->is_required, .is_first_optional = !q->is_required && !page->n_optional, .is_choice = q->type == SURVEY_CHOICE,
	                              .is_choices = q->type == SURVEY_CHOICES, .is_boolean = q->type == SURVEY_BOOLEAN, .is_number = q->type == SURVEY_NUMBER, .is_date = q->type == SURVEY_DATE, .is_text = q->type == SURVEY_TEXT};
	page->questions.n++;
	add_points(op, x, q->type, t);
	x->is_scale = x->low.n > 0;
	if (q->is_required) return;
	page->n_optional++;
	page->seconds += q->type == SURVEY_TEXT ? SECONDS_TEXT : SECONDS_SCALE;
}

static str new_submission(struct op *op)
{
	unsigned char random[SUBMISSION_BYTES];
	randombytes_buf(random, sizeof random);
	return str_base64url(&op->arena, random, sizeof random);
}

static struct survey_answer *make_page(struct op *op, const struct web *w, const struct survey *s, const struct survey_link *link)
{
	struct survey_answer *page = ARENA_NEW(&op->arena, struct survey_answer);
	size_t n = s->definition.questions.n;
	*page = (struct survey_answer){.state = S("open"), .is_open = true, .is_anonymous = s->is_anonymous, .action = w->path, .submission = str_given(link->submission) ? link->submission : new_submission(op)};
	page->questions.v = ARENA_ARRAY(&op->arena, struct answer_question, n);
	const struct lang *lang = language_of(op, s);
	for (size_t i = 0; i < n; i++) add_question(op, page, &s->definition.questions.v[i], lang);
	page->optional = msg_int("survey_optional", "seconds", page->seconds);
	return page;
}

static enum err say(struct op *op, struct answer *a, const char *state, int status)
{
	struct survey_answer *page = ARENA_NEW(&op->arena, struct survey_answer);
	str name = str_of(state);
	*page = (struct survey_answer){.state = name, .is_thanks = str_eq(name, S("thanks")), .is_answered = str_eq(name, S("answered")), .is_expired = str_eq(name, S("expired")), .is_closed = str_eq(name, S("closed")),
	                               .is_unknown = str_eq(name, S("unknown")), .action = STR_NONE, .submission = STR_NONE};
	a->status = status;
	fault_clear(&op->fault);
	return answer_with(a, &SURVEY_ANSWER_DESC, page);
}

/* ---- who may answer ---- */

static enum err was_taken(struct op *op, const struct survey_link *link, bool *taken)
{
	struct db_rows rows;
	*taken = false;
	if (!str_given(link->submission)) return OK;
	TRY(op_query(op, SQL_survey_submission_is, DB_ARGS(db_id(link->survey), db_text(link->submission)), &rows));
	*taken = db_rows_int(&rows, 0, 0) > 0;
	return OK;
}

/* *refusal: what is said instead of the questions; NULL when they may be asked. */
static enum err open_link(struct op *op, const struct web *w, struct survey_link *link, struct survey *s, const char **refusal)
{
	bool taken;
	*refusal = "unknown";
	enum err e = survey_link_read(op, web_parameter(w, "token"), link);
	if (e == OK) e = survey_get(op, link->survey, s);
	if (e == ERR_NOT_FOUND) return OK;
	TRY(e);
	TRY(was_taken(op, link, &taken));
	bool is_unfit = s->state == SURVEY_DRAFT || (s->is_anonymous && link->customer);
	*refusal = is_unfit ? "unknown" : taken ? "answered" : s->state == SURVEY_CLOSED ? "closed" : link->expires_ms <= op->now_ms ? "expired" : NULL;
	return OK;
}

static int status_of(const char *refusal)
{
	return str_eq(str_of(refusal), S("unknown")) ? 404 : str_eq(str_of(refusal), S("answered")) ? 200 : 410;
}

enum err survey_answer_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey_link link;
	struct survey s;
	const char *refusal;
	TRY(open_link(op, w, &link, &s, &refusal));
	bool is_done = str_eq(web_query(w, "done"), S("1")) && (!refusal || str_eq(str_of(refusal), S("answered")));
	if (is_done) return say(op, a, "thanks", 200);
	if (refusal) return say(op, a, refusal, status_of(refusal));
	struct survey_answer *page = make_page(op, w, &s, &link);
	/* ?a=9, as a mail's first question sends it, chooses a point and sends nothing. */
	str chosen = web_query(w, "a");
	for (size_t i = 0; chosen.n && page->questions.n && i < page->questions.v[0].points.n; i++) page->questions.v[0].points.v[i].is_selected = str_eq(page->questions.v[0].points.v[i].value, chosen);
	return answer_with(a, &SURVEY_ANSWER_DESC, page);
}

/* ---- what is answered ---- */

struct taken {
	struct op *op;
	struct intake *intake;
	const struct survey *s;
	struct touchpoint who;
	str submission, language;
	uint32_t n;
};

static void put(struct json_writer *w, const char *name, str value)
{
	if (!str_given(value)) return;
	json_key(w, str_of(name));
	json_put_str(w, value);
}

static void put_answer(struct json_writer *w, const struct survey_question *q, str text, str value)
{
	int least, most;
	bool is_scale = survey_scale(q->type, &least, &most);
	put(w, "question_id", q->id);
	put(w, "question", text);
	put(w, "type", q->type == SURVEY_CHOICES ? S("choice") : str_of(SURVEY_TYPES[q->type]));
	if (is_scale) {
		json_key(w, S("scale_min"));
		json_put_i64(w, least);
		json_key(w, S("scale_max"));
		json_put_i64(w, most);
	}
	double number;
	if ((is_scale || q->type == SURVEY_NUMBER) && str_f64(value, &number)) {
		json_key(w, S("number"));
		json_put_real(w, number);
	} else if (q->type == SURVEY_BOOLEAN) {
		json_key(w, S("boolean"));
		json_put_bool(w, str_eq(value, S("true")));
	} else put(w, q->type == SURVEY_TEXT ? "text" : q->type == SURVEY_DATE ? "date" : "choice", value);
}

/* q NULL: the submission as a whole. part: the number of the option, of several that may be chosen: one chosen twice is one answer. */
static enum err keep(struct taken *t, const struct survey_question *q, size_t part, str text, str value)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	struct op *op = t->op;
	struct touchpoint x = t->who;
	x.event = q ? S(SURVEY_ANSWERED) : S("Survey Completed");
	x.message_id = q ? str_fmt(&op->arena, "survey-%.*s-%.*s-%zu", STR_ARG(t->submission), STR_ARG(q->id), part) : str_fmt(&op->arena, "survey-%.*s", STR_ARG(t->submission));
	buf_init(&b, BODY_BYTES);
	json_begin_object(&w);
	put(&w, "type", S("track"));
	put(&w, "event", x.event);
	put(&w, "userId", x.user_id);
	put(&w, "anonymousId", x.anonymous_id);
	put(&w, "messageId", x.message_id);
	json_key(&w, S("properties"));
	json_begin_object(&w);
	put(&w, "submission_id", t->submission);
	put(&w, "survey_id", id_show(&op->arena, S("sur"), t->s->id));
	put(&w, "survey_name", t->s->name);
	put(&w, "question_version", str_fmt(&op->arena, "%lld", (long long)t->s->version));
	put(&w, "language", t->language);
	if (q) put_answer(&w, q, text, value);
	json_end_object(&w);
	json_end_object(&w);
	x.raw = str_dup(&op->arena, buf_str(&b));
	bool failed = buf_failed(&b);
	buf_release(&b);
	if (failed) return fail(op, ERR_TOO_LARGE, "", "the answer is too large");
	enum drop_reason dropped = intake_add(t->intake, &x, t->n++);
	return dropped == DROP_NONE ? OK : fail(op, ERR_STATE, "", "it cannot be kept: %s", DROP_REASONS[dropped]);
}

static size_t characters(str text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; n++) utf8_next(text, &i);
	return n;
}

static bool is_date(str text)
{
	int64_t ms;
	bool has_zone;
	return text.n == 10 && datetime_parse(text, &ms, &has_zone) && ms >= DATETIME_MIN_MS && ms < DATETIME_MAX_MS;
}

/* Whether a value is one of the question's; *kept what is stored: of an option its text in the survey's first whole language, so that answers
 * in all languages count together. */
static bool read_value(struct op *op, const struct survey_question *q, const struct survey_text *first, str value, str *kept)
{
	int least, most;
	int64_t whole;
	double real;
	size_t n;
	*kept = value;
	if (survey_scale(q->type, &least, &most)) return str_i64(value, &whole) && whole >= least && whole <= most;
	switch (q->type) {
	case SURVEY_CHOICE:
	case SURVEY_CHOICES: {
		str *options = survey_options(&op->arena, first, &n);
		if (!str_i64(value, &whole) || whole < 1 || (size_t)whole > n) return false;
		*kept = options[whole - 1];
		return true;
	}
	case SURVEY_BOOLEAN: return str_eq(value, S("true")) || str_eq(value, S("false"));
	case SURVEY_NUMBER: return str_f64(value, &real) && real > -1e15 && real < 1e15;
	case SURVEY_DATE: return is_date(value);
	default: return characters(value) <= TEXT_CHARACTERS;
	}
}

static const struct answer_given *given_of(const struct survey_answer_input *in, str question)
{
	for (size_t i = 0; i < in->answers.n; i++)
		if (str_eq(in->answers.v[i].question, question)) return &in->answers.v[i];
	return NULL;
}

static const struct survey_text *first_text(const struct survey *s, const struct survey_question *q)
{
	for (size_t i = 0; lang_at(i); i++) {
		str lang = lang_code(lang_at(i));
		if (survey_complete(&s->definition, lang) == s->definition.questions.n) return survey_text(q, lang);
	}
	return &q->texts.v[0];
}

/* What is wrong with an answer, or nothing. With t it is kept. */
static enum err take(struct op *op, struct taken *t, const struct survey *s, const struct survey_question *q, const struct answer_given *given, const struct lang *lang, struct msg *fault)
{
	const struct survey_text *first = first_text(s, q), *shown = survey_text(q, lang_code(lang));
	str value = given && str_given(given->value) ? str_trim(given->value) : S(""), kept;
	size_t n = q->type == SURVEY_CHOICES ? (given ? given->options.n : 0) : value.n > 0;
	if (!n && q->is_required) *fault = msg_of("survey_fault_required");
	for (size_t i = 0; i < n; i++) {
		int64_t part = 0;
		if (q->type == SURVEY_CHOICES && str_i64(given->options.v[i], &part)) value = given->options.v[i];
		if (!read_value(op, q, first, value, &kept)) *fault = msg_of(q->type == SURVEY_TEXT ? "survey_fault_long" : "survey_fault_value");
		else if (t) TRY(keep(t, q, (size_t)part, shown ? shown->text : S(""), kept));
	}
	return OK;
}

static void show_again(struct answer_question *x, const struct answer_given *given)
{
	if (!given) return;
	if (str_given(given->value)) x->value = given->value;
	for (size_t i = 0; i < x->points.n; i++) {
		struct answer_point *point = &x->points.v[i];
		point->is_selected = str_given(given->value) && str_eq(given->value, point->value);
		for (size_t k = 0; k < given->options.n; k++) point->is_selected |= str_eq(given->options.v[k], point->value);
	}
}

static bool is_submission(str text)
{
	if (text.n < SUBMISSION_LEAST || text.n > SUBMISSION_MOST) return false;
	for (size_t i = 0; i < text.n; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", text.p[i])) return false;
	return true;
}

/* Appended before the commit that notes the submission: where that fails, the same submission may come again, and its touchpoints are known. */
static enum err keep_all(struct op *op, const struct survey *s, const struct survey_link *link, const struct survey_answer_input *in, const struct lang *lang)
{
	struct source source;
	struct msg ignored;
	int64_t added;
	struct taken t = {.op = op, .s = s, .submission = str_given(link->submission) ? link->submission : in->submission, .language = lang_code(lang)};
	TRY(op_run(op, SQL_survey_submission_add, DB_ARGS(db_id(s->id), db_text(t.submission), db_bool(link->customer != 0), db_int(op->now_ms)), &added));
	if (!added) return OK;
	TRY(source_ensure(op, S(SURVEY_SOURCE), SOURCE_HAND, true, PURPOSES_ASSURED_DEFAULT, &source));
	t.who = (struct touchpoint){.call = CALL_TRACK, .time_ms = op->now_ms, .channel = S("web")};
	if (link->customer) TRY(customer_name_touchpoint(op, link->customer, &t.who));
	t.intake = intake_new(op->app, &op->arena, &source, op->now_ms);
	for (size_t i = 0; i < s->definition.questions.n; i++) {
		const struct survey_question *q = &s->definition.questions.v[i];
		TRY(take(op, &t, s, q, given_of(in, q->id), lang, &ignored));
	}
	TRY(keep(&t, NULL, 0, S(""), S("")));
	return intake_commit_wait(t.intake);
}

enum err survey_answer_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey_link link;
	struct survey s;
	struct survey_answer_input in = {.submission = STR_NONE};
	const char *refusal;
	size_t faults = 0;
	TRY(web_input(op, w, &SURVEY_ANSWER_INPUT_DESC, &in));
	TRY(open_link(op, w, &link, &s, &refusal));
	if (refusal) return say(op, a, refusal, status_of(refusal));
	if (!link.customer && !is_submission(in.submission)) return fail(op, ERR_INVALID, "submission", "16 to 40 letters, digits, - and _: send back what the page gave");
	struct survey_answer *page = make_page(op, w, &s, &link);
	const struct lang *lang = language_of(op, &s);
	page->faults.v = ARENA_ARRAY(&op->arena, struct form_fault, s.definition.questions.n);
	for (size_t i = 0; i < s.definition.questions.n; i++) {
		const struct survey_question *q = &s.definition.questions.v[i];
		struct answer_question *x = &page->questions.v[i];
		TRY(take(op, NULL, &s, q, given_of(&in, q->id), lang, &x->fault));
		show_again(x, given_of(&in, q->id));
		if (!x->fault.key) continue;
		faults++;
		page->faults.v[page->faults.n++] = (struct form_fault){str_fmt(&op->arena, "q%zu", i), x->fault};
	}
	if (!link.customer) page->submission = in.submission;
	if (faults) return w->wants_json ? fail(op, ERR_INVALID, str_c(&op->arena, page->faults.v[0].field), "is missing, or not one of the answers") : answer_refused(op, a, &SURVEY_ANSWER_DESC, page);
	TRY(keep_all(op, &s, &link, &in, lang));
	return answer_redirect(a, str_fmt(&op->arena, "%.*s?done=1", STR_ARG(w->path)));
}
