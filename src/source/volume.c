#include "source/volume.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/mem.h"
#include "events/events.h"
#include "json/desc.h"
#include "op/app.h"

/* The last count, of one workspace at one position of its log and one day. */
static struct {
	pthread_mutex_t lock;
	const struct app *app;
	uint64_t position;
	int64_t day;
	size_t n;
	struct volume *v;
} held = {.lock = PTHREAD_MUTEX_INITIALIZER};

static enum err count_part(struct events_part *p, int64_t today, struct volume **v, size_t *n, struct fault *f)
{
	struct events_columns c;
	TRY(events_part_columns(p, EVENTS_TIME | EVENTS_SOURCE, &c, f));
	for (size_t i = 0; i < c.n; i++) {
		size_t source = c.source[i];
		if (source >= *n) {
			*v = mem_realloc(*v, (source + 1) * sizeof **v);
			for (; *n <= source; ++*n) (*v)[*n] = (struct volume){.last_ms = DESC_NULL_INT};
		}
		struct volume *one = &(*v)[source];
		one->kept++;
		if (c.time_ms[i] > one->last_ms) one->last_ms = c.time_ms[i];
		int64_t ago = (today + DAY_MS - 1 - c.time_ms[i]) / DAY_MS;
		if (ago >= 0 && ago < VOLUME_DAYS) one->days[VOLUME_DAYS - 1 - ago]++;
	}
	return OK;
}

enum err volume_of_sources(struct op *op, struct volume **out, size_t *n)
{
	struct events_view *view;
	int64_t today = op->now_ms / DAY_MS * DAY_MS;
	TRY(events_view_open(op->app->events, &view, &op->fault));
	uint64_t position = events_view_position(view);
	enum err e = OK;
	pthread_mutex_lock(&held.lock);
	if (held.app != op->app || held.position != position || held.day != today) {
		mem_free(held.v);
		held.v = NULL;
		held.n = 0;
		held.app = NULL;
		for (size_t i = 0; e == OK && i < events_view_parts(view); i++) e = count_part(events_view_part(view, i), today, &held.v, &held.n, &op->fault);
		if (e == OK) {
			held.app = op->app;
			held.position = position;
			held.day = today;
		}
	}
	*n = held.n;
	*out = ARENA_ARRAY(&op->arena, struct volume, held.n + 1);
	if (held.n) memcpy(*out, held.v, held.n * sizeof **out);
	pthread_mutex_unlock(&held.lock);
	events_view_close(view);
	return e;
}

static int by_count(const void *a, const void *b)
{
	const struct volume_event *x = a, *y = b;
	if (x->n != y->n) return x->n > y->n ? -1 : 1;
	return str_cmp(x->event, y->event);
}

static enum err count_events(struct op *op, struct events_view *view, uint16_t source, struct volume_event *v, size_t types)
{
	for (size_t i = 0; i < events_view_parts(view); i++) {
		struct events_columns c;
		TRY(events_part_columns(events_view_part(view, i), EVENTS_TIME | EVENTS_SOURCE | EVENTS_TYPE, &c, &op->fault));
		for (size_t r = 0; r < c.n; r++) {
			if (c.source[r] != source || c.type[r] >= types) continue;
			struct volume_event *e = &v[c.type[r]];
			if (!e->n++ || c.time_ms[r] > e->last_ms) e->last_ms = c.time_ms[r];
		}
	}
	return OK;
}

enum err volume_events(struct op *op, uint16_t source, struct volume_event **out, size_t *n)
{
	struct events_view *view;
	TRY(events_view_open(op->app->events, &view, &op->fault));
	size_t types = events_type_count(op->app->events);
	struct volume_event *v = ARENA_ARRAY(&op->arena, struct volume_event, types + 1);
	enum err e = count_events(op, view, source, v, types);
	events_view_close(view);
	*n = 0;
	for (size_t i = 0; i < types; i++) {
		if (!v[i].n) continue;
		v[i].event = str_dup(&op->arena, events_type_name(op->app->events, (uint16_t)i));
		v[(*n)++] = v[i];
	}
	qsort(v, *n, sizeof *v, by_count);
	*out = v;
	return e;
}
