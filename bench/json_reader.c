/* What reading one Segment event costs: simdjson's stage one alone, our pull reader over it (keys compared, texts taken
 * raw, inner objects kept raw), the tree, and Jansson. Printed per event and as ratios to stage one. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "json/index.h"
#include "json/json.h"
#include "json_oracle.h"

enum { BATCH = 100, BATCH_BYTES = 64 * 1024 };

static const char EVENT[] =
	"{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"17850\",\"messageId\":\"ajs-next-1700000000000-0a1b2c3d4e5f\","
	"\"timestamp\":\"2011-01-31T08:26:00.000Z\",\"context\":{\"locale\":\"en-GB\",\"page\":{\"path\":\"/checkout\"}},"
	"\"properties\":{\"order_id\":\"536365\",\"revenue\":139.12,\"currency\":\"GBP\",\"n\":7}}";

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static size_t kept; /* so that nothing is optimised away */

/* The way of a touchpoint: the members of the protocol by name, context and properties walked too. */
static bool read_event(struct json_reader *r)
{
	static const str names[] = {{"type", 4}, {"event", 5}, {"userId", 6}, {"messageId", 9}, {"timestamp", 9}, {"context", 7}, {"properties", 10}};
	bool plain;
	while (json_next(r) == JSON_KEY) {
		str key = json_raw_string(r, &plain);
		size_t which = 0;
		while (which < COUNT_OF(names) && !(key.n == names[which].n && memcmp(key.p, names[which].p, key.n) == 0)) which++;
		if (which == 6) { /* each property is kept */
			json_next(r);
			while (json_next(r) == JSON_KEY) {
				kept += json_raw_string(r, &plain).n;
				kept += json_skip(r).n;
			}
		} else if (which == 5) {
			kept += json_skip(r).n;
		} else {
			json_next(r);
			kept += json_raw_string(r, &plain).n;
		}
	}
	return json_current(r) == JSON_OBJECT_END;
}

static bool read_batch(struct json_reader *r, str text)
{
	if (json_reader_start(r, text, NULL) != OK || json_next(r) != JSON_ARRAY) return false;
	while (json_next(r) == JSON_OBJECT)
		if (!read_event(r)) return false;
	return json_current(r) == JSON_ARRAY_END && json_next(r) == JSON_END;
}

static bool index_only(void *arg, str text)
{
	const uint32_t *at;
	size_t n;
	bool ok = json_index_find(arg, text.p, text.n, &at, &n) == JSON_INDEX_OK;
	kept += n;
	return ok;
}

static bool pull(void *arg, str text)
{
	return read_batch(arg, text);
}

static bool pull_skip(void *arg, str text)
{
	if (json_reader_start(arg, text, NULL) != OK || json_next(arg) == JSON_ERROR) return false;
	str raw = json_skip(arg);
	return raw.n == text.n;
}

static bool pull_tokens(void *arg, str text)
{
	enum json_token t;
	if (json_reader_start(arg, text, NULL) != OK) return false;
	while ((t = json_next(arg)) != JSON_END && t != JSON_ERROR) kept++;
	return t == JSON_END;
}

static bool tree(void *arg, str text)
{
	const struct json_node *root;
	arena_reset(arg);
	return json_tree(arg, text, text.n, &root, NULL) == OK;
}

static bool jansson(void *arg, str text)
{
	(void)arg;
	return json_oracle_read(text.p, text.n, NULL) == ORACLE_ACCEPTS;
}

/* The best of some runs: a shared machine only ever adds time. */
static double measure(bool (*read)(void *, str), void *arg, str text, int rounds)
{
	double best = 1e18;
	for (int run = 0; run < 7; run++) {
		double start = now_ns();
		for (int i = 0; i < rounds; i++)
			if (!read(arg, text)) return 0;
		double each = (now_ns() - start) / rounds / BATCH;
		if (each < best) best = each;
	}
	return best;
}

int main(void)
{
	static char room[BATCH_BYTES + JSON_PADDING];
	struct buf b;
	struct arena a;
	buf_init(&b, BATCH_BYTES);
	arena_init(&a);
	buf_byte(&b, '[');
	for (int i = 0; i < BATCH; i++) buf_fmt(&b, "%s%s", i ? "," : "", EVENT);
	buf_byte(&b, ']');
	memcpy(room, b.p, b.n);
	str text = {room, b.n};
	struct json_index *index = json_index_new();
	struct json_reader *reader = json_reader_new(BATCH_BYTES);
	double bare = measure(index_only, index, text, 300);
	const struct {
		const char *name;
		double ns;
	} rows[] = {{"stage one alone", bare}, {"pull reader", measure(pull, reader, text, 300)}, {"pull reader, skipping", measure(pull_skip, reader, text, 300)},
		{"pull reader, tokens only", measure(pull_tokens, reader, text, 300)}, {"tree", measure(tree, &a, text, 50)}, {"Jansson", measure(jansson, NULL, text, 20)}};
	printf("one event of %zu bytes, in batches of %d\n", sizeof EVENT - 1, BATCH);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		printf("%-24s %8.1f ns  %6.2f × stage one  %10.0f events/s\n", rows[i].name, rows[i].ns, rows[i].ns / bare, 1e9 / rows[i].ns);
	json_reader_free(reader);
	json_index_free(index);
	arena_release(&a);
	buf_release(&b);
	return kept == 0;
}
