#include "area/area.h"
#include "base/datetime.h"
#include "collect/touchpoint.h"
#include "http/edited.h"
#include "http/faults.h"
#include "op/app.h"
#include "order/currency.h"
#include "product/product.h"
#include "pulse/figure.h"
#include "pulse/pulse.h"
#include "segment/segment.h"
#include "setting/setting.h"
#include "target/target_inner.h"

enum { SCOPE_BYTES = 300 };

struct target_row {
	id id;
	str metric;
	struct msg name;
	str scope, scope_name, address;
	double value;
	str currency;
	struct msg distance;
	bool is_met;
	int64_t due;
	str owner_name;
};
struct target_form {
	str scope, scope_name;
	LIST_OF(struct option) metrics, owners;
	str currency; /* of values that are money */
	struct input value, due;
};
struct targets {
	struct msg finding;
	LIST_OF(struct target_row) rows;
	struct target_form form;
	bool may_write;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(target_row, id, DESC_ID, .prefix = "tar"),
	FIELD(target_row, metric, DESC_STR),
	FIELD(target_row, name, DESC_MSG),
	FIELD(target_row, scope, DESC_STR, .doc = "empty: the whole; product:CODE; family:NAME; segment:ID"),
	FIELD(target_row, scope_name, DESC_STR),
	FIELD(target_row, address, DESC_STR),
	FIELD(target_row, value, DESC_REAL),
	FIELD(target_row, currency, DESC_STR, .doc = "of a value that is money"),
	FIELD(target_row, distance, DESC_MSG),
	FIELD(target_row, is_met, DESC_BOOL),
	FIELD(target_row, due, DESC_DATE),
	FIELD(target_row, owner_name, DESC_STR),
};
static const struct desc ROW_DESC = {"target", sizeof(struct target_row), ROW_FIELDS, COUNT_OF(ROW_FIELDS)};
static const struct desc_field TARGET_FORM_FIELDS[] = {
	FIELD(target_form, scope, DESC_STR),
	FIELD(target_form, scope_name, DESC_STR),
	FIELD(target_form, metrics, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(target_form, owners, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(target_form, currency, DESC_STR, .doc = "of a value that is money"),
	FIELD(target_form, value, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(target_form, due, DESC_STRUCT, .of = &INPUT_DESC),
};
static const struct desc TARGET_FORM_DESC = DESC(target_form, TARGET_FORM_FIELDS);
static const struct desc_field TARGETS_FIELDS[] = {
	FIELD(targets, finding, DESC_MSG),
	FIELD(targets, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC, .doc = "due first"),
	FIELD(targets, form, DESC_STRUCT, .of = &TARGET_FORM_DESC),
	FIELD(targets, may_write, DESC_BOOL),
	FIELD(targets, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc TARGETS_DESC = DESC(targets, TARGETS_FIELDS);

struct target_input {
	str metric, scope, value, due, owner;
};
static const struct desc_field TARGET_INPUT_FIELDS[] = {
	FIELD(target_input, metric, DESC_STR, .doc = "row of metrics.def"),
	FIELD(target_input, scope, DESC_STR, .doc = "empty, product:CODE, family:NAME or segment:ID"),
	FIELD(target_input, value, DESC_STR, .doc = "per cent of shares, units of the currency of money"),
	FIELD(target_input, due, DESC_STR, .doc = "such as 2011-12-25"),
	FIELD(target_input, owner, DESC_STR, .doc = "id of a person"),
};
const struct desc TARGET_INPUT_DESC = DESC(target_input, TARGET_INPUT_FIELDS);

/* ---- scopes ---- */

enum scope_kind { SCOPE_WHOLE, SCOPE_PRODUCT, SCOPE_FAMILY, SCOPE_SEGMENT };
struct scope {
	enum scope_kind kind;
	str name, address; /* in words; absent of the whole */
	str rest;          /* behind the colon */
	id product;
	str condition;     /* of a segment */
};

static enum err family_scope(struct op *op, struct scope *out)
{
	for (int i = 1; i < FAMILY_COUNT; i++) {
		if (!str_eq(out->rest, str_of(FAMILIES[i]))) continue;
		out->kind = SCOPE_FAMILY;
		out->name = i18n_pattern(op->locale.lang, str_fmt(&op->arena, "family_%s", FAMILIES[i]));
		out->address = S("/areas");
		return OK;
	}
	return fail(op, ERR_INVALID, "scope", "there is no family of this name");
}

static enum err segment_scope(struct op *op, struct scope *out)
{
	struct segment s;
	id segment;
	if (!id_read(S("seg"), out->rest, &segment) || segment_get(op, segment, &s) != OK) {
		fault_clear(&op->fault);
		return fail(op, ERR_INVALID, "scope", "there is no segment of this id");
	}
	out->kind = SCOPE_SEGMENT;
	out->name = s.name;
	out->condition = s.condition;
	out->address = str_fmt(&op->arena, "/segments/%.*s", STR_ARG(out->rest));
	return OK;
}

static enum err read_scope(struct op *op, str scope, struct scope *out)
{
	struct db_rows row;
	str rest = scope, kind = str_cut(&rest, ':');
	*out = (struct scope){.address = S("/pulse")};
	if (!scope.n) return OK;
	out->rest = rest;
	if (str_eq(kind, S("family"))) return family_scope(op, out);
	if (str_eq(kind, S("segment"))) return segment_scope(op, out);
	if (!str_eq(kind, S("product")) || scope.n > SCOPE_BYTES) return fail(op, ERR_INVALID, "scope", "not \"\", product:CODE, family:NAME or segment:ID");
	TRY(op_query(op, SQL_product_by_code, DB_ARGS(db_text(rest)), &row));
	if (!row.n) return fail(op, ERR_INVALID, "scope", "there is no product of this code");
	out->kind = SCOPE_PRODUCT;
	out->product = db_rows_id(&row, 0, 0);
	out->name = db_rows_text(&row, 0, 2).n ? db_rows_text(&row, 0, 2) : rest;
	out->address = product_address(op, rest);
	return OK;
}

/* Which figures a scope has. */
static bool scope_has(enum scope_kind kind, size_t metric)
{
	bool is_of_segment = metric == METRIC_segment_size || metric == METRIC_segment_limit;
	if (METRICS[metric].direction == METRIC_BETTER_NONE || METRICS[metric].base == METRIC_OF_FOLLOWUPS) return false;
	switch (kind) {
	case SCOPE_FAMILY: return metric == METRIC_contact_rate;
	case SCOPE_PRODUCT: return metric == METRIC_units || metric == METRIC_revenue || metric == METRIC_returned || metric == METRIC_return_rate;
	case SCOPE_SEGMENT: return is_of_segment;
	default: return !is_of_segment && metric != METRIC_contact_rate && metric != METRIC_units && metric != METRIC_returned;
	}
}

/* ---- the page ---- */

/* The figures of the whole, as Pulse has them of all data. */
static double number_of(const struct pulse *pulse, const struct target *t)
{
	for (size_t i = 0; i < pulse->figures.n; i++)
		if (str_eq(pulse->figures.v[i].key, t->metric)) return target_number(t, &pulse->figures.v[i]);
	return NAN;
}

/* NAN: it cannot be counted any more. */
static enum err segment_number(struct op *op, str condition, double *out)
{
	const struct segment_members *m;
	enum err e = segment_members(op, condition, &m);
	if (e == OK) *out = (double)m->customers;
	if (e != ERR_INVALID) return e;
	fault_clear(&op->fault);
	return OK;
}

static enum err fill_row(struct op *op, const struct pulse *pulse, const struct target *t, struct target_row *row)
{
	struct scope scope;
	const struct metric *m = metric_find(t->metric);
	*row = (struct target_row){.id = t->id, .metric = t->metric, .name = m ? msg_of(m->name) : (struct msg){0}, .scope = t->scope, .value = t->value, .currency = t->currency, .due = t->due, .owner_name = t->owner_name};
	if (read_scope(op, t->scope, &scope) != OK) return fault_clear(&op->fault), OK; /* what it is of is no more: the row stays, to be removed */
	row->scope_name = scope.name;
	row->address = scope.address;
	double number = NAN;
	switch (scope.kind) {
	case SCOPE_WHOLE: number = number_of(pulse, t); break;
	case SCOPE_PRODUCT: TRY(product_number(op, scope.product, t->metric, t->currency, &number)); break;
	case SCOPE_FAMILY: TRY(area_contact_rate(op, scope.rest, &number)); break;
	case SCOPE_SEGMENT: TRY(segment_number(op, scope.condition, &number)); break;
	}
	row->distance = target_distance(op, t, number);
	row->is_met = m && !isnan(number) && target_is_met(m, t->value, number);
	return OK;
}

static bool is_money(str metric)
{
	const struct metric *m = metric_find(metric);
	return m && m->unit == METRIC_UNIT_MONEY;
}

static enum err fill_rows(struct op *op, struct targets *page)
{
	struct target *targets;
	struct pulse pulse;
	str lead;
	int64_t met = 0;
	size_t n;
	TRY(target__all(op, &targets, &n));
	page->finding = msg_of("targets_none");
	if (!n) return OK;
	TRY(pulse_make(op, NULL, &pulse));
	TRY(order_currency(op, &op->arena, &lead));
	page->rows.v = ARENA_ARRAY(&op->arena, struct target_row, n);
	page->rows.n = n;
	for (size_t i = 0; i < n; i++) {
		if (is_money(targets[i].metric) && !targets[i].currency.n) targets[i].currency = lead;
		TRY(fill_row(op, &pulse, &targets[i], &page->rows.v[i]));
		met += page->rows.v[i].is_met;
	}
	page->finding = msg_int("targets_some", "n", (int64_t)n);
	msg_add(&page->finding, (struct msg_arg){.name = "met", .type = MSG_INT, .i = met});
	return OK;
}

static enum err fill_form(struct op *op, const struct target_input *in, struct target_form *form)
{
	struct db_rows people;
	struct scope scope;
	if (read_scope(op, in->scope.n ? in->scope : S(""), &scope) != OK) op->fault = (struct fault){0}; /* said by check */
	form->metrics.v = ARENA_ARRAY(&op->arena, struct option, METRIC_COUNT);
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (!scope_has(scope.kind, i)) continue;
		str key = str_of(METRICS[i].key);
		form->metrics.v[form->metrics.n++] = (struct option){key, i18n_pattern(op->locale.lang, str_of(METRICS[i].name)), str_eq(key, in->metric)};
	}
	TRY(op_query(op, SQL_person_all, DB_ARGS(db_int(op->now_ms)), &people));
	form->owners.v = ARENA_ARRAY(&op->arena, struct option, people.n + 1);
	form->owners.v[form->owners.n++] = (struct option){S(""), i18n_pattern(op->locale.lang, S("target_nobody")), !in->owner.n};
	for (size_t i = 0; i < people.n; i++) {
		str value = id_show(&op->arena, S("per"), db_rows_id(&people, i, 0)), name = db_rows_text(&people, i, 1);
		form->owners.v[form->owners.n++] = (struct option){value, name.n ? name : db_rows_text(&people, i, 2), str_eq(value, in->owner)};
	}
	TRY(order_currency(op, &op->arena, &form->currency));
	form->scope = in->scope;
	form->value.value = in->value;
	form->due.value = in->due;
	form->scope_name = scope.name;
	return OK;
}

static enum err make_page(struct op *op, const struct target_input *in, struct targets **out)
{
	struct targets *page = ARENA_NEW(&op->arena, struct targets);
	TRY(fill_rows(op, page));
	TRY(fill_form(op, in, &page->form));
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	*out = page;
	return OK;
}

static str value_text(struct op *op, const struct target *t)
{
	const struct metric *m = metric_find(t->metric);
	struct decimal d;
	return decimal_of_double(m && m->unit == METRIC_UNIT_SHARE ? round(t->value * 1e6) / 1e4 : t->value, &d) ? decimal_show(&op->arena, d) : S("");
}

/* metric and scope of the query stand in the form, with the target that is there. */
enum err target_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct target_input in = {.metric = web_query(w, "metric"), .scope = web_query(w, "scope")};
	struct targets *page;
	struct target *targets;
	size_t n;
	TRY(target_of_scope(op, in.scope.n ? in.scope : S(""), &targets, &n));
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(targets[i].metric, in.metric)) continue;
		in.value = value_text(op, &targets[i]);
		in.due = date_show(&op->arena, targets[i].due);
		if (targets[i].owner) in.owner = id_show(&op->arena, S("per"), targets[i].owner);
	}
	if (!in.owner.n && op->actor.kind == ACTOR_PERSON) in.owner = id_show(&op->arena, S("per"), op->actor.id);
	TRY(make_page(op, &in, &page));
	return answer_with(a, &TARGETS_DESC, page);
}

/* ---- what is sent ---- */

static bool read_value(str text, const struct metric *m, double *out)
{
	struct decimal d;
	if (!decimal_parse(str_trim(text), &d)) return false;
	*out = decimal_to_double(d);
	if (m && m->unit == METRIC_UNIT_SHARE) *out /= 100;
	return isfinite(*out) && fabs(*out) < 1e15 && *out >= 0;
}

static enum err check(struct op *op, const struct target_input *in, struct targets *page, struct faults *f, struct target *t)
{
	const struct metric *m = metric_find(in->metric);
	struct scope scope;
	struct db_rows person;
	bool has_zone;
	*t = (struct target){.metric = in->metric, .scope = in->scope.n ? in->scope : S("")};
	if (read_scope(op, t->scope, &scope) != OK) {
		op->fault = (struct fault){0};
		faults_add(f, "scope", NULL, msg_of("fault_choice"));
	}
	if (!m || !scope_has(scope.kind, (size_t)(m - METRICS))) faults_add(f, "metric", NULL, msg_of("fault_choice"));
	if (!read_value(in->value, m, &t->value)) faults_add(f, "value", &page->form.value, msg_of(in->value.n ? "fault_number" : "fault_required"));
	if (!datetime_parse(in->due, &t->due, &has_zone) || t->due % DAY_MS || t->due < DATETIME_MIN_MS || t->due >= DATETIME_MAX_MS) faults_add(f, "due", &page->form.due, msg_of(in->due.n ? "fault_date" : "fault_required"));
	if (is_money(in->metric)) TRY(order_currency(op, &op->arena, &t->currency));
	if (in->owner.n) {
		if (!id_read(S("per"), in->owner, &t->owner)) t->owner = 0;
		TRY(op_query(op, SQL_target_person, DB_ARGS(db_id(t->owner)), &person));
		if (!person.n) faults_add(f, "owner", NULL, msg_of("fault_choice"));
	}
	return OK;
}

enum err target_post(struct op *op, struct web *w, struct answer *a)
{
	struct target_input in;
	struct targets *page;
	struct target t;
	struct faults faults = {0};
	TRY(web_input(op, w, &TARGET_INPUT_DESC, &in));
	TRY(make_page(op, &in, &page));
	TRY(check(op, &in, page, &faults, &t));
	if (faults.n) {
		faults_keep(op, &faults, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &TARGETS_DESC, page);
	}
	TRY(target_put(op, &t));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/targets"));
}

/* ---- what is alike for all that is edited ---- */

static const struct edited EDITED = {"tar", "/targets", "notice_target_removed", false, target_remove, target_restore, NULL};

enum err target_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err target_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
