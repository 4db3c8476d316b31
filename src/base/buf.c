#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_BYTES = 256 };

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){.max = max_bytes};
}

void buf_release(struct buf *b)
{
	mem_free(b->p);
	*b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

char *buf__grow(struct buf *b, size_t n)
{
	if (b->failed || n > b->max || b->n > b->max - n) {
		b->failed = true;
		return NULL;
	}
	if (b->cap - b->n < n + 1) { /* one more, for buf_c */
		size_t cap = b->cap ? b->cap : FIRST_BYTES;
		while (cap < b->n + n + 1) cap *= 2;
		b->p = mem_realloc(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->n;
}

const char *buf_c(struct buf *b)
{
	if (!b->p) {
		b->p = mem_zalloc(FIRST_BYTES);
		b->cap = FIRST_BYTES;
	}
	b->p[b->n] = 0;
	return b->p;
}

void buf_fmt(struct buf *b, const char *format, ...)
{
	va_list args;
	assert(format); /* said to the compiler too: the sanitizers make it look at the case */
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *to = buf_room(b, (size_t)n);
	if (!to) return;
	va_start(args, format);
	vsnprintf(to, (size_t)n + 1, format, args);
	va_end(args);
	b->n += (size_t)n;
}

void buf_i64(struct buf *b, int64_t value)
{
	char digits[24], *at = digits + sizeof digits;
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do *--at = (char)('0' + left % 10);
	while (left /= 10);
	if (value < 0) *--at = '-';
	buf_add_bytes(b, at, (size_t)(digits + sizeof digits - at));
}

static bool is_formula(str cell)
{
	if (!cell.n || !memchr("=+-@\t\r", cell.p[0], 6)) return false;
	if (cell.p[0] != '+' && cell.p[0] != '-') return true;
	for (size_t i = 1; i < cell.n; i++)
		if (!memchr("0123456789 .,()-", cell.p[i], 16)) return true;
	return cell.n == 1;
}

void buf_csv(struct buf *b, str cell)
{
	buf_byte(b, '"');
	if (is_formula(cell)) buf_byte(b, '\'');
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == '"') buf_byte(b, '"');
		buf_byte(b, cell.p[i]);
	}
	buf_byte(b, '"');
}
