/* Writing structs by their descriptors. */
#include "json/json.h"

#include <stddef.h>

#include "base/arena.h"
#include "base/datetime.h"
#include "json/desc_inner.h"

static str (*msg_text)(struct arena *, const struct msg *);

void desc_set_msg_text(str (*text)(struct arena *, const struct msg *))
{
	msg_text = text;
}

size_t desc_size(enum desc_type type, const struct desc *of)
{
	return desc__size(type, of);
}

bool desc_is_absent(enum desc_type type, const void *value)
{
	return desc__is_absent(type, value);
}

const struct desc_field *desc_find(const struct desc *d, str name)
{
	for (size_t i = 0; i < d->n; i++)
		if (str_eq(name, str_of(d->fields[i].name))) return &d->fields[i];
	return NULL;
}

size_t desc__size(enum desc_type type, const struct desc *of)
{
	switch (type) {
	case DESC_BOOL: return sizeof(bool);
	case DESC_REAL:
	case DESC_SHARE: return sizeof(double);
	case DESC_STR:
	case DESC_RAW: return sizeof(str);
	case DESC_DECIMAL: return sizeof(struct decimal);
	case DESC_MONEY: return sizeof(struct money);
	case DESC_ENUM: return sizeof(int);
	case DESC_MSG: return sizeof(struct msg);
	case DESC_STRUCT: return of->size;
	case DESC_PTR: return sizeof(void *);
	case DESC_LIST: return sizeof(struct desc__list);
	default: return sizeof(int64_t);
	}
}

bool desc__is_absent(enum desc_type type, const void *value)
{
	switch (type) {
	case DESC_INT:
	case DESC_TIME:
	case DESC_DATE:
	case DESC_DURATION: return *(const int64_t *)value == DESC_NULL_INT;
	case DESC_ID: return *(const id *)value == 0;
	case DESC_REAL:
	case DESC_SHARE: return isnan(*(const double *)value);
	case DESC_STR:
	case DESC_RAW: return !str_given(*(const str *)value);
	case DESC_ENUM: return *(const int *)value < 0;
	case DESC_MSG: return !((const struct msg *)value)->key;
	case DESC_PTR: return !*(void *const *)value;
	case DESC_MONEY: return ((const struct money *)value)->amount.exponent == INT8_MIN;
	default: return false;
	}
}

static void put_money(struct json_writer *w, struct money m)
{
	json_begin_object(w);
	json_key(w, S("amount"));
	json_put_decimal(w, m.amount);
	json_key(w, S("currency"));
	json_put_str(w, m.currency);
	json_end_object(w);
}

static void put_msg_arg(struct json_writer *w, struct arena *a, const struct msg_arg *arg)
{
	switch (arg->type) {
	case MSG_INT: json_put_i64(w, arg->i); break;
	case MSG_REAL:
	case MSG_SHARE: json_put_real(w, arg->d); break;
	case MSG_STR:
	case MSG_KEY:
	case MSG_REASON: json_put_str(w, arg->s); break;
	case MSG_TIME: json_put_str(w, datetime_show(a, arg->i)); break;
	case MSG_DATE: json_put_str(w, date_show(a, arg->i)); break;
	case MSG_MONEY: put_money(w, arg->money); break;
	}
}

static void put_msg(struct json_writer *w, struct arena *a, const struct msg *m)
{
	json_begin_object(w);
	json_key(w, S("key"));
	json_put_str(w, str_of(m->key));
	json_key(w, S("args"));
	json_begin_object(w);
	for (int i = 0; i < m->n; i++) {
		json_key(w, str_of(m->args[i].name));
		put_msg_arg(w, a, &m->args[i]);
	}
	json_end_object(w);
	if (msg_text) {
		json_key(w, S("text"));
		json_put_str(w, msg_text(a, m));
	}
	json_end_object(w);
}

static void put_enum(struct json_writer *w, const char *const *names, int value)
{
	int n = 0;
	while (names[n]) n++;
	if (value < n)
		json_put_str(w, str_of(names[value]));
	else
		json_put_null(w);
}

static struct decimal seconds_of_ms(int64_t ms)
{
	struct decimal seconds = decimal_of_i64(ms);
	seconds.exponent = (int8_t)(seconds.exponent - 3);
	return seconds;
}

static void put_list(struct json_writer *w, struct arena *a, const struct desc_field *f, const struct desc__list *list);

static void put_value(struct json_writer *w, struct arena *a, const struct desc_field *f, enum desc_type type, const void *value)
{
	if (desc__is_absent(type, value)) {
		json_put_null(w);
		return;
	}
	switch (type) {
	case DESC_BOOL: json_put_bool(w, *(const bool *)value); break;
	case DESC_INT: json_put_i64(w, *(const int64_t *)value); break;
	case DESC_REAL:
	case DESC_SHARE: json_put_real(w, *(const double *)value); break;
	case DESC_STR: json_put_str(w, *(const str *)value); break;
	case DESC_ID: json_put_str(w, id_show(a, str_of(f->prefix), *(const id *)value)); break;
	case DESC_TIME: json_put_str(w, datetime_show(a, *(const int64_t *)value)); break;
	case DESC_DATE: json_put_str(w, date_show(a, *(const int64_t *)value)); break;
	case DESC_DURATION: json_put_decimal(w, seconds_of_ms(*(const int64_t *)value)); break;
	case DESC_DECIMAL: json_put_decimal(w, *(const struct decimal *)value); break;
	case DESC_MONEY: put_money(w, *(const struct money *)value); break;
	case DESC_ENUM: put_enum(w, f->names, *(const int *)value); break;
	case DESC_MSG: put_msg(w, a, value); break;
	case DESC_STRUCT: json_put_struct(w, f->of, value); break;
	case DESC_PTR: json_put_struct(w, f->of, *(void *const *)value); break;
	case DESC_LIST: put_list(w, a, f, value); break;
	case DESC_RAW: json_put_raw(w, *(const str *)value); break;
	}
}

static void put_list(struct json_writer *w, struct arena *a, const struct desc_field *f, const struct desc__list *list)
{
	size_t size = desc__size(f->item, f->of);
	json_begin_array(w);
	for (size_t i = 0; i < list->n; i++) put_value(w, a, f, f->item, (const char *)list->v + i * size);
	json_end_array(w);
}

void json_put_field(struct json_writer *w, const struct desc_field *f, const void *owner)
{
	struct arena a; /* of texts that live until they are in the buffer */
	arena_init(&a);
	put_value(w, &a, f, f->type, (const char *)owner + f->offset);
	arena_release(&a);
}

void json_put_struct(struct json_writer *w, const struct desc *d, const void *value)
{
	json_begin_object(w);
	for (size_t i = 0; i < d->n; i++) {
		const struct desc_field *f = &d->fields[i];
		if (f->flags & (DESC_SECRET | DESC_PAGE_ONLY)) continue;
		if (f->flags & DESC_OMIT && desc__is_absent(f->type, (const char *)value + f->offset)) continue;
		json_key(w, str_of(f->name));
		json_put_field(w, f, value);
	}
	json_end_object(w);
}

str json_of(struct arena *a, const struct desc *d, const void *value)
{
	struct buf b;
	buf_init(&b, SIZE_MAX / 4);
	struct json_writer w = {.out = &b};
	json_put_struct(&w, d, value);
	str text = str_dup(a, buf_str(&b));
	buf_release(&b);
	return text;
}
