/* log.h: one JSON line an event on standard error. Never personal data: ids, counts, codes and reasons only.
 *   log_info("segment_sealed", F_INT("events", n), F_STR("file", name));
 * src/op adds op, actor and route through log_context. Thread safe: a line is one write. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
struct log_field {
	const char *name;
	enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_REAL } type;
	str s;
	int64_t i;
	double d;
};
#define F_STR(name_, value) ((struct log_field){.name = (name_), .type = LOG_FIELD_STR, .s = (value)})
#define F_INT(name_, value) ((struct log_field){.name = (name_), .type = LOG_FIELD_INT, .i = (int64_t)(value)})
#define F_REAL(name_, value) ((struct log_field){.name = (name_), .type = LOG_FIELD_REAL, .d = (value)})

void log_set_level(enum log_level least); /* default LOG_INFO */
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);
/* Fields that this thread adds to each of its lines until it is cleared with n = 0; copied shallowly. */
void log_context(const struct log_field *fields, size_t n);

#define LOG_FIELDS_(...) (struct log_field[]){__VA_ARGS__}, sizeof((struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)
#define log_debug(event, ...) log_write(LOG_DEBUG, event, LOG_FIELDS_(__VA_ARGS__))
#define log_info(event, ...) log_write(LOG_INFO, event, LOG_FIELDS_(__VA_ARGS__))
#define log_warn(event, ...) log_write(LOG_WARN, event, LOG_FIELDS_(__VA_ARGS__))
#define log_error(event, ...) log_write(LOG_ERROR, event, LOG_FIELDS_(__VA_ARGS__))
#endif
