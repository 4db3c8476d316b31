/* alert_jobs.c: one job for all rules that are due. Figures are asked in an op of its own, which only reads; then what follows from
 * them, alerts, mails and webhooks, is written with the job's own end: after a crash both are there or neither. */
#include <math.h>
#include <pthread.h>

#include "alert/alert_inner.h"
#include "base/datetime.h"
#include "base/log.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "setting/setting.h"
#include "webhook/webhook.h"

enum { DAYS_A_PASS = 120, PROBLEM_BYTES = 400 };
static const int64_t HOUR_MS = 3600000, MINUTE_MS = 60000;

struct finding {
	struct alert_rule rule;
	const struct alert_figure *figure;
	enum alert_verdict verdict;
	struct alert_reading now;
	struct unusual unusual;
	struct alert_day *days; /* read just now, to be kept */
	size_t n_days;
	bool is_behind;         /* of its past more is to be read */
	str problem;
};
struct pass {
	struct op *op; /* reads */
	struct op *writing; /* the job's: it tells that it goes on */
	id job;
	const struct zone *zone;
	int64_t today_ms;
	int room; /* for days of the past */
};

/* ---- asking ---- */

/* What is wrong with the question is the rule's to say; all else ends the pass. */
static enum err measure(struct pass *p, struct finding *f, int64_t from_ms, int64_t to_ms, struct alert_reading *out)
{
	char room[FAULT_TEXT + FAULT_FIELD + 4];
	if (!job_progress(p->writing, p->job, 0, 0)) return ERR_BUSY;
	enum err e = alert__measure(p->op, f->figure, f->rule.question, f->rule.value, from_ms, to_ms, out);
	if (e != ERR_INVALID && e != ERR_MALFORMED && e != ERR_TOO_LARGE && e != ERR_NOT_READY) return e;
	f->problem = str_sub(str_dup(&p->op->arena, str_of(fault_text(&p->op->fault, room, sizeof room))), 0, PROBLEM_BYTES);
	fault_clear(&p->op->fault);
	*out = (struct alert_reading){.value = NAN, .se = NAN, .n = DESC_NULL_INT};
	return OK;
}

/* Yesterday is asked anew each time, since touchpoints come late; of what lies further back another day by turns, so that what was
 * imported or erased since is in it within a day. */
static enum err read_past(struct pass *p, struct finding *f, struct alert_day past[UNUSUAL_DAYS])
{
	struct alert_day *known;
	size_t n, k = 0;
	int64_t end = p->today_ms;
	int turn = 1 + (int)(p->op->now_ms / MINUTE_MS % (UNUSUAL_DAYS - 1));
	TRY(alert__days(p->op, f->rule.id, zone_add(p->zone, p->today_ms, ZONE_DAY, -UNUSUAL_DAYS), &known, &n));
	f->days = ARENA_ARRAY(&p->op->arena, struct alert_day, UNUSUAL_DAYS + 1);
	while (k < n && known[k].day >= p->today_ms) k++; /* a level's own day */
	for (int i = 0; i < UNUSUAL_DAYS && !f->problem.n; i++) {
		int64_t day = zone_add(p->zone, p->today_ms, ZONE_DAY, -1 - i);
		while (k < n && known[k].day > day) k++;
		bool is_known = k < n && known[k].day == day, is_window = f->figure->shape == ALERT_SHAPE_WINDOW;
		past[i] = is_known ? known[k] : (struct alert_day){.day = day, .value = NAN, .n = DESC_NULL_INT, .se = NAN};
		k += is_known;
		if (is_window && (!is_known || i == 0 || i == turn)) {
			struct alert_reading r;
			if (p->room-- <= 0) return f->is_behind = true, OK;
			TRY(measure(p, f, day, end, &r));
			past[i] = f->days[f->n_days++] = (struct alert_day){day, r.value, r.n, r.se};
		}
		end = day;
	}
	return OK;
}

static bool is_enough(const struct finding *f, struct alert_reading r, double usual)
{
	double n = f->figure->unit == ALERT_UNIT_COUNT ? fmax(r.value, isnan(usual) ? 0 : usual) : r.n == DESC_NULL_INT ? INFINITY : (double)r.n;
	return n >= (double)f->rule.least_n;
}

static void judge_day(struct finding *f, const struct alert_day *past, size_t n, struct alert_reading r)
{
	struct unusual_day days[UNUSUAL_DAYS];
	bool is_count = f->figure->unit == ALERT_UNIT_COUNT;
	for (size_t i = 0; i < n; i++) days[i] = (struct unusual_day){past[i].n != DESC_NULL_INT && !is_count && past[i].n < 1 ? NAN : past[i].value, past[i].se};
	f->now = r;
	f->unusual = unusual_judge(days, n, (struct unusual_day){r.value, r.se}, is_count, f->rule.limit);
	f->verdict = f->unusual.is_known && is_enough(f, r, f->unusual.usual) ? alert__judge_unusual(f->rule.condition, f->rule.limit, f->unusual.z) : ALERT_UNKNOWN;
}

/* A window: yesterday as a whole; of a count today as far as it is, once that alone is more than a whole day's. */
static void judge_unusual(struct finding *f, const struct alert_day past[UNUSUAL_DAYS], struct alert_reading today)
{
	if (f->figure->shape == ALERT_SHAPE_LEVEL) {
		judge_day(f, past, UNUSUAL_DAYS, today);
		return;
	}
	if (f->figure->unit == ALERT_UNIT_COUNT && f->rule.condition != ALERT_UNUSUAL_DOWN) {
		judge_day(f, past, UNUSUAL_DAYS, today);
		if (f->verdict == ALERT_HOLDS && f->unusual.z > 0) return;
	}
	judge_day(f, past + 1, UNUSUAL_DAYS - 1, (struct alert_reading){past[0].value, past[0].se, past[0].n});
}

static enum err look(struct pass *p, struct finding *f)
{
	struct alert_day past[UNUSUAL_DAYS];
	const struct alert_rule *r = &f->rule;
	bool is_unusual = alert__is_unusual(r->condition);
	int64_t now = p->op->now_ms, from = is_unusual ? p->today_ms : now - r->window_days * DAY_MS;
	f->unusual = (struct unusual){.usual = NAN, .low = NAN, .high = NAN, .z = NAN};
	f->problem = S("");
	TRY(measure(p, f, from, now, &f->now));
	if (!f->problem.n) TRY(read_past(p, f, past));
	if (f->problem.n) return OK;
	if (f->figure->shape == ALERT_SHAPE_LEVEL) f->days[f->n_days++] = (struct alert_day){p->today_ms, f->now.value, f->now.n, f->now.se};
	if (is_unusual && !f->is_behind) judge_unusual(f, past, f->now);
	if (is_unusual) return OK;
	bool is_count = f->figure->unit == ALERT_UNIT_COUNT;
	f->verdict = is_count || is_enough(f, f->now, NAN) ? alert__judge_limit(r->condition, r->limit, f->now.value, f->figure->unit) : ALERT_UNKNOWN;
	return OK;
}

/* ---- what follows ---- */

struct settling {
	struct op *op;
	int64_t noticed, most; /* of the last 24 hours */
	LIST_OF(struct alert_row) raised;
};

static struct db_val real(double d)
{
	return isnan(d) ? db_null() : db_real(d);
}

static enum err raise(struct settling *s, const struct finding *f, id *alert)
{
	struct op *op = s->op;
	bool is_held = s->noticed >= s->most;
	*alert = id_new();
	TRY(op_run(op, SQL_alert_raise,
		DB_ARGS(db_id(*alert), db_id(f->rule.id), db_int(op->now_ms), db_int(f->rule.condition), db_real(f->rule.limit), db_real(f->now.value), db_int_or_null(f->now.n), real(f->unusual.usual),
			real(f->unusual.low), real(f->unusual.high), db_bool(is_held), db_int_or_null(is_held ? DESC_NULL_INT : op->now_ms)),
		NULL));
	log_info("alert_raised", F_STR("rule", id_show(&op->arena, S("alr"), f->rule.id)), F_INT("held", is_held));
	if (is_held) return OK;
	struct alert_row *row = &s->raised.v[s->raised.n++];
	s->noticed++;
	TRY(alert__row(op, *alert, row));
	return webhook_put(op, WEBHOOK_alert_raised, id_show(&op->arena, S("alt"), *alert), &ALERT_ROW_DESC, row);
}

/* Who was not told of it is not told that it is over. */
static enum err clear(struct op *op, id alert)
{
	struct alert_row row;
	TRY(op_run(op, SQL_alert_clear, DB_ARGS(db_id(alert), db_int(op->now_ms)), NULL));
	TRY(alert__row(op, alert, &row));
	return row.noticed_at == DESC_NULL_INT ? OK : webhook_put(op, WEBHOOK_alert_cleared, id_show(&op->arena, S("alt"), alert), &ALERT_ROW_DESC, &row);
}

static enum err take_step(struct settling *s, const struct finding *f, enum alert_step step, struct alert_rule *now)
{
	static const enum alert_state AFTER[] = {[ALERT_STEP_RAISE] = ALERT_RAISED, [ALERT_STEP_STILL] = ALERT_RAISED, [ALERT_STEP_EASE] = ALERT_EASING, [ALERT_STEP_AGAIN] = ALERT_RAISED, [ALERT_STEP_CLEAR] = ALERT_CALM};
	struct op *op = s->op;
	if (step == ALERT_STEP_NONE) return OK;
	now->state = AFTER[step];
	if (step == ALERT_STEP_RAISE) return raise(s, f, &now->alert);
	if (step == ALERT_STEP_EASE) return now->calm_since = op->now_ms, OK;
	if (step != ALERT_STEP_CLEAR) return op_run(op, SQL_alert_still, DB_ARGS(db_id(now->alert), db_int(op->now_ms), db_int(step == ALERT_STEP_AGAIN)), NULL);
	TRY(clear(op, now->alert));
	now->alert = 0;
	return OK;
}

static enum err settle(struct settling *s, const struct finding *f, int64_t next_at)
{
	struct alert_rule now;
	struct op *op = s->op;
	enum err e = alert__rule(op, f->rule.id, &now);
	if (e == ERR_NOT_FOUND || (e == OK && now.changed_at != f->rule.changed_at)) return fault_clear(&op->fault), OK; /* meanwhile */
	TRY(e);
	int64_t calm_for = now.calm_since == DESC_NULL_INT ? 0 : op->now_ms - now.calm_since;
	enum alert_step step = alert__step((enum alert_state)now.state, f->verdict, calm_for, now.calm_hours * HOUR_MS);
	if (now.state == ALERT_EASING && f->verdict == ALERT_NEAR) now.calm_since = op->now_ms;
	TRY(take_step(s, f, step, &now));
	if (now.state != ALERT_EASING) now.calm_since = DESC_NULL_INT;
	for (size_t i = 0; i < f->n_days; i++)
		TRY(op_run(op, SQL_alert_day_put, DB_ARGS(db_id(now.id), db_int(f->days[i].day), real(f->days[i].value), db_int_or_null(f->days[i].n), real(f->days[i].se)), NULL));
	TRY(op_run(op, SQL_alert_day_forget, DB_ARGS(db_id(now.id), db_int(op->now_ms - 2 * UNUSUAL_DAYS * DAY_MS)), NULL));
	return op_run(op, SQL_alert_rule_checked,
		DB_ARGS(db_id(now.id), db_int(op->now_ms), db_int(f->is_behind ? op->now_ms : next_at), db_int(now.state), db_int_or_null(now.calm_since), db_id(now.alert), real(f->now.value),
			db_int_or_null(f->now.n), real(f->unusual.usual), real(f->unusual.low), real(f->unusual.high), db_text(f->problem)),
		NULL);
}

struct held {
	int64_t n;
};
static const struct desc_field HELD_FIELDS[] = {FIELD(held, n, DESC_INT)};
static const struct desc HELD_DESC = {"alert_held", sizeof(struct held), HELD_FIELDS, COUNT_OF(HELD_FIELDS)};

/* Those past the most of a day, once the day is over. */
static enum err tell_held(struct op *op, int64_t today_ms)
{
	struct db_rows r;
	TRY(op_query(op, SQL_alert_held_before, DB_ARGS(db_int(today_ms)), &r));
	if (!db_rows_int(&r, 0, 0)) return OK;
	struct held held = {db_rows_int(&r, 0, 0)};
	TRY(alert__mail_held(op, held.n));
	TRY(webhook_put(op, WEBHOOK_alert_summary, datetime_show(&op->arena, today_ms), &HELD_DESC, &held));
	return op_run(op, SQL_alert_held_told, DB_ARGS(db_int(today_ms)), NULL);
}

static enum err write_down(struct op *op, const struct finding *v, size_t n, int64_t today_ms)
{
	struct db_rows r;
	struct settling s = {.op = op, .most = setting_int(op->app, SETTING_alert_most_a_day)};
	int64_t next_at = op->now_ms + setting_int(op->app, SETTING_alert_minutes) * MINUTE_MS;
	op->locale = setting_locale(op);
	TRY(op_query(op, SQL_alert_noticed_since, DB_ARGS(db_int(op->now_ms - DAY_MS)), &r));
	s.noticed = db_rows_int(&r, 0, 0);
	s.raised.v = ARENA_ARRAY(&op->arena, struct alert_row, n + 1);
	for (size_t i = 0; i < n; i++) TRY(settle(&s, &v[i], next_at));
	TRY(tell_held(op, today_ms));
	alert__tell_pages(op);
	return s.raised.n ? alert__mail_raised(op, s.raised.v, s.raised.n) : OK;
}

static enum err look_at_all(struct pass *p, struct finding **out, size_t *n)
{
	struct alert_rule *rules;
	TRY(alert__rules_due(p->op, &rules, n));
	*out = ARENA_ARRAY(&p->op->arena, struct finding, *n + 1);
	for (size_t i = 0; i < *n; i++) {
		struct finding *f = &(*out)[i];
		f->rule = rules[i];
		f->figure = alert__figure(rules[i].figure);
		if (!f->figure) f->figure = &ALERT_FIGURES[ALERT_FIGURE_own];
		TRY(look(p, f));
	}
	return OK;
}

static enum err check(struct op *op, id job)
{
	struct op reading;
	struct finding *v = NULL;
	size_t n = 0;
	op_init(&reading, op->app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	reading.locale = setting_locale(&reading);
	struct pass p = {.op = &reading, .writing = op, .job = job, .zone = setting_zone(op->app), .room = DAYS_A_PASS};
	p.today_ms = zone_floor(p.zone, reading.now_ms, ZONE_DAY);
	enum err e = op_end(&reading, look_at_all(&p, &v, &n));
	if (e == OK) e = n ? write_down(op, v, n, p.today_ms) : tell_held(op, p.today_ms);
	else if (e != ERR_BUSY) e = fail(op, e, "alert", "figures could not be asked");
	op_release(&reading);
	return e;
}

enum err alert_check_job(struct op *op, id job, str payload)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	(void)payload;
	if (pthread_mutex_trylock(&one)) return ERR_BUSY;
	enum err e = check(op, job);
	pthread_mutex_unlock(&one);
	return e;
}
