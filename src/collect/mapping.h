/* mapping.h: what the columns of a file mean. Guessed from the header and the first rows, shown to a person, overridable,
 * and kept as JSON:
 *   {"kind":"orders","columns":{"InvoiceNo":"order_id","Country":"country","Note":"property","Mood":"-"},
 *    "time_format":"dmy","zone":"Europe/London","currency":"GBP","delimiter":",","decimal":".","country":"GB"}
 * A column's value is a field of tables/import_fields.def, "property" (kept under its header), "property:NAME",
 * "external:KIND" (a named external id), "answer:TYPE" (to the question of its header), "consent:PURPOSE", or "-" (left out).
 * A file of responses may say instead, and in full: {"customer":COLUMN,"time":COLUMN or a date,"weight":COLUMN,"language":COLUMN,
 * "channel":COLUMN,"location":COLUMN,"submission":COLUMN,"survey":ID,"answers":{COLUMN:{"question":ID,"type":…,"scale":[1,5],
 * "blank":["0",""]}}} (answer_mapping.h); then no column is guessed. */
#ifndef COLLECT_MAPPING_H
#define COLLECT_MAPPING_H
#include "base/arena.h"
#include "base/decimal.h"
#include "base/err.h"

struct csv;
struct mapping_answer; /* answer_mapping.h */
struct csv_row;
struct zone;
struct buf;

enum file_kind { FILE_ORDERS, FILE_EVENTS, FILE_CUSTOMERS, FILE_RESPONSES, FILE_KIND_COUNT };
extern const char *const FILE_KINDS[]; /* "orders", "events", "customers", "responses", NULL */

enum import_field {
	IMPORT_SKIP,     /* left out */
	IMPORT_PROPERTY, /* name: property or, of customers, trait */
	IMPORT_EXTERNAL, /* name: kind of external id */
	IMPORT_ANSWER,   /* answer: to which question */
	IMPORT_CONSENT,  /* name: purpose; the last of those that several columns may be */
#define IMPORT_FIELD(code, name, kinds, type, spellings) IMPORT_##code,
#include "import_fields.def"
#undef IMPORT_FIELD
	IMPORT_FIELD_COUNT
};

enum time_format { TIME_ISO, TIME_DMY, TIME_MDY, TIME_YMD, TIME_EPOCH_S, TIME_EPOCH_MS, TIME_FORMAT_COUNT };
extern const char *const TIME_FORMATS[]; /* "iso", "dmy", "mdy", "ymd", "epoch_s", "epoch_ms", NULL */

enum { MAPPING_COLUMNS = 512 };
struct mapping {
	enum file_kind kind;
	size_t n;                  /* columns, in the file's order */
	struct mapping_column {
		str header, name;      /* name: of property, external id, consent */
		enum import_field field;
		struct mapping_answer *answer; /* of IMPORT_ANSWER */
	} *columns;
	int at[IMPORT_FIELD_COUNT]; /* column of a field, -1 = none; up to IMPORT_CONSENT not used */
	str survey;                /* id of what responses answer; absent = not known */
	bool has_time;             /* of responses without a column for it: */
	int64_t time_ms;
	enum time_format time_format;
	const struct zone *zone;   /* of times that carry none */
	str currency;              /* of amounts whose row names none; absent = not known */
	str country;               /* for national phone numbers; absent = not known */
	char delimiter;            /* 0 = told from the rows */
	char decimal;              /* '.' or ',' */
	bool is_time_sure;         /* false: day and month could be the other way round */
};

/* Fills *out from the header and the first rows (n may be 0); what it keeps is copied into a. Never fails: what is not understood becomes a property; mapping_check tells what is missing. */
void mapping_guess(struct arena *a, enum file_kind kind, const struct csv_row *header, const struct csv_row *rows, size_t n, struct mapping *out);
/* The kind of file that its header fits best. */
enum file_kind mapping_guess_kind(const struct csv_row *header);
/* Lays a person's JSON over a guess: what it names replaces. ERR_MALFORMED, ERR_INVALID naming the member. */
enum err mapping_overlay(struct arena *a, str json, struct mapping *m, struct fault *f) NODISCARD;
/* Only the members that are read before the file: kind and delimiter. */
enum err mapping_peek(struct arena *a, str json, enum file_kind *kind, char *delimiter, struct fault *f) NODISCARD;
/* ERR_INVALID, with every missing or doubled column in words. */
enum err mapping_check(const struct mapping *m, struct fault *f) NODISCARD;
void mapping_write(const struct mapping *m, struct buf *out); /* the JSON form */
enum { MAPPING_FOLD_BYTES = 512 };
str mapping__fold(str text, char room[MAPPING_FOLD_BYTES]); /* as headers are compared */
void mapping__index(struct mapping *m); /* `at`, from the columns */
const char *import_field_name(enum import_field field);

/* The trimmed cell of a field; absent when it has no column or is empty. */
str mapping_cell(const struct mapping *m, const struct csv_row *row, enum import_field field);
/* A time as the mapping reads it → UTC ms. False when malformed or outside 1900 to 2100. */
bool mapping_time(const struct mapping *m, str text, int64_t *ms);
/* A number with a decimal comma or point, thousands separators, a currency sign, brackets for minus, digits of any script. */
bool mapping_number(const struct mapping *m, str text, struct decimal *out);
#endif
