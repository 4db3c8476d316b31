/* desc.h: structs described once. The same descriptor writes JSON, renders templates, decodes JSON bodies and
 * HTML forms, and makes the OpenAPI schema; so a time, an amount or a share is formatted by its type.
 *
 *   struct survey { id id; str title; enum survey_state state; int64_t closes_at_ms; };
 *   static const struct desc_field SURVEY_FIELDS[] = {
 *       FIELD(survey, id, DESC_ID, .prefix = "sur"),
 *       FIELD(survey, title, DESC_STR, .max = 200, .flags = DESC_REQUIRED),
 *       FIELD(survey, state, DESC_ENUM, .names = SURVEY_STATES),
 *       FIELD_AS(survey, closes_at_ms, "closes_at", DESC_TIME) };
 *   const struct desc SURVEY_DESC = DESC(survey, SURVEY_FIELDS);
 *
 * "Absent" is spelled in the value itself and written as null (or left out with DESC_OMIT): a str with p NULL,
 * an int/time/date of DESC_NULL_INT, a real/share of NaN, an id of 0, a NULL pointer, a money of MONEY_ABSENT
 * (nought without a currency is still a value). An enum below 0 is written as null; a
 * bool, enum, decimal, money or list that was not given is decoded as false, the first name, 0 and empty. */
#ifndef JSON_DESC_H
#define JSON_DESC_H
#include <math.h>

#include "base/decimal.h"
#include "base/id.h"
#include "base/str.h"

#define DESC_NULL_INT INT64_MIN

struct money {
	struct decimal amount;
	str currency; /* ISO 4217; absent: the amount is of no stated currency */
};
#define MONEY_ABSENT ((struct money){.amount = {0, INT8_MIN}}) /* an exponent that no decimal has */

/* A sentence in the reader's language: a key of i18n/<lang>.json and the values of its placeholders. In JSON
 * it is {"key":…, "args":{…}, "text": English}. In a page it is the text in the page's language. */
struct msg_arg {
	const char *name;
	enum { MSG_INT, MSG_REAL, MSG_SHARE, MSG_STR, MSG_TIME, MSG_DATE, MSG_MONEY, MSG_KEY, MSG_REASON } type;
	int64_t i;  /* MSG_INT; MSG_TIME and MSG_DATE in ms */
	double d;   /* MSG_REAL, MSG_SHARE (0..1) */
	str s;      /* MSG_STR; MSG_KEY: another key, translated in place; MSG_REASON: the English words of a fault, translated in place */
	struct money money;
};
struct msg {
	const char *key; /* NULL: absent */
	struct msg_arg args[6];
	int n;
};

enum desc_type {
	DESC_BOOL,     /* bool */
	DESC_INT,      /* int64_t */
	DESC_REAL,     /* double */
	DESC_SHARE,    /* double 0..1; JSON 0.25, page 25 % */
	DESC_STR,      /* str */
	DESC_ID,       /* id, shown with .prefix */
	DESC_TIME,     /* int64_t UTC ms; JSON ISO 8601 with Z */
	DESC_DATE,     /* int64_t ms of midnight as if UTC; JSON 2011-01-31 */
	DESC_DURATION, /* int64_t ms; JSON the number of seconds, page "2 h 5 min" */
	DESC_DECIMAL,  /* struct decimal; JSON number with all its digits */
	DESC_MONEY,    /* struct money; JSON {"amount":12.5,"currency":"GBP"} */
	DESC_ENUM,     /* int; JSON names[value]; page: translation of "<prefix>_<name>" when .prefix is given */
	DESC_MSG,      /* struct msg */
	DESC_STRUCT,   /* embedded struct, .of */
	DESC_PTR,      /* pointer to struct, .of; NULL is null */
	DESC_LIST,     /* DESC_LIST_OF(T): items of .item (scalars, or DESC_STRUCT with .of) */
	DESC_RAW,      /* str holding JSON text, written as it is; absent is null */
};

/* The member of a list field: LIST_OF(struct line) lines; */
#define LIST_OF(type) \
	struct {          \
		type *v;      \
		size_t n;     \
	}

enum { /* desc_field.flags */
	DESC_REQUIRED = 1, /* decoding: must be given and not empty */
	DESC_OMIT = 2,     /* writing: left out of JSON when absent */
	DESC_READ_ONLY = 4, /* never decoded */
	DESC_SECRET = 8,   /* decoded, never written */
	DESC_PAGE_ONLY = 16, /* for templates: a grouping of what JSON has already; never in JSON, never decoded */
};

struct desc;
struct desc_field {
	const char *name;
	enum desc_type type, item;
	size_t offset;
	const struct desc *of;
	const char *const *names; /* DESC_ENUM: NULL-terminated */
	const char *prefix;
	const char *doc;          /* for OpenAPI: one English phrase */
	int64_t min, max;         /* decoding: of a number (a duration's in ms) or of a text's bytes, also as items;
	                           * both 0 = no limit (texts: 64 KiB) */
	unsigned flags;
};
struct desc {
	const char *name;
	size_t size;
	const struct desc_field *fields;
	size_t n;
};

#define FIELD_AS(struct_, member, name_, type_, ...) \
	{.name = (name_), .type = (type_), .offset = offsetof(struct struct_, member), __VA_ARGS__}
#define FIELD(struct_, member, type_, ...) FIELD_AS(struct_, member, #member, type_, __VA_ARGS__)
#define DESC(struct_, fields_) {#struct_, sizeof(struct struct_), fields_, sizeof(fields_) / sizeof(fields_[0])}

size_t desc_size(enum desc_type type, const struct desc *of);   /* of a member, so of a list's item too */
bool desc_is_absent(enum desc_type type, const void *value);
const struct desc_field *desc_find(const struct desc *d, str name);
/* Who writes the English "text" of a DESC_MSG into JSON: src/i18n, at start. Without it the text is left out. */
void desc_set_msg_text(str (*text)(struct arena *a, const struct msg *m));
#endif
