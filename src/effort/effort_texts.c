/* effort_texts.c: what customers wrote in the window and before it, with topics and feeling as they stand (src/reading): known or not, but
 * somebody's; not what one of ours wrote down. */
#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/vec.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "effort/effort_signal.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "pulse/kept.h"
#include "reading/reading.h"
#include "setting/setting.h"

struct pass {
	const struct people *people;
	struct arena *arena;
	int64_t from_ms;
	VEC(struct effort_text) kept;
};

static bool visit(void *arg, const struct reading_text *t)
{
	struct pass *p = arg;
	uint32_t customer = people_customer(p->people, t->subject);
	if (t->is_by_hand || !customer || people_denied(p->people, customer) & PURPOSE_BIT(PURPOSE_ANALYTICS)) return true;
	struct effort_text *kept = VEC_ADD(&p->kept, p->arena);
	*kept = (struct effort_text){.text = str_dup(p->arena, t->text), .topics = str_dup(p->arena, t->verdict.topics.n ? t->verdict.topics : S("")), .customer = customer, .time_ms = t->at,
		.is_now = t->at >= p->from_ms, .is_good = str_eq(t->verdict.sentiment, S("pos")), .is_bad = str_eq(t->verdict.sentiment, S("neg"))};
	return true;
}

static enum err find(struct op *op, struct arena *a, void *arg, void **out)
{
	const struct effort_window *w = arg;
	const struct zone *z = setting_zone(op->app);
	struct pass p = {.people = op->app->people, .arena = a, .from_ms = zone_to_utc(z, w->from)};
	struct effort_texts *t = *out = ARENA_NEW(a, struct effort_texts);
	TRY(reading_each(op, zone_to_utc(z, w->before_from), zone_to_utc(z, w->to), visit, &p));
	*t = (struct effort_texts){p.kept.v, p.kept.n};
	return OK;
}

enum err effort__texts(struct op *op, const struct effort_window *window, const struct effort_texts **out)
{
	str state, readings;
	void *found;
	struct effort_window w = *window;
	TRY(kept_state(op, &state));
	TRY(reading_state(op, &readings));
	TRY(kept_get(op, str_fmt(&op->arena, "effort texts %.*s%.*s %lld", STR_ARG(state), STR_ARG(readings), (long long)w.to), find, &w, &found));
	*out = found;
	return OK;
}

/* ---- topics ---- */

bool effort__has_topic(str topics, str name)
{
	while (topics.n) {
		str one = str_cut(&topics, '\n');
		if (str_eq(one, name)) return true;
	}
	return false;
}

static int more(const void *a, const void *b)
{
	const struct effort_topic *x = a, *y = b;
	return x->now != y->now ? (x->now < y->now) - (x->now > y->now) : str_cmp(x->name, y->name);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static int64_t customers_of(struct arena *a, const struct effort_texts *t, bool is_good, str topic)
{
	uint32_t *v = ARENA_ARRAY(a, uint32_t, t->n + 1);
	size_t n = 0;
	int64_t distinct = 0;
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].is_now && (is_good ? t->v[i].is_good : t->v[i].is_bad) && effort__has_topic(t->v[i].topics, topic)) v[n++] = t->v[i].customer;
	qsort(v, n, sizeof *v, by_number);
	for (size_t i = 0; i < n; i++) distinct += i == 0 || v[i] != v[i - 1];
	return distinct;
}

struct effort_topic *effort__topics(struct arena *a, const struct effort_texts *t, bool is_good, size_t *n, int64_t *now, int64_t *before)
{
	VEC(struct effort_topic) topics = {0};
	struct map places;
	map_init(&places);
	*now = *before = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct effort_text *x = &t->v[i];
		++*(x->is_now ? now : before);
		if (!(is_good ? x->is_good : x->is_bad)) continue;
		for (str rest = x->topics; rest.n;) {
			str name = str_cut(&rest, '\n');
			bool added;
			if (!name.n) continue;
			uint64_t *at = map_put(&places, name, &added);
			if (added) *at = topics.n, *VEC_ADD(&topics, a) = (struct effort_topic){.name = name, .first_ms = INT64_MAX};
			struct effort_topic *topic = &topics.v[*at];
			++*(x->is_now ? &topic->now : &topic->before);
			if (x->time_ms < topic->first_ms) topic->first_ms = x->time_ms;
		}
	}
	map_release(&places);
	for (size_t i = 0; i < topics.n; i++) topics.v[i].customers = customers_of(a, t, is_good, topics.v[i].name);
	if (topics.n) qsort(topics.v, topics.n, sizeof *topics.v, more);
	*n = topics.n;
	return topics.v;
}
