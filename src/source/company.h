/* company.h: a retailer that never was. "Harbour & Hearth" sells things for kitchen and home in five shops, on a site, in an
 * app and by telephone, to customers of five languages; a year of their touchpoints (2025) comes out in Segment's form, the
 * same bytes on every machine. What is planted in it stands in docs/company.md and sample/company.json, for people and tests
 * to find again by asking. Nothing of it is real, and it is never mixed with what is. */
#ifndef SOURCE_COMPANY_H
#define SOURCE_COMPANY_H
#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "json/json.h"

#define COMPANY_NAME "Harbour & Hearth"
enum { COMPANY_CUSTOMERS = 3000, COMPANY_VISITORS = 600 };
/* Writes the year to fd, a line a touchpoint, in the order of time. ERR_IO, ERR_FULL. */
enum err company_write(int fd, struct fault *f) NODISCARD;

/* ---- between company*.c alone ----------------------------------------------------------------------------------------- */
#define COMPANY__DAY INT64_C(86400000)
#define COMPANY__HOUR INT64_C(3600000)
#define COMPANY__MINUTE INT64_C(60000)
#define COMPANY__T0 INT64_C(1735689600000) /* 2025-01-01T00:00Z */
#define COMPANY__END (COMPANY__T0 + 365 * COMPANY__DAY)

enum company__topic { SAYS_CARD, SAYS_KETTLE, SAYS_SLOW, SAYS_STRIKE, SAYS_REFUSED, SAYS_GOOD, SAYS_SO_SO, SAYS_TOPICS };
enum { COMPANY__NAMES = 20, COMPANY__TEXTS = 3, COMPANY__CITIES = 4 };
struct company__region {
	const char *language, *country, *shop;
	int share_pct;        /* of the customers */
	int offset_minutes;   /* of the clock, from UTC */
	bool is_family_first; /* how a name is written */
	const char *cities[COMPANY__CITIES]; /* the shop's first */
	const char *given[COMPANY__NAMES], *family[COMPANY__NAMES];
	const char *says[SAYS_TOPICS][COMPANY__TEXTS];
};
enum { COMPANY__REGIONS = 5 };
extern const struct company__region COMPANY__PLACES[COMPANY__REGIONS];

struct company__product {
	const char *id, *name, *category;
	int price_cents;
};
enum { COMPANY__PRODUCTS = 14, COMPANY__KETTLE = 0 };
extern const struct company__product COMPANY__GOODS[COMPANY__PRODUCTS];

struct company__person {
	uint32_t number, written; /* written: touchpoints so far, for their ids */
	const struct company__region *region;
	const char *city;
	str user_id, visitor_id, name, given, family;
	bool is_known;    /* has said who they are: touchpoints carry user_id, else visitor_id alone */
	bool has_app, wants_mail, tells_story, likes_shop;
	int hurt;         /* how much went wrong so far: fewer orders, lower scores */
	bool has_told;
	int orders;
};
struct company__line {
	int64_t at_ms;
	uint32_t n;
	str json;
};
struct company {
	struct arena *arena, *scratch; /* scratch: of the line at hand */
	struct buf room;
	struct json_writer w;
	uint64_t random; /* of the person at hand, so that none changes another's year */
	VEC(struct company__line) lines;
	int64_t at_ms;
	bool is_kept;    /* within the year */
};

/* What is planted, beside what chance does. Days are counted from the first of January. */
enum {
	COMPANY__LAUNCH_DAY = 69,       /* 11 March: the campaign for the kettle goes out */
	COMPANY__STRIKE_FROM_DAY = 285, /* 13 October */
	COMPANY__STRIKE_TO_DAY = 297,   /* 25 October */
	COMPANY__RETURN_DAYS = 30,      /* what the shops promise */
	COMPANY__MOOD_WEEKS = 3,        /* so long after a team's mood its customers notice it */
};

struct company__order {
	str id;
	int64_t at_ms, had_ms; /* had: when the customer had it in hand */
	bool in_shop, is_slow, is_struck, has_failed;
	const struct company__product *good;
	int quantity;
};
/* company_care.c: what follows an order: delivery, answers to surveys, complaints, returns, what is told. */
void company__after_order(struct company *c, struct company__person *p, struct company__order *o);

/* company_staff.c: those who serve, and what customers say of having been looked after. */
void company__staff(struct company *c);
void company__looked_after(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms);
void company__order(struct company *c, const struct company__order *o); /* its properties */

/* company_survey.c: surveys of their own, and what is answered to them. They draw their chances apart, so that asking more changes
 * nothing else of the year. */
enum company__survey { COMPANY__SURVEY_DELIVERY, COMPANY__SURVEY_RELATIONSHIP, COMPANY__SURVEYS };
struct company__question {
	const char *id, *type;
	int most; /* of its scale; 0: none */
	const char *words[COMPANY__REGIONS]; /* in the order of the places */
	const char *options[COMPANY__REGIONS]; /* of a choice: a line each */
};
enum { COMPANY__QUESTIONS = 6 };
struct company__asked {
	int64_t id; /* of the survey */
	const char *name;
	struct company__question questions[COMPANY__QUESTIONS]; /* those without an id are none */
};
extern const struct company__asked COMPANY__ASKED[COMPANY__SURVEYS];
str company__survey(struct company *c, enum company__survey survey); /* its id as answers name it */
struct company__response {
	int64_t at_ms;
	int score;
	enum company__topic says; /* SAYS_TOPICS: nothing */
	str text;
};
void company__answer(struct company *c, struct company__person *p, const struct company__order *o, const struct company__response *r);
/* In May and November some are asked about all of it, and whether they told anyone. */
void company__relationship(struct company *c, struct company__person *p, int from_day);

/* The same sequence everywhere: integers alone, no library of mathematics. */
void company__seed(struct company *c, uint64_t seed);
uint32_t company__below(struct company *c, uint32_t n); /* 0 … n - 1 */
bool company__chance(struct company *c, int per_mille);
int64_t company__between(struct company *c, int64_t from, int64_t to);
int company__about(struct company *c, int middle_tenths, int spread_tenths); /* bell-shaped, rounded to whole ones */

/* begin, then members of its properties through c->w, then end. What falls after the year is not seen. channel may be NULL. */
void company__begin(struct company *c, struct company__person *p, int64_t at_ms, const char *event, const char *channel);
/* The same of nobody: properties alone. */
void company__begin_nobody(struct company *c, str message_id, int64_t at_ms, const char *event);
void company__text(struct company *c, const char *key, str value);
void company__number(struct company *c, const char *key, int64_t value);
void company__money(struct company *c, const char *key, int64_t cents);
void company__end(struct company *c);
void company__simple(struct company *c, struct company__person *p, int64_t at_ms, const char *event, const char *channel);
void company__identify(struct company *c, struct company__person *p, int64_t at_ms);
str company__saying(struct company *c, const struct company__person *p, enum company__topic topic);
void company__says(struct company *c, const struct company__person *p, enum company__topic topic); /* property text, in their language */
/* Puts its efforts on the board. */
struct op;
enum err company_efforts(struct op *op) NODISCARD;
#endif
