#include "http/web.h"

#include <string.h>

#include "http/router.h"
#include "i18n/i18n.h"

str web_parameter(const struct web *w, const char *name)
{
	return router_parameter(w->match, name);
}

str web_query(const struct web *w, const char *name)
{
	return http_query(w->rq, name);
}

enum err web_id(struct op *op, const struct web *w, const char *name, const char *prefix, id *out)
{
	if (id_read(str_of(prefix), web_parameter(w, name), out)) return OK;
	return fail(op, ERR_NOT_FOUND, name, "there is nothing of this id");
}

bool web_is_form(const struct web *w)
{
	const struct form_field *fields;
	size_t n;
	return http_form(w->rq, &fields, &n);
}

enum err web_input(struct op *op, const struct web *w, const struct desc *d, void *out)
{
	const struct form_field *fields;
	size_t n;
	if (!http_form(w->rq, &fields, &n)) return json_into(&op->arena, d, http_body(w->rq), out, &op->fault);
	struct form_field *kept = ARENA_ARRAY(&op->arena, struct form_field, n);
	size_t n_kept = 0;
	for (size_t i = 0; i < n; i++)
		if (!str_eq(fields[i].name, S("csrf"))) kept[n_kept++] = fields[i];
	return form_into(&op->arena, d, kept, n_kept, out, &op->fault);
}

str web_origin(struct op *op, const struct web *w)
{
	return str_fmt(&op->arena, "%s://%.*s", http_is_secure(w->rq) ? "https" : "http", STR_ARG(http_header(w->rq, "Host")));
}

str web_url(struct op *op, str text)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = arena_alloc(&op->arena, text.n * 3 + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("-_.~", c));
		if (plain) {
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		}
	}
	return (str){out, n};
}

str web_address_with(struct op *op, const struct web *w, const char *name, str value)
{
	const struct form_field *fields;
	size_t n = http_query_fields(w->rq, &fields);
	struct buf b;
	char separator = '?';
	buf_init(&b, 64 << 10);
	buf_add(&b, w->path);
	for (size_t i = 0; i <= n; i++) {
		bool is_new = i == n;
		str field = is_new ? str_of(name) : fields[i].name, text = is_new ? value : fields[i].value;
		if (!is_new && (str_eq(field, str_of(name)) || str_eq(field, S("cursor")))) continue;
		if (!text.n) continue;
		buf_byte(&b, separator);
		separator = '&';
		buf_add(&b, web_url(op, field));
		buf_byte(&b, '=');
		buf_add(&b, web_url(op, text));
	}
	str address = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return address;
}

enum err answer_with(struct answer *a, const struct desc *d, const void *value)
{
	a->desc = d;
	a->value = value;
	return OK;
}

enum err answer_redirect(struct answer *a, str location)
{
	a->location = location;
	return OK;
}

enum err answer_refused(struct op *op, struct answer *a, const struct desc *d, const void *value)
{
	fault_clear(&op->fault);
	a->status = 422;
	return answer_with(a, d, value);
}

struct msg msg_of(const char *key)
{
	return (struct msg){.key = key};
}

struct msg msg_int(const char *key, const char *name, int64_t value)
{
	struct msg m = msg_of(key);
	msg_add(&m, (struct msg_arg){.name = name, .type = MSG_INT, .i = value});
	return m;
}

struct msg msg_str(const char *key, const char *name, str value)
{
	struct msg m = msg_of(key);
	msg_add(&m, (struct msg_arg){.name = name, .type = MSG_STR, .s = value});
	return m;
}

struct msg msg_reason(struct op *op, const char *key, const char *name, const char *english)
{
	struct msg m = msg_of(key);
	msg_add(&m, (struct msg_arg){.name = name, .type = MSG_REASON, .s = str_dup(&op->arena, str_of(english))});
	return m;
}

void msg_add(struct msg *m, struct msg_arg arg)
{
	if (m->n < (int)COUNT_OF(m->args)) m->args[m->n++] = arg;
}

str web_fault_words(struct op *op, const struct fault *f)
{
	if (!f->n_fields) return str_dup(&op->arena, str_of(err_slug(f->err)));
	str why = i18n_reason(&op->arena, &op->locale, str_dup(&op->arena, str_of(f->fields[0].text)));
	return f->fields[0].name[0] ? str_fmt(&op->arena, "%s: %.*s", f->fields[0].name, STR_ARG(why)) : why;
}

struct form_fault *web_faults(struct op *op, size_t *n)
{
	*n = (size_t)op->fault.n_fields;
	struct form_fault *faults = ARENA_ARRAY(&op->arena, struct form_fault, *n);
	for (size_t i = 0; i < *n; i++) {
		faults[i].field = str_dup(&op->arena, str_of(op->fault.fields[i].name));
		faults[i].text = msg_reason(op, "fault_invalid_why", "why", op->fault.fields[i].text);
	}
	return faults;
}

static const struct desc_field OPTION_FIELDS[] = {
	FIELD(option, value, DESC_STR),
	FIELD(option, label, DESC_STR),
	FIELD(option, is_selected, DESC_BOOL),
};
const struct desc OPTION_DESC = DESC(option, OPTION_FIELDS);

static const struct desc_field INPUT_FIELDS[] = {
	FIELD(input, value, DESC_STR),
	FIELD(input, error, DESC_MSG),
};
const struct desc INPUT_DESC = DESC(input, INPUT_FIELDS);

static const struct desc_field FORM_FAULT_FIELDS[] = {
	FIELD(form_fault, field, DESC_STR),
	FIELD(form_fault, text, DESC_MSG),
};
const struct desc FORM_FAULT_DESC = {"fault", sizeof(struct form_fault), FORM_FAULT_FIELDS, COUNT_OF(FORM_FAULT_FIELDS)};

static const char *const MOVES[] = {"up", "down", "same", "unknown", NULL};
static const char *const DIRECTIONS[] = {"better", "worse", "same", "unknown", NULL};
static const struct desc_field OTHER_FIELDS[] = {
	FIELD(figure_other, currency, DESC_STR),
	FIELD(figure_other, value, DESC_MSG),
	FIELD(figure_other, number, DESC_REAL),
	FIELD(figure_other, change, DESC_MSG),
	FIELD(figure_other, n, DESC_MSG),
	FIELD(figure_other, interval, DESC_MSG),
};
static const struct desc OTHER_DESC = DESC(figure_other, OTHER_FIELDS);
static const struct desc_field FIGURE_FIELDS[] = {
	FIELD(figure, key, DESC_STR, .doc = "row of metrics.def"),
	FIELD(figure, name, DESC_MSG),
	FIELD(figure, value, DESC_MSG),
	FIELD(figure, number, DESC_REAL),
	FIELD(figure, currency, DESC_STR, .doc = "of a number that is money"),
	FIELD(figure, others, DESC_LIST, .item = DESC_STRUCT, .of = &OTHER_DESC, .doc = "the same of other currencies"),
	FIELD(figure, has_others, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(figure, change, DESC_MSG),
	FIELD(figure, move, DESC_ENUM, .names = MOVES, .prefix = "move"),
	FIELD(figure, direction, DESC_ENUM, .names = DIRECTIONS, .prefix = "direction"),
	FIELD(figure, n, DESC_MSG, .doc = "sample size"),
	FIELD(figure, interval, DESC_MSG),
	FIELD(figure, definition, DESC_MSG),
	FIELD(figure, points, DESC_STR),
	FIELD(figure, end_x, DESC_STR),
	FIELD(figure, end_y, DESC_STR),
	FIELD(figure, trend, DESC_MSG),
	FIELD(figure, customers, DESC_STR, .doc = "address of the customers behind it"),
	FIELD(figure, target, DESC_MSG, .doc = "the distance to its target"),
	FIELD(figure, is_target_met, DESC_BOOL),
	FIELD(figure, target_width, DESC_STR),
	FIELD(figure, target_x, DESC_STR),
	FIELD(figure, target_owner, DESC_STR),
	FIELD(figure, target_set, DESC_STR),
};
const struct desc FIGURE_DESC = DESC(figure, FIGURE_FIELDS);
