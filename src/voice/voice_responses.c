/* Single answers: filtered, searched, newest or oldest first, by pages and as a file. */
#include <math.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/datetime.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "text/text_pages.h"
#include "text/topic.h"
#include "voice/voice_inner.h"

enum { PAGE = 50, CSV_PAGE = 2000, CSV_BYTES = 512 << 20, MOST_SEARCH = 200 };

static const char *const VOICE_FEELINGS[] = {"pos", "neu", "neg", NULL};
static const char *const KINDS[] = {"", "promoters", "passives", "detractors", "texts", NULL};

struct voice_response {
	id id;
	int64_t at;
	str question, version, name, type, answer, text, language, language_name, channel, channel_name, location, survey, survey_name, submission, person, address;
	double number;
	struct msg tag;
	int sentiment;
	LIST_OF(struct option) topics, emotions;
	str reading, corrected_by;
	int64_t corrected_at;
};
struct voice_responses {
	bool may_correct;
	struct msg finding;
	int64_t total;
	bool is_empty, is_filtered;
	str q;
	str topic, topic_label;
	LIST_OF(struct option) questions, kinds, languages, channels, surveys, sorts, feelings;
	LIST_OF(struct voice_response) rows;
	str next, previous, export, table, table_marked;
};
static const struct desc_field RESPONSE_FIELDS[] = {
	FIELD(voice_response, id, DESC_ID, .prefix = "fbk"),
	FIELD(voice_response, at, DESC_TIME),
	FIELD(voice_response, question, DESC_STR),
	FIELD(voice_response, version, DESC_STR, .doc = "of the survey, that was answered"),
	FIELD(voice_response, name, DESC_STR, .doc = "the question's wording in that version, else its id"),
	FIELD(voice_response, type, DESC_STR),
	FIELD(voice_response, answer, DESC_STR, .doc = "as the page shows it"),
	FIELD(voice_response, number, DESC_REAL),
	FIELD(voice_response, text, DESC_STR),
	FIELD(voice_response, tag, DESC_MSG, .doc = "promoter, passive or detractor"),
	FIELD(voice_response, language, DESC_STR),
	FIELD(voice_response, language_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(voice_response, channel, DESC_STR),
	FIELD(voice_response, channel_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(voice_response, location, DESC_STR),
	FIELD(voice_response, survey, DESC_STR),
	FIELD(voice_response, survey_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(voice_response, submission, DESC_STR),
	FIELD(voice_response, person, DESC_STR, .doc = "absent: nobody's, or without a name"),
	FIELD(voice_response, address, DESC_STR, .doc = "of the customer; absent: nobody's"),
	FIELD(voice_response, sentiment, DESC_ENUM, .names = VOICE_FEELINGS, .prefix = "feeling", .doc = "of a text; null where no model reads its language"),
	FIELD(voice_response, topics, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .doc = "of a text: name, and in the reader's language"),
	FIELD(voice_response, emotions, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_response, reading, DESC_STR, .doc = "of a text: where its reading is shown and corrected"),
	FIELD(voice_response, corrected_at, DESC_TIME, .doc = "when a person last said how it reads"),
	FIELD(voice_response, corrected_by, DESC_STR),
};
static const struct desc RESPONSE_DESC = DESC(voice_response, RESPONSE_FIELDS);
static const struct desc_field RESPONSES_FIELDS[] = {
	FIELD(voice_responses, finding, DESC_MSG),
	FIELD(voice_responses, may_correct, DESC_BOOL),
	FIELD(voice_responses, feelings, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_responses, topic, DESC_STR, .doc = "asked for"),
	FIELD(voice_responses, topic_label, DESC_STR),
	FIELD(voice_responses, total, DESC_INT),
	FIELD(voice_responses, is_empty, DESC_BOOL),
	FIELD(voice_responses, is_filtered, DESC_BOOL),
	FIELD(voice_responses, q, DESC_STR),
	FIELD(voice_responses, questions, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_responses, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_responses, languages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_responses, channels, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_responses, surveys, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_responses, sorts, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(voice_responses, rows, DESC_LIST, .item = DESC_STRUCT, .of = &RESPONSE_DESC),
	FIELD(voice_responses, next, DESC_STR),
	FIELD(voice_responses, previous, DESC_STR),
	FIELD(voice_responses, export, DESC_STR),
	FIELD(voice_responses, table, DESC_STR, .doc = "of a survey: a row a response, a column a question"),
	FIELD(voice_responses, table_marked, DESC_STR, .flags = DESC_PAGE_ONLY),
};
const struct desc VOICE_RESPONSES_DESC = DESC(voice_responses, RESPONSES_FIELDS);

/* ---- what the address asks for ---- */

static str given(const struct web *w, const char *name)
{
	str s = web_query(w, name);
	return str_given(s) && s.n ? s : STR_NONE;
}

/* n or p (previous), the time, the id. */
static enum err read_cursor(struct op *op, str cursor, struct voice_wanted *x)
{
	bool descends = !x->is_oldest;
	x->key = descends ? INT64_MAX : INT64_MIN;
	x->after = descends ? INT64_MAX : 0;
	if (!str_given(cursor)) return OK;
	str rest = cursor, way = str_cut(&rest, '.'), time = str_cut(&rest, '.');
	bool ok = (str_eq(way, S("n")) || str_eq(way, S("p"))) && str_i64(time, &x->key) && id_read(S("fbk"), rest, &x->after);
	x->is_back = str_eq(way, S("p"));
	return ok ? OK : fail(op, ERR_INVALID, "cursor", "is none of this list: begin at its first page");
}

enum err voice__wanted(struct op *op, const struct web *w, struct voice_wanted *x)
{
	str kind = given(w, "kind");
	*x = (struct voice_wanted){.q = given(w, "q"), .question = given(w, "question"), .language = given(w, "language"), .channel = given(w, "channel"), .survey = given(w, "survey"), .sort = given(w, "sort"), .search = STR_NONE,
		.feeling = given(w, "feeling"), .topic = given(w, "topic")};
	if (str_given(kind)) {
		int i = 1;
		while (i < VOICE_KINDS && !str_eq(kind, str_of(KINDS[i]))) i++;
		if (i == VOICE_KINDS) return fail(op, ERR_INVALID, "kind", "must be promoters, passives, detractors or texts");
		x->kind = (enum voice_response_kind)i;
	}
	x->is_oldest = str_eq(x->sort, S("oldest"));
	if (str_given(x->sort) && !x->is_oldest && !str_eq(x->sort, S("newest"))) return fail(op, ERR_INVALID, "sort", "must be newest or oldest");
	if (str_given(x->q) && x->q.n > MOST_SEARCH) return fail(op, ERR_INVALID, "q", "is longer than %d bytes", MOST_SEARCH);
	if (str_given(x->q)) x->search = i18n_fold(&op->arena, str_trim(x->q));
	if (!x->search.n) x->search = STR_NONE;
	if (str_given(x->feeling) && !str_eq(x->feeling, S("pos")) && !str_eq(x->feeling, S("neg")) && !str_eq(x->feeling, S("neu"))) return fail(op, ERR_INVALID, "feeling", "must be pos, neg or neu");
	if (str_given(x->topic) && x->topic.n > TOPIC_NAME_BYTES) return fail(op, ERR_INVALID, "topic", "is longer than %d bytes", TOPIC_NAME_BYTES);
	x->is_filtered = str_given(x->feeling) || str_given(x->topic) || str_given(x->q) || str_given(x->question) || str_given(x->language) || str_given(x->channel) || str_given(x->survey) || x->kind;
	return read_cursor(op, given(w, "cursor"), x);
}

/* ---- rows ---- */

/* Topics are kept a line each: one, or all beneath it. */
static str line_of(struct op *op, str topic, const char *end)
{
	return str_given(topic) ? str_fmt(&op->arena, "\n%.*s%s", STR_ARG(topic), end) : STR_NONE;
}

const struct db_val *voice__wanted_args(struct op *op, const struct voice_wanted *x, size_t limit)
{
	const struct db_val args[VOICE_WANTED_ARGS] = {
		db_int((int64_t)limit), db_int(PURPOSE_BIT(PURPOSE_ANALYTICS)), db_text(x->question), db_text(x->language), db_text(x->channel), db_int(x->kind), db_int(INT64_MIN), db_int(INT64_MAX),
		db_int(PURPOSE_ANALYTICS), db_text(x->search), db_int(limit ? x->key : 0), db_int(limit ? x->after : 0), db_text(x->feeling), db_text(line_of(op, x->topic, "\n")), db_text(S("\n")),
		db_text(line_of(op, x->topic, "/")), db_text(x->survey)};
	struct db_val *out = ARENA_ARRAY(&op->arena, struct db_val, VOICE_WANTED_ARGS);
	memcpy(out, args, sizeof args);
	return out;
}

static enum err find(struct op *op, const struct voice_wanted *x, size_t limit, struct db_rows *out)
{
	bool ascends = x->is_oldest != x->is_back;
	return op_query(op, ascends ? SQL_feedback_page_oldest : SQL_feedback_page_newest, voice__wanted_args(op, x, limit), VOICE_WANTED_ARGS, out);
}

static enum err count(struct op *op, const struct voice_wanted *x, int64_t *total)
{
	struct db_rows r;
	TRY(op_query(op, SQL_feedback_count, voice__wanted_args(op, x, 0), VOICE_WANTED_ARGS, &r));
	*total = db_rows_int(&r, 0, 0);
	return OK;
}

enum column { ID, AT, QUESTION, WORDING, TYPE, NUMBER, SCALE_MAX, TEXT, LANGUAGE, CHANNEL, LOCATION, SURVEY, SUBMISSION, WEIGHT, CUSTOMER, PERSON, READ_LANGUAGE, SENTIMENT, TOPICS, SIGNALS, CORRECTED_AT, CORRECTED_BY, VERSION };

static double real_of(const struct db_rows *r, size_t i, enum column c)
{
	const struct db_val *v = db_cell(r, i, c);
	return v->type == DB_NULL ? NAN : v->d;
}

static struct msg tag_of(str type, double number)
{
	if (!str_eq(type, S("nps")) || isnan(number)) return (struct msg){0};
	return msg_of(number >= 9 ? "voice_promoter" : number >= 7 ? "voice_passive" : "voice_detractor");
}

/* A text is as it was written; what was chosen or picked is said in the reader's words. */
static str words_of(struct op *op, str type, str text)
{
	int64_t ms;
	bool has_zone, is_yes = str_eq(text, S("true"));
	if (str_eq(type, S("boolean")) && (is_yes || str_eq(text, S("false")))) return i18n_pattern(op->locale.lang, is_yes ? S("survey_yes") : S("survey_no"));
	if (str_eq(type, S("date")) && datetime_parse(text, &ms, &has_zone)) return i18n_date(&op->arena, &op->locale, ms);
	return text;
}

static str answer_of(struct op *op, const struct db_rows *r, size_t i)
{
	double number = real_of(r, i, NUMBER), most = real_of(r, i, SCALE_MAX);
	str text = db_rows_text(r, i, TEXT);
	if (isnan(number)) return words_of(op, db_rows_text(r, i, TYPE), text);
	str shown = i18n_real(&op->arena, &op->locale, number, 2);
	if (isnan(most)) return shown;
	struct msg m = msg_str("voice_of_scale", "value", shown);
	msg_add(&m, (struct msg_arg){.name = "most", .type = MSG_STR, .s = i18n_real(&op->arena, &op->locale, most, 2)});
	return i18n_msg(&op->arena, &op->locale, &m);
}

static void fill_names(struct op *op, str lines, const char *kind, void *list)
{
	while (str_given(lines) && lines.n) {
		str name = str_cut(&lines, '\n'), rest = name;
		if (!name.n) continue;
		if (!kind) customer_option(op, list, name, text_topic_label(op, name), false);
		else if (str_eq(str_cut(&rest, '/'), str_of(kind))) customer_option(op, list, rest, i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%.*s", kind, STR_ARG(rest))), false);
	}
}

static void fill_reading(struct op *op, const struct db_rows *r, size_t i, struct voice_response *out)
{
	str sentiment = db_rows_text(r, i, SENTIMENT);
	out->sentiment = -1;
	for (int k = 0; VOICE_FEELINGS[k]; k++)
		if (str_eq(sentiment, str_of(VOICE_FEELINGS[k]))) out->sentiment = k;
	fill_names(op, db_rows_text(r, i, TOPICS), NULL, &out->topics);
	fill_names(op, db_rows_text(r, i, SIGNALS), "emotion", &out->emotions);
	if (str_eq(out->type, S("text"))) out->reading = str_fmt(&op->arena, "/voice/texts/%s", id_show(&op->arena, S("fbk"), out->id).p);
	out->corrected_at = db_rows_int(r, i, CORRECTED_AT);
	out->corrected_by = db_rows_text(r, i, CORRECTED_BY);
}

static str language_of(struct op *op, str language)
{
	return i18n_language_name(&op->arena, &op->locale, language, STR_NONE);
}

static void fill_row(struct op *op, const struct db_rows *r, size_t i, struct voice_response *out)
{
	str wording = db_rows_text(r, i, WORDING);
	id customer = db_rows_id(r, i, CUSTOMER);
	*out = (struct voice_response){.id = db_rows_id(r, i, ID), .at = db_rows_int(r, i, AT), .question = db_rows_text(r, i, QUESTION), .version = db_rows_text(r, i, VERSION), .type = db_rows_text(r, i, TYPE), .text = db_rows_text(r, i, TEXT),
		.language = db_rows_text(r, i, LANGUAGE), .channel = db_rows_text(r, i, CHANNEL), .location = db_rows_text(r, i, LOCATION), .survey = db_rows_text(r, i, SURVEY),
		.submission = db_rows_text(r, i, SUBMISSION), .person = db_rows_text(r, i, PERSON), .number = real_of(r, i, NUMBER), .address = STR_NONE, .language_name = STR_NONE};
	out->name = wording.n ? wording : out->question;
	out->answer = answer_of(op, r, i);
	out->tag = tag_of(out->type, out->number);
	if (str_given(out->language)) out->language_name = language_of(op, out->language);
	out->channel_name = customer_channel_text(op, out->channel);
	fill_reading(op, r, i, out);
	if (customer) out->address = customer_address(op, customer);
}

static str cursor_of(struct op *op, const struct web *w, const char *way, const struct voice_response *at)
{
	str shown = id_show(&op->arena, S("fbk"), at->id);
	return web_address_with(op, w, "cursor", str_fmt(&op->arena, "%s.%lld.%.*s", way, (long long)at->at, STR_ARG(shown)));
}

static enum err fill_rows(struct op *op, const struct web *w, const struct voice_wanted *x, const struct db_rows *names, struct voice_responses *page)
{
	struct db_rows r;
	struct feedback_version *versions = NULL;
	TRY(find(op, x, PAGE + 1, &r));
	bool more = r.n > PAGE;
	size_t n = page->rows.n = more ? PAGE : r.n;
	page->rows.v = ARENA_ARRAY(&op->arena, struct voice_response, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct voice_response *row = &page->rows.v[i];
		fill_row(op, &r, x->is_back ? n - 1 - i : i, row);
		TRY(feedback_wording(op, &versions, row->survey, row->version, row->question, &row->name));
		row->survey_name = str_given(row->survey) ? voice__survey_name(op, names, row->survey) : STR_NONE;
	}
	if (!n) return OK;
	if (x->is_back ? true : more) page->next = cursor_of(op, w, "n", &page->rows.v[n - 1]);
	if (x->is_back ? more : str_given(given(w, "cursor"))) page->previous = cursor_of(op, w, "p", &page->rows.v[0]);
	return OK;
}

/* ---- the page ---- */

static void add(struct op *op, void *list, str value, const char *key, bool is_selected)
{
	struct msg m = msg_of(key);
	customer_option(op, list, value, i18n_msg(&op->arena, &op->locale, &m), is_selected);
}

typedef str name_of(struct op *op, str value);

static enum err add_values(struct op *op, void *list, enum sql q, const char *all, str selected, name_of *name)
{
	struct db_rows r;
	TRY(op_query(op, q, DB_NO_ARGS, &r));
	if (r.n == 0) return OK; /* nothing to choose among */
	add(op, list, S(""), all, !str_given(selected));
	for (size_t i = 0; i < r.n; i++) customer_option(op, list, db_rows_text(&r, i, 0), name(op, db_rows_text(&r, i, 0)), str_eq(db_rows_text(&r, i, 0), selected));
	return OK;
}

static enum err add_options(struct op *op, const struct voice_wanted *x, struct voice_responses *page)
{
	static const char *const kinds[] = {"voice_kind_all", "voice_kind_promoters", "voice_kind_passives", "voice_kind_detractors", "voice_kind_texts"};
	struct feedback_question *v;
	size_t n;
	TRY(feedback_questions(op, &v, &n));
	page->is_empty = n == 0;
	add(op, &page->questions, S(""), "voice_question_all", !str_given(x->question));
	for (size_t i = 0; i < n; i++) customer_option(op, &page->questions, v[i].id, voice__name(&v[i]), str_eq(v[i].id, x->question));
	for (int i = 0; i < VOICE_KINDS; i++) add(op, &page->kinds, str_of(KINDS[i]), kinds[i], x->kind == (enum voice_response_kind)i);
	TRY(add_values(op, &page->languages, SQL_feedback_languages, "voice_language_all", x->language, language_of));
	TRY(add_values(op, &page->channels, SQL_feedback_channels, "voice_channel_all", x->channel, customer_channel_text));
	add(op, &page->feelings, S(""), "voice_feeling_all", !str_given(x->feeling));
	for (int i = 0; VOICE_FEELINGS[i]; i++) add(op, &page->feelings, str_of(VOICE_FEELINGS[i]), str_fmt(&op->arena, "feeling_%s", VOICE_FEELINGS[i]).p, str_eq(x->feeling, str_of(VOICE_FEELINGS[i])));
	add(op, &page->sorts, S("newest"), "voice_newest", !x->is_oldest);
	add(op, &page->sorts, S("oldest"), "voice_oldest", x->is_oldest);
	return OK;
}

enum err voice_responses_get(struct op *op, struct web *w, struct answer *a)
{
	struct voice_responses *page = ARENA_NEW(&op->arena, struct voice_responses);
	struct voice_wanted x;
	struct db_rows names;
	TRY(voice__wanted(op, w, &x));
	TRY(add_options(op, &x, page));
	TRY(voice__survey_names(op, &names));
	add(op, &page->surveys, S(""), "voice_survey_all", !str_given(x.survey));
	TRY(voice__survey_options(op, &names, x.survey, &page->surveys));
	if (page->surveys.n == 1) page->surveys.n = 0; /* nothing to choose among */
	TRY(count(op, &x, &page->total));
	TRY(fill_rows(op, w, &x, &names, page));
	page->q = str_given(x.q) ? x.q : S("");
	page->may_correct = op_may(op, PERM_WRITE_CUSTOMERS);
	page->topic = x.topic;
	page->topic_label = str_given(x.topic) ? text_topic_label(op, x.topic) : STR_NONE;
	page->is_filtered = x.is_filtered;
	page->finding = page->is_empty ? msg_of("voice_none") : msg_int("voice_responses_found", "n", page->total);
	if (op_may(op, PERM_EXPORT_CUSTOMERS) && page->total) {
		str here = web_address_with(op, w, "cursor", STR_NONE), tail = STR_NONE;
		size_t at;
		if (str_find(here, '?', &at)) tail = str_sub(here, at, here.n);
		page->export = str_fmt(&op->arena, "/voice/responses.csv%.*s", STR_ARG(tail));
		if (str_given(x.survey)) page->table = str_fmt(&op->arena, "/voice/submissions.csv%.*s", STR_ARG(tail));
		if (str_given(x.survey)) page->table_marked = str_fmt(&op->arena, "%.*s&bom=1", STR_ARG(page->table));
	}
	return answer_with(a, &VOICE_RESPONSES_DESC, page);
}

/* ---- CSV ---- */

static void put_number(struct buf *b, double d)
{
	if (!isnan(d)) buf_fmt(b, "%.15g", d);
	buf_byte(b, ',');
}

static str one_line(struct arena *a, str lines)
{
	str out = S("");
	while (str_given(lines) && lines.n) {
		str line = str_cut(&lines, '\n');
		if (line.n) out = str_fmt(a, "%.*s%s%.*s", STR_ARG(out), out.n ? "; " : "", STR_ARG(line));
	}
	return out;
}

static void put_csv_row(struct op *op, const struct db_rows *r, size_t i, struct buf *b)
{
	static const enum column before[] = {SURVEY, SUBMISSION, QUESTION, WORDING, TYPE}, after[] = {TEXT, LANGUAGE, CHANNEL, LOCATION, SENTIMENT};
	id customer = db_rows_id(r, i, CUSTOMER);
	buf_csv(b, id_show(&op->arena, S("fbk"), db_rows_id(r, i, ID)));
	buf_byte(b, ',');
	buf_csv(b, datetime_show(&op->arena, db_rows_int(r, i, AT)));
	buf_byte(b, ',');
	buf_csv(b, customer ? id_show(&op->arena, S("cus"), customer) : S(""));
	buf_byte(b, ',');
	for (size_t c = 0; c < COUNT_OF(before); c++) {
		buf_csv(b, db_rows_text(r, i, before[c]));
		buf_byte(b, ',');
	}
	put_number(b, real_of(r, i, NUMBER));
	put_number(b, real_of(r, i, WEIGHT));
	for (size_t c = 0; c < COUNT_OF(after); c++) {
		buf_csv(b, db_rows_text(r, i, after[c]));
		buf_byte(b, ',');
	}
	buf_csv(b, one_line(&op->arena, db_rows_text(r, i, TOPICS)));
	buf_byte(b, ',');
	buf_csv(b, db_rows_text(r, i, VERSION));
	buf_byte(b, '\n');
}

static enum err put_csv(struct op *op, struct voice_wanted *x, struct buf *b)
{
	struct db_rows r;
	buf_add(b, S("id,time,customer,survey,submission,question,wording,type,number,weight,text,language,channel,location,sentiment,topics,version\n"));
	do {
		TRY(find(op, x, CSV_PAGE, &r));
		for (size_t i = 0; i < r.n; i++) put_csv_row(op, &r, i, b);
		if (r.n) x->key = db_rows_int(&r, r.n - 1, AT), x->after = db_rows_id(&r, r.n - 1, ID);
	} while (r.n == CSV_PAGE && !buf_failed(b));
	return buf_failed(b) ? fail(op, ERR_TOO_LARGE, "", "the file would be larger than %d MB: filter the list", CSV_BYTES >> 20) : OK;
}

enum err voice_responses_csv(struct op *op, struct web *w, struct answer *a)
{
	struct voice_wanted x;
	struct buf b;
	TRY(voice__wanted(op, w, &x));
	x.is_back = false;
	buf_init(&b, CSV_BYTES);
	enum err e = put_csv(op, &x, &b);
	if (e == OK) e = audit_write_read(op, "responses_exported", "", 0, STR_NONE);
	if (e == OK) {
		a->text = str_dup(&op->arena, buf_str(&b));
		a->content_type = S("text/csv; charset=utf-8");
		a->download_name = S("responses.csv");
	}
	buf_release(&b);
	return e;
}
