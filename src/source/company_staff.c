/* Those who serve at the made-up company: a team a shop, asked each week and anonymously; and what customers say of having been looked
 * after. A sixth planted truth lies here: customers notice the mood of a team three weeks later. The numbers of chance are its own, so that
 * nothing else of the year depends on them. */
#include "source/company.h"

#include "base/datetime.h"

enum { WEEKS = 53, PEOPLE = 26, SEED_MOODS = 7100000, SEED_CARE = 7200000, FIRST_MONDAY_DAY = -2 /* 30 December 2024 */ };
static const char *const TEAMS[COMPANY__REGIONS] = {"Team Harbour", "Team Lantern", "Team River", "Team Olive", "Team Garden"};
static const char *const OBSTACLES[] = {"Too few people", "Tools and systems", "Rules and approvals", "Missing information", "Work between teams", "Nothing"};

static int team_of(const struct company__region *r)
{
	return (int)(r - COMPANY__PLACES);
}

/* In tenths of a point of NPS' scale. A mood lasts: half of it is that of the week before. */
static int mood(struct company *c, int team, int week)
{
	uint64_t kept = c->random;
	int now = 0;
	for (int t = 0; t <= week; t++) {
		company__seed(c, SEED_MOODS + (uint64_t)team * 100 + (uint64_t)t);
		now = now / 2 + company__about(c, 0, 100);
	}
	c->random = kept;
	return now;
}

static int within(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

static void put_question(struct company *c, const char *question, const char *words, const char *type)
{
	company__text(c, "question_id", str_of(question));
	company__text(c, "question", str_of(words));
	company__text(c, "type", str_of(type));
}

static void put_scale(struct company *c, int least, int most, int number)
{
	company__number(c, "scale_min", least);
	company__number(c, "scale_max", most);
	company__number(c, "number", number);
}

/* ---- those who serve ---- */

static void begin_answer(struct company *c, int team, int week, int who, const char *question, int64_t at_ms)
{
	company__begin_nobody(c, str_fmt(c->scratch, "staff-%d-%d-%d-%s", team, week, who, question), at_ms, "Survey Answered");
	json_key(&c->w, S("is_anonymous"));
	json_put_bool(&c->w, true);
	company__text(c, "survey_name", S("Our teams"));
	company__text(c, "submission_id", str_fmt(c->scratch, "staff-%d-%d-%d", team, week, who));
	company__text(c, "team", str_of(TEAMS[team]));
	company__text(c, "place", str_of(COMPANY__PLACES[team].cities[0]));
	company__text(c, "staff", S("employee"));
}

static void answer(struct company *c, int team, int week, int who)
{
	int feels = mood(c, team, week);
	int64_t at_ms = COMPANY__T0 + (FIRST_MONDAY_DAY + 7 * week) * COMPANY__DAY + company__between(c, 8 * COMPANY__HOUR, 110 * COMPANY__HOUR);
	begin_answer(c, team, week, who, "enps", at_ms);
	put_question(c, "enps", "How likely are you to recommend us as a place to work?", "nps");
	put_scale(c, 0, 10, within(company__about(c, 78 + feels, 16), 0, 10));
	company__end(c);
	begin_answer(c, team, week, who, "morale", at_ms + 8000);
	put_question(c, "morale", "How is your morale at work just now?", "rating");
	put_scale(c, 1, 5, within(company__about(c, 36 + feels / 2, 8), 1, 5));
	company__end(c);
	if (week % 4) return;
	begin_answer(c, team, week, who, "obstacles", at_ms + 16000);
	put_question(c, "obstacles", "What keeps you from serving customers well?", "choice");
	company__text(c, "choice", str_of(OBSTACLES[company__chance(c, 350) ? 1 : feels < -5 && company__chance(c, 600) ? 0 : company__below(c, COUNT_OF(OBSTACLES))]));
	company__end(c);
}

void company__staff(struct company *c)
{
	for (int team = 0; team < COMPANY__REGIONS; team++)
		for (int week = 0; week < WEEKS; week++) {
			company__seed(c, SEED_CARE + (uint64_t)team * 100 + (uint64_t)week);
			for (int who = 0; who < PEOPLE; who++)
				if (company__chance(c, 700)) answer(c, team, week, who);
		}
}

/* ---- customers ---- */

void company__looked_after(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms)
{
	uint64_t kept = c->random;
	int week = (int)((at_ms - COMPANY__T0) / COMPANY__DAY - FIRST_MONDAY_DAY) / 7;
	int felt = week < COMPANY__MOOD_WEEKS || week >= WEEKS + COMPANY__MOOD_WEEKS ? 0 : mood(c, team_of(p->region), week - COMPANY__MOOD_WEEKS);
	company__seed(c, SEED_CARE + (uint64_t)p->number * 1000 + (uint64_t)p->orders);
	if (company__chance(c, 700)) {
		company__begin(c, p, at_ms, "Survey Answered", "email");
		put_question(c, "looked_after", "How well were you looked after?", "csat");
		put_scale(c, 1, 5, within(company__about(c, 39 + felt * 2 / 3, 9), 1, 5));
		company__text(c, "team", str_of(TEAMS[team_of(p->region)]));
		company__text(c, "order_id", o->id);
		company__end(c);
	}
	c->random = kept;
}
