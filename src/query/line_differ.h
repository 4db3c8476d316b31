/* line_differ.h: what the differential tests of the kinds that walk customers in order share: made-up events with many
 * ties at one instant, late ones, joins, refusals, sealed and open parts; each customer's line, made by sorting a list;
 * and percentiles by sorting. */
#ifndef QUERY_LINE_DIFFER_H
#define QUERY_LINE_DIFFER_H
#include <math.h>
#include <stdlib.h>

#include "query/inner.h"
#include "query/query_testing.h"

enum { LINE_SUBJECTS = 40, LINE_CUSTOMERS = 25, LINE_TYPES = 6, LINE_CHANNELS = 4, LINE_ITEMS = 7, LINE_EVENTS = 3000 };

struct made_event {
	uint32_t subject, purposes;
	int64_t time_ms;
	int type, channel; /* channel 0 = none was sent */
	int item;          /* of ITEMS; 0 = the property is absent */
	int score;         /* -1 = absent */
};
static struct arena arena;
static struct made_event made[LINE_EVENTS];
static size_t n_made;
static uint64_t seed;
static bool is_calm; /* everything allowed, nobody joined, events nearly in order: what is counted where it lies */
static uint32_t customer_of[LINE_SUBJECTS + 1], denied[LINE_CUSTOMERS + 1];
static const char *const LINE_TYPE[LINE_TYPES] = {"visit", "view", "cart", "order", "call", "A"};
static const char *const LINE_CHANNEL[LINE_CHANNELS] = {"", "web", "shop", "phone"};
static const char *const LINE_ITEM[LINE_ITEMS] = {NULL, "\"x\"", "\"\"", "7", "7.50", "null", "true"};
static const char *const LINE_ITEM_SHOWN[LINE_ITEMS] = {"null", "\"x\"", "\"\"", "7", "7.5", "null", "true"};
static const bool *line_kept; /* by event: whether `where` leaves it; NULL: all */
static char in_hand[2000]; /* the question, shown when it is at fault */

static inline uint64_t dice(uint64_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % sides;
}

static inline void make_event(struct events *ev)
{
	struct made_event *m = &made[n_made];
	/* Across new year and across the change of the clocks in spring; a third on the same few minutes. */
	int64_t start = dice(2) ? instant(S("2011-12-30T20:00:00Z")) : instant(S("2012-03-24T20:00:00Z"));
	*m = (struct made_event){.subject = (uint32_t)dice(LINE_SUBJECTS + 1), .type = (int)dice(LINE_TYPES), .channel = (int)dice(LINE_CHANNELS),
		.item = (int)dice(LINE_ITEMS), .score = dice(3) ? (int)dice(11) : -1, .purposes = dice(12) ? SERVICE | ANALYTICS : SERVICE, .time_ms = start + (int64_t)dice(40) * 900000};
	if (dice(3)) m->time_ms += (int64_t)dice(900000);
	if (dice(4) == 0) m->time_ms += (int64_t)dice(20) * DAY_MS;
	if (is_calm) {
		m->time_ms = instant(S("2011-12-30T20:00:00Z")) + (int64_t)n_made / 3 * 9000000 + (int64_t)dice(9000000);
		m->purposes = SERVICE | ANALYTICS;
		if (m->channel == 0) m->channel = 1 + (int)dice(LINE_CHANNELS - 1);
		m->item = 1 + (int)(m->subject + n_made / 200) % (LINE_ITEMS - 1); /* runs of rows share it */
	}
	str body = S("{\"properties\":{\"k\":1");
	if (m->item) body = str_fmt(&arena, "%.*s,\"item\":%s", STR_ARG(body), LINE_ITEM[m->item]);
	if (m->score >= 0) body = str_fmt(&arena, "%.*s,\"score\":%d", STR_ARG(body), m->score);
	body = str_fmt(&arena, "%.*s}}", STR_ARG(body));
	struct event e = {.subject = m->subject, .time_ms = m->time_ms, .received_ms = m->time_ms, .message = testing_key(n_made + 1), .type = str_of(LINE_TYPE[m->type]),
		.purposes = m->purposes, .body = body, .source = 1, .channel = str_of(LINE_CHANNEL[m->channel])};
	uint8_t verdict = 9;
	assert_ok(events_append(ev, &e, 1, &verdict, NULL, NULL));
	assert_int_equal(verdict, EVENT_STORED);
	n_made++;
}

/* What an event is filed under that carries no channel: calls come by telephone. */
static inline str filed_channel(void *arg, str event)
{
	(void)arg;
	return str_eq(event, S("call")) ? S("phone") : STR_NONE;
}

static inline str filed_family(void *arg, str event)
{
	(void)arg;
	return str_eq(event, S("call")) ? S("care") : str_eq(event, S("order")) || str_eq(event, S("cart")) ? S("sales") : STR_NONE;
}

static inline str shown_channel(const struct made_event *m)
{
	if (m->channel) return str_fmt(&arena, "\"%s\"", LINE_CHANNEL[m->channel]);
	str filed = filed_channel(NULL, str_of(LINE_TYPE[m->type]));
	return str_given(filed) ? str_fmt(&arena, "\"%.*s\"", STR_ARG(filed)) : S("null");
}

static inline str shown_value(const struct made_event *m, enum query_dimension d)
{
	if (d == QUERY_CHANNEL) return shown_channel(m);
	if (d == QUERY_TYPE) return str_fmt(&arena, "\"%s\"", LINE_TYPE[m->type]);
	if (d == QUERY_PROPERTY) return str_of(LINE_ITEM_SHOWN[m->item]);
	if (d == QUERY_FAMILY) {
		str filed = filed_family(NULL, str_of(LINE_TYPE[m->type]));
		return str_given(filed) ? str_fmt(&arena, "\"%.*s\"", STR_ARG(filed)) : S("null");
	}
	return S("null");
}

static inline uint32_t customer_of_event(const struct made_event *m)
{
	return m->subject ? customer_of[m->subject] : 0;
}

static inline bool is_allowed(const struct made_event *m)
{
	return m->purposes & ANALYTICS && !(denied[customer_of_event(m)] & ANALYTICS);
}

/* A customer's events of these types that count, in order of (time, arrival), as places in made; the number of them. */
static inline size_t line_of_customer(uint32_t customer, const struct query_range *range, const bool *types, size_t *out)
{
	size_t n = 0;
	for (size_t i = 0; i < n_made; i++) {
		const struct made_event *m = &made[i];
		if (customer_of_event(m) != customer || !is_allowed(m) || (types && !types[m->type]) || (line_kept && !line_kept[i])) continue;
		if ((range->has_from && m->time_ms < range->from_ms) || (range->has_to && m->time_ms >= range->to_ms)) continue;
		size_t at = n++;
		for (; at > 0 && made[out[at - 1]].time_ms > m->time_ms; at--) out[at] = out[at - 1];
		out[at] = i;
	}
	return n;
}

static inline int by_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Type 7; NaN of none. Sorts the values. */
static inline double percentile_of(double *values, size_t n, double share)
{
	if (n == 0) return NAN;
	qsort(values, n, sizeof *values, by_double);
	double place = share * (double)(n - 1);
	size_t below = (size_t)place;
	return below + 1 < n ? values[below] + (place - (double)below) * (values[below + 1] - values[below]) : values[n - 1];
}

static inline void assert_real(const struct json_node *object, const char *key, double want)
{
	const struct json_node *v = json_get(object, str_of(key));
	double got = NAN;
	if (!v) {
		fail_msg("no %s in %.*s", key, STR_ARG(object->raw));
		return;
	}
	bool is_null = v->type == JSON_NULL;
	if (!is_null) assert_true(str_f64(v->text, &got));
	double off = fabs(want) > 1 ? fabs(want) * 1e-9 : 1e-9;
	if (is_null != isnan(want) || (!is_null && !(fabs(got - want) <= off))) fail_msg("%s is %.*s, not %.12g", key, STR_ARG(v->raw), want);
}

static inline void assert_count(const struct json_node *object, const char *key, int64_t want)
{
	int64_t got = -1;
	if (!json_get_i64(object, str_of(key), &got) || got != want) fail_msg("%s is %lld, not %lld, in %.*s", key, (long long)got, (long long)want, STR_ARG(object->raw));
}

static inline void assert_left_out(const struct json_node *answer, const struct query_range *range, const bool *types)
{
	int64_t events = 0, customers = 0;
	bool seen[LINE_CUSTOMERS + 1] = {0};
	for (size_t i = 0; i < n_made; i++) {
		const struct made_event *m = &made[i];
		if ((range->has_from && m->time_ms < range->from_ms) || (range->has_to && m->time_ms >= range->to_ms) || (types && !types[m->type]) || is_allowed(m)) continue;
		events++;
		customers += customer_of_event(m) && !seen[customer_of_event(m)];
		seen[customer_of_event(m)] = true;
	}
	assert_count(answer, "left_out_events", events);
	assert_count(answer, "left_out_customers", customers);
}

/* ---- parts of random questions ---- */
static inline str random_types(bool *types)
{
	str out = S("");
	memset(types, 0, LINE_TYPES * sizeof *types);
	types[dice(LINE_TYPES)] = true;
	if (dice(3) == 0) types[dice(LINE_TYPES)] = true;
	for (int t = 0; t < LINE_TYPES; t++)
		if (types[t]) out = str_fmt(&arena, "%.*s%s\"%s\"", STR_ARG(out), out.n ? "," : "", LINE_TYPE[t]);
	return str_fmt(&arena, dice(4) ? "[%.*s]" : "[%.*s,\"never heard\"]", STR_ARG(out));
}

static inline str random_range(void)
{
	str q = S("");
	if (dice(3) == 0) q = str_fmt(&arena, ",\"from\":\"%s\"", dice(2) ? "2011-12-31" : "2012-03-25T02:00:00Z");
	if (dice(3) == 0) q = str_fmt(&arena, "%.*s,\"to\":\"%s\"", STR_ARG(q), dice(2) ? "2012-03-25T06:00:00Z" : "2012-04-02");
	return q;
}

static inline str random_duration(void)
{
	static const char *const DURATIONS[] = {"{\"minutes\":15}", "{\"minutes\":30}", "{\"hours\":2}", "{\"days\":1}", "{\"days\":7}", "{\"seconds\":901}"};
	return str_of(DURATIONS[dice(COUNT_OF(DURATIONS))]);
}

/* Rounds of events in several parts, and of questions of each state. */
static inline void differ(void (*ask_once)(const struct query_context *ctx))
{
	int rounds = getenv("QUERY_ROUNDS") ? (int)strtol(getenv("QUERY_ROUNDS"), NULL, 10) : 4;
	for (int round = 0; round < rounds; round++) {
		void *unused = NULL;
		assert_int_equal(testing_set_up(&unused), 0);
		seed = (uint64_t)round * 104729 + 11;
		n_made = 0;
		is_calm = round % 4 >= 2;
		struct events *ev = testing_open(round % 3 == 2 ? 0 : 150);
		for (uint64_t s = 1; s <= LINE_SUBJECTS; s++) assert_int_equal(events_subject(ev, testing_key(s + 5000), NULL), s);
		for (int slice = 0; slice < 3; slice++) {
			size_t until = n_made + 30 + dice(400);
			while (n_made < until) make_event(ev);
			uint8_t verdict;
			struct event last = {.subject = made[n_made - 1].subject, .message = testing_key(n_made), .type = S("A"), .body = S("{}")};
			assert_ok(events_append_wait(ev, &last, 1, &verdict)); /* a copy: waits until all before are durable */
			for (uint32_t s = 1; s <= LINE_SUBJECTS; s++) customer_of[s] = s % 11 == 0 ? 0 : (uint32_t)dice(LINE_CUSTOMERS) + 1;
			for (uint32_t c = 1; c <= LINE_CUSTOMERS; c++) denied[c] = dice(8) == 0 && !is_calm ? ANALYTICS : 0;
			for (uint32_t s = 1; s <= LINE_SUBJECTS && is_calm; s++) customer_of[s] = s <= LINE_CUSTOMERS ? s : 0;
			struct query_context ctx = {.events = ev, .people = {LINE_SUBJECTS, LINE_CUSTOMERS, customer_of, denied}, .purpose = ANALYTICS, .zone = zone_find(S("Europe/Athens")),
				.now_ms = instant(S("2020-01-01")), .channel = filed_channel, .family = filed_family};
			assert_ok(events_view_open(ev, &ctx.view, NULL));
			query__tuning = (struct query_tuning){.chunk_rows = 20, .chunk_customers = 3, .raw_max = slice == 1 ? 4 : 0, .sureness = slice != 1 ? 0 : is_calm ? 0.01 : 0.2};
			for (int i = 0; i < 60; i++) {
				ctx.threads = (int)dice(3) + 1;
				ask_once(&ctx);
			}
			events_view_close(ctx.view);
			arena_reset(&arena);
			if (slice == 1 && round % 2) assert_ok(events_compact_now(ev, NULL));
		}
		events_close(ev);
		testing_tear_down(&unused);
	}
	in_hand[0] = 0;
}

static inline int show_in_hand(void **state)
{
	(void)state;
	if (in_hand[0]) print_error("at fault: %s\n", in_hand);
	return 0;
}

static inline const struct json_node *ask_in_hand(const struct query_context *ctx, str question)
{
	snprintf(in_hand, sizeof in_hand, "%.*s", STR_ARG(question));
	return ask(&arena, ctx, question);
}
#endif
