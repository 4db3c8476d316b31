/* A customer's year is made from a seed of their own: visits, orders, letters, and after each order what company_care.c
 * says. Then all lines are put in the order of time, as they would have arrived. */
#include "source/company.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { LINE_BYTES = 16 << 10, FLUSH_BYTES = 256 << 10, MONTHS = 12, LAST_FIRST_DAY = 315, LAST_DAY = 350, SEED = 20250101 };

/* Between eight and ten o'clock at night, where they live. */
static int64_t moment(struct company *c, const struct company__person *p, int day)
{
	return COMPANY__T0 + day * COMPANY__DAY + company__between(c, 8 * COMPANY__HOUR, 22 * COMPANY__HOUR) - p->region->offset_minutes * COMPANY__MINUTE;
}

static int64_t a_while(struct company *c)
{
	return company__between(c, 8000, 140000);
}

static const struct company__product *any_good(struct company *c)
{
	return &COMPANY__GOODS[1 + company__below(c, COMPANY__PRODUCTS - 1)];
}

/* ---- who ---- */

static const struct company__region *any_region(struct company *c)
{
	int left = (int)company__below(c, 100);
	size_t i = 0;
	while (i + 1 < COMPANY__REGIONS && left >= COMPANY__PLACES[i].share_pct) left -= COMPANY__PLACES[i++].share_pct;
	return &COMPANY__PLACES[i];
}

static void make_person(struct company *c, struct company__person *p, uint32_t number, bool is_customer)
{
	*p = (struct company__person){.number = number, .region = any_region(c)};
	const struct company__region *r = p->region;
	p->city = r->cities[company__chance(c, 560) ? 0 : 1 + company__below(c, COMPANY__CITIES - 1)];
	p->visitor_id = str_fmt(c->arena, "v-%05u", number);
	if (!is_customer) return;
	p->user_id = str_fmt(c->arena, "hh-%05u", number);
	p->given = str_of(r->given[company__below(c, COMPANY__NAMES)]);
	p->family = str_of(r->family[company__below(c, COMPANY__NAMES)]);
	p->name = r->is_family_first ? str_fmt(c->arena, "%.*s%.*s", STR_ARG(p->family), STR_ARG(p->given)) : str_fmt(c->arena, "%.*s %.*s", STR_ARG(p->given), STR_ARG(p->family));
	p->has_app = company__chance(c, 350);
	p->wants_mail = company__chance(c, 620);
	p->tells_story = number % 3 == 0;
	p->likes_shop = p->city == r->cities[0] && company__chance(c, 650);
}

/* ---- visits and orders ---- */

static void put_good(struct company *c, const struct company__product *good)
{
	company__text(c, "product_id", str_of(good->id));
	company__text(c, "name", str_of(good->name));
	company__text(c, "category", str_of(good->category));
	company__money(c, "price", good->price_cents);
}

/* → when they stopped looking; the last they looked at is good. */
static int64_t look_around(struct company *c, struct company__person *p, int64_t at_ms, const char *channel, const struct company__product *good)
{
	if (strcmp(channel, "app") == 0) company__simple(c, p, at_ms, "Application Opened", channel);
	else company__simple(c, p, at_ms, "Product List Viewed", channel);
	uint32_t others = company__below(c, 2);
	for (uint32_t i = 0; i <= others; i++) {
		if (company__chance(c, 300)) company__simple(c, p, at_ms += a_while(c), "Products Searched", channel);
		company__begin(c, p, at_ms += a_while(c), "Product Viewed", channel);
		put_good(c, i == others ? good : any_good(c));
		company__end(c);
	}
	return at_ms;
}

static void browse(struct company *c, struct company__person *p, int day)
{
	const char *channel = p->has_app && p->is_known && company__chance(c, 600) ? "app" : "web";
	const struct company__product *good = any_good(c);
	int64_t at_ms = look_around(c, p, moment(c, p, day), channel, good);
	if (!company__chance(c, 180)) return;
	company__begin(c, p, at_ms += a_while(c), "Product Added", channel);
	put_good(c, good);
	company__end(c);
	if (company__chance(c, 400)) company__simple(c, p, at_ms + a_while(c), "Checkout Started", channel);
}

static void put_products(struct company *c, const struct company__order *o, const struct company__product *beside)
{
	json_key(&c->w, S("products"));
	json_begin_array(&c->w);
	for (int i = 0; i < (beside ? 2 : 1); i++) {
		json_begin_object(&c->w);
		put_good(c, i ? beside : o->good);
		company__number(c, "quantity", i ? 1 : o->quantity);
		json_end_object(&c->w);
	}
	json_end_array(&c->w);
}

static void say_who(struct company *c, struct company__person *p, int64_t at_ms)
{
	if (p->is_known) return;
	p->is_known = true;
	company__identify(c, p, at_ms);
}

static void complete(struct company *c, struct company__person *p, struct company__order *o, const char *channel, const char *campaign)
{
	const struct company__product *beside = company__chance(c, 350) ? any_good(c) : NULL;
	if (beside == o->good) beside = NULL;
	say_who(c, p, o->at_ms - 20000);
	p->orders++;
	o->id = str_fmt(c->arena, "%u-%d", 100000 + p->number, p->orders);
	o->quantity = company__chance(c, 850) ? 1 : 2;
	company__begin(c, p, o->at_ms, "Order Completed", channel);
	company__text(c, "order_id", o->id);
	company__text(c, "currency", S("EUR"));
	if (campaign) company__text(c, "campaign", str_of(campaign));
	if (o->in_shop) company__text(c, "location", str_of(p->region->shop));
	put_products(c, o, beside);
	company__end(c);
	company__after_order(c, p, o);
}

static int64_t check_out(struct company *c, struct company__person *p, int64_t at_ms, const char *channel, const struct company__product *good)
{
	company__begin(c, p, at_ms += a_while(c), "Product Added", channel);
	put_good(c, good);
	company__end(c);
	company__simple(c, p, at_ms += a_while(c), "Checkout Started", channel);
	while (company__chance(c, 45)) company__simple(c, p, at_ms += a_while(c), "Payment Failed", channel);
	return at_ms + a_while(c);
}

static void buy(struct company *c, struct company__person *p, int day, const struct company__product *good, const char *campaign)
{
	struct company__order o = {.good = good, .at_ms = moment(c, p, day)};
	const char *channel = p->likes_shop && company__chance(c, 600) ? "store" : company__chance(c, 60) ? "phone" : p->has_app && company__chance(c, 600) ? "app" : "web";
	if (!str_given(p->visitor_id)) say_who(c, p, o.at_ms - 20000);
	if (strcmp(channel, "store") == 0) {
		o.in_shop = true;
		company__begin(c, p, o.at_ms, "Store Visited", channel);
		company__text(c, "location", str_of(p->region->shop));
		company__end(c);
		if (company__chance(c, 400)) company__simple(c, p, o.at_ms += 5 * COMPANY__MINUTE, "Staff Consulted", channel);
		o.at_ms += 10 * COMPANY__MINUTE;
	} else if (strcmp(channel, "phone") == 0) {
		company__simple(c, p, o.at_ms, "Call Started", channel);
		company__simple(c, p, o.at_ms += COMPANY__MINUTE, "Call Answered", channel);
		o.at_ms += 4 * COMPANY__MINUTE;
	} else {
		o.at_ms = check_out(c, p, look_around(c, p, o.at_ms, channel, good), channel, good);
	}
	complete(c, p, &o, channel, campaign);
	if (strcmp(channel, "phone") == 0) company__simple(c, p, o.at_ms + 2 * COMPANY__MINUTE, "Call Ended", channel);
}

/* ---- letters ---- */

/* → whether they went to the site from it */
static bool send_mail(struct company *c, struct company__person *p, int day, const char *campaign)
{
	static const char *const steps[] = {"Email Sent", "Email Opened", "Email Link Clicked"};
	int64_t at_ms = COMPANY__T0 + day * COMPANY__DAY + 9 * COMPANY__HOUR - p->region->offset_minutes * COMPANY__MINUTE;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		if (i && !company__chance(c, i == 1 ? 380 : 240)) return false;
		company__begin(c, p, at_ms, steps[i], "email");
		company__text(c, "campaign", str_of(campaign));
		company__end(c);
		at_ms += i ? company__between(c, 4000, 60000) : company__between(c, COMPANY__MINUTE, 30 * COMPANY__HOUR);
	}
	return true;
}

static void newsletters(struct company *c, struct company__person *p, int from, int to)
{
	static const int days[MONTHS] = {6, 34, 62, 90, 125, 153, 181, 216, 244, 272, 307, 335}; /* Tuesdays */
	for (int i = 0; i < MONTHS; i++)
		if (days[i] > from && days[i] <= to && p->wants_mail && send_mail(c, p, days[i], "newsletter")) browse(c, p, days[i] + 1);
}

/* The campaign works: three in ten of those who get the letter buy the kettle within a fortnight, and some who see the advert. */
static void kettle_campaign(struct company *c, struct company__person *p)
{
	int day = COMPANY__LAUNCH_DAY;
	if (p->wants_mail) send_mail(c, p, day, "spring-kettle");
	else company__simple(c, p, moment(c, p, day + (int)company__below(c, 14)), "Ad Seen", "ad");
	if (!company__chance(c, p->wants_mail ? 320 : 130)) return;
	buy(c, p, day + (int)company__below(c, 14), &COMPANY__GOODS[COMPANY__KETTLE], "spring-kettle");
}

/* ---- a year ---- */

static void live_between(struct company *c, struct company__person *p, int from, int to)
{
	newsletters(c, p, from, to);
	if (from < COMPANY__LAUNCH_DAY && to >= COMPANY__LAUNCH_DAY) kettle_campaign(c, p);
	if (to - from > 10 && company__chance(c, 500)) browse(c, p, from + 5 + (int)company__below(c, (uint32_t)(to - from - 9)));
}

static void customer(struct company *c, uint32_t number)
{
	struct company__person p;
	company__seed(c, SEED + number);
	make_person(c, &p, number, true);
	int day = company__chance(c, 380) ? (int)company__below(c, 55) : (int)company__below(c, LAST_FIRST_DAY);
	if (day > 12 && company__chance(c, 300)) browse(c, &p, day - 1 - (int)company__below(c, 10));
	else p.visitor_id = STR_NONE; /* says who they are at once */
	int first = day;
	buy(c, &p, day, any_good(c), NULL);
	for (;;) {
		int next = day + 30 + (int)company__below(c, 105) + 20 * p.hurt;
		bool goes_on = next < LAST_DAY && !company__chance(c, 200 + 180 * (p.hurt < 4 ? p.hurt : 4));
		live_between(c, &p, day, goes_on ? next : 364);
		if (!goes_on) break;
		day = next;
		buy(c, &p, day, any_good(c), NULL);
	}
	company__relationship(c, &p, first);
}

static void visitor(struct company *c, uint32_t number)
{
	struct company__person p;
	company__seed(c, SEED + number);
	make_person(c, &p, number, false);
	int day = (int)company__below(c, 360);
	browse(c, &p, day);
	if (company__chance(c, 300)) browse(c, &p, day + 1 + (int)company__below(c, 4));
}

static int by_time(const void *a, const void *b)
{
	const struct company__line *x = a, *y = b;
	if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
	return x->n < y->n ? -1 : x->n > y->n;
}

static enum err flush(str rest, int fd, struct fault *f)
{
	while (rest.n) {
		ssize_t n = write(fd, rest.p, rest.n);
		if (n >= 0) rest = str_sub(rest, (size_t)n, rest.n);
		else if (errno != EINTR) return fault_set(f, errno == ENOSPC ? ERR_FULL : ERR_IO, "", "the made-up company cannot be written: %s", strerror(errno));
	}
	return OK;
}

static enum err write_lines(const struct company *c, int fd, struct fault *f)
{
	struct buf out;
	enum err e = OK;
	buf_init(&out, FLUSH_BYTES + LINE_BYTES);
	for (size_t i = 0; i < c->lines.n && e == OK; i++) {
		buf_add(&out, c->lines.v[i].json);
		buf_byte(&out, '\n');
		if (out.n < FLUSH_BYTES && i + 1 < c->lines.n) continue;
		e = flush(buf_str(&out), fd, f);
		buf_clear(&out);
	}
	buf_release(&out);
	return e;
}

enum err company_write(int fd, struct fault *f)
{
	struct arena arena, scratch;
	struct company c = {.arena = &arena, .scratch = &scratch};
	arena_init(&arena);
	arena_init(&scratch);
	buf_init(&c.room, LINE_BYTES);
	for (uint32_t i = 1; i <= COMPANY_CUSTOMERS; i++) customer(&c, i);
	for (uint32_t i = 1; i <= COMPANY_VISITORS; i++) visitor(&c, COMPANY_CUSTOMERS + i);
	company__staff(&c);
	qsort(c.lines.v, c.lines.n, sizeof *c.lines.v, by_time);
	enum err e = write_lines(&c, fd, f);
	buf_release(&c.room);
	arena_release(&scratch);
	arena_release(&arena);
	return e;
}
