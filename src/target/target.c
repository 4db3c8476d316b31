/* The distance is told as figures tell their changes: shares in percentage points, the rest as a share of the target. */
#include "target/target.h"

#include "audit/audit.h"
#include "base/datetime.h"
#include "i18n/zone.h"
#include "pulse/figure.h"
#include "setting/setting.h"
#include "target/target_inner.h"

static const struct desc_field TARGET_ROW_FIELDS[] = {
	FIELD(target, id, DESC_ID, .prefix = "tar"),
	FIELD(target, metric, DESC_STR),
	FIELD(target, scope, DESC_STR),
	FIELD(target, value, DESC_REAL),
	FIELD(target, due, DESC_DATE),
	FIELD(target, owner, DESC_ID, .prefix = "per"),
	FIELD(target, owner_name, DESC_STR),
	FIELD(target, currency, DESC_STR),
};
static const struct desc TARGET_ROW_DESC = {"target_stored", sizeof(struct target), TARGET_ROW_FIELDS, COUNT_OF(TARGET_ROW_FIELDS)};

static enum err read(struct op *op, enum sql q, const struct db_val *args, size_t n_args, struct target **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, q, args, n_args, &TARGET_ROW_DESC, &rows, n));
	*out = rows;
	return OK;
}

enum err target_of_scope(struct op *op, str scope, struct target **out, size_t *n)
{
	return read(op, SQL_target_of_scope, DB_ARGS(db_text(scope)), out, n);
}

enum err target__all(struct op *op, struct target **out, size_t *n)
{
	return read(op, SQL_target_all, DB_NO_ARGS, out, n);
}

enum err target_put(struct op *op, struct target *t)
{
	const struct metric *m = metric_find(t->metric);
	struct target *rows;
	size_t n;
	if (!m || m->direction == METRIC_BETTER_NONE) return fail(op, ERR_INVALID, "metric", "not a figure of which one way is better");
	t->id = id_new();
	TRY(op_run(op, SQL_target_put, DB_ARGS(db_id(t->id), db_text(t->metric), db_text(t->scope), db_real(t->value), db_int(t->due), db_id(t->owner), db_int(op->now_ms), db_text(t->currency)), NULL));
	TRY(target_of_scope(op, t->scope, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].metric, t->metric)) t->id = rows[i].id;
	return audit_write(op, "target_set", "target", t->id, STR_NONE, str_fmt(&op->arena, "%.*s %.*s %g", STR_ARG(t->metric), STR_ARG(t->scope), t->value));
}

enum err target_remove(struct op *op, id target)
{
	return audit_remove(op, SQL_target_remove, "target", target);
}

enum err target_restore(struct op *op, id target)
{
	return audit_restore(op, SQL_target_restore, "target", target);
}

bool target_is_met(const struct metric *m, double value, double number)
{
	return m->direction == METRIC_BETTER_DOWN ? number <= value : number >= value;
}

static struct measure measure_of(enum metric_unit unit, double value)
{
	return unit == METRIC_UNIT_MONEY ? measure_micro((__int128)llround(value * 1e6)) : (struct measure){.number = value};
}

double target_number(const struct target *t, const struct figure *f)
{
	if (!t->currency.n || !f->currency.n || str_eq(t->currency, f->currency)) return f->number;
	for (size_t i = 0; i < f->others.n; i++)
		if (str_eq(t->currency, f->others.v[i].currency)) return f->others.v[i].number;
	return NAN;
}

struct msg target_distance(const struct op *op, const struct target *t, double number)
{
	const struct metric *m = metric_find(t->metric);
	if (!m) return (struct msg){0};
	bool is_share = m->unit == METRIC_UNIT_SHARE, is_met = !isnan(number) && target_is_met(m, t->value, number);
	int64_t today = zone_to_civil(setting_zone(op->app), op->now_ms) / DAY_MS * DAY_MS;
	struct msg out = msg_of(isnan(number) ? "target_unknown" : is_met ? "target_met" : t->due < today ? (is_share ? "target_missed_points" : "target_missed") : is_share ? "target_away_points" : "target_away");
	msg_add(&out, figure_arg("target", m->unit, measure_of(m->unit, t->value), t->currency));
	msg_add(&out, (struct msg_arg){.name = "day", .type = MSG_DATE, .i = t->due});
	if (is_met || isnan(number)) return out;
	if (is_share) msg_add(&out, (struct msg_arg){.name = "points", .type = MSG_REAL, .d = round(fabs(number - t->value) * 1000) / 10});
	else msg_add(&out, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = t->value != 0 ? fabs(number - t->value) / fabs(t->value) : NAN});
	return out;
}

static void draw(struct op *op, const struct metric *m, struct target *t, struct figure *f)
{
	if (!t->currency.n) t->currency = f->currency;
	double number = target_number(t, f), most = fmax(t->value, isnan(number) ? 0 : number) * 1.1;
	f->target = target_distance(op, t, number);
	f->is_target_met = !isnan(number) && target_is_met(m, t->value, number);
	f->target_owner = t->owner_name;
	f->target_width = figure_width(op, most > 0 ? number / most : 0);
	f->target_x = figure_width(op, most > 0 ? t->value / most : 0);
}

enum err target_show(struct op *op, str scope, struct figure *v, size_t n)
{
	struct target *targets;
	size_t n_targets;
	TRY(target_of_scope(op, scope, &targets, &n_targets));
	for (size_t i = 0; i < n; i++) {
		const struct metric *m = metric_find(v[i].key);
		if (!m || m->direction == METRIC_BETTER_NONE) continue;
		if (op_may(op, PERM_WRITE_FIGURES))
			v[i].target_set = str_fmt(&op->arena, "/targets?metric=%.*s&scope=%.*s#target-form", STR_ARG(v[i].key), STR_ARG(web_url(op, scope)));
		for (size_t k = 0; k < n_targets; k++)
			if (str_eq(targets[k].metric, v[i].key)) draw(op, m, &targets[k], &v[i]);
	}
	return OK;
}
