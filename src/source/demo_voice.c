/* What the made-up company keeps beside its touchpoints: the surveys that were answered, follow-ups in every state, what was mended, what
 * it does so that people talk of it, what is said of it in public, and what was found out without counting. Each comes in by its domain's own door. */
#include "source/demo_voice.h"

#include <math.h>

#include "collect/touchpoint.h"
#include "followup/followup.h"
#include "improvement/improvement.h"
#include "listen/listen.h"
#include "listen/mention.h"
#include "research/research.h"
#include "source/company.h"
#include "survey/survey.h"
#include "trigger/trigger.h"

enum { MENTIONS = 420, SEED = 2025 };

/* ---- surveys ---- */

static void add_question(struct op *op, const struct company__question *q, struct survey_definition *d)
{
	struct survey_question *out = &d->questions.v[d->questions.n++];
	*out = (struct survey_question){.id = str_of(q->id), .points = DESC_NULL_INT, .is_required = d->questions.n == 1};
	while (!str_eq(str_of(SURVEY_TYPES[out->type]), str_of(q->type))) out->type++;
	out->texts.v = ARENA_ARRAY(&op->arena, struct survey_text, COMPANY__REGIONS);
	for (size_t i = 0; i < COMPANY__REGIONS; i++) out->texts.v[out->texts.n++] = (struct survey_text){str_of(COMPANY__PLACES[i].language), str_of(q->words[i]), q->options[i] ? str_of(q->options[i]) : STR_NONE, STR_NONE};
}

static enum err put_survey(struct op *op, const struct company__asked *asked)
{
	struct survey s = {.id = (id)asked->id, .name = str_of(asked->name), .definition = {.opens_on = DESC_NULL_INT, .closes_on = DESC_NULL_INT, .most = DESC_NULL_INT}};
	s.definition.questions.v = ARENA_ARRAY(&op->arena, struct survey_question, COMPANY__QUESTIONS);
	for (size_t i = 0; i < COMPANY__QUESTIONS && asked->questions[i].id; i++) add_question(op, &asked->questions[i], &s.definition);
	TRY(survey_add(op, &s));
	return survey_set_state(op, s.id, SURVEY_OPEN);
}

/* ---- what was mended, and what people talk of ---- */

static const struct story {
	const char *title;
	int state, made_day, mended_day;
	struct {
		const char *said, *did;
	} words[COMPANY__REGIONS];
	enum company__topic topics[2]; /* what those say who raised it */
} STORIES[] = {
	{"Kettle Aria 2: the lid and the switch", IMPROVEMENT_MENDED, 78, 118, {
		{"The new kettle stopped working after a week.", "The lid and the switch are made anew since May, and every broken kettle was replaced."},
		{"新買的水壺用一個星期就壞了。", "自五月起，壺蓋與開關已重新設計，故障的水壺也全數更換。"},
		{"กาต้มน้ำรุ่นใหม่เสียภายในหนึ่งสัปดาห์", "ตั้งแต่เดือนพฤษภาคม ฝากับสวิตช์ผลิตแบบใหม่แล้ว และเราเปลี่ยนกาที่เสียให้ทุกใบ"},
		{"Ο νέος βραστήρας χάλασε μέσα σε μία εβδομάδα.", "Από τον Μάιο το καπάκι και ο διακόπτης κατασκευάζονται αλλιώς, και αντικαταστήσαμε κάθε χαλασμένο βραστήρα."},
		{"کتری تازه پس از یک هفته از کار افتاد.", "از ماه مه، در و کلید آن از نو ساخته می‌شود و همه کتری‌های خراب را عوض کردیم."}}, {SAYS_KETTLE, SAYS_KETTLE}},
	{"Parcels by Northpost take a week", IMPROVEMENT_WORKING, 300, 0, {{NULL, NULL}}, {SAYS_SLOW, SAYS_STRIKE}},
	{"Yongkang sends returns away that all shops promise to take", IMPROVEMENT_FOUND, 340, 0, {{NULL, NULL}}, {SAYS_REFUSED, SAYS_REFUSED}},
};

static enum err put_story(struct op *op, const struct story *s, id *out)
{
	struct improvement_text texts[COMPANY__REGIONS];
	struct improvement_past p = {.title = str_of(s->title), .state = s->state, .made_at = COMPANY__T0 + s->made_day * COMPANY__DAY, .mended_at = s->mended_day ? COMPANY__T0 + s->mended_day * COMPANY__DAY : DESC_NULL_INT, .texts = texts};
	for (size_t i = 0; i < COMPANY__REGIONS; i++)
		if (s->words[i].said) texts[p.n++] = (struct improvement_text){str_of(COMPANY__PLACES[i].language), str_of(s->words[i].said), str_of(s->words[i].did)};
	return improvement_add(op, &p, out);
}

static enum err put_trigger(struct op *op)
{
	struct talk_trigger t = {.promise = S("A card by hand in every box"), .kind = S("generosity"), .cost = S("€0.40 a box"), .given_by = S("Order Shipped"),
		.words = S("handwritten card\n手寫卡片\nการ์ดเขียนด้วยลายมือ\nχειρόγραφη κάρτα\nکارت دست‌نویس"), .remarkable = S("Nobody else writes by hand."),
		.repeatable = S("Packing writes them in quiet hours, for every box."), .reasonable = S("It costs less than the ribbon it replaced."), .relevant = S("We sell things for the home, made by people.")};
	return trigger_add(op, &t);
}

/* ---- follow-ups ---- */

static bool says(str quote, enum company__topic topic)
{
	for (size_t i = 0; i < COMPANY__REGIONS; i++)
		for (size_t k = 0; k < COMPANY__TEXTS; k++)
			if (str_eq(quote, str_of(COMPANY__PLACES[i].says[topic][k]))) return true;
	return false;
}

static id cause_of(str quote, const id *improvements)
{
	for (size_t i = 0; i < COUNT_OF(STORIES); i++)
		if (says(quote, STORIES[i].topics[0]) || says(quote, STORIES[i].topics[1])) return improvements[i];
	return 0;
}

/* Of every twelve: seven closed, one of them late; one begun; four wait, one for too long. Counted back from when the company is loaded. */
static struct followup_course course_of(const struct op *op, size_t i, id improvement)
{
	enum { ROUND = 12, CLOSED = 7, LATE = 6, BEGUN = 7, WAITS_LONG = 8 };
	size_t turn = i % ROUND;
	bool is_closed = turn < CLOSED, is_late = turn == LATE;
	int64_t age_hours = is_closed ? 72 + 22 * (int64_t)i % 500 : turn == WAITS_LONG ? 60 : 3 + 5 * (int64_t)i % 40, took_hours = is_late ? 61 : 5 + 3 * (int64_t)turn;
	struct followup_course c = {.made_ms = op->now_ms - age_hours * COMPANY__HOUR, .improvement = improvement, .is_begun = turn <= BEGUN};
	c.due_ms = c.made_ms + 48 * COMPANY__HOUR;
	c.outcome = turn % 3 == 2 ? "explained" : turn == 5 ? "not_reached" : "solved";
	if (is_closed) c.closed_ms = c.made_ms + took_hours * COMPANY__HOUR;
	if (is_closed && turn % 2 == 0) c.told_ms = c.closed_ms;
	return c;
}

static enum err put_followups(struct op *op, const id *improvements)
{
	static const char *const rules[] = {"unhappy", "complaint"};
	struct followup_made *made;
	size_t n;
	for (size_t i = 0; i < COUNT_OF(rules); i++) TRY(followup_rule_begin(op, str_of(rules[i])));
	TRY(followup_all(op, &made, &n));
	for (size_t i = 0; i < n; i++) {
		struct followup_course c = course_of(op, i, cause_of(made[i].quote, improvements));
		TRY(followup_went(op, made[i].id, &c));
	}
	return OK;
}

/* ---- what is said in public ---- */

/* The strike is what Greeks speak of in October; the card goes about more towards the end of the year. */
static enum company__topic topic_on(struct company *c, const struct company__region *r, int day)
{
	bool is_struck = str_eq(str_of(r->language), S("el")) && day >= COMPANY__STRIKE_FROM_DAY && day < COMPANY__STRIKE_TO_DAY + 10;
	if (is_struck) return SAYS_STRIKE;
	if (company__chance(c, day > 330 ? 420 : 200)) return SAYS_CARD;
	if (day > COMPANY__LAUNCH_DAY + 6 && day < COMPANY__LAUNCH_DAY + 30 && company__chance(c, 500)) return SAYS_KETTLE;
	uint32_t k = company__below(c, 10);
	return k < 4 ? SAYS_GOOD : k < 6 ? SAYS_SO_SO : k < 9 ? SAYS_SLOW : SAYS_REFUSED;
}

static void hear(struct company *c, struct arena *a, int i, struct heard *h)
{
	const struct company__region *r = &COMPANY__PLACES[company__below(c, COMPANY__REGIONS)];
	int day = 364 - (int)(company__below(c, 365) * (uint64_t)company__below(c, 365) / 365); /* more of late */
	enum company__topic topic = topic_on(c, r, day);
	bool is_review = company__chance(c, 550);
	struct company__person p = {.region = r};
	*h = (struct heard){.key = str_fmt(a, "made-up-%d", i), .network = is_review ? S("review") : S("mastodon"), .url = str_fmt(a, "https://public.example.com/%d", i), .title = S(""), .author_url = S(""),
		.text = company__saying(c, &p, topic), .author = str_of(r->given[company__below(c, COMPANY__NAMES)]), .language = str_of(r->language),
		.at_ms = COMPANY__T0 + day * COMPANY__DAY + company__between(c, 7 * COMPANY__HOUR, 22 * COMPANY__HOUR), .rating = NAN, .rating_max = NAN};
	if (!is_review) return;
	h->rating_max = 5;
	h->rating = topic == SAYS_CARD ? 5 : topic == SAYS_GOOD ? 4 + (int)company__below(c, 2) : topic == SAYS_SO_SO ? 3 : 1 + (int)company__below(c, 2);
}

static enum err put_mentions(struct op *op)
{
	struct company c = {.arena = &op->arena, .scratch = &op->arena};
	struct heard_list heard = {0};
	int64_t added;
	id source;
	company__seed(&c, SEED);
	TRY(listen_hook_add(op, S("Reviews and Mastodon"), &source));
	for (int i = 0; i < MENTIONS; i++) {
		struct heard *h = heard_add(&op->arena, &heard);
		if (h) hear(&c, &op->arena, i, h);
	}
	return mention_keep(op, source, &heard, &added);
}

/* ---- what was found out without counting ---- */

static const struct {
	const char *kind, *title, *text, *source, *topic;
	enum stage stage;
	int day;
} FOUND_OUT[] = {
	{"interview", "Eight customers on waiting for a parcel", "All eight looked at the tracking page several times a day. What they minded was not the week but not knowing: six of them called because the page had shown the same line for three days.", "Service team, interviews by telephone", "delivery", STAGE_DELIVERY, 196},
	{"observation", "台北永康門市退貨櫃台的兩個下午", "店員手上的規定是去年的版本，要求顧客出示原包裝；沒有人知道三十天的承諾適用於所有門市。", "營運部現場觀察", "returns", STAGE_SERVICE, 251},
	{"visit", "Δύο απογεύματα σε κουζίνες της Αθήνας", "Τέσσερις στους έξι φυλάνε την κάρτα με το χέρι στο ψυγείο ή στο συρτάρι. Κανείς δεν κρατά τις οδηγίες χρήσης· τις ψάχνουν στο κινητό.", "Επισκέψεις σε σπίτια πελατών", "product", STAGE_USE, 303},
	{"market", "What households mean to spend on their kitchens", "Of 1,200 households asked, one in five means to buy a kettle or a pan within the year; most look at three shops before they choose, and delivery within two days weighs as much as a tenth of the price.", "A made-up institute, survey of households", "price", STAGE_CONSIDERATION, 34},
	{"competitor", "What three other shops promise on delivery", "One promises two days and pays the carriage back when it takes longer; two name no day at all. None of the three writes a card.", "Looked up on their sites", "delivery", STAGE_PURCHASE, 224},
	{"interview", "พนักงานแพ็กของพูดถึงการ์ดเขียนด้วยลายมือ", "ช่วงที่งานไม่เร่ง พวกเขาเขียนการ์ดเก็บไว้ล่วงหน้า และอยากรู้ว่าลูกค้าได้อ่านหรือไม่ เพราะไม่เคยมีใครบอก", "ฝ่ายบุคคล สัมภาษณ์", "staff", STAGE_ADVOCACY, 330},
};

static enum err put_research(struct op *op)
{
	for (size_t i = 0; i < COUNT_OF(FOUND_OUT); i++) {
		struct research r = {.stage = (int)FOUND_OUT[i].stage, .title = str_of(FOUND_OUT[i].title), .text = str_of(FOUND_OUT[i].text), .source = str_of(FOUND_OUT[i].source), .topic = str_of(FOUND_OUT[i].topic), .persona = STR_NONE,
			.day = COMPANY__T0 + FOUND_OUT[i].day * COMPANY__DAY, .made_by = S(COMPANY_NAME)};
		while (!str_eq(str_of(RESEARCH_KINDS[r.kind]), str_of(FOUND_OUT[i].kind))) r.kind++;
		TRY(research_add(op, &r));
	}
	return OK;
}

/* ---- all of it ---- */

enum err demo_voice_before(struct op *op)
{
	for (size_t i = 0; i < COMPANY__SURVEYS; i++) TRY(put_survey(op, &COMPANY__ASKED[i]));
	return OK;
}

enum err demo_voice_after(struct op *op)
{
	id improvements[COUNT_OF(STORIES)];
	for (size_t i = 0; i < COMPANY__SURVEYS; i++) TRY(survey_count_answers(op, (id)COMPANY__ASKED[i].id));
	TRY(put_research(op));
	for (size_t i = 0; i < COUNT_OF(STORIES); i++) TRY(put_story(op, &STORIES[i], &improvements[i]));
	TRY(put_trigger(op));
	TRY(put_followups(op, improvements));
	return put_mentions(op);
}
