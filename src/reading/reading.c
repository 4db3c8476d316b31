/* A kind of text is a row: how its id is shown, and its statements. What people said lies apart from what was read, so that
 * reading anew cannot touch it; what stands with the text is settled from both, so figures need not know of corrections. */
#include "reading/reading_inner.h"

#include <math.h>
#include <stdlib.h>

#include "audit/audit.h"
#include "collect/touchpoint.h"
#include "consent/consent.h"
#include "feedback/feedback.h"
#include "json/json.h"
#include "op/app.h"
#include "reading/tree.h"
#include "text/shelf.h"
#include "text/text.h"

const char *const READING_ASPECT_NAMES[] = {"sentiment", "topics", "emotions", "language", NULL};

static const struct {
	const char *prefix;
	enum sql one, set, count, behind, newest, each, of;
} KINDS[] = {
	{"fbk", SQL_feedback_text_one, SQL_feedback_text_set, SQL_feedback_text_count, SQL_feedback_text_behind, SQL_feedback_text_newest, SQL_feedback_text_each, SQL_feedback_text_of},
	{"men", SQL_mention_text_one, SQL_mention_text_set, SQL_mention_text_count, SQL_mention_text_behind, SQL_mention_text_newest, SQL_mention_text_each, SQL_mention_text_of},
	{"vbt", SQL_verbatim_text_one, SQL_verbatim_text_set, SQL_verbatim_text_count, SQL_verbatim_text_behind, SQL_verbatim_text_newest, SQL_verbatim_text_each, SQL_verbatim_text_of},
};

enum column { AT, TEXT, LANGUAGE, SENTIMENT, TOPICS, SIGNALS, SCORE, WHY };

static double real_of(const struct db_val *v)
{
	return v->type == DB_NULL ? NAN : v->d;
}

static enum err find_by_id(struct op *op, int kind, id doc, struct reading *out)
{
	struct db_rows r;
	TRY(op_query(op, KINDS[kind].one, DB_ARGS(db_id(doc), db_int(PURPOSE_BIT(PURPOSE_ANALYTICS)), db_int(PURPOSE_ANALYTICS)), &r));
	if (!r.n) return ERR_NOT_FOUND;
	*out = (struct reading){.doc = doc, .kind = kind, .at = db_rows_int(&r, 0, AT), .text = db_rows_text(&r, 0, TEXT),
		.verdict = {db_rows_text(&r, 0, LANGUAGE), db_rows_text(&r, 0, SENTIMENT), db_rows_text(&r, 0, TOPICS), db_rows_text(&r, 0, SIGNALS),
			db_rows_text(&r, 0, WHY), real_of(db_cell(&r, 0, SCORE))}};
	return OK;
}

enum err reading_find(struct op *op, str shown, struct reading *out)
{
	id doc;
	for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
		if (!id_read(str_of(KINDS[i].prefix), shown, &doc)) continue;
		enum err e = find_by_id(op, (int)i, doc, out);
		return e == ERR_NOT_FOUND ? fail(op, e, "id", "there is no such text") : e;
	}
	return fail(op, ERR_NOT_FOUND, "id", "there is no such text");
}

str reading_show(struct op *op, const struct reading *r)
{
	return id_show(&op->arena, str_of(KINDS[r->kind].prefix), r->doc);
}

/* ---- one aspect of a verdict ---- */

static bool is_emotion(str name)
{
	return str_starts(name, S("emotion/"));
}

static str some_signals(struct arena *a, str signals, bool emotions, str more)
{
	str out = more;
	while (str_given(signals)) {
		str name = str_cut(&signals, '\n');
		if (name.n && is_emotion(name) == emotions) out = str_fmt(a, "%.*s%.*s\n", STR_ARG(out), STR_ARG(name));
	}
	return out;
}

static str aspect_of(struct arena *a, const struct text_verdict *v, enum reading_aspect aspect)
{
	switch (aspect) {
	case READING_SENTIMENT: return str_given(v->sentiment) ? v->sentiment : S("");
	case READING_TOPICS: return str_given(v->topics) ? v->topics : S("");
	case READING_EMOTIONS: return some_signals(a, v->signals, true, S(""));
	default: return str_given(v->language) ? v->language : S("");
	}
}

static void put_aspect(struct arena *a, struct text_verdict *v, enum reading_aspect aspect, str value)
{
	if (aspect == READING_SENTIMENT) {
		v->sentiment = value.n ? value : STR_NONE;
		v->score = str_eq(value, S("pos")) ? 1 : str_eq(value, S("neg")) ? -1 : value.n ? 0 : NAN;
	}
	if (aspect == READING_TOPICS) v->topics = value;
	if (aspect == READING_EMOTIONS) v->signals = some_signals(a, v->signals, false, value);
	if (aspect == READING_LANGUAGE) v->language = value;
}

/* ---- what people say ---- */

/* The newest correction of each aspect; absent values where there is none. */
static enum err said_of(struct op *op, id doc, str said[READING_ASPECTS])
{
	struct db_rows r;
	str topics, rules, moved;
	for (int i = 0; i < READING_ASPECTS; i++) said[i] = STR_NONE;
	TRY(op_query(op, SQL_text_correction_standing, DB_ARGS(db_id(doc)), &r));
	for (size_t i = 0; i < r.n; i++) {
		int64_t aspect = db_rows_int(&r, i, 0);
		if (aspect >= 0 && aspect < READING_ASPECTS) said[aspect] = db_rows_text(&r, i, 1);
	}
	if (!str_given(said[READING_TOPICS])) return OK;
	TRY(tree_texts(op, &topics, &rules, &moved));
	said[READING_TOPICS] = tree_follow(&op->arena, moved, said[READING_TOPICS]);
	return OK;
}

/* What the program reads, in the language that a person named, if one did. */
static void judge(struct op *op, const struct reading *r, str language, struct text_verdict *out)
{
	const struct text_own *held = text_own_of(op);
	struct text_own own = held ? *held : (struct text_own){0};
	own.language = language;
	text_judge(&op->arena, r->text, &own, out);
}

static enum err settle(struct op *op, const struct reading *r, const str said[READING_ASPECTS], struct text_verdict *v)
{
	for (int i = 0; i < READING_ASPECTS; i++)
		if (str_given(said[i])) put_aspect(&op->arena, v, (enum reading_aspect)i, said[i]);
	return op_run(op, KINDS[r->kind].set, DB_ARGS(db_id(r->doc), db_text(v->language.n ? v->language : STR_NONE), db_text(v->sentiment), db_text(v->topics), db_text(v->signals),
		isnan(v->score) ? db_null() : db_real(v->score), db_text(v->why)), NULL);
}

enum err reading_correct(struct op *op, const struct reading *r, enum reading_aspect aspect, str value, id *correction)
{
	struct text_verdict read, v = r->verdict;
	str said[READING_ASPECTS];
	TRY(said_of(op, r->doc, said));
	bool is_first = !str_given(said[aspect]);
	said[aspect] = value;
	judge(op, r, aspect == READING_LANGUAGE ? STR_NONE : said[READING_LANGUAGE], &read);
	*correction = id_new();
	TRY(op_run(op, SQL_text_correction_add,
		DB_ARGS(db_id(*correction), db_id(r->doc), db_int(aspect), db_text(v.language), db_text(value), db_text(is_first ? aspect_of(&op->arena, &v, aspect) : aspect_of(&op->arena, &read, aspect)),
			db_id(op->actor.kind == ACTOR_PERSON ? op->actor.id : 0), db_int(op->now_ms)),
		NULL));
	if (aspect == READING_LANGUAGE) judge(op, r, value, &v);
	TRY(settle(op, r, said, &v));
	return audit_write(op, "reading_corrected", "", 0, STR_NONE, str_fmt(&op->arena, "%.*s %s", STR_ARG(reading_show(op, r)), READING_ASPECT_NAMES[aspect]));
}

enum err reading_take_back(struct op *op, id correction, str *of)
{
	struct db_rows r;
	struct reading reading;
	struct text_verdict read;
	str said[READING_ASPECTS];
	enum err e = ERR_NOT_FOUND;
	TRY(op_query(op, SQL_text_correction_one, DB_ARGS(db_id(correction)), &r));
	for (size_t i = 0; r.n && i < COUNT_OF(KINDS) && e == ERR_NOT_FOUND; i++) e = find_by_id(op, (int)i, db_rows_id(&r, 0, 0), &reading);
	if (e == ERR_NOT_FOUND) return fail(op, e, "id", "there is no such correction");
	TRY(e);
	int64_t aspect = db_rows_int(&r, 0, 1);
	if (db_rows_int(&r, 0, 2) || aspect < 0 || aspect >= READING_ASPECTS) return fail(op, ERR_STATE, "id", "it was corrected again since");
	TRY(op_run(op, SQL_text_correction_remove, DB_ARGS(db_id(correction)), NULL));
	TRY(said_of(op, reading.doc, said));
	judge(op, &reading, said[READING_LANGUAGE], &read);
	reading.verdict.score = read.score;
	if (aspect == READING_LANGUAGE) reading.verdict = read;
	else put_aspect(&op->arena, &reading.verdict, (enum reading_aspect)aspect, aspect_of(&op->arena, &read, (enum reading_aspect)aspect));
	TRY(settle(op, &reading, said, &reading.verdict));
	*of = reading_show(op, &reading);
	return audit_write(op, "reading_taken_back", "", 0, STR_NONE, str_fmt(&op->arena, "%.*s %s", STR_ARG(*of), READING_ASPECT_NAMES[aspect]));
}

/* ---- many texts ---- */

int reading__kinds(void)
{
	return COUNT_OF(KINDS);
}

enum err reading__count(struct op *op, int64_t *total)
{
	struct db_rows r;
	*total = 0;
	for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
		TRY(op_query(op, KINDS[i].count, DB_NO_ARGS, &r));
		*total += db_rows_int(&r, 0, 0);
	}
	return OK;
}

enum err reading__behind(struct op *op, struct arena *a, int kind, id behind, struct reading *out, size_t most, size_t *n)
{
	struct db_rows r;
	TRY(op_query(op, KINDS[kind].behind, DB_ARGS(db_int(behind), db_int((int64_t)most)), &r));
	*n = r.n;
	for (size_t i = 0; i < r.n; i++)
		out[i] = (struct reading){.doc = db_rows_id(&r, i, 0), .kind = kind, .text = str_dup(a, db_rows_text(&r, i, 1)), .language_before = str_dup(a, db_rows_text(&r, i, 2))};
	return OK;
}

enum err reading__settle_anew(struct op *op, struct reading *r)
{
	str said[READING_ASPECTS];
	TRY(said_of(op, r->doc, said));
	if (str_given(said[READING_LANGUAGE])) judge(op, r, said[READING_LANGUAGE], &r->verdict);
	else if (str_eq(r->verdict.language, S("und")) && r->language_before.n) r->verdict.language = r->language_before; /* its source said so */
	return settle(op, r, said, &r->verdict);
}

/* ---- as they stand ---- */

struct each {
	int kind;
	reading_visit *visit;
	void *arg;
};
enum each_column { EACH_ID, EACH_AT, EACH_SUBJECT, EACH_BY_HAND, EACH_EVENT, EACH_CHANNEL, EACH_SURVEY, EACH_URL, EACH_TEXT, EACH_LANGUAGE, EACH_SENTIMENT, EACH_TOPICS, EACH_SIGNALS, EACH_SCORE, EACH_WHY };

static str text_of(const struct db_val *v)
{
	return v->type == DB_NULL ? STR_NONE : v->s;
}

static struct reading_text text_of_row(int kind, const struct db_val *v)
{
	return (struct reading_text){.doc = v[EACH_ID].i, .kind = kind, .at = v[EACH_AT].i, .subject = (uint32_t)v[EACH_SUBJECT].i, .is_by_hand = v[EACH_BY_HAND].i != 0, .event = text_of(&v[EACH_EVENT]),
		.channel = text_of(&v[EACH_CHANNEL]), .survey = text_of(&v[EACH_SURVEY]), .url = text_of(&v[EACH_URL]), .text = text_of(&v[EACH_TEXT]),
		.verdict = {text_of(&v[EACH_LANGUAGE]), text_of(&v[EACH_SENTIMENT]), text_of(&v[EACH_TOPICS]), text_of(&v[EACH_SIGNALS]), text_of(&v[EACH_WHY]), real_of(&v[EACH_SCORE])}};
}

static bool visit_row(void *arg, const struct db_val *row, size_t columns)
{
	const struct each *e = arg;
	struct reading_text t = text_of_row(e->kind, row);
	(void)columns;
	return e->visit(e->arg, &t);
}

enum err reading_each(struct op *op, int64_t from, int64_t to, reading_visit *visit, void *arg)
{
	for (size_t k = 0; k < COUNT_OF(KINDS); k++) {
		struct each e = {(int)k, visit, arg};
		TRY(op_each(op, KINDS[k].each, DB_ARGS(db_int(from), db_int(PURPOSE_BIT(PURPOSE_ANALYTICS)), db_int(PURPOSE_ANALYTICS), db_int(to)), visit_row, &e));
	}
	return OK;
}

static int oldest_first(const void *a, const void *b)
{
	const struct reading_text *x = a, *y = b;
	return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : (x->doc > y->doc) - (x->doc < y->doc);
}

enum err reading_of(struct op *op, id customer, size_t most, struct reading_text **out, size_t *n)
{
	VEC(struct reading_text) all = {0};
	struct db_rows r;
	for (size_t k = 0; k < COUNT_OF(KINDS); k++) {
		TRY(op_query(op, KINDS[k].of, DB_ARGS(db_id(customer), db_int(PURPOSE_BIT(PURPOSE_ANALYTICS) | PURPOSE_BIT(PURPOSE_SERVICE)), db_int((int64_t)most)), &r));
		for (size_t i = 0; i < r.n; i++) VEC_PUSH(&all, &op->arena, text_of_row((int)k, db_cell(&r, i, 0)));
	}
	if (all.n) qsort(all.v, all.n, sizeof *all.v, oldest_first);
	size_t over = all.n > most ? all.n - most : 0; /* the newest are kept */
	*out = all.v ? all.v + over : NULL;
	*n = all.n - over;
	return OK;
}

static enum err read_kept(struct op *op, struct arena *a, enum sql q, const struct db_val *args, size_t n, struct text_verdict *out, bool *is_read)
{
	struct db *db;
	struct db_rows r;
	TRY(op_db(op, &db));
	TRY(db_query(db, a, q, args, n, &r, &op->fault));
	*is_read = r.n;
	if (!r.n) return OK;
	const struct db_val *v = r.v;
	*out = (struct text_verdict){text_of(&v[0]), text_of(&v[1]), text_of(&v[2]), text_of(&v[3]), text_of(&v[4]), real_of(&v[5])};
	return OK;
}

/* A mention's touchpoint is durable before its row, so it says itself how it was read. */
static void read_told(struct arena *a, const struct json_node *properties, struct text_verdict *out, bool *is_read)
{
	const struct json_node *signals = json_get(properties, S("signals"));
	*out = (struct text_verdict){.language = json_get_str(properties, S("language")), .sentiment = json_get_str(properties, S("sentiment")), .topics = S(""), .signals = S(""), .why = S(""), .score = NAN};
	for (const struct json_node *v = signals && signals->type == JSON_ARRAY ? signals->child : NULL; v; v = v->next) out->signals = str_fmt(a, "%.*s%.*s\n", STR_ARG(out->signals), STR_ARG(v->text));
	*is_read = str_given(out->sentiment);
}

enum err reading_of_event(struct op *op, struct arena *a, const struct event *e, const struct json_node *root, struct text_verdict *out, bool *is_read)
{
	const struct json_node *properties = json_get(root, S("properties"));
	id mention;
	*is_read = false;
	if (!e->subject && id_read(S("men"), json_get_str(properties, S("mention")), &mention)) {
		TRY(read_kept(op, a, SQL_mention_read, DB_ARGS(db_id(mention)), out, is_read));
		if (!*is_read) read_told(a, properties, out, is_read);
		return OK;
	}
	if (feedback_is_answer(e->type) && feedback_reads(properties))
		return read_kept(op, a, SQL_feedback_read, DB_ARGS(db_int(e->subject), db_int(e->time_ms), db_text(json_get_str(properties, S("text")))), out, is_read);
	return read_kept(op, a, SQL_verbatim_read, DB_ARGS(db_text(touchpoint_key(a, e->subject, e->time_ms, e->type, e->body))), out, is_read);
}

enum err reading_state(struct op *op, str *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_reading_state, DB_NO_ARGS, &r));
	*out = S("");
	for (size_t i = 0; i < r.columns; i++) *out = str_fmt(&op->arena, "%.*s %lld", STR_ARG(*out), (long long)db_rows_int(&r, 0, i));
	return OK;
}

str reading_text_show(struct op *op, const struct reading_text *t)
{
	return id_show(&op->arena, str_of(KINDS[t->kind].prefix), t->doc);
}

static int newest_first(const void *a, const void *b)
{
	const struct reading *x = a, *y = b;
	return x->at != y->at ? (x->at < y->at) - (x->at > y->at) : (x->doc < y->doc) - (x->doc > y->doc);
}

enum err reading__newest(struct op *op, size_t n, struct reading **out, size_t *n_out)
{
	VEC(struct reading) all = {0};
	struct db_rows r;
	for (size_t k = 0; k < COUNT_OF(KINDS); k++) {
		TRY(op_query(op, KINDS[k].newest, DB_ARGS(db_int((int64_t)n), db_int(PURPOSE_BIT(PURPOSE_ANALYTICS)), db_int(PURPOSE_ANALYTICS)), &r));
		for (size_t i = 0; i < r.n; i++) {
			struct reading x = {.doc = db_rows_id(&r, i, 0), .kind = (int)k, .at = db_rows_int(&r, i, 1), .text = db_rows_text(&r, i, 2), .verdict = {.topics = db_rows_text(&r, i, 3)}};
			VEC_PUSH(&all, &op->arena, x);
		}
	}
	if (all.n) qsort(all.v, all.n, sizeof *all.v, newest_first);
	*out = all.v;
	*n_out = all.n < n ? all.n : n;
	return OK;
}

enum err reading_fill_shelf(struct op *op)
{
	str topics, rules, moved;
	TRY(tree_texts(op, &topics, &rules, &moved));
	return text_shelf_fill(op->app->texts, op->app->dir, topics, rules, &op->fault);
}

enum err reading_tidy(struct op *op)
{
	return op_run(op, SQL_text_correction_tidy, DB_NO_ARGS, NULL);
}

enum err reading_agreements(struct op *op, struct reading_agreement **out, size_t *n)
{
	struct db_rows r;
	TRY(op_query(op, SQL_text_correction_agreements, DB_NO_ARGS, &r));
	*out = ARENA_ARRAY(&op->arena, struct reading_agreement, r.n + 1);
	*n = r.n;
	for (size_t i = 0; i < r.n; i++) {
		struct reading_agreement *x = &(*out)[i];
		*x = (struct reading_agreement){.aspect = (int)db_rows_int(&r, i, 0), .language = db_rows_text(&r, i, 1), .looked_at = db_rows_int(&r, i, 2), .disagreed = db_rows_int(&r, i, 3)};
		x->share = (double)x->disagreed / (double)x->looked_at;
		x->language_name = i18n_language_name(&op->arena, &op->locale, x->language, S(""));
	}
	return OK;
}
