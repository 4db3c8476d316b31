/* Members are found by one pass over the events (query/members.h) and kept under the state of the data (pulse/kept.h): the page
 * opened again costs nothing, and a touchpoint that arrived since is never missing. Conditions that say "within" look back from
 * now, so a day's passing is a new state as well. */
#include "segment/segment.h"

#include <string.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "i18n/i18n.h"
#include "op/app.h"
#include "pulse/kept.h"
#include "pulse/question.h"
#include "query/members.h"
#include "setting/setting.h"

static const struct desc_field STORED_FIELDS[] = {
	FIELD(segment, id, DESC_ID, .prefix = "seg"),
	FIELD(segment, name, DESC_STR),
	FIELD(segment, description, DESC_STR),
	FIELD_AS(segment, condition, "condition_json", DESC_STR),
	FIELD(segment, form, DESC_STR),
	FIELD(segment, owner, DESC_STR),
	FIELD(segment, changed_at, DESC_TIME),
};
static const struct desc STORED_DESC = {"segment_stored", sizeof(struct segment), STORED_FIELDS, COUNT_OF(STORED_FIELDS)};

static enum err find_members(struct op *op, struct arena *a, void *arg, void **out)
{
	const str *condition = arg;
	const struct query_condition *where;
	const struct people_view *people;
	struct query_context ctx;
	struct query_members found;
	struct segment_members *m = ARENA_NEW(a, struct segment_members);
	TRY(query_read_condition(&op->arena, setting_zone(op->app), *condition, true, &where, &op->fault));
	TRY(question_open(op, PURPOSE_ANALYTICS, &ctx, &people));
	enum err e = query_members(&ctx, where, a, &found, &op->fault);
	question_close(op, &ctx, people);
	*m = (struct segment_members){(int64_t)found.customers, op->now_ms, found.is_partial, found.n_customers, found.is_member};
	*out = m;
	return e;
}

enum err segment_members(struct op *op, str condition, const struct segment_members **out)
{
	str state;
	void *found;
	struct db_rows changed;
	TRY(kept_state(op, &state));
	TRY(op_query(op, SQL_segment_state, DB_NO_ARGS, &changed)); /* one may name another */
	str key = str_fmt(&op->arena, "segment %.*s %lld %lld %.*s", STR_ARG(state), (long long)db_rows_int(&changed, 0, 0), (long long)(op->now_ms / DAY_MS), STR_ARG(condition));
	TRY(kept_get(op, key, find_members, &condition, &found));
	*out = found;
	return OK;
}

enum err segment_all(struct op *op, struct segment **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, SQL_segment_all, DB_NO_ARGS, &STORED_DESC, &rows, n));
	*out = rows;
	return OK;
}

enum err segment_get(struct op *op, id segment, struct segment *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_segment_by_id, DB_ARGS(db_id(segment)), &STORED_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such segment");
	*out = *(struct segment *)rows;
	return OK;
}

static str not_absent(str s)
{
	return str_given(s) ? s : S("");
}

/* That it can be asked at all: what it names is there, and a segment does not hold itself. */
static enum err check(struct op *op, const struct segment *s)
{
	const struct segment_members *members;
	str own = s->id ? id_show(&op->arena, S("seg"), s->id) : STR_NONE;
	if (own.n && str_contains(s->condition, own)) return fail(op, ERR_INVALID, "condition", "a segment cannot hold itself");
	return segment_members(op, s->condition, &members);
}

enum err segment_add(struct op *op, struct segment *s)
{
	TRY(check(op, s));
	s->id = id_new();
	s->owner = op->actor.name.n ? op->actor.name : S("");
	TRY(op_run(op, SQL_segment_add,
	           DB_ARGS(db_id(s->id), db_text(s->name), db_blob(i18n_sort_key(&op->arena, s->name)), db_text(not_absent(s->description)), db_text(s->condition), db_text(not_absent(s->form)),
	                   db_text(s->owner), db_int(op->now_ms), db_int(op->now_ms)),
	           NULL));
	return audit_write(op, "segment_added", "segment", s->id, STR_NONE, s->condition);
}

enum err segment_change(struct op *op, const struct segment *s)
{
	int64_t changed;
	struct segment old;
	TRY(segment_get(op, s->id, &old));
	TRY(check(op, s));
	TRY(op_run(op, SQL_segment_change,
	           DB_ARGS(db_id(s->id), db_text(s->name), db_blob(i18n_sort_key(&op->arena, s->name)), db_text(not_absent(s->description)), db_text(s->condition), db_text(not_absent(s->form)),
	                   db_int(op->now_ms)),
	           &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such segment");
	return audit_write(op, "segment_changed", "segment", s->id, old.condition, s->condition);
}

enum err segment_remove(struct op *op, id segment)
{
	return audit_remove(op, SQL_segment_remove, "segment", segment);
}

enum err segment_restore(struct op *op, id segment)
{
	return audit_restore(op, SQL_segment_restore, "segment", segment);
}
