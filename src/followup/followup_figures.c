/* followup_figures.c: how fast loops are closed, by cause and team, and what customers did afterwards. Recovery is compared within
 * cells of the same cause and the same number of orders before (none, one, two or three, more), and the cells' shares of those who
 * were not recovered in time are weighed as the recovered are spread over them: direct standardisation. An association. */
#include <math.h>
#include <stdlib.h>

#include "base/compare.h"
#include "base/datetime.h"
#include "followup/followup_inner.h"
#include "http/web.h"
#include "i18n/i18n.h"

enum { DAYS = 90, LEAST = 10, LEAST_MATCHED = 30, GROUPS_MOST = 200, BINS = 4 };
static const int64_t AFTER_MS = 90 * DAY_MS;

struct followup_group {
	str name;
	int64_t n, closed;
	int64_t median, p90; /* DESC_DURATION */
	double on_time;
	struct msg interval;
	double *hours;
	int64_t in_time;
};
struct followup_recovery {
	struct msg finding;
	int64_t recovered, matched;
	double share, other_share, difference, low, high;
	bool is_enough;
};
struct followup_figures {
	struct msg finding;
	int64_t days;
	LIST_OF(struct followup_group) causes, teams;
	struct followup_group all;
	struct followup_recovery recovery;
	bool is_empty;
};
static const struct desc_field GROUP_FIELDS[] = {
	FIELD(followup_group, name, DESC_STR),
	FIELD(followup_group, n, DESC_INT, .doc = "closed, or past their due time"),
	FIELD(followup_group, closed, DESC_INT),
	FIELD(followup_group, median, DESC_DURATION, .doc = "from made to closed, of those closed"),
	FIELD(followup_group, p90, DESC_DURATION),
	FIELD(followup_group, on_time, DESC_SHARE, .doc = "closed by their due time, of n"),
	FIELD(followup_group, interval, DESC_MSG),
};
static const struct desc GROUP_DESC = DESC(followup_group, GROUP_FIELDS);
static const struct desc_field RECOVERY_FIELDS[] = {
	FIELD(followup_recovery, finding, DESC_MSG),
	FIELD(followup_recovery, recovered, DESC_INT),
	FIELD(followup_recovery, matched, DESC_INT),
	FIELD(followup_recovery, share, DESC_SHARE, .doc = "of those recovered in time, who ordered again within 90 days"),
	FIELD(followup_recovery, other_share, DESC_SHARE, .doc = "of alike customers who were not, weighed alike"),
	FIELD(followup_recovery, difference, DESC_REAL),
	FIELD(followup_recovery, low, DESC_REAL),
	FIELD(followup_recovery, high, DESC_REAL),
	FIELD(followup_recovery, is_enough, DESC_BOOL),
};
static const struct desc RECOVERY_DESC = DESC(followup_recovery, RECOVERY_FIELDS);
static const struct desc_field FIGURES_FIELDS[] = {
	FIELD(followup_figures, finding, DESC_MSG),
	FIELD(followup_figures, days, DESC_INT),
	FIELD(followup_figures, is_empty, DESC_BOOL),
	FIELD(followup_figures, all, DESC_STRUCT, .of = &GROUP_DESC),
	FIELD(followup_figures, causes, DESC_LIST, .item = DESC_STRUCT, .of = &GROUP_DESC),
	FIELD(followup_figures, teams, DESC_LIST, .item = DESC_STRUCT, .of = &GROUP_DESC),
	FIELD(followup_figures, recovery, DESC_STRUCT, .of = &RECOVERY_DESC),
};
const struct desc FOLLOWUP_FIGURES_DESC = DESC(followup_figures, FIGURES_FIELDS);

/* ---- how fast ---- */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Type 7, linear between two values. */
static int64_t quantile(const double *v, size_t n, double q)
{
	if (!n) return DESC_NULL_INT;
	double at = q * (double)(n - 1);
	size_t low = (size_t)at, high = low + 1 < n ? low + 1 : low;
	return (int64_t)llround(v[low] + (at - (double)low) * (v[high] - v[low]));
}

static void count(struct followup_group *g, int64_t made, int64_t closed, int64_t due)
{
	bool is_closed = closed != DESC_NULL_INT;
	g->n++;
	if (is_closed) g->hours[g->closed++] = (double)(closed - made);
	g->in_time += is_closed && closed <= due;
}

static void finish(struct op *op, struct followup_group *g)
{
	qsort(g->hours, (size_t)g->closed, sizeof *g->hours, ascending);
	g->median = quantile(g->hours, (size_t)g->closed, 0.5);
	g->p90 = g->closed >= LEAST ? quantile(g->hours, (size_t)g->closed, 0.9) : DESC_NULL_INT;
	g->on_time = g->n ? (double)g->in_time / (double)g->n : NAN;
	struct interval i = interval_wilson(g->in_time, g->n);
	if (g->n < LEAST) {
		g->interval = msg_of("too_few");
		return;
	}
	g->interval = (struct msg){.key = "followup_between", .n = 2, .args = {{.name = "low", .type = MSG_SHARE, .d = i.low}, {.name = "high", .type = MSG_SHARE, .d = i.high}}};
	(void)op;
}

static struct followup_group *group_of(struct op *op, struct followup_group *v, size_t *n, str name, size_t rows)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq(v[i].name, name)) return &v[i];
	if (*n == GROUPS_MOST) return &v[*n - 1];
	v[*n] = (struct followup_group){.name = name, .hours = ARENA_ARRAY(&op->arena, double, rows + 1)};
	return &v[(*n)++];
}

static enum err fill_times(struct op *op, struct followup_figures *page)
{
	struct db_rows r;
	struct msg nobody = msg_of("followup_nobody");
	TRY(op_query(op, SQL_followup_closed_times, DB_ARGS(db_int(op->now_ms - page->days * DAY_MS), db_int(op->now_ms)), &r));
	page->causes.v = ARENA_ARRAY(&op->arena, struct followup_group, GROUPS_MOST);
	page->teams.v = ARENA_ARRAY(&op->arena, struct followup_group, GROUPS_MOST);
	page->all.hours = ARENA_ARRAY(&op->arena, double, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		int64_t made = db_rows_int(&r, i, 4), closed = db_rows_int(&r, i, 5), due = db_rows_int(&r, i, 6);
		str team = db_rows_text(&r, i, 3), cause = followup__rule_name(op, db_rows_text(&r, i, 1), db_rows_text(&r, i, 2));
		team = team.n ? i18n_pattern(op->locale.lang, str_fmt(&op->arena, "role_%.*s", STR_ARG(team))) : i18n_msg(&op->arena, &op->locale, &nobody);
		count(&page->all, made, closed, due);
		count(group_of(op, page->causes.v, &page->causes.n, cause, r.n), made, closed, due);
		count(group_of(op, page->teams.v, &page->teams.n, team, r.n), made, closed, due);
	}
	finish(op, &page->all);
	for (size_t i = 0; i < page->causes.n; i++) finish(op, &page->causes.v[i]);
	for (size_t i = 0; i < page->teams.n; i++) finish(op, &page->teams.v[i]);
	page->is_empty = r.n == 0;
	return OK;
}

/* ---- afterwards ---- */

struct cell {
	id rule;
	int bin;
	int64_t n[2], again[2]; /* not recovered, recovered */
};

static struct cell *cell_of(struct cell *v, size_t *n, id rule, int64_t orders)
{
	int bin = orders <= 0 ? 0 : orders == 1 ? 1 : orders < 4 ? 2 : 3;
	for (size_t i = 0; i < *n; i++)
		if (v[i].rule == rule && v[i].bin == bin) return &v[i];
	if (*n == GROUPS_MOST) return NULL;
	v[*n] = (struct cell){.rule = rule, .bin = bin};
	return &v[(*n)++];
}

static void compare(const struct cell *v, size_t n, struct followup_recovery *out)
{
	double sum = 0, again = 0, expected = 0, variance = 0;
	for (size_t i = 0; i < n; i++)
		if (v[i].n[0] && v[i].n[1]) sum += (double)v[i].n[1], out->recovered += v[i].n[1], out->matched += v[i].n[0];
	for (size_t i = 0; i < n; i++) {
		if (!v[i].n[0] || !v[i].n[1]) continue;
		double weight = (double)v[i].n[1] / sum, p1 = (double)v[i].again[1] / (double)v[i].n[1], p0 = (double)v[i].again[0] / (double)v[i].n[0];
		/* Agresti-Caffo's smoothing keeps a cell of all or none from being certain. */
		double s1 = (double)(v[i].again[1] + 1) / (double)(v[i].n[1] + 2), s0 = (double)(v[i].again[0] + 1) / (double)(v[i].n[0] + 2);
		again += weight * p1;
		expected += weight * p0;
		variance += weight * weight * (s1 * (1 - s1) / (double)v[i].n[1] + s0 * (1 - s0) / (double)v[i].n[0]);
	}
	out->is_enough = out->recovered >= LEAST_MATCHED && out->matched >= LEAST_MATCHED;
	out->share = sum > 0 ? again : NAN;
	out->other_share = sum > 0 ? expected : NAN;
	out->difference = again - expected;
	out->low = fmax(-1, out->difference - 1.959964 * sqrt(variance));
	out->high = fmin(1, out->difference + 1.959964 * sqrt(variance));
	if (!out->is_enough) out->difference = out->low = out->high = NAN;
}

static enum err fill_recovery(struct op *op, struct followup_recovery *out)
{
	struct db_rows r;
	size_t n = 0;
	struct cell *cells = ARENA_ARRAY(&op->arena, struct cell, GROUPS_MOST);
	TRY(op_query(op, SQL_followup_behaviour, DB_ARGS(db_int(op->now_ms), db_int(AFTER_MS)), &r));
	for (size_t i = 0; i < r.n; i++) {
		struct cell *c = cell_of(cells, &n, db_rows_id(&r, i, 0), db_rows_int(&r, i, 2));
		int64_t is_recovered = db_rows_int(&r, i, 1);
		if (!c) continue;
		c->n[is_recovered]++;
		c->again[is_recovered] += db_rows_int(&r, i, 3) > 0;
	}
	compare(cells, n, out);
	out->finding = msg_of(!out->is_enough ? "followup_recovery_few" : out->low > 0 ? "followup_recovery_better" : out->high < 0 ? "followup_recovery_worse" : "followup_recovery_same");
	if (!out->is_enough) {
		out->finding = msg_int("followup_recovery_few", "recovered", out->recovered);
		msg_add(&out->finding, (struct msg_arg){.name = "matched", .type = MSG_INT, .i = out->matched});
		return OK;
	}
	const double points[] = {out->difference, out->low, out->high};
	static const char *const names[] = {"points", "low", "high"};
	msg_add(&out->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = out->share});
	msg_add(&out->finding, (struct msg_arg){.name = "other", .type = MSG_SHARE, .d = out->other_share});
	for (int i = 0; i < 3; i++) msg_add(&out->finding, (struct msg_arg){.name = names[i], .type = MSG_REAL, .d = round(points[i] * 1000) / 10});
	return OK;
}

enum err followup_figures_get(struct op *op, struct web *w, struct answer *a)
{
	struct followup_figures *page = ARENA_NEW(&op->arena, struct followup_figures);
	str days = web_query(w, "days");
	page->days = DAYS;
	if (days.n && (!str_i64(days, &page->days) || page->days < 1 || page->days > 3660)) return fail(op, ERR_INVALID, "days", "1 to 3660");
	TRY(fill_times(op, page));
	TRY(fill_recovery(op, &page->recovery));
	page->finding = msg_int(page->is_empty ? "followup_figures_none" : "followup_figures_finding", "n", page->all.n);
	if (!page->is_empty) {
		msg_add(&page->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = page->all.on_time});
		str median = i18n_duration(&op->arena, &op->locale, page->all.median);
		msg_add(&page->finding, (struct msg_arg){.name = "median", .type = MSG_STR, .s = median});
	}
	return answer_with(a, &FOLLOWUP_FIGURES_DESC, page);
}
