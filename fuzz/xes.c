/* Any bytes as an event log, gzip and encodings included: every text is valid UTF-8, no more is handed out than the caps
 * allow, lines never go back, the end is reached, and what becomes of an event is JSON. */
#include "collect/xes.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "collect/input.h"
#include "collect/row_id.h"
#include "collect/xes_touchpoint.h"
#include "fuzz.h"
#include "json/json.h"

enum { ATTRIBUTES = 20, BYTES = 2000 };

static void look(const struct xes_attribute *attributes, size_t n)
{
	size_t bytes = 0;
	if (n > ATTRIBUTES) abort();
	for (size_t i = 0; i < n; i++) {
		bytes += attributes[i].key.n + attributes[i].value.n;
		if (!attributes[i].key.n || !utf8_is_valid(attributes[i].key) || !utf8_is_valid(attributes[i].value)) abort();
	}
	if (bytes > BYTES) abort();
}

static void make(struct row_ids *ids, const struct xes_event *event)
{
	struct arena a = {0};
	struct touchpoint t;
	const struct json_node *tree;
	struct fault f = {0};
	if (!xes_touchpoint(&a, NULL, ids, event, &t)) {
		if (json_tree(&a, t.raw, 1 << 20, &tree, &f) != OK || !str_eq(json_get_str(tree, S("event")), t.event)) abort();
	}
	if (json_tree(&a, xes_event_show(&a, event), 1 << 20, &tree, &f) != OK) abort();
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct xes_event event;
	struct fault f = {0};
	const char *reason = NULL;
	enum xes_result result;
	int64_t line = 0;
	struct xes_options o = {.max_attributes = ATTRIBUTES, .max_event_bytes = BYTES, .max_trace_bytes = BYTES};
	struct input *in = input_of_text((str){(const char *)data, n});
	input_limit(in, 1 << 22);
	struct row_ids *ids = row_ids_new(S("fuzz"), S("xes"));
	struct xes *x = xes_new(in, &o);
	while ((result = xes_next(x, &event, &reason, &f)) == XES_EVENT || result == XES_BAD_EVENT) {
		if (event.line < line || (result == XES_BAD_EVENT) != (reason != NULL)) abort();
		line = event.line;
		look(event.trace, event.n_trace);
		look(event.own, event.n_own);
		make(ids, &event);
	}
	if (result == XES_FAILED && !f.err) abort();
	xes_free(x);
	row_ids_free(ids);
	input_free(in);
	return 0;
}
