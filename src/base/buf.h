/* buf.h: bytes that grow up to a maximum given at birth. Once an append does not fit, the buffer is failed
 * and stays so: check buf_failed once at the end instead of every append. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

struct buf {
	char *p; /* owned; ends in NUL after buf_c */
	size_t n, cap, max;
	bool failed;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* empties, keeps the memory and the maximum, forgets the failure */
static inline bool buf_failed(const struct buf *b) { return b->failed; }
static inline str buf_str(const struct buf *b) { return (str){b->p ? b->p : "", b->n}; } /* valid until the next append */
const char *buf_c(struct buf *b);

/* Makes room for n more bytes and returns where to write them, or NULL when failed; then buf_wrote(b, used). */
char *buf__grow(struct buf *b, size_t n);
static inline char *buf_room(struct buf *b, size_t n) { return !b->failed && n < b->cap - b->n && n <= b->max - b->n ? b->p + b->n : buf__grow(b, n); }
static inline void buf_wrote(struct buf *b, size_t n) { b->n += n; }

static inline void buf_add_bytes(struct buf *b, const void *bytes, size_t n)
{
	char *to = n ? buf_room(b, n) : NULL;
	if (!to) return;
	memcpy(to, bytes, n);
	b->n += n;
}
static inline void buf_add(struct buf *b, str s) { buf_add_bytes(b, s.p, s.n); }
static inline void buf_byte(struct buf *b, char c) { buf_add_bytes(b, &c, 1); }
void buf_fmt(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_i64(struct buf *b, int64_t value);
/* A cell of CSV (RFC 4180), quoted always. What a spreadsheet would run as a formula gets an apostrophe before it (numbers and
 * telephone numbers stay as they are). */
void buf_csv(struct buf *b, str cell);
#endif
