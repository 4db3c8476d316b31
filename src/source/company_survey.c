/* The made-up company's surveys: what they ask in five languages, and what is answered. A late parcel shows in what is said of the
 * delivery, a kettle that fails in what is said of the goods, a refusal in what is said of the service; the score follows them. */
#include "base/id.h"
#include "source/company.h"

#define DELIVERY_ID INT64_C(0x0194d1a0c0000001) /* of January 2025, so that ids stand in the order of time */
#define RELATIONSHIP_ID INT64_C(0x0194d1a0c0000002)
enum { MAY_DAY = 132, NOVEMBER_DAY = 315, ANSWERS_OPTIONAL = 850 };

const struct company__asked COMPANY__ASKED[COMPANY__SURVEYS] = {
	[COMPANY__SURVEY_DELIVERY] = {DELIVERY_ID, "After a delivery", {
		{"nps", "nps", 10, {"How likely are you to recommend Harbour & Hearth to family or friends?", "您有多大可能將 Harbour & Hearth 推薦給親朋好友？", "คุณมีแนวโน้มจะแนะนำ Harbour & Hearth ให้ครอบครัวหรือเพื่อนมากน้อยเพียงใด", "Πόσο πιθανό είναι να μας συστήσετε σε συγγενείς ή φίλους;", "چقدر احتمال دارد Harbour & Hearth را به خانواده یا دوستان خود توصیه کنید؟"}},
		{"delivery", "csat", 5, {"How satisfied are you with the delivery?", "您對配送的滿意程度如何？", "คุณพึงพอใจกับการจัดส่งมากน้อยเพียงใด", "Πόσο σας ικανοποίησε η παράδοση;", "از تحویل کالا چقدر راضی هستید؟"}},
		{"quality", "csat", 5, {"How satisfied are you with the quality?", "您對商品品質的滿意程度如何？", "คุณพึงพอใจกับคุณภาพสินค้ามากน้อยเพียงใด", "Πόσο σας ικανοποίησε η ποιότητα;", "از کیفیت کالا چقدر راضی هستید؟"}},
		{"packing", "csat", 5, {"How satisfied are you with the packing?", "您對包裝的滿意程度如何？", "คุณพึงพอใจกับการบรรจุหีบห่อมากน้อยเพียงใด", "Πόσο σας ικανοποίησε η συσκευασία;", "از بسته‌بندی چقدر راضی هستید؟"}},
		{"service", "csat", 5, {"How satisfied are you with our service?", "您對我們的服務的滿意程度如何？", "คุณพึงพอใจกับการบริการของเรามากน้อยเพียงใด", "Πόσο σας ικανοποίησε η εξυπηρέτησή μας;", "از خدمات ما چقدر راضی هستید؟"}},
		{"why", "text", 0, {"What is the main reason?", "主要原因是什麼？", "เหตุผลหลักคืออะไร", "Ποιος είναι ο κύριος λόγος;", "دلیل اصلی چیست؟"}},
	}},
	[COMPANY__SURVEY_RELATIONSHIP] = {RELATIONSHIP_ID, "Twice a year", {
		{"nps_year", "nps", 10, {"All in all, how likely are you to recommend us?", "整體而言，您有多大可能推薦我們？", "โดยรวมแล้ว คุณมีแนวโน้มจะแนะนำเรามากน้อยเพียงใด", "Συνολικά, πόσο πιθανό είναι να μας συστήσετε;", "روی‌هم‌رفته چقدر احتمال دارد ما را توصیه کنید؟"}},
		{"ces_year", "ces", 7, {"Harbour & Hearth makes it easy for me.", "Harbour & Hearth 讓我辦事很輕鬆。", "Harbour & Hearth ทำให้ทุกอย่างเป็นเรื่องง่ายสำหรับฉัน", "Η Harbour & Hearth μού κάνει τα πράγματα εύκολα.", "Harbour & Hearth کار را برایم آسان می‌کند."}},
		{"told", "boolean", 0, {"In the last 30 days, have you told anyone about us?", "過去 30 天內，您是否曾向他人談起我們？", "ใน 30 วันที่ผ่านมา คุณได้เล่าเรื่องของเราให้ใครฟังบ้างหรือไม่", "Τις τελευταίες 30 ημέρες, μιλήσατε σε κάποιον για εμάς;", "در ۳۰ روز گذشته، آیا درباره ما با کسی صحبت کرده‌اید؟"}},
		{"origin", "choice", 0, {"How did you first hear of us?", "您最初是如何得知我們的？", "คุณรู้จักเราครั้งแรกจากที่ไหน", "Πώς μας μάθατε για πρώτη φορά;", "نخستین بار چگونه با ما آشنا شدید؟"},
			{"Someone told me\nAn advert\nA search\nPassed by\nAnother way", "有人告訴我\n廣告\n搜尋\n路過\n其他", "มีคนบอก\nโฆษณา\nการค้นหา\nผ่านมาเห็น\nทางอื่น", "Κάποιος μου το είπε\nΔιαφήμιση\nΑναζήτηση\nΠερνούσα από εκεί\nΑλλιώς", "کسی به من گفت\nآگهی\nجست‌وجو\nاز آنجا رد می‌شدم\nاز راه دیگر"}},
	}},
};

str company__survey(struct company *c, enum company__survey survey)
{
	return id_show(c->scratch, S("sur"), (id)COMPANY__ASKED[survey].id);
}

struct answering {
	struct company *c;
	struct company__person *p;
	const struct company__order *o; /* NULL: of none */
	const struct company__asked *s;
	str submission;
	int64_t at_ms;
};

/* q NULL: all of it is answered. */
static void begin(const struct answering *a, const struct company__question *q)
{
	struct company *c = a->c;
	company__begin(c, a->p, a->at_ms, q ? "Survey Answered" : "Survey Completed", "email");
	company__text(c, "submission_id", a->submission);
	company__text(c, "survey_id", id_show(c->scratch, S("sur"), (id)a->s->id));
	company__text(c, "survey_name", str_of(a->s->name));
	company__text(c, "question_version", S("1"));
	company__text(c, "language", str_of(a->p->region->language));
	if (a->o) company__order(c, a->o);
	if (!q) return;
	company__text(c, "question_id", str_of(q->id));
	company__text(c, "question", str_of(q->words[0]));
	company__text(c, "type", str_of(q->type));
}

static void put_score(const struct answering *a, const struct company__question *q, int score)
{
	int least = q->most == 10 ? 0 : 1;
	score = score < least ? least : score > q->most ? q->most : score;
	begin(a, q);
	company__number(a->c, "number", score);
	company__number(a->c, "scale_min", least);
	company__number(a->c, "scale_max", q->most);
	/* What senders of before surveys of our own name it by. */
	if (least == 0) company__text(a->c, "survey", S("nps"));
	if (least == 0) company__number(a->c, "score", score);
	company__end(a->c);
}

/* Tenths of a point above or below what most answer. */
static int tenths_of(const struct answering *a, const char *about)
{
	const struct company__order *o = a->o;
	str what = str_of(about);
	int hurt = a->p->hurt < 4 ? a->p->hurt : 4;
	if (str_eq(what, S("delivery"))) return o->in_shop ? 46 : o->is_struck ? 17 : o->is_slow ? 21 : 45;
	if (str_eq(what, S("quality"))) return o->has_failed ? 15 : 43;
	if (str_eq(what, S("packing"))) return a->p->tells_story ? 49 : 44;
	return 44 - 6 * hurt;
}

/* The year's own chances stay as they were. */
static uint64_t apart(struct company *c, uint64_t by)
{
	uint64_t kept = c->random;
	company__seed(c, kept ^ by);
	return kept;
}

void company__answer(struct company *c, struct company__person *p, const struct company__order *o, const struct company__response *r)
{
	const struct company__asked *s = &COMPANY__ASKED[COMPANY__SURVEY_DELIVERY];
	uint64_t kept = apart(c, UINT64_C(0xd311));
	struct answering a = {.c = c, .p = p, .o = o, .s = s, .at_ms = r->at_ms, .submission = str_fmt(c->arena, "%.*s-%s", STR_ARG(o->id), o->has_failed ? "again" : "delivery")};
	put_score(&a, &s->questions[0], r->score);
	for (size_t i = 1; i < COMPANY__QUESTIONS; i++) {
		const struct company__question *q = &s->questions[i];
		if (!q->most || !company__chance(c, ANSWERS_OPTIONAL)) continue;
		put_score(&a, q, company__about(c, tenths_of(&a, q->id) + (r->score - 8) * 2, 7));
	}
	if (str_given(r->text)) {
		begin(&a, &s->questions[COMPANY__QUESTIONS - 1]);
		company__text(c, "text", r->text);
		company__end(c);
	}
	begin(&a, NULL);
	company__end(c);
	c->random = kept;
}

/* The same whenever somebody is asked. */
static str origin_of(struct company *c, const struct company__person *p)
{
	uint64_t kept = c->random;
	company__seed(c, p->number ^ UINT64_C(0x0716));
	str options = str_of(COMPANY__ASKED[COMPANY__SURVEY_RELATIONSHIP].questions[3].options[0]), origin = STR_NONE;
	for (uint32_t left = company__chance(c, 380) ? 0 : 1 + company__below(c, 4);; left--) {
		origin = str_cut(&options, '\n');
		if (!left) break;
	}
	c->random = kept;
	return origin;
}

static void ask_relationship(struct company *c, struct company__person *p, int day)
{
	const struct company__asked *s = &COMPANY__ASKED[COMPANY__SURVEY_RELATIONSHIP];
	int64_t at_ms = COMPANY__T0 + day * COMPANY__DAY + company__between(c, 0, 8 * COMPANY__DAY);
	struct answering a = {.c = c, .p = p, .s = s, .at_ms = at_ms, .submission = str_fmt(c->arena, "%.*s-%d", STR_ARG(p->user_id), day)};
	if (!company__chance(c, 160)) return;
	put_score(&a, &s->questions[0], company__about(c, 86 - 9 * p->hurt, 14));
	put_score(&a, &s->questions[1], company__about(c, 60 - 8 * p->hurt, 9));
	begin(&a, &s->questions[2]);
	json_key(&c->w, S("boolean"));
	json_put_bool(&c->w, company__chance(c, p->has_told ? 620 : 180));
	company__end(c);
	begin(&a, &s->questions[3]);
	company__text(c, "choice", origin_of(c, p));
	company__end(c);
	begin(&a, NULL);
	company__end(c);
}

void company__relationship(struct company *c, struct company__person *p, int from_day)
{
	uint64_t kept = apart(c, UINT64_C(0x7e1a));
	if (from_day < MAY_DAY) ask_relationship(c, p, MAY_DAY);
	if (from_day < NOVEMBER_DAY) ask_relationship(c, p, NOVEMBER_DAY);
	c->random = kept;
}
