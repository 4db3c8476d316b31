/* The clock of a response runs from the customer's oldest message that nobody answered. That of resolution runs from the first message;
 * where the level pauses it, only while a customer waits for us. */
#include "conversation/service_level.h"

#include "conversation/conversation_inner.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "setting/setting.h"

enum { PERCENT = 100 };
enum marked { MARKED_NOT, MARKED_WARNED, MARKED_OVERDUE };
const char *const SERVICE_TARGETS[] = {"first", "next", "resolution", NULL};

/* ---- levels ---- */

enum calendar_column { CALENDAR_ID, CALENDAR_NAME, CALENDAR_ZONE, CALENDAR_HOURS, CALENDAR_HOLIDAYS };
enum level_column { ID, NAME, PRIORITY, CHANNEL, CALENDAR, FIRST, NEXT, RESOLUTION, DOES_PAUSE, WARN };

/* What was stored was read once before it was. */
static const struct hours *hours_of(struct op *op, const struct db_rows *r, size_t i)
{
	struct hours *h = ARENA_NEW(&op->arena, struct hours);
	str days = db_rows_text(r, i, CALENDAR_HOURS), zone = db_rows_text(r, i, CALENDAR_ZONE);
	int line;
	h->zone = zone.n ? zone_find(zone) : NULL;
	if (!h->zone) h->zone = setting_zone(op->app);
	for (int day = 0; day < HOURS_DAYS && str_given(days); day++) (void)hours_read_day(&op->arena, str_cut(&days, '\n'), &h->days[day]);
	(void)hours_read_holidays(&op->arena, db_rows_text(r, i, CALENDAR_HOLIDAYS), &h->holidays, &h->n_holidays, &line);
	return h;
}

static enum err read_hours(struct op *op, struct service_level *l)
{
	struct db_rows r;
	if (!l->calendar) return OK;
	TRY(op_query(op, SQL_service_calendar_get, DB_ARGS(db_id(l->calendar)), &r));
	if (r.n) l->hours = hours_of(op, &r, 0);
	return OK;
}

enum err service_levels(struct op *op, struct service_level **out, size_t *n)
{
	struct db_rows r;
	TRY(op_query(op, SQL_service_levels, DB_NO_ARGS, &r));
	*n = r.n;
	*out = ARENA_ARRAY(&op->arena, struct service_level, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		(*out)[i] = (struct service_level){.id = db_rows_id(&r, i, ID), .name = db_rows_text(&r, i, NAME), .priority = db_rows_int(&r, i, PRIORITY), .channel = db_rows_text(&r, i, CHANNEL), .calendar = db_rows_id(&r, i, CALENDAR),
			.target_ms = {db_rows_int(&r, i, FIRST), db_rows_int(&r, i, NEXT), db_rows_int(&r, i, RESOLUTION)}, .does_pause = db_rows_bool(&r, i, DOES_PAUSE), .warn_pct = db_rows_int(&r, i, WARN)};
		TRY(read_hours(op, &(*out)[i]));
	}
	return OK;
}

const struct service_level *service_level_of(const struct service_level *levels, size_t n, int64_t priority, str channel)
{
	for (size_t i = 0; i < n; i++)
		if ((levels[i].priority == DESC_NULL_INT || levels[i].priority == priority) && (!levels[i].channel.n || str_eq(levels[i].channel, channel))) return &levels[i];
	return NULL;
}

/* ---- one conversation ---- */

struct due {
	int64_t at, warn_at;
	enum service_target what;
};
struct clock {
	const struct service_level *l;
	int64_t waiting_since, made_at;
	int64_t used_ms;            /* of the time of resolution */
	int64_t resolution_due_at;  /* once it is known */
	bool is_answered;
};
enum standing_column { STATE, STANDING_PRIORITY, STANDING_CHANNEL, MADE_AT, SOLVED_AT, IS_AUTOMATIC, DUE_AT, DUE_WHAT, WARN_AT, DUE_MARKED, RESOLUTION_MET };
enum course_column { MESSAGE, KIND, AT, MESSAGE_DUE_AT };

static bool has_target(const struct service_level *l, enum service_target t)
{
	return l && l->target_ms[t] != DESC_NULL_INT;
}

static int64_t after(const struct service_level *l, int64_t from, int64_t ms)
{
	int64_t at = hours_after(l->hours, from, ms > 0 ? ms : 0);
	return at == INT64_MIN ? DESC_NULL_INT : at;
}

/* The clock of resolution runs through [from, to). */
static void use(struct clock *c, int64_t from, int64_t to)
{
	if (!has_target(c->l, TARGET_RESOLUTION)) return;
	int64_t left = c->l->target_ms[TARGET_RESOLUTION] - c->used_ms, ms = hours_between(c->l->hours, from, to);
	if (c->resolution_due_at == DESC_NULL_INT && ms > left) c->resolution_due_at = after(c->l, from, left);
	c->used_ms += ms;
}

static int64_t response_due_at(const struct clock *c)
{
	enum service_target t = c->is_answered ? TARGET_NEXT : TARGET_FIRST;
	return has_target(c->l, t) ? after(c->l, c->waiting_since, c->l->target_ms[t]) : DESC_NULL_INT;
}

static enum err step(struct op *op, struct clock *c, const struct db_rows *r, size_t i)
{
	int64_t at = db_rows_int(r, i, AT);
	if (db_rows_int(r, i, KIND) == MESSAGE_IN) {
		if (c->waiting_since == DESC_NULL_INT) c->waiting_since = at;
		return OK;
	}
	if (c->waiting_since != DESC_NULL_INT) {
		int64_t due = response_due_at(c);
		if (due != DESC_NULL_INT && db_rows_int(r, i, MESSAGE_DUE_AT) == DESC_NULL_INT) TRY(op_run(op, SQL_service_answer_due, DB_ARGS(db_id(db_rows_id(r, i, MESSAGE)), db_int(due)), NULL));
		if (c->l && c->l->does_pause) use(c, c->waiting_since, at);
	}
	c->is_answered = true;
	c->waiting_since = DESC_NULL_INT;
	return OK;
}

/* From when the clock of resolution runs on, for what is not solved; DESC_NULL_INT: it stands. */
static int64_t runs_from(const struct clock *c)
{
	return c->l && c->l->does_pause ? c->waiting_since : c->made_at;
}

static void take_sooner(struct due *d, int64_t at, int64_t warn_at, enum service_target what)
{
	if (at == DESC_NULL_INT || (d->at != DESC_NULL_INT && d->at <= at)) return;
	*d = (struct due){at, warn_at, what};
}

static struct due next_due(const struct clock *c)
{
	struct due d = {DESC_NULL_INT, DESC_NULL_INT, TARGET_FIRST};
	const struct service_level *l = c->l;
	enum service_target response = c->is_answered ? TARGET_NEXT : TARGET_FIRST;
	if (!l) return d;
	if (c->waiting_since != DESC_NULL_INT && has_target(l, response)) take_sooner(&d, response_due_at(c), after(l, c->waiting_since, l->target_ms[response] * l->warn_pct / PERCENT), response);
	int64_t from = runs_from(c);
	if (!has_target(l, TARGET_RESOLUTION)) return d;
	int64_t target = l->target_ms[TARGET_RESOLUTION], at = c->resolution_due_at;
	if (at == DESC_NULL_INT && from == DESC_NULL_INT) return d;
	if (at == DESC_NULL_INT) at = after(l, from, target - c->used_ms);
	take_sooner(&d, at, from == DESC_NULL_INT ? at : after(l, from, target * l->warn_pct / PERCENT - c->used_ms), TARGET_RESOLUTION);
	return d;
}

static int64_t was_in_time(struct clock *c, int64_t solved_at)
{
	if (!has_target(c->l, TARGET_RESOLUTION)) return DESC_NULL_INT;
	int64_t from = runs_from(c);
	if (from != DESC_NULL_INT) use(c, from, solved_at);
	return c->resolution_due_at == DESC_NULL_INT;
}

static enum err write(struct op *op, id conversation, const struct db_rows *s, const struct due *d, int64_t met)
{
	bool is_none = d->at == DESC_NULL_INT, is_same = d->at == db_rows_int(s, 0, DUE_AT) && (is_none || (int64_t)d->what == db_rows_int(s, 0, DUE_WHAT));
	int64_t marked = is_none ? DESC_NULL_INT : is_same ? db_rows_int(s, 0, DUE_MARKED) : MARKED_NOT;
	if (is_same && d->warn_at == db_rows_int(s, 0, WARN_AT) && met == db_rows_int(s, 0, RESOLUTION_MET)) return OK;
	TRY(op_run(op, SQL_service_due, DB_ARGS(db_id(conversation), db_int_or_null(d->at), db_int_or_null(is_none ? DESC_NULL_INT : (int64_t)d->what), db_int_or_null(d->warn_at), db_int_or_null(marked), db_int_or_null(met)), NULL));
	return marked == MARKED_NOT ? job_add(op, "service_watch", S("{}"), d->warn_at, S("schedule"), NULL) : OK;
}

static enum err settle(struct op *op, const struct service_level *levels, size_t n, id conversation)
{
	struct db_rows s, r;
	TRY(op_query(op, SQL_service_standing, DB_ARGS(db_id(conversation)), &s));
	if (!s.n) return OK;
	struct clock c = {.waiting_since = DESC_NULL_INT, .resolution_due_at = DESC_NULL_INT, .made_at = db_rows_int(&s, 0, MADE_AT)};
	struct due d = {DESC_NULL_INT, DESC_NULL_INT, TARGET_FIRST};
	int64_t met = DESC_NULL_INT;
	bool is_solved = db_rows_int(&s, 0, STATE) == CONVERSATION_SOLVED;
	c.l = db_rows_bool(&s, 0, IS_AUTOMATIC) ? NULL : service_level_of(levels, n, db_rows_int(&s, 0, STANDING_PRIORITY), db_rows_text(&s, 0, STANDING_CHANNEL));
	if (c.l) {
		TRY(op_query(op, SQL_service_course, DB_ARGS(db_id(conversation)), &r));
		for (size_t i = 0; i < r.n; i++) TRY(step(op, &c, &r, i));
		if (is_solved) met = was_in_time(&c, db_rows_int(&s, 0, SOLVED_AT));
		else d = next_due(&c);
	}
	/* what was solved in time, or late, before its level went stays so */
	if (!c.l && is_solved) met = db_rows_int(&s, 0, RESOLUTION_MET);
	return write(op, conversation, &s, &d, met);
}

enum err service_settle(struct op *op, id conversation)
{
	struct service_level *levels;
	size_t n;
	TRY(service_levels(op, &levels, &n));
	return settle(op, levels, n, conversation);
}

/* ---- jobs ---- */

struct settling {
	id after;
	bool is_over;
};

static enum err settle_some(struct op *op, void *arg)
{
	struct settling *s = arg;
	struct service_level *levels;
	struct db_rows r;
	size_t n;
	TRY(service_levels(op, &levels, &n));
	TRY(op_query(op, SQL_service_conversations, DB_ARGS(db_int((int64_t)s->after)), &r));
	for (size_t i = 0; i < r.n; i++) TRY(settle(op, levels, n, s->after = db_rows_id(&r, i, 0)));
	s->is_over = !r.n;
	return OK;
}

enum err service_settle_job(struct op *op, id job, str payload)
{
	struct settling s = {0};
	(void)payload;
	for (int64_t done = 0; !s.is_over; done++) {
		TRY(op_apart(op->app, "service_settle", settle_some, &s));
		if (!job_progress(op, job, done, done + !s.is_over)) return ERR_BUSY;
	}
	return OK;
}

/* Those that are nearly due, or overdue, since it looked last: it stands in their history, and lists show it. */
enum err service_watch_job(struct op *op, id job, str payload)
{
	struct db_rows r;
	(void)job, (void)payload;
	TRY(op_query(op, SQL_service_watched, DB_ARGS(db_int(op->now_ms)), &r));
	for (size_t i = 0; i < r.n; i++) {
		id conversation = db_rows_id(&r, i, 0);
		bool is_overdue = db_rows_int(&r, i, 1) <= op->now_ms;
		TRY(op_run(op, SQL_service_mark, DB_ARGS(db_id(conversation), db_int(is_overdue ? MARKED_OVERDUE : MARKED_WARNED)), NULL));
		TRY(conversation__step(op, conversation, is_overdue ? "overdue" : "due_soon", S("")));
		conversation__tell(op, conversation);
	}
	return OK;
}
