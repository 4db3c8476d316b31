#include <math.h>

#include "collect/collect.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "op/app.h"
#include "want/want_inner.h"

enum { TOUCHPOINTS_MOST = 3000, AT_ONCE = 1000, SCORES_MOST = 30 };

static const struct desc_field EVIDENCE_FIELDS[] = {
	FIELD(want_evidence, at, DESC_TIME),
	FIELD(want_evidence, event, DESC_STR),
	FIELD(want_evidence, quote, DESC_STR),
	FIELD(want_evidence, url, DESC_STR, .doc = "where it was posted"),
	FIELD(want_evidence, reading, DESC_STR, .doc = "how it was read, where that is corrected"),
};
static const struct desc EVIDENCE_DESC = DESC(want_evidence, EVIDENCE_FIELDS);
static const struct desc_field LINE_FIELDS[] = {
	FIELD(want_line, name, DESC_STR),
	FIELD(want_line, label, DESC_STR, .doc = "in the reader's language"),
	FIELD(want_line, n, DESC_INT, .doc = "how often"),
	FIELD(want_line, pos, DESC_INT),
	FIELD(want_line, neg, DESC_INT),
	FIELD(want_line, last_at, DESC_TIME),
	FIELD(want_line, evidence, DESC_LIST, .item = DESC_STRUCT, .of = &EVIDENCE_DESC, .doc = "the latest ones"),
};
static const struct desc LINE_DESC = DESC(want_line, LINE_FIELDS);
static const struct desc_field PROMISE_FIELDS[] = {
	FIELD(want_promise, name, DESC_STR, .doc = "of tables/promises.def"),
	FIELD(want_promise, label, DESC_STR),
	FIELD(want_promise, keeping, DESC_ENUM, .names = WANT_KEEPINGS, .prefix = "want_keeping"),
	FIELD(want_promise, made, DESC_STR),
	FIELD(want_promise, made_at, DESC_TIME),
	FIELD(want_promise, due_at, DESC_TIME),
	FIELD(want_promise, ended, DESC_STR),
	FIELD(want_promise, ended_at, DESC_TIME),
};
const struct desc WANT_PROMISE_DESC = DESC(want_promise, PROMISE_FIELDS);
static const struct desc_field SCORE_FIELDS[] = {
	FIELD(want_score, question, DESC_STR),
	FIELD(want_score, name, DESC_STR),
	FIELD(want_score, number, DESC_REAL, .doc = "the latest"),
	FIELD(want_score, scale_max, DESC_REAL),
	FIELD(want_score, first, DESC_REAL),
	FIELD(want_score, times, DESC_INT, .doc = "answered"),
	FIELD(want_score, at, DESC_TIME),
	FIELD(want_score, shown, DESC_STR),
	FIELD(want_score, change, DESC_MSG),
	FIELD(want_score, address, DESC_STR, .doc = "of the answers to the question"),
};
const struct desc WANT_SCORE_DESC = DESC(want_score, SCORE_FIELDS);
static const struct desc_field MONTH_FIELDS[] = {
	FIELD(want_month, month, DESC_DATE),
	FIELD(want_month, n, DESC_INT, .doc = "texts and moods"),
	FIELD(want_month, mean, DESC_REAL, .doc = "-1 to 1"),
	FIELD(want_month, label, DESC_STR),
	FIELD(want_month, shown, DESC_STR),
};
static const struct desc MONTH_DESC = DESC(want_month, MONTH_FIELDS);
static const struct desc_field FIELDS[] = {
	FIELD(want, finding, DESC_MSG),
	FIELD(want, name, DESC_STR),
	FIELD(want, profile, DESC_STR),
	FIELD(want, is_refused, DESC_BOOL, .doc = "the customer refused analysis or profiling"),
	FIELD(want, is_empty, DESC_BOOL),
	FIELD(want, is_cut, DESC_BOOL, .doc = "only the latest touchpoints were read"),
	FIELD(want, touchpoints, DESC_INT),
	FIELD(want, left_out, DESC_INT, .doc = "texts and searches that touch health, faith, politics or grief: nothing is drawn from them"),
	FIELD(want, needs, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC),
	FIELD(want, searches, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC),
	FIELD(want, promises, DESC_LIST, .item = DESC_STRUCT, .of = &WANT_PROMISE_DESC, .doc = "latest first"),
	FIELD(want, promises_ended, DESC_INT, .doc = "kept, late, broken or overdue"),
	FIELD(want, promises_kept, DESC_INT),
	FIELD(want, intent, DESC_ENUM, .names = WANT_INTENTS, .prefix = "want_intent"),
	FIELD(want, intent_points, DESC_REAL, .doc = "weights of tables/intents.def since the last order, halved every seven days"),
	FIELD(want, intent_shown, DESC_STR),
	FIELD(want, intent_as_of, DESC_MSG, .doc = "the day that it is told of, where nothing newer was heard"),
	FIELD(want, intent_evidence, DESC_LIST, .item = DESC_STRUCT, .of = &EVIDENCE_DESC),
	FIELD(want, scores, DESC_LIST, .item = DESC_STRUCT, .of = &WANT_SCORE_DESC),
	FIELD(want, feelings, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC),
	FIELD(want, months, DESC_LIST, .item = DESC_STRUCT, .of = &MONTH_DESC, .doc = "how the impression built up"),
};
const struct desc WANT_DESC = DESC(want, FIELDS);

str want__detail(const struct customer_touchpoint *t, const char *name)
{
	for (size_t i = 0; i < t->details.n; i++)
		if (str_eq(t->details.v[i].name, str_of(name))) return t->details.v[i].value;
	return STR_NONE;
}

/* Oldest first. */
static enum err read_past(struct op *op, uint32_t number, struct want__past *past, bool *is_cut)
{
	VEC(const struct customer_touchpoint *) all = {0};
	str cursor = S("");
	do {
		struct customer_timeline *t = ARENA_NEW(&op->arena, struct customer_timeline);
		TRY(customer_timeline_get(op, number, cursor, AT_ONCE, t));
		for (size_t i = 0; i < t->touchpoints.n; i++) VEC_PUSH(&all, &op->arena, &t->touchpoints.v[i]);
		cursor = t->cursor;
	} while (str_given(cursor) && all.n < TOUCHPOINTS_MOST);
	*is_cut = str_given(cursor);
	for (size_t i = 0; i < all.n / 2; i++) {
		const struct customer_touchpoint *swap = all.v[i];
		all.v[i] = all.v[all.n - 1 - i];
		all.v[all.n - 1 - i] = swap;
	}
	*past = (struct want__past){all.v, all.n};
	return OK;
}

enum { QUESTION, NAME, NUMBER, SCALE_MAX, AT };

static enum err add_scores(struct op *op, id customer, struct want *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_want_scores, DB_ARGS(db_id(customer)), &r));
	out->scores.v = ARENA_ARRAY(&op->arena, struct want_score, SCORES_MOST);
	for (size_t i = 0; i < r.n; i++) { /* by question, oldest first */
		bool is_same = out->scores.n && str_eq(out->scores.v[out->scores.n - 1].question, db_rows_text(&r, i, QUESTION));
		if (!is_same && out->scores.n == SCORES_MOST) break;
		if (!is_same) out->scores.v[out->scores.n++] = (struct want_score){.question = db_rows_text(&r, i, QUESTION), .first = db_rows_real(&r, i, NUMBER)};
		struct want_score *s = &out->scores.v[out->scores.n - 1];
		s->name = db_rows_text(&r, i, NAME).n ? db_rows_text(&r, i, NAME) : s->question;
		s->number = db_rows_real(&r, i, NUMBER);
		s->scale_max = db_rows_real(&r, i, SCALE_MAX);
		s->at = db_rows_int(&r, i, AT);
		s->times++;
	}
	for (size_t i = 0; i < out->scores.n; i++) {
		struct want_score *s = &out->scores.v[i];
		struct msg m = msg_str("voice_of_scale", "value", i18n_real(&op->arena, &op->locale, s->number, 1));
		msg_add(&m, (struct msg_arg){.name = "most", .type = MSG_STR, .s = i18n_real(&op->arena, &op->locale, s->scale_max, 1)});
		s->shown = isnan(s->scale_max) ? i18n_real(&op->arena, &op->locale, s->number, 1) : i18n_msg(&op->arena, &op->locale, &m);
		s->address = str_fmt(&op->arena, "/voice/responses?question=%.*s", STR_ARG(web_url(op, s->question)));
		if (s->times > 1) s->change = msg_str("want_first", "value", i18n_real(&op->arena, &op->locale, s->first, 1));
	}
	return OK;
}

static struct msg tell(const struct want *page)
{
	if (page->is_empty) return msg_of("want_none");
	struct msg m = msg_of(page->needs.n ? "want_finding" : "want_finding_promises");
	if (page->needs.n) msg_add(&m, (struct msg_arg){.name = "need", .type = MSG_STR, .s = page->needs.v[0].label});
	msg_add(&m, (struct msg_arg){.name = "kept", .type = MSG_INT, .i = page->promises_kept});
	msg_add(&m, (struct msg_arg){.name = "ended", .type = MSG_INT, .i = page->promises_ended});
	return m;
}

enum err want__fill(struct op *op, id customer, uint32_t number, struct want *page)
{
	struct want__past past;
	TRY(read_past(op, number, &past, &page->is_cut));
	page->touchpoints = (int64_t)past.n;
	TRY(want__texts(op, customer, &past, page));
	want__promises(op, &past, page);
	want__intent(op, &past, page);
	TRY(add_scores(op, customer, page));
	page->is_empty = !page->needs.n && !page->searches.n && !page->feelings.n && !page->promises.n && !page->scores.n && page->intent == WANT_NONE;
	page->finding = tell(page);
	return OK;
}

static bool is_refused(const struct op *op, uint32_t number)
{
	return (people_denied(op->app->people, number) & (PURPOSE_BIT(PURPOSE_ANALYTICS) | PURPOSE_BIT(PURPOSE_PROFILING))) != 0;
}

enum err want_at_hand(struct op *op, id customer, uint32_t number, struct want *out)
{
	struct want__past past;
	*out = (struct want){.is_refused = is_refused(op, number)};
	if (out->is_refused) return OK;
	TRY(read_past(op, number, &past, &out->is_cut));
	want__promises(op, &past, out);
	return add_scores(op, customer, out);
}

enum err want_get(struct op *op, struct web *w, struct answer *a)
{
	id customer, into;
	uint32_t number;
	struct want *page = ARENA_NEW(&op->arena, struct want);
	TRY(web_id(op, w, "id", "cus", &customer));
	TRY(customer_open(op, customer, &number, &into));
	if (into) {
		a->status = 308;
		return answer_redirect(a, str_fmt(&op->arena, "%.*s/wants", STR_ARG(customer_address(op, into))));
	}
	page->profile = customer_address(op, customer);
	TRY(customer_called(op, customer, &page->name));
	page->is_refused = is_refused(op, number);
	page->finding = msg_of("want_refused");
	TRY(want__as_of(op, &page->as_of));
	page->intent_as_of = want__said_as_of(op, page->as_of);
	if (!page->is_refused) TRY(want__fill(op, customer, number, page));
	return answer_with(a, &WANT_DESC, page);
}
