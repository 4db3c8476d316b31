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
