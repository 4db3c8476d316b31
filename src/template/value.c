/* What names find, and how it is shown. A described value is formatted by its type in the reader's language; a JSON
 * tree's scalars are shown as sent. A name's first part is looked up through the stack, innermost first; the rest only
 * inside what was found, so a broken chain finds nothing (the specification's context precedence). */
#include <math.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "i18n/direction.h"
#include "template/inner.h"

struct __attribute__((may_alias)) list {
	void *v;
	size_t n;
};

static struct value text_value(str text)
{
	return (struct value){.kind = VALUE_TEXT, .text = text};
}

static struct value bool_value(bool b)
{
	return (struct value){.kind = VALUE_BOOL, .is_true = b};
}

static struct value tree_value(const struct json_node *tree)
{
	return tree ? (struct value){.kind = VALUE_TREE, .tree = tree} : (struct value){0};
}

static struct value field_value(enum desc_type type, const struct desc_field *field, const struct desc *of, const void *at)
{
	if (type == DESC_PTR) {
		at = *(void *const *)at;
		type = DESC_STRUCT;
		if (!at) return (struct value){0};
	}
	return (struct value){.kind = VALUE_FIELD, .type = type, .field = field, .of = of, .at = at};
}

/* ---- members and virtual names ---- */

static bool is_enum_name(const struct value *v, str name)
{
	int i = *(const int *)v->at;
	return i >= 0 && v->field && v->field->names && str_eq(str_of(v->field->names[i]), name);
}

static struct value time_virtual(struct arena *a, const struct locale *l, const struct value *v, str name)
{
	int64_t ms = *(const int64_t *)v->at;
	bool absent = ms == DESC_NULL_INT;
	if (str_eq(name, S("iso"))) return text_value(absent ? STR_NONE : v->type == DESC_DATE ? date_show(a, ms) : datetime_show(a, ms));
	if (absent) return text_value(STR_NONE);
	if (str_eq(name, S("day"))) return text_value(v->type == DESC_DATE ? i18n_date(a, l, ms) : i18n_day(a, l, ms));
	if (v->type == DESC_TIME && str_eq(name, S("clock"))) return text_value(i18n_clock(a, l, ms));
	if (v->type == DESC_TIME && str_eq(name, S("ago"))) return text_value(i18n_ago(a, l, ms, clock_now_ms()));
	return (struct value){0};
}

static struct value field_virtual(struct arena *a, const struct locale *l, const struct value *v, str name)
{
	if (str_eq(name, S("raw"))) return text_value(template__raw(a, v));
	if (str_eq(name, S("text"))) return text_value(template__text(a, l, v));
	switch (v->type) {
	case DESC_TIME:
	case DESC_DATE: return time_virtual(a, l, v, name);
	case DESC_ENUM: return str_starts(name, S("is_")) ? bool_value(is_enum_name(v, str_sub(name, 3, name.n))) : (struct value){0};
	case DESC_LIST: return str_eq(name, S("n")) ? (struct value){.kind = VALUE_COUNT, .count = (int64_t)((const struct list *)v->at)->n} : (struct value){0};
	case DESC_STR:
		if (str_eq(name, S("dir"))) return text_value(direction_is_rtl(*(const str *)v->at, lang_is_rtl(l->lang)) ? S("rtl") : S("ltr"));
		if (!str_eq(name, S("link"))) break;
		return text_value(template__is_safe_address(*(const str *)v->at) ? *(const str *)v->at : STR_NONE);
	case DESC_MONEY:
		if (str_eq(name, S("currency"))) return text_value(((const struct money *)v->at)->currency);
		if (str_eq(name, S("amount"))) return text_value(decimal_show(a, ((const struct money *)v->at)->amount));
		break;
	case DESC_MSG:
		if (str_eq(name, S("key"))) return text_value(str_of(((const struct msg *)v->at)->key));
		break;
	default: break;
	}
	return (struct value){0};
}

static struct value member(struct arena *a, const struct locale *l, const struct value *v, str name)
{
	if (v->kind == VALUE_TREE) {
		if (v->tree->type == JSON_OBJECT) return tree_value(json_get(v->tree, name));
		if (v->tree->type == JSON_ARRAY && str_eq(name, S("n"))) return (struct value){.kind = VALUE_COUNT, .count = (int64_t)v->tree->n};
		if (v->tree->type == JSON_STRING && str_eq(name, S("link"))) return text_value(template__is_safe_address(v->tree->text) ? v->tree->text : STR_NONE);
		return str_eq(name, S("raw")) ? text_value(v->tree->text) : (struct value){0};
	}
	if (v->kind != VALUE_FIELD) return str_eq(name, S("raw")) && v->kind == VALUE_COUNT ? text_value(str_fmt(a, "%lld", (long long)v->count)) : (struct value){0};
	if (v->type != DESC_STRUCT) return field_virtual(a, l, v, name);
	const struct desc_field *f = desc_find(v->of, name);
	if (!f || (f->flags & DESC_SECRET)) return (struct value){0};
	return field_value(f->type, f, f->of, (const char *)v->at + f->offset);
}

static bool has_members(const struct value *v)
{
	return (v->kind == VALUE_TREE && v->tree->type == JSON_OBJECT) || (v->kind == VALUE_FIELD && v->type == DESC_STRUCT);
}

/* @first, @last, @index: of the nearest list around. */
static struct value position(const struct stack *s, str name)
{
	for (size_t i = s->n; i-- > 0;) {
		const struct frame *f = &s->frames[i];
		if (f->n == 0) continue;
		if (str_eq(name, S("@first"))) return bool_value(f->index == 0);
		if (str_eq(name, S("@last"))) return bool_value(f->index + 1 == f->n);
		if (str_eq(name, S("@index"))) return (struct value){.kind = VALUE_COUNT, .count = (int64_t)f->index + 1};
	}
	return (struct value){0};
}

static struct value first_part(struct arena *a, const struct stack *s, str name)
{
	if (name.n && name.p[0] == '@') return position(s, name);
	for (size_t i = s->n; i-- > 0;) {
		const struct value *v = &s->frames[i].value;
		if (!has_members(v)) continue;
		struct value found = member(a, s->locale, v, name);
		/* A pointer that is NULL is there all the same: it hides what lies further out. */
		if (found.kind != VALUE_NONE || (v->kind == VALUE_FIELD && desc_find(v->of, name))) return found;
	}
	return (struct value){0};
}

struct value template__find(struct arena *a, const struct stack *s, const str *parts, size_t n)
{
	if (n == 0) return s->n ? s->frames[s->n - 1].value : (struct value){0};
	struct value v = parts[0].n ? first_part(a, s, parts[0]) : s->n ? s->frames[s->n - 1].value : (struct value){0};
	for (size_t i = 1; i < n && v.kind != VALUE_NONE; i++) v = member(a, s->locale, &v, parts[i]);
	return v;
}

/* ---- truth and lists ---- */

static bool field_is_true(const struct value *v)
{
	switch (v->type) {
	case DESC_BOOL: return *(const bool *)v->at;
	case DESC_STR: return ((const str *)v->at)->n > 0;
	case DESC_RAW: return ((const str *)v->at)->n > 0 && !str_eq(*(const str *)v->at, S("null"));
	case DESC_LIST: return ((const struct list *)v->at)->n > 0;
	case DESC_STRUCT: return true;
	default: return !desc_is_absent(v->type, v->at);
	}
}

bool template__is_true(const struct value *v)
{
	switch (v->kind) {
	case VALUE_NONE: return false;
	case VALUE_TEXT: return v->text.n > 0;
	case VALUE_BOOL: return v->is_true;
	case VALUE_COUNT: return true;
	case VALUE_FIELD: return field_is_true(v);
	case VALUE_TREE: break;
	}
	switch (v->tree->type) {
	case JSON_FALSE:
	case JSON_NULL: return false;
	case JSON_ARRAY: return v->tree->n > 0;
	case JSON_STRING: return v->tree->text.n > 0;
	default: return true;
	}
}

bool template__list(const struct value *v, size_t *n)
{
	if (v->kind == VALUE_TREE && v->tree->type == JSON_ARRAY) *n = v->tree->n;
	else if (v->kind == VALUE_FIELD && v->type == DESC_LIST) *n = ((const struct list *)v->at)->n;
	else return false;
	return true;
}

struct value template__item(const struct value *v, size_t i, const struct json_node **walk)
{
	if (v->kind == VALUE_TREE) {
		*walk = i == 0 ? v->tree->child : (*walk)->next;
		return tree_value(*walk);
	}
	const struct desc_field *f = v->field;
	const char *items = ((const struct list *)v->at)->v;
	return field_value(f->item, f, f->of, items + i * desc_size(f->item, f->of));
}

/* ---- showing ---- */

static str enum_name(const struct value *v)
{
	int i = *(const int *)v->at;
	return i >= 0 && v->field && v->field->names ? str_of(v->field->names[i]) : STR_NONE;
}

static str enum_text(struct arena *a, const struct locale *l, const struct value *v)
{
	str name = enum_name(v);
	if (name.n == 0 || !v->field->prefix) return name;
	str key = str_fmt(a, "%s_%.*s", v->field->prefix, STR_ARG(name));
	return i18n_has(l->lang, key) ? i18n_pattern(l->lang, key) : name;
}

static str field_text(struct arena *a, const struct locale *l, const struct value *v)
{
	switch (v->type) {
	case DESC_INT: return i18n_int(a, l, *(const int64_t *)v->at);
	case DESC_REAL: return i18n_real(a, l, *(const double *)v->at, 2);
	case DESC_SHARE: return i18n_share(a, l, *(const double *)v->at);
	case DESC_TIME: return i18n_time(a, l, *(const int64_t *)v->at);
	case DESC_DATE: return i18n_date(a, l, *(const int64_t *)v->at);
	case DESC_DURATION: return i18n_duration(a, l, *(const int64_t *)v->at);
	case DESC_DECIMAL: return i18n_decimal(a, l, *(const struct decimal *)v->at);
	case DESC_MONEY: return i18n_money(a, l, *(const struct money *)v->at);
	case DESC_ENUM: return enum_text(a, l, v);
	case DESC_MSG: return i18n_msg(a, l, v->at);
	default: return template__raw(a, v);
	}
}

str template__text(struct arena *a, const struct locale *l, const struct value *v)
{
	if (v->kind == VALUE_COUNT) return i18n_int(a, l, v->count);
	return v->kind == VALUE_FIELD ? field_text(a, l, v) : template__raw(a, v);
}

static str real_raw(struct arena *a, double value)
{
	struct decimal d;
	if (decimal_of_double(value, &d)) return decimal_show(a, d);
	return isfinite(value) ? str_fmt(a, "%.17g", value) : STR_NONE;
}

static str field_raw(struct arena *a, const struct value *v)
{
	if (v->type != DESC_BOOL && v->type != DESC_STRUCT && desc_is_absent(v->type, v->at)) return STR_NONE;
	switch (v->type) {
	case DESC_BOOL: return *(const bool *)v->at ? S("true") : S("false");
	case DESC_INT: return str_fmt(a, "%lld", (long long)*(const int64_t *)v->at);
	case DESC_REAL:
	case DESC_SHARE: return real_raw(a, *(const double *)v->at);
	case DESC_STR:
	case DESC_RAW: return *(const str *)v->at;
	case DESC_ID: return id_show(a, v->field && v->field->prefix ? str_of(v->field->prefix) : S(""), *(const id *)v->at);
	case DESC_TIME: return datetime_show(a, *(const int64_t *)v->at);
	case DESC_DATE: return date_show(a, *(const int64_t *)v->at);
	case DESC_DURATION: return real_raw(a, (double)*(const int64_t *)v->at / 1000);
	case DESC_DECIMAL: return decimal_show(a, *(const struct decimal *)v->at);
	case DESC_MONEY: return decimal_show(a, ((const struct money *)v->at)->amount);
	case DESC_ENUM: return enum_name(v);
	case DESC_MSG: return str_of(((const struct msg *)v->at)->key);
	case DESC_STRUCT:
	case DESC_PTR:
	case DESC_LIST: break;
	}
	return STR_NONE;
}

str template__raw(struct arena *a, const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT: return v->text;
	case VALUE_BOOL: return v->is_true ? S("true") : S("false");
	case VALUE_COUNT: return str_fmt(a, "%lld", (long long)v->count);
	case VALUE_FIELD: return field_raw(a, v);
	case VALUE_TREE: break;
	case VALUE_NONE: return STR_NONE;
	}
	switch (v->tree->type) {
	case JSON_STRING:
	case JSON_NUMBER: return v->tree->text;
	case JSON_TRUE: return S("true");
	case JSON_FALSE: return S("false");
	default: return STR_NONE;
	}
}

bool template__number(const struct value *v, double *out)
{
	if (v->kind == VALUE_COUNT) *out = (double)v->count;
	else if (v->kind == VALUE_TREE) return v->tree->type == JSON_NUMBER && str_f64(v->tree->text, out);
	else if (v->kind != VALUE_FIELD) return false;
	else if (v->type == DESC_INT) *out = (double)*(const int64_t *)v->at;
	else if (v->type == DESC_REAL || v->type == DESC_SHARE) *out = *(const double *)v->at;
	else if (v->type == DESC_DECIMAL) *out = decimal_to_double(*(const struct decimal *)v->at);
	else if (v->type == DESC_MONEY) *out = decimal_to_double(((const struct money *)v->at)->amount);
	else return false;
	return true;
}
