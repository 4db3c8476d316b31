/* What follows an order of the made-up company. Here lie four of the five planted truths: the carrier that takes a week, the
 * strike that nobody at the company caused, the kettle that fails a week after it came, the shop that sends away every other
 * customer who brings something back in time; and the story that a third of the customers tell. */
#include "source/company.h"

static int64_t hours(struct company *c, int from, int to)
{
	return company__between(c, from * COMPANY__HOUR, to * COMPANY__HOUR);
}

static bool is_at_home(const struct company__person *p)
{
	return p->city == p->region->cities[0];
}

/* ---- service ---- */

void company__order(struct company *c, const struct company__order *o)
{
	company__text(c, "order_id", o->id);
	company__text(c, "product_id", str_of(o->good->id));
}

/* → when it ended */
static int64_t call(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms, const char *reason, enum company__topic topic)
{
	int64_t waits_ms = company__between(c, COMPANY__MINUTE / 3, 7 * COMPANY__MINUTE);
	company__begin(c, p, at_ms, "Call Started", "phone");
	company__order(c, o);
	company__text(c, "reason", str_of(reason));
	company__end(c);
	if (company__chance(c, 90)) {
		company__simple(c, p, at_ms + waits_ms, "Call Abandoned", "phone");
		return at_ms + waits_ms;
	}
	company__simple(c, p, at_ms + waits_ms, "Call Answered", "phone");
	at_ms += waits_ms + company__between(c, 2 * COMPANY__MINUTE, 15 * COMPANY__MINUTE);
	company__begin(c, p, at_ms, "Call Ended", "phone");
	company__text(c, "reason", str_of(reason));
	company__says(c, p, topic);
	company__end(c);
	return at_ms;
}

/* → when it was resolved */
static int64_t complain(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms, const char *about, enum company__topic topic)
{
	static const char *const channels[] = {"email", "chat", "web", "app"};
	const char *channel = channels[company__below(c, p->has_app ? 4 : 3)];
	company__begin(c, p, at_ms, "Complaint Made", channel);
	company__order(c, o);
	company__text(c, "topic", str_of(about));
	company__says(c, p, topic);
	company__end(c);
	at_ms += hours(c, 2, 40);
	company__simple(c, p, at_ms, "Complaint Answered", channel);
	at_ms += hours(c, 4, 90);
	company__simple(c, p, at_ms, "Complaint Resolved", channel);
	return at_ms;
}

/* ---- scores and stories ---- */

static void ask_score(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms, int less_tenths)
{
	company__begin(c, p, at_ms, "Survey Sent", "email");
	company__text(c, "survey", S("nps"));
	company__text(c, "survey_id", company__survey(c, COMPANY__SURVEY_DELIVERY));
	company__order(c, o);
	company__end(c);
	if (!company__chance(c, 420)) return;
	int score = company__about(c, 86 - less_tenths - 8 * p->hurt, 14);
	if (score > 10) score = 10;
	if (score < 0) score = 0;
	struct company__response r = {.at_ms = at_ms + hours(c, 1, 60), .score = score, .says = SAYS_TOPICS};
	if (score <= 6 && o->is_struck) r.says = SAYS_STRIKE;
	else if (score <= 6 && o->is_slow) r.says = SAYS_SLOW;
	else if (score >= 9) r.says = SAYS_GOOD;
	else if (company__chance(c, 400)) r.says = SAYS_SO_SO;
	if (r.says < SAYS_TOPICS) r.text = company__saying(c, p, r.says);
	company__answer(c, p, o, &r);
}

/* Everyone who tells it tells it once, wherever they like. */
static void tell(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms)
{
	static const char *const events[] = {"Mention Posted", "Review Posted", "Survey Answered"};
	uint32_t way = company__below(c, 3);
	company__begin(c, p, at_ms, events[way], way == 0 ? "social" : way == 1 ? "review" : "email");
	if (way == 1) company__number(c, "rating", 5);
	if (way == 2) company__text(c, "survey", S("word_of_mouth"));
	company__order(c, o);
	company__says(c, p, SAYS_CARD);
	company__end(c);
	p->has_told = true;
}

static void praise(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms)
{
	bool is_review = company__chance(c, 600);
	company__begin(c, p, at_ms, is_review ? "Review Posted" : "Mention Posted", is_review ? "review" : "social");
	if (is_review) company__number(c, "rating", p->hurt ? 3 : 4 + company__below(c, 2));
	company__order(c, o);
	company__says(c, p, p->hurt ? SAYS_SO_SO : SAYS_GOOD);
	company__end(c);
}

/* ---- returns ---- */

static void refund(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms, const char *channel)
{
	company__begin(c, p, at_ms, "Order Refunded", channel);
	company__text(c, "order_id", str_fmt(c->arena, "%.*s-R", STR_ARG(o->id)));
	company__text(c, "refund_of", o->id);
	company__text(c, "currency", S("EUR"));
	json_key(&c->w, S("products"));
	json_begin_array(&c->w);
	json_begin_object(&c->w);
	company__text(c, "product_id", str_of(o->good->id));
	company__text(c, "name", str_of(o->good->name));
	company__number(c, "quantity", o->quantity);
	company__money(c, "price", o->good->price_cents);
	json_end_object(&c->w);
	json_end_array(&c->w);
	company__end(c);
}

/* The promise is the same in every shop. One does not keep it. */
static bool is_refused(struct company *c, const struct company__person *p)
{
	return company__chance(c, str_eq(str_of(p->region->language), S("zh-Hant")) ? 550 : 20);
}

static void bring_back(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms, const char *reason)
{
	bool in_shop = is_at_home(p) && (o->in_shop || company__chance(c, 650));
	const char *channel = in_shop ? "store" : "web";
	company__begin(c, p, at_ms, "Return Requested", channel);
	company__order(c, o);
	company__text(c, "reason", str_of(reason));
	company__number(c, "days", (at_ms - o->had_ms) / COMPANY__DAY);
	if (in_shop) company__text(c, "location", str_of(p->region->shop));
	company__end(c);
	if (in_shop && is_refused(c, p)) {
		company__begin(c, p, at_ms + 6 * COMPANY__MINUTE, "Return Refused", channel);
		company__order(c, o);
		company__text(c, "location", str_of(p->region->shop));
		company__end(c);
		p->hurt += 2;
		if (company__chance(c, 600)) complain(c, p, o, at_ms + hours(c, 1, 30), "return refused", SAYS_REFUSED);
		return;
	}
	if (in_shop) {
		company__simple(c, p, at_ms + 4 * COMPANY__MINUTE, "Product Returned", channel);
		refund(c, p, o, at_ms + 5 * COMPANY__MINUTE, channel);
		return;
	}
	at_ms += hours(c, 10, 70);
	company__simple(c, p, at_ms, "Return Shipped", channel);
	at_ms += hours(c, 40, 120);
	company__simple(c, p, at_ms, "Return Received", channel);
	refund(c, p, o, at_ms + hours(c, 4, 60), channel);
}

/* ---- what nobody has to do ---- */

/* Now and then somebody is moved to do more than the company promises. Drawn apart, so that the rest of the year stays as it was. */
static void maybe_gesture(struct company *c, struct company__person *p, int64_t at_ms)
{
	enum { GESTURES_PER_MILLE = 60 };
	static const char *const gifts[] = {"flowers", "a letter by hand", "a voucher", "a call from the shop"};
	uint64_t kept = c->random;
	company__seed(c, kept ^ UINT64_C(0x6e57));
	if (company__chance(c, GESTURES_PER_MILLE)) {
		company__begin(c, p, at_ms + hours(c, 20, 90), "Gesture Made", "letter");
		company__text(c, "gesture", str_of(gifts[company__below(c, COUNT_OF(gifts))]));
		company__end(c);
	}
	c->random = kept;
}

/* ---- delivery ---- */

static const struct {
	const char *name;
	int share_per_mille, tenths, spread; /* tenths: of a day on the way */
} CARRIERS[] = {{"Swiftline", 400, 18, 6}, {"Parcelway", 300, 24, 7}, {"Northpost", 300, 72, 13}};

static size_t choose_carrier(struct company *c)
{
	int left = (int)company__below(c, 1000);
	size_t i = 0;
	while (i + 1 < COUNT_OF(CARRIERS) && left >= CARRIERS[i].share_per_mille) left -= CARRIERS[i++].share_per_mille;
	return i;
}

static void carried(struct company *c, struct company__person *p, const struct company__order *o, int64_t at_ms, const char *event, const char *carrier)
{
	company__begin(c, p, at_ms, event, NULL);
	company__text(c, "order_id", o->id);
	company__text(c, "carrier", str_of(carrier));
	company__end(c);
}

/* Whatever would have come during the strike waits for its end; so does all that is sent meanwhile. */
static bool is_struck(const struct company__person *p, int64_t sent_ms, int64_t due_ms)
{
	const int64_t from_ms = COMPANY__T0 + COMPANY__STRIKE_FROM_DAY * COMPANY__DAY, to_ms = COMPANY__T0 + COMPANY__STRIKE_TO_DAY * COMPANY__DAY;
	return str_eq(str_of(p->region->language), S("el")) && due_ms >= from_ms && sent_ms < to_ms;
}

static void look_for_parcel(struct company *c, struct company__person *p, const struct company__order *o, int64_t sent_ms)
{
	int64_t days = (o->had_ms - sent_ms) / COMPANY__DAY;
	for (int64_t day = 1; day <= days && day < 12; day++)
		if (company__chance(c, day < 3 ? 250 : 450)) company__simple(c, p, sent_ms + day * COMPANY__DAY + hours(c, 0, 12), "Tracking Viewed", p->has_app ? "app" : "web");
}

static void deliver(struct company *c, struct company__person *p, struct company__order *o)
{
	size_t carrier = choose_carrier(c);
	const char *name = CARRIERS[carrier].name;
	int64_t sent_ms = o->at_ms + hours(c, 7, 32);
	int64_t tenths = company__about(c, CARRIERS[carrier].tenths * 10, CARRIERS[carrier].spread * 10);
	o->had_ms = sent_ms + (tenths < 8 ? 8 : tenths) * COMPANY__DAY / 10 + hours(c, 0, 5);
	o->is_struck = is_struck(p, sent_ms, o->had_ms);
	if (o->is_struck) o->had_ms = COMPANY__T0 + COMPANY__STRIKE_TO_DAY * COMPANY__DAY + hours(c, 20, 110);
	o->is_slow = o->had_ms - sent_ms > 5 * COMPANY__DAY;
	carried(c, p, o, sent_ms, "Order Shipped", name);
	if (o->is_struck) {
		int64_t from_ms = COMPANY__T0 + COMPANY__STRIKE_FROM_DAY * COMPANY__DAY;
		carried(c, p, o, (sent_ms > from_ms ? sent_ms : from_ms) + hours(c, 20, 44), "Delivery Delayed", name);
	}
	look_for_parcel(c, p, o, sent_ms);
	if (o->is_slow && company__chance(c, o->is_struck ? 450 : 260)) {
		int64_t then_ms = company__between(c, sent_ms + 5 * COMPANY__DAY, o->had_ms);
		call(c, p, o, then_ms, "where is my order", o->is_struck ? SAYS_STRIKE : SAYS_SLOW);
		if (company__chance(c, 300)) complain(c, p, o, then_ms + hours(c, 2, 20), "delivery", o->is_struck ? SAYS_STRIKE : SAYS_SLOW);
	}
	carried(c, p, o, o->had_ms - hours(c, 2, 6), "Order Out for Delivery", name);
	carried(c, p, o, o->had_ms, "Order Delivered", name);
	if (o->is_slow) p->hurt++;
	if (o->is_struck) maybe_gesture(c, p, o->had_ms);
}

/* ---- all of it ---- */

static void kettle_fails(struct company *c, struct company__person *p, struct company__order *o)
{
	int64_t at_ms = o->had_ms + company__about(c, 70 * 24, 14 * 24) * COMPANY__HOUR;
	o->has_failed = true;
	p->hurt++;
	if (company__chance(c, 350)) at_ms = call(c, p, o, at_ms, "product failed", SAYS_KETTLE) + hours(c, 1, 20);
	int64_t resolved_ms = complain(c, p, o, at_ms, "product failed", SAYS_KETTLE);
	maybe_gesture(c, p, resolved_ms);
	if (company__chance(c, 720)) bring_back(c, p, o, at_ms + hours(c, 20, 90), "failed");
	ask_score(c, p, o, resolved_ms + hours(c, 10, 40), 25);
}

void company__after_order(struct company *c, struct company__person *p, struct company__order *o)
{
	o->had_ms = o->at_ms;
	if (!o->in_shop) deliver(c, p, o);
	company__looked_after(c, p, o, o->had_ms + 36 * COMPANY__HOUR);
	if (company__chance(c, 550)) ask_score(c, p, o, o->had_ms + hours(c, 12, 50), o->is_slow ? 22 : 0);
	if (p->tells_story && !p->has_told) tell(c, p, o, o->had_ms + hours(c, 20, 200));
	else if (company__chance(c, 40)) praise(c, p, o, o->had_ms + hours(c, 20, 300));
	if (o->good == &COMPANY__GOODS[COMPANY__KETTLE] && company__chance(c, 450)) {
		kettle_fails(c, p, o);
	} else if (company__chance(c, 80)) {
		bring_back(c, p, o, o->had_ms + company__between(c, 2, COMPANY__RETURN_DAYS - 3) * COMPANY__DAY, company__chance(c, 500) ? "changed my mind" : "not as described");
	} else if (company__chance(c, 22)) {
		complain(c, p, o, o->had_ms + hours(c, 10, 240), "product", SAYS_SO_SO);
	}
}
