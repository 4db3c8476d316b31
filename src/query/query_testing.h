/* query_testing.h: what the tests of questions share: a store of made-up events and a way to ask. */
#ifndef QUERY_TESTING_H
#define QUERY_TESTING_H
#include "base/buf.h"
#include "base/datetime.h"
#include "events/events_testing.h"
#include "i18n/zone.h"
#include "json/json.h"
#include "query/query.h"

enum { ANALYTICS = 2, SERVICE = 1 };

/* One event: body is the JSON of its properties. The message number makes it unique. */
static inline int put_event(struct events *ev, uint32_t subject, uint64_t message, int64_t time_ms, str type, str body)
{
	struct event e = {.subject = subject, .time_ms = time_ms, .received_ms = time_ms, .message = testing_key(message), .type = type, .purposes = SERVICE | ANALYTICS, .body = body, .source = 1, .channel = S("web")};
	uint8_t verdict = 9;
	assert_ok(events_append_wait(ev, &e, 1, &verdict));
	return verdict;
}

static inline int64_t instant(str iso)
{
	int64_t ms = 0;
	bool has_zone;
	assert_true(datetime_parse(iso, &ms, &has_zone));
	return ms;
}

/* A store for questions worked by hand, of one thread. Subjects 1, 2 and 3 are customers 1 and 2 (joined), and 3. */
static struct events *by_hand;
static struct events_view *by_hand_view;

static inline int by_hand_set_up(void **state)
{
	by_hand_view = NULL;
	if (testing_set_up(state) != 0) return -1;
	by_hand = testing_open(0);
	for (uint64_t s = 1; s <= 4; s++) assert_int_equal(events_subject(by_hand, testing_key(s + 5000), NULL), s);
	return 0;
}

static inline int by_hand_tear_down(void **state)
{
	events_view_close(by_hand_view);
	events_close(by_hand);
	return testing_tear_down(state);
}

static inline void by_hand_put(uint32_t subject, const char *iso, const char *type, const char *properties)
{
	static uint64_t message;
	char body[300];
	message++;
	snprintf(body, sizeof body, "{\"properties\":%s}", properties);
	assert_int_equal(put_event(by_hand, subject, message, instant(str_of(iso)), str_of(type), str_of(body)), EVENT_STORED);
}

static inline struct query_context by_hand_context(const char *zone, const char *now)
{
	static const uint32_t customers[] = {0, 1, 2, 2, 3};
	events_view_close(by_hand_view);
	assert_ok(events_view_open(by_hand, &by_hand_view, NULL));
	return (struct query_context){.events = by_hand, .view = by_hand_view, .people = {4, 3, customers, NULL}, .zone = zone_find(str_of(zone)), .purpose = ANALYTICS, .now_ms = instant(str_of(now)), .threads = 1};
}

/* The answer as a tree; the test fails when there is none. */
static inline const struct json_node *ask(struct arena *a, const struct query_context *ctx, str question)
{
	struct buf out;
	struct fault f = {0};
	char room[512];
	const struct json_node *node = NULL;
	buf_init(&out, 64 << 20);
	enum err e = query_ask(ctx, question, a, &out, &f);
	if (e != OK) fail_msg("%.*s: %s", STR_ARG(question), fault_text(&f, room, sizeof room));
	if (json_tree(a, buf_str(&out), 64 << 20, &node, &f) != OK) fail_msg("no JSON: %.*s", STR_ARG(buf_str(&out)));
	buf_release(&out);
	return node;
}
#endif
