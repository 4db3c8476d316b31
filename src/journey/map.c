/* map: the journey as it is, stage by stage: who, by what, how long, how they feel, what it costs them, and where it hurts.
 * It stands there from the stages under which touchpoints are filed; what is not heard is a gap with the way to fill it. */
#include <math.h>

#include "i18n/i18n.h"
#include "journey/design.h"
#include "journey/frictions.h"
#include "journey/journey.h"
#include "json/json.h"

enum { TOUCHPOINTS_NAMED = 3, FRICTIONS_SHOWN = 20, GROUPS_SHOWN = 4 };

static str words(struct journey_asking *k, const char *key)
{
	return i18n_format(&k->op->arena, &k->op->locale, str_of(key), NULL, 0);
}

static enum err ask(struct journey_asking *k, struct json_writer *w)
{
	str currency;
	struct journey_design *d;
	TRY(journey_design_ask(k, &d));
	k->own = d;
	if (d->design) journey_design_put(w, d->design);
	TRY(journey_currency(k, NULL, &currency));
	if (currency.n) journey_put(w, "currency", currency);
	journey_put_by(k, w, GROUPS_SHOWN);
	return OK;
}

static str stage_name(struct journey_asking *k, str key)
{
	const struct journey_design *d = k->own;
	return journey_stage_name(k, d->design, key);
}

static bool is_heard(const struct json_node *stage)
{
	return json_is_true(stage, S("heard"));
}

/* ---- the map: a column a stage ---- */

static str touchpoints(struct journey_asking *k, const struct json_node *stage)
{
	const struct json_node *list = json_get(stage, S("touchpoints"));
	str text = S("");
	size_t n = 0;
	for (const struct json_node *t = list ? list->child : NULL; t && n < TOUCHPOINTS_NAMED; t = t->next, n++)
		text = str_fmt(&k->op->arena, "%.*s%s%.*s", STR_ARG(text), n ? " · " : "", STR_ARG(json_get_str(t, S("event"))));
	return n && list->n > n ? str_fmt(&k->op->arena, "%.*s · …", STR_ARG(text)) : text;
}

static str customers(struct journey_asking *k, const struct json_node *stage)
{
	return journey_count(k, stage, "customers");
}

static str share(struct journey_asking *k, const struct json_node *stage)
{
	return journey_share(k, journey_real(stage, "share"), 1);
}

static str time_in(struct journey_asking *k, const struct json_node *stage)
{
	return journey_seconds(k, stage, "median_s");
}

static str score(struct journey_asking *k, const struct json_node *stage)
{
	const struct json_node *s = json_get(stage, S("score"));
	double mean = journey_real(s, "mean");
	return isnan(mean) ? words(k, "journey_not_known") : i18n_real(&k->op->arena, &k->op->locale, mean, 1);
}

static str contacts(struct journey_asking *k, const struct json_node *stage)
{
	return journey_count(k, stage, "contacts");
}

static str lost(struct journey_asking *k, const struct json_node *stage)
{
	return journey_count(k, stage, "lost");
}

static const struct map_row {
	const char *label;
	str (*text)(struct journey_asking *k, const struct json_node *stage);
	const char *drawn; /* number whose share of the widest is drawn; NULL: none */
	const char *way;   /* who is behind it (query/behind.h); NULL: nobody in particular */
	const char *number; /* 0 of it: nobody */
} ROWS[] = {
	{"journey_map_customers", customers, "customers", "in", "customers"}, {"journey_map_share", share, NULL, NULL, NULL}, {"journey_map_touchpoints", touchpoints, NULL, NULL, NULL},
	{"journey_map_time", time_in, NULL, NULL, NULL}, {"journey_map_score", score, NULL, "scores", "score"}, {"journey_map_contacts", contacts, NULL, "contacts", "contacts"},
	{"journey_map_lost", lost, "lost", "lost", "lost"},
};

static double widest(const struct json_node *stages, const char *key)
{
	double most = 0;
	for (const struct json_node *s = stages->child; s; s = s->next) most = fmax(most, journey_real(s, key));
	return most;
}

static bool has_any(const struct json_node *stage, const struct map_row *row)
{
	const struct json_node *v = row->number ? journey_at(stage, row->number) : NULL;
	return v && (v->type == JSON_OBJECT ? journey_real(v, "n") > 0 : journey_real(stage, row->number) > 0);
}

static void put_map_row(struct journey_asking *k, struct journey_table *t, const struct json_node *stages, const struct map_row *row)
{
	double most = row->drawn ? widest(stages, row->drawn) : 0;
	journey_row(k, t, words(k, row->label));
	for (const struct json_node *s = stages->child; s; s = s->next) {
		struct journey_cell *c = journey_cell(k, t, is_heard(s) ? row->text(k, s) : S("–"));
		if (is_heard(s) && most > 0) journey_bar(k, c, journey_real(s, row->drawn) / most);
		if (has_any(s, row)) c->address = journey_behind(k, {"stage", json_get(s, S("name"))}, {"way", journey_word(k, str_of(row->way))});
	}
}

static str hurts(struct journey_asking *k, const struct json_node *frictions, str stage)
{
	int64_t n = 0;
	for (const struct json_node *f = frictions ? frictions->child : NULL; f; f = f->next) n += str_eq(json_get_str(f, S("stage")), stage) && journey_real(f, "customers") > 0;
	return n ? i18n_int(&k->op->arena, &k->op->locale, n) : S("–");
}

/* Where it hurts; and of a stage from which nothing is heard, the way to be told of it. */
static void put_marks(struct journey_asking *k, struct journey_table *t, const struct json_node *stages, const struct json_node *frictions)
{
	journey_row(k, t, words(k, "journey_map_frictions"));
	for (const struct json_node *s = stages->child; s; s = s->next) {
		str name = json_get_str(s, S("name"));
		struct journey_cell *c = journey_cell(k, t, hurts(k, frictions, name));
		if (is_heard(s)) continue;
		c->text = words(k, "journey_map_gap");
		c->address = str_fmt(&k->op->arena, "/sources/connect?stage=%.*s", STR_ARG(web_url(k->op, name)));
	}
}

/* What the stages are for and what is promised in them. */
static void put_meant(struct journey_asking *k, struct journey_table *t, const struct design *d, const char *label, size_t offset)
{
	bool is_said = false;
	for (size_t i = 0; i < d->stages.n; i++) is_said |= str_given(*(const str *)((const char *)&d->stages.v[i] + offset));
	if (!is_said) return;
	journey_row(k, t, words(k, label));
	for (size_t i = 0; i < d->stages.n; i++) {
		str text = *(const str *)((const char *)&d->stages.v[i] + offset);
		journey_cell(k, t, str_given(text) ? text : S("–"));
	}
}

static void put_map(struct journey_asking *k, const struct json_node *stages, const struct json_node *frictions)
{
	enum { MEANT = 3 };
	const struct design *d = ((const struct journey_design *)k->own)->design;
	struct journey_table *t = journey_table(k, "map", COUNT_OF(ROWS) + 1 + MEANT);
	t->is_map = true;
	if (d && str_given(d->persona)) t->caption = str_given(d->about) ? str_fmt(&k->op->arena, "%.*s: %.*s", STR_ARG(d->persona), STR_ARG(d->about)) : d->persona;
	journey_head(k, t, "stage", false);
	for (const struct json_node *s = stages->child; s; s = s->next) journey_head_text(t, stage_name(k, json_get_str(s, S("name"))))->is_number = false;
	if (d) {
		put_meant(k, t, d, "journey_map_need", offsetof(struct design_stage, need));
		put_meant(k, t, d, "journey_map_motive", offsetof(struct design_stage, motive));
		put_meant(k, t, d, "journey_map_promise", offsetof(struct design_stage, promise));
	}
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) put_map_row(k, t, stages, &ROWS[i]);
	put_marks(k, t, stages, frictions);
}

/* ---- frictions ---- */

static str friction_text(struct journey_asking *k, const struct json_node *f)
{
	struct friction_found x = journey_friction_read(f);
	return journey_friction_name(k->op, &x);
}

static str at_stake(struct journey_asking *k, const struct json_node *f)
{
	double money = journey_real(f, "money");
	if (isnan(money)) return words(k, "journey_not_told");
	if (isnan(journey_real(f, "low"))) return journey_count(k, f, "money");
	struct msg m = msg_str("journey_stake_range", "money", i18n_int(&k->op->arena, &k->op->locale, (int64_t)money));
	msg_add(&m, (struct msg_arg){.name = "low", .type = MSG_INT, .i = (int64_t)journey_real(f, "low")});
	msg_add(&m, (struct msg_arg){.name = "high", .type = MSG_INT, .i = (int64_t)journey_real(f, "high")});
	return i18n_msg(&k->op->arena, &k->op->locale, &m);
}

/* In which currency, and what is therefore not in it. */
static str stake_note(struct journey_asking *k, const struct json_node *answer)
{
	double others = journey_real(json_get(answer, S("assumptions")), "other_currencies");
	str note = words(k, "journey_stake_note");
	if (!(others > 0)) return note;
	struct msg m = msg_int("journey_stake_others", "n", (int64_t)others);
	return str_fmt(&k->op->arena, "%.*s %.*s", STR_ARG(note), STR_ARG(i18n_msg(&k->op->arena, &k->op->locale, &m)));
}

static str stake_head(struct journey_asking *k, const struct json_node *answer)
{
	str currency = json_get_str(answer, S("currency"));
	struct msg m = msg_str("journey_stake_in", "currency", currency);
	return currency.n ? i18n_msg(&k->op->arena, &k->op->locale, &m) : words(k, "journey_stake");
}

static void put_frictions(struct journey_asking *k, const struct json_node *answer, const struct json_node *frictions)
{
	struct journey_table *t = journey_table(k, "frictions", FRICTIONS_SHOWN);
	t->caption = stake_note(k, answer);
	journey_head(k, t, "journey_friction", false);
	journey_head(k, t, "stage", false);
	journey_head(k, t, "journey_customers", true);
	journey_head(k, t, "journey_of_exposed", true);
	(void)journey_head_text(t, stake_head(k, answer));
	for (const struct json_node *f = frictions ? frictions->child : NULL; f && t->rows.n < FRICTIONS_SHOWN; f = f->next) {
		if (!(journey_real(f, "customers") > 0)) continue;
		journey_row(k, t, friction_text(k, f));
		journey_cell(k, t, stage_name(k, json_get_str(f, S("stage"))));
		journey_cell(k, t, journey_count(k, f, "customers"))->address = journey_behind(k, {"friction", json_get(f, S("name"))});
		journey_bar(k, journey_cell(k, t, journey_share(k, journey_real(f, "share"), 1)), journey_real(f, "share"));
		journey_cell(k, t, at_stake(k, f));
	}
	if (t->rows.n == 0) k->page->tables.n--;
}

static void tell_finding(struct journey_asking *k, const struct json_node *answer, const struct json_node *frictions)
{
	const struct json_node *gaps = journey_at(answer, "gaps"), *worst = frictions ? frictions->child : NULL;
	if (worst && journey_real(worst, "customers") > 0) {
		k->page->finding = msg_str("journey_finding_friction", "friction", friction_text(k, worst));
		msg_add(&k->page->finding, (struct msg_arg){.name = "customers", .type = MSG_INT, .i = (int64_t)journey_real(worst, "customers")});
		msg_add(&k->page->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = journey_real(worst, "share")});
		return;
	}
	k->page->finding = msg_int(gaps && gaps->n ? "journey_finding_gaps" : "journey_finding_smooth", "gaps", gaps ? (int64_t)gaps->n : 0);
}

static void show(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *stages = journey_at(answer, "stages"), *frictions = journey_at(answer, "frictions");
	if (!stages || !stages->child) return;
	put_map(k, stages, frictions);
	put_frictions(k, answer, frictions);
	tell_finding(k, answer, frictions);
}

static enum err more(struct journey_asking *k, const struct json_node *answer)
{
	const struct json_node *stages = journey_at(answer, "stages");
	return stages && stages->child ? journey_design_overlay(k, k->own, stages) : OK;
}

const struct journey_kind JOURNEY_MAP = {"map", ask, show, "journey", more};
