/* err.h: how a function fails. It returns a small code; the words travel in one struct fault that the caller
 * owns (struct op carries one, pure code takes a pointer, which may be NULL). The first failure wins, except
 * that several faults of ERR_INVALID fields may be collected for a form. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include "base/str.h"

enum err {
	OK = 0,
#define ERROR(code, status, slug, key, level) ERR_##code,
#include "errors.def"
#undef ERROR
	ERR_COUNT
};

enum { FAULT_FIELDS = 8, FAULT_TEXT = 256, FAULT_FIELD = 64 };
struct fault {
	enum err err;
	int n_fields; /* how many of fields are filled */
	struct {
		char name[FAULT_FIELD];  /* where: a field, a JSON path, "line 12"; "" for the whole */
		char text[FAULT_TEXT];   /* what is wrong and what to do, in English, without personal data */
	} fields[FAULT_FIELDS];
};

int err_status(enum err e);         /* HTTP */
const char *err_slug(enum err e);
const char *err_key(enum err e);    /* translation key */

/* Records the failure and returns `e`, so that one writes `return fault_set(f, ERR_INVALID, "title", "…");` */
enum err fault_set(struct fault *f, enum err e, const char *field, const char *format, ...) PRINTF_LIKE(4, 5);
void fault_clear(struct fault *f);
/* The words of the first field, for a terminal: "field: text". Valid as long as f. */
const char *fault_text(const struct fault *f, char *room, size_t room_bytes);

/* The one macro that may return. */
#define TRY(expr)                              \
	do {                                       \
		enum err try_err_ = (expr);            \
		if (try_err_ != OK) return try_err_;   \
	} while (0)
#endif
