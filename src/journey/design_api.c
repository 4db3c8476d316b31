/* Designing is correcting what stands there: the form begins with the stages under which touchpoints are filed. A form sends rows
 * (stages, and for each touchpoint the number of its stage), a program the design itself. */
#include <stdlib.h>
#include <string.h>

#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "journey/design.h"
#include "json/json.h"
#include "op/app.h"
#include "pulse/findings.h"
#include "segment/segment.h"

enum { NAME_CHARACTERS = 80, NOTE_CHARACTERS = 200, ROWS_FREE = 2, ROWS_LEAST = 6 };

/* ---- the list ---- */

struct design_row {
	id id;
	str name, persona, owner, address, map;
	int64_t stages, version, changed_at;
};
struct designs {
	struct msg finding;
	LIST_OF(struct design_row) rows;
	bool may_write;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(design_row, id, DESC_ID, .prefix = "jou"),
	FIELD(design_row, name, DESC_STR),
	FIELD(design_row, persona, DESC_STR),
	FIELD(design_row, owner, DESC_STR),
	FIELD(design_row, address, DESC_STR),
	FIELD(design_row, map, DESC_STR, .doc = "where it is measured"),
	FIELD(design_row, stages, DESC_INT),
	FIELD(design_row, version, DESC_INT),
	FIELD(design_row, changed_at, DESC_TIME),
};
static const struct desc ROW_DESC = DESC(design_row, ROW_FIELDS);
static const struct desc_field DESIGNS_FIELDS[] = {
	FIELD(designs, finding, DESC_MSG),
	FIELD(designs, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(designs, may_write, DESC_BOOL),
};
const struct desc DESIGNS_DESC = DESC(designs, DESIGNS_FIELDS);

static str shown_id(struct op *op, id journey)
{
	return id_show(&op->arena, S("jou"), journey);
}

static str address_of(struct op *op, id journey)
{
	return str_fmt(&op->arena, "/journeys/designs/%.*s", STR_ARG(shown_id(op, journey)));
}

enum err design_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct designs *page = ARENA_NEW(&op->arena, struct designs);
	struct design_stored *all;
	size_t n;
	(void)w;
	TRY(design_all(op, &all, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct design_row, n + 1);
	page->rows.n = n;
	for (size_t i = 0; i < n; i++) {
		const struct design_stored *d = &all[i];
		page->rows.v[i] = (struct design_row){.id = d->id, .name = d->name, .persona = d->design.persona, .owner = d->owner, .address = address_of(op, d->id),
			.map = str_fmt(&op->arena, "/journeys/map?journey=%.*s", STR_ARG(shown_id(op, d->id))), .stages = (int64_t)d->design.stages.n, .version = d->version, .changed_at = d->changed_at};
	}
	page->finding = n ? msg_int("designs_some", "n", (int64_t)n) : msg_of("designs_none");
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	return answer_with(a, &DESIGNS_DESC, page);
}

/* ---- what comes in ---- */

struct form_stage {
	int64_t at;
	str place, key, name, need, motive, promise, share_pct, days, score;
};
struct form_filed {
	str event, stage;
	LIST_OF(struct option) stages;
	int64_t at, events;
};
struct design_form {
	str name, note, persona, about, segment;
	LIST_OF(struct form_stage) stages;
	LIST_OF(struct form_filed) filed;
};
static const struct desc_field FORM_STAGE_FIELDS[] = {
	FIELD(form_stage, at, DESC_INT, .flags = DESC_READ_ONLY),
	FIELD(form_stage, place, DESC_STR, .max = 20),
	FIELD(form_stage, key, DESC_STR, .max = 40),
	FIELD(form_stage, name, DESC_STR, .max = 200),
	FIELD(form_stage, need, DESC_STR, .max = 600),
	FIELD(form_stage, motive, DESC_STR, .max = 600),
	FIELD(form_stage, promise, DESC_STR, .max = 600),
	FIELD(form_stage, share_pct, DESC_STR, .max = 20),
	FIELD(form_stage, days, DESC_STR, .max = 20),
	FIELD(form_stage, score, DESC_STR, .max = 20),
};
static const struct desc FORM_STAGE_DESC = DESC(form_stage, FORM_STAGE_FIELDS);
static const struct desc_field FORM_FILED_FIELDS[] = {
	FIELD(form_filed, at, DESC_INT, .flags = DESC_READ_ONLY),
	FIELD(form_filed, event, DESC_STR, .max = 200),
	FIELD(form_filed, stage, DESC_STR, .max = 20),
	FIELD(form_filed, events, DESC_INT, .flags = DESC_READ_ONLY),
	FIELD(form_filed, stages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .flags = DESC_READ_ONLY),
};
static const struct desc FORM_FILED_DESC = DESC(form_filed, FORM_FILED_FIELDS);
static const struct desc_field FORM_FIELDS_OF[] = {
	FIELD(design_form, name, DESC_STR, .max = 400),
	FIELD(design_form, note, DESC_STR, .max = 1000),
	FIELD(design_form, persona, DESC_STR, .max = 200),
	FIELD(design_form, about, DESC_STR, .max = 2000),
	FIELD(design_form, segment, DESC_STR, .max = 40),
	FIELD(design_form, stages, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_STAGE_DESC),
	FIELD(design_form, filed, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FILED_DESC),
};
static const struct desc FORM_DESC = DESC(design_form, FORM_FIELDS_OF);

struct design_input {
	str name, note;
	struct design design;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(design_input, name, DESC_STR, .max = 400),
	FIELD(design_input, note, DESC_STR, .max = 1000, .doc = "what this version changes"),
	FIELD(design_input, design, DESC_STRUCT, .of = &DESIGN_DESC),
};
const struct desc DESIGN_INPUT_DESC = DESC(design_input, INPUT_FIELDS);

static int by_place(const void *x, const void *y)
{
	const struct form_stage *a = x, *b = y;
	int64_t p = INT64_MAX, q = INT64_MAX;
	(void)str_i64(a->place, &p);
	(void)str_i64(b->place, &q);
	return p != q ? (p > q) - (p < q) : (a->at > b->at) - (a->at < b->at);
}

static double number_of(str text, double least, double most, struct faults *f, struct op *op, int64_t at, const char *field)
{
	double value = NAN;
	if (!str_given(text)) return NAN;
	if (str_f64(text, &value) && value >= least && value <= most) return value;
	faults_add(f, str_c(&op->arena, str_fmt(&op->arena, "stages[%lld].%s", (long long)at, field)), NULL, msg_of("design_fault_number"));
	return NAN;
}

/* The rows of a form as a design. What is wrong with a number is said at its field. */
static void make_design(struct op *op, struct design_form *in, struct design *out, struct faults *f)
{
	for (size_t i = 0; i < in->stages.n; i++) in->stages.v[i].at = (int64_t)i;
	struct form_stage *sorted = ARENA_ARRAY(&op->arena, struct form_stage, in->stages.n + 1);
	memcpy(sorted, in->stages.v, in->stages.n * sizeof *sorted);
	qsort(sorted, in->stages.n, sizeof *sorted, by_place);
	id segment = 0;
	if (str_given(in->segment) && !id_read(S("seg"), in->segment, &segment)) faults_add(f, "segment", NULL, msg_of("fault_required"));
	*out = (struct design){.persona = in->persona, .about = in->about, .segment = segment};
	out->stages.v = ARENA_ARRAY(&op->arena, struct design_stage, in->stages.n + 1);
	for (size_t i = 0; i < in->stages.n; i++) {
		const struct form_stage *s = &sorted[i];
		if (!str_given(s->name)) continue;
		struct design_stage *to = &out->stages.v[out->stages.n++];
		*to = (struct design_stage){.key = s->key, .name = s->name, .need = s->need, .motive = s->motive, .promise = s->promise};
		to->share_pct = number_of(s->share_pct, 0, 100, f, op, s->at, "share_pct");
		to->days = number_of(s->days, 0, 3650, f, op, s->at, "days");
		to->score = number_of(s->score, -100, 100, f, op, s->at, "score");
		to->events.v = ARENA_ARRAY(&op->arena, str, in->filed.n + 1);
		for (size_t k = 0; k < in->filed.n; k++) {
			int64_t row;
			if (str_given(in->filed.v[k].event) && str_i64(in->filed.v[k].stage, &row) && row == s->at + 1) to->events.v[to->events.n++] = in->filed.v[k].event;
		}
	}
}

/* ---- the page ---- */

struct version_row {
	int64_t number, made_at;
	str note, made_by, address;
};
static const struct desc_field VERSION_FIELDS[] = {
	FIELD(version_row, number, DESC_INT),
	FIELD(version_row, made_at, DESC_TIME),
	FIELD(version_row, note, DESC_STR),
	FIELD(version_row, made_by, DESC_STR),
	FIELD(version_row, address, DESC_STR, .doc = "the newest beside this one"),
};
static const struct desc VERSION_DESC = DESC(version_row, VERSION_FIELDS);

struct design_page {
	id id;
	str action, map;
	bool is_change, may_write;
	struct input name, note, persona, about;
	LIST_OF(struct option) segments;
	LIST_OF(struct form_stage) stages;
	LIST_OF(struct form_filed) filed;
	LIST_OF(struct version_row) versions;
	LIST_OF(struct form_fault) faults;
	struct design design;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(design_page, id, DESC_ID, .prefix = "jou"),
	FIELD(design_page, action, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(design_page, map, DESC_STR, .doc = "where it is measured"),
	FIELD(design_page, is_change, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(design_page, may_write, DESC_BOOL),
	FIELD(design_page, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(design_page, note, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(design_page, persona, DESC_STRUCT, .of = &INPUT_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(design_page, about, DESC_STRUCT, .of = &INPUT_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(design_page, segments, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(design_page, stages, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_STAGE_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(design_page, filed, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FILED_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(design_page, versions, DESC_LIST, .item = DESC_STRUCT, .of = &VERSION_DESC),
	FIELD(design_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
	FIELD(design_page, design, DESC_STRUCT, .of = &DESIGN_DESC),
};
const struct desc DESIGN_PAGE_DESC = DESC(design_page, PAGE_FIELDS);

static str number_text(struct op *op, double x)
{
	return isnan(x) ? S("") : str_fmt(&op->arena, "%g", x);
}

/* A design as the form's rows. */
static void form_of(struct op *op, const struct design *d, struct design_form *out)
{
	*out = (struct design_form){.persona = d->persona, .about = d->about, .segment = d->segment ? id_show(&op->arena, S("seg"), d->segment) : S("")};
	out->stages.v = ARENA_ARRAY(&op->arena, struct form_stage, d->stages.n + 1);
	out->filed.v = ARENA_ARRAY(&op->arena, struct form_filed, DESIGN_EVENTS);
	for (size_t i = 0; i < d->stages.n; i++) {
		const struct design_stage *s = &d->stages.v[i];
		out->stages.v[out->stages.n++] = (struct form_stage){.key = s->key, .name = s->name, .need = s->need, .motive = s->motive, .promise = s->promise,
			.share_pct = number_text(op, s->share_pct), .days = number_text(op, s->days), .score = number_text(op, s->score)};
		for (size_t k = 0; k < s->events.n && out->filed.n < DESIGN_EVENTS; k++)
			out->filed.v[out->filed.n++] = (struct form_filed){.event = s->events.v[k], .stage = str_fmt(&op->arena, "%zu", i + 1)};
	}
}

static void put_stage_rows(struct op *op, const struct design_form *in, struct design_page *page)
{
	size_t n = in->stages.n + ROWS_FREE;
	if (n < ROWS_LEAST) n = ROWS_LEAST;
	if (n > DESIGN_STAGES) n = DESIGN_STAGES;
	page->stages.v = ARENA_ARRAY(&op->arena, struct form_stage, n);
	page->stages.n = n;
	for (size_t i = 0; i < n; i++) {
		if (i < in->stages.n) page->stages.v[i] = in->stages.v[i];
		else page->stages.v[i] = (struct form_stage){.name = S("")};
		page->stages.v[i].at = (int64_t)i;
		page->stages.v[i].place = str_fmt(&op->arena, "%zu", i + 1);
	}
}

/* Every touchpoint that is heard, and those of the design that are not, with the stage of each. */
static void put_filed_rows(struct op *op, const struct heard *h, const struct design_form *in, struct design_page *page)
{
	page->filed.v = ARENA_ARRAY(&op->arena, struct form_filed, h->n + in->filed.n + 1);
	for (size_t i = 0; i < h->n; i++) page->filed.v[page->filed.n++] = (struct form_filed){.event = h->v[i].event, .stage = S("0"), .events = h->v[i].events};
	for (size_t i = 0; i < in->filed.n; i++) {
		size_t k = 0;
		while (k < page->filed.n && !str_eq(page->filed.v[k].event, in->filed.v[i].event)) k++;
		if (k == page->filed.n) page->filed.v[page->filed.n++] = (struct form_filed){.event = in->filed.v[i].event};
		page->filed.v[k].stage = in->filed.v[i].stage;
	}
	for (size_t i = 0; i < page->filed.n; i++) {
		struct form_filed *f = &page->filed.v[i];
		f->at = (int64_t)i;
		f->stages.v = ARENA_ARRAY(&op->arena, struct option, page->stages.n + 1);
		f->stages.v[f->stages.n++] = (struct option){S("0"), i18n_format(&op->arena, &op->locale, S("design_no_stage"), NULL, 0), false};
		for (size_t s = 0; s < page->stages.n; s++) {
			str number = str_fmt(&op->arena, "%zu", s + 1), shown = i18n_int(&op->arena, &op->locale, (int64_t)s + 1), name = page->stages.v[s].name;
			str label = str_given(name) ? str_fmt(&op->arena, "%.*s. %.*s", STR_ARG(shown), STR_ARG(name)) : shown;
			f->stages.v[f->stages.n++] = (struct option){number, label, str_eq(f->stage, number)};
		}
	}
}

static enum err put_segments(struct op *op, str chosen, struct design_page *page)
{
	struct segment *all;
	size_t n;
	TRY(segment_all(op, &all, &n));
	page->segments.v = ARENA_ARRAY(&op->arena, struct option, n + 1);
	page->segments.v[page->segments.n++] = (struct option){S(""), i18n_format(&op->arena, &op->locale, S("design_everybody"), NULL, 0), !str_given(chosen)};
	for (size_t i = 0; i < n; i++) {
		str shown = id_show(&op->arena, S("seg"), all[i].id);
		page->segments.v[page->segments.n++] = (struct option){shown, all[i].name, str_eq(shown, chosen)};
	}
	return OK;
}

static enum err fill(struct op *op, const struct design_form *in, struct design_page *page)
{
	const struct heard *h;
	TRY(heard_get(op, &h));
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->name.value = in->name;
	page->note.value = in->note;
	page->persona.value = in->persona;
	page->about.value = in->about;
	put_stage_rows(op, in, page);
	put_filed_rows(op, h, in, page);
	return put_segments(op, in->segment, page);
}

enum err design_new_get(struct op *op, struct web *w, struct answer *a)
{
	struct design_page *page = ARENA_NEW(&op->arena, struct design_page);
	struct design_form form;
	(void)w;
	TRY(design_usual(op, &page->design));
	form_of(op, &page->design, &form);
	page->action = S("/journeys/designs");
	TRY(fill(op, &form, page));
	return answer_with(a, &DESIGN_PAGE_DESC, page);
}

static enum err put_versions(struct op *op, id journey, struct design_page *page)
{
	struct design_version *v;
	size_t n;
	TRY(design_versions(op, journey, &v, &n));
	page->versions.v = ARENA_ARRAY(&op->arena, struct version_row, n + 1);
	page->versions.n = n;
	for (size_t i = 0; i < n; i++)
		page->versions.v[i] = (struct version_row){v[i].number, v[i].made_at, v[i].note, v[i].made_by, str_fmt(&op->arena, "%.*s&over=v%lld", STR_ARG(page->map), (long long)v[i].number)};
	return OK;
}

static void head_of(struct op *op, id journey, struct design_page *page)
{
	page->id = journey;
	page->is_change = true;
	page->action = address_of(op, journey);
	page->map = str_fmt(&op->arena, "/journeys/map?journey=%.*s", STR_ARG(shown_id(op, journey)));
}

enum err design_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct design_page *page = ARENA_NEW(&op->arena, struct design_page);
	struct design_stored d;
	struct design_form form;
	id journey;
	TRY(web_id(op, w, "id", "jou", &journey));
	TRY(design_get(op, journey, 0, &d));
	head_of(op, journey, page);
	page->design = d.design;
	form_of(op, &d.design, &form);
	form.name = d.name;
	TRY(fill(op, &form, page));
	TRY(put_versions(op, journey, page));
	return answer_with(a, &DESIGN_PAGE_DESC, page);
}

/* ---- saving ---- */

static enum err refuse(struct op *op, struct answer *a, struct design_page *page, const struct design_form *form, const struct faults *f)
{
	TRY(fill(op, form, page));
	faults_keep(op, f, &page->faults.v, &page->faults.n);
	a->page = "journey/design";
	return answer_refused(op, a, &DESIGN_PAGE_DESC, page);
}

static enum err check_segment(struct op *op, id segment, struct faults *f)
{
	struct segment s;
	if (!segment) return OK;
	enum err e = segment_get(op, segment, &s);
	if (e != ERR_NOT_FOUND) return e;
	fault_clear(&op->fault);
	faults_add(f, "segment", NULL, msg_of("segment_broken"));
	return OK;
}

/* What design_check has against it, as the form says it. */
static void tell_check(struct op *op, struct faults *f)
{
	size_t n;
	struct form_fault *found = web_faults(op, &n);
	for (size_t i = 0; i < n && f->n < FAULTS_MOST; i++) f->v[f->n++] = (struct form_fault){S(""), found[i].text};
	fault_clear(&op->fault);
}

/* journey 0: a new one. */
static enum err save(struct op *op, struct web *w, struct answer *a, id journey)
{
	struct design_form form = {0};
	struct design_input in = {0};
	struct design_page *page = ARENA_NEW(&op->arena, struct design_page);
	struct faults faults = {0};
	if (web_is_form(w)) {
		TRY(web_input(op, w, &FORM_DESC, &form));
		in.name = form.name;
		in.note = form.note;
		make_design(op, &form, &in.design, &faults);
	} else {
		TRY(web_input(op, w, &DESIGN_INPUT_DESC, &in));
		form_of(op, &in.design, &form);
		form.name = in.name;
		form.note = in.note;
	}
	page->action = S("/journeys/designs");
	if (journey) head_of(op, journey, page);
	page->design = in.design;
	page->name.value = str_given(in.name) ? in.name : S("");
	page->note.value = str_given(in.note) ? in.note : S("");
	faults_text(&faults, "name", &page->name, true, NAME_CHARACTERS);
	faults_text(&faults, "note", &page->note, false, NOTE_CHARACTERS);
	TRY(check_segment(op, in.design.segment, &faults));
	if (!faults.n && design_check(op, &in.design) != OK) tell_check(op, &faults);
	if (faults.n) return refuse(op, a, page, &form, &faults);
	struct design_stored d = {.id = journey, .name = page->name.value, .note = page->note.value, .design = in.design};
	TRY(journey ? design_change(op, &d) : design_add(op, &d));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, str_fmt(&op->arena, "/journeys/map?journey=%.*s", STR_ARG(shown_id(op, d.id))));
}

/* ---- what is alike for all that is edited ---- */

static const struct edited EDITED = {"jou", "/journeys/designs", "notice_design_removed", true, design_remove, design_restore, save};

enum err design_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &EDITED);
}

enum err design_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err design_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err design_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
