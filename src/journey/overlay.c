/* A journey as it is meant: chosen by the address, measured by the engine as its stages say, and laid over what was (the period
 * before, or an older version) and what is wanted. */
#include <math.h>

#include "base/buf.h"
#include "base/datetime.h"
#include "i18n/i18n.h"
#include "journey/design.h"
#include "journey/journey.h"
#include "json/json.h"
#include "op/app.h"
#include "pulse/question.h"
#include "setting/setting.h"

enum { QUESTION_BYTES = 64 << 10, ANSWER_BYTES = 64 << 20, MEASURES = 3 };

static str words(struct journey_asking *k, const char *key)
{
	return i18n_format(&k->op->arena, &k->op->locale, str_of(key), NULL, 0);
}

/* ---- which one ---- */

static enum err offer_journeys(struct journey_asking *k)
{
	struct design_stored *all;
	size_t n;
	TRY(design_all(k->op, &all, &n));
	struct journey_choice *c = journey_select(k, "journey", "journey_which", "journey_as_filed", n);
	for (size_t i = 0; i < n; i++) journey_offer(c, id_show(&k->op->arena, S("jou"), all[i].id), all[i].name);
	return OK;
}

static str version_label(struct journey_asking *k, const struct design_version *v)
{
	struct msg m = msg_int("design_version", "n", v->number);
	msg_add(&m, (struct msg_arg){.name = "note", .type = MSG_STR, .s = str_given(v->note) ? v->note : S("")});
	return i18n_msg(&k->op->arena, &k->op->locale, &m);
}

/* "before", "v3" or nothing. */
static enum err ask_over(struct journey_asking *k, const struct design_stored *d, struct journey_design *out)
{
	struct design_version *v;
	size_t n;
	int64_t number;
	TRY(design_versions(k->op, d->id, &v, &n));
	struct journey_choice *c = journey_select(k, "over", "journey_over", "journey_over_none", n + 1);
	journey_offer(c, S("before"), words(k, "journey_over_before"));
	for (size_t i = 0; i < n; i++)
		if (v[i].number != d->version) journey_offer(c, str_fmt(&k->op->arena, "v%lld", (long long)v[i].number), version_label(k, &v[i]));
	out->is_before = str_eq(c->value, S("before"));
	if (str_starts(c->value, S("v")) && str_i64(str_sub(c->value, 1, c->value.n - 1), &number) && number != d->version) {
		struct design_stored *other = ARENA_NEW(&k->op->arena, struct design_stored);
		TRY(design_get(k->op, d->id, number, other));
		out->other = &other->design;
	}
	return OK;
}

enum err journey_design_ask(struct journey_asking *k, struct journey_design **out)
{
	id journey;
	str asked = journey_asked(k, "journey", S(""));
	*out = ARENA_NEW(&k->op->arena, struct journey_design);
	TRY(offer_journeys(k));
	k->page->designs = S("/journeys/designs");
	bool may = op_may(k->op, PERM_WRITE_FIGURES);
	if (!asked.n) {
		if (may) k->page->edit = S("/journeys/designs/new");
		return OK;
	}
	if (!id_read(S("jou"), asked, &journey)) return fail(k->op, ERR_NOT_FOUND, "journey", "there is no such journey");
	struct design_stored *d = ARENA_NEW(&k->op->arena, struct design_stored);
	TRY(design_get(k->op, journey, 0, d));
	(*out)->design = &d->design;
	k->page->is_designed = k->is_laid_over = true;
	if (d->design.segment) k->own_segment = id_show(&k->op->arena, S("seg"), d->design.segment);
	if (may) k->page->edit = str_fmt(&k->op->arena, "/journeys/designs/%.*s", STR_ARG(asked));
	return ask_over(k, d, *out);
}

/* ---- as a question ---- */

void journey_design_put(struct json_writer *w, const struct design *d)
{
	json_key(w, S("stages"));
	json_begin_array(w);
	for (size_t i = 0; i < d->stages.n; i++) {
		const struct design_stage *s = &d->stages.v[i];
		json_begin_object(w);
		journey_put(w, "name", design_stage_key(s));
		json_key(w, S("events"));
		json_begin_array(w);
		for (size_t e = 0; e < s->events.n; e++) json_put_str(w, s->events.v[e]);
		json_end_array(w);
		json_end_object(w);
	}
	json_end_array(w);
}

str journey_stage_name(struct journey_asking *k, const struct design *d, str key)
{
	for (size_t i = 0; d && i < d->stages.n; i++)
		if (str_eq(design_stage_key(&d->stages.v[i]), key)) return d->stages.v[i].name;
	str words_key = str_fmt(&k->op->arena, "stage_%.*s", STR_ARG(key));
	return i18n_has(k->op->locale.lang, words_key) ? i18n_format(&k->op->arena, &k->op->locale, words_key, NULL, 0) : key;
}

static enum err ask_again(struct journey_asking *k, const struct design *d, struct span span, bool is_all, const struct json_node **stages)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	const struct json_node *answer;
	str question, text;
	buf_init(&b, QUESTION_BYTES);
	json_begin_object(&w);
	journey_put(&w, "kind", S("journey"));
	journey_design_put(&w, d);
	journey_among_where(k, &w);
	if (!is_all) journey_span_put(k, &w, span);
	json_end_object(&w);
	question = str_dup(&k->op->arena, buf_str(&b));
	buf_release(&b);
	TRY(question_answer(k->op, question, &text));
	TRY(json_tree(&k->op->arena, text, ANSWER_BYTES, &answer, &k->op->fault));
	*stages = journey_at(answer, "stages");
	return OK;
}

/* ---- laid over each other ---- */

static const struct json_node *stage_named(const struct json_node *stages, str name)
{
	for (const struct json_node *s = stages ? stages->child : NULL; s; s = s->next)
		if (str_eq(json_get_str(s, S("name")), name)) return s;
	return NULL;
}

static double measured(const struct json_node *stage, int measure)
{
	if (!stage) return NAN;
	if (measure == 0) return journey_real(stage, "share");
	if (measure == 1) return journey_real(stage, "median_s");
	return journey_real(json_get(stage, S("score")), "mean");
}

static double wanted(const struct design_stage *s, int measure)
{
	if (measure == 0) return s->share_pct / 100;
	return measure == 1 ? s->days * 86400 : s->score;
}

static str shown(struct journey_asking *k, double value, int measure)
{
	if (isnan(value)) return S("–");
	if (measure == 0) return journey_share(k, value, 1);
	if (measure == 1) return i18n_duration(&k->op->arena, &k->op->locale, (int64_t)(value * 1000));
	return i18n_real(&k->op->arena, &k->op->locale, value, 1);
}

/* Half a step of what is shown is no difference. */
static bool is_reached(double is, double want, int measure)
{
	return measure == 1 ? is <= want : is >= want - 1e-9;
}

static str wanted_text(struct journey_asking *k, double is, double want, int measure)
{
	if (isnan(want)) return S("–");
	str text = shown(k, want, measure);
	if (isnan(is)) return text;
	struct msg m = msg_str(is_reached(is, want, measure) ? "design_reached" : "design_short", "wanted", text);
	return i18n_msg(&k->op->arena, &k->op->locale, &m);
}

static const char *const LABELS[MEASURES] = {"journey_map_share", "journey_map_time", "journey_map_score"};

static bool is_wanted(const struct design *d, int measure)
{
	for (size_t i = 0; i < d->stages.n; i++)
		if (!isnan(wanted(&d->stages.v[i], measure))) return true;
	return false;
}

struct overlay {
	const struct design *design;
	const struct json_node *now, *other;
	bool has_other, is_alone; /* is_alone: there is nothing before to lay over it */
	struct msg now_name, other_name;
};

static void put_measure(struct journey_asking *k, const struct overlay *o, int measure)
{
	str name = str_fmt(&k->op->arena, "overlay_%d", measure);
	struct journey_table *t = journey_table(k, "overlay", o->design->stages.n);
	t->id = name;
	t->title = words(k, LABELS[measure]);
	if (o->is_alone) t->caption = words(k, "compared_nothing");
	journey_head(k, t, "stage", false);
	journey_head_text(t, i18n_msg(&k->op->arena, &k->op->locale, &o->now_name));
	if (o->has_other) journey_head_text(t, i18n_msg(&k->op->arena, &k->op->locale, &o->other_name));
	bool has_wanted = is_wanted(o->design, measure);
	if (has_wanted) journey_head(k, t, "journey_over_wanted", true);
	for (size_t i = 0; i < o->design->stages.n; i++) {
		const struct design_stage *s = &o->design->stages.v[i];
		double is = measured(stage_named(o->now, design_stage_key(s)), measure);
		journey_row(k, t, s->name);
		journey_cell(k, t, shown(k, is, measure));
		if (o->has_other) journey_cell(k, t, shown(k, measured(stage_named(o->other, design_stage_key(s)), measure), measure));
		if (has_wanted) journey_cell(k, t, wanted_text(k, is, wanted(s, measure), measure));
	}
}

enum err journey_design_overlay(struct journey_asking *k, const struct journey_design *d, const struct json_node *stages)
{
	if (!d->design) return OK;
	struct overlay o = {.design = d->design, .now = stages, .now_name = msg_of("journey_over_now")};
	if (d->other) {
		TRY(ask_again(k, d->other, k->period.shown, k->period.is_all, &o.other));
		o.has_other = true;
		o.other_name = msg_of("journey_over_other");
	} else if (d->is_before && !k->period.is_compared) {
		o.is_alone = true;
	} else if (d->is_before) {
		/* Of all data there is nothing before: its last months are compared, as everywhere. */
		if (k->period.is_all) TRY(ask_again(k, d->design, k->period.now, false, &o.now));
		TRY(ask_again(k, d->design, k->period.before, false, &o.other));
		o.has_other = true;
		o.now_name = journey_span_name(k, k->period.now);
		o.other_name = journey_span_name(k, k->period.before);
	}
	for (int measure = 0; measure < MEASURES; measure++)
		if (o.has_other || is_wanted(d->design, measure) || (o.is_alone && !measure)) put_measure(k, &o, measure);
	return OK;
}
