/* JSON Schema (2020-12) of descriptors. Structs are written where they are used; one that holds itself ends in an
 * object without members, named by its title. */
#include "base/arena.h"
#include "json/desc_inner.h"

struct outer { /* the structs around the one being written */
	const struct desc *desc;
	const struct outer *next;
};

static void put_text(struct json_writer *w, str key, const char *text)
{
	json_key(w, key);
	json_put_str(w, str_of(text));
}

static void put_limits(struct json_writer *w, const struct desc_field *f, str least, str most, double scale)
{
	if (!f->min && !f->max) return;
	json_key(w, least);
	json_put_real(w, (double)f->min / scale);
	json_key(w, most);
	json_put_real(w, (double)f->max / scale);
}

static bool can_be_null(enum desc_type type, unsigned flags)
{
	if (flags & (DESC_OMIT | DESC_REQUIRED)) return false;
	return type != DESC_BOOL && type != DESC_DECIMAL && type != DESC_MONEY && type != DESC_STRUCT && type != DESC_LIST && type != DESC_RAW;
}

static void put_type(struct json_writer *w, const char *type, bool or_null)
{
	json_key(w, S("type"));
	if (or_null) json_begin_array(w);
	json_put_str(w, str_of(type));
	if (or_null) json_put_str(w, S("null"));
	if (or_null) json_end_array(w);
}

static void put_text_type(struct json_writer *w, const struct desc_field *f, enum desc_type type, bool or_null)
{
	put_type(w, "string", or_null);
	if (type == DESC_TIME) put_text(w, S("format"), "date-time");
	if (type == DESC_DATE) put_text(w, S("format"), "date");
	if (type == DESC_STR) put_limits(w, f, S("minLength"), S("maxLength"), 1);
	if (type == DESC_ID) {
		struct arena a;
		arena_init(&a);
		json_key(w, S("pattern"));
		json_put_str(w, str_fmt(&a, "^%s%s[0-9a-z]{%d}$", f->prefix ? f->prefix : "", f->prefix && *f->prefix ? "_" : "", ID_LETTERS));
		arena_release(&a);
	}
}

static void put_enum_type(struct json_writer *w, const struct desc_field *f, bool or_null)
{
	json_key(w, S("enum"));
	json_begin_array(w);
	for (const char *const *name = f->names; *name; name++) json_put_str(w, str_of(*name));
	if (or_null) json_put_null(w);
	json_end_array(w);
}

static void put_members(struct json_writer *w, const struct desc *d, bool for_input, const struct outer *around);

static void put_object_type(struct json_writer *w, const struct desc *d, bool or_null, bool for_input, const struct outer *around)
{
	put_type(w, "object", or_null);
	for (const struct outer *o = around; o; o = o->next) {
		if (o->desc != d) continue;
		put_text(w, S("title"), d->name);
		return;
	}
	put_members(w, d, for_input, around);
}

static const struct desc *money_desc(void)
{
	static const struct desc_field fields[] = {FIELD(money, amount, DESC_DECIMAL, .flags = DESC_REQUIRED),
		FIELD(money, currency, DESC_STR, .min = 3, .max = 3, .doc = "ISO 4217")};
	static const struct desc desc = DESC(money, fields);
	return &desc;
}

static void put_value_schema(struct json_writer *w, const struct desc_field *f, enum desc_type type, bool for_input, const struct outer *around)
{
	bool or_null = can_be_null(type, type == f->type ? f->flags : DESC_OMIT);
	json_begin_object(w);
	if (f->doc && type == f->type) put_text(w, S("description"), f->doc);
	switch (type) {
	case DESC_BOOL: put_type(w, "boolean", or_null); break;
	case DESC_INT:
		put_type(w, "integer", or_null);
		put_limits(w, f, S("minimum"), S("maximum"), 1);
		break;
	case DESC_DURATION:
	case DESC_REAL:
	case DESC_DECIMAL:
		put_type(w, "number", or_null);
		put_limits(w, f, S("minimum"), S("maximum"), type == DESC_DURATION ? 1000 : 1);
		break;
	case DESC_SHARE: {
		struct desc_field whole = {.min = f->min, .max = f->min || f->max ? f->max : 1};
		put_type(w, "number", or_null);
		put_limits(w, &whole, S("minimum"), S("maximum"), 1);
		break;
	}
	case DESC_STR:
	case DESC_ID:
	case DESC_TIME:
	case DESC_DATE: put_text_type(w, f, type, or_null); break;
	case DESC_MONEY: put_object_type(w, money_desc(), or_null, for_input, around); break;
	case DESC_ENUM: put_enum_type(w, f, or_null); break;
	case DESC_STRUCT:
	case DESC_PTR: put_object_type(w, f->of, or_null, for_input, around); break;
	case DESC_LIST:
		put_type(w, "array", or_null);
		json_key(w, S("items"));
		put_value_schema(w, f, f->item, for_input, around);
		break;
	case DESC_MSG: put_type(w, "object", or_null); break;
	case DESC_RAW: break; /* any value */
	}
	json_end_object(w);
}

static bool is_shown(const struct desc_field *f, bool for_input)
{
	return !(f->flags & (DESC_PAGE_ONLY | (for_input ? DESC_READ_ONLY : DESC_SECRET)));
}

static void put_members(struct json_writer *w, const struct desc *d, bool for_input, const struct outer *around)
{
	struct outer here = {d, around};
	bool any_required = false;
	json_key(w, S("properties"));
	json_begin_object(w);
	for (size_t i = 0; i < d->n; i++) {
		if (!is_shown(&d->fields[i], for_input)) continue;
		json_key(w, str_of(d->fields[i].name));
		put_value_schema(w, &d->fields[i], d->fields[i].type, for_input, &here);
	}
	json_end_object(w);
	for (size_t i = 0; i < d->n; i++) {
		const struct desc_field *f = &d->fields[i];
		if (!is_shown(f, for_input) || (for_input ? !(f->flags & DESC_REQUIRED) : f->flags & DESC_OMIT)) continue;
		if (!any_required) {
			json_key(w, S("required"));
			json_begin_array(w);
			any_required = true;
		}
		json_put_str(w, str_of(f->name));
	}
	if (any_required) json_end_array(w);
	json_key(w, S("additionalProperties"));
	json_put_bool(w, false);
}

void json_put_schema(struct json_writer *w, const struct desc *d, bool for_input)
{
	json_begin_object(w);
	put_object_type(w, d, false, for_input, NULL);
	json_end_object(w);
}
