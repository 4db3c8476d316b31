/* What is heard, by type of event: one pass over types, purposes and times. */
#include "query/inner.h"

enum err query_heard(const struct query_context *ctx, uint32_t purpose, struct arena *a, struct query_heard **out, size_t *n, struct fault *f)
{
	*n = events_type_count(ctx->events);
	*out = ARENA_ARRAY(a, struct query_heard, *n + 1);
	for (size_t i = 0; i < events_view_parts(ctx->view); i++) {
		struct events_columns c;
		TRY(events_part_columns(events_view_part(ctx->view, i), EVENTS_TIME | EVENTS_TYPE | (purpose ? EVENTS_PURPOSES : 0), &c, f));
		for (size_t row = 0; row < c.n; row++) {
			if (purpose && !(c.purposes[row] & purpose)) continue;
			struct query_heard *h = &(*out)[c.type[row]];
			if (h->events == 0 || c.time_ms[row] < h->first_ms) h->first_ms = c.time_ms[row];
			if (h->events == 0 || c.time_ms[row] > h->last_ms) h->last_ms = c.time_ms[row];
			h->events++;
		}
	}
	return OK;
}
