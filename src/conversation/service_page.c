/* service_page.c: service as a page. It opens with the whole team; persons are shown by choice, one's own row first, and to agents theirs
 * alone: a time of a person never stands without what came back beside it. */
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "consent/consent.h"
#include "conversation/conversation.h"
#include "conversation/service.h"
#include "conversation/service_cases.h"
#include "customer/customer.h"
#include "pulse/period.h"
#include "setting/setting.h"

enum { LEAST = 5, GROUPS_MOST = 100, BEHIND_MOST = 500 };
static const double SECOND_MS = 1000, HOUR_S = 3600;
static const char *const MEASURES[] = {"first_response", "next_response", "resolution", NULL};

/* ---- what the page shows ---- */

struct service_time { /* of one measure */
	struct msg name, means, interval;
	int64_t n, median, p90, business_median, business_p90, level_n;
	double level;
	str address;
};
struct service_share {
	struct msg name, means, interval;
	int64_t n;
	double share;
	str address;
};
struct service_group {
	str name, first_address, solved_address;
	bool is_own;
	int64_t n, median, business_median, business_p90, level_n, solved, solved_median, over;
	double level, reopened, once, stayed;
	struct msg level_interval, reopened_interval, once_interval, stayed_interval;
};
struct service_point {
	int64_t day, n;
	str label;
	double hours, business_hours;
	bool has_value;
};
struct service_page {
	struct msg finding, without_level;
	bool is_empty, is_by_agent, has_groups;
	str by, period, by_name;
	int64_t from, to;
	LIST_OF(struct option) periods;
	LIST_OF(struct option) bys;
	LIST_OF(struct service_time) times;
	LIST_OF(struct service_share) shares;
	LIST_OF(struct service_group) groups;
	LIST_OF(struct service_point) points;
};
static const struct desc_field TIME_FIELDS[] = {
	FIELD(service_time, name, DESC_MSG),
	FIELD(service_time, means, DESC_MSG),
	FIELD(service_time, n, DESC_INT),
	FIELD(service_time, median, DESC_DURATION, .doc = "by the calendar"),
	FIELD(service_time, p90, DESC_DURATION),
	FIELD(service_time, business_median, DESC_DURATION, .doc = "in the hours of the calendar of its service level"),
	FIELD(service_time, business_p90, DESC_DURATION),
	FIELD(service_time, level, DESC_SHARE, .doc = "in time, of level_n"),
	FIELD(service_time, level_n, DESC_INT, .doc = "answered or solved with a target, and what fell due unanswered"),
	FIELD(service_time, interval, DESC_MSG),
	FIELD(service_time, address, DESC_STR),
};
static const struct desc TIME_DESC = DESC(service_time, TIME_FIELDS);
static const struct desc_field SHARE_FIELDS[] = {
	FIELD(service_share, name, DESC_MSG),
	FIELD(service_share, means, DESC_MSG),
	FIELD(service_share, share, DESC_SHARE),
	FIELD(service_share, n, DESC_INT),
	FIELD(service_share, interval, DESC_MSG),
	FIELD(service_share, address, DESC_STR),
};
static const struct desc SHARE_DESC = DESC(service_share, SHARE_FIELDS);
static const struct desc_field GROUP_FIELDS[] = {
	FIELD(service_group, name, DESC_STR),
	FIELD(service_group, is_own, DESC_BOOL, .doc = "of whoever asks"),
	FIELD(service_group, n, DESC_INT, .doc = "first responses"),
	FIELD(service_group, median, DESC_DURATION),
	FIELD(service_group, business_median, DESC_DURATION),
	FIELD(service_group, business_p90, DESC_DURATION),
	FIELD(service_group, level, DESC_SHARE),
	FIELD(service_group, level_n, DESC_INT),
	FIELD(service_group, level_interval, DESC_MSG),
	FIELD(service_group, solved, DESC_INT),
	FIELD(service_group, solved_median, DESC_DURATION, .doc = "business time"),
	FIELD(service_group, reopened, DESC_SHARE),
	FIELD(service_group, reopened_interval, DESC_MSG),
	FIELD(service_group, once, DESC_SHARE, .doc = "solved by the first contact, by replies"),
	FIELD(service_group, once_interval, DESC_MSG),
	FIELD(service_group, over, DESC_INT),
	FIELD(service_group, stayed, DESC_SHARE, .doc = "by return, of over"),
	FIELD(service_group, stayed_interval, DESC_MSG),
	FIELD(service_group, first_address, DESC_STR),
	FIELD(service_group, solved_address, DESC_STR),
};
static const struct desc GROUP_DESC = DESC(service_group, GROUP_FIELDS);
static const struct desc_field POINT_FIELDS[] = {
	FIELD(service_point, day, DESC_DATE),
	FIELD(service_point, label, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(service_point, n, DESC_INT),
	FIELD(service_point, hours, DESC_REAL, .doc = "median of first responses"),
	FIELD(service_point, business_hours, DESC_REAL),
	FIELD(service_point, has_value, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc POINT_DESC = DESC(service_point, POINT_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(service_page, finding, DESC_MSG),
	FIELD(service_page, without_level, DESC_MSG),
	FIELD(service_page, is_empty, DESC_BOOL),
	FIELD(service_page, is_by_agent, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(service_page, has_groups, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(service_page, by, DESC_STR),
	FIELD(service_page, by_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(service_page, period, DESC_STR),
	FIELD(service_page, from, DESC_DATE),
	FIELD(service_page, to, DESC_DATE),
	FIELD(service_page, periods, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(service_page, bys, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(service_page, times, DESC_LIST, .item = DESC_STRUCT, .of = &TIME_DESC),
	FIELD(service_page, shares, DESC_LIST, .item = DESC_STRUCT, .of = &SHARE_DESC),
	FIELD(service_page, groups, DESC_LIST, .item = DESC_STRUCT, .of = &GROUP_DESC),
	FIELD(service_page, points, DESC_LIST, .item = DESC_STRUCT, .of = &POINT_DESC),
};
const struct desc SERVICE_DESC = {"service", sizeof(struct service_page), PAGE_FIELDS, COUNT_OF(PAGE_FIELDS)};

/* ---- figures ---- */

static int64_t duration(double seconds)
{
	return isnan(seconds) ? DESC_NULL_INT : (int64_t)(seconds * SECOND_MS + 0.5);
}

/* Not told of fewer than LEAST. */
static double share_of(int64_t k, int64_t n, const char *words, struct msg *interval)
{
	struct interval i = interval_wilson(k, n);
	if (n < LEAST) {
		*interval = msg_int("service_too_few", "n", n);
		return NAN;
	}
	*interval = msg_int(words, "n", n);
	msg_add(interval, (struct msg_arg){.name = "low", .type = MSG_SHARE, .d = i.low});
	msg_add(interval, (struct msg_arg){.name = "high", .type = MSG_SHARE, .d = i.high});
	return (double)k / (double)n;
}

struct asking {
	struct op *op;
	const struct web *w;
	struct period period;
	enum service_by by;
	struct service_cases cases[MEASURES_N];
	struct service_sums sums[MEASURES_N];
};

static str behind(const struct asking *k, enum service_measure m, str value)
{
	struct op *op = k->op;
	str more = k->by == BY_NOTHING || !value.p ? S("") : str_fmt(&op->arena, "&by=%s&value=%.*s", SERVICE_BYS[k->by], STR_ARG(web_url(op, value)));
	str period = k->period.choice.n ? str_fmt(&op->arena, "&period=%.*s", STR_ARG(k->period.choice)) : S("");
	if (str_eq(k->period.choice, S("custom"))) period = str_fmt(&op->arena, "&from=%.*s&to=%.*s", STR_ARG(web_url(op, web_query(k->w, "from"))), STR_ARG(web_url(op, web_query(k->w, "to"))));
	return str_fmt(&op->arena, "/service/conversations?measure=%s%.*s%.*s", MEASURES[m], STR_ARG(period), STR_ARG(more));
}

static struct service_time time_of(struct asking *k, enum service_measure m)
{
	struct service_sum *s = &k->sums[m].all;
	struct service_time t = {.name = msg_of(str_fmt(&k->op->arena, "service_%s", MEASURES[m]).p), .means = msg_of(str_fmt(&k->op->arena, "service_%s_means", MEASURES[m]).p), .n = s->n, .level_n = s->due};
	t.median = duration(service__percentile(s->took.v, s->took.n, 0.5));
	t.p90 = duration(service__percentile(s->took.v, s->took.n, 0.9));
	t.business_median = duration(service__percentile(s->business.v, s->business.n, 0.5));
	t.business_p90 = duration(service__percentile(s->business.v, s->business.n, 0.9));
	t.level = NAN;
	if (s->due) t.level = share_of(s->met, s->due, "service_interval", &t.interval);
	if (s->n) t.address = behind(k, m, STR_NONE);
	return t;
}

static void add_share(struct asking *k, struct service_page *page, const char *name, int64_t of, int64_t n, bool has_behind)
{
	struct service_share s = {.name = msg_of(str_fmt(&k->op->arena, "service_%s", name).p), .means = msg_of(str_fmt(&k->op->arena, "service_%s_means", name).p), .n = n};
	s.share = share_of(of, n, "service_interval", &s.interval);
	if (has_behind && n) s.address = behind(k, MEASURE_RESOLUTION, STR_NONE);
	page->shares.v[page->shares.n++] = s;
}

static enum err fill_figures(struct asking *k, struct service_page *page)
{
	enum { SHARES = 4 };
	const struct service_sum *s = &k->sums[MEASURE_RESOLUTION].all;
	struct db_rows asked;
	page->times.v = ARENA_ARRAY(&k->op->arena, struct service_time, MEASURES_N);
	for (int m = 0; m < MEASURES_N; m++) page->times.v[page->times.n++] = time_of(k, (enum service_measure)m);
	TRY(op_query(k->op, SQL_service_asked, DB_ARGS(db_int(k->period.shown.from_ms), db_int(k->period.shown.to_ms), db_int(PURPOSE_BIT(PURPOSE_ANALYTICS))), &asked));
	page->shares.v = ARENA_ARRAY(&k->op->arena, struct service_share, SHARES);
	add_share(k, page, "by_replies", s->once, s->n, true);
	add_share(k, page, "by_return", s->stayed, s->over, true);
	add_share(k, page, "asked", db_rows_int(&asked, 0, 1), db_rows_int(&asked, 0, 0), false);
	add_share(k, page, "reopened", s->reopened, s->n, true);
	bool has_level = k->sums[MEASURE_FIRST].all.due || k->sums[MEASURE_NEXT].all.due || s->due;
	if (!has_level) page->without_level = msg_of("service_without_level");
	return OK;
}

/* ---- groups ---- */

static str group_name(struct op *op, enum service_by by, str value)
{
	if (!value.n) return i18n_format(&op->arena, &op->locale, by == BY_AGENT ? S("followup_nobody") : S("service_unknown"), NULL, 0);
	if (by == BY_PRIORITY) return i18n_format(&op->arena, &op->locale, str_fmt(&op->arena, "priority_%.*s", STR_ARG(value)), NULL, 0);
	return by == BY_LANGUAGE ? i18n_language_name(&op->arena, &op->locale, value, STR_NONE) : value;
}

static struct service_sum *sum_called(struct service_sums *sums, str name)
{
	for (size_t i = 0; i < sums->groups.n; i++)
		if (str_eq(sums->groups.v[i].name, name)) return &sums->groups.v[i];
	return NULL;
}

static struct service_group group_of(struct asking *k, str value)
{
	struct service_sum none = {0}, *first = sum_called(&k->sums[MEASURE_FIRST], value), *solved = sum_called(&k->sums[MEASURE_RESOLUTION], value);
	if (!first) first = &none;
	struct service_sum none_solved = {0};
	if (!solved) solved = &none_solved;
	struct service_group g = {.name = group_name(k->op, k->by, value), .is_own = first->is_own || solved->is_own, .n = first->n, .level_n = first->due, .solved = solved->n, .over = solved->over, .level = NAN};
	g.median = duration(service__percentile(first->took.v, first->took.n, 0.5));
	g.business_median = duration(service__percentile(first->business.v, first->business.n, 0.5));
	g.business_p90 = duration(service__percentile(first->business.v, first->business.n, 0.9));
	g.solved_median = duration(service__percentile(solved->business.v, solved->business.n, 0.5));
	if (first->due) g.level = share_of(first->met, first->due, "service_between", &g.level_interval);
	g.reopened = share_of(solved->reopened, solved->n, "service_between", &g.reopened_interval);
	g.once = share_of(solved->once, solved->n, "service_between", &g.once_interval);
	g.stayed = share_of(solved->stayed, solved->over, "service_between", &g.stayed_interval);
	if (first->n + first->due) g.first_address = behind(k, MEASURE_FIRST, value.p ? value : S(""));
	if (solved->n) g.solved_address = behind(k, MEASURE_RESOLUTION, value.p ? value : S(""));
	return g;
}

static void add_group(struct asking *k, struct service_page *page, const struct service_sum *s)
{
	bool may_see = k->by != BY_AGENT || s->is_own || op_may(k->op, PERM_READ_FIGURES);
	if (page->groups.n < GROUPS_MOST && may_see) page->groups.v[page->groups.n++] = group_of(k, s->name);
}

static void fill_groups(struct asking *k, struct service_page *page)
{
	struct service_sums *first = &k->sums[MEASURE_FIRST], *solved = &k->sums[MEASURE_RESOLUTION];
	page->groups.v = ARENA_ARRAY(&k->op->arena, struct service_group, GROUPS_MOST);
	for (size_t i = 0; i < first->groups.n; i++) add_group(k, page, &first->groups.v[i]);
	for (size_t i = 0; i < solved->groups.n; i++)
		if (!sum_called(first, solved->groups.v[i].name)) add_group(k, page, &solved->groups.v[i]);
	page->has_groups = page->groups.n;
}

/* ---- over time ---- */

static void fill_points(struct asking *k, struct service_page *page)
{
	const struct period *p = &k->period;
	const struct service_cases *all = &k->cases[MEASURE_FIRST];
	const struct zone *zone = setting_zone(k->op->app);
	page->points.v = ARENA_ARRAY(&k->op->arena, struct service_point, p->n + 1);
	for (size_t i = 0; i < p->n && p->n > 1; i++) {
		struct service_cases some = {ARENA_ARRAY(&k->op->arena, struct service_case, all->n + 1), 0};
		struct service_sums sums;
		for (size_t c = 0; c < all->n; c++)
			if (all->v[c].to != DESC_NULL_INT && all->v[c].to >= p->start[i] && all->v[c].to < p->start[i + 1]) some.v[some.n++] = all->v[c];
		service__sum(k->op, &some, BY_NOTHING, &sums);
		int64_t day = period_first_day(k->op, (struct span){p->start[i], p->start[i + 1]});
		page->points.v[page->points.n++] = (struct service_point){.day = day, .n = sums.all.n, .has_value = sums.all.n,
			.label = p->unit == ZONE_MONTH ? period_month_name(k->op, zone, p->start[i]) : i18n_date(&k->op->arena, &k->op->locale, day), .hours = service__percentile(sums.all.took.v, sums.all.n, 0.5) / HOUR_S,
			.business_hours = service__percentile(sums.all.business.v, sums.all.n, 0.5) / HOUR_S};
	}
}

/* ---- asking ---- */

static enum err read_by(struct op *op, const struct web *w, enum service_by *out)
{
	str by = web_query(w, "by");
	*out = BY_NOTHING;
	for (int i = 0; by.n && SERVICE_BYS[i]; i++)
		if (str_eq(by, str_of(SERVICE_BYS[i]))) *out = (enum service_by)i;
	if (!by.n) *out = op_may(op, PERM_READ_FIGURES) ? BY_CHANNEL : BY_AGENT;
	return *out == BY_NOTHING ? fail(op, ERR_INVALID, "by", "must be one of: agent, channel, priority, topic, language") : OK;
}

static enum err open_asking(struct op *op, const struct web *w, struct asking *k)
{
	struct db_rows heard;
	*k = (struct asking){.op = op, .w = w};
	TRY(read_by(op, w, &k->by));
	TRY(op_query(op, SQL_service_heard, DB_NO_ARGS, &heard));
	return period_read(op, w, db_rows_int(&heard, 0, 0), db_rows_int(&heard, 0, 1), &k->period);
}

static struct msg finding_of(const struct service_page *page, const struct asking *k)
{
	const struct service_time *first = &page->times.v[MEASURE_FIRST];
	struct op *op = k->op;
	if (!first->n) return msg_of(page->is_empty ? "service_none" : "service_no_answers");
	struct msg m = msg_int(isnan(first->level) ? "service_finding" : "service_finding_level", "n", first->n);
	msg_add(&m, (struct msg_arg){.name = "median", .type = MSG_STR, .s = i18n_duration(&op->arena, &op->locale, first->business_median)});
	msg_add(&m, (struct msg_arg){.name = "p90", .type = MSG_STR, .s = i18n_duration(&op->arena, &op->locale, first->business_p90)});
	if (!isnan(first->level)) msg_add(&m, (struct msg_arg){.name = "level", .type = MSG_SHARE, .d = first->level});
	return m;
}

enum err service_get(struct op *op, struct web *w, struct answer *a)
{
	struct service_page *page = ARENA_NEW(&op->arena, struct service_page);
	struct asking *k = ARENA_NEW(&op->arena, struct asking);
	TRY(open_asking(op, w, k));
	for (int m = 0; m < MEASURES_N; m++) {
		TRY(service__cases(op, (enum service_measure)m, k->period.shown.from_ms, k->period.shown.to_ms, &k->cases[m]));
		service__sum(op, &k->cases[m], k->by, &k->sums[m]);
	}
	page->is_empty = k->period.data.to_ms == k->period.data.from_ms;
	page->by = str_of(SERVICE_BYS[k->by]);
	page->by_name = i18n_format(&op->arena, &op->locale, str_fmt(&op->arena, "service_by_%s", SERVICE_BYS[k->by]), NULL, 0);
	page->is_by_agent = k->by == BY_AGENT;
	page->period = k->period.choice;
	page->from = period_first_day(op, k->period.shown);
	page->to = period_last_day(op, k->period.shown);
	page->periods.v = period_options(op, &k->period, &page->periods.n);
	for (int i = 0; SERVICE_BYS[i]; i++) customer_option(op, &page->bys, str_of(SERVICE_BYS[i]), i18n_format(&op->arena, &op->locale, str_fmt(&op->arena, "service_by_%s", SERVICE_BYS[i]), NULL, 0), i == (int)k->by);
	TRY(fill_figures(k, page));
	fill_groups(k, page);
	fill_points(k, page);
	page->finding = finding_of(page, k);
	return answer_with(a, &SERVICE_DESC, page);
}

/* ---- the conversations behind a figure ---- */

struct behind_row {
	str address, title, person;
	int64_t at, took, business;
	struct msg in_time;
	bool is_late, is_reopened;
};
struct service_behind {
	struct msg finding, name;
	str back, of;
	bool is_cut;
	LIST_OF(struct behind_row) rows;
};
static const struct desc_field BEHIND_ROW_FIELDS[] = {
	FIELD(behind_row, address, DESC_STR),
	FIELD(behind_row, title, DESC_STR),
	FIELD(behind_row, person, DESC_STR),
	FIELD(behind_row, at, DESC_TIME, .doc = "when it was answered or solved; absent: not yet"),
	FIELD(behind_row, took, DESC_DURATION),
	FIELD(behind_row, business, DESC_DURATION),
	FIELD(behind_row, in_time, DESC_MSG),
	FIELD(behind_row, is_late, DESC_BOOL),
	FIELD(behind_row, is_reopened, DESC_BOOL),
};
static const struct desc BEHIND_ROW_DESC = DESC(behind_row, BEHIND_ROW_FIELDS);
static const struct desc_field BEHIND_FIELDS[] = {
	FIELD(service_behind, finding, DESC_MSG),
	FIELD(service_behind, name, DESC_MSG),
	FIELD(service_behind, of, DESC_STR),
	FIELD(service_behind, back, DESC_STR),
	FIELD(service_behind, is_cut, DESC_BOOL),
	FIELD(service_behind, rows, DESC_LIST, .item = DESC_STRUCT, .of = &BEHIND_ROW_DESC, .doc = "the longest first, 500 at most"),
};
const struct desc SERVICE_BEHIND_DESC = DESC(service_behind, BEHIND_FIELDS);

static bool has_value(const struct service_case *c, enum service_by by, str value)
{
	if (by != BY_TOPIC) return str_eq(c->of[by].p ? c->of[by] : S(""), value);
	if (!value.n && !c->of[by].n) return true;
	for (str rest = c->of[by]; str_given(rest) && value.n;)
		if (str_eq(str_cut(&rest, '\n'), value)) return true;
	return false;
}

static int longest_first(const void *a, const void *b)
{
	const struct service_case *x = a, *y = b;
	bool x_open = x->to == DESC_NULL_INT, y_open = y->to == DESC_NULL_INT;
	if (x_open != y_open) return x_open ? -1 : 1;
	if (x->business_ms != y->business_ms) return x->business_ms > y->business_ms ? -1 : 1;
	return (x->conversation > y->conversation) - (x->conversation < y->conversation);
}

static enum err add_row(struct op *op, struct service_behind *page, const struct service_case *c)
{
	struct db_rows r;
	TRY(op_query(op, SQL_service_titles, DB_ARGS(db_id(c->conversation)), &r));
	if (!r.n) return OK;
	struct behind_row row = {.address = str_fmt(&op->arena, "/inbox/%s", id_show(&op->arena, S("cnv"), c->conversation).p), .title = db_rows_text(&r, 0, 0), .person = db_rows_text(&r, 0, 1), .at = c->to, .took = DESC_NULL_INT,
		.business = DESC_NULL_INT, .is_late = c->in_time == 0, .is_reopened = c->reopened > 0};
	if (c->to != DESC_NULL_INT) row.took = c->to - c->from, row.business = c->business_ms;
	if (c->in_time != DESC_NULL_INT) row.in_time = msg_of(c->in_time ? "service_in_time" : c->to == DESC_NULL_INT ? "service_still_open" : "service_late");
	page->rows.v[page->rows.n++] = row;
	return OK;
}

static enum err read_measure(struct op *op, const struct web *w, enum service_measure *out)
{
	for (int i = 0; MEASURES[i]; i++)
		if (str_eq(web_query(w, "measure"), str_of(MEASURES[i]))) {
			*out = (enum service_measure)i;
			return OK;
		}
	return fail(op, ERR_INVALID, "measure", "must be one of: first_response, next_response, resolution");
}

static void choose(const struct asking *k, const struct service_cases *all, str value, struct service_cases *out)
{
	*out = (struct service_cases){ARENA_ARRAY(&k->op->arena, struct service_case, all->n + 1), 0};
	for (size_t i = 0; i < all->n; i++) {
		bool is_others = k->by == BY_AGENT && value.p && all->v[i].person != k->op->actor.id && !op_may(k->op, PERM_READ_FIGURES);
		if ((!value.p || has_value(&all->v[i], k->by, value)) && !is_others) out->v[out->n++] = all->v[i];
	}
	if (out->n > 1) qsort(out->v, out->n, sizeof *out->v, longest_first);
}

enum err service_behind_get(struct op *op, struct web *w, struct answer *a)
{
	struct service_behind *page = ARENA_NEW(&op->arena, struct service_behind);
	struct asking *k = ARENA_NEW(&op->arena, struct asking);
	struct service_cases all, some;
	enum service_measure m = MEASURE_FIRST;
	str value = web_query(w, "value");
	TRY(read_measure(op, w, &m));
	TRY(open_asking(op, w, k));
	TRY(service__cases(op, m, k->period.shown.from_ms, k->period.shown.to_ms, &all));
	choose(k, &all, value, &some);
	page->is_cut = some.n > BEHIND_MOST;
	page->rows.v = ARENA_ARRAY(&op->arena, struct behind_row, BEHIND_MOST);
	for (size_t i = 0; i < some.n && i < BEHIND_MOST; i++) TRY(add_row(op, page, &some.v[i]));
	page->name = msg_of(str_fmt(&op->arena, "service_%s", MEASURES[m]).p);
	page->of = value.p ? group_name(op, k->by, value) : STR_NONE;
	page->finding = msg_int("service_behind", "n", (int64_t)some.n);
	bool has_period = k->period.choice.n && !str_eq(k->period.choice, S("custom"));
	page->back = has_period ? str_fmt(&op->arena, "/service?period=%.*s", STR_ARG(k->period.choice)) : S("/service");
	return answer_with(a, &SERVICE_BEHIND_DESC, page);
}
