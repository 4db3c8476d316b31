/* Decoding: a tree (of a JSON body, or made of a form's fields by form.c) becomes a struct. Every fault of a field is
 * collected under its path (items[3].name), so that a form can show them all at once. */
#include "json/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/datetime.h"
#include "base/utf8.h"
#include "json/desc_inner.h"

enum { TEXT_MAX_BYTES = 64 * 1024 }; /* of a text whose field names no maximum */

struct decoder {
	struct arena *a;
	struct fault *fault;
	bool from_form, failed;
	char path[FAULT_FIELD];
};

static void refuse(struct decoder *d, const char *format, ...) PRINTF_LIKE(2, 3);
static void refuse(struct decoder *d, const char *format, ...)
{
	char text[FAULT_TEXT];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	d->failed = true;
	fault_set(d->fault, ERR_INVALID, d->path, "%s", text);
}

/* Appends a member's name to the path; returns the length to go back to with leave. */
static size_t enter(struct decoder *d, str name)
{
	size_t n = strlen(d->path);
	name = utf8_cut(name, sizeof d->path - 1 - n - (n && n + 1 < sizeof d->path));
	snprintf(d->path + n, sizeof d->path - n, "%s%.*s", n ? "." : "", STR_ARG(name));
	return n;
}

static size_t enter_item(struct decoder *d, size_t i)
{
	size_t n = strlen(d->path);
	snprintf(d->path + n, sizeof d->path - n, "[%zu]", i);
	return n;
}

static void leave(struct decoder *d, size_t n)
{
	d->path[n] = 0;
}

static void set_absent(const struct desc_field *f, enum desc_type type, void *value)
{
	memset(value, 0, desc__size(type, f->of));
	if (type == DESC_INT || type == DESC_TIME || type == DESC_DATE || type == DESC_DURATION) *(int64_t *)value = DESC_NULL_INT;
	if (type == DESC_REAL || type == DESC_SHARE) *(double *)value = NAN;
	if (type != DESC_STRUCT) return;
	for (size_t i = 0; i < f->of->n; i++)
		set_absent(&f->of->fields[i], f->of->fields[i].type, (char *)value + f->of->fields[i].offset);
}

/* The digits of a number: a JSON number, or a form's text. */
static bool number_text(const struct decoder *d, const struct json_node *node, str *text)
{
	*text = d->from_form ? str_trim(node->text) : node->text;
	return node->type == JSON_NUMBER || (d->from_form && node->type == JSON_STRING);
}

static bool read_decimal(struct decoder *d, const struct json_node *node, struct decimal *out)
{
	str text;
	if (!number_text(d, node, &text)) return refuse(d, "must be a number"), false;
	if (decimal_parse(text, out)) return true;
	double any;
	if (str_f64(text, &any))
		refuse(d, "has more digits than can be kept (18)");
	else
		refuse(d, "must be a number");
	return false;
}

static bool in_range(struct decoder *d, const struct desc_field *f, double value)
{
	if (!f->min && !f->max) return true;
	if (value >= (double)f->min && value <= (double)f->max) return true;
	refuse(d, "must be from %lld to %lld", (long long)f->min, (long long)f->max);
	return false;
}

/* A whole number scaled by 10^shift: 90.5 seconds with shift 3 are 90500. */
static bool read_whole(struct decoder *d, const struct json_node *node, int shift, int64_t *out)
{
	str text;
	struct decimal number;
	if (!shift && number_text(d, node, &text) && str_i64(text, out)) {
		if (*out != DESC_NULL_INT) return true;
		return refuse(d, "is too small"), false;
	}
	if (!read_decimal(d, node, &number)) return false;
	int exponent = number.exponent + shift;
	__int128 value = number.mantissa;
	for (; exponent > 0 && value < INT64_MAX && value > -INT64_MAX; exponent--) value *= 10;
	if (exponent < 0) return refuse(d, shift ? "has more than three decimals" : "must be a whole number"), false;
	if (value > INT64_MAX || value <= INT64_MIN) return refuse(d, "is too large"), false;
	*out = (int64_t)value;
	return true;
}

static void read_int(struct decoder *d, const struct desc_field *f, const struct json_node *node, int64_t *out)
{
	int64_t value;
	if (!read_whole(d, node, 0, &value)) return;
	if ((f->min || f->max) && (value < f->min || value > f->max)) {
		refuse(d, "must be from %lld to %lld", (long long)f->min, (long long)f->max);
		return;
	}
	*out = value;
}

static void read_duration(struct decoder *d, const struct desc_field *f, const struct json_node *node, int64_t *out)
{
	int64_t ms;
	if (!read_whole(d, node, 3, &ms)) return;
	if ((f->min || f->max) && (ms < f->min || ms > f->max)) {
		refuse(d, "must be from %.10g to %.10g seconds", (double)f->min / 1000, (double)f->max / 1000);
		return;
	}
	*out = ms;
}

static void read_real(struct decoder *d, const struct desc_field *f, enum desc_type type, const struct json_node *node, double *out)
{
	str text;
	double value;
	if (!number_text(d, node, &text) || !str_f64(text, &value) || !isfinite(value)) {
		refuse(d, "must be a number");
		return;
	}
	if (type == DESC_SHARE && !f->min && !f->max && !(value >= 0 && value <= 1)) {
		refuse(d, "must be a share from 0 to 1");
		return;
	}
	if (in_range(d, f, value)) *out = value;
}

static void read_str(struct decoder *d, const struct desc_field *f, const struct json_node *node, str *out)
{
	size_t max = f->max > 0 ? (size_t)f->max : TEXT_MAX_BYTES;
	if (node->type != JSON_STRING)
		refuse(d, "must be a text");
	else if (node->text.n > max)
		refuse(d, "is longer than %zu bytes", max);
	else if ((int64_t)node->text.n < f->min)
		refuse(d, "is shorter than %lld bytes", (long long)f->min);
	else
		*out = node->text;
}

static void read_id(struct decoder *d, const struct desc_field *f, const struct json_node *node, id *out)
{
	if (node->type != JSON_STRING || !id_read(str_of(f->prefix), str_trim(node->text), out)) {
		*out = 0;
		refuse(d, "must be an id such as %s%s0c8qk3v5m2x7a", f->prefix ? f->prefix : "", f->prefix && *f->prefix ? "_" : "");
	}
}

static void read_time(struct decoder *d, const struct json_node *node, int64_t *out)
{
	int64_t ms;
	bool has_zone = true, is_number = node->type == JSON_NUMBER;
	str text = str_trim(node->text);
	if (!is_number && d->from_form) is_number = str_i64(text, &ms);
	if (is_number ? !str_i64(text, &ms) : node->type != JSON_STRING || !datetime_parse(text, &ms, &has_zone)) {
		refuse(d, "must be a time such as 2011-01-31T08:26:00Z, or whole milliseconds since 1970");
		return;
	}
	if (!has_zone)
		refuse(d, "must name its zone: end it with Z or an offset such as +02:00");
	else if (ms < DATETIME_MIN_MS || ms >= DATETIME_MAX_MS)
		refuse(d, "must lie from 1900 to 2099");
	else
		*out = ms;
}

static void read_date(struct decoder *d, const struct json_node *node, int64_t *out)
{
	int64_t ms;
	bool has_zone;
	str text = str_trim(node->text);
	if (node->type != JSON_STRING || text.n != 10 || !datetime_parse(text, &ms, &has_zone))
		refuse(d, "must be a date such as 2011-01-31");
	else if (ms < DATETIME_MIN_MS || ms >= DATETIME_MAX_MS)
		refuse(d, "must lie from 1900 to 2099");
	else
		*out = ms;
}

static void read_bool(struct decoder *d, const struct json_node *node, bool *out)
{
	str text = str_trim(node->text);
	bool yes = node->type == JSON_TRUE, no = node->type == JSON_FALSE;
	if (d->from_form && node->type == JSON_STRING) {
		yes = str_eq_nocase(text, S("on")) || str_eq_nocase(text, S("true")) || str_eq_nocase(text, S("yes")) || str_eq(text, S("1"));
		no = str_eq_nocase(text, S("off")) || str_eq_nocase(text, S("false")) || str_eq_nocase(text, S("no")) || str_eq(text, S("0"));
	}
	if (!yes && !no) refuse(d, "must be true or false");
	*out = yes;
}

static void read_enum(struct decoder *d, const struct desc_field *f, const struct json_node *node, int *out)
{
	for (int i = 0; node->type == JSON_STRING && f->names[i]; i++) {
		if (!str_eq(node->text, str_of(f->names[i]))) continue;
		*out = i;
		return;
	}
	char all[FAULT_TEXT / 2] = "";
	for (int i = 0; f->names[i]; i++) {
		size_t n = strlen(all);
		snprintf(all + n, sizeof all - n, "%s%s", i ? ", " : "", f->names[i]);
	}
	refuse(d, "must be one of: %s", all);
}

static void read_fields(struct decoder *d, const struct desc *desc, const struct json_node *object, void *out);

static void read_money(struct decoder *d, const struct json_node *node, struct money *out)
{
	static const struct desc_field fields[] = {
		FIELD(money, amount, DESC_DECIMAL, .flags = DESC_REQUIRED), FIELD(money, currency, DESC_STR, .min = 3, .max = 3)};
	static const struct desc desc = DESC(money, fields);
	if (node->type != JSON_OBJECT) {
		refuse(d, "must be an amount and its currency, such as {\"amount\":12.5,\"currency\":\"GBP\"}");
		return;
	}
	read_fields(d, &desc, node, out);
	for (size_t i = 0; i < out->currency.n; i++) {
		if (out->currency.p[i] >= 'A' && out->currency.p[i] <= 'Z') continue;
		size_t back = enter(d, S("currency"));
		refuse(d, "must be three capital letters such as GBP (ISO 4217)");
		leave(d, back);
		return;
	}
}

static void read_struct(struct decoder *d, const struct desc_field *f, const struct json_node *node, void *out)
{
	if (node->type == JSON_OBJECT)
		read_fields(d, f->of, node, out);
	else
		refuse(d, "must be an object");
}

/* A form sends raw JSON as the text of a field. */
static void read_raw(struct decoder *d, const struct json_node *node, str *out)
{
	const struct json_node *inner;
	if (!d->from_form)
		*out = node->raw;
	else if (node->type == JSON_STRING && json_tree(d->a, node->text, node->text.n, &inner, NULL) == OK)
		*out = inner->raw;
	else
		refuse(d, "must be valid JSON");
}

static void read_list(struct decoder *d, const struct desc_field *f, const struct json_node *node, struct desc__list *out);

static void read_value(struct decoder *d, const struct desc_field *f, enum desc_type type, const struct json_node *node, void *out)
{
	switch (type) {
	case DESC_BOOL: read_bool(d, node, out); break;
	case DESC_INT: read_int(d, f, node, out); break;
	case DESC_REAL:
	case DESC_SHARE: read_real(d, f, type, node, out); break;
	case DESC_STR: read_str(d, f, node, out); break;
	case DESC_ID: read_id(d, f, node, out); break;
	case DESC_TIME: read_time(d, node, out); break;
	case DESC_DATE: read_date(d, node, out); break;
	case DESC_DURATION: read_duration(d, f, node, out); break;
	case DESC_DECIMAL: {
		struct decimal number;
		if (read_decimal(d, node, &number) && in_range(d, f, decimal_to_double(number))) *(struct decimal *)out = number;
		break;
	}
	case DESC_MONEY: read_money(d, node, out); break;
	case DESC_ENUM: read_enum(d, f, node, out); break;
	case DESC_MSG: refuse(d, "cannot be set"); break;
	case DESC_STRUCT: read_struct(d, f, node, out); break;
	case DESC_PTR: {
		void *inner = arena_alloc(d->a, f->of->size);
		memcpy(out, &inner, sizeof inner);
		read_struct(d, f, node, inner);
		break;
	}
	case DESC_LIST: read_list(d, f, node, out); break;
	case DESC_RAW: read_raw(d, node, out); break;
	}
}

static void read_list(struct decoder *d, const struct desc_field *f, const struct json_node *node, struct desc__list *out)
{
	if (node->type != JSON_ARRAY) {
		refuse(d, "must be a list");
		return;
	}
	size_t size = desc__size(f->item, f->of);
	out->v = arena_alloc(d->a, node->n ? node->n * size : 1);
	for (const struct json_node *item = node->child; item; item = item->next, out->n++) {
		void *place = (char *)out->v + out->n * size;
		size_t back = enter_item(d, out->n);
		set_absent(f, f->item, place);
		read_value(d, f, f->item, item, place);
		leave(d, back);
	}
}

/* null in JSON, an empty text of a form and a group of nothing but such: not given. */
static bool is_given(const struct decoder *d, const struct json_node *node)
{
	if (!node || node->type == JSON_NULL) return false;
	if (!d->from_form) return true;
	if (node->type == JSON_STRING) return node->text.n;
	for (const struct json_node *m = node->child; m; m = m->next)
		if (is_given(d, m)) return true;
	return false;
}

/* The member of that name; a form's repeated names become one array. */
static const struct json_node *member(struct decoder *d, const struct desc_field *f, const struct json_node *object)
{
	str name = str_of(f->name);
	const struct json_node *last = json_get(object, name);
	if (!d->from_form || f->type != DESC_LIST || !last || last->type != JSON_STRING) return last;
	struct json_node *list = ARENA_NEW(d->a, struct json_node), **end = &list->child;
	list->type = JSON_ARRAY;
	for (const struct json_node *m = object->child; m; m = m->next) {
		if (!str_eq(m->key, name) || !is_given(d, m)) continue;
		*end = arena_alloc(d->a, sizeof **end);
		**end = *m;
		(*end)->next = NULL;
		end = &(*end)->next;
		list->n++;
	}
	return list;
}

static bool is_empty(const struct desc_field *f, const void *value)
{
	if (f->type == DESC_STR) return !((const str *)value)->n;
	if (f->type == DESC_LIST) return !((const struct desc__list *)value)->n;
	return false;
}

static void read_fields(struct decoder *d, const struct desc *desc, const struct json_node *object, void *out)
{
	for (const struct json_node *m = object->child; m; m = m->next) {
		const struct desc_field *f = desc_find(desc, m->key);
		if (f && !(f->flags & (DESC_READ_ONLY | DESC_PAGE_ONLY))) continue;
		size_t back = enter(d, m->key);
		refuse(d, f ? "cannot be set" : "is not a field of %s", desc->name);
		leave(d, back);
	}
	for (size_t i = 0; i < desc->n; i++) {
		const struct desc_field *f = &desc->fields[i];
		void *value = (char *)out + f->offset;
		set_absent(f, f->type, value);
		if (f->flags & (DESC_READ_ONLY | DESC_PAGE_ONLY)) continue;
		const struct json_node *node = member(d, f, object);
		bool given = is_given(d, node), failed = d->failed;
		size_t back = enter(d, str_of(f->name));
		d->failed = false;
		if (given) read_value(d, f, f->type, node, value);
		if (f->flags & DESC_REQUIRED && !d->failed && (!given || is_empty(f, value))) refuse(d, "must be given");
		d->failed |= failed;
		leave(d, back);
	}
}

enum err desc__decode(struct arena *a, const struct desc *desc, const struct json_node *object, bool from_form, void *out, struct fault *f)
{
	struct decoder d = {.a = a, .fault = f, .from_form = from_form};
	memset(out, 0, desc->size);
	read_fields(&d, desc, object, out);
	return d.failed ? ERR_INVALID : OK;
}

enum err json_into(struct arena *a, const struct desc *d, str text, void *out, struct fault *f)
{
	const struct json_node *root;
	memset(out, 0, d->size);
	TRY(json_tree(a, text, text.n, &root, f));
	if (root->type != JSON_OBJECT) return fault_set(f, ERR_MALFORMED, "", "the JSON text must be an object");
	return desc__decode(a, d, root, false, out, f);
}
