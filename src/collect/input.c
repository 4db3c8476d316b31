/* Three stages in a row: bytes of the file, inflated where the file is gzip (several members in one file are read one
 * after the other, as gzip itself does), made UTF-8 where it is UTF-16. Each stage is asked for bytes by the next one.
 * zlib's own gzread was not taken, because it passes a cut file off as a short one until it is closed. */
#include "collect/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { CHUNK_BYTES = 128 << 10 };
enum charset { CHARSET_UNKNOWN, CHARSET_UTF8, CHARSET_UTF16LE, CHARSET_UTF16BE };

struct input {
	int fd; /* -1: text */
	str text;
	uint64_t consumed, unpacked, most_unpacked;
	bool at_end;     /* of the file */
	bool is_started, is_gzip, between_members;
	z_stream z;
	enum charset charset;
	char *raw;       /* bytes as in the file, waiting to be inflated */
	size_t raw_at, raw_n;
	char *wide;      /* UTF-16 waiting to be converted, and what was read to find the charset */
	size_t wide_at, wide_n;
};

static struct input *input_new(int fd, str text)
{
	struct input *in = MEM_NEW(struct input);
	in->fd = fd;
	in->text = text;
	in->raw = mem_alloc(CHUNK_BYTES);
	in->wide = mem_alloc(CHUNK_BYTES);
	return in;
}

struct input *input_of_fd(int fd)
{
	return input_new(fd, STR_NONE);
}

struct input *input_of_text(str bytes)
{
	return input_new(-1, bytes);
}

void input_free(struct input *in)
{
	if (!in) return;
	if (in->is_gzip) inflateEnd(&in->z);
	mem_free(in->raw);
	mem_free(in->wide);
	mem_free(in);
}

uint64_t input_consumed(const struct input *in)
{
	return in->consumed - (in->raw_n - in->raw_at);
}

static enum err read_file(struct input *in, char *to, size_t n, size_t *got, struct fault *f)
{
	*got = 0;
	if (in->fd < 0) {
		*got = in->text.n < n ? in->text.n : n;
		if (*got) memcpy(to, in->text.p, *got);
		in->text = str_sub(in->text, *got, in->text.n);
	} else {
		ssize_t r;
		do r = read(in->fd, to, n);
		while (r < 0 && errno == EINTR);
		if (r < 0) return fault_set(f, ERR_IO, "", "the file cannot be read: %s", strerror(errno));
		*got = (size_t)r;
	}
	in->consumed += *got;
	if (!*got) in->at_end = true;
	return OK;
}

static enum err fill_raw(struct input *in, struct fault *f)
{
	in->raw_at = in->raw_n = 0;
	return read_file(in, in->raw, CHUNK_BYTES, &in->raw_n, f);
}

static enum err start(struct input *in, struct fault *f)
{
	while (in->raw_n < 2 && !in->at_end) { /* a pipe may give one byte at a time */
		size_t got;
		TRY(read_file(in, in->raw + in->raw_n, CHUNK_BYTES - in->raw_n, &got, f));
		in->raw_n += got;
	}
	in->is_started = true;
	if (in->raw_n < 2 || (unsigned char)in->raw[0] != 0x1f || (unsigned char)in->raw[1] != 0x8b) return OK;
	if (inflateInit2(&in->z, 15 + 16) != Z_OK) return fault_set(f, ERR_INTERNAL, "", "zlib cannot start");
	in->is_gzip = true;
	return OK;
}

static enum err inflate_some(struct input *in, char *to, size_t n, size_t *got, struct fault *f)
{
	*got = 0;
	while (!*got) {
		if (in->raw_at == in->raw_n && !in->at_end) TRY(fill_raw(in, f));
		if (in->raw_at == in->raw_n) {
			if (in->between_members) return OK;
			return fault_set(f, ERR_MALFORMED, "", "the gzip file ends in the middle: it was cut");
		}
		if (in->between_members) { /* trailing zeros are padding of a tape or a copy */
			if (in->raw[in->raw_at] == 0) {
				in->raw_at++;
				continue;
			}
			inflateReset(&in->z);
			in->between_members = false;
		}
		in->z.next_in = (Bytef *)in->raw + in->raw_at;
		in->z.avail_in = (uInt)(in->raw_n - in->raw_at);
		in->z.next_out = (Bytef *)to;
		in->z.avail_out = (uInt)(n > 1 << 30 ? 1 << 30 : n);
		int result = inflate(&in->z, Z_NO_FLUSH);
		in->raw_at = in->raw_n - in->z.avail_in;
		*got = (size_t)((char *)in->z.next_out - to);
		in->unpacked += *got;
		if (in->most_unpacked && in->unpacked > in->most_unpacked)
			return fault_set(f, ERR_TOO_LARGE, "", "the gzip file unpacks to more than %llu bytes", (unsigned long long)in->most_unpacked);
		if (result == Z_STREAM_END) in->between_members = true;
		else if (result != Z_OK && result != Z_BUF_ERROR)
			return fault_set(f, ERR_MALFORMED, "", "the gzip file is damaged after %llu bytes", (unsigned long long)input_consumed(in));
	}
	return OK;
}

static enum err read_bytes(struct input *in, char *to, size_t n, size_t *got, struct fault *f)
{
	if (!in->is_started) TRY(start(in, f));
	if (in->is_gzip) return inflate_some(in, to, n, got, f);
	if (in->raw_at < in->raw_n) {
		*got = in->raw_n - in->raw_at < n ? in->raw_n - in->raw_at : n;
		memcpy(to, in->raw + in->raw_at, *got);
		in->raw_at += *got;
		return OK;
	}
	return read_file(in, to, n, got, f);
}

static enum err fill_wide(struct input *in, size_t least, struct fault *f)
{
	size_t got = 1;
	memmove(in->wide, in->wide + in->wide_at, in->wide_n - in->wide_at);
	in->wide_n -= in->wide_at;
	in->wide_at = 0;
	while (in->wide_n < least && got) {
		TRY(read_bytes(in, in->wide + in->wide_n, CHUNK_BYTES - in->wide_n, &got, f));
		in->wide_n += got;
	}
	return OK;
}

static enum err find_charset(struct input *in, struct fault *f)
{
	TRY(fill_wide(in, 3, f));
	str s = {in->wide, in->wide_n};
	in->charset = CHARSET_UTF8;
	if (str_starts(s, S("\xef\xbb\xbf"))) {
		in->wide_at = 3;
	} else if (str_starts(s, S("\xff\xfe"))) {
		in->wide_at = 2;
		in->charset = CHARSET_UTF16LE;
	} else if (str_starts(s, S("\xfe\xff"))) {
		in->wide_at = 2;
		in->charset = CHARSET_UTF16BE;
	}
	return OK;
}

static uint32_t unit_at(const struct input *in, size_t at)
{
	const unsigned char *p = (const unsigned char *)in->wide + at;
	return in->charset == CHARSET_UTF16LE ? (uint32_t)p[0] | (uint32_t)p[1] << 8 : (uint32_t)p[1] | (uint32_t)p[0] << 8;
}

static enum err read_utf16(struct input *in, char *to, size_t n, size_t *got, struct fault *f)
{
	*got = 0;
	while (*got + 4 <= n) {
		if (in->wide_n - in->wide_at < 4) TRY(fill_wide(in, 4, f));
		size_t left = in->wide_n - in->wide_at;
		if (!left) return OK;
		if (left == 1) return fault_set(f, ERR_MALFORMED, "", "the UTF-16 text ends in half a character");
		uint32_t c = unit_at(in, in->wide_at), low = left >= 4 ? unit_at(in, in->wide_at + 2) : 0;
		in->wide_at += 2;
		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			in->wide_at += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		*got += utf8_put(c, to + *got);
	}
	return OK;
}

enum err input_read(struct input *in, char *to, size_t n, size_t *got, struct fault *f)
{
	if (in->charset == CHARSET_UNKNOWN) TRY(find_charset(in, f));
	if (in->charset != CHARSET_UTF8) return read_utf16(in, to, n, got, f);
	if (in->wide_at == in->wide_n) return read_bytes(in, to, n, got, f);
	*got = in->wide_n - in->wide_at < n ? in->wide_n - in->wide_at : n;
	memcpy(to, in->wide + in->wide_at, *got);
	in->wide_at += *got;
	return OK;
}

enum err input_first(struct input *in, char *out, struct fault *f)
{
	enum { LOOK_BYTES = 256 };
	*out = 0;
	if (in->charset == CHARSET_UNKNOWN) TRY(find_charset(in, f));
	TRY(fill_wide(in, LOOK_BYTES, f));
	for (size_t i = in->wide_at; i < in->wide_n && !*out; i++) /* half of a UTF-16 letter is 0 */
		if (!strchr(" \t\r\n", in->wide[i])) *out = in->wide[i];
	return OK;
}

bool input_was_wide(const struct input *in)
{
	return in->charset == CHARSET_UTF16LE || in->charset == CHARSET_UTF16BE;
}

void input_limit(struct input *in, uint64_t unpacked_bytes)
{
	in->most_unpacked = unpacked_bytes;
}

/* ---- lines ------------------------------------------------------------------------------------------------ */

struct lines {
	struct input *in;
	size_t max, at, n, cap;
	int64_t number;
	char *p;
	bool at_end;
};

enum { LINE_PADDING = 64 };

struct lines *lines_new(struct input *in, size_t max_bytes)
{
	struct lines *l = MEM_NEW(struct lines);
	l->in = in;
	l->max = max_bytes;
	l->cap = 2 * max_bytes > CHUNK_BYTES ? 2 * max_bytes : CHUNK_BYTES;
	l->p = mem_zalloc(l->cap + LINE_PADDING);
	return l;
}

void lines_free(struct lines *l)
{
	if (!l) return;
	mem_free(l->p);
	mem_free(l);
}

static enum err fill_lines(struct lines *l, struct fault *f)
{
	size_t got;
	memmove(l->p, l->p + l->at, l->n - l->at);
	l->n -= l->at;
	l->at = 0;
	TRY(input_read(l->in, l->p + l->n, l->cap - l->n, &got, f));
	l->n += got;
	if (!got) l->at_end = true;
	return OK;
}

/* Where the line that begins at l->at ends; reads on until it is found, the text ends or it is longer than the maximum. */
static enum err find_line_end(struct lines *l, size_t *length, bool *found, struct fault *f)
{
	size_t seen = 0;
	*found = false;
	for (;;) {
		const char *end = memchr(l->p + l->at + seen, '\n', l->n - l->at - seen);
		*length = end ? (size_t)(end - l->p) - l->at : l->n - l->at;
		*found = end != NULL;
		if (end || l->at_end || *length > l->max + 1) return OK;
		seen = *length;
		TRY(fill_lines(l, f));
	}
}

static enum err skip_line(struct lines *l, struct fault *f)
{
	bool found = false;
	size_t length;
	while (!found) {
		const char *end = memchr(l->p + l->at, '\n', l->n - l->at);
		found = end != NULL;
		length = end ? (size_t)(end - l->p) + 1 - l->at : l->n - l->at;
		l->at += length;
		if (!found && l->at_end) return OK;
		if (!found) TRY(fill_lines(l, f));
	}
	return OK;
}

enum input_line lines_next(struct lines *l, str *line, int64_t *number, struct fault *f)
{
	enum { SHOWN_BYTES = 200 };
	static _Thread_local char shown[SHOWN_BYTES + LINE_PADDING];
	size_t length;
	bool found;
	if (find_line_end(l, &length, &found, f) != OK) return LINE_FAILED;
	if (!found && !length) return LINE_END;
	*number = ++l->number;
	*line = (str){l->p + l->at, length};
	if (line->n && line->p[line->n - 1] == '\r') line->n--;
	if (line->n > l->max) {
		*line = utf8_cut(*line, SHOWN_BYTES);
		memcpy(shown, line->p, line->n);
		line->p = shown;
		return skip_line(l, f) == OK ? LINE_TOO_LONG : LINE_FAILED;
	}
	l->at += length + found;
	return LINE_READ;
}
