/* effort_texts.c: what customers wrote in the window and before it, read for topics and feeling: one pass over the property `text`, as
 * of talk triggers: known or not, but somebody's; under analysis; not what one of ours wrote down. Reading costs more than finding,
 * so of many texts as many as a page may wait for are read, those whose hash is smallest: the same ones each time, and no kind of
 * text more likely than another. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "effort/effort_signal.h"
#include "events/events.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "pulse/kept.h"
#include "setting/setting.h"
#include "text/verdict.h"

enum { TEXTS_READ = 4000 };

struct pass {
	struct op *op;
	struct arena *arena;
	int64_t from_ms, to_ms, before_ms;
	uint64_t most; /* hashes up to it are read */
	size_t all;
	VEC(struct effort_text) kept;
};
typedef void visit_text(struct pass *p, str text, uint32_t customer, int64_t time_ms, uint64_t hash);

static enum err look_in(struct pass *p, struct events_part *part, visit_text *visit)
{
	struct events_columns c;
	struct events_property texts;
	const struct people *people = p->op->app->people;
	if (events_part_max_ms(part) < p->before_ms || events_part_min_ms(part) >= p->to_ms) return OK;
	TRY(events_part_columns(part, EVENTS_TIME | EVENTS_PURPOSES | EVENTS_FLAGS, &c, &p->op->fault));
	TRY(events_part_property(part, S("text"), &texts, &p->op->fault));
	for (size_t i = 0; i < c.n && texts.kind; i++) {
		if (texts.kind[i] != EVENTS_TEXT || c.time_ms[i] < p->before_ms || c.time_ms[i] >= p->to_ms || c.flags[i] & EVENT_BY_HAND || !(c.purposes[i] & PURPOSE_BIT(PURPOSE_ANALYTICS))) continue;
		uint32_t customer = people_customer(people, c.subject[i]);
		if (!customer || people_denied(people, customer) & PURPOSE_BIT(PURPOSE_ANALYTICS)) continue;
		str text = texts.dictionary[texts.text[i]];
		visit(p, text, customer, c.time_ms[i], str_hash(text) ^ (uint64_t)c.time_ms[i] * UINT64_C(0x9e3779b97f4a7c15));
	}
	return OK;
}

static void count(struct pass *p, str text, uint32_t customer, int64_t time_ms, uint64_t hash)
{
	(void)text, (void)customer, (void)time_ms, (void)hash;
	p->all++;
}

static void keep(struct pass *p, str text, uint32_t customer, int64_t time_ms, uint64_t hash)
{
	if (hash > p->most) return;
	struct effort_text *t = VEC_ADD(&p->kept, p->arena);
	*t = (struct effort_text){.text = str_dup(p->arena, text), .customer = customer, .time_ms = time_ms, .is_now = time_ms >= p->from_ms};
}

static void read_all(struct pass *p)
{
	struct map known; /* text → the first that has it */
	bool added;
	map_init(&known);
	for (size_t i = 0; i < p->kept.n; i++) {
		struct effort_text *t = &p->kept.v[i];
		uint64_t *first = map_put(&known, t->text, &added);
		if (!added) {
			const struct effort_text *as = &p->kept.v[*first];
			t->topics = as->topics, t->is_good = as->is_good, t->is_bad = as->is_bad;
			continue;
		}
		*first = i;
		struct arena scratch;
		struct text_verdict v;
		arena_init(&scratch);
		text_judge(&scratch, t->text, NULL, &v);
		t->topics = str_dup(p->arena, v.topics.n ? v.topics : S(""));
		t->is_good = str_eq(v.sentiment, S("pos"));
		t->is_bad = str_eq(v.sentiment, S("neg"));
		arena_release(&scratch);
	}
	map_release(&known);
}

static enum err walk(struct pass *p, struct events_view *view, visit_text *visit)
{
	enum err e = OK;
	for (size_t i = 0; e == OK && i < events_view_parts(view); i++) e = look_in(p, events_view_part(view, i), visit);
	return e;
}

static enum err find(struct op *op, struct arena *a, void *arg, void **out)
{
	const struct effort_window *w = arg;
	const struct zone *z = setting_zone(op->app);
	struct events_view *view;
	struct pass p = {.op = op, .arena = a, .from_ms = zone_to_utc(z, w->from), .to_ms = zone_to_utc(z, w->to), .before_ms = zone_to_utc(z, w->before_from), .most = UINT64_MAX};
	struct effort_texts *t = *out = ARENA_NEW(a, struct effort_texts);
	TRY(events_view_open(op->app->events, &view, &op->fault));
	enum err e = walk(&p, view, count);
	if (p.all > TEXTS_READ) p.most = UINT64_MAX / p.all * TEXTS_READ;
	if (e == OK) e = walk(&p, view, keep);
	events_view_close(view);
	if (e == OK) read_all(&p);
	*t = (struct effort_texts){p.kept.v, p.kept.n, p.all};
	return e;
}

enum err effort__texts(struct op *op, const struct effort_window *window, const struct effort_texts **out)
{
	str state;
	void *found;
	struct effort_window w = *window;
	TRY(kept_state(op, &state));
	TRY(kept_get(op, str_fmt(&op->arena, "effort texts %.*s %lld", STR_ARG(state), (long long)w.to), find, &w, &found));
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
