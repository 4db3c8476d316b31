/* Looked for when they are wanted, so that an event that is declared a mark is one for the past as well. One pass over the
 * types of events in the time asked for; the few rows that match are read for their title. */
#include <string.h>

#include "base/datetime.h"
#include "base/map.h"
#include "base/utf8.h"
#include "consent/consent.h"
#include "events/events.h"
#include "i18n/zone.h"
#include "mark/mark.h"
#include "op/app.h"
#include "setting/setting.h"

static const char *const TITLES[] = {"name", "title", "campaign"};
enum { TITLE_BYTES = 120 };

struct looking {
	struct op *op;
	const struct mark_event *rules;
	const int32_t *rule_of; /* of a type's code; -1 none */
	size_t n_codes;
	int64_t from_ms, to_ms;
	struct map seen;        /* day, rule and title → 1 */
	struct mark *v;
	size_t n;
};

static str title_at(const struct events_property *p, size_t row)
{
	return p->kind && p->kind[row] == EVENTS_TEXT ? str_trim(p->dictionary[p->text[row]]) : STR_NONE;
}

static void add(struct looking *l, const struct mark_event *rule, int64_t time_ms, str title)
{
	bool is_new;
	int64_t day = zone_to_civil(setting_zone(l->op->app), time_ms) / DAY_MS * DAY_MS;
	if (!title.n) title = rule->event;
	title = str_dup(&l->op->arena, utf8_cut(title, TITLE_BYTES));
	str key = str_fmt(&l->op->arena, "%lld %p %.*s", (long long)day, (const void *)rule, STR_ARG(title));
	map_put(&l->seen, key, &is_new);
	if (!is_new || l->n == MARK_EVENTS_MOST) return;
	l->v[l->n++] = (struct mark){.kind = rule->kind, .title = title, .from = day, .to = DESC_NULL_INT, .is_outside = rule->is_outside, .origin = MARK_FROM_EVENT, .source = rule->event};
}

static enum err look_in(struct looking *l, struct events_part *part)
{
	struct events_columns c;
	struct events_property titles[COUNT_OF(TITLES)];
	bool has_titles = false;
	if (events_part_max_ms(part) < l->from_ms || events_part_min_ms(part) >= l->to_ms) return OK;
	TRY(events_part_columns(part, EVENTS_TIME | EVENTS_TYPE | EVENTS_PURPOSES, &c, &l->op->fault));
	for (size_t i = 0; i < c.n; i++) {
		int32_t rule = c.type[i] < l->n_codes ? l->rule_of[c.type[i]] : -1;
		if (rule < 0 || c.time_ms[i] < l->from_ms || c.time_ms[i] >= l->to_ms) continue;
		if (c.subject[i] && !(c.purposes[i] & PURPOSE_BIT(PURPOSE_ANALYTICS))) continue;
		for (size_t k = 0; k < COUNT_OF(TITLES) && !has_titles; k++) TRY(events_part_property(part, str_of(TITLES[k]), &titles[k], &l->op->fault));
		has_titles = true;
		str title = STR_NONE;
		for (size_t k = 0; k < COUNT_OF(TITLES) && !title.n; k++) title = title_at(&titles[k], i);
		add(l, &l->rules[rule], c.time_ms[i], title);
	}
	return OK;
}

static const int32_t *rules_by_code(struct op *op, const struct mark_event *rules, size_t n, size_t *n_codes)
{
	uint16_t code;
	*n_codes = events_type_count(op->app->events);
	int32_t *by_code = ARENA_ARRAY(&op->arena, int32_t, *n_codes + 1);
	for (size_t i = 0; i < *n_codes; i++) by_code[i] = -1;
	for (size_t i = 0; i < n; i++)
		if (events_type_code(op->app->events, rules[i].event, &code) && code < *n_codes) by_code[code] = (int32_t)i;
	return by_code;
}

enum err mark_events_between(struct op *op, const struct mark_event *rules, size_t n_rules, int64_t first_day, int64_t last_day, struct mark **out, size_t *n)
{
	const struct zone *z = setting_zone(op->app);
	struct events_view *view;
	struct looking l = {.op = op, .rules = rules, .from_ms = zone_to_utc(z, first_day), .to_ms = zone_to_utc(z, last_day + DAY_MS)};
	l.rule_of = rules_by_code(op, rules, n_rules, &l.n_codes);
	l.v = ARENA_ARRAY(&op->arena, struct mark, MARK_EVENTS_MOST);
	TRY(events_view_open(op->app->events, &view, &op->fault));
	map_init(&l.seen);
	enum err e = OK;
	for (size_t i = 0; e == OK && i < events_view_parts(view); i++) e = look_in(&l, events_view_part(view, i));
	map_release(&l.seen);
	events_view_close(view);
	*out = l.v;
	*n = l.n;
	return e;
}
