/* effort_figure.c: a figure is a question of the query language, as people ask it everywhere else, and which of its answer's numbers is
 * meant: `members` says that too (docs/questions.md), so the same text leads to the customers behind it. One row of KINDS a kind. Two
 * periods are compared by the test that belongs to the kind: what the answer says of itself (score), shares by Newcombe's interval
 * and the z test, numbers of days by Welch's t. */
#include <math.h>

#include "base/datetime.h"
#include "effort/effort_inner.h"
#include "i18n/i18n.h"
#include "customer/customer.h"
#include "journey/frictions.h"
#include "pulse/findings.h"
#include "pulse/question.h"
#include "setting/setting.h"
#include "voice/voice.h"

enum { QUESTION_BYTES = 16 << 10, EVENTS_OFFERED = 80 };

static double real(const struct json_node *n, const char *name)
{
	const struct json_node *v = json_get(n, str_of(name));
	double d;
	return v && v->type == JSON_NUMBER && str_f64(v->text, &d) ? d : NAN;
}

static int64_t whole(const struct json_node *v)
{
	int64_t n;
	return v && v->type == JSON_NUMBER && str_i64(v->text, &n) ? n : 0;
}

static int64_t member(const struct json_node *question, const char *name, int64_t otherwise)
{
	const struct json_node *v = json_get(json_get(question, S("members")), str_of(name));
	return v ? whole(v) : otherwise;
}

static const struct json_node *at(const struct json_node *list, int64_t place)
{
	const struct json_node *x = list ? list->child : NULL;
	while (x && place-- > 0) x = x->next;
	return x;
}

static void of_counts(int64_t k, int64_t n, struct effort_point *out)
{
	struct interval sure = n ? interval_wilson(k, n) : (struct interval){NAN, NAN};
	*out = (struct effort_point){.unit = UNIT_SHARE, .value = n ? (double)k / (double)n : NAN, .low = sure.low, .high = sure.high, .n = n, .k = k};
}

static void read_score(const struct json_node *answer, const struct json_node *question, struct effort_point *out)
{
	const struct json_node *total = json_get(answer, S("total"));
	str metric = json_get_str(question, S("metric")), method = json_get_str(answer, S("method"));
	*out = (struct effort_point){.value = real(total, "value"), .low = real(total, "low"), .high = real(total, "high"), .n = whole(json_get(total, S("n")))};
	if (!str_eq(metric, S("nps"))) out->unit = str_eq(method, S("mean")) ? UNIT_MEAN : UNIT_SHARE;
}

static void read_funnel(const struct json_node *answer, const struct json_node *question, struct effort_point *out)
{
	const struct json_node *steps = json_get(json_get(answer, S("groups"))->child, S("steps")), *first = steps->child;
	const char *units = json_get(first, S("attempts")) ? "attempts" : json_get(first, S("sessions")) ? "sessions" : "customers";
	const struct json_node *step = at(steps, member(question, "step", (int64_t)steps->n) - 1);
	of_counts(whole(json_get(step, str_of(units))), whole(json_get(first, str_of(units))), out);
}

static void read_retention(const struct json_node *answer, const struct json_node *question, struct effort_point *out)
{
	const struct json_node *all = json_get(answer, S("all"));
	int64_t cell = member(question, "cell", 1);
	of_counts(whole(at(json_get(all, S("cells")), cell)), whole(at(json_get(all, S("base")), cell)), out);
}

static void read_journey(const struct json_node *answer, const struct json_node *question, struct effort_point *out)
{
	str wanted = json_get_str(json_get(question, S("members")), S("friction"));
	const struct json_node *list = json_get(answer, S("frictions")), *f = list ? list->child : NULL;
	while (f && !str_eq(json_get_str(f, S("name")), wanted)) f = f->next;
	of_counts(whole(json_get(f, S("customers"))), whole(json_get(f, S("exposed"))), out);
}

static void read_duration(const struct json_node *answer, const struct json_node *question, struct effort_point *out)
{
	const struct json_node *total = json_get(answer, S("total"));
	int64_t n = whole(json_get(total, S("starts")));
	(void)question;
	of_counts((int64_t)llround(real(total, "in_target") * (double)n), n, out);
}

/* A day each: mean and variance by Welford's way. */
static void read_trend(const struct json_node *answer, const struct json_node *question, struct effort_point *out)
{
	struct sample s = {0};
	double mean = 0, squares = 0;
	const struct json_node *rows = json_get(answer, S("rows"));
	(void)question;
	for (const struct json_node *row = rows ? rows->child : NULL; row; row = row->next) {
		double value = real(row, "value");
		if (isnan(value)) continue;
		double from_mean = value - mean;
		mean += from_mean / (double)++s.n;
		squares += from_mean * (value - mean);
	}
	s.mean = s.n ? mean : NAN;
	s.variance = s.n > 1 ? squares / (double)(s.n - 1) : NAN;
	struct interval sure = compare_mean(s);
	*out = (struct effort_point){.unit = UNIT_A_DAY, .value = s.mean, .low = sure.low, .high = sure.high, .n = s.n, .sample = s};
}

static struct comparison differ_by_answer(const struct json_node *answer, const struct effort_compared *c)
{
	const struct json_node *d = json_get(answer, S("to_compare"));
	(void)c;
	return (struct comparison){real(d, "difference"), real(d, "difference_low"), real(d, "difference_high"), real(d, "p")};
}

static struct comparison differ_by_counts(const struct json_node *answer, const struct effort_compared *c)
{
	(void)answer;
	return compare_shares(c->after.k, c->after.n, c->before.k, c->before.n);
}

static struct comparison differ_by_days(const struct json_node *answer, const struct effort_compared *c)
{
	(void)answer;
	return compare_means(c->after.sample, c->before.sample);
}

struct figure_kind {
	const char *kind, *n_key, *name; /* name: of the text with what members say */
	int64_t least;                   /* of n on either side */
	void (*read)(const struct json_node *answer, const struct json_node *question, struct effort_point *out);
	struct comparison (*differ)(const struct json_node *answer, const struct effort_compared *c);
};
static const struct figure_kind KINDS[] = {
	{"score", "effort_n_answers", "effort_figure_score", 30, read_score, differ_by_answer},
	{"journey", "effort_n_customers", NULL, 30, read_journey, differ_by_counts},
	{"trend", "effort_n_days", "effort_figure_trend", 14, read_trend, differ_by_days},
	{"retention", "effort_n_customers", "effort_figure_retention", 30, read_retention, differ_by_counts},
	{"funnel", "effort_n_customers", "effort_figure_funnel", 30, read_funnel, differ_by_counts},
	{"duration", "effort_n_times", "effort_figure_duration", 30, read_duration, differ_by_counts},
};

/* ---- reading ---- */

static const char *what_lacks(const struct effort_figure *f)
{
	static const char *const TAKEN[] = {"from", "to", "compare", "by"};
	for (size_t i = 0; i < COUNT_OF(TAKEN); i++)
		if (json_get(f->question, str_of(TAKEN[i]))) return "has a period, a comparison or groups of its own: these are set by the date of effect";
	if (f->kind->read == read_journey && !json_get_str(json_get(f->question, S("members")), S("friction")).n) return "of a journey says which friction: \"members\":{\"friction\":\"wait_delivery\"}";
	if (f->kind->read == read_duration && !json_get(f->question, S("target"))) return "of a duration needs a target: the share within it is followed";
	return NULL;
}

enum err effort__figure_read(struct op *op, str json, struct effort_figure *out)
{
	struct query q;
	*out = (struct effort_figure){0};
	if (json_tree(&op->arena, json, QUESTION_BYTES, &out->question, NULL) != OK || out->question->type != JSON_OBJECT) return fail(op, ERR_INVALID, "figure", "is no question: a JSON object such as {\"kind\":\"score\",\"metric\":\"nps\"}");
	str kind = json_get_str(out->question, S("kind"));
	for (size_t i = 0; i < COUNT_OF(KINDS); i++)
		if (str_eq(kind, str_of(KINDS[i].kind))) out->kind = &KINDS[i];
	if (!out->kind) return fail(op, ERR_INVALID, "figure", "its kind must be score, journey, trend, retention, funnel or duration");
	const char *lack = what_lacks(out);
	if (lack) return fail(op, ERR_INVALID, "figure", "%s", lack);
	struct fault f = {0};
	enum err e = query_read(&op->arena, setting_zone(op->app), json, &q, &f);
	if (e == OK) return OK;
	return f.n_fields ? fail(op, ERR_INVALID, "figure", "%s: %s", f.fields[0].name, f.fields[0].text) : fail(op, ERR_INVALID, "figure", "is no question that can be asked");
}

/* ---- asking ---- */

static void put_day(struct op *op, struct json_writer *w, const char *key, int64_t day)
{
	json_key(w, str_of(key));
	json_put_str(w, date_show(&op->arena, day));
}

static str composed(struct op *op, const struct effort_figure *f, struct effort_asked asked)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	bool is_daily = f->kind->read == read_trend, has_interval = f->kind->read == read_retention;
	buf_init(&b, 2 * QUESTION_BYTES);
	json_begin_object(&w);
	for (const struct json_node *c = f->question->child; c; c = c->next) {
		if (str_eq(c->key, S("members")) || (str_eq(c->key, S("interval")) && !has_interval)) continue;
		json_key(&w, c->key);
		json_put_tree(&w, c);
	}
	if (is_daily) json_key(&w, S("interval")), json_put_str(&w, S("day"));
	put_day(op, &w, "from", asked.from);
	put_day(op, &w, "to", asked.to);
	if (asked.before_from != DESC_NULL_INT) {
		json_key(&w, S("compare"));
		json_begin_object(&w);
		put_day(op, &w, "from", asked.before_from);
		put_day(op, &w, "to", asked.before_to);
		json_end_object(&w);
	}
	json_end_object(&w);
	str out = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

enum err effort__figure_ask(struct op *op, const struct effort_figure *f, struct effort_asked asked, struct effort_compared *out)
{
	str text;
	const struct json_node *answer;
	static const struct effort_point NOTHING = {.value = NAN, .low = NAN, .high = NAN};
	*out = (struct effort_compared){NOTHING, NOTHING, {NAN, NAN, NAN, NAN}};
	TRY(question_answer(op, composed(op, f, asked), &text));
	TRY(json_tree(&op->arena, text, text.n + 1, &answer, &op->fault));
	f->kind->read(answer, f->question, &out->after);
	const struct json_node *before = json_get(answer, S("compare"));
	if (!before || before->type != JSON_OBJECT) return OK;
	f->kind->read(before, f->question, &out->before);
	out->difference = f->kind->differ(answer, out);
	return OK;
}

/* ---- words ---- */

const char *effort__figure_n_key(const struct effort_figure *f)
{
	return f->kind->n_key;
}

int64_t effort__figure_least(const struct effort_figure *f)
{
	return f->kind->least;
}

static str events_of(struct op *op, const struct json_node *v)
{
	str text = S("");
	if (!v) return S("–");
	if (v->type == JSON_STRING) return v->text;
	if (v->type == JSON_OBJECT) return events_of(op, json_get(v, S("event")));
	for (const struct json_node *e = v->child; e; e = e->next) text = str_fmt(&op->arena, "%.*s%s%.*s", STR_ARG(text), text.n ? ", " : "", STR_ARG(e->text));
	return text;
}

static str score_name(struct op *op, const struct json_node *question)
{
	struct voice_figure *v;
	size_t n;
	str asked = json_get_str(question, S("question"));
	struct msg m = msg_str("effort_figure_score", "question", asked.n ? asked : S("–"));
	str metric = str_fmt(&op->arena, "voice_%.*s", STR_ARG(json_get_str(question, S("metric"))));
	if (voice_figures(op, &v, &n) != OK) fault_clear(&op->fault), n = 0;
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].id, asked)) m = msg_str("effort_figure_score", "question", v[i].name);
	msg_add(&m, (struct msg_arg){.name = "metric", .type = MSG_KEY, .s = metric});
	return i18n_msg(&op->arena, &op->locale, &m);
}

static str friction_name(struct op *op, str key)
{
	const struct friction_found *v;
	size_t n;
	if (journey_frictions(op, &v, &n) != OK) fault_clear(&op->fault), n = 0;
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].key, key)) return journey_friction_name(op, &v[i]);
	return key;
}

str effort__figure_name(struct op *op, const struct effort_figure *f)
{
	const struct json_node *q = f->question, *steps = json_get(q, S("steps"));
	if (f->kind->read == read_score) return score_name(op, q);
	if (f->kind->read == read_journey) return friction_name(op, json_get_str(json_get(q, S("members")), S("friction")));
	str measure = json_get_str(q, S("measure"));
	struct msg m = msg_str(measure.n && !str_eq(measure, S("events")) ? "effort_figure_measure" : f->kind->name, "event", events_of(op, json_get(q, S("event"))));
	msg_add(&m, (struct msg_arg){.name = "measure", .type = MSG_STR, .s = measure});
	msg_add(&m, (struct msg_arg){.name = "start", .type = MSG_STR, .s = events_of(op, steps ? at(steps, 0) : json_get(q, S("start")))});
	msg_add(&m, (struct msg_arg){.name = "end", .type = MSG_STR, .s = events_of(op, steps ? at(steps, (int64_t)steps->n - 1) : json_get(q, S("end")))});
	return i18n_msg(&op->arena, &op->locale, &m);
}

str effort__shown(struct op *op, enum effort_unit unit, double value)
{
	if (isnan(value)) return S("–");
	return unit == UNIT_SHARE ? i18n_share(&op->arena, &op->locale, value) : i18n_real(&op->arena, &op->locale, value, unit == UNIT_MEAN ? 2 : 1);
}

str effort__shown_difference(struct op *op, enum effort_unit unit, double value)
{
	if (isnan(value)) return S("–");
	struct msg m = msg_str(unit == UNIT_SHARE ? "effort_points" : "effort_plain", "value", i18n_real(&op->arena, &op->locale, fabs(unit == UNIT_SHARE ? 100 * value : value), unit == UNIT_MEAN ? 2 : 1));
	msg_add(&m, (struct msg_arg){.name = "sign", .type = MSG_STR, .s = value < 0 ? S("−") : S("+")});
	return i18n_msg(&op->arena, &op->locale, &m);
}

/* ---- what may be chosen ---- */

static void offer(struct op *op, void *list, str question, str chosen, bool *is_there)
{
	struct effort_figure f;
	if (effort__figure_read(op, question, &f) != OK) {
		fault_clear(&op->fault);
		return;
	}
	*is_there |= str_eq(question, chosen);
	customer_option(op, list, question, effort__figure_name(op, &f), str_eq(question, chosen));
}

static str quoted(struct op *op, str text)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, QUESTION_BYTES);
	json_put_str(&w, text);
	str out = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

enum err effort__figure_options(struct op *op, str chosen, void *list)
{
	struct voice_figure *scores;
	const struct heard *heard;
	const struct friction_found *frictions;
	size_t n;
	bool is_there = !chosen.n;
	customer_option(op, list, S(""), i18n_pattern(op->locale.lang, S("effort_figure_none")), !chosen.n);
	TRY(voice_figures(op, &scores, &n));
	for (size_t i = 0; i < n; i++) offer(op, list, scores[i].question, chosen, &is_there);
	TRY(journey_frictions(op, &frictions, &n));
	for (size_t i = 0; i < n; i++) offer(op, list, str_fmt(&op->arena, "{\"kind\":\"journey\",\"members\":{\"friction\":\"%.*s\"}}", STR_ARG(frictions[i].key)), chosen, &is_there);
	TRY(heard_get(op, &heard));
	for (size_t i = 0; i < heard->n && i < EVENTS_OFFERED; i++) {
		str event = quoted(op, heard->v[i].event);
		if (str_eq(heard->v[i].event, S("Order Completed")))
			offer(op, list, str_fmt(&op->arena, "{\"kind\":\"retention\",\"start\":%.*s,\"return\":%.*s,\"interval\":\"month\",\"members\":{\"cell\":1}}", STR_ARG(event), STR_ARG(event)), chosen, &is_there);
		offer(op, list, str_fmt(&op->arena, "{\"kind\":\"trend\",\"event\":%.*s}", STR_ARG(event)), chosen, &is_there);
	}
	if (!is_there) offer(op, list, chosen, chosen, &is_there);
	return OK;
}
