#include "base/log.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

enum { LINE_BYTES = 8192, CONTEXT_FIELDS = 4 };

static _Atomic int least = LOG_INFO;
static _Thread_local struct log_field context[CONTEXT_FIELDS];
static _Thread_local size_t n_context;

void log_set_level(enum log_level level)
{
	atomic_store(&least, (int)level);
}

void log_context(const struct log_field *fields, size_t n)
{
	n_context = n < CONTEXT_FIELDS ? n : CONTEXT_FIELDS;
	for (size_t i = 0; i < n_context; i++) context[i] = fields[i];
}

static void add_quoted(struct buf *b, str s)
{
	buf_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\') {
			buf_byte(b, '\\');
			buf_byte(b, (char)c);
		} else if (c < 0x20) {
			buf_fmt(b, "\\u%04x", c);
		} else {
			buf_byte(b, (char)c);
		}
	}
	buf_byte(b, '"');
}

static void add_fields(struct buf *b, const struct log_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_byte(b, ',');
		add_quoted(b, str_of(fields[i].name));
		buf_byte(b, ':');
		if (fields[i].type == LOG_FIELD_STR)
			add_quoted(b, fields[i].s);
		else if (fields[i].type == LOG_FIELD_INT)
			buf_i64(b, fields[i].i);
		else
			buf_fmt(b, "%.6g", fields[i].d);
	}
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	if ((int)level < atomic_load_explicit(&least, memory_order_relaxed)) return;
	struct buf b;
	buf_init(&b, LINE_BYTES);
	buf_fmt(&b, "{\"time_ms\":%lld,\"level\":\"%s\",\"event\":", (long long)clock_now_ms(), names[level]);
	add_quoted(&b, str_of(event));
	add_fields(&b, context, n_context);
	add_fields(&b, fields, n);
	buf_byte(&b, '}');
	buf_byte(&b, '\n');
	if (!buf_failed(&b) && write(STDERR_FILENO, b.p, b.n) < 0) { /* nowhere left to say it */
	}
	buf_release(&b);
}
