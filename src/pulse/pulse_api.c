#include "pulse/pulse.h"

#include "collect/touchpoint.h"
#include "product/product.h"
#include "pulse/figure.h"
#include "setting/setting.h"

static const char *const UNITS[] = {"day", "week", "month", NULL};

#define HEARD_FIELDS(name_, names_, prefix_)                                                              \
	FIELD_AS(pulse_family, family, name_, DESC_ENUM, .names = names_, .prefix = prefix_),                  \
	FIELD(pulse_family, is_heard, DESC_BOOL), FIELD(pulse_family, volume, DESC_INT),                       \
	FIELD(pulse_family, last_heard, DESC_TIME), FIELD(pulse_family, width, DESC_STR),                      \
	FIELD(pulse_family, connect, DESC_STR, .doc = "address that tells how to connect it")
static const struct desc_field FAMILY_FIELDS[] = {HEARD_FIELDS("family", FAMILIES, "family")};
static const struct desc_field STAGE_FIELDS[] = {HEARD_FIELDS("stage", STAGES, "stage")};
#undef HEARD_FIELDS
static const struct desc FAMILY_DESC = DESC(pulse_family, FAMILY_FIELDS);
static const struct desc STAGE_DESC = {"pulse_stage", sizeof(struct pulse_family), STAGE_FIELDS, COUNT_OF(STAGE_FIELDS)};

static const struct desc_field CELL_FIELDS[] = {
	FIELD(cohort_cell, share, DESC_SHARE),
	FIELD(cohort_cell, count, DESC_INT),
	FIELD(cohort_cell, step, DESC_STR),
	FIELD(cohort_cell, is_open, DESC_BOOL, .doc = "the interval has not ended"),
};
static const struct desc CELL_DESC = DESC(cohort_cell, CELL_FIELDS);
static const struct desc_field COHORT_FIELDS[] = {
	FIELD(cohort, start, DESC_DATE),
	FIELD(cohort, name, DESC_STR),
	FIELD(cohort, size, DESC_INT),
	FIELD(cohort, customers, DESC_STR),
	FIELD(cohort, is_worst, DESC_BOOL),
	FIELD(cohort, cells, DESC_LIST, .item = DESC_STRUCT, .of = &CELL_DESC, .doc = "age 1 first"),
};
static const struct desc COHORT_DESC = DESC(cohort, COHORT_FIELDS);
static const struct desc_field RETENTION_FIELDS[] = {
	FIELD(retention, finding, DESC_MSG),
	FIELD(retention, unit, DESC_ENUM, .names = UNITS, .prefix = "unit"),
	FIELD(retention, heads, DESC_LIST, .item = DESC_STR),
	FIELD(retention, rows, DESC_LIST, .item = DESC_STRUCT, .of = &COHORT_DESC),
};
static const struct desc RETENTION_DESC = DESC(retention, RETENTION_FIELDS);
static const struct desc_field RETURNED_FIELDS[] = {
	FIELD(pulse_returned, finding, DESC_MSG),
	FIELD(pulse_returned, rows, DESC_LIST, .item = DESC_STRUCT, .of = &PRODUCT_LINE_DESC),
};
static const struct desc RETURNED_DESC = DESC(pulse_returned, RETURNED_FIELDS);
static const struct desc_field POINT_FIELDS[] = {
	FIELD(pulse_point, start, DESC_DATE),
	FIELD(pulse_point, name, DESC_STR),
	FIELD(pulse_point, customers, DESC_INT),
	FIELD(pulse_point, orders, DESC_INT),
	FIELD(pulse_point, revenue, DESC_MONEY),
	FIELD(pulse_point, others, DESC_LIST, .item = DESC_STRUCT, .of = &FIGURE_AMOUNT_DESC, .doc = "of other currencies, in the order of the trend's"),
	FIELD(pulse_point, return_rate, DESC_SHARE),
};
static const struct desc POINT_DESC = DESC(pulse_point, POINT_FIELDS);
static const struct desc_field TREND_FIELDS[] = {
	FIELD(pulse_trend, finding, DESC_MSG, .doc = "the largest step of revenue from one interval to the next"),
	FIELD(pulse_trend, near, DESC_MSG, .doc = "which marks lie near it, or that none does"),
	FIELD(pulse_trend, currency, DESC_STR),
	FIELD(pulse_trend, others, DESC_LIST, .item = DESC_STRUCT, .of = &FIGURE_AMOUNT_DESC, .doc = "other currencies, with their sums over the time shown"),
	FIELD(pulse_trend, rows, DESC_LIST, .item = DESC_STRUCT, .of = &POINT_DESC),
	FIELD(pulse_trend, marks, DESC_LIST, .item = DESC_STRUCT, .of = &MARK_DESC),
};
static const struct desc TREND_DESC = DESC(pulse_trend, TREND_FIELDS);
static const struct desc_field PULSE_FIELDS[] = {
	FIELD(pulse, heard_finding, DESC_MSG),
	FIELD(pulse, unheard_finding, DESC_MSG),
	FIELD(pulse, families, DESC_LIST, .item = DESC_STRUCT, .of = &FAMILY_DESC),
	FIELD(pulse, stages, DESC_LIST, .item = DESC_STRUCT, .of = &STAGE_DESC),
	FIELD(pulse, state_finding, DESC_MSG),
	FIELD(pulse, from, DESC_DATE, .doc = "first day shown"),
	FIELD(pulse, to, DESC_DATE, .doc = "last day shown"),
	FIELD(pulse, periods, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(pulse, figures, DESC_LIST, .item = DESC_STRUCT, .of = &FIGURE_DESC),
	FIELD(pulse, compared, DESC_MSG),
	FIELD(pulse, notes, DESC_LIST, .item = DESC_MSG),
	FIELD(pulse, trend, DESC_STRUCT, .of = &TREND_DESC),
	FIELD(pulse, returned, DESC_STRUCT, .of = &RETURNED_DESC),
	FIELD(pulse, retention, DESC_STRUCT, .of = &RETENTION_DESC),
	FIELD(pulse, is_empty, DESC_BOOL),
};
const struct desc PULSE_DESC = DESC(pulse, PULSE_FIELDS);

enum err pulse_home(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	bool owner_first = op->actor.role == ROLE_OWNER && !setting_bool(op->app, SETTING_is_set_up);
	if (owner_first) return answer_redirect(a, S("/setup"));
	return answer_redirect(a, op_may(op, PERM_READ_FIGURES) ? S("/pulse") : S("/customers"));
}

enum err pulse_get(struct op *op, struct web *w, struct answer *a)
{
	struct pulse *page = ARENA_NEW(&op->arena, struct pulse);
	TRY(pulse_make(op, w, page));
	a->topics[a->n_topics++] = S("touchpoints");
	return answer_with(a, &PULSE_DESC, page);
}

/* ---- terms ---- */

struct term {
	str name, text, formula, unit;
	int64_t minimum;
};
struct terms {
	LIST_OF(struct term) figures, families, stages;
};
static const struct desc_field TERM_FIELDS[] = {
	FIELD(term, name, DESC_STR),
	FIELD(term, text, DESC_STR),
	FIELD(term, formula, DESC_STR),
	FIELD(term, unit, DESC_STR),
	FIELD(term, minimum, DESC_INT, .doc = "fewer of the base give no interval"),
};
static const struct desc TERM_DESC = DESC(term, TERM_FIELDS);
static const struct desc_field TERMS_FIELDS[] = {
	FIELD(terms, figures, DESC_LIST, .item = DESC_STRUCT, .of = &TERM_DESC),
	FIELD(terms, families, DESC_LIST, .item = DESC_STRUCT, .of = &TERM_DESC),
	FIELD(terms, stages, DESC_LIST, .item = DESC_STRUCT, .of = &TERM_DESC),
};
const struct desc TERMS_DESC = DESC(terms, TERMS_FIELDS);

static struct term *name_all(struct op *op, const char *const *names, int n, const char *prefix)
{
	struct term *rows = ARENA_ARRAY(&op->arena, struct term, n);
	for (int i = 1; i < n; i++) {
		rows[i].minimum = DESC_NULL_INT;
		rows[i].name = i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%s", prefix, names[i]));
		rows[i].text = i18n_pattern(op->locale.lang, str_fmt(&op->arena, "connect_%s_%s", prefix, names[i]));
	}
	return rows + 1;
}

enum err pulse_terms(struct op *op, struct web *w, struct answer *a)
{
	static const char *const UNIT_KEYS[] = {[METRIC_UNIT_COUNT] = "term_unit_count", [METRIC_UNIT_SHARE] = "term_unit_share", [METRIC_UNIT_MONEY] = "term_unit_money", [METRIC_UNIT_DAYS] = "term_unit_days"};
	struct terms *page = ARENA_NEW(&op->arena, struct terms);
	const struct lang *l = op->locale.lang;
	(void)w;
	page->figures.v = ARENA_ARRAY(&op->arena, struct term, METRIC_COUNT);
	page->figures.n = METRIC_COUNT;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric *row = &METRICS[i];
		page->figures.v[i] = (struct term){.name = i18n_pattern(l, str_of(row->name)), .text = i18n_pattern(l, str_of(row->definition)), .formula = str_of(row->formula),
			.unit = i18n_pattern(l, str_of(UNIT_KEYS[row->unit])), .minimum = row->minimum ? row->minimum : DESC_NULL_INT};
	}
	page->families.v = name_all(op, FAMILIES, FAMILY_COUNT, "family");
	page->families.n = FAMILY_COUNT - 1;
	page->stages.v = name_all(op, STAGES, STAGE_COUNT, "stage");
	page->stages.n = STAGE_COUNT - 1;
	return answer_with(a, &TERMS_DESC, page);
}
