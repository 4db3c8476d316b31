/* effort_judge.c: as many days after the change are held against as many before it. The time after grows until it is as long as the
 * time before; from then on nothing is added, so that a figure which is looked at every day is not looked at until it differs by
 * chance: until that day the page says "so far". Rejected: a time after without an end (everything that happens later would count
 * for the effort), and a chance corrected for each look (nobody counts the looks). */
#include <math.h>

#include "base/datetime.h"
#include "effort/effort_inner.h"
#include "i18n/i18n.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "pulse/findings.h"
#include "pulse/kept.h"
#include "setting/setting.h"

static const double SURE = 0.05;

enum effort_outcome effort__outcome(const struct effort_compared *c, int64_t least, enum effort_expected expected)
{
	if (c->after.n < least) return EFFORT_TOO_EARLY;
	if (c->before.n < least) return EFFORT_NO_BASE;
	if (!(c->difference.p < SURE)) return EFFORT_UNMOVED;
	return (c->difference.difference > 0) == (expected == EFFORT_RISES) ? EFFORT_MOVED : EFFORT_WORSE;
}

enum err effort__last_day(struct op *op, int64_t *out)
{
	const struct heard *heard;
	TRY(heard_get(op, &heard));
	*out = heard->last_ms;
	if (heard->last_ms == DESC_NULL_INT) return OK;
	int64_t civil = zone_to_civil(setting_zone(op->app), heard->last_ms), day = civil - (civil % DAY_MS + DAY_MS) % DAY_MS, yesterday = effort__today(op) - DAY_MS;
	*out = day < yesterday ? day : yesterday;
	return OK;
}

static enum err judge_one(struct op *op, const struct effort *e, int64_t last_day, struct effort_judged *j)
{
	struct effort_figure f;
	*j = (struct effort_judged){.outcome = EFFORT_NONE, .asked = {DESC_NULL_INT, DESC_NULL_INT, DESC_NULL_INT, DESC_NULL_INT}};
	if (!e->figure.n || e->effect_day == DESC_NULL_INT || e->decision == EFFORT_UNDECIDED) return OK;
	int64_t watch = e->watch_days * DAY_MS, end = last_day == DESC_NULL_INT ? e->effect_day : last_day + DAY_MS;
	j->is_settled = end >= e->effect_day + watch;
	j->asked = (struct effort_asked){e->effect_day, j->is_settled ? e->effect_day + watch : end, e->effect_day - watch, e->effect_day};
	j->outcome = EFFORT_WAITING;
	if (end <= e->effect_day) return OK;
	if (effort__figure_read(op, e->figure, &f) != OK) { /* it was a question when it was written down */
		fault_clear(&op->fault);
		j->outcome = EFFORT_NONE;
		return OK;
	}
	TRY(effort__figure_ask(op, &f, j->asked, &j->compared));
	j->outcome = effort__outcome(&j->compared, effort__figure_least(&f), (enum effort_expected)e->expected);
	return OK;
}

struct asked {
	const struct effort *v;
	size_t n;
	int64_t last_day;
};

static enum err judge_all(struct op *op, struct arena *a, void *arg, void **out)
{
	const struct asked *x = arg;
	struct effort_judged *j = ARENA_ARRAY(a, struct effort_judged, x->n + 1);
	for (size_t i = 0; i < x->n; i++) TRY(judge_one(op, &x->v[i], x->last_day, &j[i]));
	*out = j;
	return OK;
}

enum err effort__judge(struct op *op, const struct effort *v, size_t n, const struct effort_judged **out)
{
	enum { KEY_BYTES = 16 << 20 };
	struct asked x = {v, n, 0};
	struct buf key;
	str state;
	void *found;
	TRY(kept_state(op, &state));
	TRY(effort__last_day(op, &x.last_day));
	buf_init(&key, KEY_BYTES);
	buf_fmt(&key, "efforts %.*s %lld", STR_ARG(state), (long long)x.last_day);
	for (size_t i = 0; i < n; i++)
		buf_fmt(&key, "\n%lld %lld %lld %d %d %.*s", (long long)v[i].id, (long long)v[i].effect_day, (long long)v[i].watch_days, v[i].expected, v[i].decision, STR_ARG(v[i].figure));
	str known = str_dup(&op->arena, buf_str(&key));
	buf_release(&key);
	TRY(kept_get(op, known, judge_all, &x, &found));
	*out = found;
	return OK;
}

static void add(struct msg *m, const char *name, str text)
{
	msg_add(m, (struct msg_arg){.name = name, .type = MSG_STR, .s = text});
}

struct msg effort__judgement(struct op *op, const struct effort *e, const struct effort_judged *j)
{
	const struct effort_compared *c = &j->compared;
	enum effort_unit unit = c->after.unit;
	struct effort_figure f;
	if (j->outcome == EFFORT_NONE || effort__figure_read(op, e->figure, &f) != OK) {
		fault_clear(&op->fault);
		return msg_of(!e->figure.n ? "effort_no_figure" : e->decision == EFFORT_UNDECIDED ? "effort_not_decided" : "effort_no_date");
	}
	if (j->outcome == EFFORT_WAITING) return msg_of("effort_waiting");
	bool is_few = j->outcome == EFFORT_TOO_EARLY || j->outcome == EFFORT_NO_BASE;
	struct msg n = msg_int(effort__figure_n_key(&f), "n", j->outcome == EFFORT_NO_BASE ? c->before.n : c->after.n), n_before = msg_int(effort__figure_n_key(&f), "n", c->before.n);
	struct msg m = msg_str(is_few ? (j->outcome == EFFORT_NO_BASE ? "effort_no_base" : "effort_too_early") : j->is_settled ? "effort_judgement" : "effort_judgement_so_far", "n", i18n_msg(&op->arena, &op->locale, &n));
	if (is_few) {
		msg_add(&m, (struct msg_arg){.name = "least", .type = MSG_INT, .i = effort__figure_least(&f)});
		return m;
	}
	add(&m, "before", effort__shown(op, unit, c->before.value));
	add(&m, "after", effort__shown(op, unit, c->after.value));
	add(&m, "low", effort__shown_difference(op, unit, c->difference.low));
	add(&m, "high", effort__shown_difference(op, unit, c->difference.high));
	add(&m, "n_before", i18n_msg(&op->arena, &op->locale, &n_before));
	return m;
}
