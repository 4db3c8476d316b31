/* How a made-up touchpoint is written, and the chance behind it: splitmix64, whose numbers are the same on every machine. */
#include "source/company.h"

#include "base/datetime.h"

static uint64_t mixed(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Mixed, or the numbers of one person would be those of the next, one later. */
void company__seed(struct company *c, uint64_t seed)
{
	c->random = mixed(seed + UINT64_C(0x632be59bd9b4e019));
}

static uint64_t next(struct company *c)
{
	return mixed(c->random += UINT64_C(0x9e3779b97f4a7c15));
}

uint32_t company__below(struct company *c, uint32_t n)
{
	return (uint32_t)((next(c) >> 32) * n >> 32);
}

bool company__chance(struct company *c, int per_mille)
{
	return (int)company__below(c, 1000) < per_mille;
}

int64_t company__between(struct company *c, int64_t from, int64_t to)
{
	return to > from ? from + (int64_t)(next(c) % (uint64_t)(to - from)) : from;
}

/* The sum of twelve even numbers is close to the normal distribution, with a spread of one of them. */
int company__about(struct company *c, int middle_tenths, int spread_tenths)
{
	int64_t sum = 0;
	for (int i = 0; i < 12; i++) sum += company__below(c, 2001);
	int64_t tenths = middle_tenths + (sum - 12000) * spread_tenths / 2000;
	return (int)((tenths < 0 ? tenths - 5 : tenths + 5) / 10);
}

void company__text(struct company *c, const char *key, str value)
{
	json_key(&c->w, str_of(key));
	json_put_str(&c->w, value);
}

void company__number(struct company *c, const char *key, int64_t value)
{
	json_key(&c->w, str_of(key));
	json_put_i64(&c->w, value);
}

void company__money(struct company *c, const char *key, int64_t cents)
{
	json_key(&c->w, str_of(key));
	json_put_raw(&c->w, str_fmt(c->scratch, "%lld.%02lld", (long long)cents / 100, (long long)cents % 100));
}

static void put_head(struct company *c, struct company__person *p, const char *type, const char *event)
{
	json_begin_object(&c->w);
	company__text(c, "type", str_of(type));
	company__text(c, "messageId", str_fmt(c->scratch, "%.*s-%u", STR_ARG(p->user_id.n ? p->user_id : p->visitor_id), p->written++));
	if (event) company__text(c, "event", str_of(event));
	if (p->is_known) company__text(c, "userId", p->user_id);
	if (str_given(p->visitor_id)) company__text(c, "anonymousId", p->visitor_id);
	company__text(c, "timestamp", datetime_show(c->scratch, c->at_ms));
}

static void open_line(struct company *c, int64_t at_ms)
{
	buf_clear(&c->room);
	arena_reset(c->scratch);
	c->w = (struct json_writer){.out = &c->room};
	c->at_ms = at_ms;
	c->is_kept = at_ms >= COMPANY__T0 && at_ms < COMPANY__END;
}

static void close_line(struct company *c)
{
	json_end_object(&c->w);
	if (c->is_kept) VEC_PUSH(&c->lines, c->arena, ((struct company__line){c->at_ms, (uint32_t)c->lines.n, str_dup(c->arena, buf_str(&c->room))}));
}

void company__begin(struct company *c, struct company__person *p, int64_t at_ms, const char *event, const char *channel)
{
	open_line(c, at_ms);
	put_head(c, p, "track", event);
	json_key(&c->w, S("context"));
	json_begin_object(&c->w);
	if (channel) company__text(c, "channel", str_of(channel));
	company__text(c, "locale", str_of(p->region->language));
	json_key(&c->w, S("location"));
	json_begin_object(&c->w);
	company__text(c, "city", str_of(p->city));
	company__text(c, "country", str_of(p->region->country));
	json_end_object(&c->w);
	json_end_object(&c->w);
	json_key(&c->w, S("properties"));
	json_begin_object(&c->w);
}

void company__begin_nobody(struct company *c, str message_id, int64_t at_ms, const char *event)
{
	str kept = str_dup(c->arena, message_id);
	open_line(c, at_ms);
	json_begin_object(&c->w);
	company__text(c, "type", S("track"));
	company__text(c, "messageId", kept);
	company__text(c, "event", str_of(event));
	company__text(c, "timestamp", datetime_show(c->scratch, c->at_ms));
	json_key(&c->w, S("properties"));
	json_begin_object(&c->w);
}

void company__end(struct company *c)
{
	json_end_object(&c->w);
	close_line(c);
}

void company__simple(struct company *c, struct company__person *p, int64_t at_ms, const char *event, const char *channel)
{
	company__begin(c, p, at_ms, event, channel);
	company__end(c);
}

void company__identify(struct company *c, struct company__person *p, int64_t at_ms)
{
	open_line(c, at_ms);
	put_head(c, p, "identify", NULL);
	json_key(&c->w, S("traits"));
	json_begin_object(&c->w);
	company__text(c, "name", p->name);
	company__text(c, "firstName", p->given);
	company__text(c, "lastName", p->family);
	company__text(c, "email", str_fmt(c->scratch, "%.*s@example.com", STR_ARG(p->user_id)));
	company__text(c, "language", str_of(p->region->language));
	company__text(c, "country", str_of(p->region->country));
	company__text(c, "city", str_of(p->city));
	json_end_object(&c->w);
	json_key(&c->w, S("context"));
	json_begin_object(&c->w);
	json_key(&c->w, S("consent"));
	json_begin_object(&c->w);
	json_key(&c->w, S("categoryPreferences"));
	json_begin_object(&c->w);
	json_key(&c->w, S("analytics"));
	json_put_bool(&c->w, true);
	json_key(&c->w, S("marketing"));
	json_put_bool(&c->w, p->wants_mail);
	json_end_object(&c->w);
	json_end_object(&c->w);
	json_end_object(&c->w);
	close_line(c);
}

str company__saying(struct company *c, const struct company__person *p, enum company__topic topic)
{
	return str_of(p->region->says[topic][company__below(c, COMPANY__TEXTS)]);
}

void company__says(struct company *c, const struct company__person *p, enum company__topic topic)
{
	company__text(c, "text", company__saying(c, p, topic));
}
