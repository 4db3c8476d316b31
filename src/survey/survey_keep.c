/* survey_keep.c: answers as touchpoints. They are appended before the commit that notes the submission: where that fails, the same
 * submission may come again, and its touchpoints are known by their message ids. */
#include <math.h>

#include "base/buf.h"
#include "collect/intake.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "json/json.h"
#include "op/app.h"
#include "query/survey_event.h"
#include "survey/survey_inner.h"

#define SURVEY_SOURCE "surveys"
enum { BODY_BYTES = 65536 };

struct taken {
	const struct sitting *x;
	struct intake *intake;
	struct touchpoint who;
	uint32_t n;
};

static void put(struct json_writer *w, const char *name, str value)
{
	if (!str_given(value)) return;
	json_key(w, str_of(name));
	json_put_str(w, value);
}

static void put_number(struct json_writer *w, const char *name, double value)
{
	json_key(w, str_of(name));
	json_put_real(w, value);
}

static str joined(struct op *op, str a, const char *between, str b)
{
	return str_given(b) ? str_fmt(&op->arena, "%.*s%s%.*s", STR_ARG(a), between, STR_ARG(b)) : a;
}

/* The wording is what everybody read: what was taken from answers or names stays out of it. */
static str wording_of(const struct sitting *x, const struct survey_question *q)
{
	struct sitting anybody = *x;
	anybody.name = STR_NONE;
	anybody.given = ARENA_ARRAY(&x->op->arena, const struct survey_given *, x->s->definition.questions.n + 1);
	return survey__text(&anybody, survey__shown(x, q)->text);
}

static void put_answer(const struct taken *t, struct json_writer *w, const struct survey_question *q, const struct survey_kept *k)
{
	struct op *op = t->x->op;
	put(w, "question_id", joined(op, q->id, ".", k->suffix));
	put(w, "question", joined(op, wording_of(t->x, q), " – ", k->label));
	if (str_given(k->suffix)) put(w, "question_group", q->id);
	put(w, "type", k->type);
	if (k->most) {
		put_number(w, "scale_min", k->least);
		put_number(w, "scale_max", k->most);
	}
	if (!isnan(k->number)) {
		put_number(w, "number", k->number);
	} else if (str_eq(k->field, S("boolean"))) {
		json_key(w, k->field);
		json_put_bool(w, str_eq(k->text, S("true")));
	} else {
		json_key(w, k->field);
		json_put_str(w, k->text);
	}
}

/* Whoever agrees is named in the event itself: consents are derived from it. */
static void put_person(struct json_writer *w, const struct touchpoint *t)
{
	json_key(w, S("traits"));
	json_begin_object(w);
	put(w, "email", t->email);
	put(w, "phone", t->phone);
	json_end_object(w);
	json_key(w, S("externalIds"));
	json_begin_array(w);
	for (size_t i = 0; i < t->n_external_ids; i++) {
		json_begin_object(w);
		put(w, "type", t->external_ids[i].kind);
		put(w, "id", t->external_ids[i].value);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_consent(struct json_writer *w, const struct touchpoint *t)
{
	json_key(w, S("context"));
	json_begin_object(w);
	put_person(w, t);
	json_key(w, S("consent"));
	json_begin_object(w);
	json_key(w, S("categoryPreferences"));
	json_begin_object(w);
	for (size_t i = 0; i < t->n_consents; i++) {
		json_key(w, t->consents[i].category);
		json_put_bool(w, t->consents[i].is_granted);
	}
	json_end_object(w);
	put(w, "wording", t->consent_wording);
	json_end_object(w);
	json_end_object(w);
}

static void put_group(struct json_writer *w, const struct survey_group *g)
{
	if (!g) return;
	put(w, "team", g->team);
	if (g->place.n) put(w, "place", g->place);
	put(w, "staff", str_of(SURVEY_STAFF[g->staff]));
}

/* q NULL: the submission as a whole. */
static str body_of(const struct taken *t, const struct touchpoint *x, const struct survey_question *q, const struct survey_kept *k)
{
	struct op *op = t->x->op;
	const struct survey *s = t->x->s;
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, BODY_BYTES);
	json_begin_object(&w);
	put(&w, "type", S("track"));
	put(&w, "event", x->event);
	put(&w, "userId", x->user_id);
	put(&w, "anonymousId", x->anonymous_id);
	put(&w, "messageId", x->message_id);
	if (x->n_consents) put_consent(&w, x);
	json_key(&w, S("properties"));
	json_begin_object(&w);
	put(&w, "submission_id", t->x->submission);
	put(&w, "survey_id", id_show(&op->arena, S("sur"), s->id));
	put(&w, "survey_name", s->name);
	put(&w, "question_version", str_fmt(&op->arena, "%lld", (long long)s->version));
	put(&w, "language", lang_code(t->x->lang));
	if (s->is_anonymous) {
		json_key(&w, S("is_anonymous"));
		json_put_bool(&w, true);
	}
	put_group(&w, t->x->group);
	if (q) put_answer(t, &w, q, k);
	json_end_object(&w);
	json_end_object(&w);
	str body = buf_failed(&b) ? STR_NONE : str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return body;
}

static enum err keep(struct taken *t, const struct survey_question *q, const struct survey_kept *k)
{
	struct op *op = t->x->op;
	struct touchpoint x = t->who;
	str submission = t->x->submission;
	x.is_anonymous = t->x->s->is_anonymous;
	x.event = q ? S(SURVEY_ANSWERED) : S("Survey Completed");
	x.message_id = q ? str_fmt(&op->arena, "survey-%.*s-%.*s-%zu", STR_ARG(submission), STR_ARG(q->id), k->part) : str_fmt(&op->arena, "survey-%.*s", STR_ARG(submission));
	if (q && q->type == SURVEY_CONSENT && t->x->customer) {
		touchpoint_add_consent(&x, &op->arena, q->purpose, true);
		x.consent_wording = survey__shown(t->x, q)->text;
		x.has_consent = true;
	}
	x.raw = body_of(t, &x, q, k);
	if (!str_given(x.raw)) return fail(op, ERR_TOO_LARGE, "", "the answer is too large");
	enum drop_reason dropped = intake_add(t->intake, &x, t->n++);
	return dropped == DROP_NONE ? OK : fail(op, ERR_STATE, "", "it cannot be kept: %s", DROP_REASONS[dropped]);
}

static enum err keep_question(struct taken *t, const struct survey_question *q, const struct survey_given *g)
{
	struct survey_kept *kept;
	size_t n;
	if (survey__read(t->x->op, q, survey__first(t->x->s, q), g, &kept, &n)) return fail(t->x->op, ERR_INVALID, str_c(&t->x->op->arena, q->id), "is missing, or not one of the answers");
	for (size_t i = 0; i < n; i++) TRY(keep(t, q, &kept[i]));
	return OK;
}

enum err survey__keep(struct sitting *x, int64_t time_ms, str channel)
{
	struct op *op = x->op;
	struct source source;
	struct taken t = {.x = x};
	int64_t added;
	TRY(op_run(op, SQL_survey_submission_add, DB_ARGS(db_id(x->s->id), db_text(x->submission), db_bool(x->customer != 0), db_int(op->now_ms), db_bool(x->is_on_site)), &added));
	if (!added) return OK;
	if (str_given(x->ticket)) TRY(survey__ticket_use(op, x->s->id, x->ticket));
	TRY(survey__count_quotas(x));
	TRY(source_ensure(op, S(SURVEY_SOURCE), SOURCE_HAND, true, PURPOSES_ASSURED_DEFAULT, &source));
	t.who = (struct touchpoint){.call = CALL_TRACK, .time_ms = time_ms, .channel = channel};
	if (x->customer) TRY(customer_name_touchpoint(op, x->customer, &t.who));
	t.intake = intake_new(op->app, &op->arena, &source, op->now_ms);
	if (x->mode == SURVEY_BY_HAND) t.intake->flags = EVENT_BY_HAND;
	for (size_t i = 0; i < x->s->definition.questions.n; i++)
		if (x->asked[i] && x->given[i]) TRY(keep_question(&t, &x->s->definition.questions.v[i], x->given[i]));
	TRY(keep(&t, NULL, NULL));
	return intake_commit_wait(t.intake);
}
