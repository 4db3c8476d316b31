/* Any bytes as a body: the first says which endpoint. What is taken keeps its promises. */
#include "collect/segment.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/datetime.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "json/desc.h"
#include "json/json.h"

static void check(const struct segment_item *item, const struct segment_options *o, struct arena *a)
{
	const struct touchpoint *t = &item->touchpoint;
	if (item->reason) return;
	if (!t->event.n || t->event.n > SEGMENT_EVENT_NAME_BYTES || !utf8_is_valid(t->event) || !utf8_is_valid(t->user_id)) abort();
	if (t->time_ms != DESC_NULL_INT && (t->time_ms < DATETIME_MIN_MS || t->time_ms > o->received_ms + DAY_MS)) abort();
	const struct json_node *raw;
	struct fault f = {0};
	if (json_tree(a, t->raw, o->body_bytes, &raw, &f) != OK || raw->type != JSON_OBJECT) abort();
	if (json_get(raw, S("writeKey"))) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct json_reader *reader;
	struct segment_options o = SEGMENT_OPTIONS;
	struct segment_body body;
	struct fault f = {0};
	struct arena a;
	if (!n) return 0;
	if (!reader) reader = json_reader_new(1 << 20);
	arena_init(&a);
	o.received_ms = INT64_C(1294531200000);
	char *text = arena_alloc(&a, n - 1 + JSON_PADDING);
	memcpy(text, data + 1, n - 1);
	if (segment_read(reader, &a, (str){text, n - 1}, (enum segment_endpoint)(data[0] % (SEGMENT_BATCH + 1)), &o, &body, &f) == OK)
		for (const struct segment_item *item = body.first; item; item = item->next) check(item, &o, &a);
	else if (!f.err)
		abort();
	arena_release(&a);
	return 0;
}
