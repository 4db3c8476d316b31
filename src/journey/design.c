/* A design is stored as the JSON that it is given out as, a row a version. */
#include "journey/design.h"

#include "audit/audit.h"
#include "collect/collect.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "op/app.h"
#include "pulse/findings.h"

static const struct desc_field STAGE_FIELDS[] = {
	FIELD(design_stage, key, DESC_STR, .max = 40, .flags = DESC_OMIT, .doc = "of the stages under which touchpoints are filed, where it is one"),
	FIELD(design_stage, name, DESC_STR, .max = 200),
	FIELD(design_stage, events, DESC_LIST, .item = DESC_STR, .max = 200),
	FIELD(design_stage, need, DESC_STR, .max = 600, .flags = DESC_OMIT),
	FIELD(design_stage, motive, DESC_STR, .max = 600, .flags = DESC_OMIT),
	FIELD(design_stage, promise, DESC_STR, .max = 600, .flags = DESC_OMIT),
	FIELD(design_stage, share_pct, DESC_REAL, .max = 100, .flags = DESC_OMIT, .doc = "wanted: per cent of the journey's customers"),
	FIELD(design_stage, days, DESC_REAL, .max = 3650, .flags = DESC_OMIT, .doc = "wanted: the median stay, at most"),
	FIELD(design_stage, score, DESC_REAL, .min = -100, .max = 100, .flags = DESC_OMIT, .doc = "wanted: the mean score, at least"),
};
const struct desc DESIGN_STAGE_DESC = DESC(design_stage, STAGE_FIELDS);
static const struct desc_field DESIGN_FIELDS[] = {
	FIELD(design, persona, DESC_STR, .max = 200, .flags = DESC_OMIT),
	FIELD(design, about, DESC_STR, .max = 2000, .flags = DESC_OMIT),
	FIELD(design, segment, DESC_ID, .prefix = "seg", .flags = DESC_OMIT),
	FIELD(design, stages, DESC_LIST, .item = DESC_STRUCT, .of = &DESIGN_STAGE_DESC),
};
const struct desc DESIGN_DESC = DESC(design, DESIGN_FIELDS);

static const struct desc_field STORED_FIELDS[] = {
	FIELD(design_stored, id, DESC_ID, .prefix = "jou"),
	FIELD(design_stored, name, DESC_STR),
	FIELD(design_stored, version, DESC_INT),
	FIELD(design_stored, owner, DESC_STR),
	FIELD(design_stored, changed_at, DESC_TIME),
	FIELD(design_stored, note, DESC_STR),
	FIELD_AS(design_stored, json, "design_json", DESC_STR),
};
static const struct desc STORED_DESC = DESC(design_stored, STORED_FIELDS);

str design_stage_key(const struct design_stage *s)
{
	return str_given(s->key) ? s->key : s->name;
}

/* ---- what a design must be ---- */

static void bad(struct op *op, enum err *e, size_t i, const char *field, const char *text)
{
	*e = fault_set(&op->fault, ERR_INVALID, str_c(&op->arena, str_fmt(&op->arena, "stages[%zu].%s", i, field)), "%s", text);
}

static bool has_event(const struct design_stage *s, str event)
{
	for (size_t i = 0; i < s->events.n; i++)
		if (str_eq(s->events.v[i], event)) return true;
	return false;
}

enum err design_check(struct op *op, const struct design *d)
{
	enum err e = OK;
	size_t events = 0;
	if (d->stages.n < 2 || d->stages.n > DESIGN_STAGES) return fail(op, ERR_INVALID, "stages", "a journey has 2 to %d stages", DESIGN_STAGES);
	for (size_t i = 0; i < d->stages.n; i++) {
		const struct design_stage *s = &d->stages.v[i];
		events += s->events.n;
		if (!str_given(s->name)) bad(op, &e, i, "name", "a stage has a name");
		for (size_t k = 0; k < i; k++) {
			if (str_eq(design_stage_key(s), design_stage_key(&d->stages.v[k]))) bad(op, &e, i, "name", "two stages have this name");
			for (size_t x = 0; x < s->events.n; x++)
				if (has_event(&d->stages.v[k], s->events.v[x])) bad(op, &e, i, "events", "a touchpoint belongs to one stage");
		}
	}
	if (e == OK && (!events || events > DESIGN_EVENTS)) return fail(op, ERR_INVALID, "stages", "a journey has 1 to %d kinds of touchpoints in its stages", DESIGN_EVENTS);
	return e;
}

/* ---- records ---- */

static enum err read_design(struct op *op, struct design_stored *d)
{
	return json_into(&op->arena, &DESIGN_DESC, d->json, &d->design, &op->fault);
}

enum err design_all(struct op *op, struct design_stored **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, SQL_journey_all, DB_NO_ARGS, &STORED_DESC, &rows, n));
	*out = rows;
	for (size_t i = 0; i < *n; i++) TRY(read_design(op, &(*out)[i]));
	return OK;
}

enum err design_get(struct op *op, id journey, int64_t version, struct design_stored *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_journey_by_id, DB_ARGS(db_id(journey), db_int(version)), &STORED_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", version ? "there is no such journey or version" : "there is no such journey");
	*out = *(struct design_stored *)rows;
	return read_design(op, out);
}

static enum err add_version(struct op *op, const struct design_stored *d)
{
	return op_run(op, SQL_journey_version_add,
	              DB_ARGS(db_id(d->id), db_text(str_given(d->note) ? d->note : S("")), db_text(json_of(&op->arena, &DESIGN_DESC, &d->design)),
	                      db_text(op->actor.name.n ? op->actor.name : S("")), db_int(op->now_ms)),
	              NULL);
}

enum err design_add(struct op *op, struct design_stored *d)
{
	TRY(design_check(op, &d->design));
	d->id = id_new();
	TRY(op_run(op, SQL_journey_add,
	           DB_ARGS(db_id(d->id), db_text(d->name), db_blob(i18n_sort_key(&op->arena, d->name)), db_text(op->actor.name.n ? op->actor.name : S("")), db_int(op->now_ms)), NULL));
	TRY(add_version(op, d));
	return audit_write(op, "journey_added", "journey", d->id, STR_NONE, d->name);
}

enum err design_change(struct op *op, const struct design_stored *d)
{
	int64_t changed;
	TRY(design_check(op, &d->design));
	TRY(op_run(op, SQL_journey_change, DB_ARGS(db_id(d->id), db_text(d->name), db_blob(i18n_sort_key(&op->arena, d->name)), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such journey");
	TRY(add_version(op, d));
	return audit_write(op, "journey_changed", "journey", d->id, STR_NONE, d->name);
}

enum err design_remove(struct op *op, id journey)
{
	return audit_remove(op, SQL_journey_remove, "journey", journey);
}

enum err design_restore(struct op *op, id journey)
{
	return audit_restore(op, SQL_journey_restore, "journey", journey);
}

enum err design_versions(struct op *op, id journey, struct design_version **out, size_t *n)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_journey_versions, DB_ARGS(db_id(journey)), &rows));
	*n = rows.n;
	*out = ARENA_ARRAY(&op->arena, struct design_version, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		(*out)[i] = (struct design_version){.number = db_rows_int(&rows, i, 0), .note = db_rows_text(&rows, i, 1), .made_by = db_rows_text(&rows, i, 2), .made_at = db_rows_int(&rows, i, 3)};
	return OK;
}

/* ---- what one begins with ---- */

enum err design_usual(struct op *op, struct design *out)
{
	const struct heard *h;
	TRY(heard_get(op, &h));
	*out = (struct design){0};
	out->stages.v = ARENA_ARRAY(&op->arena, struct design_stage, STAGE_COUNT);
	for (int stage = 1; stage < STAGE_COUNT && out->stages.n < DESIGN_STAGES; stage++) {
		struct design_stage *s = &out->stages.v[out->stages.n++];
		str name = str_fmt(&op->arena, "stage_%s", STAGES[stage]);
		*s = (struct design_stage){.key = str_of(STAGES[stage]), .name = i18n_format(&op->arena, &op->locale, name, NULL, 0), .share_pct = NAN, .days = NAN, .score = NAN};
		s->events.v = ARENA_ARRAY(&op->arena, str, h->n + 1);
		for (size_t i = 0; i < h->n; i++) {
			bool has_row;
			struct touchpoint_kind kind = collect_filing(op->app, h->v[i].event, &has_row);
			if (has_row && (int)kind.stage == stage && s->events.n < DESIGN_EVENTS) s->events.v[s->events.n++] = h->v[i].event;
		}
	}
	return OK;
}
