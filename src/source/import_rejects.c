/* Bytes that are no UTF-8 are written as U+FFFD, so that the file opens everywhere; the line number leads to the original. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "json/json.h"
#include "source/import.h"

enum { ROOM_BYTES = 4 << 20, FLUSH_BYTES = 256 << 10 };

void import_rejects_init(struct import_rejects *r, int dir, const char *name, bool is_ndjson)
{
	*r = (struct import_rejects){.dir = dir, .name = name, .is_ndjson = is_ndjson, .fd = -1};
	buf_init(&r->room, ROOM_BYTES);
}

static void flush(struct import_rejects *r)
{
	str rest = buf_str(&r->room);
	if (buf_failed(&r->room)) r->is_failed = true;
	while (rest.n && !r->is_failed) {
		ssize_t n = write(r->fd, rest.p, rest.n);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) r->is_failed = true;
		else rest = str_sub(rest, (size_t)n, rest.n);
	}
	buf_clear(&r->room);
}

static void put_valid(struct buf *b, str text, bool doubles_quotes)
{
	for (size_t i = 0; i < text.n;) {
		char room[4];
		size_t from = i;
		uint32_t c = utf8_next(text, &i);
		if (c == '"' && doubles_quotes) buf_byte(b, '"');
		if (c == 0xfffd) buf_add_bytes(b, room, utf8_put(c, room));
		else buf_add(b, str_sub(text, from, i - from));
	}
}

static void put_csv(struct buf *b, int64_t line, const char *reason, str row)
{
	bool is_plain = !strpbrk(reason, ",\"\r\n ");
	buf_i64(b, line);
	buf_add(b, is_plain ? S(",") : S(",\""));
	put_valid(b, str_of(reason), true);
	buf_add(b, is_plain ? S(",\"") : S("\",\""));
	put_valid(b, row, true);
	buf_add(b, S("\"\r\n"));
}

static void put_ndjson(struct buf *b, int64_t line, const char *reason, str row)
{
	struct buf text;
	struct json_writer w = {.out = b};
	buf_init(&text, ROOM_BYTES);
	put_valid(&text, row, false);
	json_begin_object(&w);
	json_key(&w, S("line"));
	json_put_i64(&w, line);
	json_key(&w, S("reason"));
	json_put_str(&w, str_of(reason));
	json_key(&w, S("row"));
	json_put_str(&w, buf_str(&text));
	json_end_object(&w);
	buf_byte(b, '\n');
	buf_release(&text);
}

void import_rejects_add(struct import_rejects *r, int64_t line, const char *reason, str row)
{
	if (r->is_failed) return;
	if (r->fd < 0) {
		r->fd = openat(r->dir, r->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (r->fd < 0) {
			r->is_failed = true;
			return;
		}
		if (!r->is_ndjson) buf_add(&r->room, S("line,reason,row\r\n"));
	}
	if (r->is_ndjson) put_ndjson(&r->room, line, reason, row);
	else put_csv(&r->room, line, reason, row);
	if (r->room.n > FLUSH_BYTES) flush(r);
}

enum err import_rejects_end(struct import_rejects *r, struct fault *f)
{
	if (r->fd >= 0) {
		flush(r);
		if (close(r->fd)) r->is_failed = true;
	} else if (!r->is_failed) {
		unlinkat(r->dir, r->name, 0); /* of an earlier run of the same file, which now has none */
	}
	buf_release(&r->room);
	r->fd = -1;
	if (!r->is_failed) return OK;
	return fault_set(f, ERR_IO, "", "the rejected rows could not be written to %s", r->name);
}
