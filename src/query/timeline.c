/* One customer's events in order: their rows lie ready in order of (time, arrival), a run a subject and part, and are
 * merged by taking the least head of all runs, one event of the page at a time. Runs are few (subjects × parts), pages
 * short; a cursor is found in each run by halving, so the hundredth page costs what the first does. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include "base/vec.h"
#include "query/inner.h"

struct run {
	struct events_part *part;
	struct events_scan s;
	uint32_t subject;
	size_t from, to; /* what is left: from ≤ row < to; newest first takes from the end */
};
struct line {
	const struct query_context *ctx;
	const struct query_page *page;
	VEC(struct run) runs;
	struct run *first, *second; /* by their heads; NULL: not known, or nothing is left */
};

/* Columns are read where they lie: a page is a few rows, and decoding would touch all of the part. */
static uint64_t value_at(const struct events_values *v, size_t row)
{
	return (uint64_t)events_raw_at(&v->value, events_value_slot(v, (uint32_t)row));
}

static int64_t time_at(const struct run *r, size_t row)
{
	return events_raw_at(&r->s.time_ms, row);
}

static uint64_t arrival_at(const struct run *r, size_t row)
{
	return (uint64_t)events_raw_at(&r->s.arrival, row);
}

static int place_cmp(int64_t time_a, uint64_t arrival_a, int64_t time_b, uint64_t arrival_b)
{
	if (time_a != time_b) return time_a < time_b ? -1 : 1;
	return arrival_a < arrival_b ? -1 : arrival_a > arrival_b;
}

/* The first row of the run that stands at the cursor (is_after: behind it) or later. */
static size_t row_at(const struct run *r, const struct query_cursor *cursor, bool is_after)
{
	size_t low = r->from, high = r->to;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = place_cmp(time_at(r, middle), arrival_at(r, middle), cursor->time_ms, cursor->arrival);
		if (order < 0 || (is_after && order == 0)) low = middle + 1;
		else high = middle;
	}
	return low;
}

static enum err add_runs(struct line *l, struct events_part *part, const uint32_t *subjects, size_t n, struct arena *a, struct fault *f)
{
	struct events_scan s = {0};
	bool is_read = false;
	for (size_t i = 0; i < n; i++) {
		size_t count, first = events_part_find(part, subjects[i], &count);
		if (count == 0) continue;
		if (!is_read)
			TRY(events_part_scan(part, EVENTS_TIME | EVENTS_ARRIVAL | EVENTS_TYPE | EVENTS_CHANNEL | EVENTS_SOURCE | EVENTS_PURPOSES | EVENTS_IMPORT | EVENTS_FLAGS, &s, f));
		is_read = true;
		struct run r = {.part = part, .s = s, .subject = subjects[i], .from = first, .to = first + count};
		if (l->page->range.has_from) r.from = row_at(&r, &(struct query_cursor){.time_ms = l->page->range.from_ms}, false);
		if (l->page->range.has_to) r.to = row_at(&r, &(struct query_cursor){.time_ms = l->page->range.to_ms}, false);
		if (l->page->has_cursor && l->page->oldest_first) r.from = row_at(&r, &l->page->cursor, true);
		else if (l->page->has_cursor) r.to = row_at(&r, &l->page->cursor, false);
		if (r.from < r.to) VEC_PUSH(&l->runs, a, r);
	}
	return OK;
}

static void step(const struct line *l, struct run *r)
{
	if (l->page->oldest_first) r->from++;
	else r->to--;
}

static size_t head(const struct line *l, const struct run *r)
{
	return l->page->oldest_first ? r->from : r->to - 1;
}

/* Passes over what does not allow the purpose; false: nothing is left. */
static bool is_left(const struct line *l, struct run *r)
{
	while (l->page->purpose && r->from < r->to && !(value_at(&r->s.purposes, head(l, r)) & l->page->purpose)) step(l, r);
	return r->from < r->to;
}

static bool comes_first(const struct line *l, const struct run *a, const struct run *b)
{
	size_t x = head(l, a), y = head(l, b);
	int order = place_cmp(time_at(a, x), arrival_at(a, x), time_at(b, y), arrival_at(b, y));
	return l->page->oldest_first ? order < 0 : order > 0;
}

/* The run whose head comes next and is wanted; NULL at the end. Most often it is the one of before: its head need only be held
 * against that of the run that came second. */
static struct run *next_run(struct line *l)
{
	if (l->first && is_left(l, l->first) && (!l->second || comes_first(l, l->first, l->second))) return l->first;
	l->first = l->second = NULL;
	for (size_t i = 0; i < l->runs.n; i++) {
		struct run *r = &l->runs.v[i];
		if (!is_left(l, r)) continue;
		if (!l->first || comes_first(l, r, l->first)) {
			l->second = l->first;
			l->first = r;
		} else if (!l->second || comes_first(l, r, l->second)) {
			l->second = r;
		}
	}
	return l->first;
}

static enum err event_of(const struct line *l, const struct run *r, struct arena *a, struct query_event *out, struct fault *f)
{
	size_t row = head(l, r);
	uint16_t channel = (uint16_t)value_at(&r->s.channel, row), type = r->s.types[events_raw_at(&r->s.type, row)];
	*out = (struct query_event){.part = r->part, .row = row, .subject = r->subject, .import = (uint32_t)value_at(&r->s.import, row),
		.purposes = (uint32_t)value_at(&r->s.purposes, row), .source = (uint16_t)value_at(&r->s.source, row), .flags = (uint8_t)value_at(&r->s.flags, row),
		.time_ms = time_at(r, row), .arrival = arrival_at(r, row), .type = events_type_name(l->ctx->events, type),
		.channel = channel ? events_channel_name(l->ctx->events, channel) : S("")};
	return l->page->without_body ? OK : events_part_body(r->part, row, a, &out->body, f);
}

enum err query_timeline(const struct query_context *ctx, const uint32_t *subjects, size_t n_subjects, const struct query_page *page, struct arena *a,
	struct query_event **out, size_t *n, bool *more, struct fault *f)
{
	struct line l = {.ctx = ctx, .page = page};
	VEC(struct query_event) events = {0};
	struct run *r;
	*n = 0;
	for (size_t i = 0; i < events_view_parts(ctx->view); i++) TRY(add_runs(&l, events_view_part(ctx->view, i), subjects, n_subjects, a, f));
	while ((r = next_run(&l)) && events.n < page->limit) {
		TRY(event_of(&l, r, a, VEC_ADD(&events, a), f));
		step(&l, r);
	}
	*out = events.v;
	*n = events.n;
	*more = r != NULL;
	return OK;
}
