/* Five questions of the events, one view of them: what came by family and by event, contacts by family, and two kinds of scores. */
#include "area/area.h"

#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "collect/collect.h"
#include "collect/touchpoint.h"
#include "op/app.h"
#include "pulse/figure.h"
#include "pulse/findings.h"
#include "pulse/question.h"
#include "query/contact.h"
#include "setting/setting.h"
#include "target/target.h"

struct area_deliverer {
	int by;
	double share;
};
struct area {
	int family;
	bool is_heard;
	int64_t volume, customers, contacts, repeats;
	struct msg change;
	int move;
	double contact_rate, score;
	int64_t score_n;
	struct msg target;
	bool is_target_met;
	str target_owner, target_set;
	LIST_OF(struct area_deliverer) delivered_by;
	str connect;
	str behind, behind_contacts, behind_repeats; /* addresses of the customers; absent: nobody, or not to be seen */
	double farness; /* from its target, as a share of it; NaN without one or when met */
};
struct areas {
	struct msg finding;
	int64_t from, to;
	LIST_OF(struct option) periods;
	struct msg compared;
	LIST_OF(struct area) rows, gaps;
	bool is_empty;
};
static const char *const MOVES[] = {"up", "down", "same", "unknown", NULL};
static const struct desc_field DELIVERER_FIELDS[] = {
	FIELD(area_deliverer, by, DESC_ENUM, .names = DELIVERED_BY, .prefix = "by"),
	FIELD(area_deliverer, share, DESC_SHARE),
};
static const struct desc DELIVERER_DESC = DESC(area_deliverer, DELIVERER_FIELDS);
static const struct desc_field AREA_FIELDS[] = {
	FIELD(area, family, DESC_ENUM, .names = FAMILIES, .prefix = "family"),
	FIELD(area, is_heard, DESC_BOOL),
	FIELD(area, volume, DESC_INT, .doc = "touchpoints"),
	FIELD(area, customers, DESC_INT),
	FIELD(area, change, DESC_MSG, .doc = "of the touchpoints, between the spans compared"),
	FIELD(area, move, DESC_ENUM, .names = MOVES, .prefix = "move"),
	FIELD(area, contacts, DESC_INT),
	FIELD(area, repeats, DESC_INT, .doc = "contacts beyond a customer's first"),
	FIELD(area, contact_rate, DESC_SHARE, .doc = "contacts to a customer"),
	FIELD(area, score, DESC_REAL, .doc = "mean of what customers answered; null where there is none"),
	FIELD(area, score_n, DESC_INT),
	FIELD(area, target, DESC_MSG),
	FIELD(area, is_target_met, DESC_BOOL),
	FIELD(area, target_owner, DESC_STR),
	FIELD(area, target_set, DESC_STR),
	FIELD(area, delivered_by, DESC_LIST, .item = DESC_STRUCT, .of = &DELIVERER_DESC, .doc = "most first"),
	FIELD(area, connect, DESC_STR),
	FIELD(area, behind, DESC_STR, .flags = DESC_OMIT, .doc = "where its customers are listed"),
	FIELD(area, behind_contacts, DESC_STR, .flags = DESC_OMIT),
	FIELD(area, behind_repeats, DESC_STR, .flags = DESC_OMIT),
};
static const struct desc AREA_DESC = DESC(area, AREA_FIELDS);
static const struct desc_field AREAS_FIELDS[] = {
	FIELD(areas, finding, DESC_MSG),
	FIELD(areas, from, DESC_DATE),
	FIELD(areas, to, DESC_DATE),
	FIELD(areas, periods, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(areas, compared, DESC_MSG),
	FIELD(areas, rows, DESC_LIST, .item = DESC_STRUCT, .of = &AREA_DESC, .doc = "those heard, the worst first"),
	FIELD(areas, gaps, DESC_LIST, .item = DESC_STRUCT, .of = &AREA_DESC, .doc = "those not heard"),
	FIELD(areas, is_empty, DESC_BOOL),
};
const struct desc AREAS_DESC = DESC(areas, AREAS_FIELDS);

/* ---- asking ---- */

struct asking {
	struct op *op;
	struct query_context ctx;
	struct area v[FAMILY_COUNT];
	uint64_t delivered[FAMILY_COUNT][BY_COUNT];
	int64_t now[FAMILY_COUNT], before[FAMILY_COUNT];
};

static int family_of(const struct query_group *g)
{
	for (int i = 1; i < FAMILY_COUNT; i++)
		if (g->by.kind == QUERY_VALUE_TEXT && str_eq(g->by.text, str_of(FAMILIES[i]))) return i;
	return 0;
}

static enum err ask(struct asking *a, struct query q, struct span s, struct query_trend *out)
{
	q.kind = QUERY_TREND;
	q.interval.unit = QUERY_MONTH;
	q.range = (struct query_range){true, true, s.from_ms, s.to_ms};
	*out = (struct query_trend){0};
	if (s.to_ms <= s.from_ms) return OK;
	return query_trend(&a->ctx, &q, &a->op->arena, out, &a->op->fault);
}

static enum err ask_volume(struct asking *a, struct span s)
{
	struct query_trend t;
	TRY(ask(a, (struct query){.measure = QUERY_CUSTOMERS, .by = QUERY_FAMILY}, s, &t));
	for (size_t i = 0; i < t.n_groups; i++) {
		struct area *area = &a->v[family_of(&t.groups[i])];
		area->volume = (int64_t)t.groups[i].total.events;
		area->customers = (int64_t)t.groups[i].total.customers;
		area->is_heard = area->volume > 0;
	}
	return OK;
}

static enum err ask_change(struct asking *a, struct span s, int64_t *counts)
{
	struct query_trend t;
	TRY(ask(a, (struct query){.measure = QUERY_EVENTS, .by = QUERY_FAMILY}, s, &t));
	for (size_t i = 0; i < t.n_groups; i++) counts[family_of(&t.groups[i])] = (int64_t)t.groups[i].total.events;
	return OK;
}

static enum err ask_contacts(struct asking *a, struct span s)
{
	struct query_trend t;
	TRY(ask(a, (struct query){.measure = QUERY_CUSTOMERS, .by = QUERY_FAMILY, .events = QUERY_CONTACTS}, s, &t));
	for (size_t i = 0; i < t.n_groups; i++) {
		struct area *area = &a->v[family_of(&t.groups[i])];
		area->contacts = (int64_t)t.groups[i].total.events;
		area->repeats = area->contacts - (int64_t)t.groups[i].total.customers;
		area->contact_rate = measure_share((double)area->contacts, (double)area->customers).number;
	}
	return OK;
}

/* Answers to surveys carry a score, reviews a rating. */
static enum err ask_scores(struct asking *a, struct span s, const char *property)
{
	struct query_trend t;
	TRY(ask(a, (struct query){.measure = QUERY_MEAN, .by = QUERY_FAMILY, .property = str_of(property)}, s, &t));
	for (size_t i = 0; i < t.n_groups; i++) {
		struct area *area = &a->v[family_of(&t.groups[i])];
		const struct query_count *c = &t.groups[i].total;
		if (!c->numbers || area->score_n) continue;
		area->score_n = (int64_t)c->numbers;
		area->score = decimal_sum_double(&c->sum) / (double)c->numbers;
	}
	return OK;
}

static enum err ask_deliverers(struct asking *a, struct span s)
{
	struct query_trend t;
	TRY(ask(a, (struct query){.measure = QUERY_EVENTS, .by = QUERY_TYPE}, s, &t));
	for (size_t i = 0; i < t.n_groups; i++) {
		bool has_row;
		struct touchpoint_kind kind = collect_filing(a->op->app, t.groups[i].by.text, &has_row);
		if (has_row) a->delivered[kind.family][kind.by] += t.groups[i].total.events;
	}
	return OK;
}

static void tell_deliverers(struct asking *a, int family)
{
	struct area *area = &a->v[family];
	uint64_t all = 0;
	area->delivered_by.v = ARENA_ARRAY(&a->op->arena, struct area_deliverer, BY_COUNT);
	for (int by = 0; by < BY_COUNT; by++) all += a->delivered[family][by];
	for (int by = 0; by < BY_COUNT; by++) {
		if (!a->delivered[family][by]) continue;
		size_t at = area->delivered_by.n++;
		struct area_deliverer d = {by, (double)a->delivered[family][by] / (double)all};
		for (; at > 0 && area->delivered_by.v[at - 1].share < d.share; at--) area->delivered_by.v[at] = area->delivered_by.v[at - 1];
		area->delivered_by.v[at] = d;
	}
}

/* The list of whom a question is about; its last brace is added. */
static str behind(struct asking *a, const struct period *p, str question)
{
	const struct zone *z = setting_zone(a->op->app);
	str from = date_show(&a->op->arena, zone_to_civil(z, p->shown.from_ms)), to = date_show(&a->op->arena, zone_to_civil(z, p->shown.to_ms));
	str whole = str_fmt(&a->op->arena, "%.*s,\"from\":\"%.*s\",\"to\":\"%.*s\"}", STR_ARG(question), STR_ARG(from), STR_ARG(to));
	return str_fmt(&a->op->arena, "/journeys/explore/behind?q=%.*s", STR_ARG(web_url(a->op, whole)));
}

static void tell_customers(struct asking *a, const struct period *p, int family)
{
	struct area *area = &a->v[family];
	struct arena *arena = &a->op->arena;
	str contacts = S(""), where = str_fmt(arena, "{\"name\":\"family\",\"is\":\"%s\"}", FAMILIES[family]);
	if (!op_may(a->op, PERM_READ_CUSTOMERS)) return;
	for (size_t i = 0; i < QUERY_CONTACTS.n; i++) contacts = str_fmt(arena, "%.*s%s\"%.*s\"", STR_ARG(contacts), i ? "," : "", STR_ARG(QUERY_CONTACTS.names[i]));
	if (area->customers) area->behind = behind(a, p, str_fmt(arena, "{\"kind\":\"trend\",\"measure\":\"customers\",\"interval\":\"month\",\"where\":%.*s", STR_ARG(where)));
	str of = str_fmt(arena, "{\"kind\":\"segment\",\"where\":{\"did\":{\"event\":[%.*s],\"where\":%.*s},\"at_least\":", STR_ARG(contacts), STR_ARG(where));
	if (area->contacts) area->behind_contacts = behind(a, p, str_fmt(arena, "%.*s1}", STR_ARG(of)));
	if (area->repeats) area->behind_repeats = behind(a, p, str_fmt(arena, "%.*s2}", STR_ARG(of)));
}

static enum err tell_target(struct asking *a, int family)
{
	struct area *area = &a->v[family];
	struct target *targets;
	size_t n;
	str scope = str_fmt(&a->op->arena, "family:%s", FAMILIES[family]);
	area->farness = NAN;
	if (op_may(a->op, PERM_WRITE_FIGURES)) area->target_set = str_fmt(&a->op->arena, "/targets?metric=contact_rate&scope=%.*s#target-form", STR_ARG(scope));
	TRY(target_of_scope(a->op, scope, &targets, &n));
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(targets[i].metric, S("contact_rate"))) continue;
		area->target = target_distance(a->op, &targets[i], area->contact_rate);
		area->target_owner = targets[i].owner_name;
		area->is_target_met = !isnan(area->contact_rate) && target_is_met(&METRICS[METRIC_contact_rate], targets[i].value, area->contact_rate);
		if (!area->is_target_met && targets[i].value > 0) area->farness = (area->contact_rate - targets[i].value) / targets[i].value;
	}
	return OK;
}

static enum err ask_all(struct asking *a, const struct period *p)
{
	for (int i = 0; i < FAMILY_COUNT; i++) {
		a->v[i] = (struct area){.family = i, .score = NAN, .contact_rate = NAN};
		a->v[i].connect = str_fmt(&a->op->arena, "/sources/connect?family=%s", FAMILIES[i]);
	}
	TRY(ask_volume(a, p->shown));
	TRY(ask_contacts(a, p->shown));
	TRY(ask_scores(a, p->shown, "score"));
	TRY(ask_scores(a, p->shown, "rating"));
	TRY(ask_deliverers(a, p->shown));
	if (!p->is_compared) return OK;
	TRY(ask_change(a, p->now, a->now));
	return ask_change(a, p->before, a->before);
}

/* ---- telling ---- */

static void tell_change(struct asking *a, const struct period *p, int family)
{
	struct figure f;
	figure_make(a->op, &(struct figure_of){.metric = METRIC_touchpoints, .is_compared = p->is_compared, .now = measure_count(a->now[family]), .before = measure_count(a->before[family]), .shown = measure_count(a->v[family].volume), .n_key = "n_customers"}, &f);
	a->v[family].change = f.change;
	a->v[family].move = f.move;
}

/* Farthest from its target first; then by contacts to a customer; then by volume. */
static int worst_first(const void *x, const void *y)
{
	const struct area *a = x, *b = y;
	double fa = isnan(a->farness) ? -1 : a->farness, fb = isnan(b->farness) ? -1 : b->farness;
	if (fa != fb) return (fa < fb) - (fa > fb);
	double ca = isnan(a->contact_rate) ? -1 : a->contact_rate, cb = isnan(b->contact_rate) ? -1 : b->contact_rate;
	if (ca != cb) return (ca < cb) - (ca > cb);
	return a->volume != b->volume ? (a->volume < b->volume) - (a->volume > b->volume) : a->family - b->family;
}

static struct msg tell_worst(struct op *op, const struct areas *page)
{
	if (!page->rows.n) return msg_of("areas_empty");
	const struct area *worst = &page->rows.v[0];
	bool is_far = !isnan(worst->farness);
	struct msg m = msg_of(is_far ? "areas_worst_target" : worst->contacts ? "areas_worst_contacts" : "areas_unknown");
	if (!is_far && !worst->contacts) return m;
	msg_add(&m, (struct msg_arg){.name = "family", .type = MSG_KEY, .s = str_fmt(&op->arena, "family_%s", FAMILIES[worst->family])});
	msg_add(&m, (struct msg_arg){.name = "contacts", .type = MSG_INT, .i = worst->contacts});
	msg_add(&m, (struct msg_arg){.name = "customers", .type = MSG_INT, .i = worst->customers});
	msg_add(&m, (struct msg_arg){.name = "repeats", .type = MSG_INT, .i = worst->repeats});
	if (is_far) msg_add(&m, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = worst->farness});
	return m;
}

static enum err tell_areas(struct asking *a, const struct period *p, struct areas *page)
{
	page->rows.v = ARENA_ARRAY(&a->op->arena, struct area, FAMILY_COUNT);
	page->gaps.v = ARENA_ARRAY(&a->op->arena, struct area, FAMILY_COUNT);
	for (int i = 1; i < FAMILY_COUNT; i++) {
		TRY(tell_target(a, i));
		tell_deliverers(a, i);
		tell_customers(a, p, i);
		tell_change(a, p, i);
		if (a->v[i].is_heard) page->rows.v[page->rows.n++] = a->v[i];
		else page->gaps.v[page->gaps.n++] = a->v[i];
	}
	qsort(page->rows.v, page->rows.n, sizeof *page->rows.v, worst_first);
	page->is_empty = page->rows.n == 0;
	page->finding = tell_worst(a->op, page);
	return OK;
}

static enum err ask_period(struct asking *a, const struct period *p)
{
	const struct people_view *people;
	TRY(question_open(a->op, PURPOSE_ANALYTICS, &a->ctx, &people));
	enum err e = ask_all(a, p);
	question_close(a->op, &a->ctx, people);
	return e;
}

enum err area_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct asking *asking = ARENA_NEW(&op->arena, struct asking);
	struct areas *page = ARENA_NEW(&op->arena, struct areas);
	const struct heard *heard;
	struct period period;
	asking->op = op;
	TRY(heard_get(op, &heard));
	TRY(period_read(op, w, heard->first_ms, heard->last_ms, &period));
	TRY(ask_period(asking, &period));
	page->from = period_first_day(op, period.shown);
	page->to = period_last_day(op, period.shown);
	page->periods.v = period_options(op, &period, &page->periods.n);
	page->compared = period_compared(op, &period);
	TRY(tell_areas(asking, &period, page));
	return answer_with(a, &AREAS_DESC, page);
}

enum err area_contact_rate(struct op *op, str family, double *out)
{
	struct asking *asking = ARENA_NEW(&op->arena, struct asking);
	const struct heard *heard;
	struct period all;
	asking->op = op;
	*out = NAN;
	TRY(heard_get(op, &heard));
	TRY(period_all(op, heard->first_ms, heard->last_ms, &all));
	TRY(ask_period(asking, &all));
	for (int i = 1; i < FAMILY_COUNT; i++)
		if (str_eq(family, str_of(FAMILIES[i]))) *out = asking->v[i].contact_rate;
	return OK;
}
