/* What lies near a change is told by days alone. No strength is computed: a mark that fits is a place to look, and whoever
 * looks has more to go by than its date. A change without any is "unknown", in these words. */
#include "mark/mark.h"

#include <stdlib.h>

#include "audit/audit.h"
#include "base/datetime.h"

const char *const MARK_KINDS[] = {"campaign", "release", "price", "outage", "policy", "competitor", "strike", "holiday", "weather", "other", NULL};

bool mark_kind_find(str name, int *out)
{
	for (int i = 0; MARK_KINDS[i]; i++) {
		*out = i;
		if (str_eq_nocase(name, str_of(MARK_KINDS[i]))) return true;
	}
	return false;
}

bool mark_kind_is_outside(int kind)
{
	return kind == MARK_COMPETITOR || kind == MARK_STRIKE || kind == MARK_HOLIDAY || kind == MARK_WEATHER;
}

static int earlier(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : str_cmp(x->title, y->title);
}

static enum err rules_of(struct op *op, struct mark_event **out, size_t *n)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_mark_event_all, DB_NO_ARGS, &rows));
	*out = ARENA_ARRAY(&op->arena, struct mark_event, rows.n + 1);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++) (*out)[i] = (struct mark_event){db_rows_text(&rows, i, 0), (int)db_rows_int(&rows, i, 1), db_rows_bool(&rows, i, 2)};
	return OK;
}

enum err mark_between(struct op *op, int64_t first_day, int64_t last_day, struct mark **out, size_t *n)
{
	void *stored;
	size_t n_stored, n_events = 0, n_rules;
	struct mark *events = NULL;
	struct mark_event *rules;
	TRY(op_structs(op, SQL_mark_between, DB_ARGS(db_int(first_day), db_int(last_day)), &MARK_DESC, &stored, &n_stored));
	TRY(rules_of(op, &rules, &n_rules));
	if (n_rules) TRY(mark_events_between(op, rules, n_rules, first_day, last_day, &events, &n_events));
	*out = ARENA_ARRAY(&op->arena, struct mark, n_stored + n_events + 1);
	*n = n_stored + n_events;
	for (size_t i = 0; i < *n; i++) (*out)[i] = i < n_stored ? ((struct mark *)stored)[i] : events[i - n_stored];
	qsort(*out, *n, sizeof **out, earlier);
	return OK;
}

static struct db_val day_or_null(int64_t day)
{
	return day == DESC_NULL_INT ? db_null() : db_int(day);
}

static enum err put(struct op *op, struct mark *m, int64_t *added)
{
	m->id = id_new();
	return op_run(op, SQL_mark_add,
	              DB_ARGS(db_id(m->id), db_int(m->kind), db_text(m->title), db_text(str_given(m->note) ? m->note : S("")), db_int(m->from), day_or_null(m->to), db_bool(m->is_outside),
	                      db_int(m->origin), db_text(m->source), db_int(op->now_ms)),
	              added);
}

enum err mark_add(struct op *op, struct mark *m)
{
	int64_t added;
	struct db_rows row;
	TRY(put(op, m, &added));
	if (!added) return fail(op, ERR_CONFLICT, "title", "is there already on this day");
	TRY(op_query(op, SQL_mark_same, DB_ARGS(db_int(m->from), db_int(m->kind), db_text(m->title)), &row));
	if (row.n) m->id = db_rows_id(&row, 0, 0); /* one that was removed came back */
	return audit_write(op, "mark_added", "mark", m->id, STR_NONE, m->title);
}

enum err mark_change(struct op *op, const struct mark *m)
{
	int64_t changed;
	struct db_rows row;
	TRY(op_query(op, SQL_mark_same, DB_ARGS(db_int(m->from), db_int(m->kind), db_text(m->title)), &row));
	if (row.n && db_rows_id(&row, 0, 0) != m->id) return fail(op, ERR_CONFLICT, "title", "is there already on this day");
	TRY(op_run(op, SQL_mark_forget_same, DB_ARGS(db_int(m->from), db_int(m->kind), db_text(m->title)), NULL));
	TRY(op_run(op, SQL_mark_change,
	           DB_ARGS(db_id(m->id), db_int(m->kind), db_text(m->title), db_text(str_given(m->note) ? m->note : S("")), db_int(m->from), day_or_null(m->to), db_bool(m->is_outside)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such mark");
	return audit_write(op, "mark_changed", "mark", m->id, STR_NONE, m->title);
}

enum err mark_remove(struct op *op, id mark)
{
	return audit_remove(op, SQL_mark_remove, "mark", mark);
}

enum err mark_restore(struct op *op, id mark)
{
	return audit_restore(op, SQL_mark_restore, "mark", mark);
}

/* ---- near a change ---- */

static int64_t distance(const struct mark *m, int64_t day)
{
	return m->from > day ? m->from - day : day - m->from;
}

static void sort_by_distance(struct mark *v, size_t n, int64_t day)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && distance(&v[k], day) < distance(&v[k - 1], day); k--) {
			struct mark swap = v[k];
			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
}

enum err mark_near(struct op *op, int64_t first_day, int64_t last_day, struct mark_near *out)
{
	*out = (struct mark_near){.finding = msg_of("mark_near_unknown"), .is_unknown = true};
	TRY(mark_between(op, first_day - MARK_DAYS_BEFORE * DAY_MS, last_day, &out->rows.v, &out->rows.n));
	if (!out->rows.n) return OK;
	sort_by_distance(out->rows.v, out->rows.n, first_day);
	const struct mark *nearest = &out->rows.v[0];
	out->is_unknown = false;
	out->finding = msg_str(out->rows.n > 1 ? "mark_near_several" : nearest->is_outside ? "mark_near_outside" : "mark_near_own", "title", nearest->title);
	msg_add(&out->finding, (struct msg_arg){.name = "day", .type = MSG_DATE, .i = nearest->from});
	msg_add(&out->finding, (struct msg_arg){.name = "n", .type = MSG_INT, .i = (int64_t)out->rows.n});
	return OK;
}
